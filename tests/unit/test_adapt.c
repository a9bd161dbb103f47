/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fitting mails to servers that offer more or less. */
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "relay/adapt.h"
#include "relay/capability.h"

#define PLAIN "Subject: x\r\n\r\nplain\r\n"
#define EIGHT "Subject: x\r\nMIME-Version: 1.0\r\n" \
    "Content-Type: text/plain; charset=utf-8\r\n" \
    "Content-Transfer-Encoding: 8bit\r\n\r\n\303\244\r\n"
#define HEADER "From: \303\244@x.example\r\nSubject: x\r\n\r\nplain\r\n"

/* Letters: p PIPELINING, s SIZE, 8 8BITMIME, u SMTPUTF8, d DSN. */
static void
offer(struct capabilities *c, const char *letters, unsigned long long max)
{
	capabilities_init(c);
	c->pipelining = strchr(letters, 'p') != NULL;
	c->size = strchr(letters, 's') != NULL;
	c->eightbitmime = strchr(letters, '8') != NULL;
	c->smtputf8 = strchr(letters, 'u') != NULL;
	c->dsn = strchr(letters, 'd') != NULL;
	c->size_max = max;
}

static const struct {
	const char *name, *offer;
	unsigned long long max;
	const char *sender, *recipient;
	const char *content;
	int is_8bit_body, is_8bit_header;
	const char *want_sender, *want_recipient; /* NULL: refused */
	const char *parameters;
} cases[] = {
	{ "nothing to fit", "", 0, "a@x", "b@y", PLAIN, 0, 0, "a@x", "b@y",
	    "" },
	{ "the null sender", "s", 0, "", "b@y", PLAIN, 0, 0, "", "b@y",
	    " SIZE=21" },
	{ "SIZE where it is offered", "s", 0, "a@x", "b@y", PLAIN, 0, 0,
	    "a@x", "b@y", " SIZE=21" },
	{ "just not too large", "s", 21, "a@x", "b@y", PLAIN, 0, 0, "a@x",
	    "b@y", " SIZE=21" },
	{ "too large", "s", 20, "a@x", "b@y", PLAIN, 0, 0, NULL,
	    "size the mail has 21 octets, the server takes at most 20", NULL },
	{ "8BITMIME for an 8-bit body", "8s", 0, "a@x", "b@y", EIGHT, 1, 0,
	    "a@x", "b@y", " SIZE=111 BODY=8BITMIME" },
	{ "8BITMIME not needed", "8", 0, "a@x", "b@y", PLAIN, 0, 0, "a@x",
	    "b@y", "" },
	{ "domains as A-labels, SMTPUTF8 not needed", "u8", 0,
	    "a@b\303\274cher.example", "b@\347\275\221\347\273\234", PLAIN,
	    0, 0, "a@xn--bcher-kva.example", "b@xn--io0a7i", "" },
	{ "... nor offered", "", 0,
	    "a@b\303\274cher.example", "b@\347\275\221\347\273\234", PLAIN,
	    0, 0, "a@xn--bcher-kva.example", "b@xn--io0a7i", "" },
	{ "an 8-bit local part by SMTPUTF8, its domain as it is", "u8", 0,
	    "a@x", "\303\244@b\303\274cher.example", PLAIN, 0, 0, "a@x",
	    "\303\244@b\303\274cher.example", " SMTPUTF8" },
	{ "an 8-bit sender by SMTPUTF8", "u8", 0, "\303\244@x", "b@y", PLAIN,
	    0, 0, "\303\244@x", "b@y", " SMTPUTF8" },
	{ "an 8-bit local part without SMTPUTF8", "8", 0, "a@x",
	    "\303\244@y", PLAIN, 0, 0, NULL, "address the local part is not "
	    "ASCII and the server does not offer SMTPUTF8", NULL },
	{ "an 8-bit sender without SMTPUTF8", "8", 0, "\303\244@x", "b@y",
	    PLAIN, 0, 0, NULL, "address sender \303\244@x: the local part is "
	    "not ASCII and the server does not offer SMTPUTF8", NULL },
	{ "an 8-bit header by SMTPUTF8", "u8", 0, "a@x", "b@y", HEADER, 0, 1,
	    "a@x", "b@y", " SMTPUTF8" },
	{ "a local part that is not UTF-8", "u8", 0, "a@x", "\344@y", PLAIN,
	    0, 0, NULL, "address the address is not UTF-8", NULL },
	{ "a domain that is none", "u8", 0, "a@x", "b@\303\244 \303\244",
	    PLAIN, 0, 0, NULL, "address the domain is not a valid "
	    "internationalised name", NULL },
	{ "the last @ counts", "", 0, "a@x", "\"a@\303\244\"@y", PLAIN, 0, 0,
	    NULL, "address the local part is not ASCII and the server does "
	    "not offer SMTPUTF8", NULL },
	{ "an address literal", "", 0, "a@[127.0.0.1]", "b@[IPv6:::1]",
	    PLAIN, 0, 0, "a@[127.0.0.1]", "b@[IPv6:::1]", "" },
	{ "no @ at all", "", 0, "a@x", "postmaster", PLAIN, 0, 0, "a@x",
	    "postmaster", "" },
	{ "a line feed in a recipient", "", 0, "a@x", "b@y>\nDATA", PLAIN, 0,
	    0, NULL, "address there is a control character in the address",
	    NULL },
	{ "a CR in a sender", "", 0, "a@x\r", "b@y", PLAIN, 0, 0, NULL,
	    "address sender a@x\r: there is a control character in the "
	    "address", NULL },
	{ "a DEL in a recipient", "u8", 0, "a@x", "\303\244\177@y", PLAIN, 0,
	    0, NULL, "address there is a control character in the address",
	    NULL },
};

