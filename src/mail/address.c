/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mailboxes and lists of them: RFC 5322 3.4 and the obsolete forms of 4.4,
 * with UTF-8 where RFC 6532 allows it.
 *
 * Safety goes before leniency. What is read must be what every other reader
 * would read: two words without a dot or quotes are no local part, two
 * addresses without a comma are no list, an open quote or comment is not
 * closed by guessing, and control characters are refused wherever they
 * stand. Display names may be any text that cannot be taken for something
 * else. Every octet is looked at a bounded number of times; nothing recurses.
 */
#include "mail/address.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/codec.h"

#define DISPLAY_COLUMN 16 /* where a display name stands, about */
#define NOWHERE ((size_t)-1)
#define SHOWN_MAX 60      /* octets of the input that a fault shows */

/* The text being read. Nothing of it is owned. */
struct parser {
	const char *text;
	size_t len;
	size_t at;
	size_t member; /* where the current member began, for faults */
	int code;      /* sysexits of faults */
	struct fault *f;
};

void
address_release(struct address *a)
{
	free(a->display);
	free(a->local);
	free(a->domain);
	memset(a, 0, sizeof *a);
}

static void
truncate_list(struct address_list *l, size_t n)
{
	while (l->n > n)
		address_release(&l->v[--l->n]);
}

void
address_list_release(struct address_list *l)
{
	truncate_list(l, 0);
	free(l->v);
	memset(l, 0, sizeof *l);
}

/* A fault about the member that is being read: -1. */
static int
refuse(struct parser *p, const char *why)
{
	struct buf shown = BUF_INIT;
	size_t start = p->member, n, unit;

	while (start < p->len && ascii_is_space(p->text[start]))
		start++;
	for (n = 0; n < SHOWN_MAX && start + n < p->len; n += unit) {
		unit = utf8_decode(p->text + start + n, p->len - start - n,
		    NULL);
		unit = unit != 0 ? unit : 1;
	}
	log_quote(&shown, p->text + start, n);
	fault_set(p->f, p->code, "address \"%s%s\": %s", shown.data,
	    start + n < p->len ? "..." : "", why);
	buf_release(&shown);
	return -1;
}

/* The next character, 0 at the end (there are no NULs in the text). */
static char
peek(const struct parser *p)
{
	return p->at < p->len ? p->text[p->at] : '\0';
}

