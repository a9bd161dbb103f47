/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A transport in memory that does what a script says. */
#ifndef TESTS_FAKETRANSPORT_H
#define TESTS_FAKETRANSPORT_H

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "relay/wire.h"

/*
 * Reading goes through the script: "r" octets, "b" the same one by one, "a"
 * AGAIN once, "w" AGAIN until that is sent (behind what was waited for
 * before), "c" closed, "e" error; at the
 * end AGAIN for ever.
 */
struct act {
	char kind;
	const char *data;
};

struct fake {
	const struct act *acts; /* ends with kind 0 */
	size_t at, octet;
	size_t seen;       /* of what was sent */
	struct buf sent;
	const int *takes;  /* octets taken a call, -1 error, -2 AGAIN; 0: all */
	size_t sends, recvs;
	int stop_after;    /* AGAIN for sends beyond so many calls; 0: never */
	int needs_reads;   /* AGAIN for sends until so many reads */
	long long not_before_ms; /* AGAIN for sends until this time */
	const char *again_p; /* what was refused last */
	size_t again_len;
	const char *error;
	int moved;         /* a refused piece came back changed */
	/* "" instead of NULL: the only act holds groups of replies, each up
	 * to a 503; one comes whenever something more was sent. */
	const char *replies;
	size_t answered;   /* how much had been sent then */
	const long *unsents;
	struct buf sizes;  /* length of each call, as text */
};

static inline ssize_t
fake_send(void *arg, const char *p, size_t len)
{
	struct fake *k = arg;
	int take = k->takes != NULL ? k->takes[k->sends] : 0;

	if (k->again_p != NULL && (k->again_p != p || k->again_len != len))
		k->moved = 1;
	k->again_p = NULL;
	k->sends++;
	if ((k->stop_after != 0 && k->sends > (size_t)k->stop_after) ||
	    k->recvs < (size_t)k->needs_reads ||
	    clock_monotonic_ms() < k->not_before_ms)
		take = -2;
	if (take == -2) {
		k->again_p = p;
		k->again_len = len;
		if (k->takes == NULL)
			k->sends--;
		return TRANSPORT_AGAIN;
	}
	if (take == -1)
		return TRANSPORT_ERROR;
	if (take == 0 || (size_t)take > len)
		take = (int)len;
	buf_add(&k->sent, p, (size_t)take);
	buf_addf(&k->sizes, "%d ", take);
	return take;
}

/* Replies up to the one to DATA, when new commands have come. */
static inline ssize_t
fake_recv_group(struct fake *k, char *p, size_t len)
{
	const char *from = k->acts[0].data + k->octet, *end;
	size_t n;

	if (k->answered == k->sent.len && *k->replies == '\0')
		return TRANSPORT_AGAIN;
	if (*k->replies == '\0') {
		k->answered = k->sent.len;
		end = strstr(from, "503 ");
		k->replies = from;
		k->octet += (size_t)(strchr(end, '\n') + 1 - from);
	}
	n = (size_t)(k->acts[0].data + k->octet - k->replies);
	if (n > len)
		n = len;
	memcpy(p, k->replies, n);
	k->replies += n;
	if (k->replies == k->acts[0].data + k->octet)
		k->replies = "";
	return (ssize_t)n;
}

static inline ssize_t
fake_recv(void *arg, char *p, size_t len)
{
	struct fake *k = arg;
	const struct act *a = &k->acts[k->at];
	const char *found;
	size_t n;

	k->recvs++;
	if (k->replies != NULL)
		return fake_recv_group(k, p, len);
	switch (a->kind) {
	case 'r':
		n = strlen(a->data + k->octet);
		if (n > len)
			n = len;
		memcpy(p, a->data + k->octet, n);
		k->octet += n;
		if (a->data[k->octet] == '\0') {
			k->at++;
			k->octet = 0;
		}
		return (ssize_t)n;
	case 'b':
		*p = a->data[k->octet++];
		if (a->data[k->octet] == '\0') {
			k->at++;
			k->octet = 0;
		}
		return 1;
	case 'a':
		k->at++;
		return TRANSPORT_AGAIN;
	case 'w':
		found = strstr(k->sent.data + k->seen, a->data);
		if (found != NULL) {
			k->seen = (size_t)(found - k->sent.data) +
			    strlen(a->data);
			k->at++;
			k->recvs--;
			return fake_recv(arg, p, len);
		}
		return TRANSPORT_AGAIN;
	case 'c':
		return TRANSPORT_CLOSED;
	case 'e':
		return TRANSPORT_ERROR;
	default:
		return TRANSPORT_AGAIN;
	}
}

static inline long
fake_unsent(void *arg)
{
	struct fake *k = arg;

	return *k->unsents >= 0 ? *k->unsents++ : -1;
}

#endif
