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
	struct buf cipher; /* libcurl's words about TLS, for is_check */
	char error[CURL_ERROR_SIZE];
	long socket;
};

/* session_options.c: what libcurl is told. The first failure stays in *rc. */

void session_set_long(CURLcode *rc, CURL *easy, CURLoption option,
    long value);
/* The server, TLS, the login and the limits. */
void session_set_options(CURLcode *rc, CURL *easy, const struct endpoint *e,
    const char *secret);

/* session_watch.c: what libcurl does meanwhile. */

void session_set_callbacks(CURLcode *rc, struct session *s);
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
