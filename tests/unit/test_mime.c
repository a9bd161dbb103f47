/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Re-encoding messages: mime_convert, and what it repairs. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "mail/downgrade.h"
#include "mail/mime.h"
#include "mail/mimescan.h"
#include "mail/repair.h"
#include "tap.h"

#define U "\xc3\xbc" /* u with diaeresis in UTF-8 */
#define Q "=C3=BC"   /* the same in quoted-printable */
#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10
#define X500 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50
#define X1000 X500 X500
#define X75 X50 X10 X10 "xxxxx"

#define B7 MIME_7BIT
#define SL MIME_SHORT_LINES
#define H7 MIME_7BIT_HEADER

#define TOP "From: a@b\nMIME-Version: 1.0\n"
#define QP "Content-Transfer-Encoding: quoted-printable\n"
#define B64 "Content-Transfer-Encoding: base64\n"
#define BIT7 "Content-Transfer-Encoding: 7bit\n"
#define BIT8 "Content-Transfer-Encoding: 8bit\n"
#define TEXT8 "Content-Type: text/plain; charset=utf-8\n"
#define ASCII "Content-Type: text/plain; charset=us-ascii\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b\n"
#define DATA "Content-Type: application/octet-stream\n"

static int
to_ascii(const char *domain, struct buf *out)
{
	if (strcmp(domain, "b" U "cher.example") != 0)
		return -1;
	return buf_adds(out, "xn--bcher-kva.example");
}

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

static void
contents(int fd, struct buf *out)
{
	char chunk[4096];
	off_t at = 0;
	ssize_t n;

	while ((n = io_pread(fd, chunk, sizeof chunk, at)) > 0) {
		buf_add(out, chunk, (size_t)n);
		at += n;
	}
}

/* LF becomes CRLF. */
static void
add_crlf(const char *text, struct buf *out)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			buf_addc(out, '\r');
		buf_addc(out, *text);
	}
}

/* Converts a message that stands amid other octets of a file. */
static int
convert(const struct buf *in, int needs, struct buf *out, int *sealed)
{
	struct buf file = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct writer w;
	int fd, to = file_of("", 0), rc;

	buf_adds(&file, "before\r\n");
	buf_add(&file, in->data, in->len);
	buf_adds(&file, "--b\r\nbehind \xfc\r\n--b--\r\n");
	fd = file_of(file.data, file.len);
	writer_init(&w, to, 0);
	rc = mime_convert(fd, 8, (off_t)in->len, needs, to_ascii, &w, sealed,
	    &f);
	contents(to, out);
	if (rc == -1)
		printf("# %d %s\n", f.code, f.text.data);
	writer_release(&w);
	fault_release(&f);
	buf_release(&file);
	close(fd);
	close(to);
	return rc;
}

