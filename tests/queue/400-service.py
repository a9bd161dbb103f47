#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service for a host: its sockets, who may do what, and how much."""

import os
import re
import signal
import socket
import stat
import sys

sys.path.insert(0, os.environ["srcdir"] + "/tests/lib")
import service  # noqa: E402
from service import Client, Service, eventually, user_name  # noqa: E402
from tap import case, done, same, skip  # noqa: E402

MAIL = b"Subject: s\r\n\r\nhello\r\n"
ME = os.getuid()


def replies(sock, octets):
    """All that is answered to it, until the service closes."""
    sock.sendall(octets)
    text = b""
    while True:
        try:
            piece = sock.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            return text.decode().split("\r\n")[:-1]
        text += piece


def dialogue(sender=b"a@x.org", to=b"b@y.org", mail=MAIL):
    return (b"EHLO c\r\nMAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n%s.\r\n"
            b"QUIT\r\n" % (sender, to, mail))


def codes(lines):
    return [int(line[:3]) for line in lines if line[3:4] == " "]


# A mail, as it comes into the queue.
with Service("maildomain host.test\n") as s:
    status = os.stat(s.path)
    same("anybody may connect to the socket", stat.S_IMODE(status.st_mode),
         0o666)
    same("... and enter its directory",
         stat.S_IMODE(os.stat(os.path.dirname(s.path)).st_mode), 0o755)
with Service("maildomain host.test\n") as s:
    with s.client() as c:
        same("it greets", c.greeting[0], 220)
        c.ehlo()
        same("a mail with an address", c.sendmail("a@x.org", ["b@y.org"],
                                                  MAIL), {})
        c.sendmail("alice", ["bob", "b@y.org"], b"From: alice\r\n" + MAIL)
        c.sendmail("", ["b@y.org"], MAIL)
    mails = s.mails()
    same("what the queue has", [(m.sender, m.recipients) for m in mails],
         [("a@x.org", ["b@y.org"]),
          ("alice@host.test", ["bob@host.test", "b@y.org"]),
          ("", ["b@y.org"])])
    same("... and whose it is", [m.uid for m in mails], [str(ME)] * 3)
    received = mails[0].content.split(b"\r\n")[:2]
    case("one Received field, which tells the number of the user",
         re.fullmatch(rb"Received: by host\.example \(qsendmail, from uid "
                      rb"%d\)" % ME, received[0]) and
         re.fullmatch(rb" id [a-z0-9]+; \w+, .*", received[1]) and
         mails[0].content.count(b"Received") == 1, mails[0].content)
    case("names in the header become addresses",
         b"\r\nFrom: alice@host.test\r\n" in mails[1].content,
         mails[1].content)
    case("what is missing is added", b"\r\nFrom: a@x.org\r\n" in
         mails[0].content and b"\r\nDate: " in mails[0].content and
         b"\r\nMessage-ID: " in mails[0].content, mails[0].content)
    lines = replies(s.connect(), dialogue().replace(b"\r\n", b"\n"))
    same("a program on this host may end its lines with LF",
         codes(lines)[-2:], [250, 221])
    case("250 names the entry", len(s.mails()) == 1, lines)
same("it ends when it is told to", (s.status, s.errors), (0, ""))
case("... and takes its socket away", not os.path.exists(s.path))

# Without maildomain a bare name is the account's own address.
with Service() as s:
    with s.client() as c:
        c.sendmail("alice", ["root"], MAIL)
    m = s.mails()[0]
    same("bare names without maildomain", (m.sender, m.recipients),
         ("box@example.org", ["box@example.org"]))

# An account that would not queue, and a server that nobody asks.
with Service("queue off\nhost 127.0.0.1\nport 1\n") as s:
    with s.client() as c:
        same("every mail goes into the queue",
             c.sendmail("a@x.org", ["b@y.org"], MAIL), {})
    same("... whatever the account says of it", len(s.mails()), 1)

# TCP, by sockets that are handed over.
tcp, unix = socket.socket(), socket.socket(socket.AF_UNIX)
tcp.bind(("127.0.0.1", 0))
tcp.listen()
unix.bind(os.getcwd() + "/given")
unix.listen()


def hand_over(*socks, **more):
    """A service that systemd would start with these as 3, 4 ..."""
    fds = [x.fileno() for x in socks]
    # They are moved up first, so that none stands in another's way.
    moves = " ".join(["%d<&%d" % (40 + i, fd) for i, fd in enumerate(fds)] +
                     ["%d<&%d" % (3 + i, 40 + i) for i in range(len(fds))] +
                     ["%d<&-" % (40 + i) for i in range(len(fds))])
    s = Service(words=["bash", "-c", "exec %s; LISTEN_PID=$$ LISTEN_FDS=%d "
                       "exec \"$@\"" % (moves, len(fds)), "sh"], **more)
    s.given = fds
    return s


class HandedOver:
    def __init__(self, *socks, **more):
        self.s = hand_over(*socks, **more)

    def __enter__(self):
        if not self.s.start(pass_fds=self.s.given):
            self.s.wait()
            raise RuntimeError(self.s.errors)
        return self.s

    def __exit__(self, *error):
        self.s.__exit__(*error)


