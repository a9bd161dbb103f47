/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of outcomes: what each reply at each stage means. */
#include <stdlib.h>
#include <sysexits.h>

#include "queue/envelope.h"
#include "queue/outcome.h"
#include "tap.h"

static const struct {
	const char *name;
	enum stage stage;
	enum reply reply;
	enum outcome outcome;
	int status;
} cases[] = {
	{ "2xx to the final dot is the only acceptance", STAGE_CONTENT,
	    REPLY_R2XX, OUTCOME_DONE, EX_OK },
	{ "4xx to the final dot", STAGE_CONTENT, REPLY_R4XX, OUTCOME_RETRY,
	    EX_TEMPFAIL },
	{ "5xx to the final dot", STAGE_CONTENT, REPLY_R5XX, OUTCOME_REJECT,
	    EX_UNAVAILABLE },
	{ "no reply to the final dot", STAGE_CONTENT, REPLY_LOST,
	    OUTCOME_UNCONFIRMED, EX_TEMPFAIL },
	{ "time-out after the final dot", STAGE_CONTENT, REPLY_TIMEOUT,
	    OUTCOME_UNCONFIRMED, EX_TEMPFAIL },
	{ "garbage after the final dot", STAGE_CONTENT, REPLY_GARBAGE,
	    OUTCOME_UNCONFIRMED, EX_TEMPFAIL },
	{ "connection lost before the dot", STAGE_CONTENT, REPLY_UNSENT,
	    OUTCOME_RETRY, EX_TEMPFAIL },
	{ "an accepted sender decides nothing", STAGE_MAIL, REPLY_R2XX,
	    OUTCOME_NONE, EX_OK },
	{ "an accepted recipient decides nothing", STAGE_RCPT, REPLY_R2XX,
	    OUTCOME_NONE, EX_OK },
	{ "354 decides nothing", STAGE_DATA, REPLY_R3XX, OUTCOME_NONE, EX_OK },
	{ "a refused sender", STAGE_MAIL, REPLY_R5XX, OUTCOME_REJECT,
	    EX_UNAVAILABLE },
	{ "a recipient refused for now", STAGE_RCPT, REPLY_R4XX,
	    OUTCOME_RETRY, EX_TEMPFAIL },
	{ "a recipient refused for good", STAGE_RCPT, REPLY_R5XX,
	    OUTCOME_REJECT, EX_UNAVAILABLE },
	{ "a lost connection at RCPT", STAGE_RCPT, REPLY_LOST, OUTCOME_RETRY,
	    EX_TEMPFAIL },
	{ "354 at RCPT makes no sense and is retried", STAGE_RCPT,
	    REPLY_R3XX, OUTCOME_RETRY, EX_TEMPFAIL },
	{ "a refused login bounces no mail", STAGE_LOGIN, REPLY_R5XX,
	    OUTCOME_RETRY, EX_NOPERM },
	{ "a login that cannot be checked now", STAGE_LOGIN, REPLY_R4XX,
	    OUTCOME_RETRY, EX_TEMPFAIL },
	{ "a login that is not offered", STAGE_LOGIN, REPLY_NOT_OFFERED,
	    OUTCOME_RETRY, EX_CONFIG },
	{ "ETRN refused", STAGE_ETRN, REPLY_R5XX, OUTCOME_RETRY,
	    EX_UNAVAILABLE },
	{ "ETRN refused for now", STAGE_ETRN, REPLY_R4XX, OUTCOME_RETRY,
	    EX_TEMPFAIL },
	{ "ETRN not offered", STAGE_ETRN, REPLY_NOT_OFFERED, OUTCOME_RETRY,
	    EX_UNAVAILABLE },
	{ "a wrong certificate bounces no mail", STAGE_CERTIFICATE,
	    REPLY_ANY, OUTCOME_RETRY, EX_PROTOCOL },
	{ "a server that does not speak LMTP", STAGE_LHLO, REPLY_R5XX,
	    OUTCOME_RETRY, EX_PROTOCOL },
	{ "an LMTP server that is busy", STAGE_LHLO, REPLY_R4XX,
	    OUTCOME_RETRY, EX_TEMPFAIL },
	{ "a mail in a Maildir", STAGE_MAILDIR, REPLY_R2XX, OUTCOME_DONE,
	    EX_OK },
	{ "a Maildir that cannot be written bounces no mail", STAGE_MAILDIR,
	    REPLY_ANY, OUTCOME_RETRY, EX_TEMPFAIL },
	{ "a Maildir that may lose the mail", STAGE_MAILDIR, REPLY_LOST,
	    OUTCOME_UNCONFIRMED, EX_TEMPFAIL },
	{ "a mail too large for the server", STAGE_SIZE, REPLY_R5XX,
	    OUTCOME_REJECT, EX_UNAVAILABLE },
};

