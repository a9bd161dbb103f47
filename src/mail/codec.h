/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transfer encodings and encoded words: base64 and quoted-printable (RFC
 * 2045), encoded words (RFC 2047), parameter values (RFC 2231), charsets.
 */
#ifndef MAIL_CODEC_H
#define MAIL_CODEC_H

#include <stddef.h>

#include "base/buf.h"
#include "base/io.h"

/* Octets that base64 with lines of 76 characters and CRLF makes of length. */
off_t base64_length(off_t length);
/* Reads r to its end, writes base64 in lines of 76 with CRLF. Constant
 * memory; errors are in r->error and w->error. */
void base64_write(struct reader *r, struct writer *w);
/* One string, no line ends. */
void base64_encode(struct buf *out, const void *p, size_t len);
/*
 * Skips white space; padding may be missing. 0, or -1 (out as it was) on
 * anything else that is not base64.
 */
int base64_decode(struct buf *out, const char *p, size_t len);

/*
 * Reads text r (CRLF line ends) to its end and writes quoted-printable:
 * lines of at most 76, "From " and "." at line starts and white space at line
 * ends encoded.
 */
void qp_write(struct reader *r, struct writer *w);

/*
 * Appends text (UTF-8) for an unstructured field body or (phrase != 0) a
 * display name: as it is when ASCII and no "=?" is in it, else as RFC 2047
 * words (B or Q, the shorter), no character split, at most 75 octets each,
 * separated by CRLF SP. column: where the first line stands.
 */
void word_encode(struct buf *out, const char *text, size_t len, int phrase,
    size_t column);
/*
 * Same for octets of a named charset that are not UTF-8: converted where
 * iconv can, else labelled with charset, or unknown-8bit (RFC 1428) when that
 * is no charset name. word_encode labels malformed UTF-8 unknown-8bit.
 */
void word_encode_charset(struct buf *out, const char *charset,
    const char *text, size_t len, int phrase, size_t column);
/* Length of the encoded word that p begins with (also one with octets that
 * should not be in it), 0 when there is none. */
size_t word_length(const char *p, size_t len);
/* Appends RFC 2047 text decoded to UTF-8; what cannot be decoded as it is. */
void word_decode(struct buf *out, const char *text, size_t len);

/*
 * Appends "; name=value" for Content-Type or Content-Disposition: a token or
 * quoted string; for 8-bit or long values RFC 2231 (name*=, name*0*=), each
 * parameter on its own folded line (";" CRLF SP). With compatible != 0 also
 * name= as an RFC 2047 word in quotes, for old clients.
 */
void parameter_add(struct buf *out, const char *name, const char *value,
    int compatible);
/*
 * Value of a parameter in a field body (unfolded or not): quoting and RFC
 * 2231 undone. 1 when found (appended to out), else 0.
 */
int parameter_get(const char *body, size_t len, const char *name,
    struct buf *out);

/*
 * Converts text of charset to UTF-8, appended to out. 0; -1 when the charset
 * is unknown or text is not valid in it (out as it was).
 */
int charset_to_utf8(const char *charset, const char *text, size_t len,
    struct buf *out);
/*
 * The charset of the locale that the environment names (nl_langinfo), "" when
 * that is ASCII; valid until the next call. It reads files: only for text
 * that is neither ASCII nor labelled.
 */
const char *charset_locale(void);

#endif
