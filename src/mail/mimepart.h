/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One message or body part where it stands in a file: its header, and what
 * kind of body follows (RFC 2045, 2046).
 */
#ifndef MAIL_MIMEPART_H
#define MAIL_MIMEPART_H

#include "mail/header.h"
#include "mail/message.h"
#include "mail/mimescan.h"

enum mime_kind {
	MIME_KIND_TEXT,
	MIME_KIND_DATA,      /* any other leaf */
	MIME_KIND_FIELDS,    /* blocks of header fields (RFC 3464, 3798, 5965) */
	MIME_KIND_MULTIPART,
	MIME_KIND_MESSAGE,
	MIME_KIND_SEALED
};

enum mime_encoding {
	MIME_ENCODING_NONE,  /* 7bit, 8bit, binary, nothing, or nothing known */
	MIME_ENCODING_QP,
	MIME_ENCODING_BASE64,
	MIME_ENCODING_UU
};

/* A message or a body part. */
struct mime_part {
	off_t at, body_at; /* at: of its first field */
	off_t end;         /* of the body; set by the reader of it */
	int blank;         /* a blank line stands behind the header */
	int has_body;      /* something else than its end does */
	int is_message;    /* MIME-Version is one of its fields */
	struct header header;
	enum mime_kind kind;
	enum mime_encoding encoding;
	int says_8bit;     /* its label is "8bit" or "binary" */
	const char *part_type; /* default type of its parts */
	struct buf boundary;
	struct text_facts facts; /* of the body; set by the reader of it */
};

/*
 * Reads what stands at offset at. is_message: it is a message, so an mbox line
 * may stand in front (p->at is behind it). default_type is that of a part
 * without Content-Type. What is a multipart or a message by its type is
 * MIME_KIND_TEXT when it cannot be followed, or may_nest is 0. 0, or -1 with a
 * fault; p is to be released in both cases.
 */
int mime_part_read(struct mime_part *p, struct mime_scan *scan, off_t at,
    int is_message, const char *default_type, int may_nest, struct fault *f);
void mime_part_release(struct mime_part *p);

#endif
