/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arguments of MAIL, RCPT and VRFY, and what is refused in them. */
#include "tap.h"

#include "submit/smtp_path.h"

/* want: what was understood, or the code of the refusal. */
static const struct {
	const char *name, *text, *want;
} senders[] = {
	{ "a path", " FROM:<a@b.c>", "a@b.c" },
	{ "in small letters", " from:<a@b>", "a@b" },
	{ "the null path", " FROM:<>", "" },
	{ "the null path with parameters", " FROM:<> SIZE=5", " SIZE=5" },
	{ "a blank behind the colon", " FROM: <a@b>", "a@b" },
	{ "blanks around", "\tFROM:\t<a@b> \t", "a@b" },
	{ "no angle brackets", " FROM:a@b", "a@b" },
	{ "neither, but parameters", " FROM: a@b SIZE=1", "a@b SIZE=1" },
	{ "a local name", " FROM:<root>", "root" },
	{ "a source route goes", " FROM:<@x,@y.z:a@b>", "a@b" },
	{ "quotes that are needed", " FROM:<\"a b\"@c>", "\"a b\"@c" },
	{ "quotes that are not", " FROM:<\"a\"@c>", "a@c" },
	{ "brackets and blanks within quotes", " FROM:<\"a> <b\"@c>",
	    "\"a> <b\"@c" },
	{ "a quoted quote", " FROM:<\"a\\\"> b\"@c> SIZE=2",
	    "\"a\\\"> b\"@c SIZE=2" },
	{ "an address literal", " FROM:<a@[127.0.0.1]>", "a@[127.0.0.1]" },
	{ "SIZE", " FROM:<a@b> size=123456789012", "a@b SIZE=123456789012" },
	{ "BODY", " FROM:<a@b> BODY=8bitmime body=7BIT", "a@b" },
	{ "SMTPUTF8", " FROM:<\303\274@b> SMTPUTF8", "\303\274@b SMTPUTF8" },
	{ "SMTPUTF8 in front of others", " FROM:<a@\303\274> SMTPUTF8 SIZE=1",
	    "a@\303\274 SIZE=1 SMTPUTF8" },
	{ "RET and ENVID", " FROM:<a@b> RET=hdrs ENVID=a+2Bb",
	    "a@b RET=hdrs ENVID=a+2Bb" },
	{ "nothing", "", "501 5.5.4" },
	{ "no path", " FROM:", "501 5.5.4" },
	{ "no colon", " FROM <a@b>", "501 5.5.4" },
	{ "another word", " TO:<a@b>", "501 5.5.4" },
	{ "a bracket that does not close", " FROM:<a@b", "501 5.1.7" },
	{ "quotes that do not close", " FROM:<\"a@b>", "501 5.1.7" },
	{ "two brackets", " FROM:<<a@b>>", "501 5.1.7" },
	{ "a blank in it", " FROM:<a b@c>", "501 5.1.7" },
	{ "a comment", " FROM:<a(x)@c>", "501 5.1.7" },
	{ "two addresses", " FROM:<a@b,c@d>", "501 5.1.7" },
	{ "two dots", " FROM:<a..b@c>", "501 5.1.7" },
	{ "only an at sign", " FROM:<@>", "501 5.1.7" },
	{ "no blank behind the path", " FROM:<a@b>SIZE=1", "501 5.1.7" },
	{ "octets that are not UTF-8", " FROM:<\374@b> SMTPUTF8",
	    "501 5.1.7" },
	{ "8-bit without SMTPUTF8", " FROM:<\303\274@b>", "553 5.6.7" },
	{ "SIZE without number", " FROM:<a@b> SIZE", "501 5.5.4" },
	{ "SIZE of nothing", " FROM:<a@b> SIZE=", "501 5.5.4" },
	{ "SIZE that is no number", " FROM:<a@b> SIZE=-1", "501 5.5.4" },
	{ "SIZE that is far too large",
	    " FROM:<a@b> SIZE=99999999999999999999", "501 5.5.4" },
	{ "SIZE twice", " FROM:<a@b> SIZE=1 SIZE=1", "501 5.5.4" },
	{ "BODY=BINARYMIME was not offered", " FROM:<a@b> BODY=BINARYMIME",
	    "501 5.5.4" },
	{ "SMTPUTF8 with a value", " FROM:<a@b> SMTPUTF8=1", "501 5.5.4" },
	{ "RET of another kind", " FROM:<a@b> RET=ALL", "501 5.5.4" },
	{ "ENVID that is no xtext", " FROM:<a@b> ENVID=a+2b", "501 5.5.4" },
	{ "ENVID twice", " FROM:<a@b> ENVID=a ENVID=b", "501 5.5.4" },
	{ "NOTIFY is no parameter of MAIL", " FROM:<a@b> NOTIFY=NEVER",
	    "555 5.5.4" },
	{ "AUTH was not offered", " FROM:<a@b> AUTH=<>", "555 5.5.4" },
	{ "a name in front", " FROM:A <a@b>", "555 5.5.4" },
}, recipients[] = {
	{ "a path", " TO:<a@b.c>", "a@b.c" },
	{ "postmaster without domain", " to:<Postmaster>", "Postmaster" },
	{ "a blank behind the colon", " TO: <a@b>", "a@b" },
	{ "a source route goes", " TO:<@x:a@b>", "a@b" },
	{ "NOTIFY", " TO:<a@b> NOTIFY=SUCCESS,delay", "a@b "
	    "NOTIFY=SUCCESS,delay" },
	{ "NOTIFY=NEVER and ORCPT",
	    " TO:<a@b> NOTIFY=never ORCPT=rfc822;a+40b",
	    "a@b NOTIFY=never ORCPT=rfc822;a+40b" },
	{ "ORCPT in UTF-8", " TO:<a@b> ORCPT=utf-8;\303\274@b",
	    "a@b ORCPT=utf-8;\303\274@b" },
	{ "the null path is no recipient", " TO:<>", "501 5.1.3" },
	{ "8-bit without SMTPUTF8", " TO:<a@\303\274.de>", "553 5.6.7" },
	{ "two paths", " TO:<a@b>,<c@d>", "501 5.1.3" },
	{ "two paths with a blank", " TO:<a@b> <c@d>", "555 5.5.4" },
	{ "NEVER with others", " TO:<a@b> NOTIFY=NEVER,DELAY", "501 5.5.4" },
	{ "an empty NOTIFY", " TO:<a@b> NOTIFY=", "501 5.5.4" },
	{ "NOTIFY without value", " TO:<a@b> NOTIFY", "501 5.5.4" },
	{ "an empty member", " TO:<a@b> NOTIFY=DELAY,", "501 5.5.4" },
	{ "ORCPT without type", " TO:<a@b> ORCPT=a@b", "501 5.5.4" },
	{ "ORCPT without address", " TO:<a@b> ORCPT=rfc822;", "501 5.5.4" },
	{ "ORCPT without value", " TO:<a@b> ORCPT", "501 5.5.4" },
	{ "8-bit in ORCPT of another type", " TO:<a@b> ORCPT=rfc822;\303\274",
	    "501 5.5.4" },
	{ "SIZE is no parameter of RCPT", " TO:<a@b> SIZE=1", "555 5.5.4" },
};

