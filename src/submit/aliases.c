/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads aliases files and finds names in them. Owns the rule that a file
 * which says where mail goes is not everybody's to write, and the order in
 * which names stand for others (default, postmaster).
 */
#include "submit/aliases.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/io.h"
#include "base/xalloc.h"

#define OCTETS_MAX (64u * 1024 * 1024) /* of all files together */
#define FILES_MAX 1000
#define NONE ALIAS_NONE

void
aliases_init(struct aliases *a)
{
	memset(a, 0, sizeof *a);
}

void
aliases_release(struct aliases *a)
{
	size_t i;

	for (i = 0; i < a->files_n; i++) {
		free(a->files[i].path);
		buf_release(&a->files[i].text);
	}
	for (i = 0; i < a->n; i++)
		free(a->v[i].name);
	free(a->files);
	free(a->v);
	free(a->slots);
	strv_release(&a->repeated);
	aliases_init(a);
}

/* ---- names ---- */

/* FNV-1a over lower case, as it is compared. */
static size_t
hash(const char *name, size_t len)
{
	unsigned long h = 2166136261UL;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)ascii_lower(name[i])) * 16777619UL;
	return (size_t)h;
}

/* The slot that has the name or that it would go into. */
static size_t
find_slot(const struct aliases *a, const char *name, size_t len)
{
	size_t i = hash(name, len) & (a->slots_n - 1);
	const char *other;

	while (a->slots[i] != 0) {
		other = a->v[a->slots[i] - 1].name;
		if (ascii_is_equal(other, strlen(other), name, len))
			break;
		i = (i + 1) & (a->slots_n - 1);
	}
	return i;
}

static void
grow_slots(struct aliases *a)
{
	const char *name;
	size_t i;

	a->slots_n = a->slots_n != 0 ? a->slots_n * 4 : 64;
	free(a->slots);
	a->slots = xcalloc(a->slots_n, sizeof *a->slots);
	for (i = 0; i < a->names; i++) {
		name = a->v[i].name;
		a->slots[find_slot(a, name, strlen(name))] = i + 1;
	}
}

/* Exactly that name, or NONE. */
static size_t
find_name(const struct aliases *a, const char *name, size_t len)
{
	if (a->slots_n == 0)
		return NONE;
	return a->slots[find_slot(a, name, len)] - 1;
}

size_t
aliases_default(const struct aliases *a)
{
	return find_name(a, "default", strlen("default"));
}

size_t
aliases_find(const struct aliases *a, const char *name)
{
	const char *plus = strchr(name, '+');
	size_t i = find_name(a, name, strlen(name));
	int is_daemon = ascii_is_same(name, "mailer-daemon");

	if (i == NONE && plus != NULL && plus != name)
		i = find_name(a, name, (size_t)(plus - name));
	if (i == NONE)
		i = aliases_default(a);
	/* RFC 5321 4.5.1 wants a postmaster everywhere: where nobody is named
	 * it is whoever is root. */
	if (i == NONE && is_daemon)
		i = find_name(a, "postmaster", strlen("postmaster"));
	if (i == NONE && (is_daemon || ascii_is_same(name, "postmaster")))
		i = find_name(a, "root", strlen("root"));
	return i;
}

static struct alias *
add_alias(struct aliases *a, const char *name, size_t file, unsigned line)
{
	struct alias *alias;
	char *p;

	a->v = xgrow(a->v, a->n, &a->cap, sizeof *a->v);
	alias = &a->v[a->n++];
	memset(alias, 0, sizeof *alias);
	alias->name = xstrdup(name);
	alias->file = file;
	alias->line = line;
	if (name[0] != ':')
		for (p = alias->name; *p != '\0'; p++)
			*p = ascii_lower(*p);
	return alias;
}

/* ---- files ---- */

static int
check_access(const struct stat *st, const char *path, struct fault *f)
{
	if (!S_ISREG(st->st_mode) || (st->st_mode & S_IWOTH) == 0)
		return 0;
	return fault_set(f, EX_CONFIG, "%s says where mail goes, and other "
	    "users can write to it: chmod o-w %s", path, path);
}

