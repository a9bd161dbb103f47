/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wire over a transport in memory that does what a script says. */
#include "tap.h"

#include "faketransport.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "relay/wire.h"

#define LONG_MS 20000 /* never reached */

struct bench {
	struct fake k;
	struct wire w;
	struct answer a;
	int fd;
};

/* Every test runs with a transport that keeps octets back and with one that
 * does not. */
static int is_plain;

/* An fd that is always ready, so that polling never delays. */
static void
bench_init(struct bench *b, const struct act *acts)
{
	struct transport via = { fake_send, fake_recv, NULL, NULL, &b->k, -1,
		is_plain };

	memset(b, 0, sizeof *b);
	b->k.acts = acts;
	buf_init(&b->k.sent, 0);
	buf_init(&b->k.sizes, 0);
	b->fd = via.fd = open("/dev/null", O_RDWR);
	wire_init(&b->w, &via, LONG_MS);
	answer_init(&b->a);
}

static void
bench_release(struct bench *b)
{
	wire_release(&b->w);
	answer_release(&b->a);
	buf_release(&b->k.sent);
	buf_release(&b->k.sizes);
	close(b->fd);
}

static const char *
status_name(enum wire_status status)
{
	static const char *const names[] = {
		"reply", "lost", "timeout", "garbage", "local", "idle"
	};

	return names[status];
}

static enum wire_status
wait_for(struct bench *b)
{
	return wire_wait(&b->w, &b->a, LONG_MS);
}

static void
is_status(enum wire_status got, enum wire_status want, const char *name)
{
	is_text(status_name(got), status_name(want), name);
}

/* Replies. */

static void
test_lines(void)
{
	static const struct {
		const char *name, *line;
		int rc, code;
	} cases[] = {
		{ "a reply of one line is whole", "250 OK", 1, 250 },
		{ "a code alone is a whole reply", "250", 1, 250 },
		{ "a code and a space are a whole reply", "221 ", 1, 221 },
		{ "a hyphen says that more follows", "250-OK", 0, 250 },
		{ "a code and a hyphen say that too", "250-", 0, 250 },
		{ "the lowest code", "200 x", 1, 200 },
		{ "the highest code", "599 x", 1, 599 },
		{ "1xx is no reply of SMTP", "150 x", -1, 0 },
		{ "6xx is no reply", "650 x", -1, 0 },
		{ "two digits are no code", "25 x", -1, 0 },
		{ "a letter in the middle is no code", "2a0 x", -1, 0 },
		{ "a letter at the end is no code", "25a x", -1, 0 },
		{ "a colon is no digit", "25: x", -1, 0 },
		{ "a slash is no digit", "2/0 x", -1, 0 },
		{ "four digits are no code", "2500 x", -1, 0 },
		{ "a tab does not end a code", "250\tx", -1, 0 },
		{ "two characters are no reply", "25", -1, 0 },
		{ "an empty line is no reply", "", -1, 0 },
		{ "words are no reply", "hello world", -1, 0 },
	};
	struct answer a;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		answer_init(&a);
		if (!is_number(answer_add_line(&a, cases[i].line,
		    strlen(cases[i].line)), cases[i].rc, cases[i].name))
			printf("# line %s\n", cases[i].line);
		is_number(a.code, cases[i].code, "... and its code");
		is_text(a.lines.data, cases[i].line, "... and its text");
		answer_release(&a);
	}
}

/* Lines separated by "|" into an answer; the return value of the last. */
static int
add_lines(struct answer *a, const char *lines)
{
	const char *end;
	int rc = 0;

	for (; *lines != '\0'; lines = *end != '\0' ? end + 1 : end) {
		end = strchr(lines, '|');
		if (end == NULL)
			end = lines + strlen(lines);
		rc = answer_add_line(a, lines, (size_t)(end - lines));
	}
	return rc;
}

static void
test_words(void)
{
	static const struct {
		const char *name, *lines;
		int rc;
		const char *words;
	} cases[] = {
		{ "the words of one line", "250 2.0.0 OK", 1, "2.0.0 OK" },
		{ "no words", "250", 1, "" },
		{ "lines are joined by a space", "550-no such|550-user|550 here",
		    1, "no such user here" },
		{ "empty lines leave no trace", "550-|550-a|550-|550 b", 1,
		    "a b" },
		{ "a last line without words", "550-a|550", 1, "a" },
		{ "another code in the middle is no reply", "250-a|251 b", -1,
		    "250-a 251 b" },
		{ "what is no reply is shown as it is", "hello you", -1,
		    "hello you" },
		{ "a line without code after a good one", "250-a|b", -1,
		    "250-a b" },
	};
	struct answer a;
	struct buf out;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		answer_init(&a);
		buf_init(&out, 0);
		is_number(add_lines(&a, cases[i].lines), cases[i].rc,
		    cases[i].name);
		answer_text(&a, &out);
		is_text(out.data, cases[i].words, "... and the words");
		buf_release(&out);
		answer_release(&a);
	}
	answer_init(&a);
	answer_add_line(&a, "250 a\0b", 7);
	is_bytes(a.lines.data, a.lines.len, "250 a?b", 7,
	    "a NUL in a reply is made visible");
	answer_release(&a);
}

