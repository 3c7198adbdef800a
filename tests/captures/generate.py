#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes the generated captures: generated/ and bad/ beside this file. The same bytes on every run; a test compares.

    tests/captures/generate.py [FOLDER]
"""
import collections
import pathlib
import sys

from generator import damaged, transports, wellformed

Capture = collections.namedtuple("Capture", "path status packets data shows")


def captures():
    """Every generated capture; packets is None where the container is sound."""
    for make in wellformed.ALL + transports.ALL + damaged.PACKETS_IN_SOUND_CONTAINERS:
        for name, data, shows in make():
            yield Capture(f"generated/{name}", 0, None, data, shows)
    for make in damaged.CONTAINERS:
        for name, status, packets, data, shows in make():
            yield Capture(f"bad/{name}", status, packets, data, shows)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    for capture in captures():
        file = folder / capture.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(capture.data)


if __name__ == "__main__":
    main()
