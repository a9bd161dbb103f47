/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines of a message in a file, and the delimiter lines among them that
 * end its parts (RFC 2046 5.1.1). Knows no header and no media type.
 */
#ifndef MAIL_MIMESCAN_H
#define MAIL_MIMESCAN_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/fault.h"

/* How deep multiparts and messages within messages are followed. */
#define MIME_DEPTH 100

/* Longer delimiters than fit a line of 998 octets do not count. */
#define MIME_BOUNDARY_MAX 990

struct mime_line {
	const char *p;   /* valid until the next call */
	size_t len;      /* without the line end */
	off_t at, next;  /* where it begins; where the next one does */
	int begins;      /* p is the beginning of a line: a very long line comes
	                  * in pieces */
	int ends;        /* it has a line end */
};

/* Where a stretch of the message ended. */
struct mime_stop {
	size_t level;    /* of which multipart; MIME_NO_LEVEL: end of message */
	int close;       /* by its close delimiter */
	off_t at, next;  /* the delimiter line; at = next = end of message */
	off_t text_end;  /* of the text in front: the line end before a
	                  * delimiter belongs to it (RFC 2046 5.1.1) */
};

#define MIME_NO_LEVEL ((size_t)-1)

struct mime_scan {
	int fd;
	off_t end;            /* of the message */
	char *data;           /* owned */
	size_t at, fill;      /* unread: data[at] .. data[fill - 1] */
	off_t base;           /* file offset of data[0] */
	int begins;
	int error;            /* errno of a failed read; acts as the end */
	struct buf boundary[MIME_DEPTH]; /* of the multiparts around, from the
	                                  * outermost on */
	size_t levels;
};

/* fd is borrowed; the message is what lies between two offsets. */
void mime_scan_init(struct mime_scan *s, int fd, off_t at, off_t end);
void mime_scan_release(struct mime_scan *s);
/* Goes to an offset, which must be the beginning of a line. */
void mime_scan_seek(struct mime_scan *s, off_t at);
/* Takes the next line, or a piece of one: 1, or 0 at the end. */
int mime_scan_line(struct mime_scan *s, struct mime_line *l);
/* 1 when l is a delimiter line of a multipart around, told in *stop. The
 * outermost one counts: nobody can close a part from within another. */
int mime_scan_is_stop(const struct mime_scan *s, const struct mime_line *l,
    struct mime_stop *stop);
/* Goes from offset at to the next delimiter line or the end. */
void mime_scan_to_stop(struct mime_scan *s, off_t at, struct mime_stop *stop);
/* Enters a multipart (asserted: levels < MIME_DEPTH), leaves it. */
void mime_scan_push(struct mime_scan *s, const struct buf *boundary);
void mime_scan_pop(struct mime_scan *s);
/* Records a failed read: 0, or -1 with a fault (EX_IOERR). */
int mime_scan_check(const struct mime_scan *s, struct fault *f);

#endif
