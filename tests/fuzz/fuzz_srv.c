/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: whatever the DNS answers, the servers that come of it are host
 * names with a port, or none.
 *
 * clang -g -fsanitize=fuzzer,address,undefined -std=c11 \
 *     -D_GNU_SOURCE -DHAVE_RES_NQUERY -Isrc -include base/banned.h \
 *     tests/fuzz/fuzz_srv.c src/relay/srv.c \
 *     src/base/{buf,fault,io,log,utf8,xalloc,compat,compat_dns}.c
 */
#include "relay/srv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_target(const char *p)
{
	if (strcmp(p, ".") == 0)
		return;
	if (*p == '\0' || strlen(p) > 255)
		abort();
	for (; *p != '\0'; p++)
		if (!ascii_is_alnum(*p) && *p != '-' && *p != '.')
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char name[] = "_submission._tcp.example.org";
	struct srv_list l = { NULL, 0, 0 };
	struct fault f = FAULT_INIT;
	int rc = srv_parse(&l, "submission", name, data, size, &f);
	size_t i;

	if ((rc == -1) != (f.code != 0))
		abort();
	for (i = 0; i < l.n; i++) {
		check_target(l.v[i].target);
		if (l.v[i].port == 0 && strcmp(l.v[i].target, ".") != 0)
			abort();
	}
	srv_list_release(&l);
	fault_release(&f);
	return 0;
}
