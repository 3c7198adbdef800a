# SPDX-License-Identifier: MIT OR Apache-2.0
"""Several inputs are one capture: rotated files, directories, overlapping files and pipes give what one file would."""
import gzip
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import threading

import cli
from cli import Case, capture

FIELDS = "packet.packet_number,packet.ts,packet.len,packet.src,flow.end.orig_h,flow.end.orig_pkts,dns.answer.rtt"
ANALYSES = ("-T", FIELDS, "-o", "json"), ("-s", "dns_stats"), ("-s", "top_talkers")


def records(data):
    """Header and records of a little-endian microsecond pcap."""
    out, at = [], 24
    while at < len(data):
        end = at + 16 + struct.unpack_from("<I", data, at + 8)[0]
        out.append(data[at:end])
        at = end
    return data[:24], out


class Inputs(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.header, self.records = records((cli.CAPTURES / "generated" / "mixed_le_us.pcap").read_bytes())
        self.assertEqual(self.records, sorted(self.records, key=lambda record: struct.unpack_from("<II", record)))
        self.whole = [self.ok(*analysis, capture("generated/mixed_le_us.pcap")).out for analysis in ANALYSES]

    def part(self, name, some):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.header + b"".join(some))
        return path

    def expect_whole(self, *inputs, batches=(1024, 1, 5), **how):
        for batch in batches:
            for analysis, want in zip(ANALYSES, self.whole):
                for jobs in 1, 3:
                    run = self.ok("--batch", batch, "-j", jobs, *analysis, *inputs, **how)
                    self.assertEqual(run.out, want, (inputs, batch, jobs))

    def rotated(self):
        size = len(self.records) // 11 + 1
        return [self.part(f"cap{i}.pcap", self.records[i * size:(i + 1) * size]) for i in range(11)]

    def test_rotated_files_in_any_order(self):
        parts = self.rotated()
        self.expect_whole(*parts)
        self.expect_whole(*reversed(parts))
        self.expect_whole(*sorted(parts, key=str))

    def test_directory(self):
        self.rotated()
        self.expect_whole(self.folder)
        (self.folder / "late").mkdir()
        shutil.move(self.folder / "cap10.pcap", self.folder / "late" / "a.gz")
        (self.folder / "notes.txt").write_text("what was captured where\n")
        self.expect_whole(self.folder)
        run = self.palua("-s", "dns_stats", self.folder, quiet=False)
        self.assertIn("1 file in directories passed over as no capture", run.err)

    def test_overlapping_files(self):
        self.expect_whole(*[self.part(f"every{i}.pcap", self.records[i::3]) for i in range(3)])

    def test_fewer_files_open_than_overlap(self):
        parts = [self.part(f"every{i}.pcap", self.records[i::9]) for i in range(9)]
        packed = self.folder / "every3.gz"
        packed.write_bytes(gzip.compress(parts.pop(3).read_bytes()))
        config = self.script("return { capture = { open_cap = 2 } }", "palua.lua")
        self.expect_whole("-c", config, *parts, packed)

    def test_fewer_files_than_the_system_lets_be_open(self):
        parts = [self.part(f"every{i}.pcap", self.records[i::19]) for i in range(19)]
        run = subprocess.run(["sh", "-c", 'ulimit -n 20; exec "$0" "$@"', cli.PALUA, "-q", *ANALYSES[0], *parts], capture_output=True, text=True,
                             env=cli.ENVIRONMENT)
        self.assertEqual((run.returncode, run.stderr, run.stdout), (0, "", self.whole[0]))

    def test_standard_input_is_no_two_inputs(self):
        run = self.refused(2, ["got - as 2 inputs", "expected it once"], *ANALYSES[0], "-", self.part("a.pcap", self.records), "-", stdin=b"")
        self.assertEqual(run.out, "")

    def test_pipes(self):
        parts = [self.part(f"every{i}.pcap", self.records[i::3]) for i in range(3)]
        for analysis, want in zip(ANALYSES, self.whole):
            pipe = self.folder / "pipe"
            os.mkfifo(pipe)
            writer = threading.Thread(target=lambda: pipe.write_bytes(parts[1].read_bytes()))
            writer.start()
            self.assertEqual(self.ok(*analysis, parts[0], pipe, "-", stdin=parts[2].read_bytes()).out, want)
            writer.join()
            pipe.unlink()

    def test_flows_live_across_files(self):
        """A flow that idles less than its timeout between two files is one flow."""
        script = ("-T", "flow.end.uid", "-o", "json")
        self.assertEqual(self.ok(*script, *self.rotated()).out, self.ok(*script, capture("generated/mixed_le_us.pcap")).out)

    def test_skip_and_count_go_over_all(self):
        parts = self.rotated()
        whole = self.ok("-T", "packet.packet_number,packet.ts", "-o", "json", *parts).out_lines
        for skip, count in (0, 3), (3, 7), (11, 40):
            run = self.ok("--skip", skip, "--count", count, "--batch", 4, "-T", "packet.packet_number,packet.ts", "-o", "json", *parts)
            self.assertEqual(run.out_lines, whole[skip:skip + count])

    def test_frame_and_file_are_those_of_the_file(self):
        parts = [self.part(f"every{i}.pcap", self.records[i::2]) for i in range(2)]
        lines = self.ok("-T", "packet.file,packet.frame", "-o", "csv", *parts).out_lines[1:]
        self.assertEqual(lines, [f"{parts[i % 2]},{i // 2 + 1}" for i in range(len(self.records))])

    def test_unreadable_inputs_keep_their_place_and_status(self):
        parts = self.rotated()
        run = self.palua(*ANALYSES[0], "absent.pcap", *parts[:5], "absent_too.pcap", *parts[5:])
        self.assertEqual((run.status, run.out), (4, self.whole[0]), run)
        self.assertEqual(["absent.pcap" in run.err_lines[0], "absent_too" in run.err_lines[1], len(run.err_lines)], [True, True, 2], run)

    def test_strict_stops_at_the_same_packet_for_any_batch(self):
        parts = [self.part(f"every{i}.pcap", self.records[i::3]) for i in range(3)]
        damaged = self.part("damaged.pcap", self.records[1:20:3])
        damaged.write_bytes(damaged.read_bytes() + b"\xff" * 16)
        runs = [self.palua("--strict", "--batch", n, *ANALYSES[0], parts[0], damaged, parts[2]) for n in (1, 2, 7, 1024)]
        self.assertEqual([run.status for run in runs], [3] * 4)
        self.assertEqual(len({run.out for run in runs}), 1, runs[0])

    def test_directory_that_cannot_be_listed(self):
        self.rotated()
        closed = self.folder / "closed"
        closed.mkdir(mode=0)
        if os.access(closed, os.R_OK):
            self.skipTest("root may read everything")
        run = self.palua(*ANALYSES[0], self.folder)
        self.assertEqual((run.status, run.out), (4, self.whole[0]), run)


if __name__ == "__main__":
    cli.main()
