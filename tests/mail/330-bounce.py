#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports about mails (RFC 3464), read back by Python's email package."""

import email
import email.policy
import os
import re
import subprocess
import sys

sys.path.insert(0, os.environ["srcdir"] + "/tests/lib")
from tap import case, done, same  # noqa: E402

MAIL = b"".join(line + b"\r\n" for line in (
    b"Date: Mon, 23 Nov 2026 18:00:00 +0000",
    b"From: Me <me@example.org>",
    b"To: a@example.net",
    b"Subject: report",
    b"",
    b"a text",
    b"--=_report_unique1--",
    b"",
    b". and its end  "))
BIT8 = MAIL.replace(b"a text", "Grüße, 网络".encode())
REFUSED = ["to=a@example.net", "stage=rcpt", "reply=5xx", "code=550",
           "text=5.1.1 no such user"]
NOW = "now=1795457314"
env = dict(os.environ, TZ="UTC0", LC_ALL="C.UTF-8",
           QSENDMAIL_TEST_UNIQUE="boundary")


def make(*words, mail=MAIL, sender="me@example.org"):
    """(status, report, lines of standard error)"""
    words = ["sender=" + sender, NOW] + list(words)
    p = subprocess.run(
        [os.environ["builddir"] + "/tests/mail/bounce_tool"] +
        [word if isinstance(word, bytes) else word.encode()
         for word in words], input=mail, env=env, capture_output=True)
    return p.returncode, p.stdout, p.stderr.decode().splitlines()


def read(raw):
    """The report and its three parts."""
    report = email.message_from_bytes(raw, policy=email.policy.SMTP)
    return [report] + list(report.iter_parts())


def blocks(part):
    """The groups of fields of message/delivery-status."""
    return [dict(block.items()) for block in part.get_payload()]


def returned(raw):
    """What stands behind the last part's header, to the octet."""
    body = raw.split(b"\r\n--=_report_boundary1\r\n")[-1]
    body = body.split(b"\r\n\r\n", 1)[1]
    end = b"\r\n--=_report_boundary1--\r\n"
    return body[:-len(end)] if body.endswith(end) else None


# The shape.
status, raw, said = make(
    *REFUSED, "remote=smtp.example.net", "arrival=1795457000", "envid=QQ1",
    "original=rfc822; b@example.net")
same("a report can be made", (status, said),
     (0, ["ENVELOPE <> <me@example.org>", "0 0 0"]))
report, text, fields, mail = read(raw)
same("it is a multipart/report", report.get_content_type(),
     "multipart/report")
same("for delivery-status", report.get_param("report-type"),
     "delivery-status")
same("nothing is wrong in it", [p.defects for p in report.walk()],
     [[]] * len(list(report.walk())))
same("sender, recipient and subject",
     (report["From"], report["To"], report["Subject"]),
     ("Mail Delivery System <me@example.org>", "me@example.org",
      "Undelivered mail returned to sender"))
same("no program should answer it", report["Auto-Submitted"], "auto-replied")
same("date and id", (report["Date"], report["Message-ID"]),
     ("Mon, 23 Nov 2026 18:08:34 +0000", "<boundary2@example.org>"))
same("three parts", [p.get_content_type() for p in (text, fields, mail)],
     ["text/plain", "message/delivery-status", "message/rfc822"])
case("people read whom, why and what the server said",
     "<a@example.net>:\n    the server refused the recipient: "
     "550 5.1.1 no such user\n" in text.get_content().replace("\r", ""),
     text.get_content())
same("programs read this about the mail", blocks(fields)[0], {
    "Original-Envelope-Id": "QQ1",
    "Reporting-MTA": "dns; host.example",
    "Arrival-Date": "Mon, 23 Nov 2026 18:03:20 +0000"})
same("and this about the recipient", blocks(fields)[1], {
    "Original-Recipient": "rfc822; b@example.net",
    "Final-Recipient": "rfc822; a@example.net",
    "Action": "failed", "Status": "5.1.1",
    "Remote-MTA": "dns; smtp.example.net",
    "Diagnostic-Code": "smtp; 550 5.1.1 no such user",
    "Last-Attempt-Date": "Mon, 23 Nov 2026 18:08:34 +0000"})
