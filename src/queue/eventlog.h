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

/*
 * A mail has come: "pickup" with its user, or "smtpd" with its client (a name
 * or address; "" or NULL: none), "cleanup" with its Message-ID (with or
 * without angle brackets; "" or NULL: none), "qmgr" with sender, size and
 * number of recipients. A notice of ours has not come from anybody, so it is
 * not counted as received.
 */
void eventlog_accepted(const char *where, const struct entry *e,
    const char *message_id, const char *client);
/*
 * What became of recipient i in an attempt: to=, relay=, delay=, dsn=, status=
 * sent, deferred or bounced. relay is "HOST:PORT", "none" (or "") or a Maildir;
 * delay_ms counts from the mail's arrival.
 */
void eventlog_recipient(const char *where, const struct entry *e, size_t i,
    const char *relay, long long delay_ms);
/* The same of every recipient i with tried[i], in one piece, and, if
 * is_removed, that the mail has left the queue. */
void eventlog_attempt(const char *where, const struct entry *e,
    const char *tried, const char *relay, long long delay_ms,
    int is_removed);
/* It has left the queue. */
void eventlog_removed(const char *where, const struct entry *e);
/* A notice about e has been made: "sender non-delivery notification: ID". */
void eventlog_notice(const char *where, const struct entry *e,
    const char *kind, const char *notice_id);
/* Anything else, of program "qsendmail/NAME" (runner, service ...); id ""
 * when it is about no mail. A text that begins with "warning: ", "error: " or
 * "fatal: " has that priority in syslog. */
void eventlog_note(const char *where, const char *name, const char *id,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * For a process that sends many mails: from eventlog_hold on, lines wait in
 * memory until eventlog_write, which writes them in one piece and in their
 * order. A process that is killed before has lost them.
 */
void eventlog_hold(void);
void eventlog_write(void);

#endif
