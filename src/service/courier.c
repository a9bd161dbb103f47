/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way of a queued mail. What the journal says is what counts: an attempt
 * is noted before it begins, outcomes before anything is done about them.
 */
#include "service/courier.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/xalloc.h"
#include "queue/eventlog.h"
#include "queue/schedule.h"
#include "service/tell.h"
#include "submit/submit.h"

#define TELL_AGAIN_S 60
#define SYNC_MANY 100
#define SYNC_MS 1000

void
courier_init(struct courier *c, struct spool *spool)
{
	memset(c, 0, sizeof *c);
	c->spool = spool;
	carrier_init(&c->carrier);
}

void
courier_release(struct courier *c)
{
	courier_sync(c);
	carrier_release(&c->carrier);
}

void
visit_init(struct visit *v)
{
	memset(v, 0, sizeof *v);
	buf_init(&v->reason, 0);
}

void
visit_release(struct visit *v)
{
	buf_release(&v->reason);
	strv_release(&v->notices);
}

/* ---- removals ---- */

void
courier_sync(struct courier *c)
{
	struct fault ignored = FAULT_INIT;

	/* What a power failure brings back is sent again: state S9. */
	if (c->unsynced_n != 0)
		spool_sync(c->spool, c->unsynced, &ignored);
	fault_release(&ignored);
	free(c->unsynced);
	c->unsynced = NULL;
	c->unsynced_n = 0;
}

int
courier_sync_due(const struct courier *c)
{
	long long passed;

	if (c->unsynced_n == 0)
		return -1;
	passed = clock_monotonic_ms() - c->unsynced_ms;
	return passed >= SYNC_MS ? 0 : (int)(SYNC_MS - passed);
}

static void
note_removal(struct courier *c, const char *account)
{
	if (c->unsynced != NULL && strcmp(c->unsynced, account) != 0)
		courier_sync(c);
	if (c->unsynced == NULL) {
		c->unsynced = xstrdup(account);
		c->unsynced_ms = clock_monotonic_ms();
	}
	if (++c->unsynced_n >= SYNC_MANY)
		courier_sync(c);
}

/* ---- helpers ---- */

static const struct values *
settings_of(const struct courier *c)
{
	return &c->carrier.account.values;
}

static const char *
log_of(const struct courier *c)
{
	return values_text(settings_of(c), S_QUEUE_LOG);
}

static void
stick(struct visit *v, const struct fault *f)
{
	v->result = VISIT_STUCK;
	buf_reset(&v->reason);
	buf_adds(&v->reason, f->text.data);
}

static void
wait_until(struct visit *v, time_t next)
{
	v->result = VISIT_AGAIN;
	v->next = next;
}

static void
pause_account(struct visit *v, enum visit_pause pause, const char *reason,
    time_t next)
{
	v->pause = pause;
	buf_reset(&v->reason);
	buf_adds(&v->reason, reason);
	wait_until(v, next);
}

static time_t
next_attempt(const struct entry *e)
{
	unsigned long random = 0;

	compat_random(&random, sizeof random);
	return clock_now() + schedule_backoff(e->attempts, random);
}

static int
is_left(const struct recipient *r)
{
	return r->outcome != OUTCOME_DONE && r->outcome != OUTCOME_REJECT;
}

/* ---- before an attempt ---- */

/* Somebody died in the middle of one: its end is not known. */
static int
settle_interrupted(struct courier *c, struct entry *e, struct fault *f)
{
	struct envelope *to = &e->envelope;
	struct buf lines = BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < to->n; i++) {
		if (!is_left(&to->v[i]))
			continue;
		envelope_record(to, i, STAGE_CONTENT, REPLY_LOST, 0,
		    "the attempt was interrupted");
		entry_put_recipient(e, i, &lines);
	}
	entry_put_next(e, next_attempt(e), &lines);
	rc = spool_append(c->spool, e, &lines, 0, f);
	buf_release(&lines);
	return rc;
}

/* The options that the mail was given with, as far as they matter later. All
 * is borrowed. */
