#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An msmtprc means the same here and to msmtp itself.

Three settings files as people have them; each call is made with msmtp and
with qsendmail, and what reaches the servers must be the same: which server,
the login, envelope and EHLO, and the fields that msmtp makes (From, To, Cc,
Bcc; that there is a Date and a Message-ID)."""
import email
import email.policy
import email.utils
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import certificates, serve
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from realmsmtp import find_msmtp
from tap import case, done, same, skip_all

HOME = os.getcwd()
MSMTP, LIBRARIES = find_msmtp()
if not MSMTP:
    skip_all("msmtp is not here; ./quickstart check unpacks it")


def version():
    text = subprocess.run(
        [MSMTP, "--version"], stdout=subprocess.PIPE,
        env=dict(os.environ, **LIBRARIES)).stdout.decode()
    return tuple(map(int, re.search(r"(\d+)\.(\d+)\.(\d+)", text).groups()))


VERSION = version()


def put(name, text):
    with open(name, "w") as f:
        f.write(text)
    os.chmod(name, 0o600)
    return os.path.join(HOME, name)


class Call:
    """One call: arguments and message. want: what must come of it besides
    being the same; old: arguments that stand in for what an old msmtp does
    not know."""

    def __init__(self, arguments, message=None, want=None, old=(),
                 environment=None):
        self.arguments = arguments.split()
        self.message = message or "Subject: s\n\nbody\n"
        self.want, self.old = want or {}, list(old)
        self.environment = environment or {}


# What msmtp of Debian 12 does not know yet, and what it becomes there.
NEWER = (
    ((1, 8, 24), r"from_full_name .*", "# none"),
    ((1, 8, 29), r"set_to_header undisclosed_recipients",
     "undisclosed_recipients on"))


def older(text):
    for since, pattern, instead in NEWER:
        if VERSION < since:
            text = re.sub("(?m)^%s$" % pattern, instead, text)
    return text


def mails(server):
    return sorted((n for n in os.listdir(server.dir) if n.endswith(".json")),
                  key=lambda n: int(n[:-5]))


def fields(message, name):
    """The mailboxes of a field, in order; None when it is not there."""
    found = message.get_all(name)
    if found is None:
        return None
    return email.utils.getaddresses([str(v) for v in found])


def facts(server, name):
    """What reached the server."""
    with open("%s/%s" % (server.dir, name)) as f:
        mail = json.load(f)
    with open("%s/%s.eml" % (server.dir, name[:-5]), "rb") as f:
        message = email.message_from_binary_file(
            f, policy=email.policy.compat32)
    got = {k: mail[k] for k in ("mail_from", "rcpt_to", "user", "ehlo",
                                "implicit_tls")}
    got["tls"] = mail["tls"] is not None
    got["auth"] = mail["auth"]
    for name in ("From", "To", "Cc", "Bcc"):
        got[name] = fields(message, name)
    for name in ("Date", "Message-ID"):
        got[name] = message[name] is not None
    return got


def run(program, arguments, call, servers):
    """One program: its exit status and what reached which server."""
    before = [len(mails(s)) for s in servers]
    environment = dict(os.environ, HOSTNAME="localhost", USER="joe",
                       QSENDMAIL_TEST_SYSCONFDIR=HOME + "/none")
    environment.update(call.environment)
    if program == MSMTP:
        environment.update(LIBRARIES)
    r = subprocess.run([program] + arguments, input=call.message.encode(),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       env=environment)
    got = []
    for number, s in enumerate(servers):
        for name in mails(s)[before[number]:]:
            got.append(dict(facts(s, name), server=number))
    return r.returncode, got, r.stdout + r.stderr


def compare(rc, calls, servers):
    """Every call with both programs."""
    text = open(rc).read()
    theirs = put(os.path.basename(rc) + ".theirs", older(text))
    for call in calls:
        name = "%s: %s" % (os.path.basename(rc), " ".join(call.arguments))
        old = call.old if VERSION < NEWER[0][0] else []
        a = run(MSMTP, ["-C", theirs] + old + call.arguments, call, servers)
        b = run(os.environ["QSENDMAIL"], ["-C", rc] + call.arguments, call,
                servers)
        if a[1] != b[1] or a[0] != b[0]:
            case(name, False, "msmtp:     %d %s" % a[:2], a[2],
                 "qsendmail: %d %s" % b[:2], b[2])
            continue
        case(name, True)
        for key, value in call.want.items():
            same("... %s" % key,
                 a[0] if key == "status" else a[1][0][key], value)


put(".netrc", "machine localhost login ann@y.org password annspw\n")
put("pw", "joespw\n")
CA = certificates() + "/ca.pem"
BOTH = ["--sender", "any", "--auth", "LOGIN PLAIN", "--advertise",
        "LOGIN PLAIN"]
LETTER = ("From: Joe <joe@x.org>\nTo: A <a@example.net>, b@example.net\n"
          "Cc: c@example.net\nBcc: d@example.net\nSubject: s\n"
          "Date: Mon, 23 Nov 2026 18:08:34 +0000\nMessage-ID: <1@x.org>\n"
          "\nbody\n")

with serve("--user", "joe", "--password", "joespw", *BOTH) as joe, \
        serve("--user", "ann@y.org", "--password", "annspw", *BOTH) as ann, \
        serve("--clear", "--without", "AUTH", "--sender", "any") as house:
    servers = [joe, ann, house]

    # Several mailboxes, as for mutt: inheritance, defaults, all kinds of
    # passwords, quotes and comments.
    rc = put("mutt", """\
