#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay's side of the seam: jobs, reports, a front end that dies."""
import os
import re
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import MAIL, USER, serve, settings
from frames import PROGRAM, Relay
from scripted import Scripted
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from tap import case, done, same, skip

DONE = "content 2xx 250"


def plain(server):
    return {"host": "127.0.0.1", "port": str(server.port), "timeout": "20"}


# The order of reports.
def ordinary(c):
    c.hello()
    while True:
        c.mail()


with Scripted(ordinary) as s:
    with Relay(plain(s)) as relay:
        r = relay.mail("s@x", ["a@x"], MAIL)
        same("what is reported of a mail", r.events,
             ["envelope", "content", "dot", "rcpt", "end"])
        r = relay.mail("s@x", ["a@x"], MAIL)
        same("... and of the next", r.events,
             ["envelope", "content", "dot", "rcpt", "end"])
    same("the relay ends when its socket is closed", relay.status, 0)

# The recipients' numbers are those of the job.
def second_refused(c):
    c.hello("SIZE")
    c.line("MAIL")
    c.say("250 OK")
    for reply in ("250 OK", "550 no", "250 OK"):
        c.line("RCPT")
        c.say(reply)
    c.line("DATA")
    c.say("354 go")
    c.content()
    c.say("250 queued")


with Scripted(second_refused) as s:
    with Relay(plain(s)) as relay:
        relay.put("mail", "test")
        relay.put("sender", "s@x")
        for number in (4, 17, 99):
            relay.put("recipient", "%d r%d@x" % (number, number))
        relay.put("content", "0 %d 0 0 0" % len(MAIL))
        relay.put("go")
        with open("mail", "w+b") as f:
            f.write(MAIL)
            f.flush()
            relay.flush(f.fileno())
        r = relay.read()
    same("recipients keep their numbers",
         {n: r.outcome(n) for n in r.rcpt},
         {4: DONE, 17: "rcpt 5xx 550", 99: DONE})

# A front end that is gone.
def wait_for_death(c):
    c.hello()
    c.line("MAIL")
    c.line("RCPT")
    c.line("DATA")
    c.relay.sock.close()
    c.say("250 OK", "250 OK", "354 go")
    case("no dot when nobody listens any more",
         c.silence() or b"\r\n.\r\n" not in c.input, c.input)


with Scripted(lambda c: (setattr(c, "relay", relay),
                         wait_for_death(c))) as s:
    relay = Relay(plain(s))
    relay.send_mail("s@x", ["a@x"], MAIL)
    relay.process.wait()
    s.join()
    same("... the relay ends by itself", relay.process.returncode, 75)
same("... after one connection", s.connections, 1)

# "dot" is on its way before the dot is.
def watch(c):
    c.hello()
    c.envelope()
    c.content()
    r = c.relay.read(until="dot")
    same("\"dot\" was reported when the dot came", r.events,
         ["envelope", "content", "dot"])
    c.say("250 queued")


with Scripted(lambda c: (setattr(c, "relay", relay), watch(c))) as s:
    relay = Relay(plain(s))
    relay.send_mail("s@x", ["a@x"], MAIL)
    s.join()
    same("... then the outcome", relay.read().events, ["rcpt", "end"])
    relay.close()

# Outcomes of a first group are told before the second one is sent.
def two_groups(c):
    c.hello()
    c.envelope()
    c.content()
    c.say("250 one")
    c.line("MAIL")
    c.line("RCPT")
    c.line("DATA")
    r = c.relay.read(until="rcpt")
    same("what is decided is told at once", r.outcome(), DONE)
    c.say("250 OK", "250 OK", "354 go")
    c.content()
    c.say("250 two")


with Scripted(lambda c: (setattr(c, "relay", relay), two_groups(c))) as s:
    relay = Relay(dict(plain(s), max_recipients="1"))
    relay.send_mail("s@x", ["a@x", "b@x"], MAIL)
    s.join()
    r = relay.read()
    same("... and the rest later", (r.outcome(1), r.ended), (DONE, 1))
    relay.close()

# A second session that cannot be opened is no fault of the account: some of
# the mail has been under way.
def half(c):
    c.hello()
    c.line("MAIL")
    c.say("250 OK")
    c.line("RCPT")
    c.say("550 no")
    c.line("RCPT")


def closed(c):
    c.say("554 go away")


with Scripted(half, closed) as s:
    with Relay(plain(s)) as relay:
        r = relay.mail("s@x", ["a@x", "b@x"], MAIL)
