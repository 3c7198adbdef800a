# SPDX-License-Identifier: MIT OR Apache-2.0
"""A flow.end says where the flow's last packet was, whichever way the flow ended."""
import json

import cli
from cli import Case, capture

PLACE = "ts_ns", "packet_number", "file", "frame"
INPUTS = capture("dns.pcapng"), capture("http.pcap"), capture("ssh.pcap")
CONFIGS = {
    "end": "return {}",
    "timeout": "return { flow = { tcp_timeout = 1, udp_timeout = 1, icmp_timeout = 1, other_timeout = 1, tcp_embryonic_timeout = 1 } }",
    "evicted": "return { flow = { cap = 256 } }",
}


class FlowEnd(Case):
    def rows(self, config, event, fields, *args):
        run = self.ok("-c", config, "-T", ",".join(f"{event}.{field}" for field in fields), "-o", "json", *args, *INPUTS)
        return [{key.removeprefix(event + "."): value for key, value in json.loads(line).items()} for line in run.out_lines]

    def last_packets(self, config):
        """By flow: the last of its packets, as the transport events have it."""
        last = {}
        for row in self.rows(config, "transport", PLACE + ("flow.uid", "proto_name")):
            last[row["flow.uid"]] = {name: row[name] for name in PLACE}
        return last

    def test_is_the_flows_last_packet(self):
        for reason, text in CONFIGS.items():
            config = self.script(text, "palua.lua")
            last = self.last_packets(config)
            ends = [row for row in self.rows(config, "flow.end", PLACE + ("uid", "reason", "proto_name")) if row["proto_name"] in ("tcp", "udp")]
            with self.subTest(reason):
                self.assertIn(reason, {row["reason"] for row in ends})
                self.assertEqual(len(ends), len(last))
                for row in ends:
                    self.assertEqual({name: row[name] for name in PLACE}, last[row["uid"]], row)

    def test_number_and_time_without_the_place(self):
        config = self.script(CONFIGS["end"], "palua.lua")
        last = self.last_packets(config)
        for row in self.rows(config, "flow.end", ("packet_number", "uid", "proto_name")):
            if row["proto_name"] in ("tcp", "udp"):
                self.assertEqual(row["packet_number"], last[row["uid"]]["packet_number"])

    def test_a_script_reads_it(self):
        script = self.script('on("flow.end", function(e) print(e.packet_number, e.frame, e.file, e.ts > 0) end)')
        lines = self.ok("-s", script, capture("http.pcap")).out_lines
        self.assertTrue(lines)
        for line in lines:
            number, frame, file, timed = line.split("\t")
            self.assertEqual((number, file, timed), (frame, capture("http.pcap"), "true"))


if __name__ == "__main__":
    cli.main()
