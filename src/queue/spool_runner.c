/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The runner's place in a spool: its lock, which says that the queue is
 * watched, the FIFO by which it is told, and what it tells others.
 */
#include "queue/spool_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/io.h"

#define LOCK_TEXT 32
#define TRIGGER_MAX 65536
#define TRIGGER_MANY 3072

static const char lasting[] = "service", passing[] = "once";
/* The line of the trigger that means everything, now. */
static const char flush[] = "/flush\n";

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
		spool_fault(s, f, EX_IOERR, "cannot write", name);
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
		spool_fault(s, f, EX_IOERR, "cannot read", name);
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
		return spool_fault(s, f, EX_CANTCREAT, "cannot open", "lock");
	if (spool_take_lock(s->lock_fd) == -1) {
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
		rc = spool_fault(s, f, EX_CANTCREAT, "cannot write", "lock");
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
	is_there = spool_is_owned(fd);
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
	if (spool_is_owned(fd))
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
		spool_put_account(&line, account);
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
		spool_fault(s, f, EX_CANTCREAT, "cannot open", "trigger");
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
	if (spool_take_account(&account, line) == -1 ||
	    strchr(line, '/') != NULL) {
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
