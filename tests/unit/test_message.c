/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying text, reading messages, completing headers. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/message.h"
#include "tap.h"

#define N(s) s, sizeof(s) - 1

/* A file with these octets. */
static int
file_of(const char *p, size_t len)
{
	struct fault f = FAULT_INIT;
	int fd = io_private_file(&f);

	if (fd == -1 || io_pwrite(fd, p, len, 0) == -1) {
		printf("Bail out! no temporary file\n");
		exit(1);
	}
	return fd;
}

/* What is in a file from offset at on. */
static void
contents(int fd, off_t at, struct buf *out)
{
	char chunk[4096];
	ssize_t n;

	while ((n = io_pread(fd, chunk, sizeof chunk, at)) > 0) {
		buf_add(out, chunk, (size_t)n);
		at += n;
	}
}

/* --- text_copy --- */

static const struct {
	const char *name;
	const char *in;
	size_t in_len;
	const char *want;
	int flags;
	struct text_facts facts; /* length is that of want */
} copy_cases[] = {
	{ "empty text", N(""), "", 0, { 0, 0, 0, 0, 1, 1 } },
	{ "LF", N("a\nbc\n"), "a\r\nbc\r\n", 0, { 0, 2, 0, 2, 1, 1 } },
	{ "CRLF", N("a\r\nbc\r\n"), "a\r\nbc\r\n", 0, { 0, 2, 0, 2, 1, 1 } },
	{ "CR CR LF", N("a\r\r\nb\r\r\r\n"), "a\r\nb\r\n", 0,
	    { 0, 2, 0, 1, 1, 1 } },
	{ "mixed line ends", N("a\r\nb\nc\r\r\nd\n"),
	    "a\r\nb\r\nc\r\nd\r\n", 0, { 0, 4, 0, 1, 1, 1 } },
	{ "bare CR", N("a\rb\n"), "a\r\nb\r\n", 0, { 0, 2, 0, 1, 1, 1 } },
	{ "two bare CR", N("a\r\rb\n"), "a\r\n\r\nb\r\n", 0,
	    { 0, 3, 0, 1, 1, 1 } },
	{ "bare CR at the start", N("\ra\n"), "\r\na\r\n", 0,
	    { 0, 2, 0, 1, 1, 1 } },
	{ "CR at the very end", N("a\r"), "a\r\n", 0,
	    { 0, 1, 0, 1, 1, 1 } },
	{ "two CR at the very end", N("a\r\r"), "a\r\n\r\n", 0,
	    { 0, 2, 0, 1, 1, 1 } },
	{ "only CR", N("\r"), "\r\n", 0, { 0, 1, 0, 0, 1, 1 } },
	{ "LF CR", N("a\n\rb\n"), "a\r\n\r\nb\r\n", 0,
	    { 0, 3, 0, 1, 1, 1 } },
	{ "a missing line end is added", N("a\nbcd"), "a\r\nbcd\r\n", 0,
	    { 0, 2, 0, 3, 1, 1 } },
	{ "blank lines", N("\n\n"), "\r\n\r\n", 0, { 0, 2, 0, 0, 1, 1 } },
	{ "NUL is dropped", N("a\0b\n\0"), "ab\r\n", 0,
	    { 0, 1, 0, 2, 1, 1 } },
	{ "only NUL", N("\0\0"), "", 0, { 0, 0, 0, 0, 1, 1 } },
	{ "NUL between CR and LF", N("a\r\0\nb\n"), "a\r\nb\r\n", 0,
	    { 0, 2, 0, 1, 1, 1 } },
	{ "NUL at the start of a line", N("\0a\n\0\0b\n"), "a\r\nb\r\n", 0,
	    { 0, 2, 0, 1, 1, 1 } },
	{ "UTF-8", N("\xc3\xbc\xe2\x82\xac\n"), "\xc3\xbc\xe2\x82\xac\r\n", 0,
	    { 0, 1, 5, 5, 1, 1 } },
	{ "Latin-1", N("abc\xfc\n"), "abc\xfc\r\n", 0,
	    { 0, 1, 1, 4, 0, 1 } },
	{ "UTF-8 cut by the line end", N("\xc3\n\xbc\n"),
	    "\xc3\r\n\xbc\r\n", 0, { 0, 2, 2, 1, 0, 1 } },
	{ "UTF-8 cut by the end", N("\xe2\x82"), "\xe2\x82\r\n", 0,
	    { 0, 1, 2, 2, 0, 1 } },
	{ "UTF-8 cut by a NUL", N("\xc3\0\xbc\n"), "\xc3\xbc\r\n", 0,
	    { 0, 1, 2, 2, 1, 1 } },
	{ "UTF-8 cut by an ASCII letter", N("\xc3x\xbc\n"),
	    "\xc3x\xbc\r\n", 0, { 0, 1, 2, 3, 0, 1 } },
	{ "UTF-8 cut by an ASCII letter between NULs",
	    N("\xc3\0x\0\xbc\n"), "\xc3x\xbc\r\n", 0,
	    { 0, 1, 2, 3, 0, 1 } },
	{ "8-bit octets behind eight others",
	    N("12345678\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\n"),
	    "12345678\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\r\n", 0,
	    { 0, 1, 10, 18, 1, 1 } },
	{ "the longest line is the first", N("abc\n\na\n"),
	    "abc\r\n\r\na\r\n", 0, { 0, 3, 0, 3, 1, 1 } },
	{ "the longest line is the last", N("a\nabcd"), "a\r\nabcd\r\n", 0,
	    { 0, 2, 0, 4, 1, 1 } },
	{ "a lone dot is text", N("a\n.\nb\n"), "a\r\n.\r\nb\r\n", 0,
	    { 0, 3, 0, 1, 1, 1 } },
	{ "a lone dot ends terminal input", N("a\n.\nb\n"), "a\r\n",
	    TEXT_DOT_ENDS, { 0, 1, 0, 1, 1, 1 } },
	{ "so it does with CRLF", N("a\r\n.\r\nb\r\n"), "a\r\n",
	    TEXT_DOT_ENDS, { 0, 1, 0, 1, 1, 1 } },
	{ "and with a bare CR", N("a\n.\rb\n"), "a\r\n", TEXT_DOT_ENDS,
	    { 0, 1, 0, 1, 1, 1 } },
	{ "and with a bare CR before it", N("a\r.\nb\n"), "a\r\n",
	    TEXT_DOT_ENDS, { 0, 1, 0, 1, 1, 1 } },
	{ "and as the first line", N(".\nb\n"), "", TEXT_DOT_ENDS,
	    { 0, 0, 0, 0, 1, 1 } },
	{ "and without a line end", N("a\n."), "a\r\n", TEXT_DOT_ENDS,
	    { 0, 1, 0, 1, 1, 1 } },
	{ "and with a NUL beside it", N("a\n\0.\0\nb\n"), "a\r\n",
	    TEXT_DOT_ENDS, { 0, 1, 0, 1, 1, 1 } },
	{ "two dots do not", N("..\nb\n"), "..\r\nb\r\n", TEXT_DOT_ENDS,
	    { 0, 2, 0, 2, 1, 1 } },
	{ "nor a dot and a letter", N(".b\n"), ".b\r\n", TEXT_DOT_ENDS,
	    { 0, 1, 0, 2, 1, 1 } },
	{ "nor a letter and a dot", N("b.\n"), "b.\r\n", TEXT_DOT_ENDS,
	    { 0, 1, 0, 2, 1, 1 } },
	{ "nor a dot and a space", N(". \n"), ". \r\n", TEXT_DOT_ENDS,
	    { 0, 1, 0, 2, 1, 1 } },
	{ "nor a dot, NUL and a letter", N(".\0b\n"), ".b\r\n",
	    TEXT_DOT_ENDS, { 0, 1, 0, 2, 1, 1 } },
	{ "nor a lone letter", N("b\n"), "b\r\n", TEXT_DOT_ENDS,
	    { 0, 1, 0, 1, 1, 1 } },
};

