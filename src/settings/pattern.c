/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an account is matched with is its "from" as it is written, as in
 * msmtp; what it sends as is computed later, once it is known to be used.
 */
#include "settings/pattern.h"

#include <fnmatch.h>
#include <string.h>

#include "base/ascii.h"
#include "base/io.h"
#include "base/who.h"
#include "settings/settings.h"

#define MAILNAME_MAX 65536

int
pattern_has(const char *text, const char *letters)
{
	const char *p = text;

	while ((p = strchr(p, '%')) != NULL) {
		p++;
		if (*p != '\0' && strchr(letters, *p) != NULL)
			return 1;
	}
	return 0;
}

/* %M: Debian's name for mail of this host. */
static int
add_mailname(struct buf *out, struct fault *f)
{
	struct buf path = BUF_INIT, text = BUF_INIT;
	size_t len;
	int rc = 0;

	if (!settings_system_file("mailname", &path))
		rc = fault_set(f, EX_CONFIG, "%%M needs the file /etc/mailname "
		    "(a name in its first line), which cannot be read");
	else if (io_load(path.data, MAILNAME_MAX, &text, f) == -1)
		rc = -1;
	len = strcspn(text.data, "\r\n");
	if (rc == 0 && len == 0)
		rc = fault_set(f, EX_CONFIG, "%%M: %s has no name in its first "
		    "line", path.data);
	if (rc == -1)
		f->code = EX_CONFIG;
	else
		buf_add(out, text.data, len);
	buf_release(&path);
	buf_release(&text);
	return rc;
}

static int
add_letter(struct buf *out, char letter, const char *header_from,
    struct fault *f)
{
	switch (letter) {
	case 'U':
		if (who_user(out) == 0)
			return 0;
		return fault_set(f, EX_CONFIG, "%%U: this user has no name in "
		    "the user database: set USER");
	case 'H':
		who_host(out);
		return 0;
	case 'C':
		who_canonical_host(out);
		return 0;
	case 'M':
		return add_mailname(out, f);
	default:
		buf_adds(out, header_from);
		return 0;
	}
}

int
pattern_expand(struct buf *out, const char *text, const char *letters,
    const char *header_from, struct fault *f)
{
	const char *p;

	for (p = text; *p != '\0'; p++) {
		if (*p == '%' && p[1] != '\0' &&
		    (strchr(letters, p[1]) != NULL ||
		    (p[1] == 'F' && header_from != NULL))) {
			if (add_letter(out, *++p, header_from, f) == -1)
				return -1;
		} else
			buf_addc(out, *p);
	}
	return 0;
}

int
pattern_is_wildcard(const char *from)
{
	const char *bracket = strchr(from, '[');

	if (strpbrk(from, "?*") != NULL)
		return 1;
	/* An address literal is not meant to be one of its characters. */
	return bracket != NULL && (bracket == from || bracket[-1] != '@' ||
	    from[strlen(from) - 1] != ']');
}

static int
matches_whole(const char *from, const char *address)
{
	return ascii_is_same(from, address) ||
	    (strpbrk(from, "?*[") != NULL &&
	    fnmatch(from, address, 0) == 0);
}

int
pattern_matches(const char *from, const char *address)
{
	const char *at = strchr(address, '@'), *plus = strchr(address, '+');
	struct buf plain = BUF_INIT;
	int rc;

	if (*from == '\0')
		return 0;
	if (matches_whole(from, address))
		return 1;
	if (at == NULL || plus == NULL || plus > at ||
	    strchr(from, '+') != NULL)
		return 0;
	buf_add(&plain, address, (size_t)(plus - address));
	buf_adds(&plain, at);
	rc = matches_whole(from, plain.data);
	buf_release(&plain);
	return rc;
}