static const struct convert_case {
	const char *name;
	int needs;
	const char *in, *want; /* LF line ends; want NULL: as it is */
	int sealed;
} cases[] = {
	/* What may stay. */
	{ "nothing at all", B7 | SL | H7, "", NULL, 0 },
	{ "ASCII text", B7 | SL | H7, TOP "\nhello\n", NULL, 0 },
	{ "no need, no change", 0, "Subject: " U "\n\n" U X1000 "\n", NULL, 0 },
	{ "8-bit text without that need", SL, TOP TEXT8 BIT8 "\n" U "\n",
	    NULL, 0 },
	{ "long lines without that need", B7, TOP "\n" X1000 "\n", NULL, 0 },
	{ "8-bit fields without that need", B7 | SL,
	    "Subject: " U "\n\nx\n", NULL, 0 },
	{ "8-bit text and only the header is to be 7-bit", H7,
	    TOP TEXT8 BIT8 "\n" U "\n", NULL, 0 },
	{ "a wrong but harmless label", B7 | SL,
	    TOP MIXED BIT8 "\n--b\n\nx\n--b--\n", NULL, 0 },
	{ "998 octets", B7 | SL,
	    TOP "\n" X500 X50 X50 X50 X50 X50 X50 X50 X50 X50 X10 X10 X10 X10
	    "xxxxxxxx\n", NULL, 0 },

	/* A message of one part. */
	{ "8-bit text", B7, TOP TEXT8 BIT8 "\n" U "\n",
	    TOP TEXT8 QP "\n" Q "\n", 0 },
	{ "8-bit text without an encoding", B7, TOP TEXT8 "\n" U "\n",
	    TOP TEXT8 QP "\n" Q "\n", 0 },
	{ "8-bit text without MIME", B7, "From: a@b\n\n" U "\n",
	    TOP TEXT8 QP "\n" Q "\n", 0 },
	{ "Latin-1 text without MIME", B7, "From: a@b\n\n\xfc\n",
	    TOP "Content-Type: text/plain; charset=unknown-8bit\n" QP
	    "\n=FC\n", 0 },
	{ "only MIME-Version", B7, TOP "\n" U "\n", TOP TEXT8 QP "\n" Q "\n",
	    0 },
	{ "only an encoding", B7, TOP BIT8 "\n" U "\n",
	    TOP TEXT8 QP "\n" Q "\n", 0 },
	{ "a type without MIME-Version", B7, "From: a@b\n" TEXT8 "\n" U "\n",
	    "From: a@b\n" TEXT8 "MIME-Version: 1.0\n" QP "\n" Q "\n", 0 },
	{ "a long line", SL, TOP ASCII "\n" X1000 "\n",
	    TOP ASCII QP "\n" X75 "=\n" X75 "=\n" X75 "=\n" X75 "=\n" X75
	    "=\n" X75 "=\n" X75 "=\n" X75 "=\n" X75 "=\n" X75 "=\n" X75 "=\n"
	    X75 "=\n" X75 "=\nxxxxxxxxxxxxxxxxxxxxxxxxx\n", 0 },
	{ "999 octets and no MIME", SL, "From: a@b\n\n" X500 X50 X50 X50 X50
	    X50 X50 X50 X50 X50 X10 X10 X10 X10 "xxxxxxxxx\n",
	    TOP ASCII QP "\n" X75 "=\n" X75 "=\n" X75 "=\n" X75 "=\n" X75
	    "=\n" X75 "=\n" X75 "=\n" X75 "=\n" X75 "=\n" X75 "=\n" X75 "=\n"
	    X75 "=\n" X75 "=\nxxxxxxxxxxxxxxxxxxxxxxxx\n", 0 },
	{ "two encodings become one, in the place of the first", B7,
	    TOP BIT8 TEXT8 "CONTENT-transfer-Encoding: 7bit\nX: y\n\n" U "\n",
	    TOP QP TEXT8 "X: y\n\n" Q "\n", 0 },
	{ "an unknown encoding is none", B7,
	    TOP TEXT8 "Content-Transfer-Encoding: 8-bit\n\n" U "\n",
	    TOP TEXT8 QP "\n" Q "\n", 0 },
	{ "a type that is none is text", B7,
	    TOP "Content-Type: text\n\n" U "\n",
	    TOP "Content-Type: text\n" QP "\n" Q "\n", 0 },
	{ "so is one with two slashes", B7,
	    TOP "Content-Type: image/a/b\n\n" U U U U "\n",
	    TOP "Content-Type: image/a/b\n" QP "\n" Q Q Q Q "\n", 0 },
	{ "a type in capitals", B7,
	    TOP "Content-Type: TEXT/HTML;charset=x\n\n" U U U U "\n",
	    TOP "Content-Type: TEXT/HTML;charset=x\n" QP "\n" Q Q Q Q "\n",
	    0 },
	{ "a type with a comment", B7,
	    TOP "Content-Type: text/html(x)\n\n" U U U U "\n",
	    TOP "Content-Type: text/html(x)\n" QP "\n" Q Q Q Q "\n", 0 },
	{ "data that is mostly 8-bit", B7, TOP DATA "\n\xff\xfe\xfd\xfc\n",
	    TOP DATA B64 "\n//79/A0K\n", 0 },
	{ "data that is mostly ASCII", B7, TOP DATA "\nxxxxxxxxxx\xff\n",
	    TOP DATA QP "\nxxxxxxxxxx=FF\n", 0 },
	{ "an octet in six is too much", B7, TOP DATA BIT8 "\nxxx\xff\n",
	    TOP DATA B64 "\neHh4/w0K\n", 0 },
	{ "an octet in seven is not", B7, TOP DATA BIT8 "\nxxxx\xff\n",
	    TOP DATA QP "\nxxxx=FF\n", 0 },
	{ "a message without an end", B7, TOP TEXT8 "\n" U,
	    TOP TEXT8 QP "\n" Q, 0 },
	{ "a header without a blank line", B7, TOP TEXT8 U " hello\n",
	    TOP TEXT8 QP "\n" Q " hello\n", 0 },
	{ "and one that ends in a line with a colon", B7,
	    TOP TEXT8 U ": hello\n", TOP TEXT8 QP "\n" Q ": hello\n", 0 },
	{ "a body that begins like a folded line", B7, TEXT8 "\n " U "\n",
	    TEXT8 "MIME-Version: 1.0\n" QP "\n " Q "\n", 0 },
	{ "no header at all", B7, "\n" U "\n",
	    "MIME-Version: 1.0\n" TEXT8 QP "\n" Q "\n", 0 },

	/* Text that is encoded already. */
	{ "8-bit octets in quoted-printable", B7,
	    TOP TEXT8 QP "\na=3Db " U "\nx=\ny\n",
	    TOP TEXT8 QP "\na=3Db " Q "\nx=\ny\n", 0 },
	{ "long lines in quoted-printable", SL,
	    TOP TEXT8 QP "\n" X1000 "\n" X75 "y\n",
	    TOP TEXT8 QP "\n" X75 "=\n" X75 "=\n" X75 "=\n" X75 "=\n" X75
	    "=\n" X75 "=\n" X75 "=\n" X75 "=\n" X75 "=\n" X75 "=\n" X75 "=\n"
	    X75 "=\n" X75 "=\nxxxxxxxxxxxxxxxxxxxxxxxxx\n" X75 "y\n", 0 },
	{ "quoted-printable in capitals and with more behind it", B7,
	    TOP "Content-Transfer-Encoding: QUOTED-Printable (x)\n\n=3D" U
	    "\n", TOP "Content-Transfer-Encoding: QUOTED-Printable (x)\n\n=3D"
	    Q "\n", 0 },
	{ "8-bit octets in base64", B7, TOP DATA B64 "\naG\xff" "Vs\xc3\xa4\n"
	    "bG8=\n", TOP DATA B64 "\naGVsbG8=\n", 0 },
	{ "long lines in base64", SL, TOP DATA B64 "\n" X1000 "AA==\n",
	    TOP DATA B64 "\n" X75 "x\n" X75 "x\n" X75 "x\n" X75 "x\n" X75
	    "x\n" X75 "x\n" X75 "x\n" X75 "x\n" X75 "x\n" X75 "x\n" X75 "x\n"
	    X75 "x\n" X75 "x\nxxxxxxxxxxxxAA==\n", 0 },
	{ "8-bit text in front of uuencoded data", B7,
	    TOP DATA "Content-Transfer-Encoding: x-uuencode\n\n" U "\n"
	    "begin 644 x\n#86)C\n`\nend\n",
	    TOP DATA "Content-Transfer-Encoding: x-uuencode\n\n??\n"
	    "begin 644 x\n#86)C\n`\nend\n", 0 },
	{ "a uuencoded line of 13 octets", B7,
	    TOP DATA "Content-Transfer-Encoding: uue\n\n" U "\n-86)C\n",
	    TOP DATA "Content-Transfer-Encoding: uue\n\n??\n-86)C\n", 0 },

	/* Multiparts. */
	{ "one part of two", B7, TOP MIXED "\npre\n--b\n" TEXT8 BIT8 "\n" U
	    "\n--b\n" ASCII "\nx\n--b--\npost\n",
	    TOP MIXED "\npre\n--b\n" TEXT8 QP "\n" Q "\n--b\n" ASCII
	    "\nx\n--b--\npost\n", 0 },
	{ "the multipart's own label", B7,
	    TOP MIXED BIT8 "\n--b\n" TEXT8 BIT8 "\n" U "\n--b--\n",
	    TOP MIXED BIT7 "\n--b\n" TEXT8 QP "\n" Q "\n--b--\n", 0 },
	{ "its label in other words", B7, TOP MIXED
	    "content-transfer-encoding: Binary (x)\n\n--b\n" TEXT8 "\n" U
	    "\n--b--\n", TOP MIXED BIT7 "\n--b\n" TEXT8 QP "\n" Q "\n--b--\n",
	    0 },
	{ "a label that is no concern of ours", SL,
	    TOP MIXED BIT8 "\n--b\n" ASCII "\n" X75 "\n--b \t\n" DATA B64 "\n"
	    X500 X500 "A\n--b--\n",
	    TOP MIXED BIT8 "\n--b\n" ASCII "\n" X75 "\n--b \t\n" DATA B64 "\n"
	    X75 "x\n" X75 "x\n" X75 "x\n" X75 "x\n" X75 "x\n" X75 "x\n" X75
	    "x\n" X75 "x\n" X75 "x\n" X75 "x\n" X75 "x\n" X75 "x\n" X75
	    "x\nxxxxxxxxxxxxA\n--b--\n", 0 },
	{ "a part without a header", B7, TOP MIXED "\n--b\n\n" U "\n--b--\n",
	    TOP MIXED "\n--b\n" TEXT8 QP "\n" Q "\n--b--\n", 0 },
	{ "a part without a blank line", B7, TOP MIXED "\n--b\n" U " x: y\n"
	    "--b--\n", TOP MIXED "\n--b\n" TEXT8 QP "\n" Q " x: y\n--b--\n",
	    0 },
	{ "a part that is a blank line in its header's place", B7,
	    TOP MIXED "\n--b\n--b\n\n--b\n" TEXT8 "\n\n" U "\n\n--b--\n",
	    TOP MIXED "\n--b\n--b\n\n--b\n" TEXT8 QP "\n\n" Q "\n\n--b--\n",
	    0 },
	{ "a part that is only a header", B7, TOP MIXED "\n--b\nX: " U "\n"
	    "--b--\n", TOP MIXED "\n--b\nX: =?UTF-8?B?w7w=?=\n--b--\n", 0 },
	{ "data in a part", B7, TOP MIXED "\n--b\n" DATA "\n\xff\xfe\n--b--\n",
	    TOP MIXED "\n--b\n" DATA B64 "\n//4=\n--b--\n", 0 },
	{ "data that ends in a line end", B7, TOP MIXED "\n--b\n" DATA
	    "\n\xff\xfe\n\n--b--\n", TOP MIXED "\n--b\n" DATA B64
	    "\n//4NCg==\n--b--\n", 0 },
	{ "a close delimiter that lacks", B7, TOP MIXED "\n--b\n" TEXT8 "\n" U
	    "\n", TOP MIXED "\n--b\n" TEXT8 QP "\n" Q "\n", 0 },
	{ "a close delimiter without a line end", B7, TOP MIXED "\n--b\n"
	    TEXT8 "\n" U "\n--b--", TOP MIXED "\n--b\n" TEXT8 QP "\n" Q
	    "\n--b--", 0 },
	{ "white space behind delimiters", B7, TOP MIXED "\n--b \t\n" TEXT8
	    "\n" U "\n--b-- \n" U "\n", TOP MIXED "\n--b \t\n" TEXT8 QP "\n" Q
	    "\n--b-- \n??\n", 0 },
	{ "other things behind delimiters", B7, TOP MIXED "\n--b\n" TEXT8 "\n"
	    U "\n--bx\n--b-\n--b x\n--b--x\n-b\nb\n--\n--B\n\n--b--\n",
	    TOP MIXED "\n--b\n" TEXT8 QP "\n" Q "\n--bx\n--b-\n--b x\n--b--x\n"
	    "-b\nb\n--\n--B\n\n--b--\n", 0 },
	{ "preamble and epilogue", B7, TOP MIXED "\n" U "\n-x\n--b\n\nx\n"
	    "--b--\n" U "\n-y\n", TOP MIXED "\n??\n -x\n--b\n\nx\n--b--\n??\n"
	    " -y\n", 0 },
	{ "an epilogue with a delimiter again", B7, TOP MIXED "\n--b\n\nx\n"
	    "--b--\n--b\n" U "\n", TOP MIXED "\n--b\n\nx\n--b--\n --b\n??\n",
	    0 },
	{ "a boundary in quotes", B7, TOP "Content-Type: multipart/x;\n"
	    "\tboundary=\"a b:c\"\n\n--a b:c\n" TEXT8 "\n" U "\n--a b:c--\n",
	    TOP "Content-Type: multipart/x;\n\tboundary=\"a b:c\"\n\n--a b:c\n"
	    TEXT8 QP "\n" Q "\n--a b:c--\n", 0 },
	{ "a boundary with white space at its end", B7, TOP
	    "Content-Type: multipart/x; boundary=\"b \t\"\n\n--b\n" TEXT8 "\n"
	    U "\n--b--\n", TOP
	    "Content-Type: multipart/x; boundary=\"b \t\"\n\n--b\n" TEXT8 QP
	    "\n" Q "\n--b--\n", 0 },
	{ "a delimiter of a field's form", B7, TOP
	    "Content-Type: multipart/x; boundary=\"b:c\"\n\n--b:c\n" TEXT8
	    "--b:c\n" TEXT8 "\n" U "\n--b:c--\n", TOP
	    "Content-Type: multipart/x; boundary=\"b:c\"\n\n--b:c\n" TEXT8
	    "--b:c\n" TEXT8 QP "\n" Q "\n--b:c--\n", 0 },

	/* Multiparts that are none. */
	{ "no boundary", B7, TOP "Content-Type: multipart/mixed\n\n--b\n\n" U
	    "\n--b--\n", TOP "Content-Type: multipart/mixed\n" QP "\n--b\n\n"
	    Q "\n--b--\n", 0 },
	{ "an empty boundary", B7, TOP
	    "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\n" U
	    "\n----\n", TOP
	    "Content-Type: multipart/mixed; boundary=\"\"\n" QP "\n--\n\n" Q
	    "\n----\n", 0 },
	{ "no delimiter", B7, TOP MIXED "\n" U "\n--c\n", TOP MIXED QP "\n" Q
	    "\n--c\n", 0 },
	{ "only a close delimiter", B7, TOP MIXED "\n" U "\n--b--\n" U "\n",
	    TOP MIXED QP "\n" Q "\n--b--\n" Q "\n", 0 },
	{ "an 8-bit boundary", B7 | H7,
	    TOP "Content-Type: multipart/mixed; boundary=\"" U "\"\n\n--" U
	    "\n\nx\n--" U "--\n",
	    TOP "Content-Type: multipart/mixed;\n boundary*=UTF-8''%C3%BC\n"
	    QP "\n--" Q "\n\nx\n--" Q "--\n", 0 },
	{ "no delimiter, in another multipart", B7, TOP MIXED "\n--b\n"
	    "Content-Type: multipart/mixed; boundary=c\n\n" U "\n--b--\n",
	    TOP MIXED "\n--b\nContent-Type: multipart/mixed; boundary=c\n" QP
	    "\n" Q "\n--b--\n", 0 },

	/* Multiparts within multiparts. */
	{ "nested", B7, TOP MIXED "\n--b\n"
	    "Content-Type: multipart/x; boundary=c\n" BIT8 "\n" U "\n--c\n"
	    TEXT8 "\n" U "\n--c\n\nx\n--c--\n" U "\n--b\n" TEXT8 "\n" U
	    "\n--b--\n", TOP MIXED "\n--b\n"
	    "Content-Type: multipart/x; boundary=c\n" BIT7 "\n??\n--c\n"
	    TEXT8 QP "\n" Q "\n--c\n\nx\n--c--\n??\n--b\n" TEXT8 QP "\n" Q
	    "\n--b--\n", 0 },
	{ "an outer delimiter ends the inner parts", B7, TOP MIXED "\n--b\n"
	    "Content-Type: multipart/x; boundary=c\n\n--c\n" TEXT8 "\n" U
	    "\n--b\n" TEXT8 "\n" U "\n--c\n--b--\n", TOP MIXED "\n--b\n"
	    "Content-Type: multipart/x; boundary=c\n\n--c\n" TEXT8 QP "\n" Q
	    "\n--b\n" TEXT8 QP "\n" Q "\n--c\n--b--\n", 0 },
	{ "an outer close delimiter ends them, too", B7, TOP MIXED "\n--b\n"
	    "Content-Type: multipart/x; boundary=c\n\n--c\n" TEXT8 "\n" U
	    "\n--b--\n" U "\n--c--\n", TOP MIXED "\n--b\n"
	    "Content-Type: multipart/x; boundary=c\n\n--c\n" TEXT8 QP "\n" Q
	    "\n--b--\n??\n --c--\n", 0 },
	{ "boundaries that begin alike", B7, TOP MIXED "\n--b\n"
	    "Content-Type: multipart/x; boundary=bb\n\n--bb\n" TEXT8 "\n" U
	    "\n--bb--\n--b--\n", TOP MIXED "\n--b\n"
	    "Content-Type: multipart/x; boundary=bb\n\n--bb\n" TEXT8 QP "\n" Q
	    "\n--bb--\n--b--\n", 0 },
	{ "the same boundary twice: the outer one counts", B7, TOP MIXED
	    "\n--b\n" MIXED "\n" U "\n--b\n" TEXT8 "\n" U "\n--b--\n" U "\n",
	    TOP MIXED "\n--b\n" MIXED QP "\n" Q "\n--b\n" TEXT8 QP "\n" Q
	    "\n--b--\n??\n", 0 },

	/* Messages within. */
	{ "a message within", B7, TOP "Content-Type: message/rfc822\n" BIT8
	    "\nSubject: " U "\n\n" U "\n",
	    TOP "Content-Type: message/rfc822\n" BIT7
	    "\nSubject: =?UTF-8?B?w7w=?=\nMIME-Version: 1.0\n" TEXT8 QP "\n" Q
	    "\n", 0 },
	{ "a message within, without a blank line", B7, TOP
	    "Content-Type: message/rfc822\n" U "\n", TOP
	    "Content-Type: message/rfc822\n\nMIME-Version: 1.0\n" TEXT8 QP
	    "\n" Q "\n", 0 },
	{ "a message within that is nothing", B7, TOP MIXED "\n--b\n"
	    "Content-Type: message/rfc822\n--b\n" TEXT8 "\n" U "\n--b--\n",
	    TOP MIXED "\n--b\nContent-Type: message/rfc822\n--b\n" TEXT8 QP
	    "\n" Q "\n--b--\n", 0 },
	{ "an mbox line in a message within", B7, TOP
	    "Content-Type: message/rfc822\n\nFrom a@b Mon\nX: " U "\n\nx\n",
	    TOP "Content-Type: message/rfc822\n\nFrom a@b Mon\n"
	    "X: =?UTF-8?B?w7w=?=\n\nx\n", 0 },
	{ "an 8-bit mbox line", B7, TOP
	    "Content-Type: message/rfc822\n\nFrom " U "\nX: y\n\nx\n",
	    TOP "Content-Type: message/rfc822\n\nFrom ??\nX: y\n\nx\n", 0 },
	{ "a digest", B7, TOP "Content-Type: multipart/digest; boundary=b\n"
	    "\n--b\n\nSubject: x\n" TEXT8 "\n" U "\n--b--\n",
	    TOP "Content-Type: multipart/digest; boundary=b\n"
	    "\n--b\n\nSubject: x\n" TEXT8 "MIME-Version: 1.0\n" QP "\n" Q
	    "\n--b--\n", 0 },
	{ "a digest with a part of another type", B7,
	    TOP "Content-Type: multipart/digest; boundary=b\n\n--b\n" TEXT8
	    "\nSubject: " U "\n\nx\n--b--\n",
	    TOP "Content-Type: multipart/digest; boundary=b\n\n--b\n" TEXT8 QP
	    "\nSubject: " Q "\n\nx\n--b--\n", 0 },
	{ "a message that is encoded", B7, TOP "Content-Type: message/rfc822\n"
	    B64 "\nU3ViamVj\xff" "dDog\n", TOP "Content-Type: message/rfc822\n"
	    B64 "\nU3ViamVjdDog\n", 0 },
	{ "a message/global is looked into", B7, TOP
	    "Content-Type: Message/Global\n\nMIME-Version: 1.0\n" TEXT8 "\n" U
	    "\n", TOP "Content-Type: Message/Global\n\nMIME-Version: 1.0\n"
	    TEXT8 QP "\n" Q "\n", 0 },
	{ "other messages are data", B7, TOP "Content-Type: message/http\n\n"
	    U U U "\n", TOP "Content-Type: message/http\n" B64
	    "\nw7zDvMO8DQo=\n", 0 },

	/* Reports. */
	{ "a delivery report", B7, TOP
	    "Content-Type: message/delivery-status\n\nA: b\nC: " U "\n\nD: e\n"
	    "F: " U "\n", TOP
	    "Content-Type: message/delivery-status\n\nA: b\n"
	    "C: =?UTF-8?B?w7w=?=\n\nD: e\nF: =?UTF-8?B?w7w=?=\n", 0 },
	{ "a delivery report in a multipart", B7, TOP MIXED "\n--b\n"
	    "Content-Type: message/delivery-status\n\nA: " U "\n\n--b\n"
	    "Content-Type: message/feedback-report\n\nA: " U "\n--b--\n",
	    TOP MIXED "\n--b\n"
	    "Content-Type: message/delivery-status\n\nA: =?UTF-8?B?w7w=?=\n"
	    "\n--b\nContent-Type: message/feedback-report\n\n"
	    "A: =?UTF-8?B?w7w=?=\n--b--\n", 0 },
	{ "a report with other text in it", B7, TOP
	    "Content-Type: message/disposition-notification\n\nA: b\n" U "\n",
	    TOP "Content-Type: message/disposition-notification\n" QP
	    "\nA: b\n" Q "\n", 0 },
	{ "an encoded report", B7, TOP MIXED "\n--b\n"
	    "Content-Type: message/delivery-status\n" QP "\nA: " U "\n--b--\n",
	    TOP MIXED "\n--b\nContent-Type: message/delivery-status\n" QP
	    "\nA: " Q "\n--b--\n", 0 },
	{ "an external body", B7, TOP "Content-Type: message/external-body;\n"
	    " access-type=x\n\nContent-Description: " U "\n\n", TOP
	    "Content-Type: message/external-body;\n access-type=x\n\n"
	    "Content-Description: =?UTF-8?B?w7w=?=\n\n", 0 },

	/* Sealed parts. */
	{ "a signed message", B7 | SL, TOP "Content-Type: multipart/signed; "
	    "boundary=b\n" BIT8 "\n--b\n" TEXT8 "\n" U "\n--b--\n", NULL, 1 },
	{ "a signed message that fits", B7 | SL, TOP
	    "Content-Type: multipart/signed; boundary=b\n" BIT8 "\n--b\n"
	    TEXT8 "\nx\n--b--\n", NULL, 0 },
	{ "a signed message with long lines", SL, TOP
	    "Content-Type: Multipart/Signed; boundary=b\n\n--b\n\n" X1000
	    "\n--b--\n", NULL, 1 },
	{ "a signed message in parts", B7, TOP MIXED BIT8 "\n--b\n"
	    "Content-Type: multipart/signed; boundary=c\nX: " U "\n\n--c\n\n"
	    U "\n--c--\n" U "\n--b\n" TEXT8 "\n" U "\n--b--\n",
	    TOP MIXED BIT8 "\n--b\n"
	    "Content-Type: multipart/signed; boundary=c\n"
	    "X: =?UTF-8?B?w7w=?=\n\n--c\n\n" U "\n--c--\n" U "\n--b\n" TEXT8
	    QP "\n" Q "\n--b--\n", 1 },
	{ "a good signed part and another one", B7, TOP MIXED "\n--b\n"
	    "Content-Type: multipart/encrypted; boundary=c\n\n--c\n\nx\n"
	    "--c--\n\n--b\n" TEXT8 "\n" U "\n--b--\n", TOP MIXED "\n--b\n"
	    "Content-Type: multipart/encrypted; boundary=c\n\n--c\n\nx\n"
	    "--c--\n\n--b\n" TEXT8 QP "\n" Q "\n--b--\n", 0 },
	{ "an encrypted message", B7, TOP
	    "Content-Type: multipart/encrypted; boundary=b\n\n--b\n\n" U
	    "\n--b--\n", NULL, 1 },
	{ "S/MIME", B7, TOP "Content-Type: application/pkcs7-mime\n\n" U "\n",
	    NULL, 1 },
	{ "S/MIME of old", B7, TOP "Content-Type: application/x-pkcs7-mime\n"
	    "\n" U "\n", NULL, 1 },
	{ "a piece of a message", B7, TOP "Content-Type: message/partial\n\n"
	    U "\n", NULL, 1 },
	{ "a label around a sealed part that stays 8-bit", B7, TOP
	    "Content-Type: message/rfc822\n" BIT8 "\n"
	    "Content-Type: message/partial\n\n" U "\n", NULL, 1 },

	/* Header fields. */
	{ "8-bit fields", H7, "Subject: " U "\n\nx\n",
	    "Subject: =?UTF-8?B?w7w=?=\n\nx\n", 0 },
	{ "8-bit fields of parts", H7, TOP MIXED "\n--b\nX: " U "\n\n" U
	    "\n--b--\n", TOP MIXED "\n--b\nX: =?UTF-8?B?w7w=?=\n\n" U
	    "\n--b--\n", 0 },
	{ "8-bit fields of parts count as body", B7, "X: " U "\n" MIXED
	    "\n--b\nX: " U "\n\nx\n--b--\n", "X: " U "\n" MIXED
	    "\n--b\nX: =?UTF-8?B?w7w=?=\n\nx\n--b--\n", 0 },
	{ "8-bit fields of messages within", H7,
	    "Content-Type: message/rfc822\n\nX: " U "\n\n" U "\n",
	    "Content-Type: message/rfc822\n\nX: =?UTF-8?B?w7w=?=\n\n" U "\n",
	    0 },
	{ "long fields", SL, "X: " X50 " " X50 " " X500 " " X500 "\n\nx\n",
	    "X: " X50 "\n " X50 "\n " X500 "\n " X500 "\n\nx\n", 0 },
	{ "long fields of parts", SL, TOP MIXED "\n--b\nX: " X500 " " X500
	    "\n\nx\n--b--\n", TOP MIXED "\n--b\nX: " X500 "\n " X500
	    "\n\nx\n--b--\n", 0 },
	{ "long fields without that need", B7 | H7,
	    "X: " X500 " " X500 "\n\nx\n", NULL, 0 },
	{ "an internationalized domain", H7,
	    "To: A <a@b" U "cher.example>, c@d\n\nx\n",
	    "To: A <a@xn--bcher-kva.example>, c@d\n\nx\n", 0 },
};

