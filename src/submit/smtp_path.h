/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arguments of MAIL and RCPT: the path and the parameters of the
 * extensions (RFC 5321 4.1.2, RFC 1870, RFC 3461, RFC 6152, RFC 6531). */
#ifndef SUBMIT_SMTP_PATH_H
#define SUBMIT_SMTP_PATH_H

#include "mail/address.h"
#include "submit/smtp_reply.h"

/* MAIL FROM:<path> ... */
struct smtp_sender {
	struct buf path;   /* local@domain as it goes into a command; "" is
	                    * the null reverse-path */
	long long size;    /* SIZE=, -1 none */
	int is_utf8;       /* SMTPUTF8 */
	char *ret;         /* RET=, owned, NULL none */
	char *envid;       /* ENVID=, owned, xtext as it came, NULL none */
};

/* RCPT TO:<path> ... */
struct smtp_recipient {
	struct address address;
	char *notify;      /* NOTIFY=, owned, NULL none */
	char *orcpt;       /* ORCPT=, owned, as it came, NULL none */
};

void smtp_sender_init(struct smtp_sender *s);
void smtp_sender_release(struct smtp_sender *s);
void smtp_recipient_init(struct smtp_recipient *to);
void smtp_recipient_release(struct smtp_recipient *to);
/*
 * Parses what follows the word MAIL. A source route is dropped; blanks around
 * the path are allowed, and so is a path without < >, as Postfix and Sendmail
 * take both. 0, or -1 with the reply that is due: 501, 553 (8-bit without
 * SMTPUTF8), 555 (a parameter that was not offered).
 */
int smtp_sender_parse(struct smtp_sender *s, const char *text,
    struct smtp_reply *r);
/* The same of RCPT; is_utf8 is what its MAIL said. */
int smtp_recipient_parse(struct smtp_recipient *to, const char *text,
    int is_utf8, struct smtp_reply *r);
/* One mailbox in < > or without, and nothing else: VRFY. 0 or -1. */
int smtp_mailbox_parse(struct address *a, const char *text,
    struct smtp_reply *r);

#endif
