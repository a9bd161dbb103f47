/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Patterns of msmtp's "from" and "domain": %X stands for a name of this user
 * or host, and a "from" may have wildcards, to belong to many senders.
 */
#ifndef SETTINGS_PATTERN_H
#define SETTINGS_PATTERN_H

#include "base/buf.h"
#include "base/fault.h"

/* The letters of "from" (and F, from the message) and of "domain". */
#define PATTERN_FROM "UHCM"
#define PATTERN_DOMAIN "HCM"

/* 1 when text has one of these letters behind a percent sign. */
int pattern_has(const char *text, const char *letters);
/*
 * Appends text with %U (user), %H (host), %C (its canonical name) and %M (the
 * first line of the system's file mailname) replaced, as far as they are in
 * letters; with header_from (else NULL) also %F. Names are looked up only
 * when they are needed. 0, or -1 with a fault (EX_CONFIG).
 */
int pattern_expand(struct buf *out, const char *text, const char *letters,
    const char *header_from, struct fault *f);
/* 1 when a "from" has wildcards, so that it is no address itself. */
int pattern_is_wildcard(const char *from);
/*
 * 1 when address belongs to an account with this "from": the same in any
 * case; fits its wildcards (?, *, [...]: case counts); or does so without
 * its +detail, when from has no plus sign.
 */
int pattern_matches(const char *from, const char *address);

#endif
