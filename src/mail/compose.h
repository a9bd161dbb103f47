/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Building a message of parts: multipart/mixed( related( alternative(text,
 * html), inline...), attachments...), only as deep as needed, the text first.
 * Parts stream from their files; nothing is held whole in memory.
 */
#ifndef MAIL_COMPOSE_H
#define MAIL_COMPOSE_H

#include "mail/message.h"
#include "mail/part.h"

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
 * the first part of a new multipart/mixed as it stands; an empty text is no
 * part beside others. Content-* fields of h belong to the text, too. cid:
 * references in the HTML part: an inline file's Content-ID is its name when
 * the HTML names it so (cid:logo.png), else unique. charset is that of texts
 * that are not UTF-8 ("" unknown). w writes to a file that can be read, too.
 * facts: what was written. 0, or -1 with a fault (EX_NOINPUT "changed while it
 * was read", EX_TEMPFAIL).
 */
int compose_write(struct header *h, struct text_part *text,
    struct part_list *parts, const char *charset, struct writer *w,
    struct text_facts *facts, struct fault *f);

#endif
