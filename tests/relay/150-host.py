#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose programs mail their root through one mailbox: two lines of
settings, no environment, and a server with the rules of smtp.qq.com."""
import email
import email.policy
import email.utils
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import PASSWORD, USER, certificates, serve
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from tap import done, same

# What programs say, by name: arguments, header, text.
CALLERS = {
    "cron": (
        "-FCronDaemon -i -B8BITMIME -oem root", """\
From: root (Cron Daemon)
To: root
Subject: Cron <root@web1> /usr/local/bin/backup
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
Auto-Submitted: auto-generated
Precedence: bulk
X-Cron-Env: <SHELL=/bin/sh>
X-Cron-Env: <HOME=/root>
X-Cron-Env: <LOGNAME=root>
""", "/dev/sda1: 备份 done\n.\nwith a lone dot\n"),
    "cronie": (
        "-FCronDaemon -i -odi -oem -oi -t -f root", """\
From: "(Cron Daemon)" <root>
To: root
Subject: Cron <root@web1> run-parts /etc/cron.hourly
Content-Type: text/plain; charset=ANSI_X3.4-1968
Auto-Submitted: auto-generated
Precedence: bulk
X-Cron-Env: <MAILTO=root>
""", "two of three\n"),
    "cron of another user": (
        "-i -FCronDaemon -B8BITMIME -oem www-data", """\
From: www-data (Cron Daemon)
To: www-data
Subject: Cron <www-data@web1> php cron.php
""", "Fatal error\n"),
    "MAILTO with two names": (
        "-i -FCronDaemon -oem root,operator", """\
From: root (Cron Daemon)
To: root,operator
Subject: Cron <root@web1> true
""", "said something\n"),
    "smartd": (
        "-i -- root", """\
To: root
Subject: SMART error (FailedOpenDevice) detected on host: web1
User-Agent: mail v14.9.24
""", "Device: /dev/sdb [SAT], unable to open ATA device\n"),
    "mdadm": (
        "-t", """\
From: mdadm monitoring <root>
To: root
Subject: DegradedArray event on /dev/md0:web1
X-Mdadm: mdadm/4.2
""", "A DegradedArray event had been detected on md device /dev/md0.\n"),
    "sudo": (
        "-t", """\
To: root
From: bob
Auto-Submitted: auto-generated
Subject: *** SECURITY information for web1 ***
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: 8bit
""", "web1 : Nov 27 12:00:00 : bob : user NOT in sudoers ; "
        "TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/ls\n"),
    "at": (
        "-i bob", """\
Subject: Output from your job       17
To: bob
""", "job done\n"),
    "logwatch": (
        "-t", """\
To: root
From: Logwatch
Subject: Logwatch for web1 (Linux)
Auto-Submitted: auto-generated
Precedence: bulk
MIME-Version: 1.0
Content-Transfer-Encoding: 8bit
Content-Type: text/plain; charset="UTF-8"
""", "\n ################### Logwatch 7.5.6 ####################\n"),
    "fail2ban": (
        "-f root@web1 root@localhost", """\
Subject: [Fail2Ban] sshd: banned 203.0.113.9 from web1
Date: Fri, 27 Nov 2026 12:00:00 +0000
From: Fail2Ban <root@web1>
To: root@localhost
""", "Hi,\n\nThe IP 203.0.113.9 has just been banned.\n"),
    "a bounce to the postmaster": (
        "-f <> -oi postmaster MAILER-DAEMON", """\
From: MAILER-DAEMON
To: postmaster
Subject: failure notice
""", "could not be delivered\n"),
}

os.mkdir("etc")
with open("password", "w") as f:
    f.write(PASSWORD + "\n")
os.chmod("password", 0o600)
TWO_LINES = "from %s\npassword_file %s\n" % (USER, os.path.abspath("password"))
ENVIRONMENT = {k: os.environ[k] for k in ("ASAN_OPTIONS", "UBSAN_OPTIONS")
               if k in os.environ}
ENVIRONMENT.update(QSENDMAIL_TEST_SYSCONFDIR=os.path.abspath("etc"),
                   QSENDMAIL_TEST_DATADIR=os.path.abspath("etc"))


def configure(server, more=""):
    """The system's settings, and the provider at the server of the test."""
    with open("etc/qsendmailrc", "w") as f:
        f.write(TWO_LINES + more)
    with open("etc/providers", "w") as f:
        f.write("account qq\ndomains qq.com\nhost localhost\nport %d\n"
                "tls on\ntls_starttls off\ntls_trust_file %s/ca.pem\n"
                "auth login\nsender login\n" %
                (server.smtps_port, certificates()))


