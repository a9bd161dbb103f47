# SPDX-License-Identifier: GPL-3.0-or-later
"""A room: a view of this machine, for the processes in it only, where
/usr/sbin/sendmail is the program under test and other people's programs are
installed, as tests of real callers need it.

The programs are packages unpacked by "quickstart check" in $CALLERS_TREE; in a
mount namespace they are laid over /usr, /etc, /lib and /var. Nothing outside
is changed, and nothing of it is left when the process has ended.

    why = room.missing()           None, or the reason for a skip
    r = room.Room("room", settings)    settings: text of /etc/qsendmailrc
    r.write("etc/crontab", text)       a file of the room
    done = r.run(["mutt", ...], stdin=b"", user="alice")
        done.returncode, done.stdout, done.stderr (octets)
"""

import os
import shlex
import subprocess

TREE = os.environ.get("CALLERS_TREE", "").rstrip("/")
SENDMAIL = "/usr/sbin/sendmail"
# Besides root; the number is nobody's on Debian.
ALICE, ALICE_ID = "alice", 4711
FOLDERS = ("usr", "etc", "var", "lib")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing():
    """Why there can be no room; None when there can."""
    if not TREE or not os.path.isdir(TREE + "/usr"):
        return "no callers are unpacked; ./quickstart check does it"
    if os.geteuid():
        return "only root can lay file systems over others"
    script = "mount -t overlay overlay -o lowerdir=%s:/usr /usr" % (
        shlex.quote(TREE + "/usr"))
    if subprocess.run(["unshare", "-m", "sh", "-c", script],
                      stderr=subprocess.DEVNULL).returncode:
        return "the system lets nobody lay file systems over others"
    directory = os.getcwd()
    while directory != "/":
        if not os.stat(directory).st_mode & 0o001:
            return "other users cannot enter " + directory
        directory = os.path.dirname(directory)
    return None


class Room:
    def __init__(self, directory, settings):
        self.dir = os.path.abspath(directory)
        for name in FOLDERS:
            os.makedirs("%s/%s" % (self.dir, name), 0o755)
        os.chmod(self.dir, 0o755)
        os.mkdir(self.dir + "/written")
        os.makedirs(self.dir + "/home", 0o755)
        os.mkdir(self.dir + "/home/alice", 0o755)
        os.mkdir(self.dir + "/home/root", 0o755)
        os.chown(self.dir + "/home/alice", ALICE_ID, ALICE_ID)
        self.add_user()
        self.install_sendmail()
        self.write("etc/qsendmailrc", settings)
        self.write("etc/hostname", "box\n")
        self.write("usr/sbin/enter", self.script(), 0o755)

    def write(self, path, text, mode=0o644):
        path = "%s/%s" % (self.dir, path)
        os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)

    def add_user(self):
        lines = {
            "passwd": "%s:x:%d:%d:Alice Example:/home/alice:/bin/sh" % (
                ALICE, ALICE_ID, ALICE_ID),
            "group": "%s:x:%d:" % (ALICE, ALICE_ID),
            "shadow": ALICE + ":*:19000:0:99999:7:::"}
        for name, line in lines.items():
            with open("/etc/" + name) as f:
                self.write("etc/" + name, f.read() + line + "\n",
                           0o640 if name == "shadow" else 0o644)

    def install_sendmail(self):
        """Callers clear the environment; what the test runner put there for
        valgrind and the sanitizers has to come back."""
        program = os.environ["QSENDMAIL"]
        os.makedirs(self.dir + "/usr/lib/qsendmail-under-test")
        os.makedirs(self.dir + "/usr/sbin")
        os.makedirs(self.dir + "/usr/bin")
        names = ("usr/sbin/sendmail", "usr/lib/sendmail", "usr/bin/mailq",
                 "usr/bin/newaliases")
        kept = {k: v for k, v in os.environ.items()
                if k.startswith(("ASAN_", "UBSAN_", "TEST_"))}
        if not any(k.startswith(("ASAN_", "TEST_VALGRIND")) for k in kept):
            for name in names:
                os.symlink(program, "%s/%s" % (self.dir, name))
            return
        for name in names:
            link = "usr/lib/qsendmail-under-test/" + os.path.basename(name)
            if not os.path.lexists("%s/%s" % (self.dir, link)):
                os.symlink(program, "%s/%s" % (self.dir, link))
            exports = " ".join("%s=%s" % (k, shlex.quote(v))
                               for k, v in kept.items())
            self.write(name, "#!/bin/sh\nexport %s\nexec /%s \"$@\"\n" % (
                exports, link), 0o755)

    def script(self):
        """Goes into the room and starts the command there as the user."""
        # What is written in the room goes to memory: /var must be writable.
        lines = ["#!/bin/sh", "set -e", "w=%s/written" % shlex.quote(self.dir),
                 "mount -t tmpfs tmpfs $w"]
        for name in FOLDERS:
            lower = [self.dir, TREE, ""]
            lower = ["%s/%s" % (d, name) for d in lower
                     if os.path.isdir("%s/%s" % (d, name))]
            if os.path.islink("/" + name):
                continue
            lines += ["mkdir $w/%s $w/.%s" % (name, name),
                      "mount -t overlay overlay -o lowerdir=%s,upperdir=$w/%s,"
                      "workdir=$w/.%s /%s" % (shlex.quote(":".join(lower)),
                                              name, name, name)]
        lines += [
            "mount -t tmpfs tmpfs /run",
            "mkdir -p /run/lock",
            "mount --bind %s/home /home" % shlex.quote(self.dir),
            "user=$1; shift",
            "[ \"$user\" != root ] || exec \"$@\"",
            "exec setpriv --reuid=\"$user\" --regid=\"$user\" --init-groups "
            "\"$@\"", ""]
        return "\n".join(lines)

    def start(self, words, user=ALICE, cwd=None, **env):
        """A process in the room, with pipes; keywords are its environment."""
        home = "/home/" + user
        environment = {
            "PATH": PATH, "HOME": home, "USER": user, "LOGNAME": user,
            "LANG": "C.UTF-8", "SHELL": "/bin/sh", "TERM": "dumb",
            "TEST_PLACE": os.environ.get("TEST_PLACE", "")}
        environment.update(env)
        return subprocess.Popen(
            ["unshare", "-m", "--propagation", "private",
             self.dir + "/usr/sbin/enter", user] + list(words),
            env=environment, cwd=cwd or self.dir + home,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)

    def run(self, words, stdin=b"", **how):
        """One command from start to end."""
        process = self.start(words, **how)
        out, err = process.communicate(stdin, 120)
        return subprocess.CompletedProcess(words, process.returncode, out, err)
