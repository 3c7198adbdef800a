# SPDX-License-Identifier: MIT OR Apache-2.0
"""Defragmentation: whose rules hold where fragments overlap, and what is said of datagrams that never become whole."""
import json

import cli
from cli import Case
from generator import container, packet
from generator.packet import FRAGMENT, UDP

STEP_NS = 1_000_000
A, B, C, D = "192.0.2.1", "10.0.0.1", "10.0.0.2", "10.1.0.1"
A6, B6, C6 = "2001:db8::1", "2001:db8::2", "2001:db9::2"


def fragment(data, start, more, dst, ident=1, proto=UDP, src=A):
    """A frame with a piece of an IPv4 datagram."""
    return packet.ethernet(packet.ipv4(data, proto, src, dst, ident=ident, flags_offset=start // 8 | (0x2000 if more else 0)), 0x0800)


def fragment6(data, start, more, dst, ident=1, proto=UDP, src=A6):
    return packet.ethernet(packet.ipv6(packet.fragment(data, proto, start // 8, more, ident), FRAGMENT, src, dst), 0x86DD)


def overlapping(make, src, dst):
    """Two fragments of a UDP datagram that disagree on its second 8 bytes."""
    datagram = packet.udp(b"a" * 8 + b"c" * 8, src, dst, 1000, 2000)
    return [make(datagram[:16], 0, True, dst), make(b"b" * 8 + datagram[16:], 8, False, dst)]


class Defrag(Case):
    def capture(self, frames, step_ns=STEP_NS):
        path = self.script("", "fragments.pcap")
        path.write_bytes(container.pcap([(1700000000_000000000 + step_ns * i, frame) for i, frame in enumerate(frames)]))
        return path

    def config(self, text):
        return self.script(f"return {{ defrag = {{\n{text} }} }}", "palua.lua")

    def test_the_receivers_network_decides(self):
        frames = [frame for dst in (B, C, D) for frame in overlapping(fragment, A, dst)]
        frames += [frame for dst in (B6, C6) for frame in overlapping(fragment6, A6, dst)]
        path = self.capture(frames)
        for policies, want in (("", {B: b"a", C: b"a", D: b"a"}),
                               ('policies = { ["10.0.0.0/8"] = "last" }', {B: b"b", C: b"b", D: b"b"}),
                               ('policies = { ["10.0.0.0/8"] = "last", ["10.0.0.0/16"] = "first" }', {B: b"a", C: b"a", D: b"b"}),
                               ('policy = 1, policies = { ["10.0.0.1"] = "drop", ["2001:db9::/32"] = "first" }', {C: b"b", D: b"b", C6: b"a"}),
                               ('policies = { ["::/0"] = "last", ["0.0.0.0/0"] = "drop" }', {B6: b"b", C6: b"b"})):
            run = self.ok("-c", self.config(policies), "-T", "transport.dst,transport.payload", "-o", "json", path)
            rows = map(json.loads, run.out_lines)
            with self.subTest(policies):
                self.assertEqual({row["transport.dst"]: row["transport.payload"] for row in rows},
                                 {dst: (byte * 8 + b"c" * 8).hex() for dst, byte in want.items()})

    def test_a_network_or_policy_that_is_none(self):
        path = self.capture([])
        for line, words in (('["10.0.0.0/33"] = "last"', ["10.0.0.0/33", "expected a network"]),
                            ('["10.1.2.3/8"] = "last"', ["did you mean 10.0.0.0/8?"]),
                            ('["10.0.0.0/8"] = "windoof"', ["did you mean windows?", "solaris"]),
                            ('["10.0.0.0/8"] = 4', ["got 4, expected first"]),
                            ('["2001:db8::/32"] = "last", ["2001:DB8::/32"] = "last"', ["twice"])):
            with self.subTest(line):
                self.refused(2, ["palua.lua:3: ", "defrag.policies", *words], "-c", self.config(f"policies = {{\n{line} }}"), "-T", "packet.len", path)
        self.refused(2, ["palua.lua:2: ", "did you mean defrag.policies?"], "-c", self.config("polices = {}"), "-T", "packet.len", path)


if __name__ == "__main__":
    cli.main()
