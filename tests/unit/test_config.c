/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings files: the language, inheritance, who may read a password; and
 * what becomes of them: files, account, environment, provider. */
#include "settings/config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "settings/account.h"
#include "settings/provider.h"
#include "tap.h"

static void
write_file(const char *path, const char *text, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write(fd, text, len) != (ssize_t)len ||
	    fchmod(fd, mode) == -1)
		ok(0, path);
	close(fd);
}

static void
put_file(const char *path, const char *text)
{
	write_file(path, text, strlen(text), 0600);
}

/* "[NAME BASE...] name=text@line ... $command@line" for every account; D
 * behind a line: from defaults, P: from a provider. */
static void
dump(const struct config *c, struct buf *out)
{
	static const char kinds[] = "BPD EC";
	const struct section *s;
	size_t i, j;

	for (i = 0; i < c->n; i++) {
		s = &c->v[i];
		buf_addf(out, "%s[%s", i > 0 ? " " : "", s->name);
		for (j = 0; j < s->bases.n; j++)
			buf_addf(out, " %s", s->bases.v[j]);
		buf_addc(out, ']');
		for (j = 0; j < SETTING_COUNT; j++)
			if (values_is_set(&s->values, (enum setting_id)j))
				buf_addf(out, " %s=%s@%u%c", settings[j].name,
				    values_text(&s->values, j),
				    values_origin(&s->values, j)->line,
				    kinds[values_origin(&s->values, j)->kind]);
		for (j = 0; j < s->evals_n; j++)
			buf_addf(out, " $%s@%u%c", s->evals[j].command,
			    s->evals[j].origin.line,
			    kinds[s->evals[j].origin.kind]);
	}
}

static const struct load_case {
	const char *name, *in, *want; /* want: dump, or "!" and the fault */
} load_cases[] = {
	{ "an empty file", "", "" },
	{ "an empty line and a comment", "\n \t\n# host a\n  # b\n", "" },
	{ "a line before any account is the account default", "host a\n",
	    "[default] host=a@1 " },
	{ "no line end at the end", "account x\nhost a", "[x] host=a@2 " },
	{ "CRLF line ends", "account x\r\nhost a\r\n\r\nport 25\r\n",
	    "[x] host=a@2  port=25@4 " },
	{ "CR at the end of the last line", "host a\r", "[default] host=a@1 " },
	{ "blanks around keyword and value", " \thost \t a b \t\n",
	    "[default] host=a b@1 " },
	{ "a byte order mark is dropped", "\xef\xbb\xbfhost a\n",
	    "[default] host=a@1 " },
	{ "quotes keep blanks", "user \" a \"\n", "[default] user= a @1 " },
	{ "quotes with nothing", "user \"\"\n", "[default] user=@1 " },
	{ "blanks behind the closing quote", "user \"a\"  \n",
	    "[default] user=a@1 " },
	{ "a quote at one end only", "user \"a\n", "[default] user=\"a@1 " },
	{ "one lone quote", "user \"\n", "[default] user=\"@1 " },
	{ "quotes within", "passwordeval \"gpg -d \"a b\"\"\n",
	    "[default] passwordeval=gpg -d \"a b\"@1 " },
	{ "an escaped quote", "user \"a\\\"b\"\n", "[default] user=a\"b@1 " },
	{ "another backslash stays", "user \"a\\b\\\\c\"\n",
	    "[default] user=a\\b\\\\c@1 " },
	{ "a backslash before the closing quote stays", "user \"a\\\"\n",
	    "[default] user=a\\@1 " },
	{ "no escapes without quotes", "user a\\\"b\n",
	    "[default] user=a\\\"b@1 " },
	{ "a number sign within a value is no comment", "user a #b\n",
	    "[default] user=a #b@1 " },
	{ "a keyword without value", "tls\nauth\n",
	    "[default] auth=on@2  tls=on@1 " },
	{ "a value again", "host a\nhost b\n", "[default] host=b@2 " },
	{ "defaults are for the accounts behind it",
	    "account a\nhost a\ndefaults\nport 5\naccount b\nhost b\n",
	    "[a] host=a@2  [b] host=b@6  port=5@4D" },
	{ "an account overrides a default",
	    "defaults\nport 5\naccount b\nport 6\n", "[b] port=6@4 " },
	{ "a second defaults adds to the first",
	    "defaults\nport 5\naccount a\ndefaults\nhost h\naccount b\n",
	    "[a] port=5@2D [b] host=h@5D port=5@2D" },
	{ "an account has its base",
	    "account a\nhost a\nport 1\naccount b : a\nport 2\n",
	    "[a] host=a@2  port=1@3  [b] host=a@2  port=2@5 " },
	{ "a base over a default",
	    "account a\nport 1\ndefaults\nport 2\naccount b: a\n",
	    "[a] port=1@2  [b] port=1@2 " },
	{ "not what the base has from defaults",
	    "defaults\nport 1\naccount a\nhost a\ndefaults\nport 2\n"
	    "account b :a\n",
	    "[a] host=a@4  port=1@2D [b] host=a@4  port=2@6D" },
	{ "of several bases the last counts",
	    "account a\nhost a\nport 1\naccount b\nport 2\n"
	    "account c : a , b\n",
	    "[a] host=a@2  port=1@3  [b] port=2@5  [c] host=a@2  port=2@5 " },
	{ "a base's base", "account a\nhost a\naccount b : a\naccount c : b\n",
	    "[a] host=a@2  [b] host=a@2  [c] host=a@2 " },
	{ "a base that is not there may be a provider",
	    "account a : qq\naccount b : a,x\n", "[a qq] [b qq x]" },
	{ "an account that names itself means a provider", "account a : a\n",
	    "[a a]" },
	{ "a later account is no base", "account a : b\naccount b\nhost b\n",
	    "[a b] [b] host=b@3 " },
	{ "a name in quotes", "account \"a b\"\nhost a\n",
	    "[a b] host=a@2 " },
	{ "quotes around the whole, as in msmtp", "account \"a : b\"\n",
	    "[a b]" },
	{ "a name quoted before the colon", "account \"a b\" : c\n",
	    "[a b c]" },
	{ "evals are recorded, in order",
	    "account a\neval echo host a\neval \"echo port 5\"\n",
	    "[a] $echo host a@2  $echo port 5@3 " },
	{ "evals of defaults and bases come first",
	    "defaults\neval d\naccount a\neval a\naccount b : a\neval b\n",
	    "[a] $d@2D $a@4  [b] $d@2D $a@4  $b@6 " },
	{ "two evals of defaults, two of a base",
	    "defaults\neval d\neval e\naccount b\naccount a\neval a\n"
	    "eval c\naccount c : a\n",
	    "[b] $d@2D $e@3D [a] $d@2D $e@3D $a@6  $c@7  [c] $d@2D $e@3D "
	    "$a@6  $c@7 " },
	{ "the first eval of a base",
	    "account a\neval a\naccount b : a\n", "[a] $a@2  [b] $a@2 " },
	{ "providers of a base are inherited",
	    "account a : p, q\naccount b : a, r\n", "[a p q] [b p q r]" },
	{ "a byte order mark alone", "\xef\xbb\xbf", "" },
	{ "two octets of a byte order mark", "\xef\xbb\n",
	    "!:1: unknown keyword (qsendmailrc(5) has the list)" },
	{ "a keyword of one character", "x\n",
	    "!:1: unknown keyword (qsendmailrc(5) has the list)" },
	{ "a password_file replaces the sources of defaults",
	    "defaults\npasswordeval d\npassword x\naccount a\n"
	    "password_file f\naccount c\n",
	    "[a] password_file=f@5  [c] password=@3D passwordeval=d@2D" },
	{ "and those of a base", "account a\npassword x\npasswordeval e\n"
	    "account b : a\npassword_file f\n",
	    "[a] password=@2  passwordeval=e@3  [b] password_file=f@5 " },
	{ "a password replaces the file of a base",
	    "account a\npassword_file f\naccount b : a\npassword x\n"
	    "account c : a\npasswordeval e\n",
	    "[a] password_file=f@2  [b] password=@4  [c] passwordeval=e@6 " },
	{ "password and passwordeval are inherited each by itself, as in "
	    "msmtp", "defaults\npasswordeval d\naccount a\npassword x\n"
	    "account b : a\npasswordeval e\n",
	    "[a] password=@4  passwordeval=d@2D [b] password=@4  "
	    "passwordeval=e@6 " },
	{ "a file behind an own password replaces the rest of a base",
	    "account a\npassword x\npasswordeval e\naccount b : a\n"
	    "password y\npassword_file f\n",
	    "[a] password=@2  passwordeval=e@3  [b] password=@5  "
	    "password_file=f@6 " },
	{ "the base's replaces that of defaults",
	    "account a\npassword_file f\ndefaults\npasswordeval d\n"
	    "account b : a\n", "[a] password_file=f@2  [b] password_file=f@2 " },
	{ "not by what the base has from defaults",
	    "defaults\npasswordeval d\naccount a\ndefaults\n"
	    "password_file f\naccount b : a\n",
	    "[a] passwordeval=d@2D [b] password_file=f@5D passwordeval=d@2D" },
	{ "two sources of one account both stay",
	    "account a\npassword x\npasswordeval e\npassword_file f\n",
	    "[a] password=@2  password_file=f@4  passwordeval=e@3 " },
	{ "two sources in defaults both stay",
	    "defaults\npassword_file x\npasswordeval e\naccount a\n",
	    "[a] password_file=x@2D passwordeval=e@3D" },
	{ "another setting replaces no source",
	    "defaults\npasswordeval d\naccount a\nuser u\n",
	    "[a] user=u@4  passwordeval=d@2D" },
	{ "a password is not kept", "password hunter2\n",
	    "[default] password=@1 " },
	{ "tls_nostarttls", "tls_nostarttls\n",
	    "[default] tls_starttls=off@1 " },
	{ "tls_nocertcheck", "tls_nocertcheck\n",
	    "[default] tls_certcheck=off@1 " },
	{ "tls_nocertcheck with a value", "tls_nocertcheck on\n",
	    "!:1: tls_nocertcheck takes no value" },
	{ "connect_timeout", "connect_timeout 5\n", "[default] timeout=5@1 " },
	{ "add_missing_from_header", "add_missing_from_header\n",
	    "[default] set_from_header=auto@1 " },
	{ "add_missing_from_header on", "add_missing_from_header on\n",
	    "[default] set_from_header=auto@1 " },
	{ "add_missing_from_header off", "add_missing_from_header off\n",
	    "[default] set_from_header=off@1 " },
	{ "add_missing_date_header off", "add_missing_date_header off\n",
	    "[default] set_date_header=off@1 " },
	{ "add_missing_date_header on", "add_missing_date_header on\n",
	    "[default] set_date_header=auto@1 " },
	{ "add_missing_date_header x", "add_missing_date_header x\n",
	    "!:1: add_missing_date_header \"x\": expected on or off" },
	{ "keepbcc", "keepbcc\n", "[default] remove_bcc_headers=off@1 " },
	{ "keepbcc off", "keepbcc off\n",
	    "[default] remove_bcc_headers=on@1 " },
	{ "keywords without effect", "tls_force_sslv3\n"
	    "tls_min_dh_prime_bits 512\n", "[default]" },
	{ "an empty number without effect", "tls_min_dh_prime_bits\n",
	    "[default]" },
	{ "a number is wanted there", "tls_min_dh_prime_bits few\n",
	    "!:1: tls_min_dh_prime_bits \"few\": expected a number" },
	{ "undisclosed_recipients", "undisclosed_recipients\n",
	    "[default] set_to_header=undisclosed_recipients@1 " },
	{ "undisclosed_recipients on", "undisclosed_recipients on\n",
	    "[default] set_to_header=undisclosed_recipients@1 " },
	{ "undisclosed_recipients off",
	    "set_to_header\nundisclosed_recipients off\n",
	    "[default] set_to_header=off@2 " },
	{ "undisclosed_recipients x", "undisclosed_recipients x\n",
	    "!:1: undisclosed_recipients \"x\": expected on or off" },
	{ "keywords that msmtp takes empty", "proxy_host\nproxy_port\nsocket\n"
	    "source_ip\ntls_cert_file\ntls_crl_file\ntls_fingerprint\n"
	    "tls_host_override\ntls_key_file\ntls_priorities\n"
	    "tls_trust_file\nntlmdomain\n", "[default] socket=@3  "
	    "source_ip=@4  proxy_host=@1  proxy_port=@2  ntlmdomain=@12  "
	    "tls_trust_file=@11  tls_fingerprint=@7  tls_host_override=@8  "
	    "tls_crl_file=@6  tls_cert_file=@5  tls_key_file=@9  "
	    "tls_priorities=@10 " },
	{ "smtp", "protocol smtp\n", "[default] protocol=smtp@1 " },
	{ "lmtp", "protocol lmtp\n", "[default] protocol=lmtp@1 " },
	{ "a protocol that nobody speaks", "protocol uucp\n",
	    "!:1: protocol \"uucp\": expected smtp or lmtp" },
	{ "a wrong dsn_notify", "dsn_notify sometimes\n", "!:1: dsn_notify "
	    "\"sometimes\": expected off, never or failure,delay,success" },
	{ "aliases", "aliases /etc/aliases\n",
	    "[default] aliases=/etc/aliases@1 " },
	{ "no aliases", "aliases\n", "[default] aliases=@1 " },
	{ "a bad value of TLS has its line", "host a\n"
	    "tls_priorities NORMAL:+X\n", "!:2: tls_priorities "
	    "\"NORMAL:+X\": \"+X\" has no counterpart here; write "
	    "tls_min_version or tls_ciphers (OpenSSL's names) instead" },
	{ "patterns stay as they are written",
	    "from %U+*@x.org\ndomain %H\n",
	    "[default] from=%U+*@x.org@1  domain=%H@2 " },
	{ "another percent sign in from", "from a%b@x.org\n",
	    "[default] from=a%b@x.org@1 " },
	{ "a percent sign at the end", "from a%\n", "[default] from=a%@1 " },
	{ "a wildcard is no pattern in domain", "domain [127.0.0.1]\n",
	    "[default] domain=[127.0.0.1]@1 " },
	{ "a bad value has its line", "\nhost a\ntls maybe\n",
	    "!:3: tls \"maybe\": expected on or off" },
	{ "an unknown keyword is not shown", "account a\npasword hunter2\n",
	    "!:2: unknown keyword (qsendmailrc(5) has the list)" },
	{ "keywords have underscores", "tls-starttls on\n",
	    "!:1: unknown keyword (qsendmailrc(5) has the list)" },
	{ "an account without name", "account\n",
	    "!:1: an account name is missing" },
	{ "an account with a base only", "account : a\n",
	    "!:1: an account name is missing" },
	{ "an empty base", "account a : b,\n",
	    "!:1: an account name is missing" },
	{ "bases without colon", "account a, b\n",
	    "!:1: an account name has no comma; bases stand behind a colon" },
	{ "an account twice", "account a\naccount b\naccount a\n",
	    "!:3: account a is defined twice" },
	{ "defaults with a value", "defaults x\n",
	    "!:1: defaults takes no value" },
	{ "eval without command", "eval\n", "!:1: eval needs a command" },
	{ "include without file", "include\n", "!:1: include needs a file" },
};

