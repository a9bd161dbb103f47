/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why there is no session. libcurl's error codes do not tell 454 from 535 and
 * its texts are for those who know its inside, so the replies of the server
 * themselves decide (dialogue.c), and the rest is put in plainer words.
 */
#include "relay/session_state.h"

#include <string.h>

#include "base/ascii.h"
#include "mail/codec.h"
#include "relay/tlsreason.h"

static const struct {
	CURLcode rc;
	enum stage stage;
	enum reply reply;
	int exit_status;
} failures[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, STAGE_RESOLVE, REPLY_LOST, 0 },
	{ CURLE_COULDNT_CONNECT, STAGE_CONNECT, REPLY_LOST, 0 },
	{ CURLE_SSL_CONNECT_ERROR, STAGE_TLS, REPLY_LOST, 0 },
	{ CURLE_PEER_FAILED_VERIFICATION, STAGE_CERTIFICATE, REPLY_ANY, 0 },
	{ CURLE_SSL_ISSUER_ERROR, STAGE_CERTIFICATE, REPLY_ANY, 0 },
	{ CURLE_SSL_PINNEDPUBKEYNOTMATCH, STAGE_CERTIFICATE, REPLY_ANY, 0 },
	/* GSSAPI found no ticket. */
	{ CURLE_AUTH_ERROR, STAGE_LOGIN, REPLY_R5XX, 0 },
	{ CURLE_UNSUPPORTED_PROTOCOL, STAGE_CONFIG, REPLY_ANY, EX_CONFIG },
	{ CURLE_URL_MALFORMAT, STAGE_CONFIG, REPLY_ANY, EX_CONFIG },
	{ CURLE_NOT_BUILT_IN, STAGE_CONFIG, REPLY_ANY, EX_CONFIG },
	{ CURLE_UNKNOWN_OPTION, STAGE_CONFIG, REPLY_ANY, EX_CONFIG },
	{ CURLE_OUT_OF_MEMORY, STAGE_LOCAL, REPLY_ANY, EX_TEMPFAIL },
	{ CURLE_FAILED_INIT, STAGE_LOCAL, REPLY_ANY, EX_TEMPFAIL },
};

/* Settings that libcurl could not do anything with. */
static const struct {
	CURLcode rc;
	const char *words;
} settings_at_fault[] = {
	{ CURLE_SSL_CACERT_BADFILE, "tls_trust_file cannot be used" },
	{ CURLE_SSL_CRL_BADFILE, "tls_crl_file cannot be used" },
	{ CURLE_SSL_CIPHER, "tls_ciphers" },
	{ CURLE_INTERFACE_FAILED, "source_ip is no address of this host" },
	{ CURLE_SSL_ENGINE_NOTFOUND, "pkcs11: needs OpenSSL's engine of that "
	    "name (libengine-pkcs11-openssl)" },
	{ CURLE_SSL_ENGINE_SETFAILED, "pkcs11: OpenSSL's engine fails" },
	{ CURLE_SSL_ENGINE_INITFAILED, "pkcs11: OpenSSL's engine fails" },
};

/* libcurl's words, or better ones. */
const char *
session_plain_words(const char *text)
{
	static const char *const plain[][2] = {
		{ "response reading failed",
		    "the server closed the connection" },
		{ "SSL_ERROR_SYSCALL", "the server closed the connection" },
		{ "unexpected eof", "the server closed the connection" },
		{ "wrong version number", "what the server sent is not TLS" },
	};
	size_t i;

	for (i = 0; i < sizeof plain / sizeof *plain; i++)
		if (strstr(text, plain[i][0]) != NULL)
			return plain[i][1];
	return text;
}

static const char *
error_text(const struct session *s, CURLcode rc)
{
	return s->error[0] != '\0' ? session_plain_words(s->error) :
	    curl_easy_strerror(rc);
}

/* 1 when "auth on" leaves out what would show the password. */
static int
is_hidden(const struct endpoint *e)
{
	return e->tls == TLS_OFF && strcmp(e->auth, "on") == 0 &&
	    strstr(e->login_options, "PLAIN") == NULL;
}

/* 1 when the server offers the one mechanism that was asked for. */
static int
is_offered(const struct session *s)
{
	const struct strv *offered = &s->d.offer.auth;
	size_t i;

	for (i = 0; i < offered->n; i++)
		if (ascii_is_same(offered->v[i], s->e->auth))
			return 1;
	return 0;
}

/* "the server offers only CRAM-MD5 GSSAPI", or why there is no login. */
void
session_fail_not_offered(struct session *s, CURLcode rc)
{
	const struct capabilities *offer = &s->d.offer;
	struct buf text = BUF_INIT;
	size_t i;

	if (s->d.ehlo_code / 100 != 2) {
		/* HELO went well, but nobody can log in after that. */
		failure_set(s->f, STAGE_EHLO, reply_class(s->d.ehlo_code),
		    "without EHLO there is no login");
		s->f->code = s->d.ehlo_code;
		return;
	}
	if (rc != CURLE_OK && is_offered(s)) {
		failure_config(s->f, "libcurl here cannot do auth %s, which "
		    "the server offers: use another way", s->e->auth);
		return;
	}
	if (s->d.auth_before_tls)
		buf_adds(&text, "the server offers a login only without TLS");
	else if (offer->auth_old_only)
		buf_adds(&text, "the server offers a login only in the form "
		    "AUTH=, which is older than the standard");
	else if (offer->auth.n == 0)
		buf_adds(&text, s->e->tls == TLS_OFF && offer->starttls ?
		    "the server offers no login without TLS: add tls on" :
		    "the server offers no login");
	else
		buf_adds(&text, rc == CURLE_OK ?
		    "libcurl did not see that the server offers" :
		    "the server offers only");
	for (i = 0; i < offer->auth.n; i++)
		buf_addf(&text, " %s", offer->auth.v[i]);
	if (offer->auth.n != 0 && is_hidden(s->e))
		buf_adds(&text, ", and without TLS the password must not be "
		    "seen: add tls on");
	failure_set(s->f, STAGE_LOGIN, REPLY_NOT_OFFERED, "%s", text.data);
	buf_release(&text);
}

