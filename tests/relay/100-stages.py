#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each stage of the dialogue x what a server can do there: the outcome, the
reason, and how many connections were tried."""
import os
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import MAIL, USER, certificates, serve, settings
from frames import Relay
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from tap import case, done, same

DONE = "content 2xx 250"
CLOSED = "the server closed the connection"

# Before the mail a fault is the session's: nothing is said of the recipients.
SESSION = {"connect": "greeting", "ehlo": "ehlo", "starttls": "starttls",
           "ehlo#2": "ehlo", "auth": "login", "user": "login",
           "password": "login"}
MAILS = {"mail": "mail", "rcpt": "rcpt", "data": "data", "dot": "content"}


def table():
    """(name, server arguments, settings, expected, connections)"""
    for stage, name in {**SESSION, **MAILS}.items():
        # The first connection of two counts where a second may be tried.
        tries = 2 if stage in ("mail", "rcpt", "data") else 1
        for action, outcome, connections in (
                ("450 4.1.1 later", "4xx 450", 1),
                ("550 5.1.1 never\\nat all", "5xx 550", 1),
                ("421 4.3.2 bye|close", "4xx 421", 1),
                ("421 4.3.2 bye", "4xx 421", 1),
                ("close", "lost 0", tries),
                ("reset", "lost 0", tries),
                ("raw:HTTP/1.1 200 OK\\r\\n", "garbage 0", tries),
                ("raw:25", "timeout 0", 1),
                ("hang", "timeout 0", 1),
                ("split", None, 1)):
            if action == "split":
                action = "=split" if "#" in stage else "#1-=split"
            elif action == "raw:25":
                # Half a reply, then nothing.
                action = "=raw:25|hang"
            else:
                action = "=" + action
            expected = DONE if outcome is None else name + " " + outcome
            yield (stage + action, [stage + action], expected, connections)


def run(row):
    name, faults, expected, connections = row
    arguments = []
    for fault in faults:
        arguments += ["--fault", fault]
    slow = "hang" in name
    with serve(*arguments) as s:
        more = {"timeout": "1"} if slow else {"timeout": "60"}
        with Relay(settings(s, **more)) as relay:
            r = relay.mail(USER, ["a@example.net"], MAIL)
        got = r.outcome() or ("%s %s %d" % r.fault[:3] if r.fault else "?")
        with open(s.dir + "/violations") as f:
            broken = f.read()
        return name, got, expected, s.connections, connections, r, \
            relay.status, broken


certificates()
settings(type("S", (), {"smtp_port": 0, "smtps_port": 0}))
with ThreadPoolExecutor(4) as pool:
    for (name, got, expected, tried, connections, r, status,
         broken) in pool.map(run, table()):
        if name == "connect=reset" and got == "connect lost 0":
            expected = got      # it was seen while connecting
        same("%s: %s" % (name, expected), got, expected)
        same("... connections tried", tried, connections)
        case("... the relay ends well, the session by the rules",
             r.ended and status == 0 and not broken,
             r.events, status, broken)
        if "never" in name and name[:6] != "ehlo#2":
            words = r.fault[4] if r.fault else r.rcpt[0][3]
            same("... with the server's words", words, "5.1.1 never at all")
        if name.endswith("close") and "421" not in name:
            words = r.fault[4] if r.fault else r.rcpt[0][3]
            same("... and says so", words, CLOSED)
done()
