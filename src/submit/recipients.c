/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way from a name to the envelope. Owns the rule that a bare local name
 * never reaches a server: there it would be somebody else's address.
 */
#include "submit/recipients.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/xalloc.h"
#include "submit/aliaswalk.h"

static int
is_resent(const struct header *h)
{
	static const char *const names[] = {
		"Resent-To", "Resent-Cc", "Resent-Bcc", "Resent-From",
		"Resent-Date", "Resent-Sender", "Resent-Message-ID",
		"Resent-Reply-To",
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (header_has(h, names[i]))
			return 1;
	return 0;
}

int
recipients_of_header(struct address_list *l, const struct header *h,
    struct fault *f)
{
	static const char *const plain[] = { "To", "Cc", "Bcc" };
	static const char *const resent[] = {
		"Resent-To", "Resent-Cc", "Resent-Bcc"
	};
	const char *const *names = is_resent(h) ? resent : plain;
	const struct field *field;
	size_t i, k;

	for (k = 0; k < 3; k++)
		for (i = 0; (i = header_find(h, names[k], i)) < h->n; i++) {
			field = &h->v[i];
			if (address_parse_list(l, field->text + field->body,
			    field->len - field->body, f) == -1)
				return fault_context(f, "%s", names[k]);
		}
	return 0;
}

void
resolver_init(struct resolver *r, const struct account *account,
    const struct sender *sender)
{
	r->account = account;
	r->sender = sender;
	r->has_aliases = 0;
	aliases_init(&r->aliases);
}

void
resolver_release(struct resolver *r)
{
	aliases_release(&r->aliases);
	r->has_aliases = 0;
}

static void
truncate_routes(struct routes *l, size_t n)
{
	for (; l->n > n; l->n--) {
		free(l->v[l->n - 1].address);
		free(l->v[l->n - 1].via);
	}
}

void
routes_release(struct routes *l)
{
	truncate_routes(l, 0);
	free(l->v);
	memset(l, 0, sizeof *l);
}

static void
add_route(struct routes *l, const char *address, const char *chain,
    const char *rule)
{
	struct buf via = BUF_INIT;

	if (chain[0] != '\0')
		buf_addf(&via, "alias %s%s", chain, rule[0] != '\0' ? ", " :
		    "");
	buf_adds(&via, rule);
	l->v = xgrow(l->v, l->n, &l->cap, sizeof *l->v);
	l->v[l->n].address = xstrdup(address);
	l->v[l->n++].via = buf_detach(&via);
}

/* Puts the one address in text, which setting has made, into spec. */
static int
use_setting(const char *setting, const char *text, struct buf *spec,
    struct fault *f)
{
	struct address a;

	if (address_parse(&a, text, f) == -1) {
		f->code = EX_CONFIG;
		return fault_context(f, "%s", setting);
	}
	buf_reset(spec);
	address_format_spec(&a, spec);
	address_release(&a);
	return 0;
}

int
recipients_complete_name(struct buf *spec, const char **rule,
    const struct account *account, const struct sender *sender,
    struct fault *f)
{
	const char *domain = values_text(&account->values, S_MAILDOMAIN);
	const char *local = values_text(&account->values, S_LOCAL_RECIPIENT);
	struct buf text = BUF_INIT;
	int rc;

	if (domain[0] != '\0') {
		*rule = "maildomain";
		buf_addf(&text, "%s@%s", spec->data, domain);
		rc = use_setting(*rule, text.data, spec, f);
		buf_release(&text);
		return rc;
	}
	*rule = local[0] != '\0' ? "local_recipient" : "own address";
	if (local[0] == '\0')
		local = sender->own_address;
	if (strchr(local, '@') == NULL)
		return fault_set(f, EX_NOUSER, "recipient \"%s\" has no "
		    "domain: set aliases, maildomain or local_recipient",
		    spec->data);
	return use_setting(*rule, local, spec, f);
}

/* The route of a local name that no alias leads on from. */
static int
add_local(const struct resolver *r, const char *name, const char *chain,
    struct routes *l, struct fault *f)
{
	struct buf spec = BUF_INIT;
	const char *rule;
	int rc;

	buf_adds(&spec, name);
	rc = recipients_complete_name(&spec, &rule, r->account, r->sender, f);
	if (rc == 0)
		add_route(l, spec.data, chain, rule);
	buf_release(&spec);
	return rc;
}

static int
load_aliases(struct resolver *r, struct fault *f)
{
	const char *path = values_text(&r->account->values, S_ALIASES);

	if (r->has_aliases || path[0] == '\0')
		return 0;
	if (aliases_load(&r->aliases, path, f) == -1) {
		/* Another name may ask for them again. */
		aliases_release(&r->aliases);
		return -1;
	}
	r->has_aliases = 1;
	return 0;
}

/* What the aliases say about a name: 1, 0 nothing, or -1. */
static int
use_aliases(struct resolver *r, const char *name, struct routes *l,
    struct fault *f)
{
	struct alias_targets t = ALIAS_TARGETS_INIT;
	const struct alias_target *target;
	const char *chain;
	size_t i;
	int rc = load_aliases(r, f), found = 0;

	if (rc == 0)
		rc = found = aliases_expand(&r->aliases, name, &t, f);
	for (i = 0; rc != -1 && i < t.n; i++) {
		target = &t.v[i];
		chain = t.chains.v[target->via];
		if (target->is_local)
			rc = add_local(r, target->text, chain, l, f);
		else
			add_route(l, target->text, chain, "");
	}
	alias_targets_release(&t);
	return rc == -1 ? -1 : found;
}

/* RFC 6761 6.3: no server can bring mail to another machine's localhost. */
static int
is_localhost(const char *domain)
{
	static const char *const names[] = {
		"localhost", "localhost.localdomain", "[127.0.0.1]",
		"[IPv6:::1]", "127.0.0.1", "::1",
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (ascii_is_equal(domain, strlen(domain), names[i],
		    strlen(names[i])))
			return 1;
	return 0;
}

/* The system's own mail server: here, and it asks nobody who they are. What
 * wants a login here leads to another machine, or is a test. */
static int
has_mailboxes_here(const struct values *v)
{
	return is_localhost(values_text(v, S_HOST)) &&
	    values_is(v, S_AUTH, "off");
}

static int
is_local(const struct resolver *r, const struct address *a)
{
	return a->domain[0] == '\0' || (is_localhost(a->domain) &&
	    !has_mailboxes_here(&r->account->values));
}

int
resolver_find(struct resolver *r, const struct address *a, struct routes *l,
    struct fault *f)
{
	struct address name = *a;
	struct buf spec = BUF_INIT;
	char none[] = "";
	size_t n = l->n;
	int rc = 1, local = is_local(r, a);

	if (local)
		name.domain = none;
	address_format_spec(&name, &spec);
	/* The service knows whose mail that is. */
	if (!local || r->account->is_service)
		add_route(l, spec.data, "", "");
	else
		rc = use_aliases(r, spec.data, l, f);
	if (rc == 0)
		rc = add_local(r, spec.data, "", l, f);
	if (rc == -1)
		truncate_routes(l, n);
	buf_release(&spec);
	return rc == -1 ? -1 : 0;
}

static int
add(struct envelope *e, const struct address *a, struct resolver *r,
    struct fault *f)
{
	struct routes l = ROUTES_INIT;
	size_t i;
	int rc = resolver_find(r, a, &l, f);

	for (i = 0; i < l.n; i++)
		envelope_add(e, l.v[i].address);
	routes_release(&l);
	return rc;
}

int
recipients_add(struct envelope *e, const struct address *a,
    const struct account *account, const struct sender *sender,
    struct fault *f)
{
	struct resolver r;
	int rc;

	resolver_init(&r, account, sender);
	rc = add(e, a, &r, f);
	resolver_release(&r);
	return rc;
}

int
recipients_add_list(struct envelope *e, const struct address_list *l,
    const struct account *account, const struct sender *sender,
    struct fault *f)
{
	struct resolver r;
	size_t i;
	int rc = 0;

	resolver_init(&r, account, sender);
	for (i = 0; rc == 0 && i < l->n; i++)
		rc = add(e, &l->v[i], &r, f);
	resolver_release(&r);
	return rc;
}
