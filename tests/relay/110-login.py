#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the name of the server to the end of AUTH: the dialogue that is shown,
certificates, logins, and everything that must stop before a password is sent."""
import base64
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import (MAIL, PASSWORD, USER, certificates, fault, said_auth,
                     send, serve, sessions, settings)
from frames import Relay
from scripted import Scripted
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from tap import case, done, same, skip

CERTS = certificates()


def accepted(name, r):
    case(name, r.outcome() == "content 2xx 250", r.words())


# The dialogue that people see.
for implicit, way, codes, names in (
        (False, "by STARTTLS",
         [220, 250, 220, 250, 334, 334, 235, 250, 250, 354, 250, 221],
         "connect ehlo starttls ehlo login user password"),
        (True, "with TLS from the start",
         [220, 250, 334, 334, 235, 250, 250, 354, 250],
         "connect ehlo login user password")):
    with serve() as s:
        with Relay(settings(s, implicit), verbose=1) as relay:
            r = relay.mail(USER, ["a@example.net"], MAIL)
        same("the golden dialogue " + way, r.codes, codes)
        want = names.split() + ["mail from", "rcpt to", "data", "mail"]
        if not implicit:        # QQ's 465 does not answer QUIT
            want.append("quit")
        same("... the names of its steps", [n for n, _, _ in r.steps], want)
        sent = {n: t for n, t, _ in r.steps}
        same("... what was sent at login",
             (sent["login"], sent["user"], sent["password"]),
             ("AUTH LOGIN", "********", "********"))
        same("... and in the transaction",
             (sent["mail from"], sent["rcpt to"], sent["data"]),
             ("MAIL FROM:<%s> SIZE=%d" % (USER, len(MAIL)),
              "RCPT TO:<a@example.net>", "DATA"))
        everything = repr(r.steps)
        secrets = [PASSWORD, base64.b64encode(PASSWORD.encode()).decode(),
                   base64.b64encode(USER.encode()).decode()]
        case("... and no secret in any of it",
             not any(x in everything for x in secrets), everything)
        with open(s.dir + "/1.eml", "rb") as f:
            case("... the mail is what was sent", f.read() == MAIL)

# Several replies belong to their own commands, pipelined or not.
for without in ([], ["--without", "PIPELINING"]):
    with serve("--refuse", "b@example.net=550 5.1.1 not here", *without) as s:
        with Relay(settings(s), verbose=1) as relay:
            r = relay.mail(USER, ["a@example.net", "b@example.net"], MAIL)
        same("each reply with its own command %s" % without,
             [(t, c[:3]) for n, t, c in r.steps if n == "rcpt to"],
             [("RCPT TO:<a@example.net>", "250"),
              ("RCPT TO:<b@example.net>", "550")])

# A check logs in and sends nothing.
for implicit, names in (
        (False, "resolve tcp connect ehlo starttls tls fingerprint pin "
         "ehlo login user password quit"),
        (True, "resolve tcp tls fingerprint pin connect ehlo login user password quit")):
    with serve() as s:
        with Relay(settings(s, implicit)) as relay:
            r = relay.check()
        same("a check, step by step", [n for n, _, _ in r.steps],
             names.split())
        steps = {n: (t, c) for n, t, c in r.steps}
        case("... the addresses of the host", steps["resolve"][0] ==
             "localhost" and "127.0.0.1" in steps["resolve"][1], steps)
        same("... the address that was taken", steps["tcp"][1],
             "127.0.0.1 port %d" %
             (s.smtps_port if implicit else s.smtp_port))
        tls = steps["tls"][1].split("\n")
        case("... version and cipher", tls[0].startswith("TLSv1.3 / TLS_"),
             tls)
        same("... the certificate", tls[1:], [
            "Subject: CN = localhost", "Issuer: CN = qsendmail test ca",
            "Start date: Jan  1 00:00:00 2019 GMT",
            "Expire date: Jan  1 00:00:00 2099 GMT"])
        case("... no fault, no mail", r.fault is None and r.ended and
             "MAIL FROM" not in sessions(s), r.fault)
with serve(cert="expired") as s:
    with Relay(settings(s)) as relay:
        r = relay.check()
    same("a check that fails shows how far it came",
         [n for n, _, _ in r.steps],
         ["resolve", "tcp", "connect", "ehlo", "starttls"])
    case("... and why", "certificate has expired" in fault(r), fault(r))

# Certificates.
for cert, reason in (
        ("expired", "certificate has expired"),
        ("wrong-name", "for another name (mail.example.net), not localhost"),
        ("self-signed", "signed by itself (self-signed)"),
        ("unknown", "signed by an authority that is not trusted here")):
    for implicit in (False, True):
        with serve(cert=cert) as s:
            r = send(s, implicit)
            case("a certificate that is %s%s" % (cert, implicit * " (TLS)"),
                 fault(r).startswith("certificate any 0 0: ") and
                 reason in fault(r), fault(r))
            case("... stops before the login", not said_auth(s))
with serve(cert="expired") as s:
    accepted("tls_certcheck off takes any", send(s, tls_certcheck="off"))
with serve() as s:
    r = send(s, tls_trust_file="system")
    case("the system's certificates do not know ours",
         fault(r).startswith("certificate any"), fault(r))
    r = send(s, tls_trust_file=CERTS + "/other-ca.pem")
    case("a named file is the only authority",
         fault(r).startswith("certificate any"), fault(r))
    r = send(s, tls_trust_file="/nonexistent")
    same("a trust file that is not there", fault(r), "config any 0 78: "
         "tls_trust_file cannot be read: /nonexistent: No such file or "
         "directory")
    r = send(s, tls_trust_file=os.path.abspath("password"))
    case("a trust file without certificates",
         fault(r).startswith("config any 0 78"), fault(r))
    accepted("an address in the certificate", send(s, host="127.0.0.1"))
with serve("--tls-version", "1.2") as s:
    accepted("TLS 1.2 will do", send(s))

# TLS that does not come about.
with serve("--without", "STARTTLS") as s:
    r = send(s)
    same("no STARTTLS", fault(r), "starttls not-offered 0 0: ")
    case("... no login", not said_auth(s))
with serve("--fault", "starttls=raw:220 go\\r\\n250 injected\\r\\n") as s:
    r = send(s)
    same("octets behind the 220 to STARTTLS", fault(r), "tls garbage 0 0: "
         "the server sent something behind its reply to STARTTLS")
    case("... no login", not said_auth(s))
for action, outcome in (("close", "tls lost"), ("reset", "tls lost"),
                        ("hang", "tls timeout"),
                        ("raw:220 hello\\r\\n", "tls lost")):
    for implicit in (False, True):
        with serve("--fault", "tls=" + action) as s:
            r = send(s, implicit, timeout="1" if action == "hang" else "60")
            # An early reset may be seen while connecting; octets may come
            # in one piece with the 220.
            case("TLS handshake: %s%s" % (action, implicit * " (465)"),
                 fault(r).startswith(outcome) or fault(r) ==
                 "tls garbage 0 0: the server sent something behind its "
                 "reply to STARTTLS" and action[:3] == "raw" or (
                     action == "reset" and implicit and
                     fault(r).startswith("connect lost")), fault(r))
with serve() as s:
    r = send(s, implicit=False, tls_starttls="off", timeout="30")
    same("TLS from the start on a port that has STARTTLS", fault(r),
         "tls lost 0 0: what the server sent is not TLS")

# Logins.
for auth in ("plain", "xoauth2", "oauthbearer"):
    with serve("--auth", auth.upper(), "--advertise", auth.upper()) as s:
        accepted("auth " + auth, send(s, auth=auth))
        with open("wrong", "w") as f:
            f.write("wrong\n")
        r = send(s, auth=auth, password_file=os.path.abspath("wrong"))
        case("... refused with a wrong password",
             fault(r).startswith("login 5xx"), fault(r))
with serve("--auth", "XOAUTH2") as s:
    r = send(s, auth="xoauth2", password_file=os.path.abspath("wrong"))
    same("XOAUTH2's reason is read", fault(r),
         'login 5xx 334 0: {"status":"401","schemes":"bearer"}')
with serve("--no-initial") as s:
    accepted("no initial response for those that refuse it", send(s))
with serve() as s:
    accepted("auth on: LOGIN where PLAIN is named but not known",
             send(s, auth="on"))
    same("... at the second connection", s.connections, 2)
    r = send(s, auth="plain")
    case("... but not when PLAIN was asked for",
         fault(r).startswith("login 5xx 504"), fault(r))
with serve("--auth", "LOGIN PLAIN") as s:
    accepted("auth on: the first time where PLAIN is known",
             send(s, auth="on"))
    same("... at the first connection", s.connections, 1)
with serve("--advertise", "GSSAPI NTLM EXTERNAL") as s:
    for auth in ("on", "login"):
        r = send(s, auth=auth)
        same("auth %s never takes GSSAPI, NTLM or another" % auth, fault(r),
             "login not-offered 0 0: the server offers only GSSAPI NTLM "
             "EXTERNAL")
    case("... and says nothing of it to the server", not said_auth(s))
with serve("--without", "AUTH") as s:
    r = send(s)
    same("no login offered", fault(r),
         "login not-offered 0 0: the server offers no login")
    case("... and no mail sent", "MAIL FROM" not in sessions(s))
with serve("--fault", "ehlo#2=250 x\\nPIPELINING") as s:
    r = send(s)
    same("a login offered only before TLS", fault(r), "login not-offered 0 "
         "0: the server offers a login only without TLS")
    case("... and no mail sent", "MAIL FROM" not in sessions(s))
for reply, code in (("550 no", "5xx 550"), ("450 no", "4xx 450")):
    with serve("--fault", "ehlo#2=" + reply) as s:
        r = send(s)
        same("EHLO refused, HELO taken: no login, no mail", fault(r),
             "ehlo %s 0: without EHLO there is no login" % code)
        case("... and no mail sent", "< HELO" in sessions(s) and
             "MAIL FROM" not in sessions(s))
for lines, reason in (
        (["auth LOGIN"], None),
        (["AUTH=LOGIN"], "the server offers a login only in the form AUTH=, "
         "which is older than the standard"),
        (["STARTTLS"], "the server offers no login without TLS: add tls on"),
        (["SIZE"], "the server offers no login")):
    def script(c, offer=lines):
        c.hello(*offer)
        if c.read_line().startswith("AUTH"):
            c.say("334 VXNlcm5hbWU6")
            c.line(base64.b64encode(USER.encode()).decode())
            c.say("334 UGFzc3dvcmQ6")
            c.line(base64.b64encode(PASSWORD.encode()).decode())
            c.say("235 in")
            c.mail()
    with Scripted(script) as s:
        s.smtp_port = s.port
        s.smtps_port = 0
        r = send(s, host="127.0.0.1", tls="off")
    if reason is None:
        case("AUTH in small letters: a login, or none and no mail",
             r.outcome() == "content 2xx 250" or fault(r).startswith(
                 "login not-offered 0 0: libcurl did not see"), fault(r))
    else:
        same("without a 235 no mail: %s" % lines, fault(r),
             "login not-offered 0 0: " + reason)
with serve("--fault", "password=raw:235 in\\r\\n250 injected\\r\\n") as s:
    r = send(s)
    case("octets behind the 235 never make a success of nothing",
         (r.outcome() == "content 2xx 250") == os.path.exists(
             s.dir + "/1.eml"), r.words())
with serve() as s:
    accepted("a very long timeout", send(s, timeout="99999999"))
with serve("--fault", "password=535 Login Fail.") as s:
    r = send(s)
    same("a refused login", fault(r), "login 5xx 535 0: Login Fail.")
    case("... and no mail sent", "MAIL FROM" not in sessions(s))

# Passwords in clear.
with serve("--clear") as s:
    accepted("without TLS to this machine", send(s, tls="off"))
    accepted("... by its address too", send(s, tls="off", host="127.0.0.1"))
    r = send(s, tls="off", host="mail.example.org")
    same("without TLS to another machine", fault(r), "config any 0 78: the "
         "password would go over the network in clear: add tls on")
with serve("--clear", "--without", "AUTH") as s:
    accepted("without TLS and login", send(s, tls="off", auth="off"))
with serve("--clear", "--without", "AUTH", "--fault", "ehlo=502 what") as s:
    accepted("HELO will do where no login is wanted",
             send(s, tls="off", auth="off"))
    case("... and no parameter that was not offered",
         "MAIL FROM:<%s>\n" % USER in sessions(s), sessions(s))

# Names.
with serve() as s:
    for domain, said in (("[127.0.0.1]", "[127.0.0.1]"),
                         ("me.example.org", "me.example.org"),
                         ("bücher.example", "xn--bcher-kva.example")):
        send(s, domain=domain)
        case("EHLO " + said, "< EHLO %s\n" % said in sessions(s))
    r = send(s, host="no-such-host.invalid")
    case("a host that does not exist",
         fault(r).startswith("resolve lost 0 0: ") and
         "no-such-host.invalid" in fault(r), fault(r))
with socket.create_server(("127.0.0.1", 0)) as listener:
    port = listener.getsockname()[1]
with serve() as s:
    r = send(s, port=str(port))
    same("nobody listens", fault(r), "connect lost 0 0: Connection refused")
try:
    with serve("--address", "::1") as s:
        for host in ("::1", "[::1]"):
            accepted("IPv6 as " + host, send(s, host=host))
except OSError:
    skip("IPv6", "no ::1 here")

# An environment that would steer libcurl.
with serve() as s:
    r = send(s, environment={
        "SSLKEYLOGFILE": os.path.abspath("keys"),
        "CURL_SSL_BACKEND": "none", "SMTP_PROXY": "http://127.0.0.1:1",
        "ALL_PROXY": "http://127.0.0.1:1", "smtp_proxy": "http://127.0.0.1:1",
        "all_proxy": "socks5h://127.0.0.1:1", "NETRC": "/nonexistent"})
    accepted("the environment does not steer libcurl", r)
    case("... nor write keys", not os.path.exists("keys"))
done()
