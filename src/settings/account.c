/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which account a mail uses and what its settings are in the end. Owns the
 * search for the files, the choice (as msmtp makes it), and the providers:
 * they fill in what an account that names no host leaves open. A password is
 * only ever used with the host, or the provider of the address, beside which
 * it was written.
 */
#include "settings/account.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/compat.h"
#include "base/xalloc.h"
#include "settings/environment.h"
#include "settings/pattern.h"
#include "settings/provider.h"
#include "settings/service_account.h"

static const char env_name[] = "env";
static const char argv_name[] = "command line";

void
account_init(struct account *a)
{
	memset(a, 0, sizeof *a);
	config_init(&a->config);
}

void
account_release(struct account *a)
{
	free(a->name);
	free(a->secret_file);
	free(a->secret_section);
	free(a->asked_from);
	strv_release(&a->providers);
	values_release(&a->values);
	config_release(&a->config);
	memset(a, 0, sizeof *a);
}

/* ---- the files ---- */

static int
is_readable(const char *path)
{
	return access(path, R_OK) == 0;
}

/* Adds DIRECTORY/NAME when it can be read: 1; 0 when not. */
static int
try_path(struct buf *path, const char *directory, const char *name)
{
	buf_reset(path);
	buf_addf(path, "%s/%s", directory, name);
	return is_readable(path->data);
}

/* The user's file: 1 with its path, 0 when there is none. */
static int
find_user_file(struct buf *path)
{
	const char *xdg = compat_getenv("XDG_CONFIG_HOME");
	struct buf home = BUF_INIT, config = BUF_INIT;
	int found;

	settings_home(&home);
	if (xdg != NULL && *xdg == '/')
		buf_adds(&config, xdg);
	else
		buf_addf(&config, "%s/.config", home.data);
	found = try_path(path, config.data, "qsendmail/config") ||
	    try_path(path, home.data, ".qsendmailrc") ||
	    try_path(path, home.data, ".msmtprc") ||
	    try_path(path, config.data, "msmtp/config");
	buf_release(&home);
	buf_release(&config);
	return found;
}

/* The system's file; one that may not be read is as good as none. */
static int
find_system_file(struct buf *path)
{
	return settings_system_file("qsendmailrc", path) ||
	    settings_system_file("msmtprc", path);
}

static int
load_files(struct config *c, const struct account_request *r, struct fault *f)
{
	struct buf path = BUF_INIT;
	int rc = 0;

	if (r->file != NULL)
		rc = config_load(c, r->file, r->strict ? CONFIG_ROOT_ONLY : 0,
		    f);
	else if (find_user_file(&path))
		rc = config_load(c, path.data, 0, f);
	if (rc == 0 && find_system_file(&path))
		rc = config_load(c, path.data, 0, f);
	buf_release(&path);
	return rc;
}

/* An account of the same file called name that begins behind s, or NULL. */
static const struct section *
find_behind(const struct config *c, const struct section *s, const char *name)
{
	const struct section *other;

	for (other = s + 1; other < c->v + c->n; other++)
		if (other->root == s->root && strcmp(other->name, name) == 0)
			return other;
	return NULL;
}

/* The base of section i. A provider that is found is added to the sections,
 * which moves them. */
static int
check_base(struct config *c, size_t i, const char *base, struct fault *f)
{
	const struct section *s = &c->v[i], *provider;
	const struct section *behind = find_behind(c, s, base);

	if (behind != NULL)
		return fault_set(f, EX_CONFIG, "%s:%u: account %s is defined "
		    "only behind this line (%s:%u): put it in front", s->file,
		    s->line, base, behind->file, behind->line);
	if (provider_find(c, PROVIDER_NAME, base, &provider, f) == -1)
		return -1;
	s = &c->v[i];
	if (provider == NULL)
		return fault_set(f, EX_CONFIG, "%s:%u: account %s is not "
		    "defined before this line, and no provider has this name",
		    s->file, s->line, base);
	return 0;
}

/* Every base that its file does not define must be a provider's name. */
static int
check_bases(struct config *c, struct fault *f)
{
	size_t i, j, n = c->n;

	for (i = 0; i < n; i++)
		for (j = 0; j < c->v[i].bases.n; j++)
			if (check_base(c, i, c->v[i].bases.v[j], f) == -1)
				return -1;
	return 0;
}

/* ---- the choice ---- */