static int
facts_are(const struct text_facts *got, const struct text_facts *want)
{
	int same = got->length == want->length && got->lines == want->lines &&
	    got->octets_8bit == want->octets_8bit &&
	    got->longest_line == want->longest_line &&
	    got->is_utf8 == want->is_utf8 &&
	    got->ends_in_newline == want->ends_in_newline;

	if (!same)
		printf("# got %lld octets %lld lines %lld 8-bit longest %zu "
		    "utf8 %d newline %d\n# want %lld %lld %lld %zu %d %d\n",
		    (long long)got->length, (long long)got->lines,
		    (long long)got->octets_8bit, got->longest_line,
		    got->is_utf8, got->ends_in_newline,
		    (long long)want->length, (long long)want->lines,
		    (long long)want->octets_8bit, want->longest_line,
		    want->is_utf8, want->ends_in_newline);
	return same;
}

/* Copies text whose first octets come in a piece of their own. */
static int
copy_in_two(const char *in, size_t len, size_t first, int flags,
    struct buf *out, struct text_facts *facts)
{
	struct buf piece = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct reader r;
	struct writer w;
	int fd = file_of(in + first, len - first);
	int to = file_of("###", 3), rc;

	buf_add(&piece, in, first);
	reader_init(&r, fd);
	lseek(fd, 0, SEEK_SET);
	writer_init(&w, to, 3);
	rc = text_copy(&r, first != 0 ? &piece : NULL, &w, flags, facts, &f);
	contents(to, 3, out);
	reader_release(&r);
	writer_release(&w);
	buf_release(&piece);
	fault_release(&f);
	close(fd);
	close(to);
	return rc;
}

