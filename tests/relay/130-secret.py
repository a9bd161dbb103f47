#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the password comes from, in which order, who is not told, and how the
person at the terminal is asked."""
import os
import pty
import select
import signal
import sys
import termios

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "relay"))
from account import MAIL, PASSWORD, USER, serve, settings
from frames import Relay, command
sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "lib"))
from tap import case, done, same, skip

DONE = "content 2xx 250"
HOME = os.getcwd()


def put(name, text, mode=0o600):
    with open(name, "w") as f:
        f.write(text)
    os.chmod(name, mode)
    return os.path.abspath(name)


def send(s, secret=None, environment=None, terminal=None, **more):
    more.setdefault("password_file", None)
    with Relay(settings(s, **more), secret=secret, terminal=terminal,
               environment=environment) as relay:
        return relay.mail(USER, ["a@example.net"], MAIL)


def account(name, password, mode=0o600):
    """A settings file with a section "qq"."""
    return put(name, "account qq\nhost localhost\npassword %s\n" % password,
               mode)


def accepted(name, r):
    same(name, (r.outcome(), r.fault), (DONE, None))


def refused(name, r, text):
    case(name, r.fault and r.fault[3] == 78 and text in r.fault[4], r.words())


with serve() as s:
    # Each source alone.
    accepted("passwordeval", send(s, passwordeval="echo " + PASSWORD))
    accepted("... only its first line counts", send(
        s, passwordeval="printf '%s\\r\\nmore\\n' " + PASSWORD))
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    r = send(s, passwordeval="echo " + PASSWORD)
    signal.signal(signal.SIGCHLD, before)
    accepted("... though the caller ignores the end of children", r)
    accepted("password_file", send(s, password_file=put(
        "plain", PASSWORD)))
    accepted("... with more lines, CR LF, readable by all", send(
        s, password_file=put("lines", PASSWORD + "\r\nnotes\n", 0o444)))
    accepted("password of the section", send(
        s, secret=(account("rc", PASSWORD), "qq")))
    os.mkdir("credentials")
    put("credentials/qsendmail.password", PASSWORD + "\n")
    credentials = {"CREDENTIALS_DIRECTORY": HOME + "/credentials"}
    accepted("systemd's credential", send(s, environment=credentials))
    accepted("QSENDMAIL_PASSWORD for the account of the environment", send(
        s, secret=("", "env"), environment={"QSENDMAIL_PASSWORD": PASSWORD}))
    accepted("... or in QSENDMAIL_URL", send(
        s, secret=("", "env"), environment={
            "QSENDMAIL_URL": "smtp://u:%s@localhost" % PASSWORD}))
    put(".netrc", "machine other password no\n"
        "machine localhost login %s password %s\n" % (USER, PASSWORD))
    accepted("~/.netrc", send(s))
    os.remove(".netrc")
    os.mkdir("sys")
    put("sys/netrc", "machine localhost user %s passwd %s\n" % (USER, PASSWORD))
    system = {"QSENDMAIL_TEST_SYSCONFDIR": HOME + "/sys"}
    accepted("the system's netrc", send(s, environment=system))
    put(".netrc", "machine other password no\n")
    accepted("... when ~/.netrc has nothing", send(s, environment=system))
    put(".netrc", "machine localhost password wrong\n")
    same("... and not otherwise", send(s, environment=system).fault[:3],
         ("login", "5xx", 535))
    os.remove(".netrc")

    # The key ring, by a tool that stands in for libsecret's.
    os.mkdir("bin")
    put("bin/secret-tool", "#!/bin/sh\n"
        "printf '%s\\n' \"$*\" >> calls\n"
        "echo noise >&2\n"
        "[ \"$*\" = \"$(cat known)\" ] && printf %s \"$(cat keyring)\"\n",
        0o700)
    ring = {"PATH": HOME + "/bin:" + os.environ["PATH"],
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
    now = "lookup host localhost service smtp user " + USER
    before = "lookup user %s protocol smtp server localhost" % USER

    def calls():
        try:
            with open("calls") as f:
                return f.read().splitlines()
        finally:
            os.remove("calls")
    put("known", now)
    put("keyring", PASSWORD + "\nmore")
    accepted("the key ring", send(s, environment=ring))
    same("... is asked as msmtp's users store it", calls(), [now])
    put("known", before)
    accepted("... or as GNOME's was", send(s, environment=ring))
    same("... in this order", calls(), [now, before])
    put(".netrc", "machine localhost password %s\n" % PASSWORD)
    put("known", "nothing")
    accepted("... before ~/.netrc", send(s, environment=ring))
    same("... which comes next", calls(), [now, before])
    put("known", now)
    put("keyring", "")
    accepted("an empty answer is none", send(s, environment=ring))
    calls()
    put("keyring", "x" * 20000)
    accepted("nor is one that is too long", send(s, environment=ring))
    calls()
    put("keyring", "wrong")
    same("~/.netrc does not stand in for a wrong one",
         send(s, environment=ring).fault[:3], ("login", "5xx", 535))
    calls()
    accepted("no session bus: nobody is asked", send(s, environment={
        "PATH": ring["PATH"], "DBUS_SESSION_BUS_ADDRESS": "",
        "XDG_RUNTIME_DIR": HOME}))
    case("... really", not os.path.exists("calls"))
    put("bus", "")
    put("keyring", PASSWORD)
    accepted("a bus in XDG_RUNTIME_DIR", send(s, environment={
        "PATH": ring["PATH"], "XDG_RUNTIME_DIR": HOME}))
    same("... is one", calls(), [now])
    accepted("no such tool: ~/.netrc", send(s, environment={
        "PATH": "/nonexistent",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}))
    put(".netrc", "machine localhost password wrong\n")
    accepted("a credential before the key ring", send(s, environment=dict(
        ring, **credentials)))
    case("... which is not asked then", not os.path.exists("calls"))
    os.remove(".netrc")

    # What is wrong with them.
    refused("a password command that fails", send(
        s, passwordeval="echo %s; exit 3" % PASSWORD), "ended with status 3")
    refused("... that prints nothing", send(s, passwordeval="true"),
            "passwordeval true gives no password")
    refused("... that prints too much", send(
        s, passwordeval="yes"), "prints too much")
    refused("a password file that is not there", send(
        s, password_file="/nonexistent"),
        "password_file: /nonexistent does not exist")
    refused("... that is empty", send(s, password_file=put("empty", "\n")),
            "gives no password")
    refused("... that others can write", send(
        s, password_file=put("open", PASSWORD, 0o606)),
        "can be written by others")
    refused("a settings file that others can read", send(
        s, secret=(account("open-rc", PASSWORD, 0o604), "qq")), "open-rc")
    refused("a section that is gone", send(
        s, secret=(account("rc", PASSWORD), "other")),
        "account other is no longer in")
    refused("no source at all", send(s), "there is no password for %s at "
            "localhost, and no terminal to ask for it on: add a line with "
            "passwordeval or password_file" % USER)
    refused("... nor a home to look in", send(s, environment={
        "HOME": "/dev/null"}), "there is no password for ")
    refused("an environment that cannot be understood", send(
        s, secret=("", "env"), environment={
            "QSENDMAIL_PASSWORD": PASSWORD, "QSENDMAIL_PORT": "many"}),
        "many")
    accepted("... is of no concern to another account", send(
        s, passwordeval="echo " + PASSWORD, environment={
            "QSENDMAIL_PASSWORD": PASSWORD, "QSENDMAIL_PORT": "many"}))

    # The order: a good one in front of wrong ones.
    wrong = put("wrong", "wrong\n")
    good = put("good", PASSWORD)
    put(".netrc", "default password wrong\n")
    bad_credentials = {"CREDENTIALS_DIRECTORY": HOME + "/bad"}
    os.mkdir("bad")
    put("bad/qsendmail.password", "wrong")
    accepted("the section's password before passwordeval", send(
        s, passwordeval="echo wrong; touch ran", secret=(account(
            "rc", PASSWORD + "\npasswordeval echo wrong; touch ran"), "qq")))
    case("... which does not run", not os.path.exists("ran"))
    accepted("a passwordeval that does not stand beside it is before it", send(
        s, passwordeval="echo " + PASSWORD,
        secret=(account("rc", "wrong"), "qq")))
    accepted("... and so is a password_file", send(
        s, password_file=good, secret=(account("rc", "wrong"), "qq")))
    accepted("... also before one of the environment", send(
        s, passwordeval="echo " + PASSWORD, secret=("", "env"),
        environment={"QSENDMAIL_PASSWORD": "wrong"}))
    accepted("QSENDMAIL_PASSWORD before QSENDMAIL_PASSWORD_FILE", send(
        s, password_file=wrong, secret=("", "env"), environment={
            "QSENDMAIL_PASSWORD": PASSWORD,
            "QSENDMAIL_PASSWORD_FILE": wrong}))
    accepted("passwordeval before password_file", send(
        s, passwordeval="echo " + PASSWORD, password_file=wrong))
    accepted("password_file before a credential", send(
        s, password_file=good, environment=bad_credentials))
    accepted("a credential before ~/.netrc", send(
        s, environment=credentials))
    r = send(s, environment={"QSENDMAIL_PASSWORD": PASSWORD})
    same("QSENDMAIL_PASSWORD is for no other account", r.fault[:3],
         ("login", "5xx", 535))
    os.remove(".netrc")

    # A wrong one is not kept for the next mail, a good one is.
    put("calls", "")
    with Relay(settings(s, password_file=None, passwordeval="echo x >> "
               "calls; test $(wc -l < calls) -gt 1 && echo %s || echo wrong" %
               PASSWORD)) as relay:
        first = relay.mail(USER, ["a@example.net"], MAIL)
        second = relay.mail(USER, ["a@example.net"], MAIL)
    same("after a refused login the source is asked again",
         (first.fault[:3], second.outcome()), (("login", "5xx", 535), DONE))

    # Children see no password.
    r = send(s, environment={"QSENDMAIL_PASSWORD": PASSWORD,
                             "QSENDMAIL_URL": "smtp://u:secret@localhost"},
             passwordeval="env > own; cat /proc/$PPID/environ > parents "
             "2>/dev/null; echo " + PASSWORD)
    accepted("passwordeval beside passwords of the environment", r)
    for name in ("own", "parents"):
        with open(name, errors="replace") as f:
            text = f.read()
        if name == "parents" and len(command()) > 1:
            skip("... nor in the relay's", "valgrind keeps a copy of it")
        else:
            case("... does not see them in %s environment" % name,
                 PASSWORD not in text and "secret" not in text, text)

    # The terminal.
    def ask(answer, then=None, **more):
        """Sends a mail while somebody types at the terminal."""
        master, slave = pty.openpty()
        before = termios.tcgetattr(slave)
        with Relay(settings(s, password_file=None, **more),
                   terminal=slave) as relay:
            relay.send_mail(USER, ["a@example.net"], MAIL)
            shown = b""
            while b": " not in shown:
                shown += os.read(master, 1000)
            silent = not termios.tcgetattr(slave)[3] & termios.ECHO
            if then:
                then(relay)
            if answer is not None:
                os.write(master, answer)
            r = relay.read()
            while select.select([master], [], [], 0)[0]:
                shown += os.read(master, 1000)
        after = termios.tcgetattr(slave)
        os.close(master)
        os.close(slave)
        return r, relay, shown.decode(), silent, after == before

    r, relay, shown, silent, restored = ask(
        PASSWORD.encode() + b"\n", hint="the code from the web mail")
    accepted("a password that is typed", r)
    case("... is asked for by user, server and hint", shown.startswith(
        "the code from the web mail\r\nPassword of %s at localhost: " % USER),
        shown)
    case("... is not shown", silent and PASSWORD not in shown, shown)
    case("... and the terminal is as before", restored)
    r, relay, shown, silent, restored = ask(b"\n")
    case("an empty line is no password", r.fault and r.fault[3] == 75 and
         "no password was typed" in r.fault[4], r.words())
    for number in (signal.SIGINT, signal.SIGTERM):
        r, relay, shown, silent, restored = ask(
            None, then=lambda relay, n=number: relay.process.send_signal(n))
        same("%s while asking" % number.name, relay.status, -number)
        case("... leaves the terminal as before", restored and not r.ended)
    master, slave = pty.openpty()
    with Relay(settings(s, password_file=None, passwordeval="echo " +
                        PASSWORD), terminal=slave) as relay:
        r = relay.mail(USER, ["a@example.net"], MAIL)
    accepted("nobody is asked when there is a source", r)
    case("... nothing is shown", not select.select([master], [], [], 0)[0])
done()
