/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The seam: a job written by one side is read by the other, and so are the
 * events that come back; anything else is refused. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "queue/job.h"
#include "tap.h"

static int ends[2];
static struct frames a, b;

static void
connect_both(void)
{
	socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	frames_init(&a, ends[0]);
	frames_init(&b, ends[1]);
}

static void
disconnect(void)
{
	frames_release(&a);
	frames_release(&b);
	close(ends[0]);
	close(ends[1]);
}

static int
contains(const struct buf *text, const char *word)
{
	size_t i, n = strlen(word);

	for (i = 0; i + n <= text->len; i++)
		if (memcmp(text->data + i, word, n) == 0)
			return 1;
	return 0;
}

static void
set(struct values *v, const char *name, const char *text)
{
	struct origin o = { ORIGIN_ACCOUNT, NULL, 0 };
	struct fault f = FAULT_INIT;

	ok(settings_set(v, SETTING_FILE, name, text, &o, &f) == 0, name);
	fault_release(&f);
}

static void
test_mail(void)
{
	struct fault f = FAULT_INIT;
	struct envelope e;
	struct content c = { -1, 4096, 5, 1, 0, 1 };
	struct values v;
	struct job j;
	char text[6] = "";

	connect_both();
	values_init(&v);
	envelope_init(&e);
	set(&v, "host", "smtp.example.org");
	set(&v, "port", "587");
	set(&v, "password", "hunter2");
	set(&v, "passwordeval", "pass show \"x y\"");
	envelope_set_sender(&e, "");
	envelope_add(&e, "one@x");
	envelope_add(&e, "two@x");
	envelope_add(&e, "three@x");
	envelope_set_dsn(&e, "HDRS", "id+2B1");
	envelope_set_recipient_dsn(&e, 0, "SUCCESS,DELAY", "");
	envelope_set_recipient_dsn(&e, 2, "", "rfc822;three@y");
	envelope_record(&e, 1, STAGE_CONTENT, REPLY_R2XX, 250, "ok");
	envelope_record(&e, 2, STAGE_RCPT, REPLY_R4XX, 450, "later");
	c.fd = io_private_file(&f);
	io_pwrite(c.fd, "hello", 5, 4096);
	job_put_hello(&a);
	job_put_settings(&a, &v, "/home/u/rc", "work", 1);
	job_put_progress(&a);
	ok(!contains(&a.out, "hunter2"),
	    "a password never goes to the seam");
	ok(job_send_mail(&a, "id1", &e, &c, &f) == 0, "a mail is sent");

	job_init(&j);
	is_number(job_read(&b, &j, &f), 1, "and read");
	is_number(j.kind, JOB_MAIL, "as a mail");
	is_text(j.id, "id1", "with its id");
	is_text(values_text(&j.settings, S_HOST), "smtp.example.org",
	    "the settings come along");
	is_text(values_text(&j.settings, S_PASSWORDEVAL), "pass show \"x y\"",
	    "octet by octet");
	is_text(j.secret_file, "/home/u/rc", "the place of the secret too");
	is_text(j.secret_section, "work", "and its section");
	is_number(j.verbose, 1, "and verbose");
	is_number(j.progress, 1, "and progress");
	is_text(j.envelope.sender, "", "the null reverse-path is kept");
	is_number((long long)j.envelope.n, 2,
	    "a recipient that is done is not sent again");
	is_text(j.envelope.v[1].address, "three@x",
	    "one that is to be retried is");
	is_number((long long)j.numbers[1], 2, "under its own number");
	is_text(j.envelope.ret, "HDRS", "what a notice returns is told");
	is_text(j.envelope.envid, "id+2B1", "what it names the mail by");
	is_text(j.envelope.v[0].notify, "SUCCESS,DELAY",
	    "when one recipient's is wanted");
	is_text(j.envelope.v[0].orcpt, "", "... and no more of that one");
	is_text(j.envelope.v[1].notify, "", "another has no such wish");
	is_text(j.envelope.v[1].orcpt, "rfc822;three@y",
	    "... but an original address");
	is_number(pread(j.content.fd, text, 5, j.content.offset), 5,
	    "the content's descriptor has travelled");
	is_text(text, "hello", "and reads the content");
	is_number(fcntl(j.content.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC,
	    "no child of the relay gets it");
	is_number(j.content.length, 5, "its length is told");
	ok(j.content.is_8bit_body == 1 && j.content.is_8bit_header == 0 &&
	    j.content.has_long_lines == 1, "what it needs is told");

	job_put_check(&a);
	frames_flush(&a, -1, &f);
	is_number(job_read(&b, &j, &f), 1, "another job follows");
	ok(j.kind == JOB_CHECK && j.content.fd == -1 && j.envelope.n == 0 &&
	    !j.progress &&
	    j.envelope.ret[0] == '\0' && j.envelope.envid[0] == '\0',
	    "with nothing left of the mail");
	is_text(values_text(&j.settings, S_PORT), "587",
	    "but with the settings");
	job_put_lookup(&a, "example.org");
	job_put_etrn(&a, "#queue");
	frames_flush(&a, -1, &f);
	is_number(job_read(&b, &j, &f), 1, "a look-up");
	ok(j.kind == JOB_LOOKUP, "is one");
	is_text(j.argument, "example.org", "with its domain");
	is_number(job_read(&b, &j, &f), 1, "a call for held mail");
	ok(j.kind == JOB_ETRN, "is one");
	is_text(j.argument, "#queue", "with its queue");
	job_put_check(&a);
	frames_flush(&a, -1, &f);
	job_read(&b, &j, &f);
	ok(j.argument == NULL, "of which nothing is left in the next job");
	shutdown(ends[0], SHUT_WR);
	is_number(job_read(&b, &j, &f), 0, "the end is the end of jobs");
	job_release(&j);
	values_release(&v);
	envelope_release(&e);
	close(c.fd);
	fault_release(&f);
	disconnect();
}

static void
send_event(struct event *e)
{
	struct fault f = FAULT_INIT;

	event_send(&b, e, &f);
	fault_release(&f);
}

static void
test_events(void)
{
	char name[] = "rcpt to", sent[] = "RCPT TO:<a@b>";
	char text[] = "250-a\n250 b c";
	struct event e = { .kind = EVENT_STEP, .name = name, .sent = sent,
		.text = text }, got;
	struct fault f = FAULT_INIT;

	connect_both();
	job_put_hello(&b);
	send_event(&e);
	e = (struct event){ .kind = EVENT_ENVELOPE };
	send_event(&e);
	e = (struct event){ .kind = EVENT_CONTENT };
	send_event(&e);
	e = (struct event){ .kind = EVENT_PROGRESS, .octets = 5000000000,
		.octets_total = 9000000000 };
	send_event(&e);
	e = (struct event){ .kind = EVENT_DOT };
	send_event(&e);
	e = (struct event){ .kind = EVENT_RCPT, .recipient = 7,
		.stage = STAGE_RCPT, .reply = REPLY_R5XX, .code = 550,
		.text = text };
	send_event(&e);
	e = (struct event){ .kind = EVENT_UNREPORTED, .recipient = 7 };
	send_event(&e);
	e = (struct event){ .kind = EVENT_FAULT, .stage = STAGE_LOGIN,
		.reply = REPLY_NOT_OFFERED, .exit_status = 78 };
	send_event(&e);
	e = (struct event){ .kind = EVENT_SETTING, .name = name,
		.text = text };
	e.name = name + 5;
	send_event(&e);
	e = (struct event){ .kind = EVENT_SRV, .code = 587,
		.text = text };
	e.name = name + 5;
	send_event(&e);
	e = (struct event){ .kind = EVENT_END };
	send_event(&e);

	event_init(&got);
	is_number(event_read(&a, &got, &f), 1, "an event is read");
	ok(got.kind == EVENT_STEP, "a step");
	is_text(got.name, "rcpt to", "its name");
	is_text(got.sent, "RCPT TO:<a@b>", "what was sent");
	is_text(got.text, "250-a\n250 b c", "the reply to it");
	event_read(&a, &got, &f);
	ok(got.kind == EVENT_ENVELOPE, "the envelope's acceptance");
	event_read(&a, &got, &f);
	ok(got.kind == EVENT_CONTENT, "the go-ahead for the content");
	event_read(&a, &got, &f);
	ok(got.kind == EVENT_PROGRESS && got.octets == 5000000000 &&
	    got.octets_total == 9000000000, "how far a large content is");
	event_read(&a, &got, &f);
	ok(got.kind == EVENT_DOT, "the announcement of the dot");
	event_read(&a, &got, &f);
	ok(got.kind == EVENT_RCPT && got.recipient == 7 && got.code == 550 &&
	    got.stage == STAGE_RCPT && got.reply == REPLY_R5XX,
	    "a recipient's result");
	is_text(got.text, "250-a\n250 b c", "with all its text");
	event_read(&a, &got, &f);
	ok(got.kind == EVENT_UNREPORTED && got.recipient == 7,
	    "a recipient of whom no server reports");
	event_read(&a, &got, &f);
	ok(got.kind == EVENT_FAULT && got.exit_status == 78 &&
	    got.stage == STAGE_LOGIN && got.reply == REPLY_NOT_OFFERED,
	    "a fault of the session");
	is_text(got.text, "", "without text");
	event_read(&a, &got, &f);
	ok(got.kind == EVENT_SETTING && strcmp(got.name, "to") == 0,
	    "a setting");
	event_read(&a, &got, &f);
	ok(got.kind == EVENT_SRV && strcmp(got.name, "to") == 0 &&
	    got.code == 587 && strcmp(got.text, text) == 0,
	    "a server of the DNS");
	is_number(event_read(&a, &got, &f), 1, "and the end");
	ok(got.kind == EVENT_END, "is an end");
	close(ends[1]);
	is_number(event_read(&a, &got, &f), 0, "then the relay is gone");
	event_release(&got);
	fault_release(&f);
	ends[1] = dup(ends[0]);
	disconnect();
}

/* A front end that does not read: progress must not fill the socket so that
 * an outcome has to wait. */
static void
test_slow_reader(void)
{
	struct event e = { .kind = EVENT_PROGRESS, .octets = 1,
		.octets_total = 2 }, got;
	struct fault f = FAULT_INIT;
	int i, n = 0;

	connect_both();
	for (i = 0; i < 100000; i++)
		send_event(&e);
	ok(1, "reports of progress never wait for who does not read");
	e = (struct event){ .kind = EVENT_DOT };
	send_event(&e);
	ok(1, "and leave room for those that count");
	event_init(&got);
	while (event_read(&a, &got, &f) == 1 && got.kind == EVENT_PROGRESS)
		n++;
	ok(got.kind == EVENT_DOT, "which come whole behind them");
	ok(n > 0 && n < 100000, "some were dropped");
	event_release(&got);
	fault_release(&f);
	disconnect();
}

static void
test_bad_numbers(void)
{
	static const char *const texts[] = {
		"\0\0\0\x0cprogress 2 1", "\0\0\0\x0dprogress -1 1",
		"\0\0\0\x0aprogress 1", "\0\0\0\x0bunreported ",
		"\0\0\0\x0dunreported -1", "\0\0\0\x0dunreported 1x",
	};
	struct fault f = FAULT_INIT;
	struct event got;
	size_t i;

	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		connect_both();
		event_init(&got);
		io_write(ends[1], texts[i], 4 + (size_t)texts[i][3]);
		is_number(event_read(&a, &got, &f), -1,
		    "a number that is none");
		event_release(&got);
		fault_release(&f);
		disconnect();
	}
}

