/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of settings and sets of values. Owns the one parser that command
 * line, settings file, environment and the seam between the programs share,
 * and the sentences that say what a setting expects. A bad value is shown in
 * them, a secret or a command (it may hold one) never is. Control characters
 * are refused: values end in SMTP commands, header fields and log lines.
 */
#include "settings/settings.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/compat.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "settings/syntax.h"

#define COUNT_MAX ((long long)INT_MAX)
#define UNITS_MAX (1LL << 50)

const struct setting settings[SETTING_COUNT] = {
#define CLI SETTING_CLI
#define FILE SETTING_FILE
#define ENV SETTING_ENV
#define SETTING(id, name, type, where, value, argument, summary) \
	{ name, TYPE_##type, where, value, argument, summary },
#include "settings/settings.def"
#undef SETTING
#undef CLI
#undef FILE
#undef ENV
};

/* What parse made of a text. */
struct parsed {
	struct buf text;
	long long number;
	struct buf why; /* what is wrong with it, where more is known */
};

int
settings_same_name(const char *row, const char *name)
{
	while (*row != '\0' && (*row == *name ||
	    (*row == '_' && *name == '-') || (*row == '-' && *name == '_')))
		row++, name++;
	return *row == '\0' && *name == '\0';
}

const struct setting *
settings_find(const char *name)
{
	size_t i;

	for (i = 0; i < SETTING_COUNT; i++)
		if (settings_same_name(settings[i].name, name))
			return &settings[i];
	return NULL;
}

/* Appends "on, off or auto" for "on|off|auto". */
static void
list_choices(struct buf *out, const char *choices)
{
	const char *bar;

	while ((bar = strchr(choices, '|')) != NULL) {
		buf_add(out, choices, (size_t)(bar - choices));
		buf_adds(out, strchr(bar + 1, '|') != NULL ? ", " : " or ");
		choices = bar + 1;
	}
	buf_adds(out, choices);
}

/* Index of text among "a|b|c", or -1; *at and *len say where it stands. */
static int
find_choice(const char *choices, const char *text, const char **at,
    size_t *len)
{
	int i;

	for (i = 0;; i++) {
		*at = choices;
		*len = strcspn(choices, "|");
		if (ascii_is_equal(text, strlen(text), *at, *len))
			return i;
		if (choices[*len] == '\0')
			return -1;
		choices += *len + 1;
	}
}

static const char *const switches = "off|on|no|yes|false|true|0|1";

static int
parse_bool(struct parsed *p, const char *text)
{
	const char *at;
	size_t len;
	int choice = *text == '\0' ? 1 : find_choice(switches, text, &at, &len);

	if (choice == -1)
		return -1;
	p->number = choice % 2;
	buf_adds(&p->text, p->number ? "on" : "off");
	return 0;
}

/* An empty argument means the first choice: msmtp's "auth" is "auth on". */
static int
parse_enum(struct parsed *p, const char *text, const char *choices)
{
	const char *at = choices;
	size_t len = strcspn(choices, "|");
	int choice = *text == '\0' ? 0 : find_choice(choices, text, &at, &len);

	if (choice == -1)
		return -1;
	p->number = choice;
	buf_add(&p->text, at, len);
	return 0;
}

/* Index of a word of len octets in "a,b,c", or -1. */
static int
find_word(const char *words, const char *text, size_t len)
{
	size_t n;
	int i;

	for (i = 0;; i++) {
		n = strcspn(words, ",|");
		if (ascii_is_equal(text, len, words, n))
			return i;
		if (words[n] != ',')
			return -1;
		words += n + 1;
	}
}

/* Takes the words of text that are among those of a choice, each at most
 * once, in small letters. 0, or -1. */
static int
parse_words(struct parsed *p, const char *text, const char *words)
{
	unsigned seen = 0;
	size_t len, i;
	int word;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		word = find_word(words, text, len);
		if (word == -1 || (seen & 1U << word) != 0)
			break;
		seen |= 1U << word;
		for (i = 0; i < len; i++)
			buf_addc(&p->text, ascii_lower(text[i]));
		if (text[len] == '\0')
			return 0;
		buf_addc(&p->text, ',');
	}
	buf_reset(&p->text);
	return -1;
}