static void
check_load(const struct config *c, int rc, const struct fault *f,
    const char *path, const char *want, const char *name)
{
	struct buf got = BUF_INIT, expected = BUF_INIT;

	if (rc == 0)
		dump(c, &got);
	else
		buf_addf(&got, "%d %s", f->code, f->text.data);
	if (want[0] == '!')
		buf_addf(&expected, "%d %s%s", EX_CONFIG, path, want + 1);
	else
		buf_adds(&expected, want);
	is_text(got.data, expected.data, name);
	buf_release(&got);
	buf_release(&expected);
}

static void
test_load(const struct load_case *t)
{
	struct fault f = FAULT_INIT;
	struct config c;
	int rc;

	put_file("rc", t->in);
	config_init(&c);
	rc = config_load(&c, "rc", 0, &f);
	check_load(&c, rc, &f, "rc", t->want, t->name);
	config_release(&c);
	fault_release(&f);
}

static void
load(const char *text, const char *want, const char *name)
{
	const struct load_case t = { name, text, want };

	test_load(&t);
}

static void
test_long_line(void)
{
	struct buf text = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct config c;
	size_t i;

	buf_adds(&text, "user ");
	for (i = 0; i < 100000; i++)
		buf_adds(&text, "0123456789");
	buf_adds(&text, "\nhost a\n");
	put_file("rc", text.data);
	config_init(&c);
	is_number(config_load(&c, "rc", 0, &f), 0, "a line of a million octets");
	is_number((long long)strlen(values_text(&c.v[0].values, S_USER)),
	    1000000, "is kept whole");
	is_text(values_text(&c.v[0].values, S_HOST), "a", "the next one too");
	config_release(&c);
	fault_release(&f);
	buf_release(&text);
}

static void
test_bad_files(void)
{
	struct fault f = FAULT_INIT;
	struct config c;

	config_init(&c);
	is_number(config_load(&c, "missing", 0, &f), -1, "a missing file");
	is_number(f.code, EX_NOINPUT, "is no input");
	is_text(f.text.data, "cannot read the settings file missing: No such "
	    "file or directory", "and named");
	config_release(&c);
	fault_release(&f);
	is_number(config_load(&c, ".", 0, &f), -1, "a directory is no file");
	config_release(&c);
	fault_release(&f);
	write_file("rc", "host a\nuser a\0b\n", 16, 0600);
	is_number(config_load(&c, "rc", 0, &f), -1, "a NUL octet");
	is_text(f.text.data, "rc:2: the line has a NUL octet",
	    "has its line");
	config_release(&c);
	fault_release(&f);
	is_number(config_load(&c, "/dev/zero", 0, &f), -1,
	    "a file without end");
	is_text(f.text.data, "/dev/zero is too large for a settings file",
	    "is too large");
	config_release(&c);
	fault_release(&f);
}

static void
test_include(void)
{
	int i;
	char path[] = "sub/a0", text[] = "include a1\n";

	mkdir("sub", 0700);
	mkdir("home", 0700);
	setenv("HOME", "home", 1);
	put_file("sub/one", "host a\ninclude two\naccount b\n");
	put_file("sub/two", "port 5\n");
	put_file("home/three", "timeout 3\n");
	load("account a\ninclude sub/one\nuser u\n",
	    "[a] host=a@1  port=5@1  [b] user=u@3 ",
	    "an included file stands in the place of its line");
	load("include ~/three\n", "[default] timeout=3@1 ",
	    "a file at home");
	load("include sub/none\n", "!:1: cannot read the settings file "
	    "sub/none: No such file or directory", "a file that is missing");
	put_file("sub/bad", "\nport x\n");
	load("\n\ninclude sub/bad\n", "!:3: sub/bad:2: port \"x\": expected a "
	    "number from 1 to 65535", "both places of a fault");
	put_file("sub/loop", "include ../rc\n");
	load("include sub/loop\n", "!:1: sub/loop:1: sub/../rc includes "
	    "itself", "a loop");
	put_file("sub/two", "port 6\n");
	load("include sub/two\ninclude sub/two\n", "[default] port=6@1 ",
	    "a file may be included twice");
	for (i = 0; i < 9; i++) {
		path[5] = (char)('0' + i);
		text[9] = (char)('1' + i);
		put_file(path, text);
	}
	put_file("sub/a9", "port 9\n");
	load("include sub/a1\n", "[default] port=9@1 ", "ten files deep");
	load("include sub/a0\n", "!:1: sub/a0:1: sub/a1:1: sub/a2:1: "
	    "sub/a3:1: sub/a4:1: sub/a5:1: sub/a6:1: sub/a7:1: sub/a8:1: "
	    "include: more than 10 files within each other",
	    "eleven files deep");
}

/* ---- who may read a file with a password ---- */

static const struct access_case {
	const char *name, *text;
	uid_t owner;  /* as root: of the file */
	mode_t mode;
	uid_t reader; /* as root: who reads */
	const char *want; /* "" or the fault */
} access_cases[] = {
	{ "one's own file", "password x\n", 1, 0600, 1, "" },
	{ "one's own file, only readable", "password x\n", 1, 0400, 1, "" },
	{ "one's own file, readable by the group", "password x\n", 1, 0640, 1,
	    "rc has a password but other users have access to it: "
	    "chmod 600 rc" },
	{ "one's own file, writable by others", "password x\n", 1, 0602, 1,
	    "rc has a password but other users have access to it: "
	    "chmod 600 rc" },
	{ "one's own file, readable by all, no password", "user x\n", 1, 0644,
	    1, "" },
	{ "an empty password is none", "password\n", 1, 0644, 1, "" },
	{ "a password by eval is not in the file", "eval echo password x\n",
	    1, 0644, 1, "" },
	{ "root's file, readable by the group", "password x\n", 0, 0640, 1,
	    "" },
	{ "root's file, readable by others", "password x\n", 0, 0644, 1,
	    "rc has a password but other users have access to it: "
	    "chmod o= rc" },
	{ "root's file, read by root", "password x\n", 0, 0640, 0, "" },
	{ "root's file, readable by others, read by root", "password x\n", 0,
	    0604, 0, "rc has a password but other users have access to it: "
	    "chmod o= rc" },
	{ "somebody else's file", "password x\n", 2, 0644, 1,
	    "rc has a password, so it must be owned by you (or by root)" },
	{ "somebody else's file, read by root", "password x\n", 2, 0600, 0,
	    "rc has a password, so it must be owned by you (or by root)" },
	{ "somebody else's file without password", "user x\n", 2, 0644, 1,
	    "" },
};

