/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reports about mails: RFC 3464 (fields), 3463 (status codes), 6522
 * (multipart/report), 6533 (addresses beyond ASCII), 3834 (Auto-Submitted).
 *
 * Words of servers are text from outside: made UTF-8, one line, folded; in
 * the fields for programs, which are ASCII, encoded words. The mail itself is
 * copied as it is, signed or not. It is returned to the one it came from, so
 * the limit is about waste: a mail refused for its size would be refused
 * again.
 */
#include "queue/bounce.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "mail/codec.h"
#include "mail/header.h"
#include "queue/reply.h"

#define LENGTH(a) (sizeof (a) / sizeof *(a))
#define WIDTH 76
#define WORD_MAX 200 /* longer words are broken, in octets */

static const struct {
	const char *field;    /* Action */
	char status_class;    /* 0: the outcome decides */
	const char *subject;
	const char *text;     /* in front of the recipients */
} actions[] = {
	[BOUNCE_FAILED] = { "failed", 0, "Undelivered mail returned to sender",
	    "Your mail could not be delivered to these recipients, and it will "
	    "not be tried again:" },
	[BOUNCE_DELAYED] = { "delayed", '4', "Delayed mail (still being tried)",
	    "Your mail could not be delivered to these recipients yet. It will "
	    "be tried again; you need not send it again:" },
	[BOUNCE_DELIVERED] = { "delivered", '2', "Mail delivered",
	    "Your mail was delivered to these recipients:" },
	[BOUNCE_RELAYED] = { "relayed", '2', "Mail passed on",
	    "Your mail was passed on to a server that sends no further "
	    "notices, for these recipients:" },
	[BOUNCE_EXPANDED] = { "expanded", '2', "Mail passed on",
	    "These addresses are lists; your mail was sent to their members:" },
};

/* ---- status codes ---- */

/* Subject and detail where the reply has no status of its own. */
static const struct {
	enum stage stage;
	enum reply reply; /* REPLY_ANY: those not named before */
	const char *detail;
} details[] = {
	{ STAGE_CONFIG, REPLY_ANY, "3.5" },
	{ STAGE_RESOLVE, REPLY_ANY, "4.3" },
	{ STAGE_CONNECT, REPLY_ANY, "4.1" },
	{ STAGE_TLS, REPLY_ANY, "7.5" },
	{ STAGE_CERTIFICATE, REPLY_ANY, "7.5" },
	{ STAGE_STARTTLS, REPLY_ANY, "7.5" },
	{ STAGE_LOGIN, REPLY_ANY, "7.0" },
	{ STAGE_SIZE, REPLY_ANY, "3.4" },
	{ STAGE_ADDRESS, REPLY_ANY, "6.7" },
	{ STAGE_LOCAL, REPLY_ANY, "3.0" },
};

static const char *
find_detail(enum stage stage, enum reply reply)
{
	size_t i;

	for (i = 0; i < LENGTH(details); i++)
		if (details[i].stage == stage && (details[i].reply == reply ||
		    details[i].reply == REPLY_ANY))
			return details[i].detail;
	if (reply == REPLY_LOST || reply == REPLY_TIMEOUT ||
	    reply == REPLY_UNSENT)
		return "4.2";
	return reply == REPLY_GARBAGE ? "5.0" : "0.0";
}

void
bounce_status(const struct recipient *r, enum bounce_action action,
    struct buf *out)
{
	struct buf told = BUF_INIT;
	char c = actions[action].status_class;

	if (c == 0)
		c = r->outcome == OUTCOME_REJECT ? '5' : '4';
	reply_enhanced_code(r->text, &told);
	if (told.len != 0 && r->code / 100 == told.data[0] - '0' &&
	    told.data[0] == c)
		buf_add(out, told.data, told.len);
	else
		buf_addf(out, "%c.%s", c, c == '2' ? "0.0" :
		    find_detail(r->stage, r->reply));
	buf_release(&told);
}

/* ---- text from outside ---- */

/* The next piece of a word, not longer than WORD_MAX; no character torn. */
static size_t
piece_length(const char *p)
{
	size_t n = 0, unit, len = strcspn(p, " ");

	while (n < len && n < WORD_MAX) {
		unit = utf8_decode(p + n, len - n, NULL);
		n += unit != 0 ? unit : 1;
	}
	return n;
}

/*
 * Appends text in lines, each new one begun with indent, the first one at
 * column. Without an indent (NULL) it is one line, but without long words.
 */
