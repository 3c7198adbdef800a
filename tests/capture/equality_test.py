# SPDX-License-Identifier: MIT OR Apache-2.0
"""The output is the same bytes for every number of threads, batch size and form of the input.

    equality_test.py PALUA CAPTURES [--captures N] [--full]

Runs every bundled script and analysis at once, with two scripts made to tell orders apart and -T, over real captures, in 16 configurations
that hold every pair of (threads, batch size, form); with --full in all 48. Where the shared captures are not present, over the project's own.
"""
import argparse
import bz2
import concurrent.futures
import gzip
import itertools
import json
import lzma
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
THREADS = 1, 2, 3, 8
BATCHES = 1024, 7, 1
FORMS = "plain", "pcapng", "packed", "pipe"
FIELDS = "packet.ts,packet.packet_number,packet.layers,anomaly.name,flow.start.flow.uid,flow.end.flow.uid,flow.end.orig_pkts,dns.query.qname"
MAGICS = {b"\xd4\xc3\xb2\xa1": ("<", 6), b"\xa1\xb2\xc3\xd4": (">", 6), b"\x4d\x3c\xb2\xa1": ("<", 9), b"\xa1\xb2\x3c\x4d": (">", 9)}
SMALLEST, LARGEST = 2_000, 400_000  # bytes of a capture; beyond that, batches of one packet take too long


def records(data):
    """The records of a pcap file without damage, else None."""
    order, digits = MAGICS[data[:4]]
    at, out = 24, []
    while at < len(data):
        if at + 16 > len(data):
            return None
        seconds, fraction, caplen, wire = struct.unpack_from(order + "IIII", data, at)
        if at + 16 + caplen > len(data) or fraction >= 10 ** digits:
            return None
        out.append((seconds * 10 ** digits + fraction, data[at + 16:at + 16 + caplen], wire))
        at += 16 + caplen
    return out


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def pcapng(data):
    """The same packets in the other container."""
    order, digits = MAGICS[data[:4]]
    snaplen, linktype = struct.unpack_from(order + "II", data, 16)
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += block(1, struct.pack("<HHI", linktype & 0xFFFF, 0, snaplen) + struct.pack("<HHB3xHH", 9, 1, digits, 0, 0))
    for ts, packet, wire in records(data):
        out += block(6, struct.pack("<IIIII", 0, ts >> 32, ts & 0xFFFFFFFF, len(packet), wire) + packet)
    return out


def candidates(shared):
    folder = pathlib.Path(shared) / "files"
    paths = sorted(folder.glob("*/*")) if folder.is_dir() else sorted((ROOT / "tests" / "captures").glob("**/*.pcap"))
    for path in paths:
        if not SMALLEST <= path.stat().st_size <= LARGEST:
            continue
        data = path.read_bytes()
        if data[:4] not in MAGICS or struct.unpack(MAGICS[data[:4]][0] + "I", data[20:24])[0] >> 16:
            continue
        packets = records(data)
        if packets and len(packets) >= 10:
            yield path, data, len(packets)


def chosen(shared, count):
    """Captures of many kinds: spread over the list, which is sorted by where they come from."""
    known = list(candidates(shared))
    step = max(1, len(known) // count)
    return known[::step][:count]


def analyses(palua):
    scripts = sorted(str(path) for path in (ROOT / "scripts").glob("*.lua")) + sorted(str(path) for path in (HERE / "equality").glob("*.lua"))
    args = [arg for path in scripts for arg in ("-s", path)]
    listed = subprocess.run([palua, "--list-plugins"], stdout=subprocess.PIPE, check=True, text=True).stdout
    plugins = [line.split()[0] for line in listed.splitlines() if " analysis " in f" {line} "]
    return args + [arg for name in plugins for arg in ("-p", name)] + ["-T", FIELDS]


def pairwise():
    """Every pair of values of two factors, in as many configurations as the two largest factors need."""
    for i, threads in enumerate(THREADS):
        for k, form in enumerate(FORMS):
            yield threads, BATCHES[(i + k) % len(BATCHES)], form


def check_pairwise(configurations):
    for a, b in itertools.combinations(range(3), 2):
        values = [THREADS, BATCHES, FORMS]
        assert {(c[a], c[b]) for c in configurations} == set(itertools.product(values[a], values[b]))


def run(palua, args, configuration, folder, data):
    threads, batch, form = configuration
    stdin = None
    name = {"plain": "a.pcap", "pcapng": "a.pcapng", "packed": "a.packed", "pipe": "-"}[form]
    if form == "pipe":
        stdin = data
    else:
        name = str(folder / name)
    command = [palua, "-q", "-j", str(threads), "--batch", str(batch), "-o", "json", *args, name]
    done = subprocess.run(command, input=stdin, stdin=None if stdin else subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
    return done.returncode, done.stdout, done.stderr, command


def difference(expected, got):
    for number, (a, b) in enumerate(itertools.zip_longest(expected.splitlines(), got.splitlines())):
        if a != b:
            return f"line {number + 1}: {a} instead of {b}"
    return "the same lines, other bytes"


def compare(palua, args, configurations, number, path, data):
    """What differs, as text; None if nothing does."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "a.pcap").write_bytes(data)
        (folder / "a.pcapng").write_bytes(pcapng(data))
        pack = (gzip.compress, bz2.compress, lzma.compress)[number % 3]
        (folder / "a.packed").write_bytes(pack(data))
        first = None
        for configuration in configurations:
            status, out, err, command = run(palua, args, configuration, folder, data)
            if status not in (0, 1) or b"Sanitizer" in err:
                return f"{path.name}: status {status}: {err.decode(errors='replace')[-2000:]}\n{' '.join(command)}"
            if first is None:
                first = configuration, status, out
                for line in out.decode("utf-8", "surrogateescape").splitlines():
                    json.loads(line)
            elif (status, out) != first[1:]:
                return f"{path.name}: {configuration} differs from {first[0]}: status {status}, {difference(out, first[2])}\n{' '.join(command)}"
            if not out:
                return f"{path.name}: printed nothing"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("palua")
    parser.add_argument("shared")
    parser.add_argument("--captures", type=int, default=40)
    parser.add_argument("--configurations", type=int, default=16)
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    configurations = list(pairwise())
    check_pairwise(configurations)
    if options.full:
        configurations = list(itertools.product(THREADS, BATCHES, FORMS))
    step = max(1, len(configurations) // options.configurations) if not options.full else 1
    configurations = configurations[:1] + configurations[step::step]
    captures = chosen(options.shared, options.captures)
    args = analyses(options.palua)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        tasks = [pool.submit(compare, options.palua, args, configurations, i, path, data) for i, (path, data, _) in enumerate(captures)]
        failures = [task.result() for task in tasks if task.result()]
    for failure in failures:
        print(failure)
    print(f"{len(captures)} captures, {sum(count for _, _, count in captures)} packets, {len(configurations)} configurations, {len(failures)} captures differ")
    return 1 if failures or not captures else 0


if __name__ == "__main__":
    sys.exit(main())
