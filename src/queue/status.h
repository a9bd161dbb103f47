/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the runner of a spool tells other processes about its accounts: which
 * of them pause, until when and why. The file "status" of the spool, replaced
 * as a whole, so a reader never sees half of it; only true while a runner is
 * there (spool_has_runner).
 */
#ifndef QUEUE_STATUS_H
#define QUEUE_STATUS_H

#include <time.h>

#include "queue/spool.h"

struct pause {
	char *account;        /* owned */
	int is_account_fault; /* the account's, not the server's */
	time_t until;
	char *reason;         /* owned; one line for people */
};

struct status {
	struct pause *v; /* owned */
	size_t n, cap;
};

#define STATUS_INIT { NULL, 0, 0 }

void status_release(struct status *s);
void status_add(struct status *s, const char *account, int is_account_fault,
    time_t until, const char *reason);
/* The pause of an account, or NULL. */
const struct pause *status_find(const struct status *s, const char *account);
/* 0, or -1 with a fault (EX_IOERR). */
int status_write(const struct status *s, const struct spool *spool,
    struct fault *f);
/* Empty when there is no such file, or one of another version. 0, or -1 with
 * a fault (EX_IOERR). */
int status_read(struct status *s, const struct spool *spool, struct fault *f);

#endif
