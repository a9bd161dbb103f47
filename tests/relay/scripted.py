# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that does what a Python function says, connection by connection.

    def script(c):
        c.hello()                   # greeting, EHLO with extensions
        c.line("MAIL FROM:<a@x>")   # waits for this line, "*" for any
        c.say("250 OK")
    with Scripted(script) as s: ... s.port, s.problems, s.connections

A list of functions serves one connection each, the last one all further
ones. What a script finds wrong is in s.problems when the server has ended.
"""
import queue
import socket
import struct
import threading

EXTENSIONS = ("PIPELINING", "SIZE 0", "8BITMIME")


class Connection:
    def __init__(self, sock, number):
        self.sock, self.number, self.input = sock, number, b""
        self.lines = []      # commands that came

    def say(self, *lines):
        self.raw("".join(line + "\r\n" for line in lines).encode())

    def raw(self, octets):
        self.sock.sendall(octets)

    def more(self):
        data = self.sock.recv(1 << 18)
        if not data:
            raise EOFError("the client has gone")
        self.input += data

    def read_line(self):
        while b"\r\n" not in self.input:
            self.more()
        line, self.input = self.input.split(b"\r\n", 1)
        line = line.decode("utf-8", "surrogateescape")
        self.lines.append(line)
        return line

    def line(self, want="*"):
        """The next line; it must begin with want."""
        line = self.read_line()
        if want != "*" and not line.startswith(want):
            raise AssertionError("%r came, %r was due" % (line, want))
        return line

    def content(self):
        """Everything up to the final dot, as it came."""
        data, at = bytearray(b"\r\n" + self.input), 0
        while data.find(b"\r\n.\r\n", at) < 0:
            at = max(0, len(data) - 4)
            self.input = b""
            self.more()
            data += self.input
        end = data.find(b"\r\n.\r\n", at)
        self.input = bytes(data[end + 5:])
        return bytes(data[2:end + 2])

    def hello(self, *extensions):
        self.say("220 test ESMTP")
        self.line("EHLO ")
        lines = ["test"] + list(extensions or EXTENSIONS)
        self.say(*["250-" + x for x in lines[:-1]] + ["250 " + lines[-1]])

    def envelope(self, recipients=1):
        """Takes MAIL, RCPT and DATA, says yes to all."""
        self.line("MAIL FROM:")
        self.say("250 OK")
        for _ in range(recipients):
            self.line("RCPT TO:")
            self.say("250 OK")
        self.line("DATA")
        self.say("354 go")

    def mail(self, recipients=1, reply="250 queued"):
        self.envelope(recipients)
        data = self.content()
        self.say(reply)
        return data

    def silence(self):
        """1 when nothing comes until the client goes."""
        try:
            while True:
                self.more()
        except (EOFError, OSError):
            return self.input == b""

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()


class Scripted:
    def __init__(self, *scripts, rcvbuf=0):
        self.scripts, self.problems, self.connections = scripts, [], 0
        self.socket = socket.socket()
        if rcvbuf:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                   rcvbuf)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(64)
        self.port = self.socket.getsockname()[1]
        self.threads, self.open = [], []
        self.started = queue.Queue()

    def join(self):
        """Waits for the end of the next connection not yet waited for."""
        self.started.get().join()

    def run(self):
        while True:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            script = self.scripts[min(self.connections,
                                      len(self.scripts) - 1)]
            self.connections += 1
            c = Connection(sock, self.connections)
            self.open.append(sock)
            t = threading.Thread(target=self.serve, args=(script, c),
                                 daemon=True)
            t.start()
            self.threads.append(t)
            self.started.put(t)

    def serve(self, script, c):
        try:
            script(c)
        except (EOFError, ConnectionError):
            pass
        except Exception as problem:
            self.problems.append("connection %d: %r" % (c.number, problem))
        finally:
            c.sock.close()

    def __enter__(self):
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
        for t in self.threads:
            t.join(5)
        for sock in self.open:
            sock.close()
