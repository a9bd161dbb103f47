/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order of system calls on which everything rests: an entry is complete
 * and synced before it gets its name, and the name is synced before anybody is
 * told. Each function names the states it leads from and to.
 */
#include "queue/spool_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/io.h"
#include "base/xalloc.h"

#define JOURNAL_RECIPIENT 256
#define NEW_TRIES 8

/* An account's directory whose name has been synced is marked by the bit that
 * POSIX calls S_ISVTX (XSI), which means nothing more in it. */
#define IS_SYNCED 01000

/* Time first, so that a listing by name is one by age. */
static void
make_id(struct buf *id)
{
	struct buf unique = BUF_INIT;

	clock_unique(&unique);
	buf_reset(id);
	buf_addf(id, "%08llx", (unsigned long long)clock_now());
	buf_add(id, unique.data, unique.len < 8 ? unique.len : 8);
	buf_release(&unique);
}

/* 1 when the file is ours alone and still has its name: spool_clean takes what
 * nobody owns, and that is a new one too, for an instant. */
static int
take_new(int fd)
{
	struct stat st;

	return compat_lock(fd) == 0 && fstat(fd, &st) == 0 &&
	    st.st_nlink != 0;
}

/* Opens tmp/ID, which must be new, and takes it; -1 with errno: EEXIST to try
 * it once more. */
static int
open_new(const struct spool *s, const char *id)
{
	struct buf path = BUF_INIT;
	int fd;

	buf_addf(&path, "tmp/%s", id);
	fd = openat(s->fd, path.data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	if (fd != -1 && !take_new(fd)) {
		close(fd);
		errno = EEXIST;
		fd = -1;
	}
	if (fd != -1 && s->gives_away && fchown(fd, s->uid, s->gid) == -1) {
		unlinkat(s->fd, path.data, 0);
		close(fd);
		fd = -1;
	}
	buf_release(&path);
	return fd;
}

int
spool_create(struct spool *s, struct entry *e, struct fault *f)
{
	struct buf id = BUF_INIT;
	int fd = -1, tries;

	for (tries = 0; fd == -1 && tries < NEW_TRIES; tries++) {
		make_id(&id);
		fd = open_new(s, id.data);
		if (fd == -1 && errno != EEXIST)
			break;
	}
	if (fd == -1)
		spool_fault(s, f, EX_TEMPFAIL, "cannot make a file in", "tmp");
	free(e->id);
	e->id = buf_detach(&id);
	e->content.fd = fd;
	return fd != -1 ? 0 : -1;
}

/* A file in tmp/ whose owner has died makes room for ours. */
static void
drop_stale(const struct spool *s, const char *id)
{
	struct buf path = BUF_INIT;
	int fd;

	buf_addf(&path, "tmp/%s", id);
	fd = openat(s->fd, path.data, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd != -1 && compat_lock(fd) == 0)
		unlinkat(s->fd, path.data, 0);
	if (fd != -1)
		close(fd);
	buf_release(&path);
}

int
spool_create_as(struct spool *s, struct entry *e, const char *account,
    const char *id, struct fault *f)
{
	struct buf path = BUF_INIT;
	struct stat st;
	int fd = -1, waits, tries;

	spool_put_path(&path, account, id);
	waits = fstatat(s->fd, path.data, &st, AT_SYMLINK_NOFOLLOW) == 0;
	buf_release(&path);
	if (waits)
		return 1;
	for (tries = 0; fd == -1 && tries < NEW_TRIES; tries++) {
		drop_stale(s, id);
		fd = open_new(s, id);
		if (fd == -1 && errno != EEXIST)
			break;
	}
	if (fd == -1)
		return spool_fault(s, f, EX_TEMPFAIL, "cannot make a file in",
		    "tmp");
	free(e->id);
	e->id = xstrdup(id);
	e->content.fd = fd;
	return 0;
}

static void
put_temporary(struct buf *out, const struct entry *e)
{
	buf_addf(out, "tmp/%s", e->id);
}

void
spool_discard(struct spool *s, struct entry *e)
{
	struct buf path = BUF_INIT;

	put_temporary(&path, e);
	unlinkat(s->fd, path.data, 0);
	buf_release(&path);
}

/* S1 -> S2: the file is whole and on the disk. */
static int
complete(struct entry *e, const struct buf *lines, struct fault *f)
{
	off_t room = JOURNAL_RESERVE +
	    (off_t)e->envelope.n * JOURNAL_RECIPIENT;
	int fd = e->content.fd;

	if (entry_write(e, f) == -1)
		return -1;
	if (io_pwrite(fd, lines->data, lines->len, e->end) == -1 ||
	    compat_reserve(fd, e->end, (off_t)lines->len + room) == -1)
		return fault_errno(f, EX_TEMPFAIL, "cannot write the queue "
		    "entry %s", e->id);
	e->end += (off_t)lines->len;
	spool_set_hint(fd, e->next);
	if (fsync(fd) == -1)
		return fault_errno(f, EX_TEMPFAIL, "cannot sync the queue "
		    "entry %s", e->id);
	return 0;
}

/*
 * The directory of an account. Whoever made it may have died before its name
 * was synced.
 */
static int
make_account(const struct spool *s, const char *name, struct fault *f)
{
	struct stat st;
	int rc = spool_make_directory(s, name, f);

	if (rc == 0 && fstatat(s->fd, name, &st, 0) == 0 &&
	    (st.st_mode & IS_SYNCED) != 0)
		return 0;
	if (rc == -1 || spool_sync_directory(s, "queue", f) == -1)
		return -1;
	/* If this fails, the next one syncs it once more. */
	rc = fchmodat(s->fd, name, 0700 | IS_SYNCED, 0);
	(void)rc;
	return 0;
}

/* S2 -> S4: it gets its name, and the name lasts. */
static int
publish(struct spool *s, struct entry *e, struct fault *f)
{
	struct buf from = BUF_INIT, directory = BUF_INIT, to = BUF_INIT;
	int rc = -1;

	put_temporary(&from, e);
	spool_put_directory(&directory, e->account);
	spool_put_path(&to, e->account, e->id);
	if (make_account(s, directory.data, f) == 0) {
		if (renameat(s->fd, from.data, s->fd, to.data) == -1) {
			spool_fault(s, f, EX_TEMPFAIL, "cannot make", to.data);
		} else {
			rc = spool_sync_directory(s, directory.data, f);
			/* We own it: nobody has begun with it. */
			if (rc == -1)
				unlinkat(s->fd, to.data, 0);
		}
	}
	buf_release(&from);
	buf_release(&directory);
	buf_release(&to);
	return rc;
}

int
spool_accept(struct spool *s, struct entry *e, const struct buf *lines,
    struct fault *f)
{
	if (complete(e, lines, f) == 0 && publish(s, e, f) == 0)
		return 0;
	spool_discard(s, e);
	return -1;
}
