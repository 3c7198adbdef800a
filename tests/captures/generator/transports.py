# SPDX-License-Identifier: MIT OR Apache-2.0
"""Captures of SCTP and DCCP. A function's docstring is its capture's line in CATALOG.md."""
import struct

from . import container as c
from .packet import *  # noqa: F403: the vocabulary of frames
from .wellformed import CLIENT, CLIENT6, SERVER, SERVER6, timed

DCCP, SCTP = 33, 132
DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK, ERROR, COOKIE_ECHO, COOKIE_ACK, ECNE, CWR, \
    SHUTDOWN_COMPLETE, AUTH, NR_SACK = range(17)
I_DATA, ASCONF_ACK, PKTDROP, RE_CONFIG, PAD, FORWARD_TSN, ASCONF, I_FORWARD_TSN = 64, 128, 129, 130, 132, 192, 193, 194
ENDING, BEGINNING, UNORDERED, IMMEDIATE = 1, 2, 4, 8
REQUEST, RESPONSE, DCCP_DATA, DCCP_ACK, DATA_ACK, CLOSE_REQ, CLOSE, RESET, SYNC, SYNC_ACK = range(10)


def chunk(kind, value=b"", flags=0, length=None):
    """With its padding."""
    length = 4 + len(value) if length is None else length
    return struct.pack(">BBH", kind, flags, length) + value + bytes(-len(value) % 4)


def sctp(chunks, src, dst, sport, dport, tag):
    head = struct.pack(">HHI", sport, dport, tag)
    return frame(ip(head + struct.pack("<I", crc32c(head + bytes(4) + chunks)) + chunks, SCTP, src, dst))


def data(tsn, stream, sequence, ppid, payload, flags=BEGINNING | ENDING):
    return chunk(DATA, struct.pack(">IHHI", tsn, stream, sequence, ppid) + payload, flags)


def i_data(tsn, stream, message, ppid_or_fragment, payload, flags=BEGINNING | ENDING):
    return chunk(I_DATA, struct.pack(">IHHII", tsn, stream, 0, message, ppid_or_fragment) + payload, flags)


def init(kind, tag, window, tsn, parameters=b""):
    return chunk(kind, struct.pack(">IIHHI", tag, window, 10, 5, tsn) + parameters)


def sack(tsn, window, gaps=(), duplicates=()):
    counts = struct.pack(">IIHH", tsn, window, len(gaps), len(duplicates))
    return chunk(SACK, counts + b"".join(struct.pack(">HH", *gap) for gap in gaps) + b"".join(struct.pack(">I", tsn) for tsn in duplicates))


def nr_sack(tsn, window):
    return chunk(NR_SACK, struct.pack(">IIHHHH", tsn, window, 0, 0, 0, 0))


def association(src, dst):
    """From INIT to SHUTDOWN COMPLETE, the numbers about to wrap around."""
    a, b, mine, yours = 0xFFFFFFFE, 7, 0xAAAA0001, 0xBBBB0002
    forth = lambda chunks, tag=yours: sctp(chunks, src, dst, 36412, 38412, tag)
    back = lambda chunks: sctp(chunks, dst, src, 38412, 36412, mine)
    cookie = struct.pack(">HH", 7, 12) + b"a cookie"
    payload = b"a message of 23 bytes.."
    return [
        forth(init(INIT, mine, 65536, a), 0), back(init(INIT_ACK, yours, 131072, b, cookie)),
        forth(chunk(COOKIE_ECHO, b"a cookie") + data(a, 0, 0, 60, payload)), back(chunk(COOKIE_ACK) + sack(a, 65000)),
        forth(data(a + 1, 1, 0, 3, b"m3ua", BEGINNING) + data(0, 1, 0, 3, b"-", 0) + data(1, 1, 0, 3, b"end", ENDING)),
        back(sack(1, 64000, [(2, 3), (5, 5)], [0, 1]) + data(b, 2, 65535, 18, b"s1ap", BEGINNING | ENDING | UNORDERED | IMMEDIATE)),
        forth(i_data(2, 3, 9, 46, b"first", BEGINNING) + i_data(3, 3, 9, 1, b"second", 0) + i_data(4, 3, 9, 2, b"last", ENDING)),
        back(nr_sack(4, 63000)), forth(i_data(5, 3, 10, 51, b"whole", BEGINNING | ENDING | UNORDERED)),
        forth(chunk(HEARTBEAT, struct.pack(">HH", 1, 8) + b"beat")), back(chunk(HEARTBEAT_ACK, struct.pack(">HH", 1, 8) + b"beat")),
        forth(chunk(FORWARD_TSN, struct.pack(">IHH", 6, 0, 1))), forth(chunk(I_FORWARD_TSN, struct.pack(">IHHI", 7, 3, 1, 11))),
        forth(chunk(AUTH, struct.pack(">HH", 0, 1) + bytes(range(20))) + chunk(ASCONF, struct.pack(">IHH", 1, 5, 8) + address("192.0.2.10")
                                                                         + struct.pack(">HHIHH", 0xC001, 16, 1, 5, 8) + address("192.0.2.11"))),
        back(chunk(ASCONF_ACK, struct.pack(">I", 1))), forth(chunk(RE_CONFIG, struct.pack(">HHII", 15, 12, 1, 1))),
        forth(chunk(PAD, bytes(5))), forth(chunk(ECNE, struct.pack(">I", 4))), back(chunk(CWR, struct.pack(">I", 4))),
        back(chunk(ERROR, struct.pack(">HHHH", 1, 8, 99, 0))), forth(chunk(0x3F, b"unknown")), forth(data(8, 0, 1, 4711, b"a ppid of nobody's")),
        forth(chunk(SHUTDOWN, struct.pack(">I", b))), back(chunk(SHUTDOWN_ACK)), forth(chunk(SHUTDOWN_COMPLETE)),
        forth(chunk(ABORT, struct.pack(">HH", 12, 4), 1), mine)]


