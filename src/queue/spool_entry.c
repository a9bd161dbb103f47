/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries that wait, and their end. An outcome is in the journal before it is
 * acted upon.
 */
#include "queue/spool_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/io.h"

/* 1 when the file that is open and locked, and of which st tells, still has
 * its name: meanwhile it may have been removed, or moved to failed/. */
static int
has_name(const struct spool *s, int fd, const char *path, struct stat *st)
{
	struct stat named;

	return fstat(fd, st) == 0 &&
	    fstatat(s->fd, path, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st->st_ino == named.st_ino && st->st_dev == named.st_dev;
}

enum spool_taken
spool_take(struct spool *s, const char *account, const char *id,
    struct entry *e, struct fault *f)
{
	enum spool_taken rc = SPOOL_GONE;
	struct buf path = BUF_INIT;
	struct stat st;
	int fd;

	spool_put_path(&path, account, id);
	fd = openat(s->fd, path.data, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1) {
		if (errno != ENOENT) {
			rc = SPOOL_DAMAGED;
			spool_fault(s, f, EX_IOERR, "cannot open", path.data);
		}
	} else if (spool_take_lock(fd) == -1) {
		rc = errno == EWOULDBLOCK ? SPOOL_BUSY : SPOOL_DAMAGED;
		if (rc == SPOOL_DAMAGED)
			spool_fault(s, f, EX_IOERR, "cannot lock", path.data);
		close(fd);
	} else if (!has_name(s, fd, path.data, &st)) {
		close(fd);
	} else if (entry_read(e, fd, st.st_size, f) == -1) {
		rc = SPOOL_DAMAGED;
		fault_context(f, "%s/%s", s->path, path.data);
	} else if (strcmp(e->id, id) != 0 || strcmp(e->account, account) != 0) {
		rc = SPOOL_DAMAGED;
		fault_set(f, EX_DATAERR, "%s/%s: a queue entry with another "
		    "name", s->path, path.data);
	} else {
		rc = SPOOL_OURS;
	}
	buf_release(&path);
	return rc;
}

/*
 * Writes at the end of the last whole line: a torn one goes. Only then is the
 * file cut, since that gives the reserved room back to the disk as well.
 */
static int
append(struct entry *e, const struct buf *lines)
{
	int fd = e->content.fd;

	if (e->is_torn) {
		if (ftruncate(fd, e->end) == -1)
			return -1;
		/* Without it the disk may be full some day. */
		compat_reserve(fd, e->end, JOURNAL_RESERVE);
	}
	e->is_torn = 0;
	return io_pwrite(fd, lines->data, lines->len, e->end);
}

/* The entry at fd, which e takes over. */
static int
read_open(struct entry *e, int fd, struct fault *f)
{
	struct stat st;

	if (fstat(fd, &st) == 0)
		return entry_read(e, fd, st.st_size, f);
	e->content.fd = fd;
	return fault_errno(f, EX_IOERR, "cannot read it");
}

int
spool_look(const struct spool *s, const char *account, const char *id,
    struct entry *e, int *is_busy, struct fault *f)
{
	struct buf path = BUF_INIT;
	int fd, rc = 0;

	spool_put_path(&path, account, id);
	fd = openat(s->fd, path.data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	*is_busy = fd != -1 && spool_is_owned(fd);
	if (fd == -1) {
		if (errno != ENOENT)
			rc = spool_fault(s, f, EX_IOERR, "cannot open",
			    path.data);
	} else {
		if (!*is_busy)
			compat_unlock(fd);
		rc = read_open(e, fd, f) == 0 ? 1 :
		    fault_context(f, "%s/%s", s->path, path.data);
	}
	buf_release(&path);
	return rc;
}

int
spool_append(struct spool *s, struct entry *e, const struct buf *lines,
    int sync, struct fault *f)
{
	(void)s;
	if (append(e, lines) == -1 ||
	    (sync && fsync(e->content.fd) == -1)) {
		/* Whatever is there of them goes with the next ones. */
		e->is_torn = 1;
		return fault_errno(f, EX_IOERR, "cannot write the journal of "
		    "%s", e->id);
	}
	e->end += (off_t)lines->len;
	if (e->has_new_next)
		spool_set_hint(e->content.fd, e->next);
	e->has_new_next = 0;
	return 0;
}

int
spool_remove(struct spool *s, const struct entry *e, struct fault *f)
{
	struct buf path = BUF_INIT;
	int rc = 0;

	spool_put_path(&path, e->account, e->id);
	if (unlinkat(s->fd, path.data, 0) == -1)
		rc = spool_fault(s, f, EX_IOERR, "cannot remove", path.data);
	buf_release(&path);
	return rc;
}

int
spool_fail(struct spool *s, const struct entry *e, struct fault *f)
{
	struct buf from = BUF_INIT, to = BUF_INIT;
	int rc = 0;

	spool_put_path(&from, e->account, e->id);
	buf_addf(&to, "failed/%s", e->id);
	if (renameat(s->fd, from.data, s->fd, to.data) == -1)
		rc = spool_fault(s, f, EX_IOERR, "cannot make", to.data);
	else
		rc = spool_sync_directory(s, "failed", f);
	buf_release(&from);
	buf_release(&to);
	return rc;
}

int
spool_remove_failed(struct spool *s, const char *id, struct fault *f)
{
	struct buf path = BUF_INIT;
	int rc = 0;

	spool_put_path(&path, NULL, id);
	if (unlinkat(s->fd, path.data, 0) == -1)
		rc = spool_fault(s, f, EX_IOERR, "cannot remove", path.data);
	else
		rc = spool_sync_directory(s, "failed", f);
	buf_release(&path);
	return rc;
}

int
spool_sync(struct spool *s, const char *account, struct fault *f)
{
	struct buf directory = BUF_INIT;
	int rc;

	spool_put_directory(&directory, account);
	rc = spool_sync_directory(s, directory.data, f);
	buf_release(&directory);
	return rc;
}
