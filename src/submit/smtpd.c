/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The states of a session and the table of its commands. A handler makes one
 * reply; what it means for the mail is decided in smtp_mail.c.
 *
 *   START --EHLO--> READY --MAIL--> MAIL --RCPT--> RCPT --DATA--> READY
 *   EHLO and RSET lead to READY from everywhere; QUIT, and what ends a
 *   session early, to END.
 *
 * Without EHLO, MAIL is taken as well: Postfix and Sendmail do, and scripts
 * leave it out.
 */
#include "submit/smtpd.h"

#include <errno.h>
#include <string.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/log.h"
#include "submit/smtp_channel.h"
#include "submit/smtp_mail.h"

/* Commands in a row that nobody can make sense of, until it is enough. A
 * mail that was accepted begins the count anew. */
#define MISTAKES_MAX 100

enum state { STATE_START, STATE_READY, STATE_MAIL, STATE_RCPT, STATE_END };

#define IN(state) (1u << (state))
#define IN_ALL (IN(STATE_START) | IN(STATE_READY) | IN(STATE_MAIL) | \
	IN(STATE_RCPT))

struct smtpd {
	struct smtp_channel channel;
	struct smtp_mail mail;
	struct report *report; /* borrowed */
	enum state state;
	struct buf host;       /* our name */
	struct smtp_reply reply;
	int status;            /* of the mail that the reply is about */
	int mistakes;
	size_t accepted;       /* mails */
};

enum argument { ARGUMENT_NONE, ARGUMENT_NEEDED, ARGUMENT_ANY };

struct command {
	const char *name;
	unsigned states;       /* IN(...) where it is allowed */
	enum argument argument;
	int (*run)(struct smtpd *s, const char *argument);
};

/* Sends the reply that a handler has left. */
static void
put_reply(struct smtpd *s)
{
	smtp_channel_put(&s->channel, &s->reply);
}

static void
end_mail(struct smtpd *s)
{
	smtp_mail_reset(&s->mail);
	if (s->state != STATE_START && s->state != STATE_END)
		s->state = STATE_READY;
}

/* Ends the session early: 421 for the client, a line for whoever called. */
static int
end_early(struct smtpd *s, int status, const char *enhanced,
    const char *why)
{
	s->state = STATE_END;
	smtp_reply_set(&s->reply, 421, enhanced, "%s: %s", s->host.data, why);
	return report_line(s->report, status, "SMTP: %s", why);
}

/* The commands, in the order of the table. Each returns -1 after a refusal. */

static int
do_helo(struct smtpd *s, const char *argument)
{
	(void)argument;
	s->state = STATE_READY;
	end_mail(s);
	return smtp_reply_set(&s->reply, 250, "", "%s", s->host.data);
}

static int
do_ehlo(struct smtpd *s, const char *argument)
{
	do_helo(s, argument);
	buf_addf(&s->reply.text, "\nPIPELINING\nSIZE %lld\n8BITMIME\nSMTPUTF8\n"
	    "DSN\nENHANCEDSTATUSCODES\nHELP", SMTPD_SIZE_MAX);
	return 0;
}

static int
do_mail(struct smtpd *s, const char *argument)
{
	struct smtp_sender from;
	int rc;

	smtp_sender_init(&from);
	rc = smtp_sender_parse(&from, argument, &s->reply);
	if (rc == 0 && from.size > SMTPD_SIZE_MAX)
		rc = smtp_reply_set(&s->reply, 552, "5.3.4", "a message may "
		    "have %lld octets", SMTPD_SIZE_MAX);
	if (rc == 0)
		rc = smtp_mail_begin(&s->mail, &from, &s->reply);
	if (rc == 0) {
		s->state = STATE_MAIL;
		smtp_reply_set(&s->reply, 250, "2.1.0", "OK");
	}
	smtp_sender_release(&from);
	return rc;
}

