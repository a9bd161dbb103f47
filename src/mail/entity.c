/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Describing the leaves of a message: media type, charset, transfer encoding,
 * names (RFC 2045, 2183, 2231).
 *
 * A file arrives byte for byte, whatever it is, so it travels as base64: text
 * sent as text would come out with other line ends. The exception is a mail
 * (message/rfc822), for which base64 is forbidden (RFC 2046 5.2.1): one that
 * is clean goes as it is, with CRLF; one that is not goes as octets. A charset
 * is stated only where the octets prove it.
 */
#include "mail/entity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/cid.h"
#include "mail/codec.h"
#include "mail/mediatype.h"

#define LINE_OCTETS 998   /* RFC 5322 2.1.1 */
#define LINE_COLUMNS 76
#define META_OCTETS 4096  /* how far into HTML its charset is looked for */
#define OLD_NAME_MAX 255  /* longer names old clients do not get */

static struct entity *
entity_new(enum entity_form form)
{
	struct entity *e = xcalloc(1, sizeof *e);

	e->form = form;
	e->fd = -1;
	header_init(&e->header);
	return e;
}

void
entity_free(struct entity *e)
{
	struct entity *next;

	for (; e != NULL; e = next) {
		next = e->next;
		entity_free(e->children);
		if (e->owns_fd)
			close(e->fd);
		header_release(&e->header);
		free(e->boundary);
		free(e);
	}
}

struct entity *
entity_multipart(const char *subtype, struct entity *child)
{
	struct entity *e = entity_new(ENTITY_MULTIPART);

	e->subtype = subtype;
	e->children = child;
	for (; child != NULL; child = child->next)
		e->is_8bit |= child->is_8bit;
	return e;
}

void
entity_type(const struct entity *e, struct buf *out)
{
	size_t at = header_find(&e->header, "Content-Type", 0), start;

	if (e->form == ENTITY_MULTIPART) {
		buf_addf(out, "multipart/%s", e->subtype);
		return;
	}
	if (at == e->header.n) {
		buf_adds(out, "text/plain");
		return;
	}
	start = out->len;
	field_body(&e->header.v[at], out);
	buf_truncate(out, start + strcspn(out->data + start, " \t;("));
}

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

/*
 * Adds a field whose body is folded in front of every parameter; joins what
 * fits on a line.
 */
static void
add_folded(struct header *h, const char *name, const struct buf *body)
{
	const char *p = body->data, *fold;
	size_t column = strlen(name) + 2, n;
	struct buf out = BUF_INIT;

	for (;; p = fold + 3) {
		fold = strstr(p, "\r\n ");
		n = fold != NULL ? (size_t)(fold - p) : strlen(p);
		if (p != body->data && column + 1 + n > LINE_COLUMNS) {
			buf_adds(&out, "\r\n");
			column = 0;
		}
		if (p != body->data)
			buf_addc(&out, ' ');
		buf_add(&out, p, n);
		column += n + (p != body->data);
		if (fold == NULL)
			break;
	}
	header_add(h, name, out.data);
	buf_release(&out);
}

/*
 * Appends name as Content-Type has carried it since before RFC 2231: quoted,
 * or as RFC 2047 words, which is no standard but what old clients read. New
 * ones read the filename of Content-Disposition.
 */
static void
add_old_name(struct buf *body, const char *name)
{
	size_t len = strlen(name), i;

	if (len == 0 || len > OLD_NAME_MAX)
		return;
	buf_adds(body, ";\r\n name=\"");
	if (utf8_is_8bit(name, len))
		word_encode(body, name, len, 1, strlen(" name=\""));
	for (i = 0; i < len && !utf8_is_8bit(name, len); i++) {
		if (name[i] == '"' || name[i] == '\\')
			buf_addc(body, '\\');
		buf_addc(body, name[i]);
	}
	buf_addc(body, '"');
}

/* Reads the whole of a part by pieces into look(state, octets). */
static int
scan_part(const struct part *p, int fd, void (*look)(void *, const char *,
    size_t), void *state, struct fault *f)
{
	struct reader r;
	const char *data;
	size_t n;
	int error;

	reader_init_part(&r, fd, 0, p->length);
	while ((n = reader_peek(&r, &data)) != 0) {
		look(state, data, n);
		reader_take(&r, n);
	}
	error = r.error;
	reader_release(&r);
	if (error == 0)
		return 0;
	errno = error;
	return fault_errno(f, EX_NOINPUT, "%s: cannot be read", p->path);
}

/* What the octets of a text say about its charset. */
struct charset_scan {
	struct utf8_check utf8;
	int is_8bit;
	int is_odd; /* NUL or ESC: UTF-16 or ISO-2022 are not ASCII */
};

static void
look_charset(void *state, const char *p, size_t len)
{
	struct charset_scan *s = state;

	utf8_check_push(&s->utf8, p, len);
	if (!s->is_8bit)
		s->is_8bit = utf8_is_8bit(p, len);
	if (!s->is_odd)
		s->is_odd = memchr(p, '\0', len) != NULL ||
		    memchr(p, '\033', len) != NULL;
}

/* NULL when nothing can be said for certain. */
static const char *
proved_charset(const struct charset_scan *s)
{
	if (s->is_odd || !utf8_check_done(&s->utf8))
		return NULL;
	return s->is_8bit ? "utf-8" : "us-ascii";
}

