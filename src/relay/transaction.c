/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Groups of commands (RFC 2920) and what their replies mean. The rules:
 *
 * A transaction exists only after its own MAIL got a 2xx; what RCPT and DATA
 * answer without one counts for nothing. A group that ended without a 354 and
 * a reply to the dot leaves the server in a state nobody knows: the next one
 * begins with RSET. Octets of a content, its dot too, follow only an awaited
 * 354 with a recipient accepted; a 354 for nobody ends the connection, because
 * a dot might deliver an empty mail to somebody else's recipients. The mail is
 * accepted by a 2xx to its own dot and by nothing else (in LMTP each recipient
 * has one of his own).
 *
 * Until the dot is handed over everything can be sent again (the outcome stays
 * OUTCOME_NONE); afterwards a missing reply is CONTENT with LOST, TIMEOUT or
 * GARBAGE: unconfirmed.
 */
#include "relay/transaction.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define MINUTE_MS 60000
/* After a 421. */
#define LAST_REPLIES_MS 10000

enum command { COMMAND_RSET, COMMAND_MAIL, COMMAND_RCPT, COMMAND_DATA };

static const struct {
	const char *name; /* of the step */
	enum stage stage; /* of a failure */
} commands[] = {
	[COMMAND_RSET] = { "rset", STAGE_MAIL },
	[COMMAND_MAIL] = { "mail from", STAGE_MAIL },
	[COMMAND_RCPT] = { "rcpt to", STAGE_RCPT },
	[COMMAND_DATA] = { "data", STAGE_DATA },
};

void
transaction_limits_set(struct transaction_limits *l, long long timeout_s)
{
	int ms = timeout_s < INT_MAX / 1000 ? (int)timeout_s * 1000 : INT_MAX;

	l->command_ms = ms != 0 ? ms : 5 * MINUTE_MS;
	l->data_ms = ms != 0 ? ms : 2 * MINUTE_MS;
	l->final_ms = ms != 0 ? ms : 10 * MINUTE_MS;
	l->block_ms = ms != 0 ? ms : 3 * MINUTE_MS;
}

void
transaction_init(struct transaction *t, const struct transaction_hooks *hooks,
    size_t recipients_max)
{
	memset(t, 0, sizeof *t);
	t->hooks = *hooks;
	t->recipients_max = recipients_max != 0 ? recipients_max : 1;
	t->is_over = 1;
	failure_init(&t->failure);
	answer_init(&t->answer);
}

static void
group_release(struct group *g)
{
	free(g->v);
	memset(g, 0, sizeof *g);
}

void
transaction_release(struct transaction *t)
{
	group_release(&t->ahead);
	failure_release(&t->failure);
	answer_release(&t->answer);
}

void
transaction_begin(struct transaction *t, struct wire *wire, int pipelining,
    const struct transaction_limits *limits)
{
	t->wire = wire;
	t->limits = *limits;
	t->pipelining = pipelining;
	t->is_lmtp = 0;
	t->needs_rset = 0;
	t->is_over = 0;
	failure_release(&t->failure);
	group_release(&t->ahead);
}

/* The end of a connection. */

static void
give_up_answer(struct transaction *t, enum stage stage)
{
	failure_set_answer(&t->failure, stage, &t->answer);
	t->is_over = 1;
}

static void
set_garbage(struct transaction *t, enum stage stage, const char *what)
{
	struct buf words = BUF_INIT;

	answer_text(&t->answer, &words);
	failure_set(&t->failure, stage, REPLY_GARBAGE, "%s: %s", what,
	    words.data);
	buf_release(&words);
	t->is_over = 1;
}

/* Records why a wait brought no reply. */
static void
set_lost(struct transaction *t, enum stage stage, enum wire_status status,
    int limit_ms)
{
	t->is_over = 1;
	failure_set_wire(&t->failure, stage, status, t->wire, &t->answer,
	    limit_ms);
}

/* Outcomes. */

static void
record(struct transaction *t, struct mail *m, size_t i, enum stage stage,
    enum reply reply, int code, const char *text)
{
	envelope_record(m->envelope, i, stage, reply, code, text);
	t->hooks.recipient(t->hooks.arg, m, i);
}

