/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user had within an hour, and when that is forgotten. */
#include "tap.h"

#include "service/quota.h"

#define MINUTE 60000LL
#define HOUR (60 * MINUTE)

static void
set(struct values *v, const char *name, const char *text)
{
	struct origin origin = { ORIGIN_BUILTIN, NULL, 0 };
	struct fault f = FAULT_INIT;

	settings_set(v, SETTING_FILE, name, text, &origin, &f);
	fault_release(&f);
}

/* Mails that are taken of so many, each of octets. */
static int
take(struct quota *q, long long user, int n, long long octets,
    const struct values *v, long long now)
{
	int taken = 0;

	while (n-- > 0)
		taken += quota_take(q, user, octets, v, now) == NULL;
	return taken;
}

static void
test_mails(void)
{
	struct quota q = QUOTA_INIT;
	long long start = 1000 * HOUR + 17 * MINUTE + 5000;
	struct values v;

	values_init(&v);
	ok(take(&q, 7, 100, 1LL << 40, &v, start) == 100,
	    "without limits all is taken");
	quota_release(&q);
	set(&v, "user_rate", "10");
	ok(take(&q, 7, 4, 1, &v, start) == 4, "some mails");
	ok(take(&q, 7, 9, 1, &v, start + 30 * MINUTE) == 6,
	    "up to the limit of an hour");
	ok(take(&q, 8, 20, 1, &v, start + 30 * MINUTE) == 10,
	    "another user has another one");
	ok(take(&q, QUOTA_NETWORK, 20, 1, &v, start) == 10,
	    "so has the network");
	ok(take(&q, 7, 9, 1, &v, start + 58 * MINUTE) == 0,
	    "before the hour is over nothing more");
	ok(take(&q, 7, 9, 1, &v, start + 60 * MINUTE) == 4,
	    "what is older than that counts no more");
	ok(take(&q, 7, 9, 1, &v, start + 91 * MINUTE) == 6,
	    "and so on");
	ok(take(&q, 7, 20, 1, &v, start + 50 * HOUR) == 10,
	    "after a long time all is forgotten");
	quota_release(&q);
	values_release(&v);
}

static void
test_octets(void)
{
	struct quota q = QUOTA_INIT;
	struct values v;

	values_init(&v);
	set(&v, "user_max_size", "1k");
	ok(take(&q, 7, 1, 1024, &v, HOUR) == 1, "octets up to the limit");
	ok(take(&q, 7, 1, 1, &v, HOUR) == 0, "one more is one too much");
	ok(take(&q, 8, 1, 1025, &v, HOUR) == 0, "a mail that is larger");
	ok(take(&q, 8, 1, 1000, &v, HOUR) == 1, "which does not count");
	ok(take(&q, 7, 1, 1024, &v, 2 * HOUR) == 1, "an hour later");
	quota_release(&q);
	values_release(&v);
}

static void
test_connections(void)
{
	struct quota q = QUOTA_INIT;
	struct values v;

	values_init(&v);
	set(&v, "user_max_connections", "2");
	ok(quota_enter(&q, 7, &v) && quota_enter(&q, 7, &v),
	    "connections up to the limit");
	ok(!quota_enter(&q, 7, &v), "and no more");
	ok(quota_enter(&q, 8, &v), "of each user");
	quota_leave(&q, 7, 0);
	ok(quota_enter(&q, 7, &v), "one that ends makes room");
	quota_leave(&q, 7, 0);
	quota_leave(&q, 7, 0);
	quota_leave(&q, 8, 0);
	ok(q.n == 0, "who is gone is forgotten");
	quota_enter(&q, 7, &v);
	quota_take(&q, 7, 1, &v, 5 * MINUTE);
	quota_leave(&q, 7, 6 * MINUTE);
	ok(q.n == 1, "but not who has sent a mail");
	quota_leave(&q, 9, 6 * MINUTE + HOUR);
	ok(q.n == 0, "for an hour");
	quota_release(&q);
	values_release(&v);
}

int
main(void)
{
	test_mails();
	test_octets();
	test_connections();
	return tap_done();
}
