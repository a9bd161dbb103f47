/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values with a form of their own. They are looked at as soon as they are
 * read, when the place they stand at is still known.
 */
#include "settings/syntax.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "settings/proxy.h"
#include "settings/tlsvalue.h"

static int
check_fingerprint(const char *text, struct buf *why)
{
	unsigned char octets[FINGERPRINT_MAX];
	size_t len;

	if (fingerprint_parse(text, octets, &len) == 0)
		return 0;
	buf_adds(why, "expected the SHA256 (or SHA1 or MD5) fingerprint of "
	    "the certificate, 01:23:..., as --check prints it");
	return -1;
}

static int
check_pin(const char *text, struct buf *why)
{
	if (pin_check(text) == 0)
		return 0;
	buf_adds(why, "expected sha256//BASE64 as --check prints it, several "
	    "with ; between");
	return -1;
}

static int
check_priorities(const char *text, struct buf *why)
{
	struct tls_choice c;
	int rc;

	tls_choice_init(&c);
	rc = tls_choice_parse(&c, text, why);
	tls_choice_release(&c);
	return rc;
}

static int
check_proxy(const char *text, struct buf *why)
{
	struct proxy p;
	int rc;

	proxy_init(&p);
	rc = proxy_parse(&p, text, why);
	proxy_release(&p);
	return rc;
}

static int
check_address(const char *text, struct buf *why)
{
	unsigned char octets[16];

	if (inet_pton(AF_INET, text, octets) == 1 ||
	    inet_pton(AF_INET6, text, octets) == 1)
		return 0;
	buf_adds(why, "expected an IPv4 or IPv6 address");
	return -1;
}

/* Channel binding would need more of TLS than libcurl tells. */
static int
check_auth(const char *text, struct buf *why)
{
	static const char tail[] = "-plus";
	size_t n = strlen(text), m = sizeof tail - 1;

	if (n <= m || strcmp(text + n - m, tail) != 0)
		return 0;
	buf_adds(why, "libcurl has no channel binding; write ");
	buf_add(why, text, n - m);
	buf_adds(why, " instead");
	return -1;
}

static const struct {
	enum setting_id id;
	int (*check)(const char *text, struct buf *why);
} checks[] = {
	{ S_TLS_FINGERPRINT, check_fingerprint },
	{ S_TLS_PIN, check_pin },
	{ S_TLS_PRIORITIES, check_priorities },
	{ S_PROXY, check_proxy },
	{ S_SOURCE_IP, check_address },
	{ S_AUTH, check_auth },
};

int
syntax_check(enum setting_id id, const char *text, struct buf *why)
{
	size_t i;

	if (text[0] == '\0')
		return 0;
	for (i = 0; i < sizeof checks / sizeof *checks; i++)
		if (checks[i].id == id)
			return checks[i].check(text, why);
	return 0;
}