# A user's own file
defaults
port {joe}
tls on
  # in between
tls_trust_file {ca}
\tauth on
domain me.example
logfile ~/msmtp.log

account joe
host localhost
port {joe}
from joe@x.org
user joe
passwordeval "cat {home}/pw"

account "joe 2" : joe
from "joe.two@x.org"
auth plain

account ann
host localhost
port {ann}
from ann@y.org
user ann@y.org
auth login
set_from_header on

defaults
timeout 40
domain later.example
auth login
account smtps : joe
port {joes}
tls_starttls off
from smtps@x.org

account both : ann, joe
from both@x.org
set_date_header off
set_msgid_header off

account pw : joe
password "joespw"
passwordeval echo wrong
from pw@x.org
remove_bcc_headers off

account hexadecimal : joe
port 0x{joe:x}
from hex@x.org

account nobody : joe
from
account default : joe
""".format(joe=joe.smtp_port, joes=joe.smtps_port, ann=ann.smtp_port, ca=CA,
           home=HOME))
    compare(rc, [
        Call("a@example.net", want={
            "server": 0, "mail_from": "joe@x.org", "user": "joe",
            "rcpt_to": ["a@example.net"], "ehlo": "later.example",
            "From": [("", "joe@x.org")]}),
        Call("-t", LETTER, want={
            "rcpt_to": ["a@example.net", "b@example.net", "c@example.net",
                        "d@example.net"], "Bcc": None}),
        Call("-t e@example.net", LETTER),
        Call("-a ann -t", LETTER, want={
            "server": 1, "user": "ann@y.org", "auth": "LOGIN",
            "From": [("", "ann@y.org")]}),
        Call("-f ann@y.org a@example.net", want={
            "server": 1, "ehlo": "me.example"}),
        Call("--from=ANN@Y.ORG a@example.net", want={"server": 1}),
        Call("-f ann+lists@y.org a@example.net", want={
            "server": 1, "mail_from": "ann+lists@y.org"}),
        Call("-fjoe.two@x.org -- a@example.net", want={"auth": "PLAIN"}),
        Call("-f else@z.org a@example.net", want={
            "server": 0, "mail_from": "else@z.org",
            "From": [("", "else@z.org")]}),
        Call("-f <> -t", LETTER, want={"mail_from": ""}),
        Call("-f else@z.org -F Else -t", "To: a@example.net\n\nx\n",
             want={"From": [("Else", "else@z.org")]}),
        Call("-a ann -f else@z.org a@example.net"),
        Call("-a smtps a@example.net", want={
            "implicit_tls": True, "ehlo": "later.example",
            "auth": "LOGIN"}),
        Call("-a both a@example.net", want={
            "server": 0, "user": "joe", "Date": False,
            "Message-ID": False, "mail_from": "both@x.org"}),
        Call("-a pw -t", LETTER, want={
            "Bcc": [("", "d@example.net")], "server": 0}),
        Call("-a hexadecimal a@example.net", want={"server": 0}),
        Call("-a nobody -t", LETTER, want={"mail_from": ""}),
        Call("--read-envelope-from -t", LETTER.replace("joe@x", "pw@x"),
             want={"mail_from": "pw@x.org"}),
        Call("--read-envelope-from -t", LETTER.replace(
            "joe@x.org", "ann+x@y.org"), want={"server": 1}),
        Call("-t", "From: Joe\n <folded@x.org>\nTo: \"A, B\" <ab@x.org>,\n"
             "\tc@x.org (d@x.org)\n\nx\n", want={
                 "rcpt_to": ["ab@x.org", "c@x.org"]}),
        Call("--auth=login --domain=argv.example a@example.net", want={
            "auth": "LOGIN", "ehlo": "argv.example"}),
        Call("--set-from-header=on --set-date-header=off -t", LETTER,
             want={"From": [("", "joe@x.org")]}),
        Call("--set-from-header=off a@example.net", want={"From": None}),
        Call("--add-missing-from-header=off --add-missing-date-header=off "
             "a@example.net", want={"From": None, "Date": False}),
        Call("--undisclosed-recipients -t", LETTER, want={"Cc": None}),
        Call("--keepbcc -t", LETTER, want={
            "Bcc": [("", "d@example.net")]}),
        Call("--remove-bcc-headers=off -t", LETTER),
        Call("--tls-min-dh-prime-bits= --connect-timeout=30 a@example.net"),
        Call("--account=none a@example.net", want={"status": 78}),
        Call("--host=localhost --port=%d --from=me@x.org a@example.net"
             % house.smtp_port, want={"server": 2, "ehlo": "localhost",
                                      "mail_from": "me@x.org"}),
    ], servers)

    # One mailbox with many senders; who may say what.
    rc = put("patterns", """\
