#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue from end to end: what is kept, what the runner does with it, what
its sender is told. The server is a plain one that says what it is told to."""

import email
import os
import signal
import socket
import sys
import time

SRCDIR = os.environ["srcdir"]
sys.path[:0] = [SRCDIR + "/tests/lib", SRCDIR + "/tests/queue"]
from sink import Sink  # noqa: E402
from spool import (SPOOL, Runner, entries, is_watched, run,  # noqa: E402
                   settings, text_of, until)
from tap import case, done, same  # noqa: E402

s = Sink()
settings(s.port)

# A server that is away.
s.close()
same("a mail that cannot be sent is kept without a word",
     run("a@example.net"), (0, "", ""))
waiting = entries()
same("it is one entry", len(waiting), 1)
kept = text_of(waiting[0])
same("with its recipient", kept["recipient"], ["a@example.net"])
case("and its message", kept[""].endswith(b"\r\n\r\nhello\r\n"), kept[""])
same("nothing is left in tmp", entries("tmp"), [])
same("a run that fails says nothing", run("-q"), (0, "", ""))
same("and keeps it", entries(), waiting)
s.open()
same("a run when the server is back", run("-q"), (0, "", ""))
same("the mail has arrived", [m[:2] for m in s.mails],
     [("me@example.org", ["a@example.net"])])
same("octet by octet", s.mails[0][2], kept[""])
same("and left the queue", entries(), [])

# With a server that is there nothing waits.
same("a mail that is sent at once", run("b@example.net"), (0, "", ""))
same("has arrived", s.mails[-1][1], ["b@example.net"])
same("and leaves nothing behind", entries() + entries("tmp"), [])

# -odq, and each recipient by its own outcome.
same("-odq", run("-odq", "c@example.net", "later@example.net",
                 "no@example.net"), (0, "", ""))
same("sends nothing", len(s.mails), 2)
s.rcpt["later@example.net"] = "450 4.2.1 mailbox busy"
s.rcpt["no@example.net"] = "550 5.1.1 no such user"
same("a run with three outcomes", run("-q"), (0, "", ""))
same("who is accepted has it, and the sender a notice",
     sorted(m[1] for m in s.mails[2:]),
     [["c@example.net"], ["me@example.org"]])
notice = email.message_from_bytes(s.mails[3][2])
same("the notice is a report", notice.get_content_type(),
     "multipart/report")
same("from the null sender", s.mails[3][0], "")
report = notice.get_payload(1).as_string()
case("about the one that was refused", "no@example.net" in report and
     "Action: failed" in report and "5.1.1" in report, report)
case("and nobody else", "later@" not in report and "c@" not in report, report)
left = entries()
same("one entry is left", len(left), 1)
state = text_of(left[0])
same("its sender was told of the refusal", state["told"], ["2"])
case("its next attempt is later", int(state["next"][-1]) > time.time(),
     state["next"])
run("-q")
same("until then it waits", len(s.mails), 4)
s.rcpt.clear()
same("-qf does not wait", run("-qf"), (0, "", ""))
same("only the one that was left gets it", [m[1] for m in s.mails[4:]],
     [["later@example.net"]])
same("the queue is empty", entries(), [])

# The first attempt tells of refusals by its status, once.
s.rcpt["later@example.net"] = "450 4.2.1 mailbox busy"
s.rcpt["no@example.net"] = "550 5.1.1 no such user"
status, _, err = run("ok@example.net", "later@example.net", "no@example.net")
same("a mixed first attempt ends with 69", status, 69)
same("with a line for the one that was refused", err,
     "qsendmail: <no@example.net>: the server refused the recipient: "
     "550 5.1.1 no such user\n")
same("another one waits", len(entries()), 1)
s.rcpt.clear()
count = len(s.mails)
run("-qf")
same("it gets the mail, and there is no notice",
     [m[1] for m in s.mails[count:]], [["later@example.net"]])

# A refused login is no reason to keep or to bounce.
settings(s.port, "auth login", "user me", "passwordeval echo x")
status, _, err = run("d@example.net")
case("a fault of the account is told at once", status == 78 and
     err.count("\n") == 1, status, err)
same("and nothing is kept", entries(), [])
run("-odq", "d@example.net")
same("the runner does not bounce it", run("-q"), (0, "", ""))
same("it stays", len(entries()), 1)
settings(s.port)
count = len(s.mails)
run("-q")
same("until the account is right", [m[1] for m in s.mails[count:]],
     [["d@example.net"]])

# No answer after the dot.
s.dot = lambda mail: None
count = len(s.mails)
same("a reply that is lost: it is kept", run("e@example.net"), (0, "", ""))
doubt = text_of(entries()[0])["to"][0]
case("as unconfirmed", doubt.startswith("0 content lost"), doubt)
s.dot = "250 2.0.0 OK"
run("-qf")
ids = [email.message_from_bytes(m[2])["Message-ID"] for m in s.mails[count:]]
case("it is sent again, with its Message-ID", len(ids) == 2 and
     ids[0] == ids[1], ids)

# A lasting runner.
same("without one queue auto keeps nothing", run(
    "--queue=auto", "f@example.net", rc="rc")[0], 0)
s.close()
status, _, err = run("--queue=auto", "f@example.net")
case("and says how to start one", status == 75 and "qsendmail -q15m" in err,
     status, err)
s.open()
count = len(s.mails)
with Runner("-q1h") as r:
    case("it has the lock", is_watched())
    same("another one is refused", run("-q1h", "--foreground")[0], 69)
    same("-odb with queue auto", run("--queue=auto", "-odb",
                                     "g@example.net"), (0, "", ""))
    case("is sent at once", s.wait(count + 1), s.mails)
    s.dot = "451 4.3.0 later"
    run("--queue=auto", "h@example.net")
    same("what is refused for now waits", len(entries()), 1)
    s.dot = "250 2.0.0 OK"
    run("-qf")
    case("-qf asks the runner", s.wait(count + 2), s.mails)
    s.dot = "451 4.3.0 later"
    run("chosen@example.net")
    s.dot = "250 2.0.0 OK"
    run("-qRchosen@")
    case("so does -qR", s.wait(count + 3), s.mails)
    case("the queue is empty", until(lambda: entries() == []), entries())
    for i in range(20):
        run("-odq", "bulk%d@example.net" % i)
    connections = s.connections
    run("-q")
    case("many mails", s.wait(count + 23), len(s.mails))
    case("use few connections", s.connections - connections <= 2,
         s.connections - connections)
    same("it ends well", r.stop(), (0, ""))
case("its lock is gone", not is_watched())

# Selections.
run("-odq", "one@example.net")
run("-odq", "two@example.net", "-f", "other@example.org")
count = len(s.mails)
run("-qRtwo@")
same("-qR", [m[1] for m in s.mails[count:]], [["two@example.net"]])
run("-qSnobody")
same("-qS fits nobody", len(s.mails), count + 1)
run("-qI" + os.path.basename(entries()[0]))
same("-qI", s.mails[-1][1], ["one@example.net"])

# Too old, and a notice that cannot be delivered.
settings(s.port, "queue_lifetime 1s")
s.rcpt["old@example.net"] = "450 4.2.1 mailbox busy"
s.rcpt["me@example.org"] = "550 5.1.1 gone"
run("-odq", "old@example.net")
count = len(s.mails)
until(lambda: time.time() >= int(text_of(entries()[0])["created"][0]) + 2)
run("-q")
same("a mail that waited too long is given up, and so is its notice",
     (len(s.mails) - count, entries()), (0, []))
failed = entries("failed")
same("the notice is kept in failed", len(failed), 1)
case("about the mail", b"old@example.net" in text_of(failed[0])[""] and
     b"4.4.7" in text_of(failed[0])[""], text_of(failed[0])[""].decode())
os.unlink(failed[0])
s.rcpt.pop("me@example.org")

# Delay warnings.
settings(s.port, "queue_warn 1s")
run("-odq", "old@example.net")
run("-odq", "-N", "never", "old@example.net")
until(lambda: time.time() >= int(text_of(entries()[1])["created"][0]) + 2)
count = len(s.mails)
run("-q")
same("after a while the sender is told of a delay",
     [m[1] for m in s.mails[count:]], [["me@example.org"]])
case("as delayed", b"Action: delayed" in s.mails[-1][2], s.mails[-1][2])
run("-qf")
same("once", len(s.mails), count + 1)
same("the mails wait", len(entries()), 2)
s.rcpt.clear()
run("-qf")
same("and arrive", entries(), [])

# What notices are wanted, and how they are sent.
settings(s.port, "sender login", "user login@example.org")
s.rcpt["no@example.net"] = "550 5.1.1 no such user"
count = len(s.mails)
run("-odq", "-N", "never", "no@example.net")
run("-q")
same("no notice for NOTIFY=NEVER", (len(s.mails), entries() +
                                    entries("failed")), (count, []))
run("-odq", "-R", "hdrs", "no@example.net", text="Subject: x\n\nsecret\n")
run("-q")
same("where the provider wants the login as sender, a notice has it",
     [m[:2] for m in s.mails[count:]],
     [("login@example.org", ["login@example.org"])])
case("with the header only for RET=HDRS", b"Subject: x" in s.mails[-1][2] and
     b"secret" not in s.mails[-1][2], s.mails[-1][2])
s.rcpt["login@example.org"] = "550 5.1.1 gone"
run("-odq", "no@example.net")
count = len(s.mails)
run("-q")
run("-qf")
same("there is no notice about a notice, whatever its sender",
     (len(s.mails), entries(), len(entries("failed"))), (count, [], 1))
os.unlink(entries("failed")[0])
s.rcpt.pop("login@example.org")

# A storm of refusals is not one of notices.
settings(s.port)
for i in range(24):
    run("-odq", "no@example.net")
count = len(s.mails)
run("-q")
same("of 24 notices 20 are sent at once", len(s.mails), count + 20)
same("and the others wait", len(entries()), 4)
run("-qf")
same("for a while", (len(s.mails), entries()), (count + 24, []))
s.rcpt.clear()

# SMTP on standard input.
settings(s.port)
s.close()
status, out, err = run("-bs", text="EHLO x\nMAIL FROM:<me@example.org>\n"
                       "RCPT TO:<smtp@example.net>\nDATA\nSubject: x\n\n"
                       "hi\n.\nQUIT\n")
case("-bs: 250 when it waits", status == 0 and "250 2.0.0" in out.split(
    "354", 1)[1], status, out, err)
same("and it does", len(entries()), 1)
s.open()
run("-qf")
same("until it is sent", s.mails[-1][1], ["smtp@example.net"])

# A runner that is killed.
s.at_mail = None
run("-odq", "killed@example.net")
count = len(s.mails)
with Runner("-q1h") as r:
    s.wait(count + 1)
    until(lambda: entries() == [])
    r.process.send_signal(signal.SIGHUP)
    run("-odb", "again@example.net")
    case("after SIGHUP it goes on", s.wait(count + 2))
    r.kill()
case("after SIGKILL the lock is gone", until(lambda: not is_watched()))

# A server that does not even refuse: its backlog is full.
full = socket.socket()
full.bind(("127.0.0.1", 0))
full.listen(0)
held = []
for _ in range(4):
    peer = socket.socket()
    peer.setblocking(False)
    peer.connect_ex(full.getsockname())
    held.append(peer)
settings(full.getsockname()[1])
since = time.monotonic()
same("a server that is silent", run("silent@example.net"), (0, "", ""))
case("is not waited for as long as without a queue",
     time.monotonic() - since < 120, time.monotonic() - since)
same("no rule of SMTP was broken", s.violations, [])
s.close()
done()
