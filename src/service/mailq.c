/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The listing of what waits. */
#include "service/mailq.h"

void
mailq_run(struct report *report)
{
	static const char empty[] = "Mail queue is empty\n";

	report_output(report, empty, sizeof empty - 1);
}