defaults
host localhost
port {joe}
tls
tls_trust_file {ca}
auth
user joe
password joespw

account lists
from list-?*@x.org
set_to_header undisclosed_recipients

account digits
from [0-9]*@x.org
domain %H

account fixed
from fixed@x.org
allow_from_override off
set_from_header on
from_full_name Fixed Sender

account fixed2 : fixed
from fixed2@x.org

account command
from command@x.org
passwordeval echo wrong

account detail
from a+b@x.org
set_from_header auto

account any : detail
host localhost
port {ann}
user ann@y.org
auth on
password annspw
from *@y.org

account default
from %U@%H
""".format(joe=joe.smtp_port, ann=ann.smtp_port, ca=CA))
    full = ["-F", "Fixed Sender"]
    compare(rc, [
        Call("-f list-dev@x.org -t", LETTER, want={
            "mail_from": "list-dev@x.org", "Cc": None}),
        Call("-f list-@x.org a@example.net", want={
            "mail_from": "list-@x.org"}),
        Call("-f 42@x.org a@example.net", want={"ehlo": "localhost"}),
        Call("-f a42@x.org a@example.net"),
        Call("-f 42+7@x.org a@example.net"),
        Call("-f me@y.org a@example.net", want={"server": 1}),
        # An old msmtp does not look at wildcards without the detail.
        Call("-f me+detail@y.org a@example.net", want={
            "server": 1, "mail_from": "me+detail@y.org"})
        if VERSION >= (1, 8, 25) else Call("-f me@y.org -t", LETTER),
        Call("-f ME@Y.ORG a@example.net", want={"server": 0}),
        Call("-f a@x.org a@example.net", want={"server": 0}),
        Call("-f a+b@x.org a@example.net"),
        Call("-f a+c@x.org a@example.net"),
        Call("-a any -f who@z.org a@example.net", want={
            "server": 1, "mail_from": "who@z.org"}),
        Call("-a fixed -f other@x.org -t", LETTER, old=full, want={
            "mail_from": "fixed@x.org",
            "From": [("Fixed Sender", "fixed@x.org")]}),
        Call("-f fixed@x.org a@example.net", old=full),
        Call("-f fixed2@x.org a@example.net", old=full, want={
            "mail_from": "fixed2@x.org"}),
        Call("-a fixed --read-envelope-from -t", LETTER, old=full,
             want={"mail_from": "fixed@x.org"}),
        # A password of defaults counts before an own passwordeval.
        Call("-a command a@example.net", want={"status": 0, "user": "joe"}),
        Call("a@example.net", want={"mail_from": "joe@localhost"}),
        Call("-t", LETTER, environment={"USER": "ann"},
             want={"mail_from": "ann@localhost"}),
        Call("--read-envelope-from -t", LETTER.replace("joe@", "list-x@"),
             want={"mail_from": "list-x@x.org"}),
    ], servers)

    # The system's file of a machine without accounts; old spellings.
    rc = put("system", """\
