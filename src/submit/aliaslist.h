/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The right side of a line in an aliases file, and the lines of a file that
 * :include: names: addresses with commas between them.
 */
#ifndef SUBMIT_ALIASLIST_H
#define SUBMIT_ALIASLIST_H

#include <stddef.h>

#include "base/fault.h"

enum alias_kind {
	ALIAS_ADDRESS, /* with a domain: text is local@domain */
	ALIAS_NAME,    /* a local name that may be an alias itself */
	ALIAS_FINAL,   /* \name: a local name that is not looked up again */
	ALIAS_INCLUDE, /* :include:FILE; text is the file as written */
	ALIAS_PROGRAM, /* |COMMAND, known in order to be refused */
	ALIAS_FILE     /* /FILE, the same */
};

struct alias_item {
	enum alias_kind kind;
	char *text;    /* owned */
	unsigned line; /* where it stands in its file */
};

struct alias_items {
	struct alias_item *v;
	size_t n, cap;
};

#define ALIAS_ITEMS_INIT { NULL, 0, 0 }

void alias_items_release(struct alias_items *l);
/*
 * Adds the items of the len octets at p, which begin in the given line of
 * file. With lines a line end separates items like a comma; without, it is
 * white space (a continuation line). "#" begins a comment where a line begins
 * and behind a blank or comma. 0, or -1 with a fault "file:line: ..."
 * (EX_CONFIG) and the items before it.
 */
int alias_items_parse(struct alias_items *l, const char *p, size_t len,
    const char *file, unsigned line, int lines, struct fault *f);

#endif
