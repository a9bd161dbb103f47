#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a whole relay shows of transactions: connections kept and made
anew, many recipients, servers that object or talk while we write."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import MAIL, USER, serve, settings
from frames import Relay
from scripted import Scripted
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from tap import case, done, same

DONE = "content 2xx 250"


def plain(server, **more):
    values = {"host": "127.0.0.1", "port": str(server.port), "timeout": "20"}
    values.update(more)
    return values


def play(*scripts, recipients=("a@x",), content=MAIL, mails=1, rcvbuf=0,
         **more):
    """Sends mails to a scripted server: (results, server)."""
    with Scripted(*scripts, rcvbuf=rcvbuf) as s:
        with Relay(plain(s, **more)) as relay:
            results = [relay.mail("s@x", recipients, content)
                       for _ in range(mails)]
    for problem in s.problems:
        print("# " + problem)
    return results, s


def well(name, server):
    case(name, not server.problems, server.problems)


# One connection for all mails of an account.
with serve() as s:
    with Relay(settings(s)) as relay:
        for n in range(3):
            r = relay.mail(USER, ["a@example.net"], MAIL)
            same("mail %d over one connection" % (n + 1), r.outcome(), DONE)
        same("... one connection", s.connections, 1)
        relay.set({"max_recipients": "7"})
        relay.mail(USER, ["a@example.net"], MAIL)
        same("another setting of no concern keeps it", s.connections, 1)
        relay.set({"max_recipients": "1"})
        relay.mail(USER, ["a@example.net", "b@example.net"], MAIL)
        same("... and takes effect", s.mails, 6)
        relay.set({"domain": "other.example"})
        r = relay.mail(USER, ["a@example.net"], MAIL)
        same("another EHLO name needs another one", s.connections, 2)
        same("... that works", r.outcome(), DONE)
    case("the end is a QUIT, not waited for", True)
with open(s.dir + "/2.session") as f:
    case("... that came", f.read().count("< QUIT") == 1)
with open(s.dir + "/violations") as f:
    same("... all by the rules", f.read(), "")

# A connection that went away between two mails is no failure.
for goodbye in (None, "421 idle too long"):
    def first(c, goodbye=goodbye):
        c.hello()
        c.mail()
        if goodbye:
            c.say(goodbye)

    def second(c):
        c.hello()
        c.mail()
        c.line("QUIT")
    with Scripted(first, second) as s:
        with Relay(plain(s)) as relay:
            relay.mail("s@x", ["a@x"], MAIL)
            s.join()
            r = relay.mail("s@x", ["a@x"], MAIL)
    same("closed between two mails (%s): again at once" % goodbye,
         (r.outcome(), s.connections), (DONE, 2))
    well("... by the rules", s)


def babble(c):
    c.hello()
    c.envelope()
    c.content()
    c.say("250 queued", "250 by the way")
    case("what nobody asked for ends the session", c.silence())


with Scripted(babble, second) as s:
    with Relay(plain(s)) as relay:
        relay.mail("s@x", ["a@x"], MAIL)
        r = relay.mail("s@x", ["a@x"], MAIL)
same("... and another one takes the mail", r.outcome(), DONE)

# In lock-step a reply too many must not be taken for the next one's.
def one_too_many(c):
    c.hello("SIZE")
    c.line("MAIL")
    c.say("250 OK", "250 by the way")
    case("... not even before RCPT", c.silence())


def step_by_step(c):
    c.hello("SIZE")
    c.line("MAIL")
    c.say("250 OK")
    for reply in ("550 no", "250 OK"):
        c.line("RCPT")
        c.say(reply)
    c.line("DATA")
    c.say("354 go")
    c.content()
    c.say("250 queued")
    c.line("QUIT")


(r,), s = play(one_too_many, step_by_step, recipients=("a@x", "b@x"))
same("nobody gets the reply to somebody else",
     (r.outcome(0), r.outcome(1)), ("rcpt 5xx 550", DONE))
well("... by the rules", s)

