/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is to be tried when: the waiting mails of each account by their time,
 * how many connections an account has, pauses and pace. Knows no files, no
 * processes and no clock but the time it is told (milliseconds, any origin
 * for pace and pauses; seconds since 1970 for mails, as in entries).
 */
#ifndef QUEUE_SCHEDULE_H
#define QUEUE_SCHEDULE_H

#include <stddef.h>
#include <time.h>

#include "base/buf.h"

/* No mail waits longer for its next attempt, in seconds: what names a later
 * time was written by another clock. */
#define SCHEDULE_LONGEST_S 4320

/* A mail that waits; owned by the schedule. */
struct waiting {
	struct lane *lane;
	time_t next;
	char id[];
};

/* The mails of one account. */
struct lane {
	char *account;        /* owned */
	struct waiting **v;   /* owned; a heap, the first due first */
	size_t n, cap;
	/* Given by whoever reads the settings (1 and 0 until then). */
	unsigned connections_max; /* at a time, 1 and up */
	unsigned rate;            /* mails a minute, 0: no limit */
	unsigned depth;       /* mails under way on one connection */
	/* What is going on. */
	unsigned running;     /* mails taken and not yet given back */
	long long paused_until_ms; /* 0: not paused */
	unsigned pauses_made; /* ever */
	unsigned pauses;      /* in a row, for their length */
	int is_account_fault; /* why: the account, not the server */
	struct buf reason;    /* in words, "" none */
	long long free_at_ms; /* pace: not before */
};

struct schedule {
	struct lane **lanes;  /* owned */
	size_t n, cap;
	size_t turn;          /* the lane to be asked first */
	struct waiting **slots; /* ids that are known; hash table */
	size_t slots_n, known;
};

void schedule_init(struct schedule *s);
void schedule_release(struct schedule *s);
/* The lane of an account; made when it is new (connections_max 1, no rate). */
struct lane *schedule_lane(struct schedule *s, const char *account);
/*
 * Adds a mail, or changes the time of one that waits. Those that are running
 * stay as they are. 1 when it was new.
 */
int schedule_add(struct schedule *s, const char *account, const char *id,
    time_t next);
/* 1 when the mail is known, waiting or running. */
int schedule_knows(const struct schedule *s, const char *id);
/*
 * Takes a mail that is due at now and may be sent: its account is not paused,
 * has a connection free and is within its pace. NULL: none. It counts as
 * running until schedule_done or schedule_again.
 */
struct waiting *schedule_take(struct schedule *s, time_t now,
    long long now_ms);
/* 1 when some mail is due and its account is not paused, whether or not it has
 * a connection free or is within its pace. */
int schedule_has_due(const struct schedule *s, time_t now, long long now_ms);
/* The next one of the same lane, for a connection that is open. */
struct waiting *schedule_take_same(struct lane *l, time_t now,
    long long now_ms);
/* It is gone from the spool. */
void schedule_done(struct schedule *s, struct waiting *w);
/* It waits again until next. */
void schedule_again(struct waiting *w, time_t next);
/* How many milliseconds nothing can be due; -1: until something is added. */
long long schedule_wait_ms(const struct schedule *s, time_t now,
    long long now_ms);
/*
 * Pauses a lane: for a server that is away a minute, doubling to an hour; for
 * a fault of the account 15 minutes, doubling to four hours.
 */
void schedule_pause(struct lane *l, long long now_ms, int is_account_fault,
    const char *reason);
/* The lane works: the next pause is a first one again. */
void schedule_works(struct lane *l);
/* Everything waiting is due at once, and no lane is paused. */
void schedule_flush(struct schedule *s);

/*
 * Seconds until a mail is tried again after so many attempts (1 and up):
 * a minute, doubling to an hour, a fifth more or less by random (any number).
 */
long schedule_backoff(unsigned attempts, unsigned long random);

#endif
