/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines for people and for logs. Everything that may come from outside (the
 * server, a header, an argument) passes log_quote on its way. On success
 * standard error stays empty: callers take any line there for a failure.
 */
#include "submit/report.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/strv.h"

void
report_init(struct report *r, const char *program)
{
	memset(r, 0, sizeof *r);
	r->program = program;
	r->stage = STAGE_LOCAL;
	buf_init(&r->reply, 0);
	buf_init(&r->error, 0);
	buf_init(&r->held, 0);
	buf_init(&r->pending, 0);
}

void
report_release(struct report *r)
{
	buf_release(&r->reply);
	buf_release(&r->error);
	buf_release(&r->held);
	buf_release(&r->pending);
}

void
report_collect(struct report *r, struct buf *lines)
{
	r->lines = lines;
}

/* Lines that are due, whole. */
static void
write_lines(struct report *r, const char *p, size_t len)
{
	if (r->lines != NULL)
		buf_add(r->lines, p, len);
	else if (r->errors == ERRORS_MAIL_EXIT_0)
		buf_add(&r->held, p, len);
	else if (r->errors != ERRORS_QUIET &&
	    io_write(STDERR_FILENO, p, len) == -1)
		r->output_failed = 1;
}

static void
put_line(struct report *r, int status, const char *text, size_t len)
{
	struct buf line = BUF_INIT;

	if (r->status == 0)
		r->status = status;
	if (r->error.len == 0)
		buf_add(&r->error, text, len);
	if (r->lines == NULL)
		buf_addf(&line, "%s: ", r->program);
	log_quote(&line, text, len);
	buf_addc(&line, '\n');
	if (r->is_holding)
		buf_add(&r->pending, line.data, line.len);
	else
		write_lines(r, line.data, line.len);
	buf_release(&line);
}

void
report_hold(struct report *r)
{
	r->is_holding = 1;
}

void
report_drop(struct report *r)
{
	r->is_holding = 0;
	r->status = 0;
	buf_reset(&r->pending);
}

void
report_tell(struct report *r)
{
	r->is_holding = 0;
	write_lines(r, r->pending.data, r->pending.len);
	buf_reset(&r->pending);
}

void
report_fault(struct report *r, const struct fault *f)
{
	put_line(r, f->code != 0 ? f->code : EX_SOFTWARE, f->text.data,
	    f->text.len);
}

int
report_line(struct report *r, int status, const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	put_line(r, status, text.data, text.len);
	buf_release(&text);
	return -1;
}

void
report_output(struct report *r, const char *p, size_t len)
{
	int fd = r->lines != NULL ? STDERR_FILENO : STDOUT_FILENO;

	if (!r->output_failed && io_write(fd, p, len) == -1)
		r->output_failed = 1;
}

static void
add_server_line(struct buf *out, const char *p, size_t len)
{
	struct buf text = BUF_INIT;

	logline_decode(p, len, &text);
	log_quote(out, text.data, text.len);
	buf_release(&text);
}

/* The end of the line at p, without its CR. */
static size_t
line_length(const char *p, size_t len, size_t *step)
{
	const char *nl = memchr(p, '\n', len);
	size_t n = nl != NULL ? (size_t)(nl - p) : len;

	*step = nl != NULL ? n + 1 : n;
	return n != 0 && p[n - 1] == '\r' ? n - 1 : n;
}

void
report_server_text(struct buf *out, const char *text, size_t len)
{
	size_t n, step;
	int first = 1;

	while (len != 0) {
		n = line_length(text, len, &step);
		if (!first)
			buf_addc(out, ' ');
		add_server_line(out, text, n);
		first = 0;
		text += step;
		len -= step;
	}
}

void
report_step(struct report *r, const struct event *e)
{
	const char *p = e->text;
	size_t left = strlen(p), n, step, name = strlen(e->name);
	struct buf out = BUF_INIT;
	int first = 1;

	if (e->sent[0] != '\0') {
		buf_adds(&out, "> ");
		log_quotes(&out, e->sent);
		buf_addc(&out, '\n');
	}
	do {
		n = line_length(p, left, &step);
		if (first)
			buf_addf(&out, "%s: ", e->name);
		else
			buf_addf(&out, "%*s", (int)name + 2, "");
		add_server_line(&out, p, n);
		buf_addc(&out, '\n');
		first = 0;
		p += step;
		left -= step;
	} while (left != 0);
	report_output(r, out.data, out.len);
	buf_release(&out);
}

