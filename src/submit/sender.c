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
#include "settings/pattern.h"
#include "submit/localname.h"
#include "submit/service_sender.h"

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

/* What decides: borrowed for the time of sender_resolve. */
struct request {
	const struct options *o;
	const struct account *account;
	const char *header_from;
};

/* The same of a setting: of a file or the environment it is no usage fault. */
static int
parse_setting(struct address *a, const struct request *r, enum setting_id id,
    const char *text, struct fault *f)
{
	if (parse_full(a, text, settings[id].name, f) == 0)
		return 0;
	if (values_origin(&r->account->values, id)->kind !=
	    ORIGIN_COMMAND_LINE)
		f->code = EX_CONFIG;
	return -1;
}

/* The setting from, in which only the message's own sender may be open. */
static int
parse_from(struct address *a, const struct request *r, struct fault *f)
{
	const char *from = values_text(&r->account->values, S_FROM);
	struct buf text = BUF_INIT;
	int rc = -1;

	if (values_bool(&r->account->values, S_AUTO_FROM) &&
	    strchr(from, '@') == NULL)
		fault_set(f, EX_CONFIG, "auto_from: \"%s\" alone is no "
		    "address: add a line with maildomain", from);
	else if (pattern_has(from, "F") && r->header_from == NULL)
		fault_set(f, EX_CONFIG, "from \"%s\": the message has no "
		    "From field: use -f or --from", from);
	else if (pattern_expand(&text, from, "", r->header_from, f) == 0)
		rc = parse_setting(a, r, S_FROM, text.data, f);
	buf_release(&text);
	return rc;
}

/* The address that the account sends as; 0 found, 1 there is none. */
static int
account_address(struct address *a, const struct request *r, struct fault *f)
{
	const char *from = values_text(&r->account->values, S_FROM);
	const char *user = values_text(&r->account->values, S_USER);

	if (from[0] != '\0' && !pattern_is_wildcard(from))
		return parse_from(a, r, f);
	if (strchr(user, '@') != NULL)
		return parse_setting(a, r, S_USER, user, f);
	return 1;
}

static int
resolve_login(struct sender *s, const struct request *r, struct fault *f)
{
	const struct values *v = &r->account->values;
	const char *user = values_text(v, S_USER);

	if (!values_is(v, S_SENDER, "login"))
		return 0;
	s->login_only = 1;
	if (strchr(user, '@') != NULL)
		return parse_setting(&s->login, r, S_USER, user, f);
	if (account_address(&s->login, r, f) == 0)
		return 0;
	return fault_set(f, EX_CONFIG, "sender login: neither user nor from "
	    "is a mail address");
}

/* 1 when the call may say who sends. */
static int
may_ask(const struct account *a)
{
	return values_bool(&a->values, S_ALLOW_FROM_OVERRIDE) &&
	    !values_bool(&a->values, S_AUTO_FROM);
}

/* The reverse-path that was asked for, as typed; NULL: nobody asked. */
static const char *
asked_reverse_path(const struct request *r)
{
	if (!may_ask(r->account))
		return NULL;
	if (r->o->read_envelope_from)
		return r->header_from;
	return r->o->envelope_from != NULL ? r->o->envelope_from : r->o->from;
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

/* Without one that was asked for: 0, or -1 with a fault. */
static int
account_reverse_path(struct sender *s, const struct request *r,
    struct fault *f)
{
	const struct values *v = &r->account->values;
	struct address path;
	int rc;

	/* "from" without a value says so (msmtp). */
	if (values_is_set(v, S_FROM) && *values_text(v, S_FROM) == '\0') {
		s->reverse_path = xstrdup("");
		return 0;
	}
	rc = account_address(&path, r, f);
	if (rc == 1 && values_is_set(v, S_FROM))
		return fault_set(f, EX_CONFIG, "from \"%s\" fits many "
		    "senders: say which by -f, --from or "
		    "--read-envelope-from", values_text(v, S_FROM));
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

static int
resolve_reverse_path(struct sender *s, const struct request *r,
    struct fault *f)
{
	const char *asked = asked_reverse_path(r);
	struct address path;

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
	return account_reverse_path(s, r, f);
}

/* Takes the full name that -F or the account gives, unless there is one. */
static void
set_display(struct address *a, const struct request *r)
{
	const char *name = r->o->full_name != NULL ? r->o->full_name :
	    values_text(&r->account->values, S_FROM_FULL_NAME);

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

/* The mailbox for a From field that is missing: who was asked for, else the
 * account; 0 found, 1 none. */
static int
from_mailbox(struct address *a, const struct sender *s,
    const struct request *r, struct fault *f)
{
	const struct options *o = r->o;
	int asked = may_ask(r->account);

	if (asked && o->from != NULL)
		return parse_full(a, o->from, "--from", f);
	if (s->reverse_path[0] == '\0' || (!(asked &&
	    (o->envelope_from != NULL || o->read_envelope_from)) &&
	    values_is_set(&r->account->values, S_FROM)))
		return account_address(a, r, f);
	return address_parse(a, s->reverse_path, f);
}

static int
resolve_from(struct sender *s, const struct request *r, struct fault *f)
{
	struct buf field = BUF_INIT, host = BUF_INIT;
	struct address a;
	int rc = from_mailbox(&a, s, r, f);

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
	set_display(&a, r);
	address_format(&a, &field);
	s->from_field = buf_detach(&field);
	s->msgid_domain = xstrdup(a.domain);
	address_release(&a);
	return 0;
}

/* The account's own address, who gets mail for bare local names. */
static int
resolve_own(struct sender *s, const struct request *r, struct fault *f)
{
	struct address a;
	int rc = account_address(&a, r, f);

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
    const struct account *a, const char *header_from, struct fault *f)
{
	const struct request r = { o, a, header_from };

	if (check_full_name(o, f) == -1)
		return -1;
	if (a->is_service)
		return service_sender_resolve(s, o, header_from, f);
	if (resolve_login(s, &r, f) == -1 ||
	    resolve_reverse_path(s, &r, f) == -1 ||
	    resolve_from(s, &r, f) == -1 || resolve_own(s, &r, f) == -1)
		return -1;
	return 0;
}

int
sender_needs_header(const struct options *o, const struct account *a)
{
	return o->read_envelope_from ||
	    pattern_has(values_text(&a->values, S_FROM), "F");
}

int
sender_find_from(const struct header *h, struct buf *out, struct fault *f)
{
	struct address_list from = ADDRESS_LIST_INIT;
	struct buf body = BUF_INIT;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < h->n; i++) {
		if (!field_is(&h->v[i], "From") &&
		    !field_is(&h->v[i], "Resent-From"))
			continue;
		buf_reset(&body);
		field_body(&h->v[i], &body);
		rc = address_parse_list(&from, body.data, body.len, f);
		if (rc == -1)
			fault_context(f, "%.*s", (int)h->v[i].name_len,
			    h->v[i].text);
		else if (from.n != 0) {
			address_format_spec(&from.v[0], out);
			rc = 1;
		}
	}
	address_list_release(&from);
	buf_release(&body);
	return rc;
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