/* RFC 5322 3.2.3, and RFC 6532 3.2: anything above 127. */
static int
is_atext(char c)
{
	return ascii_is_alnum(c) || (unsigned char)c > 127 ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/*
 * No control character may stand in the text, but tabs and folds; a fold is
 * CRLF and a blank. C1 controls are looked for in UTF-8 only: in other
 * charsets these octets are letters.
 */
static int
check_controls(struct parser *p, int folds)
{
	unsigned long point;
	size_t n;

	for (p->at = 0; p->at < p->len; p->at += n) {
		n = utf8_decode(p->text + p->at, p->len - p->at, &point);
		if (n == 0) {
			n = 1;
			continue;
		}
		if (folds && point == '\r' && p->len - p->at > 2 &&
		    p->text[p->at + 1] == '\n' &&
		    ascii_is_blank(p->text[p->at + 2])) {
			n = 3;
			continue;
		}
		if ((point < 32 && point != '\t') ||
		    (point >= 127 && point < 160))
			return refuse(p, "control characters are not allowed");
	}
	p->at = 0;
	return 0;
}

/* Over a comment, which may hold comments. */
static int
skip_comment(struct parser *p)
{
	size_t depth = 0;

	for (; p->at < p->len; p->at++) {
		if (p->text[p->at] == '\\')
			p->at++;
		else if (p->text[p->at] == '(')
			depth++;
		else if (p->text[p->at] == ')' && --depth == 0) {
			p->at++;
			return 0;
		}
	}
	p->at = p->len;
	return refuse(p, "a comment is not closed by \")\"");
}

/* Over comments and folding white space. */
static int
skip_cfws(struct parser *p)
{
	while (ascii_is_space(peek(p)) || peek(p) == '(')
		if (peek(p) != '(')
			p->at++;
		else if (skip_comment(p) == -1)
			return -1;
	return 0;
}

/* Over a quoted string; what it stands for is appended to out (unless NULL). */
static int
take_quoted(struct parser *p, struct buf *out)
{
	char c;

	for (p->at++; p->at < p->len; p->at++) {
		c = p->text[p->at];
		if (c == '"') {
			p->at++;
			return 0;
		}
		if (c == '\\' && ++p->at < p->len)
			c = p->text[p->at];
		if (out != NULL && c != '\r' && c != '\n')
			buf_addc(out, c);
	}
	return refuse(p, "a quoted string is not closed");
}

/* Over the unquoted characters of an atom; 0 when there are none. */
static size_t
take_atom(struct parser *p, struct buf *out)
{
	size_t start = p->at;

	while (is_atext(peek(p)))
		p->at++;
	buf_add(out, p->text + start, p->at - start);
	return p->at - start;
}

/*
 * Local part: words with dots between them, also white space and comments
 * around the dots (4.4). Leaves p behind the last word and white space; *end
 * is where the last word ended.
 */
static int
take_local(struct parser *p, struct buf *out, size_t *end)
{
	for (;;) {
		if (peek(p) == '"') {
			if (take_quoted(p, out) == -1)
				return -1;
		} else if (take_atom(p, out) == 0)
			return refuse(p, peek(p) == '.' || peek(p) == '@' ?
			    "the local part begins or ends with a dot, has "
			    "two in a row, or is empty" :
			    "a character that must be quoted");
		*end = p->at;
		if (skip_cfws(p) == -1)
			return -1;
		if (peek(p) != '.')
			return 0;
		buf_addc(out, '.');
		p->at++;
		if (skip_cfws(p) == -1)
			return -1;
	}
}

/* Address literal (RFC 5321 4.1.3), with its brackets. */
static int
take_literal(struct parser *p, struct buf *out, size_t *end)
{
	char c;

	buf_addc(out, '[');
	for (p->at++; p->at < p->len; p->at++) {
		c = p->text[p->at];
		if (c == ']') {
			buf_addc(out, ']');
			*end = ++p->at;
			return skip_cfws(p);
		}
		if (c == '[' || c == '\\' || (unsigned char)c > 127)
			return refuse(p, "not an address literal");
		if (!ascii_is_space(c))
			buf_addc(out, c);
	}
	return refuse(p, "an address literal is not closed by \"]\"");
}

/* Domain: atoms with dots, or an address literal. As take_local. */
static int
take_domain(struct parser *p, struct buf *out, size_t *end)
{
	if (peek(p) == '[')
		return take_literal(p, out, end);
	for (;;) {
		if (take_atom(p, out) == 0)
			return refuse(p, "the domain is empty, or has an empty "
			    "label or a wrong character");
		*end = p->at;
		if (skip_cfws(p) == -1)
			return -1;
		if (peek(p) != '.')
			return 0;
		buf_addc(out, '.');
		p->at++;
		if (skip_cfws(p) == -1)
			return -1;
	}
}

/* A mailbox being read. */
struct draft {
	struct buf display, local, domain;
	size_t start, end, spec_start, spec_end;
};

static void
draft_release(struct draft *d)
{
	buf_release(&d->display);
	buf_release(&d->local);
	buf_release(&d->domain);
}

/* RFC 5321 4.1.2: Dot-string. */
static int
is_dot_string(const char *local)
{
	size_t i, len = strlen(local);

	for (i = 0; i < len; i++)
		if (local[i] == '.' ? i == 0 || i + 1 == len ||
		    local[i - 1] == '.' : !is_atext(local[i]))
			return 0;
	return len != 0;
}

/*
 * addr-spec, or a local part alone: ASCII that needs no quotes, since "J Doe"
 * (or an encoded word) without an address is rather half of a mailbox, torn
 * at a comma.
 */
static int
take_spec(struct parser *p, struct draft *d)
{
	d->spec_start = p->at;
	if (take_local(p, &d->local, &d->spec_end) == -1)
		return -1;
	if (peek(p) == '@') {
		p->at++;
		if (skip_cfws(p) == -1 ||
		    take_domain(p, &d->domain, &d->spec_end) == -1)
			return -1;
	} else if (!is_dot_string(d->local.data) ||
	    utf8_is_8bit(d->local.data, d->local.len) ||
	    strstr(d->local.data, "=?") != NULL)
		return refuse(p, "a name without an address");
	if (!utf8_is_valid(d->local.data, d->local.len) ||
	    !utf8_is_valid(d->domain.data, d->domain.len))
		return refuse(p, "not UTF-8");
	return 0;
}

/* Source route (4.4): "@one,@two:", left out as RFC 5321 C wants. */
static int
skip_route(struct parser *p)
{
	struct buf domain = BUF_INIT;
	size_t end;
	int rc = -1;

	while (peek(p) == '@' || peek(p) == ',') {
		if (p->text[p->at++] == '@' && (skip_cfws(p) == -1 ||
		    take_domain(p, &domain, &end) == -1))
			goto out;
		if (skip_cfws(p) == -1)
			goto out;
	}
	if (peek(p) != ':') {
		refuse(p, "a source route is not closed by \":\"");
		goto out;
	}
	p->at++;
	rc = skip_cfws(p);
out:
	buf_release(&domain);
	return rc;
}

static int
take_angle(struct parser *p, struct draft *d)
{
	p->at++;
	if (skip_cfws(p) == -1)
		return -1;
	if (peek(p) == '@' && skip_route(p) == -1)
		return -1;
	if (peek(p) == '>')
		return refuse(p, "there is nothing between \"<\" and \">\"");
	if (take_spec(p, d) == -1)
		return -1;
	if (peek(p) != '>')
		return refuse(p, "a \">\" is missing, or a character must be "
		    "quoted");
	d->end = ++p->at;
	return skip_cfws(p);
}

/*
 * Length of the encoded word at p, 0 if there is none. Senders leave commas,
 * quotes and parentheses unencoded in it (RFC 2047 5 (3) forbids that); it is
 * one token all the same, unless it has what could end it for other readers.
 */
static size_t
encoded_word(const struct parser *p)
{
	size_t i, n;

	if (peek(p) != '=' || (p->at > 0 && is_atext(p->text[p->at - 1])))
		return 0;
	n = word_length(p->text + p->at, p->len - p->at);
	for (i = 0; i < n; i++)
		if (ascii_is_space(p->text[p->at + i]) ||
		    strchr("<>", p->text[p->at + i]) != NULL)
			return 0;
	return n;
}

/*
 * Display name up to position stop: words joined by single spaces. Any
 * character may stand in a word that cannot end the name; "J. Doe" and
 * "Doe @work" are no phrases of RFC 5322 but mean nothing else.
 */
static int
take_phrase(struct parser *p, size_t stop, struct buf *out)
{
	int space = 0;
	size_t n;

	while (p->at < stop) {
		if (ascii_is_space(peek(p)) || peek(p) == '(') {
			if (skip_cfws(p) == -1)
				return -1;
			space = out->len != 0;
			continue;
		}
		if (space)
			buf_addc(out, ' ');
		space = 0;
		if (peek(p) == '"') {
			if (take_quoted(p, out) == -1)
				return -1;
			continue;
		}
		n = encoded_word(p);
		n += n == 0;
		buf_add(out, p->text + p->at, n);
		p->at += n;
	}
	return 0;
}

/*
 * Looks ahead, over quoted strings, comments, encoded words and address
 * literals, for the character that tells what the member is: "<" a mailbox
 * with a name, ":" a group, else (",", ";", end) an addr-spec. p stays where
 * it is.
 */
static int
find_kind(struct parser *p, size_t *stop)
{
	size_t n, start = p->at;
	int after_at = 0;

	while (p->at < p->len && strchr("<,;:>", peek(p)) == NULL) {
		if (peek(p) == '"') {
			if (take_quoted(p, NULL) == -1)
				return -1;
		} else if (ascii_is_space(peek(p)) || peek(p) == '(') {
			if (skip_cfws(p) == -1)
				return -1;
			continue;
		} else if (after_at && peek(p) == '[') {
			while (p->at < p->len && peek(p) != ']')
				p->at++;
		} else if ((n = encoded_word(p)) != 0) {
			p->at += n;
		} else {
			after_at = p->text[p->at++] == '@';
			continue;
		}
		after_at = 0;
	}
	*stop = p->at;
	p->at = start;
	return 0;
}

static void
list_add(struct address_list *l, struct draft *d)
{
	struct address *a;

	l->v = xgrow(l->v, l->n, &l->cap, sizeof *l->v);
	a = &l->v[l->n++];
	a->display = buf_detach(&d->display);
	a->local = buf_detach(&d->local);
	a->domain = buf_detach(&d->domain);
	a->start = d->start;
	a->end = d->end;
	a->spec_start = d->spec_start;
	a->spec_end = d->spec_end;
}

static int
take_mailbox(struct parser *p, struct address_list *l, size_t stop)
{
	struct draft d = { .display = BUF_INIT, .local = BUF_INIT,
		.domain = BUF_INIT, .start = p->at };
	int rc;

	if (stop < p->len && p->text[stop] == '<')
		rc = take_phrase(p, stop, &d.display) == -1 ? -1 :
		    take_angle(p, &d);
	else {
		rc = take_spec(p, &d);
		d.end = d.spec_end;
	}
	if (rc == 0)
		list_add(l, &d);
	draft_release(&d);
	return rc;
}

/* One member: a mailbox, or the name of a group with its colon (*group). */
static int
take_member(struct parser *p, struct address_list *l, int *group)
{
	size_t stop;

	p->member = p->at;
	if (find_kind(p, &stop) == -1)
		return -1;
	if (stop == p->len || p->text[stop] != ':')
		return take_mailbox(p, l, stop);
	if (*group)
		return refuse(p, "a group within a group");
	*group = 1;
	l->groups++;
	p->at = stop + 1;
	return 0;
}

/* What may stand behind a mailbox: the end, a comma, the end of a group. */
static int
check_separator(struct parser *p)
{
	if (p->at == p->len || peek(p) == ',' || peek(p) == ';')
		return 0;
	return refuse(p, "a comma is missing, or a character must be quoted");
}

/*
 * "Doe, John <j@x>": two members to the grammar, one to the writer and to
 * some readers. The last mailbox of l is held against *bare, where a bare name
 * in front of it stands; *bare is set for the next one.
 */
static int
check_torn(struct parser *p, const struct address_list *l, size_t *bare)
{
	const struct address *a = &l->v[l->n - 1];

	if (*bare != NOWHERE && a->display[0] != '\0' &&
	    p->text[a->start] != '"') {
		p->member = *bare;
		return refuse(p, "a comma in a name must be quoted; a local "
		    "name in front of such a name needs < and >");
	}
	*bare = a->domain[0] == '\0' && a->start == a->spec_start ?
	    a->start : NOWHERE;
	return 0;
}

static int
take_list(struct parser *p, struct address_list *l)
{
	size_t bare = NOWHERE;
	int group = 0, n;

	for (;;) {
		if (skip_cfws(p) == -1)
			return -1;
		if (p->at == p->len)
			break;
		if (peek(p) == ',') {
			p->at++;
			continue;
		}
		if (peek(p) == ';') {
			p->at++;
			group = 0;
			bare = NOWHERE;
			continue;
		}
		n = group;
		if (take_member(p, l, &group) == -1)
			return -1;
		if (n != group)
			bare = NOWHERE;
		else if (check_separator(p) == -1 ||
		    check_torn(p, l, &bare) == -1)
			return -1;
	}
	return group ? refuse(p, "a group is not closed by \";\"") : 0;
}

int
address_parse_list(struct address_list *l, const char *text, size_t len,
    struct fault *f)
{
	struct parser p = { .text = text, .len = len, .code = EX_DATAERR,
		.f = f };
	size_t n = l->n;
	int groups = l->groups;

	if (check_controls(&p, 1) == 0 && take_list(&p, l) == 0)
		return 0;
	truncate_list(l, n);
	l->groups = groups;
	return -1;
}

int
address_parse(struct address *a, const char *text, struct fault *f)
{
	struct parser p = { .text = text, .len = strlen(text),
		.code = EX_USAGE, .f = f };
	struct address_list l = ADDRESS_LIST_INIT;
	size_t stop;
	int rc = -1;

	if (check_controls(&p, 0) == -1 || skip_cfws(&p) == -1 ||
	    find_kind(&p, &stop) == -1)
		goto out;
	if (p.at == p.len) {
		refuse(&p, "it is empty");
		goto out;
	}
	if (take_mailbox(&p, &l, stop) == -1)
		goto out;
	if (p.at != p.len) {
		refuse(&p, strchr(",;:", peek(&p)) != NULL ?
		    "exactly one address is expected" :
		    "white space or another character must be quoted");
		goto out;
	}
	*a = l.v[0];
	l.n = 0;
	rc = 0;
out:
	address_list_release(&l);
	return rc;
}

static void
add_quoted(struct buf *out, const char *text)
{
	buf_addc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *text);
	}
	buf_addc(out, '"');
}

