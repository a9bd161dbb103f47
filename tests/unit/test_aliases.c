/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aliases files: whose mail goes where, and what is refused with its place. */
#include "submit/aliaswalk.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "submit/aliaslist.h"
#include "tap.h"

static void
write_file(const char *path, const char *text, size_t len)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd == -1 || io_write(fd, text, len) == -1)
		perror(path);
	close(fd);
}

/* "a@x [root -> ops] bob! [root]": targets with their chains, "!" behind a
 * local name; "-" no alias; the fault after its status. */
static void
show(struct aliases *a, const char *name, struct buf *out)
{
	struct alias_targets t = ALIAS_TARGETS_INIT;
	struct fault f = FAULT_INIT;
	size_t i;
	int rc = aliases_expand(a, name, &t, &f);

	for (i = 0; rc == 1 && i < t.n; i++)
		buf_addf(out, "%s%s%s [%s]", i != 0 ? " " : "", t.v[i].text,
		    t.v[i].is_local ? "!" : "", t.chains.v[t.v[i].via]);
	if (rc == 0)
		buf_adds(out, "-");
	if (rc == -1)
		buf_addf(out, "%d ", f.code), log_quotes(out, f.text.data);
	alias_targets_release(&t);
	fault_release(&f);
}

static const struct {
	const char *name, *file, *who, *want;
} cases[] = {
	{ "an alias", "root: a@x\n", "root", "a@x [root]" },
	{ "without a line end", "root:a@x", "root", "a@x [root]" },
	{ "two addresses", "root: a@x, b@y\n", "root",
	    "a@x [root] b@y [root]" },
	{ "blanks and empty members", "root\t :  a@x ,, b@y ,\n", "root",
	    "a@x [root] b@y [root]" },
	{ "line ends of Windows", "root: a@x,\r\n b@y\r\nbob: c@z\r\n", "root",
	    "a@x [root] b@y [root]" },
	{ "a byte order mark", "\xef\xbb\xbfroot: a@x\n", "root",
	    "a@x [root]" },
	{ "another name", "root: a@x\n", "bob", "-" },
	{ "an empty file", "", "root", "-" },
	{ "comments only", "# root: a@x\n  # bob: b@y\n\n", "root", "-" },
	{ "case does not count", "Root: a@x\n", "rOOT", "a@x [root]" },
	{ "names with a display name and comments",
	    "root: \"Doe, J\" <a@x>, J (the, boss) Doe <b@y>, c@z (C)\n",
	    "root", "a@x [root] b@y [root] c@z [root]" },
	{ "quoted local parts", "root: \"a, b\"@x, \"|c\"@x\n", "root",
	    "\"a, b\"@x [root] |c@x [root]" },
	{ "a quoted name", "\"root\": a@x\n", "root", "a@x [root]" },
	{ "a colon in a quoted name", "\"a:b\": a@x\nroot: b@x\n", "root",
	    "b@x [root]" },
	{ "a name with punctuation", "owner-list_1.x: a@x\n", "owner-list_1.x",
	    "a@x [owner-list_1.x]" },
	{ "an address with a slash", "root: /o=x/@gw.example\n", "root",
	    "/o=x/@gw.example [root]" },
	/* Lines. */
	{ "a continuation line", "root: a@x,\n\tb@y\nbob: c@z\n", "root",
	    "a@x [root] b@y [root]" },
	{ "a list that begins in the next line", "root:\n  a@x\n", "root",
	    "a@x [root]" },
	{ "empty lines and comments within",
	    "root: a@x,\n\n# x\n  # y: z\n b@y\n", "root",
	    "a@x [root] b@y [root]" },
	{ "a comment behind", "root: a@x # not b@y, c@z\n", "root",
	    "a@x [root]" },
	{ "a comment behind a comma", "root: a@x,# b@y\n c@z#\n", "root",
	    "78 aliases:2: address \"c@z#\": a comment needs a blank in front "
	    "of \"#\"" },
	{ "a comment behind the colon", "root:#x\n a@x\n", "root",
	    "a@x [root]" },
	{ "a hash in a local part", "root: a#b@x\n", "root",
	    "a#b@x [root]" },
	{ "a hash in quotes", "root: \"a #b\"@x\n", "root",
	    "\"a #b\"@x [root]" },
	{ "a hash in a comment", "root: (no #1) a@x\n", "root",
	    "a@x [root]" },
	{ "a backslash at the end of a line", "root: a@x, \\\nb@y\nbob: c@z\n",
	    "root", "a@x [root] b@y [root]" },
	{ "the same with CRLF", "root: a@x, \\\r\nb@y\r\n", "root",
	    "a@x [root] b@y [root]" },
	{ "not at the end of a comment", "root: a@x # \\\nbob: b@y\n", "bob",
	    "b@y [bob]" },
	{ "continuation lines without a comma", "root: a@x\n b@y\n", "root",
	    "78 aliases:1: address \"a@x  b@y\": white space or another "
	    "character must be quoted" },
	/* Chains. */
	{ "an alias of an alias", "root: ops\nops: a@x, bob\n", "root",
	    "a@x [root -> ops] bob! [root -> ops]" },
	{ "a name in its own list", "bob: bob, bob@x\n", "bob",
	    "bob! [bob] bob@x [bob]" },
	{ "a backslash before a name", "bob: \\root, \\bob\nroot: a@x\n", "bob",
	    "root! [bob] bob! [bob]" },
	{ "and before an address", "bob: \\a@x\n", "bob", "a@x [bob]" },
	{ "two ways to one list", "root: a, b\na: c\nb: c\nc: d@x\n", "root",
	    "d@x [root -> a -> c]" },
	{ "two names that stand for each other", "a: b\nb: c, a\n", "a",
	    "78 aliases:2: b: this alias leads back to itself: a -> b -> a" },
	{ "a loop further on", "root: a\na: b\nb: A\n", "root",
	    "78 aliases:3: b: this alias leads back to itself: a -> b -> a" },
	{ "the first of two counts", "root: a@x\nROOT: b@x,\n c@x\n", "root",
	    "a@x [root]" },
	/* Everybody else. */
	{ "default", "root: a@x\ndefault: d@x\n", "bob", "d@x [default]" },
	{ "a name of its own before default", "default: d@x\nroot: a@x\n",
	    "root", "a@x [root]" },
	{ "a star", "*: d@x\n", "bob", "d@x [default]" },
	{ "default by a name", "default: root\nroot: a@x\n", "bob",
	    "a@x [default -> root]" },
	{ "default by a name without alias", "default: bob\n", "al",
	    "bob! [default]" },
	{ "default by way of names", "default: a\na: b, c@x\n", "bob",
	    "b! [default -> a] c@x [default -> a]" },
	{ "a name without alias in a list, and default",
	    "root: bob\ndefault: d@x\n", "root", "d@x [root -> default]" },
	{ "detail", "root: a@x\n", "root+cron", "a@x [root]" },
	{ "detail with an alias of its own", "root+cron: b@x\nroot: a@x\n",
	    "root+cron", "b@x [root+cron]" },
	{ "detail before default", "default: d@x\nroot: a@x\n", "root+1",
	    "a@x [root]" },
	{ "detail alone", "root: a@x\n", "+root", "-" },
	{ "postmaster is root", "root: a@x\n", "postmaster", "a@x [root]" },
	{ "MAILER-DAEMON is postmaster", "postmaster: a@x\n", "MAILER-DAEMON",
	    "a@x [postmaster]" },
	{ "or root", "root: a@x\n", "MAILER-DAEMON", "a@x [root]" },
	{ "postmaster with default", "root: a@x\ndefault: d@x\n",
	    "Postmaster", "d@x [default]" },
	{ "root by postmaster", "root: postmaster\n", "root",
	    "postmaster! [root]" },
	/* Files. */
	{ "an included file", "ops: c@x\nroot: :include:list, z@x\n", "root",
	    "a@x [root -> :include:list] b@x [root -> :include:list] "
	    "c@x [root -> :include:list -> ops] z@x [root]" },
	{ "in quotes, with a blank, in any case",
	    "root: \":INCLUDE: list\"\n", "root",
	    "a@x [root -> :include:list] b@x [root -> :include:list] "
	    "ops! [root -> :include:list]" },
	{ "twice", "root: :include:list, :include:./list\n", "root",
	    "a@x [root -> :include:list] b@x [root -> :include:list] "
	    "ops! [root -> :include:list]" },
	{ "within another, beside it", "root: :include:deep/list\n", "root",
	    "d@x [root -> :include:deep/list -> :include:more]" },
	{ "one that is missing", "x: a@x\nroot: a@x,\n :include:none\n", "root",
	    "78 aliases:3: :include:: none: No such file or directory" },
	{ "one that includes itself", "root: :include:self\n", "root",
	    "78 self:2: :include:self: this alias leads back to itself: "
	    ":include:self -> :include:self" },
	{ "one that leads back", "ops: :include:list\n", "ops",
	    "78 list:4: :include:list: this alias leads back to itself: "
	    "ops -> :include:list -> ops" },
	{ "one with a mistake", "root: :include:wrong\n", "root",
	    "78 wrong:2: address \"b@\": the domain is empty, or has an empty "
	    "label or a wrong character" },
	{ "one that is empty", "root: :include:empty\n", "root",
	    "78 aliases:1: root: there is no address in its lists" },
	{ "an empty one among others", "root: :include:empty, a@x\n", "root",
	    "a@x [root]" },
	{ "one without a name", "root: :include:\n", "root",
	    "78 aliases:1: :include: needs a file" },
	{ "one that everybody can write", "root: :include:open\n", "root",
	    "78 aliases:1: :include:: open says where mail goes, and other "
	    "users can write to it: chmod o-w open" },
	{ "a directory", "root: :include:deep\n", "root",
	    "78 aliases:1: :include:: deep: Is a directory" },
	/* Refused. */
	{ "a program", "x: y\nlist: a@x, \"|/bin/x post, y\"\n", "list",
	    "78 aliases:2: list: mail is not handed to programs (|): write an "
	    "address" },
	{ "a program without quotes", "list: |/bin/x\n", "list",
	    "78 aliases:1: list: mail is not handed to programs (|): write an "
	    "address" },
	{ "a file", "bob: /var/mail/bob\n", "bob",
	    "78 aliases:1: bob: mail is not written to files (/): write an "
	    "address" },
	{ "a file in quotes", "bob: \"/var/mail/x y\"\n", "bob",
	    "78 aliases:1: bob: mail is not written to files (/): write an "
	    "address" },
	{ "a program in an included file", "bob: :include:program\n", "bob",
	    "78 program:1: :include:program: mail is not handed to programs "
	    "(|): write an address" },
	{ "neither stops mail to others", "list: |x\nbob: /x\nroot: a@x\n",
	    "root", "a@x [root]" },
	{ "nor does a wrong address", "bob: a b@x\nroot: a@x\n", "root",
	    "a@x [root]" },
	{ "a wrong address", "root: a@x,\n\n  b@@x\n", "root",
	    "78 aliases:3: address \"b@@x\": the domain is empty, or has an "
	    "empty label or a wrong character" },
	{ "no address", "root: # nobody\nbob: a@x\n", "root",
	    "78 aliases:1: root: the alias has no address" },
	{ "commas only", "root: ,,\n", "root",
	    "78 aliases:1: root: the alias has no address" },
	{ "an open quote", "root: a@x,\n \"b\n c\"@x\n", "root",
	    "78 aliases:2: a quoted string is not closed" },
	{ "an open comment", "root: a@x (\nbob: b@x\n", "root",
	    "78 aliases:1: address \"a@x (\": a comment is not closed by "
	    "\")\"" },
	{ "other directives", "root: :fail:\n", "root",
	    "78 aliases:1: address \":fail:\": a character that must be "
	    "quoted" },
	{ "a control character", "root: a\x1b@x\n", "root",
	    "78 aliases:1: address \"a\\x1b@x\": control characters are not "
	    "allowed" },
};

