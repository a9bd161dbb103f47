/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reply at a stage means; the table is outcome.def. */
#ifndef QUEUE_OUTCOME_H
#define QUEUE_OUTCOME_H

/* Where in the dialogue something happened, in its order. */
enum stage {
	STAGE_CONFIG, STAGE_RESOLVE, STAGE_CONNECT, STAGE_PROXY, STAGE_TLS,
	STAGE_CERTIFICATE, STAGE_GREETING, STAGE_EHLO, STAGE_STARTTLS,
	STAGE_LOGIN, STAGE_ETRN, STAGE_MAIL, STAGE_RCPT, STAGE_DATA,
	STAGE_CONTENT, STAGE_SIZE, STAGE_ADDRESS, STAGE_LOCAL, STAGE_MAILDIR,
	STAGE_LHLO, STAGE_QUEUE,
	STAGE_COUNT
};

/* What came back. REPLY_ANY in the table: everything not named before it. */
enum reply {
	REPLY_ANY,
	REPLY_R2XX, REPLY_R3XX, REPLY_R4XX, REPLY_R5XX,
	REPLY_LOST,        /* connection closed or reset (421 too, when it comes
	                    * in place of a reply to a later command) */
	REPLY_TIMEOUT,
	REPLY_GARBAGE,     /* not a reply of SMTP, or one nobody asked for */
	REPLY_NOT_OFFERED, /* the server lacks what is needed */
	REPLY_UNSENT,      /* lost before the final dot was handed over */
	REPLY_COUNT
};

/* What it means for a recipient. Anything not known is retry. */
enum outcome {
	OUTCOME_NONE,        /* nothing decided yet */
	OUTCOME_DONE,
	OUTCOME_RETRY,
	OUTCOME_REJECT,
	OUTCOME_UNCONFIRMED  /* retry, but a duplicate is possible */
};

struct outcome_rule {
	enum stage stage;
	enum reply reply;
	enum outcome outcome;
	int exit_status;      /* sysexits */
	const char *sentence;
	const char *advice;   /* "" if none */
};

/* Every rule, in the table's order; *n is their number. */
const struct outcome_rule *outcome_rules(unsigned *n);
/* The rule for a stage and a reply; never NULL. */
const struct outcome_rule *outcome_find(enum stage stage, enum reply reply);
/* The class of an SMTP reply code. */
enum reply reply_class(int code);
/* Lower-case names ("rcpt", "4xx", "retry") for journal and protocol, and
 * back: -1 when text is none. */
const char *stage_name(enum stage stage);
const char *reply_name(enum reply reply);
const char *outcome_name(enum outcome outcome);
int stage_parse(const char *text);
int reply_parse(const char *text);
int outcome_parse(const char *text);
/* The same for a name in a line, which a space follows: *p moves behind that
 * space, or stays when it is none. */
int stage_take(const char **p);
int reply_take(const char **p);

#endif
