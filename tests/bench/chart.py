#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ratios of a result as horizontal bars: chart.py bench.json > bench.svg

A bar's length is ours divided by theirs, on a logarithmic scale, so that twice
and half are equally long; the mark on it is the bar to be reached."""
import json
import math
import sys
from xml.sax.saxutils import escape

from table import by_peer, number, verdict

WIDTH, LEFT, RIGHT, STEP, TOP = 960, 400, 170, 18, 84
LOW, HIGH = 0.01, 10    # the ends of the scale
COLOURS = {"yes": "#2a7f3f", "NO": "#c0392b", "limit": "#d68910"}


def x_of(ratio):
    ratio = min(max(ratio, LOW), HIGH)
    part = math.log(ratio / LOW) / math.log(HIGH / LOW)
    return LEFT + part * (WIDTH - LEFT - RIGHT)


def text(x, y, words, more=""):
    return '<text x="%.1f" y="%.1f" %s>%s</text>' % (x, y, more,
                                                     escape(words))


def scale(bottom):
    out = []
    for value in (0.01, 0.1, 1, 10):
        x = x_of(value)
        out.append('<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s"/>'
                   % (x, TOP - 6, x, bottom,
                      "#333" if value == 1 else "#ccc"))
        out.append(text(x, TOP - 10, "x %g" % value,
                        'text-anchor="middle" fill="#666"'))
    return out


def bar(line, y):
    ratio = line["ratio"]
    start, end = sorted((x_of(1), x_of(ratio)))
    colour = COLOURS.get(line["bar"] and verdict(line), "#7f8fa6")
    out = ['<rect x="%.1f" y="%.1f" width="%.1f" height="11" fill="%s"/>' % (
        start, y - 9, max(end - start, 1), colour)]
    if line["bar"]:
        x = x_of(float(line["bar"].split()[2]))
        out.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" '
                   'stroke="#000" stroke-width="2"/>' % (x, y - 12, x, y + 4))
    label = "%s, beside %s" % (line["what"], line["peer"])
    out.append(text(LEFT - 8, y, label, 'text-anchor="end"'))
    out.append(text(WIDTH - RIGHT + 8, y, "x %s  (%s %s)" % (
        number(ratio), number(line["ours"]), line["unit"])))
    return out


def draw(result):
    body, y, row = [], TOP + 8, None
    for line in by_peer(result["lines"]):
        if line["ratio"] is None or line["ratio"] <= 0 or \
                line["unit"] == "calls":
            continue
        if line["row"] != row:
            row = line["row"]
            y += STEP + 4
            body.append(text(12, y, row, 'font-weight="bold"'))
        y += STEP
        body += bar(line, y)
    facts = result["machine"]
    head = [text(12, 20, "qsendmail beside its peers: ours / theirs "
                 "(less is better; for mails a second more is)",
                 'font-size="15" font-weight="bold"'),
            text(12, 38, "%s, %s, %s, %s" % (
                facts["date"], facts["cpu"], facts["memory"],
                facts["system"]), 'fill="#444"'),
            text(12, 54, "; ".join(facts["programs"]), 'fill="#444"')]
    return "\n".join(
        ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
         'font-family="sans-serif" font-size="11">' % (WIDTH, y + 20),
         '<rect width="100%" height="100%" fill="#fff"/>'] +
        head + scale(y + 8) + body + ["</svg>"]) + "\n"


if __name__ == "__main__":
    with open(sys.argv[1]) as f:
        sys.stdout.write(draw(json.load(f)))
