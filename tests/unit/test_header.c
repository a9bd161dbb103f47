/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading, finding, changing, encoding and folding header fields. */
#include "mail/header.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "tap.h"

/* A reader that finds text, split octets at first, the others then. */
static void
open_text(struct reader *r, const char *text, size_t len, size_t split)
{
	struct fault f = FAULT_INIT;
	int fd = io_private_file(&f);

	io_pwrite(fd, text, len, 0);
	reader_init_part(r, fd, (off_t)split, (off_t)(len - split));
	r->data = xmalloc(IO_CHUNK);
	r->room = IO_CHUNK;
	memcpy(r->data, text, split);
	r->end = split;
	fault_release(&f);
}

static void
close_text(struct reader *r)
{
	close(r->fd);
	reader_release(r);
}

/* Reads text as a header section. */
static int
parse(struct header *h, const char *text)
{
	struct fault f = FAULT_INIT;
	struct buf rest = BUF_INIT;
	struct reader r;
	int end;

	open_text(&r, text, strlen(text), 0);
	end = header_read(h, &r, 1, &rest, &f);
	close_text(&r);
	buf_release(&rest);
	fault_release(&f);
	return end;
}

#define TEXT(s) s, sizeof s - 1

static const struct {
	const char *name, *in;
	size_t len;
	int mbox, end;
	const char *fields; /* as header_format writes them */
	const char *rest, *next; /* what the reader has next */
} read_cases[] = {
	{ "a header and a body", TEXT("A: 1\r\nB: 2\r\n\r\nbody\r\n"), 1,
	    HEADER_BLANK, "A: 1\r\nB: 2\r\n", "", "body\r\n" },
	{ "LF line ends", TEXT("A: 1\nB: 2\n\nbody\n"), 1, HEADER_BLANK,
	    "A: 1\r\nB: 2\r\n", "", "body\n" },
	{ "mixed line ends", TEXT("A: 1\r\r\nB: 2\n\r\r\nbody\n"), 1,
	    HEADER_BLANK, "A: 1\r\nB: 2\r\n", "", "body\n" },
	{ "nothing", TEXT(""), 1, HEADER_EOF, "", "", "" },
	{ "a blank line at once", TEXT("\nA: 1\n"), 1, HEADER_BLANK, "", "",
	    "A: 1\n" },
	{ "no body", TEXT("A: 1\n"), 1, HEADER_EOF, "A: 1\r\n", "", "" },
	{ "no final line end", TEXT("A: 1"), 1, HEADER_EOF, "A: 1\r\n", "",
	    "" },
	{ "folds", TEXT("A: 1\n 2\n\t3\nB: 4\n\n"), 1, HEADER_BLANK,
	    "A: 1\r\n 2\r\n\t3\r\nB: 4\r\n", "", "" },
	{ "a fold of blanks only", TEXT("A: 1\n \nB: 2\n\n"), 1, HEADER_BLANK,
	    "A: 1\r\n \r\nB: 2\r\n", "", "" },
	{ "white space is kept", TEXT("A:  1 \nB:\t2\nC:\n\n"), 1,
	    HEADER_BLANK, "A:  1 \r\nB:\t2\r\nC:\r\n", "", "" },
	{ "white space before the colon", TEXT("Bcc : x\nCc \t: y\n\n"), 1,
	    HEADER_BLANK, "Bcc : x\r\nCc \t: y\r\n", "", "" },
	{ "a line that is no field begins the body",
	    TEXT("A: 1\nhello there\nmore\n"), 1, HEADER_BODY, "A: 1\r\n",
	    "hello there\n", "more\n" },
	{ "a text without a header", TEXT("hello there\r\nmore\n"), 1,
	    HEADER_BODY, "", "hello there\r\n", "more\n" },
	{ "a text of one line", TEXT("hello"), 1, HEADER_BODY, "", "hello",
	    "" },
	{ "a first line with a blank", TEXT(" A: 1\nB: 2\n"), 1, HEADER_BODY,
	    "", " A: 1\n", "B: 2\n" },
	{ "a colon without a name", TEXT(": 1\n"), 1, HEADER_BODY, "",
	    ": 1\n", "" },
	{ "words before the colon", TEXT("a b: 1\n"), 1, HEADER_BODY, "",
	    "a b: 1\n", "" },
	{ "an octet above 127 in the name", TEXT("\xc3\xa4: 1\n"), 1,
	    HEADER_BODY, "", "\xc3\xa4: 1\n", "" },
	{ "DEL in the name", TEXT("a\x7f: 1\n"), 1, HEADER_BODY, "",
	    "a\x7f: 1\n", "" },
	{ "any printable character in the name", TEXT("!~()<>@: 1\n"), 1,
	    HEADER_EOF, "!~()<>@: 1\r\n", "", "" },
	{ "lines of an mbox in front", TEXT("From me Mon\n>From you\nA: 1\n"
	    "\n"), 1, HEADER_BLANK, "A: 1\r\n", "", "" },
	{ "lines of an mbox are asked for", TEXT("From me Mon\nA: 1\n\n"), 0,
	    HEADER_BODY, "", "From me Mon\n", "A: 1\n\n" },
	{ "only in front", TEXT("A: 1\nFrom me Mon\n"), 1, HEADER_BODY,
	    "A: 1\r\n", "From me Mon\n", "" },
	{ "a From field is none", TEXT("From: me\n>From: x\n"), 1,
	    HEADER_EOF, "From: me\r\n>From: x\r\n", "", "" },
	{ "nor is a line of a mail in it", TEXT("> From x\n"), 1,
	    HEADER_BODY, "", "> From x\n", "" },
	{ "mbox lines alone", TEXT("From me Mon 10:59:00\n"), 1, HEADER_EOF,
	    "", "", "" },
	{ "text behind an mbox line", TEXT("From me Mon 1:07\n\nbody\n"), 1,
	    HEADER_BLANK, "", "", "body\n" },
	{ "a text that begins like one", TEXT("From now on\nwe meet\n"), 1,
	    HEADER_BODY, "", "From now on\nwe meet\n", "" },
	{ "and has no more lines", TEXT("From now on\0"), 1, HEADER_BODY, "",
	    "From now on", "" },
	{ "or a blank one", TEXT("From here: 12 : 15 a:b2\r\n\r\nbody\n"), 1,
	    HEADER_BODY, "", "From here: 12 : 15 a:b2\r\n\r\n", "body\n" },
	{ "a time has two digits behind the colon",
	    TEXT("From 1:2 x:34 5:x6\n"), 1, HEADER_BODY, "",
	    "From 1:2 x:34 5:x6\n", "" },
	{ "NUL is dropped", TEXT("A\0: \0001\0\nB:\0\n\0\nbody"), 1,
	    HEADER_BLANK, "A: 1\r\nB:\r\n", "", "body" },
	{ "a bare CR becomes a space", TEXT("A: 1\rBcc: 2\n\rC: 3\n\n"), 1,
	    HEADER_BLANK, "A: 1 Bcc: 2\r\n C: 3\r\n", "", "" },
	{ "what ended the header is as it was read",
	    TEXT("A: 1\na\rb\0c\r\n"), 1, HEADER_BODY, "A: 1\r\n", "a\rb",
	    "" },
};