static void
add_wrapped(struct buf *out, const char *text, const char *indent,
    size_t column)
{
	size_t n;
	int first = 1;

	for (text += strspn(text, " "); *text != '\0';
	    text += strspn(text, " ")) {
		n = piece_length(text);
		if (!first && indent != NULL && column + 1 + n > WIDTH) {
			buf_addf(out, "\r\n%s", indent);
			column = strlen(indent);
		} else if (!first) {
			buf_addc(out, ' ');
			column++;
		}
		buf_add(out, text, n);
		column += n;
		text += n;
		first = 0;
	}
}

/* What is told to people: "sentence: 550 words". */
static void
add_reason(struct buf *out, const struct recipient *r)
{
	const struct outcome_rule *rule = outcome_find(r->stage, r->reply);

	buf_adds(out, rule->sentence);
	if (r->code != 0)
		buf_addf(out, ": %d", r->code);
	if (r->text[0] != '\0') {
		buf_adds(out, r->code != 0 ? " " : ": ");
		reply_clean(out, r->text);
	}
	if (r->outcome == OUTCOME_UNCONFIRMED)
		buf_addf(out, " (%s)", rule->advice);
}

/* ---- first part: for people ---- */

/* The recipients with one action, under their heading. */
static void
add_group(const struct bounce *b, enum bounce_action action, struct buf *out)
{
	struct buf reason = BUF_INIT;
	const struct recipient *r;
	size_t i, n = 0;

	for (i = 0; i < b->recipients_n; i++) {
		if (b->recipients[i].action != action)
			continue;
		if (n++ == 0) {
			add_wrapped(out, actions[action].text, "", 0);
			buf_adds(out, "\r\n\r\n");
		}
		r = &b->envelope->v[b->recipients[i].number];
		buf_adds(out, "<");
		log_quotes(out, r->address);
		buf_adds(out, ">");
		buf_reset(&reason);
		if (r->outcome != OUTCOME_NONE) {
			add_reason(&reason, r);
			buf_adds(out, ":\r\n    ");
			add_wrapped(out, reason.data, "    ", 4);
		}
		buf_adds(out, "\r\n\r\n");
	}
	buf_release(&reason);
}

static void
make_text(const struct bounce *b, int headers_only, struct buf *out)
{
	enum bounce_action action;
	struct buf date = BUF_INIT;

	buf_addf(out, "This is a notice of qsendmail on %s.\r\n\r\n",
	    b->reporting_mta);
	for (action = 0; action < LENGTH(actions); action++)
		add_group(b, action, out);
	if (b->retry_until != 0) {
		clock_format_date(b->retry_until, &date);
		buf_addf(out, "It is given up at %s.\r\n\r\n", date.data);
	}
	buf_addf(out, "%s of your mail is attached.\r\n",
	    headers_only ? "The header" : "A copy");
	buf_release(&date);
}

/* ---- second part: for programs ---- */

static void
add_date(struct buf *out, const char *name, time_t when)
{
	if (when == 0)
		return;
	buf_addf(out, "%s: ", name);
	clock_format_date(when, out);
	buf_adds(out, "\r\n");
}

/*
 * "TYPE; ADDRESS". Beyond ASCII that is utf-8-addr-xtext (RFC 6533 3), which
 * can stand in these fields as they are.
 */
static void
add_address(struct buf *out, const char *address)
{
	size_t i, n, len = strlen(address);
	unsigned long point;

	if (!utf8_is_8bit(address, len)) {
		buf_addf(out, "rfc822; %s\r\n", address);
		return;
	}
	buf_adds(out, "utf-8; ");
	for (i = 0; i < len; i += n) {
		n = utf8_decode(address + i, len - i, &point);
		if (n == 0) {
			n = 1;
			point = '?';
		}
		if (point > 32 && point < 127 && strchr("\\+=",
		    (int)point) == NULL)
			buf_addc(out, (char)point);
		else
			buf_addf(out, "\\x{%02lX}", point);
	}
	buf_adds(out, "\r\n");
}

static void
add_diagnostic(struct buf *out, const struct recipient *r)
{
	struct header h = HEADER_INIT;
	struct fault ignored = FAULT_INIT; /* there are no controls left */
	struct buf text = BUF_INIT, line = BUF_INIT;

	buf_adds(&line, "Diagnostic-Code: ");
	if (r->code != 0) {
		buf_addf(&text, "%d ", r->code);
		reply_clean(&text, r->text);
		buf_adds(&line, "smtp; ");
	} else {
		add_reason(&text, r);
		buf_adds(&line, "X-qsendmail; ");
	}
	add_wrapped(&line, text.data, NULL, 0);
	if (header_add_line(&h, line.data, &ignored) == 0)
		header_format(&h, out);
	header_release(&h);
	fault_release(&ignored);
	buf_release(&text);
	buf_release(&line);
}