static int
examine_text(const char *in, size_t len, struct text_facts *facts)
{
	struct fault f = FAULT_INIT;
	struct reader r;
	int fd = file_of(in, len), rc;

	reader_init_part(&r, fd, 0, (off_t)len);
	rc = text_examine(&r, facts, &f);
	reader_release(&r);
	fault_release(&f);
	close(fd);
	return rc;
}

/* One case, cut into two pieces everywhere. */
static void
test_copy_case(size_t i)
{
	struct text_facts facts, want = copy_cases[i].facts;
	struct buf out = BUF_INIT;
	size_t cut, good = 0;

	want.length = (off_t)strlen(copy_cases[i].want);
	for (cut = 0; cut <= copy_cases[i].in_len; cut++) {
		buf_reset(&out);
		if (copy_in_two(copy_cases[i].in, copy_cases[i].in_len, cut,
		    copy_cases[i].flags, &out, &facts) == -1)
			break;
		if (strcmp(out.data, copy_cases[i].want) != 0 ||
		    !facts_are(&facts, &want))
			break;
		good++;
	}
	if (!ok(good == copy_cases[i].in_len + 1, copy_cases[i].name))
		tap_show("got", out.data, out.len);
	ok(examine_text(copy_cases[i].want, strlen(copy_cases[i].want),
	    &facts) == 0 && facts_are(&facts, &want),
	    "text_examine finds the same");
	buf_release(&out);
}

/* The same by the octet. */
static void
copy_slowly(const char *in, size_t len, struct buf *out,
    struct text_facts *facts)
{
	size_t i, run, line = 0;

	memset(facts, 0, sizeof *facts);
	for (i = 0; i < len; i++) {
		if (in[i] == '\0')
			continue;
		for (run = i; in[i] == '\r' && run < len &&
		    (in[run] == '\r' || in[run] == '\0');)
			run++;
		if (run != i && run < len && in[run] == '\n')
			i = run;
		if (in[i] != '\r' && in[i] != '\n') {
			buf_addc(out, in[i]);
			line++;
			facts->octets_8bit += (unsigned char)in[i] > 127;
			continue;
		}
		buf_adds(out, "\r\n");
		facts->lines++;
		if (line > facts->longest_line)
			facts->longest_line = line;
		line = 0;
	}
	if (line != 0) {
		buf_adds(out, "\r\n");
		facts->lines++;
		if (line > facts->longest_line)
			facts->longest_line = line;
	}
	facts->length = (off_t)out->len;
	facts->is_utf8 = utf8_is_valid(out->data, out->len);
	facts->ends_in_newline = 1;
}

static unsigned long
next_random(unsigned long *state)
{
	*state = (*state * 1103515245 + 12345) & 0x7fffffff;
	return *state >> 8;
}

/* Long random text, rich in what matters: chunks end anywhere. */
static void
test_copy_random(unsigned long seed)
{
	static const char *const alphabets[] = {
		"abc\n", "ab\r\n\r", "a\xc3\xbc\n\r", "xyz", "\r\n",
		"\xe2\x82\xac"
	};
	size_t len = IO_CHUNK * 3 + 100, i, n, run;
	struct buf out = BUF_INIT, want = BUF_INIT;
	struct text_facts facts, want_facts;
	char *in = xmalloc(len), name[40];
	const char *alphabet;

	for (i = 0; i < len; i += run) {
		alphabet = alphabets[next_random(&seed) % 6];
		run = next_random(&seed) % 3000 + 1;
		if (run > len - i)
			run = len - i;
		for (n = 0; n < run; n++)
			in[i + n] = alphabet[next_random(&seed) %
			    strlen(alphabet)];
		if (next_random(&seed) % 4 == 0)
			in[i] = '\0';
	}
	copy_slowly(in, len, &want, &want_facts);
	snprintf(name, sizeof name, "random text %lu", seed);
	ok(copy_in_two(in, len, 0, 0, &out, &facts) == 0 &&
	    out.len == want.len && memcmp(out.data, want.data, want.len) == 0,
	    name);
	ok(facts_are(&facts, &want_facts), "its facts");
	ok(examine_text(want.data, want.len, &facts) == 0 &&
	    facts_are(&facts, &want_facts), "the same, examined");
	free(in);
	buf_release(&out);
	buf_release(&want);
}

static void
test_examine(void)
{
	struct text_facts facts;

	ok(examine_text(N("abc\r\nabcde"), &facts) == 0, "text_examine");
	is_number(facts.length, 10, "its length is what is there");
	is_number(facts.lines, 2, "a line without an end is a line");
	is_number((long long)facts.longest_line, 5, "and may be the longest");
	is_number(facts.ends_in_newline, 0, "the line end that lacks");
	examine_text(N("abc\r\n"), &facts);
	is_number(facts.ends_in_newline, 1, "a line end that is there");
	examine_text(N(""), &facts);
	is_number(facts.ends_in_newline, 1, "empty text lacks none");
}

