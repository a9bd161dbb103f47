#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole host: the service as a user of its own, settings that nobody else
can read, and the mail of cron and of a web form at the provider."""

import glob
import os
import select
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.environ["srcdir"] + "/tests/lib")
sys.path.insert(0, os.environ["srcdir"] + "/tests/relay")
from account import (PASSWORD, USER, certificates, facts,  # noqa: E402
                     serve)
import service  # noqa: E402
from service import BUILD, Service, eventually  # noqa: E402
from tap import case, done, same, skip_all  # noqa: E402

if not service.can_be_others():
    skip_all("not as root, or other users cannot enter here")
KEEPER, USER_ID = 54322, service.SOME_USER
CRON = (b"From: root (Cron Daemon)\nTo: alice\nSubject: Cron <alice@host> x\n"
        b"\nnothing to say\n")
FORM = b"Subject: form\n\nsomebody wrote\n"


class Host(Service):
    """The real program, as a service user."""

    def start(self, **popen):
        for name in ("", "run", "spool"):
            os.makedirs(self.place + "/" + name, exist_ok=True)
            os.chown(self.place + "/" + name, KEEPER, KEEPER)
        os.chmod(self.place + "/spool", 0o700)
        with open(self.place + "/errors", "wb") as errors:
            self.process = subprocess.Popen(
                self.words + [BUILD + "/qsendmail", "-bD", "-q1h"] +
                self.arguments,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=errors, env=dict(self.environment, HOME="/nonexistent"),
                user=KEEPER, group=KEEPER, extra_groups=[], cwd="/", **popen)
        return eventually(lambda: self.process.poll() is not None or
                          self.is_open()) and self.process.poll() is None

    def is_open(self):
        with socket.socket(socket.AF_UNIX) as sock:
            return sock.connect_ex(self.path) == 0


with serve("--auth", "LOGIN PLAIN") as provider:
    host = Host()
    with open(certificates() + "/ca.pem") as f:
        host.write("ca.pem", f.read())
    rc = host.write("etc/qsendmailrc", "defaults\nspool %s/spool\n"
                    "queue_log %s/spool/log\naliases %s/aliases\n"
                    "account default\nhost localhost\nport %d\ntls on\n"
                    "tls_starttls off\ntls_trust_file %s/ca.pem\nauth on\n"
                    "user %s\nfrom %s\npassword %s\nsender login\n" % (
                        host.place, host.place, host.place,
                        provider.smtps_port, host.place, USER, USER,
                        PASSWORD), 0o640)
    os.chown(rc, 0, KEEPER)
    host.write("aliases", "root: admin@x.org\nalice: alice@x.org\n")
    case("the service starts", host.start(), open(
        host.place + "/errors").read())

    def arrived(n):
        """Sender, recipients and text of the n-th mail."""
        if not provider.wait_for(n, service.ENDED):
            return None, None, ""
        with open("%s/%d.eml" % (provider.dir, n), newline="") as f:
            text = f.read()
        noted = facts(provider, n)
        return noted["mail_from"], noted["rcpt_to"], text

    r = subprocess.run(["cat", rc], user=USER_ID, group=USER_ID,
                       extra_groups=[], capture_output=True)
    case("the user cannot read the password", r.returncode != 0, r.stdout)
    r = host.sendmail(["--sendmail", "-FCronDaemon", "-i", "-B8BITMIME",
                       "-oem", "alice"], CRON, user=USER_ID)
    same("cron hands its mail over", (r.returncode, r.stdout, r.stderr),
         (0, b"", b""))
    sender, recipients, text = arrived(1)
    same("... and the provider has it", (sender, recipients),
         (USER, ["alice@x.org"]))
    case("... with the login as its sender, and the name of cron",
         "\nFrom: Cron Daemon <%s>\r\n" % USER in text and
         "\nTo: alice@x.org\r\n" in text, text)
    case("... and the number of the user", text.startswith("Received: by ")
         and "from uid %d)" % USER_ID in text, text)
    r = host.sendmail(["--sendmail", "-t", "-i"], b"To: root\n" + FORM,
                      user=33)
    same("a web form", (r.returncode, r.stderr, arrived(2)[1]),
         (0, b"", ["admin@x.org"]))
    r = host.sendmail(["-bp"], b"", user=USER_ID)
    case("mailq of a user does not say that nothing waits",
         r.returncode == 77 and b"ask root" in r.stderr and not r.stdout, r)
    case("the queue is empty", eventually(lambda: not glob.glob(
        host.place + "/spool/queue/*/*")))
    host.stop()
    same("the service ends well", (host.status, host.errors), (0, ""))
    r = host.sendmail(["--sendmail", "-i", "root"], FORM, user=USER_ID)
    case("without it: later, and what to start", r.returncode == 75 and
         b"systemctl start qsendmail.socket" in r.stderr, r.stderr)

    # systemd holds the door: nobody is turned away in between.
    held = socket.socket(socket.AF_UNIX)
    held.bind(host.path)
    os.chmod(host.path, 0o666)
    held.listen()
    with ThreadPoolExecutor() as pool:
        early = pool.submit(host.sendmail, ["--sendmail", "-i", "root"], FORM,
                            USER_ID)
        case("a mail waits for the service", eventually(
            lambda: select.select([held], [], [], 0)[0]))
        host.words = ["bash", "-c", "exec 3<&%d %d<&-; LISTEN_PID=$$ "
                      "LISTEN_FDS=1 exec \"$@\"" % (held.fileno(),
                                                    held.fileno()), "sh"]
        case("... which is started by it",
             host.start(pass_fds=[held.fileno()]))
        r = early.result()
    same("... and takes it", (r.returncode, r.stderr, arrived(3)[1]),
         (0, b"", ["admin@x.org"]))
    host.stop()
    same("the service ends, the door stays", (host.status, host.errors,
                                              host.is_open()), (0, "", True))
    held.close()
    os.unlink(host.path)
    host.words = []

    # The administrator has forgotten the group.
    os.chown(rc, 0, 0)
    host.arguments = ["--spool", host.place + "/spool"]
    ready = host.start()
    host.process.send_signal(signal.SIGKILL)
    host.wait()
    case("a service that cannot read its settings does not start",
         not ready and host.status == 78 and "root:qsendmail" in host.errors,
         host.status, host.errors)
done()
