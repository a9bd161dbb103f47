/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules that hold before anything is sent: a password does not travel in
 * clear but on the loopback, TLS asked for is TLS had, a mechanism that
 * nobody asked for (GSSAPI, NTLM) is not tried. Knows no libcurl.
 */
#include "relay/endpoint.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ascii.h"
#include "relay/idn.h"

/* RFC 5321 4.5.3.2; connecting has no limit there. */
#define CONNECT_MS 60000
#define REPLY_MS 300000

void
endpoint_init(struct endpoint *e)
{
	memset(e, 0, sizeof *e);
	buf_init(&e->host, 0);
	buf_init(&e->domain, 0);
	buf_init(&e->trust_file, 0);
	buf_init(&e->user, 0);
}

void
endpoint_release(struct endpoint *e)
{
	buf_release(&e->host);
	buf_release(&e->domain);
	buf_release(&e->trust_file);
	buf_release(&e->user);
	endpoint_init(e);
}

static int
wrong(struct failure *f, const char *what, const char *value)
{
	failure_set(f, STAGE_CONFIG, REPLY_ANY, "%s%s%s", what,
	    value[0] != '\0' ? ": " : "", value);
	f->exit_status = EX_CONFIG;
	return -1;
}

/* A name for a command or a URL: no spaces, no controls. */
static int
is_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if (ascii_is_control(*s) || *s == ' ')
			return 0;
	return 1;
}

static int
load_name(struct buf *out, const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || !is_printable(text) || idn_to_ascii(text, out) == -1)
		return -1;
	return 0;
}

/* [::1] and ::1 are the same host. */
static void
strip_brackets(struct buf *host)
{
	size_t n = host->len;

	if (n > 2 && host->data[0] == '[' && host->data[n - 1] == ']') {
		buf_truncate(host, n - 1);
		buf_consume(host, 1);
	}
}

int
endpoint_is_loopback(const struct sockaddr *address)
{
	static const unsigned char mapped[12] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
	};
	const struct sockaddr_in6 *six;
	const struct sockaddr_in *four;

	if (address->sa_family == AF_UNIX)
		return 1;
	if (address->sa_family == AF_INET) {
		four = (const struct sockaddr_in *)address;
		return ntohl(four->sin_addr.s_addr) >> 24 == 127;
	}
	if (address->sa_family != AF_INET6)
		return 0;
	six = (const struct sockaddr_in6 *)address;
	if (memcmp(six->sin6_addr.s6_addr, mapped, sizeof mapped) == 0)
		return six->sin6_addr.s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

/* localhost (RFC 6761 6.3) or a loopback address. */
static int
is_loopback_name(const char *host)
{
	static const char name[] = "localhost", below[] = ".localhost";
	size_t n = strlen(host), tail = sizeof below - 1;
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	memset(&four, 0, sizeof four);
	memset(&six, 0, sizeof six);
	four.sin_family = AF_INET;
	six.sin6_family = AF_INET6;
	if (inet_pton(AF_INET, host, &four.sin_addr) == 1)
		return endpoint_is_loopback((struct sockaddr *)&four);
	if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1)
		return endpoint_is_loopback((struct sockaddr *)&six);
	return ascii_is_equal(host, n, name, sizeof name - 1) ||
	    (n > tail && ascii_is_equal(host + n - tail, tail, below, tail));
}

static const char any_mechanism[] = "AUTH=LOGIN;AUTH=PLAIN";
static const char only_login[] = "AUTH=LOGIN";

static const struct {
	const char *auth;
	const char *options; /* libcurl takes the best of these */
	int is_bearer;
} mechanisms[] = {
	{ "on", any_mechanism, 0 },
	{ "login", only_login, 0 },
	{ "plain", "AUTH=PLAIN", 0 },
	{ "xoauth2", "AUTH=XOAUTH2", 1 },
	{ "oauthbearer", "AUTH=OAUTHBEARER", 1 },
};

static int
load_login(struct endpoint *e, const struct values *v, struct failure *f)
{
	const char *auth = values_text(v, S_AUTH);
	size_t i;

	if (strcmp(auth, "off") == 0)
		return 0;
	buf_adds(&e->user, values_text(v, S_USER));
	if (e->user.len == 0)
		return wrong(f, "auth is on, but there is no user: add a line "
		    "with user", "");
	for (i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++) {
		if (strcmp(auth, mechanisms[i].auth) != 0)
			continue;
		e->login_options = mechanisms[i].options;
		e->is_bearer = mechanisms[i].is_bearer;
		return 0;
	}
	return wrong(f, "auth: not known here", auth);
}

int
endpoint_use_login_only(struct endpoint *e)
{
	if (e->login_options != any_mechanism)
		return 0;
	e->login_options = only_login;
	return 1;
}

