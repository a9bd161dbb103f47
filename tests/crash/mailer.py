# SPDX-License-Identifier: GPL-3.0-or-later
"""qsendmail with a queue, and a look into its spool that uses nothing of its
sources: for tests/crash."""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import time

QSENDMAIL = os.environ["QSENDMAIL"]
ME = "me@example.org"
PROGRAMS = "qsendmail:qsendmail-relay"


def closed_port():
    """A port of 127.0.0.1 where nobody listens."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def settings(spool, port, file="rc", **more):
    """A settings file; its absolute path."""
    path = os.path.abspath(file)
    lines = ["account default", "host 127.0.0.1", "port %d" % port,
             "tls off", "auth off", "from " + ME, "queue on",
             "spool " + os.path.abspath(spool)]
    lines += ["%s %s" % kv for kv in more.items()]
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")
    return path


def message(name, size=3000):
    """(octets, what its content has to end with)"""
    body = "".join("%d of %s\r\n" % (i, name) for i in range(size // 20))
    head = "Message-ID: <%s>\r\nFrom: %s\r\nSubject: %s\r\n\r\n" % (
        name, ME, name)
    return (head + body).encode(), body.encode()


def run(words, stdin=b"", environment=None, timeout=60):
    done = subprocess.run([QSENDMAIL] + list(words), input=stdin,
                          env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=timeout)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def send(config, name, *recipients, letters=(), environment=None):
    return run(["-C", config, *letters, *recipients], message(name)[0],
               environment)


def fresh(spool):
    if os.path.exists(spool):
        shutil.rmtree(spool)
    return spool


class Entry:
    """What an entry says; damaged when it is not as the format says."""

    def __init__(self, path):
        self.path, self.recipients, self.journal = path, [], []
        self.is_bounce = False
        self.name, self.content, self.damaged = "", b"", True
        with open(path, "rb") as f:
            data = f.read()
        head = re.match(rb"qsendmail-queue 1 (\d+) (\d+) (\d+) *\n", data)
        if not head or len(head[0]) != 64:
            return
        at, length, size = map(int, head.groups())
        self.content = data[at:at + length]
        text = data[at + length:at + length + size]
        if len(text) != size or not text.endswith(b"\n"):
            return
        found = re.match(rb"(?mi)Message-ID: <(.*)>\r$",
                         self.content[:200]) or re.search(
            rb"(?mi)^Message-ID: <(.*)>\r$", self.content)
        self.name = found[1].decode() if found else ""
        self.is_bounce = "\nbounce yes\n" in text.decode()
        self.recipients = re.findall(r"(?m)^recipient (.*)$", text.decode())
        journal = data[at + length + size:]
        self.journal = journal[:journal.rfind(b"\n") + 1].decode(
            "utf-8", "replace").split("\n")[:-1]
        self.damaged = False

    def is_whole(self):
        return not self.damaged and self.name != "" and \
            self.content.endswith(message(self.name)[1])

    def __repr__(self):
        return "%s %s %s %s %s" % (self.path, self.name, self.recipients,
                                   self.journal, "whole" if self.is_whole()
                                   else "DAMAGED")


def entries(spool, part="queue"):
    found = []
    for directory, _, files in os.walk("%s/%s" % (spool, part)):
        for f in sorted(files):
            try:
                found.append(Entry(directory + "/" + f))
            except FileNotFoundError:
                pass        # gone meanwhile
    return found


def rest(spool):
    """What is left in tmp/."""
    try:
        return os.listdir(spool + "/tmp")
    except FileNotFoundError:
        return []


def until(condition, seconds=120):
    """Waits until condition() is true; its last value."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def is_locked(path):
    """1 when a process has the lock of a file."""
    try:
        with open(path, "rb") as f:
            fcntl.flock(f, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


class Runner:
    """A lasting runner, ready."""

    def __init__(self, config, spool, environment=None, words=("-q1m",)):
        self.process = subprocess.Popen(
            [QSENDMAIL, "-C", config, *words, "--foreground"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            env=environment)
        self.lock = spool + "/lock"
        until(lambda: self.process.poll() is not None or self.watches())

    def watches(self):
        try:
            with open(self.lock) as f:
                # Under valgrind its number is the same, too.
                return f.read().split()[1:] == [str(self.process.pid)] and \
                    is_locked(self.lock)
        except (FileNotFoundError, IndexError):
            return False

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Ends it as a service manager does; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)
