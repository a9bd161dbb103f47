/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A heap for each account and a table of all ids. Everything costs the
 * logarithm of what waits, so that 100,000 mails of an account whose server
 * is away cost nothing while it is.
 */
#include "queue/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define SERVER_PAUSE_MS 60000LL
#define SERVER_PAUSE_MAX_MS 3600000LL
#define ACCOUNT_PAUSE_MS 900000LL
#define ACCOUNT_PAUSE_MAX_MS 14400000LL
#define BACKOFF_S 60
#define BACKOFF_MAX_S 3600

void
schedule_init(struct schedule *s)
{
	memset(s, 0, sizeof *s);
}

static void
lane_free(struct lane *l)
{
	buf_release(&l->reason);
	free(l->account);
	free(l->v);
	free(l);
}

void
schedule_release(struct schedule *s)
{
	size_t i;

	for (i = 0; i < s->slots_n; i++)
		free(s->slots[i]);
	free(s->slots);
	for (i = 0; i < s->n; i++)
		lane_free(s->lanes[i]);
	free(s->lanes);
	schedule_init(s);
}

struct lane *
schedule_lane(struct schedule *s, const char *account)
{
	struct lane *l;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->lanes[i]->account, account) == 0)
			return s->lanes[i];
	l = xcalloc(1, sizeof *l);
	l->account = xstrdup(account);
	l->connections_max = 1;
	l->depth = 1;
	buf_init(&l->reason, 0);
	s->lanes = xgrow(s->lanes, s->n, &s->cap, sizeof *s->lanes);
	s->lanes[s->n++] = l;
	return l;
}

/* ---- the table of ids ---- */

