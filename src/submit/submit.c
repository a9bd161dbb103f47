/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way of one mail from the command line: account, sender, files, message,
 * recipients, content, and then to the relay.
 */
#include "submit/submit.h"

#include <string.h>
#include <unistd.h>

#include "queue/dsn.h"
#include "submit/draft.h"
#include "submit/errors.h"
#include "submit/fields.h"
#include "submit/recipients.h"
#include "submit/relay.h"
#include "submit/transfer.h"

struct submission {
	const struct options *o;
	struct account account;
	struct sender sender;
	struct draft draft;
	struct address_list recipients;
	struct envelope envelope;
	struct relay relay;
	struct keep keep;
	struct reader input;    /* standard input */
	struct buf header_from; /* sender that the message itself names */
	int has_header;         /* the header has been read */
};

static void
submission_init(struct submission *s, const struct options *o)
{
	memset(s, 0, sizeof *s);
	s->o = o;
	account_init(&s->account);
	sender_init(&s->sender);
	draft_init(&s->draft);
	envelope_init(&s->envelope);
	relay_init(&s->relay);
	keep_init(&s->keep);
	s->draft.keep = &s->keep;
	reader_init(&s->input, STDIN_FILENO);
	buf_init(&s->header_from, 0);
	s->draft.compose = o->compose;
}

static void
submission_release(struct submission *s)
{
	relay_release(&s->relay);
	envelope_release(&s->envelope);
	address_list_release(&s->recipients);
	draft_release(&s->draft);
	/* Now nobody has the content open. */
	keep_release(&s->keep);
	reader_release(&s->input);
	buf_release(&s->header_from);
	sender_release(&s->sender);
	account_release(&s->account);
}

/* The address by which the account is chosen: -f, else --from, or that of
 * the message. */
static int
choosing_address(const struct options *o, const char *header_from,
    struct buf *out, struct fault *f)
{
	const char *asked = o->envelope_from != NULL &&
	    o->envelope_from[0] != '\0' ? o->envelope_from : o->from;
	struct address a;

	if (header_from != NULL)
		asked = header_from;
	if (asked == NULL || strcmp(asked, "<>") == 0)
		return 0;
	if (address_parse(&a, asked, f) == -1)
		return fault_context(f, "sender");
	address_format_spec(&a, out);
	address_release(&a);
	return 0;
}

int
submit_account(struct account *a, const struct options *o,
    const char *header_from, struct fault *f)
{
	struct account_request r = {
		o->file, o->account, NULL, &o->argv, o->strict
	};
	struct buf from = BUF_INIT;
	int rc = choosing_address(o, header_from, &from, f);

	if (rc == 0) {
		r.from = from.len != 0 ? from.data : NULL;
		rc = account_resolve(a, &r, f);
	}
	buf_release(&from);
	return rc;
}

/* Reads the header of standard input, once; not when that is text only. */
static int
read_header(struct submission *s, struct fault *f)
{
	if (s->has_header || s->o->compose)
		return 0;
	s->has_header = 1;
	return draft_read_header(&s->draft, &s->input, f);
}

/* What the message itself says about its sender. */
static int
read_header_from(struct submission *s, struct fault *f)
{
	int rc;

	if (read_header(s, f) == -1)
		return -1;
	rc = sender_find_from(&s->draft.message.header, &s->header_from, f);
	if (rc == 0 && s->o->read_envelope_from)
		return fault_set(f, EX_USAGE, "--read-envelope-from: the "
		    "message has no address in a From field: use -f");
	return rc == -1 ? -1 : 0;
}

static const char *
header_from(const struct submission *s)
{
	return s->header_from.len != 0 ? s->header_from.data : NULL;
}

static int
resolve_account(struct submission *s, struct fault *f)
{
	if (s->o->read_envelope_from && read_header_from(s, f) == -1)
		return -1;
	if (submit_account(&s->account, s->o, header_from(s), f) == -1)
		return -1;
	if (s->account.has_eval &&
	    (relay_start(&s->relay, &s->account, s->o->verbose, f) == -1 ||
	    relay_eval(&s->relay, &s->account, f) == -1))
		return -1;
	if (!s->o->read_envelope_from &&
	    sender_needs_header(s->o, &s->account) &&
	    read_header_from(s, f) == -1)
		return -1;
	return sender_resolve(&s->sender, s->o, &s->account, header_from(s),
	    f);
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
		if (part_open(&s->draft.parts, kinds[p[i].role], p[i].path,
		    p[i].name, p[i].type, f) == -1)
			return -1;
	return 0;
}

