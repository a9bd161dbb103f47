/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses: a domain becomes A-labels unless the local part needs SMTPUTF8
 * (RFC 6531) anyway; an address that needs it and a server without it do not
 * go together, whatever else is said about the mail. Content: RFC 6152 and
 * lines over 998 octets by mime_convert. SIZE (RFC 1870) is that of what is
 * sent in the end.
 */
#include "relay/adapt.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/mime.h"
#include "relay/capability.h"
#include "relay/idn.h"

/* The mail that is being fitted. */
struct fitting {
	struct adapted *a;
	struct envelope *e;
	const struct capabilities *offer;
	int needs_utf8; /* an address or the header needs SMTPUTF8 */
	void (*decided)(void *arg, size_t i);
	void *arg;
};

void
adapted_init(struct adapted *a)
{
	memset(a, 0, sizeof *a);
	buf_init(&a->sender, 0);
	buf_init(&a->parameters, 0);
	a->fd = -1;
}

void
adapted_release(struct adapted *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		free(a->addresses[i]);
	for (i = 0; a->rcpt_parameters != NULL && i < a->n; i++)
		free(a->rcpt_parameters[i]);
	free(a->addresses);
	free(a->rcpt_parameters);
	buf_release(&a->sender);
	buf_release(&a->parameters);
	if (a->fd != -1)
		close(a->fd);
	adapted_init(a);
}

static void
decide(struct fitting *t, size_t i, enum stage stage, const char *text)
{
	envelope_record(t->e, i, stage, REPLY_NOT_OFFERED, 0, text);
	if (t->decided != NULL)
		t->decided(t->arg, i);
}

static void
decide_all(struct fitting *t, enum stage stage, const char *text)
{
	size_t i;

	for (i = 0; i < t->e->n; i++)
		if (t->e->v[i].outcome == OUTCOME_NONE)
			decide(t, i, stage, text);
}

static int
has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if (ascii_is_control(*s))
			return 1;
	return 0;
}

/*
 * Appends address as this server gets it; *utf8 is set to 1 when it needs
 * SMTPUTF8. Returns NULL, or what is wrong with it.
 */
static const char *
fit_address(const char *address, int has_utf8, struct buf *out, int *utf8)
{
	const char *at = strrchr(address, '@');
	size_t local = at != NULL ? (size_t)(at - address) : strlen(address);

	if (has_control(address))
		return "there is a control character in the address";
	if (utf8_is_8bit(address, local)) {
		if (!utf8_is_valid(address, strlen(address)))
			return "the address is not UTF-8";
		if (!has_utf8)
			return "the local part is not ASCII and the server "
			    "does not offer SMTPUTF8";
		*utf8 = 1;
		buf_adds(out, address);
		return NULL;
	}
	buf_add(out, address, local);
	if (at == NULL)
		return NULL;
	buf_addc(out, '@');
	if (idn_to_ascii(at + 1, out) == -1)
		return "the domain is not a valid internationalised name";
	return NULL;
}

static void
fit_sender(struct fitting *t)
{
	struct buf text = BUF_INIT;
	const char *wrong = fit_address(t->e->sender, t->offer->smtputf8,
	    &t->a->sender, &t->needs_utf8);

	if (wrong != NULL) {
		buf_addf(&text, "sender %s: %s", t->e->sender, wrong);
		decide_all(t, STAGE_ADDRESS, text.data);
	}
	buf_release(&text);
}

static void
fit_recipients(struct fitting *t)
{
	struct buf text = BUF_INIT;
	const char *wrong;
	size_t i;

	t->a->n = t->e->n;
	t->a->addresses = xcalloc(t->e->n, sizeof *t->a->addresses);
	for (i = 0; i < t->e->n; i++) {
		if (t->e->v[i].outcome != OUTCOME_NONE)
			continue;
		buf_reset(&text);
		wrong = fit_address(t->e->v[i].address, t->offer->smtputf8,
		    &text, &t->needs_utf8);
		if (wrong != NULL)
			decide(t, i, STAGE_ADDRESS, wrong);
		else
			t->a->addresses[i] = xmemdup(text.data, text.len);
	}
	buf_release(&text);
}

/*
 * What is to go behind one RCPT. An ORCPT with octets beyond ASCII needs
 * SMTPUTF8 (RFC 6533 3) as an address does, but is not worth a refusal.
 */
