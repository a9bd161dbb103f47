#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line of progress: on a terminal, while a slow server takes a large
mail; nothing of it anywhere else, nothing of it left, nothing waits for it."""
import os
import pty
import re
import select
import subprocess
import sys
import termios
import threading

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from frames import Relay
from scripted import Scripted
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from tap import case, done, same

BIG = b"Subject: big\r\n\r\n" + (b"x" * 70 + b"\r\n") * 200000
SMALL = b"From: a@x\nTo: b@x\nSubject: small\n\nsmall\n"


class Slow:
    """A server that reads on only when it is told to."""

    def __init__(self, mails=1):
        self.go, self.arrived, self.mails = threading.Event(), [], mails

    def __call__(self, c):
        c.hello()
        for _ in range(self.mails):
            c.envelope()
            self.go.wait(60)
            self.arrived.append(len(c.content()))
            c.say("250 queued")
        c.line("QUIT")


def plain(server):
    return {"host": "127.0.0.1", "port": str(server.port), "timeout": "60"}


# What the relay reports.
slow = Slow(mails=2)
with Scripted(slow, rcvbuf=16384) as s:
    with Relay(plain(s)) as relay:
        relay.put("progress", "1")
        relay.send_mail("s@x", ["a@x"], BIG)
        r = relay.read(until="content")
        seen = []
        while len(seen) < 3:
            seen += relay.read(until="progress").progress
        case("a stalled content is reported again and again",
             all(n < len(BIG) and of == len(BIG) for n, of in seen), seen)
        case("what the system holds back is not counted",
             all(n < 1000000 for n, of in seen), seen)
        slow.go.set()
        r = relay.read()
        same("... and then is sent", r.outcome(), "content 2xx 250")
        every = seen + r.progress
        case("it only grows", every == sorted(every), every)
        same("the order of the reports", [
            e for e in r.events if e != "progress"], ["dot", "rcpt", "end"])
        slow.go.clear()
        relay.send_mail("s@x", ["a@x"], BIG)
        threading.Timer(0.5, slow.go.set).start()
        same("the next mail is not reported unless that is asked for",
             relay.read().events, ["envelope", "content", "dot", "rcpt",
                                   "end"])
same("nothing strange", s.problems, [])


# What people see.
class Terminal:
    """A pseudoterminal: what was written, and what stands there."""

    def __init__(self, columns=80):
        self.master, self.slave = pty.openpty()
        termios.tcsetwinsize(self.slave, (24, columns)) \
            if hasattr(termios, "tcsetwinsize") else self.size(columns)
        self.text = b""

    def size(self, columns):
        import fcntl
        import struct
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, columns, 0, 0))

    def read(self, seconds):
        """1 when something came."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        self.text += os.read(self.master, 65536)
        return True

    def wait_for(self, pattern):
        while not re.search(pattern, self.text) and self.read(60):
            pass
        return re.search(pattern, self.text)

    def screen(self):
        """The lines that stand there in the end."""
        lines = []
        for line in self.text.decode().split("\n"):
            cells, at = [], 0
            for c in line:
                if c == "\r":
                    at = 0
                    continue
                cells[at:at + 1] = [c]
                at += 1
            lines.append("".join(cells).rstrip())
        return "\n".join(lines).rstrip()

    def close(self):
        while self.read(0):
            pass
        os.close(self.slave)
        os.close(self.master)


def start(server, err, *arguments, content=BIG, **more):
    with open("content", "wb") as f:
        f.write(content.replace(b"\r\n", b"\n"))
    return subprocess.Popen(
        [os.environ["QSENDMAIL"], "--host=127.0.0.1", "--port=%d" %
         server.port, "--from=a@x.example", "--timeout=60"] +
        list(arguments) + ["b@x.example"], stdin=open("content", "rb"),
        stdout=subprocess.PIPE, stderr=err, **more)


def send(terminal, *arguments, until=None, **more):
    """Sends to a slow server, lets it go on when the terminal shows until
    (None: at once): (exit status, standard output)."""
    slow = Slow()
    with Scripted(slow, rcvbuf=16384) as s:
        if until is None:
            slow.go.set()
        process = start(s, terminal.slave, *arguments, **more)
        if until is not None:
            case("... it shows", terminal.wait_for(until), terminal.text)
            slow.go.set()
        out = process.communicate()[0]
    same("... the mail arrives", len(slow.arrived), 1)
    return process.returncode, out


