/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An aliases file (aliases(5) of Sendmail; that of msmtp is a part of it):
 * local names and the lists of who gets their mail. It is read once; a list is
 * looked at when its name is used (aliaswalk.h), so that a mistake in it stops
 * only the mail that it is about.
 */
#ifndef SUBMIT_ALIASES_H
#define SUBMIT_ALIASES_H

#include <sys/types.h>

#include "base/fault.h"
#include "base/strv.h"

#define ALIAS_NONE ((size_t)-1)

struct alias_file {
	char *path;      /* owned */
	struct buf text;
	dev_t device;
	ino_t inode;
};

/* A name, or a file that :include: names, with its list in the text. */
struct alias {
	char *name;      /* owned, in lower case; ":include:FILE" */
	size_t file;     /* index of the file where its list stands */
	unsigned line;
	size_t start, end; /* the list, in the text of that file */
	unsigned long seen; /* number of the walk that came here last */
	int on_path;     /* the walk under way is within its list */
};

struct aliases {
	struct alias_file *files; /* the first one is the aliases file */
	size_t files_n, files_cap;
	struct alias *v; /* the names, then the files of :include: */
	size_t n, cap;
	size_t names;    /* how many of v are names */
	size_t *slots;   /* hash table: index + 1 of a name, 0 empty */
	size_t slots_n;
	struct strv repeated; /* a line for each name given again */
	size_t octets;   /* of all files together */
	unsigned long walk;
};

void aliases_init(struct aliases *a);
void aliases_release(struct aliases *a);
/*
 * Reads the file at path. 0, or -1 with a fault (EX_CONFIG): it cannot be
 * read, everybody can write to it, or a line of it is none ("file:line:
 * ..."). Of two lines for one name the first counts, as in Sendmail and
 * Postfix.
 */
int aliases_load(struct aliases *a, const char *path, struct fault *f);
/*
 * The alias for a local name, an index in v, or ALIAS_NONE. The case of names
 * does not count. "name+detail" is looked for as name, too; every name without
 * an alias is that of "default" (or "*"), and without one of these postmaster
 * and MAILER-DAEMON are root.
 */
size_t aliases_find(const struct aliases *a, const char *name);
/* The alias "default", or ALIAS_NONE. */
size_t aliases_default(const struct aliases *a);
/*
 * The list of a file that the list of alias from names with :include:, beside
 * whose file it is looked for; it is read when it is not there yet. An index
 * in v, or ALIAS_NONE with a fault (EX_CONFIG) that names the file.
 */
size_t aliases_include(struct aliases *a, size_t from, const char *path,
    struct fault *f);

#endif
