# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that we are compared with, each as far as it is here.

They are looked for in the trees that "quickstart bench" unpacks
($POSTFIX_TREE, $CALLERS_TREE, $PEERS_TREE), then in PATH and /usr/sbin. None
is installed or configured: each gets settings of its own in the working
directory. Two of them have the places of theirs written in the program; a
copy has others there."""
import os
import pwd
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "lib"))
import submission

from measure import Command

FROM, TO = "me@example.org", "to@example.net"
TREES = [os.environ[name].rstrip("/") for name in (
    "POSTFIX_TREE", "CALLERS_TREE", "PEERS_TREE") if os.environ.get(name)]


def find(name):
    """The program (None: not here) and what its environment needs."""
    machine = os.uname().machine + "-linux-gnu"
    for tree in TREES:
        for folder in ("/usr/bin/", "/usr/sbin/"):
            path = tree + folder + name
            if os.access(path, os.X_OK):
                return path, {"LD_LIBRARY_PATH": ":".join(
                    [tree + top + machine for top in ("/usr/lib/", "/lib/")] +
                    [tree + "/usr/lib/postfix"])}
    return shutil.which(name, path="%s:/usr/sbin" % os.environ["PATH"]), {}


def put(name, text):
    with open(name, "w") as f:
        f.write(text)
    os.chmod(name, 0o600)
    return os.path.abspath(name)


def copy_with(path, changes):
    """A copy of a program in which strings are replaced by shorter ones."""
    with open(path, "rb") as f:
        octets = f.read()
    for old, new in changes:
        assert len(new) <= len(old) and old + b"\0" in octets, old
        octets = octets.replace(old + b"\0", new.ljust(len(old) + 1, b"\0"))
    copy = os.path.abspath(os.path.basename(path))
    with open(copy, "wb") as f:
        f.write(octets)
    os.chmod(copy, 0o755)
    return copy


class Peers:
    """Makes commands. Each maker returns None where its program is not."""

    def __init__(self, sink, ca):
        self.sink, self.ca, self.notes = sink, ca, {}
        self.program = {}
        for name in ("msmtp", "s-nail", "mutt", "curl", "smtp-source", "dma",
                     "nullmailer-inject", "nullmailer-queue", "postdrop"):
            self.program[name] = find(name)
            if not self.program[name][0]:
                self.notes[name] = "is not on this machine"
        self.settings()

    def has(self, name):
        return name not in self.notes

    def settings(self):
        common = "host 127.0.0.1\nfrom %s\n" % FROM
        tls = ("port %d\ntls on\ntls_starttls off\ntls_trust_file %s\n"
               "auth login\nuser %s\npassword secret\n" % (
                   self.sink.tls_port, self.ca, FROM))
        text = "account default\n%sport %d\n" % (common, self.sink.port)
        self.msmtprc = put("msmtprc", text + "account tls\n" + common + tls)
        self.muttrc = put("muttrc", (
            'set smtp_url="smtp://127.0.0.1:%d"\nset from="%s"\n'
            "set use_from=yes\nset copy=no\nset ssl_starttls=no\n"
            "set ssl_force_tls=no\nset sendmail=/nonexistent\n" % (
                self.sink.port, FROM)))

    def make(self, name, arguments, stdin, env=None):
        path, libraries = self.program[name]
        if not self.has(name):
            return None
        return Command(name, [path] + arguments, stdin,
                       dict(libraries, **(env or {})))

    def msmtp(self, mail, account="default"):
        return self.make("msmtp", ["-C", self.msmtprc, "-a", account, TO],
                         mail)

    def curl(self, mails, account="default"):
        """mails: a path, or several as in curl's [1-9]."""
        where = ["--url", "smtp://127.0.0.1:%d" % self.sink.port]
        if account == "tls":
            where = ["--url", "smtps://127.0.0.1:%d" % self.sink.tls_port,
                     "--cacert", self.ca, "--user", FROM + ":secret",
                     "--login-options", "AUTH=LOGIN"]
        return self.make("curl", ["-q", "-s", "-S", "--mail-from", FROM,
                                  "--mail-rcpt", TO] + where +
                         ["-T", mails], os.devnull)

    def s_nail(self, text, attachment):
        return self.make("s-nail", [
            "-:", "/", "-S", "v15-compat", "-S",
            "mta=smtp://127.0.0.1:%d" % self.sink.port, "-S",
            "smtp-auth=none", "-S", "from=" + FROM, "-s", "networks"] +
            (["-a", attachment] if attachment else []) + [TO], text,
            {"HOME": os.getcwd()})

    def mutt(self, text, attachment):
        return self.make("mutt", ["-n", "-F", self.muttrc, "-s", "networks"] +
                         (["-a", attachment] if attachment else []) +
                         ["--", TO], text, {"HOME": os.getcwd()})

    def smtp_source(self, mails, sessions, octets):
        return self.make("smtp-source", [
            "-d", "-s", str(sessions), "-m", str(mails), "-l", str(octets),
            "-f", FROM, "-t", TO, "127.0.0.1:%d" % self.sink.port],
            os.devnull)

    def dma(self, mail):
        """Into its queue, and no further. Root's calls run as user mail."""
        if not self.has("dma"):
            return None
        if not os.path.exists("dma.d"):
            os.makedirs("dma.d/spool")
            self.dma_copy = copy_with(self.program["dma"][0], [
                (b"/etc/dma/dma.conf", b"dma.d/dma.conf"),
                (b"/etc/aliases", b"dma.d/none")])
            put("dma.d/dma.conf", (
                "SMARTHOST 127.0.0.1\nPORT %d\nDEFER\nSPOOLDIR %s\n"
                "MAILNAME bench.example.org\n" % (
                    self.sink.port, os.path.abspath("dma.d/spool"))))
            os.chmod("dma.d/dma.conf", 0o644)
            put("dma.d/spool/flush", "")
            if os.geteuid() == 0:
                mail_user = pwd.getpwnam("mail")
                for path in ("dma.d/spool", "dma.d/spool/flush"):
                    os.chown(path, mail_user.pw_uid, mail_user.pw_gid)
        return Command("dma", [self.dma_copy, "-f", FROM, TO], mail,
                       self.program["dma"][1])

    def nullmailer(self, mail):
        """Into its queue, by its nullmailer-inject."""
        if not self.has("nullmailer-inject") or \
                not self.has("nullmailer-queue"):
            return None
        if not os.path.exists("nm"):
            for name in ("queue", "tmp", "etc"):
                os.makedirs("nm/" + name)
            put("nm/etc/me", "bench.example.org\n")
            put("nm/etc/defaultdomain", "example.org\n")
            for name in ("nullmailer-inject", "nullmailer-queue"):
                copy_with(self.program[name][0], [
                    (b"/var/spool/nullmailer", b"nm"),
                    (b"/etc/nullmailer", b"nm/etc")])
        return Command(
            "nullmailer-inject", [os.path.abspath("nullmailer-inject"), "-f",
                                  FROM, TO], mail,
            dict(self.program["nullmailer-inject"][1],
                 NULLMAILER_QUEUE=os.path.abspath("nullmailer-queue")))

    def postfix_sendmail(self, mail):
        """Into Postfix's maildrop, as its sendmail does it for every caller;
        no server of Postfix runs."""
        if not self.has("postdrop"):
            return None
        path = os.path.dirname(self.program["postdrop"][0])
        submission.TREE = path[:-len("/usr/sbin")]
        if os.geteuid():
            self.notes["postdrop"] = "has to be called by root here"
            return None
        if not os.path.exists("postfix"):
            server = submission.Server("postfix", self.ca, FROM, "secret",
                                       self.sink.port)
            # Raised rights would make it forget where its libraries are.
            os.mkdir("postfix/bin")
            shutil.copyfile(path + "/postdrop", "postfix/bin/postdrop")
            os.chmod("postfix/bin/postdrop", 0o755)
            server.write("conf/main.cf", submission.MAIN.format(
                **server.facts).replace(
                    "command_directory = %s/usr/sbin" % submission.TREE,
                    "command_directory = " + os.path.abspath("postfix/bin"))
                + "export_environment = MAIL_CONFIG LD_LIBRARY_PATH=" +
                server.facts["libraries"] + "\n")
            server.write("conf/master.cf", "")
            self.postfix = server.environment
        return Command("Postfix sendmail", [path + "/sendmail", "-f", FROM,
                                            TO], mail, self.postfix)

    def versions(self):
        """Name and version of each that is here."""
        found = []
        for name, option in (("msmtp", "--version"), ("s-nail", "-:/ -V"),
                             ("mutt", "-v"), ("curl", "--version")):
            path, libraries = self.program[name]
            if not path:
                continue
            p = subprocess.run([path] + option.split(), text=True,
                               env=dict(os.environ, **libraries),
                               stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
            first = (p.stdout.splitlines() or [name])[0]
            found.append(" ".join(first.split()[:3]))
        return found
