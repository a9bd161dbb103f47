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

/* Makes the notice n under a name from that of e. */
static int
make(struct courier *c, const struct entry *e, const struct notice *n,
    char kind, struct strv *notices, struct fault *f)
{
	struct buf id = BUF_INIT, lines = BUF_INIT;
	struct entry notice;
	int rc;

	entry_init(&notice);
	buf_addf(&id, "%s%c%zu", e->id, kind, n->recipients[0].number);
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
		eventlog_notice(log_of(c), e, kind == 'n' ?
		    "sender non-delivery notification" :
		    "sender delay notification", id.data);
		strv_add(notices, id.data);
	}
	entry_release(&notice);
	buf_release(&id);
	buf_release(&lines);
	return rc == -1 ? -1 : 0;
}

/* Whom a notice is about: those of e that pick says, with action. */
static struct bounce_recipient *
choose(const struct entry *e, int (*pick)(const struct recipient *r),
    enum bounce_action action, size_t *n)
{
	struct bounce_recipient *to = xcalloc(e->envelope.n + 1, sizeof *to);
	size_t i;

	*n = 0;
	for (i = 0; i < e->envelope.n; i++) {
		if (!pick(&e->envelope.v[i]))
			continue;
		to[*n].number = i;
		to[*n].action = action;
		if (e->envelope.v[i].stage == STAGE_QUEUE)
			to[*n].status = "4.4.7";
		(*n)++;
	}
	return to;
}

static int
is_failure(const struct recipient *r)
{
	return is_due(r) && notice_is_wanted(r, "FAILURE");
}

static int
is_delay(const struct recipient *r)
{
	return recipient_is_left(r) && notice_is_wanted(r, "DELAY");
}

/* Says in the journal that everybody who is due is told. */
static int
note_told(struct courier *c, struct entry *e, struct fault *f)
{
	struct buf lines = BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < e->envelope.n; i++)
		if (is_due(&e->envelope.v[i]))
			entry_put_told(e, i, &lines);
	rc = spool_append(c->spool, e, &lines, 1, f);
	buf_release(&lines);
	return rc;
}

int
tell_failures(struct courier *c, struct entry *e, const struct sender *s,
    struct strv *notices, struct fault *f)
{
	struct notice n = {
		.account = &c->carrier.account, .sender = s,
		.envelope = &e->envelope, .content = &e->content,
		.arrival = e->created,
	};
	int rc = 0;

	n.recipients = choose(e, is_failure, BOUNCE_FAILED, &n.recipients_n);
	if (n.recipients_n != 0 && tell_has_sender(e))
		rc = make(c, e, &n, 'n', notices, f);
	free(n.recipients);
	return rc == 0 ? note_told(c, e, f) : -1;
}

int
tell_delay(struct courier *c, struct entry *e, const struct sender *s,
    struct strv *notices, struct fault *f)
{
	const struct values *v = &c->carrier.account.values;
	struct buf lines = BUF_INIT;
	long long lifetime = values_number(v, S_QUEUE_LIFETIME);
	struct notice n = {
		.account = &c->carrier.account, .sender = s,
		.envelope = &e->envelope, .content = &e->content,
		.arrival = e->created,
		.retry_until = e->created + (time_t)lifetime,
	};
	int rc = 0;

	if (lifetime == 0)
		n.retry_until = 0;
	n.recipients = choose(e, is_delay, BOUNCE_DELAYED, &n.recipients_n);
	if (n.recipients_n != 0 && tell_has_sender(e))
		rc = make(c, e, &n, 'w', notices, f);
	free(n.recipients);
	if (rc == 0) {
		entry_put_warned(e, &lines);
		rc = spool_append(c->spool, e, &lines, 1, f);
	}
	buf_release(&lines);
	return rc;
}
