/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's certificate, as libcurl shows it (CURLOPT_CERTINFO): it is
 * there from the first reply inside TLS on, before anything secret is sent.
 */
#include "relay/session_state.h"

#include <string.h>

#include "relay/certificate.h"

/* What libcurl tells of the server's own certificate under key, or NULL. */
static const char *
certificate_line(struct session *s, const char *key)
{
	struct curl_certinfo *info = NULL;
	const struct curl_slist *l;
	size_t n = strlen(key);

	curl_easy_getinfo(s->easy, CURLINFO_CERTINFO, &info);
	if (info == NULL || info->num_of_certs < 1)
		return NULL;
	for (l = info->certinfo[0]; l != NULL; l = l->next)
		if (strncmp(l->data, key, n) == 0 && l->data[n] == ':')
			return l->data + n + 1;
	return NULL;
}

static int
is_secure(const struct session *s)
{
	return s->e->tls == TLS_IMPLICIT ||
	    (s->e->tls == TLS_STARTTLS && s->d.is_started);
}

int
session_identify(struct session *s)
{
	const struct endpoint *e = s->e;
	struct buf print = BUF_INIT;
	const char *pem;

	if (e->fingerprint_len == 0 || s->is_identified || !is_secure(s))
		return 1;
	pem = certificate_line(s, "Cert");
	if (pem != NULL &&
	    certificate_is(pem, e->fingerprint, e->fingerprint_len)) {
		s->is_identified = 1;
		return 1;
	}
	if (pem == NULL || certificate_fingerprint(&print, pem,
	    e->fingerprint_len) == -1)
		buf_adds(&print, "unknown");
	failure_set(s->f, STAGE_CERTIFICATE, REPLY_ANY, "its fingerprint is "
	    "%s, which is not that of tls_fingerprint", print.data);
	buf_release(&print);
	return 0;
}

int
session_is_identified(struct session *s)
{
	if (s->e->fingerprint_len == 0 || s->e->tls == TLS_OFF ||
	    s->is_identified)
		return 1;
	failure_set(s->f, STAGE_CERTIFICATE, REPLY_ANY,
	    "libcurl tells nothing of it, so tls_fingerprint is of no use");
	return 0;
}

static void
show_hashes(struct session *s)
{
	const char *pem = certificate_line(s, "Cert");
	struct buf text = BUF_INIT;

	if (pem == NULL)
		return;
	if (certificate_fingerprint(&text, pem, 32) == 0)
		session_show(s, "fingerprint", "", text.data);
	buf_reset(&text);
	if (certificate_pin(&text, pem) == 0)
		session_show(s, "pin", "", text.data);
	buf_release(&text);
}

void
session_show_tls(struct session *s)
{
	static const char *const keys[] = {
		"Subject", "Issuer", "Start date", "Expire date"
	};
	struct buf text = BUF_INIT;
	const char *value;
	size_t i;

	if (!s->is_check || s->is_tls_shown || !is_secure(s))
		return;
	s->is_tls_shown = 1;
	buf_add(&text, s->cipher.data, s->cipher.len);
	for (i = 0; i < sizeof keys / sizeof *keys; i++) {
		value = certificate_line(s, keys[i]);
		if (value != NULL)
			buf_addf(&text, "\n%s: %s", keys[i], value);
	}
	session_show(s, "tls", "", text.data);
	show_hashes(s);
	buf_release(&text);
}

/* Octets of names that are shown of a certificate. */
#define NAMES_MAX 200

/* "DNS:a.example, IP Address:192.0.2.1" as names alone. */
static void
add_names(struct buf *out, const char *p)
{
	const char *colon;
	size_t n;

	for (; *p != '\0'; p += n + (p[n] != '\0')) {
		p += strspn(p, " ");
		n = strcspn(p, ",");
		colon = memchr(p, ':', n);
		if (out->len != 0)
			buf_adds(out, ", ");
		if (out->len + n > NAMES_MAX) {
			buf_adds(out, "...");
			return;
		}
		if (colon != NULL)
			buf_add(out, colon + 1, n - (size_t)(colon + 1 - p));
		else
			buf_add(out, p, n);
	}
}

static void
fail_name(struct session *s)
{
	const char *wanted = s->e->name.len != 0 ? s->e->name.data :
	    s->e->host.data;
	const char *text = certificate_line(s,
	    "X509v3 Subject Alternative Name");
	struct buf names = BUF_INIT;

	if (text != NULL)
		add_names(&names, text);
	else if ((text = certificate_line(s, "Subject")) != NULL)
		buf_adds(&names, text);
	failure_set(s->f, STAGE_CERTIFICATE, REPLY_ANY, "the certificate is "
	    "for another name (%s), not %s", names.data, wanted);
	buf_release(&names);
}

static void
fail_pin(struct session *s)
{
	const char *pem = certificate_line(s, "Cert");
	struct buf pin = BUF_INIT;

	if (pem == NULL || certificate_pin(&pin, pem) == -1)
		buf_adds(&pin, "unknown");
	failure_set(s->f, STAGE_CERTIFICATE, REPLY_ANY, "its public key is "
	    "%s, which is none of tls_pin", pin.data);
	buf_release(&pin);
}

int
session_fail_peer(struct session *s, CURLcode rc)
{
	if (rc == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
		fail_pin(s);
	else if (rc == CURLE_PEER_FAILED_VERIFICATION &&
	    (strstr(s->error, "subject name") != NULL ||
	    strstr(s->error, "mismatch") != NULL))
		fail_name(s);
	else
		return 0;
	return 1;
}
