#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk is full: nothing is kept by halves, who sends is told (75), what
can be sent at once is, and what was accepted before is sent once and no more
even when nothing can be written."""

import os
import resource
import shutil
import subprocess
import sys

SRCDIR = os.environ["srcdir"]
sys.path[:0] = [SRCDIR + "/tests/lib", SRCDIR + "/tests/crash"]
import faults  # noqa: E402
import mailer  # noqa: E402
import tap  # noqa: E402
from counting import Sink  # noqa: E402

A, TEMP, PERM = "a@example.net", "temp@example.net", "perm@example.net"
SPOOL = "s/spool"


def inside():
    """In a mount namespace: a disk of 256 kB."""
    os.mkdir("s")
    subprocess.check_call(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs",
                           "s"])
    sink = Sink()
    config = mailer.settings(SPOOL, sink.port, queue_min_free="off")
    # The outcomes of so many take more than is left of a block.
    many = ["many%d@example.net" % i for i in range(200)]
    tap.same("a mail on a disk with room", mailer.send(
        config, "m1@x", A, TEMP, PERM, *many, letters=["-odq"]), (0, ""))
    with open("s/fill", "wb", buffering=0) as f:
        try:
            while f.write(bytes(1024)):
                pass
        except OSError:
            pass
    status, said = mailer.send(config, "m2@x", A, letters=["-odq"])
    tap.case("without room: sent at once, or refused with 75 and told why",
             sink.count["m2@x", A] == (status == 0) and (
                 status == 0 or status == 75 and "No space" in said),
             status, said)
    away = mailer.settings(SPOOL, mailer.closed_port(), file="away.conf",
                           queue_min_free="off")
    status, said = mailer.send(away, "m3@x", A)
    tap.case("one that cannot be sent either is", status == 75 and
             "No space" in said, status, said)
    tap.same("nothing of it is there", (
        [e.name for e in mailer.entries(SPOOL)], mailer.rest(SPOOL)),
        (["m1@x"], []))
    for flags in ("-q", "-qf", "-qf"):
        mailer.run(["-C", config, flags])
    tap.same("the runner sends it once, though it is tried again",
             [sink.count["m1@x", r] for r in [A, TEMP] + many], [1] * 202)
    tap.case("what nobody can be told of yet waits",
             [e.name for e in mailer.entries(SPOOL)] == ["m1@x"] and
             not sink.reports["m1@x"], mailer.entries(SPOOL))
    os.unlink("s/fill")
    mailer.run(["-C", config, "-qf"])
    tap.same("with room it is told", sink.reports["m1@x"], {PERM})
    tap.same("and all is done", (
        mailer.entries(SPOOL), mailer.rest(SPOOL), sink.count["m1@x", A]),
        ([], [], 1))
    sink.__exit__()
    sys.exit(tap._failed != 0)


if sys.argv[1:] == ["inside"]:
    inside()


def outside():
    if os.geteuid() or subprocess.run(
            ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
            stderr=subprocess.DEVNULL).returncode:
        tap.skip("a small disk", "only root can make one")
        return
    done = subprocess.run(
        ["unshare", "-m", "--propagation", "private", sys.executable,
         os.path.abspath(__file__), "inside"],
        stdout=subprocess.PIPE, text=True)
    lines = done.stdout.splitlines()
    for line in lines:
        ok, _, name = line.partition(" - ")
        if line.startswith("#"):
            print(line)
        else:
            tap.case("a small disk: " + name, ok.startswith("ok"))
    tap.case("a small disk: to the end", done.returncode == 0 and lines)


outside()
if os.path.exists("s"):
    shutil.rmtree("s")
os.mkdir("s")

# A limit for files is like a disk that is full within a mail.
config = mailer.settings(SPOOL, mailer.closed_port())


def limited(size):
    done = subprocess.run(
        [mailer.QSENDMAIL, "-C", config, "-odq", A],
        input=mailer.message("big@x", 60000)[0], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, restore_signals=False,
        preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY)))
    return done.returncode, done.stdout.decode()


if os.environ.get("VALGRIND"):
    tap.skip("a limit for files", "valgrind writes files, too")
else:
    tap.same("without one it is accepted", limited(10 ** 7), (0, ""))
    (entry,) = mailer.entries(SPOOL)
    whole = os.path.getsize(entry.path)
    os.unlink(entry.path)
    for size in (1024, 30000, whole - 200):
        status, said = limited(size)
        tap.case("a limit of %d octets for files: 75" % size,
                 status == 75 and said != "", status, said)
        tap.same("and nothing is there", (mailer.entries(SPOOL),
                                          mailer.rest(SPOOL)), ([], []))
    tap.same("with a higher one it is accepted", limited(10 ** 7), (0, ""))

# From each call on the disk is full, until it is not.
if os.environ.get("VALGRIND"):
    tap.skip("a disk that gets full", "valgrind has the library calls for "
             "itself")
    tap.done()
faults.need()
f = faults.Faults(mailer.PROGRAMS)
tally = faults.Tally()
with Sink() as sink:
    shutil.rmtree("s")
    config = mailer.settings(SPOOL, sink.port)

    def accept(environment, to=(A,)):
        return mailer.send(config, "m1@x", *to, letters=["-odq"],
                           environment=environment)

    def full(calls, trials):
        at = [c for c in calls if "ENOSPC" in c.errors]
        return [faults.Fault("%d-" % c.number, "ENOSPC", c)
                for c in faults.sample(at, trials)]

    accept(None)
    shutil.rmtree("s")
    os.mkdir("s")
    for fault in full(f.count(accept), 30):
        shutil.rmtree("s")
        os.mkdir("s")
        sink.clear()
        (status, said), hit = f.fail(accept, fault)
        found = mailer.entries(SPOOL)
        count = sink.count["m1@x", A]
        note = (faults.show(fault, hit), status, said, found, count)
        tally.check("sent, kept or refused, and one of them", (
            (status == 0) == (count + len(found) == 1)) and
            count + len(found) <= 1, *note)
        tally.check("whole", all(e.is_whole() for e in found), *note)
        tally.check("nothing is left in tmp/", status in (73, 75, 0) and
                    not mailer.rest(SPOOL), mailer.rest(SPOOL), *note)

    shutil.rmtree("s")
    accept(None, (A, TEMP))
    os.unlink(SPOOL + "/trigger")
    os.rename("s", "template")

    def prepare():
        if os.path.exists("s"):
            shutil.rmtree("s")
        shutil.copytree("template", "s")
        sink.clear()

    def run(environment):
        return mailer.run(["-C", config, "-q"], environment=environment)

    prepare()
    for fault in full(f.count(run), 20):
        prepare()
        (status, said), hit = f.fail(run, fault)
        first = dict(sink.count)
        for _ in range(4):
            mailer.run(["-C", config, "-qf"])
        note = (faults.show(fault, hit), status, said, first,
                dict(sink.count))
        tally.check("what was accepted is sent when there is room",
                    not mailer.entries(SPOOL), mailer.entries(SPOOL), *note)
        tally.check("to everybody", sink.count["m1@x", A] and
                    sink.count["m1@x", TEMP] == 1, *note)
        tally.check("once, or twice without an outcome",
                    sink.count["m1@x", A] <= 2, *note)
tally.report()
tap.done()
