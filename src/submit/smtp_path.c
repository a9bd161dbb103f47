/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds where the path ends, with regard to quotes, and leaves the address
 * itself to mail/address.c; but no comment and no blank outside of quotes is
 * a part of it here, and no name in front. Parameters are one table.
 */
#include "submit/smtp_path.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/xalloc.h"
#include "queue/dsn.h"


void
smtp_sender_init(struct smtp_sender *s)
{
	memset(s, 0, sizeof *s);
	buf_init(&s->path, 0);
	s->size = -1;
}

void
smtp_sender_release(struct smtp_sender *s)
{
	buf_release(&s->path);
	free(s->ret);
	free(s->envid);
	smtp_sender_init(s);
}

void
smtp_recipient_init(struct smtp_recipient *to)
{
	memset(to, 0, sizeof *to);
}

void
smtp_recipient_release(struct smtp_recipient *to)
{
	address_release(&to->address);
	free(to->notify);
	free(to->orcpt);
	smtp_recipient_init(to);
}

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/*
 * Length of the path at p: to its ">", without "<" to the next blank. 0 when
 * it does not end, or has what cannot stand there.
 */
static size_t
path_length(const char *p)
{
	int angle = *p == '<', quoted = 0;
	size_t n = angle != 0;

	for (; p[n] != '\0'; n++) {
		if (quoted && p[n] == '\\' && p[n + 1] != '\0')
			n++;
		else if (p[n] == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (p[n] == '>' && angle)
			return n + 1;
		else if (ascii_is_blank(p[n]) && !angle)
			break;
		else if (ascii_is_blank(p[n]) || strchr("<>()", p[n]) != NULL)
			return 0;
	}
	return angle || quoted ? 0 : n;
}

/* The mailbox of a path of n octets. */
static int
parse_path(struct address *a, const char *p, size_t n, const char *enhanced,
    struct smtp_reply *r)
{
	struct fault f = FAULT_INIT;
	char *text = xmemdup(p, n);
	int rc = address_parse(a, text, &f);

	if (rc == -1)
		smtp_reply_set(r, 501, enhanced, "%s", f.text.data);
	fault_release(&f);
	free(text);
	return rc;
}

/* "FROM:" or "TO:" and blanks; NULL when text does not begin with it. */
static const char *
skip_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	text = skip_blanks(text);
	if (strnlen(text, n) < n || !ascii_is_equal(text, n, word, n))
		return NULL;
	return skip_blanks(text + n);
}

/*
 * Finds the path behind word: 0 with its place and length, -1 with a reply.
 * What follows it must be a parameter or nothing.
 */
static int
find_path(const char *text, const char *word, const char *syntax,
    const char *enhanced, const char **p, size_t *n, struct smtp_reply *r)
{
	*p = skip_word(text, word);
	if (*p == NULL || **p == '\0')
		return smtp_reply_set(r, 501, "5.5.4", "syntax: %s", syntax);
	*n = path_length(*p);
	if (*n == 0 || ((*p)[*n] != '\0' && !ascii_is_blank((*p)[*n])))
		return smtp_reply_set(r, 501, enhanced, "\"%s\" is not a "
		    "path: expected %s", *p, syntax);
	return 0;
}

/* One parameter. */
struct parameter {
	const char *name, *value; /* value NULL: there is no "=" */
	size_t name_len, len;
};

struct target {
	struct smtp_sender *sender;
	struct smtp_recipient *recipient;
};

static int
bad_value(const struct parameter *p, const char *expected,
    struct smtp_reply *r)
{
	return smtp_reply_set(r, 501, "5.5.4", "%.*s: expected %s",
	    (int)p->name_len, p->name, expected);
}

static int
is_value(const struct parameter *p, const char *word)
{
	return p->value != NULL &&
	    ascii_is_equal(p->value, p->len, word, strlen(word));
}

/* 1 when there is a value, and check has no complaint about it. */
static int
is_valid(const struct parameter *p, int (*check)(const char *text))
{
	char *text = p->value != NULL ? xmemdup(p->value, p->len) : NULL;
	int is = text != NULL && *text != '\0' && check(text);

	free(text);
	return is;
}

static int
is_notify(const char *text)
{
	struct buf ignored = BUF_INIT;
	int rc = dsn_parse_notify(text, &ignored);

	buf_release(&ignored);
	return rc == 0;
}

/* Keeps the value; a parameter given twice has no meaning. */
static int
keep(char **to, const struct parameter *p, struct smtp_reply *r)
{
	if (*to != NULL)
		return bad_value(p, "to be given once", r);
	*to = xmemdup(p->value, p->len);
	return 0;
}

static int
take_size(struct target *t, const struct parameter *p, struct smtp_reply *r)
{
	long long size = 0;
	size_t i;

	if (p->value == NULL || p->len == 0 || p->len > 18 ||
	    t->sender->size != -1)
		return bad_value(p, "a number of octets, once", r);
	for (i = 0; i < p->len; i++) {
		if (!ascii_is_digit(p->value[i]))
			return bad_value(p, "a number of octets", r);
		size = size * 10 + (p->value[i] - '0');
	}
	t->sender->size = size;
	return 0;
}

/* Believed of nobody: what the body is, it shows. */
static int
take_body(struct target *t, const struct parameter *p, struct smtp_reply *r)
{
	(void)t;
	if (is_value(p, "7BIT") || is_value(p, "8BITMIME"))
		return 0;
	return bad_value(p, "7BIT or 8BITMIME", r);
}