# 421 to a newcomer is not argued with; to an old hand it is.
def refuse(c):
    c.hello()
    c.line("MAIL")
    c.say("421 too many connections")


(r,), s = play(refuse)
same("421 on a fresh connection", (r.outcome(), s.connections),
     ("mail 4xx 421", 1))


def later(c):
    c.hello()
    c.mail()
    c.line("MAIL")
    c.say("421 enough for one session")


(_, r), s = play(later, second, mails=2)
same("421 for the second mail of a session: again at once",
     (r.outcome(), s.connections), (DONE, 2))


def vanish(c):
    c.hello()
    c.line("MAIL")


(r,), s = play(vanish, second)
same("lost before the dot: again at once", (r.outcome(), s.connections),
     (DONE, 2))
(r,), s = play(vanish)
same("... but only once", (r.outcome(), s.connections), ("mail lost 0", 2))
same("... and the reports are in order", r.events, ["rcpt", "end"])


def lose_content(c):
    c.hello()
    c.envelope()
    c.more()
    c.reset()


def decide_one(c):
    """Refuses the first recipient it sees for good, then goes."""
    c.hello()
    c.line("MAIL")
    c.say("250 OK")
    c.line("RCPT")
    c.say("550 no")
    c.line("RCPT") if c.number < 3 else None


(r,), s = play(decide_one, recipients=("a@x", "b@x", "c@x"))
same("each try that decides something allows another",
     [r.outcome(n) for n in range(3)],
     ["rcpt 5xx 550"] * 3)
same("... as many as it takes", s.connections, 3)

# The reply to the dot is lost: unconfirmed, and not sent again.
def lose_reply(c):
    c.hello()
    c.envelope()
    c.content()


(r,), s = play(lose_reply)
same("the reply to the dot lost", (r.outcome(), s.connections),
     ("content lost 0", 1))
same("... after it was announced", r.events,
     ["envelope", "content", "dot", "rcpt", "end"])

# The server objects while the content is under way.
BIG = MAIL + (b"x" * 70 + b"\r\n") * 400000      # 28.8 MB


def objects(*how):
    def script(c):
        c.hello()
        c.envelope()
        c.more()
        for line in how:
            c.say(line)
        # Read on for a while, as servers do, then close.
        for _ in range(64):
            if not c.sock.recv(1 << 16):
                break
    return script


(r,), s = play(objects("552 5.3.4 too large"), content=BIG)
same("552 in the middle of the content", r.outcome(), "content 5xx 552")
case("... no dot was announced", "dot" not in r.events, r.events)
same("... one connection", s.connections, 1)
(r,), s = play(objects("452 full"), content=BIG)
same("452 in the middle of the content", r.outcome(), "content 4xx 452")
(r,), s = play(objects("250 queued"), content=BIG)
same("250 before the dot is not believed", r.outcome(),
     "content unsent 0")


def early(c):
    c.hello()
    c.line("MAIL")
    c.line("RCPT")
    c.line("DATA")
    c.say("250 OK", "250 OK", "354 go", "250 queued")
    case("a server that answers before the dot gets none", c.silence() or
         b"\r\n.\r\n" not in c.input)


(r,), s = play(early)
same("... and is not believed", r.outcome(), "content unsent 0")


def object_and_close(c):
    """Says 552 and closes at once with octets unread: a reset."""
    c.hello()
    c.envelope()
    c.say("552 5.3.4 too large")
    c.sock.close()


(r,), s = play(object_and_close, content=BIG)
same("552 just before a reset is heard", r.outcome(), "content 5xx 552")

# A server that talks while we write, and reads only when it is read.
def talker(c):
    c.hello()
    c.line("MAIL")
    for _ in range(900):
        c.line("RCPT")
    c.line("DATA")
    # 900 long replies: far more than the sockets hold.
    for n in range(901):
        c.say(*["250-" + "x" * 500] * 10 + ["250 OK"])
    c.say("354 go")
    c.content()
    c.say("250 queued")


(r,), s = play(talker, recipients=["r%d@example.net" % n for n in range(900)],
               max_recipients="1000")
