# SPDX-License-Identifier: MIT OR Apache-2.0
"""Captures that are as they should be. A function's docstring is its captures' line in CATALOG.md."""
import struct

from . import container as c
from . import dns
from .packet import *  # noqa: F403: the vocabulary of frames

BASE = 1_700_000_000 * 10**9
STEP = 125_000_000  # whole in every tsresol from 10^-3 and from 2^-3 on
CLIENT, SERVER = "192.0.2.10", "192.0.2.53"
CLIENT6, SERVER6 = "2001:db8::10", "2001:db8::53"


def timed(frames, start=BASE, step=STEP):
    return [(start + i * step, frame) for i, frame in enumerate(frames)]


def exchange(ident, qname, qtype, data, port, client=CLIENT, server=SERVER, **answer):
    """A question and its answer, which points back at the question's name."""
    asked = dns.question(qname, qtype)
    answers = [dns.record(dns.pointer(12), qtype, data)] if data else []
    reply = dns.message(ident, dns.QR | dns.RD | dns.RA, [asked], answers, **answer)
    return [udp_frame(dns.message(ident, dns.RD, [asked]), client, server, port, 53),
            udp_frame(reply, server, client, 53, port)]


def handshake(client, server, sport, dport, payload, reply):
    """A whole TCP connection, one segment each way."""
    def segment(forth, seq, ack, flags, data=b""):
        src, dst, sp, dp = (client, server, sport, dport) if forth else (server, client, dport, sport)
        return frame(ip(tcp(data, src, dst, sp, dp, seq, ack, flags), TCP, src, dst))
    a, b = 1000, 4_294_967_290  # the second one's numbers wrap around
    after = (b + 1 + len(reply)) & 0xFFFFFFFF
    return [segment(True, a, 0, SYN), segment(False, b, a + 1, SYN | ACK), segment(True, a + 1, b + 1, ACK),
            segment(True, a + 1, b + 1, ACK | PSH, payload),
            segment(False, b + 1, a + 1 + len(payload), ACK | PSH, reply),
            segment(True, a + 1 + len(payload), after, ACK | FIN),
            segment(False, after, a + 2 + len(payload), ACK | FIN),
            segment(True, a + 2 + len(payload), (after + 1) & 0xFFFFFFFF, ACK)]


