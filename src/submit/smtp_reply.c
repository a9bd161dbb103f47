/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Owns the rule what a client may be told so that whatever it does next is
 * right: it sends again after 4xx, gives up after 5xx, and does neither per
 * recipient.
 */
#include "submit/smtp_reply.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/log.h"
#include "submit/report.h"

/* Octets of the lines that name those who have a mail. */
#define NAMES_MAX 400

void
smtp_reply_init(struct smtp_reply *r)
{
	r->code = 0;
	r->enhanced[0] = '\0';
	buf_init(&r->text, 0);
}

void
smtp_reply_release(struct smtp_reply *r)
{
	buf_release(&r->text);
}

static void
set_codes(struct smtp_reply *r, int code, const char *enhanced)
{
	r->code = code;
	snprintf(r->enhanced, sizeof r->enhanced, "%s", enhanced);
	buf_reset(&r->text);
}

int
smtp_reply_set(struct smtp_reply *r, int code, const char *enhanced,
    const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	set_codes(r, code, enhanced);
	log_quote(&r->text, text.data, text.len);
	buf_release(&text);
	return code >= 400 ? -1 : 0;
}

/* What a fault of ours is to a client. */
static const struct {
	int status, code;
	const char *enhanced;
} statuses[] = {
	{ EX_USAGE, 550, "5.5.4" },
	{ EX_DATAERR, 554, "5.6.0" },
	{ EX_NOUSER, 550, "5.1.1" },
	{ EX_NOHOST, 550, "5.1.2" },
	{ EX_NOPERM, 451, "4.7.0" },
	{ EX_CONFIG, 451, "4.3.5" },
	{ EX_PROTOCOL, 451, "4.5.0" },
	{ EX_CANTCREAT, 451, "4.3.1" },
	{ EX_TEMPFAIL, 451, "4.4.0" },
	/* All others: something of this system. */
	{ 0, 451, "4.3.0" },
};

static size_t
find_status(int status)
{
	size_t i;

	for (i = 0; statuses[i].status != 0; i++)
		if (statuses[i].status == status)
			break;
	return i;
}

int
smtp_reply_fault(struct smtp_reply *r, const struct fault *f)
{
	size_t i = find_status(f->code);

	return smtp_reply_set(r, statuses[i].code, statuses[i].enhanced, "%s",
	    f->text.data);
}

/* Lines of a report, without the last LF. */
static void
add_lines(struct buf *text, const char *lines)
{
	if (text->len != 0)
		buf_addc(text, '\n');
	buf_adds(text, lines);
	if (text->len != 0 && text->data[text->len - 1] == '\n')
		buf_truncate(text, text->len - 1);
}

int
smtp_reply_status(struct smtp_reply *r, int status, const char *lines)
{
	size_t i = find_status(status);

	set_codes(r, statuses[i].code, statuses[i].enhanced);
	add_lines(&r->text, lines);
	return -1;
}

/*
 * Length of the enhanced code of that class which text begins with ("5.1.1"),
 * 0 when there is none.
 */
static size_t
enhanced_length(const char *text, int class)
{
	size_t n = 2, digits, part;

	if (text[0] != '0' + class || text[1] != '.')
		return 0;
	for (part = 0; part < 2; part++) {
		digits = strspn(text + n, "0123456789");
		if (digits == 0 || digits > 3)
			return 0;
		n += digits;
		if (part == 0 && text[n++] != '.')
			return 0;
	}
	return text[n] == ' ' || text[n] == '\0' ? n : 0;
}

/* Everybody has it: the server's own words, which often hold a queue id. */
static void
say_accepted(struct smtp_reply *r, const struct envelope *e)
{
	const char *text = e->v[0].text;
	size_t n = enhanced_length(text, 2);

	set_codes(r, 250, "2.0.0");
	if (n != 0)
		snprintf(r->enhanced, sizeof r->enhanced, "%.*s", (int)n,
		    text);
	text += n + (text[n] == ' ' && n != 0);
	report_server_text(&r->text, text, strlen(text));
	if (r->text.len == 0)
		buf_adds(&r->text, "OK");
}

/* Codes for outcomes that no reply of the server came with. */
static const struct {
	enum stage stage;
	enum outcome outcome;
	int code;
	const char *enhanced;
} ours[] = {
	{ STAGE_SIZE, OUTCOME_REJECT, 552, "5.3.4" },
	{ STAGE_ADDRESS, OUTCOME_REJECT, 553, "5.6.7" },
	{ STAGE_LOCAL, OUTCOME_RETRY, 451, "4.3.0" },
};