static void
check_read(size_t i, size_t split)
{
	struct header h = HEADER_INIT;
	struct fault f = FAULT_INIT;
	struct buf rest = BUF_INIT, out = BUF_INIT;
	struct reader r;
	const char *p;
	size_t n;
	int end;

	open_text(&r, read_cases[i].in, read_cases[i].len, split);
	buf_adds(&rest, "+");
	end = header_read(&h, &r, read_cases[i].mbox, &rest, &f);
	header_format(&h, &out);
	n = reader_peek(&r, &p);
	if (split == 0) {
		is_number(end, read_cases[i].end, read_cases[i].name);
		is_text(out.data, read_cases[i].fields, "its fields");
		is_text(rest.data + 1, read_cases[i].rest, "the rest");
		is_bytes(p, n, read_cases[i].next, strlen(read_cases[i].next),
		    "and what is next");
	} else if (end != read_cases[i].end || strcmp(out.data,
	    read_cases[i].fields) != 0 || strcmp(rest.data + 1,
	    read_cases[i].rest) != 0)
		is_text(out.data, read_cases[i].fields, "read in two pieces");
	header_release(&h);
	close_text(&r);
	buf_release(&rest);
	buf_release(&out);
	fault_release(&f);
}

static void
test_read(void)
{
	size_t i, split;

	for (i = 0; i < sizeof read_cases / sizeof *read_cases; i++)
		for (split = 0; split <= read_cases[i].len; split++)
			check_read(i, split);
}

static void
fill(struct buf *b, char c, size_t n)
{
	while (n-- != 0)
		buf_addc(b, c);
}

/* Long lines: fields of any length, names of 998 octets, bodies not read. */
static void
test_read_long(void)
{
	struct header h = HEADER_INIT;
	struct fault f = FAULT_INIT;
	struct buf in = BUF_INIT, rest = BUF_INIT;
	struct reader r;

	buf_adds(&in, "A: ");
	fill(&in, 'x', 300000);
	buf_adds(&in, "\n\n");
	is_number(parse(&h, in.data), HEADER_BLANK, "a field of 300,000");
	is_number((long long)h.v[0].len, 300003, "is read whole");
	header_release(&h);

	buf_reset(&in);
	fill(&in, 'n', 998);
	buf_adds(&in, ": 1\n");
	is_number(parse(&h, in.data), HEADER_EOF, "a name of 998");
	is_number((long long)h.v[0].name_len, 998, "is a name");
	header_release(&h);
	buf_reset(&in);
	fill(&in, 'n', 999);
	buf_adds(&in, ": 1\n");
	is_number(parse(&h, in.data), HEADER_BODY, "one of 999 is none");
	header_release(&h);

	buf_reset(&in);
	fill(&in, 'x', 3 * IO_CHUNK);
	open_text(&r, in.data, in.len, 0);
	is_number(header_read(&h, &r, 1, &rest, &f), HEADER_BODY,
	    "a body of one long line");
	ok(rest.len >= 1 && rest.len <= IO_CHUNK, "is not read to its end");
	header_release(&h);
	close_text(&r);
	buf_reset(&rest);

	/* Octets that do not count must not make text of a field's rest. */
	buf_reset(&in);
	buf_addc(&in, 'B');
	buf_addc(&in, '\0');
	buf_adds(&in, "cc\r: ");
	fill(&in, 'x', 3 * IO_CHUNK);
	open_text(&r, in.data, in.len, IO_CHUNK);
	is_number(header_read(&h, &r, 1, &rest, &f), HEADER_EOF,
	    "a long field with NUL and CR in its name");
	is_number((long long)h.v[0].len, 6 + 3 * IO_CHUNK, "is read whole");
	header_release(&h);
	close_text(&r);

	buf_reset(&in);
	buf_adds(&in, "A:\n\t");
	fill(&in, 'x', 3 * IO_CHUNK);
	open_text(&r, in.data, in.len, IO_CHUNK);
	is_number(header_read(&h, &r, 1, &rest, &f), HEADER_EOF,
	    "a long fold");
	is_number((long long)h.v[0].len, 5 + 3 * IO_CHUNK, "is read whole");
	header_release(&h);
	close_text(&r);
	buf_release(&in);
	buf_release(&rest);
	fault_release(&f);
}

