/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Takes lists of addresses apart as aliases(5) of Sendmail has them. Where an
 * item ends is decided here (quotes, comments, brackets), what an address is
 * by mail/address.
 */
#include "submit/aliaslist.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/xalloc.h"
#include "mail/address.h"

/* The text being read. Nothing of it is owned. */
struct scanner {
	const char *begin, *p, *end;
	unsigned line;      /* of p */
	unsigned item_line; /* where the item in hand began */
	int lines;          /* a line end separates */
};

void
alias_items_release(struct alias_items *l)
{
	while (l->n != 0)
		free(l->v[--l->n].text);
	free(l->v);
	memset(l, 0, sizeof *l);
}

/* One character into the item; what is white space becomes a blank, and the
 * first one that is not tells the line. */
static void
put(struct scanner *s, struct buf *item)
{
	char c = *s->p++;
	int space = ascii_is_space(c);

	if (!space && item->len == 0)
		s->item_line = s->line;
	if (!space || item->len != 0)
		buf_addc(item, space ? ' ' : c);
	s->line += c == '\n';
}

/* Over a quoted string, which ends in its line. */
static int
take_quoted(struct scanner *s, struct buf *item)
{
	put(s, item);
	while (s->p < s->end && *s->p != '\n') {
		if (*s->p == '"') {
			put(s, item);
			return 0;
		}
		if (*s->p == '\\' && s->end - s->p > 1 && s->p[1] != '\n')
			put(s, item);
		put(s, item);
	}
	return -1;
}

/* Over a comment in parentheses, or as much as there is of it. */
static void
take_comment(struct scanner *s, struct buf *item)
{
	size_t depth = 0;

	while (s->p < s->end && !(s->lines && *s->p == '\n')) {
		depth += *s->p == '(';
		if (*s->p == ')' && --depth == 0) {
			put(s, item);
			return;
		}
		if (*s->p == '\\' && s->end - s->p > 1 && s->p[1] != '\n')
			put(s, item);
		put(s, item);
	}
}

static int
is_comment(const struct scanner *s)
{
	return *s->p == '#' && (s->p == s->begin || s->p[-1] == ',' ||
	    ascii_is_space(s->p[-1]));
}

static void
skip_line(struct scanner *s)
{
	while (s->p < s->end && *s->p != '\n')
		s->p++;
}

/* A backslash right before the line end: Sendmail's other continuation. */
static int
is_joint(const struct scanner *s)
{
	size_t left = (size_t)(s->end - s->p);

	return *s->p == '\\' && ((left > 1 && s->p[1] == '\n') ||
	    (left > 2 && s->p[1] == '\r' && s->p[2] == '\n'));
}

static int
is_separator(const struct scanner *s, int in_brackets)
{
	return (*s->p == ',' && !in_brackets) || (s->lines && *s->p == '\n');
}

/* The next item, perhaps an empty one. -1: a quoted string has no end. */
static int
take_item(struct scanner *s, struct buf *item)
{
	int in_brackets = 0;

	buf_reset(item);
	s->item_line = s->line;
	while (s->p < s->end && !is_separator(s, in_brackets)) {
		if (is_comment(s)) {
			skip_line(s);
		} else if (*s->p == '"') {
			if (take_quoted(s, item) == -1)
				return -1;
		} else if (*s->p == '(') {
			take_comment(s, item);
		} else if (is_joint(s)) {
			s->p++;
		} else {
			if (*s->p == '<' || *s->p == '>')
				in_brackets = *s->p == '<';
			put(s, item);
		}
	}
	while (item->len != 0 && ascii_is_space(item->data[item->len - 1]))
		buf_truncate(item, item->len - 1);
	if (s->p < s->end)
		s->line += *s->p++ == '\n';
	return 0;
}

/* Appends text without the quotes around all of it, if there are such. */
static void
unquote(struct buf *out, const struct buf *item)
{
	size_t i, end = item->len - 1;

	if (item->len < 2 || item->data[0] != '"' || item->data[end] != '"') {
		buf_add(out, item->data, item->len);
		return;
	}
	for (i = 1; i < end; i++) {
		if (item->data[i] == '\\' && i + 1 < end)
			i++;
		buf_addc(out, item->data[i]);
	}
}

static void
add_item(struct alias_items *l, enum alias_kind kind, const char *text,
    unsigned line)
{
	struct alias_item *item;

	l->v = xgrow(l->v, l->n, &l->cap, sizeof *l->v);
	item = &l->v[l->n++];
	item->kind = kind;
	item->text = xstrdup(text);
	item->line = line;
}

/* A mailbox; one without a domain is of the given kind. */
static int
add_address(struct alias_items *l, const char *text, enum alias_kind local,
    unsigned line, struct fault *f)
{
	struct buf spec = BUF_INIT;
	struct address a;
	int rc = 0;

	if (address_parse(&a, text, f) == -1) {
		f->code = EX_CONFIG;
		return -1;
	}
	address_format_spec(&a, &spec);
	/* msmtp begins a comment at any "#"; no domain has one. */
	if (strchr(a.domain, '#') != NULL)
		rc = fault_set(f, EX_CONFIG, "address \"%s\": a comment needs "
		    "a blank in front of \"#\"", spec.data);
	else
		add_item(l, a.domain[0] != '\0' ? ALIAS_ADDRESS : local,
		    spec.data, line);
	buf_release(&spec);
	address_release(&a);
	return rc;
}

static int
add_include(struct alias_items *l, const char *path, unsigned line,
    struct fault *f)
{
	while (ascii_is_blank(*path))
		path++;
	if (*path == '\0')
		return fault_set(f, EX_CONFIG, ":include: needs a file");
	add_item(l, ALIAS_INCLUDE, path, line);
	return 0;
}

/* Finds out what an item is. */
static int
add(struct alias_items *l, const struct buf *item, unsigned line,
    struct fault *f)
{
	static const char include[] = ":include:";
	const size_t n = sizeof include - 1;
	struct buf bare = BUF_INIT;
	int rc = 0;

	unquote(&bare, item);
	if (bare.data[0] == '|')
		add_item(l, ALIAS_PROGRAM, bare.data, line);
	else if (bare.data[0] == '/' && strchr(bare.data, '@') == NULL)
		add_item(l, ALIAS_FILE, bare.data, line);
	else if (bare.len >= n && ascii_is_equal(bare.data, n, include, n))
		rc = add_include(l, bare.data + n, line, f);
	else if (item->data[0] == '\\')
		rc = add_address(l, item->data + 1, ALIAS_FINAL, line, f);
	else
		rc = add_address(l, item->data, ALIAS_NAME, line, f);
	buf_release(&bare);
	return rc;
}

int
alias_items_parse(struct alias_items *l, const char *p, size_t len,
    const char *file, unsigned line, int lines, struct fault *f)
{
	struct scanner s = { p, p, p + len, line, line, lines };
	struct buf item = BUF_INIT;
	int rc = 0;

	while (rc == 0 && s.p < s.end) {
		if (take_item(&s, &item) == -1)
			rc = fault_set(f, EX_CONFIG,
			    "a quoted string is not closed");
		else if (item.len != 0)
			rc = add(l, &item, s.item_line, f);
	}
	if (rc == -1)
		fault_context(f, "%s:%u", file, s.item_line);
	buf_release(&item);
	return rc;
}
