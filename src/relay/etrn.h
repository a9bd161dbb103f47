/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ETRN (RFC 1985): asks a server to start sending the mail it holds for us. */
#ifndef RELAY_ETRN_H
#define RELAY_ETRN_H

#include "relay/failure.h"
#include "relay/wire.h"

/*
 * Says ETRN node (a host, @domain or #queue) over a wire that is logged in
 * and idle, and waits limit_ms for the reply, which is in a unless nothing
 * came. 0, or -1 with the failure: 459 is a refusal like any 5xx.
 */
int etrn_ask(struct wire *w, const char *node, int limit_ms, struct answer *a,
    struct failure *f);

#endif
