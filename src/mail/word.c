/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Encoded words (RFC 2047): the part of codec.h that puts text which is not
 * ASCII into header fields and reads it back.
 *
 * White space between two encoded words is not part of the text (6.2), that
 * between a word and plain text is; hence a stretch of text is encoded from
 * its first to its last token that needs it, with the white space within,
 * and exactly one blank is left on either side of the stretch. Lines with
 * encoded words stay within 76 columns, no character is split (5).
 */
#include "mail/codec.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"

#define WORD_MAX 75    /* RFC 2047 2: an encoded word */
#define WORD_FRAME 7   /* "=?", "?B?" and "?=" */
#define LINE_MAX_CHARS 76
#define CHARSET_MAX 64 /* with language; longer ones are none */
#define UNKNOWN "unknown-8bit" /* RFC 1428 */

/* Charset, encoding and text of an encoded word. */
struct word {
	const char *charset, *text;
	size_t charset_len, text_len;
	char encoding; /* b or q */
};

/* RFC 2047 2: token characters (especials end a token). */
static int
is_charset_char(char c)
{
	return c > 32 && c < 127 && strchr("()<>@,;:\"/[]?=", c) == NULL;
}

/*
 * Reads the encoded word at p, returns its length or 0. More than RFC 2047
 * allows is read in the text: blanks and 8-bit octets, which senders leave
 * there. Its end is the first question mark, so that no octet is looked at
 * for two words.
 */
static size_t
word_read(const char *p, size_t len, struct word *w)
{
	const char *end;
	size_t i = 2;

	if (len < 8 || p[0] != '=' || p[1] != '?')
		return 0;
	while (i < len && i < 2 + CHARSET_MAX && is_charset_char(p[i]))
		i++;
	if (i == 2 || len - i < 5 || p[i] != '?' || p[i + 2] != '?')
		return 0;
	w->charset = p + 2;
	w->charset_len = i - 2;
	w->encoding = ascii_lower(p[i + 1]);
	w->text = p + i + 3;
	if (w->encoding != 'b' && w->encoding != 'q')
		return 0;
	end = memchr(w->text, '?', len - i - 3);
	if (end == NULL || end + 1 == p + len || end[1] != '=')
		return 0;
	w->text_len = (size_t)(end - w->text);
	return (size_t)(end - p) + 2;
}

size_t
word_length(const char *p, size_t len)
{
	struct word w;

	return word_read(p, len, &w);
}

static int
hex_value(char c)
{
	c = ascii_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 0, or -1 when an "=" is not followed by two hexadecimal digits. */
static int
decode_q(struct buf *out, const char *p, size_t len)
{
	int high, low;
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] != '=') {
			buf_addc(out, p[i] == '_' ? ' ' : p[i]);
			continue;
		}
		high = i + 2 < len ? hex_value(p[i + 1]) : -1;
		low = i + 2 < len ? hex_value(p[i + 2]) : -1;
		if (high == -1 || low == -1)
			return -1;
		buf_addc(out, (char)(high << 4 | low));
		i += 2;
	}
	return 0;
}

/*
 * Words of one charset that follow each other are decoded together: encoders
 * split characters between words although they must not.
 */
struct run {
	struct buf octets;
	struct word first;       /* its charset is that of all */
	const char *start, *end; /* as written; start NULL: no run */
};

/* Appends the run as UTF-8: 1; as written when it cannot be decoded: 0. */
static int
run_finish(struct run *r, struct buf *out)
{
	char charset[CHARSET_MAX + 1];
	const char *star;
	size_t len = r->first.charset_len;
	int decoded;

	if (r->start == NULL)
		return 0;
	/* RFC 2231 5: a language may follow a "*". */
	star = memchr(r->first.charset, '*', len);
	if (star != NULL)
		len = (size_t)(star - r->first.charset);
	memcpy(charset, r->first.charset, len);
	charset[len] = '\0';
	decoded = charset_to_utf8(charset, r->octets.data, r->octets.len,
	    out) == 0;
	if (!decoded)
		buf_add(out, r->start, (size_t)(r->end - r->start));
	buf_reset(&r->octets);
	r->start = NULL;
	return decoded;
}

static int
is_all_space(const char *p, const char *end)
{
	while (p < end && ascii_is_space(*p))
		p++;
	return p == end;
}

