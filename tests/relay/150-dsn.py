#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wishes about notices (RFC 3461) on the wire: where the server takes them,
and where it does not."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import MAIL, USER, certificates, serve, settings
from frames import Relay
from scripted import Scripted
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from tap import case, done, same

DONE = "content 2xx 250"
WISHES = (("ret", "HDRS"), ("envid", "id+2B1"), ("notify", "NEVER", 0),
          ("notify", "SUCCESS,DELAY", 1), ("orcpt", "rfc822;b@old", 1))


def facts(server, number=1):
    with open("%s/%d.json" % (server.dir, number)) as f:
        return json.load(f)


def violations(server):
    with open(server.dir + "/violations") as f:
        return f.read()


# Parameters of each command.
for pipelining in ((), ("--without", "PIPELINING")):
    how = "lock-step" if pipelining else "pipelining"
    with serve("--with", "DSN", *pipelining) as s:
        with Relay(settings(s), verbose=1) as relay:
            r = relay.mail(USER, ["a@x.net", "b@x.net", "c@x.net"], MAIL,
                           wishes=WISHES)
            same(how + ": the mail is sent", [r.outcome(n) for n in range(3)],
                 [DONE] * 3)
            same("... the server reports", r.unreported, [])
            f = facts(s)
            same("... RET and ENVID", [f["mail_parameters"].get(n) for n in
                                       ("RET", "ENVID")], ["HDRS", "id+2B1"])
            same("... NOTIFY and ORCPT of each", f["rcpt_parameters"],
                 [{"NOTIFY": "NEVER"},
                  {"NOTIFY": "SUCCESS,DELAY", "ORCPT": "rfc822;b@old"}, {}])
            sent = {step[1] for step in r.steps}
            case("... the steps show them", {
                "RCPT TO:<a@x.net> NOTIFY=NEVER", "RCPT TO:<c@x.net>"} <= sent
                and any(line.endswith(" RET=HDRS ENVID=id+2B1")
                        for line in sent), sent)
            relay.mail(USER, ["a@x.net"], MAIL)
        f = facts(s, 2)
        same("... nothing is left for the next mail",
             (f["mail_parameters"].keys() & {"RET", "ENVID"},
              f["rcpt_parameters"]), (set(), [{}]))
    same("... without violations", violations(s), "")

# In several transactions of one mail.
with serve("--with", "DSN") as s:
    with Relay(settings(s, max_recipients="1")) as relay:
        relay.mail(USER, ["a@x.net", "b@x.net"], MAIL, wishes=WISHES)
    same("a second transaction has the wishes, too",
         (facts(s, 2)["mail_parameters"].get("RET"),
          facts(s, 2)["rcpt_parameters"]),
         ("HDRS", [{"NOTIFY": "SUCCESS,DELAY", "ORCPT": "rfc822;b@old"}]))

# A server that does not know of notices.
with serve() as s:
    with Relay(settings(s)) as relay:
        r = relay.mail(USER, ["a@x.net", "b@x.net"], MAIL, wishes=WISHES)
        same("without DSN the mail is sent all the same",
             (r.outcome(0), r.outcome(1), r.fault), (DONE, DONE, None))
        case("... and who wants to hear of a success is told by us",
             r.unreported == [1] and r.events.index("unreported") >
             r.events.index("rcpt"), r.events, r.unreported)
    f = facts(s)
    same("... without wishes", (f["mail_parameters"].keys() & {
        "RET", "ENVID"}, f["rcpt_parameters"]), (set(), [{}, {}]))
same("... and without violations", violations(s), "")

with serve("--refuse", "b@x.net=550 5.1.1 no") as s:
    with Relay(settings(s)) as relay:
        r = relay.mail(USER, ["a@x.net", "b@x.net"], MAIL, wishes=WISHES)
        same("nothing is said of a success that is none",
             (r.outcome(1), r.unreported), ("rcpt 5xx 550", []))
with Relay({"maildir": os.path.abspath("maildir")}) as relay:
    r = relay.mail(USER, ["a@x.net", "b@x.net"], MAIL, wishes=WISHES)
    same("a Maildir sends no reports", (r.outcome(1), r.unreported),
         ("maildir 2xx 0", [1]))


# The longest lines that there can be.
def longest(c):
    c.hello("PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN")
    mail = c.line("MAIL FROM:")
    rcpt = c.line("RCPT TO:")
    # RFC 5321 4.5.3.1.4, and what RFC 1870, 6152, 6531 and 3461 add.
    case("a long MAIL fits its limit", len(mail) + 2 <=
         512 + 26 + 14 + 10 + 107, len(mail))
    case("a long RCPT fits its limit", len(rcpt) + 2 <= 512 + 10 + 28 + 507,
         len(rcpt))


with Scripted(longest) as s:
    with Relay({"host": "127.0.0.1", "port": str(s.port),
                "timeout": "20"}) as relay:
        relay.send_mail("ü" + "a" * 61 + "@" + "b" * 250 + ".example",
                        ["c" * 64 + "@" + "d" * 250 + ".example"], MAIL, facts=(
                            1, 1, 0), wishes=(
                                ("ret", "FULL"), ("envid", "e" * 100),
                                ("notify", "SUCCESS,FAILURE,DELAY", 0),
                                ("orcpt", "rfc822;" + "f" * 493, 0)))
        s.join()
same("... both came", s.problems, [])

# The whole way, as people call it.
with serve("--with", "DSN", "--sender", "any") as s:
    with open("rc", "w", opener=lambda p, f: os.open(p, f, 0o600)) as f:
        for name, value in dict(settings(s), **{
                "from": USER, "dsn_notify": "failure"}).items():
            f.write("%s %s\n" % (name, value))
    r = subprocess.run(
        [os.environ["QSENDMAIL"], "-C", "rc", "-v", "-V", "42", "-R", "full",
         "a@x.net"], input=MAIL, capture_output=True)
    same("letters and settings", (r.returncode, r.stderr), (0, b""))
    f = facts(s)
    same("... arrive", (f["mail_parameters"].get("ENVID"),
                        f["mail_parameters"].get("RET"),
                        f["rcpt_parameters"]),
         ("42", "FULL", [{"NOTIFY": "FAILURE"}]))
    case("... and -v shows them",
         b"\n> RCPT TO:<a@x.net> NOTIFY=FAILURE\nrcpt to: 250" in r.stdout and
         b" RET=FULL ENVID=42\nmail from: 250" in r.stdout, r.stdout)
done()
