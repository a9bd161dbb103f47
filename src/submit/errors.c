/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mails reports about mails that nobody will try again: without a queue what
 * failed for now has failed, too. A report about a report is never made, since
 * only a mail from standard input comes here.
 */
#include "submit/errors.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "queue/bounce.h"
#include "queue/dsn.h"

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

/* With NEVER, or a list without FAILURE, the sender does not want a report of
 * this one (RFC 3461 4.1). */
static int
is_wanted(const struct recipient *r)
{
	return !recipient_is_taken(r) && (r->notify[0] == '\0' ||
	    strstr(r->notify, "FAILURE") != NULL);
}

/* The report as content of a private file, which is the caller's. */
static int
make_report(const struct account *a, const struct sender *s,
    const struct envelope *e, const struct content *c, struct content *out,
    struct fault *f)
{
	struct bounce_recipient *to = xcalloc(e->n, sizeof *to);
	struct buf from = BUF_INIT, host = BUF_INIT, id = BUF_INIT;
	struct bounce b = {
		.envelope = e, .content = c, .recipients = to,
		.remote_mta = values_text(&a->values, S_HOST),
		.msgid_domain = s->msgid_domain,
		.headers_only = strcmp(e->ret, "HDRS") == 0,
		.now = clock_now(), .arrival = clock_now(),
	};
	size_t i;
	int fd = io_private_file(f), rc = -1;

	for (i = 0; i < e->n; i++)
		if (is_wanted(&e->v[i]))
			to[b.recipients_n++].number = i;
	make_from(s, &from);
	clock_hostname(&host);
	xtext_decode(e->envid, &id);
	b.envelope_id = id.data;
	b.from = from.data;
	b.reporting_mta = host.data;
	if (fd != -1)
		rc = bounce_write(&b, fd, 0, out, f);
	if (rc == -1 && fd != -1)
		close(fd);
	free(to);
	buf_release(&from);
	buf_release(&host);
	buf_release(&id);
	return rc;
}

/* 1 when the report has been accepted. */
static int
send_report(struct relay *relay, const struct account *a, struct envelope *to,
    const struct content *c)
{
	struct buf id = BUF_INIT;
	struct report ignored;
	int sent;

	report_init(&ignored, "");
	ignored.errors = ERRORS_QUIET;
	clock_unique(&id);
	/* What a lost relay still says would be taken for the report's. */
	sent = !relay->is_lost &&
	    relay_mail(relay, a, id.data, to, c, &ignored) == 0 &&
	    envelope_count(to, OUTCOME_DONE) == to->n;
	report_release(&ignored);
	buf_release(&id);
	return sent;
}

static int
is_tried(const struct envelope *e)
{
	size_t i, wanted = 0;

	for (i = 0; i < e->n; i++)
		wanted += (size_t)is_wanted(&e->v[i]);
	return envelope_count(e, OUTCOME_NONE) == 0 && wanted != 0;
}

void
errors_mail(struct report *r, struct relay *relay, const struct account *a,
    const struct sender *s, const struct envelope *e, const struct content *c)
{
	struct fault f = FAULT_INIT;
	struct buf login = BUF_INIT;
	struct envelope to;
	struct content content;
	int sent = 0;

	if (r->errors != ERRORS_MAIL_EXIT_0 || !is_tried(e))
		return;
	envelope_init(&to);
	if (s->login_only)
		address_format_spec(&s->login, &login);
	if (bounce_address(&to, e, login.data) &&
	    make_report(a, s, e, c, &content, &f) == 0) {
		sent = send_report(relay, a, &to, &content);
		close(content.fd);
	}
	if (sent)
		report_forget(r);
	else if (to.n == 0)
		report_line(r, r->status, "-oee: the mail has no sender to "
		    "report to");
	else
		report_line(r, r->status, "-oee: no report could be sent to "
		    "<%s>, either", e->sender);
	envelope_release(&to);
	buf_release(&login);
	fault_release(&f);
}
