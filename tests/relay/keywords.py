#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every keyword of msmtprc(5) against its effect, most of it on the wire.

A row of ROWS is (keyword, lines, check) and perhaps more, see row(): an
account that works at a test server gets these lines, a mail is sent with it,
and the check looks at what came of it. A keyword may have several rows.
The last cases see to it that none is without."""
import email
import email.policy
import email.utils
import json
import os
import re
import socket
import subprocess
import sys
import time

SRCDIR = os.environ["srcdir"]
sys.path.insert(0, os.path.join(SRCDIR, "tests", "relay"))
from account import certificates, serve
from scripted import Scripted
sys.path.insert(0, os.path.join(SRCDIR, "tests", "lib"))
from proxy import Proxy
from tap import case, done, same, skip

HOME = os.getcwd()
USER, PASSWORD = "me@x.org", "mypw"
CERTS = certificates()

PRINT = subprocess.check_output(
    ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in",
     CERTS + "/valid.pem"]).decode().strip().split("=")[1]

# The keywords of msmtprc(5), older spellings too.
MSMTPRC = set("""
    account add_missing_date_header add_missing_from_header aliases
    allow_from_override auth auto_from connect_timeout defaults domain
    dsn_notify dsn_return eval from from_full_name host keepbcc logfile
    logfile_time_format maildomain ntlmdomain password passwordeval port
    protocol proxy_host proxy_port remove_bcc_headers set_date_header
    set_from_header set_msgid_header set_to_header socket source_ip syslog
    timeout tls tls_cert_file tls_certcheck tls_crl_file tls_fingerprint
    tls_force_sslv3 tls_host_override tls_key_file tls_min_dh_prime_bits
    tls_nocertcheck tls_nostarttls tls_priorities tls_starttls tls_trust_file
    undisclosed_recipients user""".split())

# What an account may be at; options of qqserver.py.
ANY = ["--user", USER, "--password", PASSWORD, "--sender", "any",
       "--auth", "LOGIN PLAIN", "--advertise", "LOGIN PLAIN"]
SERVERS = {
    "login": ANY,
    "clear": ["--clear", "--without", "AUTH", "--sender", "any"],
    "slow": ANY + ["--fault", "mail=hang"],
    "notices": ANY + ["--with", "DSN"],
    "local": ANY + ["--unix", HOME + "/local.sock"],
    "clients": ANY + ["--client-ca", CERTS + "/ca.pem"],
    "revoked": ANY,
    "misnamed": ANY,
    "ntlm": ["--user", "DOM\\me", "--password", PASSWORD, "--sender", "any",
             "--auth", "NTLM", "--advertise", "NTLM"],
}
CERTIFICATES = {"revoked": "revoked", "misnamed": "wrong-name"}

LETTER = ("To: A <a@example.net>\nCc: c@example.net\nBcc: b@example.net\n"
          "Subject: s\n\nbody\n")
FULL = ("From: F <f@example.net>\nDate: Mon, 23 Nov 2026 18:08:34 +0000\n"
        "Message-ID: <1@example.net>\n" + LETTER)


class Outcome:
    """What came of a call; mail and message are None when none arrived."""

    def __init__(self, process, server, before, seconds):
        self.status = process.returncode
        self.text = (process.stdout + process.stderr).decode()
        self.seconds = seconds
        self.mail = self.message = None
        number = len(mails(server))
        if number == before:
            return
        with open("%s/%d.json" % (server.dir, number)) as f:
            self.mail = json.load(f)
        with open("%s/%d.eml" % (server.dir, number), "rb") as f:
            self.message = email.message_from_binary_file(
                f, policy=email.policy.default)

    def sent(self, **facts):
        """A mail arrived with these facts (mail_from, auth, ...)."""
        return self.status == 0 and self.mail is not None and all(
            self.mail[k] == v for k, v in facts.items())

    def field(self, name):
        """The mailboxes of a field, as text; None when it is not there."""
        if self.message is None or self.message[name] is None:
            return None
        return [email.utils.formataddr(a) for a in
                email.utils.getaddresses(self.message.get_all(name))]

    def has(self, name):
        return self.message is not None and self.message[name] is not None

    def __str__(self):
        return "status %d, %.1f s\n%s\n%s\n%s" % (
            self.status, self.seconds, self.text, self.mail, self.message)


def mails(server):
    return [n for n in os.listdir(server.dir) if n.endswith(".json")]


def put(name, text):
    with open(name, "w") as f:
        f.write(text)
    os.chmod(name, 0o600)
    return os.path.join(HOME, name)


# rows

ROWS = []


def row(keyword, lines, check, at="login", message=LETTER, arguments="-t",
        before="", name="", run=None):
    """lines: of the account, behind those that make it work, {server} etc.
    filled in; before: in front of it; run: instead of the ordinary call."""
    ROWS.append((keyword, lines, check, at, message, arguments, before, name,
                 run))


def refused(status, text):
    return lambda o: o.status == status and text in o.text and o.mail is None


row("host", "host 127.0.0.1", lambda o: o.sent(user=USER))
row("host", "host 127.0.0.2", refused(75, "127.0.0.2"), name="elsewhere")
row("port", "port {smtps}\ntls_starttls off",
    lambda o: o.sent(implicit_tls=True))
row("timeout", "timeout 1", lambda o: o.status == 75 and o.seconds < 30,
    at="slow")
row("connect_timeout", "connect_timeout 1",
    lambda o: o.status == 75 and o.seconds < 30, at="slow")
row("timeout", "timeout off", lambda o: o.sent())
row("domain", "domain me.example", lambda o: o.sent(ehlo="me.example"))
row("domain", "domain x.%H", lambda o: o.sent(ehlo="x.host.example"))
row("domain", "domain %C", lambda o: o.sent(ehlo="canon.example"))
row("domain", "domain %M", lambda o: o.sent(ehlo="mail.example"))
row("domain", "domain me.example\ndomain", lambda o: o.sent(ehlo="localhost"),
    name="empty")
row("auth", "auth plain", lambda o: o.sent(auth="PLAIN"))
row("auth", "auth login", lambda o: o.sent(auth="LOGIN"))
row("auth", "auth", lambda o: o.mail and o.mail["auth"] is not None,
    name="empty")
row("auth", "auth off\ntls off", lambda o: o.sent(auth=None), at="clear")
row("user", "user other@x.org", refused(77, "refused the login"))
row("user", "user", refused(78, "there is no user"), name="empty")
row("password", "password wrong", refused(77, "refused the login"))
row("password", "password\npasswordeval echo {password}",
    lambda o: o.sent(user=USER), name="empty")
row("password", "passwordeval echo wrong", lambda o: o.sent(user=USER),
    name="before passwordeval")
row("passwordeval", "password\npasswordeval echo wrong",
    refused(77, "refused the login"))
row("passwordeval", "password\npasswordeval echo x\npasswordeval",
    refused(78, "there is no password for"), name="empty")
row("tls", "auth off\ntls off", lambda o: o.sent(tls=None), at="clear")
row("tls", "auth off\ntls off\ntls",
    lambda o: o.mail and o.mail["tls"] is not None, at="clear", name="empty")
row("tls_starttls", "port {smtps}\ntls_starttls on\ntls_starttls off",
    lambda o: o.sent(implicit_tls=True))
row("tls_nostarttls", "port {smtps}\ntls_nostarttls",
    lambda o: o.sent(implicit_tls=True))
row("tls_trust_file", "tls_trust_file {certs}/other-ca.pem",
    refused(76, "certificate"))
row("tls_trust_file", "tls_trust_file system", refused(76, "certificate"))
row("tls_trust_file", "tls_trust_file",
    refused(78, "tls_trust_file is empty"), name="empty")
row("tls_trust_file", "tls_trust_file ~/certs/ca.pem", lambda o: o.sent(),
    name="at home")
row("tls_certcheck", "tls_trust_file\ntls_certcheck off",
    lambda o: o.sent(user=USER))
row("tls_certcheck", "tls_trust_file {certs}/other-ca.pem\n"
    "tls_certcheck off\ntls_certcheck", refused(76, "certificate"),
    name="empty")
row("tls_nocertcheck", "tls_trust_file system\ntls_nocertcheck",
    lambda o: o.sent(user=USER))
row("tls_min_dh_prime_bits", "tls_min_dh_prime_bits 512",
    lambda o: o.sent(), name="accepted")
row("tls_min_dh_prime_bits", "tls_min_dh_prime_bits few",
    refused(78, "expected a number"), name="no number")
row("tls_force_sslv3", "tls_force_sslv3",
    lambda o: o.sent() and o.mail["tls"] == "TLSv1.3", name="no effect")

row("tls_fingerprint", "tls_trust_file\ntls_fingerprint {print}",
    lambda o: o.sent(user=USER), name="in place of an authority")
row("tls_fingerprint", "tls_fingerprint {wrong_print}",
    refused(76, "fingerprint"))
row("tls_fingerprint", "tls_fingerprint {wrong_print}\ntls_fingerprint",
    lambda o: o.sent(), name="empty")
row("tls_host_override", "tls_host_override mail.example.net",
    lambda o: o.sent(user=USER), at="misnamed")
row("tls_host_override", "tls_host_override mail.example.net",
    refused(76, "mail.example.net"))
row("tls_crl_file", "tls_crl_file {certs}/ca.crl", lambda o: o.sent())
row("tls_crl_file", "tls_crl_file {certs}/ca.crl", refused(76, "revoked"),
    at="revoked")
row("tls_crl_file", "tls_crl_file {certs}/ca.crl\ntls_crl_file",
    lambda o: o.sent(), at="revoked", name="empty")
row("tls_cert_file", "tls_cert_file {certs}/client.crt\n"
    "tls_key_file {certs}/client.key", lambda o: o.sent(user=USER),
    at="clients")
row("tls_cert_file", "", refused(78, "wants a certificate of this host"), at="clients",
    name="missing")
row("tls_key_file", "tls_cert_file {certs}/client.crt\n"
    "tls_key_file {certs}/server.key", refused(78, "tls_key_file"),
    at="clients", name="of another one")
row("tls_priorities", "tls_priorities NORMAL:-VERS-ALL:+VERS-TLS1.2",
    lambda o: o.sent() and o.mail["tls"] == "TLSv1.2")
row("tls_priorities", "tls_priorities NORMAL:+SRP",
    refused(78, "no counterpart"))
row("source_ip", "host 127.0.0.1\nsource_ip 127.0.0.9",
    lambda o: o.sent(peer="127.0.0.9"))
row("source_ip", "host 127.0.0.1\nsource_ip 127.0.0.9\nsource_ip",
    lambda o: o.sent(peer="127.0.0.1"), name="empty")
row("socket", "port 1\nsocket ~/local.sock", lambda o: o.sent(peer="unix"),
    at="local")
row("socket", "socket ~/local.sock\nsocket",
    lambda o: o.sent(peer="127.0.0.1"), at="local", name="empty")


def by_proxy(words, message, environment):
    """The call, with a SOCKS5 proxy where the account has its port."""
    with Proxy("socks5") as p:
        with open("rc") as f:
            text = f.read()
        put("rc", text.replace("PROXY-PORT", str(p.port)))
        r = subprocess.run(words, input=message, env=environment,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    r.stdout += ("asked: %s" % [host for host, _ in p.asked]).encode()
    return r


row("proxy_host", "proxy_host 127.0.0.1\nproxy_port PROXY-PORT",
    lambda o: o.sent(user=USER) and "asked: ['localhost']" in o.text,
    run=by_proxy, name="which looks up names")
row("proxy_host", "proxy_host 127.0.0.1\nproxy_port 1\nproxy_host",
    lambda o: o.sent() and "asked: []" in o.text, run=by_proxy, name="empty")
row("proxy_port", "proxy_host 127.0.0.1\nproxy_port 1",
    lambda o: o.status == 75 and o.mail is None)
row("ntlmdomain", "auth ntlm\nuser me\nntlmdomain DOM",
    lambda o: o.sent(auth="NTLM"), at="ntlm")

row("from", "from other@x.org", lambda o: o.sent(
    mail_from="other@x.org") and o.field("From") == ["other@x.org"])
row("from", "from %U.%H@%C", lambda o: o.sent(
    mail_from="joe.host.example@canon.example"))
row("from", "from a@%M", lambda o: o.sent(mail_from="a@mail.example"))
row("from", "from %F", lambda o: o.sent(mail_from="f@example.net"),
    message=FULL)
row("from", "from *@x.org\naccount other\nhost 127.0.0.2",
    lambda o: o.sent(mail_from="joe@x.org"), arguments="-f joe@x.org -t",
    name="a wildcard", before="account default\nhost 127.0.0.2\n",)
row("from", "from *@x.org", lambda o: o.sent(mail_from=USER),
    name="a wildcard without a sender")
row("from", "from *@x.org\nuser me\n", refused(78, "fits many senders"),
    name="... nor a user who is one")
row("from", "from", lambda o: o.sent(mail_from=""), name="empty")
row("from_full_name", "from_full_name Ø Full", lambda o: o.sent() and
    o.field("From") == [email.utils.formataddr(("Ø Full", USER))])
row("from_full_name", "from_full_name Full", lambda o: o.field("From") ==
    ["Of the call <%s>" % USER], arguments="-t -F", name="-F counts more",
    run=["Of the call"])
row("allow_from_override", "", lambda o: o.sent(mail_from="o@x.org"),
    arguments="-f o@x.org -t", name="is on")
row("allow_from_override", "allow_from_override off",
    lambda o: o.sent(mail_from=USER) and o.field("From") == [USER],
    arguments="-f o@x.org -t")
row("auto_from", "auto_from on\nmaildomain d.example\nfrom other@x.org",
    lambda o: o.sent(mail_from="joe@d.example") and
    o.field("From") == ["joe@d.example"], arguments="-f o@x.org -t")
row("auto_from", "auto_from off\nmaildomain d.example",
    lambda o: o.sent(mail_from=USER), name="off")
row("maildomain", "auto_from\nmaildomain d.example\nmaildomain",
    refused(78, "maildomain"), name="empty")
row("maildomain", "maildomain d.example",
    lambda o: o.sent(rcpt_to=["root@d.example"]), arguments="root",
    name="of a bare name")

row("aliases", "aliases ~/aliases",
    lambda o: o.sent(rcpt_to=["a@example.net", "b@example.net"]),
    arguments="team")
row("aliases", "aliases ~/aliases\naliases\nmaildomain d.example",
    lambda o: o.sent(rcpt_to=["team@d.example"]), arguments="team",
    name="empty")


def notify(o, *wishes):
    return o.sent() and [p.get("NOTIFY") for p in
                         o.mail["rcpt_parameters"]] == list(wishes)


def ret(o, wish):
    return o.sent() and o.mail["mail_parameters"].get("RET") == wish


row("dsn_notify", "dsn_notify success,failure",
    lambda o: notify(o, *["SUCCESS,FAILURE"] * 3), at="notices")
row("dsn_notify", "dsn_notify never",
    lambda o: notify(o, *["NEVER"] * 3), at="notices")
row("dsn_notify", "dsn_notify never\ndsn_notify off",
    lambda o: notify(o, *[None] * 3), at="notices")
row("dsn_notify", "dsn_notify sometimes", refused(78, "expected off, never"))
row("dsn_return", "dsn_return headers", lambda o: ret(o, "HDRS"),
    at="notices")
row("dsn_return", "dsn_return full", lambda o: ret(o, "FULL"), at="notices")
row("dsn_return", "dsn_return full\ndsn_return off",
    lambda o: ret(o, None), at="notices")


def to_lmtp(words, message, environment):
    """The call, to a server that speaks LMTP and nothing else."""
    def script(c):
        c.say("220 test LMTP")
        c.line("LHLO")
        c.say("250-test", "250 PIPELINING")
        c.envelope(1)
        c.content()
        c.say("250 2.0.0 <a@example.net> saved")
        c.line("QUIT")
        c.say("221 bye")

    with Scripted(script) as s:
        r = subprocess.run(words + ["--port=%d" % s.port, "a@example.net"],
                           input=message, env=environment,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    r.stdout += repr(s.problems).encode()
    return r


row("protocol", "protocol lmtp\nhost 127.0.0.1\ntls off\nauth off",
    lambda o: o.status == 0 and o.text == "[]", arguments="", run=to_lmtp)
row("protocol", "protocol lmtp\nprotocol smtp", lambda o: o.sent(user=USER))

row("set_from_header", "set_from_header on",
    lambda o: o.field("From") == [USER], message=FULL)
row("set_from_header", "set_from_header off",
    lambda o: o.sent() and not o.has("From"))
row("set_from_header", "set_from_header off\nset_from_header",
    lambda o: o.field("From") == [USER], name="empty")
row("set_from_header", "set_from_header auto", lambda o: o.field("From") ==
    ["F <f@example.net>"], message=FULL)
row("add_missing_from_header", "add_missing_from_header off",
    lambda o: o.sent() and not o.has("From"))
row("add_missing_from_header",
    "add_missing_from_header off\nadd_missing_from_header",
    lambda o: o.has("From"), name="empty")
row("set_date_header", "set_date_header off",
    lambda o: o.sent() and not o.has("Date"))
row("set_date_header", "set_date_header off\nset_date_header auto",
    lambda o: o.has("Date"))
row("add_missing_date_header", "add_missing_date_header off",
    lambda o: o.sent() and not o.has("Date"))
row("set_msgid_header", "set_msgid_header off",
    lambda o: o.sent() and not o.has("Message-ID"))
row("set_msgid_header", "set_msgid_header off\nset_msgid_header",
    lambda o: o.has("Message-ID"), name="empty")
row("set_to_header", "set_to_header", lambda o: o.sent() and o.field("To") ==
    ["o@example.net", "a@example.net", "c@example.net", "b@example.net"] and
    not o.has("Cc") and not o.has("Bcc"), arguments="-t o@example.net")
row("set_to_header", "set_to_header undisclosed_recipients",
    lambda o: o.sent() and str(o.message["To"]) ==
    "undisclosed-recipients:;" and not o.has("Cc") and not o.has("Bcc"))
row("set_to_header", "set_to_header on\nset_to_header off",
    lambda o: o.field("Cc") == ["c@example.net"])
row("undisclosed_recipients",
    "undisclosed_recipients on\nremove_bcc_headers off",
    lambda o: o.sent(rcpt_to=["a@example.net", "c@example.net",
                              "b@example.net"]) and
    str(o.message["To"]) == "undisclosed-recipients:;" and
    not o.has("Cc") and not o.has("Bcc"))
row("remove_bcc_headers", "remove_bcc_headers off",
    lambda o: o.field("Bcc") == ["b@example.net"])
row("remove_bcc_headers", "remove_bcc_headers off\nremove_bcc_headers",
    lambda o: o.sent() and not o.has("Bcc"), name="empty")
row("keepbcc", "keepbcc", lambda o: o.field("Bcc") == ["b@example.net"])
row("keepbcc", "keepbcc off", lambda o: o.sent() and not o.has("Bcc"))


def logged(o, when=r"^\S+ +\d+ [\d:]+ "):
    with open("log") as f:
        text = f.read()
    os.remove("log")
    return o.sent() and re.search(
        when + r"host=localhost tls=on auth=on user=%s from=%s "
        r"recipients=a@example.net,c@example.net,b@example.net .*"
        r"exitcode=EX_OK$" % (USER, USER), text, re.M)


row("logfile", "logfile ~/log", logged)
row("logfile", "logfile ~/none\nlogfile",
    lambda o: o.sent() and not os.path.exists("none"), name="empty")
row("logfile_time_format", "logfile ~/log\nlogfile_time_format @%Y",
    lambda o: logged(o, r"^@\d{4} "))
row("logfile_time_format",
    "logfile ~/log\nlogfile_time_format @%Y\nlogfile_time_format", logged,
    name="empty")
row("logfile", "logfile -", lambda o: "host=localhost" in o.text)

# The system's log, in a name space with a /dev of our own.
PRIVATE_DEV = """
mkdir -p dev && mount -t tmpfs none dev &&
for f in null zero full random urandom tty; do
    : > dev/$f && mount --bind /dev/$f dev/$f || exit 99
