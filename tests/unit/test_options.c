/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line: sendmail's letters, our words, settings, and the rules
 * which of them go together. */
#include "settings/options.h"

#include "base/buf.h"
#include "tap.h"

#define ARGS_MAX 16

static const char *const mode_names[] = {
	"send", "dry-run", "settings", "check", "configure", "rmqs", "help",
	"version", "smtp", "mailq", "aliases", "verify", "daemon", "queue",
	"nothing"
};

/* What the arguments came to: only what differs from nothing. */
static void
dump_list(struct buf *out, const char *name, const struct strv *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		buf_addf(out, " %s=%s", name, s->v[i]);
}

static void
dump_text(struct buf *out, const char *name, const char *text)
{
	if (text != NULL)
		buf_addf(out, " %s=%s", name, text);
}

static void
dump(const struct options *o, struct buf *out)
{
	static const char *const roles[] = {
		"body", "html", "inline", "attach"
	};
	static const char *const errors[] = { "", " eq", " em", " ew", " ee" };
	static const char *const deliveries[] = { "", " db", " dq", " dd" };
	size_t i;

	buf_adds(out, mode_names[o->mode]);
	buf_addf(out, "%s%s%s%s%s%s", o->strict ? " strict" : "",
	    o->verbose ? " v" : "", o->read_recipients ? " t" : "",
	    o->ignore_dots ? " i" : "", o->compose ? " compose" : "",
	    o->read_envelope_from ? " header-from" : "");
	buf_addf(out, "%s%s", errors[o->error_mode],
	    deliveries[o->delivery_mode]);
	dump_list(out, "q", &o->queue);
	dump_text(out, "f", o->envelope_from);
	dump_text(out, "from", o->from);
	dump_text(out, "F", o->full_name);
	dump_text(out, "C", o->file);
	dump_text(out, "a", o->account);
	dump_text(out, "V", o->envid);
	dump_text(out, "argument", o->argument);
	dump_text(out, "subject", o->subject);
	if (o->json)
		buf_adds(out, " json");
	dump_text(out, "body", o->body);
	dump_list(out, "to", &o->to);
	dump_list(out, "cc", &o->cc);
	dump_list(out, "bcc", &o->bcc);
	dump_list(out, "header", &o->headers);
	for (i = 0; i < o->parts_n; i++) {
		buf_addf(out, " %s=%s", roles[o->parts[i].role],
		    o->parts[i].path);
		dump_text(out, "type", o->parts[i].type);
		dump_text(out, "name", o->parts[i].name);
	}
	for (i = 0; i < SETTING_COUNT; i++)
		if (values_is_set(&o->argv, i))
			buf_addf(out, " --%s=%s%s", settings[i].name,
			    values_text(&o->argv, i),
			    values_origin(&o->argv, i)->kind ==
			    ORIGIN_COMMAND_LINE ? "" : "?");
	dump_list(out, "to", &o->recipients);
}

