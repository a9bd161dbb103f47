#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""SMTP on standard input and output with the real relay behind it: a server
with QQ's rules, and the clients smtplib, swaks, Symfony Mailer and Postfix's
smtp-source."""

import os
import shutil
import smtplib
import socket
import subprocess
import sys
import threading

SRCDIR = os.environ["srcdir"]
sys.path.insert(0, os.path.join(SRCDIR, "tests", "relay"))
from account import PASSWORD, USER, certificates, serve  # noqa: E402
from scripted import Scripted  # noqa: E402
sys.path.insert(0, os.path.join(SRCDIR, "tests", "lib"))
import submission  # noqa: E402
from pipesmtp import Smtp, command, talk  # noqa: E402
from tap import case, done, same, skip  # noqa: E402

MESSAGE = (b"From: Web Shop <shop@example.com>\r\nTo: a@example.net\r\n"
           b"Subject: order\r\n\r\n.\r\nhello\r\n")


def settings(s, **more):
    """A settings file for that server: the arguments that name it."""
    lines = ["account default", "host localhost", "port %d" % s.smtps_port,
             "tls on", "tls_starttls off", "auth login", "user " + USER,
             "from " + USER, "sender login", "password " + PASSWORD,
             "tls_trust_file %s/ca.pem" % certificates()]
    lines += ["%s %s" % (k, v) for k, v in more.items()]
    with open(os.open("rc", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
              "w") as f:
        f.write("\n".join(lines) + "\n")
    return "-C", os.path.abspath("rc")


def facts(s):
    """Mails, connections and broken rules of a server that has ended."""
    with open(s.dir + "/violations") as f:
        return s.mails, s.connections, f.read()


def content(s, number):
    with open("%s/%d.eml" % (s.dir, number), "rb") as f:
        return f.read()


# Two mails, one connection; QQ's rules about the sender are kept.
with serve() as s:
    with Smtp(*settings(s)) as c:
        c.sendmail("bounce@example.com", ["a@example.net"], MESSAGE)
        c.rset()
        c.sendmail("", ["b@example.net", "c@example.net"], MESSAGE)
    same("a session with two mails ends well", (c.status, c.errors), (0, ""))
same("two mails over one connection, by all the rules", facts(s), (2, 1, ""))
case("From is the login, the shop's address is in Reply-To",
     b"From: Web Shop <%s>\r\nReply-To: Web Shop <shop@example.com>\r\n" %
     USER.encode() in content(s, 1), content(s, 1))
case("a dot is what it was", content(s, 1).endswith(b"\r\n\r\n.\r\nhello\r\n"))

# The server's words.
with serve("--refuse", "no@example.net=550 5.1.1 Mailbox not found",
           "--fault", "dot#2=554 5.7.1 spam") as s:
    with Smtp(*settings(s)) as c:
        try:
            c.sendmail("", ["no@example.net"], MESSAGE)
            said = None
        except smtplib.SMTPDataError as e:
            said = e.smtp_code, e.smtp_error
        same("a refused recipient: the server's code and words", said,
             (550, b"5.1.1 <no@example.net>: the server refused the "
              b"recipient: 550 5.1.1 Mailbox not found"))
        try:
            c.sendmail("", ["a@example.net", "no@example.net"], MESSAGE)
            said = None
        except smtplib.SMTPDataError as e:
            said = e.smtp_code, e.smtp_error.split(b"\n")[-1]
        same("one of two refused: 554 and who has it", said,
             (554, b"5.1.1 accepted for <a@example.net>"))
        try:
            c.sendmail("", ["a@example.net"], MESSAGE)
            said = None
        except smtplib.SMTPDataError as e:
            said = e.smtp_code, e.smtp_error[:6]
        same("refused content", said, (554, b"5.7.1 "))
        same("after that the connection is still good",
             c.sendmail("", ["a@example.net"], MESSAGE), {})
same("... the same one", facts(s)[1:], (1, ""))

with serve() as s:
    with Smtp(*settings(s, password="wrong")) as c:
        try:
            c.sendmail("", ["a@example.net"], MESSAGE)
            said = None
        except smtplib.SMTPDataError as e:
            said = e.smtp_code, b"authorization code" in e.smtp_error
        same("a refused login is no fault of the mail", said, (451, True))
        settings(s)
        same("once it is corrected, the session goes on",
             c.sendmail("", ["a@example.net"], MESSAGE), {})
same("one mail came", facts(s)[0], 1)


# The connection between two mails, and during one.
def ending(goodbye):
    def first(c):
        c.hello()
        c.mail()
        if goodbye:
            c.say(goodbye)
    return first


def second(c):
    c.hello()
    c.mail()
    c.line("QUIT")


def lost(c):
    c.hello()
    c.envelope()
    c.content()


def plain(server):
    return ("--host", "127.0.0.1", "--port", str(server.port), "--from",
            "me@example.org")


for goodbye in (None, "421 idle too long"):
    with Scripted(ending(goodbye), second) as s:
        with Smtp(*plain(s)) as c:
            c.sendmail("a@x", ["b@y"], MESSAGE)
            s.join()
            same("closed between two mails (%s): the second one is sent" %
                 goodbye, c.sendmail("a@x", ["b@y"], MESSAGE), {})
    same("... over a new connection", (s.connections, s.problems), (2, []))
with Scripted(lost, second) as s:
    with Smtp(*plain(s)) as c:
        try:
            c.sendmail("a@x", ["b@y"], MESSAGE)
            said = None
        except smtplib.SMTPDataError as e:
            said = e.smtp_code, b"may deliver it twice" in e.smtp_error
        same("no answer to the final dot: 451, and that it may have arrived",
             said, (451, True))
        same("... the next mail is sent",
             c.sendmail("a@x", ["b@y"], MESSAGE), {})

# swaks, as its manual says.
if shutil.which("swaks"):
    with serve() as s:
        words = " ".join(command(settings(s)))
        r = subprocess.run(
            ["swaks", "--pipe", words, "--from", "shop@example.com", "--to",
             "a@example.net,b@example.net", "--ehlo", "client.example",
             "--body", "one\n.\ntwo", "--pipeline"], capture_output=True,
            stdin=subprocess.DEVNULL, text=True)
        same("swaks --pipe", (r.returncode, r.stderr), (0, ""))
    same("... its mail came", facts(s), (1, 1, ""))
    case("... with its dot", b"one\r\n.\r\ntwo\r\n" in content(s, 1))
else:
    skip("swaks --pipe", "swaks is not there")

# Symfony Mailer with its default, "-bs", and Laravel's "-bs -i".
def symfony(s, *options):
    words = command(options) + list(settings(s))
    r = subprocess.run(["php", SRCDIR + "/tests/lib/symfony.php",
                        " ".join(words)], capture_output=True, text=True,
                       stdin=subprocess.DEVNULL)
    return r.returncode, r.stdout


if os.path.exists("/usr/share/php/Symfony/Component/Mailer/autoload.php"):
    for options in ((), ("-i",)):
        with serve() as s:
            same("Symfony Mailer, -bs %s" % " ".join(options),
                 symfony(s, *options), (0, "sent\nsent\n"))
        same("... both mails, one connection", facts(s), (2, 1, ""))
        octets = content(s, 1)
        case("... as they were written", b"\r\n.\r\n..two\r\n" in octets and
             b"hidden" not in octets, octets)
    with serve("--refuse", "a@example.net=550 no", "--refuse",
               "hidden@example.net=550 no") as s:
        case("Symfony Mailer is told of a refusal", "550 no" in symfony(s)[1])
    same("... and goes on with the next mail's recipients", s.mails, 1)
else:
    skip("Symfony Mailer", "it is not here")


# smtp-source speaks to a socket: a session of its own for each connection.
class Socket:
    def __init__(self, path, arguments):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        self.arguments, self.statuses = arguments, []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        children = []
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                break
            children.append(subprocess.Popen(command(self.arguments),
                                             stdin=sock, stdout=sock))
            sock.close()
        self.statuses = [child.wait() for child in children]

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()


def smtp_source():
    libraries = [submission.program("/usr/lib/postfix")]
    for top in ("/usr/lib/", "/lib/"):
        libraries.append(submission.program(
            top + os.uname().machine + "-linux-gnu"))
    environment = dict(os.environ, LD_LIBRARY_PATH=":".join(libraries))
    with serve() as s:
        gate = Socket("gate", settings(s))
        r = subprocess.run(
            [submission.program("/usr/sbin/smtp-source"), "-s", "3", "-m",
             "30", "-r", "4", "-l", "20000", "-d", "-f", "shop@example.com",
             "-t", "rcpt@example.net", "unix:gate"],
            env=environment, capture_output=True, text=True, timeout=300)
        same("smtp-source, 30 mails in 3 sessions",
             (r.returncode, r.stderr), (0, ""))
        gate.stop()
        same("... the sessions end well", set(gate.statuses), {0})
    same("... every mail came, a connection a session", facts(s),
         (30, len(gate.statuses), ""))


if os.access(submission.program("/usr/sbin/smtp-source"), os.X_OK):
    smtp_source()
else:
    skip("smtp-source", "it is not here; ./quickstart check unpacks it")

# Nothing that happens to the client undoes a mail.
with serve() as s:
    r = talk(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.net>\r\nDATA\r\n" +
             MESSAGE.replace(b"\r\n.\r\n", b"\r\n..\r\n") + b".\r\n",
             *settings(s))
    same("a client that ends without QUIT", (r.status, r.codes[-1]),
         (0, 250))
same("... its mail came", facts(s), (1, 1, ""))
done()
