/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whoever waits for input has written every reply before. A client that is
 * gone cannot be told anything more, which is no reason not to read what it
 * has sent: out_error says so at the end.
 */
#include "submit/smtp_channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Replies to so many octets wait for the input to run dry. */
#define OUT_MAX 65536
#define PIECE 16384

void
smtp_channel_init(struct smtp_channel *c, int in_fd, int out_fd)
{
	memset(c, 0, sizeof *c);
	c->out_fd = out_fd;
	c->timeout_ms = -1;
	c->ends = SMTP_ENDS_UNKNOWN;
	reader_init(&c->in, in_fd);
	buf_init(&c->out, 0);
}

void
smtp_channel_release(struct smtp_channel *c)
{
	reader_release(&c->in);
	buf_release(&c->out);
}

/* Waits until fd is ready: 1, 0 after timeout_ms. */
static int
wait_for(int fd, short events, int timeout_ms)
{
	struct pollfd p = { fd, events, 0 };
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n == -1 && errno == EINTR);
	return n != 0;
}

void
smtp_channel_flush(struct smtp_channel *c)
{
	const char *p = c->out.data;
	size_t left = c->out.len;
	ssize_t n;

	while (left != 0 && c->out_error == 0) {
		n = write(c->out_fd, p, left);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK) &&
		    wait_for(c->out_fd, POLLOUT, c->timeout_ms))
			continue;
		if (n == -1) {
			c->out_error = errno;
			break;
		}
		p += n;
		left -= (size_t)n;
	}
	buf_reset(&c->out);
}

void
smtp_channel_put(struct smtp_channel *c, const struct smtp_reply *r)
{
	smtp_reply_format(r, &c->out);
	if (c->out.len > OUT_MAX)
		smtp_channel_flush(c);
}

int
smtp_channel_is_ahead(const struct smtp_channel *c)
{
	return c->in.at != c->in.end;
}

/* Input that has not been taken: its length, 0 at the end. */
static size_t
peek(struct smtp_channel *c, const char **p)
{
	if (c->timed_out)
		return 0;
	if (!smtp_channel_is_ahead(c)) {
		smtp_channel_flush(c);
		if (!wait_for(c->in.fd, POLLIN, c->timeout_ms)) {
			c->timed_out = 1;
			return 0;
		}
	}
	return reader_peek(&c->in, p);
}

/* How a line ended, when that may be. */
static enum smtp_line
judge(struct smtp_channel *c, int has_cr, int is_long)
{
	if (c->ends == SMTP_ENDS_UNKNOWN)
		c->ends = has_cr || c->strict ? SMTP_ENDS_CRLF : SMTP_ENDS_LF;
	if (!has_cr && c->ends == SMTP_ENDS_CRLF)
		return SMTP_LINE_BARE_LF;
	return is_long ? SMTP_LINE_LONG : SMTP_LINE;
}

enum smtp_line
smtp_channel_line(struct smtp_channel *c, struct buf *line)
{
	int is_long = 0, has_cr = 0;
	const char *p, *lf;
	size_t n, len;

	buf_reset(line);
	while ((n = peek(c, &p)) != 0) {
		lf = memchr(p, '\n', n);
		len = lf != NULL ? (size_t)(lf - p) : n;
		is_long |= line->len + len > SMTP_LINE_MAX - 1;
		if (!is_long)
			buf_add(line, p, len);
		if (len != 0)
			has_cr = p[len - 1] == '\r';
		reader_take(&c->in, lf != NULL ? len + 1 : n);
		if (lf == NULL)
			continue;
		if (has_cr && !is_long)
			buf_truncate(line, line->len - 1);
		return judge(c, has_cr, is_long);
	}
	return SMTP_LINE_EOF;
}

/* For struct reader: the next octets of the content, 0 at its end. */
static ssize_t
read_content(void *arg, char *out, size_t room)
{
	struct smtp_channel *c = arg;
	size_t n, len = 0;
	const char *p;

	while (len == 0 && c->data.place != SMTP_DATA_END) {
		n = peek(c, &p);
		if (n == 0) {
			c->is_cut = 1;
			break;
		}
		/* One octet more may come out than goes in. */
		if (n >= room)
			n = room - 1;
		reader_take(&c->in, smtp_data_take(&c->data, p, n, out,
		    &len));
		c->size += (long long)len;
		if (c->size > c->size_max)
			return 0;
	}
	return (ssize_t)len;
}

void
smtp_channel_begin_content(struct smtp_channel *c, long long size_max,
    struct reader *r)
{
	smtp_data_init(&c->data, c->ends);
	c->size = 0;
	c->size_max = size_max;
	c->is_cut = 0;
	reader_init_source(r, read_content, c);
}

int
smtp_channel_end_content(struct smtp_channel *c)
{
	char piece[PIECE];

	/* Over the limit it says 0 each time, so the place is what counts. */
	while (c->data.place != SMTP_DATA_END && !c->is_cut)
		read_content(c, piece, sizeof piece);
	return c->is_cut || c->size > c->size_max ? -1 : 0;
}