static const struct {
	const char *name, *octets;
	size_t len;
} bad[] = {
	{ "another version", "\0\0\0\x10" "qsendmail-job 99", 20 },
	{ "an unknown word", "\0\0\0\x05what ", 9 },
	{ "a frame without a word", "\0\0\0\x04what", 8 },
	{ "a frame of 4 GB", "\xff\xff\xff\xff", 4 },
	{ "a setting without a value", "\0\0\0\x08set host", 12 },
	{ "an unknown setting", "\0\0\0\x09set xyz a", 13 },
	{ "a recipient without a number", "\0\0\0\x0drecipient a@b", 17 },
	{ "go without a mail", "\0\0\0\x03go ", 7 },
	{ "content without numbers", "\0\0\0\x09" "content a", 13 },
	{ "a wish for a recipient before any", "\0\0\0\x0cnotify NEVER", 16 },
	{ "an original address before any", "\0\0\0\x0forcpt rfc822;a", 19 },
	{ "a RET that is none", "\0\0\0\x07ret all", 11 },
	{ "an ENVID that is none", "\0\0\0\x09" "envid a b", 13 },
	{ "a NUL in an ENVID", "\0\0\0\x09" "envid a\0b", 13 },
	{ "an ENVID that is empty", "\0\0\0\x06" "envid ", 10 },
	{ "a NOTIFY that is none", "\0\0\0\x11recipient 0 a@b x\0\0\0\x0b"
	    "notify SOME", 36 },
	{ "an ORCPT that ends the command", "\0\0\0\x0frecipient 0 a@b"
	    "\0\0\0\x12orcpt rfc822;a\r\nX", 41 },
	{ "content before its file", "\0\0\0\x12" "content -1 2 0 0 0", 22 },
};

