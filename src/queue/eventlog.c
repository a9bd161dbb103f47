/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines as Postfix writes them, for programs that count by patterns like
 * "to=<[^>]*>, relay=[^,]+, ... status=(\S+) \(([^)]+)". What comes from
 * outside loses the very characters that such a pattern ends a field by.
 */
#include "queue/eventlog.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "queue/bounce.h"
#include "queue/reply.h"

/* ---- places ---- */

/* Lines for one place; those for a file are written in one piece, those for
 * syslog by one connection. */
struct piece {
	const char *where;
	struct buf lines;
};

#define PIECE_INIT(where) { where, BUF_INIT }

/* What waits for eventlog_write: lines for one file; syslog stays open. */
static struct {
	int is_on;
	struct buf where, lines;
} held;

/* Time and host: lines begin alike for a second. */
static struct {
	struct buf text;
	time_t when;
} start;

static int
is_syslog(const struct piece *p)
{
	return strcmp(p->where, "syslog") == 0;
}

static void
make_start(time_t now)
{
	if (start.text.len != 0 && start.when == now)
		return;
	buf_reset(&start.text);
	start.when = now;
	clock_format(now, "%b %e %H:%M:%S ", &start.text);
	clock_hostname(&start.text);
}

/* "Nov 27 20:00:00 HOST PROGRAM[PID]: TEXT", as syslog has it in its files. */
static void
gather_line(struct piece *p, const char *program, const char *text)
{
	make_start(clock_now());
	buf_addf(&p->lines, "%s%s %s[%ld]: %s", p->lines.len != 0 ? "\n" : "",
	    start.text.data, program, (long)getpid(), text);
}

static void
write_file(const char *where, const char *lines)
{
	struct fault ignored = FAULT_INIT;

	log_to_file(where, lines, &ignored);
	fault_release(&ignored);
}

static void
hold(const struct piece *p)
{
	if (held.lines.len != 0 && strcmp(held.where.data, p->where) != 0)
		eventlog_write();
	if (held.lines.len != 0)
		buf_addc(&held.lines, '\n');
	else
		buf_set(&held.where, p->where, strlen(p->where));
	buf_add(&held.lines, p->lines.data, p->lines.len);
}

/* The end of a piece. */
static void
write_piece(struct piece *p)
{
	if (is_syslog(p)) {
		if (!held.is_on)
			log_to_syslog_end();
	} else if (p->lines.len != 0) {
		if (held.is_on)
			hold(p);
		else
			write_file(p->where, p->lines.data);
	}
	buf_release(&p->lines);
}

void
eventlog_hold(void)
{
	held.is_on = 1;
}

void
eventlog_write(void)
{
	log_to_syslog_end();
	if (held.lines.len != 0)
		write_file(held.where.data, held.lines.data);
	buf_reset(&held.lines);
}

/* Postfix begins the text with it, and so do we. */
static enum log_level
find_level(const char *text)
{
	if (strncmp(text, "warning: ", 9) == 0)
		return LOG_LEVEL_WARNING;
	return strncmp(text, "error: ", 7) == 0 ||
	    strncmp(text, "fatal: ", 7) == 0 ?
	    LOG_LEVEL_ERROR : LOG_LEVEL_INFO;
}

/* One line of program qsendmail/NAME. */
static void
put(struct piece *p, const char *name, const struct buf *text)
{
	struct buf program = BUF_INIT;

	buf_addf(&program, "qsendmail/%s", name);
	if (is_syslog(p))
		log_to_syslog_as(program.data, find_level(text->data),
		    text->data);
	else
		gather_line(p, program.data, text->data);
	buf_release(&program);
}

/* ---- fields ---- */