static const struct {
	const char *name, *file, *want;
} broken[] = {
	{ "a line without a colon", "root: a@x\nbob a@x\n",
	    "78 aliases:2: expected \"name: address\"" },
	{ "a line without a name", ": a@x\n",
	    "78 aliases:1: expected \"name: address\"" },
	{ "two words before the colon", "a b: a@x\n",
	    "78 aliases:1: expected \"name: address\"" },
	{ "an open quote before the colon", "\"a: b@x\n",
	    "78 aliases:1: expected \"name: address\"" },
	{ "an address before the colon", "# x\nbob@example.org: a@x\n",
	    "78 aliases:2: alias \"bob@example.org\": only names without a "
	    "domain have aliases" },
	{ "a blank before the first name", "\n root: a@x\n",
	    "78 aliases:2: a line that begins with a blank continues the one "
	    "before, and there is none" },
};

static void
write_lists(void)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{ "list", "# who\na@x\n  b@x # b\nops\n" },
		{ "self", "a@x\n:include:self\n" },
		{ "wrong", "a@x\nb@\n" },
		{ "empty", "# nobody\n\n" },
		{ "open", "a@x\n" },
		{ "program", "|x\n" },
		{ "deep/list", ":include:more\n" },
		{ "deep/more", "d@x\n" },
	};
	size_t i;

	mkdir("deep", 0755);
	for (i = 0; i < sizeof files / sizeof *files; i++)
		write_file(files[i].path, files[i].text,
		    strlen(files[i].text));
	chmod("open", 0646);
}

