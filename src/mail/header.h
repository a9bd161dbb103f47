/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The header section of a message or body part: fields in their order, each
 * kept as it was written, so that what need not change does not change.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/io.h"

struct field {
	char *text;      /* owned: name, colon, body; folds as CRLF + white
	                  * space; no final CRLF; no NUL, no bare CR or LF */
	size_t len;
	size_t name_len; /* octets of the name, without white space and colon */
	size_t body;     /* offset of the body behind the colon */
};

struct header {
	struct field *v;
	size_t n, cap;
};

#define HEADER_INIT { NULL, 0, 0 }

void header_init(struct header *h);
void header_release(struct header *h);

enum header_end {
	HEADER_BLANK,   /* ended by a blank line, which was taken */
	HEADER_EOF,     /* the input ended within the header */
	HEADER_BODY     /* a line that is no field: it begins the body and was
	                 * left in *rest */
};
/*
 * Reads a header section: takes "From " (and ">From ") lines of an mbox in
 * front of the first field (when drop_mbox; without a field behind them only
 * those with a time of day, else they are text), LF, CRLF and CR CRLF line
 * ends, drops NUL, makes other bare CR a space. rest gets the line that ended
 * the header (HEADER_BODY only), as read. Total size at most HEADER_MAX.
 * Returns an enum header_end, or -1 with a fault (EX_DATAERR; EX_IOERR when
 * the input cannot be read).
 */
#define HEADER_MAX ((size_t)64 << 20)
int header_read(struct header *h, struct reader *r, int drop_mbox,
    struct buf *rest, struct fault *f);

/* Index of the first field called name at or after from; h->n if none.
 * Names compare without regard to case. */
size_t header_find(const struct header *h, const char *name, size_t from);
int header_has(const struct header *h, const char *name);
int field_is(const struct field *f, const char *name);
/* What the body of a field is made of; decides what may be done to it. */
enum field_kind {
	FIELD_UNSTRUCTURED, /* text (Subject, unknown fields) */
	FIELD_ADDRESSES,
	FIELD_LIST,         /* phrases, <URI> (RFC 2369, Keywords) */
	FIELD_PARAMETERS,   /* Content-Type, Content-Disposition */
	FIELD_STRUCTURED    /* anything else with a syntax (Received, Date) */
};
enum field_kind field_kind(const struct field *f);
/* Appends the body of a field: unfolded, without white space around it. */
void field_body(const struct field *f, struct buf *out);
/*
 * Appends (header_add), puts in at index at (header_insert) or replaces
 * (header_replace) a field. body may contain folds (CRLF + white space) and
 * nothing else that breaks a line: asserted.
 */
void header_add(struct header *h, const char *name, const char *body);
void header_insert(struct header *h, size_t at, const char *name,
    const char *body);
void header_replace(struct header *h, size_t at, const char *body);
void header_remove_at(struct header *h, size_t at);
/* Removes every field called name; returns how many. */
size_t header_remove(struct header *h, const char *name);
/* The same, but only those at or behind index from. */
size_t header_remove_rest(struct header *h, const char *name, size_t from);
/* Moves every field whose name begins with prefix to the end of to. */
void header_move(struct header *h, const char *prefix, struct header *to);
/*
 * Parses "Name: value" of the command line (--header): 8-bit text becomes
 * RFC 2047, long text is folded. Control characters, a bad name: EX_USAGE.
 */
int header_add_line(struct header *h, const char *line, struct fault *f);
/*
 * Gives 8-bit fields their clothes: unstructured text, display names,
 * comments become RFC 2047 words, parameters RFC 2231; addresses stay as
 * they are (RFC 6532). charset is that of text which is not valid UTF-8:
 * it is converted to UTF-8 where iconv can, else labelled unknown-8bit.
 * Returns 1 when 8-bit octets are left (addresses), else 0.
 */
int header_encode(struct header *h, const char *charset);
/* 1 when any field has an octet above 127. */
int header_is_8bit(const struct header *h);
/* Length of the longest line. */
size_t header_longest_line(const struct header *h);
/*
 * Folds the lines over 998 octets (RFC 5322 2.1.1) at white space where there
 * is some, at 78 columns; in address fields also behind commas. A longer
 * token stays as it is.
 */
void header_fold_long(struct header *h);
/* Appends all fields, each with its CRLF; no blank line. */
void header_format(const struct header *h, struct buf *out);

#endif
