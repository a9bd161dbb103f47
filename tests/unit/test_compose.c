/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening files, describing parts, putting messages together. What readers
 * make of composed messages is tested in tests/mail/.
 */
#include "mail/compose.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/utf8.h"
#include "mail/cid.h"

#include "tap.h"

#define COUNT(a) (sizeof (a) / sizeof *(a))
#define UNIQUE "zq" /* clock_unique makes zq1, zq2 ... */

static void
must(int condition, const char *what)
{
	if (condition)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
make_file(const char *path, const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	must(fd != -1 && io_write(fd, data, len) == 0, path);
	close(fd);
}

static void
append_file(const char *path, const char *data)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	must(fd != -1 && io_write(fd, data, strlen(data)) == 0, path);
	close(fd);
}

/* Gives the file a time of change that differs from that it has. */
static void
touch(const char *path)
{
	struct timespec times[2] = { { 0, UTIME_OMIT }, { 12345, 678 } };

	must(utimensat(AT_FDCWD, path, times, 0) == 0, path);
}

/* Files that the cases below are made of. */
static const struct {
	const char *path, *data;
	size_t len;
} files[] = {
#define FILE_OF(path, data) { path, data, sizeof (data) - 1 }
	FILE_OF("networks.jpg", "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1"),
	FILE_OF("data", "\0\1\2\3"),
	FILE_OF("empty", ""),
	FILE_OF("a.txt", "hello\n"),
	FILE_OF("utf8.csv", "\xe4\xbd\xa0,1\n"),
	FILE_OF("gbk.csv", "\xc4\xe3\xba\xc3,1\n\xca\xc0\xbd\xe7,2\n"),
	FILE_OF("jis.txt", "\033$B4A;z\033(B\n"),
	FILE_OF("utf16.txt", "\xff\xfeh\0i\0\n\0"),
	FILE_OF("nul.txt", "a\0b"),
	FILE_OF("page.html", "<html>hi</html>\n"),
	FILE_OF("utf8.html", "<html>\xe4\xbd\xa0</html>"),
	FILE_OF("gbk.html", "<html>\xc4\xe3</html>"),
	FILE_OF("meta.html",
	    "<meta name=x><META http-equiv=a content=\"text/html; "
	    "Charset=GB2312\">\xc4\xe3"),
	FILE_OF("meta5.html", "<meta charset = 'big5'>\xa7\x41"),
	FILE_OF("false.html", "<meta charset=utf-8>\xc4\xe3"),
	FILE_OF("outside.html", "<meta><p charset=big5>\xc4\xe3"),
	FILE_OF("sharp.html", "<meta charset=\"a;b\">\xc4\xe3"),
	FILE_OF("wide.html", "\xff\xfe<\0p\0>\0"),
	FILE_OF("blank.html", "<img src=\"cid:my logo.png\">\n"),
	FILE_OF("del.eml", "From: a@b\n\nhel\177lo\n"),
	FILE_OF("cid.html", "<img src=\"cid:logo.png\">\n"),
	FILE_OF("logo.png", "\x89PNG\r\n\x1a\n"),
	FILE_OF("lf.eml", "From: a@b\nSubject: x\n\nhello\n"),
	FILE_OF("crlf.eml", "From: a@b\r\n\r\nhello"),
	FILE_OF("8bit.eml", "From: a@b\n\n\xe4\xbd\xa0\n"),
	FILE_OF("mixed.eml", "From: a@b\r\n\nhello\n"),
	FILE_OF("cr.eml", "From: a@b\n\nhel\rlo\n"),
	FILE_OF("lastcr.eml", "From: a@b\r\n\r\nhello\r"),
	FILE_OF("nul.eml", "From: a@b\n\n\xff\xfe\0\n"),
	FILE_OF("8bithead.eml", "From: a@b\nSubject: \xe4\xbd\xa0\n\nhello\n"),
	FILE_OF("8bitlast.eml", "From: a@b\nSubject: \xe4\xbd\xa0"),
#undef FILE_OF
};

static void
make_files(void)
{
	char text[2100];
	size_t i;

	for (i = 0; i < COUNT(files); i++)
		make_file(files[i].path, files[i].data, files[i].len);
	memset(text, 'x', sizeof text);
	memcpy(text, "From: a@b\n\n", 11);
	text[11 + 998] = '\n';
	make_file("998.eml", text, 11 + 999);
	text[11 + 998] = 'x';
	text[11 + 999] = '\n';
	make_file("999.eml", text, 11 + 1000);
}

/* Opening. */

static const struct {
	const char *test;
	enum part_kind kind;
	const char *path, *name, *type;
	int code;
	const char *text; /* of the fault, or the name told */
} openings[] = {
	{ "a file is known by the last component of its path",
	    PART_KIND_ATTACHMENT, "./a.txt", NULL, NULL, 0, "a.txt" },
	{ "another name", PART_KIND_ATTACHMENT, "a.txt", "b.csv", "text/csv",
	    0, "b.csv" },
	{ "another name loses its directories", PART_KIND_ATTACHMENT, "a.txt",
	    "/etc/b.csv", NULL, 0, "b.csv" },
	{ "no name at all", PART_KIND_INLINE, "a.txt", "", NULL, 0, "" },
	{ "a name in UTF-8", PART_KIND_INLINE, "a.txt", "\xe4\xbd\xa0.txt",
	    NULL, 0, "\xe4\xbd\xa0.txt" },
	{ "a name that is not UTF-8", PART_KIND_INLINE, "a.txt",
	    "\xc4\xe3\xe4\xbd\xa0.txt", NULL, 0, "__\xe4\xbd\xa0.txt" },
	{ "a missing file", PART_KIND_ATTACHMENT, "missing.pdf", NULL, NULL,
	    EX_NOINPUT, "missing.pdf: No such file or directory" },
	{ "an empty path", PART_KIND_ATTACHMENT, "", NULL, NULL, EX_NOINPUT,
	    ": No such file or directory" },
	{ "a directory", PART_KIND_ATTACHMENT, ".", NULL, NULL, EX_NOINPUT,
	    ".: is a directory: name a file in it, or pack it into an "
	    "archive first" },
	{ "an endless device", PART_KIND_ATTACHMENT, "/dev/zero", NULL, NULL,
	    EX_NOINPUT, "/dev/zero: is a device: only files and pipes can "
	    "become part of a message" },
	{ "a device as the HTML", PART_KIND_HTML, "/dev/null", NULL, NULL,
	    EX_NOINPUT, "/dev/null: is a device: only files and pipes can "
	    "become part of a message" },
	{ "a socket", PART_KIND_ATTACHMENT, "socket", NULL, NULL, EX_NOINPUT,
	    "socket: is a socket: only files and pipes can become part of a "
	    "message" },
	{ "standard input without a name", PART_KIND_ATTACHMENT, "-", NULL,
	    NULL, EX_USAGE, "standard input has no name: give one with "
	    "--name" },
	{ "a line feed in a name", PART_KIND_ATTACHMENT, "a.txt",
	    "a\nBcc: b@c", NULL, EX_USAGE, "a\nBcc: b@c: control characters "
	    "in a file name: give another with --name" },
	{ "a line feed in the directories of a name", PART_KIND_ATTACHMENT,
	    "a.txt", "a\n/b", NULL, EX_USAGE, "a\n/b: control characters "
	    "in a file name: give another with --name" },
	{ "a delete character in a name", PART_KIND_ATTACHMENT, "a.txt",
	    "a\177", NULL, EX_USAGE, "a\177: control characters in a file "
	    "name: give another with --name" },
	{ "a C1 control character in a name", PART_KIND_ATTACHMENT, "a.txt",
	    "a\xc2\x85", NULL, EX_USAGE, "a\xc2\x85: control characters in a "
	    "file name: give another with --name" },
	{ "the first C1 control character", PART_KIND_ATTACHMENT, "a.txt",
	    "\xc2\x80", NULL, EX_USAGE, "\xc2\x80: control characters in a "
	    "file name: give another with --name" },
	{ "the last C1 control character", PART_KIND_ATTACHMENT, "a.txt",
	    "\xc2\x9f", NULL, EX_USAGE, "\xc2\x9f: control characters in a "
	    "file name: give another with --name" },
	{ "a character behind C1", PART_KIND_ATTACHMENT, "a.txt", "\xc2\xa0",
	    NULL, 0, "\xc2\xa0" },
	{ "a tab in the name of the file", PART_KIND_ATTACHMENT, "a\tb", NULL,
	    NULL, EX_USAGE, "a\tb: control characters in a file name: give "
	    "another with --name" },
	{ "something that is no type", PART_KIND_ATTACHMENT, "a.txt", NULL,
	    "csv", EX_USAGE, "csv: is not a media type like text/csv" },
	{ "a multipart type", PART_KIND_ATTACHMENT, "a.txt", NULL,
	    "Multipart/mixed", EX_USAGE, "Multipart/mixed: a file cannot be "
	    "attached as multipart: use message/rfc822 for a mail" },
	{ "a type that only begins like multipart", PART_KIND_ATTACHMENT,
	    "a.txt", NULL, "multiparts/x", 0, "a.txt" },
};

static void
make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	must(fd != -1 && bind(fd, (struct sockaddr *)&address,
	    sizeof address) == 0, path);
	close(fd);
}

