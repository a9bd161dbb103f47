#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the server is and who we are: fingerprints, pins, revoked certificates,
versions and ciphers, client certificates. Whatever does not fit ends before a
password or a mail has left."""
import base64
import hashlib
import os
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import (USER, certificates, facts, fault, said_auth, send, serve,
                     sessions, settings)
from frames import Relay
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from tap import case, done, same, skip

CERTS = certificates()
WAYS = ((False, " (STARTTLS)"), (True, " (TLS from the start)"))


def der(name):
    with open("%s/%s.pem" % (CERTS, name)) as f:
        text = f.read()
    end = "-----END CERTIFICATE-----\n"
    return ssl.PEM_cert_to_DER_cert(text[:text.index(end) + len(end)])


def fingerprint(name, kind="sha256"):
    digits = hashlib.new(kind, der(name)).hexdigest().upper()
    return ":".join(digits[i:i + 2] for i in range(0, len(digits), 2))


def pin(name):
    """By the tools that curl's manual names for it."""
    key = subprocess.run(
        "openssl x509 -in %s/%s.pem -noout -pubkey | "
        "openssl pkey -pubin -outform der" % (CERTS, name), shell=True,
        check=True, capture_output=True).stdout
    return "sha256//" + base64.b64encode(hashlib.sha256(key).digest()).decode()


def accepted(name, r):
    return case(name, r.outcome() == "content 2xx 250", r.words())


def refused(name, server, r, want):
    """The fault is that, and nothing secret and no mail was sent."""
    case(name, fault(r).startswith(want), fault(r), "want: " + want)
    case("... and neither password nor mail left",
         not said_auth(server) and "MAIL FROM" not in sessions(server),
         sessions(server))


# tls_fingerprint.
for implicit, way in WAYS:
    for cert in ("valid", "self-signed", "expired", "wrong-name", "unknown"):
        with serve(cert=cert) as s:
            accepted("the fingerprint of a certificate that is %s%s" %
                     (cert, way), send(s, implicit,
                                       tls_fingerprint=fingerprint(cert)))
    with serve() as s:
        want = "certificate any 0 0: its fingerprint is SHA256 %s, which is " \
            "not that of tls_fingerprint" % fingerprint("valid")
        refused("another fingerprint" + way, s, send(
            s, implicit, tls_fingerprint=fingerprint("other-key")), want)
        refused("... for who does not log in" + way, s, send(
            s, implicit, auth="off",
            tls_fingerprint=fingerprint("other-key")), want)
    with serve("--without", "AUTH") as s:
        accepted("a fingerprint without a login" + way, send(
            s, implicit, auth="off", tls_fingerprint=fingerprint("valid")))
with serve(cert="self-signed") as s:
    for kind in ("sha1", "md5"):
        accepted("a fingerprint by %s" % kind, send(
            s, tls_fingerprint=fingerprint("self-signed", kind)))
    accepted("a fingerprint in small letters without colons", send(
        s, tls_fingerprint=fingerprint("self-signed").replace(
            ":", "").lower()))
    accepted("tls_certcheck off: no fingerprint is looked at", send(
        s, tls_certcheck="off", tls_fingerprint=fingerprint("valid")))
with serve(cert="self-signed") as s:
    refused("a wrong fingerprint by sha1", s, send(
        s, tls_fingerprint=fingerprint("valid", "sha1")),
        "certificate any 0 0: its fingerprint is SHA1 " +
        fingerprint("self-signed", "sha1"))
with serve(cert="renewed") as s:
    refused("a certificate that was renewed has another fingerprint", s, send(
        s, tls_fingerprint=fingerprint("valid")), "certificate any 0 0: ")

# tls_pin.
with serve(cert="renewed") as s:
    accepted("a pin holds for the renewed certificate",
             send(s, tls_pin=pin("valid")))
with serve(cert="other-key") as s:
    accepted("one pin of several", send(
        s, tls_pin=pin("valid") + ";" + pin("other-key")))
for implicit, way in WAYS:
    with serve(cert="other-key") as s:
        refused("a key that is not pinned" + way, s, send(
            s, implicit, tls_pin=pin("valid")),
            "certificate any 0 0: its public key is %s, which is none of "
            "tls_pin" % pin("other-key"))
    with serve(cert="other-key") as s:
        refused("... with tls_certcheck off too" + way, s, send(
            s, implicit, tls_certcheck="off", tls_pin=pin("valid")),
            "certificate any 0 0: its public key is ")
