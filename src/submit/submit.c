/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way of one mail. The content goes into one private file: the header is
 * complete only when the body has been seen (its charset, its encoding), so
 * the body is written behind a gap and the header afterwards ends exactly
 * where the body begins.
 */
#include "submit/submit.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/codec.h"
#include "mail/compose.h"
#include "mail/message.h"
#include "submit/relay.h"
#include "submit/sender.h"

struct submission {
	const struct options *o;
	struct account account;
	struct sender sender;
	struct message message;
	struct part_list parts;
	struct text_part text;
	struct address_list recipients;
	struct envelope envelope;
	struct content content;
	struct relay relay;
	off_t gap; /* room for the header in front of the body */
};

static void
submission_init(struct submission *s, const struct options *o)
{
	memset(s, 0, sizeof *s);
	s->o = o;
	account_init(&s->account);
	sender_init(&s->sender);
	message_init(&s->message);
	envelope_init(&s->envelope);
	relay_init(&s->relay);
	s->text.fd = -1;
	s->content.fd = -1;
}

static void
submission_release(struct submission *s)
{
	relay_release(&s->relay);
	envelope_release(&s->envelope);
	address_list_release(&s->recipients);
	part_list_release(&s->parts);
	header_release(&s->text.header);
	message_release(&s->message);
	sender_release(&s->sender);
	account_release(&s->account);
	if (s->text.fd != -1)
		close(s->text.fd);
	if (s->content.fd != -1)
		close(s->content.fd);
}

/* The address by which the account is chosen: -f, else --from. */
static int
choosing_address(const struct options *o, struct buf *out, struct fault *f)
{
	const char *asked = o->envelope_from != NULL &&
	    o->envelope_from[0] != '\0' ? o->envelope_from : o->from;
	struct address a;

	if (asked == NULL || strcmp(asked, "<>") == 0)
		return 0;
	if (address_parse(&a, asked, f) == -1)
		return fault_context(f, "sender");
	address_format_spec(&a, out);
	address_release(&a);
	return 0;
}

int
submit_account(struct account *a, const struct options *o, struct fault *f)
{
	struct account_request r = {
		o->file, o->account, NULL, &o->argv, o->strict
	};
	struct buf from = BUF_INIT;
	int rc = choosing_address(o, &from, f);

	if (rc == 0) {
		r.from = from.len != 0 ? from.data : NULL;
		rc = account_resolve(a, &r, f);
	}
	buf_release(&from);
	return rc;
}

/* A lone dot ends the text only where a person types it. */
static int
text_flags(const struct options *o)
{
	return !o->ignore_dots && isatty(STDIN_FILENO) ? TEXT_DOT_ENDS : 0;
}

/* Room for text in the header: folded, or each 8-bit octet a word. */
static off_t
room_for(const char *text, size_t len)
{
	return (utf8_is_8bit(text, len) ? 64 : 8) * (off_t)len + 64;
}

/*
 * Room for the header, also for what has still to be added to it. The gap is
 * a hole of the file and costs nothing.
 */
static off_t
gap_for(const struct submission *s)
{
	const struct header *h = &s->message.header;
	const struct strv *more = &s->o->headers;
	off_t size = 65536 + 2 * (off_t)strlen(s->sender.from_field);
	size_t i;

	for (i = 0; i < h->n; i++)
		size += room_for(h->v[i].text, h->v[i].len);
	for (i = 0; i < more->n; i++)
		size += room_for(more->v[i], strlen(more->v[i]));
	return (size + 65535) / 65536 * 65536;
}

/* Where the body of the input goes: straight into the content, or into a
 * file of its own when it becomes one part of many. */
static int
open_body(struct submission *s, struct writer *w, struct fault *f)
{
	int parts = s->parts.n != 0 || s->o->compose;
	int fd = io_private_file(f);

	if (fd == -1)
		return -1;
	if (parts)
		s->text.fd = fd;
	else
		s->content.fd = fd;
	s->gap = parts ? 0 : gap_for(s);
	writer_init(w, fd, s->gap);
	return 0;
}

