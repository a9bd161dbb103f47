/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One loop: what is due is begun, then it waits for a trigger, an answer, a
 * connection, a signal, the network, or the time. Whoever calls -q beside a
 * service lets the service do it.
 */
#include "service/runner.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "queue/eventlog.h"
#include "service/background.h"
#include "service/crew.h"
#include "service/listener.h"
#include "service/selection.h"
#include "service/signals.h"
#include "submit/submit.h"

/* For what is under way when we are told to stop. */
#define STOP_MS 60000
/* Changes of the network come in groups. */
#define NETWORK_MS 2000

struct runner {
	const struct run_plan *plan;
	struct options o;     /* with whole paths; what it owns is o's */
	char *file;           /* owned: of o */
	struct values values; /* of the service */
	struct spool spool;
	struct crew crew;
	struct listener *listener;
	int trigger_fd, signal_fd, network_fd; /* -1: not there */
	long long scan_ms;    /* when to look at everything anew */
	long long network_ms; /* when to try again after a change, 0: none */
	int is_stopping;
};

/* ---- setting up ---- */

/*
 * The settings of the service: of the account that is chosen without a name,
 * or those of the command line where there is none.
 */
static void
read_values(struct runner *r)
{
	struct fault ignored = FAULT_INIT;
	struct account a;

	account_init(&a);
	values_release(&r->values);
	values_init(&r->values);
	if (submit_account(&a, &r->o, NULL, &ignored) == 0)
		values_merge(&r->values, &a.values);
	values_merge(&r->values, &r->o.argv);
	account_release(&a);
	fault_release(&ignored);
}

static void
runner_init(struct runner *r, const struct run_plan *p,
    const struct options *o)
{
	memset(r, 0, sizeof *r);
	r->plan = p;
	r->o = *o;
	if (o->file != NULL)
		r->o.file = r->file = io_whole_path(o->file);
	values_init(&r->values);
	spool_init(&r->spool);
	crew_init(&r->crew);
	r->trigger_fd = r->signal_fd = r->network_fd = -1;
	read_values(r);
}

static void
close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static void
runner_release(struct runner *r)
{
	listener_free(r->listener);
	crew_release(&r->crew);
	spool_release(&r->spool);
	values_release(&r->values);
	close_fd(&r->trigger_fd);
	close_fd(&r->network_fd);
	if (r->signal_fd != -1)
		signals_close(r->signal_fd);
	free(r->file);
}

/* What a child of ours must not keep. */
static void
in_child(void *arg)
{
	struct runner *r = arg;

	close_fd(&r->trigger_fd);
	close_fd(&r->network_fd);
	signals_close(r->signal_fd);
	r->signal_fd = -1;
	if (r->listener != NULL)
		listener_abandon(r->listener);
}

static int
open_spool(struct runner *r, struct fault *f)
{
	struct buf path = BUF_INIT;
	int rc;

	settings_spool(&r->values, &path);
	rc = spool_open(&r->spool, path.data, 0, f);
	buf_release(&path);
	return rc;
}

/* Somebody says that it is due, or new. */
static int
add_item(void *arg, const struct spool_item *item, struct fault *f)
{
	struct runner *r = arg;

	(void)f;
	crew_add(&r->crew, item->account, item->id, item->next);
	return 0;
}

/* Found in the spool; of those that are known we know more than their hint. */
static int
add_found(void *arg, const struct spool_item *item, struct fault *f)
{
	struct runner *r = arg;

	(void)f;
	crew_add_new(&r->crew, item->account, item->id,
	    r->plan->is_forced && !r->plan->is_lasting ? 0 : item->next);
	return 0;
}

static int
add_chosen(void *arg, struct entry *e, struct fault *f)
{
	struct runner *r = arg;

	(void)f;
	crew_add(&r->crew, e->account, e->id, 0);
	return 0;
}

static int
scan(struct runner *r, struct fault *f)
{
	r->scan_ms = clock_monotonic_ms() + r->plan->interval_s * 1000LL;
	if (r->plan->choice.n != 0)
		return selection_find(&r->spool, &r->plan->choice, add_chosen,
		    r, f);
	return spool_scan(&r->spool, add_found, r, f);
}

static void
set_up_crew(struct runner *r)
{
	crew_open(&r->crew, &r->spool);
	r->crew.log = values_text(&r->values, S_QUEUE_LOG);
	r->crew.is_once = !r->plan->is_lasting;
	r->crew.in_child = in_child;
	r->crew.arg = r;
}

