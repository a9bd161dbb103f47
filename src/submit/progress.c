/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The terminal is opened by its name: O_NONBLOCK on standard error itself
 * would be set for everybody who shares it. Only in the foreground, and
 * erased by blanks, which every terminal understands.
 */
#include "submit/progress.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compat.h"

#define SILENT_MS 1000
/* How long a change of the rate takes to show. */
#define SMOOTH_MS 2000
#define BAR_MIN 10
#define BAR_MAX 40

void
progress_init(struct progress *p)
{
	memset(p, 0, sizeof *p);
	p->fd = -1;
}

void
progress_open(struct progress *p)
{
	const char *term = compat_getenv("TERM");
	char name[PATH_MAX];

	if (p->fd != -1 || !isatty(STDERR_FILENO) ||
	    (term != NULL && strcmp(term, "dumb") == 0) ||
	    ttyname_r(STDERR_FILENO, name, sizeof name) != 0)
		return;
	p->fd = open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

int
progress_is_open(const struct progress *p)
{
	return p->fd != -1;
}

void
progress_release(struct progress *p)
{
	progress_erase(p);
	if (p->fd != -1)
		close(p->fd);
	progress_init(p);
}

/* The line. */

/* "12.3 of 27.4 MB" */
static void
add_amount(struct buf *out, long long octets, long long total)
{
	if (total >= 1000000)
		buf_addf(out, "%.1f of %.1f MB", (double)octets / 1e6,
		    (double)total / 1e6);
	else
		buf_addf(out, "%lld of %lld kB", octets / 1000, total / 1000);
}

static void
add_rate(struct buf *out, double rate)
{
	if (rate >= 1e6)
		buf_addf(out, ", %.1f MB/s", rate / 1e6);
	else
		buf_addf(out, ", %.0f kB/s", rate / 1e3);
}

/* ", 1:02:03 left" or ", 0:13 left" */
static void
add_time(struct buf *out, double seconds)
{
	long long s = (long long)(seconds + 0.5);

	if (s >= 3600)
		buf_addf(out, ", %lld:%02lld:%02lld left", s / 3600,
		    s / 60 % 60, s % 60);
	else
		buf_addf(out, ", %lld:%02lld left", s / 60, s % 60);
}

/* A line that grows part by part, until one does not fit. */
struct line {
	struct buf *out;
	size_t max;
	int is_full;
};

static void
add_part(struct line *l, struct buf *part)
{
	if (l->out->len + part->len > l->max)
		l->is_full = 1;
	if (!l->is_full)
		buf_add(l->out, part->data, part->len);
	buf_reset(part);
}

static void
insert_bar(struct buf *out, size_t at, size_t width, double share)
{
	size_t filled = (size_t)(share * (double)width), i;
	struct buf bar = BUF_INIT;

	buf_addc(&bar, '[');
	for (i = 0; i < width; i++)
		buf_addc(&bar, i < filled ? '=' : i == filled ? '>' : ' ');
	buf_adds(&bar, "] ");
	buf_insert(out, at, bar.data, bar.len);
	buf_release(&bar);
}

void
progress_format(long long octets, long long total, double rate, int columns,
    struct buf *out)
{
	struct line l = { out, columns > 1 ? (size_t)columns - 1 : 0, 0 };
	double share = total > 0 ? (double)octets / (double)total : 1;
	double seconds = rate > 0 ? (double)(total - octets) / rate : -1;
	struct buf part = BUF_INIT;
	size_t at, room;

	buf_reset(out);
	buf_addf(&part, "%3d%% ", (int)(share * 100));
	add_part(&l, &part);
	at = out->len;
	add_amount(&part, octets, total);
	add_part(&l, &part);
	if (rate > 0)
		add_rate(&part, rate);
	add_part(&l, &part);
	/* A day is no estimate. */
	if (seconds >= 0 && seconds < 86400)
		add_time(&part, seconds);
	add_part(&l, &part);
	room = l.max - out->len;
	if (room >= BAR_MIN + 3)
		insert_bar(out, at, room - 3 < BAR_MAX ? room - 3 : BAR_MAX,
		    share);
	buf_release(&part);
}

/* Drawing. */

/* A line in the background would disturb whoever works there. */
static int
is_foreground(const struct progress *p)
{
	pid_t group = tcgetpgrp(p->fd);

	return group == -1 || group == getpgrp();
}

/*
 * The line over the one before, whose rest becomes blank. What the terminal
 * does not take at once is not worth waiting for.
 */
static void
draw(struct progress *p, const struct buf *line)
{
	size_t blank = p->drawn > line->len ? p->drawn - line->len : 0;
	struct buf text = BUF_INIT;
	ssize_t n;

	buf_addf(&text, "\r%s%*s", line->data, (int)blank, "");
	if (line->len == 0)
		buf_addc(&text, '\r');
	n = write(p->fd, text.data, text.len);
	if (n == (ssize_t)text.len || (n > 0 && line->len > p->drawn))
		p->drawn = line->len;
	buf_release(&text);
}

static void
smooth(struct progress *p, long long now, long long octets)
{
	double ms = (double)(now - p->last_ms), now_rate;

	if (ms <= 0)
		return;
	now_rate = (double)(octets - p->last) * 1000 / ms;
	if (now - p->begun_ms < SMOOTH_MS)
		p->rate = (double)octets * 1000 / (double)(now - p->begun_ms);
	else
		p->rate += (now_rate - p->rate) * ms / (ms + SMOOTH_MS);
	p->last_ms = now;
	p->last = octets;
}

void
progress_update(struct progress *p, long long octets, long long total)
{
	long long now = clock_monotonic_ms();
	struct buf line = BUF_INIT;

	if (p->fd == -1)
		return;
	if (!p->is_begun) {
		p->is_begun = 1;
		p->begun_ms = p->last_ms = now;
		p->last = 0;
		p->rate = 0;
	}
	smooth(p, now, octets);
	if (now - p->begun_ms < SILENT_MS || !is_foreground(p))
		return;
	progress_format(octets, total, p->rate, compat_columns(p->fd), &line);
	draw(p, &line);
	buf_release(&line);
}

void
progress_erase(struct progress *p)
{
	struct buf nothing = BUF_INIT;

	if (p->fd != -1 && p->drawn != 0)
		draw(p, &nothing);
	p->is_begun = 0;
}
