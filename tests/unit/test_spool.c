/* SPDX-License-Identifier: GPL-3.0-or-later */
/* queue/spool and queue/entry: what waits is what was accepted. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "queue/spool.h"
#include "tap.h"

static struct fault f = FAULT_INIT;
static const char content[] = "Subject: hi\r\n\r\nhello\r\n";

/* An entry in tmp/ with content and two recipients. */
static void
make(struct spool *s, struct entry *e)
{
	struct origin origin = { ORIGIN_COMMAND_LINE, NULL, 0 };

	entry_init(e);
	is_number(spool_create(s, e, &f), 0, "a new file in tmp/");
	free(e->account);
	e->account = strdup("../a b\xe7\xbd\x91");
	e->created = 1700000000;
	e->next = 1700000100;
	settings_set(&e->settings, SETTING_CLI, "domain", "100% mine",
	    &origin, &f);
	envelope_set_sender(&e->envelope, "me@example.org");
	envelope_add(&e->envelope, "a@example.net");
	envelope_add(&e->envelope, "\"b %41\"@example.net");
	envelope_set_dsn(&e->envelope, "HDRS", "a+2B");
	envelope_set_recipient_dsn(&e->envelope, 1, "NEVER", "rfc822;b");
	e->content.offset = 4096;
	e->content.length = sizeof content - 1;
	e->content.is_8bit_body = 1;
	io_pwrite(e->content.fd, content, sizeof content - 1, 4096);
}

static char last_account[64], last_id[64];
static time_t last_next;
static int seen;

static int
see(void *arg, const struct spool_item *item, struct fault *ignored)
{
	(void)arg;
	(void)ignored;
	seen++;
	snprintf(last_account, sizeof last_account, "%s", item->account);
	snprintf(last_id, sizeof last_id, "%s", item->id);
	last_next = item->next;
	return 0;
}

static int
count(struct spool *s)
{
	seen = 0;
	spool_scan(s, see, NULL, &f);
	return seen;
}

static void
test_life(struct spool *s)
{
	struct buf lines = BUF_INIT;
	struct entry e, got;
	char octets[64];

	make(s, &e);
	is_number(count(s), 0, "what is in tmp/ does not wait");
	entry_put_attempt(&e, 1700000001, &lines);
	envelope_record(&e.envelope, 0, STAGE_CONTENT, REPLY_R2XX, 250,
	    "queued as\n 1");
	envelope_set_unreported(&e.envelope, 0);
	entry_put_recipient(&e, 0, &lines);
	entry_put_next(&e, 1700000200, &lines);
	is_number(spool_accept(s, &e, &lines, &f), 0, "accepted");
	is_number(count(s), 1, "now it waits");
	is_text(last_account, "../a b\xe7\xbd\x91", "for its account");
	is_text(last_id, e.id, "by its id");
	is_number(last_next, 1700000200, "until it is due");

	entry_init(&got);
	is_number(spool_take(s, last_account, last_id, &got, &f), SPOOL_BUSY,
	    "it has an owner");
	entry_release(&got);
	entry_release(&e);
	entry_init(&got);
	is_number(spool_take(s, last_account, last_id, &got, &f), 1,
	    "without one it can be taken");
	is_number((long long)got.envelope.n, 2, "it has its recipients");
	is_text(got.envelope.v[1].address, "\"b %41\"@example.net",
	    "octet by octet");
	is_text(got.envelope.sender, "me@example.org", "and its sender");
	is_text(got.envelope.ret, "HDRS", "what is to be returned");
	is_text(got.envelope.envid, "a+2B", "the sender's name for it");
	is_text(got.envelope.v[0].notify, "", "no wish of one");
	is_text(got.envelope.v[1].notify, "NEVER", "that of the other");
	is_text(got.envelope.v[1].orcpt, "rfc822;b", "and who that was");
	is_text(values_text(&got.settings, S_DOMAIN), "100% mine",
	    "and settings");
	is_number(got.created, 1700000000, "and time");
	is_number(got.attempts, 1, "and its attempts");
	ok(!got.is_unsettled, "which have results");
	ok(got.envelope.v[0].outcome == OUTCOME_DONE, "one has it");
	ok(got.envelope.v[0].is_unreported && !got.envelope.v[0].is_told &&
	    !got.envelope.v[1].is_unreported, "of which nobody was told");
	is_text(got.envelope.v[0].text, "queued as\n 1", "with the reply");
	is_number((long long)entry_left(&got), 1, "one is left");
	ok(got.content.is_8bit_body && !got.content.is_8bit_header,
	    "and the facts of its content");
	is_number(io_pread(got.content.fd, octets, (size_t)got.content.length,
	    got.content.offset), sizeof content - 1, "the content is there");
	is_bytes(octets, sizeof content - 1, content, sizeof content - 1,
	    "as it was");
	is_number(spool_remove(s, &got, &f), 0, "removed");
	is_number(spool_sync(s, last_account, &f), 0, "for good");
	is_number(count(s), 0, "nothing waits any more");
	entry_release(&got);
	entry_init(&got);
	is_number(spool_take(s, last_account, last_id, &got, &f), 0,
	    "what is gone cannot be taken");
	entry_release(&got);
	buf_release(&lines);
}

