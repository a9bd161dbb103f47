/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an SMTP client is told: the end of a mail, faults, the form. */
#include "tap.h"

#include <stdlib.h>

#include "submit/smtp_reply.h"

struct to {
	const char *address;
	enum stage stage;
	enum reply reply;
	int code;
	const char *text;
};

/* What became of the recipients, and what is said then; lines are those of
 * the report. */
static const struct {
	const char *name;
	struct to to[4];
	const char *lines, *want;
} mails[] = {
	{ "accepted, with the server's words",
	    { { "a@x", STAGE_CONTENT, REPLY_R2XX, 250, "OK: queued as." } },
	    "", "250 2.0.0 OK: queued as.\r\n" },
	{ "the server's enhanced code is kept",
	    { { "a@x", STAGE_CONTENT, REPLY_R2XX, 250,
	    "2.6.0 Ok: queued as 4Z" } },
	    "", "250 2.6.0 Ok: queued as 4Z\r\n" },
	{ "accepted is 250 whatever the server's code",
	    { { "a@x", STAGE_CONTENT, REPLY_R2XX, 299, "" } },
	    "", "250 2.0.0 OK\r\n" },
	{ "an enhanced code of another class is text",
	    { { "a@x", STAGE_CONTENT, REPLY_R2XX, 250, "5.0.0 yes" } },
	    "", "250 2.0.0 5.0.0 yes\r\n" },
	{ "what only looks like one is text",
	    { { "a@x", STAGE_CONTENT, REPLY_R2XX, 250, "2.10 a" } },
	    "", "250 2.0.0 2.10 a\r\n" },
	{ "lines of the server are joined",
	    { { "a@x", STAGE_CONTENT, REPLY_R2XX, 250, "one\r\ntwo" } },
	    "", "250 2.0.0 one two\r\n" },
	{ "controls in its words are shown",
	    { { "a@x", STAGE_CONTENT, REPLY_R2XX, 250, "a\033[31m" } },
	    "", "250 2.0.0 a\\x1b[31m\r\n" },
	{ "refused content: the server's code",
	    { { "a@x", STAGE_CONTENT, REPLY_R5XX, 550, "From is invalid" } },
	    "<a@x>: refused\n", "550 5.0.0 <a@x>: refused\r\n" },
	{ "refused recipient: a code about addresses",
	    { { "a@x", STAGE_RCPT, REPLY_R5XX, 550, "no such user" } },
	    "<a@x>: refused\n", "550 5.1.0 <a@x>: refused\r\n" },
	{ "refused recipient: the server's own one",
	    { { "a@x", STAGE_RCPT, REPLY_R5XX, 550, "5.1.1 no such user" } },
	    "<a@x>: refused\n", "550 5.1.1 <a@x>: refused\r\n" },
	{ "later: 4xx",
	    { { "a@x", STAGE_CONTENT, REPLY_R4XX, 452, "4.3.1 full" } },
	    "<a@x>: later\n", "452 4.3.1 <a@x>: later\r\n" },
	{ "421 of the server does not end our session",
	    { { "a@x", STAGE_RCPT, REPLY_R4XX, 421, "4.7.0 slow" } },
	    "<a@x>: later\n", "451 4.7.0 <a@x>: later\r\n" },
	{ "a lost connection",
	    { { "a@x", STAGE_CONTENT, REPLY_UNSENT, 0, "" } },
	    "<a@x>: lost\n", "451 4.4.2 <a@x>: lost\r\n" },
	{ "no answer after the final dot",
	    { { "a@x", STAGE_CONTENT, REPLY_LOST, 0, "" } },
	    "<a@x>: may have arrived\n",
	    "451 4.4.2 <a@x>: may have arrived\r\n" },
	{ "too large for the server",
	    { { "a@x", STAGE_SIZE, REPLY_ANY, 0, "" } },
	    "<a@x>: large\n", "552 5.3.4 <a@x>: large\r\n" },
	{ "an address that it cannot take",
	    { { "\303\274@x", STAGE_ADDRESS, REPLY_ANY, 0, "" } },
	    "<u@x>: SMTPUTF8\n", "553 5.6.7 <u@x>: SMTPUTF8\r\n" },
	{ "a file of ours that cannot be read",
	    { { "a@x", STAGE_LOCAL, REPLY_ANY, 0, "" } },
	    "<a@x>: here\n", "451 4.3.0 <a@x>: here\r\n" },
	{ "all refused: a line each, the first one's code",
	    { { "a@x", STAGE_RCPT, REPLY_R5XX, 553, "5.1.3 bad" },
	    { "b@x", STAGE_RCPT, REPLY_R5XX, 550, "5.1.1 no" } },
	    "<a@x>: bad\n<b@x>: no\n",
	    "553-5.1.3 <a@x>: bad\r\n553 5.1.3 <b@x>: no\r\n" },
	{ "refused and later: 4xx, as nobody has it",
	    { { "a@x", STAGE_RCPT, REPLY_R5XX, 550, "5.1.1 no" },
	    { "b@x", STAGE_RCPT, REPLY_R4XX, 450, "4.2.0 later" } },
	    "<a@x>: no\n<b@x>: later\n",
	    "450-4.2.0 <a@x>: no\r\n450 4.2.0 <b@x>: later\r\n" },
	{ "some have it: 554, who and who not",
	    { { "a@x", STAGE_CONTENT, REPLY_R2XX, 250, "OK" },
	    { "b@x", STAGE_RCPT, REPLY_R5XX, 550, "5.1.1 no" },
	    { "c@x", STAGE_CONTENT, REPLY_R2XX, 250, "OK" } },
	    "<b@x>: no\n",
	    "554-5.1.1 some recipients have this mail and some have not: do "
	    "not send it to all of them again\r\n"
	    "554-5.1.1 <b@x>: no\r\n"
	    "554 5.1.1 accepted for <a@x>, <c@x>\r\n" },
	{ "some have it, others later: 554 too",
	    { { "a@x", STAGE_RCPT, REPLY_R4XX, 450, "4.2.0 later" },
	    { "b@x", STAGE_CONTENT, REPLY_R2XX, 250, "OK" } },
	    "<a@x>: later\n",
	    "554-5.0.0 some recipients have this mail and some have not: do "
	    "not send it to all of them again\r\n"
	    "554-5.0.0 <a@x>: later\r\n"
	    "554 5.0.0 accepted for <b@x>\r\n" },
};

