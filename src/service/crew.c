/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A member is bound to one account: it keeps that account's connection. When
 * the processes are all taken, one that rests for another account makes room.
 */
#include "service/crew.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "queue/eventlog.h"
#include "queue/status.h"

#define MEMBERS_MAX 64
/* Visits that a member has in hand; with fewer than so many it is not worth
 * another connection. */
#define DEPTH 24
#define WORTH_ANOTHER 4
#define REST_MS 20000
#define FORK_AGAIN_MS 1000
#define BUSY_AGAIN_S 2
#define DIED_AGAIN_S 60
/* So many notices at once, and then one in so many milliseconds. */
#define NOTICES_MAX 20
#define NOTICE_MS 6000

struct member {
	struct worker worker;
	struct lane *lane;
	struct waiting *visits[DEPTH]; /* what it is at */
	size_t n;              /* 0: it rests */
	size_t sent;           /* orders for so many have left */
	int has_served;        /* it has answered once */
	long long since_ms;    /* it rests */
	int is_old;            /* settings have changed: the next one is new */
};

void
crew_init(struct crew *c)
{
	memset(c, 0, sizeof *c);
	schedule_init(&c->schedule);
	c->notices = NOTICES_MAX;
	syncer_init(&c->syncer, NULL);
}

void
crew_open(struct crew *c, struct spool *spool)
{
	c->spool = spool;
	c->syncer.spool = spool;
}

void
crew_release(struct crew *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		worker_release(&c->v[i].worker);
	free(c->v);
	schedule_release(&c->schedule);
	memset(c, 0, sizeof *c);
}

static void
forget_member(struct crew *c, size_t i)
{
	worker_release(&c->v[i].worker);
	c->v[i] = c->v[--c->n];
}

/* ---- pauses ---- */

static time_t
until(const struct lane *l, long long now_ms)
{
	return clock_now() + (time_t)((l->paused_until_ms - now_ms) / 1000);
}

/* Tells mailq. */
static void
write_status(struct crew *c)
{
	long long now_ms = clock_monotonic_ms();
	struct status s = STATUS_INIT;
	struct fault ignored = FAULT_INIT;
	const struct lane *l;
	size_t i;

	c->is_status_stale = 0;
	for (i = 0; i < c->schedule.n; i++) {
		l = c->schedule.lanes[i];
		if (l->paused_until_ms > now_ms)
			status_add(&s, l->account, l->is_account_fault,
			    until(l, now_ms), l->reason.data);
	}
	status_write(&s, c->spool, &ignored);
	status_release(&s);
	fault_release(&ignored);
}

static void
pause_lane(struct crew *c, struct lane *l, const struct visit *v)
{
	long long now_ms = clock_monotonic_ms();
	long long before = l->paused_until_ms;

	schedule_pause(l, now_ms, v->pause == PAUSE_ACCOUNT, v->reason.data);
	if (l->paused_until_ms == before)
		return;
	c->is_status_stale = 1;
	eventlog_note(c->log, "runner", "", "account %s pauses for %lld "
	    "seconds: %s", l->account, (l->paused_until_ms - now_ms) / 1000,
	    v->reason.data);
}

static void
resume_lane(struct crew *c, struct lane *l)
{
	if (l->pauses == 0)
		return;
	schedule_works(l);
	c->is_status_stale = 1;
}

void
crew_flush(struct crew *c)
{
	schedule_flush(&c->schedule);
	c->is_status_stale = 1;
}

void
crew_resume(struct crew *c)
{
	size_t i;

	for (i = 0; i < c->schedule.n; i++)
		if (!c->schedule.lanes[i]->is_account_fault)
			resume_lane(c, c->schedule.lanes[i]);
}

void
crew_reload(struct crew *c)
{
	size_t i;

	for (i = 0; i < c->schedule.n; i++)
		resume_lane(c, c->schedule.lanes[i]);
	for (i = c->n; i-- > 0;)
		if (c->v[i].n == 0)
			forget_member(c, i);
		else
			c->v[i].is_old = 1;
}

/* ---- entries ---- */

