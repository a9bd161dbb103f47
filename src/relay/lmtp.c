/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One command at a time: LHLO and AUTH change the session, so nothing may
 * stand behind them, and nothing that nobody asked for may come in front of
 * their replies. As elsewhere no initial response is sent with AUTH.
 */
#include "relay/lmtp.h"

#include <limits.h>
#include <string.h>

#include "mail/codec.h"

static const char mask[] = "********";

struct greeting {
	struct wire *w;
	int limit_ms;
	void (*step)(void *arg, const char *name, const char *sent,
	    const char *reply);
	void *arg;
	struct answer answer; /* the last one */
	struct failure *f;
};

/* Waits for a reply: its code, or -1 with the failure. */
static int
await(struct greeting *g, enum stage stage, const char *name,
    const char *sent)
{
	enum wire_status status = wire_wait(g->w, &g->answer, g->limit_ms);

	if (status != WIRE_REPLY) {
		failure_set_wire(g->f, stage, status, g->w, &g->answer,
		    g->limit_ms);
		return -1;
	}
	if (g->step != NULL)
		g->step(g->arg, name, sent, g->answer.lines.data);
	return g->answer.code;
}

/* Sends a line to a server that owes nothing, shown as sent. */
static int
exchange(struct greeting *g, enum stage stage, const char *name,
    const char *line, const char *sent)
{
	enum wire_status status = wire_check_idle(g->w, &g->answer);
	struct buf words = BUF_INIT;

	if (status == WIRE_REPLY) {
		answer_text(&g->answer, &words);
		failure_set(g->f, stage, g->answer.code == 421 ? REPLY_LOST :
		    REPLY_GARBAGE, "the server said something that nobody "
		    "asked for: %s", words.data);
		buf_release(&words);
		return -1;
	}
	if (status != WIRE_IDLE) {
		failure_set_wire(g->f, stage, status, g->w, &g->answer, 0);
		return -1;
	}
	wire_put(g->w, line, strlen(line));
	wire_put(g->w, "\r\n", 2);
	return await(g, stage, name, sent);
}

/* A reply that is not the one that leads on. */
static int
fail(struct greeting *g, enum stage stage)
{
	struct buf words = BUF_INIT;

	if (g->answer.code >= 400) {
		failure_set_answer(g->f, stage, &g->answer);
		return -1;
	}
	answer_text(&g->answer, &words);
	failure_set(g->f, stage, REPLY_GARBAGE, "%d %s does not fit here",
	    g->answer.code, words.data);
	buf_release(&words);
	return -1;
}

static int
hello(struct greeting *g, const struct endpoint *e,
    struct capabilities *offer)
{
	struct buf line = BUF_INIT;
	int code = await(g, STAGE_GREETING, "connect", "");

	if (code == -1)
		return -1;
	if (code / 100 != 2)
		return fail(g, STAGE_GREETING);
	buf_addf(&line, "LHLO %s", e->domain.data);
	code = exchange(g, STAGE_LHLO, "lhlo", line.data, line.data);
	buf_release(&line);
	if (code == -1)
		return -1;
	if (code / 100 != 2)
		return fail(g, STAGE_LHLO);
	capabilities_parse(offer, &g->answer);
	return 0;
}

/* The login. */

/* Sends octets as base64; shown masked. */
static int
respond(struct greeting *g, const char *name, const char *p, size_t len)
{
	struct buf line = BUF_INIT;
	int code;

	/* Room at once, so that no copy of a secret stays behind. */
	buf_grow(&line, len / 3 * 4 + 8);
	base64_encode(&line, p, len);
	code = exchange(g, STAGE_LOGIN, name, line.data, mask);
	buf_wipe(&line);
	wire_forget(g->w);
	return code;
}

/* RFC 4616: NUL user NUL password. */
static int
login_plain(struct greeting *g, const char *user, const char *secret)
{
	struct buf text = BUF_INIT;
	int code = exchange(g, STAGE_LOGIN, "login", "AUTH PLAIN",
	    "AUTH PLAIN");

	if (code == 334) {
		buf_grow(&text, strlen(user) + strlen(secret) + 2);
		buf_addc(&text, '\0');
		buf_adds(&text, user);
		buf_addc(&text, '\0');
		buf_adds(&text, secret);
		code = respond(g, "password", text.data, text.len);
	}
	buf_wipe(&text);
	return code;
}

static int
login_login(struct greeting *g, const char *user, const char *secret)
{
	int code = exchange(g, STAGE_LOGIN, "login", "AUTH LOGIN",
	    "AUTH LOGIN");

	if (code == 334)
		code = respond(g, "user", user, strlen(user));
	if (code == 334)
		code = respond(g, "password", secret, strlen(secret));
	return code;
}

/* As libcurl chooses: the first that both sides know. */
static const struct {
	const char *name, *option;
	int (*login)(struct greeting *g, const char *user,
	    const char *secret);
} mechanisms[] = {
	{ "PLAIN", "AUTH=PLAIN", login_plain },
	{ "LOGIN", "AUTH=LOGIN", login_login },
};

static int
is_offered(const struct capabilities *offer, const char *name)
{
	size_t i;

	for (i = 0; i < offer->auth.n; i++)
		if (strcmp(offer->auth.v[i], name) == 0)
			return 1;
	return 0;
}

static int
fail_not_offered(struct greeting *g, const struct capabilities *offer)
{
	struct buf text = BUF_INIT;
	size_t i;

	buf_adds(&text, offer->auth.n != 0 ? "the server offers only" :
	    "the server offers no login");
	for (i = 0; i < offer->auth.n; i++)
		buf_addf(&text, " %s", offer->auth.v[i]);
	failure_set(g->f, STAGE_LOGIN, REPLY_NOT_OFFERED, "%s", text.data);
	buf_release(&text);
	return -1;
}

static int
login(struct greeting *g, const struct endpoint *e, const char *secret,
    const struct capabilities *offer)
{
	size_t i, n = sizeof mechanisms / sizeof *mechanisms;
	int code;

	for (i = 0; i < n; i++)
		if (strstr(e->login_options, mechanisms[i].option) != NULL &&
		    is_offered(offer, mechanisms[i].name))
			break;
	if (i == n)
		return fail_not_offered(g, offer);
	code = mechanisms[i].login(g, e->user.data, secret);
	if (code == -1)
		return -1;
	return code == 235 ? 0 : fail(g, STAGE_LOGIN);
}

int
lmtp_greet(struct wire *w, const struct endpoint *e, const char *secret,
    void (*step)(void *arg, const char *name, const char *sent,
    const char *reply), void *arg, struct capabilities *offer,
    struct failure *f)
{
	struct greeting g = { .w = w, .step = step, .arg = arg, .f = f };
	int rc;

	g.limit_ms = e->reply_ms < INT_MAX ? (int)e->reply_ms : INT_MAX;
	answer_init(&g.answer);
	rc = hello(&g, e, offer);
	if (rc == 0 && e->wants_login)
		rc = login(&g, e, secret, offer);
	answer_release(&g.answer);
	return rc;
}
