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

/* One section of a file. "defaults" applies to the accounts after it, as in
 * msmtp; its values are copied into each of them while parsing. */
struct section {
	char *name;           /* "default", "qq", ... */
	struct strv bases;    /* names behind the colon, in order */
	struct values values; /* origin says file and line of each */
	struct eval {
		char *command;
		struct origin origin;
	} *evals;             /* "eval COMMAND" lines, in order */
	size_t evals_n, evals_cap;
	const char *file;     /* borrowed from the config */
	unsigned line;
};

struct config {
	struct strv files; /* every file read, owns the names in origins */
	struct section *v; /* in the order of the file */
	size_t n, cap;
};

enum config_flags {
	CONFIG_SECRETS = 1,  /* keep secrets (relay only) */
	CONFIG_PROVIDERS = 2 /* the shipped file: no owner check, origins are
	                      * ORIGIN_PROVIDER */
};

void config_init(struct config *c);
void config_release(struct config *c);
/*
 * Adds the sections of the file at path to c. A missing file is a fault
 * (EX_NOINPUT), a mistake one that says "file:line: ..." (EX_CONFIG). A
 * user's own file with a password and group or other access is refused, so is
 * a root-owned one with a password readable by others. Buffers that held
 * secrets are wiped.
 */
int config_load(struct config *c, const char *path, int flags, struct fault *f);
/* The section called name, or NULL. */
const struct section *config_find(const struct config *c, const char *name);

#endif
