/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Media types without libmagic. It is built twice, with a LIBMAGIC of its own
 * in libmagic_loaded.c: the name of a library that is nowhere, and NULL, for
 * which dlopen gives this program, where the functions are not.
 */
#include "mail/mediatype.h"

#include <stddef.h>

#include "mail/libmagic.h"

#include "tap.h"

static const struct {
	const char *head;
	size_t len;
	const char *name;
	const char *want;
} samples[] = {
	{ "\xff\xd8\xff\xe0\0\x10JFIF", 10, "x", "image/jpeg" },
	{ "PK\3\4\24\0\0\0", 8, "x.docx", "application/vnd.openxml"
	    "formats-officedocument.wordprocessingml.document" },
	{ "Dear all,\n", 10, "x.csv", "text/csv" },
	{ "Dear all,\n", 10, "x", "text/plain" },
	{ "\x91\x07\xe3\0", 4, "x", "application/octet-stream" },
	{ "", 0, "x.txt", "text/plain" },
};

int
main(void)
{
	struct buf type = BUF_INIT;
	size_t i;

	ok(libmagic_get() == NULL, "there is no libmagic");
	libmagic_release();
	for (i = 0; i < sizeof samples / sizeof *samples; i++) {
		buf_reset(&type);
		mediatype_guess(samples[i].head, samples[i].len,
		    samples[i].name, &type);
		is_text(type.data, samples[i].want, samples[i].want);
	}
	mediatype_release();
	mediatype_release();
	buf_release(&type);
	return tap_done();
}
