/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether an entry fits is known only when it has been opened, so these runs
 * cost more than others.
 */
#include "service/selection.h"

#include <string.h>

struct search {
	struct spool *spool;
	const struct strv *choice;
	int (*take)(void *arg, struct entry *e, struct fault *f);
	void *arg;
};

static int
fits_recipient(const struct entry *e, const char *text)
{
	const struct recipient *r;
	size_t i;

	for (i = 0; i < e->envelope.n; i++) {
		r = &e->envelope.v[i];
		if (recipient_is_left(r) &&
		    strstr(r->address, text) != NULL)
			return 1;
	}
	return 0;
}

static int
fits_one(const struct entry *e, const char *text)
{
	int negated = *text == '!', fits;

	text += negated;
	switch (*text) {
	case 'I':
		fits = strstr(e->id, text + 1) != NULL;
		break;
	case 'R':
		fits = fits_recipient(e, text + 1);
		break;
	case 'S':
		fits = strstr(e->envelope.sender, text + 1) != NULL;
		break;
	default:
		/* Groups and quarantine of Sendmail: there are none. */
		fits = 0;
	}
	return fits != negated;
}

int
selection_fits(const struct entry *e, const struct strv *choice)
{
	size_t i = 0;

	while (i < choice->n && fits_one(e, choice->v[i]))
		i++;
	return i == choice->n;
}

static int
look_at(void *arg, const struct spool_item *item, struct fault *f)
{
	struct fault ignored = FAULT_INIT;
	struct search *s = arg;
	struct entry e;
	int rc = 0;

	entry_init(&e);
	if (spool_take(s->spool, item->account, item->id, &e, &ignored) ==
	    SPOOL_OURS && selection_fits(&e, s->choice))
		rc = s->take(s->arg, &e, f);
	entry_release(&e);
	fault_release(&ignored);
	return rc;
}

int
selection_find(struct spool *s, const struct strv *choice,
    int (*take)(void *arg, struct entry *e, struct fault *f), void *arg,
    struct fault *f)
{
	struct search search = { s, choice, take, arg };

	return spool_scan(s, look_at, &search, f);
}
