/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent of the sessions: takes connections, counts, answers questions.
 * It reads nothing from clients and never waits; whoever among its children
 * does not keep to the protocol of visit.h is ended.
 */
#include "service/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "queue/eventlog.h"
#include "service/door.h"
#include "service/quota.h"
#include "service/visit.h"
#include "submit/submit.h"

/* Sessions at a time; $QSENDMAIL_TEST_SESSIONS in a test. */
#define SESSIONS_MAX 200
/* Connections taken in one go, so that the others of the loop get on. */
#define ACCEPT_MAX 32

struct session {
	pid_t pid;
	int fd;          /* its questions; -1: it has closed them */
	struct visitor who;
	struct buf in;   /* a question that is not whole yet */
	size_t mails;    /* taken */
};

struct listener {
	const struct values *values;   /* borrowed */
	const struct options *options; /* borrowed */
	struct doors doors;
	struct quota quota;
	struct session *v;
	size_t n, cap, max;
	int spare_fd; /* given up where there is none for a connection */
};

static const char *
log_place(const struct listener *l)
{
	return values_text(l->values, S_QUEUE_LOG);
}

static int
open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* One that would hand each mail to itself is not started. */
static int
check_account(const struct options *o, struct fault *f)
{
	struct fault ignored = FAULT_INIT;
	struct account a;
	int rc = 0;

	account_init(&a);
	if (submit_account(&a, o, NULL, &ignored) == 0 && a.is_service)
		rc = fault_set(f, EX_CONFIG, "the service has no account: its "
		    "user cannot read the settings of the system (make "
		    "qsendmailrc root:qsendmail, mode 0640)");
	account_release(&a);
	fault_release(&ignored);
	return rc;
}

struct listener *
listener_open(const struct values *v, const struct options *o,
    struct fault *f)
{
	const char *test = compat_getenv("QSENDMAIL_TEST_SESSIONS");
	struct listener *l = xcalloc(1, sizeof *l);
	struct buf missed = BUF_INIT;

	l->max = test != NULL ? strtoul(test, NULL, 10) : SESSIONS_MAX;
	l->values = v;
	l->options = o;
	if (check_account(o, f) == -1 ||
	    doors_open(&l->doors, v, &missed, f) == -1) {
		free(l);
		l = NULL;
	} else
		l->spare_fd = open_spare();
	if (missed.len != 0)
		eventlog_note(values_text(v, S_QUEUE_LOG), "service", "",
		    "%s (without listen in the settings it goes on without "
		    "that)", missed.data);
	buf_release(&missed);
	return l;
}

void
listener_close(struct listener *l)
{
	doors_close(&l->doors);
}

/* ---- sessions ---- */

static void
close_session(struct session *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
}

static void
remove_session(struct listener *l, size_t i)
{
	struct session *s = &l->v[i];

	quota_leave(&l->quota, s->who.uid, clock_monotonic_ms());
	close_session(s);
	visitor_release(&s->who);
	buf_release(&s->in);
	*s = l->v[--l->n];
}

/* What is left when there are no sessions. */
static void
free_listener(struct listener *l)
{
	if (l->spare_fd != -1)
		close(l->spare_fd);
	doors_release(&l->doors);
	quota_release(&l->quota);
	free(l->v);
	free(l);
}

void
listener_abandon(struct listener *l)
{
	doors_abandon(&l->doors);
	while (l->n != 0)
		remove_session(l, l->n - 1);
	free_listener(l);
}

void
listener_free(struct listener *l)
{
	if (l == NULL)
		return;
	listener_close(l);
	while (l->n != 0) {
		/* One that is stopped would not heed anything less. */
		kill(l->v[l->n - 1].pid, SIGKILL);
		while (waitpid(l->v[l->n - 1].pid, NULL, 0) == -1 &&
		    errno == EINTR)
			;
		remove_session(l, l->n - 1);
	}
	free_listener(l);
}

size_t
listener_sessions(const struct listener *l)
{
	return l->n;
}

int
listener_reap(struct listener *l, pid_t pid)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].pid == pid) {
			eventlog_note(log_place(l), "service", "", "disconnect "
			    "from %s, pid %ld: %zu mails", l->v[i].who.name,
			    (long)l->v[i].who.pid, l->v[i].mails);
			remove_session(l, i);
			return 1;
		}
	return 0;
}

/* ---- connections ---- */

