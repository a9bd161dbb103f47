/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading and writing of descriptors: whole, interrupted calls repeated.
 * struct reader reads ahead through a fixed buffer; struct writer gathers
 * bytes and writes them at a position of a file, with an error that sticks.
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stddef.h>
#include <sys/types.h>

#include "base/fault.h"

#define IO_CHUNK 65536

/* read, repeated on EINTR: bytes read, 0 at the end, -1 with errno. */
ssize_t io_read(int fd, void *p, size_t len);
/* Writes all of it: 0, or -1 with errno. */
int io_write(int fd, const void *p, size_t len);
int io_pwrite(int fd, const void *p, size_t len, off_t at);
/* Reads exactly len bytes at a position; fewer only at the end of the file.
 * Returns the number of bytes, or -1 with errno. */
ssize_t io_pread(int fd, void *p, size_t len, off_t at);
/*
 * A private file without a name, for content on its way: in $TMPDIR, else
 * /tmp, else /var/tmp, else in memory. Returns the descriptor (close-on-exec)
 * or -1 with a fault (EX_TEMPFAIL).
 */
int io_private_file(struct fault *f);
/* The path from the root on: the working directory is put in front where it is
 * needed ("" and "-" stay). The caller frees it. */
char *io_whole_path(const char *path);
/* Appends a whole file (at most max bytes) to b; 0, or -1 with a fault that
 * names path (EX_NOINPUT, or EX_DATAERR when it is larger). */
int io_load(const char *path, size_t max, struct buf *b, struct fault *f);

/* Reads fd from where it stands, or a part of it by position (pread), or what
 * a function makes. */
struct reader {
	int fd;
	ssize_t (*source)(void *arg, char *p, size_t len); /* NULL: fd */
	void *arg;
	char *data;     /* owned; bytes not yet taken: data[at] .. data[end-1] */
	size_t at, end;
	size_t room;    /* octets that data has room for, 0 without it */
	off_t position; /* next file offset to read; -1: plain read */
	off_t left;     /* bytes of the part not read yet; -1: to the end */
	int eof;
	int error;      /* errno of a failed read, 0 if none; acts as the end */
};

/* fd is borrowed. */
void reader_init(struct reader *r, int fd);
/* Reads length bytes of fd from offset on, with pread. */
void reader_init_part(struct reader *r, int fd, off_t offset, off_t length);
/* Reads what source makes: as read(2), at most len octets to p, 0 at the end,
 * -1 with errno. arg is borrowed. */
void reader_init_source(struct reader *r,
    ssize_t (*source)(void *arg, char *p, size_t len), void *arg);
void reader_release(struct reader *r);
/*
 * Makes unread bytes available: returns how many (> 0) and sets *p to the
 * first one; 0 at the end (or after an error: r->error). Reads only when
 * nothing is left.
 */
size_t reader_peek(struct reader *r, const char **p);
/* Takes n of the bytes that reader_peek showed. */
void reader_take(struct reader *r, size_t n);
/*
 * Appends the next line with its line feed to b (the last one may lack it).
 * 1, 0 at the end (nothing appended), -1 when b's max is exceeded.
 */
int reader_line(struct reader *r, struct buf *b);

struct writer {
	int fd;
	char *data;  /* owned */
	size_t len;
	size_t room; /* octets that data has room for, 0 without it */
	off_t at;    /* file position of data[0] */
	int error;   /* errno of the first failed write; later calls do nothing */
};

/* Will write to fd (borrowed) from position at on, with pwrite. */
void writer_init(struct writer *w, int fd, off_t at);
/* Frees the buffer; unflushed bytes are lost. */
void writer_release(struct writer *w);
void writer_put(struct writer *w, const void *p, size_t len);
void writer_puts(struct writer *w, const char *s);
/*
 * Room for n (<= IO_CHUNK) bytes to be filled in place; say how many were
 * used with writer_advance.
 */
char *writer_room(struct writer *w, size_t n);
void writer_advance(struct writer *w, size_t n);
/* Position behind the last byte put. */
off_t writer_position(const struct writer *w);
/* Writes what is gathered. 0, or -1 with a fault (EX_TEMPFAIL) that says what
 * stopped the first failed write. */
int writer_flush(struct writer *w, struct fault *f);

#endif
