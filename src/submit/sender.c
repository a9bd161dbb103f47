/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reverse-path and From. A provider like QQ takes a mail only when both are
 * the login, and the address itself must never be an RFC 2047 word; what the
 * writer meant survives as display name and Reply-To.
 */
#include "submit/sender.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "submit/localname.h"

void
sender_init(struct sender *s)
{
	memset(s, 0, sizeof *s);
}

void
sender_release(struct sender *s)
{
	free(s->reverse_path);
	free(s->from_field);
	free(s->msgid_domain);
	free(s->own_address);
	address_release(&s->login);
	sender_init(s);
}

/* Parses the address of a setting or option, which must have a domain. */
static int
parse_full(struct address *a, const char *text, const char *what,
    struct fault *f)
{
	if (address_parse(a, text, f) == -1)
		return fault_context(f, "%s", what);
	if (a->domain[0] != '\0')
		return 0;
	address_release(a);
	return fault_set(f, EX_USAGE, "%s: \"%s\" has no domain (write it "
	    "as name@domain)", what, text);
}

/* The same of a setting: of a file or the environment it is no usage fault. */
static int
parse_setting(struct address *a, const struct account *account,
    enum setting_id id, struct fault *f)
{
	const struct values *v = &account->values;

	if (parse_full(a, values_text(v, id), settings[id].name, f) == 0)
		return 0;
	if (v->v[id].origin.kind != ORIGIN_COMMAND_LINE)
		f->code = EX_CONFIG;
	return -1;
}

/* The address that the account sends as; 0 found, 1 there is none. */
static int
account_address(struct address *a, const struct account *account,
    struct fault *f)
{
	const char *from = values_text(&account->values, S_FROM);
	const char *user = values_text(&account->values, S_USER);

	if (from[0] != '\0')
		return parse_setting(a, account, S_FROM, f);
	if (strchr(user, '@') != NULL)
		return parse_setting(a, account, S_USER, f);
	return 1;
}

static int
resolve_login(struct sender *s, const struct account *a, struct fault *f)
{
	const char *user = values_text(&a->values, S_USER);

	if (!values_is(&a->values, S_SENDER, "login"))
		return 0;
	s->login_only = 1;
	if (strchr(user, '@') != NULL)
		return parse_setting(&s->login, a, S_USER, f);
	if (account_address(&s->login, a, f) == 0)
		return 0;
	return fault_set(f, EX_CONFIG, "sender login: neither user nor from "
	    "is a mail address");
}

/* The reverse-path that was asked for, as typed; NULL: nobody asked. */
static const char *
asked_reverse_path(const struct options *o, const struct account *a)
{
	if (!values_bool(&a->values, S_ALLOW_FROM_OVERRIDE))
		return NULL;
	return o->envelope_from != NULL ? o->envelope_from : o->from;
}

/* -f '' and -f '<>' are the null reverse-path. */
static int
is_null_path(const char *text)
{
	return text[0] == '\0' || strcmp(text, "<>") == 0;
}

static char *
spec_of(const struct address *a)
{
	struct buf spec = BUF_INIT;

	address_format_spec(a, &spec);
	return buf_detach(&spec);
}

static int
resolve_reverse_path(struct sender *s, const struct options *o,
    const struct account *a, struct fault *f)
{
	const char *asked = asked_reverse_path(o, a);
	struct address path;
	int rc;

	if (s->login_only) {
		s->reverse_path = spec_of(&s->login);
		return 0;
	}
	if (asked != NULL && is_null_path(asked)) {
		s->reverse_path = xstrdup("");
		return 0;
	}
	/* A bare name of a local user is not an address at a provider. */
	if (asked != NULL) {
		if (address_parse(&path, asked, f) == -1)
			return fault_context(f, "sender");
		if (path.domain[0] != '\0') {
			s->reverse_path = spec_of(&path);
			address_release(&path);
			return 0;
		}
		address_release(&path);
	}
	rc = account_address(&path, a, f);
	if (rc == 1)
		return fault_set(f, EX_CONFIG, "no sender address: add "
		    "\"from you@example.org\" to the account, or use "
		    "--from");
	if (rc == -1)
		return -1;
	s->reverse_path = spec_of(&path);
	address_release(&path);
	return 0;
}

/* Takes the full name that -F or the account gives, unless there is one. */
static void
set_display(struct address *a, const struct options *o,
    const struct account *account)
{
	const char *name = o->full_name != NULL ? o->full_name :
	    values_text(&account->values, S_FROM_FULL_NAME);

	if (a->display[0] != '\0' || name[0] == '\0')
		return;
	free(a->display);
	a->display = xstrdup(name);
}

static void
use_login(const struct sender *s, struct address *a)
{
	free(a->local);
	free(a->domain);
	a->local = xstrdup(s->login.local);
	a->domain = xstrdup(s->login.domain);
}

