/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mailq ACTION ID...: what people do with mail that waits. Each action takes
 * the entry's lock first, so it never meets an attempt.
 *
 *   show     what is known of it, its journal, the header of the message
 *   retry    due at once; the runner is told
 *   hold     stays until release
 *   release  due at once again
 *   remove   gone, without a notice to anybody
 */
#ifndef SERVICE_MAILQ_ACTION_H
#define SERVICE_MAILQ_ACTION_H

#include "base/strv.h"
#include "queue/spool.h"
#include "submit/report.h"

/* 0 when operands are an action and ids (or "all"), else -1 with a fault
 * (EX_USAGE). */
int mailq_check(const struct strv *operands, struct fault *f);
/*
 * Does it for each id, or all that is listed. s is NULL when there is no
 * spool; log is the setting queue_log. Reported: EX_NOINPUT for an id that is
 * not there, EX_TEMPFAIL for one that is being sent, EX_UNAVAILABLE for what
 * the action is not for, EX_DATAERR or EX_CONFIG for what cannot be read.
 */
void mailq_act(struct spool *s, const struct strv *operands, const char *log,
    struct report *report);

#endif
