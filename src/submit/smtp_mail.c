/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way of a mail that comes by SMTP: the same modules as for one from the
 * command line, but each fault becomes a reply and the session goes on.
 * No Received field is added for a program at a pipe: it would tell the
 * provider and the recipients the names of this host and its programs, and
 * our other mails have none. A service does add one: who abuses it has to be
 * found, and loops have to end.
 */
#include "submit/smtp_mail.h"

#include <string.h>

#include "base/clock.h"
#include "queue/dsn.h"
#include "queue/eventlog.h"
#include "submit/recipients.h"
#include "submit/submit.h"
#include "submit/transfer.h"

static void
init_mail(struct smtp_mail *m)
{
	m->is_utf8 = 0;
	sender_init(&m->sender);
	envelope_init(&m->envelope);
	draft_init(&m->draft);
	keep_init(&m->keep);
	m->draft.keep = &m->keep;
}

static void
release_mail(struct smtp_mail *m)
{
	sender_release(&m->sender);
	envelope_release(&m->envelope);
	draft_release(&m->draft);
	keep_release(&m->keep);
}

void
smtp_mail_init(struct smtp_mail *m, const struct options *o,
    const char *program)
{
	memset(m, 0, sizeof *m);
	m->o = o;
	m->program = program;
	carrier_init(&m->carrier);
	init_mail(m);
}

void
smtp_mail_release(struct smtp_mail *m)
{
	carrier_release(&m->carrier);
	release_mail(m);
}

void
smtp_mail_reset(struct smtp_mail *m)
{
	release_mail(m);
	init_mail(m);
}

/* A guest's bare name becomes an address as other local names do: without
 * maildomain it is the account's own, which sender_resolve knows. */
static int
resolve_sender(struct smtp_mail *m, const struct options *o, struct fault *f)
{
	const struct account *account = &m->carrier.account;
	const char *domain = values_text(&account->values, S_MAILDOMAIN);
	const char *path = o->envelope_from;
	struct options completed = *o;
	struct buf full = BUF_INIT;
	int rc;

	if (m->guest != NULL && path != NULL && *path != '\0' &&
	    *domain != '\0' && strchr(path, '@') == NULL) {
		buf_addf(&full, "%s@%s", path, domain);
		completed.envelope_from = full.data;
	}
	rc = sender_resolve(&m->sender, &completed, account, NULL, f);
	buf_release(&full);
	return rc;
}

/* Account and sender for the options of a mail. */
static int
resolve(struct smtp_mail *m, const struct options *o, struct smtp_reply *r)
{
	struct fault f = FAULT_INIT;
	struct account a;
	int rc;

	account_init(&a);
	rc = submit_account(&a, o, NULL, &f);
	if (rc == -1)
		account_release(&a);
	else
		rc = carrier_take(&m->carrier, &a, m->o->verbose, &f);
	if (rc == 0 && m->guest != NULL && m->carrier.account.is_service)
		rc = fault_set(&f, EX_CONFIG, "the service has no account: "
		    "it cannot read the settings of the system");
	if (rc == 0)
		rc = resolve_sender(m, o, &f);
	if (rc == -1) {
		smtp_reply_fault(r, &f);
		sender_release(&m->sender);
	}
	fault_release(&f);
	return rc;
}

/* The client's wishes about notices, else those of the account. */
static void
set_wishes(struct envelope *e, const struct smtp_sender *from,
    const struct values *v)
{
	struct buf ret = BUF_INIT;

	dsn_parse_ret(from->ret != NULL ? from->ret :
	    values_text(v, S_DSN_RETURN), &ret);
	envelope_set_dsn(e, ret.data, from->envid != NULL ? from->envid : "");
	buf_release(&ret);
}

/* The same about the recipients from number first on: an alias may have added
 * several, or none. */
static void
set_recipient_wishes(struct envelope *e, size_t first,
    const struct smtp_recipient *to, const struct values *v)
{
	struct buf notify = BUF_INIT;

	dsn_parse_notify(to->notify != NULL ? to->notify :
	    values_text(v, S_DSN_NOTIFY), &notify);
	for (; first < e->n; first++)
		envelope_set_recipient_dsn(e, first, notify.data,
		    to->orcpt != NULL ? to->orcpt : "");
	buf_release(&notify);
}

static int
check_guest(const struct guest *g, const char *path, struct smtp_reply *r)
{
	if (guest_may_send(g, path))
		return 0;
	eventlog_note(values_text(g->values, S_QUEUE_LOG), "service", "",
	    "refused %s as sender of %s", path, g->name);
	return smtp_reply_set(r, 553, "5.7.1", "%s may not send as <%s> "
	    "(setting service_senders)", g->name, path);
}

