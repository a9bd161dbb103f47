/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Actions are a table. An attempt whose end is not known (its owner has died)
 * stays without an end here: a "next" behind it would say that there was none,
 * and the doubt about a duplicate would be gone.
 */
#include "service/mailq_action.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "queue/eventlog.h"
#include "service/mailq_show.h"

struct act {
	struct spool *spool;   /* borrowed, as are the others */
	struct report *report;
	const char *log;
	const struct action *action;
	int is_all;            /* nobody has named it */
	char *unsynced;        /* owned; account in which mails were removed */
};

struct action {
	const char *name;
	/* With an entry that we own. */
	int (*run)(struct act *a, struct entry *e, struct fault *f);
	int is_show;
	int is_remove; /* takes what has failed, and what cannot be read */
};

/* ---- single actions ---- */

/* Writes down what is in lines, and lets the runner know. */
static int
append(struct act *a, struct entry *e, const struct buf *lines, int sync,
    struct fault *f)
{
	if (spool_append(a->spool, e, lines, sync, f) == -1)
		return -1;
	if (!a->is_all)
		spool_trigger(a->spool, e->account, e->id);
	return 0;
}

static int
make_due(struct act *a, struct entry *e, struct buf *lines, struct fault *f)
{
	if (!e->is_unsettled)
		entry_put_next(e, clock_now(), lines);
	return append(a, e, lines, 0, f);
}

static int
run_retry(struct act *a, struct entry *e, struct fault *f)
{
	struct buf lines = BUF_INIT;
	int rc = 0;

	if (!e->is_held)
		rc = make_due(a, e, &lines, f);
	else if (!a->is_all)
		rc = fault_set(f, EX_UNAVAILABLE, "%s is on hold: mailq "
		    "release %s", e->id, e->id);
	buf_release(&lines);
	return rc;
}

static int
run_hold(struct act *a, struct entry *e, struct fault *f)
{
	struct buf lines = BUF_INIT;
	int rc = 0;

	if (!e->is_held) {
		entry_put_hold(e, 1, &lines);
		rc = append(a, e, &lines, 1, f);
	}
	buf_release(&lines);
	return rc;
}

static int
run_release(struct act *a, struct entry *e, struct fault *f)
{
	struct buf lines = BUF_INIT;
	int rc = 0;

	if (e->is_held) {
		entry_put_hold(e, 0, &lines);
		rc = make_due(a, e, &lines, f);
	}
	buf_release(&lines);
	return rc;
}

/* Makes the removals last: once for the mails of one account in a row. */
static int
sync_removed(struct act *a, struct fault *f)
{
	int rc = a->unsynced != NULL ?
	    spool_sync(a->spool, a->unsynced, f) : 0;

	free(a->unsynced);
	a->unsynced = NULL;
	return rc;
}

static int
run_remove(struct act *a, struct entry *e, struct fault *f)
{
	if (spool_remove(a->spool, e, f) == -1)
		return -1;
	eventlog_removed(a->log, e);
	if (a->unsynced != NULL && strcmp(a->unsynced, e->account) == 0)
		return 0;
	if (sync_removed(a, f) == -1)
		return -1;
	a->unsynced = xstrdup(e->account);
	return 0;
}

static const struct action actions[] = {
	{ "show", NULL, 1, 0 },
	{ "retry", run_retry, 0, 0 },
	{ "hold", run_hold, 0, 0 },
	{ "release", run_release, 0, 0 },
	{ "remove", run_remove, 0, 1 },
};