/* 1 when the relay has to read a secret where these values come from. */
static int
has_secret(const struct values *v)
{
	return values_number(v, S_PASSWORD) ||
	    values_number(v, S_PROXY_PASSWORD);
}

static void
use_section(struct account *a, const struct section *s)
{
	size_t i;

	a->name = xstrdup(s->name);
	for (i = 0; i < s->bases.n; i++)
		strv_add(&a->providers, s->bases.v[i]);
	if (provider_is(s)) {
		strv_add(&a->providers, s->name);
		return;
	}
	values_merge(&a->values, &s->values);
	a->has_eval = s->evals_n > 0;
	if (a->has_eval || has_secret(&s->values)) {
		a->secret_file = xstrdup(s->again);
		a->secret_section = xstrdup(s->name);
	}
}

static void
use_env(struct account *a, const struct values *env)
{
	a->name = xstrdup(env_name);
	values_merge(&a->values, env);
	if (has_secret(env)) {
		a->secret_file = xstrdup("");
		a->secret_section = xstrdup(env_name);
	}
}

static int
use_variable(struct account *a, const char *variable, const char *setting,
    struct fault *f)
{
	struct origin origin = { ORIGIN_ENVIRONMENT, NULL, 0 };
	const char *value = compat_getenv(variable);

	if (value == NULL || *value == '\0')
		return 0;
	if (settings_set(&a->values, SETTING_FILE, setting, value, &origin,
	    f) == -1)
		return fault_context(f, "%s", variable);
	return 1;
}

/*
 * msmtp's variables: a server, and who sends. They count only when there is
 * no account at all.
 */
static int
use_smtpserver(struct account *a, struct fault *f)
{
	int rc = use_variable(a, "SMTPSERVER", "host", f);

	if (rc != 1)
		return rc;
	a->name = xstrdup(env_name);
	return use_variable(a, "EMAIL", "from", f) == -1 ? -1 : 1;
}

/* The domain of an address, "" if it has none. */
static const char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL ? at + 1 : "";
}

/* The address that chooses; NULL for none and for the null sender. */
static const char *
wanted_from(const struct account_request *r)
{
	if (r->from == NULL || *r->from == '\0' || strcmp(r->from, "<>") == 0)
		return NULL;
	return r->from;
}

static const struct section *
find_by_from(const struct config *c, const char *from)
{
	size_t i;

	/* An account of the user hides the system's of the same name. */
	for (i = 0; i < c->n; i++)
		if (!provider_is(&c->v[i]) &&
		    config_find(c, c->v[i].name) == &c->v[i] &&
		    pattern_matches(values_text(&c->v[i].values, S_FROM),
		    from))
			return &c->v[i];
	return NULL;
}

/* Appends "a and b", the files that were read. */
static void
list_files(struct buf *out, const struct config *c)
{
	const char *last = NULL;
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (provider_is(&c->v[i]) || c->v[i].root == last)
			continue;
		if (last != NULL)
			buf_adds(out, " and ");
		buf_adds(out, last = c->v[i].root);
	}
	if (last == NULL)
		buf_adds(out, "a settings file (there is none)");
}

static int
choose_by_name(struct account *a, const char *name, const struct values *env,
    struct fault *f)
{
	const struct section *s = config_find(&a->config, name);
	struct buf files = BUF_INIT;

	if (s == NULL && env != NULL && strcmp(name, env_name) == 0) {
		use_env(a, env);
		return 0;
	}
	if (s == NULL && provider_find(&a->config, PROVIDER_NAME, name, &s,
	    f) == -1)
		return -1;
	if (s != NULL) {
		use_section(a, s);
		return 0;
	}
	list_files(&files, &a->config);
	fault_set(f, EX_CONFIG, "there is no account %s in %s", name,
	    files.data);
	buf_release(&files);
	return -1;
}

static int
has_maildir(const struct values *v)
{
	return *values_text(v, S_MAILDIR) != '\0';
}

/* Without -a: the sender's account, else the default one. */
static int
choose(struct account *a, const struct account_request *r,
    const struct values *env, struct fault *f)
{
	const char *from = wanted_from(r);
	const struct section *s = NULL;
	int rc;

	/* One that catches all mail must not let any go by another account. */
	if (env != NULL && ((r->file == NULL && has_maildir(env)) ||
	    (from != NULL &&
	    pattern_matches(values_text(env, S_FROM), from)))) {
		use_env(a, env);
		return 0;
	}
	if (from != NULL)
		s = find_by_from(&a->config, from);
	if (s == NULL && env != NULL && r->file == NULL) {
		use_env(a, env);
		return 0;
	}
	if (s == NULL)
		s = config_find(&a->config, "default");
	if (s != NULL) {
		use_section(a, s);
		return 0;
	}
	rc = use_smtpserver(a, f);
	if (rc == 0)
		a->name = xstrdup(argv_name);
	return rc == -1 ? -1 : 0;
}

