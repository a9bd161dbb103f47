/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads settings files in msmtp's language. A line is a keyword and an
 * argument: blanks around it are dropped, and so is one pair of quotes when
 * it begins and ends with one (inside, \" is a quote and any other backslash
 * is itself). Sections hold what their lines say; bases are resolved by
 * account.c. Owns the rule who may read or own a file with a password. Never
 * shows a line whose keyword it does not know: it may be a mistyped password.
 * The contents of files are wiped from memory.
 */
#include "settings/config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/io.h"
#include "base/xalloc.h"

#define FILE_MAX (16u * 1024 * 1024)
#define INCLUDE_DEPTH_MAX 10
#define WRITER_MS 2000

/* What stays the same while a file and those it includes are read. */
struct parser {
	struct config *config;
	int flags;
	const char *root;        /* the file that config_load was given */
	const char *again;       /* as in struct section */
	config_wants wants;      /* NULL: every block */
	const void *wants_arg;
	struct section defaults;
	struct section *current; /* &defaults, the last one of config, or NULL */
	size_t first;            /* index of the first section of this load */
	unsigned own;            /* sources of a password that lines of
	                          * current itself have named */
};

/* One file that is being read. */
struct source {
	struct parser *parser;
	const struct source *parent; /* what includes it, NULL if none */
	const char *path;            /* borrowed from config->files */
	struct stat status;
	unsigned depth;
	unsigned line;
	int has_secret;
};

static int read_file(struct parser *p, const struct source *parent,
    const char *path, struct fault *f);

void
config_init(struct config *c)
{
	memset(c, 0, sizeof *c);
}

static void
section_release(struct section *s)
{
	size_t i;

	for (i = 0; i < s->evals_n; i++)
		free(s->evals[i].command);
	free(s->evals);
	free(s->name);
	strv_release(&s->bases);
	values_release(&s->values);
	memset(s, 0, sizeof *s);
}

/* The number behind "/dev/fd/". */
static int
descriptor_of(const char *copy)
{
	return (int)strtol(strrchr(copy, '/') + 1, NULL, 10);
}

void
config_release(struct config *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		section_release(&c->v[i]);
	free(c->v);
	for (i = 0; i < c->copies.n; i++)
		close(descriptor_of(c->copies.v[i]));
	strv_release(&c->copies);
	strv_release(&c->files);
	memset(c, 0, sizeof *c);
}

const struct section *
config_find(const struct config *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->v[i].name, name) == 0)
			return &c->v[i];
	return NULL;
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Narrows *p, *len to what stands between blanks. */
static void
trim(const char **p, size_t *len)
{
	while (*len > 0 && is_blank(**p))
		(*p)++, (*len)--;
	while (*len > 0 && is_blank((*p)[*len - 1]))
		(*len)--;
}

/* Appends an argument without its blanks and quotes. */
static void
unquote(struct buf *out, const char *p, size_t len)
{
	size_t i;

	trim(&p, &len);
	if (len < 2 || p[0] != '"' || p[len - 1] != '"') {
		buf_add(out, p, len);
		return;
	}
	for (i = 1; i < len - 1; i++) {
		if (p[i] == '\\' && i + 1 < len - 1 && p[i + 1] == '"')
			i++;
		buf_addc(out, p[i]);
	}
}

void
config_quote(struct buf *out, const char *text)
{
	size_t len = strlen(text);

	if (len != 0 && strchr(" \t\"", text[0]) == NULL &&
	    strchr(" \t", text[len - 1]) == NULL) {
		buf_adds(out, text);
		return;
	}
	buf_addc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_addc(out, '\\');
		buf_addc(out, *text);
	}
	buf_addc(out, '"');
}

int
config_split(const char *p, size_t len, struct buf *keyword, struct buf *value)
{
	size_t n = 0;

	trim(&p, &len);
	if (len == 0 || *p == '#')
		return 0;
	while (n < len && !is_blank(p[n]))
		n++;
	buf_set(keyword, p, n);
	buf_reset(value);
	/* Room at once, so that no copy of a secret stays behind. */
	buf_grow(value, len - n);
	unquote(value, p + n, len - n);
	return 1;
}

/* msmtp's keywords that are not settings here. */
enum spelling_kind {
	OLD_RENAMED,  /* the same as the setting in to */
	OLD_FLAG,     /* without argument: sets to to value */
	OLD_SWITCH,   /* on: sets to to value; off: to other */
	OLD_NO_EFFECT,/* accepted: nothing hangs on it here */
	OLD_NUMBER    /* the same, but the argument must be a number or empty */
};