static const struct option_case {
	const char *name;
	const char *const argv[ARGS_MAX]; /* argv[0] too, unless it is NULL */
	const char *want;                 /* dump, or "!" and the fault */
} cases[] = {
#define Q "qsendmail"
	{ "nothing", { Q }, "send" },
	{ "no argv[0] at all", { NULL }, "send" },
	{ "operands are recipients", { Q, "a@x", "b@y,c@z" },
	    "send to=a@x to=b@y,c@z" },
	{ "letters after operands", { Q, "a@x", "-i", "b@x", "-t" },
	    "send t i to=a@x to=b@x" },
	{ "a cluster", { Q, "-tiv" }, "send v t i" },
	{ "-oi", { Q, "-oi" }, "send i" },
	{ "-o i", { Q, "-o", "i" }, "send i" },
	{ "-oi with a value", { Q, "-oitrue" }, "send i" },
	{ "-oiFalse takes -i back", { Q, "-i", "-oiFalse" }, "send" },
	{ "-ov is -v", { Q, "-ov" }, "send v" },
	{ "-o options of no effect change nothing",
	    { Q, "-om", "-oQ/x", "-o7", "-o8bit", "-oT3d", "-os", "-oo",
	    "a@x" }, "send to=a@x" },
	{ "-oem and -odb", { Q, "-oem", "-odb", "a@x" },
	    "send em db to=a@x" },
	{ "-oe of each kind, the last counts",
	    { Q, "-oem", "-oep", "-oeq", "-oew", "-oee" }, "send ee" },
	{ "-oep takes -oeq back", { Q, "-oeq", "-oep" }, "send" },
	{ "-oeq", { Q, "-oeq" }, "send eq" },
	{ "-oew", { Q, "-oew" }, "send ew" },
	{ "-oe with a value that nobody knows", { Q, "-oeq", "-oez" },
	    "send eq" },
	{ "-oe without a value", { Q, "-oe", "a@x" }, "send to=a@x" },
	{ "-em is -oem", { Q, "-em" }, "send em" },
	{ "-e m too", { Q, "-e", "m" }, "send em" },
	{ "-eq, as vacation calls it", { Q, "-eq", "-f", "<>", "a@x" },
	    "send eq f= to=a@x" },
	{ "-od of each kind, the last counts",
	    { Q, "-odq", "-odb", "-odd" }, "send dd" },
	{ "-odi takes -odq back", { Q, "-odq", "-odi" }, "send" },
	{ "-odf of Exim is -odi", { Q, "-odq", "-odf" }, "send" },
	{ "-odqs of Exim is -odq", { Q, "-odqs" }, "send dq" },
	{ "-od with a value that nobody knows", { Q, "-odb", "-odz" },
	    "send db" },
	{ "-O apart", { Q, "-O", "DeliveryMode=b", "a@x" },
	    "send db to=a@x" },
	{ "-O glued", { Q, "-OErrorMode=q", "a@x" }, "send eq to=a@x" },
	{ "-O in any case and with blanks",
	    { Q, "-O", " errormode = m", "-Oignoredots=True" },
	    "send i em" },
	{ "-O with a word", { Q, "-O", "DeliveryMode=background" },
	    "send db" },
	{ "-O without a value", { Q, "-O", "IgnoreDots", "a@x" },
	    "send i to=a@x" },
	{ "-O Verbose=False", { Q, "-v", "-OVerbose=False" }, "send" },
	{ "-O of no effect",
	    { Q, "-O", "MaxMessageSize=1000", "-O", "QueueDirectory=/x",
	    "-O", "Timeout.queuereturn=5d", "-O", "=x", "-O", "Ignore=1",
	    "a@x" }, "send to=a@x" },
	{ "-oMr of Exim has a value", { Q, "-oMr", "smtp", "a@x" },
	    "send to=a@x" },
	{ "-oMaa too", { Q, "-oMaa", "x", "a@x" }, "send to=a@x" },
	{ "-oMa, -oMs, -oMt, -oMi, -oMas, -oMai and -oMm too",
	    { Q, "-oMa", "::1", "-oMs", "h", "-oMt", "i", "-oMi", "::1",
	    "-oMas", "a@x", "-oMai", "b" }, "send" },
	{ "-oMf of Sendmail sets a macro and takes nothing",
	    { Q, "-oMf", "a@x" }, "send to=a@x" },
	{ "-or, -os and -oB take a time", { Q, "-or", "5m", "-os", "1h30m",
	    "-oB", "10", "a@x" }, "send to=a@x" },
	{ "but never a recipient", { Q, "-os", "12345@x", "-oB", "a@x" },
	    "send to=12345@x to=a@x" },
	{ "-oA and -oX and -oP too",
	    { Q, "-oA", "f", "-oX", "g", "-oP", "h", "a@x" },
	    "send to=a@x" },
	{ "not when an option follows", { Q, "-oMr", "-i", "a@x" },
	    "send i to=a@x" },
	{ "a glued value of -oA takes nothing", { Q, "-oAf", "a@x" },
	    "send to=a@x" },
	{ "a glued value of -oM takes nothing", { Q, "-oMrsmtp", "a@x" },
	    "send to=a@x" },
	{ "-om takes nothing", { Q, "-om", "a@x" }, "send to=a@x" },
	{ "-oM alone takes nothing", { Q, "-oM", "a@x" }, "send to=a@x" },
	{ "-oi takes nothing", { Q, "-oi", "a@x" }, "send i to=a@x" },
	{ "-f apart", { Q, "-f", "a@x", "b@y" }, "send f=a@x to=b@y" },
	{ "-f glued", { Q, "-fa@x", "b@y" }, "send f=a@x to=b@y" },
	{ "-f at the end of a cluster, apart", { Q, "-itf", "a@x" },
	    "send t i f=a@x" },
	{ "-f at the end of a cluster, glued", { Q, "-itfa@x", "-v" },
	    "send v t i f=a@x" },
	{ "the null sender", { Q, "-f", "", "a@x" }, "send f= to=a@x" },
	{ "the null sender in brackets", { Q, "-f", "<>" }, "send f=" },
	{ "glued too", { Q, "-f<>" }, "send f=" },
	{ "an address in brackets", { Q, "-f<a@x>" }, "send f=a@x" },
	{ "a bracket at one end", { Q, "-f<a@x" }, "send f=<a@x" },
	{ "a lone bracket", { Q, "-f", "<" }, "send f=<" },
	{ "the last -f counts", { Q, "-fa@x", "-t", "-fb@x" },
	    "send t f=b@x" },
	{ "a value that looks like an option", { Q, "-f", "-i" },
	    "send f=-i" },
	{ "-r is -f", { Q, "-r", "a@x" }, "send f=a@x" },
	{ "-F glued", { Q, "-FCronDaemon", "-i", "-B8BITMIME", "-oem", "u" },
	    "send i em F=CronDaemon to=u" },
	{ "-F empty", { Q, "-F", "", "-f", "a@x", "b@y" },
	    "send f=a@x F= to=b@y" },
	{ "-a and -C", { Q, "-a", "work", "-Cfile" }, "send C=file a=work" },
	{ "-- ends the options", { Q, "-i", "--", "-t", "--", "a@x" },
	    "send i to=-t to=-- to=a@x" },
	{ "a lone minus is an operand", { Q, "-", "-i" }, "send i to=-" },
	{ "letters without effect that take a value",
	    { Q, "-A", "c", "-B", "7BIT", "-D", "f", "-h", "3", "-L", "t",
	    "a@x" }, "send to=a@x" },
	{ "more of them", { Q, "-M", "Xv", "-p", "P:h", "-Xf" }, "send" },
	{ "-N, -R and -V", { Q, "-N", "Never", "-R", "hdrs", "-V", "id" },
	    "send V=id --dsn_notify=never --dsn_return=headers" },
	{ "glued", { Q, "-NSUCCESS,delay", "-RFULL", "-Vid 2", "a@x" },
	    "send V=id 2 --dsn_notify=success,delay --dsn_return=full "
	    "to=a@x" },
	{ "called as sendmail, too", { "sendmail", "-Nfailure", "a@x" },
	    "send strict --dsn_notify=failure to=a@x" },
	{ "a wrong -N", { Q, "-N", "sometimes" }, "!-N: --dsn-notify "
	    "\"sometimes\": expected off, never or failure,delay,success" },
	{ "a wrong -R", { Q, "-Rall" }, "!-R: --dsn-return \"all\": expected "
	    "off, headers or full" },
	{ "a line feed in -V", { Q, "-V", "a\nb" },
	    "!-V: the value has a control character" },
	{ "msmtp's words", { Q, "--dsn-notify=failure,success",
	    "--dsn-return", "headers", "a@x" }, "send "
	    "--dsn_notify=failure,success --dsn_return=headers to=a@x" },
	{ "the same, glued",
	    { Q, "-Am", "-B8BITMIME", "-Df", "-h3", "-Lt", "-Mrsmtp",
	    "-pUUCP:h", "a@x" }, "send to=a@x" },
	{ "-E and -J take only what is glued",
	    { Q, "-E", "-E1abc-000001-00", "-J", "-Jeuc", "a@x" },
	    "send to=a@x" },
	{ "what Exim does to its queue is refused",
	    { Q, "-Mrm", "1abc-000001-00" }, "!-Mrm: what Exim does to its "
	    "queue is not supported (mailq shows the queue)" },
	{ "-Mvh too", { Q, "-Mvh", "1abc-000001-00" }, "!-Mvh: what Exim "
	    "does to its queue is not supported (mailq shows the queue)" },
	{ "-X takes a value apart", { Q, "-X", "f", "a@x" },
	    "send to=a@x" },
	{ "letters without effect and value", { Q, "-cGmnsTUxt" },
	    "send t" },
	{ "-Q does nothing, and sends nothing", { Q, "-Q", "reason" },
	    "nothing to=reason" },
	{ "-Q next to -q", { Q, "-qIabc", "-Qreason", "-qf" },
	    "nothing q=Iabc q=f" },
	{ "-bm", { Q, "-bm", "a@x" }, "send to=a@x" },
	{ "-bs", { Q, "-bs", "-i" }, "smtp i" },
	{ "-b s", { Q, "-b", "s" }, "smtp" },
	{ "-bp", { Q, "-bp" }, "mailq" },
	{ "-bP", { Q, "-bP" }, "mailq" },
	{ "-bi", { Q, "-bi" }, "aliases" },
	{ "-I", { Q, "-I" }, "aliases" },
	{ "-bv", { Q, "-bv", "root" }, "verify to=root" },
	{ "-bd", { Q, "-bd" }, "daemon" },
	{ "-bD", { Q, "-bD" }, "daemon" },
	{ "-bl", { Q, "-bl" }, "daemon" },
	{ "-bd -q1h", { Q, "-bd", "-q1h" }, "daemon q=1h" },
	{ "-q1h -bd", { Q, "-q1h", "-bd" }, "daemon q=1h" },
	{ "-ba", { Q, "-ba", "a@x" }, "send to=a@x" },
	{ "-bh and -bH", { Q, "-bh", "-bH" }, "nothing" },
	{ "-q", { Q, "-q" }, "queue q=" },
	{ "-q and a time apart", { Q, "-q", "15m" }, "queue q=15m" },
	{ "-q and a recipient", { Q, "-q", "x" }, "!-q takes no recipients: "
	    "it delivers what is queued" },
	{ "-q15m", { Q, "-q15m" }, "queue q=15m" },
	{ "-q1h30m, -q0 and -qp5s", { Q, "-q1h30m", "-q0", "-qp5s", "-qp" },
	    "queue q=1h30m q=0 q=p5s q=p" },
	{ "-qI, -qR, -qS, -qG, -q!I, -qQ, -qL, -qf",
	    { Q, "-qIid", "-qRr", "-qSs", "-qGg", "-q!Iid", "-qQ", "-qQx",
	    "-qL", "-qf" },
	    "queue q=Iid q=Rr q=Ss q=Gg q=!Iid q=Q q=Qx q=L q=f" },
	{ "-qq, -qff and -qi of Exim", { Q, "-qq", "-qff", "-qqil" },
	    "queue q=q q=ff q=qil" },
	{ "-qI without an id", { Q, "-qI" }, "!-qI: expected an interval "
	    "like 15m, or I, R, S or G and which mail is meant" },
	{ "-q!G", { Q, "-q!Gx" }, "!-q!Gx: expected an interval "
	    "like 15m, or I, R, S or G and which mail is meant" },
	{ "-q15x", { Q, "-q15x" }, "!-q15x: expected an interval "
	    "like 15m, or I, R, S or G and which mail is meant" },
	{ "an endless -q", { Q, "-q99999999999999999999w" },
	    "!-q99999999999999999999w: expected an interval like 15m, or I, "
	    "R, S or G and which mail is meant" },
	{ "a line end in -q", { Q, "-qIa\nb" },
	    "!-q: the value has a control character" },
	{ "-bp -qRx", { Q, "-bp", "-qRx" }, "mailq q=Rx" },
	{ "-bv needs an address", { Q, "-bv" }, "!-bv needs an address" },
	{ "the last mode counts", { Q, "-bs", "-bm" }, "send" },
	{ "-bt", { Q, "-bt" }, "!-bt: there are no rewriting rules to test; "
	    "-bv ADDRESS says where a mail would go" },
	{ "-bsx", { Q, "-bsx" }, "!-bsx: this mode is not supported; there "
	    "are -bm -bs -bp -bi -bv -bd" },
	{ "an unknown letter", { Q, "-iz" }, "!-z is unknown (see --help)" },
	{ "a letter without its value", { Q, "-f" }, "!-f needs a value" },
	{ "-h at the end", { Q, "-h" },
	    "!-h needs a value (for help: --help)" },
	{ "-d is of msmtp", { Q, "-d" },
	    "!-d is an option of msmtp: use -v" },
	{ "-S is of msmtp", { Q, "-S" },
	    "!-S is an option of msmtp: use --check" },
	{ "-P is of msmtp", { Q, "-P" },
	    "!-P is an option of msmtp: use --settings" },
	{ "--from", { Q, "--from", "a@x" }, "send from=a@x" },
	{ "--from=", { Q, "--from=a@x", "b@y" }, "send from=a@x to=b@y" },
	{ "--from in brackets", { Q, "--from=<a@x>" }, "send from=a@x" },
	{ "--from is no null sender", { Q, "--from", "<>" },
	    "!--from \"<>\": nobody can be in a From field; for the null "
	    "sender use -f '<>'" },
	{ "nor an empty one", { Q, "--from=" },
	    "!--from \"\": nobody can be in a From field; for the null "
	    "sender use -f '<>'" },
	{ "--read-envelope-from", { Q, "--read-envelope-from", "-t" },
	    "send t header-from" },
	{ "--read-envelope-from and -f",
	    { Q, "--read-envelope-from", "-f", "a@x" },
	    "!--read-envelope-from and -f both name the sender: leave out "
	    "one of them" },
	{ "--from and --read-envelope-from",
	    { Q, "--from=a@x", "--read-envelope-from" },
	    "!--read-envelope-from and --from both name the sender: leave "
	    "out one of them" },
	{ "--read-envelope-from without a message",
	    { Q, "--check", "--read-envelope-from" },
	    "!--read-envelope-from needs a message: use -f here" },
	{ "the same with --settings",
	    { Q, "--pretend", "--read-envelope-from" },
	    "!--read-envelope-from needs a message: use -f here" },
	{ "--read-envelope-from with a text only",
	    { Q, "--read-envelope-from", "--subject=s" },
	    "!--read-envelope-from needs a message with a header: use "
	    "--from here" },
	{ "--debug is -v", { Q, "--debug", "a@x" }, "send v to=a@x" },
	{ "--pretend is --settings", { Q, "--pretend" }, "settings" },
	{ "--pretend with recipients", { Q, "--pretend", "a@x", "-t" },
	    "settings t to=a@x" },
	{ "--keepbcc", { Q, "--keepbcc", "a@x" },
	    "send --remove_bcc_headers=off to=a@x" },
	{ "--keepbcc takes nothing apart", { Q, "--keepbcc", "off" },
	    "send --remove_bcc_headers=off to=off" },
	{ "--keepbcc=off", { Q, "--keepbcc=off" },
	    "send --remove_bcc_headers=on" },
	{ "--keepbcc with another value", { Q, "--keepbcc=x" },
	    "!--keepbcc \"x\": expected on or off" },
	{ "--undisclosed-recipients", { Q, "--undisclosed-recipients" },
	    "send --set_to_header=undisclosed_recipients" },
	{ "--undisclosed_recipients=off",
	    { Q, "--undisclosed_recipients=off" },
	    "send --set_to_header=off" },
	{ "--set-to-header", { Q, "--set-to-header" },
	    "send --set_to_header=on" },
	{ "--set-to-header=undisclosed_recipients",
	    { Q, "--set-to-header=undisclosed_recipients" },
	    "send --set_to_header=undisclosed_recipients" },
	{ "--add-missing-from-header=off",
	    { Q, "--add-missing-from-header=off",
	    "--add-missing-date-header" },
	    "send --set_from_header=off --set_date_header=auto" },
	{ "--connect-timeout", { Q, "--connect-timeout", "5" },
	    "send --timeout=5" },
	{ "--connect-timeout without a value", { Q, "--connect-timeout" },
	    "!--connect-timeout needs a value: VALUE" },
	{ "--tls-force-sslv3", { Q, "--tls-force-sslv3", "a@x" },
	    "send to=a@x" },
	{ "--tls-min-dh-prime-bits", { Q, "--tls-min-dh-prime-bits", "512",
	    "--tls-min-dh-prime-bits=" }, "send" },
	{ "a number is wanted there", { Q, "--tls-min-dh-prime-bits=x" },
	    "!--tls-min-dh-prime-bits \"x\": expected a number" },
	{ "--auto-from", { Q, "--auto-from", "--maildomain=x.org" },
	    "send --auto_from=on --maildomain=x.org" },
	{ "--syslog alone", { Q, "--syslog", "a@x" },
	    "send --syslog=on to=a@x" },
	{ "--syslog with a facility", { Q, "--syslog", "LOG_LOCAL0" },
	    "send --syslog=LOG_LOCAL0" },
	{ "--account and --file", { Q, "--account=w", "--file", "f" },
	    "send C=f a=w" },
	{ "--read-recipients", { Q, "--read-recipients" }, "send t" },
	{ "an underscore in an option", { Q, "--read_recipients" },
	    "send t" },
	{ "options are not abbreviated", { Q, "--read" },
	    "!--read is unknown (see --help)" },
	{ "--subject composes", { Q, "--subject", "a b", "x@y" },
	    "send compose subject=a b to=x@y" },
	{ "--to composes", { Q, "--to=a@x", "--to", "b@x, c@x" },
	    "send compose to=a@x to=b@x, c@x" },
	{ "--cc composes", { Q, "--cc", "a@x" }, "send compose cc=a@x" },
	{ "--body composes, and may be empty", { Q, "--body=" },
	    "send compose body=" },
	{ "--body may have several lines", { Q, "--body", "a\nb" },
	    "send compose body=a\nb" },
	{ "--html composes", { Q, "--html", "f" }, "send compose html=f" },
	{ "--bcc does not compose", { Q, "--bcc", "a@x" }, "send bcc=a@x" },
	{ "--attach, --inline, --header, --from do not compose",
	    { Q, "-t", "--attach", "f", "--inline=g", "--header", "A: b",
	    "--from=a@x" }, "send t from=a@x header=A: b attach=f inline=g" },
	{ "--type and --name are about the file before",
	    { Q, "--inline", "l", "--attach", "a b", "--attach=d", "--type",
	    "text/csv", "--name", "\xe6\x95\xb0.csv" },
	    "send inline=l attach=a b attach=d type=text/csv "
	    "name=\xe6\x95\xb0.csv" },
	{ "--type without a file", { Q, "--type", "text/csv" },
	    "!--type stands behind the --attach, --inline or --html that it "
	    "is about" },
	{ "--name without a file", { Q, "--name=x" },
	    "!--name stands behind the --attach, --inline or --html that it "
	    "is about" },
	{ "a type without subtype", { Q, "--attach=f", "--type=text" },
	    "!--type \"text\": expected a media type like text/csv" },
	{ "a type with an empty subtype", { Q, "--attach=f", "--type=text/" },
	    "!--type \"text/\": expected a media type like text/csv" },
	{ "a subtype alone", { Q, "--attach=f", "--type=/csv" },
	    "!--type \"/csv\": expected a media type like text/csv" },
	{ "an empty name", { Q, "--attach=f", "--name=" },
	    "!--name needs a name" },
	{ "an empty file name", { Q, "--attach=" },
	    "!--attach needs the name of a file" },
	{ "standard input attached",
	    { Q, "--body=b", "--attach", "-", "--name=n" },
	    "send compose body=b attach=- name=n" },
	{ "standard input as HTML", { Q, "--body=b", "--html=-" },
	    "send compose body=b html=-" },
	{ "standard input without a name", { Q, "--body=b", "--attach=-" },
	    "!a file from standard input (-) needs a name: add --name" },
	{ "standard input inline without a name",
	    { Q, "--body=b", "--inline=-" },
	    "!a file from standard input (-) needs a name: add --name" },
	{ "standard input without a text", { Q, "--attach=-", "--name=n" },
	    "!standard input (-) is the file, so the text has to be given: "
	    "add --body" },
	{ "standard input twice", { Q, "--body=b", "--attach=-", "--name=n",
	    "--inline=-", "--name=m" },
	    "!standard input (-) can be one file only" },
	{ "HTML twice", { Q, "--html=a", "--html=b" },
	    "!--html can be given once only" },
	{ "a header field", { Q, "--header=X-A:b" }, "send header=X-A:b" },
	{ "a header field without colon", { Q, "--header=X-A b" },
	    "!--header \"X-A b\": expected 'NAME: VALUE'" },
	{ "a header field without name", { Q, "--header=: b" },
	    "!--header \": b\": expected 'NAME: VALUE'" },
	{ "a blank in the name of a field", { Q, "--header=X A: b" },
	    "!--header \"X A: b\": expected 'NAME: VALUE'" },
	{ "a blank before the name of a field", { Q, "--header= A: b" },
	    "!--header \" A: b\": expected 'NAME: VALUE'" },
	{ "a tilde in the name of a field", { Q, "--header=A~: b" },
	    "send header=A~: b" },
	{ "8-bit in the name of a field", { Q, "--header=X\xc3\xa9: b" },
	    "!--header \"X\xc3\xa9: b\": expected 'NAME: VALUE'" },
	{ "-t and --subject", { Q, "-t", "--subject=s" },
	    "!-t takes header fields from standard input, so --subject "
	    "cannot be given as well: leave out one of them" },
	{ "--to and -t", { Q, "--to=s", "-t" },
	    "!-t takes header fields from standard input, so --to cannot be "
	    "given as well: leave out one of them" },
	{ "-t and --cc", { Q, "-t", "--cc=s" },
	    "!-t takes header fields from standard input, so --cc cannot be "
	    "given as well: leave out one of them" },
	{ "-t and --body", { Q, "-t", "--body=s" },
	    "!-t takes header fields from standard input, so --body cannot "
	    "be given as well: leave out one of them" },
	{ "-t and --html", { Q, "-t", "--html=s" },
	    "!-t takes header fields from standard input, so --html cannot "
	    "be given as well: leave out one of them" },
	{ "-t and --bcc", { Q, "-t", "--bcc=s" }, "send t bcc=s" },
	{ "--dry-run", { Q, "--dry-run", "a@x" }, "dry-run to=a@x" },
	{ "--settings", { Q, "--settings" }, "settings" },
	{ "--check", { Q, "--check", "-v" }, "check v" },
	{ "--serverinfo", { Q, "--serverinfo" }, "check" },
	{ "--check twice", { Q, "--check", "--serverinfo" }, "check" },
	{ "--check and a recipient", { Q, "--check", "a@x" },
	    "!--check takes no recipients" },
	{ "--settings and a recipient", { Q, "--settings", "a@x" },
	    "!--settings takes no recipients" },
	{ "--configure", { Q, "--configure", "me@x.org" },
	    "configure argument=me@x.org" },
	{ "an address in brackets", { Q, "--configure=<me@x.org>" },
	    "configure argument=me@x.org" },
	{ "no address", { Q, "--configure=x.org" },
	    "!--configure \"x.org\": expected a mail address" },
	{ "an address without domain", { Q, "--configure=me@" },
	    "!--configure \"me@\": expected a mail address" },
	{ "an address without name", { Q, "--configure=@x.org" },
	    "!--configure \"@x.org\": expected a mail address" },
	{ "a control character in it", { Q, "--configure=me@x.org\nhost y" },
	    "!--configure: the value has a control character" },
	{ "--configure without a value", { Q, "--configure" },
	    "!--configure needs a value: ADDRESS" },
	{ "--configure and a recipient", { Q, "--configure=me@x", "a@x" },
	    "!--configure takes no recipients" },
	{ "--configure is not for those called as sendmail",
	    { "sendmail", "--configure=me@x" }, "!--configure: called as "
	    "sendmail, there are no words but --help and --version" },
	{ "--mailq", { Q, "--mailq" }, "mailq" },
	{ "--mailq --json", { Q, "--json", "--mailq" }, "mailq json" },
	{ "-bp --json", { Q, "-bp", "--json" }, "mailq json" },
	{ "an action", { Q, "--mailq", "remove", "all" },
	    "mailq to=remove to=all" },
	{ "--json alone", { Q, "--json" }, "!--json goes with --mailq" },
	{ "--json with an action", { Q, "--mailq", "--json", "show", "x" },
	    "!--json is for the list: leave out --json or \"show\"" },
	{ "two modes", { Q, "--mailq", "--check" },
	    "!only one of --dry-run, --settings, --check, --configure, "
	    "--rmqs and sendmail's modes at a time" },
	{ "--rmqs, a host", { Q, "--rmqs=x.org" }, "rmqs argument=x.org" },
	{ "a domain", { Q, "--rmqs", "@x.org" }, "rmqs argument=@x.org" },
	{ "a queue", { Q, "--rmqs=#q1" }, "rmqs argument=#q1" },
	{ "a second command", { Q, "--rmqs=x\r\nMAIL" },
	    "!--rmqs \"x\r\nMAIL\": expected a host, @DOMAIN or #QUEUE" },
	{ "two words", { Q, "--rmqs=x y" },
	    "!--rmqs \"x y\": expected a host, @DOMAIN or #QUEUE" },
	{ "nothing", { Q, "--rmqs=" },
	    "!--rmqs \"\": expected a host, @DOMAIN or #QUEUE" },
	{ "a domain that is none", { Q, "--rmqs=@" },
	    "!--rmqs \"@\": expected a host, @DOMAIN or #QUEUE" },
	{ "other letters", { Q, "--rmqs=b\xc3\xbc.org" },
	    "!--rmqs \"b\xc3\xbc.org\": expected a host, @DOMAIN or #QUEUE" },
	{ "both", { Q, "--rmqs=x", "--configure=a@x" },
	    "!only one of --dry-run, --settings, --check, --configure, "
	    "--rmqs and sendmail's modes at a time" },
	{ "two modes", { Q, "--check", "--dry-run" },
	    "!only one of --dry-run, --settings, --check, --configure, "
	    "--rmqs and sendmail's modes at a time" },
	{ "a word and a letter", { Q, "-bs", "--dry-run" },
	    "!only one of --dry-run, --settings, --check, --configure, "
	    "--rmqs and sendmail's modes at a time" },
	{ "a letter does not undo --dry-run", { Q, "--dry-run", "-bm" },
	    "dry-run" },
	{ "nor does another mode", { Q, "--dry-run", "-bs" },
	    "!only one of --dry-run, --settings, --check, --configure, "
	    "--rmqs and sendmail's modes at a time" },
	{ "nor does -q", { Q, "--check", "-q" },
	    "!only one of --dry-run, --settings, --check, --configure, "
	    "--rmqs and sendmail's modes at a time" },
	{ "nor does -I", { Q, "--settings", "-I" },
	    "!only one of --dry-run, --settings, --check, --configure, "
	    "--rmqs and sendmail's modes at a time" },
	{ "--help ends it all", { Q, "--to=a", "--help", "--nonsense" },
	    "help to=a" },
	{ "--version ends it all", { Q, "-t", "--to=a", "--version", "-z" },
	    "version t to=a" },
	{ "a flag with a value", { Q, "--check=yes" },
	    "!--check takes no value" },
	{ "an option without its value", { Q, "--attach" },
	    "!--attach needs a value: FILE" },
	{ "an empty value", { Q, "--subject=" }, "send compose subject=" },
	{ "an equals sign in a value", { Q, "--subject=a=b" },
	    "send compose subject=a=b" },
	{ "--sendmail elsewhere", { Q, "-i", "--sendmail" },
	    "!--sendmail only stands as the first argument" },
	{ "a setting", { Q, "--host=h", "--port", "25" },
	    "send --host=h --port=25" },
	{ "a setting with minus or underscore",
	    { Q, "--tls-trust-file=a", "--password_file", "b" },
	    "send --password_file=b --tls_trust_file=a" },
	{ "a setting with a bad value", { Q, "--port=x" },
	    "!--port \"x\": expected a number from 1 to 65535" },
	{ "a setting without value", { Q, "--host" },
	    "!--host needs a value: NAME" },
	{ "text of a setting that looks like an option",
	    { Q, "--user", "-i" }, "send --user=-i" },
	{ "a switch alone at the end", { Q, "--tls" }, "send --tls=on" },
	{ "a switch alone before an option", { Q, "--tls", "--auth", "-i" },
	    "send i --auth=on --tls=on" },
	{ "a switch alone before a recipient", { Q, "--tls", "a@x" },
	    "send --tls=on to=a@x" },
	{ "a switch and its value", { Q, "--tls", "off", "a@x" },
	    "send --tls=off to=a@x" },
	{ "a choice and its value", { Q, "--auth", "plain", "a@x" },
	    "send --auth=plain to=a@x" },
	{ "a switch and something else", { Q, "--tls", "maybe" },
	    "!--tls \"maybe\": expected on or off" },
	{ "an empty value of a switch", { Q, "--tls=" }, "send --tls=on" },
	{ "a password is no option", { Q, "--password", "hunter2" },
	    "!--password: this setting can only stand in a settings file or "
	    "the environment" },
	{ "an unknown word", { Q, "--nonsense=hunter2", "a@x" },
	    "!--nonsense is unknown (see --help)" },
	{ "a line end in -f", { Q, "-f", "a@x>\r\nRCPT TO:<b@y" },
	    "!-f: the value has a control character" },
	{ "a line end in -r", { Q, "-ra\nb" },
	    "!-r: the value has a control character" },
	{ "a line end in -F", { Q, "-F", "a\nBcc: b@y" },
	    "!-F: the value has a control character" },
	{ "a line end in -a", { Q, "-a", "a\n" },
	    "!-a: the value has a control character" },
	{ "a line end in -C", { Q, "-C", "a\n" },
	    "!-C: the value has a control character" },
	{ "a line end in a recipient", { Q, "a@x\n" },
	    "!a recipient: the value has a control character" },
	{ "ESC in a recipient", { Q, "a@x\33" },
	    "!a recipient: the value has a control character" },
	{ "DEL in a recipient", { Q, "a@x\177" },
	    "!a recipient: the value has a control character" },
	{ "a line end in --subject", { Q, "--subject", "a\nb" },
	    "!--subject: the value has a control character" },
	{ "a line end in --from", { Q, "--from", "a\nb" },
	    "!--from: the value has a control character" },
	{ "a line end in --to", { Q, "--to", "a\nb" },
	    "!--to: the value has a control character" },
	{ "a line end in --cc", { Q, "--cc", "a\nb" },
	    "!--cc: the value has a control character" },
	{ "a line end in --bcc", { Q, "--bcc", "a\nb" },
	    "!--bcc: the value has a control character" },
	{ "a line end in --account", { Q, "--account=a\n" },
	    "!--account: the value has a control character" },
	{ "a line end in --file", { Q, "--file=a\n" },
	    "!--file: the value has a control character" },
	{ "a line end in --header", { Q, "--header", "A: b\nBcc: c" },
	    "!--header: the value has a control character" },
	{ "a Bcc field that would reach nobody",
	    { Q, "--to", "a@x", "--header", "bcc: b@x" },
	    "!--header \"bcc: b@x\": use --bcc ADDRESS" },
	{ "a line end in a file name", { Q, "--attach", "a\nb" },
	    "!--attach: the value has a control character" },
	{ "a line end in --html", { Q, "--html", "a\nb" },
	    "!--html: the value has a control character" },
	{ "a line end in --inline", { Q, "--inline", "a\nb" },
	    "!--inline: the value has a control character" },
	{ "a line end in --name", { Q, "--attach=a", "--name", "a\nb" },
	    "!--name: the value has a control character" },
	{ "a line end in --type", { Q, "--attach=a", "--type", "a/\nb" },
	    "!--type: the value has a control character" },
	{ "a tab may stand in a subject", { Q, "--subject=a\tb" },
	    "send compose subject=a\tb" },
	{ "called as sendmail", { "/usr/sbin/sendmail", "-t", "-i" },
	    "send strict t i" },
	{ "called as sendmail without folder", { "sendmail" },
	    "send strict" },
	{ "called as mailq", { "/usr/bin/mailq" }, "mailq strict" },
	{ "with --json", { "/usr/bin/mailq", "--json" },
	    "mailq strict json" },
	{ "with an action", { "mailq", "retry", "x" },
	    "mailq strict to=retry to=x" },
	{ "--mailq when strict", { "sendmail", "--mailq" }, "!--mailq: called "
	    "as sendmail, there are no words but --help and --version" },
	{ "--json when strict", { "sendmail", "--json" }, "!--json: called "
	    "as sendmail, there are no words but --help and --version" },
	{ "called as newaliases", { "newaliases" }, "aliases strict" },
	{ "called by the name that a package gives it",
	    { "/usr/sbin/sendmail.qsendmail", "-i" }, "send strict i" },
	{ "and as mailq.qsendmail", { "mailq.qsendmail" }, "mailq strict" },
	{ "called as send-mail", { "/usr/bin/send-mail" }, "send strict" },
	{ "called as runq", { "runq" }, "queue strict" },
	{ "called as hoststat", { "hoststat" }, "nothing strict" },
	{ "called as purgestat", { "/usr/bin/purgestat" }, "nothing strict" },
	{ "a letter overrules the name", { "newaliases", "-bp" },
	    "mailq strict" },
	{ "called as sendmailx", { "sendmailx" }, "send" },
	{ "called as something else", { "/sendmail/mysendmail" }, "send" },
	{ "--sendmail first", { Q, "--sendmail", "-i", "a@x" },
	    "send strict i to=a@x" },
	{ "no words when strict", { "sendmail", "--attach", "/etc/passwd" },
	    "!--attach: called as sendmail, there are no words but --help "
	    "and --version" },
	{ "no settings when strict", { Q, "--sendmail", "--passwordeval=x" },
	    "!--passwordeval: called as sendmail, there are no words but "
	    "--help and --version" },
	{ "--help when strict", { "sendmail", "--help" }, "help strict" },
	{ "--version when strict", { "sendmail", "--version" },
	    "version strict" },
	{ "msmtp's words are none when strict",
	    { "sendmail", "--read-envelope-from" },
	    "!--read-envelope-from: called as sendmail, there are no words "
	    "but --help and --version" },
	{ "nor are its older ones", { "sendmail", "--keepbcc" },
	    "!--keepbcc: called as sendmail, there are no words but --help "
	    "and --version" },
	{ "-d when strict", { "sendmail", "-d0.1", "-bv", "root" },
	    "verify strict to=root" },
	{ "-d takes only what is glued, when strict",
	    { "sendmail", "-d", "root" }, "send strict to=root" },
	{ "-C when strict", { "sendmail", "-C", "f" }, "send strict C=f" },
	{ "an unknown letter when strict", { "sendmail", "-z" },
	    "!-z is unknown (see --help)" },
};

