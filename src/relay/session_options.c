/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The endpoint in libcurl's options. What is not set here is what libcurl does
 * by itself, so what could surprise (netrc, proxies, other protocols) is.
 */
#include "relay/session_state.h"

#include <string.h>

#include "base/buf.h"

#define CERTIFICATES "/etc/ssl/certs"
/* libcurl's own limits stand far behind ours. */
#define BACKSTOP_FACTOR 8
#define BACKSTOP_MAX_S 1000000

/* The first failure stays in *rc. */

static void
set_long(CURLcode *rc, CURL *easy, CURLoption option, long value)
{
	if (*rc == CURLE_OK)
		*rc = curl_easy_setopt(easy, option, value);
}

static void
set_text(CURLcode *rc, CURL *easy, CURLoption option, const char *value)
{
	if (*rc == CURLE_OK)
		*rc = curl_easy_setopt(easy, option, value);
}

/* The same for a value that need not be there. */
static void
set_buf(CURLcode *rc, CURL *easy, CURLoption option, const struct buf *value)
{
	if (value->len != 0)
		set_text(rc, easy, option, value->data);
}

/* What a libcurl may lack. */

static int
lacks(struct session *s, int feature, const char *what, const char *advice)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	if ((v->features & feature) != 0)
		return 0;
	return failure_config(s->f, "libcurl %s here has no %s: %s",
	    v->version, what, advice);
}

static int
check_mechanism(struct session *s)
{
	switch (s->e->needs) {
	case NEEDS_NTLM:
		return lacks(s, CURL_VERSION_NTLM, "NTLM",
		    "use auth plain with tls on");
	case NEEDS_GSSAPI:
		return lacks(s, CURL_VERSION_GSSAPI, "GSSAPI (Kerberos)",
		    "use auth plain with tls on");
	case NEEDS_GSASL:
		return lacks(s, CURL_VERSION_GSASL, "SCRAM",
		    "use auth plain with tls on");
	case NEEDS_NOTHING:
		break;
	}
	return 0;
}

int
session_check_features(struct session *s)
{
	const struct endpoint *e = s->e;

	if (e->tls != TLS_OFF && lacks(s, CURL_VERSION_SSL, "TLS",
	    "install one that has it") == -1)
		return -1;
	if (e->socket.len != 0 && lacks(s, CURL_VERSION_UNIX_SOCKETS,
	    "unix sockets", "use host and port") == -1)
		return -1;
	return check_mechanism(s);
}

/* The way to the server. */

static void
add_host(struct buf *out, const char *host)
{
	buf_addf(out, strchr(host, ':') != NULL ? "[%s]" : "%s", host);
}

/*
 * LMTP, which libcurl does not speak, needs no more of it than a connection,
 * with TLS or without: as for HTTP when only the connection is asked for.
 */
static const char *
url_scheme(const struct endpoint *e)
{
	if (e->is_lmtp)
		return e->tls == TLS_IMPLICIT ? "https" : "http";
	return e->tls == TLS_IMPLICIT ? "smtps" : "smtp";
}

/* smtp://HOST:PORT/EHLO-NAME; HOST is what the certificate is held against. */
static void
set_url(CURLcode *rc, CURL *easy, const struct endpoint *e)
{
	struct buf text = BUF_INIT;
	CURLU *u = curl_url();
	char *url = NULL;
	CURLUcode bad = CURLUE_OUT_OF_MEMORY;

	if (u == NULL)
		goto out;
	bad = curl_url_set(u, CURLUPART_SCHEME, url_scheme(e), 0);
	add_host(&text, e->name.len != 0 ? e->name.data : e->host.data);
	if (bad == CURLUE_OK)
		bad = curl_url_set(u, CURLUPART_HOST, text.data, 0);
	buf_reset(&text);
	buf_addf(&text, "%u", e->port);
	if (bad == CURLUE_OK)
		bad = curl_url_set(u, CURLUPART_PORT, text.data, 0);
	buf_reset(&text);
	buf_addf(&text, "/%s", e->domain.data);
	if (bad == CURLUE_OK)
		bad = curl_url_set(u, CURLUPART_PATH, text.data,
		    CURLU_URLENCODE);
	if (bad == CURLUE_OK)
		bad = curl_url_get(u, CURLUPART_URL, &url, 0);
out:
	if (bad != CURLUE_OK)
		*rc = CURLE_URL_MALFORMAT;
	else
		set_text(rc, easy, CURLOPT_URL, url);
	curl_free(url);
	curl_url_cleanup(u);
	buf_release(&text);
}

