/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8 (RFC 3629) one step at a time, and as a check over a stream. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/*
 * Length in octets (1..4) of the well-formed character at p (len > 0 octets
 * follow) and its code point in *point (may be NULL); 0 when it is malformed
 * or cut off.
 */
size_t utf8_decode(const char *p, size_t len, unsigned long *point);
/* 1 when all of p is well-formed. */
int utf8_is_valid(const char *p, size_t len);
/* 1 when any octet is above 127. */
int utf8_is_8bit(const char *p, size_t len);

/* A check over pieces of a stream; starts zeroed. */
struct utf8_check {
	unsigned char pending[4];
	size_t n;
	int bad;
};

void utf8_check_push(struct utf8_check *c, const char *p, size_t len);
/* 1 when everything pushed so far is whole and well-formed. */
int utf8_check_done(const struct utf8_check *c);

#endif
