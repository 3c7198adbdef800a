# SPDX-License-Identifier: MIT OR Apache-2.0
"""What palua promises to C analyses, checked by one (witness.c), in every partition: an instance is never called concurrently, layers come outer to
inner, events in capture order, and nobody else sees a key of its.

    witness_test.py PALUA PLUGINS ROOT [SHARED_CAPTURES]
"""
import json
import pathlib
import subprocess
import sys

PALUA, PLUGINS, ROOT = sys.argv[1:4]
PARTITIONS = "all", "flow", "src", "dst", "pair"
BROKEN = "overlapping", "early", "inner_first", "scattered"
OWN = "dns.pcapng", "http.pcap", "ping.pcap", "generated/fragments.pcap", "generated/connections.pcap"
SHARED_COUNT, LARGEST = 12, 300_000


def captures():
    own = [pathlib.Path(ROOT) / "tests" / "captures" / name for name in OWN]
    shared = sorted(pathlib.Path(sys.argv[4]).glob("files/*/*")) if len(sys.argv) > 4 else []
    shared = [path for path in shared if path.stat().st_size <= LARGEST and path.suffix in (".pcap", ".pcapng", ".cap")]
    return own + shared[::max(1, len(shared) // SHARED_COUNT)]


def findings(partition, path, jobs, batch):
    command = [PALUA, "-q", "-j", jobs, "--batch", batch, "-o", "json", "-p", f"{PLUGINS}/witness_{partition}.so", path]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3) or "Sanitizer" in done.stderr:
        sys.exit(f"{command}: status {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def check(partition, path):
    """The number of events, after every number of threads found the same."""
    first = None
    for jobs, batch in (1, 1024), (2, 7), (8, 1), (8, 1024):
        found = findings(partition, path, jobs, batch)
        broken = {name: found[name] for name in BROKEN if found[name]}
        if broken:
            sys.exit(f"{path}: partition {partition}, -j {jobs} --batch {batch}: {broken}")
        if partition == "flow":
            del found["keys"]  # ids of flows, which are of their worker
        first = first or found
        if found != first:
            sys.exit(f"{path}: partition {partition}, -j {jobs} --batch {batch}: {found}, {first} at first")
    return first["events"]


def main():
    total, paths = 0, captures()
    for path in paths:
        events = {partition: check(partition, path) for partition in PARTITIONS}
        if len(set(events.values())) != 1:
            sys.exit(f"{path}: the partitions saw different numbers of events: {events}")
        total += events["all"]
    if not total:
        sys.exit("there were no events")
    print(f"{len(paths)} captures, {total} events in each of {len(PARTITIONS)} partitions")


main()