/* "sentence: words (advice; hint)" from the table. */
static void
add_reason(struct buf *line, enum stage stage, enum reply reply, int code,
    const char *text, const char *hint)
{
	const struct outcome_rule *rule = outcome_find(stage, reply);
	const char *between = " (";

	buf_adds(line, rule->sentence);
	if (code != 0 || text[0] != '\0')
		buf_adds(line, ": ");
	if (code != 0)
		buf_addf(line, text[0] != '\0' ? "%d " : "%d", code);
	report_server_text(line, text, strlen(text));
	if (rule->advice[0] != '\0' && hint[0] == '\0') {
		buf_addf(line, "%s%s", between, rule->advice);
		between = "; ";
	}
	if (hint[0] != '\0') {
		buf_addf(line, "%s%s", between, hint);
		between = "; ";
	}
	if (between[0] == ';')
		buf_addc(line, ')');
}

/*
 * Keeps what the log tells about the answer that decided: the first one that
 * was no success. Where there is no reply, the text is part of the error.
 */
static void
keep_reply(struct report *r, enum stage stage, enum reply reply, int code,
    const char *text)
{
	const struct outcome_rule *rule = outcome_find(stage, reply);

	if (r->error.len != 0)
		return;
	r->stage = stage;
	r->code = code;
	buf_set(&r->reply, text, strlen(text));
	if (rule->exit_status == EX_OK)
		return;
	buf_adds(&r->error, rule->sentence);
	if (code == 0 && text[0] != '\0')
		buf_addf(&r->error, ": %s", text);
}

/* "HOST port PORT", or the Maildir of the account, or its service. */
static void
add_target(struct buf *line, const struct account *a)
{
	const struct values *v = &a->values;
	const char *maildir = values_text(v, S_MAILDIR);

	if (a->is_service)
		buf_adds(line, values_text(v, S_SOCKET));
	else if (maildir[0] != '\0')
		buf_addf(line, "maildir %s", maildir);
	else
		buf_addf(line, "%s port %s", values_text(v, S_HOST),
		    values_text(v, S_PORT));
}

/*
 * The hint is about a refused login. A provider whose server is a program on
 * this machine tells with it how to start that, and what its certificate is.
 */
static int
needs_hint(const struct event *e, const char *host)
{
	if (e->stage == STAGE_LOGIN)
		return e->reply == REPLY_R5XX;
	return (e->stage == STAGE_CONNECT || e->stage == STAGE_CERTIFICATE) &&
	    strncmp(host, "127.", 4) == 0;
}

/* There is no network in which something could be wrong. */
static void
add_service_reason(struct buf *line, const char *text)
{
	if (strcmp(text, strerror(ENOENT)) == 0 ||
	    strcmp(text, strerror(ECONNREFUSED)) == 0) {
		buf_adds(line, "the mail service is not running (systemctl "
		    "start qsendmail.socket, or qsendmail -bd)");
		return;
	}
	buf_adds(line, "no connection to the mail service: ");
	report_server_text(line, text, strlen(text));
}

void
report_session(struct report *r, const struct event *e,
    const struct account *a)
{
	const struct outcome_rule *rule = outcome_find(e->stage, e->reply);
	int status = e->exit_status != 0 ? e->exit_status : rule->exit_status;
	struct buf line = BUF_INIT, hint = BUF_INIT;

	if (needs_hint(e, values_text(&a->values, S_HOST)))
		account_hint(a, &hint);
	add_target(&line, a);
	buf_adds(&line, ": ");
	if (a->is_service && e->stage == STAGE_CONNECT)
		add_service_reason(&line, e->text);
	else
		add_reason(&line, e->stage, e->reply, e->code, e->text,
		    hint.data);
	keep_reply(r, e->stage, e->reply, e->code, e->text);
	put_line(r, status, line.data, line.len);
	buf_release(&line);
	buf_release(&hint);
}

static void
report_recipient(struct report *r, const struct recipient *to, int status)
{
	struct buf line = BUF_INIT;

	buf_addf(&line, "<%s>: ", to->address);
	add_reason(&line, to->stage, to->reply, to->code, to->text, "");
	put_line(r, status, line.data, line.len);
	buf_release(&line);
}

/*
 * The status of a mail by what became of its recipients. 75 says "send it
 * again", so it must not be used once anybody has the mail.
 */
static int
recipients_status(const struct envelope *e)
{
	size_t i, done = envelope_taken(e);

	if (done == e->n)
		return EX_OK;
	if (done != 0)
		return EX_UNAVAILABLE;
	for (i = 0; i < e->n; i++)
		if (e->v[i].outcome != OUTCOME_REJECT)
			return EX_TEMPFAIL;
	return outcome_find(e->v[0].stage, e->v[0].reply)->exit_status;
}

