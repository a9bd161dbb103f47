#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Through a real submission server: Postfix with Dovecot's SASL, by STARTTLS
and by TLS from the start, and what arrived behind it."""

import email
import email.policy
import hashlib
import json
import os
import re
import smtplib
import ssl
import subprocess
import sys

LIB = os.environ["srcdir"] + "/tests/lib"
sys.path.insert(0, LIB)
import qqserver  # noqa: E402
import submission  # noqa: E402
from tap import case, done, same, skip_all  # noqa: E402

why = submission.missing()
if why:
    skip_all(why)

USER, PASSWORD = "50627xxxx@qq.com", "abcdefghijklmnop"
SETTINGS = """\
defaults
from {user}
host localhost
tls on
tls_trust_file {cwd}/certs/ca.pem
auth login
user {user}
password {password}
account starttls
port {smtp}
account tls
port {smtps}
tls_starttls off
account wrong-password : tls
password wrong
account stranger : tls
tls_trust_file {cwd}/certs/other-ca.pem
account other-sender : tls
from somebody@qq.com
account plain : tls
auth plain
account local
host localhost
port {local}
from cron@host.example
tls off
auth off
"""
HEAD = ("From: %s\nTo: a@example.net\nSubject: s\nMessage-ID: <1@example.net>\n"
        "Date: Mon, 23 Nov 2026 12:00:00 +0800\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\n"
        "Content-Transfer-Encoding: 8bit\n\n" % USER).encode()
BODY = (".\n..\n.dot\n\nFrom here\n网络\n%s\n.\n" % ("x" * 990)).encode()

subprocess.run([LIB + "/certificates", "certs"], check=True)
sink = qqserver.Server(qqserver.options(
    ["--dir", "sink", "--clear", "--without", "AUTH", "--without", "STARTTLS",
     "--with", "SMTPUTF8", "--with", "DSN", "--size", "0"]))
sink.start()
arrived = 0


def send(account, message, *arguments):
    return subprocess.run(
        [os.environ["QSENDMAIL"], "-C", "settings", "-a", account] +
        list(arguments), input=message, capture_output=True)


def next_mail():
    """(facts, octets) of the next mail behind Postfix."""
    global arrived
    arrived += 1
    if not sink.wait_for(arrived):
        return None, b""
    with open("sink/%d.json" % arrived) as f, \
            open("sink/%d.eml" % arrived, "rb") as g:
        return json.load(f), g.read()


def sent(name, account, message, *arguments):
    """Sends, expects success, returns what arrived."""
    result = send(account, message, *arguments)
    same(name + ": exit status", (result.returncode, result.stderr), (0, b""))
    if result.returncode:
        return {}, b""
    return next_mail()


def by_hand(server):
    """The server is what we think it is."""
    trust = ssl.create_default_context(cafile="certs/ca.pem")
    for name, c in (
            ("STARTTLS", smtplib.SMTP("127.0.0.1", server.smtp_port)),
            ("TLS", smtplib.SMTP_SSL("127.0.0.1", server.smtps_port,
                                     context=trust))):
        if name == "STARTTLS":
            case("no AUTH before STARTTLS", not c.ehlo()[1].count(b"AUTH"))
            c.starttls(context=trust)
        c.ehlo()
        c.user, c.password = USER, PASSWORD
        reply = c.auth("LOGIN", c.auth_login, initial_response_ok=False)
        same("Postfix and Dovecot take AUTH LOGIN by " + name, reply[0], 235)
        c.quit()


def exercise(account):
    head = b"To: kairosxxxx@163.com\nSubject: networks\n\n"
    text = b"I love computer networks!\n"
    facts, octets = sent(account + ", text", account, head + text, "-t")
    same(account + ", text: envelope", (facts.get("mail_from"),
                                        facts.get("rcpt_to")),
         (USER, ["kairosxxxx@163.com"]))
    case(account + ", text: came with login and TLS",
         b"with ESMTPSA id" in octets, octets)
    message = email.message_from_bytes(octets, policy=email.policy.default)
    same(account + ", text: body", message.get_content().encode(),
         text.replace(b"\n", b"\r\n"))
    facts, octets = sent(account + ", picture", account, head + text, "-t",
                         "--attach", LIB + "/networks.jpg")
    message = email.message_from_bytes(octets, policy=email.policy.default)
    parts = [p for p in message.walk() if not p.is_multipart()]
    same(account + ", picture: parts",
         [p.get_content_type() for p in parts], ["text/plain", "image/jpeg"])
    with open(LIB + "/networks.jpg", "rb") as f:
        want = hashlib.sha256(f.read()).hexdigest()
    same(account + ", picture: sha256",
         hashlib.sha256(parts[-1].get_content()).hexdigest(), want)


def octets_stay(account):
    facts, octets = sent(account + ", 8-bit", account, HEAD + BODY, "-t")
    same(account + ", 8-bit: parameter", facts.get("mail_parameters", {}).get(
        "BODY"), "8BITMIME")
    # Postfix puts one field in front.
    want = (HEAD + BODY).replace(b"\n", b"\r\n")
    case(account + ", 8-bit: every octet is as it was",
         octets.startswith(b"Received: ") and octets.endswith(want), octets)


def refusals():
    r = send("tls", HEAD + BODY, "b@example.net", "nobody@refused.example")
    same("one recipient refused: exit status", r.returncode, 69)
    case("one recipient refused: its line",
         b"nobody@refused.example" in r.stderr and b"5.1.1" in r.stderr and
         b"b@example.net" not in r.stderr, r.stderr)
    facts, _ = next_mail()
    same("one recipient refused: the other one gets it",
         facts and facts["rcpt_to"], ["b@example.net"])
    r = send("tls", HEAD + BODY, "nobody@refused.example")
    same("the only recipient refused", r.returncode, 69)
    r = send("tls", HEAD + BODY, "later@refused.example")
    same("the only recipient refused for now", r.returncode, 75)
    case("its reply is shown", b"4.2.1" in r.stderr, r.stderr)
    r = send("other-sender", HEAD + BODY, "b@example.net")
    same("a sender that is not the login", r.returncode, 69)
    r = send("wrong-password", HEAD + BODY, "b@example.net")
    same("a wrong password", r.returncode, 77)
    case("is told with the server's words", b"535" in r.stderr, r.stderr)
    r = send("stranger", HEAD + BODY, "b@example.net")
    same("an authority that is not trusted", r.returncode, 76)


def wishes_about_notices():
    """RFC 3461: Postfix takes them and passes them on."""
    facts, _ = sent("wishes", "tls", HEAD + BODY, "-N", "success,delay", "-R",
                    "hdrs", "-V", "id=1", "b@example.net")
    same("wishes: RET and ENVID", [facts.get("mail_parameters", {}).get(
        name) for name in ("RET", "ENVID")], ["HDRS", "id+3D1"])
    same("wishes: NOTIFY", [sorted(p.get("NOTIFY", "").split(","))
                            for p in facts.get("rcpt_parameters", [])],
         [["DELAY", "SUCCESS"]])
    facts, _ = sent("no wishes", "starttls", HEAD + BODY, "b@example.net")
    same("no wishes: nothing is asked", (
        facts.get("mail_parameters", {}).keys() & {"RET", "ENVID"}, [
            "NOTIFY" in p for p in facts.get("rcpt_parameters", [])]),
         (set(), [False]))


def more_than_one_transaction():
    """250 recipients, 100 at a time; Postfix cuts them again."""
    global arrived
    people = ["p%d@example.net" % n for n in range(250)]
    r = send("tls", HEAD + BODY, *people)
    same("250 recipients: exit status", (r.returncode, r.stderr), (0, b""))
    got = []
    while r.returncode == 0 and len(got) < len(people):
        facts, _ = next_mail()
        if not facts:
            break
        got += facts["rcpt_to"]
    same("250 recipients: each gets it once", sorted(got), sorted(people))


def local_server():
    """Without TLS and login, as the Postfix of most hosts on port 25."""
    facts, octets = sent("local", "local", HEAD + BODY, "-t")
    same("local: envelope", (facts.get("mail_from"),
                             facts.get("rcpt_to")),
         ("cron@host.example", ["a@example.net"]))
    case("local: no login, no TLS, every octet as it was",
         b"with ESMTP id" in octets and
         octets.endswith((HEAD + BODY).replace(b"\n", b"\r\n")), octets)
    facts, _ = sent("local, null sender", "local", HEAD + BODY, "-f", "<>",
                    "b@example.net")
    same("local: the null sender, as bounces have it",
         facts.get("mail_from"), "")
    r = send("local", HEAD + BODY, "nobody@refused.example",
             "later@refused.example", "b@example.net")
    same("local: some refused: a line for each, and that nothing waits",
         (r.returncode, r.stderr.count(b"\n")), (69, 3))
    facts, _ = next_mail()
    same("local: the others have it", facts and facts["rcpt_to"],
         ["b@example.net"])
    r = send("local", b"", "--check")
    case("local: --check", r.returncode == 0 and b"no TLS, login off" in
         r.stdout and b"PIPELINING" in r.stdout, r.stdout, r.stderr)


with submission.Server("mta", "certs/valid.pem", USER, PASSWORD,
                       sink.smtp_port) as server:
    with open("settings", "w", opener=lambda p, f: os.open(p, f, 0o600)) as f:
        f.write(SETTINGS.format(
            user=USER, password=PASSWORD, cwd=os.getcwd(),
            smtp=server.smtp_port, smtps=server.smtps_port,
            local=server.local_port))
    by_hand(server)
    for way in ("starttls", "tls"):
        exercise(way)
        octets_stay(way)
    case("every login was by AUTH LOGIN",
         "sasl_method=LOGIN" in server.log() and
         "sasl_method=PLAIN" not in server.log())
    sent("auth plain", "plain", HEAD + BODY, "-t")
    case("auth plain logs in by it", "sasl_method=PLAIN" in server.log())
    refusals()
    wishes_about_notices()
    more_than_one_transaction()
    facts, octets = sent("a recipient in UTF-8", "tls", HEAD + BODY,
                         "用户@例子.example")
    same("a recipient in UTF-8: arrives", facts.get("rcpt_to"),
         ["用户@例子.example"])
    local_server()
    before = server.log().count("from=<")
    r = send("starttls", b"", "--check")
    same("--check succeeds", (r.returncode, server.log().count("from=<")),
         (0, before))
    log = server.log()
sink.stop()
with open("sink/violations") as f:
    same("Postfix had nothing to break", f.read(), "")
strange = [line for line in log.splitlines()
           if re.search("warning:|error|fatal|panic|violation", line, re.I) and
           not re.search("SASL LOGIN authentication failed|unknown ca|"
                         "SSL_accept error", line)]
same("Postfix and Dovecot saw nothing strange", strange, [])
done()
