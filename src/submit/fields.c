/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the command line puts into the header. Every text passes the parser of
 * its kind first: an option can add a field, never two.
 */
#include "submit/fields.h"

#include <string.h>

#include "base/xalloc.h"

static void
add_mailboxes(struct buf *body, const struct address_list *l)
{
	struct buf one = BUF_INIT;
	size_t i, column = 4;

	for (i = 0; i < l->n; i++) {
		buf_reset(&one);
		address_format(&l->v[i], &one);
		if (body->len != 0) {
			int fold = column + one.len > 74;

			buf_adds(body, fold ? ",\r\n " : ", ");
			column = fold ? 1 : column + 2;
		}
		buf_add(body, one.data, one.len);
		column += one.len;
	}
	buf_release(&one);
}

/* Parses address lists of options and appends them to l. */
static int
parse_lists(struct address_list *l, const struct strv *texts,
    const char *option, struct fault *f)
{
	size_t i;

	for (i = 0; i < texts->n; i++)
		if (address_parse_list(l, texts->v[i], strlen(texts->v[i]),
		    f) == -1) {
			f->code = EX_USAGE;
			return fault_context(f, "%s", option);
		}
	return 0;
}

/* Moves the mailboxes of l to those of to. */
static void
move_mailboxes(struct address_list *to, struct address_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		to->v = xgrow(to->v, to->n, &to->cap, sizeof *to->v);
		to->v[to->n++] = l->v[i];
	}
	l->n = 0;
	address_list_release(l);
}

/* Mailboxes of one option: recipients, and a field unless name is NULL. */
static int
add_recipient_field(struct header *h, const char *name,
    struct address_list *recipients, const struct strv *texts,
    const char *option, struct fault *f)
{
	struct address_list l = ADDRESS_LIST_INIT;
	struct buf body = BUF_INIT;

	if (parse_lists(&l, texts, option, f) == -1) {
		address_list_release(&l);
		return -1;
	}
	add_mailboxes(&body, &l);
	if (l.n != 0 && name != NULL)
		header_add(h, name, body.data);
	buf_release(&body);
	move_mailboxes(recipients, &l);
	return 0;
}

static int
add_text_field(struct header *h, const char *name, const char *text,
    struct fault *f)
{
	struct buf line = BUF_INIT;
	int rc;

	if (text == NULL)
		return 0;
	buf_addf(&line, "%s: %s", name, text);
	rc = header_add_line(h, line.data, f);
	buf_release(&line);
	return rc;
}

int
fields_compose(struct header *h, struct address_list *l,
    const struct options *o, struct fault *f)
{
	const char *to = o->to.n == 0 && o->cc.n == 0 ? "To" : NULL;

	if (!o->compose)
		to = NULL;
	if (add_recipient_field(h, "To", l, &o->to, "--to", f) == -1 ||
	    add_recipient_field(h, to, l, &o->recipients, "recipient",
	    f) == -1 ||
	    add_recipient_field(h, "Cc", l, &o->cc, "--cc", f) == -1 ||
	    add_recipient_field(h, NULL, l, &o->bcc, "--bcc", f) == -1)
		return -1;
	return add_text_field(h, "Subject", o->subject, f);
}

int
fields_add(struct header *h, const struct options *o, struct fault *f)
{
	size_t i;

	for (i = 0; i < o->headers.n; i++)
		if (header_add_line(h, o->headers.v[i], f) == -1)
			return fault_context(f, "--header");
	return 0;
}
