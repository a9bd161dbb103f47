#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test server itself: it speaks like smtp.qq.com and sees mistakes."""

import json
import os
import smtplib
import socket
import ssl
import subprocess
import sys

LIB = os.environ["srcdir"] + "/tests/lib"
sys.path.insert(0, LIB)
import qqserver  # noqa: E402
from tap import case, done, same  # noqa: E402

USER, PASSWORD = "50627xxxx@qq.com", "abcdefghijklmnop"
MAIL = ("From: %s\r\nTo: a@163.com\r\nSubject: s\r\n\r\n.dot\r\n..\r\n"
        "end\r\n" % USER).encode()

subprocess.run([LIB + "/certificates", "certs"], check=True)
TRUST = ssl.create_default_context(cafile="certs/ca.pem")


def serve(*arguments):
    serve.n += 1
    directory = "server%d" % serve.n
    return qqserver.Server(qqserver.options(
        ["--dir", directory, "--cert", "certs/valid.pem"] + list(arguments)))


serve.n = 0


def login(server, implicit=False, password=PASSWORD):
    if implicit:
        c = smtplib.SMTP_SSL("127.0.0.1", server.smtps_port, context=TRUST)
    else:
        c = smtplib.SMTP("127.0.0.1", server.smtp_port)
        c.starttls(context=TRUST)
    c.ehlo()
    c.user, c.password = USER, password
    c.auth("LOGIN", c.auth_login, initial_response_ok=False)
    return c


def read(server, name):
    with open(server.dir + "/" + name, "rb") as f:
        return f.read()


def facts(server, number=1):
    return json.loads(read(server, "%d.json" % number))


def raw(server, *pieces):
    """Sends pieces without waiting; everything that comes back."""
    s = socket.create_connection(("127.0.0.1", server.smtp_port))
    for piece in pieces:
        s.sendall(piece)
    s.shutdown(socket.SHUT_WR)
    got = b""
    while True:
        data = s.recv(65536)
        if not data:
            return got
        got += data


def codes(server, name):
    return [line[2:5] for line in read(server, name).decode().splitlines()
            if line[:2] == "> " and line[5:6] == " "]


with serve() as s:
    c = smtplib.SMTP("127.0.0.1", s.smtp_port)
    same("greeting", read(s, "1.session"),
         b"> 220 newxmesmtplogicsvrszc8.qq.com XMail Esmtp QQ Mail Server.\n")
    same("EHLO on 587", c.ehlo("me")[1].decode().split("\n"), [
        "newxmesmtplogicsvrszc8.qq.com", "PIPELINING", "SIZE 73400320",
        "STARTTLS", "AUTH LOGIN PLAIN XOAUTH XOAUTH2", "AUTH=LOGIN",
        "MAILCOMPRESS", "8BITMIME"])
    same("MAIL before STARTTLS", c.docmd("MAIL FROM:<%s>" % USER),
         (530, b"Must issue a STARTTLS command first."))
    same("AUTH before STARTTLS", c.docmd("AUTH LOGIN")[0], 530)
    same("HELO", c.helo("me")[1].decode().split("\n")[1:],
         ["SIZE 73400320", "OK"])
    c.starttls(context=TRUST)
    case("EHLO after STARTTLS offers it no more", b"STARTTLS" not in c.ehlo()[1])
    same("MAIL before AUTH", c.docmd("MAIL FROM:<%s>" % USER)[0], 503)
    same("AUTH LOGIN", c.docmd("AUTH LOGIN"), (334, b"VXNlcm5hbWU6"))
    same("user", c.docmd("NTA2Mjd4eHh4QHFxLmNvbQ=="), (334, b"UGFzc3dvcmQ6"))
    same("password", c.docmd("YWJjZGVmZ2hpamtsbW5vcA=="),
         (235, b"Authentication successful"))
    same("another sender", c.docmd("MAIL FROM:<a@qq.com>"),
         (501, b"Mail from address must be same as authorization user."))
    same("MAIL", c.docmd("MAIL FROM:<%s> SIZE=99" % USER), (250, b"OK."))
    same("RCPT", c.docmd("RCPT TO:<a@163.com>"), (250, b"OK."))
    same("DATA", c.docmd("DATA"), (354, b"End data with <CR><LF>.<CR><LF>."))
    c.send(b"From: =?utf-8?q?=E7=BD=91?= <%s>\r\n\r\n..dot\r\n...\r\n"
           b"end\r\n.\r\n" % USER.encode())
    same("dot", c.getreply(), (250, b"OK: queued as."))
    same("content without stuffing", read(s, "1.eml").split(b"\r\n\r\n")[1],
         b".dot\r\n..\r\nend\r\n")
    f = facts(s)
    same("facts", (f["auth"], f["mail_from"], f["rcpt_to"], f["user"],
                   f["mail_parameters"], f["implicit_tls"]),
         ("LOGIN", USER, ["a@163.com"], USER, {"SIZE": "99"}, False))
    case("TLS version", f["tls"].startswith("TLSv1."))
    for name, head in (("no From", b"To: x\r\n"),
                       ("another From", b"From: <x@qq.com>\r\n"),
                       ("two From", b"From: %s\r\nFrom: %s\r\n" % (
                           (USER.encode(),) * 2)),
                       ("encoded address",
                        b"From: =?utf-8?q?50627xxxx=40qq.com?=\r\n")):
        c.mail(USER)
        c.rcpt("a@b.cn")
        code, reply = c.data(head + b"\r\nx\r\n")
        case(name + " is 550", code == 550 and b'"From" header' in reply)
    same("QUIT on 587", c.quit(), (221, b"Bye."))
    c = login(s, implicit=True)
    case("465 has no STARTTLS", not c.has_extn("starttls"))
    c.sendmail(USER, ["a@b.cn"], MAIL)
    same("second mail", read(s, "2.eml"), MAIL)
    try:
        c.quit()
        case("odd QUIT on 465", False)
    except smtplib.SMTPServerDisconnected:
        case("odd QUIT on 465", True)
    try:
        login(s, password="wrong")
        case("a wrong password is 535", False)
    except smtplib.SMTPAuthenticationError as e:
        case("a wrong password is 535", e.smtp_code == 535 and
             b"authorization code" in e.smtp_error)