/* XOAUTH2 refuses with a 334 whose base64 is the reason. */
static void
fail_bearer(struct session *s)
{
	struct buf words = BUF_INIT, reason = BUF_INIT;

	answer_text(&s->d.answer, &words);
	if (base64_decode(&reason, words.data, words.len) == -1)
		buf_adds(&reason, words.data);
	failure_set(s->f, STAGE_LOGIN, REPLY_R5XX, "%s", reason.data);
	s->f->code = s->d.answer.code;
	buf_release(&words);
	buf_release(&reason);
}

static void
fail_login(struct session *s)
{
	const struct dialogue *d = &s->d;

	if (d->login_replies == 0 || d->phase != PHASE_LOGIN)
		session_fail_not_offered(s, CURLE_LOGIN_DENIED);
	else if (d->answer.code / 100 == 3)
		fail_bearer(s);
	else
		failure_set_answer(s->f, STAGE_LOGIN, &d->answer);
}

static void
fail_starttls(struct session *s)
{
	const struct dialogue *d = &s->d;

	if (d->answer.code >= 300 && d->phase == PHASE_STARTTLS) {
		failure_set_answer(s->f, STAGE_STARTTLS, &d->answer);
		return;
	}
	failure_set(s->f, STAGE_STARTTLS, REPLY_NOT_OFFERED, "%s", "");
}

/* Why there is no connection, where libcurl's text does not say it. */
static const char *
connect_text(struct session *s, CURLcode rc)
{
	long error = 0;

	if (rc == CURLE_COULDNT_CONNECT)
		curl_easy_getinfo(s->easy, CURLINFO_OS_ERRNO, &error);
	return error != 0 ? strerror((int)error) : error_text(s, rc);
}

/* 1 when a file of ours, or another setting, is the cause. */
static int
fail_setting(struct session *s, CURLcode rc)
{
	size_t i, n = sizeof settings_at_fault / sizeof *settings_at_fault;

	if (rc == CURLE_SSL_CERTPROBLEM) {
		failure_config(s->f, "%s cannot be used%s: %s",
		    s->e->key_file.len != 0 && strstr(s->error,
		    "private key") != NULL ? "tls_key_file" : "tls_cert_file",
		    endpoint_has_locked_key(s->e) ?
		    " (is the password right?)" : "",
		    error_text(s, rc));
		return 1;
	}
	for (i = 0; i < n; i++)
		if (settings_at_fault[i].rc == rc) {
			failure_config(s->f, "%s: %s",
			    settings_at_fault[i].words, error_text(s, rc));
			return 1;
		}
	return 0;
}

/* 1 when TLS broke off for a reason that is known. */
static int
fail_tls(struct session *s, CURLcode rc)
{
	const struct tls_reason *why;

	if (session_fail_peer(s, rc))
		return 1;
	if (s->e->tls == TLS_OFF)
		return 0;
	why = tls_reason_find(s->error, !s->is_certificate_wanted ?
	    TLS_NOT_ASKED : s->e->cert_file.len == 0 ? TLS_NONE_SHOWN :
	    TLS_SHOWN);
	if (why == NULL)
		return 0;
	failure_set(s->f, why->stage, why->reply, "%s", why->words);
	s->f->exit_status = why->exit_status;
	return 1;
}

/* Nothing in the table: the connection, or what came over it. */
static void
fail_dialogue(struct session *s, CURLcode rc)
{
	enum stage stage = session_stage(s);
	const char *text = error_text(s, rc);

	if (s->d.is_whole && s->d.answer.code >= 400) {
		failure_set_answer(s->f, dialogue_stage(&s->d), &s->d.answer);
		return;
	}
	if (rc == CURLE_OPERATION_TIMEDOUT) {
		failure_set(s->f, stage, REPLY_TIMEOUT, "%s", text);
	} else if (rc == CURLE_WEIRD_SERVER_REPLY) {
		/* RFC 3207 5: it could be taken for a reply inside TLS. */
		failure_set(s->f, stage, REPLY_GARBAGE, "%s",
		    stage == STAGE_TLS ? "the server sent something behind "
		    "its reply to STARTTLS" : text);
	} else {
		failure_set(s->f, stage, REPLY_LOST, "%s", text);
	}
}

void
session_explain(struct session *s, CURLcode rc)
{
	size_t i;

	if (s->f->is_set)
		return; /* a callback knew it */
	if (rc == CURLE_LOGIN_DENIED) {
		fail_login(s);
		return;
	}
	if (rc == CURLE_USE_SSL_FAILED) {
		fail_starttls(s);
		return;
	}
	if (session_fail_proxy(s, rc, connect_text(s, rc)) ||
	    fail_setting(s, rc) || fail_tls(s, rc))
		return;
	for (i = 0; i < sizeof failures / sizeof *failures; i++) {
		if (failures[i].rc != rc)
			continue;
		failure_set(s->f, failures[i].stage, failures[i].reply, "%s",
		    connect_text(s, rc));
		s->f->exit_status = failures[i].exit_status;
		return;
	}
	fail_dialogue(s, rc);
}
