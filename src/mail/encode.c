/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * header_encode of header.h: 8-bit text in header fields becomes ASCII where
 * the field's syntax has a place for it. RFC 2047 5 knows three places:
 * unstructured text, comments, and words of a phrase (display names);
 * parameters have RFC 2231. Addresses stay UTF-8 (RFC 6532). What is left:
 *
 * - in a quoted string of another structured field: an encoded word within
 *   the quotes; not by the book, but most readers decode it;
 * - any other octet of a structured field (Message-ID, Received, Date ...):
 *   "=" and two hexadecimal digits, so that identifiers stay different;
 * - in a URI of a List- field: "%" and two hexadecimal digits;
 * - in an address that is not UTF-8 in any charset known: "?".
 *
 * A field without 8-bit octets is not touched. Encoded words that are there
 * already stay; one with raw octets in it is read with its own charset.
 */
#include "mail/header.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/codec.h"

#define LINE_MAX_CHARS 76 /* RFC 2047 2: a line with encoded words */

/* A field being written anew. */
struct encoder {
	struct buf out;
	size_t line;     /* where the current line begins in out */
	int words;       /* the current line has an encoded word of ours */
	const char *p, *end; /* what is left to read */
	const char *charset; /* of text that is not UTF-8 */
};

static void
put(struct encoder *e, const char *p, size_t len)
{
	size_t i;

	for (i = len; i > 0; i--)
		if (p[i - 1] == '\n') {
			e->line = e->out.len + i;
			e->words = 0;
			break;
		}
	buf_add(&e->out, p, len);
}

static size_t
column(const struct encoder *e)
{
	return e->out.len - e->line;
}

/*
 * Copies what is ASCII, or stays 8-bit. Behind an encoded word lines are kept
 * short: by folds in front of blanks.
 */
static void
put_plain(struct encoder *e, const char *p, size_t len)
{
	size_t i = 0, n;

	while (i < len && e->words) {
		for (n = i; n < len && ascii_is_space(p[n]); n++)
			continue;
		for (; n < len && !ascii_is_space(p[n]); n++)
			continue;
		if (ascii_is_blank(p[i]) && !ascii_is_space(p[n - 1]) &&
		    column(e) + n - i > LINE_MAX_CHARS)
			put(e, "\r\n", 2);
		put(e, p + i, n - i);
		i = n;
	}
	put(e, p + i, len - i);
}

/* Text as encoded words (phrase != 0: all of it). */
static void
put_words(struct encoder *e, const struct buf *text, int phrase)
{
	struct buf words = BUF_INIT;

	if (utf8_is_valid(text->data, text->len))
		word_encode(&words, text->data, text->len, phrase, column(e));
	else
		word_encode_charset(&words, e->charset, text->data, text->len,
		    phrase, column(e));
	put(e, words.data, words.len);
	e->words = 1;
	buf_release(&words);
}

static void
put_hex(struct encoder *e, const char *p, size_t len, char mark)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)p[i] > 127)
			buf_addf(&e->out, "%c%02X", mark, (unsigned char)p[i]);
		else
			put(e, p + i, 1);
}

/* Over a quoted string at p, to its end or the end of all. */
static const char *
skip_quoted(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p < end ? p + 1 : p;
}

static const char *
skip_comment(const char *p, const char *end)
{
	size_t depth = 0;

	for (; p < end; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return p;
}

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && ascii_is_space(*p))
		p++;
	return p;
}

/* Where text with encoded words stands: how its tokens are read. */
enum place { IN_TEXT, IN_COMMENT, IN_PHRASE };

/* Over an encoded word that can stay: no octet in it is above 127. */
static const char *
skip_word(const char *p, const char *end)
{
	size_t n = word_length(p, (size_t)(end - p));

	return n != 0 && !utf8_is_8bit(p, n) ? p + n : p;
}

/* Over text up to the next encoded word that can stay. */
static const char *
skip_run(const char *p, const char *end, enum place place)
{
	while (p < end && skip_word(p, end) == p)
		if (place == IN_PHRASE && *p == '"')
			p = skip_quoted(p, end);
		else if (place == IN_COMMENT && *p == '\\' && p + 1 < end)
			p += 2;
		else
			p++;
	return p;
}

