/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Putting a message together (RFC 2046 5.1, RFC 2387): plan the tree of parts,
 * choose the boundaries, write it as a stream.
 *
 * Boundaries are "=_", 120 random bits and the number of the multipart, so
 * that none is the beginning of another. base64 has no "_", and in
 * quoted-printable an "=" is followed by a hexadecimal digit or the end of the
 * line (RFC 2045 6.7): "=_" occurs in neither, so files are not searched. What
 * is written as it stands (texts, mails) is searched, and other boundaries are
 * chosen should one occur.
 */
#include "mail/compose.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "mail/cid.h"
#include "mail/codec.h"
#include "mail/entity.h"

#define LINE_CHARS 76   /* of base64 */
#define LINE_INPUT 57   /* octets that become such a line */

/* What is being written, and what is known of it. */
struct composer {
	struct writer *w;
	struct text_facts *facts;
	off_t settled;   /* facts are complete up to this position of w */
	int at_line;     /* what was written last ends with a line end that
	                  * can belong to a delimiter */
};

/* Planning. */

/* 1 when the message has a text worth a part. */
static int
has_text(const struct text_part *text, const struct part_list *parts)
{
	if (text->fd == -1)
		return 0;
	return text->facts.length != 0 || text->header.n != 0 || parts->n == 0;
}

static struct entity *
plan_html(struct part_list *parts, const char *charset, struct fault *f)
{
	size_t i;

	for (i = 0; i < parts->n; i++)
		if (parts->v[i].kind == PART_KIND_HTML)
			return entity_html(&parts->v[i], parts, charset, f);
	return NULL;
}

/* Makes list the files of one kind, in their order; 0, or -1 with a fault. */
static int
plan_files(const struct part_list *parts, enum part_kind kind,
    struct entity **list, struct fault *f)
{
	size_t i;

	for (i = 0; i < parts->n; i++) {
		if (parts->v[i].kind != kind)
			continue;
		*list = entity_file(&parts->v[i], f);
		if (*list == NULL)
			return -1;
		list = &(*list)->next;
	}
	return 0;
}

/* Joins two lists. */
static struct entity *
join(struct entity *a, struct entity *b)
{
	struct entity **end = &a;

	while (*end != NULL)
		end = &(*end)->next;
	*end = b;
	return a;
}

/*
 * Puts the parts together, only as deep as needed. Inline files without HTML
 * are attachments that want to be shown: nothing refers to them.
 */
static struct entity *
plan_tree(struct entity *text, struct entity *html, struct entity *inlines,
    struct entity *attachments)
{
	struct entity *e = text;

	if (text != NULL && html != NULL)
		e = entity_multipart("alternative", join(text, html));
	else if (html != NULL)
		e = html;
	if (html != NULL && inlines != NULL)
		e = entity_multipart("related", join(e, inlines));
	else
		attachments = join(inlines, attachments);
	if (attachments != NULL)
		e = entity_multipart("mixed", join(e, attachments));
	return e;
}

/* The tree of the message; NULL and no fault when it has no part at all. */
static struct entity *
plan(struct text_part *text, struct part_list *parts, const char *charset,
    struct fault *f)
{
	struct entity *t = NULL, *html, *inlines = NULL, *attachments = NULL;

	if (has_text(text, parts))
		t = entity_text(text->fd, text->at, &text->facts,
		    &text->header, charset);
	html = plan_html(parts, charset, f);
	cid_complete(parts);
	if (f->code == 0 &&
	    plan_files(parts, PART_KIND_INLINE, &inlines, f) == 0 &&
	    plan_files(parts, PART_KIND_ATTACHMENT, &attachments, f) == 0)
		return plan_tree(t, html, inlines, attachments);
	entity_free(t);
	entity_free(html);
	entity_free(inlines);
	entity_free(attachments);
	return NULL;
}

/* Boundaries. */

/* 1 when needle, which has no '-' but two in front, occurs in r. */
static int
occurs(struct reader *r, const char *needle)
{
	const char *p;
	size_t n, i, matched = 0;

	while (needle[matched] != '\0' && (n = reader_peek(r, &p)) != 0) {
		for (i = 0; i < n && needle[matched] != '\0'; i++)
			if (p[i] == needle[matched])
				matched++;
			else if (p[i] != '-')
				matched = 0;
			else if (matched != 2)
				matched = 1;
		reader_take(r, i);
	}
	return needle[matched] == '\0';
}

