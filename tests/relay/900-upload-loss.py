#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the mail transaction is our own: libcurl before 8.7 loses the end of a
mail when its size is announced and lines begin with a dot, and reports
success. The same mail through qsendmail arrives whole.

libcurl counts the octets it wrote, stuffed dots included, and stops when they
equal the size. So a mail whose first 64 KiB hold as many dots as octets are
left after them ends there."""
import os
import re
import socket
import subprocess
import sys
import threading

DOTS, CHUNK = 100, 65536
END = b"the end\r\n"


def make_mail():
    mail = b"To: b@example.net\r\nSubject: dots\r\n\r\n" + b".\r\n" * DOTS
    left = CHUNK + DOTS - len(END) - len(mail)
    while left:
        n = min(left, 72) if left >= 80 or left <= 72 else 40
        mail += b"x" * (n - 2) + b"\r\n"
        left -= n
    return mail + END


def serve(listener, mails):
    """One connection after the other, every mail is accepted."""
    while True:
        conn, _ = listener.accept()
        with conn, conn.makefile("rb") as lines:
            conn.sendall(b"220 test\r\n")
            for line in lines:
                word = line[:4].upper()
                if word == b"DATA":
                    conn.sendall(b"354 go\r\n")
                    got = b""
                    for text in lines:
                        if text == b".\r\n":
                            break
                        got += text[1:] if text[:1] == b"." else text
                    mails.append(got)
                conn.sendall(b"221 bye\r\n" if word == b"QUIT" else
                             b"250 ok\r\n")
                if word == b"QUIT":
                    break


def main():
    mails, mail = [], make_mail()
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener, mails),
                     daemon=True).start()
    port = str(listener.getsockname()[1])
    p = subprocess.run([os.environ["builddir"] + "/tests/relay/plain_upload",
                        port], input=mail, capture_output=True)
    version = p.stdout.decode().strip()
    old = tuple(int(n) for n in re.findall(r"\d+", version)[:2]) < (8, 7)
    whole = bool(mails) and mails[0] == mail
    cases = [
        (p.returncode == 0, "libcurl %s reports success" % version),
        (whole != old, "its plain upload %s" % (
            "loses the end of the mail (%d of %d octets arrive)" %
            (len(mails[0]) if mails else 0, len(mail)) if old else
            "sends the whole mail")),
    ]
    q = subprocess.run([os.environ["QSENDMAIL"], "-i", "--host", "127.0.0.1",
                        "--port", port, "--from", "a@example.org",
                        "b@example.net"], input=mail, capture_output=True)
    cases += [(q.returncode == 0, "qsendmail reports success"),
              (len(mails) == 2 and mails[1].endswith(END) and
               mails[1].count(b"\r\n.") == DOTS,
               "and has sent the whole mail")]
    for n, (good, name) in enumerate(cases, 1):
        print("%sok %d - %s" % ("" if good else "not ", n, name))
    if not cases[2][0]:
        print("# " + q.stderr.decode(errors="replace"))
    print("1..%d" % len(cases))
    return not all(good for good, _ in cases)


sys.exit(main())
