/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One job at a time. A connection stays open while the jobs have the same
 * settings. When it breaks, what is safe to send again is sent again at once
 * over a fresh one: once, or as long as each try decides something. A time-out
 * and a server that says 421 to a newcomer are left to those who can wait.
 */
#include "relay/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "relay/adapt.h"
#include "relay/etrn.h"
#include "relay/idn.h"
#include "relay/lmtp.h"
#include "relay/maildir.h"
#include "relay/srv.h"
#include "settings/account.h"

/* With the dialogue on show, QUIT's reply is waited for. */
#define QUIT_MS 2000

static const char *
text_or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static const char *
maildir_of(const struct delivery *d)
{
	return values_text(&d->job->settings, S_MAILDIR);
}

static const struct capabilities *
server_offer(const struct delivery *d)
{
	return d->endpoint.is_lmtp ? &d->offer : session_offer(d->session);
}

/* Reports. */

static int
report(struct delivery *d, const struct event *e, struct fault *f)
{
	if (d->is_gone)
		return fault_set(f, EX_TEMPFAIL, "the front end is gone");
	if (event_send(d->frames, e, f) == -1) {
		d->is_gone = 1;
		return -1;
	}
	return 0;
}

/* The same where a lost report is noticed later. */
static void
report_event(struct delivery *d, const struct event *e)
{
	struct fault f = FAULT_INIT;

	report(d, e, &f);
	fault_release(&f);
}

/* Nobody waits for what was reported while we wait for somebody else. */
static void
flush(void *arg)
{
	struct delivery *d = arg;
	struct fault f = FAULT_INIT;

	if (!d->is_gone && frames_flush(d->frames, -1, &f) == -1)
		d->is_gone = 1;
	fault_release(&f);
}

static void
report_kind(struct delivery *d, enum event_kind kind)
{
	struct event e;

	event_init(&e);
	e.kind = kind;
	report_event(d, &e);
}

/* The event's texts are borrowed: it is not released. */
static void
report_step(void *arg, const char *name, const char *sent, const char *reply)
{
	struct event e;

	event_init(&e);
	e.kind = EVENT_STEP;
	e.name = (char *)name;
	e.sent = (char *)sent;
	e.text = (char *)reply;
	report_event(arg, &e);
}

static void
report_failure(struct delivery *d, const struct failure *why)
{
	struct event e;

	event_init(&e);
	e.kind = EVENT_FAULT;
	e.stage = why->stage;
	e.reply = why->reply;
	e.code = why->code;
	e.exit_status = why->exit_status;
	e.text = why->text.data;
	report_event(d, &e);
}

static void
report_fault(struct delivery *d, const struct fault *f)
{
	struct failure why;

	failure_init(&why);
	failure_set(&why, f->code == EX_CONFIG ? STAGE_CONFIG : STAGE_LOCAL,
	    REPLY_ANY, "%s", f->text.data);
	why.exit_status = f->code;
	report_failure(d, &why);
	failure_release(&why);
}

/* 1 when r has the mail, and its sender would not hear of that though it was
 * asked for. An LMTP server is one like others: who knows what is behind. */
static int
is_unreported(const struct delivery *d, const struct recipient *r)
{
	return r->outcome == OUTCOME_DONE && recipient_wants_success(r) &&
	    (maildir_of(d)[0] != '\0' || !server_offer(d)->dsn);
}

static void
report_recipient(void *arg, size_t i)
{
	struct delivery *d = arg;
	const struct recipient *r = &d->job->envelope.v[i];
	struct event e;

	event_init(&e);
	e.kind = EVENT_RCPT;
	e.recipient = d->job->numbers[i];
	e.stage = r->stage;
	e.reply = r->reply;
	e.code = r->code;
	e.text = r->text;
	report_event(d, &e);
	if (is_unreported(d, r)) {
		e.kind = EVENT_UNREPORTED;
		report_event(d, &e);
	}
}

/* Hooks of the transaction. */

