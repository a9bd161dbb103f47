#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail that goes into a Maildir: what Python's own reader finds there, what
is said, and that a mail is either whole and in its place or not there, with
errors and deaths at every system call that matters."""
import glob
import mailbox
import os
import re
import shutil
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import MAIL
from frames import PROGRAM, Relay
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from tap import case, done, same, skip

QSENDMAIL = os.environ["QSENDMAIL"]
HERE = os.getcwd()
ENV = dict(os.environ, QSENDMAIL_TEST_SYSCONFDIR=HERE + "/none")


def relay(path, **more):
    return Relay(dict({"maildir": path}, **more))


def files(path, folder="new"):
    return sorted(glob.glob("%s/%s/*" % (path, folder)))


def read(path):
    with open(path, "rb") as f:
        return f.read()


def front(*arguments, message=b"Subject: x\n\nhello\n", env=None, **more):
    return subprocess.run([QSENDMAIL] + list(arguments), input=message,
                          capture_output=True, env=dict(ENV, **(env or {})),
                          **more)


def fresh(name):
    shutil.rmtree(name, ignore_errors=True)
    return os.path.join(HERE, name)


# One mail, as the relay is told it.
path = fresh("m1")
with Relay({"maildir": path}, verbose=1) as r:
    result = r.mail("s@x", ["a@x", '"b c"@y'], MAIL)
    same("every recipient has it", [result.outcome(n) for n in (0, 1)],
         ["maildir 2xx 0"] * 2)
    same("the reports are those of a server's mail",
         [e for e in result.events if e != "step"], ["dot", "rcpt", "rcpt",
                                                     "end"])
    same("steps", [s[0] for s in result.steps],
         ["maildir", "mail from", "rcpt to", "rcpt to", "mail"])
    same("the last step is where it is", result.steps[-1][2],
         files(path)[0])
    r.mail("", ["a@x"], MAIL)
same("the relay ends well", r.status, 0)
same("two mails, two files", len(files(path)), 2)
case("nothing is left in tmp", not files(path, "tmp"), files(path, "tmp"))
same("for the user alone", [stat.S_IMODE(os.stat(p).st_mode) for p in (
    path, path + "/tmp", path + "/new", path + "/cur", files(path)[0])],
    [0o700] * 4 + [0o600])
case("the names are a Maildir's", all(re.fullmatch(
    r"\d+\.M\d+P\d+Q[12]R[0-9a-f]{16}\.[^/:]+", os.path.basename(p))
    for p in files(path)), files(path))
want = (b"Return-Path: <s@x>\nX-Envelope-To: <a@x>\n"
        b'X-Envelope-To: <"b c"@y>\n' + MAIL.replace(b"\r\n", b"\n"))
case("envelope, then the mail with LF line ends, dots as they were",
     want in [read(p) for p in files(path)], [read(p) for p in files(path)])
box = mailbox.Maildir(path, create=False)
mails = sorted(box, key=lambda m: m["Return-Path"])
same("Python reads them", [(m["Return-Path"], m.get_all("X-Envelope-To"),
                            m["Subject"]) for m in mails],
     [("<>", ["<a@x>"], "hi"), ("<s@x>", ["<a@x>", '<"b c"@y>'], "hi")])
same("... as new mail", [m.get_subdir() for m in mails], ["new"] * 2)

# Names of hosts that are no names of files.
path = fresh("m2")
with Relay({"maildir": path}, environment={
        "QSENDMAIL_TEST_HOSTNAME": "a/b:c"}) as r:
    r.mail("s@x", ["a@x"], MAIL)
same("slash and colon of a host's name",
     [os.path.basename(p).split(".", 2)[2] for p in files(path)],
     ["a\\057b\\072c"])

# Octets: line ends at the ends of what is read at once, no line end at all.
HEAD = b"Subject: x\r\n\r\n"
path = fresh("m3")
with relay(path) as r:
    for body in [b"x" * (65536 - len(HEAD) - n) + b"\r\ny\r\n"
                 for n in range(4)] + \
                [b"a\r\r\nb\rc\r\n", b"no end", b"", b"\r\n" * 70000,
                 b"\r", b"x" * (65535 - len(HEAD)) + b"\rz\r\n"]:
        shutil.rmtree(path, ignore_errors=True)
        r.mail("s@x", ["a@x"], HEAD + body)
        got = read(files(path)[0]).split(b"X-Envelope-To: <a@x>\n", 1)[1]
        plain = (HEAD + body).replace(b"\r\n", b"\n")
        if not plain.endswith(b"\n"):
            plain += b"\n"
        case("%d octets, %r" % (len(body), body[-8:]), got == plain,
             got[-40:])
path = fresh("m4")
with relay(path) as r:
    result = r.mail("s@x", ["a@x"], HEAD + b"\xc3\xa4\r\n", (1, 0, 0))
    case("8-bit text stays", b"\n\xc3\xa4\n" in read(files(path)[0]))
    shutil.rmtree(path)
    result = r.mail("s@x", ["ä@bücher.example", "b@bücher.example"],
                    MAIL)
    case("addresses are as a server would get them",
         "X-Envelope-To: <ä@bücher.example>\nX-Envelope-To: "
         "<b@xn--bcher-kva.example>\n".encode() in read(files(path)[0]),
         read(files(path)[0]))
    shutil.rmtree(path)
    result = r.mail("s@x", ["a\udcff@x", "b@x"], MAIL)
    same("an address that is none, and one that is",
         [result.outcome(0), result.outcome(1)],
         ["address not-offered 0", "maildir 2xx 0"])
    case("... only that one is in the envelope", b"To: <b@x>\n" in
         read(files(path)[0]) and b"\xff" not in read(files(path)[0]))
    shutil.rmtree(path)
    result = r.mail("s@x", ["a@x"], MAIL, length=len(MAIL) + 1)
    same("a mail shorter than announced", result.outcome(), "local any 0")
    case("... leaves nothing", not files(path) and not files(path, "tmp"))
    case("... and was not announced", "dot" not in result.events)

# What cannot be written. (Root may write anywhere, so no modes here.)
open("file", "w").close()
os.makedirs("half/new")
open("half/tmp", "w").close()
for name, path, text in (
        ("the directory above is missing", "no/where",
         "no/where: No such file or directory"),
        ("a file in its place", "file", "file/tmp: Not a directory"),
        ("a file above it", "file/m", "file/m: Not a directory"),
        ("a file for tmp", "half", "half/tmp: Not a directory")):
    with relay(path) as r:
        result = r.mail("s@x", ["a@x"], MAIL)
    same(name, result.fault, ("maildir", "any", 0, 73, text))
    same("... nothing is said of recipients", result.rcpt, {})
    case("... the relay goes on", result.ended and r.status == 0)
same("... nothing is left", files("half"), [])
with relay("half") as r:
    result = r.mail("s@x", ["a\udcff@x", "b@x"], MAIL)
same("with a recipient decided before, the others are told by theirs",
     (result.fault, result.outcome(1)), (None, "maildir any 0"))


path = fresh("m5")
with open("limited", "w") as f:
    f.write("#!/bin/sh\nulimit -f 100\nexec %s\n" % PROGRAM)
os.chmod("limited", 0o755)
for lines, status, new in ((10, 0, 1), (100000, 75, 1)):
    p = front("--maildir", path, "a@x", "b@x", message=b"\n" * lines +
              b"y\n" * lines, env={"QSENDMAIL_RELAY": HERE + "/limited"})
    case("a limit on the size of files, %d lines: %d" % (lines, status),
         p.returncode == status and (p.stderr == b"" if status == 0 else
         b"/tmp: File too large" in p.stderr and
         b"was not kept" in p.stderr), p.stderr)
    same("... no half mail", (len(files(path)), files(path, "tmp")),
         (new, []))

# The command.
path = fresh("m6")
p = front("a@x.org", "root", env={"QSENDMAIL_MAILDIR": path})
same("one variable is enough", (p.returncode, p.stdout, p.stderr),
     (0, b"", b""))
m = mailbox.Maildir(path).popitem()[1]
case("the sender is the user", re.fullmatch("<[a-z0-9_-]+@localhost>",
                                            m["Return-Path"], re.I),
     m["Return-Path"])
same("a bare name is not sent away", m.get_all("X-Envelope-To"),
     ["<a@x.org>", m["Return-Path"]])
p = front("-f", "me@x.org", "-t", message=b"To: a@x.org\nBcc: b@x.org\n\nt\n",
          env={"QSENDMAIL_MAILDIR": path})
m = mailbox.Maildir(path).popitem()[1]
same("-f, -t and Bcc as ever", (m["Return-Path"], m.get_all("X-Envelope-To"),
                                m["Bcc"], m["From"]),
     ("<me@x.org>", ["<a@x.org>", "<b@x.org>"], None, "me@x.org"))
with open("rc", "w") as f:
    f.write("account real\nhost 127.0.0.1\nport 1\nfrom me@x.org\n"
            "account default\nfrom me@qq.com\nmaildir %s\nlogfile %s/log\n"
            "account fenced : qq\nfrom me@qq.com\nmaildir %s\n"
            % (path, HERE, path))
os.makedirs(".config/qsendmail")
shutil.copy("rc", ".config/qsendmail/config")
p = front("-f", "me@x.org", "a@x", env={"QSENDMAIL_MAILDIR": path})
same("it catches the mail of every account", p.returncode, 0)
same("... but for one that is named", front(
    "-a", "real", "a@x", env={"QSENDMAIL_MAILDIR": path}).returncode, 75)
same("... or in a file that is", front(
    "-C", "rc", "-f", "me@x.org", "a@x",
    env={"QSENDMAIL_MAILDIR": path}).returncode, 75)
mailbox.Maildir(path).clear()
p = front("a@x")
same("as a setting of an account, without host, provider, login",
     (p.returncode, p.stderr), (0, b""))
m = mailbox.Maildir(path).popitem()[1]
same("... nothing of a provider is taken", m["Return-Path"], "<me@qq.com>")
log = read("log").decode()
case("the log line", re.search(
    r" host=maildir tls=off auth=off from=me@qq\.com recipients=a@x "
    r"mailsize=\d+ smtpmsg='%s/new/\S+' exitcode=EX_OK\n" % path, log), log)
p = front("-a", "fenced", "-f", "other@x.org", "a@x",
          message=b"From: Other <other@x.org>\n\nt\n")
m = mailbox.Maildir(path).popitem()[1]
same("the sender rule of a provider holds", (m["Return-Path"], m["From"],
                                             m["Reply-To"]),
     ("<me@qq.com>", "Other <me@qq.com>", "Other <other@x.org>"))
p = front("--dry-run", "a@x", env={"QSENDMAIL_MAILDIR": path})
same("a dry run puts nothing there", (p.returncode, files(path)), (0, []))
p = front("-v", "a@x")
case("-v shows where it is", p.stdout.decode().splitlines()[-1] ==
     "mail: " + files(path)[0], p.stdout)
p = front("--maildir", "no/where", "a@x", "b@x")
same("a Maildir that cannot be made: one line",
     (p.returncode, p.stderr.decode()), (73, "qsendmail: maildir no/where: "
     "the mail could not be put into the Maildir: no/where: "
     "No such file or directory\n"))

# --check makes nothing.
p = front("--check", "--maildir", path)
case("--check says what it is", p.returncode == 0 and b"none to a server" in
     p.stdout and b"it is there" in p.stdout and not p.stderr, p.stdout)
same("... and leaves nothing", (len(files(path)), files(path, "tmp")),
     (1, []))
p = front("--check", "--maildir", HERE + "/later")
case("--check of one that is still to be made", p.returncode == 0 and
     b"not there yet" in p.stdout, p.stdout)
case("... does not make it", not os.path.exists("later"))
os.mkdir("empty")
p = front("--check", "--maildir", HERE + "/empty")
case("--check of a directory that is to become one", p.returncode == 0 and
     b"not there yet" in p.stdout and not os.listdir("empty"), p.stdout)
same("... the first mail does it", (front(
    "--maildir", "empty", "a@x").returncode, sorted(os.listdir("empty"))),
    (0, ["cur", "new", "tmp"]))
for bad in ("no/where", "file", "half"):
    p = front("--check", "--maildir", bad)
    case("--check of %s" % bad, p.returncode == 73 and
         b"maildir    failed" in p.stdout and p.stderr.count(b"\n") == 1,
         p.stdout, p.stderr)

# Several at the same time.
path = fresh("m7")
many = [subprocess.Popen([QSENDMAIL, "--maildir", path, "a@x"], env=ENV,
                         stdin=subprocess.PIPE) for _ in range(16)]
for p in many:
    p.communicate(b"Subject: x\n\nt\n")
same("sixteen at once", (sum(p.returncode for p in many), len(files(path))),
     (0, 16))


# Errors and deaths, by strace.
def traced(name, *injections):
    """A relay that gets these errors; the result of sending by it."""
    with open("traced", "w") as f:
        f.write("#!/bin/sh\nexec strace -f -o /dev/null %s %s\n" % (
            " ".join("-e inject=" + i for i in injections), PROGRAM))
    os.chmod("traced", 0o755)
    # LeakSanitizer cannot work under another tracer, and a log file of
    # sanitizers would have system calls of its own: they complain on
    # standard error.
    return front("--maildir", name, "a@x", "b@x", env={
        "QSENDMAIL_RELAY": HERE + "/traced", "UBSAN_OPTIONS": "",
        "ASAN_OPTIONS": "detect_leaks=0:exitcode=99"})


RENAME = "?rename,?renameat,?renameat2"
MKDIR = "?mkdir,?mkdirat"
LINE = b"the mail could not be put into the Maildir: "
UNSURE = b"sending it again may "
# name, injections, is the Maildir there, status, text, in new, in tmp
ERRORS = (
    ("nothing", (), 1, 0, b"", 1, 0),
    ("no space for the mail", ("pwrite64:error=ENOSPC",), 1, 75,
     LINE + b"/M/tmp: No space left on device", 0, 0),
    ("an error of the disk", ("pwrite64:error=EIO",), 1, 75,
     LINE + b"/M/tmp: Input/output error", 0, 0),
    ("the mail cannot be synced", ("fsync:error=EIO:when=1",), 1, 75,
     LINE + b"/M/tmp: Input/output error", 0, 0),
    ("no quota is left", ("fsync:error=EDQUOT:when=1",), 1, 75, LINE, 0, 0),
    ("it cannot be renamed", (RENAME + ":error=EACCES",), 1, 73,
     LINE + b"/M/new: Permission denied", 0, 0),
    ("no space for its name", (RENAME + ":error=ENOSPC",), 1, 75,
     LINE + b"/M/new: No space left on device", 0, 0),
    ("new cannot be synced", ("fsync:error=EIO:when=2",), 1, 75,
     LINE + b"/M/new: Input/output error", 0, 0),
    ("... and the mail cannot be taken back",
     ("fsync:error=EIO:when=2", "?unlink,?unlinkat:error=EIO"), 1, 75,
     UNSURE, 1, 0),
    ("a file system that cannot sync directories",
     ("fsync:error=EINVAL:when=2",), 1, 0, b"", 1, 0),
    ("the Maildir cannot be made", (MKDIR + ":error=EACCES:when=1",), 0, 73,
     LINE + b"/M: Permission denied", 0, 0),
    ("new cannot be made", (MKDIR + ":error=ENOSPC:when=3",), 0, 75,
     LINE + b"/M/new: No space left on device", 0, 0),
    ("what was made cannot be synced", ("fsync:error=EIO:when=1",), 0, 75,
     LINE + b"/M: Input/output error", 0, 0),
    ("death before the mail is written", ("pwrite64:signal=KILL",), 1, 75,
     b"before the mail was whole", 0, 1),
    ("death before it is synced", ("fsync:signal=KILL:when=1",), 1, 75,
     b"before the mail was whole", 0, 1),
    ("death before the rename", (RENAME + ":signal=KILL",), 1, 75, UNSURE,
     0, 1),
    ("death after the rename", ("fsync:signal=KILL:when=2",), 1, 75, UNSURE,
     1, 0),
)

can_trace = shutil.which("strace") and subprocess.run(
    ["strace", "-f", "-o", "/dev/null", "-e", "inject=fsync:error=EIO",
     "true"], capture_output=True).returncode == 0
for name, injections, exists, status, text, new, tmp in ERRORS:
    if not can_trace:
        skip(name, "strace is not here, or may not trace")
        continue
    path = fresh("M")
    if exists:
        for folder in ("tmp", "new", "cur"):
            os.makedirs(path + "/" + folder)
    p = traced(path, *injections)
    text = text.replace(b"/M", path.encode())
    case("%s: %d" % (name, status), p.returncode == status and
         text in p.stderr and bool(p.stderr) == bool(status) and
         b"runtime error" not in p.stderr,
         p.returncode, p.stderr)
    same("... what is there", (len(files(path)), len(files(path, "tmp"))),
         (new, tmp))
    case("... is whole", not new or read(files(path)[0]).endswith(
        b"\n\nhello\n"))
done()
