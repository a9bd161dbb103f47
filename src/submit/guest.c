/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a user may say of itself. The null reverse-path is everybody's: it
 * names nobody, and automatic answers must have it (RFC 3834).
 */
#include "submit/guest.h"

#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/log.h"

/* 1 when text fits pattern (of n octets), in which * stands for anything;
 * ASCII letters in any case. */
static int
fits(const char *pattern, size_t n, const char *text)
{
	const char *end = pattern + n, *star = NULL, *again = NULL;

	while (*text != '\0') {
		if (pattern < end && *pattern == '*') {
			star = pattern++;
			again = text;
		} else if (pattern < end &&
		    ascii_is_equal(pattern, 1, text, 1)) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++again;
		} else
			return 0;
	}
	while (pattern < end && *pattern == '*')
		pattern++;
	return pattern == end;
}

/* The guest's own name, alone or at maildomain. */
static int
is_own(const struct guest *g, const char *path)
{
	const char *domain = values_text(g->values, S_MAILDOMAIN);
	size_t n = strlen(g->user);

	if (g->uid == -1 || n == 0 || strncmp(path, g->user, n) != 0)
		return 0;
	return path[n] == '\0' || (path[n] == '@' && *domain != '\0' &&
	    ascii_is_equal(path + n + 1, strlen(path + n + 1), domain,
	    strlen(domain)));
}

/* One word of the setting. */
static int
allows(const struct guest *g, const char *word, size_t n, const char *path)
{
	const char *equals = memchr(word, '=', n);
	size_t user;

	if (equals == NULL)
		return ascii_is_equal(word, n, "any", 3) ||
		    (ascii_is_equal(word, n, "own", 3) && is_own(g, path));
	user = (size_t)(equals - word);
	return user != 0 && user == strlen(g->user) &&
	    memcmp(word, g->user, user) == 0 &&
	    fits(equals + 1, n - user - 1, path);
}

int
guest_may_send(const struct guest *g, const char *path)
{
	const char *p = values_text(g->values, S_SERVICE_SENDERS);
	size_t n;

	if (*path == '\0' || g->uid == 0 || g->uid == (long long)geteuid())
		return 1;
	for (p += strspn(p, " \t"); *p != '\0'; p += strspn(p, " \t")) {
		n = strcspn(p, " \t");
		if (allows(g, p, n, path))
			return 1;
		p += n;
	}
	return 0;
}

void
guest_add_received(const struct guest *g, struct header *h)
{
	struct buf body = BUF_INIT, host = BUF_INIT;

	clock_hostname(&host);
	if (g->uid == -1)
		buf_addf(&body, "from %s by ", g->name);
	else
		buf_adds(&body, "by ");
	log_quote(&body, host.data, host.len);
	if (g->uid == -1)
		buf_adds(&body, " (qsendmail) with ESMTP");
	else
		buf_addf(&body, " (qsendmail, from %s)", g->name);
	buf_adds(&body, "\r\n id ");
	clock_unique(&body);
	buf_adds(&body, "; ");
	clock_format_date(clock_now(), &body);
	header_insert(h, 0, "Received", body.data);
	buf_release(&body);
	buf_release(&host);
}
