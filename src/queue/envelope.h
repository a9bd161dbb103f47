/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The envelope (RFC 5321 2.3.1): reverse-path and recipients, and what has
 * become of each recipient. */
#ifndef QUEUE_ENVELOPE_H
#define QUEUE_ENVELOPE_H

#include <stddef.h>

#include "base/buf.h"
#include "mail/address.h"
#include "queue/outcome.h"

struct recipient {
	char *address; /* owned; local@domain as it goes into a command; the
	                * domain may still have U-labels */
	enum outcome outcome;
	enum stage stage;
	enum reply reply;
	int code;      /* SMTP reply code, 0 if none */
	char *text;    /* owned; the server's words or ours, "" if none */
	int is_waiting; /* it waits in the queue for another attempt */
	int is_told;   /* the sender knows of the end: by an exit status or a
	                * notice (queue entries) */
	int is_unreported; /* it has the mail, its sender wants to be told so,
	                * and no server will; only with OUTCOME_DONE */
	/* Wishes (RFC 3461), as dsn.h makes and checks them. */
	char *notify;  /* owned; value of NOTIFY, upper case ("NEVER",
	                * "SUCCESS,DELAY"), "" if none */
	char *orcpt;   /* owned; value of ORCPT as it goes into the command
	                * ("rfc822;..." in xtext), "" if none */
};

struct envelope {
	char *sender;  /* owned; "" is the null reverse-path */
	struct recipient *v;
	size_t n, cap;
	size_t *slots; /* hash table: number + 1 of a recipient, 0 empty */
	size_t slots_n;
	char *ret;     /* owned; "FULL", "HDRS" or "" (RFC 3461) */
	char *envid;   /* owned; xtext, "" if none */
};

void envelope_init(struct envelope *e);
void envelope_release(struct envelope *e);
void envelope_set_sender(struct envelope *e, const char *sender);
/* Adds a recipient unless it is there already (local part by octet, domain
 * without regard to case). Returns 1 when it was added. */
int envelope_add(struct envelope *e, const char *address);
/* Sets the wishes about notices: of the mail, and of recipient i. The values
 * are copied; "" is no wish. */
void envelope_set_dsn(struct envelope *e, const char *ret, const char *envid);
void envelope_set_recipient_dsn(struct envelope *e, size_t i,
    const char *notify, const char *orcpt);
/* Append the wishes as parameters of MAIL and RCPT, each behind a space. */
void envelope_format_dsn(const struct envelope *e, struct buf *out);
void recipient_format_dsn(const struct recipient *r, struct buf *out);
/* Records what became of recipient i; the outcome is looked up in the table. */
void envelope_record(struct envelope *e, size_t i, enum stage stage,
    enum reply reply, int code, const char *text);
/* No server reports that recipient i has the mail, and its sender wants to be
 * told so; without effect when it has it not. */
void envelope_set_unreported(struct envelope *e, size_t i);
/* A copy of everything; out need not be initialised. */
void envelope_copy(struct envelope *out, const struct envelope *e);
/* 1 when the sender wants to hear of a success (NOTIFY, RFC 3461 4.1). */
int recipient_wants_success(const struct recipient *r);
/* 1 when r has neither the mail nor a refusal for good: to be tried (again). */
int recipient_is_left(const struct recipient *r);
/* 1 when the server has accepted the mail for r, or the queue has it. */
int recipient_is_taken(const struct recipient *r);
/* How many of the recipients are that. */
size_t envelope_taken(const struct envelope *e);
/* How many recipients have the given outcome. */
size_t envelope_count(const struct envelope *e, enum outcome outcome);

#endif
