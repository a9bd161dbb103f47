/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules that hold before anything is sent: a password does not travel in
 * clear but on the loopback, TLS asked for is TLS had, a mechanism that
 * nobody asked for (GSSAPI, NTLM) is not tried. Knows no libcurl.
 */
#include "relay/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/ascii.h"
#include "relay/endpoint_parts.h"
#include "relay/idn.h"
#include "settings/pattern.h"

/* RFC 5321 4.5.3.2; connecting has no limit there. */
#define CONNECT_MS 60000
#define REPLY_MS 300000
#define SOCKS_PORT 1080

void
endpoint_init(struct endpoint *e)
{
	memset(e, 0, sizeof *e);
	buf_init(&e->host, 0);
	buf_init(&e->domain, 0);
	buf_init(&e->socket, 0);
	buf_init(&e->source, 0);
	proxy_init(&e->proxy);
	buf_init(&e->trust_file, 0);
	buf_init(&e->crl_file, 0);
	buf_init(&e->pin, 0);
	buf_init(&e->name, 0);
	buf_init(&e->cert_file, 0);
	buf_init(&e->key_file, 0);
	tls_choice_init(&e->choice);
	buf_init(&e->user, 0);
	buf_init(&e->login, 0);
}

void
endpoint_release(struct endpoint *e)
{
	buf_release(&e->host);
	buf_release(&e->domain);
	buf_release(&e->socket);
	buf_release(&e->source);
	proxy_release(&e->proxy);
	buf_release(&e->trust_file);
	buf_release(&e->crl_file);
	buf_release(&e->pin);
	buf_release(&e->name);
	buf_release(&e->cert_file);
	buf_release(&e->key_file);
	tls_choice_release(&e->choice);
	buf_release(&e->user);
	buf_release(&e->login);
	endpoint_init(e);
}

/* A name for a command or a URL: no spaces, no controls. */
static int
is_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if (ascii_is_control(*s) || *s == ' ')
			return 0;
	return 1;
}

int
endpoint_load_name(struct buf *out, const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || !is_printable(text) || idn_to_ascii(text, out) == -1)
		return -1;
	return 0;
}

/* The name for EHLO, whose %H, %C and %M are found out here and now. */
static int
load_domain(struct endpoint *e, const struct values *v, struct failure *f)
{
	const char *domain = values_text(v, S_DOMAIN);
	struct fault why = FAULT_INIT;
	struct buf text = BUF_INIT;
	int rc = pattern_expand(&text, domain, PATTERN_DOMAIN, NULL, &why);

	if (rc == -1)
		failure_config(f, "domain: %s", why.text.data);
	else if (endpoint_load_name(&e->domain, text.data) == -1)
		rc = failure_config(f, "domain is not a name: %s", text.data);
	fault_release(&why);
	buf_release(&text);
	return rc;
}

/* [::1] and ::1 are the same host. */
static void
strip_brackets(struct buf *host)
{
	size_t n = host->len;

	if (n > 2 && host->data[0] == '[' && host->data[n - 1] == ']') {
		buf_truncate(host, n - 1);
		buf_consume(host, 1);
	}
}

int
endpoint_is_loopback(const struct sockaddr *address)
{
	static const unsigned char mapped[12] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
	};
	const struct sockaddr_in6 *six;
	const struct sockaddr_in *four;

	if (address->sa_family == AF_UNIX)
		return 1;
	if (address->sa_family == AF_INET) {
		four = (const struct sockaddr_in *)address;
		return ntohl(four->sin_addr.s_addr) >> 24 == 127;
	}
	if (address->sa_family != AF_INET6)
		return 0;
	six = (const struct sockaddr_in6 *)address;
	if (memcmp(six->sin6_addr.s6_addr, mapped, sizeof mapped) == 0)
		return six->sin6_addr.s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

int
endpoint_is_loopback_name(const char *host)
{
	static const char name[] = "localhost", below[] = ".localhost";
	size_t n = strlen(host), tail = sizeof below - 1;
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	memset(&four, 0, sizeof four);
	memset(&six, 0, sizeof six);
	four.sin_family = AF_INET;
	six.sin6_family = AF_INET6;
	if (inet_pton(AF_INET, host, &four.sin_addr) == 1)
		return endpoint_is_loopback((struct sockaddr *)&four);
	if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1)
		return endpoint_is_loopback((struct sockaddr *)&six);
	return ascii_is_equal(host, n, name, sizeof name - 1) ||
	    (n > tail && ascii_is_equal(host + n - tail, tail, below, tail));
}

/* msmtp's proxy_host is a SOCKS5 proxy that looks up names. */
static int
load_proxy(struct endpoint *e, const struct values *v, struct failure *f)
{
	const char *url = values_text(v, S_PROXY);
	struct buf name = BUF_INIT, why = BUF_INIT;
	int rc = 0;

	if (url[0] != '\0') {
		if (proxy_parse(&e->proxy, url, &why) == -1)
			rc = failure_config(f, "proxy: %s", why.data);
		buf_adds(&name, e->proxy.host.data);
	} else if (values_text(v, S_PROXY_HOST)[0] != '\0') {
		e->proxy.kind = PROXY_SOCKS5H;
		e->proxy.port = (unsigned)values_number(v, S_PROXY_PORT);
		if (e->proxy.port == 0)
			e->proxy.port = SOCKS_PORT;
		buf_adds(&name, values_text(v, S_PROXY_HOST));
	}
	buf_reset(&e->proxy.host);
	if (rc == 0 && e->proxy.kind != PROXY_NONE &&
	    endpoint_load_name(&e->proxy.host, name.data) == -1)
		rc = failure_config(f, "%s is not a name or an address: %s",
		    url[0] != '\0' ? "proxy" : "proxy_host", name.data);
	strip_brackets(&e->proxy.host);
	buf_release(&name);
	buf_release(&why);
	return rc;
}

