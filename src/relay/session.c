/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one door to libcurl. CURLOPT_CONNECT_ONLY makes it do everything up to
 * the end of AUTH and then hand over the connection (ARCHITECTURE says why
 * the mail itself does not go through it).
 *
 * libcurl is not believed where it is silent: it goes on without a login when
 * none is offered, so a 235 must have been seen; its error codes do not tell
 * 454 from 535, so the replies themselves decide (dialogue.c); its time-outs
 * are one sum, so each stage has a clock here.
 */
#include "relay/session.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/xalloc.h"
#include "mail/codec.h"
#include "relay/dialogue.h"

#define CERTIFICATES "/etc/ssl/certs"
/* libcurl's own limits stand far behind ours. */
#define BACKSTOP_FACTOR 8
#define BACKSTOP_MAX_S 1000000
/* Addresses that are tried at the same time. */
#define SOCKETS_MAX 8

struct session {
	CURLM *multi;
	CURL *easy;
	const struct endpoint *e; /* while opening */
	struct dialogue d;
	struct failure *f;        /* while opening */
	session_step step;
	void *arg;
	int is_check;
	/* The stage that is being waited for, and since when. */
	enum stage stage;
	long long since;
	int sockets[SOCKETS_MAX]; /* open ones, -1 for none */
	int had_socket, is_connected, is_tcp_shown, is_tls_shown;
	struct sockaddr_storage peer; /* when is_connected */
	struct buf cipher; /* libcurl's words about TLS, for is_check */
	char error[CURL_ERROR_SIZE];
	long socket;
};

int
session_setup(struct fault *f)
{
	static const char *const steering[] = {
		"SSLKEYLOGFILE", "CURL_SSL_BACKEND", "NETRC",
		"ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy",
		"SMTP_PROXY", "smtp_proxy", "SMTPS_PROXY", "smtps_proxy"
	};
	const curl_version_info_data *v;
	size_t i;

	for (i = 0; i < sizeof steering / sizeof *steering; i++)
		unsetenv(steering[i]);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return fault_set(f, EX_SOFTWARE, "libcurl does not start");
	v = curl_version_info(CURLVERSION_NOW);
	/* 8.12.0 hangs at STARTTLS. */
	if (v->version_num < 0x075500 || v->version_num == 0x080c00)
		return fault_set(f, EX_CONFIG, "libcurl %s cannot be used: "
		    "install 7.85.0 or later, but not 8.12.0", v->version);
	return 0;
}

/* Setting libcurl's options; the first failure stays in *rc. */

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
	set_long(rc, easy, CURLOPT_USE_SSL, CURLUSESSL_ALL);
	set_long(rc, easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	set_long(rc, easy, CURLOPT_SSL_ENABLE_ALPN, 0);
	set_long(rc, easy, CURLOPT_SSL_VERIFYPEER, e->check_certificate);
	set_long(rc, easy, CURLOPT_SSL_VERIFYHOST,
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
	set_long(rc, easy, CURLOPT_SASL_IR, 0);
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
	set_long(rc, easy, CURLOPT_HTTPPROXYTUNNEL, e->is_lmtp);
	set_text(rc, easy, CURLOPT_PROXY, "");
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

/* Steps that only a check shows. */

static void
show(struct session *s, const char *name, const char *sent, const char *text)
{
	if (s->step != NULL)
		s->step(s->arg, name, sent, text);
}

static void
show_addresses(struct session *s)
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

static void
show_tcp(struct session *s)
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
static void
show_tls(struct session *s)
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
static enum stage
current_stage(struct session *s)
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

static long long
stage_limit(const struct session *s)
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
static long long
time_left(struct session *s)
{
	enum stage stage = current_stage(s);
	long long now = clock_monotonic_ms();

	if (stage != s->stage || s->since == 0) {
		s->stage = stage;
		s->since = now;
	}
	return s->since + stage_limit(s) - now;
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
	show_tcp(s);
	show_tls(s);
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

static void
set_callbacks(CURLcode *rc, struct session *s)
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
	set_long(rc, easy, CURLOPT_VERBOSE, 1);
	set_long(rc, easy, CURLOPT_CERTINFO, s->is_check);
}

/* What failed. */

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
	{ CURLE_SSL_CACERT_BADFILE, STAGE_CONFIG, REPLY_ANY, EX_CONFIG },
	{ CURLE_SSL_CERTPROBLEM, STAGE_CONFIG, REPLY_ANY, EX_CONFIG },
	{ CURLE_SSL_CIPHER, STAGE_CONFIG, REPLY_ANY, EX_CONFIG },
	{ CURLE_UNSUPPORTED_PROTOCOL, STAGE_CONFIG, REPLY_ANY, EX_CONFIG },
	{ CURLE_URL_MALFORMAT, STAGE_CONFIG, REPLY_ANY, EX_CONFIG },
	{ CURLE_NOT_BUILT_IN, STAGE_CONFIG, REPLY_ANY, EX_CONFIG },
	{ CURLE_UNKNOWN_OPTION, STAGE_CONFIG, REPLY_ANY, EX_CONFIG },
	{ CURLE_OUT_OF_MEMORY, STAGE_LOCAL, REPLY_ANY, EX_TEMPFAIL },
	{ CURLE_FAILED_INIT, STAGE_LOCAL, REPLY_ANY, EX_TEMPFAIL },
};

/* libcurl's words, or better ones. */
static const char *
plain_words(const char *text)
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
	return s->error[0] != '\0' ? plain_words(s->error) :
	    curl_easy_strerror(rc);
}