/* What programs really call, by kind of caller. */
static const struct option_case callers[] = {
#define S "/usr/sbin/sendmail"
	{ "cron", { S, "-FCronDaemon", "-i", "-B8BITMIME", "-oem", "joe" },
	    "send strict i em F=CronDaemon to=joe" },
	{ "anacron", { S, "-FAnacron", "-odi", "root" },
	    "send strict F=Anacron to=root" },
	{ "at", { S, "-i", "joe" }, "send strict i to=joe" },
	{ "a mail reader with a list and --",
	    { S, "-oem", "-oi", "-f", "me@x", "--", "a@x", "b@x" },
	    "send strict i em f=me@x to=a@x to=b@x" },
	{ "the same with notices wanted",
	    { S, "-oem", "-oi", "-N", "failure,delay", "-R", "hdrs", "--",
	    "a@x" }, "send strict i em --dsn_notify=failure,delay "
	    "--dsn_return=headers to=a@x" },
	{ "a web language", { S, "-t", "-i" }, "send strict t i" },
	{ "with parameters added", { S, "-t", "-i", "-fme@x" },
	    "send strict t i f=me@x" },
	{ "a mailer class that repeats itself",
	    { S, "-t", "-i", "-oi", "-fme@x", "-t" },
	    "send strict t i f=me@x" },
	{ "a framework that speaks SMTP", { S, "-bs", "-i" },
	    "smtp strict i" },
	{ "a mail reader that speaks SMTP", { S, "-bs", "-odb", "-oem" },
	    "smtp strict em db" },
	{ "an old mail handler that speaks SMTP",
	    { S, "-bs", "-odb", "-oem", "-om" }, "smtp strict em db" },
	{ "vacation", { S, "-eq", "-f", "<>", "--", "a@x" },
	    "send strict eq f= to=a@x" },
	{ "a filter's auto-reply", { S, "-oi", "-f", "", "a@x", "b@x" },
	    "send strict i f= to=a@x to=b@x" },
	{ "an empty name", { S, "-F", "", "-f", "me@x", "a@x" },
	    "send strict f=me@x F= to=a@x" },
	{ "a list manager",
	    { S, "-oi", "-f", "list-bounces@x", "-oep", "-odi", "-t" },
	    "send strict t i f=list-bounces@x" },
	{ "rmail", { S, "-G", "-oee", "-odq", "-oi", "-pUUCP:host", "-f",
	    "a!b", "c@x" }, "send strict i ee dq f=a!b to=c@x" },
	{ "version control", { S, "-i", "a@x", "b@x" },
	    "send strict i to=a@x to=b@x" },
	{ "options behind recipients", { S, "a@x", "-t", "b@x", "-i" },
	    "send strict t i to=a@x to=b@x" },
	{ "a cluster", { S, "-ti" }, "send strict t i" },
	{ "a list in one argument", { S, "a@x,b@x" },
	    "send strict to=a@x,b@x" },
	{ "an init script", { S, "-bd", "-q30m" }, "daemon strict q=30m" },
	{ "another one", { S, "-L", "sm-msp-queue", "-Ac", "-q30m" },
	    "queue strict q=30m" },
	{ "a check of an address", { S, "-bv", "root" },
	    "verify strict to=root" },
	{ "a package script", { "newaliases" }, "aliases strict" },
	{ "the same for an aliases file of its own",
	    { S, "-bi", "-oA/etc/mail/aliases" }, "aliases strict" },
	{ "a monitor", { "mailq", "-Ac" }, "mailq strict" },
	{ "an injected option writes no file",
	    { S, "-t", "-i", "-fa@x", "-OQueueDirectory=/tmp",
	    "-X/var/www/x.php" }, "send strict t i f=a@x" },
	{ "an injected option names no settings",
	    { S, "-t", "-f", "a@x", "--passwordeval=id" }, "!--passwordeval: "
	    "called as sendmail, there are no words but --help and "
	    "--version" },
#undef S
};