/* Without root only cases of one's own files can be made. */
static void
test_access(const struct access_case *t)
{
	struct fault f = FAULT_INIT;
	struct config c;
	int root = geteuid() == 0;

	if (!root && (t->owner != 1 || t->reader != 1))
		return;
	config_init(&c);
	write_file("rc", t->text, strlen(t->text), t->mode);
	if (root && (chown("rc", t->owner, 1) == -1 || setegid(1) == -1 ||
	    seteuid(t->reader) == -1))
		ok(0, "change user");
	config_load(&c, "rc", 0, &f);
	if (root && (seteuid(0) == -1 || setegid(0) == -1))
		ok(0, "change user");
	is_text(f.text.data, t->want, t->name);
	config_release(&c);
	fault_release(&f);
	unlink("rc");
}

static void
test_root_only(void)
{
	struct fault f = FAULT_INIT;
	struct config c;
	int root = geteuid() == 0;

	put_file("rc", "host a\n");
	config_init(&c);
	is_number(config_load(&c, "rc", CONFIG_ROOT_ONLY, &f), root ? 0 : -1,
	    "root's file, where only such are taken");
	config_release(&c);
	fault_release(&f);
	chmod("rc", 0620);
	is_number(config_load(&c, "rc", CONFIG_ROOT_ONLY, &f), -1,
	    "a file that its group can write is not");
	is_number(f.code, EX_NOPERM, "and not permitted");
	config_release(&c);
	fault_release(&f);
	chmod("rc", 0602);
	is_number(config_load(&c, "rc", CONFIG_ROOT_ONLY, &f), -1,
	    "nor one that others can write");
	config_release(&c);
	fault_release(&f);
	chmod("rc", 0644);
	if (root && chown("rc", 1, 0) == -1)
		ok(0, "chown");
	is_number(config_load(&c, "rc", CONFIG_ROOT_ONLY, &f), -1,
	    "nor one of another owner");
	config_release(&c);
	fault_release(&f);
	unlink("rc");
}

/* ---- accounts ---- */

static const char providers[] =
	"defaults\nport 465\ntls on\ntls_starttls off\nauth login\n"
	"sender login\n"
	"account qq\nhost smtp.qq.com\ndomains qq.com foxmail.com\nhint code\n"
	"account exmail\nhost smtp.exmail.qq.com\n"
	"account s\nhost mail.587.org\nport 587\ntls_starttls on\n"
	"auth off\nsender any\ndomains 587.org\n"
	"hosts relay.587.org in.*.587.net\n"
	"account gmail\nhost smtp.gmail.com\ndomains gmail.com\nsender any\n";

