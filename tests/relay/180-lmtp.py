#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""LMTP: our own greeting and login over libcurl's connection, and a reply to
the final dot for each recipient; and Dovecot's LMTP server where it is."""
import base64
import os
import ssl
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import MAIL, certificates
from frames import Relay
from scripted import Scripted
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
import submission
from tap import case, done, same, skip

DONE = "content 2xx 250"
USER, PASSWORD = "me@example.org", "correct horse battery"
STEPS = ["connect", "lhlo", "mail from", "rcpt to", "rcpt to", "data", "mail",
         "mail", "quit"]


def values(server, **more):
    v = {"host": "127.0.0.1", "port": str(server.port), "protocol": "lmtp",
         "timeout": "20"}
    v.update(more)
    return {k: x for k, x in v.items() if x is not None}


def hello(c, *extensions):
    c.say("220 test LMTP")
    c.line("LHLO localhost")
    lines = ["test"] + list(extensions or ("PIPELINING", "SIZE 0",
                                           "8BITMIME"))
    c.say(*["250-" + x for x in lines[:-1]] + ["250 " + lines[-1]])


def answers(*replies, extensions=(), end="quit"):
    """A script: everybody is welcome, and these are the replies to the dot."""
    def script(c):
        hello(c, *extensions)
        c.envelope(len(replies) if end == "quit" else 3)
        c.content()
        c.say(*replies)
        if end == "quit":
            c.line("QUIT")
            c.say("221 bye")
        elif end == "silence":
            c.silence()
    return script


def play(*scripts, recipients=("a@x", "b@x"), content=MAIL, verbose=0,
         mails=1, **more):
    with Scripted(*scripts) as s:
        with Relay(values(s, **more), verbose=verbose) as relay:
            results = [relay.mail("s@x", recipients, content)
                       for _ in range(mails)]
    case("... by the rules", not s.problems and relay.status == 0,
         s.problems, relay.status)
    return results[-1], s


for name, extensions in (("PIPELINING", ()), ("lock-step", ("SIZE",))):
    r, s = play(answers("250 2.0.0 <a@x> saved", "250 2.0.0 <b@x> saved",
                        extensions=extensions), verbose=1)
    same("everybody accepted, " + name, [r.outcome(n) for n in (0, 1)],
         [DONE, DONE])
    same("... each with the words about himself",
         [r.rcpt[n][3] for n in (0, 1)],
         ["2.0.0 <a@x> saved", "2.0.0 <b@x> saved"])
    same("... step by step", [n for n, _, _ in r.steps], STEPS)
    same("... LHLO in place of EHLO", r.steps[1][1], "LHLO localhost")
    same("... the dot is shown once",
         [t for n, t, _ in r.steps if n == "mail"], [".", ""])
    same("... the reports are in order",
         [e for e in r.events if e != "step"],
         ["envelope", "content", "dot", "rcpt", "rcpt", "end"])

r, s = play(answers("250 saved", "552 5.2.2 <b@x> full", "451 4.3.0 later"),
            recipients=("a@x", "b@x", "c@x"))
same("each has a reply of his own", [r.outcome(n) for n in range(3)],
     [DONE, "content 5xx 552", "content 4xx 451"])


def some_refused(c):
    hello(c)
    c.line("MAIL")
    c.say("250 OK")
    for reply in ("250 OK", "550 5.1.1 no such user", "250 OK"):
        c.line("RCPT")
        c.say(reply)
    c.line("DATA")
    c.say("354 go")
    c.content()
    c.say("250 first", "450 third")
    c.line("QUIT")


r, s = play(some_refused, recipients=("a@x", "b@x", "c@x"))
same("a recipient who was refused has no reply to the dot",
     [r.outcome(n) for n in range(3)],
     [DONE, "rcpt 5xx 550", "content 4xx 450"])


def none_welcome(c):
    hello(c)
    for reply in ("250 OK", "550 no", "550 no", "503 nobody"):
        c.line()
        c.say(reply)
    c.line("QUIT")


r, s = play(none_welcome)
same("nobody welcome: no content", [r.outcome(n) for n in (0, 1)],
     ["rcpt 5xx 550"] * 2)

# The connection ends after some of the replies.
THREE = ("a@x", "b@x", "c@x")
for k in range(3):
    replies = ["250 saved", "550 5.2.1 off"][:k]
    r, s = play(answers(*replies, end="close"), recipients=THREE)
    same("closed after %d of 3 replies" % k,
         [r.outcome(n) for n in range(3)],
         [DONE, "content 5xx 550"][:k] + ["content lost 0"] * (3 - k))
    same("... and not sent again", s.connections, 1)
start = time.monotonic()
r, s = play(answers("250 saved", end="silence"), recipients=THREE,
            timeout="1")