with HandedOver(tcp, unix, settings="listen /nonexistent/socket\n") as s:
    with Client(socket.create_connection(tcp.getsockname())) as c:
        same("TCP that was handed over", c.greeting[0], 220)
        c.sendmail("a@x.org", ["b@y.org"], MAIL)
    m = s.mails()[0]
    same("nobody knows whose it is", m.uid, "-1")
    case("the Received field has the address", re.match(
        rb"Received: from \[127\.0\.0\.1\] by host\.example \(qsendmail\) "
        rb"with ESMTP\r\n id [a-z0-9]+; ", m.content), m.content)
    sock = socket.create_connection(tcp.getsockname())
    lines = replies(sock, b"EHLO c\r\nNOOP\nQUIT\r\n")
    case("by TCP each line ends in CRLF", lines[-1].startswith("421 4.5.0"),
         lines)
    s.path = os.getcwd() + "/given"
    with s.client() as c:
        c.sendmail("a@x.org", ["b@y.org"], MAIL)
    same("a Unix socket that was handed over knows", s.mails()[0].uid,
         str(ME))
case("what was handed over stays", os.path.exists("given"))
with HandedOver(tcp, settings="service_senders own\n") as s:
    with Client(socket.create_connection(tcp.getsockname())) as c:
        c.ehlo()
        same("service_senders own: the network has no name",
             c.mail("a@x.org")[0], 553)
with HandedOver(tcp, settings="service_senders network=*@X.org\n") as s:
    with Client(socket.create_connection(tcp.getsockname())) as c:
        c.ehlo()
        same("... unless it is given addresses",
             (c.mail("b@y.org")[0], c.mail("a@x.org")[0]), (553, 250))
world = socket.socket()
world.bind(("", 0))
world.listen()


def refused(name, s, status, text, **popen):
    ready = s.start(**popen)
    if ready:
        s.stop()
    else:
        s.wait()
    case(name, not ready and s.status == status and text in s.errors,
         s.status, s.errors)


s = hand_over(world)
refused("a socket that others can reach is refused", s, 78,
        "listens only on this computer", pass_fds=s.given)
with open("plain", "w") as f:
    s = hand_over(f)
    refused("... and a file", s, 78, "descriptor 3 does not listen",
            pass_fds=s.given)

# Places that the settings name.
for place, status, text in (
        ("192.0.2.1:25", 78, "listen 192.0.2.1:25: the service takes mail "
         "without a password"),
        ("0.0.0.0:25", 78, "only on this computer"), ("[::]:25", 78, "only"),
        (":25", 78, "only"),
        ("25", 78, "listen 25: expected ADDRESS:PORT"),
        ("127.0.0.1:x", 78, "expected ADDRESS:PORT"),
        ("localhost:25", 78, "expected ADDRESS:PORT"),
        ("/" + "long/" * 30, 78, "may have"),
        ("/dev/null", 73, "there is a file of this name"),
        ("/nonexistent/place/socket", 73, "listen /nonexistent"),
        ("127.0.0.1:%d" % tcp.getsockname()[1], 73, "in use")):
    refused("listen " + place[:40], Service("listen \"%s\"\n" % place),
            status, text)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


for _ in range(20):     # somebody may be quicker
    port = free_port()
    s = Service()
    s.write("etc/qsendmailrc", service.SETTINGS + "spool %s/spool\nlisten %s "
            "127.0.0.1:%d\nqueue_log %s/log\naccount default\n" %
            (s.place, s.path, port, s.place), 0o600)
    if s.start():
        break
    s.wait()
with Client(socket.create_connection(("127.0.0.1", port))) as c:
    same("listen: a port of this computer", c.greeting[0], 220)
with s.client() as c:
    same("... and a socket", c.greeting[0], 220)
second = Service(path=s.path)
refused("a service that lives keeps its socket", second, 73,
        "a service answers there already")
with s.client() as c:
    same("... which still answers", c.greeting[0], 220)
s.stop(signal.SIGKILL)
case("one that dies leaves it", os.path.exists(s.path))
with Service(path=s.path) as s:
    with s.client() as c:
        same("the next one takes its place", c.greeting[0], 220)

# Limits.
with Service("user_max_connections 2\n") as s:
    first, second, third = s.client(), s.client(), s.client()
    same("a user has so many connections, and no more",
         [c.greeting[0] for c in (first, second, third)], [220, 220, 421])
    same("... is told why", third.greeting[1],
         b"4.7.0 too many connections of yours")
    first.quit()
    case("... and may come again when one has ended",
         eventually(lambda: s.client().greeting[0] == 220))
    second.close()
with Service("user_max_connections off\n",
             environment={"QSENDMAIL_TEST_SESSIONS": "3"}) as s:
    clients = [s.client() for _ in range(4)]
    same("there are so many sessions, and no more",
         [c.greeting for c in clients][2:][-1][1],
         b"4.3.2 too many connections")
    clients[0].quit()
    case("... and others then",
         eventually(lambda: s.client().greeting[0] == 220))