static void
test_convert(void)
{
	struct buf in = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
	struct buf again = BUF_INIT;
	size_t i;
	int sealed;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&in);
		buf_reset(&want);
		buf_reset(&got);
		buf_reset(&again);
		add_crlf(cases[i].in, &in);
		add_crlf(cases[i].want != NULL ? cases[i].want : cases[i].in,
		    &want);
		sealed = -1;
		ok(convert(&in, cases[i].needs, &got, &sealed) == 0,
		    "converts");
		is_bytes(got.data, got.len, want.data, want.len,
		    cases[i].name);
		is_number(sealed, cases[i].sealed, "sealed");
		convert(&got, cases[i].needs, &again, &sealed);
		is_bytes(again.data, again.len, got.data, got.len,
		    "and no more at the second time");
	}
	buf_release(&in);
	buf_release(&want);
	buf_release(&got);
	buf_release(&again);
}

/* --- Limits --- */

/* A message with depth multiparts in each other around 8-bit text. */
static void
nest(struct buf *out, size_t depth, int messages)
{
	size_t i;

	for (i = 0; i < depth; i++)
		if (messages)
			buf_adds(out, "Content-Type: message/rfc822\r\n\r\n");
		else
			buf_addf(out, "Content-Type: multipart/mixed; "
			    "boundary=b%zu\r\n\r\n--b%zu\r\n", i, i);
	buf_adds(out, "Content-Type: text/plain\r\n\r\n" U "\r\n");
}