static void
test_bad(void)
{
	struct fault f = FAULT_INIT;
	struct job j;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		connect_both();
		job_init(&j);
		io_write(ends[0], bad[i].octets, bad[i].len);
		shutdown(ends[0], SHUT_WR);
		is_number(job_read(&b, &j, &f), -1, bad[i].name);
		ok(f.code == EX_SOFTWARE || f.code == EX_CONFIG,
		    f.text.data);
		fault_release(&f);
		job_release(&j);
		disconnect();
	}
	connect_both();
	job_init(&j);
	io_write(ends[0], "\0\0\0\x20mail", 8);
	shutdown(ends[0], SHUT_WR);
	is_number(job_read(&b, &j, &f), 0, "a torn frame is the end");
	job_release(&j);
	disconnect();
}

static const struct {
	const char *name, *octets;
	size_t len;
} bad_events[] = {
	{ "a word that is no event", "\0\0\0\x05what ", 9 },
	{ "a server without a host", "\0\0\0\x0d" "srv service 1", 17 },
	{ "one with a large port", "\0\0\0\x0d" "srv s 65536 a", 17 },
	{ "one with a negative port", "\0\0\0\x0a" "srv s -1 a", 14 },
	{ "one without a port", "\0\0\0\x0a" "srv s a a ", 14 },
};