/* Waiting for replies. */

static void
test_waiting(void)
{
	static const struct {
		const char *name;
		struct act acts[4];
		enum wire_status status;
		int code;
		const char *lines;
	} cases[] = {
		{ "a reply", { { 'r', "250 OK\r\n" } }, WIRE_REPLY, 250,
		    "250 OK" },
		{ "a reply octet by octet", { { 'b', "250-a\r\n250 b\r\n" } },
		    WIRE_REPLY, 250, "250-a\n250 b" },
		{ "a reply in two pieces with a pause", { { 'r', "25" },
		    { 'a', NULL }, { 'r', "0 OK\r\n" } }, WIRE_REPLY, 250,
		    "250 OK" },
		{ "CR and LF apart", { { 'r', "250 OK\r" }, { 'a', NULL },
		    { 'r', "\n" } }, WIRE_REPLY, 250, "250 OK" },
		{ "a line end without CR", { { 'r', "250-a\n250 b\n" } },
		    WIRE_REPLY, 250, "250-a\n250 b" },
		{ "only one CR belongs to the line end",
		    { { 'r', "250 a\r\r\n" } }, WIRE_REPLY, 250, "250 a\r" },
		{ "garbage", { { 'r', "HTTP/1.1 400\r\n" } }, WIRE_GARBAGE, 0,
		    "HTTP/1.1 400" },
		{ "an empty line is garbage", { { 'r', "\r\n" } },
		    WIRE_GARBAGE, 0, "" },
		{ "codes that differ", { { 'r', "250-a\r\n550 b\r\n" } },
		    WIRE_GARBAGE, 0, "250-a\n550 b" },
		{ "closed", { { 'c', NULL } }, WIRE_LOST, 0, "" },
		{ "an error", { { 'e', NULL } }, WIRE_LOST, 0, "" },
		{ "closed in the middle of a line", { { 'r', "250 O" },
		    { 'c', NULL } }, WIRE_LOST, 0, "" },
		{ "closed behind a first line", { { 'r', "250-a\r\n" },
		    { 'c', NULL } }, WIRE_LOST, 250, "250-a" },
		{ "a reply just before the end", { { 'r', "421 bye\r\n" },
		    { 'c', NULL } }, WIRE_REPLY, 421, "421 bye" },
	};
	struct bench b;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		bench_init(&b, cases[i].acts);
		is_status(wait_for(&b), cases[i].status, cases[i].name);
		is_number(b.a.code, cases[i].code, "... code");
		is_text(b.a.lines.data, cases[i].lines, "... lines");
		bench_release(&b);
	}
}

static void
test_several_replies(void)
{
	static const struct act acts[] = {
		{ 'r', "250 one\r\n550-two\r\n550 two\r\n354 th" },
		{ 'r', "ree\r\n" }, { 0, NULL }
	};
	struct bench b;

	bench_init(&b, acts);
	is_status(wait_for(&b), WIRE_REPLY, "several replies in one piece");
	is_text(b.a.lines.data, "250 one", "the first");
	is_status(wait_for(&b), WIRE_REPLY, "... then the next");
	is_text(b.a.lines.data, "550-two\n550 two", "the second alone");
	is_number(b.k.recvs, 1, "... without reading again");
	is_status(wait_for(&b), WIRE_REPLY, "... and one cut in two");
	is_text(b.a.lines.data, "354 three", "the third");
	bench_release(&b);
}

static void
test_long_replies(void)
{
	struct buf text = BUF_INIT;
	struct act acts[2] = { { 'r', NULL }, { 0, NULL } };
	struct bench b;
	size_t i;

	buf_adds(&text, "250 ");
	for (i = 0; i < 60000; i++)
		buf_addc(&text, 'x');
	buf_adds(&text, "\r\n");
	acts[0].data = text.data;
	bench_init(&b, acts);
	is_status(wait_for(&b), WIRE_REPLY, "a line of 60,000 octets is taken");
	is_number((long long)b.a.lines.len, 60004, "... whole");
	bench_release(&b);

	buf_reset(&text);
	buf_adds(&text, "250 ");
	for (i = 0; i < 200000; i++)
		buf_addc(&text, 'x');
	acts[0].data = text.data;
	bench_init(&b, acts);
	is_status(wait_for(&b), WIRE_GARBAGE,
	    "a line without end is given up, not kept");
	ok(b.w.line.cap <= 131072, "... in bounded memory");
	is_number(b.a.code, 0, "... and has no code");
	ok(b.a.lines.len != 0, "... but is shown");
	bench_release(&b);

	buf_reset(&text);
	for (i = 0; i < 20000; i++)
		buf_adds(&text, "250-x\r\n");
	acts[0].data = text.data;
	bench_init(&b, acts);
	is_status(wait_for(&b), WIRE_GARBAGE,
	    "a reply of lines without end is given up");
	is_number(b.a.code, 0, "... and has no code");
	bench_release(&b);
	buf_release(&text);
}