/* The codes of one recipient that was not accepted. */
static void
set_recipient(struct smtp_reply *r, const struct recipient *to)
{
	int class = to->outcome == OUTCOME_REJECT ? 5 : 4;
	int about_address = to->stage == STAGE_MAIL || to->stage == STAGE_RCPT;
	size_t i, n = enhanced_length(to->text, class);
	char enhanced[12];

	for (i = 0; i < sizeof ours / sizeof *ours; i++)
		if (to->code == 0 && ours[i].stage == to->stage &&
		    ours[i].outcome == to->outcome) {
			set_codes(r, ours[i].code, ours[i].enhanced);
			return;
		}
	if (n != 0)
		snprintf(enhanced, sizeof enhanced, "%.*s", (int)n, to->text);
	else
		snprintf(enhanced, sizeof enhanced, "%d.%d.%d", class,
		    to->code == 0 ? 4 : about_address, to->code == 0 ? 2 : 0);
	/* 421 would say that this session ends. */
	if (to->code / 100 == class && to->code != 421)
		set_codes(r, to->code, enhanced);
	else
		set_codes(r, class == 5 ? 554 : 451, enhanced);
}

/* The first recipient whose outcome is (or is not) a refusal for good. */
static const struct recipient *
find_recipient(const struct envelope *e, int rejected)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		if (!recipient_is_taken(&e->v[i]) &&
		    (e->v[i].outcome == OUTCOME_REJECT) == rejected)
			return &e->v[i];
	return NULL;
}

static void
say_refused(struct smtp_reply *r, const struct envelope *e,
    const char *lines)
{
	const struct recipient *to = find_recipient(e, 0);

	if (to == NULL)
		to = find_recipient(e, 1);
	set_recipient(r, to);
	add_lines(&r->text, lines);
}

/* The names of those who have the mail, as many on a line as it holds. */
static void
add_names(struct buf *text, const struct envelope *e)
{
	struct buf line = BUF_INIT;
	size_t i;

	for (i = 0; i < e->n; i++) {
		if (!recipient_is_taken(&e->v[i]))
			continue;
		if (line.len > NAMES_MAX) {
			add_lines(text, line.data);
			buf_reset(&line);
		}
		buf_adds(&line, line.len == 0 ? "accepted for <" : ", <");
		log_quotes(&line, e->v[i].address);
		buf_addc(&line, '>');
	}
	add_lines(text, line.data);
	buf_release(&line);
}

static void
say_mixed(struct smtp_reply *r, const struct envelope *e, const char *lines)
{
	const struct recipient *to = find_recipient(e, 1);

	if (to != NULL)
		set_recipient(r, to);
	else
		set_codes(r, 554, "5.0.0");
	r->code = 554;
	buf_adds(&r->text, "some recipients have this mail and some have not: "
	    "do not send it to all of them again");
	add_lines(&r->text, lines);
	add_names(&r->text, e);
}

void
smtp_reply_mail(struct smtp_reply *r, const struct envelope *e,
    const char *lines)
{
	size_t done = envelope_taken(e);

	if (done == e->n)
		say_accepted(r, e);
	else if (done == 0)
		say_refused(r, e, lines);
	else
		say_mixed(r, e, lines);
}

/*
 * How many octets of p go on a line with room for that many: up to the last
 * space, else up to a character of UTF-8.
 */
static size_t
wrap(const char *p, size_t len, size_t room)
{
	size_t n = room;

	if (len <= room)
		return len;
	while (n > room / 2 && p[n] != ' ')
		n--;
	if (p[n] == ' ')
		return n;
	for (n = room; n > 0 && ((unsigned char)p[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

static void
put_line(const struct smtp_reply *r, int last, const char *p, size_t len,
    struct buf *out)
{
	buf_addf(out, "%03d%c%s%s", r->code, last ? ' ' : '-', r->enhanced,
	    r->enhanced[0] != '\0' ? " " : "");
	buf_add(out, p, len);
	buf_adds(out, "\r\n");
}

void
smtp_reply_format(const struct smtp_reply *r, struct buf *out)
{
	const char *p = r->text.data, *end = p + r->text.len;
	size_t room = SMTP_REPLY_LINE_MAX - 7 - strlen(r->enhanced), n, line;
	const char *lf, *next;

	do {
		lf = memchr(p, '\n', (size_t)(end - p));
		line = (size_t)((lf != NULL ? lf : end) - p);
		n = wrap(p, line, room);
		next = p + n;
		if (next < end && (*next == '\n' || *next == ' '))
			next++;
		put_line(r, next == end, p, n, out);
		p = next;
	} while (p < end);
}
