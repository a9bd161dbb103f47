/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libmagic as any library: the linker has found its functions. */
#include "mail/libmagic.h"

const struct libmagic *
libmagic_get(void)
{
	static const struct libmagic linked = {
		magic_open, magic_load, magic_buffer, magic_close
	};

	return &linked;
}

void
libmagic_release(void)
{
}
