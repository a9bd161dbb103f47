/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transactions against a server in memory: what is sent, what is concluded. */
#include "tap.h"

#include "faketransport.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/xalloc.h"
#include "relay/transaction.h"

#define CONTENT "Subject: x\r\n\r\n.y\r\n"
#define ON_WIRE "Subject: x\r\n\r\n..y\r\n.\r\n"

struct bench {
	struct fake k;
	struct wire w;
	struct transaction t;
	struct buf log; /* hooks, in order */
	int fd;         /* content */
	int null;       /* always ready */
	int refuse_dot;
};

/* A mail with its envelope. */
struct letter {
	struct mail mail;
	struct envelope e;
	char **addresses;
};

static void
on_step(void *arg, const char *name, const char *sent, const struct answer *a)
{
	struct bench *b = arg;

	buf_addf(&b->log, "[%s|%s|%s]", name, sent, a->lines.data);
}

static void
on_envelope(void *arg, const struct mail *m)
{
	struct bench *b = arg;

	buf_addf(&b->log, "envelope(%s) ", m->sender);
}

static void
on_content(void *arg, const struct mail *m)
{
	struct bench *b = arg;

	buf_addf(&b->log, "content(%s) ", m->sender);
}

static int
on_dot(void *arg, const struct mail *m, struct fault *f)
{
	struct bench *b = arg;

	buf_addf(&b->log, "dot(%s) ", m->sender);
	return b->refuse_dot ? fault_set(f, EX_TEMPFAIL, "nobody there") : 0;
}

static void
on_recipient(void *arg, const struct mail *m, size_t i)
{
	struct bench *b = arg;

	(void)m;
	buf_addf(&b->log, "rcpt%zu ", i);
}

static void
on_settled(void *arg)
{
	struct bench *b = arg;

	buf_adds(&b->log, "settled ");
}

static void
begin(struct bench *b, const struct act *acts, int pipelining)
{
	struct transport via = { fake_send, fake_recv, NULL, NULL, &b->k, -1,
		0 };
	struct transaction_limits limits = { 40, 40, 40, 40 };

	memset(&b->k, 0, sizeof b->k);
	b->k.acts = acts;
	buf_init(&b->k.sent, 0);
	buf_init(&b->k.sizes, 0);
	via.fd = b->null;
	wire_init(&b->w, &via, limits.block_ms);
	transaction_begin(&b->t, &b->w, pipelining, &limits);
}

static void
end(struct bench *b)
{
	wire_release(&b->w);
	buf_release(&b->k.sent);
	buf_release(&b->k.sizes);
}

static void
bench_init(struct bench *b, const struct act *acts, int pipelining,
    size_t recipients_max)
{
	struct transaction_hooks hooks = {
		NULL, on_envelope, on_content, on_dot, on_recipient,
		on_settled, b
	};
	struct fault f = FAULT_INIT;

	memset(b, 0, sizeof *b);
	buf_init(&b->log, 0);
	b->null = open("/dev/null", O_RDWR);
	b->fd = io_private_file(&f);
	if (b->fd == -1 || io_pwrite(b->fd, CONTENT, strlen(CONTENT), 0) == -1)
		exit(1);
	transaction_init(&b->t, &hooks, recipients_max);
	begin(b, acts, pipelining);
}

static void
bench_release(struct bench *b)
{
	end(b);
	transaction_release(&b->t);
	buf_release(&b->log);
	close(b->fd);
	close(b->null);
}

static void
letter_init(struct letter *l, const struct bench *b, const char *sender,
    const char *recipients)
{
	size_t n;

	memset(l, 0, sizeof *l);
	envelope_init(&l->e);
	l->addresses = xcalloc(strlen(recipients) + 1, sizeof(char *));
	for (; *recipients != '\0'; recipients += n + (recipients[n] == ' ')) {
		char *address;

		n = strcspn(recipients, " ");
		address = xmemdup(recipients, n);
		envelope_add(&l->e, address);
		l->addresses[l->e.n - 1] = address;
	}
	l->mail.envelope = &l->e;
	l->mail.sender = sender;
	l->mail.addresses = l->addresses;
	l->mail.parameters = "";
	l->mail.fd = b->fd;
	l->mail.length = (off_t)strlen(CONTENT);
}

static void
letter_release(struct letter *l)
{
	size_t i;

	for (i = 0; i < l->e.n; i++)
		free(l->addresses[i]);
	free(l->addresses);
	envelope_release(&l->e);
}

/* "content 2xx 250, none" */
static void
describe(const struct envelope *e, struct buf *out)
{
	const struct recipient *r;
	size_t i;

	buf_reset(out);
	for (i = 0; i < e->n; i++) {
		r = &e->v[i];
		buf_adds(out, i != 0 ? ", " : "");
		if (r->outcome == OUTCOME_NONE)
			buf_adds(out, "none");
		else
			buf_addf(out, "%s %s %d", stage_name(r->stage),
			    reply_name(r->reply), r->code);
	}
}

static void
is_outcome(const struct letter *l, const char *want, const char *name)
{
	struct buf got = BUF_INIT;

	describe(&l->e, &got);
	is_text(got.data, want, name);
	buf_release(&got);
}

#define MAIL "MAIL FROM:<s@x>\r\n"
#define RCPT_A "RCPT TO:<a@y>\r\n"
#define RCPT_B "RCPT TO:<b@y>\r\n"
#define RCPT_C "RCPT TO:<c@y>\r\n"
#define DATA "DATA\r\n"
#define DOT "\r\n.\r\n"

/* One mail over a fresh connection. */
struct one {
	const char *name;
	int pipelining;
	const char *recipients;
	struct act acts[12];
	const char *sent;
	const char *outcome;
	int is_over;
	const char *failure; /* "stage reply code" when it is over */
	int needs_rset;
};

