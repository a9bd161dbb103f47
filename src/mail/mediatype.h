/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What kind of file this is: its bytes by libmagic first, then its name for
 * what bytes cannot tell (Office files are ZIP to libmagic, CSV is text). The
 * library (libmagic.h) and its database are loaded at first use.
 */
#ifndef MAIL_MEDIATYPE_H
#define MAIL_MEDIATYPE_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Appends the media type ("image/jpeg") of a file whose first octets are head
 * (up to 64 KiB; len 0: empty file, application/octet-stream unless the name
 * says text) and whose name is name. Never fails: application/octet-stream
 * when nothing fits.
 */
void mediatype_guess(const char *head, size_t len, const char *name,
    struct buf *type);
/* 1 when text is type/subtype of RFC 2045 tokens, parameters allowed. */
int mediatype_is_valid(const char *text);
/* Frees the database and the library. */
void mediatype_release(void);

#endif