/* 1 when needle occurs in what is written as it stands; -1 with a fault. */
static int
occurs_in_tree(const struct entity *e, const char *needle, struct fault *f)
{
	struct reader r;
	int fd, found = 0;

	for (; e != NULL && found == 0; e = e->next) {
		if (e->form == ENTITY_MULTIPART)
			found = occurs_in_tree(e->children, needle, f);
		if (e->form != ENTITY_TEXT && e->form != ENTITY_MESSAGE)
			continue;
		fd = e->part != NULL ? part_begin(e->part, f) : e->fd;
		if (fd == -1)
			return -1;
		reader_init_part(&r, fd, e->at, e->length);
		found = occurs(&r, needle);
		reader_release(&r);
		if (e->part != NULL && part_end(e->part, fd, f) == -1)
			found = -1;
	}
	return found;
}

/* Gives every multipart its boundary; number counts them. */
static void
set_boundaries(struct entity *e, const char *stem, int *number)
{
	struct buf b = BUF_INIT;

	for (; e != NULL; e = e->next) {
		if (e->form != ENTITY_MULTIPART)
			continue;
		buf_addf(&b, "%s-%d", stem, ++*number);
		e->boundary = buf_detach(&b);
		set_boundaries(e->children, stem, number);
	}
}

static int
choose_boundaries(struct entity *tree, struct fault *f)
{
	struct buf needle = BUF_INIT;
	int number = 0, found;

	if (tree->form != ENTITY_MULTIPART)
		return 0;
	do {
		buf_set(&needle, "--=_", 4);
		clock_unique(&needle);
		found = occurs_in_tree(tree, needle.data, f);
	} while (found == 1);
	if (found == 0)
		set_boundaries(tree, needle.data + 2, &number);
	buf_release(&needle);
	return found;
}

/* Writing. */

/* Adds the facts of text that was written since the last call. */
static int
settle(struct composer *c, struct fault *f)
{
	off_t now = writer_position(c->w);
	struct text_facts facts;
	struct reader r;
	int rc;

	if (now == c->settled)
		return 0;
	if (writer_flush(c->w, f) == -1)
		return -1;
	reader_init_part(&r, c->w->fd, c->settled, now - c->settled);
	rc = text_examine(&r, &facts, f);
	reader_release(&r);
	c->facts->length += now - c->settled;
	c->facts->lines += facts.lines;
	c->facts->octets_8bit += facts.octets_8bit;
	if (facts.longest_line > c->facts->longest_line)
		c->facts->longest_line = facts.longest_line;
	c->facts->is_utf8 &= facts.is_utf8;
	c->facts->ends_in_newline = facts.ends_in_newline;
	c->settled = now;
	return rc;
}

/* Adds the facts of base64, which are known without looking. */
static void
settle_base64(struct composer *c, off_t input)
{
	off_t now = writer_position(c->w);
	size_t longest = input >= LINE_INPUT ? LINE_CHARS :
	    (size_t)(now - c->settled) - 2;

	if (input == 0)
		return;
	c->facts->length += now - c->settled;
	c->facts->lines += (input + LINE_INPUT - 1) / LINE_INPUT;
	if (longest > c->facts->longest_line)
		c->facts->longest_line = longest;
	c->settled = now;
}

/* Copies text as it stands; with convert every bare LF becomes CRLF. */
static void
copy_text(struct reader *r, struct writer *w, int convert)
{
	const char *p, *lf;
	char last = '\0';
	size_t n;

	while ((n = reader_peek(r, &p)) != 0) {
		lf = convert ? memchr(p, '\n', n) : NULL;
		if (lf == p) {
			writer_puts(w, last == '\r' ? "\n" : "\r\n");
			n = 1;
		} else {
			if (lf != NULL)
				n = (size_t)(lf - p);
			writer_put(w, p, n);
		}
		last = p[n - 1];
		reader_take(r, n);
		if (w->error != 0)
			return;
	}
}