/* The text that a run stands for: folds, quotes and backslashes undone. */
static void
plain_text(struct buf *out, const char *p, const char *end, enum place place)
{
	int quoted = 0;

	for (; p < end; p++) {
		if (place == IN_PHRASE && *p == '"') {
			quoted = !quoted;
			continue;
		}
		if (*p == '\\' && p + 1 < end &&
		    (quoted || place == IN_COMMENT))
			p++;
		if (*p != '\r' && *p != '\n')
			buf_addc(out, *p);
	}
}

/* White space in front of encoded words: on a new line if there is little
 * room left on this one. */
static void
put_space(struct encoder *e, const char *p, size_t len)
{
	if (len != 0 && column(e) + len > LINE_MAX_CHARS / 2 &&
	    ascii_is_blank(p[0]))
		put(e, "\r\n", 2);
	put(e, p, len);
}

/*
 * 1 when the first (or last) token of a run will be an encoded word of ours:
 * then white space between it and another word has to be part of the text.
 * A word with raw octets is not: it had no white space to its neighbour.
 */
static int
joins(const char *p, const char *end, enum place place, int last)
{
	const char *q = last ? end : p;

	while (last && q > p && !ascii_is_space(q[-1]))
		q--;
	if (word_length(q, (size_t)(end - q)) != 0)
		return 0;
	if (place != IN_TEXT)
		return 1;
	for (; q < end && !ascii_is_space(*q); q++)
		if ((unsigned char)*q > 127 || ascii_is_control(*q) ||
		    (*q == '=' && q + 1 < end && q[1] == '?'))
			return 1;
	return 0;
}

/*
 * Writes the run of text from p to end; left and right: an encoded word
 * stands there. Returns what has still to be copied: all of an ASCII run,
 * else the white space at its end, unless that became part of the text.
 */
static const char *
encode_run(struct encoder *e, const char *p, const char *end,
    enum place place, int left, int right)
{
	struct buf text = BUF_INIT, decoded = BUF_INIT;
	const char *first = skip_space(p, end), *last = end;

	if (!utf8_is_8bit(p, (size_t)(end - p)))
		return p;
	while (ascii_is_space(last[-1]))
		last--;
	left = left && joins(first, last, place, 0);
	right = right && joins(first, last, place, 1);
	if (left)
		put_space(e, " ", 1);
	else
		put_space(e, p, (size_t)(first - p));
	plain_text(&text, left ? p : first, right ? end : last, place);
	word_decode(&decoded, text.data, text.len);
	put_words(e, &decoded, place != IN_TEXT);
	if (right)
		put(e, "\r\n ", 3);
	buf_release(&text);
	buf_release(&decoded);
	return right ? end : last;
}

/* Text with or without encoded words; no comments in it. */
static void
encode_text(struct encoder *e, const char *p, const char *end,
    enum place place)
{
	const char *run, *word;
	int left = 0;

	while (p < end) {
		run = skip_run(p, end, place);
		word = run < end ? skip_word(run, end) : end;
		p = encode_run(e, p, run, place, left, run < end);
		put_plain(e, p, (size_t)(word - p));
		left = run < end;
		p = word;
	}
}

/* A comment, or the rest of one; comments in it too. */
static void
encode_comment(struct encoder *e, const char *p, const char *end)
{
	const char *q;

	while (p < end) {
		for (q = p; q < end && *q != '(' && *q != ')'; q++)
			if (*q == '\\' && q + 1 < end)
				q++;
		encode_text(e, p, q, IN_COMMENT);
		if (q < end)
			put(e, q++, 1);
		p = q;
	}
}

/* Takes white space, and a comment behind it. 0 when neither is there. */
static int
take_cfws(struct encoder *e)
{
	const char *start = e->p, *q = skip_space(start, e->end);
	int comment = q < e->end && *q == '(';

	e->p = comment ? skip_comment(q, e->end) : q;
	if (comment && utf8_is_8bit(q, (size_t)(e->p - q)))
		put_space(e, start, (size_t)(q - start));
	else
		put_plain(e, start, (size_t)(q - start));
	encode_comment(e, q, e->p);
	return e->p != start;
}

