/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Describing the texts of a message: the one it came with and the HTML. The
 * part of entity.h for these.
 *
 * They go as they stand (7bit, 8bit: the relay re-encodes for a server without
 * 8BITMIME), but for lines that mail cannot carry. A text that came with its
 * own Content-* fields is not touched. HTML is copied: its line ends become
 * CRLF, its references to inline files Content-IDs.
 */
#include "mail/entity.h"

#include <string.h>

#include "base/ascii.h"
#include "mail/cid.h"
#include "mail/codec.h"

#define LINE_OCTETS 998   /* RFC 5322 2.1.1 */
#define QP_COLUMNS 75     /* and a "=" */
#define META_OCTETS 4096  /* how far into HTML its charset is looked for */

/* Sets a field, in the place of one that is there. */
static void
set_field(struct header *h, const char *name, const char *body)
{
	size_t at = header_find(h, name, 0);

	if (at == h->n)
		header_add(h, name, body);
	else
		header_replace(h, at, body);
}

/* About how many octets quoted-printable makes of the text of e. */
static off_t
qp_length(const struct entity *e)
{
	off_t length = e->length;
	struct reader r;
	const char *p;
	size_t n, i;

	reader_init_part(&r, e->fd, e->at, e->length);
	while ((n = reader_peek(&r, &p)) != 0) {
		for (i = 0; i < n; i++)
			if ((p[i] & 0x80) != 0 || p[i] == '=')
				length += 2;
		reader_take(&r, n);
	}
	reader_release(&r);
	return length + length / QP_COLUMNS * 3;
}

/* Lines that are too long for mail need an encoding: the shorter one. */
static void
choose_encoding(struct entity *e, const struct text_facts *facts)
{
	if (facts->longest_line <= LINE_OCTETS)
		return;
	e->form = qp_length(e) <= base64_length(e->length) ? ENTITY_QP :
	    ENTITY_BASE64;
	e->is_8bit = 0;
	set_field(&e->header, "Content-Transfer-Encoding",
	    e->form == ENTITY_QP ? "quoted-printable" : "base64");
}

/*
 * A text that came with its fields stays as it is; only 8-bit octets that it
 * does not announce are announced (RFC 2045 6.2).
 */
static void
announce_8bit(struct entity *e)
{
	size_t at = header_find(&e->header, "Content-Transfer-Encoding", 0);
	struct buf body = BUF_INIT;

	if (at != e->header.n)
		field_body(&e->header.v[at], &body);
	if (body.len == 0 || ascii_is_equal(body.data, body.len, "7bit", 4))
		set_field(&e->header, "Content-Transfer-Encoding", "8bit");
	buf_release(&body);
}

struct entity *
entity_text(int fd, off_t at, const struct text_facts *facts,
    struct header *header, const char *charset)
{
	struct entity *e = entity_new(ENTITY_TEXT);

	e->fd = fd;
	e->at = at;
	e->length = facts->length;
	e->is_8bit = facts->octets_8bit != 0;
	header_move(header, "", &e->header);
	if (header_has(&e->header, "Content-Type") ||
	    header_has(&e->header, "Content-Transfer-Encoding")) {
		if (e->is_8bit)
			announce_8bit(e);
	} else {
		text_describe(&e->header, "plain", facts, charset);
		choose_encoding(e, facts);
	}
	header_encode(&e->header, charset);
	return e;
}

/* 1 when the octets at p begin with text, whatever the case. */
static int
begins_with(const char *p, const char *end, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(end - p) >= len && ascii_is_equal(p, len, text, len);
}

/* The charset that stands behind "charset" at p, appended to out. */
static void
take_charset(const char *p, const char *end, struct buf *out)
{
	static const char marks[] = " \t\r\n=\"'";

	while (p < end && *p != '\0' && strchr(marks, *p) != NULL)
		p++;
	for (; p < end && (ascii_is_alnum(*p) || *p == '-' || *p == '_'); p++)
		buf_addc(out, *p);
}

/* Appends the charset that a meta tag at the beginning of HTML names. */
static void
find_meta_charset(const char *p, size_t len, struct buf *out)
{
	const char *end = p + len;
	int in_meta = 0;

	for (; p < end && out->len == 0; p++) {
		if (begins_with(p, end, "<meta"))
			in_meta = 1;
		else if (*p == '>')
			in_meta = 0;
		else if (in_meta && begins_with(p, end, "charset"))
			take_charset(p + strlen("charset"), end, out);
	}
}

