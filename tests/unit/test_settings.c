/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: what each type takes, what is said about the rest, and sets of
 * values. */
#include "settings/settings.h"

#include <stdlib.h>

#include "base/buf.h"
#include "tap.h"

static const struct origin origin = { ORIGIN_ACCOUNT, "file", 7 };

static const struct set_case {
	const char *name;
	enum setting_where where;
	const char *setting, *in;
	const char *want;      /* the text kept, or "!" and the fault */
	long long number;
} cases[] = {
	{ "text is kept as it is", SETTING_FILE, "host", "smtp.qq.com",
	    "smtp.qq.com", 0 },
	{ "text may be empty", SETTING_FILE, "user", "", "", 0 },
	{ "host may not be empty", SETTING_FILE, "host", "",
	    "!host needs a value: the name or address of a server", 0 },
	{ "an empty domain is the default again", SETTING_FILE, "domain", "",
	    "localhost", 0 },
	{ "tls_trust_file may be empty", SETTING_FILE, "tls_trust_file", "",
	    "", 0 },
	{ "proxy_port may be empty", SETTING_FILE, "proxy_port", "", "", 0 },
	{ "a proxy's port too high", SETTING_FILE, "proxy_port", "65536",
	    "!proxy_port \"65536\": expected a number from 1 to 65535", 0 },
	{ "tls_min_version without a value lowers nothing", SETTING_FILE,
	    "tls_min_version", "", "1.2", 0 },
	{ "a fingerprint", SETTING_FILE, "tls_fingerprint",
	    "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
	    "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff", 0 },
	{ "no fingerprint", SETTING_FILE, "tls_fingerprint", "", "", 0 },
	{ "a bad fingerprint", SETTING_FILE, "tls_fingerprint", "00:11",
	    "!tls_fingerprint \"00:11\": expected the SHA256 (or SHA1 or MD5) "
	    "fingerprint of the certificate, 01:23:..., as --check prints it",
	    0 },
	{ "a bad pin", SETTING_ENV, "tls_pin", "sha256//x",
	    "!QSENDMAIL_TLS_PIN \"sha256//x\": expected sha256//BASE64 as "
	    "--check prints it, several with ; between", 0 },
	{ "a word that has no counterpart", SETTING_CLI, "tls_priorities",
	    "NORMAL:+SRP", "!--tls-priorities \"NORMAL:+SRP\": \"+SRP\" has "
	    "no counterpart here; write tls_min_version or tls_ciphers "
	    "(OpenSSL's names) instead", 0 },
	{ "a proxy", SETTING_FILE, "proxy", "socks5h://me@localhost:9050",
	    "socks5h://me@localhost:9050", 0 },
	{ "a proxy with a password is not shown", SETTING_CLI, "proxy",
	    "http://me:hunter2@localhost", "!--proxy: the password of a "
	    "proxy is the setting proxy_password", 0 },
	{ "a proxy of another kind", SETTING_FILE, "proxy", "ftp://a",
	    "!proxy \"ftp://a\": expected socks5h://HOST:PORT, "
	    "socks5://HOST:PORT or http://HOST:PORT, with USER@ in front of "
	    "HOST for a login", 0 },
	{ "an own address", SETTING_FILE, "source_ip", "::1", "::1", 0 },
	{ "a name is no own address", SETTING_FILE, "source_ip", "lo",
	    "!source_ip \"lo\": expected an IPv4 or IPv6 address", 0 },
	{ "channel binding", SETTING_FILE, "auth", "scram-sha-256-plus",
	    "!auth \"scram-sha-256-plus\": libcurl has no channel binding; "
	    "write scram-sha-256 instead", 0 },
	{ "a proxy_password is no option", SETTING_CLI, "proxy_password", "x",
	    "!--proxy-password: this setting can only stand in a settings "
	    "file or the environment", 0 },
	{ "a proxy_password is not kept", SETTING_FILE, "proxy_password",
	    "hunter2", "", 1 },
	{ "on", SETTING_FILE, "tls", "on", "on", 1 },
	{ "yes is on", SETTING_FILE, "tls", "yes", "on", 1 },
	{ "true is on, in any case", SETTING_FILE, "tls", "TRUE", "on", 1 },
	{ "1 is on", SETTING_FILE, "tls", "1", "on", 1 },
	{ "a switch without value is on", SETTING_FILE, "tls", "", "on", 1 },
	{ "off", SETTING_FILE, "tls", "off", "off", 0 },
	{ "no is off", SETTING_FILE, "tls", "no", "off", 0 },
	{ "false is off", SETTING_FILE, "tls", "false", "off", 0 },
	{ "0 is off", SETTING_FILE, "tls", "0", "off", 0 },
	{ "a bad switch", SETTING_FILE, "tls", "maybe",
	    "!tls \"maybe\": expected on or off", 0 },
	{ "a switch with more behind it", SETTING_FILE, "tls", "one",
	    "!tls \"one\": expected on or off", 0 },
	{ "a bad switch of the command line", SETTING_CLI, "tls-starttls",
	    "x", "!--tls-starttls \"x\": expected on or off", 0 },
	{ "a bad switch of the environment", SETTING_ENV, "tls_starttls",
	    "x", "!QSENDMAIL_TLS_STARTTLS \"x\": expected on or off", 0 },
	{ "one To field", SETTING_FILE, "set_to_header", "", "on", 0 },
	{ "one that names nobody", SETTING_FILE, "set_to_header",
	    "undisclosed_recipients", "undisclosed_recipients", 2 },
	{ "To, Cc and Bcc as they are", SETTING_FILE, "set_to_header", "off",
	    "off", 1 },
	{ "set_from_header alone is auto", SETTING_FILE, "set_from_header",
	    "", "auto", 0 },
	{ "set_date_header alone is auto", SETTING_FILE, "set_date_header",
	    "", "auto", 0 },
	{ "set_date_header has no on", SETTING_FILE, "set_date_header", "on",
	    "!set_date_header \"on\": expected auto or off", 0 },
	{ "set_msgid_header alone is auto", SETTING_FILE, "set_msgid_header",
	    "", "auto", 0 },
	{ "remove_bcc_headers alone is on", SETTING_FILE,
	    "remove_bcc_headers", "", "on", 1 },
	{ "auto_from alone is on", SETTING_FILE, "auto_from", "", "on", 1 },
	{ "allow_from_override alone is on", SETTING_FILE,
	    "allow_from_override", "", "on", 1 },
	{ "a pattern is kept as it is written", SETTING_FILE, "from",
	    "%U+*@%H", "%U+*@%H", 0 },
	{ "in domain too", SETTING_FILE, "domain", "%C", "%C", 0 },
	{ "a choice", SETTING_FILE, "auth", "login", "login", 2 },
	{ "a choice in capitals", SETTING_FILE, "auth", "XOAUTH2", "xoauth2",
	    4 },
	{ "no choice is the first one", SETTING_FILE, "auth", "", "on", 0 },
	{ "the beginning of a choice is none", SETTING_FILE, "auth", "log",
	    "!auth \"log\": expected on, off, login, plain, xoauth2, "
	    "oauthbearer, cram-md5, digest-md5, scram-sha-1, scram-sha-256, "
	    "ntlm, external or gssapi", 0 },
	{ "two choices", SETTING_FILE, "sender", "none",
	    "!sender \"none\": expected any or login", 0 },
	{ "the bar between choices is none", SETTING_FILE, "sender",
	    "any|login", "!sender \"any|login\": expected any or login", 0 },
	{ "a port", SETTING_FILE, "port", "587", "587", 587 },
	{ "the highest port", SETTING_FILE, "port", "65535", "65535", 65535 },
	{ "a port too high", SETTING_FILE, "port", "65536",
	    "!port \"65536\": expected a number from 1 to 65535", 0 },
	{ "port 1", SETTING_FILE, "port", "1", "1", 1 },
	{ "port 0", SETTING_FILE, "port", "0",
	    "!port \"0\": expected a number from 1 to 65535", 0 },
	{ "a port with more behind it", SETTING_FILE, "port", "25x",
	    "!port \"25x\": expected a number from 1 to 65535", 0 },
	{ "a blank before a port", SETTING_FILE, "port", " 25",
	    "!port \" 25\": expected a number from 1 to 65535", 0 },
	{ "a character behind 9", SETTING_FILE, "port", "2:",
	    "!port \"2:\": expected a number from 1 to 65535", 0 },
	{ "a nine and a zero", SETTING_FILE, "port", "9090", "9090", 9090 },
	{ "a negative port", SETTING_FILE, "port", "-25",
	    "!port \"-25\": expected a number from 1 to 65535", 0 },
	{ "no port", SETTING_FILE, "port", "",
	    "!port needs a value: a number from 1 to 65535", 0 },
	{ "a number that does not fit", SETTING_FILE, "max_recipients",
	    "99999999999999999999", "!max_recipients "
	    "\"99999999999999999999\": expected a number from 1 to "
	    "2147483647", 0 },
	{ "the highest number", SETTING_FILE, "timeout", "2147483647",
	    "2147483647", 2147483647 },
	{ "a hexadecimal number", SETTING_FILE, "port", "0x24b", "587", 587 },
	{ "one in capitals", SETTING_FILE, "port", "0X24B", "587", 587 },
	{ "an octal number", SETTING_FILE, "port", "01113", "587", 587 },
	{ "a sign before a number", SETTING_FILE, "port", "+587", "587", 587 },
	{ "a minus behind it", SETTING_FILE, "port", "+-587",
	    "!port \"+-587\": expected a number from 1 to 65535", 0 },
	{ "a sign alone", SETTING_FILE, "port", "+",
	    "!port \"+\": expected a number from 1 to 65535", 0 },
	{ "a digit that octal numbers lack", SETTING_FILE, "port", "0587",
	    "!port \"0587\": expected a number from 1 to 65535", 0 },
	{ "hexadecimal without digits", SETTING_FILE, "port", "0x",
	    "!port \"0x\": expected a number from 1 to 65535", 0 },
	{ "letters of another base", SETTING_FILE, "port", "24b",
	    "!port \"24b\": expected a number from 1 to 65535", 0 },
	{ "seconds in hexadecimal", SETTING_FILE, "timeout", "0x3c", "60",
	    60 },
	{ "seconds without a value", SETTING_FILE, "timeout", "",
	    "!timeout needs a value: a number of seconds, or off", 0 },
	{ "seconds", SETTING_FILE, "timeout", "60", "60", 60 },
	{ "no time limit", SETTING_FILE, "timeout", "off", "off", 0 },
	{ "no seconds", SETTING_FILE, "timeout", "0",
	    "!timeout \"0\": expected a number of seconds, or off", 0 },
	{ "a file", SETTING_FILE, "logfile", "/var/log/x", "/var/log/x", 0 },
	{ "a file at home", SETTING_FILE, "logfile", "~/x", "/home/u/x", 0 },
	{ "home itself", SETTING_FILE, "logfile", "~", "/home/u", 0 },
	{ "the home of another user stays", SETTING_FILE, "logfile", "~a/x",
	    "~a/x", 0 },
	{ "a tilde inside stays", SETTING_FILE, "logfile", "a~/x", "a~/x", 0 },
	{ "no file", SETTING_FILE, "logfile", "", "", 0 },
	{ "text has no home", SETTING_FILE, "user", "~/x", "~/x", 0 },
	{ "one word of a set", SETTING_FILE, "dsn_notify", "Failure",
	    "failure", 2 },
	{ "some, in any order", SETTING_FILE, "dsn_notify",
	    "success,FAILURE", "success,failure", 2 },
	{ "a set's other choices", SETTING_FILE, "dsn_notify", "never",
	    "never", 1 },
	{ "... one at a time", SETTING_FILE, "dsn_notify", "never,delay",
	    "!dsn_notify \"never,delay\": expected off, never or "
	    "failure,delay,success", 0 },
	{ "a word twice", SETTING_FILE, "dsn_notify", "delay,delay",
	    "!dsn_notify \"delay,delay\": expected off, never or "
	    "failure,delay,success", 0 },
	{ "a comma too many", SETTING_FILE, "dsn_notify", "delay,",
	    "!dsn_notify \"delay,\": expected off, never or "
	    "failure,delay,success", 0 },
	{ "no words", SETTING_FILE, "dsn_notify", "", "!dsn_notify needs a "
	    "value: off, never or failure,delay,success", 0 },
	{ "dsn_return hdrs", SETTING_FILE, "dsn_return", "HDRS", "headers",
	    1 },
	{ "syslog on", SETTING_FILE, "syslog", "on", "on", 0 },
	{ "syslog alone is on", SETTING_FILE, "syslog", "", "on", 0 },
	{ "syslog off", SETTING_FILE, "syslog", "off", "off", 0 },
	{ "a facility", SETTING_FILE, "syslog", "LOG_MAIL", "LOG_MAIL", 0 },
	{ "no facility", SETTING_FILE, "syslog", "LOG_X", "!syslog "
	    "\"LOG_X\": expected on, off or a facility like LOG_MAIL", 0 },
	{ "a list", SETTING_FILE, "domains", "a.org b.org", "a.org b.org",
	    0 },
	{ "a secret is not kept, only that there is one", SETTING_FILE,
	    "password", "hunter2", "", 1 },
	{ "an empty secret is none", SETTING_FILE, "password", "", "", 0 },
	{ "a line end in a value", SETTING_CLI, "user", "a\nb",
	    "!--user: the value has a control character", 0 },
	{ "a control character in a secret is not shown", SETTING_ENV,
	    "password", "hunter2\r",
	    "!QSENDMAIL_PASSWORD: the value has a control character", 0 },
	{ "DEL is a control character", SETTING_CLI, "user", "a\177",
	    "!--user: the value has a control character", 0 },
	{ "a tab may stand in a value", SETTING_CLI, "user", "a\tb", "a\tb",
	    0 },
	{ "octets above 127 may stand in a value", SETTING_CLI, "user",
	    "\xe7\xbd\x91", "\xe7\xbd\x91", 0 },
	{ "a command may have several lines", SETTING_CLI, "passwordeval",
	    "a\nb", "a\nb", 0 },
	{ "the last row is found too", SETTING_FILE, "hint", "x", "x", 0 },
	{ "an unknown keyword of a file is not shown", SETTING_FILE,
	    "pasword", "hunter2",
	    "!unknown keyword (qsendmailrc(5) has the list)", 0 },
	{ "an unknown option is named", SETTING_CLI, "no_such", "x",
	    "!--no-such is unknown (see --help)", 0 },
	{ "an unknown variable is named", SETTING_ENV, "foza", "x",
	    "!QSENDMAIL_FOZA is unknown (qsendmail(1) has the list)", 0 },
	{ "the beginning of a name is unknown", SETTING_CLI, "hos", "x",
	    "!--hos is unknown (see --help)", 0 },
	{ "more than a name is unknown", SETTING_CLI, "hostx", "x",
	    "!--hostx is unknown (see --help)", 0 },
	{ "a password is no option", SETTING_CLI, "password", "hunter2",
	    "!--password: this setting can only stand in a settings file or "
	    "the environment", 0 },
	{ "domains only stand in a file", SETTING_ENV, "domains", "a.org",
	    "!QSENDMAIL_DOMAINS: this setting can only stand in a settings "
	    "file", 0 },
};

