#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notices of success (NOTIFY=SUCCESS, RFC 3461 5.2.2): made for what the
runner gives to a server that sends no reports, or puts into a Maildir, and
for nothing else."""

import email
import os
import re
import sys

SRCDIR = os.environ["srcdir"]
sys.path[:0] = [SRCDIR + "/tests/lib", SRCDIR + "/tests/queue"]
from sink import Sink  # noqa: E402
from spool import SPOOL, entries, run, settings, text_of  # noqa: E402
from tap import case, done, same  # noqa: E402

TEXT = "Subject: x\n\nsecret\n"
s = Sink()
s.offer.remove("DSN")
settings(s.port)
count = 0


def new():
    """The mails that have come since the last call."""
    global count
    mails = s.mails[count:]
    count = len(s.mails)
    return mails


def logged(pattern):
    """The lines of the log, without time, host and process, that fit."""
    with open("queue.log") as f:
        return [line for line in f if re.search(pattern, line)]


def fields(content):
    """Those of the mail and of each recipient in a report."""
    return [dict(part.items()) for part in
            email.message_from_bytes(content).get_payload(1).get_payload()]


def reports(mails):
    """Final-Recipient and Action of each recipient in each report."""
    return [[(f["Final-Recipient"], f["Action"]) for f in fields(m[2])[1:]]
            for m in mails if m[1] == ["me@example.org"]]


# The whole of one.
same("a mail with -N success", run(
    "-odq", "-N", "success", "-V", "id 1", "-R", "hdrs", "a@example.net",
    text=TEXT), (0, "", ""))
name = os.path.basename(entries()[0])
same("is sent by the runner", run("-q"), (0, "", ""))
mails = new()
same("its sender gets a notice", [m[:2] for m in mails],
     [("me@example.org", ["a@example.net"]), ("", ["me@example.org"])])
notice = email.message_from_bytes(mails[1][2])
mail, recipient = fields(mails[1][2])
same("a report", (notice.get_content_type(), notice["Subject"],
                  notice["Auto-Submitted"]),
     ("multipart/report", "Mail passed on", "auto-replied"))
same("about that mail", mail["Original-Envelope-Id"], "id 1")
same("which was relayed", [recipient[i] for i in (
    "Final-Recipient", "Action", "Status", "Remote-MTA", "Diagnostic-Code")],
     ["rfc822; a@example.net", "relayed", "2.0.0", "dns; 127.0.0.1",
      "smtp; 250 2.0.0 OK: queued as 1"])
case("with its header", notice.get_payload(2).get_content_type() ==
     "text/rfc822-headers" and b"Subject: x" in mails[1][2] and
     b"secret" not in mails[1][2], mails[1][2].decode())
same("the queue is empty", entries() + entries("tmp") + entries("failed"), [])
same("the log says it", len(logged(
    r"qsendmail/bounce\[\d+\]: %s: sender delivery status notification: "
    r"%ss0\n$" % (name, name))), 1)
run("-odq", "-N", "success", "-R", "full", "a@example.net", text=TEXT)
run("-q")
case("RET=FULL is about failures", b"secret" not in new()[1][2])

# Only who has it, and each once.
s.rcpt["later@example.net"] = "450 4.2.1 mailbox busy"
run("-odq", "-N", "success", "a@example.net", "later@example.net")
run("-q")
same("one of two has it", reports(new()),
     [[("rfc822; a@example.net", "relayed")]])
left = text_of(entries()[0])
same("that is in the journal", (left["unreported"], left["told"]),
     (["0"], ["0"]))
s.rcpt.clear()
run("-qf")
same("the other one later", reports(new()),
     [[("rfc822; later@example.net", "relayed")]])
same("and nothing waits", entries(), [])
s.rcpt["no@example.net"] = "550 5.1.1 no such user"
run("-odq", "-N", "success,failure", "no@example.net", "a@example.net")
run("-q")
same("a failure and a success", sorted(reports(new())),
     [[("rfc822; a@example.net", "relayed")],
      [("rfc822; no@example.net", "failed")]])
run("-odq", "-N", "success", "no@example.net")
run("-q")
same("a failure is no success", (new(), entries()), ([], []))
s.rcpt.clear()

# As an SMTP client asks for it.
run("-odq", "-bs", text="EHLO x\nMAIL FROM:<me@example.org> ENVID=7\n"
    "RCPT TO:<a@example.net> NOTIFY=SUCCESS ORCPT=rfc822;A+40x\n"
    "RCPT TO:<b@example.net> NOTIFY=FAILURE\nDATA\n" + TEXT + ".\nQUIT\n")
run("-q")
mails = new()
same("in a session: for whom it is wanted", reports(mails),
     [[("rfc822; a@example.net", "relayed")]])
same("with the names of the client", (
    fields(mails[-1][2])[0]["Original-Envelope-Id"],
    fields(mails[-1][2])[1]["Original-Recipient"]), ("7", "rfc822; A@x"))

# Nobody asked, or there is nobody to tell.
run("-odq", "a@example.net")
run("-odq", "-N", "failure,delay", "a@example.net")
run("-odq", "-N", "never", "a@example.net")
run("-odq", "-N", "success", "-f", "<>", "--from", "me@example.org",
    "a@example.net")
run("-q")
same("otherwise there is none", [m[1] for m in new()],
     [["a@example.net"]] * 4)

# Who sends at once has the exit status.
same("a mail that is sent at once", run("-N", "success", "a@example.net"),
     (0, "", ""))
status, out, _ = run(
    "-bs", text="EHLO x\nMAIL FROM:<me@example.org>\n"
    "RCPT TO:<a@example.net> NOTIFY=SUCCESS\nDATA\n" + TEXT + ".\nQUIT\n")
case("and one of a session", status == 0 and "\n250 2.0.0" in out, out)
same("make no notice", ([m[1] for m in new()], entries()),
     ([["a@example.net"]] * 2, []))
s.rcpt["later@example.net"] = "450 4.2.1 mailbox busy"
same("some at once", run("-N", "success", "a@example.net",
                         "later@example.net"), (0, "", ""))
s.rcpt.clear()
run("-qf")
same("the others are told of", reports(new()),
     [[("rfc822; later@example.net", "relayed")]])

# It cannot be made: a directory is in the way of its file.
s.rcpt["later@example.net"] = "450 4.2.1 mailbox busy"
run("-odq", "-N", "success", "a@example.net", "later@example.net")
name = os.path.basename(entries()[0])
for number in (0, 1):
    os.mkdir("%s/tmp/%ss%d" % (SPOOL, name, number))
same("a notice that cannot be made", run("-q"), (0, "", ""))
same("is said in the log", len(logged(
    "%s: warning: no notice of the success: cannot make" % name)), 1)
same("and changes nothing", ([m[1] for m in new()], len(entries())),
     ([["a@example.net"]], 1))
left = text_of(entries()[0])
same("it is still due", (left["unreported"], left.get("told")), (["0"], None))
os.rmdir("%s/tmp/%ss0" % (SPOOL, name))
s.rcpt.clear()
run("-qf")
same("and made with the next one", reports(new()),
     [[("rfc822; a@example.net", "relayed"),
       ("rfc822; later@example.net", "relayed")]])
os.rmdir("%s/tmp/%ss1" % (SPOOL, name))
run("-odq", "-N", "success", "a@example.net")
name = os.path.basename(entries()[0])
os.mkdir("%s/tmp/%ss0" % (SPOOL, name))
same("when nobody is left", run("-q"), (0, "", ""))
same("it is sent once, and gone", ([m[1] for m in new()], entries()),
     ([["a@example.net"]], []))
same("which is in the log", len(logged("%s: warning: no notice" % name)), 1)
os.rmdir("%s/tmp/%ss0" % (SPOOL, name))

# Whoever dies between the outcome and the notice leaves this behind.
run("-odq", "-N", "success", "a@example.net")
path = entries()[0]
journal = b"attempt 1700000000\nto 0 content 2xx 250 2.0.0 OK\n" \
    b"unreported 0\nnext 1700000100\n"
with open(path, "r+b") as f:
    head = f.read(64).split()
    f.seek(sum(int(i) for i in head[2:5]))
    f.write(journal)
run("-qf")
same("the notice is made, and the mail not sent again", (
    len(s.mails) - count, reports(new())),
     (1, [[("rfc822; a@example.net", "relayed")]]))
same("then it is gone", entries(), [])

# The setting of an account is none for its notices.
settings(s.port, "dsn_notify success,failure,delay")
run("-odq", "a@example.net")
run("-q")
run("-qf")
same("there is no notice about a notice", len(new()), 2)

# A server that sends reports.
settings(s.port)
s.offer.append("DSN")
run("-odq", "-N", "success", "a@example.net")
run("-q")
same("who has the wish passed on gets nothing from us",
     ([m[1] for m in new()], entries()), ([["a@example.net"]], []))

# A Maildir.
settings(s.port, "maildir %s/box" % os.getcwd())
run("-odq", "-N", "success", "a@example.net")
run("-q")
stored = []
for n in os.listdir("box/new"):
    with open("box/new/" + n, "rb") as f:
        stored.append(f.read())
reported = [m for m in stored if b"multipart/report" in m]
same("two mails are in the Maildir", (len(stored), len(reported)), (2, 1))
recipient = fields(reported[0])[1]
same("one says that the other was delivered", [recipient.get(i) for i in (
    "Final-Recipient", "Action", "Status", "Remote-MTA")],
     ["rfc822; a@example.net", "delivered", "2.0.0", None])
same("the queue is empty again", entries() + entries("failed"), [])
same("no rule of SMTP was broken", s.violations, [])
s.close()
done()
