/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A handler can only be told by a variable of the whole program where to
 * write; it is this module's own.
 */
#include "service/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

static volatile sig_atomic_t pipe_end = -1;

static const struct {
	int number;
	char octet;
	int meaning;
} caught[] = {
	{ SIGTERM, 't', SIGNAL_STOP }, { SIGINT, 'i', SIGNAL_STOP },
	{ SIGHUP, 'h', SIGNAL_RELOAD }, { SIGCHLD, 'c', SIGNAL_CHILD },
};

#define CAUGHT_N (sizeof caught / sizeof *caught)

static void
catch(int number)
{
	int saved = errno, fd = pipe_end;
	ssize_t n = 0;
	size_t i;

	/* A full pipe says enough. */
	for (i = 0; i < CAUGHT_N; i++)
		if (caught[i].number == number && fd != -1)
			n = write(fd, &caught[i].octet, 1);
	(void)n;
	errno = saved;
}

static void
set_handlers(void (*handler)(int))
{
	struct sigaction action;
	size_t i;

	memset(&action, 0, sizeof action);
	action.sa_handler = handler;
	action.sa_flags = SA_RESTART;
	sigemptyset(&action.sa_mask);
	for (i = 0; i < CAUGHT_N; i++)
		sigaction(caught[i].number, &action, NULL);
}

int
signals_open(struct fault *f)
{
	int ends[2];

	if (pipe(ends) == -1)
		return fault_errno(f, EX_OSERR, "cannot make a pipe");
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	pipe_end = ends[1];
	set_handlers(catch);
	return ends[0];
}

int
signals_take(int fd)
{
	char octets[256];
	int meaning = 0;
	ssize_t n = io_read(fd, octets, sizeof octets);
	size_t i;

	for (; n > 0; n--)
		for (i = 0; i < CAUGHT_N; i++)
			if (caught[i].octet == octets[n - 1])
				meaning |= caught[i].meaning;
	return meaning;
}

void
signals_close(int fd)
{
	int end = pipe_end;

	set_handlers(SIG_DFL);
	pipe_end = -1;
	if (end != -1)
		close(end);
	if (fd != -1)
		close(fd);
}
