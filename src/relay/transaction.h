/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mail transactions (RFC 5321 3.3) over a wire that is logged in: sender,
 * recipients and content go out, an outcome for each recipient comes back.
 */
#ifndef RELAY_TRANSACTION_H
#define RELAY_TRANSACTION_H

#include <sys/types.h>

#include "queue/envelope.h"
#include "relay/failure.h"
#include "relay/wire.h"

/* A mail, fitted to what the server offers; everything is borrowed. */
struct mail {
	/* Recipients with an outcome are left alone; the others get theirs
	 * here. One that keeps OUTCOME_NONE can safely be sent again. */
	struct envelope *envelope;
	const char *sender;      /* as the server gets it; "" is <> */
	char *const *addresses;  /* the same for each recipient */
	const char *parameters;  /* of MAIL: "" or " SIZE=..." */
	/* Of RCPT, the same for each recipient: " NOTIFY=..." or NULL; the
	 * whole is NULL when there are none. */
	char *const *rcpt_parameters;
	int fd;                  /* CRLF, not dot-stuffed */
	off_t offset, length;
	size_t from;             /* transaction.c's: where to look further */
};

/* What the caller wants to hear of; step may be NULL. */
struct transaction_hooks {
	/* A command (without its line end) and the reply to it. */
	void (*step)(void *arg, const char *name, const char *sent,
	    const struct answer *a);
	void (*envelope)(void *arg, const struct mail *m); /* MAIL accepted */
	void (*content)(void *arg, const struct mail *m);  /* 354 */
	/* The final dot is next; -1 with a fault keeps it back. */
	int (*dot)(void *arg, const struct mail *m, struct fault *f);
	/* Recipient i has its outcome now. */
	void (*recipient)(void *arg, const struct mail *m, size_t i);
	/* The outcomes so far must not get lost. */
	void (*settled)(void *arg);
	void *arg;
};

struct transaction_limits {
	int command_ms; /* replies to MAIL, RCPT, RSET */
	int data_ms;    /* reply to DATA */
	int final_ms;   /* reply to the final dot */
	int block_ms;   /* sending without progress (for wire_init) */
};

/* Recipients of one MAIL, on their way. */
struct group {
	struct mail *mail; /* NULL: no group */
	size_t *v;         /* owned; recipients, later the accepted ones */
	size_t n;          /* how many were given */
	size_t accepted;
	size_t deferred;   /* 452: they go into the next group */
	int is_late;       /* one was accepted after a deferred one */
	int has_rset;      /* RSET was put in front */
	int is_sent;       /* the commands are in flight */
};

/* The transactions of one connection after another. */
struct transaction {
	struct wire *wire;
	struct transaction_hooks hooks;
	struct transaction_limits limits;
	int pipelining;
	int is_lmtp;           /* set it behind transaction_begin: each
	                        * recipient has a reply to the dot (RFC 2033) */
	size_t recipients_max; /* of one group; a 452 lowers it for good */
	int needs_rset;
	int is_over;           /* nothing more can be done on this wire */
	struct failure failure; /* why */
	struct group ahead;    /* envelope in flight behind a content */
	const struct mail *current; /* whose content is on the wire */
	struct answer answer;
};

/* timeout_s as the setting: 0 stands for the limits of RFC 5321 4.5.3.2. */
void transaction_limits_set(struct transaction_limits *l, long long timeout_s);

void transaction_init(struct transaction *t,
    const struct transaction_hooks *hooks, size_t recipients_max);
void transaction_release(struct transaction *t);
/* Begins on a new connection (wire is borrowed). */
void transaction_begin(struct transaction *t, struct wire *wire,
    int pipelining, const struct transaction_limits *limits);

/*
 * Sends m to every recipient without an outcome, in as many groups as it
 * takes. With PIPELINING the envelope of next (NULL: none) travels with the
 * content; then the following call must be for next, or the connection must
 * be given up.
 *
 * Afterwards either all recipients of m have an outcome, or t->is_over and
 * t->failure says why: those without one can be sent again at once over a new
 * connection. next has not been touched but for outcomes of its recipients.
 */
void transaction_send(struct transaction *t, struct mail *m,
    struct mail *next);
/* Gives every recipient of m without an outcome that of t->failure. */
void transaction_give_up(struct transaction *t, struct mail *m);
/*
 * Sends QUIT where that is possible and, when wait_ms is not 0, waits that
 * long for the reply, for show. What comes back changes nothing.
 */
void transaction_quit(struct transaction *t, int wait_ms);

#endif
