/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people ask of the queue: -bp. */
#ifndef SERVICE_MAILQ_H
#define SERVICE_MAILQ_H

#include "settings/options.h"
#include "submit/report.h"

/* -bp, mailq: the list, in Sendmail's words. */
void mailq_run(struct report *report);

#endif
