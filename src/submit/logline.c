/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text is for what reads msmtp's log files: fields stay in msmtp's order.
 * JSON is for everything else: its members are always all there, a text that
 * is not known is "", a number 0.
 */
#include "submit/logline.h"

#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "mail/codec.h"
#include "queue/reply.h"

void
logline_decode(const char *p, size_t len, struct buf *out)
{
	if (utf8_is_valid(p, len) ||
	    charset_to_utf8("GB18030", p, len, out) == -1)
		buf_add(out, p, len);
}

static const struct {
	int status;
	const char *name;
} statuses[] = {
	{ EX_OK, "EX_OK" }, { EX_USAGE, "EX_USAGE" },
	{ EX_DATAERR, "EX_DATAERR" }, { EX_NOINPUT, "EX_NOINPUT" },
	{ EX_NOUSER, "EX_NOUSER" }, { EX_NOHOST, "EX_NOHOST" },
	{ EX_UNAVAILABLE, "EX_UNAVAILABLE" }, { EX_SOFTWARE, "EX_SOFTWARE" },
	{ EX_OSERR, "EX_OSERR" }, { EX_OSFILE, "EX_OSFILE" },
	{ EX_CANTCREAT, "EX_CANTCREAT" }, { EX_IOERR, "EX_IOERR" },
	{ EX_TEMPFAIL, "EX_TEMPFAIL" }, { EX_PROTOCOL, "EX_PROTOCOL" },
	{ EX_NOPERM, "EX_NOPERM" }, { EX_CONFIG, "EX_CONFIG" },
};

static const char *
status_name(int status)
{
	size_t i;

	for (i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (statuses[i].status == status)
			return statuses[i].name;
	return "EX_SOFTWARE";
}

static int
is_maildir(const struct values *v)
{
	return values_text(v, S_MAILDIR)[0] != '\0';
}

static const char *
target(const struct values *v)
{
	return is_maildir(v) ? "maildir" : values_text(v, S_HOST);
}

static const char *
tls(const struct values *v)
{
	return !is_maildir(v) && values_bool(v, S_TLS) ? "on" : "off";
}

static int
has_login(const struct values *v)
{
	return !is_maildir(v) && !values_is(v, S_AUTH, "off");
}

/* " name='text'" in which no quote ends it early. */
static void
add_quoted(struct buf *line, const char *name, const char *text)
{
	size_t i;

	buf_addf(line, " %s='", name);
	i = line->len;
	log_quotes(line, text);
	for (; i < line->len; i++)
		if (line->data[i] == '\'')
			line->data[i] = '?';
	buf_addc(line, '\'');
}

static void
add_recipients(struct buf *line, const struct envelope *e)
{
	size_t i;

	buf_adds(line, " recipients=");
	for (i = 0; i < e->n; i++) {
		if (i != 0)
			buf_addc(line, ',');
		log_quotes(line, e->v[i].address);
	}
}

void
logline_text(const struct logline *l, struct buf *out)
{
	const struct values *v = &l->account->values;
	struct buf reply = BUF_INIT;

	buf_addf(out, "host=%s tls=%s auth=%s", target(v), tls(v),
	    has_login(v) ? "on" : "off");
	if (has_login(v) && values_text(v, S_USER)[0] != '\0') {
		buf_adds(out, " user=");
		log_quotes(out, values_text(v, S_USER));
	}
	buf_adds(out, " from=");
	log_quotes(out, l->envelope->sender);
	add_recipients(out, l->envelope);
	if (l->exit_status == EX_OK)
		buf_addf(out, " mailsize=%lld", l->size);
	if (l->code != 0) {
		buf_addf(out, " smtpstatus=%d", l->code);
		buf_addf(&reply, "%d ", l->code);
	}
	/* A Maildir has no codes; its words are where the mail is. */
	if (l->code != 0 || (l->exit_status == EX_OK && l->reply[0] != '\0')) {
		logline_decode(l->reply, strlen(l->reply), &reply);
		add_quoted(out, "smtpmsg", reply.data);
	}
	if (l->exit_status != EX_OK && l->error[0] != '\0')
		add_quoted(out, "errormsg", l->error);
	buf_addf(out, " exitcode=%s", status_name(l->exit_status));
	buf_release(&reply);
}

static void
add_account(const struct account *a, struct buf *out)
{
	const struct values *v = &a->values;

	json_text(out, "account", a->name);
	json_text(out, "host", target(v));
	json_number(out, "port", values_number(v, S_PORT));
	json_text(out, "tls", tls(v));
	json_text(out, "user", has_login(v) ? values_text(v, S_USER) : "");
}

static void
add_outcome(enum outcome outcome, enum stage stage, int code,
    const char *words, struct buf *out)
{
	struct buf reply = BUF_INIT, enhanced = BUF_INIT, id = BUF_INIT;

	logline_decode(words, strlen(words), &reply);
	if (code != 0)
		reply_enhanced_code(words, &enhanced);
	if (outcome == OUTCOME_DONE)
		reply_queue_id(reply.data, &id);
	json_text(out, "outcome", outcome_name(outcome));
	json_text(out, "stage", stage_name(stage));
	json_number(out, "code", code);
	json_text(out, "dsn", enhanced.data);
	json_text(out, "reply", reply.data);
	json_text(out, "queue_id", id.data);
	buf_release(&reply);
	buf_release(&enhanced);
	buf_release(&id);
}

void
logline_json(const struct logline *l, size_t i, struct buf *out)
{
	const struct recipient *r = &l->envelope->v[i];
	struct buf when = BUF_INIT;

	clock_format_rfc3339(l->when, &when);
	json_begin(out);
	json_text(out, "time", when.data);
	add_account(l->account, out);
	json_text(out, "sender", l->envelope->sender);
	json_text(out, "recipient", r->address);
	json_number(out, "size", l->size);
	json_text(out, "message_id", l->message_id);
	if (r->outcome != OUTCOME_NONE)
		add_outcome(r->outcome, r->stage, r->code, r->text, out);
	else
		/* Nobody has had a turn: that may be tried again. */
		add_outcome(OUTCOME_RETRY, l->stage, l->code, l->code != 0 ?
		    l->reply : l->error, out);
	json_number(out, "exit_status", l->exit_status);
	json_number(out, "duration_ms", l->duration_ms);
	json_end(out);
	buf_release(&when);
}
