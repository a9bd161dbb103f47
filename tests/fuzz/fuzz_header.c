/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: a header that was read has whole fields, which stay the same
 * fields when they are encoded, folded, written and read again.
 *
 * clang -g -fsanitize=fuzzer,address,undefined -std=c11 \
 *     -D_POSIX_C_SOURCE=200809L -Isrc -include base/banned.h \
 *     tests/fuzz/fuzz_header.c src/mail/{header,encode,fieldkind}.c \
 *     src/mail/{codec,word,parameter}.c \
 *     src/base/{buf,fault,io,log,utf8,xalloc,compat}.c
 */
#include "mail/header.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A reader that has size octets and then the end. */
static void
open_data(struct reader *r, const void *data, size_t size)
{
	reader_init(r, -1);
	r->data = xmalloc(size + 1);
	memcpy(r->data, data, size);
	r->end = size;
	r->eof = 1;
}

static void
check_fields(const struct header *h)
{
	const char *p;
	size_t i, at;

	for (i = 0; i < h->n; i++) {
		p = h->v[i].text;
		if (h->v[i].name_len == 0 || h->v[i].body > h->v[i].len ||
		    p[h->v[i].body - 1] != ':' || strlen(p) != h->v[i].len)
			abort();
		for (at = 0; at < h->v[i].len; at++)
			if ((p[at] == '\r' && p[at + 1] != '\n') ||
			    (p[at] == '\n' && (at == 0 || p[at - 1] != '\r' ||
			    (p[at + 1] != ' ' && p[at + 1] != '\t'))))
				abort();
	}
}

/* The bodies as a reader of parameters and words sees them. */
static void
read_bodies(const struct header *h)
{
	struct buf out = BUF_INIT, body = BUF_INIT;
	size_t i;

	for (i = 0; i < h->n; i++) {
		buf_reset(&body);
		field_body(&h->v[i], &body);
		word_decode(&out, body.data, body.len);
		parameter_get(body.data, body.len, "name", &out);
	}
	buf_release(&body);
	buf_release(&out);
}

/* Writes h and reads it again: the names must be the same. */
static void
check_written(const struct header *h)
{
	struct header again = HEADER_INIT;
	struct buf text = BUF_INIT, rest = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct reader r;
	size_t i;

	header_format(h, &text);
	open_data(&r, text.data, text.len);
	if (header_read(&again, &r, 0, &rest, &f) != HEADER_EOF ||
	    again.n != h->n)
		abort();
	for (i = 0; i < h->n; i++)
		if (again.v[i].name_len != h->v[i].name_len ||
		    memcmp(again.v[i].text, h->v[i].text, h->v[i].body) != 0)
			abort();
	reader_release(&r);
	header_release(&again);
	buf_release(&text);
	buf_release(&rest);
	fault_release(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct header h = HEADER_INIT;
	struct buf rest = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct reader r;
	int rc;

	open_data(&r, data, size);
	rc = header_read(&h, &r, size % 2 != 0, &rest, &f);
	if (rc == -1 || (rc == HEADER_BODY) != (rest.len != 0))
		abort();
	check_fields(&h);
	read_bodies(&h);
	rc = header_encode(&h, size % 3 != 0 ? "" : "iso-8859-1");
	if (rc != header_is_8bit(&h))
		abort();
	check_fields(&h);
	header_fold_long(&h);
	check_fields(&h);
	check_written(&h);
	read_bodies(&h);
	header_release(&h);
	reader_release(&r);
	buf_release(&rest);
	fault_release(&f);
	return 0;
}
