/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker leads a session of its own: no terminal to ask for a password, and
 * a key pressed for the runner does not reach the relay.
 */
#include "service/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/xalloc.h"

static const char *const pause_names[] = {
	[PAUSE_NONE] = "none", [PAUSE_SERVER] = "server",
	[PAUSE_ACCOUNT] = "account",
};

static const char *const result_names[] = {
	[VISIT_GONE] = "gone", [VISIT_AGAIN] = "again", [VISIT_BUSY] = "busy",
	[VISIT_STUCK] = "stuck",
};

#define RESULTS_N (sizeof result_names / sizeof *result_names)

/* ---- the child ---- */

static int
send_answer(struct frames *s, const struct visit *v, struct fault *f)
{
	const char *name = result_names[v->result];
	size_t i;

	for (i = 0; i < v->notices.n; i++)
		frames_put(s, "notice", "%s", v->notices.v[i]);
	if (v->connections != 0)
		frames_put(s, "limits", "%u %u", v->connections, v->rate);
	if (v->pause != PAUSE_NONE)
		frames_put(s, "pause", "%s %s", pause_names[v->pause],
		    v->reason.data);
	if (v->has_answered)
		frames_put(s, "works", "-");
	if (v->result == VISIT_AGAIN)
		frames_put(s, name, "%lld", (long long)v->next);
	else if (v->result == VISIT_STUCK)
		frames_put(s, name, "%s", v->reason.data);
	else
		frames_put(s, name, "-");
	return frames_flush(s, -1, f);
}

/* "FORCED ID ACCOUNT" */
static int
visit(struct courier *c, struct frames *s, struct fault *f)
{
	char *id = strchr(s->value.data, ' '), *account;
	struct visit v;
	int rc;

	account = id != NULL ? strchr(id + 1, ' ') : NULL;
	if (account == NULL)
		return fault_set(f, EX_SOFTWARE, "a visit to nothing");
	*id++ = '\0';
	*account++ = '\0';
	visit_init(&v);
	courier_visit(c, account, id, strcmp(s->value.data, "1") == 0, &v);
	rc = send_answer(s, &v, f);
	visit_release(&v);
	return rc;
}

/* Waits for the next order; meanwhile removals are made last. */
static int
wait_for_order(struct courier *c, struct frames *s, struct fault *f)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	while (poll(&p, 1, courier_sync_due(c)) == 0)
		courier_sync(c);
	return frames_read(s, f);
}

static void
serve(int fd, struct spool *spool)
{
	struct fault f = FAULT_INIT;
	struct courier c;
	struct frames s;

	courier_init(&c, spool);
	frames_init(&s, fd);
	while (wait_for_order(&c, &s, &f) == 1 && visit(&c, &s, &f) == 0)
		continue;
	courier_release(&c);
	frames_release(&s);
	fault_release(&f);
}

static void
be_worker(int fd, struct spool *spool, void (*in_child)(void *), void *arg)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
	size_t i;

	for (i = 0; i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], SIG_DFL);
	setsid();
	/* Nobody wants to see how far a mail of the queue has come. */
	setenv("TERM", "dumb", 1);
	in_child(arg);
	serve(fd, spool);
	_exit(0);
}

/* ---- the parent ---- */

int
worker_start(struct worker *w, struct spool *spool, void (*in_child)(void *),
    void *arg, struct fault *f)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return fault_errno(f, EX_OSERR, "cannot make a socket pair");
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	fcntl(pair[1], F_SETFD, FD_CLOEXEC);
	w->pid = fork();
	if (w->pid == -1) {
		fault_errno(f, EX_OSERR, "cannot start a process");
		close(pair[0]);
		close(pair[1]);
		return -1;
	}
	if (w->pid == 0) {
		close(pair[0]);
		be_worker(pair[1], spool, in_child, arg);
	}
	close(pair[1]);
	w->fd = pair[0];
	frames_init(&w->frames, w->fd);
	return 0;
}

void
worker_release(struct worker *w)
{
	frames_release(&w->frames);
	if (w->fd != -1)
		close(w->fd);
	w->fd = -1;
	w->pid = -1;
}

int
worker_visit(struct worker *w, const char *account, const char *id,
    int is_forced, struct fault *f)
{
	frames_put(&w->frames, "visit", "%d %s %s", is_forced, id, account);
	return frames_flush(&w->frames, -1, f);
}

static void
take_pause(struct visit *v, const char *value)
{
	const char *blank = strchr(value, ' ');
	int is_account;

	is_account = strncmp(value, pause_names[PAUSE_ACCOUNT],
	    strlen(pause_names[PAUSE_ACCOUNT])) == 0;
	v->pause = is_account ? PAUSE_ACCOUNT : PAUSE_SERVER;
	buf_reset(&v->reason);
	buf_adds(&v->reason, blank != NULL ? blank + 1 : "");
}

/* One frame: 1 when the answer is complete. */
static int
take_frame(struct visit *v, const char *word, const char *value)
{
	size_t i;

	if (strcmp(word, "notice") == 0)
		strv_add(&v->notices, value);
	else if (strcmp(word, "pause") == 0)
		take_pause(v, value);
	else if (strcmp(word, "limits") == 0)
		sscanf(value, "%u %u", &v->connections, &v->rate);
	else if (strcmp(word, "works") == 0)
		v->has_answered = 1;
	for (i = 0; i < RESULTS_N; i++) {
		if (strcmp(word, result_names[i]) != 0)
			continue;
		v->result = (enum visit_result)i;
		if (v->result == VISIT_AGAIN)
			v->next = (time_t)strtoll(value, NULL, 10);
		if (v->result == VISIT_STUCK) {
			buf_reset(&v->reason);
			buf_adds(&v->reason, value);
		}
		return 1;
	}
	return 0;
}

int
worker_answer(struct worker *w, struct visit *v, struct fault *f)
{
	int rc;

	while ((rc = frames_read(&w->frames, f)) == 1)
		if (take_frame(v, w->frames.word.data, w->frames.value.data))
			return 0;
	return fault_set(f, EX_TEMPFAIL, "a process of the queue has died");
}