static void
test_case(const struct set_case *c)
{
	const struct setting *row = settings_find(c->setting);
	struct fault f = FAULT_INIT;
	struct values v;
	enum setting_id id;
	int rc;

	values_init(&v);
	rc = settings_set(&v, c->where, c->setting, c->in, &origin, &f);
	if (c->want[0] == '!') {
		is_text(f.text.data, c->want + 1, c->name);
		ok(rc == -1 && f.code == (c->where == SETTING_CLI ? EX_USAGE :
		    EX_CONFIG), "  ... is a fault of its source");
		ok(row == NULL ||
		    !values_is_set(&v, (enum setting_id)(row - settings)),
		    "  ... and sets nothing");
	} else {
		id = (enum setting_id)(row - settings);
		is_text(rc == 0 ? values_text(&v, id) : f.text.data, c->want,
		    c->name);
		is_number(values_number(&v, id), c->number,
		    "  ... and the number behind it");
	}
	values_release(&v);
	fault_release(&f);
}

static void
set(struct values *v, const char *name, const char *text, unsigned line)
{
	struct origin o = { ORIGIN_ACCOUNT, "file", line };
	struct fault f = FAULT_INIT;

	if (settings_set(v, SETTING_FILE, name, text, &o, &f) == -1)
		ok(0, f.text.data);
	fault_release(&f);
}

