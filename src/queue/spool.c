/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order of system calls on which everything rests: an entry is complete
 * and synced before it gets its name, the name is synced before anybody is
 * told, an outcome is in the journal before it is acted upon. Each function
 * names the states it leads from and to.
 */
#include "queue/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/io.h"
#include "base/log.h"
#include "base/xalloc.h"

/* Room for the journal of a mail: two attempts for everybody. */
#define JOURNAL_RESERVE 4096
#define JOURNAL_RECIPIENT 256
#define ID_TRIES 8
#define LOCK_TRIES 64
#define LOCK_TEXT 32
#define TRIGGER_MAX 65536
#define TRIGGER_MANY 3072

/* An account's directory whose name has been synced is marked by the bit that
 * POSIX calls S_ISVTX (XSI), which means nothing more in it. */
#define IS_SYNCED 01000

static const char lasting[] = "service", passing[] = "once";
/* The line of the trigger that means everything, now. */
static const char flush[] = "/flush\n";

void
spool_init(struct spool *s)
{
	s->path = NULL;
	s->fd = -1;
	s->lock_fd = -1;
	s->gives_away = 0;
}

void
spool_release(struct spool *s)
{
	spool_unwatch(s);
	if (s->fd != -1)
		close(s->fd);
	free(s->path);
	spool_init(s);
}

/* ---- paths ---- */

/*
 * Appends the name of an account as the name of a directory: what could be
 * something else in a path becomes %XX.
 */
static void
put_account(struct buf *out, const char *account)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789@_-+=,";
	const char *p;

	if (*account == '\0')
		buf_addc(out, '%');
	for (p = account; *p != '\0'; p++)
		if (strchr(plain, *p) != NULL || (*p == '.' && p != account))
			buf_addc(out, *p);
		else
			buf_addf(out, "%%%02X", (unsigned char)*p);
}

static void
put_directory(struct buf *out, const char *account)
{
	buf_adds(out, "queue/");
	put_account(out, account);
}

/* account NULL: what has failed. */
static void
put_path(struct buf *out, const char *account, const char *id)
{
	if (account != NULL)
		put_directory(out, account);
	else
		buf_adds(out, "failed");
	buf_addf(out, "/%s", id);
}

/* Of a directory's name the account's; -1 when it is none. */
static int
take_account(struct buf *out, const char *name)
{
	unsigned octet;
	int used;

	buf_reset(out);
	if (strcmp(name, "%") == 0)
		return 0;
	for (; *name != '\0'; name++) {
		if (*name != '%') {
			buf_addc(out, *name);
			continue;
		}
		if (sscanf(name, "%%%2X%n", &octet, &used) != 1 || used != 3 ||
		    octet == 0)
			return -1;
		buf_addc(out, (char)octet);
		name += 2;
	}
	return 0;
}

static int
fault_spool(const struct spool *s, struct fault *f, int code,
    const char *what, const char *name)
{
	return fault_errno(f, code, "%s %s/%s", what, s->path, name);
}

