/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mime_convert on any octets. The first one chooses the needs, the rest goes
 * through text_copy, as every message does. What comes out must be 7-bit when
 * that was asked for, and a second conversion must not change it any more.
 *
 * Build it with clang -fsanitize=fuzzer,address,undefined together with all
 * of src/base and src/mail (compat.c with -D_GNU_SOURCE), but for
 * src/mail/libmagic_loaded.c, and -lmagic.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/utf8.h"
#include "mail/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
to_ascii(const char *domain, struct buf *out)
{
	return domain[0] == 'a' ? buf_adds(out, "xn--a.example") : -1;
}

static void
contents(int fd, struct buf *out)
{
	char chunk[4096];
	off_t at = 0;
	ssize_t n;

	while ((n = io_pread(fd, chunk, sizeof chunk, at)) > 0) {
		buf_add(out, chunk, (size_t)n);
		at += n;
	}
}

/* Puts input as CRLF text into a file; returns its length. */
static off_t
normalize(const char *data, size_t size, int fd)
{
	int from = compat_memory_file();
	struct fault f = FAULT_INIT;
	struct text_facts facts;
	struct reader r;
	struct writer w;

	io_pwrite(from, data, size, 0);
	reader_init_part(&r, from, 0, (off_t)size);
	writer_init(&w, fd, 0);
	if (text_copy(&r, NULL, &w, 0, &facts, &f) == -1)
		abort();
	reader_release(&r);
	writer_release(&w);
	close(from);
	return facts.length;
}

static int
convert(int fd, off_t length, int needs, struct buf *out)
{
	int to = compat_memory_file(), sealed;
	struct fault f = FAULT_INIT;
	struct writer w;

	writer_init(&w, to, 0);
	if (mime_convert(fd, 0, length, needs, to_ascii, &w, &sealed, &f) ==
	    -1)
		abort();
	contents(to, out);
	writer_release(&w);
	close(to);
	return sealed;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;
	int fd, again, needs, sealed;
	off_t length;

	if (size == 0)
		return 0;
	needs = data[0] & 7;
	fd = compat_memory_file();
	length = normalize((const char *)data + 1, size - 1, fd);
	sealed = convert(fd, length, needs, &once);
	if ((needs & (MIME_7BIT | MIME_7BIT_HEADER)) ==
	    (MIME_7BIT | MIME_7BIT_HEADER) && !sealed &&
	    utf8_is_8bit(once.data, once.len))
		abort();
	again = compat_memory_file();
	io_pwrite(again, once.data, once.len, 0);
	convert(again, (off_t)once.len, needs, &twice);
	if (twice.len != once.len ||
	    memcmp(twice.data, once.data, once.len) != 0)
		abort();
	close(fd);
	close(again);
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