static void
test_defaults(void)
{
	struct values v;

	values_init(&v);
	ok(!values_is_set(&v, S_TLS), "nothing is set at first");
	is_text(values_text(&v, S_TLS), "off", "text of a default");
	is_text(values_text(&v, S_HOST), "", "no default is the empty text");
	is_number(values_number(&v, S_MAX_RECIPIENTS), 100,
	    "number of a default");
	is_number(values_number(&v, S_TIMEOUT), 0, "timeout off is 0");
	is_number(values_number(&v, S_PORT), 0, "no default is the number 0");
	is_number(values_bool(&v, S_TLS_CERTCHECK), 1, "a switch on by default");
	is_number(values_bool(&v, S_TLS), 0, "a switch off by default");
	ok(values_is(&v, S_SENDER, "any"), "a choice by default");
	ok(!values_is(&v, S_SENDER, "login"), "not the other one");
	is_number(values_number(&v, S_AUTH), 1, "its index");
	set(&v, "tls", "on", 1);
	set(&v, "tls_certcheck", "off", 2);
	set(&v, "sender", "login", 3);
	is_number(values_bool(&v, S_TLS), 1, "a switch set to on");
	is_number(values_bool(&v, S_TLS_CERTCHECK), 0, "a switch set to off");
	ok(values_is(&v, S_SENDER, "login"), "a choice that is set");
	is_number(values_number(&v, S_SENDER), 1, "its index when set");
	is_number(values_origin(&v, S_SENDER)->line, 3, "the line is kept");
	is_number(values_origin(&v, S_SENDER)->kind, ORIGIN_ACCOUNT,
	    "the kind is kept");
	set(&v, "sender", "any", 9);
	ok(values_is(&v, S_SENDER, "any"), "a later value replaces the first");
	is_number(values_origin(&v, S_SENDER)->line, 9, "and so does its origin");
	values_release(&v);
	ok(!values_is_set(&v, S_TLS), "a released set has nothing");
}