static const struct act accepted[] = {
	{ 'w', "\r\n.\r\n" }, { 'r', "250 queued\r\n" }, { 0, NULL }
};

/* Time limits. */

static void
quiet_fd(struct bench *b, int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		exit(1);
	b->w.via.fd = ends[0];
}

static void
test_limits(void)
{
	static const struct act nothing[] = { { 0, NULL } };
	static const struct act slow[] = {
		{ 'b', "250 OK" }, { 0, NULL }
	};
	static const struct act words[] = {
		{ 'a', NULL }, { 'r', "552 too large\r\n" }, { 0, NULL }
	};
	static const int fails[] = { -1, -1 };
	static const long draining[] = { 900, 500, 300, 300, -1 };
	static const long stuck[] = { 900, 900, 900, 900, 900, 900, -1 };
	struct bench b;
	int ends[2];
	long long start;

	bench_init(&b, nothing);
	quiet_fd(&b, ends);
	start = clock_monotonic_ms();
	is_status(wire_wait(&b.w, &b.a, 200), WIRE_TIMEOUT,
	    "a server that says nothing is given up");
	ok(clock_monotonic_ms() - start >= 200, "... not before the limit");
	ok(b.k.recvs < 5, "... without reading all the time");
	bench_release(&b);

	bench_init(&b, slow);
	b.w.via.fd = ends[0];
	is_status(wire_wait(&b.w, &b.a, 40), WIRE_TIMEOUT,
	    "half a reply does not stop the clock");
	bench_release(&b);

	bench_init(&b, nothing);
	b.w.via.fd = ends[0];
	b.w.block_ms = 30;
	b.k.stop_after = 1;
	b.k.takes = NULL;
	wire_put(&b.w, "NOOP\r\n", 6);
	b.k.needs_reads = 1 << 30;
	start = clock_monotonic_ms();
	is_status(wire_wait(&b.w, &b.a, LONG_MS), WIRE_TIMEOUT,
	    "sending without progress has its own limit");
	ok(clock_monotonic_ms() - start < LONG_MS / 2, "... the shorter one");
	ok(b.k.recvs < 12, "... and does not spin where only reading helps");
	bench_release(&b);

	bench_init(&b, accepted);
	b.w.via.fd = ends[0];
	b.w.block_ms = 5000;
	b.k.not_before_ms = clock_monotonic_ms() + 50;
	wire_put(&b.w, "\r\n.\r\n", 5);
	start = clock_monotonic_ms();
	is_status(wire_wait(&b.w, &b.a, LONG_MS), WIRE_REPLY,
	    "sending that was refused for no visible reason is tried again");
	ok(clock_monotonic_ms() - start < 2000, "... soon");
	ok(b.k.recvs < 12, "... but not all the time");
	bench_release(&b);

	bench_init(&b, words);
	b.w.via.fd = ends[0];
	b.k.takes = fails;
	wire_put(&b.w, "NOOP\r\n", 6);
	start = clock_monotonic_ms();
	is_status(wire_wait(&b.w, &b.a, LONG_MS), WIRE_REPLY,
	    "after a failed send what is there is read at once");
	ok(clock_monotonic_ms() - start < 2000, "... without waiting for it");
	bench_release(&b);

	bench_init(&b, nothing);
	b.w.via.fd = ends[0];
	b.w.via.unsent = fake_unsent;
	b.k.unsents = draining;
	start = clock_monotonic_ms();
	is_status(wire_wait(&b.w, &b.a, 20), WIRE_TIMEOUT,
	    "octets that the system still passes on are progress");
	ok(clock_monotonic_ms() - start >= 80, "... as long as they go on");
	ok(clock_monotonic_ms() - start < 1000, "... and no longer");
	bench_release(&b);

	bench_init(&b, nothing);
	b.w.via.fd = ends[0];
	b.w.via.unsent = fake_unsent;
	b.k.unsents = stuck;
	start = clock_monotonic_ms();
	is_status(wire_wait(&b.w, &b.a, 20), WIRE_TIMEOUT,
	    "octets that stay where they are are none");
	ok(clock_monotonic_ms() - start < 70, "... after a second look");
	bench_release(&b);
	close(ends[0]);
	close(ends[1]);
}

