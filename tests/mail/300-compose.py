#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Composes some hundreds of messages of generated files and reads each back:
by its octets, with Python's email package and, where it is there, with GMime.
Nobody may find a defect, and every file must arrive byte for byte.

    COMPOSE_SEED, COMPOSE_COUNT   other messages, more of them
"""

import email
import email.policy
import hashlib
import os
import random
import re
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests/lib"))
import tap

BUILDDIR = os.environ["builddir"]
TOOL = os.path.join(BUILDDIR, "tests/mail/compose_tool")
GMIME = os.path.join(BUILDDIR, "tests/lib/gmime_dump")
SEED = int(os.environ.get("COMPOSE_SEED", "20261123"))
COUNT = int(os.environ.get("COMPOSE_COUNT", "300"))

NAMES = [
    "networks.jpg", "data", ".hidden", "a.b.c.tar.gz", "two words.txt",
    "网络.jpg", "数据 表.csv", "😀 party 🎉.png", "naïve café.txt",
    "עברית.txt", "日本語のとても長い名前" * 7 + ".pdf",
    "quote\"mark.txt", "back\\slash.txt", "\"", "\\", "\\\"", "apos'trophe.md",
    "semi;colon=equals.txt", "per%20cent%.txt", "%", "100%网络.txt",
    "=?UTF-8?B?eA==?=.txt", "UTF-8''x.txt", "*star*0*=.txt", "a,b:c.txt",
    "rock'n'roll.mp3", "(round) [square] <a@b>.txt", " leading", "trailing ", "two  blanks",
    "x" * 70, "y" * 230 + ".zip", "long words " * 20 + ".txt",
    "é" * 120, "a" * 74 + "é", "~user#1&2.html", "dot.", "..",
]

TEXTS = [
    b"", b"I love computer networks!\n", b"no final newline", b"\n", b"\n\n\n",
    b".\n..\n.leading dots\n", b"From here\n>From there\nFrom \n",
    b"--\nsignature\n", b"--boundary\n\n--boundary--\n--=_x-1\n--=_x-1--\n",
    b"trailing blanks   \ntab\t\n \n", b"crlf\r\nline ends\r\n",
    b"mixed\nline\r\nends\r\n", b"=20 =3D =\nequals=\n",
    "你好，世界\n网络\n".encode(), "no newline 你好".encode(),
    "long line " .encode() * 200 + b"\n", "长".encode() * 700 + b"\n",
    "ä".encode() * 300 + b"x" * 3000 + b"\n", b"x" * 998 + b"\n",
    b"x" * 999 + b"\n", "你好，世界\n".encode("gbk"),
    "café\n".encode("latin-1"), b"\x1b$B4A;z\x1b(B\n",
    b"a\n" * 3000, "\ufeffmark\n".encode(), b"=" * 1500 + b"\n",
    "网".encode("gbk") * 600 + b"\n",
]


class File:
    """A file to attach, and what must become of it."""

    def __init__(self, data, types, mail=None, suffix=None):
        self.data = data
        self.types = types   # acceptable media types, None: any
        self.mail = mail     # goes as message/rfc822
        self.suffix = suffix


def generate_file(r):
    def noise(n):
        return bytes(r.getrandbits(8) for _ in range(n))

    kind = r.randrange(13)
    if kind == 0:
        return File(b"", None)
    if kind == 1:
        return File(b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1" + noise(r.randrange(
            5000)), ["image/jpeg"])
    if kind == 2:
        return File(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + noise(500),
                    ["image/png"])
    if kind == 3:
        return File(b"%PDF-1.4\n" + noise(r.randrange(2000)),
                    ["application/pdf"])
    if kind == 4:
        return File(bytes(range(256)) * r.randrange(1, 40), None)
    if kind == 5:
        return File(noise(r.choice([1, 2, 3, 56, 57, 58, 113, 114, 115])),
                    None)
    if kind == 6:
        return File(zlib.compress(noise(300)) * r.randrange(1, 300), None)
    if kind == 7:
        data = b"From: a@b.example\nTo: c@d.example\nSubject: inner\n\nhello\n"
        variant = r.randrange(5)
        if variant == 1:
            data = data.replace(b"\n", b"\r\n") + b"no newline"
        elif variant == 2:
            data += "世界\n--=_x-1\n.\n".encode()
        elif variant == 3:
            data += b"x" * 999 + b"\n"
        elif variant == 4:
            data = data.replace(b"inner", "内".encode())
        return File(data, None, mail=variant < 3, suffix=".eml")
    if kind == 8:
        return File(b"a,b\n" * r.randrange(1, 5000), ["text/csv"],
                    suffix=".csv")
    return File(r.choice(TEXTS), None)


class Case:
    """One message: what goes in, and what the tree must look like."""

    def __init__(self, r, number):
        self.number = number
        self.arguments = []
        self.files = []      # (kind, File, name told, type given)
        self.header = []
        self.text = self.html = None
        self.inlines = []
        self.given = None    # the text is an original part: its raw octets
        self.make_text(r)
        if self.given is None:
            self.make_html(r)
        for _ in range(r.choice([0, 0, 0, 1, 1, 2, 3]) if not self.inlines
                       else 0):
            self.add(r, "inline")
        for _ in range(r.choice([0, 0, 1, 1, 1, 2, 3, 5])):
            self.add(r, "attach")

    def store(self, data, name=None):
        directory = "%d.%d" % (self.number, len(self.arguments))
        os.mkdir(directory)
        path = os.path.join(directory, name or "f")
        with open(path, "wb") as f:
            f.write(data)
        return path

    def make_text(self, r):
        kind = r.randrange(10)
        if kind == 0:
            return
        data = r.choice(TEXTS)
        if kind == 1:
            data = self.make_original(r)
        elif r.randrange(3) == 0:
            self.arguments += ["--charset", "gbk"]
        self.text = data
        self.arguments += ["--text", self.store(data)]

    def make_original(self, r):
        """A text that came with its own fields."""
        kind = r.randrange(4)
        if kind == 0:
            self.header = ["Content-Type: text/plain; charset=gbk"]
            self.given = "你好\n".encode("gbk")
        elif kind == 1:
            self.header = ["Content-Type: text/plain; charset=utf-8",
                           "Content-Transfer-Encoding: base64",
                           "Content-Language: zh"]
            self.given = b"5L2g5aW9Cg==\n"
        else:
            self.header = ["Content-Type: multipart/%s; boundary=\"inner=_x\"" %
                           ("mixed" if kind == 2 else "signed; "
                            "protocol=\"application/pgp-signature\"; "
                            "micalg=pgp-sha256")]
            self.given = (
                "preamble\n--inner=_x\nContent-Type: text/plain; charset=utf-8\n"
                "Content-Transfer-Encoding: 8bit\n\n你好  \n\n--inner=_x\n"
                "Content-Type: application/pgp-signature\n\nsig\n--inner=_x--\n"
                "epilogue\n").encode()
        for field in self.header:
            self.arguments += ["--header", field]
        return self.given

    def make_html(self, r):
        if r.randrange(3):
            return
        for _ in range(r.choice([0, 0, 1, 2, 3])):
            self.add(r, "inline")
        references = "".join(
            r.choice(['<img src="cid:%s">', "<img src='cid:%s'>"]) %
            name.replace("'", "%27").replace('"', "%22").replace("%", "%25")
            if not set(name) & set("%'\"") else ""
            for _, _, name, _ in self.files)
        kind = r.randrange(4)
        body = "<html>\n<body>%s你好</body></html>\n" % references
        if kind == 0:
            body = body.replace("\n", "\r\n")
        self.html = body.encode()
        if kind == 1 and not self.files:
            self.html = body.replace(
                "<body>", "<head><meta charset=\"gbk\"></head><body>").encode(
                    "gbk")
        if kind == 2:
            self.html += b"<!-- " + b"x" * 2000 + b" -->"
        self.arguments += ["--html", self.store(self.html)]

    def add(self, r, kind):
        file = generate_file(r)
        name = r.choice(NAMES) + (file.suffix or "")
        given = r.choice([None, None, None, "text/csv", "image/x-thing",
                          "text/plain; charset=\"utf-8\""])
        if file.suffix:
            given = None
        self.files.append((kind, file, name, given))
        if kind == "inline":
            self.inlines.append(name)
        if name not in (".", "..") and len(name.encode()) < 250 and \
                r.randrange(2):
            self.arguments += ["--" + kind, self.store(file.data, name)]
        else:
            self.arguments += ["--" + kind, self.store(file.data),
                               "--name", name]
        if given:
            self.arguments += ["--type", given]

    # What is expected.

    def text_octets(self):
        """CRLF, and one at the end."""
        return canonical(self.text)

    def tree(self):
        """Nested (type, [children]) with leaves (kind, index)."""
        has_parts = self.files or self.html is not None
        e = None
        if self.text is not None and (self.text or self.header or
                                      not has_parts):
            e = ("text", 0)
        if self.html is not None:
            e = ("multipart/alternative", [e, ("html", 0)]) if e else (
                "html", 0)
        inlines = [("file", i) for i, f in enumerate(self.files)
                   if f[0] == "inline"]
        attachments = [("file", i) for i, f in enumerate(self.files)
                       if f[0] == "attach"]
        if self.html is not None and inlines:
            e = ("multipart/related", [e] + inlines)
        else:
            attachments = inlines + attachments
        if attachments:
            e = ("multipart/mixed", ([e] if e else []) + attachments)
        return e


def canonical(data):
    data = re.sub(rb"\r*\n|\r", b"\n", data.replace(b"\0", b""))
    if data and not data.endswith(b"\n"):
        data += b"\n"
    return data.replace(b"\n", b"\r\n")


class Problems(list):
    def check(self, condition, *words):
        if not condition:
            self.append(" ".join(str(w)[:300] for w in words))
        return condition


# Octets: our own little reader, for what parsers are lenient about.

def split_raw(raw, problems):
    """(header lines unfolded, body) of an entity."""
    head, blank, body = raw.partition(b"\r\n\r\n")
    if raw.startswith(b"\r\n"):
        head, body = b"", raw[2:]
    else:
        problems.check(blank, "no blank line behind", head[:80])
    for line in head.split(b"\r\n"):
        problems.check(len(line) <= 998, "long header line", len(line))
        problems.check(line.isascii(), "8-bit header line", line)
        problems.check(line.strip(), "blank header line in", head)
    return re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n"), body


def raw_parts(raw, problems):
    """A tree like email's: (fields, body) or (fields, [parts])."""
    fields, body = split_raw(raw, problems)
    fields = dict((f.split(b":", 1)[0].lower(), f.split(b":", 1)[1].strip())
                  for f in fields if f)
    kind = fields.get(b"content-type", b"text/plain")
    boundary = re.search(rb'boundary="(=_[a-z2-7]+-\d+)"', kind)
    if not kind.startswith(b"multipart/") or not boundary:
        return fields, body
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary[1])
    problems.check(pieces[0] == b"", "a preamble", pieces[0])
    problems.check(pieces[-1] == b"--\r\n" or pieces[-1] == b"--",
                   "behind the close delimiter:", pieces[-1])
    for p in pieces[1:-1]:
        problems.check(p.startswith(b"\r\n"), "boundary is a prefix", p[:20])
    return fields, [raw_parts(p[2:], problems) for p in pieces[1:-1]]


