/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Re-encoding of a finished message for what its next server cannot take
 * (RFC 2045, 2046, 6152, 6857).
 *
 * The message is walked twice: once to see whether anything breaks a need
 * and whether a sealed part does, once to write. A walk goes through the file
 * once from front to end, part by part, with the delimiters of the multiparts
 * around it on a stack: so memory does not grow with the number of parts, only
 * with the header of one. What breaks no need is copied octet by octet.
 *
 * Structure is read as other readers read it: an outer delimiter ends every
 * part within; a missing close delimiter is no fault; a multipart whose first
 * delimiter never comes is text, and so is everything deeper than MIME_DEPTH.
 * Preambles, epilogues and uuencoded text have no encoding to change to: in
 * these, 8-bit octets become "?" and long lines are folded.
 */
#include "mail/mime.h"

#include <errno.h>
#include <string.h>

#include "mail/codec.h"
#include "mail/downgrade.h"
#include "mail/header.h"
#include "mail/mimepart.h"
#include "mail/mimescan.h"
#include "mail/repair.h"

#define LINE_OCTETS 998 /* RFC 5322 2.1.1 */

/* A walk through the message. */
struct walk {
	int fd;
	int needs;
	mime_to_ascii to_ascii;
	struct writer *w;      /* NULL in the first walk */
	struct mime_scan scan;
	struct mime_stop stop; /* where the last part ended */
	size_t depth;
	int broken;            /* something breaks a need */
	int sealed;            /* and it is in a sealed part */
	struct fault *f;
};

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

/* --- Writing a part --- */

