/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The base layer: strings of bytes, files, quoting, UTF-8, dates, children. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/log.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "tap.h"

/* What is appended without printf is what printf says. */
static void
test_format(void)
{
	struct buf b = BUF_INIT;
	char want[256];

#define AS_PRINTF(...) do { \
	buf_reset(&b); \
	buf_addf(&b, __VA_ARGS__); \
	snprintf(want, sizeof want, __VA_ARGS__); \
	is_text(b.data, want, want); \
} while (0)
	AS_PRINTF("no directive");
	AS_PRINTF("%s, %s and %s", "one", "", "three");
	AS_PRINTF("%d %d %d", 0, INT_MAX, INT_MIN);
	AS_PRINTF("%ld %ld", LONG_MAX, LONG_MIN);
	AS_PRINTF("%lld %lld", LLONG_MAX, LLONG_MIN);
	AS_PRINTF("%zu %zu", (size_t)0, SIZE_MAX);
	AS_PRINTF("%s %d%% %c", "some", 10, 'x');
	AS_PRINTF("%s=%02x, %s", "behind a plain one", 7, "and before one");
	AS_PRINTF("%.*s|%5d|%-3s|%llu", 2, "cut", 42, "a", ULLONG_MAX);
#undef AS_PRINTF
	buf_reset(&b);
	buf_adds(&b, "kept ");
	buf_addf(&b, "%s%x", "twice? ", 255);
	is_text(b.data, "kept twice? ff", "what was there stays");
	buf_release(&b);
}

static void
test_buf(void)
{
	struct buf b = BUF_INIT;
	char *p;
	int i;

	is_text(b.data, "", "an empty buf is an empty string");
	for (i = 0; i < 1000; i++)
		buf_addc(&b, (char)('a' + i % 26));
	ok(b.len == 1000 && b.data[1000] == '\0' && b.data[999] == 'l',
	    "a buf grows and stays NUL-ended");
	buf_reset(&b);
	buf_addf(&b, "%d-%s", 42, "x");
	buf_insert(&b, 2, "ab", 2);
	is_text(b.data, "42ab-x", "insert puts octets in the middle");
	buf_consume(&b, 2);
	is_text(b.data, "ab-x", "consume removes from the front");
	buf_truncate(&b, 9);
	is_text(b.data, "ab-x", "truncate never lengthens");
	buf_truncate(&b, 2);
	p = buf_detach(&b);
	is_text(p, "ab", "detach hands over the octets");
	ok(b.len == 0 && b.data[0] == '\0', "a detached buf is empty");
	free(p);
	buf_add(&b, "a\0b", 3);
	is_bytes(b.data, b.len, "a\0b", 3, "NUL is an octet like others");
	buf_wipe(&b);

	test_format();
	buf_init(&b, 4);
	ok(buf_adds(&b, "abcd") == 0, "a buf may be filled up to its max");
	ok(buf_addc(&b, 'e') == -1, "an addition beyond max fails");
	is_text(b.data, "abcd", "and adds nothing");
	buf_truncate(&b, 1);
	ok(buf_addc(&b, 'e') == -1, "the overflow sticks");
	buf_reset(&b);
	ok(buf_addc(&b, 'e') == 0, "until the buf is reset");
	buf_release(&b);
}

static void
test_strv(void)
{
	struct strv s = STRV_INIT;
	int i;

	for (i = 0; i < 20; i++)
		strv_addn(&s, &"abcdefghijklmnopqrstuvwxyz"[i], 2);
	is_number((long long)s.n, 20, "a strv counts its strings");
	is_text(s.v[19], "tu", "and owns copies of them");
	ok(s.v[20] == NULL, "it ends with NULL like an argv");
	ok(strv_has(&s, "cd") && !strv_has(&s, "cx"), "strv_has finds octets");
	strv_release(&s);
	ok(s.n == 0 && s.v == NULL, "a released strv is empty");
}

static void
test_fault(void)
{
	struct fault f = FAULT_INIT;

	ok(fault_set(&f, EX_USAGE, "first %d", 1) == -1,
	    "fault_set returns -1");
	fault_set(&f, EX_OSERR, "second");
	ok(f.code == EX_USAGE, "the first fault keeps its code");
	fault_context(&f, "account %s", "x");
	is_text(f.text.data, "account x: first 1",
	    "context goes in front of the text");
	fault_release(&f);
	ok(f.code == 0 && f.text.len == 0, "a released fault is none");
	errno = ENOENT;
	fault_errno(&f, EX_NOINPUT, "f");
	is_text(f.text.data, "f: No such file or directory",
	    "fault_errno says what errno means");
	fault_release(&f);
}

