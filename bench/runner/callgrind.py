# SPDX-License-Identifier: MIT OR Apache-2.0
"""Counts the instructions of a command with valgrind's callgrind, by source file."""
import collections
import re
import subprocess
import sys

ID = re.compile(r"\((\d+)\)(?: (.*))?$")
COST = re.compile(r"^[+\-*\d]\S* (\d+)$")


class Reader:
    """The format compresses names: `fl=(7) engine/run/run.c` once, `fl=(7)` from then on."""

    def __init__(self, root):
        self.root = str(root) + "/"
        self.names = {"ob": {}, "fl": {}}
        self.object = self.file = ""
        self.counts = collections.Counter()

    def name(self, kind, text):
        number, name = ID.match(text).groups()
        return self.names[kind].setdefault(number, name) if name else self.names[kind].get(number, "")

    def place(self):
        """A file of the project, else the library it is in, else what LuaJIT compiled."""
        if self.file.startswith(self.root):
            path = self.file[len(self.root):]
            # What the build makes lies in a folder that is called otherwise everywhere.
            return path if not path.startswith("build/") else "build/" + path.rsplit("/", 1)[1]
        if self.object in ("", "???"):
            return "compiled Lua"
        library = self.object.rsplit("/", 1)[1].split(".so")[0]
        return library.split("-")[0] if library != "libpalua" else "system headers"

    def read(self, lines):
        called = False
        for line in lines:
            kind, _, text = line.rstrip("\n").partition("=")
            if kind == "ob":
                self.object = self.name("ob", text)
            elif kind in ("fl", "fi", "fe"):
                self.file = self.name("fl", text)
            elif kind == "cob":
                self.name("ob", text)
            elif kind in ("cfi", "cfl"):
                self.name("fl", text)
            elif kind == "calls":
                called = True
            elif match := COST.match(kind):
                # The line after a call is what the call cost in all: counted where it was spent.
                if not called:
                    self.counts[self.place()] += int(match[1])
                called = False
        return self.counts


def count(command, scratch, root):
    """@return instructions by place; their sum is the whole"""
    output = scratch / "callgrind.out"
    words = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={output}", *command]
    done = subprocess.run([str(word) for word in words], stdout=subprocess.DEVNULL,
                          stdin=subprocess.DEVNULL, cwd=scratch)
    if done.returncode:
        sys.exit(f"status {done.returncode} from: {' '.join(map(str, command))}")
    with open(output, encoding="utf-8", errors="replace") as lines:
        return Reader(root).read(lines)
