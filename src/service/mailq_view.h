/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How one mail that waits is shown: for people (and the scripts that read it)
 * as Postfix's mailq has it, or as a JSON object in a line, as postqueue -j
 * has it. Everything is appended to out.
 */
#ifndef SERVICE_MAILQ_VIEW_H
#define SERVICE_MAILQ_VIEW_H

#include "queue/status.h"

struct mailq_view {
	const struct entry *e;
	const char *account; /* NULL: it has failed */
	int is_busy;         /* somebody has it */
	int is_doubtful;     /* a duplicate is possible */
	time_t now;
	time_t not_before;   /* its account pauses until then; 0: it does not */
};

/* The line above everything. */
void mailq_put_head(struct buf *out);
void mailq_put_mail(const struct mailq_view *v, struct buf *out);
/* A file that cannot be read, and why. */
void mailq_put_damaged(const char *id, long long size,
    const struct fault *why, struct buf *out);
/* A line in front of the mails of an account that is called name. */
void mailq_put_pause(const struct pause *p, const char *name,
    struct buf *out);

void mailq_json_mail(const struct mailq_view *v, struct buf *out);
/* account NULL: it has failed. */
void mailq_json_damaged(const char *account, const char *id, long long size,
    const struct fault *why, struct buf *out);

/*
 * Why recipient r has no mail yet: the sentence of the table, the server's
 * words; nothing when it was never tried.
 */
void mailq_reason(const struct recipient *r, struct buf *out);
/* The name of the account that e is for. */
const char *mailq_account(const struct entry *e);
/* A time: Mon Nov 23 18:08:34 */
void mailq_time(time_t when, struct buf *out);

#endif
