/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parameters of Content-Type and Content-Disposition (RFC 2045 5.1) with the
 * extensions of RFC 2231: values in pieces (name*0=) and in a charset
 * (name*=UTF-8''...). The part of codec.h for these.
 *
 * Reading is lenient as far as the meaning is clear: of two parameters of one
 * name the first counts, RFC 2231 goes before the plain form, pieces are used
 * in the order of their numbers up to the first gap.
 */
#include "mail/codec.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#define LINE_MAX_CHARS 76
#define PIECES_MAX 10000 /* name*9999 is the last one that is read */

/* RFC 2045 5.1: token. */
static int
is_token_char(char c)
{
	return c > 32 && c < 127 && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* RFC 2231 7: what needs no percent sign; "'" divides, "%" and "*" do not. */
static int
is_attribute_char(char c)
{
	return is_token_char(c) && c != '\'' && c != '%' && c != '*';
}

/* 1 when value needs no quotes. "'", "*" and "%" confuse readers there. */
static int
is_token(const char *p)
{
	size_t i;

	for (i = 0; p[i] != '\0'; i++)
		if (!is_attribute_char(p[i]))
			return 0;
	return i != 0;
}

/*
 * 1 when value can be a quoted string: printable ASCII and blanks, and
 * nothing that readers take for encoded although it is quoted: "=?" (RFC
 * 2047), two apostrophes (RFC 2231, rock'n'roll).
 */
static int
is_quotable(const char *value)
{
	const char *p = value;

	while (*p > 31 && *p < 127)
		p++;
	return *p == '\0' && strstr(value, "=?") == NULL &&
	    strchr(value, '\'') == strrchr(value, '\'');
}

/* Characters that an octet takes: in a quoted string, or with percent signs. */
static size_t
octet_length(char c, int quoted)
{
	if (quoted)
		return c == '"' || c == '\\' ? 2 : 1;
	return is_attribute_char(c) ? 1 : 3;
}

static size_t
value_length(const char *p, size_t len, int quoted)
{
	size_t i, n = quoted ? 2 : 0;

	for (i = 0; i < len; i++)
		n += octet_length(p[i], quoted);
	return n;
}

static void
put_value(struct buf *out, const char *p, size_t len, int quoted)
{
	size_t i;

	if (quoted)
		buf_addc(out, '"');
	for (i = 0; i < len; i++)
		if (octet_length(p[i], quoted) == 3)
			buf_addf(out, "%%%02X", (unsigned char)p[i]);
		else if (octet_length(p[i], quoted) == 2)
			buf_addf(out, "\\%c", p[i]);
		else
			buf_addc(out, p[i]);
	if (quoted)
		buf_addc(out, '"');
}

/* Octets of p whose whole characters take at most room, but at least one. */
static size_t
piece_fit(const char *p, size_t len, int quoted, size_t room)
{
	size_t n = 0, unit;

	while (n < len) {
		unit = utf8_decode(p + n, len - n, NULL);
		unit = unit != 0 ? unit : 1;
		if (n != 0 && value_length(p, n + unit, quoted) > room)
			break;
		n += unit;
	}
	return n;
}

/* RFC 2231 3: value in pieces that fit a line, the first one with charset. */
static void
put_pieces(struct buf *out, const char *name, const char *value,
    const char *charset)
{
	int quoted = *charset == '\0';
	size_t len = strlen(value), room, n, i;

	for (i = 0; i == 0 || len != 0; i++) {
		room = strlen(name) + strlen(" *0000*=;");
		room = room < LINE_MAX_CHARS - 36 ? LINE_MAX_CHARS - room : 36;
		buf_addf(out, ";\r\n %s*%zu%s=", name, i, quoted ? "" : "*");
		if (i == 0) {
			buf_adds(out, charset);
			room -= strlen(charset);
		}
		n = piece_fit(value, len, quoted, room);
		put_value(out, value, n, quoted);
		value += n;
		len -= n;
	}
}

/* 1 when " name=value;" with a value of that many characters fits a line. */
static int
is_short(const char *name, size_t length)
{
	return strlen(name) + length + strlen(" =;") <= LINE_MAX_CHARS;
}

static void
put_compatible(struct buf *out, const char *name, const char *value,
    int quotable)
{
	size_t len = strlen(value);

	buf_addf(out, ";\r\n %s=", name);
	if (quotable) {
		put_value(out, value, len, 1);
		return;
	}
	buf_addc(out, '"');
	word_encode(out, value, len, 1, strlen(name) + strlen(" =\""));
	buf_addc(out, '"');
}

void
parameter_add(struct buf *out, const char *name, const char *value,
    int compatible)
{
	int quotable = is_quotable(value);
	size_t len = strlen(value);
	const char *charset = quotable ? "" :
	    utf8_is_valid(value, len) ? "UTF-8''" : "unknown-8bit''";

	if (is_token(value) && is_short(name, len)) {
		buf_addf(out, ";\r\n %s=%s", name, value);
		return;
	}
	if (quotable && is_short(name, value_length(value, len, 1))) {
		buf_addf(out, ";\r\n %s=", name);
		put_value(out, value, len, 1);
		return;
	}
	if (compatible)
		put_compatible(out, name, value, quotable);
	if (!quotable && is_short(name, 1 + strlen(charset) +
	    value_length(value, len, 0))) {
		buf_addf(out, ";\r\n %s*=%s", name, charset);
		put_value(out, value, len, 0);
	} else
		put_pieces(out, name, value, charset);
}

/* What is left of a field body to read. */
struct cursor {
	const char *p, *end;
};

/* One parameter as it is written, or a piece of one. */
struct piece {
	const char *value; /* NULL: none */
	size_t len;
	unsigned number;   /* of a piece, else 0 */
	int extended;      /* name*=, name*0*= */
};

static void
skip_comment(struct cursor *c)
{
	size_t depth = 0;

	for (; c->p < c->end; c->p++) {
		if (*c->p == '\\' && c->p + 1 < c->end)
			c->p++;
		else if (*c->p == '(')
			depth++;
		else if (*c->p == ')' && --depth == 0) {
			c->p++;
			return;
		}
	}
}

static void
skip_space(struct cursor *c)
{
	while (c->p < c->end && (ascii_is_space(*c->p) || *c->p == '('))
		if (*c->p == '(')
			skip_comment(c);
		else
			c->p++;
}

static void
skip_quoted(struct cursor *c)
{
	for (c->p++; c->p < c->end && *c->p != '"'; c->p++)
		if (*c->p == '\\' && c->p + 1 < c->end)
			c->p++;
	if (c->p < c->end)
		c->p++;
}

/* To the next semicolon, over quoted strings and comments. */
static void
skip_rest(struct cursor *c)
{
	while (c->p < c->end && *c->p != ';')
		if (*c->p == '"')
			skip_quoted(c);
		else if (*c->p == '(')
			skip_comment(c);
		else
			c->p++;
}

/*
 * Reads attribute and value behind a semicolon; 0 when there is no value. A
 * value without quotes goes to the semicolon: a file name with blanks is
 * often written so.
 */
static int
read_parameter(struct cursor *c, struct cursor *name, struct piece *value)
{
	skip_space(c);
	name->p = c->p;
	while (c->p < c->end && is_token_char(*c->p))
		c->p++;
	name->end = c->p;
	skip_space(c);
	if (c->p == c->end || *c->p != '=' || name->p == name->end)
		return 0;
	c->p++;
	skip_space(c);
	value->value = c->p;
	if (c->p < c->end && *c->p == '"')
		skip_quoted(c);
	else
		while (c->p < c->end && *c->p != ';' && *c->p != '(')
			c->p++;
	value->len = (size_t)(c->p - value->value);
	while (value->len != 0 && ascii_is_space(value->value[value->len - 1]))
		value->len--;
	return 1;
}

enum match { NO_MATCH, PLAIN, EXTENDED, PIECE };

/* Compares an attribute with name; what RFC 2231 puts behind goes to v. */
static enum match
match_name(const struct cursor *attribute, const char *name, struct piece *v)
{
	size_t len = strlen(name);
	struct cursor c = *attribute;

	if ((size_t)(c.end - c.p) < len ||
	    !ascii_is_equal(c.p, len, name, len))
		return NO_MATCH;
	c.p += len;
	v->number = 0;
	v->extended = c.p < c.end && c.end[-1] == '*';
	c.end -= v->extended;
	if (c.p == c.end)
		return v->extended ? EXTENDED : PLAIN;
	if (*c.p++ != '*' || c.p == c.end || (*c.p == '0' && c.p + 1 < c.end))
		return NO_MATCH;
	for (; c.p < c.end; c.p++) {
		if (*c.p < '0' || *c.p > '9')
			return NO_MATCH;
		v->number = v->number * 10 + (unsigned)(*c.p - '0');
		if (v->number >= PIECES_MAX)
			return NO_MATCH;
	}
	return PIECE;
}

static int
compare_pieces(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->value < y->value ? -1 : x->value > y->value;
}

/* Undoes quotes and folding. */
static void
add_plain(struct buf *out, const char *p, size_t len)
{
	int quoted = len != 0 && p[0] == '"';
	size_t i;

	for (i = (size_t)quoted; i < len; i++) {
		if (quoted && p[i] == '"')
			break;
		if (quoted && p[i] == '\\' && i + 1 < len)
			i++;
		if (p[i] != '\r' && p[i] != '\n')
			buf_addc(out, p[i]);
	}
}

static int
hex_value(char c)
{
	c = ascii_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
add_percent(struct buf *out, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] == '%' && i + 2 < len && hex_value(p[i + 1]) != -1 &&
		    hex_value(p[i + 2]) != -1) {
			buf_addc(out, (char)(hex_value(p[i + 1]) << 4 |
			    hex_value(p[i + 2])));
			i += 2;
		} else
			buf_addc(out, p[i]);
}

