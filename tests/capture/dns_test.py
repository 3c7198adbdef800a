# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares palua's DNS messages with the oracle's over every shared capture that has DNS, over UDP or TCP.

    dns_test.py PALUA SHARED_CAPTURES [--show]

Messages are compared as multisets per frame: id, kind, opcode, response code, truncation, counts, the first question, and every record
of the three sections with name, type, TTL and (for the types that the oracle has data of) data. Every difference has a cause, named in
CAUSES, and an exact number in DIFFERENCES, so that an improvement too must be written down. Exits with 77 where the captures are not
present.
"""
import collections
import gzip
import json
import pathlib
import re
import subprocess
import sys

SKIPPED = 77
SCRIPT = pathlib.Path(__file__).with_name("dns_messages.lua")
US, RS, GS = "\x1f", "\x1e", "\x1d"
SECTIONS = ("answers", "authority", "additional")
PORTS = {53, 5353, 5355}
OPT = 41
UPDATE = 5


CAUSES = {
    "port": "tshark's heuristics take it for DNS on a port that is none of DNS",
    "question": "the question cannot be read: palua raises an anomaly and publishes no event",
    "first fragment": "tshark dissects the first fragment of a datagram by itself",
    "label": "a name in record data has an unknown label type: palua has the data as hex",
    "a6": "the oracle has no records behind one of type A6",
    "nameless": "the oracle has a record without its name",
}

# Why a message is missing, where that cannot be seen from the message itself.
MISSING = {
    "ndpi/pcap__badpackets.pcap": "first fragment",
}

# (capture, cause): messages that differ or are missing. All others are equal, and palua has none that the oracle has not.
DIFFERENCES = {
    ("ndpi/fuzz-2006-06-26-2594.pcap", "port"): 6,
    ("ndpi/fuzz-2006-06-26-2594.pcap", "question"): 46,
    ("ndpi/fuzz-2006-06-26-2594.pcap", "label"): 1,
    ("ndpi/fuzz-2006-06-26-2594.pcap", "a6"): 1,
    ("ndpi/pcap__avast_securedns.pcapng", "port"): 77,
    ("ndpi/pcap__badpackets.pcap", "first fragment"): 91,
    ("ndpi/pcap__dnscrypt-v1-and-resolver-pings.pcap", "port"): 466,
    ("ndpi/pcap__tls_certificate_too_long.pcap", "nameless"): 1,
    ("ndpi/someip_sd_sample.pcap", "port"): 6,
    ("pcapplusplus/PcapExamples__ip6_fragments.pcap", "nameless"): 1,
}
CAPTURES = 56
UNREADABLE = "<Unknown extended label>"


def unescape_line(text):
    """Undoes what print does for terminals: \\xNN and doubled backslashes."""
    return re.sub(r"\\(x[0-9a-f]{2}|\\)", lambda m: chr(int(m[1][1:], 16)) if m[1] != "\\" else "\\", text)


def unescape_name(text):
    """The bytes of a name: \\DDD undone."""
    return re.sub(rb"\\(\d{3})", lambda m: bytes([int(m[1])]), text.encode("latin-1"))


def one_replacement(text):
    return re.sub("\ufffd+", "\ufffd", text)


def as_tshark(data):
    """Bytes as tshark's fields show them: UTF-8 with replacements (how many for how many bytes differs between programs, so a run of
    them is one), control characters as C writes them."""
    text = one_replacement(data.decode("utf-8", "replace"))
    names = {"\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r"}
    return "".join(names.get(c) or (c if c >= " " and c != "\x7f" else f"\\{ord(c):03o}") for c in text)


def text_strings(data):
    """The strings of a TXT record's text."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"', data)
    return tuple(as_tshark(re.sub(rb"\\(\d{3}|.)", lambda m: bytes([int(m[1])]) if len(m[1]) == 3 else m[1],
                                  s.encode("latin-1"))) for s in found)


# What the oracle has of the data of each type, from the record's text.
DATA = {
    1: lambda data: (data,),
    2: lambda data: (as_tshark(unescape_name(data)),),
    5: lambda data: (as_tshark(unescape_name(data)),),
    6: lambda data: (as_tshark(unescape_name(data.split(" ")[0])),),
    12: lambda data: (as_tshark(unescape_name(data)),),
    15: lambda data: (as_tshark(unescape_name(data.split(" ")[1])),),
    16: text_strings,
    28: lambda data: (data,),
    33: lambda data: (as_tshark(unescape_name(data.split(" ")[3])),),
}


def record_of_palua(text):
    name, rtype, ttl, data = text.split(GS)
    rtype = int(rtype)
    try:
        value = DATA[rtype](data) if rtype in DATA and not data.startswith("\\#") else None
    except IndexError:
        value = None
    return (as_tshark(unescape_name(name)), rtype, None if rtype == OPT else int(ttl), value)


def name_of_oracle(name):
    return "." if name == "<Root>" else name and one_replacement(name)


def record_of_oracle(record):
    rtype = record["type"]
    data = record["rdata"]
    data = tuple(map(name_of_oracle, data)) if rtype in DATA and data else None
    return (name_of_oracle(record["name"]), rtype, None if rtype == OPT else int(record["ttl"]), data)


