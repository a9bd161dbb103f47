/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A service without a runner: listener_tool OPTION... opens the listener,
 * says "ready" on standard output, serves until SIGTERM. SIGUSR1: takes no
 * more connections, and ends when the sessions have.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/xalloc.h"
#include "service/listener.h"
#include "submit/submit.h"

static int pipe_fds[2];

static void
note_signal(int number)
{
	int saved = errno;
	char c = (char)number;

	if (write(pipe_fds[1], &c, 1) != 1)
		_exit(1);
	errno = saved;
}

static void
catch(int number)
{
	struct sigaction action;

	memset(&action, 0, sizeof action);
	action.sa_handler = note_signal;
	sigaction(number, &action, NULL);
}

static void
reap(struct listener *l)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		if (!listener_reap(l, pid))
			fprintf(stderr, "pid %ld is nobody\n", (long)pid);
}

/* 1 when it is over. */
static int
take_signal(struct listener *l, int *closing)
{
	char c = 0;

	if (read(pipe_fds[0], &c, 1) != 1 || c == SIGTERM)
		return 1;
	if (c == SIGUSR1) {
		*closing = 1;
		listener_close(l);
	} else
		reap(l);
	return *closing && listener_sessions(l) == 0;
}

static void
serve(struct listener *l)
{
	struct pollfd *p = NULL;
	int closing = 0;
	size_t n;

	for (;;) {
		n = listener_count(l);
		p = xrealloc(p, (n + 1) * sizeof *p);
		p[0] = (struct pollfd){ pipe_fds[0], POLLIN, 0 };
		listener_fill(l, p + 1);
		if (poll(p, n + 1, -1) == -1)
			continue;
		if (p[0].revents != 0 && take_signal(l, &closing))
			break;
		listener_handle(l, p + 1, n);
	}
	free(p);
}

static int
run(const struct options *o, struct fault *f)
{
	struct listener *l = NULL;
	struct account a;

	account_init(&a);
	if (submit_account(&a, o, NULL, f) == 0)
		l = listener_open(&a.values, o, f);
	if (l != NULL) {
		puts("ready");
		fflush(stdout);
		serve(l);
		listener_free(l);
	}
	account_release(&a);
	return l != NULL ? 0 : f->code;
}

int
main(int argc, char *argv[])
{
	struct fault f = FAULT_INIT;
	struct options o;
	int status;

	signal(SIGPIPE, SIG_IGN);
	if (pipe(pipe_fds) == -1)
		return EX_OSERR;
	catch(SIGTERM);
	catch(SIGCHLD);
	catch(SIGUSR1);
	options_init(&o);
	status = options_parse(&o, argc, argv, &f) == -1 ? f.code :
	    run(&o, &f);
	if (f.code != 0)
		fprintf(stderr, "listener_tool: %s\n", f.text.data);
	options_release(&o);
	fault_release(&f);
	return status;
}
