/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading addresses as every other reader would, or not at all. */
#include "mail/address.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define UE "\xc3\xbc"

/* Each address as name|local|domain, a space between two. */
static void
show(const struct address_list *l, struct buf *out)
{
	size_t i;

	buf_reset(out);
	for (i = 0; i < l->n; i++)
		buf_addf(out, "%s%s|%s|%s", i != 0 ? " " : "",
		    l->v[i].display, l->v[i].local, l->v[i].domain);
}

static const struct {
	const char *name, *in, *want;
	int groups;
} list_cases[] = {
	{ "an address", "a@b.example", "|a|b.example", 0 },
	{ "two", "a@x, b@y", "|a|x |b|y", 0 },
	{ "in brackets", "<a@x>,<b@y>", "|a|x |b|y", 0 },
	{ "with names", "J Doe <a@x>, \"D, J\" <b@y>",
	    "J Doe|a|x D, J|b|y", 0 },
	{ "a name without a blank", "Doe<a@x>", "Doe|a|x", 0 },
	{ "nothing", "", "", 0 },
	{ "white space", " \t\r\n ", "", 0 },
	{ "a bare name", "root", "|root|", 0 },
	{ "bare names", "root, <admin>", "|root| |admin|", 0 },
	{ "all of atext", "!#$%&'*+-/=?^_`{|}~az.AZ09@x!#$%&'*+-/=?^_`{|}~",
	    "|!#$%&'*+-/=?^_`{|}~az.AZ09|x!#$%&'*+-/=?^_`{|}~", 0 },
	{ "UTF-8", "J" UE " <" UE "@" UE "." UE ">",
	    "J" UE "|" UE "|" UE "." UE, 0 },
	{ "a name that is not UTF-8", "J\xfc <a@x>", "J\xfc|a|x", 0 },
	{ "an octet of C1 that is not UTF-8", "J\x85 <a@x>", "J\x85|a|x", 0 },
	{ "a local name in brackets before a name", "<root>, John <j@x>",
	    "|root| John|j|x", 0 },
	{ "a local name before a quoted name", "root, \"John\" <j@x>",
	    "|root| John|j|x", 0 },
	{ "a local name before an address", "root, j@x, <k@y>, L <l@z>",
	    "|root| |j|x |k|y L|l|z", 0 },
	{ "a local name and a group", "root, G: John <j@x>;",
	    "|root| John|j|x", 1 },
	{ "a local name and a semicolon", "root; John <j@x>",
	    "|root| John|j|x", 0 },
	/* Names. */
	{ "white space in a name becomes one blank", "J \t D\r\n  E <a@x>",
	    "J D E|a|x", 0 },
	{ "blanks in quotes stay", "\"J  D\" <a@x>", "J  D|a|x", 0 },
	{ "backslashes in quotes", "\"J \\\"D\\\\\" <a@x>", "J \"D\\|a|x", 0 },
	{ "a fold in quotes", "\"J\r\n D\" <a@x>", "J D|a|x", 0 },
	{ "words and quotes", "J \"D. E\" F <a@x>", "J D. E F|a|x", 0 },
	{ "words and quotes without blanks", "J\"D\"F <a@x>", "JDF|a|x", 0 },
	{ "dots in a name", "J. Q. Doe <a@x>", "J. Q. Doe|a|x", 0 },
	{ "an at sign in a name", "a@x <b@y>", "a@x|b|y", 0 },
	{ "brackets in a name", "[List] D <b@y>", "[List] D|b|y", 0 },
	{ "a backslash in a name", "J \\ D <b@y>", "J \\ D|b|y", 0 },
	{ "a bracket, a comma, and another member", "x [a <b@y>, c@z",
	    "x [a|b|y |c|z", 0 },
	{ "an empty name", "\"\" <a@x>", "|a|x", 0 },
	{ "encoded words stay as they are", "=?utf-8?q?a?= =?utf-8?q?b?= <a@x>",
	    "=?utf-8?q?a?= =?utf-8?q?b?=|a|x", 0 },
	{ "a comma in an encoded word", "=?utf-8?Q?Doe,_J?= <a@x>, b@y",
	    "=?utf-8?Q?Doe,_J?=|a|x |b|y", 0 },
	{ "quotes, parentheses and colons in one", "x =?utf-8?Q?\"D(:;?= <a@x>",
	    "x =?utf-8?Q?\"D(:;?=|a|x", 0 },
	{ "an at sign in one", "=?utf-8?Q?a@b?= <a@x>",
	    "=?utf-8?Q?a@b?=|a|x", 0 },
	{ "a local part like a word", "=?utf-8?Q?a?=@x",
	    "|=?utf-8?Q?a?=|x", 0 },
	{ "the name in a comment is none", "a@x (J Doe)", "|a|x", 0 },
	/* Comments. */
	{ "comments everywhere", "(a) J (b) D (c) < (d) a (e) @ (f) x (g) . "
	    "(h) y (i) > (j), (k) b@z (l)", "J D|a|x.y |b|z", 0 },
	{ "a nested comment", "a@x (b (c) \\) (d)), e@y", "|a|x |e|y", 0 },
	{ "a comment with a comma and a quote", "a@x (b, \"), c@y",
	    "|a|x |c|y", 0 },
	{ "a comment alone", "(a@x)", "", 0 },
	{ "a comment between words of a name", "J(x)D <a@x>", "J D|a|x", 0 },
	{ "a comment in front of a name", "(x) J <a@x>", "J|a|x", 0 },
	/* Local parts. */
	{ "a quoted local part", "\"a b\"@x", "|a b|x", 0 },
	{ "what is in quotes divides nothing", "\"a,b@c;d:<e>\"@x, f@y",
	    "|a,b@c;d:<e>|x |f|y", 0 },
	{ "backslashes in a quoted local part", "\"a\\\"b\\\\\\c\"@x",
	    "|a\"b\\c|x", 0 },
	{ "an empty quoted local part", "\"\"@x", "||x", 0 },
	{ "words with dots", "\"a b\".c.\"d\"@x", "|a b.c.d|x", 0 },
	{ "white space at dots and at sign", "a . b @ x . y, <c .d@ z>",
	    "|a.b|x.y |c.d|z", 0 },
	{ "folds", "a\r\n @x,\r\n b\r\n\t@\r\n y", "|a|x |b|y", 0 },
	/* Domains. */
	{ "an address literal", "a@[192.0.2.1]", "|a|[192.0.2.1]", 0 },
	{ "one of IPv6", "a@[IPv6:2001:db8::1], b@x",
	    "|a|[IPv6:2001:db8::1] |b|x", 0 },
	{ "one with separators, and a name", "J <a@[x,y;z:(\"<]>, b@x",
	    "J|a|[x,y;z:(\"<] |b|x", 0 },
	{ "white space in one", "a@ [ 192.0.2.1\r\n ] ", "|a|[192.0.2.1]", 0 },
	{ "hyphens and numbers", "a@-b-.1", "|a|-b-.1", 0 },
	/* Obsolete and sloppy forms. */
	{ "empty members", ", a@x,, ,b@y,", "|a|x |b|y", 0 },
	{ "a source route", "<@a.b,@[1.2.3.4] , (x) @c:d@x>, J <@a:b@y>",
	    "|d|x J|b|y", 0 },
	{ "a route with empty members", "<@a,,@b:c@x>", "|c|x", 0 },
	{ "semicolons between members", "a@x; b@y ;", "|a|x |b|y", 0 },
	/* Groups. */
	{ "a group", "G: a@x, J <b@y>;", "|a|x J|b|y", 1 },
	{ "an empty group", "undisclosed-recipients:;", "", 1 },
	{ "a group with a comment", "G(c): (d) ;(e)", "", 1 },
	{ "two groups and others", "a@v, G H:b@w;, \"I\": c@x ; , d@y",
	    "|a|v |b|w |c|x |d|y", 2 },
	{ "a comma is missing behind a group", "G: a@x; b@y", "|a|x |b|y",
	    1 },
	{ "empty members of a group", "G:,a@x,,;", "|a|x", 1 },
	{ "a quoted name with a colon is no group", "\"G:\" <a@x>", "G:|a|x",
	    0 },
};