/* The URL names another host than the one to connect to. */
static void
set_detour(CURLcode *rc, struct session *s)
{
	struct buf text = BUF_INIT;

	if (s->e->name.len == 0 || s->e->socket.len != 0)
		return;
	buf_adds(&text, "::");
	add_host(&text, s->e->host.data);
	buf_addf(&text, ":%u", s->e->port);
	s->detour = curl_slist_append(NULL, text.data);
	if (*rc == CURLE_OK)
		*rc = s->detour == NULL ? CURLE_OUT_OF_MEMORY :
		    curl_easy_setopt(s->easy, CURLOPT_CONNECT_TO, s->detour);
	buf_release(&text);
}

static void
set_proxy(CURLcode *rc, CURL *easy, const struct endpoint *e,
    const char *secret)
{
	struct buf text = BUF_INIT;

	/* Else ALL_PROXY and its kin would count. */
	set_text(rc, easy, CURLOPT_NOPROXY, "");
	if (e->proxy.kind == PROXY_NONE) {
		set_text(rc, easy, CURLOPT_PROXY, "");
		return;
	}
	buf_addf(&text, "%s://", proxy_scheme(e->proxy.kind));
	add_host(&text, e->proxy.host.data);
	buf_addf(&text, ":%u", e->proxy.port);
	set_text(rc, easy, CURLOPT_PROXY, text.data);
	buf_release(&text);
	set_long(rc, easy, CURLOPT_HTTPPROXYTUNNEL,
	    e->proxy.kind == PROXY_HTTP);
	/* libcurl would offer GSSAPI as well. */
	set_long(rc, easy, CURLOPT_SOCKS5_AUTH, CURLAUTH_BASIC);
	set_long(rc, easy, CURLOPT_PROXYAUTH, CURLAUTH_BASIC);
	if (e->proxy.user.len == 0)
		return;
	set_text(rc, easy, CURLOPT_PROXYUSERNAME, e->proxy.user.data);
	set_text(rc, easy, CURLOPT_PROXYPASSWORD,
	    secret != NULL ? secret : "");
}

static void
set_way(CURLcode *rc, CURL *easy, const struct endpoint *e)
{
	struct buf text = BUF_INIT;

	set_buf(rc, easy, CURLOPT_UNIX_SOCKET_PATH, &e->socket);
	if (e->source.len == 0)
		return;
	/* Without the prefix it could be taken for a device. */
	buf_addf(&text, "host!%s", e->source.data);
	set_text(rc, easy, CURLOPT_INTERFACE, text.data);
	buf_release(&text);
}

/* TLS. */

static int
has_openssl(void)
{
	return strncmp(curl_version_info(CURLVERSION_NOW)->ssl_version,
	    "OpenSSL", 7) == 0;
}

static void
set_trust(CURLcode *rc, CURL *easy, const struct endpoint *e)
{
	const char *directory = NULL;

	set_long(rc, easy, CURLOPT_SSL_VERIFYPEER, e->check_certificate);
	set_long(rc, easy, CURLOPT_SSL_VERIFYHOST,
	    e->check_certificate ? 2 : 0);
	set_buf(rc, easy, CURLOPT_PINNEDPUBLICKEY, &e->pin);
	if (!e->check_certificate)
		return;
	set_buf(rc, easy, CURLOPT_CRLFILE, &e->crl_file);
	if (e->trust_file.len != 0) {
		/* Else the system's directory would stay trusted as well. */
		set_text(rc, easy, CURLOPT_CAINFO, e->trust_file.data);
		set_text(rc, easy, CURLOPT_CAPATH, NULL);
		return;
	}
	if (has_openssl())
		directory = endpoint_hashed_certificates(CERTIFICATES);
	if (directory != NULL) {
		set_text(rc, easy, CURLOPT_CAINFO, NULL);
		set_text(rc, easy, CURLOPT_CAPATH, directory);
	}
}

static void
set_certificate(CURLcode *rc, CURL *easy, const struct endpoint *e,
    const char *secret)
{
	if (e->cert_file.len == 0)
		return;
	if (endpoint_is_token(&e->cert_file) || endpoint_is_token(&e->key_file))
		set_text(rc, easy, CURLOPT_SSLENGINE, "pkcs11");
	if (endpoint_is_token(&e->cert_file))
		set_text(rc, easy, CURLOPT_SSLCERTTYPE, "ENG");
	if (endpoint_is_token(e->key_file.len != 0 ? &e->key_file :
	    &e->cert_file))
		set_text(rc, easy, CURLOPT_SSLKEYTYPE, "ENG");
	set_buf(rc, easy, CURLOPT_SSLCERT, &e->cert_file);
	set_buf(rc, easy, CURLOPT_SSLKEY, &e->key_file);
	/* Without one OpenSSL would ask on the terminal. */
	set_text(rc, easy, CURLOPT_KEYPASSWD, secret != NULL &&
	    endpoint_has_locked_key(e) ? secret : "");
}