same("the mail comes back to the octet", returned(raw), MAIL)
case("no bare CR or LF is made",
     not re.search(rb"\r(?!\n)|(?<!\r)\n", raw), raw)

# Several recipients, several fates.
status, raw, said = make(
    "to=a@x", "action=delivered", "stage=content", "reply=2xx", "code=250",
    "text=2.0.0 queued",
    "to=b@x", "action=delayed", "stage=connect", "reply=any",
    "text=connection refused", "until=1795957314",
    "to=c@x", "stage=content", "reply=timeout", "status=4.4.7",
    "to=root@x", "action=expanded", "to=d@x", "action=relayed")
report, text, fields, mail = read(raw)
same("the subject tells the worst", report["Subject"],
     "Undelivered mail returned to sender")
same("each has its block", [(b["Final-Recipient"], b["Action"], b["Status"])
                            for b in blocks(fields)[1:]],
     [("rfc822; a@x", "delivered", "2.0.0"),
      ("rfc822; b@x", "delayed", "4.4.1"),
      ("rfc822; c@x", "failed", "4.4.7"),
      ("rfc822; root@x", "expanded", "2.0.0"),
      ("rfc822; d@x", "relayed", "2.0.0")])
same("only what is tried again has a time for that",
     [b.get("Will-Retry-Until") for b in blocks(fields)[1:]],
     [None, "Sun, 29 Nov 2026 13:01:54 +0000", None, None, None])
same("without a reply nothing is said of a server",
     [b.get("Diagnostic-Code") for b in blocks(fields)[2:4]],
     ["X-qsendmail; no connection to the server: connection refused",
      "X-qsendmail; no answer after the whole mail was sent (it may have "
      "arrived: sending it again may deliver it twice)"])
same("nor where nothing happened", blocks(fields)[4].get("Diagnostic-Code"),
     None)
words = text.get_content()
case("people read it in groups", words.index("<c@x>") < words.index("<b@x>") <
     words.index("<a@x>") and "given up at Sun, 29 Nov 2026" in words, words)
report = read(make("to=a@x", "action=delayed", "stage=rcpt", "reply=4xx",
                   "code=450", "text=later")[1])[0]
same("a delay is no failure", report["Subject"],
     "Delayed mail (still being tried)")

# Who gets it, and from whom.
same("the null reverse-path is not told of anything",
     make(*REFUSED, sender="")[2], ["0 0 0"])
same("a server that takes only the login gets the login",
     make(*REFUSED, "own=me@qq.com")[2][0],
     "ENVELOPE <me@qq.com> <me@example.org>")

# What servers say.
raw = make("to=a@x", "stage=rcpt", "reply=5xx", "code=550",
           "text=用户不存在".encode() + b" (no)")[1]
report, text, fields, mail = read(raw)
case("words beyond ASCII are shown", "550 用户不存在 (no)" in
     text.get_content(), text.get_content())
same("and are encoded for programs",
     str(email.header.make_header(email.header.decode_header(
         blocks(fields)[1]["Diagnostic-Code"]))),
     "smtp; 550 用户不存在 (no)")
same("the report says so", make(
    "to=a@x", "stage=rcpt", "reply=5xx", "code=550", "text=é")[2][1], "1 0 0")
raw = make("to=a@x", "stage=rcpt", "reply=5xx", "code=550",
           b"text=" + "用户不存在".encode("gbk"))[1]
case("GBK is read", "550 用户不存在" in read(raw)[1].get_content())
raw = make("to=a@x", "stage=rcpt", "reply=5xx", "code=550",
           b"text=one\ntwo\r\n.\r\nBcc: x@x\x1b[2J\xff")[1]
report, text, fields, mail = read(raw)
same("lines and controls from outside make no fields",
     (len(blocks(fields)), blocks(fields)[1].get("Bcc")), (2, None))
case("and no lines", "550 one two . Bcc: x@x\\x1b[2J\\xff" in
     text.get_content(), text.get_content())
raw = make("to=a@x", "stage=rcpt", "reply=5xx", "code=550",
           "text=" + "w" * 3000 + " " + "é" * 1500)[1]
same("no line is too long", max(len(line) for line in raw.split(b"\r\n"))
     <= 998, True)