/* Quoted, and those characters as \xNN. */
static void
add_without(struct buf *out, const char *text, const char *characters)
{
	struct buf quoted = BUF_INIT;
	const char *p;
	size_t n;

	log_quotes(&quoted, text);
	for (p = quoted.data; *p != '\0'; p += n) {
		n = strcspn(p, characters);
		buf_add(out, p, n);
		if (p[n] != '\0')
			buf_addf(out, "\\x%02x", (unsigned char)p[n++]);
	}
	buf_release(&quoted);
}

/* NAME=<ADDRESS> */
static void
add_address(struct buf *out, const char *name, const char *address)
{
	buf_addf(out, "%s=<", name);
	add_without(out, address, "<>");
	buf_addc(out, '>');
}

static void
begin(struct buf *out, const char *id)
{
	buf_reset(out);
	add_without(out, id, ": ");
	buf_adds(out, ": ");
}

/* Seconds as short as Postfix has them: 0.05, 1.2, 3, 35. */
static void
add_seconds(struct buf *out, long long ms)
{
	if (ms <= 0)
		buf_addc(out, '0');
	else if (ms < 1000)
		buf_addf(out, "0.%02lld", ms / 10);
	else if (ms < 10000 && ms % 1000 >= 100)
		buf_addf(out, "%lld.%lld", ms / 1000, ms % 1000 / 100);
	else
		buf_addf(out, "%lld", ms / 1000);
}

/*
 * The whole time, and its parts: before the queue (none), in it, for the
 * connection (not known apart), for the transmission.
 */
static void
add_delays(struct buf *out, const struct entry *e, long long ms)
{
	long long waited = 0;

	if (e->attempted > e->created)
		waited = (long long)(e->attempted - e->created) * 1000;
	if (waited > ms)
		waited = ms;
	buf_adds(out, "delay=");
	add_seconds(out, ms);
	buf_adds(out, ", delays=0/");
	add_seconds(out, waited);
	buf_adds(out, "/0/");
	add_seconds(out, ms - waited);
}

/* The server's words, else ours; a parenthesis would end them early. */
static void
add_words(struct buf *out, const struct recipient *r)
{
	size_t i = out->len;

	if (r->code != 0)
		buf_addf(out, "%d", r->code);
	else
		buf_adds(out, outcome_find(r->stage, r->reply)->sentence);
	if (r->text[0] != '\0')
		buf_adds(out, r->code != 0 ? " " : ": ");
	reply_clean(out, r->text);
	for (; i < out->len; i++)
		if (out->data[i] == '(')
			out->data[i] = '[';
		else if (out->data[i] == ')')
			out->data[i] = ']';
}

/* ---- events ---- */

/* Where it comes from. A notice of ours comes from nowhere. */
static void
put_origin(struct piece *p, const struct entry *e, const char *client)
{
	struct buf text = BUF_INIT;

	begin(&text, e->id);
	if (*client != '\0') {
		buf_adds(&text, "client=");
		add_without(&text, client, ",");
		put(p, "smtpd", &text);
	} else if (!e->is_bounce) {
		buf_addf(&text, "uid=%lld ", e->uid != -1 ? e->uid :
		    (long long)getuid());
		add_address(&text, "from", e->envelope.sender);
		put(p, "pickup", &text);
	}
	buf_release(&text);
}

/* The identification may have its angle brackets or not. */
static void
put_message_id(struct piece *p, const struct entry *e, const char *id)
{
	struct buf text = BUF_INIT, inner = BUF_INIT;
	size_t len = strlen(id);

	if (len >= 2 && id[0] == '<' && id[len - 1] == '>')
		buf_add(&inner, id + 1, len - 2);
	else
		buf_adds(&inner, id);
	begin(&text, e->id);
	add_address(&text, "message-id", inner.data);
	put(p, "cleanup", &text);
	buf_release(&text);
	buf_release(&inner);
}

