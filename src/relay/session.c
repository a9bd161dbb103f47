/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening and closing. CURLOPT_CONNECT_ONLY makes libcurl do everything up to
 * the end of AUTH and then hand over the connection (ARCHITECTURE says why
 * the mail itself does not go through it).
 *
 * libcurl is not believed where it is silent: it goes on without a login when
 * none is offered, so a 235 must have been seen; its error codes do not tell
 * 454 from 535, so the replies themselves decide (dialogue.c); its time-outs
 * are one sum, so each stage has a clock here.
 */
#include "relay/session.h"

#include <stdlib.h>

#include "base/compat.h"
#include "base/xalloc.h"
#include "relay/session_state.h"

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
		session_show_tcp(s);
		left = session_time_left(s);
		if (left <= 0) {
			failure_set(s->f, s->stage, REPLY_TIMEOUT,
			    "nothing came within %lld s",
			    session_limit(s) / 1000);
			return CURLE_OPERATION_TIMEDOUT;
		}
		curl_multi_poll(s->multi, NULL, 0,
		    left < 1000 ? (int)left : 1000, NULL);
	}
	return running ? CURLE_OUT_OF_MEMORY : read_result(s);
}

static CURLcode
perform(struct session *s, const struct session_secrets *secrets)
{
	CURLcode rc;

	s->multi = curl_multi_init();
	s->easy = curl_easy_init();
	if (s->multi == NULL || s->easy == NULL ||
	    session_set_callbacks(s) == -1)
		return CURLE_OUT_OF_MEMORY;
	rc = session_set_options(s, secrets);
	if (rc == CURLE_OK && curl_multi_add_handle(s->multi, s->easy) !=
	    CURLM_OK)
		rc = CURLE_OUT_OF_MEMORY;
	return rc == CURLE_OK ? run(s) : rc;
}

static struct session *
session_new(const struct endpoint *e, session_step step, void *arg,
    int is_check, struct failure *f)
{
	struct session *s = xcalloc(1, sizeof *s);
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
	s->d.wants_login = e->wants_login && !e->is_lmtp;
	s->d.step = step;
	s->d.arg = arg;
	return s;
}

/* 0, or -1 with the reason in s->f. */
static int
log_in(struct session *s, const struct session_secrets *secrets)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	CURLcode rc;

	if (session_check_features(s) == -1)
		return -1;
	if (s->is_check)
		session_show_addresses(s);
	rc = perform(s, secrets);
	if (rc == CURLE_OK && s->e->is_lmtp) {
		/* No line of the server has come by. */
		session_show_tcp(s);
		session_show_tls(s);
		if (!session_identify(s))
			return -1;
	}
	if (rc == CURLE_OK && !session_is_identified(s))
		return -1;
	if (rc == CURLE_OK && s->d.wants_login && !s->d.is_logged_in)
		session_fail_not_offered(s, rc);
	if (rc == CURLE_OK && !s->f->is_set)
		rc = curl_easy_getinfo(s->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (rc == CURLE_OK && fd == CURL_SOCKET_BAD)
		rc = CURLE_RECV_ERROR;
	if (rc != CURLE_OK)
		session_explain(s, rc);
	s->socket = fd;
	return s->f->is_set ? -1 : 0;
}

/* Whether the login was refused in a way that another mechanism may mend. */
static int
has_another_way(const struct session *s, struct endpoint *e)
{
	const struct failure *f = s->f;

	if (f->stage != STAGE_LOGIN)
		return 0;
	if (f->reply != REPLY_NOT_OFFERED && f->code != 504)
		return 0;
	return endpoint_next_login(e, f->code, &s->d.offer);
}

struct session *
session_open(struct endpoint *e, const struct session_secrets *secrets,
    session_step step, void *arg, int is_check, struct failure *f)
{
	struct session *s;
	int again;

	do {
		s = session_new(e, step, arg, is_check, f);
		if (log_in(s, secrets) == 0)
			return s;
		again = has_another_way(s, e);
		session_free(s);
		if (again)
			failure_release(f);
	} while (again);
	return NULL;
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
	curl_slist_free_all(s->detour);
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

	return session_plain_words(s->error);
}

void
session_transport(struct session *s, struct transport *via)
{
	via->is_plain = s->e->tls == TLS_OFF;
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
