/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the settings come from, in this order: the providers that are known,
 * the servers that the domain names in the DNS (RFC 6186, RFC 8314), and what
 * the user has still to find out. The DNS is asked by the relay.
 */
#include "submit/configure.h"

#include <string.h>

#include "mail/address.h"
#include "settings/provider.h"
#include "submit/relay.h"

#define WIDTH 76

struct setup {
	struct buf address;
	const char *domain;  /* within address */
	struct config config;
	struct relay relay;
	/* What the DNS has: the best server, and the others as text. */
	struct buf service, host, others;
	int port;
	struct buf out;
};

static void
setup_init(struct setup *s)
{
	memset(s, 0, sizeof *s);
	buf_init(&s->address, 0);
	buf_init(&s->service, 0);
	buf_init(&s->host, 0);
	buf_init(&s->others, 0);
	buf_init(&s->out, 0);
	config_init(&s->config);
	relay_init(&s->relay);
}

static void
setup_release(struct setup *s)
{
	relay_release(&s->relay);
	config_release(&s->config);
	buf_release(&s->address);
	buf_release(&s->service);
	buf_release(&s->host);
	buf_release(&s->others);
	buf_release(&s->out);
}

/* Appends text as a comment in lines of a terminal's width. */
static void
put_comment(struct setup *s, const char *text)
{
	size_t column = WIDTH, len;

	for (; *text != '\0'; text += len, text += *text == ' ') {
		len = strcspn(text, " ");
		if (column + 1 + len > WIDTH) {
			buf_adds(&s->out, s->out.len == 0 ? "#" : "\n#");
			column = 1;
		}
		buf_addc(&s->out, ' ');
		buf_add(&s->out, text, len);
		column += 1 + len;
	}
}

static void
put_setting(struct setup *s, enum setting_id id, const char *text)
{
	buf_addf(&s->out, "\n%s ", settings[id].name);
	config_quote(&s->out, text);
}

/* Appends "first ADDRESS second" as a comment, and the sender. */
static void
put_head(struct setup *s, const char *first, const char *second)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, "%s%s%s", first, s->address.data, second);
	put_comment(s, text.data);
	buf_release(&text);
}

static void
put_password(struct setup *s)
{
	buf_adds(&s->out, "\n");
	put_comment(s, "The password is the first line of this file (chmod "
	    "600), or what a command prints. Without such a line it is asked "
	    "for.");
	put_setting(s, S_PASSWORD_FILE, "~/.config/qsendmail/password");
	buf_adds(&s->out, "\n#passwordeval pass show mail\n");
}

/* What an account needs that has no provider. */
static void
put_server(struct setup *s, const char *host, int port, int starttls)
{
	struct buf number = BUF_INIT;

	put_setting(s, S_FROM, s->address.data);
	if (host != NULL)
		put_setting(s, S_HOST, host);
	else
		buf_adds(&s->out, "\n#host smtp.example.org");
	buf_addf(&number, "%d", port);
	put_setting(s, S_PORT, number.data);
	put_setting(s, S_TLS, "on");
	put_setting(s, S_TLS_STARTTLS, starttls ? "on" : "off");
	put_setting(s, S_AUTH, "on");
	put_setting(s, S_USER, s->address.data);
	put_password(s);
	buf_release(&number);
}

static void
put_hint(struct setup *s, const struct section *provider)
{
	const char *hint = values_text(&provider->values, S_HINT);

	if (*hint != '\0') {
		buf_adds(&s->out, "\n#");
		put_comment(s, hint);
	}
}

/* The provider is known: it has the rest. */
static void
put_known(struct setup *s, const struct section *provider)
{
	const struct values *v = &provider->values;
	struct buf server = BUF_INIT;

	buf_addf(&server, " (provider %s, %s port %s), for "
	    "~/.config/qsendmail/config. Then try: qsendmail --check",
	    provider->name, values_text(v, S_HOST), values_text(v, S_PORT));
	put_head(s, "Settings for ", server.data);
	put_hint(s, provider);
	put_setting(s, S_FROM, s->address.data);
	put_password(s);
	buf_release(&server);
}

