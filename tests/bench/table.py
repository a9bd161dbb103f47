# SPDX-License-Identifier: GPL-3.0-or-later
"""The result as text of 79 columns."""


def number(value):
    """Three digits that count."""
    if value is None:
        return "-"
    if value == 0 or abs(value) >= 99.5:
        return format(round(value), ",")
    return "%.3g" % value


def verdict(line):
    if line["holds"] is False and line["limit"]:
        return "limit"
    return {True: "yes", False: "NO", None: "no peer"}[line["holds"]]


def bar_of(line):
    if not line["bar"]:
        return ""
    kind, operator, limit = line["bar"].split()
    return "%s%s %s %s" % ("x " if kind == "ratio" else "", operator, limit,
                           verdict(line))


def format_line(line):
    unit = " " + line["unit"]
    theirs = number(line["theirs"]) + unit if line["peer"] else ""
    ratio = "x " + number(line["ratio"]) if line["ratio"] is not None else ""
    out = "    %-26s %13s %13s %9s %s" % (
        line["what"], number(line["ours"]) + unit, theirs, ratio,
        bar_of(line).rjust(15))
    if line["limit"]:
        out += "\n      " + line["limit"]
    return out.rstrip()


def by_peer(lines):
    """Sorted by row and peer, both as they come first."""
    rows, peers = [], []
    for line in lines:
        if line["row"] not in rows:
            rows.append(line["row"])
        if line["peer"] not in peers:
            peers.append(line["peer"])
    return sorted(lines, key=lambda line: (
        rows.index(line["row"]), line["peer"] is None,
        peers.index(line["peer"])))


def summary(lines):
    verdicts = [verdict(line) for line in lines if line["bar"]]
    return "%d bars: %s" % (len(verdicts), ", ".join(
        "%d %s" % (verdicts.count(v), words) for v, words in (
            ("yes", "hold"), ("NO", "do not"),
            ("limit", "cannot, for a limit that is measured"),
            ("no peer", "have no peer here")) if v in verdicts))


def format_result(result):
    facts = result["machine"]
    out = ["%s: %s" % (name, "; ".join(value) if isinstance(value, list)
                       else value)
           for name, value in facts.items() if value]
    if result["quick"]:
        out.append("a short run: these figures are not to be relied on")
    place = None
    for line in by_peer(result["lines"]):
        if (line["row"], line["peer"]) != place:
            if not place or line["row"] != place[0]:
                out += ["", line["row"]]
            place = line["row"], line["peer"]
            if line["peer"]:
                out.append("  beside " + line["peer"])
        out.append(format_line(line))
    return "\n".join(out + ["", summary(result["lines"])]) + "\n"
