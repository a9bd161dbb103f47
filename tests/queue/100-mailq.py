#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""mailq: the list of what waits, and what can be done with it."""

import json
import os
import re
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.environ["srcdir"] + "/tests/lib")
from tap import case, done, same, skip  # noqa: E402

TOOL = os.environ["builddir"] + "/tests/queue/queue_tool"
NOW = 1700000000
ENVIRONMENT = dict(os.environ, QSENDMAIL_TEST_TIME=str(NOW),
                   QSENDMAIL_TEST_HOSTNAME="host",
                   QSENDMAIL_TEST_SYSCONFDIR=os.getcwd() + "/none")
MESSAGE = b"From: me@example.org\nSubject: hi\nX: \x1b[1m\n\nbody\n"
SIZE = len(MESSAGE) + MESSAGE.count(b"\n")
UNWATCHED = ("(no runner watches this queue: start one with qsendmail -q15m, "
             "or send now with qsendmail -q)")
os.symlink(os.environ["QSENDMAIL"], "mailq")


def tool(spool, *words, content=b""):
    """What queue_tool prints."""
    ended = subprocess.run([TOOL, spool] + list(words), input=content,
                           capture_output=True, env=ENVIRONMENT)
    if ended.returncode:
        print("# queue_tool: %r" % ended.stderr)
    return ended.stdout.decode()


class Held:
    """queue_tool that does something until its standard input ends."""

    def __init__(self, spool, *words):
        self.process = subprocess.Popen(
            [TOOL, spool] + list(words), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=ENVIRONMENT)
        self.first = self.process.stdout.readline()

    def end(self):
        return self.process.communicate()[0].decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()


def put(spool, *words):
    return tool(spool, "put", *words, content=MESSAGE).strip()


