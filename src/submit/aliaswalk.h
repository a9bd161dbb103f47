/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a local name to addresses, by way of the aliases in between. */
#ifndef SUBMIT_ALIASWALK_H
#define SUBMIT_ALIASWALK_H

#include "submit/aliases.h"

/* Where a name leads to. */
struct alias_target {
	char *text;      /* owned; local@domain, or a local name */
	int is_local;    /* a local name: no alias leads on from there */
	size_t via;      /* index in chains */
};

struct alias_targets {
	struct alias_target *v;
	size_t n, cap;
	struct strv chains; /* "root -> operators": the aliases on the way */
};

#define ALIAS_TARGETS_INIT { NULL, 0, 0, STRV_INIT }

void alias_targets_release(struct alias_targets *t);
/*
 * Adds to t all that a local name stands for, each alias on the way once. 1,
 * 0 when there is no alias for it (nothing was added), or -1 with a fault
 * (EX_CONFIG, "file:line: ..."): a loop, a program, a file, an :include: that
 * cannot be read, a wrong address.
 */
int aliases_expand(struct aliases *a, const char *name,
    struct alias_targets *t, struct fault *f);
/*
 * Goes through all of it, included files as well, and adds a line to mistakes
 * for each alias that aliases_expand would refuse; at most max of them.
 */
void aliases_check(struct aliases *a, struct strv *mistakes, size_t max);

#endif
