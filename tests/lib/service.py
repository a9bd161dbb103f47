# SPDX-License-Identifier: GPL-3.0-or-later
"""A service for a host, without a runner (tests/queue/listener_tool).

    with Service(SETTINGS) as s:        # its files are in the directory s.place
        c = s.client()                  # smtplib.SMTP over its socket
        c.sendmail(...)
        s.mails()                       # what is in its spool: [Entry]
    s.status, s.errors                  # exit status, standard error
    s.sendmail(["-i", "root"], MAIL, user=65534)    # a front end
"""
import glob
import os
import pwd
import signal
import smtplib
import socket
import subprocess
import tempfile
import time

ENDED = 300     # seconds; a test of the runner has its own limit
BUILD = os.environ["builddir"]
VALGRIND = os.environ.get("VALGRIND", "") not in ("", "0")
SOME_USER = 65534
SETTINGS = """\
defaults
host smtp.example.org
from box@example.org
user box@example.org
password secret
"""


def eventually(fact):
    """Polls until fact() says something; what it says."""
    end = time.monotonic() + ENDED
    while True:
        said = fact()
        if said or time.monotonic() > end:
            return said
        time.sleep(.01)


def can_be_others():
    """1 when other users may enter here, as they do where root builds."""
    if os.getuid() != 0:
        return False
    try:
        return subprocess.run(
            [BUILD + "/qsendmail", "--version"], user=SOME_USER,
            group=SOME_USER, extra_groups=[], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


class Entry:
    """One file of the queue."""

    def __init__(self, path):
        with open(path, "rb") as f:
            octets = f.read()
        offset, length = [int(x) for x in octets[:64].split()[2:4]]
        self.content = octets[offset:offset + length]
        lines = octets[offset + length:].rstrip(b"\0").decode().splitlines()
        self.lines = [tuple(line.partition(" ")[::2]) for line in lines]
        self.uid = self.get("uid")[0] if self.get("uid") else "-1"
        self.sender = self.get("sender")[0] if self.get("sender") else ""
        self.recipients = self.get("recipient")

    def get(self, key):
        return [value for name, value in self.lines if name == key]


class Client(smtplib.SMTP):
    """Over a socket that is connected already; the greeting is c.greeting."""

    def __init__(self, sock):
        self.connected = sock
        super().__init__(local_hostname="client.example")
        self.greeting = self.connect("service", 1)

    def _get_socket(self, host, port, timeout):
        self.connected.settimeout(ENDED)
        return self.connected


class Service:
    def __init__(self, settings="", arguments=(), environment=None,
                 words=(), path=None):
        self.place = tempfile.mkdtemp(dir=os.getcwd())
        os.chmod(self.place, 0o755)
        self.path = path or self.place + "/run/submit.sock"
        self.words, self.arguments = list(words), list(arguments)
        self.status = self.errors = None
        os.mkdir(self.place + "/etc")
        self.write("etc/qsendmailrc", SETTINGS + "spool %s/spool\nqueue_log "
                   "%s/log\n%saccount default\n"
                   % (self.place, self.place, settings), 0o600)
        self.environment = dict(
            os.environ, QSENDMAIL_TEST_SYSCONFDIR=self.place + "/etc",
            QSENDMAIL_TEST_SOCKET=self.path,
            QSENDMAIL_TEST_HOSTNAME="host.example", **(environment or {}))

    def write(self, name, text, mode=0o644):
        path = self.place + "/" + name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                          mode), "w") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def start(self, **popen):
        """Waits until it is ready or has ended; 1 when it is ready."""
        command = [BUILD + "/tests/queue/listener_tool"] + self.arguments
        if VALGRIND:
            command = ["valgrind", "-q", "--error-exitcode=99",
                       "--leak-check=full", "--log-file=%s/%%p" %
                       os.environ["TEST_VALGRIND"]] + command
        # A file: sessions that live on hold it as well.
        with open(self.place + "/errors", "wb") as errors:
            self.process = subprocess.Popen(
                self.words + command, stdout=subprocess.PIPE, stderr=errors,
                env=self.environment, **popen)
        return self.process.stdout.readline() == b"ready\n"

    def wait(self):
        self.status = self.process.wait(ENDED)
        self.process.stdout.close()
        with open(self.place + "/errors") as f:
            self.errors = f.read()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.wait()

    def __enter__(self):
        if not self.start():
            self.wait()
            raise RuntimeError("no service: %s" % self.errors)
        return self

    def __exit__(self, *error):
        if self.status is None:
            self.stop()

    def connect(self):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(ENDED)
        sock.connect(self.path)
        return sock

    def client(self):
        return Client(self.connect())

    def mails(self):
        """In the order of their coming; they go."""
        paths = sorted(glob.glob(self.place + "/spool/queue/*/*"),
                       key=lambda p: os.stat(p).st_ctime_ns)
        mails = [Entry(path) for path in paths]
        for path in paths:
            os.unlink(path)
        return mails

    def sendmail(self, arguments, message, user=None, home=None, keep=()):
        """A front end of a user who has nothing but this host."""
        command, more = [os.environ["QSENDMAIL"]], {}
        if user is not None:
            # What watches us in valgrind cannot write as somebody else.
            command = [BUILD + "/qsendmail"]
            more = dict(user=user, group=user, extra_groups=[])
        keep = ("QSENDMAIL_TEST_", "ASAN_", "UBSAN_", "TEST_",
                "PATH") + tuple(keep)
        return subprocess.run(
            command + list(arguments), input=message, capture_output=True,
            timeout=ENDED, cwd="/", env=dict(
                {k: v for k, v in self.environment.items()
                 if k.startswith(keep)}, HOME=home or "/nonexistent"),
            **more)


def user_name(uid):
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
