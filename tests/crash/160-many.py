#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many mails at once, some recipients refused for now, some for good, some
connections lost, and a runner that is killed now and then with all that it has
started. Nothing is lost: the server counts by Message-ID."""

import os
import random
import signal
import sys
import threading

SRCDIR = os.environ["srcdir"]
sys.path[:0] = [SRCDIR + "/tests/lib", SRCDIR + "/tests/crash"]
import faults  # noqa: E402
import mailer  # noqa: E402
import tap  # noqa: E402
from counting import Sink  # noqa: E402

MAILS = 10000 if faults.LONG else 500
if os.environ.get("VALGRIND"):
    MAILS = 40          # each of its processes takes seconds
KILLS = 12 if faults.LONG else 4
CONNECTIONS = 4
BEHIND = 8          # RELAY_MAILS_MAX
SPOOL = "spool"

source = random.Random(1)
mails, wanted, refused = {}, set(), set()
for number in range(MAILS):
    name, to = "m%d@x" % number, []
    for i in range(source.choice([1, 1, 1, 2, 3])):
        chance = source.random()
        kind = "temp" if chance < 0.05 else "perm" if chance < 0.07 else "ok"
        to.append("%s%d.%d@example.net" % (kind, number, i))
    mails[name] = to
    for address in to:
        (refused if address.startswith("perm") else wanted).add(
            (name, address))

sink = Sink(seed=1, lose=0.002)
config = mailer.settings(SPOOL, sink.port, max_connections=CONNECTIONS)
tally = faults.Tally()


def by_session(names):
    """-bs: those that were told 250 for."""
    text = b"EHLO x\r\n"
    for name in names:
        text += b"MAIL FROM:<%s>\r\n" % mailer.ME.encode()
        for to in mails[name]:
            text += b"RCPT TO:<%s>\r\n" % to.encode()
        text += b"DATA\r\n" + mailer.message(name, 1500)[0] + b".\r\n"
    status, said = mailer.run(["-C", config, "-odq", "-bs"],
                              text + b"QUIT\r\n", timeout=3600)
    # Behind each 354 the first line is the reply to the dot.
    replies = said.split("\n354 ")[1:]
    return [n for n, r in zip(names, replies)
            if r.partition("\n")[2].startswith("250 ")]


def one_by_one(names):
    return [n for n in names if mailer.run(
        ["-C", config, "-odq" if len(n) % 2 else "-odb", *mails[n]],
        mailer.message(n, 1500)[0], timeout=600)[0] == 0]


def put_in(names, accepted):
    for i in range(0, len(names), 50):
        part = names[i:i + 50]
        accepted += (by_session if i // 50 % 3 else one_by_one)(part)


def descendants(pid):
    parents = {}
    for entry in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % entry) as f:
                words = f.read().rpartition(")")[2].split()
            parents.setdefault(int(words[1]), []).append(int(entry))
        except (OSError, ValueError):
            pass
    found = [pid]
    for p in found:
        found += parents.get(p, [])
    return found[1:]


def kill_all(runner):
    """The runner, its workers and their relays."""
    pids = descendants(runner.process.pid) if os.path.isdir("/proc/self") \
        else []
    runner.kill()
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def is_done():
    return not wanted - set(k for k, n in sink.count.items() if n) and \
        all(a in sink.reports[n] for n, a in refused)


names = list(mails)
accepted = [[], []]
feeders = [threading.Thread(target=put_in, args=(names[i::2], accepted[i]))
           for i in range(2)]
runner = mailer.Runner(config, SPOOL)
for t in feeders:
    t.start()
step = len(wanted) // (KILLS + 1)
for number in range(KILLS):
    sink.wait(lambda: len(sink.count) >= (number + 1) * step, 600)
    (kill_all if number % 2 else mailer.Runner.kill)(runner)
    runner = mailer.Runner(config, SPOOL)
    tally.check("another runner starts", runner.watches())
for t in feeders:
    t.join()
tap.same("all mails are accepted",
         sorted(accepted[0] + accepted[1]), sorted(names))


def flush_and_look():
    mailer.run(["-C", config, "-qf"])
    sink.wait(is_done, 2)
    return is_done() and not mailer.entries(SPOOL)


tap.case("the queue gets empty",
         mailer.until(flush_and_look, 1800 if faults.LONG else 300),
         len(mailer.entries(SPOOL)), mailer.entries(SPOOL)[:5])
tap.same("the runner ends", runner.stop(), 0)
missing = sorted(wanted - set(k for k, n in sink.count.items() if n))
tap.same("nothing is lost (%d recipients of %d mails, %d lost connections)" %
         (len(wanted), MAILS, sink.lost), missing[:10], [])
strange = [k for k in sink.count if k not in wanted and k[1] != mailer.ME]
tap.same("nobody gets what was refused", strange[:10], [])
tap.same("each refusal is told to the sender", sorted(
    k for k in refused if k[1] not in sink.reports[k[0]])[:10], [])
twice = [k for k in wanted if sink.count[k] > 1]
doubts = sum(1 for k in wanted if sink.in_doubt[k])
# One that dies has on each connection a mail whose dot is out and the ones
# before it that it has not noted yet, of up to 3 recipients: BEHIND in all.
tap.case("twice is only what was in doubt (%d; %d replies lost)" % (
    len(twice), doubts),
    len(twice) <= doubts + KILLS * CONNECTIONS * BEHIND * 3,
    twice[:10])
broken = [n for n in mails if any(
    not b.endswith(mailer.message(n, 1500)[1]) for b in sink.bodies[n])]
tap.same("each is what was accepted", broken[:10], [])
tap.same("nothing has failed", (mailer.entries(SPOOL, "failed"),
                                mailer.rest(SPOOL)), ([], []))
tally.report()
sink.__exit__()
tap.done()