same("silence after one", [r.outcome(n) for n in range(3)],
     [DONE, "content timeout 0", "content timeout 0"])
r, s = play(answers("250 saved", "354 what", "250 saved", end="silence"),
            recipients=THREE)
same("354 in place of a reply", [r.outcome(n) for n in range(3)],
     [DONE, "content garbage 0", "content garbage 0"])
r, s = play(answers("250 saved", "what", "250 saved", end="silence"),
            recipients=THREE)
same("babble in place of a reply", [r.outcome(n) for n in range(3)],
     [DONE, "content garbage 0", "content garbage 0"])
r, s = play(answers("250 saved", "421 4.3.2 shutting down", end="close"),
            recipients=THREE)
same("421 is for the one whose turn it is", [r.outcome(n) for n in range(3)],
     [DONE, "content 4xx 421", "content lost 0"])
same("... the reason for the others", r.rcpt[2][3], "4.3.2 shutting down")
r, s = play(answers("421 4.3.2 busy", "250 saved", "250 saved", end="close"),
            recipients=THREE)
same("... who are heard if they get one", [r.outcome(n) for n in range(3)],
     ["content 4xx 421", DONE, DONE])
r, s = play(answers("421 4.3.2 busy", end="silence"), recipients=THREE,
            timeout="1")
same("... and not waited for too long", [r.outcome(n) for n in range(3)],
     ["content 4xx 421"] + ["content timeout 0"] * 2)


def early(c):
    hello(c)
    c.envelope(2)
    c.more()
    c.say("552 5.3.4 too large")
    for _ in range(64):
        if not c.sock.recv(1 << 16):
            break


r, s = play(early, content=MAIL + (b"x" * 70 + b"\r\n") * 400000)
same("refused before the dot: that is for all",
     [r.outcome(n) for n in (0, 1)], ["content 5xx 552"] * 2)
case("... and no dot was announced", "dot" not in r.events)


# One connection for several mails; a reply too many ends it.
def two(c):
    hello(c)
    for _ in range(2):
        c.envelope(2)
        c.content()
        c.say("250 a", "250 b")
    c.line("QUIT")


r, s = play(two, mails=2)
same("two mails over one connection", (r.outcome(1), s.connections),
     (DONE, 1))


def too_many(c):
    hello(c)
    c.envelope(2)
    c.content()
    c.say("250 a", "250 b", "250 c")
    c.silence()


r, s = play(too_many, two, mails=3)
same("a reply too many is nobody's", (r.outcome(1), s.connections),
     (DONE, 2))


# More recipients than go at once: the envelope waits for all the replies.
def patient(c):
    hello(c)
    for _ in range(2):
        c.envelope(2)
        c.content()
        case("nothing travels behind the content", c.input == b"")
        c.say("250 a", "250 b")
    c.line("QUIT")


r, s = play(patient, recipients=("a@x", "b@x", "c@x", "d@x"),
            max_recipients="2")
same("two groups", {r.outcome(n) for n in range(4)}, {DONE})


# What goes wrong before the mail.
def say(*lines):
    def script(c):
        c.say(*lines[:1])
        for line in lines[1:]:
            c.line()
            c.say(line)
        c.silence()
    return script


def hang_up(c):
    c.say("220 test")
    c.line()


for name, script, want, text in (
        ("a greeting of 421", say("421 busy"), "greeting 4xx 421", "busy"),
        ("a greeting of 554", say("554 no"), "greeting 5xx 554", "no"),
        ("an HTTP server", say("HTTP/1.1 400 Bad Request"),
         "greeting garbage 0",
         "the server sent what is no reply: HTTP/1.1 400 Bad Request"),
        ("a greeting of 354", say("354 go"), "greeting garbage 0",
         "354 go does not fit here"),
        ("a server that speaks SMTP", say("220 x", "500 5.5.1 what?"),
         "lhlo 5xx 500", "5.5.1 what?"),
        ("LHLO refused for now", say("220 x", "451 later"), "lhlo 4xx 451",
         "later"),
        ("closed in place of a reply", hang_up, "lhlo lost 0",
         "the server closed the connection"),
        ("a server in a hurry", lambda c: (c.say("220 x", "250 y"),
                                           c.silence()),
         "lhlo garbage 0",
         "the server said something that nobody asked for: y")):
    r, s = play(script)
    same(name, "%s %s %d" % r.fault[:3], want)
    same("... in its words", r.fault[4], text)
    same("... one connection", (s.connections, r.rcpt), (1, {}))
r, s = play(lambda c: c.silence(), timeout="1")
same("no greeting", r.fault[:3], ("greeting", "timeout", 0))
r, s = play(say("220 x"), timeout="1")
same("no reply to LHLO", r.fault[:3], ("lhlo", "timeout", 0))
with Scripted(hang_up) as s:
    port = s.port
