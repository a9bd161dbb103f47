/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The I/O loop of a session (RFC 5321 2.3.8, 4.2, 4.5.2, 4.5.3.2). Each turn
 * reads, then writes, and polls only when neither moved: TLS may hold octets
 * that poll does not see, and may want to read in order to write. What is
 * known to be empty is not read, where the system tells.
 *
 * What was given to send stays where it is until it is taken: OpenSSL asks
 * for the same pointer and length again. So output goes through one chunk
 * that is filled only when it is empty.
 *
 * Nothing here knows which command a reply belongs to.
 */
#include "relay/wire.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/io.h"
#include "base/xalloc.h"

#define CHUNK ((size_t)IO_CHUNK)
#define LINE_MAX_OCTETS ((size_t)65536)
#define ANSWER_MAX ((size_t)65536)
/* After a failed send the server's last words are waited for this long. */
#define LAST_WORDS_MS 10000
/* With TLS "writable" may be true while only reading helps. */
#define OTHER_DIRECTION_MS 20

/* Replies. */

void
answer_init(struct answer *a)
{
	a->code = 0;
	buf_init(&a->lines, ANSWER_MAX);
}

void
answer_release(struct answer *a)
{
	buf_release(&a->lines);
	a->code = 0;
}

static void
answer_reset(struct answer *a)
{
	a->code = 0;
	buf_reset(&a->lines);
}

void
answer_text(const struct answer *a, struct buf *out)
{
	const char *p = a->lines.data, *end = p + a->lines.len, *eol;
	int first = 1;

	while (p < end) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			eol = end;
		if (a->code != 0)
			p += eol - p > 4 ? 4 : eol - p;
		if (p < eol && !first)
			buf_addc(out, ' ');
		first = first && p == eol;
		buf_add(out, p, (size_t)(eol - p));
		p = eol + 1;
	}
}

/* The code at the beginning of a line (RFC 5321 4.2), 0 if there is none. */
static int
line_code(const char *p, size_t len)
{
	if (len < 3 || p[0] < '2' || p[0] > '5' || p[1] < '0' || p[1] > '9' ||
	    p[2] < '0' || p[2] > '9')
		return 0;
	if (len > 3 && p[3] != ' ' && p[3] != '-')
		return 0;
	return (p[0] - '0') * 100 + (p[1] - '0') * 10 + p[2] - '0';
}

int
answer_add_line(struct answer *a, const char *line, size_t len)
{
	int code = line_code(line, len);
	int is_first = a->lines.len == 0;
	size_t start, i;

	if (!is_first)
		buf_addc(&a->lines, '\n');
	start = a->lines.len;
	if (buf_add(&a->lines, line, len) == -1)
		code = 0;
	/* The lines go through C strings. */
	for (i = start; i < a->lines.len; i++)
		if (a->lines.data[i] == '\0')
			a->lines.data[i] = '?';
	if (code == 0 || (!is_first && code != a->code)) {
		a->code = 0;
		return -1;
	}
	a->code = code;
	return len > 3 && line[3] == '-' ? 0 : 1;
}

/* Setting up. */

void
wire_init(struct wire *w, const struct transport *via, int block_ms)
{
	memset(w, 0, sizeof *w);
	w->via = *via;
	w->in = xmalloc(CHUNK);
	w->raw = xmalloc(CHUNK);
	/* Dot-stuffing at most doubles a chunk. */
	w->chunk = xmalloc(2 * CHUNK);
	buf_init(&w->line, LINE_MAX_OCTETS);
	buf_init(&w->text, 0);
	buf_init(&w->after, 0);
	w->block_ms = block_ms;
	fault_init(&w->fault);
}

void
wire_release(struct wire *w)
{
	free(w->in);
	free(w->raw);
	free(w->chunk);
	buf_release(&w->line);
	buf_release(&w->text);
	buf_release(&w->after);
	fault_release(&w->fault);
	memset(w, 0, sizeof *w);
}

void
wire_put(struct wire *w, const char *text, size_t len)
{
	buf_add(w->dot == DOT_AHEAD ? &w->after : &w->text, text, len);
}

void
wire_put_content(struct wire *w, const struct wire_content *content)
{
	assert(w->dot != DOT_AHEAD);
	w->content = *content;
	w->dot = DOT_AHEAD;
	/* Also before the first chunk, which may have the dot. */
	w->is_drained = 0;
	w->total = content->left;
	w->told = 0;
	w->is_telling = w->progress != NULL;
	w->told_at = clock_monotonic_ms();
	w->last = '\n';
	w->ends_line = 1;
}

/* Output. */

/*
 * Copies content and doubles each dot that begins a line; last is the octet
 * before in. Dots are rare, so memchr does the work. Returns the length, at
 * most twice len.
 */
static size_t
stuff(char *out, const char *in, size_t len, char last)
{
	const char *from = in, *end = in + len, *dot = in;
	char *to = out;

	while ((dot = memchr(dot, '.', (size_t)(end - dot))) != NULL) {
		if ((dot == in ? last : dot[-1]) == '\n') {
			memcpy(to, from, (size_t)(dot + 1 - from));
			to += dot + 1 - from;
			from = dot;
		}
		do
			dot++;
		while (dot < end && *dot == '.');
	}
	memcpy(to, from, (size_t)(end - from));
	return (size_t)(to - out) + (size_t)(end - from);
}

