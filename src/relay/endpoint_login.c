/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which mechanism logs in. libcurl takes, of those that it is allowed and the
 * server offers, the one that it thinks best: SCRAM, DIGEST-MD5, CRAM-MD5,
 * PLAIN, LOGIN. So what it is allowed decides: with "auth on" nothing that
 * needs more than user and password (it prefers GSSAPI when the user has an
 * at sign), and nothing that shows the password where it could be seen.
 */
#include "relay/endpoint_parts.h"

#include <string.h>

#include "base/ascii.h"
#include "relay/capability.h"

/* Sets for "auth on", compared by their address. */
static const char shielded[] = "AUTH=SCRAM-SHA-256;AUTH=SCRAM-SHA-1;"
    "AUTH=PLAIN;AUTH=LOGIN";
static const char hashed[] = "AUTH=SCRAM-SHA-256;AUTH=SCRAM-SHA-1;"
    "AUTH=DIGEST-MD5;AUTH=CRAM-MD5";
static const char all[] = "AUTH=SCRAM-SHA-256;AUTH=SCRAM-SHA-1;"
    "AUTH=DIGEST-MD5;AUTH=CRAM-MD5;AUTH=PLAIN;AUTH=LOGIN";
static const char only_login[] = "AUTH=LOGIN";

enum mechanism_flags {
	IS_CLEAR = 1,  /* tells the password to whoever listens */
	IS_BEARER = 2,
	NO_SECRET = 4
};

static const struct mechanism {
	const char *auth;
	const char *options;
	int flags;
	enum login_need needs;
} mechanisms[] = {
	{ "on", shielded, IS_CLEAR, NEEDS_NOTHING },
	{ "login", only_login, IS_CLEAR, NEEDS_NOTHING },
	{ "plain", "AUTH=PLAIN", IS_CLEAR, NEEDS_NOTHING },
	{ "cram-md5", "AUTH=CRAM-MD5", 0, NEEDS_NOTHING },
	{ "digest-md5", "AUTH=DIGEST-MD5", 0, NEEDS_NOTHING },
	{ "scram-sha-1", "AUTH=SCRAM-SHA-1", 0, NEEDS_GSASL },
	{ "scram-sha-256", "AUTH=SCRAM-SHA-256", 0, NEEDS_GSASL },
	{ "ntlm", "AUTH=NTLM", 0, NEEDS_NTLM },
	{ "external", "AUTH=EXTERNAL", NO_SECRET, NEEDS_NOTHING },
	{ "gssapi", "AUTH=GSSAPI", NO_SECRET, NEEDS_GSSAPI },
	{ "xoauth2", "AUTH=XOAUTH2", IS_CLEAR | IS_BEARER, NEEDS_NOTHING },
	{ "oauthbearer", "AUTH=OAUTHBEARER", IS_CLEAR | IS_BEARER,
	    NEEDS_NOTHING },
};

static const struct mechanism *
find_mechanism(const char *auth)
{
	size_t i;

	for (i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++)
		if (strcmp(auth, mechanisms[i].auth) == 0)
			return &mechanisms[i];
	return NULL;
}

/* What libcurl is given as the user. */
static int
load_user(struct endpoint *e, const struct values *v, struct failure *f)
{
	const char *user = values_text(v, S_USER);
	const char *domain = values_text(v, S_NTLMDOMAIN);

	buf_adds(&e->user, user);
	if (strcmp(e->auth, "ntlm") == 0 && domain[0] != '\0' &&
	    strpbrk(user, "/\\") == NULL)
		buf_addf(&e->login, "%s\\", domain);
	buf_adds(&e->login, user);
	if (user[0] == '\0' && strcmp(e->auth, "external") != 0)
		return failure_config(f, "auth is on, but there is no user: "
		    "add a line with user");
	/* libcurl leaves GSSAPI alone otherwise. */
	if (strcmp(e->auth, "gssapi") == 0 && strpbrk(user, "@/\\") == NULL)
		return failure_config(f, "auth gssapi needs a user with a "
		    "realm, like %s@EXAMPLE.ORG", user);
	return 0;
}

/* The server has to know who it is otherwise. */
static int
check_external(const struct endpoint *e, struct failure *f)
{
	if (strcmp(e->auth, "external") != 0 || e->socket.len != 0 ||
	    (e->tls != TLS_OFF && e->cert_file.len != 0))
		return 0;
	return failure_config(f, "auth external needs a certificate to show: "
	    "add %s", e->tls == TLS_OFF ? "tls on and tls_cert_file" :
	    "tls_cert_file");
}

/*
 * Without TLS. A proxy sees everything, wherever the server is; a unix socket
 * nobody but its other end does.
 */
static int
check_clear(struct endpoint *e, const struct mechanism *m, struct failure *f)
{
	int is_on = m->options == shielded;

	if (e->tls != TLS_OFF || (m->flags & IS_CLEAR) == 0)
		return 0;
	if (is_on)
		e->login_options = all;
	if (e->socket.len != 0)
		return 0;
	if (e->proxy.kind == PROXY_NONE &&
	    endpoint_is_loopback_name(e->host.data)) {
		e->only_loopback = 1;
		return 0;
	}
	if (is_on) {
		e->login_options = hashed;
		return 0;
	}
	return failure_config(f, "the password would go over the network in "
	    "clear: add tls on");
}

int
endpoint_load_login(struct endpoint *e, const struct values *v,
    struct failure *f)
{
	const struct mechanism *m;

	e->auth = "off";
	if (values_is(v, S_AUTH, "off"))
		return 0;
	m = find_mechanism(values_text(v, S_AUTH));
	if (m == NULL)
		return failure_config(f, "auth: not known here: %s",
		    values_text(v, S_AUTH));
	e->auth = m->auth;
	e->wants_login = 1;
	e->login_options = m->options;
	e->needs = m->needs;
	e->is_bearer = (m->flags & IS_BEARER) != 0;
	e->wants_password = (m->flags & NO_SECRET) == 0;
	if (load_user(e, v, f) == -1 || check_external(e, f) == -1)
		return -1;
	return check_clear(e, m, f);
}

static int
offers(const struct capabilities *offer, const char *name)
{
	size_t i;

	for (i = 0; i < offer->auth.n; i++)
		if (ascii_is_same(offer->auth.v[i], name))
			return 1;
	return 0;
}

int
endpoint_next_login(struct endpoint *e, int code,
    const struct capabilities *offer)
{
	/* A server may name PLAIN and not know it. */
	if (code == 504 && (e->login_options == shielded ||
	    e->login_options == all)) {
		e->login_options = only_login;
		return 1;
	}
	/* With TLS PLAIN is better, so these come last. */
	if (code == 0 && e->login_options == shielded &&
	    (offers(offer, "CRAM-MD5") || offers(offer, "DIGEST-MD5"))) {
		e->login_options = hashed;
		return 1;
	}
	return 0;
}
