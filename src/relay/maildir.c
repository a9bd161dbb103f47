/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules of maildir(5): a name that nobody else makes, written in tmp/,
 * synced, renamed into new/, and the directory synced as well. Up to the
 * rename a failure removes the file; a directory that cannot be synced takes
 * the mail back as long as no reader has moved it.
 *
 * rename and not link: the name has random digits, so there is nothing that
 * it could replace, and it works where there are no hard links.
 */
#include "relay/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/io.h"

/* Each of them would need the others' random digits. */
#define TRIES_MAX 3

#define FOLDERS 3
static const char *const folders[FOLDERS] = { "tmp", "new", "cur" };

/* What will be the same at the next try. */
static int
is_lasting(int error)
{
	static const int lasting[] = {
		EACCES, EPERM, EROFS, ENOENT, ENOTDIR, EISDIR, ELOOP,
		ENAMETOOLONG, EINVAL, EXDEV
	};
	size_t i;

	for (i = 0; i < sizeof lasting / sizeof *lasting; i++)
		if (error == lasting[i])
			return 1;
	return 0;
}

/* folder: "" or "/tmp". The unique name of a file would tell nobody more. */
static int
fail(struct fault *f, const char *path, const char *folder)
{
	return fault_errno(f, is_lasting(errno) ? EX_CANTCREAT : EX_TEMPFAIL,
	    "%s%s", path, folder);
}

/* 0, or -1 with errno. Some file systems cannot sync a directory. */
static int
sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;

	if (fd == -1)
		return -1;
	if (fsync(fd) == -1 && errno != EINVAL && errno != ENOTSUP)
		error = errno;
	close(fd);
	errno = error;
	return error == 0 ? 0 : -1;
}

/* Appends the directory above path, which may end in slashes. */
static void
add_parent(struct buf *out, const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0)
		buf_adds(out, ".");
	else
		buf_add(out, path, n);
}

/* 1 when it was made, 0 when it was there, -1 with a fault. */
static int
make_directory(const char *path, struct fault *f)
{
	if (mkdir(path, 0700) == 0)
		return 1;
	return errno == EEXIST ? 0 : fail(f, path, "");
}

int
maildir_make(const char *path, struct fault *f)
{
	struct buf place = BUF_INIT;
	int rc = make_directory(path, f), is_new = rc == 1;
	size_t i;

	for (i = 0; rc != -1 && i < FOLDERS; i++) {
		buf_reset(&place);
		buf_addf(&place, "%s/%s", path, folders[i]);
		rc = make_directory(place.data, f);
		is_new |= rc == 1;
	}
	if (rc != -1 && is_new) {
		buf_reset(&place);
		add_parent(&place, path);
		rc = sync_directory(path) == -1 ? fail(f, path, "") :
		    sync_directory(place.data) == -1 && errno != EACCES ?
		    fail(f, place.data, "") : 0;
	}
	buf_release(&place);
	return rc == -1 ? -1 : 0;
}

/* The host's name without what ends a directory or a unique name. */
static void
add_host(struct buf *out)
{
	struct buf host = BUF_INIT;
	size_t i;

	clock_hostname(&host);
	for (i = 0; i < host.len; i++)
		if (strchr("/:\\", host.data[i]) != NULL)
			buf_addf(out, "\\%03o", (unsigned)host.data[i]);
		else
			buf_addc(out, host.data[i]);
	buf_release(&host);
}

/* SECONDS.MmicrosecondsPpidQcountRrandom.HOST */
static void
make_name(struct buf *out)
{
	static unsigned long count;
	unsigned char random[8];
	struct timespec t;
	size_t i;

	buf_reset(out);
	clock_gettime(CLOCK_REALTIME, &t);
	buf_addf(out, "%lld.M%ldP%ldQ%luR", (long long)t.tv_sec,
	    t.tv_nsec / 1000, (long)getpid(), ++count);
	/* Without them time, process and count are still one's own. */
	if (compat_random(random, sizeof random) == 0)
		for (i = 0; i < sizeof random; i++)
			buf_addf(out, "%02x", random[i]);
	buf_addc(out, '.');
	add_host(out);
}

static void
make_place(struct buf *out, const char *path, const char *folder,
    const struct buf *name)
{
	buf_reset(out);
	buf_addf(out, "%s/%s/%s", path, folder, name->data);
}

/* Opens a new file in tmp/: the descriptor, or -1 with a fault. */
static int
open_new(const char *path, struct buf *name, struct buf *place,
    struct fault *f)
{
	int fd = -1, tries;

	for (tries = 0; tries < TRIES_MAX && fd == -1; tries++) {
		make_name(name);
		make_place(place, path, "tmp", name);
		fd = open(place->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0600);
		if (fd == -1 && errno != EEXIST)
			break;
	}
	return fd != -1 ? fd : fail(f, path, "/tmp");
}

/* Where something has still to be made: the directory for it, appended to
 * out; 0 when all is there. */
static int
find_gap(const char *path, struct buf *out)
{
	struct buf place = BUF_INIT;
	struct stat st;
	int is_gap = 0;
	size_t i;

	if (stat(path, &st) == -1 && errno == ENOENT) {
		add_parent(out, path);
		return 1;
	}
	for (i = 0; i < FOLDERS; i++) {
		buf_reset(&place);
		buf_addf(&place, "%s/%s", path, folders[i]);
		is_gap |= stat(place.data, &st) == -1 && errno == ENOENT;
	}
	if (is_gap)
		buf_adds(out, path);
	buf_release(&place);
	return is_gap;
}