/* "the server offers only CRAM-MD5 GSSAPI", or why there is no login. */
static void
fail_not_offered(struct session *s, CURLcode rc)
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
		fail_not_offered(s, CURLE_LOGIN_DENIED);
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

/* libcurl's text does not say why. */
static void
fail_connect(struct session *s)
{
	long error = 0;

	curl_easy_getinfo(s->easy, CURLINFO_OS_ERRNO, &error);
	if (error != 0)
		failure_set(s->f, STAGE_CONNECT, REPLY_LOST, "%s",
		    strerror((int)error));
}

/* Nothing in the table: the connection, or what came over it. */
static void
fail_dialogue(struct session *s, CURLcode rc)
{
	enum stage stage = current_stage(s);
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
	} else if (strstr(text, "certificate required") != NULL) {
		failure_set(s->f, STAGE_CONFIG, REPLY_ANY,
		    "the server asks for a client certificate: %s", text);
		s->f->exit_status = EX_CONFIG;
	} else {
		failure_set(s->f, stage, REPLY_LOST, "%s", text);
	}
}

static void
explain(struct session *s, CURLcode rc)
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
	if (rc == CURLE_COULDNT_CONNECT)
		fail_connect(s);
	for (i = 0; i < sizeof failures / sizeof *failures; i++) {
		if (failures[i].rc != rc)
			continue;
		failure_set(s->f, failures[i].stage, failures[i].reply, "%s",
		    error_text(s, rc));
		s->f->exit_status = failures[i].exit_status;
		return;
	}
	fail_dialogue(s, rc);
}

/* Opening and closing. */

/* The result of the transfer, when it has ended. */
static CURLcode
read_result(struct session *s)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(s->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE)
			return message->data.result;
	return CURLE_RECV_ERROR;
}

/*
 * curl_easy_perform with our clocks: libcurl's progress callback is silent
 * while it connects.
 */
static CURLcode
run(struct session *s)
{
	long long left;
	int running = 1;

	while (curl_multi_perform(s->multi, &running) == CURLM_OK && running) {
		show_tcp(s);
		left = time_left(s);
		if (left <= 0) {
			failure_set(s->f, s->stage, REPLY_TIMEOUT,
			    "nothing came within %lld s",
			    stage_limit(s) / 1000);
			return CURLE_OPERATION_TIMEDOUT;
		}
		curl_multi_poll(s->multi, NULL, 0,
		    left < 1000 ? (int)left : 1000, NULL);
	}
	return running ? CURLE_OUT_OF_MEMORY : read_result(s);
}

