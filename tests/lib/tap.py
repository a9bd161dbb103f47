# SPDX-License-Identifier: GPL-3.0-or-later
"""TAP for Python tests: case(), same(), skip(), and done() at the end."""

import sys

_count = _failed = 0


def case(name, condition, *notes):
    """One case; the notes are shown when it fails."""
    global _count, _failed
    _count += 1
    _failed += not condition
    print("%sok %d - %s" % ("" if condition else "not ", _count, name))
    if not condition:
        for note in notes:
            for line in str(note).splitlines():
                print("# " + line)
    sys.stdout.flush()
    return bool(condition)


def same(name, got, want):
    return case(name, got == want, "got:  %r" % (got,), "want: %r" % (want,))


def skip(name, reason):
    case("%s # SKIP %s" % (name, reason), True)


def skip_all(reason):
    print("1..0 # SKIP " + reason)
    sys.exit(0)


def done():
    print("1..%d" % _count)
    sys.exit(_failed != 0)