static const struct action *
find_action(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof actions / sizeof *actions; i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

int
mailq_check(const struct strv *operands, struct fault *f)
{
	if (find_action(operands->v[0]) == NULL)
		return fault_set(f, EX_USAGE, "mailq %s: there is show, "
		    "retry, hold, release and remove", operands->v[0]);
	if (operands->n == 1)
		return fault_set(f, EX_USAGE, "mailq %s needs the ID of a "
		    "mail, or all", operands->v[0]);
	return 0;
}

/* ---- one mail ---- */

static void
refuse_unknown(struct act *a, const char *id)
{
	report_line(a->report, EX_NOINPUT, "there is no mail %s in the queue",
	    id);
}

/* What cannot be read but is ours goes only when it was named. */
static int
remove_unread(struct act *a, const char *account, const char *id,
    struct entry *e, struct fault *f)
{
	if (!a->action->is_remove || a->is_all || e->content.fd == -1)
		return -1;
	fault_release(f);
	free(e->id);
	free(e->account);
	e->id = xstrdup(id);
	e->account = xstrdup(account);
	return run_remove(a, e, f);
}

static void
act_on_waiting(struct act *a, const char *account, const char *id)
{
	struct fault f = FAULT_INIT;
	struct entry e;
	int rc = 0;

	entry_init(&e);
	switch (spool_take(a->spool, account, id, &e, &f)) {
	case SPOOL_OURS:
		rc = a->action->run(a, &e, &f);
		break;
	case SPOOL_BUSY:
		report_line(a->report, EX_TEMPFAIL, "%s is being sent now",
		    id);
		break;
	case SPOOL_GONE:
		if (!a->is_all)
			refuse_unknown(a, id);
		break;
	case SPOOL_DAMAGED:
		rc = remove_unread(a, account, id, &e, &f);
		break;
	}
	if (rc == -1)
		report_fault(a->report, &f);
	entry_release(&e);
	fault_release(&f);
}

static void
act_on_failed(struct act *a, const char *id)
{
	struct fault f = FAULT_INIT;
	struct entry e;

	if (!a->action->is_remove) {
		report_line(a->report, EX_UNAVAILABLE, "%s has failed: it can "
		    "only be shown or removed", id);
		return;
	}
	entry_init(&e);
	free(e.id);
	e.id = xstrdup(id);
	if (spool_remove_failed(a->spool, id, &f) == 0)
		eventlog_removed(a->log, &e);
	else
		report_fault(a->report, &f);
	entry_release(&e);
	fault_release(&f);
}

static void
act_on(struct act *a, const char *account, const char *id)
{
	if (a->action->is_show)
		mailq_show(a->spool, account, id, a->report);
	else if (account != NULL)
		act_on_waiting(a, account, id);
	else
		act_on_failed(a, id);
}

static void
act_on_id(struct act *a, const char *id)
{
	struct buf account = BUF_INIT;
	int has_failed;

	if (a->spool == NULL ||
	    !spool_find(a->spool, id, &account, &has_failed))
		refuse_unknown(a, id);
	else
		act_on(a, has_failed ? NULL : account.data, id);
	buf_release(&account);
}

/* ---- all ---- */

static int
act_on_item(void *arg, const struct spool_item *item, struct fault *f)
{
	(void)f;
	act_on(arg, item->account, item->id);
	return 0;
}

static void
act_on_all(struct act *a)
{
	struct fault f = FAULT_INIT;
	int with_failed = a->action->is_show || a->action->is_remove;

	if (a->spool == NULL)
		return;
	a->is_all = 1;
	if (spool_scan(a->spool, act_on_item, a, &f) == -1 || (with_failed &&
	    spool_scan_failed(a->spool, act_on_item, a, &f) == -1))
		report_fault(a->report, &f);
	if (!a->action->is_show && !a->action->is_remove)
		spool_trigger(a->spool, "", "");
	a->is_all = 0;
	fault_release(&f);
}

void
mailq_act(struct spool *s, const struct strv *operands, const char *log,
    struct report *report)
{
	struct act a = { s, report, log, find_action(operands->v[0]), 0, NULL };
	struct fault f = FAULT_INIT;
	size_t i;

	for (i = 1; i < operands->n; i++)
		if (strcmp(operands->v[i], "all") == 0)
			act_on_all(&a);
		else
			act_on_id(&a, operands->v[i]);
	if (sync_removed(&a, &f) == -1)
		report_fault(report, &f);
	fault_release(&f);
}
