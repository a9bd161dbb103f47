# SPDX-License-Identifier: GPL-3.0-or-later
"""The result as text of 79 columns."""


def number(value):
    """Three digits that count."""
    if value is None:
        return "-"
    if value == 0 or abs(value) >= 99.5:
        return format(round(value), ",")
    return "%.3g" % value


def bar_of(line):
    if not line["bar"]:
        return ""
    kind, operator, limit = line["bar"].split()
    verdict = {True: "yes", False: "NO", None: "no peer"}[line["holds"]]
    return "%s%s %s: %s" % ("x " if kind == "ratio" else "", operator,
                            limit, verdict)


def format_line(line):
    unit = line["unit"]
    ours = "%s %s" % (number(line["ours"]), unit)
    theirs = "%s %s" % (number(line["theirs"]), unit) \
        if line["theirs"] is not None else "-"
    ratio = "x " + number(line["ratio"]) if line["ratio"] is not None else ""
    name = line["peer"] or ""
    return "  %-31s %12s %12s %8s  %s" % (
        (line["what"] + (" : " + name if name else ""))[:47], ours,
        theirs if name else "", ratio, bar_of(line))


def format_result(result):
    facts = result["machine"]
    out = ["%s: %s" % (name, ", ".join(value) if isinstance(value, list)
                       else value)
           for name, value in facts.items() if value]
    if result["quick"]:
        out.append("a short run: these figures are not to be relied on")
    row = None
    for line in result["lines"]:
        if line["row"] != row:
            row = line["row"]
            out += ["", row]
        out.append(format_line(line).rstrip())
    bars = [line["holds"] for line in result["lines"] if line["bar"]]
    out += ["", "%d bars: %d hold, %d do not, %d have no peer here" % (
        len(bars), bars.count(True), bars.count(False), bars.count(None))]
    return "\n".join(out) + "\n"
