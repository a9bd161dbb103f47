/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The last step of every mail: relay or queue, report, log. A mail for which
 * no relay could be started is logged as well. What waits is a success to the
 * caller: the lines about the attempt are for the log only.
 */
#include "submit/transfer.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "queue/eventlog.h"

/* Seconds to connect when the mail may wait in the queue instead. */
#define PATIENCE_S 10

static void
get_message_id(const struct draft *d, struct buf *id)
{
	const struct header *h = &d->message.header;
	size_t at = header_find(h, "Message-ID", 0);

	if (at < h->n)
		field_body(&h->v[at], id);
}

static void
log_mail(const struct transfer *t, const struct envelope *e, long long since,
    struct report *report)
{
	struct buf id = BUF_INIT;
	struct logline line = {
		.account = t->account,
		.envelope = e,
		.size = (long long)t->draft->content.length,
		.duration_ms = clock_monotonic_ms() - since,
	};

	get_message_id(t->draft, &id);
	line.message_id = id.data;
	report_log(report, &line);
	buf_release(&id);
}

/* From now on nothing may make the caller send it to all of them again. */
static void
settle_status(const struct envelope *e)
{
	size_t taken = envelope_taken(e);

	xalloc_set_status(taken == e->n ? EX_OK : taken != 0 ?
	    EX_UNAVAILABLE : EX_TEMPFAIL);
}

/* Puts the mail into the queue. */
static int
accept_mail(const struct transfer *t, struct envelope *e, int attempted,
    struct fault *f)
{
	struct buf id = BUF_INIT;

	if (keep_accept(t->keep, t->account, t->o, e, &t->draft->content,
	    attempted, f) == -1)
		return -1;
	settle_status(e);
	get_message_id(t->draft, &id);
	eventlog_accepted(values_text(&t->account->values, S_QUEUE_LOG),
	    &t->keep->entry, id.data, t->keep->client);
	buf_release(&id);
	return 0;
}

/* 1 when the caller wants it in the queue, whether it could be sent or not. */
static int
is_for_queue(const struct transfer *t)
{
	return t->keep->must_wait || (t->keep->mode != KEEP_NEVER &&
	    t->o->delivery_mode != DELIVER_INTERACTIVE);
}

/*
 * Without an attempt: 1 when the mail waits; 0 when it has to be sent now,
 * as without a queue; -1 when that must not be.
 */
static int
queue_mail(const struct transfer *t, struct envelope *e,
    struct report *report)
{
	struct fault f = FAULT_INIT;
	int rc = 0;

	if (!is_for_queue(t))
		return 0;
	t->keep->is_silent = t->o->delivery_mode == DELIVER_QUEUE ||
	    t->o->delivery_mode == DELIVER_DEFER;
	if (accept_mail(t, e, 0, &f) == 0)
		rc = 1;
	else if (t->keep->must_wait) {
		report_fault(report, &f);
		rc = -1;
	}
	fault_release(&f);
	return rc;
}

static int
try_mail(const struct transfer *t, struct envelope *e, struct report *report)
{
	struct fault f = FAULT_INIT;
	struct buf id = BUF_INIT;
	int rc = 0;

	clock_unique(&id);
	/* Somebody waits for us, and the runner has more time. */
	if (t->keep->mode != KEEP_NEVER)
		t->relay->patience_s = PATIENCE_S;
	if (t->relay->child.pid == -1)
		rc = relay_start(t->relay, t->account, t->o->verbose, &f);
	if (rc == -1)
		report_fault(report, &f);
	else
		rc = relay_mail(t->relay, t->account, id.data, e,
		    &t->draft->content, report);
	fault_release(&f);
	buf_release(&id);
	return rc;
}

/* A fault of the account is for people: waiting does not mend it. */
static int
may_work_later(const struct envelope *e, int rc, const struct report *report)
{
	size_t i;

	if (rc == -1)
		return report->status == EX_TEMPFAIL;
	for (i = 0; i < e->n; i++)
		if (recipient_is_left(&e->v[i]))
			return 1;
	return 0;
}

/* Why it does not wait, where somebody might think that it does. */
static void
say_not_kept(const struct keep *k, const struct fault *f,
    struct report *report)
{
	/* A client of -bs keeps its mail itself. */
	if (k->is_unwatched && report->lines != NULL)
		return;
	if (k->is_unwatched)
		report_line(report, EX_TEMPFAIL, "the mail was not kept: no "
		    "runner watches the queue (qsendmail -q15m starts one)");
	else if (k->mode != KEEP_NEVER || k->why.code != 0)
		report_line(report, EX_TEMPFAIL, "the mail was not kept: %s",
		    f->text.data);
}

/* What is left of a mail that was tried. */
static int
keep_rest(const struct transfer *t, struct envelope *e, int rc,
    struct report *report)
{
	struct fault f = FAULT_INIT;
	int kept = accept_mail(t, e, rc == 0, &f) == 0;

	if (kept)
		buf_addf(&report->error, "; it waits in the queue as %s",
		    t->keep->entry.id);
	else
		say_not_kept(t->keep, &f, report);
	fault_release(&f);
	return kept;
}

int
transfer_mail(const struct transfer *t, struct envelope *e,
    struct report *report)
{
	long long since = clock_monotonic_ms();
	int rc, kept;

	xalloc_set_status(EX_TEMPFAIL);
	rc = queue_mail(t, e, report);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	report_hold(report);
	rc = try_mail(t, e, report);
	settle_status(e);
	if (rc == 0)
		report_recipients(report, e);
	kept = may_work_later(e, rc, report) && keep_rest(t, e, rc, report);
	log_mail(t, e, since, report);
	if (!kept) {
		report_tell(report);
		return rc;
	}
	report_drop(report);
	/* Those who were refused do not wait. */
	report_recipients(report, e);
	return 0;
}
