/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Repairs of encoded text for the wire (RFC 2045 6.7 and 6.8). They run only
 * on parts that break a limit, so they go octet by octet and are plain.
 *
 * A divided line must not make a delimiter line of a multipart around it:
 * base64 has no "-"; quoted-printable encodes a "-" that a soft line break
 * has brought to the beginning of a line; a folded line begins with a space.
 */
#include "mail/repair.h"

#include <string.h>

#include "base/ascii.h"

#define LINE_MAX_CHARS 76
#define PLAIN_MAX_CHARS 990

/* Output with a count of the characters on the line. */
struct line_writer {
	struct writer *w;
	size_t column;
};

static void
put(struct line_writer *l, const char *p, size_t len)
{
	writer_put(l->w, p, len);
	l->column += len;
}

static void
end_line(struct line_writer *l)
{
	writer_puts(l->w, "\r\n");
	l->column = 0;
}

/* Next octet of r, -1 at the end. */
static int
next_octet(struct reader *r)
{
	const char *p;
	int c;

	if (reader_peek(r, &p) == 0)
		return -1;
	c = (unsigned char)*p;
	reader_take(r, 1);
	return c;
}

void
repair_base64(struct reader *r, struct writer *w)
{
	struct line_writer l = { w, 0 };
	char octet;
	int c;

	while ((c = next_octet(r)) != -1) {
		octet = (char)c;
		if (!ascii_is_alnum(octet) && c != '+' && c != '/' && c != '=')
			continue;
		put(&l, &octet, 1);
		if (l.column == LINE_MAX_CHARS)
			end_line(&l);
	}
	if (l.column != 0)
		end_line(&l);
}

/*
 * quoted-printable in units that a soft line break must not divide. One is
 * held back until it is known whether the line ends behind it: only then it
 * may stand in the last column.
 */
struct qp_repair {
	struct line_writer line;
	char held[3];
	size_t held_len;
	char unit[3]; /* "=" and what of its hex digits was read */
	size_t unit_len;
};

static void
put_held(struct qp_repair *q, size_t max)
{
	if (q->line.column + q->held_len > max) {
		put(&q->line, "=", 1);
		end_line(&q->line);
		if (q->held[0] == '-') {
			memcpy(q->held, "=2D", 3);
			q->held_len = 3;
		}
	}
	put(&q->line, q->held, q->held_len);
	q->held_len = 0;
}

static void
hold(struct qp_repair *q, const char *p, size_t len)
{
	put_held(q, LINE_MAX_CHARS - 1);
	memcpy(q->held, p, len);
	q->held_len = len;
}

/* Ends a unit that is not a whole "=XX": "=" at a line end, or damage. */
static void
end_unit(struct qp_repair *q)
{
	if (q->unit_len != 0)
		hold(q, q->unit, q->unit_len);
	q->unit_len = 0;
}

/* A "=" in front of an octet that becomes "=XX" must not join with it. */
static void
escape_damage(struct qp_repair *q)
{
	size_t i;

	if (q->unit_len != 0)
		hold(q, "=3D", 3);
	for (i = 1; i < q->unit_len; i++)
		hold(q, &q->unit[i], 1);
	q->unit_len = 0;
}

static void
qp_octet(struct qp_repair *q, int c)
{
	static const char hex[] = "0123456789ABCDEF";
	char escape[3] = { '=', hex[c >> 4], hex[c & 15] }, octet = (char)c;

	if (c == '\r')
		return;
	if (q->unit_len != 0 && ascii_is_alnum(octet)) {
		q->unit[q->unit_len++] = octet;
		if (q->unit_len == 3)
			end_unit(q);
		return;
	}
	if (c > 127)
		escape_damage(q);
	end_unit(q);
	if (c == '\n') {
		put_held(q, LINE_MAX_CHARS);
		end_line(&q->line);
	} else if (c == '=') {
		q->unit[q->unit_len++] = '=';
	} else if (c > 127) {
		hold(q, escape, 3);
	} else {
		hold(q, &octet, 1);
	}
}

void
repair_qp(struct reader *r, struct writer *w)
{
	struct qp_repair q = { .line = { w, 0 } };
	int c;

	while ((c = next_octet(r)) != -1)
		qp_octet(&q, c);
	end_unit(&q);
	put_held(&q, LINE_MAX_CHARS);
}

void
repair_plain(struct reader *r, struct writer *w, int hide)
{
	struct line_writer l = { w, 0 };
	char octet;
	int c;

	while ((c = next_octet(r)) != -1) {
		if (c == '\r')
			continue;
		if (c == '\n') {
			end_line(&l);
			continue;
		}
		if (l.column == PLAIN_MAX_CHARS) {
			end_line(&l);
			put(&l, " ", 1);
		}
		if (hide && l.column == 0 && c == '-')
			put(&l, " ", 1);
		octet = c > 127 ? '?' : (char)c;
		put(&l, &octet, 1);
	}
}