with serve(cert="unknown") as s:
    refused("a pin does not replace the authority", s, send(
        s, tls_pin=pin("unknown")), "certificate any 0 0: the certificate "
        "was signed by an authority that is not trusted here")
with serve(cert="other-key") as s:
    refused("a fingerprint and a pin must both fit", s, send(
        s, tls_pin=pin("valid"), tls_fingerprint=fingerprint("other-key")),
        "certificate any 0 0: its public key is ")

# An empty tls_trust_file.
with serve(cert="self-signed") as s:
    refused("nobody is trusted", s, send(s, tls_trust_file=""),
            "config any 0 78: tls_trust_file is empty, so no server can be "
            "trusted: ")
    accepted("... but for a pin", send(s, tls_trust_file="",
                                       tls_pin=pin("self-signed")))
    accepted("... or a fingerprint", send(
        s, tls_trust_file="", tls_fingerprint=fingerprint("self-signed")))
    accepted("... or without a check", send(s, tls_trust_file="",
                                            tls_certcheck="off"))

# What a check tells of it.
for implicit, way in WAYS:
    with serve(cert="self-signed") as s:
        with Relay(settings(s, implicit, tls_certcheck="off")) as relay:
            r = relay.check()
    told = {n: t for n, _, t in r.steps}
    same("a check prints the fingerprint" + way, told.get("fingerprint"),
         "SHA256 " + fingerprint("self-signed"))
    same("... and the pin", told.get("pin"), pin("self-signed"))

# tls_host_override.
with serve(cert="wrong-name") as s:
    accepted("the name in the certificate may be given", send(
        s, tls_host_override="mail.example.net"))
    same("... and is the one that the server is asked for",
         facts(s)["sni"], "mail.example.net")
    same("... EHLO and login stay as they are",
         (facts(s)["ehlo"], facts(s)["user"]), ("localhost", USER))
    accepted("... with the host as an address", send(
        s, host="127.0.0.1", tls_host_override="mail.example.net"))
    with Relay(settings(s, tls_host_override="mail.example.net")) as relay:
        r = relay.check()
    same("a check looks up the host itself", r.steps[0][:2],
         ("resolve", "localhost"))
with serve() as s:
    refused("a certificate without that name", s, send(
        s, tls_host_override="mail.example.net"), "certificate any 0 0: the "
        "certificate is for another name (localhost, smtp.qq.com, 127.0.0.1,")
    same("without an override the host is asked for",
         (send(s).outcome(), facts(s)["sni"]),
         ("content 2xx 250", "localhost"))

# tls_crl_file.
for implicit, way in WAYS:
    with serve(cert="revoked") as s:
        refused("a certificate that was revoked" + way, s, send(
            s, implicit, tls_crl_file=CERTS + "/ca.crl"),
            "certificate any 0 0: the certificate was revoked")
with serve() as s:
    accepted("one that was not", send(s, tls_crl_file=CERTS + "/ca.crl"))
with serve() as s:
    refused("a list that is out of date", s, send(
        s, tls_crl_file=CERTS + "/old.crl"), "certificate any 0 0: the list "
        "in tls_crl_file is too old")
    refused("a list of another authority", s, send(
        s, tls_crl_file=CERTS + "/other-ca.crl"), "certificate any 0 0: "
        "tls_crl_file has no list of an authority of the certificate")
    refused("a list that is not there", s, send(s, tls_crl_file="/none"),
            "config any 0 78: tls_crl_file cannot be read: /none")
    refused("a list that is none", s, send(
        s, tls_crl_file=CERTS + "/server.key"), "config any 0 78: "
        "tls_crl_file cannot be used")

# Versions and ciphers.
for implicit, way in WAYS:
    with serve("--tls-version", "1.2") as s:
        refused("1.3 is wanted, the server has 1.2" + way, s, send(
            s, implicit, tls_min_version="1.3"), "tls not-offered 0 0: the "
            "server has no version of TLS that is allowed here")
        refused("... by words of GnuTLS" + way, s, send(
            s, implicit, tls_priorities="NORMAL:-VERS-ALL:+VERS-TLS1.3"),
            "tls not-offered 0 0: ")
        refused("... by words of libtls" + way, s, send(
            s, implicit, tls_priorities="PROTOCOLS=TLSv1.3"),
            "tls not-offered 0 0: ")
    with serve("--tls-version", "1.1") as s:
        refused("the server has 1.1 only" + way, s, send(s, implicit),
                "tls not-offered 0 0: the server has no version of TLS that "
                "is allowed here")