host localhost
port {house}
auto_from on
maildomain house.example
protocol smtp
tls off
auth off
domain %C
connect_timeout off
add_missing_date_header off
tls_force_sslv3
tls_min_dh_prime_bits 1024
undisclosed_recipients off
keepbcc on
account other : default
auto_from off
from "%U+%H@house.example"
add_missing_from_header off
domain ""
account evaluated
eval echo host localhost
eval printf 'port {house}\\nport 1\\n'
eval echo from "evaluated@x.org"
from later@x.org
tls
tls off
""".format(house=house.smtp_port))
    compare(rc, [
        Call("a@example.net", want={
            "server": 2, "mail_from": "joe@house.example", "auth": None,
            "From": [("", "joe@house.example")], "Date": False,
            "ehlo": "localhost"}),
        Call("-t", LETTER, want={"Bcc": [("", "d@example.net")]}),
        Call("-f else@z.org a@example.net", want={
            "mail_from": "joe@house.example"}),
        Call("-F Joe a@example.net", environment={"USER": "ann"}, want={
            "From": [("Joe", "ann@house.example")]}),
        Call("--maildomain=z.org a@example.net", want={
            "mail_from": "joe@z.org"}),
        Call("--auto-from=off -f q@z.org a@example.net", want={
            "mail_from": "q@z.org"}),
        Call("-a other --domain=z.org a@example.net", want={
            "mail_from": "joe+localhost@house.example", "From": None}),
        Call("-a evaluated a@example.net", want={
            "mail_from": "later@x.org", "server": 2}),
    ], servers)

    # Without any account.
    rc = put("empty", "# nothing\naccount a\nhost localhost\n")
    compare(rc, [
        Call("--port=%d a@example.net" % house.smtp_port, environment={
            "SMTPSERVER": "localhost", "EMAIL": "e@z.org"}, want={
                "mail_from": "e@z.org", "server": 2}),
        Call("--port=%d -f f@z.org a@example.net" % house.smtp_port,
             environment={"SMTPSERVER": "localhost", "EMAIL": "e@z.org"},
             want={"mail_from": "f@z.org"}),
        Call("a@example.net", want={"status": 78}),
    ], servers)

    # Mistakes, each of which both refuse.
    for name, text in (
            ("an unknown keyword", "account default\nhost a\nnosuch x\n"),
            ("a base that comes later",
             "account default : b\naccount b\nhost localhost\n"),
            ("an account twice", "account a\nhost a\naccount a\n"),
            ("a bad switch", "host a\ntls maybe\n"),
            ("a bad port", "host a\nport 65536\n"),
            ("octal and not", "host a\nport 0587\n"),
            ("no host name", "host\n"), ("no port", "host a\nport\n"),
            ("no timeout", "host a\ntimeout\n"),
            ("a comma in a name", "account a, b\n"),
            ("an empty base", "account b\naccount a : b,\n"),
            ("defaults with a value", "defaults x\n"),
            ("a facility", "host a\nsyslog LOG_X\n"),
            ("tls_nostarttls with a value", "host a\ntls_nostarttls on\n"),
            ("nobody to trust", "host localhost\nport %d\nfrom a@x\ntls\n"
             "tls_trust_file\n" % joe.smtp_port),
            ("set_date_header on", "host a\nset_date_header on\n")):
        rc = put("mistake", text)
        call = Call("a@example.net")
        a = run(MSMTP, ["-C", rc] + call.arguments, call, servers)
        b = run(os.environ["QSENDMAIL"], ["-C", rc] + call.arguments, call,
                servers)
        case("a mistake: " + name, a[:2] == b[:2] == (78, []), a, b)
done()