static void
test_files(void)
{
	struct fault f = FAULT_INIT;
	struct buf line = BUF_INIT;
	struct reader r;
	struct writer w;
	const char *p;
	int i, fd = io_private_file(&f);

	ok(fd != -1, "a private file can be made");
	ok((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0,
	    "children do not inherit it");
	writer_init(&w, fd, 100);
	for (i = 0; i < 30000; i++)
		writer_puts(&w, "0123456789");
	writer_puts(&w, "\nsecond\nlast");
	is_number(writer_position(&w), 100 + 300000 + 12,
	    "the writer knows its position");
	ok(writer_flush(&w, &f) == 0, "the writer writes");
	writer_release(&w);

	reader_init_part(&r, fd, 100, 300000 + 8);
	is_number(reader_line(&r, &line), 1, "a long line is one line");
	is_number((long long)line.len, 300001, "and complete");
	buf_reset(&line);
	reader_line(&r, &line);
	is_text(line.data, "second\n", "a line has its line feed");
	buf_reset(&line);
	is_number(reader_line(&r, &line), 0, "a part ends where it should");
	reader_release(&r);

	reader_init_part(&r, fd, 100 + 300008, 4);
	is_number((long long)reader_peek(&r, &p), 4, "peek shows octets");
	reader_take(&r, 1);
	is_number((long long)reader_peek(&r, &p), 3, "take takes them");
	is_bytes(p, 3, "ast", 3, "in order");
	reader_release(&r);

	reader_init_part(&r, fd, 100 + 300000, 99);
	buf_release(&line);
	buf_init(&line, 3);
	is_number(reader_line(&r, &line), 1, "a line that fits its max");
	is_number(reader_line(&r, &line), -1, "a line that does not");
	reader_release(&r);
	buf_release(&line);

	writer_init(&w, -1, 0);
	writer_puts(&w, "x");
	ok(writer_flush(&w, &f) == -1 && f.code == EX_TEMPFAIL,
	    "a failed write is told");
	writer_release(&w);
	fault_release(&f);
	close(fd);
}

static void
test_utf8(void)
{
	static const struct {
		const char *name, *in;
		int valid;
	} cases[] = {
		{ "ASCII", "plain", 1 },
		{ "two, three and four octets", "\xc3\xa9\xe7\xbd\x91\xf0\x9f\x98\x80", 1 },
		{ "an overlong slash", "\xc0\xaf", 0 },
		{ "an overlong form of three", "\xe0\x80\xaf", 0 },
		{ "a surrogate", "\xed\xa0\x80", 0 },
		{ "beyond U+10FFFF", "\xf4\x90\x80\x80", 0 },
		{ "U+10FFFF", "\xf4\x8f\xbf\xbf", 1 },
		{ "a lone continuation", "a\x80z", 0 },
		{ "a cut-off end", "abc\xe7\xbd", 0 },
		{ "a broken sequence", "\xe7\xbd" "a", 0 },
		{ "Latin-1", "caf\xe9 au lait", 0 },
		{ "GBK", "\xcd\xf8\xc2\xe7", 0 },
	};
	struct utf8_check c;
	size_t i, k, len;
	char name[80];

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		len = strlen(cases[i].in);
		snprintf(name, sizeof name, "UTF-8: %s", cases[i].name);
		is_number(utf8_is_valid(cases[i].in, len), cases[i].valid,
		    name);
		memset(&c, 0, sizeof c);
		for (k = 0; k < len; k++)
			utf8_check_push(&c, cases[i].in + k, 1);
		snprintf(name, sizeof name, "UTF-8 by octets: %s",
		    cases[i].name);
		is_number(utf8_check_done(&c), cases[i].valid, name);
	}
	ok(!utf8_is_8bit("0123456789abcdefgh", 18) &&
	    utf8_is_8bit("0123456789abcdefg\xe9", 18) &&
	    utf8_is_8bit("012\xe9" "456789abcdefgh", 18),
	    "8-bit octets are found anywhere");
}

static void
test_quote(void)
{
	struct buf b = BUF_INIT;

	log_quotes(&b, "a\r\nb\x1b[31m\x7f");
	is_text(b.data, "a\\x0d\\x0ab\\x1b[31m\\x7f",
	    "control characters are shown as octets");
	buf_reset(&b);
	log_quotes(&b, "\xe7\xbd\x91 \xff \xc2\x9b \xe2\x80\xae");
	is_text(b.data, "\xe7\xbd\x91 \\xff \\xc2\\x9b \\xe2\\x80\\xae",
	    "text stays, C1 and direction overrides do not");
	buf_release(&b);
	ok(log_is_facility("LOG_MAIL") && !log_is_facility("mail"),
	    "facilities are known by name");
}

