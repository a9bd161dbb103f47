/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The password, or bearer token, of an account: found as late as possible, in
 * this program only, and never given to a child, a log or a report.
 */
#ifndef RELAY_SECRET_H
#define RELAY_SECRET_H

#include "base/buf.h"
#include "base/fault.h"
#include "settings/settings.h"

/* What the environment held. */
struct secret_environment {
	struct buf password; /* of the account "env", "" if none */
	struct buf proxy_password, proxy, password_file;
	struct fault fault;  /* QSENDMAIL_... cannot be understood */
};

/* Takes the passwords out of the environment, so that no child gets them. */
void secret_take_environment(struct secret_environment *e);
void secret_release_environment(struct secret_environment *e);

/* Whose secret; all borrowed. */
struct secret_request {
	const struct values *settings;
	const char *file, *section; /* as in struct job, NULL if none */
	const struct secret_environment *environment;
	const char *host, *user;
	const char *key; /* the file of a key that it opens; NULL: a login */
};

/*
 * Appends the secret to out, from the first of: password (settings file or
 * environment), passwordeval, password_file, $CREDENTIALS_DIRECTORY, the key
 * ring, ~/.netrc and the system's netrc, the terminal. A passwordeval or
 * password_file that did not stand beside the password, but on the command
 * line, counts before it. 0, or -1 with a fault (EX_CONFIG) that says what to
 * add. The caller wipes out.
 */
int secret_find(struct buf *out, const struct secret_request *r,
    struct fault *f);
/* The same without ~/.netrc and the terminal; 0 also when there is none. */
int secret_find_named(struct buf *out, const struct secret_request *r,
    struct fault *f);
/* Appends proxy_password, if there is one for the proxy of the settings. */
int secret_find_proxy(struct buf *out, const struct secret_request *r,
    struct fault *f);

#endif
