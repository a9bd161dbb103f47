/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every mail, every recipient and every password is right. Of a mail only the
 * start of its header is kept, as far as HEADER_MAX, for its Message-ID.
 */
#include "sink.h"

#include <string.h>

#include "base/ascii.h"

#define HEADER_MAX 65536
#define LINE_MAX_OCTETS 65536

struct command {
	const char *name;
	void (*run)(struct sink_link *l, const char *line, size_t len);
};

static void
say(struct sink_link *l, const char *text)
{
	buf_adds(&l->out, text);
	buf_adds(&l->out, "\r\n");
}

void
sink_smtp_greet(struct sink_link *l)
{
	say(l, "220 sink.example.net ESMTP");
}

static void
forget_mail(struct sink_link *l)
{
	l->has_mail = 0;
	l->recipients = 0;
}

static void
run_ehlo(struct sink_link *l, const char *line, size_t len)
{
	(void)len;
	forget_mail(l);
	l->has_greeted = 1;
	if (ascii_lower(line[0]) == 'h') {
		say(l, "250 sink.example.net");
		return;
	}
	buf_adds(&l->out, "250-sink.example.net\r\n250-PIPELINING\r\n"
	    "250-SIZE 1073741824\r\n");
	if (l->ssl == NULL && l->sink->tls != NULL)
		buf_adds(&l->out, "250-STARTTLS\r\n");
	buf_adds(&l->out, "250-AUTH LOGIN PLAIN\r\n"
	    "250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n");
}

static void
run_starttls(struct sink_link *l, const char *line, size_t len)
{
	(void)line;
	(void)len;
	if (l->ssl != NULL || l->sink->tls == NULL) {
		say(l, "503 5.5.1 no");
		return;
	}
	say(l, "220 2.0.0 go on");
	l->wants_tls = 1;
}

static void
log_in(struct sink_link *l)
{
	l->sink->count.logins++;
	l->state = STATE_COMMAND;
	say(l, "235 2.7.0 Authentication successful");
}

/* AUTH MECHANISM [INITIAL-RESPONSE] */
static void
run_auth(struct sink_link *l, const char *line, size_t len)
{
	if (len >= 10 && ascii_is_equal(line + 5, 5, "PLAIN", 5)) {
		if (len > 11) {
			log_in(l);
			return;
		}
		l->state = STATE_LOGIN_PLAIN;
		say(l, "334 ");
	} else if (len > 11) {
		l->state = STATE_LOGIN_PASSWORD;
		say(l, "334 UGFzc3dvcmQ6");
	} else {
		l->state = STATE_LOGIN_USER;
		say(l, "334 VXNlcm5hbWU6");
	}
}

static void
run_mail(struct sink_link *l, const char *line, size_t len)
{
	(void)line;
	(void)len;
	if (l->has_mail) {
		say(l, "503 5.5.1 nested MAIL");
		return;
	}
	l->has_mail = 1;
	say(l, "250 2.1.0 OK");
}

static void
run_rcpt(struct sink_link *l, const char *line, size_t len)
{
	(void)line;
	(void)len;
	if (!l->has_mail) {
		say(l, "503 5.5.1 MAIL first");
		return;
	}
	l->recipients++;
	say(l, "250 2.1.5 OK");
}

static void
run_data(struct sink_link *l, const char *line, size_t len)
{
	(void)line;
	(void)len;
	if (l->recipients == 0) {
		say(l, "503 5.5.1 RCPT first");
		return;
	}
	l->state = STATE_CONTENT;
	l->is_header_over = 0;
	buf_reset(&l->header);
	/* A dot in the first line is the end, too. */
	memcpy(l->tail, "\0\0\r\n", sizeof l->tail);
	say(l, "354 End data with <CR><LF>.<CR><LF>");
}

static void
run_rset(struct sink_link *l, const char *line, size_t len)
{
	(void)line;
	(void)len;
	forget_mail(l);
	say(l, "250 2.0.0 OK");
}

static void
run_noop(struct sink_link *l, const char *line, size_t len)
{
	(void)line;
	(void)len;
	say(l, "250 2.0.0 OK");
}

static void
run_quit(struct sink_link *l, const char *line, size_t len)
{
	(void)line;
	(void)len;
	say(l, "221 2.0.0 bye");
	l->is_closing = 1;
}