/* Reads header (unless the input is text only) and body. */
static int
read_input(struct submission *s, struct reader *r, int text_only,
    struct fault *f)
{
	struct message *m = &s->message;
	struct buf rest = BUF_INIT;
	struct writer w;
	int rc = 0;

	if (!text_only)
		rc = header_read(&m->header, r, 1, &rest, f);
	m->had_header = m->header.n != 0;
	if (rc == -1 || open_body(s, &w, f) == -1) {
		buf_release(&rest);
		return -1;
	}
	m->body_at = s->gap;
	rc = text_copy(r, &rest, &w, text_flags(s->o), &m->body, f);
	if (rc == 0)
		rc = writer_flush(&w, f);
	writer_release(&w);
	buf_release(&rest);
	return rc;
}

/* --body: the text is an argument, standard input is not read. */
static int
read_argument(struct submission *s, struct fault *f)
{
	struct buf first = BUF_INIT;
	struct reader none;
	struct writer w;
	int rc;

	if (open_body(s, &w, f) == -1)
		return -1;
	reader_init(&none, -1);
	none.eof = 1;
	buf_adds(&first, s->o->body);
	rc = text_copy(&none, &first, &w, 0, &s->message.body, f);
	if (rc == 0)
		rc = writer_flush(&w, f);
	writer_release(&w);
	reader_release(&none);
	buf_release(&first);
	return rc;
}

static int
read_message(struct submission *s, struct fault *f)
{
	struct reader r;
	int rc;

	if (s->o->body != NULL)
		return read_argument(s, f);
	reader_init(&r, STDIN_FILENO);
	rc = read_input(s, &r, s->o->compose, f);
	reader_release(&r);
	return rc;
}

static int
open_parts(struct submission *s, struct fault *f)
{
	static const enum part_kind kinds[] = {
		[PART_HTML] = PART_KIND_HTML,
		[PART_INLINE] = PART_KIND_INLINE,
		[PART_ATTACHMENT] = PART_KIND_ATTACHMENT,
	};
	const struct part_option *p = s->o->parts;
	size_t i;

	for (i = 0; i < s->o->parts_n; i++)
		if (part_open(&s->parts, kinds[p[i].role], p[i].path,
		    p[i].name, p[i].type, f) == -1)
			return -1;
	return 0;
}

/* Fields of the command line. */

static void
add_mailboxes(struct buf *body, const struct address_list *l)
{
	struct buf one = BUF_INIT;
	size_t i, column = 4;

	for (i = 0; i < l->n; i++) {
		buf_reset(&one);
		address_format(&l->v[i], &one);
		if (body->len != 0) {
			int fold = column + one.len > 74;

			buf_adds(body, fold ? ",\r\n " : ", ");
			column = fold ? 1 : column + 2;
		}
		buf_add(body, one.data, one.len);
		column += one.len;
	}
	buf_release(&one);
}

/* Parses address lists of options and appends them to l. */
static int
parse_lists(struct address_list *l, const struct strv *texts,
    const char *option, struct fault *f)
{
	size_t i;

	for (i = 0; i < texts->n; i++)
		if (address_parse_list(l, texts->v[i], strlen(texts->v[i]),
		    f) == -1) {
			f->code = EX_USAGE;
			return fault_context(f, "%s", option);
		}
	return 0;
}

/* Moves the mailboxes of l to the recipients. */
static void
take_recipients(struct submission *s, struct address_list *l)
{
	struct address_list *to = &s->recipients;
	size_t i;

	for (i = 0; i < l->n; i++) {
		to->v = xgrow(to->v, to->n, &to->cap, sizeof *to->v);
		to->v[to->n++] = l->v[i];
	}
	l->n = 0;
	address_list_release(l);
}