static void
test_lists(void)
{
	struct address_list l = ADDRESS_LIST_INIT;
	struct fault f = FAULT_INIT;
	struct buf out = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof list_cases / sizeof *list_cases; i++) {
		is_number(address_parse_list(&l, list_cases[i].in,
		    strlen(list_cases[i].in), &f), 0, list_cases[i].name);
		show(&l, &out);
		is_text(out.data, list_cases[i].want, "its addresses");
		is_number(l.groups, list_cases[i].groups, "its groups");
		address_list_release(&l);
	}
	is_number((long long)l.n, 0, "a released list is empty");
	is_number(l.groups, 0, "and has no groups");
	address_parse_list(&l, "a@x, b@y", 3, &f);
	address_parse_list(&l, "G: c@z;", 7, &f);
	show(&l, &out);
	is_text(out.data, "|a|x |c|z", "only len octets; added at the end");
	address_list_release(&l);
	is_number(f.code, 0, "no fault in all of them");
	fault_release(&f);
	buf_release(&out);
}

#define COMMA "a comma is missing, or a character must be quoted"
#define BRACKET "a \">\" is missing, or a character must be quoted"
#define DOTS "the local part begins or ends with a dot, has two in a row, " \
	"or is empty"
#define DOMAIN "the domain is empty, or has an empty label or a wrong " \
	"character"
