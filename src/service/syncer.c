/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is asked for is a line with the name of an account; an octet comes
 * back when the last one that was asked for is on the disk. What is removed
 * meanwhile makes the next group.
 */
#include "service/syncer.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/spawn.h"

#define MANY 100
#define LONG_MS 1000

void
syncer_init(struct syncer *s, struct spool *spool)
{
	memset(s, 0, sizeof *s);
	s->spool = spool;
	s->pid = -1;
	s->fd = -1;
}

void
syncer_note(struct syncer *s, const char *account)
{
	if (s->n++ == 0)
		s->since_ms = clock_monotonic_ms();
	if (!strv_has(&s->accounts, account))
		strv_add(&s->accounts, account);
}

int
syncer_wait_ms(const struct syncer *s)
{
	long long left;

	if (s->n == 0 || s->is_busy)
		return -1;
	left = s->since_ms + LONG_MS - clock_monotonic_ms();
	return s->n >= MANY || left < 0 ? 0 : (int)left;
}

/* ---- the child ---- */

static void
sync_account(struct spool *spool, const char *account)
{
	struct fault ignored = FAULT_INIT;

	/* What a power loss brings back is sent again: state S9. */
	spool_sync(spool, account, &ignored);
	fault_release(&ignored);
}

/* The names that have come, each with a line feed; an empty one ends a
 * group. */
static void
serve(int fd, struct spool *spool)
{
	struct buf line = BUF_INIT;
	struct reader in;

	reader_init(&in, fd);
	while (buf_reset(&line), reader_line(&in, &line) == 1) {
		if (line.len != 0 && line.data[line.len - 1] == '\n')
			line.data[line.len - 1] = '\0';
		if (line.data[0] != '\0')
			sync_account(spool, line.data + 1);
		else if (io_write(fd, "d", 1) == -1)
			break;
	}
	reader_release(&in);
	buf_release(&line);
}

static void
start(struct syncer *s, void (*in_child)(void *), void *arg)
{
	int pair[2];

	if (spawn_pair(pair) == -1)
		return;
	s->pid = fork();
	if (s->pid == 0) {
		close(pair[0]);
		/* Keys are pressed for the runner. */
		setsid();
		in_child(arg);
		serve(pair[1], s->spool);
		_exit(0);
	}
	close(pair[1]);
	if (s->pid == -1)
		close(pair[0]);
	else
		s->fd = pair[0];
}

/* ---- the parent ---- */

static void
give_up(struct syncer *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
	s->is_busy = 0;
}

/* Asks for all accounts: 0, or -1 when nobody is there. */
static int
ask(struct syncer *s)
{
	struct buf lines = BUF_INIT;
	size_t i;
	int rc;

	if (s->fd == -1)
		return -1;
	/* An account may have no name; a group ends with an empty line. */
	for (i = 0; i < s->accounts.n; i++)
		buf_addf(&lines, "/%s\n", s->accounts.v[i]);
	buf_addc(&lines, '\n');
	rc = io_write(s->fd, lines.data, lines.len);
	buf_release(&lines);
	if (rc == -1)
		give_up(s);
	return rc;
}

static void
sync_here(struct syncer *s)
{
	size_t i;

	for (i = 0; i < s->accounts.n; i++)
		sync_account(s->spool, s->accounts.v[i]);
}

void
syncer_run(struct syncer *s, void (*in_child)(void *), void *arg)
{
	if (syncer_wait_ms(s) != 0)
		return;
	if (s->pid == -1)
		start(s, in_child, arg);
	if (ask(s) == 0)
		s->is_busy = 1;
	else
		sync_here(s);
	strv_release(&s->accounts);
	s->n = 0;
}

void
syncer_handle(struct syncer *s)
{
	char octet;

	if (io_read(s->fd, &octet, 1) == 1)
		s->is_busy = 0;
	else
		give_up(s);
}

void
syncer_finish(struct syncer *s)
{
	give_up(s);
	if (s->pid != -1)
		while (waitpid(s->pid, NULL, 0) == -1 && errno == EINTR)
			continue;
	s->pid = -1;
	sync_here(s);
	strv_release(&s->accounts);
	s->n = 0;
}
