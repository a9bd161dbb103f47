#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of a real queue: its lines, and pflogsumm's counts of them."""

import os
import re
import subprocess
import sys

SRCDIR = os.environ["srcdir"]
sys.path[:0] = [SRCDIR + "/tests/lib", SRCDIR + "/tests/queue"]
from sink import Sink  # noqa: E402
from spool import entries, run, settings  # noqa: E402
from tap import case, done, same, skip  # noqa: E402

COUNTER = "/usr/sbin/pflogsumm"
if not os.access(COUNTER, os.X_OK):
    COUNTER = os.environ.get("POSTFIX_TREE", "") + COUNTER


def lines():
    """What the log has of a mail, without time, host, process and id."""
    with open("queue.log") as f:
        return [re.sub(r"^\w{3} [ \d]\d [\d:]{8} \S+ qsendmail/(\w+)\[\d+\]: "
                       r"[0-9a-z]{16,}: ", r"\1: ", line.rstrip("\n"))
                for line in f]


def counts():
    """The grand totals of pflogsumm: a number for each name."""
    ended = subprocess.run(
        [COUNTER, "--syslog-name=qsendmail", "queue.log"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    same("pflogsumm reads it", (ended.returncode, ended.stderr), (0, ""))
    totals = ended.stdout.split("Per-")[0]
    return {name: int(number) for number, name in re.findall(
        r"^ +(\d+) +([a-z]+(?: [a-z]+)?)", totals, re.M)}


with Sink() as s:
    settings(s.port)
    same("-odq", run("-odq", "a@example.net", "later@example.net",
                     "no@example.net"), (0, "", ""))
    s.rcpt["later@example.net"] = "450 4.2.1 busy (soon)"
    s.rcpt["no@example.net"] = "550 5.1.1 nobody"
    same("a run", run("-q"), (0, "", ""))
    s.rcpt.clear()
    same("another one", run("-qf"), (0, "", ""))
    same("the queue is empty", entries(), [])

log = lines()
host = "127.0.0.1:%d" % s.port
for name, line in (
        ("the mail has come", r"pickup: uid=%d from=<me@example\.org>" %
         os.getuid()),
        ("its Message-ID", r"cleanup: message-id=<[^<>]+@[^<>]+>"),
        ("its sender and size", r"qmgr: from=<me@example\.org>, size=\d+, "
         r"nrcpt=3 \(queue active\)"),
        ("sent", r"smtp: to=<a@example\.net>, relay=%s, delay=[\d.]+, "
         r"delays=0/[\d.]+/0/[\d.]+, dsn=2\.0\.0, status=sent "
         r"\(250 2\.0\.0 OK: queued as 1\)" % re.escape(host)),
        ("deferred", r"smtp: to=<later@example\.net>, .* dsn=4\.2\.1, "
         r"status=deferred \(450 4\.2\.1 busy \[soon\]\)"),
        ("bounced", r"smtp: to=<no@example\.net>, .* dsn=5\.1\.1, "
         r"status=bounced \(550 5\.1\.1 nobody\)"),
        ("the notice", r"bounce: sender non-delivery notification: "
         r"[0-9a-z]{16,}"),
        ("it is a mail of the null sender", r"qmgr: from=<>, .*"),
        ("the last one", r"smtp: to=<later@example\.net>, .* status=sent "
         r"\(.*\)")):
    case(name, sum(bool(re.fullmatch(line, i)) for i in log) == 1, line,
         *log)
same("both have left", log.count("qmgr: removed"), 2)

if os.access(COUNTER, os.X_OK):
    total = counts()
    same("received, delivered, deferred, bounced",
         [total.get(i) for i in ("received", "delivered", "deferred",
                                 "bounced")], [1, 3, 1, 1])
    same("senders and recipients",
         [total.get(i) for i in ("senders", "recipients")], [1, 3])
else:
    skip("the counts of pflogsumm", "pflogsumm is not there")
done()
