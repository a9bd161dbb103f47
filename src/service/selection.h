/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which entries -qI, -qR and -qS mean. */
#ifndef SERVICE_SELECTION_H
#define SERVICE_SELECTION_H

#include "base/strv.h"
#include "queue/spool.h"

/* 1 when an entry fits all of choice, as below; always when that is empty. */
int selection_fits(const struct entry *e, const struct strv *choice);
/*
 * Calls take for every entry that fits all of choice ("Itext": the text is in
 * its id; "R": in one of the recipients that are left; "S": in its sender; "!"
 * in front: not so), of which we are the owner meanwhile. Those that others
 * have, or that cannot be read, are passed over. 0, or -1 with a fault (of
 * take, or of the scan).
 */
int selection_find(struct spool *s, const struct strv *choice,
    int (*take)(void *arg, struct entry *e, struct fault *f), void *arg,
    struct fault *f);

#endif