static int
file_with(const char *text)
{
	struct fault f = FAULT_INIT;
	int fd = io_private_file(&f);

	if (fd == -1 || io_pwrite(fd, text, strlen(text), 0) == -1)
		exit(1);
	return fd;
}

static void
count(void *arg, size_t i)
{
	(void)i;
	(*(int *)arg)++;
}

static void
test_case(size_t i)
{
	struct content content = {
		-1, 0, (off_t)strlen(cases[i].content),
		cases[i].is_8bit_body, cases[i].is_8bit_header, 0
	};
	struct fault f = FAULT_INIT;
	struct buf got = BUF_INIT;
	struct capabilities c;
	struct adapted a;
	struct envelope e;
	int decided = 0;

	envelope_init(&e);
	envelope_set_sender(&e, cases[i].sender);
	envelope_add(&e, cases[i].recipient);
	offer(&c, cases[i].offer, cases[i].max);
	content.fd = file_with(cases[i].content);
	adapted_init(&a);
	is_number(adapt_mail(&a, &e, &content, &c, count, &decided, &f), 0,
	    cases[i].name);
	if (cases[i].want_sender == NULL) {
		buf_addf(&got, "%s %s", stage_name(e.v[0].stage),
		    e.v[0].text);
		is_text(got.data, cases[i].want_recipient, "... refused");
		is_number(e.v[0].outcome, OUTCOME_REJECT, "... for good");
		is_number(decided, 1, "... and told");
	} else {
		is_text(a.mail.sender, cases[i].want_sender, "... sender");
		is_text(a.mail.addresses[0], cases[i].want_recipient,
		    "... recipient");
		is_text(a.mail.parameters, cases[i].parameters,
		    "... parameters");
		is_number(a.mail.fd, content.fd, "... the content as it is");
		is_number(decided, 0, "... nothing decided");
	}
	adapted_release(&a);
	envelope_release(&e);
	close(content.fd);
	buf_release(&got);
}

/* Reads back what would be sent. */
static void
load(const struct mail *m, struct buf *out)
{
	char text[4096];
	ssize_t n = io_pread(m->fd, text, sizeof text, m->offset);

	buf_reset(out);
	if (n > 0)
		buf_add(out, text, (size_t)n);
	buf_truncate(out, (size_t)m->length);
}

