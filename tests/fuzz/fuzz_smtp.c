/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: what an SMTP client sends. The first octet says what the rest
 * is. Content is decoded in pieces of any size as it is in one, no message is
 * lost behind its end, and none hides in another: only the ends of the mode
 * end it. Arguments of MAIL and RCPT are either refused with a reply of
 * several classes or have no control characters. Replies are whole lines.
 *
 * clang -g -fsanitize=fuzzer,address,undefined -std=c11 \
 *     -D_POSIX_C_SOURCE=200809L -Isrc -include base/banned.h \
 *     tests/fuzz/fuzz_smtp.c src/submit/smtp_{data,path,reply}.c \
 *     src/submit/report.c libqsendmail.a libcompat.a
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/xalloc.h"
#include "submit/smtp_data.h"
#include "submit/smtp_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decodes all of p in pieces; returns how much was taken. */
static size_t
decode(enum smtp_line_ends ends, const char *p, size_t len, size_t piece,
    struct buf *out, int *ended)
{
	struct smtp_data d;
	size_t at = 0, n, got, out_len;
	char *room = xmalloc(piece + 1);

	smtp_data_init(&d, ends);
	while (at < len && d.place != SMTP_DATA_END) {
		n = len - at < piece ? len - at : piece;
		got = smtp_data_take(&d, p + at, n, room, &out_len);
		if (out_len > n + 1 || (got != n && d.place != SMTP_DATA_END))
			abort();
		buf_add(out, room, out_len);
		at += got;
	}
	*ended = d.place == SMTP_DATA_END;
	free(room);
	return at;
}

/* Where the content ends by the letter of the standard; 0: nowhere. */
static size_t
find_end(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i + 3 <= len; i++)
		if (memcmp(p + i, ".\r\n", 3) == 0 && (i == 0 ||
		    (i >= 2 && memcmp(p + i - 2, "\r\n", 2) == 0)))
			return i + 3;
	return 0;
}

static void
check_content(enum smtp_line_ends ends, const char *p, size_t len)
{
	struct buf whole = BUF_INIT, parts = BUF_INIT;
	int ended, again;
	size_t taken = decode(ends, p, len, len + 1, &whole, &ended);
	size_t piece;

	if (ends == SMTP_ENDS_CRLF && (ended ? taken : 0) !=
	    find_end(p, len))
		abort();
	if (ended && (taken < 2 || p[taken - 1] != '\n'))
		abort();
	for (piece = 1; piece < 4; piece++) {
		buf_reset(&parts);
		if (decode(ends, p, len, piece, &parts, &again) != taken ||
		    again != ended || parts.len != whole.len ||
		    memcmp(parts.data, whole.data, whole.len) != 0)
			abort();
	}
	buf_release(&whole);
	buf_release(&parts);
}

static void
check_reply(const struct smtp_reply *r)
{
	struct buf out = BUF_INIT;
	const char *p, *lf;

	if (r->code != 501 && r->code != 553 && r->code != 555)
		abort();
	smtp_reply_format(r, &out);
	for (p = out.data; *p != '\0'; p = lf + 1) {
		lf = strchr(p, '\n');
		if (lf == NULL || lf - p < 10 || lf[-1] != '\r' ||
		    lf - p + 1 > SMTP_REPLY_LINE_MAX ||
		    p[3] != (lf[1] == '\0' ? ' ' : '-'))
			abort();
		for (; p < lf - 1; p++)
			if (ascii_is_control(*p))
				abort();
	}
	buf_release(&out);
}

static void
check_text(const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		if (ascii_is_control(*text) && *text != '\t')
			abort();
}

static void
check_arguments(const char *text)
{
	struct smtp_recipient to;
	struct smtp_sender from;
	struct smtp_reply r;

	smtp_reply_init(&r);
	smtp_sender_init(&from);
	if (smtp_sender_parse(&from, text, &r) == -1)
		check_reply(&r);
	else
		check_text(from.path.data);
	check_text(from.ret);
	check_text(from.envid);
	smtp_sender_release(&from);
	smtp_recipient_init(&to);
	if (smtp_recipient_parse(&to, text, 1, &r) == -1)
		check_reply(&r);
	else
		check_text(to.address.local);
	check_text(to.notify);
	check_text(to.orcpt);
	smtp_recipient_release(&to);
	smtp_reply_release(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = xmemdup((const char *)data + 1, size - 1);
	if (data[0] % 3 == 2) {
		/* The session lets no control character through. */
		for (size = 0; text[size] != '\0'; size++)
			if (ascii_is_control(text[size]))
				text[size] = ' ';
		check_arguments(text);
	} else
		check_content(data[0] % 3 == 0 ? SMTP_ENDS_CRLF :
		    SMTP_ENDS_LF, text, size - 1);
	free(text);
	return 0;
}
