/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Descriptors in whole pieces, a reader with look-ahead and a writer by
 * position. Buffers have IO_CHUNK bytes, or less as long as that is enough:
 * content of any size passes through in constant memory.
 */
#include "base/io.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/xalloc.h"

/* A small mail needs no more, and a new page costs more than a read. */
#define IO_FIRST ((size_t)4096)

ssize_t
io_read(int fd, void *p, size_t len)
{
	ssize_t n;

	do
		n = read(fd, p, len);
	while (n == -1 && errno == EINTR);
	return n;
}

int
io_write(int fd, const void *p, size_t len)
{
	const char *q = p;
	ssize_t n;

	while (len != 0) {
		n = write(fd, q, len);
		if (n == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		q += n;
		len -= (size_t)n;
	}
	return 0;
}

int
io_pwrite(int fd, const void *p, size_t len, off_t at)
{
	const char *q = p;
	ssize_t n;

	while (len != 0) {
		n = pwrite(fd, q, len, at);
		if (n == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		q += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t
io_pread(int fd, void *p, size_t len, off_t at)
{
	char *q = p;
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = pread(fd, q + done, len - done, at + (off_t)done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int
io_private_file(struct fault *f)
{
	const char *dirs[3] = { compat_getenv("TMPDIR"), "/tmp", "/var/tmp" };
	size_t i;
	int fd;

	for (i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		if (dirs[i] == NULL || dirs[i][0] != '/')
			continue;
		fd = compat_nameless_file(dirs[i]);
		if (fd != -1)
			return fd;
	}
	fd = compat_memory_file();
	if (fd == -1)
		fault_errno(f, EX_TEMPFAIL, "no place for a temporary file "
		    "(tried $TMPDIR, /tmp and /var/tmp)");
	return fd;
}

int
io_load(const char *path, size_t max, struct buf *b, struct fault *f)
{
	char chunk[4096];
	size_t total = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return fault_errno(f, EX_NOINPUT, "%s", path);
	while ((n = io_read(fd, chunk, sizeof chunk)) > 0) {
		total += (size_t)n;
		if (total > max || buf_add(b, chunk, (size_t)n) == -1) {
			fault_set(f, EX_DATAERR, "%s: larger than %zu bytes",
			    path, max);
			break;
		}
	}
	compat_wipe(chunk, sizeof chunk);
	if (n == -1)
		fault_errno(f, EX_NOINPUT, "%s", path);
	close(fd);
	return n == 0 ? 0 : -1;
}

void
reader_init(struct reader *r, int fd)
{
	memset(r, 0, sizeof *r);
	r->fd = fd;
	r->position = -1;
	r->left = -1;
}

void
reader_init_part(struct reader *r, int fd, off_t offset, off_t length)
{
	reader_init(r, fd);
	r->position = offset;
	r->left = length;
}

void
reader_init_source(struct reader *r,
    ssize_t (*source)(void *arg, char *p, size_t len), void *arg)
{
	reader_init(r, -1);
	r->source = source;
	r->arg = arg;
}

void
reader_release(struct reader *r)
{
	free(r->data);
	r->data = NULL;
	r->at = r->end = 0;
	r->eof = 1;
}

static void
reader_fill(struct reader *r)
{
	size_t want;
	ssize_t n;

	if (r->data == NULL || (r->end == r->room && r->room < IO_CHUNK)) {
		r->room = r->data == NULL ? IO_FIRST : IO_CHUNK;
		free(r->data);
		r->data = xmalloc(r->room);
	}
	want = r->room;
	r->at = r->end = 0;
	if (r->left != -1 && (off_t)want > r->left)
		want = (size_t)r->left;
	if (r->source != NULL)
		n = r->source(r->arg, r->data, want);
	else if (r->position == -1)
		n = io_read(r->fd, r->data, want);
	else
		n = io_pread(r->fd, r->data, want, r->position);
	if (n <= 0) {
		r->eof = 1;
		r->error = n == -1 ? errno : 0;
		return;
	}
	r->end = (size_t)n;
	if (r->position != -1)
		r->position += n;
	if (r->left != -1)
		r->left -= n;
}

size_t
reader_peek(struct reader *r, const char **p)
{
	if (r->at == r->end && !r->eof)
		reader_fill(r);
	*p = r->data + r->at;
	return r->end - r->at;
}

void
reader_take(struct reader *r, size_t n)
{
	assert(n <= r->end - r->at);
	r->at += n;
}

int
reader_line(struct reader *r, struct buf *b)
{
	const char *p, *nl;
	size_t n, any = 0;

	while ((n = reader_peek(r, &p)) != 0) {
		nl = memchr(p, '\n', n);
		if (nl != NULL)
			n = (size_t)(nl - p) + 1;
		if (buf_add(b, p, n) == -1)
			return -1;
		reader_take(r, n);
		any = 1;
		if (nl != NULL)
			break;
	}
	return any != 0;
}

void
writer_init(struct writer *w, int fd, off_t at)
{
	w->fd = fd;
	w->data = NULL;
	w->len = w->room = 0;
	w->at = at;
	w->error = 0;
}

void
writer_release(struct writer *w)
{
	free(w->data);
	w->data = NULL;
	w->len = w->room = 0;
}

static void
writer_drain(struct writer *w)
{
	if (w->error == 0 && w->len != 0 &&
	    io_pwrite(w->fd, w->data, w->len, w->at) == -1)
		w->error = errno;
	w->at += (off_t)w->len;
	w->len = 0;
}

char *
writer_room(struct writer *w, size_t n)
{
	assert(n <= IO_CHUNK);
	if (w->room < IO_CHUNK && w->room - w->len < n) {
		w->room = w->len + n <= IO_FIRST ? IO_FIRST : IO_CHUNK;
		w->data = xrealloc(w->data, w->room);
	}
	if (w->room - w->len < n)
		writer_drain(w);
	return w->data + w->len;
}

void
writer_advance(struct writer *w, size_t n)
{
	w->len += n;
	assert(w->len <= w->room);
}

void
writer_put(struct writer *w, const void *p, size_t len)
{
	const char *q = p;
	size_t n;

	while (len != 0) {
		n = len < IO_CHUNK ? len : IO_CHUNK;
		memcpy(writer_room(w, n), q, n);
		writer_advance(w, n);
		q += n;
		len -= n;
	}
}

void
writer_puts(struct writer *w, const char *s)
{
	writer_put(w, s, strlen(s));
}

off_t
writer_position(const struct writer *w)
{
	return w->at + (off_t)w->len;
}

int
writer_flush(struct writer *w, struct fault *f)
{
	writer_drain(w);
	if (w->error == 0)
		return 0;
	errno = w->error;
	return fault_errno(f, EX_TEMPFAIL, "cannot write the temporary file");
}

char *
io_whole_path(const char *path)
{
	char here[PATH_MAX];
	struct buf whole = BUF_INIT;

	if (path[0] != '/' && path[0] != '\0' && strcmp(path, "-") != 0 &&
	    getcwd(here, sizeof here) != NULL)
		buf_addf(&whole, "%s/", here);
	buf_adds(&whole, path);
	return buf_detach(&whole);
}
