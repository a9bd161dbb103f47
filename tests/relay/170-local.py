#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail server of this host, without TLS and login, and the simplest there
can be: one that knows HELO and nothing else."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from scripted import Scripted
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from tap import case, done, same

ENV = dict(os.environ, QSENDMAIL_TEST_SYSCONFDIR=os.getcwd() + "/none")
TEXT = "Subject: x\n\n.\n\u7f51\u7edc\n".encode()


def front(*arguments, message=TEXT):
    return subprocess.run([os.environ["QSENDMAIL"], "-C", "rc"] +
                          list(arguments), input=message,
                          capture_output=True, env=ENV)


def account(port, *lines):
    with open("rc", "w") as f:
        f.write("\n".join(("host localhost", "port %d" % port,
                           "from cron@host.example") + lines) + "\n")


class Old:
    """Refuses EHLO, knows no extension, answers one command at a time."""

    def __init__(self, refusal, helo="250 old", rcpt="250 OK"):
        self.refusal, self.helo, self.rcpt = refusal, helo, rcpt
        self.lines, self.content = [], b""

    def __call__(self, c):
        c.say("220 old Sendmail")
        self.lines = c.lines
        c.line("EHLO localhost")
        c.say(self.refusal)
        c.line("HELO localhost")
        c.say(self.helo)
        for verb, reply in (("MAIL", "250 OK"), ("RCPT", self.rcpt),
                            ("DATA", "354 go")):
            c.line(verb)
            case("%s waits for its turn" % verb, c.input == b"", c.input)
            c.say(reply)
        self.content = c.content()
        c.say("250 queued")
        c.line("QUIT")
        c.say("221 bye")


for refusal in ("500 what?", "502 5.5.1 no", "550-never\r\n550 heard of it"):
    old = Old(refusal)
    with Scripted(old) as s:
        account(s.port)
        p = front("-v", "a@x.org")
    same("HELO where EHLO is refused with %s" % refusal[:3],
         (p.returncode, p.stderr, s.problems, s.connections),
         (0, b"", [], 1))
    same("... no parameter that nobody offered", old.lines[2:],
         ["MAIL FROM:<cron@host.example>", "RCPT TO:<a@x.org>", "DATA",
          "QUIT"])
    case("... 7-bit only",
         not any(x > 127 for x in old.content) and
         old.content.endswith(b"\r\n\r\n=2E\r\n=E7=BD=91=E7=BB=9C\r\n"),
         old.content)
    case("... -v shows both", b"\nehlo: " + refusal[:3].encode() in p.stdout
         and b"\nhelo: 250 old\n" in p.stdout, p.stdout)
with Scripted(lambda c: (c.say("220 old"), c.line(), c.say("502 no"),
                         c.line(), c.say("502 no"), c.silence())) as s:
    account(s.port)
    p = front("a@x.org")
same("neither EHLO nor HELO", (p.returncode, p.stderr.count(b"\n")), (76, 1))
with Scripted(lambda c: (c.say("220 old"), c.line(), c.say("502 no"),
                         c.line(), c.say("250 old"), c.silence())) as s:
    account(s.port, "auth login", "user me", "passwordeval echo secret")
    p = front("a@x.org")
case("HELO and a login do not go together", p.returncode == 76 and
     b"without EHLO there is no login" in p.stderr, p.stderr)
with open("rc", "w") as f:
    f.write("account default\nhost localhost\nfrom cron@host.example\n")
p = front("--settings")
lines = {x.split()[0]: x.split()[1] for x in p.stdout.decode().splitlines()
         if not x.startswith("#")}
same("host localhost alone: port, tls, auth",
     [lines[k] for k in ("port", "tls", "auth")], ["25", "off", "off"])
done()
