#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail submission server for tests that behaves like smtp.qq.com.

    qqserver.py --dir DIR --cert FILE [options]       serve until SIGTERM
    qqserver.py --background --dir DIR ...            return when ready
    qqserver.py --stop DIR                            end it, wait until ended

It listens on two free ports of 127.0.0.1, one as QQ's 587 (STARTTLS first,
530 otherwise) and one as QQ's 465 (TLS from the start, and no proper answer
to QUIT once a mail was taken), and prints shell assignments: SMTP_PORT=,
SMTPS_PORT=, SERVER_PID=, SERVER_DIR=. With --unix PATH there is also a local
socket, like the first port. From Python: "with Server(options(
["--dir", d, "--cert", pem])) as s:" and s.smtp_port, s.smtps_port.

Each mail is in DIR when its final reply goes out: N.eml holds the content as
it was sent, dot-stuffing undone, and N.json

    number connection tls (null or version) auth (null or mechanism) user ehlo
    peer (the client's address) sni (the server name it asked for)
    mail_from mail_parameters {} rcpt_to [] rcpt_parameters [] refused []
    size sha256 longest_line commands [] violations []

DIR/N.session is the dialogue of connection N, "< " for what came, "> " for
what went. DIR/violations has every break of a rule, one a line: bare CR or LF
or NUL, commands or content sent too early, 8-bit octets or parameters that
were not offered, and so on. It is empty for a correct client.

--fault STAGE[#N]=ACTION makes things go wrong. The stages: connect, starttls,
tls (the handshake), ehlo, helo, auth, user, password, mail, rcpt, data, body,
body@OCTETS (when so much of it has come), dot, rset, noop, quit. N counts
from 1 over all connections; "#N-" means from N on. An ACTION is one or more
of these, with | between them:

    NNN text     this reply instead ("\\n" separates lines)
    raw:TEXT     these octets instead (\\r \\n \\0 \\xNN \\\\)
    normal       what would have been done
    store        (dot) keep the mail, say nothing
    split        the normal reply, octet by octet
    delay:S      wait S seconds
    close        end the connection; "reset" does it with RST
    hang         say nothing more until the other side closes

Examples: --fault 'rcpt#2=450 4.2.1 busy', --fault 'dot=store|close',
--fault 'starttls=raw:220 go\\r\\n250 injected\\r\\n'.
"""

import argparse
import base64
import email.utils
import fcntl
import hashlib
import json
import os
import re
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import traceback

NAME = "newxmesmtplogicsvrszc8.qq.com"
LOGIN_FAILED = (
    "535 Login Fail. Please enter your authorization code to login. More "
    "information in http://service.mail.qq.com/cgi-bin/help?subtype=1&&id="
    "28&&no=1001256")
BAD_FROM = (
    '550 The "From" header is missing or invalid. Please follow RFC5322, '
    "RFC2047, RFC822 standard protocol. https://service.mail.qq.com/detail/"
    "124/995.")
LINE_MAX = 65536
STAGES = ("connect starttls tls ehlo helo auth user password mail rcpt data "
          "body dot rset noop quit").split()


def options(arguments):
    p = argparse.ArgumentParser(
        description=__doc__.replace("%", "%%"),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--dir", default=".")
    p.add_argument("--cert", help="PEM file: certificate, chain and key")
    p.add_argument("--address", default="127.0.0.1")
    p.add_argument("--user", default="50627xxxx@qq.com")
    p.add_argument("--password", default="abcdefghijklmnop")
    p.add_argument("--sender", choices=("login", "any"), default="login",
                   help="any: no rules for reverse-path and From")
    p.add_argument("--auth", default="LOGIN",
                   help="mechanisms that work (LOGIN PLAIN XOAUTH2 "
                   "OAUTHBEARER CRAM-MD5 DIGEST-MD5 NTLM EXTERNAL)")
    p.add_argument("--advertise", default="LOGIN PLAIN XOAUTH XOAUTH2",
                   help="mechanisms that EHLO names")
    p.add_argument("--no-initial", action="store_true",
                   help="refuse AUTH with an initial response (Coremail)")
    p.add_argument("--without", action="append", default=[],
                   metavar="KEYWORD", help="do not offer this extension; "
                   "without AUTH no login is needed")
    p.add_argument("--with", action="append", default=[], dest="extra",
                   metavar="LINE", help="one more EHLO line (SMTPUTF8, DSN)")
    p.add_argument("--clear", action="store_true",
                   help="TLS is not demanded on the first port")
    p.add_argument("--size", type=int, default=73400320)
    p.add_argument("--refuse", action="append", default=[],
                   metavar="ADDRESS=REPLY", help="refuse this recipient")
    p.add_argument("--max-recipients", type=int, default=0,
                   help="452 for more recipients of one mail")
    p.add_argument("--tls-version", choices=("1.0", "1.1", "1.2", "1.3"),
                   help="nothing but this version")
    p.add_argument("--client-ca", metavar="FILE",
                   help="want a client certificate from this authority")
    p.add_argument("--unix", metavar="PATH",
                   help="listen on this socket as well")
    p.add_argument("--discard", action="store_true",
                   help="keep no mails and no sessions, only count")
    p.add_argument("--fault", action="append", default=[])
    p.add_argument("--background", action="store_true")
    p.add_argument("--stop", metavar="DIR")
    return p.parse_args(arguments)


def text(octets):
    return octets.decode("utf-8", "surrogateescape")


def octets(s):
    return s.encode("utf-8", "surrogateescape")


def unescape(s):
    def one(m):
        return {"r": "\r", "n": "\n", "0": "\0", "\\": "\\"}.get(
            m[1]) or chr(int(m[1][1:], 16))
    return re.sub(r"\\(x[0-9a-fA-F]{2}|[rn0\\])", one, s).encode("latin-1")


class End(Exception):
    """This connection is over."""


class Fault:
    """One --fault: where, which time, what."""

    def __init__(self, rule):
        m = re.match(r"([a-z]+)(?:@(\d+))?(?:#(\d+)(-?))?=(.*)$", rule, re.S)
        if not m or m[1] not in STAGES:
            raise SystemExit("qqserver.py: bad fault: " + rule)
        self.stage, self.at = m[1], int(m[2] or 1)
        self.count, self.first = 0, int(m[3] or 1)
        self.last = float("inf") if not m[3] or m[4] else self.first
        self.actions = m[5].split("|")


class Mail:
    """The transaction under way."""

    def __init__(self, sender, parameters):
        self.sender, self.parameters = sender, parameters
        self.recipients, self.recipient_parameters = [], []
        self.refused = []


class Body:
    """Takes content as it comes, undoes dot-stuffing, looks at it."""

    def __init__(self, out, allow_8bit):
        self.out, self.allow_8bit = out, allow_8bit
        self.rest = b""             # the line that is not whole yet
        self.line_start = True      # rest begins a line
        self.size = self.longest = self.line = 0
        self.head, self.in_head = b"", True
        self.digest = hashlib.sha256()
        self.violations = set()

    def take(self, data):
        """Returns what follows the final dot; None when it has not come."""
        data = self.rest + data
        if self.line_start and data.startswith(b".\r\n"):
            return data[3:]
        end = data.find(b"\r\n.\r\n")
        if end >= 0:
            self.put(data[:end + 2])
            return data[end + 5:]
        cut = data.rfind(b"\r\n") + 2
        if cut == 1:
            cut = len(data) - 1 if len(data) > 1 << 20 else 0
        self.put(data[:cut])
        self.rest = data[cut:]
        return None

    def put(self, data):
        if not data:
            return
        self.look(data)
        if self.line_start and data[:1] == b".":
            data = data[1:]
        self.line_start = data.endswith(b"\r\n")
        if b"\r\n." in data:
            data = data.replace(b"\r\n.", b"\r\n")
        self.size += len(data)
        self.digest.update(data)
        if self.out:
            self.out.write(data)
        if self.in_head:
            self.head += data
            end = 0 if self.head[:2] == b"\r\n" else \
                self.head.find(b"\r\n\r\n", -len(data) - 3)
            if end >= 0 or len(self.head) > 8 << 20:
                self.in_head = False
                self.head = self.head[:end + 2]

    def look(self, data):
        """data is as sent."""
        lines = data.split(b"\r\n")
        lengths = list(map(len, lines))
        lengths[0] += self.line
        self.line = lengths[-1]
        self.longest = max(self.longest, max(lengths))
        if data.count(b"\n") != len(lines) - 1:
            self.violations.add("bare LF in the content")
        if data.count(b"\r") != len(lines) - 1:
            self.violations.add("bare CR in the content")
        if b"\0" in data:
            self.violations.add("NUL in the content")
        if not self.allow_8bit and not data.isascii():
            self.violations.add("8-bit octets in the content without "
                                "BODY=8BITMIME")
        if data.count(b"\r\n.") != data.count(b"\r\n..") or (
                self.line_start and data[:1] == b"." and data[:2] != b".."):
            self.violations.add("a dot is not stuffed")


def from_is(head, login):
    """QQ's rule: one From field whose one address is, in clear, the login."""
    head = re.sub(rb"\r\n(?=[ \t])", b"", head)
    fields = re.findall(rb"(?im)^from[ \t]*:(.*)\r$", head)
    if len(fields) != 1:
        return False
    found = email.utils.getaddresses([text(fields[0])])
    return len(found) == 1 and found[0][1].lower() == login.lower()


class Connection:
    def __init__(self, server, sock, implicit, number):
        self.server, self.options = server, server.options
        self.sock, self.implicit, self.number = sock, implicit, number
        self.input = b""
        self.tls = self.auth = self.user = self.ehlo = None
        try:
            peer = sock.getpeername()
        except OSError:
            peer = ("gone",)        # it has closed already
        self.peer = peer[0] if isinstance(peer, tuple) else "unix"
        self.sni = None
        self.mail, self.delivered = None, 0
        self.commands, self.violations = [], []
        self.session = None
        if not self.options.discard:
            self.session = open("%s/%d.session" % (server.dir, number), "wb",
                                buffering=0)

    # Octets

    def log(self, mark, data):
        if self.session:
            for line in data.splitlines():
                self.session.write(mark + line + b"\n")

    def receive(self):
        data = self.sock.recv(262144)
        if not data:
            raise End
        return data

    def send(self, data):
        self.log(b"> ", data)
        self.sock.sendall(data)

    def violation(self, what):
        self.violations.append(what)
        self.server.note("violations",
                         "connection %d: %s" % (self.number, what))

    def is_more(self):
        """1 when octets have come that were not asked for."""
        if self.input:
            return True
        self.sock.setblocking(False)
        try:
            self.input = self.sock.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        finally:
            self.sock.setblocking(True)
        return bool(self.input)

    def line(self):
        """The next line without its end."""
        while b"\n" not in self.input:
            if len(self.input) > LINE_MAX:
                self.violation("a command of more than %d octets" % LINE_MAX)
                raise End
            self.input += self.receive()
        line, self.input = self.input.split(b"\n", 1)
        self.log(b"< ", line or b"\r")
        if not line.endswith(b"\r"):
            self.violation("bare LF after a command")
        line = line[:-1] if line.endswith(b"\r") else line
        for octet, name in ((b"\r", "bare CR"), (b"\0", "NUL")):
            if octet in line:
                self.violation(name + " in a command")
        self.commands.append(text(line))
        return line

    def shut(self, reset=False):
        """Ends the connection so that what we said can still be read."""
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
        else:
            self.sock.shutdown(socket.SHUT_WR)
            self.sock.settimeout(5)
            while socket.socket.recv(self.sock, 262144):
                pass
        raise End

    def hang(self):
        while True:
            self.receive()

    # Replies and faults

    @staticmethod
    def format(reply):
        code, lines = reply[:3], reply[4:].split("\n")
        return octets("".join("%s-%s\r\n" % (code, s) for s in lines[:-1]) +
                      "%s %s\r\n" % (code, lines[-1]))

    def answer(self, stage, normal, before=lambda: None):
        """Replies to a step, or does what a fault asks for. Returns the first
        digit of the reply. before is called ahead of a positive reply."""
        fault = self.server.fault(stage)
        if not fault:
            if normal[0] == "2":
                before()
            self.send(self.format(normal))
            return int(normal[0])
        return self.go_wrong(fault, normal, before)

    def go_wrong(self, fault, normal, before):
        digit = 0
        for action in fault.actions:
            word, _, rest = action.partition(":")
            if action in ("normal", "split"):
                digit = int(normal[0])
                if digit == 2:
                    before()
                reply = self.format(normal)
                size = 1 if action == "split" else len(reply)
                for i in range(0, len(reply), size):
                    self.send(reply[i:i + size])
            elif action == "store":
                before()
            elif action in ("close", "reset"):
                self.shut(action == "reset")
            elif action == "hang":
                self.hang()
            elif word == "delay":
                self.server.stopping.wait(float(rest))
            elif word == "raw" or re.match(r"\d\d\d[ -]", action):
                reply = unescape(rest) if word == "raw" else \
                    self.format(action.replace("\\n", "\n"))
                digit = int(text(reply[:1])) if reply[:1].isdigit() else 0
                if digit == 2:
                    before()
                self.send(reply)
            else:
                raise ValueError("unknown action: " + action)
        return digit

    # The protocol

    def run(self):
        try:
            if self.implicit:
                self.start_tls()
            elif self.is_more():
                self.violation("the client spoke first")
            self.answer("connect", "220 %s XMail Esmtp QQ Mail Server." % NAME)
            while True:
                self.command(self.line())
        except (End, OSError):
            pass
        except Exception:
            self.server.note("violations", "connection %d: %s" % (
                self.number, traceback.format_exc()))
        finally:
            self.sock.close()
            if self.session:
                self.session.close()

    def start_tls(self):
        fault = self.server.fault("tls")
        if fault:
            self.go_wrong(fault, "220 ", lambda: None)
        self.sock = self.server.context.wrap_socket(
            self.sock, server_side=True, do_handshake_on_connect=False)
        try:
            self.sock.do_handshake()
        except (ssl.SSLError, OSError) as problem:
            self.server.note("handshakes", "connection %d: %s" % (
                self.number, problem))
            # Our alert can be read only if nothing unread is left here.
            self.shut()
        self.server.keep(self.number, self.sock)
        self.tls = self.sock.version()
        self.sni = getattr(self.sock, "asked_for", None)

    def has(self, keyword):
        return keyword not in self.options.without

    def offers(self, keyword):
        return any(e.split()[0] == keyword for e in self.extensions())

    def extensions(self):
        o = self.options
        lines = [("PIPELINING",), ("SIZE", str(o.size))]
        if not self.tls:
            lines.append(("STARTTLS",))
        lines += [("AUTH", o.advertise), ("AUTH=LOGIN",), ("MAILCOMPRESS",),
                  ("8BITMIME",)]
        return [" ".join(e).strip() for e in lines
                if self.has(e[0].partition("=")[0])] + o.extra

    def command(self, line):
        verb, _, rest = text(line).partition(" ")
        verb = verb.upper()
        if self.is_more():
            if not self.offers("PIPELINING"):
                self.violation("%s was pipelined, not offered" % verb)
            elif verb not in ("MAIL", "RCPT", "RSET"):
                self.violation("octets came right behind %s" % verb)
        handler = getattr(self, "do_" + verb.lower(), None)
        if handler:
            handler(rest.strip() if verb != "MAIL" and verb != "RCPT"
                    else rest)
        else:
            self.send(self.format("502 Error: command not implemented"))

    def do_ehlo(self, name):
        if not name:
            self.violation("EHLO without a name")
        reply = "\n".join([NAME] + self.extensions())
        if self.answer("ehlo", "250 " + reply) == 2:
            self.ehlo, self.mail = name, None

    def do_helo(self, name):
        lines = "%s-9.21.152.35-%d" % (NAME, 40000000 + self.number), \
            "SIZE %d" % self.options.size, "OK"
        if self.answer("helo", "250 " + "\n".join(lines)) == 2:
            self.ehlo, self.mail = name, None

    def do_starttls(self, _):
        if self.tls or not self.has("STARTTLS"):
            return self.send(self.format("502 Error: command not implemented"))
        if self.answer("starttls", "220 Ready to start TLS from %s to %s." %
                       (self.peer, NAME)) == 2:
            self.input = b""
            self.start_tls()
            self.ehlo = self.mail = None
        return None

    def is_clear(self, stage):
        """Says 530 when TLS has to come first."""
        if self.tls or self.options.clear:
            return False
        self.answer(stage, "530 Must issue a STARTTLS command first.")
        return True

    def do_auth(self, rest):
        mechanism, _, initial = rest.partition(" ")
        mechanism = mechanism.upper()
        if self.is_clear("auth"):
            return
        if not self.ehlo or self.auth:
            self.answer("auth", "503 Error: send HELO/EHLO first")
        elif not self.has("AUTH") or \
                mechanism not in self.options.auth.split():
            self.answer("auth", "504 Unrecognized authentication type.")
        elif initial and self.options.no_initial:
            self.answer("auth", "501 Error: no initial response here")
        else:
            method = getattr(self, "auth_" + mechanism.lower().replace("-", ""))
            user, right = method(initial)
            if user is None:
                return
            reply = "235 Authentication successful" if right else LOGIN_FAILED
            if self.answer("password", reply) == 2:
                self.auth, self.user = mechanism, user

    def ask(self, stage, challenge):
        """The client's answer to a challenge, None when there is none."""
        prompt = base64.b64encode(octets(challenge)).decode()
        if self.answer(stage, "334 " + prompt) != 3:
            return None
        if self.is_more() and b"\n" in self.input[:-1]:
            self.violation("AUTH was pipelined")
        answer = self.line()
        if answer == b"*":
            self.send(self.format("501 Authentication cancelled"))
            return None
        return answer

    @staticmethod
    def decode(answer):
        try:
            return text(base64.b64decode(answer, validate=True))
        except ValueError:
            return ""

    def auth_login(self, initial):
        user = octets(initial) if initial else self.ask("auth", "Username:")
        password = None if user is None else self.ask("user", "Password:")
        if password is None:
            return None, False
        user, password = self.decode(user), self.decode(password)
        return user, (user, password) == (self.options.user,
                                          self.options.password)

    def auth_plain(self, initial):
        answer = octets(initial) if initial else self.ask("auth", "")
        if answer is None:
            return None, False
        user = self.options.user
        return user, self.decode(answer) in [
            "%s\0%s\0%s" % (z, user, self.options.password)
            for z in ("", user)]

    def auth_crammd5(self, _):
        import hmac
        challenge = "<%d.%d@%s>" % (self.number, os.getpid(), NAME)
        answer = self.ask("auth", challenge)
        if answer is None:
            return None, False
        digest = hmac.new(octets(self.options.password), octets(challenge),
                          "md5").hexdigest()
        user = self.options.user
        return user, self.decode(answer) == "%s %s" % (user, digest)

    def auth_digestmd5(self, _):
        """RFC 2831, qop=auth."""
        nonce = "nonce%d" % self.number
        answer = self.ask("auth", 'realm="test",nonce="%s",qop="auth",'
                          'algorithm=md5-sess,charset=utf-8' % nonce)
        if answer is None:
            return None, False
        told = dict(re.findall(r'(\w[\w-]*)="?([^",]*)"?',
                               self.decode(answer)))

        def md5(data):
            return hashlib.md5(data)
        user, password = self.options.user, self.options.password
        a1 = md5(octets("%s:%s:%s" % (user, told.get("realm", ""), password))
                 ).digest() + octets(":%s:%s" % (nonce, told.get("cnonce")))
        middle = ":%s:%s:%s:auth:" % (nonce, told.get("nc"),
                                      told.get("cnonce"))

        def response(verb):
            a2 = md5(octets("%s:%s" % (verb, told.get("digest-uri"))))
            return md5(octets(md5(a1).hexdigest() + middle +
                              a2.hexdigest())).hexdigest()
        right = told.get("username") == user and \
            told.get("response") == response("AUTHENTICATE")
        if right and self.ask("user", "rspauth=" + response("")) is None:
            return None, False
        return user, right

    def auth_ntlm(self, initial):
        """Only who it is, DOMAIN\\USER, not the response: no MD4 here."""
        first = octets(initial) if initial else self.ask("auth", "")
        if first is None:
            return None, False
        challenge = b"NTLMSSP\0" + struct.pack(
            "<IHHIIQQHHI", 2, 0, 0, 48, 0x201, 0x0123456789abcdef, 0, 0, 0,
            48)
        answer = self.ask("user", text(challenge))
        if answer is None:
            return None, False
        data = base64.b64decode(answer)

        def field(at):
            n, _, start = struct.unpack_from("<HHI", data, at)
            part = data[start:start + n]
            return part.decode("utf-16-le" if b"\0" in part else "latin-1")
        domain, user = field(28), field(36)
        return self.options.user, data[:8] == b"NTLMSSP\0" and \
            self.options.user in (user, domain + "\\" + user)

    def auth_external(self, initial):
        """The certificate says who it is; the name may be told as well."""
        answer = octets(initial) if initial else self.ask("auth", "")
        if answer is None:
            return None, False
        told = "" if answer == b"=" else self.decode(answer)
        if not isinstance(self.sock, ssl.SSLSocket):
            return told or "socket", self.peer == "unix"
        names = [v for part in (self.sock.getpeercert() or {}).get(
            "subject", ()) for k, v in part if k == "commonName"]
        return self.options.user, names == [self.options.user] and \
            told in ("", self.options.user)

    def bearer(self, initial, right):
        """The user after a token; a wrong one is explained by a 334."""
        answer = octets(initial) if initial else self.ask("auth", "")
        if answer is None:
            return None, False
        good = right(self.decode(answer))
        if not good:
            self.ask("user", '{"status":"401","schemes":"bearer"}')
        return self.options.user, good

    def auth_xoauth2(self, initial):
        return self.bearer(initial, lambda s: s == (
            "user=%s\1auth=Bearer %s\1\1" % (self.options.user,
                                             self.options.password)))

    def auth_oauthbearer(self, initial):
        return self.bearer(initial, lambda s: s.startswith(
            "n,a=%s,\1" % self.options.user) and
            "\1auth=Bearer %s\1\1" % self.options.password in s)

    def parameters(self, words, stage, offered):
        """{NAME: value} of MAIL or RCPT parameters; None after a 555."""
        found = {}
        for word in words.split():
            name, _, value = word.partition("=")
            name = name.upper()
            if name not in offered or not self.offers(offered[name]):
                self.violation("parameter %s was not offered" % name)
                self.answer(stage, "555 Error: unsupported option: " + word)
                return None
            found[name] = value
        return found

    def path(self, stage, rest, word):
        """(address, parameters) of MAIL FROM:<> or RCPT TO:<>."""
        m = re.match(r'(?i)%s:<((?:[^<>"]|"(?:[^"\\]|\\.)*")*)>( .*)?$' % word,
                     rest)
        if not m:
            self.violation("syntax of %s" % rest)
            self.answer(stage, "501 Error: syntax")
            return None, None
        return m[1], m[2] or ""

    def do_mail(self, rest):
        o = self.options
        if self.is_clear("mail"):
            return
        if not self.ehlo or self.has("AUTH") and not self.auth:
            self.answer("mail", "503 Error: need EHLO and AUTH first !")
            return
        if self.mail:
            self.violation("MAIL within a transaction")
            self.answer("mail", "503 Error: nested MAIL command")
            return
        sender, words = self.path("mail", rest, "FROM")
        if sender is None:
            return
        parameters = self.parameters(words, "mail", {
            "SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8",
            "RET": "DSN", "ENVID": "DSN"})
        if parameters is None:
            return
        reply = "250 OK."
        if o.sender == "login" and self.has("AUTH") and \
                sender.lower() != self.user.lower():
            reply = "501 Mail from address must be same as authorization user."
        elif int(parameters.get("SIZE") or 0) > o.size > 0:
            reply = "552 Error: message size exceeds fixed limit"
        if self.answer("mail", reply) == 2:
            self.mail = Mail(sender, parameters)
            self.check_ascii(sender)

    def check_ascii(self, address):
        if not address.isascii() and "SMTPUTF8" not in self.mail.parameters:
            self.violation("8-bit address without SMTPUTF8: " + address)

    def do_rcpt(self, rest):
        if not self.mail:
            self.answer("rcpt", "503 Error: need MAIL command")
            return
        address, words = self.path("rcpt", rest, "TO")
        if address is None:
            return
        parameters = self.parameters(words, "rcpt", {
            "NOTIFY": "DSN", "ORCPT": "DSN"})
        if parameters is None:
            return
        self.check_ascii(address)
        reply = self.server.refused.get(address.lower(), "250 OK.")
        most = self.options.max_recipients
        if most and len(self.mail.recipients) >= most:
            reply = "452 Error: too many recipients"
        if self.answer("rcpt", reply) == 2:
            self.mail.recipients.append(address)
            self.mail.recipient_parameters.append(parameters)
        else:
            self.mail.refused.append(address)

    def do_data(self, _):
        if not self.mail or not self.mail.recipients:
            self.answer("data", "503 Error: need RCPT command")
        elif self.answer("data",
                         "354 End data with <CR><LF>.<CR><LF>.") == 3:
            self.content()

    def content(self):
        place = None
        if not self.options.discard:
            place = "%s/coming-%d" % (self.server.dir, self.number)
        out = open(place, "wb") if place else None
        try:
            body = Body(out, "BODY" in self.mail.parameters and
                        self.mail.parameters["BODY"].upper() == "8BITMIME")
            replied = self.read_content(body)
            if out:
                out.close()
            if not replied:
                self.final(body, place)
        finally:
            if out:
                out.close()
            if place and os.path.exists(place):
                os.unlink(place)
        self.mail, self.commands, self.violations = None, [], []

    def read_content(self, body):
        """Reads to the final dot; 1 when a fault has replied meanwhile."""
        replied, total = 0, 0
        data, self.input = self.input, b""
        while True:
            fault = self.server.fault("body", total, total + len(data))
            total += len(data)
            if fault:
                replied = self.go_wrong(fault, "250 OK", lambda: None)
            rest = body.take(data)
            if rest is not None:
                break
            data = self.receive()
        self.log(b"< ", b"(%d octets of content and the final dot)" %
                 body.size)
        self.input = rest
        return replied

    def final(self, body, place):
        reply = "250 OK: queued as."
        if not body.head.isascii() and \
                "SMTPUTF8" not in self.mail.parameters:
            body.violations.add("8-bit octets in the header without SMTPUTF8")
        if self.options.sender == "login" and self.has("AUTH") and \
                not from_is(body.head, self.user):
            reply = BAD_FROM
        if body.size > self.options.size > 0:
            reply = "552 Error: message size exceeds fixed limit"
        for what in sorted(body.violations):
            self.violation(what)
        self.answer("dot", reply, lambda: self.store(body, place))

    def store(self, body, place):
        number = self.server.next_mail()
        self.delivered += 1
        if not place:
            return
        m = self.mail
        facts = {
            "number": number, "connection": self.number, "tls": self.tls,
            "implicit_tls": self.implicit, "auth": self.auth,
            "user": self.user, "ehlo": self.ehlo, "peer": self.peer,
            "sni": self.sni, "mail_from": m.sender,
            "mail_parameters": m.parameters, "rcpt_to": m.recipients,
            "rcpt_parameters": m.recipient_parameters, "refused": m.refused,
            "size": body.size, "sha256": body.digest.hexdigest(),
            "longest_line": body.longest, "commands": self.commands,
            "violations": self.violations}
        base = "%s/%d." % (self.server.dir, number)
        with open(place + ".json", "w") as f:
            json.dump(facts, f, indent=1)
        os.rename(place, base + "eml")
        os.rename(place + ".json", base + "json")
        with self.server.arrived:
            self.server.arrived.notify_all()

    def do_rset(self, _):
        if self.answer("rset", "250 OK.") == 2:
            self.mail = None

    def do_noop(self, _):
        self.answer("noop", "250 OK.")

    def do_quit(self, _):
        if self.implicit and self.delivered and \
                not self.server.has_fault("quit"):
            raise End       # QQ's 465 says nothing here
        self.answer("quit", "221 Bye.")
        self.shut()


class Server:
    def __init__(self, o):
        self.options, self.dir = o, os.path.abspath(o.dir)
        os.makedirs(self.dir, exist_ok=True)
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.arrived = threading.Condition()
        self.faults = [Fault(rule) for rule in o.fault]
        self.mails = self.connections = 0
        self.open, self.threads = {}, []
        self.refused = {}
        for rule in o.refuse:
            address, _, reply = rule.partition("=")
            self.refused[address.lower()] = reply or "550 Mailbox not found."
        self.context = self.make_context() if o.cert else None
        open(self.dir + "/violations", "w").close()
        self.listeners = [self.listen(o.address), self.listen(o.address)]
        self.smtp_port, self.smtps_port = [
            s.getsockname()[1] for s in self.listeners]
        if o.unix:
            self.listeners.append(self.listen_unix(o.unix))

    def make_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.options.cert)
        context.sni_callback = self.on_name
        if self.options.client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.options.client_ca)
        if self.options.tls_version:
            if self.options.tls_version < "1.2":
                context.set_ciphers("ALL:@SECLEVEL=0")
            name = "TLSv" + self.options.tls_version.replace(".", "_")
            version = getattr(ssl.TLSVersion, name.replace("v1_0", "v1"))
            context.minimum_version = context.maximum_version = version
        return context

    @staticmethod
    def on_name(sock, name, _):
        sock.asked_for = name

    @staticmethod
    def listen_unix(path):
        s = socket.socket(socket.AF_UNIX)
        s.bind(path)
        s.listen(512)
        return s

    @staticmethod
    def listen(address):
        s = socket.socket(socket.AF_INET6 if ":" in address
                          else socket.AF_INET)
        s.bind((address, 0))
        s.listen(512)
        return s

    def start(self):
        for s, implicit in zip(self.listeners, (False, True, False)):
            threading.Thread(target=self.accept, args=(s, implicit),
                             daemon=True).start()

    def accept(self, listener, implicit):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            if sock.family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                number = self.connections + 1
                # Who counts connections finds the dialogue of each.
                connection = Connection(self, sock, implicit, number)
                self.connections = number
                self.open[number] = sock
            thread = threading.Thread(target=self.serve, daemon=True,
                                      args=(connection, number))
            with self.lock:     # stop() joins none that has not begun
                thread.start()
                self.threads = [t for t in self.threads if t.is_alive()]
                self.threads.append(thread)

    def serve(self, connection, number):
        connection.run()
        with self.lock:
            del self.open[number]

    def keep(self, number, sock):
        with self.lock:
            self.open[number] = sock

    def fault(self, stage, before=0, reached=1):
        """Counts that stage is reached; the fault that is due, or None. For
        "body" before and reached are octets."""
        found = None
        with self.lock:
            for f in self.faults:
                if f.stage == stage and before < f.at <= reached:
                    f.count += 1
                    if not found and f.first <= f.count <= f.last:
                        found = f
        return found

    def has_fault(self, stage):
        return any(f.stage == stage for f in self.faults)

    def next_mail(self):
        with self.lock:
            self.mails += 1
            return self.mails

    def wait_for(self, count, seconds=60):
        """1 when so many mails are there, perhaps after a while."""
        def there():
            return os.path.exists("%s/%d.json" % (self.dir, count))
        with self.arrived:
            return self.arrived.wait_for(there, seconds)

    def note(self, name, line):
        with self.lock, open("%s/%s" % (self.dir, name), "a",
                             errors="surrogateescape") as f:
            f.write(line + "\n")

    def stop(self):
        """No new connections; those there are have 10 s to end."""
        self.stopping.set()
        for s in self.listeners:
            s.shutdown(socket.SHUT_RDWR)
            s.close()
        limit = time.monotonic() + 10
        with self.lock:
            threads = list(self.threads)
        for thread in threads:
            thread.join(max(0, limit - time.monotonic()))
        with self.lock:
            left = list(self.open.values())
        for sock in left:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.note("mails", str(self.mails))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