def check_encodings(part, problems):
    """8-bit octets only where they are announced; true if there are some."""
    fields, body = part
    encoding = fields.get(b"content-transfer-encoding", b"7bit")
    if isinstance(body, list):
        is_8bit = any([check_encodings(p, problems) for p in body])
        problems.check(encoding in (b"7bit", b"8bit"), "multipart", encoding)
    else:
        is_8bit = not body.isascii()
    problems.check(is_8bit == (encoding == b"8bit"), encoding,
                   "announced, 8-bit:", is_8bit)
    return is_8bit


def leaves(part):
    if isinstance(part[1], list):
        return [x for p in part[1] for x in leaves(p)]
    return [part]


# Python's email.

def tree_of(message, is_original):
    """The structure as Case.tree gives it, leaves numbered in order."""
    if message.is_multipart() and not is_original(message) and \
            message.get_content_type() != "message/rfc822":
        return (message.get_content_type(),
                [tree_of(m, is_original) for m in message.iter_parts()])
    return message


def match(tree, want, case, problems, found):
    if want[0].startswith("multipart/"):
        if not problems.check(isinstance(tree, tuple) and tree[0] == want[0] and
                              len(tree[1]) == len(want[1]), "structure", tree,
                              "instead of", want):
            return
        for a, b in zip(tree[1], want[1]):
            match(a, b, case, problems, found)
        return
    if problems.check(not isinstance(tree, tuple), "structure", tree,
                      "instead of", want):
        found.append((want, tree))


