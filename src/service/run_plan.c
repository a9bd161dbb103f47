/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands behind -q, in the dialects of Sendmail, Postfix and Exim:
 * nothing (once), an interval (a service), "f" (force), "I", "R" and "S" with
 * a text (these only). What only Exim knows besides ("i", "l", "q") says how
 * and not which, and changes nothing here.
 */
#include "service/runner.h"

#include <string.h>

#include "settings/sendmail.h"

#define INTERVAL_S 900

static int
is_selector(const char *text)
{
	text += *text == '!';
	return *text != '\0' && strchr("IRSGQ", *text) != NULL;
}

int
run_plan_make(struct run_plan *p, const struct options *o, struct fault *f)
{
	const char *text;
	size_t i;

	memset(p, 0, sizeof *p);
	p->interval_s = INTERVAL_S;
	p->takes_mail = o->mode == MODE_DAEMON;
	p->is_lasting = p->takes_mail;
	p->in_foreground = o->foreground;
	for (i = 0; i < o->queue.n; i++) {
		text = o->queue.v[i];
		/* Persistent runners of Sendmail. */
		if (*text == 'p') {
			p->is_lasting = 1;
			text++;
		}
		if (sendmail_interval(text, &p->interval_s))
			p->is_lasting |= p->interval_s != 0;
		else if (is_selector(text))
			strv_add(&p->choice, text);
		else if (strchr(text, 'f') != NULL)
			p->is_forced = 1;
	}
	if (p->interval_s == 0)
		p->interval_s = INTERVAL_S;
	if (p->is_lasting && p->choice.n != 0)
		return fault_set(f, EX_USAGE, "-q%s chooses mails for one "
		    "run: it cannot stand beside an interval",
		    p->choice.v[0]);
	return 0;
}

void
run_plan_release(struct run_plan *p)
{
	strv_release(&p->choice);
}
