/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which queue it is about, and who may look at it. */
#include "service/mailq.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue/spool.h"
#include "service/mailq_action.h"
#include "service/mailq_list.h"
#include "service/runner.h"
#include "submit/submit.h"

/* A queue that is not ours to look at, by the name of its owner. */
static int
fault_owner(const char *path, struct fault *f)
{
	const struct passwd *owner;
	struct stat st;

	if (stat(path, &st) == -1)
		return fault_set(f, EX_NOPERM, "the queue %s belongs to "
		    "somebody else", path);
	owner = getpwuid(st.st_uid);
	if (owner == NULL)
		return fault_set(f, EX_NOPERM, "the queue %s belongs to user "
		    "%ld: ask as that user, or as root", path,
		    (long)st.st_uid);
	return fault_set(f, EX_NOPERM, "the queue %s belongs to %s: ask as "
	    "that user, or as root", path, owner->pw_name);
}

/* As spool_open: 0, 1 when there is none, -1. Nothing is made. */
static int
open_existing(struct spool *s, const char *path, struct fault *f)
{
	struct fault why = FAULT_INIT;
	int rc = spool_open(s, path, 1, &why);

	if (rc == -1 && access(path, R_OK | X_OK) == -1 && errno == EACCES)
		fault_owner(path, f);
	else if (rc == -1)
		fault_set(f, why.code, "%s", why.text.data);
	fault_release(&why);
	return rc;
}

/*
 * The settings that say where mail waits. One can look at it without an
 * account that could send; one that was asked for has to be there.
 */
static const struct values *
find_settings(const struct options *o, struct account *a, struct fault *f)
{
	struct fault why = FAULT_INIT;
	const struct values *v = &a->values;

	if (submit_account(a, o, NULL, &why) == -1 && a->name == NULL) {
		v = &o->argv;
		if (o->account != NULL || o->file != NULL) {
			fault_set(f, why.code, "%s", why.text.data);
			v = NULL;
		}
	}
	fault_release(&why);
	return v;
}

static int
run(const struct options *o, struct account *a, struct report *report,
    struct fault *f)
{
	struct buf path = BUF_INIT;
	const struct values *v = NULL;
	struct run_plan plan;
	struct spool s;
	int rc = -1;

	spool_init(&s);
	if (run_plan_make(&plan, o, f) == 0 && (o->recipients.n == 0 ||
	    mailq_check(&o->recipients, f) == 0))
		v = find_settings(o, a, f);
	if (v != NULL) {
		settings_spool(v, &path);
		rc = open_existing(&s, path.data, f);
	}
	/* "Mail queue is empty" would not be true. */
	if (rc == 1 && a->is_service)
		rc = fault_set(f, EX_NOPERM, "your mail waits in the queue of "
		    "this host's mail service: ask root what is in it");
	if (rc != -1 && o->recipients.n != 0)
		mailq_act(rc == 0 ? &s : NULL, &o->recipients,
		    values_text(v, S_QUEUE_LOG), report);
	else if (rc != -1)
		rc = mailq_list(rc == 0 ? &s : NULL, &plan.choice, o->json,
		    report, f);
	run_plan_release(&plan);
	spool_release(&s);
	buf_release(&path);
	return rc == -1 ? -1 : 0;
}

void
mailq_run(const struct options *o, struct report *report)
{
	struct fault f = FAULT_INIT;
	struct account a;

	account_init(&a);
	if (run(o, &a, report, &f) == -1)
		report_fault(report, &f);
	account_release(&a);
	fault_release(&f);
}
