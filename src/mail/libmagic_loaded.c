/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libmagic by dlopen. LIBMAGIC is the name (soname) that the linker would have
 * noted in the program; configure asks it. So the same file is found, in the
 * same places, as by a program that is linked.
 */
#include "mail/libmagic.h"

#include <dlfcn.h>
#include <stddef.h>

static void *handle;
static struct libmagic loaded;

/* POSIX says for dlsym that its pointers are good for functions, too. */
static void
find_functions(void)
{
	loaded.open = (magic_t (*)(int))dlsym(handle, "magic_open");
	loaded.load = (int (*)(magic_t, const char *))dlsym(handle,
	    "magic_load");
	loaded.buffer = (const char *(*)(magic_t, const void *, size_t))dlsym(
	    handle, "magic_buffer");
	loaded.close = (void (*)(magic_t))dlsym(handle, "magic_close");
}

static int
has_all(void)
{
	return loaded.open != NULL && loaded.load != NULL &&
	    loaded.buffer != NULL && loaded.close != NULL;
}

const struct libmagic *
libmagic_get(void)
{
	if (handle == NULL)
		handle = dlopen(LIBMAGIC, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return NULL;
	find_functions();
	return has_all() ? &loaded : NULL;
}

void
libmagic_release(void)
{
	if (handle != NULL)
		dlclose(handle);
	handle = NULL;
}