static void
test_text_errors(void)
{
	struct fault f = FAULT_INIT;
	struct text_facts facts;
	struct reader r;
	struct writer w;
	struct buf big = BUF_INIT;
	int directory = open("/", O_RDONLY), to = file_of("", 0);
	int read_only = open("/dev/null", O_RDONLY), fd;
	size_t i;

	reader_init(&r, directory);
	writer_init(&w, to, 0);
	is_number(text_copy(&r, NULL, &w, 0, &facts, &f), -1,
	    "input that cannot be read");
	is_number(f.code, EX_IOERR, "is EX_IOERR");
	ok(strncmp(f.text.data, "cannot read the message: ", 25) == 0,
	    "and the fault says so");
	fault_release(&f);
	reader_release(&r);
	reader_init(&r, directory);
	is_number(text_examine(&r, &facts, &f), -1, "also for text_examine");
	fault_release(&f);
	reader_release(&r);
	writer_release(&w);

	for (i = 0; i < IO_CHUNK * 4; i++)
		buf_addc(&big, i % 70 == 69 ? '\n' : 'x');
	fd = file_of(big.data, big.len);
	reader_init_part(&r, fd, 0, (off_t)big.len);
	writer_init(&w, read_only, 0);
	is_number(text_copy(&r, NULL, &w, 0, &facts, &f), -1,
	    "no room for the text");
	is_number(f.code, EX_TEMPFAIL, "is EX_TEMPFAIL");
	ok(r.left > 0, "and ends it at once");
	fault_release(&f);
	reader_release(&r);
	writer_release(&w);
	buf_reset(&big);
	buf_adds(&big, "short");
	reader_init_part(&r, fd, 0, 0);
	writer_init(&w, read_only, 0);
	is_number(text_copy(&r, &big, &w, 0, &facts, &f), -1,
	    "what is gathered is written before it returns");
	fault_release(&f);
	reader_release(&r);
	writer_release(&w);
	buf_release(&big);
	close(fd);
	close(to);
	close(read_only);
	close(directory);
}

/* --- message_read --- */

static const struct {
	const char *name, *in;
	int flags;
	const char *header, *body;
	int had_header;
} read_cases[] = {
	{ "header and body", "To: a@b\nSubject: s\n\nhello\n", 0,
	    "To: a@b\r\nSubject: s\r\n", "hello\r\n", 1 },
	{ "header only", "To: a@b\n", 0, "To: a@b\r\n", "", 1 },
	{ "header and blank line", "To: a@b\n\n", 0, "To: a@b\r\n", "", 1 },
	{ "body only", "hello\nTo: a@b\n", 0, "", "hello\r\nTo: a@b\r\n", 0 },
	{ "blank line and body", "\nhello\n", 0, "", "hello\r\n", 0 },
	{ "nothing", "", 0, "", "", 0 },
	{ "the body's own blank lines stay", "To: a@b\n\n\n\nx\n\n", 0,
	    "To: a@b\r\n", "\r\n\r\nx\r\n\r\n", 1 },
	{ "a header without its blank line", "To: a@b\nhello: \xfc\nhi all\nx",
	    0, "To: a@b\r\nhello: \xfc\r\n", "hi all\r\nx\r\n", 1 },
	{ "mbox line in front", "From a@b Mon\nTo: a@b\n\nx\n", 0,
	    "To: a@b\r\n", "x\r\n", 1 },
	{ "CRLF all over", "To: a@b\r\n\r\nx\r\n", 0, "To: a@b\r\n",
	    "x\r\n", 1 },
	{ "CR CR LF all over", "To: a@b\r\r\n\r\r\nx\r\r\n", 0,
	    "To: a@b\r\n", "x\r\n", 1 },
	{ "a lone dot ends the body", "To: a@b\n\nx\n.\ny\n", TEXT_DOT_ENDS,
	    "To: a@b\r\n", "x\r\n", 1 },
	{ "a lone dot within the header", "To: a@b\n.\ny\n", TEXT_DOT_ENDS,
	    "To: a@b\r\n", "", 1 },
};

static void
test_read(void)
{
	struct fault f = FAULT_INIT;
	struct buf header = BUF_INIT, body = BUF_INIT;
	struct message m;
	struct reader r;
	struct writer w;
	size_t i;
	int fd, to;

	for (i = 0; i < sizeof read_cases / sizeof *read_cases; i++) {
		fd = file_of(read_cases[i].in, strlen(read_cases[i].in));
		to = file_of("#####", 5);
		reader_init_part(&r, fd, 0, -1);
		writer_init(&w, to, 5);
		message_init(&m);
		is_number(message_read(&m, &r, &w, read_cases[i].flags, &f),
		    0, read_cases[i].name);
		header_format(&m.header, &header);
		contents(to, 5, &body);
		is_text(header.data, read_cases[i].header, "its header");
		is_text(body.data, read_cases[i].body, "its body");
		is_number(m.had_header, read_cases[i].had_header,
		    "had a header");
		is_number(m.body_at, 5, "where the body stands");
		is_number(m.body.length, (long long)body.len, "its length");
		message_release(&m);
		is_number((long long)m.header.n, 0, "released");
		buf_reset(&header);
		buf_reset(&body);
		reader_release(&r);
		writer_release(&w);
		close(fd);
		close(to);
	}
	buf_release(&header);
	buf_release(&body);
}

