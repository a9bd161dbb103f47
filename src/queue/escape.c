/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One form for each text, so that a file that was read is written the same. */
#include "queue/escape.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void
escape_put(struct buf *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t i, n = strlen(text);

	for (i = 0; i < n; i++)
		if (p[i] < ' ' || p[i] == 0x7f || p[i] == '%' ||
		    (p[i] == ' ' && (i == 0 || i + 1 == n)))
			buf_addf(out, "%%%02X", p[i]);
		else
			buf_addc(out, (char)p[i]);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *
escape_take(const char *p, size_t len)
{
	char *text = xmalloc(len + 1);
	size_t i, n = 0;
	int high, low;

	for (i = 0; i < len; i++) {
		if (p[i] != '%') {
			text[n++] = p[i];
			continue;
		}
		high = len - i < 3 ? -1 : hex_digit(p[i + 1]);
		low = len - i < 3 ? -1 : hex_digit(p[i + 2]);
		if (high == -1 || low == -1 || high + low == 0) {
			free(text);
			return NULL;
		}
		text[n++] = (char)(high * 16 + low);
		i += 2;
	}
	text[n] = '\0';
	return text;
}
