/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A settings file in msmtp's language (msmtprc(5)): sections "defaults" and
 * "account NAME [: BASE[, BASE...]]", lines of keyword and value, quotes,
 * comments, "eval", "include". Parsed as it stands; inheritance and choice
 * are account.h's.
 */
#ifndef SETTINGS_CONFIG_H
#define SETTINGS_CONFIG_H

#include "base/strv.h"
#include "settings/settings.h"

/* One account of a file. While parsing it gets, in this order, what "defaults"
 * said so far, what its bases say, and its own lines, as in msmtp. */
struct section {
	char *name;           /* "default", "qq", ... */
	struct strv bases;    /* bases that the file does not define before, its
	                       * own and inherited: names of providers */
	struct values values; /* origin says file and line of each */
	struct eval {
		char *command;
		struct origin origin;
		/* Settings that lines behind it make: they count more. */
		unsigned char covered[SETTING_COUNT];
	} *evals;             /* "eval COMMAND" lines, in order */
	size_t evals_n, evals_cap;
	const char *file;     /* borrowed from the config */
	unsigned line;
	const char *root;     /* file given to config_load; borrowed */
	const char *again;    /* where the relay can read it once more: root,
	                       * or a copy when root is a pipe; borrowed */
	int flags;            /* those of config_load */
};

struct config {
	struct strv files; /* every file read, owns the names in origins */
	struct strv copies; /* "/dev/fd/N", private copies of pipes; a child
	                    * that is started inherits these descriptors */
	struct section *v; /* in the order of the file */
	size_t n, cap;
};

enum config_flags {
	CONFIG_SECRETS = 1,  /* keep secrets (relay only) */
	CONFIG_PROVIDERS = 2, /* the shipped file: no owner check, origins are
	                       * ORIGIN_PROVIDER */
	CONFIG_ROOT_ONLY = 4  /* only files that root owns and nobody else can
	                       * write (EX_NOPERM) */
};

void config_init(struct config *c);
void config_release(struct config *c);
/*
 * Adds the sections of the file at path to c. A missing file is a fault
 * (EX_NOINPUT), so is a FIFO that nobody writes to; a mistake is one that
 * says "file:line: ..." (EX_CONFIG). A user's own file with a password and
 * group or other access is refused, so is a root-owned one with a password
 * readable by others. Buffers that held secrets are wiped.
 */
int config_load(struct config *c, const char *path, int flags, struct fault *f);
/*
 * The same, but of the accounts only one is parsed: the first whose block,
 * from its account line to the next account or defaults line, is wanted. For
 * files of our own, whose accounts stand for themselves.
 */
typedef int (*config_wants)(const void *arg, const char *block, size_t len);
int config_load_some(struct config *c, const char *path, int flags,
    config_wants wants, const void *arg, struct fault *f);
/* The section called name, or NULL. */
const struct section *config_find(const struct config *c, const char *name);
/*
 * Splits a line (without its line end) into keyword and value: 1, or 0 for an
 * empty line or a comment. Both buffers may hold a secret afterwards.
 */
int config_split(const char *p, size_t len, struct buf *keyword,
    struct buf *value);
/* Appends a value as a file has it: in quotes when it needs them. */
void config_quote(struct buf *out, const char *text);
/* Sets what a line of a file says, msmtp's old keywords included: 0, or -1
 * with a fault (EX_CONFIG) without file and line. */
int config_set(struct values *v, const char *keyword, const char *text,
    const struct origin *origin, struct fault *f);

/* msmtp's old keywords on the command line ('-' may stand for '_'). */
enum config_old {
	CONFIG_OLD_NONE,   /* name is not one of them */
	CONFIG_OLD_SWITCH, /* its value may be missing: on */
	CONFIG_OLD_VALUE   /* it has a value */
};
enum config_old config_old_option(const char *name);
/* config_set for --NAME=TEXT; a fault is EX_USAGE. */
int config_set_option(struct values *v, const char *name, const char *text,
    const struct origin *origin, struct fault *f);

#endif