static void
make_options(struct options *o, const struct entry *e)
{
	memset(o, 0, sizeof *o);
	o->file = e->config[0] != '\0' ? e->config : NULL;
	/* What the command line alone makes has no name to choose it by. */
	o->account = e->section[0] != '\0' ? e->section : e->account;
	if (values_is_set(&e->settings, S_HOST) ||
	    strcmp(o->account, "command line") == 0)
		o->account = NULL;
	o->envelope_from = e->envelope.sender;
	o->argv = e->settings;
}

static int
find_account(struct courier *c, const struct entry *e, struct fault *f)
{
	struct options o;
	struct account a;
	int rc;

	make_options(&o, e);
	account_init(&a);
	rc = submit_account(&a, &o, NULL, f);
	if (rc == 0)
		rc = carrier_take(&c->carrier, &a, 0, f);
	else
		account_release(&a);
	return rc;
}

static int
find_sender(struct courier *c, const struct entry *e, struct sender *s,
    struct fault *f)
{
	struct options o;

	make_options(&o, e);
	return sender_resolve(s, &o, &c->carrier.account, NULL, f);
}

/* ---- the attempt ---- */

static void
log_recipients(const struct courier *c, const struct entry *e,
    const char *was_left)
{
	const struct values *v = settings_of(c);
	long long delay_ms = (long long)(clock_now() - e->created) * 1000;
	struct buf relay = BUF_INIT;
	size_t i;

	if (values_text(v, S_MAILDIR)[0] != '\0')
		buf_adds(&relay, values_text(v, S_MAILDIR));
	else
		buf_addf(&relay, "%s:%s", values_text(v, S_HOST),
		    values_text(v, S_PORT));
	for (i = 0; i < e->envelope.n; i++)
		if (was_left[i])
			eventlog_recipient(log_of(c), e, i, relay.data,
			    delay_ms > 0 ? delay_ms : 0);
	buf_release(&relay);
}

/* The account's own log, as after any other mail. */
static void
log_attempt(const struct courier *c, const struct entry *e, int rc,
    long long since, struct report *report)
{
	struct logline line = {
		.account = &c->carrier.account, .envelope = &e->envelope,
		.message_id = "", .size = (long long)e->content.length,
		.duration_ms = clock_monotonic_ms() - since,
	};

	if (rc == 0)
		report_recipients(report, &e->envelope);
	report_log(report, &line);
}

static char *
remember_left(const struct entry *e)
{
	char *left = xcalloc(e->envelope.n + 1, 1);
	size_t i;

	for (i = 0; i < e->envelope.n; i++)
		left[i] = is_left(&e->envelope.v[i]) ? 1 : 0;
	return left;
}

/* A fault of account or session is why everybody waits. */
static void
record_fault(struct courier *c, struct entry *e, const char *was_left)
{
	const struct relay *r = &c->carrier.relay;
	size_t i;

	for (i = 0; i < e->envelope.n; i++)
		if (was_left[i])
			envelope_record(&e->envelope, i, r->fault_stage,
			    r->fault_reply, r->fault_code,
			    r->fault_text != NULL ? r->fault_text : "");
}

/* The first line of what a person would have been told. */
static void
first_line(const struct buf *lines, struct buf *out)
{
	buf_add(out, lines->data, strcspn(lines->data, "\n"));
}

/* Sends it. 0: each recipient has an outcome; -1: a fault of the account or
 * the session, which v->pause and v->reason tell. */
static int
send_mail(struct courier *c, struct entry *e, struct visit *v)
{
	long long since = clock_monotonic_ms();
	struct carrier *to = &c->carrier;
	struct fault f = FAULT_INIT;
	struct buf lines = BUF_INIT;
	struct report report;
	int rc = 0;

	report_init(&report, "qsendmail");
	report_collect(&report, &lines);
	if (to->relay.child.pid == -1)
		rc = relay_start(&to->relay, &to->account, 0, &f);
	if (rc == -1)
		report_fault(&report, &f);
	else
		rc = relay_mail(&to->relay, &to->account, e->id, &e->envelope,
		    &e->content, &report);
	if (rc == -1) {
		v->pause = report.status == EX_TEMPFAIL ? PAUSE_SERVER :
		    PAUSE_ACCOUNT;
		first_line(&lines, &v->reason);
	}
	log_attempt(c, e, rc, since, &report);
	report_release(&report);
	buf_release(&lines);
	fault_release(&f);
	return rc;
}

