/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the content of a mail ends and what is in it: every way to end a line
 * around a dot, whole and octet by octet. */
#include "tap.h"

#include "base/buf.h"
#include "submit/smtp_data.h"

/* in: from behind the DATA line on; rest: what follows the end, NULL: it has
 * not ended. */
static const struct {
	const char *name;
	enum smtp_line_ends ends;
	const char *in, *want, *rest;
} cases[] = {
#define STRICT(name, in, want, rest) \
	{ "CRLF: " name, SMTP_ENDS_CRLF, in, want, rest }
#define LOOSE(name, in, want, rest) \
	{ "LF: " name, SMTP_ENDS_LF, in, want, rest }
	STRICT("CRLF dot CRLF ends it", "a\r\n.\r\nQUIT\r\n", "a\r\n",
	    "QUIT\r\n"),
	STRICT("a dot right behind DATA, too", ".\r\nQUIT\r\n", "",
	    "QUIT\r\n"),
	STRICT("doubled dots lose one", "..\r\n..a\r\n...\r\n.\r\n",
	    ".\r\n.a\r\n..\r\n", ""),
	STRICT("any first dot of a line goes", ".a\r\n.\r\n", "a\r\n", ""),
	STRICT("dots within lines stay", "a.\r\na..b\r\n.\r\n",
	    "a.\r\na..b\r\n", ""),
	STRICT("LF dot LF is content", "a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", ""),
	STRICT("LF dot CRLF is content", "a\n.\r\nb\r\n.\r\n",
	    "a\n.\r\nb\r\n", ""),
	STRICT("CRLF dot LF is content", "a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n",
	    ""),
	STRICT("CR dot CR is content", "a\r.\rb\r\n.\r\n", "a\r.\rb\r\n", ""),
	STRICT("CR dot CRLF is content", "a\r.\r\nb\r\n.\r\n",
	    "a\r.\r\nb\r\n", ""),
	STRICT("CRLF dot CR is content", "a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n",
	    ""),
	STRICT("CRLF dot CR CRLF is content", "a\r\n.\r\r\nb\r\n.\r\n",
	    "a\r\n\r\r\nb\r\n", ""),
	STRICT("CR CRLF is a line end", "a\r\r\n.\r\n", "a\r\r\n", ""),
	STRICT("LF CR is none", "a\n\r.\r\nb\r\n.\r\n", "a\n\r.\r\nb\r\n", ""),
	STRICT("two dots behind a bare LF are one",
	    "a\n..b\n..\n...c\r\n.\r\n", "a\n.b\n.\n..c\r\n", ""),
	STRICT("one dot behind a bare LF stays", "a\n.b\n.\r.\n.\r\n.\r\n",
	    "a\n.b\n.\r.\n.\r\n", ""),
	STRICT("two dots and CRLF behind a bare LF", "a\n..\r\n.\r\n",
	    "a\n.\r\n", ""),
	STRICT("blank lines stay", "\r\n\r\n.\r\n", "\r\n\r\n", ""),
	STRICT("no end yet", "a\r\n.\r", "a\r\n", NULL),
	STRICT("a dot at the end of a line is none", "a.\r\n", "a.\r\n", NULL),
	LOOSE("LF dot LF ends it", "a\n.\nQUIT\n", "a\n", "QUIT\n"),
	LOOSE("CRLF dot CRLF, too", "a\r\n.\r\nQUIT\r\n", "a\r\n",
	    "QUIT\r\n"),
	LOOSE("CRLF dot LF", "a\r\n.\nQUIT\n", "a\r\n", "QUIT\n"),
	LOOSE("LF dot CRLF", "a\n.\r\nQUIT\n", "a\n", "QUIT\n"),
	LOOSE("a dot right behind DATA", ".\n", "", ""),
	LOOSE("doubled dots lose one", "..\n..a\n.\n", ".\n.a\n", ""),
	LOOSE("CR dot CR is content", "a\r.\rb\n.\n", "a\r.\rb\n", ""),
	LOOSE("LF dot CR CRLF is content", "a\n.\r\r\n.\n", "a\n\r\r\n", ""),
};

/* Decodes in pieces of that size; returns 0 when the result is not right. */
static int
decodes(size_t i, size_t piece)
{
	const char *in = cases[i].in;
	size_t len = strlen(in), at = 0, n, got, out_len;
	struct buf out = BUF_INIT;
	struct smtp_data d;
	char chunk[256];
	int right;

	smtp_data_init(&d, cases[i].ends);
	while (at < len && d.place != SMTP_DATA_END) {
		n = len - at < piece ? len - at : piece;
		got = smtp_data_take(&d, in + at, n, chunk, &out_len);
		buf_add(&out, chunk, out_len);
		at += got;
		if (out_len > n + 1 || (got != n && d.place != SMTP_DATA_END))
			at = len + 1;
	}
	right = strcmp(out.data, cases[i].want) == 0 &&
	    (cases[i].rest != NULL) == (d.place == SMTP_DATA_END) &&
	    at <= len && strcmp(in + at, cases[i].rest != NULL ?
	    cases[i].rest : "") == 0;
	if (!right)
		tap_show("got ", out.data, out.len);
	buf_release(&out);
	return right;
}

int
main(void)
{
	size_t i, piece;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (piece = 1; piece < 40; piece++)
			if (!decodes(i, piece))
				break;
		ok(piece == 40, cases[i].name);
	}
	return tap_done();
}