same("nor is any character torn", read(raw)[1].get_content().count("é"),
     1500)

# Addresses.
raw = make("to=ü+x=y@例.example", "stage=address", "reply=any",
           sender="jörg@example.org")[1]
same("an address beyond ASCII is written in ASCII",
     blocks(read(raw)[2])[1]["Final-Recipient"],
     "utf-8; \\x{FC}\\x{2B}x\\x{3D}y@\\x{4F8B}.example")
same("one in the header is told about",
     make(*REFUSED, sender="jörg@example.org")[2],
     ["ENVELOPE <> <jörg@example.org>", "0 1 0"])
same("a very long one, too",
     make("to=" + "a" * 1100 + "@x", *REFUSED[1:])[2][1], "0 0 1")

# The mail that goes back.
status, raw, said = make(*REFUSED, "8bit-body=1", mail=BIT8)
same("8-bit mail goes back as 8-bit", (read(raw)[3]
     ["Content-Transfer-Encoding"], returned(raw), said[1]),
     ("8bit", BIT8, "1 0 0"))
signed = BIT8.replace(b"Subject", b'Content-Type: multipart/signed; '
                      b'boundary="b"\r\nMIME-Version: 1.0\r\nSubject')
same("a signed one, too, to the octet",
     returned(make(*REFUSED, "8bit-body=1", mail=signed)[1]), signed)
for name, flag in ("long lines", "long=1"), ("an 8-bit header",
                                             "8bit-header=1"):
    odd = MAIL.replace(b"Subject: report", "Subject: ü".encode() +
                       b"x" * 1200)
    status, raw, said = make(*REFUSED, flag, "8bit-body=1", mail=odd)
    part = read(raw)[3]
    same("a mail with %s goes back as a file" % name,
         (part.get_content_type(), part.get_filename(),
          part.get_payload(decode=True), said[1]),
         ("application/octet-stream", "original.eml", odd, "0 0 0"))
part = read(make(*REFUSED, "hdrs=1")[1])[3]
same("RET=HDRS gives the header", (part.get_content_type(),
     returned(make(*REFUSED, "hdrs=1")[1])),
     ("text/rfc822-headers", MAIL.split(b"\r\n\r\n")[0] + b"\r\n"))
case("and the text says so", "The header of your mail is attached" in
     read(make(*REFUSED, "hdrs=1")[1])[1].get_content())
part = read(make(*REFUSED, "hdrs=1", "8bit-header=1",
                 mail="Subject: ü\r\nTo: x\r\n\r\ntext\r\n".encode())[1])[3]
same("a header beyond ASCII becomes quoted-printable",
     (part["Content-Transfer-Encoding"], part.get_payload(decode=True)),
     ("quoted-printable", "Subject: ü\r\nTo: x\r\n".encode()))
large = MAIL + b"x" * 70 + b"\r\n"
same("a large mail gives its header", returned(
    make(*REFUSED, "max=%d" % (len(large) - 1), mail=large)[1]),
     MAIL.split(b"\r\n\r\n")[0] + b"\r\n")
same("one that just fits comes back whole", returned(
    make(*REFUSED, "max=%d" % len(large), mail=large)[1]), large)
same("a large header is cut behind a line", returned(
    make(*REFUSED, "max=50")[1]), MAIL.split(b"\r\n")[0] + b"\r\n")
same("or within the only one", returned(make(*REFUSED, "max=5")[1]),
     MAIL[:5])
huge = MAIL + b"0123456789" * 6 + b"\r\n"
huge += (b"0123456789" * 6 + b"\r\n") * 3000
status, raw, said = make(*REFUSED, mail=huge)
same("without another limit it is 100 KiB",
     (read(raw)[3].get_content_type(), len(raw) < 3000),
     ("text/rfc822-headers", True))
for name, mail, want in (
        ("a mail without a body", b"Subject: s\r\n", b"Subject: s\r\n"),
        ("a mail without a header", b"\r\nbody\r\n", b""),
        ("an empty mail", b"", b"")):
    same("%s: its header" % name,
         returned(make(*REFUSED, "hdrs=1", mail=mail)[1]), want)
    same("%s: all of it" % name, returned(make(*REFUSED, mail=mail)[1]), mail)

done()