static void
fill_text(struct wire *w)
{
	size_t n = w->text.len - w->text_at;

	if (n > CHUNK - w->chunk_end)
		n = CHUNK - w->chunk_end;
	memcpy(w->chunk + w->chunk_end, w->text.data + w->text_at, n);
	w->chunk_end += n;
	w->text_at += n;
	if (w->text_at == w->text.len) {
		buf_reset(&w->text);
		w->text_at = 0;
	}
}

/* Puts a piece of the content into the chunk. 0, or -1: w->fault. */
static int
fill_content(struct wire *w)
{
	struct wire_content *c = &w->content;
	size_t want = CHUNK - w->chunk_end;
	ssize_t got;

	if ((off_t)want > c->left)
		want = (size_t)c->left;
	got = io_pread(c->fd, w->raw, want, c->at);
	if (got == -1)
		return fault_errno(&w->fault, EX_IOERR,
		    "cannot read the mail");
	if ((size_t)got != want)
		return fault_set(&w->fault, EX_IOERR, "the mail is shorter "
		    "than it was: its file was changed");
	w->chunk_end += stuff(w->chunk + w->chunk_end, w->raw, want, w->last);
	w->ends_line = w->raw[want - 1] == '\n' &&
	    (want > 1 ? w->raw[want - 2] : w->last) == '\r';
	w->last = w->raw[want - 1];
	c->at += got;
	c->left -= got;
	return 0;
}

/* Ends the content; the commands behind it may follow in the same chunk. */
static int
fill_dot(struct wire *w)
{
	const char *end = w->ends_line ? ".\r\n" : "\r\n.\r\n";
	struct buf swap;

	if (w->content.before_dot != NULL &&
	    w->content.before_dot(w->content.arg, &w->fault) == -1)
		return fault_set(&w->fault, EX_TEMPFAIL,
		    "the final dot was kept back");
	memcpy(w->chunk + w->chunk_end, end, strlen(end));
	w->chunk_end += strlen(end);
	w->dot = DOT_HANDED;
	swap = w->text;
	w->text = w->after;
	w->after = swap;
	return 0;
}

/* Fills the empty chunk. 0, or -1: w->fault. */
static int
fill(struct wire *w)
{
	w->chunk_at = w->chunk_end = 0;
	fill_text(w);
	while (w->dot == DOT_AHEAD && w->chunk_end < CHUNK) {
		if (w->content.left != 0) {
			if (fill_content(w) == -1)
				return -1;
		} else if (fill_dot(w) == -1) {
			return -1;
		}
	}
	if (w->chunk_end < CHUNK)
		fill_text(w);
	return 0;
}

static int
has_output(const struct wire *w)
{
	return !w->send_broken && (w->chunk_at != w->chunk_end ||
	    w->text_at != w->text.len || w->dot == DOT_AHEAD);
}

/*
 * Sends until a chunk is gone or no more is taken: 1 when anything moved, 0,
 * -1. One chunk a turn, so that a server's objection to the content is heard
 * before the dot leaves.
 */
static int
send_some(struct wire *w)
{
	ssize_t n;
	int moved = 0;

	if (has_output(w) && w->chunk_at == w->chunk_end && fill(w) == -1)
		return -1;
	while (w->chunk_at != w->chunk_end && !w->send_broken) {
		n = w->via.send(w->via.arg, w->chunk + w->chunk_at,
		    w->chunk_end - w->chunk_at);
		if (n == TRANSPORT_AGAIN)
			break;
		if (n <= 0) {
			/* The server may have said why before it went. */
			w->send_broken = 1;
			return 1;
		}
		w->chunk_at += (size_t)n;
		moved = 1;
	}
	return moved;
}

/* Input. */

/*
 * Takes octets that have been read up to the end of a reply. WIRE_IDLE: more
 * are needed.
 */
static enum wire_status
take_answer(struct wire *w, struct answer *a)
{
	const char *p, *eol;
	size_t n;
	int rc;

	while (w->in_at != w->in_end) {
		p = w->in + w->in_at;
		n = w->in_end - w->in_at;
		eol = memchr(p, '\n', n);
		if (eol != NULL)
			n = (size_t)(eol - p);
		if (buf_add(&w->line, p, n) == -1) {
			answer_add_line(a, w->line.data, w->line.len);
			a->code = 0;
			return WIRE_GARBAGE;
		}
		w->in_at += n + (eol != NULL);
		if (eol == NULL)
			break;
		n = w->line.len;
		if (n != 0 && w->line.data[n - 1] == '\r')
			n--;
		rc = answer_add_line(a, w->line.data, n);
		buf_reset(&w->line);
		if (rc != 0)
			return rc == 1 ? WIRE_REPLY : WIRE_GARBAGE;
	}
	return WIRE_IDLE;
}

