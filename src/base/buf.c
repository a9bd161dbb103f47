/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The growing byte string; see buf.h for the invariants it keeps. */
#include "base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compat.h"
#include "base/xalloc.h"

/* Octets that a text gets room for, to begin with. */
#define FIRST_TEXT 63

const char buf_empty[1] = "";

void
buf_init(struct buf *b, size_t max)
{
	b->data = (char *)buf_empty;
	b->len = 0;
	b->cap = 0;
	b->max = max;
	b->overflow = 0;
}

void
buf_release(struct buf *b)
{
	if (b->cap != 0)
		free(b->data);
	buf_init(b, b->max);
}

void
buf_wipe(struct buf *b)
{
	if (b->cap != 0)
		compat_wipe(b->data, b->cap);
	buf_release(b);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->overflow = 0;
	if (b->cap != 0)
		b->data[0] = '\0';
}

char *
buf_detach(struct buf *b)
{
	char *p = b->cap != 0 ? b->data : xstrdup("");

	buf_init(b, b->max);
	return p;
}

int
buf_grow(struct buf *b, size_t extra)
{
	size_t cap, need = b->len + extra + 1;

	if (b->overflow || need <= extra ||
	    (b->max != 0 && b->len + extra > b->max)) {
		b->overflow = 1;
		return -1;
	}
	if (need <= b->cap)
		return 0;
	cap = b->cap != 0 ? b->cap : 32;
	while (cap < need)
		cap = cap * 2 > cap ? cap * 2 : need;
	b->data = xrealloc(b->cap != 0 ? b->data : NULL, cap);
	b->cap = cap;
	b->data[b->len] = '\0';
	return 0;
}

int
buf_add(struct buf *b, const void *p, size_t len)
{
	if (buf_grow(b, len) == -1)
		return -1;
	if (len != 0)
		memcpy(b->data + b->len, p, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int
buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int
buf_addc(struct buf *b, char c)
{
	if (b->len + 1 >= b->cap || b->max != 0 || b->overflow)
		return buf_add(b, &c, 1);
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
	return 0;
}

static void
add_unsigned(struct buf *b, unsigned long long n)
{
	char digits[24], *end = digits + sizeof digits, *p = end;

	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	buf_add(b, p, (size_t)(end - p));
}

static void
add_signed(struct buf *b, long long n)
{
	if (n < 0)
		buf_addc(b, '-');
	add_unsigned(b, n < 0 ? 0 - (unsigned long long)n :
	    (unsigned long long)n);
}

/* 1 when fmt begins with that directive, whose length *n is. */
static int
is_directive(const char *fmt, const char *directive, size_t *n)
{
	*n = strlen(directive);
	return strncmp(fmt, directive, *n) == 0;
}

/*
 * Appends a text of nothing but words and decimal numbers without a width, as
 * nearly all of ours are: printf's machine costs several times as much. 1, or
 * 0: there is something else in fmt, and b is as it was.
 */
static int
add_plain(struct buf *b, const char *fmt, va_list ap)
{
	size_t before = b->len, n;
	const char *s;

	for (; *fmt != '\0'; fmt += n) {
		n = strcspn(fmt, "%");
		if (n != 0)
			buf_add(b, fmt, n);
		else if (is_directive(fmt, "%s", &n)) {
			s = va_arg(ap, const char *);
			buf_adds(b, s != NULL ? s : "(null)");
		} else if (is_directive(fmt, "%d", &n))
			add_signed(b, va_arg(ap, int));
		else if (is_directive(fmt, "%lld", &n))
			add_signed(b, va_arg(ap, long long));
		else if (is_directive(fmt, "%ld", &n))
			add_signed(b, va_arg(ap, long));
		else if (is_directive(fmt, "%zu", &n))
			add_unsigned(b, va_arg(ap, size_t));
		else {
			buf_truncate(b, before);
			return 0;
		}
	}
	return 1;
}

int
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = buf_vaddf(b, fmt, ap);
	va_end(ap);
	return rc;
}

int
buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n, is_done;

	if (b->cap == 0 && b->max == 0)
		buf_grow(b, FIRST_TEXT);
	if (b->max == 0 && !b->overflow) {
		va_copy(again, ap);
		is_done = add_plain(b, fmt, again);
		va_end(again);
		if (is_done)
			return 0;
	}
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(n >= 0);
	if (buf_grow(b, (size_t)n) == -1)
		return -1;
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
	return 0;
}

int
buf_set(struct buf *b, const void *p, size_t len)
{
	buf_reset(b);
	return buf_add(b, p, len);
}

int
buf_insert(struct buf *b, size_t at, const void *p, size_t len)
{
	assert(at <= b->len);
	if (buf_grow(b, len) == -1)
		return -1;
	memmove(b->data + at + len, b->data + at, b->len - at + 1);
	if (len != 0)
		memcpy(b->data + at, p, len);
	b->len += len;
	return 0;
}

void
buf_truncate(struct buf *b, size_t len)
{
	if (len < b->len) {
		b->len = len;
		b->data[len] = '\0';
	}
}

void
buf_consume(struct buf *b, size_t len)
{
	assert(len <= b->len);
	if (len == 0)
		return;
	b->len -= len;
	memmove(b->data, b->data + len, b->len + 1);
}
