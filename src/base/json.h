/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing JSON objects (RFC 8259) on one line. Whatever octets go in, what
 * comes out is valid UTF-8 and safe for a terminal.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stddef.h>

#include "base/buf.h"

/* An object is json_begin, a call for each member, json_end. */
void json_begin(struct buf *out);
void json_text(struct buf *out, const char *name, const char *text);
void json_number(struct buf *out, const char *name, long long number);
void json_boolean(struct buf *out, const char *name, int is_true);
void json_end(struct buf *out);
/* A member that is a list of objects: json_list, the objects, json_list_end. */
void json_list(struct buf *out, const char *name);
void json_list_end(struct buf *out);

/*
 * Appends a string with its quotes. Octets that are not UTF-8 become U+FFFD;
 * characters that a terminal must not see (log_is_unsafe) are escaped.
 */
void json_string(struct buf *out, const char *p, size_t len);

#endif
