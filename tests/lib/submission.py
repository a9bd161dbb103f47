# SPDX-License-Identifier: GPL-3.0-or-later
"""A real submission server: Postfix with Dovecot's SASL, on two free ports.

Both run from a private tree of unpacked packages ($POSTFIX_TREE, made by
"quickstart check") or from where the system has them, with configuration,
queue and sockets in one directory of the test. Nothing of an installed Postfix
or Dovecot is touched. What Postfix accepts it hands to a sink: a test server
(qqserver.py) on loopback.

    why = submission.missing()          None, or the reason for a skip
    with submission.Server(directory, pem_file, user, password, sink) as s:
        s.smtp_port (STARTTLS), s.smtps_port (TLS), s.log()
        s.local_port: the same Postfix as what most hosts have on port 25,
        which takes mail of this host without TLS and login

Dovecot alone, as an LMTP server that delivers into Maildirs:

    why = submission.missing_lmtp()
    with submission.Lmtp(directory, users) as s:
        s.port, s.socket (a path), s.mails(user) (octets of each), s.log()
"""

import fcntl
import glob
import os
import pwd
import signal
import socket
import subprocess
import time

TREE = os.environ.get("POSTFIX_TREE", "").rstrip("/")
# Postfix wants three unprivileged users with groups of their own. These are on
# every Debian; nothing is left of them but owners in our own directory.
OWNER, DROP_GROUP, PRIVS = "uucp", "news", "nobody"

MAIN = """\
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
daemon_directory = {tree}/usr/lib/postfix/sbin
command_directory = {tree}/usr/sbin
shlib_directory = {tree}/usr/lib/postfix
meta_directory = {dir}/conf
mail_owner = {owner}
setgid_group = {group}
default_privs = {privs}
import_environment = MAIL_CONFIG LD_LIBRARY_PATH={libraries} TEST_PLACE={mark}
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
myhostname = mail.example.org
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
relayhost = [127.0.0.1]:{sink}
smtp_dns_support_level = disabled
disable_dns_lookups = yes
message_size_limit = 73400320
mailbox_size_limit = 0
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {cert}
tls_random_source = dev:/dev/urandom
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_tls_auth_only = yes
smtpd_sender_login_maps = inline:{{ {{ {user} = {user} }} }}
smtpd_relay_restrictions =
    reject_sender_login_mismatch, permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access
    inline:{{ {{ nobody@refused.example = 550 5.1.1 no such mailbox }},
        {{ later@refused.example = 450 4.2.1 try again later }} }}
"""