void
crew_add(struct crew *c, const char *account, const char *id, time_t next)
{
	schedule_add(&c->schedule, account, id, next);
}

void
crew_add_new(struct crew *c, const char *account, const char *id,
    time_t next)
{
	if (!schedule_knows(&c->schedule, id))
		crew_add(c, account, id, next);
}

/* A storm of refusals must not become one of notices. */
static void
add_notice(struct crew *c, const char *account, const char *id)
{
	long long now_ms = clock_monotonic_ms(), passed;
	time_t next = clock_now();

	passed = (now_ms - c->notices_since_ms) / NOTICE_MS;
	if (passed > 0) {
		c->notices = passed > NOTICES_MAX - c->notices ? NOTICES_MAX :
		    c->notices + (unsigned)passed;
		c->notices_since_ms = now_ms;
	}
	if (c->notices > 0)
		c->notices--;
	else
		next += NOTICE_MS / 1000 * (time_t)(c->n + 1);
	crew_add(c, account, id, next);
}

/* Takes what was said of the lane. */
static void
take_lane(struct crew *c, struct lane *l, const struct visit *v)
{
	if (v->connections != 0) {
		/* The first mail went before its pace was known. */
		if (v->rate != 0 && l->rate == 0)
			l->free_at_ms = clock_monotonic_ms() +
			    60000 / v->rate;
		l->connections_max = v->connections;
		l->rate = v->rate;
		/* Until its pace is known one mail goes alone. */
		l->depth = DEPTH;
	}
	if (v->pause != PAUSE_NONE)
		pause_lane(c, l, v);
	else if (v->has_answered)
		resume_lane(c, l);
}

static void
take_visit(struct crew *c, struct lane *l, struct waiting *w,
    const struct visit *v)
{
	size_t i;

	take_lane(c, l, v);
	if (v->result == VISIT_STUCK)
		eventlog_note(c->log, "runner", w->id, "left alone: %s",
		    v->reason.data);
	if (v->result == VISIT_GONE)
		syncer_note(&c->syncer, l->account);
	if (v->result == VISIT_AGAIN)
		schedule_again(w, v->next);
	else if (v->result == VISIT_BACK)
		schedule_again(w, w->next);
	else if (v->result == VISIT_BUSY && !c->is_once)
		schedule_again(w, clock_now() + BUSY_AGAIN_S);
	else
		schedule_done(&c->schedule, w);
	for (i = 0; i < v->notices.n; i++)
		add_notice(c, l->account, v->notices.v[i]);
}

/* Removes one from what the member is at; NULL when it is not there. */
static struct waiting *
take_from(struct member *m, const char *id)
{
	struct waiting *w = NULL;
	size_t i;

	for (i = 0; i < m->n && strcmp(m->visits[i]->id, id) != 0; i++)
		continue;
	if (i == m->n)
		return NULL;
	w = m->visits[i];
	m->n--;
	m->sent -= i < m->sent;
	m->has_served = 1;
	memmove(m->visits + i, m->visits + i + 1,
	    (m->n - i) * sizeof *m->visits);
	if (m->n == 0)
		m->since_ms = clock_monotonic_ms();
	return w;
}

/* What it has never heard of is as it was; but one that dies before it has
 * done anything would be followed by others for ever. */
static void
take_back(struct member *m)
{
	struct waiting *w;

	while (m->has_served && m->n > m->sent) {
		w = m->visits[--m->n];
		schedule_again(w, w->next);
	}
}

/* Its worker has died; what it was at is unsettled. */
static void
take_death(struct crew *c, size_t i, const struct fault *f)
{
	struct member *m = &c->v[i];
	struct waiting *w;

	while (m->n != 0) {
		w = m->visits[--m->n];
		eventlog_note(c->log, "runner", w->id, "%s", f->text.data);
		if (c->is_once)
			schedule_done(&c->schedule, w);
		else
			schedule_again(w, clock_now() + DIED_AGAIN_S);
	}
	forget_member(c, i);
}

/* ---- members ---- */

/* The one of a lane with the least in hand, NULL if there is none; *n is how
 * many there are. */
