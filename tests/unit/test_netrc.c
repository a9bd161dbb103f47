/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords in ~/.netrc, for user u@qq.com at smtp.qq.com. */
#include "tap.h"

#include "relay/netrc.h"

static const struct {
	const char *name, *text, *want; /* NULL: none */
} cases[] = {
	{ "one line",
	    "machine smtp.qq.com login u@qq.com password secret\n", "secret" },
	{ "several lines and tabs",
	    "machine smtp.qq.com\n\tlogin u@qq.com\n\tpassword secret\n",
	    "secret" },
	{ "user and passwd",
	    "machine smtp.qq.com user u@qq.com passwd secret\n", "secret" },
	{ "user of somebody else",
	    "machine smtp.qq.com user v@qq.com passwd secret\n", NULL },
	{ "no line end", "machine smtp.qq.com login u@qq.com password s", "s" },
	{ "password before login",
	    "machine smtp.qq.com password s login u@qq.com", "s" },
	{ "the host in any case",
	    "machine SMTP.qq.com login u@qq.com password s", "s" },
	{ "another host", "machine smtp.qq.co login u@qq.com password s",
	    NULL },
	{ "a longer host", "machine smtp.qq.com.x login u@qq.com password s",
	    NULL },
	{ "another user", "machine smtp.qq.com login v@qq.com password s",
	    NULL },
	{ "the user in another case",
	    "machine smtp.qq.com login U@qq.com password s", NULL },
	{ "an entry without login fits", "machine smtp.qq.com password s",
	    "s" },
	{ "an entry without password does not",
	    "machine smtp.qq.com login u@qq.com\n"
	    "machine smtp.qq.com login u@qq.com password s", "s" },
	{ "the first one that fits",
	    "machine smtp.qq.com login u@qq.com password one\n"
	    "machine smtp.qq.com login u@qq.com password two", "one" },
	{ "the user's among several",
	    "machine smtp.qq.com login v password one\n"
	    "machine a login u@qq.com password two\n"
	    "machine smtp.qq.com login u@qq.com password three\n"
	    "machine b login u@qq.com password four", "three" },
	{ "default at the end", "machine a login b password c\n"
	    "default login u@qq.com password s", "s" },
	{ "default with another user", "default login v password s", NULL },
	{ "a password of another host is not kept",
	    "machine a password s\nmachine smtp.qq.com login u@qq.com", NULL },
	{ "quoted", "machine smtp.qq.com login u@qq.com password \"a b\\\"c\\\\\"",
	    "a b\"c\\" },
	{ "a quote without an end",
	    "machine smtp.qq.com password \"a b", "a b" },
	{ "an empty password", "machine smtp.qq.com password \"\"", "" },
	{ "a password that is a keyword",
	    "machine smtp.qq.com password machine login u@qq.com", "machine" },
	{ "account is passed over",
	    "machine smtp.qq.com account password password s", "s" },
	{ "a comment", "# machine smtp.qq.com password no\n"
	    "machine smtp.qq.com\n # password no\npassword s", "s" },
	{ "a comment behind the password", "machine smtp.qq.com password s\n"
	    "# password no\n", "s" },
	{ "a quoted password before another login",
	    "machine smtp.qq.com password \"s\" login v@qq.com", NULL },
	{ "a password of no machine", "password s", NULL },
	{ "a # in a password", "machine smtp.qq.com password #s", "#s" },
	{ "a macro is passed over", "machine a\nmacdef init\n"
	    "machine smtp.qq.com password no\n\n"
	    "machine smtp.qq.com password s", "s" },
	{ "a macro without an end",
	    "macdef x\nmachine smtp.qq.com password no", NULL },
	{ "a keyword at the end", "machine smtp.qq.com password", NULL },
	{ "machine at the end", "machine", NULL },
	{ "an empty file", "", NULL },
	{ "only white space", " \n\t\r\n", NULL },
	{ "unknown words", "foo machine smtp.qq.com bar password s", "s" },
	{ "CR before LF", "machine smtp.qq.com\r\npassword s\r\n", "s" },
};

int
main(void)
{
	struct buf out = BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&out);
		rc = netrc_find(cases[i].text, strlen(cases[i].text),
		    "smtp.qq.com", "u@qq.com", &out);
		is_number(rc, cases[i].want != NULL, cases[i].name);
		is_text(out.data, cases[i].want != NULL ? cases[i].want : "",
		    "... the password");
	}
	buf_release(&out);
	return tap_done();
}
