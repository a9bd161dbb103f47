/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client of a service for a whole host: who it is, whose address it may
 * give as the sender, and what is told of it in the mail.
 */
#ifndef SUBMIT_GUEST_H
#define SUBMIT_GUEST_H

#include "mail/header.h"
#include "settings/settings.h"

/* What stands for the name of a user in service_senders when the client came
 * by TCP. */
#define GUEST_NETWORK "network"

struct guest {
	long long uid;    /* -1: came by the network */
	const char *user; /* its name, "" none; all borrowed */
	const char *name; /* "uid 1000", "[127.0.0.1]" */
	const struct values *values; /* of the service */
	/* Asked before a mail of so many octets is taken: 0, or -1 with why
	 * that is not the time for it. */
	int (*may_take)(void *arg, long long octets, struct buf *why);
	void *arg;
};

/*
 * 1 when the guest may send as path, the reverse-path that it gave (it may be
 * a bare name, or "" for the null one), by the setting service_senders.
 */
int guest_may_send(const struct guest *g, const char *path);
/*
 * Puts a Received field (RFC 5321 4.4) in front of h. It names this host and
 * the guest's number, not its name.
 */
void guest_add_received(const struct guest *g, struct header *h);

#endif