static void
test_read_errors(void)
{
	struct fault f = FAULT_INIT;
	struct message m;
	struct reader r;
	struct writer w;
	int directory = open("/", O_RDONLY), to = file_of("", 0);

	reader_init(&r, directory);
	writer_init(&w, to, 0);
	memset(&m, 0xff, sizeof m);
	message_init(&m);
	is_number((long long)m.header.n + m.had_header + m.body.length +
	    m.body.octets_8bit + m.body_at, 0, "a message at its beginning");
	is_number(message_read(&m, &r, &w, 0, &f), -1,
	    "a message that cannot be read");
	is_number(f.code, EX_IOERR, "is EX_IOERR");
	message_release(&m);
	reader_release(&r);
	writer_release(&w);
	fault_release(&f);
	close(directory);
	close(to);
}

/* --- message_complete --- */

#define DATE "Date: Mon, 23 Nov 2026 18:08:34 +0000\r\n"
#define FROM "From: me@example.org\r\n"
#define ID "Message-ID: <unique@example.org>\r\n"
#define ALL DATE FROM ID
#define FULL "Date: x\r\nFrom: a@b\r\nMessage-ID: <a@b>\r\n"
#define MIME "MIME-Version: 1.0\r\n"
#define TYPE(c) "Content-Type: text/plain; charset=" c "\r\n"
#define ENCODING "Content-Transfer-Encoding: 8bit\r\n"

enum {
	NO_FROM = 1, REPLACE_FROM = 2, NO_ID = 4, REPLACE_ID = 8, NO_DATE = 16,
	KEEP_BCC = 32, LATIN1 = 64, BAD_CHARSET = 128, ONE_TO = 256
};

