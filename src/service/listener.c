/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent of the sessions: counts, and answers questions. Whoever among its
 * children does not keep to the protocol of visitor.h is ended.
 */
#include "service/listener.h"

#include <errno.h>
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
#include "service/listener_state.h"
#include "submit/submit.h"

/* Sessions at a time; $QSENDMAIL_TEST_SESSIONS in a test. */
#define SESSIONS_MAX 200

static const char *
log_place(const struct listener *l)
{
	return values_text(l->values, S_QUEUE_LOG);
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
		l->spare_fd = listener_open_spare();
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
	char piece[VISITOR_LINE_MAX];
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
			listener_take(l, &l->doors.v[i]);
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
