/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a connection to a process of its own. Nothing is read from clients
 * here, and nothing waits: who cannot be served reads why, and is gone.
 */
#include "service/listener_state.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "queue/eventlog.h"

/* Connections taken in one go, so that the others of the loop get on. */
#define ACCEPT_MAX 32

int
listener_open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Turns a client away. It has not spoken yet, so this is what it reads. */
static void
refuse(const struct listener *l, int fd, const char *who, const char *reply)
{
	struct buf line = BUF_INIT;

	buf_addf(&line, "421 %s\r\n", reply);
	/* The queue of a new connection is empty. */
	if (send(fd, line.data, line.len, MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
		shutdown(fd, SHUT_WR);
	/* Without the line end. */
	eventlog_note(values_text(l->values, S_QUEUE_LOG), "service", "",
	    "refused %s: %.*s", who, (int)line.len - 2, line.data);
	buf_release(&line);
	close(fd);
}

/* fork, with no signal in between that the child would take for the parent. */
static pid_t
fork_quietly(sigset_t *before)
{
	sigset_t all;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, before);
	pid = fork();
	if (pid != 0)
		sigprocmask(SIG_SETMASK, before, NULL);
	return pid;
}

/* Our end of the question socket: neither waits nor outlives an exec. */
static int
make_pair(int pair[2])
{
	if (spawn_pair(pair) == -1)
		return -1;
	if (fcntl(pair[0], F_SETFL, O_NONBLOCK) != -1)
		return 0;
	close(pair[0]);
	close(pair[1]);
	return -1;
}

static void
add_session(struct listener *l, pid_t pid, int fd, struct visitor *w)
{
	struct session *s;

	l->v = xgrow(l->v, l->n, &l->cap, sizeof *l->v);
	s = &l->v[l->n++];
	memset(s, 0, sizeof *s);
	s->pid = pid;
	s->fd = fd;
	s->who = *w;
	w->name = NULL;
	buf_init(&s->in, VISITOR_LINE_MAX);
}

/* A process for the connection: 0, or -1 when there is none to be had. */
static int
start_session(struct listener *l, int fd, struct visitor *w)
{
	sigset_t before;
	int pair[2];
	pid_t pid;

	if (make_pair(pair) == -1)
		return -1;
	pid = fork_quietly(&before);
	if (pid == 0)
		visitor_serve(fd, pair[1], w, l->values, l->options);
	close(pair[1]);
	if (pid == -1) {
		close(pair[0]);
		return -1;
	}
	add_session(l, pid, pair[0], w);
	return 0;
}

/* Takes fd over in any case. */
static void
welcome(struct listener *l, int fd, int is_network)
{
	struct visitor w;

	if (visitor_find(&w, fd, is_network) == -1) {
		close(fd);
		return;
	}
	if (l->n >= l->max)
		refuse(l, fd, w.name, "4.3.2 too many connections");
	else if (!quota_enter(&l->quota, w.uid, l->values))
		refuse(l, fd, w.name, "4.7.0 too many connections of yours");
	else if (start_session(l, fd, &w) == -1) {
		quota_leave(&l->quota, w.uid, clock_monotonic_ms());
		refuse(l, fd, w.name, "4.3.0 no process for you now");
	} else
		close(fd);
	visitor_release(&w);
}

/* Without a descriptor for a connection it would wait for ever, and poll not
 * at all: takes it with the spare one, to turn it away. */
static void
accept_with_spare(struct listener *l, int door)
{
	int fd;

	close(l->spare_fd);
	fd = accept(door, NULL, NULL);
	if (fd != -1)
		refuse(l, fd, "a client", "4.3.0 too many open files");
	l->spare_fd = listener_open_spare();
}

void
listener_take(struct listener *l, const struct door *d)
{
	int i, fd;

	if (l->spare_fd == -1)
		l->spare_fd = listener_open_spare();
	for (i = 0; i < ACCEPT_MAX; i++) {
		fd = accept(d->fd, NULL, NULL);
		if (fd == -1 && (errno == EMFILE || errno == ENFILE) &&
		    l->spare_fd != -1)
			accept_with_spare(l, d->fd);
		if (fd == -1 && errno != EINTR && errno != ECONNABORTED)
			return;
		if (fd != -1) {
			fcntl(fd, F_SETFD, FD_CLOEXEC);
			welcome(l, fd, d->is_network);
		}
	}
}