/* ---- the effective settings ---- */

/* 1 when somebody asked for a sender and may. */
static int
may_ask_from(const struct account *a)
{
	return a->asked_from != NULL &&
	    values_bool(&a->values, S_ALLOW_FROM_OVERRIDE) &&
	    !values_bool(&a->values, S_AUTO_FROM);
}

/* 1 when "from" or the login is an address of another domain than the one that
 * was asked for. */
static int
is_other_domain(const struct account *a)
{
	const char *own = values_text(&a->values, S_FROM);

	if (*own == '\0')
		own = values_text(&a->values, S_USER);
	return strchr(own, '@') != NULL && a->asked_from != NULL &&
	    !ascii_is_same(domain_of(own), domain_of(a->asked_from));
}

/* 1 when the account itself says how to get a password, or may do so: what
 * eval lines make of one is not told here. One in the environment may be meant
 * for whatever address is asked for, unless another stands beside it. */
static int
has_own_secret(const struct account *a)
{
	static const enum setting_id sources[] = {
		S_PASSWORD, S_PASSWORD_FILE, S_PASSWORDEVAL
	};
	const struct value *value;
	size_t i;

	for (i = 0; i < sizeof sources / sizeof sources[0]; i++) {
		value = values_find(&a->values, sources[i]);
		if (value != NULL && (value->origin.kind ==
		    ORIGIN_ACCOUNT || value->origin.kind == ORIGIN_DEFAULTS ||
		    (value->origin.kind == ORIGIN_ENVIRONMENT &&
		    is_other_domain(a))))
			return 1;
	}
	return a->has_eval;
}

/* 1 when the address alone would say which server gets the password. */
static int
is_risky(const struct account *a)
{
	const struct values *v = &a->values;

	return *values_text(v, S_HOST) == '\0' && a->providers.n == 0 &&
	    *values_text(v, S_SOCKET) == '\0' && !has_maildir(v) &&
	    has_own_secret(a);
}

/* An account of the user's files that serves a mail domain, or NULL. */
static const struct section *
find_own_provider(const struct config *c, const char *domain)
{
	const struct values *v;
	const char *list;
	size_t i;

	for (i = 0; i < c->n; i++) {
		v = &c->v[i].values;
		list = values_text(v, S_DOMAINS);
		if (!provider_is(&c->v[i]) && *values_text(v, S_HOST) !=
		    '\0' && provider_has_word(list, strlen(list), domain))
			return &c->v[i];
	}
	return NULL;
}

static void
put_number(struct values *v, enum setting_id id, const char *text,
    long long number)
{
	struct value value = { (char *)text, number,
	    { ORIGIN_PROVIDER, NULL, 0 } };

	values_put(v, id, &value);
}

/*
 * Port and way of TLS belong together: whoever names one of them, and not as
 * the provider has it, gets the other one to fit.
 */
static void
fit_port(struct values *v, const struct values *provider)
{
	int own_port = values_is_set(v, S_PORT);
	int own_way = values_is_set(v, S_TLS_STARTTLS);
	long long port = values_number(v, S_PORT);
	int way;

	if (own_port && !own_way && port != values_number(provider, S_PORT)) {
		if (port == 25 || port == 587 || port == 2525)
			put_number(v, S_TLS_STARTTLS, "on", 1);
		else if (port == 465)
			put_number(v, S_TLS_STARTTLS, "off", 0);
	}
	if (own_way && !own_port && values_bool(v, S_TLS_STARTTLS) !=
	    values_bool(provider, S_TLS_STARTTLS)) {
		way = values_bool(v, S_TLS_STARTTLS);
		put_number(v, S_PORT, way ? "587" : "465", way ? 587 : 465);
	}
}

/* What belongs to one mailbox, not to the server. */
static int
is_personal(enum setting_id id)
{
	return id == S_FROM || id == S_FROM_FULL_NAME || id == S_AUTO_FROM ||
	    id == S_USER || id == S_PASSWORD || id == S_PASSWORD_FILE ||
	    id == S_PASSWORDEVAL;
}

