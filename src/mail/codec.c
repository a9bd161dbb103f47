/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transfer encodings of RFC 2045 as streams, and charsets by iconv. Encoded
 * words are in word.c, parameters in parameter.c; all of them are behind
 * codec.h.
 *
 * The encoders never hold more than a chunk of the input and a line of the
 * output. A charset name comes from a message: it is checked before iconv
 * sees it, since iconv implementations take options behind a slash.
 */
#include "mail/codec.h"

#include <errno.h>
#include <iconv.h>
#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"

#define LINE_MAX_CHARS 76 /* RFC 2045 6.7 (5) and 6.8 */
#define LINE_OCTETS 57    /* input octets of a full base64 line */
#define NAME_OCTETS 40    /* of a charset */

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

off_t
base64_length(off_t length)
{
	off_t chars = (length + 2) / 3 * 4;

	return chars + (chars + LINE_MAX_CHARS - 1) / LINE_MAX_CHARS * 2;
}

/* Both characters of each 12-bit value: half as many look-ups. */
struct pair_table {
	char pair[4096][2];
};

static void
pair_table_init(struct pair_table *t)
{
	size_t i;

	for (i = 0; i < 4096; i++) {
		t->pair[i][0] = alphabet[i >> 6];
		t->pair[i][1] = alphabet[i & 63];
	}
}

/* One full line: LINE_OCTETS octets at p become 76 characters and CRLF. */
static void
encode_line(const struct pair_table *t, const unsigned char *p, char *out)
{
	unsigned long v;
	size_t i;

	for (i = 0; i < LINE_OCTETS; i += 3) {
		v = (unsigned long)p[i] << 16 | (unsigned long)p[i + 1] << 8 |
		    p[i + 2];
		memcpy(out, t->pair[v >> 12], 2);
		memcpy(out + 2, t->pair[v & 4095], 2);
		out += 4;
	}
	out[0] = '\r';
	out[1] = '\n';
}

/* Any number of octets, padded; returns the number of characters. */
static size_t
encode_octets(const unsigned char *p, size_t len, char *out)
{
	unsigned long v;
	size_t i, n = 0;

	for (i = 0; i + 3 <= len; i += 3) {
		v = (unsigned long)p[i] << 16 | (unsigned long)p[i + 1] << 8 |
		    p[i + 2];
		out[n++] = alphabet[v >> 18];
		out[n++] = alphabet[v >> 12 & 63];
		out[n++] = alphabet[v >> 6 & 63];
		out[n++] = alphabet[v & 63];
	}
	if (i == len)
		return n;
	v = (unsigned long)p[i] << 16;
	if (i + 1 < len)
		v |= (unsigned long)p[i + 1] << 8;
	out[n++] = alphabet[v >> 18];
	out[n++] = alphabet[v >> 12 & 63];
	out[n++] = i + 1 < len ? alphabet[v >> 6 & 63] : '=';
	out[n++] = '=';
	return n;
}

/* As many full lines as there are at p; returns the octets used. */
static size_t
encode_lines(const struct pair_table *t, const char *p, size_t len,
    struct writer *w)
{
	size_t done = 0;
	char *room;

	while (len - done >= LINE_OCTETS) {
		room = writer_room(w, LINE_MAX_CHARS + 2);
		encode_line(t, (const unsigned char *)p + done, room);
		writer_advance(w, LINE_MAX_CHARS + 2);
		done += LINE_OCTETS;
	}
	return done;
}

void
base64_write(struct reader *r, struct writer *w)
{
	struct pair_table table;
	char carry[LINE_OCTETS], *room;
	const char *p;
	size_t n, used, held = 0;

	pair_table_init(&table);
	while ((n = reader_peek(r, &p)) != 0) {
		if (held == 0 && n >= LINE_OCTETS) {
			reader_take(r, encode_lines(&table, p, n, w));
			continue;
		}
		used = LINE_OCTETS - held < n ? LINE_OCTETS - held : n;
		memcpy(carry + held, p, used);
		reader_take(r, used);
		held += used;
		if (held == LINE_OCTETS) {
			encode_lines(&table, carry, held, w);
			held = 0;
		}
	}
	if (held == 0)
		return;
	room = writer_room(w, LINE_MAX_CHARS);
	n = encode_octets((const unsigned char *)carry, held, room);
	writer_advance(w, n);
	writer_put(w, "\r\n", 2);
}

void
base64_encode(struct buf *out, const void *p, size_t len)
{
	if (buf_grow(out, (len + 2) / 3 * 4) == -1)
		return;
	if (len == 0)
		return;
	out->len += encode_octets(p, len, out->data + out->len);
	out->data[out->len] = '\0';
}

