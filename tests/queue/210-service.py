#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner as a service: signals, pauses, limits, the network that comes
back, going into the background."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time

SRCDIR = os.environ["srcdir"]
sys.path[:0] = [SRCDIR + "/tests/lib", SRCDIR + "/tests/queue"]
from sink import Sink  # noqa: E402
from spool import (HERE, QSENDMAIL, SPOOL, Runner, entries,  # noqa: E402
                   is_watched, run, settings, until)
from tap import case, done, same, skip  # noqa: E402

s = Sink()


def log():
    try:
        with open(HERE + "/queue.log") as f:
            return f.read()
    except OSError:
        return ""


def is_free(path):
    """1 when nobody owns the entry, or it is gone."""
    try:
        with open(path) as f:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


# SIGTERM lets a mail that is under way come to its end.
settings(s.port)
reached, go_on = threading.Event(), threading.Event()


def slow(_):
    reached.set()
    go_on.wait(120)
    return "250 2.0.0 OK: queued as 5"


s.dot = slow
run("-odq", "slow@example.net")
with Runner("-q1h") as r:
    case("a mail is under way", reached.wait(120))
    r.process.terminate()
    go_on.set()
    same("SIGTERM: the runner ends with status 0", r.stop(), (0, ""))
same("the mail has arrived and is gone", (len(s.mails), entries()), (1, []))

# A runner that is killed within a mail: its worker ends what it has begun.
reached.clear()
go_on.clear()
run("-odq", "killed@example.net")
r = Runner("-q1h")
case("a mail is under way", reached.wait(120))
waiting = entries()
r.kill()
case("SIGKILL of the runner: the entry still has an owner",
     not is_free(waiting[0]))
go_on.set()
case("who ends what it has begun", until(lambda: entries() == []))
same("the mail has arrived", [m[1] for m in s.mails[1:]],
     [["killed@example.net"]])
s.dot = "250 2.0.0 OK: queued as 6"

# SIGHUP: new settings, and no more pauses.
settings(s.port, "auth login", "user me", "passwordeval echo x")
run("-odq", "reload@example.net")
with Runner("-q1h") as r:
    case("an account that pauses", until(lambda: "pauses" in log()), log())
    listing = run("-bp", text="")[1]
    case("mailq says so, and why", "pauses" in listing and
         "login" in listing, listing)
    count = len(s.mails)
    settings(s.port)
    r.process.send_signal(signal.SIGHUP)
    case("SIGHUP after the fault was mended", s.wait(count + 1), log())
    case("and the mail is gone", until(lambda: entries() == []), entries())

# Limits.
settings(s.port, "queue_max_size 1k")
s.close()
status, _, err = run("big@example.net", text="x" * 2000)
case("queue_max_size", status == 75 and "queue_max_size" in err and
     entries() + entries("tmp") == [], status, err)
same("a smaller one is kept", run("small@example.net"), (0, "", ""))
settings(s.port, "queue_max_count 1")
status, _, err = run("second@example.net")
case("queue_max_count", status == 75 and "queue_max_count" in err and
     len(entries()) == 1 and entries("tmp") == [], status, err)
settings(s.port, "queue_min_free 900000G")
status, _, err = run("third@example.net")
case("queue_min_free", status == 75 and "queue_min_free" in err and
     len(entries()) == 1 and entries("tmp") == [], status, err)
status, out, err = run("-bs", "-odq", text="EHLO x\nMAIL FROM:<a@b.c>\n"
                       "RCPT TO:<d@e.f>\nDATA\n\nhi\n.\nQUIT\n")
case("-bs answers 451 then", status == 0 and
     out.split("354")[1].splitlines()[1].startswith("451"), out, err)
s.open()
settings(s.port)
run("-qf")
same("nothing waits", entries(), [])

# In the background.
command = QSENDMAIL + ["-C", HERE + "/rc", "-q1h"]
p = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=600)
same("-q1h returns", p.returncode, 0)
case("when the queue is watched", is_watched())
p = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                   timeout=600)
case("a second one tells why it ends", p.returncode == 69 and
     b"another runner" in p.stderr, p)
with open(SPOOL + "/lock") as f:
    os.kill(int(f.read().split()[1]), signal.SIGTERM)
case("SIGTERM ends it", until(lambda: not is_watched()))

# Pace.
settings(s.port, "rate 600", "max_connections 4")
for i in range(8):
    run("-odq", "pace%d@example.net" % i)
count, since = len(s.mails), time.monotonic()
run("-q")
same("with a rate all are sent", len(s.mails), count + 8)
case("not faster than that", time.monotonic() - since >= 0.65,
     time.monotonic() - since)

# The network comes back: in a namespace of its own there is only a loopback.
INNER = '''
import os, subprocess, sys
sys.path[:0] = [os.environ["srcdir"] + "/tests/" + x
                for x in ("lib", "queue")]
from sink import Sink
from spool import *

def loopback(state):
    subprocess.run(["ip", "link", "set", "lo", state], check=True)

def log():
    with open(HERE + "/queue.log") as f:
        return f.read()

loopback("up")
s = Sink()
settings(s.port)
loopback("down")
with Runner("-q1h") as r:
    run("-odb", "network@example.net")
    until(lambda: "pauses" in log())
    loopback("up")
    sys.exit(not s.wait(1, 45))
'''
apart = ["unshare", "-rn"]
try:
    able = subprocess.run(apart + ["ip", "link", "set", "lo", "up"],
                          stderr=subprocess.DEVNULL).returncode == 0
except OSError:
    able = False
if able:
    p = subprocess.run(apart + [sys.executable, "-c", INNER],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    case("when the network comes back mail is sent before its time",
         p.returncode == 0, p.stdout.decode(), log())
else:
    skip("when the network comes back", "no network namespaces here")
same("no rule of SMTP was broken", s.violations, [])
s.close()
done()