#define CONTROL "control characters are not allowed"

#define TORN "a comma in a name must be quoted; a local name in front of " \
	"such a name needs < and >"

static const struct {
	const char *name, *in, *shown, *why;
} refused_cases[] = {
	{ "a blank in the local part", "a b@x", "a b@x", COMMA },
	{ "a missing comma", "a@x b@y", "a@x b@y", COMMA },
	{ "a missing comma behind brackets", "<a@x> <b@y>", "<a@x> <b@y>",
	    COMMA },
	{ "a missing comma before a name", "a@x, <b@y> J <c@z>",
	    "<b@y> J <c@z>", COMMA },
	{ "words behind brackets", "<a@x> b", "<a@x> b", COMMA },
	{ "a name alone", "John Doe", "John Doe", COMMA },
	{ "a quoted name alone", "\"John Doe\"", "\"John Doe\"",
	    "a name without an address" },
	{ "an empty quoted name alone", "\"\"", "\"\"",
	    "a name without an address" },
	{ "a name torn by a comma", "a@x, Doe, John <j@x>, b@y",
	    "Doe, John <j@x>, b@y", TORN },
	{ "one in a group", "G: Doe ,, (c) John <j@x>;",
	    "Doe ,, (c) John <j@x>;", TORN },
	{ "a name in UTF-8 alone", "J" UE ", Hans <b@x>", "J" UE
	    ", Hans <b@x>", "a name without an address" },
	{ "an encoded word alone", "=?utf-8?q?a?=, b@x",
	    "=?utf-8?q?a?=, b@x", "a name without an address" },
	{ "an encoded word with a comma in its charset",
	    "=?utf,8?q?a?= <b@x>", "=?utf,8?q?a?= <b@x>",
	    "a name without an address" },
	{ "brackets in an encoded word", "=?utf-8?q?<a@x>?= <b@y>",
	    "=?utf-8?q?<a@x>?= <b@y>", COMMA },
	{ "a blank in an encoded word", "=?utf-8?q?a,_b c?= <b@y>",
	    "=?utf-8?q?a,_b c?= <b@y>", "a name without an address" },
	{ "a word glued to a character", "x=?utf-8?q?a,b?= <b@y>",
	    "x=?utf-8?q?a,b?= <b@y>", "a name without an address" },
	{ "quotes glued to a local part", "\"a\"b@x", "\"a\"b@x", COMMA },
	{ "a local part glued to quotes", "a\"b\"@x", "a\"b\"@x", COMMA },
	{ "two at signs", "a@b@x", "a@b@x", COMMA },
	{ "two at signs together", "a@@x", "a@@x", DOMAIN },
	{ "no local part", "@x", "@x", DOTS },
	{ "a dot in front", ".a@x", ".a@x", DOTS },
	{ "a dot at the end", "a.@x", "a.@x", DOTS },
	{ "two dots", "a..b@x", "a..b@x", DOTS },
	{ "a dot alone", ".", ".", DOTS },
	{ "no domain", "a@", "a@", DOMAIN },
	{ "no domain in brackets", "<a@>", "<a@>", DOMAIN },
	{ "a domain with a dot in front", "a@.x", "a@.x", DOMAIN },
	{ "a domain with a dot at the end", "a@x.", "a@x.", DOMAIN },
	{ "a domain with two dots", "a@x..y", "a@x..y", DOMAIN },
	{ "a quoted domain", "a@\"x\"", "a@\"x\"", DOMAIN },
	{ "empty brackets", "J <>, a@x", "J <>, a@x",
	    "there is nothing between \"<\" and \">\"" },
	{ "brackets that are not closed", "J <a@x", "J <a@x", BRACKET },
	{ "brackets in brackets", "<<a@x>>", "<<a@x>>",
	    "a character that must be quoted" },
	{ "a bracket that closes", "a@x>", "a@x>", COMMA },
	{ "a bracket that closes a name", "J> <a@x>", "J> <a@x>", COMMA },
	{ "a blank in brackets", "<a b@x>", "<a b@x>", BRACKET },
	{ "a comma in brackets", "<a@x, b@y>", "<a@x, b@y>", BRACKET },
	{ "a comment that is not closed", "a@x (b (c)", "a@x (b (c)",
	    "a comment is not closed by \")\"" },
	{ "a comment ended by a backslash", "a@x (b\\", "a@x (b\\",
	    "a comment is not closed by \")\"" },
	{ "a comment whose end is quoted", "a@x (b\\)", "a@x (b\\)",
	    "a comment is not closed by \")\"" },
	{ "a comment in front that is not closed", "(a@x", "(a@x",
	    "a comment is not closed by \")\"" },
	{ "a comment closed twice", "a@x (b))", "a@x (b))", COMMA },
	{ "quotes that are not closed", "\"a@x", "\"a@x",
	    "a quoted string is not closed" },
	{ "quotes ended by a backslash", "\"a@x\\", "\"a@x\\",
	    "a quoted string is not closed" },
	{ "quotes behind a name", "a \"b <c@x>", "a \"b <c@x>",
	    "a quoted string is not closed" },
	{ "a literal that is not closed", "a@[1.2.3.4", "a@[1.2.3.4",
	    "an address literal is not closed by \"]\"" },
	{ "a literal in a literal", "a@[1[2]", "a@[1[2]",
	    "not an address literal" },
	{ "a backslash in a literal", "a@[1\\2]", "a@[1\\2]",
	    "not an address literal" },
	{ "UTF-8 in a literal", "a@[" UE "]", "a@[" UE "]",
	    "not an address literal" },
	{ "text behind a literal", "a@[1]b", "a@[1]b", COMMA },
	{ "a bracket in the local part", "a[b@x", "a[b@x", COMMA },
	{ "a backslash in the local part", "a\\b@x", "a\\b@x", COMMA },
	{ "a closing parenthesis", ")", ")",
	    "a character that must be quoted" },
	{ "a local part that is not UTF-8", "\xfc@x", "\\xfc@x", "not UTF-8" },
	{ "a domain that is not UTF-8", "a@\xfc", "a@\\xfc", "not UTF-8" },
	{ "a source route without an end", "<@a,@b>", "<@a,@b>",
	    "a source route is not closed by \":\"" },
	{ "a source route with a bad domain", "<@:a@x>", "<@:a@x>", DOMAIN },
	{ "a source route without brackets", "@a:b@x", "b@x",
	    "a group is not closed by \";\"" },
	{ "a group that is not closed", "G: a@x", "a@x",
	    "a group is not closed by \";\"" },
	{ "a group that is just begun", "a@x, G:", "G:",
	    "a group is not closed by \";\"" },
	{ "a group in a group", "G: H: a@x;;", "H: a@x;;",
	    "a group within a group" },
	{ "words behind a group member", "G: a@x b;", "a@x b;", COMMA },
	{ "a URI", "mailto:a@x", "a@x", "a group is not closed by \";\"" },
	{ "a good one before a bad one", "a@x, b c@y", "b c@y", COMMA },
	{ "the first control character", "a\001@x", "a\\x01@x", CONTROL },
	{ "LF", "a@x,\nb@y", "a@x,\\x0ab@y", CONTROL },
	{ "LF and a blank", "a@x,\n b@y", "a@x,\\x0a b@y", CONTROL },
	{ "CR LF without a blank", "a@x,\r\nb@y", "a@x,\\x0d\\x0ab@y",
	    CONTROL },
	{ "CR LF at the end", "a@x\r\n", "a@x\\x0d\\x0a", CONTROL },
	{ "CR and a blank", "a@x,\r b@y", "a@x,\\x0d b@y", CONTROL },
	{ "CR LF in quotes", "\"a\r\nb\"@x", "\"a\\x0d\\x0ab\"@x", CONTROL },
	{ "a quoted control character", "\"a\\\x07\"@x", "\"a\\\\x07\"@x",
	    CONTROL },
	{ "one in a name", "J\x1b <a@x>", "J\\x1b <a@x>", CONTROL },
	{ "one in a comment", "a@x (\x1f)", "a@x (\\x1f)", CONTROL },
	{ "DEL", "a\x7f@x", "a\\x7f@x", CONTROL },
	{ "the first C1 control", "J\xc2\x80 <a@x>", "J\\xc2\\x80 <a@x>",
	    CONTROL },
	{ "the last C1 control", "a@\xc2\x9f", "a@\\xc2\\x9f", CONTROL },
	{ "blanks in front are not shown", " \t a b@x", "a b@x", COMMA },
	{ "a long address is shown in part", "\"0123456789012345678901234567"
	    "890123456789012345678901234567" UE "x\" y@x",
	    "\"0123456789012345678901234567890123456789012345678901234567" UE
	    "...", "a name without an address" },
	{ "61 octets are shown in part", "0123456789012345678901234567890123456"
	    "789012345678901234 7@xyz", "0123456789012345678901234567890123456"
	    "789012345678901234 7@xy...", COMMA },
	{ "a control character behind blanks", " \t a\x01@x", "a\\x01@x",
	    CONTROL },
	{ "60 octets are shown whole", "0123456789012345678901234567890123456"
	    "789012345678901234 7@xy", "0123456789012345678901234567890123456"
	    "789012345678901234 7@xy", COMMA },
};

