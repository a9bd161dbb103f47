/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The report comes from the account's own address, since a provider takes no
 * other, and is known as one by its entry's flag, not by its reverse-path.
 */
#include "submit/notice.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "queue/dsn.h"

int
notice_is_wanted(const struct recipient *r, const char *what)
{
	return r->notify[0] == '\0' || strstr(r->notify, what) != NULL;
}

int
notice_address(struct envelope *out, const struct envelope *e,
    const struct sender *s)
{
	struct buf login = BUF_INIT;
	int rc;

	if (s->login_only)
		address_format_spec(&s->login, &login);
	rc = bounce_address(out, e, login.data);
	buf_release(&login);
	return rc;
}

/* The From field of a report: the account's own address, with a name. */
static void
make_from(const struct sender *s, struct buf *out)
{
	struct fault ignored = FAULT_INIT;
	struct address a;

	if (address_parse(&a, s->own_address, &ignored) == 0) {
		buf_adds(out, "Mail Delivery System <");
		address_format_spec(s->login_only ? &s->login : &a, out);
		buf_addc(out, '>');
		address_release(&a);
	}
	fault_release(&ignored);
}

/* ORCPT is "TYPE;xtext"; a report has "TYPE; text". NULL when there is none. */
static char *
make_original(const struct recipient *r)
{
	const char *semicolon = strchr(r->orcpt, ';');
	struct buf text = BUF_INIT;

	if (semicolon == NULL)
		return NULL;
	buf_add(&text, r->orcpt, (size_t)(semicolon - r->orcpt));
	buf_adds(&text, "; ");
	if (xtext_decode(semicolon + 1, &text) == -1) {
		buf_release(&text);
		return NULL;
	}
	return buf_detach(&text);
}

/* RFC 3461 4.3: RET is about failures; any other report has but the header. */
static int
has_header_only(const struct notice *n)
{
	size_t i;

	for (i = 0; i < n->recipients_n; i++)
		if (n->recipients[i].action == BOUNCE_FAILED)
			return strcmp(n->envelope->ret, "HDRS") == 0;
	return 1;
}

int
notice_write(const struct notice *n, int fd, off_t at, struct content *out,
    struct fault *f)
{
	struct buf from = BUF_INIT, host = BUF_INIT, id = BUF_INIT;
	char **originals = xcalloc(n->recipients_n + 1, sizeof *originals);
	struct bounce b = {
		.envelope = n->envelope, .content = n->content,
		.recipients = n->recipients, .recipients_n = n->recipients_n,
		.remote_mta = values_text(&n->account->values, S_HOST),
		.msgid_domain = n->sender->msgid_domain,
		.headers_only = has_header_only(n),
		.now = clock_now(), .arrival = n->arrival,
		.retry_until = n->retry_until,
	};
	size_t i;
	int rc;

	for (i = 0; i < n->recipients_n; i++) {
		originals[i] = make_original(
		    &n->envelope->v[n->recipients[i].number]);
		n->recipients[i].original = originals[i];
	}
	make_from(n->sender, &from);
	clock_hostname(&host);
	xtext_decode(n->envelope->envid, &id);
	b.envelope_id = id.data;
	b.from = from.data;
	b.reporting_mta = host.data;
	rc = bounce_write(&b, fd, at, out, f);
	for (i = 0; i < n->recipients_n; i++) {
		n->recipients[i].original = NULL;
		free(originals[i]);
	}
	free(originals);
	buf_release(&from);
	buf_release(&host);
	buf_release(&id);
	return rc;
}
