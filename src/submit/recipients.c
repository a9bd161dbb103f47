/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way from a name to the envelope. Owns the rule that a bare local name
 * never reaches a server: there it would be somebody else's address.
 */
#include "submit/recipients.h"

#include <string.h>

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

/*
 * A bare local name goes to the mail domain, else to the one who gets local
 * mail, and never to a server.
 */
static int
complete_name(struct buf *spec, const struct values *v,
    const struct sender *sender, struct fault *f)
{
	const char *domain = values_text(v, S_MAILDOMAIN);
	const char *local = values_text(v, S_LOCAL_RECIPIENT);
	struct buf text = BUF_INIT;
	int rc;

	if (domain[0] != '\0') {
		buf_addf(&text, "%s@%s", spec->data, domain);
		rc = use_setting("maildomain", text.data, spec, f);
		buf_release(&text);
		return rc;
	}
	if (local[0] == '\0')
		local = sender->own_address;
	if (strchr(local, '@') == NULL)
		return fault_set(f, EX_NOUSER, "recipient \"%s\" has no "
		    "domain: set maildomain or local_recipient", spec->data);
	return use_setting("local_recipient", local, spec, f);
}

int
recipients_add(struct envelope *e, const struct address *a,
    const struct account *account, const struct sender *sender,
    struct fault *f)
{
	struct buf spec = BUF_INIT;
	int rc = 0;

	address_format_spec(a, &spec);
	if (a->domain[0] == '\0')
		rc = complete_name(&spec, &account->values, sender, f);
	if (rc == 0)
		envelope_add(e, spec.data);
	buf_release(&spec);
	return rc;
}
