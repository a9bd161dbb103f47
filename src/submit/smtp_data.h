/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The content of a mail as SMTP carries it: dots in front of lines doubled, a
 * line with a lone dot at the end (RFC 5321 4.1.1.4 and 4.5.2). Two readers
 * who see the end in different places are how a mail is smuggled within
 * another one, so what is a line end is decided once for a session.
 */
#ifndef SUBMIT_SMTP_DATA_H
#define SUBMIT_SMTP_DATA_H

#include <stddef.h>

enum smtp_line_ends {
	SMTP_ENDS_UNKNOWN, /* nothing has been read yet */
	SMTP_ENDS_CRLF,    /* only CRLF ends a line: a bare LF is content, but
	                    * of two dots behind it one goes: a client that
	                    * does not see the difference has doubled it */
	SMTP_ENDS_LF       /* LF does, and CRLF: a script at a pipe */
};

/* Where in a line the decoder stands. */
enum smtp_data_place {
	SMTP_DATA_BEGIN,  /* of a line */
	SMTP_DATA_DOT,    /* behind a dot that begins a line; not passed on */
	SMTP_DATA_DOT_CR, /* behind that and a CR; neither was passed on */
	SMTP_DATA_BEGIN_LF, /* behind a bare LF that ends no line */
	SMTP_DATA_DOT_LF, /* behind that and a dot, which was passed on */
	SMTP_DATA_TEXT,
	SMTP_DATA_CR,     /* behind a CR, which was passed on */
	SMTP_DATA_END     /* behind the lone dot */
};

struct smtp_data {
	enum smtp_line_ends ends;
	enum smtp_data_place place;
};

/* Begins behind the line of the DATA command. */
void smtp_data_init(struct smtp_data *d, enum smtp_line_ends ends);
/*
 * Decodes from p to out, which has room for len + 1 octets; *out_len is how
 * many it got. Returns how many octets of p were taken: all of them, or up to
 * the end of the content (d->place is SMTP_DATA_END then; what follows is the
 * next command).
 */
size_t smtp_data_take(struct smtp_data *d, const char *p, size_t len,
    char *out, size_t *out_len);

#endif
