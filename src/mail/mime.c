/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Re-encoding of a finished message for what its next server cannot take
 * (RFC 2045, 2046, 6152, 6857).
 *
 * The message is walked twice: once to see whether anything breaks a need
 * and whether a sealed part does, once to write. A walk goes through the file
 * once from front to end, entity by entity, with the delimiters of the
 * multiparts around it on a stack: so memory does not grow with the number of
 * parts, only with the headers of one. An entity that breaks no need is
 * copied octet by octet.
 *
 * Structure is read as other readers read it: an outer delimiter ends every
 * part within; a missing close delimiter is no fault; a multipart whose first
 * delimiter never comes is text, and so is everything deeper than MIME_DEPTH.
 * Preambles, epilogues and uuencoded text have no encoding to change to: in
 * these, 8-bit octets become "?" and long lines are folded.
 */
#include "mail/mime.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/ascii.h"
#include "mail/codec.h"
#include "mail/downgrade.h"
#include "mail/header.h"
#include "mail/mimescan.h"
#include "mail/repair.h"

#define LINE_OCTETS 998 /* RFC 5322 2.1.1 */

enum kind {
	KIND_TEXT,
	KIND_DATA,      /* any other leaf */
	KIND_FIELDS,    /* blocks of header fields (RFC 3464, 3798, 5965) */
	KIND_MULTIPART,
	KIND_MESSAGE,
	KIND_SEALED
};

enum encoding {
	ENCODING_NONE,  /* 7bit, 8bit, binary, nothing, or nothing known */
	ENCODING_QP,
	ENCODING_BASE64,
	ENCODING_UU
};

/* A walk through the message. */
struct walk {
	int fd;
	int needs;
	mime_to_ascii to_ascii;
	struct writer *w;      /* NULL in the first walk */
	struct mime_scan scan;
	struct mime_stop stop; /* where the last entity ended */
	size_t depth;
	int broken;            /* something breaks a need */
	int sealed;            /* and it is in a sealed part */
	struct fault *f;
};

/* A message or a body part. */
struct entity {
	off_t at, body_at; /* at: of its first field */
	off_t end;         /* of its body, without the CRLF of a delimiter */
	int blank;         /* a blank line stands behind the header */
	int has_body;      /* something else than its end does */
	int is_message;    /* MIME-Version is one of its fields */
	struct header header;
	enum kind kind;
	enum encoding encoding;
	struct buf boundary;
	struct text_facts facts; /* of the body, when it is a leaf */
};

/* --- Reading an entity --- */

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
 * Finds the offset where the header section of e ends at the latest: behind
 * a blank line, or in front of a line of another kind. Without any field the
 * body begins there.
 */
static off_t
find_header_end(struct walk *k, struct entity *e)
{
	struct mime_line line;
	struct mime_stop stop;
	int first = 1;

	e->body_at = e->at;
	mime_scan_seek(&k->scan, e->at);
	while (mime_scan_line(&k->scan, &line)) {
		if (!line.begins)
			continue;
		e->blank = line.len == 0 && line.ends;
		if (first && e->blank)
			e->body_at = line.next;
		if (e->blank)
			return line.next;
		if (mime_scan_is_stop(&k->scan, &line, &stop))
			return line.at;
		e->has_body = !is_header_line(&line, first);
		if (e->has_body)
			return line.at;
		first = 0;
	}
	return k->scan.end;
}

