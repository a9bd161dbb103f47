/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks for a provider in the octets of the file, without parsing more of it
 * than its block: the file has dozens, and a mail needs one.
 */
#include "settings/provider.h"

#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/compat.h"

struct wanted {
	enum provider_key key;
	const char *text;
};

void
provider_shipped_path(const char *name, struct buf *out)
{
	const char *test = compat_getenv("QSENDMAIL_TEST_DATADIR");
	struct buf path = BUF_INIT;
	char own[4096], *slash;

	if (test == NULL && compat_own_path(own, sizeof own) == 0 &&
	    (slash = strrchr(own, '/')) != NULL) {
		*slash = '\0';
		buf_addf(&path, "%s/etc/%s", own, name);
	}
	if (path.len > 0 && access(path.data, R_OK) == 0)
		buf_adds(out, path.data);
	else
		buf_addf(out, "%s/%s", test != NULL ? test : PKGDATADIR, name);
	buf_release(&path);
}

int
provider_is(const struct section *s)
{
	return (s->flags & CONFIG_PROVIDERS) != 0;
}

/* Length of the label at p. */
static size_t
label_length(const char *p, const char *end)
{
	const char *dot = memchr(p, '.', (size_t)(end - p));

	return (size_t)((dot != NULL ? dot : end) - p);
}

/* Label by label: "*.example.org" is "a.example.org", not "a.b.example.org". */
static int
is_name(const char *p, const char *end, const char *name)
{
	const char *name_end = name + strlen(name);
	size_t n, m;

	for (;;) {
		n = label_length(p, end);
		m = label_length(name, name_end);
		if (m == 0 || (!(n == 1 && *p == '*') &&
		    !ascii_is_equal(p, n, name, m)))
			return 0;
		p += n;
		name += m;
		if (p == end || name == name_end)
			return p == end && name == name_end;
		p++;
		name++;
	}
}

int
provider_has_word(const char *list, size_t len, const char *name)
{
	const char *p = list, *end = list + len, *word;

	while (p < end) {
		while (p < end && ascii_is_space(*p))
			p++;
		word = p;
		while (p < end && !ascii_is_space(*p))
			p++;
		if (p > word && is_name(word, p, name))
			return 1;
	}
	return 0;
}

/* The value of a line, behind "KEYWORD ", or NULL when it has another one. */
static const char *
value_of(const char *p, const char *end, const char *keyword)
{
	size_t len = strlen(keyword);

	if ((size_t)(end - p) <= len || memcmp(p, keyword, len) != 0 ||
	    !ascii_is_blank(p[len]))
		return NULL;
	return p + len;
}

static int
is_wanted_line(const struct wanted *w, const char *p, const char *end)
{
	const char *value;

	switch (w->key) {
	case PROVIDER_NAME:
		value = value_of(p, end, "account");
		return value != NULL && (size_t)(end - value) ==
		    strlen(w->text) + 1 &&
		    memcmp(value + 1, w->text, strlen(w->text)) == 0;
	case PROVIDER_DOMAIN:
		value = value_of(p, end, "domains");
		break;
	default:
		value = value_of(p, end, "host");
		if (value == NULL)
			value = value_of(p, end, "hosts");
	}
	return value != NULL &&
	    provider_has_word(value, (size_t)(end - value), w->text);
}

static int
is_wanted_block(const void *arg, const char *p, size_t len)
{
	const char *end = p + len, *lf;

	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			lf = end;
		if (is_wanted_line(arg, p, lf))
			return 1;
	}
	return 0;
}

static int
has_in_list(const struct values *v, enum setting_id id, const char *name)
{
	const char *list = values_text(v, id);

	return provider_has_word(list, strlen(list), name);
}

static int
is_wanted(const struct section *s, const struct wanted *w)
{
	switch (w->key) {
	case PROVIDER_NAME:
		return strcmp(s->name, w->text) == 0;
	case PROVIDER_DOMAIN:
		return has_in_list(&s->values, S_DOMAINS, w->text);
	default:
		return has_in_list(&s->values, S_HOST, w->text) ||
		    has_in_list(&s->values, S_HOSTS, w->text);
	}
}

/* The one among the sections that are there, or NULL. */
static const struct section *
find_loaded(const struct config *c, const struct wanted *w)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (provider_is(&c->v[i]) && is_wanted(&c->v[i], w))
			return &c->v[i];
	return NULL;
}

int
provider_find(struct config *c, enum provider_key key, const char *text,
    const struct section **found, struct fault *f)
{
	const struct wanted w = { key, text };
	struct buf path = BUF_INIT;
	int rc = 0;

	*found = find_loaded(c, &w);
	if (*found != NULL || *text == '\0')
		return 0;
	provider_shipped_path("providers", &path);
	rc = config_load_some(c, path.data, CONFIG_PROVIDERS, is_wanted_block,
	    &w, f);
	if (rc == 0)
		*found = find_loaded(c, &w);
	buf_release(&path);
	return rc;
}