def run(*words, program=None, **variables):
    """(status, output, errors)"""
    ended = subprocess.run(
        [program or os.environ["QSENDMAIL"]] + list(words),
        stdin=subprocess.DEVNULL, capture_output=True,
        env=dict(ENVIRONMENT, **variables))
    return (ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def mailq(spool, *words):
    return run("--mailq", "--queue-log=log", "--spool", spool, *words)


def listed(spool):
    status, out, err = mailq(spool, "--json")
    if status or err:
        print("# %d %r" % (status, err))
    return {mail["queue_id"]: mail
            for mail in map(json.loads, out.splitlines())}


def nothing():
    same("a queue that is not there is empty", mailq("none"),
         (0, "Mail queue is empty\n", ""))
    case("and is not made", not os.path.exists("none"))
    same("as JSON it has no line", mailq("none", "--json"), (0, "", ""))
    os.mkdir("bare")
    same("one that was never used is empty too", mailq("bare"),
         (0, "Mail queue is empty\n", ""))
    same("and stays so", os.listdir("bare"), [])
    tool("used", "list")
    same("as is one that is used", mailq("used"),
         (0, "Mail queue is empty\n", ""))
    same("nothing is done to nothing", mailq("none", "remove", "all"),
         (0, "", ""))
    same("an unknown mail there is 66", mailq("none", "remove", "x"),
         (66, "", "qsendmail: there is no mail x in the queue\n"))


JOURNAL = """attempt %d
to 0 content 2xx 250 OK: queued as.
to 1 rcpt 4xx 451 4.7.1 come back %%1B[1m later (soon)
to 2 rcpt 4xx 451 4.7.1 come back %%1B[1m later (soon)
to 3 content lost 0 %%20
next %d""" % (NOW - 60, NOW + 600)


def a_list():
    """Mails of each kind, for people."""
    s = "list"
    one = put(s, "--account", "163", "--sender", "me@163.com",
              "--to", "a@x.org", "--to", "b@x.org", "--to", "c@x.org",
              "--to", "\"d\x1b\"@x.org", "--created", str(NOW - 60),
              "--journal", JOURNAL)
    two = put(s, "--account", "qq", "--sender", "", "--bounce", "yes",
              "--journal", "hold yes")
    three = put(s, "--account", "qq", "--to", "z@x.org")
    tool(s, "fail", three)
    head = ("-Queue ID-           --Size-- ----Arrival Time---- "
            "-Sender/Recipient-------\n")
    blank = " " * 51
    reason = ("(the server cannot take mail for this recipient now: 451 4.7.1 "
              "come back \\x1b[1m later (soon))\n")
    doubt = ("(a duplicate is possible: the server may have accepted it "
             "already, its reply was lost)\n")
    first = (one + "%13d Tue Nov 14 22:12:20  me@163.com\n" % SIZE + doubt +
             "(1 attempt, next attempt: Tue Nov 14 22:23:20)".rjust(76) +
             "\n" + reason + blank + "b@x.org\n" + blank + "c@x.org\n" +
             "(no answer after the whole mail was sent:  )".rjust(76) + "\n" +
             blank + "\"d\\x1b\"@x.org\n")
    second = (two + "!%12d Tue Nov 14 22:13:20  MAILER-DAEMON\n" % SIZE +
              blank + "to@example.net\n")
    third = ("(failed, and nobody could be told: see mailq show ID, then "
             "mailq remove ID)\n" + three +
             "%13d Tue Nov 14 22:13:20  MAILER-DAEMON\n" % SIZE + blank +
             "z@x.org\n")
    status, out, err = mailq(s)
    same("the list succeeds in silence", (status, err), (0, ""))
    # Accounts come as the directory has them.
    blocks = {one: first, two: second}
    order = sorted(blocks, key=out.find)
    want = (head + "\n".join(blocks[i] for i in order) + "\n" + third + "\n" +
            UNWATCHED + "\n\n-- 0 Kbytes in 3 Requests.\n")
    same("it is as Postfix has it", out, want)
    same("called as mailq it is the same", run(
        program="./mailq", QSENDMAIL_SPOOL=s, QSENDMAIL_HOST="h",
        QSENDMAIL_FROM="me@x"), (0, want, ""))
    same("and with -bp", run("-bp", "--spool", s), (0, want, ""))
    same("scripts count the mails", len(re.findall(
        r"^[0-9A-Za-z]{10,}[*!]?\s+\d+\s", out, re.M)), 3)
    with Held(s, "watch", "once"):
        case("a runner that is there needs no remark",
             UNWATCHED not in mailq(s)[1])
    with Held(s, "lock", one):
        out = mailq(s)[1]
        case("what somebody owns has a star", one + "*   " in out, out)
        case("and no time", "next attempt" not in out, out)
    return s, one, two, three


def as_json(s, one, two, three):
    status, out, err = run("--json", program="./mailq", QSENDMAIL_SPOOL=s,
                           QSENDMAIL_HOST="h", QSENDMAIL_FROM="me@x")
    same("called as mailq --json goes", (status, err), (0, ""))
    mails = listed(s)
    same("the same list", sorted(map(json.dumps, mails.values())),
         sorted(json.dumps(json.loads(i)) for i in out.splitlines()))
    words = ("the server cannot take mail for this recipient now: 451 4.7.1 "
             "come back \\x1b[1m later (soon)")
    same("a mail as JSON", mails[one], {
        "queue_name": "deferred", "queue_id": one, "account": "163",
        "arrival_time": NOW - 60, "message_size": SIZE, "sender": "me@163.com",
        "next_attempt": NOW + 600, "attempts": 1, "duplicate_possible": True,
        "recipients": [
            {"address": "b@x.org", "delay_reason": words, "status": "retry"},
            {"address": "c@x.org", "delay_reason": words, "status": "retry"},
            {"address": "\"d\x1b\"@x.org", "delay_reason":
             "no answer after the whole mail was sent:  ",
             "status": "unconfirmed"}]})
    same("one on hold", (mails[two]["queue_name"], mails[two]["sender"],
                         mails[two]["duplicate_possible"]),
         ("hold", "MAILER-DAEMON", False))
    same("one that failed", mails[three]["queue_name"], "failed")
    with Held(s, "lock", one):
        same("one that somebody owns", listed(s)[one]["queue_name"],
             "active")


def attempts():
    """An attempt whose owner has died."""
    s = "died"
    one = put(s, "--journal", "attempt %d" % NOW)
    case("its mail may be a duplicate", listed(s)[one]["duplicate_possible"])
    with Held(s, "lock", one):
        case("but not while it goes on",
             not listed(s)[one]["duplicate_possible"])
    before = tool(s, "dump", one)
    for action in ("retry", "hold", "release"):
        same(action + " of it succeeds", mailq(s, action, one), (0, "", ""))
    case("the doubt stays", listed(s)[one]["duplicate_possible"])
    same("nothing is written that would end it", tool(s, "dump", one),
         before + "hold yes\nhold no\n")


def selections():
    """-bp -qR...: some of them, as with -q."""
    s = "some"
    one = put(s, "--sender", "a@x.org", "--to", "one@y.org")
    two = put(s, "--sender", "b@x.org", "--to", "two@y.org")
    with open(s + "/queue/default/5f000000junk", "wb") as f:
        f.write(b"hello")
    for words, want in ((["-qRone@"], [one]), (["-q!Rone@"], [two]),
                        (["-qSb@", "-qRtwo"], [two]), (["-qI" + one], [one]),
                        (["-qSb@", "-qRone"], [])):
        status, out, err = run("-bp", "--spool", s, "--json", *words)
        same("-bp " + " ".join(words), (status, err, [
            json.loads(i)["queue_id"] for i in out.splitlines()]),
            (0, "", want))
    same("all of them with -q alone",
         run("-bp", "-q", "--spool", s, "--json")[1].count("\n"), 3)
    same("none is an empty queue", run("-bp", "-qRnobody", "--spool", s)[1],
         "Mail queue is empty\n")


def pauses():
    s = "pauses"
    put(s, "--account", "qq")
    put(s, "--account", "163")
    put(s, "--account", "gmail")
    tool(s, "pause", "qq", "1", str(NOW + 900), "535 login fail \x1b",
         "163", "0", str(NOW + 60), "no connection")
    case("without a runner nothing pauses", "pauses" not in mailq(s)[1])
    with Held(s, "watch", "service"):
        out = mailq(s)[1]
        case("an account that is at fault", re.search(
            r"^\(account qq pauses until Tue Nov 14 22:28:20: 535 login fail "
            r"\\x1b \(correct it, then: qsendmail -qf\)\)\n[0-9a-z]{16} ",
            out, re.M), out)
        case("a server that is away", re.search(
            r"^\(account 163 pauses until Tue Nov 14 22:14:20: no connection "
            r"\(to try it now: qsendmail -qf\)\)\n[0-9a-z]{16} ",
            out, re.M), out)
        same("the third one works", out.count("pauses until"), 2)
        same("nobody is tried in a pause", [out.count(
            "(next attempt: %s)" % i) for i in (
            "due", "Tue Nov 14 22:28:20", "Tue Nov 14 22:14:20")], [1, 1, 1])


def damage():
    s = "damage"
    good = put(s, "--account", "a")
    other = put(s, "--account", "a")
    path = s + "/queue/a/"
    with open(path + other, "r+b") as f:
        f.write(b"qsendmail-queue 2 ")
    with open(path + "5f000000junk", "wb") as f:
        f.write(b"hello")
    status, out, err = mailq(s)
    same("a list with damage succeeds", (status, err), (0, ""))
    case("what is no entry is listed with its place",
         re.search(r"^5f000000junk\? +5 Sat Jul  4 04:05:20 .*\n"
                   r" *\(.*damage/queue/a/5f000000junk: not a queue entry\)",
                   out, re.M), out)
    case("what is of another version, too", re.search(
        "^" + other + r"\? .*\n\(.*version 2 of a queue entry, and only 1 is "
        r"known here\)$", out, re.M), out)
    same("as JSON", (listed(s)["5f000000junk"]["queue_name"],
                     listed(s)[other]["error"].split(": ")[1]),
         ("damaged",
          "version 2 of a queue entry, and only 1 is known here"))
    status, out, err = mailq(s, "remove", "all")
    case("remove all leaves both", status in (65, 78) and
         set(os.listdir(path)) == {other, "5f000000junk"},
         status, os.listdir(path))
    same("and tells of each", sorted(i.split(": ", 2)[2]
                                     for i in err.splitlines()),
         ["not a queue entry",
          "version 2 of a queue entry, and only 1 is known here"])
    case("the good one is gone", good not in os.listdir(path))
    same("show tells what is wrong", mailq(s, "show", other)[0], 78)
    same("hold too", mailq(s, "hold", "5f000000junk")[0], 65)
    same("one that is named is removed", mailq(s, "remove", "5f000000junk"),
         (0, "", ""))
    same("it alone", os.listdir(path), [other])


def actions():
    s = "actions"
    os.unlink("log")
    one = put(s, "--next", str(NOW + 9000), "--account", "a/b")
    two = put(s, "--next", str(NOW + 9000), "--account", "a/b")
    with Held(s, "trigger") as runner:
        same("retry succeeds in silence", mailq(s, "retry", one), (0, "", ""))
        same("it is due", listed(s)[one]["next_attempt"], NOW)
        same("the other one is not", listed(s)[two]["next_attempt"],
             NOW + 9000)
        case("the file has that time", {"a/b %s %d" % (one, NOW),
             "a/b %s %d" % (two, NOW + 9000)} ==
             set(tool(s, "list").splitlines()))
        told = runner.process.stdout.readline().decode()
        same("the runner is told", told, "a/b %s %d\n" % (one, NOW))
        same("hold two at a time", mailq(s, "hold", one, two), (0, "", ""))
        same("both are", [i["queue_name"] for i in listed(s).values()],
             ["hold"] * 2)
        same("retry of a held one is 69", mailq(s, "retry", one),
             (69, "", "qsendmail: %s is on hold: mailq release %s\n" %
              (one, one)))
        same("retry all passes it over", mailq(s, "retry", "all"),
             (0, "", ""))
        same("release succeeds", mailq(s, "release", "all"), (0, "", ""))
        same("both are due", [(i["queue_name"], i["next_attempt"])
                              for i in listed(s).values()],
             [("deferred", NOW)] * 2)
        case("the runner looks at everything",
             runner.end().endswith("all\n"))
    with Held(s, "lock", one):
        for action in ("retry", "hold", "release", "remove"):
            same(action + " of what is being sent is 75",
                 mailq(s, action, one),
                 (75, "", "qsendmail: %s is being sent now\n" % one))
        same("remove all removes the others", mailq(s, "remove", "all"),
             (75, "", "qsendmail: %s is being sent now\n" % one))
        same("it stays", list(listed(s)), [one])
    with open("log") as f:
        same("a removal is in the log", re.sub(r"\[\d+\]", "[1]", f.read()),
             "Nov 14 22:13:20 host qsendmail/qmgr[1]: %s: removed\n" % two)
    os.unlink("log")
    tool(s, "fail", one)
    for action in ("retry", "hold", "release"):
        same(action + " of a failed one is 69", mailq(s, action, one)[0], 69)
    same("remove takes it", mailq(s, "remove", one), (0, "", ""))
    same("and the queue is empty", mailq(s)[1], "Mail queue is empty\n")
    with open("log") as f:
        case("that is in the log, too", one + ": removed" in f.read())


def wrong():
    s = "wrong"
    one = put(s)
    with open(s + "/secret", "w") as f:
        f.write("keep")
    for name in ("nix", "", ".", "..", "../../secret", "../default/" + one,
                 "a\nb"):
        status, out, err = mailq(s, "remove", name)
        same("no mail is called %r" % name, (status, out, err.count("\n")),
             (64 if "\n" in name else 66, "", 1))
    case("nothing was removed", os.path.exists(s + "/secret") and
         one in listed(s))
    same("an unknown action is 64", mailq(s, "fly", one),
         (64, "", "qsendmail: mailq fly: there is show, retry, hold, release "
          "and remove\n"))
    same("an action alone is 64", mailq(s, "remove"),
         (64, "", "qsendmail: mailq remove needs the ID of a mail, or all\n"))
    same("--json with an action is 64", mailq(s, "--json", "show", one)[0],
         64)
    same("an account that is not there is told", mailq(s, "-a", "none")[0],
         78)


def show():
    s = "show"
    one = put(s, "--account", "163", "--sender", "me@163.com", "--uid", "7",
              "--to", "a@x.org", "--to", "b@x.org", "--config", "/etc/x\x1b",
              "--to", "c@x.org", "--to", "d@x.org",
              "--journal", JOURNAL + "\ntold 0\nwarned yes\nhold yes")
    status, out, err = mailq(s, "show", one)
    same("show succeeds in silence", (status, err), (0, ""))
    fields, history, header = out.split("\n\n")[:3]
    want = ["id         " + one, "state      on hold", "account    163",
            "config     /etc/x\\x1b",
            "arrived    Tue, 14 Nov 2023 22:13:20 +0000", "user       7",
            "size       %d octets" % SIZE, "attempts   1",
            "duplicate  possible: a reply was lost",
            "sender     <me@163.com>", "recipient  <a@x.org>: done",
            "recipient  <b@x.org>: retry", "recipient  <c@x.org>: retry",
            "recipient  <d@x.org>: unconfirmed"]
    same("it has the fields", fields.splitlines(), want)
    busy = ("the server cannot take mail for this recipient now: 451 4.7.1 "
            "come back \\x1b[1m later (soon)")
    lines = history.splitlines()
    same("and what has happened", lines[:3] + lines[4:], [
        "history", "  to be tried Tue Nov 14 22:13:20",
        "  Tue Nov 14 22:12:20 tried", "  <b@x.org>: " + busy,
        "  <c@x.org>: " + busy,
        "  <d@x.org>: no answer after the whole mail was sent:  ",
        "  to be tried Tue Nov 14 22:23:20", "  <a@x.org>: the sender knows",
        "  the sender was told of the delay", "  put on hold"])
    case("with the words of a success", lines[3].startswith("  <a@x.org>: ")
         and lines[3].endswith(": 250 OK: queued as."), lines[3])
    same("and the header", header.splitlines(), [
        "header", "  From: me@example.org", "  Subject: hi",
        "  X: \\x1b[1m"])
    tool(s, "pause")
    with Held(s, "lock", one):
        case("of what is being sent, too",
             "state      being sent now" in mailq(s, "show", one)[1])


def many():
    """A list takes its time by the mails, and no more."""
    s, count = "many", 5000
    one = put(s, "--account", "a", "--created", "1600000000")
    with open("%s/queue/a/%s" % (s, one), "rb") as f:
        data = f.read()
    for i in range(count - 1):
        name = "%08xaaaa%04x" % (1700000000 - i, i)
        with open("%s/queue/a/%s" % (s, name), "wb") as f:
            f.write(data.replace(one.encode(), name.encode()))
    start = time.monotonic()
    status, out, _ = mailq(s)
    took = time.monotonic() - start
    ids = re.findall(r"^([0-9a-z]{16}) ", out, re.M)
    same("%d mails" % count, (status, len(ids)), (0, count))
    same("the oldest first", ids, sorted(ids))
    case("within a minute", took < 60, took)
    case("the end counts", out.endswith(
        "\n-- %d Kbytes in %d Requests.\n" % (SIZE * count // 1024, count)),
        out[-60:])
    same("remove all", mailq(s, "remove", "all"), (0, "", ""))
    same("leaves none", mailq(s)[1], "Mail queue is empty\n")


def somebody_elses():
    s = "theirs"
    put(s)
    words = [os.environ["QSENDMAIL"], "--mailq", "--spool", s]
    rights = {}
    if os.geteuid() == 0:
        rights = dict(user=65534, group=65534, extra_groups=[])
    else:
        os.chmod(s, 0)
    try:
        ended = subprocess.run(words, stdin=subprocess.DEVNULL,
                               capture_output=True, env=ENVIRONMENT, **rights)
    except PermissionError:
        skip("a queue of somebody else", "others cannot run the program here")
        return
    finally:
        os.chmod(s, stat.S_IRWXU)
    same("a queue that may not be read is 77",
         (ended.returncode, ended.stdout), (77, b""))
    case("in one line with its owner", re.fullmatch(
        r"qsendmail: the queue theirs belongs to [a-z].*: ask as that user, "
        r"or as root\n", ended.stderr.decode()), ended.stderr)


def settings():
    """The spool of the account; without one that of the command line."""
    put("theone")
    with open("settings", "w") as f:
        f.write("host h\nfrom me@x\nspool %s/theone\n" % os.getcwd())
    os.chmod("settings", 0o600)
    case("a settings file names the spool",
         "1 Request." in run("--mailq", "-C", "settings")[1])
    with open("nohost", "w") as f:
        f.write("defaults\nspool %s/theone\naccount a\nfrom a@x.invalid\n"
                % os.getcwd())
    os.chmod("nohost", 0o600)
    case("also of an account that cannot send",
         "1 Request." in run("--mailq", "-C", "nohost", "-a", "a")[1])
    same("a settings file that is not there is told",
         run("--mailq", "-C", "missing")[0], 66)


nothing()
as_json(*a_list())
attempts()
selections()
pauses()
damage()
actions()
wrong()
show()
many()
if os.environ.get("VALGRIND") and os.geteuid() == 0:
    skip("a queue of somebody else", "valgrind writes as root here")
else:
    somebody_elses()
settings()
done()