static const struct spelling {
	const char *name;
	enum spelling_kind kind;
	const char *to, *value, *other;
} spellings[] = {
	{ "connect_timeout", OLD_RENAMED, "timeout", NULL, NULL },
	{ "tls_nostarttls", OLD_FLAG, "tls_starttls", "off", NULL },
	{ "tls_nocertcheck", OLD_FLAG, "tls_certcheck", "off", NULL },
	{ "add_missing_from_header", OLD_SWITCH, "set_from_header", "auto",
	    "off" },
	{ "add_missing_date_header", OLD_SWITCH, "set_date_header", "auto",
	    "off" },
	{ "keepbcc", OLD_SWITCH, "remove_bcc_headers", "off", "on" },
	{ "undisclosed_recipients", OLD_SWITCH, "set_to_header",
	    "undisclosed_recipients", "off" },
	{ "tls_force_sslv3", OLD_NO_EFFECT, NULL, NULL, NULL },
	{ "tls_min_dh_prime_bits", OLD_NUMBER, NULL, NULL, NULL },
};

/* On the command line '-' may stand for '_'; keywords of a file have none. */
static const struct spelling *
find_spelling(const char *name, enum setting_where where)
{
	size_t i;

	for (i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
		if (where == SETTING_CLI ?
		    settings_same_name(spellings[i].name, name) :
		    strcmp(spellings[i].name, name) == 0)
			return &spellings[i];
	return NULL;
}

static int
refuse_spelling(const struct spelling *s, enum setting_where where,
    const char *why, struct fault *f)
{
	struct buf name = BUF_INIT;

	settings_say_name(&name, where, s->name);
	fault_set(f, where == SETTING_CLI ? EX_USAGE : EX_CONFIG, "%s%s",
	    name.data, why);
	buf_release(&name);
	return -1;
}

static int
refuse_value(const struct spelling *s, enum setting_where where,
    const char *text, const char *expected, struct fault *f)
{
	struct buf why = BUF_INIT;

	buf_addf(&why, " \"%s\": expected %s", text, expected);
	refuse_spelling(s, where, why.data, f);
	buf_release(&why);
	return -1;
}

/* The value of the setting in whose place the keyword stands, NULL: none. */
static const char *
spelling_value(const struct spelling *s, enum setting_where where,
    const char *text, struct fault *f)
{
	if (s->kind == OLD_RENAMED)
		return text;
	if (s->kind == OLD_FLAG) {
		if (*text == '\0')
			return s->value;
		refuse_spelling(s, where, " takes no value", f);
		return NULL;
	}
	if (*text == '\0' || strcmp(text, "on") == 0)
		return s->value;
	if (strcmp(text, "off") == 0)
		return s->other;
	refuse_value(s, where, text, "on or off", f);
	return NULL;
}

static int
set_spelling(const struct spelling *s, struct values *v,
    enum setting_where where, const char *text, const struct origin *origin,
    struct fault *f)
{
	const char *value;

	switch (s->kind) {
	case OLD_RENAMED:
	case OLD_FLAG:
	case OLD_SWITCH:
		value = spelling_value(s, where, text, f);
		return value == NULL ? -1 : settings_set(v, where, s->to,
		    value, origin, f);
	case OLD_NO_EFFECT:
		break;
	case OLD_NUMBER:
		if (*text != '\0' &&
		    !settings_takes(&settings[S_MAX_RECIPIENTS], text))
			return refuse_value(s, where, text, "a number", f);
		break;
	}
	return 0;
}

int
config_set(struct values *v, const char *keyword, const char *text,
    const struct origin *origin, struct fault *f)
{
	const struct spelling *old = find_spelling(keyword, SETTING_FILE);

	if (old != NULL)
		return set_spelling(old, v, SETTING_FILE, text, origin, f);
	/* Keywords have no '-': settings_find would take it. */
	if (strchr(keyword, '-') != NULL)
		keyword = "";
	return settings_set(v, SETTING_FILE, keyword, text, origin, f);
}

enum config_old
config_old_option(const char *name)
{
	const struct spelling *old = find_spelling(name, SETTING_CLI);

	if (old == NULL)
		return CONFIG_OLD_NONE;
	return old->kind == OLD_SWITCH || old->kind == OLD_FLAG ||
	    strcmp(old->name, "tls_force_sslv3") == 0 ? CONFIG_OLD_SWITCH :
	    CONFIG_OLD_VALUE;
}

int
config_set_option(struct values *v, const char *name, const char *text,
    const struct origin *origin, struct fault *f)
{
	const struct spelling *old = find_spelling(name, SETTING_CLI);

	if (old != NULL)
		return set_spelling(old, v, SETTING_CLI, text, origin, f);
	return settings_set(v, SETTING_CLI, name, text, origin, f);
}

static struct origin
origin_here(const struct source *s)
{
	struct parser *p = s->parser;
	struct origin o = { ORIGIN_ACCOUNT, s->path, s->line };

	if (p->current == &p->defaults)
		o.kind = ORIGIN_DEFAULTS;
	if (p->flags & CONFIG_PROVIDERS)
		o.kind = ORIGIN_PROVIDER;
	return o;
}

static struct eval *
add_eval(struct section *s, const char *command, const struct origin *origin)
{
	struct eval *e;

	s->evals = xgrow(s->evals, s->evals_n, &s->evals_cap,
	    sizeof *s->evals);
	e = &s->evals[s->evals_n++];
	memset(e, 0, sizeof *e);
	e->command = xstrdup(command);
	e->origin = *origin;
	return e;
}

static void
copy_eval(struct section *s, const struct eval *from)
{
	struct eval *e = add_eval(s, from->command, &from->origin);

	memcpy(e->covered, from->covered, sizeof e->covered);
}

/* A value that comes later counts more than what evals so far may make. */
static void
cover_evals(struct section *s, size_t id)
{
	size_t i;

	for (i = 0; i < s->evals_n; i++)
		s->evals[i].covered[id] = 1;
}

/* Starts a section with what "defaults" has so far. */
static void
start_section(struct source *s, const char *name, size_t len)
{
	struct parser *p = s->parser;
	struct config *c = p->config;
	struct section *section;
	size_t i;

	c->v = xgrow(c->v, c->n, &c->cap, sizeof *c->v);
	section = &c->v[c->n++];
	memset(section, 0, sizeof *section);
	section->name = xmemdup(name, len);
	section->file = s->path;
	section->line = s->line;
	section->root = p->root;
	section->again = p->again;
	section->flags = p->flags;
	section->values.keep_secrets = (p->flags & CONFIG_SECRETS) != 0;
	values_merge(&section->values, &p->defaults.values);
	for (i = 0; i < p->defaults.evals_n; i++)
		copy_eval(section, &p->defaults.evals[i]);
	p->current = section;
	p->own = 0;
}

/* Takes one name of "NAME: BASE, BASE" into out; -1 when it is empty. */
static int
take_name(const char *p, size_t len, struct buf *out, struct fault *f)
{
	buf_reset(out);
	unquote(out, p, len);
	if (out->len == 0)
		return fault_set(f, EX_CONFIG, "an account name is missing");
	return 0;
}

/* The account called name that this load has defined so far, or NULL. */
static const struct section *
find_before(const struct parser *p, const char *name)
{
	size_t i;

	for (i = p->first; i < p->config->n; i++)
		if (strcmp(p->config->v[i].name, name) == 0)
			return &p->config->v[i];
	return NULL;
}

/* 1 when an account says this itself, or a base of it does. */
static int
is_own(const struct values *v, size_t id)
{
	const struct value *value = values_find(v, (enum setting_id)id);

	return value != NULL && value->origin.kind != ORIGIN_DEFAULTS;
}

/*
 * password and passwordeval are inherited as any other setting (msmtp), and
 * password counts first. password_file, which msmtp does not know, and these
 * two take the place of each other.
 */
static void
replace_sources(struct values *v, const struct values *over)
{
	if (is_own(over, S_PASSWORD_FILE)) {
		values_unset(v, S_PASSWORD);
		values_unset(v, S_PASSWORDEVAL);
	}
	if (is_own(over, S_PASSWORD) || is_own(over, S_PASSWORDEVAL))
		values_unset(v, S_PASSWORD_FILE);
}

/* Gives s what base says itself, but not what it had from "defaults". */
static void
inherit(struct section *s, const struct section *base)
{
	size_t i;

	replace_sources(&s->values, &base->values);
	for (i = 0; i < SETTING_COUNT; i++)
		if (is_own(&base->values, i)) {
			values_put(&s->values, (enum setting_id)i,
			    values_find(&base->values,
			    (enum setting_id)i));
			cover_evals(s, i);
		}
	for (i = 0; i < base->evals_n; i++)
		if (base->evals[i].origin.kind != ORIGIN_DEFAULTS)
			copy_eval(s, &base->evals[i]);
	for (i = 0; i < base->bases.n; i++)
		strv_add(&s->bases, base->bases.v[i]);
}

static void
add_base(struct parser *p, const char *name)
{
	const struct section *base = find_before(p, name);

	if (base == NULL || base == p->current)
		strv_add(&p->current->bases, name);
	else
		inherit(p->current, base);
}

static int
account_line(struct source *s, const char *text, struct fault *f)
{
	const char *colon = strchr(text, ':'), *comma;
	struct buf name = BUF_INIT;
	int rc = -1;

	if (take_name(text, colon != NULL ? (size_t)(colon - text) :
	    strlen(text), &name, f) == -1)
		goto out;
	if (strchr(name.data, ',') != NULL) {
		fault_set(f, EX_CONFIG, "an account name has no comma; bases "
		    "stand behind a colon");
		goto out;
	}
	if (find_before(s->parser, name.data) != NULL) {
		fault_set(f, EX_CONFIG, "account %s is defined twice",
		    name.data);
		goto out;
	}
	start_section(s, name.data, name.len);
	while (colon != NULL) {
		colon++;
		comma = strchr(colon, ',');
		if (take_name(colon, comma != NULL ? (size_t)(comma - colon) :
		    strlen(colon), &name, f) == -1)
			goto out;
		add_base(s->parser, name.data);
		colon = comma;
	}
	rc = 0;
out:
	buf_release(&name);
	return rc;
}

static int
include_line(struct source *s, const char *text, struct fault *f)
{
	struct buf path = BUF_INIT;
	const char *slash = strrchr(s->path, '/');
	int rc;

	if (*text == '\0')
		return fault_set(f, EX_CONFIG, "include needs a file");
	if (s->depth == INCLUDE_DEPTH_MAX)
		return fault_set(f, EX_CONFIG,
		    "include: more than %d files within each other",
		    INCLUDE_DEPTH_MAX);
	if (*text != '/' && *text != '~' && slash != NULL)
		buf_add(&path, s->path, (size_t)(slash - s->path) + 1);
	settings_expand_tilde(&path, text);
	rc = read_file(s->parser, s, path.data, f);
	buf_release(&path);
	return rc;
}

/* The sources of a password; those that a line of the account itself has
 * named are bits of parser.own. */
static const struct {
	const char *keyword;
	enum setting_id id;
} sources[] = {
	{ "password", S_PASSWORD }, { "passwordeval", S_PASSWORDEVAL },
	{ "password_file", S_PASSWORD_FILE }
};

/* An account's own source replaces inherited ones as in replace_sources, but
 * not those of its own lines before. */
static void
replace_inherited(struct parser *p, const char *keyword)
{
	size_t i, named, n = sizeof sources / sizeof sources[0];

	for (named = 0; named < n; named++)
		if (strcmp(keyword, sources[named].keyword) == 0)
			break;
	if (named == n)
		return;
	p->own |= 1u << named;
	for (i = 0; i < n; i++)
		if ((p->own & 1u << i) == 0 &&
		    (sources[i].id == S_PASSWORD_FILE) !=
		    (sources[named].id == S_PASSWORD_FILE))
			values_unset(&p->current->values, sources[i].id);
}

static int
is_of_line(const struct value *v, const struct origin *line)
{
	return v != NULL && v->origin.file == line->file &&
	    v->origin.line == line->line;
}

static int
setting_line(struct source *s, const char *keyword, const char *text,
    struct fault *f)
{
	struct parser *p = s->parser;
	struct origin origin;
	size_t i;

	if (p->current == NULL)
		start_section(s, "default", strlen("default"));
	origin = origin_here(s);
	if (strcmp(keyword, "eval") == 0) {
		if (*text == '\0')
			return fault_set(f, EX_CONFIG, "eval needs a command");
		add_eval(p->current, text, &origin);
		return 0;
	}
	if (*text != '\0' && (strcmp(keyword, "password") == 0 ||
	    strcmp(keyword, "proxy_password") == 0))
		s->has_secret = 1;
	replace_inherited(p, keyword);
	if (config_set(&p->current->values, keyword, text, &origin, f) == -1)
		return -1;
	for (i = 0; p->current->evals_n > 0 && i < SETTING_COUNT; i++)
		if (is_of_line(values_find(&p->current->values,
		    (enum setting_id)i), &origin))
			cover_evals(p->current, i);
	return 0;
}

static int
handle_line(struct source *s, const char *keyword, const char *text,
    struct fault *f)
{
	if (strcmp(keyword, "defaults") == 0) {
		if (*text != '\0')
			return fault_set(f, EX_CONFIG,
			    "defaults takes no value");
		s->parser->current = &s->parser->defaults;
		s->parser->own = ~0u;
		return 0;
	}
	if (strcmp(keyword, "account") == 0)
		return account_line(s, text, f);
	if (strcmp(keyword, "include") == 0)
		return include_line(s, text, f);
	return setting_line(s, keyword, text, f);
}

static int
parse_line(struct source *s, const char *p, size_t len, struct fault *f)
{
	struct buf keyword = BUF_INIT, value = BUF_INIT;
	int rc = 0;

	if (len > 0 && p[len - 1] == '\r')
		len--;
	if (memchr(p, '\0', len) != NULL)
		rc = fault_set(f, EX_CONFIG, "the line has a NUL octet");
	else if (config_split(p, len, &keyword, &value))
		rc = handle_line(s, keyword.data, value.data, f);
	buf_wipe(&keyword);
	buf_wipe(&value);
	return rc;
}

/* The end of the line at p: its LF, or end. */
static const char *
line_end(const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));

	return lf != NULL ? lf : end;
}

