/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Unit tests print TAP: one "ok N - name" line a case, the plan at the end.
 * A failed comparison shows both sides.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

static inline int
ok(int condition, const char *name)
{
	tap_count++;
	tap_failed += !condition;
	printf("%sok %d - %s\n", condition ? "" : "not ", tap_count, name);
	fflush(stdout);
	return condition;
}

static inline void
tap_show(const char *what, const char *p, size_t len)
{
	size_t i;

	printf("# %s \"", what);
	for (i = 0; i < len; i++)
		if ((unsigned char)p[i] < 32 || p[i] == '\\')
			printf("\\x%02x", (unsigned char)p[i]);
		else
			putchar(p[i]);
	printf("\" (%zu octets)\n", len);
}

static inline int
is_bytes(const char *got, size_t got_len, const char *want, size_t want_len,
    const char *name)
{
	int same = got_len == want_len && memcmp(got, want, want_len) == 0;

	if (!ok(same, name)) {
		tap_show("got ", got, got_len);
		tap_show("want", want, want_len);
	}
	return same;
}

static inline int
is_text(const char *got, const char *want, const char *name)
{
	return is_bytes(got, strlen(got), want, strlen(want), name);
}

static inline int
is_number(long long got, long long want, const char *name)
{
	if (!ok(got == want, name)) {
		printf("# got %lld, want %lld\n", got, want);
		return 0;
	}
	return 1;
}

static inline int
tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