static void
test_cases(void)
{
	struct fault f = FAULT_INIT;
	struct buf got = BUF_INIT;
	struct aliases a;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		aliases_init(&a);
		buf_reset(&got);
		write_file("aliases", cases[i].file, strlen(cases[i].file));
		if (aliases_load(&a, "aliases", &f) == -1)
			buf_add(&got, f.text.data, f.text.len);
		else
			show(&a, cases[i].who, &got);
		is_text(got.data, cases[i].want, cases[i].name);
		aliases_release(&a);
		fault_release(&f);
	}
	buf_release(&got);
}

static void
test_broken(void)
{
	struct fault f = FAULT_INIT;
	struct buf got = BUF_INIT;
	struct aliases a;
	size_t i;

	for (i = 0; i < sizeof broken / sizeof *broken; i++) {
		aliases_init(&a);
		buf_reset(&got);
		write_file("aliases", broken[i].file, strlen(broken[i].file));
		if (aliases_load(&a, "aliases", &f) == -1)
			buf_addf(&got, "%d %s", f.code, f.text.data);
		is_text(got.data, broken[i].want, broken[i].name);
		aliases_release(&a);
		fault_release(&f);
	}
	buf_release(&got);
}

static void
is_refused(const char *path, const char *want, const char *name)
{
	struct fault f = FAULT_INIT;
	struct aliases a;

	aliases_init(&a);
	ok(aliases_load(&a, path, &f) == -1 && f.code == EX_CONFIG, name);
	is_text(f.text.data, want, "... and says so");
	aliases_release(&a);
	fault_release(&f);
}

