/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who carries mail after mail: an account with the relay that has its
 * connection. They stay for the next mail as long as all that the relay was
 * told of the account is the same; another account gets another relay, so
 * that a password stays in one process.
 */
#ifndef SUBMIT_CARRIER_H
#define SUBMIT_CARRIER_H

#include "submit/relay.h"

struct carrier {
	struct account account;
	struct relay relay;
	struct buf key; /* what tells accounts apart; "" none is there */
};

void carrier_init(struct carrier *c);
void carrier_release(struct carrier *c);
/* Ends the relay, and forgets the account with what its eval lines made. */
void carrier_drop(struct carrier *c);
/*
 * Takes the account (which is empty then, in any case), with its eval lines
 * run. 0, or -1 with a fault, and then there is none.
 */
int carrier_take(struct carrier *c, struct account *a, int verbose,
    struct fault *f);
/* 1 when it carries for this very account already. */
int carrier_fits(const struct carrier *c, const struct account *a);
/*
 * After a mail: drops the relay unless it is good for another one. rc is what
 * relay_mail returned; e tells whether the server has answered for everybody.
 */
void carrier_check(struct carrier *c, int rc, const struct envelope *e);

#endif