same("megabytes of replies while megabytes of commands go",
     {r.outcome(n) for n in range(900)}, {DONE})
well("... by the rules", s)


def pushy(c):
    """Never reads the content before its own words are read."""
    c.hello("PIPELINING")
    c.line("MAIL")
    c.line("RCPT")
    c.line("DATA")
    c.say("250 OK", "250 OK", "354 go")
    c.raw(b"250-" + b"y" * 60000 + b"\r\n")
    data = c.content()
    c.say("250 queued")
    case("all of the content came", len(data) > 28000000, len(data))


start = time.monotonic()
(r,), s = play(pushy, content=BIG)
case("a server that talks first does not stall us",
     r.rcpt and time.monotonic() - start < 100, r.words())

# A slow server is not cut off while octets move. The system takes all of the
# content at once, the server a little at a time, four seconds in all.
def slow(c):
    c.hello()
    c.envelope()
    pause = threading.Event()
    for _ in range(40):
        pause.wait(0.1)
        c.input += c.sock.recv(32768)
    c.content()
    c.say("250 queued")


(r,), s = play(slow, content=MAIL + (b"z" * 70 + b"\r\n") * 20000,
               timeout="1", rcvbuf=65536)
same("a slow server gets its content", r.outcome(), DONE)

# Many recipients.
LIMIT = 1000


def crowd(c):
    """Takes 1,000 of one mail, then 452; 421 to those who insist."""
    c.hello()
    while True:
        line = c.read_line()
        if line.startswith("QUIT"):
            return c.say("221 bye")
        if line.startswith("RSET"):
            c.say("250 OK")
            continue
        assert line.startswith("MAIL"), line
        replies, taken, line = ["250 OK"], 0, c.read_line()
        while line.startswith("RCPT"):
            taken += 1
            replies.append("250 OK" if taken <= LIMIT else "452 4.5.3 many")
            if taken == LIMIT + 20:
                c.say(*replies + ["421 4.7.0 too many errors"])
                return None
            line = c.read_line()
        assert line == "DATA", line
        c.say(*replies + ["354 go"])
        c.content()
        c.say("250 queued %d" % min(taken, LIMIT))


names = ["r%d@example.net" % n for n in range(3000)]
for size, connections in (("3000", 2), ("1010", 1), ("100", 1)):
    (r,), s = play(crowd, recipients=names, max_recipients=size)
    same("3,000 recipients where 1,000 are taken, %s at once" % size,
         {r.outcome(n) for n in range(3000)}, {DONE})
    same("... over %d" % connections, s.connections, connections)
    well("... by the rules", s)

with serve("--refuse", "b@example.net=550 no", "--refuse",
           "c@example.net=450 later") as s:
    with Relay(settings(s)) as relay:
        r = relay.mail(USER, ["%s@example.net" % x for x in "abcd"], MAIL)
    same("a partly refused mail goes to the others",
         [r.outcome(n) for n in range(4)],
         [DONE, "rcpt 5xx 550", "rcpt 4xx 450", DONE])
    same("... once", len([x for x in os.listdir(s.dir)
                          if x.endswith(".eml")]), 1)

# QUIT changes nothing, whatever comes back.
for how in ("close", "hang", "raw:garbage\\r\\n", "550 no", "reset"):
    with serve("--fault", "quit=" + how) as s:
        start = time.monotonic()
        with Relay(settings(s), verbose=how != "hang") as relay:
            r = relay.mail(USER, ["a@example.net"], MAIL)
        same("QUIT answered with %s" % how,
             (r.outcome(), r.fault, relay.status), (DONE, None, 0))
        case("... takes no long time", time.monotonic() - start < 30)
with serve() as s:
    start = time.monotonic()
    with Relay(settings(s, implicit=True), verbose=1) as relay:
        r = relay.mail(USER, ["a@example.net"], MAIL)
    case("QQ's silence after QUIT is waited for 2 s when shown",
         r.outcome() == DONE and time.monotonic() - start < 30)