with Relay(values(s)) as relay:
    r = relay.mail("s@x", ["a@x"], MAIL)
same("nobody listens", r.fault[:3], ("connect", "lost", 0))

for more, text in (
        ({"tls": "on"}, "protocol lmtp cannot start TLS by STARTTLS: add "
         "tls_starttls off, or tls off for a server on this host"),
        ({"port": None}, "protocol lmtp has no usual port: add a line with "
         "port"),
        ({"auth": "xoauth2", "user": USER}, "protocol lmtp knows only auth "
         "plain and login, not: xoauth2"),
        ({"auth": "plain", "user": USER, "host": "192.0.2.25"}, "the "
         "password would go over the network in clear: add tls on")):
    with Relay(values(s, **more)) as relay:
        r = relay.mail("s@x", ["a@x"], MAIL)
    same("%s: 78" % (list(more.items())[-1],), r.fault,
         ("config", "any", 0, 78, text))

# The login.
with open("password", "w") as f:
    f.write(PASSWORD + "\n")
LOGIN = {"auth": "on", "user": USER,
         "password_file": os.path.abspath("password")}


def b64(text):
    return base64.b64encode(text.encode()).decode()


def login(mechanism, *offers, reply="235 2.7.0 welcome"):
    def script(c):
        hello(c, *offers)
        c.line("AUTH " + mechanism)
        asked = ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6") \
            if mechanism == "LOGIN" else ("334 ",)
        for question in asked:
            c.say(question)
            c.line()
        c.say(reply)
        if reply[0] == "2":
            c.envelope(2)
            c.content()
            c.say("250 a", "250 b")
            c.line("QUIT")
            c.say("221 bye")
        script.lines = c.lines
    return script


for auth, offers, mechanism, names in (
        ("on", "AUTH LOGIN PLAIN", "PLAIN", ["login", "password"]),
        ("on", "AUTH LOGIN", "LOGIN", ["login", "user", "password"]),
        ("login", "AUTH PLAIN LOGIN", "LOGIN", ["login", "user",
                                                "password"]),
        ("plain", "AUTH LOGIN PLAIN", "PLAIN", ["login", "password"])):
    script = login(mechanism, offers)
    r, s = play(script, verbose=1, **dict(LOGIN, auth=auth))
    same("auth %s, %s" % (auth, offers), r.outcome(1), DONE)
    sent = [b64("\0%s\0%s" % (USER, PASSWORD))] if mechanism == "PLAIN" \
        else [b64(USER), b64(PASSWORD)]
    same("... the login", script.lines[2:2 + len(sent)], sent)
    same("... step by step", [n for n, _, _ in r.steps],
         STEPS[:2] + names + STEPS[2:])
    case("... nothing of it is shown", not any(
        x in repr(r.steps) for x in sent + [PASSWORD]), r.steps)
    same("... but that there was one", [t for _, t, _ in r.steps][
        2:2 + len(names)], ["AUTH " + mechanism] + ["********"] *
        (len(names) - 1))
for name, script, want in (
        ("a wrong password", login("PLAIN", "AUTH PLAIN",
                                   reply="535 5.7.8 no"),
         ("login", "5xx", 535, 0, "5.7.8 no")),
        ("a server that cannot check", login(
            "LOGIN", "AUTH LOGIN", reply="454 4.7.0 later"),
         ("login", "4xx", 454, 0, "4.7.0 later")),
        ("250 is no 235", login("PLAIN", "AUTH PLAIN", reply="250 fine"),
         ("login", "garbage", 0, 0, "250 fine does not fit here")),
        ("no login is offered", lambda c: (hello(c), c.silence()),
         ("login", "not-offered", 0, 0, "the server offers no login")),
        ("another login is offered", lambda c: (
            hello(c, "AUTH CRAM-MD5 GSSAPI"), c.silence()),
         ("login", "not-offered", 0, 0,
          "the server offers only CRAM-MD5 GSSAPI"))):
    with Scripted(script) as s:
        with Relay(values(s, **LOGIN)) as relay:
            r = relay.mail("s@x", ["a@x", "b@x"], MAIL)
    same(name, r.fault, want)
    case("... and no mail", "envelope" not in r.events)


# TLS from the first octet.
def secure(script, cert="valid"):
    def wrapped(c):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates() + "/%s.pem" % cert)
        c.sock = context.wrap_socket(c.sock, server_side=True)
        script(c)
    return wrapped


TLS = {"host": "localhost", "tls": "on", "tls_starttls": "off",
       "tls_trust_file": certificates() + "/ca.pem"}
