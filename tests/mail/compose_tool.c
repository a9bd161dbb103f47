/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Composes a message from files, for tests that read it back with other
 * programs: tests/mail/. Not a test by itself.
 *
 * usage: compose_tool [--text FILE] [--header FIELD]... [--charset NAME]
 *     [--html FILE | --inline FILE | --attach FILE [--type T] [--name N]]...
 *
 * The message goes to standard output. Standard error gets one line of what
 * compose_write says about the body: length, lines, octets above 127, longest
 * line; or, with the exit status, the fault.
 */
#include "mail/compose.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/xalloc.h"

struct tool {
	struct header header;
	struct text_part text;
	struct part_list parts;
	const char *charset;
};

static int
open_text(struct text_part *t, const char *path, struct fault *f)
{
	struct reader r;
	struct writer w;
	int in = open(path, O_RDONLY), rc;

	if (in == -1)
		return fault_errno(f, EX_NOINPUT, "%s", path);
	t->fd = io_private_file(f);
	if (t->fd == -1)
		return -1;
	reader_init(&r, in);
	writer_init(&w, t->fd, 0);
	rc = text_copy(&r, NULL, &w, 0, &t->facts, f);
	reader_release(&r);
	writer_release(&w);
	close(in);
	return rc;
}

static int
take_option(struct tool *t, char **argv, int *i, struct fault *f)
{
	static const char *const kinds[] = {
		[PART_KIND_HTML] = "--html",
		[PART_KIND_INLINE] = "--inline",
		[PART_KIND_ATTACHMENT] = "--attach",
	};
	const char *option = argv[*i], *value = argv[*i + 1];
	const char *name = NULL, *type = NULL;
	enum part_kind kind;

	if (value == NULL)
		return fault_set(f, EX_USAGE, "%s needs a value", option);
	*i += 2;
	if (strcmp(option, "--text") == 0)
		return open_text(&t->text, value, f);
	if (strcmp(option, "--header") == 0)
		return header_add_line(&t->header, value, f);
	if (strcmp(option, "--charset") == 0) {
		t->charset = value;
		return 0;
	}
	for (kind = 0; kind <= PART_KIND_ATTACHMENT; kind++)
		if (strcmp(option, kinds[kind]) == 0)
			break;
	if (kind > PART_KIND_ATTACHMENT)
		return fault_set(f, EX_USAGE, "%s: unknown option", option);
	for (; argv[*i] != NULL && argv[*i + 1] != NULL; *i += 2)
		if (strcmp(argv[*i], "--type") == 0)
			type = argv[*i + 1];
		else if (strcmp(argv[*i], "--name") == 0)
			name = argv[*i + 1];
		else
			break;
	return part_open(&t->parts, kind, value, name, type, f);
}

/* Header, blank line and body to standard output. */
static int
show(struct tool *t, int fd, off_t length, struct fault *f)
{
	struct buf header = BUF_INIT;
	struct reader r;
	const char *p;
	size_t n;
	int rc;

	header_format(&t->header, &header);
	buf_adds(&header, "\r\n");
	rc = io_write(STDOUT_FILENO, header.data, header.len);
	reader_init_part(&r, fd, 0, length);
	while (rc == 0 && (n = reader_peek(&r, &p)) != 0) {
		rc = io_write(STDOUT_FILENO, p, n);
		reader_take(&r, n);
	}
	reader_release(&r);
	buf_release(&header);
	return rc == 0 ? 0 : fault_errno(f, EX_IOERR, "standard output");
}

static int
compose(struct tool *t, struct fault *f)
{
	struct text_facts facts;
	struct writer w;
	int fd = io_private_file(f), rc;

	if (fd == -1)
		return -1;
	writer_init(&w, fd, 0);
	rc = compose_write(&t->header, &t->text, &t->parts, t->charset, &w,
	    &facts, f);
	if (rc == 0)
		rc = writer_flush(&w, f);
	if (rc == 0)
		rc = show(t, fd, writer_position(&w), f);
	if (rc == 0)
		fprintf(stderr, "%lld %lld %lld %zu\n",
		    (long long)facts.length, (long long)facts.lines,
		    (long long)facts.octets_8bit, facts.longest_line);
	writer_release(&w);
	close(fd);
	return rc;
}

int
main(int argc, char **argv)
{
	struct tool t = { HEADER_INIT, { .fd = -1, .header = HEADER_INIT },
		PART_LIST_INIT, "" };
	struct fault f = FAULT_INIT;
	int i = 1, rc = 0;

	while (i < argc && rc == 0)
		rc = take_option(&t, argv, &i, &f);
	if (rc == 0)
		rc = compose(&t, &f);
	if (rc == -1)
		fprintf(stderr, "%s\n", f.text.data);
	rc = f.code;
	if (t.text.fd != -1)
		close(t.text.fd);
	header_release(&t.header);
	header_release(&t.text.header);
	part_list_release(&t.parts);
	fault_release(&f);
	return rc;
}
