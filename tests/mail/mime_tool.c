/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mime_convert for the scripts in this directory. Reads requests from
 * standard input until its end, each a line "VERB NEEDS LENGTH" and LENGTH
 * octets; answers each with a line "STATUS SEALED LENGTH" and octets. VERB is
 * "convert" (the message as it is) or "complete" (first through message_read
 * and message_complete); NEEDS is a number, enum mime_need. STATUS is 0 or a
 * sysexits code, and then the octets are the sentence of the fault.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "mail/mime.h"

static int
to_ascii(const char *domain, struct buf *out)
{
	if (strcmp(domain, "b\xc3\xbc""cher.example") != 0)
		return -1;
	return buf_adds(out, "xn--bcher-kva.example");
}

/* The message in fd, read and completed, into out. */
static int
complete(int fd, off_t length, struct writer *out, struct fault *f)
{
	struct completion c = { .from = "sender@example.org",
		.msgid_domain = "example.org", .add_msgid = 1, .add_date = 1,
		.charset = "iso-8859-1", .remove_bcc = 1 };
	struct buf header = BUF_INIT;
	struct writer body;
	struct reader r;
	struct message m;
	const char *p;
	size_t n;
	int body_fd = io_private_file(f), rc = -1;

	message_init(&m);
	reader_init_part(&r, fd, 0, length);
	writer_init(&body, body_fd, 0);
	if (body_fd == -1 || message_read(&m, &r, &body, 0, f) == -1 ||
	    message_complete(&m, &c, f) == -1)
		goto out;
	header_format(&m.header, &header);
	buf_adds(&header, "\r\n");
	writer_put(out, header.data, header.len);
	reader_release(&r);
	reader_init_part(&r, body_fd, 0, m.body.length);
	while ((n = reader_peek(&r, &p)) != 0) {
		writer_put(out, p, n);
		reader_take(&r, n);
	}
	rc = writer_flush(out, f);
out:
	if (body_fd != -1)
		close(body_fd);
	message_release(&m);
	writer_release(&body);
	reader_release(&r);
	buf_release(&header);
	return rc;
}

static void
answer(int fd, off_t length, int sealed, const struct fault *f)
{
	char chunk[4096];
	off_t at;
	ssize_t n;

	if (f->code != 0) {
		printf("%d %d %zu\n%s", f->code, sealed, f->text.len,
		    f->text.data);
		return;
	}
	printf("0 %d %lld\n", sealed, (long long)length);
	for (at = 0; at < length; at += n) {
		n = io_pread(fd, chunk, sizeof chunk, at);
		if (n <= 0)
			break;
		fwrite(chunk, 1, (size_t)n, stdout);
	}
}

static int
serve(const char *verb, int needs, const char *text, size_t length)
{
	struct fault f = FAULT_INIT;
	int in = io_private_file(&f), done = io_private_file(&f);
	int out = io_private_file(&f), sealed = 0;
	struct writer w, second;
	off_t end = (off_t)length;

	writer_init(&w, done, 0);
	writer_init(&second, out, 0);
	if (f.code != 0 || io_pwrite(in, text, length, 0) == -1)
		return -1;
	if (strcmp(verb, "complete") == 0) {
		if (complete(in, end, &w, &f) == 0)
			mime_convert(done, 0, writer_position(&w), needs,
			    to_ascii, &second, &sealed, &f);
	} else {
		mime_convert(in, 0, end, needs, to_ascii, &second, &sealed,
		    &f);
	}
	answer(out, writer_position(&second), sealed, &f);
	fflush(stdout);
	writer_release(&w);
	writer_release(&second);
	fault_release(&f);
	close(in);
	close(done);
	close(out);
	return 0;
}

int
main(void)
{
	char line[100], verb[20], *text;
	size_t length;
	int needs, rc = 0;

	while (rc == 0 && fgets(line, sizeof line, stdin) != NULL) {
		if (sscanf(line, "%19s %d %zu", verb, &needs, &length) != 3)
			return 2;
		text = xmalloc(length + 1);
		if (fread(text, 1, length, stdin) != length)
			rc = 2;
		else
			rc = serve(verb, needs, text, length);
		free(text);
	}
	return rc;
}