def call(arguments, message):
    return subprocess.run(
        [os.environ["QSENDMAIL"], "--sendmail"] + arguments.split(),
        input=message.encode(), capture_output=True, env=ENVIRONMENT, cwd="/")


def mail(server, number):
    with open("%s/%d.json" % (server.dir, number)) as f, \
            open("%s/%d.eml" % (server.dir, number), "rb") as g:
        return json.load(f), email.message_from_binary_file(
            g, policy=email.policy.default)


def violations(server):
    with open(server.dir + "/violations") as f:
        return f.read()


def sends(server, name, number):
    """One of the callers; the mail that arrived, or None."""
    arguments, header, text = CALLERS[name]
    result = call(arguments, header + "\n" + text)
    same("%s: sent, in silence" % name,
         (result.returncode, result.stdout, result.stderr), (0, b"", b""))
    if result.returncode:
        return None, None
    facts, message = mail(server, number)
    same("... the sender is the login", facts["mail_from"], USER)
    same("... and so is From, alone", [
        a for field in message.get_all("From")
        for _, a in email.utils.getaddresses([str(field)])], [USER])
    same("... the text is whole",
         message.get_content().replace("\r\n", "\n"), text)
    same("... the subject too", str(message["Subject"]),
         re.search("Subject: (.*)", header)[1])
    return facts, message


# Two lines: all of it comes to the mailbox itself.
with serve() as s:
    configure(s)
    for number, name in enumerate(CALLERS, 1):
        facts, _ = sends(s, name, number)
        if facts:
            same("... one recipient: the mailbox", facts["rcpt_to"], [USER])
    same("no rule was broken", violations(s), "")

# With aliases everybody gets what is theirs.
with open("etc/aliases", "w") as f:
    f.write("root: admin@example.net, oncall\noncall: :include:oncall\n"
            "bob: bob@example.org\noperator: root, \\operator\n")
with open("etc/oncall", "w") as f:
    f.write("# this week\nann@example.net\n")
ROOT = ["admin@example.net", "ann@example.net"]
WHO = {"cron of another user": [USER], "at": ["bob@example.org"],
       "MAILTO with two names": ROOT + [USER]}
with serve() as s:
    configure(s, "aliases %s\n" % os.path.abspath("etc/aliases"))
    for number, name in enumerate(CALLERS, 1):
        facts, _ = sends(s, name, number)
        if facts:
            same("... to whom the aliases say", facts["rcpt_to"],
                 WHO.get(name, ROOT))
    same("no rule was broken with aliases", violations(s), "")
    same("newaliases is content", call("-bi", "").returncode, 0)

# No name without a domain is told to a server, whatever the settings are.
for more, wanted in (
        ("maildomain example.org\n", ["bob@example.org", "root@example.org"]),
        ("local_recipient admin@example.net\n", ["admin@example.net"]),
        ("aliases %s\nlocal_recipient admin@example.net\n" %
         os.path.abspath("etc/aliases"),
         ["bob@example.org", "admin@example.net", "ann@example.net"])):
    with serve() as s:
        configure(s, more)
        result = call("bob root", CALLERS["at"][1] + "\ntext\n")
        same("who gets it with %s" % more.split()[0],
             (result.returncode, mail(s, 1)[0]["rcpt_to"]), (0, wanted))

# A mistake in the aliases costs nobody else their mail.
with open("etc/aliases", "w") as f:
    f.write("list: \"|/usr/bin/false\"\nbob: b b@x\nroot: admin@example.net\n")
with serve() as s:
    configure(s, "aliases %s\n" % os.path.abspath("etc/aliases"))
    facts, _ = sends(s, "cron", 1)
    same("mail to root goes on", facts and facts["rcpt_to"],
         ["admin@example.net"])
    result = call("-i bob", CALLERS["at"][1] + "\ntext\n")
    same("mail to the wrong alias does not", result.returncode, 78)
    same("... and the server hears nothing of it", s.connections, 1)
done()