/* What the file of the user says, and of the system; then the request. */
static const struct account_case {
	const char *name;
	const char *user, *system;
	const char *env;   /* "NAME=VALUE NAME=VALUE" without QSENDMAIL_ */
	const char *from, *account;
	const char *argv;  /* "name=value name=value" */
	const char *want;  /* dump, or "!" and the fault */
} account_cases[] = {
	{ .name = "a sender alone: the provider fills in everything",
	    .from = "1@qq.com",
	    .want = "command line: host=smtp.qq.comP port=465P from=1@qq.comC "
	    "sender=loginP auth=loginP user=1@qq.comP tls=onP "
	    "tls_starttls=offP domains=qq.com foxmail.comP hint=codeP" },
	{ .name = "the domain in capitals", .from = "1@FOXMAIL.com",
	    .want = "command line: host=smtp.qq.comP port=465P "
	    "from=1@FOXMAIL.comC sender=loginP auth=loginP "
	    "user=1@FOXMAIL.comP tls=onP tls_starttls=offP "
	    "domains=qq.com foxmail.comP hint=codeP" },
	{ .name = "nothing at all",
	    .want = "!no account is configured: write the two lines \"from "
	    "YOU@qq.com\" and \"passwordeval COMMAND\" into ~/.qsendmailrc, "
	    "or use --from" },
	{ .name = "the null sender is no sender", .from = "",
	    .want = "!no account is configured: write the two lines \"from "
	    "YOU@qq.com\" and \"passwordeval COMMAND\" into ~/.qsendmailrc, "
	    "or use --from" },
	{ .name = "a domain that no provider has", .from = "a@com",
	    .want = "!account command line names no host, and the provider of "
	    "a@com is not known: add \"host NAME\"" },
	{ .name = "a sender without domain", .from = "root",
	    .want = "!account command line names no host, and the provider of "
	    "root is not known: add \"host NAME\"" },
	{ .name = "two lines", .user = "from 1@qq.com\npassword x\n",
	    .want = "default: host=smtp.qq.comP port=465P from=1@qq.comA "
	    "sender=loginP auth=loginP user=1@qq.comP password=A tls=onP "
	    "tls_starttls=offP domains=qq.com foxmail.comP hint=codeP "
	    "secret home/.qsendmailrc default" },
	{ .name = "msmtp's defaults for an account with a host",
	    .user = "host a\nfrom 1@qq.com\n",
	    .want = "default: host=aA port=25B from=1@qq.comA" },
	{ .name = "465 for TLS from the start",
	    .user = "host a\ntls on\ntls_starttls off\n",
	    .want = "default: host=aA port=465B tls=onA tls_starttls=offA" },
	{ .name = "25 for STARTTLS", .user = "host a\ntls on\n",
	    .want = "default: host=aA port=25B tls=onA" },
	{ .name = "25 without TLS", .user = "host a\ntls_starttls off\n",
	    .want = "default: host=aA port=25B tls_starttls=offA" },
	{ .name = "a port of one's own stays", .user = "host a\nport 26\n",
	    .want = "default: host=aA port=26A" },
	{ .name = "an account over what the provider says",
	    .user = "defaults\nauth plain\naccount default\nfrom 1@qq.com\n"
	    "user u\nsender any\n",
	    .want = "default: host=smtp.qq.comP port=465P from=1@qq.comA "
	    "sender=anyA auth=plainD user=uA tls=onP tls_starttls=offP "
	    "domains=qq.com foxmail.comP hint=codeP" },
	{ .name = "port 587 has STARTTLS with a provider",
	    .user = "from 1@gmail.com\nport 587\n",
	    .want = "default: host=smtp.gmail.comP port=587A "
	    "from=1@gmail.comA sender=anyP auth=loginP user=1@gmail.comP "
	    "tls=onP tls_starttls=onP domains=gmail.comP" },
	{ .name = "port 25 too",
	    .user = "from 1@gmail.com\nport 25\n",
	    .want = "default: host=smtp.gmail.comP port=25A "
	    "from=1@gmail.comA sender=anyP auth=loginP user=1@gmail.comP "
	    "tls=onP tls_starttls=onP domains=gmail.comP" },
	{ .name = "port 2525 too",
	    .user = "from 1@gmail.com\nport 2525\n",
	    .want = "default: host=smtp.gmail.comP port=2525A "
	    "from=1@gmail.comA sender=anyP auth=loginP user=1@gmail.comP "
	    "tls=onP tls_starttls=onP domains=gmail.comP" },
	{ .name = "port 465 has TLS from the start",
	    .user = "from 1@587.org\nport 465\n",
	    .want = "default: host=mail.587.orgP port=465A from=1@587.orgA "
	    "sender=anyP auth=offP user=1@587.orgP tls=onP "
	    "tls_starttls=offP domains=587.orgP "
	    "hosts=relay.587.org in.*.587.netP" },
	{ .name = "with such a provider port 587 is as it says",
	    .user = "from 1@587.org\ntls_starttls off\n",
	    .want = "default: host=mail.587.orgP port=465P from=1@587.orgA "
	    "sender=anyP auth=offP user=1@587.orgP tls=onP "
	    "tls_starttls=offA domains=587.orgP "
	    "hosts=relay.587.org in.*.587.netP" },
	{ .name = "with such a provider STARTTLS is as it says",
	    .user = "from 1@587.org\ntls_starttls on\n",
	    .want = "default: host=mail.587.orgP port=587P from=1@587.orgA "
	    "sender=anyP auth=offP user=1@587.orgP tls=onP "
	    "tls_starttls=onA domains=587.orgP "
	    "hosts=relay.587.org in.*.587.netP" },
	{ .name = "an unknown port is as the provider has it",
	    .user = "from 1@gmail.com\nport 994\n",
	    .want = "default: host=smtp.gmail.comP port=994A "
	    "from=1@gmail.comA sender=anyP auth=loginP user=1@gmail.comP "
	    "tls=onP tls_starttls=offP domains=gmail.comP" },
	{ .name = "port and way of TLS of one's own",
	    .user = "from 1@gmail.com\nport 587\ntls_starttls off\n",
	    .want = "default: host=smtp.gmail.comP port=587A "
	    "from=1@gmail.comA sender=anyP auth=loginP user=1@gmail.comP "
	    "tls=onP tls_starttls=offA domains=gmail.comP" },
	{ .name = "the provider's port with the provider's way of TLS",
	    .user = "from 1@gmail.com\nport 465\n",
	    .want = "default: host=smtp.gmail.comP port=465A "
	    "from=1@gmail.comA sender=anyP auth=loginP user=1@gmail.comP "
	    "tls=onP tls_starttls=offP domains=gmail.comP" },
	{ .name = "STARTTLS has port 587 with a provider",
	    .user = "from 1@gmail.com\n", .argv = "tls_starttls=on",
	    .want = "default: host=smtp.gmail.comP port=587P "
	    "from=1@gmail.comA sender=anyP auth=loginP user=1@gmail.comP "
	    "tls=onP tls_starttls=onC domains=gmail.comP" },
	{ .name = "a provider by name, for a private domain",
	    .user = "account default : exmail\nfrom me@corp.cn\n",
	    .want = "default: host=smtp.exmail.qq.comP port=465P "
	    "from=me@corp.cnA sender=loginP auth=loginP user=me@corp.cnP "
	    "tls=onP tls_starttls=offP" },
	{ .name = "a provider by name and a login: the sender is the login",
	    .user = "account default : exmail\nuser me@corp.cn\n",
	    .want = "default: host=smtp.exmail.qq.comP port=465P "
	    "from=me@corp.cnP sender=loginP auth=loginP user=me@corp.cnA "
	    "tls=onP tls_starttls=offP" },
	{ .name = "a provider by name on the command line",
	    .account = "exmail", .from = "me@corp.cn",
	    .want = "exmail: host=smtp.exmail.qq.comP port=465P "
	    "from=me@corp.cnC sender=loginP auth=loginP user=me@corp.cnP "
	    "tls=onP tls_starttls=offP" },
	{ .name = "there too port and way of TLS fit together",
	    .account = "exmail", .from = "me@corp.cn",
	    .argv = "tls_starttls=on",
	    .want = "exmail: host=smtp.exmail.qq.comP port=587P "
	    "from=me@corp.cnC sender=loginP auth=loginP user=me@corp.cnP "
	    "tls=onP tls_starttls=onC" },
	{ .name = "of two providers the last counts",
	    .user = "account default : exmail, gmail\nfrom me@corp.cn\n",
	    .want = "default: host=smtp.gmail.comP port=465P "
	    "from=me@corp.cnA sender=anyP auth=loginP user=me@corp.cnP "
	    "tls=onP tls_starttls=offP domains=gmail.comP" },
	{ .name = "what the last leaves open is the one before's",
	    .user = "account default : qq, exmail\nfrom me@corp.cn\n",
	    .want = "default: host=smtp.exmail.qq.comP port=465P "
	    "from=me@corp.cnA sender=loginP auth=loginP user=me@corp.cnP "
	    "tls=onP tls_starttls=offP domains=qq.com foxmail.comP "
	    "hint=codeP" },
	{ .name = "a sender and a login of one's own both stay",
	    .user = "account default : exmail\nfrom a@corp.cn\n"
	    "user b@corp.cn\n",
	    .want = "default: host=smtp.exmail.qq.comP port=465P "
	    "from=a@corp.cnA sender=loginP auth=loginP user=b@corp.cnA "
	    "tls=onP tls_starttls=offP" },
	{ .name = "a login that is no address is no sender",
	    .user = "account default : exmail\nuser b\n",
	    .want = "default: host=smtp.exmail.qq.comP port=465P "
	    "sender=loginP auth=loginP user=bA tls=onP tls_starttls=offP" },
	{ .name = "nor is the login where the sender may be another",
	    .user = "account default : gmail\nuser b@corp.cn\n",
	    .want = "default: host=smtp.gmail.comP port=465P "
	    "sender=anyP auth=loginP user=b@corp.cnA tls=onP "
	    "tls_starttls=offP domains=gmail.comP" },
	{ .name = "an account called like a provider",
	    .user = "account qq : qq\nfrom 1@corp.cn\n", .account = "qq",
	    .want = "qq: host=smtp.qq.comP port=465P from=1@corp.cnA "
	    "sender=loginP auth=loginP user=1@corp.cnP tls=onP "
	    "tls_starttls=offP domains=qq.com foxmail.comP hint=codeP" },
	{ .name = "an account with domains is a provider",
	    .user = "account c\ndomains corp.cn *.corp.cn\nhost m.corp.cn\n"
	    "port 587\ntls on\nauth on\nfrom x@corp.cn\nuser x\n"
	    "from_full_name X\npassword p\n"
	    "account default\nfrom me@a.corp.cn\n",
	    .want = "default: host=m.corp.cnA port=587A from=me@a.corp.cnA "
	    "auth=onA user=me@a.corp.cnP tls=onA "
	    "domains=corp.cn *.corp.cnA" },
	{ .name = "one of the system's too, with its defaults",
	    .user = "from me@corp.cn\npassword p\n",
	    .system = "defaults\ntls on\naccount c\ndomains corp.cn\n"
	    "host m.corp.cn\nauth plain\n",
	    .want = "default: host=m.corp.cnA port=25B from=me@corp.cnA "
	    "auth=plainA user=me@corp.cnP password=A tls=onD "
	    "domains=corp.cnA secret home/.qsendmailrc default" },
	{ .name = "it comes before a provider that is shipped",
	    .user = "account c\ndomains qq.com\nhost m\n", .from = "1@qq.com",
	    .want = "command line: host=mA port=25B from=1@qq.comC "
	    "user=1@qq.comP domains=qq.comA" },
	{ .name = "without a host it is none",
	    .user = "account c\ndomains corp.cn\n", .from = "1@corp.cn",
	    .want = "!account command line names no host, and the provider of "
	    "1@corp.cn is not known: add \"host NAME\"" },
	{ .name = "a domain below it is another one",
	    .user = "account c\ndomains corp.cn\nhost m\n",
	    .from = "1@a.corp.cn",
	    .want = "!account command line names no host, and the provider of "
	    "1@a.corp.cn is not known: add \"host NAME\"" },
	{ .name = "a base that nobody has", .user = "host a\naccount b : c\n",
	    .want = "!home/.qsendmailrc:2: account c is not defined before "
	    "this line, and no provider has this name" },
	{ .name = "a base that comes later", .user = "account default : b\n"
	    "account b\nhost b\n",
	    .want = "!home/.qsendmailrc:1: account b is defined only behind "
	    "this line (home/.qsendmailrc:2): put it in front" },
	{ .name = "one that a provider is called like", .user = "account "
	    "default : qq\naccount qq\nhost b\n",
	    .want = "!home/.qsendmailrc:1: account qq is defined only behind "
	    "this line (home/.qsendmailrc:2): put it in front" },
	{ .name = "a base of another file", .user = "account default : b\n",
	    .system = "account b\nhost b\n",
	    .want = "!home/.qsendmailrc:1: account b is not defined before "
	    "this line, and no provider has this name" },
	{ .name = "an account by name",
	    .user = "account a\nhost a\naccount b\nhost b\n", .account = "b",
	    .want = "b: host=bA port=25B" },
	{ .name = "an account by a name that nobody has",
	    .user = "account a\nhost a\n", .system = "host s\n",
	    .account = "c", .want = "!there is no account c in "
	    "home/.qsendmailrc and sys/qsendmailrc" },
	{ .name = "no file and an account by name", .account = "c",
	    .want = "!there is no account c in a settings file (there is "
	    "none)" },
	{ .name = "the name wins over the sender",
	    .user = "account a\nhost a\nfrom a@x\naccount b\nhost b\n",
	    .account = "b", .from = "a@x",
	    .want = "b: host=bA port=25B from=a@xC" },
	{ .name = "an account by its sender",
	    .user = "account default\nhost d\naccount a\nhost a\n"
	    "from a@x.org\n", .from = "a@X.ORG",
	    .want = "a: host=aA port=25B from=a@x.orgA" },
	{ .name = "the local part in any case too, as in msmtp",
	    .user = "account default\nhost d\naccount a\nhost a\n"
	    "from a@x.org\n", .from = "A@x.org",
	    .want = "a: host=aA port=25B from=a@x.orgA" },
	{ .name = "a detail belongs to the account without it",
	    .user = "account default\nhost d\naccount a\nhost a\n"
	    "from a@x.org\n", .from = "a+b+c@x.org",
	    .want = "a: host=aA port=25B from=a@x.orgA" },
	{ .name = "a wildcard fits", .user = "account default\nhost d\n"
	    "account a\nhost a\nfrom *@x.org\n", .from = "b@x.org",
	    .want = "a: host=aA port=25B from=b@x.orgC" },
	{ .name = "the first of two that fit", .user = "account a\nhost a\n"
	    "from b*@x.org\naccount c\nhost c\nfrom *@x.org\n",
	    .from = "c@x.org", .want = "c: host=cA port=25B from=c@x.orgC" },
	{ .name = "without a sender a wildcard stays",
	    .user = "host a\nfrom *@x.org\n",
	    .want = "default: host=aA port=25B from=*@x.orgA" },
	{ .name = "a bare name is no sender for a wildcard",
	    .user = "host a\nfrom *\n", .from = "root",
	    .want = "default: host=aA port=25B from=*A" },
	{ .name = "with allow_from_override off it stays as well",
	    .user = "host a\nfrom *@x.org\nallow_from_override off\n",
	    .from = "b@x.org", .want = "default: host=aA port=25B "
	    "from=*@x.orgA allow_from_override=offA" },
	{ .name = "letters stand for names", .user = "host a\n"
	    "from %U@%H\n",
	    .want = "default: host=aA port=25B from=joe@host.exampleA" },
	{ .name = "the sender who was asked for takes their place",
	    .user = "host a\nfrom %U@%M\n", .from = "b@x.org",
	    .want = "default: host=aA port=25B from=b@x.orgC" },
	{ .name = "a name that is not there", .user = "host a\nfrom %U@%M\n",
	    .want = "!from \"%U@%M\": %M needs the file /etc/mailname (a "
	    "name in its first line), which cannot be read" },
	{ .name = "the account is chosen by letters as they are written",
	    .user = "account a\nhost a\nfrom %U@x.org\naccount default\n"
	    "host d\n", .from = "joe@x.org",
	    .want = "default: host=dA port=25B from=joe@x.orgC" },
	{ .name = "the message's own sender comes later", .user = "host a\n"
	    "from %F\n", .want = "default: host=aA port=25B from=%FA" },
	{ .name = "a provider's login has no letters", .user = "from %U@qq.com"
	    "\n", .want = "default: host=smtp.qq.comP port=465P "
	    "from=joe@qq.comA sender=loginP auth=loginP user=joe@qq.comP "
	    "tls=onP tls_starttls=offP domains=qq.com foxmail.comP "
	    "hint=codeP" },
	{ .name = "nor wildcards", .user = "from *@gmail.com\n",
	    .want = "default: host=smtp.gmail.comP port=465P "
	    "from=*@gmail.comA sender=anyP auth=loginP tls=onP "
	    "tls_starttls=offP domains=gmail.comP" },
	{ .name = "auto_from", .user = "host a\nfrom b@x.org\nauto_from\n"
	    "maildomain y.org\n", .want = "default: host=aA port=25B "
	    "from=joe@y.orgA auto_from=onA maildomain=y.orgA" },
	{ .name = "auto_from whoever was asked for", .user = "host a\n"
	    "auto_from\nmaildomain y.org\n", .from = "b@x.org",
	    .want = "default: host=aA port=25B from=joe@y.orgA "
	    "auto_from=onA maildomain=y.orgA" },
	{ .name = "auto_from without maildomain", .user = "host a\n"
	    "auto_from\n",
	    .want = "default: host=aA port=25B from=joeA auto_from=onA" },
	{ .name = "allow_from_override off and no from", .user = "host a\n"
	    "allow_from_override off\n", .from = "b@x.org",
	    .want = "default: host=aA port=25B allow_from_override=offA" },
	{ .name = "a local part that begins the same is another one",
	    .user = "account default\nhost d\naccount a\nhost a\n"
	    "from ab@x.org\n", .from = "a@x.org",
	    .want = "default: host=dA port=25B from=a@x.orgC" },
	{ .name = "of two accounts the first has the sender",
	    .user = "account a\nhost a\nfrom a@x\naccount b\nhost b\n"
	    "from a@x\n", .from = "a@x",
	    .want = "a: host=aA port=25B from=a@xA" },
	{ .name = "a sender without @", .user = "account default\nhost d\n"
	    "account a\nhost a\nfrom root\n", .from = "root",
	    .want = "a: host=aA port=25B from=rootA" },
	{ .name = "a local name is not the address of the same name",
	    .user = "account default\nhost d\naccount a\nhost a\n"
	    "from root@x\n", .from = "root",
	    .want = "default: host=dA port=25B from=rootC" },
	{ .name = "and the other way round",
	    .user = "account default\nhost d\naccount a\nhost a\n"
	    "from root\n", .from = "root@x",
	    .want = "default: host=dA port=25B from=root@xC" },
	{ .name = "the null sender is no sender of an account",
	    .user = "host d\n", .from = "",
	    .want = "default: host=dA port=25B" },
	{ .name = "nor in brackets",
	    .user = "host d\n", .from = "<>",
	    .want = "default: host=dA port=25B" },
	{ .name = "the sender of a default", .user = "defaults\nfrom a@x\n"
	    "account a\nhost a\n", .from = "a@x",
	    .want = "a: host=aA port=25B from=a@xD" },
	{ .name = "the account's own sender stays",
	    .user = "host d\nfrom d@x\n", .from = "other@x",
	    .want = "default: host=dA port=25B from=d@xA" },
	{ .name = "no default account, but a sender of a provider",
	    .user = "account a\nhost a\n", .from = "1@qq.com",
	    .want = "command line: host=smtp.qq.comP port=465P from=1@qq.comC "
	    "sender=loginP auth=loginP user=1@qq.comP tls=onP "
	    "tls_starttls=offP domains=qq.com foxmail.comP hint=codeP" },
	{ .name = "an account without host and sender", .user = "port 25\n",
	    .want = "!account default names neither host nor from: add "
	    "\"from ADDRESS\" (of a known provider) or \"host NAME\"" },
	{ .name = "a password belongs to the host beside it",
	    .user = "password x\n", .from = "1@qq.com",
	    .want = "!account default names neither host nor from: add "
	    "\"from ADDRESS\" (of a known provider) or \"host NAME\"" },
	{ .name = "so does a command for it",
	    .user = "defaults\npasswordeval x\naccount default\n",
	    .from = "1@qq.com",
	    .want = "!account default names neither host nor from: add "
	    "\"from ADDRESS\" (of a known provider) or \"host NAME\"" },
	{ .name = "and a file with it",
	    .user = "password_file x\n", .from = "1@qq.com",
	    .want = "!account default names neither host nor from: add "
	    "\"from ADDRESS\" (of a known provider) or \"host NAME\"" },
	{ .name = "a pattern's password stays with its domain",
	    .user = "from *@qq.com\npassword x\n", .from = "1@gmail.com",
	    .want = "default: host=smtp.qq.comP port=465P from=*@qq.comA "
	    "sender=loginP auth=loginP password=A tls=onP "
	    "tls_starttls=offP domains=qq.com foxmail.comP hint=codeP "
	    "secret home/.qsendmailrc default" },
	{ .name = "a sender that fits it takes its place",
	    .user = "from *@gmail.com\npassword x\n", .from = "1@gmail.com",
	    .want = "default: host=smtp.gmail.comP port=465P "
	    "from=1@gmail.comC sender=anyP auth=loginP user=1@gmail.comP "
	    "password=A tls=onP tls_starttls=offP domains=gmail.comP "
	    "secret home/.qsendmailrc default" },
	{ .name = "so does that of an address with letters",
	    .user = "from %U@gmail.com\npassword x\n", .from = "1@qq.com",
	    .want = "default: host=smtp.gmail.comP port=465P "
	    "from=joe@gmail.comA sender=anyP auth=loginP "
	    "user=joe@gmail.comP password=A tls=onP tls_starttls=offP "
	    "domains=gmail.comP secret home/.qsendmailrc default" },
	{ .name = "a pattern for all domains needs a host for its password",
	    .user = "from *@*\npassword x\n", .from = "1@gmail.com",
	    .want = "!account default names no host, and the provider of *@* "
	    "is not known: add \"host NAME\"" },
	{ .name = "so does one for all addresses",
	    .user = "from *\npassword x\n", .from = "1@gmail.com",
	    .want = "!account default names no host, and the provider of * "
	    "is not known: add \"host NAME\"" },
	{ .name = "a password of the environment is for who is asked for",
	    .env = "PASSWORD=x", .from = "1@gmail.com",
	    .want = "env: host=smtp.gmail.comP port=465P "
	    "from=1@gmail.comC sender=anyP auth=loginP user=1@gmail.comP "
	    "password=E tls=onP tls_starttls=offP domains=gmail.comP "
	    "secret  env" },
	{ .name = "but not when another login stands beside it",
	    .env = "PASSWORD=x USER=1@qq.com", .from = "1@gmail.com",
	    .want = "!account env names neither host nor from: add "
	    "\"from ADDRESS\" (of a known provider) or \"host NAME\"" },
	{ .name = "nor when a pattern does",
	    .env = "PASSWORD=x FROM=*@qq.com", .from = "1@gmail.com",
	    .want = "env: host=smtp.qq.comP port=465P from=*@qq.comE "
	    "sender=loginP auth=loginP password=E tls=onP "
	    "tls_starttls=offP domains=qq.com foxmail.comP hint=codeP "
	    "secret  env" },
	{ .name = "with a host the sender may come from the command line",
	    .user = "host a\npassword x\n", .from = "1@qq.com",
	    .want = "default: host=aA port=25B from=1@qq.comC password=A "
	    "secret home/.qsendmailrc default" },
	{ .name = "without a password the sender chooses the provider",
	    .user = "timeout 5\n", .from = "1@gmail.com",
	    .want = "default: host=smtp.gmail.comP port=465P "
	    "from=1@gmail.comC sender=anyP auth=loginP user=1@gmail.comP "
	    "tls=onP tls_starttls=offP timeout=5A domains=gmail.comP" },
	{ .name = "the user's accounts win over the system's",
	    .user = "account a\nhost u\n", .system = "account a\nhost s\n",
	    .account = "a", .want = "a: host=uA port=25B" },
	{ .name = "also when the sender is that of the system's",
	    .user = "account default\nhost d\naccount a\nhost u\n",
	    .system = "account a\nhost s\nfrom a@x\n", .from = "a@x",
	    .want = "default: host=dA port=25B from=a@xC" },
	{ .name = "another account of the system by its sender",
	    .user = "account a\nhost u\n",
	    .system = "account b\nhost s\nfrom *@x\n", .from = "a@x",
	    .want = "b: host=sA port=25B from=a@xC" },
	{ .name = "the system's accounts are there too",
	    .user = "account a\nhost u\n", .system = "host s\n",
	    .want = "default: host=sA port=25B" },
	{ .name = "the user's defaults are not for the system's accounts",
	    .user = "defaults\nport 5\n", .system = "host s\n",
	    .want = "default: host=sA port=25B" },
	{ .name = "command line over account over defaults",
	    .user = "defaults\ntimeout 1\nuser d\naccount default\nhost a\n"
	    "timeout 2\nport 3\n", .argv = "port=4 logfile=/l",
	    .want = "default: host=aA port=4C user=dD timeout=2A "
	    "logfile=/lC" },
	{ .name = "a source of the password on the command line",
	    .user = "host a\npasswordeval e\npassword x\n",
	    .argv = "password_file=/f",
	    .want = "default: host=aA port=25B password_file=/fC" },
	{ .name = "--host starts from nothing",
	    .user = "host a\nuser u\npassword x\n", .from = "1@qq.com",
	    .env = "PASSWORD=y", .argv = "host=b",
	    .want = "command line: host=bC port=25B from=1@qq.comC" },
	{ .name = "--host and -a", .user = "host a\n", .account = "default",
	    .argv = "host=b", .want = "!64 --host starts from nothing: use it "
	    "without -a" },
	{ .name = "the environment's account is the default one",
	    .user = "host a\nuser u\npassword x\n",
	    .env = "HOST=e USER= TIMEOUT=5 TEST_X=1 RELAY=x RELAY_X=y",
	    .want = "env: host=eE port=25B timeout=5E" },
	{ .name = "it never changes an account of a file",
	    .user = "host a\n", .env = "HOST=e USER=u PASSWORD=p",
	    .account = "default", .want = "default: host=aA port=25B" },
	{ .name = "a sender chooses an account of a file before it",
	    .user = "account a\nhost a\nfrom a@x\n", .env = "HOST=e",
	    .from = "a@x", .want = "a: host=aA port=25B from=a@xA" },
	{ .name = "unless it has the sender itself",
	    .user = "account a\nhost a\nfrom a@x\n", .env = "HOST=e FROM=a@x",
	    .from = "a@X", .want = "env: host=eE port=25B from=a@xE" },
	{ .name = "by its name", .user = "host a\n", .env = "HOST=e",
	    .account = "env", .want = "env: host=eE port=25B" },
	{ .name = "no environment, no account env", .user = "host a\n",
	    .account = "env",
	    .want = "!there is no account env in home/.qsendmailrc" },
	{ .name = "two variables", .env = "FROM=1@qq.com PASSWORD=x",
	    .want = "env: host=smtp.qq.comP port=465P from=1@qq.comE "
	    "sender=loginP auth=loginP user=1@qq.comP password=E tls=onP "
	    "tls_starttls=offP domains=qq.com foxmail.comP hint=codeP "
	    "secret  env" },
	{ .name = "an unknown variable", .env = "HOST=e NOSUCH=1",
	    .want = "!QSENDMAIL_NOSUCH is unknown (qsendmail(1) has the "
	    "list)" },
	{ .name = "a URL with TLS from the start",
	    .env = "URL=smtps://me@x.org@mail.x.org:4650/",
	    .want = "env: host=mail.x.orgE port=4650E auth=onE "
	    "user=me@x.orgE tls=onE tls_starttls=offE" },
	{ .name = "a URL in capitals, without port",
	    .env = "URL=SMTPS://me@a", .want = "env: host=aE port=465B "
	    "auth=onE user=meE tls=onE tls_starttls=offE" },
	{ .name = "a URL with STARTTLS and a password",
	    .env = "URL=smtp://m%C3%a9%40x:p%3Aw%3f:y@a:587",
	    .want = "env: host=aE port=587E auth=onE user=m\xc3\xa9@xE "
	    "password=E tls=onE tls_starttls=onE secret  env p:w?:y" },
	{ .name = "%XX at the end",
	    .env = "URL=smtp://u%40:p%41@a",
	    .want = "env: host=aE port=25B auth=onE user=u@E password=E "
	    "tls=onE tls_starttls=onE secret  env pA" },
	{ .name = "a URL without login", .env = "URL=smtp://localhost:2525",
	    .want = "env: host=localhostE port=2525E tls=offE "
	    "tls_starttls=onE" },
	{ .name = "a URL with an IPv6 address", .env = "URL=smtp://[::1]:26",
	    .want = "env: host=::1E port=26E tls=offE tls_starttls=onE" },
	{ .name = "an IPv6 address without port", .env = "URL=smtp://[::1]",
	    .want = "env: host=::1E port=25B tls=offE tls_starttls=onE" },
	{ .name = "variables over the URL",
	    .env = "URL=smtp://u@a:587 TLS=off USER=v PORT=5",
	    .want = "env: host=aE port=5E auth=onE user=vE tls=offE "
	    "tls_starttls=onE" },
	{ .name = "variables over the URL, wherever it stands",
	    .env = "TLS=off USER=v PORT=5 URL=smtp://u@a:587",
	    .want = "env: host=aE port=5E auth=onE user=vE tls=offE "
	    "tls_starttls=onE" },
	{ .name = "another scheme", .env = "URL=http://u:hunter2@a",
	    .want = "!QSENDMAIL_URL: expected smtps://USER@HOST:PORT or "
	    "smtp://USER@HOST:PORT" },
	{ .name = "a path in a URL", .env = "URL=smtp://u:hunter2@a/x",
	    .want = "!QSENDMAIL_URL: nothing may follow host and port" },
	{ .name = "a query with an @ in a URL", .env = "URL=smtp://a?u@b",
	    .want = "!QSENDMAIL_URL: nothing may follow host and port" },
	{ .name = "a bad port in a URL", .env = "URL=smtp://a:x",
	    .want = "!QSENDMAIL_URL: expected a port from 1 to 65535 "
	    "behind the host" },
	{ .name = "something behind an IPv6 address",
	    .env = "URL=smtp://[::1]x25", .want = "!QSENDMAIL_URL: expected "
	    "a colon and the port behind the host" },
	{ .name = "an open bracket", .env = "URL=smtp://[::1",
	    .want = "!QSENDMAIL_URL: expected ] behind the address" },
	{ .name = "no host in a URL", .env = "URL=smtp://u@",
	    .want = "!QSENDMAIL_HOST needs a value: the name or address of "
	    "a server" },
	{ .name = "a bad %XX", .env = "URL=smtp://u%4@a",
	    .want = "!QSENDMAIL_URL: bad %XX in the user name" },
	{ .name = "a %XX that is not hexadecimal", .env = "URL=smtp://u%4g@a",
	    .want = "!QSENDMAIL_URL: bad %XX in the user name" },
	{ .name = "a NUL by %00", .env = "URL=smtp://u:hunter2%00@a",
	    .want = "!QSENDMAIL_URL: bad %XX in the password" },
	{ .name = "a line end by %0a", .env = "URL=smtp://u%0aRSET@a",
	    .want = "!QSENDMAIL_USER: the value has a control character" },
	{ .name = "evals: the rest has to wait",
	    .user = "defaults\neval echo user u\naccount default\n",
	    .want = "default: secret home/.qsendmailrc default eval u" },
	{ .name = "a control character in the sender",
	    .user = "host a\n", .from = "a\n@x",
	    .want = "!64 --from: the value has a control character" },
};

