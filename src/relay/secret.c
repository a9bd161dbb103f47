/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sources of a secret, in their order. A source that is named must work:
 * a password command that fails is not followed by a guess. Buffers have
 * their full size from the start, so that growing leaves no copies behind.
 */
#include "relay/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/io.h"
#include "base/spawn.h"
#include "relay/netrc.h"
#include "relay/prompt.h"
#include "settings/account.h"

#define SECRET_MAX ((size_t)16384)
#define NETRC_MAX ((size_t)1 << 20)
#define CREDENTIAL "qsendmail.password"

/* The environment. */

static void
wipe_variable(const char *name)
{
	char *value = getenv(name);

	if (value == NULL)
		return;
	/* The octets would stay in /proc/PID/environ. */
	compat_wipe(value, strlen(value));
	unsetenv(name);
}

void
secret_take_environment(struct secret_environment *e)
{
	struct values v;

	buf_init(&e->password, 0);
	buf_init(&e->proxy_password, 0);
	buf_init(&e->proxy, 0);
	buf_init(&e->password_file, 0);
	fault_init(&e->fault);
	if (getenv("QSENDMAIL_PASSWORD") == NULL &&
	    getenv("QSENDMAIL_PROXY_PASSWORD") == NULL &&
	    getenv("QSENDMAIL_URL") == NULL)
		return;
	values_init(&v);
	if (account_load_secret("", "env", &v, &e->fault) == 0) {
		buf_adds(&e->password, values_text(&v, S_PASSWORD));
		buf_adds(&e->proxy_password,
		    values_text(&v, S_PROXY_PASSWORD));
		buf_adds(&e->proxy, values_text(&v, S_PROXY));
		buf_adds(&e->password_file,
		    values_text(&v, S_PASSWORD_FILE));
	}
	values_release(&v);
	wipe_variable("QSENDMAIL_PASSWORD");
	wipe_variable("QSENDMAIL_PROXY_PASSWORD");
	wipe_variable("QSENDMAIL_URL");
}

void
secret_release_environment(struct secret_environment *e)
{
	buf_wipe(&e->password);
	buf_wipe(&e->proxy_password);
	buf_release(&e->proxy);
	buf_release(&e->password_file);
	fault_release(&e->fault);
}

/* Sources: each returns 1 (found), 0 (not given) or -1 with a fault. */

/* Keeps the first line; 1, or -1 when it is empty. */
static int
first_line(struct buf *b, const char *what, const char *name, struct fault *f)
{
	size_t n = strcspn(b->data, "\r\n");

	compat_wipe(b->data + n, b->len - n);
	buf_truncate(b, n);
	if (n == 0)
		return fault_set(f, EX_CONFIG, "%s %s gives no password", what,
		    name);
	return 1;
}

static int
from_command(struct buf *out, const struct secret_request *r, struct fault *f)
{
	const char *command = values_text(r->settings, S_PASSWORDEVAL);

	if (command[0] == '\0')
		return 0;
	if (spawn_shell(command, out, f) == -1)
		return fault_context(f, "passwordeval");
	return first_line(out, "passwordeval", command, f);
}

/* Reads a file of secrets that only its owner can write. 1, 0 when there is
 * none, -1 with a fault. */
static int
load_file(const char *path, size_t max, struct buf *b, struct fault *f)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 :
		    fault_errno(f, EX_CONFIG, "%s", path);
	if (S_ISREG(st.st_mode) && (st.st_mode & S_IWOTH) != 0)
		return fault_set(f, EX_CONFIG, "%s can be written by others: "
		    "chmod o-w it", path);
	if (io_load(path, max, b, f) == -1) {
		f->code = EX_CONFIG;
		return -1;
	}
	return 1;
}

static int
from_file(struct buf *out, const struct secret_request *r, struct fault *f)
{
	const char *path = values_text(r->settings, S_PASSWORD_FILE);
	int rc;

	if (path[0] == '\0')
		return 0;
	rc = load_file(path, SECRET_MAX, out, f);
	if (rc == 0)
		fault_set(f, EX_CONFIG, "%s does not exist", path);
	if (rc != 1)
		return fault_context(f, "password_file");
	return first_line(out, "password_file", path, f);
}

