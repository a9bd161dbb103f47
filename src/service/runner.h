/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The runner of a spool: -q (once), -qINTERVAL (as a service), -bd (a service
 * that takes mail as well). There is one for a spool at a time.
 */
#ifndef SERVICE_RUNNER_H
#define SERVICE_RUNNER_H

#include "settings/options.h"
#include "submit/report.h"

/* How it is to run, from the letters behind -q and -b. */
struct run_plan {
	int is_lasting;
	long interval_s;   /* how often everything is looked at anew */
	int is_forced;     /* -qf: due or not */
	int takes_mail;    /* -bd */
	int in_foreground;
	struct strv choice; /* -qI, -qR, -qS: "Itext", "!Rtext" */
};

/* Reads o->queue and o->mode. 0, or -1 with a fault (EX_USAGE). */
int run_plan_make(struct run_plan *p, const struct options *o,
    struct fault *f);
void run_plan_release(struct run_plan *p);

/* Runs the queue as o asks. Returns when it is done or was told to stop; what
 * went wrong is in report. */
void runner_run(const struct options *o, struct report *report);

#endif
