# SPDX-License-Identifier: MIT OR Apache-2.0
"""Frames, from the inside out: each function takes a payload and puts one header before it, with lengths and checksums right."""
import socket
import struct

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
HOP_BY_HOP, ROUTING, FRAGMENT, AUTH, NO_NEXT, DESTINATION = 0, 43, 44, 51, 59, 60
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
CLIENT_MAC, SERVER_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


def address(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo(src, dst, proto, length):
    if ":" in src:
        return address(src) + address(dst) + struct.pack(">II", length, proto)
    return address(src) + address(dst) + struct.pack(">BBH", 0, proto, length)


def ethernet(payload, ethertype, src=CLIENT_MAC, dst=SERVER_MAC):
    return dst + src + struct.pack(">H", ethertype) + payload


def vlan(payload, ethertype, vid, priority=0):
    """What follows a VLAN ethertype (0x8100, 0x88a8): tag, inner ethertype, payload."""
    return struct.pack(">HH", priority << 13 | vid, ethertype) + payload


def ipv4(payload, proto, src, dst, ttl=64, ident=0, flags_offset=0x4000, options=b"", total=None):
    words = 5 + len(options) // 4
    head = struct.pack(">BBHHHBBH", 0x40 | words, 0, total or words * 4 + len(payload), ident, flags_offset, ttl, proto, 0)
    head += address(src) + address(dst) + options
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def ipv6(payload, proto, src, dst, hop_limit=64, length=None):
    length = len(payload) if length is None else length
    return struct.pack(">IHBB", 6 << 28, length, proto, hop_limit) + address(src) + address(dst) + payload


def extension(payload, proto, body=bytes(6)):
    """An IPv6 hop-by-hop, destination options or routing header; the body fills up to 8n - 2 bytes."""
    return struct.pack(">BB", proto, len(body) // 8) + body + payload


def pad_option(length):
    return struct.pack(">BB", 1, length - 2) + bytes(length - 2)


def fragment(payload, proto, offset=0, more=False, ident=1):
    return struct.pack(">BBHI", proto, 0, offset << 3 | more, ident) + payload


def udp(payload, src, dst, sport, dport):
    head = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0)
    total = checksum(pseudo(src, dst, UDP, 8 + len(payload)) + head + payload) or 0xFFFF
    return head[:6] + struct.pack(">H", total) + payload


def tcp(payload, src, dst, sport, dport, seq, ack, flags, options=b"", window=65535):
    head = struct.pack(">HHIIHHHH", sport, dport, seq, ack, (5 + len(options) // 4) << 12 | flags, window, 0, 0) + options
    total = checksum(pseudo(src, dst, TCP, len(head) + len(payload)) + head + payload)
    return head[:16] + struct.pack(">H", total) + head[18:] + payload


def icmp(kind, code, rest, payload):
    head = struct.pack(">BBHI", kind, code, 0, rest)
    return head[:2] + struct.pack(">H", checksum(head + payload)) + head[4:] + payload


def icmpv6(kind, code, rest, payload, src, dst):
    head = struct.pack(">BBHI", kind, code, 0, rest)
    total = checksum(pseudo(src, dst, ICMPV6, 8 + len(payload)) + head + payload)
    return head[:2] + struct.pack(">H", total) + head[4:] + payload


def ip(payload, proto, src, dst, **fields):
    return ipv6(payload, proto, src, dst, **fields) if ":" in src else ipv4(payload, proto, src, dst, **fields)


def frame(datagram):
    """Ethernet around IPv4 or IPv6, told from the version."""
    return ethernet(datagram, 0x86DD if datagram[0] >> 4 == 6 else 0x0800)


def udp_frame(payload, src, dst, sport, dport):
    return frame(ip(udp(payload, src, dst, sport, dport), UDP, src, dst))


def crc32c(data):
    """SCTP's checksum (RFC 9260 appendix A)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
