/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What went wrong between here and the proxy, or between it and the server. */
#include "relay/session_state.h"

#include <string.h>

/* SOCKS (RFC 1928, RFC 1929). */
static const struct {
	long code;
	enum reply reply;
	const char *words;
} socks[] = {
	{ CURLPX_USER_REJECTED, REPLY_R5XX, "user or password is wrong" },
	{ CURLPX_NO_AUTH, REPLY_R5XX, "it wants a login: write "
	    "USER@ into the setting proxy, and add proxy_password" },
	{ CURLPX_LONG_USER, REPLY_R5XX, "the user name is too long" },
	{ CURLPX_LONG_PASSWD, REPLY_R5XX, "the password is too long" },
	{ CURLPX_REPLY_NOT_ALLOWED, REPLY_ANY,
	    "it does not allow a connection to the server" },
	{ CURLPX_REPLY_CONNECTION_REFUSED, REPLY_ANY,
	    "the server refuses its connection" },
	{ CURLPX_REPLY_HOST_UNREACHABLE, REPLY_ANY,
	    "it does not reach, or does not know, the server" },
	{ CURLPX_REPLY_NETWORK_UNREACHABLE, REPLY_ANY,
	    "it does not reach the network of the server" },
	{ CURLPX_REPLY_GENERAL_SERVER_FAILURE, REPLY_ANY,
	    "it has a failure of its own" },
	{ CURLPX_BAD_VERSION, REPLY_ANY, "it is no SOCKS5 proxy" },
	{ CURLPX_CLOSED, REPLY_LOST, "it closed the connection" },
	{ CURLPX_RESOLVE_HOST, REPLY_ANY,
	    "the name of the server cannot be resolved here" },
};

static void
fail_socks(struct session *s, const char *text)
{
	long code = 0;
	size_t i;

	curl_easy_getinfo(s->easy, CURLINFO_PROXY_ERROR, &code);
	for (i = 0; i < sizeof socks / sizeof *socks; i++)
		if (socks[i].code == code)
			failure_set(s->f, STAGE_PROXY, socks[i].reply, "%s",
			    socks[i].words);
	failure_set(s->f, STAGE_PROXY, REPLY_ANY, "%s", text);
}

/* The reply to CONNECT (RFC 9110 9.3.6). */
static void
fail_http(struct session *s, const char *text)
{
	long code = 0;

	curl_easy_getinfo(s->easy, CURLINFO_HTTP_CONNECTCODE, &code);
	if (code == 407)
		failure_set(s->f, STAGE_PROXY, REPLY_R5XX, "%s",
		    s->e->proxy.user.len != 0 ? "user or password is wrong" :
		    "it wants a login: write USER@ into the setting proxy, "
		    "and add proxy_password");
	else if (code >= 300)
		failure_set(s->f, STAGE_PROXY, REPLY_ANY,
		    "it answers %ld to CONNECT", code);
	else
		failure_set(s->f, STAGE_PROXY, REPLY_ANY, "%s", text);
}

int
session_fail_proxy(struct session *s, CURLcode rc, const char *text)
{
	if (s->e->proxy.kind == PROXY_NONE || s->d.phase != PHASE_GREETING)
		return 0;
	if (s->e->proxy.kind == PROXY_HTTP && (rc == CURLE_NOT_BUILT_IN ||
	    rc == CURLE_UNSUPPORTED_PROTOCOL)) {
		failure_config(s->f, "libcurl here has no HTTP proxies: use a "
		    "SOCKS5 proxy");
		return 1;
	}
	if (s->is_tunnelled)
		return 0;
	switch (rc) {
	case CURLE_COULDNT_RESOLVE_HOST:
		/* 7.88 says so of a SOCKS proxy. Later it is the server. */
		if (s->had_socket)
			return 0;
		/* fall through */
	case CURLE_COULDNT_RESOLVE_PROXY:
		failure_set(s->f, STAGE_PROXY, REPLY_LOST, "%s", text);
		return 1;
	case CURLE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
		break;
	default:
		return 0;
	}
	if (rc == CURLE_COULDNT_CONNECT && !s->is_connected)
		failure_set(s->f, STAGE_PROXY, REPLY_LOST, "%s", text);
	else if (s->e->proxy.kind == PROXY_HTTP)
		fail_http(s, text);
	else
		fail_socks(s, text);
	return 1;
}
