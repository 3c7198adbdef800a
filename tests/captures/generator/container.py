# SPDX-License-Identifier: MIT OR Apache-2.0
"""Capture files, byte by byte: pcap, pcapng and snoop, each part on its own, so that any of them can be wrong on purpose.

Timestamps are integers in nanoseconds. `order` is '<' or '>', as in struct.
"""
import struct

MAGIC_US, MAGIC_NS = 0xA1B2C3D4, 0xA1B23C4D
SHB, IDB, PACKET, SPB, NRB, ISB, EPB, CUSTOM = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6, 0xBAD
ETHERNET = 1


def pcap_header(order="<", magic=MAGIC_US, snaplen=262144, linktype=ETHERNET):
    return struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, linktype)


def pcap_record(ts, data, order="<", magic=MAGIC_US, caplen=None, wire=None):
    seconds, rest = divmod(ts, 10**9)
    fraction = rest if magic == MAGIC_NS else rest // 1000
    caplen = len(data) if caplen is None else caplen
    return struct.pack(order + "IIII", seconds, fraction, caplen, wire or caplen) + data


def pcap(packets, order="<", magic=MAGIC_US, **header):
    return pcap_header(order, magic, **header) + b"".join(pcap_record(ts, data, order, magic) for ts, data in packets)


def padded(data):
    return data + bytes(-len(data) % 4)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + padded(value)


def options(order, pairs):
    return b"".join(option(order, code, value) for code, value in pairs) + (bytes(4) if pairs else b"")


def block(order, kind, body, total=None, trailer=None):
    total = len(body) + 12 if total is None else total
    return struct.pack(order + "II", kind, total) + body + struct.pack(order + "I", total if trailer is None else trailer)


def section(order="<", length=-1, pairs=(), version=(1, 0), magic=0x1A2B3C4D):
    return block(order, SHB, struct.pack(order + "IHHq", magic, *version, length) + options(order, pairs))


def interface(order="<", linktype=ETHERNET, snaplen=0, pairs=()):
    return block(order, IDB, struct.pack(order + "HHI", linktype, 0, snaplen) + options(order, pairs))


def ticks(ts, tsresol=6, offset_s=0):
    """Nanoseconds in units of if_tsresol: 10^-n, or 2^-n with the high bit set. Must divide evenly."""
    per_second = 2 ** (tsresol & 0x7F) if tsresol & 0x80 else 10**tsresol
    count, rest = divmod((ts - offset_s * 10**9) * per_second, 10**9)
    assert rest == 0, (ts, tsresol)
    return count


def packet(ts_ticks, data, order="<", number=0, wire=None, caplen=None, pairs=()):
    caplen = len(data) if caplen is None else caplen
    head = struct.pack(order + "IIIII", number, ts_ticks >> 32, ts_ticks & 0xFFFFFFFF, caplen, wire or caplen)
    return block(order, EPB, head + padded(data) + options(order, pairs))


def simple_packet(data, order="<", wire=None):
    return block(order, SPB, struct.pack(order + "I", wire or len(data)) + padded(data))


def old_packet(ts_ticks, data, order="<", number=0, drops=0xFFFF):
    head = struct.pack(order + "HHIIII", number, drops, ts_ticks >> 32, ts_ticks & 0xFFFFFFFF, len(data), len(data))
    return block(order, PACKET, head + padded(data))


def pcapng(packets, order="<", tsresol=None, offset_s=0):
    """One section, one interface; tsresol None leaves the option out, which means microseconds."""
    pairs = [] if tsresol is None else [(9, bytes([tsresol]))]
    if offset_s:
        pairs.append((14, struct.pack(order + "q", offset_s)))
    resolution = 6 if tsresol is None else tsresol
    return (section(order) + interface(order, pairs=pairs)
            + b"".join(packet(ticks(ts, resolution, offset_s), data, order) for ts, data in packets))


def snoop_header(version=2, datalink=4):
    return b"snoop\0\0\0" + struct.pack(">II", version, datalink)


def snoop_record(ts, data, wire=None, caplen=None, length=None):
    caplen = len(data) if caplen is None else caplen
    body = padded(data)
    head = struct.pack(">IIIIII", wire or caplen, caplen, 24 + len(body) if length is None else length, 0, ts // 10**9, ts % 10**9 // 1000)
    return head + body


def snoop(packets):
    return snoop_header() + b"".join(snoop_record(ts, data) for ts, data in packets)