/* Every built-in default is a value that the parser takes. */
static void
test_rows(void)
{
	struct fault f = FAULT_INIT;
	struct values v;
	size_t i;
	int bad = 0, unnamed = 0;

	values_init(&v);
	for (i = 0; i < SETTING_COUNT; i++) {
		if (settings[i].value[0] != '\0' && settings_set(&v,
		    SETTING_FILE, settings[i].name, settings[i].value,
		    &origin, &f) == -1)
			bad++;
		unnamed += settings_find(settings[i].name) != &settings[i];
		unnamed += (settings[i].where & SETTING_FILE) == 0;
		unnamed += settings[i].summary[0] == '\0';
	}
	is_number(bad, 0, "every default is valid");
	is_number(unnamed, 0, "every row is found by its name, and in a file");
	values_release(&v);
	fault_release(&f);
}

static void
test_merge(void)
{
	struct values a, b, keeper;

	values_init(&a);
	values_init(&b);
	values_init(&keeper);
	b.keep_secrets = keeper.keep_secrets = 1;
	set(&a, "host", "a", 1);
	set(&a, "user", "me", 2);
	set(&b, "host", "b", 3);
	set(&b, "timeout", "5", 4);
	set(&b, "password", "hunter2", 5);
	is_text(values_text(&b, S_PASSWORD), "hunter2",
	    "values that keep secrets have the secret");
	values_merge(&a, &b);
	is_text(values_text(&a, S_HOST), "b", "merging replaces a value");
	is_number(values_origin(&a, S_HOST)->line, 3, "with its origin");
	is_text(values_text(&a, S_USER), "me", "what is not set stays");
	is_number(values_number(&a, S_TIMEOUT), 5, "numbers are merged");
	is_text(values_text(&a, S_PASSWORD), "",
	    "a secret is not copied to values that keep none");
	is_number(values_number(&a, S_PASSWORD), 1, "but that there is one");
	is_text(values_text(&b, S_HOST), "b", "the source is untouched");
	ok(values_text(&a, S_HOST) != values_text(&b, S_HOST),
	    "texts are copies");
	values_merge(&keeper, &b);
	is_text(values_text(&keeper, S_PASSWORD), "hunter2",
	    "a secret is copied to values that keep them");
	values_release(&a);
	values_release(&b);
	values_release(&keeper);
}

