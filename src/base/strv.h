/* SPDX-License-Identifier: GPL-3.0-or-later */
/* struct strv: a list of C strings that it owns. */
#ifndef BASE_STRV_H
#define BASE_STRV_H

#include <stddef.h>

struct strv {
	char **v; /* n strings and then, once anything was added, a NULL */
	size_t n;
	size_t cap;
};

#define STRV_INIT { NULL, 0, 0 }

void strv_init(struct strv *s);
/* Frees every string and the list; s is empty afterwards. */
void strv_release(struct strv *s);
/* Appends a copy of text (or of the len bytes at p). */
void strv_add(struct strv *s, const char *text);
void strv_addn(struct strv *s, const char *p, size_t len);
/* Appends text itself: s owns it from now on. */
void strv_take(struct strv *s, char *text);
/* 1 when text is in the list; compares octets. */
int strv_has(const struct strv *s, const char *text);

#endif
