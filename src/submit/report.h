/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What people are told: one line a fault on standard error, the dialogue on
 * standard output, the exit status, the log. The only module that writes to
 * standard error and the only one that knows exit statuses. (What they are to
 * an SMTP client is in smtp_reply.c.)
 */
#ifndef SUBMIT_REPORT_H
#define SUBMIT_REPORT_H

#include "base/fault.h"
#include "queue/envelope.h"
#include "queue/job.h"
#include "settings/account.h"
#include "settings/options.h"
#include "submit/logline.h"

struct report {
	const char *program; /* borrowed */
	int status;          /* sysexits so far; the first fault decides */
	/* For the log: the reply that decided about the mail. */
	enum stage stage;
	int code;            /* 0 if there was none */
	struct buf reply;    /* its words */
	struct buf error;    /* the sentence about the first fault */
	enum error_mode errors; /* where lines go: ERRORS_QUIET nowhere,
	                         * ERRORS_MAIL_EXIT_0 they wait for the end */
	struct buf held;     /* those that wait for the end */
	int is_holding;      /* see report_hold */
	struct buf pending;
	int output_failed;   /* standard output could not be written */
	struct buf *lines;   /* borrowed; see report_collect; NULL: none */
};

void report_init(struct report *r, const char *program);
void report_release(struct report *r);
/*
 * For a mail whose standard output belongs to a client of ours: the lines go
 * to lines, without the program's name, instead of to standard error; the
 * dialogue, and a log that is standard output, go to standard error.
 */
void report_collect(struct report *r, struct buf *lines);
/* One line "program: text" on standard error, and its exit status. */
void report_fault(struct report *r, const struct fault *f);
/* Same, for a text of our own. Returns -1. */
int report_line(struct report *r, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * From now on lines wait, until report_drop (they and their status never were)
 * or report_tell: what an attempt came to is told only when nothing else
 * comes of it.
 */
void report_hold(struct report *r);
void report_drop(struct report *r);
void report_tell(struct report *r);
/* Writes to standard output; a failure is told once, by report_finish. */
void report_output(struct report *r, const char *p, size_t len);
/* One exchange of the dialogue (-v): what was sent behind "> ", the reply
 * behind the name of the step. */
void report_step(struct report *r, const struct event *e);
/*
 * A fault of the account or the session: the sentence of the table, the
 * server's words, the advice and, for a refused login, the provider's hint.
 */
void report_session(struct report *r, const struct event *e,
    const struct account *a);
/* A line for each recipient that did not get the mail and for whom it does not
 * wait, and the status. */
void report_recipients(struct report *r, const struct envelope *e);
/* --dry-run: the envelope on standard error, as the commands it becomes. */
void report_envelope(const struct envelope *e);
/* Appends the server's words made safe to show: GBK decoded, quoted, lines
 * joined. */
void report_server_text(struct buf *out, const char *text, size_t len);
/*
 * The lines about a mail in logfile and syslog, where the account asks. What
 * this module knows of the mail's end is filled in here.
 */
void report_log(struct report *r, struct logline *l);
/* What has gone wrong was told in another way: nothing is said of it, and it
 * does not count. */
void report_forget(struct report *r);
/* Says what had to wait. The exit status of the process. */
int report_finish(struct report *r);

#endif
