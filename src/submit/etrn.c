/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ETRN by the relay (RFC 1985). The mail comes, if it comes, over connections
 * that the server makes; a yes says only that it has begun to try.
 */
#include "submit/etrn.h"

#include "submit/relay.h"
#include "submit/submit.h"

/* Follows the relay until it is done. 0, or -1 with a fault, if not told. */
static int
follow(struct relay *r, const struct account *a, struct report *report,
    struct fault *f)
{
	struct event e;
	int rc;

	event_init(&e);
	while ((rc = event_read(&r->frames, &e, f)) == 1 &&
	    e.kind != EVENT_END) {
		if (e.kind == EVENT_STEP)
			report_step(report, &e);
		else if (e.kind == EVENT_FAULT)
			report_session(report, &e, a);
	}
	event_release(&e);
	if (rc == 0)
		return relay_died(r, f);
	return rc == 1 ? 0 : -1;
}

static int
ask(const struct options *o, struct account *a, struct relay *r,
    struct report *report, struct fault *f)
{
	if (submit_account(a, o, NULL, f) == -1 ||
	    relay_start(r, a, o->verbose, f) == -1 ||
	    (a->has_eval && relay_eval(r, a, f) == -1))
		return -1;
	job_put_etrn(&r->frames, o->argument);
	if (frames_flush(&r->frames, -1, f) == -1)
		return relay_died(r, f);
	return follow(r, a, report, f);
}

void
etrn_run(const struct options *o, struct report *report)
{
	struct fault f = FAULT_INIT;
	struct account a;
	struct relay r;

	account_init(&a);
	relay_init(&r);
	if (ask(o, &a, &r, report, &f) == -1)
		report_fault(report, &f);
	relay_release(&r);
	account_release(&a);
	fault_release(&f);
}
