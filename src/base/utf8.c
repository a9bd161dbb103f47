/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above
 * U+10FFFF.
 */
#include "base/utf8.h"

#include <string.h>

size_t
utf8_decode(const char *text, size_t len, unsigned long *point)
{
	const unsigned char *p = (const unsigned char *)text;
	static const unsigned long least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned long c = p[0];
	size_t i, n;

	if (c < 0x80)
		n = 1;
	else if (c >= 0xc2 && c < 0xe0)
		n = 2, c &= 0x1f;
	else if (c >= 0xe0 && c < 0xf0)
		n = 3, c &= 0x0f;
	else if (c >= 0xf0 && c < 0xf5)
		n = 4, c &= 0x07;
	else
		return 0;
	if (len < n)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	if (point != NULL)
		*point = c;
	return n;
}

/* Length of the leading run of ASCII, eight octets at a time. */
static size_t
ascii_run(const char *p, size_t len)
{
	unsigned long long word;
	size_t i = 0;

	while (len - i >= sizeof word) {
		memcpy(&word, p + i, sizeof word);
		if ((word & 0x8080808080808080ULL) != 0)
			break;
		i += sizeof word;
	}
	while (i < len && (unsigned char)p[i] < 0x80)
		i++;
	return i;
}

int
utf8_is_8bit(const char *p, size_t len)
{
	return ascii_run(p, len) != len;
}

int
utf8_is_valid(const char *p, size_t len)
{
	struct utf8_check c = { { 0 }, 0, 0 };

	utf8_check_push(&c, p, len);
	return utf8_check_done(&c);
}

static size_t
expected_length(unsigned char c)
{
	return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

void
utf8_check_push(struct utf8_check *c, const char *p, size_t len)
{
	size_t n;

	while (len != 0 && !c->bad) {
		if (c->n == 0) {
			n = ascii_run(p, len);
			p += n;
			len -= n;
			while (len != 0 && (n = utf8_decode(p, len, NULL)) > 1) {
				p += n;
				len -= n;
			}
			if (len == 0)
				break;
			if ((unsigned char)*p < 0x80)
				continue;
		}
		c->pending[c->n++] = (unsigned char)*p++;
		len--;
		if (utf8_decode((const char *)c->pending, c->n, NULL) == c->n)
			c->n = 0;
		else if (c->n >= expected_length(c->pending[0]))
			c->bad = 1;
	}
}

int
utf8_check_done(const struct utf8_check *c)
{
	return !c->bad && c->n == 0;
}
