/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a sender wants to be notified of (RFC 3461): the parameters NOTIFY and
 * ORCPT of RCPT, RET and ENVID of MAIL, and xtext, the encoding of two of
 * them. Every value here is what stands behind the "=" of a parameter.
 *
 * The parsers append the value as it goes into a command and return 0; what
 * they cannot take is -1, and nothing was appended.
 */
#ifndef QUEUE_DSN_H
#define QUEUE_DSN_H

#include "base/buf.h"

/* Longest values, encoded (RFC 3461 4.2, 4.4). */
#define DSN_ORCPT_MAX 500
#define DSN_ENVID_MAX 100

/*
 * NOTIFY: "never", or some of success, failure and delay with commas (and
 * blanks) between them; in any case. Becomes upper case, each word once, in
 * the order given.
 */
int dsn_parse_notify(const char *text, struct buf *out);
/* RET: "full" or "hdrs" ("headers", as msmtp says it, too) in any case. */
int dsn_parse_ret(const char *text, struct buf *out);
/*
 * ENVID as people write it: xtext stays as it is, other text is encoded.
 * Printable US-ASCII and spaces only, at most DSN_ENVID_MAX octets encoded;
 * "" is no identification and becomes "".
 */
int dsn_parse_envid(const char *text, struct buf *out);

/* For values that came in a command (the form of one that goes out). */
/* 1 when text is an ENVID: xtext of printable US-ASCII, not too long. */
int dsn_is_envid(const char *text);
/*
 * 1 when text is an ORCPT: "TYPE;xtext", not too long. With the type utf-8
 * the address may also be UTF-8 as it is (RFC 6533 3).
 */
int dsn_is_orcpt(const char *text);
/* 1 when text can be the value of any parameter (RFC 5321 4.1.2 esmtp-value,
 * RFC 6531 3.3 with 8-bit octets). */
int dsn_is_esmtp_value(const char *text);

/* xtext (RFC 3461 4): what is not printable US-ASCII, "+" and "=" become
 * "+XX". */
void xtext_encode(const char *p, size_t len, struct buf *out);
int xtext_decode(const char *text, struct buf *out);
int xtext_is(const char *text);

#endif