def stop(directory):
    """Ends the server of that directory and waits until it is gone."""
    with open(directory + "/pid") as f:
        os.kill(int(f.read()), signal.SIGTERM)
    with open(directory + "/lock") as f:
        fcntl.flock(f, fcntl.LOCK_EX)


def to_background(server):
    """The parent ends here; the child keeps the lock until it ends."""
    pid = os.fork()
    if pid:
        announce(server, pid)
        sys.stdout.flush()
        os._exit(0)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    errors = os.open(server.dir + "/violations", os.O_WRONLY | os.O_APPEND)
    for target, fd in ((0, null), (1, null), (2, errors)):
        os.dup2(fd, target)


def announce(server, pid):
    with open(server.dir + "/pid", "w") as f:
        f.write("%d\n" % pid)
    print("SMTP_PORT=%d SMTPS_PORT=%d SERVER_PID=%d SERVER_DIR='%s'" % (
        server.smtp_port, server.smtps_port, pid, server.dir), flush=True)


def main():
    o = options(sys.argv[1:])
    if o.stop:
        return stop(o.stop)
    server = Server(o)
    lock = open(server.dir + "/lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    if o.background:
        to_background(server)
    else:
        announce(server, os.getpid())
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with server:
        signal.sigwait(signals)
    return None


if __name__ == "__main__":
    main()