static void
test_names(void)
{
	const char *at;
	int i, good = 1;

	for (i = 0; i < STAGE_COUNT; i++)
		good &= stage_parse(stage_name((enum stage)i)) == i;
	ok(good, "stage names can be read back");
	for (i = 0; i < REPLY_COUNT; i++)
		good &= reply_parse(reply_name((enum reply)i)) == i;
	ok(good, "reply names can be read back");
	for (i = 0; i <= OUTCOME_UNCONFIRMED; i++)
		good &= outcome_parse(outcome_name((enum outcome)i)) == i;
	ok(good, "outcome names can be read back");
	ok(stage_parse("x") == -1 && reply_parse("") == -1 &&
	    outcome_parse("don") == -1, "other words are no names");
	at = "rcpt 4xx text";
	ok(stage_take(&at) == STAGE_RCPT && reply_take(&at) == REPLY_R4XX &&
	    strcmp(at, "text") == 0, "names are taken from a line");
	ok(stage_take(&at) == -1 && strcmp(at, "text") == 0,
	    "but not without a space behind them");
	at = "rcpts 4xx";
	ok(stage_take(&at) == -1 && at[0] == 'r', "nor longer words");
}

static void
test_table(void)
{
	unsigned n, i, k;
	const struct outcome_rule *r = outcome_rules(&n);
	int good = 1;

	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++)
			good &= r[i].stage != r[k].stage ||
			    (r[i].reply != r[k].reply &&
			    r[k].reply != REPLY_ANY);
	ok(good, "no row of the table hides another");
	for (i = 0; i < STAGE_COUNT; i++)
		good &= outcome_find((enum stage)i, REPLY_LOST)->stage ==
		    (enum stage)i;
	ok(good, "every stage has a row for a lost connection");
	ok(reply_class(250) == REPLY_R2XX && reply_class(354) == REPLY_R3XX &&
	    reply_class(421) == REPLY_R4XX && reply_class(550) == REPLY_R5XX &&
	    reply_class(199) == REPLY_GARBAGE && reply_class(0) ==
	    REPLY_GARBAGE, "reply codes have classes");
}

static void
test_envelope(void)
{
	struct envelope e;
	char address[32];
	int i;

	envelope_init(&e);
	envelope_set_sender(&e, "a@b");
	is_text(e.sender, "a@b", "an envelope has its reverse-path");
	ok(envelope_add(&e, "x@Example.org") == 1, "a recipient is added");
	ok(envelope_add(&e, "x@eXample.ORG") == 0,
	    "the domain's case makes no other recipient");
	ok(envelope_add(&e, "X@example.org") == 1,
	    "the local part's case does");
	ok(envelope_add(&e, "\"a@b\"@c") == 1 && envelope_add(&e, "a@b") == 1,
	    "the last @ ends the local part");
	for (i = 0; i < 5000; i++) {
		snprintf(address, sizeof address, "u%d@x", i % 2500);
		envelope_add(&e, address);
	}
	is_number((long long)e.n, 2504, "thousands are kept once each");
	is_text(e.v[2503].address, "u2499@x", "in their order");
	for (i = 0; i < 100; i++) {
		snprintf(address, sizeof address, "u%d@X", i);
		envelope_add(&e, address);
	}
	is_number((long long)e.n, 2504, "whatever the domain's case");
	envelope_record(&e, 1, STAGE_RCPT, REPLY_R5XX, 550, "no such user");
	ok(e.v[1].outcome == OUTCOME_REJECT && e.v[1].code == 550 &&
	    strcmp(e.v[1].text, "no such user") == 0,
	    "an outcome is looked up and recorded");
	envelope_record(&e, 2, STAGE_RCPT, REPLY_R4XX, 450, "later");
	envelope_record(&e, 2, STAGE_CONTENT, REPLY_R2XX, 250, "ok");
	is_number((long long)envelope_count(&e, OUTCOME_DONE), 1,
	    "a later record replaces an earlier one");
	is_number((long long)envelope_count(&e, OUTCOME_NONE), 2502,
	    "the others are undecided");
	envelope_release(&e);
}

int
main(void)
{
	const struct outcome_rule *r;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		r = outcome_find(cases[i].stage, cases[i].reply);
		ok(r->outcome == cases[i].outcome &&
		    r->exit_status == cases[i].status, cases[i].name);
	}
	test_names();
	test_table();
	test_envelope();
	return tap_done();
}
