/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings on their way to a session, and the rules they must keep. */
#include "tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/xalloc.h"
#include "relay/capability.h"
#include "relay/endpoint.h"
#include "relay/wire.h"

/* "name=value;name=value" */
static void
set_all(struct values *v, const char *text)
{
	struct origin from = { ORIGIN_ACCOUNT, NULL, 0 };
	struct fault f = FAULT_INIT;
	struct buf name = BUF_INIT, value = BUF_INIT;
	size_t n;

	values_init(v);
	while (*text != '\0') {
		n = strcspn(text, "=");
		buf_set(&name, text, n);
		text += n + 1;
		n = strcspn(text, ";");
		buf_set(&value, text, n);
		text += n + (text[n] == ';');
		/* What the settings refuse must do no harm here either. */
		if (settings_set(v, SETTING_FILE, name.data, value.data,
		    &from, &f) == -1)
			values_put(v, (enum setting_id)(settings_find(
			    name.data) - settings), &(struct value){
			    value.data, 0, from });
	}
	fault_release(&f);
	buf_release(&name);
	buf_release(&value);
}

static void
describe_tls(const struct endpoint *e, struct buf *out)
{
	buf_addf(out, " check=%d trust=%s", e->check_certificate,
	    e->trust_file.data);
	if (e->fingerprint_len != 0)
		buf_addf(out, " print=%zu:%02x", e->fingerprint_len,
		    e->fingerprint[0]);
	if (e->pin.len != 0)
		buf_addf(out, " pin=%s", e->pin.data);
	if (e->name.len != 0)
		buf_addf(out, " name=%s", e->name.data);
	if (e->crl_file.len != 0)
		buf_addf(out, " crl=%s", e->crl_file.data);
	if (e->cert_file.len != 0)
		buf_addf(out, " cert=%s key=%s%s", e->cert_file.data,
		    e->key_file.data, e->key_is_encrypted ? " locked" : "");
	if (e->choice.min != TLS_1_2 || e->choice.max != TLS_1_3)
		buf_addf(out, " 1.%d-1.%d", (int)e->choice.min,
		    (int)e->choice.max);
	if (e->choice.ciphers.len + e->choice.ciphers_13.len != 0)
		buf_addf(out, " ciphers=%s|%s", e->choice.ciphers.data,
		    e->choice.ciphers_13.data);
}

static void
describe(const struct endpoint *e, struct buf *out)
{
	static const char *const tls[] = { "clear", "starttls", "tls" };

	buf_addf(out, "%s %u %s", e->host.data, e->port, tls[e->tls]);
	if (e->tls != TLS_OFF)
		describe_tls(e, out);
	buf_addf(out, " ehlo=%s", e->domain.data);
	if (e->socket.len != 0)
		buf_addf(out, " socket=%s", e->socket.data);
	if (e->source.len != 0)
		buf_addf(out, " source=%s", e->source.data);
	if (e->proxy.kind != PROXY_NONE)
		buf_addf(out, " proxy=%s,%s,%u,%s",
		    proxy_scheme(e->proxy.kind), e->proxy.host.data,
		    e->proxy.port, e->proxy.user.data);
	if (e->wants_login)
		buf_addf(out, " %s %s%s%s", e->login.data, e->login_options,
		    e->is_bearer ? " bearer" : "",
		    e->wants_password ? "" : " no-password");
	buf_adds(out, e->only_loopback ? " loopback" : "");
	buf_adds(out, e->is_lmtp ? " lmtp" : "");
}

