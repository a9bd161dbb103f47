/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection of the runner: a child process with a courier, which is told by
 * frames on a socket what to visit and tells what came of it.
 *
 *   to the worker:    visit EPOCH FORCED ID ACCOUNT
 *   from the worker:  about ID, notice ID *, [limits CONNECTIONS RATE],
 *                     [pause KIND REASON], [works -],
 *                     one of gone -, again TIME, busy -, stuck REASON, back -
 *
 * Visits may be asked for before others are answered; some are answered out
 * of turn. After a pause those of the same epoch come "back" untried. When
 * its socket closes it finishes what is under way and ends.
 */
#ifndef SERVICE_WORKER_H
#define SERVICE_WORKER_H

#include <sys/types.h>

#include "queue/job.h"
#include "service/courier.h"

struct worker {
	pid_t pid;
	int fd;
	struct frames frames;
};

/*
 * Starts one for a spool. in_child is called in the child first: to close what
 * it must not keep. 0, or -1 with a fault (EX_OSERR).
 */
int worker_start(struct worker *w, struct spool *spool,
    void (*in_child)(void *arg), void *arg, struct fault *f);
/* Closes the socket and forgets the process (whoever waits for children has
 * its status). */
void worker_release(struct worker *w);
/* Gathers an order for a visit. */
void worker_visit(struct worker *w, unsigned epoch, const char *account,
    const char *id, int is_forced);
/* Sends what is gathered. 0, or -1 with a fault: nobody knows what of it has
 * arrived, and the worker is of no use any more. */
int worker_send(struct worker *w, struct fault *f);
/*
 * Waits for an answer, about the entry id: 0, or -1 with a fault: it has died,
 * and what it was at has no owner any more.
 */
int worker_answer(struct worker *w, struct buf *id, struct visit *v,
    struct fault *f);
/* 1 when another answer has come already. */
int worker_has_answer(const struct worker *w);

#endif