/* Value of a base64 character, -1 for any other. */
static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
base64_decode(struct buf *out, const char *p, size_t len)
{
	size_t i, before = out->len, n = 0, pads = 0;
	unsigned long v = 0;
	int digit;

	for (i = 0; i < len; i++) {
		if (ascii_is_space(p[i]))
			continue;
		if (p[i] == '=') {
			pads++;
			continue;
		}
		digit = base64_value(p[i]);
		if (digit == -1 || pads != 0)
			goto bad;
		v = v << 6 | (unsigned long)digit;
		if (++n % 4 != 1)
			buf_addc(out, (char)(v >> (4 - n % 4) * 2 % 8 & 255));
	}
	if (n % 4 == 1 || (pads != 0 && (n + pads) % 4 != 0) || pads > 2)
		goto bad;
	return 0;
bad:
	buf_truncate(out, before);
	return -1;
}

/* A line of quoted-printable being made. */
struct qp {
	struct writer *w;
	char line[LINE_MAX_CHARS + 2];
	size_t len; /* at most LINE_MAX_CHARS */
	int cr;     /* a CR was read whose LF may follow */
	int soft;   /* a soft line break is in front of it */
};

static const char hex[] = "0123456789ABCDEF";

/*
 * A line that begins with "." or "From ": a lone dot ends a mail in SMTP,
 * "From " begins one in an mbox. Hides the first character; returns the
 * length of the line.
 */
static size_t
qp_hide(char *line, size_t len)
{
	char c = line[0];

	memmove(line + 3, line + 1, len - 1);
	line[0] = '=';
	line[1] = hex[(unsigned char)c >> 4];
	line[2] = hex[(unsigned char)c & 15];
	return len + 2;
}

static void
qp_end_line(struct qp *q)
{
	q->line[q->len++] = '\r';
	q->line[q->len++] = '\n';
	writer_put(q->w, q->line, q->len);
	q->len = 0;
}

/* Makes room for len more characters: by a soft line break if need be. */
static void
qp_room(struct qp *q, size_t len)
{
	char tail[3];
	size_t n = 0;

	if (q->len + len <= LINE_MAX_CHARS)
		return;
	/* The "=" needs the last column; what stands there moves on. */
	if (q->len == LINE_MAX_CHARS) {
		n = q->line[q->len - 3] == '=' ? 3 : 1;
		q->len -= n;
		memcpy(tail, q->line + q->len, n);
	}
	q->line[q->len++] = '=';
	qp_end_line(q);
	q->soft = 1;
	memcpy(q->line, tail, n);
	q->len = n;
	if (n == 1 && tail[0] == '.')
		q->len = qp_hide(q->line, 1);
}

static void
qp_escape(struct qp *q, unsigned char c)
{
	qp_room(q, 3);
	q->line[q->len++] = '=';
	q->line[q->len++] = hex[c >> 4];
	q->line[q->len++] = hex[c & 15];
}

/* White space at the end of a line would be lost on the way. */
static void
qp_guard_end(struct qp *q)
{
	char c;

	if (q->len == 0 || !ascii_is_blank(q->line[q->len - 1]))
		return;
	c = q->line[--q->len];
	qp_escape(q, (unsigned char)c);
}

static int
qp_is_plain(unsigned char c)
{
	return (c > 32 && c < 127 && c != '=') || c == ' ' || c == '\t';
}

/* 1 when what stands on the line must not begin one. */
static int
qp_is_hidden(const struct qp *q)
{
	if (q->line[0] == '.')
		return 1;
	/* Dividing a line must not make a delimiter line (RFC 2046 5.1.1). */
	if (q->soft && q->len >= 2 && memcmp(q->line, "--", 2) == 0)
		return 1;
	return q->len == 5 && memcmp(q->line, "From ", 5) == 0;
}

/*
 * Takes a run of plain characters that fits the line. The first five are
 * looked at, also behind a soft line break.
 */
static size_t
qp_plain(struct qp *q, const char *p, size_t len)
{
	size_t n = 0, room;

	qp_room(q, 1);
	room = (q->len < 5 ? 5 : LINE_MAX_CHARS) - q->len;
	while (n < len && n < room && qp_is_plain((unsigned char)p[n]))
		q->line[q->len++] = p[n++];
	if (qp_is_hidden(q))
		q->len = qp_hide(q->line, q->len);
	return n;
}

