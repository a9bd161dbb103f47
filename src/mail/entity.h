/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree of body parts ("entities" in RFC 2045 2.4) that a message is made
 * of: multiparts, and leaves that know their Content-* fields, where their
 * content stands and how it is to be written.
 */
#ifndef MAIL_ENTITY_H
#define MAIL_ENTITY_H

#include "mail/header.h"
#include "mail/message.h"
#include "mail/part.h"

enum entity_form {
	ENTITY_MULTIPART,
	ENTITY_TEXT,    /* written as it stands */
	ENTITY_MESSAGE, /* the same, LF made CRLF */
	ENTITY_QP,
	ENTITY_BASE64
};

struct entity {
	struct header header;     /* Content-* fields */
	enum entity_form form;
	int is_8bit;              /* the content as written has 8-bit octets */
	struct entity *next;      /* owned; in the same multipart */

	/* Of multiparts. */
	const char *subtype;
	char *boundary;           /* owned; NULL until it is chosen */
	struct entity *children;  /* owned */

	/* Of leaves: a part's file, or octets of a descriptor. */
	const struct part *part;  /* borrowed */
	int fd;
	int owns_fd;
	off_t at, length;
};

struct entity *entity_new(enum entity_form form);
/* Frees e, its children and those behind it. */
void entity_free(struct entity *e);
/* A multipart with one child or a list of them, which it takes. */
struct entity *entity_multipart(const char *subtype, struct entity *child);
/* Appends the type/subtype of e (not of a text that may have none), without
 * parameters. */
void entity_type(const struct entity *e, struct buf *out);

/*
 * The text of the message. header is taken (left empty); without a type in it
 * the fields are made. charset is that of a text which is not UTF-8.
 */
struct entity *entity_text(int fd, off_t at, const struct text_facts *facts,
    struct header *header, const char *charset);
/*
 * The HTML text of part p, copied into a private file on the way: line ends
 * made CRLF, cid: references to inline parts of the list resolved. NULL with
 * a fault when it cannot be read.
 */
struct entity *entity_html(const struct part *p, struct part_list *parts,
    const char *charset, struct fault *f);
/* An attachment or inline file. NULL with a fault when it cannot be read. */
struct entity *entity_file(const struct part *p, struct fault *f);

#endif
