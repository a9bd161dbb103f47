/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log of the queue: lines in the form of Postfix, by which pflogsumm(1)
 * and its kin count. Text from outside is quoted so that it stays one line
 * and cannot pretend to be another field. Nothing here can fail a mail: a
 * line that cannot be written is dropped.
 */
#ifndef QUEUE_EVENTLOG_H
#define QUEUE_EVENTLOG_H

#include "queue/entry.h"

/* where is the setting queue_log: "syslog", "-" (standard output) or a file. */

/* A mail has come: "pickup" (or "smtpd") with its user or client, "cleanup"
 * with its Message-ID, "qmgr" with sender, size and number of recipients. */
void eventlog_accepted(const char *where, const struct entry *e,
    const char *message_id, const char *client);
/*
 * What became of recipient i in an attempt: to=, relay=, delay=, dsn=, status=
 * sent, deferred or bounced. relay is "HOST:PORT", "none" or a Maildir;
 * delay_ms counts from the mail's arrival.
 */
void eventlog_recipient(const char *where, const struct entry *e, size_t i,
    const char *relay, long long delay_ms);
/* It has left the queue. */
void eventlog_removed(const char *where, const struct entry *e);
/* A notice about e has been made: "sender non-delivery notification: ID". */
void eventlog_notice(const char *where, const struct entry *e,
    const char *kind, const char *notice_id);
/* Anything else, of program "qsendmail/NAME" (runner, service ...); id ""
 * when it is about no mail. */
void eventlog_note(const char *where, const char *name, const char *id,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