static void
set_choice(CURLcode *rc, CURL *easy, const struct tls_choice *c)
{
	struct buf ciphers = BUF_INIT;
	long versions = CURL_SSLVERSION_TLSv1_0 + (long)c->min;

	/* No upper limit leaves room for what comes after 1.3. */
	if (c->max != TLS_1_3)
		versions |= (CURL_SSLVERSION_TLSv1_0 + (long)c->max) << 16;
	set_long(rc, easy, CURLOPT_SSLVERSION, versions);
	buf_add(&ciphers, c->ciphers.data, c->ciphers.len);
	/* OpenSSL has the old versions only below its level 1. */
	if (c->min < TLS_1_2 && has_openssl() &&
	    strstr(ciphers.data, "@SECLEVEL") == NULL)
		buf_addf(&ciphers, "%s@SECLEVEL=0", ciphers.len != 0 ? ":" :
		    "DEFAULT:");
	set_buf(rc, easy, CURLOPT_SSL_CIPHER_LIST, &ciphers);
	set_buf(rc, easy, CURLOPT_TLS13_CIPHERS, &c->ciphers_13);
	set_buf(rc, easy, CURLOPT_SSL_EC_CURVES, &c->curves);
	buf_release(&ciphers);
}

static void
set_tls(CURLcode *rc, CURL *easy, const struct endpoint *e,
    const char *secret)
{
	if (e->tls == TLS_OFF)
		return;
	set_long(rc, easy, CURLOPT_USE_SSL, CURLUSESSL_ALL);
	set_long(rc, easy, CURLOPT_SSL_ENABLE_ALPN, 0);
	/* What the certificate is, for session_peer.c. */
	set_long(rc, easy, CURLOPT_CERTINFO, 1);
	set_choice(rc, easy, &e->choice);
	set_trust(rc, easy, e);
	set_certificate(rc, easy, e, secret);
}

static void
set_login(CURLcode *rc, CURL *easy, const struct endpoint *e,
    const char *secret)
{
	if (!e->wants_login || e->is_lmtp)
		return;
	set_text(rc, easy, CURLOPT_LOGIN_OPTIONS, e->login_options);
	/* Coremail refuses an initial response. */
	set_long(rc, easy, CURLOPT_SASL_IR, 0);
	set_buf(rc, easy, CURLOPT_USERNAME, &e->login);
	if (e->wants_password)
		set_text(rc, easy, e->is_bearer ? CURLOPT_XOAUTH2_BEARER :
		    CURLOPT_PASSWORD, secret != NULL ? secret : "");
}

static void
set_connection(CURLcode *rc, CURL *easy, const struct endpoint *e)
{
	long long seconds = (e->connect_ms + e->reply_ms) / 1000;
	long backstop = seconds < BACKSTOP_MAX_S / BACKSTOP_FACTOR ?
	    (long)seconds * BACKSTOP_FACTOR : BACKSTOP_MAX_S;
	const struct curl_easyoption *quick;

	set_long(rc, easy, CURLOPT_CONNECT_ONLY, 1);
	set_text(rc, easy, CURLOPT_PROTOCOLS_STR,
	    e->is_lmtp ? "http,https" : "smtp,smtps");
	/* An HTTP proxy would take the connection for its own. */
	if (e->is_lmtp)
		set_long(rc, easy, CURLOPT_HTTPPROXYTUNNEL, 1);
	set_long(rc, easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	set_long(rc, easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1);
	set_long(rc, easy, CURLOPT_NOSIGNAL, 1);
	set_long(rc, easy, CURLOPT_TCP_NODELAY, 1);
	set_long(rc, easy, CURLOPT_TCP_KEEPALIVE, 1);
	set_long(rc, easy, CURLOPT_CONNECTTIMEOUT, backstop);
	set_long(rc, easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, backstop);
	/* A name look-up under way must not keep us from ending (7.87). */
	quick = curl_easy_option_by_name("QUICK_EXIT");
	if (quick != NULL)
		set_long(rc, easy, quick->id, 1);
}

CURLcode
session_set_options(struct session *s, const struct session_secrets *secrets)
{
	const struct endpoint *e = s->e;
	CURLcode rc = CURLE_OK;

	set_url(&rc, s->easy, e);
	set_detour(&rc, s);
	set_connection(&rc, s->easy, e);
	set_way(&rc, s->easy, e);
	set_proxy(&rc, s->easy, e, secrets->proxy);
	set_tls(&rc, s->easy, e, secrets->password);
	set_login(&rc, s->easy, e, secrets->password);
	return rc;
}
