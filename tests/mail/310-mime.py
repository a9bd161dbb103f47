#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated messages through mime_convert, read before and after by Python.

Nestings, encodings, charsets, boundaries, and damage of all of them, from a
fixed seed (MIME_SEED=n MIME_COUNT=n for other and longer runs). After the
conversion nothing may break a need, and every reader must see the same
parts: media types and decoded contents, white space aside.
"""

import base64
import binascii
import email
import email.errors
import email.policy
import os
import quopri
import random
import re
import subprocess
import sys
import warnings

sys.path.insert(0, os.environ["srcdir"] + "/tests/lib")
from tap import case, done, same  # noqa: E402

warnings.simplefilter("ignore")
BIT7, SHORT, HEADER = 1, 2, 4
COUNT = int(os.environ.get("MIME_COUNT", "200"))
SEED = int(os.environ.get("MIME_SEED", "1"))


class Tool:
    """tests/mail/mime_tool, kept running."""

    def __init__(self):
        self.process = subprocess.Popen(
            [os.environ["builddir"] + "/tests/mail/mime_tool"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def convert(self, message, needs, verb="convert"):
        """(status, sealed, octets)"""
        pipe = self.process.stdin
        pipe.write(b"%s %d %d\n" % (verb.encode(), needs, len(message)))
        pipe.write(message)
        pipe.flush()
        answer = self.process.stdout.readline().split()
        status, sealed, length = (int(word) for word in answer)
        return status, sealed, self.process.stdout.read(length)

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


# --- Making messages ---

WORDS = ("the quick brown fox jumps over a lazy dog and then some = more =3D "
         "text=20 with -- dashes . dots From here").split()
WIDE = {"utf-8": "Grüße aus Köln, 网络图片 ñandú €".split(),
        "iso-8859-1": "Grüße aus Köln, ñandú señor".split(),
        "gbk": "我爱 计算机 网络 图片".split(),
        "koi8-r": "привет из далёкой страны".split()}
TYPES = (["text/plain"] * 6 + ["text/html"] * 3 + [
    "application/octet-stream", "application/pdf", "image/jpeg", "text/csv",
    "application/x-data", "TEXT/Plain", "text", "a/b/c",
    "application/json"])
SPECIAL = ["", ".", "..", "From me to you", "--", "-- ", "---", " ", "\t",
           "trailing   ", "=", "a=", "=41=42", "begin 644 x", "end",
           "Subject: not a field", ">From x"]


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.boundaries = []
        self.wild = False

    def maybe(self, chance):
        return self.r.random() < chance

    def line(self, charset):
        r = self.r
        if self.maybe(.15):
            line = r.choice(SPECIAL)
            if self.boundaries and self.maybe(.2):
                # Nearly a delimiter, or a line that begins like one.
                line = "--" + r.choice(self.boundaries) + r.choice(
                    ["x", " x", "-", "--x", "=", "\u00e9"])
                if charset == "ascii" or charset not in WIDE:
                    line = line.replace("\u00e9", "e")
                elif charset != "utf-8" and charset != "iso-8859-1":
                    line = line.replace("\u00e9", "e")
            return line
        words = WORDS + (WIDE.get(charset, []) * 2)
        count = r.choice([1, 3, 8, 12, 15, 25])
        if self.maybe(.04):
            count = r.choice([180, 300, 1500])
        join = " " if self.maybe(.9) else ""
        return join.join(r.choice(words) for _ in range(count))

    def text(self, charset):
        lines = [self.line(charset) for _ in range(self.r.choice(
            [0, 1, 1, 2, 5, 12, 30]))]
        text = "\r\n".join(lines)
        if self.maybe(.6):
            text += "\r\n"
        return text.encode(charset)

    def binary(self):
        octets = bytes(c for c in range(1, 256) if c not in (10, 13))
        data = b"".join(bytes([self.r.choice(octets)])
                        for _ in range(self.r.choice([0, 1, 50, 700, 4000])))
        return b"\r\n".join(data[i:i + 300] for i in range(0, len(data), 300))

    def content(self):
        """(octets, charset or None)"""
        if self.maybe(.15):
            return self.binary(), None
        charset = self.r.choice(["ascii"] * 3 + ["utf-8"] * 4 + [
            "iso-8859-1", "gbk", "koi8-r"])
        return self.text(charset), charset

    def damage_octets(self, data, what):
        """Puts something in that does not belong into encoded text."""
        if not data:
            return data
        data = bytearray(data)
        for _ in range(self.r.choice([1, 1, 3])):
            at = self.r.randrange(len(data))
            # Not within "=XX" or a line end: readers differ about these.
            at = data.rfind(b"\n", 0, at) + 1
            data[at:at] = what
        return bytes(data)

    def encode(self, data):
        """(value of the field or None, body)"""
        r = self.r
        way = r.choice([None] * 3 + ["7bit", "8bit", "8bit", "binary",
                                     "quoted-printable", "base64", "base64",
                                     "Quoted-Printable", "8-bit", "x-strange"])
        if way and way.lower() == "quoted-printable":
            body = quopri.encodestring(data.replace(b"\r\n", b"\n"))
            body = body.replace(b"\n", b"\r\n")
            if self.maybe(.3):
                body = self.damage_octets(body, r.choice(
                    [b"\xe9", "é".encode(), b"x" * 1200]))
            if self.maybe(.2):
                body = body.replace(b"=\r\n", b"")
            return way, body
        if way == "base64":
            width = r.choice([76, 76, 76, 64, 4, 1000, 5000])
            flat = base64.b64encode(data)
            body = b"\r\n".join(flat[i:i + width]
                                for i in range(0, len(flat), width))
            if self.maybe(.7):
                body += b"\r\n"
            if self.maybe(.2):
                body = self.damage_octets(body, r.choice(
                    [b"\xe9\xa0", b"\xff\r\n", b"\xc3\xa4  "]))
            return way, body
        return way, data

    def parameter(self, name, value):
        if re.fullmatch(r"[A-Za-z0-9!#$&+.^_`{|}~-]+", value) and \
                self.maybe(.6):
            return "%s=%s" % (name, value)
        return '%s="%s"' % (name, value)

    def spell(self, name):
        return self.r.choice([name, name, name.lower(), name.upper()])

    def leaf(self, in_digest):
        data, charset = self.content()
        media = self.r.choice(TYPES)
        fields = []
        if charset is None or in_digest or self.maybe(.85):
            if charset is None:
                media = "application/octet-stream"
            value = media
            if charset and media.lower().startswith("text"):
                value += self.r.choice(["; ", ";", ";\r\n "]) + \
                    self.parameter("charset", charset)
            fields.append((self.spell("Content-Type"), value))
        way, body = self.encode(data)
        if way is not None:
            fields.append((self.spell("Content-Transfer-Encoding"), way))
        self.extra_fields(fields)
        return fields, body

    def uuencoded(self):
        data = self.binary() + b"."
        lines = [b"begin 644 data"]
        for i in range(0, len(data), 45):
            lines.append(binascii.b2a_uu(data[i:i + 45]).rstrip(b"\n"))
        lines += [b"`", b"end"]
        if self.maybe(.5):
            lines.insert(0, "vorweg: Grüße".encode())
        return [("Content-Type", "application/octet-stream"),
                ("Content-Transfer-Encoding", "x-uuencode")], \
            b"\r\n".join(lines) + b"\r\n"

    def report(self):
        blocks = []
        for _ in range(self.r.choice([1, 2, 3])):
            lines = [b"Final-Recipient: rfc822; a@example.org",
                     b"Action: failed", b"Status: 5.1.1"]
            if self.maybe(.5):
                lines.append("Diagnostic-Code: smtp; 550 gibt’s nicht"
                             .encode())
            if self.maybe(.2):
                lines.append(b"X-Long: " + b"word " * 300)
            blocks.append(b"\r\n".join(lines) + b"\r\n")
        return [("Content-Type", "message/delivery-status")], \
            b"\r\n".join(blocks)

    def extra_fields(self, fields):
        if self.maybe(.3):
            fields.append(("Content-Disposition",
                           'attachment; filename="%s"' % self.r.choice(
                               ["a.txt", "grün.txt", "网络.jpg"])))
        if self.maybe(.2):
            fields.append(("Content-Description", self.r.choice(
                ["plain", "mit Umläuten äöü", "word " * 300])))
        self.r.shuffle(fields)

    def boundary(self):
        r = self.r
        b = "".join(r.choice("abcXYZ019=_.+'") for _ in range(
            r.choice([1, 3, 10, 30, 60])))
        if self.boundaries and self.maybe(.3):
            # Of the boundary around, a longer and a shorter one.
            outer = self.boundaries[-1]
            b = r.choice([outer + "x", "-" + outer, outer[:-1] or "q",
                          outer + "-", outer + ("--" if self.wild else "y")])
        if self.maybe(.1):
            b = b + " x:y"
        return b if b not in self.boundaries else b + "uniq"

    def between(self):
        if self.maybe(.5):
            return b""
        return self.text(self.r.choice(["ascii", "utf-8"])) + b"\r\n"

    def multipart(self, depth):
        r = self.r
        boundary = self.boundary()
        value = "multipart/" + r.choice(
            ["mixed", "mixed", "alternative", "related", "digest", "report",
             "Mixed", "x-other"])
        fields = [(self.spell("Content-Type"), value + r.choice(
            ["; ", ";\r\n\t", ";"]) + self.parameter("boundary", boundary))]
        if self.maybe(.4):
            fields.append(("Content-Transfer-Encoding", r.choice(
                ["7bit", "8bit", "binary", "8BIT"])))
        self.extra_fields(fields)
        self.boundaries.append(boundary)
        body = self.between()
        for _ in range(r.choice([1, 1, 2, 3, 5])):
            body += b"--" + boundary.encode() + self.padding()
            body += self.join(*self.entity(depth + 1, "digest" in value))
            body += b"\r\n"
        if self.maybe(.9):
            body += b"--" + boundary.encode() + b"--" + self.padding()
            body += self.between()
        self.boundaries.pop()
        return fields, body

    def padding(self):
        return self.r.choice([b""] * 8 + [b"  ", b"\t", b" " * 1500]) + b"\r\n"

    def message(self, depth):
        fields, body = self.entity(depth + 1)
        inner = [("From", "A <a@example.org>"), ("Subject", self.r.choice(
            ["hello", "Grüße", "word " * 300]))] + fields
        text = self.join(inner, body)
        if self.maybe(.1):
            text = b"From a@example.org Mon Nov 23 18:00:00 2026\r\n" + text
        fields = [("Content-Type", self.r.choice(
            ["message/rfc822", "Message/RFC822", "message/global"]))]
        if self.maybe(.4):
            fields.append(("Content-Transfer-Encoding",
                           self.r.choice(["7bit", "8bit", "binary"])))
        return fields, text

    def join(self, fields, body):
        head = "".join("%s: %s\r\n" % field for field in fields)
        return head.encode() + b"\r\n" + body

    def entity(self, depth, in_digest=False):
        kind = self.r.random()
        if depth < 6 and kind < .35:
            return self.multipart(depth)
        if depth < 6 and kind < .45:
            return self.message(depth)
        if kind < .48:
            return self.report()
        if kind < .51:
            return self.uuencoded()
        if kind < .55 and not in_digest:
            # Python takes a first line "From ..." for one of an mbox.
            return [], b"> " + self.text(self.r.choice(["ascii", "utf-8"]))
        return self.leaf(in_digest)

    def top(self):
        fields, body = self.entity(0)
        head = [("From", "A <a@example.org>"), ("To", "b@example.org"),
                ("Subject", "generated"), ("Date",
                                           "Mon, 23 Nov 2026 18:00:00 +0000")]
        if self.maybe(.8):
            head.append(("MIME-Version", "1.0"))
        return self.join(head + fields, body)


def damaged(maker, make):
    """Something is lost or doubled on the way."""
    maker.wild = True
    message = make(maker)
    r = maker.r
    lines = message.split(b"\r\n")
    start = lines.index(b"") + 1
    for _ in range(r.choice([1, 1, 2, 5])):
        at = r.randrange(start, len(lines))
        if b"boundary" in lines[at].lower():
            continue
        what = r.choice(["drop", "double", "cut", "move", "blank"])
        if what == "drop" and len(lines) > start + 1:
            del lines[at]
        elif what == "double":
            lines.insert(at, lines[at])
        elif what == "cut" and at > start:
            del lines[at:]
        elif what == "move":
            lines.insert(r.randrange(start, len(lines)), lines.pop(at))
        elif what == "blank":
            lines.insert(at, b"")
    return b"\r\n".join(lines) + b"\r\n"


# --- Reading them ---

def leaves(message):
    """[(type, decoded content without white space)]"""
    top = email.message_from_bytes(message, policy=email.policy.compat32)
    found = []
    for part in top.walk():
        if part.is_multipart():
            continue
        data = part.get_payload(decode=True) or b""
        found.append((part.get_content_type(), re.sub(rb"\s+", b"", data)))
    return found


def is_fit(message, needs):
    if needs & BIT7 and not message.partition(b"\r\n\r\n")[2].isascii():
        return False
    if needs & HEADER and not message.partition(b"\r\n\r\n")[0].isascii():
        return False
    return not needs & SHORT or \
        max(len(line) for line in message.split(b"\r\n")) <= 998


UU = ("x-uuencode", "uuencode", "uue", "x-uue")


HEADER_DEFECTS = (email.errors.MisplacedEnvelopeHeaderDefect,
                  email.errors.FirstHeaderLineIsContinuationDefect)


def is_unclear(message):
    """Damage about which readers differ, so that Python's view proves
    nothing."""
    for part in email.message_from_bytes(message).walk():
        kind = part.get_content_maintype()
        encoding = str(part.get("Content-Transfer-Encoding", "")).strip()
        # A message that claims to be encoded (RFC 2046 5.2.1 forbids it).
        if kind == "message" and \
                encoding.lower() in ("quoted-printable", "base64") + UU:
            return True
        # A report with other text in it.
        if part.get_content_type() == "message/delivery-status" and \
                any(block.is_multipart() or block.get_payload()
                    for block in part.get_payload()):
            return True
        # A multipart that has no parts: where does it end?
        if kind == "multipart" and not part.is_multipart():
            return True
        # Text that begins with "From ", or has that among its fields, or
        # begins with the continuation of a field.
        if part.get_unixfrom() is not None and part.get("From") is None or \
                any(isinstance(defect, HEADER_DEFECTS)
                    for defect in part.defects):
            return True
        # Encoded text that is none: then Python gives it as it is.
        if encoding.lower() in ("base64",) + UU and not part.is_multipart():
            decoded = part.get_payload(decode=True)
            part.replace_header("Content-Transfer-Encoding", "8bit")
            raw = part.get_payload(decode=True)
            if decoded in (raw, b"".join(raw.splitlines())):
                return True
    # A close delimiter at once behind a delimiter does not close, to Python.
    return re.search(rb"\r\n--(.+?)[ \t]*\r\n--\1--[ \t]*\r\n",
                     message) is not None


def difference(before, after):
    """Shows where two lists of leaves part."""
    for a, b in zip(before, after):
        if a != b:
            n = 0
            while n < min(len(a[1]), len(b[1])) and a[1][n] == b[1][n]:
                n += 1
            n = max(0, n - 20)
            return "%s %r -> %s %r" % (a[0], a[1][n:n + 80], b[0],
                                       b[1][n:n + 80])
    return "%d leaves -> %d" % (len(before), len(after))


def check(tool, message, needs, unclear):
    """None, or what is wrong."""
    status, sealed, after = tool.convert(message, needs)
    if status != 0:
        return "status %d: %s" % (status, after.decode("utf-8", "replace"))
    if sealed:
        return "sealed"
    if not is_fit(after, needs):
        return "does not fit"
    # Header fields of parts are header fields, too.
    if is_fit(message, needs | (BIT7 if needs & HEADER else 0)) and after != message:
        return "changed without need"
    if not unclear and leaves(message) != leaves(after):
        return difference(leaves(message), leaves(after))
    if tool.convert(after, needs) != (0, 0, after):
        return "a second conversion changes it"
    return None


def run(tool, name, needs, make, allowed=.1):
    wrong, set_aside = [], 0
    for i in range(COUNT):
        maker = Maker("%d %s %d" % (SEED, name, i))
        message = make(maker)
        unclear = is_unclear(message)
        set_aside += unclear
        problem = check(tool, message, needs, unclear)
        if problem:
            wrong.append("%s %d: %s" % (name, i, problem))
            if os.environ.get("MIME_KEEP"):
                path = "%s/%s-%d.eml" % (os.environ["MIME_KEEP"], name, i)
                with open(path.replace(" ", "_"), "wb") as f:
                    f.write(message)
    case("%s: %d messages" % (name, COUNT), not wrong, *wrong[:10])
    case("%s: few unclear ones" % name, set_aside <= allowed * COUNT,
         set_aside)


def main():
    tool = Tool()
    for needs in (BIT7, SHORT, BIT7 | SHORT, BIT7 | SHORT | HEADER, HEADER):
        run(tool, "well-formed, needs %d" % needs, needs, Maker.top)
    for needs in (BIT7, SHORT, BIT7 | SHORT):
        run(tool, "damaged, needs %d" % needs, needs,
            lambda maker: damaged(maker, Maker.top), .2)
    run(tool, "multiparts, needs 3", 3,
        lambda maker: maker.join(*maker.multipart(0)))
    run(tool, "messages, needs 3", 3,
        lambda maker: maker.join(*maker.message(0)))
    same("the program ends well", tool.close(), 0)
    done()


main()