/* Takes charset'language' off the front of an extended value. */
static void
take_charset(struct buf *text, struct buf *charset)
{
	char *first = strchr(text->data, '\''), *second;

	second = first != NULL ? strchr(first + 1, '\'') : NULL;
	if (second == NULL)
		return;
	buf_add(charset, text->data, (size_t)(first - text->data));
	buf_consume(text, (size_t)(second + 1 - text->data));
}

/* Joins pieces 0, 1, 2 ... of the sorted v and converts them to UTF-8. */
static void
join(const struct piece *v, size_t n, struct buf *out)
{
	struct buf text = BUF_INIT, piece = BUF_INIT, charset = BUF_INIT;
	unsigned number = 0;
	size_t i;

	for (i = 0; i < n && v[i].number <= number; i++) {
		if (v[i].number < number)
			continue; /* the same number again */
		buf_reset(&piece);
		add_plain(&piece, v[i].value, v[i].len);
		if (number++ == 0 && v[i].extended)
			take_charset(&piece, &charset);
		if (v[i].extended)
			add_percent(&text, piece.data, piece.len);
		else
			buf_add(&text, piece.data, piece.len);
	}
	if (charset_to_utf8(charset.data, text.data, text.len, out) == -1)
		buf_add(out, text.data, text.len);
	buf_release(&charset);
	buf_release(&piece);
	buf_release(&text);
}