/* Takes word w, written from start to end, behind the text at gap. */
static void
run_add(struct run *r, const struct word *w, const char *gap,
    const char *start, const char *end, struct buf *out)
{
	struct buf octets = BUF_INIT;
	int joined, ok;

	ok = (w->encoding == 'b' ?
	    base64_decode(&octets, w->text, w->text_len) :
	    decode_q(&octets, w->text, w->text_len)) == 0;
	joined = ok && r->start != NULL && is_all_space(gap, start);
	if (!joined || !ascii_is_equal(r->first.charset,
	    r->first.charset_len, w->charset, w->charset_len)) {
		if (!run_finish(r, out) || !joined)
			buf_add(out, gap, (size_t)(start - gap));
		if (!ok)
			buf_add(out, start, (size_t)(end - start));
	}
	if (ok) {
		if (r->start == NULL) {
			r->start = start;
			r->first = *w;
		}
		r->end = end;
		buf_add(&r->octets, octets.data, octets.len);
	}
	buf_release(&octets);
}

void
word_decode(struct buf *out, const char *text, size_t len)
{
	struct run r = { .octets = BUF_INIT, .start = NULL };
	const char *p = text, *end = text + len, *after = text;
	struct word w;
	size_t n;

	while (p < end && (p = memchr(p, '=', (size_t)(end - p))) != NULL) {
		n = word_read(p, (size_t)(end - p), &w);
		if (n == 0) {
			p++;
			continue;
		}
		run_add(&r, &w, after, p, p + n, out);
		p += n;
		after = p;
	}
	run_finish(&r, out);
	buf_add(out, after, (size_t)(end - after));
	buf_release(&r.octets);
}

/* A control character other than a tab does not pass as plain text. */
static int
needs_word(const char *p, size_t len, size_t i)
{
	if ((unsigned char)p[i] > 126 || (ascii_is_control(p[i]) &&
	    p[i] != '\t'))
		return 1;
	return p[i] == '=' && i + 1 < len && p[i + 1] == '?';
}

/*
 * The part of text to encode: from the first to the last token that needs
 * it, blanks around it but one each; to the very start or end where text
 * begins or ends in a blank, which would be lost. 0 when none needs it.
 */
static int
find_stretch(const char *text, size_t len, size_t *start, size_t *end)
{
	size_t a = 0, b = len;

	while (a < len && !needs_word(text, len, a))
		a++;
	if (a == len)
		return 0;
	while (!needs_word(text, len, b - 1))
		b--;
	while (a > 0 && !ascii_is_blank(text[a - 1]))
		a--;
	while (a > 1 && ascii_is_blank(text[a - 2]))
		a--;
	while (b < len && !ascii_is_blank(text[b]))
		b++;
	while (b + 1 < len && ascii_is_blank(text[b + 1]))
		b++;
	*start = ascii_is_blank(text[0]) ? 0 : a;
	*end = ascii_is_blank(text[len - 1]) ? len : b;
	return 1;
}

/* Text going out with lines of at most LINE_MAX_CHARS where blanks allow. */
struct line {
	struct buf *out;
	size_t column;
};

/* A blank run and the token behind it, on a new line when it must be. */
static void
put_token(struct line *l, const char *p, size_t blanks, size_t len)
{
	if (blanks != 0 && l->column + blanks + len > LINE_MAX_CHARS) {
		buf_adds(l->out, "\r\n");
		l->column = 0;
	}
	buf_add(l->out, p, blanks + len);
	l->column += blanks + len;
}

static void
put_plain(struct line *l, const char *p, size_t len)
{
	size_t i = 0, blanks, n;

	while (i < len) {
		for (blanks = 0; i + blanks < len; blanks++)
			if (!ascii_is_blank(p[i + blanks]))
				break;
		for (n = 0; i + blanks + n < len; n++)
			if (ascii_is_blank(p[i + blanks + n]))
				break;
		put_token(l, p + i, blanks, n);
		i += blanks + n;
	}
}

/* RFC 2047 5 (3): what may stand for itself in the Q encoding everywhere. */
static int
is_q_literal(char c, int phrase)
{
	if (ascii_is_alnum(c) || strchr("!*+-/", c) != NULL)
		return c != '\0';
	return !phrase && c > 32 && c < 127 && strchr("=?_()\"\\", c) == NULL;
}

static size_t
q_length(const char *p, size_t len, int phrase)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		n += is_q_literal(p[i], phrase) || p[i] == ' ' ? 1 : 3;
	return n;
}

static void
encode_q(struct buf *out, const char *p, size_t len, int phrase)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] == ' ')
			buf_addc(out, '_');
		else if (is_q_literal(p[i], phrase))
			buf_addc(out, p[i]);
		else
			buf_addf(out, "=%02X", (unsigned char)p[i]);
}

