# SPDX-License-Identifier: MIT OR Apache-2.0
"""Captures that are none, cut short or damaged: everything before the damage, one line that says where, and the exit status."""
import os
import shutil
import subprocess
import tempfile

import cli
import generate
from cli import Case, capture

PACKETS = ("-T", "packet.packet_number", "-o", "json")
BAD = [c for c in generate.captures() if c.path.startswith("bad/")]
# Packets that can be read in all where some lie behind the damage.
RECOVERED = {"bad/block_zero.pcapng": 2, "bad/packet_interface.pcapng": 2}


class BadCapture(Case):
    def check(self, run, bad, name):
        self.assertEqual(run.status, bad.status, run)
        self.assertEqual(len(run.out_lines), bad.packets, run)
        self.assertEqual(len(run.err_lines), 1 if bad.status else 0, run)
        if bad.status:
            self.assertIn(name, run.err)
            self.assertIn("@0x" if bad.status == 3 else "expected", run.err, run)

    def test_table(self):
        self.assertGreater(len(BAD), 30)
        for bad in BAD:
            with self.subTest(bad.path):
                self.check(self.palua("--strict", *PACKETS, capture(bad.path)), bad, bad.path)

    def test_what_lies_behind_damage(self):
        for bad in BAD:
            with self.subTest(bad.path):
                runs = [self.palua("--batch", n, *PACKETS, capture(bad.path)) for n in (1024, 1)]
                self.assertEqual(runs[0].status, bad.status, runs[0])
                self.assertEqual(len(runs[0].out_lines), RECOVERED.get(bad.path, bad.packets), runs[0])
                self.assertEqual((runs[0].out, runs[0].err), (runs[1].out, runs[1].err))
                piped = self.palua(*PACKETS, "-", stdin=bad.data)
                self.assertEqual((piped.status, piped.out), (bad.status, runs[0].out))

    def test_table_through_a_pipe(self):
        for bad in BAD:
            with self.subTest(bad.path):
                self.check(self.palua("--strict", *PACKETS, "-", stdin=bad.data), bad, "stdin")

    def test_table_in_small_batches(self):
        for bad in BAD:
            with self.subTest(bad.path):
                self.check(self.palua("--strict", *PACKETS, "--batch", 1, capture(bad.path)), bad, bad.path)

    def test_the_line_says_where(self):
        run = self.refused(3, ["bad/record_cut.pcap@0xe7", "cut short"], *PACKETS, capture("bad/record_cut.pcap"))
        self.assertEqual([line[-2:] for line in run.out_lines], ["1}", "2}", "3}"], run)

    def test_directory_without_captures(self):
        self.refused(4, ["tests/cli", "directory without captures"], *PACKETS, "tests/cli")

    def test_missing(self):
        self.refused(4, ["absent.pcap", "No such file"], *PACKETS, "absent.pcap")

    def test_unreadable(self):
        with tempfile.TemporaryDirectory() as folder:
            path = shutil.copy(cli.CAPTURES / "dns.pcapng", folder)
            os.chmod(path, 0)
            if os.access(path, os.R_OK):
                self.skipTest("root may read everything")
            self.refused(4, [path, "Permission denied"], *PACKETS, path)

    def test_name_with_control_bytes(self):
        run = self.refused(4, [r"\x1b[31m"], *PACKETS, "\x1b[31mred.pcap")
        self.assertNotIn("\x1b", run.err)

    def test_the_others_are_read(self):
        run = self.palua(*PACKETS, capture("bad/record_cut.pcap"), capture("http.pcap"))
        self.assertEqual((run.status, len(run.out_lines), len(run.err_lines)), (3, 3 + 52, 1), run)
        run = self.palua(*PACKETS, "absent.pcap", capture("bad/garbage.pcap"), capture("bad/record_cut.pcap"), capture("http.pcap"))
        self.assertEqual((run.status, len(run.out_lines), len(run.err_lines)), (4, 3 + 52, 3), run)

    def test_strict_stops_at_the_damage(self):
        run = self.refused(3, ["record_cut"], *PACKETS, "--strict", capture("bad/record_cut.pcap"), capture("http.pcap"))
        self.assertEqual(len(run.out_lines), 3, run)

    def test_hostile_packets_stop_nothing(self):
        for name, packets in ("hostile_headers.pcap", 27), ("hostile_dns.pcap", 82):
            run = self.ok(*PACKETS, capture(f"generated/{name}"))
            self.assertEqual(len(run.out_lines), packets, run)
        for name in "sound.example.com", "sound.example":
            file = "headers" if name.endswith("com") else "dns"
            self.assertIn(f'"{name}"', self.ok("-T", "dns.query.qname", "-o", "json", capture(f"generated/hostile_{file}.pcap")).out)


class Output(Case):
    """Where results cannot go."""

    def test_closed_stdout_is_fine(self):
        args = [cli.PALUA, *PACKETS, *[capture("dns.pcapng")] * 300]
        run = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=cli.ENVIRONMENT, cwd=cli.ROOT)
        self.assertIn(b"1}", run.stdout.readline())
        run.stdout.close()
        error = run.stderr.read().decode()
        run.stderr.close()
        self.assertEqual(run.wait(cli.TIMEOUT_S), 0, error)
        self.assertEqual([line for line in error.splitlines() if "packets" not in line], [], error)

    def test_full_disk(self):
        with open("/dev/full", "w") as full:
            run = subprocess.run([cli.PALUA, "-q", *PACKETS, capture("dns.pcapng")], stdout=full, stderr=subprocess.PIPE, env=cli.ENVIRONMENT,
                                 cwd=cli.ROOT, text=True)
        self.assertEqual(run.returncode, 4, run.stderr)
        self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
        self.assertIn("No space left", run.stderr)

    def test_no_such_folder(self):
        self.refused(4, ["/absent/out.csv"], "-T", "packet.packet_number", "-o", "csv=/absent/out.csv", capture("dns.pcapng"))


if __name__ == "__main__":
    cli.main()
