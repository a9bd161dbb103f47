/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fingerprints, pins, priority strings, and the addresses of proxies. */
#include "tap.h"

#include <string.h>

#include "settings/proxy.h"
#include "settings/tlsvalue.h"

#define SHA256 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const struct {
	const char *name, *in;
	int len; /* -1: none */
} prints[] = {
	{ "SHA256 without colons", SHA256, 32 },
	{ "SHA1", "00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:"
	    "13", 20 },
	{ "MD5 in capitals", "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F",
	    16 },
	{ "one octet less", "00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e",
	    -1 },
	{ "one octet more than SHA256", SHA256 "20", -1 },
	{ "a colon behind", "00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:",
	    -1 },
	{ "a colon before", ":00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f",
	    -1 },
	{ "colons here and there", "0001:0203:04:05:06:07:08:09:0a:0b:0c:0d:0e:"
	    "0f", -1 },
	{ "a letter that is no digit",
	    "000102030405060708090a0b0c0d0e0g", -1 },
	{ "half an octet", "000102030405060708090a0b0c0d0e0", -1 },
	{ "nothing", "", -1 },
};

static void
test_fingerprints(void)
{
	unsigned char octets[FINGERPRINT_MAX];
	size_t i, j, len;
	int rc;

	for (i = 0; i < sizeof prints / sizeof *prints; i++) {
		len = 0;
		rc = fingerprint_parse(prints[i].in, octets, &len);
		is_number(rc == 0 ? (long long)len : -1, prints[i].len,
		    prints[i].name);
		for (j = 0; rc == 0 && j < len && octets[j] == j; j++)
			continue;
		if (rc == 0)
			is_number((long long)j, (long long)len,
			    "... its octets");
	}
}

#define PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+/09="

