/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One mail from standard input to its end: read, complete, compose, address,
 * send, report. */
#ifndef SUBMIT_SUBMIT_H
#define SUBMIT_SUBMIT_H

#include "settings/options.h"
#include "submit/report.h"

/* Sends the mail (or shows it: --dry-run). What happened is in report. */
void submit_run(const struct options *o, struct report *report);
/*
 * The account that options ask for; a->values are final but for eval lines.
 * header_from is the sender with --read-envelope-from, else NULL.
 */
int submit_account(struct account *a, const struct options *o,
    const char *header_from, struct fault *f);

#endif
