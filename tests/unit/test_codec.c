/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base64, quoted-printable, encoded words, parameters, charsets. */
#include "mail/codec.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "tap.h"

typedef void encoder(struct reader *, struct writer *);

/*
 * Runs a stream encoder over text; the reader has split octets of it at
 * first, and finds the others at its next look. Appends the result to out.
 */
static void
run_split(encoder *encode, const char *text, size_t len, size_t split,
    struct buf *out)
{
	struct fault f = FAULT_INIT;
	struct reader r;
	struct writer w;
	int in = io_private_file(&f), to = io_private_file(&f);
	off_t end;

	io_pwrite(in, text, len, 0);
	reader_init_part(&r, in, (off_t)split, (off_t)(len - split));
	r.data = malloc(IO_CHUNK);
	r.room = IO_CHUNK;
	memcpy(r.data, text, split);
	r.end = split;
	writer_init(&w, to, 0);
	encode(&r, &w);
	end = writer_position(&w);
	writer_flush(&w, &f);
	buf_grow(out, (size_t)end);
	io_pread(to, out->data + out->len, (size_t)end, 0);
	out->len += (size_t)end;
	out->data[out->len] = '\0';
	reader_release(&r);
	writer_release(&w);
	close(in);
	close(to);
	fault_release(&f);
}

/* The result must be the same wherever the input is split. */
static void
check_stream(encoder *encode, const char *in, const char *want,
    const char *name)
{
	struct buf out = BUF_INIT;
	size_t split, len = strlen(in);

	for (split = 0; split <= len; split++) {
		buf_reset(&out);
		run_split(encode, in, len, split, &out);
		if (strcmp(out.data, want) != 0)
			break;
	}
	is_text(out.data, want, name);
	buf_release(&out);
}

static const struct {
	const char *name, *in, *want;
} base64_cases[] = {
	{ "nothing", "", "" },
	{ "one octet", "f", "Zg==" },
	{ "two octets", "fo", "Zm8=" },
	{ "three octets", "foo", "Zm9v" },
	{ "four octets", "foob", "Zm9vYg==" },
	{ "octets above 127", "\xff\xfe\xfd\xfb\xef\xbe", "//79++++" },
};

static void
test_base64(void)
{
	struct buf out = BUF_INIT, lines = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof base64_cases / sizeof *base64_cases; i++) {
		buf_set(&out, "x", 1);
		base64_encode(&out, base64_cases[i].in,
		    strlen(base64_cases[i].in));
		is_text(out.data + 1, base64_cases[i].want,
		    base64_cases[i].name);
		buf_set(&out, "x", 1);
		base64_decode(&out, base64_cases[i].want,
		    strlen(base64_cases[i].want));
		is_text(out.data + 1, base64_cases[i].in, "and back");
		buf_set(&lines, base64_cases[i].want,
		    strlen(base64_cases[i].want));
		buf_adds(&lines, lines.len != 0 ? "\r\n" : "");
		check_stream(base64_write, base64_cases[i].in, lines.data,
		    "and as a stream");
	}
	buf_release(&lines);
	buf_release(&out);
}

static void
test_base64_lines(void)
{
	check_stream(base64_write,
	    "012345678901234567890123456789012345678901234567890123456",
	    "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3"
	    "ODkwMTIzNDU2\r\n", "57 octets are one line of 76");
	check_stream(base64_write,
	    "0123456789012345678901234567890123456789012345678901234567",
	    "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3"
	    "ODkwMTIzNDU2\r\nNw==\r\n", "58 octets are two lines");
	check_stream(base64_write,
	    "012345678901234567890123456789012345678901234567890123456"
	    "\xff\xef\x7f" "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
	    "OPQR!",
	    "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3"
	    "ODkwMTIzNDU2\r\n"
	    "/+9/MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6QUJDREVGR0hJ"
	    "SktMTU5PUFFS\r\nIQ==\r\n", "two lines and a rest");
}

/* Every value of every octet, several chunks long, read back. */
static void
test_base64_long(void)
{
	size_t i, len = 3 * IO_CHUNK + 1234;
	struct buf out = BUF_INIT, back = BUF_INIT;
	char *text = malloc(len);

	for (i = 0; i < len; i++)
		text[i] = (char)(i * i >> 7 ^ i);
	run_split(base64_write, text, len, IO_CHUNK, &out);
	is_number((long long)out.len, (long long)base64_length((off_t)len),
	    "base64_length is what base64_write makes");
	ok(base64_decode(&back, out.data, out.len) == 0,
	    "long base64 is read");
	is_number((long long)back.len, (long long)len, "and all of it");
	ok(memcmp(back.data, text, len) == 0, "and the same");
	for (i = 78; i <= out.len && out.data[i - 2] == '\r'; i += 78)
		continue;
	ok(i > out.len - 78 && i - 78 <= out.len, "all lines are full ones");
	free(text);
	buf_release(&out);
	buf_release(&back);
}

static const struct {
	const char *name;
	long long length, want;
} length_cases[] = {
	{ "length of nothing", 0, 0 },
	{ "length of one octet", 1, 6 },
	{ "length of two octets", 2, 6 },
	{ "length of three octets", 3, 6 },
	{ "length of four octets", 4, 10 },
	{ "length of a full line", 57, 78 },
	{ "length of a line and one", 58, 84 },
	{ "length of two lines", 114, 156 },
	{ "length of 4 GiB and one", 4294967297LL, 5877323672LL },
};

