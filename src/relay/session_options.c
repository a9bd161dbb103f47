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

void
session_set_long(CURLcode *rc, CURL *easy, CURLoption option, long value)
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

/* smtp://HOST:PORT/EHLO-NAME */
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
	buf_addf(&text, strchr(e->host.data, ':') != NULL ? "[%s]" : "%s",
	    e->host.data);
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

static void
set_tls(CURLcode *rc, CURL *easy, const struct endpoint *e)
{
	const char *directory = NULL;

	if (e->tls == TLS_OFF)
		return;
	session_set_long(rc, easy, CURLOPT_USE_SSL, CURLUSESSL_ALL);
	session_set_long(rc, easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	session_set_long(rc, easy, CURLOPT_SSL_ENABLE_ALPN, 0);
	session_set_long(rc, easy, CURLOPT_SSL_VERIFYPEER, e->check_certificate);
	session_set_long(rc, easy, CURLOPT_SSL_VERIFYHOST,
	    e->check_certificate ? 2 : 0);
	if (!e->check_certificate)
		return;
	if (e->trust_file.len != 0) {
		/* Else the system's directory would stay trusted as well. */
		set_text(rc, easy, CURLOPT_CAINFO, e->trust_file.data);
		set_text(rc, easy, CURLOPT_CAPATH, NULL);
		return;
	}
	if (strncmp(curl_version_info(CURLVERSION_NOW)->ssl_version,
	    "OpenSSL", 7) == 0)
		directory = endpoint_hashed_certificates(CERTIFICATES);
	if (directory != NULL) {
		set_text(rc, easy, CURLOPT_CAINFO, NULL);
		set_text(rc, easy, CURLOPT_CAPATH, directory);
	}
}

static void
set_login(CURLcode *rc, CURL *easy, const struct endpoint *e,
    const char *secret)
{
	if (e->user.len == 0 || e->is_lmtp)
		return;
	set_text(rc, easy, CURLOPT_USERNAME, e->user.data);
	set_text(rc, easy, CURLOPT_LOGIN_OPTIONS, e->login_options);
	/* Coremail refuses an initial response. */
	session_set_long(rc, easy, CURLOPT_SASL_IR, 0);
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

	session_set_long(rc, easy, CURLOPT_CONNECT_ONLY, 1);
	set_text(rc, easy, CURLOPT_PROTOCOLS_STR,
	    e->is_lmtp ? "http,https" : "smtp,smtps");
	/* An HTTP proxy would take the connection for its own. */
	session_set_long(rc, easy, CURLOPT_HTTPPROXYTUNNEL, e->is_lmtp);
	set_text(rc, easy, CURLOPT_PROXY, "");
	session_set_long(rc, easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	session_set_long(rc, easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1);
	session_set_long(rc, easy, CURLOPT_NOSIGNAL, 1);
	session_set_long(rc, easy, CURLOPT_TCP_NODELAY, 1);
	session_set_long(rc, easy, CURLOPT_TCP_KEEPALIVE, 1);
	session_set_long(rc, easy, CURLOPT_CONNECTTIMEOUT, backstop);
	session_set_long(rc, easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, backstop);
	/* A name look-up under way must not keep us from ending (7.87). */
	quick = curl_easy_option_by_name("QUICK_EXIT");
	if (quick != NULL)
		session_set_long(rc, easy, quick->id, 1);
}

void
session_set_options(CURLcode *rc, CURL *easy, const struct endpoint *e,
    const char *secret)
{
	set_url(rc, easy, e);
	set_connection(rc, easy, e);
	set_tls(rc, easy, e);
	set_login(rc, easy, e, secret);
}
