/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a message and completing its header (RFC 5322 3.6, RFC 2045).
 *
 * A field that is there and says something stays as it is, also when it is
 * odd or when there are two of it; a field without a body says nothing and is
 * treated as missing. Wrong MIME labels stay as well: only their author knows
 * better. No address is judged here. Copying the body is in text.c.
 */
#include "mail/message.h"

#include <string.h>

#include "base/ascii.h"
#include "base/clock.h"

void
message_init(struct message *m)
{
	memset(m, 0, sizeof *m);
	header_init(&m->header);
}

void
message_release(struct message *m)
{
	header_release(&m->header);
	message_init(m);
}

int
message_read(struct message *m, struct reader *r, struct writer *w, int flags,
    struct fault *f)
{
	struct buf rest = BUF_INIT;
	int end, rc = -1;

	m->body_at = writer_position(w);
	end = header_read(&m->header, r, 1, &rest, f);
	if (end != -1) {
		m->had_header = m->header.n != 0;
		rc = text_copy(r, &rest, w, flags, &m->body, f);
	}
	buf_release(&rest);
	return rc;
}

/* 1 when a field called name is there and at least one has a body. */
static int
says(const struct header *h, const char *name)
{
	struct buf body = BUF_INIT;
	size_t i, found = 0;

	for (i = header_find(h, name, 0); i < h->n && !found;
	    i = header_find(h, name, i + 1)) {
		buf_reset(&body);
		field_body(&h->v[i], &body);
		found = body.len != 0;
	}
	buf_release(&body);
	return found != 0;
}

/*
 * Makes body the one field called name: in the place of the first one, else
 * at index *at, which moves on behind it. Without replace a field that says
 * something stays.
 */
static void
complete_field(struct header *h, size_t *at, const char *name,
    const char *body, int replace)
{
	size_t i;

	if (!replace && says(h, name))
		return;
	i = header_find(h, name, 0);
	if (i == h->n) {
		header_insert(h, (*at)++, name, body);
		return;
	}
	header_remove(h, name);
	header_insert(h, i, name, body);
}

static int
is_domain(const char *s)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t n;

	if (*s == '[') {
		n = strcspn(s + 1, "[]\\") + 1;
		return n > 1 && strcmp(s + n, "]") == 0 &&
		    strspn(s + 1, "0123456789ABCDEFabcdefIPv.:") == n - 1;
	}
	for (;; s += n + 1) {
		n = strspn(s, allowed);
		if (n == 0)
			return 0;
		if (s[n] == '\0')
			return 1;
		if (s[n] != '.')
			return 0;
	}
}

/* A new msg-id (RFC 5322 3.6.4): ASCII, whatever the domain looks like. */
static void
make_msgid(const char *domain, struct buf *out)
{
	struct buf host = BUF_INIT;

	if (domain == NULL || !is_domain(domain)) {
		clock_hostname(&host);
		domain = is_domain(host.data) ? host.data : "localhost";
	}
	buf_addc(out, '<');
	clock_unique(out);
	buf_addf(out, "@%s>", domain);
	buf_release(&host);
}

static size_t
first_resent(const struct header *h)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (h->v[i].name_len >= 7 &&
		    ascii_is_equal(h->v[i].text, 7, "Resent-", 7))
			break;
	return i;
}

/* The fields of origin, with "" or "Resent-" in front of their names. */
static void
complete_origin(struct header *h, size_t at, const char *prefix,
    const struct completion *c)
{
	struct buf name = BUF_INIT, body = BUF_INIT;
	int resent = *prefix != '\0';

	if (c->add_date) {
		buf_addf(&name, "%sDate", prefix);
		clock_format_date(clock_now(), &body);
		complete_field(h, &at, name.data, body.data, 0);
	}
	if (c->from != NULL) {
		buf_reset(&name);
		buf_addf(&name, "%sFrom", prefix);
		complete_field(h, &at, name.data, c->from,
		    c->replace_from && !resent);
	}
	if (c->add_msgid || (c->replace_msgid && !resent)) {
		buf_reset(&name);
		buf_addf(&name, "%sMessage-ID", prefix);
		buf_reset(&body);
		make_msgid(c->msgid_domain, &body);
		complete_field(h, &at, name.data, body.data,
		    c->replace_msgid && !resent);
	}
	buf_release(&name);
	buf_release(&body);
}

