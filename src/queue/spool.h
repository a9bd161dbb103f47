/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where mail waits: a directory with tmp/, queue/ACCOUNT/ and failed/, the
 * file "lock" of the runner and the FIFO "trigger". The only module that
 * knows paths, locks and what has to be synced in which order; ARCHITECTURE
 * has the states of an entry (S1 ...) and the call between each two.
 *
 * The owner of an entry is whoever has the lock on its content's descriptor,
 * or on a copy of it in another process.
 */
#ifndef QUEUE_SPOOL_H
#define QUEUE_SPOOL_H

#include <sys/types.h>

#include "queue/entry.h"

struct spool {
	char *path;  /* owned */
	int fd;      /* of the directory, -1 not open */
	int lock_fd; /* of a runner, -1 none */
	/* What root makes there is given to the directory's owner. */
	int gives_away;
	uid_t uid;
	gid_t gid;
};

void spool_init(struct spool *s);
void spool_release(struct spool *s);
/* Opens the spool at path; makes what is missing, for its owner only. 0, or
 * -1 with a fault (EX_CANTCREAT). With only_existing nothing is made: 1 when
 * there is no such directory. */
int spool_open(struct spool *s, const char *path, int only_existing,
    struct fault *f);

/*
 * 0 when so many octets more leave min_free of them to others on the disk;
 * else -1 with a fault (EX_TEMPFAIL).
 */
int spool_check_room(const struct spool *s, long long octets,
    long long min_free, struct fault *f);
/* S0 -> S1: a new file in tmp/, owned by us; sets e->id and e->content.fd. */
int spool_create(struct spool *s, struct entry *e, struct fault *f);
/*
 * The same under a name that is given: whoever makes it a second time finds
 * it made. 1 when it waits already, and nothing was made.
 */
int spool_create_as(struct spool *s, struct entry *e, const char *account,
    const char *id, struct fault *f);
/*
 * S1 -> S4: makes the entry, whose content stands in its file, one that
 * survives everything: text, room for the journal, sync, rename, sync. lines
 * is what the journal begins with. 0; -1 with a fault (EX_TEMPFAIL), and then
 * it is as if it never was.
 */
int spool_accept(struct spool *s, struct entry *e, const struct buf *lines,
    struct fault *f);
/* S1 -> S0: removes the file in tmp/. */
void spool_discard(struct spool *s, struct entry *e);

enum spool_taken {
	SPOOL_DAMAGED = -1, /* a fault says why; it stays as it is */
	SPOOL_GONE,
	SPOOL_OURS,         /* locked and read */
	SPOOL_BUSY          /* somebody else has it */
};
/* Takes an entry that waits. */
enum spool_taken spool_take(struct spool *s, const char *account, const char *id,
    struct entry *e, struct fault *f);
/*
 * Reads an entry that waits, or (account NULL) one that has failed, without
 * taking it: 1, 0 when it is gone, -1 with a fault. is_busy: somebody owns it.
 */
int spool_look(const struct spool *s, const char *account, const char *id,
    struct entry *e, int *is_busy, struct fault *f);
/*
 * Appends lines to the journal of an entry that we own, syncs them if asked
 * to, and makes e->next the file's time, by which entries are scheduled
 * without opening them. 0, or -1 with a fault (EX_IOERR).
 */
int spool_append(struct spool *s, struct entry *e, const struct buf *lines,
    int sync, struct fault *f);
/* S6, S8 -> S9: removes an entry that we own. 0, or -1 with a fault. */
int spool_remove(struct spool *s, const struct entry *e, struct fault *f);
/* Moves it to failed/: nobody can be told of it. */
int spool_fail(struct spool *s, const struct entry *e, struct fault *f);
/* Removes one that has failed, for good. */
int spool_remove_failed(struct spool *s, const char *id, struct fault *f);
/* S9 -> S10: makes the removals of an account last. */
int spool_sync(struct spool *s, const char *account, struct fault *f);

/* One waiting entry, as a scan finds it. */
struct spool_item {
	const char *account, *id; /* account NULL: it has failed */
	time_t next;     /* the file's time: a hint, see spool_append */
	long long size;
};
/*
 * Calls each for every waiting entry, account by account; its -1 ends the
 * scan. 0, or -1 with a fault.
 */
int spool_scan(struct spool *s, int (*each)(void *arg,
    const struct spool_item *item, struct fault *f), void *arg,
    struct fault *f);
/* The same for what has failed. */
int spool_scan_failed(struct spool *s, int (*each)(void *arg,
    const struct spool_item *item, struct fault *f), void *arg,
    struct fault *f);
/*
 * Where the entry called id (which may be any text) is: 1 when it waits, with
 * its account, or has failed; 0 when there is none.
 */
int spool_find(const struct spool *s, const char *id, struct buf *account,
    int *has_failed);
/* Removes files in tmp/ whose owner has died. */
void spool_clean(struct spool *s);

/*
 * Replaces a small file beside the entries, called name, as a whole; only the
 * runner does. 0, or -1 with a fault (EX_IOERR).
 */
int spool_store(const struct spool *s, const char *name,
    const struct buf *text, struct fault *f);
/* Appends its text, at most max octets or so: 1, 0 when there is no such file,
 * -1 with a fault (EX_IOERR). */
int spool_load(const struct spool *s, const char *name, size_t max,
    struct buf *text, struct fault *f);

/*
 * Becomes the runner of this spool, until spool_release; is_lasting: one that
 * stays. 1; 0 when there is another one; -1 with a fault.
 */
int spool_watch(struct spool *s, int is_lasting, struct fault *f);
/* Is it no longer. */
void spool_unwatch(struct spool *s);
/* 1 when a lasting runner is there. */
int spool_is_watched(const struct spool *s);
/* 1 when there is a runner, lasting or not. */
int spool_has_runner(const struct spool *s);
/*
 * Tells the runner, if there is one, of an entry; id "": to look at all of
 * them anew.
 */
void spool_trigger(const struct spool *s, const char *account,
    const char *id);
/* Tells the runner to try everything at once. */
void spool_trigger_flush(const struct spool *s);
/* For the runner: a descriptor that can be read when triggered; -1 with a
 * fault. The caller closes it. */
int spool_open_trigger(const struct spool *s, struct fault *f);
/*
 * Reads what has come from that descriptor and calls each for the entries
 * that are there; -1 with a fault of each.
 */
enum trigger {
	TRIGGER_DONE = 0,
	TRIGGER_SCAN = 1,  /* everything should be looked at anew */
	TRIGGER_FLUSH = 2  /* and be tried at once */
};
int spool_read_trigger(struct spool *s, int fd, int (*each)(void *arg,
    const struct spool_item *item, struct fault *f), void *arg,
    struct fault *f);

#endif