static void
test_openings(void)
{
	struct part_list l = PART_LIST_INIT;
	struct fault f = FAULT_INIT;
	char name[200];
	size_t i;
	int rc;

	make_socket("socket");
	for (i = 0; i < COUNT(openings); i++) {
		rc = part_open(&l, openings[i].kind, openings[i].path,
		    openings[i].name, openings[i].type, &f);
		snprintf(name, sizeof name, "opening %s: status",
		    openings[i].test);
		is_number(rc == 0 ? 0 : f.code, openings[i].code, name);
		snprintf(name, sizeof name, "opening %s: %s",
		    openings[i].test, rc == 0 ? "name" : "message");
		is_text(rc == 0 && l.n == 1 ? l.v[0].name : f.text.data,
		    openings[i].text, name);
		if (rc == -1)
			is_number((long long)l.n, 0, "nothing is added");
		fault_release(&f);
		part_list_release(&l);
	}
	if (geteuid() != 0) {
		make_file("secret", "x", 1);
		must(chmod("secret", 0) == 0, "chmod");
		rc = part_open(&l, PART_KIND_ATTACHMENT, "secret", NULL, NULL,
		    &f);
		ok(rc == -1 && f.code == EX_NOINPUT,
		    "a file that may not be read is refused");
		is_text(f.text.data, "secret: Permission denied", "and named");
	}
	fault_release(&f);
}

static void
test_part_fields(void)
{
	struct part_list l = PART_LIST_INIT;
	struct fault f = FAULT_INIT;

	ok(part_open(&l, PART_KIND_INLINE, "./a.txt", NULL, "x/y", &f) == 0 &&
	    part_open(&l, PART_KIND_HTML, "page.html", NULL, NULL, &f) == 0,
	    "two parts");
	is_number((long long)l.n, 2, "are in the list");
	ok(l.v[0].kind == PART_KIND_INLINE && l.v[1].kind == PART_KIND_HTML,
	    "in their order");
	is_text(l.v[0].path, "./a.txt", "with their paths");
	is_text(l.v[0].type, "x/y", "a type that was given");
	ok(l.v[1].type == NULL, "or none");
	is_number(l.v[0].length, 6, "the length");
	ok(l.v[0].fd != -1 && fcntl(l.v[0].fd, F_GETFD) == FD_CLOEXEC,
	    "and an open file that no child inherits");
	ok(l.v[0].content_id == NULL, "no Content-ID yet");
	ok(part_open(&l, PART_KIND_HTML, "utf8.html", NULL, NULL, &f) == -1 &&
	    f.code == EX_USAGE && l.n == 2, "a second HTML is refused");
	is_text(f.text.data, "a message has one HTML part: attach the other "
	    "file", "with advice");
	fault_release(&f);
	part_list_release(&l);
	ok(l.n == 0 && l.v == NULL, "the list is released");
}

/* Content of a part, as part_begin gives it. */
static void
is_content(const struct part *p, const char *want, const char *name)
{
	struct fault f = FAULT_INIT;
	char got[200000];
	int fd = part_begin(p, &f);
	ssize_t n = io_pread(fd, got, sizeof got, 0);

	is_bytes(got, n > 0 ? (size_t)n : 0, want, strlen(want), name);
	is_number(p->length, (long long)strlen(want), "and so its length");
	is_number(part_end(p, fd, &f), 0, "and it is unchanged");
	fault_release(&f);
}

/* A child that writes text to the FIFO; waited for with wait. */
static void
feed(const char *path, const char *text)
{
	pid_t pid = fork();
	int fd;

	must(pid != -1, "fork");
	if (pid != 0)
		return;
	fd = open(path, O_WRONLY);
	_exit(fd == -1 || io_write(fd, text, strlen(text)) == -1);
}

static void
test_pipes(void)
{
	struct part_list l = PART_LIST_INIT;
	struct fault f = FAULT_INIT;
	static char large[150001];
	int pipes[2], saved = dup(0);

	must(mkfifo("fifo", 0600) == 0, "fifo");
	memset(large, 'y', sizeof large - 1);
	feed("fifo", large);
	ok(part_open(&l, PART_KIND_ATTACHMENT, "fifo", NULL, NULL, &f) == 0,
	    "a FIFO is waited for");
	wait(NULL);
	is_content(&l.v[0], large, "and read to its end");
	is_text(l.v[0].name, "fifo", "it has its name");
	is_text(l.v[0].path, "fifo", "and path");

	must(pipe(pipes) == 0 && dup2(pipes[0], 0) == 0, "pipe");
	must(write(pipes[1], "from a pipe", 11) == 11, "write");
	close(pipes[0]);
	close(pipes[1]);
	ok(part_open(&l, PART_KIND_ATTACHMENT, "-", "x.log", NULL, &f) == 0,
	    "standard input with a name");
	is_content(&l.v[1], "from a pipe", "is read");
	is_text(l.v[1].path, "standard input", "and named in messages");
	ok(part_open(&l, PART_KIND_HTML, "-", NULL, NULL, &f) == 0,
	    "for HTML it needs no name");
	is_text(l.v[2].name, "", "and has none");

	close(0);
	must(open("a.txt", O_RDONLY) == 0, "a.txt");
	must(lseek(0, 2, SEEK_SET) == 2, "lseek");
	ok(part_open(&l, PART_KIND_ATTACHMENT, "-", "x", NULL, &f) == 0,
	    "standard input that is a file");
	is_content(&l.v[3], "llo\n", "is read from where it stands");
	close(0);
	ok(part_open(&l, PART_KIND_ATTACHMENT, "-", "x", NULL, &f) == -1 &&
	    f.code == EX_NOINPUT, "closed standard input is a fault");
	is_text(f.text.data, "standard input: Bad file descriptor", "that says so");
	fault_release(&f);
	must(dup2(saved, 0) == 0, "dup2");
	close(saved);

	ok(part_open(&l, PART_KIND_ATTACHMENT, "/proc/self/status", NULL,
	    NULL, &f) == 0 && l.v[4].length > 20,
	    "a file that only says it is empty is read");
	part_list_release(&l);
	fault_release(&f);
}