static int
begins_with(const char *p, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - p) >= len && memcmp(p, word, len) == 0;
}

/* Where the block of the account line at p ends; *lines is its length. */
static const char *
block_end(const char *p, const char *end, unsigned *lines)
{
	*lines = 0;
	do {
		p = line_end(p, end);
		p += p < end;
		++*lines;
	} while (p < end && !begins_with(p, end, "account ") &&
	    !begins_with(p, end, "defaults"));
	return p;
}

/*
 * Passes over the blocks at p that nobody wants. Of the one that is wanted
 * the end becomes the end of all: the rest of the file is of no interest.
 */
static const char *
skip_blocks(struct source *s, const char *p, const char **end)
{
	const struct parser *parser = s->parser;
	const char *next;
	unsigned lines;

	while (parser->wants != NULL && begins_with(p, *end, "account ")) {
		next = block_end(p, *end, &lines);
		if (parser->wants(parser->wants_arg, p, (size_t)(next - p))) {
			*end = next;
			break;
		}
		s->line += lines;
		p = next;
	}
	return p;
}

static int
parse_text(struct source *s, const char *p, size_t len, struct fault *f)
{
	const char *end = p + len, *lf;

	if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	while (p < end) {
		p = skip_blocks(s, p, &end);
		if (p == end)
			break;
		s->line++;
		lf = line_end(p, end);
		if (parse_line(s, p, (size_t)(lf - p), f) == -1)
			return fault_context(f, "%s:%u", s->path, s->line);
		p = lf + 1;
	}
	return 0;
}