static void
test_conversion(const char *name, const char *letters, const char *text,
    const struct content *facts, const char *want, const char *parameters)
{
	struct content content = *facts;
	struct fault f = FAULT_INIT;
	struct buf got = BUF_INIT;
	struct capabilities c;
	struct adapted a;
	struct envelope e;

	envelope_init(&e);
	envelope_set_sender(&e, "a@x");
	envelope_add(&e, "b@y");
	offer(&c, letters, 0);
	content.fd = file_with(text);
	content.length = (off_t)strlen(text);
	adapted_init(&a);
	adapt_mail(&a, &e, &content, &c, NULL, NULL, &f);
	load(&a.mail, &got);
	ok(strstr(got.data, want) != NULL, name);
	ok(a.mail.fd != content.fd, "... in a file of its own");
	is_text(a.mail.parameters, parameters, "... with its own parameters");
	adapted_release(&a);
	envelope_release(&e);
	close(content.fd);
	buf_release(&got);
}

static void
test_conversions(void)
{
	static const struct content body = { -1, 0, 0, 1, 0, 0 };
	static const struct content header = { -1, 0, 0, 0, 1, 0 };
	static const struct content lines = { -1, 0, 0, 0, 0, 1 };
	struct buf text = BUF_INIT;
	size_t i;

	test_conversion("an 8-bit body without 8BITMIME is re-encoded", "",
	    EIGHT, &body, "\r\n\r\n=C3=A4\r\n", "");
	test_conversion("an 8-bit header without SMTPUTF8 is re-encoded", "8",
	    "To: b@\303\274.example\r\nSubject: x\r\n\r\nplain\r\n", &header,
	    "b@xn--", "");
	buf_adds(&text, "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
	    "\r\n");
	for (i = 0; i < 2000; i++)
		buf_addc(&text, 'x');
	buf_adds(&text, "\r\n");
	test_conversion("long lines are re-encoded for any server", "8u",
	    text.data, &lines, "xxx=\r\nxxx", "");
	buf_release(&text);
}

/* A content in the middle of a file. */
static void
test_part(void)
{
	struct content content = { -1, 3, (off_t)strlen(PLAIN), 0, 0, 0 };
	struct fault f = FAULT_INIT;
	struct buf got = BUF_INIT;
	struct capabilities c;
	struct adapted a;
	struct envelope e;

	envelope_init(&e);
	envelope_add(&e, "b@y");
	offer(&c, "s", 0);
	content.fd = file_with("XYZ" PLAIN "more");
	adapted_init(&a);
	adapt_mail(&a, &e, &content, &c, NULL, NULL, &f);
	load(&a.mail, &got);
	is_text(got.data, PLAIN, "a part of a file stays that part");
	adapted_release(&a);
	content.is_8bit_body = 1;
	adapt_mail(&a, &e, &content, &c, NULL, NULL, &f);
	load(&a.mail, &got);
	is_text(got.data, PLAIN, "... and is converted as that part");
	adapted_release(&a);
	envelope_release(&e);
	close(content.fd);
	buf_release(&got);
}