static void
test_read_limits(void)
{
	struct header h = HEADER_INIT;
	struct fault f = FAULT_INIT;
	struct buf in = BUF_INIT, rest = BUF_INIT;
	struct reader r;

	buf_adds(&in, "A: ");
	fill(&in, 'x', HEADER_MAX - 4);
	buf_adds(&in, "\n");
	open_text(&r, in.data, in.len, 0);
	is_number(header_read(&h, &r, 1, &rest, &f), HEADER_EOF,
	    "a header of HEADER_MAX");
	is_number((long long)h.n, 1, "is read");
	header_release(&h);
	close_text(&r);
	buf_adds(&in, "\n");
	open_text(&r, in.data, in.len, 0);
	is_number(header_read(&h, &r, 1, &rest, &f), -1,
	    "one octet more is refused");
	is_number(f.code, EX_DATAERR, "as bad data");
	header_release(&h);
	close_text(&r);
	fault_release(&f);

	reader_init(&r, -1);
	is_number(header_read(&h, &r, 1, &rest, &f), -1,
	    "input that cannot be read");
	is_number(f.code, EX_IOERR, "is an I/O error");
	header_release(&h);
	reader_release(&r);
	fault_release(&f);
	buf_release(&in);
	buf_release(&rest);
}

/* 200,000 fields: nothing may take longer for each than for the first. */
static void
test_many(void)
{
	struct header h = HEADER_INIT, other = HEADER_INIT;
	struct buf in = BUF_INIT;
	size_t i;

	for (i = 0; i < 200000; i++)
		buf_addf(&in, i % 2 != 0 ? "X-A: %zu\n" : "B : \xe9%zu\n", i);
	is_number(parse(&h, in.data), HEADER_EOF, "many fields are read");
	is_number((long long)h.n, 200000, "all of them");
	header_encode(&h, "");
	header_move(&h, "x-", &other);
	is_number((long long)other.n, 100000, "half of them moved");
	is_number((long long)header_remove_rest(&h, "b", 1), 99999,
	    "half of them removed, but the first");
	is_number((long long)header_remove(&h, "b"), 1, "and that one");
	is_number((long long)h.n, 0, "and none left");
	header_release(&h);
	header_release(&other);
	buf_release(&in);
}

static void
test_find(void)
{
	struct header h = HEADER_INIT;
	struct buf out = BUF_INIT;

	parse(&h, "To: a\nto : b\nX-To: c\nTOO: d\nT: e\nTo:\n");
	is_number((long long)header_find(&h, "to", 0), 0, "the first To");
	is_number((long long)header_find(&h, "TO", 1), 1,
	    "the second, with a blank before the colon");
	is_number((long long)header_find(&h, "To", 2), 5, "the third");
	is_number((long long)header_find(&h, "To", 6), 6, "no fourth");
	is_number((long long)header_find(&h, "To", 100), 6,
	    "from behind the end");
	is_number((long long)header_find(&h, "Cc", 0), 6, "no Cc");
	is_number(header_has(&h, "too"), 1, "has");
	is_number(header_has(&h, "Toto"), 0, "has not");
	is_number((long long)h.v[1].name_len, 2, "length of a name");
	is_number((long long)h.v[1].body, 4, "where its body is");
	field_body(&h.v[5], &out);
	is_text(out.data, "", "an empty body");
	header_release(&h);

	parse(&h, "A: \t one \n  two\t\n three \n \n");
	buf_adds(&out, "+");
	field_body(&h.v[0], &out);
	is_text(out.data, "+one   two\t three", "a folded body");
	header_release(&h);
	buf_release(&out);
}

static void
is_header(const struct header *h, const char *want, const char *name)
{
	struct buf out = BUF_INIT;

	header_format(h, &out);
	is_text(out.data, want, name);
	buf_release(&out);
}

static void
test_change(void)
{
	struct header h = HEADER_INIT, to = HEADER_INIT;

	header_add(&h, "B", "2");
	is_header(&h, "B: 2\r\n", "add to an empty header");
	header_add(&h, "C", "3\r\n\tmore\r\n x");
	header_insert(&h, 0, "A", "1");
	is_header(&h, "A: 1\r\nB: 2\r\nC: 3\r\n\tmore\r\n x\r\n",
	    "insert in front");
	header_insert(&h, 2, "b", "2b");
	header_insert(&h, 4, "D", "");
	is_header(&h, "A: 1\r\nB: 2\r\nb: 2b\r\nC: 3\r\n\tmore\r\n x\r\n"
	    "D: \r\n", "insert within and at the end");
	is_number((long long)h.v[2].body, 2, "the body of what was added");
	header_replace(&h, 1, "new");
	is_header(&h, "A: 1\r\nB: new\r\nb: 2b\r\nC: 3\r\n\tmore\r\n x\r\n"
	    "D: \r\n", "replace");
	header_remove_at(&h, 3);
	is_header(&h, "A: 1\r\nB: new\r\nb: 2b\r\nD: \r\n", "remove one");
	is_number((long long)header_remove(&h, "b"), 2, "remove by name");
	is_header(&h, "A: 1\r\nD: \r\n", "all of the name");
	is_number((long long)header_remove(&h, "b"), 0, "none is left");
	header_add(&h, "Content-Type", "t");
	header_add(&h, "Con", "x");
	header_add(&h, "content-id", "i");
	header_add(&to, "X", "y");
	header_move(&h, "Content-", &to);
	is_header(&h, "A: 1\r\nD: \r\nCon: x\r\n", "what did not move");
	is_header(&to, "X: y\r\nContent-Type: t\r\ncontent-id: i\r\n",
	    "what moved");
	header_release(&to);
	header_release(&h);
	is_number((long long)h.n, 0, "a released header is empty");
	parse(&h, "Bcc \t:x\n");
	header_replace(&h, 0, "y");
	is_header(&h, "Bcc: y\r\n", "replace keeps the name only");
	header_release(&h);
}