static int
do_rcpt(struct smtpd *s, const char *argument)
{
	struct smtp_recipient to;
	int rc;

	smtp_recipient_init(&to);
	rc = smtp_recipient_parse(&to, argument, s->mail.is_utf8, &s->reply);
	if (rc == 0)
		rc = smtp_mail_add(&s->mail, &to, &s->reply);
	if (rc == 0) {
		s->state = STATE_RCPT;
		smtp_reply_set(&s->reply, 250, "2.1.5", "OK");
	}
	smtp_recipient_release(&to);
	return rc;
}

/* Why the content is not there: 0, or -1 with what is due. */
static int
end_content(struct smtpd *s)
{
	if (smtp_channel_end_content(&s->channel) == 0)
		return 0;
	if (s->channel.timed_out)
		return end_early(s, EX_TEMPFAIL, "4.4.2", "no input within a "
		    "message, which was not sent");
	if (s->channel.is_cut)
		return end_early(s, EX_DATAERR, "4.4.2", "the input ended "
		    "within a message, which was not sent");
	return smtp_reply_set(&s->reply, 552, "5.3.4", "the message has more "
	    "than %lld octets", SMTPD_SIZE_MAX);
}

static int
do_data(struct smtpd *s, const char *argument)
{
	struct reader in;
	int rc;

	(void)argument;
	smtp_reply_set(&s->reply, 354, "", "end with a line that is a dot");
	put_reply(s);
	smtp_channel_begin_content(&s->channel, SMTPD_SIZE_MAX, &in);
	rc = smtp_mail_read(&s->mail, &in, &s->reply);
	reader_release(&in);
	if (end_content(s) == -1)
		rc = -1;
	s->status = rc == -1 ? EX_DATAERR :
	    smtp_mail_send(&s->mail, &s->reply);
	if (s->status == 0) {
		s->accepted++;
		s->mistakes = 0;
	}
	end_mail(s);
	return s->status == 0 ? 0 : -1;
}

static int
do_rset(struct smtpd *s, const char *argument)
{
	(void)argument;
	end_mail(s);
	return smtp_reply_set(&s->reply, 250, "2.0.0", "OK");
}

static int
do_noop(struct smtpd *s, const char *argument)
{
	(void)argument;
	return smtp_reply_set(&s->reply, 250, "2.0.0", "OK");
}

/* What is known here is who gets the mail of a bare name. */
static int
do_vrfy(struct smtpd *s, const char *argument)
{
	struct envelope e;
	struct address a;
	int rc;

	if (smtp_mailbox_parse(&a, argument, &s->reply) == -1)
		return -1;
	envelope_init(&e);
	if (a.domain[0] != '\0' || s->state == STATE_MAIL ||
	    s->state == STATE_RCPT)
		rc = smtp_reply_set(&s->reply, 252, "2.0.0",
		    "not known here, but mail for it is taken");
	else
		rc = smtp_mail_verify(&s->mail, &a, &e, &s->reply);
	if (rc == 0 && e.n == 1)
		smtp_reply_set(&s->reply, 250, "2.1.5", "<%s>",
		    e.v[0].address);
	else if (rc == 0 && e.n != 0)
		smtp_reply_set(&s->reply, 252, "2.1.5", "%zu recipients", e.n);
	envelope_release(&e);
	address_release(&a);
	return rc;
}

static int
do_quit(struct smtpd *s, const char *argument)
{
	(void)argument;
	s->state = STATE_END;
	return smtp_reply_set(&s->reply, 221, "2.0.0", "%s closes",
	    s->host.data);
}

static int
do_nothing(struct smtpd *s, const char *argument)
{
	(void)argument;
	return smtp_reply_set(&s->reply, 502, "5.5.1", "not implemented");
}

/* A web page can make a browser write SMTP behind such a line. */
static int
do_http(struct smtpd *s, const char *argument)
{
	(void)argument;
	return end_early(s, EX_PROTOCOL, "4.7.0", "this is no web server");
}

static int do_help(struct smtpd *s, const char *argument);

