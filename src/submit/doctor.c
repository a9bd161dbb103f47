/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The account looked at from outside: its settings (--settings), and a try
 * of everything up to the login (--check) with a line for each stage.
 */
#include "submit/doctor.h"

#include <string.h>

#include "base/log.h"
#include "submit/relay.h"
#include "submit/submit.h"

static void
put(struct report *report, const char *name, const char *text, size_t len)
{
	struct buf line = BUF_INIT;

	buf_addf(&line, "%-10s ", name);
	report_server_text(&line, text, len);
	buf_addc(&line, '\n');
	report_output(report, line.data, line.len);
	buf_release(&line);
}

/*
 * Lines of text in one, with commas; of a reply the codes and (offers != 0)
 * the first line, which is but a name, are left out.
 */
static void
join_lines(struct buf *out, const char *text, int offers)
{
	const char *end, *p = text;

	for (; *p != '\0'; p = *end != '\0' ? end + 1 : end) {
		end = p + strcspn(p, "\n");
		if (offers && p == text)
			continue;
		if (out->len != 0)
			buf_adds(out, ", ");
		if (offers && end - p > 4)
			p += 4;
		buf_add(out, p, (size_t)(end - p));
	}
}

/* How the steps of the dialogue are told. */
static const struct {
	const char *step, *name;
	enum { AS_IT_IS, OFFERS, DETAILS, LOGIN } kind;
} lines[] = {
	{ "resolve", "resolve", DETAILS }, { "connect", "greeting", AS_IT_IS },
	{ "tls", "tls", DETAILS }, { "ehlo", "offers", OFFERS },
	{ "lhlo", "offers", OFFERS },
	{ "login", "login", LOGIN }, { "user", "login", LOGIN },
	{ "password", "login", LOGIN }, { "quit", "quit", AS_IT_IS },
};

static void
put_step(struct report *report, const struct event *e)
{
	struct buf text = BUF_INIT;
	size_t i, n = sizeof lines / sizeof *lines;

	for (i = 0; i < n && strcmp(lines[i].step, e->name) != 0; i++)
		continue;
	if (i == n || lines[i].kind == AS_IT_IS) {
		put(report, i == n ? e->name : lines[i].name, e->text,
		    strlen(e->text));
	} else if (lines[i].kind == LOGIN) {
		/* The questions in between tell nothing. */
		if (e->text[0] != '3')
			put(report, "login", e->text, strlen(e->text));
	} else {
		join_lines(&text, e->text, lines[i].kind == OFFERS);
		put(report, lines[i].name, text.data, text.len);
	}
	buf_release(&text);
}

/* The way to the server: where, through what, from where. */
static void
add_way(struct buf *text, const struct values *v)
{
	const char *proxy = values_text(v, S_PROXY);
	const char *host = values_text(v, S_PROXY_HOST);
	const char *port = values_text(v, S_PROXY_PORT);

	if (values_text(v, S_SOCKET)[0] != '\0') {
		buf_addf(text, "%s at the socket %s", values_text(v, S_HOST),
		    values_text(v, S_SOCKET));
		return;
	}
	buf_addf(text, "%s port %s", values_text(v, S_HOST),
	    values_text(v, S_PORT));
	if (proxy[0] != '\0')
		buf_addf(text, " through %s", proxy);
	else if (host[0] != '\0')
		buf_addf(text, " through socks5h://%s:%s", host,
		    port[0] != '\0' ? port : "1080");
	if (values_text(v, S_SOURCE_IP)[0] != '\0')
		buf_addf(text, " from %s", values_text(v, S_SOURCE_IP));
}

static void
put_account(struct report *report, const struct account *a)
{
	const struct values *v = &a->values;
	const char *tls = "no TLS";
	struct buf text = BUF_INIT;

	buf_adds(&text, a->name);
	put(report, "account", text.data, text.len);
	buf_reset(&text);
	if (values_text(v, S_MAILDIR)[0] != '\0') {
		buf_addf(&text, "every mail goes into %s, none to a server",
		    values_text(v, S_MAILDIR));
		put(report, "maildir", text.data, text.len);
		buf_release(&text);
		return;
	}
	if (values_bool(v, S_TLS))
		tls = values_bool(v, S_TLS_STARTTLS) ? "STARTTLS" :
		    "TLS from the first octet";
	add_way(&text, v);
	buf_addf(&text, "%s, %s", values_is(v, S_PROTOCOL, "lmtp") ? ", LMTP" :
	    "", tls);
	if (values_bool(v, S_TLS) && values_text(v, S_TLS_CERT_FILE)[0] != '\0')
		buf_addf(&text, " with the certificate in %s",
		    values_text(v, S_TLS_CERT_FILE));
	buf_addf(&text, ", login %s", values_text(v, S_AUTH));
	if (values_text(v, S_USER)[0] != '\0')
		buf_addf(&text, " as %s", values_text(v, S_USER));
	put(report, "server", text.data, text.len);
	buf_release(&text);
}

/* Follows the relay until the check ends. 0 all well, -1 not (told). */
static int
follow(struct relay *r, const struct account *a, int verbose,
    struct report *report, struct fault *f)
{
	struct event e;
	int rc, failed = 0;

	event_init(&e);
	while ((rc = event_read(&r->frames, &e, f)) == 1 &&
	    e.kind != EVENT_END) {
		if (e.kind == EVENT_STEP && verbose)
			report_step(report, &e);
		else if (e.kind == EVENT_STEP)
			put_step(report, &e);
		if (e.kind != EVENT_FAULT)
			continue;
		failed = 1;
		put(report, stage_name(e.stage), "failed", 6);
		report_session(report, &e, a);
	}
	event_release(&e);
	if (rc == 0 && !failed)
		fault_set(f, EX_TEMPFAIL,
		    "qsendmail-relay ended in the middle of the check");
	return rc == 1 && !failed ? 0 : -1;
}

static int
check(const struct options *o, struct account *a, struct relay *r,
    struct report *report, struct fault *f)
{
	static const char well[] =
	    "the account works: mail can be sent with it";

	if (submit_account(a, o, NULL, f) == -1 ||
	    relay_start(r, a, o->verbose, f) == -1 ||
	    (a->has_eval && relay_eval(r, a, f) == -1))
		return -1;
	put_account(report, a);
	job_put_check(&r->frames);
	if (frames_flush(&r->frames, -1, f) == -1 ||
	    follow(r, a, o->verbose, report, f) == -1)
		return f->code != 0 ? -1 : 0;
	put(report, "result", well, sizeof well - 1);
	return 0;
}

void
doctor_run(const struct options *o, struct report *report)
{
	struct fault f = FAULT_INIT;
	struct account a;
	struct relay r;

	account_init(&a);
	relay_init(&r);
	if (check(o, &a, &r, report, &f) == -1)
		report_fault(report, &f);
	relay_release(&r);
	account_release(&a);
	fault_release(&f);
}

void
doctor_settings(const struct options *o, struct report *report)
{
	struct fault f = FAULT_INIT;
	struct buf text = BUF_INIT;
	struct account a;
	struct relay r;

	account_init(&a);
	relay_init(&r);
	if (submit_account(&a, o, NULL, &f) == -1 || (a.has_eval &&
	    (relay_start(&r, &a, 0, &f) == -1 ||
	    relay_eval(&r, &a, &f) == -1))) {
		report_fault(report, &f);
	} else {
		account_describe(&a, &text);
		report_output(report, text.data, text.len);
	}
	relay_release(&r);
	account_release(&a);
	buf_release(&text);
	fault_release(&f);
}
