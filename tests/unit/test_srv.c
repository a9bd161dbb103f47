/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SRV records out of an answer of the DNS, whole, strange and torn. */
#include "relay/srv.h"

#include <stdlib.h>

#include "base/buf.h"
#include "tap.h"

#define OWNER "\5_x_tc\3org" /* what is asked for: _x_tc.org */
#define HEAD "\1\2\x81\x80\0\1\0\1\0\0\0\0" OWNER "\0\0\x21\0\1"
#define HEAD_2 "\1\2\x81\x80\0\1\0\2\0\0\0\0" OWNER "\0\0\x21\0\1"
#define RECORD(len) "\xc0\x0c\0\x21\0\1\0\0\0\x3c\0" len
#define BOTH(octets) octets, sizeof octets - 1

static const struct {
	const char *name;
	const char *octets;
	size_t len;
	const char *want; /* "PRIORITY WEIGHT PORT TARGET;"..., "!" a fault */
} cases[] = {
	{ "a server", BOTH(HEAD RECORD("\x0d") "\0\1\0\2\2\x4b\1a\3org\0"),
	    "1 2 587 a.org;" },
	{ "no service", BOTH(HEAD RECORD("\7") "\0\0\0\0\0\0\0"), "0 0 0 .;" },
	{ "a compressed target",
	    BOTH(HEAD RECORD("\x0a") "\0\1\0\2\2\x4b\1a\xc0\x12"),
	    "1 2 587 a.org;" },
	{ "the owner in full", BOTH(HEAD OWNER "\0\0\x21\0\1\0\0\0\x3c\0\x0d"
	    "\0\1\0\2\2\x4b\1a\3org\0"), "1 2 587 a.org;" },
	{ "in capitals", BOTH(HEAD "\5_X_TC\3ORG\0\0\x21\0\1\0\0\0\x3c\0\x0d"
	    "\0\1\0\2\2\x4b\1A\3Org\0"), "1 2 587 A.Org;" },
	{ "a record of somebody else", BOTH(HEAD "\1y\3org\0\0\x21\0\1\0\0\0"
	    "\x3c\0\x0d\0\1\0\2\2\x4b\1a\3org\0"), "" },
	{ "a record of another type", BOTH(HEAD "\xc0\x0c\0\x10\0\1\0\0\0\x3c"
	    "\0\4\3abc"), "" },
	{ "a record of another class", BOTH(HEAD "\xc0\x0c\0\x21\0\3\0\0\0"
	    "\x3c\0\x0d\0\1\0\2\2\x4b\1a\3org\0"), "" },
	{ "an alias", BOTH(HEAD_2 "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\7\1y\3org\0"
	    "\1y\3org\0\0\x21\0\1\0\0\0\x3c\0\x0d\0\1\0\2\2\x4b\1a\3org\0"),
	    "1 2 587 a.org;" },
	{ "the better one first", BOTH(HEAD_2
	    RECORD("\x0d") "\0\2\0\2\2\x4b\1a\3org\0"
	    RECORD("\x0d") "\0\1\0\2\2\x4b\1b\3org\0"),
	    "1 2 587 b.org;2 2 587 a.org;" },
	{ "a line feed in the target",
	    BOTH(HEAD RECORD("\x0d") "\0\1\0\2\2\x4b\1\n\3org\0"), "" },
	{ "a NUL in the target",
	    BOTH(HEAD RECORD("\x0d") "\0\1\0\2\2\x4b\1\0\3org\0"), "" },
	{ "a dot in a label",
	    BOTH(HEAD RECORD("\x0e") "\0\1\0\2\2\x4b\2a.\3org\0"), "" },
	{ "an underscore in the target",
	    BOTH(HEAD RECORD("\x0d") "\0\1\0\2\2\x4b\1_\3org\0"), "" },
	{ "a hyphen at an end",
	    BOTH(HEAD RECORD("\x0e") "\0\1\0\2\2\x4b\2a-\3org\0"), "" },
	{ "a target of one label",
	    BOTH(HEAD RECORD("\x0b") "\0\1\0\2\2\x4b\3org\0"), "" },
	{ "port 0", BOTH(HEAD RECORD("\x0d") "\0\1\0\2\0\0\1a\3org\0"), "" },
	{ "a target that points at itself",
	    BOTH(HEAD RECORD("\x08") "\0\1\0\2\2\x4b\xc0\x2d"), "!" },
	{ "one that points forwards",
	    BOTH(HEAD RECORD("\x08") "\0\1\0\2\2\x4b\xc0\x40"), "!" },
	{ "two that point at each other", BOTH("\1\2\x81\x80\0\1\0\0\0\0\0\0"
	    "\xc0\x0e\xc0\x0c\0\x21\0\1"), "!" },
	{ "a pointer into the data of a record before",
	    BOTH(HEAD_2 RECORD("\x0d") "\0\1\0\2\2\x4b\1a\3org\0"
	    RECORD("\x08") "\0\1\0\2\2\x4b\xc0\x2d"),
	    "1 2 587 a.org;1 2 587 a.org;" },
	{ "a label of 64 octets", BOTH(HEAD RECORD("\x0d")
	    "\0\1\0\2\2\x4b\x40" "a\3org\0"), "!" },
	{ "a pointer of one octet",
	    BOTH(HEAD RECORD("\x07") "\0\1\0\2\2\x4b\xc0"), "!" },
	{ "data longer than the target",
	    BOTH(HEAD RECORD("\x0e") "\0\1\0\2\2\x4b\1a\3org\0x"), "!" },
	{ "data shorter than it",
	    BOTH(HEAD RECORD("\x0c") "\0\1\0\2\2\x4b\1a\3org\0"), "!" },
	{ "a record less than was said", BOTH(HEAD_2
	    RECORD("\x0d") "\0\2\0\2\2\x4b\1a\3org\0"), "!" },
	{ "a question less than was said",
	    BOTH("\1\2\x81\x80\0\2\0\0\0\0\0\0" OWNER "\0\0\x21\0\1"), "!" },
	{ "no records", BOTH("\1\2\x81\x80\0\1\0\0\0\0\0\0" OWNER
	    "\0\0\x21\0\1"), "" },
	{ "no question", BOTH("\1\2\x81\x80\0\0\0\0\0\0\0\0"), "" },
	{ "a question in place of an answer", BOTH("\1\2\1\0\0\1\0\0\0\0\0\0"
	    OWNER "\0\0\x21\0\1"), "!" },
	{ "an answer that is a refusal", BOTH("\1\2\x81\x85\0\0\0\0\0\0\0\0"),
	    "!" },
	{ "nothing", "", 0, "!" },
};

