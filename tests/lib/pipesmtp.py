# SPDX-License-Identifier: GPL-3.0-or-later
"""SMTP with a program on its standard input and output ("qsendmail -bs").

    with Smtp("-C", "rc") as c:     # smtplib.SMTP over a socket pair
        c.sendmail(...)
    c.status, c.errors              # exit status, standard error

    r = talk(b"EHLO x\\r\\n...", "-C", "rc")    # all at once, by pipes
    r.codes, r.replies, r.status, r.errors

    rc = fake(SETTINGS)             # with tests/lib/fakerelay behind it
    talk(session(content), *rc)
    sent()                          # [(job, content)]
    text, sent, r = reply(rc, content, FAKE_DOT="550 no")
"""
import glob
import itertools
import json
import os
import smtplib
import socket
import subprocess

ENDED = 300     # seconds; a test of the runner has its own limit


def command(arguments):
    return [os.environ["QSENDMAIL"], "-bs"] + list(arguments)


class Smtp(smtplib.SMTP):
    def __init__(self, *arguments, environment=None):
        self.arguments, self.environment = arguments, environment
        self.status = self.errors = None
        super().__init__("pipe", local_hostname="client.example")

    def _get_socket(self, host, port, timeout):
        ours, theirs = socket.socketpair()
        ours.settimeout(ENDED)
        self.process = subprocess.Popen(
            command(self.arguments), stdin=theirs, stdout=theirs,
            stderr=subprocess.PIPE,
            env=dict(os.environ, **(self.environment or {})))
        theirs.close()
        return ours

    def wait(self):
        self.close()
        self.errors = self.process.stderr.read().decode()
        self.process.stderr.close()
        self.status = self.process.wait(ENDED)

    def __exit__(self, *error):
        if self.sock:
            self.docmd("QUIT")
        self.wait()


class Talk:
    def __init__(self, result):
        self.status = result.returncode
        self.errors = result.stderr.decode()
        self.output = result.stdout.decode()
        self.lines = self.output.split("\r\n")[:-1]
        # The last line of each reply; and each reply with its lines.
        self.replies, gathered = [], []
        for line in self.lines:
            gathered.append(line)
            if line[3:4] != "-":
                self.replies.append("\n".join(gathered))
                gathered = []
        self.codes = [int(r.split("\n")[-1][:3]) for r in self.replies]


def talk(octets, *arguments, environment=None, bare=False, stdout=None):
    """Sends all octets at once; with bare the environment is that alone."""
    env = dict({} if bare else os.environ, **(environment or {}))
    result = subprocess.run(command(arguments), input=octets, env=env,
                            stdout=stdout or subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=ENDED)
    if stdout:
        result.stdout = b""
    return Talk(result)


MAIL = b"Subject: s\r\n\r\nhello\r\n"


def fake(settings):
    """The fake relay and a settings file: the arguments that name it."""
    lib = os.path.dirname(os.path.abspath(__file__))
    os.environ["QSENDMAIL_RELAY"] = os.path.join(lib, "fakerelay")
    os.environ["FAKE_DIR"] = os.path.abspath("sent")
    os.environ["QSENDMAIL_TEST_HOSTNAME"] = "host.example"
    os.mkdir("sent")
    with open(os.open("rc", os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        f.write(settings)
    return "-C", "rc"


def sent():
    """Every mail that the relay got, in order: (job, content)."""
    found = []
    for n in itertools.count(1):
        name = "sent/%d" % n
        if not os.path.exists(name + ".json"):
            break
        with open(name + ".json") as f, open(name + ".eml", "rb") as g:
            found.append((json.load(f), g.read()))
    for name in glob.glob("sent/*"):
        os.unlink(name)
    return found


def session(content=MAIL, sender=b"a@x", to=(b"b@y",), end=b"\r\n"):
    lines = [b"EHLO c", b"MAIL FROM:<%s>" % sender]
    lines += [b"RCPT TO:<%s>" % r for r in to] + [b"DATA", b""]
    return end.join(lines) + content + b"." + end + b"QUIT" + end


def reply(arguments, content=MAIL, to=(b"b@y",), **environment):
    """The reply to the content, the jobs and the whole talk."""
    r = talk(session(content, to=to), *arguments, environment=environment)
    return r.replies[-2], sent(), r
