/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What waits, in the form of Postfix's mailq for people (and for the scripts
 * that read it), or one JSON object a line, as postqueue -j has it.
 */
#ifndef SERVICE_MAILQ_LIST_H
#define SERVICE_MAILQ_LIST_H

#include "base/strv.h"
#include "queue/spool.h"
#include "submit/report.h"

/*
 * Writes the list to standard output; s is NULL when there is no spool. What
 * cannot be read is listed with the reason and left alone. choice as in
 * selection.h: only those. 0, or -1 with a fault (EX_IOERR).
 */
int mailq_list(struct spool *s, const struct strv *choice, int as_json,
    struct report *report, struct fault *f);

#endif