static const struct one ones[] = {
	{ "lock-step", 0, "a@y b@y",
	    { { 'w', MAIL }, { 'r', "250 OK\r\n" }, { 'w', RCPT_A },
	    { 'r', "250 OK\r\n" }, { 'w', RCPT_B }, { 'r', "251 OK\r\n" },
	    { 'w', DATA }, { 'r', "354 go\r\n" }, { 'w', DOT },
	    { 'r', "250 queued\r\n" } },
	    MAIL RCPT_A RCPT_B DATA ON_WIRE,
	    "content 2xx 250, content 2xx 250", 0, "", 0 },
	{ "pipelining", 1, "a@y b@y",
	    { { 'w', DATA }, { 'r', "250 a\r\n250 b\r\n250 c\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "250 queued\r\n" } },
	    MAIL RCPT_A RCPT_B DATA ON_WIRE,
	    "content 2xx 250, content 2xx 250", 0, "", 0 },
	{ "pipelining, replies octet by octet", 1, "a@y",
	    { { 'w', DATA }, { 'b', "250-a\r\n250 b\r\n250 c\r\n354 d\r\n" },
	    { 'w', DOT }, { 'b', "250 queued\r\n" } },
	    MAIL RCPT_A DATA ON_WIRE, "content 2xx 250", 0, "", 0 },
	{ "the sender refused, lock-step", 0, "a@y b@y",
	    { { 'w', MAIL }, { 'r', "550 no\r\n" } }, MAIL,
	    "mail 5xx 550, mail 5xx 550", 0, "", 1 },
	{ "the sender refused, pipelining", 1, "a@y b@y",
	    { { 'w', DATA },
	    { 'r', "450 no\r\n250 x\r\n550 x\r\n503 x\r\n" } },
	    MAIL RCPT_A RCPT_B DATA,
	    "mail 4xx 450, mail 4xx 450", 0, "", 1 },
	{ "the sender refused and yet 354: no dot", 1, "a@y",
	    { { 'w', DATA }, { 'r', "550 no\r\n250 x\r\n354 go\r\n" } },
	    MAIL RCPT_A DATA, "mail 5xx 550", 1, "data garbage 0", 0 },
	{ "one recipient refused", 1, "a@y b@y",
	    { { 'w', DATA },
	    { 'r', "250 OK\r\n550 no\r\n250 OK\r\n354 go\r\n" },
	    { 'w', DOT }, { 'r', "250 queued\r\n" } },
	    MAIL RCPT_A RCPT_B DATA ON_WIRE,
	    "rcpt 5xx 550, content 2xx 250", 0, "", 0 },
	{ "one recipient refused, lock-step", 0, "a@y b@y",
	    { { 'w', MAIL }, { 'r', "250 OK\r\n" }, { 'w', RCPT_A },
	    { 'r', "250 OK\r\n" }, { 'w', RCPT_B }, { 'r', "450 no\r\n" },
	    { 'w', DATA }, { 'r', "354 go\r\n" }, { 'w', DOT },
	    { 'r', "250 queued\r\n" } },
	    MAIL RCPT_A RCPT_B DATA ON_WIRE,
	    "content 2xx 250, rcpt 4xx 450", 0, "", 0 },
	{ "all recipients refused, lock-step: no DATA", 0, "a@y b@y",
	    { { 'w', MAIL }, { 'r', "250 OK\r\n" }, { 'w', RCPT_A },
	    { 'r', "550 no\r\n" }, { 'w', RCPT_B }, { 'r', "450 no\r\n" } },
	    MAIL RCPT_A RCPT_B, "rcpt 5xx 550, rcpt 4xx 450", 0, "", 1 },
	{ "all recipients refused, pipelining", 1, "a@y b@y",
	    { { 'w', DATA },
	    { 'r', "250 OK\r\n550 no\r\n450 no\r\n503 no\r\n" } },
	    MAIL RCPT_A RCPT_B DATA, "rcpt 5xx 550, rcpt 4xx 450", 0, "", 1 },
	{ "all recipients refused and yet 354: no dot", 1, "a@y b@y",
	    { { 'w', DATA },
	    { 'r', "250 OK\r\n550 no\r\n550 no\r\n354 go\r\n" } },
	    MAIL RCPT_A RCPT_B DATA, "rcpt 5xx 550, rcpt 5xx 550", 1,
	    "data garbage 0", 0 },
	{ "DATA refused", 1, "a@y b@y",
	    { { 'w', DATA },
	    { 'r', "250 OK\r\n550 no\r\n250 OK\r\n554 no\r\n" } },
	    MAIL RCPT_A RCPT_B DATA, "rcpt 5xx 550, data 5xx 554", 0, "", 1 },
	{ "DATA refused for now, lock-step", 0, "a@y",
	    { { 'w', MAIL }, { 'r', "250 OK\r\n" }, { 'w', RCPT_A },
	    { 'r', "250 OK\r\n" }, { 'w', DATA }, { 'r', "451 no\r\n" } },
	    MAIL RCPT_A DATA, "data 4xx 451", 0, "", 1 },
	{ "DATA answered with 250 is no 354", 1, "a@y",
	    { { 'w', DATA }, { 'r', "250 OK\r\n250 OK\r\n250 OK\r\n" } },
	    MAIL RCPT_A DATA, "none", 1, "data garbage 0", 0 },
	{ "MAIL answered with 354 is garbage", 1, "a@y",
	    { { 'w', DATA }, { 'r', "354 go\r\n250 OK\r\n250 OK\r\n" } },
	    MAIL RCPT_A DATA, "none", 1, "mail garbage 0", 0 },
	{ "RCPT answered with 354 is garbage", 0, "a@y",
	    { { 'w', MAIL }, { 'r', "250 OK\r\n" }, { 'w', RCPT_A },
	    { 'r', "354 go\r\n" } }, MAIL RCPT_A, "none", 1,
	    "rcpt garbage 0", 0 },
	{ "another 3xx to DATA will do", 1, "a@y",
	    { { 'w', DATA }, { 'r', "250 OK\r\n250 OK\r\n350 go\r\n" },
	    { 'w', DOT }, { 'r', "250 queued\r\n" } },
	    MAIL RCPT_A DATA ON_WIRE, "content 2xx 250", 0, "", 0 },
	{ "closed instead of a reply to MAIL", 1, "a@y",
	    { { 'w', DATA }, { 'c', NULL } }, MAIL RCPT_A DATA, "none", 1,
	    "mail lost 0", 0 },
	{ "closed instead of a reply to RCPT", 1, "a@y b@y",
	    { { 'w', DATA }, { 'r', "250 OK\r\n550 no\r\n" }, { 'c', NULL } },
	    MAIL RCPT_A RCPT_B DATA, "rcpt 5xx 550, none", 1,
	    "rcpt lost 0", 0 },
	{ "an error instead of a reply to DATA", 0, "a@y",
	    { { 'w', MAIL }, { 'r', "250 OK\r\n" }, { 'w', RCPT_A },
	    { 'r', "250 OK\r\n" }, { 'w', DATA }, { 'e', NULL } },
	    MAIL RCPT_A DATA, "none", 1, "data lost 0", 0 },
	{ "421 instead of a reply to MAIL", 1, "a@y b@y",
	    { { 'w', DATA }, { 'r', "421 bye\r\n" }, { 'c', NULL } },
	    MAIL RCPT_A RCPT_B DATA, "none, none", 1, "mail 4xx 421", 0 },
	{ "421 instead of a reply to RCPT", 1, "a@y b@y",
	    { { 'w', DATA }, { 'r', "250 OK\r\n250 OK\r\n421 bye\r\n" },
	    { 'c', NULL } },
	    MAIL RCPT_A RCPT_B DATA, "none, none", 1, "rcpt 4xx 421", 0 },
	{ "421 instead of a reply to DATA", 1, "a@y b@y",
	    { { 'w', DATA },
	    { 'r', "250 OK\r\n550 no\r\n250 OK\r\n421 bye\r\n" } },
	    MAIL RCPT_A RCPT_B DATA, "rcpt 5xx 550, none", 1,
	    "data 4xx 421", 0 },
	{ "babble instead of a reply to MAIL", 1, "a@y",
	    { { 'w', DATA }, { 'r', "what\r\n" } }, MAIL RCPT_A DATA, "none",
	    1, "mail garbage 0", 0 },
	{ "the content refused", 1, "a@y b@y",
	    { { 'w', DATA },
	    { 'r', "250 OK\r\n250 OK\r\n550 no\r\n354 go\r\n" },
	    { 'w', DOT }, { 'r', "554 spam\r\n" } },
	    MAIL RCPT_A RCPT_B DATA ON_WIRE,
	    "content 5xx 554, rcpt 5xx 550", 0, "", 0 },
	{ "the content refused for now", 1, "a@y",
	    { { 'w', DATA }, { 'r', "250 OK\r\n250 OK\r\n354 go\r\n" },
	    { 'w', DOT }, { 'r', "452 full\r\n" } },
	    MAIL RCPT_A DATA ON_WIRE, "content 4xx 452", 0, "", 0 },
	{ "421 to the dot", 1, "a@y",
	    { { 'w', DATA }, { 'r', "250 OK\r\n250 OK\r\n354 go\r\n" },
	    { 'w', DOT }, { 'r', "421 bye\r\n" } },
	    MAIL RCPT_A DATA ON_WIRE, "content 4xx 421", 1,
	    "content 4xx 421", 0 },
	{ "354 to the dot is no answer", 1, "a@y",
	    { { 'w', DATA }, { 'r', "250 OK\r\n250 OK\r\n354 go\r\n" },
	    { 'w', DOT }, { 'r', "354 again\r\n" } },
	    MAIL RCPT_A DATA ON_WIRE, "content garbage 0", 1,
	    "content garbage 0", 0 },
	{ "closed after the dot: unconfirmed", 1, "a@y b@y",
	    { { 'w', DATA },
	    { 'r', "250 OK\r\n550 no\r\n250 OK\r\n354 go\r\n" },
	    { 'w', DOT }, { 'c', NULL } },
	    MAIL RCPT_A RCPT_B DATA ON_WIRE,
	    "rcpt 5xx 550, content lost 0", 1, "content lost 0", 0 },
	{ "babble after the dot: unconfirmed", 1, "a@y",
	    { { 'w', DATA }, { 'r', "250 OK\r\n250 OK\r\n354 go\r\n" },
	    { 'w', DOT }, { 'r', "what\r\n" } },
	    MAIL RCPT_A DATA ON_WIRE, "content garbage 0", 1,
	    "content garbage 0", 0 },
	{ "silence after the dot: unconfirmed", 1, "a@y",
	    { { 'w', DATA }, { 'r', "250 OK\r\n250 OK\r\n354 go\r\n" } },
	    MAIL RCPT_A DATA ON_WIRE, "content timeout 0", 1,
	    "content timeout 0", 0 },
	{ "silence after MAIL", 0, "a@y", { { 'a', NULL } }, MAIL, "none", 1,
	    "mail timeout 0", 0 },
	{ "closed before the dot: it can be sent again", 1, "a@y",
	    { { 'w', DATA }, { 'r', "250 OK\r\n250 OK\r\n354 go\r\n" },
	    { 'c', NULL } }, MAIL RCPT_A DATA, "none", 1,
	    "content unsent 0", 0 },
	{ "refused before the dot", 1, "a@y",
	    { { 'w', DATA },
	    { 'r', "250 OK\r\n250 OK\r\n354 go\r\n552 large\r\n" } },
	    MAIL RCPT_A DATA, "content 5xx 552", 1, "content 5xx 552", 0 },
	{ "refused for now before the dot", 1, "a@y",
	    { { 'w', DATA },
	    { 'r', "250 OK\r\n250 OK\r\n354 go\r\n452 full\r\n" } },
	    MAIL RCPT_A DATA, "content 4xx 452", 1, "content 4xx 452", 0 },
	{ "accepted before the dot: not believed", 1, "a@y",
	    { { 'w', DATA },
	    { 'r', "250 OK\r\n250 OK\r\n354 go\r\n250 queued\r\n" } },
	    MAIL RCPT_A DATA, "content unsent 0", 1, "content unsent 0", 0 },
	{ "babble before the dot", 1, "a@y",
	    { { 'w', DATA },
	    { 'r', "250 OK\r\n250 OK\r\n354 go\r\nwhat\r\n" } },
	    MAIL RCPT_A DATA, "none", 1, "content unsent 0", 0 },
	{ "a server that speaks first", 1, "a@y",
	    { { 'r', "250 OK\r\n" } }, "", "none", 1, "mail garbage 0", 0 },
	{ "a server that has gone", 1, "a@y", { { 'c', NULL } }, "", "none",
	    1, "mail lost 0", 0 },
	{ "a server that has said 421", 1, "a@y", { { 'r', "421 idle\r\n" },
	    { 'c', NULL } }, "", "none", 1, "mail lost 421", 0 },
	{ "a reply too many, lock-step", 0, "a@y b@y",
	    { { 'w', MAIL }, { 'r', "250 OK\r\n250 OK\r\n" } }, MAIL,
	    "none, none", 1, "rcpt garbage 0", 0 },
	{ "a server that babbles", 1, "a@y", { { 'r', "hm\r\n" } }, "",
	    "none", 1, "mail garbage 0", 0 },
};

/* LMTP: a reply to the dot for each accepted recipient (RFC 2033 4.2). */
#define THREE "250 m\r\n250 a\r\n250 b\r\n250 c\r\n354 d\r\n"
#define THREE_SENT MAIL RCPT_A RCPT_B RCPT_C DATA ON_WIRE
static const struct one lmtps[] = {
	{ "LMTP, lock-step", 0, "a@y b@y",
	    { { 'w', MAIL }, { 'r', "250 OK\r\n" }, { 'w', RCPT_A },
	    { 'r', "250 OK\r\n" }, { 'w', RCPT_B }, { 'r', "250 OK\r\n" },
	    { 'w', DATA }, { 'r', "354 go\r\n" }, { 'w', DOT },
	    { 'r', "250 a\r\n" }, { 'a', NULL }, { 'b', "250 b\r\n" } },
	    MAIL RCPT_A RCPT_B DATA ON_WIRE,
	    "content 2xx 250, content 2xx 250", 0, "", 0 },
	{ "LMTP, pipelining", 1, "a@y b@y c@y",
	    { { 'w', DATA }, { 'r', THREE }, { 'w', DOT },
	    { 'r', "250 a\r\n550-no\r\n550 never\r\n450 later\r\n" } },
	    THREE_SENT, "content 2xx 250, content 5xx 550, content 4xx 450",
	    0, "", 0 },
	{ "LMTP, who was refused before has no reply", 1, "a@y b@y c@y",
	    { { 'w', DATA },
	    { 'r', "250 m\r\n550 a\r\n250 b\r\n250 c\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "250 b\r\n552 c\r\n" } }, THREE_SENT,
	    "rcpt 5xx 550, content 2xx 250, content 5xx 552", 0, "", 0 },
	{ "LMTP, closed after one reply", 1, "a@y b@y c@y",
	    { { 'w', DATA }, { 'r', THREE }, { 'w', DOT },
	    { 'r', "250 a\r\n" }, { 'c', NULL } }, THREE_SENT,
	    "content 2xx 250, content lost 0, content lost 0", 1,
	    "content lost 0", 0 },
	{ "LMTP, an error in place of all replies", 1, "a@y b@y c@y",
	    { { 'w', DATA }, { 'r', THREE }, { 'w', DOT }, { 'e', NULL } },
	    THREE_SENT, "content lost 0, content lost 0, content lost 0", 1,
	    "content lost 0", 0 },
	{ "LMTP, silence after two replies", 1, "a@y b@y c@y",
	    { { 'w', DATA }, { 'r', THREE }, { 'w', DOT },
	    { 'r', "550 a\r\n250 b\r\n25" } }, THREE_SENT,
	    "content 5xx 550, content 2xx 250, content timeout 0", 1,
	    "content timeout 0", 0 },
	{ "LMTP, one reply for all is for the first only", 1, "a@y b@y",
	    { { 'w', DATA },
	    { 'r', "250 m\r\n250 a\r\n250 b\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "250 all\r\n" } },
	    MAIL RCPT_A RCPT_B DATA ON_WIRE,
	    "content 2xx 250, content timeout 0", 1, "content timeout 0", 0 },
	{ "LMTP, babble in place of a reply", 1, "a@y b@y c@y",
	    { { 'w', DATA }, { 'r', THREE }, { 'w', DOT },
	    { 'r', "250 a\r\nwhat\r\n250 c\r\n" } }, THREE_SENT,
	    "content 2xx 250, content garbage 0, content garbage 0", 1,
	    "content garbage 0", 0 },
	{ "LMTP, 354 in place of a reply", 1, "a@y b@y c@y",
	    { { 'w', DATA }, { 'r', THREE }, { 'w', DOT },
	    { 'r', "250 a\r\n354 b\r\n250 c\r\n" } }, THREE_SENT,
	    "content 2xx 250, content garbage 0, content garbage 0", 1,
	    "content garbage 0", 0 },
	{ "LMTP, 421 and closed", 1, "a@y b@y c@y",
	    { { 'w', DATA }, { 'r', THREE }, { 'w', DOT },
	    { 'r', "250 a\r\n421 bye\r\n" }, { 'c', NULL } }, THREE_SENT,
	    "content 2xx 250, content 4xx 421, content lost 0", 1,
	    "content 4xx 421", 0 },
	{ "LMTP, 421 and yet replies behind it", 1, "a@y b@y c@y",
	    { { 'w', DATA }, { 'r', THREE }, { 'w', DOT },
	    { 'r', "421 bye\r\n250 b\r\n550 c\r\n" } }, THREE_SENT,
	    "content 4xx 421, content 2xx 250, content 5xx 550", 1,
	    "content 4xx 421", 0 },
	{ "LMTP, refused before the dot", 1, "a@y b@y c@y",
	    { { 'w', DATA }, { 'r', THREE "552 large\r\n" } },
	    MAIL RCPT_A RCPT_B RCPT_C DATA,
	    "content 5xx 552, content 5xx 552, content 5xx 552", 1,
	    "content 5xx 552", 0 },
	{ "LMTP, accepted before the dot: not believed", 1, "a@y b@y c@y",
	    { { 'w', DATA }, { 'r', THREE "250 a\r\n250 b\r\n250 c\r\n" } },
	    MAIL RCPT_A RCPT_B RCPT_C DATA,
	    "content unsent 0, content unsent 0, content unsent 0", 1,
	    "content unsent 0", 0 },
	{ "LMTP, closed before the dot: it can be sent again", 1, "a@y b@y",
	    { { 'w', DATA },
	    { 'r', "250 m\r\n250 a\r\n250 b\r\n354 d\r\n" },
	    { 'c', NULL } }, MAIL RCPT_A RCPT_B DATA, "none, none", 1,
	    "content unsent 0", 0 },
};

static void
test_one(const struct one *c, int is_lmtp)
{
	struct bench b;
	struct letter l;
	struct buf failure = BUF_INIT;

	bench_init(&b, c->acts, c->pipelining, 100);
	b.t.is_lmtp = is_lmtp;
	letter_init(&l, &b, "s@x", c->recipients);
	transaction_send(&b.t, &l.mail, NULL);
	is_outcome(&l, c->outcome, c->name);
	is_text(b.k.sent.data, c->sent, "... on the wire");
	is_number(b.t.is_over, c->is_over, "... end of the connection");
	if (b.t.is_over && b.t.failure.is_set)
		buf_addf(&failure, "%s %s %d", stage_name(b.t.failure.stage),
		    reply_name(b.t.failure.reply), b.t.failure.code);
	is_text(failure.data, c->failure, "... and why");
	if (!c->is_over)
		is_number(b.t.needs_rset, c->needs_rset,
		    "... and whether RSET comes next");
	buf_release(&failure);
	letter_release(&l);
	bench_release(&b);
}

static void
test_ones(void)
{
	size_t i;

	for (i = 0; i < sizeof ones / sizeof *ones; i++)
		test_one(&ones[i], 0);
	for (i = 0; i < sizeof lmtps / sizeof *lmtps; i++)
		test_one(&lmtps[i], 1);
}

static const struct act good[] = {
	{ 'w', DATA }, { 'r', "250 a\r\n250 b\r\n354 c\r\n" }, { 'w', DOT },
	{ 'r', "250-2.0.0 queued\r\n250 as 4711\r\n" }, { 0, NULL }
};

static void
test_reports(void)
{
	char notify[] = " NOTIFY=NEVER";
	char *never[] = { notify };
	struct bench b;
	struct letter l;

	bench_init(&b, good, 1, 100);
	letter_init(&l, &b, "s@x", "a@y");
	transaction_send(&b.t, &l.mail, NULL);
	is_text(b.log.data, "envelope(s@x) content(s@x) dot(s@x) rcpt0 "
	    "settled ", "what is reported, in its order");
	is_text(l.e.v[0].text, "2.0.0 queued as 4711",
	    "the server's words are kept");
	letter_release(&l);
	bench_release(&b);

	bench_init(&b, good, 1, 100);
	b.t.hooks.step = on_step;
	letter_init(&l, &b, "", "a@y");
	l.mail.parameters = " SIZE=20 BODY=8BITMIME";
	l.mail.rcpt_parameters = never;
	transaction_send(&b.t, &l.mail, NULL);
	is_text(b.log.data,
	    "[mail from|MAIL FROM:<> SIZE=20 BODY=8BITMIME|250 a]"
	    "envelope() [rcpt to|RCPT TO:<a@y> NOTIFY=NEVER|250 b]"
	    "[data|DATA|354 c]"
	    "content() dot() "
	    "[mail|.|250-2.0.0 queued\n250 as 4711]rcpt0 settled ",
	    "each step with the reply to that very step");
	letter_release(&l);
	bench_release(&b);

	bench_init(&b, good, 1, 100);
	b.refuse_dot = 1;
	letter_init(&l, &b, "s@x", "a@y");
	transaction_send(&b.t, &l.mail, NULL);
	is_outcome(&l, "local any 0", "a dot that nobody wants to hear of");
	is_text(b.k.sent.data, MAIL RCPT_A DATA, "... is not sent");
	is_text(l.e.v[0].text, "nobody there", "... and says why");
	is_number(b.t.is_over, 1, "... and the connection ends");
	letter_release(&l);
	bench_release(&b);

	bench_init(&b, good, 1, 100);
	letter_init(&l, &b, "s@x", "a@y");
	l.mail.length++;
	transaction_send(&b.t, &l.mail, NULL);
	is_outcome(&l, "local any 0", "a content that became shorter");
	ok(strstr(b.log.data, "dot") == NULL, "... gets no dot");
	letter_release(&l);
	bench_release(&b);
}

static const char *
error_words(void *arg)
{
	const struct fake *k = arg;

	return k->error;
}

static void
test_failure_words(void)
{
	static const struct act silent[] = { { 'a', NULL }, { 0, NULL } };
	static const struct act closed[] = {
		{ 'w', DATA }, { 'c', NULL }
	};
	static const struct act babble[] = {
		{ 'w', DATA }, { 'r', "what now\r\n" }, { 0, NULL }
	};
	struct bench b;
	struct letter l;

	bench_init(&b, silent, 1, 100);
	b.t.limits.command_ms = 1000;
	letter_init(&l, &b, "s@x", "a@y");
	transaction_send(&b.t, &l.mail, NULL);
	is_text(b.t.failure.text.data, "nothing came within 1 s",
	    "a time-out says how long it was");
	letter_release(&l);
	bench_release(&b);

	bench_init(&b, closed, 1, 100);
	letter_init(&l, &b, "s@x", "b@y a@y c@y");
	envelope_record(&l.e, 0, STAGE_RCPT, REPLY_R5XX, 550, "no");
	transaction_send(&b.t, &l.mail, NULL);
	is_text(b.k.sent.data, MAIL RCPT_A RCPT_C DATA,
	    "a recipient with an outcome is left alone");
	is_text(b.t.failure.text.data, "the server closed the connection",
	    "an end says so");
	transaction_give_up(&b.t, &l.mail);
	is_outcome(&l, "rcpt 5xx 550, mail lost 0, mail lost 0",
	    "giving up decides the undecided");
	is_text(l.e.v[2].text, "the server closed the connection",
	    "... with the reason");
	is_text(b.log.data, "rcpt1 rcpt2 ", "... and reports them");
	letter_release(&l);
	bench_release(&b);

	bench_init(&b, closed, 1, 100);
	b.w.via.error = error_words;
	b.k.error = "broken pipe";
	letter_init(&l, &b, "s@x", "a@y");
	transaction_send(&b.t, &l.mail, NULL);
	is_text(b.t.failure.text.data, "broken pipe",
	    "an error gives its own words");
	letter_release(&l);
	bench_release(&b);

	bench_init(&b, closed, 1, 100);
	b.w.via.error = error_words;
	b.k.error = "";
	letter_init(&l, &b, "s@x", "a@y");
	transaction_send(&b.t, &l.mail, NULL);
	is_text(b.t.failure.text.data, "the server closed the connection",
	    "... if it has any");
	letter_release(&l);
	bench_release(&b);

	bench_init(&b, babble, 1, 100);
	letter_init(&l, &b, "s@x", "a@y");
	transaction_send(&b.t, &l.mail, NULL);
	is_text(b.t.failure.text.data,
	    "the server sent what is no reply: what now",
	    "babble is quoted");
	letter_release(&l);
	bench_release(&b);
}

/* Many recipients. */

static void
test_groups(void)
{
	static const struct act acts[] = {
		{ 'w', RCPT_B DATA },
		{ 'r', "250 m\r\n250 a\r\n250 b\r\n354 d\r\n" },
		{ 'w', DOT },
		{ 'r', "250 one\r\n250 m\r\n550 c\r\n503 d\r\n" },
		{ 0, NULL }
	};
	struct bench b;
	struct letter l;

	bench_init(&b, acts, 1, 2);
	letter_init(&l, &b, "s@x", "a@y b@y c@y");
	transaction_send(&b.t, &l.mail, NULL);
	is_outcome(&l, "content 2xx 250, content 2xx 250, rcpt 5xx 550",
	    "recipients go in groups of max_recipients");
	is_text(b.k.sent.data, MAIL RCPT_A RCPT_B DATA ON_WIRE MAIL RCPT_C
	    DATA, "... the next group's envelope behind the content");
	is_text(b.log.data, "envelope(s@x) content(s@x) dot(s@x) rcpt0 rcpt1 "
	    "settled envelope(s@x) rcpt2 ", "... each reported in its turn");
	is_text(b.k.sizes.data, "53 60 ", "... in two writes");
	letter_release(&l);
	bench_release(&b);
}

static void
test_groups_lockstep(void)
{
	static const struct act acts[] = {
		{ 'w', MAIL }, { 'r', "250 m\r\n" },
		{ 'w', RCPT_A }, { 'r', "550 no\r\n" },
		{ 'w', "RSET\r\n" }, { 'r', "250 r\r\n" },
		{ 'w', MAIL }, { 'r', "250 m\r\n" },
		{ 'w', RCPT_B }, { 'r', "250 OK\r\n" },
		{ 'w', DATA }, { 'r', "354 OK\r\n" },
		{ 'w', DOT }, { 'r', "250 OK\r\n" },
		{ 'w', MAIL }, { 'r', "250 m\r\n" },
		{ 'w', RCPT_C }, { 'r', "250 OK\r\n" },
		{ 'w', DATA }, { 'r', "451 no\r\n" }, { 0, NULL }
	};
	struct bench b;
	struct letter l;

	bench_init(&b, acts, 0, 1);
	letter_init(&l, &b, "s@x", "a@y b@y c@y");
	transaction_send(&b.t, &l.mail, NULL);
	is_text(b.k.sent.data, MAIL RCPT_A "RSET\r\n" MAIL RCPT_B DATA ON_WIRE
	    MAIL RCPT_C DATA, "RSET after a group without content only");
	letter_release(&l);
	bench_release(&b);
}

static void
test_too_many(void)
{
	static const struct act acts[] = {
		{ 'w', DATA },
		{ 'r', "250 m\r\n250 a\r\n452 b\r\n452 c\r\n354 d\r\n" },
		{ 'w', DOT }, { 'r', "250 one\r\n" },
		{ 'w', MAIL RCPT_B DATA },
		{ 'r', "250 m\r\n250 b\r\n354 d\r\n" },
		{ 'w', DOT }, { 'w', DATA },
		{ 'r', "250 two\r\n250 m\r\n250 c\r\n354 d\r\n" },
		{ 'w', DOT },
		{ 'r', "250 three\r\n" }, { 0, NULL }
	};
	struct bench b;
	struct letter l;

	bench_init(&b, acts, 1, 100);
	letter_init(&l, &b, "s@x", "a@y b@y c@y");
	transaction_send(&b.t, &l.mail, NULL);
	is_outcome(&l, "content 2xx 250, content 2xx 250, content 2xx 250",
	    "452 after an accepted recipient: the rest goes at once");
	is_text(l.e.v[2].text, "three", "... in further transactions");
	is_number((long long)b.t.recipients_max, 1, "the limit is learnt");
	is_text(b.k.sent.data, MAIL RCPT_A RCPT_B RCPT_C DATA ON_WIRE MAIL
	    RCPT_B DATA ON_WIRE MAIL RCPT_C DATA ON_WIRE,
	    "... and kept to");
	letter_release(&l);
	bench_release(&b);
}

static void
test_not_too_many(void)
{
	static const struct act first[] = {
		{ 'w', DATA },
		{ 'r', "250 m\r\n452 a\r\n452 b\r\n503 d\r\n" }, { 0, NULL }
	};
	static const struct act middle[] = {
		{ 'w', DATA },
		{ 'r', "250 m\r\n250 a\r\n452 4.2.2 b\r\n250 c\r\n"
		    "354 d\r\n" },
		{ 'w', DOT }, { 'r', "250 one\r\n" },
		{ 'w', MAIL RCPT_B DATA },
		{ 'r', "250 m\r\n452 4.2.2 b\r\n503 d\r\n" }, { 0, NULL }
	};
	static const struct act old[] = {
		{ 'w', DATA },
		{ 'r', "250 m\r\n250 a\r\n552 5.5.3\r\n552 5.2.2 c\r\n"
		    "354 d\r\n" },
		{ 'w', DOT }, { 'r', "250 one\r\n" },
		{ 'w', MAIL RCPT_B DATA },
		{ 'r', "250 m\r\n250 b\r\n354 d\r\n" },
		{ 'w', DOT }, { 'r', "250 two\r\n" },
		{ 0, NULL }
	};
	struct bench b;
	struct letter l;

	bench_init(&b, first, 1, 100);
	letter_init(&l, &b, "s@x", "a@y b@y");
	transaction_send(&b.t, &l.mail, NULL);
	is_outcome(&l, "rcpt 4xx 452, rcpt 4xx 452",
	    "452 before any accepted recipient is theirs");
	is_number((long long)b.t.recipients_max, 100, "... and no limit");
	letter_release(&l);
	bench_release(&b);

	bench_init(&b, middle, 1, 100);
	letter_init(&l, &b, "s@x", "a@y b@y c@y");
	transaction_send(&b.t, &l.mail, NULL);
	is_outcome(&l, "content 2xx 250, rcpt 4xx 452, content 2xx 250",
	    "452 for one in the middle is tried once more");
	is_number((long long)b.t.recipients_max, 100, "... and no limit");
	letter_release(&l);
	bench_release(&b);

	bench_init(&b, old, 1, 100);
	letter_init(&l, &b, "s@x", "a@y b@y c@y");
	transaction_send(&b.t, &l.mail, NULL);
	is_outcome(&l, "content 2xx 250, content 2xx 250, rcpt 5xx 552",
	    "552 5.5.3 means too many, 552 5.2.2 does not");
	letter_release(&l);
	bench_release(&b);
}

/* 452 and then an end: the limit stays for the next connection. */
static void
test_limit_and_end(void)
{
	static const struct act acts[] = {
		{ 'w', DATA },
		{ 'r', "250 m\r\n250 a\r\n452 b\r\n421 bye\r\n" },
		{ 'c', NULL }
	};
	static const struct act again[] = {
		{ 'w', DATA }, { 'r', "250 m\r\n250 a\r\n354 d\r\n" },
		{ 'w', MAIL RCPT_B DATA },
		{ 'r', "250 one\r\n250 m\r\n550 b\r\n503 d\r\n" },
		{ 'w', DATA }, { 'r', "250 r\r\n250 m\r\n250 c\r\n354 d\r\n" },
		{ 'w', DOT }, { 'r', "250 three\r\n" },
		{ 0, NULL }
	};
	struct bench b;
	struct letter l;

	bench_init(&b, acts, 1, 100);
	letter_init(&l, &b, "s@x", "a@y b@y c@y");
	transaction_send(&b.t, &l.mail, NULL);
	is_outcome(&l, "none, none, none", "452, then 421: nothing is sent");
	is_number((long long)b.t.recipients_max, 1, "the limit is learnt");
	end(&b);
	begin(&b, again, 1);
	is_number(b.t.failure.is_set, 0, "a new connection has no failure");
	transaction_send(&b.t, &l.mail, NULL);
	is_outcome(&l, "content 2xx 250, rcpt 5xx 550, content 2xx 250",
	    "... and kept to on the next connection");
	is_text(b.k.sent.data, MAIL RCPT_A DATA ON_WIRE MAIL RCPT_B DATA
	    "RSET\r\n" MAIL RCPT_C DATA ON_WIRE,
	    "... from the first recipient on");
	letter_release(&l);
	bench_release(&b);
}

/* Several mails over one connection. */

#define MAIL_2 "MAIL FROM:<t@x>\r\n"

struct two {
	const char *name;
	int is_ahead; /* the second one's envelope travels with the first */
	struct act acts[10];
	const char *sent;
	const char *first, *second;
	int is_over;
};

static const struct two twos[] = {
	{ "one after the other", 0,
	    { { 'w', DATA }, { 'r', "250 m\r\n250 r\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "250 one\r\n" },
	    { 'w', MAIL_2 RCPT_B DATA },
	    { 'r', "250 m\r\n250 r\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "250 two\r\n" } },
	    MAIL RCPT_A DATA ON_WIRE MAIL_2 RCPT_B DATA ON_WIRE,
	    "content 2xx 250", "content 2xx 250", 0 },
	{ "RSET after a refused sender", 0,
	    { { 'w', DATA }, { 'r', "550 m\r\n503 r\r\n503 d\r\n" },
	    { 'w', MAIL_2 RCPT_B DATA },
	    { 'r', "250 r\r\n250 m\r\n250 r\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "250 two\r\n" } },
	    MAIL RCPT_A DATA "RSET\r\n" MAIL_2 RCPT_B DATA ON_WIRE,
	    "mail 5xx 550", "content 2xx 250", 0 },
	{ "a refused RSET ends the connection", 0,
	    { { 'w', DATA }, { 'r', "550 m\r\n503 r\r\n503 d\r\n" },
	    { 'w', MAIL_2 RCPT_B DATA }, { 'r', "502 r\r\n250 m\r\n" } },
	    MAIL RCPT_A DATA "RSET\r\n" MAIL_2 RCPT_B DATA,
	    "mail 5xx 550", "none", 1 },
	{ "closed between two mails", 0,
	    { { 'w', DATA }, { 'r', "250 m\r\n250 r\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "250 one\r\n" }, { 'c', NULL } },
	    MAIL RCPT_A DATA ON_WIRE, "content 2xx 250", "none", 1 },
	{ "too much after a reply", 0,
	    { { 'w', DATA }, { 'r', "250 m\r\n250 r\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "250 one\r\n250 more\r\n" } },
	    MAIL RCPT_A DATA ON_WIRE, "content 2xx 250", "none", 1 },
	{ "the envelope ahead", 1,
	    { { 'w', DATA }, { 'r', "250 m\r\n250 r\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "250 one\r\n250 m\r\n250 r\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "250 two\r\n" } },
	    MAIL RCPT_A DATA ON_WIRE MAIL_2 RCPT_B DATA ON_WIRE,
	    "content 2xx 250", "content 2xx 250", 0 },
	{ "the first content refused, the envelope ahead", 1,
	    { { 'w', DATA }, { 'r', "250 m\r\n250 r\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "554 no\r\n250 m\r\n250 r\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "250 two\r\n" } },
	    MAIL RCPT_A DATA ON_WIRE MAIL_2 RCPT_B DATA ON_WIRE,
	    "content 5xx 554", "content 2xx 250", 0 },
	{ "421 to the first content, the envelope ahead", 1,
	    { { 'w', DATA }, { 'r', "250 m\r\n250 r\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "421 bye\r\n" }, { 'c', NULL } },
	    MAIL RCPT_A DATA ON_WIRE MAIL_2 RCPT_B DATA,
	    "content 4xx 421", "none", 1 },
	{ "closed after the first dot, the envelope ahead", 1,
	    { { 'w', DATA }, { 'r', "250 m\r\n250 r\r\n354 d\r\n" },
	    { 'w', DOT }, { 'c', NULL } },
	    MAIL RCPT_A DATA ON_WIRE MAIL_2 RCPT_B DATA,
	    "content lost 0", "none", 1 },
	{ "ahead: the sender refused, 354 all the same", 1,
	    { { 'w', DATA }, { 'r', "250 m\r\n250 r\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "250 one\r\n550 m\r\n250 r\r\n354 d\r\n" } },
	    MAIL RCPT_A DATA ON_WIRE MAIL_2 RCPT_B DATA,
	    "content 2xx 250", "mail 5xx 550", 1 },
	{ "ahead: closed after the first reply", 1,
	    { { 'w', DATA }, { 'r', "250 m\r\n250 r\r\n354 d\r\n" },
	    { 'w', DOT }, { 'r', "250 one\r\n250 m\r\n" }, { 'c', NULL } },
	    MAIL RCPT_A DATA ON_WIRE MAIL_2 RCPT_B DATA,
	    "content 2xx 250", "none", 1 },
	{ "no envelope ahead of a first mail that never gets a 354", 1,
	    { { 'w', DATA }, { 'r', "250 m\r\n550 r\r\n503 d\r\n" },
	    { 'w', MAIL_2 RCPT_B DATA },
	    { 'r', "250 r\r\n250 m\r\n550 r\r\n503 d\r\n" } },
	    MAIL RCPT_A DATA "RSET\r\n" MAIL_2 RCPT_B DATA,
	    "rcpt 5xx 550", "rcpt 5xx 550", 0 },
};

static void
test_two(const struct two *c)
{
	struct bench b;
	struct letter first, second;

	bench_init(&b, c->acts, 1, 100);
	letter_init(&first, &b, "s@x", "a@y");
	letter_init(&second, &b, "t@x", "b@y");
	second.mail.from = 1; /* of a former try */
	transaction_send(&b.t, &first.mail,
	    c->is_ahead ? &second.mail : NULL);
	is_outcome(&first, c->first, c->name);
	transaction_send(&b.t, &second.mail, NULL);
	is_outcome(&second, c->second, "... the second mail");
	is_text(b.k.sent.data, c->sent, "... on the wire");
	is_number(b.t.is_over, c->is_over, "... end of the connection");
	letter_release(&first);
	letter_release(&second);
	bench_release(&b);
}

static void
test_twos(void)
{
	size_t i;

	for (i = 0; i < sizeof twos / sizeof *twos; i++)
		test_two(&twos[i]);
}

/* LMTP counts its replies: nothing travels behind a content. */
static void
test_lmtp_groups(void)
{
	static const struct act acts[] = {
		{ 'w', RCPT_B DATA },
		{ 'r', "250 m\r\n250 a\r\n250 b\r\n354 d\r\n" },
		{ 'w', DOT }, { 'r', "250 a\r\n451 b\r\n" },
		{ 'w', MAIL RCPT_C DATA },
		{ 'r', "250 m\r\n250 c\r\n354 d\r\n" },
		{ 'w', DOT }, { 'r', "250 c\r\n" },
		{ 'w', MAIL_2 RCPT_A DATA },
		{ 'r', "250 m\r\n250 a\r\n354 d\r\n" },
		{ 'w', DOT }, { 'r', "250 a\r\n" }, { 0, NULL }
	};
	struct bench b;
	struct letter first, second;

	bench_init(&b, acts, 1, 2);
	b.t.is_lmtp = 1;
	b.t.hooks.step = on_step;
	letter_init(&first, &b, "s@x", "a@y b@y c@y");
	letter_init(&second, &b, "t@x", "a@y");
	transaction_send(&b.t, &first.mail, &second.mail);
	is_outcome(&first, "content 2xx 250, content 4xx 451, "
	    "content 2xx 250", "LMTP in groups");
	ok(strstr(b.log.data, "dot(s@x) [mail|.|250 a]rcpt0 settled "
	    "[mail||451 b]rcpt1 settled ") != NULL,
	    "... each outcome is reported when it is known");
	transaction_send(&b.t, &second.mail, NULL);
	is_outcome(&second, "content 2xx 250", "... and the next mail");
	is_text(b.k.sizes.data, "53 22 38 22 38 22 ",
	    "... nothing travels behind a content");
	letter_release(&first);
	letter_release(&second);
	bench_release(&b);
}

/* What travels together is one write. */
static void
test_writes(void)
{
	static const struct act step_by_step[] = {
		{ 'w', MAIL }, { 'r', "250 m\r\n" }, { 'w', RCPT_A },
		{ 'r', "250 r\r\n" }, { 'w', DATA }, { 'r', "354 d\r\n" },
		{ 'w', DOT }, { 'r', "250 one\r\n" }, { 0, NULL }
	};
	static const struct act acts[] = {
		{ 'w', DATA }, { 'r', "250 m\r\n250 r\r\n354 d\r\n" },
		{ 'w', DOT }, { 'r', "250 one\r\n250 m\r\n250 r\r\n"
		    "354 d\r\n" }, { 0, NULL }
	};
	struct bench b;
	struct letter first, second;

	bench_init(&b, acts, 1, 100);
	letter_init(&first, &b, "s@x", "a@y");
	letter_init(&second, &b, "t@x", "b@y");
	transaction_send(&b.t, &first.mail, &second.mail);
	is_text(b.k.sizes.data, "38 60 ", "content, dot and the next envelope "
	    "are one write");
	transaction_quit(&b.t, 0);
	ok(strstr(b.k.sent.data, "QUIT") == NULL,
	    "no QUIT behind an envelope: it could be content");
	letter_release(&first);
	letter_release(&second);
	bench_release(&b);

	bench_init(&b, acts, 0, 100);
	letter_init(&first, &b, "s@x", "a@y");
	letter_init(&second, &b, "t@x", "b@y");
	b.k.acts = step_by_step;
	transaction_send(&b.t, &first.mail, &second.mail);
	is_outcome(&first, "content 2xx 250", "in lock-step");
	ok(strstr(b.k.sent.data, "t@x") == NULL,
	    "without PIPELINING nothing travels ahead");
	transaction_quit(&b.t, 0);
	ok(strstr(b.k.sent.data, "QUIT") != NULL, "... so QUIT can follow");
	letter_release(&first);
	letter_release(&second);
	bench_release(&b);
}

/* What a connection needed is nothing to the next one. */
static void
test_fresh_connection(void)
{
	static const struct act refused[] = {
		{ 'w', DATA }, { 'r', "550 m\r\n503 r\r\n503 d\r\n" },
		{ 0, NULL }
	};
	struct bench b;
	struct letter first, second;

	bench_init(&b, refused, 1, 100);
	letter_init(&first, &b, "s@x", "a@y");
	letter_init(&second, &b, "s@x", "a@y");
	transaction_send(&b.t, &first.mail, NULL);
	end(&b);
	begin(&b, good, 1);
	transaction_send(&b.t, &second.mail, NULL);
	is_text(b.k.sent.data, MAIL RCPT_A DATA ON_WIRE,
	    "a fresh connection needs no RSET");
	letter_release(&first);
	letter_release(&second);
	bench_release(&b);
}

/* A mistake of ours, so the program must end before it is sent. */
static void
test_control_characters(void)
{
	static const char *const addresses[] = {
		"a@y>\r\nDATA", "a\177@y", "a\001@y"
	};
	struct bench b;
	struct letter l;
	size_t i;
	int status;
	pid_t pid;

	for (i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		bench_init(&b, good, 1, 100);
		letter_init(&l, &b, "s@x", addresses[i]);
		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			close(STDERR_FILENO);
			transaction_send(&b.t, &l.mail, NULL);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
		    "a control character never reaches the wire");
		letter_release(&l);
		bench_release(&b);
	}
}

static void
test_quit(void)
{
	static const struct act bye[] = {
		{ 'w', "QUIT\r\n" }, { 'r', "221 bye\r\n" }, { 0, NULL }
	};
	static const struct act none[] = { { 0, NULL } };
	struct bench b;

	bench_init(&b, bye, 1, 100);
	b.t.hooks.step = on_step;
	transaction_quit(&b.t, 1000);
	is_text(b.k.sent.data, "QUIT\r\n", "QUIT");
	is_text(b.log.data, "[quit|QUIT|221 bye]", "... and its reply");
	is_number(b.t.is_over, 1, "... is the end");
	transaction_quit(&b.t, 1000);
	is_text(b.k.sent.data, "QUIT\r\n", "... said once");
	bench_release(&b);

	bench_init(&b, bye, 1, 100);
	b.t.hooks.step = on_step;
	transaction_quit(&b.t, 0);
	is_text(b.k.sent.data, "QUIT\r\n", "QUIT that is not waited for");
	is_text(b.log.data, "", "... shows nothing");
	bench_release(&b);

	bench_init(&b, none, 1, 100);
	transaction_quit(&b.t, 30);
	is_text(b.log.data, "", "a missing reply to QUIT is nothing");
	ok(!b.t.failure.is_set, "... not a failure either");
	bench_release(&b);
}

static void
test_limits(void)
{
	struct transaction_limits l;

	transaction_limits_set(&l, 0);
	is_number(l.command_ms, 300000, "5 minutes for a command");
	is_number(l.data_ms, 120000, "2 minutes for DATA");
	is_number(l.block_ms, 180000, "3 minutes for a block of content");
	is_number(l.final_ms, 600000, "10 minutes for the final dot");
	transaction_limits_set(&l, 7);
	ok(l.command_ms == 7000 && l.data_ms == 7000 && l.block_ms == 7000 &&
	    l.final_ms == 7000, "a timeout is for each step");
	transaction_limits_set(&l, 99999999999LL);
	ok(l.command_ms > 0 && l.final_ms > 0, "a huge timeout stays one");
}

/* 100,000 recipients, one group of all or many groups. */
static void
test_many(void)
{
	static const size_t groups[] = { 100000, 100 };
	struct buf names = BUF_INIT, script = BUF_INIT;
	struct act acts[2] = { { 'r', NULL }, { 0, NULL } };
	struct bench b;
	struct letter l;
	size_t i, k, done;

	for (i = 0; i < 100000; i++)
		buf_addf(&names, "%sr%zu@y", i != 0 ? " " : "", i);
	for (k = 0; k < 2; k++) {
		buf_reset(&script);
		for (done = 0; done < 100000; done += groups[k]) {
			buf_adds(&script, "250 m\r\n");
			for (i = 0; i < groups[k]; i++)
				buf_adds(&script, "550 no\r\n");
			buf_adds(&script, "503 d\r\n");
			if (done + groups[k] < 100000)
				buf_adds(&script, "250 rset\r\n");
		}
		acts[0].data = script.data;
		bench_init(&b, acts, 1, groups[k]);
		letter_init(&l, &b, "s@x", names.data);
		b.k.replies = "";
		transaction_send(&b.t, &l.mail, NULL);
		is_number((long long)envelope_count(&l.e, OUTCOME_REJECT),
		    100000, k == 0 ? "100,000 recipients at once" :
		    "100,000 recipients in groups of 100");
		letter_release(&l);
		bench_release(&b);
	}
	buf_release(&names);
	buf_release(&script);
}

/* Parameters of RCPT stay with their recipients, in every group. */
static void
test_rcpt_parameters(void)
{
	static const struct act acts[] = {
		{ 'w', DATA }, { 'r', "250 a\r\n250 b\r\n354 c\r\n" },
		{ 'w', DATA }, { 'r', "250 d\r\n250 e\r\n250 f\r\n354 g\r\n" },
		{ 'w', DOT }, { 'r', "250 h\r\n" }, { 0, NULL }
	};
	char notify[] = " NOTIFY=NEVER", orcpt[] = " ORCPT=rfc822;x@y";
	char *parameters[] = { notify, NULL, orcpt };
	struct bench b;
	struct letter l;

	bench_init(&b, acts, 1, 1);
	letter_init(&l, &b, "s@x", "a@y b@y c@y");
	l.mail.rcpt_parameters = parameters;
	envelope_record(&l.e, 1, STAGE_RCPT, REPLY_R5XX, 550, "no");
	transaction_send(&b.t, &l.mail, NULL);
	is_text(b.k.sent.data, MAIL "RCPT TO:<a@y> NOTIFY=NEVER\r\n" DATA
	    ON_WIRE MAIL "RCPT TO:<c@y> ORCPT=rfc822;x@y\r\n" DATA ON_WIRE,
	    "parameters of RCPT stay with their recipients");
	is_outcome(&l, "content 2xx 250, rcpt 5xx 550, content 2xx 250",
	    "... in every group");
	letter_release(&l);
	bench_release(&b);
}

int
main(void)
{
	test_ones();
	test_reports();
	test_rcpt_parameters();
	test_failure_words();
	test_groups();
	test_groups_lockstep();
	test_too_many();
	test_not_too_many();
	test_limit_and_end();
	test_twos();
	test_lmtp_groups();
	test_writes();
	test_fresh_connection();
	test_control_characters();
	test_quit();
	test_limits();
	test_many();
	return tap_done();
}
