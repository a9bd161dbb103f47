/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of RFC 3461: what is read, what is refused, what is made of it; and
 * the wishes of an envelope. */
#include <stdlib.h>
#include <string.h>

#include "queue/dsn.h"
#include "queue/envelope.h"
#include "tap.h"

struct parse_case {
	const char *in, *want; /* NULL: refused */
};

static const struct parse_case notifies[] = {
	{ "never", "NEVER" }, { "NEVER", "NEVER" }, { "Never", "NEVER" },
	{ "success", "SUCCESS" }, { "SUCCESS,DELAY", "SUCCESS,DELAY" },
	{ "failure,delay,success", "FAILURE,DELAY,SUCCESS" },
	{ "delay,FAILURE", "DELAY,FAILURE" },
	{ "failure, delay ,success", "FAILURE,DELAY,SUCCESS" },
	{ " failure ", "FAILURE" },
	{ "failure,failure,delay", "FAILURE,DELAY" },
	{ "", NULL }, { " ", NULL }, { ",", NULL }, { "failure,", NULL },
	{ ",failure", NULL }, { "failure,,delay", NULL },
	{ "failure delay", NULL }, { "never,failure", NULL },
	{ "failure,never", NULL }, { "fail", NULL }, { "failures", NULL },
	{ "failure;delay", NULL }, { "failure\n", NULL }, { "off", NULL },
};

static const struct parse_case rets[] = {
	{ "full", "FULL" }, { "HDRS", "HDRS" }, { "hdrs", "HDRS" },
	{ "headers", "HDRS" }, { "Full", "FULL" }, { "off", NULL },
	{ "", NULL }, { "fullx", NULL }, { "hdr", NULL }, { " full", NULL },
};

#define TEN "abcdefghij"
#define FIFTY TEN TEN TEN TEN TEN

static const struct parse_case envids[] = {
	{ "id-42@example.org", "id-42@example.org" },
	{ "a b", "a+20b" }, { "a=b", "a+3Db" }, { "1+1", "1+2B1" },
	{ "a+2Bb", "a+2Bb" }, { "a+2bb", "a+2B2bb" }, { "a+2", "a+2B2" },
	{ "+", "+2B" }, { "<a>", "<a>" }, { "", "" },
	{ FIFTY FIFTY, FIFTY FIFTY }, { FIFTY FIFTY "k", NULL },
	{ FIFTY TEN TEN TEN TEN "abcd  ",
	    FIFTY TEN TEN TEN TEN "abcd+20+20" },
	{ FIFTY TEN TEN TEN TEN "abcde  ", NULL },
	{ "a\tb", NULL }, { "a\r\nRCPT TO:<x@y>", NULL }, { "a\177", NULL },
	{ "+0D+0A", NULL }, { "+C3+A4", NULL }, { "\303\244", NULL },
	{ "+00", NULL },
};

static void
check_parser(const char *what, int (*parse)(const char *, struct buf *),
    const struct parse_case *cases, size_t n)
{
	struct buf out = BUF_INIT, name = BUF_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		buf_reset(&name);
		buf_addf(&name, "%s %s", what, cases[i].in);
		if (strchr(name.data, '\n') != NULL)
			*strchr(name.data, '\n') = '?';
		buf_reset(&out);
		buf_adds(&out, "x");
		is_number(parse(cases[i].in, &out), cases[i].want == NULL ?
		    -1 : 0, name.data);
		is_text(out.data + 1, cases[i].want != NULL ? cases[i].want :
		    "", "... is appended, or nothing");
	}
	buf_release(&out);
	buf_release(&name);
}

#define CHECK(what, parse, cases) \
	check_parser(what, parse, cases, sizeof cases / sizeof *cases)

static const struct {
	const char *text;
	int xtext, envid, orcpt, esmtp;
} values[] = {
	{ "abc", 1, 1, 0, 1 }, { "", 1, 0, 0, 0 }, { "a b", 0, 0, 0, 0 },
	{ "a=b", 0, 0, 0, 0 }, { "a+2Bb", 1, 1, 0, 1 },
	{ "a+2bb", 0, 0, 0, 1 }, { "a+", 0, 0, 0, 1 }, { "a+2", 0, 0, 0, 1 },
	{ "+0D", 1, 0, 0, 1 }, { "+E4", 1, 0, 0, 1 },
	{ "rfc822;a@x.example", 1, 1, 1, 1 }, { "rfc822;a+2Bb@x", 1, 1, 1, 1 },
	{ "RFC822;a@x", 1, 1, 1, 1 }, { "x-local;joe", 1, 1, 1, 1 },
	{ "rfc822;", 1, 1, 0, 1 }, { ";a@x", 1, 1, 0, 1 },
	{ "rfc822;a b@x", 0, 0, 0, 0 }, { "rfc822;a+b@x", 0, 0, 0, 1 },
	{ "rfc822 ;a@x", 0, 0, 0, 0 }, { "rfc(822);a@x", 1, 1, 0, 1 },
	{ "rfc822;a@x\r\nDATA", 0, 0, 0, 0 },
	{ "rfc822;\303\244@x", 0, 0, 0, 1 },
	{ "utf-8;\303\244@x", 0, 0, 1, 1 }, { "UTF-8;\303\244@x", 0, 0, 1, 1 },
	{ "utf-8;\344@x", 0, 0, 0, 0 }, { "utf-8;\303\244=@x", 0, 0, 0, 0 },
	{ "utf-8;\303\244@x\n", 0, 0, 0, 0 },
	{ "utf-8;\\x{E4}@x", 1, 1, 1, 1 },
	{ "\177", 0, 0, 0, 0 },
};