static int
slurp(struct aliases *a, int fd, const char *path, struct buf *text,
    struct fault *f)
{
	char chunk[4096];
	ssize_t n;

	while ((n = io_read(fd, chunk, sizeof chunk)) > 0) {
		a->octets += (size_t)n;
		if (a->octets > OCTETS_MAX)
			return fault_set(f, EX_CONFIG, "%s: aliases of more "
			    "than %u octets", path, OCTETS_MAX);
		buf_add(text, chunk, (size_t)n);
	}
	if (n == -1)
		return fault_errno(f, EX_CONFIG, "%s", path);
	if (text->len >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0)
		buf_consume(text, 3);
	if (memchr(text->data, '\0', text->len) != NULL)
		return fault_set(f, EX_CONFIG, "%s: the file has a NUL octet",
		    path);
	return 0;
}

/* Reads a file, unless it is there already; *index is its place. */
static int
load_file(struct aliases *a, const char *path, size_t *index, struct fault *f)
{
	struct alias_file *file;
	struct buf text = BUF_INIT;
	struct stat st;
	size_t i;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc = -1;

	if (fd == -1 || fstat(fd, &st) == -1) {
		fault_errno(f, EX_CONFIG, "%s", path);
		goto out;
	}
	for (i = 0; i < a->files_n; i++)
		if (a->files[i].device == st.st_dev &&
		    a->files[i].inode == st.st_ino)
			break;
	*index = i;
	rc = 0;
	if (i < a->files_n)
		goto out;
	rc = check_access(&st, path, f);
	if (rc == 0 && i == FILES_MAX)
		rc = fault_set(f, EX_CONFIG, "%s: more than %d files", path,
		    FILES_MAX);
	if (rc == 0)
		rc = slurp(a, fd, path, &text, f);
	if (rc == -1)
		goto out;
	a->files = xgrow(a->files, a->files_n, &a->files_cap,
	    sizeof *a->files);
	file = &a->files[a->files_n++];
	file->path = xstrdup(path);
	file->device = st.st_dev;
	file->inode = st.st_ino;
	file->text = text;
	buf_init(&text, 0);
out:
	buf_release(&text);
	if (fd != -1)
		close(fd);
	return rc;
}

/* Length of the part of a line in front of its colon; len when there is
 * none. A colon in quotes is part of the name. */
static size_t
key_length(const char *p, size_t len)
{
	int quoted = 0;
	size_t i;

	for (i = 0; i < len && (quoted || p[i] != ':'); i++) {
		if (quoted && p[i] == '\\' && i + 1 < len)
			i++;
		else if (p[i] == '"')
			quoted = !quoted;
	}
	return i < len ? i : len;
}

/* The name in front of the colon, without blanks and quotes. */
static int
take_key(struct buf *name, const char *p, size_t len, struct fault *f)
{
	size_t i;
	int quoted = 0;

	while (len != 0 && ascii_is_blank(p[len - 1]))
		len--;
	for (i = 0; i < len; i++) {
		if (p[i] == '"') {
			quoted = !quoted;
			continue;
		}
		if (quoted && p[i] == '\\' && i + 1 < len)
			i++;
		if (ascii_is_control(p[i]) ||
		    (!quoted && ascii_is_blank(p[i])))
			break;
		buf_addc(name, p[i]);
	}
	if (i < len || name->len == 0)
		return fault_set(f, EX_CONFIG, "expected \"name: address\"");
	if (strchr(name->data, '@') != NULL)
		return fault_set(f, EX_CONFIG, "alias \"%s\": only names "
		    "without a domain have aliases", name->data);
	return 0;
}

/* The table being made from the lines of its file. */
struct loader {
	struct aliases *a;
	const char *path; /* borrowed */
	size_t at;        /* offset of the line in hand */
	unsigned line;
	size_t current;   /* the name whose list goes on, NONE */
	int joint;        /* the line before ended in a backslash */
};

