/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Header sections (RFC 5322 2.2): reading from a stream, finding, changing
 * and writing fields. What 8-bit text becomes is in encode.c.
 *
 * A field stays byte for byte what was read, but for line ends, NUL and bare
 * CR. Where the header ends is decided line by line: a blank line, or the
 * first line that is neither a field nor the continuation of one. A name may
 * have white space before its colon (RFC 5322 4.5: "Bcc : x" is a Bcc field).
 * Everything is linear in the size of the header.
 */
#include "mail/header.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/log.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/codec.h"

#define NAME_MAX_OCTETS 998 /* a longer "name" is text with a colon */
#define LINE_LOOK 4096      /* enough of a line to tell what it is */
#define LINE_OCTETS 998     /* RFC 5322 2.1.1: must not be longer */
#define LINE_COLUMNS 78     /* should not be longer */

void
header_init(struct header *h)
{
	memset(h, 0, sizeof *h);
}

void
header_release(struct header *h)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		free(h->v[i].text);
	free(h->v);
	header_init(h);
}

static int
is_name_char(char c)
{
	return c > 32 && c < 127 && c != ':';
}

/*
 * Length of the field name that line begins with, 0 when it begins no field;
 * *body is set to the offset behind the colon.
 */
static size_t
name_length(const char *line, size_t len, size_t *body)
{
	size_t i = 0, n;

	while (i < len && i <= NAME_MAX_OCTETS && is_name_char(line[i]))
		i++;
	n = i;
	while (i < len && ascii_is_blank(line[i]))
		i++;
	if (n == 0 || n > NAME_MAX_OCTETS || i == len || line[i] != ':')
		return 0;
	*body = i + 1;
	return n;
}

/* Puts in a field made of text, which is taken. */
static void
put_field(struct header *h, size_t at, char *text, size_t len)
{
	struct field f = { .text = text, .len = len };

	f.name_len = name_length(text, len, &f.body);
	assert(f.name_len != 0 && at <= h->n);
	h->v = xgrow(h->v, h->n, &h->cap, sizeof *h->v);
	memmove(h->v + at + 1, h->v + at, (h->n - at) * sizeof *h->v);
	h->v[at] = f;
	h->n++;
}

/* The state of reading a header section. */
struct header_reader {
	struct header *h;
	struct buf line;  /* as read */
	struct buf text;  /* the same without its end, NUL and bare CR */
	struct buf field; /* the field so far, lines joined by CRLF */
	struct buf doubt; /* mbox lines, as read, that may be text */
	size_t total;
	int mbox;         /* mbox lines may still come */
};

enum line_kind { LINE_BLANK, LINE_FOLD, LINE_FIELD, LINE_MBOX, LINE_OTHER };

/* Puts the field that is complete into the header. */
static void
finish_field(struct header_reader *hr)
{
	/* A copy of the right size: the buffer has grown by doubling. */
	if (hr->field.len != 0)
		put_field(hr->h, hr->h->n, xmemdup(hr->field.data,
		    hr->field.len), hr->field.len);
	buf_reset(&hr->field);
}

static enum line_kind
classify(const struct header_reader *hr, const struct buf *text)
{
	size_t body;

	if (text->len == 0)
		return LINE_BLANK;
	if (hr->field.len != 0 && ascii_is_blank(text->data[0]))
		return LINE_FOLD;
	if (hr->mbox && strncmp(text->data + (text->data[0] == '>'), "From ",
	    5) == 0)
		return LINE_MBOX;
	return name_length(text->data, text->len, &body) != 0 ? LINE_FIELD :
	    LINE_OTHER;
}

/* hr->line without its end into hr->text: NUL dropped, CR made a space. */
static void
clean_line(struct header_reader *hr)
{
	size_t i, n = 0, len = hr->line.len;
	const char *p = hr->line.data;

	if (len != 0 && p[len - 1] == '\n')
		len--;
	while (len != 0 && p[len - 1] == '\r')
		len--;
	buf_reset(&hr->text);
	buf_grow(&hr->text, len);
	for (i = 0; i < len; i++)
		if (p[i] != '\0')
			hr->text.data[n++] = p[i] == '\r' ? ' ' : p[i];
	hr->text.len = n;
	hr->text.data[n] = '\0';
}