/* Records one outcome for the first n recipients of a group. */
static void
record_group(struct transaction *t, const struct group *g, size_t n,
    enum stage stage, enum reply reply, int code, const char *text)
{
	size_t i;

	for (i = 0; i < n; i++)
		record(t, g->mail, g->v[i], stage, reply, code, text);
}

static void
record_answer(struct transaction *t, const struct group *g, size_t n,
    enum stage stage)
{
	struct buf words = BUF_INIT;

	answer_text(&t->answer, &words);
	record_group(t, g, n, stage, reply_class(t->answer.code),
	    t->answer.code, words.data);
	buf_release(&words);
}

/* Commands. */

/* An address with a control character would become a command of its own. */
static void
add_path(struct buf *out, const char *keyword, const char *path)
{
	const char *p;

	for (p = path; *p != '\0'; p++)
		assert((unsigned char)*p >= 0x20 && *p != 0x7f);
	buf_addf(out, "%s:<%s>", keyword, path);
}

/* Appends a command without its line end; i counts the recipients. */
static void
format_command(struct buf *out, const struct group *g, enum command c,
    size_t i)
{
	const struct mail *m = g->mail;

	switch (c) {
	case COMMAND_RSET:
		buf_adds(out, "RSET");
		break;
	case COMMAND_MAIL:
		add_path(out, "MAIL FROM", m->sender);
		buf_adds(out, m->parameters);
		break;
	case COMMAND_RCPT:
		add_path(out, "RCPT TO", m->addresses[g->v[i]]);
		if (m->rcpt_parameters != NULL &&
		    m->rcpt_parameters[g->v[i]] != NULL)
			buf_adds(out, m->rcpt_parameters[g->v[i]]);
		break;
	case COMMAND_DATA:
		buf_adds(out, "DATA");
		break;
	}
}

static void
put_command(struct transaction *t, const struct group *g, enum command c,
    size_t i)
{
	struct buf line = BUF_INIT;

	format_command(&line, g, c, i);
	buf_adds(&line, "\r\n");
	wire_put(t->wire, line.data, line.len);
	buf_release(&line);
}

/* All commands of a group in one piece; lock-step sends each by itself. */
static void
put_group(struct transaction *t, struct group *g)
{
	size_t i;

	g->has_rset = t->needs_rset;
	g->is_sent = 1;
	if (!t->pipelining)
		return;
	if (g->has_rset)
		put_command(t, g, COMMAND_RSET, 0);
	put_command(t, g, COMMAND_MAIL, 0);
	for (i = 0; i < g->n; i++)
		put_command(t, g, COMMAND_RCPT, i);
	put_command(t, g, COMMAND_DATA, 0);
}

static void
show_step(struct transaction *t, const struct group *g, enum command c,
    size_t i)
{
	struct buf line = BUF_INIT;

	if (t->hooks.step == NULL)
		return;
	format_command(&line, g, c, i);
	t->hooks.step(t->hooks.arg, commands[c].name, line.data, &t->answer);
	buf_release(&line);
}

/*
 * Before a command to a server that owes nothing: input that nobody asked for
 * ends the session, or it would be taken for the reply to that command.
 */
static int
check_idle(struct transaction *t, enum stage stage)
{
	enum wire_status status = wire_check_idle(t->wire, &t->answer);

	if (status == WIRE_IDLE)
		return 0;
	if (status == WIRE_REPLY && t->answer.code == 421) {
		failure_set_answer(&t->failure, stage, &t->answer);
		t->failure.reply = REPLY_LOST;
		t->is_over = 1;
	} else if (status == WIRE_REPLY) {
		set_garbage(t, stage,
		    "the server said something that nobody asked for");
	} else {
		set_lost(t, stage, status, 0);
	}
	return -1;
}

/*
 * Waits for the reply to a command, which lock-step sends only now. Returns
 * the code, or -1: the connection is over. 421 is an end whatever it was
 * asked; no command of a group has a 3xx but DATA.
 */