static const struct {
	const char *name, *in, *want; /* NULL: refused */
} line_cases[] = {
	{ "a field", "X-A: b c", "X-A: b c\r\n" },
	{ "no blank behind the colon", "X-A:b", "X-A: b\r\n" },
	{ "more blanks", "X-A \t: \t b", "X-A: b\r\n" },
	{ "nothing behind the colon", "X-A:", "X-A: \r\n" },
	{ "UTF-8", "Subject: Gr\xc3\xbcn", "Subject: =?UTF-8?B?R3LDvG4=?=\r\n"
	    },
	{ "a display name", "Reply-To: J\xc3\xb6 <a@b>",
	    "Reply-To: =?UTF-8?B?SsO2?= <a@b>\r\n" },
	{ "a tab", "X-A: b\tc", "X-A: b\tc\r\n" },
	{ "long text is folded", "X-A: aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa"
	    " aaaaaaaaa aaaaaaaaa aaaaaaaaa bbb ccc",
	    "X-A: aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa"
	    " aaaaaaaaa aaaaaaaaa aaaaaaaaa bbb\r\n ccc\r\n" },
	{ "78 columns are not", "X-A: aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa"
	    " aaaaaaaaa aaaaaaaaa aaaaaaaaa bbb",
	    "X-A: aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa"
	    " aaaaaaaaa aaaaaaaaa aaaaaaaaa bbb\r\n" },
	{ "no colon", "X-A", NULL },
	{ "no name", ": a", NULL },
	{ "nothing", "", NULL },
	{ "a blank in the name", "X A: b", NULL },
	{ "LF", "X-A: b\nBcc: c", NULL },
	{ "CR", "X-A: b\rBcc: c", NULL },
	{ "a fold", "X-A: b\r\n c", NULL },
	{ "a control character", "X-A: b\x1f", NULL },
	{ "DEL", "X-A: b\x7f", NULL },
	{ "a C1 control", "X-A: b\xc2\x9f", NULL },
	{ "the character behind the C1 controls", "X-A: b\xc2\xa0",
	    "X-A: =?UTF-8?B?YsKg?=\r\n" },
	{ "not UTF-8", "X-A: \xe9 b",
	    "X-A: =?unknown-8bit?Q?=E9?= b\r\n" },
	{ "not UTF-8 and a control", "X-A: \xe9 b\x01", NULL },
};

static void
test_add_line(void)
{
	struct header h = HEADER_INIT;
	struct fault f = FAULT_INIT;
	size_t i;
	int rc;

	for (i = 0; i < sizeof line_cases / sizeof *line_cases; i++) {
		rc = header_add_line(&h, line_cases[i].in, &f);
		is_number(rc, line_cases[i].want != NULL ? 0 : -1,
		    line_cases[i].name);
		is_header(&h, rc == 0 ? line_cases[i].want : "", "the field");
		is_number(f.code, rc == 0 ? 0 : EX_USAGE, "the code");
		header_release(&h);
		fault_release(&f);
	}
	header_add(&h, "A", "1");
	header_add_line(&h, "B: 2", &f);
	is_header(&h, "A: 1\r\nB: 2\r\n", "a line is added at the end");
	header_add_line(&h, "B\n", &f);
	is_text(f.text.data, "header line \"B\\x0a\": expected \"Name: value\"",
	    "the fault shows the line");
	fault_release(&f);
	header_add_line(&h, "B: \n", &f);
	is_text(f.text.data, "header line \"B: \\x0a\": control characters "
	    "are not allowed", "or says what is wrong");
	fault_release(&f);
	header_release(&h);
}

#define UE "\xc3\xbc"