LINE = rb"\r +\d+% \[[=> ]+\] \d+\.\d of 1\d\.\d MB, .*left"
t = Terminal()
print("# a large mail on a terminal")
same("... and succeeds", send(t, until=LINE), (0, b""))
t.close()
same("... nothing is left of it", t.screen(), "")
case("... no line is longer than the terminal", max(
    len(line) for line in t.text.split(b"\r")) < 80, t.text)
case("... with nothing but printable characters and CR",
     re.fullmatch(rb"[ -~\r]*", t.text), t.text)

t = Terminal(columns=30)
print("# on a narrow terminal")
same("... and succeeds", send(t, until=rb"\r +\d+% \d+\.\d of 1\d\.\d MB"),
     (0, b""))
t.close()
same("... nothing is left of it", t.screen(), "")
case("... it fits", max(len(line) for line in t.text.split(b"\r")) < 30,
     t.text)

t = Terminal()
print("# a small mail")
same("... and succeeds", send(t, content=SMALL), (0, b""))
t.close()
same("... nothing is shown", t.text, b"")

t = Terminal()
print("# a dumb terminal")
slow = Slow()
with Scripted(slow, rcvbuf=16384) as s:
    threading.Timer(1.5, slow.go.set).start()
    p = start(s, t.slave, env=dict(os.environ, TERM="dumb"))
    p.communicate()
t.close()
same("... nothing is shown", (p.returncode, t.text), (0, b""))

t = Terminal()
print("# with -v")
slow = Slow()
with Scripted(slow, rcvbuf=16384) as s:
    threading.Timer(1.5, slow.go.set).start()
    p = start(s, t.slave, "-v")
    out = p.communicate()[0]
t.close()
same("... nothing is shown but the dialogue",
     (p.returncode, t.text, b"mail: 250 queued" in out), (0, b"", True))

print("# standard error is no terminal")
slow = Slow()
with Scripted(slow, rcvbuf=16384) as s:
    threading.Timer(1.5, slow.go.set).start()
    p = start(s, subprocess.PIPE)
    same("... no octet is written", p.communicate(), (b"", b""))
same("... and the mail is sent", (p.returncode, len(slow.arrived)), (0, 1))


# A failure after the line was shown.
def refuse(c):
    c.hello()
    c.envelope()
    c.go.wait(60)
    c.content()
    c.say("554 5.7.1 no")


print("# refused in the end")
t = Terminal()
go = threading.Event()
with Scripted(lambda c: (setattr(c, "go", go), refuse(c)), rcvbuf=16384) as s:
    p = start(s, t.slave)
    case("... it shows", t.wait_for(LINE), t.text)
    go.set()
    p.communicate()
t.close()
same("... only the line about that is left", (p.returncode, t.screen()), (
    69, "qsendmail: <b@x.example>: the server refused the content: 554 5.7.1 "
    "no"))

# A terminal that takes nothing.
print("# a terminal that was stopped")
t = Terminal()
termios.tcflow(t.slave, termios.TCOOFF)
slow = Slow()
with Scripted(slow, rcvbuf=16384) as s:
    threading.Timer(1.5, slow.go.set).start()
    p = start(s, t.slave)
    try:
        p.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        p.kill()
        p.communicate()
same("... does not hold up the mail", (p.returncode, len(slow.arrived)),
     (0, 1))
termios.tcflow(t.slave, termios.TCOON)
t.close()

print("# a terminal that nobody reads")
t = Terminal()
filler = os.open(os.ttyname(t.slave), os.O_WRONLY | os.O_NOCTTY |
                 os.O_NONBLOCK)
try:
    while os.write(filler, b"x" * 4096):
        pass
except BlockingIOError:
    pass
slow = Slow()
with Scripted(slow, rcvbuf=16384) as s:
    threading.Timer(1.5, slow.go.set).start()
    p = start(s, t.slave)
    try:
        p.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        p.kill()
        p.communicate()
same("... does not hold up the mail", (p.returncode, len(slow.arrived)),
     (0, 1))
t.close()
os.close(filler)
done()
