/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines and content from a descriptor, replies to another one: what decides
 * how lines end, what has a limit, when replies are written. */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "submit/smtp_channel.h"

/* A channel whose input is all that was written to "in". */
struct ends {
	struct smtp_channel c;
	int in[2], out[2];
};

static void
setup(struct ends *e, const char *p, size_t len)
{
	if (pipe(e->in) == -1 || pipe(e->out) == -1 ||
	    io_write(e->in[1], p, len) == -1)
		ok(0, "pipes");
	fcntl(e->out[0], F_SETFL, O_NONBLOCK);
	smtp_channel_init(&e->c, e->in[0], e->out[1]);
}

static void
hang_up(struct ends *e)
{
	if (e->in[1] != -1)
		close(e->in[1]);
	e->in[1] = -1;
}

static void
teardown(struct ends *e)
{
	hang_up(e);
	smtp_channel_release(&e->c);
	close(e->in[0]);
	close(e->out[0]);
	close(e->out[1]);
}

/* Every line as "kind:text;". */
static const struct {
	const char *name, *in;
	int strict;
	const char *want;
} cases[] = {
	{ "lines in CRLF", "EHLO x\r\nQUIT\r\n", 0, "L:EHLO x;L:QUIT;E" },
	{ "lines in LF", "EHLO x\nQUIT\n", 0, "L:EHLO x;L:QUIT;E" },
	{ "a session of LF may have CRLF", "a\nb\r\nc\n", 0, "L:a;L:b;L:c;E" },
	{ "a session of CRLF has no LF", "a\r\nb\nc\r\n", 0, "L:a;B;L:c;E" },
	{ "a strict one has none from the start", "a\nb\r\n", 1, "B;L:b;E" },
	{ "empty lines", "\r\n\r\n", 0, "L:;L:;E" },
	{ "a CR that ends no line stays", "a\rb\r\r\n", 0, "L:a\rb\r;E" },
	{ "half a line is none", "a\r\nRCPT TO:<a@b>", 0, "L:a;E" },
	{ "nor is one without LF", "a\r\nb\r", 0, "L:a;E" },
	{ "nothing", "", 0, "E" },
};

static void
read_lines(struct smtp_channel *c, struct buf *out)
{
	struct buf line = BUF_INIT;
	enum smtp_line kind;

	do {
		kind = smtp_channel_line(c, &line);
		buf_addc(out, "LXBE"[kind]);
		if (kind == SMTP_LINE)
			buf_addf(out, ":%s", line.data);
		if (kind != SMTP_LINE_EOF)
			buf_addc(out, ';');
	} while (kind != SMTP_LINE_EOF);
	buf_release(&line);
}

static void
test_lines(void)
{
	struct buf out = BUF_INIT;
	struct ends e;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		setup(&e, cases[i].in, strlen(cases[i].in));
		hang_up(&e);
		e.c.strict = cases[i].strict;
		buf_reset(&out);
		read_lines(&e.c, &out);
		is_text(out.data, cases[i].want, cases[i].name);
		teardown(&e);
	}
	buf_release(&out);
}

static void
test_length(size_t len, enum smtp_line want, const char *name)
{
	struct buf in = BUF_INIT, line = BUF_INIT;
	struct ends e;
	size_t i;

	for (i = 0; i < len - 2; i++)
		buf_addc(&in, 'x');
	buf_adds(&in, "\r\nNOOP\r\n");
	setup(&e, in.data, in.len);
	is_number(smtp_channel_line(&e.c, &line), want, name);
	ok(line.cap <= 4 * SMTP_LINE_MAX, "... in little memory");
	smtp_channel_line(&e.c, &line);
	is_text(line.data, "NOOP", "... and the next line is whole");
	teardown(&e);
	buf_release(&in);
	buf_release(&line);
}

static int
written(struct ends *e)
{
	char chunk[4096];
	ssize_t n = io_read(e->out[0], chunk, sizeof chunk);

	return n > 0 ? (int)n : 0;
}

