#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service for a host accepts mail: at each system call of its own and of
its sessions one of them is killed or the call fails. A reply of 250 is a
promise, and one session's end is not that of the service."""

import os
import shutil
import socket
import sys

SRCDIR = os.environ["srcdir"]
sys.path[:0] = [SRCDIR + "/tests/lib", SRCDIR + "/tests/crash"]
import faults  # noqa: E402
import mailer  # noqa: E402
import tap  # noqa: E402
from service import ENDED, Service  # noqa: E402

faults.need()
f = faults.Faults("listener_tool")
tally = faults.Tally()
TO = ["a@example.net", "b@example.net"]


def hand_over(service, name):
    """1 when the mail was promised to be kept."""
    text = (b"EHLO x\r\nMAIL FROM:<%s>\r\n" % mailer.ME.encode() +
            b"".join(b"RCPT TO:<%s>\r\n" % t.encode() for t in TO) +
            b"DATA\r\n" + mailer.message(name)[0] + b".\r\nQUIT\r\n")
    said = b""
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(ENDED)
            s.connect(service.path)
            s.sendall(text)
            for piece in iter(lambda: s.recv(65536), b""):
                said += piece
    except (ConnectionError, FileNotFoundError):
        pass            # it, or the session, is no more
    # Behind the 354 the next line is the reply to the dot.
    after = said.partition(b"\r\n354 ")[2].partition(b"\r\n")[2]
    return after.startswith(b"250 ")


def serve(environment):
    """Two mails, one after the other: what was promised, what is there, and
    the exit status (None: it could not start)."""
    s = Service(environment={k: v for k, v in environment.items()
                             if k not in os.environ or v != os.environ[k]})
    promised, status = [], None
    if s.start():
        promised = [n for n in ("m1@x", "m2@x") if hand_over(s, n)]
        s.stop()
        status = s.status
    else:
        s.wait()
    found = mailer.entries(s.place + "/spool")
    shutil.rmtree(s.place)
    return promised, found, status


calls = f.count(serve)
promised, found, status = f.result
tap.same("both are promised", promised, ["m1@x", "m2@x"])
tap.case("and there", sorted(e.name for e in found) == promised and
         all(e.is_whole() and e.recipients == TO for e in found), found)
tap.same("the service ends well", status, 0)
for fault in faults.sample(faults.choose(calls), 120):
    (promised, found, status), hit = f.fail(serve, fault)
    names = [e.name for e in found]
    note = (faults.show(fault, hit), promised, found, status)
    tally.check("what waits is whole",
                all(e.is_whole() and e.recipients == TO for e in found),
                *note)
    tally.check("what was promised is there, once",
                all(names.count(n) == 1 for n in promised) and
                len(set(names)) == len(names), *note)
    tally.check("while the service lives, others are served",
                status is None or status < 0 or "m2@x" in promised or
                "m1@x" in promised, *note)
tally.report()
tap.done()