/*
 * 1 when the piece of a line that has been read is enough to tell that it is
 * no field. Asked of what is left of it without NUL and CR, as of whole lines:
 * else the rest of a Bcc field could become text.
 */
static int
is_text(struct header_reader *hr)
{
	clean_line(hr);
	return classify(hr, &hr->text) == LINE_OTHER;
}

/*
 * Reads a line into hr->line: 1, 0 at the end, -1 with a fault. Of a long
 * line that is no field only a piece is read: a body may be one line of any
 * length.
 */
static int
read_line(struct header_reader *hr, struct reader *r, struct fault *f)
{
	const char *p, *nl;
	size_t n, before;

	buf_reset(&hr->line);
	while ((n = reader_peek(r, &p)) != 0) {
		nl = memchr(p, '\n', n);
		if (nl != NULL)
			n = (size_t)(nl - p) + 1;
		hr->total += n;
		if (hr->total > HEADER_MAX)
			return fault_set(f, EX_DATAERR, "the header is larger "
			    "than %zu octets (a blank line ends it)",
			    HEADER_MAX);
		before = hr->line.len;
		buf_add(&hr->line, p, n);
		reader_take(r, n);
		if (nl != NULL || (before <= LINE_LOOK &&
		    hr->line.len > LINE_LOOK && is_text(hr)))
			break;
	}
	if (r->error != 0) {
		errno = r->error;
		return fault_errno(f, EX_IOERR, "cannot read the message");
	}
	return hr->line.len != 0;
}

/* 1 when line has a time of day, as every mbox line has: "10:59". */
static int
has_time(const struct buf *line)
{
	const char *p = line->data;

	while ((p = strchr(p, ':')) != NULL) {
		if (p > line->data && ascii_is_digit(p[-1]) &&
		    ascii_is_digit(p[1]) && ascii_is_digit(p[2]))
			return 1;
		p++;
	}
	return 0;
}

/* Takes the line in hr->line; returns 1 when it ended the header (*end). */
static int
take_line(struct header_reader *hr, enum header_end *end)
{
	clean_line(hr);
	switch (classify(hr, &hr->text)) {
	case LINE_BLANK:
		*end = HEADER_BLANK;
		return 1;
	case LINE_OTHER:
		*end = HEADER_BODY;
		return 1;
	case LINE_MBOX:
		if (!has_time(&hr->text))
			buf_add(&hr->doubt, hr->line.data, hr->line.len);
		return 0;
	case LINE_FOLD:
		buf_adds(&hr->field, "\r\n");
		break;
	case LINE_FIELD:
		finish_field(hr);
		break;
	}
	hr->mbox = 0;
	buf_add(&hr->field, hr->text.data, hr->text.len);
	return 0;
}

int
header_read(struct header *h, struct reader *r, int drop_mbox,
    struct buf *rest, struct fault *f)
{
	struct header_reader hr = { .h = h, .line = BUF_INIT,
		.text = BUF_INIT, .field = BUF_INIT, .doubt = BUF_INIT,
		.mbox = drop_mbox };
	enum header_end end = HEADER_EOF;
	int rc;

	while ((rc = read_line(&hr, r, f)) == 1)
		if (take_line(&hr, &end))
			break;
	if (rc != -1) {
		finish_field(&hr);
		/* "From now on ..." without a field behind it is a text. */
		if (h->n == 0 && hr.doubt.len != 0) {
			buf_add(rest, hr.doubt.data, hr.doubt.len);
			end = HEADER_BODY;
		}
		rc = (int)end;
	}
	if (rc == HEADER_BODY)
		buf_add(rest, hr.line.data, hr.line.len);
	buf_release(&hr.line);
	buf_release(&hr.text);
	buf_release(&hr.field);
	buf_release(&hr.doubt);
	return rc;
}

int
field_is(const struct field *f, const char *name)
{
	return ascii_is_equal(f->text, f->name_len, name, strlen(name));
}

size_t
header_find(const struct header *h, const char *name, size_t from)
{
	while (from < h->n && !field_is(&h->v[from], name))
		from++;
	return from < h->n ? from : h->n;
}