/* Takes a phrase up to end, with comments; white space at end stays. */
static void
take_phrase(struct encoder *e, const char *end)
{
	const char *q = e->p, *last;
	size_t n;

	for (;;) {
		while (q < end && *q != '(') {
			n = word_length(q, (size_t)(end - q));
			q = *q == '"' ? skip_quoted(q, end) :
			    q + (n != 0 ? n : 1);
		}
		for (last = q; last > e->p && ascii_is_space(last[-1]);)
			last--;
		encode_text(e, e->p, last, IN_PHRASE);
		e->p = last;
		if (q == end)
			break;
		take_cfws(e);
		q = e->p;
	}
}

/* Takes an address, or what stands between < and >, up to end. */
static void
take_address(struct encoder *e, const char *end)
{
	size_t i, len = (size_t)(end - e->p);
	struct buf text = BUF_INIT;

	if (!utf8_is_valid(e->p, len) &&
	    charset_to_utf8(e->charset, e->p, len, &text) == -1)
		for (i = 0; i < len; i++)
			buf_addc(&text, (unsigned char)e->p[i] > 127 ? '?' :
			    e->p[i]);
	if (text.len != 0)
		put_plain(e, text.data, text.len);
	else
		put_plain(e, e->p, len);
	buf_release(&text);
	e->p = end;
}

/*
 * 1 when the token from p to end is part of an addr-spec: there is an "@" in
 * it, or an "@" or "." on either side. before is the character in front of
 * it, white space and comments left out.
 */
static int
is_in_address(const struct encoder *e, char before, const char *p,
    const char *end)
{
	const char *next = skip_space(end, e->end);

	while (next < e->end && *next == '(')
		next = skip_space(skip_comment(next, e->end), e->end);
	return memchr(p, '@', (size_t)(end - p)) != NULL || *p == '.' ||
	    end[-1] == '.' || before == '@' || before == '.' ||
	    (next < e->end && (*next == '@' || *next == '.'));
}

/* Takes a mailbox without < and > up to end. */
static void
take_spec(struct encoder *e, const char *end)
{
	const char *q;
	char before = ' ';

	while (e->p < end) {
		if (take_cfws(e))
			continue;
		q = e->p;
		if (*q == '"')
			q = skip_quoted(q, end);
		else
			while (q < end && !ascii_is_space(*q) && *q != '(' &&
			    *q != '"')
				q++;
		if (is_in_address(e, before, e->p, q))
			take_address(e, q);
		else {
			encode_text(e, e->p, q, IN_PHRASE);
			e->p = q;
		}
		before = q[-1];
	}
}

/*
 * Where the mailbox or group name at e->p ends: at "<", ",", ";" or ":", not
 * in quoted strings, comments, encoded words and address literals.
 */
static const char *
find_stop(const struct encoder *e, int *has_at)
{
	const char *p = e->p, *end = e->end;
	size_t n;

	*has_at = 0;
	while (p < end && strchr("<,;:", *p) == NULL) {
		n = word_length(p, (size_t)(end - p));
		if (n != 0)
			p += n;
		else if (*p == '"')
			p = skip_quoted(p, end);
		else if (*p == '(')
			p = skip_comment(p, end);
		else if (*p == '[' && *has_at)
			while (p < end && *p != ']')
				p++;
		else
			*has_at |= *p++ == '@';
	}
	return p;
}

static void
encode_addresses(struct encoder *e, int uri)
{
	const char *stop, *q;
	int has_at;

	while (e->p < e->end) {
		stop = find_stop(e, &has_at);
		if (stop < e->end && *stop == '<') {
			take_phrase(e, stop);
			for (q = stop; q < e->end && *q != '>';)
				q = *q == '"' ? skip_quoted(q, e->end) : q + 1;
			q += q < e->end;
			if (!uri) {
				take_address(e, q);
				continue;
			}
			put_plain(e, e->p, (size_t)(stop - e->p));
			put_hex(e, stop, (size_t)(q - stop), '%');
			e->p = q;
			continue;
		}
		if (has_at && (stop == e->end || *stop != ':'))
			take_spec(e, stop);
		else
			take_phrase(e, stop);
		stop += stop < e->end;
		put_plain(e, e->p, (size_t)(stop - e->p));
		e->p = stop;
	}
}

