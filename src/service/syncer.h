/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes removals last. After a power loss, never after a kill, an entry whose
 * removal was not synced is there again and is sent again; so directories are
 * synced when a second has passed or 100 entries are gone, by a process of its
 * own, since a disk may take longer for it than a server for 100 mails.
 */
#ifndef SERVICE_SYNCER_H
#define SERVICE_SYNCER_H

#include <sys/types.h>

#include "base/strv.h"
#include "queue/spool.h"

struct syncer {
	struct spool *spool;  /* borrowed */
	pid_t pid;            /* -1: not started */
	int fd;               /* to poll while is_busy; -1 none */
	int is_busy;
	struct strv accounts; /* with removals that are not yet asked for */
	unsigned n;           /* how many removals */
	long long since_ms;   /* of the first of them */
};

void syncer_init(struct syncer *s, struct spool *spool);
/* An entry of the account is gone. */
void syncer_note(struct syncer *s, const char *account);
/* How many milliseconds until syncer_run has something to do; -1: for ever. */
int syncer_wait_ms(const struct syncer *s);
/*
 * Begins what is due, without waiting for it. in_child as for worker_start,
 * should a process be needed; without one it syncs itself.
 */
void syncer_run(struct syncer *s, void (*in_child)(void *arg), void *arg);
/* s->fd can be read: it is done, or it has died. */
void syncer_handle(struct syncer *s);
/* Syncs all that is left, and waits for it. */
void syncer_finish(struct syncer *s);

#endif
