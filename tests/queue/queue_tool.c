/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries for the scripts in this directory: makes, shows and locks them.
 *
 *   queue_tool SPOOL put [OPTION VALUE...]   the content on standard input
 *       (LF becomes CRLF); prints the id. --account NAME, --sender ADDRESS,
 *       --to ADDRESS (again for more), --bounce yes, --uid N, --config FILE,
 *       --created TIME, --next TIME, --journal 'raw lines'
 *   queue_tool SPOOL list                    "ACCOUNT ID NEXT" a line
 *   queue_tool SPOOL dump ID                 its text and journal as they are
 *   queue_tool SPOOL fail ID                 moves it to failed/
 *   queue_tool SPOOL lock ID                 prints "locked", holds the lock
 *                                            until standard input ends
 *   queue_tool SPOOL watch once|service      is the runner as long
 *   queue_tool SPOOL pause [ACCOUNT 0|1 UNTIL REASON]...  writes "status"
 *   queue_tool SPOOL trigger                 prints what the runner is told,
 *                                            until standard input ends
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "queue/status.h"

static struct fault f = FAULT_INIT;

static int
fail(void)
{
	fprintf(stderr, "queue_tool: %s\n", f.text.data);
	return f.code != 0 ? f.code : EX_SOFTWARE;
}

static void
say(const char *text)
{
	printf("%s\n", text);
	fflush(stdout);
}

static void
wait_for_end(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) > 0)
		continue;
}

/* ---- put ---- */

