/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The content goes into one private file: the header is complete only when
 * the body has been seen (its charset, its encoding), so the body is written
 * behind a gap and the header afterwards ends exactly where the body begins.
 */
#include "submit/draft.h"

#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "mail/codec.h"
#include "submit/localname.h"

/* Room in front of a body: for fields that are added, for To where that may
 * have many addresses; in steps. */
#define ROOM_FIELDS 2048
#define ROOM_TO 65536
#define ROOM_STEP 4096

void
draft_init(struct draft *d)
{
	memset(d, 0, sizeof *d);
	message_init(&d->message);
	buf_init(&d->rest, 0);
	d->text.fd = -1;
	d->content.fd = -1;
}

void
draft_release(struct draft *d)
{
	part_list_release(&d->parts);
	header_release(&d->text.header);
	message_release(&d->message);
	strv_release(&d->expected);
	buf_release(&d->rest);
	if (d->text.fd != -1)
		close(d->text.fd);
	if (d->content.fd != -1)
		close(d->content.fd);
}

/* Room for a field of the header: folded, or each 8-bit octet a word, and
 * addresses in place of local names. */
static off_t
room_for(const char *text, size_t len, const struct account *a,
    const struct sender *s)
{
	return (utf8_is_8bit(text, len) ? 64 : 8) * (off_t)len + 64 +
	    localname_room(text, len, a, s);
}

void
draft_expect(struct draft *d, const char *field)
{
	strv_add(&d->expected, field);
}

/*
 * Room for the header, also for what has still to be added to it. The gap is
 * a hole of the file; but a small file is written and read in fewer pieces.
 */