static int
exchange(struct transaction *t, const struct group *g, enum command c,
    size_t i)
{
	int limit_ms = c == COMMAND_DATA ? t->limits.data_ms :
	    t->limits.command_ms;
	enum wire_status status;

	if (!t->pipelining) {
		if (check_idle(t, commands[c].stage) == -1)
			return -1;
		put_command(t, g, c, i);
	}
	status = wire_wait(t->wire, &t->answer, limit_ms);
	if (status != WIRE_REPLY) {
		set_lost(t, commands[c].stage, status, limit_ms);
		return -1;
	}
	show_step(t, g, c, i);
	if (t->answer.code == 421) {
		give_up_answer(t, commands[c].stage);
		return -1;
	}
	if ((t->answer.code / 100 == 3) != (c == COMMAND_DATA) &&
	    t->answer.code < 400) {
		set_garbage(t, commands[c].stage, "not a reply to the command");
		return -1;
	}
	return t->answer.code;
}

/* Groups. */

/* Whether a recipient is left that is in no group yet. */
static int
has_rest(struct mail *m)
{
	const struct envelope *e = m->envelope;

	while (m->from < e->n && e->v[m->from].outcome != OUTCOME_NONE)
		m->from++;
	return m->from < e->n;
}

/* Forms a group of the next recipients of m; 0 when there are none. */
static int
group_form(struct transaction *t, struct group *g, struct mail *m)
{
	const struct envelope *e = m->envelope;
	size_t cap = 0;

	memset(g, 0, sizeof *g);
	g->mail = m;
	while (g->n < t->recipients_max && has_rest(m)) {
		assert(m->from < e->n);
		g->v = xgrow(g->v, g->n, &cap, sizeof *g->v);
		g->v[g->n++] = m->from++;
	}
	return g->n != 0;
}

/*
 * RFC 5321 4.5.3.1.10: 452 after accepted recipients says that they are too
 * many for one transaction; so did 552 in RFC 821's days.
 */
static int
is_too_many(const struct group *g, const struct answer *a)
{
	if (g->accepted == 0)
		return 0;
	return a->code == 452 || (a->code == 552 && a->lines.len >= 9 &&
	    memcmp(a->lines.data + 4, "5.5.3", 5) == 0);
}

/* The reply to RCPT number i of a group whose MAIL was accepted. */
static void
judge_recipient(struct transaction *t, struct group *g, size_t i)
{
	struct mail *m = g->mail;
	size_t recipient = g->v[i];
	struct buf words = BUF_INIT;

	if (t->answer.code < 300) {
		g->v[g->accepted++] = recipient;
		g->is_late = g->deferred != 0;
		return;
	}
	if (is_too_many(g, &t->answer)) {
		g->deferred++;
		if (recipient < m->from)
			m->from = recipient;
		return;
	}
	answer_text(&t->answer, &words);
	record(t, m, recipient, STAGE_RCPT, reply_class(t->answer.code),
	    t->answer.code, words.data);
	buf_release(&words);
}

/* A limit is learnt when nobody was accepted behind it. */
static void
learn_limit(struct transaction *t, const struct group *g)
{
	if (g->deferred != 0 && !g->is_late &&
	    g->accepted < t->recipients_max)
		t->recipients_max = g->accepted;
}

/* Replies to RSET, MAIL and all RCPT: 1 when there is a transaction. */
static int
read_paths(struct transaction *t, struct group *g)
{
	int is_open;
	size_t i;

	if (g->has_rset && exchange(t, g, COMMAND_RSET, 0) >= 400)
		give_up_answer(t, STAGE_MAIL);
	if (t->is_over || exchange(t, g, COMMAND_MAIL, 0) == -1)
		return 0;
	is_open = t->answer.code < 300;
	if (is_open)
		t->hooks.envelope(t->hooks.arg, g->mail);
	else
		record_answer(t, g, g->n, STAGE_MAIL);
	for (i = 0; i < g->n && (is_open || t->pipelining); i++) {
		if (exchange(t, g, COMMAND_RCPT, i) == -1)
			return 0;
		if (is_open)
			judge_recipient(t, g, i);
	}
	return is_open && g->accepted != 0;
}

