/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where to connect and how to log in: the settings of an account, checked and
 * brought into the form that the session needs.
 */
#ifndef RELAY_ENDPOINT_H
#define RELAY_ENDPOINT_H

#include "relay/failure.h"
#include "settings/settings.h"

struct sockaddr;

enum tls_mode { TLS_OFF, TLS_STARTTLS, TLS_IMPLICIT };

struct endpoint {
	struct buf host;   /* A-labels; an IPv6 address without brackets */
	struct buf domain; /* for EHLO */
	unsigned port;
	int is_lmtp;       /* lmtp.h greets and logs in, not libcurl */
	enum tls_mode tls;
	int check_certificate;
	struct buf trust_file;     /* "": the system's */
	struct buf user;           /* "": no login */
	const char *login_options; /* mechanisms, as libcurl wants them */
	int is_bearer;             /* the password is a token (RFC 7628) */
	int only_loopback;         /* a password would travel in clear */
	long long timeout_s;       /* 0: the limits of RFC 5321 */
	/* Limits made of it: to connect (name, TCP, TLS), for a reply. */
	long long connect_ms, reply_ms;
};

void endpoint_init(struct endpoint *e);
void endpoint_release(struct endpoint *e);
/* Fills e. 0, or -1 with CONFIG (EX_CONFIG) that names the setting. */
int endpoint_load(struct endpoint *e, const struct values *v,
    struct failure *f);
/* Leaves LOGIN as the only mechanism; 0 when there was no other. */
int endpoint_use_login_only(struct endpoint *e);
/* 1 when two sets of values lead to the same session. */
int endpoint_is_same(const struct values *a, const struct values *b);
/* 1 for an address of this machine that no network carries. */
int endpoint_is_loopback(const struct sockaddr *address);
/*
 * The directory of the system's certificates if it has the hashed names that
 * OpenSSL looks up one by one, else NULL. Reading the bundle instead takes
 * longer than all the rest of a mail.
 */
const char *endpoint_hashed_certificates(const char *directory);

#endif