static void
on_step(void *arg, const char *name, const char *sent, const struct answer *a)
{
	report_step(arg, name, sent, a->lines.data);
}

static void
on_envelope(void *arg, const struct mail *m)
{
	(void)m;
	report_kind(arg, EVENT_ENVELOPE);
}

static void
on_content(void *arg, const struct mail *m)
{
	(void)m;
	report_kind(arg, EVENT_CONTENT);
}

/* Without this report no dot: nobody would know that it was sent. */
static int
on_dot(void *arg, const struct mail *m, struct fault *f)
{
	struct event e;

	(void)m;
	event_init(&e);
	e.kind = EVENT_DOT;
	return report(arg, &e, f);
}

/* The one behind it has its turn later. */
static void
on_recipient(void *arg, const struct mail *m, size_t i)
{
	struct delivery *d = arg;

	if (m == &d->now->mail)
		report_recipient(d, i);
}

static void
on_settled(void *arg)
{
	struct delivery *d = arg;

	/* When all is decided the end follows. */
	if (envelope_count(&d->job->envelope, OUTCOME_NONE) != 0)
		flush(d);
}

static void
on_progress(void *arg, off_t sent, off_t total)
{
	struct event e;

	event_init(&e);
	e.kind = EVENT_PROGRESS;
	e.octets = (long long)sent;
	e.octets_total = (long long)total;
	report_event(arg, &e);
}

/* The connection. */

void
delivery_init(struct delivery *d, struct frames *frames,
    const struct secret_environment *environment)
{
	struct transaction_hooks hooks = {
		on_step, on_envelope, on_content, on_dot, on_recipient,
		on_settled, d
	};

	memset(d, 0, sizeof *d);
	d->frames = frames;
	d->environment = environment;
	endpoint_init(&d->endpoint);
	capabilities_init(&d->offer);
	values_init(&d->settings);
	buf_init(&d->secret, 0);
	buf_init(&d->proxy_secret, 0);
	transaction_init(&d->transaction, &hooks, 1);
	job_init(&d->ahead);
	failure_init(&d->fault);
	d->now = xcalloc(1, sizeof *d->now);
	d->next = xcalloc(1, sizeof *d->next);
	adapted_init(d->now);
	adapted_init(d->next);
}

static void
forget_secret(struct delivery *d)
{
	buf_wipe(&d->secret);
	buf_wipe(&d->proxy_secret);
	d->has_secret = 0;
}

static void
disconnect(struct delivery *d, int wait_ms)
{
	if (d->session == NULL)
		return;
	transaction_quit(&d->transaction, wait_ms);
	wire_release(&d->wire);
	session_free(d->session);
	d->session = NULL;
	d->is_used = 0;
}

void
delivery_release(struct delivery *d)
{
	disconnect(d, 0);
	forget_secret(d);
	transaction_release(&d->transaction);
	adapted_release(d->now);
	adapted_release(d->next);
	free(d->now);
	free(d->next);
	job_release(&d->ahead);
	failure_release(&d->fault);
	endpoint_release(&d->endpoint);
	capabilities_release(&d->offer);
	values_release(&d->settings);
	free(d->secret_file);
	free(d->secret_section);
}

static int
is_same_text(const char *a, const char *b)
{
	return strcmp(text_or_empty(a), text_or_empty(b)) == 0 &&
	    (a == NULL) == (b == NULL);
}

static int
is_same_account(const struct delivery *d, const struct job *j)
{
	return d->changes == j->changes ||
	    (is_same_text(d->secret_file, j->secret_file) &&
	    is_same_text(d->secret_section, j->secret_section) &&
	    endpoint_is_same(&d->settings, &j->settings));
}