/* Where the entity's fields begin: behind the "From " line of an mbox. */
static off_t
skip_mbox_line(struct walk *k, const struct entity *e)
{
	struct mime_line line;
	off_t at = e->at;

	mime_scan_seek(&k->scan, at);
	if (!e->is_message || !mime_scan_line(&k->scan, &line) ||
	    line.len < 5 || memcmp(line.p, "From ", 5) != 0)
		return at;
	while (!line.ends && mime_scan_line(&k->scan, &line))
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
read_header(struct walk *k, struct entity *e)
{
	struct reader r;
	struct buf rest = BUF_INIT;
	off_t end = find_header_end(k, e);
	int rc;

	if (mime_scan_check(&k->scan, k->f) == -1)
		return -1;
	if (end == e->body_at)
		return 0;
	reader_init_part(&r, k->fd, e->at, end - e->at);
	rc = header_read(&e->header, &r, 0, &rest, k->f);
	e->blank = rc == HEADER_BLANK;
	e->has_body |= rc == HEADER_BODY;
	e->body_at = tell(&r) - (off_t)rest.len;
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
read_boundary(struct entity *e)
{
	struct buf body = BUF_INIT, *b = &e->boundary;
	size_t i = header_find(&e->header, "Content-Type", 0);
	int found;

	if (i == e->header.n)
		return 0;
	field_body(&e->header.v[i], &body);
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

static enum kind
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
		return KIND_MESSAGE;
	if (is_one_of(type, fields))
		return KIND_FIELDS;
	/* A piece of a message: an encoding would end up amid the whole. */
	if (strcmp(type, "message/partial") == 0)
		return KIND_SEALED;
	return KIND_DATA;
}

static enum kind
classify_type(const char *type)
{
	static const char *const sealed[] = {
		"multipart/signed", "multipart/encrypted",
		"application/pkcs7-mime", "application/x-pkcs7-mime", NULL
	};
	const char *slash = strchr(type, '/');

	/* RFC 2045 5.2: what is no type is text. */
	if (slash == NULL || strchr(slash + 1, '/') != NULL)
		return KIND_TEXT;
	if (is_one_of(type, sealed))
		return KIND_SEALED;
	if (strncmp(type, "text/", 5) == 0)
		return KIND_TEXT;
	if (strncmp(type, "multipart/", 10) == 0)
		return KIND_MULTIPART;
	if (strncmp(type, "message/", 8) == 0)
		return classify_message(type);
	return KIND_DATA;
}

static enum encoding
read_encoding(const struct header *h)
{
	static const char *const uu[] = {
		"x-uuencode", "uuencode", "x-uue", "uue", NULL
	};
	struct buf word = BUF_INIT;
	enum encoding encoding = ENCODING_NONE;

	read_word(h, "Content-Transfer-Encoding", &word);
	if (strcmp(word.data, "quoted-printable") == 0)
		encoding = ENCODING_QP;
	else if (strcmp(word.data, "base64") == 0)
		encoding = ENCODING_BASE64;
	else if (is_one_of(word.data, uu))
		encoding = ENCODING_UU;
	buf_release(&word);
	return encoding;
}

/* Reads the header and finds out what the entity is. */
static int
read_entity(struct walk *k, struct entity *e, const char *default_type)
{
	struct buf type = BUF_INIT;

	if (read_header(k, e) == -1)
		return -1;
	if (header_has(&e->header, "Content-Type"))
		read_word(&e->header, "Content-Type", &type);
	else
		buf_adds(&type, default_type);
	e->kind = classify_type(type.data);
	e->encoding = read_encoding(&e->header);
	if (e->kind == KIND_MESSAGE && e->encoding != ENCODING_NONE)
		e->kind = KIND_DATA;
	if (e->kind == KIND_MULTIPART && !read_boundary(e))
		e->kind = KIND_TEXT;
	if (k->depth == MIME_DEPTH &&
	    (e->kind == KIND_MESSAGE || e->kind == KIND_MULTIPART))
		e->kind = KIND_TEXT;
	buf_release(&type);
	return 0;
}

/* --- Copying --- */

static int
check_reader(struct walk *k, struct reader *r)
{
	int error = r->error;

	/* The file is shorter than it was. */
	if (error == 0 && r->left > 0)
		error = EIO;
	reader_release(r);
	if (error == 0)
		return 0;
	errno = error;
	return fault_errno(k->f, EX_IOERR, "cannot read the message");
}

static int
copy(struct walk *k, off_t from, off_t to)
{
	struct reader r;
	const char *p;
	size_t n;

	if (k->w == NULL || from >= to)
		return 0;
	reader_init_part(&r, k->fd, from, to - from);
	while ((n = reader_peek(&r, &p)) != 0) {
		writer_put(k->w, p, n);
		reader_take(&r, n);
	}
	return check_reader(k, &r);
}

static int
examine(struct walk *k, off_t from, off_t to, struct text_facts *facts)
{
	struct reader r;
	int rc;

	if (from >= to) {
		memset(facts, 0, sizeof *facts);
		return 0;
	}
	reader_init_part(&r, k->fd, from, to - from);
	rc = text_examine(&r, facts, k->f);
	return check_reader(k, &r) == -1 ? -1 : rc;
}

static int
breaks_need(const struct walk *k, const struct text_facts *facts)
{
	return ((k->needs & MIME_7BIT) && facts->octets_8bit != 0) ||
	    ((k->needs & MIME_SHORT_LINES) &&
	    facts->longest_line > LINE_OCTETS);
}

/* Copies text between parts, or makes it harmless. */
static int
copy_between(struct walk *k, off_t from, off_t to)
{
	struct text_facts facts;
	struct reader r;

	if (examine(k, from, to, &facts) == -1)
		return -1;
	if (!breaks_need(k, &facts))
		return copy(k, from, to);
	k->broken = 1;
	if (k->w == NULL)
		return 0;
	reader_init_part(&r, k->fd, from, to - from);
	repair_plain(&r, k->w, 1);
	return check_reader(k, &r);
}

/* Copies the delimiter line at k->stop; only white space can be too long. */
static int
copy_delimiter(struct walk *k)
{
	const struct buf *b = &k->scan.boundary[k->stop.level];

	if (!(k->needs & MIME_SHORT_LINES) ||
	    k->stop.next - k->stop.at <= LINE_OCTETS + 2)
		return copy(k, k->stop.at, k->stop.next);
	k->broken = 1;
	if (k->w == NULL)
		return 0;
	writer_puts(k->w, "--");
	writer_put(k->w, b->data, b->len);
	writer_puts(k->w, k->stop.close ? "--\r\n" : "\r\n");
	return 0;
}

/* --- Writing an entity --- */

/* Makes the header fit; 1 when it had to change. */
static int
fit_header(struct walk *k, struct entity *e)
{
	int needs_7bit = k->depth == 0 ? MIME_7BIT_HEADER :
	    MIME_7BIT | MIME_7BIT_HEADER;
	int changed = 0;

	if ((k->needs & needs_7bit) && header_is_8bit(&e->header)) {
		header_downgrade(&e->header, k->to_ascii);
		changed = 1;
	}
	if ((k->needs & MIME_SHORT_LINES) &&
	    header_longest_line(&e->header) > LINE_OCTETS) {
		header_fold_long(&e->header);
		changed = 1;
	}
	if (changed)
		k->broken = 1;
	return changed;
}

static void
set_encoding(struct header *h, const char *encoding)
{
	size_t i = header_find(h, "Content-Transfer-Encoding", 0);

	if (i == h->n) {
		header_add(h, "Content-Transfer-Encoding", encoding);
		return;
	}
	header_remove(h, "Content-Transfer-Encoding");
	header_insert(h, i, "Content-Transfer-Encoding", encoding);
}

/* The fields that go with a new transfer encoding. */
static void
describe(struct entity *e, const char *encoding)
{
	struct header *h = &e->header;

	if (e->is_message && !header_has(h, "MIME-Version"))
		header_add(h, "MIME-Version", "1.0");
	if (e->kind == KIND_TEXT && !header_has(h, "Content-Type")) {
		header_remove(h, "Content-Transfer-Encoding");
		text_describe(h, "plain", &e->facts, "");
	}
	set_encoding(h, encoding);
}

/*
 * Containers hold no encoding but these (RFC 2045 6.4): "7bit", unless an
 * 8-bit part had to stay.
 */
static int
fit_container_encoding(struct walk *k, struct entity *e)
{
	struct buf word = BUF_INIT;
	int changed = 0;

	read_word(&e->header, "Content-Transfer-Encoding", &word);
	if ((k->needs & MIME_7BIT) && !k->sealed &&
	    (strcmp(word.data, "8bit") == 0 ||
	    strcmp(word.data, "binary") == 0)) {
		set_encoding(&e->header, "7bit");
		changed = 1;
	}
	buf_release(&word);
	return changed;
}

static int
write_header(struct walk *k, struct entity *e, int changed)
{
	struct buf text = BUF_INIT;

	if (!changed)
		return copy(k, e->at, e->body_at);
	if (k->w == NULL)
		return 0;
	header_format(&e->header, &text);
	if (e->blank || e->has_body)
		buf_adds(&text, "\r\n");
	writer_put(k->w, text.data, text.len);
	buf_release(&text);
	return 0;
}

/* 1 when the body is blocks of fields, each ended by a blank line, and
 * nothing else. */
static int
is_all_fields(struct walk *k, const struct entity *e)
{
	struct header h = HEADER_INIT;
	struct buf rest = BUF_INIT;
	struct fault ignored = FAULT_INIT;
	struct reader r;
	int end;

	reader_init_part(&r, k->fd, e->body_at, e->end - e->body_at);
	do {
		end = header_read(&h, &r, 0, &rest, &ignored);
		header_release(&h);
	} while (end == HEADER_BLANK);
	reader_release(&r);
	buf_release(&rest);
	fault_release(&ignored);
	return end == HEADER_EOF;
}

static int
repair_fields(struct walk *k, struct reader *r)
{
	struct header h = HEADER_INIT;
	struct buf text = BUF_INIT, rest = BUF_INIT;
	int end;

	do {
		end = header_read(&h, r, 0, &rest, k->f);
		header_downgrade(&h, k->to_ascii);
		header_fold_long(&h);
		buf_reset(&text);
		header_format(&h, &text);
		if (end == HEADER_BLANK)
			buf_adds(&text, "\r\n");
		writer_put(k->w, text.data, text.len);
		header_release(&h);
	} while (end == HEADER_BLANK);
	buf_release(&text);
	buf_release(&rest);
	return end == HEADER_EOF ? 0 : -1;
}

/* What a leaf that breaks a need becomes; NULL: its encoding stays. */
static const char *
choose_encoding(const struct entity *e)
{
	if (e->encoding != ENCODING_NONE || e->kind == KIND_FIELDS)
		return NULL;
	if (e->kind == KIND_TEXT)
		return "quoted-printable";
	/* An octet takes two more there, a third more here. */
	return e->facts.octets_8bit * 6 < e->facts.length ?
	    "quoted-printable" : "base64";
}

static int
write_body(struct walk *k, struct entity *e, const char *encoding)
{
	struct reader r;
	int rc = 0;

	reader_init_part(&r, k->fd, e->body_at, e->end - e->body_at);
	if (encoding != NULL && strcmp(encoding, "base64") == 0)
		base64_write(&r, k->w);
	else if (encoding != NULL)
		qp_write(&r, k->w);
	else if (e->encoding == ENCODING_QP)
		repair_qp(&r, k->w);
	else if (e->encoding == ENCODING_BASE64)
		repair_base64(&r, k->w);
	else if (e->kind == KIND_FIELDS && e->encoding == ENCODING_NONE)
		rc = repair_fields(k, &r);
	else
		repair_plain(&r, k->w, 0);
	return check_reader(k, &r) == -1 ? -1 : rc;
}

/* 1 when write_body has put a line end behind the text that the text did not
 * have: the delimiter needs no other one. */
static int
ends_itself(const struct entity *e, const char *encoding)
{
	if (encoding != NULL)
		return strcmp(encoding, "base64") == 0;
	return e->encoding == ENCODING_BASE64 ||
	    (e->kind == KIND_FIELDS && e->encoding == ENCODING_NONE &&
	    !e->facts.ends_in_newline);
}

/* A leaf that breaks a need, header and body. */
static int
write_repaired(struct walk *k, struct entity *e)
{
	const char *encoding;

	k->broken = 1;
	if (k->w == NULL)
		return 0;
	if (e->kind == KIND_FIELDS && !is_all_fields(k, e))
		e->kind = KIND_TEXT;
	encoding = choose_encoding(e);
	if (encoding != NULL)
		describe(e, encoding);
	if (write_header(k, e, 1) == -1 ||
	    write_body(k, e, encoding) == -1)
		return -1;
	return ends_itself(e, encoding) ? 0 : copy(k, e->end, k->stop.at);
}

/* Finds the end of a leaf and examines its body. */
static int
read_leaf(struct walk *k, struct entity *e)
{
	mime_scan_to_stop(&k->scan, e->body_at, &k->stop);
	e->end = k->stop.text_end;
	if (mime_scan_check(&k->scan, k->f) == -1)
		return -1;
	return examine(k, e->body_at, e->end, &e->facts);
}

static int
walk_leaf(struct walk *k, struct entity *e)
{
	int changed;

	if (read_leaf(k, e) == -1)
		return -1;
	changed = fit_header(k, e);
	if (breaks_need(k, &e->facts) && e->kind != KIND_SEALED)
		return write_repaired(k, e);
	if (breaks_need(k, &e->facts))
		k->broken = k->sealed = 1;
	if (write_header(k, e, changed) == -1)
		return -1;
	return copy(k, e->body_at, k->stop.at);
}

static int walk_entity(struct walk *, off_t, int, const char *);

static int
walk_message(struct walk *k, struct entity *e)
{
	int changed = fit_header(k, e);
	int rc;

	changed |= fit_container_encoding(k, e);
	/* Fields that the message within gets must not join these. */
	changed |= e->has_body;
	if (write_header(k, e, changed) == -1)
		return -1;
	k->depth++;
	rc = walk_entity(k, e->body_at, 1, "text/plain");
	k->depth--;
	return rc;
}

/* The parts, and what stands behind the last one. */
static int
walk_parts(struct walk *k, const char *default_type)
{
	size_t level = k->scan.levels - 1;

	while (k->stop.level == level && !k->stop.close) {
		if (copy_delimiter(k) == -1 ||
		    walk_entity(k, k->stop.next, 0, default_type) == -1)
			return -1;
	}
	if (k->stop.level != level)
		return 0;
	return copy_delimiter(k);
}

static int
walk_epilogue(struct walk *k)
{
	off_t at = k->stop.next;

	mime_scan_to_stop(&k->scan, at, &k->stop);
	if (mime_scan_check(&k->scan, k->f) == -1)
		return -1;
	return copy_between(k, at, k->stop.at);
}

static int
is_digest(const struct header *h)
{
	struct buf type = BUF_INIT;
	int digest;

	read_word(h, "Content-Type", &type);
	digest = strcmp(type.data, "multipart/digest") == 0;
	buf_release(&type);
	return digest;
}

static int
walk_multipart(struct walk *k, struct entity *e)
{
	size_t level = k->scan.levels;
	int changed, closed, rc = -1;

	mime_scan_push(&k->scan, &e->boundary);
	mime_scan_to_stop(&k->scan, e->body_at, &k->stop);
	if (k->stop.level != level || k->stop.close) {
		mime_scan_pop(&k->scan);
		e->kind = KIND_TEXT;
		return walk_leaf(k, e);
	}
	changed = fit_header(k, e);
	changed |= fit_container_encoding(k, e);
	k->depth++;
	if (write_header(k, e, changed) == -1 ||
	    copy_between(k, e->body_at, k->stop.at) == -1 ||
	    walk_parts(k, is_digest(&e->header) ? "message/rfc822" :
	    "text/plain") == -1)
		goto out;
	rc = 0;
out:
	k->depth--;
	closed = k->stop.level == level;
	mime_scan_pop(&k->scan);
	return rc == 0 && closed ? walk_epilogue(k) : rc;
}

/* Walks the entity at offset at; where it ends is in k->stop then. */
static int
walk_entity(struct walk *k, off_t at, int is_message,
    const char *default_type)
{
	struct entity e = { .at = at, .is_message = is_message,
		.header = HEADER_INIT, .boundary = BUF_INIT };
	int rc = -1;

	e.at = skip_mbox_line(k, &e);
	if (copy_between(k, at, e.at) == -1 ||
	    read_entity(k, &e, default_type) == -1)
		goto out;
	if (e.kind == KIND_MULTIPART)
		rc = walk_multipart(k, &e);
	else if (e.kind == KIND_MESSAGE)
		rc = walk_message(k, &e);
	else
		rc = walk_leaf(k, &e);
out:
	header_release(&e.header);
	buf_release(&e.boundary);
	return rc;
}

static int
walk_all(struct walk *k, off_t offset, off_t length, struct writer *w)
{
	int rc;

	k->w = w;
	k->depth = 0;
	mime_scan_init(&k->scan, k->fd, offset, offset + length);
	rc = walk_entity(k, offset, 1, "text/plain");
	if (rc == 0)
		rc = mime_scan_check(&k->scan, k->f);
	mime_scan_release(&k->scan);
	return rc;
}

int
mime_convert(int fd, off_t offset, off_t length, int needs,
    mime_to_ascii to_ascii, struct writer *w, int *sealed, struct fault *f)
{
	struct walk k = { .fd = fd, .needs = needs, .to_ascii = to_ascii,
		.f = f };
	int rc;

	rc = walk_all(&k, offset, length, NULL);
	*sealed = k.sealed;
	if (rc == -1)
		return -1;
	k.w = w;
	if (k.broken)
		rc = walk_all(&k, offset, length, w);
	else
		rc = copy(&k, offset, offset + length);
	return rc == 0 ? writer_flush(w, f) : -1;
}
