/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the words of a TLS library mean, in plain ones. */
#ifndef RELAY_TLSREASON_H
#define RELAY_TLSREASON_H

#include "queue/outcome.h"

/* How this host stood when the server broke off. */
enum tls_shown {
	TLS_NOT_ASKED,  /* no certificate was asked of us */
	TLS_NONE_SHOWN, /* one was, and there is none */
	TLS_SHOWN
};

struct tls_reason {
	enum stage stage;
	enum reply reply;
	int exit_status;   /* 0, or instead of the table's */
	const char *words;
};

/*
 * The reason for text, an error of OpenSSL's in libcurl's words, or NULL when
 * it is none that is known.
 */
const struct tls_reason *tls_reason_find(const char *text,
    enum tls_shown shown);

#endif
