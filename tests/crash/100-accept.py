#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A front end accepts mail into the queue: at each of its system calls, and
those of its relay, it is killed or the call fails; the power goes. Status 0
and a reply of 250 are promises: the entry is there, and whole."""

import os
import shutil
import sys

SRCDIR = os.environ["srcdir"]
sys.path[:0] = [SRCDIR + "/tests/lib", SRCDIR + "/tests/crash"]
import faults  # noqa: E402
import mailer  # noqa: E402
import power  # noqa: E402
import tap  # noqa: E402
from counting import Sink  # noqa: E402

faults.need()
f = faults.Faults(mailer.PROGRAMS)
tally = faults.Tally()
SPOOL = "s/spool"
AWAY = mailer.closed_port()
WANT = ["a@example.net", "temp1@example.net"]


def clear():
    if os.path.exists("s"):
        shutil.rmtree("s")
    os.mkdir("s")


def queue(config, *letters):
    def it(environment):
        return mailer.send(config, "m1@x", *WANT, letters=letters,
                           environment=environment)
    return it


def smtp(config):
    """By -bs; status 0 stands for 250 to the dot."""
    text = (b"EHLO x\r\nMAIL FROM:<%s>\r\n" % mailer.ME.encode() +
            b"".join(b"RCPT TO:<%s>\r\n" % w.encode() for w in WANT) +
            b"DATA\r\n" + mailer.message("m1@x")[0] + b".\r\nQUIT\r\n")

    def it(environment):
        status, said = mailer.run(["-C", config, "-odq", "-bs"], text,
                                  environment)
        # The reply to the dot follows the one to DATA.
        after = said.split("\n354 ")
        is_promised = len(after) == 2 and "\n250 " in after[1]
        return 0 if is_promised else status or 75, said
    return it


def check(kind, it, most, sink=None, choose=faults.choose, **more):
    clear()
    calls = f.count(it, **more)
    tap.case("%s: a mail is accepted" % kind, f.result[0] == 0 and
             len(mailer.entries(SPOOL)) == 1 and
             mailer.entries(SPOOL)[0].is_whole(), f.result,
             mailer.entries(SPOOL), calls)
    for fault in faults.sample(choose(calls), most):
        clear()
        if sink:
            sink.clear()
        (status, said), hit = f.fail(it, fault, **more)
        found = mailer.entries(SPOOL)
        note = (faults.show(fault, hit), status, said, found)
        tally.check("%s: what waits is whole" % kind,
                    all(e.is_whole() for e in found), *note)
        tally.check("%s: once" % kind, len(found) <= 1, *note)
        if sink:
            sent = {r for (_, r), n in sink.count.items() if n}
            waiting = set(WANT) if found else set()
            for e in found:
                waiting -= {WANT[int(line.split()[1])] for line in e.journal
                            if line.startswith("to ") and " 2xx " in line}
            tally.check("%s: accepted once" % kind,
                        all(n == 1 for n in sink.count.values()), *note)
            if status == 0:
                tally.check("%s: what was promised is sent or waits" % kind,
                            sent | waiting == set(WANT), sent, *note)
                tally.check("%s: not both, but after a lost reply" % kind,
                            not sent & waiting or any(
                                "lost" in line for line in found[0].journal),
                            sent, *note)
        elif status == 0:
            tally.check("%s: what was promised is there" % kind,
                        len(found) == 1 and found[0].recipients == WANT,
                        *note)
        # An SMTP client that reads no replies cannot know.
        if status > 0 and not hit_kill(fault) and \
                not (hit and hit.name == "write" and "pipe:" in hit.what):
            tally.check("%s: what was refused is not there" % kind,
                        not found, *note)
        tally.check("%s: an ending that people understand" % kind,
                    status == 0 or 64 <= status <= 78 or
                    (hit_kill(fault) and status < 0), *note)


def hit_kill(fault):
    return fault.do in ("kill", "killall", "tear")


config = mailer.settings(SPOOL, AWAY)
check("-odq", queue(config, "-odq"), 140)
check("-bs", smtp(config), 70)
check("the server is away", queue(config), 60)
with Sink(again=99) as sink:
    check("one refused for now", queue(mailer.settings(SPOOL, sink.port)),
          60, sink)

# No memory: at each allocation, or a sample of them.
if not faults.sanitized():
    config = mailer.settings(SPOOL, AWAY)

    def memory(calls):
        return [faults.Fault(c.number, "ENOMEM", c) for c in calls]
    check("no memory", queue(config, "-odq"), 60, choose=memory, MEMORY=1)
tally.report()

# Power.
tally = faults.Tally()
record = os.path.abspath("record")
config = mailer.settings(SPOOL, AWAY)
clear()
NAMES = ["m1@x", "m2@x", "m3@x", "m4@x", "m5@x"]


def told(notes):
    """How many mails were promised: a status of 0 is one for the first three,
    then 250 behind a 354 is."""
    said = b"".join(bytes.fromhex(n.split()[2]) for n in notes
                    if n.startswith("say qsendmail "))
    alone = notes.count("exit qsendmail 0")
    return min(alone, 3) + sum(b"\n250 " in part
                               for part in said.split(b"\n354 ")[1:])


def mail(name):
    return b"MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n%s.\r\n" % (
        mailer.ME.encode(), WANT[0].encode(), mailer.message(name)[0])


for name, letters in zip(NAMES, (["-odq"], ["-odq"], [])):
    f.record(lambda e, n=name, w=letters: mailer.send(
        config, n, *WANT, letters=w, environment=e), record,
        os.path.abspath("s"))
f.record(lambda e: mailer.run(["-C", config, "-odq", "-bs"],
                              b"EHLO x\r\n" + mail("m4@x") + mail("m5@x") +
                              b"QUIT\r\n", e), record, os.path.abspath("s"))
number = 0
for when, tree in faults.sample(
        power.states(record, 400 if faults.LONG else 12), 300):
    if os.path.exists("lost"):
        shutil.rmtree("lost")
    power.make(tree, "lost")
    found = mailer.entries("lost/spool")
    promised = NAMES[:told(when.notes)]
    note = (promised, found, "line %d: %s" % (when.number, when.line))
    tally.check("power loss: what was promised is there",
                set(promised) <= {e.name for e in found}, *note)
    tally.check("power loss: what waits is whole",
                all(e.is_whole() for e in found), *note)
    number += len(promised) == len(NAMES)
tap.case("power loss: all were promised", number > 0)
tally.report()
tap.done()