/* What root has made there belongs to the service's user. */
static int
give_away(const struct spool *s, const char *name, struct fault *f)
{
	if (!s->gives_away || fchownat(s->fd, name, s->uid, s->gid,
	    AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return fault_spool(s, f, EX_CANTCREAT, "cannot give away", name);
}

/* 1 when it is new. */
static int
make_directory(const struct spool *s, const char *name, struct fault *f)
{
	if (mkdirat(s->fd, name, 0700) == 0)
		return give_away(s, name, f) == -1 ? -1 : 1;
	if (errno == EEXIST)
		return 0;
	return fault_spool(s, f, EX_CANTCREAT, "cannot make", name);
}

/* mkdir -p, for the owner only. */
static int
make_path(const char *path, struct fault *f)
{
	struct buf part = BUF_INIT;
	const char *p = path;
	int rc = 0;

	do {
		p += strspn(p, "/");
		p += strcspn(p, "/");
		buf_set(&part, path, (size_t)(p - path));
		if (mkdir(part.data, 0700) == -1 && errno != EEXIST &&
		    errno != EISDIR)
			rc = fault_errno(f, EX_CANTCREAT, "cannot make %s",
			    part.data);
	} while (rc == 0 && *p != '\0');
	buf_release(&part);
	return rc;
}

/* Whom root works for. */
static void
find_owner(struct spool *s)
{
	struct stat st;

	if (geteuid() != 0 || fstat(s->fd, &st) == -1)
		return;
	s->gives_away = st.st_uid != 0;
	s->uid = st.st_uid;
	s->gid = st.st_gid;
}

/* Makes a path last: every directory on the way to it. */
static int
sync_path(const char *path, struct fault *f)
{
	struct buf part = BUF_INIT;
	const char *p = path;
	int fd, rc = 0;

	buf_adds(&part, *path == '/' ? "/" : ".");
	while (rc == 0 && *p != '\0') {
		/* What cannot be read has not been made by us. */
		fd = open(part.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd != -1 && fsync(fd) == -1)
			rc = fault_errno(f, EX_CANTCREAT, "cannot sync %s",
			    part.data);
		if (fd != -1)
			close(fd);
		p += strspn(p, "/");
		p += strcspn(p, "/");
		buf_set(&part, path, (size_t)(p - path));
	}
	buf_release(&part);
	return rc;
}

/*
 * The FIFO comes last: where it is, all that a name in the spool rests on has
 * been synced, by whoever made it.
 */
static int
make_parts(struct spool *s, struct fault *f)
{
	static const char *const names[] = { "tmp", "queue", "failed" };
	struct stat st;
	int rc, is_new = fstatat(s->fd, "trigger", &st, 0) == -1;
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		rc = make_directory(s, names[i], f);
		if (rc == -1)
			return -1;
		is_new |= rc;
	}
	if (!is_new)
		return 0;
	if (fsync(s->fd) == -1)
		return fault_errno(f, EX_CANTCREAT, "cannot sync %s", s->path);
	if (sync_path(s->path, f) == -1)
		return -1;
	if (mkfifoat(s->fd, "trigger", 0600) == 0)
		return give_away(s, "trigger", f);
	if (errno == EEXIST)
		return 0;
	return fault_spool(s, f, EX_CANTCREAT, "cannot make", "trigger");
}

int
spool_open(struct spool *s, const char *path, int only_existing,
    struct fault *f)
{
	s->path = xstrdup(path);
	s->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd == -1 && errno == ENOENT) {
		if (only_existing)
			return 1;
		if (make_path(path, f) == -1)
			return -1;
		s->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (s->fd == -1)
		return fault_errno(f, EX_CANTCREAT, "cannot open the spool %s",
		    path);
	find_owner(s);
	return only_existing ? 0 : make_parts(s, f);
}

int
spool_check_room(const struct spool *s, long long octets, long long min_free,
    struct fault *f)
{
	struct statvfs st;

	/* What cannot be asked is found out by writing. */
	if (min_free == 0 || fstatvfs(s->fd, &st) == -1 ||
	    (long long)st.f_bavail >= (octets + min_free) /
	    (long long)(st.f_frsize != 0 ? st.f_frsize : 512))
		return 0;
	return fault_set(f, EX_TEMPFAIL, "the disk of the queue %s is nearly "
	    "full: the setting queue_min_free keeps %lld octets free", s->path,
	    min_free);
}

/* Syncs a directory of the spool. */
static int
sync_directory(const struct spool *s, const char *name, struct fault *f)
{
	int fd = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd == -1 || fsync(fd) == -1)
		rc = fault_spool(s, f, EX_TEMPFAIL, "cannot sync", name);
	if (fd != -1)
		close(fd);
	return rc;
}

/* ---- locks ---- */

/*
 * The lock for us alone, 0, or -1 when somebody else has it. Who only looks
 * has it shared, for an instant; an owner never shares it.
 */
static int
take_lock(int fd)
{
	int tries;

	for (tries = 0; compat_lock(fd) == -1; tries++) {
		if (errno != EWOULDBLOCK || tries == LOCK_TRIES ||
		    compat_lock_shared(fd) == -1)
			return -1;
		poll(NULL, 0, tries / 8);
	}
	return 0;
}

/* 1 when somebody owns what is open at fd. */
static int
is_owned(int fd)
{
	return compat_lock_shared(fd) == -1 && errno == EWOULDBLOCK;
}