r, s = play(secure(login("PLAIN", "AUTH PLAIN", "PIPELINING")), verbose=1,
            **dict(LOGIN, **TLS))
same("TLS from the first octet, and a login", r.outcome(1), DONE)
for cert, stage in (("expired", "certificate"), ("wrong-name", "certificate"),
                    ("self-signed", "certificate")):
    with Scripted(secure(answers("250 a"), cert)) as s:
        with Relay(values(s, **TLS)) as relay:
            r = relay.mail("s@x", ["a@x"], MAIL)
    same("a certificate that is %s" % cert, r.fault and r.fault[:2],
         (stage, "any"))
with Scripted(lambda c: (c.say("220 in clear"), c.silence())) as s:
    with Relay(values(s, **TLS)) as relay:
        r = relay.mail("s@x", ["a@x"], MAIL)
same("no TLS there", r.fault[:2], ("tls", "lost"))


# A check.
def checked(c):
    hello(c, "PIPELINING", "8BITMIME")
    c.line("QUIT")
    c.say("221 bye")


for script, more, names in (
        (checked, {}, "resolve tcp connect lhlo quit"),
        (secure(checked), TLS, "resolve tcp tls fingerprint pin connect lhlo quit")):
    with Scripted(script) as s:
        with Relay(values(s, **more)) as relay:
            r = relay.check()
    same("a check, step by step", ([n for n, _, _ in r.steps], r.fault),
         (names.split(), None))
steps = {n: c for n, _, c in r.steps}
case("... the certificate is shown", "Subject: " in steps["tls"] and
     "TLSv1." in steps["tls"], steps)

# The command.
ENV = dict(os.environ, QSENDMAIL_TEST_SYSCONFDIR=os.getcwd() + "/none")


def front(server, *arguments, message=b"Subject: x\n\nhello\n"):
    return subprocess.run(
        [os.environ["QSENDMAIL"], "--host", "127.0.0.1", "--port",
         str(server.port), "--protocol", "lmtp", "--from", "s@x"] +
        list(arguments), input=message, capture_output=True, env=ENV)


with Scripted(answers("250 a", "552 5.2.2 full")) as s:
    p = front(s, "a@x", "b@x")
same("some have it and some not: 69", (p.returncode, p.stderr.decode()),
     (69, "qsendmail: <b@x>: the server refused the content: "
      "552 5.2.2 full\n"))
with Scripted(answers("250 a", "452 4.2.2 full")) as s:
    p = front(s, "a@x", "b@x")
same("... for now: 69, nobody must get it twice", p.returncode, 69)
with Scripted(answers("450 a", "452 4.2.2 full")) as s:
    p = front(s, "a@x", "b@x")
same("nobody for now: 75", p.returncode, 75)
with Scripted(answers("250 a", "250 b")) as s:
    p = front(s, "a@x", "b@x")
same("everybody: 0", (p.returncode, p.stderr), (0, b""))
with Scripted(say("220 x", "502 what")) as s:
    p = front(s, "a@x")
same("a server that speaks SMTP: 76 and what to do",
     (p.returncode, p.stderr.decode()),
     (76, "qsendmail: 127.0.0.1 port %d: the server refused LHLO: 502 what "
      "(if it speaks SMTP, set protocol smtp)\n" % s.port))
with Scripted(checked) as s:
    p = front(s, "--check")
case("--check", p.returncode == 0 and b" LMTP, no TLS" in p.stdout and
     b"offers     PIPELINING, 8BITMIME" in p.stdout, p.stdout, p.stderr)

# Dovecot.
why = submission.missing_lmtp()
if why:
    skip("Dovecot's LMTP server", why)
else:
    with submission.Lmtp("dovecot", ["a@example.org", "b@example.org"]) as d:
        p = front(d, "-v", "a@example.org", "nobody@example.org",
                  "b@example.org", message=b"Subject: x\n\n.\nhello\n")
        case("Dovecot takes it for those it has", p.returncode == 69 and
             p.stderr.count(b"\n") == 1 and
             b"<nobody@example.org>" in p.stderr, p.stdout, p.stderr)
        case("... and answers for each", p.stdout.count(
            b"\nmail: 250 2.0.0 <") == 2, p.stdout)
        for user in ("a@example.org", "b@example.org"):
            mails = d.mails(user)
            case("... %s has it" % user, len(mails) == 1 and
                 mails[0].endswith(b"\n.\nhello\n"), mails)
        p = front(d, "--check")
        same("... --check", (p.returncode, p.stderr), (0, b""))
        p = front(d, "a@example.org")
        same("... one recipient", (p.returncode, p.stderr,
                                   len(d.mails("a@example.org"))),
             (0, b"", 2))
done()