static off_t
gap_for(const struct draft *d, const struct account *a,
    const struct sender *s)
{
	const struct header *h = &d->message.header;
	off_t size = values_is(&a->values, S_SET_TO_HEADER, "on") ? ROOM_TO :
	    ROOM_FIELDS;
	size_t i;

	size += room_for(s->from_field, strlen(s->from_field), a, s);
	for (i = 0; i < h->n; i++)
		size += room_for(h->v[i].text, h->v[i].len, a, s);
	for (i = 0; i < d->expected.n; i++)
		size += room_for(d->expected.v[i], strlen(d->expected.v[i]), a,
		    s);
	return (size + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;
}

static int
open_content(const struct draft *d, struct fault *f)
{
	return d->keep != NULL ? keep_file(d->keep, f) : io_private_file(f);
}

/* Where the body of the input goes: straight into the content, or into a
 * file of its own when it becomes one part of many. */
static int
open_body(struct draft *d, struct writer *w, const struct account *a,
    const struct sender *s, struct fault *f)
{
	int parts = d->parts.n != 0 || d->compose;
	int fd = parts ? io_private_file(f) : open_content(d, f);

	if (fd == -1)
		return -1;
	if (parts)
		d->text.fd = fd;
	else
		d->content.fd = fd;
	d->gap = parts ? 0 : gap_for(d, a, s);
	writer_init(w, fd, d->gap);
	return 0;
}

int
draft_read_header(struct draft *d, struct reader *r, struct fault *f)
{
	if (header_read(&d->message.header, r, 1, &d->rest, f) == -1)
		return -1;
	d->message.had_header = d->message.header.n != 0;
	return 0;
}

int
draft_read_body(struct draft *d, struct reader *r, int flags,
    const struct account *a, const struct sender *s, struct fault *f)
{
	struct message *m = &d->message;
	struct writer w;
	int rc;

	if (open_body(d, &w, a, s, f) == -1)
		return -1;
	m->body_at = d->gap;
	rc = text_copy(r, &d->rest, &w, flags, &m->body, f);
	if (rc == 0)
		rc = writer_flush(&w, f);
	writer_release(&w);
	return rc;
}

int
draft_take_text(struct draft *d, const char *text, const struct account *a,
    const struct sender *s, struct fault *f)
{
	struct reader none;
	int rc;

	reader_init(&none, -1);
	none.eof = 1;
	buf_adds(&d->rest, text);
	rc = draft_read_body(d, &none, 0, a, s, f);
	reader_release(&none);
	return rc;
}

/* What text is that is not UTF-8: of that UTF-8 says nothing. */
static const char *
strange_charset(const struct account *a)
{
	const char *set = values_text(&a->values, S_CHARSET);
	const char *name = set[0] != '\0' ? set : charset_locale();

	return ascii_is_same(name, "UTF-8") ? "" : name;
}

/* The same, when there may be such text in these fields, in a body of these
 * facts, or in a part; else no charset. */
static const char *
text_charset(const struct draft *d, const struct header *h,
    const struct text_facts *body, const struct account *a)
{
	return d->parts.n != 0 || header_is_8bit(h) || !body->is_utf8 ?
	    strange_charset(a) : "";
}

/* Makes text and parts one body; the Content- fields of a message that had
 * some go along with its text. */
static int
compose_body(struct draft *d, const struct account *a,
    const struct sender *s, struct text_facts *facts, struct fault *f)
{
	struct header *h = &d->message.header;
	struct writer w;
	int rc;

	header_move(h, "Content-", &d->text.header);
	header_remove(h, "MIME-Version");
	d->text.at = 0;
	d->text.facts = d->message.body;
	d->content.fd = open_content(d, f);
	if (d->content.fd == -1)
		return -1;
	d->gap = gap_for(d, a, s);
	writer_init(&w, d->content.fd, d->gap);
	rc = compose_write(h, &d->text, &d->parts, text_charset(d,
	    &d->text.header, &d->text.facts, a), &w, facts, f);
	if (rc == 0)
		rc = writer_flush(&w, f);
	writer_release(&w);
	return rc;
}

/* set_to_header: the body of the one field that tells who gets the mail;
 * appends nothing when the fields stay as they are. */
static void
make_to(const struct values *v, const struct envelope *e, struct buf *out)
{
	size_t i, column = 4, len;

	if (values_is(v, S_SET_TO_HEADER, "undisclosed_recipients"))
		buf_adds(out, "undisclosed-recipients:;");
	if (!values_is(v, S_SET_TO_HEADER, "on"))
		return;
	for (i = 0; i < e->n; i++) {
		len = strlen(e->v[i].address);
		if (i > 0) {
			buf_adds(out, column + len > 74 ? ",\r\n " : ", ");
			column = column + len > 74 ? 1 : column + 2;
		}
		buf_adds(out, e->v[i].address);
		column += len;
	}
}

static int
is_8bit(const char *text)
{
	return text != NULL && utf8_is_8bit(text, strlen(text));
}

/* 1 when what may be added to the header has octets that are not ASCII. */
static int
adds_8bit(const struct completion *c)
{
	return is_8bit(c->from) || is_8bit(c->to) || is_8bit(c->msgid_domain);
}

static int
complete_header(struct draft *d, const struct account *a,
    const struct sender *s, const struct envelope *e, struct fault *f)
{
	const struct values *v = &a->values;
	struct buf to = BUF_INIT;
	struct completion c = {
		.from = !values_is(v, S_SET_FROM_HEADER, "off") &&
		    s->from_field[0] != '\0' ? s->from_field : NULL,
		.replace_from = values_is(v, S_SET_FROM_HEADER, "on"),
		.msgid_domain = s->msgid_domain,
		.add_msgid = !values_is(v, S_SET_MSGID_HEADER, "off"),
		.replace_msgid = values_is(v, S_SET_MSGID_HEADER, "on"),
		.add_date = !values_is(v, S_SET_DATE_HEADER, "off"),
		.remove_bcc = values_bool(v, S_REMOVE_BCC_HEADERS),
	};

	int rc;

	make_to(v, e, &to);
	c.to = to.len != 0 ? to.data : NULL;
	sender_apply(s, &d->message.header);
	rc = a->is_service ? 0 :
	    localname_repair(&d->message.header, a, s, f);
	c.charset = adds_8bit(&c) ? strange_charset(a) :
	    text_charset(d, &d->message.header, &d->message.body, a);
	if (rc == 0)
		rc = message_complete(&d->message, &c, f);
	buf_release(&to);
	return rc;
}

/* Copies the body to a file with room for a header of len octets: recipients
 * in it may have grown by more than was foreseen. */
static int
make_room(struct draft *d, size_t len, const struct text_facts *body,
    struct fault *f)
{
	off_t gap = ((off_t)len / ROOM_STEP + 2) * ROOM_STEP;
	struct reader r;
	struct writer w;
	const char *p;
	size_t n;
	int fd = open_content(d, f), rc;

	if (fd == -1)
		return -1;
	reader_init_part(&r, d->content.fd, d->gap, body->length);
	writer_init(&w, fd, gap);
	while ((n = reader_peek(&r, &p)) != 0) {
		writer_put(&w, p, n);
		reader_take(&r, n);
	}
	rc = writer_flush(&w, f);
	if (r.error != 0)
		rc = fault_set(f, EX_TEMPFAIL, "cannot read the temporary "
		    "file: %s", strerror(r.error));
	writer_release(&w);
	reader_release(&r);
	close(d->content.fd);
	d->content.fd = fd;
	d->gap = gap;
	return rc;
}

/* Writes the header so that it ends where the body begins. */
static int
write_header(struct draft *d, const struct text_facts *body, struct fault *f)
{
	struct header *h = &d->message.header;
	struct content *c = &d->content;
	struct buf text = BUF_INIT;
	off_t room = d->gap;
	int rc = 0;

	header_fold_long(h);
	header_format(h, &text);
	buf_adds(&text, "\r\n");
	if (d->keep != NULL)
		room -= keep_gap(d->keep);
	if ((off_t)text.len > room)
		rc = make_room(d, text.len, body, f);
	c->offset = d->gap - (off_t)text.len;
	c->length = (off_t)text.len + body->length;
	c->is_8bit_header = header_is_8bit(h);
	c->is_8bit_body = body->octets_8bit != 0;
	c->has_long_lines = body->longest_line > 998 ||
	    header_longest_line(h) > 998;
	if (rc == 0 &&
	    io_pwrite(c->fd, text.data, text.len, c->offset) == -1)
		rc = fault_errno(f, EX_TEMPFAIL,
		    "cannot write the temporary file");
	buf_release(&text);
	return rc;
}

int
draft_finish(struct draft *d, const struct account *a, const struct sender *s,
    const struct envelope *e, struct fault *f)
{
	struct text_facts body = d->message.body;

	if ((d->parts.n != 0 || d->compose) &&
	    compose_body(d, a, s, &body, f) == -1)
		return -1;
	d->message.body = body;
	if (complete_header(d, a, s, e, f) == -1)
		return -1;
	return write_header(d, &body, f);
}
