/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libcurl at work: which stage it is at and since when, every reply before
 * it acts on it, every socket before it connects. Steps that only a check
 * shows are told from here.
 */
#include "relay/session_state.h"

#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* Steps that only a check shows. */

void
session_show(struct session *s, const char *name, const char *sent,
    const char *text)
{
	if (s->step != NULL)
		s->step(s->arg, name, sent, text);
}

void
session_show_addresses(struct session *s)
{
	struct addrinfo hints, *list = NULL, *a;
	struct buf text = BUF_INIT;
	char host[64];
	int rc;

	/* Who uses a proxy may not want to ask for the name here. */
	if (s->e->socket.len != 0 || (s->e->proxy.kind != PROXY_NONE &&
	    s->e->proxy.kind != PROXY_SOCKS5))
		return;
	memset(&hints, 0, sizeof hints);
	hints.ai_socktype = SOCK_STREAM;
	rc = getaddrinfo(s->e->host.data, NULL, &hints, &list);
	if (rc != 0)
		buf_adds(&text, gai_strerror(rc));
	for (a = rc == 0 ? list : NULL; a != NULL; a = a->ai_next) {
		if (getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host,
		    NULL, 0, NI_NUMERICHOST) != 0)
			continue;
		if (text.len != 0)
			buf_addc(&text, '\n');
		buf_adds(&text, host);
	}
	session_show(s, "resolve", s->e->host.data, text.data);
	if (rc == 0)
		freeaddrinfo(list);
	buf_release(&text);
}

static void
look_at_socket(struct session *s, int fd)
{
	socklen_t len = sizeof s->peer;

	if (!s->is_connected && fd != -1 &&
	    getpeername(fd, (struct sockaddr *)&s->peer, &len) == 0)
		s->is_connected = 1;
}

/*
 * Whether there is, or was, a connection. (libcurl tells of it only when TLS
 * from the start is done as well.)
 */
static int
is_connected(struct session *s)
{
	size_t i;

	for (i = 0; i < SOCKETS_MAX; i++)
		look_at_socket(s, s->sockets[i]);
	return s->is_connected;
}

void
session_show_tcp(struct session *s)
{
	int has_proxy = s->e->proxy.kind != PROXY_NONE;
	struct buf text = BUF_INIT;
	char host[64];

	if (!s->is_check || s->is_tcp_shown || !is_connected(s))
		return;
	s->is_tcp_shown = 1;
	if (s->e->socket.len != 0) {
		session_show(s, "socket", "", s->e->socket.data);
		return;
	}
	if (getnameinfo((struct sockaddr *)&s->peer, sizeof s->peer, host,
	    sizeof host, NULL, 0, NI_NUMERICHOST) != 0)
		host[0] = '\0';
	buf_addf(&text, "%s port %u", host,
	    has_proxy ? s->e->proxy.port : s->e->port);
	session_show(s, has_proxy ? "proxy" : "tcp", "", text.data);
	buf_release(&text);
}

/* The clocks. */

/* The stage that is under way. */
enum stage
session_stage(struct session *s)
{
	int has_proxy = s->e->proxy.kind != PROXY_NONE;
	curl_off_t secure_us = 0;

	if (!s->had_socket)
		return has_proxy ? STAGE_PROXY : STAGE_RESOLVE;
	if (!is_connected(s))
		return has_proxy ? STAGE_PROXY : STAGE_CONNECT;
	if (has_proxy && !s->is_tunnelled && s->d.phase == PHASE_GREETING)
		return STAGE_PROXY;
	curl_easy_getinfo(s->easy, CURLINFO_APPCONNECT_TIME_T, &secure_us);
	if (secure_us == 0 && (s->e->tls == TLS_IMPLICIT || s->d.is_started))
		return STAGE_TLS;
	return dialogue_stage(&s->d);
}

long long
session_limit(const struct session *s)
{
	switch (s->stage) {
	case STAGE_RESOLVE:
	case STAGE_CONNECT:
	case STAGE_PROXY:
	case STAGE_TLS:
		return s->e->connect_ms;
	default:
		return s->e->reply_ms;
	}
}

/* Milliseconds that the stage has left; a new stage, or a reply that has
 * come (since is 0), begins anew. */
