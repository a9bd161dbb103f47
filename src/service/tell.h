/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Telling the sender what has become of a queued mail. A notice is an entry of
 * its own with a name made from the mail's, so that it is made once whatever
 * dies in between; one about a notice is never made.
 */
#ifndef SERVICE_TELL_H
#define SERVICE_TELL_H

#include "service/courier.h"
#include "submit/sender.h"

/* Recipients that were given up and whose sender does not know yet. */
size_t tell_due(const struct entry *e);
/* Recipients who have it, of whom no server tells the sender who wants to
 * know, and neither have we yet. */
size_t tell_successes_due(const struct entry *e);
/* 1 when there is somebody to be told about e. */
int tell_has_sender(const struct entry *e);
/*
 * Makes one notice about those that tell_due counts, where it is wanted, and
 * notes in the journal that the sender knows. Its id goes to notices. 0, or -1
 * with a fault, and then they are still due.
 */
int tell_failures(struct courier *c, struct entry *e, const struct sender *s,
    struct strv *notices, struct fault *f);
/* The same about those that tell_successes_due counts: "relayed", or
 * "delivered" to a Maildir (RFC 3464 2.3.3). */
int tell_successes(struct courier *c, struct entry *e, const struct sender *s,
    struct strv *notices, struct fault *f);
/* The same, once, about the delay of those that are left. */
int tell_delay(struct courier *c, struct entry *e, const struct sender *s,
    struct strv *notices, struct fault *f);

#endif