static const struct {
	const char *name, *in, *want; /* want NULL: refused */
} decode_cases[] = {
	{ "white space is skipped", " Zm\r\n9\tv ", "foo" },
	{ "padding may be missing", "Zm8", "fo" },
	{ "padding may be missing twice", "Zg", "f" },
	{ "padding may have white space in it", "Zg= =", "f" },
	{ "one character alone is nothing", "Z", NULL },
	{ "one character too many", "Zm9vZ", NULL },
	{ "half of the padding is missing", "Zg=", NULL },
	{ "too much padding", "Zm8==", NULL },
	{ "padding alone", "=", NULL },
	{ "three times padding", "Z===", NULL },
	{ "four times padding", "Zm9v====", NULL },
	{ "padding in the middle", "Zg==Zg==", NULL },
	{ "another character", "Zm9-", NULL },
	{ "another character at the end", "Zm9v!", NULL },
	{ "an octet above 127", "Zm9\xe4", NULL },
};

static void
test_decode(void)
{
	struct buf out = BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < sizeof length_cases / sizeof *length_cases; i++)
		is_number(base64_length(length_cases[i].length),
		    length_cases[i].want, length_cases[i].name);
	for (i = 0; i < sizeof decode_cases / sizeof *decode_cases; i++) {
		buf_set(&out, "x", 1);
		rc = base64_decode(&out, decode_cases[i].in,
		    strlen(decode_cases[i].in));
		is_number(rc, decode_cases[i].want != NULL ? 0 : -1,
		    decode_cases[i].name);
		is_text(out.data, rc == 0 ? out.data : "x",
		    "out keeps what was in it");
		is_text(out.data + 1, decode_cases[i].want != NULL ?
		    decode_cases[i].want : "", "the octets");
	}
	buf_release(&out);
}

#define X10 "xxxxxxxxxx"
#define X70 X10 X10 X10 X10 X10 X10 X10

static const struct {
	const char *name, *in, *want;
} qp_cases[] = {
	{ "nothing", "", "" },
	{ "plain text stays", "Hello, world!\r\n", "Hello, world!\r\n" },
	{ "a text without a final line end gets none", "a", "a" },
	{ "equals sign", "a=b\r\n", "a=3Db\r\n" },
	{ "8-bit", "Gr\xc3\xbc\xc3\x9f" "e\r\n", "Gr=C3=BC=C3=9Fe\r\n" },
	{ "first and last plain character", "!~\r\n", "!~\r\n" },
	{ "control characters", "a\x01\x1f\x7f\r\n", "a=01=1F=7F\r\n" },
	{ "tab and space within a line", "a\t b\r\n", "a\t b\r\n" },
	{ "space at the end of a line", "a \r\n", "a=20\r\n" },
	{ "tab at the end of a line", "a\t\r\n", "a=09\r\n" },
	{ "the last of two spaces", "a  \r\n", "a =20\r\n" },
	{ "a line of a space", " \r\n", "=20\r\n" },
	{ "space at the very end", "a ", "a=20" },
	{ "dot at the start of a line", ".a\r\n..\r\n", "=2Ea\r\n=2E.\r\n" },
	{ "a lone dot", "a\r\n.\r\n", "a\r\n=2E\r\n" },
	{ "dots elsewhere", "a.\r\n", "a.\r\n" },
	{ "From at the start of a line", "From me\r\n", "=46rom me\r\n" },
	{ "From and the end of the line", "From \r\n", "=46rom=20\r\n" },
	{ "words like From", "From: me\r\nFromage\r\nfrom me\r\n",
	    "From: me\r\nFromage\r\nfrom me\r\n" },
	{ "From within a line", " From me\r\n", " From me\r\n" },
	{ "From behind an encoded octet", "\x01" "From \r\n",
	    "=01From=20\r\n" },
	{ "empty lines", "\r\n\r\na\r\n", "\r\n\r\na\r\n" },
	{ "bare CR", "a\rb\r", "a=0Db=0D" },
	{ "bare LF", "a\nb\n", "a=0Ab=0A" },
	{ "CR CR LF", "a\r\r\n", "a=0D\r\n" },
	{ "a space before a bare CR", "a \r", "a =0D" },
	{ "76 columns are a line", X70 "123456\r\n", X70 "123456\r\n" },
	{ "76 columns without an end", X70 "123456", X70 "123456" },
	{ "77 columns are two", X70 "1234567\r\n", X70 "12345=\r\n67\r\n" },
	{ "an encoded octet is not divided", X70 "123\xe4\r\n",
	    X70 "123=E4\r\n" },
	{ "and moves on whole", X70 "123\xe4" "a\r\n", X70 "123=\r\n=E4a\r\n" },
	{ "an encoded octet at column 75", X70 "1234\xe4\r\n",
	    X70 "1234=\r\n=E4\r\n" },
	{ "an encoded octet at column 76", X70 "12345\xe4\r\n",
	    X70 "12345=\r\n=E4\r\n" },
	{ "an encoded octet behind 76", X70 "123456\xe4\r\n",
	    X70 "12345=\r\n6=E4\r\n" },
	{ "space at column 76 before the end", X70 "12345 \r\n",
	    X70 "12345=\r\n=20\r\n" },
	{ "space at column 74 before the end", X70 "123 \r\n",
	    X70 "123=20\r\n" },
	{ "space at column 75 before the end", X70 "1234 \r\n",
	    X70 "1234=\r\n=20\r\n" },
	{ "a dot that moves to a new line", X70 "12345.x\r\n",
	    X70 "12345=\r\n=2Ex\r\n" },
	{ "a dot that moves before an encoded octet", X70 "12345.\xe4\r\n",
	    X70 "12345=\r\n=2E=E4\r\n" },
	{ "From that moves to a new line", X70 "12345From x\r\n",
	    X70 "12345=\r\n=46rom x\r\n" },
	{ "dashes that move to a new line", X70 "12345--b\r\n",
	    X70 "12345=\r\n=2D-b\r\n" },
	{ "one dash that moves to a new line", X70 "12345-b-\r\n",
	    X70 "12345=\r\n-b-\r\n" },
	{ "dashes behind a line that was divided", X70 "1234567\r\n--b\r\n",
	    X70 "12345=\r\n67\r\n--b\r\n" },
	{ "dashes at the start of the text", "-- \r\n--b\r\n",
	    "--=20\r\n--b\r\n" },
	{ "three lines", X70 X70 X10 "\r\n",
	    X70 "xxxxx=\r\n" X70 "xxxxx\r\n" },
};

