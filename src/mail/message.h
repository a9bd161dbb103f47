/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message on its way through: the header in memory, the body copied from
 * the input to a file as a stream, line ends made CRLF.
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include <sys/types.h>

#include "mail/header.h"

/* What a stretch of text has been found to contain. */
struct text_facts {
	off_t length;        /* octets, CRLF line ends */
	off_t lines;
	off_t octets_8bit;   /* octets above 127 */
	size_t longest_line; /* octets without CRLF */
	int is_utf8;         /* valid UTF-8 (ASCII is) */
	int ends_in_newline; /* empty text does */
};

struct message {
	struct header header;
	int had_header;          /* the input began with a header field */
	struct text_facts body;
	off_t body_at;           /* where the body stands in the content file */
};

void message_init(struct message *m);
void message_release(struct message *m);

/* How copied text is read. */
enum text_flags {
	TEXT_DOT_ENDS = 1, /* a line with a lone dot ends it (a terminal) */
};
/*
 * Copies text from r to w: LF, CRLF, CR CR LF and bare CR become CRLF, NUL is
 * dropped; a missing line end at the very end is added. Fills *facts. first
 * (may be NULL) is a piece read earlier that goes in front. 0, or -1 with a
 * fault (EX_IOERR: the input cannot be read; EX_TEMPFAIL: no room).
 */
int text_copy(struct reader *r, const struct buf *first, struct writer *w,
    int flags, struct text_facts *facts, struct fault *f);
/* The same facts of CRLF text that is already in a file. */
int text_examine(struct reader *r, struct text_facts *facts, struct fault *f);

/*
 * Reads a message: header (an input without one is all body) into m->header,
 * body to w. m->body_at is w's position at the start.
 */
int message_read(struct message *m, struct reader *r, struct writer *w,
    int flags, struct fault *f);

/* What message_complete adds; all borrowed. */
struct completion {
	const char *from;      /* body of a From field, NULL: add none */
	int replace_from;      /* set_from_header on */
	const char *to;        /* body of a To field in the place of every To,
	                        * Cc and Bcc, NULL: they stay */
	const char *msgid_domain;
	int add_msgid;         /* when missing */
	int replace_msgid;
	int add_date;          /* when missing */
	const char *charset;   /* of text that is not UTF-8; "" unknown */
	int remove_bcc;
};
/*
 * Completes the header: Date, Message-ID, From (RFC 5322 3.6), Resent-Date and
 * Resent-Message-ID for a resent message (when it has any Resent- field),
 * MIME-Version and Content-* for an 8-bit body (RFC 2045), RFC 2047 words for
 * 8-bit fields; drops Bcc and Resent-Bcc, Return-Path, and Content-Length
 * (what sendmail drops). Added fields go in front of the first field, after
 * any trace fields (Received). 0, or -1 with a fault.
 */
int message_complete(struct message *m, const struct completion *c,
    struct fault *f);
/*
 * Chooses Content-Type (charset) and Content-Transfer-Encoding for text with
 * these facts that has no MIME fields, and adds them to h.
 */
void text_describe(struct header *h, const char *subtype,
    const struct text_facts *facts, const char *charset);

#endif