static void
test_refused(void)
{
	struct address_list l = ADDRESS_LIST_INIT;
	struct fault f = FAULT_INIT;
	struct buf out = BUF_INIT;
	size_t i;

	address_parse_list(&l, "G: first@x;", 11, &f);
	for (i = 0; i < sizeof refused_cases / sizeof *refused_cases; i++) {
		is_number(address_parse_list(&l, refused_cases[i].in,
		    strlen(refused_cases[i].in), &f), -1,
		    refused_cases[i].name);
		buf_reset(&out);
		buf_addf(&out, "address \"%s\": %s", refused_cases[i].shown,
		    refused_cases[i].why);
		is_text(f.text.data, out.data, "and why");
		is_number(f.code, EX_DATAERR, "as bad data");
		fault_release(&f);
		show(&l, &out);
		is_text(out.data, "|first|x", "the list is as it was");
		is_number(l.groups, 1, "the number of groups is");
	}
	ok(address_parse_list(&l, "a\0@x", 4, &f) == -1, "NUL is refused");
	fault_release(&f);
	ok(address_parse_list(&l, "a@x\r\n ", 5, &f) == -1,
	    "a fold that is cut off is refused");
	fault_release(&f);
	address_list_release(&l);
	buf_release(&out);
}

static const struct {
	const char *name, *in, *mailbox, *spec;
} span_cases[] = {
	{ "an address", " a@x , b@y", "a@x", "a@x" },
	{ "a bare name", "(c) root (d)", "root", "root" },
	{ "comments behind are not in it", "a @ x . y (c)", "a @ x . y",
	    "a @ x . y" },
	{ "a name is", " J D <a@x> (c)", "J D <a@x>", "a@x" },
	{ "a quoted name is", "\"J, D\"\t< a.b@[1.2.3.4] >",
	    "\"J, D\"\t< a.b@[1.2.3.4] >", "a.b@[1.2.3.4]" },
	{ "a source route is not in the addr-spec", "<@a,@b: (c) d@x >",
	    "<@a,@b: (c) d@x >", "d@x" },
	{ "a member of a group", "G: \"a b\"@x ;", "\"a b\"@x", "\"a b\"@x" },
};

