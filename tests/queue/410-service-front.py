#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Front ends that use the service: users without settings, or who may not
read the system's."""

import os
import socket
import sys

sys.path.insert(0, os.environ["srcdir"] + "/tests/lib")
import service  # noqa: E402
from service import Service, user_name  # noqa: E402
from tap import case, done, same, skip  # noqa: E402

CRON = (b"From: root (Cron Daemon)\nTo: alice\nSubject: Cron <alice@host> x\n"
        b"X-Cron-Env: <HOME=/>\n\nnothing to say: \xc3\xbc\n")
AS_CRON = ["--sendmail", "-FCronDaemon", "-i", "-B8BITMIME", "-oem", "alice"]
PLAIN = b"Subject: s\n\nhello\n"
DOWN = "the mail service is not running (systemctl start qsendmail.socket, " \
    "or qsendmail -bd)\n"
others = service.can_be_others()


def told(r):
    return r.returncode, r.stdout, r.stderr.decode()


# Nobody has settings, and the socket is there.
with Service("maildomain host.test\naliases %s/aliases\n" % os.getcwd()) as s:
    with open("aliases", "w") as f:
        f.write("root: ann@x.org, bob\n")
    closed = s.environment["QSENDMAIL_TEST_SYSCONFDIR"]
    s.environment["QSENDMAIL_TEST_SYSCONFDIR"] = "/nonexistent"
    me = user_name(os.getuid())
    same("cron's mail", told(s.sendmail(AS_CRON, CRON)), (0, b"", ""))
    m = s.mails()[0]
    same("... from and to whom", (m.uid, m.sender, m.recipients),
         (str(os.getuid()), me + "@host.test", ["alice@host.test"]))
    case("... its header is completed by the service",
         b"\r\nFrom: Cron Daemon <root@host.test>\r\n" in m.content and
         b"\r\nTo: alice@host.test\r\n" in m.content and
         b"\r\nDate: " in m.content and m.content.count(b"Date: ") == 1 and
         m.content.count(b"Message-ID: ") == 1 and
         b"host.test>\r\n" in m.content, m.content)
    case("... its text comes as it is", "say: \u00fc\r\n".encode() in
         m.content and b"charset=utf-8" in m.content, m.content)
    same("local names", told(s.sendmail(
        ["-i", "root", "root@localhost", "c@x.org"], PLAIN)), (0, b"", ""))
    m = s.mails()[0]
    same("... are those of the service's aliases", m.recipients,
         ["ann@x.org", "bob@host.test", "c@x.org"])
    case("From is the user", b"\r\nFrom: %s@host.test\r\n" % me.encode() in
         m.content, m.content)
    for name, words, sender, field in (
            ("-F", ["-F", "J. Doe"], me + "@host.test",
             '"J. Doe" <%s@host.test>' % me),
            ("-f", ["-f", "a@x.org"], "a@x.org", "a@x.org"),
            ("-f and -F", ["-f", "a@x.org", "-F", "Ann"], "a@x.org",
             "Ann <a@x.org>"),
            ("-f with a name alone", ["-f", "ann"], "ann@host.test",
             "ann@host.test"),
            ("--from", ["--from", "Ann <a@x.org>"], "a@x.org",
             "Ann <a@x.org>"),
            ("--from and -f", ["--from", "a@x.org", "-f", "b@x.org"],
             "b@x.org", "a@x.org"),
            ("-f <> and -F", ["-f", "<>", "-F", "Me"], "",
             "Me <%s@host.test>" % me)):
        r = s.sendmail(words + ["-i", "c@x.org"], PLAIN)
        m = s.mails()
        case(name + ": sender and From", told(r) == (0, b"", "") and
             m[0].sender == sender and b"\r\nFrom: %s\r\n" % field.encode()
             in m[0].content, told(r), m and (m[0].sender, m[0].content))
    r = s.sendmail(["-t", "-i"], b"To: root\nBcc: c@x.org\n" + PLAIN)
    m = s.mails()[0]
    same("-t", (told(r), m.recipients),
         ((0, b"", ""), ["ann@x.org", "bob@host.test", "c@x.org"]))
    case("... Bcc goes, a name that stands for several gets the domain",
         b"Bcc" not in m.content and b"\r\nTo: root@host.test\r\n" in
         m.content, m.content)
    r = s.sendmail(["-bs"], b"EHLO x\r\nMAIL FROM:<ann>\r\nRCPT TO:<root>\r\n"
                   b"DATA\r\nSubject: s\r\n\r\nx\r\n.\r\nQUIT\r\n")
    m = s.mails()
    case("-bs as well", r.returncode == 0 and len(m) == 1 and
         m[0].sender == "ann@host.test" and
         m[0].recipients == ["ann@x.org", "bob@host.test"], told(r))
    r = s.sendmail(["-bs"], b"EHLO x\r\nMAIL FROM:<a@x.org>\r\n"
                   b"RCPT TO:<root>\r\nDATA\r\nSubject: s\r\n\r\nx\r\n.\r\n"
                   b"QUIT\r\n")
    case("... its reply is the service's", b"\r\n250 " in r.stdout and
         len(s.mails()) == 1, told(r))
    r = s.sendmail(["--settings"], b"")
    case("--settings says so", b"# account service\n" in r.stdout and
         s.path.encode() in r.stdout, r.stdout)
    r = s.sendmail(["--check"], b"")
    same("--check", (r.returncode, r.stderr), (0, b""))

    # Whoever has settings goes their way.
    os.mkdir("home")
    with open("home/.qsendmailrc", "w") as f:
        f.write("host 127.0.0.1\nport 1\nfrom a@x.org\nqueue off\n")
    r = s.sendmail(["-i", "c@x.org"], PLAIN, home=os.getcwd() + "/home")
    case("the user's own settings come first", r.returncode == 75 and
         b"127.0.0.1 port 1: " in r.stderr and not s.mails(), told(r))
    for variable in ("QSENDMAIL_HOST", "SMTPSERVER"):
        s.environment[variable] = "127.0.0.1"
        s.environment["QSENDMAIL_PORT"] = "1"
        r = s.sendmail(["-i", "-f", "a@x.org", "c@x.org"], PLAIN,
                       keep=(variable,) + (("QSENDMAIL_PORT",) if variable !=
                                           "SMTPSERVER" else ()))
        case("... also in the environment: " + variable, r.returncode == 75
             and b"127.0.0.1 port " in r.stderr and not s.mails(), told(r))
        del s.environment[variable]
    r = s.sendmail(["-a", "x", "-i", "c@x.org"], PLAIN)
    case("... and -a", r.returncode == 78 and b"no account x" in r.stderr,
         told(r))

    # What the service says of a mail.
    s.environment["QSENDMAIL_TEST_SYSCONFDIR"] = closed
    if others:
        user = service.SOME_USER
        name = user_name(user)
        same("an ordinary user cannot read the password, and cron's mail "
             "is sent", told(s.sendmail(AS_CRON, CRON, user=user)),
             (0, b"", ""))
        m = s.mails()[0]
        same("... as that user's", (m.uid, m.sender, m.recipients),
             (str(user), name + "@host.test", ["alice@host.test"]))
        r = s.sendmail(["-i", "root"], PLAIN, user=54321)
        m = s.mails()
        case("... also one without a name", told(r) == (0, b"", "") and
             (m[0].uid, m[0].sender) == ("54321", "54321@host.test"),
             told(r))
    else:
        skip("an ordinary user", "not as root, or they cannot enter here")