/* How a stretch is written. */
struct style {
	const char *charset;
	int is_utf8, phrase;
	char encoding; /* B or Q */
};

/*
 * How many octets of p go into max characters: whole characters, at least
 * one. B words are cut where no padding is needed, if there is such a place.
 */
static size_t
fit(const struct style *s, const char *p, size_t len, size_t max)
{
	size_t n = 0, chars = 0, unit, aligned = 0;

	while (n < len) {
		unit = s->is_utf8 ? utf8_decode(p + n, len - n, NULL) : 1;
		unit += unit == 0;
		chars = s->encoding == 'B' ? (n + unit + 2) / 3 * 4 :
		    chars + q_length(p + n, unit, s->phrase);
		if (n != 0 && chars > max)
			return s->encoding == 'B' && aligned != 0 ? aligned : n;
		n += unit;
		if (n % 3 == 0)
			aligned = n;
	}
	return n;
}

static void
put_words(struct line *l, const struct style *s, const char *p, size_t len)
{
	size_t frame = strlen(s->charset) + WORD_FRAME, n, start;
	size_t room = l->column < LINE_MAX_CHARS - frame ?
	    LINE_MAX_CHARS - frame - l->column : 0;
	struct style word;

	while (len != 0) {
		word = *s;
		if (room > WORD_MAX - frame)
			room = WORD_MAX - frame;
		n = fit(&word, p, len, room);
		/* GMime loses the B words behind one with padding. */
		if (word.encoding == 'B' && n != len && n % 3 != 0) {
			word.encoding = 'Q';
			n = fit(&word, p, len, room);
		}
		start = l->out->len;
		buf_addf(l->out, "=?%s?%c?", s->charset, word.encoding);
		if (word.encoding == 'B')
			base64_encode(l->out, p, n);
		else
			encode_q(l->out, p, n, s->phrase);
		buf_adds(l->out, "?=");
		l->column += l->out->len - start;
		p += n;
		len -= n;
		room = WORD_MAX - frame;
		if (len != 0) {
			buf_adds(l->out, "\r\n ");
			l->column = 1;
		}
	}
}

static void
encode(struct buf *out, const char *charset, const char *text, size_t len,
    int phrase, size_t column)
{
	struct line l = { out, column };
	struct style s = { charset, strcmp(charset, "UTF-8") == 0, phrase, 0 };
	size_t start, end, plain;

	if (!find_stretch(text, len, &start, &end)) {
		buf_add(out, text, len);
		return;
	}
	if (phrase)
		start = 0, end = len;
	s.encoding = q_length(text + start, end - start, phrase) <=
	    (end - start + 2) / 3 * 4 ? 'Q' : 'B';
	if (start != 0) {
		plain = start - 1;
		put_plain(&l, text, plain);
		/* A word in the rest of a line has room for a syllable. */
		put_token(&l, text + plain, 1, 0);
		if (l.column > LINE_MAX_CHARS / 2) {
			buf_truncate(out, out->len - 1);
			buf_adds(out, "\r\n");
			buf_addc(out, text[plain]);
			l.column = 1;
		}
	}
	put_words(&l, &s, text + start, end - start);
	put_plain(&l, text + end, len - end);
}

void
word_encode(struct buf *out, const char *text, size_t len, int phrase,
    size_t column)
{
	encode(out, utf8_is_valid(text, len) ? "UTF-8" : UNKNOWN, text, len,
	    phrase, column);
}

/* 1 when it can stand in a word in place of unknown-8bit. */
static int
is_label(const char *charset)
{
	size_t i;

	for (i = 0; charset[i] != '\0'; i++)
		if (!is_charset_char(charset[i]) || charset[i] == '*' || i > 39)
			return 0;
	return i != 0;
}

/* Text that is not UTF-8 must not be called so, whatever the locale is. */
static int
is_utf8_name(const char *charset)
{
	return ascii_is_same(charset, "UTF-8") ||
	    ascii_is_same(charset, "UTF8");
}

void
word_encode_charset(struct buf *out, const char *charset, const char *text,
    size_t len, int phrase, size_t column)
{
	struct buf utf8 = BUF_INIT;

	if (charset_to_utf8(charset, text, len, &utf8) == 0)
		encode(out, "UTF-8", utf8.data, utf8.len, phrase, column);
	else
		encode(out, is_label(charset) && !is_utf8_name(charset) ?
		    charset : UNKNOWN, text, len, phrase, column);
	buf_release(&utf8);
}