static const struct {
	const char *name;
	int how;
	const char *header; /* LF line ends */
	const char *body;
	const char *want;
} complete_cases[] = {
	{ "nothing is there", 0, "", "", ALL },
	{ "all is there", 0, "Date: x\nFrom: a@b\nMessage-ID: <a@b>\n", "",
	    FULL },
	{ "names in any case", 0, "DATE: x\nfrom: a@b\nMessage-Id: <a@b>\n",
	    "", "DATE: x\r\nfrom: a@b\r\nMessage-Id: <a@b>\r\n" },
	{ "added in front of what is there", 0, "To: a@b\nX: y\n", "",
	    ALL "To: a@b\r\nX: y\r\n" },
	{ "but behind trace fields", 0, "Received: a\nreceived: b\nTo: a@b\n"
	    "Received: c\n", "",
	    "Received: a\r\nreceived: b\r\n" ALL "To: a@b\r\n"
	    "Received: c\r\n" },
	{ "only the date lacks", 0, "From: a@b\nMessage-ID: <a@b>\n", "",
	    DATE "From: a@b\r\nMessage-ID: <a@b>\r\n" },
	{ "no date wanted", NO_DATE, "To: a@b\n", "", FROM ID "To: a@b\r\n" },
	{ "no From known", NO_FROM, "To: a@b\n", "", DATE ID "To: a@b\r\n" },
	{ "no Message-ID wanted", NO_ID, "To: a@b\n", "",
	    DATE FROM "To: a@b\r\n" },
	{ "fields without a body are filled in place", 0,
	    "X: y\nFrom:\nDate: \nMessage-ID:  \nTo: a@b\n", "",
	    "X: y\r\n" FROM DATE ID "To: a@b\r\n" },
	{ "a folded empty body is empty", 0,
	    "Date: x\nFrom:\n \nMessage-ID: <a@b>\n", "",
	    "Date: x\r\n" FROM "Message-ID: <a@b>\r\n" },
	{ "two fields stay two", 0, "Date: x\nDate: y\nFrom: a@b\n"
	    "From: c@d\nMessage-ID: <a@b>\nMessage-ID: <c@d>\n", "",
	    "Date: x\r\nDate: y\r\nFrom: a@b\r\nFrom: c@d\r\n"
	    "Message-ID: <a@b>\r\nMessage-ID: <c@d>\r\n" },
	{ "one of two says something", 0,
	    "From:\nDate: x\nFrom: c@d\nMessage-ID: <a@b>\n", "",
	    "From:\r\nDate: x\r\nFrom: c@d\r\nMessage-ID: <a@b>\r\n" },
	{ "the second of two neighbours says something", 0,
	    "From:\nFrom: c@d\nDate: x\nMessage-ID: <a@b>\n", "",
	    "From:\r\nFrom: c@d\r\nDate: x\r\nMessage-ID: <a@b>\r\n" },
	{ "two empty ones become one", 0,
	    "From:\nDate: x\nFrom:\nMessage-ID: <a@b>\n", "",
	    FROM "Date: x\r\nMessage-ID: <a@b>\r\n" },
	{ "From is replaced", REPLACE_FROM, "Date: x\nTo: a@b\nFrom: c@d\n"
	    "Message-ID: <a@b>\nFrom: e@f\n", "",
	    "Date: x\r\nTo: a@b\r\n" FROM "Message-ID: <a@b>\r\n" },
	{ "From is replaced where there is none", REPLACE_FROM,
	    "Date: x\nMessage-ID: <a@b>\n", "",
	    FROM "Date: x\r\nMessage-ID: <a@b>\r\n" },
	{ "Message-ID is replaced", REPLACE_ID | NO_ID,
	    "Date: x\nMessage-ID: <a@b>\nFrom: a@b\nmessage-id: <c@d>\n", "",
	    "Date: x\r\n" ID "From: a@b\r\n" },
	{ "Return-Path and Content-Length are dropped", 0,
	    "Return-Path: <a@b>\nDate: x\nContent-Length: 5\nFrom: a@b\n"
	    "return-path: c\nMessage-ID: <a@b>\n", "", FULL },
	{ "Bcc and Resent-Bcc are dropped", 0, "Bcc: a@b\nDate: x\n"
	    "From: a@b\nBCC : c@d\n folded\nMessage-ID: <a@b>\n", "", FULL },
	{ "Bcc is kept when wanted", KEEP_BCC,
	    "Date: x\nFrom: a@b\nMessage-ID: <a@b>\nBcc: a@b\n", "",
	    FULL "Bcc: a@b\r\n" },
	{ "one To in the place of the first To, Cc and Bcc", ONE_TO | KEEP_BCC,
	    "Cc: a@b\nDate: x\nto: a@b\n c@d\nFrom: a@b\nBcc: e@f\n"
	    "TO: g@h\nMessage-ID: <a@b>\nResent-To: c@d\nResent-Date: x\n"
	    "Resent-From: a@b\nResent-Message-ID: <a@b>\n", "",
	    "Date: x\r\nTo: r@x,\r\n s@y\r\nFrom: a@b\r\n"
	    "Message-ID: <a@b>\r\nResent-To: c@d\r\nResent-Date: x\r\n"
	    "Resent-From: a@b\r\nResent-Message-ID: <a@b>\r\n" },
	{ "one To where there is none, behind trace fields", ONE_TO,
	    "Received: r\n" "Date: x\nFrom: a@b\nMessage-ID: <a@b>\n"
	    "Cc: a@b\n", "",
	    "Received: r\r\nTo: r@x,\r\n s@y\r\n" FULL },
	{ "resent: what lacks is added to its block", 0,
	    "Received: r\nX: y\nResent-To: c@d\nDate: x\nFrom: a@b\n"
	    "Message-ID: <a@b>\n", "",
	    "Received: r\r\nX: y\r\nResent-" DATE "Resent-" FROM "Resent-" ID
	    "Resent-To: c@d\r\n" FULL },
	{ "resent: what is there stays", 0,
	    "Resent-Date: x\nResent-From: e@f\nRESENT-MESSAGE-ID: <c@d>\n"
	    "Date: x\nFrom: a@b\nMessage-ID: <a@b>\n", "",
	    "Resent-Date: x\r\nResent-From: e@f\r\n"
	    "RESENT-MESSAGE-ID: <c@d>\r\n" FULL },
	{ "resent: the message itself is completed, too", 0,
	    "Resent-To: c@d\nTo: a@b\n", "",
	    ALL "Resent-" DATE "Resent-" FROM "Resent-" ID
	    "Resent-To: c@d\r\nTo: a@b\r\n" },
	{ "resent by Resent-Bcc alone", 0, "Received: r\n"
	    "Resent-Bcc: c@d\nDate: x\nFrom: a@b\nMessage-ID: <a@b>\n", "",
	    "Received: r\r\nResent-" DATE "Resent-" FROM "Resent-" ID FULL },
	{ "resent: nothing is replaced", REPLACE_FROM | REPLACE_ID,
	    "Resent-Date: x\nResent-From: e@f\nResent-Message-ID: <c@d>\n"
	    "Date: x\nFrom: a@b\nMessage-ID: <a@b>\n", "",
	    "Resent-Date: x\r\nResent-From: e@f\r\n"
	    "Resent-Message-ID: <c@d>\r\nDate: x\r\n" FROM ID },
	{ "resent: without a From to use", NO_FROM | NO_ID | NO_DATE,
	    "Resent-To: c@d\n", "", "Resent-To: c@d\r\n" },
	{ "not resent: Resen and X-Resent", 0,
	    "Resent: y\nX-Resent-To: a@b\nDate: x\nFrom: a@b\n"
	    "Message-ID: <a@b>\n", "", "Resent: y\r\nX-Resent-To: a@b\r\n"
	    FULL },
	{ "ASCII text needs no MIME", 0, "", "hello\n", ALL },
	{ "UTF-8 text", 0, "", "\xc3\xbc\n", ALL MIME TYPE("utf-8") ENCODING },
	{ "UTF-8 text, whatever the charset", LATIN1, "", "\xc3\xbc\n",
	    ALL MIME TYPE("utf-8") ENCODING },
	{ "text of a given charset", LATIN1, "", "\xfc\n",
	    ALL MIME TYPE("iso-8859-1") ENCODING },
	{ "text of an unknown charset", 0, "", "\xfc\n",
	    ALL MIME TYPE("unknown-8bit") ENCODING },
	{ "a charset that is no token", BAD_CHARSET, "", "\xfc\n",
	    ALL MIME TYPE("unknown-8bit") ENCODING },
	{ "a type without MIME-Version", 0,
	    "Content-Type: text/html\n", "hello\n",
	    ALL "Content-Type: text/html\r\n" MIME },
	{ "an encoding without MIME-Version", 0,
	    "Content-Transfer-Encoding: base64\n", "aGVsbG8=\n",
	    ALL "Content-Transfer-Encoding: base64\r\n" MIME },
	{ "8-bit text with a type", 0,
	    "mime-version: 1.0\ncontent-type: text/html; charset=x\n",
	    "\xfc\n", ALL "mime-version: 1.0\r\n"
	    "content-type: text/html; charset=x\r\n" ENCODING },
	{ "8-bit text with an encoding", 0,
	    "Content-Transfer-Encoding: BINARY\n", "\xc3\xbc\n",
	    ALL "Content-Transfer-Encoding: BINARY\r\n" MIME TYPE("utf-8") },
	{ "8-bit text with a wrong encoding stays", 0,
	    "Content-Transfer-Encoding: 7bit\n", "\xc3\xbc\n",
	    ALL "Content-Transfer-Encoding: 7bit\r\n" MIME TYPE("utf-8") },
	{ "8-bit octets in base64 get no type", 0,
	    "Content-Transfer-Encoding: base64\n", "\xc3\xbc\n",
	    ALL "Content-Transfer-Encoding: base64\r\n" MIME },
	{ "8-bit text with MIME-Version alone", 0, "MIME-Version: 1.0\n",
	    "\xc3\xbc\n", ALL MIME TYPE("utf-8") ENCODING },
	{ "8-bit text that says all stays", 0, "MIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=x\n"
	    "Content-Transfer-Encoding: 8bit\n", "\xfc\n",
	    ALL MIME TYPE("x") ENCODING },
	{ "ASCII text with MIME-Version alone", 0, "MIME-Version: 1.0\n",
	    "hello\n", ALL MIME },
	{ "8-bit fields become words", LATIN1, "Subject: \xfc\n", "",
	    ALL "Subject: =?UTF-8?B?w7w=?=\r\n" },
};

