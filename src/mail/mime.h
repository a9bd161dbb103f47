/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the MIME structure of a finished message, to re-encode it for a
 * server without 8BITMIME or for lines over 998 octets (RFC 6152, RFC 2045).
 * Used by the relay, which alone knows what the server offers.
 */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H

#include <sys/types.h>

#include "base/fault.h"
#include "base/io.h"
#include "mail/message.h"

enum mime_need {
	MIME_7BIT = 1,        /* no octet above 127 in bodies */
	MIME_SHORT_LINES = 2, /* no line over 998 octets */
	MIME_7BIT_HEADER = 4  /* no octet above 127 in header fields: domains as
	                       * A-labels by to_ascii, other addresses by RFC 6857 */
};

/*
 * Turns a U-label domain into A-labels, appended to out (the relay passes
 * libidn2's). 0, or -1: not a domain.
 */
typedef int (*mime_to_ascii)(const char *domain, struct buf *out);

/*
 * Copies the message at (fd, offset, length) to w, changing only what needs
 * asks for: text parts become quoted-printable, other leaves base64 or
 * quoted-printable, whichever is shorter; their Content-Transfer-Encoding
 * fields and those of the multiparts around them follow. Signed, encrypted
 * and otherwise sealed parts (multipart/signed, multipart/encrypted,
 * application/pkcs7-mime) are copied as they are: *sealed is then 1 if one of
 * them breaks a need. Damaged structure is treated as text. Bounded depth
 * (100); constant memory but for headers. 0, or -1 with a fault.
 */
int mime_convert(int fd, off_t offset, off_t length, int needs,
    mime_to_ascii to_ascii, struct writer *w, int *sealed, struct fault *f);

#endif