static void
set_variables(const char *text, int on)
{
	const char *equals, *end;
	struct buf name = BUF_INIT, value = BUF_INIT;

	while (text != NULL && *text != '\0') {
		equals = strchr(text, '=');
		end = text + strcspn(text, " ");
		buf_reset(&name);
		buf_adds(&name, "QSENDMAIL_");
		buf_add(&name, text, (size_t)(equals - text));
		buf_set(&value, equals + 1, (size_t)(end - equals) - 1);
		if (on)
			setenv(name.data, value.data, 1);
		else
			unsetenv(name.data);
		text = *end == ' ' ? end + 1 : end;
	}
	buf_release(&name);
	buf_release(&value);
}

static void
set_argv(struct values *v, const char *text)
{
	static const struct origin o = { ORIGIN_COMMAND_LINE, NULL, 0 };
	const char *equals, *end;
	struct buf name = BUF_INIT, value = BUF_INIT;
	struct fault f = FAULT_INIT;

	while (text != NULL && *text != '\0') {
		equals = strchr(text, '=');
		end = text + strcspn(text, " ");
		buf_set(&name, text, (size_t)(equals - text));
		buf_set(&value, equals + 1, (size_t)(end - equals) - 1);
		if (settings_set(v, SETTING_CLI, name.data, value.data, &o,
		    &f) == -1)
			ok(0, f.text.data);
		text = *end == ' ' ? end + 1 : end;
	}
	buf_release(&name);
	buf_release(&value);
	fault_release(&f);
}

