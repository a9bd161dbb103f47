/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A few places in a line are looked at octet by octet, the text of lines is
 * copied in one piece. The octets stay as they are but for the dots: line
 * ends, NUL and bare CR are the business of text_copy, which sees no lone dot
 * where this has seen none.
 */
#include "submit/smtp_data.h"

#include <string.h>

void
smtp_data_init(struct smtp_data *d, enum smtp_line_ends ends)
{
	d->ends = ends;
	d->place = SMTP_DATA_BEGIN;
}

/* Where an octet leads that has been passed on as text. */
static enum smtp_data_place
behind(const struct smtp_data *d, int after_cr, char c)
{
	if (c == '\r')
		return SMTP_DATA_CR;
	if (c == '\n')
		return after_cr || d->ends == SMTP_ENDS_LF ?
		    SMTP_DATA_BEGIN : SMTP_DATA_BEGIN_LF;
	return SMTP_DATA_TEXT;
}

/* The place of an octet that is not passed on (yet), -1 of any other. */
static int
swallow(const struct smtp_data *d, char c)
{
	switch (d->place) {
	case SMTP_DATA_BEGIN:
		return c == '.' ? SMTP_DATA_DOT : -1;
	case SMTP_DATA_DOT:
		if (c == '\n' && d->ends == SMTP_ENDS_LF)
			return SMTP_DATA_END;
		return c == '\r' ? SMTP_DATA_DOT_CR : -1;
	case SMTP_DATA_DOT_CR:
		return c == '\n' ? SMTP_DATA_END : -1;
	case SMTP_DATA_DOT_LF:
		return c == '.' ? SMTP_DATA_TEXT : -1;
	default:
		return -1;
	}
}

/* An octet at the begin of a line, or behind the dot there. */
static void
take_octet(struct smtp_data *d, char c, char *out, size_t *n)
{
	int after_cr = d->place == SMTP_DATA_DOT_CR;
	int place = swallow(d, c);

	if (place == -1) {
		/* Not the end: the dot is dropped, a CR behind it is text. */
		if (after_cr)
			out[(*n)++] = '\r';
		out[(*n)++] = c;
		place = d->place == SMTP_DATA_BEGIN_LF && c == '.' ?
		    SMTP_DATA_DOT_LF : (int)behind(d, after_cr, c);
	}
	d->place = (enum smtp_data_place)place;
}

/* Text up to the next LF, or all of it. */
static size_t
take_text(struct smtp_data *d, const char *p, size_t len, char *out,
    size_t *n)
{
	const char *lf = memchr(p, '\n', len);
	size_t taken = lf != NULL ? (size_t)(lf - p) + 1 : len;
	int after_cr = taken > 1 ? p[taken - 2] == '\r' :
	    d->place == SMTP_DATA_CR;

	memcpy(out + *n, p, taken);
	*n += taken;
	d->place = behind(d, after_cr, p[taken - 1]);
	return taken;
}

size_t
smtp_data_take(struct smtp_data *d, const char *p, size_t len, char *out,
    size_t *out_len)
{
	size_t taken = 0, n = 0;

	while (taken < len && d->place != SMTP_DATA_END)
		if (d->place == SMTP_DATA_TEXT || d->place == SMTP_DATA_CR)
			taken += take_text(d, p + taken, len - taken, out, &n);
		else
			take_octet(d, p[taken++], out, &n);
	*out_len = n;
	return taken;
}