int
header_has(const struct header *h, const char *name)
{
	return header_find(h, name, 0) < h->n;
}

void
field_body(const struct field *f, struct buf *out)
{
	const char *p = f->text + f->body, *end = f->text + f->len;

	while (p < end && ascii_is_space(*p))
		p++;
	while (end > p && ascii_is_space(end[-1]))
		end--;
	for (; p < end; p++)
		if (*p != '\r' && *p != '\n')
			buf_addc(out, *p);
}

/* 1 when every CRLF is a fold and there is no other CR, LF or NUL. */
static int
is_foldable_body(const char *body)
{
	for (; *body != '\0'; body++) {
		if (*body == '\n')
			return 0;
		if (*body != '\r')
			continue;
		if (body[1] != '\n' || !ascii_is_blank(body[2]))
			return 0;
		body++;
	}
	return 1;
}

void
header_insert(struct header *h, size_t at, const char *name,
    const char *body)
{
	struct buf text = BUF_INIT;
	size_t len;

	assert(is_foldable_body(body));
	buf_addf(&text, "%s: %s", name, body);
	len = text.len;
	put_field(h, at, buf_detach(&text), len);
}

void
header_add(struct header *h, const char *name, const char *body)
{
	header_insert(h, h->n, name, body);
}

void
header_replace(struct header *h, size_t at, const char *body)
{
	struct header one = HEADER_INIT;
	char *name = xmemdup(h->v[at].text, h->v[at].name_len);

	/* In place: a header with 100,000 fields may need this for each. */
	header_insert(&one, 0, name, body);
	free(h->v[at].text);
	h->v[at] = one.v[0];
	free(one.v);
	free(name);
}

void
header_remove_at(struct header *h, size_t at)
{
	assert(at < h->n);
	free(h->v[at].text);
	h->n--;
	memmove(h->v + at, h->v + at + 1, (h->n - at) * sizeof *h->v);
}

size_t
header_remove_rest(struct header *h, const char *name, size_t from)
{
	size_t i, kept = from, removed;

	for (i = from; i < h->n; i++)
		if (field_is(&h->v[i], name))
			free(h->v[i].text);
		else
			h->v[kept++] = h->v[i];
	removed = h->n - kept;
	h->n = kept;
	return removed;
}

size_t
header_remove(struct header *h, const char *name)
{
	return header_remove_rest(h, name, 0);
}

void
header_move(struct header *h, const char *prefix, struct header *to)
{
	size_t i, kept = 0, len = strlen(prefix);

	for (i = 0; i < h->n; i++)
		if (h->v[i].name_len >= len &&
		    ascii_is_equal(h->v[i].text, len, prefix, len))
			put_field(to, to->n, h->v[i].text, h->v[i].len);
		else
			h->v[kept++] = h->v[i];
	h->n = kept;
}

int
header_is_8bit(const struct header *h)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (utf8_is_8bit(h->v[i].text, h->v[i].len))
			return 1;
	return 0;
}

/* Length of the line at offset at of a field, without CRLF. */
static size_t
line_length(const struct field *f, size_t at)
{
	const char *nl = memchr(f->text + at, '\n', f->len - at);

	return nl != NULL ? (size_t)(nl - 1 - (f->text + at)) : f->len - at;
}

static size_t
field_longest_line(const struct field *f)
{
	size_t at, n, longest = 0;

	for (at = 0; at < f->len; at += n + 2) {
		n = line_length(f, at);
		if (n > longest)
			longest = n;
	}
	return longest;
}

size_t
header_longest_line(const struct header *h)
{
	size_t i, n, longest = 0;

	for (i = 0; i < h->n; i++) {
		n = field_longest_line(&h->v[i]);
		if (n > longest)
			longest = n;
	}
	return longest;
}

/* A field being folded. */
struct folder {
	struct buf out;
	size_t column;
	int commas;   /* lines may break behind them */
	int quoted;   /* within a quoted string */
	size_t depth; /* of comments */
};

/*
 * Length of the blanks at p with the token behind them: up to the next blank,
 * in an address field also to a comma that divides. A blank that a backslash
 * quotes divides nothing.
 */