def associations():
    """SCTP over IPv4 and IPv6: chunks of every type, bundled, in fragments, with padding and without, unknown ones; then cut to 70 bytes"""
    packets = timed(association(CLIENT, SERVER) + association(CLIENT6, SERVER6))
    yield "sctp.pcap", c.pcap(packets), associations.__doc__.partition("; then")[0]
    records = b"".join(c.pcap_record(ts, data[:70], wire=len(data)) for ts, data in packets)
    yield "sctp_cut_70.pcap", c.pcap_header(snaplen=70) + records, "`sctp.pcap` cut to 70 bytes per packet"


def malformed():
    """SCTP with chunk lengths of 0, 3 and beyond the packet, bytes behind the last chunk, DATA, I-DATA, INIT and SACK too short for their fields"""
    good = chunk(COOKIE_ACK)
    bad = [chunk(DATA, bytes(12), length=0), chunk(DATA, bytes(12), length=3), good + chunk(DATA, bytes(12), 3, length=17),
           good + chunk(ERROR, length=0xFFFF), good + b"\x0b", good + b"\x0b\0\0", b""]
    bad += [good + chunk(kind, bytes(length), 3) for kind, lengths in
            ((DATA, (0, 4, 6, 8, 11, 12)), (I_DATA, (0, 8, 12, 16)), (INIT, (0, 3, 4, 8)), (SACK, (4, 8, 12)), (SHUTDOWN, (0,))) for length in lengths]
    frames = [sctp(chunks, CLIENT, SERVER, 5003, 5004, 1) for chunks in bad]
    yield "hostile_sctp.pcap", c.pcap(timed(frames)), malformed.__doc__


def dccp(kind, seq, src, dst, ack=None, extended=True, options=b"", payload=b"", service=b""):
    number = lambda value, size: struct.pack(">Q", value)[-size:]
    fields = (bytes(1) + number(seq, 6) if extended else number(seq, 3))
    if ack is not None:
        fields += bytes(2) + number(ack, 6) if extended else bytes(1) + number(ack, 3)
    fields += service + options
    head = struct.pack(">HHBBHB", 5001, 5002, (9 + len(fields)) // 4, 0, 0, kind << 1 | extended) + fields
    total = checksum(pseudo(src, dst, DCCP, len(head) + len(payload)) + head + payload)
    return frame(ip(head[:6] + struct.pack(">H", total) + head[8:] + payload, DCCP, src, dst))


def dccp_connections():
    """DCCP over IPv4 and IPv6: packets of every type, long sequence numbers and short ones, options"""
    frames = []
    for src, dst in (CLIENT, SERVER), (CLIENT6, SERVER6):
        a, b = 0xFFFFFFFFFFF0, 0x123456789ABC
        frames += [
            dccp(REQUEST, a, src, dst, service=b"SPHP", options=bytes([32, 4, 1, 0])),
            dccp(RESPONSE, b, dst, src, ack=a, service=b"SPHP"), dccp(DCCP_ACK, a + 1, src, dst, ack=b),
            dccp(DCCP_DATA, a + 2, src, dst, payload=b"data"), dccp(DATA_ACK, a + 3, src, dst, ack=b, payload=b"data and ack", options=bytes(4)),
            dccp(DCCP_DATA, 0xABCDEF, dst, src, extended=False, payload=b"short"),
            dccp(DCCP_ACK, 0xFFFFFF, dst, src, ack=0x010203, extended=False),
            dccp(DATA_ACK, 0, dst, src, ack=0x7F0001, extended=False, payload=b"!"),
            dccp(SYNC, a + 4, src, dst, ack=b), dccp(SYNC_ACK, b + 1, dst, src, ack=a + 4), dccp(CLOSE_REQ, b + 2, dst, src, ack=a + 4),
            dccp(CLOSE, a + 5, src, dst, ack=b + 2), dccp(RESET, b + 3, dst, src, ack=a + 5, service=bytes([1, 0, 0, 0]))]
    yield "dccp.pcap", c.pcap(timed(frames)), dccp_connections.__doc__


def malformed_dccp():
    """DCCP of reserved types, a Request with a short number, headers too short for their fields"""
    request = dccp(REQUEST, 5, CLIENT, SERVER, service=b"SPHP")
    at = len(request) - 20 + 4  # the data offset
    frames = [dccp(kind, 5, CLIENT, SERVER, ack=6) for kind in (10, 11, 15)]
    frames += [dccp(REQUEST, 5, CLIENT, SERVER, extended=False, service=b"SPHP"), dccp(DCCP_ACK, 5, CLIENT, SERVER)]
    frames += [request[:at] + bytes([words]) + request[at + 1:] for words in (0, 2, 3, 4, 6)]
    yield "hostile_dccp.pcap", c.pcap(timed(frames)), malformed_dccp.__doc__


ALL = [associations, malformed, dccp_connections, malformed_dccp]
