# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command costs: wall, CPU, memory, system calls, instructions.

Programs that are compared run in turns, A B A B, so that whatever else the
machine does meets all of them; what counts is the median of each."""
import glob
import json
import os
import re
import shutil
import statistics
import subprocess
import time

BUILD = os.path.abspath(os.environ.get("builddir") or ".")
TOOLS = BUILD + "/tests/bench/"


class Command:
    """A program with all that it needs to run."""

    def __init__(self, name, argv, stdin=os.devnull, env=None, cwd=None,
                 status=0):
        self.name, self.argv, self.stdin = name, argv, stdin
        self.status = status    # that it ends with when all is well
        self.env = dict(os.environ, **(env or {}))
        self.cwd = cwd or os.getcwd()


class Sample:
    """Seconds and octets of one run."""

    def __init__(self, line):
        status, caller, whole, user, system, peak = map(int, line.split())
        self.status = status
        self.caller, self.wall = caller / 1e6, whole / 1e6
        self.cpu = (user + system) / 1e6
        self.peak = peak * 1024


def run(command):
    """Runs it once; a failure ends the benchmark, for it would be fast."""
    p = subprocess.run(
        [TOOLS + "meter", "-i", command.stdin, "-d", command.cwd] +
        command.argv, env=command.env, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    sample = Sample(p.stdout or "127 0 0 0 0 0")
    if sample.status != command.status:
        raise RuntimeError("%s: status %d\n%s" % (
            " ".join(command.argv), sample.status, p.stderr))
    return sample


class Medians:
    """Of many samples; best is the smallest wall."""

    def __init__(self, samples):
        for what in ("caller", "wall", "cpu", "peak"):
            setattr(self, what, statistics.median(
                getattr(s, what) for s in samples))
        self.peak = max(s.peak for s in samples)
        self.best = min(s.wall for s in samples)
        self.n = len(samples)


def in_turns(commands, times, after=None):
    """Medians of each command, by its name. after(): between two runs."""
    samples = {c.name: [] for c in commands}
    for turn in range(times + 1):
        for c in commands:
            sample = run(c)
            if turn > 0:    # the first one warms the caches
                samples[c.name].append(sample)
            if after:
                after()
    return {name: Medians(s) for name, s in samples.items()}


def system_calls(command):
    """How many it makes with all its processes; None without strace."""
    if not shutil.which("strace"):
        return None
    out = os.path.join(os.getcwd(), "strace.out")
    run(Command(command.name, ["strace", "-f", "-c", "-o", out] +
                command.argv, command.stdin, command.env, command.cwd))
    with open(out) as f:
        total = [line.split() for line in f if line.endswith("total\n")]
    # The errors have a column of their own, where there are any.
    return int(total[-1][3]) if total else None


def instructions(command):
    """How many it executes with all its processes (user space, callgrind);
    None without valgrind, or where valgrind cannot write: dma becomes another
    user on its way."""
    if not shutil.which("valgrind") or command.name == "dma":
        return None
    out = os.path.join(os.getcwd(), "callgrind.out")
    run(Command(command.name, [
        "valgrind", "-q", "--tool=callgrind", "--trace-children=yes",
        "--callgrind-out-file=%s.%%p" % out] + command.argv, command.stdin,
        command.env, command.cwd))
    total = 0
    for path in glob.glob(out + ".*"):
        with open(path, errors="replace") as f:
            found = re.findall(r"^(?:totals|summary): (\d+)", f.read(), re.M)
        total += int(found[-1]) if found else 0
        os.unlink(path)
    return total


class Sink:
    """The server that takes and counts everything."""

    def __init__(self, certificate):
        self.process = subprocess.Popen(
            [TOOLS + "sink", "--cert", certificate], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.port, self.tls_port = map(
            int, self.process.stdout.readline().split())

    def order(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def report(self):
        self.order("report")
        return json.loads(self.process.stdout.readline())

    def until(self, mails):
        """Waits until so many have come."""
        self.order("until %d" % mails)
        return json.loads(self.process.stdout.readline())

    def cpu(self):
        """Seconds that it has used: it runs beside what is measured."""
        return process_cpu(self.process.pid)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def process_cpu(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def process_peak(pid):
    """The largest resident size that the process has had, in octets."""
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read())[1]) * 1024


def machine():
    """What the figures hold for, in lines."""
    model = memory = "unknown"
    with open("/proc/cpuinfo") as f:
        found = re.search(r"model name\s*: (.*)", f.read())
        model = found[1] if found else model
    with open("/proc/meminfo") as f:
        memory = "%d MiB" % (int(f.readline().split()[1]) // 1024)
    system = os.uname()
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cpu": "%d x %s" % (os.cpu_count(), model), "memory": memory,
        "system": "%s %s %s" % (system.sysname, system.release,
                                system.machine),
        "disk": disk(os.getcwd()),
        "load": "%.1f %.1f %.1f" % os.getloadavg()}


def disk(path):
    """What lies below a path, and what one fsync of it takes."""
    p = subprocess.run(["df", "--output=source,fstype", path],
                       stdout=subprocess.PIPE, text=True)
    times = []
    for _ in range(30):
        with open(os.path.join(path, "synced"), "wb") as f:
            f.write(b"x" * 4096)
            f.flush()
            start = time.monotonic()
            os.fsync(f.fileno())
            times.append(time.monotonic() - start)
    os.unlink(os.path.join(path, "synced"))
    return "%s, fsync of a new 4 KiB file %.2f ms (median of 30)" % (
        " ".join(p.stdout.split()[-2:]), statistics.median(times) * 1e3)
