/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding where the parts of a message end. The file is read by position
 * through one buffer; a line that fits it comes whole, so that a delimiter
 * line is always seen in one piece, and a longer one comes in pieces.
 * A delimiter may be followed by white space (RFC 2046 5.1.1) and by nothing
 * else: "--abcd" is no delimiter of the boundary "abc".
 */
#include "mail/mimescan.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/xalloc.h"

void
mime_scan_init(struct mime_scan *s, int fd, off_t at, off_t end)
{
	memset(s, 0, sizeof *s);
	s->fd = fd;
	s->end = end;
	mime_scan_seek(s, at);
}

void
mime_scan_release(struct mime_scan *s)
{
	while (s->levels != 0)
		mime_scan_pop(s);
	free(s->data);
	s->data = NULL;
	s->at = s->fill = 0;
}

void
mime_scan_seek(struct mime_scan *s, off_t at)
{
	s->begins = 1;
	if (at >= s->base && at <= s->base + (off_t)s->fill) {
		s->at = (size_t)(at - s->base);
		return;
	}
	s->base = at;
	s->at = s->fill = 0;
}

/* Reads on behind the unread octets: 1, or 0 when there is nothing more. */
static int
fill(struct mime_scan *s)
{
	off_t from = s->base + (off_t)s->fill;
	size_t want;
	ssize_t n;

	if (s->data == NULL)
		s->data = xmalloc(IO_CHUNK);
	if (from >= s->end || s->error != 0)
		return 0;
	memmove(s->data, s->data + s->at, s->fill - s->at);
	s->base += (off_t)s->at;
	s->fill -= s->at;
	s->at = 0;
	want = IO_CHUNK - s->fill;
	if ((off_t)want > s->end - from)
		want = (size_t)(s->end - from);
	n = io_pread(s->fd, s->data + s->fill, want, from);
	if (n <= 0) {
		s->error = n == -1 ? errno : EIO;
		return 0;
	}
	s->fill += (size_t)n;
	return 1;
}

int
mime_scan_line(struct mime_scan *s, struct mime_line *l)
{
	const char *lf = NULL;
	size_t looked = 0, len;

	for (;;) {
		len = s->fill - s->at;
		if (len > looked)
			lf = memchr(s->data + s->at + looked, '\n',
			    len - looked);
		looked = len;
		if (lf != NULL || len == IO_CHUNK || !fill(s))
			break;
	}
	if (len == 0)
		return 0;
	l->p = s->data + s->at;
	l->at = s->base + (off_t)s->at;
	l->begins = s->begins;
	l->ends = lf != NULL;
	if (lf != NULL)
		len = (size_t)(lf - l->p) + 1;
	s->at += len;
	l->next = l->at + (off_t)len;
	s->begins = l->ends;
	if (l->ends) {
		len--;
		if (len != 0 && l->p[len - 1] == '\r')
			len--;
	}
	l->len = len;
	return 1;
}

static int
is_delimiter(const struct buf *boundary, const char *p, size_t len,
    int *is_close)
{
	if (len < boundary->len ||
	    memcmp(p, boundary->data, boundary->len) != 0)
		return 0;
	p += boundary->len;
	len -= boundary->len;
	*is_close = len >= 2 && p[0] == '-' && p[1] == '-';
	if (*is_close) {
		p += 2;
		len -= 2;
	}
	while (len != 0 && (*p == ' ' || *p == '\t')) {
		p++;
		len--;
	}
	return len == 0;
}

int
mime_scan_is_stop(const struct mime_scan *s, const struct mime_line *l,
    struct mime_stop *stop)
{
	size_t i;

	if (!l->begins || (!l->ends && l->next != s->end) ||
	    l->len < 2 || l->p[0] != '-' || l->p[1] != '-')
		return 0;
	for (i = 0; i < s->levels; i++)
		if (is_delimiter(&s->boundary[i], l->p + 2, l->len - 2,
		    &stop->close)) {
			stop->level = i;
			stop->at = l->at;
			stop->next = l->next;
			return 1;
		}
	return 0;
}

void
mime_scan_to_stop(struct mime_scan *s, off_t at, struct mime_stop *stop)
{
	struct mime_line line;

	mime_scan_seek(s, at);
	stop->text_end = at;
	while (s->levels != 0 && mime_scan_line(s, &line)) {
		if (mime_scan_is_stop(s, &line, stop))
			return;
		stop->text_end = line.at + (off_t)line.len;
	}
	stop->level = MIME_NO_LEVEL;
	stop->close = 0;
	stop->at = stop->next = stop->text_end = s->end;
}

void
mime_scan_push(struct mime_scan *s, const struct buf *boundary)
{
	struct buf *b = &s->boundary[s->levels];

	assert(s->levels < MIME_DEPTH);
	s->levels++;
	buf_init(b, 0);
	buf_add(b, boundary->data, boundary->len);
}

void
mime_scan_pop(struct mime_scan *s)
{
	assert(s->levels != 0);
	buf_release(&s->boundary[--s->levels]);
}

int
mime_scan_check(const struct mime_scan *s, struct fault *f)
{
	if (s->error == 0)
		return 0;
	errno = s->error;
	return fault_errno(f, EX_IOERR, "cannot read the message");
}