/* Commands. */

static void
test_commands(void)
{
	static const struct act answers[] = {
		{ 'w', "NOOP\r\n" }, { 'r', "250 OK\r\n" }, { 0, NULL }
	};
	static const int pieces[] = { 1, -2, -2, 2, -2, 0, 0, 0, 0 };
	struct bench b;

	bench_init(&b, answers);
	wire_put(&b.w, "RSET\r\n", 6);
	wire_put(&b.w, "NOOP\r\n", 6);
	is_number((long long)b.k.sends, 0, "nothing is sent before a wait");
	is_status(wait_for(&b), WIRE_REPLY, "a reply to commands");
	is_text(b.k.sent.data, "RSET\r\nNOOP\r\n", "commands go in order");
	is_text(b.k.sizes.data, "12 ", "... and in one piece");
	bench_release(&b);

	bench_init(&b, answers);
	b.k.takes = pieces;
	wire_put(&b.w, "RSET\r\nNOOP\r\n", 12);
	is_status(wait_for(&b), WIRE_REPLY, "a server that takes little");
	is_text(b.k.sent.data, "RSET\r\nNOOP\r\n",
	    "... gets every octet once");
	is_number(b.k.moved, 0,
	    "what was refused comes again with same pointer and length");
	bench_release(&b);

	bench_init(&b, answers);
	wire_put(&b.w, "RSET\r\n", 6);
	is_number(wire_flush(&b.w), 1, "a flush that sends everything");
	is_text(b.k.sent.data, "RSET\r\n", "... sends it");
	b.k.needs_reads = 100;
	wire_put(&b.w, "NOOP\r\n", 6);
	is_number(wire_flush(&b.w), 0, "a flush does not wait");
	b.k.needs_reads = 0;
	is_number(wire_flush(&b.w), 1, "... and can be repeated");
	is_text(b.k.sent.data, "RSET\r\nNOOP\r\n", "... without loss");
	bench_release(&b);
}

static void
test_broken_send(void)
{
	static const int fails[] = { -1, -1, -1 };
	static const struct act words[] = {
		{ 'a', NULL }, { 'a', NULL }, { 'r', "552 too large\r\n" },
		{ 'c', NULL }
	};
	static const struct act nothing[] = { { 'a', NULL }, { 'c', NULL } };
	struct bench b;

	bench_init(&b, words);
	b.k.takes = fails;
	wire_put(&b.w, "NOOP\r\n", 6);
	is_status(wait_for(&b), WIRE_REPLY,
	    "the server's last words are heard after a failed send");
	is_number(b.a.code, 552, "... as they are");
	is_number((long long)b.k.sends, 1, "... and nothing is sent any more");
	is_number(wire_flush(&b.w), 0, "a broken wire has nothing flushed");
	bench_release(&b);

	bench_init(&b, nothing);
	b.k.takes = fails;
	wire_put(&b.w, "NOOP\r\n", 6);
	is_status(wait_for(&b), WIRE_LOST, "a failed send without last words");
	bench_release(&b);
}

/* Content. */

static int
file_with(const char *p, size_t len)
{
	struct fault f = FAULT_INIT;
	int fd = io_private_file(&f);

	if (fd == -1 || io_pwrite(fd, p, len, 0) == -1)
		exit(1);
	return fd;
}

struct dots {
	int calls, refuse;
	const struct fake *k;
	size_t sent_before;
};

static int
count_dot(void *arg, struct fault *f)
{
	struct dots *d = arg;

	d->calls++;
	d->sent_before = d->k->sent.len;
	return d->refuse ? fault_set(f, EX_TEMPFAIL, "nobody listens") : 0;
}

static void
put_content(struct bench *b, struct dots *d, int fd, off_t at, off_t len)
{
	struct wire_content c = { fd, at, len, NULL, NULL };

	if (d != NULL) {
		memset(d, 0, sizeof *d);
		d->k = &b->k;
		c.before_dot = count_dot;
		c.arg = d;
	}
	wire_put_content(&b->w, &c);
}

