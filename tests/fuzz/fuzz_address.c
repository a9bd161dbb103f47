/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: whatever the address parser takes has no control characters and
 * is the same mailbox when it is written and read again.
 *
 * clang -g -fsanitize=fuzzer,address,undefined -std=c11 \
 *     -D_POSIX_C_SOURCE=200809L -Isrc -include base/banned.h \
 *     tests/fuzz/fuzz_address.c src/mail/address.c src/mail/codec.c \
 *     src/mail/word.c src/base/{buf,fault,io,log,utf8,xalloc,compat}.c
 */
#include "mail/address.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *text)
{
	for (; *text != '\0'; text++)
		if (ascii_is_control(*text) && *text != '\t')
			abort();
}

static void
check_same(const struct address *a, const char *text)
{
	struct fault f = FAULT_INIT;
	struct address b;

	if (address_parse(&b, text, &f) == -1 ||
	    strcmp(a->local, b.local) != 0 ||
	    strcmp(a->domain, b.domain) != 0)
		abort();
	address_release(&b);
	fault_release(&f);
}

static void
check_address(const struct address *a, size_t size)
{
	struct buf out = BUF_INIT;
	char *p;

	if (a->start > a->spec_start || a->spec_start >= a->spec_end ||
	    a->spec_end > a->end || a->end > size)
		abort();
	check_text(a->display);
	check_text(a->local);
	check_text(a->domain);
	address_format_spec(a, &out);
	check_same(a, out.data);
	buf_reset(&out);
	address_format(a, &out);
	/* An argument has no folds. */
	while ((p = strstr(out.data, "\r\n ")) != NULL)
		memmove(p, p + 2, strlen(p + 2) + 1);
	check_same(a, out.data);
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct address_list l = ADDRESS_LIST_INIT;
	struct fault f = FAULT_INIT;
	struct address a;
	size_t i;
	char *text = xmemdup((const char *)data, size);
	int rc = address_parse_list(&l, text, size, &f);

	if ((rc == -1) != (f.code != 0) || (rc == -1 && l.n != 0))
		abort();
	for (i = 0; i < l.n; i++)
		check_address(&l.v[i], size);
	address_list_release(&l);
	fault_release(&f);
	if (address_parse(&a, text, &f) == 0) {
		check_address(&a, strlen(text));
		address_release(&a);
	}
	fault_release(&f);
	free(text);
	return 0;
}
