/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of owned strings, NULL-ended so that it can be an argv. */
#include "base/strv.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void
strv_init(struct strv *s)
{
	s->v = NULL;
	s->n = 0;
	s->cap = 0;
}

void
strv_release(struct strv *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	strv_init(s);
}

void
strv_add(struct strv *s, const char *text)
{
	strv_take(s, xstrdup(text));
}

void
strv_addn(struct strv *s, const char *p, size_t len)
{
	strv_take(s, xmemdup(p, len));
}

void
strv_take(struct strv *s, char *text)
{
	s->v = xgrow(s->v, s->n + 1, &s->cap, sizeof *s->v);
	s->v[s->n++] = text;
	s->v[s->n] = NULL;
}

int
strv_has(const struct strv *s, const char *text)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->v[i], text) == 0)
			return 1;
	return 0;
}