/* The number that the next descriptor will have. */
static int
free_descriptor(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* Changes to a file between opening and reading. */
static void
test_changes(void)
{
	struct part_list l = PART_LIST_INIT;
	struct fault f = FAULT_INIT;
	size_t i;
	int fd;

	make_file("log", "one line\n", 9);
	ok(part_open(&l, PART_KIND_ATTACHMENT, "log", NULL, NULL, &f) == 0,
	    "a file that will change");
	fd = part_begin(&l.v[0], &f);
	ok(fd == l.v[0].fd, "is kept open");
	append_file("log", "more\n");
	ok(part_end(&l.v[0], fd, &f) == -1 && f.code == EX_NOINPUT,
	    "growing while it is read is a fault");
	is_text(f.text.data, "log: changed while it was read: send a copy of "
	    "it", "that says so");
	ok(fcntl(l.v[0].fd, F_GETFD) != -1, "the file stays open");
	fault_release(&f);
	ok(part_begin(&l.v[0], &f) == -1 && f.code == EX_NOINPUT,
	    "and so is growing before");
	ok(fcntl(l.v[0].fd, F_GETFD) != -1, "the file still stays open");
	fault_release(&f);
	must(truncate("log", 9) == 0, "truncate");
	touch("log");
	ok(part_begin(&l.v[0], &f) == -1, "and another time of change");
	fault_release(&f);
	part_list_release(&l);

	for (i = 0; i <= PART_KEEP_OPEN + 3; i++)
		must(part_open(&l, PART_KIND_ATTACHMENT, "log", NULL, NULL,
		    &f) == 0, "many parts");
	ok(l.v[PART_KEEP_OPEN - 1].fd != -1, "so many files stay open");
	ok(l.v[PART_KEEP_OPEN].fd == -1, "but no more");
	is_content(&l.v[PART_KEEP_OPEN], "one line\n", "these are read again");
	fd = part_begin(&l.v[PART_KEEP_OPEN], &f);
	must(part_end(&l.v[PART_KEEP_OPEN], fd, &f) == 0, "part_end");
	ok(fcntl(fd, F_GETFD) == -1, "and closed");
	make_file("log2", "one line\n", 9);
	touch("log2");
	must(rename("log2", "log") == 0, "rename");
	fd = free_descriptor();
	ok(part_begin(&l.v[PART_KEEP_OPEN], &f) == -1 && f.code == EX_NOINPUT,
	    "another file in its place is a fault");
	is_number(free_descriptor(), fd, "and is not left open");
	fault_release(&f);
	is_content(&l.v[0], "one line\n", "but not for a file that is open");
	must(unlink("log") == 0, "unlink");
	ok(part_begin(&l.v[PART_KEEP_OPEN], &f) == -1 && f.code == EX_NOINPUT,
	    "no file in its place is a fault");
	is_text(f.text.data, "log: No such file or directory", "that says so");
	fault_release(&f);

	must(mkfifo("fifo2", 0600) == 0, "fifo");
	feed("fifo2", "late\n");
	must(part_open(&l, PART_KIND_ATTACHMENT, "fifo2", NULL, NULL, &f) == 0,
	    "fifo2");
	wait(NULL);
	is_content(&l.v[l.n - 1], "late\n", "a private copy stays open always");
	part_list_release(&l);
	fault_release(&f);
}

/* Composing. */

struct piece {
	int kind; /* enum part_kind and one; 0: the end */
	const char *path, *name, *type;
};
#define HTML PART_KIND_HTML + 1
#define INLINE PART_KIND_INLINE + 1
#define ATTACH PART_KIND_ATTACHMENT + 1

struct message_case {
	const char *test;
	const char *text;      /* CRLF; NULL: no text part */
	const char *fields[3]; /* Content-* fields of the text */
	const char *charset;
	struct piece pieces[6];
	const char *want;      /* boundaries and Content-IDs: zq1, zq2 ... */
};

#define MIXED "MIME-Version: 1.0\r\n" \
    "Content-Type: multipart/mixed;\r\n boundary=\"=_zq1-1\"\r\n"
#define PLAIN(text) "Content-Type: text/plain; charset=us-ascii\r\n" \
    "Content-Transfer-Encoding: 7bit\r\n\r\n" text "\r\n"
#define JPEG "Content-Type: image/jpeg; name=\"networks.jpg\"\r\n" \
    "Content-Transfer-Encoding: base64\r\n" \
    "Content-Disposition: attachment; filename=networks.jpg\r\n\r\n" \
    "/9j/4AAQSkZJRgABAQAAAQAB\r\n"
#define OCTETS_OF(name, base64) \
    "Content-Type: application/octet-stream; name=\"" name "\"\r\n" \
    "Content-Transfer-Encoding: base64\r\n" \
    "Content-Disposition: attachment; filename=" name "\r\n\r\n" base64
#define MAIL(name, encoding, content) \
    "Content-Type: message/rfc822; name=\"" name "\"\r\n" \
    "Content-Transfer-Encoding: " encoding "\r\n" \
    "Content-Disposition: attachment; filename=" name "\r\n\r\n" content

static const struct message_case messages[] = {
	{ "a text alone", "hello\r\n", { NULL }, "", { { 0 } },
	    "MIME-Version: 1.0\r\n" PLAIN("hello") },
	{ "a text without a final line end", "hello", { NULL }, "", { { 0 } },
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\nhello" },
	{ "an empty text alone", "", { NULL }, "", { { 0 } },
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n" },
	{ "a UTF-8 text", "\xe4\xbd\xa0\r\n", { NULL }, "gbk", { { 0 } },
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n\xe4\xbd\xa0\r\n" },
	{ "a text of another charset", "\xc4\xe3\r\n", { NULL }, "gbk",
	    { { 0 } },
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=gbk\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n\xc4\xe3\r\n" },
	{ "nothing", NULL, { NULL }, "", { { 0 } }, "\r\n" },
	{ "text and picture", "I love computer networks!\r\n", { NULL }, "",
	    { { ATTACH, "networks.jpg", NULL, NULL } },
	    MIXED "\r\n--=_zq1-1\r\n"
	    PLAIN("I love computer networks!") "\r\n--=_zq1-1\r\n" JPEG
	    "--=_zq1-1--\r\n" },
	{ "an attachment without a text", NULL, { NULL }, "",
	    { { ATTACH, "networks.jpg", NULL, NULL } },
	    MIXED "\r\n--=_zq1-1\r\n" JPEG "--=_zq1-1--\r\n" },
	{ "an empty text is no part", "", { NULL }, "",
	    { { ATTACH, "networks.jpg", NULL, NULL } },
	    MIXED "\r\n--=_zq1-1\r\n" JPEG "--=_zq1-1--\r\n" },
	{ "but it is when it has fields", "", { "Content-Language: zh" }, "",
	    { { ATTACH, "networks.jpg", NULL, NULL } },
	    MIXED "\r\n--=_zq1-1\r\nContent-Language: zh\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n"
	    "\r\n--=_zq1-1\r\n" JPEG "--=_zq1-1--\r\n" },
	{ "an empty file", NULL, { NULL }, "",
	    { { ATTACH, "empty", NULL, NULL },
	      { ATTACH, "data", NULL, NULL } },
	    MIXED "\r\n--=_zq1-1\r\n" OCTETS_OF("empty", "")
	    "\r\n--=_zq1-1\r\n" OCTETS_OF("data", "AAECAw==\r\n")
	    "--=_zq1-1--\r\n" },
	{ "a file without a name", NULL, { NULL }, "",
	    { { ATTACH, "data", "", NULL } },
	    MIXED "\r\n--=_zq1-1\r\n"
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment\r\n\r\nAAECAw==\r\n"
	    "--=_zq1-1--\r\n" },
	{ "HTML alone", NULL, { NULL }, "",
	    { { HTML, "page.html", NULL, NULL } },
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/html; charset=us-ascii\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n<html>hi</html>\r\n" },
	{ "HTML and an empty text", "", { NULL }, "",
	    { { HTML, "page.html", NULL, NULL } },
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/html; charset=us-ascii\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n<html>hi</html>\r\n" },
	{ "text and HTML", "hi\r\n", { NULL }, "",
	    { { HTML, "utf8.html", NULL, NULL } },
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative;\r\n"
	    " boundary=\"=_zq1-1\"\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n"
	    "\r\n--=_zq1-1\r\n" PLAIN("hi") "\r\n--=_zq1-1\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n"
	    "<html>\xe4\xbd\xa0</html>\r\n\r\n--=_zq1-1--\r\n" },
	{ "HTML and picture", NULL, { NULL }, "",
	    { { INLINE, "logo.png", NULL, NULL },
	      { HTML, "cid.html", NULL, NULL } },
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/related;\r\n type=\"text/html\";\r\n"
	    " boundary=\"=_zq1-1\"\r\n\r\n--=_zq1-1\r\n"
	    "Content-Type: text/html; charset=us-ascii\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n"
	    "<img src=\"cid:logo.png\">\r\n\r\n--=_zq1-1\r\n"
	    "Content-Type: image/png; name=\"logo.png\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-ID: <logo.png>\r\n"
	    "Content-Disposition: inline; filename=logo.png\r\n\r\n"
	    "iVBORw0KGgo=\r\n--=_zq1-1--\r\n" },
	{ "HTML and a picture with a blank in its name", NULL, { NULL }, "",
	    { { INLINE, "logo.png", "my logo.png", NULL },
	      { HTML, "blank.html", NULL, NULL } },
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/related;\r\n type=\"text/html\";\r\n"
	    " boundary=\"=_zq2-1\"\r\n\r\n--=_zq2-1\r\n"
	    "Content-Type: text/html; charset=us-ascii\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n"
	    "<img src=\"cid:zq1@qsendmail\">\r\n\r\n--=_zq2-1\r\n"
	    "Content-Type: image/png; name=\"my logo.png\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-ID: <zq1@qsendmail>\r\n"
	    "Content-Disposition: inline; filename=\"my logo.png\"\r\n\r\n"
	    "iVBORw0KGgo=\r\n--=_zq2-1--\r\n" },
	{ "everything", "hi\r\n", { NULL }, "",
	    { { ATTACH, "networks.jpg", NULL, NULL },
	      { HTML, "utf8.html", NULL, NULL },
	      { INLINE, "logo.png", NULL, NULL },
	      { ATTACH, "data", NULL, NULL },
	      { INLINE, "logo.png", "2.png", NULL } },
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/mixed;\r\n boundary=\"=_zq3-1\"\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n"
	    "\r\n--=_zq3-1\r\n"
	    "Content-Type: multipart/related;\r\n"
	    " type=\"multipart/alternative\";\r\n boundary=\"=_zq3-2\"\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n"
	    "\r\n--=_zq3-2\r\n"
	    "Content-Type: multipart/alternative;\r\n"
	    " boundary=\"=_zq3-3\"\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n"
	    "\r\n--=_zq3-3\r\n" PLAIN("hi") "\r\n--=_zq3-3\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n"
	    "<html>\xe4\xbd\xa0</html>\r\n\r\n--=_zq3-3--\r\n--=_zq3-2\r\n"
	    "Content-Type: image/png; name=\"logo.png\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-ID: <zq1@qsendmail>\r\n"
	    "Content-Disposition: inline; filename=logo.png\r\n\r\n"
	    "iVBORw0KGgo=\r\n--=_zq3-2\r\n"
	    "Content-Type: image/png; name=\"2.png\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-ID: <zq2@qsendmail>\r\n"
	    "Content-Disposition: inline; filename=2.png\r\n\r\n"
	    "iVBORw0KGgo=\r\n--=_zq3-2--\r\n--=_zq3-1\r\n" JPEG
	    "--=_zq3-1\r\n" OCTETS_OF("data", "AAECAw==\r\n")
	    "--=_zq3-1--\r\n" },
	{ "a picture to be shown, without HTML", "hi\r\n", { NULL }, "",
	    { { ATTACH, "data", NULL, NULL },
	      { INLINE, "logo.png", NULL, NULL } },
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/mixed;\r\n boundary=\"=_zq2-1\"\r\n"
	    "\r\n--=_zq2-1\r\n" PLAIN("hi") "\r\n--=_zq2-1\r\n"
	    "Content-Type: image/png; name=\"logo.png\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-ID: <zq1@qsendmail>\r\n"
	    "Content-Disposition: inline; filename=logo.png\r\n\r\n"
	    "iVBORw0KGgo=\r\n--=_zq2-1\r\n"
	    OCTETS_OF("data", "AAECAw==\r\n") "--=_zq2-1--\r\n" },
	{ "a text with a type of its own", "\xc4\xe3\r\n",
	    { "Content-Type: text/x-y; charset=gbk",
	      "Content-Transfer-Encoding: 8bit" }, "", { { 0 } },
	    "MIME-Version: 1.0\r\nContent-Type: text/x-y; charset=gbk\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n\xc4\xe3\r\n" },
	{ "8-bit octets that a text does not announce", "\xc4\xe3\r\n",
	    { "Content-Type: text/x-y; charset=gbk" }, "", { { 0 } },
	    "MIME-Version: 1.0\r\nContent-Type: text/x-y; charset=gbk\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n\xc4\xe3\r\n" },
	{ "8-bit octets that a text denies", "\xc4\xe3\r\n",
	    { "Content-Transfer-Encoding: 7BIT",
	      "Content-Type: text/x-y; charset=gbk" }, "", { { 0 } },
	    "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n"
	    "Content-Type: text/x-y; charset=gbk\r\n\r\n\xc4\xe3\r\n" },
	{ "8-bit octets with another encoding", "\xc4\xe3\r\n",
	    { "Content-Transfer-Encoding: binary",
	      "Content-Type: text/x-y; charset=gbk" }, "", { { 0 } },
	    "MIME-Version: 1.0\r\nContent-Transfer-Encoding: binary\r\n"
	    "Content-Type: text/x-y; charset=gbk\r\n\r\n\xc4\xe3\r\n" },
	{ "a text with an encoding of its own", "5L2g\r\n",
	    { "Content-Type: text/plain; charset=utf-8",
	      "Content-Transfer-Encoding: base64", "Content-Language: zh" },
	    "", { { ATTACH, "data", NULL, NULL } },
	    MIXED "\r\n--=_zq1-1\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Language: zh\r\n\r\n5L2g\r\n"
	    "\r\n--=_zq1-1\r\n" OCTETS_OF("data", "AAECAw==\r\n")
	    "--=_zq1-1--\r\n" },
	{ "an encoding without a type", "5L2g\r\n",
	    { "Content-Transfer-Encoding: base64" }, "", { { 0 } },
	    "MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	    "5L2g\r\n" },
	{ "a multipart that was signed stays as it is",
	    "pre\r\n--b\r\n\r\n\xe4\xbd\xa0  \r\n--b--\r\npost\r\n",
	    { "Content-Type: multipart/signed;\r\n\tboundary=b" }, "",
	    { { ATTACH, "data", NULL, NULL } },
	    MIXED "Content-Transfer-Encoding: 8bit\r\n\r\n--=_zq1-1\r\n"
	    "Content-Type: multipart/signed;\r\n\tboundary=b\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n"
	    "pre\r\n--b\r\n\r\n\xe4\xbd\xa0  \r\n--b--\r\npost\r\n"
	    "\r\n--=_zq1-1\r\n" OCTETS_OF("data", "AAECAw==\r\n")
	    "--=_zq1-1--\r\n" },
	{ "8-bit text in the fields of a text", "x\r\n",
	    { "Content-Type: text/plain",
	      "Content-Description: \xe4\xbd\xa0" }, "", { { 0 } },
	    "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
	    "Content-Description: =?UTF-8?B?5L2g?=\r\n\r\nx\r\n" },
	{ "HTML with a type of its own", NULL, { NULL }, "big5",
	    { { HTML, "gbk.html", NULL, "text/html; charset=gbk" } },
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/html; charset=gbk\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n"
	    "<html>\xc4\xe3</html>\r\n" },
	{ "a mail with LF", NULL, { NULL }, "",
	    { { ATTACH, "lf.eml", NULL, NULL } },
	    MIXED "\r\n--=_zq1-1\r\n" MAIL("lf.eml", "7bit",
	    "From: a@b\r\nSubject: x\r\n\r\nhello\r\n")
	    "\r\n--=_zq1-1--\r\n" },
	{ "a mail with CRLF and no final line end", NULL, { NULL }, "",
	    { { ATTACH, "crlf.eml", NULL, NULL } },
	    MIXED "\r\n--=_zq1-1\r\n" MAIL("crlf.eml", "7bit",
	    "From: a@b\r\n\r\nhello") "\r\n--=_zq1-1--\r\n" },
	{ "a mail with 8-bit text", NULL, { NULL }, "",
	    { { ATTACH, "8bit.eml", NULL, NULL } },
	    MIXED "Content-Transfer-Encoding: 8bit\r\n\r\n--=_zq1-1\r\n"
	    MAIL("8bit.eml", "8bit", "From: a@b\r\n\r\n\xe4\xbd\xa0\r\n")
	    "\r\n--=_zq1-1--\r\n" },
	{ "a mail with a delete character", NULL, { NULL }, "",
	    { { ATTACH, "del.eml", NULL, "message/rfc822" } },
	    MIXED "\r\n--=_zq1-1\r\n" MAIL("del.eml", "7bit",
	    "From: a@b\r\n\r\nhel\177lo\r\n") "\r\n--=_zq1-1--\r\n" },
	{ "a mail with mixed line ends goes as octets", NULL, { NULL }, "",
	    { { ATTACH, "mixed.eml", NULL, NULL } },
	    MIXED "\r\n--=_zq1-1\r\n" OCTETS_OF("mixed.eml",
	    "RnJvbTogYUBiDQoKaGVsbG8K\r\n") "--=_zq1-1--\r\n" },
};

/* Numbers what clock_unique made from 1 on, in order of the first call. */
static void
renumber(struct buf *b, long first)
{
	struct buf out = BUF_INIT;
	const char *p = b->data, *end = b->data + b->len, *hit;
	char *rest;

	while ((hit = strstr(p, UNIQUE)) != NULL) {
		buf_add(&out, p, (size_t)(hit - p));
		buf_addf(&out, UNIQUE "%ld",
		    strtol(hit + strlen(UNIQUE), &rest, 10) - first);
		p = rest;
	}
	buf_add(&out, p, (size_t)(end - p));
	buf_set(b, out.data, out.len);
	buf_release(&out);
}

/* How often clock_unique has been called. */
static long
unique_calls(void)
{
	struct buf b = BUF_INIT;
	long n;

	clock_unique(&b);
	n = strtol(b.data + strlen(UNIQUE), NULL, 10);
	buf_release(&b);
	return n;
}

/* A text part of text; its file is private, so it is always there. */
static void
make_text(struct text_part *t, const char *text, const char *const *fields)
{
	struct fault f = FAULT_INIT;
	struct reader r;
	const char *colon;
	struct buf name = BUF_INIT;
	size_t i;

	t->fd = -1;
	header_init(&t->header);
	for (i = 0; i < 3 && fields != NULL && fields[i] != NULL; i++) {
		colon = strchr(fields[i], ':');
		buf_set(&name, fields[i], (size_t)(colon - fields[i]));
		header_add(&t->header, name.data, colon + 2);
	}
	buf_release(&name);
	if (text == NULL)
		return;
	t->fd = io_private_file(&f);
	/* Not at the beginning of its file: at must be heeded. */
	t->at = 7;
	must(t->fd != -1 && io_pwrite(t->fd, "padding", 7, 0) == 0 &&
	    io_pwrite(t->fd, text, strlen(text), 7) == 0, "text");
	reader_init_part(&r, t->fd, 7, (off_t)strlen(text));
	must(text_examine(&r, &t->facts, &f) == 0, "text_examine");
	reader_release(&r);
	fault_release(&f);
}

static void
text_release(struct text_part *t)
{
	if (t->fd != -1)
		close(t->fd);
	header_release(&t->header);
}

/* Body behind 3 other octets of the file, so positions must be heeded. */
#define BODY_AT 3

/*
 * Composes into out (header, blank line, body) and facts; 0, or -1 with a
 * fault. h may come with fields.
 */
static int
compose(struct header *h, struct text_part *t, struct part_list *l,
    const char *charset, struct buf *out, struct text_facts *facts,
    struct fault *f)
{
	struct writer w;
	int fd = io_private_file(f), rc;
	size_t start;
	off_t length;

	must(fd != -1, "private file");
	writer_init(&w, fd, BODY_AT);
	rc = compose_write(h, t, l, charset, &w, facts, f);
	length = writer_position(&w) - BODY_AT;
	header_format(h, out);
	buf_adds(out, "\r\n");
	start = out->len;
	if (rc == 0) {
		buf_grow(out, (size_t)length);
		must(io_pread(fd, out->data + start, (size_t)length,
		    BODY_AT) == length, "body is written");
		out->len += (size_t)length;
		out->data[out->len] = '\0';
	}
	writer_release(&w);
	close(fd);
	return rc;
}

/* The facts must be those of the body. */
static void
is_facts(const struct text_facts *got, const char *body, size_t len,
    const char *name)
{
	struct text_facts want = { .length = (off_t)len, .is_utf8 = 1 };
	size_t i, line = 0;
	int same;

	for (i = 0; i < len; i++) {
		want.octets_8bit += (unsigned char)body[i] >> 7;
		if (body[i] == '\n') {
			want.lines++;
			line = 0;
		} else if (body[i] != '\r' && ++line > want.longest_line)
			want.longest_line = line;
	}
	want.lines += line != 0;
	want.is_utf8 = utf8_is_valid(body, len);
	want.ends_in_newline = line == 0;
	same = got->length == want.length && got->lines == want.lines &&
	    got->octets_8bit == want.octets_8bit &&
	    got->longest_line == want.longest_line &&
	    got->is_utf8 == want.is_utf8 &&
	    got->ends_in_newline == want.ends_in_newline;
	if (!ok(same, name))
		printf("# got %lld %lld %lld %zu %d %d\n"
		    "# want %lld %lld %lld %zu %d %d\n",
		    (long long)got->length, (long long)got->lines,
		    (long long)got->octets_8bit, got->longest_line,
		    got->is_utf8, got->ends_in_newline,
		    (long long)want.length, (long long)want.lines,
		    (long long)want.octets_8bit, want.longest_line,
		    want.is_utf8, want.ends_in_newline);
}

static void
open_pieces(struct part_list *l, const struct piece *p)
{
	struct fault f = FAULT_INIT;

	for (; p->kind != 0; p++)
		must(part_open(l, (enum part_kind)(p->kind - 1), p->path,
		    p->name, p->type, &f) == 0, p->path);
	fault_release(&f);
}

/* Composes a case into out; 0 or -1. */
static int
compose_case(const struct message_case *m, struct buf *out,
    struct text_facts *facts, struct fault *f)
{
	struct header h = HEADER_INIT;
	struct part_list l = PART_LIST_INIT;
	struct text_part t = { 0 };
	long first;
	int rc;

	make_text(&t, m->text, m->fields);
	open_pieces(&l, m->pieces);
	first = unique_calls();
	buf_reset(out);
	rc = compose(&h, &t, &l, m->charset, out, facts, f);
	renumber(out, first);
	header_release(&h);
	text_release(&t);
	part_list_release(&l);
	return rc;
}

static void
test_messages(void)
{
	struct buf got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct text_facts facts;
	const char *body;
	char name[200];
	size_t i;

	for (i = 0; i < COUNT(messages); i++) {
		is_number(compose_case(&messages[i], &got, &facts, &f), 0,
		    messages[i].test);
		is_text(f.text.data, "", "without a fault");
		snprintf(name, sizeof name, "octets of %s", messages[i].test);
		is_bytes(got.data, got.len, messages[i].want,
		    strlen(messages[i].want), name);
		body = strncmp(got.data, "\r\n", 2) == 0 ? got.data + 2 :
		    strstr(got.data, "\r\n\r\n") + 4;
		snprintf(name, sizeof name, "facts of %s", messages[i].test);
		/* The boundary had more digits than after renumber(). */
		if (strstr(body, UNIQUE) == NULL)
			is_facts(&facts, body,
			    (size_t)(got.data + got.len - body), name);
	}
	buf_release(&got);
	fault_release(&f);
}

/* One field of the one part, found in the message that is composed. */
struct field_case {
	const char *test;
	struct piece piece;
	const char *charset;
	const char *want; /* must be in the message */
};

#define TYPE_OF(path, type) { "type of " path, { ATTACH, path, NULL, NULL }, \
    "", "\r\nContent-Type: " type "\r\n" }
#define HTML_OF(path, charset, want) { "charset of " path, { HTML, path, \
    NULL, NULL }, charset, "\r\nContent-Type: text/html; charset=" want "\r\n" }
#define NAME_OF(told, old, filename) { "name " told, { ATTACH, "data", told, \
    "x/y" }, "", "\r\nContent-Type: x/y" old "\r\n" \
    "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;" \
    filename "\r\n\r\n" }
#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10
#define X250 X50 X50 X50 X50 X50

static const struct field_case fields[] = {
	TYPE_OF("a.txt", "text/plain; charset=us-ascii; name=\"a.txt\""),
	TYPE_OF("utf8.csv", "text/csv; charset=utf-8; name=\"utf8.csv\""),
	TYPE_OF("gbk.csv", "text/csv; name=\"gbk.csv\""),
	TYPE_OF("jis.txt", "text/plain; name=\"jis.txt\""),
	TYPE_OF("utf16.txt", "text/plain; name=\"utf16.txt\""),
	TYPE_OF("cr.eml", "application/octet-stream; name=\"cr.eml\""),
	TYPE_OF("lastcr.eml", "application/octet-stream; name=\"lastcr.eml\""),
	TYPE_OF("nul.eml", "application/octet-stream; name=\"nul.eml\""),
	TYPE_OF("998.eml", "message/rfc822; name=\"998.eml\""),
	TYPE_OF("999.eml", "application/octet-stream; name=\"999.eml\""),
	TYPE_OF("8bithead.eml",
	    "application/octet-stream; name=\"8bithead.eml\""),
	TYPE_OF("8bitlast.eml",
	    "application/octet-stream; name=\"8bitlast.eml\""),
	{ "a type that was given", { ATTACH, "networks.jpg", NULL,
	    "image/x-z" }, "", "Content-Type: image/x-z; name=" },
	{ "a text type that was given gets the charset it has",
	    { ATTACH, "utf8.csv", NULL, "Text/x-z" }, "",
	    "Content-Type: Text/x-z; charset=utf-8; name=" },
	{ "a charset that was given stays",
	    { ATTACH, "a.txt", NULL, "text/x-z; Charset=gbk" }, "",
	    "Content-Type: text/x-z; Charset=gbk; name=" },
	{ "a name that was given stays",
	    { ATTACH, "data", NULL, "x/y; name=z" }, "",
	    "Content-Type: x/y; name=z\r\n" },
	{ "a parameter that does not fit goes to the next line, others join it",
	    { ATTACH, "a.txt", NULL, "text/" X50 }, "",
	    "\r\nContent-Type: text/" X50 ";\r\n charset=us-ascii; "
	    "name=\"a.txt\"\r\n" },
	{ "a line of 76 characters", { ATTACH, "a.txt", X10 X10 "123456789",
	    "text/x" }, "", "\r\nContent-Type: text/x; charset=us-ascii; "
	    "name=\"" X10 X10 "123456789\"\r\n" },
	{ "one of 77", { ATTACH, "a.txt", X10 X10 X10, "text/x" }, "",
	    "\r\nContent-Type: text/x; charset=us-ascii;\r\n "
	    "name=\"" X10 X10 X10 "\"\r\n" },
	{ "a text with NULs has no charset",
	    { ATTACH, "nul.txt", NULL, "text/plain" }, "",
	    "Content-Type: text/plain; name=" },
	{ "a mail type that was given, for octets that are none",
	    { ATTACH, "data", NULL, "message/rfc822" }, "",
	    "Content-Type: application/octet-stream; name=" },
	{ "a mail type that was given",
	    { ATTACH, "lf.eml", "x", "message/rfc822; a=b" }, "",
	    "Content-Type: message/rfc822; a=b; name=\"x\"\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n" },
	HTML_OF("page.html", "gbk", "us-ascii"),
	HTML_OF("utf8.html", "gbk", "utf-8"),
	HTML_OF("gbk.html", "gb18030", "gb18030"),
	HTML_OF("gbk.html", "", "unknown-8bit"),
	HTML_OF("meta.html", "big5", "GB2312"),
	HTML_OF("meta5.html", "gbk", "big5"),
	HTML_OF("false.html", "gbk", "gbk"),
	HTML_OF("outside.html", "gbk", "gbk"),
	HTML_OF("sharp.html", "gbk", "a"),
	NAME_OF("a b.c", "; name=\"a b.c\"", " filename=\"a b.c\""),
	NAME_OF("q\"b\\", "; name=\"q\\\"b\\\\\"",
	    " filename=\"q\\\"b\\\\\""),
	NAME_OF("it's", "; name=\"it's\"", " filename=\"it's\""),
	NAME_OF("rock'n'roll", "", " filename*=UTF-8''rock%27n%27roll"),
	NAME_OF("=?x", "", " filename*=UTF-8''%3D%3Fx"),
	NAME_OF("\xe4\xbd\xa0", "; name=\"=?UTF-8?B?5L2g?=\"",
	    " filename*=UTF-8''%E4%BD%A0"),
	NAME_OF(X50, "; name=\"" X50 "\"", "\r\n filename=" X50),
	NAME_OF(X50 X10, ";\r\n name=\"" X50 X10 "\"",
	    "\r\n filename=" X50 X10),
};

static void
test_fields(void)
{
	struct message_case m = { .charset = "" };
	struct buf got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct text_facts facts;
	size_t i;

	for (i = 0; i < COUNT(fields); i++) {
		m.pieces[0] = fields[i].piece;
		m.charset = fields[i].charset;
		compose_case(&m, &got, &facts, &f);
		if (!ok(strstr(got.data, fields[i].want) != NULL,
		    fields[i].test))
			printf("# no \"%s\" in\n# %s\n", fields[i].want,
			    got.data);
	}
	m.pieces[0] = (struct piece){ ATTACH, "data", X250 "yyyyy", "x/y" };
	compose_case(&m, &got, &facts, &f);
	ok(strstr(got.data, "x/y;\r\n name=\"" X250 "yyyyy\"\r\n") != NULL,
	    "old clients see names of 255 octets");
	m.pieces[0] = (struct piece){ ATTACH, "data", X250 "yyyyyy", "x/y" };
	compose_case(&m, &got, &facts, &f);
	ok(strstr(got.data, "Content-Type: x/y\r\n") != NULL,
	    "but no longer ones");
	buf_release(&got);
	fault_release(&f);
}

/* References in HTML: what becomes of them, and the Content-IDs. */
static const struct {
	const char *test, *in, *out;
	const char *ids[8]; /* of the parts below, NULL: none from here on */
} references[] = {
	{ "in double quotes", "<img src=\"cid:logo.png\">",
	    "<img src=\"cid:logo.png\">", { "logo.png" } },
	{ "in single quotes", "<img src='cid:logo.png'>",
	    "<img src='cid:logo.png'>", { "logo.png" } },
	{ "without quotes", "<img src=cid:logo.png>",
	    "<img src=cid:logo.png>", { "logo.png" } },
	{ "the scheme in capitals", "<img src=\"CID:logo.png\">",
	    "<img src=\"CID:logo.png\">", { "logo.png" } },
	{ "at the very beginning", "cid:logo.png",
	    "cid:logo.png", { "logo.png" } },
	{ "with octets as %XX", "\"cid:l%6Fgo%2epng\"",
	    "\"cid:logo.png\"", { "logo.png" } },
	{ "with a % that is none", "\"cid:logo.png%4\" \"cid:%zz\"",
	    "\"cid:logo.png%4\" \"cid:%zz\"", { NULL } },
	{ "in a style", "url(cid:logo.png)", "url(cid:logo.png)",
	    { "logo.png" } },
	{ "in a quoted style", "&quot;cid:logo.png&quot;",
	    "&quot;cid:logo.png&quot;", { "logo.png" } },
	{ "with a blank, in quotes", "<img src=\"cid:my logo.png\">",
	    "<img src=\"cid:zq1@qsendmail\">", { NULL, "zq1@qsendmail" } },
	{ "with a blank, without quotes", "cid:my logo.png ",
	    "cid:my logo.png ", { NULL } },
	{ "with a blank as %20", "cid:my%20logo.png",
	    "cid:zq1@qsendmail", { NULL, "zq1@qsendmail" } },
	{ "in UTF-8", "'cid:\xe5\x9b\xbe.png'", "'cid:zq1@qsendmail'",
	    { NULL, NULL, "zq1@qsendmail" } },
	{ "in UTF-8 as %XX", "cid:%E5%9B%BE.png", "cid:zq1@qsendmail",
	    { NULL, NULL, "zq1@qsendmail" } },
	{ "twice", "cid:my%20logo.png 'cid:my logo.png'",
	    "cid:zq1@qsendmail 'cid:zq1@qsendmail'",
	    { NULL, "zq1@qsendmail" } },
	{ "to a name with %", "\"cid:50%25.png\" \"cid:50%.png\"",
	    "\"cid:zq1@qsendmail\" \"cid:zq1@qsendmail\"",
	    { NULL, NULL, NULL, "zq1@qsendmail" } },
	{ "to another name", "\"cid:logo.pngs\" \"cid:ogo.png\"",
	    "\"cid:logo.pngs\" \"cid:ogo.png\"", { NULL } },
	{ "to an attachment", "\"cid:attached.png\"",
	    "\"cid:attached.png\"", { NULL } },
	{ "to nothing", "\"cid:\" cid: 'cid:' (cid:)",
	    "\"cid:\" cid: 'cid:' (cid:)", { NULL } },
	{ "behind a letter", "acid:my%20logo.png", "acid:my%20logo.png",
	    { NULL } },
	{ "behind the beginning of another", "cicid:my%20logo.png "
	    "c cid:my%20logo.png", "cicid:my%20logo.png c cid:zq1@qsendmail",
	    { NULL, "zq1@qsendmail" } },
	{ "behind the same letter twice", "ccid:my%20logo.png",
	    "ccid:my%20logo.png", { NULL } },
	{ "behind a beginning that was cut", "<cid <cid:my%20logo.png",
	    "<cid <cid:zq1@qsendmail", { NULL, "zq1@qsendmail" } },
	{ "that ends at other marks",
	    "cid:logo.png<cid:my%20logo.png\"cid:%E5%9B%BE.png\"",
	    "cid:logo.png<cid:zq1@qsendmail\"cid:zq2@qsendmail\"",
	    { "logo.png", "zq1@qsendmail", "zq2@qsendmail" } },
	{ "that ends at a tab", "cid:my%20logo.png\tx",
	    "cid:zq1@qsendmail\tx", { NULL, "zq1@qsendmail" } },
	{ "that ends at the other quotation mark", "=cid:my%20logo.png'x",
	    "=cid:zq1@qsendmail'x", { NULL, "zq1@qsendmail" } },
	{ "that another follows at once", "'cid:logo.pngcid:x'",
	    "'cid:logo.pngcid:x'", { NULL } },
	{ "names of other shape", "cid:a@b.c cid:a..b",
	    "cid:a@b.c cid:zq1@qsendmail",
	    { NULL, NULL, NULL, NULL, "a@b.c", "zq1@qsendmail" } },
	{ "with hexadecimal digits behind no %", "cid:dad%20cafe",
	    "cid:zq1@qsendmail",
	    { NULL, NULL, NULL, NULL, NULL, NULL, "zq1@qsendmail" } },
	{ "to a name with %XX in it", "cid:50%20",
	    "cid:zq1@qsendmail",
	    { NULL, NULL, NULL, NULL, NULL, NULL, NULL, "zq1@qsendmail" } },
};

static const char *const inline_names[] = { "logo.png", "my logo.png",
    "\xe5\x9b\xbe.png", "50%.png", "a@b.c", "a..b", "dad cafe",
    "50%20" };

static void
open_named(struct part_list *l, enum part_kind kind, const char *name)
{
	struct fault f = FAULT_INIT;

	must(part_open(l, kind, "logo.png", name, NULL, &f) == 0, name);
	fault_release(&f);
}

/* cid_copy of in, appended to out. */
static void
copy_references(struct part_list *l, const char *in, size_t len,
    struct buf *out)
{
	struct fault f = FAULT_INIT;
	int fd = io_private_file(&f), copy = io_private_file(&f);
	struct reader r;
	struct writer w;
	size_t n;

	must(fd != -1 && copy != -1 && io_write(fd, in, len) == 0, "files");
	reader_init_part(&r, fd, 0, (off_t)len);
	writer_init(&w, copy, 0);
	cid_copy(l, &r, &w);
	must(writer_flush(&w, &f) == 0, "flush");
	n = (size_t)writer_position(&w);
	buf_grow(out, n);
	must(io_pread(copy, out->data + out->len, n, 0) == (ssize_t)n, "read");
	out->len += n;
	out->data[out->len] = '\0';
	reader_release(&r);
	writer_release(&w);
	close(fd);
	close(copy);
	fault_release(&f);
}

static void
test_references(void)
{
	struct part_list l = PART_LIST_INIT;
	struct buf got = BUF_INIT, id = BUF_INIT;
	char name[200];
	size_t i, j;
	long first;

	for (i = 0; i < COUNT(references); i++) {
		open_named(&l, PART_KIND_ATTACHMENT, "attached.png");
		for (j = 0; j < COUNT(inline_names); j++)
			open_named(&l, PART_KIND_INLINE, inline_names[j]);
		open_named(&l, PART_KIND_INLINE, "logo.png"); /* again */
		open_named(&l, PART_KIND_INLINE, "");
		first = unique_calls();
		buf_reset(&got);
		copy_references(&l, references[i].in,
		    strlen(references[i].in), &got);
		renumber(&got, first);
		snprintf(name, sizeof name, "reference %s",
		    references[i].test);
		is_text(got.data, references[i].out, name);
		snprintf(name, sizeof name, "Content-IDs: reference %s",
		    references[i].test);
		buf_reset(&got);
		buf_reset(&id);
		for (j = 0; j < COUNT(inline_names); j++) {
			buf_addf(&got, "%s,", l.v[j + 1].content_id != NULL ?
			    l.v[j + 1].content_id : "");
			buf_addf(&id, "%s,", references[i].ids[j] != NULL ?
			    references[i].ids[j] : "");
		}
		renumber(&got, first);
		is_text(got.data, id.data, name);
		ok(l.v[0].content_id == NULL && l.v[9].content_id == NULL &&
		    l.v[10].content_id == NULL, "no other part is meant");
		part_list_release(&l);
	}
	buf_release(&got);
	buf_release(&id);
}

/* Long references, and a stretch longer than what is read at once. */
static void
test_long_references(void)
{
	struct part_list l = PART_LIST_INIT;
	struct buf in = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
	char name[256], percent[1000];
	size_t i;

	memset(name, 'n', 128);
	name[128] = '\0';
	open_named(&l, PART_KIND_INLINE, name);
	buf_addf(&in, "'cid:%s'", name);
	copy_references(&l, in.data, in.len, &got);
	is_text(got.data, in.data, "a name of 128 octets is a Content-ID");
	ok(l.v[0].content_id != NULL &&
	    strcmp(l.v[0].content_id, name) == 0, "its own");
	part_list_release(&l);
	name[128] = 'n';
	name[255] = '\0';
	memset(name + 129, 'n', 126);
	open_named(&l, PART_KIND_INLINE, name);
	for (i = 0; i < 255; i++)
		memcpy(percent + 3 * i, "%6e", 4);
	buf_reset(&in);
	buf_reset(&got);
	buf_addf(&in, "'cid:%s'", percent);
	copy_references(&l, in.data, in.len, &got);
	buf_addf(&want, "'cid:%s'", l.v[0].content_id);
	is_text(got.data, want.data, "a name of 255 octets, each as %XX");
	ok(strstr(want.data, "@qsendmail") != NULL, "has another Content-ID");
	part_list_release(&l);

	for (i = 0; i < 4; i++)
		open_named(&l, PART_KIND_INLINE, i < 3 ? "a" : "b");
	buf_reset(&got);
	copy_references(&l, "cid:a", 5, &got);
	ok(l.v[0].content_id != NULL && l.v[1].content_id == NULL &&
	    l.v[2].content_id == NULL, "of three with a name the first");
	part_list_release(&l);

	open_named(&l, PART_KIND_INLINE, "my logo.png");
	buf_reset(&in);
	buf_reset(&got);
	buf_reset(&want);
	for (i = 0; i < 5000; i++)
		buf_adds(&in, "<img src=\"cid:my logo.png\">x");
	copy_references(&l, in.data, in.len, &got);
	for (i = 0; i < 5000; i++)
		buf_addf(&want, "<img src=\"cid:%s\">x", l.v[0].content_id);
	ok(got.len == want.len && memcmp(got.data, want.data, got.len) == 0,
	    "references across the ends of chunks");
	buf_reset(&in);
	buf_reset(&got);
	buf_adds(&in, "'cid:");
	for (i = 0; i < 100000; i++)
		buf_adds(&in, "my logo.png");
	copy_references(&l, in.data, in.len, &got);
	ok(got.len == in.len && memcmp(got.data, in.data, got.len) == 0,
	    "a reference that does not end is left alone");
	part_list_release(&l);
	buf_release(&in);
	buf_release(&want);
	buf_release(&got);
}

/* Boundaries. */

/* Composes text with a file at path and tells which boundary was taken. */
static long
boundary_for(const char *text, const char *path)
{
	struct message_case m = { .charset = "", .text = text,
		.pieces = { { ATTACH, path, NULL, NULL } } };
	struct buf got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct text_facts facts;
	const char *p;
	long n = -1;

	compose_case(&m, &got, &facts, &f);
	p = strstr(got.data, "boundary=\"=_" UNIQUE);
	if (p != NULL)
		n = strtol(p + strlen("boundary=\"=_" UNIQUE), NULL, 10);
	buf_release(&got);
	fault_release(&f);
	return n;
}

static void
test_boundaries(void)
{
	static const struct {
		const char *test, *format;
		long want;
	} clashes[] = {
		{ "at the start of a line", "x\r\n--=_" UNIQUE "%ld\r\n", 2 },
		{ "as the whole text", "--=_" UNIQUE "%ld", 2 },
		{ "within a line", "x --=_" UNIQUE "%ldx\r\n", 2 },
		{ "behind another dash", "---=_" UNIQUE "%ld\r\n", 2 },
		{ "behind a half one", "--=_--=_" UNIQUE "%ld\r\n", 2 },
		{ "behind a dash and a half one", "-x--=--=_" UNIQUE "%ld",
		    2 },
		{ "with a dash missing", "-=_" UNIQUE "%ld\r\n", 1 },
		{ "with something within", "--=_z-q%ld\r\n", 1 },
		{ "with something between", "-x-=_" UNIQUE "%ld\r\n", 1 },
	};
	struct buf text = BUF_INIT;
	char name[100];
	size_t i;

	for (i = 0; i < COUNT(clashes); i++) {
		/* compose_case calls clock_unique once before. */
		snprintf(name, sizeof name, "boundary in the text: %s",
		    clashes[i].test);
		buf_reset(&text);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		buf_addf(&text, clashes[i].format, unique_calls() + 2);
#pragma GCC diagnostic pop
		is_number(boundary_for(text.data, "data"), clashes[i].want,
		    name);
	}
	buf_reset(&text);
	for (i = 0; i < IO_CHUNK - 3; i++)
		buf_addc(&text, i % 100 == 0 ? '\n' : 'x');
	buf_addf(&text, "--=_" UNIQUE "%ld\r\n", unique_calls() + 2);
	is_number(boundary_for(text.data, "data"), 2,
	    "boundary across the end of a chunk");
	buf_reset(&text);
	buf_addf(&text, "From: a@b\n\n--=_" UNIQUE "%ld\n",
	    unique_calls() + 2);
	make_file("clash.eml", text.data, text.len);
	is_number(boundary_for("x\r\n", "clash.eml"), 2,
	    "boundary in a mail that is attached");
	buf_reset(&text);
	buf_addf(&text, "--=_" UNIQUE "%ld\n", unique_calls() + 2);
	make_file("clash.txt", text.data, text.len);
	is_number(boundary_for("x\r\n", "clash.txt"), 1,
	    "a file that becomes base64 needs no other boundary");
	buf_release(&text);
}

/* A boundary in the inner multipart's texts. */
static void
test_inner_boundary(void)
{
	struct message_case m = { .charset = "", .text = "x\r\n",
		.pieces = { { HTML, "clash.html", NULL, NULL },
		    { ATTACH, "data", NULL, NULL } } };
	struct buf text = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct text_facts facts;
	long first = unique_calls() + 2;

	buf_addf(&text, "--=_" UNIQUE "%ld\n--=_" UNIQUE "%ld\n", first,
	    first + 1);
	make_file("clash.html", text.data, text.len);
	compose_case(&m, &text, &facts, &f);
	ok(strstr(text.data, "boundary=\"=_" UNIQUE "3-2\"") != NULL,
	    "boundaries in HTML deep within are seen, until none clashes");
	buf_release(&text);
	fault_release(&f);
}

/* Transfer encodings of long lines. */

static void
test_encodings(void)
{
	static const struct {
		const char *test;
		char octet;
		size_t n;
		const char *encoding;
	} cases[] = {
		{ "a line of 998 octets", 'x', 998, "7bit" },
		{ "a line of 999 octets", 'x', 999, "quoted-printable" },
		{ "an 8-bit line of 998 octets", '\xe4', 998, "8bit" },
		{ "an 8-bit line of 999 octets", '\xe4', 999, "base64" },
		{ "a line of 999 equals signs", '=', 999, "base64" },
	};
	struct message_case m = { .charset = "" };
	struct buf text = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct text_facts facts;
	size_t i;
	char *body;

	for (i = 0; i < COUNT(cases); i++) {
		buf_reset(&text);
		buf_grow(&text, cases[i].n);
		memset(text.data, cases[i].octet, cases[i].n);
		text.len = cases[i].n;
		buf_adds(&text, "\r\n");
		m.text = text.data;
		compose_case(&m, &got, &facts, &f);
		buf_reset(&want);
		buf_addf(&want, "\r\nContent-Transfer-Encoding: %s\r\n\r\n",
		    cases[i].encoding);
		body = strstr(got.data, want.data);
		ok(body != NULL, cases[i].test);
		if (body != NULL)
			is_facts(&facts, body + want.len, (size_t)(got.data +
			    got.len - body) - want.len, "and its facts");
	}
	/* 8-bit octets and plain ones: either may be shorter. */
	for (i = 0; i < 2; i++) {
		buf_reset(&text);
		while (text.len < 3000)
			buf_adds(&text, i == 0 ? "\xe4xxxxxx" : "\xe4xxxxx");
		buf_adds(&text, "\r\n");
		m.text = text.data;
		compose_case(&m, &got, &facts, &f);
		ok(strstr(got.data, i == 0 ? "quoted-printable" : "base64") !=
		    NULL, i == 0 ? "few octets to encode: quoted-printable" :
		    "some more: base64");
	}
	is_number(facts.octets_8bit, 0, "what is encoded is not 8-bit");
	m.pieces[0] = (struct piece){ ATTACH, "data", NULL, NULL };
	compose_case(&m, &got, &facts, &f);
	ok(strstr(got.data, "Encoding: 8bit") == NULL, "nor is the multipart around");
	make_file("long.html", text.data, text.len);
	m.pieces[0] = (struct piece){ HTML, "long.html", NULL, NULL };
	m.text = NULL;
	compose_case(&m, &got, &facts, &f);
	ok(strstr(got.data, "Transfer-Encoding: base64") != NULL,
	    "long lines of HTML are encoded, too");
	buf_release(&text);
	buf_release(&want);
	buf_release(&got);
	fault_release(&f);
}

/* Facts of base64 of every length around a line, with text around it. */
static void
test_facts(void)
{
	static const size_t lengths[] = { 0, 1, 2, 3, 56, 57, 58, 114, 115,
	    100000 };
	struct part_list l = PART_LIST_INIT;
	struct text_part t = { 0 };
	struct header h = HEADER_INIT;
	struct buf got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct text_facts facts;
	static char data[100000];
	char name[100];
	size_t i;

	memset(data, '\1', sizeof data);
	for (i = 0; i < COUNT(lengths); i++) {
		make_file("b", data, lengths[i]);
		make_text(&t, i % 2 ? "\xe4\xbd\xa0\r\n" : "\xc4\xe3\r\n",
		    NULL);
		must(part_open(&l, PART_KIND_ATTACHMENT, "b", "", "x/y",
		    &f) == 0, "b");
		buf_reset(&got);
		compose(&h, &t, &l, "", &got, &facts, &f);
		snprintf(name, sizeof name, "facts with a file of %zu octets",
		    lengths[i]);
		is_facts(&facts, strstr(got.data, "\r\n\r\n") + 4, got.len -
		    (size_t)(strstr(got.data, "\r\n\r\n") + 4 - got.data),
		    name);
		header_release(&h);
		text_release(&t);
		part_list_release(&l);
	}
	buf_release(&got);
	fault_release(&f);
}

/* What base64 lines count when nothing else is longer. */
static void
test_longest_line(void)
{
	struct text_facts facts;
	struct buf got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct message_case m = { .charset = "",
		.pieces = { { ATTACH, "b", "", "x/y" } } };

	make_file("b", X50 X50, 100);
	compose_case(&m, &got, &facts, &f);
	is_number((long long)facts.longest_line, 76, "a full base64 line");
	make_file("b", X50 X10, 56);
	compose_case(&m, &got, &facts, &f);
	is_number((long long)facts.longest_line, 76, "one that is not full");
	make_file("b", X50 X10, 48);
	compose_case(&m, &got, &facts, &f);
	is_number((long long)facts.longest_line, 64, "a shorter one");
	buf_release(&got);
	fault_release(&f);
}

/* The header that a message comes with. */
static void
test_header(void)
{
	struct part_list l = PART_LIST_INIT;
	struct text_part t = { 0 };
	struct header h = HEADER_INIT;
	struct buf got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct text_facts facts;

	make_text(&t, "x\r\n", NULL);
	header_add(&h, "To", "a@b");
	header_add(&h, "Mime-Version", "1.0 (old)");
	header_add(&h, "content-type", "text/x-y");
	header_add(&h, "Subject", "s");
	is_number(compose(&h, &t, &l, NULL, &got, &facts, &f), 0,
	    "a message with a header, no charset known");
	is_text(got.data, "To: a@b\r\nMime-Version: 1.0 (old)\r\n"
	    "Subject: s\r\ncontent-type: text/x-y\r\n\r\nx\r\n",
	    "keeps MIME-Version and its own type");
	header_release(&h);
	buf_reset(&got);
	open_named(&l, PART_KIND_ATTACHMENT, "a");
	header_add(&h, "Content-Length", "3");
	header_add(&h, "Content-Type", "text/x-y");
	header_add(&h, "To", "a@b");
	is_number(compose(&h, &t, &l, "", &got, &facts, &f), 0,
	    "Content fields of the message");
	ok(strncmp(got.data, "To: a@b\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/mixed;", 57) == 0, "leave its header");
	ok(strstr(got.data, "\r\nContent-Type: text/x-y\r\n\r\nx\r\n") !=
	    NULL, "for that of the text");
	ok(strstr(got.data, "Content-Length") == NULL,
	    "but a length, which is no longer true");
	header_release(&h);
	text_release(&t);
	part_list_release(&l);
	buf_release(&got);
	fault_release(&f);
}

/* Mails whose line ends fall on the ends of chunks. */
static void
test_long_mail(void)
{
	struct message_case m = { .charset = "",
		.pieces = { { ATTACH, "long.eml", NULL, NULL } } };
	struct buf text = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct text_facts facts;
	int crlf;
	size_t i;

	for (crlf = 0; crlf < 2; crlf++) {
		const char *end = crlf ? "\r\n" : "\n";

		buf_reset(&text);
		buf_reset(&want);
		buf_addf(&text, "From: a@b%s%s", end, end);
		/* An LF is the first octet of the second chunk. */
		while (text.len + 900 < IO_CHUNK)
			buf_addf(&text, X50 "%s", end);
		while (text.len + (size_t)crlf < IO_CHUNK)
			buf_addc(&text, 'y');
		buf_addf(&text, "%sz%s", end, end);
		make_file("long.eml", text.data, text.len);
		for (i = 0; i < text.len; i++)
			if (!crlf && text.data[i] == '\n')
				buf_adds(&want, "\r\n");
			else
				buf_addc(&want, text.data[i]);
		compose_case(&m, &got, &facts, &f);
		ok(strstr(got.data, want.data) != NULL, crlf ?
		    "CRLF across the end of a chunk stays" :
		    "LF behind the end of a chunk becomes CRLF");
	}
	buf_release(&text);
	buf_release(&want);
	buf_release(&got);
	fault_release(&f);
}

/* Faults while composing. */

static void
expect_fault(struct part_list *l, const char *text, int code,
    const char *want, const char *name)
{
	struct text_part t = { 0 };
	struct header h = HEADER_INIT;
	struct buf got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct text_facts facts;
	int rc;

	make_text(&t, text, NULL);
	rc = compose(&h, &t, l, "", &got, &facts, &f);
	ok(rc == -1, name);
	is_number(f.code, code, "its exit status");
	is_text(f.text.data, want, "its message");
	header_release(&h);
	text_release(&t);
	buf_release(&got);
	fault_release(&f);
}

static void
test_faults(void)
{
	static const char changed[] =
	    "changing: changed while it was read: send a copy of it";
	static const enum part_kind kinds[] = { PART_KIND_HTML,
	    PART_KIND_INLINE, PART_KIND_ATTACHMENT };
	struct part_list l = PART_LIST_INIT;
	struct fault f = FAULT_INIT;
	size_t i;

	for (i = 0; i < COUNT(kinds); i++) {
		make_file("changing", "abc\n", 4);
		must(part_open(&l, kinds[i], "changing", NULL, NULL, &f) == 0,
		    "open");
		append_file("changing", "d\n");
		expect_fault(&l, "x\r\n", EX_NOINPUT, changed,
		    "a part that has changed");
		part_list_release(&l);
	}
	must(part_open(&l, PART_KIND_HTML, "wide.html", NULL, NULL, &f) == 0,
	    "open");
	expect_fault(&l, NULL, EX_DATAERR, "wide.html: is no HTML text (it "
	    "has NUL octets): save it as UTF-8", "HTML in UTF-16");
	part_list_release(&l);
	fault_release(&f);
}

/* No descriptor is left open. */
static void
test_descriptors(void)
{
	struct message_case m = { .charset = "", .text = "x\r\n", .pieces = {
		{ HTML, "cid.html", NULL, NULL },
		{ INLINE, "logo.png", NULL, NULL },
		{ ATTACH, "lf.eml", NULL, NULL } } };
	struct buf got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct text_facts facts;
	struct part_list l = PART_LIST_INIT;
	int before = free_descriptor();

	compose_case(&m, &got, &facts, &f);
	is_number(free_descriptor(), before, "composing leaves no file open");
	must(mkfifo("fifo3", 0600) == 0, "fifo3");
	feed("fifo3", "x");
	must(part_open(&l, PART_KIND_ATTACHMENT, "fifo3", NULL, NULL,
	    &f) == 0, "fifo3");
	wait(NULL);
	part_list_release(&l);
	is_number(free_descriptor(), before, "nor does reading a FIFO");
	buf_release(&got);
	fault_release(&f);
}

/* A text whose file is shorter than its facts say. */
static void
test_short_text(void)
{
	struct part_list l = PART_LIST_INIT;
	struct text_part t = { 0 };
	struct header h = HEADER_INIT;
	struct buf got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct text_facts facts;

	make_text(&t, "x\r\n", NULL);
	t.facts.length++;
	ok(compose(&h, &t, &l, "", &got, &facts, &f) == -1 &&
	    f.code == EX_TEMPFAIL, "a text that is cut is a fault");
	is_text(f.text.data, "cannot read a temporary file", "of ours");
	header_release(&h);
	text_release(&t);
	buf_release(&got);
	fault_release(&f);
}

/* A writer that cannot write ends composing with EX_TEMPFAIL. */
static void
test_full(void)
{
	static char data[300000];
	struct part_list l = PART_LIST_INIT;
	struct text_part t = { 0 };
	struct header h = HEADER_INIT;
	struct fault f = FAULT_INIT;
	struct text_facts facts;
	struct writer w;
	int fd = open("readonly", O_RDONLY | O_CREAT, 0600);

	must(fd != -1, "readonly");
	make_file("large", data, sizeof data);
	make_text(&t, "x\r\n", NULL);
	must(part_open(&l, PART_KIND_ATTACHMENT, "large", NULL, NULL,
	    &f) == 0, "large");
	writer_init(&w, fd, 0);
	ok(compose_write(&h, &t, &l, "", &w, &facts, &f) == -1 &&
	    f.code == EX_TEMPFAIL, "a full disk is a fault for now");
	is_text(f.text.data, "cannot write the temporary file: Bad file "
	    "descriptor", "that says what stopped it");
	writer_release(&w);
	fault_release(&f);
	header_release(&h);
	writer_init(&w, fd, 0);
	part_list_release(&l);
	ok(compose_write(&h, &t, &l, "", &w, &facts, &f) == -1 &&
	    f.code == EX_TEMPFAIL, "also with nothing but a short text");
	writer_release(&w);
	close(fd);
	fault_release(&f);
	header_release(&h);
	text_release(&t);
}

/* More files than a process may have open. */
static void
test_many(void)
{
	struct rlimit limit;
	struct part_list l = PART_LIST_INIT;
	struct text_part t = { 0 };
	struct header h = HEADER_INIT;
	struct buf got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct text_facts facts;
	const char *p;
	size_t i, n;

	must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	limit.rlim_cur = PART_KEEP_OPEN + 40;
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
	for (i = 0; i < 1000; i++)
		if (part_open(&l, i % 2 ? PART_KIND_ATTACHMENT :
		    PART_KIND_INLINE, "data", NULL, "x/y", &f) == -1)
			break;
	is_number((long long)i, 1000, "1,000 files are opened");
	make_text(&t, "x\r\n", NULL);
	is_number(compose(&h, &t, &l, "", &got, &facts, &f), 0,
	    "and become parts");
	is_text(f.text.data, "", "without a fault");
	for (n = 0, p = got.data; (p = strstr(p, "AAECAw==")) != NULL; p++)
		n++;
	is_number((long long)n, 1000, "all of them");
	header_release(&h);
	text_release(&t);
	part_list_release(&l);
	buf_release(&got);
	fault_release(&f);
}

int
main(void)
{
	const char *top = getenv("TMPDIR");
	char place[1000];

	snprintf(place, sizeof place, "%s/compose.XXXXXX",
	    top != NULL ? top : "/tmp");
	must(mkdtemp(place) != NULL && chdir(place) == 0, place);
	setenv("QSENDMAIL_TEST_UNIQUE", UNIQUE, 1);
	signal(SIGPIPE, SIG_IGN);
	make_files();
	test_openings();
	test_part_fields();
	test_pipes();
	test_changes();
	test_messages();
	test_fields();
	test_references();
	test_long_references();
	test_boundaries();
	test_inner_boundary();
	test_encodings();
	test_facts();
	test_longest_line();
	test_header();
	test_long_mail();
	test_faults();
	test_descriptors();
	test_short_text();
	test_full();
	test_many();
	must(chdir("/") == 0, "chdir");
	return tap_done();
}
