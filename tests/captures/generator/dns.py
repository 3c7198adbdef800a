# SPDX-License-Identifier: MIT OR Apache-2.0
"""DNS messages (RFC 1035), written so that any part can be wrong on purpose."""
import struct

from .packet import address

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16, "RP": 17, "AAAA": 28, "LOC": 29,
         "SRV": 33, "NAPTR": 35, "DNAME": 39, "OPT": 41, "DS": 43, "SSHFP": 44, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "NSEC3": 50,
         "TLSA": 52, "SVCB": 64, "HTTPS": 65, "ANY": 255, "URI": 256, "CAA": 257, "TYPE65280": 65280}
QR, AA, TC, RD, RA, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010


def name(text):
    """Labels of a dotted name; a bytes value is taken as it is (a pointer, something broken)."""
    if isinstance(text, bytes):
        return text
    labels = [label.encode("latin-1") for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def pointer(offset):
    return struct.pack(">H", 0xC000 | offset)


def question(qname, qtype="A", qclass=1):
    return name(qname) + struct.pack(">HH", TYPES[qtype], qclass)


def record(owner, rtype, data, ttl=300, rclass=1, length=None):
    return name(owner) + struct.pack(">HHIH", TYPES[rtype], rclass, ttl, len(data) if length is None else length) + data


def message(ident, flags=RD, questions=(), answers=(), authority=(), additional=(), rcode=0, opcode=0, counts=None):
    counts = counts or (len(questions), len(answers), len(authority), len(additional))
    head = struct.pack(">HHHHHH", ident, flags | opcode << 11 | rcode, *counts)
    return head + b"".join([*questions, *answers, *authority, *additional])


def text(*strings):
    return b"".join(bytes([len(s)]) + s.encode("latin-1") for s in strings)


def soa(server, mailbox, *numbers):
    return name(server) + name(mailbox) + struct.pack(">5I", *numbers)


def edns(size=1232, extended_rcode=0, version=0, flags=0, data=b""):
    return record("", "OPT", data, ttl=extended_rcode << 24 | version << 16 | flags, rclass=size)


# One record's data of each type, as a name server would send it; names inside uncompressed.
SAMPLES = {
    "A": address("192.0.2.1"),
    "NS": name("ns1.example.com"),
    "CNAME": name("web.example.com"),
    "SOA": soa("ns1.example.com", "hostmaster.example.com", 2024010101, 7200, 900, 1209600, 300),
    "PTR": name("host1.example.com"),
    "HINFO": text("INTEL", "LINUX"),
    "MX": struct.pack(">H", 10) + name("mail.example.com"),
    "TXT": text("v=spf1 -all", "with \"quotes\", a tab\t and an escape \x1b[31m"),
    "RP": name("root.example.com") + name("text.example.com"),
    "AAAA": address("2001:db8::1"),
    "LOC": bytes.fromhex("0012161389173cb880e5f24800989680"),
    "SRV": struct.pack(">HHH", 10, 60, 5060) + name("sip.example.com"),
    "NAPTR": struct.pack(">HH", 100, 10) + text("u", "E2U+sip", "!^.*$!sip:info@example.com!") + name(""),
    "DNAME": name("example.net"),
    "DS": struct.pack(">HBB", 12345, 13, 2) + bytes(range(32)),
    "SSHFP": bytes([4, 2]) + bytes(range(32)),
    "RRSIG": struct.pack(">HBBIIIH", 1, 13, 2, 300, 1735689600, 1733097600, 12345) + name("example.com") + bytes(range(64)),
    "NSEC": name("next.example.com") + bytes([0, 6, 0x40, 1, 0, 0, 0, 3]),
    "DNSKEY": struct.pack(">HBB", 257, 3, 13) + bytes(range(64)),
    "NSEC3": bytes([1, 0, 0, 10, 2, 0xAA, 0xBB, 20]) + bytes(range(20)) + bytes([0, 1, 0x40]),
    "TLSA": bytes([3, 1, 1]) + bytes(range(32)),
    "SVCB": struct.pack(">H", 1) + name("svc.example.com") + struct.pack(">HHH", 3, 2, 8443),
    "HTTPS": struct.pack(">H", 1) + name("") + struct.pack(">HH", 1, 6) + text("h2", "h3"),
    "URI": struct.pack(">HH", 10, 1) + b"https://example.com/",
    "CAA": bytes([0]) + text("issue") + b"ca.example.net",
    "TYPE65280": bytes.fromhex("0a000001"),
}