static void
test_files(void)
{
	is_refused("missing", "aliases: missing: No such file or directory",
	    "a file that is missing");
	is_refused("open", "aliases: open says where mail goes, and other "
	    "users can write to it: chmod o-w open",
	    "a file that everybody can write");
	write_file("aliases", "root: a@x\0b\n", 12);
	is_refused("aliases", "aliases: aliases: the file has a NUL octet",
	    "a file with a NUL");
}

/* A chain of n names, each the alias of the next one. */
static void
make_chain(struct buf *text, int n)
{
	int i;

	buf_reset(text);
	for (i = 0; i < n; i++)
		buf_addf(text, "n%d: n%d\n", i, i + 1);
}

static void
test_depth(void)
{
	struct fault f = FAULT_INIT;
	struct buf text = BUF_INIT, got = BUF_INIT;
	struct aliases a;

	aliases_init(&a);
	make_chain(&text, 101);
	write_file("aliases", text.data, text.len);
	ok(aliases_load(&a, "aliases", &f) == 0, "a long chain is read");
	show(&a, "n1", &got);
	ok(strncmp(got.data, "n101! [n1 -> n2 ", 16) == 0,
	    "a hundred aliases within each other");
	buf_reset(&got);
	show(&a, "n0", &got);
	is_text(got.data, "78 aliases:100: n99: too many aliases within each "
	    "other", "more are refused");
	aliases_release(&a);
	buf_release(&got);
	buf_release(&text);
	fault_release(&f);
}