static void
test_stuffing(void)
{
	static const struct {
		const char *name, *in, *want;
	} cases[] = {
		{ "plain lines", "a\r\nb\r\n", "a\r\nb\r\n.\r\n" },
		{ "a dot that begins a line is doubled", "a\r\n.b\r\n",
		    "a\r\n..b\r\n.\r\n" },
		{ "... at the very beginning too", ".a\r\n", "..a\r\n.\r\n" },
		{ "a line that is a dot", "a\r\n.\r\nb\r\n",
		    "a\r\n..\r\nb\r\n.\r\n" },
		{ "two dots become three", "..\r\n", "...\r\n.\r\n" },
		{ "many dots get one more", "\r\n....\r\n.....\r\n",
		    "\r\n.....\r\n......\r\n.\r\n" },
		{ "other dots stay", "a.b\r\n a.\r\n1.2.3...\r\n",
		    "a.b\r\n a.\r\n1.2.3...\r\n.\r\n" },
		{ "lines of one dot each", ".\r\n.\r\n.\r\n",
		    "..\r\n..\r\n..\r\n.\r\n" },
		{ "a dot behind a bare line feed", "a\n.b\r\n",
		    "a\n..b\r\n.\r\n" },
		{ "a dot behind a bare CR stays", "a\r.b\r\n",
		    "a\r.b\r\n.\r\n" },
		{ "a last line without an end gets one", "a\r\nb",
		    "a\r\nb\r\n.\r\n" },
		{ "... also when it is a dot", "a\r\n.", "a\r\n..\r\n.\r\n" },
		{ "... also behind a bare line feed", "a\n",
		    "a\n\r\n.\r\n" },
		{ "... and behind a lone line feed", "\n", "\n\r\n.\r\n" },
		{ "8-bit octets pass", "\303\244\r\n.\377\r\n",
		    "\303\244\r\n..\377\r\n.\r\n" },
	};
	struct bench b;
	size_t i;
	int fd;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		bench_init(&b, accepted);
		fd = file_with(cases[i].in, strlen(cases[i].in));
		put_content(&b, NULL, fd, 0, (off_t)strlen(cases[i].in));
		is_status(wait_for(&b), WIRE_REPLY, cases[i].name);
		is_text(b.k.sent.data, cases[i].want, "... on the wire");
		close(fd);
		bench_release(&b);
	}
	bench_init(&b, accepted);
	fd = file_with("XX.a\r\nYY", 8);
	put_content(&b, NULL, fd, 2, 4);
	wire_put(&b.w, "", 0);
	is_status(wait_for(&b), WIRE_REPLY, "a part of a file");
	is_text(b.k.sent.data, "..a\r\n.\r\n", "... and no more than it");
	close(fd);
	bench_release(&b);
}

static void
test_empty_content(void)
{
	static const struct act answers[] = {
		{ 'w', ".\r\n" }, { 'r', "250 queued\r\n" }, { 0, NULL }
	};
	struct bench b;
	int fd = file_with("", 0);

	bench_init(&b, answers);
	put_content(&b, NULL, fd, 0, 0);
	is_status(wait_for(&b), WIRE_REPLY, "a content of nothing");
	is_text(b.k.sent.data, ".\r\n", "... is the dot alone");
	close(fd);
	bench_release(&b);
}

/* The same, octet by octet. */
static void
stuff_slowly(struct buf *out, const char *p, size_t len)
{
	char last = '\n';
	size_t i;

	for (i = 0; i < len; i++) {
		if (last == '\n' && p[i] == '.')
			buf_addc(out, '.');
		buf_addc(out, last = p[i]);
	}
	buf_adds(out, len == 0 || (len > 1 && p[len - 2] == '\r' &&
	    p[len - 1] == '\n') ? ".\r\n" : "\r\n.\r\n");
}

/* Lengths around the chunk, and dots wherever chunks may meet. */
static void
test_large_content(void)
{
	static const size_t lengths[] = {
		65534, 65535, 65536, 65537, 65538, 131072, 200000, 1000001
	};
	static const char *const patterns[] = {
		".", "\r\n", ".\r\n", "x", "ab.\r\n", "\r\n..", "x.\n", "\n\r"
	};
	struct buf in = BUF_INIT, want = BUF_INIT;
	struct bench b;
	size_t i, k, n;
	int fd, wrong = 0;

	for (i = 0; i < sizeof lengths / sizeof *lengths; i++)
		for (k = 0; k < sizeof patterns / sizeof *patterns; k++) {
			buf_reset(&in);
			buf_reset(&want);
			for (n = 0; n < lengths[i]; n++)
				buf_addc(&in,
				    patterns[k][n % strlen(patterns[k])]);
			stuff_slowly(&want, in.data, in.len);
			bench_init(&b, accepted);
			fd = file_with(in.data, in.len);
			put_content(&b, NULL, fd, 0, (off_t)in.len);
			wait_for(&b);
			if (b.k.sent.len != want.len || memcmp(b.k.sent.data,
			    want.data, want.len) != 0) {
				wrong++;
				printf("# length %zu pattern %zu\n",
				    lengths[i], k);
			}
			close(fd);
			bench_release(&b);
		}
	is_number(wrong, 0, "dots are doubled wherever chunks meet");
	buf_release(&in);
	buf_release(&want);
}

