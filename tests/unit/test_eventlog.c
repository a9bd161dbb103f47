/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * queue/eventlog: the lines, octet by octet but for the process id. With
 * arguments it is no test, but writes the log of a few mails to the file that
 * the first one names (tests/queue/100-log.sh lets pflogsumm count them).
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "queue/eventlog.h"
#include "tap.h"

static struct fault f = FAULT_INIT;

static void
make(struct entry *e, const char *id, const char *sender, off_t length)
{
	entry_init(e);
	free(e->id);
	e->id = strdup(id);
	e->created = 1700000000;
	e->uid = 1000;
	e->content.length = length;
	envelope_set_sender(&e->envelope, sender);
}

static void
end(struct entry *e, size_t i, enum stage stage, enum reply reply, int code,
    const char *text)
{
	envelope_record(&e->envelope, i, stage, reply, code, text);
}

/* ---- for pflogsumm ---- */

static void
write_log(const char *where)
{
	struct entry e;

	make(&e, "6553f100aaaaaaaa", "me@example.org", 1000);
	envelope_add(&e.envelope, "a@example.net");
	envelope_add(&e.envelope, "b@example.net");
	envelope_add(&e.envelope, "\"odd, relay=x> status=sent\"@example.com");
	eventlog_accepted(where, &e, "<1@example.org>", NULL);
	end(&e, 0, STAGE_CONTENT, REPLY_R2XX, 250, "2.0.0 OK: queued as. (x)");
	end(&e, 1, STAGE_RCPT, REPLY_R4XX, 451, "4.7.1 come (later)");
	end(&e, 2, STAGE_RCPT, REPLY_R5XX, 550, "5.1.1 no), status=sent (x");
	eventlog_recipient(where, &e, 0, "smtp.example.org:465", 1234);
	eventlog_recipient(where, &e, 1, "smtp.example.org:465", 1234);
	eventlog_recipient(where, &e, 2, "smtp.example.org:465", 1234);
	eventlog_notice(where, &e, "sender non-delivery notification", "n1");
	end(&e, 1, STAGE_CONTENT, REPLY_R2XX, 250, "OK");
	eventlog_recipient(where, &e, 1, "smtp.example.org:465", 61000);
	eventlog_removed(where, &e);
	entry_release(&e);
	make(&e, "6553f101bbbbbbbb", "you@example.com", 5000);
	envelope_add(&e.envelope, "a@example.net");
	eventlog_accepted(where, &e, "2@example.com", "host[192.0.2.1]");
	end(&e, 0, STAGE_CONNECT, REPLY_ANY, 0, "connection refused");
	eventlog_recipient(where, &e, 0, "", 200);
	entry_release(&e);
	make(&e, "6553f102cccccccc", "", 700);
	e.is_bounce = 1;
	envelope_add(&e.envelope, "me@example.org");
	eventlog_accepted(where, &e, NULL, NULL);
	end(&e, 0, STAGE_CONTENT, REPLY_R2XX, 250, "OK");
	eventlog_recipient(where, &e, 0, "/home/me/Mail, and more", 0);
	eventlog_removed(where, &e);
	eventlog_note(where, "runner", "", "warning: account %s pauses", "qq");
	entry_release(&e);
}

/* ---- the test ---- */

/* What the file has got since the last time, without "[PID]". */
static void
is_logged(const char *want, const char *name)
{
	struct buf got = BUF_INIT, pid = BUF_INIT;
	char *p;

	io_load("log", 100000, &got, &f);
	buf_addf(&pid, "[%ld]", (long)getpid());
	while ((p = strstr(got.data, pid.data)) != NULL)
		memmove(p, p + pid.len, strlen(p + pid.len) + 1);
	is_text(got.data, want, name);
	buf_release(&got);
	buf_release(&pid);
	unlink("log");
}

#define AT "Nov 14 22:13:20 host qsendmail/"

static void
test_accepted(void)
{
	struct entry e;

	make(&e, "id1", "me@example.org", 1234);
	envelope_add(&e.envelope, "a@x");
	envelope_add(&e.envelope, "b@x");
	eventlog_accepted("log", &e, "<1@x>", NULL);
	is_logged(AT "pickup: id1: uid=1000 from=<me@example.org>\n"
	    AT "cleanup: id1: message-id=<1@x>\n"
	    AT "qmgr: id1: from=<me@example.org>, size=1234, nrcpt=2 "
	    "(queue active)\n", "a mail has come");
	eventlog_accepted("log", &e, "1>, b@x\n", "a, from=<b>");
	is_logged(AT "smtpd: id1: client=a\\x2c from=<b>\n"
	    AT "cleanup: id1: message-id=<1\\x3e, b@x\\x0a>\n"
	    AT "qmgr: id1: from=<me@example.org>, size=1234, nrcpt=2 "
	    "(queue active)\n", "from a client that thinks of something");
	envelope_set_sender(&e.envelope, "");
	e.is_bounce = 1;
	eventlog_accepted("log", &e, "", "");
	is_logged(AT "cleanup: id1: message-id=<>\n"
	    AT "qmgr: id1: from=<>, size=1234, nrcpt=2 (queue active)\n",
	    "a notice comes from nobody");
	entry_release(&e);
}