static void
test_spans(void)
{
	struct address_list l = ADDRESS_LIST_INIT;
	struct fault f = FAULT_INIT;
	const struct address *a;
	size_t i;

	for (i = 0; i < sizeof span_cases / sizeof *span_cases; i++) {
		address_parse_list(&l, span_cases[i].in,
		    strlen(span_cases[i].in), &f);
		a = &l.v[0];
		is_bytes(span_cases[i].in + a->start, a->end - a->start,
		    span_cases[i].mailbox, strlen(span_cases[i].mailbox),
		    span_cases[i].name);
		is_bytes(span_cases[i].in + a->spec_start,
		    a->spec_end - a->spec_start, span_cases[i].spec,
		    strlen(span_cases[i].spec), "its addr-spec");
		address_list_release(&l);
	}
	fault_release(&f);
}

#define ONE "exactly one address is expected"
#define QUOTED "white space or another character must be quoted"

static const struct {
	const char *name, *in, *want; /* want NULL: refused */
	const char *why;
} single_cases[] = {
	{ "an address", "a@x", "|a|x", "" },
	{ "in brackets", "<a@x>", "|a|x", "" },
	{ "with a name", "J Doe <a@x>", "J Doe|a|x", "" },
	{ "a bare name", "root", "|root|", "" },
	{ "white space and comments", " (c) a@x (d) ", "|a|x", "" },
	{ "a name with a comma in an encoded word", "=?utf-8?q?a,b?= <a@x>",
	    "=?utf-8?q?a,b?=|a|x", "" },
	{ "a tab", "\ta@x", "|a|x", "" },
	{ "nothing", "", NULL, "it is empty" },
	{ "a comment", "(a@x)", NULL, "it is empty" },
	{ "empty brackets", "<>", NULL,
	    "there is nothing between \"<\" and \">\"" },
	{ "two", "a@x, b@y", NULL, ONE },
	{ "two with a semicolon", "a@x;b@y", NULL, ONE },
	{ "a comma at the end", "<a@x>,", NULL, ONE },
	{ "a comma in front", ",a@x", NULL,
	    "a character that must be quoted" },
	{ "a group", "G:a@x;", NULL, ONE },
	{ "a blank", "a b@x", NULL, QUOTED },
	{ "text behind brackets", "<a@x> b", NULL, QUOTED },
	{ "a second bracket", "a@x>", NULL, QUOTED },
	{ "a name without an address", "\"J Doe\"", NULL,
	    "a name without an address" },
	{ "open quotes", "a \"b", NULL, "a quoted string is not closed" },
	{ "an open comment", "(a", NULL, "a comment is not closed by \")\"" },
	{ "an open comment behind", "a@x (b", NULL,
	    "a comment is not closed by \")\"" },
	{ "a fold", "a@x\r\n ", NULL, CONTROL },
	{ "LF", "a@x\n", NULL, CONTROL },
	{ "a control character in quotes", "\"\x01\"@x", NULL, CONTROL },
};

