# SPDX-License-Identifier: GPL-3.0-or-later
"""A DNS server on the loopback, for QSENDMAIL_TEST_RESOLVER.

    with Server({"_submission._tcp.x.org": [srv(0, 1, 587, "mail.x.org")]}) \\
            as dns: ... dns.address, dns.asked

A zone maps a name to its records (type, data), to b"..." for a whole answer
behind the ID, or to None for silence. Any other name does not exist; a list
that is empty is a name without records. asked are the names, in order.
"""
import socket
import struct
import threading

SRV, CNAME = 33, 5


def name(text):
    """A name as it goes over the wire; "." is the root."""
    labels = [x.encode("latin-1") for x in text.strip(".").split(".") if x]
    return b"".join(bytes([len(x)]) + x for x in labels) + b"\0"


def srv(priority, weight, port, target):
    return SRV, struct.pack(">HHH", priority, weight, port) + name(target)


def cname(target):
    return CNAME, name(target)


def read_question(query):
    """(name, octets of the question)"""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    return ".".join(labels), query[12:at + 5]


class Server:
    def __init__(self, zone):
        self.zone, self.asked = {k.lower(): v for k, v in zone.items()}, []
        # TCP and UDP on one port: the other one may be taken.
        while True:
            self.udp = socket.socket(type=socket.SOCK_DGRAM)
            self.udp.bind(("127.0.0.1", 0))
            self.port = self.udp.getsockname()[1]
            self.tcp = socket.socket()
            try:
                self.tcp.bind(("127.0.0.1", self.port))
                break
            except OSError:
                self.udp.close()
                self.tcp.close()
        self.tcp.listen(8)
        self.address = "127.0.0.1:%d" % self.port

    def answer(self, query):
        """The reply to a query, None for silence."""
        asked, question = read_question(query)
        self.asked.append(asked)
        found = self.zone.get(asked.lower(), "no such name")
        if found is None or isinstance(found, bytes):
            return found and query[:2] + found
        rcode = 3 if found == "no such name" else 0
        records = b""
        for owner, kind, data in self.follow(asked, found if not rcode else
                                             []):
            records += owner + struct.pack(">HHIH", kind, 1, 60,
                                           len(data)) + data
        count = records and len(self.follow(asked, found))
        return query[:2] + struct.pack(">HHHHH", 0x8180 | rcode, 1,
                                       count or 0, 0, 0) + question + records

    def follow(self, owner, records):
        """(owner, type, data) of the records and of what aliases lead to."""
        out = []
        for kind, data in records:
            # A pointer to the question's name, as servers make it.
            out.append((b"\xc0\x0c" if not out or out[-1][1] == kind else
                        name(owner), kind, data))
            if kind == CNAME:
                to = read_question(b"\0" * 12 + data + b"\0" * 4)[0]
                out += [(data, k, d) for k, d in
                        self.zone.get(to.lower(), [])]
        return out

    def serve_udp(self):
        while True:
            try:
                query, sender = self.udp.recvfrom(4096)
            except OSError:
                return
            if self.stopping:
                return
            reply = self.answer(query)
            if reply is None:
                continue
            if len(reply) > 512:    # truncated: ask again over TCP
                _, question = read_question(query)
                reply = query[:2] + struct.pack(
                    ">HHHHH", 0x8380, 1, 0, 0, 0) + question
            self.udp.sendto(reply, sender)

    def serve_tcp(self):
        while True:
            try:
                sock, _ = self.tcp.accept()
            except OSError:
                return
            with sock, sock.makefile("rb") as f:
                head = f.read(2)
                if len(head) < 2:
                    continue
                reply = self.answer(f.read(struct.unpack(">H", head)[0]))
                if reply is not None:
                    sock.sendall(struct.pack(">H", len(reply)) + reply)

    def __enter__(self):
        self.stopping = False
        self.threads = [threading.Thread(target=t, daemon=True)
                        for t in (self.serve_udp, self.serve_tcp)]
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        # A datagram wakes the thread that waits for one.
        with socket.socket(type=socket.SOCK_DGRAM) as s:
            s.sendto(b"", self.udp.getsockname())
        self.tcp.shutdown(socket.SHUT_RDWR)
        for t in self.threads:
            t.join()
        self.udp.close()
        self.tcp.close()
