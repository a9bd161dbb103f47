/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings: what there is (settings.def), and struct values: what was
 * chosen, with the place each value came from. One parser for every source.
 */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include <stddef.h>

#include "base/fault.h"

enum setting_id {
#define SETTING(id, name, type, where, value, argument, summary) S_##id,
#include "settings/settings.def"
#undef SETTING
	SETTING_COUNT
};

enum setting_type {
	TYPE_TEXT,
	TYPE_BOOL,   /* on, off (msmtp: also 1/0, true/false, yes/no) */
	TYPE_COUNT,  /* a number, 1 and up */
	TYPE_SECS,   /* seconds, or off (0) */
	TYPE_LIMIT,  /* a number, or off (0) */
	TYPE_TIME,   /* a time in seconds: 90, 15m, 4h, 5d, 1h30m; or off (0) */
	TYPE_SIZE,   /* octets: 5000, 64k, 16M, 2G; or off (0) */
	TYPE_PATH,   /* a file; a leading ~/ is the home directory */
	TYPE_ENUM,   /* one of the choices in argument */
	TYPE_SET,    /* like ENUM; of a choice with commas any of its words,
	              * with commas between them */
	TYPE_LIST,   /* words */
	TYPE_SECRET  /* never shown, kept by the relay only */
};

enum setting_where { SETTING_CLI = 1, SETTING_FILE = 2, SETTING_ENV = 4 };

struct setting {
	const char *name;
	enum setting_type type;
	int where;            /* SETTING_CLI | ... */
	const char *value;    /* built-in default, as text; "": none */
	const char *argument; /* for --help; the choices of an ENUM */
	const char *summary;
};

/* One row per enum setting_id. */
extern const struct setting settings[SETTING_COUNT];

/* 1 when name is that of row; '-' may stand for '_' (in either). */
int settings_same_name(const char *row, const char *name);
/* The row called name ('-' may stand for '_'), or NULL. */
const struct setting *settings_find(const char *name);

/* Where a value came from; a later source replaces an earlier one. */
enum origin_kind {
	ORIGIN_BUILTIN,
	ORIGIN_PROVIDER,
	ORIGIN_DEFAULTS, /* the "defaults" section */
	ORIGIN_ACCOUNT,
	ORIGIN_ENVIRONMENT,
	ORIGIN_COMMAND_LINE
};

struct origin {
	enum origin_kind kind;
	const char *file; /* borrowed from the config, NULL if none */
	unsigned line;
};

struct value {
	char *text;    /* owned; NULL: not set. Of a secret: never the secret
	                * itself unless the values keep secrets */
	long long number; /* BOOL 0/1, COUNT, SECS, LIMIT, TIME, SIZE;
	                * ENUM, SET: index of the choice; SECRET: 1 unless it is empty */
	struct origin origin;
};

/*
 * A set of values, one per setting. Reading one that is not set gives the
 * built-in default. keep_secrets is 0 in the front end: then a SECRET is
 * recorded as set, with its origin, but its text is not kept.
 */
struct values {
	struct value *set; /* owned: those that were set, in the order of that */
	size_t n, cap;
	unsigned char place[SETTING_COUNT]; /* there, from 1; 0: none */
	int keep_secrets;
};

void values_init(struct values *v);
/* Frees everything; secrets are overwritten. */
void values_release(struct values *v);
/* Copies every value of from that is set over those of v. */
void values_merge(struct values *v, const struct values *from);
/* Copies one value that is set, with its origin. */
void values_put(struct values *v, enum setting_id id, const struct value *from);

/* Makes a value not set. */
void values_unset(struct values *v, enum setting_id id);
/*
 * The command line's source of a password takes the place of every other:
 * when over names one, removes from v those that it does not name. To be
 * called before v gets the values of over.
 */
void values_replace_sources(struct values *v, const struct values *over);

/*
 * Checks text by the row's type and sets the value. where is the one source
 * kind (SETTING_CLI, ...) that asks. An unknown name or a bad value is a
 * fault (EX_USAGE for the command line, else EX_CONFIG) which says what is
 * expected; the caller adds file and line. A secret is never shown.
 */
int settings_set(struct values *v, enum setting_where where, const char *name,
    const char *text, const struct origin *origin, struct fault *f);

/* 1 when the setting may be given without a value: on, or its first choice. */
int settings_is_switch(const struct setting *row);
/* 1 when text is a value for it. */
int settings_takes(const struct setting *row, const char *text);
/* Appends the name of a setting as its source spells it: --tls-starttls. */
void settings_say_name(struct buf *out, enum setting_where where,
    const char *name);

/* Puts the path of the system's file called name into path: in the installed
 * place for settings, else in /etc. 1, or 0 when none can be read. */
int settings_system_file(const char *name, struct buf *path);
/* 1 when there is such a file that may not be read. */
int settings_closed_file(const char *name);
/* Appends the home directory: $HOME, else the one in the user database. */
void settings_home(struct buf *out);
/* Appends path; a leading "~/" (or a lone "~") becomes the home directory. */
void settings_expand_tilde(struct buf *out, const char *path);

/*
 * Appends the directory where mail waits: the setting spool; else that of the
 * system for root and for the user who owns it, and one in the home directory
 * ($XDG_STATE_HOME) for everybody else.
 */
void settings_spool(const struct values *v, struct buf *out);

int values_is_set(const struct values *v, enum setting_id id);
/* The value, NULL when it is not set; good until another one is set. */
const struct value *values_find(const struct values *v, enum setting_id id);
/* Where it came from, as long; never NULL. */
const struct origin *values_origin(const struct values *v,
    enum setting_id id);
/* Never NULL; "" when there is neither value nor default. */
const char *values_text(const struct values *v, enum setting_id id);
int values_bool(const struct values *v, enum setting_id id);
long long values_number(const struct values *v, enum setting_id id);
/* 1 when the value (text) of an ENUM is choice. */
int values_is(const struct values *v, enum setting_id id, const char *choice);

#endif