/*
 * The charset of HTML in a private file that is not UTF-8: by its own word,
 * unless that cannot be true, else the one that was configured.
 */
static void
html_charset(int fd, const char *charset, struct buf *out)
{
	char head[META_OCTETS];
	ssize_t n = io_pread(fd, head, sizeof head, 0);

	if (n > 0)
		find_meta_charset(head, (size_t)n, out);
	if (begins_with(out->data, out->data + out->len, "utf"))
		buf_reset(out);
	if (out->len == 0)
		buf_adds(out, charset);
}

/* UTF-16 would lose its NULs on the way. */
static int
check_html(const struct part *p, int fd, struct fault *f)
{
	char head[META_OCTETS];
	ssize_t n = io_pread(fd, head, sizeof head, 0);

	if (n == -1)
		return fault_errno(f, EX_NOINPUT, "%s: cannot be read",
		    p->path);
	if (memchr(head, '\0', (size_t)n) != NULL)
		return fault_set(f, EX_DATAERR, "%s: is no HTML text (it has "
		    "NUL octets): save it as UTF-8", p->path);
	return 0;
}

/* The file as CRLF text into w. */
static int
copy_html(const struct part *p, struct writer *w, struct text_facts *facts,
    struct fault *f)
{
	int fd = part_begin(p, f), rc = -1;
	struct reader r;

	if (fd == -1)
		return -1;
	reader_init_part(&r, fd, 0, p->length);
	if (check_html(p, fd, f) == 0) {
		rc = text_copy(&r, NULL, w, 0, facts, f);
		if (rc == -1)
			fault_context(f, "%s", p->path);
	}
	reader_release(&r);
	if (part_end(p, fd, f) == -1)
		rc = -1;
	return rc;
}

/* Copies length octets of fd behind themselves, references resolved. */
static int
resolve_references(struct part_list *parts, int fd, off_t length,
    struct text_facts *facts, struct fault *f)
{
	struct reader r;
	struct writer w;
	int rc;

	reader_init_part(&r, fd, 0, length);
	writer_init(&w, fd, length);
	cid_copy(parts, &r, &w);
	rc = writer_flush(&w, f);
	reader_release(&r);
	reader_init_part(&r, fd, length, writer_position(&w) - length);
	if (rc == 0)
		rc = text_examine(&r, facts, f);
	reader_release(&r);
	writer_release(&w);
	return rc;
}

static int
has_inline(const struct part_list *parts)
{
	size_t i;

	for (i = 0; i < parts->n; i++)
		if (parts->v[i].kind == PART_KIND_INLINE)
			return 1;
	return 0;
}

/* Fills the private file e->fd with the HTML of part p. */
static int
fill_html(struct entity *e, const struct part *p, struct part_list *parts,
    struct text_facts *facts, struct fault *f)
{
	struct writer w;
	int rc;

	writer_init(&w, e->fd, 0);
	rc = copy_html(p, &w, facts, f);
	writer_release(&w);
	if (rc == 0 && has_inline(parts)) {
		e->at = facts->length;
		rc = resolve_references(parts, e->fd, e->at, facts, f);
	}
	e->length = facts->length;
	e->is_8bit = facts->octets_8bit != 0;
	return rc;
}

static void
describe_html(struct entity *e, const struct part *p,
    const struct text_facts *facts, const char *charset)
{
	struct buf found = BUF_INIT;

	if (!facts->is_utf8)
		html_charset(e->fd, charset, &found);
	text_describe(&e->header, "html", facts, found.data);
	if (p->type != NULL)
		set_field(&e->header, "Content-Type", p->type);
	choose_encoding(e, facts);
	buf_release(&found);
}

struct entity *
entity_html(const struct part *p, struct part_list *parts,
    const char *charset, struct fault *f)
{
	struct entity *e = entity_new(ENTITY_TEXT);
	struct text_facts facts;

	e->fd = io_private_file(f);
	e->owns_fd = e->fd != -1;
	if (e->fd == -1 || fill_html(e, p, parts, &facts, f) == -1) {
		entity_free(e);
		return NULL;
	}
	describe_html(e, p, &facts, charset);
	return e;
}