static int
take_utf8(struct target *t, const struct parameter *p, struct smtp_reply *r)
{
	if (p->value != NULL)
		return bad_value(p, "no value", r);
	t->sender->is_utf8 = 1;
	return 0;
}

static int
take_ret(struct target *t, const struct parameter *p, struct smtp_reply *r)
{
	if (!is_value(p, "FULL") && !is_value(p, "HDRS"))
		return bad_value(p, "FULL or HDRS", r);
	return keep(&t->sender->ret, p, r);
}

static int
take_envid(struct target *t, const struct parameter *p, struct smtp_reply *r)
{
	if (!is_valid(p, dsn_is_envid))
		return bad_value(p, "xtext (RFC 3461) of at most 100 "
		    "characters", r);
	return keep(&t->sender->envid, p, r);
}

static int
take_notify(struct target *t, const struct parameter *p,
    struct smtp_reply *r)
{
	if (!is_valid(p, is_notify))
		return bad_value(p, "NEVER, or a list of SUCCESS, FAILURE and "
		    "DELAY", r);
	return keep(&t->recipient->notify, p, r);
}

static int
take_orcpt(struct target *t, const struct parameter *p, struct smtp_reply *r)
{
	if (!is_valid(p, dsn_is_orcpt))
		return bad_value(p, "TYPE;ADDRESS (RFC 3461)", r);
	return keep(&t->recipient->orcpt, p, r);
}

static const struct keyword {
	const char *name;
	int of_mail; /* else of RCPT */
	int (*take)(struct target *t, const struct parameter *p,
	    struct smtp_reply *r);
} keywords[] = {
	{ "SIZE", 1, take_size },
	{ "BODY", 1, take_body },
	{ "SMTPUTF8", 1, take_utf8 },
	{ "RET", 1, take_ret },
	{ "ENVID", 1, take_envid },
	{ "NOTIFY", 0, take_notify },
	{ "ORCPT", 0, take_orcpt },
};

static int
take_parameter(struct target *t, const struct parameter *p,
    struct smtp_reply *r)
{
	size_t i;

	for (i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if (keywords[i].of_mail == (t->sender != NULL) &&
		    ascii_is_equal(p->name, p->name_len, keywords[i].name,
		    strlen(keywords[i].name)))
			return keywords[i].take(t, p, r);
	return smtp_reply_set(r, 555, "5.5.4",
	    "parameter %.*s was not offered", (int)p->name_len, p->name);
}

/* The words behind a path. */
static int
take_parameters(struct target *t, const char *text, struct smtp_reply *r)
{
	struct parameter p;
	const char *equals;
	size_t n;

	for (text = skip_blanks(text); *text != '\0';
	    text = skip_blanks(text + n)) {
		n = strcspn(text, " \t");
		equals = memchr(text, '=', n);
		p.name = text;
		p.name_len = equals != NULL ? (size_t)(equals - text) : n;
		p.value = equals != NULL ? equals + 1 : NULL;
		p.len = equals != NULL ? n - p.name_len - 1 : 0;
		if (take_parameter(t, &p, r) == -1)
			return -1;
	}
	return 0;
}

static int
need_ascii(const struct address *a, int is_utf8, struct smtp_reply *r)
{
	if (is_utf8 || !address_is_8bit(a))
		return 0;
	return smtp_reply_set(r, 553, "5.6.7", "an address with other than "
	    "ASCII needs the parameter SMTPUTF8 of MAIL");
}

int
smtp_sender_parse(struct smtp_sender *s, const char *text,
    struct smtp_reply *r)
{
	struct target t = { s, NULL };
	struct address a;
	const char *p;
	size_t n;
	int rc;

	if (find_path(text, "FROM:", "MAIL FROM:<address>", "5.1.7", &p, &n,
	    r) == -1)
		return -1;
	if (n == 2 && p[0] == '<')
		return take_parameters(&t, p + n, r);
	if (parse_path(&a, p, n, "5.1.7", r) == -1)
		return -1;
	address_format_spec(&a, &s->path);
	rc = take_parameters(&t, p + n, r);
	if (rc == 0)
		rc = need_ascii(&a, s->is_utf8, r);
	address_release(&a);
	return rc;
}

int
smtp_recipient_parse(struct smtp_recipient *to, const char *text, int is_utf8,
    struct smtp_reply *r)
{
	struct target t = { NULL, to };
	const char *p;
	size_t n;

	if (find_path(text, "TO:", "RCPT TO:<address>", "5.1.3", &p, &n,
	    r) == -1 || parse_path(&to->address, p, n, "5.1.3", r) == -1)
		return -1;
	if (take_parameters(&t, p + n, r) == -1)
		return -1;
	return need_ascii(&to->address, is_utf8, r);
}

int
smtp_mailbox_parse(struct address *a, const char *text, struct smtp_reply *r)
{
	const char *p;
	size_t n;

	if (find_path(text, "", "VRFY address", "5.1.3", &p, &n, r) == -1)
		return -1;
	if (*skip_blanks(p + n) != '\0')
		return smtp_reply_set(r, 501, "5.5.4",
		    "syntax: VRFY address");
	return parse_path(a, p, n, "5.1.3", r);
}