done
ln -s /proc/self/fd dev/fd && ln -s "$PWD/log.socket" dev/log &&
mount --rbind dev /dev || exit 99
exec "$@" """


def to_syslog(words, message, environment):
    try:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind("log.socket")
        listener.settimeout(20)
        r = subprocess.run(["unshare", "-rm", "sh", "-c", PRIVATE_DEV, "sh"] +
                           words, input=message, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, env=environment)
        if r.returncode == 0:
            r.stdout += listener.recv(65536)
        return r
    finally:
        listener.close()
        os.remove("log.socket")


def can_have_dev():
    try:
        return subprocess.run(
            ["unshare", "-rm", "sh", "-c", PRIVATE_DEV, "sh", "true"],
            stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


for lines, priority in (("syslog", 1 * 8 + 6), ("syslog on", 1 * 8 + 6),
                        ("syslog LOG_MAIL", 2 * 8 + 6),
                        ("syslog LOG_LOCAL3", 19 * 8 + 6)):
    row("syslog", lines, lambda o, p=priority: o.sent() and
        o.text.startswith("<%d>" % p) and "host=localhost" in o.text,
        run=to_syslog)
row("syslog", "syslog off", lambda o: o.sent())
row("syslog", "syslog LOG_X", refused(78, "expected on, off or a facility"))

row("defaults", "", lambda o: o.sent(ehlo="d.example"),
    before="defaults\ndomain d.example\n")
row("account", "account other : {account}\nfrom second@x.org",
    lambda o: o.sent(mail_from="second@x.org", user=USER),
    arguments="-a other -t")
row("eval", "eval echo domain e.example", lambda o: o.sent(
    ehlo="e.example"))
row("eval", "eval echo password wrong", refused(77, "refused the login"),
    name="a password")
row("eval", "eval echo domain e.example\ndomain later.example",
    lambda o: o.sent(ehlo="later.example"), name="a later line")


# running them

def account(server, at, name):
    """The lines of an account that works there."""
    lines = ["account " + name, "host localhost", "port %d" % server.smtp_port,
             "from " + USER, "tls on", "tls_trust_file %s/ca.pem" % CERTS]
    if at != "clear":
        lines += ["auth on", "user " + USER, "password " + PASSWORD]
    return "\n".join(lines) + "\n"


def try_row(server, keyword, lines, check, at, message, arguments, before,
            name, run):
    own = "default" if "account default" not in before else "works"
    facts = {"smtp": server.smtp_port, "smtps": server.smtps_port,
             "certs": CERTS, "password": PASSWORD, "account": own,
             "print": PRINT, "wrong_print": "00" + PRINT[2:]}
    rc = put("rc", before + account(server, at, own) +
             lines.format(**facts) + "\n")
    environment = dict(
        os.environ, USER="joe", HOSTNAME="host.example",
        QSENDMAIL_TEST_CANONICAL="canon.example",
        QSENDMAIL_TEST_SYSCONFDIR=HOME + "/sys")
    words = [os.environ["QSENDMAIL"], "-C", rc] + arguments.split()
    if isinstance(run, list):
        words += run
    count, start = len(mails(server)), time.monotonic()
    if callable(run):
        r = run(words, message.encode(), environment)
    else:
        r = subprocess.run(words, input=message.encode(), env=environment,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    o = Outcome(r, server, count, time.monotonic() - start)
    case("%s: %s%s" % (keyword, lines.replace("\n", "; ") or before.replace(
        "\n", "; "), " (%s)" % name if name else ""), check(o), o)


os.mkdir("sys")
put("sys/mailname", "mail.example\n")
put("aliases", "team: a@example.net, second\nsecond: b@example.net\n")
has_dev = can_have_dev()
for kind, options in SERVERS.items():
    with serve(*options, cert=CERTIFICATES.get(kind, "valid")) as s:
        for r in ROWS:
            if r[3] == kind and r[8] is to_syslog and not has_dev:
                skip(r[0] + ": " + r[1], "no name spaces here")
            elif r[3] == kind:
                try_row(s, *r)
        with open(s.dir + "/violations") as f:
            same("no rule was broken at the server: " + kind, f.read(), "")

# The list is whole.
with_rows = {r[0] for r in ROWS}
same("every keyword has a row", MSMTPRC - with_rows, set())
same("a row is about a keyword of msmtprc(5)", with_rows - MSMTPRC, set())
with open(SRCDIR + "/src/settings/settings.def") as f:
    ours = set(re.findall(r'^SETTING\([A-Z_]+, "(\w+)"', f.read(), re.M))
with open(SRCDIR + "/src/settings/config.c") as f:
    table = re.search(r"spellings\[\] = \{(.*?)^\};", f.read(), re.S | re.M)
spellings = set(re.findall(r'\{ "(\w+)",', table[1]))
same("every keyword of msmtprc(5) is known", MSMTPRC - ours - spellings -
     {"account", "defaults", "eval"}, set())
same("every other spelling is of msmtprc(5)", spellings - MSMTPRC, set())
done()