/* RFC 6186 6: who answers for the DNS can name any server. */
static int
put_found(struct setup *s, struct fault *f)
{
	const struct section *provider = NULL;
	struct buf text = BUF_INIT;

	buf_addf(&text, ", for ~/.config/qsendmail/config. The server is the "
	    "one that the DNS names for %s. Without DNSSEC that is no proof: "
	    "use it only when you know that %s belongs to your provider. Its "
	    "certificate has to be for that name. Then try: qsendmail --check",
	    s->domain, s->host.data);
	put_head(s, "Settings for ", text.data);
	buf_release(&text);
	if (s->others.len != 0) {
		buf_adds(&s->out, "\n#");
		put_comment(s, s->others.data);
	}
	if (provider_find(&s->config, PROVIDER_HOST, s->host.data, &provider,
	    f) == -1)
		return -1;
	if (provider != NULL)
		put_hint(s, provider);
	put_server(s, s->host.data, s->port,
	    strcmp(s->service.data, "submission") == 0);
	return 0;
}

static int
put_unknown(struct setup *s, struct fault *f)
{
	put_head(s, "Settings for ", ", for ~/.config/qsendmail/config. Its "
	    "provider is not known here, and the DNS names no server: put in "
	    "the name of the submission server that the provider tells. Port "
	    "465 is for TLS from the first octet on; with port 587 "
	    "tls_starttls is on. Then try: qsendmail --check");
	put_server(s, NULL, 465, 0);
	return fault_set(f, EX_UNAVAILABLE, "no submission server is known "
	    "for %s: fill in the line host of the settings", s->domain);
}

static int
say_no_service(struct setup *s, struct fault *f)
{
	return fault_set(f, EX_UNAVAILABLE, "%s says in the DNS that it has no "
	    "submission server: ask its provider", s->domain);
}

/* Takes in one server of the DNS. */
static void
take_server(struct setup *s, const struct event *e)
{
	if (s->host.len == 0) {
		buf_adds(&s->service, e->name);
		buf_adds(&s->host, e->text);
		s->port = e->code;
		return;
	}
	if (strcmp(e->text, ".") == 0)
		return;
	buf_adds(&s->others, s->others.len == 0 ? "It also names " : ", ");
	buf_addf(&s->others, "%s port %d (%s)", e->text, e->code,
	    strcmp(e->name, "submission") == 0 ? "STARTTLS" : "TLS");
}

/* Has the relay ask the DNS. 0, or -1 with a fault. */
static int
look_up(struct setup *s, int verbose, struct fault *f)
{
	struct account nobody;
	struct event e;
	int rc;

	account_init(&nobody);
	event_init(&e);
	rc = relay_start(&s->relay, &nobody, verbose, f);
	if (rc == 0) {
		job_put_lookup(&s->relay.frames, s->domain);
		rc = frames_flush(&s->relay.frames, -1, f);
	}
	while (rc == 0 && (rc = event_read(&s->relay.frames, &e, f)) == 1 &&
	    e.kind != EVENT_END) {
		rc = 0;
		if (e.kind == EVENT_SRV)
			take_server(s, &e);
		else if (e.kind == EVENT_FAULT)
			fault_set(f, e.exit_status != 0 ? e.exit_status :
			    EX_TEMPFAIL, "%s", e.text);
	}
	if (rc == 0)
		rc = relay_died(&s->relay, f);
	event_release(&e);
	account_release(&nobody);
	return rc == 1 && f->code == 0 ? 0 : -1;
}

static int
read_address(struct setup *s, const char *text, struct fault *f)
{
	struct address a;

	if (address_parse(&a, text, f) == -1)
		return fault_context(f, "--configure");
	address_format_spec(&a, &s->address);
	address_release(&a);
	s->domain = strrchr(s->address.data, '@');
	if (s->domain == NULL)
		return fault_set(f, EX_USAGE, "--configure \"%s\": expected a "
		    "mail address", text);
	s->domain++;
	return 0;
}

static int
run(struct setup *s, const struct options *o, struct fault *f)
{
	const struct section *provider;

	if (read_address(s, o->argument, f) == -1 ||
	    provider_find(&s->config, PROVIDER_DOMAIN, s->domain, &provider,
	    f) == -1)
		return -1;
	if (provider != NULL) {
		put_known(s, provider);
		return 0;
	}
	/* An address in brackets has no records. */
	if (s->domain[0] != '[' && look_up(s, o->verbose, f) == -1)
		return -1;
	if (s->host.len == 0)
		return put_unknown(s, f);
	return strcmp(s->host.data, ".") == 0 ? say_no_service(s, f) :
	    put_found(s, f);
}

void
configure_run(const struct options *o, struct report *report)
{
	struct fault f = FAULT_INIT;
	struct setup s;

	setup_init(&s);
	if (run(&s, o, &f) == -1)
		report_fault(report, &f);
	report_output(report, s.out.data, s.out.len);
	setup_release(&s);
	fault_release(&f);
}