/* All replies up to the one to DATA: 1 when the content may follow. */
static int
read_group(struct transaction *t, struct group *g)
{
	int is_open = read_paths(t, g);

	learn_limit(t, g);
	t->needs_rset = 1;
	if (t->is_over || (!is_open && !t->pipelining) ||
	    exchange(t, g, COMMAND_DATA, 0) == -1)
		return 0;
	if (t->answer.code < 400 && !is_open)
		set_garbage(t, STAGE_DATA,
		    "the server asked for the content for no recipient");
	if (t->answer.code >= 400 && is_open)
		record_answer(t, g, g->accepted, STAGE_DATA);
	return t->answer.code < 400 && is_open;
}

/* The content. */

static int
before_dot(void *arg, struct fault *f)
{
	struct transaction *t = arg;

	return t->hooks.dot(t->hooks.arg, t->current, f);
}

/*
 * What may travel behind the content: the rest of this mail, or the next one.
 * Who was deferred is known to be left only when the others are decided. LMTP
 * has so many replies to the dot that one too few must not be made up for by
 * the reply to a MAIL.
 */
static void
put_ahead(struct transaction *t, const struct group *g, struct mail *next)
{
	struct mail *m = has_rest(g->mail) ? g->mail : next;

	if (!t->pipelining || t->is_lmtp || m == NULL || g->deferred != 0)
		return;
	if (m == next)
		next->from = 0;
	if (group_form(t, &t->ahead, m))
		put_group(t, &t->ahead);
	else
		group_release(&t->ahead);
}

/* A reply came: to the dot, or before it. */
static void
judge_content(struct transaction *t, const struct group *g, int is_handed)
{
	int class = t->answer.code / 100;

	if (t->hooks.step != NULL)
		t->hooks.step(t->hooks.arg, "mail", is_handed ? "." : "",
		    &t->answer);
	if (class == 3 || (class == 2 && !is_handed)) {
		set_garbage(t, STAGE_CONTENT, is_handed ?
		    "not a reply to the final dot" :
		    "the server answered before the mail was whole");
		if (!is_handed)
			t->failure.reply = REPLY_UNSENT;
		record_group(t, g, g->accepted, STAGE_CONTENT,
		    t->failure.reply, 0, t->failure.text.data);
		return;
	}
	record_answer(t, g, g->accepted, STAGE_CONTENT);
	if (t->answer.code == 421 || !is_handed)
		give_up_answer(t, STAGE_CONTENT);
}

/* The reply to the dot for one recipient: 1, or 0 when it is none. */
static int
judge_one(struct transaction *t, const struct group *g, size_t i)
{
	struct buf words = BUF_INIT;

	if (t->hooks.step != NULL)
		t->hooks.step(t->hooks.arg, "mail", i == 0 ? "." : "",
		    &t->answer);
	if (t->answer.code / 100 == 3) {
		set_garbage(t, STAGE_CONTENT, "not a reply to the final dot");
		return 0;
	}
	answer_text(&t->answer, &words);
	record(t, g->mail, g->v[i], STAGE_CONTENT,
	    reply_class(t->answer.code), t->answer.code, words.data);
	t->hooks.settled(t->hooks.arg);
	buf_release(&words);
	return 1;
}

/*
 * LMTP (RFC 2033 4.2): one reply for each accepted recipient, in their order;
 * the first has come. Who gets none, because the connection ended, is
 * unconfirmed. 421 is the reply to one of them, too, but not much is to be
 * expected behind it.
 */