def message_of_palua(line):
    part = line.split(US)
    qr, frame, ident, opcode = map(int, part[:4])
    question = None
    if part[5] != "nil":
        question = (as_tshark(unescape_name(part[5])), int(part[6]), int(part[7]))
    message = {
        "id": ident, "qr": qr, "opcode": opcode, "tc": part[4] == "true", "question": question,
        "counts": tuple(map(int, part[8:12])), "rcode": int(part[12]) & 15 if qr else None,
    }
    for i, section in enumerate(SECTIONS):
        text = part[14 + i] if qr else ""
        message[section] = tuple(record_of_palua(r) for r in text.split(RS)) if text else ()
    return frame, message


def message_of_oracle(record):
    question = None
    if record["queries"]:
        first = record["queries"][0]
        question = (name_of_oracle(first["name"]), first["type"], int(first["cls"], 16))
    message = {
        "id": int(record["id"], 16), "qr": record["qr"], "opcode": record["opcode"], "tc": bool(record["tc"]), "question": question,
        "counts": tuple(record["counts"]), "rcode": record["rcode"] if record["qr"] else None,
    }
    for section in SECTIONS:
        # palua's queries have no lists: what stands in them is in the counts.
        message[section] = tuple(record_of_oracle(r) for r in record[section]) if record["qr"] else ()
    return record["frame"], message


def records_of(message):
    return [record for section in SECTIONS for record in message[section]]


def why_missing(capture, record, message):
    if not {record["sport"], record["dport"]} & PORTS:
        return "port"
    if capture in MISSING:
        return MISSING[capture]
    question = message["question"]
    # An update has zones, which the oracle does not count.
    asks = message["counts"][0] or message["opcode"] == UPDATE
    if asks and (question is None or question[0] == UNREADABLE):
        return "question"
    return "no cause"


def why_different(ours, theirs):
    if any(ours[key] != theirs[key] for key in ours if key not in SECTIONS):
        return "no cause"
    pairs = list(zip(records_of(ours), records_of(theirs)))
    differing = [(a, b) for a, b in pairs if a != b]
    if len(records_of(ours)) == len(records_of(theirs)):
        if all(b[0] is None and a[1:] == b[1:] for a, b in differing):
            return "nameless"
        if all(b[3] == (UNREADABLE,) and a[3] is None and a[:3] == b[:3] for a, b in differing):
            return "label"
    if not differing and any(record[1] == 38 for record in records_of(theirs)):
        return "a6"
    return "no cause"


def read_palua(program, capture):
    answer = subprocess.run([program, "-q", "-s", SCRIPT, "-o", "json", capture], stdout=subprocess.PIPE, check=False)
    if answer.returncode not in (0, 3):
        sys.exit(f"{capture}: palua ended with {answer.returncode}")
    frames = collections.defaultdict(list)
    for line in answer.stdout.splitlines():
        frame, message = message_of_palua(unescape_line(json.loads(line)["print"]))
        frames[frame].append(message)
    return frames


def read_oracle(path):
    frames = collections.defaultdict(list)
    with gzip.open(path) as file:
        oracle = json.load(file)
    for record in oracle.get("app", {}).get("dns", []):
        frame, message = message_of_oracle(record)
        frames[frame].append((record, message))
    return frames


def compare_frame(capture, ours, theirs):
    """The causes of a frame's differences."""
    left = list(ours)
    unmatched = []
    for record, message in theirs:
        if message in left:
            left.remove(message)
        else:
            unmatched.append((record, message))
    for record, message in unmatched:
        if left:
            yield why_different(left.pop(0), message), message
        else:
            yield why_missing(capture, record, message), message
    for message in left:
        yield "not in the oracle", message


def main():
    program, shared = sys.argv[1], pathlib.Path(sys.argv[2])
    if not (shared / "oracle").is_dir():
        print(f"no captures in {shared}: skipped")
        sys.exit(SKIPPED)
    found = collections.Counter()
    captures = messages = 0
    for path in sorted(shared.glob("oracle/*/*.json.gz")):
        theirs = read_oracle(path)
        if not theirs:
            continue
        capture = f"{path.parent.name}/{path.name[:-8]}"
        ours = read_palua(program, shared / "files" / capture)
        captures += 1
        messages += sum(map(len, theirs.values()))
        for frame in sorted(set(ours) | set(theirs)):
            for cause, message in compare_frame(capture, ours.get(frame, []), theirs.get(frame, [])):
                found[capture, cause] += 1
                if cause not in CAUSES or "--show" in sys.argv:
                    print(f"{capture} frame {frame}: {cause}: {message}")
    wrong = [key for key in found.keys() | DIFFERENCES.keys() if found[key] != DIFFERENCES.get(key, 0)]
    for capture, cause in sorted(wrong):
        print(f"{capture}: {found[capture, cause]} messages differ, expected {DIFFERENCES.get((capture, cause), 0)}: "
              f"{CAUSES.get(cause, cause)}")
    print(f"{captures} captures, {messages} messages, {messages - sum(found.values())} equal")
    sys.exit(bool(wrong) or captures != CAPTURES)


main()
