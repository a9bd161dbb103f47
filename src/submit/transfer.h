/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Handing a finished mail to the relay or to the queue, whoever it came
 * from. */
#ifndef SUBMIT_TRANSFER_H
#define SUBMIT_TRANSFER_H

#include "submit/draft.h"
#include "submit/keep.h"
#include "submit/relay.h"
#include "submit/report.h"

struct transfer {
	const struct options *o;       /* borrowed, as all of this */
	const struct account *account;
	struct relay *relay;           /* started unless it runs */
	struct keep *keep;
	const struct draft *draft;
};

/*
 * Sends the mail to everybody in e; what cannot be sent for now waits in the
 * queue, where keep allows it. With -odb and -odq it goes there at once. What
 * became of it goes to report and to the logs of the account. 0; -1 when the
 * recipients were not tried, and do not wait.
 */
int transfer_mail(const struct transfer *t, struct envelope *e,
    struct report *report);

#endif