/* Recipients with an outcome are left alone; SIZE is that of the result. */
static void
test_some(void)
{
	struct content content = { -1, 0, (off_t)strlen(EIGHT), 1, 0, 0 };
	struct fault f = FAULT_INIT;
	struct capabilities c;
	struct adapted a;
	struct envelope e;
	struct buf want = BUF_INIT;

	envelope_init(&e);
	envelope_add(&e, "a@y");
	envelope_add(&e, "\303\244@y");
	envelope_add(&e, "c@y");
	envelope_record(&e, 0, STAGE_RCPT, REPLY_R5XX, 550, "no");
	offer(&c, "s", 0);
	content.fd = file_with(EIGHT);
	adapted_init(&a);
	is_number(adapt_mail(&a, &e, &content, &c, NULL, NULL, &f), 0,
	    "one of three can be sent to");
	is_number(e.v[0].code, 550, "... a former outcome stays");
	is_number(e.v[1].stage, STAGE_ADDRESS, "... one gets its outcome");
	is_number(e.v[2].outcome, OUTCOME_NONE, "... one has none yet");
	ok(a.mail.addresses[0] == NULL && a.mail.addresses[1] == NULL,
	    "... addresses are made for that one only");
	buf_addf(&want, " SIZE=%lld", (long long)a.mail.length);
	is_text(a.mail.parameters, want.data, "... SIZE is the new one");
	ok(a.mail.length != content.length, "... and it differs");
	adapted_release(&a);
	envelope_release(&e);

	envelope_init(&e);
	envelope_add(&e, "b@y");
	adapted_init(&a);
	close(content.fd);
	content.fd = -1;
	is_number(adapt_mail(&a, &e, &content, &c, NULL, NULL, &f), -1,
	    "a content that cannot be read is a fault");
	ok(f.code != 0, "... that says so");
	fault_release(&f);
	adapted_release(&a);
	envelope_release(&e);
	buf_release(&want);
}

/* Wishes about notices, where the server takes them and where not. */
static const struct {
	const char *name, *offer;
	const char *ret, *envid, *notify, *orcpt;
	const char *parameters, *rcpt; /* NULL: no parameters of RCPT */
} wishes[] = {
	{ "no wishes", "d", "", "", "", "", "", NULL },
	{ "all of them", "sd", "FULL", "id", "NEVER", "rfc822;b@z",
	    " SIZE=21 RET=FULL ENVID=id", " NOTIFY=NEVER ORCPT=rfc822;b@z" },
	{ "some", "d", "", "id", "SUCCESS,DELAY", "", " ENVID=id",
	    " NOTIFY=SUCCESS,DELAY" },
	{ "a server without DSN is not asked", "ps8u", "FULL", "id", "NEVER",
	    "rfc822;b@z", " SIZE=21", NULL },
	{ "an original address in UTF-8", "du", "", "", "", "utf-8;\303\244@z",
	    " SMTPUTF8", " ORCPT=utf-8;\303\244@z" },
	{ "... is left out without SMTPUTF8", "d", "", "", "NEVER",
	    "utf-8;\303\244@z", "", " NOTIFY=NEVER" },
	{ "... and needs no SMTPUTF8 without DSN", "u", "", "", "",
	    "utf-8;\303\244@z", "", NULL },
};

static void
test_wishes(size_t i)
{
	struct content content = { -1, 0, (off_t)strlen(PLAIN), 0, 0, 0 };
	struct fault f = FAULT_INIT;
	struct capabilities c;
	struct adapted a;
	struct envelope e;

	envelope_init(&e);
	envelope_set_sender(&e, "a@x");
	envelope_add(&e, "a@y");
	envelope_add(&e, "b@y");
	envelope_set_dsn(&e, wishes[i].ret, wishes[i].envid);
	envelope_set_recipient_dsn(&e, 1, wishes[i].notify, wishes[i].orcpt);
	offer(&c, wishes[i].offer, 0);
	content.fd = file_with(PLAIN);
	adapted_init(&a);
	adapt_mail(&a, &e, &content, &c, NULL, NULL, &f);
	is_text(a.mail.parameters, wishes[i].parameters, wishes[i].name);
	if (wishes[i].rcpt == NULL) {
		ok(a.mail.rcpt_parameters == NULL, "... of RCPT");
	} else {
		ok(a.mail.rcpt_parameters[0] == NULL, "... of one RCPT");
		is_text(a.mail.rcpt_parameters[1], wishes[i].rcpt,
		    "... of the other");
	}
	adapted_release(&a);
	envelope_release(&e);
	close(content.fd);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		test_case(i);
	for (i = 0; i < sizeof wishes / sizeof *wishes; i++)
		test_wishes(i);
	test_conversions();
	test_part();
	test_some();
	return tap_done();
}