static void
test_single(void)
{
	struct address_list l = ADDRESS_LIST_INIT;
	struct address a;
	struct fault f = FAULT_INIT;
	struct buf out = BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < sizeof single_cases / sizeof *single_cases; i++) {
		rc = address_parse(&a, single_cases[i].in, &f);
		is_number(rc, single_cases[i].want != NULL ? 0 : -1,
		    single_cases[i].name);
		if (rc == 0) {
			l.v = &a;
			l.n = 1;
			show(&l, &out);
			is_text(out.data, single_cases[i].want != NULL ?
			    single_cases[i].want : "", "its parts");
			address_release(&a);
			ok(a.local == NULL && a.end == 0,
			    "a released address is empty");
			continue;
		}
		is_number(f.code, EX_USAGE, "the code");
		is_text(strstr(f.text.data, "\": ") + 3, single_cases[i].why,
		    "and why");
		fault_release(&f);
	}
	buf_release(&out);
}

static const struct {
	const char *name, *in, *spec, *mailbox;
} format_cases[] = {
	{ "an address", "a@x", "a@x", "a@x" },
	{ "a bare name", "root", "root", "root" },
	{ "a name", "J Doe <a@x>", "a@x", "J Doe <a@x>" },
	{ "quotes that need not be", "\"J\" <\"a.b\"@x>", "a.b@x",
	    "J <a.b@x>" },
	{ "quotes that must be", "\"J, D\" <\"a b\"@x>", "\"a b\"@x",
	    "\"J, D\" <\"a b\"@x>" },
	{ "a dot in a name", "J. D <a@x>", "a@x", "\"J. D\" <a@x>" },
	{ "two blanks in a name", "\"J  D\" <a@x>", "a@x",
	    "\"J  D\" <a@x>" },
	{ "a blank in front", "\" J\" <a@x>", "a@x", "\" J\" <a@x>" },
	{ "a blank behind", "\"J \" <a@x>", "a@x", "\"J \" <a@x>" },
	{ "quotes and backslashes", "\"J\\\"\\\\\" <\"\\\"\\\\\"@x>",
	    "\"\\\"\\\\\"@x", "\"J\\\"\\\\\" <\"\\\"\\\\\"@x>" },
	{ "an empty local part", "\"\"@x", "\"\"@x", "\"\"@x" },
	{ "a dot in front", "\".a\"@x", "\".a\"@x", "\".a\"@x" },
	{ "a dot at the end", "\"a.\"@x", "\"a.\"@x", "\"a.\"@x" },
	{ "two dots", "\"a..b\"@x", "\"a..b\"@x", "\"a..b\"@x" },
	{ "an at sign", "\"a@b\"@x", "\"a@b\"@x", "\"a@b\"@x" },
	{ "a route is dropped", "<@y:a@x>", "a@x", "a@x" },
	{ "a literal", "J <a@[1.2.3.4]>", "a@[1.2.3.4]", "J <a@[1.2.3.4]>" },
	{ "UTF-8", "J\xc3\xb6 <" UE "@" UE ">", UE "@" UE,
	    "=?UTF-8?B?SsO2?= <" UE "@" UE ">" },
	{ "encoded words", "=?utf-8?q?J=C3=B6?= <a@x>", "a@x",
	    "=?UTF-8?B?SsO2?= <a@x>" },
	{ "encoded words and a dot", "=?iso-8859-1?q?J=F6?= D. <a@x>", "a@x",
	    "=?UTF-8?B?SsO2IEQu?= <a@x>" },
	{ "an encoded word of ASCII with a comma",
	    "=?utf-8?q?D=2C_J?= <a@x>", "a@x", "\"D, J\" <a@x>" },
	{ "an encoded word of ASCII", "=?utf-8?q?D_J?= <a@x>", "a@x",
	    "D J <a@x>" },
	{ "an encoded word with CR LF", "=?utf-8?q?D=0D=0AJ?= <a@x>", "a@x",
	    "=?UTF-8?Q?D=0D=0AJ?= <a@x>" },
	{ "an encoded word of an unknown charset",
	    "=?x-none?q?D?= J <a@x>", "a@x", "=?x-none?q?D?= J <a@x>" },
	{ "a name that is not UTF-8", "J\xf6 <a@x>", "a@x",
	    "=?unknown-8bit?Q?J=F6?= <a@x>" },
};

