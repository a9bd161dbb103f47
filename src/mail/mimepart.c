/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the header of a message or body part where it stands, and judging
 * by it what follows: RFC 2045 5.2 (what is no type is text), RFC 2046 5.1.5
 * (digests) and 5.2 (messages), RFC 1847 and 8551 (sealed parts).
 *
 * A part may lack its header or the blank line behind it, and a delimiter may
 * come amid the header: so the lines are looked at one by one before
 * header_read gets them. The body itself is not read.
 */
#include "mail/mimepart.h"

#include <string.h>

#include "base/ascii.h"
#include "base/io.h"
#include "mail/codec.h"

/* 1 when the line may be of a header; header_read has the last word. */
static int
is_header_line(const struct mime_line *l, int first)
{
	size_t i = 0;

	if (ascii_is_blank(l->p[0]))
		return !first;
	while (i < l->len && l->p[i] > 32 && l->p[i] < 127 && l->p[i] != ':')
		i++;
	if (i == 0)
		return 0;
	while (i < l->len && ascii_is_blank(l->p[i]))
		i++;
	return i < l->len && l->p[i] == ':';
}

/*
 * Finds the offset where the header section of p ends at the latest: behind
 * a blank line, or in front of a line of another kind. Without any field the
 * body begins there.
 */
static off_t
find_header_end(struct mime_scan *scan, struct mime_part *p)
{
	struct mime_line line;
	struct mime_stop stop;
	int first = 1;

	p->body_at = p->at;
	mime_scan_seek(scan, p->at);
	while (mime_scan_line(scan, &line)) {
		if (!line.begins)
			continue;
		p->blank = line.len == 0 && line.ends;
		if (first && p->blank)
			p->body_at = line.next;
		if (p->blank)
			return line.next;
		if (mime_scan_is_stop(scan, &line, &stop))
			return line.at;
		p->has_body = !is_header_line(&line, first);
		if (p->has_body)
			return line.at;
		first = 0;
	}
	return scan->end;
}

/* Where its fields begin: behind the "From " line of an mbox. */
static off_t
skip_mbox_line(struct mime_scan *scan, const struct mime_part *p)
{
	struct mime_line line;
	off_t at = p->at;

	mime_scan_seek(scan, at);
	if (!p->is_message || !mime_scan_line(scan, &line) ||
	    line.len < 5 || memcmp(line.p, "From ", 5) != 0)
		return at;
	while (!line.ends && mime_scan_line(scan, &line))
		continue;
	return line.next;
}

/* File offset of the first octet that was not taken. */
static off_t
tell(const struct reader *r)
{
	return r->position - (off_t)(r->end - r->at);
}

static int
read_header(struct mime_scan *scan, struct mime_part *p, struct fault *f)
{
	struct reader r;
	struct buf rest = BUF_INIT;
	off_t end = find_header_end(scan, p);
	int rc;

	if (mime_scan_check(scan, f) == -1)
		return -1;
	if (end == p->body_at)
		return 0;
	reader_init_part(&r, scan->fd, p->at, end - p->at);
	rc = header_read(&p->header, &r, 0, &rest, f);
	p->blank = rc == HEADER_BLANK;
	p->has_body |= rc == HEADER_BODY;
	p->body_at = tell(&r) - (off_t)rest.len;
	reader_release(&r);
	buf_release(&rest);
	return rc == -1 ? -1 : 0;
}

/*
 * Appends the body of the first field called name, in lower case, up to its
 * parameters: a media type, the name of a transfer encoding.
 */
static void
read_word(const struct header *h, const char *name, struct buf *out)
{
	size_t i = header_find(h, name, 0);

	if (i == h->n)
		return;
	field_body(&h->v[i], out);
	buf_truncate(out, strcspn(out->data, " \t;("));
	for (i = 0; i < out->len; i++)
		out->data[i] = ascii_lower(out->data[i]);
}

/* The boundary parameter, when it can be one. */
static int
read_boundary(struct mime_part *p)
{
	struct buf body = BUF_INIT, *b = &p->boundary;
	size_t i = header_find(&p->header, "Content-Type", 0);
	int found;

	if (i == p->header.n)
		return 0;
	field_body(&p->header.v[i], &body);
	found = parameter_get(body.data, body.len, "boundary", b);
	buf_release(&body);
	while (b->len != 0 && ascii_is_blank(b->data[b->len - 1]))
		buf_truncate(b, b->len - 1);
	for (i = 0; i < b->len; i++)
		if (b->data[i] < ' ' || b->data[i] == 127)
			return 0;
	return found && b->len != 0 && b->len <= MIME_BOUNDARY_MAX;
}