void
eventlog_accepted(const char *where, const struct entry *e,
    const char *message_id, const char *client)
{
	struct piece p = PIECE_INIT(where);
	struct buf text = BUF_INIT;

	put_origin(&p, e, client != NULL ? client : "");
	put_message_id(&p, e, message_id != NULL ? message_id : "");
	begin(&text, e->id);
	add_address(&text, "from", e->envelope.sender);
	buf_addf(&text, ", size=%lld, nrcpt=%zu (queue active)",
	    (long long)e->content.length, e->envelope.n);
	put(&p, "qmgr", &text);
	write_piece(&p);
	buf_release(&text);
}

static void
put_recipient(struct piece *p, const struct entry *e, size_t i,
    const char *relay, long long delay_ms)
{
	static const struct {
		enum bounce_action action;
		const char *status;
	} ends[] = {
		[OUTCOME_NONE] = { BOUNCE_DELAYED, "deferred" },
		[OUTCOME_DONE] = { BOUNCE_RELAYED, "sent" },
		[OUTCOME_RETRY] = { BOUNCE_DELAYED, "deferred" },
		[OUTCOME_REJECT] = { BOUNCE_FAILED, "bounced" },
		[OUTCOME_UNCONFIRMED] = { BOUNCE_DELAYED, "deferred" },
	};
	const struct recipient *r = &e->envelope.v[i];
	struct buf text = BUF_INIT;

	begin(&text, e->id);
	add_address(&text, "to", r->address);
	buf_adds(&text, ", relay=");
	add_without(&text, *relay != '\0' ? relay : "none", ",");
	buf_adds(&text, ", ");
	add_delays(&text, e, delay_ms);
	buf_adds(&text, ", dsn=");
	bounce_status(r, ends[r->outcome].action, &text);
	buf_addf(&text, ", status=%s (", ends[r->outcome].status);
	add_words(&text, r);
	buf_addc(&text, ')');
	put(p, "smtp", &text);
	buf_release(&text);
}

static void
put_removed(struct piece *p, const struct entry *e)
{
	struct buf text = BUF_INIT;

	begin(&text, e->id);
	buf_adds(&text, "removed");
	put(p, "qmgr", &text);
	buf_release(&text);
}

void
eventlog_recipient(const char *where, const struct entry *e, size_t i,
    const char *relay, long long delay_ms)
{
	struct piece p = PIECE_INIT(where);

	put_recipient(&p, e, i, relay, delay_ms);
	write_piece(&p);
}

void
eventlog_attempt(const char *where, const struct entry *e,
    const char *tried, const char *relay, long long delay_ms,
    int is_removed)
{
	struct piece p = PIECE_INIT(where);
	size_t i;

	for (i = 0; i < e->envelope.n; i++)
		if (tried[i])
			put_recipient(&p, e, i, relay, delay_ms);
	if (is_removed)
		put_removed(&p, e);
	write_piece(&p);
}

void
eventlog_removed(const char *where, const struct entry *e)
{
	struct piece p = PIECE_INIT(where);

	put_removed(&p, e);
	write_piece(&p);
}

void
eventlog_notice(const char *where, const struct entry *e, const char *kind,
    const char *notice_id)
{
	struct piece p = PIECE_INIT(where);
	struct buf text = BUF_INIT;

	begin(&text, e->id);
	log_quotes(&text, kind);
	buf_adds(&text, ": ");
	log_quotes(&text, notice_id);
	put(&p, "bounce", &text);
	write_piece(&p);
	buf_release(&text);
}

void
eventlog_note(const char *where, const char *name, const char *id,
    const char *fmt, ...)
{
	struct buf text = BUF_INIT, words = BUF_INIT;
	struct piece p = PIECE_INIT(where);
	va_list ap;

	if (*id != '\0')
		begin(&text, id);
	va_start(ap, fmt);
	buf_vaddf(&words, fmt, ap);
	va_end(ap);
	log_quote(&text, words.data, words.len);
	put(&p, name, &text);
	write_piece(&p);
	buf_release(&text);
	buf_release(&words);
}