static void
test_journal(struct spool *s)
{
	struct buf lines = BUF_INIT;
	char account[64], id[64];
	struct entry e, got;
	struct stat st;

	make(s, &e);
	spool_accept(s, &e, &lines, &f);
	snprintf(account, sizeof account, "%s", e.account);
	snprintf(id, sizeof id, "%s", e.id);
	entry_put_attempt(&e, 1700000300, &lines);
	buf_adds(&lines, "to 1 content 4x");
	spool_append(s, &e, &lines, 1, &f);
	entry_release(&e);
	entry_init(&got);
	is_number(spool_take(s, account, id, &got, &f), 1, "a torn last line");
	ok(got.is_unsettled, "is no result");
	is_number((long long)entry_left(&got), 2, "and counts for nobody");
	buf_reset(&lines);
	envelope_record(&got.envelope, 1, STAGE_CONTENT, REPLY_LOST, 0, "x");
	entry_put_recipient(&got, 1, &lines);
	ok(got.is_doubtful, "a lost reply is a doubt");
	envelope_record(&got.envelope, 0, STAGE_RCPT, REPLY_R5XX, 550, " no ");
	envelope_set_unreported(&got.envelope, 0);
	ok(!got.envelope.v[0].is_unreported, "a refusal is no success");
	entry_put_recipient(&got, 0, &lines);
	entry_put_hold(&got, 1, &lines);
	entry_put_warned(&got, &lines);
	entry_put_next(&got, 1700009999, &lines);
	is_number(spool_append(s, &got, &lines, 0, &f), 0, "it goes on");
	ok(fstat(got.content.fd, &st) == 0 && st.st_mtime == 1700009999,
	    "with the next time as the file's");
	entry_release(&got);
	entry_init(&got);
	is_number(spool_take(s, account, id, &got, &f), 1, "and is read again");
	ok(got.is_held && got.is_warned && got.is_doubtful &&
	    !got.is_unsettled, "with all that happened");
	is_number(got.next, 1700009999, "and when it is due");
	is_text(got.envelope.v[0].text, " no ", "with the words of a refusal");
	entry_prepare(&got);
	ok(got.envelope.v[0].outcome == OUTCOME_REJECT &&
	    got.envelope.v[1].outcome == OUTCOME_NONE,
	    "who was refused is not tried again, who was in doubt is");
	is_number(spool_fail(s, &got, &f), 0, "failed for good");
	is_number(count(s), 0, "does not wait");
	entry_release(&got);
	buf_release(&lines);
}

/* What a power loss and a full disk may find. */
static void
test_disk(struct spool *s)
{
	struct buf lines = BUF_INIT;
	char account[64], id[64];
	struct entry e, got;
	struct stat st;
	blkcnt_t room;

	make(s, &e);
	spool_accept(s, &e, &lines, &f);
	snprintf(account, sizeof account, "%s", e.account);
	snprintf(id, sizeof id, "%s", e.id);
	fstat(e.content.fd, &st);
	room = st.st_blocks;
	entry_put_attempt(&e, 1700000300, &lines);
	is_number(spool_append(s, &e, &lines, 1, &f), 0, "an attempt");
	ok(fstat(e.content.fd, &st) == 0 && st.st_blocks >= room,
	    "leaves the room that is reserved for its result");
	/* The first page of what was appended then is not there. */
	io_pwrite(e.content.fd, "\0\0\0\0x\nnext 1700000999\n", 22, e.end);
	entry_release(&e);
	entry_init(&got);
	is_number(spool_take(s, account, id, &got, &f), 1,
	    "a hole in the journal");
	ok(got.is_unsettled && got.next == got.created, "is its end");
	buf_reset(&lines);
	entry_put_next(&got, 1700000400, &lines);
	is_number(spool_append(s, &got, &lines, 1, &f), 0, "it goes on there");
	ok(fstat(got.content.fd, &st) == 0 && st.st_blocks >= room,
	    "with as much room");
	entry_release(&got);
	entry_init(&got);
	is_number(spool_take(s, account, id, &got, &f), 1, "it can be read");
	is_number(got.next, 1700000400, "as it was written");
	is_number(spool_remove(s, &got, &f), 0, "and removed");
	entry_release(&got);
	buf_release(&lines);
}

