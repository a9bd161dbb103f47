# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs in which a system call goes wrong, for the tests of tests/crash.

    faults.need()                   skips the test where LD_PRELOAD cannot work
    f = faults.Faults("spool_tool") the programs that are meant, ":" between
    calls = f.count(run)            run(environment) once; what it called
    for fault in faults.sample(faults.choose(calls), 60): ...
        result, hit = f.fail(run, fault)
    f.record(run, record, under)    writes the record for power.py

A call: number program name errors (a list) what (a path, or ""). A fault:
number, what is done ("kill", "tear" or the name of an error), and the call it
was chosen for. hit is the call that was really hit, or None.
"""

import collections
import os
import subprocess
import sys

import tap

SRCDIR, BUILDDIR = os.environ["srcdir"], os.environ["builddir"]
LONG = os.environ.get("LONG", "") not in ("", "0")
ERRORS = ("EIO", "ENOSPC", "ENOMEM", "EINTR", "EMFILE", "ENOLCK")

Call = collections.namedtuple("Call", "number program name errors what")
# number may be "N-": from there on.
Fault = collections.namedtuple("Fault", "number do call")
_library = None


def sanitized():
    with open(BUILDDIR + "/qsendmail", "rb") as f:
        return b"__asan_init" in f.read()


def build():
    """The library to be preloaded; None when it cannot be made."""
    compiler = os.environ.get("CC", "cc").split()
    flags = ["-DNO_MEMORY"] if sanitized() else []
    done = subprocess.run(
        compiler + ["-shared", "-fPIC", "-O1"] + flags +
        ["-o", "faults.so", SRCDIR + "/tests/crash/faults.c", "-ldl"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in done.stdout.splitlines():
        print("# " + line)
    return os.path.abspath("faults.so") if done.returncode == 0 else None


def need():
    global _library
    if not sys.platform.startswith("linux"):
        tap.skip_all("the library of faults is for Linux")
    if os.environ.get("VALGRIND", "") not in ("", "0"):
        tap.skip_all("valgrind has the library calls for itself")
    _library = build()
    if _library is None:
        tap.case("the library of faults can be built", False)
        tap.done()


def choose(calls):
    """Kill at every call, a write torn, and errors: one for each call in
    turn, or with LONG all that it can end with."""
    turn = 0
    for call in calls:
        kinds = ["kill"]
        if "write" in call.name:
            kinds.append("tear")
        errors = [e for e in call.errors if e in ERRORS]
        if LONG:
            kinds += errors
        elif errors:
            kinds.append(errors[turn % len(errors)])
            turn += 1
        for kind in kinds:
            yield Fault(call.number, kind, call)


def sample(items, most):
    """All of them with LONG; else so many, evenly; fewer with sanitizers,
    where a process takes several times as long to start."""
    items = list(items)
    if sanitized():
        most = max(1, most // 4)
    if LONG or len(items) <= most:
        return items
    return [items[i * len(items) // most] for i in range(most)]


def parse(path):
    calls = []
    try:
        with open(path, errors="surrogateescape") as f:
            for line in f:
                words = line.rstrip("\n").split(" ", 4)
                calls.append(Call(int(words[0]), words[1], words[2],
                                  words[3].split(","), words[4]))
    except FileNotFoundError:
        pass
    return sorted(calls)


class Faults:
    def __init__(self, programs):
        self.programs = programs
        self.dir = os.getcwd()

    def environment(self, **more):
        e = dict(os.environ, LD_PRELOAD=_library,
                 FAULTS_PROGRAM=self.programs)
        if sanitized():
            e["ASAN_OPTIONS"] = e.get("ASAN_OPTIONS", "") + \
                ":verify_asan_link_order=0"
        for name, value in more.items():
            e["FAULTS_" + name] = str(value)
        return e

    def counted(self, run, **more):
        counter, log = self.dir + "/faults.counter", self.dir + "/faults.log"
        for path in (counter, log):
            if os.path.exists(path):
                os.unlink(path)
        result = run(self.environment(COUNTER=counter, LOG=log, **more))
        return result, parse(log)

    def count(self, run, **more):
        self.result, calls = self.counted(run, **more)
        return calls

    def fail(self, run, fault, **more):
        result, hits = self.counted(run, AT=fault.number, DO=fault.do, **more)
        return result, hits[0] if hits else None

    def record(self, run, record, under):
        return run(self.environment(RECORD=record, UNDER=under))


def show(fault, hit=None):
    call = hit or fault.call
    text = "%s at call %s, %s of %s" % (fault.do, fault.number, call.name,
                                        call.program)
    return text + (" " + call.what if call.what else "")


class Tally:
    """Many trials as one case each; the first failures are shown."""

    def __init__(self):
        self.cases = {}

    def check(self, name, condition, *notes):
        bad = self.cases.setdefault(name, [0, []])
        bad[0] += 1
        if not condition:
            bad[1].append(" | ".join(str(n) for n in notes))
        return bool(condition)

    def report(self):
        for name, (count, bad) in self.cases.items():
            tap.case("%s (%d trials)" % (name, count), not bad,
                     "%d of %d failed" % (len(bad), count), *bad[:8])
