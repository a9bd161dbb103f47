/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Choosing the account for a mail and computing its effective settings:
 * command line, account and its bases, "defaults", environment, provider,
 * built-in (DESIGN in ARCHITECTURE).
 */
#ifndef SETTINGS_ACCOUNT_H
#define SETTINGS_ACCOUNT_H

#include "settings/config.h"

/* What the caller asked for; all borrowed, NULL where not given. */
struct account_request {
	const char *file;    /* -C: this file replaces the user's */
	const char *name;    /* -a */
	const char *from;    /* -f or --from: chooses the account whose from it is */
	const struct values *argv; /* --keyword=value */
	int strict;          /* called as sendmail: -C only for a file that
	                      * root owns and nobody else can write */
};

struct account {
	char *name;           /* "default", "qq", "env", "command line"; for logs */
	struct values values; /* effective, every origin kept */
	struct config config; /* owns the origins' file names */
	/* How the relay finds the secret again: file and section; the file is
	 * "" for the environment, both are NULL when account_load_secret has
	 * nothing for this account. */
	char *secret_file;
	char *secret_section;
	/* For account_complete: bases that are providers, and the address of
	 * the request (owned, NULL if none). */
	struct strv providers;
	char *asked_from;
	int is_service;       /* the service of this host (service_account.h):
	                       * names and fields are left for it to complete */
	int has_eval;         /* eval lines apply: ask the relay to run them */
};

void account_init(struct account *a);
void account_release(struct account *a);
/*
 * Finds the files, chooses the account as msmtp does and fills a. 0, or -1
 * with a fault: EX_CONFIG, EX_NOINPUT; a missing host names the two lines
 * that make a configuration.
 */
int account_resolve(struct account *a, const struct account_request *r,
    struct fault *f);
/*
 * With has_eval, account_resolve leaves out the provider and the check for a
 * host: an eval line may make them. Let the relay run the lines, call
 * account_add_evaluated for each setting that it reports and then
 * account_complete, which does the rest.
 */
int account_add_evaluated(struct account *a, const char *name,
    const char *text, struct fault *f);
int account_complete(struct account *a, struct fault *f);
/* Prints "keyword value  # origin" for every effective setting; secrets as
 * (set). For --settings. */
void account_describe(const struct account *a, struct buf *out);
/*
 * For the relay: reads section name of file with its bases, runs its eval
 * lines and returns its values with secrets kept (v must be initialised;
 * origins have no file). A file "" is the environment. 0 or -1 with a fault.
 */
int account_load_secret(const char *file, const char *name, struct values *v,
    struct fault *f);
/* Appends what to do when the login is refused: the account's hint, else that
 * of the provider whose server its host is; or nothing. */
void account_hint(const struct account *a, struct buf *out);

#endif
