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

static void
show(struct session *s, const char *name, const char *sent, const char *text)
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
	show(s, "resolve", s->e->host.data, text.data);
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
	struct buf text = BUF_INIT;
	char host[64];

	if (!s->is_check || s->is_tcp_shown || !is_connected(s))
		return;
	s->is_tcp_shown = 1;
	if (getnameinfo((struct sockaddr *)&s->peer, sizeof s->peer, host,
	    sizeof host, NULL, 0, NI_NUMERICHOST) != 0)
		host[0] = '\0';
	buf_addf(&text, "%s port %u", host, s->e->port);
	show(s, "tcp", "", text.data);
	buf_release(&text);
}

/* Appends the line of the server's certificate that begins with key. */
static void
add_certificate_line(struct buf *out, const struct curl_certinfo *info,
    const char *key)
{
	const struct curl_slist *l;
	size_t n = strlen(key);

	for (l = info->certinfo[0]; l != NULL; l = l->next)
		if (strncmp(l->data, key, n) == 0 && l->data[n] == ':')
			buf_addf(out, "\n%s: %s", key, l->data + n + 1);
}

/* libcurl tells of the certificate only while it still talks itself. */
void
session_show_tls(struct session *s)
{
	static const char *const keys[] = {
		"Subject", "Issuer", "Start date", "Expire date"
	};
	struct curl_certinfo *info = NULL;
	struct buf text = BUF_INIT;
	size_t i;

	if (!s->is_check || s->is_tls_shown || s->e->tls == TLS_OFF ||
	    (s->e->tls == TLS_STARTTLS && !s->d.is_started))
		return;
	s->is_tls_shown = 1;
	buf_add(&text, s->cipher.data, s->cipher.len);
	curl_easy_getinfo(s->easy, CURLINFO_CERTINFO, &info);
	if (info != NULL && info->num_of_certs > 0)
		for (i = 0; i < sizeof keys / sizeof *keys; i++)
			add_certificate_line(&text, info, keys[i]);
	show(s, "tls", "", text.data);
	buf_release(&text);
}

/* The clocks. */

/* The stage that is under way. */
enum stage
session_stage(struct session *s)
{
	curl_off_t secure_us = 0;

	if (!s->had_socket)
		return STAGE_RESOLVE;
	if (!is_connected(s))
		return STAGE_CONNECT;
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

static int
on_debug(CURL *easy, curl_infotype type, char *p, size_t len, void *arg)
{
	static const char key[] = "SSL connection using ";
	struct session *s = arg;
	size_t n = strlen(key);

	(void)easy;
	if (type == CURLINFO_HEADER_OUT) {
		dialogue_sent(&s->d, p, len);
	} else if (type == CURLINFO_TEXT && len > n &&
	    memcmp(p, key, n) == 0) {
		len -= p[len - 1] == '\n';
		buf_set(&s->cipher, p + n, len - n);
	}
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
		failure_set(s->f, STAGE_CONFIG, REPLY_ANY, "the password "
		    "would go over the network in clear: add tls on");
		s->f->exit_status = EX_CONFIG;
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

void
session_set_callbacks(CURLcode *rc, struct session *s)
{
	CURL *easy = s->easy;

	if (*rc == CURLE_OK)
		*rc = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, s->error);
	if (*rc == CURLE_OK)
		*rc = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_line);
	if (*rc == CURLE_OK)
		*rc = curl_easy_setopt(easy, CURLOPT_HEADERDATA, s);
	if (*rc == CURLE_OK)
		*rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION,
		    on_socket);
	if (*rc == CURLE_OK)
		*rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, s);
	if (*rc == CURLE_OK)
		*rc = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
		    on_close);
	if (*rc == CURLE_OK)
		*rc = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, s);
	if (s->step == NULL)
		return;
	if (*rc == CURLE_OK)
		*rc = curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
	if (*rc == CURLE_OK)
		*rc = curl_easy_setopt(easy, CURLOPT_DEBUGDATA, s);
	session_set_long(rc, easy, CURLOPT_VERBOSE, 1);
	session_set_long(rc, easy, CURLOPT_CERTINFO, s->is_check);
}