static void
test_case(const struct option_case *c)
{
	struct buf got = BUF_INIT;
	struct fault f = FAULT_INIT;
	struct options o;
	int argc = 0, rc;

	while (c->argv[argc] != NULL)
		argc++;
	options_init(&o);
	rc = options_parse(&o, argc, (char *const *)c->argv, &f);
	if (rc == 0)
		dump(&o, &got);
	else
		buf_addf(&got, "%s%s", f.code == EX_USAGE ? "!" : "?",
		    f.text.data);
	is_text(got.data, c->want, c->name);
	options_release(&o);
	fault_release(&f);
	buf_release(&got);
}

#define FROM_HELP "\n\nSending a message:\n" \
	"  --from ADDRESS            the sender: From field when missing, " \
	"reverse-path,\n" \
	"                            account choice\n" \
	"  --account NAME            the same as -a\n"
#define OVERRIDE_HELP "\n  --allow-from-override=on|off\n" \
	"                            whether -f and --from may replace from\n"

/* Every setting of the command line and every word stands in the help, and
 * no line is wider than a terminal. */
static void
test_help(void)
{
	static const char *const words[] = {
		"\nUsage: qsendmail [OPTION...] [RECIPIENT...] < MESSAGE\n",
		FROM_HELP, OVERRIDE_HELP, "\n  -a NAME ", "\n  --host=NAME ",
		"\n  --attach FILE ", "\n  --help ", "\n  -t ", "\n  -f ADDRESS ",
		"\n  -qINTERVAL ", "\nUsage: ", "\nComposing one:\n",
		"\n  --tls=on|off              encrypt the connection\n",
	};
	struct buf help = BUF_INIT, row = BUF_INIT;
	size_t i, width, widest = 0, missing = 0, blanks = 0;
	const char *p;

	buf_addc(&help, '\n');
	options_help(&help);
	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		ok(strstr(help.data, words[i]) != NULL, words[i] + 1);
	for (i = 0; i < SETTING_COUNT; i++) {
		buf_reset(&row);
		/* Of many choices only the first ones stand there. */
		buf_addf(&row, "\n  --%s=%s", settings[i].name,
		    strlen(settings[i].argument) > 40 ? "" :
		    settings[i].argument);
		for (p = row.data; *p != '=' && *p != '\0'; p++)
			if (*p == '_')
				row.data[p - row.data] = '-';
		missing += (settings[i].where & SETTING_CLI) != 0 &&
		    i != S_FROM && strstr(help.data, row.data) == NULL;
	}
	is_number((long long)missing, 0, "every setting is in the help");
	ok(strstr(help.data, "--password=") == NULL,
	    "but no setting that is not for the command line");
	ok(strstr(help.data, "\n  -d") == NULL, "nor a letter without effect");
	for (p = help.data; *p != '\0'; p += width + 1) {
		width = strcspn(p, "\n");
		widest = width > widest ? width : widest;
		blanks += width > 0 && p[width - 1] == ' ';
	}
	ok(widest <= 79 && widest > 70, "lines are filled, but not too wide");
	is_number((long long)blanks, 0, "no blanks at the ends of lines");
	buf_release(&help);
	buf_release(&row);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		test_case(&cases[i]);
	for (i = 0; i < sizeof callers / sizeof callers[0]; i++)
		test_case(&callers[i]);
	test_help();
	return tap_done();
}
