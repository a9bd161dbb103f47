/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding cid: references (RFC 2392) in HTML, as a stream of octets: HTML is
 * not parsed, and a line of it may have any length. What counts is "cid:"
 * behind no letter or digit; the reference ends at the quotation mark that
 * stands in front of it, else at what cannot belong to a URL.
 */
#include "mail/cid.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/xalloc.h"

#define REFERENCE_MAX 1024 /* a name of 255 octets, each as %XX, fits */
#define ID_MAX 128

static const char scheme[] = "cid:";

struct scan {
	struct part **named; /* owned; inline parts by name, each name once */
	size_t n;
	struct writer *w;
	size_t matched;      /* octets of scheme that have been seen */
	char before;         /* octet in front of the scheme, or the last one */
	struct buf reference;
	int in_reference;
};

/* By name; of equal names the one that was given first. */
static int
compare_parts(const void *a, const void *b)
{
	const struct part *x = *(struct part *const *)a;
	const struct part *y = *(struct part *const *)b;
	int order = strcmp(x->name, y->name);

	if (order != 0)
		return order;
	return x < y ? -1 : x > y;
}

static int
compare_name(const void *name, const void *part)
{
	return strcmp(name, (*(struct part *const *)part)->name);
}

static void
collect_names(struct scan *s, struct part_list *parts)
{
	size_t i, kept = 0;

	s->named = xcalloc(parts->n, sizeof *s->named);
	for (i = 0; i < parts->n; i++)
		if (parts->v[i].kind == PART_KIND_INLINE &&
		    parts->v[i].name[0] != '\0')
			s->named[s->n++] = &parts->v[i];
	qsort(s->named, s->n, sizeof *s->named, compare_parts);
	for (i = 0; i < s->n; i++)
		if (i == 0 || strcmp(s->named[i]->name,
		    s->named[kept - 1]->name) != 0)
			s->named[kept++] = s->named[i];
	s->n = kept;
}

/*
 * 1 when name is a dot-atom, perhaps with "@" and another one: octets that
 * mean themselves in a URL and in a Content-ID.
 */
static int
can_be_id(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_-+";
	int at_sign = 0;
	size_t n;

	if (strlen(name) > ID_MAX)
		return 0;
	for (;; name += n + 1) {
		n = strspn(name, letters);
		if (n == 0)
			return 0;
		if (name[n] == '\0')
			return 1;
		if (name[n] != '.' && (name[n] != '@' || at_sign++))
			return 0;
	}
}

static void
give_unique_id(struct part *p)
{
	struct buf id = BUF_INIT;

	clock_unique(&id);
	buf_adds(&id, "@qsendmail");
	p->content_id = buf_detach(&id);
}

static void
decode_percent(const char *p, struct buf *out)
{
	for (; *p != '\0'; p++)
		if (*p == '%' && ascii_hex_value(p[1]) != -1 &&
		    ascii_hex_value(p[2]) != -1) {
			buf_addc(out, (char)(ascii_hex_value(p[1]) << 4 |
			    ascii_hex_value(p[2])));
			p += 2;
		} else
			buf_addc(out, *p);
}

static struct part *
find_part(const struct scan *s, const char *name)
{
	struct part **found = bsearch(name, s->named, s->n, sizeof *s->named,
	    compare_name);

	return found != NULL ? *found : NULL;
}

/* Writes the reference that has come to its end. */
static void
end_reference(struct scan *s)
{
	struct buf name = BUF_INIT;
	struct part *p;

	decode_percent(s->reference.data, &name);
	p = find_part(s, name.data);
	if (p == NULL)
		p = find_part(s, s->reference.data);
	if (p == NULL)
		writer_put(s->w, s->reference.data, s->reference.len);
	else {
		if (p->content_id == NULL && can_be_id(p->name))
			p->content_id = xstrdup(p->name);
		else if (p->content_id == NULL)
			give_unique_id(p);
		writer_puts(s->w, p->content_id);
	}
	buf_release(&name);
	buf_reset(&s->reference);
	s->in_reference = 0;
}

static int
is_quotation_mark(char c)
{
	return c == '"' || c == '\'';
}

/* 1 when c ends the reference. */
static int
is_end(const struct scan *s, char c)
{
	if (is_quotation_mark(s->before))
		return c == s->before;
	return ascii_is_space(c) || strchr("\"'<>()&", c) != NULL;
}

/* An octet outside references. */
static void
match_scheme(struct scan *s, char c)
{
	if (s->matched == 0 && ascii_is_alnum(s->before)) {
		s->before = c;
		return;
	}
	if (ascii_lower(c) == scheme[s->matched]) {
		s->in_reference = scheme[++s->matched] == '\0';
		if (s->in_reference)
			s->matched = 0;
		return;
	}
	s->matched = 0;
	s->before = c;
}

/* Takes octets within a reference; returns how many (perhaps none). */
static size_t
take_reference(struct scan *s, const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && !is_end(s, p[n]) &&
	    s->reference.len + n < REFERENCE_MAX)
		n++;
	buf_add(&s->reference, p, n);
	if (n < len) {
		end_reference(s);
		s->before = 'x'; /* what follows directly is no new one */
	}
	return n;
}

/* Takes octets up to and including a scheme, and writes them. */
static size_t
take_other(struct scan *s, const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && !s->in_reference)
		match_scheme(s, p[n++]);
	writer_put(s->w, p, n);
	return n;
}

void
cid_copy(struct part_list *parts, struct reader *r, struct writer *w)
{
	struct scan s = { .w = w, .reference = BUF_INIT };
	const char *p;
	size_t done, n;

	collect_names(&s, parts);
	while ((n = reader_peek(r, &p)) != 0) {
		for (done = 0; done < n;)
			done += s.in_reference ?
			    take_reference(&s, p + done, n - done) :
			    take_other(&s, p + done, n - done);
		reader_take(r, n);
	}
	if (s.in_reference)
		end_reference(&s);
	buf_release(&s.reference);
	free(s.named);
}

void
cid_complete(struct part_list *parts)
{
	size_t i;

	for (i = 0; i < parts->n; i++)
		if (parts->v[i].kind == PART_KIND_INLINE &&
		    parts->v[i].content_id == NULL)
			give_unique_id(&parts->v[i]);
}