static const struct {
	const char *name, *in, *want; /* NULL: as it is */
	int left;
} encode_cases[] = {
	/* Unstructured. */
	{ "ASCII is not touched", "Subject:a  b =?x\r\n \r\n\tc ", NULL, 0 },
	{ "a subject", "Subject: Re: Gr" UE "nliches",
	    "Subject: Re: =?UTF-8?Q?Gr=C3=BCnliches?=", 0 },
	{ "no blank behind the colon", "Subject:" UE,
	    "Subject:=?UTF-8?B?w7w=?=", 0 },
	{ "an unknown field", "X-Foo: a " UE " b",
	    "X-Foo: a =?UTF-8?B?w7w=?= b", 0 },
	{ "a blank before the colon", "Subject : " UE,
	    "Subject : =?UTF-8?B?w7w=?=", 0 },
	{ "a fold within what is encoded", "Subject: " UE "\r\n  " UE,
	    "Subject: =?UTF-8?B?w7wgIMO8?=", 0 },
	{ "a fold in front", "Subject:\r\n a\r\n " UE,
	    "Subject:\r\n a =?UTF-8?B?w7w=?=", 0 },
	{ "a fold and blanks at the end", "Subject: " UE " \r\n \t",
	    "Subject: =?UTF-8?B?w7w=?= \r\n \t", 0 },
	{ "an encoded word stays", "Subject: =?iso-8859-1?q?=E9?= a " UE,
	    "Subject: =?iso-8859-1?q?=E9?= a =?UTF-8?B?w7w=?=", 0 },
	{ "the blank behind an encoded word is text",
	    "Subject: =?utf-8?q?a?= " UE,
	    "Subject: =?utf-8?q?a?= =?UTF-8?B?IMO8?=", 0 },
	{ "the blank before an encoded word is text",
	    "Subject: " UE " =?utf-8?q?a?=",
	    "Subject: =?UTF-8?B?w7wg?=\r\n =?utf-8?q?a?=", 0 },
	{ "text glued to an encoded word", "Subject: =?utf-8?q?a?=" UE,
	    "Subject: =?utf-8?q?a?= =?UTF-8?B?w7w=?=", 0 },
	{ "text glued in front of one", "Subject: " UE "=?utf-8?q?a?=",
	    "Subject: =?UTF-8?B?w7w=?=\r\n =?utf-8?q?a?=", 0 },
	{ "text between two", "Subject: =?utf-8?q?a?= " UE " =?utf-8?q?b?=",
	    "Subject: =?utf-8?q?a?= =?UTF-8?Q?_=C3=BC_?=\r\n =?utf-8?q?b?=",
	    0 },
	{ "plain text between", "Subject: =?utf-8?q?a?= b " UE
	    " c =?utf-8?q?d?=", "Subject: =?utf-8?q?a?= b =?UTF-8?B?w7w=?= c"
	    " =?utf-8?q?d?=", 0 },
	{ "half a word behind a word", "Subject: =?utf-8?q?a?= =? " UE,
	    "Subject: =?utf-8?q?a?= =?UTF-8?B?ID0/IMO8?=", 0 },
	{ "a control character behind a word",
	    "Subject: =?utf-8?q?a?= \x1b " UE,
	    "Subject: =?utf-8?q?a?= =?UTF-8?B?IBsgw7w=?=", 0 },
	{ "raw octets in a word", "Subject: =?iso-8859-1?q?caf\xe9?= b",
	    "Subject: =?UTF-8?B?Y2Fmw6k=?= b", 0 },
	{ "raw octets in two words",
	    "Subject: =?iso-8859-1?q?\xe9?= =?iso-8859-1?q?_\xe8?=",
	    "Subject: =?UTF-8?B?w6kgw6g=?=", 0 },
	{ "raw octets in a word behind a word",
	    "Subject: =?iso-8859-1?q?a?= =?iso-8859-1?q?\xe8?= =?utf-8?q?b?=",
	    "Subject: =?iso-8859-1?q?a?= =?UTF-8?B?w6g=?= =?utf-8?q?b?=", 0 },
	{ "not UTF-8", "Subject: caf\xe9" "bars",
	    "Subject: =?unknown-8bit?Q?caf=E9bars?=", 0 },
	{ "a name too long for words beside it",
	    "X-AAAAAAAAA-AAAAAAAAA-AAAAAAAAA-AAAAAAAAA: " UE,
	    "X-AAAAAAAAA-AAAAAAAAA-AAAAAAAAA-AAAAAAAAA:\r\n"
	    " =?UTF-8?B?w7w=?=", 0 },
	{ "plain words behind words are folded",
	    "Subject: " UE " aaaaaaaaa aaaaaaaaa =?utf-8?q?b?= aaaaaaaaa "
	    "aaaaaaaaa aaaaaaaaa aaaaaaaaa",
	    "Subject: =?UTF-8?B?w7w=?= aaaaaaaaa aaaaaaaaa =?utf-8?q?b?= "
	    "aaaaaaaaa\r\n aaaaaaaaa aaaaaaaaa aaaaaaaaa", 0 },
	/* Addresses. */
	{ "a display name", "From: J\xc3\xb6 Doe <jd@x>",
	    "From: =?UTF-8?Q?J=C3=B6_Doe?= <jd@x>", 0 },
	{ "a quoted display name", "From: \"J\xc3\xb6 \\\"Doe\\\"\" <jd@x>",
	    "From: =?UTF-8?B?SsO2ICJEb2Ui?= <jd@x>", 0 },
	{ "quoted and not", "From: \"J.\" D" UE " <jd@x>",
	    "From: =?UTF-8?B?Si4gRMO8?= <jd@x>", 0 },
	{ "an ASCII name beside it stays", "To: \"D, J\" <a@x>, D" UE " <b@x>",
	    "To: \"D, J\" <a@x>, =?UTF-8?B?RMO8?= <b@x>", 0 },
	{ "a name behind an encoded word",
	    "To: =?utf-8?q?a?= \"" UE "\" <b@x>",
	    "To: =?utf-8?q?a?= =?UTF-8?B?IMO8?= <b@x>", 0 },
	{ "a name before an encoded word", "To: " UE " =?utf-8?q?a?= <b@x>",
	    "To: =?UTF-8?B?w7wg?=\r\n =?utf-8?q?a?= <b@x>", 0 },
	{ "an encoded word in quotes", "To: \"=?utf-8?q?a?= " UE "\" <b@x>",
	    "To: =?UTF-8?Q?a_=C3=BC?= <b@x>", 0 },
	{ "addresses stay", "To: " UE "@x, <" UE "@" UE "." UE ">", NULL, 1 },
	{ "a quoted local part stays", "To: \"" UE " a\"@x, b.\"" UE "\"@x",
	    NULL, 1 },
	{ "blanks around at sign and dots", "To: " UE " . " UE " @ " UE
	    " . " UE, NULL, 1 },
	{ "a quoted local part and a blank", "To: \"" UE "\" @x", NULL, 1 },
	{ "comments around at sign", "To: \"" UE "\" (a) (b) @ (c) " UE
	    " (d) . x", NULL, 1 },
	{ "a name without brackets", "From: D" UE " d@x",
	    "From: =?UTF-8?B?RMO8?= d@x", 0 },
	{ "a name alone", "To: D" UE, "To: =?UTF-8?B?RMO8?=", 0 },
	{ "a comment", "To: d@x (D" UE " (" UE ")), e@x",
	    "To: d@x (=?UTF-8?B?RMO8?= (=?UTF-8?B?w7w=?=)), e@x", 0 },
	{ "a comment with backslashes", "To: d@x (\\" UE "\\)" UE " a)",
	    "To: d@x (=?UTF-8?B?w7wpw7wgYQ==?=)", 0 },
	{ "a comment in a name", "To: D" UE " (" UE ") E" UE " <d@x>",
	    "To: =?UTF-8?B?RMO8?= (=?UTF-8?B?w7w=?=)\r\n"
	    " =?UTF-8?B?RcO8?= <d@x>",
	    0 },
	{ "a comment behind a mailbox", "To: D" UE " <d@x> (" UE ")",
	    "To: =?UTF-8?B?RMO8?= <d@x> (=?UTF-8?B?w7w=?=)", 0 },
	{ "a group", "To: Gr" UE "n: a@x, \"" UE "\" <b@x>;, c@x",
	    "To: =?UTF-8?B?R3LDvG4=?=: a@x, =?UTF-8?B?w7w=?= <b@x>;, c@x",
	    0 },
	{ "a group with a strange name", "To: a@b " UE ": c@x;",
	    "To: =?UTF-8?B?YUBiIMO8?=: c@x;", 0 },
	{ "a comma in quotes", "To: \"a, " UE "\" <b@x>",
	    "To: =?UTF-8?B?YSwgw7w=?= <b@x>", 0 },
	{ "a comma in an encoded word", "To: =?utf-8?q?a,b?= " UE " <b@x>",
	    "To: =?utf-8?q?a,b?= =?UTF-8?B?IMO8?= <b@x>", 0 },
	{ "a colon in an address literal", "To: a@[IPv6:1::2], " UE " <b@x>",
	    "To: a@[IPv6:1::2], =?UTF-8?B?w7w=?= <b@x>", 0 },
	{ "a bracket in a quoted local part",
	    "To: " UE " <\">" UE "\"@x>, " UE " <b@x>",
	    "To: =?UTF-8?B?w7w=?= <\">" UE "\"@x>, =?UTF-8?B?w7w=?= <b@x>",
	    1 },
	{ "an empty address", "Reply-To: \"" UE "\" <>",
	    "Reply-To: =?UTF-8?B?w7w=?= <>", 0 },
	{ "an open bracket", "To: " UE " <b@x", "To: =?UTF-8?B?w7w=?= <b@x",
	    0 },
	{ "an open quote", "To: \"" UE " <b@x>",
	    "To: =?UTF-8?B?w7wgPGJAeD4=?=", 0 },
	{ "an open comment", "To: (" UE " <b@x>",
	    "To: (=?UTF-8?B?w7wgPGJAeD4=?=", 0 },
	{ "an address that is not UTF-8", "From: <\xe9@x>, a\xe9" "b@x",
	    "From: <?@x>, a?b@x", 0 },
	{ "a display name that is not", "From: \"M\xfcller\" <a@x>",
	    "From: =?unknown-8bit?Q?M=FCller?= <a@x>", 0 },
	{ "two mailboxes on long lines",
	    "To: \"" UE " aaaaaaaaaaaaaaaaaaaaaaaaaaa\" "
	    "<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.org>",
	    "To: =?UTF-8?Q?=C3=BC_aaaaaaaaaaaaaaaaaaaaaaaaaaa?=\r\n "
	    "<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.org>", 0 },
	{ "Resent-To has addresses", "resent-to: \"" UE "\" <b@x>",
	    "resent-to: =?UTF-8?B?w7w=?= <b@x>", 0 },
	/* Lists. */
	{ "a URI", "List-Help: <http://x/" UE "> (" UE ")",
	    "List-Help: <http://x/%C3%BC> (=?UTF-8?B?w7w=?=)", 0 },
	{ "List-Id", "List-Id: L" UE " <l.x>",
	    "List-Id: =?UTF-8?B?TMO8?= <l.x>", 0 },
	{ "Keywords", "Keywords: a, " UE ", b c",
	    "Keywords: a, =?UTF-8?B?w7w=?=, b c", 0 },
	/* Parameters. */
	{ "a file name", "Content-Disposition: attachment; filename=\"" UE
	    "\"; size=1", "Content-Disposition: attachment;\r\n "
	    "filename*=UTF-8''%C3%BC; size=1", 0 },
	{ "a name", "Content-Type: a/b; charset=x; name=\"" UE "\"",
	    "Content-Type: a/b; charset=x;\r\n name=\"=?UTF-8?B?w7w=?=\";"
	    "\r\n name*=UTF-8''%C3%BC", 0 },
	{ "a file name without quotes", "Content-Disposition: inline;"
	    "filename=a " UE ".txt ", "Content-Disposition: inline;\r\n"
	    " filename*=UTF-8''a%20%C3%BC.txt", 0 },
	{ "an encoded word and raw text",
	    "Content-Disposition: inline; filename=\"=?utf-8?q?a?=" UE "\"",
	    "Content-Disposition: inline;\r\n filename*=UTF-8''a%C3%BC", 0 },
	{ "a semicolon in quotes",
	    "Content-Disposition: inline; filename=\"a;" UE "\"; b=\"c;\"",
	    "Content-Disposition: inline;\r\n filename*=UTF-8''a%3B%C3%BC;"
	    " b=\"c;\"", 0 },
	{ "a file name that is not UTF-8",
	    "Content-Disposition: inline; filename=\"\xe9\"",
	    "Content-Disposition: inline;\r\n filename*=unknown-8bit''%E9",
	    0 },
	{ "a comment at a parameter",
	    "Content-Type: a/b (" UE "); x=y (" UE ")",
	    "Content-Type: a/b (=?UTF-8?B?w7w=?=); x=y\r\n (=?UTF-8?B?w7w=?=)",
	    0 },
	{ "text behind a parameter", "Content-Type: a/b; x=\"\" y=\"" UE "\"",
	    "Content-Type: a/b; x=\"\" y=\"=?UTF-8?B?w7w=?=\"", 0 },
	{ "a piece of RFC 2231", "Content-Type: a/b; x*0=\"" UE "\"",
	    "Content-Type: a/b; x*0=\"=?UTF-8?B?w7w=?=\"", 0 },
	{ "a parameter without a value", "Content-Type: a/b; " UE "; c=d",
	    "Content-Type: a/b; =C3=BC; c=d", 0 },
	{ "a media type", "Content-Type: " UE "/b; c=d",
	    "Content-Type: =C3=BC/b; c=d", 0 },
	/* Structured. */
	{ "a Message-ID", "Message-ID: <" UE "@x>",
	    "Message-ID: <=C3=BC@x>", 0 },
	{ "a comment in a date", "Date: 1 Jan 2026 00:00:00 +0000 (" UE ")",
	    "Date: 1 Jan 2026 00:00:00 +0000 (=?UTF-8?B?w7w=?=)", 0 },
	{ "a month that is none", "Date: 1 J\xc3\xa4n 2026",
	    "Date: 1 J=C3=A4n 2026", 0 },
	{ "Received", "Received: from " UE " (x " UE ")\r\n\tby \"" UE "\"",
	    "Received: from =C3=BC (=?UTF-8?Q?x_=C3=BC?=)\r\n\t"
	    "by \"=?UTF-8?B?w7w=?=\"", 0 },
	{ "quotes without 8-bit", "Received: " UE " \"a\" (b)",
	    "Received: =C3=BC \"a\" (b)", 0 },
	{ "fields of ARC", "ARC-Seal: " UE, "ARC-Seal: =C3=BC", 0 },
	{ "ARC alone is unknown", "ARC: " UE, "ARC: =?UTF-8?B?w7w=?=", 0 },
};

