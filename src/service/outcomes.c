/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the journal says is what counts: an attempt is noted before it begins,
 * outcomes before anything is done about them.
 */
#include "service/outcomes.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/xalloc.h"
#include "queue/schedule.h"

time_t
outcomes_next(const struct entry *e)
{
	unsigned long random = 0;

	compat_random(&random, sizeof random);
	return clock_now() + schedule_backoff(e->attempts, random);
}

char *
outcomes_left(const struct entry *e)
{
	char *left = xcalloc(e->envelope.n + 1, 1);
	size_t i;

	for (i = 0; i < e->envelope.n; i++)
		left[i] = recipient_is_left(&e->envelope.v[i]) ? 1 : 0;
	return left;
}

int
outcomes_settle(struct spool *s, struct entry *e, struct fault *f)
{
	struct envelope *to = &e->envelope;
	struct buf lines = BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < to->n; i++) {
		if (!recipient_is_left(&to->v[i]))
			continue;
		envelope_record(to, i, STAGE_CONTENT, REPLY_LOST, 0,
		    "the attempt was interrupted");
		entry_put_recipient(e, i, &lines);
	}
	entry_put_next(e, outcomes_next(e), &lines);
	rc = spool_append(s, e, &lines, 0, f);
	buf_release(&lines);
	return rc;
}

void
outcomes_give_up(struct entry *e)
{
	const struct recipient *r;
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; i < e->envelope.n; i++) {
		r = &e->envelope.v[i];
		if (!recipient_is_left(r))
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

int
outcomes_write(struct spool *s, struct entry *e, const char *was_left,
    time_t next, struct fault *f)
{
	struct buf lines = BUF_INIT;
	int rc, lasts = 0;
	size_t i;

	for (i = 0; i < e->envelope.n; i++) {
		if (!was_left[i])
			continue;
		entry_put_recipient(e, i, &lines);
		lasts |= !recipient_is_left(&e->envelope.v[i]);
	}
	entry_put_next(e, next, &lines);
	rc = spool_append(s, e, &lines, lasts, f);
	buf_release(&lines);
	return rc;
}

int
outcomes_begin(struct spool *s, struct entry *e, struct fault *f)
{
	struct buf lines = BUF_INIT;
	int rc;

	entry_prepare(e);
	entry_put_attempt(e, clock_now(), &lines);
	rc = spool_append(s, e, &lines, 0, f);
	buf_release(&lines);
	return rc;
}
