#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes the seeds of corpus/dns: one message per record type and shape, behind the byte that
dns_fuzz.c reads what is wanted from.

    tests/fuzz/dns_seeds.py tests/fuzz/corpus/dns
"""
import os
import struct
import sys

WANT_ALL = bytes([0x3F])
WANT_MDNS = bytes([0x7F])


def name(text):
    labels = [label.encode() for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def header(flags, qd, an=0, ns=0, ar=0, ident=0x1234):
    return struct.pack(">6H", ident, flags, qd, an, ns, ar)


def question(text, qtype, qclass=1):
    return name(text) + struct.pack(">HH", qtype, qclass)


def record(rtype, data, owner=b"\xc0\x0c", rclass=1, ttl=300):
    return owner + struct.pack(">HHIH", rtype, rclass, ttl, len(data)) + data


def opt(size=1232, ttl=0x8000, data=b""):
    return record(41, data, owner=b"\0", rclass=size, ttl=ttl)


RDATA = {
    1: b"\xc0\0\2\1",
    2: b"\2ns\xc0\x0c",
    5: b"\3cdn\xc0\x0c",
    6: b"\2ns\xc0\x0c\4root\xc0\x0c" + struct.pack(">5I", 1, 7200, 3600, 1209600, 86400),
    10: b"\1\2\3",
    12: b"\4host\xc0\x0c",
    13: b"\3ARM\5Linux",
    15: b"\0\x0a\4mail\xc0\x0c",
    16: b"\x0bv=spf1 -all\5\"q\\\0",
    17: b"\1a\0\1b\0",
    28: bytes.fromhex("20010db8000000000000000000000001"),
    33: b"\0\1\0\2\x14\x66\4host\xc0\x0c",
    35: b"\0\1\0\2\1u\7E2U+sip\0\xc0\x0c",
    43: b"\xec\x45\5\1" + bytes(range(20)),
    44: b"\4\2" + bytes(32),
    46: b"\0\1\x0d\2" + struct.pack(">IIIH", 300, 1800000000, 1700000000, 2642) + b"\0" + bytes(64),
    47: b"\1z\xc0\x0c\0\6\x40\1\0\0\0\3\1\1\x40",
    48: b"\1\1\3\x0d" + bytes(64),
    50: b"\1\0\0\x0c\4\xaa\xbb\xcc\xdd\x14" + bytes(range(20)) + b"\0\1\x40",
    51: b"\1\0\0\x0c\0",
    52: b"\3\1\1" + bytes(32),
    64: b"\0\1\3svc\xc0\x0c\0\3\0\2\1\xbb",
    65: b"\0\1\0\0\0\0\4\0\1\0\4\0\1\0\6\2h2\2h3\0\2\0\0\0\4\0\4\1\2\3\4\0\5\0\3abc\0\6\0\x10"
    + bytes(16) + b"\2\x9b\0\2hi",
    256: b"\0\1\0\2https://a/",
    257: b"\0\5issueca.example",
}


def seeds():
    yield "query", b"\x01" + header(0x0100, 1, ar=1) + question("www.example.com", 1) + opt()
    for rtype, data in RDATA.items():
        body = header(0x8180, 1, 1) + question("www.example.com", rtype) + record(rtype, data)
        yield f"type{rtype}", WANT_ALL + body
        yield f"type{rtype}_short", WANT_ALL + header(0x8180, 1, 1) + question("a.b", rtype) + record(
            rtype, data[:-1]
        )
    every = b"".join(record(t, d) for t, d in RDATA.items())
    yield "all_types", WANT_ALL + header(0x8400, 1, len(RDATA), 1, 1) + question("a.b", 255) + every \
        + record(2, RDATA[2]) + opt(ttl=0x01008000, data=b"\0\x0a\0\2ab")
    yield "mdns", WANT_MDNS + header(0x8400, 1, 1, ident=0) + question("host.local", 1, 0x8001) \
        + record(1, RDATA[1], rclass=0x8001)
    yield "update", WANT_ALL + header(0x2800, 1, 1, 1) + question("example.com", 6) \
        + record(1, b"", rclass=255, ttl=0) + record(1, b"", rclass=254, ttl=0)
    yield "pointer_loop", WANT_ALL + header(0x8180, 1, 1) + question("a.b", 1) + record(5, b"\xc0\x1f")
    yield "pointer_chain", WANT_ALL + header(0x8180, 1, 1) + question("a.b", 1) + record(
        10, b"\xc0\x0c" + b"".join(struct.pack(">H", 0xC000 | (31 + 2 * i)) for i in range(130))
    )
    yield "label_type", WANT_ALL + header(0x0100, 1) + b"\x41x\0\0\1\0\1"
    yield "long_name", WANT_ALL + header(0x0100, 1) + b"\1x" * 130 + b"\0\0\1\0\1"
    yield "counts", WANT_ALL + header(0x8180, 65535, 65535, 65535, 65535) + question("a", 1) * 3
    yield "short", WANT_ALL + header(0x0100, 1)[:11]
    yield "empty", WANT_ALL


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for title, data in seeds():
        with open(os.path.join(folder, title), "wb") as out:
            out.write(data)


main()
