/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker leads a session of its own: no terminal to ask for a password, and
 * a key pressed for the runner does not reach the relay.
 */
#include "service/worker.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "queue/eventlog.h"

/* Mails on their way at a time: with three of them the next envelope is always
 * there when a content goes out; with more neither side waits for the other. */
#define WINDOW RELAY_MAILS_MAX
/* Octets of answers that may gather while there is work. */
#define ANSWERS_MAX 512

static const char *const pause_names[] = {
	[PAUSE_NONE] = "none", [PAUSE_SERVER] = "server",
	[PAUSE_ACCOUNT] = "account",
};

static const char *const result_names[] = {
	[VISIT_GONE] = "gone", [VISIT_AGAIN] = "again", [VISIT_BUSY] = "busy",
	[VISIT_STUCK] = "stuck", [VISIT_BACK] = "back",
};

#define RESULTS_N (sizeof result_names / sizeof *result_names)

/* ---- the child ---- */

/* What a child is at. */
struct desk {
	struct courier courier;
	struct frames frames;
	struct errand ring[WINDOW]; /* n of them, the oldest at first */
	size_t first, n;
	unsigned epoch;             /* of the newest order */
	int is_paused;              /* nothing of this epoch can be sent */
	/* An order that waits until nobody is under way; owned, NULL none. */
	char *later;
};

static void
put_answer(struct frames *s, const char *id, const struct visit *v)
{
	const char *name = result_names[v->result];
	size_t i;

	frames_put(s, "about", "%s", id);
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
}

/* An answer is ready; it travels when there is nothing better to do, or the
 * relay has nothing to say. */
static void
answer(struct desk *d, const char *id, const struct visit *v)
{
	if (v->pause != PAUSE_NONE)
		d->is_paused = 1;
	put_answer(&d->frames, id, v);
}

/* The order comes back. */
static void
send_back(struct desk *d, const char *id)
{
	struct visit v;

	visit_init(&v);
	v.result = VISIT_BACK;
	put_answer(&d->frames, id, &v);
	visit_release(&v);
}

static void
begin(struct desk *d, const char *account, const char *id, int is_forced,
    const char *order)
{
	struct errand *er = &d->ring[(d->first + d->n) % WINDOW];

	errand_init(er);
	switch (courier_begin(&d->courier, account, id, is_forced, er)) {
	case VISIT_UNDER_WAY:
		d->n++;
		return;
	case VISIT_LATER:
		d->later = xstrdup(order);
		break;
	case VISIT_FINISHED:
		answer(d, id, &er->visit);
		break;
	}
	errand_release(er);
}

/* "EPOCH FORCED ID ACCOUNT": 0, or -1 when it is something else. */
static int
take_order(struct desk *d, const char *order)
{
	char *copy = xstrdup(order), *id = NULL, *account = NULL, *end;
	unsigned long epoch = strtoul(copy, &end, 10);
	int rc = -1;

	if (*end == ' ' && (id = strchr(end + 1, ' ')) != NULL &&
	    (account = strchr(id + 1, ' ')) != NULL) {
		rc = 0;
		*id++ = '\0';
		*account++ = '\0';
		if (d->epoch != (unsigned)epoch)
			d->is_paused = 0;
		d->epoch = (unsigned)epoch;
		if (d->is_paused)
			send_back(d, id);
		else
			begin(d, account, id, end[1] == '1', order);
	}
	free(copy);
	return rc;
}

/* Nobody is told of the end of a mail that the log does not have. */
static int
flush_answers(struct desk *d, struct fault *f)
{
	eventlog_write();
	return frames_flush(&d->frames, -1, f);
}

/* Waits for the next order, with all answers sent. */
static int
wait_for_order(struct desk *d, struct fault *f)
{
	if (!frames_has_input(&d->frames) && flush_answers(d, f) == -1)
		return -1;
	return frames_read(&d->frames, f);
}