static char *
copy_or_null(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

/* Takes over the account of a job; another one's connection ends. */
static void
take_account(struct delivery *d, const struct job *j)
{
	long long most = values_number(&j->settings, S_MAX_RECIPIENTS);
	int is_same = is_same_account(d, j);

	d->changes = j->changes;
	d->transaction.hooks.step = j->verbose ? on_step : NULL;
	if (most != d->max_recipients || !is_same) {
		d->max_recipients = most;
		d->transaction.recipients_max = (size_t)most;
	}
	if (is_same)
		return;
	disconnect(d, 0);
	forget_secret(d);
	values_release(&d->settings);
	values_init(&d->settings);
	values_merge(&d->settings, &j->settings);
	free(d->secret_file);
	free(d->secret_section);
	d->secret_file = copy_or_null(j->secret_file);
	d->secret_section = copy_or_null(j->secret_section);
}

/* The password for the login, or for the key of a certificate. */
static int
find_password(struct delivery *d, const struct secret_request *r,
    struct fault *f)
{
	const struct endpoint *e = &d->endpoint;

	if (e->wants_password || e->key_is_encrypted)
		return secret_find(&d->secret, r, f);
	/* A device may have no PIN. */
	if (e->tls != TLS_OFF && endpoint_has_locked_key(e))
		return secret_find_named(&d->secret, r, f);
	return 0;
}

static int
find_secrets(struct delivery *d, struct failure *why)
{
	const struct endpoint *e = &d->endpoint;
	const struct secret_request r = {
		&d->settings, d->secret_file, d->secret_section,
		d->environment, e->host.data, e->user.data,
		e->wants_password ? NULL : e->key_file.len != 0 ?
		    e->key_file.data : e->cert_file.data
	};
	struct fault f = FAULT_INIT;

	if (d->has_secret)
		return 0;
	if (find_password(d, &r, &f) == 0 && (e->proxy.user.len == 0 ||
	    secret_find_proxy(&d->proxy_secret, &r, &f) == 0)) {
		d->has_secret = 1;
		return 0;
	}
	forget_secret(d);
	failure_set(why, STAGE_CONFIG, REPLY_ANY, "%s", f.text.data);
	why->exit_status = f.code;
	fault_release(&f);
	return -1;
}

static int
set_up(struct delivery *d, struct failure *why)
{
	struct fault f = FAULT_INIT;

	if (d->is_set_up)
		return 0;
	if (session_setup(&f) == -1) {
		failure_set(why, STAGE_CONFIG, REPLY_ANY, "%s", f.text.data);
		why->exit_status = f.code;
		fault_release(&f);
		return -1;
	}
	d->is_set_up = 1;
	return 0;
}

/* The number of recipients in one transaction that the server names. */
static void
respect_limit(struct delivery *d)
{
	unsigned long long told = server_offer(d)->recipients_max;

	if (told != 0 && told < d->transaction.recipients_max)
		d->transaction.recipients_max = (size_t)told;
}

/* The beginning of a session on the wire, where it is ours to make. */
static int
greet(struct delivery *d, int is_check, struct failure *why)
{
	if (!d->endpoint.is_lmtp)
		return 0;
	return lmtp_greet(&d->wire, &d->endpoint, d->secret.data,
	    d->job->verbose || is_check ? report_step : NULL, d, &d->offer,
	    why);
}

/* Takes a session into use. 0, or -1: it has ended. */
static int
begin(struct delivery *d, int is_check, struct failure *why)
{
	struct transaction_limits limits;
	struct transport via;

	transaction_limits_set(&limits, d->endpoint.timeout_s);
	session_transport(d->session, &via);
	wire_init(&d->wire, &via, limits.block_ms);
	d->wire.before_sleep = flush;
	d->wire.before_sleep_arg = d;
	if (greet(d, is_check, why) == -1) {
		wire_release(&d->wire);
		session_free(d->session);
		d->session = NULL;
		return -1;
	}
	transaction_begin(&d->transaction, &d->wire,
	    server_offer(d)->pipelining, &limits);
	d->transaction.is_lmtp = d->endpoint.is_lmtp;
	respect_limit(d);
	return 0;
}

/* Opens a session unless there is one. */
static int
connect_session(struct delivery *d, struct failure *why)
{
	int is_check = d->job->kind == JOB_CHECK;
	struct session_secrets secrets;

	if (d->session != NULL)
		return 0;
	flush(d);
	if (endpoint_load(&d->endpoint, &d->settings, why) == -1 ||
	    find_secrets(d, why) == -1 || set_up(d, why) == -1)
		return -1;
	endpoint_hurry(&d->endpoint, d->job->patience_s * 1000LL);
	secrets.password = d->secret.data;
	secrets.proxy = d->proxy_secret.data;
	d->session = session_open(&d->endpoint, &secrets,
	    d->job->verbose || is_check ? report_step : NULL, d, is_check,
	    why);
	if (d->session != NULL && begin(d, is_check, why) == 0)
		return 0;
	/* A wrong one must not be tried again with the next job. */
	if (why->stage == STAGE_LOGIN || why->stage == STAGE_PROXY)
		forget_secret(d);
	return -1;
}

/* Mails. */

/* Of the mail under way, or of the one behind it. */
static int
adapt(struct delivery *d, struct adapted *a, struct job *j,
    void (*decided)(void *, size_t), struct fault *f)
{
	adapted_release(a);
	adapted_init(a);
	return adapt_mail(a, &j->envelope, &j->content, server_offer(d),
	    decided, d, f);
}

/*
 * The mail behind the one under way, when there is one that can use the same
 * connection. One that cannot be prepared says so when its turn comes.
 */
static struct mail *
look_ahead(struct delivery *d)
{
	struct fault ignored = FAULT_INIT;
	struct mail *next = NULL;

	if (!d->transaction.pipelining || d->job->verbose)
		return NULL;
	if (d->ahead.kind == JOB_NONE && job_has_mail(d->frames) &&
	    job_read(d->frames, &d->ahead, &ignored) == -1)
		d->is_gone = 1;
	if (d->ahead.kind == JOB_MAIL && !d->ahead.progress &&
	    adapt(d, d->next, &d->ahead, NULL, &ignored) == 0)
		next = &d->next->mail;
	fault_release(&ignored);
	return next;
}

/* 1 when the envelope of the mail under way is in flight already. */
static int
take_ahead(struct delivery *d)
{
	struct adapted *was = d->now;

	if (d->transaction.is_over ||
	    d->transaction.ahead.mail != &d->next->mail)
		return 0;
	d->now = d->next;
	d->next = was;
	d->now->mail.envelope = &d->job->envelope;
	return 1;
}

/* One try over the connection there is. 0, or -1: the mail is unreadable. */
static int
try_mail(struct delivery *d)
{
	struct job *j = d->job;
	struct fault f = FAULT_INIT;
	size_t i;
	int rc = 0;

	d->wire.progress = j->progress ? on_progress : NULL;
	d->wire.progress_arg = d;
	if (!take_ahead(d))
		rc = adapt(d, d->now, j, report_recipient, &f);
	if (rc == 0)
		transaction_send(&d->transaction, &d->now->mail,
		    look_ahead(d));
	for (i = 0; rc == -1 && i < j->envelope.n; i++) {
		if (j->envelope.v[i].outcome != OUTCOME_NONE)
			continue;
		envelope_record(&j->envelope, i, STAGE_LOCAL, REPLY_ANY, 0,
		    f.text.data);
		report_recipient(d, i);
	}
	fault_release(&f);
	return rc;
}

/* Gives the undecided recipients the outcome of a failure, or of the mail. */
static void
give_up(struct delivery *d, const struct failure *why)
{
	struct envelope *e = &d->job->envelope;
	size_t i;

	for (i = 0; i < e->n; i++) {
		if (e->v[i].outcome != OUTCOME_NONE)
			continue;
		envelope_record(e, i, why->stage, why->reply, why->code,
		    why->text.data);
		report_recipient(d, i);
	}
}

/* What a try is judged by. */
struct progress {
	size_t left;           /* recipients without an outcome */
	size_t recipients_max; /* a smaller group is worth another try */
	int was_used;          /* the connection had served before */
	int idle_tries;        /* new connections that decided nothing */
};

static void
look(const struct delivery *d, struct progress *p)
{
	p->left = envelope_count(&d->job->envelope, OUTCOME_NONE);
	p->recipients_max = d->transaction.recipients_max;
	p->was_used = d->is_used;
}

/* Whether a fresh connection may be tried at once. */
static int
may_try_again(const struct delivery *d, struct progress *before)
{
	const struct failure *why = &d->transaction.failure;
	struct progress now = *before;

	look(d, &now);
	if (d->is_gone || why->stage == STAGE_LOCAL)
		return 0;
	if (now.left < before->left ||
	    now.recipients_max < before->recipients_max)
		return 1;
	if (before->was_used)
		return 1;
	if (why->reply == REPLY_TIMEOUT || why->code == 421)
		return 0;
	return before->idle_tries++ == 0;
}

/* What was decided before its turn came. */
static void
report_decided(struct delivery *d)
{
	size_t i;

	if (!d->is_from_ahead)
		return;
	for (i = 0; i < d->job->envelope.n; i++)
		if (d->job->envelope.v[i].outcome != OUTCOME_NONE)
			report_recipient(d, i);
}

/*
 * There is no connection for this mail, nor for those that have come
 * meanwhile: to try for each of them could take minutes.
 */
static void
fail_all(struct delivery *d, const struct failure *why)
{
	report_failure(d, why);
	failure_copy(&d->fault, why);
	d->is_fault_shared = d->ahead.kind != JOB_NONE ||
	    job_has_mail(d->frames);
}

static void
run_mail(struct delivery *d)
{
	struct progress p = { 0, 0, 0, 0 };
	struct failure why;
	int is_first = 1;

	failure_init(&why);
	report_decided(d);
	for (;;) {
		if (connect_session(d, &why) == -1) {
			/* Later on the mail itself has been under way. */
			if (is_first)
				fail_all(d, &why);
			else
				give_up(d, &why);
			break;
		}
		is_first = 0;
		look(d, &p);
		if (try_mail(d) == -1)
			break;
		d->is_used = 1;
		if (!d->transaction.is_over)
			break;
		if (envelope_count(&d->job->envelope, OUTCOME_NONE) == 0 ||
		    !may_try_again(d, &p)) {
			give_up(d, &d->transaction.failure);
			disconnect(d, 0);
			break;
		}
		disconnect(d, 0);
	}
	failure_release(&why);
}

/* Maildirs. */

/* The same steps as with a server, as far as there are any. */
static void
show_stored(struct delivery *d, const struct mail *m, const char *place)
{
	struct buf text = BUF_INIT;
	size_t i;

	if (!d->job->verbose)
		return;
	report_step(d, "maildir", "", maildir_of(d));
	buf_addf(&text, "<%s>", m->sender);
	report_step(d, "mail from", "", text.data);
	for (i = 0; i < m->envelope->n; i++) {
		if (m->envelope->v[i].outcome != OUTCOME_NONE)
			continue;
		buf_reset(&text);
		buf_addf(&text, "<%s>", m->addresses[i]);
		report_step(d, "rcpt to", "", text.data);
	}
	report_step(d, "mail", "", place);
	buf_release(&text);
}

/* A fault of the Maildir is nobody's but the account's. */
static void
fail_maildir(struct delivery *d, enum reply reply, const struct fault *f)
{
	const struct envelope *e = &d->job->envelope;
	int is_account = d->job->kind == JOB_CHECK ||
	    (f->code != EX_IOERR && reply == REPLY_ANY &&
	    envelope_count(e, OUTCOME_NONE) == e->n);
	struct failure why;

	failure_init(&why);
	failure_set(&why, f->code == EX_IOERR ? STAGE_LOCAL : STAGE_MAILDIR,
	    reply, "%s", f->text.data);
	if (f->code == EX_CANTCREAT)
		why.exit_status = f->code;
	if (is_account)
		report_failure(d, &why);
	else
		give_up(d, &why);
	failure_release(&why);
}

static void
store_mail(struct delivery *d, const struct mail *m, struct fault *f)
{
	const char *path = maildir_of(d);
	enum maildir_result result = MAILDIR_FAILED;
	struct buf name = BUF_INIT, place = BUF_INIT;
	struct failure done;

	failure_init(&done);
	if (maildir_make(path, f) == 0)
		result = maildir_deliver(path, m, on_dot, d, &name, f);
	if (result == MAILDIR_DONE) {
		buf_addf(&place, "%s/new/%s", path, name.data);
		show_stored(d, m, place.data);
		failure_set(&done, STAGE_MAILDIR, REPLY_R2XX, "%s",
		    place.data);
		give_up(d, &done);
	} else {
		fail_maildir(d, result == MAILDIR_UNCONFIRMED ? REPLY_LOST :
		    REPLY_ANY, f);
	}
	failure_release(&done);
	buf_release(&name);
	buf_release(&place);
}

/* A file takes what a server with all extensions would take. */
static void
run_maildir(struct delivery *d)
{
	static const struct capabilities offer = {
		.eightbitmime = 1, .smtputf8 = 1
	};
	struct job *j = d->job;
	struct fault f = FAULT_INIT;
	struct adapted a;

	adapted_init(&a);
	if (adapt_mail(&a, &j->envelope, &j->content, &offer,
	    report_recipient, d, &f) == -1) {
		f.code = EX_IOERR;
		fail_maildir(d, REPLY_ANY, &f);
	} else if (envelope_count(&j->envelope, OUTCOME_NONE) != 0) {
		store_mail(d, &a.mail, &f);
	}
	adapted_release(&a);
	fault_release(&f);
}

static void
check_maildir(struct delivery *d)
{
	struct fault f = FAULT_INIT;
	int rc = maildir_check(maildir_of(d), &f);

	if (rc == -1)
		fail_maildir(d, REPLY_ANY, &f);
	else
		report_step(d, "maildir", "", rc == 1 ?
		    "it is there, and mail can be put into it" :
		    "it is not there yet; the first mail makes it");
	fault_release(&f);
}

/* Other jobs. */

static void
run_check(struct delivery *d)
{
	struct failure why;

	failure_init(&why);
	disconnect(d, 0);
	d->transaction.hooks.step = on_step;
	if (connect_session(d, &why) == -1)
		report_failure(d, &why);
	else
		disconnect(d, QUIT_MS);
	failure_release(&why);
}

/* Asks for the mail that the server holds for somebody. */
static void
run_etrn(struct delivery *d)
{
	const char *node = d->job->argument;
	struct transaction_limits limits;
	struct buf sent = BUF_INIT;
	struct answer a;
	struct failure why;

	failure_init(&why);
	answer_init(&a);
	if (connect_session(d, &why) == 0) {
		transaction_limits_set(&limits, d->endpoint.timeout_s);
		if (!session_offer(d->session)->etrn)
			failure_set(&why, STAGE_ETRN, REPLY_NOT_OFFERED, "%s",
			    "");
		else
			etrn_ask(&d->wire, node, limits.command_ms, &a, &why);
		buf_addf(&sent, "ETRN %s", node);
		if (a.code != 0 && d->job->verbose)
			report_step(d, "etrn", sent.data, a.lines.data);
		/* What the server may say later would be taken for a reply. */
		disconnect(d, d->job->verbose ? QUIT_MS : 0);
	}
	if (why.is_set)
		report_failure(d, &why);
	buf_release(&sent);
	answer_release(&a);
	failure_release(&why);
}

/* Nobody holds mail there. */
static void
refuse_etrn(struct delivery *d)
{
	struct failure why;

	failure_init(&why);
	failure_config(&why, "maildir takes the place of the server, so there "
	    "is none to ask");
	report_failure(d, &why);
	failure_release(&why);
}

/* The servers that the DNS has for a domain. */
static void
run_lookup(struct delivery *d)
{
	struct fault f = FAULT_INIT;
	struct buf domain = BUF_INIT;
	struct srv_list l = { NULL, 0, 0 };
	struct event e;
	size_t i;

	if (idn_to_ascii(d->job->argument, &domain) == -1)
		fault_set(&f, EX_USAGE, "\"%s\" is no mail domain",
		    d->job->argument);
	else if (srv_lookup(&l, domain.data, &f) == 0)
		for (i = 0; i < l.n; i++) {
			event_init(&e);
			e.kind = EVENT_SRV;
			e.name = (char *)l.v[i].service;
			e.code = (int)l.v[i].port;
			e.text = l.v[i].target;
			report_event(d, &e);
		}
	if (f.code != 0)
		report_fault(d, &f);
	srv_list_release(&l);
	buf_release(&domain);
	fault_release(&f);
}

/* What the eval lines of the section make, but for secrets. */
static void
run_eval(struct delivery *d)
{
	const struct job *j = d->job;
	struct fault f = FAULT_INIT;
	struct values v;
	struct event e;
	int i;

	values_init(&v);
	if (j->secret_file == NULL || j->secret_section == NULL)
		fault_set(&f, EX_SOFTWARE, "there is no section to evaluate");
	else if (account_load_secret(j->secret_file, j->secret_section, &v,
	    &f) == 0)
		for (i = 0; i < SETTING_COUNT; i++) {
			if (settings[i].type == TYPE_SECRET ||
			    !values_is_set(&v, (enum setting_id)i))
				continue;
			event_init(&e);
			e.kind = EVENT_SETTING;
			e.name = (char *)settings[i].name;
			e.text = (char *)values_text(&v, (enum setting_id)i);
			report_event(d, &e);
		}
	if (f.code != 0)
		report_fault(d, &f);
	values_release(&v);
	fault_release(&f);
}

/*
 * The end of a job. When the envelope of the next mail is with the server
 * already, its replies may be here too: then the end travels together with
 * the report of the next dot, or before we sleep.
 */
static int
report_end(struct delivery *d, struct fault *f)
{
	struct event end;

	event_init(&end);
	end.kind = EVENT_END;
	if (d->session == NULL || d->transaction.is_over ||
	    d->transaction.ahead.mail == NULL)
		return report(d, &end, f);
	if (d->is_gone)
		return fault_set(f, EX_TEMPFAIL, "the front end is gone");
	event_put(d->frames, &end);
	return 0;
}

int
delivery_run(struct delivery *d, struct job *job, struct fault *f)
{
	d->job = job;
	if (job->kind == JOB_MAIL && d->is_fault_shared) {
		report_failure(d, &d->fault);
		d->is_fault_shared = d->ahead.kind != JOB_NONE ||
		    job_has_mail(d->frames);
	} else if (job->kind == JOB_EVAL) {
		run_eval(d);
	} else if (maildir_of(d)[0] != '\0') {
		if (job->kind == JOB_CHECK)
			check_maildir(d);
		else if (job->kind == JOB_ETRN)
			refuse_etrn(d);
		else
			run_maildir(d);
	} else if (job->kind == JOB_LOOKUP) {
		run_lookup(d);
	} else {
		take_account(d, job);
		if (job->kind == JOB_CHECK)
			run_check(d);
		else if (job->kind == JOB_ETRN)
			run_etrn(d);
		else
			run_mail(d);
		if (job->verbose)
			disconnect(d, QUIT_MS);
	}
	/* Whoever hears of the end may take the mail's file for his own. */
	job_close_content(job);
	d->job = NULL;
	return report_end(d, f);
}

int
delivery_next(struct delivery *d, struct job *job, struct fault *f)
{
	d->is_from_ahead = d->ahead.kind != JOB_NONE;
	if (!d->is_from_ahead)
		return job_read(d->frames, job, f);
	job_move_mail(job, &d->ahead);
	return 1;
}
