/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the address of a proxy; see proxy.h. */
#include "settings/proxy.h"

#include <string.h>

#include "base/ascii.h"

static const struct {
	const char *scheme;
	enum proxy_kind kind;
	unsigned port; /* when none is named */
} schemes[] = {
	{ "none", PROXY_NONE, 0 },
	{ "socks5", PROXY_SOCKS5, 1080 },
	{ "socks5h", PROXY_SOCKS5H, 1080 },
	{ "http", PROXY_HTTP, 8080 },
};

void
proxy_init(struct proxy *p)
{
	p->kind = PROXY_NONE;
	p->port = 0;
	buf_init(&p->host, 0);
	buf_init(&p->user, 0);
}

void
proxy_release(struct proxy *p)
{
	buf_release(&p->host);
	buf_release(&p->user);
	proxy_init(p);
}

const char *
proxy_scheme(enum proxy_kind kind)
{
	return schemes[kind].scheme;
}

static int
fail(struct buf *why, const char *text)
{
	buf_adds(why, text);
	return -1;
}

/* "socks5h://": its length, 0 when it is none that we know. */
static size_t
take_scheme(struct proxy *p, const char *text)
{
	size_t i, n = strcspn(text, ":");

	if (strncmp(text + n, "://", 3) != 0)
		return 0;
	for (i = 1; i < sizeof schemes / sizeof *schemes; i++)
		if (ascii_is_equal(text, n, schemes[i].scheme,
		    strlen(schemes[i].scheme))) {
			p->kind = schemes[i].kind;
			p->port = schemes[i].port;
			return n + 3;
		}
	return 0;
}

/* USER, with %XX for octets. */
static int
take_user(struct proxy *p, const char *text, size_t len, struct buf *why)
{
	int high, low;
	size_t i;

	if (memchr(text, ':', len) != NULL)
		return fail(why, "the password of a proxy is the setting "
		    "proxy_password");
	for (i = 0; i < len; i++) {
		if (text[i] != '%') {
			buf_addc(&p->user, text[i]);
			continue;
		}
		high = len - i < 3 ? -1 : ascii_hex_value(text[i + 1]);
		low = high == -1 ? -1 : ascii_hex_value(text[i + 2]);
		if (low == -1 || (high == 0 && low == 0))
			return fail(why, "the user has a bad %XX");
		buf_addc(&p->user, (char)(high << 4 | low));
		i += 2;
	}
	return 0;
}

static int
take_port(struct proxy *p, const char *text, struct buf *why)
{
	size_t i, n = strlen(text);

	p->port = 0;
	for (i = 0; i < n && i < 5 && ascii_is_digit(text[i]); i++)
		p->port = p->port * 10 + (unsigned)(text[i] - '0');
	if (i < n || p->port == 0 || p->port > 65535)
		return fail(why, "the port is a number from 1 to 65535");
	return 0;
}

/* HOST, HOST:PORT or [ADDRESS]:PORT, perhaps with a slash behind. */
static int
take_server(struct proxy *p, const char *text, struct buf *why)
{
	struct buf rest = BUF_INIT;
	size_t n;
	int rc = 0;

	buf_adds(&rest, text);
	if (rest.len != 0 && rest.data[rest.len - 1] == '/')
		buf_truncate(&rest, rest.len - 1);
	if (rest.data[0] == '[') {
		n = strcspn(rest.data, "]");
		buf_add(&p->host, rest.data + 1, n - 1);
		n += rest.data[n] == ']';
	} else {
		n = strcspn(rest.data, ":");
		buf_add(&p->host, rest.data, n);
	}
	if (p->host.len == 0 || strpbrk(p->host.data, "/?#@ \t") != NULL)
		rc = fail(why, "a host is missing");
	else if (rest.data[n] == ':')
		rc = take_port(p, rest.data + n + 1, why);
	else if (rest.data[n] != '\0')
		rc = fail(why, "nothing may follow host and port");
	buf_release(&rest);
	return rc;
}

int
proxy_parse(struct proxy *p, const char *text, struct buf *why)
{
	const char *at;
	size_t n = take_scheme(p, text);

	if (n == 0)
		return fail(why, "expected socks5h://HOST:PORT, "
		    "socks5://HOST:PORT or http://HOST:PORT, with USER@ in "
		    "front of HOST for a login");
	text += n;
	at = strrchr(text, '@');
	if (at != NULL) {
		if (take_user(p, text, (size_t)(at - text), why) == -1)
			return -1;
		text = at + 1;
	}
	return take_server(p, text, why);
}
