/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns of "from" and "domain": which sender belongs to an account, and
 * what the letters stand for. */
#include "settings/pattern.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/who.h"
#include "tap.h"

static const struct {
	const char *from, *address;
	int want;
} matches[] = {
	{ "a@x.org", "a@x.org", 1 }, { "a@x.org", "A@X.ORG", 1 },
	{ "a@x.org", "b@x.org", 0 }, { "a@x.org", "a@x.or", 0 },
	{ "", "a@x.org", 0 }, { "", "", 0 },
	{ "root", "root", 1 }, { "root", "root@x.org", 0 },
	/* Wildcards: the whole address, case counts. */
	{ "*@x.org", "a@x.org", 1 }, { "*@x.org", "@x.org", 1 },
	{ "*@x.org", "a@y.org", 0 }, { "*@x.org", "a@X.org", 0 },
	{ "*", "a@x.org", 1 }, { "a?@x.org", "ab@x.org", 1 },
	{ "a?@x.org", "a@x.org", 0 }, { "[ab]@x.org", "b@x.org", 1 },
	{ "[ab]@x.org", "c@x.org", 0 }, { "[!ab]@x.org", "c@x.org", 1 },
	{ "a*@*.org", "abc@d.org", 1 }, { "a*", "A", 0 },
	{ "A*@x.org", "A*@X.ORG", 1 },
	/* An address literal is one address. */
	{ "a@[127.0.0.1]", "a@[127.0.0.1]", 1 },
	{ "a@[127.0.0.1]", "a@[127.0.0.2]", 0 },
	/* Details. */
	{ "a@x.org", "a+b@x.org", 1 }, { "a@x.org", "a+b+c@x.org", 1 },
	{ "a@x.org", "A+b@X.org", 1 }, { "a@x.org", "ab+c@x.org", 0 },
	{ "a@x.org", "a+@x.org", 1 }, { "a@x.org", "+a@x.org", 0 },
	{ "a+b@x.org", "a+b@x.org", 1 }, { "a+b@x.org", "a+c@x.org", 0 },
	{ "a+b@x.org", "a@x.org", 0 }, { "?@x.org", "a+b@x.org", 1 },
	{ "a+*@x.org", "a+b@x.org", 1 }, { "a+*@x.org", "a@x.org", 0 },
	{ "a@x+y", "a@x", 0 }, { "a@x", "a@x+y", 0 }, { "a", "a+b", 0 },
	/* Letters are compared as they are written. */
	{ "%U@x.org", "joe@x.org", 0 }, { "%U@x.org", "%u@x.org", 1 },
};

static void
test_matches(void)
{
	struct buf name = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof matches / sizeof matches[0]; i++) {
		buf_reset(&name);
		buf_addf(&name, "from \"%s\", sender \"%s\": %s",
		    matches[i].from, matches[i].address,
		    matches[i].want ? "yes" : "no");
		is_number(pattern_matches(matches[i].from,
		    matches[i].address), matches[i].want, name.data);
	}
	buf_release(&name);
}

static void
test_wildcards(void)
{
	static const char *const yes[] = {
		"*@x.org", "a?@x", "[ab]@x", "a[b", "a@[ab].org"
	};
	static const char *const no[] = {
		"a@x.org", "", "a@[127.0.0.1]", "a@[IPv6:::1]", "%U@%H"
	};
	size_t i;

	for (i = 0; i < sizeof yes / sizeof yes[0]; i++)
		ok(pattern_is_wildcard(yes[i]), yes[i]);
	for (i = 0; i < sizeof no / sizeof no[0]; i++)
		ok(!pattern_is_wildcard(no[i]), no[i]);
	ok(pattern_has("a%Ub", "U"), "a letter");
	ok(pattern_has("%%U", "U"), "a percent sign before it");
	ok(!pattern_has("a%", "U"), "no letter at the end");
	ok(!pattern_has("%X%Y", "U"), "other letters");
}