static void
fit_wish(struct fitting *t, const struct recipient *r, struct buf *out)
{
	struct recipient wish = *r;
	char none[] = "";

	if (utf8_is_8bit(r->orcpt, strlen(r->orcpt))) {
		if (t->offer->smtputf8)
			t->needs_utf8 = 1;
		else
			wish.orcpt = none;
	}
	buf_reset(out);
	recipient_format_dsn(&wish, out);
}

static void
fit_wishes(struct fitting *t)
{
	struct adapted *a = t->a;
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; t->offer->dsn && i < t->e->n; i++) {
		if (t->e->v[i].outcome != OUTCOME_NONE)
			continue;
		fit_wish(t, &t->e->v[i], &text);
		if (text.len == 0)
			continue;
		if (a->rcpt_parameters == NULL)
			a->rcpt_parameters = xcalloc(a->n,
			    sizeof *a->rcpt_parameters);
		a->rcpt_parameters[i] = xmemdup(text.data, text.len);
	}
	buf_release(&text);
}

/* What mime_convert has to do for this server. */
static int
conversion_needs(const struct content *c, const struct capabilities *offer)
{
	int needs = 0;

	if (c->is_8bit_body && !offer->eightbitmime)
		needs |= MIME_7BIT;
	if (c->has_long_lines)
		needs |= MIME_SHORT_LINES;
	if (c->is_8bit_header && !offer->smtputf8)
		needs |= MIME_7BIT_HEADER;
	return needs;
}

static int
convert(struct adapted *a, const struct content *c, int needs,
    struct fault *f)
{
	struct writer w;
	int rc, sealed = 0;

	a->fd = io_private_file(f);
	if (a->fd == -1)
		return -1;
	writer_init(&w, a->fd, 0);
	/* A sealed part goes as it is: changing it would break its seal. */
	rc = mime_convert(c->fd, c->offset, c->length, needs, idn_to_ascii,
	    &w, &sealed, f);
	if (rc == 0)
		rc = writer_flush(&w, f);
	a->mail.fd = a->fd;
	a->mail.offset = 0;
	a->mail.length = writer_position(&w);
	writer_release(&w);
	return rc;
}

static void
fit_parameters(struct fitting *t, const struct content *c)
{
	struct adapted *a = t->a;
	const struct capabilities *offer = t->offer;

	if (offer->size)
		buf_addf(&a->parameters, " SIZE=%lld",
		    (long long)a->mail.length);
	if (c->is_8bit_body && offer->eightbitmime)
		buf_adds(&a->parameters, " BODY=8BITMIME");
	if (t->needs_utf8)
		buf_adds(&a->parameters, " SMTPUTF8");
	if (offer->dsn)
		envelope_format_dsn(t->e, &a->parameters);
}

static void
check_size(struct fitting *t)
{
	unsigned long long length = (unsigned long long)t->a->mail.length;
	struct buf text = BUF_INIT;

	if (t->offer->size_max != 0 && length > t->offer->size_max) {
		buf_addf(&text, "the mail has %llu octets, the server takes "
		    "at most %llu", length, t->offer->size_max);
		decide_all(t, STAGE_SIZE, text.data);
	}
	buf_release(&text);
}

int
adapt_mail(struct adapted *a, struct envelope *e, const struct content *c,
    const struct capabilities *offer, void (*decided)(void *arg, size_t i),
    void *arg, struct fault *f)
{
	struct fitting t = { a, e, offer, 0, decided, arg };
	int needs = conversion_needs(c, offer);

	a->mail.fd = c->fd;
	a->mail.offset = c->offset;
	a->mail.length = c->length;
	fit_sender(&t);
	fit_recipients(&t);
	fit_wishes(&t);
	if (envelope_count(e, OUTCOME_NONE) != 0 && needs != 0 &&
	    convert(a, c, needs, f) == -1)
		return -1;
	t.needs_utf8 |= c->is_8bit_header && offer->smtputf8;
	fit_parameters(&t, c);
	check_size(&t);
	a->mail.envelope = e;
	a->mail.sender = a->sender.data;
	a->mail.addresses = a->addresses;
	a->mail.parameters = a->parameters.data;
	a->mail.rcpt_parameters = a->rcpt_parameters;
	return 0;
}
