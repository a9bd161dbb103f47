/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading and checking values of RFC 3461. A value that passes here has no
 * octet that could end its parameter or its command, and fits the length by
 * which RFC 3461 3 lets the lines of MAIL and RCPT grow.
 */
#include "queue/dsn.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"

/* NOTIFY and RET. */

/* One word of a list; *seen has a bit for each that was there before. */
static int
add_notify_word(const char *p, size_t len, unsigned *seen, struct buf *out)
{
	static const char *const words[] = { "SUCCESS", "FAILURE", "DELAY" };
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++) {
		if (!ascii_is_word(p, len, words[i]))
			continue;
		if ((*seen & 1U << i) == 0)
			buf_addf(out, "%s%s", *seen != 0 ? "," : "",
			    words[i]);
		*seen |= 1U << i;
		return 0;
	}
	return -1;
}

int
dsn_parse_notify(const char *text, struct buf *out)
{
	size_t before = out->len, len;
	unsigned seen = 0;

	if (ascii_is_same(text, "NEVER")) {
		buf_adds(out, "NEVER");
		return 0;
	}
	for (;;) {
		text += strspn(text, " ");
		len = strcspn(text, " ,");
		if (add_notify_word(text, len, &seen, out) == -1)
			break;
		text += len;
		text += strspn(text, " ");
		if (*text == '\0')
			return 0;
		if (*text++ != ',')
			break;
	}
	buf_truncate(out, before);
	return -1;
}

int
dsn_parse_ret(const char *text, struct buf *out)
{
	if (ascii_is_same(text, "FULL"))
		buf_adds(out, "FULL");
	else if (ascii_is_same(text, "HDRS") || ascii_is_same(text, "HEADERS"))
		buf_adds(out, "HDRS");
	else
		return -1;
	return 0;
}

/* xtext. */

static int
is_plain(char c)
{
	return c > ' ' && c <= '~' && c != '+' && c != '=';
}

void
xtext_encode(const char *p, size_t len, struct buf *out)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (is_plain(p[i]))
			buf_addc(out, p[i]);
		else
			buf_addf(out, "+%02X", (unsigned char)p[i]);
}

/* A digit of xtext: small letters are none. */
static int
hex_value(char c)
{
	return c >= 'a' ? -1 : ascii_hex_value(c);
}

int
xtext_decode(const char *text, struct buf *out)
{
	size_t before = out->len;
	int high, low;

	for (; *text != '\0'; text++) {
		if (is_plain(*text)) {
			buf_addc(out, *text);
			continue;
		}
		high = *text == '+' ? hex_value(text[1]) : -1;
		low = high != -1 ? hex_value(text[2]) : -1;
		if (low == -1) {
			buf_truncate(out, before);
			return -1;
		}
		buf_addc(out, (char)(high << 4 | low));
		text += 2;
	}
	return 0;
}

int
xtext_is(const char *text)
{
	struct buf plain = BUF_INIT;
	int rc = xtext_decode(text, &plain);

	buf_release(&plain);
	return rc == 0;
}

/* ENVID. */

/* RFC 3461 4.4: graphic and white space characters, as a notice shows them. */
static int
is_printable(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] < ' ' || p[i] > '~')
			return 0;
	return 1;
}

int
dsn_is_envid(const char *text)
{
	struct buf plain = BUF_INIT;
	int rc = xtext_decode(text, &plain);

	if (rc == 0 && (!is_printable(plain.data, plain.len) ||
	    plain.len == 0 || strlen(text) > DSN_ENVID_MAX))
		rc = -1;
	buf_release(&plain);
	return rc == 0;
}

int
dsn_parse_envid(const char *text, struct buf *out)
{
	size_t before = out->len;

	if (*text == '\0')
		return 0;
	if (xtext_is(text))
		buf_adds(out, text);
	else
		xtext_encode(text, strlen(text), out);
	if (dsn_is_envid(out->data + before))
		return 0;
	buf_truncate(out, before);
	return -1;
}

/* ORCPT and others. */

/* Length of the atom (RFC 5322 3.2.3) at the beginning. */
static size_t
atom_length(const char *p)
{
	size_t n = 0;

	while (ascii_is_alnum(p[n]) ||
	    (p[n] != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", p[n]) != NULL))
		n++;
	return n;
}

int
dsn_is_orcpt(const char *text)
{
	size_t len = strlen(text), type = atom_length(text);
	const char *address = text + type + 1;

	if (len > DSN_ORCPT_MAX || type == 0 || text[type] != ';' ||
	    *address == '\0')
		return 0;
	if (xtext_is(address))
		return 1;
	return ascii_is_word(text, type, "utf-8") && utf8_is_8bit(text, len) &&
	    utf8_is_valid(text, len) && dsn_is_esmtp_value(address);
}

int
dsn_is_esmtp_value(const char *text)
{
	const char *p;

	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == '=' || *p == '\177')
			return 0;
	return p != text && utf8_is_valid(text, strlen(text));
}
