#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two of everything: runners, front ends, and those who come after one that
has died. A mail has one owner at a time and is sent once."""

import os
import signal
import subprocess
import sys

SRCDIR = os.environ["srcdir"]
sys.path[:0] = [SRCDIR + "/tests/lib", SRCDIR + "/tests/crash"]
import faults  # noqa: E402
import mailer  # noqa: E402
import tap  # noqa: E402
from counting import Sink  # noqa: E402

A = "a@example.net"
SPOOL = "spool"
sink = Sink()
config = mailer.settings(SPOOL, sink.port)


def start(words, name=None):
    p = subprocess.Popen([mailer.QSENDMAIL, "-C", config, *words],
                         stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    if name:
        p.stdin.write(mailer.message(name)[0])
    p.stdin.close()
    return p


def children(pid):
    """Processes whose parent is pid."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % entry) as f:
                if int(f.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(entry))
        except (OSError, ValueError):
            pass
    return found


def waiting():
    return mailer.entries(SPOOL)


def is_owned():
    return any(mailer.is_locked(e.path) for e in waiting())


def counts(names):
    return [sink.count[n, A] for n in names]


# Front ends in a spool that none of them has seen.
names = ["m%d@x" % i for i in range(8)]
ends = [start(["-odq", A], n) for n in names]
tap.same("front ends at once in a new spool",
         [p.wait() for p in ends], [0] * 8)
tap.same("all of their mails wait", sorted(e.name for e in waiting()
                                           if e.is_whole()), names)

# Runners at once.
ends = [start(["-q"]) for _ in range(3)] + [start(["-qf"]) for _ in range(3)]
tap.same("runners at once", [p.wait() for p in ends], [0] * 6)
mailer.run(["-C", config, "-q"])
tap.same("each mail is sent once", counts(names), [1] * 8)
tap.same("none is left", waiting(), [])

# A runner dies while its worker waits for the reply to the dot.
mailer.send(config, "n1@x", A, letters=["-odq"])
sink.is_held = True
first = mailer.Runner(config, SPOOL)
tap.case("a mail is under way", sink.wait(lambda: sink.held == 1))
first.kill()
second = mailer.Runner(config, SPOOL)
tap.case("another runner starts at once", second.watches())
mailer.run(["-C", config, "-qf"])
tap.case("the worker of the dead one has its mail still",
         len(waiting()) == 1 and is_owned())
sink.release()
tap.case("and does its duty", mailer.until(lambda: not waiting()))
tap.same("so it is sent once", counts(["n1@x"]), [1])
tap.same("a runner that is told to end", second.stop(), 0)

# Worker and runner die; the relay goes on.
if os.path.exists("/proc/self/stat"):
    mailer.send(config, "n2@x", A, letters=["-odq"])
    sink.is_held = True
    first = mailer.Runner(config, SPOOL)
    sink.wait(lambda: sink.held == 1)
    workers = children(first.process.pid)
    first.kill()
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    second = mailer.Runner(config, SPOOL)
    mailer.run(["-C", config, "-qf"])
    tap.case("nobody takes a mail that a relay still sends",
             is_owned() and sink.held == 1, waiting())
    sink.release()
    mailer.until(lambda: not is_owned())
    mailer.run(["-C", config, "-qf"])
    mailer.until(lambda: not waiting())
    tap.same("then it is in doubt, and sent again", counts(["n2@x"]), [2])
    tap.same("no more", (waiting(), second.stop()), ([], 0))
else:
    tap.skip("nobody takes a mail that a relay still sends", "no /proc")

# A front end dies while it owns its entry and its relay sends.
sink.is_held = True
end = start([A], "n3@x")
sink.wait(lambda: sink.held == 1)
tap.same("a front end owns a file in tmp/", len(mailer.rest(SPOOL)), 1)
end.kill()
end.wait()
mailer.run(["-C", config, "-q"])
tap.same("its relay keeps it", len(mailer.rest(SPOOL)), 1)
sink.release()
mailer.until(lambda: not any(mailer.is_locked(SPOOL + "/tmp/" + n)
                             for n in mailer.rest(SPOOL)))
mailer.run(["-C", config, "-q"])
tap.same("then a runner cleans up", mailer.rest(SPOOL), [])
tap.same("what was sent is not sent again", counts(["n3@x"]), [1])

# The same between the name of the entry and its end.
if not os.environ.get("VALGRIND"):
    faults.need()
    f = faults.Faults(mailer.PROGRAMS)

    def accept(environment):
        return mailer.send(config, "n4@x", A, letters=["-odq"],
                           environment=environment)
    calls = f.count(accept)
    mailer.run(["-C", config, "-q"])
    at = [c for c in calls if c.name == "renameat"][0].number + 1
    sink.clear()
    (status, _), hit = f.fail(accept, faults.Fault(at, "kill", calls[at - 1]))
    tap.same("a front end dies as its entry has a name",
             (status, len(waiting())), (-9, 1))
    tap.case("a runner takes over", mailer.run(["-C", config, "-q"])[0] == 0
             and not waiting(), waiting())
    tap.same("the mail is sent", counts(["n4@x"]), [1])

# A runner hears of what comes.
runner = mailer.Runner(config, SPOOL)
names = ["o%d@x" % i for i in range(10)]
ends = [start(["-odb", A], n) for n in names]
tap.same("mail for a runner that is there", [p.wait() for p in ends],
         [0] * 10)
tap.case("is sent without being asked for",
         sink.wait(lambda: min(counts(names)) == 1), counts(names))
tap.case("and goes", mailer.until(lambda: not waiting()))
tap.same("once", (counts(names), runner.stop()), ([1] * 10, 0))
sink.__exit__()
tap.done()