static void
test_encode(void)
{
	struct header h = HEADER_INIT;
	struct buf out = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof encode_cases / sizeof *encode_cases; i++) {
		parse(&h, encode_cases[i].in);
		is_number(header_encode(&h, ""), encode_cases[i].left,
		    encode_cases[i].name);
		buf_reset(&out);
		buf_add(&out, h.v[0].text, h.v[0].len);
		is_text(out.data, encode_cases[i].want != NULL ?
		    encode_cases[i].want : encode_cases[i].in, "the field");
		header_release(&h);
	}
	parse(&h, "Subject: caf\xe9" "\nFrom: \"\xe9\" <\xe9@x>\n"
	    "Content-Disposition: a; filename=\"\xe9\"\nX-Plain: a\n");
	is_number(header_encode(&h, "iso-8859-1"), 1, "a charset is known");
	is_header(&h, "Subject: =?UTF-8?B?Y2Fmw6k=?=\r\n"
	    "From: =?UTF-8?B?w6k=?= <\xc3\xa9@x>\r\n"
	    "Content-Disposition: a;\r\n filename*=UTF-8''%C3%A9\r\n"
	    "X-Plain: a\r\n", "8-bit text is converted from it");
	is_number(header_is_8bit(&h), 1, "an address is 8-bit");
	header_remove_at(&h, 1);
	is_number(header_is_8bit(&h), 0, "nothing else is");
	header_release(&h);
	buf_release(&out);
}

