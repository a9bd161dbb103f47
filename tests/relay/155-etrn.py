#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ETRN (RFC 1985): what is sent, and what each reply means."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import serve, settings
from frames import Relay
from scripted import Scripted
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from tap import case, done, same

REPLIES = (
    ("250 OK, queuing for node started", None),
    ("251 OK, no messages waiting for node", None),
    ("252 OK, pending messages for node started", None),
    ("253 OK, 7 pending messages for node started", None),
    ("458 Unable to queue messages for node", ("etrn", "4xx", 458)),
    ("459 Node not allowed", ("etrn", "5xx", 459)),
    ("421 4.3.2 going down", ("etrn", "4xx", 421)),
    ("500 Syntax Error", ("etrn", "5xx", 500)),
    ("501 Syntax Error in Parameters", ("etrn", "5xx", 501)),
    ("502 5.5.1 not implemented", ("etrn", "5xx", 502)),
    ("530 5.7.0 Authentication required", ("etrn", "5xx", 530)),
    (None, ("etrn", "lost", 0)),
    ("hello", ("etrn", "garbage", 0)),
    ("354 go", ("etrn", "garbage", 354)),
)


def script(reply, *extensions):
    def run(c):
        c.hello(*extensions)
        c.line("ETRN @example.org")
        if reply is not None:
            c.say(reply)
            c.silence()
    return run


def plain(server):
    return {"host": "127.0.0.1", "port": str(server.port), "timeout": "60"}


for reply, want in REPLIES:
    with Scripted(script(reply, "PIPELINING", "etrn")) as s:
        with Relay(plain(s)) as relay:
            r = relay.etrn("@example.org")
    same("%s: %s" % (reply, want), r.fault and r.fault[:3], want)
    same("... and the relay has ended well",
         (r.ended, relay.status, s.problems), (1, 0, []))
    if r.fault and r.fault[2]:
        same("... with the server's words", r.fault[4], reply[4:])

with Scripted(lambda c: (c.hello("SIZE"), c.silence())) as s:
    with Relay(plain(s)) as relay:
        r = relay.etrn("@example.org")
same("a server that does not offer it is not asked", r.fault[:3],
     ("etrn", "not-offered", 0))

with serve() as s:
    with Relay(settings(s), verbose=1) as relay:
        r = relay.etrn("host.example.org")
case("it comes after STARTTLS and the login",
     ["starttls", "password"] == [x[0] for x in r.steps
                                  if x[0] in ("starttls", "password")] and
     r.fault[:2] == ("etrn", "not-offered"), r.steps, r.words())

with Relay({"maildir": os.path.join(os.getcwd(), "mail")}) as relay:
    r = relay.etrn("@example.org")
case("with a Maildir there is nobody to ask, and it says so",
     r.fault and r.fault[0] == "config" and "maildir" in r.fault[4], r.fault)


def rmqs(server, *more):
    return subprocess.run(
        [os.environ["QSENDMAIL"], "--rmqs=@example.org", "--host=127.0.0.1",
         "--port=%d" % server.port] + list(more), capture_output=True,
        text=True, stdin=subprocess.DEVNULL)


for reply, status, words in (
        ("250 OK", 0, ""),
        ("458 not now", 75, "cannot start its queue now: 458 not now"),
        ("459 not you", 69, "refused to start its queue: 459 not you"),
        ("502 what?", 69, "refused to start its queue: 502 what?")):
    with Scripted(script(reply, "ETRN")) as s:
        p = rmqs(s)
    same("--rmqs, %s: exit status" % reply, p.returncode, status)
    case("... one line, or none", words in p.stderr and
         p.stderr.count("\n") == (status != 0) and not p.stdout, p.stderr)
with Scripted(lambda c: (c.hello("SIZE"), c.silence())) as s:
    p = rmqs(s)
case("--rmqs, not offered", p.returncode == 69 and
     "does not offer ETRN" in p.stderr, p.stderr)
with Scripted(script("253 OK", "ETRN")) as s:
    p = rmqs(s, "-v")
case("-v shows it", "> ETRN @example.org\netrn: 253 OK\n" in p.stdout,
     p.stdout)
done()
