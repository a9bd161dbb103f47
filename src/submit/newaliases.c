/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks the aliases file. A machine without one, or without any account, is
 * in order: newaliases runs when packages are installed, before anybody has
 * configured anything.
 */
#include "submit/newaliases.h"

#include "submit/aliaswalk.h"
#include "submit/submit.h"

#define TOLD_MAX 10

static void
tell(struct report *report, int status, const struct strv *lines)
{
	size_t i;

	for (i = 0; i < lines->n && i < TOLD_MAX; i++)
		report_line(report, status, "%s", lines->v[i]);
}

static void
tell_count(struct report *report, const char *path, const struct aliases *a)
{
	struct buf line = BUF_INIT;

	buf_addf(&line, "%s: %zu aliases\n", path, a->names);
	report_output(report, line.data, line.len);
	buf_release(&line);
}

static int
check(const struct options *o, const char *path, struct report *report,
    struct fault *f)
{
	struct strv mistakes = STRV_INIT;
	struct aliases a;
	int rc;

	aliases_init(&a);
	rc = aliases_load(&a, path, f);
	if (rc == 0) {
		aliases_check(&a, &mistakes, TOLD_MAX);
		tell(report, EX_CONFIG, &mistakes);
		/* The mail goes somewhere; other newaliases go on, too. */
		tell(report, EX_OK, &a.repeated);
		if (o->verbose)
			tell_count(report, path, &a);
	}
	strv_release(&mistakes);
	aliases_release(&a);
	return rc;
}

void
newaliases_run(const struct options *o, struct report *report)
{
	struct fault f = FAULT_INIT;
	struct account a;
	const char *path;
	int rc;

	account_init(&a);
	rc = submit_account(&a, o, NULL, &f);
	/* Chosen, but not complete: that is a matter of sending. */
	if (rc == -1 && a.name != NULL) {
		fault_release(&f);
		rc = 0;
	}
	path = values_text(&a.values, S_ALIASES);
	if (rc == 0 && path[0] != '\0')
		rc = check(o, path, report, &f);
	if (rc == -1)
		report_fault(report, &f);
	account_release(&a);
	fault_release(&f);
}
