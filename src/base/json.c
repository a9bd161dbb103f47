/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON for logs and lists: objects of texts and numbers, and lists of such
 * objects. Names of members are ours and need no escapes.
 */
#include "base/json.h"

#include <string.h>

#include "base/log.h"
#include "base/utf8.h"

static void
add_character(struct buf *out, const char *p, size_t n, unsigned long point)
{
	if (point == '"' || point == '\\')
		buf_addf(out, "\\%c", *p);
	else if (point == '\n')
		buf_adds(out, "\\n");
	else if (log_is_unsafe(point))
		/* None of them is above U+FFFF. */
		buf_addf(out, "\\u%04lx", point);
	else
		buf_add(out, p, n);
}

void
json_string(struct buf *out, const char *p, size_t len)
{
	unsigned long point;
	size_t n;

	buf_addc(out, '"');
	for (; len != 0; p += n, len -= n) {
		n = utf8_decode(p, len, &point);
		if (n != 0) {
			add_character(out, p, n, point);
		} else {
			buf_adds(out, "\\ufffd");
			n = 1;
		}
	}
	buf_addc(out, '"');
}

void
json_begin(struct buf *out)
{
	/* Behind another one of a list. Those outside of lists are lines. */
	if (out->len != 0 && out->data[out->len - 1] == '}')
		buf_addc(out, ',');
	buf_addc(out, '{');
}

static void
add_name(struct buf *out, const char *name)
{
	if (out->data[out->len - 1] != '{')
		buf_addc(out, ',');
	buf_addf(out, "\"%s\":", name);
}

void
json_text(struct buf *out, const char *name, const char *text)
{
	add_name(out, name);
	json_string(out, text, strlen(text));
}

void
json_number(struct buf *out, const char *name, long long number)
{
	add_name(out, name);
	buf_addf(out, "%lld", number);
}

void
json_boolean(struct buf *out, const char *name, int is_true)
{
	add_name(out, name);
	buf_adds(out, is_true ? "true" : "false");
}

void
json_list(struct buf *out, const char *name)
{
	add_name(out, name);
	buf_addc(out, '[');
}

void
json_list_end(struct buf *out)
{
	buf_addc(out, ']');
}

void
json_end(struct buf *out)
{
	buf_addc(out, '}');
}