static void
test_qp(void)
{
	size_t i;

	for (i = 0; i < sizeof qp_cases / sizeof *qp_cases; i++)
		check_stream(qp_write, qp_cases[i].in, qp_cases[i].want,
		    qp_cases[i].name);
}

#define JA6 "\xe6\x97\xa5\xe6\x9c\xac" /* 2 characters, 6 octets */
#define JA36 JA6 JA6 JA6 JA6 JA6 JA6
#define B8 "5pel5pys"
#define UE "\xc3\xbc"

static const struct {
	const char *name, *in;
	int phrase;
	size_t column;
	const char *want;
} word_cases[] = {
	{ "ASCII stays", "Re: (all) \"of\" this; = ?", 0, 9,
	    "Re: (all) \"of\" this; = ?" },
	{ "ASCII phrase stays", "John Q. Doe", 1, 6, "John Q. Doe" },
	{ "nothing", "", 0, 9, "" },
	{ "a tab stays", "a\tb", 0, 9, "a\tb" },
	{ "one word", "Gr" UE "n", 0, 9, "=?UTF-8?B?R3LDvG4=?=" },
	{ "Q when it is shorter", "Gr" UE "nliches", 0, 9,
	    "=?UTF-8?Q?Gr=C3=BCnliches?=" },
	{ "Q when it is as long", UE "aaaaaa", 0, 9,
	    "=?UTF-8?Q?=C3=BCaaaaaa?=" },
	{ "B when it is shorter", "Gr" UE "nlich", 0, 9,
	    "=?UTF-8?B?R3LDvG5saWNo?=" },
	{ "only what needs it", "Re: more Gr" UE "nliches here", 0, 9,
	    "Re: more =?UTF-8?Q?Gr=C3=BCnliches?= here" },
	{ "from the first to the last that needs it",
	    "x " UE "nderungsliste a b " UE "nder y", 0, 9,
	    "x =?UTF-8?Q?=C3=BCnderungsliste_a_b_=C3=BCnder?= y" },
	{ "a phrase is encoded whole", "J. Robert M" UE "ller Berlin", 1, 9,
	    "=?UTF-8?Q?J=2E_Robert_M=C3=BCller_Berlin?=" },
	{ "two spaces on either side are kept", "x  Gr" UE "nlich  y", 0, 9,
	    "x =?UTF-8?Q?_Gr=C3=BCnlich_?= y" },
	{ "blanks at the ends are kept", " Gr" UE "nlich ", 0, 9,
	    "=?UTF-8?Q?_Gr=C3=BCnlich_?=" },
	{ "blanks at the ends, plain words within", " x Gr" UE "nliches y ",
	    0, 9, "=?UTF-8?Q?_x_Gr=C3=BCnliches_y_?=" },
	{ "what looks like a word", "a =?x b", 0, 9, "a =?UTF-8?B?PT94?= b" },
	{ "half a word at the end", "a =?", 0, 9, "a =?UTF-8?B?PT8=?=" },
	{ "the last plain character", "a~ ~", 0, 9, "a~ ~" },
	{ "a control character in front", "\x01 b", 0, 9,
	    "=?UTF-8?Q?=01?= b" },
	{ "an equals sign at the end", "a =", 0, 9, "a =" },
	{ "control characters", "a\r\nBcc: x", 0, 9,
	    "=?UTF-8?Q?a=0D=0ABcc:?= x" },
	{ "DEL", "a \x7f", 0, 9, "a =?UTF-8?Q?=7F?=" },
	{ "tab in what is encoded", UE "\t" UE, 0, 9,
	    "=?UTF-8?B?w7wJw7w=?=" },
	{ "Q encodes = ? _ and quotes", UE "=?_\"()\\" X10 X10 X10 X10,
	    0, 1, "=?UTF-8?Q?=C3=BC=3D=3F=5F=22=28=29=5C" X10 X10 X10 "xxxxxx"
	    "?=\r\n =?UTF-8?Q?xxxx?=" },
	{ "Q leaves other characters", UE "!#$%&'*+,-./:;<>@[]^`{|}~Zz09", 0,
	    9, "=?UTF-8?Q?=C3=BC!#$%&'*+,-./:;<>@[]^`{|}~Zz09?=" },
	{ "Q in a phrase leaves few", UE "!*+-/aaaaaaaaaaaaaaaaa'", 1, 9,
	    "=?UTF-8?Q?=C3=BC!*+-/aaaaaaaaaaaaaaaaa=27?=" },
	{ "long text in words of 75", JA36 JA36 JA36, 0, 1,
	    "=?UTF-8?B?" B8 B8 B8 B8 B8 B8 B8 "5pel?=\r\n"
	    " =?UTF-8?B?" "5pys" B8 B8 B8 B8 B8 B8 B8 "?=\r\n"
	    " =?UTF-8?B?" B8 B8 B8 "?=" },
	{ "the first word fits the line", JA36, 0, 40,
	    "=?UTF-8?B?" B8 B8 B8 "?=\r\n =?UTF-8?B?" B8 B8 B8 "?=" },
	{ "one character at least", JA6, 0, 74,
	    "=?UTF-8?B?5pel?=\r\n =?UTF-8?B?5pys?=" },
	{ "behind column 76 too", JA6, 0, 200,
	    "=?UTF-8?B?5pel?=\r\n =?UTF-8?B?5pys?=" },
	{ "long Q", X70 UE "zzzzzzzz", 0, 1,
	    "=?UTF-8?Q?" X10 X10 X10 X10 X10 X10 "xxx?=\r\n"
	    " =?UTF-8?Q?xxxxxxx=C3=BCzzzzzzzz?=" },
	{ "Q does not divide a character",
	    X10 X10 X10 X10 X10 X10 "x" UE UE, 0, 1,
	    "=?UTF-8?Q?" X10 X10 X10 X10 X10 X10 "x?=\r\n"
	    " =?UTF-8?Q?=C3=BC=C3=BC?=" },
	{ "plain words in front are folded", X70 " yy " UE, 0, 5,
	    X70 "\r\n yy =?UTF-8?B?w7w=?=" },
	{ "a word with little room left goes on a new line",
	    X10 X10 X10 " " UE "aaaa", 0, 9, X10 X10 X10
	    "\r\n =?UTF-8?B?w7xhYWFh?=" },
	{ "a word with room left does not", X10 X10 "xxxxxxxx " UE "aaaa", 0,
	    9, X10 X10 "xxxxxxxx =?UTF-8?B?w7xhYWFh?=" },
	{ "plain words behind are folded", UE " aaaa " X10 X10 X10 " "
	    X10 "xxxxx b", 0, 9, "=?UTF-8?B?w7w=?= aaaa " X10 X10 X10
	    "\r\n " X10 "xxxxx b" },
	{ "a plain word that just fits", UE " aaaa " X10 X10 X10 " "
	    X10 "xxxx  b", 0, 9, "=?UTF-8?B?w7w=?= aaaa " X10 X10 X10
	    " " X10 "xxxx\r\n  b" },
	{ "no word is longer at column 0", X70, 0, 0, X70 },
	{ "nor is a long one", UE X70, 0, 0,
	    "=?UTF-8?Q?=C3=BC" X10 X10 X10 X10 X10 "xxxxxxx?=\r\n"
	    " =?UTF-8?Q?" X10 "xxx?=" },
	{ "words behind a short first one are long ones", JA36 JA36, 0, 40,
	    "=?UTF-8?B?" B8 B8 B8 "?=\r\n =?UTF-8?B?" B8 B8 B8 B8 B8 B8 B8
	    "5pel?=\r\n =?UTF-8?B?5pys" B8 "?=" },
	{ "plain words behind a last line of words", JA36 JA36 " " X10 X10 " "
	    X10 X10 " " X10, 0, 40, "=?UTF-8?B?" B8 B8 B8 "?=\r\n"
	    " =?UTF-8?B?" B8 B8 B8 B8 B8 B8 B8 "5pel?=\r\n"
	    " =?UTF-8?B?5pys" B8 "?= " X10 X10 " " X10 X10 "\r\n " X10 },
	{ "the first plain word is not folded", X70 " " UE, 0, 30,
	    X70 "\r\n =?UTF-8?B?w7w=?=" },
	{ "B words are cut where no padding is needed",
	    UE UE UE UE UE UE UE UE UE UE UE UE UE UE UE UE UE UE UE UE UE UE
	    UE UE, 0, 1, "=?UTF-8?B?w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8"
	    "w7zDvMO8w7zDvMO8?=\r\n =?UTF-8?B?w7zDvMO8?=" },
	{ "Q where there is no such place", "\xf0\x9f\x8e\x89" JA6, 0, 60,
	    "=?UTF-8?Q?=F0=9F=8E=89?=\r\n =?UTF-8?B?5pel5pys?=" },
	{ "malformed UTF-8 is labelled so", "caf\xe9" "bar ok", 0, 9,
	    "=?unknown-8bit?Q?caf=E9bar?= ok" },
	{ "octets of no character may be divided", X10 X10 X10 X10 X10 "\xe9"
	    "zzzzz", 0, 1, "=?unknown-8bit?Q?" X10 X10 X10 X10 X10
	    "=E9zzz?=\r\n =?unknown-8bit?Q?zz?=" },
};