static const struct {
	const char *field;
	enum field_kind kind;
} kind_cases[] = {
	{ "Subject", FIELD_UNSTRUCTURED },
	{ "Too", FIELD_UNSTRUCTURED },
	{ "X-To", FIELD_UNSTRUCTURED },
	{ "from", FIELD_ADDRESSES },
	{ "Sender", FIELD_ADDRESSES },
	{ "Reply-To", FIELD_ADDRESSES },
	{ "To", FIELD_ADDRESSES },
	{ "Cc", FIELD_ADDRESSES },
	{ "Bcc", FIELD_ADDRESSES },
	{ "Resent-From", FIELD_ADDRESSES },
	{ "Resent-Sender", FIELD_ADDRESSES },
	{ "Resent-Reply-To", FIELD_ADDRESSES },
	{ "Resent-To", FIELD_ADDRESSES },
	{ "Resent-Cc", FIELD_ADDRESSES },
	{ "Resent-Bcc", FIELD_ADDRESSES },
	{ "Return-Receipt-To", FIELD_ADDRESSES },
	{ "Disposition-Notification-To", FIELD_ADDRESSES },
	{ "Errors-To", FIELD_ADDRESSES },
	{ "Mail-Followup-To", FIELD_ADDRESSES },
	{ "Mail-Reply-To", FIELD_ADDRESSES },
	{ "Apparently-To", FIELD_ADDRESSES },
	{ "Delivered-To", FIELD_ADDRESSES },
	{ "Envelope-To", FIELD_ADDRESSES },
	{ "Return-Path", FIELD_ADDRESSES },
	{ "List-Archive", FIELD_LIST },
	{ "List-Help", FIELD_LIST },
	{ "List-Id", FIELD_LIST },
	{ "List-Owner", FIELD_LIST },
	{ "List-Post", FIELD_LIST },
	{ "List-Subscribe", FIELD_LIST },
	{ "List-Unsubscribe", FIELD_LIST },
	{ "Keywords", FIELD_LIST },
	{ "Content-Type", FIELD_PARAMETERS },
	{ "Content-Disposition", FIELD_PARAMETERS },
	{ "Content-Description", FIELD_UNSTRUCTURED },
	{ "Received", FIELD_STRUCTURED },
	{ "Received-SPF", FIELD_STRUCTURED },
	{ "Message-ID", FIELD_STRUCTURED },
	{ "Resent-Message-ID", FIELD_STRUCTURED },
	{ "In-Reply-To", FIELD_STRUCTURED },
	{ "References", FIELD_STRUCTURED },
	{ "Date", FIELD_STRUCTURED },
	{ "Resent-Date", FIELD_STRUCTURED },
	{ "Expires", FIELD_STRUCTURED },
	{ "MIME-Version", FIELD_STRUCTURED },
	{ "Content-Transfer-Encoding", FIELD_STRUCTURED },
	{ "Content-ID", FIELD_STRUCTURED },
	{ "Content-Location", FIELD_STRUCTURED },
	{ "Content-Language", FIELD_STRUCTURED },
	{ "Content-MD5", FIELD_STRUCTURED },
	{ "Auto-Submitted", FIELD_STRUCTURED },
	{ "Authentication-Results", FIELD_STRUCTURED },
	{ "DKIM-Signature", FIELD_STRUCTURED },
	{ "DomainKey-Signature", FIELD_STRUCTURED },
	{ "ARC-Authentication-Results", FIELD_STRUCTURED },
};

