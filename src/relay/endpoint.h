/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where to connect and how to log in: the settings of an account, checked and
 * brought into the form that the session needs.
 */
#ifndef RELAY_ENDPOINT_H
#define RELAY_ENDPOINT_H

#include "relay/failure.h"
#include "settings/proxy.h"
#include "settings/settings.h"
#include "settings/tlsvalue.h"

struct capabilities;
struct sockaddr;

enum tls_mode { TLS_OFF, TLS_STARTTLS, TLS_IMPLICIT };

/* What a mechanism needs that not every libcurl has. */
enum login_need { NEEDS_NOTHING, NEEDS_NTLM, NEEDS_GSSAPI, NEEDS_GSASL };

struct endpoint {
	/* The way. */
	struct buf host;   /* A-labels; an IPv6 address without brackets */
	struct buf domain; /* for EHLO */
	unsigned port;
	int is_lmtp;       /* lmtp.h greets and logs in, not libcurl */
	struct buf socket; /* a unix socket instead of host and port, or "" */
	struct buf source; /* own address, or "" */
	struct proxy proxy;
	/* TLS. */
	enum tls_mode tls;
	int check_certificate;     /* its authority, name and dates */
	struct buf trust_file;     /* "": the system's */
	struct buf crl_file, pin;  /* "" if none */
	struct buf name;           /* to look for instead of host, or "" */
	unsigned char fingerprint[FINGERPRINT_MAX];
	size_t fingerprint_len;    /* 0: none wanted */
	struct buf cert_file, key_file; /* to show to the server, or "" */
	int key_is_encrypted;
	struct tls_choice choice;  /* versions and ciphers */
	/* The login. */
	int wants_login;
	const char *auth;          /* the setting */
	struct buf user;           /* may be "" with auth external */
	struct buf login;          /* the same as the server is told it */
	const char *login_options; /* mechanisms, as libcurl wants them */
	enum login_need needs;
	int is_bearer;             /* the password is a token (RFC 7628) */
	int wants_password;        /* the login does */
	int only_loopback;         /* a password would travel in clear */
	/* Limits: to connect (name, TCP, TLS), for a reply. */
	long long timeout_s;       /* 0: the limits of RFC 5321 */
	long long connect_ms, reply_ms;
};

void endpoint_init(struct endpoint *e);
void endpoint_release(struct endpoint *e);
/* Fills e. 0, or -1 with CONFIG (EX_CONFIG) that names the setting. */
int endpoint_load(struct endpoint *e, const struct values *v,
    struct failure *f);
/*
 * Whether another mechanism is worth another connection, after a login that
 * ended with code (0: none of ours was offered): 1 with e changed, 0 when
 * there is none.
 */
int endpoint_next_login(struct endpoint *e, int code,
    const struct capabilities *offer);
/* 1 when a key or certificate is named by a URI of PKCS #11. */
int endpoint_is_token(const struct buf *file);
/* 1 when the key may need a password: encrypted, or on a device. */
int endpoint_has_locked_key(const struct endpoint *e);
/* A connection may take no longer than that; 0: no such limit. */
void endpoint_hurry(struct endpoint *e, long long most_ms);
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