/* The mailbox for a From field that is missing; 0 found, 1 none. */
static int
from_mailbox(struct address *a, const struct sender *s,
    const struct options *o, const struct account *account, struct fault *f)
{
	if (o->from != NULL && !is_null_path(o->from) &&
	    values_bool(&account->values, S_ALLOW_FROM_OVERRIDE))
		return parse_full(a, o->from, "--from", f);
	if (values_is_set(&account->values, S_FROM) || s->reverse_path[0] == '\0')
		return account_address(a, account, f);
	return address_parse(a, s->reverse_path, f);
}

static int
resolve_from(struct sender *s, const struct options *o,
    const struct account *account, struct fault *f)
{
	struct buf field = BUF_INIT, host = BUF_INIT;
	struct address a;
	int rc = from_mailbox(&a, s, o, account, f);

	if (rc == -1)
		return -1;
	if (rc == 1) {
		s->from_field = xstrdup("");
		clock_hostname(&host);
		s->msgid_domain = buf_detach(&host);
		return 0;
	}
	if (s->login_only)
		use_login(s, &a);
	set_display(&a, o, account);
	address_format(&a, &field);
	s->from_field = buf_detach(&field);
	s->msgid_domain = xstrdup(a.domain);
	address_release(&a);
	return 0;
}

/* The account's own address, who gets mail for bare local names. */
static int
resolve_own(struct sender *s, const struct account *account, struct fault *f)
{
	struct address a;
	int rc = account_address(&a, account, f);

	if (rc == -1)
		return -1;
	s->own_address = rc == 1 ? xstrdup(s->reverse_path) : spec_of(&a);
	if (rc == 0)
		address_release(&a);
	return 0;
}

static int
check_full_name(const struct options *o, struct fault *f)
{
	const unsigned char *p = (const unsigned char *)o->full_name;

	for (; p != NULL && *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			return fault_set(f, EX_USAGE,
			    "-F: a name must not have control characters");
	return 0;
}

int
sender_resolve(struct sender *s, const struct options *o,
    const struct account *a, struct fault *f)
{
	if (check_full_name(o, f) == -1 || resolve_login(s, a, f) == -1 ||
	    resolve_reverse_path(s, o, a, f) == -1 ||
	    resolve_from(s, o, a, f) == -1 || resolve_own(s, a, f) == -1)
		return -1;
	return 0;
}

/* 1 when From is one mailbox that is the login already. */
static int
is_login(const struct sender *s, const struct address_list *from)
{
	return from->n == 1 && address_is_equal(&from->v[0], &s->login);
}

/* Addresses with a domain that differ from the login, for Reply-To. */
static void
format_replies(const struct sender *s, const struct address_list *from,
    struct buf *out)
{
	size_t i;

	for (i = 0; i < from->n; i++) {
		if (from->v[i].domain[0] == '\0' ||
		    address_is_equal(&from->v[i], &s->login))
			continue;
		if (out->len != 0)
			buf_adds(out, ",\r\n ");
		address_format(&from->v[i], out);
	}
}

/* The login with the display name that the field had, which may be a comment
 * or a bare name. */
static void
format_login(const struct sender *s, const struct address_list *from,
    const struct buf *body, struct buf *out)
{
	struct buf display = BUF_INIT;
	struct address a = s->login;

	if (from->n != 0)
		localname_display(&from->v[0], from->n == 1, body->data,
		    body->len, &display);
	if (display.len != 0)
		a.display = display.data;
	address_format(&a, out);
	buf_release(&display);
}

static void
make_login(const struct sender *s, struct header *h, size_t at,
    const struct address_list *from, const struct buf *was)
{
	struct buf body = BUF_INIT, reply = BUF_INIT;

	format_login(s, from, was, &body);
	format_replies(s, from, &reply);
	if (reply.len != 0 && !header_has(h, "Reply-To"))
		header_insert(h, at + 1, "Reply-To", reply.data);
	header_replace(h, at, body.data);
	buf_release(&body);
	buf_release(&reply);
}

void
sender_apply(const struct sender *s, struct header *h)
{
	struct address_list from = ADDRESS_LIST_INIT;
	struct fault ignored = FAULT_INIT;
	struct buf body = BUF_INIT;
	size_t at = header_find(h, "From", 0);

	if (!s->login_only || at == h->n)
		return;
	field_body(&h->v[at], &body);
	/* A From that cannot be parsed has no name to keep. */
	address_parse_list(&from, body.data, body.len, &ignored);
	if (!is_login(s, &from))
		make_login(s, h, at, &from, &body);
	/* RFC 5322 3.6 allows one From field. */
	header_remove_rest(h, "From", at + 1);
	address_list_release(&from);
	fault_release(&ignored);
	buf_release(&body);
}
