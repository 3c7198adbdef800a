# SPDX-License-Identifier: MIT OR Apache-2.0
"""`palua info`: what it says of every capture of the catalogue, as text and JSON, and how it says what is wrong."""
import gzip
import hashlib
import json
import pathlib
import shutil
import struct
import tempfile

import cli
import generate
from cli import Case, capture


def block(kind, body):
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


SECTION = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))


class Info(Case):
    def look(self, *args, status=0, **how):
        run = self.palua("info", "--json", *args, **how)
        self.assertEqual(run.status, status, run)
        return [json.loads(line) for line in run.out_lines]

    def test_catalogue(self):
        for made in generate.captures():
            with self.subTest(made.path):
                found = self.look("--strict", capture(made.path), status=made.status)[0]
                self.assertGreaterEqual(found["packets"], 0)
                if made.packets is not None:
                    self.assertEqual(found["packets"], made.packets)
                self.assertEqual(len(found["damage"]), 1 if made.status == 3 else 0)
                self.assertEqual(found["error"] is not None, made.status == 4)

    def test_hashes_do_not_depend_on_the_container(self):
        files = sorted((cli.CAPTURES / "generated").glob("mixed_*"))
        found = self.look(*files)
        self.assertEqual(len(found), 12)
        self.assertEqual({one["data_sha256"] for one in found}, {found[0]["data_sha256"]})
        same = {one["meta_sha256"] for one in found}
        self.assertEqual(len(same), 1, "all write the same times")

    def test_hashes_are_what_they_say(self):
        data = (cli.CAPTURES / "generated" / "mixed_le_us.pcap").read_bytes()
        found = self.look(capture("generated/mixed_le_us.pcap"))[0]
        at, content, lines = 24, b"", ""
        while at < len(data):
            seconds, micros, caplen, origlen = (int.from_bytes(data[at + i:at + i + 4], "little") for i in (0, 4, 8, 12))
            content += data[at + 16:at + 16 + caplen]
            lines += f"{seconds * 10**9 + micros * 1000},{caplen},{origlen},0,1\n"
            at += 16 + caplen
        self.assertEqual(found["data_sha256"], hashlib.sha256(content).hexdigest())
        self.assertEqual(found["meta_sha256"], hashlib.sha256(lines.encode()).hexdigest())

    def test_what_pcapng_says(self):
        found = self.look(capture("generated/sections.pcapng"), status=0)[0]
        self.assertEqual([comment["text"] for comment in found["comments"] if comment["of"] == "packet"], ["packet comment"])
        self.assertEqual([interface.get("name") for interface in found["interfaces"]], ["eth0", "eth1", None, None])
        self.assertEqual((found["sections"], found["name_records"], found["custom_blocks"]), (3, 1, 1))

    def test_compression_is_named(self):
        packed = gzip.compress(gzip.compress((cli.CAPTURES / "http.pcap").read_bytes()))
        plain, found = self.look(capture("http.pcap"), "-", stdin=packed)
        self.assertEqual((plain["compression"], found["compression"]), (None, "gzip, gzip"))
        self.assertEqual((found["path"], found["data_sha256"]), ("-", plain["data_sha256"]))

    def test_text_tells_the_same(self):
        run = self.ok("info", capture("generated/sections.pcapng"))
        for words in "pcapng 1.0", "packet 1: packet comment", "eth1, link type EN10MB (1), snaplen 64":
            self.assertIn(words, run.out)

    def test_bad_files_do_not_keep_others_from_being_told(self):
        run = self.palua("info", "--json", "absent.pcap", capture("bad/record_cut.pcap"), capture("http.pcap"))
        self.assertEqual((run.status, len(run.out_lines), len(run.err_lines)), (4, 3, 1), run)
        run = self.palua("info", capture("bad/record_cut.pcap"))
        self.assertEqual((run.status, run.err), (3, ""), run)
        self.assertIn("record_cut.pcap@0xe7", run.out)

    def test_directory(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in "cap10", "cap9":
                shutil.copy(cli.CAPTURES / "http.pcap", pathlib.Path(folder) / name)
            (pathlib.Path(folder) / "notes.txt").write_text("no capture, and longer than a header")
            self.assertEqual([one["path"][-5:] for one in self.look(folder)], ["/cap9", "cap10"])

    def test_offset_of_times_is_signed(self):
        data = SECTION + block(1, struct.pack("<HHIHHq", 1, 0, 0, 14, 8, -5)) + block(6, struct.pack("<IIIII", 0, 0, 2000000, 0, 0))
        found = self.look("-", stdin=data)[0]
        self.assertEqual((found["interfaces"][0]["tsoffset"], found["first_ts_ns"]), (-5, -3 * 10**9))

    def test_last_statistics_of_an_interface_hold(self):
        """They count on. Those of an interface that its section does not have are no other section's."""
        statistics = lambda interface, dropped: block(5, struct.pack("<IIIHHQ", interface, 0, 0, 5, 8, dropped))
        first = SECTION + block(1, struct.pack("<HHI", 1, 0, 0)) + statistics(0, 3) + statistics(0, 7) + statistics(1, 99)
        second = SECTION + block(1, struct.pack("<HHI", 1, 0, 0)) + statistics(0xffffffff, 99)
        found = self.look("-", stdin=first + second)[0]
        self.assertEqual([one.get("dropped") for one in found["interfaces"]], [7, None])
        self.assertIn("7 dropped", self.palua("info", "-", stdin=first + second).out)

    def test_what_is_no_capture_has_no_interfaces(self):
        found = self.look("-", stdin=b"no capture, and longer than a header", status=4)[0]
        self.assertEqual((found["format"], found["interface_count"], found["interfaces"]), (None, 0, []))

    def test_thousands_of_interfaces(self):
        """Each described, with statistics, and a packet of its own: what it takes grows with their number only."""
        many = 20000
        name = struct.pack("<HH4sI", 2, 4, b"eth0", 0)
        data = (SECTION + block(1, struct.pack("<HHI", 1, 0, 77) + name) * many
                + b"".join(block(6, struct.pack("<IIIII", i, 0, i, 0, 0)) for i in range(many))
                + b"".join(block(5, struct.pack("<IIIHHQ", i, 0, 0, 5, 8, i)) for i in range(many)))
        found = self.look("-", stdin=data)[0]
        self.assertEqual(found["linktype_packets"], {"1": many})
        self.assertEqual([(one["number"], one["packets"], one["name"], one["snaplen"], one["dropped"]) for one in found["interfaces"]],
                         [(i, 1, "eth0", 77, i) for i in range(many)])

    def test_no_control_byte_reaches_a_terminal(self):
        for name in "bad/option_long.pcapng", "generated/sections.pcapng":
            self.assertFalse(set(self.palua("info", capture(name)).out_bytes) & (set(range(32)) - {10}))

    def test_usage(self):
        self.refused(2, ["no input"], "info")
        self.refused(2, ["--json", "-o json"], "--json", capture("http.pcap"))


if __name__ == "__main__":
    cli.main()