int
parameter_get(const char *body, size_t len, const char *name,
    struct buf *out)
{
	struct cursor c = { body, body + len }, attribute;
	struct piece v = { 0 }, plain = { 0 }, extended = { 0 }, *pieces = NULL;
	size_t n = 0, cap = 0;
	enum match m;

	for (skip_rest(&c); c.p < c.end; skip_rest(&c)) {
		c.p++;
		if (!read_parameter(&c, &attribute, &v))
			continue;
		m = match_name(&attribute, name, &v);
		if (m == PLAIN && plain.value == NULL)
			plain = v;
		else if (m == EXTENDED && extended.value == NULL)
			extended = v;
		else if (m == PIECE) {
			pieces = xgrow(pieces, n, &cap, sizeof *pieces);
			pieces[n++] = v;
		}
	}
	if (n != 0)
		qsort(pieces, n, sizeof *pieces, compare_pieces);
	if (extended.value != NULL)
		join(&extended, 1, out);
	else if (n != 0 && pieces[0].number == 0)
		join(pieces, n, out);
	else if (plain.value != NULL)
		add_plain(out, plain.value, plain.len);
	n = extended.value != NULL || plain.value != NULL ||
	    (n != 0 && pieces[0].number == 0);
	free(pieces);
	return n != 0;
}
