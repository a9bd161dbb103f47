/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way of a queued mail. Several are on their way at a time, all by one
 * relay, which sends the envelope of one behind the content of another; they
 * come back in their order. Whoever needs another account waits until all of
 * them are back.
 */
#include "service/courier.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "queue/eventlog.h"
#include "queue/schedule.h"
#include "service/outcomes.h"
#include "service/tell.h"
#include "submit/submit.h"

#define TELL_AGAIN_S 60
/* So long an account that was found is not looked for again. */
#define KNOWN_MS 1000

void
courier_init(struct courier *c, struct spool *spool)
{
	memset(c, 0, sizeof *c);
	c->spool = spool;
	carrier_init(&c->carrier);
	buf_init(&c->known, 0);
}

void
courier_release(struct courier *c)
{
	carrier_release(&c->carrier);
	buf_release(&c->known);
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

void
errand_init(struct errand *er)
{
	memset(er, 0, sizeof *er);
	entry_init(&er->entry);
	visit_init(&er->visit);
}

void
errand_release(struct errand *er)
{
	entry_release(&er->entry);
	visit_release(&er->visit);
	free(er->was_left);
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

/* ---- before an attempt ---- */

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

/* What decides about the account of an entry. */
static void
make_known(const struct entry *e, struct buf *known)
{
	size_t i;

	buf_addf(known, "%s\n%s\n%s\n%s", e->config, e->section, e->account,
	    e->envelope.sender);
	for (i = 0; i < SETTING_COUNT; i++)
		if (values_is_set(&e->settings, (enum setting_id)i))
			buf_addf(known, "\n%zu %s", i, values_text(
			    &e->settings, (enum setting_id)i));
}

/* 1 when the account at hand is that of e, and was found just now. */
static int
is_known(struct courier *c, const struct entry *e)
{
	long long now_ms = clock_monotonic_ms();
	struct buf known = BUF_INIT;
	int rc;

	make_known(e, &known);
	rc = !c->must_drop && c->known.len == known.len &&
	    now_ms - c->known_ms < KNOWN_MS &&
	    memcmp(c->known.data, known.data, known.len) == 0;
	if (!rc) {
		buf_release(&c->known);
		c->known = known;
		c->known_ms = now_ms;
	} else
		buf_release(&known);
	return rc;
}

/* 0; 1 when others have to come back first; -1 with a fault. */
static int
find_account(struct courier *c, const struct entry *e, struct fault *f)
{
	struct options o;
	struct account a;
	int rc;

	if (is_known(c, e))
		return 0;
	make_options(&o, e);
	account_init(&a);
	rc = submit_account(&a, &o, NULL, f);
	if (rc == 0 && c->under_way != 0 &&
	    (c->must_drop || !carrier_fits(&c->carrier, &a)))
		rc = 1;
	if (rc == 0)
		rc = carrier_take(&c->carrier, &a, 0, f);
	else
		account_release(&a);
	if (rc != 0)
		buf_reset(&c->known);
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

/* What became of those who were tried, and of the mail. */
static void
log_visit(const struct courier *c, const struct errand *er)
{
	const struct entry *e = &er->entry;
	const struct values *v = settings_of(c);
	long long delay_ms = (long long)(clock_now() - e->created) * 1000;
	struct buf relay = BUF_INIT;

	if (values_text(v, S_MAILDIR)[0] != '\0')
		buf_adds(&relay, values_text(v, S_MAILDIR));
	else
		buf_addf(&relay, "%s:%s", values_text(v, S_HOST),
		    values_text(v, S_PORT));
	eventlog_attempt(log_of(c), e, er->was_left, relay.data,
	    delay_ms > 0 ? delay_ms : 0, er->visit.result == VISIT_GONE);
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

/* Gives the mail to the relay. */
static void
send_mail(struct courier *c, struct errand *er)
{
	struct carrier *to = &c->carrier;

	er->since_ms = clock_monotonic_ms();
	if (to->relay.child.pid != -1 || relay_start(&to->relay, &to->account,
	    0, &er->start_fault) == 0)
		relay_give(&to->relay, er->entry.id, &er->entry.envelope,
		    &er->entry.content);
	c->under_way++;
}

/* Waits until it is back. 0: each recipient has an outcome; -1: a fault of
 * the account or the session, which the visit's pause and reason tell. */
static int
follow_mail(struct courier *c, struct errand *er)
{
	struct carrier *to = &c->carrier;
	struct buf lines = BUF_INIT;
	struct report report;
	int rc = -1;

	report_init(&report, "qsendmail");
	report_collect(&report, &lines);
	if (er->start_fault.code != 0)
		report_fault(&report, &er->start_fault);
	else {
		to->relay.frames.before_wait = c->before_wait;
		to->relay.frames.before_wait_arg = c->before_wait_arg;
		rc = relay_follow(&to->relay, &to->account,
		    &er->entry.envelope, &report);
	}
	if (rc == -1) {
		er->visit.pause = report.status == EX_TEMPFAIL ?
		    PAUSE_SERVER : PAUSE_ACCOUNT;
		first_line(&lines, &er->visit.reason);
	}
	log_attempt(c, &er->entry, rc, er->since_ms, &report);
	c->under_way--;
	c->must_drop |= rc == -1 || to->relay.is_lost;
	report_release(&report);
	buf_release(&lines);
	fault_release(&er->start_fault);
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

/* Nobody has to hear of a success: where the notice cannot be made that is
 * noted, and the mail goes its way. */
static void
tell_success(struct courier *c, struct entry *e, struct visit *v)
{
	struct fault f = FAULT_INIT;
	struct sender s;

	if (tell_successes_due(e) == 0)
		return;
	sender_init(&s);
	if (find_sender(c, e, &s, &f) == -1 ||
	    tell_successes(c, e, &s, &v->notices, &f) == -1)
		eventlog_note(log_of(c), "bounce", e->id, "warning: no notice "
		    "of the success: %s", f.text.data);
	sender_release(&s);
	fault_release(&f);
}

/* It should be gone and is not: at least nobody sends it again. */
static void
note_outcomes(struct courier *c, struct entry *e)
{
	char *all = xcalloc(e->envelope.n + 1, 1);
	struct fault ignored = FAULT_INIT;

	memset(all, 1, e->envelope.n);
	outcomes_write(c->spool, e, all, clock_now() + TELL_AGAIN_S, &ignored);
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

/* ---- a visit ---- */

static void
take_limits(const struct courier *c, struct visit *v)
{
	const struct values *s = settings_of(c);

	v->connections = (unsigned)values_number(s, S_MAX_CONNECTIONS);
	v->rate = (unsigned)values_number(s, S_RATE);
}

/* What is due when nobody is to be tried (any more). */
static int
end_visit(struct courier *c, struct errand *er, struct fault *f)
{
	struct entry *e = &er->entry;

	if (tell(c, e, &er->visit, f) == -1) {
		/* A full disk, say: the outcome is kept, and told later. */
		eventlog_note(log_of(c), "bounce", e->id, "%s", f->text.data);
		fault_release(f);
		wait_until(&er->visit, clock_now() + TELL_AGAIN_S);
		return 0;
	}
	tell_success(c, e, &er->visit);
	return entry_left(e) == 0 ? finish(c, e, &er->visit, f) : 0;
}

/* 0 when that was all, 1 when it is on its way, 2 when it has to wait for
 * others, -1 with a fault. */
static int
begin_visit(struct courier *c, struct errand *er, int is_forced,
    struct fault *f)
{
	struct entry *e = &er->entry;
	time_t now = clock_now();
	int rc;

	if (e->is_unsettled && outcomes_settle(c->spool, e, f) == -1)
		return -1;
	if (!is_due(e, is_forced, now)) {
		wait_until(&er->visit, e->is_held ? now +
		    SCHEDULE_LONGEST_S : e->next);
		return 0;
	}
	rc = find_account(c, e, f);
	if (rc == 1)
		return 2;
	if (rc == -1) {
		pause_account(&er->visit, PAUSE_ACCOUNT, f->text.data, now);
		fault_release(f);
		return 0;
	}
	take_limits(c, &er->visit);
	if (entry_left(e) == 0) {
		rc = end_visit(c, er, f);
		if (er->visit.result == VISIT_GONE)
			eventlog_removed(log_of(c), e);
		return rc;
	}
	er->was_left = outcomes_left(e);
	if (outcomes_begin(c->spool, e, f) == -1)
		return -1;
	send_mail(c, er);
	return 1;
}

/*
 * What became of those who were tried. A mail that everybody has leaves the
 * queue at once, unless a notice of that is to be made first.
 */
static int
note_attempt(struct courier *c, struct errand *er, int sent, struct fault *f)
{
	struct entry *e = &er->entry;
	struct visit *v = &er->visit;
	int is_done = is_all_done(e), rc;

	if (is_done && tell_successes_due(e) == 0)
		return 0;
	/* While an account pauses its mail stays due, and so does one that is
	 * only to be told of. */
	wait_until(v, sent == -1 || is_done ? clock_now() : outcomes_next(e));
	rc = outcomes_write(c->spool, e, er->was_left, v->next, f);
	if (rc == -1 && is_done) {
		/* It must not be sent again for that. */
		eventlog_note(log_of(c), "bounce", e->id, "%s", f->text.data);
		fault_release(f);
		rc = 0;
	}
	return rc;
}

static int
complete_visit(struct courier *c, struct errand *er, struct fault *f)
{
	struct entry *e = &er->entry;
	struct visit *v = &er->visit;
	int sent = follow_mail(c, er), rc;

	v->has_answered = sent == 0;
	if (sent == -1)
		record_fault(c, e, er->was_left);
	/* A wrong password says nothing about the mail. */
	if (v->pause != PAUSE_ACCOUNT && is_too_old(c, e))
		outcomes_give_up(e);
	rc = note_attempt(c, er, sent, f);
	if (rc == 0)
		rc = end_visit(c, er, f);
	log_visit(c, er);
	return rc;
}

/* When the last one is back, a relay that is of no use any more goes. */
static void
rest(struct courier *c)
{
	if (c->under_way != 0 || !c->must_drop)
		return;
	carrier_drop(&c->carrier);
	c->must_drop = 0;
	buf_reset(&c->known);
}

enum visit_begin
courier_begin(struct courier *c, const char *account, const char *id,
    int is_forced, struct errand *er)
{
	struct fault f = FAULT_INIT;
	int rc = 0;

	switch (spool_take(c->spool, account, id, &er->entry, &f)) {
	case SPOOL_GONE:
		er->visit.result = VISIT_GONE;
		break;
	case SPOOL_BUSY:
		er->visit.result = VISIT_BUSY;
		break;
	case SPOOL_DAMAGED:
		stick(&er->visit, &f);
		break;
	case SPOOL_OURS:
		rc = begin_visit(c, er, is_forced, &f);
		if (rc == -1)
			stick(&er->visit, &f);
		break;
	}
	fault_release(&f);
	return rc == 1 ? VISIT_UNDER_WAY : rc == 2 ? VISIT_LATER :
	    VISIT_FINISHED;
}

void
courier_finish(struct courier *c, struct errand *er)
{
	struct fault f = FAULT_INIT;

	if (complete_visit(c, er, &f) == -1)
		stick(&er->visit, &f);
	rest(c);
	fault_release(&f);
}