static CURLcode
perform(struct session *s, const char *secret)
{
	CURLcode rc = CURLE_OK;

	s->multi = curl_multi_init();
	s->easy = curl_easy_init();
	if (s->multi == NULL || s->easy == NULL)
		return CURLE_OUT_OF_MEMORY;
	set_callbacks(&rc, s);
	set_url(&rc, s->easy, s->e);
	set_connection(&rc, s->easy, s->e);
	set_tls(&rc, s->easy, s->e);
	set_login(&rc, s->easy, s->e, secret);
	if (rc == CURLE_OK && curl_multi_add_handle(s->multi, s->easy) !=
	    CURLM_OK)
		rc = CURLE_OUT_OF_MEMORY;
	return rc == CURLE_OK ? run(s) : rc;
}

struct session *
session_open(const struct endpoint *e, const char *secret, session_step step,
    void *arg, int is_check, struct failure *f)
{
	struct session *s = xcalloc(1, sizeof *s);
	curl_socket_t fd = CURL_SOCKET_BAD;
	CURLcode rc;
	size_t i;

	for (i = 0; i < SOCKETS_MAX; i++)
		s->sockets[i] = -1;
	s->e = e;
	s->f = f;
	s->step = step;
	s->arg = arg;
	s->is_check = is_check;
	dialogue_init(&s->d);
	buf_init(&s->cipher, 0);
	s->d.wants_starttls = e->tls == TLS_STARTTLS;
	s->d.wants_login = e->user.len != 0 && !e->is_lmtp;
	s->d.step = step;
	s->d.arg = arg;
	if (is_check)
		show_addresses(s);
	rc = perform(s, secret);
	if (rc == CURLE_OK && e->is_lmtp) {
		/* No line of the server has come by. */
		show_tcp(s);
		show_tls(s);
	}
	if (rc == CURLE_OK && s->d.wants_login && !s->d.is_logged_in)
		fail_not_offered(s, rc);
	if (rc == CURLE_OK && !f->is_set)
		rc = curl_easy_getinfo(s->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (rc == CURLE_OK && fd == CURL_SOCKET_BAD)
		rc = CURLE_RECV_ERROR;
	if (rc != CURLE_OK)
		explain(s, rc);
	if (f->is_set) {
		session_free(s);
		return NULL;
	}
	s->socket = fd;
	return s;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	if (s->easy != NULL)
		curl_multi_remove_handle(s->multi, s->easy);
	curl_easy_cleanup(s->easy);
	curl_multi_cleanup(s->multi);
	dialogue_release(&s->d);
	buf_release(&s->cipher);
	free(s);
}

const struct capabilities *
session_offer(const struct session *s)
{
	return &s->d.offer;
}

/* The transport. */

static ssize_t
transport_send(void *arg, const char *p, size_t len)
{
	struct session *s = arg;
	size_t n = 0;
	CURLcode rc;

	s->error[0] = '\0';
	rc = curl_easy_send(s->easy, p, len, &n);
	if (rc == CURLE_AGAIN || (rc == CURLE_OK && n == 0))
		return TRANSPORT_AGAIN;
	return rc == CURLE_OK ? (ssize_t)n : TRANSPORT_ERROR;
}

static ssize_t
transport_recv(void *arg, char *p, size_t len)
{
	struct session *s = arg;
	size_t n = 0;
	CURLcode rc;

	s->error[0] = '\0';
	rc = curl_easy_recv(s->easy, p, len, &n);
	if (rc == CURLE_AGAIN)
		return TRANSPORT_AGAIN;
	return rc == CURLE_OK ? (ssize_t)n : TRANSPORT_ERROR;
}

static long
transport_unsent(void *arg)
{
	const struct session *s = arg;

	return compat_unsent((int)s->socket);
}

static const char *
transport_error(void *arg)
{
	const struct session *s = arg;

	return plain_words(s->error);
}

void
session_transport(struct session *s, struct transport *via)
{
	/* Nothing of the opening is referred to any more. */
	s->e = NULL;
	s->f = NULL;
	via->send = transport_send;
	via->recv = transport_recv;
	via->unsent = transport_unsent;
	via->error = transport_error;
	via->arg = s;
	via->fd = (int)s->socket;
}