static struct member *
find_member(const struct crew *c, const struct lane *l, size_t *n)
{
	struct member *least = NULL;
	size_t i;

	*n = 0;
	for (i = 0; i < c->n; i++) {
		if (c->v[i].lane != l || c->v[i].is_old)
			continue;
		(*n)++;
		if (least == NULL || c->v[i].n < least->n)
			least = &c->v[i];
	}
	return least;
}

/* Somebody else's connection goes. */
static void
make_room(struct crew *c)
{
	size_t i;

	for (i = 0; c->n >= MEMBERS_MAX && i < c->n; i++)
		if (c->v[i].n == 0)
			forget_member(c, i);
}


/* In a new worker: what belongs to the parent and its other workers. */
static void
close_all(void *arg)
{
	struct crew *c = arg;
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->v[i].worker.fd != -1)
			close(c->v[i].worker.fd);
	if (c->syncer.fd != -1)
		close(c->syncer.fd);
	spool_unwatch(c->spool);
	if (c->in_child != NULL)
		c->in_child(c->arg);
}

static struct member *
start_member(struct crew *c, struct lane *l, struct fault *f)
{
	struct member m;

	memset(&m, 0, sizeof m);
	make_room(c);
	if (c->n >= MEMBERS_MAX) {
		fault_set(f, EX_TEMPFAIL, "too many connections");
		return NULL;
	}
	if (worker_start(&m.worker, c->spool, close_all, c, f) == -1)
		return NULL;
	m.lane = l;
	c->v = xgrow(c->v, c->n, &c->cap, sizeof *c->v);
	c->v[c->n++] = m;
	return &c->v[c->n - 1];
}

/* Who is to go to a mail of the lane: somebody who is there, or one more
 * where that is worth it and allowed. NULL: nobody can go now. */
static struct member *
choose_member(struct crew *c, struct lane *l, struct fault *f)
{
	size_t n;
	struct member *m = find_member(c, l, &n), *another = NULL;

	if (m != NULL && (m->n < WORTH_ANOTHER || n >= l->connections_max))
		return m->n < DEPTH ? m : NULL;
	another = start_member(c, l, f);
	if (another != NULL)
		return another;
	m = find_member(c, l, &n);
	return m != NULL && m->n < DEPTH ? m : NULL;
}

/* Finds somebody to go to w. 0, or -1: nobody can go now. */
static int
send_to(struct crew *c, struct waiting *w)
{
	struct fault f = FAULT_INIT;
	struct member *m = choose_member(c, w->lane, &f);

	fault_release(&f);
	if (m == NULL) {
		schedule_again(w, w->next);
		c->fork_again_ms = clock_monotonic_ms() + FORK_AGAIN_MS;
		return -1;
	}
	worker_visit(&m->worker, w->lane->pauses_made, w->lane->account,
	    w->id, w->next == 0);
	m->visits[m->n++] = w;
	return 0;
}

/* All orders at a time: a worker reads them in one piece. */
static void
send_orders(struct crew *c)
{
	struct fault f = FAULT_INIT;
	size_t i;

	for (i = c->n; i-- > 0;) {
		if (worker_send(&c->v[i].worker, &f) == 0) {
			c->v[i].sent = c->v[i].n;
			continue;
		}
		take_back(&c->v[i]);
		take_death(c, i, &f);
		fault_release(&f);
	}
}

void
crew_dispatch(struct crew *c)
{
	long long now_ms = clock_monotonic_ms();
	struct waiting *w;

	while (!c->is_stopping && now_ms >= c->fork_again_ms &&
	    (w = schedule_take(&c->schedule, clock_now(), now_ms)) != NULL)
		if (send_to(c, w) == -1)
			break;
	send_orders(c);
	syncer_run(&c->syncer, close_all, c);
	if (c->is_status_stale)
		write_status(c);
}

void
crew_rest(struct crew *c)
{
	long long now_ms = clock_monotonic_ms();
	size_t i;

	for (i = c->n; i-- > 0;)
		if (c->v[i].n == 0 && (c->v[i].is_old ||
		    now_ms - c->v[i].since_ms >= REST_MS))
			forget_member(c, i);
}

/* ---- the loop ---- */

