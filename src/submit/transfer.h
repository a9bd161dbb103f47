/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Handing a finished mail to the relay, whoever it came from. */
#ifndef SUBMIT_TRANSFER_H
#define SUBMIT_TRANSFER_H

#include "submit/draft.h"
#include "submit/relay.h"
#include "submit/report.h"

/*
 * Sends the mail of d to everybody in e, by relay, which is started unless it
 * runs. What became of it goes to report and to the logs of the account. 0;
 * -1 when the recipients were not tried.
 */
int transfer_mail(struct relay *relay, const struct account *a,
    struct envelope *e, const struct draft *d, int verbose,
    struct report *report);

#endif