static int
parse_set(struct parsed *p, const char *text, const char *choices)
{
	p->number = 0;
	for (;;) {
		if (parse_words(p, text, choices) == 0)
			return 0;
		choices += strcspn(choices, "|");
		if (*choices++ == '\0')
			return -1;
		p->number++;
	}
}

/* As C writes numbers (msmtp: strtol with base 0): 0x.. is hexadecimal, 0..
 * octal. Kept in decimal. */
static int
parse_count(struct parsed *p, const char *text, long long max)
{
	char *end;

	if (!ascii_is_digit(*text) && *text != '+')
		return -1;
	/* One that is too large becomes LLONG_MAX. */
	p->number = strtoll(text, &end, 0);
	if (*end != '\0' || p->number < 1 || p->number > max)
		return -1;
	buf_addf(&p->text, "%lld", p->number);
	return 0;
}

static int
parse_off(struct parsed *p, const char *text)
{
	if (!ascii_is_same(text, "off"))
		return -1;
	buf_adds(&p->text, "off");
	return 0;
}

static int
parse_limit(struct parsed *p, const char *text)
{
	return parse_off(p, text) == 0 ? 0 : parse_count(p, text, COUNT_MAX);
}

struct unit {
	char letter;
	long long factor;
};

/* Numbers with a unit behind each, or one without; their sum is not 0. */
static int
parse_units(struct parsed *p, const char *text, const struct unit *units,
    int many)
{
	const char *at = text;
	long long number, sum = 0;
	size_t i, digits;

	do {
		digits = strspn(at, "0123456789");
		if (digits == 0 || digits > 12)
			return -1;
		number = strtoll(at, NULL, 10);
		at += digits;
		for (i = 0; units[i].letter != '\0' &&
		    units[i].letter != *at; i++)
			continue;
		/* Without a unit the number stands alone. */
		if (*at != '\0' ? units[i].letter == '\0' : at - text !=
		    (ptrdiff_t)digits)
			return -1;
		if (*at != '\0' && number > UNITS_MAX / units[i].factor)
			return -1;
		sum += *at != '\0' ? number * units[i].factor : number;
		at += *at != '\0';
	} while (many && *at != '\0' && sum <= UNITS_MAX);
	if (*at != '\0' || sum == 0 || sum > UNITS_MAX)
		return -1;
	p->number = sum;
	buf_adds(&p->text, text);
	return 0;
}

static int
parse_time(struct parsed *p, const char *text)
{
	static const struct unit units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 604800 }, { '\0', 0 }
	};

	return parse_off(p, text) == 0 ? 0 : parse_units(p, text, units, 1);
}

static int
parse_size(struct parsed *p, const char *text)
{
	static const struct unit units[] = {
		{ 'k', 1LL << 10 }, { 'K', 1LL << 10 }, { 'm', 1LL << 20 },
		{ 'M', 1LL << 20 }, { 'g', 1LL << 30 }, { 'G', 1LL << 30 },
		{ '\0', 0 }
	};

	return parse_off(p, text) == 0 ? 0 : parse_units(p, text, units, 0);
}

void
settings_home(struct buf *out)
{
	const char *home = compat_getenv("HOME");
	const struct passwd *user;

	if (home == NULL || *home == '\0') {
		user = getpwuid(getuid());
		home = user != NULL ? user->pw_dir : "/";
	}
	buf_adds(out, home);
}

void
settings_expand_tilde(struct buf *out, const char *path)
{
	if (path[0] == '~' && (path[1] == '/' || path[1] == '\0')) {
		settings_home(out);
		path++;
	}
	buf_adds(out, path);
}

/* The file is there, and we may read it, or (closed) may not. */
static int
try_file(const char *directory, const char *name, int closed,
    struct buf *path)
{
	int may;

	buf_reset(path);
	buf_addf(path, "%s/%s", directory, name);
	may = access(path->data, R_OK) == 0;
	return closed ? !may && errno == EACCES &&
	    access(path->data, F_OK) == 0 : may;
}

/* The first of $QSENDMAIL_TEST_SYSCONFDIR, or the installed place and /etc, in
 * which there is such a file. */
static int
find_file(const char *name, int closed, struct buf *path)
{
	const char *test = compat_getenv("QSENDMAIL_TEST_SYSCONFDIR");

	if (try_file(test != NULL ? test : SYSCONFDIR, name, closed, path))
		return 1;
	buf_reset(path);
	return test == NULL && try_file("/etc", name, closed, path);
}

