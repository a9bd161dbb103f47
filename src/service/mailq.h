/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people ask of the queue: -bp. */
#ifndef SERVICE_MAILQ_H
#define SERVICE_MAILQ_H

#include "settings/options.h"
#include "submit/report.h"

/* -bp, mailq: the list (mailq_list.h), or with operands what is to be done
 * with mails of it (mailq_action.h). EX_NOPERM when it is somebody else's. */
void mailq_run(const struct options *o, struct report *report);

#endif
