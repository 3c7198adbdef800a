# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares `palua info` and the capture reader with the container oracle over every shared capture.

    container_test.py PALUA CONTAINER_PROGRAM SHARED_CAPTURES

Each file is looked at by `palua info --json --strict`, from disk and through a pipe, and read by CONTAINER_PROGRAM with batches and blocks
so small that nearly every record is cut by a block's end. All must give the oracle's answer. What `palua info` finds behind damage is listed
here by name. Exits with 77 where the captures are not present.
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

# Versions are "major.minor"; RFC 1761 has no minor one.
VERSIONS = {"2": "2.0"}

# What lies behind the damage, all of it bytes that nothing vouches for: no packet more is read than before the first damage.
BEHIND = {}


def lines(args, stdin=None):
    answer = subprocess.run([str(arg) for arg in args], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if answer.returncode not in (0, 3):
        raise SystemExit(f"{args[0]}: status {answer.returncode}")
    return [json.loads(line) for line in answer.stdout.splitlines()]


def look(args, stdin=None):
    """What palua info says, and its first damage as the answer's own."""
    answers = lines(args, stdin)
    for answer in answers:
        damage = answer["damage"][:1]
        answer["status"] = "damaged" if damage else "ok"
        answer.update(damage[0] if damage else {"where": "", "text": ""})
    return answers


def facts_differ(want, got):
    """What only palua info tells."""
    version = VERSIONS.get(want["version"], want["version"])
    pairs = {"format": want["format"], "endian": want["endian"], "version": version, "sections": want["sections"] or 0,
             "linktype_packets": want["linktype_packets"], "ts_backwards": want["ts_backwards"]}
    out = [f"{key} {got[key]}, expected {value}" for key, value in pairs.items() if got[key] != value]
    # The oracle leaves out those of interface statistics.
    comments = [comment for comment in got["comments"] if comment["of"] != "statistics"]
    if want["comments"] is not None and len(comments) != want["comments"]:
        out.append(f"{len(comments)} comments, expected {want['comments']}")
    if len(got["interfaces"]) != len(want["interfaces"]):
        return out + [f"{len(got['interfaces'])} interfaces, expected {len(want['interfaces'])}"]
    for mine, theirs in zip(got["interfaces"], want["interfaces"]):
        names = {"linktype": "linktype", "snaplen": "snaplen", "name": "if_name"}
        out += [f"interface {mine['number']}: {key} {mine.get(key)}, expected {theirs.get(their)}"
                for key, their in names.items() if mine.get(key) != theirs.get(their)]
    return out


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


def check(way, names, wants, answers, more=lambda want, got: []):
    failures = 0
    for name, want, got in zip(names, wants, answers, strict=True):
        for line in differs(name, want, got) + more(want, got):
            print(f"{way}: {name}: {line}")
            failures += 1
    return failures


def check_behind(names, wants, answers):
    """Without --strict: what is sound says the same, and what is damaged no less."""
    failures = 0
    for name, want, got in zip(names, wants, answers, strict=True):
        packets = got["packets"] - want["packets"]
        if packets != BEHIND.get(name, 0):
            print(f"behind damage: {name}: {packets} packets, expected {BEHIND.get(name, 0)}; {got['damage']}")
            failures += 1
    return failures


def main(palua, program, captures):
    if not captures.is_dir():
        print(f"skipped: {captures} is not present")
        return SKIPPED
    oracles = sorted((captures / "oracle").glob("*/*.json.gz"))
    names = [str(o.relative_to(captures / "oracle"))[:-len(".json.gz")] for o in oracles]
    wants = [json.loads(gzip.decompress(o.read_bytes()))["container"] for o in oracles]
    paths = [captures / "files" / name for name in names]
    info = palua, "info", "--json"
    failures = check("info", names, wants, look([*info, "--strict", *paths]), facts_differ)
    failures += check("tiny", names, wants, look([program, 3, 64, *paths]), facts_differ)
    piped = [look([*info, "--strict", "-"], path.read_bytes())[0] for path in paths]
    failures += check("pipe", names, wants, piped, facts_differ)
    failures += check_behind(names, wants, look([*info, *paths]))
    for name in sorted((set(DAMAGED) | set(CLAMPED) | set(BEHIND)) - set(names)):
        print(f"{name}: listed here, but there is no such capture")
        failures += 1
    packets = sum(want["packets"] for want in wants)
    print(f"{len(names)} captures, {packets} packets, read four ways: {failures} differences")
    return 1 if failures or not names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])))