static void
test_depth(int messages)
{
	struct buf in = BUF_INIT, got = BUF_INIT;
	int sealed;

	nest(&in, MIME_DEPTH, messages);
	convert(&in, B7, &got, &sealed);
	ok(strstr(got.data, "Content-Type: text/plain\r\n" "Content-Transfer-"
	    "Encoding: quoted-printable\r\n\r\n" Q "\r\n") != NULL ||
	    strstr(got.data, "Content-Type: text/plain\r\nMIME-Version: 1.0"
	    "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" Q
	    "\r\n") != NULL, "a part at the greatest depth");
	buf_reset(&in);
	buf_reset(&got);
	nest(&in, MIME_DEPTH + 1, messages);
	convert(&in, B7, &got, &sealed);
	ok(strstr(got.data, "\r\nContent-Type: text/plain\r\n\r\n" Q "\r\n")
	    != NULL, "what is deeper is text");
	buf_reset(&in);
	buf_reset(&got);
	nest(&in, 20000, messages);
	is_number(convert(&in, B7, &got, &sealed), 0, "20,000 levels");
	ok(strstr(got.data, U) == NULL, "are 7-bit, too");
	buf_release(&in);
	buf_release(&got);
}

/* 200,000 parts; and a multipart with 200,000 lines that are nearly
 * delimiters of 100 multiparts around. Quadratic work would not end. */