int
smtp_mail_begin(struct smtp_mail *m, const struct smtp_sender *from,
    struct smtp_reply *r)
{
	struct options o = *m->o;

	if (m->guest != NULL && check_guest(m->guest, from->path.data,
	    r) == -1)
		return -1;
	/* The path is the sender, whatever -f says (as with Sendmail). */
	o.envelope_from = from->path.data;
	if (resolve(m, &o, r) == -1)
		return -1;
	envelope_set_sender(&m->envelope, m->sender.reverse_path);
	m->is_utf8 = from->is_utf8;
	set_wishes(&m->envelope, from, &m->carrier.account.values);
	return 0;
}

int
smtp_mail_add(struct smtp_mail *m, const struct smtp_recipient *to,
    struct smtp_reply *r)
{
	size_t first = m->envelope.n;
	struct fault f = FAULT_INIT;

	if (m->envelope.n >= SMTP_RECIPIENTS_MAX)
		return smtp_reply_set(r, 452, "4.5.3", "too many recipients");
	if (recipients_add(&m->envelope, &to->address, &m->carrier.account,
	    &m->sender, &f) == -1) {
		smtp_reply_fault(r, &f);
		fault_release(&f);
		return -1;
	}
	set_recipient_wishes(&m->envelope, first, to, &m->carrier.account.values);
	return 0;
}

int
smtp_mail_verify(struct smtp_mail *m, const struct address *a,
    struct envelope *e, struct smtp_reply *r)
{
	struct fault f = FAULT_INIT;
	int rc = resolve(m, m->o, r);

	if (rc == 0)
		rc = recipients_add(e, a, &m->carrier.account, &m->sender, &f);
	if (f.code != 0)
		smtp_reply_fault(r, &f);
	fault_release(&f);
	sender_release(&m->sender);
	return rc;
}

/* How often the message has been relayed. */
static size_t
count_hops(const struct header *h)
{
	size_t i, n = 0;

	for (i = 0; i < h->n; i++)
		n += field_is(&h->v[i], "Received") != 0;
	return n;
}

static void
open_keep(struct smtp_mail *m)
{
	if (m->guest != NULL) {
		m->keep.must_wait = 1;
		m->keep.uid = m->guest->uid;
		m->keep.client = m->guest->uid == -1 ? m->guest->name : "";
	}
	keep_open(&m->keep, &m->carrier.account, m->o);
}

int
smtp_mail_read(struct smtp_mail *m, struct reader *in, struct smtp_reply *r)
{
	struct draft *d = &m->draft;
	struct fault f = FAULT_INIT;
	int rc;

	open_keep(m);
	rc = draft_read_header(d, in, &f);
	if (rc == 0 && count_hops(&d->message.header) > SMTP_HOPS_MAX)
		return smtp_reply_set(r, 554, "5.4.6", "the message has more "
		    "than %d Received fields: a loop", SMTP_HOPS_MAX);
	if (rc == 0 && m->guest != NULL)
		guest_add_received(m->guest, &d->message.header);
	if (rc == 0)
		rc = draft_read_body(d, in, 0, &m->carrier.account, &m->sender, &f);
	if (rc == 0)
		rc = draft_finish(d, &m->carrier.account, &m->sender, &m->envelope,
		    &f);
	if (rc == -1)
		smtp_reply_fault(r, &f);
	fault_release(&f);
	return rc;
}

/* 0 when the guest may have one more mail taken, else an exit status. */
static int
ask_for_guest(const struct smtp_mail *m, struct smtp_reply *r)
{
	const struct guest *g = m->guest;
	struct buf why = BUF_INIT;
	int status = 0;

	if (g == NULL)
		return 0;
	if (g->may_take(g->arg, (long long)m->draft.content.length,
	    &why) == -1) {
		smtp_reply_set(r, 452, "4.7.1", "%s", why.data);
		status = EX_TEMPFAIL;
	}
	buf_release(&why);
	return status;
}

int
smtp_mail_send(struct smtp_mail *m, struct smtp_reply *r)
{
	const struct transfer t = {
		m->o, &m->carrier.account, &m->carrier.relay, &m->keep,
		&m->draft
	};
	struct buf lines = BUF_INIT;
	struct report report;
	int rc, status = ask_for_guest(m, r);

	if (status != 0)
		return status;
	report_init(&report, m->program);
	report_collect(&report, &lines);
	rc = transfer_mail(&t, &m->envelope, &report);
	status = report.status;
	if (rc == 0)
		smtp_reply_mail(r, &m->envelope, lines.data);
	else
		smtp_reply_status(r, status, lines.data);
	if (!m->keep.must_wait)
		carrier_check(&m->carrier, rc, &m->envelope);
	report_release(&report);
	buf_release(&lines);
	return status;
}