static size_t
token_length(struct folder *fo, const char *p, size_t len)
{
	size_t i = 0;

	while (i < len && ascii_is_blank(p[i]))
		i++;
	while (i < len && !ascii_is_blank(p[i])) {
		i++;
		if (!fo->commas)
			continue;
		if (p[i - 1] == '\\' && i < len &&
		    (fo->quoted || fo->depth != 0))
			i++;
		else if (p[i - 1] == '"' && fo->depth == 0)
			fo->quoted = !fo->quoted;
		else if (p[i - 1] == '(' && !fo->quoted)
			fo->depth++;
		else if (p[i - 1] == ')' && fo->depth != 0)
			fo->depth--;
		else if (p[i - 1] == ',' && !fo->quoted && fo->depth == 0)
			break;
	}
	return i;
}

/*
 * Appends one line; with fold, in lines of LINE_COLUMNS where it can be. The
 * name is not left alone on its line unless that helps, and no line is of
 * blanks only.
 */
static void
fold_line(struct folder *fo, const char *p, size_t len, int fold)
{
	size_t n, limit = ascii_is_blank(p[0]) ? LINE_COLUMNS : LINE_OCTETS;

	for (fo->column = 0; len != 0; p += n, len -= n) {
		n = token_length(fo, p, len);
		if (fold && fo->column != 0 &&
		    !ascii_is_blank(p[n - 1])) {
			if (fo->column + n > limit) {
				buf_adds(&fo->out, "\r\n");
				fo->column = 0;
				if (!ascii_is_blank(p[0])) {
					buf_addc(&fo->out, ' ');
					fo->column = 1;
				}
			}
			limit = LINE_COLUMNS;
		}
		buf_add(&fo->out, p, n);
		fo->column += n;
	}
}

/* Folds the lines of a field that are longer than max. */
static void
fold_field(struct field *f, size_t max)
{
	struct folder fo = { .out = BUF_INIT };
	size_t at, n;

	if (field_longest_line(f) <= max)
		return;
	fo.commas = field_kind(f) == FIELD_ADDRESSES;
	for (at = 0; at < f->len; at += n + 2) {
		n = line_length(f, at);
		if (at != 0)
			buf_adds(&fo.out, "\r\n");
		fold_line(&fo, f->text + at, n, n > max);
	}
	free(f->text);
	f->len = fo.out.len;
	f->text = buf_detach(&fo.out);
}

void
header_fold_long(struct header *h)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		fold_field(&h->v[i], LINE_OCTETS);
}

void
header_format(const struct header *h, struct buf *out)
{
	size_t i;

	for (i = 0; i < h->n; i++) {
		buf_add(out, h->v[i].text, h->v[i].len);
		buf_adds(out, "\r\n");
	}
}

/* 1 when text has a control character (also the C1 ones of Unicode). */
static int
has_control(const char *text)
{
	size_t i, n, len = strlen(text);
	unsigned long point;

	for (i = 0; i < len; i += n) {
		n = utf8_decode(text + i, len - i, &point);
		if (n == 0) {
			n = 1;
			continue;
		}
		if ((point < 32 && point != '\t') ||
		    (point >= 127 && point < 160))
			return 1;
	}
	return 0;
}

int
header_add_line(struct header *h, const char *line, struct fault *f)
{
	struct header one = HEADER_INIT;
	size_t body, len = strlen(line), n = name_length(line, len, &body);
	struct buf shown = BUF_INIT;
	char *name;

	if (n == 0 || has_control(line)) {
		log_quotes(&shown, line);
		fault_set(f, EX_USAGE, n == 0 ?
		    "header line \"%s\": expected \"Name: value\"" :
		    "header line \"%s\": control characters are not allowed",
		    shown.data);
		buf_release(&shown);
		return -1;
	}
	while (ascii_is_blank(line[body]))
		body++;
	name = xmemdup(line, n);
	header_add(&one, name, line + body);
	free(name);
	header_encode(&one, utf8_is_8bit(line, len) ? charset_locale() : "");
	fold_field(&one.v[0], LINE_COLUMNS);
	header_move(&one, "", h);
	header_release(&one);
	return 0;
}
