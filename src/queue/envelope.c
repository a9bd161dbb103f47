/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The envelope of one mail. Recipients are unique; a small open-addressed
 * table of their numbers keeps adding one linear for lists of any length.
 */
#include "queue/envelope.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/xalloc.h"

void
envelope_init(struct envelope *e)
{
	memset(e, 0, sizeof *e);
	e->sender = xstrdup("");
	e->ret = xstrdup("");
	e->envid = xstrdup("");
}

void
envelope_release(struct envelope *e)
{
	size_t i;

	for (i = 0; i < e->n; i++) {
		free(e->v[i].address);
		free(e->v[i].text);
		free(e->v[i].notify);
		free(e->v[i].orcpt);
	}
	free(e->v);
	free(e->slots);
	free(e->sender);
	free(e->ret);
	free(e->envid);
	memset(e, 0, sizeof *e);
}

static void
replace(char **field, const char *text)
{
	char *copy = xstrdup(text);

	free(*field);
	*field = copy;
}

void
envelope_set_sender(struct envelope *e, const char *sender)
{
	replace(&e->sender, sender);
}

void
envelope_set_dsn(struct envelope *e, const char *ret, const char *envid)
{
	replace(&e->ret, ret);
	replace(&e->envid, envid);
}

void
envelope_set_recipient_dsn(struct envelope *e, size_t i, const char *notify,
    const char *orcpt)
{
	replace(&e->v[i].notify, notify);
	replace(&e->v[i].orcpt, orcpt);
}

static void
add_parameter(struct buf *out, const char *name, const char *value)
{
	if (value[0] != '\0')
		buf_addf(out, " %s=%s", name, value);
}

void
envelope_format_dsn(const struct envelope *e, struct buf *out)
{
	add_parameter(out, "RET", e->ret);
	add_parameter(out, "ENVID", e->envid);
}

void
recipient_format_dsn(const struct recipient *r, struct buf *out)
{
	add_parameter(out, "NOTIFY", r->notify);
	add_parameter(out, "ORCPT", r->orcpt);
}

/* Where the domain begins: behind the last @, else the end. */
static size_t
local_length(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL ? (size_t)(at - address) : strlen(address);
}

static int
is_same(const char *a, const char *b)
{
	size_t n = local_length(a);

	return n == local_length(b) && memcmp(a, b, n) == 0 &&
	    ascii_is_same(a + n, b + n);
}

/* FNV-1a over the octets that is_same compares. */
static size_t
hash(const char *address)
{
	size_t local = local_length(address), i;
	unsigned long h = 2166136261UL;
	unsigned char c;

	for (i = 0; address[i] != '\0'; i++) {
		c = (unsigned char)(i > local ? ascii_lower(address[i]) :
		    address[i]);
		h = (h ^ c) * 16777619UL;
	}
	return (size_t)h;
}

/* The slot that holds address or that it would go into. */
static size_t
find_slot(const struct envelope *e, const char *address)
{
	size_t i = hash(address) & (e->slots_n - 1);

	while (e->slots[i] != 0 &&
	    !is_same(e->v[e->slots[i] - 1].address, address))
		i = (i + 1) & (e->slots_n - 1);
	return i;
}

static void
grow_slots(struct envelope *e)
{
	size_t i;

	e->slots_n = e->slots_n != 0 ? e->slots_n * 4 : 16;
	free(e->slots);
	e->slots = xcalloc(e->slots_n, sizeof *e->slots);
	for (i = 0; i < e->n; i++)
		e->slots[find_slot(e, e->v[i].address)] = i + 1;
}

int
envelope_add(struct envelope *e, const char *address)
{
	struct recipient *r;
	size_t slot;

	if (e->n * 2 >= e->slots_n)
		grow_slots(e);
	slot = find_slot(e, address);
	if (e->slots[slot] != 0)
		return 0;
	e->v = xgrow(e->v, e->n, &e->cap, sizeof *e->v);
	r = &e->v[e->n++];
	memset(r, 0, sizeof *r);
	r->address = xstrdup(address);
	r->text = xstrdup("");
	r->notify = xstrdup("");
	r->orcpt = xstrdup("");
	e->slots[slot] = e->n;
	return 1;
}

void
envelope_record(struct envelope *e, size_t i, enum stage stage,
    enum reply reply, int code, const char *text)
{
	struct recipient *r = &e->v[i];

	r->stage = stage;
	r->reply = reply;
	r->code = code;
	r->outcome = outcome_find(stage, reply)->outcome;
	r->is_unreported = 0;
	free(r->text);
	r->text = xstrdup(text);
}

void
envelope_set_unreported(struct envelope *e, size_t i)
{
	if (e->v[i].outcome == OUTCOME_DONE)
		e->v[i].is_unreported = 1;
}

size_t
envelope_count(const struct envelope *e, enum outcome outcome)
{
	size_t i, n = 0;

	for (i = 0; i < e->n; i++)
		n += e->v[i].outcome == outcome;
	return n;
}

void
envelope_copy(struct envelope *out, const struct envelope *e)
{
	const struct recipient *from;
	size_t i;

	envelope_init(out);
	envelope_set_sender(out, e->sender);
	envelope_set_dsn(out, e->ret, e->envid);
	for (i = 0; i < e->n; i++) {
		from = &e->v[i];
		envelope_add(out, from->address);
		envelope_set_recipient_dsn(out, i, from->notify, from->orcpt);
		replace(&out->v[i].text, from->text);
		out->v[i].outcome = from->outcome;
		out->v[i].stage = from->stage;
		out->v[i].reply = from->reply;
		out->v[i].code = from->code;
		out->v[i].is_waiting = from->is_waiting;
		out->v[i].is_told = from->is_told;
		out->v[i].is_unreported = from->is_unreported;
	}
}

int
recipient_wants_success(const struct recipient *r)
{
	return strstr(r->notify, "SUCCESS") != NULL;
}

int
recipient_is_left(const struct recipient *r)
{
	return r->outcome != OUTCOME_DONE && r->outcome != OUTCOME_REJECT;
}

int
recipient_is_taken(const struct recipient *r)
{
	return r->outcome == OUTCOME_DONE || r->is_waiting;
}

size_t
envelope_taken(const struct envelope *e)
{
	size_t i, n = 0;

	for (i = 0; i < e->n; i++)
		n += (size_t)recipient_is_taken(&e->v[i]);
	return n;
}
