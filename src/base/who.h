/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who and where we are, for the patterns of msmtp's language. The environment
 * counts more than the system, as there; what is not in it is looked up when
 * it is asked for. QSENDMAIL_TEST_HOSTNAME (clock.h) and
 * QSENDMAIL_TEST_CANONICAL fix the names for tests.
 */
#ifndef BASE_WHO_H
#define BASE_WHO_H

#include "base/buf.h"

/* Appends $USER, else $LOGNAME, else the name of our user id in the user
 * database. 0, or -1 when there is none. */
int who_user(struct buf *out);
/* Appends $HOSTNAME, else the name of this host. */
void who_host(struct buf *out);
/* Appends the canonical name of that (the resolver is asked), else itself. */
void who_canonical_host(struct buf *out);

#endif
