# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares the bytes of TCP streams with the oracle's over every shared capture.

    streams_test.py PALUA SHARED_CAPTURES [--show]

A stream direction is graded where the oracle says that any correct reassembly gives the same bytes: complete, and not contradicted by
tshark's own. Then length and SHA-256 must agree and nothing may be missing. Every difference has a cause, named in CAUSES, and an exact
number in DIFFERENCES. Exits with 77 where the captures are not present.
"""
import collections
import gzip
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77
CAPTURES = 256
SCRIPT = pathlib.Path(__file__).with_name("streams.lua")
# tshark never ends a conversation; the oracle's streams are its conversations.
CONFIG = "return { flow = { tcp_timeout = 604800, tcp_closed_timeout = 3600 } }\n"

CAUSES = {
    "unseen": "no segment with payload was captured, but what the other side acknowledges tells how many bytes there were: a gap",
    "start": "picked up midstream: bytes between the first acknowledgement and the first segment captured are a gap",
    "split": "one conversation to tshark, several flows to palua: on two networks or VLANs, or idle for more than a week; together they "
             "have the oracle's bytes, or each has all of them",
}

# (capture, cause): stream directions that differ.
DIFFERENCES = {
    ("ipfixprobe/inputs__tls.pcap", "split"): 11,
    ("ndpi/fuzz-2006-09-29-28586.pcap", "unseen"): 1,
    ("ndpi/kafka.pcapng", "start"): 1,
    ("ndpi/kerberos.pcap", "start"): 16,
    ("ndpi/lru_ipv6_caches.pcapng", "unseen"): 3,
    ("ndpi/pcap__http_asymmetric.pcapng", "unseen"): 2,
    ("ndpi/pcap__ocs.pcap", "unseen"): 10,
    ("ndpi/pcap__quickplay.pcap", "start"): 4,
    ("ndpi/pcap__vk.pcapng", "unseen"): 10,
    ("ndpi/pcap__yandex.pcapng", "unseen"): 4,
    ("pcapplusplus/PcapppTest__PcapExamples__pcapng-example.pcapng", "split"): 4,
    ("pcapplusplus/expected_output__ipfragutil_bpf_filter.pcap", "unseen"): 1,
    ("snabb/program__ipfix__tests__sanitized4k_truncated128.pcap", "start"): 2,
    ("snabb/program__ipfix__tests__sanitized4k_truncated128.pcap", "unseen"): 15,
    ("suricata-verify/stream-async__http__stream-async-6063-srv-01__http-request-header-async-srv.pcap", "unseen"): 1,
    ("suricata-verify/tcp-async-01__input.pcap", "unseen"): 1,
    ("zeek/ldap__modify-request.pcapng", "split"): 2,
    ("zeek/smtp-one-side-only.pcap", "unseen"): 1,
    ("zeek/tunnels__gre-aruba.pcap", "unseen"): 19,
}


class Direction:
    def __init__(self):
        self.hash = hashlib.sha256()
        self.bytes = 0
        self.gaps = []
        self.first_gap = None  # its offset

    def add(self, offset, data):
        if offset != self.bytes + sum(self.gaps):
            sys.exit(f"an offset is {offset}, expected {self.bytes + sum(self.gaps)}")
        self.hash.update(data)
        self.bytes += len(data)

    def miss(self, offset, length):
        if self.first_gap is None:
            self.first_gap = offset
        self.gaps.append(length)

    def answer(self):
        return self.bytes, self.hash.hexdigest(), sum(self.gaps)


def read_palua(program, config, capture):
    """Sender and receiver -> directions of its flows, in order; and -> the bytes of all of them as they come."""
    command = [program, "-q", "-c", config, "-s", SCRIPT, "-o", "tsv", capture]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if answer.returncode not in (0, 3):
        sys.exit(f"{capture}: palua ended with {answer.returncode}: {answer.stderr.decode()[-300:]}")
    flows = collections.defaultdict(list)
    joint = collections.defaultdict(Direction)
    by_uid = {}
    for line in answer.stdout.decode().splitlines():
        kind, uid, *rest = line.split("\t")
        if kind == "f":
            orig, resp = (rest[0], int(rest[1])), (rest[2], int(rest[3]))
            by_uid[uid] = {"orig": (Direction(), joint[orig, resp]), "resp": (Direction(), joint[resp, orig])}
            flows[orig, resp].append(by_uid[uid]["orig"][0])
            flows[resp, orig].append(by_uid[uid]["resp"][0])
            continue
        one, together = by_uid[uid][rest[0]]
        if kind == "d":
            data = bytes.fromhex(rest[2])
            one.add(int(rest[1]), data)
            together.add(together.bytes, data)
        else:
            one.miss(int(rest[1]), int(rest[2]))
    return flows, joint


def read_oracle(path):
    with gzip.open(path) as file:
        oracle = json.load(file)
    streams = collections.defaultdict(list)
    for stream in oracle.get("tcp_streams") or []:
        ends = tuple(stream["a"]), tuple(stream["b"])
        streams[ends].append((stream["stream"], stream["dir"][0]))
        streams[ends[::-1]].append((stream["stream"], stream["dir"][1]))
    return oracle["summary"].get("agrees_with_container"), streams


def is_gradable(direction):
    return direction["complete"] and direction.get("follow_agrees") is not False


def why(ours, joint, theirs):
    """The cause of a difference."""
    if not ours:
        return "no cause"
    if len(ours) > 1:
        wanted = theirs["bytes"], theirs["sha256"], 0
        agrees = joint.answer() == wanted or all(one.answer() == wanted for one in ours)
        return "split" if agrees else "no cause"
    bytes_, digest, _ = ours[0].answer()
    if (bytes_, digest) == (theirs["bytes"], theirs["sha256"]):
        if bytes_ == 0 and theirs["payload_sum"] == 0:
            return "unseen"
        if "midstream" in theirs["why"] and len(ours[0].gaps) == 1 and ours[0].first_gap == 0:
            return "start"
    return "no cause"


def compare(ours, joint, theirs):
    """(stream, what is different, its cause) for every graded direction; no cause for what agrees."""
    spoken = [one for one in ours if one.bytes or one.gaps] if len(ours) != len(theirs) else ours
    for place, (stream, direction) in enumerate(theirs):
        if not is_gradable(direction):
            continue
        mine = spoken if len(theirs) == 1 else spoken[place:place + 1]
        wanted = direction["bytes"], direction["sha256"], 0
        got = [one.answer() for one in mine] or [Direction().answer()]
        if got == [wanted]:
            yield stream, None, None
        else:
            yield stream, (got, wanted, direction["why"]), why(mine, joint, direction)


def main():
    program, shared = sys.argv[1], pathlib.Path(sys.argv[2])
    if not (shared / "oracle").is_dir():
        print(f"no captures in {shared}: skipped")
        sys.exit(SKIPPED)
    found = collections.Counter()
    graded = captures = 0
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as config:
        config.write(CONFIG)
        config.flush()
        for path in sorted(shared.glob("oracle/*/*.json.gz")):
            agrees, theirs = read_oracle(path)
            if not agrees or not theirs:
                continue
            capture = f"{path.parent.name}/{path.name[:-8]}"
            ours, joint = read_palua(program, config.name, shared / "files" / capture)
            captures += 1
            for ends in theirs:
                for stream, difference, cause in compare(ours.get(ends, []), joint.get(ends), theirs[ends]):
                    graded += 1
                    if not difference:
                        continue
                    found[capture, cause] += 1
                    if cause not in CAUSES or "--show" in sys.argv:
                        print(f"{capture} stream {stream} {ends}: {cause}: {difference}")
    wrong = [key for key in found.keys() | DIFFERENCES.keys() if found[key] != DIFFERENCES.get(key, 0)]
    for capture, cause in sorted(wrong):
        print(f"{capture}: {found[capture, cause]} directions differ, expected {DIFFERENCES.get((capture, cause), 0)}: "
              f"{CAUSES.get(cause, cause)}")
    print(f"{captures} captures, {graded} stream directions, {graded - sum(found.values())} equal")
    sys.exit(bool(wrong) or captures != CAPTURES)


main()
