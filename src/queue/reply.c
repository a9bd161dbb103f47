/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The forms in which servers name a mail: a table of what stands in front of
 * the name or behind it. The first row that gives a name counts.
 */
#include "queue/reply.h"

#include <string.h>

#include "base/ascii.h"
#include "base/log.h"
#include "base/utf8.h"
#include "mail/codec.h"

static const struct form {
	const char *mark;
	enum { BEHIND, BEFORE } where; /* the mark stands there */
} forms[] = {
	{ "queued as ", BEFORE },                  /* Postfix, Coremail, QQ */
	{ " id=", BEFORE },                        /* Exim */
	{ "[InternalId=", BEFORE },                /* Exchange */
	{ " Queued mail for delivery", BEHIND },
	{ " Message accepted for delivery", BEHIND }, /* Sendmail */
	{ " - gsmtp", BEHIND },                    /* Gmail */
	{ " qp ", BEFORE },                        /* qmail */
	{ " Saved", BEHIND },                      /* Dovecot's LMTP */
};

void
reply_enhanced_code(const char *words, struct buf *out)
{
	size_t at = 1, digits;
	int part;

	if (words[0] != '2' && words[0] != '4' && words[0] != '5')
		return;
	for (part = 0; part < 2; part++) {
		if (words[at++] != '.')
			return;
		digits = strspn(words + at, "0123456789");
		if (digits == 0 || digits > 3)
			return;
		at += digits;
	}
	if (words[at] == '\0' || words[at] == ' ')
		buf_add(out, words, at);
}

/* Where mark stands in words, in any case; NULL if nowhere. */
static const char *
find(const char *words, const char *mark)
{
	size_t n = strlen(mark), left = strlen(words);

	for (; left >= n; words++, left--)
		if (ascii_is_equal(words, n, mark, n))
			return words;
	return NULL;
}

/* Appends the word [p, end) without brackets and marks around it. */
static void
add_name(struct buf *out, const char *p, const char *end)
{
	static const char around[] = "<>()[]{}.,;:'\"";

	while (p < end && strchr(around, *p) != NULL)
		p++;
	while (end > p && strchr(around, end[-1]) != NULL)
		end--;
	buf_add(out, p, (size_t)(end - p));
}

static void
add_by_form(struct buf *out, const char *words, const struct form *f)
{
	const char *at = find(words, f->mark), *end;

	if (at == NULL)
		return;
	if (f->where == BEFORE) {
		at += strlen(f->mark);
		at += strspn(at, " ");
		/* Coremail's have a comma within. */
		end = at + strcspn(at, " ;]");
	} else {
		end = at;
		while (at > words && at[-1] != ' ')
			at--;
	}
	add_name(out, at, end);
}

void
reply_queue_id(const char *words, struct buf *out)
{
	size_t i, before = out->len;

	for (i = 0; i < sizeof forms / sizeof *forms; i++) {
		add_by_form(out, words, &forms[i]);
		if (out->len != before)
			return;
	}
}

void
reply_clean(struct buf *out, const char *words)
{
	struct buf utf8 = BUF_INIT;
	size_t len = strlen(words), i;

	if (utf8_is_valid(words, len) ||
	    charset_to_utf8("GB18030", words, len, &utf8) == -1)
		buf_add(&utf8, words, len);
	for (i = 0; i < utf8.len; i++)
		if (ascii_is_space(utf8.data[i]))
			utf8.data[i] = ' ';
	log_quote(out, utf8.data, utf8.len);
	buf_release(&utf8);
}