static void
test_values(void)
{
	size_t i;

	for (i = 0; i < sizeof values / sizeof *values; i++) {
		is_number(xtext_is(values[i].text), values[i].xtext,
		    "whether it is xtext");
		is_number(dsn_is_envid(values[i].text), values[i].envid,
		    "... an ENVID");
		is_number(dsn_is_orcpt(values[i].text), values[i].orcpt,
		    "... an ORCPT");
		is_number(dsn_is_esmtp_value(values[i].text), values[i].esmtp,
		    "... a value at all");
	}
}

static void
test_length(void)
{
	struct buf long_one = BUF_INIT;

	buf_adds(&long_one, "rfc822;");
	while (long_one.len < DSN_ORCPT_MAX)
		buf_addc(&long_one, 'a');
	is_number(dsn_is_orcpt(long_one.data), 1, "an ORCPT of 500 octets");
	buf_addc(&long_one, 'a');
	is_number(dsn_is_orcpt(long_one.data), 0, "... and one of 501");
	buf_release(&long_one);
}

/* What is encoded can be decoded, whatever it is. */
static void
test_xtext(void)
{
	struct buf text = BUF_INIT, plain = BUF_INIT;
	char all[256];
	int i;

	for (i = 0; i < 256; i++)
		all[i] = (char)i;
	xtext_encode(all, sizeof all, &text);
	is_number(xtext_is(text.data), 1, "every octet has its xtext");
	is_number(xtext_decode(text.data, &plain), 0, "... that is decoded");
	is_bytes(plain.data, plain.len, all, sizeof all, "... to the octet");
	buf_reset(&text);
	xtext_encode("a+b =\303\244", 7, &text);
	is_text(text.data, "a+2Bb+20+3D+C3+A4", "digits are upper case");
	buf_reset(&plain);
	buf_adds(&plain, "x");
	is_number(xtext_decode("a+G0", &plain), -1, "what is none fails");
	is_text(plain.data, "x", "... and leaves nothing");
	buf_release(&text);
	buf_release(&plain);
}

static void
test_envelope(void)
{
	struct buf out = BUF_INIT;
	struct envelope e;

	envelope_init(&e);
	envelope_add(&e, "a@x");
	envelope_add(&e, "b@x");
	ok(e.ret[0] == '\0' && e.envid[0] == '\0' &&
	    e.v[0].notify[0] == '\0' && e.v[0].orcpt[0] == '\0',
	    "an envelope begins without wishes");
	envelope_format_dsn(&e, &out);
	recipient_format_dsn(&e.v[0], &out);
	is_text(out.data, "", "... and without parameters");
	envelope_set_dsn(&e, "FULL", "old");
	envelope_set_dsn(&e, "HDRS", "id");
	envelope_set_recipient_dsn(&e, 1, "NEVER", "rfc822;b@y");
	envelope_format_dsn(&e, &out);
	is_text(out.data, " RET=HDRS ENVID=id", "the last wishes count");
	buf_reset(&out);
	recipient_format_dsn(&e.v[0], &out);
	is_text(out.data, "", "one recipient's wish is not the other's");
	recipient_format_dsn(&e.v[1], &out);
	is_text(out.data, " NOTIFY=NEVER ORCPT=rfc822;b@y",
	    "a recipient's parameters");
	envelope_set_recipient_dsn(&e, 1, "", "");
	buf_reset(&out);
	recipient_format_dsn(&e.v[1], &out);
	is_text(out.data, "", "a wish can be taken back");
	buf_release(&out);
	envelope_release(&e);
}

int
main(void)
{
	CHECK("NOTIFY", dsn_parse_notify, notifies);
	CHECK("RET", dsn_parse_ret, rets);
	CHECK("ENVID", dsn_parse_envid, envids);
	test_values();
	test_length();
	test_xtext();
	test_envelope();
	return tap_done();
}
