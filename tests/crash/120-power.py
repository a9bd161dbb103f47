#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The power goes while the runner works: after any change of the spool, with
what was not synced there or not. Whoever was promised the mail gets it; twice
only when no outcome had reached the disk."""

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

A, TEMP, PERM = "a@example.net", "temp@example.net", "perm@example.net"
TRIALS = 70

faults.need()
f = faults.Faults(mailer.PROGRAMS)
tally = faults.Tally()
record = os.path.abspath("record")
sink = Sink(record=record)
config = mailer.settings("s/spool", sink.port)


def recorded(words, stdin=b""):
    def it(environment):
        return mailer.run(["-C", config, *words], stdin, environment)
    return f.record(it, record, os.path.abspath("s"))[0]


def is_settled(when, name, recipient):
    """1 when the outcome was on the disk: a sync of the entry, or of its
    directory when it was gone, behind the note of the delivery."""
    inode = path = None
    handed = gone = False
    for words in when.done:
        if words[0] == "create" and "/tmp/" in words[1] and path is None:
            inode, path = words[2], words[1]
        elif words[0] == "rename" and words[1] == path:
            path = words[2]
        elif words[:3] == ["note", name, recipient]:
            handed = True
        elif handed and words[:2] == ["sync", inode]:
            return True
        elif handed and words == ["unlink", path]:
            gone = True
        elif gone and words == ["syncdir", os.path.dirname(path)]:
            return True
    return False


def check(when, tree):
    shutil.rmtree("s")
    power.make(tree, "s")
    sink.clear()
    before = {r: when.notes.count("note m1@x " + r) for r in (A, TEMP)}
    told = any(n.startswith("note") and " m1@x " not in n and
               n.endswith(mailer.ME) for n in when.notes)
    note = ["line %d: %s" % (when.number, when.line), before,
            mailer.entries("s/spool")]
    tally.check("what waits is whole", all(
        e.is_bounce or e.is_whole() for e in mailer.entries("s/spool")), *note)
    for _ in range(5):
        status, said = mailer.run(["-C", config, "-qf"])
        if not mailer.entries("s/spool"):
            break
    note += ["after: %s" % dict(sink.count), said]
    tally.check("the queue gets empty", status == 0 and
                not mailer.entries("s/spool"), mailer.entries("s/spool"),
                *note)
    tally.check("nothing is left in tmp/", not mailer.rest("s/spool"), *note)
    for r in (A, TEMP):
        count = before[r] + sink.count["m1@x", r]
        tally.check("nobody is left out", count >= 1, r, *note)
        tally.check("once where an outcome was on the disk, else at most "
                    "twice", count <= 2 - is_settled(when, "m1@x", r), r,
                    *note)
    tally.check("the sender is told of the refusal",
                told or PERM in sink.reports["m1@x"], sink.reports, *note)


with sink:
    os.mkdir("s")
    first = recorded(["-odq", A, TEMP, PERM], mailer.message("m1@x")[0])
    rounds = [recorded(["-q"]), recorded(["-qf"])]
    tap.case("all is sent when nothing happens", first == 0 and
             rounds == [0, 0] and not mailer.entries("s/spool") and
             sink.count["m1@x", A] == sink.count["m1@x", TEMP] == 1 and
             sink.reports["m1@x"] == {PERM}, rounds, dict(sink.count))
    sink.record = None
    found = [(when, tree) for when, tree in power.states(
        record, 40 if faults.LONG else 8, kinds=("note", "exit"))
        if "exit qsendmail 0" in when.notes]
    for when, tree in faults.sample(found, TRIALS):
        check(when, tree)
tally.report()
tap.done()
