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
                               ('policy = "last", policies = { ["10.0.0.1"] = "drop", ["2001:db9::/32"] = "first" }', {C: b"b", D: b"b", C6: b"a"}),
                               ('policies = { ["::/0"] = "last", ["0.0.0.0/0"] = "drop" }', {B6: b"b", C6: b"b"})):
            run = self.ok("-c", self.config(policies), "-T", "transport.dst,transport.payload", "-o", "json", path)
            rows = map(json.loads, run.out_lines)
            with self.subTest(policies):
                self.assertEqual({row["transport.dst"]: row["transport.payload"] for row in rows},
                                 {dst: (byte * 8 + b"c" * 8).hex() for dst, byte in want.items()})

    def mixed(self):
        """Whole and unfinished datagrams of many hosts, in turns, over some minutes; and flows that end meanwhile."""
        frames = []
        for i in range(400):
            src, dst = f"192.0.2.{i % 50 + 1}", f"10.0.{i % 7}.{i % 11 + 1}"
            datagram = packet.udp(bytes([i % 256]) * 40, src, dst, 1000 + i, 53)
            if i % 3 == 0:  # the last fragment is missing, or comes first
                frames.append(fragment(datagram[:24], 0, True, dst, i, src=src))
                if i % 2:
                    frames.insert(-1, fragment(datagram[32:], 32, False, dst, i, src=src))
            elif i % 3 == 1:
                frames += [fragment(datagram[24:], 24, False, dst, i, src=src), fragment(datagram[:24], 0, True, dst, i, src=src)]
            else:
                frames.append(packet.ethernet(packet.ipv4(datagram, UDP, src, dst, ident=i), 0x0800))
        frames += [fragment6(packet.udp(b"x" * 40, A6, B6, 7000 + i, 53)[:16], 0, True, B6, i) for i in range(20)]
        return self.capture(frames, 150_000_000)

    def test_an_unfinished_datagram_gives_its_transport_event_when_it_is_given_up(self):
        datagram = packet.udp(b"x" * 24, A, B, 1000, 2000)
        tcp = packet.tcp(b"", A, B, 3000, 80, 5, 6, packet.SYN)
        frames = [fragment(datagram[:16], 0, True, B, 1), fragment(tcp[:16], 0, True, B, 2, packet.TCP), fragment(datagram[16:], 16, False, B, 3),
                  fragment(tcp + bytes(12), 0, True, C, 4, packet.TCP), packet.ethernet(packet.ipv4(packet.udp(b"x" * 24, A, D, 1000, 2000), UDP, A, D), 0x0800)]
        path = self.script("", "fragments.pcap")
        path.write_bytes(container.pcap([(1700000000_000000000 + second * 10**9, frame) for second, frame in zip((0, 0, 0, 20, 40), frames)]))
        fields = "packet_number", "ts", "frame", "proto_name", "src", "dst", "sport", "dport", "payload", "flags", "checksum_name", "flow.uid"
        run = self.ok("-T", ",".join(f"transport.{field}" for field in fields), "-o", "json", path)
        rows = [{key.removeprefix("transport."): value for key, value in json.loads(line).items()} for line in run.out_lines]
        self.assertEqual([(row["packet_number"], row["frame"], row["proto_name"], row["src"], row["dst"], row["sport"], row["payload"], row["flags"])
                          for row in rows],
                         [(1, 1, "udp", A, B, 1000, b"x".hex() * 8, None),  # its time was over before packet 5
                          (5, 5, "udp", A, D, 1000, b"x".hex() * 24, None),
                          (4, 4, "tcp", A, C, 3000, bytes(12).hex(), packet.SYN)])  # the run has ended; packet 2 has no whole header
        self.assertEqual([row["ts"] for row in rows], [1700000000, 1700000040, 1700000020])
        self.assertEqual([row["flow.uid"] is None for row in rows], [True, False, True])
        self.assertEqual([row["checksum_name"] for row in rows], ["unverified", "good", "unverified"])
        script = self.script('on("transport", function(e) print(e.packet_number, e.sport, e.flow and e.flow.uid ~= nil, #e.header) end)')
        self.assertEqual(self.ok("-s", script, path).out_lines, ["1\t1000\tnil\t8", "5\t1000\ttrue\t8", "4\t3000\tnil\t20"])

    def test_its_checksum_is_not_verified_though_what_its_length_says_has_come(self):
        short = packet.udp(b"x" * 8, A, B, 1000, 2000)
        path = self.capture([fragment(short, 0, True, B), packet.ethernet(packet.ipv4(short, UDP, A, B), 0x0800)])
        self.assertEqual(self.ok("-T", "transport.packet_number,transport.checksum_name", path).out_lines, ["2\tgood", "1\tunverified"])

    def test_unfinished_datagrams_come_in_one_order(self):
        path = self.mixed()
        events = self.script("""
            local function show(name) on(name, function(e) print(name, e.packet_number, e.frame) end) end
            show("transport") show("network") show("flow.end") show("flow.start")""")
        for config in ("", "datagram_cap = 9", "host_cap = 2", "ip_timeout = 1, ipv6_timeout = 1"):
            args = ["-c", self.config(config), "-s", events]
            want = self.ok(*args, "-j", 1, path).out
            self.assertEqual(want.count("transport\t"), 134 + 266 + 20)
            self.assertEqual("shed at a cap" in self.palua(*args, path, quiet=False).err, "cap" in config, config)
            for jobs in (1, 2, 3, 8):
                for batch in (1, 7, 1024):
                    with self.subTest(config=config, jobs=jobs, batch=batch):
                        self.assertEqual(self.ok(*args, "-j", jobs, "--batch", batch, path).out, want)

    def test_many_are_unfinished_at_the_end(self):
        """More than are given up at once: in the order in which they began, before the flows that end there."""
        start = packet.udp(b"x" * 24, A, B, 1000, 2000)[:16]
        frames = [fragment(start, 0, True, B, i % 65536, src=f"192.0.{i % 100}.1") for i in range(9000)]
        frames.append(packet.ethernet(packet.ipv4(packet.udp(b"x", A, B, 1, 2), UDP, A, B), 0x0800))
        path = self.capture(frames, 1000)
        script = self.script('on("transport", function(e) print(e.packet_number) end) on("flow.end", function(e) print("end", e.packet_number) end)')
        want = ["9001", *map(str, range(1, 9001)), "end\t9001"]
        for jobs, batch in ((1, 1024), (2, 7), (3, 1024)):
            self.assertEqual(self.ok("-s", script, "-j", jobs, "--batch", batch, path).out_lines, want)

    def test_the_counters_are_the_same_whoever_asks(self):
        path = self.mixed()
        for field in ("transport.sport", "network.src"):
            self.assertIn("133 datagrams reassembled, 154 datagrams left incomplete", self.palua("-T", field, path, quiet=False).err)

    def test_the_packets_a_datagram_came_from(self):
        datagram = packet.udp(b"x" * 24, A, B, 1000, 2000)
        frames = [fragment(datagram[24:], 24, False, B), fragment(datagram[8:24], 8, True, B), fragment(datagram[8:24], 8, True, B),
                  packet.ethernet(packet.ipv4(datagram, UDP, A, D), 0x0800), fragment(datagram[:8], 0, True, B)]
        script = self.script('on("network", function(e) local t = {} for i, f in ipairs(e.fragments) do t[i] = f.number end '
                             'print(e.packet_number, table.concat(t, " ")) end)')
        want = ["1\t", "2\t", "3\t", "4\t", "5\t1 2 3 5"]
        for jobs, batch in ((1, 1024), (1, 1), (3, 2)):
            self.assertEqual(self.ok("-s", script, "-j", jobs, "--batch", batch, self.capture(frames)).out_lines, want)
        rows = self.ok("-T", "network.packet_number,network.fragments", "-o", "csv", self.capture(frames)).out_lines
        self.assertEqual(rows[-1], '5,"1,2,3,5"')

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
