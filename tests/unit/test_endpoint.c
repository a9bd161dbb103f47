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
#include "relay/endpoint.h"

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
			v->v[settings_find(name.data) - settings].text =
			    xmemdup(value.data, value.len);
	}
	fault_release(&f);
	buf_release(&name);
	buf_release(&value);
}

static void
describe(const struct endpoint *e, struct buf *out)
{
	static const char *const tls[] = { "clear", "starttls", "tls" };

	buf_addf(out, "%s %u %s", e->host.data, e->port, tls[e->tls]);
	if (e->tls != TLS_OFF)
		buf_addf(out, " check=%d trust=%s", e->check_certificate,
		    e->trust_file.data);
	buf_addf(out, " ehlo=%s", e->domain.data);
	if (e->user.len != 0)
		buf_addf(out, " %s %s%s", e->user.data, e->login_options,
		    e->is_bearer ? " bearer" : "");
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
	{ "no check of the certificate",
	    "host=a;tls=on;tls_trust_file=/nonexistent;tls_certcheck=off",
	    "a 25 starttls check=0 trust= ehlo=localhost" },
	{ "a trust file without TLS is not looked at",
	    "host=a;tls_trust_file=/nonexistent",
	    "a 25 clear ehlo=localhost" },
	{ "a trust file that cannot be read",
	    "host=a;tls=on;tls_trust_file=/nonexistent",
	    "tls_trust_file cannot be read: /nonexistent" },
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
	    "localhost 24 clear ehlo=localhost u AUTH=LOGIN;AUTH=PLAIN "
	    "loopback lmtp" },
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
	    "ehlo=localhost u AUTH=LOGIN;AUTH=PLAIN" },
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
	    "host=mail.example.org;auth=on;user=u",
	    "the password would go over the network in clear: add tls on" },
	{ "... nor to an address", "host=10.0.0.1;auth=on;user=u",
	    "the password would go over the network in clear: add tls on" },
	{ "... nor to what only ends like localhost",
	    "host=notlocalhost;auth=on;user=u",
	    "the password would go over the network in clear: add tls on" },
	{ "... nor to what only begins like it",
	    "host=localhost.example;auth=on;user=u",
	    "the password would go over the network in clear: add tls on" },
	{ "... nor to 128.0.0.1", "host=128.0.0.1;auth=on;user=u",
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
test_login_only(void)
{
	struct endpoint e;
	struct values v;
	struct failure f;

	endpoint_init(&e);
	failure_init(&f);
	set_all(&v, "host=a;tls=on;auth=on;user=u");
	endpoint_load(&e, &v, &f);
	is_number(endpoint_use_login_only(&e), 1, "LOGIN alone is left");
	is_text(e.login_options, "AUTH=LOGIN", "... and nothing else");
	is_number(endpoint_use_login_only(&e), 0, "... once");
	values_release(&v);
	set_all(&v, "host=a;tls=on;auth=plain;user=u");
	endpoint_load(&e, &v, &f);
	is_number(endpoint_use_login_only(&e), 0,
	    "a mechanism that was asked for stays");
	is_text(e.login_options, "AUTH=PLAIN", "... as it is");
	values_release(&v);
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
	test_load();
	test_limits();
	test_login_only();
	test_same();
	test_loopback();
	test_certificates();
	return tap_done();
}
