# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the queue share: settings, commands, a look into a spool."""

import os
import subprocess
import time

QSENDMAIL = os.environ["QSENDMAIL"].split()
HERE = os.getcwd()
SPOOL = HERE + "/spool"
TIMEOUT = 600


def settings(port, *lines, name="rc"):
    """A settings file for a server at that port: its path."""
    path = os.path.join(HERE, name)
    with open(path, "w") as f:
        f.write("account default\nhost 127.0.0.1\nport %d\n"
                "from me@example.org\nqueue on\nspool %s\n"
                "queue_log %s/queue.log\n" % (port, SPOOL, HERE) +
                "".join(line + "\n" for line in lines))
    return path


def run(*arguments, text="Subject: x\n\nhello\n", rc="rc", env=None):
    """qsendmail with the settings: status, standard output and error."""
    p = subprocess.run(QSENDMAIL + ["-C", os.path.join(HERE, rc)] +
                       list(arguments), input=text, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=TIMEOUT, env=dict(os.environ, **(env or {})))
    return p.returncode, p.stdout, p.stderr


def entries(folder="queue"):
    """Paths of the entries."""
    found = []
    for path, _, names in os.walk(os.path.join(SPOOL, folder)):
        found += [os.path.join(path, name) for name in names]
    return sorted(found)


def text_of(path):
    """Content, text and journal of an entry: a dictionary of the keys, with
    the values of each in order, and the content at ""."""
    with open(path, "rb") as f:
        data = f.read()
    head = data[:64].split()
    assert head[:2] == [b"qsendmail-queue", b"1"], head
    offset, length = int(head[2]), int(head[3])
    keys = {"": data[offset:offset + length]}
    for line in data[offset + length:].decode().splitlines():
        key, _, value = line.partition(" ")
        keys.setdefault(key, []).append(value)
    return keys


def until(condition, timeout=120):
    """Waits until condition() is true; its last value."""
    end = time.monotonic() + timeout
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


class Runner:
    """A service in the foreground: with Runner("-q1h") as r: ..."""

    def __init__(self, *arguments, rc="rc", env=None, ready=True):
        self.process = subprocess.Popen(
            QSENDMAIL + ["-C", os.path.join(HERE, rc), "--foreground"] +
            list(arguments), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=dict(os.environ, **(env or {})))
        if ready:
            until(lambda: self.process.poll() is not None or is_watched())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends it; its exit status and what it said."""
        if self.process.stdout.closed:
            return self.process.returncode, ""
        if self.process.poll() is None:
            self.process.terminate()
        said = self.process.communicate(timeout=TIMEOUT)[0].decode()
        return self.process.returncode, said

    def kill(self):
        """SIGKILL; its workers, which have its output too, may live on."""
        self.process.kill()
        self.process.wait(TIMEOUT)
        self.process.stdout.close()


def is_watched():
    """1 when a runner has the lock."""
    import fcntl
    try:
        with open(SPOOL + "/lock") as f:
            try:
                fcntl.flock(f, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return os.path.getsize(SPOOL + "/lock") > 0
    except OSError:
        pass
    return False