/* 1 when the command line names a source that the account, which has these
 * two, does not. */
static int
is_overridden(const struct secret_request *r, const char *command,
    const char *file)
{
	const char *c = values_text(r->settings, S_PASSWORDEVAL);
	const char *p = values_text(r->settings, S_PASSWORD_FILE);

	return (c[0] != '\0' && strcmp(c, command) != 0) ||
	    (p[0] != '\0' && strcmp(p, file) != 0);
}

static int
from_section(struct buf *out, const struct secret_request *r, struct fault *f)
{
	const struct secret_environment *e = r->environment;
	struct values v;
	int rc = 0;

	if (r->file == NULL || r->section == NULL)
		return 0;
	if (r->file[0] == '\0') {
		if (e->fault.code != 0)
			return fault_set(f, e->fault.code, "%s",
			    e->fault.text.data);
		if (!is_overridden(r, "", e->password_file.data))
			buf_adds(out, e->password.data);
		return out->len != 0;
	}
	values_init(&v);
	if (account_load_secret(r->file, r->section, &v, f) == -1)
		rc = -1;
	else if (!is_overridden(r, values_text(&v, S_PASSWORDEVAL),
	    values_text(&v, S_PASSWORD_FILE)) &&
	    buf_adds(out, values_text(&v, S_PASSWORD)) == -1)
		rc = fault_set(f, EX_CONFIG, "the password in %s is longer "
		    "than %zu octets", r->file, SECRET_MAX);
	values_release(&v);
	return rc == 0 ? out->len != 0 : -1;
}

/* systemd's LoadCredential. */
static int
from_credentials(struct buf *out, const struct secret_request *r,
    struct fault *f)
{
	const char *directory = compat_getenv("CREDENTIALS_DIRECTORY");
	struct buf path = BUF_INIT;
	int rc;

	(void)r;
	if (directory == NULL || directory[0] != '/')
		return 0;
	buf_addf(&path, "%s/" CREDENTIAL, directory);
	rc = load_file(path.data, SECRET_MAX, out, f);
	if (rc == 1)
		rc = first_line(out, "the credential", path.data, f);
	buf_release(&path);
	return rc;
}

/* The key ring is reached by the session bus; without one, asking for a
 * password in it would only start a bus of its own. */
static int
has_session_bus(void)
{
	const char *address = compat_getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *directory = compat_getenv("XDG_RUNTIME_DIR");
	struct buf path = BUF_INIT;
	int found = address != NULL && *address != '\0';

	if (!found && directory != NULL && directory[0] == '/') {
		buf_addf(&path, "%s/bus", directory);
		found = access(path.data, F_OK) == 0;
	}
	buf_release(&path);
	return found;
}

/* Asks libsecret's own tool: 1 with what it found, else 0. */
static int
look_up(struct buf *out, char *const argv[], struct fault *f)
{
	if (spawn_program(argv, out) == 0 && out->len != 0)
		return first_line(out, "the key ring, by", argv[0], f);
	compat_wipe(out->data, out->len);
	buf_reset(out);
	return 0;
}

/* By the attributes that msmtp tells people to store, then by those of the
 * older GNOME key ring. */
static int
from_key_ring(struct buf *out, const struct secret_request *r,
    struct fault *f)
{
	char tool[] = "secret-tool", lookup[] = "lookup", host[] = "host",
	    service[] = "service", smtp[] = "smtp", user[] = "user",
	    protocol[] = "protocol", server[] = "server";
	char *const now[] = { tool, lookup, host, (char *)r->host, service,
		smtp, user, (char *)r->user, NULL };
	char *const before[] = { tool, lookup, user, (char *)r->user, protocol,
		smtp, server, (char *)r->host, NULL };
	int rc;

	/* Key ring and netrc have the passwords of hosts, not of keys. */
	if (r->key != NULL || !has_session_bus())
		return 0;
	rc = look_up(out, now, f);
	return rc != 0 ? rc : look_up(out, before, f);
}

