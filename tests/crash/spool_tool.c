/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does to a spool what front ends and runners do, without any of theirs: for
 * tests that make each system call of it go wrong (tests/crash). Not a test
 * by itself.
 *
 * usage: spool_tool ACTION SPOOL [ARGUMENT]
 *   accept SPOOL NAME   keeps a mail of that name for a@x and b@x; status 0
 *                       is the promise
 *   work SPOOL LOG      takes each entry and "sends" it: a line "NAME
 *                       ADDRESS" of LOG is a delivery. b@x is told to come
 *                       again at the first attempt.
 *   fail SPOOL          moves each entry to failed/
 *   clean SPOOL
 *   scan SPOOL...       prints "SPOOL NAME STATE" for each entry; STATE is
 *                       whole, damaged (what cannot be read), or other (the
 *                       content is not as accepted)
 */
#include "queue/spool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define AT 512
#define BODY 9000

struct tool {
	struct spool spool;
	const char *path, *argument;
	struct fault fault;
};

/* The content of a mail, known from its name. */
static void
put_content(struct buf *out, const char *name)
{
	buf_addf(out, "Message-ID: <%s>\r\n\r\n", name);
	while (out->len < BODY)
		buf_addf(out, "%zu of %s\r\n", out->len, name);
}

static int
accept_mail(struct tool *t)
{
	struct buf content = BUF_INIT, lines = BUF_INIT;
	struct entry e;
	int rc = -1;

	entry_init(&e);
	put_content(&content, t->argument);
	free(e.account);
	e.account = strdup("home");
	e.created = 1700000000;
	envelope_set_sender(&e.envelope, t->argument);
	envelope_add(&e.envelope, "a@x");
	envelope_add(&e.envelope, "b@x");
	if (spool_create(&t->spool, &e, &t->fault) == -1)
		goto out;
	e.content.offset = AT;
	e.content.length = (off_t)content.len;
	if (io_pwrite(e.content.fd, content.data, content.len, AT) == -1) {
		fault_errno(&t->fault, EX_TEMPFAIL, "cannot write");
		spool_discard(&t->spool, &e);
		goto out;
	}
	entry_put_next(&e, 0, &lines);
	rc = spool_accept(&t->spool, &e, &lines, &t->fault);
out:
	entry_release(&e);
	buf_release(&content);
	buf_release(&lines);
	return rc;
}

static void
deliver(struct tool *t, struct entry *e, size_t i)
{
	struct buf line = BUF_INIT;
	int fd;

	if (i == 1 && e->attempts == 1) {
		envelope_record(&e->envelope, i, STAGE_RCPT, REPLY_R4XX, 450,
		    "later");
		return;
	}
	buf_addf(&line, "%s %s\n", e->envelope.sender,
	    e->envelope.v[i].address);
	fd = open(t->argument, O_WRONLY | O_APPEND | O_CREAT, 0600);
	if (fd != -1 && io_write(fd, line.data, line.len) == 0)
		envelope_record(&e->envelope, i, STAGE_CONTENT, REPLY_R2XX,
		    250, "ok");
	else
		envelope_record(&e->envelope, i, STAGE_CONTENT, REPLY_LOST, 0,
		    "lost");
	if (fd != -1)
		close(fd);
	buf_release(&line);
}

/* One attempt for those that are left. */
static int
attempt(struct tool *t, struct entry *e)
{
	struct buf lines = BUF_INIT;
	size_t i;
	int rc;

	entry_prepare(e);
	entry_put_attempt(e, 1700000000, &lines);
	rc = spool_append(&t->spool, e, &lines, 0, &t->fault);
	buf_reset(&lines);
	for (i = 0; rc == 0 && i < e->envelope.n; i++)
		if (e->envelope.v[i].outcome == OUTCOME_NONE) {
			deliver(t, e, i);
			entry_put_recipient(e, i, &lines);
		}
	if (rc == 0) {
		entry_put_next(e, 1700000000, &lines);
		rc = spool_append(&t->spool, e, &lines, 1, &t->fault);
	}
	buf_release(&lines);
	return rc;
}

static int
work(void *arg, const struct spool_item *item, struct fault *f)
{
	struct tool *t = arg;
	struct entry e;
	int rc;

	(void)f;
	entry_init(&e);
	rc = spool_take(&t->spool, item->account, item->id, &e, &t->fault);
	while (rc == 1 && entry_left(&e) != 0)
		if (attempt(t, &e) == -1)
			rc = -1;
	if (rc == 1)
		rc = spool_remove(&t->spool, &e, &t->fault);
	entry_release(&e);
	return rc;
}

static int
work_all(struct tool *t)
{
	if (spool_scan(&t->spool, work, t, &t->fault) == -1)
		return -1;
	return spool_sync(&t->spool, "home", &t->fault);
}

static int
fail(void *arg, const struct spool_item *item, struct fault *f)
{
	struct tool *t = arg;
	struct entry e;
	int rc;

	(void)f;
	entry_init(&e);
	rc = spool_take(&t->spool, item->account, item->id, &e, &t->fault);
	if (rc == 1)
		rc = spool_fail(&t->spool, &e, &t->fault);
	entry_release(&e);
	return rc;
}

static int
fail_all(struct tool *t)
{
	return spool_scan(&t->spool, fail, t, &t->fault);
}

static int
clean(struct tool *t)
{
	spool_clean(&t->spool);
	return 0;
}

static int
see(void *arg, const struct spool_item *item, struct fault *f)
{
	struct buf want = BUF_INIT, got = BUF_INIT;
	struct tool *t = arg;
	const char *state = "damaged", *name = item->id;
	struct entry e;

	entry_init(&e);
	if (spool_take(&t->spool, item->account, item->id, &e, f) == 1) {
		name = e.envelope.sender;
		put_content(&want, name);
		buf_grow(&got, want.len);
		state = e.content.length == (off_t)want.len &&
		    e.envelope.n == 2 &&
		    io_pread(e.content.fd, got.data, want.len,
		    e.content.offset) == (ssize_t)want.len &&
		    memcmp(got.data, want.data, want.len) == 0 ?
		    "whole" : "other";
	}
	printf("%s %s %s\n", t->path, name, state);
	entry_release(&e);
	buf_release(&want);
	buf_release(&got);
	return 0;
}

static int
scan(struct tool *t)
{
	return spool_scan(&t->spool, see, t, &t->fault);
}

static int
run(const char *action, const char *path, const char *argument)
{
	static const struct {
		const char *name;
		int (*run)(struct tool *t);
	} actions[] = {
		{ "accept", accept_mail }, { "work", work_all },
		{ "fail", fail_all }, { "clean", clean }, { "scan", scan },
	};
	struct tool t = { .path = path, .argument = argument };
	size_t i;
	int rc = -1;

	spool_init(&t.spool);
	fault_init(&t.fault);
	if (spool_open(&t.spool, path, 0, &t.fault) == 0)
		for (i = 0; i < sizeof actions / sizeof *actions; i++)
			if (strcmp(actions[i].name, action) == 0)
				rc = actions[i].run(&t);
	if (rc == -1)
		fprintf(stderr, "spool_tool: %s\n", t.fault.text.data);
	spool_release(&t.spool);
	fault_release(&t.fault);
	return rc == -1;
}

int
main(int argc, char *argv[])
{
	int i, status = 0;

	if (argc < 3)
		return 64;
	if (strcmp(argv[1], "scan") != 0)
		return run(argv[1], argv[2], argc > 3 ? argv[3] : "");
	for (i = 2; i < argc; i++)
		status |= run(argv[1], argv[i], "");
	return status;
}
