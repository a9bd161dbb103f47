/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the reply to EHLO: one keyword a line, in any case, its parameters
 * behind white space. What is not understood is passed over.
 */
#include "relay/capability.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "relay/wire.h"

void
capabilities_init(struct capabilities *c)
{
	memset(c, 0, sizeof *c);
}

void
capabilities_release(struct capabilities *c)
{
	strv_release(&c->auth);
	capabilities_init(c);
}

/* Length of the word at p; words end at white space or end. */
static size_t
word_length(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && p[n] != ' ' && p[n] != '\t')
		n++;
	return n;
}

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

/* A number of at most 18 digits, else 0. */
static unsigned long long
number(const char *p, const char *end)
{
	unsigned long long n = 0;
	const char *start = p;

	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		if (p - start == 18)
			return 0;
		n = n * 10 + (unsigned long long)(*p - '0');
	}
	return n;
}

static void
add_mechanisms(struct capabilities *c, const char *p, const char *end)
{
	char *name;
	size_t n, i;

	for (; (p = skip_space(p, end)) < end; p += n) {
		n = word_length(p, end);
		strv_addn(&c->auth, p, n);
		name = c->auth.v[c->auth.n - 1];
		for (i = 0; i < n; i++)
			name[i] = ascii_upper(name[i]);
	}
}

static void
read_limits(struct capabilities *c, const char *p, const char *end)
{
	static const char key[] = "RCPTMAX=";
	size_t n;

	for (; (p = skip_space(p, end)) < end; p += n) {
		n = word_length(p, end);
		if (n >= strlen(key) && ascii_has_prefix(p, key))
			c->recipients_max = number(p + strlen(key), p + n);
	}
}

static void
read_line(struct capabilities *c, const char *p, const char *end)
{
	size_t n = word_length(p, end);
	const char *rest = skip_space(p + n, end);

	if (ascii_is_word(p, n, "PIPELINING")) {
		c->pipelining = 1;
	} else if (ascii_is_word(p, n, "8BITMIME")) {
		c->eightbitmime = 1;
	} else if (ascii_is_word(p, n, "SMTPUTF8")) {
		c->smtputf8 = 1;
	} else if (ascii_is_word(p, n, "STARTTLS")) {
		c->starttls = 1;
	} else if (ascii_is_word(p, n, "DSN")) {
		c->dsn = 1;
	} else if (ascii_is_word(p, n, "ETRN")) {
		c->etrn = 1;
	} else if (ascii_is_word(p, n, "SIZE")) {
		c->size = 1;
		c->size_max = number(rest, end);
	} else if (ascii_is_word(p, n, "LIMITS")) {
		read_limits(c, rest, end);
	} else if (ascii_is_word(p, n, "AUTH")) {
		add_mechanisms(c, rest, end);
	} else if (n > 5 && ascii_has_prefix(p, "AUTH=")) {
		c->auth_old_only = 1;
	}
}

void
capabilities_parse(struct capabilities *c, const struct answer *a)
{
	const char *p = a->lines.data, *end = p + a->lines.len, *eol;
	int is_first = 1;

	capabilities_release(c);
	if (a->code != 250)
		return;
	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			eol = end;
		/* The first line is the server's name and greeting. */
		if (!is_first && eol - p > 4)
			read_line(c, p + 4, eol);
		is_first = 0;
	}
	if (c->auth.n != 0)
		c->auth_old_only = 0;
}