same("what a second connection could not do",
     (r.outcome(0), r.outcome(1), r.fault, r.ended),
     ("rcpt 5xx 550", "greeting 5xx 554", None, 1))

# Jobs that are none.
def answer(*frames, version="4"):
    relay = Relay({}, version=version)
    for word, value in frames:
        relay.put(word, value)
    try:
        relay.flush()
    except BrokenPipeError:
        pass
    r = relay.read()
    relay.close()
    return r, relay.status


r, status = answer(("check", ""), version="99")
case("another version of the protocol", status == 70 and
     "different versions" in r.fault[4] and r.fault[3] == 70, r.words())
r, status = answer(("nonsense", "x"))
case("a word that nobody knows", status == 70 and r.fault[3] == 70,
     r.words())
r, status = answer(("set", "nonsense x"))
case("a setting that nobody knows", status != 0 and r.fault, r.words())
r, status = answer(("mail", "x"), ("sender", "s@x"), ("recipient", "0 a@x"),
                   ("content", "0 1 0 0 0"), ("go", ""))
case("a mail without its content", status == 70 and r.fault[3] == 70,
     r.words())
r, status = answer(("check", ""))
same("a check without a host", (status, r.fault[3], r.fault[4]),
     (0, 78, "there is no host: add a line with host"))
relay = Relay({})
relay.sock.sendall(struct.pack(">I", 0xffffffff) + b"x")
r = relay.read()
relay.close()
case("a frame of four gigabytes", relay.status == 70 and r.fault, r.words())
process = subprocess.run([PROGRAM], stdin=subprocess.DEVNULL,
                         capture_output=True)
case("started by hand it says what it is", process.returncode == 64 and
     process.stderr.startswith(b"qsendmail-relay: "), process.stderr)

# Settings that a shell command makes.
with open("rc", "w") as f:
    f.write("account a\nhost localhost\neval echo user `echo me`\n"
            "eval echo password secret\nfrom a@x\n")
os.chmod("rc", 0o600)
with Relay({}, secret=(os.path.abspath("rc"), "a")) as relay:
    r = relay.evaluate()
    same("eval lines are run here", r.settings.get("user"), "me")
    case("... and their secrets stay here", "password" not in r.settings and
         "secret" not in repr(r.settings), r.settings)
    r = relay.evaluate()
    same("... again when asked", r.settings.get("user"), "me")
with open("rc", "w") as f:
    f.write("account a\nhost localhost\neval exit 3\n")
with Relay({}, secret=(os.path.abspath("rc"), "a")) as relay:
    r = relay.evaluate()
    case("an eval line that fails", r.fault and r.fault[3] == 78 and
         "rc:3" in r.fault[4] and r.ended, r.words())
with Relay({}) as relay:
    r = relay.evaluate()
    case("nothing to evaluate", r.fault and r.ended, r.words())

# A frame that comes octet by octet.
with Scripted(ordinary) as s:
    relay = Relay({})
    relay.set(plain(s))
    relay.put("check")
    for octet in relay.out:
        relay.sock.sendall(bytes([octet]))
    r = relay.read()
    relay.close()
    case("frames may come in any pieces", r.fault is None and r.ended)

# Size does not matter.
def measure():
    line = b"x" * 76 + b"\r\n"
    with open("big", "wb") as f:
        f.write(MAIL)
        for _ in range(100):
            f.write(line * 9000)
    size = os.path.getsize("big")
    with serve("--discard") as s:
        relay = Relay(settings(s))
        relay.put("mail", "test")
        relay.put("sender", USER)
        relay.put("recipient", "0 a@example.net")
        relay.put("content", "0 %d 0 0 0" % size)
        relay.put("go")
        with open("big", "rb") as f:
            relay.flush(f.fileno())
        r = relay.read()
        same("a mail of 70 MB", r.outcome(), DONE)
        peak = 0
        if os.path.exists("/proc/self/status"):
            with open("/proc/%d/status" % relay.process.pid) as f:
                peak = int(re.search(r"VmHWM:\s*(\d+)", f.read())[1])
        relay.close()
    os.remove("big")
    return peak / 1024


with open(PROGRAM, "rb") as f:
    instrumented = b"__asan_init" in f.read() or os.environ["QSENDMAIL"] != \
        os.path.join(os.environ["builddir"], "qsendmail")
peak = measure()
if instrumented:
    skip("... in little memory", "instrumented")
else:
    case("... in little memory", peak <= 16, "%.1f MiB" % peak)
    print("# %.1f MiB" % peak)
done()
