/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libcurl's states for SMTP, read from the replies alone: greeting, EHLO
 * (HELO when that is refused and TLS is not in doubt), STARTTLS and EHLO
 * again (RFC 3207: what was offered before no longer counts), AUTH (RFC
 * 4954). Knows no libcurl.
 */
#include "relay/dialogue.h"

#include <string.h>

#include "base/ascii.h"

static const char mask[] = "********";

void
dialogue_init(struct dialogue *d)
{
	memset(d, 0, sizeof *d);
	capabilities_init(&d->offer);
	answer_init(&d->answer);
	buf_init(&d->sent, 0);
	d->is_whole = 1;
}

void
dialogue_release(struct dialogue *d)
{
	capabilities_release(&d->offer);
	answer_release(&d->answer);
	buf_release(&d->sent);
}

enum stage
dialogue_stage(const struct dialogue *d)
{
	switch (d->phase) {
	case PHASE_GREETING:
		return STAGE_GREETING;
	case PHASE_EHLO:
	case PHASE_HELO:
		return STAGE_EHLO;
	case PHASE_STARTTLS:
		return STAGE_STARTTLS;
	default:
		return STAGE_LOGIN;
	}
}

static const char *
step_name(const struct dialogue *d)
{
	switch (d->phase) {
	case PHASE_GREETING:
		return "connect";
	case PHASE_EHLO:
		return "ehlo";
	case PHASE_HELO:
		return "helo";
	case PHASE_STARTTLS:
		return "starttls";
	default:
		break;
	}
	if (d->login_replies == 0)
		return "login";
	return d->login_replies == 1 && d->is_auth_login ? "user" : "password";
}

/* Where a good reply to EHLO or HELO leads. */
static enum phase
after_hello(const struct dialogue *d)
{
	if (d->wants_starttls && !d->is_started)
		return PHASE_STARTTLS;
	return d->wants_login && d->phase == PHASE_EHLO ? PHASE_LOGIN :
	    PHASE_READY;
}

static void
take_ehlo(struct dialogue *d)
{
	int is_good = d->answer.code / 100 == 2;
	int had_auth = d->offer.auth.n != 0;

	d->ehlo_code = d->answer.code;
	capabilities_parse(&d->offer, &d->answer);
	d->auth_before_tls = had_auth && d->offer.auth.n == 0;
	if (is_good)
		d->phase = after_hello(d);
	else if (!d->wants_starttls || d->is_started)
		d->phase = PHASE_HELO;
}

/* Goes on to what this reply makes libcurl do; a failure goes nowhere. */
static void
take_reply(struct dialogue *d)
{
	int is_good = d->answer.code / 100 == 2;

	switch (d->phase) {
	case PHASE_GREETING:
		if (is_good)
			d->phase = PHASE_EHLO;
		break;
	case PHASE_EHLO:
		take_ehlo(d);
		break;
	case PHASE_HELO:
		if (is_good)
			d->phase = after_hello(d);
		break;
	case PHASE_STARTTLS:
		if (d->answer.code == 220) {
			d->is_started = 1;
			d->phase = PHASE_EHLO;
		}
		break;
	case PHASE_LOGIN:
		d->login_replies++;
		if (d->answer.code == 235) {
			d->is_logged_in = 1;
			d->phase = PHASE_READY;
		}
		break;
	case PHASE_READY:
		break;
	}
}

int
dialogue_line(struct dialogue *d, const char *p, size_t len)
{
	const char *name;
	int rc;

	if (d->is_whole) {
		d->answer.code = 0;
		buf_reset(&d->answer.lines);
	}
	if (len != 0 && p[len - 1] == '\n')
		len--;
	if (len != 0 && p[len - 1] == '\r')
		len--;
	rc = answer_add_line(&d->answer, p, len);
	d->is_whole = rc != 0;
	if (rc != 1)
		return rc;
	name = step_name(d);
	take_reply(d);
	if (d->step != NULL)
		d->step(d->arg, name, d->sent.data, d->answer.lines.data);
	buf_reset(&d->sent);
	return 1;
}

/* Length of "AUTH MECHANISM" at the start of a line. */
static size_t
auth_length(const char *p, size_t len)
{
	size_t n = 5;

	while (n < len && p[n] != ' ')
		n++;
	return n;
}

static void
add_sent_line(struct dialogue *d, const char *p, size_t len)
{
	size_t n;

	if (d->sent.len != 0)
		buf_addc(&d->sent, '\n');
	if (d->phase != PHASE_LOGIN) {
		buf_add(&d->sent, p, len);
		return;
	}
	if (len < 5 || !ascii_is_equal(p, 5, "AUTH ", 5)) {
		buf_adds(&d->sent, mask);
		return;
	}
	n = auth_length(p, len);
	d->login_replies = 0;
	d->is_auth_login = ascii_is_equal(p, n, "AUTH LOGIN", 10);
	buf_add(&d->sent, p, n);
	if (n != len) {
		buf_addc(&d->sent, ' ');
		buf_adds(&d->sent, mask);
	}
}

void
dialogue_sent(struct dialogue *d, const char *p, size_t len)
{
	const char *end = p + len, *eol;
	size_t n;

	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			eol = end;
		n = (size_t)(eol - p);
		if (n != 0 && p[n - 1] == '\r')
			n--;
		add_sent_line(d, p, n);
	}
}