# RFC 2047 words within quotes are what old clients want of "name" (and no
# standard), so email's complaint about these, and only these, is expected.
EXPECTED = ("encoded word inside quoted string",
            "missing trailing whitespace after encoded-word")


def check_defects(message, problems):
    for part in message.walk():
        problems.check(not part.defects, "defects", part.defects)
        for name, value in part.items():
            for defect in getattr(value, "defects", ()):
                problems.check(
                    name == "Content-Type" and str(defect) in EXPECTED and
                    "name=\"=?" in dict(part.raw_items())[name].replace(
                        "\r\n", ""),
                    name, repr(defect), value)


def check_text(part, octets, subtype, problems):
    problems.check(part.get_content_type() == "text/" + subtype, "type",
                   part.get_content_type())
    got = part.get_payload(decode=True)
    problems.check(got == octets, subtype, "text", got[:100], "instead of",
                   octets[:100])
    charset = part.get_param("charset")
    if octets.isascii():
        problems.check(charset == "us-ascii", "charset", charset)
    elif is_utf8(octets):
        problems.check(charset == "utf-8", "charset", charset)
    else:
        problems.check(charset in ("gbk", "unknown-8bit"), "charset", charset)


def is_utf8(data):
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def check_old_name(got, name, problems):
    """Names that would be misread or are too long are left out."""
    if "=?" in name or name.count("'") > 1 or len(name.encode()) > 255:
        name = None
    problems.check(got == name, "old name", repr(got), "instead of",
                   repr(name))