static void
test_names(void)
{
	ok(settings_find("tls-trust-file") == &settings[S_TLS_TRUST_FILE],
	    "a minus stands for the underscore");
	ok(settings_find("tls_trust_file") == &settings[S_TLS_TRUST_FILE],
	    "the underscore itself");
	ok(settings_find("tls_trust-file") == &settings[S_TLS_TRUST_FILE],
	    "both in one name");
	ok(settings_same_name("dry-run", "dry_run"),
	    "an underscore stands for the minus");
	ok(!settings_same_name("dry-run", "dry+run"), "nothing else does");
	ok(settings_find("-ost") == NULL, "not for another character");
	ok(settings_find("_ost") == NULL, "nor does the underscore");
	ok(settings_find("") == NULL, "the empty name is none");
}

static void
test_switches(void)
{
	ok(settings_is_switch(&settings[S_TLS]), "tls may stand alone");
	ok(settings_is_switch(&settings[S_AUTH]), "so may auth");
	ok(settings_is_switch(&settings[S_SYSLOG]), "and syslog");
	ok(!settings_is_switch(&settings[S_USER]), "but not user");
	ok(settings_takes(&settings[S_PORT], "25"), "a value for port");
	ok(!settings_takes(&settings[S_PORT], "x"), "and none");
}