static void
dump_account(const struct account *a, struct buf *out)
{
	static const char kinds[] = "BPDAEC";
	struct fault f = FAULT_INIT;
	struct values v;
	size_t i;

	buf_addf(out, "%s:", a->name);
	for (i = 0; i < SETTING_COUNT; i++)
		if (values_is_set(&a->values, (enum setting_id)i))
			buf_addf(out, " %s=%s%c", settings[i].name,
			    values_text(&a->values, i),
			    kinds[values_origin(&a->values, i)->kind]);
	if (a->secret_file == NULL)
		return;
	buf_addf(out, " secret %s %s%s", a->secret_file, a->secret_section,
	    a->has_eval ? " eval" : "");
	values_init(&v);
	if (account_load_secret(a->secret_file, a->secret_section, &v,
	    &f) == -1)
		ok(0, f.text.data);
	if (strlen(values_text(&v, S_PASSWORD)) > 1)
		buf_addf(out, " %s", values_text(&v, S_PASSWORD));
	if (a->has_eval)
		buf_addf(out, " %s", values_text(&v, S_USER));
	values_release(&v);
	fault_release(&f);
}

static void
put_or_remove(const char *path, const char *text)
{
	if (text != NULL)
		put_file(path, text);
	else
		unlink(path);
}

static void
test_account(const struct account_case *t)
{
	struct account_request r = { .name = t->account, .from = t->from };
	struct buf got = BUF_INIT, want = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct account a;
	struct values argv;

	put_or_remove("home/.qsendmailrc", t->user);
	put_or_remove("sys/qsendmailrc", t->system);
	set_variables(t->env, 1);
	values_init(&argv);
	set_argv(&argv, t->argv);
	r.argv = &argv;
	account_init(&a);
	if (account_resolve(&a, &r, &f) == 0)
		dump_account(&a, &got);
	else
		buf_addf(&got, "%d %s", f.code, f.text.data);
	if (t->want[0] == '!' && strncmp(t->want, "!64 ", 4) != 0)
		buf_addf(&want, "%d ", EX_CONFIG);
	buf_adds(&want, t->want + (t->want[0] == '!'));
	is_text(got.data, want.data, t->name);
	set_variables(t->env, 0);
	values_release(&argv);
	account_release(&a);
	fault_release(&f);
	buf_release(&got);
	buf_release(&want);
}

/* The name of the account, or the fault, for files and a request. */
static void
chosen(const struct account_request *r, const char *want, const char *name)
{
	struct fault f = FAULT_INIT;
	struct account a;

	account_init(&a);
	if (account_resolve(&a, r, &f) == 0)
		is_text(values_text(&a.values, S_HOST), want, name);
	else
		is_text(f.text.data, want, name);
	account_release(&a);
	fault_release(&f);
}

static void
test_search(void)
{
	struct account_request r = { .file = NULL };

	mkdir("home/.config", 0700);
	mkdir("home/.config/qsendmail", 0700);
	mkdir("home/.config/msmtp", 0700);
	mkdir("xdg", 0700);
	mkdir("xdg/qsendmail", 0700);
	put_file("home/.config/qsendmail/config", "host config\n");
	put_file("home/.config/msmtp/config", "host msmtp\n");
	put_file("home/.qsendmailrc", "host dot\n");
	put_file("home/.msmtprc", "host msmtprc\n");
	put_file("sys/qsendmailrc", "host sys\n");
	put_file("sys/msmtprc", "host sysmsmtp\n");
	put_file("xdg/qsendmail/config", "host xdg\n");
	put_file("given", "host given\n");
	chosen(&r, "config", "first the file in the configuration folder");
	unlink("home/.config/qsendmail/config");
	chosen(&r, "dot", "then ~/.qsendmailrc");
	unlink("home/.qsendmailrc");
	chosen(&r, "msmtprc", "then ~/.msmtprc");
	unlink("home/.msmtprc");
	chosen(&r, "msmtp", "then msmtp's own in the configuration folder");
	unlink("home/.config/msmtp/config");
	chosen(&r, "sys", "the system's qsendmailrc");
	unlink("sys/qsendmailrc");
	chosen(&r, "sysmsmtp", "the system's msmtprc");
	unlink("sys/msmtprc");
	put_file("home/.qsendmailrc", "host dot\n");
	setenv("XDG_CONFIG_HOME", "xdg", 1);
	chosen(&r, "dot", "a relative XDG_CONFIG_HOME is ignored");
	unsetenv("XDG_CONFIG_HOME");
	r.file = "given";
	chosen(&r, "given", "-C replaces the user's file");
	setenv("QSENDMAIL_HOST", "env", 1);
	chosen(&r, "given", "and the environment's account as default");
	unsetenv("QSENDMAIL_HOST");
	put_file("sys/qsendmailrc", "account s\nhost sys\n");
	r.name = "s";
	chosen(&r, "sys", "the system's accounts stay with -C");
	r.file = "none";
	chosen(&r, "cannot read the settings file none: No such file or "
	    "directory", "a file for -C that is missing");
	unlink("sys/qsendmailrc");
	r.name = NULL;
	r.file = "given";
	r.strict = 1;
	chmod("given", 0666);
	chosen(&r, "called as sendmail, -C takes only a file that root owns "
	    "and nobody else can write: given", "-C when strict");
	r.strict = 0;
	chosen(&r, "given", "-C when not strict");
	unlink("home/.qsendmailrc");
}

/* A Maildir needs no host, no provider and no sender, and lets nothing by. */
static void
test_maildir(void)
{
	struct account_request r = { .from = "me@b" };
	struct fault f = FAULT_INIT;
	struct account a;

	put_file("home/.qsendmailrc", "host a\naccount b\nhost b\nfrom me@b\n"
	    "account m\nmaildir ~/mail\naccount q\nfrom me@nowhere.example\n"
	    "maildir x\n");
	setenv("QSENDMAIL_MAILDIR", "caught", 1);
	chosen(&r, "", "a Maildir of the environment wins over addresses");
	r.name = "b";
	chosen(&r, "b", "... not over -a");
	r.name = NULL;
	r.file = "home/.qsendmailrc";
	chosen(&r, "b", "... not over -C");
	r.file = NULL;
	unsetenv("QSENDMAIL_MAILDIR");
	chosen(&r, "b", "without it the address chooses");
	r.from = NULL;
	r.name = "q";
	chosen(&r, "", "a Maildir needs no known provider");
	r.name = "m";
	account_init(&a);
	ok(account_resolve(&a, &r, &f) == 0 && strstr(values_text(&a.values,
	    S_FROM), "@localhost") != NULL, "its sender is the user");
	ok(strstr(values_text(&a.values, S_MAILDIR), "home/mail") != NULL,
	    "~/ is the home directory");
	is_text(values_text(&a.values, S_PORT), "", "it has no port");
	account_release(&a);
	r.from = "you@x";
	account_init(&a);
	account_resolve(&a, &r, &f);
	is_text(values_text(&a.values, S_FROM), "you@x",
	    "... or who was asked for");
	account_release(&a);
	fault_release(&f);
	unlink("home/.qsendmailrc");
}