int
crew_is_busy(const struct crew *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->v[i].n != 0)
			return 1;
	return 0;
}

int
crew_has_due(const struct crew *c)
{
	return schedule_has_due(&c->schedule, clock_now(),
	    clock_monotonic_ms());
}

int
crew_wait_ms(const struct crew *c)
{
	long long now_ms = clock_monotonic_ms(), wait = -1, rest;
	int due = syncer_wait_ms(&c->syncer);
	size_t i;

	if (!c->is_stopping)
		wait = schedule_wait_ms(&c->schedule, clock_now(), now_ms);
	if (wait != -1 && wait < c->fork_again_ms - now_ms)
		wait = c->fork_again_ms - now_ms;
	for (i = 0; i < c->n; i++) {
		rest = c->v[i].since_ms + REST_MS - now_ms;
		if (c->v[i].n == 0 && (wait == -1 || rest < wait))
			wait = rest > 0 ? rest : 0;
	}
	if (due != -1 && (wait == -1 || due < wait))
		wait = due;
	/* Clocks that jump are looked at now and then. */
	return wait == -1 ? -1 : wait > 60000 ? 60000 : (int)wait;
}

size_t
crew_count(const struct crew *c)
{
	return c->n + 1;
}

void
crew_fill(const struct crew *c, struct pollfd *p)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		p[i].fd = c->v[i].worker.fd;
		p[i].events = POLLIN;
		p[i].revents = 0;
	}
	p[i].fd = c->syncer.is_busy ? c->syncer.fd : -1;
	p[i].events = POLLIN;
	p[i].revents = 0;
}

/* 0, or -1 with a fault: it has died. */
static int
hear_one(struct crew *c, struct member *m, struct fault *f)
{
	struct lane *l = m->lane;
	struct buf id = BUF_INIT;
	struct waiting *w;
	struct visit v;
	int rc;

	visit_init(&v);
	rc = worker_answer(&m->worker, &id, &v, f);
	if (rc == 0 && (w = take_from(m, id.data)) != NULL)
		take_visit(c, l, w, &v);
	visit_release(&v);
	buf_release(&id);
	return rc;
}

/* What the member with that descriptor says. */
static void
hear(struct crew *c, int fd)
{
	struct fault f = FAULT_INIT;
	size_t i;

	for (i = 0; i < c->n && c->v[i].worker.fd != fd; i++)
		continue;
	if (i == c->n)
		return;
	do
		if (hear_one(c, &c->v[i], &f) == -1) {
			take_death(c, i, &f);
			break;
		}
	while (worker_has_answer(&c->v[i].worker));
	fault_release(&f);
}

void
crew_handle(struct crew *c, const struct pollfd *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i].revents != 0 && p[i].fd == c->syncer.fd)
			syncer_handle(&c->syncer);
		else if (p[i].revents != 0)
			hear(c, p[i].fd);
}

int
crew_reap(struct crew *c, pid_t pid)
{
	size_t i;

	if (pid == c->syncer.pid)
		return 1;
	/* Its socket tells the rest. */
	for (i = 0; i < c->n; i++)
		if (c->v[i].worker.pid == pid)
			return 1;
	return 0;
}

void
crew_stop(struct crew *c, int timeout_ms)
{
	long long end = clock_monotonic_ms() + timeout_ms, left;
	struct pollfd p[MEMBERS_MAX + 1];
	size_t i;

	c->is_stopping = 1;
	while (crew_is_busy(c) &&
	    (left = end - clock_monotonic_ms()) > 0) {
		crew_fill(c, p);
		if (poll(p, (nfds_t)crew_count(c), (int)left) > 0)
			crew_handle(c, p, crew_count(c));
		else if (errno == EINTR)
			continue;
	}
	/* Whoever is not done yet is unsettled; the relay goes with it. */
	for (i = 0; i < c->n; i++)
		if (c->v[i].n != 0)
			kill(-c->v[i].worker.pid, SIGKILL);
	for (i = c->n; i-- > 0;) {
		pid_t pid = c->v[i].worker.pid;

		forget_member(c, i);
		waitpid(pid, NULL, 0);
	}
	syncer_finish(&c->syncer);
}