static void
test_many(void)
{
	struct buf in = BUF_INIT, got = BUF_INIT;
	size_t i;
	int sealed;

	buf_adds(&in, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	for (i = 0; i < 200000; i++)
		buf_adds(&in, i % 2 ? "--b\r\n\r\n" U "\r\n" :
		    "--b\r\nContent-Type: multipart/x; boundary=c\r\n\r\n");
	is_number(convert(&in, B7 | SL | H7, &got, &sealed), 0,
	    "200,000 parts");
	ok(strstr(got.data, U) == NULL, "all of them are 7-bit");
	buf_reset(&in);
	buf_reset(&got);
	nest(&in, 100, 0);
	for (i = 0; i < 200000; i++)
		buf_adds(&in, "--b\r\n");
	is_number(convert(&in, B7, &got, &sealed), 0,
	    "200,000 lines like delimiters");
	buf_reset(&in);
	buf_reset(&got);
	for (i = 0; i < 100000; i++)
		buf_adds(&in, "To: a@b" U "cher.example\r\n");
	buf_adds(&in, "\r\nx\r\n");
	is_number(convert(&in, H7, &got, &sealed), 0, "100,000 fields");
	buf_release(&in);
	buf_release(&got);
}

/* A delimiter line wherever a chunk may end, behind a line of any length. */
static void
test_chunks(void)
{
	struct buf in = BUF_INIT, got = BUF_INIT;
	size_t shift, good = 0, tried = 0;
	int sealed;

	for (shift = IO_CHUNK - 80; shift < IO_CHUNK + 20; shift++) {
		buf_reset(&in);
		buf_reset(&got);
		buf_adds(&in, "Content-Type: multipart/x; boundary=bcd\r\n"
		    "\r\n--bcd\r\n\r\n");
		while (in.len < shift)
			buf_addc(&in, 'x');
		buf_adds(&in, "\r\n--bcd\r\nContent-Type: text/html\r\n\r\n" U
		    "\r\n--bcd--\r\n");
		convert(&in, B7, &got, &sealed);
		tried++;
		good += got.len > shift && strcmp(got.data + shift,
		    "\r\n--bcd\r\nContent-Type: text/html\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\n" Q
		    "\r\n--bcd--\r\n") == 0 &&
		    memcmp(got.data, in.data, shift) == 0;
	}
	is_number((long long)good, (long long)tried,
	    "delimiters on the border of chunks");
	buf_release(&in);
	buf_release(&got);
}

static void
test_long_delimiters(void)
{
	struct buf in = BUF_INIT, got = BUF_INIT, want = BUF_INIT;
	size_t i;
	int sealed;

	buf_adds(&in, "Content-Type: multipart/x; boundary=b\r\n\r\n--b");
	for (i = 0; i < 1000; i++)
		buf_addc(&in, ' ');
	buf_adds(&in, "\r\n\r\nx\r\n--b--");
	for (i = 0; i < 1000; i++)
		buf_addc(&in, '\t');
	buf_adds(&in, "\r\n");
	convert(&in, B7, &got, &sealed);
	is_bytes(got.data, got.len, in.data, in.len,
	    "long delimiter lines without that need");
	buf_reset(&got);
	convert(&in, SL, &got, &sealed);
	is_text(got.data, "Content-Type: multipart/x; boundary=b\r\n\r\n"
	    "--b\r\n\r\nx\r\n--b--\r\n", "long delimiter lines");

	buf_reset(&in);
	buf_adds(&in, "Content-Type: multipart/x; boundary=");
	for (i = 0; i < MIME_BOUNDARY_MAX; i++)
		buf_addc(&want, 'b');
	buf_addf(&in, "%s\r\n\r\n--%s\r\nX: y\r\n\r\n" U "\r\n", want.data,
	    want.data);
	buf_reset(&got);
	convert(&in, B7, &got, &sealed);
	ok(strstr(got.data, "\r\nX: y\r\nContent-Type: text/plain") != NULL,
	    "the longest boundary");
	buf_reset(&in);
	buf_addc(&want, 'b');
	buf_adds(&in, "Content-Type: multipart/x; boundary=");
	buf_addf(&in, "%s\r\n\r\n--%s\r\nX: y\r\n\r\n" U "\r\n", want.data,
	    want.data);
	buf_reset(&got);
	convert(&in, B7, &got, &sealed);
	ok(strstr(got.data, "\r\nX: y\r\n\r\n" Q "\r\n") != NULL,
	    "a boundary that is too long");
	buf_release(&in);
	buf_release(&got);
	buf_release(&want);
}

static void
test_errors(void)
{
	static const char message[] = "Subject: x\r\n\r\n" U "\r\n";
	struct fault f = FAULT_INIT;
	struct writer w;
	int directory = open("/", O_RDONLY), to = file_of("", 0), sealed;
	int fd = file_of(message, sizeof message - 1);
	int read_only = open("/dev/null", O_RDONLY);

	writer_init(&w, to, 0);
	is_number(mime_convert(directory, 0, 100, B7, NULL, &w, &sealed, &f),
	    -1, "a message that cannot be read");
	is_number(f.code, EX_IOERR, "is EX_IOERR");
	fault_release(&f);
	is_number(mime_convert(fd, 0, 100000, B7, NULL, &w, &sealed, &f), -1,
	    "a file that is shorter than it was");
	is_number(f.code, EX_IOERR, "is EX_IOERR");
	fault_release(&f);
	writer_release(&w);
	writer_init(&w, read_only, 0);
	is_number(mime_convert(fd, 0, sizeof message - 1, B7, NULL, &w,
	    &sealed, &f), -1, "no room for the result");
	is_number(f.code, EX_TEMPFAIL, "is EX_TEMPFAIL");
	fault_release(&f);
	is_number(mime_convert(fd, 0, sizeof message - 1, 0, NULL, &w,
	    &sealed, &f), -1, "no room for a copy");
	fault_release(&f);
	writer_release(&w);
	close(fd);
	close(to);
	close(read_only);
	close(directory);
}

/* --- Lines and delimiters --- */

static int
is_line(struct mime_scan *s, const char *text, off_t at, off_t next,
    int begins, int ends, const char *name)
{
	struct mime_line l;
	int same = mime_scan_line(s, &l) == 1 && l.len == strlen(text) &&
	    memcmp(l.p, text, l.len) == 0 && l.at == at && l.next == next &&
	    l.begins == begins && l.ends == ends;

	return ok(same, name);
}

static void
test_scan_lines(void)
{
	static const char text[] = "xyza\r\nbc\n\r\n\n\r\r\nend\r|behind";
	int fd = file_of(text, strlen(text));
	struct fault f = FAULT_INIT;
	struct mime_scan s;
	struct mime_line l;

	memset(&s, 0xff, sizeof s);
	mime_scan_init(&s, fd, 3, (off_t)strlen(text) - 7);
	is_line(&s, "a", 3, 6, 1, 1, "a line");
	is_line(&s, "bc", 6, 9, 1, 1, "a line that ends in LF");
	is_line(&s, "", 9, 11, 1, 1, "a blank line");
	is_line(&s, "", 11, 12, 1, 1, "a blank line with LF");
	is_line(&s, "\r", 12, 15, 1, 1, "one CR belongs to the line end");
	is_line(&s, "end\r", 15, 19, 1, 0, "a line without an end");
	is_number(mime_scan_line(&s, &l), 0, "the end");
	mime_scan_seek(&s, 6);
	is_line(&s, "bc", 6, 9, 1, 1, "back to a line");
	mime_scan_seek(&s, 3);
	is_line(&s, "a", 3, 6, 1, 1, "back to the first one");
	mime_scan_seek(&s, 19);
	is_number(mime_scan_line(&s, &l), 0, "forward to the end");
	is_number(mime_scan_check(&s, &f), 0, "no fault");
	mime_scan_release(&s);
	ok(s.data == NULL && s.fill == 0 && s.at == 0, "released");
	close(fd);
}

static void
test_scan_long_lines(void)
{
	struct buf text = BUF_INIT;
	struct mime_scan s;
	struct mime_line l;
	off_t at = 5, sum = 0;
	int fd, pieces = 0, good = 1;

	buf_adds(&text, "abc\r\n");
	while (text.len < 3 * IO_CHUNK)
		buf_addc(&text, 'x');
	buf_adds(&text, "\r\n--b\r\n");
	fd = file_of(text.data, text.len);
	mime_scan_init(&s, fd, 0, (off_t)text.len);
	mime_scan_line(&s, &l);
	do {
		if (mime_scan_line(&s, &l) != 1)
			break;
		good &= l.at == at && l.begins == (pieces == 0) &&
		    l.next > l.at && l.len > 0;
		at = l.next;
		sum += (off_t)l.len;
		pieces++;
	} while (!l.ends);
	ok(good && pieces == 3, "a long line in pieces");
	is_number(sum, 3 * IO_CHUNK - 5, "that are all of it");
	is_line(&s, "--b", 3 * IO_CHUNK + 2, 3 * IO_CHUNK + 7, 1, 1,
	    "the line behind it");
	mime_scan_seek(&s, 5);
	mime_scan_line(&s, &l);
	mime_scan_seek(&s, 0);
	is_line(&s, "abc", 0, 5, 1, 1, "back over more than a chunk");
	mime_scan_line(&s, &l);
	mime_scan_seek(&s, 3 * IO_CHUNK + 2);
	is_line(&s, "--b", 3 * IO_CHUNK + 2, 3 * IO_CHUNK + 7, 1, 1,
	    "forward over more than a chunk, from within a line");
	mime_scan_release(&s);
	buf_release(&text);
	close(fd);
}

static void
test_scan_stops(void)
{
	static const char text[] = "a\r\n--c\r\n--b\r\nx\r\n--c--\r\n--b--";
	struct buf b = BUF_INIT;
	struct mime_scan s;
	struct mime_stop stop;
	int fd = file_of(text, strlen(text));

	mime_scan_init(&s, fd, 0, (off_t)strlen(text));
	mime_scan_to_stop(&s, 3, &stop);
	ok(stop.level == MIME_NO_LEVEL && !stop.close && stop.at == 28 &&
	    stop.next == 28 && stop.text_end == 28, "no delimiters to stop at");
	buf_adds(&b, "b");
	mime_scan_push(&s, &b);
	buf_set(&b, "c", 1);
	mime_scan_push(&s, &b);
	mime_scan_to_stop(&s, 0, &stop);
	ok(stop.level == 1 && !stop.close && stop.at == 3 && stop.next == 8 &&
	    stop.text_end == 1, "an inner delimiter");
	mime_scan_to_stop(&s, 8, &stop);
	ok(stop.level == 0 && !stop.close && stop.at == 8 &&
	    stop.next == 13 && stop.text_end == 8,
	    "an outer delimiter, and no text in front");
	mime_scan_to_stop(&s, 13, &stop);
	ok(stop.level == 1 && stop.close && stop.at == 16 && stop.next == 23 &&
	    stop.text_end == 14, "a close delimiter");
	mime_scan_pop(&s);
	mime_scan_to_stop(&s, 0, &stop);
	ok(stop.level == 0 && !stop.close && stop.at == 8 &&
	    stop.text_end == 6, "a multipart that was left");
	mime_scan_to_stop(&s, 13, &stop);
	ok(stop.level == 0 && stop.close && stop.at == 23 && stop.next == 28 &&
	    stop.text_end == 21, "a close delimiter at the end");
	mime_scan_push(&s, &b);
	mime_scan_release(&s);
	is_number((long long)s.levels, 0, "all are left");
	buf_release(&b);
	close(fd);
}

static void
test_scan_errors(void)
{
	struct fault f = FAULT_INIT;
	struct mime_scan s;
	struct mime_line l;
	int directory = open("/", O_RDONLY), fd = file_of("a\r\n", 3);

	mime_scan_init(&s, directory, 0, 10);
	is_number(mime_scan_line(&s, &l), 0, "a file that cannot be read");
	is_number(mime_scan_check(&s, &f), -1, "is a fault");
	ok(f.code == EX_IOERR && strstr(f.text.data, "irectory") != NULL,
	    "that says why");
	fault_release(&f);
	mime_scan_release(&s);
	mime_scan_init(&s, fd, 0, 10);
	is_line(&s, "a", 0, 3, 1, 1, "a line of a file that is too short");
	is_number(mime_scan_line(&s, &l), 0, "no other one");
	is_number(mime_scan_check(&s, &f), -1, "is a fault as well");
	fault_release(&f);
	mime_scan_release(&s);
	close(fd);
	close(directory);
}

/* --- Repairs --- */

static void
repair(void (*how)(struct reader *, struct writer *), int hide,
    const char *in, struct buf *out)
{
	struct fault f = FAULT_INIT;
	struct reader r;
	struct writer w;
	int fd = file_of(in, strlen(in)), to = file_of("", 0);

	reader_init_part(&r, fd, 0, (off_t)strlen(in));
	writer_init(&w, to, 0);
	if (how != NULL)
		how(&r, &w);
	else
		repair_plain(&r, &w, hide);
	writer_flush(&w, &f);
	contents(to, out);
	reader_release(&r);
	writer_release(&w);
	fault_release(&f);
	close(fd);
	close(to);
}

static const struct {
	const char *name, *in, *want;
} qp_cases[] = {
	{ "nothing", "", "" },
	{ "text that fits", "a=3Db=\r\nc =20\r\n\r\nd",
	    "a=3Db=\r\nc =20\r\n\r\nd" },
	{ "8-bit octets", "\xc3\xbc\xff\x80\x7f", "=C3=BC=FF=80\x7f" },
	{ "76 columns", X75 "y\r\n", X75 "y\r\n" },
	{ "76 columns and a soft line break", X75 "=\r\nz\r\n",
	    X75 "=\r\nz\r\n" },
	{ "76 columns at the end", X75 "y", X75 "y" },
	{ "77 columns", X75 "yz\r\n", X75 "=\r\nyz\r\n" },
	{ "=XX that ends in column 76", X50 X10 X10 "xxx=41\r\n",
	    X50 X10 X10 "xxx=41\r\n" },
	{ "=XX that ends in column 77", X50 X10 X10 "xxxx=41\r\n",
	    X50 X10 X10 "xxxx=\r\n=41\r\n" },
	{ "=XX in column 73 and more", X50 X10 X10 "xxx=41y\r\n",
	    X50 X10 X10 "xxx=\r\n=41y\r\n" },
	{ "an 8-bit octet in column 76", X75 "\xff\r\n",
	    X75 "=\r\n=FF\r\n" },
	{ "a dash behind a soft line break", X75 "-- b\r\n",
	    X75 "=\r\n=2D- b\r\n" },
	{ "a dash at the start of a line", "--b \xff\r\n", "--b =FF\r\n" },
	{ "a small =xx", "=c3=Bc\xff", "=c3=Bc=FF" },
	{ "= in front of something else", "=zz =x =\r\n", "=zz =x =\r\n" },
	{ "= in front of a space at the end", "= \r\n", "= \r\n" },
	{ "= in front of an 8-bit octet", "=\xff", "=3D=FF" },
	{ "=X in front of an 8-bit octet", "=4\xff", "=3D4=FF" },
	{ "= at the very end", "a=", "a=" },
	{ "=X at the very end", "a=4", "a=4" },
	{ "two =", "==41\xff", "==41=FF" },
};

static void
test_repair_qp(void)
{
	struct buf got = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof qp_cases / sizeof *qp_cases; i++) {
		buf_reset(&got);
		repair(repair_qp, 0, qp_cases[i].in, &got);
		is_text(got.data, qp_cases[i].want, qp_cases[i].name);
	}
	buf_release(&got);
}

