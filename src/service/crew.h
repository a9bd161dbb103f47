/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The workers of a runner and what they are to visit: decides by the schedule
 * who goes where, takes in what came of it, keeps connections open for the
 * next mail. Never blocks but for the moment that an answer needs to be read.
 */
#ifndef SERVICE_CREW_H
#define SERVICE_CREW_H

#include <poll.h>

#include "queue/schedule.h"
#include "queue/spool.h"
#include "service/syncer.h"
#include "service/worker.h"

struct member;

struct crew {
	struct spool *spool;      /* borrowed, as the next one; see crew_open */
	const char *log;          /* the setting queue_log */
	int is_once;              /* what is busy elsewhere is not waited for */
	int is_stopping;          /* nothing new is begun */
	void (*in_child)(void *arg); /* see worker_start */
	void *arg;
	struct schedule schedule;
	struct syncer syncer;
	struct member *v;         /* owned */
	size_t n, cap;
	long long fork_again_ms;  /* after a process could not be started */
	/* Notices are paced: how many may be sent at once now. */
	unsigned notices;
	long long notices_since_ms;
	int is_status_stale;
};

void crew_init(struct crew *c);
/* It is about this spool, which is open. */
void crew_open(struct crew *c, struct spool *spool);
/* Waits at most so long for visits that are under way, then ends them. */
void crew_stop(struct crew *c, int timeout_ms);
void crew_release(struct crew *c);
/* An entry that waits; it becomes known, or its time is changed. As new: only
 * if it was not known. */
void crew_add_new(struct crew *c, const char *account, const char *id,
    time_t next);
void crew_add(struct crew *c, const char *account, const char *id,
    time_t next);
/* Sends workers to whatever is due. */
void crew_dispatch(struct crew *c);
/* How many milliseconds there is nothing to be done, -1: for ever. */
int crew_wait_ms(const struct crew *c);
/* 1 while visits are under way. */
int crew_is_busy(const struct crew *c);
/* 1 when something could be sent now, or as soon as its account's pace
 * allows. */
int crew_has_due(const struct crew *c);
/* Descriptors to poll, and what to do then. */
size_t crew_count(const struct crew *c);
void crew_fill(const struct crew *c, struct pollfd *p);
void crew_handle(struct crew *c, const struct pollfd *p, size_t n);
/* 1 when pid was a worker. */
int crew_reap(struct crew *c, pid_t pid);
/* Ends connections that nobody has needed for a while. */
void crew_rest(struct crew *c);
/* Everything is tried at once. */
void crew_flush(struct crew *c);
/* The network has changed: servers that were away are tried at once. */
void crew_resume(struct crew *c);
/* Settings may have changed: connections are not used for another mail. */
void crew_reload(struct crew *c);

#endif