/* ---- accepting ---- */

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

/* Opens tmp/ID, which must be new, and takes it. */
static int
open_new(const struct spool *s, const char *id)
{
	struct buf path = BUF_INIT;
	int fd;

	buf_addf(&path, "tmp/%s", id);
	fd = openat(s->fd, path.data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	/* Nobody but spool_clean can have been faster. */
	if (fd != -1 && compat_lock(fd) == -1) {
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

	for (tries = 0; fd == -1 && tries < ID_TRIES; tries++) {
		make_id(&id);
		fd = open_new(s, id.data);
		if (fd == -1 && errno != EEXIST)
			break;
	}
	if (fd == -1)
		fault_spool(s, f, EX_TEMPFAIL, "cannot make a file in", "tmp");
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
	int fd, waits;

	put_path(&path, account, id);
	waits = fstatat(s->fd, path.data, &st, AT_SYMLINK_NOFOLLOW) == 0;
	buf_release(&path);
	if (waits)
		return 1;
	drop_stale(s, id);
	fd = open_new(s, id);
	if (fd == -1)
		return fault_spool(s, f, EX_TEMPFAIL, "cannot make a file in",
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

/* Sets a file's time to the one it is to be tried at. */
static void
set_hint(int fd, time_t next)
{
	struct timespec times[2];

	memset(times, 0, sizeof times);
	times[0].tv_nsec = UTIME_OMIT;
	times[1].tv_sec = next;
	futimens(fd, times);
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
	set_hint(fd, e->next);
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
	int rc = make_directory(s, name, f);

	if (rc == 0 && fstatat(s->fd, name, &st, 0) == 0 &&
	    (st.st_mode & IS_SYNCED) != 0)
		return 0;
	if (rc == -1 || sync_directory(s, "queue", f) == -1)
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
	put_directory(&directory, e->account);
	put_path(&to, e->account, e->id);
	if (make_account(s, directory.data, f) == 0) {
		if (renameat(s->fd, from.data, s->fd, to.data) == -1) {
			fault_spool(s, f, EX_TEMPFAIL, "cannot make", to.data);
		} else {
			rc = sync_directory(s, directory.data, f);
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

/* ---- waiting entries ---- */

/* 1 when the file that is open and locked still has its name: meanwhile it may
 * have been removed, or moved to failed/. */
static int
has_name(const struct spool *s, int fd, const char *path)
{
	struct stat st, named;

	return fstat(fd, &st) == 0 &&
	    fstatat(s->fd, path, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_ino == named.st_ino && st.st_dev == named.st_dev;
}

enum spool_taken
spool_take(struct spool *s, const char *account, const char *id,
    struct entry *e, struct fault *f)
{
	enum spool_taken rc = SPOOL_GONE;
	struct buf path = BUF_INIT;
	int fd;

	put_path(&path, account, id);
	fd = openat(s->fd, path.data, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1) {
		if (errno != ENOENT) {
			rc = SPOOL_DAMAGED;
			fault_spool(s, f, EX_IOERR, "cannot open", path.data);
		}
	} else if (take_lock(fd) == -1) {
		rc = errno == EWOULDBLOCK ? SPOOL_BUSY : SPOOL_DAMAGED;
		if (rc == SPOOL_DAMAGED)
			fault_spool(s, f, EX_IOERR, "cannot lock", path.data);
		close(fd);
	} else if (!has_name(s, fd, path.data)) {
		close(fd);
	} else if (entry_read(e, fd, f) == -1) {
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
append(const struct entry *e, const struct buf *lines)
{
	int fd = e->content.fd;
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (st.st_size > e->end) {
		if (ftruncate(fd, e->end) == -1)
			return -1;
		/* Without it the disk may be full some day. */
		compat_reserve(fd, e->end, JOURNAL_RESERVE);
	}
	return io_pwrite(fd, lines->data, lines->len, e->end);
}

int
spool_look(const struct spool *s, const char *account, const char *id,
    struct entry *e, int *is_busy, struct fault *f)
{
	struct buf path = BUF_INIT;
	int fd, rc = 0;

	put_path(&path, account, id);
	fd = openat(s->fd, path.data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	*is_busy = fd != -1 && is_owned(fd);
	if (fd == -1) {
		if (errno != ENOENT)
			rc = fault_spool(s, f, EX_IOERR, "cannot open",
			    path.data);
	} else {
		if (!*is_busy)
			compat_unlock(fd);
		rc = entry_read(e, fd, f) == 0 ? 1 :
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
	    (sync && fsync(e->content.fd) == -1))
		return fault_errno(f, EX_IOERR, "cannot write the journal of "
		    "%s", e->id);
	e->end += (off_t)lines->len;
	if (e->has_new_next)
		set_hint(e->content.fd, e->next);
	e->has_new_next = 0;
	return 0;
}

int
spool_remove(struct spool *s, const struct entry *e, struct fault *f)
{
	struct buf path = BUF_INIT;
	int rc = 0;

	put_path(&path, e->account, e->id);
	if (unlinkat(s->fd, path.data, 0) == -1)
		rc = fault_spool(s, f, EX_IOERR, "cannot remove", path.data);
	buf_release(&path);
	return rc;
}

int
spool_fail(struct spool *s, const struct entry *e, struct fault *f)
{
	struct buf from = BUF_INIT, to = BUF_INIT;
	int rc = 0;

	put_path(&from, e->account, e->id);
	buf_addf(&to, "failed/%s", e->id);
	if (renameat(s->fd, from.data, s->fd, to.data) == -1)
		rc = fault_spool(s, f, EX_IOERR, "cannot make", to.data);
	else
		rc = sync_directory(s, "failed", f);
	buf_release(&from);
	buf_release(&to);
	return rc;
}

int
spool_remove_failed(struct spool *s, const char *id, struct fault *f)
{
	struct buf path = BUF_INIT;
	int rc = 0;

	put_path(&path, NULL, id);
	if (unlinkat(s->fd, path.data, 0) == -1)
		rc = fault_spool(s, f, EX_IOERR, "cannot remove", path.data);
	else
		rc = sync_directory(s, "failed", f);
	buf_release(&path);
	return rc;
}

int
spool_sync(struct spool *s, const char *account, struct fault *f)
{
	struct buf directory = BUF_INIT;
	int rc;

	put_directory(&directory, account);
	rc = sync_directory(s, directory.data, f);
	buf_release(&directory);
	return rc;
}

/* ---- scanning ---- */

static DIR *
open_directory(const struct spool *s, const char *name)
{
	int fd = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;

	if (d == NULL && fd != -1)
		close(fd);
	return d;
}

static int
scan_directory(const struct spool *s, const char *name, const char *account,
    int (*each)(void *arg, const struct spool_item *item, struct fault *f),
    void *arg, struct fault *f)
{
	struct spool_item item = { account, NULL, 0, 0 };
	DIR *d = open_directory(s, name);
	const struct dirent *entry;
	struct stat st;
	int rc = 0;

	while (d != NULL && rc == 0 && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    fstatat(dirfd(d), entry->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode))
			continue;
		item.id = entry->d_name;
		item.next = st.st_mtime;
		item.size = (long long)st.st_size;
		rc = each(arg, &item, f);
	}
	if (d != NULL)
		closedir(d);
	return rc;
}

int
spool_scan(struct spool *s, int (*each)(void *arg,
    const struct spool_item *item, struct fault *f), void *arg,
    struct fault *f)
{
	DIR *d = open_directory(s, "queue");
	struct buf account = BUF_INIT, directory = BUF_INIT;
	const struct dirent *entry;
	int rc = 0;

	/* One that nobody has put anything in yet. */
	if (d == NULL && errno == ENOENT)
		return 0;
	if (d == NULL)
		return fault_spool(s, f, EX_IOERR, "cannot read", "queue");
	while (rc == 0 && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    take_account(&account, entry->d_name) == -1)
			continue;
		buf_reset(&directory);
		buf_addf(&directory, "queue/%s", entry->d_name);
		rc = scan_directory(s, directory.data, account.data, each,
		    arg, f);
	}
	closedir(d);
	buf_release(&account);
	buf_release(&directory);
	return rc;
}

int
spool_scan_failed(struct spool *s, int (*each)(void *arg,
    const struct spool_item *item, struct fault *f), void *arg,
    struct fault *f)
{
	return scan_directory(s, "failed", NULL, each, arg, f);
}

/* 1 when there is such a file, which no id from outside can lead out of. */
static int
has_entry(const struct spool *s, const char *account, const char *id)
{
	struct buf path = BUF_INIT;
	struct stat st;
	int has;

	if (*id == '.' || strchr(id, '/') != NULL || *id == '\0')
		return 0;
	put_path(&path, account, id);
	has = fstatat(s->fd, path.data, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode);
	buf_release(&path);
	return has;
}

int
spool_find(const struct spool *s, const char *id, struct buf *account,
    int *has_failed)
{
	DIR *d = open_directory(s, "queue");
	const struct dirent *entry;
	int is_there = 0;

	while (d != NULL && !is_there && (entry = readdir(d)) != NULL)
		is_there = entry->d_name[0] != '.' &&
		    take_account(account, entry->d_name) == 0 &&
		    has_entry(s, account->data, id);
	if (d != NULL)
		closedir(d);
	*has_failed = !is_there && has_entry(s, NULL, id);
	return is_there || *has_failed;
}

void
spool_clean(struct spool *s)
{
	DIR *d = open_directory(s, "tmp");
	const struct dirent *entry;
	int fd;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		fd = openat(dirfd(d), entry->d_name,
		    O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		if (fd == -1)
			continue;
		/* It may have got its name in between: then it stays. */
		if (compat_lock(fd) == 0)
			unlinkat(dirfd(d), entry->d_name, 0);
		close(fd);
	}
	if (d != NULL)
		closedir(d);
}

/* ---- files beside the entries ---- */

int
spool_store(const struct spool *s, const char *name, const struct buf *text,
    struct fault *f)
{
	struct buf path = BUF_INIT;
	int fd, rc = -1;

	buf_addf(&path, "tmp/%s", name);
	fd = openat(s->fd, path.data, O_WRONLY | O_CREAT | O_TRUNC |
	    O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd != -1 && io_write(fd, text->data, text->len) == 0 &&
	    (!s->gives_away || fchown(fd, s->uid, s->gid) == 0) &&
	    renameat(s->fd, path.data, s->fd, name) == 0)
		rc = 0;
	else
		fault_spool(s, f, EX_IOERR, "cannot write", name);
	if (fd != -1)
		close(fd);
	buf_release(&path);
	return rc;
}

int
spool_load(const struct spool *s, const char *name, size_t max,
    struct buf *text, struct fault *f)
{
	int fd = openat(s->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char chunk[4096];
	ssize_t n = -1;

	if (fd == -1 && errno == ENOENT)
		return 0;
	while (fd != -1 && text->len <= max &&
	    (n = io_read(fd, chunk, sizeof chunk)) > 0)
		buf_add(text, chunk, (size_t)n);
	if (n == -1)
		fault_spool(s, f, EX_IOERR, "cannot read", name);
	else if (n > 0)
		fault_set(f, EX_IOERR, "%s/%s is larger than %zu octets",
		    s->path, name, max);
	if (fd != -1)
		close(fd);
	return n == 0 ? 1 : -1;
}

/* ---- the runner ---- */

int
spool_watch(struct spool *s, int is_lasting, struct fault *f)
{
	struct buf text = BUF_INIT;
	int rc = 1;

	s->lock_fd = openat(s->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd == -1)
		return fault_spool(s, f, EX_CANTCREAT, "cannot open", "lock");
	if (take_lock(s->lock_fd) == -1) {
		close(s->lock_fd);
		s->lock_fd = -1;
		return 0;
	}
	buf_addf(&text, "%s %ld", is_lasting ? lasting : passing,
	    (long)getpid());
	while (text.len < LOCK_TEXT - 1)
		buf_addc(&text, ' ');
	buf_addc(&text, '\n');
	/* Always as long as before, it takes no room of a full disk, which must
	 * not stop us; without it nobody relies on us. */
	if (io_pwrite(s->lock_fd, text.data, text.len, 0) == -1 &&
	    ftruncate(s->lock_fd, 0) == -1)
		rc = fault_spool(s, f, EX_CANTCREAT, "cannot write", "lock");
	buf_release(&text);
	return rc;
}

void
spool_unwatch(struct spool *s)
{
	if (s->lock_fd != -1)
		close(s->lock_fd);
	s->lock_fd = -1;
}

int
spool_has_runner(const struct spool *s)
{
	int fd = openat(s->fd, "lock", O_RDONLY | O_CLOEXEC);
	int is_there;

	if (fd == -1)
		return 0;
	is_there = is_owned(fd);
	close(fd);
	return is_there;
}

int
spool_is_watched(const struct spool *s)
{
	int fd = openat(s->fd, "lock", O_RDONLY | O_CLOEXEC);
	char text[sizeof lasting];
	int is_watched = 0;

	if (fd == -1)
		return 0;
	if (is_owned(fd))
		is_watched = io_pread(fd, text, sizeof lasting - 1, 0) ==
		    (ssize_t)sizeof lasting - 1 &&
		    memcmp(text, lasting, sizeof lasting - 1) == 0;
	close(fd);
	return is_watched;
}

/* One line to the runner, or nothing when there is no reader. */
static void
tell_runner(const struct spool *s, const char *text, size_t len)
{
	int fd = openat(s->fd, "trigger", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return;
	/* A full FIFO makes the runner look at everything. */
	n = write(fd, text, len);
	(void)n;
	close(fd);
}

void
spool_trigger(const struct spool *s, const char *account, const char *id)
{
	struct buf line = BUF_INIT;

	if (*id != '\0') {
		put_account(&line, account);
		buf_addf(&line, "/%s", id);
	}
	/* What is longer might be torn. */
	if (line.len >= _POSIX_PIPE_BUF)
		buf_reset(&line);
	buf_addc(&line, '\n');
	tell_runner(s, line.data, line.len);
	buf_release(&line);
}

void
spool_trigger_flush(const struct spool *s)
{
	tell_runner(s, flush, sizeof flush - 1);
}

int
spool_open_trigger(const struct spool *s, struct fault *f)
{
	/* Open for writing as well, it has never an end. */
	int fd = openat(s->fd, "trigger", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		fault_spool(s, f, EX_CANTCREAT, "cannot open", "trigger");
	return fd;
}

/* One line "ACCOUNT/ID", NUL-ended. 1 when it is something else. */
static int
take_trigger(struct spool *s, char *line, int (*each)(void *arg,
    const struct spool_item *item, struct fault *f), void *arg,
    struct fault *f)
{
	struct buf account = BUF_INIT, path = BUF_INIT;
	char *slash = strrchr(line, '/');
	struct spool_item item;
	struct stat st;
	int rc = 1;

	if (slash == NULL)
		return 1;
	buf_addf(&path, "queue/%s", line);
	*slash = '\0';
	if (take_account(&account, line) == -1 || strchr(line, '/') != NULL) {
		rc = 1;
	} else if (fstatat(s->fd, path.data, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode)) {
		rc = 0;
	} else {
		item.account = account.data;
		item.id = slash + 1;
		item.next = st.st_mtime;
		item.size = (long long)st.st_size;
		rc = each(arg, &item, f);
	}
	buf_release(&account);
	buf_release(&path);
	return rc;
}

int
spool_read_trigger(struct spool *s, int fd, int (*each)(void *arg,
    const struct spool_item *item, struct fault *f), void *arg,
    struct fault *f)
{
	char text[TRIGGER_MAX + 1], *p, *lf;
	ssize_t n = io_read(fd, text, TRIGGER_MAX);
	int rc, all;

	if (n <= 0)
		return TRIGGER_DONE;
	text[n] = '\0';
	/* When it was near the size of the smallest pipe, some did not fit. */
	all = n > TRIGGER_MANY || text[n - 1] != '\n';
	for (p = text; (lf = strchr(p, '\n')) != NULL; p = lf + 1) {
		if (strncmp(p, flush, sizeof flush - 1) == 0) {
			all |= TRIGGER_FLUSH;
			continue;
		}
		*lf = '\0';
		rc = take_trigger(s, p, each, arg, f);
		if (rc == -1)
			return -1;
		all |= rc;
	}
	return (all & TRIGGER_FLUSH) != 0 ? TRIGGER_FLUSH : all;
}
