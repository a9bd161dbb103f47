/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A reply to an SMTP client: code, enhanced code (RFC 2034, RFC 3463), text;
 * and what the end of a mail, or a fault of ours, becomes as one. It goes
 * through the parsers of the session as struct fault does elsewhere.
 */
#ifndef SUBMIT_SMTP_REPLY_H
#define SUBMIT_SMTP_REPLY_H

#include "base/fault.h"
#include "queue/envelope.h"

/* Octets of a line with its CRLF (RFC 5321 4.5.3.1.5). */
#define SMTP_REPLY_LINE_MAX 512

struct smtp_reply {
	int code;          /* 0: nothing is due */
	char enhanced[12]; /* "5.1.1", "" none */
	struct buf text;   /* lines separated by LF; safe to show */
};

void smtp_reply_init(struct smtp_reply *r);
void smtp_reply_release(struct smtp_reply *r);
/* Replaces what is there. Returns -1 when code is a refusal, else 0. */
int smtp_reply_set(struct smtp_reply *r, int code, const char *enhanced,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/*
 * A fault of ours, by its exit status: what the client can do nothing about
 * (account, settings, system) is 4xx, so that no mail is given up for it.
 * Returns -1.
 */
int smtp_reply_fault(struct smtp_reply *r, const struct fault *f);
/* The same for a fault that has been told already: lines, LF behind each. */
int smtp_reply_status(struct smtp_reply *r, int status, const char *lines);
/*
 * What became of a mail. 250 only when every recipient was accepted. When
 * nobody was, the server's own code: 4xx as long as one may be accepted
 * later. When some were, 554: the client must not send to all of them again.
 * lines: of report.h, about the recipients that were not.
 */
void smtp_reply_mail(struct smtp_reply *r, const struct envelope *e,
    const char *lines);
/* Appends the reply as it is sent; lines that are too long are wrapped. */
void smtp_reply_format(const struct smtp_reply *r, struct buf *out);

#endif
