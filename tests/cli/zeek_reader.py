# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reads logs in Zeek's ASCII format, as Zeek's documentation describes it: header lines, tabs, escapes, unset and empty values, sets."""
import re

HEADER = ("#separator", "#set_separator", "#empty_field", "#unset_field", "#path", "#open", "#fields", "#types")
ESCAPED = re.compile(rb"\\(x[0-9a-fA-F]{2}|\\)")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d$")


def unescaped(data):
    return ESCAPED.sub(lambda found: b"\\" if found[1] == b"\\" else bytes([int(found[1][1:], 16)]), data)


def scalar(kind, data):
    """None where it is unset."""
    if data == b"-":
        return None
    if kind in ("string", "enum"):
        return b"" if data == b"(empty)" else unescaped(data)
    text = data.decode("ascii")
    if kind in ("count", "int", "port"):
        value = int(text)
        assert kind == "int" or value >= 0, text
        return value
    if kind in ("time", "interval"):
        assert re.fullmatch(r"-?\d+\.\d{6}", text), text
        return float(text)
    if kind == "double":
        return float(text)
    if kind == "bool":
        return {"T": True, "F": False}[text]
    assert kind in ("addr", "subnet"), kind
    return text


def value(kind, data):
    container = re.fullmatch(r"(set|vector)\[(\w+)\]", kind)
    if not container:
        return scalar(kind, data)
    if data == b"-":
        return None
    return [] if data == b"(empty)" else [scalar(container[2], item) for item in data.split(b",")]


class Log:
    """One log: header as {name: values}, rows as {column: value}."""

    def __init__(self, data):
        lines = data.split(b"\n")
        assert lines.pop() == b"", "the last line has no end"
        self.header, self.rows, self.names = {}, [], []
        separator = b" "
        for line in lines:
            if line.startswith(b"#"):
                name, *values = line.decode().split(separator.decode())
                if name == "#separator":
                    separator = unescaped(values[0].encode())
                self.header[name] = values
                self.names.append(name)
                continue
            cells = line.split(separator)
            assert len(cells) == len(self.fields) == len(self.types), line
            self.rows.append({name: value(kind, cell) for name, kind, cell in zip(self.fields, self.types, cells)})
        assert tuple(self.names) == HEADER + ("#close",), self.names
        assert self.header["#set_separator"] == [","] and self.header["#empty_field"] == ["(empty)"] and self.header["#unset_field"] == ["-"]
        assert MOMENT.match(self.open) and MOMENT.match(self.close), (self.open, self.close)

    @property
    def fields(self):
        return self.header["#fields"]

    @property
    def types(self):
        return self.header["#types"]

    @property
    def path(self):
        return self.header["#path"][0]

    @property
    def open(self):
        return self.header["#open"][0]

    @property
    def close(self):
        return self.header["#close"][0]
