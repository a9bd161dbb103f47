/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each user of a service has and did: connections now, mails and octets
 * of the last hour. Kept in memory alone; a service that starts again begins
 * anew. Times are clock_monotonic_ms.
 */
#ifndef SERVICE_QUOTA_H
#define SERVICE_QUOTA_H

#include <stddef.h>

#include "settings/settings.h"

/* All connections from the network are those of one user. */
#define QUOTA_NETWORK (-1LL)

struct quota_user; /* see quota.c */

struct quota {
	struct quota_user *v; /* owned */
	size_t n, cap;
};

#define QUOTA_INIT { NULL, 0, 0 }

void quota_release(struct quota *q);
/* Counts a connection of user: 1; 0 when there are user_max_connections. */
int quota_enter(struct quota *q, long long user, const struct values *v);
void quota_leave(struct quota *q, long long user, long long now);
/*
 * Counts a mail of so many octets: NULL, or why it is one too much, and then
 * it does not count (user_rate, user_max_size).
 */
const char *quota_take(struct quota *q, long long user, long long octets,
    const struct values *v, long long now);

#endif