static void
test_mails(void)
{
	struct envelope e;
	struct smtp_reply r;
	struct buf out = BUF_INIT;
	size_t i, k;

	for (i = 0; i < sizeof mails / sizeof *mails; i++) {
		envelope_init(&e);
		for (k = 0; mails[i].to[k].address != NULL; k++) {
			const struct to *to = &mails[i].to[k];

			envelope_add(&e, to->address);
			envelope_record(&e, k, to->stage, to->reply, to->code,
			    to->text);
		}
		smtp_reply_init(&r);
		smtp_reply_mail(&r, &e, mails[i].lines);
		buf_reset(&out);
		smtp_reply_format(&r, &out);
		is_text(out.data, mails[i].want, mails[i].name);
		smtp_reply_release(&r);
		envelope_release(&e);
	}
	buf_release(&out);
}

static const struct {
	int status;
	const char *want;
} faults[] = {
	{ EX_USAGE, "550 5.5.4 x\r\n" }, { EX_DATAERR, "554 5.6.0 x\r\n" },
	{ EX_NOUSER, "550 5.1.1 x\r\n" }, { EX_NOPERM, "451 4.7.0 x\r\n" },
	{ EX_CONFIG, "451 4.3.5 x\r\n" }, { EX_TEMPFAIL, "451 4.4.0 x\r\n" },
	{ EX_SOFTWARE, "451 4.3.0 x\r\n" }, { EX_OSERR, "451 4.3.0 x\r\n" },
	{ EX_UNAVAILABLE, "451 4.3.0 x\r\n" },
};

static void
test_faults(void)
{
	struct buf out = BUF_INIT;
	struct smtp_reply r;
	struct fault f;
	size_t i;

	smtp_reply_init(&r);
	for (i = 0; i < sizeof faults / sizeof *faults; i++) {
		fault_init(&f);
		fault_set(&f, faults[i].status, "x");
		smtp_reply_fault(&r, &f);
		buf_reset(&out);
		smtp_reply_format(&r, &out);
		is_text(out.data, faults[i].want, "a fault, by its status");
		smtp_reply_status(&r, faults[i].status, "x\n");
		buf_reset(&out);
		smtp_reply_format(&r, &out);
		is_text(out.data, faults[i].want, "... told before");
		fault_release(&f);
	}
	smtp_reply_release(&r);
	buf_release(&out);
}

/* Every line is whole and short, and what was said can be put together. */
static void
test_long(const char *word, size_t count, const char *name)
{
	struct buf out = BUF_INIT, said = BUF_INIT;
	struct smtp_reply r;
	const char *p, *lf;
	size_t i, wrong = 0;

	smtp_reply_init(&r);
	smtp_reply_set(&r, 250, "2.0.0", "%s", "");
	for (i = 0; i < count; i++)
		buf_adds(&r.text, word);
	smtp_reply_format(&r, &out);
	for (p = out.data; *p != '\0'; p = lf + 1) {
		lf = strchr(p, '\n');
		wrong += lf - p + 1 > SMTP_REPLY_LINE_MAX ||
		    strncmp(p, lf[1] == '\0' ? "250 2.0.0 " : "250-2.0.0 ",
		    10) != 0 || ((unsigned char)p[10] & 0xc0) == 0x80;
		buf_add(&said, p + 10, (size_t)(lf - p) - 11);
		if (strchr(word, ' ') != NULL && lf[1] != '\0')
			buf_addc(&said, ' ');
	}
	is_number((long long)wrong, 0, name);
	/* A space where a line ends is one of the line end. */
	if (r.text.len > said.len && r.text.data[said.len] == ' ')
		buf_addc(&said, ' ');
	is_bytes(said.data, said.len, r.text.data, r.text.len, "... all of it");
	smtp_reply_release(&r);
	buf_release(&out);
	buf_release(&said);
}

int
main(void)
{
	test_mails();
	test_faults();
	test_long("x", 5000, "a long word is wrapped");
	test_long("\347\275\221", 1000, "not within a character");
	test_long("word ", 1000, "words are wrapped at a space");
	test_long("x", 501, "a line that is full");
	test_long("x", 502, "one more");
	test_long("", 0, "nothing is one line");
	return tap_done();
}
