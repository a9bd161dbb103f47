/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Follows local names to addresses. Nothing in an aliases file sets the depth
 * of a recursion: the lists on the way stand on a stack of our own, and a walk
 * comes to each list once.
 */
#include "submit/aliaswalk.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "submit/aliaslist.h"

#define DEPTH_MAX 100

void
alias_targets_release(struct alias_targets *t)
{
	while (t->n != 0)
		free(t->v[--t->n].text);
	free(t->v);
	strv_release(&t->chains);
	memset(t, 0, sizeof *t);
}

/* One list on the way. */
struct frame {
	size_t alias;
	struct alias_items items;
	size_t next;
	size_t chain; /* index in the chains of the targets, or ALIAS_NONE */
};

struct walk {
	struct aliases *a;
	struct alias_targets *targets;
	struct frame stack[DEPTH_MAX];
	size_t depth;
};

static void
leave(struct walk *w)
{
	struct frame *top = &w->stack[--w->depth];

	w->a->v[top->alias].on_path = 0;
	alias_items_release(&top->items);
}

/* Appends the names of the frames from the given one on. */
static void
format_chain(const struct walk *w, size_t from, struct buf *out)
{
	size_t i;

	for (i = from; i < w->depth; i++)
		buf_addf(out, "%s%s", i != from ? " -> " : "",
		    w->a->v[w->stack[i].alias].name);
}

/* A fault of an item of the list in hand. */
static int
refuse(const struct walk *w, const struct alias_item *item, const char *why,
    struct fault *f)
{
	const struct alias *alias = &w->a->v[w->stack[w->depth - 1].alias];

	return fault_set(f, EX_CONFIG, "%s:%u: %s: %s",
	    w->a->files[alias->file].path, item->line, alias->name, why);
}

static int
refuse_loop(const struct walk *w, size_t alias, const struct alias_item *item,
    struct fault *f)
{
	struct buf why = BUF_INIT;
	size_t from = 0;

	while (w->stack[from].alias != alias)
		from++;
	buf_adds(&why, "this alias leads back to itself: ");
	format_chain(w, from, &why);
	buf_addf(&why, " -> %s", w->a->v[alias].name);
	refuse(w, item, why.data, f);
	buf_release(&why);
	return -1;
}

/* Begins with the list of an alias. */
static int
enter(struct walk *w, size_t i, struct fault *f)
{
	struct frame *top = &w->stack[w->depth];
	struct alias *alias = &w->a->v[i];
	const struct alias_file *file = &w->a->files[alias->file];
	int has_name = i < w->a->names, rc;

	memset(top, 0, sizeof *top);
	rc = alias_items_parse(&top->items, file->text.data + alias->start,
	    alias->end - alias->start, file->path, alias->line, !has_name, f);
	if (rc == 0 && has_name && top->items.n == 0)
		rc = fault_set(f, EX_CONFIG, "%s:%u: %s: the alias has no "
		    "address", file->path, alias->line, alias->name);
	top->alias = i;
	top->chain = ALIAS_NONE;
	alias->on_path = 1;
	alias->seen = w->a->walk;
	w->depth++;
	return rc;
}

/* Goes on with another list, unless this walk has seen it. */
static int
follow(struct walk *w, size_t i, const struct alias_item *item,
    struct fault *f)
{
	if (w->a->v[i].on_path)
		return refuse_loop(w, i, item, f);
	if (w->a->v[i].seen == w->a->walk)
		return 0;
	if (w->depth == DEPTH_MAX)
		return refuse(w, item, "too many aliases within each other",
		    f);
	return enter(w, i, f);
}

static void
add_target(struct walk *w, const char *text, int is_local)
{
	struct alias_targets *t = w->targets;
	struct frame *top = &w->stack[w->depth - 1];
	struct buf chain = BUF_INIT;
	struct alias_target *target;

	if (t == NULL)
		return;
	if (top->chain == ALIAS_NONE) {
		format_chain(w, 0, &chain);
		top->chain = t->chains.n;
		strv_take(&t->chains, buf_detach(&chain));
	}
	t->v = xgrow(t->v, t->n, &t->cap, sizeof *t->v);
	target = &t->v[t->n++];
	target->text = xstrdup(text);
	target->is_local = is_local;
	target->via = top->chain;
}

/*
 * A name without an alias is where the way ends, and so is a name in its own
 * list: "bob: bob, bob@example.org" keeps a copy here. A default is a rule
 * for names that come from outside of it.
 */
static int
follow_name(struct walk *w, const struct alias_item *item, struct fault *f)
{
	const struct frame *top = &w->stack[w->depth - 1];
	size_t i = aliases_find(w->a, item->text);

	if (i == ALIAS_NONE || i == top->alias || (i == aliases_default(w->a) &&
	    w->a->v[i].on_path)) {
		add_target(w, item->text, 1);
		return 0;
	}
	return follow(w, i, item, f);
}

static int
follow_include(struct walk *w, const struct alias_item *item, struct fault *f)
{
	size_t top = w->stack[w->depth - 1].alias;
	size_t i = aliases_include(w->a, top, item->text, f);

	if (i == ALIAS_NONE)
		return fault_context(f, "%s:%u: :include:",
		    w->a->files[w->a->v[top].file].path, item->line);
	return follow(w, i, item, f);
}

static int
step(struct walk *w, const struct alias_item *item, struct fault *f)
{
	switch (item->kind) {
	case ALIAS_ADDRESS:
		add_target(w, item->text, 0);
		return 0;
	case ALIAS_FINAL:
		add_target(w, item->text, 1);
		return 0;
	case ALIAS_NAME:
		return follow_name(w, item, f);
	case ALIAS_INCLUDE:
		return follow_include(w, item, f);
	case ALIAS_PROGRAM:
		return refuse(w, item, "mail is not handed to programs (|): "
		    "write an address", f);
	case ALIAS_FILE:
		break;
	}
	return refuse(w, item, "mail is not written to files (/): write an "
	    "address", f);
}

/* All that the alias stands for. */
static int
walk(struct aliases *a, size_t start, struct alias_targets *t,
    struct fault *f)
{
	struct walk w = { .a = a, .targets = t };
	struct frame *top;
	int rc = enter(&w, start, f);

	while (rc == 0 && w.depth != 0) {
		top = &w.stack[w.depth - 1];
		if (top->next < top->items.n)
			rc = step(&w, &top->items.v[top->next++], f);
		else
			leave(&w);
	}
	while (w.depth != 0)
		leave(&w);
	return rc;
}

int
aliases_expand(struct aliases *a, const char *name, struct alias_targets *t,
    struct fault *f)
{
	size_t i = aliases_find(a, name), n = t->n;
	const struct alias *alias;

	if (i == ALIAS_NONE)
		return 0;
	a->walk++;
	if (walk(a, i, t, f) == -1)
		return -1;
	alias = &a->v[i];
	if (t->n == n)
		return fault_set(f, EX_CONFIG, "%s:%u: %s: there is no "
		    "address in its lists", a->files[alias->file].path,
		    alias->line, alias->name);
	return 1;
}

void
aliases_check(struct aliases *a, struct strv *mistakes, size_t max)
{
	struct fault f = FAULT_INIT;
	size_t i;

	a->walk++;
	for (i = 0; i < a->names && mistakes->n < max; i++) {
		if (a->v[i].seen != a->walk && walk(a, i, NULL, &f) == -1)
			strv_add(mistakes, f.text.data);
		fault_release(&f);
	}
}
