# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the queue: acceptance, drain, and 100,000 that wait."""
import copy
import os
import shutil
import signal
import subprocess
import tempfile
import time

import measure
from measure import Command, in_turns, run
from peers import TO, put
from rows import MIB, Floor, Line, Rows, compare


class QueueRows(Rows):
    def accept(self):
        row = "acceptance into the queue"
        rc = self.settings("rc-queue", "queue on")
        shutil.rmtree(self.spool, ignore_errors=True)
        commands = [c for c in (
            self.ours(["-odq", TO], self.small, rc),
            self.peers.dma(self.small),
            self.peers.postfix_sendmail(self.small),
            self.peers.nullmailer(self.small)) if c]
        os.makedirs("least", exist_ok=True)
        least = measure.TOOLS + "least"
        result = in_turns(commands + [
            Command("least", [least, "least"], self.small),
            Command("nothing", [least]),
            Command("start", [self.program, "--version"])], self.turns(60))
        result["floor"] = self.loaded(result)
        floor = "only to write and sync, and to load a program of this size", (
            "floor",)
        bars = {"dma": "ratio <= 0.5", "Postfix sendmail": "ratio <= 0.2"}
        lines = []
        for name in [c.name for c in commands[1:]]:
            lines += compare(row, result, name, [
                ("the caller's time", "caller", bars.get(name)),
                ("CPU", "cpu", None), ("peak memory", "peak", None)], floor)
        for what, name in (("only to write and sync", "least"),
                           ("only to start, --version", "start"),
                           ("an empty program", "nothing")):
            lines.append(Line(row, what, result[name].caller * 1e3, "ms"))
        return lines + self.costs(row, commands)

    def loaded(self, result):
        """The least, by a program that has to be loaded as ours: what starts
        and does nothing costs more than an empty one, as it is larger."""
        floor = copy.copy(result["least"])
        for name in ("caller", "cpu"):
            setattr(floor, name, getattr(floor, name) + getattr(
                result["start"], name) - getattr(result["nothing"], name))
        return floor

    def drain_once(self, rc, count, connections):
        """Mails a second, the sample, and what the sink says."""
        self.fill(count, rc)
        self.sink.order("reset")
        before = self.sink.cpu()
        sample = run(self.ours(["-q"], rc=rc))
        report = self.sink.report()
        report["left"] = self.left()
        report["cpu"] = self.sink.cpu() - before
        report["rate"] = report["mails"] / sample.wall
        report["per_mail"] = sample.cpu / count
        if report["mails"] != count or report["most_open"] > connections:
            raise RuntimeError("drain of %d: %s" % (count, report))
        return report

    def removal(self, count, rc):
        """Entries a second that the disk lets go, with nothing sent."""
        self.fill(count, rc)
        p = subprocess.run(
            [measure.TOOLS + "empty", self.spool + "/queue/default"],
            stdout=subprocess.PIPE, text=True, check=True)
        return 1e6 / float(p.stdout.split()[1])

    def drain(self):
        lines = self.drain_at("drain, loopback, 1 connection", self.spool)
        # Where the disk is the limit: without it.
        if os.access("/dev/shm", os.W_OK):
            with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
                lines += self.drain_at(
                    "drain, loopback, 1 connection, spool in memory",
                    memory + "/spool")
        return lines

    def drain_at(self, row, spool):
        count, turns = 10000, self.turns(5)
        disk, self.spool = self.spool, spool
        rc = self.settings("rc-drain", "queue on", "max_connections 1")
        peer = self.peers.smtp_source(count, 10, 2000)
        ours, theirs, floors = [], [], []
        for _ in range(turns):
            ours.append(self.drain_once(rc, count, 1))
            if peer:
                theirs.append(count / run(peer).wall)
            floors.append(self.removal(count, rc))
        self.spool = disk
        middle = sorted(ours, key=lambda r: r["rate"])[turns // 2]
        rate = sorted(theirs)[turns // 2] if peer else None
        floor = sorted(floors)[turns // 2]
        return [
            Line(row, "mails a second", middle["rate"], "/s",
                 "smtp-source -d -s 10", rate, "ratio >= 1",
                 Floor("removing the entries alone, as the disk can", floor)),
            Line(row, "entries removed, not sent", floor, "/s"),
            Line(row, "CPU of a mail, ours", middle["per_mail"] * 1e6, "us"),
            Line(row, "CPU of a mail, the sink's", middle["cpu"] / count *
                 1e6, "us"),
            Line(row, "duplicates", sum(r["duplicates"] for r in ours), "",
                 bar="value = 0"),
            Line(row, "entries left", sum(r["left"] for r in ours), "",
                 bar="value = 0")]

    def round_trip(self):
        row = "drain at 40 ms round trip"
        lines = []
        self.sink.order("rtt 40")
        try:
            for connections, count, bar in ((1, 200, 22), (8, 1600, 170)):
                rc = self.settings("rc-rtt", "queue on",
                                   "max_connections %d" % connections)
                all_of_them = sorted(
                    (self.drain_once(rc, count, connections)
                     for _ in range(self.turns(3))), key=lambda r: r["rate"])
                middle = all_of_them[len(all_of_them) // 2]
                what = "%d connection%s, mails a second" % (
                    connections, "s"[:connections - 1])
                lines.append(Line(row, what, middle["rate"], "/s",
                                  bar="value >= %d" % bar))
                lines.append(Line(row, what.split(",")[0] + ", duplicates",
                                  middle["duplicates"], "", bar="value = 0"))
            ours = lines[0].ours
            for name, rate in self.slow_peers():
                lines.append(Line(row, lines[0].what, ours, "/s", name,
                                  rate))
        finally:
            self.sink.order("rtt 0")
        return lines

    def slow_peers(self):
        """Peers' mails a second at that round trip."""
        for i in range(1, 31):
            shutil.copy(self.ready, "r%d.eml" % i)
        curl = self.peers.curl(os.path.abspath("r[1-30].eml"))
        if curl:
            yield "curl", 30 / run(curl).wall
        msmtp = self.peers.msmtp(self.small)
        if msmtp:
            yield "msmtp", 10 / sum(run(msmtp).wall for _ in range(10))
        source = self.peers.smtp_source(100, 1, 2000)
        if source:
            yield "smtp-source -d -s 1", 100 / run(source).wall

    # ---- 100,000 entries ----

    def waiting(self):
        """A runner with 100,000 entries whose time is in an hour."""
        row = "100,000 entries waiting"
        count = 10000 if self.quick else 100000
        rc = self.settings("rc-many", "queue on")
        self.fill(count, rc, later=3600)
        lines = self.idle(row, rc)
        times = [run(self.ours(["-bp"], rc=rc)) for _ in range(3)]
        listing = sorted(times, key=lambda s: s.wall)[1]
        return lines + [
            Line(row, "mailq", listing.wall, "s", bar="value <= 3"),
            Line(row, "mailq, peak memory", listing.peak / MIB, "MiB")]

    def idle(self, row, rc):
        start = time.monotonic()
        runner = subprocess.Popen(
            [self.program, "-C", rc, "-q15m", "--foreground"],
            stdin=subprocess.DEVNULL)
        try:
            self.settle(runner.pid)
            ready = time.monotonic() - start
            before = measure.process_cpu(runner.pid)
            time.sleep(10)
            used = measure.process_cpu(runner.pid) - before
            peak = measure.process_peak(runner.pid)
        finally:
            runner.send_signal(signal.SIGTERM)
            runner.wait()
        return [
            Line(row, "runner, peak memory", peak / MIB, "MiB",
                 bar="value <= 64"),
            Line(row, "runner, CPU in 10 s of waiting", used * 1e3, "ms",
                 bar="value <= 0"),
            Line(row, "runner, until it has read all", ready, "s")]

    def settle(self, pid):
        """Until it sleeps in poll and uses no CPU for a second."""
        last, since = -1, time.monotonic()
        while time.monotonic() - since < 1:
            used = measure.process_cpu(pid)
            if used != last:
                last, since = used, time.monotonic()
            time.sleep(0.1)

    def flat(self):
        """What a mail costs in a queue of that length."""
        row = "cost of a mail by the length of the queue"
        rc = self.settings("rc-drain", "queue on", "max_connections 1")
        longest = 10000 if self.quick else 100000
        found = {}
        for count in (1000, 10000, longest):
            reports = sorted((self.drain_once(rc, count, 1) for _ in range(
                5 if count == 1000 else 1)), key=lambda r: r["per_mail"])
            found[count] = reports[len(reports) // 2]
        lines = [Line(row, "CPU, %s entries" % format(count, ","),
                      r["per_mail"] * 1e6, "us", "1,000",
                      found[1000]["per_mail"] * 1e6,
                      "ratio <= 1.25" if count == longest else None)
                 for count, r in found.items() if count != 1000]
        return lines + [
            Line(row, "mails a second, %s entries" % format(count, ","),
                 r["rate"], "/s", "1,000", found[1000]["rate"])
            for count, r in found.items() if count != 1000]

    def refused(self):
        """100,000 that are due, at a server that refuses connections."""
        row = "100,000 entries, no server"
        rc = self.settings("rc-none", "queue on", "port 1")
        with open(rc) as f:
            text = f.read().replace("port %d" % self.sink.port, "port 1")
        put("rc-none", text)
        self.fill(10000 if self.quick else 100000, rc)
        lines = self.idle(row, rc)
        for one in lines[1:]:
            one.bar = one.holds = None
        return lines