/* 1 when everybody who was tried has it: there is nothing to remember. */
static int
is_all_done(const struct entry *e)
{
	return entry_left(e) == 0 && tell_due(e) == 0;
}

/* It has waited for as long as it may. */
static int
is_too_old(const struct courier *c, const struct entry *e)
{
	long long lifetime = values_number(settings_of(c), S_QUEUE_LIFETIME);

	return lifetime != 0 && clock_now() - e->created >= lifetime;
}

/* Refuses everybody who is left, with the last reason. */
static void
give_up(struct entry *e)
{
	const struct recipient *r;
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; i < e->envelope.n; i++) {
		r = &e->envelope.v[i];
		if (!is_left(r))
			continue;
		buf_reset(&text);
		buf_addf(&text, "%s: ",
		    outcome_find(r->stage, r->reply)->sentence);
		if (r->code != 0)
			buf_addf(&text, "%d ", r->code);
		buf_adds(&text, r->text);
		envelope_record(&e->envelope, i, STAGE_QUEUE, REPLY_ANY, 0,
		    text.data);
	}
	buf_release(&text);
}

/* Outcomes of those who were tried, and when to try again. */
static int
write_outcomes(struct courier *c, struct entry *e, const char *was_left,
    time_t next, struct fault *f)
{
	struct buf lines = BUF_INIT;
	int rc, lasts = 0;
	size_t i;

	for (i = 0; i < e->envelope.n; i++) {
		if (!was_left[i])
			continue;
		entry_put_recipient(e, i, &lines);
		lasts |= !is_left(&e->envelope.v[i]);
	}
	entry_put_next(e, next, &lines);
	rc = spool_append(c->spool, e, &lines, lasts, f);
	buf_release(&lines);
	return rc;
}

static int
begin_attempt(struct courier *c, struct entry *e, struct fault *f)
{
	struct buf lines = BUF_INIT;
	int rc;

	entry_prepare(e);
	entry_put_attempt(e, clock_now(), &lines);
	rc = spool_append(c->spool, e, &lines, 0, f);
	buf_release(&lines);
	return rc;
}

static int
attempt(struct courier *c, struct entry *e, struct visit *v, struct fault *f)
{
	char *was_left = remember_left(e);
	time_t next;
	int rc, sent;

	rc = begin_attempt(c, e, f);
	if (rc == 0) {
		sent = send_mail(c, e, v);
		v->was_tried = 1;
		v->has_answered = sent == 0;
		if (sent == -1)
			record_fault(c, e, was_left);
		log_recipients(c, e, was_left);
		/* A wrong password says nothing about the mail. */
		if (v->pause != PAUSE_ACCOUNT && is_too_old(c, e))
			give_up(e);
		/* While an account pauses its mail stays due. */
		next = sent == -1 ? clock_now() : next_attempt(e);
		if (!is_all_done(e))
			rc = write_outcomes(c, e, was_left, next, f);
		wait_until(v, next);
	}
	free(was_left);
	return rc;
}

/* ---- after an attempt ---- */

static int
wants_warning(const struct courier *c, const struct entry *e)
{
	long long warn = values_number(settings_of(c), S_QUEUE_WARN);

	return warn != 0 && !e->is_warned && entry_left(e) != 0 &&
	    tell_has_sender(e) && clock_now() - e->created >= warn;
}

