/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fitting a mail to the server: what depends on its reply to EHLO is decided
 * here, before MAIL is sent.
 */
#ifndef RELAY_ADAPT_H
#define RELAY_ADAPT_H

#include "queue/job.h"
#include "relay/transaction.h"

struct capabilities;

struct adapted {
	struct mail mail;  /* for transaction_send; borrows the rest */
	struct buf sender, parameters;
	char **addresses;  /* owned, one per recipient; NULL where decided */
	char **rcpt_parameters; /* owned, the same; NULL: none for anybody */
	size_t n;
	int fd;            /* converted content, -1: the original will do */
};

void adapted_init(struct adapted *a);
void adapted_release(struct adapted *a);
/*
 * Prepares the mail in e and c: domains as A-labels, parameters of MAIL and
 * RCPT (wishes about notices are dropped where the server does not know
 * them, RFC 3461 5.2), content re-encoded where the server cannot take it as
 * it is. Recipients without an outcome that this server cannot serve get
 * theirs in e (ADDRESS, SIZE), and decided (if not NULL) is called for each.
 * 0, or -1 with a fault: the content cannot be read or converted.
 */
int adapt_mail(struct adapted *a, struct envelope *e, const struct content *c,
    const struct capabilities *offer, void (*decided)(void *arg, size_t i),
    void *arg, struct fault *f);

#endif
