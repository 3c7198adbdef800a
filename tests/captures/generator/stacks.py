# SPDX-License-Identifier: MIT OR Apache-2.0
"""Random stacks of layers: whole frames of many link types with tunnels in tunnels, and what is to be found in them.

The same seed gives the same stacks. With `back` all ends are exchanged and all else is the same: the packet that answers.
"""
import collections
import ipaddress
import random
import struct
import zlib

from . import packet

IP, IPV6, MPLS, NSH, FRAME = 0x0800, 0x86DD, 0x8847, 0x894F, 0x6558
SCTP, DCCP, UDPLITE, GRE, ESP, AH, L2TP = 132, 33, 136, 47, 50, 51, 115
LAYERS_MOST = 20

# `id`: a VLAN id or what tells tunnels apart; `ip`: source, destination, protocol behind extension headers, TTL, checksum;
# `port`: protocol, source, destination, checksum, payload.
Layer = collections.namedtuple("Layer", "name id ip port", defaults=(None, None, None))
Stack = collections.namedtuple("Stack", "linktype data layers")


class Generator:
    def __init__(self, seed, back=False):
        self.random, self.back = random.Random(seed), back

    def stack(self):
        """One that is neither too deep nor too long; most are small."""
        while True:
            linktype, data, layers = getattr(self, "on_" + self.one(LINKS))(self.one([1, 2, 3, 4]))
            if len(layers) <= LAYERS_MOST and len(data) < 60000:
                return Stack(linktype, data, layers)

    # What the choices are made of.

    def one(self, choices):
        return self.random.choice(choices)

    def number(self, end, start=0):
        return self.random.randrange(start, end)

    def maybe(self, chance):
        return self.random.random() < chance

    def bytes(self, count):
        return self.random.randbytes(count)

    def mac(self):
        return bytes([self.number(32) * 4]) + self.bytes(5)

    def ends(self, make):
        a, b = make(), make()
        return (b, a) if self.back else (a, b)

    def ports(self, well_known=None):
        a, b = self.number(60000, 40000), well_known or self.number(60000, 40000)
        return self.ends(iter((a, b)).__next__)

    def body(self):
        """No dissector's, and not taken for IP behind a label either."""
        return b"\xfe\xfd" + self.bytes(self.one([0, 1, 2, 5, 18, 100]))

    def summed(self, data, at, pseudo, partial=False):
        """`data` with its checksum, or with a wrong one, or one that is left to the card."""
        whole, left = packet.checksum(pseudo + data), 0xFFFF - packet.checksum(pseudo)
        value, name = whole or 0xFFFF, "good"
        if self.maybe(0.15):
            value, name = next((value ^ flip, "bad") for flip in (0x5555, 0x3333, 0x0F0F) if value ^ flip not in (0, left, left ^ 0xFFFF))
        elif partial and left not in (0, value) and self.maybe(0.1):
            value, name = left, "partial"
        return data[:at] + struct.pack(">H", value) + data[at + 2:], name

    # Behind an ethertype.

    def typed(self, depth, *only):
        """@return type, bytes, layers"""
        kind = self.one(only) if only else self.one(["ip", "ipv6"] * 5 + ["vlan", "service", "old_vlan", "mpls", "session", "backbone", "nsh", "arp", "macsec"]
                                                    if depth > 0 else ["ip", "ipv6", "arp"])
        return getattr(self, "typed_" + kind)(depth - 1)

    def typed_ip(self, depth):
        return IP, *self.ip(depth)

    def typed_ipv6(self, depth):
        return IPV6, *self.ipv6(depth)

    def typed_arp(self, _):
        return 0x0806, struct.pack(">HHBBH", 1, IP, 6, 4, self.one([1, 2])) + self.bytes(20), [Layer("arp")]

    def tag(self, depth, ethertype, name):
        kind, data, layers = self.content(depth)
        vid = self.number(4095, 1)
        return ethertype, packet.vlan(data, kind, vid, self.number(8)), [Layer(name, vid), *layers]

    def typed_vlan(self, depth):
        return self.tag(depth, 0x8100, "vlan")

    def typed_old_vlan(self, depth):
        return self.tag(depth, 0x9100, "vlan")

    def typed_service(self, depth):
        return self.tag(depth, 0x88A8, "ieee8021ad")

    def typed_mpls(self, depth):
        return self.one([MPLS, 0x8848]), *self.mpls(depth)

    def typed_session(self, depth):
        data, layers = self.ppp(depth)
        session = self.number(65536, 1)
        return 0x8864, struct.pack(">BBHH", 0x11, 0, session, len(data)) + data + bytes(self.one([0, 6])), [Layer("pppoes", session), *layers]

    def typed_backbone(self, depth):
        kind, data, layers = self.content(depth)
        service = self.number(1 << 24)
        return 0x88E7, struct.pack(">I", service) + self.mac() + self.mac() + struct.pack(">H", kind) + data, [Layer("ieee8021ah", service), *layers]

    def typed_nsh(self, depth):
        return NSH, *self.nsh(depth)

    def typed_macsec(self, depth):
        """Integrity only: the frame goes on in clear."""
        kind, data, layers = self.typed(depth, "ip", "ipv6", "vlan")
        sci = self.bytes(self.one([0, 8]))
        short = len(data) + 2 if len(data) + 2 < 48 else 0
        return 0x88E5, struct.pack(">BBI", 0x20 if sci else 0, short, 1) + sci + struct.pack(">H", kind) + data + self.bytes(16), [Layer("macsec"), *layers]

    def content(self, depth):
        """Behind a field that is a type or a length."""
        if not self.maybe(0.1):
            return self.typed(depth)
        data, layers = self.llc(depth)
        return (len(data), data, layers) if len(data) <= 1500 else self.typed(0)

    def ethernet(self, depth):
        kind, data, layers = self.content(depth)
        frame = packet.ethernet(data, kind, self.mac(), self.mac())
        return frame.ljust(self.one([0, 60, 60, 64]), b"\0"), [Layer("eth"), *layers]

    def llc(self, depth):
        kind = self.number(4)
        if kind == 0:
            return b"\x42\x42\x03" + bytes(35), [Layer("llc"), Layer("stp")]
        if kind == 1:
            data, layers = self.ethernet(depth - 1)
            return bytes.fromhex("aaaa03 0080c2 0007 0000") + data, [Layer("llc"), *layers]
        return self.snap(depth)

    def snap(self, depth):
        kind, data, layers = self.typed(depth, "ip", "ipv6", "arp")
        return bytes.fromhex("aaaa03 000000") + struct.pack(">H", kind) + data, [Layer("llc"), *layers]

    def mpls(self, depth):
        labels = [self.number(1 << 20, 16) for _ in range(self.number(4, 1))]
        stack = b"".join(struct.pack(">I", label << 12 | (label is labels[-1]) << 8 | 64) for label in labels)
        if self.maybe(0.7):
            _, data, layers = self.typed(depth, "ip", "ipv6")
        else:
            data, layers = self.ethernet(depth)
            data, layers = bytes(2) + self.bytes(2) + data, [Layer("pwethcw"), *layers]
        return stack + data, [Layer("mpls", labels[-1]), *layers]

    def ppp(self, depth, framing=b""):
        protocol, inside = self.one([(0x21, self.ip), (0x57, self.ipv6), (0x0281, self.mpls)])
        data, layers = inside(depth - 1)
        short = protocol < 256 and self.maybe(0.2)
        return framing + (bytes([protocol]) if short else struct.pack(">H", protocol)) + data, [Layer("ppp"), *layers]

    def nsh(self, depth):
        path, (kind, metadata) = self.number(1 << 24), self.one([(1, bytes(16)), (2, b""), (2, b"\1\0\1\4" + bytes(4))])
        protocol, inside = self.one([(1, self.ip), (2, self.ipv6), (3, self.ethernet)])
        data, layers = inside(depth - 1)
        return struct.pack(">HBBI", 0x0FC0 | 2 + len(metadata) // 4, kind, protocol, path << 8 | 255) + metadata + data, [Layer("nsh", path), *layers]

    # Behind an IP protocol number.

    def ip(self, depth):
        src, dst = self.ends(lambda: str(ipaddress.IPv4Address(self.number(0xDF000000, 0x0B000000))))
        proto, data, layers = self.carried(depth, src, dst)
        ttl, options = self.number(256, 1), self.one([b"", b"", b"\x94\4\0\0", b"\1" * 8])
        datagram = packet.ipv4(data, proto, src, dst, ttl=ttl, ident=self.number(65536), flags_offset=self.one([0, 0x4000]), options=options)
        bad = self.maybe(0.1)
        datagram = datagram[:10] + bytes([datagram[10] ^ 0x55 * bad]) + datagram[11:]
        inner = next((layer for layer in layers if layer.name != "ah"), None)
        return datagram, [Layer("ip", ip=(src, dst, PROTOCOL[inner.name], ttl, "bad" if bad else "good")), *layers]

    def ipv6(self, depth):
        src, dst = self.ends(lambda: str(ipaddress.IPv6Address(0x20010DB8 << 96 | self.number(1 << 96))))
        proto, data, layers = self.carried(depth, src, dst)
        inner = next(layer for layer in layers if layer.name != "ah")
        for kind in self.random.sample(["dstopts", "dstopts", "routing", "fraghdr"], self.one([0, 0, 0, 1, 2])):
            proto, data = self.extension(kind, proto, data)
            layers = [Layer("ipv6." + kind), *layers]
        if self.maybe(0.1):
            proto, data, layers = packet.HOP_BY_HOP, packet.extension(data, proto, packet.pad_option(14)), [Layer("ipv6.hopopts"), *layers]
        hops = self.number(256, 1)
        return packet.ipv6(data, proto, src, dst, hops), [Layer("ipv6", ip=(src, dst, PROTOCOL[inner.name], hops, None)), *layers]

    def extension(self, kind, proto, data):
        if kind == "fraghdr":
            return packet.FRAGMENT, packet.fragment(data, proto)
        if kind == "routing":
            return packet.ROUTING, packet.extension(data, proto, bytes(6) + self.bytes(16))
        return packet.DESTINATION, packet.extension(data, proto, packet.pad_option(self.one([6, 14])))

    def carried(self, depth, src, dst):
        ends = ["tcp", "udp"] * 3 + ["icmp", "sctp", "dccp", "udplite"]
        more = ["gre"] * 4 + ["tunnel"] * 8 + ["ip", "ipv6", "mpls", "ah", "esp", "l2tp"] if depth > 0 else []
        return getattr(self, "in_" + self.one(ends + more))(depth, src, dst)

    def in_ip(self, depth, _src, _dst):
        return 4, *self.ip(depth - 1)

    def in_ipv6(self, depth, _src, _dst):
        return 41, *self.ipv6(depth - 1)

    def in_mpls(self, depth, _src, _dst):
        return 137, *self.mpls(depth - 1)

    def in_esp(self, *_):
        return ESP, self.bytes(48), [Layer("esp")]

    def in_ah(self, depth, src, dst):
        proto, data, layers = self.carried(depth - 1, src, dst)
        words = self.one([1, 3, 5])
        return AH, struct.pack(">BBHII", proto, words + 1, 0, 7, 1) + self.bytes(words * 4) + data, [Layer("ah"), *layers]

    def in_l2tp(self, *_):
        session = self.number(1 << 32, 1)
        return L2TP, struct.pack(">I", session) + b"\xf1" + self.bytes(20), [Layer("l2tp", session), Layer("data")]

    def ending(self, name, proto, head, at, payload, src, dst, ports, **how):
        data = head + payload
        data, total = self.summed(data, at, packet.pseudo(src, dst, proto, len(data)), **how)
        return proto, data, [Layer(name, port=(proto, *ports, total, payload.hex()))]

    def in_tcp(self, _, src, dst):
        ports, options = self.ports(), self.one([b"", b"\2\4\5\xb4", b"\1\1\x08\x0a" + bytes(8)])
        head = packet.tcp(b"", src, dst, *ports, self.number(1 << 32), self.number(1 << 32), self.one([2, 18, 16, 24, 17, 4]), options)
        return self.ending("tcp", packet.TCP, head[:16] + bytes(2) + head[18:], 16, self.body(), src, dst, ports, partial=True)

    def udp(self, ports, payload, src, dst, without=False):
        if without and self.maybe(0.2):
            head = struct.pack(">HHHH", *ports, 8 + len(payload), 0)
            return packet.UDP, head + payload, [Layer("udp", port=(packet.UDP, *ports, "not_present", payload.hex()))]
        return self.ending("udp", packet.UDP, struct.pack(">HHHH", *ports, 8 + len(payload), 0), 6, payload, src, dst, ports, partial=True)

    def in_udp(self, _, src, dst):
        return self.udp(self.ports(), self.body(), src, dst, without=":" not in src)

    def in_icmp(self, _, src, dst):
        """Two requests of a kind, so that ends can be exchanged: each is answered by the other."""
        kind, rest = self.ends(iter((8, 0)).__next__)[0], self.number(1 << 32)
        if ":" not in src:
            data, _ = self.summed(struct.pack(">BBHI", kind, 0, 0, rest) + self.body(), 2, b"")
            return packet.ICMP, data, [Layer("icmp")]
        head = struct.pack(">BBHI", 128 if kind else 129, 0, 0, rest) + self.body()
        data, _ = self.summed(head, 2, packet.pseudo(src, dst, packet.ICMPV6, len(head)))
        return packet.ICMPV6, data, [Layer("icmpv6")]

    def in_sctp(self, *_):
        ports, body = self.ports(), self.bytes(self.one([1, 4, 30]))
        chunk = struct.pack(">BBHIHHI", 0, 3, 16 + len(body), 1, 1, 0, 0) + body + bytes(-len(body) % 4)
        head, bad = struct.pack(">HHI", *ports, self.number(1 << 32)), self.maybe(0.2)
        total = packet.crc32c(head + bytes(4) + chunk) ^ bad
        return SCTP, head + struct.pack("<I", total) + chunk, [Layer("sctp", port=(SCTP, *ports, "bad" if bad else "good", chunk.hex()))]

    def in_dccp(self, _, src, dst):
        ports = self.ports()
        head = struct.pack(">HHBBHBBHIHHI", *ports, 6, 0, 0, 4 << 1 | 1, 0, 0, 5, 0, 0, 4)
        return self.ending("dccp", DCCP, head, 6, self.body(), src, dst, ports)

    def in_udplite(self, _, src, dst):
        ports = self.ports()
        return self.ending("udplite", UDPLITE, struct.pack(">HHHH", *ports, 0, 0), 6, self.body(), src, dst, ports)

    def in_gre(self, depth, _src, _dst):
        return GRE, *getattr(self, self.one(["gre_plain"] * 5 + ["gre_erspan", "gre_pptp"]))(depth - 1)

    def gre_plain(self, depth):
        kind, inside = self.one([(IP, self.ip), (IPV6, self.ipv6), (MPLS, self.mpls), (FRAME, self.ethernet), (FRAME, self.ethernet)])
        data, layers = inside(depth)
        checksum, key, sequence = self.maybe(0.3), self.number(1 << 32) if self.maybe(0.5) else None, self.maybe(0.3)
        flags = checksum << 15 | (key is not None) << 13 | sequence << 12
        head = struct.pack(">HH", flags, kind) + bytes(4 * checksum) + (struct.pack(">I", key) if key is not None else b"") + bytes(4 * sequence)
        nvgre = key is not None and kind == FRAME and not checksum and not sequence
        return head + data, [Layer("gre", key >> 8 if nvgre else key), *layers]

    def gre_erspan(self, depth):
        data, layers = self.ethernet(depth)
        session, kind = self.number(1024), self.one([1, 2, 3])
        if kind == 1:
            return struct.pack(">HH", 0, 0x88BE) + data, [Layer("gre"), Layer("erspan"), *layers]
        more = self.maybe(0.5)
        head = (struct.pack(">HHI", 0x1000, session, 5) if kind == 2
                else struct.pack(">HHIHH", 0x2000, session, 5, 0, more) + (b"\x0c" + bytes(7)) * more)
        return struct.pack(">HHI", 0x1000, 0x88BE if kind == 2 else 0x22EB, 1) + head + data, [Layer("gre"), Layer("erspan", session), *layers]

    def gre_pptp(self, depth):
        data, layers = self.ppp(depth, self.one([b"", b"\xff\3"]))
        call, sequence, ack = self.number(65536), self.maybe(0.8), self.maybe(0.5)
        head = struct.pack(">HHHH", 0x2001 | sequence << 12 | ack << 7, 0x880B, len(data), call)
        return head + bytes(4 * (sequence + ack)) + data, [Layer("gre", call), *layers]

    def in_tunnel(self, depth, src, dst):
        port, name, number, payload, layers = getattr(self, "over_" + self.one(["vxlan", "gpe", "geneve", "gtp", "l2tp", "teredo"]))(depth - 1)
        proto, data, carrier = self.udp(self.ports(port), payload, src, dst, without=True)
        return proto, data, [*carrier, Layer(name, number), *layers]

    def over_vxlan(self, depth):
        vni, (data, layers) = self.number(1 << 24), self.ethernet(depth)
        return 4789, "vxlan", vni, struct.pack(">BxxxI", 8, vni << 8 | self.one([0, 0, 255])) + data, layers

    def over_gpe(self, depth):
        vni, (protocol, inside) = self.number(1 << 24), self.one([(1, self.ip), (2, self.ipv6), (3, self.ethernet), (4, self.nsh)])
        data, layers = inside(depth)
        return 4790, "vxlan", vni, struct.pack(">BHBI", 12, 0, protocol, vni << 8) + data, layers

    def over_geneve(self, depth):
        vni, (kind, inside) = self.number(1 << 24), self.one([(FRAME, self.ethernet), (IP, self.ip), (IPV6, self.ipv6), (MPLS, self.mpls)])
        data, layers = inside(depth)
        options = b"".join(struct.pack(">HBB", 0x0102, 1, words) + self.bytes(4 * words) for words in self.one([[], [0], [3, 0], [2, 1]]))
        return 6081, "geneve", vni, struct.pack(">BBHI", len(options) // 4, 0, kind, vni << 8) + options + data, layers

    def over_gtp(self, depth):
        teid, (data, layers) = self.number(1 << 32), self.one([self.ip, self.ipv6])(depth)
        flags = self.one([0x30, 0x30, 0x32, 0x34])
        options = {0x30: b"", 0x32: b"\0\1\0\0", 0x34: self.one([b"\0\0\0\x85\1\x10\x09\0", b"\0\0\0\0", b"\0\0\0\xc0\1\0\1\x85\1\0\x09\0"])}[flags]
        return 2152, "gtp", teid, struct.pack(">BBHI", flags, 255, len(options) + len(data), teid) + options + data, layers

    def over_l2tp(self, depth):
        tunnel, session, (data, layers) = self.number(65536, 1), self.number(65536, 1), self.ppp(depth, self.one([b"", b"\xff\3"]))
        length, sequence, offset = self.maybe(0.5), self.maybe(0.4), self.maybe(0.4)
        rest = struct.pack(">HH", tunnel, session) + bytes(4 * sequence) + b"\0\2\0\0" * offset
        head = struct.pack(">H", 2 | length << 14 | sequence << 11 | offset << 9)
        head += struct.pack(">H", 4 + len(rest) + len(data)) * length
        return 1701, "l2tp", tunnel << 16 | session, head + rest + data, layers

    def over_teredo(self, depth):
        data, layers = self.ipv6(depth)
        return 3544, "teredo", None, self.one([b"", b"\0\1\0\0" + bytes(9), bytes(8), b"\0\1\2\3" + bytes(14 + 8)]) + data, layers

    # Under a link type.

    def on_ethernet(self, depth):
        return 1, *self.ethernet(depth)

    def on_raw(self, depth):
        _, data, layers = self.typed(depth, "ip", "ipv6")
        return self.one([12, 14, 101]), data, [Layer("raw"), *layers]

    def on_null(self, depth):
        kind, data, layers = self.typed(depth, "ip", "ipv6")
        family = 2 if kind == IP else self.one([24, 28, 30])
        linktype, order = self.one([(0, "<"), (0, ">"), (108, ">")])
        return linktype, struct.pack(order + "I", family) + data, [Layer("null"), *layers]

    def on_cooked(self, depth):
        kind, data, layers = self.typed(depth, "ip", "ipv6", "arp", "vlan", "session", "mpls")
        linktype, head = self.one([(113, struct.pack(">HHH8sH", 0, 1, 6, self.bytes(8), kind)),
                                   (276, struct.pack(">HHIHBB8s", kind, 0, 1, 1, 0, 6, self.bytes(8)))])
        return linktype, head + data, [Layer("sll"), *layers]

    def on_ppp(self, depth):
        linktype, framing = self.one([(9, b""), (9, b"\xff\3"), (50, b"\xff\3")])
        return linktype, *self.ppp(depth, framing)

    def on_cisco(self, depth):
        kind, data, layers = self.typed(depth, "ip", "ipv6", "mpls")
        return 104, struct.pack(">BBH", self.one([0x0F, 0x8F]), 0, kind) + data, [Layer("chdlc"), *layers]

    def on_atm(self, depth):
        return 100, *self.llc(depth)

    def on_wifi(self, depth):
        qos, ds, padded, fcs = self.maybe(0.5), self.number(4), self.maybe(0.3), self.maybe(0.5)
        data, layers = self.snap(depth)
        head = bytes([0x88 if qos else 8, ds]) + bytes(2) + self.mac() * 3 + b"\x10\0" + self.mac() * (ds == 3) + bytes(2 * qos)
        layers = [Layer("wlan"), *layers]
        if self.maybe(0.5):
            return 105, head + data, layers
        frame = head + bytes(-len(head) % 4 * padded) + data
        frame += struct.pack("<I", zlib.crc32(frame)) * fcs
        clock = self.maybe(0.5)
        radio = struct.pack("<I", 2 | clock) + bytes(8 * clock) + bytes([fcs << 4 | padded << 5])
        return 127, struct.pack("<BBH", 0, 0, 4 + len(radio)) + radio + frame, [Layer("radiotap"), *layers]

    def on_nflog(self, depth):
        kind, data, layers = self.typed(depth, "ip", "ipv6")
        attributes = b"".join(struct.pack("<HH", 4 + len(value), number) + value + bytes(-len(value) % 4)
                              for number, value in ((10, b"in\0"), (9, data)))
        return 239, bytes([2 if kind == IP else 10, 0, 0, 0]) + attributes, [Layer("nflog"), *layers]

    def on_relay(self, depth):
        head, inside = self.one([("1841 03 cc", self.ip), ("1841 03 8e", self.ipv6), ("1841 0800", self.ip), ("1841 03 00 80 0080c2 0007", self.ethernet)])
        data, layers = inside(depth - 1)
        return 107, bytes.fromhex(head) + data, [Layer("fr"), *layers]

    def on_pflog(self, depth):
        kind, data, layers = self.typed(depth, "ip", "ipv6")
        return 117, bytes([61, 2 if kind == IP else self.one([24, 28, 30])]).ljust(64, b"\0") + data, [Layer("pflog"), *layers]

    def on_infiniband(self, depth):
        kind, data, layers = self.typed(depth, "ip", "ipv6", "arp")
        return 242, self.bytes(40) + struct.pack(">HH", kind, 0) + data, [Layer("ipoib"), *layers]

    def on_ring(self, depth):
        data, layers = self.snap(depth)
        src, routed = self.mac(), self.maybe(0.5)
        return 6, b"\x10\x40" + self.mac() + bytes([src[0] | routed << 7]) + src[1:] + bytes.fromhex("063000110020") * routed + data, [Layer("tr"), *layers]

    def on_pktap(self, depth):
        data, layers = self.ethernet(depth)
        return 258, struct.pack("<III", 108, 1, 1).ljust(108, b"\0") + data, [Layer("pktap"), *layers]

    def on_export(self, depth):
        name, inside = self.one([(b"ip\0\0", self.ip), (b"ipv6", self.ipv6), (b"eth_withoutfcs\0\0", self.ethernet)])
        data, layers = inside(depth - 1)
        return 252, struct.pack(">HH", 12, len(name)) + name + bytes(4) + data, [Layer("exported_pdu"), *layers]


PROTOCOL = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "sctp": SCTP, "dccp": DCCP, "udplite": UDPLITE, "gre": GRE, "esp": ESP, "ip": 4,
            "ipv6": 41, "mpls": 137, "l2tp": L2TP}
LINKS = ["ethernet"] * 12 + [name[3:] for name in vars(Generator) if name.startswith("on_")]