static void
test_bad_events(void)
{
	struct fault f = FAULT_INIT;
	struct event e;
	size_t i;

	for (i = 0; i < sizeof bad_events / sizeof *bad_events; i++) {
		connect_both();
		event_init(&e);
		io_write(ends[1], bad_events[i].octets, bad_events[i].len);
		is_number(event_read(&a, &e, &f), -1, bad_events[i].name);
		is_number(f.code, EX_SOFTWARE, "  ... is a fault of ours");
		event_release(&e);
		fault_release(&f);
		disconnect();
	}
}

/* Many large frames out, and one back in. 0, or -1. */
static int
write_and_read(struct frames *s)
{
	static char text[1 << 20];
	struct fault f = FAULT_INIT;
	int i, rc = 0;

	memset(text, 'x', sizeof text);
	for (i = 0; i < 4; i++)
		frames_put_bytes(s, "large", text, sizeof text);
	rc = frames_flush(s, -1, &f);
	for (i = 0; rc == 0 && i < 4; i++)
		rc = frames_read(s, &f) == 1 && s->value.len == sizeof text ?
		    0 : -1;
	fault_release(&f);
	return rc;
}

/* More than the socket holds, in both directions at a time. */
static void
test_both_write(void)
{
	int status = -1;
	pid_t child;

	connect_both();
	child = fork();
	if (child == 0) {
		alarm(120);
		_exit(write_and_read(&b) == 0 ? 0 : 1);
	}
	is_number(write_and_read(&a), 0, "two who write to each other");
	waitpid(child, &status, 0);
	is_number(status, 0, "... both come through");
	disconnect();
}

static int waits, told[2];

/* Only then the other side goes on. */
static void
note(void *arg)
{
	waits++;
	io_write(*(int *)arg, "!", 1);
}

/* Somebody who is going to wait is told so, unless the other side is quick. */
static void
test_before_wait(void)
{
	struct fault f = FAULT_INIT;
	pid_t child;
	char c;

	connect_both();
	if (pipe(told) == -1)
		return;
	a.before_wait = note;
	a.before_wait_arg = &told[1];
	frames_put(&b, "one", "%d", 1);
	frames_flush(&b, -1, &f);
	is_number(frames_read(&a, &f), 1, "what is there");
	is_number(waits, 0, "... is not waited for");
	child = fork();
	if (child == 0) {
		alarm(120);
		if (read(told[0], &c, 1) != 1)
			_exit(1);
		frames_put(&b, "two", "%d", 2);
		frames_flush(&b, -1, &f);
		_exit(0);
	}
	is_number(frames_read(&a, &f), 1, "what comes late");
	is_number(waits, 1, "... is");
	waitpid(child, NULL, 0);
	close(told[0]);
	close(told[1]);
	disconnect();
}

int
main(void)
{
	test_both_write();
	test_before_wait();
	test_mail();
	test_events();
	test_slow_reader();
	test_bad_numbers();
	test_bad();
	test_bad_events();
	return tap_done();
}
