/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qsendmail-relay: takes jobs from the socket that is its standard input,
 * does them, and reports on the same socket (queue/job.h). Nothing of a mail
 * or a secret ever goes to standard error.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/compat.h"
#include "queue/job.h"
#include "relay/delivery.h"
#include "relay/secret.h"

static int
is_socket(int fd)
{
	int type;
	socklen_t len = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_STREAM;
}

/* A job that cannot be understood is answered like one that failed. */
static void
refuse(struct frames *frames, const struct fault *f)
{
	struct fault ignored = FAULT_INIT;
	struct event e;

	event_init(&e);
	e.kind = EVENT_FAULT;
	e.stage = STAGE_LOCAL;
	e.exit_status = f->code;
	e.text = f->text.data;
	event_send(frames, &e, &ignored);
	event_init(&e);
	e.kind = EVENT_END;
	event_send(frames, &e, &ignored);
	fault_release(&ignored);
}

static int
serve(struct frames *frames, const struct secret_environment *environment)
{
	struct fault f = FAULT_INIT;
	struct delivery d;
	struct job job;
	int rc, code;

	job_init(&job);
	delivery_init(&d, frames, environment);
	job_put_hello(frames);
	while ((rc = delivery_next(&d, &job, &f)) == 1)
		if (delivery_run(&d, &job, &f) == -1)
			break;
	if (rc == -1)
		refuse(frames, &f);
	code = f.code;
	delivery_release(&d);
	job_release(&job);
	fault_release(&f);
	return code;
}

int
main(void)
{
	struct secret_environment environment;
	struct frames frames;
	int code;

	compat_no_dump();
	signal(SIGPIPE, SIG_IGN);
	/* A limit on file sizes is an error like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	/* One that is ignored from outside hides the status of passwordeval. */
	signal(SIGCHLD, SIG_DFL);
	if (!is_socket(STDIN_FILENO)) {
		fputs("qsendmail-relay: started by hand: "
		    "it is a part of qsendmail, which starts it\n", stderr);
		return EX_USAGE;
	}
	secret_take_environment(&environment);
	frames_init(&frames, STDIN_FILENO);
	code = serve(&frames, &environment);
	frames_release(&frames);
	secret_release_environment(&environment);
	return code;
}
