/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The passwords file of ftp(1), ~/.netrc; user and passwd are words for login
 * and password, as in msmtp. */
#ifndef RELAY_NETRC_H
#define RELAY_NETRC_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Looks for the password of user at host in the text of a netrc file: the
 * first entry that fits counts, one without a login fits every user, and
 * "default" every host. 1 with the password appended to out, else 0.
 */
int netrc_find(const char *text, size_t len, const char *host,
    const char *user, struct buf *out);

#endif
