#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws a picture of a network as a JPEG file: picture.py FILE [SEED]

The same seed gives the same octets; networks.jpg is seed 7. A baseline JPEG
(ITU-T T.81) in YCbCr without subsampling, with the tables of its annex K.
"""

import math
import random
import struct
import sys

WIDTH, HEIGHT, QUALITY = 512, 336, 79
ZIGZAG = sorted(range(64), key=lambda i: (
    i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))
QUANTISERS = [[max(1, (q * (200 - 2 * QUALITY) + 50) // 100) for q in table]
              for table in (
    [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
     14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
     18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
     49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99],
    [17, 18, 24, 47] + [99] * 4 + [18, 21, 26, 66] + [99] * 4 +
    [24, 26, 56] + [99] * 5 + [47, 66] + [99] * 38)]
DC = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]), bytes(range(12))
AC = bytes([0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125]), bytes.fromhex(
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f024336272"
    "82090a161718191a25262728292a3435363738393a434445464748494a53545556575859"
    "5a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3"
    "a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2"
    "e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa")
COSINES = [[(math.sqrt(0.125) if u == 0 else 0.5) *
            math.cos((2 * x + 1) * u * math.pi / 16) for x in range(8)]
           for u in range(8)]


def draw(seed):
    """Rows of (red, green, blue): machines and the cables between them."""
    chance = random.Random(seed)
    rows = [[(14 + 40 * y // HEIGHT, 34 + 70 * y // HEIGHT,
              150 - 80 * y // HEIGHT + int(12 * math.sin(x / 60)))
             for x in range(WIDTH)] for y in range(HEIGHT)]
    places = []
    while len(places) < 22:
        p = chance.randrange(30, WIDTH - 30), chance.randrange(30, HEIGHT - 30)
        if all(math.dist(p, q) > 52 for q in places):
            places.append(p)

    def disc(x, y, radius, colour):
        for j in range(int(y - radius), int(y + radius) + 1):
            for i in range(int(x - radius), int(x + radius) + 1):
                if math.hypot(i - x, j - y) <= radius:
                    rows[j][i] = colour

    for p in places:
        for q in sorted(places, key=lambda o: math.dist(p, o))[1:4]:
            steps = int(math.dist(p, q))
            for s in range(steps + 1):
                disc(p[0] + (q[0] - p[0]) * s / steps,
                     p[1] + (q[1] - p[1]) * s / steps, 1, (150, 190, 230))
    for x, y in places:
        radius = chance.choice((8, 10, 13, 16))
        disc(x, y, radius + 2, (20, 30, 50))
        disc(x, y, radius, chance.choice(
            ((250, 180, 60), (120, 220, 150), (240, 110, 110),
             (230, 230, 240))))
    return rows


def codes(table):
    """{symbol: (code, length)} of a Huffman table."""
    found, code, i = {}, 0, 0
    for length, count in enumerate(table[0], 1):
        for _ in range(count):
            found[table[1][i]] = code, length
            code, i = code + 1, i + 1
        code <<= 1
    return found


def quantised(block, table):
    """The coefficients of 8 rows of 8 samples, in zigzag order."""
    half = [[sum(map(float.__mul__, cosines, row)) for row in block]
            for cosines in COSINES]
    whole = [sum(map(float.__mul__, COSINES[v], half[u]))
             for v in range(8) for u in range(8)]
    return [round(whole[i] / table[i]) for i in ZIGZAG]


def bits_of(values, previous, dc, ac):
    """(code, length) pairs for one block."""
    def number(n):
        size = abs(n).bit_length()
        return size, n if n >= 0 else n + (1 << size) - 1
    size, extra = number(values[0] - previous)
    yield dc[size]
    yield extra, size
    run = 0
    last = max((i for i in range(1, 64) if values[i]), default=0)
    for value in values[1:last + 1]:
        if value == 0:
            run += 1
            continue
        for _ in range(run // 16):
            yield ac[0xF0]
        size, extra = number(value)
        yield ac[run % 16 << 4 | size]
        yield extra, size
        run = 0
    if last < 63:
        yield ac[0]


def scan(rows):
    dc, ac = codes(DC), codes(AC)
    planes = [[[c[0] * r + c[1] * g + c[2] * b - c[3] for r, g, b in row]
               for row in rows]
              for c in ((.299, .587, .114, 128.), (-.1687, -.3313, .5, 0.),
                        (.5, -.4187, -.0813, 0.))]
    previous, all_bits, length = [0, 0, 0], [], 0
    for y in range(0, HEIGHT, 8):
        for x in range(0, WIDTH, 8):
            for n, plane in enumerate(planes):
                values = quantised([row[x:x + 8] for row in plane[y:y + 8]],
                                   QUANTISERS[n > 0])
                for code, size in bits_of(values, previous[n], dc, ac):
                    if size:
                        all_bits.append(format(code, "0%db" % size))
                previous[n] = values[0]
    text = "".join(all_bits)
    text += "1" * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, "big")
    return data.replace(b"\xff", b"\xff\0")


def segment(marker, data):
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg(seed):
    parts = [b"\xff\xd8", segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")]
    for n, table in enumerate(QUANTISERS):
        parts.append(segment(0xDB, bytes([n] + [table[i] for i in ZIGZAG])))
    parts.append(segment(0xC0, struct.pack(
        ">BHHB", 8, HEIGHT, WIDTH, 3) + b"\1\x11\0\2\x11\1\3\x11\1"))
    for n, table in ((0, DC), (0x10, AC)):
        parts.append(segment(0xC4, bytes([n]) + table[0] + table[1]))
    parts.append(segment(0xDA, b"\3\1\0\2\0\3\0\0\x3f\0"))
    return b"".join(parts) + scan(draw(seed)) + b"\xff\xd9"


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as f:
        f.write(jpeg(int(sys.argv[2]) if len(sys.argv) > 2 else 7))