/* A socket takes the place of host, port and proxy. */
static int
load_way(struct endpoint *e, const struct values *v, struct failure *f)
{
	const char *host = values_text(v, S_HOST);

	buf_adds(&e->socket, values_text(v, S_SOCKET));
	if (e->socket.len >= sizeof ((struct sockaddr_un *)NULL)->sun_path)
		return failure_config(f, "the name of the socket is too "
		    "long: %s", e->socket.data);
	if (host[0] == '\0' && e->socket.len != 0)
		host = "localhost";
	if (host[0] == '\0')
		return failure_config(f, "there is no host: add a line with "
		    "host");
	if (endpoint_load_name(&e->host, host) == -1)
		return failure_config(f, "host is not a name or an address: "
		    "%s", host);
	strip_brackets(&e->host);
	if (e->socket.len != 0)
		return 0;
	buf_adds(&e->source, values_text(v, S_SOURCE_IP));
	return load_proxy(e, v, f);
}

static int
load_port(struct endpoint *e, const struct values *v, struct failure *f)
{
	if (values_is_set(v, S_PORT))
		e->port = (unsigned)values_number(v, S_PORT);
	else if (!e->is_lmtp)
		e->port = e->tls == TLS_IMPLICIT ? 465 : 25;
	else if (e->socket.len != 0)
		e->port = 24;
	else
		return failure_config(f, "protocol lmtp has no usual port: add "
		    "a line with port");
	return 0;
}

/* Greeting and login are ours then, and that is all we can do. */
static int
load_protocol(struct endpoint *e, const struct values *v, struct failure *f)
{
	e->is_lmtp = values_is(v, S_PROTOCOL, "lmtp");
	if (!e->is_lmtp)
		return 0;
	if (e->tls == TLS_STARTTLS)
		return failure_config(f, "protocol lmtp cannot start TLS by "
		    "STARTTLS: add tls_starttls off, or tls off for a server "
		    "on this host");
	if (!e->wants_login)
		return 0;
	/* What is left of "auth on" without TLS hides the password. */
	if (strcmp(e->auth, "on") == 0 &&
	    strstr(e->login_options, "AUTH=PLAIN") == NULL)
		return failure_config(f, "the password would go over the "
		    "network in clear: add tls on");
	if (strstr(e->login_options, "AUTH=PLAIN") == NULL &&
	    strstr(e->login_options, "AUTH=LOGIN") == NULL)
		return failure_config(f, "protocol lmtp knows only auth plain "
		    "and login, not: %s", values_text(v, S_AUTH));
	return 0;
}

static void
load_limits(struct endpoint *e, const struct values *v)
{
	e->timeout_s = values_number(v, S_TIMEOUT);
	e->connect_ms = e->timeout_s != 0 ? e->timeout_s * 1000 : CONNECT_MS;
	e->reply_ms = e->timeout_s != 0 ? e->timeout_s * 1000 : REPLY_MS;
}

int
endpoint_load(struct endpoint *e, const struct values *v, struct failure *f)
{
	endpoint_release(e);
	if (load_way(e, v, f) == -1)
		return -1;
	if (load_domain(e, v, f) == -1)
		return -1;
	if (endpoint_load_tls(e, v, f) == -1 ||
	    endpoint_load_login(e, v, f) == -1 ||
	    load_protocol(e, v, f) == -1 || load_port(e, v, f) == -1)
		return -1;
	load_limits(e, v);
	return 0;
}

void
endpoint_hurry(struct endpoint *e, long long most_ms)
{
	if (most_ms > 0 && e->connect_ms > most_ms)
		e->connect_ms = most_ms;
}

int
endpoint_is_same(const struct values *a, const struct values *b)
{
	static const enum setting_id ids[] = {
		S_HOST, S_PORT, S_PROTOCOL, S_SOCKET, S_SOURCE_IP, S_PROXY,
		S_PROXY_HOST, S_PROXY_PORT, S_DOMAIN, S_AUTH, S_USER, S_NTLMDOMAIN,
		S_PASSWORD_FILE, S_PASSWORDEVAL, S_TLS, S_TLS_STARTTLS,
		S_TLS_TRUST_FILE, S_TLS_CERTCHECK, S_TLS_FINGERPRINT,
		S_TLS_PIN, S_TLS_HOST_OVERRIDE, S_TLS_CRL_FILE,
		S_TLS_CERT_FILE, S_TLS_KEY_FILE, S_TLS_MIN_VERSION,
		S_TLS_CIPHERS, S_TLS_PRIORITIES, S_TIMEOUT
	};
	size_t i;

	for (i = 0; i < sizeof ids / sizeof *ids; i++)
		if (strcmp(values_text(a, ids[i]), values_text(b, ids[i])) != 0)
			return 0;
	return 1;
}
