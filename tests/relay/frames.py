# SPDX-License-Identifier: GPL-3.0-or-later
"""The front end's side of src/queue/job.h, to run qsendmail-relay alone.

    with Relay({"host": "127.0.0.1", "port": port}) as relay:
        result = relay.mail("a@x", ["b@y"], b"Subject: hi\\r\\n\\r\\nhi\\r\\n")
    relay.status    # exit status of the relay

A Result has events (their words, in order), steps [(name, sent, reply)],
codes (of the steps), rcpt {number: (stage, reply, code, text)}, fault
(stage, reply, code, exit status, text) or None, settings {}, progress
[(octets, total)], srv [(service, port, target)], and ended (0 when the relay
was gone before "end").
"""
import array
import fcntl
import os
import socket
import struct
import subprocess
import tempfile
import termios

BUILDDIR = os.environ["builddir"]
PROGRAM = os.path.join(BUILDDIR, "qsendmail-relay")


def command():
    """The relay, in valgrind when the runner's $QSENDMAIL is."""
    if os.environ["QSENDMAIL"] == os.path.join(BUILDDIR, "qsendmail"):
        return [PROGRAM]
    return ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
            "--log-file=%s/%%p" % os.environ["TEST_VALGRIND"], PROGRAM]


class Result:
    def __init__(self):
        self.events, self.steps, self.rcpt = [], [], {}
        self.settings, self.fault, self.ended = {}, None, 0
        self.progress = []
        self.unreported = []
        self.srv = []

    @property
    def codes(self):
        return [int(reply[:3]) for _, _, reply in self.steps]

    def outcome(self, number=0):
        """"stage reply code" of a recipient, "" if there is none."""
        if number not in self.rcpt:
            return ""
        return "%s %s %d" % self.rcpt[number][:3]

    def words(self):
        return "%s %s" % (self.rcpt, self.fault)


class Relay:
    def __init__(self, settings, verbose=0, secret=None, environment=None,
                 version="4", terminal=None):
        """terminal: a descriptor that becomes the controlling terminal;
        without one there is none."""
        env = dict(os.environ, **(environment or {}))
        self.sock, child = socket.socketpair()

        def take_terminal():
            if terminal is not None:
                fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen(
            command(), stdin=child, stdout=child, env=env,
            start_new_session=True, preexec_fn=take_terminal,
            pass_fds=() if terminal is None else (terminal,))
        child.close()
        self.data = b""
        self.out = b""
        self.put("qsendmail-job", version)
        self.set(settings, verbose, secret)

    def set(self, settings, verbose=0, secret=None):
        self.put("verbose", str(verbose))
        for name, value in settings.items():
            self.put("set", "%s %s" % (name, value))
        if secret:
            self.put("secret-file", secret[0])
            self.put("secret-section", secret[1])

    def put(self, word, value=""):
        body = (word + " " + value).encode("utf-8", "surrogateescape")
        self.out += struct.pack(">I", len(body)) + body

    def flush(self, fd=None):
        n = 0
        if fd is not None:
            n = self.sock.sendmsg([self.out], [(
                socket.SOL_SOCKET, socket.SCM_RIGHTS,
                array.array("i", [fd]))])
        self.sock.sendall(self.out[n:])
        self.out = b""

    def frame(self):
        while len(self.data) < 4 or \
                len(self.data) < 4 + struct.unpack(">I", self.data[:4])[0]:
            try:
                chunk = self.sock.recv(65536)
            except ConnectionError:
                return None
            if not chunk:
                return None
            self.data += chunk
        n = struct.unpack(">I", self.data[:4])[0]
        word, _, value = self.data[4:4 + n].partition(b" ")
        self.data = self.data[4 + n:]
        return word.decode(), value.decode("utf-8", "surrogateescape")

    def read(self, until="end"):
        """Events up to the end of the job."""
        r = Result()
        while True:
            frame = self.frame()
            if frame is None:
                return r
            word, value = frame
            if word == "qsendmail-job":
                continue
            r.events.append(word)
            if word == "step":
                r.steps.append(tuple(value.split("\0")))
            elif word == "rcpt":
                f = value.split(" ", 5)
                r.rcpt[int(f[0])] = f[1], f[2], int(f[3]), f[5]
            elif word == "unreported":
                r.unreported.append(int(value))
            elif word == "fault":
                f = value.split(" ", 5)
                r.fault = f[1], f[2], int(f[3]), int(f[4]), f[5]
            elif word == "progress":
                r.progress.append(tuple(int(n) for n in value.split()))
            elif word == "setting":
                name, _, text = value.partition(" ")
                r.settings[name] = text
            elif word == "srv":
                service, port, target = value.split(" ", 2)
                r.srv.append((service, int(port), target))
            if word == "end":
                r.ended = 1
            if word == until:
                return r

    def send_mail(self, sender, recipients, content, facts=(0, 0, 0), at=0,
                  length=None, wishes=()):
        """wishes: (word, value) of the mail, or (word, value, number) of a
        recipient."""
        self.put("mail", "test")
        self.put("sender", sender)
        for wish in wishes:
            if len(wish) == 2:
                self.put(*wish)
        for i, address in enumerate(recipients):
            self.put("recipient", "%d %s" % (i, address))
            for wish in wishes:
                if len(wish) == 3 and wish[2] == i:
                    self.put(*wish[:2])
        self.put("content", "%d %d %d %d %d" % (
            (at, len(content) - at if length is None else length) +
            tuple(facts)))
        self.put("go")
        with tempfile.TemporaryFile() as f:
            f.write(content)
            f.flush()
            self.flush(f.fileno())

    def mail(self, *args, **more):
        self.send_mail(*args, **more)
        return self.read()

    def check(self):
        self.put("check")
        self.flush()
        return self.read()

    def evaluate(self):
        self.put("eval")
        self.flush()
        return self.read()

    def lookup(self, domain):
        self.put("lookup", domain)
        self.flush()
        return self.read()

    def etrn(self, node):
        self.put("etrn", node)
        self.flush()
        return self.read()

    def close(self):
        self.sock.close()
        self.status = self.process.wait()
        return self.status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