static void
test_dot(void)
{
	struct bench b;
	struct dots d;
	int fd = file_with("a\r\n", 3);

	bench_init(&b, accepted);
	is_number(b.w.dot, DOT_NONE, "no content, no dot");
	put_content(&b, &d, fd, 0, 3);
	is_number(b.w.dot, DOT_AHEAD, "a content is queued: its dot is ahead");
	is_status(wait_for(&b), WIRE_REPLY, "a content is sent");
	is_number(b.w.dot, DOT_HANDED, "... and its dot handed over");
	is_number(d.calls, 1, "before the dot somebody was asked, once");
	is_number((long long)d.sent_before, 0, "... before it was sent");
	bench_release(&b);

	bench_init(&b, accepted);
	put_content(&b, &d, fd, 0, 3);
	d.refuse = 1;
	is_status(wait_for(&b), WIRE_LOCAL, "a dot can be kept back");
	is_number(b.w.dot, DOT_AHEAD, "... then it is not handed over");
	ok(strstr(b.k.sent.data, ".\r\n") == NULL, "... and not sent");
	is_text(b.w.fault.text.data, "nobody listens", "... with the reason");
	bench_release(&b);
	close(fd);

	fd = file_with("a\r\n", 3);
	bench_init(&b, accepted);
	put_content(&b, &d, fd, 0, 4);
	is_status(wait_for(&b), WIRE_LOCAL, "a file that is too short");
	is_number(d.calls, 0, "... gets no dot");
	ok(b.w.fault.code == EX_IOERR, "... and a fault");
	bench_release(&b);
	close(fd);

	bench_init(&b, accepted);
	put_content(&b, &d, -1, 0, 4);
	is_status(wait_for(&b), WIRE_LOCAL, "a file that cannot be read");
	ok(strstr(b.w.fault.text.data, "cannot read the mail") != NULL,
	    "... and why");
	bench_release(&b);
}

/* Hears of each turn, as if time had passed. */
struct listener {
	struct wire *w;
	struct buf heard;
};

static void
listen_to(void *arg, off_t sent, off_t total)
{
	struct listener *l = arg;

	buf_addf(&l->heard, "%lld/%lld ", (long long)sent, (long long)total);
	l->w->told_at = 0;
}

static void
test_progress(void)
{
	static const struct act answers[] = {
		{ 'w', ".\r\n" }, { 'a', NULL }, { 'a', NULL },
		{ 'r', "250 queued\r\n" }, { 'w', "NOOP\r\n" },
		{ 'r', "250 next\r\n" }, { 0, NULL }
	};
	static const int takes[16] = { 30000, -2 };
	static const long unsents[] = { 30000, 65000, 131000, 5, 0, 0, -1 };
	struct listener l = { NULL, BUF_INIT };
	struct bench b;
	char *text = xmalloc(200000);
	int fd;

	memset(text, 'x', 200000);
	fd = file_with(text, 200000);
	bench_init(&b, answers);
	b.k.takes = takes;
	b.k.unsents = unsents;
	b.w.via.unsent = fake_unsent;
	b.w.progress = listen_to;
	b.w.progress_arg = &l;
	l.w = &b.w;
	put_content(&b, NULL, fd, 0, 200000);
	b.w.told_at = 0;
	is_status(wait_for(&b), WIRE_REPLY, "progress of a content");
	is_text(l.heard.data, "0/200000 536/200000 536/200000 196603/200000 "
	    "200000/200000 ", "... what waits here or in the system does not "
	    "count, it never shrinks, and the whole is told once");
	buf_reset(&l.heard);
	wire_put(&b.w, "NOOP\r\n", 6);
	wait_for(&b);
	is_text(l.heard.data, "", "... commands are no progress");
	bench_release(&b);

	bench_init(&b, accepted);
	b.w.progress = listen_to;
	b.w.progress_arg = &l;
	l.w = &b.w;
	put_content(&b, NULL, fd, 0, 200000);
	b.w.told_at = clock_monotonic_ms() + LONG_MS;
	wait_for(&b);
	is_text(l.heard.data, "", "... nothing is told too soon");
	bench_release(&b);
	buf_release(&l.heard);
	free(text);
	close(fd);
}