static void
test_repair_base64(void)
{
	static const struct {
		const char *name, *in, *want;
	} base64_cases[] = {
		{ "nothing", "", "" },
		{ "all characters stay", "AZaz09+/==", "AZaz09+/==\r\n" },
		{ "others go", "A\xff B\r\nC-D_E.F:", "ABCDEF\r\n" },
		{ "nothing is left", "\xff\r\n", "" },
		{ "a full line", X75 "x", X75 "x\r\n" },
		{ "more than that", X75 "xy", X75 "x\r\ny\r\n" },
	};
	struct buf got = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof base64_cases / sizeof *base64_cases; i++) {
		buf_reset(&got);
		repair(repair_base64, 0, base64_cases[i].in, &got);
		is_text(got.data, base64_cases[i].want, base64_cases[i].name);
	}
	buf_release(&got);
}

static void
test_repair_plain(void)
{
	static const struct {
		const char *name;
		int hide;
		const char *in, *want;
	} plain_cases[] = {
		{ "nothing", 1, "", "" },
		{ "text", 1, "a\r\n\r\nb-", "a\r\n\r\nb-" },
		{ "8-bit octets", 0, "a\xff\x80\x7f\r\n", "a??\x7f\r\n" },
		{ "dashes", 0, "-a\r\n--b\r\n", "-a\r\n--b\r\n" },
		{ "dashes to hide", 1, "-a\r\n--b\r\n", " -a\r\n --b\r\n" },
		{ "a long line", 1, X1000 "\r\na\r\n",
		    X500 X50 X50 X50 X50 X50 X50 X50 X50 X50 X10 X10 X10 X10
		    "\r\n " X10 "\r\na\r\n" },
		{ "a line of 990", 1, X500 X50 X50 X50 X50 X50 X50 X50 X50 X50
		    X10 X10 X10 X10 "\r\n", X500 X50 X50 X50 X50 X50 X50 X50
		    X50 X50 X10 X10 X10 X10 "\r\n" },
	};
	struct buf got = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof plain_cases / sizeof *plain_cases; i++) {
		buf_reset(&got);
		repair(NULL, plain_cases[i].hide, plain_cases[i].in, &got);
		is_text(got.data, plain_cases[i].want, plain_cases[i].name);
	}
	buf_release(&got);
}

