# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every prefix of real captures, and every bit of their headers turned over, through the reader in one process (mutations.c).

    mutations_test.py MUTATIONS_PROGRAM SHARED_CAPTURES

Of the shared captures those up to 32 KiB without damage of their own are taken: small ones first, but of every source and every format some.
Exits with 77 where the captures are not present.
"""
import gzip
import json
import pathlib
import subprocess
import sys

SKIPPED = 77
SIZE_MAX = 32 << 10
PREFIX_BYTES, BIT_FILES = 200_000, 20


def sound(captures):
    """(kind, size, path) of every capture that may be taken."""
    for oracle in sorted((captures / "oracle").glob("*/*.json.gz")):
        container = json.loads(gzip.decompress(oracle.read_bytes()))["container"]
        path = captures / "files" / oracle.parent.name / oracle.name[:-len(".json.gz")]
        if not container["errors"] and path.stat().st_size <= SIZE_MAX:
            yield (oracle.parent.name, container["format"], container["endian"]), path.stat().st_size, path


def pick(captures):
    """From each kind in turn the smallest that is left, and the largest once, up to a sum of bytes."""
    kinds = {}
    for kind, size, path in sound(captures):
        kinds.setdefault(kind, []).append((size, path))
    picked = []
    for files in kinds.values():
        files.sort()
    picked.append(max((files[-1] for files in kinds.values()), key=lambda file: file[0]))
    total = picked[0][0]
    while any(kinds.values()):
        for files in kinds.values():
            if files:
                size, path = files.pop(0)
                if total + size > PREFIX_BYTES:
                    return picked
                total += size
                picked.append((size, path))
    return picked


def main(program, captures):
    if not captures.is_dir():
        print(f"skipped: {captures} is not present")
        return SKIPPED
    files = [str(path) for _, path in pick(captures)]
    print(f"prefixes of {len(files)} captures, bits of {min(BIT_FILES, len(files))}")
    if len(files) < 50:
        print("expected at least 50")
        return 1
    sys.stdout.flush()
    prefixes = subprocess.run([program, "prefixes", *files]).returncode
    bits = subprocess.run([program, "bits", *files[1:BIT_FILES + 1]]).returncode
    return 1 if prefixes or bits else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