def check_file(part, raw, file, problems):
    kind, content, name, given = file
    told = name.rsplit("/", 1)[-1]
    # get_filename() would lose blanks at both ends.
    got = part["Content-Disposition"].params.get("filename")
    problems.check(got == told, "name", repr(got), "instead of", repr(told))
    check_old_name(part["Content-Type"].params.get("name"), told, problems)
    problems.check(part.get_content_disposition() ==
                   ("inline" if kind == "inline" else "attachment"),
                   "disposition", part.get_content_disposition())
    problems.check(bool(part["Content-ID"]) == (kind == "inline"),
                   "Content-ID", part["Content-ID"])
    if content.mail:
        problems.check(part.get_content_type() == "message/rfc822", "type",
                       part.get_content_type())
        want = re.sub(rb"\r?\n", b"\r\n", content.data)
        problems.check(raw == want, "mail", raw[-60:], "instead of",
                       want[-60:])
        return
    problems.check(part["Content-Transfer-Encoding"] == "base64",
                   "encoding", part["Content-Transfer-Encoding"])
    got = part.get_payload(decode=True)
    problems.check(got == content.data, "octets", len(got), "instead of",
                   len(content.data))
    if content.mail is False:
        problems.check(part.get_content_type() == "application/octet-stream",
                       "unclean mail as", part.get_content_type())
    elif given:
        problems.check(part.get_content_type() == given.split(";")[0], "type",
                       part.get_content_type(), "instead of", given)
    elif content.types:
        problems.check(part.get_content_type() in content.types, "type",
                       part.get_content_type(), "instead of", content.types)
    charset = part.get_param("charset")
    if charset and not (given and "charset" in given):
        problems.check(part.get_content_maintype() == "text",
                       "a charset for", part.get_content_type())
        problems.check(decodes(content.data, charset), "false charset",
                       charset)
    elif part.get_content_maintype() == "text":
        problems.check(charset or not is_utf8(content.data) or
                       b"\x1b" in content.data or b"\0" in content.data,
                       "no charset for UTF-8")


def decodes(data, charset):
    try:
        data.decode(charset)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def check_references(message, html, case, problems):
    """Every cid: of the HTML is a Content-ID, every file was meant."""
    ids = [p["Content-ID"][1:-1] for p in message.walk() if p["Content-ID"]]
    problems.check(len(ids) == len(set(ids)), "Content-IDs", ids)
    text = html.get_payload(decode=True).decode("utf-8", "replace")
    references = re.findall("src=[\"']cid:([^\"']*)", text)
    problems.check(set(references) <= set(ids), "references", references, ids)
    problems.check(all(i.isascii() for i in ids), "8-bit Content-IDs", ids)
    meant = [n for n in case.inlines if not set(n) & set("%'\"")] \
        if b"src=" in case.html else []
    problems.check(len(references) == len(meant), "references", references,
                   "to", meant)
    by_id = dict((p["Content-ID"][1:-1],
                  p["Content-Disposition"].params["filename"])
                 for p in message.walk() if p["Content-ID"])
    problems.check([by_id.get(x) for x in references] == meant,
                   "references lead to", [by_id.get(x) for x in references],
                   "instead of", meant)


