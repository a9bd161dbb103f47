/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verifies addresses as a mail to them would be addressed. Scripts look for
 * the word "deliverable" and at the exit status. */
#include "submit/verify.h"

#include <string.h>

#include "base/log.h"
#include "mail/address.h"
#include "submit/recipients.h"
#include "submit/relay.h"
#include "submit/sender.h"
#include "submit/submit.h"

/* The account and its sender, as for a mail. */
static int
resolve(struct account *a, struct sender *s, const struct options *o,
    struct fault *f)
{
	struct relay relay;
	int rc;

	relay_init(&relay);
	rc = submit_account(a, o, NULL, f);
	if (rc == 0 && a->has_eval) {
		rc = relay_start(&relay, a, 0, f);
		if (rc == 0)
			rc = relay_eval(&relay, a, f);
	}
	relay_release(&relay);
	return rc == 0 ? sender_resolve(s, o, a, NULL, f) : -1;
}

static void
tell(struct report *report, const struct account *a, const char *asked,
    const char *address)
{
	struct buf line = BUF_INIT;

	log_quotes(&line, asked);
	buf_adds(&line, "... deliverable: mailer smtp, host ");
	log_quotes(&line, values_text(&a->values, S_HOST));
	buf_adds(&line, ", user ");
	log_quotes(&line, address);
	buf_addc(&line, '\n');
	report_output(report, line.data, line.len);
	buf_release(&line);
}

/* A line for each address that an alias stands for. */
static int
verify_address(struct report *report, const struct account *a,
    const struct sender *s, const struct address *address, struct fault *f)
{
	struct buf asked = BUF_INIT;
	struct envelope e;
	size_t i;
	int rc;

	envelope_init(&e);
	address_format_spec(address, &asked);
	rc = recipients_add(&e, address, a, s, f);
	for (i = 0; i < e.n && rc == 0; i++)
		tell(report, a, asked.data, e.v[i].address);
	buf_release(&asked);
	envelope_release(&e);
	return rc;
}

/* An operand, which may be a list as for a mail. */
static int
verify_operand(struct report *report, const struct account *a,
    const struct sender *s, const char *text, struct fault *f)
{
	struct address_list l = ADDRESS_LIST_INIT;
	size_t i;
	int rc = address_parse_list(&l, text, strlen(text), f);

	if (rc == 0 && l.n == 0)
		rc = fault_set(f, EX_NOUSER, "\"%s\": no address", text);
	if (rc == -1)
		f->code = EX_NOUSER;
	for (i = 0; i < l.n && rc == 0; i++)
		rc = verify_address(report, a, s, &l.v[i], f);
	address_list_release(&l);
	return rc;
}

void
verify_run(const struct options *o, struct report *report)
{
	struct fault f = FAULT_INIT;
	struct account a;
	struct sender s;
	size_t i;

	account_init(&a);
	sender_init(&s);
	if (resolve(&a, &s, o, &f) == -1) {
		report_fault(report, &f);
	} else {
		for (i = 0; i < o->recipients.n; i++) {
			if (verify_operand(report, &a, &s,
			    o->recipients.v[i], &f) == -1)
				report_fault(report, &f);
			fault_release(&f);
		}
	}
	sender_release(&s);
	account_release(&a);
	fault_release(&f);
}
