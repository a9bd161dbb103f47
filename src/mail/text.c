/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text from a stream into a file, line ends made CRLF: the part of message.h
 * that no header field takes part in.
 *
 * Works on the reader's chunks: memchr finds what divides them, each octet is
 * copied once, and what is asked for 8-bit octets and CRs is asked of a whole
 * stretch first. A line end may be cut in two by the end of a chunk, so CRs
 * are counted until the octet behind them says what they are: a run of them
 * in front of an LF is one line end with it, any other CR is one by itself.
 */
#include "mail/message.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

/* Text on its way through text_copy or text_examine. */
struct copier {
	struct writer *w;      /* NULL: only look */
	struct text_facts *facts;
	struct utf8_check utf8;
	size_t line;           /* octets of the unfinished line */
	size_t cr;             /* CRs whose meaning the next octet decides */
	int dot_ends;
	int dot;               /* "." begins the line, not yet written */
	int ended;             /* by a line with a lone dot */
	int has_cr, has_8bit;  /* of the stretch at hand: what to look for */
};

static size_t
count_8bit(const char *p, size_t len)
{
	uint64_t word;
	size_t i, n = 0;

	for (i = 0; len - i >= sizeof word; i += sizeof word) {
		memcpy(&word, p + i, sizeof word);
		word = (word >> 7) & 0x0101010101010101ULL;
		n += (size_t)((word * 0x0101010101010101ULL) >> 56);
	}
	for (; i < len; i++)
		n += (unsigned char)p[i] >> 7;
	return n;
}

/* Looks at octets that come next in the text. */
static void
examine(struct copier *c, const char *p, size_t len)
{
	if (c->has_8bit)
		c->facts->octets_8bit += (off_t)count_8bit(p, len);
	if (c->has_8bit || c->utf8.n != 0)
		utf8_check_push(&c->utf8, p, len);
}

static void
put(struct copier *c, const char *p, size_t len)
{
	c->facts->length += (off_t)len;
	if (c->w != NULL)
		writer_put(c->w, p, len);
}

static void
end_line(struct copier *c)
{
	if (c->dot) {
		c->ended = 1;
		return;
	}
	if (c->utf8.n != 0)
		utf8_check_push(&c->utf8, "\r", 1);
	if (c->line > c->facts->longest_line)
		c->facts->longest_line = c->line;
	c->line = 0;
	c->facts->lines++;
	put(c, "\r\n", 2);
}

/* CRs that turned out not to stand before an LF. */
static void
end_bare_cr(struct copier *c)
{
	for (; c->cr != 0 && !c->ended; c->cr--)
		end_line(c);
}

/* Octets of a line: no CR, LF or NUL. */
static void
copy_octets(struct copier *c, const char *p, size_t len)
{
	if (c->dot_ends && c->line == 0 && len == 1 && *p == '.') {
		c->dot = 1;
		c->line = 1;
		return;
	}
	if (c->dot) {
		put(c, ".", 1);
		c->dot = 0;
	}
	examine(c, p, len);
	c->line += len;
	put(c, p, len);
}

/* A stretch without LF and NUL. */
static void
copy_piece(struct copier *c, const char *p, size_t len)
{
	const char *cr;
	size_t n;

	while (len != 0 && !c->ended) {
		if (*p == '\r') {
			c->cr++;
			n = 1;
		} else {
			end_bare_cr(c);
			if (c->ended)
				break;
			cr = c->has_cr ? memchr(p, '\r', len) : NULL;
			n = cr != NULL ? (size_t)(cr - p) : len;
			copy_octets(c, p, n);
		}
		p += n;
		len -= n;
	}
}

/* A stretch without NUL. */
static void
copy_stretch(struct copier *c, const char *p, size_t len)
{
	const char *lf, *end = p + len;

	c->has_cr = memchr(p, '\r', len) != NULL;
	c->has_8bit = utf8_is_8bit(p, len);
	while (p < end && !c->ended) {
		lf = memchr(p, '\n', (size_t)(end - p));
		copy_piece(c, p, (size_t)((lf != NULL ? lf : end) - p));
		if (lf == NULL)
			break;
		c->cr = 0;
		if (!c->ended)
			end_line(c);
		p = lf + 1;
	}
}

static void
copy_chunk(struct copier *c, const char *p, size_t len)
{
	const char *nul, *end = p + len;

	while (p < end && !c->ended) {
		nul = memchr(p, '\0', (size_t)(end - p));
		if (nul == NULL)
			nul = end;
		if (nul != p)
			copy_stretch(c, p, (size_t)(nul - p));
		p = nul + 1;
	}
}

static void
copier_init(struct copier *c, struct writer *w, int flags,
    struct text_facts *facts)
{
	memset(c, 0, sizeof *c);
	c->w = w;
	c->facts = facts;
	c->dot_ends = (flags & TEXT_DOT_ENDS) != 0;
	memset(facts, 0, sizeof *facts);
}

static int
copy_all(struct copier *c, struct reader *r, struct fault *f)
{
	const char *p;
	size_t n;

	while (!c->ended && (n = reader_peek(r, &p)) != 0) {
		copy_chunk(c, p, n);
		reader_take(r, n);
		if (c->w != NULL && c->w->error != 0)
			return writer_flush(c->w, f);
	}
	end_bare_cr(c);
	if (r->error == 0)
		return 0;
	errno = r->error;
	return fault_errno(f, EX_IOERR, "cannot read the message");
}

int
text_copy(struct reader *r, const struct buf *first, struct writer *w,
    int flags, struct text_facts *facts, struct fault *f)
{
	struct copier c;

	copier_init(&c, w, flags, facts);
	if (first != NULL)
		copy_chunk(&c, first->data, first->len);
	if (copy_all(&c, r, f) == -1)
		return -1;
	if (c.line != 0)
		end_line(&c);
	facts->is_utf8 = utf8_check_done(&c.utf8);
	facts->ends_in_newline = 1;
	return writer_flush(w, f);
}

int
text_examine(struct reader *r, struct text_facts *facts, struct fault *f)
{
	struct copier c;

	copier_init(&c, NULL, 0, facts);
	if (copy_all(&c, r, f) == -1)
		return -1;
	facts->ends_in_newline = c.line == 0;
	if (c.line > facts->longest_line)
		facts->longest_line = c.line;
	if (c.line != 0)
		facts->lines++;
	facts->is_utf8 = utf8_check_done(&c.utf8);
	return 0;
}