static void
set(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

static int
apply(struct entry *e, const char *option, const char *value,
    struct buf *lines)
{
	if (strcmp(option, "--account") == 0) {
		set(&e->account, value);
		set(&e->section, value);
	} else if (strcmp(option, "--sender") == 0)
		envelope_set_sender(&e->envelope, value);
	else if (strcmp(option, "--to") == 0)
		envelope_add(&e->envelope, value);
	else if (strcmp(option, "--bounce") == 0)
		e->is_bounce = strcmp(value, "yes") == 0;
	else if (strcmp(option, "--uid") == 0)
		e->uid = strtoll(value, NULL, 10);
	else if (strcmp(option, "--config") == 0)
		set(&e->config, value);
	else if (strcmp(option, "--created") == 0)
		e->created = (time_t)strtoll(value, NULL, 10);
	else if (strcmp(option, "--next") == 0)
		e->next = (time_t)strtoll(value, NULL, 10);
	else if (strcmp(option, "--journal") == 0)
		buf_addf(lines, "%s%s", value, *value != '\0' &&
		    value[strlen(value) - 1] != '\n' ? "\n" : "");
	else
		return fault_set(&f, EX_USAGE, "%s: unknown", option);
	return 0;
}

static void
read_content(struct entry *e)
{
	struct buf text = BUF_INIT, line = BUF_INIT;
	struct reader r;

	reader_init(&r, STDIN_FILENO);
	while (reader_line(&r, &line) == 1) {
		if (line.data[line.len - 1] == '\n')
			buf_truncate(&line, line.len - 1);
		buf_add(&text, line.data, line.len);
		buf_adds(&text, "\r\n");
		buf_reset(&line);
	}
	reader_release(&r);
	e->content.offset = ENTRY_HEAD;
	e->content.length = (off_t)text.len;
	io_pwrite(e->content.fd, text.data, text.len, ENTRY_HEAD);
	buf_release(&text);
	buf_release(&line);
}

static int
put(struct spool *s, char *words[])
{
	struct buf lines = BUF_INIT, journal = BUF_INIT;
	struct entry e;
	int rc = 0;

	entry_init(&e);
	set(&e.account, "default");
	set(&e.section, "default");
	e.created = clock_now();
	e.next = e.created;
	if (spool_create(s, &e, &f) == -1)
		return fail();
	for (; rc == 0 && words[0] != NULL && words[1] != NULL; words += 2)
		rc = apply(&e, words[0], words[1], &lines);
	if (e.envelope.n == 0)
		envelope_add(&e.envelope, "to@example.net");
	read_content(&e);
	entry_put_next(&e, e.next, &journal);
	buf_add(&journal, lines.data, lines.len);
	if (rc == -1 || spool_accept(s, &e, &journal, &f) == -1)
		rc = fail();
	else
		say(e.id);
	buf_release(&lines);
	buf_release(&journal);
	entry_release(&e);
	return rc;
}

/* ---- the others ---- */

static int
list_item(void *arg, const struct spool_item *item, struct fault *ignored)
{
	(void)arg;
	(void)ignored;
	printf("%s %s %lld\n", item->account, item->id,
	    (long long)item->next);
	return 0;
}

static int
list(struct spool *s)
{
	return spool_scan(s, list_item, NULL, &f) == 0 ? 0 : fail();
}

static int
find(struct spool *s, const char *id, struct buf *account, int *has_failed)
{
	if (id != NULL && spool_find(s, id, account, has_failed))
		return 0;
	return fault_set(&f, EX_NOINPUT, "no entry %s", id);
}

static int
dump(struct spool *s, const char *id)
{
	struct buf account = BUF_INIT;
	struct entry e;
	int is_busy, has_failed;
	off_t at;
	char c;

	entry_init(&e);
	if (find(s, id, &account, &has_failed) == -1 ||
	    spool_look(s, has_failed ? NULL : account.data, id, &e, &is_busy,
	    &f) != 1)
		return fail();
	for (at = e.content.offset + e.content.length; at < e.end; at++)
		if (io_pread(e.content.fd, &c, 1, at) == 1)
			putchar(c);
	buf_release(&account);
	entry_release(&e);
	return 0;
}

/* With an entry that it owns. */
static int
own(struct spool *s, const char *id, int is_lock)
{
	struct buf account = BUF_INIT;
	struct entry e;
	int has_failed, rc = 0;

	entry_init(&e);
	if (find(s, id, &account, &has_failed) == -1)
		return fail();
	if (spool_take(s, account.data, id, &e, &f) != 1) {
		fault_set(&f, EX_TEMPFAIL, "%s has an owner", id);
		rc = fail();
	} else if (is_lock) {
		say("locked");
		wait_for_end();
	} else if (spool_fail(s, &e, &f) == -1) {
		rc = fail();
	}
	buf_release(&account);
	entry_release(&e);
	return rc;
}

static int
watch(struct spool *s, const char *kind)
{
	if (kind == NULL ||
	    spool_watch(s, strcmp(kind, "service") == 0, &f) != 1) {
		fault_set(&f, EX_TEMPFAIL, "there is a runner");
		return fail();
	}
	say("watching");
	wait_for_end();
	return 0;
}

static int
put_pauses(struct spool *s, char *words[])
{
	struct status status = STATUS_INIT;
	int rc;

	for (; words[0] != NULL && words[1] != NULL && words[2] != NULL &&
	    words[3] != NULL; words += 4)
		status_add(&status, words[0], strcmp(words[1], "1") == 0,
		    (time_t)strtoll(words[2], NULL, 10), words[3]);
	rc = status_write(&status, s, &f) == 0 ? 0 : fail();
	status_release(&status);
	return rc;
}

static int
show_trigger(struct spool *s)
{
	struct pollfd p[2] = { { STDIN_FILENO, POLLIN, 0 },
		{ spool_open_trigger(s, &f), POLLIN, 0 } };

	if (p[1].fd == -1)
		return fail();
	say("listening");
	for (;;) {
		poll(p, 2, -1);
		if ((p[1].revents & POLLIN) != 0) {
			if (spool_read_trigger(s, p[1].fd, list_item, NULL,
			    &f) == 1)
				say("all");
			fflush(stdout);
		} else if (p[0].revents != 0) {
			break;
		}
	}
	close(p[1].fd);
	return 0;
}

static int
run(struct spool *s, char *words[])
{
	if (strcmp(words[0], "put") == 0)
		return put(s, words + 1);
	if (strcmp(words[0], "list") == 0)
		return list(s);
	if (strcmp(words[0], "dump") == 0)
		return dump(s, words[1]);
	if (strcmp(words[0], "fail") == 0 || strcmp(words[0], "lock") == 0)
		return own(s, words[1], words[0][0] == 'l');
	if (strcmp(words[0], "watch") == 0)
		return watch(s, words[1]);
	if (strcmp(words[0], "pause") == 0)
		return put_pauses(s, words + 1);
	if (strcmp(words[0], "trigger") == 0)
		return show_trigger(s);
	fault_set(&f, EX_USAGE, "%s: unknown", words[0]);
	return fail();
}

int
main(int argc, char *argv[])
{
	struct spool s;
	int rc;

	if (argc < 3) {
		fault_set(&f, EX_USAGE, "expected SPOOL COMMAND");
		return fail();
	}
	spool_init(&s);
	rc = spool_open(&s, argv[1], 0, &f) == 0 ? run(&s, argv + 2) : fail();
	spool_release(&s);
	fault_release(&f);
	return rc;
}
