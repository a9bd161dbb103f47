/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory that is there or ends the process: out of memory is exit status 75
 * (EX_TEMPFAIL), because the same mail can be tried again later.
 */
#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H

#include <stddef.h>

/*
 * The exit status of a process that has no more memory; EX_TEMPFAIL without
 * this. For whoever knows that a mail is safe, and must not be sent again.
 */
void xalloc_set_status(int status);
/* Like malloc, calloc, realloc, strdup, strndup, but never NULL. */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xmemdup(const char *p, size_t len); /* len bytes and a NUL */

/*
 * Makes room for one more element in a growing array: p has *cap elements of
 * the given size, n of them used. Returns the array, perhaps moved.
 */
void *xgrow(void *p, size_t n, size_t *cap, size_t size);

#endif