static void
test_format(void)
{
	struct address a, b;
	struct fault f = FAULT_INIT;
	struct buf out = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof format_cases / sizeof *format_cases; i++) {
		if (!ok(address_parse(&a, format_cases[i].in, &f) == 0,
		    format_cases[i].name))
			continue;
		buf_reset(&out);
		address_format(&a, &out);
		is_text(out.data, format_cases[i].mailbox, "in a header");
		buf_reset(&out);
		address_format_spec(&a, &out);
		is_text(out.data, format_cases[i].spec, "in a command");
		ok(address_parse(&b, out.data, &f) == 0 &&
		    strcmp(a.local, b.local) == 0 &&
		    strcmp(a.domain, b.domain) == 0, "and read back");
		address_release(&a);
		address_release(&b);
	}
	buf_release(&out);
	fault_release(&f);
}

static const struct {
	const char *name, *a, *b;
	int equal;
} equal_cases[] = {
	{ "the same", "a@x", "J <a@x>", 1 },
	{ "domains in any case", "a@X.y", "a@x.Y", 1 },
	{ "local parts as they are", "A@x", "a@x", 0 },
	{ "other local parts", "a@x", "b@x", 0 },
	{ "other domains", "a@x", "a@y", 0 },
	{ "a longer domain", "a@x", "a@xy", 0 },
	{ "quotes", "\"a.b\"@x", "a.b@x", 1 },
	{ "a bare name", "a", "a@x", 0 },
	{ "two bare names", "a", "<a>", 1 },
};