static void
describe(const struct srv_list *l, struct buf *out)
{
	size_t i;

	buf_reset(out);
	for (i = 0; i < l->n; i++)
		buf_addf(out, "%u %u %u %s;", l->v[i].priority,
		    l->v[i].weight, l->v[i].port, l->v[i].target);
}

/* In memory of just that size, so that a look behind it is noticed. */
static int
parse(const char *octets, size_t len, struct buf *got)
{
	unsigned char *copy = malloc(len != 0 ? len : 1);
	struct srv_list l = { NULL, 0, 0 };
	struct fault f = FAULT_INIT;
	int rc;

	memcpy(copy, octets, len);
	rc = srv_parse(&l, "submission", "_x_tc.org", copy, len, &f);
	describe(&l, got);
	if (rc == -1)
		buf_set(got, "!", 1);
	if (rc == -1 && f.code != EX_PROTOCOL)
		buf_set(got, "?", 1);
	fault_release(&f);
	srv_list_release(&l);
	free(copy);
	return rc;
}

static void
test_torn(void)
{
	size_t i, n, bad = 0, tried = 0;
	struct buf got = BUF_INIT;

	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		for (n = 0; n < cases[i].len; n++) {
			tried++;
			bad += parse(cases[i].octets, n, &got) != -1;
		}
	is_number((long long)bad, 0, "an answer cut at any octet is none");
	ok(tried > 1000, "each was cut everywhere");
	buf_release(&got);
}

/* Whatever an octet becomes, nothing but a list or a fault comes of it. */
static void
test_changed(void)
{
	struct buf got = BUF_INIT, text = BUF_INIT;
	size_t i, n;
	int octet, good = 1;

	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		for (n = 0; n < cases[i].len; n++)
			for (octet = 0; octet < 256; octet += 3) {
				buf_set(&text, cases[i].octets, cases[i].len);
				text.data[n] = (char)octet;
				parse(text.data, text.len, &got);
				good &= strpbrk(got.data, "?\n_`") == NULL;
			}
	ok(good, "an answer with any octet changed does no harm");
	buf_release(&got);
	buf_release(&text);
}

static void
test_services(void)
{
	static const char answer[] =
	    HEAD RECORD("\x0d") "\0\1\0\2\2\x4b\1a\3org\0";
	static const char none[] = HEAD RECORD("\7") "\0\0\0\0\0\0\0";
	const unsigned char *p = (const unsigned char *)answer;
	struct srv_list l = { NULL, 0, 0 };
	struct fault f = FAULT_INIT;

	srv_parse(&l, "submissions", "_x_tc.org", (const unsigned char *)none,
	    sizeof none - 1, &f);
	srv_parse(&l, "submission", "_x_tc.org", p, sizeof answer - 1, &f);
	ok(l.n == 2 && strcmp(l.v[0].service, "submission") == 0,
	    "a server comes before no service");
	srv_parse(&l, "submissions", "_x_tc.org", p, sizeof answer - 1, &f);
	ok(l.n == 3 && strcmp(l.v[0].service, "submissions") == 0,
	    "TLS from the first octet on before STARTTLS");
	srv_list_release(&l);
	fault_release(&f);
}

int
main(void)
{
	struct buf got = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		parse(cases[i].octets, cases[i].len, &got);
		is_text(got.data, cases[i].want, cases[i].name);
	}
	test_torn();
	test_changed();
	test_services();
	buf_release(&got);
	return tap_done();
}