static int
tell(struct courier *c, struct entry *e, struct visit *v, struct fault *f)
{
	struct sender s;
	int rc = 0;

	if (tell_due(e) == 0 && !wants_warning(c, e))
		return 0;
	sender_init(&s);
	rc = find_sender(c, e, &s, f);
	if (rc == 0 && tell_due(e) != 0)
		rc = tell_failures(c, e, &s, &v->notices, f);
	if (rc == 0 && wants_warning(c, e))
		rc = tell_delay(c, e, &s, &v->notices, f);
	sender_release(&s);
	return rc;
}

/* It should be gone and is not: at least nobody sends it again. */
static void
note_outcomes(struct courier *c, struct entry *e)
{
	char *all = xcalloc(e->envelope.n + 1, 1);
	struct fault ignored = FAULT_INIT;

	memset(all, 1, e->envelope.n);
	write_outcomes(c, e, all, clock_now() + TELL_AGAIN_S, &ignored);
	fault_release(&ignored);
	free(all);
}

/* Nobody is left. A mail that nobody could be told of is kept for people. */
static int
finish(struct courier *c, struct entry *e, struct visit *v, struct fault *f)
{
	int is_lost = envelope_count(&e->envelope, OUTCOME_REJECT) != 0 &&
	    !tell_has_sender(e);
	int rc = is_lost ? spool_fail(c->spool, e, f) :
	    spool_remove(c->spool, e, f);

	if (rc == -1) {
		note_outcomes(c, e);
		return -1;
	}
	if (is_lost)
		eventlog_note(log_of(c), "bounce", e->id, "nobody can be told "
		    "of the failure: moved to failed/");
	eventlog_removed(log_of(c), e);
	note_removal(c, e->account);
	v->result = VISIT_GONE;
	return 0;
}

/* 1 when there is something to be done with it now. */
static int
is_due(const struct entry *e, int is_forced, time_t now)
{
	if (e->is_held)
		return 0;
	/* Clocks jump: later than the longest wait is no time of ours. */
	return is_forced || e->next <= now || e->next > now + SCHEDULE_LONGEST_S;
}

static int
visit_entry(struct courier *c, struct entry *e, int is_forced,
    struct visit *v, struct fault *f)
{
	time_t now = clock_now();

	if (e->is_unsettled && settle_interrupted(c, e, f) == -1)
		return -1;
	if (!is_due(e, is_forced, now)) {
		wait_until(v, e->is_held ? now +
		    SCHEDULE_LONGEST_S : e->next);
		return 0;
	}
	if (find_account(c, e, f) == -1) {
		pause_account(v, PAUSE_ACCOUNT, f->text.data, now);
		fault_release(f);
		return 0;
	}
	v->connections = (unsigned)values_number(settings_of(c),
	    S_MAX_CONNECTIONS);
	v->rate = (unsigned)values_number(settings_of(c), S_RATE);
	if (entry_left(e) != 0 && attempt(c, e, v, f) == -1)
		return -1;
	if (tell(c, e, v, f) == -1) {
		/* A full disk, say: the outcome is kept, and told later. */
		eventlog_note(log_of(c), "bounce", e->id, "%s", f->text.data);
		fault_release(f);
		wait_until(v, now + TELL_AGAIN_S);
		return 0;
	}
	return entry_left(e) == 0 ? finish(c, e, v, f) : 0;
}

void
courier_visit(struct courier *c, const char *account, const char *id,
    int is_forced, struct visit *v)
{
	struct fault f = FAULT_INIT;
	struct entry e;

	entry_init(&e);
	switch (spool_take(c->spool, account, id, &e, &f)) {
	case SPOOL_GONE:
		v->result = VISIT_GONE;
		break;
	case SPOOL_BUSY:
		v->result = VISIT_BUSY;
		break;
	case SPOOL_DAMAGED:
		stick(v, &f);
		break;
	case SPOOL_OURS:
		if (visit_entry(c, &e, is_forced, v, &f) == -1)
			stick(v, &f);
		if (v->was_tried)
			carrier_check(&c->carrier, v->has_answered ? 0 : -1,
			    &e.envelope);
		break;
	}
	entry_release(&e);
	fault_release(&f);
}
