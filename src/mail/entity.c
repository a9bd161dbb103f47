/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree of body parts, and describing files in it: media type, charset,
 * transfer encoding, names (RFC 2045, 2183, 2231). Texts are in
 * entity_text.c.
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
#include "mail/codec.h"
#include "mail/mediatype.h"

#define LINE_OCTETS 998   /* RFC 5322 2.1.1 */
#define LINE_COLUMNS 76
#define OLD_NAME_MAX 255  /* longer names old clients do not get */

struct entity *
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
	start = out->len;
	field_body(&e->header.v[at], out);
	buf_truncate(out, start + strcspn(out->data + start, " \t;("));
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
 * 1 when readers would see something else in the quoted name: encoded words
 * of RFC 2047, a charset of RFC 2231 (rock'n'roll).
 */
static int
is_misleading(const char *name)
{
	return strstr(name, "=?") != NULL ||
	    strchr(name, '\'') != strrchr(name, '\'');
}

/*
 * Appends name as Content-Type has carried it since before RFC 2231: quoted,
 * or as RFC 2047 words, which is no standard but what old clients read. New
 * ones read the filename of Content-Disposition, so odd names are left out.
 */
static void
add_old_name(struct buf *body, const char *name)
{
	size_t len = strlen(name), i;
	int is_8bit = utf8_is_8bit(name, len);

	if (len == 0 || len > OLD_NAME_MAX || is_misleading(name))
		return;
	buf_adds(body, ";\r\n name=\"");
	if (is_8bit)
		word_encode(body, name, len, 1, strlen(" name=\""));
	for (i = 0; i < len && !is_8bit; i++) {
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
	if (p->content_id != NULL) {
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
