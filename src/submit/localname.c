/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Completes bare names where they stand, and leaves the rest of the field as
 * it was written: other mailboxes, groups, folds. Received and the like are
 * history and not touched.
 */
#include "submit/localname.h"

#include <stdlib.h>
#include <string.h>

#include "submit/recipients.h"

#define LENGTH(a) (sizeof (a) / sizeof *(a))

/* Fields, and whether who stands there has sent the mail. */
static const struct {
	const char *name;
	int is_sender;
} fields[] = {
	{ "From", 1 }, { "Sender", 1 },
	{ "Resent-From", 1 }, { "Resent-Sender", 1 },
	{ "Reply-To", 0 }, { "To", 0 }, { "Cc", 0 }, { "Bcc", 0 },
	{ "Resent-Reply-To", 0 }, { "Resent-To", 0 }, { "Resent-Cc", 0 },
	{ "Resent-Bcc", 0 }, { "Errors-To", 0 }, { "Mail-Reply-To", 0 },
	{ "Mail-Followup-To", 0 }, { "Return-Receipt-To", 0 },
	{ "Disposition-Notification-To", 0 },
};

void
localname_display(const struct address *m, int only, const char *body,
    size_t len, struct buf *out)
{
	if (m->display[0] != '\0')
		buf_adds(out, m->display);
	else if (only)
		address_comment(body, len, out);
	if (out->len == 0 && m->domain[0] == '\0')
		buf_adds(out, m->local);
}

/* The address that stands in the From field of a mail without one. */
static int
sender_spec(const struct sender *s, struct buf *spec, struct fault *f)
{
	struct address a;

	if (s->from_field[0] == '\0')
		return fault_set(f, EX_NOUSER, "no address of the sender");
	if (address_parse(&a, s->from_field, f) == -1)
		return -1;
	buf_reset(spec);
	address_format_spec(&a, spec);
	address_release(&a);
	return 0;
}

/*
 * The one address that an alias of the name stands for: 1; 0 when there is no
 * alias, it stands for several, or it is wrong, which matters only to mail
 * that goes to it.
 */
static int
alias_spec(const struct address *m, struct resolver *r, struct buf *spec)
{
	struct routes routes = ROUTES_INIT;
	struct fault ignored = FAULT_INIT;
	int found;

	found = resolver_find(r, m, &routes, &ignored) == 0 && routes.n == 1;
	if (found) {
		buf_reset(spec);
		buf_adds(spec, routes.v[0].address);
	}
	routes_release(&routes);
	fault_release(&ignored);
	return found;
}

/* The address of a bare name, in *full without a display name. */
static int
complete(const struct address *m, int is_sender, struct resolver *r,
    struct address *full, struct fault *f)
{
	int has_domain = values_text(&r->account->values,
	    S_MAILDOMAIN)[0] != '\0';
	struct buf spec = BUF_INIT;
	const char *rule;
	int rc;

	address_format_spec(m, &spec);
	if (is_sender && !has_domain)
		rc = sender_spec(r->sender, &spec, f);
	else if (!is_sender && alias_spec(m, r, &spec))
		rc = 0;
	else
		rc = recipients_complete_name(&spec, &rule, r->account,
		    r->sender, f);
	if (rc == 0)
		rc = address_parse(full, spec.data, f);
	buf_release(&spec);
	return rc;
}

/* The mailbox m of the field body as it is to be told, appended to out. */
static int
format_mailbox(const struct address *m, int only, const struct field *field,
    int is_sender, struct resolver *r, struct buf *out, struct fault *f)
{
	struct buf display = BUF_INIT;
	struct address full;

	if (complete(m, is_sender, r, &full, f) == -1)
		return -1;
	localname_display(m, only, field->text + field->body,
	    field->len - field->body, &display);
	/* "root <root@x>" says nothing that root@x does not. */
	if (strcmp(display.data, full.local) != 0) {
		free(full.display);
		full.display = buf_detach(&display);
	}
	address_format(&full, out);
	address_release(&full);
	buf_release(&display);
	return 0;
}

/* The body of a field with its bare names completed: 1, or 0 without any. */
static int
repair_body(const struct field *field, const struct address_list *l,
    int is_sender, struct resolver *r, struct buf *out, struct fault *f)
{
	const char *body = field->text + field->body;
	size_t i, at = strspn(body, " \t"), found = 0;
	int only = l->n == 1 && l->groups == 0;

	for (i = 0; i < l->n; i++) {
		if (l->v[i].domain[0] != '\0')
			continue;
		found = 1;
		if (!only)
			buf_add(out, body + at, l->v[i].start - at);
		at = l->v[i].end;
		if (format_mailbox(&l->v[i], only, field, is_sender, r, out,
		    f) == -1)
			return -1;
	}
	if (found && !only)
		buf_add(out, body + at, field->len - field->body - at);
	return found != 0;
}

static int
repair_field(struct header *h, size_t at, int is_sender, struct resolver *r,
    struct fault *f)
{
	struct address_list l = ADDRESS_LIST_INIT;
	struct fault ignored = FAULT_INIT;
	const struct field *field = &h->v[at];
	struct buf body = BUF_INIT;
	int rc = 0;

	if (address_parse_list(&l, field->text + field->body,
	    field->len - field->body, &ignored) == 0)
		rc = repair_body(field, &l, is_sender, r, &body, &ignored);
	if (rc == 1)
		header_replace(h, at, body.data);
	/* An account that has no address to give cannot help it. */
	if (rc == -1 && ignored.code == EX_CONFIG)
		fault_set(f, EX_CONFIG, "%s", ignored.text.data);
	rc = rc == -1 && ignored.code == EX_CONFIG ? -1 : 0;
	address_list_release(&l);
	fault_release(&ignored);
	buf_release(&body);
	return rc;
}

int
localname_repair(struct header *h, const struct account *a,
    const struct sender *s, struct fault *f)
{
	struct resolver r;
	size_t i, k;
	int rc = 0;

	resolver_init(&r, a, s);
	for (k = 0; rc == 0 && k < LENGTH(fields); k++)
		for (i = 0; rc == 0 && (i = header_find(h, fields[k].name,
		    i)) < h->n; i++)
			rc = repair_field(h, i, fields[k].is_sender, &r, f);
	resolver_release(&r);
	return rc;
}

off_t
localname_room(const char *text, size_t len, const struct account *a,
    const struct sender *s)
{
	const struct values *v = &a->values;
	size_t longest = 64 + strlen(values_text(v, S_MAILDOMAIN)) +
	    strlen(values_text(v, S_LOCAL_RECIPIENT)) +
	    strlen(s->own_address) + strlen(s->from_field);
	off_t names = 1;
	size_t i;

	for (i = 0; i < len; i++)
		names += strchr(",;:", text[i]) != NULL;
	return names * (off_t)longest;
}
