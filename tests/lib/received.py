#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""received.py DIR PICTURE: what the exercise's four mails have become.

DIR is that of a test server (qqserver.py) which got the text, then text and
picture, by STARTTLS, and both again by TLS. Shows it; exit status 1 when
anything is not as it was sent.
"""

import email
import email.policy
import hashlib
import json
import re
import sys

TEXT = "I love computer networks!\n"
REPLIES = "220 250 220 250 334 334 235 250 250 354 250 221".split()
wrong = []


def want(what, got, wanted):
    if got != wanted:
        wrong.append("%s: %r instead of %r" % (what, got, wanted))


def replies(path):
    """The codes of a dialogue, one a reply."""
    with open(path, encoding="utf-8", errors="replace") as f:
        return re.findall(r"^> (\d\d\d)(?: |$)", f.read(), re.M)


def look(directory, number, picture):
    base = "%s/%d." % (directory, number)
    with open(base + "json") as f:
        facts = json.load(f)
    with open(base + "eml", "rb") as f:
        octets = f.read()
    message = email.message_from_bytes(octets, policy=email.policy.default)
    defects = [d for part in message.walk() for d in part.defects]
    implicit = number > 2
    want("mail %d: login" % number, facts["auth"], "LOGIN")
    want("mail %d: sender" % number, facts["mail_from"], "50627xxxx@qq.com")
    want("mail %d: recipients" % number, facts["rcpt_to"],
         ["kairosxxxx@163.com"])
    want("mail %d: TLS from the start" % number, facts["implicit_tls"],
         implicit)
    want("mail %d: broken rules" % number, facts["violations"], [])
    want("mail %d: defects" % number, defects, [])
    want("mail %d: subject" % number, message["Subject"], "networks")
    dialogue = replies("%s/%d.session" % (directory, facts["connection"]))
    if implicit:
        # No STARTTLS and no second EHLO; QUIT may find no answer there.
        want("mail %d: replies" % number, dialogue[:9],
             REPLIES[:2] + REPLIES[4:11])
    else:
        want("mail %d: replies" % number, dialogue, REPLIES)
    parts = [p for p in message.walk() if not p.is_multipart()]
    text = parts[0].get_content() if parts else ""
    want("mail %d: text" % number, text.replace("\r\n", "\n"), TEXT)
    print("   mail %d: %s over %s%s, %s: %s" % (
        number, facts["auth"], facts["tls"],
        " from the start" if implicit else " by STARTTLS",
        message.get_content_type(), " ".join(dialogue)))
    if number % 2:
        want("mail %d: parts" % number, len(parts), 1)
        return
    want("mail %d: parts" % number,
         [p.get_content_type() for p in parts], ["text/plain", "image/jpeg"])
    content = parts[-1].get_content() if len(parts) == 2 else b""
    want("mail %d: file name" % number, parts[-1].get_filename(),
         "networks.jpg")
    want("mail %d: encoding" % number,
         parts[-1]["Content-Transfer-Encoding"], "base64")
    received = hashlib.sha256(content).hexdigest()
    want("mail %d: picture" % number, received, picture)
    print("           picture sent      sha256 " + picture)
    print("           picture received  sha256 " + received)


def main(directory, path):
    with open(path, "rb") as f:
        picture = hashlib.sha256(f.read()).hexdigest()
    for number in (1, 2, 3, 4):
        look(directory, number, picture)
    with open(directory + "/violations") as f:
        want("broken rules", f.read(), "")
    for line in wrong:
        print("   WRONG: " + line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
