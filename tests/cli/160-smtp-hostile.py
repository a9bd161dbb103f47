#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""SMTP on standard input and output: what no client can make of it. Lone dots
between all kinds of line ends, ends of the input, rubbish, and very much of
everything. The relay is a fake one."""

import itertools
import os
import random
import subprocess
import sys

SRCDIR = os.environ["srcdir"]
sys.path.insert(0, os.path.join(SRCDIR, "tests", "lib"))
import pipesmtp  # noqa: E402
from pipesmtp import MAIL, reply, sent, session, talk  # noqa: E402
from tap import case, done, same, skip  # noqa: E402

VALGRIND = os.environ.get("VALGRIND", "") not in ("", "0")
with open(os.path.join(os.environ["builddir"], "qsendmail"), "rb") as f:
    SANITIZED = b"__asan_init" in f.read()
RC = pipesmtp.fake("""\
account default
host smtp.example.org
from me@example.org
""")

# What a content may hold. One mail comes of it, whatever is in it.
INNER = b"MAIL FROM:<evil@x>%sRCPT TO:<victim@y>%sDATA%sSubject: evil%s%sx%s"
ENDS = (b"\n", b"\r", b"\r\n", b"\r\r\n", b"\n\r")
SHAPES = [(before, after) for before, after in itertools.product(ENDS, ENDS)
          if not (before.endswith(b"\r\n") and after == b"\r\n")]
r = talk(b"".join(session(
    MAIL + b"text" + before + b"." + after + INNER % ((b"\r\n",) * 6))[:-6]
    for before, after in SHAPES), *RC)
jobs = sent()
same("a mail for each way to end a line around a dot, and no other one",
     [j["recipients"] for j, _ in jobs], [["b@y"]] * len(SHAPES))
for (before, after), (_, octets) in zip(SHAPES, jobs):
    case("%r dot %r is text, in lines of CRLF" % (before, after),
         b"evil@x" in octets and
         not octets.replace(b"\r\n", b"").count(b"\r") and
         not octets.replace(b"\r\n", b"").count(b"\n"), octets)
r = talk(session().replace(b"RCPT TO:<b@y>\r\n",
                           b"RCPT TO:<b@y>\nRCPT TO:<evil@y>\r\n"), *RC)
same("a bare LF among commands in CRLF ends the session",
     (r.codes[-1], r.status, len(sent())), (421, 76, 0))
same("... with a line that says so", r.errors,
     "qsendmail: SMTP: a line ended in LF without CR\n")
r = talk(session().replace(b"b@y", b"b@y\0"), *RC)
same("a NUL in a command is refused", (r.codes[3], len(sent())), (500, 0))
text, jobs, _ = reply(RC, b"Subject: s\0\r\n\r\na\0b\rc\r\n")
same("NUL and bare CR in a content are what they are elsewhere",
     jobs[0][1].split(b"\r\n\r\n")[1], b"ab\r\nc\r\n")
text, jobs, r = reply(RC, to=())
same("content that nobody gets is not read as commands",
     (r.codes, r.status, jobs), ([220, 250, 250, 554, 421], 76, []))
text, jobs, _ = reply(RC, b"Received: x\r\n" * 101 + MAIL)
same("more than 100 Received fields are a loop", (text, jobs),
     ("554 5.4.6 the message has more than 100 Received fields: a loop", []))
text, jobs, _ = reply(RC, b"Received: x\r\n" * 100 + MAIL)
same("100 are none", len(jobs), 1)
text, jobs, _ = reply(RC, b"no header\r\n")
same("a content without header is all body",
     jobs[0][1].split(b"\r\n\r\n")[1], b"no header\r\n")
text, jobs, _ = reply(RC, b"")
same("an empty one is a mail, too", (text[:3], len(jobs)), ("250", 1))
big = MAIL + (b"x" * 70 + b"\r\n") * 100000
text, jobs, _ = reply(RC, big)
case("a large one stays whole", jobs[0][1].endswith(big[-7200000:]))
text, jobs, _ = reply(RC, MAIL + b"y" * 3000000 + b"\r\n")
case("so does one long line", b"y" * 3000000 in jobs[0][1])

# The input ends anywhere.
whole = session()
step = 7 if VALGRIND or SANITIZED else 1
wrong = []
content, end = whole.index(b"DATA\r\n") + 6, whole.index(b".\r\nQUIT") + 3
for n in range(0, len(whole), step):
    r = talk(whole[:n], *RC)
    mails = len(sent())
    want = 65 if content <= n < end else 0
    if (r.status, mails) != (want, int(n >= end)):
        wrong.append((n, r.status, mails))
same("the input ends anywhere: sent or not, and the status says it", wrong,
     [])
r = talk(whole[:content + 5], *RC)
same("... within a message there is a line", (r.codes[-1], r.errors), (
    421, "qsendmail: SMTP: the input ended within a message, which was not "
    "sent\n"))

# Rubbish.
r = talk(b"x" * 1000000 + b"\r\nNOOP\r\nMAIL FROM:<" + b"y" * 5000 +
         b"@x>\r\nQUIT\r\n", *RC)
same("lines of any length", (r.codes, r.status), ([220, 500, 250, 500, 221], 0))
r = talk(b"WHAT\r\n" * 200, *RC)
same("too many mistakes end it", (r.codes.count(500), r.codes[-1], r.status),
     (101, 421, 76))
r = talk(session(to=[b"a b@y"] * 200 + [b"b@y"])[:-6] +
         b"MAIL FROM:<\xff>\r\n" + b"RCPT TO:<b@y>\r\n" * 200 +
         session(), *RC)
same("many wrong addresses, or a refused MAIL, are not",
     (r.codes.count(501), r.codes.count(503), r.status, len(sent())),
     (201, 200, 0, 2))
r = talk(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n" + session(), *RC)
same("a browser is sent away", (r.codes, r.status, sent()),
     ([220, 421], 76, []))
source = random.Random(5)
wrong = []
words = [b"EHLO x", b"MAIL FROM:<a@x>", b"RCPT TO:<b@y>", b"DATA", b".",
         b"RSET", b"\0", b"\xff", b"<", b"\"", b" ", b":", b"SIZE=1",
         b"\r\n", b"\n", b"\r", b"..", b"VRFY root", b"QUIT"]
for n in range(10 if VALGRIND else 40 if SANITIZED else 120):
    if n % 2:
        octets = bytes(source.randrange(256) for _ in range(2000))
    else:
        octets = b"".join(source.choice(words) +
                          source.choice([b"", b"\r\n", b"\r\n", b"\n"])
                          for _ in range(100))
    r = talk(octets, *RC)
    if r.status not in (0, 65, 76) or r.codes[:1] != [220] or \
            any(x[3:4] not in (" ", "-") for x in r.lines):
        wrong.append((octets, r.status, r.output, r.errors))
same("random octets and words are answered by the rules", wrong, [])
sent()

# Many.
many = [b"r%d@y" % n for n in range(10050)]
r = talk(session(to=many), *RC)
jobs = sent()
same("10000 recipients of a mail, the others are told",
     (r.codes.count(452), len(jobs[0][0]["recipients"])), (50, 10000))


def memory(mails, to):
    """The most memory, in KiB, of a session."""
    one = session(to=[b"r%d@y" % n for n in range(to)])[:-6]
    with open("in", "wb") as f:
        f.write(one * mails)
    with open("in", "rb") as f, open("out", "wb") as g:
        child = subprocess.Popen([os.environ["QSENDMAIL"], "-bs", *RC],
                                 stdin=f, stdout=g)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    with open("out", "rb") as f:
        accepted = f.read().count(b"\r\n250 2.0.0 OK: queued")
    return usage.ru_maxrss, accepted, len(sent())


if VALGRIND or SANITIZED:
    skip("memory stays flat", "measured without instruments")
else:
    few, _, _ = memory(20, 3)
    much, accepted, mails = memory(1000, 3)
    same("1000 mails in one session", (accepted, mails), (1000, 1000))
    case("memory stays flat", much < few + 1024, few, much)
done()