/* A lone dot ends the text only where a person types it. */
static int
text_flags(const struct options *o)
{
	return !o->ignore_dots && isatty(STDIN_FILENO) ? TEXT_DOT_ENDS : 0;
}

/* The message, or with --subject and its kin the text alone, from standard
 * input; with --body the text is an argument. */
static int
read_message(struct submission *s, struct fault *f)
{
	const struct options *o = s->o;
	struct draft *d = &s->draft;
	size_t i;

	for (i = 0; i < o->headers.n; i++)
		draft_expect(d, o->headers.v[i]);
	if (o->body != NULL)
		return draft_take_text(d, o->body, &s->account, &s->sender, f);
	if (read_header(s, f) == -1)
		return -1;
	return draft_read_body(d, &s->input, text_flags(o), &s->account,
	    &s->sender, f);
}

/* What notices are wanted (RFC 3461). "off" asks for nothing, which leaves it
 * to the servers. */
static int
set_wishes(struct envelope *e, const struct options *o,
    const struct values *v, struct fault *f)
{
	struct buf notify = BUF_INIT, ret = BUF_INIT, envid = BUF_INIT;
	const char *id = o->envid != NULL ? o->envid : "";
	size_t i;
	int rc = 0;

	dsn_parse_notify(values_text(v, S_DSN_NOTIFY), &notify);
	dsn_parse_ret(values_text(v, S_DSN_RETURN), &ret);
	if (dsn_parse_envid(id, &envid) == -1)
		rc = fault_set(f, EX_USAGE, "-V \"%s\": expected printable "
		    "ASCII, at most %d characters as xtext", id,
		    DSN_ENVID_MAX);
	envelope_set_dsn(e, ret.data, envid.data);
	for (i = 0; i < e->n; i++)
		envelope_set_recipient_dsn(e, i, notify.data, "");
	buf_release(&notify);
	buf_release(&ret);
	buf_release(&envid);
	return rc;
}

static int
make_envelope(struct submission *s, struct fault *f)
{
	const struct header *h = &s->draft.message.header;

	if (s->o->read_recipients &&
	    recipients_of_header(&s->recipients, h, f) == -1)
		return -1;
	envelope_set_sender(&s->envelope, s->sender.reverse_path);
	if (recipients_add_list(&s->envelope, &s->recipients, &s->account,
	    &s->sender, f) == -1)
		return -1;
	if (s->envelope.n != 0)
		return set_wishes(&s->envelope, s->o, &s->account.values, f);
	if (s->o->read_recipients)
		return fault_set(f, EX_DATAERR, "no recipient: the message "
		    "has no address in To, Cc or Bcc");
	return fault_set(f, EX_USAGE, "no recipient: name one as an argument, "
	    "or use -t to read To, Cc and Bcc of the message");
}

/*
 * --dry-run: the message with plain line feeds (there is no CR in it but in
 * CRLF), the envelope as commands. A line of it may be of any length.
 */
static void
show(struct submission *s, struct report *report)
{
	const struct content *c = &s->draft.content;
	const char *p, *cr, *end;
	struct buf out = BUF_INIT;
	struct reader r;
	size_t n;

	reader_init_part(&r, c->fd, c->offset, c->length);
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

static int
run(struct submission *s, struct report *report, struct fault *f)
{
	const struct transfer t = {
		s->o, &s->account, &s->relay, &s->keep, &s->draft
	};
	struct header *h = &s->draft.message.header;

	if (resolve_account(s, f) == -1 || open_parts(s, f) == -1)
		return -1;
	keep_open(&s->keep, &s->account, s->o);
	if (read_message(s, f) == -1 ||
	    fields_compose(h, &s->recipients, s->o, f) == -1 ||
	    fields_add(h, s->o, f) == -1 || make_envelope(s, f) == -1 ||
	    draft_finish(&s->draft, &s->account, &s->sender, &s->envelope,
	    f) == -1)
		return -1;
	if (s->o->mode == MODE_DRY_RUN) {
		show(s, report);
		return 0;
	}
	transfer_mail(&t, &s->envelope, report);
	errors_mail(report, &s->relay, &s->account, &s->sender, &s->envelope,
	    &s->draft.content);
	return 0;
}

void
submit_run(const struct options *o, struct report *report)
{
	struct fault f = FAULT_INIT;
	struct submission s;

	submission_init(&s, o);
	if (run(&s, report, &f) == -1)
		report_fault(report, &f);
	submission_release(&s);
	fault_release(&f);
}