# What the mail needs, and what the server offers.
EIGHT = (b"From: <%s>\r\nTo: a@example.net\r\nSubject: x\r\nMIME-Version: "
         b"1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
         b"Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n" %
         USER.encode())


def stored(server, number=1):
    with open("%s/%d.eml" % (server.dir, number), "rb") as f:
        return f.read()


def read(server, name):
    with open("%s/%s" % (server.dir, name)) as f:
        return f.read()


with serve() as s:
    with Relay(settings(s)) as relay:
        r = relay.mail(USER, ["a@example.net"], EIGHT, (1, 0, 0))
    same("an 8-bit body where 8BITMIME is offered", r.outcome(), DONE)
    same("... is left as it is", stored(s), EIGHT)
    case("... and declared", " BODY=8BITMIME" in read(s, "1.session"))
with serve("--without", "8BITMIME") as s:
    with Relay(settings(s)) as relay:
        r = relay.mail(USER, ["a@example.net"], EIGHT, (1, 0, 0))
    same("an 8-bit body where it is not", r.outcome(), DONE)
    case("... is re-encoded", b"=C3=A4" in stored(s), stored(s))
    same("... without a broken rule", read(s, "violations"), "")
with serve("--with", "SMTPUTF8") as s:
    with Relay(settings(s)) as relay:
        r = relay.mail(USER, ["ä@bücher.example", "b@bücher.example"], EIGHT,
                       (1, 1, 0))
    same("SMTPUTF8", [r.outcome(0), r.outcome(1)], [DONE, DONE])
    text = read(s, "1.session")
    case("... is declared, and used where needed only",
         " SMTPUTF8\n" in text and "RCPT TO:<ä@bücher.example>" in text and
         "RCPT TO:<b@xn--bcher-kva.example>" in text, text)
with serve() as s:
    with Relay(settings(s)) as relay:
        r = relay.mail(USER, ["ä@bücher.example", "b@bücher.example"], MAIL)
    same("without SMTPUTF8 one address cannot be reached",
         [r.outcome(0), r.outcome(1)], ["address not-offered 0", DONE])
with serve("--size", "100") as s:
    with Relay(settings(s)) as relay:
        r = relay.mail(USER, ["a@example.net"], MAIL + b"x" * 100 + b"\r\n")
    same("larger than SIZE", r.outcome(), "size not-offered 0")
    case("... is not even tried", "MAIL" not in
         read(s, "1.session").replace("MAILCOMPRESS", "").replace(
             "8BITMIME", "").replace("QQ Mail", ""))
with serve() as s:
    with Relay(settings(s)) as relay:
        long = MAIL + b"y" * 3000 + b"\r\n"
        r = relay.mail(USER, ["a@example.net"], long, (0, 0, 1))
    case("long lines are re-encoded", r.outcome() == DONE and
         max(map(len, stored(s).split(b"\r\n"))) <= 998)
    same("... without a broken rule", read(s, "violations"), "")

# A part of a file, and one that shrinks.
with serve() as s:
    with Relay(settings(s)) as relay:
        r = relay.mail(USER, ["a@example.net"], b"Bcc: x@x\r\n" + MAIL,
                       at=10)
        same("content that begins behind the start of the file",
             (r.outcome(), stored(s)), (DONE, MAIL))
        r = relay.mail(USER, ["a@example.net"], MAIL, length=len(MAIL) + 1)
        same("content shorter than announced", r.outcome(), "local any 0")
        case("... gets no dot", "dot" not in r.events, r.events)
        r = relay.mail(USER, ["a@example.net"], MAIL)
        same("... and the next mail is well", r.outcome(), DONE)
    same("... the short one never arrived", s.mails, 2)

# Dots, all over.
dots = MAIL + b"".join(b"." * (n % 5) + b"\r\n" for n in range(100000))
with serve() as s:
    with Relay(settings(s)) as relay:
        r = relay.mail(USER, ["a@example.net"], dots)
    case("a hundred thousand lines of dots arrive as they were",
         r.outcome() == DONE and stored(s) == dots)
    same("... without a broken rule", read(s, "violations"), "")
done()