static size_t
qp_take(struct qp *q, const char *p, size_t len)
{
	if (q->cr) {
		q->cr = 0;
		if (*p == '\n') {
			qp_guard_end(q);
			qp_end_line(q);
			q->soft = 0;
			return 1;
		}
		qp_escape(q, '\r');
	}
	if (qp_is_plain((unsigned char)*p))
		return qp_plain(q, p, len);
	if (*p == '\r')
		q->cr = 1;
	else
		qp_escape(q, (unsigned char)*p);
	return 1;
}

void
qp_write(struct reader *r, struct writer *w)
{
	struct qp q = { .w = w };
	const char *p;
	size_t done, n;

	while ((n = reader_peek(r, &p)) != 0) {
		for (done = 0; done < n;)
			done += qp_take(&q, p + done, n - done);
		reader_take(r, n);
	}
	if (q.cr)
		qp_escape(&q, '\r');
	qp_guard_end(&q);
	writer_put(w, q.line, q.len);
}

/*
 * Names that mail uses for something wider or other than what iconv knows by
 * them: senders that say GB2312 mean GBK and more.
 */
static const struct {
	const char *name, *means;
} charset_aliases[] = {
	{ "gb2312", "GB18030" },
	{ "gb_2312-80", "GB18030" },
	{ "gbk", "GB18030" },
	{ "x-gbk", "GB18030" },
	{ "cp936", "GB18030" },
	{ "ks_c_5601-1987", "CP949" },
	{ "euc-kr", "CP949" },
	{ "x-sjis", "SHIFT_JIS" },
	{ "unicode-1-1-utf-7", "UTF-7" },
	{ "latin-1", "ISO-8859-1" },
	{ "utf8", "UTF-8" },
	{ "ascii", "US-ASCII" },
	{ "ansi_x3.4-1968", "US-ASCII" },
	{ "646", "US-ASCII" },
};

/* The name for iconv, NULL when it is none that iconv should see. */
static const char *
charset_name(const char *charset)
{
	size_t i, len = strlen(charset);

	if (len == 0 || len > NAME_OCTETS)
		return NULL;
	for (i = 0; i < len; i++)
		if (!ascii_is_alnum(charset[i]) &&
		    strchr("-_.:+()", charset[i]) == NULL)
			return NULL;
	for (i = 0; i < sizeof charset_aliases / sizeof *charset_aliases; i++)
		if (ascii_is_equal(charset, len, charset_aliases[i].name,
		    strlen(charset_aliases[i].name)))
			return charset_aliases[i].means;
	return charset;
}

/* Runs text through cd; -1 when it is not valid or ends within a character. */
static int
convert(iconv_t cd, const char *text, size_t len, struct buf *out)
{
	/* POSIX: iconv writes nothing through this pointer. */
	char *in = (char *)(uintptr_t)text, *room;
	size_t left, rc;
	int flush = 0;

	for (;;) {
		if (buf_grow(out, len + 64) == -1)
			return -1;
		room = out->data + out->len;
		left = out->cap - out->len - 1;
		rc = flush ? iconv(cd, NULL, NULL, &room, &left) :
		    iconv(cd, &in, &len, &room, &left);
		out->len = (size_t)(room - out->data);
		out->data[out->len] = '\0';
		if (rc == (size_t)-1 && errno != E2BIG)
			return -1;
		if (rc != (size_t)-1 && flush)
			return 0;
		if (rc != (size_t)-1)
			flush = 1;
	}
}

int
charset_to_utf8(const char *charset, const char *text, size_t len,
    struct buf *out)
{
	const char *name = charset_name(charset);
	size_t before = out->len;
	iconv_t cd;
	int rc;

	if (name == NULL)
		return -1;
	if (ascii_is_same(name, "UTF-8") || ascii_is_same(name, "US-ASCII")) {
		if (ascii_is_same(name, "UTF-8") ? !utf8_is_valid(text, len) :
		    utf8_is_8bit(text, len))
			return -1;
		return buf_add(out, text, len);
	}
	cd = iconv_open("UTF-8", name);
	if (cd == (iconv_t)-1)
		return -1;
	rc = convert(cd, text, len, out);
	iconv_close(cd);
	if (rc == -1)
		buf_truncate(out, before);
	return rc;
}

/*
 * The process itself stays in the locale C: nothing else here shall depend on
 * the user's, and few calls have a text that makes its files worth reading.
 */
const char *
charset_locale(void)
{
	static char kept[NAME_OCTETS + 1];
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	const char *name;

	if (locale == (locale_t)0)
		return "";
	name = charset_name(nl_langinfo_l(CODESET, locale));
	if (name == NULL || ascii_is_same(name, "US-ASCII"))
		name = "";
	memcpy(kept, name, strlen(name) + 1);
	freelocale(locale);
	return kept;
}
