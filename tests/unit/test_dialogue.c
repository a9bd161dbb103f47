/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Following libcurl's part of the dialogue, from the replies alone. */
#include "tap.h"

#include "relay/dialogue.h"

static void
on_step(void *arg, const char *name, const char *sent, const char *reply)
{
	buf_addf(arg, "%s<%s>%.3s ", name, sent, reply);
}

/* "> " is sent, the rest are lines from the server; ended by NULL. */
struct talk {
	const char *name;
	int starttls, login;
	const char *lines[32];
	const char *steps;
	enum stage stage;
	int logged_in, rc;
	const char *words; /* of the last reply */
};

static const struct talk talks[] = {
	{ "QQ on 587", 1, 1,
	    { "220 hello", "> EHLO localhost", "250-x", "250-STARTTLS",
	    "250 AUTH LOGIN", "> STARTTLS", "220 go", "> EHLO localhost",
	    "250-x", "250 AUTH LOGIN PLAIN", "> AUTH LOGIN",
	    "334 VXNlcm5hbWU6", "> dXNlcg==", "334 UGFzc3dvcmQ6",
	    "> c2VjcmV0", "235 welcome" },
	    "connect<>220 ehlo<EHLO localhost>250 starttls<STARTTLS>220 "
	    "ehlo<EHLO localhost>250 login<AUTH LOGIN>334 user<********>334 "
	    "password<********>235 ", STAGE_LOGIN, 1, 1, "welcome" },
	{ "TLS from the start, PLAIN", 0, 1,
	    { "220 hello", "> EHLO x", "250-x", "250 AUTH PLAIN",
	    "> AUTH PLAIN", "334 ", "> AHUAcA==", "235 welcome" },
	    "connect<>220 ehlo<EHLO x>250 login<AUTH PLAIN>334 "
	    "password<********>235 ", STAGE_LOGIN, 1, 1, "welcome" },
	{ "an initial response is masked", 0, 1,
	    { "220 hello", "250 x", "> AUTH PLAIN AHUAcA==", "235 in" },
	    "connect<>220 ehlo<>250 login<AUTH PLAIN ********>235 ",
	    STAGE_LOGIN, 1, 1, "in" },
	{ "auth in small letters too", 0, 1,
	    { "220 hello", "250 x", "> auth login dXNlcg==", "334 x",
	    "> c2VjcmV0", "235 in" },
	    "connect<>220 ehlo<>250 login<auth login ********>334 "
	    "user<********>235 ", STAGE_LOGIN, 1, 1, "in" },
	{ "two mechanisms, one after the other", 0, 1,
	    { "220 hello", "250 x", "> AUTH PLAIN", "334 ", "> *",
	    "501 no", "> AUTH LOGIN", "334 a", "> b", "334 c", "> d",
	    "235 in" },
	    "connect<>220 ehlo<>250 login<AUTH PLAIN>334 "
	    "password<********>501 login<AUTH LOGIN>334 user<********>334 "
	    "password<********>235 ", STAGE_LOGIN, 1, 1, "in" },
	{ "no login asked for", 0, 0,
	    { "220 hello", "> EHLO x", "250-x", "250 AUTH PLAIN" },
	    "connect<>220 ehlo<EHLO x>250 ", STAGE_LOGIN, 0, 1,
	    "x AUTH PLAIN" },
	{ "a refusal is where it happened", 1, 1,
	    { "220 hello", "250-x", "250 STARTTLS", "454 not now" },
	    "connect<>220 ehlo<>250 starttls<>454 ", STAGE_STARTTLS, 0, 1,
	    "not now" },
	{ "only 220 starts TLS", 1, 1,
	    { "220 hello", "250-x", "250 STARTTLS", "250 well", "250 x" },
	    "connect<>220 ehlo<>250 starttls<>250 starttls<>250 ",
	    STAGE_STARTTLS, 0, 1, "x" },
	{ "a greeting of 554", 1, 1, { "554 go away" }, "connect<>554 ",
	    STAGE_GREETING, 0, 1, "go away" },
	{ "a greeting that is no SMTP", 0, 0, { "HTTP/1.1 400 Bad" }, "",
	    STAGE_GREETING, 0, -1, "HTTP/1.1 400 Bad" },
	{ "a wrong login", 0, 1,
	    { "220 x", "250 x", "> AUTH LOGIN", "334 a", "> u", "334 b",
	    "> p", "535-Login Fail.", "535 Sorry" },
	    "connect<>220 ehlo<>250 login<AUTH LOGIN>334 user<********>334 "
	    "password<********>535 ", STAGE_LOGIN, 0, 1, "Login Fail. Sorry" },
	{ "235 to EHLO is no login", 0, 1, { "220 x", "235 x" },
	    "connect<>220 ehlo<>235 ", STAGE_LOGIN, 0, 1, "x" },
	{ "250 to a password is no login", 0, 1,
	    { "220 x", "250 x", "> AUTH PLAIN", "250 x" },
	    "connect<>220 ehlo<>250 login<AUTH PLAIN>250 ", STAGE_LOGIN, 0,
	    1, "x" },
	{ "HELO when EHLO is refused", 0, 1,
	    { "220 x", "> EHLO y", "502 what", "> HELO y", "250 x" },
	    "connect<>220 ehlo<EHLO y>502 helo<HELO y>250 ", STAGE_LOGIN, 0,
	    1, "x" },
	{ "HELO refused as well", 0, 1, { "220 x", "502 what", "500 no" },
	    "connect<>220 ehlo<>502 helo<>500 ", STAGE_EHLO, 0, 1, "no" },
	{ "no HELO where STARTTLS is to come", 1, 1,
	    { "220 x", "502 what", "250 x" },
	    "connect<>220 ehlo<>502 ehlo<>250 ", STAGE_STARTTLS, 0, 1, "x" },
	{ "HELO behind STARTTLS", 1, 0,
	    { "220 x", "250-x", "250 STARTTLS", "220 go", "502 what",
	    "250 x" },
	    "connect<>220 ehlo<>250 starttls<>220 ehlo<>502 helo<>250 ",
	    STAGE_LOGIN, 0, 1, "x" },
	{ "codes that differ", 0, 0, { "220-x", "221 y" }, "",
	    STAGE_GREETING, 0, -1, "220-x 221 y" },
};