static void
add(struct buf *out, const char *name, const char *value)
{
	if (value != NULL)
		buf_addf(out, " %s=%s", name, value);
}

static void
show_sender(const char *text, struct buf *out, struct smtp_reply *r)
{
	struct smtp_sender s;

	smtp_sender_init(&s);
	if (smtp_sender_parse(&s, text, r) == 0) {
		buf_adds(out, s.path.data);
		if (s.size != -1)
			buf_addf(out, " SIZE=%lld", s.size);
		if (s.is_utf8)
			buf_adds(out, " SMTPUTF8");
		add(out, "RET", s.ret);
		add(out, "ENVID", s.envid);
	}
	smtp_sender_release(&s);
}

static void
show_recipient(const char *text, struct buf *out, struct smtp_reply *r)
{
	struct smtp_recipient to;

	smtp_recipient_init(&to);
	if (smtp_recipient_parse(&to, text, 0, r) == 0) {
		address_format_spec(&to.address, out);
		add(out, "NOTIFY", to.notify);
		add(out, "ORCPT", to.orcpt);
	}
	smtp_recipient_release(&to);
}

static void
test_one(const char *name, const char *text, const char *want, int of_mail)
{
	struct buf out = BUF_INIT;
	struct smtp_reply r;

	smtp_reply_init(&r);
	if (of_mail)
		show_sender(text, &out, &r);
	else
		show_recipient(text, &out, &r);
	if (r.code != 0)
		buf_addf(&out, "%d %s", r.code, r.enhanced);
	is_text(out.data, want, name);
	smtp_reply_release(&r);
	buf_release(&out);
}

/* Nothing that is cut anywhere is read beyond its end. */
static void
test_cut(const char *text, int of_mail)
{
	struct buf out = BUF_INIT, part = BUF_INIT;
	struct smtp_reply r;
	size_t i, n;

	smtp_reply_init(&r);
	for (i = 0; i < strlen(text); i++) {
		buf_set(&part, text, i);
		n = part.len;
		if (of_mail)
			show_sender(part.data, &out, &r);
		else
			show_recipient(part.data, &out, &r);
		if (n != part.len)
			break;
		buf_release(&part);
	}
	ok(i == strlen(text), "cut anywhere");
	smtp_reply_release(&r);
	buf_release(&out);
	buf_release(&part);
}

static void
test_mailbox(const char *text, const char *want)
{
	struct buf out = BUF_INIT;
	struct smtp_reply r;
	struct address a;

	smtp_reply_init(&r);
	if (smtp_mailbox_parse(&a, text, &r) == 0) {
		address_format_spec(&a, &out);
		address_release(&a);
	} else
		buf_addf(&out, "%d %s", r.code, r.enhanced);
	is_text(out.data, want, "the argument of VRFY");
	smtp_reply_release(&r);
	buf_release(&out);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof senders / sizeof *senders; i++)
		test_one(senders[i].name, senders[i].text, senders[i].want, 1);
	for (i = 0; i < sizeof recipients / sizeof *recipients; i++)
		test_one(recipients[i].name, recipients[i].text,
		    recipients[i].want, 0);
	test_cut(" FROM:<@x:\"a\\\"b\"@c> SIZE=1 RET=FULL ENVID=a+2B", 1);
	test_cut(" TO:<\"a b\"@[1]> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;a", 0);
	test_mailbox(" a@b", "a@b");
	test_mailbox(" <root>", "root");
	test_mailbox("", "501 5.5.4");
	test_mailbox(" a b", "501 5.5.4");
	test_mailbox(" <>", "501 5.1.3");
	return tap_done();
}
