# SPDX-License-Identifier: GPL-3.0-or-later
"""An SMTP server that counts: which mail (by its Message-ID) came for whom,
and how often. Without TLS and login, on a free port of 127.0.0.1; with
PIPELINING, quick enough for 10,000 mails.

    with Sink(seed=1, lose=0.01) as sink: ... sink.port
        sink.count[message_id, recipient]   how often it was accepted
        sink.bodies[message_id]             contents that came, a set
        sink.reports[message_id]            addresses in bounces about it

Recipients "perm..." are refused for good, "temp..." the first time that they
are named (sink.again other times), all others accepted. At each step lose is
the chance of a lost connection; after the dot it is lost before the mail is
counted or behind it, and then in_doubt has the mail. With record each mail is
a line "note MESSAGE-ID RECIPIENT" in that file, before the reply. While
is_held, mails that are counted wait for their reply (held is their number);
release() lets them go.
"""

import collections
import fcntl
import random
import re
import socket
import threading


class Lost(Exception):
    pass


class Sink:
    def __init__(self, seed=1, lose=0.0, again=1, record=None):
        self.random = random.Random(seed)
        self.lose, self.again, self.record = lose, again, record
        self.lock = threading.Lock()
        self.count = collections.Counter()
        self.bodies = collections.defaultdict(set)
        self.reports = collections.defaultdict(set)
        self.in_doubt = collections.Counter()
        self.named = collections.Counter()
        self.connections = self.lost = 0
        self.open = set()
        self.is_held, self.held = False, 0
        self.changed = threading.Condition(self.lock)
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for s in self.open:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def wait(self, condition, seconds=120):
        """Until condition() is true, looked at whenever a mail came."""
        with self.changed:
            return self.changed.wait_for(condition, seconds)

    def clear(self):
        with self.lock:
            for d in (self.count, self.bodies, self.reports, self.in_doubt,
                      self.named):
                d.clear()

    def accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                self.open.add(s)
            threading.Thread(target=self.serve, args=(s,),
                             daemon=True).start()

    def serve(self, s):
        try:
            Session(self, s).run()
        except (Lost, OSError, ValueError):
            pass
        finally:
            with self.lock:
                self.open.discard(s)
            s.close()

    def hold(self):
        with self.changed:
            self.held += 1
            self.changed.notify_all()
            self.changed.wait_for(lambda: not self.is_held, 600)
            self.held -= 1

    def release(self):
        with self.changed:
            self.is_held = False
            self.changed.notify_all()

    def chance(self):
        if not self.lose:
            return False
        with self.lock:
            hit = self.random.random() < self.lose
            self.lost += hit
        return hit

    def refusal(self, address):
        local = address.split("@")[0]
        if local.startswith("perm"):
            return "550 5.1.1 nobody of that name"
        if local.startswith("temp"):
            with self.lock:
                self.named[address] += 1
                if self.named[address] <= self.again:
                    return "450 4.2.1 come again"
        return None

    def keep(self, recipients, data, in_doubt):
        found = re.search(rb"(?mi)^Message-ID:[ \t]*<?([^>\s]*)", data)
        name = found[1].decode() if found else ""
        with self.changed:
            for r in recipients:
                self.count[name, r] += 1
                self.in_doubt[name, r] += in_doubt
            self.bodies[name].add(data)
            if b"multipart/report" in data:
                self.keep_report(data)
            if self.record:
                self.note("".join("note %s %s\n" % (name, r)
                                  for r in recipients))
            self.changed.notify_all()

    def keep_report(self, data):
        names = re.findall(rb"(?mi)^Message-ID:[ \t]*<?([^>\s]*)", data)
        who = re.findall(rb"(?mi)^Final-Recipient:[^;]*;[ \t]*(\S+)", data)
        if len(names) > 1:
            self.reports[names[1].decode()].update(w.decode() for w in who)

    def note(self, lines):
        with open(self.record, "a") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            f.write(lines)
            f.flush()


class Session:
    def __init__(self, sink, s):
        self.sink, self.s = sink, s
        self.input = b""
        self.output = b""
        self.sender, self.recipients = None, []

    def say(self, text):
        self.output += text.encode() + b"\r\n"

    def flush(self):
        """What is gathered goes out before we wait for more."""
        if self.output:
            self.s.sendall(self.output)
            self.output = b""

    def octets(self):
        """The next line; a connection that ends within one is lost."""
        while b"\n" not in self.input:
            self.flush()
            more = self.s.recv(65536)
            if not more:
                raise Lost
            self.input += more
        line, _, self.input = self.input.partition(b"\n")
        return line + b"\n"

    def content(self):
        """Up to the final dot, which is not of it."""
        self.flush()
        data = b"\r\n" + self.input
        while b"\r\n.\r\n" not in data:
            more = self.s.recv(262144)
            if not more:
                raise Lost
            data += more
        data, _, self.input = data.partition(b"\r\n.\r\n")
        return (data[2:] + b"\r\n").replace(b"\r\n.", b"\r\n")

    def line(self):
        return self.octets().rstrip(b"\r\n").decode("utf-8",
                                                    "surrogateescape")

    def run(self):
        self.say("220 sink.example ESMTP")
        while True:
            line = self.line()
            if self.sink.chance():
                raise Lost
            verb = line[:4].upper()
            if verb in ("EHLO", "LHLO"):
                self.say("250-sink.example\r\n250-PIPELINING\r\n"
                         "250-8BITMIME\r\n250 SIZE 0")
            elif verb == "MAIL":
                self.sender, self.recipients = line, []
                self.say("250 2.1.0 ok")
            elif verb == "RCPT":
                self.rcpt(line)
            elif verb == "DATA":
                self.data()
            elif verb == "QUIT":
                self.say("221 bye")
                self.flush()
                return
            else:
                self.say("250 ok")

    def rcpt(self, line):
        address = re.search(r"<(.*)>", line)[1]
        refusal = self.sink.refusal(address)
        if refusal is None:
            self.recipients.append(address)
        self.say(refusal or "250 2.1.5 ok")

    def data(self):
        if not self.recipients:
            self.say("554 5.5.1 no recipients")
            return
        self.say("354 go on")
        data = self.content()
        if self.sink.chance():
            raise Lost
        lost = self.sink.chance()
        self.sink.keep(self.recipients, data, lost)
        self.sink.hold()
        if lost:
            raise Lost
        self.say("250 2.0.0 kept")