/* Everything that a runner of its own needs; the lock is ours. */
static int
set_up(struct runner *r, struct fault *f)
{
	set_up_crew(r);
	r->signal_fd = signals_open(f);
	if (r->signal_fd == -1)
		return -1;
	spool_clean(&r->spool);
	if (r->plan->is_lasting) {
		r->network_fd = compat_watch_network();
		r->trigger_fd = spool_open_trigger(&r->spool, f);
		if (r->trigger_fd == -1)
			return -1;
	}
	if (r->plan->takes_mail) {
		r->listener = listener_open(&r->values, &r->o, f);
		if (r->listener == NULL)
			return -1;
	}
	return scan(r, f);
}

/* ---- the loop ---- */

static void
take_trigger(struct runner *r)
{
	struct fault f = FAULT_INIT;
	int rc = spool_read_trigger(&r->spool, r->trigger_fd, add_item, r, &f);

	if (rc == TRIGGER_SCAN || rc == TRIGGER_FLUSH)
		scan(r, &f);
	if (rc == TRIGGER_FLUSH)
		crew_flush(&r->crew);
	fault_release(&f);
}

static void
reap(struct runner *r)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		if (!crew_reap(&r->crew, pid) && r->listener != NULL)
			listener_reap(r->listener, pid);
}

static void
take_signals(struct runner *r)
{
	int meaning = signals_take(r->signal_fd);
	struct fault ignored = FAULT_INIT;

	if (meaning & SIGNAL_STOP)
		r->is_stopping = 1;
	if (meaning & SIGNAL_CHILD)
		reap(r);
	if (!(meaning & SIGNAL_RELOAD))
		return;
	read_values(r);
	r->crew.log = values_text(&r->values, S_QUEUE_LOG);
	crew_reload(&r->crew);
	scan(r, &ignored);
	fault_release(&ignored);
}

static void
take_network(struct runner *r)
{
	compat_drain(r->network_fd);
	if (r->network_ms == 0)
		r->network_ms = clock_monotonic_ms() + NETWORK_MS;
}

/* What the clock says. */
static void
take_time(struct runner *r)
{
	long long now_ms = clock_monotonic_ms();
	struct fault ignored = FAULT_INIT;

	if (r->network_ms != 0 && now_ms >= r->network_ms) {
		r->network_ms = 0;
		crew_resume(&r->crew);
	}
	if (r->plan->is_lasting && now_ms >= r->scan_ms)
		scan(r, &ignored);
	crew_rest(&r->crew);
	fault_release(&ignored);
}

static int
earlier(int a, long long b)
{
	if (b < 0)
		b = 0;
	return a == -1 || b < a ? (int)(b > 3600000 ? 3600000 : b) : a;
}

static int
time_left(const struct runner *r)
{
	long long now_ms = clock_monotonic_ms();
	int wait = crew_wait_ms(&r->crew);

	if (r->plan->is_lasting)
		wait = earlier(wait, r->scan_ms - now_ms);
	if (r->network_ms != 0)
		wait = earlier(wait, r->network_ms - now_ms);
	return wait;
}

enum { POLL_SIGNAL, POLL_TRIGGER, POLL_NETWORK, POLL_FIXED };

static void
handle(struct runner *r, const struct pollfd *p, size_t members,
    size_t doors)
{
	if (p[POLL_SIGNAL].revents != 0)
		take_signals(r);
	if (p[POLL_TRIGGER].revents != 0)
		take_trigger(r);
	if (p[POLL_NETWORK].revents != 0)
		take_network(r);
	crew_handle(&r->crew, p + POLL_FIXED, members);
	if (doors != 0)
		listener_handle(r->listener, p + POLL_FIXED + members, doors);
}

/* Waits for something to happen, and takes it in. */
static void
wait_for_more(struct runner *r)
{
	size_t members = crew_count(&r->crew), doors = 0;
	struct pollfd *p;

	if (r->listener != NULL)
		doors = listener_count(r->listener);
	p = xcalloc(POLL_FIXED + members + doors, sizeof *p);
	p[POLL_SIGNAL] = (struct pollfd){ r->signal_fd, POLLIN, 0 };
	p[POLL_TRIGGER] = (struct pollfd){ r->trigger_fd, POLLIN, 0 };
	p[POLL_NETWORK] = (struct pollfd){ r->network_fd, POLLIN, 0 };
	crew_fill(&r->crew, p + POLL_FIXED);
	if (doors != 0)
		listener_fill(r->listener, p + POLL_FIXED + members);
	if (poll(p, (nfds_t)(POLL_FIXED + members + doors),
	    time_left(r)) > 0)
		handle(r, p, members, doors);
	take_time(r);
	free(p);
}

