/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: an aliases file, whatever is in it, leads to addresses that are
 * such, or to a fault with a code; no way through it is without an end.
 *
 * clang -g -fsanitize=fuzzer,address,undefined -std=c11 \
 *     -D_GNU_SOURCE -Isrc -include base/banned.h \
 *     tests/fuzz/fuzz_aliases.c src/submit/alias*.c src/mail/address.c \
 *     src/mail/codec.c src/mail/word.c \
 *     src/base/{buf,fault,io,log,strv,utf8,xalloc,compat}.c
 */
#include "submit/aliaswalk.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "mail/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];

/* A file of our own in a directory of our own: includes are looked for there. */
static int
write_file(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd == -1) {
		snprintf(path, sizeof path, "/tmp/fuzz-aliases.XXXXXX");
		if (mkdtemp(path) == NULL)
			abort();
		snprintf(path + strlen(path), 8, "/a");
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	}
	return fd == -1 || ftruncate(fd, 0) == -1 ||
	    io_pwrite(fd, data, size, 0) == -1 ? -1 : 0;
}

static void
check_target(const struct alias_target *t, const struct strv *chains)
{
	struct fault f = FAULT_INIT;
	struct address a;

	if (t->via >= chains->n || address_parse(&a, t->text, &f) == -1 ||
	    (a.domain[0] == '\0') != (t->is_local != 0))
		abort();
	address_release(&a);
	fault_release(&f);
}

static void
expand(struct aliases *a, const char *name)
{
	struct alias_targets t = ALIAS_TARGETS_INIT;
	struct fault f = FAULT_INIT;
	int rc = aliases_expand(a, name, &t, &f);
	size_t i;

	if ((rc == -1) != (f.code == EX_CONFIG) || (rc == 1 && t.n == 0) ||
	    (rc == 0 && t.n != 0))
		abort();
	for (i = 0; i < t.n; i++)
		check_target(&t.v[i], &t.chains);
	alias_targets_release(&t);
	fault_release(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv mistakes = STRV_INIT;
	struct fault f = FAULT_INIT;
	struct aliases a;
	size_t i;

	if (write_file(data, size) == -1)
		return 0;
	aliases_init(&a);
	if (aliases_load(&a, path, &f) == 0) {
		if (f.code != 0)
			abort();
		aliases_check(&a, &mistakes, 1000);
		for (i = 0; i < a.names && i < 20; i++)
			expand(&a, a.v[i].name);
		expand(&a, "root");
		expand(&a, "MAILER-DAEMON");
	} else if (f.code != EX_CONFIG)
		abort();
	strv_release(&mistakes);
	aliases_release(&a);
	fault_release(&f);
	return 0;
}
