#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A laptop: the mutt of a user with a runner of her own, on line and off line.
It is told the truth in both cases, and nothing is lost."""

import os
import signal
import subprocess
import sys
import time

LIB = os.environ["srcdir"] + "/tests/lib"
sys.path.insert(0, LIB)
import qqserver  # noqa: E402
import room  # noqa: E402
from tap import case, done, same, skip_all  # noqa: E402

why = room.missing()
if why:
    skip_all(why)
if os.environ.get("VALGRIND", "") not in ("", "0"):
    skip_all("valgrind sees qsendmail in the other tests")

LOGIN, BOB = "50627xxxx@qq.com", "bob@example.net"
subprocess.run([LIB + "/certificates", "certs"], check=True)
os.chmod("certs", 0o755)
os.chmod("certs/ca.pem", 0o644)


def server_at(number):
    s = qqserver.Server(qqserver.options(
        ["--dir", "server%d" % number, "--cert", "certs/valid.pem",
         "--refuse", "refused@example.net=550 no such mailbox"]))
    s.start()
    return s


SETTINGS = """\
from %s
password_file ~/.qq-code
host localhost
port %d
tls on
tls_starttls off
tls_trust_file %s/certs/ca.pem
auth login
user %s
sender login
"""

online = server_at(1)
here = room.Room("room", "")


def configure(port):
    """Where the line leads to: the server, or nobody."""
    with open("room/home/alice/.qsendmailrc", "w") as f:
        f.write(SETTINGS % (LOGIN, port, os.getcwd(), LOGIN))
    os.chown("room/home/alice/.qsendmailrc", room.ALICE_ID, room.ALICE_ID)


with open("room/home/alice/.qq-code", "w") as f:
    f.write("abcdefghijklmnop\n")
os.chmod("room/home/alice/.qq-code", 0o600)
os.chown("room/home/alice/.qq-code", room.ALICE_ID, room.ALICE_ID)
configure(online.smtps_port)
SPOOL = "room/home/alice/.local/state/qsendmail"


def mutt(subject, to=BOB):
    return here.run(["mutt", "-n", "-F", "/dev/null", "-s", subject, "--", to],
                    b"I love computer networks!\n")


def said(p):
    return p.returncode, (p.stdout + p.stderr).decode()


def waiting():
    return [name for path, _, names in os.walk(SPOOL + "/queue")
            for name in names]


def until(condition):
    end = time.monotonic() + 120
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


# Without a runner: now or never.
same("on line, without a runner: sent", said(mutt("first")), (0, ""))
case("and it is there", online.wait_for(1))
closed = 1
configure(closed)
p = mutt("lost")
case("off line, without a runner: mutt is told",
     p.returncode != 0 and b"qsendmail -q15m" in p.stdout + p.stderr, p)
case("nothing was made in the home directory", not os.path.exists(SPOOL))

# The user starts one.
configure(online.smtps_port)
same("a runner is started", said(here.run(["sendmail", "-q15m"])), (0, ""))
with open(SPOOL + "/lock") as f:
    runner = int(f.read().split()[1])
same("on line: sent at once", said(mutt("second")), (0, ""))
case("and it is there", online.wait_for(2))
same("nothing waits", waiting(), [])
p = mutt("refused", "refused@example.net")
case("a recipient who is refused: mutt is told", p.returncode != 0 and
     b"no such mailbox" in p.stdout + p.stderr, p)

configure(closed)
same("off line: mutt is content", said(mutt("third")), (0, ""))
same("and it waits", len(waiting()), 1)
same("it is not there", online.mails, 2)
listing = here.run(["mailq"])
case("mailq shows it", listing.returncode == 0 and
     BOB.encode() in listing.stdout, listing)

configure(online.smtps_port)
same("on line again", said(here.run(["sendmail", "-qf"])), (0, ""))
case("it is there", online.wait_for(3))
case("nothing waits any more", until(lambda: waiting() == []), waiting())
listing = here.run(["mailq"])
case("mailq shows nothing", b"empty" in listing.stdout, listing)
os.kill(runner, signal.SIGTERM)


def is_gone():
    try:
        os.kill(runner, 0)
    except ProcessLookupError:
        return True
    return False


case("the runner ends", until(is_gone))
online.stop()
with open("server1/violations") as f:
    same("no rule was broken", f.read(), "")
done()
