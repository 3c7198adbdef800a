# SPDX-License-Identifier: MIT OR Apache-2.0
"""What tells apart flows of the same five-tuple: VLANs, virtual networks, tunnels; by default and by configuration."""
import json
import struct

import cli
from cli import Case
from generator import container, packet

A, B = "10.0.0.1", "10.0.0.2"
OUTER = "192.0.2.1", "192.0.2.2"


def inner(forth=True):
    src, dst, sport, dport = (A, B, 40000, 50000) if forth else (B, A, 50000, 40000)
    return packet.ip(packet.udp(b"x", src, dst, sport, dport), 17, src, dst)


def vxlan(vni, forth=True):
    header = struct.pack(">BxxxI", 8, vni << 8)
    return packet.udp_frame(header + packet.ethernet(inner(forth), 0x0800), *OUTER[::1 if forth else -1], 5555, 4789)


def gtp(teid, forth=True):
    datagram = inner(forth)
    header = struct.pack(">BBHI", 0x30, 0xFF, len(datagram), teid)
    return packet.udp_frame(header + datagram, *OUTER[::1 if forth else -1], 2152, 2152)


def gre(key, forth=True):
    src, dst = OUTER[::1 if forth else -1]
    return packet.ethernet(packet.ip(struct.pack(">HHI", 0x2000, 0x0800, key) + inner(forth), 47, src, dst), 0x0800)


def vlan(vid, forth=True):
    return packet.ethernet(packet.vlan(inner(forth), 0x0800, vid), 0x8100)