static void
judge_each(struct transaction *t, const struct group *g)
{
	enum wire_status status = WIRE_REPLY;
	int limit_ms = t->limits.final_ms;
	size_t i;

	for (i = 0; i < g->accepted; i++) {
		if (i != 0)
			status = wire_wait(t->wire, &t->answer, limit_ms);
		if (status != WIRE_REPLY || !judge_one(t, g, i))
			break;
		if (t->answer.code != 421)
			continue;
		give_up_answer(t, STAGE_CONTENT);
		if (limit_ms > LAST_REPLIES_MS)
			limit_ms = LAST_REPLIES_MS;
	}
	if (i == g->accepted)
		return;
	if (status != WIRE_REPLY)
		set_lost(t, STAGE_CONTENT, status, limit_ms);
	for (; i < g->accepted; i++)
		record(t, g->mail, g->v[i], STAGE_CONTENT,
		    status == WIRE_REPLY ? REPLY_GARBAGE :
		    failure_reply(status), 0, t->failure.text.data);
}

/* No reply came. Before the dot nothing is decided. */
static void
judge_silence(struct transaction *t, const struct group *g,
    enum wire_status status, int is_handed)
{
	set_lost(t, STAGE_CONTENT, status, is_handed ? t->limits.final_ms :
	    t->limits.block_ms);
	if (status == WIRE_LOCAL)
		record_group(t, g, g->accepted, STAGE_LOCAL, REPLY_ANY, 0,
		    t->failure.text.data);
	else if (is_handed)
		record_group(t, g, g->accepted, STAGE_CONTENT,
		    failure_reply(status), 0, t->failure.text.data);
	else
		t->failure.reply = REPLY_UNSENT;
}

static void
send_content(struct transaction *t, const struct group *g, struct mail *next)
{
	struct wire_content content = {
		g->mail->fd, g->mail->offset, g->mail->length, before_dot, t
	};
	enum wire_status status;
	int is_handed;

	t->hooks.content(t->hooks.arg, g->mail);
	t->current = g->mail;
	t->needs_rset = 0;
	wire_put_content(t->wire, &content);
	put_ahead(t, g, next);
	status = wire_wait(t->wire, &t->answer, t->limits.final_ms);
	is_handed = t->wire->dot == DOT_HANDED;
	if (status == WIRE_REPLY && is_handed && t->is_lmtp)
		judge_each(t, g);
	else if (status == WIRE_REPLY)
		judge_content(t, g, is_handed);
	else
		judge_silence(t, g, status, is_handed);
	t->hooks.settled(t->hooks.arg);
}

/* Mails. */

/* Takes the group in flight, or forms and starts one: 1, or 0. */
static int
next_group(struct transaction *t, struct group *g, struct mail *m)
{
	if (t->ahead.mail == m) {
		*g = t->ahead;
		memset(&t->ahead, 0, sizeof t->ahead);
		return 1;
	}
	return group_form(t, g, m);
}

void
transaction_send(struct transaction *t, struct mail *m, struct mail *next)
{
	struct group g;

	if (t->ahead.mail == NULL)
		m->from = 0;
	assert(t->ahead.mail == NULL || t->ahead.mail == m);
	while (!t->is_over && next_group(t, &g, m)) {
		if (g.is_sent || check_idle(t, STAGE_MAIL) == 0) {
			if (!g.is_sent)
				put_group(t, &g);
			if (read_group(t, &g))
				send_content(t, &g, next);
		}
		group_release(&g);
	}
	if (t->is_over)
		group_release(&t->ahead);
}

void
transaction_give_up(struct transaction *t, struct mail *m)
{
	size_t i;

	for (i = 0; i < m->envelope->n; i++)
		if (m->envelope->v[i].outcome == OUTCOME_NONE)
			record(t, m, i, t->failure.stage, t->failure.reply,
			    t->failure.code, t->failure.text.data);
}

void
transaction_quit(struct transaction *t, int wait_ms)
{
	static const char quit[] = "QUIT\r\n";

	/* Behind a content or a DATA it would be content itself. */
	if (t->is_over || t->ahead.mail != NULL)
		return;
	t->is_over = 1;
	wire_put(t->wire, quit, strlen(quit));
	if (wait_ms == 0) {
		wire_flush(t->wire);
		return;
	}
	if (wire_wait(t->wire, &t->answer, wait_ms) == WIRE_REPLY &&
	    t->hooks.step != NULL)
		t->hooks.step(t->hooks.arg, "quit", "QUIT", &t->answer);
}
