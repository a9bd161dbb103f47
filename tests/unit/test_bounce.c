/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The status code of a report; the rest of it is read back by Python in
 * tests/mail/330-bounce.py. */
#include "queue/bounce.h"

#include "base/buf.h"
#include "tap.h"

static const struct status_case {
	const char *name;
	enum bounce_action action;
	enum stage stage;
	enum reply reply;
	int code;
	const char *text, *want;
} cases[] = {
	{ "the server's status", BOUNCE_FAILED, STAGE_RCPT, REPLY_R5XX, 550,
	    "5.1.1 no such user", "5.1.1" },
	{ "a status alone", BOUNCE_FAILED, STAGE_CONTENT, REPLY_R5XX, 554,
	    "5.7.1", "5.7.1" },
	{ "three digits", BOUNCE_FAILED, STAGE_RCPT, REPLY_R5XX, 550,
	    "5.123.456 x", "5.123.456" },
	{ "a temporary one", BOUNCE_DELAYED, STAGE_RCPT, REPLY_R4XX, 450,
	    "4.2.2 full", "4.2.2" },
	{ "a temporary one that is given up", BOUNCE_FAILED, STAGE_RCPT,
	    REPLY_R4XX, 450, "4.2.2 full", "4.2.2" },
	{ "delivered", BOUNCE_DELIVERED, STAGE_CONTENT, REPLY_R2XX, 250,
	    "2.0.0 queued", "2.0.0" },
	{ "delivered, without a status", BOUNCE_DELIVERED, STAGE_CONTENT,
	    REPLY_R2XX, 250, "OK", "2.0.0" },
	{ "relayed", BOUNCE_RELAYED, STAGE_CONTENT, REPLY_R2XX, 250,
	    "2.1.5 taken", "2.1.5" },
	{ "delivered to a Maildir", BOUNCE_DELIVERED, STAGE_MAILDIR,
	    REPLY_R2XX, 0, "/m/new/1", "2.0.0" },
	{ "no status in the reply", BOUNCE_FAILED, STAGE_RCPT, REPLY_R5XX,
	    550, "no such user", "5.0.0" },
	{ "and a temporary one", BOUNCE_FAILED, STAGE_RCPT, REPLY_R4XX, 450,
	    "later", "4.0.0" },
	{ "a status that contradicts the code", BOUNCE_FAILED, STAGE_RCPT,
	    REPLY_R5XX, 550, "4.1.1 odd", "5.0.0" },
	{ "one that contradicts the action", BOUNCE_DELAYED, STAGE_RCPT,
	    REPLY_R5XX, 550, "5.1.1 odd", "4.0.0" },
	{ "four digits are none", BOUNCE_FAILED, STAGE_RCPT, REPLY_R5XX, 550,
	    "5.1.1000 x", "5.0.0" },
	{ "nor is an address", BOUNCE_FAILED, STAGE_RCPT, REPLY_R5XX, 550,
	    "5.1.1.1 is blocked", "5.0.0" },
	{ "nor two numbers", BOUNCE_FAILED, STAGE_RCPT, REPLY_R5XX, 550,
	    "5.1 x", "5.0.0" },
	{ "nor class 3", BOUNCE_FAILED, STAGE_RCPT, REPLY_R5XX, 550,
	    "3.1.1 x", "5.0.0" },
	{ "nor an empty number", BOUNCE_FAILED, STAGE_RCPT, REPLY_R5XX, 550,
	    "5..1 x", "5.0.0" },
	{ "an empty text", BOUNCE_FAILED, STAGE_RCPT, REPLY_R5XX, 550, "",
	    "5.0.0" },
	{ "no connection", BOUNCE_DELAYED, STAGE_CONNECT, REPLY_ANY, 0,
	    "refused", "4.4.1" },
	{ "no name", BOUNCE_FAILED, STAGE_RESOLVE, REPLY_ANY, 0, "", "4.4.3" },
	{ "a lost connection", BOUNCE_DELAYED, STAGE_MAIL, REPLY_LOST, 0, "",
	    "4.4.2" },
	{ "no answer to the dot", BOUNCE_FAILED, STAGE_CONTENT,
	    REPLY_TIMEOUT, 0, "", "4.4.2" },
	{ "nonsense", BOUNCE_FAILED, STAGE_RCPT, REPLY_GARBAGE, 0, "",
	    "4.5.0" },
	{ "a refused login", BOUNCE_DELAYED, STAGE_LOGIN, REPLY_R5XX, 535,
	    "5.7.8 no", "4.7.0" },
	{ "a certificate", BOUNCE_DELAYED, STAGE_CERTIFICATE, REPLY_ANY, 0,
	    "", "4.7.5" },
	{ "too large for the server", BOUNCE_FAILED, STAGE_SIZE, REPLY_ANY, 0,
	    "", "5.3.4" },
	{ "an address beyond ASCII", BOUNCE_FAILED, STAGE_ADDRESS, REPLY_ANY,
	    0, "", "5.6.7" },
	{ "wrong settings", BOUNCE_DELAYED, STAGE_CONFIG, REPLY_ANY, 0, "",
	    "4.3.5" },
};

int
main(void)
{
	struct buf got = BUF_INIT;
	struct envelope e;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		envelope_init(&e);
		envelope_add(&e, "a@x");
		envelope_record(&e, 0, cases[i].stage, cases[i].reply,
		    cases[i].code, cases[i].text);
		buf_reset(&got);
		bounce_status(&e.v[0], cases[i].action, &got);
		is_text(got.data, cases[i].want, cases[i].name);
		envelope_release(&e);
	}
	buf_release(&got);
	return tap_done();
}
