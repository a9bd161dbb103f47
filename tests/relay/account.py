# SPDX-License-Identifier: GPL-3.0-or-later
"""An account at the test server (qqserver.py), for tests of the relay alone.

    with serve("--fault", "mail=450 later") as s:
        with Relay(settings(s)) as relay: ...
"""
import json
import os
import subprocess
import sys

SRCDIR = os.environ["srcdir"]
sys.path.insert(0, os.path.join(SRCDIR, "tests", "lib"))
import qqserver  # noqa: E402
from frames import Relay  # noqa: E402

USER, PASSWORD = "50627xxxx@qq.com", "abcdefghijklmnop"
MAIL = (b"From: <50627xxxx@qq.com>\r\nTo: a@example.net\r\nSubject: hi\r\n"
        b"\r\nhello\r\n.\r\n..two\r\n")
_count = 0


def certificates():
    if not os.path.exists("certs"):
        subprocess.check_call([SRCDIR + "/tests/lib/certificates", "certs"])
    return os.path.abspath("certs")


def serve(*arguments, cert="valid"):
    global _count
    _count += 1
    return qqserver.Server(qqserver.options(
        ["--dir", "server.%d" % _count,
         "--cert", certificates() + "/%s.pem" % cert] + list(arguments)))


def sessions(server):
    """All that was said to the server."""
    text = ""
    for n in range(1, server.connections + 1):
        with open("%s/%d.session" % (server.dir, n),
                  errors="surrogateescape") as f:
            text += f.read()
    return text


def said_auth(server):
    return "< AUTH" in sessions(server)


def facts(server, number=1):
    """What the server noted about a mail."""
    with open("%s/%d.json" % (server.dir, number)) as f:
        return json.load(f)


def send(server, implicit=False, environment=None, secret=None, **more):
    with Relay(settings(server, implicit, **more), secret=secret,
               environment=environment) as relay:
        return relay.mail(USER, ["a@example.net"], MAIL)


def fault(r):
    """"stage reply code status: text" """
    return "%s %s %d %d: %s" % r.fault if r.fault else "none %s" % r.rcpt


def settings(server, implicit=False, **more):
    """Of an account that logs in; a value of None takes a setting away."""
    if not os.path.exists("password"):
        with open("password", "w") as f:
            f.write(PASSWORD + "\n")
    values = {
        "host": "localhost", "port": str(
            server.smtps_port if implicit else server.smtp_port),
        "tls": "on", "tls_starttls": "off" if implicit else "on",
        "tls_trust_file": certificates() + "/ca.pem", "auth": "login",
        "user": USER, "password_file": os.path.abspath("password")}
    values.update(more)
    return {k: v for k, v in values.items() if v is not None}