int
settings_system_file(const char *name, struct buf *path)
{
	return find_file(name, 0, path);
}

int
settings_closed_file(const char *name)
{
	struct buf path = BUF_INIT;
	int found = find_file(name, 1, &path);

	buf_release(&path);
	return found;
}

void
settings_spool(const struct values *v, struct buf *out)
{
	const char *state = compat_getenv("XDG_STATE_HOME");
	const char *path = values_text(v, S_SPOOL);
	struct stat st;

	if (*path != '\0') {
		buf_adds(out, path);
		return;
	}
	path = compat_getenv("QSENDMAIL_TEST_SPOOLDIR");
	if (path == NULL)
		path = SPOOLDIR;
	if (geteuid() == 0 || (stat(path, &st) == 0 &&
	    st.st_uid == geteuid())) {
		buf_adds(out, path);
		return;
	}
	if (state != NULL && *state == '/')
		buf_adds(out, state);
	else {
		settings_home(out);
		buf_adds(out, "/.local/state");
	}
	buf_adds(out, "/qsendmail");
}

static int
parse_text(struct parsed *p, size_t id, const char *text)
{
	if (*text == '\0' && id == S_HOST)
		return -1;
	/* The default again; EHLO without a name is an error everywhere. */
	if (*text == '\0' && id == S_DOMAIN)
		text = settings[id].value;
	if (id == S_SYSLOG) {
		if (*text == '\0')
			text = "on";
		if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0 &&
		    !log_is_facility(text))
			return -1;
	}
	buf_adds(&p->text, text);
	return 0;
}

static int
is_port(size_t id)
{
	return id == S_PORT || id == S_PROXY_PORT;
}

static int
parse(struct parsed *p, size_t id, const char *text)
{
	if (syntax_check((enum setting_id)id, text, &p->why) == -1)
		return -1;
	switch (settings[id].type) {
	case TYPE_BOOL:
		return parse_bool(p, text);
	case TYPE_ENUM:
		/* -R of sendmail says hdrs. */
		if (id == S_DSN_RETURN && ascii_is_same(text, "hdrs"))
			text = "headers";
		return parse_enum(p, text, settings[id].argument);
	case TYPE_SET:
		return parse_set(p, text, settings[id].argument);
	case TYPE_COUNT:
		/* msmtp: without a value the default is back. */
		if (*text == '\0' && id == S_PROXY_PORT)
			return 0;
		return parse_count(p, text, is_port(id) ? 65535 : COUNT_MAX);
	case TYPE_SECS:
	case TYPE_LIMIT:
		return parse_limit(p, text);
	case TYPE_TIME:
		return parse_time(p, text);
	case TYPE_SIZE:
		return parse_size(p, text);
	case TYPE_PATH:
		if (parse_text(p, id, text) == -1)
			return -1;
		buf_reset(&p->text);
		settings_expand_tilde(&p->text, text);
		return 0;
	case TYPE_SECRET:
		p->number = *text != '\0';
		return parse_text(p, id, text);
	case TYPE_TEXT:
	case TYPE_LIST:
		break;
	}
	return parse_text(p, id, text);
}

int
settings_is_switch(const struct setting *row)
{
	return row->type == TYPE_BOOL || row->type == TYPE_ENUM ||
	    row == &settings[S_SYSLOG];
}

int
settings_takes(const struct setting *row, const char *text)
{
	struct parsed p = { BUF_INIT, 0, BUF_INIT };
	int rc = parse(&p, (size_t)(row - settings), text);

	buf_wipe(&p.text);
	buf_release(&p.why);
	return rc == 0;
}

/* Appends what a setting takes, for "expected ...", or nothing. */
static void
say_expected(struct buf *out, size_t id)
{
	switch (settings[id].type) {
	case TYPE_BOOL:
		buf_adds(out, "on or off");
		break;
	case TYPE_ENUM:
	case TYPE_SET:
		list_choices(out, settings[id].argument);
		break;
	case TYPE_COUNT:
		buf_addf(out, "a number from 1 to %lld",
		    is_port(id) ? 65535 : COUNT_MAX);
		break;
	case TYPE_SECS:
		buf_adds(out, "a number of seconds, or off");
		break;
	case TYPE_LIMIT:
		buf_addf(out, "a number from 1 to %lld, or off", COUNT_MAX);
		break;
	case TYPE_TIME:
		buf_adds(out, "a time like 90, 15m, 4h or 5d, or off");
		break;
	case TYPE_SIZE:
		buf_adds(out, "a size like 5000, 64k, 16M or 2G, or off");
		break;
	default:
		if (id == S_SYSLOG)
			buf_adds(out, "on, off or a facility like LOG_MAIL");
		else if (id == S_HOST)
			buf_adds(out, "the name or address of a server");
	}
}