static void
add_recipient(const struct bounce *b, const struct bounce_recipient *to,
    struct buf *out)
{
	const struct recipient *r = &b->envelope->v[to->number];

	buf_adds(out, "\r\n");
	if (to->original != NULL)
		buf_addf(out, "Original-Recipient: %s\r\n", to->original);
	buf_adds(out, "Final-Recipient: ");
	add_address(out, r->address);
	buf_addf(out, "Action: %s\r\nStatus: ", actions[to->action].field);
	if (to->status != NULL)
		buf_adds(out, to->status);
	else
		bounce_status(r, to->action, out);
	buf_adds(out, "\r\n");
	if (r->code != 0 && b->remote_mta[0] != '\0')
		buf_addf(out, "Remote-MTA: dns; %s\r\n", b->remote_mta);
	if (r->outcome != OUTCOME_NONE)
		add_diagnostic(out, r);
	add_date(out, "Last-Attempt-Date", b->now);
	if (to->action == BOUNCE_DELAYED)
		add_date(out, "Will-Retry-Until", b->retry_until);
}

static void
make_status(const struct bounce *b, struct buf *out)
{
	size_t i;

	if (b->envelope_id[0] != '\0')
		buf_addf(out, "Original-Envelope-Id: %s\r\n", b->envelope_id);
	buf_addf(out, "Reporting-MTA: dns; %s\r\n", b->reporting_mta);
	add_date(out, "Arrival-Date", b->arrival);
	for (i = 0; i < b->recipients_n; i++)
		add_recipient(b, &b->recipients[i], out);
}

/* ---- third part: the mail ---- */

/*
 * Length of the header of c with the line end of its last field, and not
 * above max, where it is cut behind a line if there is one.
 */
static int
header_length(const struct content *c, off_t max, off_t *length,
    struct fault *f)
{
	struct reader r;
	const char *p;
	size_t n, i;
	off_t at = 0, line = 0;
	char last = '\n';

	*length = -1;
	reader_init_part(&r, c->fd, c->offset, c->length);
	while (*length == -1 && (n = reader_peek(&r, &p)) != 0) {
		for (i = 0; i < n && *length == -1; i++, at++) {
			if (at >= max)
				*length = line != 0 ? line : max;
			else if (last == '\n' && p[i] == '\r')
				*length = at;
			else if (p[i] == '\n')
				line = at + 1;
			last = p[i];
		}
		reader_take(&r, n);
	}
	if (*length == -1)
		*length = at;
	n = (size_t)r.error;
	reader_release(&r);
	return n == 0 ? 0 : fault_set(f, EX_IOERR, "cannot read the mail: %s",
	    strerror((int)n));
}

static int
copy(struct reader *r, struct writer *w)
{
	const char *p;
	size_t n;

	while ((n = reader_peek(r, &p)) != 0) {
		writer_put(w, p, n);
		reader_take(r, n);
	}
	return r->error;
}

/* How the mail, or its header, goes back. */
enum form { FORM_MESSAGE, FORM_FILE, FORM_HEADER, FORM_HEADER_QP };

static enum form
choose_form(const struct content *c, int headers_only)
{
	int odd = c->has_long_lines || c->is_8bit_header;

	if (headers_only)
		return odd ? FORM_HEADER_QP : FORM_HEADER;
	return odd ? FORM_FILE : FORM_MESSAGE;
}

static int
write_mail(const struct bounce *b, enum form form, struct writer *w,
    struct fault *f)
{
	static const char *const fields[] = {
		[FORM_MESSAGE] = "message/rfc822",
		[FORM_FILE] = ("application/octet-stream; name=original.eml\r\n"
		    "Content-Transfer-Encoding: base64\r\n"
		    "Content-Disposition: attachment; filename=original.eml"),
		[FORM_HEADER] = "text/rfc822-headers",
		[FORM_HEADER_QP] = ("text/rfc822-headers; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: quoted-printable"),
	};
	off_t max = b->return_max != 0 ? b->return_max : BOUNCE_RETURN_MAX;
	const struct content *c = b->content;
	off_t length = c->length;
	struct reader r;
	int error;

	if (form >= FORM_HEADER && header_length(c, max, &length, f) == -1)
		return -1;
	writer_puts(w, "Content-Type: ");
	writer_puts(w, fields[form]);
	if (form == FORM_MESSAGE && c->is_8bit_body)
		writer_puts(w, "\r\nContent-Transfer-Encoding: 8bit");
	writer_puts(w, "\r\n\r\n");
	reader_init_part(&r, c->fd, c->offset, length);
	if (form == FORM_FILE)
		base64_write(&r, w);
	else if (form == FORM_HEADER_QP)
		qp_write(&r, w);
	else
		copy(&r, w);
	error = r.error;
	reader_release(&r);
	return error == 0 ? 0 : fault_set(f, EX_IOERR,
	    "cannot read the mail: %s", strerror(error));
}