static const struct command commands[] = {
	{ "EHLO", IN_ALL, ARGUMENT_NEEDED, do_ehlo },
	{ "HELO", IN_ALL, ARGUMENT_NEEDED, do_helo },
	{ "MAIL", IN(STATE_START) | IN(STATE_READY), ARGUMENT_NEEDED,
	    do_mail },
	{ "RCPT", IN(STATE_MAIL) | IN(STATE_RCPT), ARGUMENT_NEEDED, do_rcpt },
	{ "DATA", IN(STATE_RCPT), ARGUMENT_NONE, do_data },
	{ "RSET", IN_ALL, ARGUMENT_NONE, do_rset },
	{ "NOOP", IN_ALL, ARGUMENT_ANY, do_noop },
	{ "VRFY", IN_ALL, ARGUMENT_NEEDED, do_vrfy },
	{ "HELP", IN_ALL, ARGUMENT_ANY, do_help },
	{ "QUIT", IN_ALL, ARGUMENT_NONE, do_quit },
	{ "EXPN", IN_ALL, ARGUMENT_ANY, do_nothing },
	{ "ETRN", IN_ALL, ARGUMENT_ANY, do_nothing },
	{ "AUTH", IN_ALL, ARGUMENT_ANY, do_nothing },
	{ "STARTTLS", IN_ALL, ARGUMENT_ANY, do_nothing },
	{ "BDAT", IN_ALL, ARGUMENT_ANY, do_nothing },
	{ "GET", IN_ALL, ARGUMENT_ANY, do_http },
	{ "POST", IN_ALL, ARGUMENT_ANY, do_http },
	{ "PUT", IN_ALL, ARGUMENT_ANY, do_http },
	{ "CONNECT", IN_ALL, ARGUMENT_ANY, do_http },
};

#define COMMANDS_N (sizeof commands / sizeof *commands)

static int
do_help(struct smtpd *s, const char *argument)
{
	size_t i;

	(void)argument;
	smtp_reply_set(&s->reply, 214, "2.0.0", "qsendmail takes");
	for (i = 0; i < COMMANDS_N; i++)
		if (commands[i].run != do_nothing && commands[i].run != do_http)
			buf_addf(&s->reply.text, " %s", commands[i].name);
	return 0;
}

static const struct command *
find_command(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < COMMANDS_N; i++)
		if (ascii_is_equal(name, len, commands[i].name,
		    strlen(commands[i].name)))
			return &commands[i];
	return NULL;
}

/*
 * A command that has to wait for another one. Content that was sent without
 * waiting for the 354 must not be read as commands: the session ends.
 */
static int
out_of_order(struct smtpd *s, const struct command *c)
{
	int is_data = c->run == do_data;

	if (c->run == do_mail)
		return smtp_reply_set(&s->reply, 503, "5.5.1",
		    "MAIL was given already");
	if (is_data && s->state == STATE_MAIL)
		smtp_reply_set(&s->reply, 554, "5.5.1",
		    "no recipient was accepted");
	else
		smtp_reply_set(&s->reply, 503, "5.5.1", "MAIL comes first");
	if (!is_data || !smtp_channel_is_ahead(&s->channel))
		return -1;
	put_reply(s);
	return end_early(s, EX_PROTOCOL, "4.5.0", "a message came, and "
	    "nobody to send it to");
}

/* Printable text, 8-bit octets and tabs. */
static int
has_controls(const struct buf *line)
{
	size_t i;

	for (i = 0; i < line->len; i++)
		if (ascii_is_control(line->data[i]) && line->data[i] != '\t')
			return 1;
	return 0;
}

static int
run_line(struct smtpd *s, const struct buf *line)
{
	size_t n = strcspn(line->data, " \t");
	const char *argument = line->data + n;
	const struct command *c = find_command(line->data, n);
	int has_argument = argument[strspn(argument, " \t")] != '\0';

	if (has_controls(line))
		return smtp_reply_set(&s->reply, 500, "5.5.2",
		    "a control character in a command");
	if (c == NULL)
		return smtp_reply_set(&s->reply, 500, "5.5.1",
		    "unknown command");
	if (!(c->states & IN(s->state)))
		return out_of_order(s, c);
	if (c->argument != ARGUMENT_ANY &&
	    has_argument != (c->argument == ARGUMENT_NEEDED))
		return smtp_reply_set(&s->reply, 501, "5.5.4", "%s takes %s",
		    c->name, has_argument ? "no argument" : "an argument");
	return c->run(s, argument);
}