class Context(Case):
    def flows(self, frames, config=None):
        """Each flow's VLAN, tunnel and id, with its packets in both directions; in the order of their ends."""
        path = self.script("", "context.pcap")
        path.write_bytes(container.pcap([(1700000000_000000000 + 1000 * i, data) for i, data in enumerate(frames)]))
        names = "vlan", "tunnel", "tunnel_id", "orig_pkts", "resp_pkts", "uid", "proto"
        args = ["-T", ",".join(f"flow.end.{name}" for name in names), "-o", "json", path]
        if config:
            args = ["-c", self.script(f"return {{ flow = {{ {config} }} }}", "palua.lua"), *args]
        rows = [json.loads(line) for line in self.ok(*args).out_lines]
        self.assertEqual(len({row["flow.end.uid"] for row in rows}), len(rows), "flows have uids of their own")
        return [tuple(row[f"flow.end.{name}"] for name in names[:5]) for row in rows if row["flow.end.orig_pkts"]]

    def inner_flows(self, frames, config=None):
        return [row for row in self.flows(frames, config) if row[1] or row[0]]

    def test_networks_are_apart(self):
        frames = [vxlan(5), vxlan(6), vxlan(5, False), vxlan(6)]
        self.assertEqual(self.inner_flows(frames), [(None, "vxlan", 5, 1, 1), (None, "vxlan", 6, 2, 0)])
        self.assertEqual(self.inner_flows(frames, "key_network = 0"), [(None, "vxlan", 5, 3, 1)])

    def test_sessions_are_not(self):
        frames = [gtp(1), gtp(2, False), gtp(1)]
        self.assertEqual(self.inner_flows(frames), [(None, "gtp", 1, 2, 1)])
        self.assertEqual(self.inner_flows(frames, "key_session = 1"), [(None, "gtp", 1, 2, 0), (None, "gtp", 2, 1, 0)])

    def test_keys_of_gre(self):
        frames = [gre(1), gre(2), gre(1, False)]
        self.assertEqual(self.inner_flows(frames), [(None, "gre", 1, 2, 1)])
        self.assertEqual(self.inner_flows(frames, "key_gre = 1"), [(None, "gre", 1, 1, 1), (None, "gre", 2, 1, 0)])

    def test_vlans_are_apart(self):
        frames = [vlan(5), vlan(6), vlan(5, False)]
        self.assertEqual(self.inner_flows(frames), [(5, None, None, 1, 1), (6, None, None, 1, 0)])
        self.assertEqual(self.flows(frames, "key_vlan = 0"), [(None, None, None, 2, 1)])

    def test_a_tunnel_that_was_fragmented_is_the_same(self):
        """An outer datagram in pieces gives the same flows, with the same keys, as a whole one."""
        for number, payload in ((4, inner()), (47, struct.pack(">HH", 0, 0x0800) + inner())):
            pieces = [packet.ipv4(piece, number, *OUTER, flags_offset=flags)
                      for piece, flags in ((payload[:16], 0x2000), (payload[16:], 2))]
            frames = [packet.ethernet(packet.vlan(datagram, 0x0800, 5), 0x8100)
                      for datagram in (packet.ip(payload, number, *OUTER), *pieces)]
            for config in (None, "key_vlan = 0", "key_outer = 1, key_gre = 1"):
                with self.subTest(proto=number, config=config):
                    self.assertEqual([row[3] for row in self.flows(frames, config)], [2])

    def carried(self, count, seconds=0):
        """Many inner flows, in carriers of their own or of others; some come again when all are long over."""
        frames = []
        for i in range(count):
            src, dst = f"10.1.{i % 7}.1", f"10.2.{i % 5}.2"
            datagram = packet.ipv4(packet.udp(b"x", src, dst, 1000 + i % 50, 2000), 17, src, dst, ident=i,
                                   flags_offset=0x2000 if i % 9 == 4 else 0x4000)
            frames.append(packet.udp_frame(struct.pack(">BxxxI", 8, i % 3 << 8) + packet.ethernet(datagram, 0x0800),
                                           f"192.0.2.{1 + i % 4}", "192.0.2.9", 5000 + i % 11, 4789))
        path = self.script("", "carried.pcap")
        path.write_bytes(container.pcap([(1700000000_000000000 + i * 10**6 + seconds * 10**9 * (i >= count // 2), data)
                                         for i, data in enumerate(frames)]))
        return path

    def test_carriers(self):
        path = self.script("", "carrier.pcap")
        path.write_bytes(container.pcap([(1700000000_000000000, vxlan(5)), (1700000001_000000000, vxlan(6, False))]))
        names = "orig_h", "orig_p", "tunnel", "orig_pkts", "resp_pkts", "orig_ip_bytes", "orig_payload"
        run = self.ok("-T", ",".join(f"flow.end.{name}" for name in names), path)
        self.assertEqual(sorted(run.out_lines), sorted([f"{OUTER[0]}\t5555\t\t1\t0\t79\t51", f"{OUTER[1]}\t5555\t\t1\t0\t79\t51",
                                                        f"{A}\t40000\tvxlan\t1\t0\t29\t1", f"{B}\t50000\tvxlan\t1\t0\t29\t1"]))
        run = self.ok("-T", "transport.packet_number,transport.src,transport.flow.orig_h", path)
        self.assertEqual(run.out_lines, [f"1\t{OUTER[0]}\t{OUTER[0]}", f"1\t{A}\t{A}", f"2\t{OUTER[1]}\t{OUTER[1]}", f"2\t{B}\t{B}"])
        run = self.ok("-T", "flow.start.packet_number,flow.start.orig_h", path)
        self.assertEqual(run.out_lines, [f"1\t{OUTER[0]}", f"1\t{A}", f"2\t{OUTER[1]}", f"2\t{B}"])

    def test_what_belongs_to_no_flow_does_not_belong_to_its_carriers(self):
        path = self.script("", "carrier.pcap")
        piece = packet.ethernet(packet.ipv4(bytes(16), 17, A, B, flags_offset=0x2000), 0x0800)
        cut = packet.ethernet(packet.ipv4(b"", 132, A, B), 0x0800)
        path.write_bytes(container.pcap([(1700000000_000000000, packet.udp_frame(struct.pack(">BxxxI", 8, 5 << 8) + frame, *OUTER, 5555, 4789))
                                         for frame in (piece, cut)]))
        for fields in ("packet.packet_number,packet.flow.orig_h", "network.src,network.flow.orig_h"):
            run = self.ok("-T", fields, path)
            self.assertEqual({line.split("\t")[1] for line in run.out_lines}, {""}, fields)
        run = self.ok("-T", "transport.src,transport.flow.orig_h", path)
        self.assertEqual(run.out_lines, [f"{OUTER[0]}\t{OUTER[0]}"] * 2 + [f"{A}\t"])

    def test_carriers_need_somebody_who_asks_for_flows(self):
        run = self.ok("-T", "transport.src", self.carried(1))
        self.assertEqual(run.out_lines, ["192.0.2.1", "10.1.0.1"])

    def test_the_same_on_any_number_of_threads(self):
        fields = "flow.start.uid,flow.end.uid,flow.end.reason,flow.end.orig_pkts,transport.flow.uid,transport.src,packet.layers,packet.flow.uid"
        config = self.script("return { flow = { cap = 256 } }", "palua.lua")
        for seconds in (0, 61, 4000):
            path = self.carried(500, seconds)
            for more in ([], ["-c", config]):
                one = self.ok("-j", 1, *more, "-T", fields, path)
                self.assertGreater(len(one.out_lines), 1500)
                for jobs, batch in ((2, 1024), (4, 7), (3, 1)):
                    run = self.ok("-j", jobs, "--batch", batch, *more, "-T", fields, path)
                    self.assertEqual(run.out, one.out, f"-j {jobs}, --batch {batch}, {seconds} s, {more}")

    def test_values_out_of_bounds(self):
        config = self.script("return { flow = { key_vlan = 2 } }", "palua.lua")
        self.refused(2, ["flow.key_vlan", "0 to 1"], "-c", config, "-T", "packet.len", cli.capture("dns.pcapng"))


if __name__ == "__main__":
    cli.main()