with serve("--tls-version", "1.3") as s:
    refused("1.2 at most, the server has 1.3", s, send(
        s, tls_priorities="NORMAL:-VERS-TLS1.3"), "tls not-offered 0 0: ")
for version in ("1.0", "1.1"):
    with serve("--tls-version", version) as s:
        accepted("tls_min_version %s gets through to such a server" % version,
                 send(s, tls_min_version=version))
        same("... with that version", facts(s)["tls"],
             "TLSv1" if version == "1.0" else "TLSv1.1")
with serve("--tls-version", "1.2") as s:
    accepted("words of GnuTLS that leave 1.2", send(
        s, tls_priorities="SECURE256:%SERVER_PRECEDENCE:-VERS-TLS1.0:"
        "-VERS-TLS1.1"))
    accepted("tls_min_version counts before them", send(
        s, tls_priorities="NORMAL:-VERS-ALL:+VERS-TLS1.3",
        tls_min_version="1.2"))
    accepted("a cipher of 1.2", send(
        s, tls_ciphers="ECDHE-ECDSA-AES256-GCM-SHA384"))
    accepted("... as words of libtls", send(
        s, tls_priorities="PROTOCOLS=TLSv1.2 "
        "CIPHERS=ECDHE-ECDSA-AES128-GCM-SHA256 ECDHECURVES=P-256,P-384"))
with serve("--tls-version", "1.2") as s:
    refused("a cipher that the server has not", s, send(
        s, tls_ciphers="ECDHE-RSA-AES256-GCM-SHA384"), "tls not-offered 0 0: "
        "the server takes none of the ciphers that are allowed here")
    refused("a cipher that does not exist", s, send(s, tls_ciphers="NONSENSE"),
            "config any 0 78: tls_ciphers: ")
with serve() as s:
    with Relay(settings(s, tls_ciphers="TLS_CHACHA20_POLY1305_SHA256")) as \
            relay:
        r = relay.check()
    told = [t for n, _, t in r.steps if n == "tls"]
    case("a cipher of 1.3", told and told[0].startswith(
        "TLSv1.3 / TLS_CHACHA20_POLY1305_SHA256"), r.steps)

# Client certificates.
CLIENT = {"tls_cert_file": CERTS + "/client.pem"}
SPLIT = {"tls_cert_file": CERTS + "/client.crt",
         "tls_key_file": CERTS + "/client.key"}
LOCKED = dict(SPLIT, tls_key_file=CERTS + "/client-locked.key")
for version in ("1.2", "1.3"):
    for implicit, way in WAYS:
        way += " " + version
        with serve("--client-ca", CERTS + "/ca.pem", "--tls-version",
                   version) as s:
            accepted("a client certificate" + way, send(s, implicit, **CLIENT))
            accepted("... certificate and key in two files" + way,
                     send(s, implicit, **SPLIT))
            accepted("... the key encrypted, opened by the password" + way,
                     send(s, implicit, **LOCKED))
        with serve("--client-ca", CERTS + "/ca.pem", "--tls-version",
                   version) as s:
            refused("a client certificate is wanted and there is none" + way,
                    s, send(s, implicit), "config any 0 78: the server wants "
                    "a certificate of this host: add tls_cert_file")
            refused("a client certificate that is not taken" + way, s, send(
                s, implicit, tls_cert_file=CERTS + "/client-unknown.pem"),
                "tls 5xx 0 0: the server does not take the certificate of "
                "tls_cert_file")
with serve() as s:
    accepted("a certificate that nobody wants to see", send(s, **CLIENT))
with open("wrong", "w") as f:
    f.write("wrong\n")
with open("rubbish.pem", "w") as f:
    f.write("rubbish\n")
with serve() as s:
    for name, more, want in (
            ("a certificate that is not there", {"tls_cert_file": "/none"},
             "tls_cert_file cannot be read: /none: No such file"),
            ("a key that is not there", dict(SPLIT, tls_key_file="/none"),
             "tls_key_file cannot be read: /none: No such file"),
            ("a directory for a key", dict(SPLIT, tls_key_file=CERTS),
             "tls_key_file"),
            ("a key without a certificate",
             {"tls_key_file": CERTS + "/client.key"},
             "tls_key_file is of no use without tls_cert_file"),
            ("a key of another certificate",
             dict(SPLIT, tls_key_file=CERTS + "/server.key"),
             "tls_key_file cannot be used: "),
            ("a key that is none",
             dict(SPLIT, tls_key_file=os.path.abspath("rubbish.pem")),
             "tls_key_file cannot be used: "),
            ("a certificate that is none",
             {"tls_cert_file": os.path.abspath("rubbish.pem")},
             "tls_cert_file cannot be used: "),
            ("the wrong password for a key",
             dict(LOCKED, password_file=os.path.abspath("wrong")),
             "tls_key_file cannot be used (is the password right?): "),
            ("no password for a key", dict(LOCKED, password_file=None,
                                           auth="off"),
             "the key in %s/client-locked.key is encrypted, and there is "
             "neither a password for it nor a terminal" % CERTS)):
        r = send(s, **more)
        refused(name, s, r, "config any 0 78: " + want)
