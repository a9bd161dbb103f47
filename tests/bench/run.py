#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What qsendmail costs beside others of its kind, in the same run.

usage: make bench [ROWS="ROW..."]

Prints the table, and writes it to bench.txt, bench.json and bench.svg in
tests/bench of the build directory. Exit status 0: every bar holds, or the line
says what limit is in its way. The rows:
    startup plain tls jpeg big linear accept drain round_trip waiting flat
    refused

environment:
    builddir       the build tree (default: the working directory)
    BENCH_DIR      where spools and mails are written (default: tests/bench of
                   the build tree). It should lie on a real disk.
    BENCH_QUICK=1  a fifth of the runs and 10,000 entries: to try the rows
    POSTFIX_TREE CALLERS_TREE PEERS_TREE
                   unpacked packages: "quickstart bench" makes them. Peers
                   that are neither there nor in PATH are left out.

Every figure is a median of runs that took turns. CPU is that of all processes
of a command; "caller" is the time until the command returns, wall the time
until nothing of it runs any more. The sink runs on the same machine."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import chart
import measure
import table
from peers import Peers
from rows_queue import QueueRows

ALL = ("startup plain tls jpeg big linear accept drain round_trip waiting "
       "flat refused").split()


def measure_rows(names, quick):
    """Lines of all these rows, and what is to be said of the peers."""
    lib = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(
        __file__))), "lib")
    subprocess.run([lib + "/certificates", "certs"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sink = measure.Sink("certs/valid.pem")
    try:
        peers = Peers(sink, os.path.abspath("certs/ca.pem"))
        rows = QueueRows(sink, peers, quick)
        lines = []
        for name in names:
            print("bench: " + name, file=sys.stderr)
            lines += getattr(rows, name)()
        return lines, peers
    finally:
        sink.close()


def version():
    p = subprocess.run([measure.BUILD + "/qsendmail", "--version"],
                       stdout=subprocess.PIPE, text=True)
    return p.stdout.splitlines()[0]


def main():
    names = sys.argv[1:] or ALL
    if set(names) - set(ALL):
        sys.exit("bench: rows are " + " ".join(ALL))
    quick = os.environ.get("BENCH_QUICK", "") not in ("", "0")
    out = os.path.abspath(measure.TOOLS)
    place = tempfile.mkdtemp(prefix="work.", dir=os.environ.get(
        "BENCH_DIR", out))
    os.chmod(place, 0o755)    # Postfix and dma leave root behind
    os.chdir(place)
    try:
        facts = measure.machine()
        lines, peers = measure_rows(names, quick)
        facts["programs"] = [version()] + peers.versions()
        facts["left out"] = ["%s %s" % note for note in sorted(
            peers.notes.items())]
    finally:
        os.chdir(out)
        shutil.rmtree(place)
    result = {"machine": facts, "quick": quick,
              "lines": [vars(line) for line in lines]}
    with open("bench.json", "w") as f:
        json.dump(result, f, indent=1)
    text = table.format_result(result)
    with open("bench.txt", "w") as f:
        f.write(text)
    with open("bench.svg", "w") as f:
        f.write(chart.draw(result))
    print(text, end="")
    return any(line.holds is False and not line.limit for line in lines)


if __name__ == "__main__":
    sys.exit(main())
