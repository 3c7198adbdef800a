# SPDX-License-Identifier: MIT OR Apache-2.0
"""The project's own captures against tshark's answers (tests/captures/answers.json, CATALOG.md): packets, layers, DNS messages."""
import collections
import json
import re

import cli
from cli import Case, capture

ANSWERS = json.loads((cli.CAPTURES / "answers.json").read_text())
CATALOG = re.findall(r"^\| (\S+) \|.*\| (\d+) \| (\d+) \|$", (cli.CAPTURES / "CATALOG.md").read_text(), re.M)

# Where palua and tshark differ, and why.
HEADERS_ONLY = {"generated/cut_60.pcap"}  # a question that the snaplen cut is no dns.query here; tshark shows what there is
EXTENDED_RCODE = {("dns.pcapng", 356): 16, ("generated/dns_rcodes.pcap", 23): 16}  # BADVERS; tshark's field is the header's half
RTT = {
    ("dns.pcapng", 358): None,  # neither has a question to match by; tshark matches by identifier alone
    ("generated/dns_timing.pcap", 14): 0.003,  # two questions with one identifier: the names tell them apart
    ("generated/dns_timing.pcap", 15): 0.005,
    ("generated/dns_timing.pcap", 22): None,  # 70 s later: the flow has ended
    ("generated/mixed_ps_offset.pcapng", 4): 0.125,  # tshark 4.0.17 overflows with picoseconds
    ("generated/mixed_ps_offset.pcapng", 6): 0.125,
    ("generated/mixed_ps_offset.pcapng", 8): 0.125,
}


class Answers(Case):
    def rows(self, name, fields, event):
        """The event's values in each of its rows, as JSON gives them."""
        return [json.loads(line) for line in self.ok("-T", ",".join(f"{event}.{field}" for field in fields), "-o", "json", capture(name)).out_lines]

    def test_packets(self):
        self.assertGreater(len(CATALOG), 50)
        for name, packets, _ in CATALOG:
            with self.subTest(name):
                run = self.palua("--strict", "-T", "packet.packet_number", "-o", "json", capture(name))
                self.assertEqual(len(run.out_lines), int(packets), run)

    def test_layers(self):
        for name, answer in ANSWERS.items():
            with self.subTest(name):
                stacks = collections.Counter(row["packet.layers"] for row in self.rows(name, ["layers"], "packet"))
                whole = {stack: n for stack, n in stacks.items() if not stack.endswith(":data")}
                self.assertEqual(whole, answer["stacks"])

    def test_dns(self):
        for name in sorted(set(ANSWERS) - HEADERS_ONLY):
            with self.subTest(name):
                queries = self.rows(name, ["frame", "id"], "dns.query")
                answers = self.rows(name, ["frame", "id", "rcode", "rtt"], "dns.answer")
                ours = [[row["dns.query.frame"], 0, row["dns.query.id"], None, None] for row in queries]
                ours += [[row["dns.answer.frame"], 1, row["dns.answer.id"], row["dns.answer.rcode"], row.get("dns.answer.rtt")] for row in answers]
                self.assertEqual(sorted(ours), [self.explained(name, message) for message in ANSWERS[name]["dns"]])

    @staticmethod
    def explained(name, message):
        frame, answer, ident, rcode, rtt = message
        return [frame, answer, ident, EXTENDED_RCODE.get((name, frame), rcode), RTT.get((name, frame), rtt)]


if __name__ == "__main__":
    cli.main()