int
maildir_check(const char *path, struct fault *f)
{
	struct buf name = BUF_INIT, place = BUF_INIT;
	int rc = 1, fd = -1;

	if (find_gap(path, &place)) {
		rc = 0;
	} else if ((fd = open_new(path, &name, &place, f)) == -1) {
		rc = -1;
	} else {
		close(fd);
		unlink(place.data);
		buf_reset(&place);
		buf_addf(&place, "%s/new", path);
	}
	if (rc != -1 && access(place.data, W_OK | X_OK) == -1)
		rc = fail(f, place.data, "");
	buf_release(&name);
	buf_release(&place);
	return rc;
}

/* The mail. */

static void
put_envelope(struct writer *w, const struct mail *m)
{
	const struct envelope *e = m->envelope;
	size_t i;

	writer_puts(w, "Return-Path: <");
	writer_puts(w, m->sender);
	for (i = 0; i < e->n; i++) {
		if (e->v[i].outcome != OUTCOME_NONE)
			continue;
		writer_puts(w, ">\nX-Envelope-To: <");
		writer_puts(w, m->addresses[i]);
	}
	writer_puts(w, ">\n");
}

/* A piece with CRLF made LF; *last is the octet before it. A CR at its end
 * is left to the next one. */
static void
put_piece(struct writer *w, const char *p, size_t len, char *last)
{
	const char *end = p + len, *cr;

	if (*last == '\r' && *p != '\n')
		writer_put(w, "\r", 1);
	*last = end[-1];
	end -= *last == '\r';
	while ((cr = memchr(p, '\r', (size_t)(end - p))) != NULL) {
		writer_put(w, p, (size_t)(cr - p) + (cr[1] != '\n'));
		p = cr + 1;
	}
	writer_put(w, p, (size_t)(end - p));
}

/* 0, or -1 with a fault when the mail cannot be read. */
static int
put_content(struct writer *w, const struct mail *m, struct fault *f)
{
	off_t left = m->length;
	struct reader r;
	const char *p;
	char last = '\n';
	size_t n;
	int rc = 0;

	reader_init_part(&r, m->fd, m->offset, m->length);
	while ((n = reader_peek(&r, &p)) != 0) {
		put_piece(w, p, n, &last);
		left -= (off_t)n;
		reader_take(&r, n);
	}
	/* It ends like a mail that was sent: with a line end. */
	if (last != '\n')
		writer_puts(w, last == '\r' ? "\r\n" : "\n");
	errno = r.error;
	if (r.error != 0)
		rc = fault_errno(f, EX_IOERR, "cannot read the mail");
	else if (left != 0)
		rc = fault_set(f, EX_IOERR, "the mail is shorter than it "
		    "was: its file was changed");
	reader_release(&r);
	return rc;
}

/* Writes all of it to the disk; closes fd. */
static int
write_file(int fd, const char *path, const struct mail *m, struct fault *f)
{
	struct fault ignored = FAULT_INIT;
	struct writer w;
	int rc;

	writer_init(&w, fd, 0);
	put_envelope(&w, m);
	rc = put_content(&w, m, f);
	if (writer_flush(&w, &ignored) == -1) {
		errno = w.error;
		rc = fail(f, path, "/tmp");
	}
	if (rc == 0 && fsync(fd) == -1)
		rc = fail(f, path, "/tmp");
	/* Network file systems may tell it only here. */
	if (close(fd) == -1 && rc == 0)
		rc = fail(f, path, "/tmp");
	writer_release(&w);
	fault_release(&ignored);
	return rc;
}

/* Renames it into new/. */
static enum maildir_result
publish(const char *path, const char *from, const struct buf *name,
    struct fault *f)
{
	enum maildir_result result = MAILDIR_DONE;
	struct buf to = BUF_INIT, folder = BUF_INIT;

	make_place(&to, path, "new", name);
	buf_addf(&folder, "%s/new", path);
	if (rename(from, to.data) == -1) {
		fail(f, path, "/new");
		unlink(from);
		result = MAILDIR_FAILED;
	} else if (sync_directory(folder.data) == -1) {
		fail(f, path, "/new");
		result = unlink(to.data) == 0 ? MAILDIR_FAILED :
		    MAILDIR_UNCONFIRMED;
	}
	buf_release(&to);
	buf_release(&folder);
	return result;
}

enum maildir_result
maildir_deliver(const char *path, const struct mail *m,
    int (*before)(void *arg, const struct mail *m, struct fault *f),
    void *arg, struct buf *name, struct fault *f)
{
	enum maildir_result result = MAILDIR_FAILED;
	struct buf place = BUF_INIT;
	int fd = open_new(path, name, &place, f);

	if (fd == -1)
		goto out;
	if (write_file(fd, path, m, f) == -1 ||
	    (before != NULL && before(arg, m, f) == -1))
		unlink(place.data);
	else
		result = publish(path, place.data, name, f);
out:
	buf_release(&place);
	return result;
}
