/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is read from the words of replies, as many servers write them. */
#include "tap.h"

#include "queue/reply.h"

static const struct {
	const char *words, *code, *id;
} cases[] = {
	{ "2.0.0 Ok: queued as 4WxYz12aBc", "2.0.0", "4WxYz12aBc" },
	{ "Ok: queued as 1F2E3D", "", "1F2E3D" },
	{ "OK: queued as.", "", "" },
	{ "OK: queued as", "", "" },
	{ "Mail OK queued as smtp1,C8mowABXz6rCzUVWQ0hIAQ--.117S2 1447415235",
	    "", "smtp1,C8mowABXz6rCzUVWQ0hIAQ--.117S2" },
	{ "2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as "
	    "AB12)", "2.0.0", "AB12" },
	{ "OK id=1r2abc-000Xyz-2D", "", "1r2abc-000Xyz-2D" },
	{ "2.0.0 OK  1700000000 a1-20020a05600c1.42 - gsmtp", "2.0.0",
	    "a1-20020a05600c1.42" },
	{ "2.6.0 <id@host.example> [InternalId=42, Hostname=mx.example] 99 "
	    "bytes in 0.1, 1.0 KB/sec Queued mail for delivery", "2.6.0",
	    "42" },
	{ "2.6.0 <id@host.example> Queued mail for delivery", "2.6.0",
	    "id@host.example" },
	{ "2.0.0 0AN12345678901 Message accepted for delivery", "2.0.0",
	    "0AN12345678901" },
	{ "ok 1700000000 qp 12345", "", "12345" },
	{ "2.0.0 <a@x> 5Fabc+Q Saved", "2.0.0", "5Fabc+Q" },
	{ "ok: QUEUED AS \"x\"", "", "x" },
	{ "2.1.5 queued AS  two  words", "2.1.5", "two" },
	{ "queued as <<>>", "", "" },
	{ "Great success", "", "" },
	{ "", "", "" },
	{ " Saved", "", "" },
	{ "Saved", "", "" },
	{ "5.7.1", "5.7.1", "" },
	{ "4.123.456 x", "4.123.456", "" },
	{ "4.1234.5 x", "", "" },
	{ "4.1.5x", "", "" },
	{ "4.1. x", "", "" },
	{ "4..1 x", "", "" },
	{ "4.1", "", "" },
	{ "3.1.1 x", "", "" },
	{ "x 2.0.0", "", "" },
	{ "2", "", "" },
	{ "20.0.0 x", "", "" },
};

int
main(void)
{
	struct buf code = BUF_INIT, id = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&code);
		buf_reset(&id);
		reply_enhanced_code(cases[i].words, &code);
		reply_queue_id(cases[i].words, &id);
		is_text(code.data, cases[i].code, cases[i].words);
		is_text(id.data, cases[i].id, "... its name of the mail");
	}
	buf_release(&code);
	buf_release(&id);
	return tap_done();
}
