/* SPDX-License-Identifier: GPL-3.0-or-later */
/* queue/schedule: who is next, and when. */
#include <stdio.h>

#include "queue/schedule.h"
#include "tap.h"

static void
is_next(struct schedule *s, time_t now, long long now_ms, const char *want,
    const char *name)
{
	struct waiting *w = schedule_take(s, now, now_ms);

	is_text(w != NULL ? w->id : "none", want, name);
	if (w != NULL)
		schedule_done(s, w);
}

static void
test_order(void)
{
	struct schedule s;
	struct waiting *w;

	schedule_init(&s);
	is_number(schedule_wait_ms(&s, 0, 0), -1, "nothing to wait for");
	is_number(schedule_add(&s, "a", "3", 30), 1, "a new one");
	schedule_add(&s, "a", "1", 10);
	schedule_add(&s, "a", "2", 10);
	is_number(schedule_add(&s, "a", "3", 30), 0, "is known");
	is_number(schedule_wait_ms(&s, 4, 0), 6000, "time until the first");
	is_next(&s, 9, 0, "none", "nobody before its time");
	is_next(&s, 10, 0, "1", "the first one");
	is_next(&s, 10, 0, "2", "of one time the older one");
	is_next(&s, 10, 0, "none", "and no other");
	schedule_add(&s, "a", "3", 5);
	is_next(&s, 10, 0, "3", "a time can change");
	schedule_add(&s, "a", "4", 1);
	schedule_add(&s, "b", "5", 1);
	schedule_lane(&s, "a")->connections_max = 2;
	schedule_add(&s, "a", "6", 1);
	schedule_add(&s, "a", "7", 1);
	w = schedule_take(&s, 10, 0);
	is_text(w->id, "4", "one account");
	is_number(schedule_add(&s, "a", "4", 99), 0, "what runs is known");
	is_text(schedule_take(&s, 10, 0)->id, "5", "then another one");
	is_text(schedule_take(&s, 10, 0)->id, "6", "then the first again");
	is_next(&s, 10, 0, "none", "no more than its connections");
	is_number(schedule_wait_ms(&s, 10, 0), -1, "which time alone frees not");
	schedule_again(w, 20);
	is_text(schedule_take_same(w->lane, 10, 0)->id, "7",
	    "a free connection takes the next");
	is_number(schedule_wait_ms(&s, 10, 0), -1, "and is not free");
	schedule_release(&s);
}

static void
test_pauses(void)
{
	struct schedule s;
	struct lane *l;

	schedule_init(&s);
	schedule_add(&s, "a", "1", 1);
	l = schedule_lane(&s, "a");
	schedule_pause(l, 1000, 0, "no connection");
	is_number(schedule_wait_ms(&s, 10, 1000), 60000, "a pause of a minute");
	schedule_pause(l, 2000, 0, "no connection");
	is_number(schedule_wait_ms(&s, 10, 2000), 59000,
	    "told twice is once");
	is_next(&s, 10, 60999, "none", "nothing goes in it");
	schedule_pause(l, 61000, 0, "no connection");
	is_number(schedule_wait_ms(&s, 10, 61000), 120000, "then two");
	schedule_pause(l, 61001, 1, "the login was refused");
	is_number(schedule_wait_ms(&s, 10, 61001), 900000,
	    "15 for a fault of the account");
	is_text(l->reason.data, "the login was refused", "whose reason is known");
	for (int i = 0; i < 20; i++)
		schedule_pause(l, l->paused_until_ms, 1, "x");
	is_number(schedule_wait_ms(&s, 10, l->paused_until_ms - 14400000),
	    14400000, "at the most four hours");
	schedule_flush(&s);
	is_number(schedule_wait_ms(&s, 10, 5), 0, "a flush ends it");
	is_next(&s, 0, 5, "1", "and makes everything due");
	schedule_release(&s);
}

static void
test_pace(void)
{
	struct schedule s;

	schedule_init(&s);
	schedule_add(&s, "a", "1", 1);
	schedule_add(&s, "a", "2", 1);
	schedule_lane(&s, "a")->rate = 30;
	is_next(&s, 10, 5000, "1", "the first at once");
	is_next(&s, 10, 6000, "none", "the next not yet");
	is_number(schedule_wait_ms(&s, 10, 6000), 1000, "but soon");
	is_next(&s, 10, 7000, "2", "at the pace that was set");
	schedule_release(&s);
}

static void
test_many(void)
{
	struct schedule s;
	struct waiting *w;
	char id[16];
	time_t last = 0;
	int i, n = 0, bad = 0;

	schedule_init(&s);
	for (i = 0; i < 20000; i++) {
		snprintf(id, sizeof id, "%d", i);
		schedule_add(&s, "a", id, (i * 7919) % 10007);
	}
	while ((w = schedule_take(&s, 20000, 0)) != NULL) {
		bad += w->next < last;
		last = w->next;
		n++;
		schedule_done(&s, w);
	}
	is_number(n, 20000, "many go");
	is_number(bad, 0, "in their order");
	is_number((long long)s.known, 0, "and none is left");
	schedule_release(&s);
}

int
main(void)
{
	long low = 9999, high = 0, n;
	unsigned long r;

	test_order();
	test_pauses();
	test_pace();
	test_many();
	for (r = 0; r < 1000; r++) {
		n = schedule_backoff(1, r);
		low = n < low ? n : low;
		high = n > high ? n : high;
	}
	ok(low == 48 && high == 72, "a minute, a fifth more or less");
	ok(schedule_backoff(3, 0) == 192, "then four");
	ok(schedule_backoff(1000, 0) == 2880, "and at the most an hour");
	return tap_done();
}