static void
test_talk(const struct talk *t)
{
	struct dialogue d;
	struct buf steps = BUF_INIT, line = BUF_INIT, words = BUF_INIT;
	size_t i;
	int rc = 0;

	dialogue_init(&d);
	d.wants_starttls = t->starttls;
	d.wants_login = t->login;
	d.step = on_step;
	d.arg = &steps;
	for (i = 0; t->lines[i] != NULL; i++) {
		buf_reset(&line);
		if (t->lines[i][0] == '>') {
			buf_addf(&line, "%s\r\n", t->lines[i] + 2);
			dialogue_sent(&d, line.data, line.len);
		} else {
			buf_addf(&line, "%s\r\n", t->lines[i]);
			rc = dialogue_line(&d, line.data, line.len);
		}
	}
	is_text(steps.data, t->steps, t->name);
	is_number(rc, t->rc, "... the last line");
	is_text(stage_name(dialogue_stage(&d)), stage_name(t->stage),
	    "... the stage");
	is_number(d.is_logged_in, t->logged_in, "... logged in or not");
	answer_text(&d.answer, &words);
	is_text(words.data, t->words, "... the last words");
	buf_release(&steps);
	buf_release(&line);
	buf_release(&words);
	dialogue_release(&d);
}

static void
say(struct dialogue *d, const char *line)
{
	dialogue_line(d, line, strlen(line));
}

static void
test_offers(void)
{
	struct dialogue d;

	dialogue_init(&d);
	d.wants_starttls = d.wants_login = 1;
	say(&d, "220 x\r\n");
	is_number(dialogue_line(&d, "250-x\r\n", 7), 0,
	    "a first line of many is not a reply yet");
	say(&d, "250-PIPELINING\r\n");
	say(&d, "250-SIZE 5\r\n");
	say(&d, "250 AUTH LOGIN\r\n");
	ok(d.offer.pipelining && d.offer.auth.n == 1, "EHLO's offer is read");
	say(&d, "220 go\r\n");
	say(&d, "250-x\r\n");
	say(&d, "250 SIZE 7\n");
	ok(!d.offer.pipelining && d.offer.auth.n == 0 &&
	    d.offer.size_max == 7, "only the EHLO behind STARTTLS counts");
	is_number(d.auth_before_tls, 1,
	    "a login that was offered only before TLS is remembered");
	is_number(d.is_started, 1, "TLS was started");
	is_number(d.ehlo_code, 250, "the code of EHLO is kept");
	is_number(d.login_replies, 0, "nothing was said about a login");
	say(&d, "503 no\r\n");
	is_number(d.login_replies, 1, "... and now something was");
	dialogue_release(&d);

	dialogue_init(&d);
	d.wants_login = 1;
	say(&d, "220 x\r\n");
	say(&d, "250-x\r\n");
	say(&d, "250 AUTH LOGIN\r\n");
	is_number(d.auth_before_tls, 0, "a login offered is not missed");
	is_number(d.phase, PHASE_LOGIN, "... and comes next");
	dialogue_release(&d);
}

/* libcurl may send a command in pieces. */
static void
test_pieces(void)
{
	struct dialogue d;

	dialogue_init(&d);
	d.wants_login = 1;
	dialogue_sent(&d, "EHLO x", 6);
	is_text(d.sent.data, "EHLO x", "a command without its end");
	say(&d, "220 x\r\n");
	say(&d, "250 x\r\n");
	dialogue_sent(&d, "AUTH PLAIN AHU", 14);
	dialogue_sent(&d, "AcA==\r\n", 7);
	is_text(d.sent.data, "AUTH PLAIN ********\n********",
	    "pieces of a secret are masked each");
	dialogue_release(&d);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof talks / sizeof *talks; i++)
		test_talk(&talks[i]);
	test_offers();
	test_pieces();
	return tap_done();
}