/* Makes the header fit; 1 when it had to change. */
static int
fit_header(struct walk *k, struct mime_part *p)
{
	int needs_7bit = k->depth == 0 ? MIME_7BIT_HEADER :
	    MIME_7BIT | MIME_7BIT_HEADER;
	int changed = 0;

	if ((k->needs & needs_7bit) && header_is_8bit(&p->header)) {
		header_downgrade(&p->header, k->to_ascii);
		changed = 1;
	}
	if ((k->needs & MIME_SHORT_LINES) &&
	    header_longest_line(&p->header) > LINE_OCTETS) {
		header_fold_long(&p->header);
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
describe(struct mime_part *p, const char *encoding)
{
	struct header *h = &p->header;

	if (p->is_message && !header_has(h, "MIME-Version"))
		header_add(h, "MIME-Version", "1.0");
	if (p->kind == MIME_KIND_TEXT && !header_has(h, "Content-Type")) {
		header_remove(h, "Content-Transfer-Encoding");
		text_describe(h, "plain", &p->facts, "");
	}
	set_encoding(h, encoding);
}

/*
 * Containers hold no encoding but these (RFC 2045 6.4): "7bit", unless an
 * 8-bit part had to stay.
 */
static int
fit_container_encoding(struct walk *k, struct mime_part *p)
{
	if (!p->says_8bit || !(k->needs & MIME_7BIT) || k->sealed)
		return 0;
	set_encoding(&p->header, "7bit");
	return 1;
}

static int
write_header(struct walk *k, struct mime_part *p, int changed)
{
	struct buf text = BUF_INIT;

	if (!changed)
		return copy(k, p->at, p->body_at);
	if (k->w == NULL)
		return 0;
	header_format(&p->header, &text);
	if (p->blank || p->has_body)
		buf_adds(&text, "\r\n");
	writer_put(k->w, text.data, text.len);
	buf_release(&text);
	return 0;
}

/* 1 when the body is blocks of fields, each ended by a blank line, and
 * nothing else. */
static int
is_all_fields(struct walk *k, const struct mime_part *p)
{
	struct header h = HEADER_INIT;
	struct buf rest = BUF_INIT;
	struct fault ignored = FAULT_INIT;
	struct reader r;
	int end;

	reader_init_part(&r, k->fd, p->body_at, p->end - p->body_at);
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

static int
is_plain_fields(const struct mime_part *p)
{
	return p->kind == MIME_KIND_FIELDS &&
	    p->encoding == MIME_ENCODING_NONE;
}

/* What a leaf that breaks a need becomes; NULL: its encoding stays. */
static const char *
choose_encoding(const struct mime_part *p)
{
	if (p->encoding != MIME_ENCODING_NONE || p->kind == MIME_KIND_FIELDS)
		return NULL;
	if (p->kind == MIME_KIND_TEXT)
		return "quoted-printable";
	/* An octet takes two more there, a third more here. */
	return p->facts.octets_8bit * 6 < p->facts.length ?
	    "quoted-printable" : "base64";
}

static int
write_body(struct walk *k, struct mime_part *p, const char *encoding)
{
	struct reader r;
	int rc = 0;

	reader_init_part(&r, k->fd, p->body_at, p->end - p->body_at);
	if (encoding != NULL && strcmp(encoding, "base64") == 0)
		base64_write(&r, k->w);
	else if (encoding != NULL)
		qp_write(&r, k->w);
	else if (p->encoding == MIME_ENCODING_QP)
		repair_qp(&r, k->w);
	else if (p->encoding == MIME_ENCODING_BASE64)
		repair_base64(&r, k->w);
	else if (is_plain_fields(p))
		rc = repair_fields(k, &r);
	else
		repair_plain(&r, k->w, 0);
	return check_reader(k, &r) == -1 ? -1 : rc;
}

/* 1 when write_body has put a line end behind the text that the text did not
 * have: the delimiter needs no other one. */
static int
ends_itself(const struct mime_part *p, const char *encoding)
{
	if (encoding != NULL)
		return strcmp(encoding, "base64") == 0;
	return p->encoding == MIME_ENCODING_BASE64 ||
	    (is_plain_fields(p) && !p->facts.ends_in_newline);
}

/* A leaf that breaks a need, header and body. */
static int
write_repaired(struct walk *k, struct mime_part *p)
{
	const char *encoding;

	k->broken = 1;
	if (k->w == NULL)
		return 0;
	if (p->kind == MIME_KIND_FIELDS && !is_all_fields(k, p))
		p->kind = MIME_KIND_TEXT;
	encoding = choose_encoding(p);
	if (encoding != NULL)
		describe(p, encoding);
	if (write_header(k, p, 1) == -1 ||
	    write_body(k, p, encoding) == -1)
		return -1;
	return ends_itself(p, encoding) ? 0 : copy(k, p->end, k->stop.at);
}

/* Finds the end of a leaf and examines its body. */
static int
read_leaf(struct walk *k, struct mime_part *p)
{
	mime_scan_to_stop(&k->scan, p->body_at, &k->stop);
	p->end = k->stop.text_end;
	if (mime_scan_check(&k->scan, k->f) == -1)
		return -1;
	return examine(k, p->body_at, p->end, &p->facts);
}

static int
walk_leaf(struct walk *k, struct mime_part *p)
{
	int changed;

	if (read_leaf(k, p) == -1)
		return -1;
	changed = fit_header(k, p);
	if (breaks_need(k, &p->facts) && p->kind != MIME_KIND_SEALED)
		return write_repaired(k, p);
	if (breaks_need(k, &p->facts))
		k->broken = k->sealed = 1;
	if (write_header(k, p, changed) == -1)
		return -1;
	return copy(k, p->body_at, k->stop.at);
}

static int walk_part(struct walk *, off_t, int, const char *);

static int
walk_message(struct walk *k, struct mime_part *p)
{
	int changed = fit_header(k, p);
	int rc;

	changed |= fit_container_encoding(k, p);
	/* Fields that the message within gets must not join these. */
	changed |= p->has_body;
	if (write_header(k, p, changed) == -1)
		return -1;
	k->depth++;
	rc = walk_part(k, p->body_at, 1, "text/plain");
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
		    walk_part(k, k->stop.next, 0, default_type) == -1)
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
walk_multipart(struct walk *k, struct mime_part *p)
{
	size_t level = k->scan.levels;
	int changed, closed, rc = -1;

	mime_scan_push(&k->scan, &p->boundary);
	mime_scan_to_stop(&k->scan, p->body_at, &k->stop);
	if (k->stop.level != level || k->stop.close) {
		mime_scan_pop(&k->scan);
		p->kind = MIME_KIND_TEXT;
		return walk_leaf(k, p);
	}
	changed = fit_header(k, p);
	changed |= fit_container_encoding(k, p);
	k->depth++;
	if (write_header(k, p, changed) == -1 ||
	    copy_between(k, p->body_at, k->stop.at) == -1 ||
	    walk_parts(k, p->part_type) == -1)
		goto out;
	rc = 0;
out:
	k->depth--;
	closed = k->stop.level == level;
	mime_scan_pop(&k->scan);
	return rc == 0 && closed ? walk_epilogue(k) : rc;
}

/* Walks the part at offset at; where it ends is in k->stop then. */
static int
walk_part(struct walk *k, off_t at, int is_message, const char *default_type)
{
	struct mime_part p;
	int rc = -1;

	if (mime_part_read(&p, &k->scan, at, is_message, default_type,
	    k->depth < MIME_DEPTH, k->f) == -1 ||
	    copy_between(k, at, p.at) == -1)
		goto out;
	if (p.kind == MIME_KIND_MULTIPART)
		rc = walk_multipart(k, &p);
	else if (p.kind == MIME_KIND_MESSAGE)
		rc = walk_message(k, &p);
	else
		rc = walk_leaf(k, &p);
out:
	mime_part_release(&p);
	return rc;
}

static int
walk_all(struct walk *k, off_t offset, off_t length, struct writer *w)
{
	int rc;

	k->w = w;
	k->depth = 0;
	mime_scan_init(&k->scan, k->fd, offset, offset + length);
	rc = walk_part(k, offset, 1, "text/plain");
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