static int
is_done(const struct runner *r)
{
	return r->is_stopping || (!r->plan->is_lasting &&
	    !crew_is_busy(&r->crew) && !crew_has_due(&r->crew));
}

static void
loop(struct runner *r)
{
	for (;;) {
		crew_dispatch(&r->crew);
		if (is_done(r))
			break;
		wait_for_more(r);
	}
	if (r->listener != NULL)
		listener_close(r->listener);
	crew_stop(&r->crew, STOP_MS);
}

/* ---- beside a service ---- */

struct chosen {
	struct spool *spool;
	struct strv accounts, ids;
};

static int
make_due(void *arg, struct entry *e, struct fault *f)
{
	struct chosen *c = arg;
	struct buf lines = BUF_INIT;
	int rc;

	entry_put_next(e, clock_now(), &lines);
	rc = spool_append(c->spool, e, &lines, 0, f);
	strv_add(&c->accounts, e->account);
	strv_add(&c->ids, e->id);
	buf_release(&lines);
	return rc;
}

/* Asks for those that were chosen, when they are nobody's any more. */
static int
ask_for_chosen(struct runner *r, struct fault *f)
{
	struct chosen c = { &r->spool, STRV_INIT, STRV_INIT };
	int rc = selection_find(&r->spool, &r->plan->choice, make_due, &c, f);
	size_t i;

	for (i = 0; i < c.ids.n; i++)
		spool_trigger(&r->spool, c.accounts.v[i], c.ids.v[i]);
	strv_release(&c.accounts);
	strv_release(&c.ids);
	return rc;
}

/* The runner that is there does it. */
static int
ask_runner(struct runner *r, struct fault *f)
{
	if (r->plan->choice.n != 0) {
		return ask_for_chosen(r, f);
	} else if (r->plan->is_forced) {
		spool_trigger_flush(&r->spool);
	} else {
		spool_trigger(&r->spool, "", "");
	}
	return 0;
}

/* ---- entry ---- */

static int
run_service(struct runner *r, struct fault *f)
{
	int ready = -1;

	if (!r->plan->in_foreground && (ready = background_start(f)) == -1)
		return -1;
	switch (spool_watch(&r->spool, 1, f)) {
	case -1:
		return -1;
	case 0:
		return fault_set(f, EX_UNAVAILABLE, "%s: another runner "
		    "watches this queue already", r->spool.path);
	}
	if (set_up(r, f) == -1)
		return -1;
	if (ready != -1)
		background_ready(ready);
	eventlog_note(r->crew.log, "runner", "", "watches %s", r->spool.path);
	loop(r);
	eventlog_note(r->crew.log, "runner", "", "has been stopped");
	return 0;
}

static int
run_once(struct runner *r, struct fault *f)
{
	int rc = spool_watch(&r->spool, 0, f);

	if (rc == -1)
		return -1;
	if (rc == 0)
		return ask_runner(r, f);
	if (set_up(r, f) == -1)
		return -1;
	loop(r);
	/* What came while we had the lock was left to us. */
	spool_unwatch(&r->spool);
	if (r->is_stopping || r->plan->is_forced || scan(r, f) == -1 ||
	    !crew_has_due(&r->crew) || spool_watch(&r->spool, 0, f) != 1)
		return f->code != 0 ? -1 : 0;
	r->crew.is_stopping = 0;
	loop(r);
	return 0;
}

void
runner_run(const struct options *o, struct report *report)
{
	struct fault f = FAULT_INIT;
	struct run_plan plan;
	struct runner r;
	int rc;

	if (run_plan_make(&plan, o, &f) == -1) {
		report_fault(report, &f);
		fault_release(&f);
		return;
	}
	runner_init(&r, &plan, o);
	rc = open_spool(&r, &f);
	if (rc == 0)
		rc = plan.is_lasting ? run_service(&r, &f) : run_once(&r, &f);
	if (rc == -1)
		report_fault(report, &f);
	runner_release(&r);
	run_plan_release(&plan);
	fault_release(&f);
}