long long
session_time_left(struct session *s)
{
	enum stage stage = session_stage(s);
	long long now = clock_monotonic_ms();

	if (stage != s->stage || s->since == 0) {
		s->stage = stage;
		s->since = now;
	}
	return s->since + session_limit(s) - now;
}

/* Callbacks. */

/* Each line of the server. A short return stops libcurl before it acts. */
static size_t
on_line(char *p, size_t size, size_t n, void *arg)
{
	struct session *s = arg;
	struct buf words = BUF_INIT;
	enum stage stage = dialogue_stage(&s->d);

	n *= size;
	session_show_tcp(s);
	session_show_tls(s);
	if (!session_identify(s))
		return 0;
	switch (dialogue_line(&s->d, p, n)) {
	case 1:
		s->since = 0;
		return n;
	case 0:
		return n;
	default:
		answer_text(&s->d.answer, &words);
		failure_set(s->f, stage, REPLY_GARBAGE,
		    "the server sent what is no reply: %s", words.data);
		buf_release(&words);
		return 0;
	}
}

/* What libcurl says about its own doings. */
static void
take_words(struct session *s, const char *p, size_t len)
{
	static const char cipher[] = "SSL connection using ";
	size_t n = sizeof cipher - 1;
	struct buf words = BUF_INIT;

	buf_add(&words, p, len);
	if (words.len != 0 && words.data[words.len - 1] == '\n')
		buf_truncate(&words, words.len - 1);
	if (strncmp(words.data, cipher, n) == 0)
		buf_set(&s->cipher, words.data + n, words.len - n);
	else if (strstr(words.data, "(IN), TLS handshake, Request CERT") !=
	    NULL)
		s->is_certificate_wanted = 1;
	else if (strstr(words.data, "SOCKS5 request granted") != NULL ||
	    strstr(words.data, "CONNECT tunnel established") != NULL ||
	    strstr(words.data, "Proxy replied 200 to CONNECT") != NULL)
		s->is_tunnelled = 1;
	buf_release(&words);
}

static int
on_debug(CURL *easy, curl_infotype type, char *p, size_t len, void *arg)
{
	struct session *s = arg;

	(void)easy;
	if (type == CURLINFO_TEXT)
		take_words(s, p, len);
	/* Before the greeting only a proxy is spoken to, perhaps of secrets. */
	else if (type == CURLINFO_HEADER_OUT && s->step != NULL &&
	    s->d.phase != PHASE_GREETING)
		dialogue_sent(&s->d, p, len);
	return 0;
}

/* Keeps account of the sockets: from becomes to. */
static void
change_socket(struct session *s, int from, int to)
{
	size_t i;

	for (i = 0; i < SOCKETS_MAX; i++)
		if (s->sockets[i] == from) {
			s->sockets[i] = to;
			return;
		}
}

static curl_socket_t
on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct session *s = arg;
	int fd;

	(void)purpose;
	s->had_socket = 1;
	if (s->e->only_loopback && !endpoint_is_loopback(&a->addr)) {
		failure_config(s->f, "the password would go over the network "
		    "in clear: add tls on");
		return CURL_SOCKET_BAD;
	}
	fd = socket(a->family, a->socktype, a->protocol);
	if (fd != -1) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		change_socket(s, -1, fd);
	}
	return fd;
}

static int
on_close(void *arg, curl_socket_t fd)
{
	look_at_socket(arg, fd);
	change_socket(arg, fd, -1);
	return close(fd);
}

/*
 * The debug callback is there for what is shown, and for what libcurl tells
 * in no other way: that TLS wants a certificate, that a proxy is done.
 */
int
session_set_callbacks(struct session *s)
{
	CURL *c = s->easy;
	long has_words = s->step != NULL || s->e->tls != TLS_OFF ||
	    s->e->proxy.kind != PROXY_NONE;

	if (curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->error) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_line) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_HEADERDATA, s) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket) !=
	    CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, s) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION, on_close) !=
	    CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_CLOSESOCKETDATA, s) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, on_debug) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_DEBUGDATA, s) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_VERBOSE, has_words) != CURLE_OK)
		return -1;
	return 0;
}