/* Sets what is still open from the provider. A shipped one may know what
 * name everybody logs in with. */
static void
fill_from_provider(struct values *v, const struct section *provider)
{
	const struct values *from = &provider->values;
	size_t i;

	fit_port(v, from);
	for (i = 0; i < SETTING_COUNT; i++)
		if (!values_is_set(v, (enum setting_id)i) &&
		    values_is_set(from, (enum setting_id)i) &&
		    (provider_is(provider) || !is_personal((enum setting_id)i)))
			values_put(v, (enum setting_id)i,
			    values_find(from, (enum setting_id)i));
}

static int
say_no_sender(const struct account *a, struct fault *f)
{
	if (strcmp(a->name, argv_name) == 0)
		return fault_set(f, EX_CONFIG, "no account is configured: "
		    "write the two lines \"from YOU@qq.com\" and "
		    "\"passwordeval COMMAND\" into ~/.qsendmailrc, or use "
		    "--from");
	return fault_set(f, EX_CONFIG, "account %s names neither host nor "
	    "from: add \"from ADDRESS\" (of a known provider) or \"host "
	    "NAME\"", a->name);
}

static int
apply_provider(struct account *a, struct fault *f)
{
	const char *from = values_text(&a->values, S_FROM);
	const struct section *provider;

	if (*from == '\0')
		return say_no_sender(a, f);
	provider = find_own_provider(&a->config, domain_of(from));
	if (provider == NULL && provider_find(&a->config, PROVIDER_DOMAIN,
	    domain_of(from), &provider, f) == -1)
		return -1;
	if (provider == NULL)
		return fault_set(f, EX_CONFIG, "account %s names no host, and "
		    "the provider of %s is not known: add \"host NAME\"",
		    a->name, from);
	fill_from_provider(&a->values, provider);
	return 0;
}

static void
copy_text(struct values *v, enum setting_id to, enum setting_id from)
{
	struct value value = { (char *)values_text(v, from), 0,
	    { ORIGIN_PROVIDER, NULL, 0 } };

	values_put(v, to, &value);
}

/* 1 when "from" is one address, and nothing has to be found out for it. */
static int
is_plain_from(const char *from)
{
	return *from != '\0' && !pattern_is_wildcard(from) &&
	    !pattern_has(from, PATTERN_FROM "F");
}

/* The login is the sender's address, and the other way round where the
 * provider wants them to be the same. */
static void
couple_login(struct values *v)
{
	if (!values_is_set(v, S_USER) &&
	    is_plain_from(values_text(v, S_FROM)))
		copy_text(v, S_USER, S_FROM);
	else if (!values_is_set(v, S_FROM) && values_is(v, S_SENDER,
	    "login") && strchr(values_text(v, S_USER), '@') != NULL)
		copy_text(v, S_FROM, S_USER);
}

/* msmtp's: 465 for TLS from the first octet on, else 25; none for LMTP. */
static int
default_port(struct values *v, struct fault *f)
{
	struct origin origin = { ORIGIN_BUILTIN, NULL, 0 };
	int implicit = values_bool(v, S_TLS) && !values_bool(v, S_TLS_STARTTLS);

	if (values_is_set(v, S_PORT) || has_maildir(v) ||
	    values_is(v, S_PROTOCOL, "lmtp"))
		return 0;
	return settings_set(v, SETTING_FILE, "port", implicit ? "465" : "25",
	    &origin, f);
}

/* A Maildir asks for no address: mail comes from the user on this host. */
static int
default_from(struct values *v, struct fault *f)
{
	struct origin origin = { ORIGIN_BUILTIN, NULL, 0 };
	const struct passwd *user;
	struct buf text = BUF_INIT;
	const char *p;
	int rc;

	if (!has_maildir(v) || values_is_set(v, S_FROM))
		return 0;
	user = getpwuid(getuid());
	for (p = user != NULL ? user->pw_name : ""; *p != '\0'; p++)
		if (ascii_is_alnum(*p) || *p == '_' || *p == '-')
			buf_addc(&text, *p);
	buf_adds(&text, text.len != 0 ? "@localhost" : "nobody@localhost");
	rc = settings_set(v, SETTING_FILE, "from", text.data, &origin, f);
	buf_release(&text);
	return rc;
}

/* An address that was asked for becomes from, unless there is a password that
 * might belong to another provider. */
