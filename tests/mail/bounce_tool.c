/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes a report about a mail, for a test that reads it back with Python:
 * tests/mail/330-bounce.py. Not a test by itself.
 *
 * usage: bounce_tool [KEY=VALUE]... < MAIL > REPORT
 *
 * Keys: sender from mta remote envid own now arrival until hdrs max 8bit-body
 * 8bit-header long; and for each recipient "to=ADDRESS" with, behind it,
 * action stage reply code text original status about the one before.
 * Standard error gets "ENVELOPE <sender> <recipient>" of the report, if it has
 * one, and its facts: 8-bit body, 8-bit header, long lines.
 */
#include "queue/bounce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define TO_MAX 8

struct tool {
	struct bounce b;
	struct bounce_recipient to[TO_MAX];
	struct envelope e;
	struct content c;
	const char *own;
	int stage, reply, code; /* of the recipient that is being described */
	const char *text;
};

/* What is known of the last recipient goes into the envelope. */
static void
record(struct tool *t)
{
	if (t->e.n != 0 && t->stage != -1)
		envelope_record(&t->e, t->e.n - 1, (enum stage)t->stage,
		    (enum reply)t->reply, t->code, t->text);
	t->stage = -1;
	t->code = 0;
	t->text = "";
}

static enum bounce_action
action(const char *name)
{
	static const char *const names[] = {
		"failed", "delayed", "delivered", "relayed", "expanded"
	};
	size_t i;

	for (i = 0; strcmp(names[i], name) != 0; i++)
		continue;
	return (enum bounce_action)i;
}

static void
set_recipient(struct tool *t, const char *key, const char *value)
{
	struct bounce_recipient *to = &t->to[t->b.recipients_n - 1];

	if (strcmp(key, "action") == 0)
		to->action = action(value);
	else if (strcmp(key, "original") == 0)
		to->original = value;
	else if (strcmp(key, "status") == 0)
		to->status = value;
	else if (strcmp(key, "stage") == 0)
		t->stage = stage_parse(value);
	else if (strcmp(key, "reply") == 0)
		t->reply = reply_parse(value);
	else if (strcmp(key, "code") == 0)
		t->code = (int)strtol(value, NULL, 10);
	else if (strcmp(key, "text") == 0)
		t->text = value;
	else
		abort();
}

static int
set_number(struct tool *t, const char *key, const char *value)
{
	long n = strtol(value, NULL, 10);

	if (strcmp(key, "now") == 0)
		t->b.now = n;
	else if (strcmp(key, "arrival") == 0)
		t->b.arrival = n;
	else if (strcmp(key, "until") == 0)
		t->b.retry_until = n;
	else if (strcmp(key, "hdrs") == 0)
		t->b.headers_only = n != 0;
	else if (strcmp(key, "max") == 0)
		t->b.return_max = n;
	else if (strcmp(key, "8bit-body") == 0)
		t->c.is_8bit_body = n != 0;
	else if (strcmp(key, "8bit-header") == 0)
		t->c.is_8bit_header = n != 0;
	else if (strcmp(key, "long") == 0)
		t->c.has_long_lines = n != 0;
	else
		return 0;
	return 1;
}

static void
set(struct tool *t, const char *key, const char *value)
{
	if (strcmp(key, "to") == 0) {
		record(t);
		envelope_add(&t->e, value);
		t->to[t->b.recipients_n].number = t->e.n - 1;
		if (++t->b.recipients_n > TO_MAX)
			abort();
	} else if (strcmp(key, "sender") == 0)
		envelope_set_sender(&t->e, value);
	else if (strcmp(key, "from") == 0)
		t->b.from = value;
	else if (strcmp(key, "mta") == 0)
		t->b.reporting_mta = value;
	else if (strcmp(key, "remote") == 0)
		t->b.remote_mta = value;
	else if (strcmp(key, "envid") == 0)
		t->b.envelope_id = value;
	else if (strcmp(key, "own") == 0)
		t->own = value;
	else if (!set_number(t, key, value))
		set_recipient(t, key, value);
}

static int
read_mail(struct tool *t, struct fault *f)
{
	char chunk[4096];
	ssize_t n;

	t->c.fd = io_private_file(f);
	if (t->c.fd == -1)
		return -1;
	/* Something else stands in front of the content. */
	t->c.offset = 10;
	while ((n = io_read(STDIN_FILENO, chunk, sizeof chunk)) > 0) {
		io_pwrite(t->c.fd, chunk, (size_t)n,
		    t->c.offset + t->c.length);
		t->c.length += n;
	}
	return 0;
}

static int
show(const struct content *c)
{
	struct reader r;
	const char *p;
	size_t n;

	reader_init_part(&r, c->fd, c->offset, c->length);
	while ((n = reader_peek(&r, &p)) != 0) {
		io_write(STDOUT_FILENO, p, n);
		reader_take(&r, n);
	}
	reader_release(&r);
	fprintf(stderr, "%d %d %d\n", c->is_8bit_body, c->is_8bit_header,
	    c->has_long_lines);
	return 0;
}

static int
report(struct tool *t, struct fault *f)
{
	struct content out;
	struct envelope e;
	int rc, fd;

	if (read_mail(t, f) == -1 || (fd = io_private_file(f)) == -1)
		return -1;
	rc = bounce_write(&t->b, fd, 0, &out, f);
	envelope_init(&e);
	if (bounce_address(&e, &t->e, t->own))
		fprintf(stderr, "ENVELOPE <%s> <%s>\n", e.sender,
		    e.v[0].address);
	if (rc == 0)
		rc = show(&out);
	envelope_release(&e);
	close(fd);
	close(t->c.fd);
	return rc;
}

int
main(int argc, char **argv)
{
	struct tool t = { .own = "", .stage = -1, .text = "" };
	struct fault f = FAULT_INIT;
	char *equals;
	int i;

	envelope_init(&t.e);
	t.b.envelope = &t.e;
	t.b.content = &t.c;
	t.b.recipients = t.to;
	t.b.from = "Mail Delivery System <me@example.org>";
	t.b.reporting_mta = "host.example";
	t.b.msgid_domain = "example.org";
	t.b.remote_mta = t.b.envelope_id = "";
	for (i = 1; i < argc; i++) {
		equals = strchr(argv[i], '=');
		if (equals == NULL)
			return EX_USAGE;
		*equals = '\0';
		set(&t, argv[i], equals + 1);
	}
	record(&t);
	if (report(&t, &f) == -1)
		fprintf(stderr, "%s\n", f.text.data);
	envelope_release(&t.e);
	i = f.code;
	fault_release(&f);
	return i;
}