static size_t
slot_of(const struct schedule *s, const char *id)
{
	unsigned long h = 2166136261UL;
	const char *p;
	size_t i;

	for (p = id; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 16777619UL;
	i = (size_t)h & (s->slots_n - 1);
	while (s->slots[i] != NULL && strcmp(s->slots[i]->id, id) != 0)
		i = (i + 1) & (s->slots_n - 1);
	return i;
}

static void
grow_table(struct schedule *s)
{
	struct waiting **old = s->slots;
	size_t old_n = s->slots_n, i;

	if ((s->known + 1) * 2 <= s->slots_n)
		return;
	s->slots_n = old_n != 0 ? old_n * 2 : 64;
	s->slots = xcalloc(s->slots_n, sizeof *s->slots);
	for (i = 0; i < old_n; i++)
		if (old[i] != NULL)
			s->slots[slot_of(s, old[i]->id)] = old[i];
	free(old);
}

/* Removes w and moves up what stood behind it in its run of slots. */
static void
forget(struct schedule *s, const struct waiting *w)
{
	size_t i = slot_of(s, w->id);
	struct waiting *moved;

	s->slots[i] = NULL;
	s->known--;
	for (i = (i + 1) & (s->slots_n - 1); s->slots[i] != NULL;
	    i = (i + 1) & (s->slots_n - 1)) {
		moved = s->slots[i];
		s->slots[i] = NULL;
		s->slots[slot_of(s, moved->id)] = moved;
	}
}

/* ---- the heap of a lane ---- */

static int
is_earlier(const struct waiting *a, const struct waiting *b)
{
	/* Ids begin with the time of their making. */
	return a->next != b->next ? a->next < b->next :
	    strcmp(a->id, b->id) < 0;
}

static void
move_up(struct lane *l, size_t i)
{
	struct waiting *w = l->v[i];

	for (; i > 0 && is_earlier(w, l->v[(i - 1) / 2]); i = (i - 1) / 2)
		l->v[i] = l->v[(i - 1) / 2];
	l->v[i] = w;
}

static void
move_down(struct lane *l, size_t i)
{
	struct waiting *w = l->v[i];
	size_t child;

	for (; (child = 2 * i + 1) < l->n; i = child) {
		if (child + 1 < l->n && is_earlier(l->v[child + 1],
		    l->v[child]))
			child++;
		if (!is_earlier(l->v[child], w))
			break;
		l->v[i] = l->v[child];
	}
	l->v[i] = w;
}

static void
put(struct lane *l, struct waiting *w)
{
	l->v = xgrow(l->v, l->n, &l->cap, sizeof *l->v);
	l->v[l->n++] = w;
	move_up(l, l->n - 1);
}

static void
build_heap(struct lane *l)
{
	size_t i;

	for (i = l->n / 2; i-- > 0;)
		move_down(l, i);
}

int
schedule_add(struct schedule *s, const char *account, const char *id,
    time_t next)
{
	struct lane *l = schedule_lane(s, account);
	struct waiting *w;
	size_t slot, i;

	grow_table(s);
	slot = slot_of(s, id);
	w = s->slots[slot];
	if (w == NULL) {
		w = xmalloc(sizeof *w + strlen(id) + 1);
		w->lane = l;
		w->next = next;
		memcpy(w->id, id, strlen(id) + 1);
		s->slots[slot] = w;
		s->known++;
		put(l, w);
		return 1;
	}
	/* 0 was asked for by a flush. */
	if (w->next == next || w->next == 0)
		return 0;
	for (i = 0; i < w->lane->n && w->lane->v[i] != w; i++)
		continue;
	if (i < w->lane->n) {
		w->next = next;
		build_heap(w->lane);
	}
	return 0;
}

int
schedule_knows(const struct schedule *s, const char *id)
{
	return s->slots_n != 0 && s->slots[slot_of(s, id)] != NULL;
}

/* ---- taking ---- */

/* Seconds until w is due. */
static long long
due_in(const struct waiting *w, time_t now)
{
	long long seconds = (long long)w->next - (long long)now;

	return seconds > 0 && seconds <= SCHEDULE_LONGEST_S ? seconds : 0;
}

/* When lane l can do something more, in ms from now; -1: not by time alone. */
static long long
lane_wait_ms(const struct lane *l, time_t now, long long now_ms)
{
	long long wait = 0, due;

	if (l->n == 0 || l->running >= l->connections_max * l->depth)
		return -1;
	if (l->paused_until_ms > now_ms)
		wait = l->paused_until_ms - now_ms;
	if (l->free_at_ms - now_ms > wait)
		wait = l->free_at_ms - now_ms;
	due = due_in(l->v[0], now) * 1000;
	return due > wait ? due : wait;
}

static struct waiting *
take(struct lane *l, long long now_ms)
{
	struct waiting *w = l->v[0];

	l->v[0] = l->v[--l->n];
	if (l->n != 0)
		move_down(l, 0);
	l->running++;
	if (l->rate != 0) {
		if (l->free_at_ms < now_ms)
			l->free_at_ms = now_ms;
		l->free_at_ms += 60000 / l->rate;
	}
	return w;
}

struct waiting *
schedule_take(struct schedule *s, time_t now, long long now_ms)
{
	size_t i;
	struct lane *l;

	for (i = 0; i < s->n; i++) {
		l = s->lanes[(s->turn + i) % s->n];
		if (lane_wait_ms(l, now, now_ms) != 0)
			continue;
		s->turn = (s->turn + i + 1) % s->n;
		return take(l, now_ms);
	}
	return NULL;
}

int
schedule_has_due(const struct schedule *s, time_t now, long long now_ms)
{
	const struct lane *l;
	size_t i;

	for (i = 0; i < s->n; i++) {
		l = s->lanes[i];
		if (l->n != 0 && due_in(l->v[0], now) == 0 &&
		    l->paused_until_ms <= now_ms)
			return 1;
	}
	return 0;
}

struct waiting *
schedule_take_same(struct lane *l, time_t now, long long now_ms)
{
	return lane_wait_ms(l, now, now_ms) == 0 ? take(l, now_ms) : NULL;
}

void
schedule_done(struct schedule *s, struct waiting *w)
{
	w->lane->running--;
	forget(s, w);
	free(w);
}

void
schedule_again(struct waiting *w, time_t next)
{
	w->lane->running--;
	w->next = next;
	put(w->lane, w);
}

long long
schedule_wait_ms(const struct schedule *s, time_t now, long long now_ms)
{
	long long wait = -1, one;
	size_t i;

	for (i = 0; i < s->n; i++) {
		one = lane_wait_ms(s->lanes[i], now, now_ms);
		if (one != -1 && (wait == -1 || one < wait))
			wait = one;
	}
	return wait;
}

/* ---- pauses ---- */

static long long
doubled(long long first, long long most, unsigned times)
{
	while (times-- > 0 && first < most)
		first *= 2;
	return first < most ? first : most;
}

void
schedule_pause(struct lane *l, long long now_ms, int is_account_fault,
    const char *reason)
{
	/* Several connections may find the same thing at the same time. */
	if (l->paused_until_ms > now_ms &&
	    l->is_account_fault == is_account_fault)
		return;
	if (l->is_account_fault != is_account_fault)
		l->pauses = 0;
	l->is_account_fault = is_account_fault;
	l->paused_until_ms = now_ms + (is_account_fault ?
	    doubled(ACCOUNT_PAUSE_MS, ACCOUNT_PAUSE_MAX_MS, l->pauses) :
	    doubled(SERVER_PAUSE_MS, SERVER_PAUSE_MAX_MS, l->pauses));
	l->pauses++;
	l->pauses_made++;
	buf_reset(&l->reason);
	buf_adds(&l->reason, reason);
}

void
schedule_works(struct lane *l)
{
	l->pauses = 0;
	l->paused_until_ms = 0;
	buf_reset(&l->reason);
}

void
schedule_flush(struct schedule *s)
{
	struct lane *l;
	size_t i, k;

	for (i = 0; i < s->n; i++) {
		l = s->lanes[i];
		schedule_works(l);
		for (k = 0; k < l->n; k++)
			l->v[k]->next = 0;
		build_heap(l);
	}
}

long
schedule_backoff(unsigned attempts, unsigned long random)
{
	long base = (long)doubled(BACKOFF_S, BACKOFF_MAX_S,
	    attempts > 0 ? attempts - 1 : 0);

	return base - base / 5 + (long)(random % (unsigned long)(base * 2 / 5 +
	    1));
}