/* ---- the whole ---- */

/* 1 when a line is longer than RFC 5322 2.1.1 has it. */
static int
has_long_line(const struct buf *text)
{
	const char *p = text->data, *end = p + text->len, *nl;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL || nl - p > 999)
			return 1;
	}
	return 0;
}

/* The worst that is told of anybody. */
static const char *
subject(const struct bounce *b)
{
	enum bounce_action worst = BOUNCE_EXPANDED;
	size_t i;

	for (i = 0; i < b->recipients_n; i++)
		if (b->recipients[i].action < worst)
			worst = b->recipients[i].action;
	return actions[worst].subject;
}

static void
write_header(const struct bounce *b, const char *boundary, struct writer *w,
    struct content *out)
{
	struct header h = HEADER_INIT;
	struct buf text = BUF_INIT;

	clock_format_date(b->now, &text);
	header_add(&h, "Date", text.data);
	buf_reset(&text);
	buf_addc(&text, '<');
	clock_unique(&text);
	buf_addf(&text, "@%s>", b->msgid_domain);
	header_add(&h, "Message-ID", text.data);
	header_add(&h, "From", b->from);
	header_add(&h, "To", b->envelope->sender);
	header_add(&h, "Subject", subject(b));
	header_add(&h, "Auto-Submitted", "auto-replied");
	header_add(&h, "MIME-Version", "1.0");
	buf_reset(&text);
	buf_addf(&text, "multipart/report; report-type=delivery-status;\r\n"
	    " boundary=\"%s\"", boundary);
	header_add(&h, "Content-Type", text.data);
	out->is_8bit_header = header_encode(&h, "");
	buf_reset(&text);
	header_format(&h, &text);
	buf_adds(&text, "\r\n");
	out->has_long_lines = has_long_line(&text);
	writer_put(w, text.data, text.len);
	header_release(&h);
	buf_release(&text);
}

static void
write_part(struct writer *w, const char *boundary, const char *type,
    const struct buf *text)
{
	writer_puts(w, "--");
	writer_puts(w, boundary);
	writer_puts(w, "\r\nContent-Type: ");
	writer_puts(w, type);
	writer_puts(w, "\r\n\r\n");
	writer_put(w, text->data, text->len);
	writer_puts(w, "\r\n");
}

/* The first two parts. */
static void
write_told(const struct bounce *b, enum form form, const char *boundary,
    struct writer *w, struct content *out)
{
	struct buf text = BUF_INIT, status = BUF_INIT;
	int is_8bit;

	make_text(b, form >= FORM_HEADER, &text);
	make_status(b, &status);
	is_8bit = utf8_is_8bit(text.data, text.len);
	write_part(w, boundary, is_8bit ? "text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit" : "text/plain; charset=us-ascii",
	    &text);
	write_part(w, boundary, "message/delivery-status", &status);
	out->is_8bit_body = is_8bit ||
	    (form == FORM_MESSAGE && b->content->is_8bit_body);
	out->has_long_lines |= has_long_line(&text) | has_long_line(&status);
	buf_release(&text);
	buf_release(&status);
}

int
bounce_write(const struct bounce *b, int fd, off_t at,
    struct content *out, struct fault *f)
{
	off_t max = b->return_max != 0 ? b->return_max : BOUNCE_RETURN_MAX;
	enum form form = choose_form(b->content, b->headers_only ||
	    b->content->length > max);
	struct buf boundary = BUF_INIT;
	struct writer w;
	int rc;

	memset(out, 0, sizeof *out);
	out->fd = fd;
	out->offset = at;
	buf_adds(&boundary, "=_report_");
	clock_unique(&boundary);
	writer_init(&w, fd, at);
	write_header(b, boundary.data, &w, out);
	write_told(b, form, boundary.data, &w, out);
	writer_puts(&w, "--");
	writer_puts(&w, boundary.data);
	writer_puts(&w, "\r\n");
	rc = write_mail(b, form, &w, f);
	writer_puts(&w, "\r\n--");
	writer_puts(&w, boundary.data);
	writer_puts(&w, "--\r\n");
	out->length = writer_position(&w) - at;
	if (rc == 0)
		rc = writer_flush(&w, f);
	writer_release(&w);
	buf_release(&boundary);
	return rc;
}

int
bounce_address(struct envelope *out, const struct envelope *e,
    const char *own)
{
	if (e->sender[0] == '\0')
		return 0;
	envelope_set_sender(out, own);
	envelope_add(out, e->sender);
	return 1;
}
