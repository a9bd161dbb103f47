/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delivery into a Maildir: one file a mail, whole or not there at all. In
 * front of the mail stand "Return-Path: <sender>" and "X-Envelope-To:
 * <recipient>" for each recipient; lines end with LF, as they do in every
 * Maildir.
 */
#ifndef RELAY_MAILDIR_H
#define RELAY_MAILDIR_H

#include "base/fault.h"
#include "relay/transaction.h"

/* What became of a mail. */
enum maildir_result {
	MAILDIR_DONE,
	MAILDIR_FAILED,     /* nothing is left of it */
	MAILDIR_UNCONFIRMED /* it may be there, or be lost when power fails */
};

/*
 * Makes the directory path and its tmp, new and cur (0700) where they are
 * missing; the one above must be there. 0, or -1 with a fault:
 * EX_CANTCREAT when trying again will not help, else EX_TEMPFAIL.
 */
int maildir_make(const char *path, struct fault *f);
/*
 * Whether a mail could be put there now; makes nothing that stays. 1 when the
 * Maildir is there, 0 when it, or a part, has still to be made, -1 with a
 * fault as above.
 */
int maildir_check(const char *path, struct fault *f);
/*
 * Writes m for its recipients without an outcome and gives it its place in
 * new/. before (may be NULL) is called when all of it is on the disk; -1 takes
 * it back. name gets the file's name. With DONE the file, and its place, are
 * synced to the disk; otherwise f says why (codes as above; EX_IOERR: the
 * mail cannot be read).
 */
enum maildir_result maildir_deliver(const char *path, const struct mail *m,
    int (*before)(void *arg, const struct mail *m, struct fault *f),
    void *arg, struct buf *name, struct fault *f);

#endif