static void
test_behind_content(void)
{
	static const struct act answers[] = {
		{ 'w', "DATA\r\n" }, { 'r', "250 queued\r\n250 OK\r\n" },
		{ 0, NULL }
	};
	struct bench b;
	int fd = file_with("a\r\n", 3);

	bench_init(&b, answers);
	wire_put(&b.w, "NOOP\r\n", 6);
	put_content(&b, NULL, fd, 0, 3);
	wire_put(&b.w, "MAIL\r\n", 6);
	wire_put(&b.w, "DATA\r\n", 6);
	is_status(wait_for(&b), WIRE_REPLY, "commands around a content");
	is_text(b.k.sent.data, "NOOP\r\na\r\n.\r\nMAIL\r\nDATA\r\n",
	    "commands queued behind a content follow its dot");
	is_text(b.k.sizes.data, "24 ", "... all in one piece");
	is_status(wait_for(&b), WIRE_REPLY, "... each reply in its turn");
	wire_put(&b.w, "QUIT\r\n", 6);
	wire_flush(&b.w);
	is_text(b.k.sent.data + 24, "QUIT\r\n",
	    "afterwards commands go as before");
	close(fd);
	bench_release(&b);
}

/* Commands and content of more than a chunk each. */
static void
test_large_commands(void)
{
	struct buf commands = BUF_INIT, want = BUF_INIT;
	struct bench b;
	int fd = file_with("a\r\n", 3);
	size_t i;

	for (i = 0; commands.len < 200000; i++)
		buf_addf(&commands, "RCPT TO:<r%zu@example.org>\r\n", i);
	bench_init(&b, accepted);
	wire_put(&b.w, commands.data, commands.len);
	put_content(&b, NULL, fd, 0, 3);
	wire_put(&b.w, commands.data, commands.len);
	is_status(wait_for(&b), WIRE_REPLY, "commands of several chunks");
	while (!wire_flush(&b.w))
		;
	buf_add(&want, commands.data, commands.len);
	buf_adds(&want, "a\r\n.\r\n");
	buf_add(&want, commands.data, commands.len);
	ok(b.k.sent.len == want.len && memcmp(b.k.sent.data, want.data,
	    want.len) == 0, "... go out whole and in order");
	close(fd);
	bench_release(&b);
	buf_release(&commands);
	buf_release(&want);
}

static void
test_second_content(void)
{
	static const struct act answers[] = {
		{ 'w', "a\r\n.\r\n" }, { 'r', "250 one\r\n" },
		{ 'w', "b\r\n.\r\n" }, { 'r', "250 two\r\n" }, { 0, NULL }
	};
	struct bench b;
	int fd = file_with("a\r\n.b\r\n", 7);

	bench_init(&b, answers);
	put_content(&b, NULL, fd, 0, 3);
	wait_for(&b);
	put_content(&b, NULL, fd, 3, 4);
	is_number(b.w.dot, DOT_AHEAD, "a second content has its own dot");
	is_status(wait_for(&b), WIRE_REPLY, "... and its own reply");
	is_text(b.k.sent.data, "a\r\n.\r\n..b\r\n.\r\n",
	    "... and begins with a line start");
	close(fd);
	bench_release(&b);
}

/* A server that objects while the content is under way. */
static void
test_early_reply(void)
{
	static const struct act early[] = {
		{ 'w', "x" }, { 'r', "552 too large\r\n" }, { 0, NULL }
	};
	struct buf in = BUF_INIT;
	struct bench b;
	int fd;

	while (in.len < 200000)
		buf_adds(&in, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n");
	fd = file_with(in.data, in.len);
	bench_init(&b, early);
	put_content(&b, NULL, fd, 0, (off_t)in.len);
	is_status(wait_for(&b), WIRE_REPLY, "a reply before the dot is heard");
	is_number(b.w.dot, DOT_AHEAD, "... before the dot is handed over");
	is_number((long long)b.k.sent.len, 65536,
	    "... after the first chunk already");
	close(fd);
	bench_release(&b);
	buf_release(&in);
}

/* A server that must be read before it takes more. */
static void
test_talkative(void)
{
	static const struct act talk[] = {
		{ 'r', "250-a\r\n" }, { 'a', NULL }, { 'r', "250-b\r\n" },
		{ 'a', NULL }, { 'w', "\r\n.\r\n" }, { 'r', "250 c\r\n" },
		{ 0, NULL }
	};
	struct bench b;
	int fd = file_with("a\r\n", 3);

	bench_init(&b, talk);
	b.k.needs_reads = 4;
	put_content(&b, NULL, fd, 0, 3);
	is_status(wait_for(&b), WIRE_REPLY,
	    "what the server says is read while it takes nothing");
	is_text(b.a.lines.data, "250-a\n250-b\n250 c", "... all of it");
	is_number(b.k.moved, 0, "... and the piece stayed the same");
	close(fd);
	bench_release(&b);
}

static void
test_idle(void)
{
	static const struct {
		const char *name;
		struct act acts[3];
		enum wire_status status;
		int code;
	} cases[] = {
		{ "nothing came", { { 'a', NULL } }, WIRE_IDLE, 0 },
		{ "the server went", { { 'c', NULL } }, WIRE_LOST, 0 },
		{ "the server says good-bye", { { 'r', "421 bye\r\n" } },
		    WIRE_REPLY, 421 },
		{ "the server says something", { { 'r', "250 OK\r\n" } },
		    WIRE_REPLY, 250 },
		{ "the server babbles", { { 'r', "hello\r\n" } },
		    WIRE_GARBAGE, 0 },
		{ "half a line came", { { 'r', "250 O" } }, WIRE_GARBAGE, 0 },
		{ "half a reply came", { { 'r', "250-O\r\n" } },
		    WIRE_GARBAGE, 0 },
	};
	static const struct act left[] = {
		{ 'r', "250 OK\r\n250 too much\r\n" }, { 0, NULL }
	};
	struct bench b;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		bench_init(&b, cases[i].acts);
		is_status(wire_check_idle(&b.w, &b.a), cases[i].status,
		    cases[i].name);
		is_number(b.a.code, cases[i].code, "... code");
		bench_release(&b);
	}
	bench_init(&b, left);
	wait_for(&b);
	is_status(wire_check_idle(&b.w, &b.a), WIRE_REPLY,
	    "what came behind a reply is found");
	is_text(b.a.lines.data, "250 too much", "... as it is");
	bench_release(&b);
}

