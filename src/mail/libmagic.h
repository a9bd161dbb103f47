/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way to libmagic, which mediatype.c alone takes, and the only file that
 * includes magic.h. Few calls attach a file, but a library that a program is
 * linked to costs each call its loading, and libmagic brings three more. So
 * libmagic_loaded.c opens it when it is first asked for. libmagic_linked.c is
 * for "configure --disable-dlopen" and for systems that cannot do that;
 * configure chooses, and nobody else knows.
 */
#ifndef MAIL_LIBMAGIC_H
#define MAIL_LIBMAGIC_H

#include <magic.h>

/* Its functions that we call. */
struct libmagic {
	magic_t (*open)(int flags);
	int (*load)(magic_t magic, const char *path);
	const char *(*buffer)(magic_t magic, const void *p, size_t len);
	void (*close)(magic_t magic);
};

/*
 * The functions, to be used until libmagic_release; NULL when the library is
 * not there, or not all of them are in it.
 */
const struct libmagic *libmagic_get(void);
/* Takes them away. No database may be open any more. */
void libmagic_release(void);

#endif