static void
test_log_file(void)
{
	char path[] = "/tmp/qsendmail-test.XXXXXX";
	struct fault f = FAULT_INIT;
	struct buf b = BUF_INIT;
	int fd = mkstemp(path);

	close(fd);
	ok(log_to_file(path, "one", &f) == 0 &&
	    log_to_file(path, "two", &f) == 0, "log lines are written");
	io_load(path, 100, &b, &f);
	is_text(b.data, "one\ntwo\n", "one behind the other");
	buf_release(&b);
	ok(io_load(path, 3, &b, &f) == -1 && f.code == EX_DATAERR,
	    "a file larger than allowed is not loaded");
	fault_release(&f);
	unlink(path);
	ok(io_load(path, 3, &b, &f) == -1 && f.code == EX_NOINPUT,
	    "a missing file is a fault of input");
	fault_release(&f);
	buf_release(&b);
	ok(log_to_file("/nonexistent/log", "x", &f) == -1 &&
	    f.code == EX_CANTCREAT, "a log that cannot be opened is told");
	fault_release(&f);
}

/* A process that holds the lock of a log file, and what it waits for. */
static pid_t
hold_lock(const char *path, int ready, int end)
{
	struct flock l;
	pid_t pid = fork();
	char c = 0;
	int fd;

	if (pid != 0)
		return pid;
	memset(&l, 0, sizeof l);
	l.l_type = F_WRLCK;
	l.l_whence = SEEK_SET;
	fd = open(path, O_RDWR);
	if (fd == -1 || fcntl(fd, F_SETLK, &l) == -1 ||
	    write(ready, &c, 1) != 1)
		_exit(1);
	_exit(read(end, &c, 1) == 1 ? 0 : 1);
}

static void
test_log_lock(void)
{
	char path[] = "/tmp/qsendmail-test.XXXXXX", c = 0;
	struct fault f = FAULT_INIT;
	struct buf b = BUF_INIT;
	int ready[2], end[2], fd = mkstemp(path);
	pid_t pid;

	close(fd);
	if (pipe(ready) == -1 || pipe(end) == -1)
		return;
	pid = hold_lock(path, ready[1], end[0]);
	is_number(read(ready[0], &c, 1), 1, "somebody holds the log");
	ok(log_to_file(path, "one", &f) == 0, "no log line waits for ever");
	is_number(write(end[1], &c, 1), 1, "he holds it still");
	waitpid(pid, NULL, 0);
	io_load(path, 100, &b, &f);
	is_text(b.data, "one\n", "and it is written");
	close(ready[0]);
	close(ready[1]);
	close(end[0]);
	close(end[1]);
	unlink(path);
	buf_release(&b);
	fault_release(&f);
}

static void
test_clock(void)
{
	static const struct {
		const char *zone, *want;
		time_t when;
	} cases[] = {
		{ "UTC0", "Mon, 23 Nov 2026 18:08:34 +0000", 1795457314 },
		{ "CST-8", "Tue, 24 Nov 2026 02:08:34 +0800", 1795457314 },
		{ "NST3:30", "Thu, 31 Dec 2026 20:30:01 -0330", 1798761601 },
		{ "XXX-14", "Fri, 1 Jan 2027 14:00:01 +1400", 1798761601 },
	};
	struct buf b = BUF_INIT, other = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		setenv("TZ", cases[i].zone, 1);
		tzset();
		buf_reset(&b);
		clock_format_date(cases[i].when, &b);
		is_text(b.data, cases[i].want, cases[i].zone);
	}
	buf_reset(&b);
	unsetenv("QSENDMAIL_TEST_UNIQUE");
	clock_unique(&b);
	clock_unique(&other);
	ok(b.len == 26 && strcmp(b.data, other.data) != 0,
	    "unique text is never the same");
	ok(strspn(b.data, "abcdefghijklmnopqrstuvwxyz234567") == 26,
	    "and has letters and digits only");
	setenv("QSENDMAIL_TEST_TIME", "1795457314", 1);
	is_number(clock_now(), 1795457314, "time can be fixed for a test");
	unsetenv("QSENDMAIL_TEST_TIME");
	buf_release(&b);
	buf_release(&other);
}