static int
from_netrc_file(struct buf *out, const struct secret_request *r,
    const char *path, struct fault *f)
{
	struct buf text = BUF_INIT;
	struct stat st;
	int rc = 0;

	if (stat(path, &st) == 0) {
		if (st.st_size > 0 && (size_t)st.st_size < NETRC_MAX)
			buf_grow(&text, (size_t)st.st_size);
		rc = load_file(path, NETRC_MAX, &text, f);
	}
	if (rc == 1)
		rc = netrc_find(text.data, text.len, r->host, r->user, out);
	buf_wipe(&text);
	return rc;
}

/* The user's file, then the system's. */
static int
from_netrc(struct buf *out, const struct secret_request *r, struct fault *f)
{
	struct buf path = BUF_INIT;
	int rc;

	if (r->key != NULL)
		return 0;
	settings_home(&path);
	buf_adds(&path, "/.netrc");
	rc = from_netrc_file(out, r, path.data, f);
	if (rc == 0 && settings_system_file("netrc", &path))
		rc = from_netrc_file(out, r, path.data, f);
	buf_release(&path);
	return rc;
}

static int
from_terminal(struct buf *out, const struct secret_request *r,
    struct fault *f)
{
	const char *hint = values_text(r->settings, S_HINT);
	struct buf question = BUF_INIT;
	int rc;

	if (hint[0] != '\0' && r->key == NULL)
		buf_addf(&question, "%s\n", hint);
	if (r->key != NULL)
		buf_addf(&question, "Password of the key in %s: ", r->key);
	else
		buf_addf(&question, "Password of %s at %s: ", r->user, r->host);
	rc = prompt_secret(question.data, out, f);
	buf_release(&question);
	return rc;
}

typedef int secret_source(struct buf *, const struct secret_request *,
    struct fault *);

/* Room at once, so that growing leaves no copies. */
static void
prepare(struct buf *out)
{
	buf_init(out, SECRET_MAX);
	buf_grow(out, SECRET_MAX);
}

/* The first of n sources that has it: 1; 0, or -1 with a fault. */
static int
search(struct buf *out, const struct secret_request *r,
    secret_source *const *sources, size_t n, struct fault *f)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++)
		rc = sources[i](out, r, f);
	return rc;
}

static secret_source *const named[] = {
	from_section, from_command, from_file, from_credentials
};
static secret_source *const others[] = {
	from_key_ring, from_netrc, from_terminal
};

#define LENGTH(a) (sizeof (a) / sizeof *(a))

int
secret_find(struct buf *out, const struct secret_request *r, struct fault *f)
{
	int rc;

	prepare(out);
	rc = search(out, r, named, LENGTH(named), f);
	if (rc == 0)
		rc = search(out, r, others, LENGTH(others), f);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if (r->key != NULL)
		return fault_set(f, EX_CONFIG, "the key in %s is encrypted, "
		    "and there is neither a password for it nor a terminal to "
		    "ask on: add a line with passwordeval or password_file",
		    r->key);
	return fault_set(f, EX_CONFIG, "there is no password for %s at %s, "
	    "and no terminal to ask for it on: add a line with passwordeval "
	    "or password_file to the account", r->user, r->host);
}

int
secret_find_named(struct buf *out, const struct secret_request *r,
    struct fault *f)
{
	prepare(out);
	return search(out, r, named, LENGTH(named), f) == -1 ? -1 : 0;
}

/*
 * A password belongs to the proxy beside which it was written: one that the
 * command line names does not get it.
 */
int
secret_find_proxy(struct buf *out, const struct secret_request *r,
    struct fault *f)
{
	const char *proxy = values_text(r->settings, S_PROXY);
	const struct secret_environment *e = r->environment;
	struct values v;
	int rc = 0;

	prepare(out);
	if (r->file == NULL || r->section == NULL)
		return 0;
	if (r->file[0] == '\0') {
		if (strcmp(e->proxy.data, proxy) == 0)
			buf_adds(out, e->proxy_password.data);
		return 0;
	}
	values_init(&v);
	if (account_load_secret(r->file, r->section, &v, f) == -1)
		rc = -1;
	else if (strcmp(values_text(&v, S_PROXY), proxy) == 0 &&
	    buf_adds(out, values_text(&v, S_PROXY_PASSWORD)) == -1)
		rc = fault_set(f, EX_CONFIG, "the proxy_password in %s is "
		    "longer than %zu octets", r->file, SECRET_MAX);
	values_release(&v);
	return rc;
}
