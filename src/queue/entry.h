/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mail that waits, as one file:
 *
 *   head      "qsendmail-queue 1 OFFSET LENGTH SIZE" in the first 64 octets:
 *             where the content is, how long it is and the text behind it
 *   content   as accepted: CRLF, not dot-stuffed
 *   text      "key value" lines: id, time, account, settings, envelope
 *   journal   what has happened, one line an event, only ever appended
 *
 * Knows the file's inside only; paths, locks and syncing are spool.h's.
 */
#ifndef QUEUE_ENTRY_H
#define QUEUE_ENTRY_H

#include <time.h>

#include "queue/envelope.h"
#include "queue/job.h"
#include "settings/settings.h"

#define ENTRY_VERSION 1
/* Octets in front of the content that the head needs. */
#define ENTRY_HEAD 64

struct entry {
	/* Written once. */
	char *id;            /* owned: letters and digits */
	char *account;       /* owned: whose mail waits together; its name,
	                      * and where that is not all, a mark behind it */
	char *section;       /* owned; the account's name */
	char *config;        /* owned; settings file that -C named, "" none */
	struct values settings; /* of the command line; never a secret */
	time_t created;
	int is_bounce;       /* a notice about a mail: never one about it */
	long long uid;       /* user who gave it to a service, -1 not known */
	/* Outcomes and texts come from the journal; what is to be tried again
	 * keeps its last reason. */
	struct envelope envelope;
	struct content content; /* fd is the entry's own, owned */
	/* From the journal. */
	unsigned attempts;
	time_t attempted;    /* the last one, 0 none */
	int is_unsettled;    /* that attempt has no result: somebody died */
	int is_doubtful;     /* a reply was lost: a duplicate is possible */
	time_t next;         /* not to be tried before */
	int has_new_next;    /* the file's time does not say so yet */
	int is_held;
	int is_warned;       /* the sender has been told of the delay */
	off_t journal;       /* where it begins */
	off_t end;           /* behind the last whole line of the journal */
	int is_torn;         /* the file may go on behind end */
};

void entry_init(struct entry *e);
/* Closes the content's descriptor. */
void entry_release(struct entry *e);

/*
 * Writes head and text around the content that is in e->content. 0, or -1
 * with a fault (EX_TEMPFAIL: no room).
 */
int entry_write(struct entry *e, struct fault *f);
/*
 * Reads the entry that is open at fd, a file of that size, into e, which takes
 * fd over in any case. 0, or -1 with a fault: EX_DATAERR for what is no entry,
 * EX_CONFIG for one of a version that is not known here (leave it alone),
 * EX_IOERR.
 */
int entry_read(struct entry *e, int fd, off_t file_size, struct fault *f);

/*
 * For people: appends the whole lines of the journal of e, as they are in the
 * file. 0, or -1 with a fault (EX_IOERR).
 */
int entry_journal(const struct entry *e, struct buf *out, struct fault *f);

/* Journal lines, appended to out and taken over into e. */
void entry_put_attempt(struct entry *e, time_t when, struct buf *out);
/* The outcome that recipient i has in e->envelope, and whether its success is
 * unreported. */
void entry_put_recipient(struct entry *e, size_t i, struct buf *out);
/* The sender knows of the end of recipient i. */
void entry_put_told(struct entry *e, size_t i, struct buf *out);
/* The end of an attempt: when to try again. */
void entry_put_next(struct entry *e, time_t when, struct buf *out);
void entry_put_hold(struct entry *e, int is_held, struct buf *out);
void entry_put_warned(struct entry *e, struct buf *out);

/* Recipients that still have to be tried. */
size_t entry_left(const struct entry *e);
/* Makes those recipients ready for another attempt. */
void entry_prepare(struct entry *e);

#endif
