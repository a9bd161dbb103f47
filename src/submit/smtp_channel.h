/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two directions of an SMTP session: lines and content in, replies out.
 * Replies are gathered and written when the input has run dry, so pipelined
 * commands (RFC 2920) are answered in one piece.
 */
#ifndef SUBMIT_SMTP_CHANNEL_H
#define SUBMIT_SMTP_CHANNEL_H

#include "base/io.h"
#include "submit/smtp_data.h"
#include "submit/smtp_reply.h"

/* Octets of a command with its line end: RFC 5321 4.5.3.1.4 and what the
 * extensions add to MAIL and RCPT. */
#define SMTP_LINE_MAX 4096

struct smtp_channel {
	int out_fd;             /* borrowed */
	int timeout_ms;         /* longest wait for input; -1: no limit */
	enum smtp_line_ends ends;
	int strict;             /* the first line, too, has to end in CRLF */
	struct reader in;
	struct buf out;         /* replies not yet written */
	int out_error;          /* errno of a failed write, 0 if none; what
	                         * comes later is dropped */
	int timed_out;
	/* Of the content that is being read. */
	struct smtp_data data;
	long long size, size_max; /* octets so far, and how many may be */
	int is_cut;             /* the input ended within it */
};

/* Both descriptors are borrowed; they may be non-blocking. */
void smtp_channel_init(struct smtp_channel *c, int in_fd, int out_fd);
void smtp_channel_release(struct smtp_channel *c);
void smtp_channel_put(struct smtp_channel *c, const struct smtp_reply *r);
void smtp_channel_flush(struct smtp_channel *c);
/* 1 when input is there that has been sent without waiting for a reply. */
int smtp_channel_is_ahead(const struct smtp_channel *c);

enum smtp_line {
	SMTP_LINE,         /* in line, without its end */
	SMTP_LINE_LONG,    /* one over the limit, which was dropped */
	SMTP_LINE_BARE_LF, /* ended by LF where only CRLF may */
	SMTP_LINE_EOF      /* nothing more (half a line does not count), an
	                    * error, or c->timed_out */
};
/* Waits for the next line; the first one decides how lines end. */
enum smtp_line smtp_channel_line(struct smtp_channel *c, struct buf *line);
/*
 * Begins reading the content behind DATA: r gives it decoded, up to the lone
 * dot, the size_max'th octet or the end of the input. Call
 * smtp_channel_end_content afterwards in any case; it takes what is left:
 * 0; -1 when the content is larger than size_max, or c->is_cut.
 */
void smtp_channel_begin_content(struct smtp_channel *c, long long size_max,
    struct reader *r);
int smtp_channel_end_content(struct smtp_channel *c);

#endif
