/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening files that become parts of a message. What is not a plain file is
 * sorted out by stat before it is opened: a device may hang or act on being
 * opened, and /dev/zero never ends. Only a FIFO is waited for. A file in /proc
 * says that it is empty: what has content all the same is read like a FIFO.
 *
 * The same file is read more than once (its type, its charset, its content),
 * and with many parts it is opened more than once: device, inode, size and
 * time of change must be the same from the first opening to the last octet.
 */
#include "mail/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/io.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/codec.h"
#include "mail/mediatype.h"

static void
part_release(struct part *p)
{
	if (p->fd != -1)
		close(p->fd);
	free(p->path);
	free(p->name);
	free(p->type);
	free(p->content_id);
}

void
part_list_release(struct part_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		part_release(&l->v[i]);
	free(l->v);
	l->v = NULL;
	l->n = l->cap = 0;
}

/* The name of standard input in messages. */
static const char *
shown(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* Refuses what is neither a file nor a FIFO. */
static int
check_kind(mode_t mode, const char *path, struct fault *f)
{
	if (S_ISREG(mode) || S_ISFIFO(mode))
		return 0;
	if (S_ISDIR(mode))
		return fault_set(f, EX_NOINPUT, "%s: is a directory: name a "
		    "file in it, or pack it into an archive first", path);
	return fault_set(f, EX_NOINPUT, "%s: is a %s: only files and pipes "
	    "can become part of a message", path,
	    S_ISSOCK(mode) ? "socket" : "device");
}

/*
 * Opens path. O_NONBLOCK keeps us from hanging should a device have taken the
 * place of the file since stat; a FIFO must be waited for.
 */
static int
open_path(const char *path, struct stat *st, struct fault *f)
{
	mode_t before;
	int fd;

	if (stat(path, st) == -1)
		return fault_errno(f, EX_NOINPUT, "%s", path);
	if (check_kind(st->st_mode, path, f) == -1)
		return -1;
	before = st->st_mode & S_IFMT;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
	    (before == S_IFIFO ? 0 : O_NONBLOCK));
	if (fd == -1 || fstat(fd, st) == -1)
		fault_errno(f, EX_NOINPUT, "%s", path);
	else if ((st->st_mode & S_IFMT) == before)
		return fd;
	else
		fault_set(f, EX_NOINPUT, "%s: changed while it was opened",
		    path);
	if (fd != -1)
		close(fd);
	return -1;
}

static int
copy_all(struct reader *r, struct writer *w, const char *path,
    struct fault *f)
{
	const char *p;
	size_t n;

	while ((n = reader_peek(r, &p)) != 0) {
		if (writer_position(w) + (off_t)n > PART_PIPE_MAX)
			return fault_set(f, EX_NOINPUT, "%s: does not end: "
			    "more than %lld octets are not taken from a pipe",
			    path, (long long)PART_PIPE_MAX);
		writer_put(w, p, n);
		if (w->error != 0)
			break;
		reader_take(r, n);
	}
	if (r->error == 0)
		return writer_flush(w, f);
	errno = r->error;
	return fault_errno(f, EX_NOINPUT, "%s: cannot be read", path);
}

/* Copies what fd gives into a private file; returns that one, or -1. */
static int
copy_private(int fd, const char *path, struct fault *f)
{
	struct reader r;
	struct writer w;
	int copy, rc;

	/* Were fd closed (<&-), the private file would take its number. */
	if (fcntl(fd, F_GETFD) == -1)
		return fault_errno(f, EX_NOINPUT, "%s", path);
	copy = io_private_file(f);
	if (copy == -1)
		return -1;
	reader_init(&r, fd);
	writer_init(&w, copy, 0);
	rc = copy_all(&r, &w, path, f);
	reader_release(&r);
	writer_release(&w);
	if (rc == 0)
		return copy;
	close(copy);
	return -1;
}

/* 1 when a file that claims to be empty has content. */
static int
is_disguised(int fd, const struct stat *st)
{
	char c;

	return S_ISREG(st->st_mode) && st->st_size == 0 &&
	    io_pread(fd, &c, 1, 0) == 1;
}

/* Opens the part's file for good; *is_private: it is a copy of ours. */
static int
open_content(const char *path, struct stat *st, int *is_private,
    struct fault *f)
{
	int fd, copy;

	*is_private = 1;
	if (strcmp(path, "-") == 0)
		fd = copy_private(STDIN_FILENO, shown(path), f);
	else {
		fd = open_path(path, st, f);
		if (fd == -1)
			return -1;
		if (S_ISREG(st->st_mode) && !is_disguised(fd, st)) {
			*is_private = 0;
			return fd;
		}
		copy = copy_private(fd, path, f);
		close(fd);
		fd = copy;
	}
	if (fd != -1 && fstat(fd, st) == -1) {
		fault_errno(f, EX_TEMPFAIL, "cannot read a temporary file");
		close(fd);
		fd = -1;
	}
	return fd;
}