static void
test_pins(void)
{
	static const struct {
		const char *name, *in;
		int rc;
	} pins[] = {
		{ "a pin", PIN, 0 },
		{ "two pins", PIN ";" PIN, 0 },
		{ "a semicolon behind", PIN ";", -1 },
		{ "none between", PIN ";;" PIN, -1 },
		{ "another hash", "sha1//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "A+/09=", -1 },
		{ "too short", "sha256//AAAA", -1 },
		{ "no padding", "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AA+/09A", -1 },
		{ "a file name", "/etc/key.pem", -1 },
		{ "a blank within", "sha256//AAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAA"
		    "AAAAAA+/0=", -1 },
	};
	size_t i;

	for (i = 0; i < sizeof pins / sizeof *pins; i++)
		is_number(pin_check(pins[i].in), pins[i].rc, pins[i].name);
}

#define STRONG "ECDHE+AES256:DHE+AES256:ECDHE+CHACHA20:DHE+CHACHA20:AES256:" \
	"!aNULL|TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256|"
#define NO_WORD " has no counterpart here; write tls_min_version or " \
	"tls_ciphers (OpenSSL's names) instead"
#define NONE "it leaves no version of TLS; set tls_min_version instead"
#define HOLE "a version of TLS between two others cannot be left out; set " \
	"tls_min_version instead"

static const struct {
	const char *in, *want; /* "MIN-MAX ciphers|ciphers of 1.3|curves" */
} priorities[] = {
	{ "NORMAL", "2-3 ||" },
	{ "normal", "2-3 ||" },
	{ "SECURE128", "2-3 ||" },
	{ "SECURE192", "2-3 " STRONG },
	{ "SECURE256", "2-3 " STRONG },
	{ "PFS", "2-3 DEFAULT:!kRSA||" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.3", "3-3 ||" },
	{ "NORMAL:-VERS-TLS-ALL:+VERS-TLS1.2", "2-2 ||" },
	{ "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1", "2-3 ||" },
	{ "NORMAL:!VERS-SSL3.0:!VERS-TLS1.0", "2-3 ||" },
	{ "NORMAL:-VERS-TLS1.3", "2-2 ||" },
	{ "NORMAL:+VERS-TLS1.1", "1-3 ||" },
	{ "NORMAL:+VERS-ALL", "0-3 ||" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.0", "0-0 ||" },
	{ "NORMAL:-VERS-DTLS1.2", "2-3 ||" },
	{ "SECURE256:-VERS-ALL:+VERS-TLS1.3:%SERVER_PRECEDENCE",
	    "3-3 " STRONG },
	{ "NORMAL:%COMPAT", "2-3 ||" },
	{ "NORMAL:-RSA:-SHA1:!MD5", "2-3 DEFAULT:!kRSA:!SHA1:!MD5||" },
	{ "NORMAL:%PROFILE_HIGH", "2-3 DEFAULT:@SECLEVEL=3||" },
	{ "NORMAL:", "2-3 ||" },
	{ "NORMAL:-VERS-ALL", NONE },
	{ "NORMAL:-VERS-TLS1.2:+VERS-TLS1.1", HOLE },
	{ "NORMAL:+VERS-SSL3.0", "\"+VERS-SSL3.0\"" NO_WORD },
	{ "NORMAL:-VERS-TLS1.4", "\"-VERS-TLS1.4\"" NO_WORD },
	{ "NORMAL:+SRP", "\"+SRP\"" NO_WORD },
	{ "NORMAL:-AES-128-CBC:-RSA", "\"-AES-128-CBC\"" NO_WORD },
	{ "SUITEB128", "\"SUITEB128\"" NO_WORD },
	{ "NORMAL:%VERIFY_ALLOW_BROKEN", "\"%VERIFY_ALLOW_BROKEN\"" NO_WORD },
	{ "HIGH:!aNULL", "\"HIGH\"" NO_WORD },
	{ "PROTOCOLS=TLSv1.3", "3-3 ||" },
	{ "PROTOCOLS=tlsv1.2:tlsv1.3", "2-3 ||" },
	{ "PROTOCOLS=all", "2-3 ||" },
	{ "PROTOCOLS=secure", "2-3 ||" },
	{ "PROTOCOLS=legacy,!tlsv1.0", "1-3 ||" },
	{ "PROTOCOLS=!tlsv1.3", "0-2 ||" },
	{ "PROTOCOLS=tlsv1.1,tlsv1.3", HOLE },
	{ "PROTOCOLS=tlsv1.9", "\"tlsv1.9\"" NO_WORD },
	{ "PROTOCOLS=TLSv1.3 CIPHERS=ECDHE-RSA-AES128-SHA256 "
	    "ECDHECURVES=P-384", "3-3 ECDHE-RSA-AES128-SHA256||P-384" },
	{ "CIPHERS=TLS_AES_128_GCM_SHA256:AES128-SHA",
	    "2-3 AES128-SHA|TLS_AES_128_GCM_SHA256|" },
	{ "CIPHERS=compat", "2-3 HIGH:!aNULL||" },
	{ "CIPHERS=secure  ECDHECURVES=auto", "2-3 ||" },
	{ "ECDHECURVES=P-256,P-384", "2-3 ||P-256:P-384" },
	{ "PROTOCOLS=TLSv1.3 NONSENSE", "\"NONSENSE\"" NO_WORD },
	{ "KEYS=x", "\"KEYS=x\"" NO_WORD },
};

static void
test_priorities(void)
{
	struct tls_choice c;
	struct buf why = BUF_INIT;
	size_t i;

	tls_choice_init(&c);
	for (i = 0; i < sizeof priorities / sizeof *priorities; i++) {
		tls_choice_release(&c);
		buf_reset(&why);
		if (tls_choice_parse(&c, priorities[i].in, &why) == 0)
			buf_addf(&why, "%d-%d %s|%s|%s", (int)c.min,
			    (int)c.max, c.ciphers.data, c.ciphers_13.data,
			    c.curves.data);
		is_text(why.data, priorities[i].want, priorities[i].in);
	}
	tls_choice_release(&c);
	buf_release(&why);
}

static void
test_ciphers(void)
{
	struct tls_choice c;
	enum tls_version v = TLS_1_0;

	tls_choice_init(&c);
	tls_choice_set_ciphers(&c, "A:TLS_B, C\tTLS_D::TLS_:@SECLEVEL=1");
	is_text(c.ciphers.data, "A:C:TLS_:@SECLEVEL=1", "ciphers up to 1.2");
	is_text(c.ciphers_13.data, "TLS_B:TLS_D", "... and of 1.3");
	tls_choice_set_ciphers(&c, "E");
	is_text(c.ciphers_13.data, "", "a new list replaces both");
	tls_choice_release(&c);
	ok(tls_version_parse("1.3", &v) == 0 && v == TLS_1_3, "a version");
	ok(tls_version_parse("1.4", &v) == -1 &&
	    tls_version_parse("1.3x", &v) == -1 &&
	    tls_version_parse("1", &v) == -1, "... and no version");
}

#define SCHEMES "expected socks5h://HOST:PORT, socks5://HOST:PORT or " \
	"http://HOST:PORT, with USER@ in front of HOST for a login"
#define PASSWORD "the password of a proxy is the setting proxy_password"
#define PORT "the port is a number from 1 to 65535"

static const struct {
	const char *in, *want; /* "scheme host port user" */
} proxies[] = {
	{ "socks5h://localhost", "socks5h localhost 1080 " },
	{ "SOCKS5://localhost:9050", "socks5 localhost 9050 " },
	{ "http://proxy.example/", "http proxy.example 8080 " },
	{ "http://[::1]:3128", "http ::1 3128 " },
	{ "http://[::1]", "http ::1 8080 " },
	{ "http://me@proxy:1", "http proxy 1 me" },
	{ "http://me%40x%3A@proxy", "http proxy 8080 me@x:" },
	{ "http://me@x@proxy", "http proxy 8080 me@x" },
	{ "http://me:secret@proxy", PASSWORD },
	{ "http://me:@proxy", PASSWORD },
	{ "http://a%zz@proxy", "the user has a bad %XX" },
	{ "http://a%4@proxy", "the user has a bad %XX" },
	{ "http://a%00@proxy", "the user has a bad %XX" },
	{ "http://", "a host is missing" },
	{ "http:///", "a host is missing" },
	{ "http://me@", "a host is missing" },
	{ "http://[]", "a host is missing" },
	{ "http://a/b", "a host is missing" },
	{ "http://a:0", PORT }, { "http://a:65536", PORT },
	{ "http://a:", PORT }, { "http://a:1x", PORT },
	{ "http://a:123456", PORT },
	{ "http://[::1]x", "nothing may follow host and port" },
	{ "https://a", SCHEMES }, { "socks4://a", SCHEMES },
	{ "localhost:1080", SCHEMES }, { "", SCHEMES }, { "://a", SCHEMES },
};

static void
test_proxies(void)
{
	struct proxy p;
	struct buf why = BUF_INIT;
	size_t i;

	proxy_init(&p);
	for (i = 0; i < sizeof proxies / sizeof *proxies; i++) {
		proxy_release(&p);
		buf_reset(&why);
		if (proxy_parse(&p, proxies[i].in, &why) == 0)
			buf_addf(&why, "%s %s %u %s", proxy_scheme(p.kind),
			    p.host.data, p.port, p.user.data);
		is_text(why.data, proxies[i].want, proxies[i].in);
	}
	proxy_release(&p);
	buf_release(&why);
}

int
main(void)
{
	test_fingerprints();
	test_pins();
	test_priorities();
	test_ciphers();
	test_proxies();
	return tap_done();
}