MASTER = """\
127.0.0.1:{smtp} inet n - n - - smtpd
    -o smtpd_tls_security_level=encrypt
127.0.0.1:{smtps} inet n - n - - smtpd
    -o smtpd_tls_wrappermode=yes
127.0.0.1:{local} inet n - n - - smtpd
    -o smtpd_tls_security_level=none
    -o smtpd_sasl_auth_enable=no
    -o mynetworks=127.0.0.0/8
    -o smtpd_relay_restrictions=permit_mynetworks,reject
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""

DOVECOT = """\
base_dir = {dir}/dovecot
state_dir = {dir}/dovecot
libexec_dir = {tree}/usr/lib/dovecot
log_path = {dir}/log
import_environment = TZ LD_LIBRARY_PATH={libraries} TEST_PLACE={mark}
protocols =
ssl = no
default_internal_user = {owner}
default_internal_group = {owner}
default_login_user = {privs}
auth_mechanisms = login plain xoauth2
disable_plaintext_auth = no
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {dir}/users
}}
service auth {{
  unix_listener {dir}/queue/private/auth {{
    mode = 0666
  }}
}}
"""


LMTP = """\
base_dir = {dir}/run
state_dir = {dir}/run
libexec_dir = {tree}/usr/lib/dovecot
log_path = {dir}/log
import_environment = TZ LD_LIBRARY_PATH={libraries} TEST_PLACE={mark}
protocols = lmtp
listen = 127.0.0.1
ssl = no
hostname = mail.example.org
postmaster_address = postmaster@example.org
default_internal_user = {owner}
default_internal_group = {owner}
default_login_user = {privs}
first_valid_uid = 1
mail_uid = {owner}
mail_gid = {owner}
mail_location = maildir:{dir}/mail/%u
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service lmtp {{
  executable = {dir}/lib/lmtp
  inet_listener lmtp {{
    port = {port}
  }}
  unix_listener {dir}/lmtp {{
    mode = 0666
  }}
}}
passdb {{
  driver = passwd-file
  args = username_format=%u {dir}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {dir}/users
}}
"""


def program(path):
    return TREE + path


def missing(paths=("/usr/lib/postfix/sbin/master", "/usr/sbin/dovecot")):
    """Why it cannot run here; None when it can."""
    for path in paths:
        if not os.access(program(path), os.X_OK):
            return "%s is not here; ./quickstart check unpacks it" % path
    if os.geteuid():
        return "mail servers must be started by root"
    for name in (OWNER, DROP_GROUP, PRIVS):
        try:
            pwd.getpwnam(name)
        except KeyError:
            return "there is no user " + name
    directory = os.getcwd()
    while directory != "/":
        if not os.stat(directory).st_mode & 0o001:
            return "other users cannot enter " + directory
        directory = os.path.dirname(directory)
    return None


def missing_lmtp():
    return missing(("/usr/sbin/dovecot", "/usr/lib/dovecot/lmtp"))


def library_path():
    libraries = [program(p) for p in (
        "/usr/lib/postfix", "/usr/lib/dovecot",
        "/usr/lib/dovecot/modules/old-stats")]
    for top in ("/usr/lib/", "/lib/"):
        libraries.append(program(top + os.uname().machine + "-linux-gnu"))
    return ":".join(libraries)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Server:
    def __init__(self, directory, cert, user, password, sink):
        self.dir = os.path.abspath(directory)
        self.facts = {
            "dir": self.dir, "tree": TREE, "owner": OWNER, "privs": PRIVS,
            "group": DROP_GROUP, "libraries": library_path(),
            "mark": os.environ.get("TEST_PLACE", ""), "user": user,
            "cert": os.path.abspath(cert), "sink": sink}
        self.environment = dict(
            os.environ, LD_LIBRARY_PATH=self.facts["libraries"],
            MAIL_CONFIG=self.dir + "/conf", PATH="/usr/sbin:/usr/bin:/bin")
        self.make_directories()
        self.write("users", "%s:{PLAIN}%s\n" % (user, password))
        self.write("log", "")
        self.smtp_port = self.smtps_port = self.local_port = None

    def make_directories(self):
        owner = pwd.getpwnam(OWNER).pw_uid
        os.makedirs(self.dir + "/queue", 0o755)
        for name in ("conf", "data", "dovecot"):
            os.mkdir("%s/%s" % (self.dir, name), 0o755)
        os.chown(self.dir + "/data", owner, -1)
        for name in ("active bounce corrupt defer deferred flush hold incoming "
                     "maildrop private public saved trace").split():
            os.mkdir("%s/queue/%s" % (self.dir, name), 0o755)
            os.chown("%s/queue/%s" % (self.dir, name), owner, -1)
        os.mkdir(self.dir + "/queue/pid", 0o755)

    def write(self, name, text):
        with open("%s/%s" % (self.dir, name), "w") as f:
            f.write(text)
        os.chmod("%s/%s" % (self.dir, name), 0o644)

    def log(self):
        with open(self.dir + "/log", errors="replace") as f:
            return f.read()

    def run(self, *words):
        """A program that returns when its daemon is ready."""
        with open(self.dir + "/log", "ab") as log:
            return subprocess.run(
                words, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log).returncode

    def __enter__(self):
        self.write("dovecot.conf", DOVECOT.format(**self.facts))
        conf = self.dir + "/dovecot.conf"
        # Dovecot would look for doveconf where it was installed.
        if self.run(program("/usr/bin/doveconf"), "-c", conf, "-m", "master",
                    "-e", program("/usr/sbin/dovecot"), "-c", conf):
            raise RuntimeError("Dovecot does not start:\n" + self.log())
        for _ in range(5):
            # Somebody else may take a port before Postfix does: then again.
            self.smtp_port, self.smtps_port, self.local_port = free_ports(3)
            self.write("conf/main.cf", MAIN.format(**self.facts))
            self.write("conf/master.cf", MASTER.format(
                smtp=self.smtp_port, smtps=self.smtps_port,
                local=self.local_port))
            if self.run(program("/usr/lib/postfix/sbin/master"), "-w") == 0:
                return self
            if "Address already in use" not in self.log():
                break
        self.__exit__()
        raise RuntimeError("Postfix does not start:\n" + self.log())

    def __exit__(self, *_):
        for path in ("/dovecot/master.pid", "/queue/pid/master.pid"):
            try:
                with open(self.dir + path) as f:
                    os.kill(int(f.read()), signal.SIGTERM)
                    if "queue" in path:
                        # Postfix locks it as long as it lives.
                        fcntl.flock(f, fcntl.LOCK_EX)
            except (OSError, ValueError):
                pass


class Lmtp:
    def __init__(self, directory, users):
        self.dir = os.path.abspath(directory)
        self.socket = self.dir + "/lmtp"
        self.facts = {
            "dir": self.dir, "tree": TREE, "owner": OWNER, "privs": PRIVS,
            "libraries": self.dir + "/lib:" + library_path(),
            "mark": os.environ.get("TEST_PLACE", "")}
        self.environment = dict(
            os.environ, LD_LIBRARY_PATH=self.facts["libraries"],
            PATH="/usr/sbin:/usr/bin:/bin")
        os.makedirs(self.dir + "/run", 0o755)
        os.mkdir(self.dir + "/mail", 0o755)
        owner = pwd.getpwnam(OWNER)
        os.chown(self.dir + "/mail", owner.pw_uid, -1)
        self.write("users", "".join("%s::%d:%d::%s/mail/%s::\n" % (
            u, owner.pw_uid, owner.pw_gid, self.dir, u) for u in users))
        self.write("log", "")
        self.make_programs()

    def make_programs(self):
        """Where its plugins are is written in the programs: these copies
        look for them below their working directory."""
        known, ours = b"/usr/lib/dovecot/modules\0", b"modules\0"
        os.symlink(program("/usr/lib/dovecot/modules"),
                   self.dir + "/run/modules")
        os.mkdir(self.dir + "/lib")
        for name in ("lmtp", "libdovecot.so.0", "libdovecot-storage.so.0"):
            with open(program("/usr/lib/dovecot/" + name), "rb") as f:
                octets = f.read()
            with open("%s/lib/%s" % (self.dir, name), "wb") as f:
                f.write(octets.replace(known, ours.ljust(len(known), b"\0")))
            os.chmod("%s/lib/%s" % (self.dir, name), 0o755)

    def write(self, name, text):
        with open("%s/%s" % (self.dir, name), "w") as f:
            f.write(text)

    def log(self):
        with open(self.dir + "/log", errors="replace") as f:
            return f.read()

    def mails(self, user):
        """The octets of each mail that the user has."""
        found = []
        for path in sorted(glob.glob("%s/mail/%s/new/*" % (self.dir, user))):
            with open(path, "rb") as f:
                found.append(f.read())
        return found

    def start(self):
        """Returns when it is ready."""
        conf = self.dir + "/dovecot.conf"
        with open(self.dir + "/log", "ab") as log:
            return subprocess.run(
                [program("/usr/bin/doveconf"), "-c", conf, "-m", "master",
                 "-e", program("/usr/sbin/dovecot"), "-c", conf],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log).returncode

    def __enter__(self):
        for _ in range(5):
            # Somebody else may take the port before Dovecot does: then again.
            self.port, = free_ports(1)
            self.write("dovecot.conf", LMTP.format(port=self.port,
                                                   **self.facts))
            if self.start() == 0:
                return self
            if "already in use" not in self.log():
                break
        raise RuntimeError("Dovecot does not start:\n" + self.log())

    def __exit__(self, *_):
        """It writes its number down just after it says that it is ready."""
        for _ in range(500):
            try:
                with open(self.dir + "/run/master.pid") as f:
                    return os.kill(int(f.read()), signal.SIGTERM)
            except FileNotFoundError:
                time.sleep(0.01)
