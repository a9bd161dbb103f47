/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words separated by white space: machine NAME or default, then login NAME,
 * password TEXT, account TEXT; macdef NAME and its lines up to an empty one
 * are passed over. A word may stand in double quotes, with \ before " and \.
 * A line that begins with # is a comment.
 */
#include "relay/netrc.h"

#include <string.h>

#include "base/ascii.h"

struct netrc {
	const char *start, *p, *end;
	struct buf word;
};

/* An entry while it is read. */
struct entry {
	int fits_host, fits_user, has_password;
};

static void
skip_line(struct netrc *n)
{
	while (n->p < n->end && *n->p != '\n')
		n->p++;
}

static void
read_quoted(struct netrc *n)
{
	for (n->p++; n->p < n->end && *n->p != '"'; n->p++) {
		if (*n->p == '\\' && n->p + 1 < n->end)
			n->p++;
		buf_addc(&n->word, *n->p);
	}
	if (n->p < n->end)
		n->p++;
}

/* The next word, 0 at the end. */
static int
next_word(struct netrc *n)
{
	int is_line_start = n->p == n->start;

	buf_reset(&n->word);
	for (; n->p < n->end; n->p++) {
		if (*n->p == '\n')
			is_line_start = 1;
		else if (*n->p == '#' && is_line_start)
			skip_line(n), n->p--;
		else if (!ascii_is_space(*n->p))
			break;
	}
	if (n->p == n->end)
		return 0;
	if (*n->p == '"') {
		read_quoted(n);
		return 1;
	}
	while (n->p < n->end && !ascii_is_space(*n->p))
		buf_addc(&n->word, *n->p++);
	return 1;
}

static int
is_word(const struct netrc *n, const char *text)
{
	return strcmp(n->word.data, text) == 0;
}

/* A macro ends with an empty line. */
static void
skip_macro(struct netrc *n)
{
	const char *line;

	do {
		skip_line(n);
		if (n->p < n->end)
			n->p++;
		line = n->p;
	} while (n->p < n->end && *line != '\n');
}

/* Reads one key and its value into the entry; a password goes to found. */
static void
read_key(struct netrc *n, struct entry *e, const char *host,
    const char *user, struct buf *found)
{
	static const struct entry other = { 0, 1, 0 };

	if (is_word(n, "default")) {
		*e = other;
		e->fits_host = 1;
	} else if (is_word(n, "machine")) {
		*e = other;
		e->fits_host = next_word(n) && ascii_is_equal(n->word.data,
		    n->word.len, host, strlen(host));
	} else if (is_word(n, "login") || is_word(n, "user")) {
		e->fits_user = next_word(n) && is_word(n, user);
	} else if (is_word(n, "password") || is_word(n, "passwd")) {
		e->has_password = next_word(n);
		buf_reset(found);
		buf_add(found, n->word.data, n->word.len);
	} else if (is_word(n, "account")) {
		next_word(n);
	} else if (is_word(n, "macdef")) {
		next_word(n);
		skip_macro(n);
	}
}

static int
is_found(const struct entry *e)
{
	return e->fits_host && e->fits_user && e->has_password;
}

int
netrc_find(const char *text, size_t len, const char *host, const char *user,
    struct buf *out)
{
	struct netrc n = { text, text, text + len, BUF_INIT };
	struct entry e = { 0, 0, 0 };
	struct buf found = BUF_INIT;
	int rc;

	buf_grow(&n.word, len);
	buf_grow(&found, len);
	while (next_word(&n)) {
		/* An entry is whole where the next one begins. */
		if ((is_word(&n, "machine") || is_word(&n, "default")) &&
		    is_found(&e))
			break;
		read_key(&n, &e, host, user, &found);
	}
	rc = is_found(&e);
	if (rc)
		buf_add(out, found.data, found.len);
	buf_wipe(&n.word);
	buf_wipe(&found);
	return rc;
}