/* Whether a file can go as message/rfc822 (RFC 2046 5.2.1). */
struct message_scan {
	size_t line;
	char last;
	int lf, crlf;    /* line ends of either kind */
	int body;        /* the blank line was seen */
	int is_8bit;
	int is_unclean;
};

static void
look_message_octet(struct message_scan *s, char c)
{
	if (s->last == '\r' && c != '\n')
		s->is_unclean = 1;
	if (c == '\n') {
		if (s->last == '\r')
			s->crlf = 1;
		else
			s->lf = 1;
		s->body |= s->line == 0;
		s->line = 0;
	} else if (c != '\r' && ++s->line > LINE_OCTETS)
		s->is_unclean = 1;
	if ((unsigned char)c > 127) {
		s->is_8bit = 1;
		s->is_unclean |= !s->body; /* RFC 6532 needs message/global */
	}
	s->is_unclean |= c == '\0';
	s->last = c;
}

static void
look_message(void *state, const char *p, size_t len)
{
	struct message_scan *s = state;
	size_t i;

	for (i = 0; i < len && !s->is_unclean; i++)
		look_message_octet(s, p[i]);
}

static int
is_clean(const struct message_scan *s)
{
	return !s->is_unclean && s->last != '\r' && !(s->lf && s->crlf);
}

static int
has_top_type(const char *type, const char *top)
{
	return ascii_is_equal(type, strcspn(type, "/"), top, strlen(top));
}

/* The media type of part p into type: as it was given, or by its bytes. */
static int
find_type(const struct part *p, int fd, struct buf *type, struct fault *f)
{
	char *head;
	ssize_t n;

	if (p->type != NULL) {
		buf_adds(type, p->type);
		return 0;
	}
	head = xmalloc(IO_CHUNK);
	n = io_pread(fd, head, IO_CHUNK, 0);
	if (n == -1)
		fault_errno(f, EX_NOINPUT, "%s: cannot be read", p->path);
	else
		mediatype_guess(head, (size_t)n, p->name, type);
	free(head);
	return n == -1 ? -1 : 0;
}

/* Adds charset to a text type without one, makes unclean mail octets. */
static int
refine_type(struct entity *e, int fd, struct buf *type, struct fault *f)
{
	struct charset_scan text = { .is_8bit = 0 };
	struct message_scan mail = { .is_8bit = 0 };
	struct buf given = BUF_INIT;
	const char *charset;
	int rc = 0;

	if (has_top_type(type->data, "text") && !parameter_get(type->data,
	    type->len, "charset", &given)) {
		rc = scan_part(e->part, fd, look_charset, &text, f);
		charset = proved_charset(&text);
		if (charset != NULL)
			buf_addf(type, ";\r\n charset=%s", charset);
	} else if (has_top_type(type->data, "message")) {
		rc = scan_part(e->part, fd, look_message, &mail, f);
		if (is_clean(&mail)) {
			e->form = ENTITY_MESSAGE;
			e->is_8bit = mail.is_8bit;
		} else
			buf_set(type, "application/octet-stream", 24);
	}
	buf_release(&given);
	return rc;
}

static void
describe_file(struct entity *e, struct buf *type)
{
	const struct part *p = e->part;
	struct buf body = BUF_INIT, name = BUF_INIT;
	int is_inline = p->kind == PART_KIND_INLINE;

	if (!parameter_get(type->data, type->len, "name", &name))
		add_old_name(type, p->name);
	add_folded(&e->header, "Content-Type", type);
	header_add(&e->header, "Content-Transfer-Encoding",
	    e->form == ENTITY_BASE64 ? "base64" : e->is_8bit ? "8bit" : "7bit");
	if (is_inline && p->content_id != NULL) {
		buf_addf(&body, "<%s>", p->content_id);
		header_add(&e->header, "Content-ID", body.data);
		buf_reset(&body);
	}
	buf_adds(&body, is_inline ? "inline" : "attachment");
	if (p->name[0] != '\0')
		parameter_add(&body, "filename", p->name, 0);
	add_folded(&e->header, "Content-Disposition", &body);
	buf_release(&body);
	buf_release(&name);
}

struct entity *
entity_file(const struct part *p, struct fault *f)
{
	struct entity *e = entity_new(ENTITY_BASE64);
	struct buf type = BUF_INIT;
	int fd = part_begin(p, f), rc = -1;

	e->part = p;
	e->length = p->length;
	if (fd != -1 && find_type(p, fd, &type, f) == 0)
		rc = refine_type(e, fd, &type, f);
	if (fd != -1 && part_end(p, fd, f) == -1)
		rc = -1;
	if (rc == 0)
		describe_file(e, &type);
	buf_release(&type);
	if (rc == 0)
		return e;
	entity_free(e);
	return NULL;
}

/*
 * Lines that are too long for mail need an encoding: the one that is likely
 * to be shorter. ("=" signs are not counted, so it may be wrong for a text
 * full of them.)
 */
static void
choose_encoding(struct entity *e, const struct text_facts *facts)
{
	off_t qp = facts->length + 2 * facts->octets_8bit;

	if (facts->longest_line <= LINE_OCTETS)
		return;
	qp += qp / (LINE_COLUMNS - 1) * 3;
	e->form = qp <= base64_length(facts->length) ? ENTITY_QP :
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
