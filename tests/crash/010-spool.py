#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The spool alone: each system call between two states of an entry fails or
is the last one of its process, and the power goes after each. What was
promised is whole afterwards; the rest is whole, or garbage that goes."""

import os
import shutil
import subprocess
import sys

SRCDIR = os.environ["srcdir"]
sys.path[:0] = [SRCDIR + "/tests/lib", SRCDIR + "/tests/crash"]
import faults  # noqa: E402
import mailer  # noqa: E402
import power  # noqa: E402
import tap  # noqa: E402

TOOL = os.environ["builddir"] + "/tests/crash/spool_tool"
if not os.path.exists(TOOL):
    tap.skip_all("spool_tool is built by \"make check\"")
faults.need()
f = faults.Faults("spool_tool")
tally = faults.Tally()


def tool(*words, environment=None):
    done = subprocess.run([TOOL] + list(words), env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60)
    return done.returncode, done.stdout


def scan(*spools):
    """{spool: {name: state}}"""
    found = {s: {} for s in spools}
    for i in range(0, len(spools), 200):
        for line in tool("scan", *spools[i:i + 200])[1].splitlines():
            spool, name, state = line.rsplit(" ", 2)
            found[spool][name] = state
    return found


def fresh(directory, *names):
    if os.path.exists(directory):
        shutil.rmtree(directory)
    if os.path.exists(directory + ".sink"):
        os.unlink(directory + ".sink")
    os.mkdir(directory)
    for name in names:
        assert tool("accept", directory + "/spool", name)[0] == 0
    return directory + "/spool"


# Accepting: in a spool that is there, and in one that is not yet.
for kind, before in (("a spool", ["old@x"]), ("a new spool", [])):
    def accept(environment):
        return tool("accept", "s/spool", "new@x", environment=environment)
    fresh("s", *before)
    calls = f.count(accept)
    tap.case("accepting into %s" % kind, f.result[0] == 0 and len(calls) > 15,
             f.result, calls)
    for fault in faults.sample(faults.choose(calls), 100):
        spool = fresh("s", *before)
        (status, said), hit = f.fail(accept, fault)
        note = (faults.show(fault, hit), status, said)
        tally.check("%s: the fault happens" % kind, hit, *note)
        if not hit:
            continue
        mails = scan(spool)[spool]
        if status == 0:
            tally.check("%s: what was promised is whole" % kind,
                        mails.get("new@x") == "whole", mails, *note)
        elif status > 0:
            tally.check("%s: after a refusal it is as if it never was" % kind,
                        "new@x" not in mails, mails, *note)
        tally.check("%s: all that waits is whole" % kind,
                    set(mails.values()) <= {"whole"}, mails, *note)
        tally.check("%s: the others stay" % kind,
                    set(before) <= set(mails), mails, *note)
        tool("clean", spool)
        tally.check("%s: the rest can be cleaned away" % kind,
                    not os.listdir(spool + "/tmp"), os.listdir(spool), *note)
        status, said = tool("accept", spool, "next@x")
        tally.check("%s: the next mail is accepted" % kind, status == 0 and
                    scan(spool)[spool].get("next@x") == "whole", said, *note)

# Sending and removing.
NAMES = ["m1@x", "m2@x"]
WANT = sorted("%s %s" % (m, r) for m in NAMES for r in ("a@x", "b@x"))


def work(environment=None):
    return tool("work", "s/spool", "s.sink", environment=environment)


def delivered(path="s.sink"):
    try:
        with open(path) as sink:
            return sorted(sink.read().splitlines())
    except FileNotFoundError:
        return []


spool = fresh("s", *NAMES)
calls = f.count(work)
tap.same("all are sent", delivered(), WANT)


def noted():
    """Who has a mail by the journals; of one that is gone everybody."""
    lines = list(WANT)
    for e in mailer.entries("s/spool"):
        done = {e.recipients[int(line.split()[1])] for line in e.journal
                if line.startswith("to ") and " 2xx " in line}
        lines = [w for w in lines if not w.startswith(e.name + " ") or
                 w.split()[1] in done]
    return lines


for fault in faults.sample(faults.choose(calls), 120):
    spool = fresh("s", *NAMES)
    (status, said), hit = f.fail(work, fault)
    # Which call it is depends on the order of the names in the directory.
    if fault.do == "tear" and hit and hit.what.endswith("/s.sink"):
        continue        # no server's
    before, known = delivered(), noted()
    note = (faults.show(fault, hit), status, said, before, known)
    for _ in range(3):
        status, said = work()
    tally.check("sending goes on after that", status == 0, said, *note)
    got = delivered()
    tally.check("nothing is lost", set(got) == set(WANT), got, *note)
    twice = {w for w in got if got.count(w) > 1}
    tally.check("twice only without an outcome in the journal",
                twice <= set(before) - set(known) and
                len(got) - len(set(got)) == len(twice), got, *note)
    tally.check("nothing waits any more", scan(spool)[spool] == {}, *note)


# For good.
def give_up(environment=None):
    return tool("fail", "s/spool", environment=environment)


spool = fresh("s", "m1@x")
calls = f.count(give_up)
for fault in faults.sample(faults.choose(calls), 40):
    spool = fresh("s", "m1@x")
    (status, said), hit = f.fail(give_up, fault)
    tally.check("what fails waits or has failed, as a whole",
                len(scan(spool)[spool]) + len(os.listdir(spool + "/failed"))
                == 1, faults.show(fault, hit), status, said)
tally.report()

# Power.
LIMIT = 400 if faults.LONG else 12
STATES = 80
tally = faults.Tally()
record = os.path.abspath("record")
here = os.path.abspath("s")


def check_power(kind, names, promises):
    """Every state of the disk; promises(notes): the names of them that were
    promised then."""
    found = {}
    for when, tree in faults.sample(power.states(record, LIMIT), STATES):
        place = "power/%d" % len(found)
        power.make(tree, place)
        found[place + "/spool"] = when
    for spool, mails in scan(*found).items():
        when = found[spool]
        note = (spool, mails, "line %d: %s" % (when.number, when.line))
        tally.check("power loss, %s: what was promised is whole" % kind,
                    all(mails.get(n) == "whole"
                        for n in promises(when.notes)), *note)
        tally.check("power loss, %s: all that waits is whole" % kind,
                    set(mails.values()) <= {"whole"}, *note)
        tool("clean", spool)
        tally.check("power loss, %s: the rest can be cleaned away" % kind,
                    not os.listdir(spool + "/tmp"), *note)
    if not os.environ.get("KEEP"):
        shutil.rmtree("power")


def accept_as(name):
    return lambda e: tool("accept", "s/spool", name, environment=e)


# One has died at each call between making a directory and syncing it.
shutil.rmtree("s")
os.mkdir("s")
calls = f.count(accept_as("dead@x"))
for call in calls:
    if call.name not in ("fsync", "mkfifoat", "renameat"):
        continue
    shutil.rmtree("s")
    os.mkdir("s")
    if os.path.exists(record):
        os.unlink(record)
    f.fail(accept_as("dead@x"), faults.Fault(call.number, "kill", call),
           RECORD=record, UNDER=here)
    f.record(accept_as("m1@x"), record, here)
    check_power("behind one who died", ["m1@x"], lambda notes: ["m1@x"] if
                "exit spool_tool 0" in notes else [])

shutil.rmtree("s")
os.mkdir("s")
os.unlink(record)
for name in NAMES:
    f.record(accept_as(name), record, here)
check_power("accepting", NAMES, lambda notes: NAMES[:len(notes)])

f.record(work, record, here)
for when, tree in faults.sample(
        [(w, t) for w, t in power.states(record, LIMIT)
         if sum(n.startswith("exit") for n in w.notes) >= len(NAMES)],
        2 * STATES):
    lines = when.notes
    fresh("s2")
    shutil.rmtree("s2")
    power.make(tree, "s2")
    before = [bytes.fromhex(n.split()[3]).decode().strip()
              for n in lines if n.startswith("write")]
    status, said = tool("work", "s2/spool", "s2.sink")
    after = delivered("s2.sink")
    note = ("before: %s" % before, "after: %s" % after, status, said,
            "line %d: %s" % (when.number, when.line))
    tally.check("power loss while sending: nothing is lost",
                set(before + after) == set(WANT), *note)
    finished = set()
    if lines[-1] == "exit spool_tool 0" and len(lines) > 2:
        finished = set(WANT)
    tally.check("power loss while sending: no duplicate of what has a "
                "synced result", not finished & set(after), *note)
    tally.check("power loss while sending: nothing waits any more",
                status == 0 and not scan("s2/spool")["s2/spool"], *note)
tally.report()
tap.done()