/* The unique text of tests is numbered: "unique17" becomes "unique". */
static void
hide_numbers(struct buf *b)
{
	char *p = b->data, *end;

	while ((p = strstr(p, "<unique")) != NULL) {
		p += strlen("<unique");
		end = p + strspn(p, "0123456789");
		memmove(p, end, strlen(end) + 1);
	}
	b->len = strlen(b->data);
}

static void
complete(int how, const char *text, struct buf *out)
{
	struct completion c = {
		.from = how & NO_FROM ? NULL : "me@example.org",
		.replace_from = (how & REPLACE_FROM) != 0,
		.to = how & ONE_TO ? "r@x,\r\n s@y" : NULL,
		.msgid_domain = "example.org",
		.add_msgid = !(how & NO_ID),
		.replace_msgid = (how & REPLACE_ID) != 0,
		.add_date = !(how & NO_DATE),
		.charset = how & LATIN1 ? "iso-8859-1" :
		    how & BAD_CHARSET ? "a b" : "",
		.remove_bcc = !(how & KEEP_BCC),
	};
	struct fault f = FAULT_INIT;
	struct message m;
	struct reader r;
	struct writer w;
	int fd = file_of(text, strlen(text)), to = file_of("", 0);

	reader_init_part(&r, fd, 0, -1);
	writer_init(&w, to, 0);
	message_init(&m);
	ok(message_read(&m, &r, &w, 0, &f) == 0 &&
	    message_complete(&m, &c, &f) == 0, "completes");
	header_format(&m.header, out);
	hide_numbers(out);
	message_release(&m);
	reader_release(&r);
	writer_release(&w);
	close(fd);
	close(to);
}

static void
test_complete(void)
{
	struct buf text = BUF_INIT, got = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof complete_cases / sizeof *complete_cases; i++) {
		buf_reset(&text);
		buf_reset(&got);
		buf_addf(&text, "%s\n%s", complete_cases[i].header,
		    complete_cases[i].body);
		complete(complete_cases[i].how, text.data, &got);
		is_text(got.data, complete_cases[i].want,
		    complete_cases[i].name);
	}
	buf_release(&text);
	buf_release(&got);
}