if "pkcs11" not in subprocess.run(
        ["openssl", "engine", "-t", "pkcs11"],
        capture_output=True, text=True).stdout:
    with serve() as s:
        refused("a PKCS #11 URI without the engine for it", s, send(
            s, tls_cert_file="pkcs11:object=me",
            tls_key_file="pkcs11:object=me"),
            "config any 0 78: pkcs11: needs OpenSSL's engine of that name")
else:
    skip("a PKCS #11 URI without the engine for it", "the engine is here")

# As the command tells it: 76 and the cause, or 78.
def command(server, more):
    with open("rc", "w") as f:
        for name, value in settings(server, True, **more).items():
            f.write("%s %s\n" % (name, value))
    return subprocess.run(
        [os.environ["QSENDMAIL"], "-C", "rc", "-f", USER, "a@example.net"],
        input="Subject: hi\n\nhi\n", text=True, capture_output=True)


for cert, status, more, words in (
        ("expired", 76, {}, "the certificate has expired"),
        ("wrong-name", 76, {}, "the certificate is for another name "
         "(mail.example.net), not localhost"),
        ("unknown", 76, {}, "the certificate was signed by an authority that "
         "is not trusted here"),
        ("self-signed", 76, {}, "the certificate was signed by itself"),
        ("revoked", 76, {"tls_crl_file": CERTS + "/ca.crl"},
         "the certificate was revoked"),
        ("valid", 76, {"tls_pin": pin("other-key")},
         "its public key is %s, which is none of tls_pin" % pin("valid")),
        ("valid", 76, {"tls_fingerprint": fingerprint("other-key")},
         "its fingerprint is SHA256 %s, which is not that of "
         "tls_fingerprint" % fingerprint("valid")),
        ("valid", 78, {"tls_cert_file": "/none"},
         "tls_cert_file cannot be read: /none")):
    with serve(cert=cert) as s:
        run = command(s, more)
        case("the command: %s %s" % (cert, " ".join(more)),
             run.returncode == status and words in run.stderr and
             run.stdout == "" and run.stderr.count("\n") == 1,
             run.returncode, run.stderr)
for arguments, more, status, words in (
        (["--tls-version", "1.2"], {"tls_min_version": "1.3"}, 76,
         "the TLS of the server is not good enough: the server has no version "
         "of TLS that is allowed here"),
        (["--client-ca", CERTS + "/ca.pem"],
         {"tls_cert_file": CERTS + "/client-unknown.pem"}, 76,
         "the server refused the certificate of this host: "),
        (["--client-ca", CERTS + "/ca.pem"], {}, 78,
         "the server wants a certificate of this host: add tls_cert_file")):
    with serve(*arguments) as s:
        run = command(s, more)
        case("the command: %s %s" % (" ".join(arguments), " ".join(more)),
             run.returncode == status and words in run.stderr and
             run.stderr.count("\n") == 1, run.returncode, run.stderr)

# auth external.
for implicit, way in WAYS:
    with serve("--client-ca", CERTS + "/ca.pem", "--auth", "EXTERNAL",
               "--advertise", "EXTERNAL PLAIN") as s:
        accepted("auth external with a user" + way, send(
            s, implicit, auth="external", password_file=None, **CLIENT))
        accepted("... and without one" + way, send(
            s, implicit, auth="external", user=None, password_file=None,
            **CLIENT))
        same("... who it is, the certificate said", facts(s, 2)["user"], USER)
        accepted("... and with an encrypted key" + way, send(
            s, implicit, auth="external", user=None, **LOCKED))
with serve() as s:
    refused("auth external without a certificate", s, send(
        s, auth="external"), "config any 0 78: auth external needs a "
        "certificate to show: add tls_cert_file")
    r = send(s, auth="external", **CLIENT)
    same("auth external where it is not offered", fault(r), "login "
         "not-offered 0 0: the server offers only LOGIN PLAIN XOAUTH XOAUTH2")
done()