/* --- Header fields --- */

static const struct {
	const char *name, *in, *want; /* one field; LF */
} header_cases[] = {
	{ "ASCII", "To: A  <a@b>, \n c@d", NULL },
	{ "a domain", "To: A  <a@b" U "cher.example>, \n c@d",
	    "To: A  <a@xn--bcher-kva.example>, \n c@d" },
	{ "a domain alone", "From: a@b" U "cher.example",
	    "From: a@xn--bcher-kva.example" },
	{ "two domains", "Cc: a@b" U "cher.example,B <b@b" U
	    "cher.example> (x)", "Cc: a@xn--bcher-kva.example,B "
	    "<b@xn--bcher-kva.example> (x)" },
	{ "a quoted local part", "To: \"a b\"@b" U "cher.example",
	    "To: \"a b\"@xn--bcher-kva.example" },
	{ "a display name and a domain", "To: " U " <a@b" U "cher.example>",
	    "To: =?UTF-8?B?w7w=?= <a@xn--bcher-kva.example>" },
	{ "a domain in a group", "To: g:a@b" U "cher.example,c@d;",
	    "To: a@xn--bcher-kva.example,\n c@d" },
	{ "a local part", "To: " U "@example.org",
	    "To: =?UTF-8?B?w7xAZXhhbXBsZS5vcmc=?= :;" },
	{ "a local part with a display name", "To: A B <" U "@example.org>",
	    "To: A B\n =?UTF-8?B?w7xAZXhhbXBsZS5vcmc=?= :;" },
	{ "a local part among others", "Cc: a@b, " U "@example.org, c@d",
	    "Cc: a@b, =?UTF-8?B?w7xAZXhhbXBsZS5vcmc=?= :;, c@d" },
	{ "a domain that has no other form", "Reply-To: a@" U ".invalid",
	    "Reply-To: =?UTF-8?B?YUDDvC5pbnZhbGlk?= :;" },
	{ "no address field", "X-To: a@b" U "cher.example",
	    "X-To: =?UTF-8?Q?a@b=C3=BCcher.example?=" },
	{ "no address", "To: <" U "@@>",
	    "To: =?UTF-8?B?PMO8QEA+?=" },
};

