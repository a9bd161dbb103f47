#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""SMTP on standard input and output: the states, what a client is told and
what is sent. The relay is a fake one."""

import os
import sys

SRCDIR = os.environ["srcdir"]
sys.path.insert(0, os.path.join(SRCDIR, "tests", "lib"))
import pipesmtp  # noqa: E402
from pipesmtp import MAIL, Smtp, reply, sent, session, talk  # noqa: E402
from tap import case, done, same  # noqa: E402

VALGRIND = os.environ.get("VALGRIND", "") not in ("", "0")
SETTINGS = """\
defaults
host smtp.example.org
port 587
tls on
auth on
password secret
account default
user me@example.org
from me@example.org
account other : default
user other@example.net
from other@example.net
account login : default
user login@qq.com
from login@qq.com
sender login
"""
RC = pipesmtp.fake(SETTINGS)

# A session as libraries hold it.
with Smtp(*RC) as c:
    c.ehlo()
    same("EHLO offers what we have", sorted(c.esmtp_features),
         ["8bitmime", "dsn", "enhancedstatuscodes", "help", "pipelining",
          "size", "smtputf8"])
    refused = c.sendmail("a@x.org", ["b@y.org", "c@y.org"],
                         b"Subject: s\nBcc: hidden@x\n\n.\n..\nhello\n")
    same("smtplib sends a mail", refused, {})
    c.rset()
    c.noop()
    c.sendmail("", ["root"], MAIL)
    c.sendmail("d@x.org", ["\u00fc@y.org"], MAIL, ["SMTPUTF8", "BODY=8BITMIME"])
same("the session ends well, in silence", (c.status, c.errors), (0, ""))
jobs = sent()
same("three mails, to whom they were for",
     [(j["sender"], j["recipients"]) for j, _ in jobs],
     [("a@x.org", ["b@y.org", "c@y.org"]), ("", ["me@example.org"]),
      ("d@x.org", ["\u00fc@y.org"])])
same("... by one relay", len({j["relay"] for j, _ in jobs}), 1)
case("dots are as they were written, also in a text with LF",
     b"\r\n\r\n.\r\n..\r\nhello\r\n" in jobs[0][1], jobs[0][1])
case("Bcc goes, Date and From come", b"hidden" not in jobs[0][1] and
     b"Date: " in jobs[0][1] and b"\r\nFrom: " in jobs[0][1], jobs[0][1])
case("no Received field is added, our host's name is not told",
     b"Received" not in jobs[0][1] and b"host.example" not in jobs[0][1] and
     b"client.example" not in jobs[0][1], jobs[0][1])
with Smtp(*RC) as c:
    c.helo()
    c.sendmail("a@x", ["b@y"], MAIL)
same("HELO does as well", [c.status, len(sent())], [0, 1])

# All at once, with either line end.
for name, end in (("CRLF", b"\r\n"), ("LF", b"\n")):
    r = talk(session(MAIL.replace(b"\r\n", end), end=end), *RC)
    same("a script that waits for nothing, in " + name,
         (r.codes, r.status, r.errors),
         ([220, 250, 250, 250, 354, 250, 221], 0, ""))
    same("... is heard", sent()[0][1].split(b"\r\n\r\n")[1], b"hello\r\n")
same("the greeting, and the server's words",
     [r.replies[0], r.replies[-2], r.replies[-1]],
     ["220 host.example ESMTP qsendmail", "250 2.0.0 OK: queued as.",
      "221 2.0.0 host.example closes"])
r = talk(b"MAIL FROM: a@x\nRCPT TO: b@y\nDATA\nSubject: s\n\nhi\n.\n", *RC)
same("without EHLO, < > and QUIT", (r.codes, r.status),
     ([220, 250, 250, 354, 250], 0))
same("... it is sent as well", sent()[0][0]["recipients"], ["b@y"])

# The states. Each command in each of them, and the code that is due.
REACH = {"start": "", "ready": "EHLO c\r\n",
         "mail": "EHLO c\r\nMAIL FROM:<a@x>\r\n",
         "rcpt": "HELO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\n"}
DUE = {  # start, ready, mail, rcpt
    "EHLO c": [250] * 4, "helo c": [250] * 4, "RSET": [250] * 4,
    "NOOP": [250] * 4, "noop text": [250] * 4, "HELP": [214] * 4,
    "QUIT": [221] * 4, "VRFY a@x": [252] * 4, "EXPN list": [502] * 4,
    "ETRN x": [502] * 4, "AUTH PLAIN": [502] * 4, "STARTTLS": [502] * 4,
    "BDAT 5 LAST": [502] * 4, "WHAT": [500] * 4, "": [500] * 4,
    "MAIL FROM:<a@x>": [250, 250, 503, 503],
    "RCPT TO:<b@y>": [503, 503, 250, 250],
    "DATA": [503, 503, 554, 354],
    "EHLO": [501] * 4, "HELO ": [501] * 4, "DATA x": [503, 503, 554, 501],
    "RSET x": [501] * 4, "QUIT x": [501] * 4, "VRFY": [501] * 4,
    "MAIL": [501, 501, 503, 503], "MAIL FROM:": [501, 501, 503, 503],
    "RCPT": [503, 503, 501, 501], "RCPT TO:<>": [503, 503, 501, 501],
}
for line, due in DUE.items():
    got = []
    for before in REACH.values():
        r = talk((before + line + "\r\n").encode(), *RC)
        got.append(r.codes[before.count("\r\n") + 1])
    same("%s: start, ready, mail, rcpt" % (line or "an empty line"), got, due)
same("nothing was sent by any of that", len(sent()), 0)
r = talk(b"EHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<old@y>\r\nEHLO c\r\n"
         b"RCPT TO:<b@y>\r\nMAIL FROM:<b@x>\r\nRCPT TO:<c@y>\r\nRSET\r\n"
         b"MAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\nDATA\r\n" + MAIL +
         b".\r\nDATA\r\nQUIT\r\n", *RC)
same("EHLO and RSET forget the mail", [j["recipients"] for j, _ in sent()],
     [["d@y"]])
same("... and so does its end", r.codes[-2:], [503, 421])
r = talk(b"VRFY root\r\nVRFY <a@x>\r\nVRFY a b\r\n", *RC)
same("VRFY tells who gets local mail", r.replies[1:], [
    "250 2.1.5 <me@example.org>",
    "252 2.0.0 not known here, but mail for it is taken",
    "501 5.5.4 syntax: VRFY address"])
every = talk(b"EHLO x\r\nHELO x\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\n"
             b"RCPT TO:<>\r\nHELP\r\nX\r\nEXPN\r\nVRFY a@b\r\nNOOP\r\nMAIL\r\n"
             b"DATA\r\n\r\n.\r\nQUIT\r\n", *RC)
wrong = [x for i, x in enumerate(every.replies) if i > 2 and
         x[:3] != "354" and x[4:6] != x[0] + "."]
same("replies have enhanced codes of their class", wrong, [])
sent()

# What became of the mail.
OUTCOMES = [
    ("accepted", {"FAKE_DOT": "250 2.6.0 queued as 4X"},
     "250 2.6.0 queued as 4X", 1),
    ("refused for good", {"FAKE_DOT": "550 5.7.1 spam"},
     "550 5.7.1 <b@y>: the server refused the content: 550 5.7.1 spam", 1),
    ("refused for now", {"FAKE_DOT": "452 full"},
     "452 4.0.0 <b@y>: the server cannot take the mail now: 452 full", 1),
    ("a recipient refused", {"FAKE_REFUSE": "b@y=550 no such user"},
     "550 5.1.0 <b@y>: the server refused the recipient: 550 no such user",
     0),
    ("login refused", {"FAKE_FAULT": "login 5xx 535 0 Login Fail"},
     "451 4.7.0 smtp.example.org port 587: the server refused the login: "
     "535 Login Fail (check user and password)", 0),
    ("no connection", {"FAKE_FAULT": "connect timeout 0 0 refused"},
     "451 4.4.0 smtp.example.org port 587: no connection to the server: "
     "refused (check the network, a firewall, and the settings host and "
     "port)", 0),
    ("settings that do not fit", {"FAKE_FAULT": "config any 0 0 no TLS"},
     "451 4.3.5 smtp.example.org port 587: the settings do not fit the "
     "server: no TLS", 0),
    ("no answer after the final dot", {"FAKE_DIE": "dot"},
     "451 4.4.2 <b@y>: no answer after the whole mail was sent: "
     "qsendmail-relay ended before its work was done (status 3) (it may "
     "have arrived: sending it again may deliver it twice)", 0),
    ("a relay that ends too early", {"FAKE_DIE": "start"},
     "451 4.4.2 <b@y>: the connection was lost before the mail was whole: "
     "qsendmail-relay ended before its work was done (status 3)", 0),
    # This one, unlike a real relay, may do the job all the same.
    ("a relay of another version", {"FAKE_VERSION": "99"}, "451 4.3.0", None),
    ("no relay", {"QSENDMAIL_RELAY": "/nonexistent/relay"}, "451 4.3.0", 0),
]
for name, environment, want, mails in OUTCOMES:
    text, jobs, r = reply(RC, **environment)
    case(name, text == want or (len(want) == 9 and text.startswith(want)),
         text, want)
    # The fake relay may complain of being left, not we.
    same("... the session goes on, in silence",
         (r.codes[-1], r.status, "qsendmail:" in r.errors), (221, 0, False))
    if mails is not None:
        same("... and so many mails came", len(jobs), mails)
text, jobs, _ = reply(RC, to=(b"b@y", b"c@y", b"d@y"),
                      FAKE_REFUSE="c@y=450 later;d@y=550 never")
same("some have it: the client must not send it to all again", text,
     "554-5.1.0 some recipients have this mail and some have not: do not "
     "send it to all of them again\n"
     "554-5.1.0 <c@y>: the server cannot take mail for this recipient now: "
     "450 later\n"
     "554-5.1.0 <d@y>: the server refused the recipient: 550 never\n"
     "554 5.1.0 accepted for <b@y>")
text, jobs, _ = reply(RC, to=(b"b@y", b"c@y"),
                      FAKE_REFUSE="b@y=550 never;c@y=450 later")
same("nobody has it: it may be sent again", text.split("\n")[-1],
     "450 4.1.0 <c@y>: the server cannot take mail for this recipient now: "
     "450 later")
r = talk(session()[:-6] + session(), *RC,
         environment={"FAKE_FAULT": "login 5xx 535 0 no"})
same("after a fault the next mail is tried anew", r.codes.count(451), 2)
sent()
r = talk(session()[:-6] + session(), *RC, environment={"FAKE_DIE": "torn"})
relays = [j["relay"] for j, _ in sent()]
same("a relay that dies behind its results: the mail was accepted, and the "
     "next one has another relay", (r.codes.count(250), len(set(relays)),
                                    r.status), (8, 2, 0))

# Whose account, and whose relay.
order = [b"a@x", b"other@example.net", b"b@x", b"other@example.net",
         b"other@example.net"]
r = talk(b"".join(session(sender=s)[:-6] for s in order), *RC)
jobs = [j for j, _ in sent()]
same("MAIL chooses the account as -f does", [j["settings"]["user"]
     for j in jobs], ["me@example.org", "other@example.net",
                      "me@example.org", "other@example.net",
                      "other@example.net"])
relays = [j["relay"] for j in jobs]
case("another account has another relay, the same one keeps it",
     len(set(relays)) == 4 and relays[3] == relays[4], relays)
r = talk(b"EHLO x\r\nMAIL FROM:<a@x> RET=hdrs ENVID=q+2B1\r\n"
         b"RCPT TO:<b@x> NOTIFY=success,DELAY ORCPT=rfc822;b+40x\r\n"
         b"RCPT TO:<c@x>\r\nDATA\r\n" + MAIL + b".\r\nQUIT\r\n", *RC)
job = sent()[0][0]
same("wishes about notices are passed on",
     (job["ret"], job["envid"], job["wishes"]), ("HDRS", "q+2B1",
      [["notify SUCCESS,DELAY", "orcpt rfc822;b+40x"], []]))
r = talk(session(sender=b"a@x"), *RC, "-a", "other")
same("-a holds for the session", sent()[0][0]["settings"]["user"],
     "other@example.net")
r = talk(session(sender=b"a@x"), *RC, "-f", "other@example.net", "-F", "Some One")
job, octets = sent()[0]
same("MAIL wins over -f", (job["sender"], job["settings"]["user"]),
     ("a@x", "me@example.org"))
case("-F is the name in a From field that is added",
     b"From: Some One <a@x>" in octets, octets)
r = talk(session(MAIL.replace(b"\r\n\r\n", b"\r\nFrom: Me <a@x>\r\n\r\n")),
         *RC, "-a", "login")
job, octets = sent()[0]
same("sender login makes the login the reverse-path", job["sender"],
     "login@qq.com")
case("... and From, the address moves to Reply-To",
     b"From: Me <login@qq.com>\r\nReply-To: Me <a@x>\r\n" in octets, octets)
r = talk(session(sender=b"alice"), *RC)
same("a bare name at MAIL is the account's address", sent()[0][0]["sender"],
     "me@example.org")
r = talk(session(), "-C", "rc", "-a", "nobody")
same("no account: the client may come again", (r.codes[2:4], r.status),
     ([451, 503], 76))
case("... and is told why", r.replies[2].startswith("451 4.3.5 ") and
     "nobody" in r.replies[2], r.replies)
r = talk(session(to=(b"root",)), "-C", "rc", "--local-recipient", "nobody")
same("a local name without anybody behind it", r.replies[3],
     '550 5.1.1 recipient "root" has no domain: set aliases, maildomain or '
     'local_recipient')
r = talk(session(to=(b"root", b"postmaster")), "-C", "rc", "--maildomain",
         "home.example")
same("local names go where settings say", sent()[0][0]["recipients"],
     ["root@home.example", "postmaster@home.example"])
with open(os.open("rc2", os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
    f.write(SETTINGS.replace("account other", "eval echo port 2525\n"
                             "account other"))
r = talk(session()[:-6] + session(), "-C", "rc2",
         environment={"FAKE_SETTING": "port 2525"})
jobs = [j for j, _ in sent()]
same("eval lines are run once for the mails of an account",
     ([j["settings"]["port"] for j in jobs], len({j["relay"] for j in jobs})),
     (["2525", "2525"], 1))

# The command line around it.
r = talk(session(), *RC, "-t", "-i", "-odb", "-oem", "-om", "ignored@x")
same("-t and operands count for nothing", sent()[0][0]["recipients"], ["b@y"])
r = talk(session(), *RC, "-v")
case("-v: the dialogue is on standard error", "MAIL FROM:<a@x>" in r.errors
     and "MAIL FROM" not in r.output, r.errors)
sent()
r = talk(session(), *RC, "--logfile", "-")
case("so is a log on standard output", "exitcode=EX_OK" in r.errors and
     "exitcode" not in r.output, r.errors, r.output)
r = talk(session()[:-6] + session(sender=b"c@x"), *RC, "--logfile", "log",
         environment={"FAKE_DOT": "550 no"})
with open("log") as f:
    lines = f.read().splitlines()
case("the log has a line a mail", len(lines) == 2 and
     "from=a@x recipients=b@y" in lines[0] and
     "exitcode=EX_UNAVAILABLE" in lines[1], lines)
for option in ("--subject", "--attach", "--header"):
    r = talk(session(), *RC, option, "rc:rc")
    same(option + " is for composing", (r.status, r.output), (64, ""))
sent()
bare = {"QSENDMAIL_RELAY": os.environ["QSENDMAIL_RELAY"],
        "FAKE_DIR": os.environ["FAKE_DIR"],
        "QSENDMAIL_URL": "smtp://127.0.0.1:25", "QSENDMAIL_FROM": "me@x.org"}
if VALGRIND:
    bare.update((k, v) for k, v in os.environ.items()
                if k in ("TEST_VALGRIND", "PATH"))
os.symlink(os.environ["QSENDMAIL"], "sendmail")
program = os.environ["QSENDMAIL"]
os.environ["QSENDMAIL"] = os.path.abspath("sendmail")
r = talk(session(), "-i", environment=bare, bare=True)
same("called as sendmail, without HOME, USER and PATH", (r.status, r.codes,
     [j["recipients"] for j, _ in sent()]),
     (0, [220, 250, 250, 250, 354, 250, 221], [["b@y"]]))
r = talk(session(), "--subject", "x", environment=bare, bare=True)
same("... it takes no words", (r.status, r.output), (64, ""))
os.environ["QSENDMAIL"] = program

# A client that does not listen, or is gone.
for answer, want in (("250 OK", 0), ("550 no", 69), ("450 later", 75)):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as gone:
        r = talk(session(), *RC, stdout=gone,
                 environment={"FAKE_DOT": answer})
    same("replies that nobody reads, %s: the exit status tells" % answer,
         (r.status, len(sent())), (want, 1))
    same("... and standard error", "<b@y>" in r.errors, want != 0)
read, write = os.pipe()
os.close(read)
with os.fdopen(write, "wb") as gone:
    r = talk(b"NOOP\r\n", *RC, stdout=gone)
same("nobody reads, nothing was sent", r.status, 74)

done()
