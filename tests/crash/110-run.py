#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner sends what waits: one recipient takes the mail, one is refused
for now, one for good, of which the sender is told. At each system call of the
runner, its worker and the relay one of them is killed or the call fails; then
it runs again until nothing waits. Nobody is left out, and twice gets a mail
only who had it when its outcome was not yet in the journal."""

import os
import shutil
import sys

SRCDIR = os.environ["srcdir"]
sys.path[:0] = [SRCDIR + "/tests/lib", SRCDIR + "/tests/crash"]
import faults  # noqa: E402
import mailer  # noqa: E402
import tap  # noqa: E402
from counting import Sink  # noqa: E402

SPOOL = "s/spool"
TRIALS = 50
A, TEMP, PERM = "a@example.net", "temp@example.net", "perm@example.net"

faults.need()
f = faults.Faults(mailer.PROGRAMS)
tally = faults.Tally()
sink = Sink()
config = mailer.settings(SPOOL, sink.port)


def prepare():
    if os.path.exists("s"):
        shutil.rmtree("s")
    shutil.copytree("template", "s")
    sink.clear()


def run(environment=None):
    return mailer.run(["-C", config, "-q"], environment=environment)


def outcomes(name):
    """Who has it, by the journal; None when the entry is gone."""
    for e in mailer.entries(SPOOL):
        if e.name == name and not e.is_bounce:
            return {e.recipients[int(line.split()[1])] for line in e.journal
                    if line.startswith("to ") and " 2xx " in line}
    return None


# Calls between handing over and the journal, whose errors leave a doubt.
SENDING = ("pwrite", "fsync", "fstat", "recvmsg", "sendmsg", "poll")


def check(fault, names, to, wish):
    prepare()
    (status, said), hit = f.fail(run, fault)
    note = [faults.show(fault, hit), status, said]
    got, known = dict(sink.count), {n: outcomes(n) for n in names}
    note += ["first: %s, by the journal: %s" % (sorted(got), known)]
    tally.check("what waits after it is whole",
                all(e.is_whole() for e in mailer.entries(SPOOL)
                    if not e.is_bounce), mailer.entries(SPOOL), *note)
    for _ in range(6):
        status, said = mailer.run(["-C", config, "-qf"])
        if not mailer.entries(SPOOL):
            break
    note += ["then: %s" % dict(sink.count), said]
    tally.check("then the queue gets empty", not mailer.entries(SPOOL) and
                status == 0, status, mailer.entries(SPOOL), *note)
    tally.check("nothing has failed for want of a sender",
                not mailer.entries(SPOOL, "failed"), *note)
    tally.check("nothing is left in tmp/", not mailer.rest(SPOOL), *note)
    for name in names:
        check_mail(name, to, got, known[name], fault, hit, note)
    if wish:
        check_success(names[0], fault, note)
    elif PERM not in to:
        tally.check("no report about a success", sorted(sink.bodies) ==
                    names, list(sink.bodies), *note)


def check_mail(name, to, got, known, fault, hit, note):
    for r in to:
        if r == PERM:
            continue
        count = sink.count[name, r]
        doubt = got.get((name, r), 0) and known is not None and \
            r not in known
        tally.check("nobody is left out", count >= 1, name, r, *note)
        tally.check("twice only without an outcome in the journal",
                    count <= 1 + bool(doubt), name, r, *note)
        if doubt and fault.do in faults.ERRORS:
            tally.check("an error leaves a doubt only while sending",
                        hit.program == "qsendmail-relay" or
                        hit.name in SENDING, name, r, *note)
    tally.check("nobody gets what was refused",
                not sink.count[name, PERM], *note)
    if PERM in to:
        tally.check("the sender is told", sink.reports[name] == {PERM},
                    sink.reports, *note)
        tally.check("once, or twice after a fault",
                    1 <= len([b for b in sink.bodies if b != name]) <= 2,
                    list(sink.bodies), *note)
    tally.check("the content is what was accepted",
                all(b.endswith(mailer.message(name)[1])
                    for b in sink.bodies[name]), *note)


def check_success(name, fault, note):
    """The server has no DSN: the notice is ours to make."""
    told = sink.reports[name]
    tally.check("a success is told, but for an error of the disk",
                told == {A} or (not told and fault.do in faults.ERRORS),
                told, *note)
    tally.check("once, or twice after a fault", len(sink.bodies) - 1 <= 2,
                list(sink.bodies), *note)


def check_all(names, to, wish=()):
    """Mails to those, at every call or a sample of them."""
    for directory in ("s", "template"):
        if os.path.exists(directory):
            shutil.rmtree(directory)
    for name in names:
        assert mailer.send(config, name, *to,
                           letters=["-odq", *wish])[0] == 0
    # It is made anew; a copy of a FIFO would be a file.
    os.unlink(SPOOL + "/trigger")
    os.rename("s", "template")
    prepare()
    calls = f.count(run)
    tap.case("a run without faults for %d of %d%s" % (
        len(to), len(names), ", and a notice" if wish else ""),
             f.result[0] == 0 and all(
                 sink.count[n, A] == 1 and
                 sink.reports[n] == set(to if wish else to[2:]) and
                 outcomes(n) == ({A} if TEMP in to else None)
                 for n in names), f.result, dict(sink.count), sink.reports,
             mailer.entries(SPOOL))
    for fault in faults.sample(faults.choose(calls), TRIALS):
        check(fault, names, to, wish)


with sink:
    check_all(["m1@x"], [A, TEMP, PERM])
    # When everybody has it, its removal stands for the outcomes.
    check_all(["m1@x"], [A])
    # They travel behind each other.
    check_all(["m%d@x" % i for i in range(5)], [A])
    check_all(["m1@x"], [A], ["-N", "success"])
tally.report()
tap.done()