if others:
    with Service("service_senders own\nuser_rate 1\n") as s:
        r = s.sendmail(["-i", "-f", "root", "c@x.org"], PLAIN, user=user)
        same("a sender who is somebody else", told(r)[0], 69)
        case("... is told by the service", "553 5.7.1 uid %d may not send as "
             "<root> (setting service_senders)" % user in told(r)[2],
             told(r))
        r = s.sendmail(["-i", "c@x.org"], PLAIN, user=user)
        same("one's own name", told(r), (0, b"", ""))
        r = s.sendmail(["-i", "c@x.org"], PLAIN, user=user)
        case("over the limit: later", r.returncode == 75 and
             b"452 4.7.1 too many mails of yours within an hour" in r.stderr,
             told(r))

# The service is down.
s = Service()
if others:
    r = s.sendmail(["-i", "root"], PLAIN, user=service.SOME_USER)
    same("no service: try again, and what to start", told(r),
         (75, b"", "qsendmail: %s: %s" % (s.path, DOWN)))
else:
    skip("no service", "not as root, or they cannot enter here")
s.environment["QSENDMAIL_TEST_SYSCONFDIR"] = "/nonexistent"
r = s.sendmail(["-i", "root"], PLAIN)
case("without settings and without a service there is no account",
     r.returncode == 78 and b"no account is configured" in r.stderr, told(r))
os.mkdir(s.place + "/run")
door = socket.socket(socket.AF_UNIX)
door.bind(s.path)
r = s.sendmail(["-i", "root"], PLAIN)
same("a socket of a service that died", told(r),
     (75, b"", "qsendmail: %s: %s" % (s.path, DOWN)))
door.listen(0)
waiting = []
while True:
    sock = socket.socket(socket.AF_UNIX)
    sock.setblocking(False)
    try:
        sock.connect(s.path)
    except BlockingIOError:
        break
    waiting.append(sock)
r = s.sendmail(["--timeout", "5", "-i", "root"], PLAIN)
case("a service that takes no more connections: try again",
     r.returncode == 75 and told(r)[2].startswith(
         "qsendmail: %s: " % s.path), told(r))
for sock in waiting:
    sock.close()
door.close()
os.unlink(s.path)
door = socket.socket(socket.AF_UNIX)
door.bind(s.path)
door.listen()
r = s.sendmail(["--timeout", "1", "-i", "root"], PLAIN)
case("one that does not greet: try again", r.returncode == 75 and
     told(r)[2].startswith("qsendmail: %s: " % s.path), told(r))
done()