same("a correct client breaks no rule", read(s, "violations"), b"")
same("the golden dialogue", codes(s, "1.session")[-1], "221")

with serve("--clear", "--without", "AUTH") as s:
    MAIL_RCPT = b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"
    raw(s, MAIL_RCPT + b"DATA\r\n")
    for content in (b"A: b\n\r\nx\r\n.\r\n", b"A: b\r\n\r\nx\0\r\n.\r\n",
                    b"A: b\r\n\r\nx\ry\r\n.\r\n",
                    b"A: b\r\n\r\n\xe4\r\n.\r\n", b"A: \xe4\r\n\r\n\r\n.\r\n",
                    b"A: b\r\n\r\n.x\r\n.\r\n"):
        c = smtplib.SMTP("127.0.0.1", s.smtp_port)
        c.ehlo()
        c.mail("a@b")
        c.rcpt("c@d")
        c.docmd("DATA")
        c.send(content)
        c.getreply()
        c.quit()
    raw(s, b"NOOP\n")
    raw(s, b"EHLO x\r\n", b"MAIL FROM: <a@b>\r\n")
seen = read(s, "violations").decode()
for what in ("bare LF in the content", "NUL in the content",
             "bare CR in the content", "8-bit octets in the content without",
             "8-bit octets in the header", "a dot is not stuffed",
             "bare LF after a command", "octets came right behind EHLO",
             "syntax of "):
    case("noticed: " + what, what in seen, seen)

with serve("--clear", "--without", "AUTH", "--discard") as s:
    c = smtplib.SMTP("127.0.0.1", s.smtp_port)
    line = b"x" * 75 + b"\r\n"
    for count in range(200):
        c.sendmail("a@b", ["c@d"], MAIL)
    c.sendmail("a@b", ["c@d"], b"A: b\r\n\r\n" + line * 400000)
    c.quit()
same("201 mails, the last of 30 MB", read(s, "mails"), b"201\n")

FAULTS = [
    ("connect=554 no", b"", b"554 no\r\n"),
    ("connect=421 later|close", b"", b"421 later\r\n"),
    ("ehlo=raw:2|close", b"EHLO x\r\n", b"2"),
    ("ehlo=250 a\\nb", b"EHLO x\r\n", b"250-a\r\n250 b\r\n"),
    ("ehlo=split", b"EHLO x\r\n", b"250 8BITMIME\r\n"),
    ("noop#2=450 b", b"NOOP\r\nNOOP\r\nNOOP\r\n",
     b"250 OK.\r\n450 b\r\n250 OK.\r\n"),
    ("noop#2-=450 b", b"NOOP\r\nNOOP\r\nNOOP\r\n",
     b"250 OK.\r\n450 b\r\n450 b\r\n"),
    ("rcpt=450 b", MAIL_RCPT, b"250 OK.\r\n450 b\r\n"),
    ("dot=store|close", MAIL_RCPT + b"DATA\r\n\r\nx\r\n.\r\n",
     b"354 End data with <CR><LF>.<CR><LF>.\r\n"),
    ("body@5=552 big", MAIL_RCPT + b"DATA\r\n\r\nx\r\n.\r\n", b"552 big\r\n"),
]
for rule, sent, end in FAULTS:
    with serve("--clear", "--without", "AUTH", "--fault", rule) as s:
        got = raw(s, sent)
        case("fault " + rule, got.endswith(end), got)
        if rule.startswith("dot"):
            same("  and the mail is there", read(s, "1.eml"), b"\r\nx\r\n")

for name in ("expired", "wrong-name", "unknown", "self-signed"):
    with serve("--cert", "certs/%s.pem" % name) as s:
        try:
            with smtplib.SMTP("127.0.0.1", s.smtp_port) as c:
                c.starttls(context=TRUST)
            case("certificate: " + name, False)
        except ssl.SSLCertVerificationError as e:
            case("certificate: %s: %s" % (name, e.verify_message), True)

for mechanism in ("PLAIN", "CRAM-MD5"):
    with serve("--auth", mechanism, "--advertise", mechanism) as s:
        with smtplib.SMTP("127.0.0.1", s.smtp_port) as c:
            c.starttls(context=TRUST)
            c.login(USER, PASSWORD)
            c.sendmail(USER, ["a@b"], MAIL)
        same("login by " + mechanism, facts(s)["auth"], mechanism)
done()