with Service("user_rate 2\n") as s:
    got = []
    for _ in range(2):
        lines = replies(s.connect(), dialogue())
        got.append(codes(lines)[-2])
    lines = replies(s.connect(), dialogue())
    same("so many mails an hour, in whatever connections", got, [250, 250])
    same("... and then 452", [x for x in lines if x.startswith("452")],
         ["452 4.7.1 too many mails of yours within an hour"])
    same("nothing more is kept", len(s.mails()), 2)
    same("... nor begun", os.listdir(s.place + "/spool/tmp"), [])
with Service("user_max_size 2000\n") as s:
    got = [codes(replies(s.connect(), dialogue(mail=MAIL + b"x" * n +
                                                b"\r\n")))[-2]
           for n in (3000, 900, 900, 10)]
    same("so many octets an hour", got, [452, 250, 452, 250])

# Clients that do not behave.
with Service(environment={"QSENDMAIL_TEST_IDLE_MS": "50"}) as s:
    lines = replies(s.connect(), b"")
    case("one that says nothing is sent away",
         lines[-1].startswith("421 4.4.2"), lines)
    lines = replies(s.connect(), dialogue()[:-10])
    case("... within a message, too, which is not sent",
         lines[-1].startswith("421 4.4.2") and not s.mails(), lines)
with Service() as s:
    sock = s.connect()
    sock.sendall(dialogue()[:-10])
    sock.close()
    sock = s.connect()
    sock.close()
    with s.client() as c:
        c.sendmail("a@x.org", ["b@y.org"], MAIL)
    same("one that goes in the middle leaves no mail", len(s.mails()), 1)
    case("... and no file", eventually(lambda: not os.listdir(
        s.place + "/spool/tmp")))

# The end of the service.
s = Service()
s.start()
c = s.client()
c.ehlo()
c.mail("a@x.org")
c.rcpt("b@y.org")
s.stop(signal.SIGKILL)
code, text = c.data(MAIL)
same("a session without its service takes nothing", (code, text),
     (452, b"4.7.1 the service is about to end"))
same("... and keeps nothing", s.mails(), [])
c.close()
s = Service()
s.start()
c = s.client()
s.process.send_signal(signal.SIGUSR1)
case("no more connections", eventually(
    lambda: not os.path.exists(s.path)))
same("... but who is there goes on",
     c.sendmail("a@x.org", ["b@y.org"], MAIL), {})
same("... and is kept", len(s.mails()), 1)
c.quit()
s.wait()
same("... until all have gone", (s.status, s.errors), (0, ""))
s = Service()
s.start()
c = s.client()
s.stop()
same("a service that ends does not wait for its clients",
     (s.status, c.sock.recv(100)), (0, b""))

# Root and the service itself may send as anybody.
with Service("service_senders own\n") as s:
    with s.client() as c:
        c.ehlo()
        same("the service's own user may send as anybody",
             c.mail("a@x.org")[0], 250)


def as_other(s, octets):
    """The replies to another user."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setgid(service.SOME_USER)
        os.setuid(service.SOME_USER)
        lines = replies(s.connect(), octets)
        theirs.sendall("\n".join(lines).encode())
        os._exit(0)
    theirs.close()
    text = b""
    while piece := ours.recv(65536):
        text += piece
    os.waitpid(pid, 0)
    return text.decode().split("\n")


if ME == 0:
    name = user_name(service.SOME_USER)

    def sender(s, path):
        return codes(as_other(s, b"EHLO c\r\nMAIL FROM:<%s>\r\nQUIT\r\n" %
                              path.encode()))[-2]

    with Service("maildomain host.test\nservice_senders own\n") as s:
        same("own: the name, also at maildomain, and nobody", [
            sender(s, x) for x in (name, name + "@HOST.test", "",
                                   name + "x", name + "@x.org", "root",
                                   "root@host.test", "@host.test")],
            [250, 250, 250, 553, 553, 553, 553, 501])
        lines = as_other(s, b"EHLO c\r\nMAIL FROM:<root>\r\nQUIT\r\n")
        case("... is told by what", "553 5.7.1 uid %d may not send as <root> "
             "(setting service_senders)" % service.SOME_USER in lines, lines)
    with Service("service_senders %s=*@x.org other=*@y.org %s=a*b@z.org\n" %
                 (name, name)) as s:
        same("USER=ADDRESS", [sender(s, x) for x in (
            "a@x.org", "A@X.org", "b@y.org", "ab@z.org", "axxb@z.org",
            "axxbc@z.org", "b@x.org.evil", name)],
            [250, 250, 553, 250, 250, 553, 553, 553])
    with Service("user_rate 1\nuser_max_connections 1\n") as s:
        mine = s.client()
        got = [codes(as_other(s, dialogue()))[-2] for _ in range(2)]
        same("each user has limits of its own", got, [250, 452])
        same("... me, too", mine.sendmail("a@x.org", ["b@y.org"], MAIL), {})
        mine.quit()
        same("the other's mail is the other's", sorted(
            m.uid for m in s.mails()), ["0", str(service.SOME_USER)])
else:
    skip("what other users may", "needs root")
done()