static void
test_word_encode(void)
{
	struct buf out = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof word_cases / sizeof *word_cases; i++) {
		buf_set(&out, "+", 1);
		word_encode(&out, word_cases[i].in, strlen(word_cases[i].in),
		    word_cases[i].phrase, word_cases[i].column);
		is_text(out.data + 1, word_cases[i].want, word_cases[i].name);
	}
	buf_release(&out);
}

static const struct {
	const char *name, *charset, *in, *want;
} charset_word_cases[] = {
	{ "a charset that is known", "iso-8859-1", "caf\xe9" "bars",
	    "=?UTF-8?B?Y2Fmw6liYXJz?=" },
	{ "a charset that is not", "x-none", "caf\xe9" "bar",
	    "=?x-none?Q?caf=E9bar?=" },
	{ "no charset", "", "caf\xe9" "bar", "=?unknown-8bit?Q?caf=E9bar?=" },
	{ "a charset that is none", "a?b", "caf\xe9" "bar",
	    "=?unknown-8bit?Q?caf=E9bar?=" },
	{ "a charset with a language", "a*b", "caf\xe9" "bar",
	    "=?unknown-8bit?Q?caf=E9bar?=" },
	{ "a charset too long",
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "caf\xe9" "bar",
	    "=?unknown-8bit?Q?caf=E9bar?=" },
	{ "ASCII in any charset", "x-none", "abc", "abc" },
	{ "not valid in the charset", "us-ascii", "caf\xe9" "bar",
	    "=?us-ascii?Q?caf=E9bar?=" },
};

