/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct buf: a string of bytes that grows.
 *
 * Invariants: data is never NULL and data[len] is always NUL, so data can be
 * used as a C string; NULs inside are legal. data of an empty buf may be a
 * constant: write only to data[0] .. data[len - 1], and take the memory only
 * with buf_detach.
 *
 * A buf that is fed from outside gets a max: an addition that would make len
 * larger than max adds nothing and returns -1, and so does every later one
 * (overflow stays set until buf_reset). Without a max additions cannot fail
 * and the return value may be ignored.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t cap; /* 0: data is the shared empty string */
	size_t max; /* 0: no limit */
	int overflow;
};

extern const char buf_empty[1];
#define BUF_INIT { (char *)buf_empty, 0, 0, 0, 0 }

/* Prepares b; no allocation. max 0 means no limit. */
void buf_init(struct buf *b, size_t max);
/* Frees the contents and leaves an empty buf with the same max. */
void buf_release(struct buf *b);
/* Like buf_release, but overwrites the bytes first: for secrets. */
void buf_wipe(struct buf *b);
/* Empties b but keeps its memory. */
void buf_reset(struct buf *b);
/* Returns the bytes (NUL-ended, the caller frees them); b becomes empty. */
char *buf_detach(struct buf *b);

/* Makes room for extra more bytes behind len. 0, or -1: above max. */
int buf_grow(struct buf *b, size_t extra);
/* Each appends; 0, or -1: above max, nothing added. */
int buf_add(struct buf *b, const void *p, size_t len);
int buf_adds(struct buf *b, const char *s);
int buf_addc(struct buf *b, char c);
int buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int buf_vaddf(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* Replaces the contents. */
int buf_set(struct buf *b, const void *p, size_t len);
/* Puts len bytes in at position at (<= b->len). */
int buf_insert(struct buf *b, size_t at, const void *p, size_t len);
/* Shortens b to len bytes (no effect when it is shorter). */
void buf_truncate(struct buf *b, size_t len);
/* Removes len bytes from the front. */
void buf_consume(struct buf *b, size_t len);

#endif
