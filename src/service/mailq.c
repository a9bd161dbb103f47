/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An empty queue: every mail is sent at once, or its caller is told why not. */
#include "service/mailq.h"

#include <string.h>

#include "settings/sendmail.h"

void
mailq_run(struct report *report)
{
	static const char empty[] = "Mail queue is empty\n";

	report_output(report, empty, sizeof empty - 1);
}

/* 1 when text stood behind a -q that is to run again and again. */
static int
is_lasting(const char *text)
{
	long seconds;

	return *text == 'p' || (sendmail_interval(text, &seconds) &&
	    seconds != 0);
}

void
mailq_flush(const struct options *o, struct report *report)
{
	size_t i;

	for (i = 0; i < o->queue.n; i++)
		if (is_lasting(o->queue.v[i])) {
			report_line(report, EX_UNAVAILABLE, "-q%s: there is "
			    "no queue to watch (every mail is sent at once: "
			    "do not start this service)", o->queue.v[i]);
			return;
		}
}

void
mailq_serve(struct report *report)
{
	report_line(report, EX_UNAVAILABLE, "-bd: there is no service to run "
	    "(every mail is sent at once: do not start one)");
}