static void
test_downgrade(void)
{
	struct buf in = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct header h;
	struct reader r;
	size_t i;
	int fd;

	for (i = 0; i < sizeof header_cases / sizeof *header_cases; i++) {
		buf_reset(&in);
		buf_reset(&want);
		buf_reset(&got);
		add_crlf(header_cases[i].in, &in);
		buf_adds(&in, "\r\nX: y\r\n");
		add_crlf(header_cases[i].want != NULL ? header_cases[i].want :
		    header_cases[i].in, &want);
		buf_adds(&want, "\r\nX: y\r\n");
		fd = file_of(in.data, in.len);
		reader_init_part(&r, fd, 0, (off_t)in.len);
		header_init(&h);
		header_read(&h, &r, 0, &got, &f);
		header_downgrade(&h, to_ascii);
		header_format(&h, &got);
		is_bytes(got.data, got.len, want.data, want.len,
		    header_cases[i].name);
		is_number(header_is_8bit(&h), 0, "7-bit");
		header_release(&h);
		reader_release(&r);
		close(fd);
	}
	header_add(&h, "To", "a@b" U "cher.example");
	header_downgrade(&h, NULL);
	ok(!header_is_8bit(&h), "without a way to A-labels");
	header_release(&h);
	buf_release(&in);
	buf_release(&want);
	buf_release(&got);
}

int
main(void)
{
	test_convert();
	test_depth(0);
	test_depth(1);
	test_many();
	test_chunks();
	test_long_delimiters();
	test_errors();
	test_scan_lines();
	test_scan_long_lines();
	test_scan_stops();
	test_scan_errors();
	test_repair_qp();
	test_repair_base64();
	test_repair_plain();
	test_downgrade();
	return tap_done();
}
