/* SPDX-License-Identifier: GPL-3.0-or-later */
/* queue/status: what is written is read again. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "queue/status.h"
#include "tap.h"

static struct fault f = FAULT_INIT;

static void
test_round(struct spool *s)
{
	struct status written = STATUS_INIT, got = STATUS_INIT;
	struct stat st;

	is_number(status_read(&got, s, &f), 0, "without a file");
	is_number((long long)got.n, 0, "nobody pauses");
	status_add(&written, "qq", 1, 1700000000, "535 login fail (see %20)");
	status_add(&written, "a b\tc\n", 0, 1700000001, " two\nlines\x01 ");
	status_add(&written, "", 0, 0, "");
	is_number(status_write(&written, s, &f), 0, "three are written");
	ok(fstatat(s->fd, "status", &st, 0) == 0 &&
	    (st.st_mode & 07777) == 0600, "for the owner only");
	ok(faccessat(s->fd, "tmp/status", F_OK, 0) == -1,
	    "nothing is left in tmp/");
	is_number(status_read(&got, s, &f), 0, "and read");
	is_number((long long)got.n, 3, "all of them");
	if (got.n != 3)
		return;
	is_text(got.v[0].account, "qq", "the account");
	is_text(got.v[0].reason, "535 login fail (see %20)", "the reason");
	ok(got.v[0].is_account_fault && !got.v[1].is_account_fault,
	    "whose fault it is");
	is_number(got.v[1].until, 1700000001, "until when");
	is_text(got.v[1].account, "a b\tc\n", "odd names");
	is_text(got.v[1].reason, " two\nlines\x01 ", "and odd reasons");
	is_text(got.v[2].account, "", "and none");
	ok(status_find(&got, "qq") == &got.v[0], "one is found");
	ok(status_find(&got, "163") == NULL, "another one does not pause");
	status_release(&got);
	status_release(&written);
	is_number(status_write(&written, s, &f), 0, "none");
	is_number(status_read(&got, s, &f), 0, "replaces what was there");
	is_number((long long)got.n, 0, "as a whole");
}

static const struct {
	const char *name, *text;
	size_t n;
} files[] = {
	{ "an empty file", "", 0 },
	{ "another version", "qsendmail-status 2\npause\t0\t1\ta\tb\n", 0 },
	{ "a torn line", "qsendmail-status 1\npause\t0\t1\ta\tb", 0 },
	{ "unknown lines", "qsendmail-status 1\nhum\t0\t1\ta\tb\n"
	    "pause\t0\t1\ta\npause\t0\tx\ta\tb\npause\t0\t1\t%4\tb\n"
	    "pause\t0\t1\ta\t%\npause\t0\t1\ta\tb\tc\n\n"
	    "pause\t1\t2\tgood\tone\n", 1 },
};

static void
test_files(struct spool *s)
{
	struct status got = STATUS_INIT;
	size_t i;
	int fd;

	for (i = 0; i < sizeof files / sizeof *files; i++) {
		fd = openat(s->fd, "status", O_WRONLY | O_CREAT | O_TRUNC,
		    0600);
		io_write(fd, files[i].text, strlen(files[i].text));
		close(fd);
		is_number(status_read(&got, s, &f), 0, files[i].name);
		is_number((long long)got.n, (long long)files[i].n,
		    "says no more than it can");
		status_release(&got);
	}
}

static void
test_faults(struct spool *s)
{
	struct status got = STATUS_INIT;

	unlinkat(s->fd, "status", 0);
	mkdirat(s->fd, "status", 0700);
	is_number(status_read(&got, s, &f), -1, "what cannot be read");
	is_number(f.code, EX_IOERR, "is told");
	ok(strstr(f.text.data, "/status") != NULL, "with its place");
	fault_release(&f);
	is_number(status_write(&got, s, &f), -1, "what cannot be written too");
	is_number(f.code, EX_IOERR, "in the same way");
	fault_release(&f);
}

int
main(void)
{
	struct spool s;

	spool_init(&s);
	if (!is_number(spool_open(&s, "spool", 0, &f), 0, "a spool"))
		return tap_done();
	test_round(&s);
	test_files(&s);
	test_faults(&s);
	spool_release(&s);
	return tap_done();
}