void
report_recipients(struct report *r, const struct envelope *e)
{
	int status = recipients_status(e);
	size_t i;

	/* Everybody has it: a dialogue that nobody could be shown must not
	 * make the caller send it again. */
	if (status == EX_OK)
		r->output_failed = 0;
	for (i = 0; i < e->n; i++) {
		const struct recipient *to = &e->v[i];

		if (i == 0 || to->outcome != OUTCOME_DONE)
			keep_reply(r, to->stage, to->reply, to->code,
			    to->text);
		if (!recipient_is_taken(to))
			report_recipient(r, to, status);
	}
}

void
report_envelope(const struct envelope *e)
{
	struct buf out = BUF_INIT;
	size_t i;

	buf_adds(&out, "MAIL FROM:<");
	log_quotes(&out, e->sender);
	buf_addc(&out, '>');
	envelope_format_dsn(e, &out);
	buf_addc(&out, '\n');
	for (i = 0; i < e->n; i++) {
		buf_adds(&out, "RCPT TO:<");
		log_quotes(&out, e->v[i].address);
		buf_addc(&out, '>');
		recipient_format_dsn(&e->v[i], &out);
		buf_addc(&out, '\n');
	}
	io_write(STDERR_FILENO, out.data, out.len);
	buf_release(&out);
}

/* The time in front of msmtp's line, with the blank behind it. */
static void
add_time(const struct values *v, time_t when, struct buf *line)
{
	const char *format = values_text(v, S_LOGFILE_TIME_FORMAT);

	if (strcmp(format, "none") == 0)
		return;
	if (format[0] == '\0')
		format = settings[S_LOGFILE_TIME_FORMAT].value;
	clock_format(when, format, line);
	if (line->len != 0)
		buf_addc(line, ' ');
}

/* Standard output is the client's. */
static void
put_output(struct report *r, struct buf *line)
{
	buf_addc(line, '\n');
	report_output(r, line->data, line->len);
}

/* The file gets all lines in one piece. */
static void
log_lines(struct report *r, const struct logline *l, const struct strv *lines,
    const char *file, const char *facility)
{
	const struct values *v = &l->account->values;
	struct fault f = FAULT_INIT;
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; facility != NULL && i < lines->n; i++)
		log_to_syslog(facility, l->exit_status != EX_OK, lines->v[i]);
	if (values_is(v, S_LOG_FORMAT, "text"))
		add_time(v, l->when, &text);
	for (i = 0; i < lines->n; i++)
		buf_addf(&text, "%s%s", i != 0 ? "\n" : "", lines->v[i]);
	/* The mail is out: a log that fails cannot take that back. */
	if (r->lines != NULL && strcmp(file, "-") == 0)
		put_output(r, &text);
	else if (file[0] != '\0')
		log_to_file(file, text.data, &f);
	fault_release(&f);
	buf_release(&text);
}

static void
format_log(const struct logline *l, struct strv *lines)
{
	struct buf line = BUF_INIT;
	size_t i;

	if (!values_is(&l->account->values, S_LOG_FORMAT, "json")) {
		logline_text(l, &line);
		strv_add(lines, line.data);
	} else {
		for (i = 0; i < l->envelope->n; i++) {
			buf_reset(&line);
			logline_json(l, i, &line);
			strv_add(lines, line.data);
		}
	}
	buf_release(&line);
}

void
report_log(struct report *r, struct logline *l)
{
	const struct values *v = &l->account->values;
	const char *file = values_text(v, S_LOGFILE);
	const char *where = values_text(v, S_SYSLOG);
	struct strv lines = STRV_INIT;

	if (strcmp(where, "off") == 0 || where[0] == '\0')
		where = NULL;
	else if (strcmp(where, "on") == 0)
		where = "";
	if (file[0] == '\0' && where == NULL)
		return;
	l->when = clock_now();
	l->exit_status = r->status;
	l->code = r->code;
	l->reply = r->reply.data;
	l->error = r->error.data;
	l->stage = r->stage;
	format_log(l, &lines);
	log_lines(r, l, &lines, file, where);
	strv_release(&lines);
}

void
report_forget(struct report *r)
{
	r->status = 0;
	r->output_failed = 0;
	buf_reset(&r->held);
}

int
report_finish(struct report *r)
{
	if (io_write(STDERR_FILENO, r->held.data, r->held.len) == -1)
		r->output_failed = 1;
	buf_reset(&r->held);
	r->errors = r->errors == ERRORS_QUIET ? ERRORS_QUIET : ERRORS_PRINT;
	if (r->output_failed && r->status == 0)
		report_line(r, EX_IOERR, "cannot write to standard output");
	return r->status;
}