static const struct {
	const char *name, *in, *letters, *header_from, *want;
} expansions[] = {
	{ "nothing to do", "a@x.org", PATTERN_FROM, NULL, "a@x.org" },
	{ "%U", "%U@x.org", PATTERN_FROM, NULL, "joe@x.org" },
	{ "%H", "a@%H", PATTERN_FROM, NULL, "a@host.example" },
	{ "%C", "a@%C", PATTERN_FROM, NULL, "a@canon.example" },
	{ "%M", "a@%M", PATTERN_FROM, NULL, "a@mail.example" },
	{ "all of them, twice", "%U%H%C%M%U", PATTERN_FROM, NULL,
	    "joehost.examplecanon.examplemail.examplejoe" },
	{ "%F", "%F", PATTERN_FROM, "b@y.org", "b@y.org" },
	{ "%F in another text", "<%F>", PATTERN_FROM, "b@y.org",
	    "<b@y.org>" },
	{ "%F without a message", "%F", PATTERN_FROM, NULL, "%F" },
	{ "other letters", "%u%X%", PATTERN_FROM, NULL, "%u%X%" },
	{ "two percent signs are no escape", "%%U", PATTERN_FROM, NULL,
	    "%joe" },
	{ "no user in domain", "%U.%H", PATTERN_DOMAIN, NULL,
	    "%U.host.example" },
	{ "what comes in is not looked at again", "%F%H", PATTERN_FROM,
	    "%U", "%Uhost.example" },
};

static void
expands(const char *in, const char *letters, const char *header_from,
    const char *want, const char *name)
{
	struct fault f = FAULT_INIT;
	struct buf out = BUF_INIT;

	if (pattern_expand(&out, in, letters, header_from, &f) == -1) {
		buf_set(&out, "!", 1);
		buf_adds(&out, f.text.data);
		is_number(f.code, EX_CONFIG, "a fault of the settings");
	}
	is_text(out.data, want, name);
	fault_release(&f);
	buf_release(&out);
}

static void
put_mailname(const char *text)
{
	int fd = open("mailname", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		ok(0, "write");
	close(fd);
}

static void
test_mailname(void)
{
	put_mailname("crlf.example\r\nmore\n");
	expands("%M", PATTERN_FROM, NULL, "crlf.example",
	    "the first line of mailname");
	put_mailname("bare.example");
	expands("%M", PATTERN_FROM, NULL, "bare.example",
	    "a mailname without line end");
	put_mailname("\nmore\n");
	expands("%M", PATTERN_FROM, NULL, "!%M: ./mailname has no name in its "
	    "first line", "a mailname that says nothing");
	unlink("mailname");
	expands("%M", PATTERN_FROM, NULL, "!%M needs the file /etc/mailname "
	    "(a name in its first line), which cannot be read",
	    "no mailname");
	expands("%U", PATTERN_FROM, NULL, "joe", "which nobody needs here");
}

/* Without any variable the system says who and where we are. */
static void
test_names(void)
{
	const struct passwd *user = getpwuid(getuid());
	struct buf b = BUF_INIT;
	char host[256] = "";

	unsetenv("USER");
	setenv("LOGNAME", "ann", 1);
	who_user(&b);
	is_text(b.data, "ann", "LOGNAME stands in for USER");
	unsetenv("LOGNAME");
	buf_reset(&b);
	is_number(who_user(&b), user != NULL ? 0 : -1, "a user of the system");
	is_text(b.data, user != NULL ? user->pw_name : "", "by its id");
	setenv("USER", "", 1);
	buf_reset(&b);
	who_user(&b);
	is_text(b.data, user != NULL ? user->pw_name : "",
	    "an empty USER is none");
	unsetenv("HOSTNAME");
	gethostname(host, sizeof host - 1);
	buf_reset(&b);
	who_host(&b);
	is_text(b.data, host, "the host by the system");
	setenv("QSENDMAIL_TEST_HOSTNAME", "fixed.example", 1);
	buf_reset(&b);
	who_host(&b);
	is_text(b.data, "fixed.example", "or as a test fixes it");
	unsetenv("QSENDMAIL_TEST_CANONICAL");
	setenv("HOSTNAME", "127.0.0.1", 1);
	buf_reset(&b);
	who_canonical_host(&b);
	is_text(b.data, "127.0.0.1", "an address has itself for a name");
	buf_release(&b);
}

int
main(void)
{
	size_t i;

	setenv("QSENDMAIL_TEST_SYSCONFDIR", ".", 1);
	setenv("QSENDMAIL_TEST_CANONICAL", "canon.example", 1);
	setenv("USER", "joe", 1);
	setenv("LOGNAME", "other", 1);
	setenv("HOSTNAME", "host.example", 1);
	put_mailname("mail.example\n");
	test_matches();
	test_wildcards();
	for (i = 0; i < sizeof expansions / sizeof expansions[0]; i++)
		expands(expansions[i].in, expansions[i].letters,
		    expansions[i].header_from, expansions[i].want,
		    expansions[i].name);
	test_mailname();
	test_names();
	return tap_done();
}