static void
test_kinds(void)
{
	struct header h = HEADER_INIT;
	size_t i;

	for (i = 0; i < sizeof kind_cases / sizeof *kind_cases; i++) {
		header_add(&h, kind_cases[i].field, "x");
		is_number(field_kind(&h.v[i]), kind_cases[i].kind,
		    kind_cases[i].field);
	}
	header_release(&h);
}

/* Adds a field of n times a piece, with a line of its own where wanted. */
static void
add_long(struct header *h, const char *name, const char *start,
    const char *piece, size_t n)
{
	struct buf body = BUF_INIT;

	buf_adds(&body, start);
	while (n-- != 0)
		buf_adds(&body, piece);
	header_add(h, name, body.data);
	buf_release(&body);
}

static void
test_fold(void)
{
	struct header h = HEADER_INIT;
	struct buf before = BUF_INIT, after = BUF_INIT;
	const char *second;

	add_long(&h, "X", "", "1234567 ", 124);
	is_number((long long)header_longest_line(&h), 995, "the longest line");
	add_long(&h, "Y", "", "aa aa aaa ", 99);
	add_long(&h, "Z", "12345", "", 0);
	is_number((long long)header_longest_line(&h), 995, "of several");
	header_format(&h, &before);
	header_fold_long(&h);
	header_format(&h, &after);
	is_text(after.data, before.data, "shorter lines are not touched");
	header_release(&h);

	add_long(&h, "X", "12345", "1234567 ", 124);
	is_number((long long)header_longest_line(&h), 1000, "a long line");
	header_fold_long(&h);
	is_number((long long)header_longest_line(&h), 72, "is folded");
	ok(strncmp(h.v[0].text, "X: 123451234567 1234567 1234567 1234567 "
	    "1234567 1234567 1234567 1234567\r\n 1234567 1234567", 89) == 0,
	    "at 78 columns");
	field_body(&h.v[0], &before);
	ok(h.v[0].text[h.v[0].len - 1] == ' ' &&
	    h.v[0].text[h.v[0].len - 2] == '7', "no line is of blanks only");
	header_release(&h);

	add_long(&h, "X", "short line\r\n a b\r\n ", "123456 ", 143);
	header_fold_long(&h);
	ok(strncmp(h.v[0].text, "X: short line\r\n a b\r\n 123456 123456 123456"
	    " 123456 123456 123456 123456 123456 123456 123456 123456\r\n "
	    "123456 ", 106) == 0, "only the long lines of a field are");
	header_release(&h);

	add_long(&h, "X", "", "x", 997);
	add_long(&h, "X", "a ", "x", 1100);
	header_fold_long(&h);
	ok(strncmp(h.v[0].text, "X:\r\n xxx", 8) == 0,
	    "a long token goes to a line of its own when that helps");
	ok(strncmp(h.v[1].text, "X: a\r\n xxx", 10) == 0,
	    "a token that is too long stays");
	is_number((long long)h.v[1].len, 2 + 2 + 3 + 1100, "as it is");
	header_release(&h);

	add_long(&h, "X", "", "x", 995);
	header_fold_long(&h);
	is_number((long long)header_longest_line(&h), 998,
	    "998 octets are allowed");
	header_release(&h);

	add_long(&h, "To", "", "abcdefghi@x.y,", 80);
	add_long(&h, "Subject", "", "abcdefghi@x.y,", 80);
	header_fold_long(&h);
	is_number((long long)header_longest_line(&h), 1121,
	    "text is not divided behind commas");
	header_remove_at(&h, 1);
	is_number((long long)header_longest_line(&h), 74, "addresses are");
	second = strchr(h.v[0].text, '\n');
	ok(second != NULL && strncmp(second, "\n abcdefghi@x.y,", 16) == 0,
	    "a blank begins the next line");
	header_release(&h);

	add_long(&h, "Cc", "", "\"a,\\\",b\"<xxxxxxxx@y>(c,(d,\\),e),\"f,\"),"
	    "<y@z>,", 26);
	header_fold_long(&h);
	ok(strncmp(h.v[0].text, "Cc: \"a,\\\",b\"<xxxxxxxx@y>(c,(d,\\),e),"
	    "\"f,\"),<y@z>,\r\n"
	    " \"a,\\\",b\"<xxxxxxxx@y>(c,(d,\\),e),\"f,\"),<y@z>,\r\n \"a",
	    100) == 0, "but not within quotes and comments");
	header_release(&h);
	add_long(&h, "Cc", "", "\"a\\ bcdefghijklmnopqrstuvwxyz\"<x@y>\t(\\ a)"
	    "<yyyyyyyyyyyyyy@zzzzzzzzz.example>,", 25);
	header_fold_long(&h);
	ok(strstr(h.v[0].text, "\\\r\n") == NULL,
	    "nor behind a backslash");
	header_release(&h);
	is_number((long long)header_longest_line(&h), 0, "an empty header");
	buf_release(&before);
	buf_release(&after);
}

int
main(void)
{
	test_read();
	test_read_long();
	test_read_limits();
	test_many();
	test_find();
	test_change();
	test_add_line();
	test_encode();
	test_kinds();
	test_fold();
	return tap_done();
}