/* Takes orders as long as there is room: 0, or -1 at the end. */
static int
take_orders(struct desk *d, struct fault *f)
{
	char *later;
	int rc = 1;

	if (d->later != NULL && d->n == 0) {
		later = d->later;
		d->later = NULL;
		rc = take_order(d, later) == 0 ? 1 : -1;
		free(later);
	}
	while (rc == 1 && d->n < WINDOW && d->later == NULL &&
	    (d->n == 0 || frames_is_readable(&d->frames))) {
		rc = wait_for_order(d, f);
		if (rc == 1)
			rc = take_order(d, d->frames.value.data) == 0 ? 1 : -1;
	}
	return rc == 1 ? 0 : -1;
}

static void
finish_first(struct desk *d)
{
	struct errand *er = &d->ring[d->first];

	courier_finish(&d->courier, er);
	d->first = (d->first + 1) % WINDOW;
	d->n--;
	answer(d, er->entry.id, &er->visit);
	/* Nobody is told of the end before the entry is free. */
	errand_release(er);
}

/* The runner has to know what is done while we wait for what is not. */
static void
send_answers(void *arg)
{
	struct desk *d = arg;
	struct fault ignored = FAULT_INIT;

	flush_answers(d, &ignored);
	fault_release(&ignored);
}

/* Nobody gives orders any more, or nobody listens: what is under way is still
 * brought to its end. */
static void
serve(int fd, struct spool *spool)
{
	struct fault f = FAULT_INIT;
	struct desk d;

	memset(&d, 0, sizeof d);
	courier_init(&d.courier, spool);
	d.courier.before_wait = send_answers;
	d.courier.before_wait_arg = &d;
	frames_init(&d.frames, fd);
	eventlog_hold();
	while (take_orders(&d, &f) == 0) {
		if (d.n != 0)
			finish_first(&d);
		if (d.frames.out.len > ANSWERS_MAX &&
		    flush_answers(&d, &f) == -1)
			break;
	}
	while (d.n != 0)
		finish_first(&d);
	flush_answers(&d, &f);
	courier_release(&d.courier);
	frames_release(&d.frames);
	free(d.later);
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

	if (spawn_pair(pair) == -1)
		return fault_errno(f, EX_OSERR, "cannot make a socket pair");
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

void
worker_visit(struct worker *w, unsigned epoch, const char *account,
    const char *id, int is_forced)
{
	frames_put(&w->frames, "visit", "%u %d %s %s", epoch, is_forced, id,
	    account);
}

int
worker_send(struct worker *w, struct fault *f)
{
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

static void
take_limits(struct visit *v, const char *value)
{
	long long connections, rate;

	if (ascii_take_number(&value, UINT_MAX, &connections) == -1 ||
	    ascii_take_number(&value, UINT_MAX, &rate) == -1)
		return;
	v->connections = (unsigned)connections;
	v->rate = (unsigned)rate;
}

/* One frame: 1 when the answer is complete. */
static int
take_frame(struct buf *id, struct visit *v, const char *word,
    const char *value)
{
	size_t i;

	if (strcmp(word, "about") == 0) {
		buf_reset(id);
		buf_adds(id, value);
	} else if (strcmp(word, "notice") == 0)
		strv_add(&v->notices, value);
	else if (strcmp(word, "pause") == 0)
		take_pause(v, value);
	else if (strcmp(word, "limits") == 0)
		take_limits(v, value);
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
worker_answer(struct worker *w, struct buf *id, struct visit *v,
    struct fault *f)
{
	int rc;

	while ((rc = frames_read(&w->frames, f)) == 1)
		if (take_frame(id, v, w->frames.word.data,
		    w->frames.value.data))
			return 0;
	return fault_set(f, EX_TEMPFAIL, "a process of the queue has died");
}

int
worker_has_answer(const struct worker *w)
{
	return frames_has_input(&w->frames);
}
