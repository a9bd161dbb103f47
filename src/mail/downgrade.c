/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * 7-bit header fields (RFC 6857, RFC 5891). header_encode has gone first and
 * has left only what encoded words must not stand in: addresses, and what it
 * could not make sense of. Everything but the mailboxes concerned stays as it
 * was written; a field that is 8-bit after all that becomes encoded words as
 * a whole: unstructured, but readable.
 */
#include "mail/downgrade.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "mail/address.h"
#include "mail/codec.h"

/* Appends the addr-spec with A-labels. 0, or -1: it has no ASCII form. */
static int
format_ascii_spec(const struct address *a, mime_to_ascii to_ascii,
    struct buf *out)
{
	struct buf domain = BUF_INIT;
	struct address ascii = *a;
	int rc = -1;

	if (!utf8_is_8bit(a->local, strlen(a->local)) && to_ascii != NULL &&
	    to_ascii(a->domain, &domain) == 0) {
		ascii.domain = domain.data;
		address_format_spec(&ascii, out);
		rc = 0;
	}
	buf_release(&domain);
	return rc;
}

/* Appends the mailbox as an empty group: its name, then its address. */
static void
format_group(const struct address *a, const char *text, struct buf *out)
{
	struct buf spec = BUF_INIT;
	size_t end = a->spec_start;

	while (end > a->start && (ascii_is_space(text[end - 1]) ||
	    text[end - 1] == '<'))
		end--;
	buf_add(out, text + a->start, end - a->start);
	if (end != a->start)
		buf_adds(out, "\r\n ");
	address_format_spec(a, &spec);
	word_encode(out, spec.data, spec.len, 1, 1);
	buf_adds(out, " :;");
	buf_release(&spec);
}

static void
format_mailbox(const struct address *a, const char *text,
    mime_to_ascii to_ascii, struct buf *out)
{
	struct buf spec = BUF_INIT;

	if (!address_is_8bit(a)) {
		buf_add(out, text + a->start, a->end - a->start);
	} else if (format_ascii_spec(a, to_ascii, &spec) == 0) {
		buf_add(out, text + a->start, a->spec_start - a->start);
		buf_add(out, spec.data, spec.len);
		buf_add(out, text + a->spec_end, a->end - a->spec_end);
	} else {
		format_group(a, text, out);
	}
	buf_release(&spec);
}

/*
 * Appends an address list with its mailboxes downgraded. What stands between
 * them stays, but for the names of groups: a group within a group cannot be.
 */
static void
format_list(const struct address_list *l, const char *text, size_t len,
    mime_to_ascii to_ascii, struct buf *out)
{
	size_t i, at = 0;

	for (i = 0; i < l->n; i++) {
		if (l->groups == 0)
			buf_add(out, text + at, l->v[i].start - at);
		else if (i != 0)
			buf_adds(out, ",\r\n ");
		format_mailbox(&l->v[i], text, to_ascii, out);
		at = l->v[i].end;
	}
	if (l->groups == 0)
		buf_add(out, text + at, len - at);
}

/* 1 when the field's addresses could be downgraded: out is its new body. */
static int
downgrade_addresses(const struct field *f, mime_to_ascii to_ascii,
    struct buf *out)
{
	struct address_list list = ADDRESS_LIST_INIT;
	struct fault fault = FAULT_INIT;
	size_t at = f->body;
	int done = 0;

	while (at < f->len && ascii_is_blank(f->text[at]))
		at++;
	if (field_kind(f) == FIELD_ADDRESSES && address_parse_list(&list, f->text + at,
	    f->len - at, &fault) == 0 && list.n != 0) {
		format_list(&list, f->text + at, f->len - at, to_ascii, out);
		done = !utf8_is_8bit(out->data, out->len);
	}
	address_list_release(&list);
	fault_release(&fault);
	return done;
}

void
header_downgrade(struct header *h, mime_to_ascii to_ascii)
{
	struct buf body = BUF_INIT, text = BUF_INIT;
	size_t i;

	if (header_encode(h, "") == 0)
		return;
	for (i = 0; i < h->n; i++) {
		if (!utf8_is_8bit(h->v[i].text, h->v[i].len))
			continue;
		buf_reset(&body);
		if (!downgrade_addresses(&h->v[i], to_ascii, &body)) {
			buf_reset(&text);
			field_body(&h->v[i], &text);
			buf_reset(&body);
			word_encode(&body, text.data, text.len, 0,
			    h->v[i].name_len + 2);
		}
		header_replace(h, i, body.data);
	}
	buf_release(&body);
	buf_release(&text);
}
