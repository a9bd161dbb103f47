/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reply to EHLO offers. */
#include "tap.h"

#include "relay/capability.h"
#include "relay/wire.h"

/* Lines separated by LF, each with its code. */
static void
parse(struct capabilities *c, const char *lines)
{
	struct answer a;
	const char *end;

	answer_init(&a);
	for (; *lines != '\0'; lines = *end != '\0' ? end + 1 : end) {
		end = strchr(lines, '\n');
		if (end == NULL)
			end = lines + strlen(lines);
		answer_add_line(&a, lines, (size_t)(end - lines));
	}
	capabilities_parse(c, &a);
	answer_release(&a);
}

static void
describe(const struct capabilities *c, struct buf *out)
{
	size_t i;

	buf_reset(out);
	buf_adds(out, c->pipelining ? "pipelining " : "");
	buf_adds(out, c->eightbitmime ? "8bitmime " : "");
	buf_adds(out, c->smtputf8 ? "smtputf8 " : "");
	buf_adds(out, c->starttls ? "starttls " : "");
	buf_adds(out, c->dsn ? "dsn " : "");
	buf_adds(out, c->etrn ? "etrn " : "");
	if (c->size)
		buf_addf(out, "size=%llu ", c->size_max);
	if (c->recipients_max != 0)
		buf_addf(out, "rcptmax=%llu ", c->recipients_max);
	buf_adds(out, c->auth_old_only ? "old-auth " : "");
	for (i = 0; i < c->auth.n; i++)
		buf_addf(out, "auth:%s ", c->auth.v[i]);
}

static const struct {
	const char *name, *lines, *want;
} cases[] = {
	{ "QQ's offer on 587",
	    "250-newxmesmtplogicsvrszc8.qq.com\n250-PIPELINING\n"
	    "250-SIZE 73400320\n250-STARTTLS\n"
	    "250-AUTH LOGIN PLAIN XOAUTH XOAUTH2\n250-AUTH=LOGIN\n"
	    "250-MAILCOMPRESS\n250 8BITMIME",
	    "pipelining 8bitmime starttls size=73400320 auth:LOGIN "
	    "auth:PLAIN auth:XOAUTH auth:XOAUTH2 " },
	{ "a greeting alone offers nothing", "250 mail.example.org", "" },
	{ "the first line is a name, not an offer",
	    "250-PIPELINING\n250 8BITMIME", "8bitmime " },
	{ "ETRN", "250-a\n250 Etrn", "etrn " },
	{ "... even if it is the only one", "250 STARTTLS", "" },
	{ "keywords in any case", "250-x\n250-Pipelining\n250-starttls\n"
	    "250-smtpUtf8\n250-auth plain\n250 size 12",
	    "pipelining smtputf8 starttls size=12 auth:PLAIN " },
	{ "SIZE without a limit", "250-x\n250 SIZE", "size=0 " },
	{ "SIZE 0 is no limit", "250-x\n250 SIZE 0", "size=0 " },
	{ "a limit with words behind it", "250-x\n250 SIZE 12 octets",
	    "size=12 " },
	{ "a limit of 18 digits", "250-x\n250 SIZE 999999999999999999",
	    "size=999999999999999999 " },
	{ "a limit beyond all numbers is none",
	    "250-x\n250 SIZE 99999999999999999999", "size=0 " },
	{ "a limit that is no number is none", "250-x\n250 SIZE big",
	    "size=0 " },
	{ "tabs and more spaces", "250-x\n250-AUTH \tLOGIN\t PLAIN \n"
	    "250 SIZE\t 7", "size=7 auth:LOGIN auth:PLAIN " },
	{ "a longer word is another", "250-x\n250-PIPELININGX\n"
	    "250-8BITMIMES\n250-SIZEX 3\n250 AUTHX PLAIN", "" },
	{ "a shorter word is another", "250-x\n250-PIPE\n250 8BIT", "" },
	{ "the old form of AUTH alone", "250-x\n250 AUTH=LOGIN PLAIN",
	    "old-auth " },
	{ "the old form behind the new", "250-x\n250-AUTH LOGIN\n"
	    "250 AUTH=LOGIN", "auth:LOGIN " },
	{ "AUTH= without anything is nothing", "250-x\n250 AUTH=", "" },
	{ "two lines of AUTH add up", "250-x\n250-AUTH A\n250 AUTH B",
	    "auth:A auth:B " },
	{ "the limit of recipients (RFC 9422)",
	    "250-x\n250 LIMITS MAILMAX=5 rcptmax=50 X=Y", "rcptmax=50 " },
	{ "a limit of none is not told", "250-x\n250 LIMITS RCPTMAX=0", "" },
	{ "DSN", "250-x\n250-DSN\n250-DSNX\n250 SIZE", "dsn size=0 " },
	{ "dsn in small letters", "250-x\n250 dsn", "dsn " },
	{ "another word than DSN", "250-x\n250 XDSN", "" },
	{ "a refusal offers nothing", "550-x\n550 PIPELINING", "" },
	{ "nor does another good code", "251-x\n251 PIPELINING", "" },
	{ "empty lines do no harm", "250-x\n250-\n250- \n250", "" },
};

int
main(void)
{
	struct capabilities c;
	struct buf got = BUF_INIT;
	size_t i;

	capabilities_init(&c);
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		/* c keeps nothing of the case before. */
		parse(&c, cases[i].lines);
		describe(&c, &got);
		is_text(got.data, cases[i].want, cases[i].name);
	}
	capabilities_release(&c);
	describe(&c, &got);
	is_text(got.data, "", "released means empty");
	buf_release(&got);
	return tap_done();
}