def mixed():
    """DNS over IPv4 and IPv6, a TCP connection, ICMP and ICMPv6 echo, ARP: the same 20 packets in every container"""
    arp = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + CLIENT_MAC + address(CLIENT) + bytes(6) + address(SERVER)
    echo = [(8, CLIENT, SERVER), (0, SERVER, CLIENT)]
    echo6 = [(128, CLIENT6, SERVER6), (129, SERVER6, CLIENT6)]
    return ([ethernet(arp, 0x0806, dst=b"\xff" * 6), ethernet(arp, 0x0806)]
            + exchange(1, "www.example.com", "A", address("192.0.2.80"), 40001)
            + exchange(2, "www.example.com", "AAAA", address("2001:db8::80"), 40002, CLIENT6, SERVER6)
            + exchange(3, "absent.example.com", "A", None, 40003, rcode=3)
            + handshake(CLIENT, SERVER, 50000, 80, b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\nhello\n")
            + [frame(ip(icmp(kind, 0, 7 << 16 | 1, b"ping"), ICMP, src, dst)) for kind, src, dst in echo]
            + [frame(ip(icmpv6(kind, 0, 7 << 16 | 1, b"ping", src, dst), ICMPV6, src, dst)) for kind, src, dst in echo6])


def containers():
    packets = timed(mixed())
    for order, label in ("<", "le"), (">", "be"):
        for magic, unit in (c.MAGIC_US, "us"), (c.MAGIC_NS, "ns"):
            yield f"mixed_{label}_{unit}.pcap", c.pcap(packets, order, magic), f"`mixed` as pcap, {label}, {unit}"
        yield f"mixed_{label}.pcapng", c.pcapng(packets, order), f"`mixed` as pcapng, {label}, default resolution"
    yield "mixed_us.snoop", c.snoop(packets), "`mixed` as snoop"
    for tsresol, label, unit in (3, "ms", "10^-3 s"), (9, "ns", "10^-9 s"), (0x8A, "b10", "2^-10 s"), (0x94, "b20", "2^-20 s"):
        yield f"mixed_{label}.pcapng", c.pcapng(packets, tsresol=tsresol), f"`mixed` as pcapng, if_tsresol {unit}"
    yield "mixed_ps_offset.pcapng", c.pcapng(packets, tsresol=12, offset_s=BASE // 10**9), \
        "`mixed` as pcapng, if_tsresol 10^-12 s, if_tsoffset 1700000000 s"


def sections():
    """Three sections of other byte orders; interfaces with resolutions of their own; names, statistics, custom, unknown and simple \
blocks; an obsolete packet block; options and comments"""
    packets = timed(mixed()[:12])
    out = c.section("<", pairs=[(1, b"first section"), (4, b"tests/captures/generate.py")])
    out += c.interface("<", pairs=[(2, b"eth0"), (9, bytes([6]))])
    out += c.interface("<", snaplen=64, pairs=[(2, b"eth1"), (9, bytes([9])), (12, b"an operating system")])
    for i, (ts, data) in enumerate(packets[:4]):
        out += c.packet(c.ticks(ts, 9 if i % 2 else 6), data[:64] if i % 2 else data, number=i % 2, wire=len(data),
                        pairs=[(1, b"packet comment")] if i == 0 else [])
    out += c.block("<", c.NRB, struct.pack("<HH", 1, 20) + address("192.0.2.80") + b"www.example.com\0" + bytes(4))
    out += c.block("<", c.ISB, struct.pack("<III", 0, *divmod(c.ticks(packets[3][0]), 2**32)) + c.options("<", [(4, struct.pack("<Q", 2))]))
    out += c.block("<", c.CUSTOM, struct.pack("<I", 32473) + b"whatever")
    out += c.block("<", 0x80000123, b"no such block...")
    out += c.section(">", pairs=[(1, b"second section")]) + c.interface(">", pairs=[(9, bytes([0x80 | 10]))])
    for ts, data in packets[4:8]:
        out += c.packet(c.ticks(ts, 0x8A), data, ">")
    out += c.old_packet(c.ticks(packets[8][0], 0x8A), packets[8][1], ">")
    out += c.section("<", pairs=[(1, b"third section, no packets before its interface")]) + c.interface("<", snaplen=70)
    for ts, data in packets[9:11]:
        out += c.packet(c.ticks(ts), data)
    out += c.simple_packet(packets[11][1][:70], wire=len(packets[11][1]))
    yield "sections.pcapng", out, sections.__doc__


def encapsulations():
    """One DNS question under each: 802.1Q, priority tag, 802.1ad in 802.1Q (QinQ), 0x9100 tags, three tags"""
    asked = dns.message(1, dns.RD, [dns.question("vlan.example.com")])
    inner = ipv4(udp(asked, CLIENT, SERVER, 40000, 53), UDP, CLIENT, SERVER)
    tag = vlan(inner, 0x0800, 5)
    frames = [ethernet(tag, 0x8100), ethernet(vlan(inner, 0x0800, 0, priority=5), 0x8100),
              ethernet(vlan(tag, 0x8100, 100), 0x88A8), ethernet(vlan(tag, 0x8100, 100), 0x9100),
              ethernet(vlan(vlan(tag, 0x8100, 6), 0x8100, 7), 0x88A8)]
    yield "vlan.pcap", c.pcap(timed(frames)), encapsulations.__doc__


def extension_headers():
    """One DNS question under each chain: hop-by-hop; hop-by-hop, destination, routing, destination; atomic fragment; a padded one of \
264 bytes; no next header; AH; and 12 destination headers in a row"""
    payload = udp(dns.message(1, dns.RD, [dns.question("six.example.com")]), CLIENT6, SERVER6, 40000, 53)
    pad = pad_option(6)
    chain = extension(extension(payload, UDP, pad), DESTINATION, bytes([0, 0]) + bytes(4))  # routing type 0, no segments left
    many = payload
    for i in range(12):
        many = extension(many, DESTINATION if i else UDP, pad)
    auth = struct.pack(">BBHII", UDP, 4, 0, 1, 1) + bytes(12) + payload
    bodies = [(extension(payload, UDP, pad), HOP_BY_HOP),
              (extension(extension(chain, ROUTING, pad), DESTINATION, pad), HOP_BY_HOP),
              (fragment(payload, UDP), FRAGMENT),
              (extension(payload, UDP, pad_option(257) + bytes(5)), DESTINATION),
              (extension(b"", NO_NEXT, pad), DESTINATION), (auth, AUTH), (many, DESTINATION)]
    yield "ipv6_extensions.pcap", c.pcap(timed([frame(ipv6(b, n, CLIENT6, SERVER6)) for b, n in bodies])), extension_headers.__doc__


def fragments():
    """IPv4 and IPv6 datagrams in three fragments each: in order, in reverse, and one whose last fragment never comes"""
    asked = dns.message(1, dns.RD, [dns.question("fragment.example.com")], additional=[dns.edns(data=bytes(64))])
    four, six = udp(asked, CLIENT, SERVER, 40000, 53), udp(asked, CLIENT6, SERVER6, 40000, 53)
    cuts = [(0, 48), (48, 96), (96, len(four))]
    def v4(ident, start, end):
        more = 0x2000 if end < len(four) else 0
        return frame(ipv4(four[start:end], UDP, CLIENT, SERVER, ident=ident, flags_offset=more | start // 8))
    def v6(ident, start, end):
        return frame(ipv6(fragment(six[start:end], UDP, start // 8, end < len(six), ident), FRAGMENT, CLIENT6, SERVER6))
    frames = [v4(1, *cut) for cut in cuts] + [v6(1, *cut) for cut in reversed(cuts)] + [v4(2, *cut) for cut in cuts[:2]]
    yield "fragments.pcap", c.pcap(timed(frames)), fragments.__doc__


def snaplen():
    """`mixed` cut to 60 bytes per packet: captured and original lengths differ"""
    records = b"".join(c.pcap_record(ts, data[:60], wire=len(data)) for ts, data in timed(mixed()))
    yield "cut_60.pcap", c.pcap_header(snaplen=60) + records, snaplen.__doc__


def dns_types():
    """A question and an answer of each of 26 types, with record data written by hand"""
    frames = []
    for i, (qtype, data) in enumerate(dns.SAMPLES.items()):
        frames += exchange(0x100 + i, f"{qtype.lower()}.example.com", qtype, data, 41000 + i)
    yield "dns_types.pcap", c.pcap(timed(frames)), dns_types.__doc__


def dns_rcodes():
    """Answers with each response code 0 to 10, BADVERS by EDNS, opcodes 0, 2, 4 and 5, every flag; class CHAOS; no question; two questions"""
    frames = []
    for code in range(11):
        frames += exchange(0x200 + code, f"rcode{code}.example.com", "A", None, 42000 + code, rcode=code)
    asked = dns.question("flags.example.com")
    server = [(dns.QR | dns.RD | dns.RA, dict(additional=[dns.edns(extended_rcode=1)])), (dns.QR, dict(opcode=2)),
              (dns.QR, dict(opcode=4)), (dns.QR, dict(opcode=5)),
              (dns.QR | dns.AA | dns.TC | dns.RD | dns.RA | dns.AD | dns.CD, {})]
    frames += [udp_frame(dns.message(0x300 + i, flags, [asked], **rest), SERVER, CLIENT, 53, 42100 + i)
               for i, (flags, rest) in enumerate(server)]
    questions = [[dns.question("version.bind", "TXT", 3)], [], [asked, dns.question("second.example.com", "MX")]]
    frames += [udp_frame(dns.message(0x400 + i, dns.RD, list(asked)), CLIENT, SERVER, 42200 + i, 53) for i, asked in enumerate(questions)]
    yield "dns_rcodes.pcap", c.pcap(timed(frames)), dns_rcodes.__doc__


def dns_timing():
    """Who answered what: repeated and retransmitted questions, answers out of order, twice, late and without a question, one \
identifier for two names, one port for two servers"""
    def ask(ident, qname, server=SERVER, port=43000):
        return udp_frame(dns.message(ident, dns.RD, [dns.question(qname)]), CLIENT, server, port, 53)
    def answer(ident, qname, server=SERVER, port=43000):
        reply = dns.message(ident, dns.QR | dns.RD | dns.RA, [dns.question(qname)],
                            [dns.record(dns.pointer(12), "A", address("192.0.2.1"))])
        return udp_frame(reply, server, CLIENT, 53, port)
    other = "192.0.2.54"
    script = [(0, ask(1, "plain.example")), (2, answer(1, "plain.example")),
              (10, ask(2, "again.example")), (11, ask(2, "again.example")), (13, answer(2, "again.example")),
              (20, ask(3, "first.example")), (21, ask(4, "second.example")), (22, answer(4, "second.example")),
              (25, answer(3, "first.example")), (26, answer(3, "first.example")),
              (30, answer(5, "unasked.example")),
              (40, ask(6, "one.example")), (41, ask(6, "two.example")), (44, answer(6, "two.example")), (45, answer(6, "one.example")),
              (50, ask(7, "same.example")), (51, ask(7, "same.example", other)), (54, answer(7, "same.example", other)),
              (58, answer(7, "same.example")),
              (60, ask(8, "unanswered.example")), (70, ask(9, "late.example")), (70_000, answer(9, "late.example"))]
    packets = [(BASE + ms * 1_000_000, frame) for ms, frame in script]
    yield "dns_timing.pcap", c.pcap(packets), dns_timing.__doc__


def segment(src, dst, sport, dport, seq, ack, flags, payload=b""):
    return frame(ip(tcp(payload, src, dst, sport, dport, seq, ack, flags), TCP, src, dst))


def port_scan(scanner, target):
    """A SYN to each of 30 ports: two are open, of ten nobody answers, the rest is refused."""
    for port in range(20, 50):
        yield segment(scanner, target, 50000 + port, port, 7000, 0, SYN)
        if port in (22, 25):
            yield segment(target, scanner, port, 50000 + port, 9000, 7001, SYN | ACK)
            yield segment(scanner, target, 50000 + port, port, 7001, 0, RST)
        elif port < 40:
            yield segment(target, scanner, port, 50000 + port, 0, 7001, RST | ACK)


def host_scan(scanner):
    """One port of 24 hosts, of which one is there."""
    for host in range(24):
        target = f"192.0.2.{100 + host}"
        yield segment(scanner, target, 51000, 23, 8000 + host, 0, SYN)
        if host == 5:
            yield segment(target, scanner, 23, 51000, 0, 8001 + host, RST | ACK)


def syn_flood(target):
    """From 120 addresses, of which none goes on."""
    for i in range(240):
        source = f"198.51.100.{1 + i % 120}"
        yield segment(source, target, 10000 + i, 443, 5 * i, 0, SYN)
        if i % 4 == 0:
            yield segment(target, source, 443, 10000 + i, 77, 5 * i + 1, SYN | ACK)


def connections():
    """Scans of 30 ports and of 24 hosts, a flood of 240 SYNs, and connections of 2 hours, 5 minutes and a moment"""
    second = 10**9
    packets = timed(port_scan("203.0.113.9", "192.0.2.20"), step=second // 100)
    packets += timed(host_scan("203.0.113.10"), BASE + 2 * second, second // 100)
    packets += timed(syn_flood("192.0.2.80"), BASE + 4 * second, second // 1000)
    packets += timed(handshake(CLIENT, "192.0.2.80", 40100, 443, b"hello", b"world"), BASE + 5 * second, second // 100)
    for client, seconds in ((CLIENT, 7200), ("192.0.2.11", 300)):
        talk = handshake(client, "192.0.2.22", 40200, 22, b"ssh", b"ok")
        packets += timed(talk[:5], BASE + 6 * second, second // 100)
        for i in range(60, seconds, 60):
            packets.append((BASE + (6 + i) * second, segment(client, "192.0.2.22", 40200, 22, 1004, 4294967293, ACK | PSH, b"")))
        packets += timed(talk[5:], BASE + (6 + seconds) * second, second // 100)
    yield "connections.pcap", c.pcap(sorted(packets, key=lambda packet: packet[0])), connections.__doc__


ALL = [containers, sections, encapsulations, extension_headers, fragments, connections, snaplen, dns_types, dns_rcodes, dns_timing]