static void
test_replies(void)
{
	struct buf line = BUF_INIT;
	struct smtp_reply r;
	struct ends e;

	setup(&e, "a\r\nb\r\n", 6);
	smtp_reply_init(&r);
	smtp_reply_set(&r, 250, "2.0.0", "OK");
	smtp_channel_line(&e.c, &line);
	smtp_channel_put(&e.c, &r);
	ok(smtp_channel_is_ahead(&e.c), "a second command is there");
	smtp_channel_line(&e.c, &line);
	is_number(written(&e), 0, "so no reply has been written");
	smtp_channel_put(&e.c, &r);
	ok(!smtp_channel_is_ahead(&e.c), "the input has run dry");
	hang_up(&e);
	smtp_channel_line(&e.c, &line);
	is_number(written(&e), 28, "both are, before more is waited for");
	close(e.out[0]);
	smtp_channel_put(&e.c, &r);
	smtp_channel_flush(&e.c);
	is_number(e.c.out_error, EPIPE, "a client that is gone is noted");
	smtp_channel_put(&e.c, &r);
	smtp_channel_flush(&e.c);
	is_number((long long)e.c.out.len, 0, "... and nothing kept for it");
	e.out[0] = dup(e.out[1]);
	teardown(&e);
	smtp_reply_release(&r);
	buf_release(&line);
}

/* Reads content with that limit; what was read and what comes next. */
static void
test_content(const char *in, long long max, int want_rc, int is_cut,
    const char *want, const char *next, const char *name)
{
	struct buf line = BUF_INIT, out = BUF_INIT;
	struct reader r;
	struct ends e;
	const char *p;
	size_t n;

	setup(&e, in, strlen(in));
	hang_up(&e);
	smtp_channel_line(&e.c, &line);
	smtp_channel_begin_content(&e.c, max, &r);
	while ((n = reader_peek(&r, &p)) != 0) {
		buf_add(&out, p, n);
		reader_take(&r, n);
	}
	reader_release(&r);
	is_number(smtp_channel_end_content(&e.c), want_rc, name);
	is_number(e.c.is_cut, is_cut, "... the input is whole or not");
	is_text(out.data, want, "... and what is in it");
	smtp_channel_line(&e.c, &line);
	is_text(line.data, next, "... and what comes next");
	teardown(&e);
	buf_release(&line);
	buf_release(&out);
}

static void
test_timeout(void)
{
	struct buf line = BUF_INIT;
	struct ends e;

	setup(&e, "EHLO", 4);
	e.c.timeout_ms = 1;
	is_number(smtp_channel_line(&e.c, &line), SMTP_LINE_EOF,
	    "silence ends the input");
	is_number(e.c.timed_out, 1, "... and is noted");
	teardown(&e);
	buf_release(&line);
}

/* A parser that gives up half way leaves no content to be commands. */
static void
test_unread(void)
{
	struct buf line = BUF_INIT;
	struct reader r;
	struct ends e;

	setup(&e, "DATA\r\nRSET\r\nQUIT\r\n.\r\nNOOP\r\n", 28);
	smtp_channel_line(&e.c, &line);
	smtp_channel_begin_content(&e.c, 100, &r);
	reader_release(&r);
	is_number(smtp_channel_end_content(&e.c), 0, "content nobody reads");
	smtp_channel_line(&e.c, &line);
	is_text(line.data, "NOOP", "... is not taken for commands");
	teardown(&e);
	buf_release(&line);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_lines();
	test_length(SMTP_LINE_MAX, SMTP_LINE, "the longest line");
	test_length(SMTP_LINE_MAX + 1, SMTP_LINE_LONG, "one octet more");
	test_length(60000, SMTP_LINE_LONG, "a very long line");
	test_replies();
	test_content("DATA\r\na\r\n..b\r\n.\r\nQUIT\r\n", 100, 0, 0,
	    "a\r\n.b\r\n", "QUIT", "content");
	test_content("DATA\na\n..b\n.\nQUIT\n", 100, 0, 0, "a\n.b\n", "QUIT",
	    "content in LF");
	test_content("DATA\r\na\n.\nb\r\n.\r\nQUIT\r\n", 100, 0, 0,
	    "a\n.\nb\r\n", "QUIT", "LF dot LF within CRLF");
	test_content("DATA\r\nabc\r\n.\r\nQUIT\r\n", 5, 0, 0, "abc\r\n",
	    "QUIT", "as many octets as there may be");
	test_content("DATA\r\nabc\r\n.\r\nQUIT\r\n", 4, -1, 0, "", "QUIT",
	    "one more is too many, and all of it is taken");
	test_content("DATA\r\nabc\r\n.\r", 100, -1, 1, "abc\r\n", "",
	    "an end within it");
	test_content("DATA\r\n", 100, -1, 1, "", "", "no content at all");
	test_unread();
	test_timeout();
	return tap_done();
}