def check_html(part, case, problems):
    got = part.get_payload(decode=True)
    want = canonical(case.html)
    forget = rb"(src=[\"']cid:)[^\"']*"
    problems.check(part.get_content_type() == "text/html", "type",
                   part.get_content_type())
    problems.check(re.sub(forget, rb"\1", got) == re.sub(forget, rb"\1", want),
                   "HTML", got[:200], "instead of", want[:200])
    charset = part.get_param("charset")
    problems.check(charset == ("utf-8" if is_utf8(want) else "gbk"),
                   "charset", charset)


# GMime.

def check_gmime(raw, case, leaves_wanted, problems):
    run = subprocess.run([GMIME], input=raw, capture_output=True)
    problems.check(run.returncode == 0, run.stderr)
    seen = []
    for line in run.stdout.decode().splitlines():
        words = line.split(" ")
        if not words[1].startswith("multipart/"):
            seen.append(dict([w.split("=", 1) for w in words[2:]],
                             type=words[1]))
    if case.given is not None and b"multipart/" in \
            case.header[0].encode():
        seen = seen[1:]      # the two parts of the original
        seen[0] = None
    if not problems.check(len(seen) == len(leaves_wanted), "GMime sees",
                          seen):
        return
    for got, (want, raw_leaf) in zip(seen, leaves_wanted):
        if want[0] != "file":
            continue
        _, content, name, _ = case.files[want[1]]
        told = bytes.fromhex(got["name"]).decode()
        problems.check(told == name, "GMime: name", repr(told), "instead of",
                       repr(name))
        check_old_name(bytes.fromhex(got["old"]).decode() or None, name,
                       problems)
        if not content.mail:
            problems.check(got["sha256"] == hashlib.sha256(
                content.data).hexdigest(), "GMime: other octets")


def run_case(case):
    problems = Problems()
    run = subprocess.run([TOOL] + case.arguments, capture_output=True)
    raw = run.stdout
    want = case.tree()
    if not problems.check(run.returncode == 0, run.returncode,
                          run.stderr.decode(errors="replace")):
        return problems
    problems.check(not re.search(rb"[^\r]\n|\r[^\n]|\0|\r\Z", raw),
                   "bare CR, bare LF or NUL")
    if want is None:
        problems.check(raw == b"\r\n", "nothing became", raw)
        return problems
    # GMime loses what stands in B words behind padding.
    problems.check(not re.search(rb"=\?=\r\n =\?UTF-8\?B\?", raw),
                   "a B word with padding that is not the last")
    tree = raw_parts(raw, problems)
    check_encodings(tree, problems)
    body = raw.split(b"\r\n\r\n", 1)[1]
    lines = body.split(b"\r\n")
    problems.check(max(map(len, lines)) <= 998, "long line")
    facts = "%d %d %d %d\n" % (
        len(body), len(lines) - (lines[-1] == b""),
        sum(c > 127 for c in body), max(map(len, lines)))
    problems.check(run.stderr.decode() == facts, "facts", run.stderr,
                   "instead of", facts)

    message = email.message_from_bytes(raw, policy=email.policy.default)
    problems.check(message["MIME-Version"] == "1.0", "MIME-Version")
    check_defects(message, problems)
    found = []
    original = "boundary=\"inner=_x\""
    match(tree_of(message, lambda m: original in str(m["Content-Type"])),
          want, case, problems, found)
    raws = leaves(tree)
    if not problems.check(len(raws) == len(found), "leaves", len(raws)):
        return problems
    for (leaf, part), (_, octets) in zip(found, raws):
        if leaf[0] == "text" and case.given is not None:
            problems.check(octets == canonical(case.given), "original text",
                           octets)
            for field in case.header:
                name, value = field.split(": ", 1)
                problems.check(
                    part[name].replace("\"", "").split() ==
                    value.replace("\"", "").split(), name, part[name])
        elif leaf[0] == "text":
            check_text(part, case.text_octets(), "plain", problems)
        elif leaf[0] == "html":
            check_html(part, case, problems)
            check_references(message, part, case, problems)
        else:
            check_file(part, octets, case.files[leaf[1]], problems)
    if os.path.exists(GMIME):
        check_gmime(raw, case, [(leaf, octets) for (leaf, _), (_, octets)
                                in zip(found, raws)], problems)
    return problems


def main():
    r = random.Random(SEED)
    if not os.path.exists(GMIME):
        tap.skip("GMime reads the messages", "built without gmime-3.0")
    for number in range(COUNT):
        case = Case(r, number)
        problems = run_case(case)
        tap.case("message %d: %s" % (
            number, re.sub(r"['(),]", "", str(case.tree())).replace(
                "file ", "file") or "nothing"), not problems,
            " ".join(case.arguments), *problems)
    tap.done()


main()
