/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection of the runner: a child process with a courier, which is told by
 * frames on a socket what to visit and tells what came of it.
 *
 *   to the worker:    visit FORCED ID ACCOUNT
 *   from the worker:  notice ID *, [limits CONNECTIONS RATE],
 *                     [pause KIND REASON], [works -],
 *                     one of gone -, again TIME, busy -, stuck REASON
 *
 * When its socket closes it finishes what is under way and ends.
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
/* Asks for a visit. 0, or -1 with a fault: it has died. */
int worker_visit(struct worker *w, const char *account, const char *id,
    int is_forced, struct fault *f);
/* Waits for its answer: 0, or -1 with a fault: it has died, and the entry
 * with it. */
int worker_answer(struct worker *w, struct visit *v, struct fault *f);

#endif
