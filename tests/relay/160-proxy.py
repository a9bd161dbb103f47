#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the server: proxies, the own address, a local socket; and that no
password goes in clear where a proxy could see it."""
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import (MAIL, PASSWORD, USER, certificates, facts, fault,
                     said_auth, send, serve, sessions, settings)
from frames import Relay
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from proxy import Proxy
from tap import case, done, same

CERTS = certificates()


def accepted(name, r):
    return case(name, r.outcome() == "content 2xx 250", r.words())


def url(scheme, proxy, user=""):
    return "%s://%s127.0.0.1:%d" % (scheme, user, proxy.port)


def section(proxy, password="let me in"):
    """A settings file with the password for that proxy."""
    with open("rc", "w") as f:
        f.write("host x\nproxy %s\nproxy_password %s\n" % (proxy, password))
    os.chmod("rc", 0o600)
    return os.path.abspath("rc"), "default"


# Proxies without a login.
for scheme, kind in (("socks5h", "socks5"), ("socks5", "socks5"),
                     ("http", "http")):
    for implicit in (False, True):
        with serve() as s, Proxy(kind) as p:
            accepted("through %s%s" % (scheme, implicit * " (465)"),
                     send(s, implicit, proxy=url(scheme, p)))
            port = s.smtps_port if implicit else s.smtp_port
            same("... the proxy was asked for the server", p.asked,
                 [("127.0.0.1" if scheme == "socks5" else "localhost", port)])
with serve() as s, Proxy("socks5") as p:
    accepted("msmtp's proxy_host and proxy_port", send(
        s, proxy_host="127.0.0.1", proxy_port=str(p.port)))
    same("... ask it by name", p.asked, [("localhost", s.smtp_port)])
    accepted("proxy counts before proxy_host", send(
        s, proxy=url("socks5h", p), proxy_host="127.0.0.1",
        proxy_port="1"))
with serve(cert="wrong-name") as s, Proxy(
        "socks5", target=s.smtp_port) as p:
    accepted("a name that only the proxy knows", send(
        s, host="mail.example.net", proxy=url("socks5h", p)))
    same("... is not looked up here", p.asked,
         [("mail.example.net", s.smtp_port)])
    with Relay(settings(s, host="mail.example.net",
                        proxy=url("socks5h", p))) as relay:
        r = relay.check()
    case("... not by a check either", r.fault is None and "resolve" not in
         [n for n, _, _ in r.steps], r.steps, r.fault)
    same("... which shows the proxy", r.steps[0],
         ("proxy", "", "127.0.0.1 port %d" % p.port))
with serve(cert="wrong-name") as s, Proxy("http") as p:
    accepted("a proxy and tls_host_override", send(
        s, proxy=url("http", p), tls_host_override="mail.example.net"))
    same("... the proxy is asked for the host", p.asked,
         [("localhost", s.smtp_port)])

# With a login.
for scheme, kind in (("socks5h", "socks5"), ("http", "http")):
    with serve() as s, Proxy(kind, user="me@x", password="let me in") as p:
        way = url(scheme, p, "me%40x@")
        accepted("a login to the proxy: " + scheme, send(
            s, proxy=way, secret=section(way)))
        same("... with user and password", set(p.logins),
             {("me@x", "let me in")})
        with Relay(settings(s, proxy=way), verbose=1, secret=section(way)) \
                as relay:
            r = relay.mail(USER, ["a@example.net"], MAIL)
        case("... and no word of it in the dialogue", r.steps and
             "let me in" not in repr(r.steps) and
             "bWVAeDps" not in repr(r.steps), r.steps)
        r = send(s, proxy=way, secret=section(way, "wrong"))
        same("... a wrong password", fault(r),
             "proxy 5xx 0 0: user or password is wrong")
        r = send(s, proxy=url(scheme, p))
        case("... no user", fault(r).startswith(
            "proxy 5xx 0 0: it wants a login: write USER@ into the setting "
            "proxy, and add proxy_password"), fault(r))
        p.logins.clear()
        r = send(s, proxy=way, secret=section(url(scheme, p, "other@")))
        case("... the password of another proxy stays at home",
             fault(r).startswith("proxy 5xx") and
             "let me in" not in repr(p.logins), fault(r), p.logins)
    with serve() as s, Proxy(kind, user="me", password="of env") as p:
        way = url(scheme, p, "me@")
        accepted("the password from the environment: " + scheme, send(
            s, proxy=way, secret=("", "env"), environment={
                "QSENDMAIL_PROXY_PASSWORD": "of env",
                "QSENDMAIL_PROXY": way, "QSENDMAIL_HOST": "x"}))

# What proxies do wrong.
for kind, scheme, bad, want in (
        ("socks5", "socks5h", "refuse",
         "proxy any 0 0: it does not allow a connection to the server"),
        ("http", "http", "refuse", "proxy any 0 0: it answers 403 to "
         "CONNECT"),
        ("socks5", "socks5h", "close", "proxy "),
        ("http", "http", "close", "proxy "),
        ("socks5", "socks5h", "hang", "proxy timeout 0 0: "),
        ("http", "http", "hang", "proxy timeout 0 0: "),
        ("http", "socks5h", None, "proxy "),
        ("http", "http", b"nonsense\r\n\r\n", "proxy ")):
    with serve() as s, Proxy(kind, fault=bad) as p:
        r = send(s, proxy=url(scheme, p),
                 timeout="60" if bad not in ("hang", None) else "1")
        case("a proxy that does %s: %s by %s" % (bad, kind, scheme),
             fault(r).startswith(want), fault(r))
        case("... and nothing was said", not said_auth(s))
for scheme in ("socks5h", "http"):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with serve() as s:
        r = send(s, proxy="%s://127.0.0.1:%d" % (scheme, port))
        same("no proxy there: " + scheme, fault(r),
             "proxy lost 0 0: Connection refused")
        r = send(s, proxy=scheme + "://no-such-host.invalid")
        case("a proxy whose name is unknown: " + scheme, fault(r).startswith(
            "proxy lost 0 0: ") and "no-such-host.invalid" in fault(r),
            fault(r))
with serve("--fault", "connect=close") as s, Proxy("http") as p:
    r = send(s, proxy=url("http", p))
    case("a server behind a proxy that says nothing",
         fault(r).startswith(("greeting lost", "proxy any")), fault(r))
with serve("--without", "AUTH") as s, Proxy(
        "http", fault=b"HTTP/1.1 200 OK\r\n235: hello\r\n235 hello\r\n\r\n") \
        as p:
    r = send(s, proxy=url("http", p))
    case("a 235 in the proxy's header is no login",
         "MAIL FROM" not in sessions(s) and r.fault is not None, fault(r))

# A password in clear.
with serve("--clear") as s, Proxy("socks5") as p:
    r = send(s, tls="off", proxy=url("socks5h", p))
    same("no password in clear through a proxy, not to this host either",
         fault(r), "config any 0 78: the password would go over the network "
         "in clear: add tls on")
    r = send(s, tls="off", proxy_host="127.0.0.1", proxy_port=str(p.port))
    case("... nor by proxy_host", fault(r).startswith("config any 0 78"),
         fault(r))
    r = send(s, tls="off", auth="on", proxy=url("socks5h", p))
    same("auth on finds nothing that it may use there", fault(r),
         "login not-offered 0 0: the server offers only LOGIN PLAIN XOAUTH "
         "XOAUTH2, and without TLS the password must not be seen: add tls on")
    case("... and says nothing", not said_auth(s))
with serve("--clear", "--without", "AUTH") as s, Proxy("http") as p:
    accepted("without a login TLS is not needed", send(
        s, tls="off", auth="off", proxy=url("http", p)))

# The own address.
with serve() as s:
    accepted("source_ip", send(s, source_ip="127.0.0.2"))
    same("... is where the server sees us", facts(s)["peer"], "127.0.0.2")
    r = send(s, source_ip="192.0.2.1")
    case("an address that this host has not", fault(r).startswith(
        "config any 0 78: source_ip is no address of this host"), fault(r))

# A local socket.
path = os.path.abspath("sock")
with serve("--unix", path) as s:
    accepted("a local socket", send(s, socket=path))
    same("... it was", facts(s)["peer"], "unix")
    accepted("... takes the place of host and port", send(
        s, socket=path, host="localhost", port="1"))
    with Proxy("socks5", fault="close") as p:
        accepted("... and of a proxy", send(s, socket=path, port="1",
                                            proxy=url("socks5h", p)))
    with Relay(settings(s, socket=path)) as relay:
        r = relay.check()
    same("a check shows it", r.steps[0], ("socket", "", path))
with serve("--unix", path + "2", cert="wrong-name") as s:
    r = send(s, socket=path + "2")
    case("the certificate is still checked for host", fault(r).startswith(
        "certificate any 0 0: the certificate is for another name"), fault(r))
    accepted("... or tls_host_override", send(
        s, socket=path + "2", tls_host_override="mail.example.net"))
with serve("--unix", path + "3", "--clear") as s:
    accepted("a password may go over it in clear", send(
        s, socket=path + "3", tls="off", host="mail.example.org"))
    r = send(s, socket="/none", tls="off")
    case("a socket that is not there", fault(r).startswith(
        "connect lost 0 0: No such file"), fault(r))
    r = send(s, socket="/" + "x" * 120)
    case("a name that is too long for a socket", fault(r).startswith(
        "config any 0 78: the name of the socket is too long"), fault(r))
with serve("--unix", path + "4", "--clear", "--without", "AUTH") as s:
    with open("rc2", "w") as f:
        f.write("from a@example.org\nsocket %s4\nlogfile log\n" % path)
    run = subprocess.run(
        [os.environ["QSENDMAIL"], "-C", "rc2", "b@example.org"],
        input=b"Subject: hi\n\nhi\n", stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    same("an account needs no host with a socket",
         (run.returncode, run.stdout), (0, b""))

# What the command says about it.
with serve() as s, Proxy("socks5", user="me", password="of rc") as p:
    way = url("socks5h", p, "me@")
    with open("rc3", "w") as f:
        f.write("host localhost\nport %d\nfrom a@example.org\nuser %s\n"
                "password %s\nauth login\ntls on\ntls_trust_file %s/ca.pem\n"
                "tls_cert_file %s/client.pem\nsource_ip 127.0.0.1\n"
                "proxy %s\nproxy_password of rc\n" % (
                    s.smtp_port, USER, PASSWORD, CERTS, CERTS, way))
    os.chmod("rc3", 0o600)
    run = subprocess.run([os.environ["QSENDMAIL"], "-C", "rc3", "--check"],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True)
    same("--check succeeds", run.returncode, 0)
    for words in ("through %s" % way, "from 127.0.0.1",
                  "with the certificate in %s/client.pem" % CERTS,
                  "\nfingerprint SHA256 ", "\npin        sha256//"):
        case("... and says " + words.strip(), words in run.stdout, run.stdout)
    case("... but no secret", "of rc" not in run.stdout and
         PASSWORD not in run.stdout, run.stdout)
    run = subprocess.run([os.environ["QSENDMAIL"], "-C", "rc3", "--check",
                          "--passwordeval=echo wrong"],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True)
    case("a command for another password leaves it the proxy's",
         run.returncode == 77 and "through %s" % way in run.stdout,
         run.returncode, run.stdout)
    with open("rc3") as f:
        text = f.read()
    with open("rc4", "w") as f:
        f.write(text.replace("proxy_password of rc",
                             "eval echo proxy_password of rc"))
    os.chmod("rc4", 0o600)
    run = subprocess.run([os.environ["QSENDMAIL"], "-C", "rc4", "--check",
                          "--passwordeval=echo wrong"],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True)
    case("... also when that comes from an eval line",
         run.returncode == 77 and "the proxy" not in run.stdout,
         run.returncode, run.stdout)
    run = subprocess.run([os.environ["QSENDMAIL"], "-C", "rc3", "--settings"],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True)
    case("--settings shows no proxy_password", "of rc" not in run.stdout and
         "proxy_password       (set)" in run.stdout, run.stdout)
    os.chmod("rc3", 0o644)
    with open("rc4", "w") as f:
        f.write("host a\nproxy socks5h://b\nproxy_password c\n")
    os.chmod("rc4", 0o644)
    run = subprocess.run([os.environ["QSENDMAIL"], "-C", "rc4", "--settings"],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True)
    case("a file with a proxy_password is to be protected",
         run.returncode == 78 and "chmod" in run.stdout, run.stdout)
done()
