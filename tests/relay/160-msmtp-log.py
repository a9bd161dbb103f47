#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line in logfile is msmtp's: both programs, the same settings file, the
same mails, the same server."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import USER, serve, settings
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from realmsmtp import find_msmtp
from tap import done, same, skip_all

MSMTP, LIBRARIES = find_msmtp()
if not MSMTP:
    skip_all("msmtp is not here; ./quickstart check unpacks it")
MESSAGE = ("From: <%s>\nTo: a@x.example\nSubject: s\nDate: Mon, 23 Nov 2026 "
           "12:00:00 +0800\nMessage-ID: <1@x>\n\ntext\n" % USER).encode()


def settings_file(server, **more):
    values = settings(server, **more)
    values["from"] = USER
    values["passwordeval"] = "cat " + values.pop("password_file")
    values["logfile_time_format"] = "%Y"
    with open("rc", "w", opener=lambda p, f: os.open(p, f, 0o600)) as f:
        for name, value in values.items():
            f.write("%s %s\n" % (name, value))


def line(program, *recipients, environment=None):
    """The line that a call of the program logs."""
    if os.path.exists("log"):
        os.remove("log")
    subprocess.run([program, "-C", "rc", "--logfile=log"] + list(recipients),
                   input=MESSAGE, capture_output=True,
                   env=dict(os.environ, **(environment or {})))
    with open("log") as f:
        text = f.read()
    # Our sentences are other ones; msmtp counts a line end as one octet, and
    # says EX_DATAERR of a refused address.
    text = re.sub("errormsg='[^']*'", "errormsg=''", text)
    text = re.sub("mailsize=[0-9]+", "mailsize=", text)
    return text.replace("exitcode=EX_DATAERR", "exitcode=EX_UNAVAILABLE")


def compare(name, *recipients):
    same(name, line(os.environ["QSENDMAIL"], *recipients),
         line(MSMTP, *recipients, environment=LIBRARIES))


def compare_at(name, *arguments, recipients=("a@x.example",), **more):
    with serve(*arguments) as s:
        settings_file(s, **more)
        compare(name, *recipients)


compare_at("a success")
compare_at("a success, to several", recipients=("a@x.example", "b@x.example"))
compare_at("a server's name of the mail", "--fault",
           "dot#1-=250 2.0.0 Ok: queued as 4711")
compare_at("a quote within quotes", "--fault",
           "dot#1-=250 it's \"done\"")
compare_at("a refused recipient", "--refuse", "a@x.example=550 5.1.1 it's no")
compare_at("a refused recipient of two", "--refuse",
           "b@x.example=550 5.1.1 no", recipients=(
               "a@x.example", "b@x.example"))
compare_at("refused content", "--fault", "dot=554 5.7.1 spam")
compare_at("a refused sender", "--fault", "mail=550 5.7.1 no")
compare_at("no TLS, no login", "--without", "AUTH", "--clear", tls="off",
           auth="off", user=None)
with serve() as s:
    settings_file(s)
compare("nobody listens", "a@x.example")
compare_at("a refused login", "--fault", "password=535 5.7.8 no")
done()
