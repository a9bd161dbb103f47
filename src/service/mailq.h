/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What package scripts and people ask of the queue: -bp, -q..., -bd. There is
 * no queue yet, so it is empty, and nothing can watch it. */
#ifndef SERVICE_MAILQ_H
#define SERVICE_MAILQ_H

#include "settings/options.h"
#include "submit/report.h"

/* -bp, mailq: the list, in Sendmail's words. */
void mailq_run(struct report *report);
/* -q, runq, once: nothing to do. With an interval it is to be a service:
 * EX_UNAVAILABLE. */
void mailq_flush(const struct options *o, struct report *report);
/* -bd: EX_UNAVAILABLE. */
void mailq_serve(struct report *report);

#endif
