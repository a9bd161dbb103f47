/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files endpoint*.c share: each fills a part of the endpoint, 0 or
 * -1 with a failure. */
#ifndef RELAY_ENDPOINT_PARTS_H
#define RELAY_ENDPOINT_PARTS_H

#include "relay/endpoint.h"

/* endpoint.c: a name for a command or a URL, as A-labels; -1 when none. */
int endpoint_load_name(struct buf *out, const char *text);
/* localhost (RFC 6761 6.3) or a loopback address. */
int endpoint_is_loopback_name(const char *host);

/* endpoint_tls.c */
int endpoint_load_tls(struct endpoint *e, const struct values *v,
    struct failure *f);

/* endpoint_login.c; wants the rest of e. */
int endpoint_load_login(struct endpoint *e, const struct values *v,
    struct failure *f);

#endif