static void
test_msgid_domain(void)
{
	static const struct {
		const char *domain, *want;
	} cases[] = {
		{ "example.org", "<unique@example.org>" },
		{ "a-b_c.EXAMPLE.org", "<unique@a-b_c.EXAMPLE.org>" },
		{ "host", "<unique@host>" },
		{ "[192.0.2.1]", "<unique@[192.0.2.1]>" },
		{ "[IPv6:2001:db8::1]", "<unique@[IPv6:2001:db8::1]>" },
		{ NULL, "<unique@mail.test>" },
		{ "", "<unique@mail.test>" },
		{ "b\xc3\xbc" "cher.example", "<unique@mail.test>" },
		{ "a b", "<unique@mail.test>" },
		{ "a>b", "<unique@mail.test>" },
		{ ".a", "<unique@mail.test>" },
		{ "a.", "<unique@mail.test>" },
		{ "a..b", "<unique@mail.test>" },
		{ "[]", "<unique@mail.test>" },
		{ "[1", "<unique@mail.test>" },
		{ "[1]x", "<unique@mail.test>" },
		{ "[<1]", "<unique@mail.test>" },
		{ "a\r\nb", "<unique@mail.test>" },
	};
	struct completion c = { .add_msgid = 1 };
	struct fault f = FAULT_INIT;
	struct buf got = BUF_INIT;
	struct message m;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		message_init(&m);
		c.msgid_domain = cases[i].domain;
		message_complete(&m, &c, &f);
		field_body(&m.header.v[0], &got);
		hide_numbers(&got);
		is_text(got.data, cases[i].want, cases[i].domain != NULL ?
		    "msg-id of a domain" : "msg-id without a domain");
		buf_reset(&got);
		message_release(&m);
	}
	setenv("QSENDMAIL_TEST_HOSTNAME", "no host", 1);
	message_init(&m);
	message_complete(&m, &c, &f);
	field_body(&m.header.v[0], &got);
	hide_numbers(&got);
	is_text(got.data, "<unique@localhost>", "msg-id on an odd host");
	message_release(&m);
	buf_release(&got);
}

static void
test_describe(void)
{
	static const struct {
		const char *name, *charset;
		struct text_facts facts;
		const char *want;
	} cases[] = {
		{ "ASCII", "x", { 5, 1, 0, 3, 1, 1 },
		    "Content-Type: text/html; charset=us-ascii\r\n"
		    "Content-Transfer-Encoding: 7bit\r\n" },
		{ "UTF-8", "x", { 5, 1, 2, 3, 1, 1 },
		    "Content-Type: text/html; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: 8bit\r\n" },
		{ "another charset", "x", { 5, 1, 1, 3, 0, 1 },
		    "Content-Type: text/html; charset=x\r\n"
		    "Content-Transfer-Encoding: 8bit\r\n" },
		{ "no charset", NULL, { 5, 1, 1, 3, 0, 1 },
		    "Content-Type: text/html; charset=unknown-8bit\r\n"
		    "Content-Transfer-Encoding: 8bit\r\n" },
	};
	struct header h = HEADER_INIT;
	struct buf got = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		text_describe(&h, "html", &cases[i].facts, cases[i].charset);
		header_format(&h, &got);
		is_text(got.data, cases[i].want, cases[i].name);
		buf_reset(&got);
		header_release(&h);
	}
	buf_release(&got);
}

/* 100,000 fields of one name: removed and replaced in linear time. */
static void
test_many_fields(void)
{
	struct buf text = BUF_INIT, got = BUF_INIT;
	size_t i;

	for (i = 0; i < 100000; i++)
		buf_adds(&text, "From: a@b\nBcc: c@d\nMessage-ID: <a@b>\n");
	buf_adds(&text, "\n");
	complete(REPLACE_FROM | REPLACE_ID, text.data, &got);
	is_text(got.data, DATE FROM ID, "100,000 fields of one name");
	buf_release(&text);
	buf_release(&got);
}

int
main(void)
{
	unsigned long seed;
	size_t i;

	setenv("QSENDMAIL_TEST_TIME", "1795457314", 1);
	setenv("QSENDMAIL_TEST_HOSTNAME", "mail.test", 1);
	setenv("QSENDMAIL_TEST_UNIQUE", "unique", 1);
	setenv("TZ", "UTC0", 1);
	for (i = 0; i < sizeof copy_cases / sizeof *copy_cases; i++)
		test_copy_case(i);
	for (seed = 1; seed <= 8; seed++)
		test_copy_random(seed);
	test_examine();
	test_text_errors();
	test_read();
	test_read_errors();
	test_complete();
	test_describe();
	test_many_fields();
	test_msgid_domain();
	return tap_done();
}