static const struct {
	const char *name, *head, *text;
	int code;
} bad[] = {
	{ "another version", "qsendmail-queue 2 64 0 0", "", EX_CONFIG },
	{ "no entry", "hello", "", EX_DATAERR },
	{ "a content that is not there", "qsendmail-queue 1 64 9999 5", "",
	    EX_DATAERR },
	{ "a content in the head", "qsendmail-queue 1 9 0 0", "", EX_DATAERR },
	{ "an unknown line", "qsendmail-queue 1 64 0 23",
	    "recipient a@b\nwhat is\n", EX_DATAERR },
	{ "nobody to send to", "qsendmail-queue 1 64 0 5", "id x\n",
	    EX_DATAERR },
	{ "a bad escape", "qsendmail-queue 1 64 0 14", "recipient %4\n\n",
	    EX_DATAERR },
	{ "an unknown setting", "qsendmail-queue 1 64 0 23",
	    "recipient a@b\nset x y\n\n", EX_DATAERR },
	{ "a journal of something else", "qsendmail-queue 1 64 0 14",
	    "recipient a@b\nnext soon\n", EX_DATAERR },
	{ "a journal about strangers", "qsendmail-queue 1 64 0 14",
	    "recipient a@b\nto 1 rcpt 5xx 550 no\n", EX_DATAERR },
	{ "a success of strangers", "qsendmail-queue 1 64 0 14",
	    "recipient a@b\nunreported 1\n", EX_DATAERR },
};

static void
test_bad(struct spool *s)
{
	char path[256], head[65];
	struct entry e;
	size_t i;
	int fd;

	mkdirat(s->fd, "queue/x", 0700);
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(path, sizeof path, "%s/queue/x/bad", s->path);
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
		snprintf(head, sizeof head, "%-63s\n", bad[i].head);
		io_pwrite(fd, head, 64, 0);
		io_pwrite(fd, bad[i].text, strlen(bad[i].text), 64);
		close(fd);
		entry_init(&e);
		is_number(spool_take(s, "x", "bad", &e, &f), -1, bad[i].name);
		if (!is_number(f.code, bad[i].code, "is told as such"))
			printf("# %s\n", f.text.data);
		ok(strstr(f.text.data, "queue/x/bad") != NULL,
		    "with its place");
		fault_release(&f);
		entry_release(&e);
		ok(access(path, F_OK) == 0, "and stays");
	}
	unlink(path);
}

static void
test_trigger(struct spool *s, int fd)
{
	struct buf none = BUF_INIT;
	char account[600];
	struct entry e;
	int i;

	make(s, &e);
	spool_accept(s, &e, &none, &f);
	seen = 0;
	spool_trigger(s, e.account, e.id);
	spool_trigger(s, e.account, "gone");
	is_number(spool_read_trigger(s, fd, see, NULL, &f), 0,
	    "it is told of entries");
	is_number(seen, 1, "that are there");
	is_text(last_id, e.id, "by their ids");
	is_text(last_account, e.account, "and accounts");
	spool_trigger(s, "", "");
	is_number(spool_read_trigger(s, fd, see, NULL, &f), 1,
	    "or to look at everything");
	is_number(spool_read_trigger(s, fd, see, NULL, &f), 0, "once");
	memset(account, 'a', sizeof account - 1);
	account[sizeof account - 1] = '\0';
	spool_trigger(s, account, "1");
	is_number(spool_read_trigger(s, fd, see, NULL, &f), 1,
	    "also when a name is too long");
	for (i = 0; i < 3000; i++)
		spool_trigger(s, e.account, e.id);
	is_number(spool_read_trigger(s, fd, see, NULL, &f), 1,
	    "or there are too many");
	spool_remove(s, &e, &f);
	entry_release(&e);
}

/* A runner that starts cleans while others accept. */
static void
test_clean_beside(struct spool *s)
{
	pid_t self = getpid(), cleaner = fork();
	struct entry e;
	struct stat st;
	int i, gone = 0;

	while (cleaner == 0 && getppid() == self)
		spool_clean(s);
	if (cleaner == 0)
		_exit(0);
	for (i = 0; i < 3000 && gone == 0; i++) {
		entry_init(&e);
		gone += spool_create(s, &e, &f) != 0 ||
		    fstat(e.content.fd, &st) != 0 || st.st_nlink != 1;
		spool_discard(s, &e);
		entry_release(&e);
	}
	kill(cleaner, SIGKILL);
	waitpid(cleaner, NULL, 0);
	is_number(gone, 0, "a new file is not cleaned away");
}

