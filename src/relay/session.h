/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session with the server, by libcurl: name look-up, connection, TLS, EHLO
 * and login. Afterwards it is a transport for wire.h.
 */
#ifndef RELAY_SESSION_H
#define RELAY_SESSION_H

#include "relay/capability.h"
#include "relay/endpoint.h"
#include "relay/failure.h"
#include "relay/wire.h"

/* One exchange: name, what we sent (secrets masked), the server's reply. */
typedef void (*session_step)(void *arg, const char *name, const char *sent,
    const char *reply);

struct session;

/*
 * Once, first of all: removes what would steer libcurl from the environment,
 * refuses versions of it that cannot be used.
 */
int session_setup(struct fault *f);

/* What the session may say to others, borrowed; NULL where there is none. */
struct session_secrets {
	const char *password; /* for the login, and for an encrypted key */
	const char *proxy;
};

/*
 * Connects and logs in. step (NULL: silence) hears of each exchange; is_check
 * adds the steps resolve, tcp, tls, fingerprint and pin. Returns a session
 * that can take mail; NULL with the failure otherwise. All of it within the
 * limits of e, which changes when another mechanism is worth another try.
 * With e->is_lmtp nothing has been said yet: it goes on with lmtp.h.
 */
struct session *session_open(struct endpoint *e,
    const struct session_secrets *secrets, session_step step, void *arg,
    int is_check, struct failure *f);
/* Closes the connection at once; QUIT is transaction.h's. NULL is fine. */
void session_free(struct session *s);

const struct capabilities *session_offer(const struct session *s);
/* The transport borrows s. */
void session_transport(struct session *s, struct transport *via);

#endif
