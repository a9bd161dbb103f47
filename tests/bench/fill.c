/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fill SPOOL CONFIG COUNT NEXT OCTETS: so many entries of the account
 * "default" of that settings file, to be tried at NEXT (0: now), each a mail
 * of about OCTETS with a Message-ID of its own.
 *
 * They are as spool_accept makes them, but all are synced together at the
 * end, or 100,000 of them would take longer than what is measured.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "queue/spool.h"

static struct fault f = FAULT_INIT;

static void
make_mail(struct buf *out, const char *id, size_t octets)
{
	buf_addf(out, "From: me@example.org\r\nTo: to@example.net\r\n"
	    "Subject: one of many\r\nMessage-ID: <%s@bench.example.org>\r\n"
	    "Date: Mon, 23 Nov 2026 18:08:34 +0000\r\n\r\n", id);
	while (out->len < octets)
		buf_adds(out, "The quick brown fox jumps over the lazy dog, "
		    "and does so once more.\r\n");
}

/* In tmp/, whole but not synced. */
static int
make_entry(struct spool *s, struct entry *e, const char *config,
    long long next, size_t octets)
{
	struct buf text = BUF_INIT, lines = BUF_INIT;
	struct timespec times[2];
	int rc = spool_create(s, e, &f);

	e->account = xstrdup("default");
	e->section = xstrdup("default");
	e->config = xstrdup(config);
	e->created = clock_now();
	e->next = next != 0 ? (time_t)next : e->created;
	envelope_set_sender(&e->envelope, "me@example.org");
	envelope_add(&e->envelope, "to@example.net");
	if (rc == 0)
		make_mail(&text, e->id, octets);
	e->content.offset = ENTRY_HEAD;
	e->content.length = (off_t)text.len;
	entry_put_next(e, e->next, &lines);
	memset(times, 0, sizeof times);
	times[0].tv_nsec = UTIME_OMIT;
	times[1].tv_sec = e->next;
	if (rc == -1 || io_pwrite(e->content.fd, text.data, text.len,
	    ENTRY_HEAD) == -1 || entry_write(e, &f) == -1 ||
	    io_pwrite(e->content.fd, lines.data, lines.len, e->end) == -1 ||
	    futimens(e->content.fd, times) == -1)
		rc = -1;
	buf_release(&text);
	buf_release(&lines);
	return rc;
}

static int
add(struct spool *s, const char *config, long long next, size_t octets)
{
	struct buf from = BUF_INIT, to = BUF_INIT;
	struct entry e;
	int rc;

	entry_init(&e);
	rc = make_entry(s, &e, config, next, octets);
	if (rc == 0) {
		buf_addf(&from, "tmp/%s", e.id);
		buf_addf(&to, "queue/default/%s", e.id);
		rc = renameat(s->fd, from.data, s->fd, to.data);
	}
	entry_release(&e);
	buf_release(&from);
	buf_release(&to);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct spool s;
	long long i, count;
	int rc;

	if (argc != 6) {
		fputs("fill: SPOOL CONFIG COUNT NEXT OCTETS\n", stderr);
		return 1;
	}
	count = strtoll(argv[3], NULL, 10);
	spool_init(&s);
	rc = spool_open(&s, argv[1], 0, &f);
	if (rc == 0)
		mkdirat(s.fd, "queue/default", 0700);
	for (i = 0; rc == 0 && i < count; i++)
		rc = add(&s, argv[2], strtoll(argv[4], NULL, 10),
		    (size_t)strtoll(argv[5], NULL, 10));
	sync();
	if (rc == -1)
		fprintf(stderr, "fill: %s\n", f.text.data);
	spool_release(&s);
	fault_release(&f);
	return rc == 0 ? 0 : 1;
}
