/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What logs say of a mail: msmtp's line, or an object of JSON for each
 * recipient. */
#ifndef SUBMIT_LOGLINE_H
#define SUBMIT_LOGLINE_H

#include <time.h>

#include "base/buf.h"
#include "queue/envelope.h"
#include "settings/account.h"

/* A mail and how it ended; everything is borrowed, no text is NULL. */
struct logline {
	const struct account *account;
	const struct envelope *envelope;
	const char *message_id; /* with its brackets; "" if none */
	long long size;         /* octets */
	long long duration_ms;  /* from the account's call to the outcome */
	time_t when;
	int exit_status;
	/* The reply that decided: code 0 when there was none. */
	int code;
	const char *reply;      /* its words, as they came */
	const char *error;      /* our sentence; "" after a success */
	/* Of recipients without an outcome: where it ended before their turn. */
	enum stage stage;
};

/*
 * Appends msmtp's line, without the time: host= tls= auth= user= from=
 * recipients= mailsize= smtpstatus= smtpmsg='' errormsg='' exitcode=, those
 * about a login, a reply, an error only where there is one, mailsize only
 * after a success. A quote within quotes is a question mark.
 */
void logline_text(const struct logline *l, struct buf *out);
/* Appends the object about recipient i. */
void logline_json(const struct logline *l, size_t i, struct buf *out);
/* Appends a server's words, one line of them, as UTF-8 where they are UTF-8
 * or the GBK that Chinese servers speak; else as they are. */
void logline_decode(const char *p, size_t len, struct buf *out);

#endif
