/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attempts and outcomes in the journal of an entry that we own. */
#ifndef SERVICE_OUTCOMES_H
#define SERVICE_OUTCOMES_H

#include "queue/spool.h"

/* When to try e again after an attempt. */
time_t outcomes_next(const struct entry *e);
/* For each recipient 1 when it is left, else 0; the caller frees it. */
char *outcomes_left(const struct entry *e);
/*
 * Somebody died in the middle of an attempt: its end is not known. 0, or -1
 * with a fault, as the others.
 */
int outcomes_settle(struct spool *s, struct entry *e, struct fault *f);
/* An attempt begins with everybody who is left. */
int outcomes_begin(struct spool *s, struct entry *e, struct fault *f);
/* The outcomes of those who were left, and when to try again; synced when one
 * of them is final. */
int outcomes_write(struct spool *s, struct entry *e, const char *was_left,
    time_t next, struct fault *f);
/* Refuses everybody who is left, with the last reason (not yet written). */
void outcomes_give_up(struct entry *e);

#endif
