/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attempts to deliver entries of the queue: account, relay, journal, notices,
 * removal. The states of an entry that it leads through are in ARCHITECTURE.
 * Knows one spool and one connection, and nothing of when an entry is due.
 */
#ifndef SERVICE_COURIER_H
#define SERVICE_COURIER_H

#include "base/strv.h"
#include "queue/spool.h"
#include "submit/carrier.h"

struct courier {
	struct spool *spool;     /* borrowed */
	struct carrier carrier;
	size_t under_way;        /* errands that are not back yet */
	int must_drop;           /* the relay is no good for another one */
	struct buf known;        /* what the account was found by, "" none */
	long long known_ms;
	/* Set by the owner, may be NULL: called before a longer wait for the
	 * relay. */
	void (*before_wait)(void *arg);
	void *before_wait_arg;
};

enum visit_result {
	VISIT_GONE,   /* it is not there any more */
	VISIT_AGAIN,  /* it waits until next */
	VISIT_BUSY,   /* somebody else has it */
	VISIT_STUCK,  /* it cannot be read or written: left alone */
	VISIT_BACK    /* nobody went there: the account pauses */
};

enum visit_pause { PAUSE_NONE, PAUSE_SERVER, PAUSE_ACCOUNT };

/* What came of it. */
struct visit {
	enum visit_result result;
	time_t next;
	enum visit_pause pause; /* nothing of this account can be sent now */
	struct buf reason;      /* of the pause or of being stuck; for people */
	unsigned connections;   /* the account's max_connections, 0: not known */
	unsigned rate;          /* its rate, 0: no limit */
	int has_answered;       /* the server took or refused the mail */
	struct strv notices;    /* ids of entries that were made */
};

void courier_init(struct courier *c, struct spool *spool);
/* Ends the relay. */
void courier_release(struct courier *c);
void visit_init(struct visit *v);
void visit_release(struct visit *v);

/* One entry on its way. */
struct errand {
	struct entry entry;
	struct visit visit;
	char *was_left;           /* owned; who was tried, NULL: nobody yet */
	long long since_ms;
	struct fault start_fault; /* the relay could not be started */
};

void errand_init(struct errand *er);
/* The entry is free for others then. */
void errand_release(struct errand *er);

enum visit_begin {
	VISIT_FINISHED,  /* er->visit says what came of it */
	VISIT_UNDER_WAY, /* courier_finish has to be called, in their order */
	VISIT_LATER      /* when all that are under way are back; nothing was
	                  * done */
};
/*
 * Takes the entry and begins to try every recipient that is left, unless it
 * is held, or not yet due; is_forced: due or not. At most RELAY_MAILS_MAX are
 * to be under way.
 */
enum visit_begin courier_begin(struct courier *c, const char *account,
    const char *id, int is_forced, struct errand *er);
/* Waits for the one that was begun first. */
void courier_finish(struct courier *c, struct errand *er);

#endif