/* Each name stands for the next one twice: 2^60 ways to one address. */
static void
test_many_ways(void)
{
	struct fault f = FAULT_INIT;
	struct buf text = BUF_INIT, got = BUF_INIT;
	struct aliases a;
	int i;

	aliases_init(&a);
	for (i = 0; i < 60; i++)
		buf_addf(&text, "a%d: b%d, c%d\nb%d: a%d\nc%d: a%d\n", i, i, i,
		    i, i + 1, i, i + 1);
	buf_adds(&text, "a60: x@y\na30: z@y\n");
	write_file("aliases", text.data, text.len);
	ok(aliases_load(&a, "aliases", &f) == 0, "many ways are read");
	is_number((long long)a.repeated.n, 1, "a name given again is noted");
	is_text(a.repeated.v[0], "aliases:182: alias a30 is there already: "
	    "line 91 counts", "... with both places");
	show(&a, "a45", &got);
	ok(strncmp(got.data, "x@y [a45 -> b45 -> a46", 22) == 0 &&
	    strchr(got.data, ']')[1] == '\0', "and gone once");
	aliases_release(&a);
	buf_release(&got);
	buf_release(&text);
	fault_release(&f);
}

static void
test_size(void)
{
	struct alias_targets t = ALIAS_TARGETS_INIT;
	struct fault f = FAULT_INIT;
	struct buf text = BUF_INIT, got = BUF_INIT;
	struct aliases a;
	char name[32];
	int i, found = 0;

	aliases_init(&a);
	for (i = 0; i < 100000; i++)
		buf_addf(&text, "user%d: user%d@example.org\n", i, i);
	buf_adds(&text, "all: ");
	for (i = 0; i < 100000; i++)
		buf_addf(&text, "%suser%d", i != 0 ? ",\n " : "", i);
	write_file("aliases", text.data, text.len);
	ok(aliases_load(&a, "aliases", &f) == 0, "100,000 names are read");
	for (i = 0; i < 100000; i++) {
		buf_reset(&got);
		snprintf(name, sizeof name, "USER%d", i);
		found += aliases_find(&a, name) == (size_t)i;
	}
	is_number(found, 100000, "... and each is found");
	ok(aliases_expand(&a, "all", &t, &f) == 1, "a list of them all");
	is_number((long long)t.n, 100000, "... has them all");
	alias_targets_release(&t);
	aliases_release(&a);
	buf_release(&got);
	buf_release(&text);
	fault_release(&f);
}

static void
test_check(void)
{
	static const char text[] = "root: a@x, bob\nbob: b b@x\nlist: |x\n"
	    "inc: :include:wrong\na: b\nb: a\nfine: a@x\nnone: :include:no\n";
	static const char *const want[] = {
		"aliases:2: address \"b b@x\": white space or another character "
		    "must be quoted",
		"aliases:3: list: mail is not handed to programs (|): write "
		    "an address",
		"wrong:2: address \"b@\": the domain is empty, or has an empty "
		    "label or a wrong character",
		"aliases:6: b: this alias leads back to itself: a -> b -> a",
		"aliases:8: :include:: no: No such file or directory",
	};
	struct strv mistakes = STRV_INIT;
	struct fault f = FAULT_INIT;
	struct aliases a;
	size_t i;

	aliases_init(&a);
	write_file("aliases", text, sizeof text - 1);
	ok(aliases_load(&a, "aliases", &f) == 0, "a file with mistakes");
	aliases_check(&a, &mistakes, 100);
	if (is_number((long long)mistakes.n, 5, "each is told once"))
		for (i = 0; i < 5; i++)
			is_text(mistakes.v[i], want[i], "... with its place");
	strv_release(&mistakes);
	aliases_check(&a, &mistakes, 2);
	is_number((long long)mistakes.n, 2, "or as many as were asked for");
	strv_release(&mistakes);
	aliases_release(&a);
	fault_release(&f);
}

int
main(void)
{
	write_lists();
	test_cases();
	test_broken();
	test_files();
	test_depth();
	test_many_ways();
	test_size();
	test_check();
	return tap_done();
}