static int
is_token(const char *s)
{
	const char *p;

	for (p = s; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("()<>@,;:\\\"/[]?=*'%",
		    *p) != NULL)
			return 0;
	return p != s;
}

static void
add_content_type(struct header *h, const char *subtype,
    const struct text_facts *facts, const char *charset)
{
	struct buf body = BUF_INIT;

	if (facts->octets_8bit == 0)
		charset = "us-ascii";
	else if (facts->is_utf8)
		charset = "utf-8";
	else if (charset == NULL || !is_token(charset))
		charset = "unknown-8bit"; /* RFC 1428 */
	buf_addf(&body, "text/%s; charset=%s", subtype, charset);
	header_add(h, "Content-Type", body.data);
	buf_release(&body);
}

void
text_describe(struct header *h, const char *subtype,
    const struct text_facts *facts, const char *charset)
{
	add_content_type(h, subtype, facts, charset);
	header_add(h, "Content-Transfer-Encoding",
	    facts->octets_8bit != 0 ? "8bit" : "7bit");
}

/* 1 when the body stands as it is, without a transfer encoding. */
static int
is_plain(const struct header *h)
{
	size_t i = header_find(h, "Content-Transfer-Encoding", 0);
	struct buf body = BUF_INIT;
	int plain;

	if (i == h->n)
		return 1;
	field_body(&h->v[i], &body);
	plain = ascii_is_equal(body.data, body.len, "8bit", 4) ||
	    ascii_is_equal(body.data, body.len, "7bit", 4) ||
	    ascii_is_equal(body.data, body.len, "binary", 6);
	buf_release(&body);
	return plain;
}

/*
 * The MIME fields that a body with 8-bit octets needs, and MIME-Version for a
 * message that has others.
 */
static void
complete_mime(struct header *h, const struct text_facts *facts,
    const char *charset)
{
	int has_type = header_has(h, "Content-Type");
	int has_encoding = header_has(h, "Content-Transfer-Encoding");
	int is_8bit = facts->octets_8bit != 0;

	if (!is_8bit && !has_type && !has_encoding)
		return;
	if (!header_has(h, "MIME-Version"))
		header_add(h, "MIME-Version", "1.0");
	if (is_8bit && !has_type && is_plain(h))
		add_content_type(h, "plain", facts, charset);
	if (is_8bit && !has_encoding)
		header_add(h, "Content-Transfer-Encoding", "8bit");
}

int
message_complete(struct message *m, const struct completion *c,
    struct fault *f)
{
	struct header *h = &m->header;
	size_t at = 0, resent_at;
	int resent = first_resent(h) != h->n;

	(void)f;
	header_remove(h, "Return-Path");
	header_remove(h, "Content-Length");
	if (c->remove_bcc) {
		header_remove(h, "Bcc");
		header_remove(h, "Resent-Bcc");
	}
	if (c->to != NULL) {
		header_remove(h, "Cc");
		header_remove(h, "Bcc");
	}
	while (at < h->n && field_is(&h->v[at], "Received"))
		at++;
	if (resent) {
		resent_at = first_resent(h);
		complete_origin(h, resent_at != h->n ? resent_at : at,
		    "Resent-", c);
	}
	complete_origin(h, at, "", c);
	if (c->to != NULL)
		complete_field(h, &at, "To", c->to, 1);
	complete_mime(h, &m->body, c->charset);
	header_encode(h, c->charset != NULL ? c->charset : "");
	return 0;
}