void
address_format_spec(const struct address *a, struct buf *out)
{
	if (is_dot_string(a->local))
		buf_adds(out, a->local);
	else
		add_quoted(out, a->local);
	if (a->domain[0] != '\0')
		buf_addf(out, "@%s", a->domain);
}

/* Only atoms and single spaces: a phrase without quotes. */
static int
is_phrase(const char *text)
{
	size_t i, len = strlen(text);

	for (i = 0; i < len; i++)
		if (text[i] == ' ' ? i == 0 || i + 1 == len ||
		    text[i - 1] == ' ' : !is_atext(text[i]))
			return 0;
	return len != 0;
}

/* What stands between the parentheses at text. */
static void
take_comment(const char *text, size_t len, struct buf *out)
{
	size_t depth = 1, i;
	int space = 0;

	for (i = 1; i < len; i++) {
		if (ascii_is_space(text[i])) {
			space = out->len != 0;
			continue;
		}
		if (text[i] == ')' && --depth == 0)
			return;
		depth += text[i] == '(';
		if (text[i] == '\\' && i + 1 < len)
			i++;
		if (space)
			buf_addc(out, ' ');
		space = 0;
		buf_addc(out, text[i]);
	}
}

void
address_comment(const char *text, size_t len, struct buf *out)
{
	size_t i;
	int quoted = 0;

	for (i = 0; i < len; i++) {
		if (text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (text[i] == '(' && !quoted) {
			take_comment(text + i, len - i, out);
			return;
		}
	}
}

/*
 * A display name for a field. Encoded words in it are decoded first, since
 * they must not stand within quotes and may have characters that need these.
 */
static void
add_display(struct buf *out, const char *display)
{
	struct buf text = BUF_INIT, words = BUF_INIT;

	word_decode(&text, display, strlen(display));
	word_encode(&words, text.data, text.len, 1, DISPLAY_COLUMN);
	if (strcmp(text.data, display) == 0 &&
	    !utf8_is_8bit(text.data, text.len))
		buf_set(&words, text.data, text.len);
	if (is_phrase(words.data) || strcmp(words.data, text.data) != 0)
		buf_add(out, words.data, words.len);
	else
		add_quoted(out, words.data);
	buf_release(&words);
	buf_release(&text);
}

void
address_format(const struct address *a, struct buf *out)
{
	if (a->display[0] == '\0') {
		address_format_spec(a, out);
		return;
	}
	add_display(out, a->display);
	buf_adds(out, " <");
	address_format_spec(a, out);
	buf_addc(out, '>');
}

int
address_is_equal(const struct address *a, const struct address *b)
{
	return strcmp(a->local, b->local) == 0 && ascii_is_same(a->domain,
	    b->domain);
}

int
address_is_8bit(const struct address *a)
{
	return utf8_is_8bit(a->local, strlen(a->local)) ||
	    utf8_is_8bit(a->domain, strlen(a->domain));
}