static int
is_one_of(const char *text, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(text, *list) == 0)
			return 1;
	return 0;
}

static enum mime_kind
classify_message(const char *type)
{
	static const char *const messages[] = {
		"message/rfc822", "message/global", "message/news", NULL
	};
	static const char *const fields[] = {
		"message/delivery-status", "message/global-delivery-status",
		"message/disposition-notification",
		"message/global-disposition-notification",
		"message/feedback-report", "message/external-body", NULL
	};

	if (is_one_of(type, messages))
		return MIME_KIND_MESSAGE;
	if (is_one_of(type, fields))
		return MIME_KIND_FIELDS;
	/* A piece of a message: an encoding would end up amid the whole. */
	if (strcmp(type, "message/partial") == 0)
		return MIME_KIND_SEALED;
	return MIME_KIND_DATA;
}

static enum mime_kind
classify_type(const char *type)
{
	static const char *const sealed[] = {
		"multipart/signed", "multipart/encrypted",
		"application/pkcs7-mime", "application/x-pkcs7-mime", NULL
	};
	const char *slash = strchr(type, '/');

	/* RFC 2045 5.2: what is no type is text. */
	if (slash == NULL || strchr(slash + 1, '/') != NULL)
		return MIME_KIND_TEXT;
	if (is_one_of(type, sealed))
		return MIME_KIND_SEALED;
	if (strncmp(type, "text/", 5) == 0)
		return MIME_KIND_TEXT;
	if (strncmp(type, "multipart/", 10) == 0)
		return MIME_KIND_MULTIPART;
	if (strncmp(type, "message/", 8) == 0)
		return classify_message(type);
	return MIME_KIND_DATA;
}

static void
read_encoding(struct mime_part *p)
{
	static const char *const uu[] = {
		"x-uuencode", "uuencode", "x-uue", "uue", NULL
	};
	struct buf word = BUF_INIT;

	read_word(&p->header, "Content-Transfer-Encoding", &word);
	p->encoding = MIME_ENCODING_NONE;
	if (strcmp(word.data, "quoted-printable") == 0)
		p->encoding = MIME_ENCODING_QP;
	else if (strcmp(word.data, "base64") == 0)
		p->encoding = MIME_ENCODING_BASE64;
	else if (is_one_of(word.data, uu))
		p->encoding = MIME_ENCODING_UU;
	p->says_8bit = strcmp(word.data, "8bit") == 0 ||
	    strcmp(word.data, "binary") == 0;
	buf_release(&word);
}

static void
read_type(struct mime_part *p, const char *default_type)
{
	struct buf type = BUF_INIT;

	if (header_has(&p->header, "Content-Type"))
		read_word(&p->header, "Content-Type", &type);
	else
		buf_adds(&type, default_type);
	p->kind = classify_type(type.data);
	/* RFC 2046 5.1.5. */
	p->part_type = strcmp(type.data, "multipart/digest") == 0 ?
	    "message/rfc822" : "text/plain";
	buf_release(&type);
}

int
mime_part_read(struct mime_part *p, struct mime_scan *scan, off_t at,
    int is_message, const char *default_type, int may_nest, struct fault *f)
{
	memset(p, 0, sizeof *p);
	header_init(&p->header);
	buf_init(&p->boundary, 0);
	p->is_message = is_message;
	p->at = at;
	p->at = skip_mbox_line(scan, p);
	if (read_header(scan, p, f) == -1)
		return -1;
	read_type(p, default_type);
	read_encoding(p);
	/* RFC 2046 5.2.1 allows no encoding around a message. */
	if (p->kind == MIME_KIND_MESSAGE && p->encoding != MIME_ENCODING_NONE)
		p->kind = MIME_KIND_DATA;
	if (p->kind == MIME_KIND_MULTIPART && !read_boundary(p))
		p->kind = MIME_KIND_TEXT;
	if (!may_nest && (p->kind == MIME_KIND_MESSAGE ||
	    p->kind == MIME_KIND_MULTIPART))
		p->kind = MIME_KIND_TEXT;
	return 0;
}

void
mime_part_release(struct mime_part *p)
{
	header_release(&p->header);
	buf_release(&p->boundary);
}
