/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * QSENDMAIL_NAME is the setting NAME; QSENDMAIL_URL is several in one word, in
 * the form that twelve-factor programs have for such things.
 */
#include "settings/environment.h"

#include <string.h>

#include "base/ascii.h"
#include "base/compat.h"

extern char **environ;

static const char env_prefix[] = "QSENDMAIL_";

/* Appends text with %XX decoded; -1 when that is malformed or a NUL. */
static int
decode_percent(struct buf *out, const char *p, size_t len)
{
	static const char hex[] = "0123456789abcdef0123456789ABCDEF";
	const char *high, *low;
	int octet;
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] != '%') {
			buf_addc(out, p[i]);
			continue;
		}
		if (len - i < 3 ||
		    (high = memchr(hex, p[i + 1], sizeof hex - 1)) == NULL ||
		    (low = memchr(hex, p[i + 2], sizeof hex - 1)) == NULL)
			return -1;
		octet = (int)((high - hex) % 16 * 16 + (low - hex) % 16);
		if (octet == 0)
			return -1;
		buf_addc(out, (char)octet);
		i += 2;
	}
	return 0;
}

static int
set_env(struct values *v, const char *name, const char *text, struct fault *f)
{
	struct origin origin = { ORIGIN_ENVIRONMENT, NULL, 0 };

	return settings_set(v, SETTING_ENV, name, text, &origin, f);
}

/* USER or USER:PASSWORD, percent-encoded. */
static int
set_login(struct values *v, const char *p, size_t len, struct fault *f)
{
	const char *colon = memchr(p, ':', len);
	size_t user_len = colon != NULL ? (size_t)(colon - p) : len;
	struct buf text = BUF_INIT;
	int rc = -1;

	buf_grow(&text, len);
	if (decode_percent(&text, p, user_len) == -1)
		fault_set(f, EX_CONFIG, "QSENDMAIL_URL: bad %%XX in the user "
		    "name");
	else if (set_env(v, "user", text.data, f) == 0 &&
	    set_env(v, "auth", "on", f) == 0)
		rc = 0;
	if (rc == 0 && colon != NULL) {
		buf_reset(&text);
		if (decode_percent(&text, colon + 1, len - user_len - 1) == -1)
			rc = fault_set(f, EX_CONFIG,
			    "QSENDMAIL_URL: bad %%XX in the password");
		else
			rc = set_env(v, "password", text.data, f);
	}
	buf_wipe(&text);
	return rc;
}

static int
set_piece(struct values *v, const char *name, const char *p, size_t len,
    struct fault *f)
{
	struct buf text = BUF_INIT;
	int rc;

	buf_add(&text, p, len);
	rc = set_env(v, name, text.data, f);
	buf_release(&text);
	return rc;
}

/* HOST, HOST:PORT or [ADDRESS]:PORT */
static int
set_server(struct values *v, const char *p, struct fault *f)
{
	size_t len = strcspn(p, "/?#"), host_len;
	const char *end = p + len;

	if (end[0] != '\0' && strcmp(end, "/") != 0)
		return fault_set(f, EX_CONFIG,
		    "QSENDMAIL_URL: nothing may follow host and port");
	if (*p == '[') {
		p++;
		host_len = strcspn(p, "]");
		if (p[host_len] != ']')
			return fault_set(f, EX_CONFIG,
			    "QSENDMAIL_URL: expected ] behind the address");
	} else
		host_len = strcspn(p, ":/");
	if (set_piece(v, "host", p, host_len, f) == -1)
		return -1;
	p += host_len;
	if (*p == ']')
		p++;
	if (p == end)
		return 0;
	if (*p != ':')
		return fault_set(f, EX_CONFIG, "QSENDMAIL_URL: expected a "
		    "colon and the port behind the host");
	/* What stands there may be the password of a URL without host. */
	if (set_piece(v, "port", p + 1, (size_t)(end - p) - 1, f) == 0)
		return 0;
	fault_release(f);
	return fault_set(f, EX_CONFIG, "QSENDMAIL_URL: expected a port from "
	    "1 to 65535 behind the host");
}

/*
 * smtps: TLS from the first octet on. smtp: STARTTLS when somebody logs in,
 * else as it is; QSENDMAIL_TLS says otherwise.
 */
static int
set_url(struct values *v, const char *url, struct fault *f)
{
	const char *p, *at = NULL;
	int implicit = ascii_has_prefix(url, "smtps://");

	if (!implicit && !ascii_has_prefix(url, "smtp://"))
		return fault_set(f, EX_CONFIG, "QSENDMAIL_URL: expected "
		    "smtps://USER@HOST:PORT or smtp://USER@HOST:PORT");
	url += implicit ? 8 : 7;
	for (p = url; *p != '\0' && strchr("/?#", *p) == NULL; p++)
		if (*p == '@')
			at = p;
	if (set_env(v, "tls", implicit || at != NULL ? "on" : "off", f) == -1 ||
	    set_env(v, "tls_starttls", implicit ? "off" : "on", f) == -1)
		return -1;
	if (at != NULL && set_login(v, url, (size_t)(at - url), f) == -1)
		return -1;
	return set_server(v, at != NULL ? at + 1 : url, f);
}

/*
 * The value of an environment entry "QSENDMAIL_NAME=VALUE" when it is a
 * setting, whose name goes to name in small letters; else NULL. An empty one
 * is as good as none.
 */
static const char *
env_setting(const char *entry, struct buf *name)
{
	size_t prefix = strlen(env_prefix), i;
	struct buf variable = BUF_INIT;
	const char *value;

	if (strncmp(entry, env_prefix, prefix) != 0)
		return NULL;
	buf_add(&variable, entry, strcspn(entry, "="));
	value = compat_getenv(variable.data);
	buf_reset(name);
	for (i = prefix; i < variable.len; i++)
		buf_addc(name, entry[i] >= 'A' && entry[i] <= 'Z' ?
		    (char)(entry[i] - 'A' + 'a') : entry[i]);
	buf_release(&variable);
	if (value == NULL || *value == '\0' || strcmp(name->data, "url") == 0 ||
	    strncmp(name->data, "test_", 5) == 0 ||
	    strncmp(name->data, "relay", 5) == 0)
		return NULL;
	return value;
}

int
environment_load(struct values *v, struct fault *f)
{
	const char *value = compat_getenv("QSENDMAIL_URL");
	struct buf name = BUF_INIT;
	int rc = 0;
	char **e;

	if (value != NULL && *value != '\0')
		rc = set_url(v, value, f) == -1 ? -1 : 1;
	for (e = environ; rc != -1 && e != NULL && *e != NULL; e++) {
		value = env_setting(*e, &name);
		if (value != NULL)
			rc = set_env(v, name.data, value, f) == -1 ? -1 : 1;
	}
	buf_release(&name);
	return rc;
}