static void
test_spawn(void)
{
	char cat[] = "cat", missing[] = "missing";
	char *const argv[] = { cat, NULL }, *const none[] = { missing, NULL };
	struct fault f = FAULT_INIT;
	struct buf b = BUF_INIT;
	struct child c;
	char echo[4] = "";

	buf_init(&b, 8);
	ok(spawn_shell("printf 'a\\nb'", &b, &f) == 0, "a command runs");
	is_text(b.data, "a\nb", "and its output is taken");
	ok(spawn_shell("exit 3", &b, &f) == -1 && f.code == EX_CONFIG,
	    "a command that fails is a fault");
	is_text(f.text.data, "command \"exit 3\" ended with status 3",
	    "that says how");
	fault_release(&f);
	ok(spawn_shell("echo 0123456789", &b, &f) == -1,
	    "so is one that prints too much");
	fault_release(&f);
	buf_reset(&b);
	ok(spawn_shell("cat", &b, &f) == 0 && b.len == 0,
	    "a command has no standard input");
	buf_release(&b);

	ok(spawn_socket(&c, "/bin/cat", argv, &f) == 0, "a child starts");
	ok(io_write(c.fd, "hi!", 3) == 0 && io_read(c.fd, echo, 3) == 3 &&
	    memcmp(echo, "hi!", 3) == 0, "its socket works both ways");
	is_number(spawn_end(&c), 0, "it ends when the socket is closed");
	ok(spawn_socket(&c, "/nonexistent/x", none, &f) == -1 &&
	    f.code == EX_UNAVAILABLE, "a missing program is a fault");
	is_number(spawn_end(&c), -1, "and leaves no child");
	fault_release(&f);
}

/* Writes len octets in pieces of piece, reads them again in other ones: 1 when
 * they are the same. */
static int
survives(const char *text, size_t len, size_t piece)
{
	struct fault f = FAULT_INIT;
	struct buf got = BUF_INIT;
	int fd = io_private_file(&f), same;
	struct writer w;
	struct reader r;
	const char *p;
	size_t at, n;

	writer_init(&w, fd, 0);
	for (at = 0; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		writer_put(&w, text + at, n);
	}
	same = writer_position(&w) == (off_t)len &&
	    writer_flush(&w, &f) == 0;
	writer_release(&w);
	reader_init(&r, fd);
	while ((n = reader_peek(&r, &p)) != 0) {
		n = n < piece ? n : piece;
		buf_add(&got, p, n);
		reader_take(&r, n);
	}
	same = same && r.error == 0 && got.len == len &&
	    memcmp(got.data, text, len) == 0;
	reader_release(&r);
	buf_release(&got);
	fault_release(&f);
	close(fd);
	return same;
}

/* Buffers grow from 4,096 to IO_CHUNK. */
static void
test_buffers(void)
{
	static const size_t lengths[] = { 1, 4095, 4096, 4097, 8192, 65535,
		65536, 65537, 69632, 200001 };
	static const size_t pieces[] = { 100, 4096, 4097, 65536 };
	char *text = xmalloc(200001), name[64];
	size_t i, j;

	for (i = 0; i < 200001; i++)
		text[i] = (char)('a' + i % 23);
	for (i = 0; i < sizeof lengths / sizeof *lengths; i++)
		for (j = 0; j < sizeof pieces / sizeof *pieces; j++) {
			snprintf(name, sizeof name, "%zu octets in pieces of "
			    "%zu", lengths[i], pieces[j]);
			ok(survives(text, lengths[i], pieces[j]), name);
		}
	free(text);
}

/* To 100, before a space or the end; for any other text the place stays. */
static void
test_take_number(void)
{
	static const char *const bad[] = { "", " 1", "-1", "+1", "x", "1x",
		"101", "99999999999999999999", "1\t" };
	const char *p = "0 100 7", *at;
	long long n[3];
	size_t i;

	for (i = 0; i < 3; i++)
		if (ascii_take_number(&p, 100, &n[i]) == -1)
			n[i] = -1;
	ok(n[0] == 0 && n[1] == 100 && n[2] == 7 && *p == '\0',
	    "three numbers");
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		at = bad[i];
		ok(ascii_take_number(&at, 100, n) == -1 && at == bad[i],
		    bad[i]);
	}
}

int
main(void)
{
	test_buf();
	test_buffers();
	test_take_number();
	test_strv();
	test_fault();
	test_files();
	test_utf8();
	test_quote();
	test_log_file();
	test_log_lock();
	test_clock();
	test_spawn();
	return tap_done();
}
