/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The directory itself, and what its parts share: names, locks, syncing. */
#include "queue/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/xalloc.h"
#include "queue/spool_parts.h"

#define LOCK_TRIES 64

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
void
spool_put_account(struct buf *out, const char *account)
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

void
spool_put_directory(struct buf *out, const char *account)
{
	buf_adds(out, "queue/");
	spool_put_account(out, account);
}

/* account NULL: what has failed. */
void
spool_put_path(struct buf *out, const char *account, const char *id)
{
	if (account != NULL)
		spool_put_directory(out, account);
	else
		buf_adds(out, "failed");
	buf_addf(out, "/%s", id);
}

/* Of a directory's name the account's; -1 when it is none. */
int
spool_take_account(struct buf *out, const char *name)
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

int
spool_fault(const struct spool *s, struct fault *f, int code,
    const char *what, const char *name)
{
	return fault_errno(f, code, "%s %s/%s", what, s->path, name);
}

/* What root has made there belongs to the service's user. */
int
spool_give_away(const struct spool *s, const char *name, struct fault *f)
{
	if (!s->gives_away || fchownat(s->fd, name, s->uid, s->gid,
	    AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return spool_fault(s, f, EX_CANTCREAT, "cannot give away", name);
}

/* 1 when it is new. */
int
spool_make_directory(const struct spool *s, const char *name, struct fault *f)
{
	if (mkdirat(s->fd, name, 0700) == 0)
		return spool_give_away(s, name, f) == -1 ? -1 : 1;
	if (errno == EEXIST)
		return 0;
	return spool_fault(s, f, EX_CANTCREAT, "cannot make", name);
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
		rc = spool_make_directory(s, names[i], f);
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
		return spool_give_away(s, "trigger", f);
	if (errno == EEXIST)
		return 0;
	return spool_fault(s, f, EX_CANTCREAT, "cannot make", "trigger");
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
int
spool_sync_directory(const struct spool *s, const char *name, struct fault *f)
{
	int fd = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd == -1 || fsync(fd) == -1)
		rc = spool_fault(s, f, EX_TEMPFAIL, "cannot sync", name);
	if (fd != -1)
		close(fd);
	return rc;
}

/* ---- locks ---- */

/*
 * The lock for us alone, 0, or -1 when somebody else has it. Who only looks
 * has it shared, for an instant; an owner never shares it.
 */
int
spool_take_lock(int fd)
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
int
spool_is_owned(int fd)
{
	return compat_lock_shared(fd) == -1 && errno == EWOULDBLOCK;
}

/* Sets a file's time to the one it is to be tried at. */
void
spool_set_hint(int fd, time_t next)
{
	struct timespec times[2];

	memset(times, 0, sizeof times);
	times[0].tv_nsec = UTIME_OMIT;
	times[1].tv_sec = next;
	futimens(fd, times);
}
