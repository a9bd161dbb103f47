/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the command line: sendmail's letters (letters.def), our words
 * (options.def) and settings (settings.def). Letters cluster and take their
 * value glued or apart; options may follow operands; "--" ends them. Owns the
 * rules which options exclude each other. Text with control characters is
 * refused: it would end up in a header field or an SMTP command.
 */
#include "settings/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/xalloc.h"
#include "settings/config.h"
#include "settings/sendmail.h"

enum arity { ARITY_NONE, ARITY_VALUE, ARITY_GLUED };
enum use { USE_USE, USE_IGNORE, USE_INSTEAD };

static const struct letter {
	char letter;
	enum arity arity;
	enum use use;
	const char *argument;
	const char *summary;
} letters[] = {
#define LETTER(letter, arity, use, argument, summary) \
	{ #letter[0], ARITY_##arity, USE_##use, argument, summary },
#include "settings/letters.def"
#undef LETTER
};

#define LETTER_COUNT (sizeof letters / sizeof letters[0])

enum option_id {
#define GROUP(title)
#define OPTION(id, name, argument, summary) OPT_##id,
#include "settings/options.def"
#undef OPTION
#undef GROUP
	OPT_GROUP
};

/* A row of options.def: an option, or the title of those that follow. */
static const struct option {
	enum option_id id;
	const char *name;
	const char *argument;
	const char *summary;
} options[] = {
#define GROUP(title) { OPT_GROUP, "", "", title },
#define OPTION(id, name, argument, summary) \
	{ OPT_##id, name, argument, summary },
#include "settings/options.def"
#undef OPTION
#undef GROUP
};

#define OPTION_COUNT (sizeof options / sizeof options[0])

/* Columns that --help has for the argument of a setting. */
#define HELP_ARGUMENT_MAX 40

/* The arguments as they are walked through. */
struct walk {
	struct options *o;
	int argc;
	char *const *argv;
	int at;           /* index of the next argument */
	int operands_only; /* behind "--" */
	int done;         /* --help or --version: the rest is not looked at */
	int pretend;      /* --pretend: recipients do not matter */
};

void
options_init(struct options *o)
{
	memset(o, 0, sizeof *o);
}

void
options_release(struct options *o)
{
	size_t i;

	free(o->envelope_from);
	free(o->from);
	free(o->full_name);
	free(o->file);
	free(o->account);
	free(o->envid);
	free(o->argument);
	free(o->subject);
	free(o->body);
	strv_release(&o->to);
	strv_release(&o->cc);
	strv_release(&o->bcc);
	strv_release(&o->headers);
	strv_release(&o->recipients);
	strv_release(&o->queue);
	for (i = 0; i < o->parts_n; i++) {
		free(o->parts[i].path);
		free(o->parts[i].type);
		free(o->parts[i].name);
	}
	free(o->parts);
	values_release(&o->argv);
	memset(o, 0, sizeof *o);
}

/* ---- values ---- */

static int
check_text(const char *option, const char *text, struct fault *f)
{
	for (; *text != '\0'; text++)
		if (((unsigned char)*text < ' ' && *text != '\t') ||
		    *text == '\177')
			return fault_set(f, EX_USAGE, "%s: the value has a "
			    "control character", option);
	return 0;
}

static int
set_text(char **field, const char *option, const char *text, struct fault *f)
{
	if (check_text(option, text, f) == -1)
		return -1;
	free(*field);
	*field = xstrdup(text);
	return 0;
}

static int
add_text(struct strv *list, const char *option, const char *text,
    struct fault *f)
{
	if (check_text(option, text, f) == -1)
		return -1;
	strv_add(list, text);
	return 0;
}

/* An address, perhaps in angle brackets; "<>" is the null sender "". */
static int
set_address(char **field, const char *option, const char *text,
    struct fault *f)
{
	size_t len = strlen(text);

	if (set_text(field, option, text, f) == -1)
		return -1;
	if (len >= 2 && text[0] == '<' && text[len - 1] == '>') {
		free(*field);
		*field = xmemdup(text + 1, len - 2);
	}
	return 0;
}

static int
add_part(struct options *o, enum part_role role, const char *option,
    const char *path, struct fault *f)
{
	struct part_option *p;

	if (*path == '\0')
		return fault_set(f, EX_USAGE, "%s needs the name of a file",
		    option);
	if (check_text(option, path, f) == -1)
		return -1;
	o->parts = xgrow(o->parts, o->parts_n, &o->parts_cap,
	    sizeof *o->parts);
	p = &o->parts[o->parts_n++];
	memset(p, 0, sizeof *p);
	p->role = role;
	p->path = xstrdup(path);
	return 0;
}

/* The null sender is only for the envelope. */
static int
set_from(struct options *o, const char *text, struct fault *f)
{
	if (*text == '\0' || strcmp(text, "<>") == 0)
		return fault_set(f, EX_USAGE, "--from \"%s\": nobody can be in "
		    "a From field; for the null sender use -f '<>'", text);
	return set_address(&o->from, "--from", text, f);
}

/* --type and --name: about the file before. */
static int
describe_part(struct options *o, enum option_id id, const char *text,
    struct fault *f)
{
	const char *option = id == OPT_TYPE ? "--type" : "--name";
	struct part_option *p;

	if (o->parts_n == 0)
		return fault_set(f, EX_USAGE, "%s stands behind the --attach, "
		    "--inline or --html that it is about", option);
	p = &o->parts[o->parts_n - 1];
	if (id == OPT_NAME && *text == '\0')
		return fault_set(f, EX_USAGE, "--name needs a name");
	if (id == OPT_TYPE && (strchr(text, '/') == NULL || *text == '/' ||
	    text[strlen(text) - 1] == '/'))
		return fault_set(f, EX_USAGE, "--type \"%s\": expected a "
		    "media type like text/csv", text);
	return set_text(id == OPT_TYPE ? &p->type : &p->name, option, text, f);
}

static int
add_header(struct options *o, const char *text, struct fault *f)
{
	size_t len = strcspn(text, ":"), i;

	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			break;
	if (len == 0 || i < len || text[len] == '\0')
		return fault_set(f, EX_USAGE, "--header \"%s\": expected "
		    "'NAME: VALUE'", text);
	return add_text(&o->headers, "--header", text, f);
}

/* ---- letters ---- */

static const struct letter *
find_letter(char c)
{
	size_t i;

	for (i = 0; i < LETTER_COUNT; i++)
		if (letters[i].letter == c)
			return &letters[i];
	return NULL;
}

static int
refuse_modes(struct fault *f)
{
	return fault_set(f, EX_USAGE, "only one of --dry-run, --settings, "
	    "--check, --configure, --rmqs and sendmail's modes at a time");
}

static int
is_word_mode(enum mode mode)
{
	return mode == MODE_DRY_RUN || mode == MODE_SETTINGS ||
	    mode == MODE_CHECK || mode == MODE_CONFIGURE ||
	    mode == MODE_RMQS;
}

/* The last of sendmail's modes counts, but none undoes --dry-run. */
static int
set_mode(struct options *o, enum mode mode, struct fault *f)
{
	if (is_word_mode(o->mode))
		return mode == MODE_SEND ? 0 : refuse_modes(f);
	o->mode = mode;
	return 0;
}

static int
set_b(struct options *o, const char *text, struct fault *f)
{
	enum mode mode;

	if (sendmail_mode(text, &mode, f) == -1)
		return -1;
	if (strcmp(text, "D") == 0)
		o->foreground = 1;
	return set_mode(o, mode, f);
}

/* Next to -bd and -bp it says how often, or which. */
static int
set_q(struct walk *w, const char *text, struct fault *f)
{
	struct options *o = w->o;

	if (*text == '\0' && w->at < w->argc &&
	    sendmail_interval(w->argv[w->at], NULL))
		text = w->argv[w->at++];
	if (check_text("-q", text, f) == -1 || sendmail_queue(o, text, f) == -1)
		return -1;
	return o->mode == MODE_DAEMON || o->mode == MODE_MAILQ ||
	    o->mode == MODE_NOTHING ? 0 : set_mode(o, MODE_QUEUE, f);
}

static int
refuse_operation(const char *text, struct fault *f)
{
	return fault_set(f, EX_USAGE, "-M%s: what Exim does to its queue is "
	    "not supported (mailq shows the queue)", text);
}

/* -N and -R are settings by another name. */
static int
set_by_letter(struct options *o, const char *option, const char *name,
    const char *value, struct fault *f)
{
	struct origin origin = { ORIGIN_COMMAND_LINE, NULL, 0 };

	if (settings_set(&o->argv, SETTING_CLI, name, value, &origin, f) == -1)
		return fault_context(f, "%s", option);
	return 0;
}

/* The letters that steer the queue, the modes and sendmail's own options. */
static int
apply_operation(struct walk *w, char letter, const char *value,
    struct fault *f)
{
	struct options *o = w->o;

	switch (letter) {
	case 'b':
		return set_b(o, value, f);
	case 'e':
		sendmail_error_mode(o, value);
		return 0;
	case 'I':
		return set_mode(o, MODE_ALIASES, f);
	case 'M':
		return sendmail_is_operation(value) ?
		    refuse_operation(value, f) : 0;
	case 'o':
		w->at += sendmail_option(o, value,
		    w->at < w->argc ? w->argv[w->at] : NULL);
		return 0;
	case 'O':
		sendmail_long_option(o, value);
		return 0;
	case 'q':
		return set_q(w, value, f);
	case 'Q':
		return set_mode(o, MODE_NOTHING, f);
	default:
		return 0;
	}
}

static int
apply_letter(struct walk *w, char letter, const char *value, struct fault *f)
{
	struct options *o = w->o;

	switch (letter) {
	case 'a':
		return set_text(&o->account, "-a", value, f);
	case 'C':
		return set_text(&o->file, "-C", value, f);
	case 'f':
		return set_address(&o->envelope_from, "-f", value, f);
	case 'F':
		return set_text(&o->full_name, "-F", value, f);
	case 'i':
		o->ignore_dots = 1;
		return 0;
	case 'N':
		return set_by_letter(o, "-N", "dsn_notify", value, f);
	case 'r':
		return set_address(&o->envelope_from, "-r", value, f);
	case 'R':
		return set_by_letter(o, "-R", "dsn_return", value, f);
	case 't':
		o->read_recipients = 1;
		return 0;
	case 'v':
		o->verbose = 1;
		return 0;
	case 'V':
		return set_text(&o->envid, "-V", value, f);
	default:
		return apply_operation(w, letter, value, f);
	}
}

static int
refuse_instead(const struct letter *l, struct fault *f)
{
	return fault_set(f, EX_USAGE, "-%c is an option of msmtp: use %s",
	    l->letter, l->argument);
}

static int
need_letter_value(const struct letter *l, struct fault *f)
{
	return fault_set(f, EX_USAGE, "-%c needs a value%s", l->letter,
	    l->letter == 'h' ? " (for help: --help)" : "");
}

/* One argument of letters: "-ti", "-fADDRESS", "-f" and the next one. */
static int
letters_argument(struct walk *w, const char *p, struct fault *f)
{
	const struct letter *l;
	const char *value;

	for (; *p != '\0'; p++) {
		l = find_letter(*p);
		if (l == NULL)
			return fault_set(f, EX_USAGE, "-%c is unknown (see "
			    "--help)", *p);
		value = NULL;
		if (l->arity == ARITY_GLUED || (l->arity == ARITY_VALUE &&
		    p[1] != '\0'))
			value = p + 1;
		else if (l->arity == ARITY_VALUE) {
			if (w->at == w->argc)
				return need_letter_value(l, f);
			value = w->argv[w->at++];
		}
		if (l->use == USE_INSTEAD && !w->o->strict)
			return refuse_instead(l, f);
		if (l->use == USE_USE &&
		    apply_letter(w, l->letter, value, f) == -1)
			return -1;
		if (value != NULL)
			return 0;
	}
	return 0;
}

/* ---- words ---- */

static int
set_exclusive_mode(struct options *o, enum mode mode, struct fault *f)
{
	if (o->mode != MODE_SEND && o->mode != mode)
		return refuse_modes(f);
	o->mode = mode;
	return 0;
}

/* --configure */
static int
set_configure(struct options *o, const char *address, struct fault *f)
{
	const char *at = strrchr(address, '@');

	if (at == NULL || at == address || at[1] == '\0')
		return fault_set(f, EX_USAGE, "--configure \"%s\": expected a "
		    "mail address", address);
	if (set_exclusive_mode(o, MODE_CONFIGURE, f) == -1)
		return -1;
	return set_address(&o->argument, "--configure", address, f);
}

/* --rmqs: one word of a command (RFC 1985 5.1). */
static int
set_rmqs(struct options *o, const char *node, struct fault *f)
{
	size_t i, len = strlen(node);

	for (i = 0; i < len; i++)
		if (node[i] <= ' ' || node[i] > '~')
			break;
	if (i < len || len == 0 || len > 500 ||
	    (strchr("@#", node[0]) != NULL && len == 1))
		return fault_set(f, EX_USAGE, "--rmqs \"%s\": expected a host, "
		    "@DOMAIN or #QUEUE", node);
	if (set_exclusive_mode(o, MODE_RMQS, f) == -1)
		return -1;
	return set_text(&o->argument, "--rmqs", node, f);
}

static int
apply_mode(struct walk *w, enum option_id id, struct fault *f)
{
	switch (id) {
	case OPT_DRY_RUN:
		return set_exclusive_mode(w->o, MODE_DRY_RUN, f);
	case OPT_PRETEND:
		w->pretend = 1;
		return set_exclusive_mode(w->o, MODE_SETTINGS, f);
	case OPT_SETTINGS:
		return set_exclusive_mode(w->o, MODE_SETTINGS, f);
	case OPT_MAILQ:
		return set_exclusive_mode(w->o, MODE_MAILQ, f);
	case OPT_JSON:
		w->o->json = 1;
		return 0;
	case OPT_FOREGROUND:
		w->o->foreground = 1;
		return 0;
	case OPT_CHECK:
	case OPT_SERVERINFO:
		return set_exclusive_mode(w->o, MODE_CHECK, f);
	case OPT_HELP:
		w->o->mode = MODE_HELP;
		w->done = 1;
		return 0;
	case OPT_VERSION:
		w->o->mode = MODE_VERSION;
		w->done = 1;
		return 0;
	default:
		return fault_set(f, EX_USAGE, "--sendmail only stands as the "
		    "first argument");
	}
}

static int
apply_option(struct walk *w, enum option_id id, const char *value,
    struct fault *f)
{
	struct options *o = w->o;

	switch (id) {
	case OPT_FROM:
		return set_from(o, value, f);
	case OPT_ACCOUNT:
		return set_text(&o->account, "--account", value, f);
	case OPT_FILE:
		return set_text(&o->file, "--file", value, f);
	case OPT_READ_RECIPIENTS:
		o->read_recipients = 1;
		return 0;
	case OPT_READ_ENVELOPE_FROM:
		o->read_envelope_from = 1;
		return 0;
	case OPT_DEBUG:
		o->verbose = 1;
		return 0;
	case OPT_SUBJECT:
		return set_text(&o->subject, "--subject", value, f);
	case OPT_TO:
		return add_text(&o->to, "--to", value, f);
	case OPT_CC:
		return add_text(&o->cc, "--cc", value, f);
	case OPT_BCC:
		return add_text(&o->bcc, "--bcc", value, f);
	case OPT_BODY:
		free(o->body);
		o->body = xstrdup(value);
		return 0;
	case OPT_HTML:
		return add_part(o, PART_HTML, "--html", value, f);
	case OPT_INLINE:
		return add_part(o, PART_INLINE, "--inline", value, f);
	case OPT_ATTACH:
		return add_part(o, PART_ATTACHMENT, "--attach", value, f);
	case OPT_TYPE:
	case OPT_NAME:
		return describe_part(o, id, value, f);
	case OPT_HEADER:
		return add_header(o, value, f);
	case OPT_CONFIGURE:
		return set_configure(o, value, f);
	case OPT_RMQS:
		return set_rmqs(o, value, f);
	default:
		return apply_mode(w, id, f);
	}
}

static const struct option *
find_option(const char *name)
{
	size_t i;

	for (i = 0; i < OPTION_COUNT; i++)
		if (options[i].id != OPT_GROUP &&
		    settings_same_name(options[i].name, name))
			return &options[i];
	return NULL;
}

/*
 * The value of a setting when none is glued to it, NULL when it is missing.
 * As in msmtp a switch may stand alone, so what follows it is only taken when
 * it can be its value. Old keywords take their switch only by "=".
 */
static const char *
setting_value(struct walk *w, const char *name, const struct setting *row)
{
	const char *next = w->at < w->argc ? w->argv[w->at] : NULL;

	if (row == NULL && config_old_option(name) != CONFIG_OLD_VALUE)
		return "";
	if (row != NULL && settings_is_switch(row) &&
	    (next == NULL || *next == '-' || strchr(next, '@') != NULL))
		return "";
	if (next != NULL)
		w->at++;
	return next;
}

static int
apply_setting(struct walk *w, const char *name, const char *value,
    struct fault *f)
{
	struct origin origin = { ORIGIN_COMMAND_LINE, NULL, 0 };
	const struct setting *row = settings_find(name);

	if (value == NULL && (row == NULL || (row->where & SETTING_CLI))) {
		value = setting_value(w, name, row);
		if (value == NULL)
			return fault_set(f, EX_USAGE, "--%s needs a value: %s",
			    name, row != NULL ? row->argument : "VALUE");
	}
	return config_set_option(&w->o->argv, name,
	    value != NULL ? value : "", &origin, f);
}

/* Called as sendmail, there are only words that give nothing away. */
static int
is_harmless(const struct options *o, const struct option *option)
{
	return option != NULL && (option->id == OPT_HELP ||
	    option->id == OPT_VERSION ||
	    (option->id == OPT_JSON && o->mode == MODE_MAILQ));
}

/* One argument "--NAME" or "--NAME=VALUE"; p is behind the dashes. */
static int
word_argument(struct walk *w, const char *p, struct fault *f)
{
	const char *equals = strchr(p, '='), *value = NULL;
	const struct option *option;
	struct buf name = BUF_INIT;
	int rc;

	if (equals != NULL)
		value = equals + 1;
	buf_add(&name, p, equals != NULL ? (size_t)(equals - p) : strlen(p));
	option = find_option(name.data);
	if (w->o->strict && !is_harmless(w->o, option))
		rc = fault_set(f, EX_USAGE, "--%s: called as sendmail, there "
		    "are no words but --help and --version", name.data);
	else if (option == NULL)
		rc = apply_setting(w, name.data, value, f);
	else if (option->argument[0] == '\0')
		rc = value == NULL ? apply_option(w, option->id, "", f) :
		    fault_set(f, EX_USAGE, "--%s takes no value",
		    option->name);
	else if (value == NULL && w->at == w->argc)
		rc = fault_set(f, EX_USAGE, "--%s needs a value: %s",
		    option->name, option->argument);
	else
		rc = apply_option(w, option->id,
		    value != NULL ? value : w->argv[w->at++], f);
	buf_release(&name);
	return rc;
}

/* ---- the whole ---- */

/* Standard input can be one thing only. */
static int
check_stdin(const struct options *o, struct fault *f)
{
	const struct part_option *first = NULL;
	size_t i;

	for (i = 0; i < o->parts_n; i++) {
		if (strcmp(o->parts[i].path, "-") != 0)
			continue;
		if (first != NULL)
			return fault_set(f, EX_USAGE, "standard input (-) can "
			    "be one file only");
		first = &o->parts[i];
		if (first->name == NULL && first->role != PART_HTML)
			return fault_set(f, EX_USAGE, "a file from standard "
			    "input (-) needs a name: add --name");
		if (o->body == NULL)
			return fault_set(f, EX_USAGE, "standard input (-) is "
			    "the file, so the text has to be given: add "
			    "--body");
	}
	return 0;
}

/* Where the options name the recipients, a Bcc field would reach nobody. */
static int
check_headers(const struct options *o, struct fault *f)
{
	size_t i;

	for (i = 0; i < o->headers.n; i++)
		if (ascii_has_prefix(o->headers.v[i], "Bcc:"))
			return fault_set(f, EX_USAGE, "--header \"%s\": use "
			    "--bcc ADDRESS", o->headers.v[i]);
	return 0;
}

static int
check_compose(struct options *o, struct fault *f)
{
	const char *first = NULL;
	size_t i, html = 0;

	for (i = 0; i < o->parts_n; i++)
		html += o->parts[i].role == PART_HTML;
	if (html > 1)
		return fault_set(f, EX_USAGE, "--html can be given once only");
	if (o->subject != NULL)
		first = "--subject";
	else if (o->to.n > 0)
		first = "--to";
	else if (o->cc.n > 0)
		first = "--cc";
	else if (o->body != NULL)
		first = "--body";
	else if (html > 0)
		first = "--html";
	o->compose = first != NULL;
	if (o->compose && o->read_recipients)
		return fault_set(f, EX_USAGE, "-t takes header fields from "
		    "standard input, so %s cannot be given as well: leave out "
		    "one of them", first);
	if (o->compose && check_headers(o, f) == -1)
		return -1;
	return check_stdin(o, f);
}

/* --read-envelope-from wants a message, and nobody else to name the sender. */
static int
check_sender(const struct options *o, struct fault *f)
{
	static const char name[] = "--read-envelope-from";

	if (!o->read_envelope_from)
		return 0;
	if (o->envelope_from != NULL || o->from != NULL)
		return fault_set(f, EX_USAGE, "%s and %s both name the sender: "
		    "leave out one of them", name,
		    o->from != NULL ? "--from" : "-f");
	if (o->mode != MODE_SEND && o->mode != MODE_DRY_RUN)
		return fault_set(f, EX_USAGE, "%s needs a message: use -f "
		    "here", name);
	if (o->compose)
		return fault_set(f, EX_USAGE, "%s needs a message with a "
		    "header: use --from here", name);
	return 0;
}

/* --json is about the list alone. */
static int
check_json(const struct options *o, struct fault *f)
{
	if (!o->json)
		return 0;
	if (o->mode != MODE_MAILQ)
		return fault_set(f, EX_USAGE, "--json goes with --mailq");
	if (o->recipients.n > 0)
		return fault_set(f, EX_USAGE, "--json is for the list: leave "
		    "out --json or \"%s\"", o->recipients.v[0]);
	return 0;
}

static int
check_rules(struct options *o, int pretend, struct fault *f)
{
	static const char *const names[] = {
		[MODE_SETTINGS] = "--settings", [MODE_CHECK] = "--check",
		[MODE_CONFIGURE] = "--configure", [MODE_RMQS] = "--rmqs"
	};

	/* With a recipient somebody meant to send a mail. */
	if (o->mode == MODE_QUEUE && o->recipients.n > 0)
		return fault_set(f, EX_USAGE, "-q takes no recipients: it "
		    "delivers what is queued");
	if (o->mode == MODE_VERIFY && o->recipients.n == 0)
		return fault_set(f, EX_USAGE, "-bv needs an address");
	if (is_word_mode(o->mode) && o->mode != MODE_DRY_RUN &&
	    o->recipients.n > 0 && !pretend)
		return fault_set(f, EX_USAGE, "%s takes no recipients",
		    names[o->mode]);
	if (check_compose(o, f) == -1 || check_json(o, f) == -1)
		return -1;
	return check_sender(o, f);
}

int
options_parse(struct options *o, int argc, char *const argv[],
    struct fault *f)
{
	struct walk w = { .o = o, .argc = argc, .argv = argv, .at = 1 };
	const char *p;
	int rc = 0;

	if (argc > 0 && sendmail_name(argv[0], &o->mode))
		o->strict = 1;
	if (argc > 1 && strcmp(argv[1], "--sendmail") == 0) {
		o->strict = 1;
		w.at++;
	}
	while (rc == 0 && !w.done && w.at < argc) {
		p = argv[w.at++];
		if (w.operands_only || p[0] != '-' || p[1] == '\0')
			rc = add_text(&o->recipients, "a recipient", p, f);
		else if (p[1] != '-')
			rc = letters_argument(&w, p + 1, f);
		else if (p[2] == '\0')
			w.operands_only = 1;
		else
			rc = word_argument(&w, p + 2, f);
	}
	if (rc == 0 && !w.done)
		rc = check_rules(o, w.pretend, f);
	return rc;
}

/* ---- help ---- */

#define HELP_WIDTH 79
#define HELP_COLUMN 28

/* "  WHAT    summary", the summary in its column, wrapped. */
static void
help_row(struct buf *out, const char *what, const char *summary)
{
	size_t column = strlen(what) + 2, len;

	buf_addf(out, "  %s", what);
	if (column + 2 > HELP_COLUMN) {
		buf_addc(out, '\n');
		column = 0;
	}
	buf_addf(out, "%*s", (int)(HELP_COLUMN - column), "");
	column = HELP_COLUMN;
	while (*summary != '\0') {
		len = strcspn(summary, " ");
		if (column + len > HELP_WIDTH && column > HELP_COLUMN) {
			out->data[out->len - 1] = '\n';
			buf_addf(out, "%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		}
		buf_add(out, summary, len);
		buf_addc(out, ' ');
		column += len + 1;
		summary += len;
		summary += strspn(summary, " ");
	}
	buf_truncate(out, out->len - 1);
	buf_addc(out, '\n');
}

static void
help_options(struct buf *out, struct buf *what)
{
	size_t i;

	for (i = 0; i < OPTION_COUNT; i++) {
		if (options[i].id == OPT_GROUP) {
			buf_addf(out, "\n%s:\n", options[i].summary);
			continue;
		}
		buf_reset(what);
		buf_addf(what, "--%s%s%s", options[i].name,
		    options[i].argument[0] != '\0' ? " " : "",
		    options[i].argument);
		help_row(out, what->data, options[i].summary);
	}
}

static void
help_letters(struct buf *out, struct buf *what)
{
	size_t i;

	buf_adds(out, "\nLetters, as of every sendmail (qsendmail(1) has those "
	    "that are ignored):\n");
	for (i = 0; i < LETTER_COUNT; i++) {
		if (letters[i].use != USE_USE)
			continue;
		buf_reset(what);
		buf_addf(what, "-%c%s%s", letters[i].letter,
		    letters[i].arity == ARITY_VALUE ? " " : "",
		    letters[i].argument);
		help_row(out, what->data, letters[i].summary);
	}
}

/* Of many choices the first ones; the manual has them all. */
static void
add_argument(struct buf *what, const char *argument)
{
	const char *p = argument;
	int i;

	if (strlen(argument) <= HELP_ARGUMENT_MAX) {
		buf_adds(what, argument);
		return;
	}
	for (i = 0; i < 3; i++)
		p += strcspn(p, "|") + 1;
	buf_add(what, argument, (size_t)(p - argument));
	buf_adds(what, "...");
}

static void
help_settings(struct buf *out, struct buf *what)
{
	const char *p;
	size_t i;

	buf_adds(out, "\nSettings; each is also a line \"name value\" of a "
	    "settings file:\n");
	for (i = 0; i < SETTING_COUNT; i++) {
		if ((settings[i].where & SETTING_CLI) == 0 || i == S_FROM)
			continue;
		buf_reset(what);
		buf_adds(what, "--");
		for (p = settings[i].name; *p != '\0'; p++)
			buf_addc(what, *p == '_' ? '-' : *p);
		buf_addc(what, '=');
		add_argument(what, settings[i].argument);
		help_row(out, what->data, settings[i].summary);
	}
}

void
options_help(struct buf *out)
{
	struct buf what = BUF_INIT;

	buf_adds(out,
	    "Usage: qsendmail [OPTION...] [RECIPIENT...] < MESSAGE\n"
	    "       qsendmail --subject TEXT [OPTION...] RECIPIENT... < TEXT\n"
	    "Sends mail through the submission server of a mail account.\n");
	help_options(out, &what);
	help_letters(out, &what);
	help_settings(out, &what);
	buf_release(&what);
}