static const struct {
	const char *name, *in, *want;
} decode_word_cases[] = {
	{ "no words", "plain = text ?=", "plain = text ?=" },
	{ "Q", "=?ISO-8859-1?Q?caf=E9_a_b?=", "caf\xc3\xa9 a b" },
	{ "q and small hexadecimal digits", "=?iso-8859-1?q?=e9=C3?=",
	    "\xc3\xa9\xc3\x83" },
	{ "B", "=?utf-8?B?Q2Fmw6k=?=", "Caf\xc3\xa9" },
	{ "b without padding", "=?utf-8?b?Q2Fmw6k?=", "Caf\xc3\xa9" },
	{ "empty text", "x =?utf-8?q?\?= y", "x  y" },
	{ "text around a word", "a =?utf-8?q?b?= c", "a b c" },
	{ "text glued to a word", "a=?utf-8?q?b?=c", "abc" },
	{ "white space between words is dropped",
	    "=?utf-8?q?a?= \r\n\t =?utf-8?q?b?= c", "ab c" },
	{ "also between charsets", "=?utf-8?q?a?= =?us-ascii?q?b?=", "ab" },
	{ "two words without white space", "=?utf-8?q?a?==?utf-8?q?b?=",
	    "ab" },
	{ "text between words", "=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b" },
	{ "a character over two words", "=?utf-8?q?=C3?= =?utf-8?q?=A4?=",
	    "\xc3\xa4" },
	{ "a character over two encodings", "=?utf-8?q?=C3?= =?utf-8?b?pA==?=",
	    "\xc3\xa4" },
	{ "charset names in any case", "=?utf-8?q?=C3?= =?UTF-8?q?=A4?=",
	    "\xc3\xa4" },
	{ "a language", "=?utf-8*en?q?a?=", "a" },
	{ "an unknown charset stays", "=?x-none?q?a?= b", "=?x-none?q?a?= b" },
	{ "an unknown charset before a word",
	    "=?x-none?q?a?= =?utf-8?q?b?=", "=?x-none?q?a?= b" },
	{ "an unknown charset behind a word",
	    "=?utf-8?q?b?= =?x-none?q?a?=", "b=?x-none?q?a?=" },
	{ "malformed in its charset", "=?utf-8?q?=E9?= x",
	    "=?utf-8?q?=E9?= x" },
	{ "an unknown encoding", "=?utf-8?x?a?=", "=?utf-8?x?a?=" },
	{ "bad hexadecimal digits", "=?koi8-r?q?a=4G?=", "=?koi8-r?q?a=4G?=" },
	{ "bad first hexadecimal digit", "=?koi8-r?q?a=G4?=",
	    "=?koi8-r?q?a=G4?=" },
	{ "characters around the digits", "=?koi8-r?q?a=/4?= =?koi8-r?q?a=:4?="
	    " =?koi8-r?q?a=@4?= =?koi8-r?q?a=`4?=", "=?koi8-r?q?a=/4?= "
	    "=?koi8-r?q?a=:4?= =?koi8-r?q?a=@4?= =?koi8-r?q?a=`4?=" },
	{ "the first and last digits", "=?iso-8859-1?q?=30=39=fF=A0?=",
	    "09\xc3\xbf\xc2\xa0" },
	{ "one hexadecimal digit", "=?utf-8?q?a=4?=", "=?utf-8?q?a=4?=" },
	{ "bad base64", "=?utf-8?b?a!==?=", "=?utf-8?b?a!==?=" },
	{ "bad base64 behind a word", "=?utf-8?q?a?= =?utf-8?b?!?=",
	    "a =?utf-8?b?!?=" },
	{ "bad base64 before a word", "=?utf-8?b?!?= =?utf-8?q?a?=",
	    "=?utf-8?b?!?= a" },
	{ "bad base64 between words",
	    "=?utf-8?q?a?= =?utf-8?b?!?= =?utf-8?q?c?=",
	    "a =?utf-8?b?!?= c" },
	{ "blanks in a word", "=?utf-8?q?a b?=", "a b" },
	{ "an octet above 127 in a word", "=?iso-8859-1?q?a\xe9?=",
	    "a\xc3\xa9" },
	{ "no end", "=?utf-8?q?abc", "=?utf-8?q?abc" },
	{ "half an end", "=?utf-8?q?abc?", "=?utf-8?q?abc?" },
	{ "a question mark in it", "=?utf-8?q?a?b?=", "=?utf-8?q?a?b?=" },
	{ "no charset", "=??q?a?=", "=\?\?q?a?=" },
	{ "no encoding", "=?utf-8??a?=", "=?utf-8?\?a?=" },
	{ "two characters of encoding", "=?utf-8?qq?a?=",
	    "=?utf-8?qq?a?=" },
	{ "a charset too long",
	    "=?xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxx?q?a?=",
	    "=?xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxx?q?a?=" },
	{ "a blank in the charset", "=?ut f?q?a?=", "=?ut f?q?a?=" },
	{ "a bracket behind the charset", "=?ascii(q?a?=", "=?ascii(q?a?=" },
	{ "a bracket in the charset", "=?ut(f?q?a?=", "=?ut(f?q?a?=" },
	{ "starts of words before a word", "=?=?=?utf-8?q?a?=", "=?=?a" },
	{ "raw UTF-8 stays", UE " =?utf-8?q?a?=", UE " a" },
};

static void
test_word_decode(void)
{
	struct buf out = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof charset_word_cases / sizeof *charset_word_cases;
	    i++) {
		buf_reset(&out);
		word_encode_charset(&out, charset_word_cases[i].charset,
		    charset_word_cases[i].in,
		    strlen(charset_word_cases[i].in), 0, 9);
		is_text(out.data, charset_word_cases[i].want,
		    charset_word_cases[i].name);
	}
	for (i = 0; i < sizeof decode_word_cases / sizeof *decode_word_cases;
	    i++) {
		buf_set(&out, "+", 1);
		word_decode(&out, decode_word_cases[i].in,
		    strlen(decode_word_cases[i].in));
		is_text(out.data + 1, decode_word_cases[i].want,
		    decode_word_cases[i].name);
	}
	is_number((long long)word_length("=?utf-8?q?a?=b", 14), 13,
	    "length of a word");
	is_number((long long)word_length("=?utf-8?q?a?=b", 12), 0,
	    "a word that is cut off is none");
	is_number((long long)word_length("=?\?q?a?=", 8), 0,
	    "a word has a charset");
	is_number((long long)word_length("=?a?q?\?=", 8), 8,
	    "the shortest word");
	is_number((long long)word_length("?=a?q?b?=", 9), 0,
	    "a word begins with an equals sign");
	buf_release(&out);
}

