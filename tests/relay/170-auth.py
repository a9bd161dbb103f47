#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mechanisms: which one "auth on" takes, each one by itself, and what is said
where libcurl does not have it."""
import base64
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import (PASSWORD, USER, facts, fault, said_auth, send, serve,
                     sessions)
from scripted import Scripted
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from tap import case, done, same, skip


def features():
    """What the libcurl here has, by its own tool if that is there."""
    try:
        out = subprocess.run(["curl-config", "--features"], check=True,
                             capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return out.split()


HAVE = features()


def accepted(name, r):
    return case(name, r.outcome() == "content 2xx 250", r.words())


def offer(*mechanisms, also=()):
    """Arguments for a server that has these, and names others as well."""
    return ["--auth", " ".join(mechanisms),
            "--advertise", " ".join(mechanisms + tuple(also))]


# Hashes: with TLS, and without to any host (by name; it is this one).
for auth in ("cram-md5", "digest-md5"):
    with serve("--clear", *offer(auth.upper(), also=["PLAIN"])) as s:
        accepted("auth " + auth, send(s, auth=auth))
        same("... it was", facts(s)["auth"], auth.upper())
        accepted("... without TLS", send(s, auth=auth, tls="off"))
        case("... the password is nowhere", base64.b64encode(
            PASSWORD.encode()).decode() not in sessions(s), sessions(s))
        with open("wrong", "w") as f:
            f.write("wrong\n")
        r = send(s, auth=auth, password_file=os.path.abspath("wrong"))
        case("... refused with a wrong password", fault(r).startswith(
            "login 5xx 535"), fault(r))
    with serve() as s:
        r = send(s, auth=auth)
        same("... that is not offered", fault(r), "login not-offered 0 0: the "
             "server offers only LOGIN PLAIN XOAUTH XOAUTH2")
        case("... is not tried", not said_auth(s))

# auth on.
for given, also, want in (
        (("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5"), ("GSSAPI", "NTLM"),
         "PLAIN"),
        (("LOGIN", "CRAM-MD5"), ("EXTERNAL",), "LOGIN"),
        (("CRAM-MD5",), ("GSSAPI",), "CRAM-MD5"),
        (("CRAM-MD5", "DIGEST-MD5"), (), "DIGEST-MD5")):
    with serve(*offer(*given, also=also)) as s:
        accepted("auth on with TLS where %s are offered" % " ".join(
            given + also), send(s, auth="on"))
        same("... takes " + want, facts(s)["auth"], want)
for given, want in ((("PLAIN", "CRAM-MD5"), "CRAM-MD5"),
                    (("PLAIN", "LOGIN"), "PLAIN")):
    with serve("--clear", *offer(*given)) as s:
        accepted("auth on without TLS, to this host: %s" % " ".join(given),
                 send(s, auth="on", tls="off"))
        same("... takes " + want, facts(s)["auth"], want)

# NTLM and its domain.
if HAVE is None or "NTLM" in HAVE:
    for domain, user in ((None, USER), ("", USER), ("SALES", "SALES\\me"),
                         ("SALES", "me")):
        login = "SALES\\me" if user == "me" else user
        with serve("--user", login, "--sender", "any",
                   *offer("NTLM")) as s:
            accepted("auth ntlm, domain %s, user %s" % (domain, user), send(
                s, auth="ntlm", user=user, ntlmdomain=domain))
else:
    skip("auth ntlm", "libcurl has none")

# What libcurl may lack.
for auth, feature, words in (
        ("scram-sha-256", "gsasl", "SCRAM"), ("scram-sha-1", "gsasl", "SCRAM"),
        ("gssapi", "GSS-API", "GSSAPI (Kerberos)"), ("ntlm", "NTLM", "NTLM")):
    if HAVE is None or feature in HAVE:
        skip("auth %s without it" % auth, "libcurl has it")
        continue
    with serve("--advertise", auth.upper()) as s:
        r = send(s, auth=auth)
        case("auth %s needs a libcurl that has it" % auth, fault(r).startswith(
            "config any 0 78: libcurl ") and "here has no %s: use auth plain "
            "with tls on" % words in fault(r), fault(r))
        same("... nobody was called", s.connections, 0)

# GSSAPI: asked for only by name, and without a ticket no login.
with serve("--advertise", "GSSAPI") as s:
    r = send(s, auth="gssapi", user="me", password_file=None)
    if HAVE is None or "GSS-API" in HAVE:
        same("auth gssapi needs a realm", fault(r), "config any 0 78: auth "
             "gssapi needs a user with a realm, like me@EXAMPLE.ORG")
        r = send(s, auth="gssapi", password_file=None, environment={
            "KRB5_CONFIG": "/dev/null", "KRB5CCNAME": "FILE:/none"})
        case("auth gssapi without a ticket", fault(r).startswith(
            "login "), fault(r))
        case("... asks for no password and sends no mail",
             "MAIL FROM" not in sessions(s), sessions(s))

# EXTERNAL on the wire, over a local socket: a name, or none.
path = os.path.abspath("sock")
for user, answer in ((USER, base64.b64encode(USER.encode()).decode()),
                     (None, "")):
    with serve("--clear", "--unix", path + str(user is None),
               "--sender", "any", *offer("EXTERNAL")) as s:
        accepted("auth external, user %s" % user, send(
            s, auth="external", tls="off", user=user, password_file=None,
            socket=path + str(user is None)))
        case("... says so after AUTH EXTERNAL", "< AUTH EXTERNAL\n> 334 \n< "
             + answer in sessions(s), sessions(s))

# No hash is taken for the password itself: a server that asks for more.
def script(c):
    c.hello("AUTH CRAM-MD5")
    c.line("AUTH CRAM-MD5")
    c.say("334 VXNlcm5hbWU6")       # LOGIN's question
    answer = base64.b64decode(c.read_line()).decode()
    if PASSWORD in answer:
        raise AssertionError(answer)
    c.say("334 UGFzc3dvcmQ6")
    c.silence()


with Scripted(script) as s:
    s.smtp_port, s.smtps_port = s.port, 0
    r = send(s, host="127.0.0.1", tls="off", auth="cram-md5", timeout="5")
    case("a server that goes on asking gets nothing more",
         fault(r).startswith("login "), fault(r))
same("... in particular no password", s.problems, [])
done()
