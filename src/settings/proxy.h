/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The address of a proxy: SCHEME://[USER@]HOST[:PORT]. A password is no part
 * of it (it would be seen in listings and on command lines).
 */
#ifndef SETTINGS_PROXY_H
#define SETTINGS_PROXY_H

#include "base/buf.h"

enum proxy_kind {
	PROXY_NONE,
	PROXY_SOCKS5,  /* names are looked up here */
	PROXY_SOCKS5H, /* ... by the proxy */
	PROXY_HTTP     /* CONNECT */
};

struct proxy {
	enum proxy_kind kind;
	struct buf host; /* an IPv6 address without brackets */
	unsigned port;
	struct buf user; /* percent-decoded; "" if none */
};

void proxy_init(struct proxy *p);
void proxy_release(struct proxy *p);
/* 0, or -1 with what is wrong in why (never with the text itself when it
 * may hold a password). */
int proxy_parse(struct proxy *p, const char *text, struct buf *why);
/* "socks5h" and its like. */
const char *proxy_scheme(enum proxy_kind kind);

#endif
