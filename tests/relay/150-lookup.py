#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers that the DNS names for a domain, by the real relay and resolver,
and what --configure makes of them."""
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from frames import Relay
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from dnsserver import SRV, Server, cname, name, srv
from tap import case, done, same

# A whole answer that ends in the middle of its record.
TORN = struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + \
    name("_submission._tcp.torn.org") + struct.pack(">HH", SRV, 1) + \
    b"\xc0\x0c" + struct.pack(">HHIH", SRV, 1, 60, 40) + b"\0\1"

ZONE = {
    "_submissions._tcp.both.org": [srv(0, 1, 465, "mail.both.org")],
    "_submission._tcp.both.org": [srv(0, 1, 587, "mail.both.org")],
    "_submission._tcp.old.org": [srv(0, 1, 587, "smtp.old.org")],
    "_submissions._tcp.many.org": [
        srv(20, 9, 465, "d.many.org"), srv(10, 1, 465, "c.many.org"),
        srv(10, 5, 465, "a.many.org"), srv(10, 5, 1465, "b.many.org")],
    "_submissions._tcp.none.org": [srv(0, 0, 0, ".")],
    "_submission._tcp.none.org": [srv(0, 0, 0, ".")],
    "_submissions._tcp.half.org": [srv(0, 0, 0, ".")],
    "_submission._tcp.half.org": [srv(0, 0, 587, "mail.half.org")],
    "_submissions._tcp.alias.org": [cname("_submissions._tcp.both.org")],
    "_submission._tcp.empty.org": [],
    "_submissions._tcp.evil.org": [
        srv(0, 9, 465, "a\nhost evil.org"), srv(0, 8, 465, "-x.evil.org"),
        srv(0, 7, 465, "x`id`.evil.org"), srv(0, 6, 465, "localhost"),
        srv(0, 5, 0, "mail.evil.org"), srv(9, 1, 465, "good.evil.org")],
    "_submissions._tcp.long.org": [
        srv(n, 1, 465, "a-server-with-a-long-name-%d.long.org" % n)
        for n in range(40)],
    "_submission._tcp.torn.org": TORN,
    "_submissions._tcp.xn--bcher-kva.example": [
        srv(0, 1, 465, "mail.xn--bcher-kva.example")],
    "_submissions._tcp.hosted.org": [srv(0, 1, 465, "smtp.fastmail.com")],
}


def configure(dns, address, *more):
    env = dict(os.environ, QSENDMAIL_TEST_RESOLVER=dns.address,
               QSENDMAIL_TEST_SYSCONFDIR=os.path.abspath("none"))
    return subprocess.run([os.environ["QSENDMAIL"], "--configure", address] +
                          list(more), env=env, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)


def lines(text):
    return [x for x in text.splitlines() if x and x[0] != "#"]


def run(dns, relay):
    def look(domain):
        r = relay.lookup(domain)
        return r.srv if r.ended and not r.fault else r.fault

    same("TLS from the first octet comes before STARTTLS", look("both.org"),
         [("submissions", 465, "mail.both.org"),
          ("submission", 587, "mail.both.org")])
    same("both names were asked for, and no other one", dns.asked,
         ["_submissions._tcp.both.org", "_submission._tcp.both.org"])
    same("STARTTLS alone", look("old.org"),
         [("submission", 587, "smtp.old.org")])
    same("lower priority first, then higher weight, then the order",
         [r[2][0] for r in look("many.org")], ["a", "b", "c", "d"])
    same("with their ports", [r[1] for r in look("many.org")],
         [465, 1465, 465, 465])
    same("a dot is no service", look("none.org"),
         [("submissions", 0, "."), ("submission", 0, ".")])
    same("the other service comes before a dot", look("half.org"),
         [("submission", 587, "mail.half.org"), ("submissions", 0, ".")])
    same("an alias is followed", look("alias.org"),
         [("submissions", 465, "mail.both.org")])
    same("a name without records", look("empty.org"), [])
    same("a domain that does not exist", look("nowhere.org"), [])
    same("targets that are no host name are passed over", look("evil.org"),
         [("submissions", 465, "good.evil.org")])
    same("an answer that needs TCP", len(look("long.org")), 40)
    same("a domain of other letters goes as A-labels",
         look("b\u00fccher.example"),
         [("submissions", 465, "mail.xn--bcher-kva.example")])
    fault = look("torn.org")
    case("an answer that is torn is a fault", fault and fault[3] in (75, 76),
         fault)
    for bad in ("a b.org", "org", "", "-a.org", "a..org", "x" * 300 + ".org"):
        fault = look(bad)
        case("no question about \"%.9s\"" % bad, isinstance(fault, tuple) and
             fault[3] == 64, fault)
    same("the relay goes on after all that", look("old.org"),
         [("submission", 587, "smtp.old.org")])


with Server(ZONE) as dns:
    with Relay({}, environment={"QSENDMAIL_TEST_RESOLVER": dns.address}) \
            as relay:
        run(dns, relay)
    same("the relay ends well", relay.status, 0)

    p = configure(dns, "me@both.org")
    same("--configure: settings by the DNS", lines(p.stdout),
         ["from me@both.org", "host mail.both.org", "port 465", "tls on",
          "tls_starttls off", "auth on", "user me@both.org",
          "password_file ~/.config/qsendmail/password"])
    same("... silent on standard error", (p.returncode, p.stderr), (0, ""))
    case("... and says that this is no proof", "Without DNSSEC" in p.stdout
         and "mail.both.org" in p.stdout, p.stdout)
    p = configure(dns, "me@old.org")
    same("--configure: STARTTLS", lines(p.stdout)[1:5],
         ["host smtp.old.org", "port 587", "tls on", "tls_starttls on"])
    p = configure(dns, "b\u00fccher <me@b\u00fccher.example>")
    same("--configure: a domain of other letters", lines(p.stdout)[:2],
         ["from me@b\u00fccher.example", "host mail.xn--bcher-kva.example"])
    p = configure(dns, "me@hosted.org")
    case("--configure: advice of a provider that is known by its host",
         "app password" in p.stdout, p.stdout)
    p = configure(dns, "me@none.org")
    same("--configure: a domain that has no such service",
         (p.returncode, p.stdout), (69, ""))
    case("... says so", "has no submission server" in p.stderr, p.stderr)
    p = configure(dns, "me@nowhere.org")
    same("--configure: nothing found", p.returncode, 69)
    case("... leaves the host to be filled in", "\n#host " in p.stdout and
         "from me@nowhere.org" in p.stdout, p.stdout)
    before = list(dns.asked)
    p = configure(dns, "me@qq.com")
    same("--configure: nobody is asked about a known provider",
         (dns.asked, p.returncode), (before, 0))

# Nobody listens there any more.
p = configure(dns, "me@both.org")
same("no answer of the DNS is for now", p.returncode, 75)
case("... with what to do", "check the network" in p.stderr and
     p.stderr.count("\n") == 1 and not p.stdout, p.stderr)
case("nothing was written", not [x for x in os.listdir(".") if x != "none"],
     os.listdir("."))
done()