static int
add_recipient_field(struct submission *s, const char *name,
    const struct strv *texts, const char *option, struct fault *f)
{
	struct address_list l = ADDRESS_LIST_INIT;
	struct buf body = BUF_INIT;

	if (parse_lists(&l, texts, option, f) == -1) {
		address_list_release(&l);
		return -1;
	}
	add_mailboxes(&body, &l);
	if (l.n != 0 && name != NULL)
		header_add(&s->message.header, name, body.data);
	buf_release(&body);
	take_recipients(s, &l);
	return 0;
}

static int
add_text_field(struct header *h, const char *name, const char *text,
    struct fault *f)
{
	struct buf line = BUF_INIT;
	int rc;

	if (text == NULL)
		return 0;
	buf_addf(&line, "%s: %s", name, text);
	rc = header_add_line(h, line.data, f);
	buf_release(&line);
	return rc;
}

/*
 * The header of a composed message. Operands are told in To when neither
 * --to nor --cc says who is to be told.
 */
static int
compose_header(struct submission *s, struct fault *f)
{
	const struct options *o = s->o;
	const struct strv *operands = &o->recipients;
	const char *to = o->to.n == 0 && o->cc.n == 0 ? "To" : NULL;
	struct header *h = &s->message.header;

	if (!o->compose)
		to = NULL;
	if (add_recipient_field(s, "To", &o->to, "--to", f) == -1 ||
	    add_recipient_field(s, to, operands, "recipient", f) == -1 ||
	    add_recipient_field(s, "Cc", &o->cc, "--cc", f) == -1 ||
	    add_recipient_field(s, NULL, &o->bcc, "--bcc", f) == -1)
		return -1;
	return add_text_field(h, "Subject", o->subject, f);
}

static int
add_header_options(struct submission *s, struct fault *f)
{
	const struct strv *lines = &s->o->headers;
	size_t i;

	for (i = 0; i < lines->n; i++)
		if (header_add_line(&s->message.header, lines->v[i], f) == -1)
			return fault_context(f, "--header");
	return 0;
}

/* Recipients. */

