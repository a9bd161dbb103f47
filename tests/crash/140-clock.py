#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock jumps: forth by years, back again, and a little. A mail is never
later than the longest back-off after an attempt, and not sooner than its time
without a reason."""

import os
import random
import sys
import time

SRCDIR = os.environ["srcdir"]
sys.path[:0] = [SRCDIR + "/tests/lib", SRCDIR + "/tests/crash"]
import faults  # noqa: E402
import mailer  # noqa: E402
import tap  # noqa: E402
from counting import Sink  # noqa: E402

TEMP, A = "temp@example.net", "a@example.net"
SPOOL = "spool"
# An hour, and a fifth more by chance.
LONGEST = 3600 * 6 // 5
YEAR = 365 * 86400


def at(when):
    return dict(os.environ, QSENDMAIL_TEST_TIME=str(when))


def last(e, key):
    return [int(line.split()[1]) for line in e.journal
            if line.startswith(key + " ")][-1]


def attempts(e):
    return sum(line.startswith("attempt ") for line in e.journal)


with Sink(again=10 ** 9) as sink:
    config = mailer.settings(SPOOL, sink.port, queue_lifetime="off",
                             queue_warn="off")
    now = int(time.time())

    # A mail of another century.
    mailer.send(config, "m1@x", TEMP, environment=at(now + 10 * YEAR))
    mailer.run(["-C", config, "-q"], environment=at(now + 10 * YEAR))
    e = mailer.entries(SPOOL)[0]
    tap.case("a mail waits for a time that is far away",
             last(e, "next") > now + 10 * YEAR, e)
    sink.again = 0
    mailer.run(["-C", config, "-q"])
    tap.same("when the clock is right again it is sent",
             (mailer.entries(SPOOL), sink.count["m1@x", TEMP]), ([], 1))

    # A file's time that somebody has changed, seen by a lasting runner.
    mailer.send(config, "m2@x", A, letters=["-odq"])
    path = mailer.entries(SPOOL)[0].path
    os.utime(path, (now + 10 * YEAR, now + 10 * YEAR))
    runner = mailer.Runner(config, SPOOL)
    tap.case("a file from the future does not wait for it",
             sink.wait(lambda: sink.count["m2@x", A] == 1, 60))
    tap.same("the runner ends", runner.stop(), 0)
    sink.again = 10 ** 9
    mailer.send(config, "m3@x", TEMP)
    mailer.run(["-C", config, "-q"])
    e = mailer.entries(SPOOL)[0]
    os.utime(e.path, (1, 1))
    mailer.run(["-C", config, "-q"])
    tap.same("one from the past waits as its journal says",
             attempts(mailer.entries(SPOOL)[0]), attempts(e))
    os.unlink(e.path)

    # Any times.
    tally = faults.Tally()
    source = random.Random(1)
    clock = now
    mailer.send(config, "m4@x", TEMP, environment=at(clock))
    for _ in range(200 if faults.LONG else 25):
        jump = source.choice([60, 600, 3600, 86400, YEAR, 30 * YEAR])
        clock = max(1, clock + source.randint(-jump, jump))
        before = mailer.entries(SPOOL)[0]
        wait = last(before, "next") - clock
        mailer.run(["-C", config, "-q"], environment=at(clock))
        after = mailer.entries(SPOOL)[0]
        was_tried = attempts(after) > attempts(before)
        note = ("at %d, %d seconds before its time" % (clock, wait), after)
        tally.check("it is tried, or soon", was_tried or wait <= LONGEST,
                    *note)
        tally.check("it is tried when it is due", was_tried or wait > 0,
                    *note)
        tally.check("an attempt has a next one", not was_tried or
                    0 < last(after, "next") - clock <= LONGEST, *note)
    tally.report()
    sink.again = 0
    mailer.run(["-C", config, "-qf"], environment=at(1))
    tap.same("it is there still, and sent", (
        mailer.entries(SPOOL), sink.count["m4@x", TEMP]), ([], 1))
tap.done()
