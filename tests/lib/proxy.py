# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies for tests, on a free port of 127.0.0.1.

    with Proxy("socks5") as p: ... p.port, p.asked
    with Proxy("http", user="u", password="p", target=port) as p: ...

asked has a (host, port) for each connection that was wanted, as the client
named it, and logins a (user, password) for each login. With target every
connection goes to that port of 127.0.0.1, wherever the client wants it to go.
fault makes things go wrong: "refuse" (the connection), "close", "hang", or for
http the octets that answer CONNECT.
"""
import base64
import socket
import struct
import threading


class Proxy:
    def __init__(self, kind, user=None, password="", target=None, fault=None):
        self.kind, self.user, self.password = kind, user, password
        self.target, self.fault = target, fault
        self.asked, self.logins = [], []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.open, self.lock = [], threading.Lock()

    def keep(self, sock):
        with self.lock:
            self.open.append(sock)
        return sock

    def run(self):
        while True:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            self.keep(sock)
            threading.Thread(target=self.serve, args=(sock,),
                             daemon=True).start()

    def serve(self, sock):
        try:
            other = (self.socks if self.kind == "socks5" else self.http)(sock)
            if other is not None:
                back = threading.Thread(target=self.pump, daemon=True,
                                        args=(other, sock))
                back.start()
                self.pump(sock, other)
                back.join()
                other.close()
        except (EOFError, OSError):
            pass
        finally:
            sock.close()

    @staticmethod
    def pump(source, to):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                to.sendall(data)
        except OSError:
            pass
        try:
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    @staticmethod
    def take(sock, n):
        data = b""
        while len(data) < n:
            more = sock.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def connect(self, host, port):
        self.asked.append((host, port))
        if self.fault == "refuse":
            return None
        return self.keep(socket.create_connection(
            ("127.0.0.1", self.target or port)))

    def go_wrong(self, sock):
        """1 when the connection is not served at all."""
        if self.fault == "hang":
            while sock.recv(65536):
                pass
        return self.fault in ("hang", "close")

    # RFC 1928, RFC 1929

    def socks(self, sock):
        if self.go_wrong(sock):
            return None
        _, count = self.take(sock, 2)
        methods = self.take(sock, count)
        wanted = 2 if self.user else 0
        if wanted not in methods:
            sock.sendall(b"\5\xff")
            return None
        sock.sendall(bytes([5, wanted]))
        if self.user and not self.socks_login(sock):
            return None
        host, port = self.socks_request(sock)
        other = self.connect(host, port)
        sock.sendall(bytes([5, 0 if other else 2, 0, 1]) + b"\0" * 6)
        return other

    def socks_login(self, sock):
        self.take(sock, 1)
        user = self.take(sock, self.take(sock, 1)[0]).decode()
        password = self.take(sock, self.take(sock, 1)[0]).decode()
        self.logins.append((user, password))
        good = (user, password) == (self.user, self.password)
        sock.sendall(b"\1\0" if good else b"\1\1")
        return good

    def socks_request(self, sock):
        kind = self.take(sock, 4)[3]
        if kind == 1:
            host = socket.inet_ntoa(self.take(sock, 4))
        elif kind == 4:
            host = socket.inet_ntop(socket.AF_INET6, self.take(sock, 16))
        else:
            host = self.take(sock, self.take(sock, 1)[0]).decode()
        return host, struct.unpack(">H", self.take(sock, 2))[0]

    # RFC 9110 9.3.6

    def http(self, sock):
        if self.go_wrong(sock):
            return None
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.take(sock, 1)
        lines = head.decode("latin-1").split("\r\n")
        host, _, port = lines[0].split()[1].rpartition(":")
        fields = dict(line.split(": ", 1) for line in lines[1:] if line)
        if self.user and not self.http_login(fields):
            sock.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                         b"Proxy-Authenticate: Basic realm=\"test\"\r\n"
                         b"Content-Length: 0\r\n\r\n")
            return None
        other = self.connect(host, int(port))
        if other is None:
            sock.sendall(b"HTTP/1.1 403 Forbidden\r\n"
                         b"Content-Length: 0\r\n\r\n")
        elif isinstance(self.fault, bytes):
            sock.sendall(self.fault)
        else:
            sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        return other

    def http_login(self, fields):
        _, _, value = fields.get("Proxy-Authorization", "").partition(" ")
        user, _, password = base64.b64decode(value).decode().partition(":")
        if value:
            self.logins.append((user, password))
        return (user, password) == (self.user, self.password)

    def __enter__(self):
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
        for sock in self.open:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
