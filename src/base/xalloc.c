/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only module that may end the process: without memory nothing can be
 * reported properly, and 75 tells the caller to try again, unless it was said
 * that this must not be.
 */
#include "base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static int failure_status = EX_TEMPFAIL;

static void out_of_memory(void) __attribute__((noreturn));

static void
out_of_memory(void)
{
	static const char text[] = "qsendmail: out of memory\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);

	(void)n;
	_exit(failure_status);
}

void
xalloc_set_status(int status)
{
	failure_status = status;
}

void *
xmalloc(size_t size)
{
	return xrealloc(NULL, size);
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n != 0 ? n : 1, size != 0 ? size : 1);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *
xrealloc(void *p, size_t size)
{
	p = realloc(p, size != 0 ? size : 1);
	if (p == NULL)
		out_of_memory();
	return p;
}

char *
xstrdup(const char *s)
{
	return xmemdup(s, strlen(s));
}

char *
xmemdup(const char *p, size_t len)
{
	char *copy = xmalloc(len + 1);

	if (len != 0)
		memcpy(copy, p, len);
	copy[len] = '\0';
	return copy;
}

void *
xgrow(void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	if (*cap > SIZE_MAX / 2 / size)
		out_of_memory();
	*cap = *cap != 0 ? *cap * 2 : 8;
	return xrealloc(p, *cap * size);
}