/* Turns a client away. It has not spoken yet, so this is what it reads. */
static void
refuse(const struct listener *l, int fd, const char *who, const char *reply)
{
	struct buf line = BUF_INIT;

	buf_addf(&line, "421 %s\r\n", reply);
	/* The queue of a new connection is empty. */
	if (send(fd, line.data, line.len, MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
		shutdown(fd, SHUT_WR);
	eventlog_note(log_place(l), "service", "", "refused %s: %s", who,
	    line.data);
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
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return -1;
	if (fcntl(pair[0], F_SETFD, FD_CLOEXEC) != -1 &&
	    fcntl(pair[1], F_SETFD, FD_CLOEXEC) != -1 &&
	    fcntl(pair[0], F_SETFL, O_NONBLOCK) != -1)
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
	buf_init(&s->in, VISIT_LINE_MAX);
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
		visit_serve(fd, pair[1], w, l->values, l->options);
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
	l->spare_fd = open_spare();
}

static void
take_connections(struct listener *l, const struct door *d)
{
	int i, fd;

	if (l->spare_fd == -1)
		l->spare_fd = open_spare();
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

/* ---- questions ---- */

/* "octets N": N, or -1 for anything else. */
static long long
read_question(const char *line, size_t len)
{
	static const char word[] = "octets ";
	size_t i, n = sizeof word - 1;
	long long octets = 0;

	if (len <= n || len > n + 15 || memcmp(line, word, n) != 0)
		return -1;
	for (i = n; i < len; i++) {
		if (line[i] < '0' || line[i] > '9')
			return -1;
		octets = octets * 10 + (line[i] - '0');
	}
	return octets;
}

/* Answers one question: 0, or -1 for a child that does not keep to it. */
static int
answer(struct listener *l, struct session *s, size_t len)
{
	long long octets = read_question(s->in.data, len);
	struct buf line = BUF_INIT;
	const char *why;
	ssize_t n;

	if (octets == -1)
		return -1;
	why = quota_take(&l->quota, s->who.uid, octets, l->values,
	    clock_monotonic_ms());
	if (why != NULL) {
		buf_addf(&line, "no %s\n", why);
		eventlog_note(log_place(l), "service", "", "refused a mail of "
		    "%s: %s", s->who.name, why);
	} else {
		buf_adds(&line, "yes\n");
		s->mails++;
	}
	n = send(s->fd, line.data, line.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	len = line.len;
	buf_release(&line);
	return n == (ssize_t)len ? 0 : -1;
}

/* Reads what a child asks: 0, 1 at the end, -1. */
static int
read_questions(struct listener *l, struct session *s)
{
	char piece[VISIT_LINE_MAX];
	const char *lf;
	ssize_t n = io_read(s->fd, piece, sizeof piece);
	size_t len;

	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n <= 0)
		return 1;
	if (buf_add(&s->in, piece, (size_t)n) == -1)
		return -1;
	while ((lf = memchr(s->in.data, '\n', s->in.len)) != NULL) {
		len = (size_t)(lf - s->in.data);
		if (answer(l, s, len) == -1)
			return -1;
		buf_consume(&s->in, len + 1);
	}
	return 0;
}

static void
handle_session(struct listener *l, struct session *s)
{
	int rc = read_questions(l, s);

	if (rc == 0)
		return;
	close_session(s);
	if (rc == -1) {
		eventlog_note(log_place(l), "service", "", "ended the session "
		    "of %s: it asks strange questions", s->who.name);
		kill(s->pid, SIGKILL);
	}
}

/* ---- the loop ---- */

size_t
listener_count(const struct listener *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->doors.n; i++)
		n += l->doors.v[i].fd != -1;
	for (i = 0; i < l->n; i++)
		n += l->v[i].fd != -1;
	return n;
}

void
listener_fill(const struct listener *l, struct pollfd *p)
{
	size_t i;

	for (i = 0; i < l->doors.n; i++)
		if (l->doors.v[i].fd != -1)
			*p++ = (struct pollfd){ l->doors.v[i].fd, POLLIN, 0 };
	for (i = 0; i < l->n; i++)
		if (l->v[i].fd != -1)
			*p++ = (struct pollfd){ l->v[i].fd, POLLIN, 0 };
}

/* By descriptor: sessions may have ended since the poll. */
static void
handle_one(struct listener *l, int fd)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].fd == fd) {
			handle_session(l, &l->v[i]);
			return;
		}
	for (i = 0; i < l->doors.n; i++)
		if (l->doors.v[i].fd == fd)
			take_connections(l, &l->doors.v[i]);
}

void
listener_handle(struct listener *l, const struct pollfd *p, size_t n)
{
	size_t i;

	/* A descriptor that is closed meanwhile may come again as another
	 * one's, which at worst is asked in vain: none of them waits. */
	for (i = 0; i < n; i++)
		if (p[i].revents != 0 && p[i].fd != -1)
			handle_one(l, p[i].fd);
}
