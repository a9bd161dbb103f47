/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the spool share; see spool.h. */
#ifndef QUEUE_SPOOL_PARTS_H
#define QUEUE_SPOOL_PARTS_H

#include "queue/spool.h"

/* Room for the journal of a mail that is kept for two attempts and more. */
#define JOURNAL_RESERVE 4096

/* Append the name of the directory of an account (what could be something else
 * in a path becomes %XX), its path, and the path of an entry. */
void spool_put_account(struct buf *out, const char *account);
void spool_put_directory(struct buf *out, const char *account);
void spool_put_path(struct buf *out, const char *account, const char *id);
/* Of a directory's name the account's; -1 when it is none. */
int spool_take_account(struct buf *out, const char *name);
/* A fault "WHAT SPOOL/NAME: errno". Returns -1. */
int spool_fault(const struct spool *s, struct fault *f, int code,
    const char *what, const char *name);
/* What root has made there belongs to the service's user. */
int spool_give_away(const struct spool *s, const char *name,
    struct fault *f);
/* Makes a directory there, if it is not there: 0, or -1 with a fault
 * (EX_CANTCREAT). */
int spool_make_directory(const struct spool *s, const char *name,
    struct fault *f);
/* Syncs a directory of the spool: 0, or -1 with a fault (EX_TEMPFAIL). */
int spool_sync_directory(const struct spool *s, const char *name,
    struct fault *f);
/* The lock for us alone, 0, or -1 with errno when somebody else has it. Who
 * only looks has it shared, for an instant; an owner never shares it. */
int spool_take_lock(int fd);
/* 1 when somebody owns what is open at fd. */
int spool_is_owned(int fd);
/* Sets a file's time to the one it is to be tried at. */
void spool_set_hint(int fd, time_t next);

#endif