void
settings_say_name(struct buf *out, enum setting_where where, const char *name)
{
	buf_adds(out, where == SETTING_CLI ? "--" :
	    where == SETTING_ENV ? "QSENDMAIL_" : "");
	for (; *name != '\0'; name++)
		if (where == SETTING_ENV && *name >= 'a' && *name <= 'z')
			buf_addc(out, (char)(*name - 'a' + 'A'));
		else if (where == SETTING_CLI && *name == '_')
			buf_addc(out, '-');
		else
			buf_addc(out, *name);
}

/* A proxy's address may have a password in it. */
static int
is_showable(size_t id, const char *text)
{
	return settings[id].type != TYPE_SECRET &&
	    (id != S_PROXY || strchr(text, '@') == NULL);
}

static void
refuse(size_t id, enum setting_where where, const char *text,
    const struct buf *why, struct fault *f)
{
	struct buf name = BUF_INIT, expected = BUF_INIT;
	int code = where == SETTING_CLI ? EX_USAGE : EX_CONFIG;

	settings_say_name(&name, where, settings[id].name);
	say_expected(&expected, id);
	if (why->len != 0 && is_showable(id, text))
		fault_set(f, code, "%s \"%s\": %s", name.data, text,
		    why->data);
	else if (why->len != 0)
		fault_set(f, code, "%s: %s", name.data, why->data);
	else if (*text == '\0')
		fault_set(f, code, "%s needs a value%s%s", name.data,
		    expected.len != 0 ? ": " : "", expected.data);
	else
		fault_set(f, code, "%s \"%s\": expected %s", name.data, text,
		    expected.data);
	buf_release(&name);
	buf_release(&expected);
}

/* Commands may have tabs and line ends, other values only tabs. */
static int
has_control(size_t id, const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text >= ' ' && *text != '\177')
			continue;
		if (*text == '\t' || (*text == '\n' && id == S_PASSWORDEVAL))
			continue;
		return 1;
	}
	return 0;
}

static int
refuse_unknown(enum setting_where where, const char *name, struct fault *f)
{
	struct buf b = BUF_INIT;
	int code = where == SETTING_CLI ? EX_USAGE : EX_CONFIG;

	settings_say_name(&b, where, name);
	if (where == SETTING_FILE)
		fault_set(f, code, "unknown keyword (qsendmailrc(5) has the "
		    "list)");
	else if (settings_find(name) != NULL)
		fault_set(f, code, "%s: this setting can only stand in a "
		    "settings file%s", b.data, settings_find(name)->where &
		    SETTING_ENV ? " or the environment" : "");
	else
		fault_set(f, code, "%s is unknown (%s)", b.data,
		    where == SETTING_CLI ? "see --help" :
		    "qsendmail(1) has the list");
	buf_release(&b);
	return -1;
}

static void
value_release(struct value *v, size_t id)
{
	if (v->text != NULL && settings[id].type == TYPE_SECRET)
		compat_wipe(v->text, strlen(v->text));
	free(v->text);
	memset(v, 0, sizeof *v);
}

_Static_assert(SETTING_COUNT < 256, "struct values has octets for them");

/* Takes a value over, with its text. */
static void
take_value(struct values *v, size_t id, const struct value *from)
{
	if (v->place[id] == 0) {
		v->set = xgrow(v->set, v->n, &v->cap, sizeof *v->set);
		memset(&v->set[v->n++], 0, sizeof *v->set);
		v->place[id] = (unsigned char)v->n;
	}
	value_release(&v->set[v->place[id] - 1], id);
	v->set[v->place[id] - 1] = *from;
}

