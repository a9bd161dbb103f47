/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeping a mail: whether one that cannot be sent now may wait in the spool,
 * and putting it there. Where it may, its content is written to its place in
 * the spool from the start, so nothing is copied; a mail that is sent at once
 * is never synced and leaves nothing behind.
 */
#ifndef SUBMIT_KEEP_H
#define SUBMIT_KEEP_H

#include "queue/spool.h"
#include "settings/account.h"
#include "settings/options.h"

enum keep_mode {
	KEEP_NEVER,   /* it is sent now, or not at all */
	KEEP_WATCHED, /* while a lasting runner is there: queue auto */
	KEEP_ALWAYS   /* queue on */
};

struct keep {
	enum keep_mode mode;
	int is_unwatched;   /* queue auto, and no runner */
	struct fault why;   /* the queue is wanted, but cannot be used */
	struct spool spool;
	struct entry entry; /* content.fd is its maker's */
	int has_file;       /* a file in tmp/ is ours */
	int is_accepted;    /* the entry waits; it is ours until the last copy
	                     * of its descriptor is closed */
	int must_wait;      /* a service, whose queue is always on: never
	                     * sent from here */
	int is_silent;      /* the runner is not told of it (-odq) */
	long long uid;      /* of the user whom a service serves, -1 none */
	const char *client; /* borrowed; of a service's client that came by
	                     * the network, else "" */
};

void keep_init(struct keep *k);
/*
 * Removes what was not accepted, else tells the runner of it. To be called
 * when nobody uses the content any more.
 */
void keep_release(struct keep *k);
/*
 * Decides by the settings of the account; the spool is made where it is
 * wanted. What stands in the way is told by the mode and k->why.
 */
void keep_open(struct keep *k, const struct account *a,
    const struct options *o);
/*
 * For the draft: a file for the content, in the spool when the mail may wait,
 * else private. The descriptor is the caller's; -1 with a fault. Asked again,
 * the file before is no longer ours.
 */
int keep_file(struct keep *k, struct fault *f);
/* Octets in front of the content that have to stay free. */
off_t keep_gap(const struct keep *k);
/*
 * The mail waits from now on, for every recipient that is not done or refused;
 * these become is_waiting. Its content is in the file of keep_file. attempted:
 * the outcomes in e are those of an attempt; refusals are told by whoever
 * calls. 0, or -1 with a fault (EX_TEMPFAIL), and then nothing waits.
 */
int keep_accept(struct keep *k, const struct account *a,
    const struct options *o, struct envelope *e, const struct content *c,
    int attempted, struct fault *f);

#endif
