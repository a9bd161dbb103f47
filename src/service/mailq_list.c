/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list is made account by account: names first, sorted (ids begin with
 * the time), then each entry is opened once.
 */
#include "service/mailq_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "queue/status.h"
#include "service/mailq_view.h"
#include "service/selection.h"

#define GATHERED ((size_t)1 << 16)

struct row {
	char *id; /* owned */
	long long size;
};

struct listing {
	struct spool *spool;   /* borrowed, as are the next two */
	struct report *report;
	const struct strv *choice;
	int as_json;
	int has_runner;
	struct status status;
	time_t now;
	struct buf out;        /* not yet written */
	/* The account that is being gathered. */
	char *account;         /* owned; NULL: what has failed */
	const struct pause *pause; /* of the account; borrowed from status */
	int has_begun;         /* something of it has been shown */
	struct row *rows;
	size_t n, cap;
	/* The whole. */
	size_t mails, waiting; /* waiting: neither held nor failed */
	long long octets;
};

static void
flush(struct listing *l)
{
	report_output(l->report, l->out.data, l->out.len);
	buf_reset(&l->out);
}

/* What stands in front of an entry, for people; name is that of its account. */
static void
put_front(struct listing *l, const char *name)
{
	static const char failed[] = "(failed, and nobody could be told: see "
	    "mailq show ID, then mailq remove ID)\n";

	if (l->mails == 0)
		mailq_put_head(&l->out);
	else
		buf_addc(&l->out, '\n');
	if (l->has_begun)
		return;
	l->has_begun = 1;
	if (l->account == NULL)
		buf_adds(&l->out, failed);
	else if (l->pause != NULL)
		mailq_put_pause(l->pause, name, &l->out);
}

static void
put_entry(struct listing *l, const struct entry *e, int is_busy)
{
	struct mailq_view v = { e, l->account, is_busy, 0, l->now,
		l->pause != NULL ? l->pause->until : 0 };

	/* Whoever owns it will see to the result of its attempt. */
	v.is_doubtful = e->is_doubtful || (e->is_unsettled && !is_busy);
	l->waiting += l->account != NULL && !e->is_held;
	l->octets += (long long)e->content.length;
	if (l->as_json) {
		mailq_json_mail(&v, &l->out);
	} else {
		put_front(l, mailq_account(e));
		mailq_put_mail(&v, &l->out);
	}
	l->mails++;
}

static void
put_damaged(struct listing *l, const struct row *row, const struct fault *why)
{
	l->octets += row->size;
	if (l->as_json) {
		mailq_json_damaged(l->account, row->id, row->size, why,
		    &l->out);
	} else {
		put_front(l, l->account);
		mailq_put_damaged(row->id, row->size, why, &l->out);
	}
	l->mails++;
}

static void
list_row(struct listing *l, const struct row *row)
{
	struct fault why = FAULT_INIT;
	struct entry e;
	int is_busy, rc;

	entry_init(&e);
	rc = spool_look(l->spool, l->account, row->id, &e, &is_busy, &why);
	if (rc == 1 && selection_fits(&e, l->choice))
		put_entry(l, &e, is_busy);
	else if (rc == -1 && l->choice->n == 0)
		put_damaged(l, row, &why);
	if (l->out.len >= GATHERED)
		flush(l);
	entry_release(&e);
	fault_release(&why);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->id,
	    ((const struct row *)b)->id);
}

/* Lists what was gathered. */
static void
list_rows(struct listing *l)
{
	size_t i;

	l->has_begun = 0;
	l->pause = l->account != NULL ?
	    status_find(&l->status, l->account) : NULL;
	if (l->n != 0)
		qsort(l->rows, l->n, sizeof *l->rows, compare);
	for (i = 0; i < l->n; i++) {
		list_row(l, &l->rows[i]);
		free(l->rows[i].id);
	}
	l->n = 0;
}

static int
gather(void *arg, const struct spool_item *item, struct fault *f)
{
	struct listing *l = arg;

	(void)f;
	if (item->account != NULL && (l->account == NULL ||
	    strcmp(item->account, l->account) != 0)) {
		list_rows(l);
		free(l->account);
		l->account = xstrdup(item->account);
	}
	l->rows = xgrow(l->rows, l->n, &l->cap, sizeof *l->rows);
	l->rows[l->n].id = xstrdup(item->id);
	l->rows[l->n++].size = item->size;
	return 0;
}

/* The last account, and then what has failed. */
static int
list_rest(struct listing *l, struct fault *f)
{
	list_rows(l);
	free(l->account);
	l->account = NULL;
	if (spool_scan_failed(l->spool, gather, l, f) == -1)
		return -1;
	list_rows(l);
	return 0;
}

static void
put_end(struct listing *l)
{
	static const char unwatched[] = "\n(no runner watches this queue: "
	    "start one with qsendmail -q15m, or send now with qsendmail -q)\n";

	if (l->as_json)
		return;
	if (l->mails == 0) {
		buf_adds(&l->out, "Mail queue is empty\n");
		return;
	}
	if (l->waiting != 0 && !l->has_runner)
		buf_adds(&l->out, unwatched);
	buf_addf(&l->out, "\n-- %lld Kbytes in %zu Request%s.\n",
	    l->octets / 1024, l->mails, l->mails == 1 ? "" : "s");
}

int
mailq_list(struct spool *s, const struct strv *choice, int as_json,
    struct report *report, struct fault *f)
{
	struct listing l = {
		.spool = s, .report = report, .choice = choice,
		.as_json = as_json,
		.has_runner = s != NULL && spool_has_runner(s),
		.status = STATUS_INIT, .now = clock_now(), .out = BUF_INIT
	};
	struct fault ignored = FAULT_INIT;
	int rc = -1;

	/* Without a runner nothing pauses, whatever the last one has said. */
	if (l.has_runner)
		status_read(&l.status, s, &ignored);
	if (s == NULL || (spool_scan(s, gather, &l, f) == 0 &&
	    list_rest(&l, f) == 0)) {
		put_end(&l);
		rc = 0;
	}
	flush(&l);
	while (l.n != 0)
		free(l.rows[--l.n].id);
	free(l.rows);
	free(l.account);
	buf_release(&l.out);
	status_release(&l.status);
	fault_release(&ignored);
	return rc;
}