/* Takes anything else up to end. */
static void
take_structured(struct encoder *e, const char *end)
{
	const char *q;
	size_t quoted;

	while (e->p < end) {
		if (take_cfws(e))
			continue;
		q = e->p;
		if (*q == '"') {
			q = skip_quoted(q, end);
			quoted = utf8_is_8bit(e->p, (size_t)(q - e->p)) != 0;
			put(e, "\"", quoted);
			encode_text(e, e->p, q, IN_PHRASE);
			put(e, "\"", quoted);
		} else {
			while (q < end && !ascii_is_space(*q) && *q != '(' &&
			    *q != '"')
				q++;
			put_hex(e, e->p, (size_t)(q - e->p), '=');
		}
		e->p = q;
	}
}

/* Where the parameter at p (or what is in front of the first) ends. */
static const char *
find_semicolon(const char *p, const char *end)
{
	while (p < end && *p != ';')
		if (*p == '"')
			p = skip_quoted(p, end);
		else if (*p == '(')
			p = skip_comment(p, end);
		else
			p++;
	return p;
}

/*
 * Name of the parameter from p to end when it is whole: a name, "=" and a
 * value, nothing else. Returns a copy, or NULL.
 */
static char *
parameter_name(const char *p, const char *end)
{
	const char *name = skip_space(p, end), *q = name, *last;

	while (q < end && *q > 32 && *q < 127 &&
	    strchr("()<>@,;:\\\"/[]?=*", *q) == NULL)
		q++;
	last = q;
	q = skip_space(q, end);
	if (last == name || q == end || *q != '=')
		return NULL;
	q = skip_space(q + 1, end);
	if (q < end && *q == '"')
		q = skip_space(skip_quoted(q, end), end);
	else
		while (q < end && *q != '"' && *q != '(')
			q++;
	return q == end ? xmemdup(name, (size_t)(last - name)) : NULL;
}

/* Takes the parameter from the semicolon at e->p to end. */
static void
take_parameter(struct encoder *e, const char *end)
{
	struct buf value = BUF_INIT, text = BUF_INIT, out = BUF_INIT;
	char *name = parameter_name(e->p + 1, end);

	if (name == NULL) {
		take_structured(e, end);
		return;
	}
	parameter_get(e->p, (size_t)(end - e->p), name, &value);
	word_decode(&text, value.data, value.len);
	buf_reset(&value);
	if (utf8_is_valid(text.data, text.len) || charset_to_utf8(e->charset,
	    text.data, text.len, &value) == -1)
		buf_set(&value, text.data, text.len);
	parameter_add(&out, name, value.data,
	    ascii_is_equal(name, strlen(name), "name", 4));
	put(e, out.data, out.len);
	e->p = end;
	free(name);
	buf_release(&value);
	buf_release(&text);
	buf_release(&out);
}

static void
encode_parameters(struct encoder *e)
{
	const char *q;

	take_structured(e, find_semicolon(e->p, e->end));
	while (e->p < e->end) {
		q = find_semicolon(e->p + 1, e->end);
		if (utf8_is_8bit(e->p, (size_t)(q - e->p)))
			take_parameter(e, q);
		else {
			put_plain(e, e->p, (size_t)(q - e->p));
			e->p = q;
		}
	}
}

static void
encode_field(struct field *f, const char *charset)
{
	struct encoder e = { .out = BUF_INIT, .charset = charset };

	put(&e, f->text, f->body);
	e.p = f->text + f->body;
	e.end = f->text + f->len;
	switch (field_kind(f)) {
	case FIELD_UNSTRUCTURED:
		encode_text(&e, e.p, e.end, IN_TEXT);
		break;
	case FIELD_ADDRESSES:
		encode_addresses(&e, 0);
		break;
	case FIELD_LIST:
		encode_addresses(&e, 1);
		break;
	case FIELD_PARAMETERS:
		encode_parameters(&e);
		break;
	case FIELD_STRUCTURED:
		take_structured(&e, e.end);
		break;
	}
	free(f->text);
	f->len = e.out.len;
	f->text = buf_detach(&e.out);
}

int
header_encode(struct header *h, const char *charset)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (utf8_is_8bit(h->v[i].text, h->v[i].len))
			encode_field(&h->v[i], charset);
	return header_is_8bit(h);
}
