/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files session*.c share: the session itself, and libcurl, which is
 * included here and nowhere else.
 */
#ifndef RELAY_SESSION_STATE_H
#define RELAY_SESSION_STATE_H

#include <curl/curl.h>
#include <sys/socket.h>

#include "relay/dialogue.h"
#include "relay/session.h"

/* Addresses that are tried at the same time. */
#define SOCKETS_MAX 8

struct session {
	CURLM *multi;
	CURL *easy;
	const struct endpoint *e; /* while opening */
	struct dialogue d;
	struct failure *f;        /* while opening */
	session_step step;
	void *arg;
	int is_check;
	/* The stage that is being waited for, and since when. */
	enum stage stage;
	long long since;
	int sockets[SOCKETS_MAX]; /* open ones, -1 for none */
	int had_socket, is_connected, is_tcp_shown, is_tls_shown;
	struct sockaddr_storage peer; /* when is_connected */
	int is_tunnelled;   /* the proxy has let us through */
	int is_identified;  /* the certificate is that of the fingerprint */
	int is_certificate_wanted; /* the server asks for one of ours */
	struct buf cipher; /* libcurl's words about TLS, for is_check */
	struct curl_slist *detour; /* owned: where to connect instead */
	char error[CURL_ERROR_SIZE];
	long socket;
};

/* session_options.c: what libcurl is told. */

/* What this libcurl lacks and the endpoint needs: 0, or -1 with s->f. */
int session_check_features(struct session *s);
/* The way, TLS, the login and the limits. */
CURLcode session_set_options(struct session *s,
    const struct session_secrets *secrets);

/* session_peer.c: who the server is. */

/* Whether its certificate is the wanted one: 0 when not (s->f says so). */
int session_identify(struct session *s);
/* The same at the end, when it must have been seen. */
int session_is_identified(struct session *s);
/* Tells about TLS and the certificate, for a check: once. */
void session_show_tls(struct session *s);
/* Why the certificate is not taken (CURLE_PEER_FAILED_VERIFICATION,
 * CURLE_SSL_PINNEDPUBKEYNOTMATCH), with what it is instead: 1 when s->f is
 * set. */
int session_fail_peer(struct session *s, CURLcode rc);

/* session_proxy.c: 1 when the proxy is to blame, and s->f says how. */
int session_fail_proxy(struct session *s, CURLcode rc, const char *text);

/* session_watch.c: what libcurl does meanwhile. */

/* 0, or -1. */
int session_set_callbacks(struct session *s);
/* Tells an exchange, or what only a check shows. */
void session_show(struct session *s, const char *name, const char *sent,
    const char *text);
/* Tells the addresses of the host, for a check. */
void session_show_addresses(struct session *s);
/* Tells that there is a connection, for a check: once, when there is. */
void session_show_tcp(struct session *s);
/* The same of TLS. */
void session_show_tls(struct session *s);
/* The stage that is under way. */
enum stage session_stage(struct session *s);
/* The limit of the stage, and milliseconds that are left of it. */
long long session_limit(const struct session *s);
long long session_time_left(struct session *s);

/* session_fail.c: what failed. */

/* libcurl's words, or better ones. */
const char *session_plain_words(const char *text);
/* There was no 235: records why. */
void session_fail_not_offered(struct session *s, CURLcode rc);
/* Records the failure that rc stands for, unless one is recorded. */
void session_explain(struct session *s, CURLcode rc);

#endif