static void
test_owners(struct spool *s)
{
	struct spool other;
	struct entry e;
	int fd;

	make(s, &e);
	spool_clean(s);
	is_number(faccessat(s->fd, "tmp", F_OK, 0), 0, "tmp/ is there");
	is_number(spool_accept(s, &e, &(struct buf)BUF_INIT, &f), 0,
	    "cleaning leaves what has an owner");
	spool_remove(s, &e, &f);
	entry_release(&e);
	make(s, &e);
	entry_release(&e);
	spool_clean(s);
	fd = openat(s->fd, "tmp", O_RDONLY | O_DIRECTORY);
	ok(unlinkat(s->fd, "tmp", AT_REMOVEDIR) == 0,
	    "and takes what a dead one has left");
	mkdirat(s->fd, "tmp", 0700);
	close(fd);

	ok(!spool_is_watched(s), "nobody watches");
	spool_init(&other);
	spool_open(&other, s->path, 0, &f);
	is_number(spool_watch(&other, 0, &f), 1, "a passing runner");
	ok(!spool_is_watched(s), "is nobody to rely on");
	is_number(spool_watch(s, 1, &f), 0, "but the only one");
	spool_release(&other);
	is_number(spool_watch(s, 1, &f), 1, "then a lasting one");
	spool_open(&other, s->path, 0, &f);
	ok(spool_is_watched(&other), "is one");
	spool_release(&other);
	fd = spool_open_trigger(s, &f);
	test_trigger(s, fd);
	close(fd);
	spool_trigger(s, "x", "y");
}

static int
see_failed(void *arg, const struct spool_item *item, struct fault *ignored)
{
	(void)ignored;
	seen += item->account == NULL && strcmp(item->id, arg) == 0;
	return 0;
}

static volatile sig_atomic_t is_over;

static void
stop(int number)
{
	(void)number;
	is_over = 1;
}

/* Looks at an entry, and for a runner, until it is told to stop. */
static void
look_on(struct spool *s, const char *account, const char *id)
{
	struct entry e;
	int is_busy;

	while (!is_over) {
		entry_init(&e);
		spool_look(s, account, id, &e, &is_busy, &f);
		entry_release(&e);
		spool_has_runner(s);
	}
	_exit(0);
}

static void
test_looking(struct spool *s)
{
	struct buf none = BUF_INIT, account = BUF_INIT;
	struct entry e, got;
	int is_busy, has_failed, i, status, taken = 0, watched = 0;
	struct spool other;
	char id[64];
	pid_t pid;

	make(s, &e);
	spool_accept(s, &e, &none, &f);
	snprintf(id, sizeof id, "%s", e.id);
	entry_init(&got);
	is_number(spool_look(s, e.account, id, &got, &is_busy, &f), 1,
	    "what has an owner can be looked at");
	ok(is_busy, "and it shows");
	is_text(got.envelope.sender, "me@example.org", "it is read");
	entry_release(&got);
	entry_release(&e);
	ok(spool_find(s, id, &account, &has_failed) == 1 && !has_failed,
	    "an entry is found by its id");
	is_text(account.data, "../a b\xe7\xbd\x91", "with its account");
	ok(!spool_find(s, "../x", &account, &has_failed) &&
	    !spool_find(s, "", &account, &has_failed) &&
	    !spool_find(s, "..", &account, &has_failed), "and no other file");
	spool_find(s, id, &account, &has_failed);

	signal(SIGTERM, stop);
	pid = fork();
	if (pid == 0)
		look_on(s, account.data, id);
	spool_init(&other);
	spool_open(&other, s->path, 0, &f);
	for (i = 0; i < 300; i++) {
		entry_init(&got);
		taken += spool_take(s, account.data, id, &got, &f) ==
		    SPOOL_OURS;
		entry_release(&got);
		watched += spool_watch(&other, 1, &f) == 1;
		spool_unwatch(&other);
	}
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	is_number(taken, 300, "who looks is in nobody's way");
	is_number(watched, 300, "and in no runner's");
	spool_release(&other);

	entry_init(&got);
	spool_take(s, account.data, id, &got, &f);
	is_number(spool_fail(s, &got, &f), 0, "one that fails");
	entry_release(&got);
	ok(spool_find(s, id, &account, &has_failed) == 1 && has_failed,
	    "is found, too");
	entry_init(&got);
	is_number(spool_look(s, NULL, id, &got, &is_busy, &f), 1,
	    "and looked at");
	entry_release(&got);
	seen = 0;
	spool_scan_failed(s, see_failed, id, &f);
	is_number(seen, 1, "it is listed");
	is_number(spool_remove_failed(s, id, &f), 0, "and removed");
	ok(!spool_find(s, id, &account, &has_failed), "for good");
	buf_release(&account);
}

int
main(void)
{
	char path[] = "spool/deep/down";
	struct spool s;

	spool_init(&s);
	is_number(spool_open(&s, path, 0, &f), 0, "a spool is made");
	test_life(&s);
	test_journal(&s);
	test_disk(&s);
	test_bad(&s);
	test_looking(&s);
	test_clean_beside(&s);
	test_owners(&s);
	spool_release(&s);
	is_number(f.code, 0, "no fault is left");
	fault_release(&f);
	return tap_done();
}
