/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shipped file of mail providers. Every mail of an account without a host
 * asks for one of them, so that one alone is parsed.
 */
#ifndef SETTINGS_PROVIDER_H
#define SETTINGS_PROVIDER_H

#include "settings/config.h"

/* What a provider is found by. */
enum provider_key {
	PROVIDER_NAME,   /* its account line */
	PROVIDER_DOMAIN, /* a mail domain of its "domains" */
	PROVIDER_HOST    /* a server: its "host" or one of its "hosts" */
};

/*
 * Sets *found to the provider, whose section is added to c unless it is
 * there, or to NULL when there is none; pointers to other sections of c are
 * void afterwards. 0, or -1 with a fault (EX_NOINPUT: no file).
 */
int provider_find(struct config *c, enum provider_key key, const char *text,
    const struct section **found, struct fault *f);
/* 1 when the section is that of a provider. */
int provider_is(const struct section *s);
/* 1 when a list of words has name: in any case, and a label "*" of a word
 * stands for any one label. */
int provider_has_word(const char *list, size_t len, const char *name);
/* Path of a shipped file (etc/NAME of the built tree, else the installed
 * one) appended to out. */
void provider_shipped_path(const char *name, struct buf *out);

#endif