static const struct {
	const char *name;
	enum stage stage;
	enum reply reply;
	int code;
	const char *text, *relay;
	long long delay;
	const char *want;
} ends[] = {
	{ "sent", STAGE_CONTENT, REPLY_R2XX, 250, "OK: queued as.",
	    "smtp.qq.com:465", 1230, "relay=smtp.qq.com:465, delay=1.2, "
	    "delays=0/1/0/0.23, dsn=2.0.0, status=sent (250 OK: queued as.)" },
	{ "sent, with a status", STAGE_CONTENT, REPLY_R2XX, 250, "2.6.0 fine",
	    "h:25", 50, "relay=h:25, delay=0.05, delays=0/0.05/0/0, dsn=2.6.0, "
	    "status=sent (250 2.6.0 fine)" },
	{ "deferred", STAGE_RCPT, REPLY_R4XX, 451, "4.7.1 (slow) down", "h:25",
	    99999, "relay=h:25, delay=99, delays=0/1/0/98, dsn=4.7.1, "
	    "status=deferred (451 4.7.1 [slow] down)" },
	{ "bounced", STAGE_RCPT, REPLY_R5XX, 550, "no) status=sent (\r\nx",
	    "h:25", 0, "relay=h:25, delay=0, delays=0/0/0/0, dsn=5.0.0, "
	    "status=bounced (550 no] status=sent [  x)" },
	{ "no words", STAGE_RCPT, REPLY_R5XX, 550, "", "h:25", 0,
	    "relay=h:25, delay=0, delays=0/0/0/0, dsn=5.0.0, "
	    "status=bounced (550)" },
	{ "words in GBK", STAGE_RCPT, REPLY_R5XX, 550, "\xd3\xc3\xbb\xa7",
	    "h:25", 0, "relay=h:25, delay=0, delays=0/0/0/0, dsn=5.0.0, "
	    "status=bounced (550 \xe7\x94\xa8\xe6\x88\xb7)" },
	{ "a Maildir", STAGE_MAILDIR, REPLY_R2XX, 0, "new/1", "/a,b\n", 0,
	    "relay=/a\\x2cb\\x0a, delay=0, delays=0/0/0/0, dsn=2.0.0, "
	    "status=sent (" },
	{ "nobody", STAGE_CONNECT, REPLY_ANY, 0, "refused", "", 0,
	    "relay=none, delay=0, delays=0/0/0/0, dsn=4.4.1, "
	    "status=deferred (" },
	{ "a doubt", STAGE_CONTENT, REPLY_LOST, 0, "", "h:25", 0,
	    "relay=h:25, delay=0, delays=0/0/0/0, dsn=4.4.2, "
	    "status=deferred (" },
};

static void
test_recipients(void)
{
	struct buf want = BUF_INIT;
	struct entry e;
	size_t i, len;

	make(&e, "id1", "me@x", 1);
	e.attempted = e.created + 1;
	envelope_add(&e.envelope, "\"a> b\"@x");
	for (i = 0; i < sizeof ends / sizeof *ends; i++) {
		buf_reset(&want);
		end(&e, 0, ends[i].stage, ends[i].reply, ends[i].code,
		    ends[i].text);
		eventlog_recipient("log", &e, 0, ends[i].relay,
		    ends[i].delay);
		buf_addf(&want, AT "smtp: id1: to=<\"a\\x3e b\"@x>, %s",
		    ends[i].want);
		len = strlen(ends[i].want);
		if (ends[i].want[len - 1] == '(') {
			buf_adds(&want, outcome_find(ends[i].stage,
			    ends[i].reply)->sentence);
			if (ends[i].text[0] != '\0')
				buf_addf(&want, ": %s", ends[i].text);
			buf_addc(&want, ')');
		}
		buf_addc(&want, '\n');
		is_logged(want.data, ends[i].name);
	}
	buf_release(&want);
	entry_release(&e);
}

static void
test_others(void)
{
	struct entry e;

	make(&e, "id1", "me@x", 1);
	eventlog_removed("log", &e);
	is_logged(AT "qmgr: id1: removed\n", "removed");
	eventlog_notice("log", &e, "sender delay notification", "id2");
	is_logged(AT "bounce: id1: sender delay notification: id2\n",
	    "a notice");
	eventlog_note("log", "runner", "", "%d mails\n%s", 2, "\x1b[1m");
	is_logged(AT "runner: 2 mails\\x0a\\x1b[1m\n", "a note");
	eventlog_note("log", "runner", "id1", "taken over");
	is_logged(AT "runner: id1: taken over\n", "about a mail");
	eventlog_note("/none/log", "runner", "", "x");
	ok(1, "a log that cannot be written is not needed");
	entry_release(&e);
}

/* The last: nothing ends it. */
static void
test_hold(void)
{
	struct entry e;

	make(&e, "id1", "me@x", 1);
	eventlog_hold();
	eventlog_removed("log", &e);
	eventlog_note("log", "runner", "", "second");
	ok(access("log", F_OK) == -1, "lines that are held are not written");
	eventlog_note("log2", "runner", "", "elsewhere");
	is_logged(AT "qmgr: id1: removed\n" AT "runner: second\n",
	    "before those for another file");
	eventlog_note("log", "runner", "", "third");
	ok(access("log", F_OK) == -1, "held again");
	eventlog_write();
	is_logged(AT "runner: third\n", "when it is asked for");
	ok(rename("log2", "log") == 0, "the other file is there");
	is_logged(AT "runner: elsewhere\n", "with its line");
	eventlog_write();
	ok(access("log", F_OK) == -1, "nothing is written twice");
	entry_release(&e);
}

int
main(int argc, char *argv[])
{
	setenv("QSENDMAIL_TEST_TIME", "1700000000", 1);
	setenv("QSENDMAIL_TEST_HOSTNAME", "host", 1);
	if (argc > 1) {
		write_log(argv[1]);
		return 0;
	}
	test_accepted();
	test_recipients();
	test_others();
	test_hold();
	return tap_done();
}