static void
test_sources(void)
{
	struct values v, over;

	values_init(&v);
	values_init(&over);
	set(&v, "password", "x", 1);
	set(&v, "password_file", "f", 2);
	set(&over, "user", "u", 3);
	values_replace_sources(&v, &over);
	ok(values_is_set(&v, S_PASSWORD) && values_is_set(&v,
	    S_PASSWORD_FILE), "another setting replaces no source");
	set(&over, "passwordeval", "e", 4);
	values_replace_sources(&v, &over);
	ok(!values_is_set(&v, S_PASSWORD) && !values_is_set(&v,
	    S_PASSWORD_FILE), "one source replaces every other");
	values_release(&v);
	values_release(&over);
}

static void
test_system_file(void)
{
	struct buf path = BUF_INIT;

	setenv("QSENDMAIL_TEST_SYSCONFDIR", "/dev", 1);
	is_number(settings_system_file("null", &path), 1,
	    "a file of the system");
	is_text(path.data, "/dev/null", "in its place");
	is_number(settings_system_file("no-such", &path), 0, "one it lacks");
	unsetenv("QSENDMAIL_TEST_SYSCONFDIR");
	is_number(settings_system_file("passwd", &path), 1,
	    "in /etc when it is not where we are installed");
	buf_release(&path);
}

static void
test_home(void)
{
	struct buf b = BUF_INIT;

	unsetenv("HOME");
	settings_home(&b);
	ok(b.len > 0 && b.data[0] == '/' && strcmp(b.data, "/home/u") != 0,
	    "without HOME the user database has a home");
	setenv("HOME", "", 1);
	buf_reset(&b);
	settings_home(&b);
	ok(b.len > 0, "an empty HOME is none");
	setenv("HOME", "/home/u", 1);
	buf_reset(&b);
	settings_expand_tilde(&b, "/a");
	is_text(b.data, "/a", "a path without tilde is itself");
	buf_release(&b);
}

int
main(void)
{
	size_t i;

	setenv("HOME", "/home/u", 1);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		test_case(&cases[i]);
	test_defaults();
	test_rows();
	test_merge();
	test_names();
	test_home();
	test_switches();
	test_sources();
	test_system_file();
	return tap_done();
}