/* Refuses a file that others can read, when it has a password. */
static int
check_access(const struct source *s, struct fault *f)
{
	const struct stat *st = &s->status;

	if (!s->has_secret || (s->parser->flags & CONFIG_PROVIDERS))
		return 0;
	if (st->st_uid == 0) {
		if ((st->st_mode & (S_IROTH | S_IWOTH)) == 0)
			return 0;
		return fault_set(f, EX_CONFIG, "%s has a password but other "
		    "users have access to it: chmod o= %s", s->path, s->path);
	}
	if (st->st_uid != geteuid())
		return fault_set(f, EX_CONFIG, "%s has a password, so it must "
		    "be owned by you (or by root)", s->path);
	if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fault_set(f, EX_CONFIG, "%s has a password but other "
		    "users have access to it: chmod 600 %s", s->path, s->path);
	return 0;
}

/*
 * A web program whose caller can add arguments would otherwise let them run
 * commands (eval, passwordeval) by a file of their own.
 */
static int
check_owner(const struct source *s, struct fault *f)
{
	const struct stat *st = &s->status;

	if ((s->parser->flags & CONFIG_ROOT_ONLY) == 0)
		return 0;
	if (st->st_uid == 0 && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	return fault_set(f, EX_NOPERM, "called as sendmail, -C takes only a "
	    "file that root owns and nobody else can write: %s", s->path);
}

static int
check_loop(const struct source *s, struct fault *f)
{
	const struct source *up;

	for (up = s->parent; up != NULL; up = up->parent)
		if (up->status.st_dev == s->status.st_dev &&
		    up->status.st_ino == s->status.st_ino)
			return fault_set(f, EX_CONFIG,
			    "%s includes itself", s->path);
	return 0;
}

/*
 * Reads a piece. A pipe was opened without waiting for a writer: one that is
 * there may take its time, and one that is about to open it has WRITER_MS.
 */
static ssize_t
read_patiently(int fd, const struct source *s, const struct buf *text,
    char *chunk, size_t size)
{
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t n;

	n = io_read(fd, chunk, size);
	if (n == 0 && text->len == 0 && S_ISFIFO(s->status.st_mode) &&
	    poll(&p, 1, WRITER_MS) > 0)
		n = io_read(fd, chunk, size);
	while (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		poll(&p, 1, -1);
		n = io_read(fd, chunk, size);
	}
	return n;
}

/* Reads all of fd into text, which does not move unless the file grows. */
static int
slurp(int fd, const struct source *s, struct buf *text, struct fault *f)
{
	char chunk[4096];
	ssize_t n;

	if (s->status.st_size > 0 && s->status.st_size <= (off_t)FILE_MAX)
		buf_grow(text, (size_t)s->status.st_size);
	while ((n = read_patiently(fd, s, text, chunk, sizeof chunk)) > 0)
		if (buf_add(text, chunk, (size_t)n) == -1)
			break;
	if ((s->parser->flags & CONFIG_PROVIDERS) == 0)
		compat_wipe(chunk, sizeof chunk);
	if (n > 0)
		return fault_set(f, EX_CONFIG,
		    "%s is too large for a settings file", s->path);
	if (n == -1)
		return fault_errno(f, EX_NOINPUT, "cannot read %s", s->path);
	if (text->len == 0 && S_ISFIFO(s->status.st_mode))
		return fault_set(f, EX_NOINPUT, "%s is a pipe, and nothing "
		    "comes out of it", s->path);
	return 0;
}

/*
 * A pipe can be read once only, but the relay has to find passwords and eval
 * lines there too: it gets the text as a nameless file.
 */
static int
keep_copy(struct parser *p, const struct buf *text, struct fault *f)
{
	struct buf path = BUF_INIT;
	int fd = compat_memory_file();

	if (fd == -1)
		fd = io_private_file(f);
	if (fd == -1)
		return -1;
	buf_addf(&path, "/dev/fd/%d", fd);
	strv_add(&p->config->copies, path.data);
	buf_release(&path);
	p->again = p->config->copies.v[p->config->copies.n - 1];
	if (fchmod(fd, 0600) == -1 || fcntl(fd, F_SETFD, 0) == -1 ||
	    io_pwrite(fd, text->data, text->len, 0) == -1)
		return fault_errno(f, EX_TEMPFAIL, "cannot keep what %s says",
		    p->root);
	return 0;
}

static int
read_file(struct parser *p, const struct source *parent, const char *path,
    struct fault *f)
{
	struct source s = { .parser = p, .parent = parent };
	struct buf text;
	int rc = -1, fd = -1;

	buf_init(&text, FILE_MAX);
	strv_add(&p->config->files, path);
	s.path = p->config->files.v[p->config->files.n - 1];
	if (parent == NULL)
		p->root = p->again = s.path;
	s.depth = parent != NULL ? parent->depth + 1 : 1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1 || fstat(fd, &s.status) == -1) {
		fault_errno(f, parent != NULL ? EX_CONFIG : EX_NOINPUT,
		    "cannot read the settings file %s", path);
		goto out;
	}
	if (check_owner(&s, f) == -1 || check_loop(&s, f) == -1 ||
	    slurp(fd, &s, &text, f) == -1 || (parent == NULL &&
	    S_ISFIFO(s.status.st_mode) && keep_copy(p, &text, f) == -1) ||
	    parse_text(&s, text.data, text.len, f) == -1)
		goto out;
	rc = check_access(&s, f);
out:
	if (p->flags & CONFIG_PROVIDERS)
		buf_release(&text);
	else
		buf_wipe(&text);
	if (fd != -1)
		close(fd);
	return rc;
}

int
config_load_some(struct config *c, const char *path, int flags,
    config_wants wants, const void *arg, struct fault *f)
{
	struct parser p = { .config = c, .flags = flags, .first = c->n,
	    .wants = wants, .wants_arg = arg };
	int rc;

	p.defaults.values.keep_secrets = (flags & CONFIG_SECRETS) != 0;
	rc = read_file(&p, NULL, path, f);
	section_release(&p.defaults);
	return rc;
}

int
config_load(struct config *c, const char *path, int flags, struct fault *f)
{
	return config_load_some(c, path, flags, NULL, NULL, f);
}