int
settings_set(struct values *v, enum setting_where where, const char *name,
    const char *text, const struct origin *origin, struct fault *f)
{
	const struct setting *row = settings_find(name);
	struct parsed p = { BUF_INIT, 0, BUF_INIT };
	struct value value;
	size_t id;
	int rc = -1;

	if (row == NULL || (row->where & (int)where) == 0)
		return refuse_unknown(where, name, f);
	id = (size_t)(row - settings);
	if (has_control(id, text)) {
		struct buf b = BUF_INIT;

		settings_say_name(&b, where, row->name);
		fault_set(f, where == SETTING_CLI ? EX_USAGE : EX_CONFIG,
		    "%s: the value has a control character", b.data);
		buf_release(&b);
		return -1;
	}
	if (parse(&p, id, text) == -1) {
		refuse(id, where, row->type == TYPE_SECRET ? "" : text,
		    &p.why, f);
		goto out;
	}
	if (row->type == TYPE_SECRET && !v->keep_secrets)
		buf_wipe(&p.text);
	value.text = buf_detach(&p.text);
	value.number = p.number;
	value.origin = *origin;
	take_value(v, id, &value);
	rc = 0;
out:
	buf_wipe(&p.text);
	buf_release(&p.why);
	return rc;
}

void
values_init(struct values *v)
{
	memset(v, 0, sizeof *v);
}

void
values_release(struct values *v)
{
	size_t i;

	for (i = 0; v->n != 0 && i < SETTING_COUNT; i++)
		if (v->place[i] != 0)
			value_release(&v->set[v->place[i] - 1], i);
	free(v->set);
	v->set = NULL;
	v->n = v->cap = 0;
	memset(v->place, 0, sizeof v->place);
}

void
values_put(struct values *v, enum setting_id id, const struct value *from)
{
	int hide = settings[id].type == TYPE_SECRET && !v->keep_secrets;
	struct value copy = *from;

	copy.text = xstrdup(hide ? "" : from->text);
	take_value(v, id, &copy);
}

void
values_unset(struct values *v, enum setting_id id)
{
	if (v->place[id] != 0)
		value_release(&v->set[v->place[id] - 1], id);
}

void
values_replace_sources(struct values *v, const struct values *over)
{
	static const enum setting_id sources[] = {
		S_PASSWORD, S_PASSWORD_FILE, S_PASSWORDEVAL
	};
	size_t i, n = sizeof sources / sizeof sources[0], named = 0;

	for (i = 0; i < n; i++)
		named += (size_t)values_is_set(over, sources[i]);
	for (i = 0; named > 0 && i < n; i++)
		if (!values_is_set(over, sources[i]))
			values_unset(v, sources[i]);
}

void
values_merge(struct values *v, const struct values *from)
{
	const struct value *value;
	int i;

	for (i = 0; from->n != 0 && i < SETTING_COUNT; i++) {
		value = values_find(from, (enum setting_id)i);
		if (value != NULL)
			values_put(v, (enum setting_id)i, value);
	}
}

const struct value *
values_find(const struct values *v, enum setting_id id)
{
	const struct value *found;

	if (v->place[id] == 0)
		return NULL;
	found = &v->set[v->place[id] - 1];
	return found->text != NULL ? found : NULL;
}

int
values_is_set(const struct values *v, enum setting_id id)
{
	return values_find(v, id) != NULL;
}

const char *
values_text(const struct values *v, enum setting_id id)
{
	const struct value *found = values_find(v, id);

	return found != NULL ? found->text : settings[id].value;
}

const struct origin *
values_origin(const struct values *v, enum setting_id id)
{
	static const struct origin builtin = { ORIGIN_BUILTIN, NULL, 0 };
	const struct value *found = values_find(v, id);

	return found != NULL ? &found->origin : &builtin;
}

long long
values_number(const struct values *v, enum setting_id id)
{
	struct parsed p = { BUF_INIT, 0, BUF_INIT };
	const struct value *found = values_find(v, id);

	if (found != NULL)
		return found->number;
	if (settings[id].value[0] == '\0' ||
	    parse(&p, id, settings[id].value) == -1)
		p.number = 0;
	buf_release(&p.text);
	buf_release(&p.why);
	return p.number;
}

int
values_bool(const struct values *v, enum setting_id id)
{
	return values_number(v, id) != 0;
}

int
values_is(const struct values *v, enum setting_id id, const char *choice)
{
	return strcmp(values_text(v, id), choice) == 0;
}