static void
take_command(struct sink_link *l, const char *line, size_t len)
{
	static const struct command commands[] = {
		{ "MAIL", run_mail }, { "RCPT", run_rcpt },
		{ "DATA", run_data }, { "RSET", run_rset },
		{ "EHLO", run_ehlo }, { "HELO", run_ehlo },
		{ "AUTH", run_auth }, { "STAR", run_starttls },
		{ "NOOP", run_noop }, { "QUIT", run_quit },
	};
	size_t i;

	for (i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (len >= 4 && ascii_is_equal(line, 4, commands[i].name, 4)) {
			commands[i].run(l, line, len);
			return;
		}
	}
	say(l, "502 5.5.2 what?");
}

static void
take_line(struct sink_link *l, const char *line, size_t len)
{
	switch (l->state) {
	case STATE_LOGIN_USER:
		l->state = STATE_LOGIN_PASSWORD;
		say(l, "334 UGFzc3dvcmQ6");
		break;
	case STATE_LOGIN_PASSWORD:
	case STATE_LOGIN_PLAIN:
		log_in(l);
		break;
	default:
		take_command(l, line, len);
	}
}

/* ---- content ---- */

static void
keep_header(struct sink_link *l, const char *p, size_t len)
{
	const char *end, *q = p;

	if (l->is_header_over)
		return;
	if (len > HEADER_MAX - l->header.len)
		len = HEADER_MAX - l->header.len;
	/* Good enough: a header that is cut just there goes on. */
	while ((end = memchr(q, '\n', (size_t)(p + len - q))) != NULL) {
		q = end + 1;
		if (p + len - q >= 2 && q[0] == '\r' && q[1] == '\n') {
			l->is_header_over = 1;
			len = (size_t)(q - p);
			break;
		}
	}
	buf_add(&l->header, p, len);
	if (l->header.len == HEADER_MAX)
		l->is_header_over = 1;
}

/* The octet i places before p[at]; the content goes on from tail. */
static char
before(const struct sink_link *l, const char *p, size_t at, size_t i)
{
	return at >= i ? p[at - i] : l->tail[sizeof l->tail - (i - at)];
}

/* Is the line feed at p[at] the last octet of CR LF dot CR LF? */
static int
is_end(const struct sink_link *l, const char *p, size_t at)
{
	return before(l, p, at, 1) == '\r' && before(l, p, at, 2) == '.' &&
	    before(l, p, at, 3) == '\n' && before(l, p, at, 4) == '\r';
}

/*
 * Where the content ends in len octets: behind its last octet, or 0. Dots are
 * rarer than ends of lines, so they are looked for.
 */
static size_t
find_end(const struct sink_link *l, const char *p, size_t len)
{
	const char *dot = p;
	size_t i;

	for (i = 0; i < 2 && i < len; i++)
		if (p[i] == '\n' && is_end(l, p, i))
			return i + 1;
	while ((dot = memchr(dot, '.', (size_t)(p + len - dot))) != NULL) {
		i = (size_t)(dot - p) + 2;
		if (i < len && p[i] == '\n' && is_end(l, p, i))
			return i + 1;
		dot++;
	}
	return 0;
}

static void
keep_tail(struct sink_link *l, const char *p, size_t len)
{
	if (len >= sizeof l->tail) {
		memcpy(l->tail, p + len - sizeof l->tail, sizeof l->tail);
		return;
	}
	memmove(l->tail, l->tail + len, sizeof l->tail - len);
	memcpy(l->tail + sizeof l->tail - len, p, len);
}

/* Takes what belongs to the content: how much. */
static size_t
take_content(struct sink_link *l, const char *p, size_t len)
{
	size_t end = find_end(l, p, len), used = end != 0 ? end : len;

	keep_header(l, p, used);
	l->sink->count.octets += (long long)used;
	if (end == 0) {
		keep_tail(l, p, len);
		return len;
	}
	sink_count_mail(l->sink, l->header.data, l->header.len,
	    l->recipients);
	forget_mail(l);
	l->state = STATE_COMMAND;
	say(l, "250 2.0.0 OK: queued as 4CV1Z5");
	return end;
}

void
sink_smtp_take(struct sink_link *l)
{
	const char *p = l->in.data, *end = p + l->in.len, *feed;
	size_t len;

	while (p < end && !l->is_closing && !l->wants_tls) {
		if (l->state == STATE_CONTENT) {
			p += take_content(l, p, (size_t)(end - p));
			continue;
		}
		feed = memchr(p, '\n', (size_t)(end - p));
		if (feed == NULL)
			break;
		len = (size_t)(feed - p);
		if (len > 0 && p[len - 1] == '\r')
			len--;
		take_line(l, p, len);
		p = feed + 1;
	}
	if (l->wants_tls || l->is_closing)
		p = end;
	if (end - p > LINE_MAX_OCTETS)
		l->is_dead = 1;
	buf_consume(&l->in, (size_t)(p - l->in.data));
}