static int
take_asked_from(struct account *a, struct fault *f)
{
	struct origin origin = { ORIGIN_COMMAND_LINE, NULL, 0 };
	struct values *v = &a->values;

	if (*values_text(v, S_FROM) != '\0' || !may_ask_from(a))
		return 0;
	if (is_risky(a))
		return 0;
	return settings_set(v, SETTING_CLI, "from", a->asked_from, &origin, f);
}

static void
put_from(struct values *v, const char *text, const struct origin *origin)
{
	struct value value = { (char *)text, 0, *origin };

	values_put(v, S_FROM, &value);
}

/* auto_from: user@maildomain, whatever "from" and -f say (msmtp). */
static int
make_auto_from(struct values *v, struct fault *f)
{
	const char *domain = values_text(v, S_MAILDOMAIN);
	struct buf text = BUF_INIT;
	int rc = pattern_expand(&text, "%U", PATTERN_FROM, NULL, f);

	if (*domain != '\0')
		buf_addf(&text, "@%s", domain);
	if (rc == 0)
		put_from(v, text.data, values_origin(v, S_AUTO_FROM));
	buf_release(&text);
	return rc;
}

/* 1 when an address that was asked for may take the place of "from": not when
 * another provider would get the password then. */
static int
may_replace_from(const struct account *a)
{
	return may_ask_from(a) && strchr(a->asked_from, '@') != NULL &&
	    (!is_risky(a) || ascii_is_same(domain_of(a->asked_from),
	    domain_of(values_text(&a->values, S_FROM))));
}

/*
 * What is no address as it is written becomes one: by -f or --from, which
 * fits it or replaces it, else by what its letters stand for. Wildcards and
 * %F, the From field of the mail, are left.
 */
static int
settle_from(struct account *a, struct fault *f)
{
	static const struct origin argv = { ORIGIN_COMMAND_LINE, NULL, 0 };
	struct values *v = &a->values;
	struct buf text = BUF_INIT;
	int rc;

	if (values_bool(v, S_AUTO_FROM))
		return make_auto_from(v, f);
	if (!values_is_set(v, S_FROM) ||
	    is_plain_from(values_text(v, S_FROM)))
		return 0;
	if (may_replace_from(a)) {
		put_from(v, a->asked_from, &argv);
		return 0;
	}
	rc = pattern_expand(&text, values_text(v, S_FROM), PATTERN_FROM, NULL,
	    f);
	if (rc == 0)
		put_from(v, text.data, values_origin(v, S_FROM));
	else
		fault_context(f, "from \"%s\"", values_text(v, S_FROM));
	buf_release(&text);
	return rc;
}

/* 1 when the command line names a source of the password. */
static int
has_argv_source(const struct values *v)
{
	return values_origin(v, S_PASSWORDEVAL)->kind ==
	    ORIGIN_COMMAND_LINE ||
	    values_origin(v, S_PASSWORD_FILE)->kind == ORIGIN_COMMAND_LINE;
}

/* Then the password of the file is not looked for. (That of a proxy is,
 * which eval lines may make; the relay passes over the other one.) */
static void
drop_secret(struct account *a)
{
	if (!has_argv_source(&a->values) || a->has_eval ||
	    values_number(&a->values, S_PROXY_PASSWORD))
		return;
	free(a->secret_file);
	free(a->secret_section);
	a->secret_file = a->secret_section = NULL;
}

int
account_complete(struct account *a, struct fault *f)
{
	struct origin builtin = { ORIGIN_BUILTIN, NULL, 0 };
	struct values *v = &a->values;
	const struct section *provider;
	int filled = a->providers.n > 0;
	size_t i;

	drop_secret(a);
	if (settle_from(a, f) == -1 || take_asked_from(a, f) == -1)
		return -1;
	for (i = a->providers.n; i-- > 0;) {
		if (provider_find(&a->config, PROVIDER_NAME,
		    a->providers.v[i], &provider, f) == -1)
			return -1;
		if (provider != NULL)
			fill_from_provider(v, provider);
	}
	if (*values_text(v, S_HOST) == '\0' &&
	    *values_text(v, S_SOCKET) != '\0' && settings_set(v, SETTING_FILE,
	    "host", "localhost", &builtin, f) == -1)
		return -1;
	if (*values_text(v, S_HOST) == '\0' && !has_maildir(v)) {
		if (apply_provider(a, f) == -1)
			return -1;
		filled = 1;
	}
	if (filled)
		couple_login(v);
	return default_from(v, f) == -1 ? -1 : default_port(v, f);
}

