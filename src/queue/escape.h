/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text as one value of a line in a file of ours: control characters, blanks
 * at the ends and per cent signs are written as %XX, all else as it is.
 */
#ifndef QUEUE_ESCAPE_H
#define QUEUE_ESCAPE_H

#include "base/buf.h"

/* Appends text so that it has no control character and no blank at an end. */
void escape_put(struct buf *out, const char *text);
/* The text of a value of len octets; NULL when it is none. The caller frees
 * it. */
char *escape_take(const char *p, size_t len);

#endif
