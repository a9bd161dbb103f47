# SPDX-License-Identifier: GPL-3.0-or-later
"""A power loss, played from the record that faults.c has written.

    for when, tree in power.states(path, limit): ...
        power.make(tree, directory)

After each line of the record the power may go. Then the disk has all that was
synced; of the rest each change of a name may be there or not (a rename is one
change), and the data that was written to a file may be there, missing, zeros
or torn. Where there are more combinations than limit, so many are drawn, the
same ones each time.

when.notes are the lines "note TEXT", "exit ..." and "say ..." before that, the
last one last; when.number counts lines. What a tree has: paths, each DIR, FIFO
or octets.

It is the strict reading of POSIX: syncing a file says nothing about its name,
syncing a directory nothing about the directory's own. Real file systems keep
more than that.
"""

import os
import random

DIR, FIFO = "dir", "fifo"


class When:
    def __init__(self, number, line, notes, done):
        self.number, self.line, self.notes, self.done = (number, line, notes,
                                                         done)


class File:
    """Changes of the data, the first synced of which are on the disk."""

    def __init__(self):
        self.changes, self.synced = [], 0

    @staticmethod
    def play(changes):
        data = bytearray()
        for kind, at, octets in changes:
            if kind == "truncate":
                data[at:] = b""
                data += bytes(at - len(data))
                continue
            if len(data) < at:
                data += bytes(at - len(data))
            data[at:at + len(octets)] = octets
        return bytes(data)

    def variants(self):
        """What may be on the disk, each once."""
        there, rest = self.changes[:self.synced], self.changes[self.synced:]
        found = [self.play(self.changes), self.play(there)]
        if rest:
            zeros = [(k, at, bytes(len(o))) for k, at, o in rest]
            found.append(self.play(there + zeros))
            found.append(self.play(there + zeros[:-1] + rest[-1:]))
            found.append(self.play(there + rest[:-1]))
            kind, at, octets = rest[-1]
            torn = [(kind, at, octets[:len(octets) // 2])]
            if kind == "write":
                found.append(self.play(there + rest[:-1] + torn))
                found.append(self.play(there + zeros[:-1] + torn))
        return list(dict.fromkeys(found))


class Disk:
    def __init__(self):
        self.files = {}          # by inode, the last one that has it
        self.changes = []        # of names: [synced, kind, path, other]
        self.names = {}          # as processes see them

    def change(self, kind, path, other=None):
        self.changes.append([False, kind, path, other])
        self.apply(self.names, self.changes[-1])

    @staticmethod
    def apply(names, change):
        _, kind, path, other = change
        if kind == "unlink":
            names.pop(path, None)
        elif kind == "rename":
            source, node = other
            if names.get(source) is node:
                del names[source]
            names[path] = node
        else:
            names[path] = other

    def take(self, words):
        kind = words[0]
        if kind == "create":
            self.files[words[2]] = File()
            self.change("create", words[1], self.files[words[2]])
        elif kind == "mkdir":
            self.change("create", words[1], DIR)
        elif kind == "fifo":
            self.change("create", words[1], FIFO)
        elif kind == "unlink":
            self.change("unlink", words[1])
        elif kind == "rename":
            if words[1] in self.names:
                self.change("rename", words[2],
                            (words[1], self.names[words[1]]))
        elif kind == "link":
            if words[1] in self.files:
                self.change("create", words[2], self.files[words[1]])
        elif kind == "syncdir":
            for change in self.changes:
                if (os.path.dirname(change[2]) or ".") == words[1]:
                    change[0] = True
        elif words[1] in self.files:
            f = self.files[words[1]]
            if kind == "write":
                f.changes.append(("write", int(words[2]),
                                  bytes.fromhex(words[3])))
            elif kind == "truncate":
                f.changes.append(("truncate", int(words[2]), b""))
            elif kind == "sync":
                f.synced = len(f.changes)

    def tree(self, bits, choose):
        """The names when each change not yet synced happened by its bit."""
        names = {}
        for change in self.changes:
            if change[0] or next(bits):
                self.apply(names, change)
        found = {}
        for path in sorted(names):
            parent = os.path.dirname(path)
            # Without its directory it is nowhere.
            if parent and found.get(parent) != DIR:
                continue
            node = names[path]
            found[path] = choose(node) if isinstance(node, File) else node
        return found

    def trees(self, limit, source):
        pending = sum(not c[0] for c in self.changes)
        variants = {}
        for f in self.files.values():
            if len(f.changes) > f.synced:
                variants[f] = f.variants()
        total = 2 ** pending
        for v in variants.values():
            total *= len(v)
        for number in range(min(total, limit)):
            if number == 1 or total <= limit:
                rest = number if total <= limit else 0
                choice = {}
                bits = [(rest >> i) & 1 for i in range(pending)]
                rest >>= pending
                for f, v in variants.items():
                    choice[f] = v[rest % len(v)]
                    rest //= len(v)
            elif number == 0:
                bits = [1] * pending
                choice = {f: v[0] for f, v in variants.items()}
            else:
                bits = [source.getrandbits(1) for _ in range(pending)]
                choice = {f: source.choice(v) for f, v in variants.items()}
            yield self.tree(iter(bits), lambda f, c=choice: c.get(f) or
                            (c[f] if f in c else File.play(f.changes)))


def states(path, limit=40, seed=1, kinds=("note", "exit", "say")):
    """Each state of the disk once for the same notes, of those kinds."""
    disk, source, seen, notes = Disk(), random.Random(seed), set(), []
    with open(path) as f:
        lines = [line.split() for line in f]
    for number, words in enumerate([["begin", ""]] + lines):
        is_other = words[0] == "write" and words[1] not in disk.files
        if words[0] in kinds or is_other:
            notes = notes + [" ".join(words)]
        elif words[0] in ("note", "exit", "say"):
            continue
        else:
            disk.take(words)
        for tree in disk.trees(limit, source):
            key = (len(notes), tuple(sorted(
                (p, hash(v)) for p, v in tree.items())))
            if key in seen:
                continue
            seen.add(key)
            yield When(number, " ".join(words)[:80], notes,
                       lines[:number]), tree


def make(tree, directory):
    os.makedirs(directory)
    for path, node in sorted(tree.items()):
        path = "%s/%s" % (directory, path)
        if node == DIR:
            os.mkdir(path, 0o700)
        elif node == FIFO:
            os.mkfifo(path, 0o600)
        else:
            with open(path, "wb") as f:
                f.write(node)