int
account_add_evaluated(struct account *a, const char *name, const char *text,
    struct fault *f)
{
	const struct setting *row = settings_find(name);
	struct origin origin = { ORIGIN_ACCOUNT, a->secret_file, 0 };
	const struct value *old;

	if (row == NULL)
		return fault_set(f, EX_SOFTWARE, "no setting is called %s",
		    name);
	old = values_find(&a->values, (enum setting_id)(row - settings));
	if ((row == &settings[S_PASSWORDEVAL] ||
	    row == &settings[S_PASSWORD_FILE]) && has_argv_source(&a->values))
		return 0;
	if (old != NULL && (old->origin.kind == ORIGIN_COMMAND_LINE ||
	    strcmp(old->text, text) == 0))
		return 0;
	return config_set(&a->values, name, text, &origin, f);
}

int
account_resolve(struct account *a, const struct account_request *r,
    struct fault *f)
{
	int on_command_line = r->argv != NULL && values_is_set(r->argv, S_HOST);
	struct values env;
	int rc = -1, has_env = 0;

	values_init(&env);
	if (on_command_line && r->name != NULL) {
		fault_set(f, EX_USAGE, "--host starts from nothing: use it "
		    "without -a");
		goto out;
	}
	if (on_command_line)
		a->name = xstrdup(argv_name);
	else if (load_files(&a->config, r, f) == -1 ||
	    (has_env = environment_load(&env, f)) == -1 ||
	    check_bases(&a->config, f) == -1)
		goto out;
	else if (r->name == NULL && r->file == NULL && !has_env &&
	    a->config.n == 0 && service_account_is_due())
		service_account_use(a);
	else if (r->name == NULL && choose(a, r, has_env ? &env : NULL,
	    f) == -1)
		goto out;
	else if (r->name != NULL && choose_by_name(a, r->name,
	    has_env ? &env : NULL, f) == -1)
		goto out;
	if (r->argv != NULL) {
		values_replace_sources(&a->values, r->argv);
		values_merge(&a->values, r->argv);
	}
	if (wanted_from(r) != NULL)
		a->asked_from = xstrdup(r->from);
	rc = a->has_eval ? 0 : account_complete(a, f);
out:
	values_release(&env);
	return rc;
}

/* ---- for people ---- */

void
account_hint(const struct account *a, struct buf *out)
{
	const char *hint = values_text(&a->values, S_HINT);
	const struct section *provider;
	struct fault f = FAULT_INIT;
	struct config c;

	config_init(&c);
	if (*hint == '\0' && provider_find(&c, PROVIDER_HOST,
	    values_text(&a->values, S_HOST), &provider, &f) == 0 &&
	    provider != NULL)
		hint = values_text(&provider->values, S_HINT);
	buf_adds(out, hint);
	config_release(&c);
	fault_release(&f);
}

static void
describe_origin(struct buf *out, const struct origin *o)
{
	static const char *const kinds[] = {
		"built-in", "provider", "defaults", "account", "environment",
		"command line"
	};

	buf_addf(out, "# %s", kinds[o->kind]);
	if (o->file != NULL && o->line != 0)
		buf_addf(out, ", %s:%u", o->file, o->line);
	else if (o->file != NULL)
		buf_addf(out, ", eval in %s", o->file);
}

/* Appends a value as a settings file would have it. */
static void
describe_value(struct buf *out, const struct values *v, enum setting_id id)
{
	if (settings[id].type == TYPE_SECRET)
		buf_adds(out, values_number(v, id) ? "(set)" : "\"\"");
	else
		config_quote(out, values_text(v, id));
}

void
account_describe(const struct account *a, struct buf *out)
{
	size_t i, start;

	buf_addf(out, "# account %s\n", a->name);
	for (i = 0; i < SETTING_COUNT; i++) {
		if (!values_is_set(&a->values, (enum setting_id)i) &&
		    settings[i].value[0] == '\0')
			continue;
		start = out->len;
		buf_addf(out, "%-20s ", settings[i].name);
		describe_value(out, &a->values, (enum setting_id)i);
		do
			buf_addc(out, ' ');
		while (out->len - start < 48);
		describe_origin(out, values_origin(&a->values,
		    (enum setting_id)i));
		buf_addc(out, '\n');
	}
}