static const struct {
	const char *name, *settings, *want;
} cases[] = {
	{ "a host alone", "host=mail.example.org",
	    "mail.example.org 25 clear ehlo=localhost" },
	{ "TLS by STARTTLS", "host=a;tls=on",
	    "a 25 starttls check=1 trust= ehlo=localhost" },
	{ "TLS from the start", "host=a;tls=on;tls_starttls=off",
	    "a 465 tls check=1 trust= ehlo=localhost" },
	{ "tls_starttls alone is no TLS", "host=a;tls_starttls=on",
	    "a 25 clear ehlo=localhost" },
	{ "a port", "host=a;port=587", "a 587 clear ehlo=localhost" },
	{ "a port with TLS", "host=a;port=1465;tls=on;tls_starttls=off",
	    "a 1465 tls check=1 trust= ehlo=localhost" },
	{ "a trust file", "host=a;tls=on;tls_trust_file=/dev/null",
	    "a 25 starttls check=1 trust=/dev/null ehlo=localhost" },
	{ "nobody to trust", "host=a;tls=on;tls_trust_file=",
	    "tls_trust_file is empty, so no server can be trusted: name a "
	    "file or system, or add tls_fingerprint or tls_pin" },
	{ "which does not matter without a check",
	    "host=a;tls=on;tls_trust_file=;tls_certcheck=off",
	    "a 25 starttls check=0 trust= ehlo=localhost" },
	{ "letters in domain", "host=a;domain=%H.%C.%U.%F",
	    "a 25 clear ehlo=host.example.canon.example.%U.%F" },
	{ "no mailname for domain", "host=a;domain=%M",
	    "domain: %M needs the file /etc/mailname (a name in its first "
	    "line), which cannot be read" },
	{ "a host name with a blank", "host=a;domain=x %H",
	    "domain is not a name: x host.example" },
	{ "no check of the certificate",
	    "host=a;tls=on;tls_trust_file=/nonexistent;tls_certcheck=off",
	    "a 25 starttls check=0 trust= ehlo=localhost" },
	{ "a trust file without TLS is not looked at",
	    "host=a;tls_trust_file=/nonexistent",
	    "a 25 clear ehlo=localhost" },
	{ "a trust file that cannot be read",
	    "host=a;tls=on;tls_trust_file=/nonexistent",
	    "tls_trust_file cannot be read: /nonexistent: No such file or "
	    "directory" },
	{ "the name for EHLO", "host=a;domain=me.example",
	    "a 25 clear ehlo=me.example" },
	{ "an address literal for EHLO", "host=a;domain=[127.0.0.1]",
	    "a 25 clear ehlo=[127.0.0.1]" },
	{ "names beyond ASCII become A-labels",
	    "host=b\303\274cher.example;domain=\347\275\221\347\273\234",
	    "xn--bcher-kva.example 25 clear ehlo=xn--io0a7i" },
	{ "an IPv6 address in brackets", "host=[::1]",
	    "::1 25 clear ehlo=localhost" },
	{ "an IPv6 address", "host=::1", "::1 25 clear ehlo=localhost" },
	{ "brackets that are no pair", "host=ab]",
	    "ab] 25 clear ehlo=localhost" },
	{ "no host", "port=25", "there is no host: add a line with host" },
	{ "LMTP", "host=a;protocol=lmtp;port=24",
	    "a 24 clear ehlo=localhost lmtp" },
	{ "LMTP with TLS from the start",
	    "host=a;protocol=lmtp;port=24;tls=on;tls_starttls=off",
	    "a 24 tls check=1 trust= ehlo=localhost lmtp" },
	{ "LMTP with STARTTLS", "host=a;protocol=lmtp;port=24;tls=on",
	    "protocol lmtp cannot start TLS by STARTTLS: add tls_starttls "
	    "off, or tls off for a server on this host" },
	{ "LMTP without a port", "host=a;protocol=lmtp",
	    "protocol lmtp has no usual port: add a line with port" },
	{ "LMTP with a login",
	    "host=localhost;protocol=lmtp;port=24;auth=on;user=u",
	    "localhost 24 clear ehlo=localhost u "
	    "AUTH=SCRAM-SHA-256;AUTH=SCRAM-SHA-1;AUTH=DIGEST-MD5;"
	    "AUTH=CRAM-MD5;AUTH=PLAIN;AUTH=LOGIN loopback lmtp" },
	{ "LMTP with a login over the network",
	    "host=mail.example.org;protocol=lmtp;port=24;auth=on;user=u",
	    "the password would go over the network in clear: add tls on" },
	{ "LMTP with a login that we cannot do",
	    "host=localhost;protocol=lmtp;port=24;auth=oauthbearer;user=u",
	    "protocol lmtp knows only auth plain and login, not: "
	    "oauthbearer" },
	{ "a host with a space", "host=a b",
	    "host is not a name or an address: a b" },
	{ "a host with a line feed", "host=a\nb",
	    "host is not a name or an address: a\nb" },
	{ "an EHLO name with a line feed", "host=a;domain=a\r\nMAIL",
	    "domain is not a name: a\r\nMAIL" },
	{ "an EHLO name with a space", "host=a;domain=a b",
	    "domain is not a name: a b" },
	{ "a user without auth does not log in", "host=a;user=u;auth=off",
	    "a 25 clear ehlo=localhost" },
	{ "auth without a user", "host=a;tls=on;auth=on",
	    "auth is on, but there is no user: add a line with user" },
	{ "auth on: what everybody has, never GSSAPI or NTLM",
	    "host=a;tls=on;auth=on;user=u", "a 25 starttls check=1 trust= "
	    "ehlo=localhost u AUTH=SCRAM-SHA-256;AUTH=SCRAM-SHA-1;AUTH=PLAIN;"
	    "AUTH=LOGIN" },
	{ "auth on without TLS: hashes only",
	    "host=mail.example.org;auth=on;user=u",
	    "mail.example.org 25 clear ehlo=localhost u AUTH=SCRAM-SHA-256;"
	    "AUTH=SCRAM-SHA-1;AUTH=DIGEST-MD5;AUTH=CRAM-MD5" },
	{ "... through a proxy to this host too",
	    "host=localhost;auth=on;user=u;proxy=http://p",
	    "localhost 25 clear ehlo=localhost proxy=http,p,8080, u "
	    "AUTH=SCRAM-SHA-256;AUTH=SCRAM-SHA-1;AUTH=DIGEST-MD5;"
	    "AUTH=CRAM-MD5" },
	{ "auth on without TLS to this host: anything",
	    "host=localhost;auth=on;user=u",
	    "localhost 25 clear ehlo=localhost u AUTH=SCRAM-SHA-256;"
	    "AUTH=SCRAM-SHA-1;AUTH=DIGEST-MD5;AUTH=CRAM-MD5;AUTH=PLAIN;"
	    "AUTH=LOGIN loopback" },
	{ "auth on over a socket: anything",
	    "socket=/s;auth=on;user=u",
	    "localhost 25 clear ehlo=localhost socket=/s u "
	    "AUTH=SCRAM-SHA-256;AUTH=SCRAM-SHA-1;AUTH=DIGEST-MD5;"
	    "AUTH=CRAM-MD5;AUTH=PLAIN;AUTH=LOGIN" },
	{ "auth cram-md5 without TLS", "host=a;auth=cram-md5;user=u",
	    "a 25 clear ehlo=localhost u AUTH=CRAM-MD5" },
	{ "auth digest-md5", "host=a;auth=digest-md5;user=u",
	    "a 25 clear ehlo=localhost u AUTH=DIGEST-MD5" },
	{ "auth scram-sha-1", "host=a;auth=scram-sha-1;user=u",
	    "a 25 clear ehlo=localhost u AUTH=SCRAM-SHA-1" },
	{ "auth scram-sha-256", "host=a;auth=scram-sha-256;user=u",
	    "a 25 clear ehlo=localhost u AUTH=SCRAM-SHA-256" },
	{ "auth ntlm", "host=a;auth=ntlm;user=u",
	    "a 25 clear ehlo=localhost u AUTH=NTLM" },
	{ "auth ntlm with a domain", "host=a;auth=ntlm;user=u;ntlmdomain=D",
	    "a 25 clear ehlo=localhost D\\u AUTH=NTLM" },
	{ "auth ntlm with two domains",
	    "host=a;auth=ntlm;user=E\\u;ntlmdomain=D",
	    "a 25 clear ehlo=localhost E\\u AUTH=NTLM" },
	{ "an NTLM domain is for NTLM", "host=a;auth=cram-md5;user=u;"
	    "ntlmdomain=D", "a 25 clear ehlo=localhost u AUTH=CRAM-MD5" },
	{ "auth gssapi", "host=a;auth=gssapi;user=u@R",
	    "a 25 clear ehlo=localhost u@R AUTH=GSSAPI no-password" },
	{ "auth gssapi without a realm", "host=a;auth=gssapi;user=u",
	    "auth gssapi needs a user with a realm, like u@EXAMPLE.ORG" },
	{ "auth gssapi without a user", "host=a;auth=gssapi",
	    "auth is on, but there is no user: add a line with user" },
	{ "auth external without a user",
	    "host=a;tls=on;auth=external;tls_cert_file=/dev/null",
	    "a 25 starttls check=1 trust= cert=/dev/null key= ehlo=localhost "
	    " AUTH=EXTERNAL no-password" },
	{ "auth external without TLS",
	    "host=a;auth=external;tls_cert_file=/dev/null", "auth external "
	    "needs a certificate to show: add tls on and tls_cert_file" },
	{ "auth external over a socket", "socket=/s;auth=external;user=u",
	    "localhost 25 clear ehlo=localhost socket=/s u AUTH=EXTERNAL "
	    "no-password" },
	{ "a token in clear", "host=a;auth=xoauth2;user=u",
	    "the password would go over the network in clear: add tls on" },
	{ "a password in clear through a proxy",
	    "host=127.0.0.1;auth=plain;user=u;proxy_host=127.0.0.1",
	    "the password would go over the network in clear: add tls on" },
	{ "a password in clear over a socket",
	    "host=mail.example.org;socket=/s;auth=plain;user=u",
	    "mail.example.org 25 clear ehlo=localhost socket=/s u "
	    "AUTH=PLAIN" },
	{ "a socket takes the place of a proxy",
	    "socket=/s;proxy_host=p;source_ip=127.0.0.1",
	    "localhost 25 clear ehlo=localhost socket=/s" },
	{ "msmtp's proxy", "host=a;proxy_host=p",
	    "a 25 clear ehlo=localhost proxy=socks5h,p,1080," },
	{ "... with a port", "host=a;proxy_host=[::1];proxy_port=9050",
	    "a 25 clear ehlo=localhost proxy=socks5h,::1,9050," },
	{ "... an empty one", "host=a;proxy_host=p;proxy_port=",
	    "a 25 clear ehlo=localhost proxy=socks5h,p,1080," },
	{ "a port alone is no proxy", "host=a;proxy_port=9050",
	    "a 25 clear ehlo=localhost" },
	{ "a proxy before msmtp's", "host=a;proxy=socks5://u@b:1;proxy_host=p",
	    "a 25 clear ehlo=localhost proxy=socks5,b,1,u" },
	{ "a bad host of a proxy", "host=a;proxy_host=a b",
	    "proxy_host is not a name or an address: a b" },
	{ "an own address", "host=a;source_ip=127.0.0.1",
	    "a 25 clear ehlo=localhost source=127.0.0.1" },
	{ "a fingerprint takes the place of the authorities",
	    "host=a;tls=on;tls_trust_file=/nonexistent;tls_fingerprint="
	    "0a112233445566778899aabbccddeeff",
	    "a 25 starttls check=0 trust= print=16:0a ehlo=localhost" },
	{ "no fingerprint without a check",
	    "host=a;tls=on;tls_certcheck=off;tls_fingerprint="
	    "0a112233445566778899aabbccddeeff",
	    "a 25 starttls check=0 trust= ehlo=localhost" },
	{ "a pin stands beside them", "host=a;tls=on;tls_pin=sha256//"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	    "a 25 starttls check=1 trust= pin=sha256//"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ehlo=localhost" },
	{ "a pin without a check", "host=a;tls=on;tls_certcheck=off;tls_pin="
	    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	    "a 25 starttls check=0 trust= pin=sha256//"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ehlo=localhost" },
	{ "nobody is trusted", "host=a;tls=on;tls_trust_file=",
	    "tls_trust_file is empty, so no server can be trusted: name a "
	    "file or system, or add tls_fingerprint or tls_pin" },
	{ "nobody but a pin", "host=a;tls=on;tls_trust_file=;tls_pin="
	    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	    "a 25 starttls check=0 trust= pin=sha256//"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ehlo=localhost" },
	{ "another name", "host=a;tls=on;tls_host_override=b\303\274cher.x",
	    "a 25 starttls check=1 trust= name=xn--bcher-kva.x "
	    "ehlo=localhost" },
	{ "a bad other name", "host=a;tls=on;tls_host_override=a b",
	    "tls_host_override is not a name: a b" },
	{ "revoked certificates", "host=a;tls=on;tls_crl_file=/dev/null",
	    "a 25 starttls check=1 trust= crl=/dev/null ehlo=localhost" },
	{ "... that cannot be read", "host=a;tls=on;tls_crl_file=/none",
	    "tls_crl_file cannot be read: /none: No such file or directory" },
	{ "a certificate of ours", "host=a;tls=on;tls_cert_file=/dev/null;"
	    "tls_key_file=/dev/null", "a 25 starttls check=1 trust= "
	    "cert=/dev/null key=/dev/null ehlo=localhost" },
	{ "... without TLS is not looked at", "host=a;tls_cert_file=/none",
	    "a 25 clear ehlo=localhost" },
	{ "... a key alone", "host=a;tls=on;tls_key_file=/dev/null",
	    "tls_key_file is of no use without tls_cert_file" },
	{ "... a key that is not there",
	    "host=a;tls=on;tls_cert_file=/dev/null;tls_key_file=/none",
	    "tls_key_file cannot be read: /none: No such file or directory" },
	{ "... on a device", "host=a;tls=on;tls_cert_file=pkcs11:a;"
	    "tls_key_file=pkcs11:b", "a 25 starttls check=1 trust= "
	    "cert=pkcs11:a key=pkcs11:b ehlo=localhost" },
	{ "an older version", "host=a;tls=on;tls_min_version=1.0",
	    "a 25 starttls check=1 trust= 1.0-1.3 ehlo=localhost" },
	{ "words of GnuTLS", "host=a;tls=on;tls_priorities="
	    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-RSA", "a 25 starttls check=1 "
	    "trust= 1.3-1.3 ciphers=DEFAULT:!kRSA| ehlo=localhost" },
	{ "ours before them", "host=a;tls=on;tls_priorities="
	    "NORMAL:-VERS-TLS1.3:-RSA;tls_min_version=1.3;tls_ciphers="
	    "TLS_AES_128_GCM_SHA256:AES128-SHA", "a 25 starttls check=1 "
	    "trust= 1.3-1.3 ciphers=AES128-SHA|TLS_AES_128_GCM_SHA256 "
	    "ehlo=localhost" },
	{ "auth login", "host=a;tls=on;auth=login;user=u",
	    "a 25 starttls check=1 trust= ehlo=localhost u AUTH=LOGIN" },
	{ "auth plain", "host=a;tls=on;auth=plain;user=u",
	    "a 25 starttls check=1 trust= ehlo=localhost u AUTH=PLAIN" },
	{ "auth xoauth2", "host=a;tls=on;auth=xoauth2;user=u",
	    "a 25 starttls check=1 trust= ehlo=localhost u AUTH=XOAUTH2 "
	    "bearer" },
	{ "auth oauthbearer", "host=a;tls=on;auth=oauthbearer;user=u",
	    "a 25 starttls check=1 trust= ehlo=localhost u AUTH=OAUTHBEARER "
	    "bearer" },
	{ "no password in clear over the network",
	    "host=mail.example.org;auth=login;user=u",
	    "the password would go over the network in clear: add tls on" },
	{ "... nor to an address", "host=10.0.0.1;auth=login;user=u",
	    "the password would go over the network in clear: add tls on" },
	{ "... nor to what only ends like localhost",
	    "host=notlocalhost;auth=login;user=u",
	    "the password would go over the network in clear: add tls on" },
	{ "... nor to what only begins like it",
	    "host=localhost.example;auth=login;user=u",
	    "the password would go over the network in clear: add tls on" },
	{ "... nor to 128.0.0.1", "host=128.0.0.1;auth=login;user=u",
	    "the password would go over the network in clear: add tls on" },
	{ "in clear to localhost", "host=LocalHost;auth=plain;user=u",
	    "LocalHost 25 clear ehlo=localhost u AUTH=PLAIN loopback" },
	{ "in clear to a name below localhost",
	    "host=mail.localhost;auth=plain;user=u",
	    "mail.localhost 25 clear ehlo=localhost u AUTH=PLAIN loopback" },
	{ "in clear to 127.x", "host=127.3.4.5;auth=plain;user=u",
	    "127.3.4.5 25 clear ehlo=localhost u AUTH=PLAIN loopback" },
	{ "in clear to ::1", "host=[::1];auth=plain;user=u",
	    "::1 25 clear ehlo=localhost u AUTH=PLAIN loopback" },
	{ "with TLS anywhere", "host=mail.example.org;tls=on;auth=plain;user=u",
	    "mail.example.org 25 starttls check=1 trust= ehlo=localhost u "
	    "AUTH=PLAIN" },
};

static void
test_load(void)
{
	struct endpoint e;
	struct values v;
	struct failure f;
	struct buf got = BUF_INIT;
	size_t i;

	endpoint_init(&e);
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		set_all(&v, cases[i].settings);
		failure_init(&f);
		buf_reset(&got);
		if (endpoint_load(&e, &v, &f) == 0) {
			describe(&e, &got);
		} else {
			buf_adds(&got, f.text.data);
			ok(f.stage == STAGE_CONFIG &&
			    f.exit_status == EX_CONFIG,
			    "a fault of the configuration");
		}
		is_text(got.data, cases[i].want, cases[i].name);
		failure_release(&f);
		values_release(&v);
	}
	buf_release(&got);
	endpoint_release(&e);
}

static void
test_limits(void)
{
	struct endpoint e;
	struct values v;
	struct failure f;

	endpoint_init(&e);
	failure_init(&f);
	set_all(&v, "host=a");
	endpoint_load(&e, &v, &f);
	is_number(e.connect_ms, 60000, "60 s to connect");
	is_number(e.reply_ms, 300000, "5 minutes for a reply");
	is_number(e.timeout_s, 0, "... and no timeout");
	values_release(&v);
	set_all(&v, "host=a;timeout=7");
	endpoint_load(&e, &v, &f);
	ok(e.connect_ms == 7000 && e.reply_ms == 7000 && e.timeout_s == 7,
	    "a timeout holds for each");
	values_release(&v);
	endpoint_release(&e);
}

static void
test_next_login(void)
{
	static const struct {
		const char *name, *settings;
		int code;
		const char *offer, *want; /* "" for no other way */
	} list[] = {
		{ "PLAIN is named but not known", "tls=on;auth=on", 504,
		    "PLAIN LOGIN", "AUTH=LOGIN" },
		{ "... on this host without TLS", "auth=on", 504, "PLAIN",
		    "AUTH=LOGIN" },
		{ "... and was asked for", "tls=on;auth=plain", 504, "PLAIN",
		    "" },
		{ "nothing but hashes", "tls=on;auth=on", 0, "GSSAPI CRAM-MD5",
		    "AUTH=SCRAM-SHA-256;AUTH=SCRAM-SHA-1;AUTH=DIGEST-MD5;"
		    "AUTH=CRAM-MD5" },
		{ "nothing that fits", "tls=on;auth=on", 0, "GSSAPI NTLM",
		    "" },
		{ "hashes that were not asked for", "tls=on;auth=login", 0,
		    "CRAM-MD5", "" },
		{ "another reply", "tls=on;auth=on", 535, "CRAM-MD5", "" },
		{ "only hashes may be used: not LOGIN",
		    "proxy=http://p;auth=on", 504, "LOGIN", "" },
	};
	struct capabilities offer;
	struct endpoint e;
	struct values v;
	struct failure f;
	struct buf text = BUF_INIT;
	struct answer a;
	size_t i;
	int again;

	endpoint_init(&e);
	for (i = 0; i < sizeof list / sizeof *list; i++) {
		failure_init(&f);
		answer_init(&a);
		capabilities_init(&offer);
		buf_reset(&text);
		buf_addf(&text, "host=localhost;user=u;%s", list[i].settings);
		set_all(&v, text.data);
		a.code = 250;
		buf_addf(&a.lines, "250-x\n250 AUTH %s", list[i].offer);
		capabilities_parse(&offer, &a);
		endpoint_load(&e, &v, &f);
		again = endpoint_next_login(&e, list[i].code, &offer);
		is_text(again ? e.login_options : "", list[i].want,
		    list[i].name);
		is_number(endpoint_next_login(&e, list[i].code, &offer), 0,
		    "... and no third one");
		values_release(&v);
		failure_release(&f);
		answer_release(&a);
		capabilities_release(&offer);
	}
	buf_release(&text);
	endpoint_release(&e);
}

static void
test_same(void)
{
	static const struct {
		const char *a, *b;
		int same;
	} pairs[] = {
		{ "host=a", "host=a", 1 }, { "host=a", "host=b", 0 },
		{ "host=a;port=1", "host=a;port=2", 0 },
		{ "host=a;domain=x", "host=a", 0 },
		{ "host=a;auth=on", "host=a;auth=plain", 0 },
		{ "host=a;user=u", "host=a;user=v", 0 },
		{ "host=a;password_file=/u", "host=a;password_file=/v", 0 },
		{ "host=a;passwordeval=u", "host=a;passwordeval=v", 0 },
		{ "host=a;tls=on", "host=a", 0 },
		{ "host=a;tls_starttls=off", "host=a", 0 },
		{ "host=a;tls_trust_file=/x", "host=a", 0 },
		{ "host=a;tls_certcheck=off", "host=a", 0 },
		{ "host=a;timeout=5", "host=a", 0 },
		{ "host=a;protocol=lmtp", "host=a", 0 },
		{ "host=a;socket=/s", "host=a", 0 },
		{ "host=a;source_ip=127.0.0.1", "host=a", 0 },
		{ "host=a;proxy=http://p", "host=a", 0 },
		{ "host=a;proxy_host=p", "host=a", 0 },
		{ "host=a;proxy_port=1", "host=a", 0 },
		{ "host=a;ntlmdomain=d", "host=a", 0 },
		{ "host=a;tls_fingerprint=00112233445566778899aabbccddeeff",
		    "host=a", 0 },
		{ "host=a;tls_host_override=b", "host=a", 0 },
		{ "host=a;tls_crl_file=/c", "host=a", 0 },
		{ "host=a;tls_cert_file=/c", "host=a", 0 },
		{ "host=a;tls_key_file=/c", "host=a", 0 },
		{ "host=a;tls_min_version=1.3", "host=a", 0 },
		{ "host=a;tls_ciphers=x", "host=a", 0 },
		{ "host=a;tls_priorities=NORMAL", "host=a", 0 },
		{ "host=a;tls_certcheck=on", "host=a", 1 },
		{ "host=a;from=u@x", "host=a;from=v@x", 1 },
		{ "host=a;maildomain=x", "host=a", 1 },
	};
	struct values a, b;
	size_t i;

	for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		set_all(&a, pairs[i].a);
		set_all(&b, pairs[i].b);
		if (!is_number(endpoint_is_same(&a, &b), pairs[i].same,
		    "the same session or another"))
			printf("# %s and %s\n", pairs[i].a, pairs[i].b);
		values_release(&a);
		values_release(&b);
	}
}

static void
test_loopback(void)
{
	static const struct {
		int family;
		const char *address;
		int loopback;
	} list[] = {
		{ AF_INET, "127.0.0.1", 1 }, { AF_INET, "127.255.255.255", 1 },
		{ AF_INET, "126.255.255.255", 0 }, { AF_INET, "128.0.0.1", 0 },
		{ AF_INET, "0.0.0.0", 0 }, { AF_INET6, "::1", 1 },
		{ AF_INET6, "::", 0 }, { AF_INET6, "::2", 0 },
		{ AF_INET6, "fe80::1", 0 }, { AF_INET6, "::ffff:127.0.0.1", 1 },
		{ AF_INET6, "::ffff:10.0.0.1", 0 },
		{ AF_INET6, "::7f00:1", 0 },
	};
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} a;
	size_t i;

	for (i = 0; i < sizeof list / sizeof *list; i++) {
		memset(&a, 0, sizeof a);
		a.any.sa_family = (sa_family_t)list[i].family;
		inet_pton(list[i].family, list[i].address,
		    list[i].family == AF_INET ? (void *)&a.four.sin_addr :
		    (void *)&a.six.sin6_addr);
		if (!is_number(endpoint_is_loopback(&a.any),
		    list[i].loopback, "loopback or not"))
			printf("# %s\n", list[i].address);
	}
	memset(&a, 0, sizeof a);
	a.any.sa_family = AF_UNIX;
	is_number(endpoint_is_loopback(&a.any), 1, "a unix socket is");
	a.any.sa_family = AF_UNSPEC;
	is_number(endpoint_is_loopback(&a.any), 0, "the unknown is not");
}