/*
 * Replies that say that the client does not speak our protocol. Not a wrong
 * address, of which a list may have many, and not 503: behind a refused MAIL
 * all that was sent together with it gets that.
 */
static int
is_mistake(const struct smtp_reply *r)
{
	return (r->code == 500 || r->code == 501 || r->code == 502 ||
	    r->code == 555) && strncmp(r->enhanced, "5.5.", 4) == 0;
}

/* A mail failed and nobody reads the replies: standard error and the exit
 * status are left to tell. */
static void
tell_failure(struct smtpd *s)
{
	smtp_channel_flush(&s->channel);
	if (s->channel.out_error != 0 && s->state != STATE_END)
		report_line(s->report, s->status, "%s", s->reply.text.data);
}

/* Answers one line of the client. */
static void
answer(struct smtpd *s, enum smtp_line kind, const struct buf *line)
{
	s->status = 0;
	if (kind == SMTP_LINE_BARE_LF)
		end_early(s, EX_PROTOCOL, "4.5.0", "a line ended in LF "
		    "without CR");
	else if (kind == SMTP_LINE_LONG)
		smtp_reply_set(&s->reply, 500, "5.5.2", "a line may have %d "
		    "octets", SMTP_LINE_MAX);
	else
		run_line(s, line);
	if (is_mistake(&s->reply) && ++s->mistakes > MISTAKES_MAX) {
		put_reply(s);
		end_early(s, EX_PROTOCOL, "4.7.0", "too many mistakes");
	}
	put_reply(s);
	if (s->status != 0)
		tell_failure(s);
}

static void
greet(struct smtpd *s)
{
	struct buf name = BUF_INIT;

	clock_hostname(&name);
	log_quote(&s->host, name.data, name.len);
	buf_release(&name);
	smtp_reply_set(&s->reply, 220, "", "%s ESMTP qsendmail",
	    s->host.data);
	put_reply(s);
}

/* The end of the input, or the end that we made. */
static void
finish(struct smtpd *s)
{
	struct smtp_channel *c = &s->channel;

	if (c->timed_out && s->state != STATE_END) {
		end_early(s, EX_TEMPFAIL, "4.4.2", "no input for too long");
		put_reply(s);
	}
	smtp_channel_flush(c);
	if (c->in.error != 0) {
		errno = c->in.error;
		report_line(s->report, EX_IOERR, "SMTP: cannot read: %s",
		    strerror(errno));
	}
	/* What was accepted must not be sent again. */
	if (c->out_error != 0 && s->accepted == 0)
		report_line(s->report, EX_IOERR, "SMTP: cannot write the "
		    "replies: %s", strerror(c->out_error));
}

/* Options that make a message have none to make it with. */
static int
check_options(const struct options *o, struct report *report)
{
	if (!o->compose && o->parts_n == 0 && o->headers.n == 0 &&
	    o->bcc.n == 0)
		return 0;
	return report_line(report, EX_USAGE, "-bs takes whole messages by "
	    "SMTP: options that compose one cannot be given as well");
}

static void
run(struct smtpd *s)
{
	struct buf line = BUF_INIT;
	enum smtp_line kind;

	greet(s);
	while (s->state != STATE_END) {
		kind = smtp_channel_line(&s->channel, &line);
		if (kind == SMTP_LINE_EOF)
			break;
		answer(s, kind, &line);
	}
	finish(s);
	buf_release(&line);
}

void
smtpd_serve(const struct smtpd_client *client, const struct options *o,
    struct report *report)
{
	struct smtpd s = { .report = report, .host = BUF_INIT };

	if (check_options(o, report) == -1)
		return;
	smtp_channel_init(&s.channel, client->in_fd, client->out_fd);
	s.channel.timeout_ms = client->timeout_ms;
	s.channel.strict = client->strict;
	smtp_mail_init(&s.mail, o, report->program);
	s.mail.guest = client->guest;
	smtp_reply_init(&s.reply);
	run(&s);
	smtp_reply_release(&s.reply);
	smtp_mail_release(&s.mail);
	smtp_channel_release(&s.channel);
	buf_release(&s.host);
}