/* Of two lines for one name the first counts. */
static void
note_repeated(struct loader *l, const struct alias *first)
{
	struct buf note = BUF_INIT;

	buf_addf(&note, "%s:%u: alias %s is there already: line %u counts",
	    l->path, l->line, first->name, first->line);
	strv_take(&l->a->repeated, buf_detach(&note));
}

/* A line "name: list". */
static int
start_alias(struct loader *l, const char *p, size_t len, struct fault *f)
{
	struct aliases *a = l->a;
	size_t key = key_length(p, len), slot;
	struct buf name = BUF_INIT;
	struct alias *alias;
	int rc = -1;

	if (key == len)
		fault_set(f, EX_CONFIG, "expected \"name: address\"");
	else
		rc = take_key(&name, p, key, f);
	if (rc == -1)
		goto out;
	if (strcmp(name.data, "*") == 0)
		buf_set(&name, "default", strlen("default"));
	if (a->names * 2 >= a->slots_n)
		grow_slots(a);
	slot = find_slot(a, name.data, name.len);
	l->current = NONE;
	if (a->slots[slot] != 0) {
		note_repeated(l, &a->v[a->slots[slot] - 1]);
		goto out;
	}
	alias = add_alias(a, name.data, 0, l->line);
	alias->start = l->at + key + 1;
	alias->end = l->at + len;
	l->current = a->names++;
	a->slots[slot] = a->names;
out:
	buf_release(&name);
	return rc;
}

/* A backslash at the end, but of a comment, joins the next line. */
static int
is_joined(const char *p, size_t len)
{
	size_t i;

	for (i = 1; i < len; i++)
		if (p[i] == '#' && (p[i - 1] == ',' ||
		    ascii_is_blank(p[i - 1])))
			return 0;
	return p[len - 1] == '\\';
}

static int
read_line(struct loader *l, const char *p, size_t len, struct fault *f)
{
	size_t blank = 0;
	int joint = l->joint;

	if (len != 0 && p[len - 1] == '\r')
		len--;
	while (blank < len && ascii_is_blank(p[blank]))
		blank++;
	l->joint = 0;
	if (blank == len || p[blank] == '#')
		return 0;
	l->joint = is_joined(p, len);
	if (blank == 0 && !joint)
		return start_alias(l, p, len, f);
	if (l->current != NONE)
		l->a->v[l->current].end = l->at + len;
	else if (l->a->names == 0)
		return fault_set(f, EX_CONFIG, "a line that begins with a "
		    "blank continues the one before, and there is none");
	return 0;
}

int
aliases_load(struct aliases *a, const char *path, struct fault *f)
{
	struct loader l = { .a = a, .path = path, .current = NONE };
	const char *p, *end, *lf;
	size_t index;

	if (load_file(a, path, &index, f) == -1)
		return fault_context(f, "aliases");
	p = a->files[0].text.data;
	end = p + a->files[0].text.len;
	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			lf = end;
		l.line++;
		l.at = (size_t)(p - a->files[0].text.data);
		if (read_line(&l, p, (size_t)(lf - p), f) == -1)
			return fault_context(f, "%s:%u", path, l.line);
	}
	return 0;
}

/* The list of a file, NONE: it has none yet. */
static size_t
find_list(const struct aliases *a, size_t file)
{
	size_t i;

	for (i = a->names; i < a->n; i++)
		if (a->v[i].file == file)
			return i;
	return NONE;
}

size_t
aliases_include(struct aliases *a, size_t from, const char *path,
    struct fault *f)
{
	const char *beside = a->files[a->v[from].file].path;
	const char *slash = strrchr(beside, '/');
	struct buf name = BUF_INIT;
	struct alias *alias;
	size_t i = NONE, file;

	if (path[0] != '/' && slash != NULL)
		buf_add(&name, beside, (size_t)(slash - beside) + 1);
	buf_adds(&name, path);
	if (load_file(a, name.data, &file, f) == 0 &&
	    (i = find_list(a, file)) == NONE) {
		i = a->n;
		buf_reset(&name);
		buf_addf(&name, ":include:%s", path);
		alias = add_alias(a, name.data, file, 1);
		alias->end = a->files[file].text.len;
	}
	buf_release(&name);
	return i;
}