/* msmtp's variables, when there is no account. */
static void
test_smtpserver(void)
{
	struct account_request r = { .from = NULL };
	struct fault f = FAULT_INIT;
	struct account a;

	setenv("SMTPSERVER", "mail.example", 1);
	setenv("EMAIL", "a@x.org", 1);
	account_init(&a);
	is_number(account_resolve(&a, &r, &f), 0, "SMTPSERVER and EMAIL");
	is_text(values_text(&a.values, S_HOST), "mail.example", "the server");
	is_text(values_text(&a.values, S_FROM), "a@x.org", "and the sender");
	account_release(&a);
	r.from = "b@gmail.com";
	chosen(&r, "mail.example", "SMTPSERVER before a provider");
	put_file("home/.qsendmailrc", "host default\n");
	chosen(&r, "default", "not when there is a default account");
	put_file("home/.qsendmailrc", "account a\nhost a\nfrom b@gmail.com\n");
	chosen(&r, "a", "nor one of the sender");
	unlink("home/.qsendmailrc");
	setenv("EMAIL", "\n", 1);
	r.from = NULL;
	chosen(&r, "EMAIL: from: the value has a control character",
	    "a bad EMAIL");
	unsetenv("SMTPSERVER");
	unsetenv("EMAIL");
	fault_release(&f);
}

/* A pipe: read once here, and once more by the relay. */
static void
test_pipe(void)
{
	static const char text[] = "account a\nhost h\npassword hunter2\n";
	struct account_request r = { .file = "pipe", .name = "a" };
	struct fault f = FAULT_INIT;
	struct account a;
	struct values v;
	pid_t child;
	int fd;

	if (mkfifo("pipe", 0600) == -1)
		ok(0, "mkfifo");
	account_init(&a);
	is_number(account_resolve(&a, &r, &f), -1, "a pipe without a writer");
	is_text(f.text.data, "pipe is a pipe, and nothing comes out of it",
	    "is a fault, soon");
	is_number(f.code, EX_NOINPUT, "of its kind");
	account_release(&a);
	fault_release(&f);
	child = fork();
	if (child == 0) {
		fd = open("pipe", O_WRONLY);
		_exit(write(fd, text, sizeof text - 1) == -1);
	}
	account_init(&a);
	is_number(account_resolve(&a, &r, &f), 0, "a pipe with a writer");
	is_text(values_text(&a.values, S_HOST), "h", "has settings");
	values_init(&v);
	is_number(account_load_secret(a.secret_file, a.secret_section, &v,
	    &f), 0, "and can be read again");
	is_text(values_text(&v, S_PASSWORD), "hunter2", "for the password");
	values_release(&v);
	account_release(&a);
	fault_release(&f);
	waitpid(child, NULL, 0);
	unlink("pipe");
}

/* Without the shipped file: what needs it fails, the rest works. */
static void
test_no_providers(void)
{
	static const char fault[] = "cannot read the settings file "
	    "none/providers: No such file or directory";
	struct account_request r = { .from = "1@qq.com" };

	setenv("QSENDMAIL_TEST_DATADIR", "none", 1);
	chosen(&r, fault, "no providers: a sender alone");
	put_file("home/.qsendmailrc", "host a\naccount b\nfrom 1@qq.com\n");
	r.from = NULL;
	chosen(&r, "a", "no providers: an account with a host");
	r.name = "b";
	chosen(&r, fault, "no providers: an account without");
	r.name = "qq";
	chosen(&r, fault, "no providers: a provider by name");
	put_file("home/.qsendmailrc", "host a\naccount b : qq\n");
	r.name = NULL;
	chosen(&r, fault, "no providers: a base");
	unlink("home/.qsendmailrc");
	setenv("QSENDMAIL_TEST_DATADIR", "data", 1);
}

/* The number that the next file gets. */
static int
next_descriptor(void)
{
	int fd = open("/dev/null", O_RDONLY);

	close(fd);
	return fd;
}

static void
test_descriptors(void)
{
	struct fault f = FAULT_INIT;
	struct config c;
	int before = next_descriptor();

	put_file("rc", "host a\nport x\n");
	config_init(&c);
	config_load(&c, "rc", 0, &f);
	config_load(&c, "data/providers", 0, &f);
	is_number(next_descriptor(), before, "no descriptor stays open");
	config_release(&c);
	fault_release(&f);
}

static void
test_xdg(void)
{
	struct account_request r = { .file = NULL };
	struct buf path = BUF_INIT;
	char *here = getcwd(NULL, 0);

	buf_addf(&path, "%s/xdg", here);
	setenv("XDG_CONFIG_HOME", path.data, 1);
	chosen(&r, "xdg", "XDG_CONFIG_HOME");
	unsetenv("XDG_CONFIG_HOME");
	free(here);
	buf_release(&path);
}

/* account_load_secret: what evals make, and when they do not count. */
static const struct eval_case {
	const char *name, *in, *want;
} eval_cases[] = {
	{ "an eval makes a setting", "eval echo timeout 5\n", "5 - -" },
	{ "only the first line counts",
	    "eval printf 'timeout 5\\ntimeout 6\\n'\n", "5 - -" },
	{ "without line end, with CR", "eval printf 'timeout 5\\r\\n'\n",
	    "5 - -" },
	{ "quotes in the output", "eval echo 'user \"a b\"'\n",
	    "off a b -" },
	{ "no output", "eval true\n", "off - -" },
	{ "a comment", "eval echo '# x'\n", "off - -" },
	{ "a password", "eval echo password hunter2\n", "off - hunter2" },
	{ "the password of the file", "password hunter2\n", "off - hunter2" },
	{ "a later line wins over an eval", "eval echo timeout 5\ntimeout 6\n",
	    "6 - -" },
	{ "an eval wins over an earlier line",
	    "timeout 6\neval echo timeout 5\n", "5 - -" },
	{ "an account wins over an eval in defaults", "defaults\n"
	    "eval echo timeout 5\naccount default\ntimeout 6\n", "6 - -" },
	{ "an eval in an account wins over defaults", "defaults\ntimeout 6\n"
	    "account default\neval echo timeout 5\n", "5 - -" },
	{ "an eval of a base wins over defaults behind it", "account a\n"
	    "eval echo timeout 5\ndefaults\ntimeout 6\n"
	    "account default : a\n", "5 - -" },
	{ "a line behind an included eval wins",
	    "timeout 6\ninclude sub/eval\ntimeout 7\n", "7 - -" },
	{ "an included eval wins over a line before", "timeout 6\n"
	    "include sub/eval\n", "5 - -" },
	{ "an included line wins over an eval before",
	    "eval echo timeout 6\ninclude sub/line\n", "8 - -" },
	{ "an eval wins over an included line before", "include sub/line\n"
	    "eval echo timeout 6\n", "6 - -" },
	{ "the second of two bases wins over an eval of the first",
	    "account a\ntimeout 1\naccount b\neval echo timeout 2\n"
	    "account default : b, a\n", "1 - -" },
	{ "an eval of the second of two bases wins",
	    "account a\ntimeout 1\naccount b\neval echo timeout 2\n"
	    "account default : a, b\n", "2 - -" },
	{ "an older spelling wins over an eval before",
	    "eval echo timeout 6\nconnect_timeout 7\n", "7 - -" },
	{ "a password of defaults", "defaults\npassword hunter2\n"
	    "account default\n", "off - hunter2" },
	{ "a password of a base", "account a\npassword hunter2\n"
	    "account default : a\n", "off - hunter2" },
	{ "the last of two evals",
	    "eval echo timeout 5\neval echo timeout 7\n", "7 - -" },
	{ "an unknown keyword", "\neval echo pasword hunter2\n",
	    "!rc:2: eval: unknown keyword (qsendmailrc(5) has the list)" },
	{ "a section is no setting", "eval echo account hunter2\n",
	    "!rc:1: eval: unknown keyword (qsendmailrc(5) has the list)" },
	{ "a command that fails", "eval exit 3\n",
	    "!rc:1: eval: command \"exit 3\" ended with status 3" },
	{ "a NUL octet", "eval printf 'user a\\0b\\n'\n",
	    "!rc:1: eval: the line has a NUL octet" },
};

static void
test_eval(const struct eval_case *t)
{
	struct fault f = FAULT_INIT;
	struct buf got = BUF_INIT;
	struct values v;
	const char *user, *password;

	put_file("rc", t->in);
	values_init(&v);
	if (account_load_secret("rc", "default", &v, &f) == 0) {
		user = values_text(&v, S_USER);
		password = values_text(&v, S_PASSWORD);
		buf_addf(&got, "%s %s %s", values_text(&v, S_TIMEOUT),
		    *user != '\0' ? user : "-",
		    *password != '\0' ? password : "-");
	} else
		buf_addf(&got, "!%s", f.text.data);
	is_text(got.data, t->want, t->name);
	values_release(&v);
	fault_release(&f);
	buf_release(&got);
}

static void
test_load_secret(void)
{
	struct fault f = FAULT_INIT;
	struct values v;

	put_file("rc", "account a\npassword x\naccount b : a\n");
	values_init(&v);
	is_number(account_load_secret("rc", "b", &v, &f), 0,
	    "the secret of a base");
	is_text(values_text(&v, S_PASSWORD), "x", "is inherited");
	ok(values_origin(&v, S_PASSWORD)->file == NULL,
	    "origins do not point into what is gone");
	values_release(&v);
	is_number(account_load_secret("rc", "c", &v, &f), -1,
	    "an account that has gone meanwhile");
	is_text(f.text.data, "account c is no longer in rc", "is named");
	values_release(&v);
	fault_release(&f);
}

/* The front end after the relay ran the evals of the account. */
static void
test_complete(void)
{
	struct account_request r = { .file = "rc" };
	struct buf out = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct values argv;
	struct account a;

	put_file("rc", "eval echo from 1@qq.com\neval echo timeout 5\n"
	    "user u\n");
	values_init(&argv);
	set_argv(&argv, "timeout=9");
	r.argv = &argv;
	account_init(&a);
	is_number(account_resolve(&a, &r, &f), 0, "evals can wait");
	ok(a.has_eval && !values_is_set(&a.values, S_HOST),
	    "no provider is chosen yet");
	is_number(account_add_evaluated(&a, "from", "1@qq.com", &f), 0,
	    "what an eval made");
	is_number(account_add_evaluated(&a, "timeout", "5", &f), 0,
	    "what the command line has");
	is_number(account_add_evaluated(&a, "user", "u", &f), 0,
	    "what the file has");
	is_number(account_complete(&a, &f), 0, "then it is complete");
	is_text(values_text(&a.values, S_HOST), "smtp.qq.com",
	    "with the provider of the sender that came from an eval");
	is_text(values_text(&a.values, S_TIMEOUT), "9",
	    "the command line counts more than an eval");
	is_number(values_origin(&a.values, S_USER)->line, 3,
	    "what is the same keeps its origin");
	account_describe(&a, &out);
	ok(strstr(out.data, "\nfrom                 1@qq.com              "
	    "     # account, eval in rc\n") != NULL, "and says so");
	buf_release(&out);
	is_number(account_add_evaluated(&a, "nosuch", "1@qq.com", &f), -1,
	    "a setting that is none");
	is_number(f.code, EX_SOFTWARE, "is a fault of the relay");
	fault_release(&f);
	is_number(account_add_evaluated(&a, "port", "x", &f), -1,
	    "a bad value from an eval");
	values_release(&argv);
	account_release(&a);
	fault_release(&f);
}

