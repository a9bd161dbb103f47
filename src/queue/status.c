/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "qsendmail-status 1", then a line for each pause: "pause", 1 for a fault of
 * the account or 0, until when, account and reason, with tabs between them.
 * Nothing depends on it but what people are shown, so it is not synced, and a
 * line that makes no sense is passed over.
 */
#include "queue/status.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "queue/escape.h"

#define STATUS_MAX ((size_t)1 << 20)
#define FIELDS 5

static const char name[] = "status", first[] = "qsendmail-status 1";

void
status_release(struct status *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		free(s->v[i].account);
		free(s->v[i].reason);
	}
	free(s->v);
	s->v = NULL;
	s->n = s->cap = 0;
}

/* Takes both texts over. */
static void
add(struct status *s, char *account, int is_account_fault, time_t until,
    char *reason)
{
	struct pause *p;

	s->v = xgrow(s->v, s->n, &s->cap, sizeof *s->v);
	p = &s->v[s->n++];
	p->account = account;
	p->is_account_fault = is_account_fault;
	p->until = until;
	p->reason = reason;
}

void
status_add(struct status *s, const char *account, int is_account_fault,
    time_t until, const char *reason)
{
	add(s, xstrdup(account), is_account_fault, until, xstrdup(reason));
}

const struct pause *
status_find(const struct status *s, const char *account)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->v[i].account, account) == 0)
			return &s->v[i];
	return NULL;
}

int
status_write(const struct status *s, const struct spool *spool,
    struct fault *f)
{
	struct buf text = BUF_INIT;
	size_t i;
	int rc;

	buf_addf(&text, "%s\n", first);
	for (i = 0; i < s->n; i++) {
		buf_addf(&text, "pause\t%d\t%lld\t", s->v[i].is_account_fault,
		    (long long)s->v[i].until);
		escape_put(&text, s->v[i].account);
		buf_addc(&text, '\t');
		escape_put(&text, s->v[i].reason);
		buf_addc(&text, '\n');
	}
	rc = spool_store(spool, name, &text, f);
	buf_release(&text);
	return rc;
}

/* Splits a line at its tabs, in place; how many fields there are. */
static size_t
split(char *line, char *fields[FIELDS])
{
	size_t n = 0;

	do {
		if (n < FIELDS)
			fields[n] = line;
		n++;
		line = strchr(line, '\t');
		if (line != NULL)
			*line++ = '\0';
	} while (line != NULL);
	return n;
}

static void
read_line(struct status *s, char *line)
{
	char *fields[FIELDS], *end, *account, *reason;
	long long until;

	if (split(line, fields) != FIELDS || strcmp(fields[0], "pause") != 0)
		return;
	until = strtoll(fields[2], &end, 10);
	if (end == fields[2] || *end != '\0')
		return;
	account = escape_take(fields[3], strlen(fields[3]));
	reason = escape_take(fields[4], strlen(fields[4]));
	if (account != NULL && reason != NULL) {
		add(s, account, strcmp(fields[1], "1") == 0, (time_t)until,
		    reason);
		return;
	}
	free(account);
	free(reason);
}

int
status_read(struct status *s, const struct spool *spool, struct fault *f)
{
	struct buf text = BUF_INIT;
	char *p, *lf;
	int rc = spool_load(spool, name, STATUS_MAX, &text, f);

	for (p = text.data; rc == 1 && (lf = strchr(p, '\n')) != NULL;
	    p = lf + 1) {
		*lf = '\0';
		if (p != text.data)
			read_line(s, p);
		else if (strcmp(p, first) != 0)
			break;
	}
	buf_release(&text);
	return rc == -1 ? -1 : 0;
}
