# SPDX-License-Identifier: MIT OR Apache-2.0
"""--each: what is said of each file is what a run over that file alone says, with the file in front."""
import csv
import io
import json
import pathlib
import shutil
import tempfile

import cli
from cli import Case, capture

FILES = [capture(name) for name in ("dns.pcapng", "http.pcap", "generated/fragments.pcap")]
FIELDS = "packet.packet_number,packet.len,flow.end.uid,flow.end.orig_pkts"
ANALYSES = ("-T", FIELDS), ("-s", "dns_stats"), ("-s", "top_talkers", "-s", "protocol_hierarchy")


class Each(Case):
    def rows(self, *args):
        return [json.loads(line) for line in self.ok("-o", "json", *args).out_lines]

    def test_each_is_as_if_alone(self):
        for analysis in ANALYSES:
            for batch in 1024, 3:
                with self.subTest(analysis=analysis, batch=batch):
                    together = self.rows("--each", "--batch", batch, *analysis, *FILES)
                    for name in FILES:
                        mine = [{k: v for k, v in row.items() if k != "file"} for row in together if row["file"] == name]
                        self.assertEqual(mine, self.rows(*analysis, name))
                    self.assertEqual({row["file"] for row in together} - set(FILES), set())

    def test_threads_change_nothing(self):
        for analysis in ANALYSES:
            self.assertEqual(self.ok("--each", "-j", 3, *analysis, *FILES).out, self.ok("--each", "-j", 1, *analysis, *FILES).out)

    def test_a_table_has_one_header(self):
        text = self.ok("--each", "-o", "csv", "-T", FIELDS, *FILES).out
        rows = list(csv.reader(io.StringIO(text)))
        self.assertEqual(rows[0][0], "file")
        self.assertEqual(sum(row[0] == "file" for row in rows), 1)
        self.assertEqual([row[0] for row in rows[1:]], sorted([row[0] for row in rows[1:]], key=FILES.index))
        text = self.ok("--each", "-o", "csv", "-s", "packet_sizes", *FILES).out
        self.assertEqual(text.count("file,"), text.count("\n# ") + 1)

    def test_tables_for_people(self):
        text = self.ok("--each", "-s", "top_talkers", *FILES).out
        self.assertIn("file", text)
        for name in FILES[:2]:
            self.assertIn(name, text)

    def test_one_file_per_table(self):
        with tempfile.TemporaryDirectory() as folder:
            self.ok("--each", "-o", f"csv={folder}/", "-s", "top_talkers", *FILES)
            made = sorted(path.name for path in pathlib.Path(folder).iterdir())
            self.ok("-o", f"csv={folder}/alone/", "-s", "top_talkers", FILES[0])
            self.assertEqual(made, sorted(path.name for path in (pathlib.Path(folder) / "alone").iterdir()))

    def test_directory(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in "cap10", "cap9":
                shutil.copy(cli.CAPTURES / "http.pcap", pathlib.Path(folder) / name)
            (pathlib.Path(folder) / "notes").write_text("this is no capture, and long enough to tell")
            rows = self.rows("--each", "-T", "packet.packet_number", "--count", 2, folder)
            self.assertEqual([(row["file"][-5:], row["packet.packet_number"]) for row in rows],
                             [("/cap9", 1), ("/cap9", 2), ("cap10", 1), ("cap10", 2)])
            self.assertEqual(self.palua("--each", "-T", "packet.len", "tests/cli").status, 4)

    def test_status_and_summary(self):
        run = self.palua("--each", "-T", "packet.len", capture("bad/record_cut.pcap"), FILES[1], "absent", quiet=False)
        self.assertEqual(run.status, 4, run)
        self.assertEqual(len(run.err_lines), 3 + 2, run)
        self.assertIn(f"palua: {FILES[1]}: 52 packets", run.err)
        self.assertEqual(self.palua("--each", "-T", "packet.len", capture("bad/record_cut.pcap"), FILES[1]).status, 3)
        strict = self.palua("--each", "--strict", "-T", "packet.len", capture("bad/record_cut.pcap"), FILES[1])
        self.assertEqual((strict.status, len(strict.out_lines)), (3, 3), strict)

    def test_usage_is_told_once(self):
        self.refused(2, ["paket"], "--each", "-T", "paket.len", *FILES)


if __name__ == "__main__":
    cli.main()
