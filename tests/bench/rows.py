# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the table: each function measures one and returns its lines.

A line is a figure of ours beside one of a peer's, or beside a limit. Its bar
is "ratio <= 0.9", "value <= 3" or the like; without one it informs. Where a
bar does not hold, and what nobody but others can change costs more than it
allows all by itself, measured in the same run, the line says so: "limit"."""
import os
import shutil
import subprocess
import time

import measure
from measure import Command, in_turns, run
from peers import FROM, TO, put
from table import number

MIB = 1 << 20
OPERATORS = {"<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
             "=": lambda a, b: a == b}


class Line:
    def __init__(self, row, what, ours, unit, peer=None, theirs=None,
                 bar=None, floor=None):
        self.row, self.what, self.ours, self.unit = row, what, ours, unit
        self.peer, self.theirs, self.bar = peer, theirs, bar
        self.ratio = ours / theirs if theirs else None
        self.holds = self.judge()
        self.limit = None
        if floor and self.holds is False and floor.is_in_the_way(
                ours, theirs, bar):
            self.limit = "%s: %s %s" % (floor.what, number(floor.value), unit)

    def judge(self):
        """None: no bar, or nothing to compare with."""
        if not self.bar:
            return None
        kind, operator, limit = self.bar.split()
        value = self.ratio if kind == "ratio" else self.ours
        return None if value is None else OPERATORS[operator](
            value, float(limit))


class Floor:
    """What it costs at least, and why."""

    def __init__(self, what, value):
        self.what, self.value = what, value

    def is_in_the_way(self, ours, theirs, bar):
        """The bar cannot be reached from there. What we have beaten is no
        limit, whatever was thought of it."""
        _, operator, limit = bar.split()
        reaches = OPERATORS[operator]
        return not reaches(self.value / theirs, float(limit)) and \
            reaches(self.value, ours)


def compare(row, result, peer, figures, floor=None):
    """Lines of a result of in_turns: (what, attribute, bar) of each figure.
    Without the peer ours stands alone. floor: (what, names of commands that
    together are the least that it can cost)."""
    lines = []
    for what, name, bar in figures:
        factor, unit = (1 / MIB, "MiB") if name == "peak" else (1e3, "ms")
        value = getattr(result["qsendmail"], name) * factor
        other = result.get(peer)
        # Processes run beside each other: time has only the longest one.
        together = sum if name == "cpu" else max
        least = floor and Floor(floor[0], factor * together(
            getattr(result[c], name) for c in floor[1]))
        lines.append(Line(row, what, value, unit, peer, other and getattr(
            other, name) * factor, bar, least))
    return lines


class Rows:
    """Everything that the rows share: the sink, the peers, our settings."""

    def __init__(self, sink, peers, quick):
        self.sink, self.peers, self.quick = sink, peers, quick
        self.program = measure.BUILD + "/qsendmail"
        self.spool = os.path.abspath("spool")
        self.files()

    def turns(self, times):
        return max(3, times // 5) if self.quick else times

    def files(self):
        source = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.picture = os.path.abspath("networks.jpg")
        shutil.copy(source + "/lib/networks.jpg", self.picture)
        head = "From: %s\nTo: %s\nSubject: networks\n" % (FROM, TO)
        body = "I love computer networks!\n"
        self.text = put("text", body)
        self.small = put("small.eml", head + "\n" + body)
        # curl sends what it reads: it needs a finished mail.
        self.ready = put("ready.eml", (
            head + "Message-ID: <1@bench>\n"
            "Date: Mon, 23 Nov 2026 18:08:34 +0000\n\n" + body
            ).replace("\n", "\r\n"))
        self.rc = self.settings("rc", "queue off")

    def settings(self, name, *lines):
        common = "host 127.0.0.1\nfrom %s\n" % FROM
        own = "".join(line + "\n" for line in lines)
        return put(name, (
            "defaults\n%sspool %s\nqueue_log %s\n%s"
            "account default\nport %d\naccount tls\nport %d\ntls on\n"
            "tls_starttls off\ntls_trust_file %s\nauth login\nuser %s\n"
            "password secret\n" % (
                common, self.spool, os.path.abspath("queue.log"), own,
                self.sink.port, self.sink.tls_port, self.peers.ca, FROM)))

    def ours(self, arguments, stdin=os.devnull, rc=None):
        return Command("qsendmail", [self.program, "-C", rc or self.rc] +
                       arguments, stdin)

    def costs(self, row, commands, ours="qsendmail"):
        """System calls and instructions of each, for the text."""
        lines = []
        for what, count, unit in (
                ("system calls", measure.system_calls, "calls"),
                ("instructions", measure.instructions, "million")):
            factor = 1e-6 if unit == "million" else 1
            found = {c.name: count(c) for c in commands}
            for c in commands[1:]:
                if found[ours] is not None and found[c.name] is not None:
                    lines.append(Line(row, what, found[ours] * factor, unit,
                                      c.name, found[c.name] * factor))
        return lines

    def fill(self, count, rc, octets=2000, later=0):
        """An emptied spool with so many entries."""
        shutil.rmtree(self.spool, ignore_errors=True)
        subprocess.run([measure.TOOLS + "fill", self.spool, rc, str(count),
                        str(int(time.time()) + later if later else 0),
                        str(octets)], check=True)

    def left(self):
        try:
            return len(os.listdir(self.spool + "/queue/default"))
        except FileNotFoundError:
            return 0

    # ---- one mail ----

    def startup(self):
        row = "start-up"
        commands = [Command("qsendmail", [self.program, "--version"])]
        for name, words in (("msmtp", ["--version"]), ("curl", ["--version"]),
                            ("s-nail", ["-:", "/", "-V"]),
                            ("mutt", ["-v"])):
            commands.append(self.peers.make(name, words, os.devnull))
        commands = [c for c in commands if c]
        result = in_turns(commands, self.turns(40))
        lines = []
        for c in commands[1:]:
            lines += compare(row, result, c.name, [("wall", "wall", None),
                                                   ("CPU", "cpu", None)])
        return lines + self.costs(row, commands)

    def starts(self):
        """Both programs, when all that they do is to start: the relay by
        hand ends at once, having linked libcurl and what that needs."""
        return [Command("start", [self.program, "--version"]),
                Command("relay start", [self.program + "-relay"], status=64)]

    LINKING = ("starting its programs, which is libcurl's linking",
               ("start", "relay start"))
    LIBCURL = ("curl, which has the same libcurl, for the same mail",
               ("curl",))

    def one_mail(self, row, account):
        makers = [self.ours(["-a", account, TO], self.small),
                  self.peers.msmtp(self.small, account),
                  self.peers.curl(self.ready, account)]
        if account == "default":
            makers += [self.peers.s_nail(self.text, None),
                       self.peers.mutt(self.text, None)]
        commands = [c for c in makers if c]
        everything = commands + self.starts()
        self.sink.order("ack quick")
        quick = in_turns(everything, self.turns(40))
        self.sink.order("ack system")
        usual = in_turns(everything, self.turns(40))
        floor = self.LIBCURL if "curl" in quick else self.LINKING
        lines = compare(row, quick, "msmtp", [
            ("CPU", "cpu", "ratio <= 1"), ("peak memory", "peak", None),
            ("wall, no ACK late", "wall", "ratio <= 1")], floor)
        lines += compare(row, usual, "msmtp", [
            ("wall, ordinary sink", "wall", "ratio <= 0.15")], floor)
        lines += self.costs(row, commands[:2])
        for c in commands[2:]:
            lines += compare(row, quick, c.name, [
                ("CPU", "cpu", None), ("peak memory", "peak", None),
                ("wall, no ACK late", "wall", None)])
            lines += compare(row, usual, c.name, [
                ("wall, ordinary sink", "wall", None)])
            lines += self.costs(row, [commands[0], c])
        return lines

    def plain(self):
        return self.one_mail("small mail", "default")

    def tls(self):
        return self.one_mail("small mail, TLS + AUTH LOGIN", "tls")

    def attach(self, row, path, times, bars, ready=None):
        words = ["-t", "--attach", path]
        commands = [c for c in (
            self.ours(words, self.small),
            self.peers.s_nail(self.text, path),
            # It is as slow as s-nail with a large file.
            not ready and self.peers.mutt(self.text, path),
            ready and self.peers.curl(ready)) if c]
        self.sink.order("ack quick")
        self.sink.order("reset")
        result = in_turns(commands + self.starts(), times)
        self.sink.order("ack system")
        report = self.sink.report()
        least = os.path.getsize(path) * 4 // 3 * report["mails"]
        if report["octets"] < least or report["mails"] % len(commands):
            raise RuntimeError("%s: %s" % (row, report))
        lines = []
        for name in ("s-nail", "mutt", "curl"):
            if name in result:
                lines += compare(row, result, name, [
                    (what, attribute, bars.get((name, what)))
                    for what, attribute in (("CPU", "cpu"), ("wall", "wall"),
                                            ("peak memory", "peak"))],
                    self.LINKING)
        return lines, commands

    def jpeg(self):
        row = "text + 28.76 KB JPEG"
        lines, commands = self.attach(row, self.picture, self.turns(30), {
            ("s-nail", "CPU"): "ratio <= 0.9"})
        return lines + self.costs(row, commands)

    def big(self):
        row = "text + 50 MB"
        path = os.path.abspath("big.bin")
        with open(path, "wb") as f:
            for _ in range(50):
                f.write(os.urandom(1000000))
        ready = self.ready_made(path)
        lines, _ = self.attach(row, path, self.turns(7), {
            ("s-nail", "wall"): "ratio <= 0.25",
            ("curl", "wall"): "ratio <= 1.6"}, ready)
        peak = [one for one in lines if one.what == "peak memory"][0].ours
        os.unlink(path)
        os.unlink(ready)
        return lines + [Line(row, "peak memory of a process", peak, "MiB",
                             bar="value <= 16")]

    def ready_made(self, path):
        """The same mail, finished, for curl."""
        import base64
        ready = os.path.abspath("big.eml")
        with open(path, "rb") as f, open(ready, "wb") as out:
            out.write(open(self.ready, "rb").read().replace(
                b"Subject", b"MIME-Version: 1.0\r\nContent-Type: application/"
                b"octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
                b"Subject"))
            for piece in iter(lambda: f.read(57 * 10000), b""):
                text = base64.b64encode(piece)
                out.write(b"".join(text[i:i + 76] + b"\r\n" for i in range(
                    0, len(text), 76)))
        return ready

    def linear(self):
        """Large mails: what ten times as much costs, and ten times that."""
        row = "large mails"
        lines = []
        for what, n, make in self.sizes():
            commands = {size: make(size) for size in (n, n // 10, n // 100)}
            for size, command in commands.items():
                command.name = str(size)
            result = in_turns(list(commands.values())[:2], self.turns(9))
            many, few = result[str(n)], result[str(n // 10)]
            lines.append(Line(row, what, many.wall, "s", bar="value <= 1"))
            lines.append(Line(row, what + ", CPU", many.cpu * 1e3, "ms",
                              "a tenth", few.cpu * 1e3, "ratio <= 12"))
            lines += self.steps(row, what, [
                measure.instructions(c) for c in commands.values()])
        return lines

    def steps(self, row, what, found):
        """Starting costs the same for each: so the step from a tenth to all
        beside that from a hundredth to a tenth, which is a tenth of it."""
        if None in found:
            return []
        return [Line(row, what + ", step", (found[0] - found[1]) / 1e6,
                     "million", "the step before",
                     (found[1] - found[2]) / 1e6, "ratio <= 12")]

    def sizes(self):
        """What can be large: its name, how large, and a mail of a size."""
        field = "X-Line-%d: a field of a header, one of many of its kind\n"

        def with_header(make):
            return lambda n: self.large([TO], make(n))

        def attached(n):
            with open("attached-%d" % n, "wb") as f:
                f.write(os.urandom(n))
            return self.ours(["-t", "--attach", "attached-%d" % n],
                             self.small)

        yield "1,000 recipients", 1000, lambda n: self.large(
            ["r%d@example.net" % i for i in range(n)], "")
        yield "100,000 header lines", 100000, with_header(
            lambda n: "".join(field % i for i in range(n)))
        yield "header line of 1 MB", 1000000, with_header(
            lambda n: "X-Long: " + "word " * (n // 5) + "\n")
        yield "attachment of 10 MB", 10000000, attached

    def large(self, to, header):
        with open(self.small) as f:
            mail = put("large-%d-%d.eml" % (len(to), len(header)),
                       header + f.read())
        return self.ours(["--"] + to, mail)