/* Reads and takes until a reply is whole or nothing more is there. */
static enum wire_status
receive(struct wire *w, struct answer *a)
{
	enum wire_status status;
	ssize_t n;

	while ((status = take_answer(w, a)) == WIRE_IDLE && !w->is_drained) {
		n = w->via.recv(w->via.arg, w->in, CHUNK);
		if (n == TRANSPORT_AGAIN) {
			w->is_drained = 1;
			return WIRE_IDLE;
		}
		if (n <= 0)
			return WIRE_LOST;
		w->in_at = 0;
		w->in_end = (size_t)n;
		w->is_drained = w->via.is_plain && (size_t)n < CHUNK;
	}
	return status;
}

/* The loop. */

/* 1 when the system has passed on octets since the last look. */
static int
is_draining(struct wire *w)
{
	long before = w->unsent;

	w->unsent = w->via.unsent != NULL ? w->via.unsent(w->via.arg) : -1;
	return w->unsent != -1 && (before == -1 ? w->unsent > 0 :
	    w->unsent < before);
}

/*
 * Octets that have been given to send count as sent only when the other side
 * has acknowledged them: the system may take megabytes at once. What it holds
 * is a little more than we gave to it (TLS), hence the maximum.
 */
static void
tell_progress(struct wire *w)
{
	long long now = clock_monotonic_ms();
	long unsent = -1;
	off_t sent = w->total - w->content.left -
	    (off_t)(w->chunk_end - w->chunk_at);

	if (now - w->told_at < WIRE_PROGRESS_MS)
		return;
	w->told_at = now;
	if (w->via.unsent != NULL)
		unsent = w->via.unsent(w->via.arg);
	if (unsent > 0)
		sent -= unsent;
	if (sent > w->told)
		w->told = sent;
	w->is_telling = w->told != w->total;
	w->progress(w->progress_arg, w->told, w->total);
}

/* Milliseconds left of a limit that began at since. */
static long long
time_left(const struct wire *w, long long since, int limit_ms)
{
	int ms = limit_ms;

	if (has_output(w))
		ms = w->block_ms;
	else if (w->send_broken && ms > LAST_WORDS_MS)
		ms = LAST_WORDS_MS;
	return since + ms - clock_monotonic_ms();
}

/* Something was sent: a long content is listened to between its chunks, and
 * TLS may have read in order to write. */
static void
listen_again(struct wire *w)
{
	if (!w->via.is_plain || has_output(w) || w->send_broken)
		w->is_drained = 0;
}

/* Waits for the other side; *only_out is 1 when nothing but writing woke us
 * and must not be asked for at once again. */
static void
sleep_for_io(struct wire *w, long long left, int *only_out)
{
	struct pollfd p = { w->via.fd, POLLIN, 0 };

	if (w->before_sleep != NULL)
		w->before_sleep(w->before_sleep_arg);
	if (has_output(w) && !*only_out)
		p.events |= POLLOUT;
	if (*only_out && left > OTHER_DIRECTION_MS)
		left = OTHER_DIRECTION_MS;
	if (w->is_telling && left > WIRE_PROGRESS_MS)
		left = WIRE_PROGRESS_MS;
	if (left > INT_MAX)
		left = INT_MAX;
	*only_out = poll(&p, 1, (int)left) == 1 && p.revents == POLLOUT;
	w->is_drained = 0;
}

enum wire_status
wire_wait(struct wire *w, struct answer *a, int limit_ms)
{
	long long since = clock_monotonic_ms(), left;
	enum wire_status status;
	int sent, only_out = 0;

	answer_reset(a);
	w->unsent = -1;
	for (;;) {
		status = receive(w, a);
		if (status != WIRE_IDLE) {
			w->is_telling = 0;
			return status;
		}
		sent = send_some(w);
		if (sent == -1)
			return WIRE_LOCAL;
		if (w->is_telling)
			tell_progress(w);
		if (sent == 1) {
			since = clock_monotonic_ms();
			only_out = 0;
			listen_again(w);
			continue;
		}
		left = time_left(w, since, limit_ms);
		if (left <= 0) {
			/* What the system still passes on is progress too. */
			if (!is_draining(w))
				return w->send_broken ? WIRE_LOST :
				    WIRE_TIMEOUT;
			since = clock_monotonic_ms();
			continue;
		}
		sleep_for_io(w, left, &only_out);
	}
}

enum wire_status
wire_check_idle(struct wire *w, struct answer *a)
{
	enum wire_status status;

	answer_reset(a);
	w->is_drained = 0;
	status = receive(w, a);
	if (status == WIRE_IDLE &&
	    (w->line.len != 0 || a->lines.len != 0)) {
		answer_add_line(a, w->line.data, w->line.len);
		a->code = 0;
		return WIRE_GARBAGE;
	}
	return status;
}

void
wire_forget(struct wire *w)
{
	buf_wipe(&w->text);
	w->text_at = 0;
	compat_wipe(w->chunk, 2 * CHUNK);
	w->chunk_at = w->chunk_end = 0;
}

int
wire_flush(struct wire *w)
{
	while (has_output(w) && send_some(w) == 1)
		;
	return !w->send_broken && !has_output(w);
}