static void
test_equal(void)
{
	struct address a, b;
	struct fault f = FAULT_INIT;
	size_t i;

	for (i = 0; i < sizeof equal_cases / sizeof *equal_cases; i++) {
		address_parse(&a, equal_cases[i].a, &f);
		address_parse(&b, equal_cases[i].b, &f);
		is_number(address_is_equal(&a, &b), equal_cases[i].equal,
		    equal_cases[i].name);
		is_number(address_is_8bit(&a), 0, "and ASCII");
		address_release(&a);
		address_release(&b);
	}
	address_parse(&a, "a@" UE, &f);
	is_number(address_is_8bit(&a), 1, "an 8-bit domain");
	address_release(&a);
	address_parse(&a, UE "@x", &f);
	is_number(address_is_8bit(&a), 1, "an 8-bit local part");
	address_release(&a);
	address_parse(&a, UE " <a@x>", &f);
	is_number(address_is_8bit(&a), 0, "an 8-bit name is none");
	address_release(&a);
	fault_release(&f);
}

/* 256 KiB of a piece repeated: read, or refused, in linear time. */
static void
check_long(const char *start, const char *piece, long long want)
{
	struct address_list l = ADDRESS_LIST_INIT;
	struct fault f = FAULT_INIT;
	struct buf text = BUF_INIT;

	buf_adds(&text, start);
	while (text.len < (size_t)1 << 18)
		buf_adds(&text, piece);
	address_parse_list(&l, text.data, text.len, &f);
	is_number((long long)l.n, want, piece);
	address_list_release(&l);
	fault_release(&f);
	buf_release(&text);
}

static void
test_long(void)
{
	check_long("", "recipient@example.org, J.<b@example.org>,", 12788);
	check_long("", "(", 0);
	check_long("", "()", 0);
	check_long("", "\"", 0);
	check_long("", "\"\" ", 0);
	check_long("", "=?a?q?", 0);
	check_long("", "=?a?q??", 0);
	check_long("", "G:;", 0);
	check_long("", "<", 0);
	check_long("a@[", "[", 0);
	check_long("a@[", "@[", 0);
	check_long("", "a.", 0);
	check_long("x@y,", ",;", 1);
	check_long("a@x (", "(b)", 0);
	check_long("<@a", ",@b", 0);
}

static void
test_comment(void)
{
	static const struct {
		const char *name, *in, *want;
	} comments[] = {
		{ "the comment of an old name", "root (Cron Daemon)",
		    "Cron Daemon" },
		{ "the first one counts", "(a) root (b)", "a" },
		{ "comments within it", "root (a (b) c)", "a (b) c" },
		{ "quoting is undone", "r (a \\) \\\\ b)", "a ) \\ b" },
		{ "folds become spaces", "r ( a\r\n\t b  c )", "a b c" },
		{ "not within quotes", "\"(x) \\\" (y)\" <r> (z)", "z" },
		{ "none", "Name <r@x>", "" },
		{ "an empty one", "r ()", "" },
		{ "one that is not closed", "r (a", "a" },
		{ "a backslash at the end", "r (a\\", "a\\" },
		{ "nothing", "", "" },
	};
	struct buf out = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof comments / sizeof *comments; i++) {
		buf_reset(&out);
		address_comment(comments[i].in, strlen(comments[i].in), &out);
		is_text(out.data, comments[i].want, comments[i].name);
	}
	buf_release(&out);
}

int
main(void)
{
	test_comment();
	test_lists();
	test_refused();
	test_spans();
	test_single();
	test_format();
	test_equal();
	test_long();
	return tap_done();
}
