# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares the datagrams that palua puts together with tshark's over every shared capture that has fragments.

    fragments_test.py FRAGMENTS_PROGRAM SHARED_CAPTURES

The frame that completed a datagram, IP version, length and SHA-256 of its payload must be the oracle's, and the same for batches of
1, 7 and 1,024 packets. Every difference is listed in DIFFERENCES with its cause. Exits with 77 where the captures are not present.
"""
import collections
import gzip
import json
import pathlib
import subprocess
import sys

from layers_test import SKIPPED

BATCHES = (1024, 7, 1)

# Datagrams that only the oracle has, and that only palua has, and why.
DIFFERENCES = {
    "zeek/Traces__ipv6-reassembly-state-leak.pcap":
        ((2, 0), "behind a hop-by-hop header of 8 bytes 65,528 are put together, so that the payload length, which counts both, would be 65,536. "
                 "RFC 8200 section 4.5: \"If the length and offset of a fragment are such that the Payload Length of the packet reassembled from "
                 "that fragment would exceed 65,535 octets, then that fragment must be discarded\". The oracle compares with the fragments' "
                 "bytes alone; palua raises fragment_beyond_limit"),
}


def read_oracles(captures):
    for path in sorted((captures / "oracle").glob("*/*.json.gz")):
        name = str(path.relative_to(captures / "oracle"))[:-len(".json.gz")]
        oracle = json.loads(gzip.decompress(path.read_bytes()))
        fragments = oracle.get("fragments", {})
        if not oracle["summary"]["agrees_with_container"]:
            continue
        if fragments.get("fragment_frames") and not fragments["overlap_conflict"]:
            yield name, fragments["reassembled"]


def answers(program, captures, names, batch):
    command = [program, str(batch), *(str(captures / "files" / name) for name in names)]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def tell(datagram):
    return (datagram["frame"], datagram["ver"], datagram["length"], datagram["sha256"])


def compare(name, want, got):
    want = collections.Counter(map(tell, want))
    got = collections.Counter(map(tell, got))
    missing, extra = want - got, got - want
    counts = (missing.total(), extra.total())
    if counts == DIFFERENCES.get(name, ((0, 0), ""))[0]:
        return []
    return [f"{name}: {counts[0]} datagrams are missing, {counts[1]} are not in the oracle: {sorted(missing)[:5]} {sorted(extra)[:5]}"]


def check_packets(name, datagrams):
    """The packets a datagram came from: as they arrived, the last of them completed it."""
    return [f"{name}: packets of frame {datagram['frame']}: {datagram['packets']}" for datagram in datagrams
            if datagram["packets"] != sorted(datagram["packets"]) or datagram["packets"][-1] != datagram["frame"]]


def main(program, captures):
    if not captures.is_dir():
        print(f"skipped: {captures} is not present")
        return SKIPPED
    oracles = dict(read_oracles(captures))
    runs = [answers(program, captures, oracles, batch) for batch in BATCHES]
    lines = [f"{name}: listed as differing, but there is no such capture" for name in DIFFERENCES if name not in oracles]
    for i, (name, want) in enumerate(oracles.items()):
        lines += compare(name, want, runs[0][i]["reassembled"])
        lines += check_packets(name, runs[0][i]["reassembled"])
        lines += [f"{name}: other results in batches of {batch}" for batch, run in zip(BATCHES, runs) if run[i] != runs[0][i]]
    print("\n".join(lines))
    print(f"{len(oracles)} captures, {sum(map(len, oracles.values()))} datagrams: {len(lines)} differences")
    return 1 if lines or not oracles else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
