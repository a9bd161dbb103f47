/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order of things: the refusal is in the journal and synced, the notice
 * becomes an entry, the journal says "told". Whoever dies between the last
 * two makes the same notice again, and finds it made.
 */
#include "service/tell.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "queue/eventlog.h"
#include "submit/notice.h"

static int
is_due(const struct recipient *r)
{
	return r->outcome == OUTCOME_REJECT && !r->is_told;
}

size_t
tell_due(const struct entry *e)
{
	size_t i, n = 0;

	for (i = 0; i < e->envelope.n; i++)
		n += (size_t)is_due(&e->envelope.v[i]);
	return n;
}

int
tell_has_sender(const struct entry *e)
{
	return !e->is_bounce && e->envelope.sender[0] != '\0';
}

static const char *
log_of(const struct courier *c)
{
	return values_text(&c->carrier.account.values, S_QUEUE_LOG);
}

/* The entry that tells of e: its account, its settings. */
static void
fill(struct entry *notice, const struct entry *e, const struct sender *s)
{
	free(notice->account);
	free(notice->section);
	free(notice->config);
	notice->account = xstrdup(e->account);
	notice->section = xstrdup(e->section);
	notice->config = xstrdup(e->config);
	values_merge(&notice->settings, &e->settings);
	notice->created = notice->next = clock_now();
	notice->is_bounce = 1;
	notice_address(&notice->envelope, &e->envelope, s);
}

/* ---- kinds of notices ---- */

static int
is_failure(const struct recipient *r)
{
	return is_due(r) && notice_is_wanted(r, "FAILURE");
}

static int
is_success(const struct recipient *r)
{
	return r->is_unreported && !r->is_told;
}

static int
is_delay(const struct recipient *r)
{
	return recipient_is_left(r) && notice_is_wanted(r, "DELAY");
}

struct kind {
	char letter;       /* in the name of the notice */
	const char *words; /* in the log, as Postfix has them */
	int (*pick)(const struct recipient *r); /* whom it is about */
};

static const struct kind failures = {
	'n', "sender non-delivery notification", is_failure
};
static const struct kind successes = {
	's', "sender delivery status notification", is_success
};
static const struct kind delays = {
	'w', "sender delay notification", is_delay
};

size_t
tell_successes_due(const struct entry *e)
{
	size_t i, n = 0;

	for (i = 0; i < e->envelope.n; i++)
		n += (size_t)is_success(&e->envelope.v[i]);
	return tell_has_sender(e) ? n : 0;
}

/* ---- making one ---- */

/* Makes the notice n under a name from that of e. */
static int
make(struct courier *c, const struct entry *e, const struct notice *n,
    const struct kind *k, struct strv *notices, struct fault *f)
{
	struct buf id = BUF_INIT, lines = BUF_INIT;
	struct entry notice;
	int rc;

	entry_init(&notice);
	buf_addf(&id, "%s%c%zu", e->id, k->letter, n->recipients[0].number);
	rc = spool_create_as(c->spool, &notice, e->account, id.data, f);
	if (rc == 0) {
		fill(&notice, e, n->sender);
		rc = notice_write(n, notice.content.fd, ENTRY_HEAD,
		    &notice.content, f);
		if (rc == -1)
			spool_discard(c->spool, &notice);
		else
			rc = spool_accept(c->spool, &notice, &lines, f);
		if (rc == 0)
			eventlog_accepted(log_of(c), &notice, "", "");
	}
	if (rc != -1) {
		eventlog_notice(log_of(c), e, k->words, id.data);
		strv_add(notices, id.data);
	}
	entry_release(&notice);
	buf_release(&id);
	buf_release(&lines);
	return rc == -1 ? -1 : 0;
}

static enum bounce_action
find_action(const struct recipient *r)
{
	switch (r->outcome) {
	case OUTCOME_REJECT:
		return BOUNCE_FAILED;
	case OUTCOME_DONE:
		return r->stage == STAGE_MAILDIR ? BOUNCE_DELIVERED :
		    BOUNCE_RELAYED;
	default:
		return BOUNCE_DELAYED;
	}
}

/* Whom a notice of that kind about e names. */
static struct bounce_recipient *
choose(const struct entry *e, const struct kind *k, size_t *n)
{
	struct bounce_recipient *to = xcalloc(e->envelope.n + 1, sizeof *to);
	const struct recipient *r;
	size_t i;

	*n = 0;
	for (i = 0; i < e->envelope.n; i++) {
		r = &e->envelope.v[i];
		if (!k->pick(r))
			continue;
		to[*n].number = i;
		to[*n].action = find_action(r);
		if (r->stage == STAGE_QUEUE)
			to[*n].status = "4.4.7";
		(*n)++;
	}
	return to;
}

/* Makes a notice of that kind, if there is anybody for it to name. */
static int
tell(struct courier *c, const struct entry *e, const struct sender *s,
    const struct kind *k, time_t retry_until, struct strv *notices,
    struct fault *f)
{
	struct notice n = {
		.account = &c->carrier.account, .sender = s,
		.envelope = &e->envelope, .content = &e->content,
		.arrival = e->created, .retry_until = retry_until,
	};
	int rc = 0;

	n.recipients = choose(e, k, &n.recipients_n);
	if (n.recipients_n != 0 && tell_has_sender(e))
		rc = make(c, e, &n, k, notices, f);
	free(n.recipients);
	return rc;
}

/* Says in the journal that the sender knows of all that pick says. */
static int
note_told(struct courier *c, struct entry *e,
    int (*pick)(const struct recipient *r), struct fault *f)
{
	struct buf lines = BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < e->envelope.n; i++)
		if (pick(&e->envelope.v[i]))
			entry_put_told(e, i, &lines);
	rc = spool_append(c->spool, e, &lines, 1, f);
	buf_release(&lines);
	return rc;
}

int
tell_failures(struct courier *c, struct entry *e, const struct sender *s,
    struct strv *notices, struct fault *f)
{
	if (tell(c, e, s, &failures, 0, notices, f) == -1)
		return -1;
	return note_told(c, e, is_due, f);
}

int
tell_successes(struct courier *c, struct entry *e, const struct sender *s,
    struct strv *notices, struct fault *f)
{
	if (tell(c, e, s, &successes, 0, notices, f) == -1)
		return -1;
	return note_told(c, e, is_success, f);
}

int
tell_delay(struct courier *c, struct entry *e, const struct sender *s,
    struct strv *notices, struct fault *f)
{
	long long lifetime = values_number(&c->carrier.account.values,
	    S_QUEUE_LIFETIME);
	time_t until = lifetime != 0 ? e->created + (time_t)lifetime : 0;
	struct buf lines = BUF_INIT;
	int rc = tell(c, e, s, &delays, until, notices, f);

	if (rc == 0) {
		entry_put_warned(e, &lines);
		rc = spool_append(c->spool, e, &lines, 1, f);
	}
	buf_release(&lines);
	return rc;
}
