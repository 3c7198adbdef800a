# SPDX-License-Identifier: MIT OR Apache-2.0
"""The bundled C analyses: hexdump beside the capture's own bytes, the tables beside what the events say, Community IDs beside an
implementation of the specification in ten lines."""
import base64
import collections
import hashlib
import ipaddress
import json
import struct

import cli
from cli import Case, capture

CAPTURES = "dns.pcapng", "http.pcap", "ping.pcap", "generated/connections.pcap", "generated/fragments.pcap", "generated/hostile_headers.pcap"
PORTED = 6, 17, 132


def community_id(proto, src, sport, dst, dport):
    """For protocols with ports: github.com/corelight/community-id-spec."""
    a, b = (ipaddress.ip_address(src).packed, sport), (ipaddress.ip_address(dst).packed, dport)
    (src, sport), (dst, dport) = min(a, b), max(a, b)
    text = struct.pack(">H", 0) + src + dst + struct.pack(">BBHH", proto, 0, sport, dport)
    return "1:" + base64.b64encode(hashlib.sha1(text).digest()).decode()


class Analyses(Case):
    def tables(self, plugin, name, *args):
        tables = collections.defaultdict(list)
        for line in self.ok("-p", plugin, "-o", "json", *args, capture(name)).out_lines:
            row = json.loads(line)
            tables[row.pop("table")].append(row)
        return tables

    def rows(self, event, fields, name):
        out = []
        for line in self.ok("-T", ",".join(f"{event}.{field}" for field in fields), "-o", "json", capture(name)).out_lines:
            row = json.loads(line)
            out.append({field: row.get(f"{event}.{field}") for field in fields})
        return out

    def test_flows_are_those_that_ended(self):
        names = {"flow_id": "uid", "src": "orig_h", "src_port": "orig_p", "dst": "resp_h", "dst_port": "resp_p"}
        same = ("proto", "orig_pkts", "resp_pkts", "orig_bytes", "resp_bytes", "orig_ip_bytes", "resp_ip_bytes", "missed_bytes", "conn_state",
                "community_id", "duration")
        for name in CAPTURES:
            with self.subTest(name):
                want = self.rows("flow.end", list(names.values()) + list(same), name)
                got = [{names.get(key, key): value for key, value in row.items() if key in names or key in same}
                       for row in self.tables("flows", name)["flows"]]
                self.assertTrue(got)
                self.assertEqual(got, want)

    def test_community_ids(self):
        for name in CAPTURES:
            rows = self.tables("community_id", name)["community_ids"]
            self.assertTrue(rows)
            for row in rows:
                if row["proto"] in PORTED:
                    self.assertEqual(row["community_id"], community_id(row["proto"], row["src"], row["src_port"], row["dst"], row["dst_port"]), row)

    def test_basic_stats(self):
        for name in CAPTURES:
            with self.subTest(name):
                tables = self.tables("basic_stats", name)
                l3, l4 = collections.Counter(), collections.Counter()
                for row in self.rows("packet", ("src", "dst", "proto"), name):
                    if row["src"]:
                        l3[row["src"], row["dst"], row["proto"]] += 1
                for row in self.rows("flow.end", ("proto", "orig_h", "orig_p", "resp_h", "resp_p", "orig_pkts", "resp_pkts"), name):
                    there = (row["orig_h"], row["orig_p"]), (row["resp_h"], row["resp_p"])
                    for (a, b), packets in ((there, row["orig_pkts"]), (there[::-1], row["resp_pkts"])):
                        l4[row["proto"], a, b] += packets
                self.assertEqual({(row["src"], row["dst"], row["l4_proto"]): row["num_packets"] for row in tables["l3"]}, dict(l3))
                self.assertEqual({(row["proto"], (row["src"], row["src_port"]), (row["dst"], row["dst_port"])): row["num_packets"]
                                  for row in tables["l4"]}, {key: packets for key, packets in l4.items() if packets})
                self.assertEqual([(row["layer"], row["num_packets"]) for row in tables["totals"]], [("l3", sum(l3.values())), ("l4", sum(l4.values()))])

    def test_basic_stats_of_http(self):
        # tshark 4.0.17, http.pcap: -z conv,ip: 27 and 25 frames, 2296 and 12203 bytes; less 14 of Ethernet and 20 of IP each.
        l3 = self.tables("basic_stats", "http.pcap")["l3"]
        self.assertEqual([(row["src"], row["num_packets"], row["num_bytes"], row["ip_bytes"]) for row in l3],
                         [("192.0.2.10", 27, 2296 - 27 * 34, 2296 - 27 * 14), ("192.0.2.80", 25, 12203 - 25 * 34, 12203 - 25 * 14)])

    def test_caps_are_counted(self):
        config = self.script("return { plugins = { flows = { row_cap = 2 }, community_id = { row_cap = 1 }, basic_stats = { row_cap = 1 } } }", "palua.lua")
        for plugin, table, rows, told in (("flows", "flows", 2, "flows.rows_left_out"), ("community_id", "community_ids", 1, "community_id.rows_left_out"),
                                          ("basic_stats", "l3", 1, "basic_stats.packets_left_out")):
            run = self.palua("-c", config, "-p", plugin, "-o", "json", capture("http.pcap"), quiet=False)
            self.assertEqual(sum(json.loads(line)["table"] == table for line in run.out_lines), rows)
            self.assertIn(told.split(".")[1], run.err)

    def test_hexdump(self):
        want = self.rows("packet", ("packet_number", "len", "caplen", "bytes"), "http.pcap")
        lines = self.ok("-p", "hexdump", capture("http.pcap")).out_lines
        for row in want:
            head = lines.pop(0)
            self.assertTrue(head.startswith(f"packet {row['packet_number']}: {row['len']} bytes, {row['caplen']} captured, "), head)
            data = bytes.fromhex(row["bytes"])
            for at in range(0, len(data), 16):
                part = data[at:at + 16]
                pairs = " ".join(part[i:i + 2].hex() for i in range(0, len(part), 2))
                text = "".join(chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else "." for byte in part)
                self.assertEqual(lines.pop(0), f"0x{at:04x}:  {pairs:<39}  {text}")
        self.assertEqual(lines, [])

    def test_hexdump_shows_as_many_bytes_as_asked_for(self):
        config = self.script("return { plugins = { hexdump = { bytes = 20 } } }", "palua.lua")
        lines = self.ok("-c", config, "-p", "hexdump", "--count", "1", capture("http.pcap")).out_lines
        self.assertEqual([len(lines), lines[2]], [3, "0x0010:  003c 85f7" + " " * 32 + ".<.."])


if __name__ == "__main__":
    cli.main()
