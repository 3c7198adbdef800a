# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares palua's capture reader with the container oracle over every shared capture.

    container_test.py CONTAINER_PROGRAM SHARED_CAPTURES

Each file is read three ways: with the default batch and block, with both so small that nearly every record is cut by a block's end, and
through a pipe. All must give the oracle's answer. Exits with 77 where the captures are not present.
"""
import gzip
import json
import pathlib
import subprocess
import sys

SKIPPED = 77
FIELDS = ("packets", "cap_bytes", "wire_bytes", "truncated_packets", "first_ts_ns", "last_ts_ns",
          "min_ts_ns", "max_ts_ns", "data_sha256", "meta_sha256")

# Where the captures are damaged that the oracle calls damaged: offsets found by walking the records with another program.
REGRESSION = "pcapplusplus/Fuzzers__RegressionTests__regression_samples__"
DAMAGED = {
    REGRESSION + "clusterfuzz-testcase-minimized-FuzzTarget-5752969003008000": 0x89,
    REGRESSION + "clusterfuzz-testcase-minimized-FuzzTarget-5755755617189888": 0x1005f,
    REGRESSION + "clusterfuzz-testcase-minimized-FuzzTarget-5757531338309632": 0x49e,
    REGRESSION + "crash-exception-cast-constructed-record": 0x23e,
    "suricata-verify/bug-6875-01__fuzz.pcap": 0xe4,
}

# The last packet's timestamp lies in the year 586524, which 64-bit nanoseconds do not reach: it becomes the latest time there is. The
# oracle counts on without bound. Nothing but these fields may differ, and they must.
CLAMPED = {"pcapplusplus/PcapppTest__PcapExamples__pcapng-example.pcapng":
           ("last_ts_ns", "max_ts_ns", "meta_sha256")}
LATEST = 2**63 - 1


def run(program, batch, block, paths, stdin=None):
    answer = subprocess.run([program, str(batch), str(block), *map(str, paths)], input=stdin,
                            stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in answer.stdout.splitlines()]


def status_differs(name, want, got):
    status = "damaged" if want["errors"] else "ok"
    if got["status"] != status:
        return [f"status {got['status']} ({got['text']}), expected {status} {want['errors']}"]
    if name in DAMAGED and not got["where"].endswith(f"@0x{DAMAGED[name]:x}"):
        return [f"damage at {got['where']}, expected @0x{DAMAGED[name]:x}"]
    if want["errors"] and name not in DAMAGED:
        return ["damaged, but not listed with its offset"]
    return []


def field_differs(name, field, want, got):
    if field not in CLAMPED.get(name, ()):
        return want != got
    return got == want if field.endswith("sha256") else (want <= LATEST or got != LATEST)


def differs(name, want, got):
    return status_differs(name, want, got) + [
        f"{field} {got.get(field)}, expected {want[field]}"
        for field in FIELDS if field_differs(name, field, want[field], got.get(field))]


def check(way, names, wants, answers):
    failures = 0
    for name, want, got in zip(names, wants, answers, strict=True):
        for line in differs(name, want, got):
            print(f"{way}: {name}: {line}")
            failures += 1
    return failures


def main(program, captures):
    if not captures.is_dir():
        print(f"skipped: {captures} is not present")
        return SKIPPED
    oracles = sorted((captures / "oracle").glob("*/*.json.gz"))
    names = [str(o.relative_to(captures / "oracle"))[:-len(".json.gz")] for o in oracles]
    wants = [json.loads(gzip.decompress(o.read_bytes()))["container"] for o in oracles]
    paths = [captures / "files" / name for name in names]
    failures = check("default", names, wants, run(program, 1024, 262144, paths))
    failures += check("tiny", names, wants, run(program, 3, 64, paths))
    piped = [run(program, 1024, 262144, ["-"], path.read_bytes())[0] for path in paths]
    failures += check("pipe", names, wants, piped)
    for name in sorted((set(DAMAGED) | set(CLAMPED)) - set(names)):
        print(f"{name}: listed here, but there is no such capture")
        failures += 1
    packets = sum(want["packets"] for want in wants)
    print(f"{len(names)} captures, {packets} packets, read three ways: {failures} differences")
    return 1 if failures or not names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