static void
put_file(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0600);

	if (fd != -1)
		close(fd);
}

static void
test_certificates(void)
{
	static const struct {
		const char *name;
		int hashed;
	} files[] = {
		{ "ca-certificates.crt", 0 }, { "1234567.0", 0 },
		{ "123456789.0", 0 }, { "1234567g.0", 0 },
		{ "12345678", 0 }, { "12345678.pem", 0 },
		{ "12345678-0", 0 }, { "00abcdef.0", 1 },
		{ "12345678.12", 1 },
	};
	char directory[] = "certificates.XXXXXX";
	struct buf path = BUF_INIT;
	size_t i;

	if (mkdtemp(directory) == NULL)
		exit(1);
	ok(endpoint_hashed_certificates("/nonexistent") == NULL,
	    "no directory, no hashed certificates");
	ok(endpoint_hashed_certificates(directory) == NULL,
	    "an empty directory has none");
	for (i = 0; i < sizeof files / sizeof *files; i++) {
		buf_reset(&path);
		buf_addf(&path, "%s/%s", directory, files[i].name);
		put_file(path.data);
		if (!ok((endpoint_hashed_certificates(directory) != NULL) ==
		    files[i].hashed, "a name that OpenSSL looks for, or not"))
			printf("# %s\n", files[i].name);
		unlink(path.data);
	}
	rmdir(directory);
	buf_release(&path);
}

int
main(void)
{
	setenv("HOSTNAME", "host.example", 1);
	setenv("QSENDMAIL_TEST_CANONICAL", "canon.example", 1);
	setenv("QSENDMAIL_TEST_SYSCONFDIR", ".", 1);
	test_load();
	test_limits();
	test_next_login();
	test_same();
	test_loopback();
	test_certificates();
	return tap_done();
}
