/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The beginning of an LMTP session (RFC 2033), which libcurl does not speak:
 * greeting, LHLO and, where the account asks for it, a login (RFC 4954).
 */
#ifndef RELAY_LMTP_H
#define RELAY_LMTP_H

#include "relay/capability.h"
#include "relay/endpoint.h"
#include "relay/failure.h"
#include "relay/wire.h"

/*
 * Greets over a fresh wire and logs in when e has a user (secret is his
 * password). step (NULL: silence) hears of each exchange, secrets masked.
 * offer gets what the server offers. 0, or -1 with the failure. Nothing of
 * the password stays in the wire's buffers.
 */
int lmtp_greet(struct wire *w, const struct endpoint *e, const char *secret,
    void (*step)(void *arg, const char *name, const char *sent,
    const char *reply), void *arg, struct capabilities *offer,
    struct failure *f);

#endif