/* C0, DEL and C1 controls: no file name has an honest use for them. */
static int
has_controls(const char *s)
{
	size_t len = strlen(s), n;
	unsigned long point;

	for (; len != 0; s += n, len -= n) {
		point = 0;
		n = utf8_decode(s, len, &point);
		if (ascii_is_control(*s) || (point >= 0x80 && point < 0xa0))
			return 1;
		if (n == 0)
			n = 1;
	}
	return 0;
}

/*
 * name as UTF-8. One that is not is taken for the locale's charset; octets
 * that stay unclear become "_", since a name is no reason to refuse a file.
 */
static char *
name_to_utf8(const char *name)
{
	size_t len = strlen(name), n, i;
	struct buf out = BUF_INIT;

	if (!utf8_is_valid(name, len) &&
	    charset_to_utf8(charset_locale(), name, len, &out) == 0)
		return buf_detach(&out);
	for (i = 0; i < len; i += n) {
		n = utf8_decode(name + i, len - i, NULL);
		if (n != 0)
			buf_add(&out, name + i, n);
		else {
			buf_addc(&out, '_');
			n = 1;
		}
	}
	return buf_detach(&out);
}

/* RFC 2183 2.3: a file name goes without directories. */
static const char *
last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/*
 * A multipart's content has a structure that a file cannot vouch for, and
 * base64 is not allowed for it (RFC 2045 6.4).
 */
static int
check_type(const char *type, struct fault *f)
{
	if (type == NULL)
		return 0;
	if (!mediatype_is_valid(type))
		return fault_set(f, EX_USAGE, "%s: is not a media type like "
		    "text/csv", type);
	if (ascii_is_equal(type, strcspn(type, "/"), "multipart", 9))
		return fault_set(f, EX_USAGE, "%s: a file cannot be attached "
		    "as multipart: use message/rfc822 for a mail", type);
	return 0;
}

static int
check_html(const struct part_list *l, enum part_kind kind, struct fault *f)
{
	size_t i;

	for (i = 0; kind == PART_KIND_HTML && i < l->n; i++)
		if (l->v[i].kind == PART_KIND_HTML)
			return fault_set(f, EX_USAGE, "a message has one HTML "
			    "part: attach the other file");
	return 0;
}

/* The name to tell into *told (owned by the caller), checked. */
static int
find_name(enum part_kind kind, const char *path, const char *name,
    char **told, struct fault *f)
{
	if (name == NULL && strcmp(path, "-") == 0) {
		if (kind != PART_KIND_HTML)
			return fault_set(f, EX_USAGE, "standard input has no "
			    "name: give one with --name");
		name = "";
	}
	if (name == NULL)
		name = path;
	*told = name_to_utf8(last_component(name));
	if (has_controls(name) || has_controls(*told))
		return fault_set(f, EX_USAGE, "%s: control characters in a "
		    "file name: give another with --name", name);
	return 0;
}

int
part_open(struct part_list *l, enum part_kind kind, const char *path,
    const char *name, const char *type, struct fault *f)
{
	struct part p = { .kind = kind, .fd = -1 };
	struct stat st;
	int is_private;

	if (check_html(l, kind, f) == -1 || check_type(type, f) == -1 ||
	    find_name(kind, path, name, &p.name, f) == -1)
		goto out;
	p.fd = open_content(path, &st, &is_private, f);
	if (p.fd == -1)
		goto out;
	p.path = xstrdup(shown(path));
	p.type = type != NULL ? xstrdup(type) : NULL;
	p.length = st.st_size;
	p.device = st.st_dev;
	p.inode = st.st_ino;
	p.modified = st.st_mtim;
	if (l->n >= PART_KEEP_OPEN && !is_private) {
		close(p.fd);
		p.fd = -1;
	}
	l->v = xgrow(l->v, l->n, &l->cap, sizeof *l->v);
	l->v[l->n++] = p;
	return 0;
out:
	part_release(&p);
	return -1;
}

/* Compares the open file with what it was when the part was opened. */
static int
check_same(const struct part *p, int fd, struct fault *f)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return fault_errno(f, EX_NOINPUT, "%s", p->path);
	if (st.st_dev == p->device && st.st_ino == p->inode &&
	    st.st_size == p->length &&
	    st.st_mtim.tv_sec == p->modified.tv_sec &&
	    st.st_mtim.tv_nsec == p->modified.tv_nsec)
		return 0;
	return fault_set(f, EX_NOINPUT, "%s: changed while it was read: "
	    "send a copy of it", p->path);
}

int
part_begin(const struct part *p, struct fault *f)
{
	int fd = p->fd;

	if (fd == -1)
		fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
		    O_NONBLOCK);
	if (fd == -1)
		return fault_errno(f, EX_NOINPUT, "%s", p->path);
	if (check_same(p, fd, f) == 0)
		return fd;
	if (fd != p->fd)
		close(fd);
	return -1;
}

int
part_end(const struct part *p, int fd, struct fault *f)
{
	int rc = check_same(p, fd, f);

	if (fd != p->fd)
		close(fd);
	return rc;
}