/* A password must not stay where a later command would not reach. */
static void
test_forgetting(void)
{
	static const struct act acts[] = {
		{ 'w', "secret\r\n" }, { 'r', "235 OK\r\n" },
		{ 'w', "x\r\n" }, { 'r', "250 OK\r\n" }, { 0, NULL }
	};
	struct bench b;
	size_t i, left = 0;

	bench_init(&b, acts);
	wire_put(&b.w, "secret\r\n", 8);
	is_status(wait_for(&b), WIRE_REPLY, "a secret is sent");
	wire_forget(&b.w);
	for (i = 0; i < 8; i++)
		left += b.w.chunk[i] != '\0';
	ok(left == 0 && b.w.text.cap == 0, "... and forgotten");
	wire_put(&b.w, "x\r\n", 3);
	is_status(wait_for(&b), WIRE_REPLY, "... and the wire goes on");
	is_text(b.k.sent.data, "secret\r\nx\r\n", "... where it was");
	bench_release(&b);
}

/* How often it reads while a command and a content are answered. */
static void
test_turns(void)
{
	static const struct act acts[] = {
		{ 'a', NULL }, { 'w', "DATA" }, { 'r', "354 go\r\n" },
		{ 'w', "\r\n.\r\n" }, { 'r', "250 ok\r\n" }, { 0, NULL }
	};
	struct wire_content content = { -1, 0, 0, NULL, NULL };
	struct bench b;

	bench_init(&b, acts);
	is_status(wire_check_idle(&b.w, &b.a), WIRE_IDLE, "nothing is due");
	wire_put(&b.w, "DATA\r\n", 6);
	is_status(wait_for(&b), WIRE_REPLY, "the reply to DATA");
	is_number(b.k.recvs, 2, "what is empty is not read again");
	wire_put_content(&b.w, &content);
	is_status(wait_for(&b), WIRE_REPLY, "the reply to the dot");
	is_number(b.k.recvs, 4, "before the content it is");
	is_number(b.k.sends, 2, "one write each");
	bench_release(&b);
}

static void
count(void *arg)
{
	++*(int *)arg;
}

static void
test_sleep(void)
{
	static const struct act acts[] = {
		{ 'r', "250 one\r\n250 two\r\n" }, { 'a', NULL },
		{ 'r', "250 three\r\n" }, { 0, NULL }
	};
	struct bench b;
	int sleeps = 0;

	bench_init(&b, acts);
	b.w.before_sleep = count;
	b.w.before_sleep_arg = &sleeps;
	wait_for(&b);
	is_status(wait_for(&b), WIRE_REPLY, "replies that are there");
	is_number(sleeps, 0, "... are no reason to sleep");
	is_status(wait_for(&b), WIRE_REPLY, "one that is not");
	/* Without octets kept back it is not even looked before the first. */
	is_number(sleeps, is_plain ? 2 : 1, "... is, and that is told");
	bench_release(&b);
}

static void
test_all(void)
{
	test_forgetting();
	test_lines();
	test_words();
	test_waiting();
	test_several_replies();
	test_long_replies();
	/* Its descriptor does not tell what comes. */
	if (!is_plain)
		test_limits();
	test_commands();
	test_broken_send();
	test_stuffing();
	test_empty_content();
	test_large_content();
	test_dot();
	test_progress();
	test_behind_content();
	test_large_commands();
	test_second_content();
	test_early_reply();
	test_talkative();
	test_idle();
	test_turns();
	test_sleep();
}

int
main(void)
{
	for (is_plain = 0; is_plain <= 1; is_plain++)
		test_all();
	return tap_done();
}
