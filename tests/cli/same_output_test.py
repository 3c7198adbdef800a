# SPDX-License-Identifier: MIT OR Apache-2.0
"""The same packets give the same bytes: for every batch size, container, and from a file or a pipe."""
import json
import pathlib
import subprocess
import tempfile

import cli
from cli import Case, capture

SCRIPTS = sorted(path.stem for path in (cli.ROOT / "scripts").glob("*.lua"))
FIELDS = "packet.ts,packet.packet_number,packet.len,packet.layers,packet.src,packet.dst,dns.query.qname,dns.answer.rtt,flow.end.orig_h,flow.end.resp_pkts,flow.end.history,flow.end.conn_state,flow.end.resp_bytes,flow.end.packet_number,flow.end.frame"
WRITES = tempfile.TemporaryDirectory()
# What a script that writes files is given; its table says what they hold.
OPTIONS = {"extract_streams": ("-O", WRITES.name)}
ANALYSES = [("-s", name, *OPTIONS.get(name, ())) for name in SCRIPTS] + [("-T", FIELDS)]
FORMATS = "table", "json", "csv", "tsv", "zeek"
RECORDED = "dns.pcapng", "http.pcap", "ping.pcap", "generated/hostile_dns.pcap", "generated/fragments.pcap", "generated/connections.pcap"
SELDOM = {"dns_stats", "port_scan", "syn_flood", "long_connections", "follow", "tcp_health", "extract_streams"}  # a capture may hold nothing of what these look for


class SameOutput(Case):
    def same(self, runs):
        """All (label, run) must have written the same, and something."""
        first_label, first = runs[0]
        if not SELDOM & set(first.args):
            self.assertTrue(first.out, first)
        for label, run in runs[1:]:
            self.assertEqual(run.out, first.out, f"{label} differs from {first_label}")

    def test_scripts_are_there(self):
        self.assertLessEqual({"dns_stats", "top_talkers", "protocol_hierarchy", "packet_sizes"}, set(SCRIPTS))

    def test_batch_sizes(self):
        for name in RECORDED:
            for analysis in ANALYSES:
                with self.subTest(capture=name, analysis=analysis):
                    self.same([(n, self.ok(*analysis, "-o", "json", "--batch", n, capture(name))) for n in (1024, 1, 7)])

    def test_block_sizes(self):
        config = self.script("return { batch = { block_size = 4096 } }", "palua.lua")
        for analysis in ANALYSES:
            with self.subTest(analysis=analysis):
                self.same([("256 KiB", self.ok(*analysis, capture("dns.pcapng"))),
                           ("4 KiB", self.ok("-c", config, *analysis, capture("dns.pcapng")))])

    def test_containers(self):
        files = sorted((cli.CAPTURES / "generated").glob("mixed_*"))
        self.assertEqual(len(files), 12)
        for analysis in ANALYSES:
            with self.subTest(analysis=analysis):
                self.same([(file.name, self.ok(*analysis, "-o", "csv", file)) for file in files])

    def test_pipe(self):
        for name in RECORDED:
            data = (cli.CAPTURES / name).read_bytes()
            for analysis in ANALYSES:
                with self.subTest(capture=name, analysis=analysis):
                    self.same([("file", self.ok(*analysis, "-o", "json", capture(name))),
                               ("pipe", self.ok(*analysis, "-o", "json", "-", stdin=data))])

    def test_slow_pipe(self):
        """Bytes that trickle in, cut at the worst places."""
        data = (cli.CAPTURES / "generated" / "mixed_le.pcapng").read_bytes()
        with subprocess.Popen([cli.PALUA, "-q", "-T", FIELDS, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=cli.ENVIRONMENT) as run:
            for i in range(0, len(data), 5):
                run.stdin.write(data[i:i + 5])
                run.stdin.flush()
            out = run.communicate(timeout=cli.TIMEOUT_S)[0].decode()
        self.assertEqual(out, self.ok("-T", FIELDS, capture("generated/mixed_le.pcapng")).out)

    def test_two_runs(self):
        for analysis in ANALYSES:
            with self.subTest(analysis=analysis):
                self.same([(i, self.ok(*analysis, capture("dns.pcapng"))) for i in range(2)])


class Formats(Case):
    """Every format on every capture: readable by its own reader, and no control byte from a packet reaches a terminal."""

    def test_no_control_bytes(self):
        harmful = set(range(32)) - {10} | {127}
        for name in "dns.pcapng", "generated/hostile_dns.pcap", "generated/dns_types.pcap":
            for analysis in ANALYSES:
                for form in FORMATS:
                    with self.subTest(capture=name, analysis=analysis, format=form):
                        run = self.ok(*analysis, "-o", form, capture(name))
                        found = set(run.out_bytes) & (harmful - ({9} if form in ("tsv", "table", "zeek") else {13} if form == "csv" else set()))
                        self.assertEqual(found, set(), run)
                        self.assertEqual(run.out_bytes.decode("utf-8", "strict").count("\x9b"), 0)

    def test_json_is_json(self):
        for analysis in ANALYSES:
            for line in self.ok(*analysis, "-o", "json", capture("generated/hostile_dns.pcap")).out_lines:
                self.assertIsInstance(json.loads(line), dict)

    def test_file_instead_of_stdout(self):
        path = self.script("", "out.csv")
        run = self.ok("-T", FIELDS, "-o", f"csv={path}", capture("http.pcap"))
        self.assertEqual(run.out, "")
        self.assertEqual(pathlib.Path(path).read_text(), self.ok("-T", FIELDS, "-o", "csv", capture("http.pcap")).out)


class Selection(Case):
    def test_skip_and_count(self):
        whole = self.ok("-T", "packet.packet_number,packet.ts", "-o", "json", capture("dns.pcapng")).out_lines
        for skip, count in (0, 10), (5, 10), (370, 10), (371, 1), (1000, 1), (100, 0):
            run = self.ok("--skip", skip, "--count", count, "-T", "packet.packet_number,packet.ts", "-o", "json", capture("dns.pcapng"))
            self.assertEqual(run.out_lines, whole[skip:skip + count] if count else whole[skip:], run)


if __name__ == "__main__":
    cli.main()
