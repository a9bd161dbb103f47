# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain SMTP server that remembers what it took, for tests of the queue.

    with Sink() as s: ... s.port, s.mails (sender, recipients, content)

What it answers can be changed at any time:
    s.rcpt["a@x"] = "550 5.1.1 nobody"   to that recipient (default 250)
    s.dot = "451 4.3.0 later"            to the final dot; a function of the
                                         mail may say it, None: close instead
    s.greeting, s.mail, s.auth           to those steps
    s.offer.remove("DSN")                to EHLO
s.close() goes away, s.open() comes back at the same port. s.wait(n) waits
until n mails are there. s.violations has what a correct client never does."""

import re
import socket
import threading


class Sink:
    def __init__(self):
        self.rcpt, self.dot = {}, "250 2.0.0 OK: queued as 1"
        self.greeting, self.mail = "220 sink ESMTP", "250 2.1.0 OK"
        self.offer = ["PIPELINING", "SIZE 0", "DSN", "8BITMIME"]
        self.mails, self.violations, self.connections = [], [], 0
        self.at_mail = None      # a function, called at each MAIL
        self.changed = threading.Condition()
        self.port = 0
        self.listener = None
        self.peers = set()
        self.open()

    def open(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.listener.listen(128)
        threading.Thread(target=self.accept, args=(self.listener,),
                         daemon=True).start()

    def close(self):
        if self.listener is not None:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        self.listener = None
        for peer in list(self.peers):
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def accept(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            self.peers.add(peer)
            self.connections += 1
            threading.Thread(target=self.serve, args=(peer,),
                             daemon=True).start()

    def serve(self, peer):
        try:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.talk(peer, peer.makefile("rb"))
        except (OSError, ValueError):
            pass
        self.peers.discard(peer)
        peer.close()

    def talk(self, peer, lines):
        def say(text):
            peer.sendall(text.encode() + b"\r\n")
        say(self.greeting)
        if not self.greeting.startswith("220"):
            return
        sender, taken = None, []
        for line in iter(lines.readline, b""):
            if not line.endswith(b"\r\n"):
                self.violations.append("bare LF: %r" % line)
            verb = line[:4].upper()
            path = re.search(rb"<(.*?)>", line)
            path = path[1].decode("utf-8", "replace") if path else ""
            if verb in (b"EHLO", b"HELO"):
                say("".join("250-%s\r\n" % i for i in ["sink"] +
                            self.offer[:-1]) + "250 " + self.offer[-1])
            elif verb == b"MAIL":
                if self.at_mail is not None:
                    self.at_mail()
                sender, taken = path, []
                say(self.mail)
            elif verb == b"RCPT":
                reply = self.rcpt.get(path, "250 2.1.5 OK")
                if reply.startswith("2"):
                    taken.append(path)
                say(reply)
            elif verb == b"DATA":
                if not taken:
                    say("503 5.5.1 no recipient")
                    continue
                say("354 go on")
                if not self.content(lines, say, sender, taken):
                    return
                sender, taken = None, []
            elif verb == b"RSET":
                sender, taken = None, []
                say("250 2.0.0 OK")
            elif verb == b"QUIT":
                say("221 2.0.0 bye")
                return
            else:
                say("502 5.5.2 what?")

    def content(self, lines, say, sender, taken):
        """Reads a mail; 0 when the connection is to be closed."""
        text = b""
        for line in iter(lines.readline, b""):
            if line == b".\r\n":
                break
            text += line[1:] if line.startswith(b".") else line
        else:
            return False
        mail = (sender, taken, text)
        reply = self.dot(mail) if callable(self.dot) else self.dot
        if reply is None or reply.startswith("2"):
            with self.changed:
                self.mails.append(mail)
                self.changed.notify_all()
        if reply is None:
            return False
        say(reply)
        return True

    def wait(self, n, timeout=120):
        with self.changed:
            return self.changed.wait_for(lambda: len(self.mails) >= n,
                                         timeout)