static int
is_resent(const struct header *h)
{
	static const char *const names[] = {
		"Resent-To", "Resent-Cc", "Resent-Bcc", "Resent-From",
		"Resent-Date", "Resent-Sender", "Resent-Message-ID",
		"Resent-Reply-To",
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (header_has(h, names[i]))
			return 1;
	return 0;
}

/* -t: the recipients that the header names. */
static int
read_recipients(struct submission *s, struct fault *f)
{
	static const char *const plain[] = { "To", "Cc", "Bcc" };
	static const char *const resent[] = {
		"Resent-To", "Resent-Cc", "Resent-Bcc"
	};
	const struct header *h = &s->message.header;
	const char *const *names = is_resent(h) ? resent : plain;
	const struct field *field;
	size_t i, k;

	for (k = 0; k < 3; k++)
		for (i = 0; (i = header_find(h, names[k], i)) < h->n; i++) {
			field = &h->v[i];
			if (address_parse_list(&s->recipients,
			    field->text + field->body,
			    field->len - field->body, f) == -1)
				return fault_context(f, "%s", names[k]);
		}
	return 0;
}

/* Puts the one address in text, which setting has made, into spec. */
static int
use_setting(const char *setting, const char *text, struct buf *spec,
    struct fault *f)
{
	struct address a;

	if (address_parse(&a, text, f) == -1) {
		f->code = EX_CONFIG;
		return fault_context(f, "%s", setting);
	}
	buf_reset(spec);
	address_format_spec(&a, spec);
	address_release(&a);
	return 0;
}

/*
 * A bare local name goes to the mail domain, else to the one who gets local
 * mail, and never to a server.
 */
static int
complete_name(const struct submission *s, struct buf *spec, struct fault *f)
{
	const struct values *v = &s->account.values;
	const char *domain = values_text(v, S_MAILDOMAIN);
	const char *local = values_text(v, S_LOCAL_RECIPIENT);
	struct buf text = BUF_INIT;
	int rc;

	if (domain[0] != '\0') {
		buf_addf(&text, "%s@%s", spec->data, domain);
		rc = use_setting("maildomain", text.data, spec, f);
		buf_release(&text);
		return rc;
	}
	if (local[0] == '\0')
		local = s->sender.own_address;
	if (strchr(local, '@') == NULL)
		return fault_set(f, EX_NOUSER, "recipient \"%s\" has no "
		    "domain: set maildomain or local_recipient", spec->data);
	return use_setting("local_recipient", local, spec, f);
}

/* Adds one mailbox to the envelope. */
static int
add_to_envelope(struct submission *s, const struct address *a,
    struct fault *f)
{
	struct buf spec = BUF_INIT;
	int rc = 0;

	address_format_spec(a, &spec);
	if (a->domain[0] == '\0')
		rc = complete_name(s, &spec, f);
	if (rc == 0)
		envelope_add(&s->envelope, spec.data);
	buf_release(&spec);
	return rc;
}

static int
make_envelope(struct submission *s, struct fault *f)
{
	size_t i;

	if (s->o->read_recipients && read_recipients(s, f) == -1)
		return -1;
	envelope_set_sender(&s->envelope, s->sender.reverse_path);
	for (i = 0; i < s->recipients.n; i++)
		if (add_to_envelope(s, &s->recipients.v[i], f) == -1)
			return -1;
	if (s->envelope.n != 0)
		return 0;
	if (s->o->read_recipients)
		return fault_set(f, EX_DATAERR, "no recipient: the message "
		    "has no address in To, Cc or Bcc");
	return fault_set(f, EX_USAGE, "no recipient: name one as an argument, "
	    "or use -t to read To, Cc and Bcc of the message");
}

/* The content. */

/* What text is that is not UTF-8: of that UTF-8 says nothing. */
static const char *
text_charset(const struct account *a)
{
	const char *set = values_text(&a->values, S_CHARSET);
	const char *name = set[0] != '\0' ? set : charset_locale();

	return strcasecmp(name, "UTF-8") == 0 ? "" : name;
}

/* Makes text and parts one body; the Content- fields of a message that had
 * some go along with its text. */
static int
compose_body(struct submission *s, struct text_facts *facts, struct fault *f)
{
	struct header *h = &s->message.header;
	struct writer w;
	int rc;

	header_move(h, "Content-", &s->text.header);
	header_remove(h, "MIME-Version");
	s->text.at = 0;
	s->text.facts = s->message.body;
	s->content.fd = io_private_file(f);
	if (s->content.fd == -1)
		return -1;
	s->gap = gap_for(s);
	writer_init(&w, s->content.fd, s->gap);
	rc = compose_write(h, &s->text, &s->parts, text_charset(&s->account),
	    &w, facts, f);
	if (rc == 0)
		rc = writer_flush(&w, f);
	writer_release(&w);
	return rc;
}

static int
complete_header(struct submission *s, struct fault *f)
{
	const struct values *v = &s->account.values;
	struct completion c = {
		.from = !values_is(v, S_SET_FROM_HEADER, "off") &&
		    s->sender.from_field[0] != '\0' ?
		    s->sender.from_field : NULL,
		.replace_from = values_is(v, S_SET_FROM_HEADER, "on"),
		.msgid_domain = s->sender.msgid_domain,
		.add_msgid = !values_is(v, S_SET_MSGID_HEADER, "off"),
		.replace_msgid = values_is(v, S_SET_MSGID_HEADER, "on"),
		.add_date = !values_is(v, S_SET_DATE_HEADER, "off"),
		.charset = text_charset(&s->account),
		.remove_bcc = values_bool(v, S_REMOVE_BCC_HEADERS),
	};

	sender_apply(&s->sender, &s->message.header);
	return message_complete(&s->message, &c, f);
}

/* Writes the header so that it ends where the body begins. */
static int
write_header(struct submission *s, const struct text_facts *body,
    struct fault *f)
{
	struct header *h = &s->message.header;
	struct content *c = &s->content;
	struct buf text = BUF_INIT;
	int rc = 0;

	header_fold_long(h);
	header_format(h, &text);
	buf_adds(&text, "\r\n");
	c->offset = s->gap - (off_t)text.len;
	c->length = (off_t)text.len + body->length;
	c->is_8bit_header = header_is_8bit(h);
	c->is_8bit_body = body->octets_8bit != 0;
	c->has_long_lines = body->longest_line > 998 ||
	    header_longest_line(h) > 998;
	if (c->offset < 0)
		rc = fault_set(f, EX_SOFTWARE, "the header has grown to %zu "
		    "octets, more than was set aside", text.len);
	else if (io_pwrite(c->fd, text.data, text.len, c->offset) == -1)
		rc = fault_errno(f, EX_TEMPFAIL,
		    "cannot write the temporary file");
	buf_release(&text);
	return rc;
}

static int
make_content(struct submission *s, struct fault *f)
{
	struct text_facts body = s->message.body;

	if ((s->parts.n != 0 || s->o->compose) &&
	    compose_body(s, &body, f) == -1)
		return -1;
	s->message.body = body;
	if (complete_header(s, f) == -1)
		return -1;
	return write_header(s, &body, f);
}

/*
 * --dry-run: the message with plain line feeds (there is no CR in it but in
 * CRLF), the envelope as commands. A line of it may be of any length.
 */
static void
show(struct submission *s, struct report *report)
{
	const char *p, *cr, *end;
	struct buf out = BUF_INIT;
	struct reader r;
	size_t n;

	reader_init_part(&r, s->content.fd, s->content.offset,
	    s->content.length);
	while ((n = reader_peek(&r, &p)) != 0) {
		buf_reset(&out);
		for (end = p + n; p < end; p = cr + 1) {
			cr = memchr(p, '\r', (size_t)(end - p));
			if (cr == NULL)
				cr = end;
			buf_add(&out, p, (size_t)(cr - p));
		}
		report_output(report, out.data, out.len);
		reader_take(&r, n);
	}
	reader_release(&r);
	buf_release(&out);
	report_envelope(&s->envelope);
}

/* Hands the mail to the relay and tells what became of it. */
static int
send_mail(struct submission *s, struct report *report, struct fault *f)
{
	struct buf id = BUF_INIT;

	if (s->relay.child.pid == -1 && relay_start(&s->relay, &s->account,
	    s->o->verbose, f) == -1)
		return -1;
	clock_unique(&id);
	if (relay_mail(&s->relay, &s->account, id.data, &s->envelope,
	    &s->content, report) == 0)
		report_recipients(report, &s->envelope);
	report_log(report, &s->account, &s->envelope,
	    (long long)s->content.length);
	buf_release(&id);
	return 0;
}

static int
resolve_account(struct submission *s, struct fault *f)
{
	if (submit_account(&s->account, s->o, f) == -1)
		return -1;
	if (s->account.has_eval &&
	    (relay_start(&s->relay, &s->account, s->o->verbose, f) == -1 ||
	    relay_eval(&s->relay, &s->account, f) == -1))
		return -1;
	return sender_resolve(&s->sender, s->o, &s->account, f);
}

static int
run(struct submission *s, struct report *report, struct fault *f)
{
	if (resolve_account(s, f) == -1 || open_parts(s, f) == -1 ||
	    read_message(s, f) == -1 || compose_header(s, f) == -1 ||
	    add_header_options(s, f) == -1 || make_envelope(s, f) == -1 ||
	    make_content(s, f) == -1)
		return -1;
	if (s->o->mode == MODE_DRY_RUN) {
		show(s, report);
		return 0;
	}
	return send_mail(s, report, f);
}

void
submit_run(const struct options *o, struct report *report)
{
	struct fault f = FAULT_INIT;
	struct submission s;

	setlocale(LC_CTYPE, "");
	submission_init(&s, o);
	if (run(&s, report, &f) == -1)
		report_fault(report, &f);
	submission_release(&s);
	fault_release(&f);
}