/* No octet behind the end is looked at (a sanitizer would tell). */
static void
test_word_cut(void)
{
	static const char word[] = "=?utf-8?q?a=41?=";
	size_t i, whole = 0;
	char *copy;

	for (i = 0; i < sizeof word; i++) {
		copy = malloc(i != 0 ? i : 1);
		memcpy(copy, word, i);
		whole += word_length(copy, i) != 0;
		free(copy);
	}
	is_number((long long)whole, 1, "a word is one when it is whole");
}

/* What is encoded is read back as it was, whatever its length is. */
static void
test_word_round(void)
{
	static const char pattern[] = "a" UE " " JA6 "=?_  \"x, " UE "  ";
	struct buf text = BUF_INIT, words = BUF_INIT, back = BUF_INIT;
	size_t i, n, column, longest, bad = 0;

	for (i = 0; i < 400; i++) {
		buf_add(&text, pattern + i % (sizeof pattern - 1), 1);
		buf_reset(&words);
		buf_reset(&back);
		if (!utf8_is_valid(text.data, text.len))
			continue;
		word_encode(&words, text.data, text.len, 1, i % 90);
		word_decode(&back, words.data, words.len);
		bad += strcmp(back.data, text.data) != 0;
		column = i % 90;
		for (n = longest = 0; n < words.len; n++) {
			column = words.data[n] == '\n' ? 0 : column + 1;
			if (n > 90 && column > longest)
				longest = column;
		}
		bad += longest > 77; /* with the CR */
	}
	is_number((long long)bad, 0, "every text is read back");
	buf_release(&text);
	buf_release(&words);
	buf_release(&back);
}

#define A25 "abcdefghijklmnopqrstuvwxy"
#define A50 A25 A25

static const struct {
	const char *name, *attribute, *value;
	int compatible;
	const char *want;
} parameter_cases[] = {
	{ "a token", "charset", "UTF-8", 0, ";\r\n charset=UTF-8" },
	{ "a token with compatible", "name", "a.jpg", 1,
	    ";\r\n name=a.jpg" },
	{ "nothing is quoted", "name", "", 0, ";\r\n name=\"\"" },
	{ "blanks are quoted", "name", "a b", 0, ";\r\n name=\"a b\"" },
	{ "specials are quoted", "boundary", "=_a:b", 0,
	    ";\r\n boundary=\"=_a:b\"" },
	{ "specials in front are quoted", "name", "(a", 0,
	    ";\r\n name=\"(a\"" },
	{ "quotes and backslashes", "name", "a\"b\\", 0,
	    ";\r\n name=\"a\\\"b\\\\\"" },
	{ "UTF-8", "filename", JA6 ".jpg", 0,
	    ";\r\n filename*=UTF-8''%E6%97%A5%E6%9C%AC.jpg" },
	{ "UTF-8 with the form for old clients", "name", JA6 ".jpg", 1,
	    ";\r\n name=\"=?UTF-8?B?5pel5pysLmpwZw==?=\""
	    ";\r\n name*=UTF-8''%E6%97%A5%E6%9C%AC.jpg" },
	{ "what needs a percent sign", "f", UE " *'%()<>@,;:\\\"/[]?=!#$&+-.^_`"
	    "{|}~aZ09", 0, ";\r\n f*0*=UTF-8''%C3%BC%20%2A%27%25%28%29%3C%3E"
	    "%40%2C%3B%3A%5C%22%2F%5B%5D;\r\n f*1*=%3F%3D!#$&+-.^_`{|}~aZ09" },
	{ "a control character", "f", "a\tb", 0, ";\r\n f*=UTF-8''a%09b" },
	{ "DEL", "f", "a\x7f", 0, ";\r\n f*=UTF-8''a%7F" },
	{ "malformed UTF-8", "f", "a\xe9", 0, ";\r\n f*=unknown-8bit''a%E9" },
	{ "a token that fills the line", "name", A50 "1234567890123456789", 0,
	    ";\r\n name=" A50 "1234567890123456789" },
	{ "a token that is too long", "name", A50 "12345678901234567890", 0,
	    ";\r\n name*0=\"" A50 "12345678901\";\r\n name*1=\"234567890\"" },
	{ "a quoted string that fills the line", "name",
	    A50 "12345678901234 67", 0,
	    ";\r\n name=\"" A50 "12345678901234 67\"" },
	{ "a quoted string that is too long", "name",
	    A50 "12345678901234 678", 0, ";\r\n name*0=\"" A50
	    "12345678901\";\r\n name*1=\"234 678\"" },
	{ "long with the form for old clients", "name",
	    A50 "12345678901234 678", 1, ";\r\n name=\"" A50
	    "12345678901234 678\";\r\n name*0=\"" A50
	    "12345678901\";\r\n name*1=\"234 678\"" },
	{ "an escape is not divided", "name", A50 "1234567890\"1234567", 0,
	    ";\r\n name*0=\"" A50 "1234567890\";\r\n"
	    " name*1=\"\\\"1234567\"" },
	{ "an extended value that fills the line", "f",
	    A50 UE "12345678", 0, ";\r\n f*=UTF-8''" A50 "%C3%BC12345678" },
	{ "an extended value that is too long", "f", A50 UE "123456789", 0,
	    ";\r\n f*0*=UTF-8''" A50 "%C3%BC123;\r\n f*1*=456789" },
	{ "a character is not divided", "f", A50 "123" UE "123456789", 0,
	    ";\r\n f*0*=UTF-8''" A50 "123%C3%BC;\r\n f*1*=123456789" },
	{ "but goes on the next line", "f", A50 "1234" UE "123456789", 0,
	    ";\r\n f*0*=UTF-8''" A50 "1234;\r\n f*1*=%C3%BC123456789" },
	{ "malformed UTF-8 in pieces", "f", A25 "abcdefghijklmnopqrstuvwx"
	    "\xe9\xe9\xe9 12345678", 0, ";\r\n f*0*=unknown-8bit''" A25
	    "abcdefghijklmnopqrstuvwx%E9;\r\n"
	    " f*1*=%E9%E9%2012345678" },
	{ "a long name of the parameter", A50, "x y" A25, 0,
	    ";\r\n " A50 "*0=\"x y" A25 "\"" },
};