static int
write_content(struct composer *c, const struct entity *e, struct reader *r,
    struct fault *f)
{
	switch (e->form) {
	case ENTITY_BASE64:
		if (settle(c, f) == -1)
			return -1;
		base64_write(r, c->w);
		settle_base64(c, e->length);
		break;
	case ENTITY_QP:
		qp_write(r, c->w);
		break;
	default:
		copy_text(r, c->w, e->form == ENTITY_MESSAGE);
		break;
	}
	/* base64 ends its last line itself, and the end is no content. */
	c->at_line = e->form == ENTITY_BASE64 && e->length != 0;
	if (c->w->error != 0)
		return writer_flush(c->w, f);
	if (r->error == 0 && r->left == 0)
		return 0;
	errno = r->error;
	if (e->part == NULL)
		return fault_set(f, EX_TEMPFAIL, "cannot read a temporary "
		    "file");
	if (r->error != 0)
		return fault_errno(f, EX_NOINPUT, "%s: cannot be read",
		    e->part->path);
	return fault_set(f, EX_NOINPUT, "%s: changed while it was read: send "
	    "a copy of it", e->part->path);
}

static int
write_leaf(struct composer *c, const struct entity *e, struct fault *f)
{
	int fd = e->part != NULL ? part_begin(e->part, f) : e->fd, rc;
	struct reader r;

	if (fd == -1)
		return -1;
	reader_init_part(&r, fd, e->at, e->length);
	rc = write_content(c, e, &r, f);
	reader_release(&r);
	if (e->part != NULL && part_end(e->part, fd, f) == -1)
		rc = -1;
	return rc;
}

static void
describe_multipart(struct entity *e)
{
	struct buf body = BUF_INIT;

	buf_addf(&body, "multipart/%s;\r\n ", e->subtype);
	if (strcmp(e->subtype, "related") == 0) {
		buf_adds(&body, "type=\"");
		entity_type(e->children, &body);
		buf_adds(&body, "\";\r\n ");
	}
	buf_addf(&body, "boundary=\"%s\"", e->boundary);
	header_add(&e->header, "Content-Type", body.data);
	/* RFC 2045 6.4: what is in a part is in its multipart. */
	if (e->is_8bit)
		header_add(&e->header, "Content-Transfer-Encoding", "8bit");
	buf_release(&body);
}

/* The line in front of a part (tail "") or behind the last one ("--"). */
static void
write_delimiter(struct composer *c, const struct entity *multipart,
    const char *tail)
{
	if (!c->at_line)
		writer_puts(c->w, "\r\n");
	writer_puts(c->w, "--");
	writer_puts(c->w, multipart->boundary);
	writer_puts(c->w, tail);
	writer_puts(c->w, "\r\n");
	c->at_line = 1;
}

/* The body of e; that of a multipart calls itself for each part. */
static int
write_body(struct composer *c, struct entity *e, struct fault *f)
{
	struct buf header = BUF_INIT;
	struct entity *part;
	int rc = 0;

	if (e->form != ENTITY_MULTIPART)
		return write_leaf(c, e, f);
	for (part = e->children; part != NULL && rc == 0; part = part->next) {
		write_delimiter(c, e, "");
		if (part->form == ENTITY_MULTIPART)
			describe_multipart(part);
		buf_reset(&header);
		header_format(&part->header, &header);
		writer_put(c->w, header.data, header.len);
		writer_puts(c->w, "\r\n");
		rc = write_body(c, part, f);
	}
	buf_release(&header);
	if (rc == 0)
		write_delimiter(c, e, "--");
	return rc;
}

static int
write_tree(struct entity *tree, struct header *h, struct writer *w,
    struct text_facts *facts, struct fault *f)
{
	struct composer c = { .w = w, .facts = facts, .at_line = 1,
		.settled = writer_position(w) };

	if (choose_boundaries(tree, f) == -1)
		return -1;
	if (tree->form == ENTITY_MULTIPART)
		describe_multipart(tree);
	if (!header_has(h, "MIME-Version"))
		header_add(h, "MIME-Version", "1.0");
	header_move(&tree->header, "", h);
	if (write_body(&c, tree, f) == -1)
		return -1;
	return settle(&c, f);
}

int
compose_write(struct header *h, struct text_part *text,
    struct part_list *parts, const char *charset, struct writer *w,
    struct text_facts *facts, struct fault *f)
{
	static const struct text_facts nothing = { .is_utf8 = 1,
		.ends_in_newline = 1 };
	struct entity *tree;
	int rc = 0;

	*facts = nothing;
	header_move(h, "Content-", &text->header);
	header_remove(&text->header, "Content-Length");
	tree = plan(text, parts, charset != NULL ? charset : "", f);
	if (f->code != 0)
		rc = -1;
	else if (tree != NULL)
		rc = write_tree(tree, h, w, facts, f);
	entity_free(tree);
	if (rc == 0)
		rc = writer_flush(w, f);
	return rc;
}