static void
test_describe(void)
{
	struct account_request r = { .file = "rc" };
	struct buf out = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct account a;

	put_file("rc", "defaults\ntimeout 5\naccount default\n"
	    "from 1@qq.com\npassword hunter2\nfrom_full_name \" a\\\"b\"\n"
	    "passwordeval \"\"\nlogfile \n");
	account_init(&a);
	is_number(account_resolve(&a, &r, &f), 0, "describe: the account");
	account_describe(&a, &out);
	ok(strncmp(out.data, "# account default\n", 18) == 0,
	    "describe: first its name");
	ok(strstr(out.data, "\nhost                 smtp.qq.com           "
	    "     # provider, data/providers:8\n") != NULL,
	    "describe: a value of the provider");
	ok(strstr(out.data, "\ntimeout              5                     "
	    "     # defaults, rc:2\n") != NULL, "describe: a default");
	ok(strstr(out.data, "\nfrom                 1@qq.com              "
	    "     # account, rc:4\n") != NULL,
	    "describe: a value of the account");
	ok(strstr(out.data, "\nuser                 1@qq.com              "
	    "     # provider\n") != NULL, "describe: the login");
	ok(strstr(out.data, "\npassword             (set)                 "
	    "     # account, rc:5\n") != NULL,
	    "describe: a secret is not shown");
	ok(strstr(out.data, "hunter2") == NULL, "describe: really not");
	ok(strstr(out.data, "\nfrom_full_name       \" a\\\"b\" ") != NULL,
	    "describe: quotes where a file needs them");
	ok(strstr(out.data, "\nlogfile              \"\" ") != NULL,
	    "describe: an empty value");
	ok(strstr(out.data, "\ntls_certcheck        on                    "
	    "     # built-in\n") != NULL, "describe: a built-in default");
	ok(strstr(out.data, "\ncharset") == NULL,
	    "describe: nothing where there is nothing");
	account_release(&a);
	buf_release(&out);
	fault_release(&f);
}

/* ---- the shipped providers ---- */

/* STARTTLS has port 587, and what runs on this machine its own. */
static int
is_complete(const struct section *s)
{
	const struct values *v = &s->values;
	int way = values_bool(v, S_TLS_STARTTLS);
	int port = (int)values_number(v, S_PORT);
	int is_here = strcmp(values_text(v, S_HOST), "127.0.0.1") == 0;

	return values_is_set(v, S_HOST) && values_is_set(v, S_PORT) &&
	    values_is_set(v, S_HINT) && values_is_set(v, S_SENDER) &&
	    values_is_set(v, S_AUTH) && !values_is(v, S_AUTH, "off") &&
	    values_bool(v, S_TLS) && values_bool(v, S_TLS_CERTCHECK) &&
	    (is_here ? port > 1024 : port == (way ? 587 : 465)) &&
	    strlen(values_text(v, S_HINT)) <= 240;
}

/* A login that is the same for everybody is told in the hint. */
static int
is_user_told(const struct values *v)
{
	return !values_is_set(v, S_USER) || strstr(values_text(v, S_HINT),
	    values_text(v, S_USER)) != NULL;
}

static int
is_impersonal(const struct section *s)
{
	const struct values *v = &s->values;

	return values_origin(v, S_HOST)->kind == ORIGIN_PROVIDER &&
	    s->bases.n == 0 && s->evals_n == 0 && !values_is_set(v, S_FROM) &&
	    !values_is_set(v, S_PASSWORD) &&
	    !values_is_set(v, S_PASSWORD_FILE) &&
	    !values_is_set(v, S_PASSWORDEVAL);
}

static void
test_shipped(void)
{
	const char *srcdir = getenv("srcdir");
	struct buf path = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct config c;
	size_t i;

	if (srcdir == NULL)
		return;
	buf_addf(&path, "%s/etc/providers", srcdir);
	config_init(&c);
	is_number(config_load(&c, path.data, CONFIG_PROVIDERS, &f), 0,
	    "the shipped providers");
	for (i = 0; i < c.n; i++) {
		ok(is_complete(&c.v[i]), c.v[i].name);
		ok(is_impersonal(&c.v[i]) && is_user_told(&c.v[i].values),
		    "  ... is a provider that stands for itself");
	}
	ok(c.n > 50, "there are many of them");
	config_release(&c);
	fault_release(&f);
	buf_release(&path);
}

/* ---- finding a provider ---- */

static const struct {
	const char *name;
	enum provider_key key;
	const char *text, *want; /* of the provider; NULL: none */
} find_cases[] = {
	{ "by name", PROVIDER_NAME, "exmail", "exmail" },
	{ "by a name that only begins so", PROVIDER_NAME, "ex", NULL },
	{ "by no name", PROVIDER_NAME, "", NULL },
	{ "by domain", PROVIDER_DOMAIN, "foxmail.com", "qq" },
	{ "by domain in capitals", PROVIDER_DOMAIN, "FoxMail.COM", "qq" },
	{ "by a part of a domain", PROVIDER_DOMAIN, "mail.com", NULL },
	{ "by a domain below one", PROVIDER_DOMAIN, "a.qq.com", NULL },
	{ "by a domain that is a host", PROVIDER_DOMAIN, "smtp.qq.com",
	    NULL },
	{ "by a word of the hint", PROVIDER_DOMAIN, "code", NULL },
	{ "by host", PROVIDER_HOST, "smtp.gmail.com", "gmail" },
	{ "by another host", PROVIDER_HOST, "relay.587.org", "s" },
	{ "by a host of a region", PROVIDER_HOST, "in.eu-1.587.net", "s" },
	{ "by a host with a label too many", PROVIDER_HOST,
	    "in.eu.1.587.net", NULL },
	{ "by a host with a label too few", PROVIDER_HOST, "in.587.net",
	    NULL },
	{ "by a host with an empty label", PROVIDER_HOST, "in..587.net",
	    NULL },
	{ "by a host that goes on", PROVIDER_HOST, "in.a.587.net.x", NULL },
	{ "by the star itself", PROVIDER_HOST, "in.*.587.net", "s" },
};

static void
test_find(void)
{
	const struct section *found, *again;
	struct fault f = FAULT_INIT;
	struct config c;
	size_t i;

	for (i = 0; i < sizeof find_cases / sizeof find_cases[0]; i++) {
		config_init(&c);
		is_number(provider_find(&c, find_cases[i].key,
		    find_cases[i].text, &found, &f), 0, find_cases[i].name);
		is_text(found != NULL ? found->name : "none",
		    find_cases[i].want != NULL ? find_cases[i].want : "none",
		    "  ... is the provider");
		is_number((long long)c.n, found != NULL,
		    "  ... and no other one is read");
		config_release(&c);
	}
	config_init(&c);
	provider_find(&c, PROVIDER_NAME, "gmail", &found, &f);
	is_number(found->line, 21, "its line in the file is known");
	is_number(values_number(&found->values, S_PORT), 465,
	    "it has what the defaults say");
	provider_find(&c, PROVIDER_HOST, "smtp.gmail.com", &again, &f);
	ok(again == found && c.n == 1, "it is read once");
	provider_find(&c, PROVIDER_NAME, "qq", &found, &f);
	ok(found != NULL && c.n == 2, "another one is added");
	config_release(&c);
	fault_release(&f);
}

static void
test_hint(void)
{
	static const char *const cases[][3] = {
		{ "from 1@qq.com\n", "code", "the provider's hint" },
		{ "host smtp.qq.com\n", "code", "by the host that is named" },
		{ "host smtp.qq.com\nhint mine\n", "mine", "one's own" },
		{ "host smtp.example.org\n", "", "none for another host" },
	};
	struct account_request r = { 0 };
	struct fault f = FAULT_INIT;
	struct buf hint = BUF_INIT;
	struct account a;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		put_file("rc", cases[i][0]);
		r.file = "rc";
		account_init(&a);
		is_number(account_resolve(&a, &r, &f), 0, cases[i][2]);
		buf_reset(&hint);
		account_hint(&a, &hint);
		is_text(hint.data, cases[i][1], "  ... as a hint");
		account_release(&a);
	}
	unlink("rc");
	buf_release(&hint);
	fault_release(&f);
}

static void
test_shipped_path(void)
{
	struct buf path = BUF_INIT;

	unsetenv("QSENDMAIL_TEST_DATADIR");
	provider_shipped_path("providers", &path);
	is_text(path.data, PKGDATADIR "/providers",
	    "away from a built tree, the installed file");
	setenv("QSENDMAIL_TEST_DATADIR", "data", 1);
	buf_release(&path);
}

int
main(void)
{
	size_t i;

	chmod(".", 0711);
	setenv("QSENDMAIL_TEST_SYSCONFDIR", "sys", 1);
	setenv("QSENDMAIL_TEST_DATADIR", "data", 1);
	setenv("USER", "joe", 1);
	setenv("HOSTNAME", "host.example", 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("SMTPSERVER");
	unsetenv("EMAIL");
	mkdir("sys", 0700);
	mkdir("data", 0700);
	put_file("data/providers", providers);
	for (i = 0; i < sizeof load_cases / sizeof load_cases[0]; i++)
		test_load(&load_cases[i]);
	test_long_line();
	test_bad_files();
	test_include();
	for (i = 0; i < sizeof access_cases / sizeof access_cases[0]; i++)
		test_access(&access_cases[i]);
	test_root_only();
	for (i = 0; i < sizeof account_cases / sizeof account_cases[0]; i++)
		test_account(&account_cases[i]);
	test_search();
	test_maildir();
	test_xdg();
	test_smtpserver();
	test_pipe();
	test_no_providers();
	test_descriptors();
	put_file("sub/eval", "eval echo timeout 5\n");
	put_file("sub/line", "timeout 8\n");
	for (i = 0; i < sizeof eval_cases / sizeof eval_cases[0]; i++)
		test_eval(&eval_cases[i]);
	test_load_secret();
	test_complete();
	test_describe();
	test_shipped();
	test_find();
	test_hint();
	test_shipped_path();
	return tap_done();
}