static const struct {
	const char *name, *body, *attribute, *want; /* NULL: not found */
} get_cases[] = {
	{ "a token", "text/plain; charset=UTF-8", "charset", "UTF-8" },
	{ "names in any case", "text/plain; Charset=utf-8", "CHARSET",
	    "utf-8" },
	{ "none", "text/plain", "charset", NULL },
	{ "another one", "text/plain; charset=a", "char", NULL },
	{ "a longer one", "text/plain; char=a", "charset", NULL },
	{ "the second one", "a/b; x=1; name=2; z=3", "name", "2" },
	{ "the first of two", "a/b; x=1; x=2", "x", "1" },
	{ "without blanks", "a/b;x=1;y=2", "y", "2" },
	{ "white space and folds", "a/b ;\r\n\tx\r\n = \r\n 1 ; y=2", "x",
	    "1" },
	{ "comments", "a/b (c; x=0) ; (d) x (e) = (f) 1 (g); y=2", "x", "1" },
	{ "a nested comment", "a/b (c(d)\\); x=0); x=1", "x", "1" },
	{ "quoted", "a/b; x=\"1; y=2\"; y=3", "x", "1; y=2" },
	{ "a semicolon in quotes ends nothing", "a/b; x=\"1; y=2\"; y=3",
	    "y", "3" },
	{ "a semicolon in quotes in front", "a\"b;x=0;\";x=1", "x", "1" },
	{ "an escaped quote at the end", "a/b; x=\"a\\\"", "x", "a\"" },
	{ "backslashes", "a/b; x=\"a\\\"b\\\\c\\d\"", "x", "a\"b\\cd" },
	{ "a fold in quotes", "a/b; x=\"a\r\n b\"", "x", "a b" },
	{ "quotes that are not closed", "a/b; x=\"ab", "x", "ab" },
	{ "a backslash at the end", "a/b; x=\"ab\\", "x", "ab\\" },
	{ "empty quotes", "a/b; x=\"\"", "x", "" },
	{ "nothing", "a/b; x=", "x", "" },
	{ "no equals sign", "a/b; x; y=1", "x", NULL },
	{ "no name", "a/b; =1; y=1", "y", "1" },
	{ "no equals sign before another", "a/b; x; y=1", "y", "1" },
	{ "empty parameters", "a/b;; ;x=1;", "x", "1" },
	{ "blanks in a value without quotes", "a/b; x=my file.txt ; y=1",
	    "x", "my file.txt" },
	{ "text behind a quoted string", "a/b; x=\"1\" z; y=2", "y", "2" },
	{ "a charset", "a/b; x*=iso-8859-1''caf%E9%20b", "x",
	    "caf\xc3\xa9 b" },
	{ "a language", "a/b; x*=utf-8'en-us'a'b", "x", "a'b" },
	{ "no charset", "a/b; x*=''a%20b", "x", "a b" },
	{ "no single quotes", "a/b; x*=a%20b", "x", "a b" },
	{ "one single quote", "a/b; x*=utf-8'a%20b", "x", "utf-8'a b" },
	{ "an unknown charset", "a/b; x*=x-none''a%E9", "x", "a\xe9" },
	{ "extended and in quotes", "a/b; x*=\"utf-8''a%20b\"", "x", "a b" },
	{ "percent signs that are none", "a/b; x*=utf-8''%4%zz%4z%z4%", "x",
	    "%4%zz%4z%z4%" },
	{ "pieces", "a/b; x*0=one; x*1=\"two\"; x*2=three", "x",
	    "onetwothree" },
	{ "pieces in another order", "a/b; x*2=c; x*0=a; x*1=b", "x", "abc" },
	{ "more than ten pieces", "a/b; x*0=a; x*1=b; x*2=c; x*3=d; x*4=e;"
	    " x*5=f; x*6=g; x*7=h; x*8=i; x*9=j; x*10=k", "x",
	    "abcdefghijk" },
	{ "pieces up to a gap", "a/b; x*0=a; x*2=c", "x", "a" },
	{ "pieces without the first", "a/b; x*1=b; x*2=c", "x", NULL },
	{ "pieces without the first, and plain", "a/b; x=p; x*1=b", "x",
	    "p" },
	{ "the same piece twice", "a/b; x*0=a; x*0=A; x*1=b", "x", "ab" },
	{ "extended pieces", "a/b; x*0*=utf-8''%C3; x*1*=%BC%20; x*2=%20",
	    "x", UE " %20" },
	{ "a plain first piece has no charset",
	    "a/b; x*0=utf-8''; x*1*=%20a", "x", "utf-8'' a" },
	{ "a charset in the first piece only",
	    "a/b; x*0*=''a; x*1*=b''c", "x", "ab''c" },
	{ "extended before plain", "a/b; x=plain; x*=utf-8''ext", "x",
	    "ext" },
	{ "pieces before plain", "a/b; x=plain; x*0=pie; x*1=ces", "x",
	    "pieces" },
	{ "extended before pieces", "a/b; x*0=pie; x*=utf-8''ext", "x",
	    "ext" },
	{ "the first extended one", "a/b; x*=''a; x*=''b", "x", "a" },
	{ "a number that begins with 0", "a/b; x*0=a; x*01=b", "x", "a" },
	{ "a number that is none", "a/b; x*0=a; x*1x=b", "x", "a" },
	{ "a number with another character", "a/b; x*0=a; x*1'=b", "x", "a" },
	{ "a number that is too large",
	    "a/b; x*0=a; x*4294967297=b", "x", "a" },
	{ "two asterisks", "a/b; x**=a", "x", NULL },
	{ "a name in front of an asterisk", "a/b; x-y*0=a", "x", NULL },
};