static int
load_tls(struct endpoint *e, const struct values *v, struct failure *f)
{
	const char *file = values_text(v, S_TLS_TRUST_FILE);

	e->tls = !values_bool(v, S_TLS) ? TLS_OFF :
	    values_bool(v, S_TLS_STARTTLS) ? TLS_STARTTLS : TLS_IMPLICIT;
	e->check_certificate = values_bool(v, S_TLS_CERTCHECK);
	if (e->tls == TLS_OFF || !e->check_certificate)
		return 0;
	if (strcmp(file, "system") == 0 || file[0] == '\0')
		return 0;
	if (access(file, R_OK) == -1)
		return wrong(f, "tls_trust_file cannot be read", file);
	buf_adds(&e->trust_file, file);
	return 0;
}

/* With a socket nobody asks for a port. (The row may not be there.) */
static int
has_socket(const struct values *v)
{
	const struct setting *row = settings_find("socket");

	return row != NULL &&
	    values_text(v, (enum setting_id)(row - settings))[0] != '\0';
}

static int
load_port(struct endpoint *e, const struct values *v, struct failure *f)
{
	if (values_is_set(v, S_PORT))
		e->port = (unsigned)values_number(v, S_PORT);
	else if (!e->is_lmtp)
		e->port = e->tls == TLS_IMPLICIT ? 465 : 25;
	else if (has_socket(v))
		e->port = 24;
	else
		return wrong(f, "protocol lmtp has no usual port: add a line "
		    "with port", "");
	return 0;
}

/* Greeting and login are ours then, and that is all we can do. */
static int
load_protocol(struct endpoint *e, const struct values *v, struct failure *f)
{
	e->is_lmtp = values_is(v, S_PROTOCOL, "lmtp");
	if (!e->is_lmtp)
		return 0;
	if (e->tls == TLS_STARTTLS)
		return wrong(f, "protocol lmtp cannot start TLS by STARTTLS: "
		    "add tls_starttls off, or tls off for a server on this "
		    "host", "");
	if (e->user.len != 0 &&
	    strstr(e->login_options, "AUTH=PLAIN") == NULL &&
	    strstr(e->login_options, "AUTH=LOGIN") == NULL)
		return wrong(f, "protocol lmtp knows only auth plain and "
		    "login, not", values_text(v, S_AUTH));
	return 0;
}

static void
load_limits(struct endpoint *e, const struct values *v)
{
	e->timeout_s = values_number(v, S_TIMEOUT);
	e->connect_ms = e->timeout_s != 0 ? e->timeout_s * 1000 : CONNECT_MS;
	e->reply_ms = e->timeout_s != 0 ? e->timeout_s * 1000 : REPLY_MS;
}

int
endpoint_load(struct endpoint *e, const struct values *v, struct failure *f)
{
	endpoint_release(e);
	if (values_text(v, S_HOST)[0] == '\0')
		return wrong(f, "there is no host: add a line with host", "");
	if (load_name(&e->host, values_text(v, S_HOST)) == -1)
		return wrong(f, "host is not a name or an address",
		    values_text(v, S_HOST));
	strip_brackets(&e->host);
	if (load_name(&e->domain, values_text(v, S_DOMAIN)) == -1)
		return wrong(f, "domain is not a name",
		    values_text(v, S_DOMAIN));
	if (load_tls(e, v, f) == -1 || load_login(e, v, f) == -1 ||
	    load_protocol(e, v, f) == -1 || load_port(e, v, f) == -1)
		return -1;
	load_limits(e, v);
	e->only_loopback = e->user.len != 0 && e->tls == TLS_OFF;
	if (e->only_loopback && !is_loopback_name(e->host.data))
		return wrong(f, "the password would go over the network in "
		    "clear: add tls on", "");
	return 0;
}

int
endpoint_is_same(const struct values *a, const struct values *b)
{
	static const enum setting_id ids[] = {
		S_HOST, S_PORT, S_PROTOCOL, S_DOMAIN, S_AUTH, S_USER, S_PASSWORD_FILE,
		S_PASSWORDEVAL, S_TLS, S_TLS_STARTTLS, S_TLS_TRUST_FILE,
		S_TLS_CERTCHECK, S_TIMEOUT
	};
	size_t i;

	for (i = 0; i < sizeof ids / sizeof *ids; i++)
		if (strcmp(values_text(a, ids[i]), values_text(b, ids[i])) != 0)
			return 0;
	return 1;
}

/* OpenSSL's names: eight hexadecimal digits, a dot, a number. */
static int
is_hashed_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
	    name[9] >= '0' && name[9] <= '9';
}

const char *
endpoint_hashed_certificates(const char *directory)
{
	DIR *d = opendir(directory);
	const struct dirent *entry;
	int found = 0;

	if (d == NULL)
		return NULL;
	while (!found && (entry = readdir(d)) != NULL)
		found = is_hashed_name(entry->d_name);
	closedir(d);
	return found ? directory : NULL;
}
