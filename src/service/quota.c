/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The last hour is sixty minutes, each with its sums: a mail counts for an
 * hour, give or take a minute. Who has nothing to be remembered is forgotten,
 * so the table has no more rows than there are users at work.
 */
#include "service/quota.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define MINUTES 60
#define MINUTE_MS 60000

struct quota_user {
	long long user;
	size_t connections;
	struct {
		long long minute; /* of the clock; another one counts not */
		long long mails, octets;
	} past[MINUTES];
};

void
quota_release(struct quota *q)
{
	free(q->v);
	memset(q, 0, sizeof *q);
}

static struct quota_user *
find(struct quota *q, long long user)
{
	size_t i;

	for (i = 0; i < q->n; i++)
		if (q->v[i].user == user)
			return &q->v[i];
	return NULL;
}

static struct quota_user *
find_or_add(struct quota *q, long long user)
{
	struct quota_user *u = find(q, user);
	size_t i;

	if (u != NULL)
		return u;
	q->v = xgrow(q->v, q->n, &q->cap, sizeof *q->v);
	u = &q->v[q->n++];
	memset(u, 0, sizeof *u);
	u->user = user;
	for (i = 0; i < MINUTES; i++)
		u->past[i].minute = -1;
	return u;
}

/* What the user has done in the last hour. */
static void
add_up(const struct quota_user *u, long long now, long long *mails,
    long long *octets)
{
	long long minute = now / MINUTE_MS;
	size_t i;

	*mails = *octets = 0;
	for (i = 0; i < MINUTES; i++) {
		if (u->past[i].minute == -1 ||
		    u->past[i].minute <= minute - MINUTES)
			continue;
		*mails += u->past[i].mails;
		*octets += u->past[i].octets;
	}
}

/* Takes those out who have neither a connection nor a past. */
static void
forget_idle(struct quota *q, long long now)
{
	long long mails, octets;
	size_t i = 0;

	while (i < q->n) {
		add_up(&q->v[i], now, &mails, &octets);
		if (q->v[i].connections != 0 || mails != 0)
			i++;
		else
			q->v[i] = q->v[--q->n];
	}
}

int
quota_enter(struct quota *q, long long user, const struct values *v)
{
	long long most = values_number(v, S_USER_MAX_CONNECTIONS);
	struct quota_user *u = find_or_add(q, user);

	if (most != 0 && u->connections >= (size_t)most)
		return 0;
	u->connections++;
	return 1;
}

void
quota_leave(struct quota *q, long long user, long long now)
{
	struct quota_user *u = find(q, user);

	if (u != NULL && u->connections != 0)
		u->connections--;
	forget_idle(q, now);
}

const char *
quota_take(struct quota *q, long long user, long long octets,
    const struct values *v, long long now)
{
	long long mails_max = values_number(v, S_USER_RATE), mails, sum;
	long long octets_max = values_number(v, S_USER_MAX_SIZE);
	struct quota_user *u = find_or_add(q, user);
	long long minute = now / MINUTE_MS;
	size_t i = (size_t)(minute % MINUTES);

	add_up(u, now, &mails, &sum);
	if (mails_max != 0 && mails >= mails_max)
		return "too many mails of yours within an hour";
	if (octets_max != 0 && sum + octets > octets_max)
		return "too many octets of yours within an hour";
	if (u->past[i].minute != minute) {
		u->past[i].minute = minute;
		u->past[i].mails = u->past[i].octets = 0;
	}
	u->past[i].mails++;
	u->past[i].octets += octets;
	return NULL;
}