static void
test_parameters(void)
{
	struct buf out = BUF_INIT, body = BUF_INIT;
	size_t i;
	int found;

	for (i = 0; i < sizeof parameter_cases / sizeof *parameter_cases;
	    i++) {
		buf_set(&body, "a/b", 3);
		parameter_add(&body, parameter_cases[i].attribute,
		    parameter_cases[i].value, parameter_cases[i].compatible);
		is_text(body.data + 3, parameter_cases[i].want,
		    parameter_cases[i].name);
		buf_reset(&out);
		found = parameter_get(body.data, body.len,
		    parameter_cases[i].attribute, &out);
		ok(found, "and found again");
		is_text(out.data, parameter_cases[i].value, "and read back");
	}
	for (i = 0; i < sizeof get_cases / sizeof *get_cases; i++) {
		buf_set(&out, "+", 1);
		found = parameter_get(get_cases[i].body,
		    strlen(get_cases[i].body), get_cases[i].attribute, &out);
		is_number(found, get_cases[i].want != NULL,
		    get_cases[i].name);
		is_text(out.data + 1, get_cases[i].want != NULL ?
		    get_cases[i].want : "", "its value");
	}
	buf_release(&body);
	buf_release(&out);
}

/* A long value in many pieces, each line within 78 columns. */
static void
test_parameter_long(void)
{
	struct buf value = BUF_INIT, out = BUF_INIT, back = BUF_INIT;
	size_t i, column = 0, longest = 0;

	for (i = 0; i < 2000; i++)
		buf_adds(&value, JA6 "a ");
	parameter_add(&out, "filename", value.data, 0);
	for (i = 0; i < out.len; i++) {
		column = out.data[i] == '\n' ? 0 : column + 1;
		longest = column > longest ? column : longest;
	}
	ok(longest <= 77, "a long value is in short lines");
	parameter_get(out.data, out.len, "filename", &back);
	is_number((long long)back.len, (long long)value.len,
	    "and is read back whole");
	ok(strcmp(back.data, value.data) == 0, "and the same");
	buf_release(&value);
	buf_release(&out);
	buf_release(&back);
}

static const struct {
	const char *name, *charset, *in, *want; /* NULL: refused */
} charset_cases[] = {
	{ "UTF-8", "utf-8", UE, UE },
	{ "UTF8", "UTF8", UE, UE },
	{ "malformed UTF-8", "UTF-8", "\xe9", NULL },
	{ "ASCII", "us-ascii", "abc", "abc" },
	{ "8-bit as ASCII", "US-ASCII", UE, NULL },
	{ "latin 1", "ISO-8859-1", "\xe9", "\xc3\xa9" },
	{ "latin-1", "latin-1", "\xe9", "\xc3\xa9" },
	{ "GBK under the name GB2312", "gb2312", "\x80\xb5\x86\x5f", NULL },
	{ "a character of GBK that GB2312 lacks", "GB2312", "\x95\xcf",
	    "\xe6\x9b\x84" },
	{ "Big5", "big5", "\xa4\xa4", "\xe4\xb8\xad" },
	{ "ISO-2022-JP", "ISO-2022-JP", "\x1b$B\x46\x7c\x1b(B",
	    "\xe6\x97\xa5" },
	{ "a character cut off", "big5", "\xa4", NULL },
	{ "text before a character cut off", "big5", "ab\xa4", NULL },
	{ "a charset that keeps a letter back", "CP1255", "\xe0",
	    "\xd7\x90" },
	{ "no charset", "", "a", NULL },
	{ "an unknown charset", "x-none", "a", NULL },
	{ "options for iconv", "ISO-8859-1//IGNORE", "a", NULL },
	{ "a name with a slash", "utf-16/", "a", NULL },
	{ "a name too long", "utf-8xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "a",
	    NULL },
};

static void
test_charsets(void)
{
	struct buf out = BUF_INIT, in = BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < sizeof charset_cases / sizeof *charset_cases; i++) {
		buf_set(&out, "+", 1);
		rc = charset_to_utf8(charset_cases[i].charset,
		    charset_cases[i].in, strlen(charset_cases[i].in), &out);
		is_number(rc, charset_cases[i].want != NULL ? 0 : -1,
		    charset_cases[i].name);
		is_text(out.data + 1, charset_cases[i].want != NULL ?
		    charset_cases[i].want : "", "the text");
	}
	buf_reset(&out);
	for (i = 0; i < 5000; i++)
		buf_adds(&in, "\xe9\xe8");
	ok(charset_to_utf8("iso-8859-1", in.data, in.len, &out) == 0,
	    "text that becomes longer");
	is_number((long long)out.len, 20000, "all of it");
	setenv("LC_ALL", "C", 1);
	is_text(charset_locale(), "", "the locale C has no charset to tell");
	setenv("LC_ALL", "no such locale", 1);
	is_text(charset_locale(), "", "one that is not there has none");
	setenv("LC_ALL", "C.UTF-8", 1);
	if (setlocale(LC_ALL, "") != NULL)
		is_text(charset_locale(), "UTF-8", "that of C.UTF-8");
	setlocale(LC_ALL, "C");
	if (charset_locale()[0] != '\0')
		is_text(charset_locale(), "UTF-8",
		    "it is not the one of the process");
	buf_release(&in);
	buf_release(&out);
}

int
main(void)
{
	test_base64();
	test_base64_lines();
	test_base64_long();
	test_decode();
	test_qp();
	test_word_encode();
	test_word_decode();
	test_word_cut();
	test_word_round();
	test_parameters();
	test_parameter_long();
	test_charsets();
	return tap_done();
}
