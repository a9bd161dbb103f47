/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Building a message of parts: multipart/mixed( related( alternative(text,
 * html), inline...), attachments...), only as deep as needed, the text first.
 * Parts stream from their files; nothing is held whole in memory.
 */
#ifndef MAIL_COMPOSE_H
#define MAIL_COMPOSE_H

#include "mail/message.h"

enum part_kind { PART_KIND_HTML, PART_KIND_INLINE, PART_KIND_ATTACHMENT };

struct part {
	enum part_kind kind;
	int fd;            /* owned; a regular file (a FIFO or standard input
	                    * was copied into a private one) */
	char *path;        /* owned; for messages */
	char *name;        /* owned; file name to tell, "" none */
	char *type;        /* owned; media type, NULL: find out */
	char *content_id;  /* owned; of inline parts, else NULL */
	off_t length;      /* as opened; a change while reading is a fault */
};

struct part_list {
	struct part *v;
	size_t n, cap;
};

#define PART_LIST_INIT { NULL, 0, 0 }

void part_list_release(struct part_list *l);
/*
 * Opens path ("-": standard input, needs a name) and appends it. A missing
 * or unreadable file, a directory, a device: one fault (EX_NOINPUT) that
 * names it. A FIFO is read once into a private file. name and type may be
 * NULL; control characters in them are EX_USAGE.
 */
int part_open(struct part_list *l, enum part_kind kind, const char *path,
    const char *name, const char *type, struct fault *f);

/*
 * The text of the message: a file of CRLF text with these facts; fd -1: the
 * message has no text part. header holds its Content-* fields when it came
 * with some (they are moved in), else it is empty and they are made.
 */
struct text_part {
	int fd;
	off_t at;
	struct text_facts facts;
	struct header header;
};
/*
 * Writes the body of the whole message (text and parts) to w and adds
 * MIME-Version and Content-Type (with a boundary that occurs in no part:
 * unique text, and checked) to h. A text that is a multipart already becomes
 * the first part of a new multipart/mixed as it stands. cid: references in the
 * HTML part: an inline file's Content-ID is its name when the HTML names it
 * so (cid:logo.png), else unique. facts: what was written. 0, or -1 with a
 * fault (EX_NOINPUT "changed while it was read", EX_TEMPFAIL).
 */
int compose_write(struct header *h, struct text_part *text,
    struct part_list *parts, const char *charset, struct writer *w,
    struct text_facts *facts, struct fault *f);

#endif
