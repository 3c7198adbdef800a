# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compressed captures give the same bytes as plain ones: every compression, from a file and a pipe, in one frame or several, cut or not."""
import bz2
import gzip
import lzma
import subprocess

import cli
from cli import Case, capture

FIELDS = "packet.ts,packet.packet_number,packet.len,packet.layers,dns.query.qname,dns.answer.rtt"
ANALYSES = ("-s", "dns_stats"), ("-T", FIELDS, "-o", "json")
CAPTURES = "dns.pcapng", "http.pcap", "generated/mixed_us.snoop"


def tool(*args):
    return lambda data: subprocess.run(args, input=data, stdout=subprocess.PIPE, check=True).stdout


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": tool("zstd", "-cq"), "lz4": tool("lz4", "-cq"),
           "zst.19": tool("zstd", "-cq", "-19"), "gz.xz": lambda data: lzma.compress(gzip.compress(data))}


class Compressed(Case):
    def forms(self, data):
        """Label and packed bytes: in one frame, and in three that cut records in two."""
        cuts = len(data) // 3, len(data) // 3 + 1
        for name, pack in PACKERS.items():
            yield name, pack(data)
            if "xz" not in name[:2]:
                parts = data[:cuts[0]], data[cuts[0]:cuts[1]], data[cuts[1]:]
                yield f"{name} in three", b"".join(pack(part) for part in parts)

    def test_same_bytes(self):
        for name in CAPTURES:
            data = (cli.CAPTURES / name).read_bytes()
            plain = [self.ok(*analysis, capture(name)).out for analysis in ANALYSES]
            self.assertTrue(plain[1])
            for label, packed in self.forms(data):
                path = self.script("", "capture")  # a name that says nothing
                with open(path, "wb") as file:
                    file.write(packed)
                for analysis, want in zip(ANALYSES, plain):
                    with self.subTest(capture=name, form=label, analysis=analysis):
                        self.assertEqual(self.ok(*analysis, path).out, want)
                        self.assertEqual(self.ok(*analysis, "-", stdin=packed).out, want)

    def test_slow_pipe(self):
        data = (cli.CAPTURES / "generated" / "mixed_le.pcapng").read_bytes()
        want = self.ok("-T", FIELDS, capture("generated/mixed_le.pcapng")).out
        for label, packed in self.forms(data):
            with self.subTest(form=label):
                with subprocess.Popen([cli.PALUA, "-q", "-T", FIELDS, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      env=cli.ENVIRONMENT) as run:
                    for i in range(0, len(packed), 7):
                        run.stdin.write(packed[i:i + 7])
                        run.stdin.flush()
                    self.assertEqual(run.communicate(timeout=cli.TIMEOUT_S)[0].decode(), want)

    def test_cut(self):
        data = (cli.CAPTURES / "dns.pcapng").read_bytes()
        whole = self.ok("-T", "packet.packet_number", "-o", "json", capture("dns.pcapng")).out_lines
        for name, pack in PACKERS.items():
            parts = [pack(data[i:i + 8192]) for i in range(0, len(data), 8192)]  # frames small enough that some are whole
            packed = b"".join(parts[:3]) + parts[3][:-9]
            with self.subTest(form=name):
                run = self.refused(3, ["stdin@0x", "cut short"], "-T", "packet.packet_number", "-o", "json", "-", stdin=packed)
                self.assertEqual(run.out_lines, whole[:len(run.out_lines)])
                self.assertGreater(len(run.out_lines), 100)

    def test_damaged(self):
        data = (cli.CAPTURES / "dns.pcapng").read_bytes()
        for name, pack in PACKERS.items():
            sound, packed = pack(data[:len(data) // 2]), bytearray(pack(data[len(data) // 2:]))
            packed[len(packed) // 2] ^= 0xff
            run = self.palua("-T", "packet.packet_number", "-", stdin=sound + packed)
            self.assertEqual((run.status, len(run.err_lines)), (3, 1), (name, str(run)))
            self.assertGreater(len(run.out_lines), 100)

    def test_damage_within(self):
        """Of a sound compression of a damaged capture: the offset counts unpacked bytes, and the line says so."""
        data = (cli.CAPTURES / "bad" / "record_cut.pcap").read_bytes()
        self.refused(3, ["stdin (unpacked)@0xe7", "cut short"], "-T", "packet.packet_number", "-", stdin=gzip.compress(data))

    def test_damage_within_what_is_damaged(self):
        """What lies behind the damage of a capture cannot be searched where its compression is damaged too: both are told."""
        data = bytearray((cli.CAPTURES / "dns.pcapng").read_bytes())
        data[-9000:] = b"\xff" * 9000
        packed = gzip.compress(data)[:-8] + bytes(8)
        self.refused(3, ["stdin (unpacked)@0x", "what lies behind it cannot be read: stdin@0x", "incorrect data check"], "-T", "packet.packet_number",
                     "-", stdin=packed)

    def test_no_capture_within(self):
        self.refused(4, ["stdin (unpacked)", "is no capture"], "-T", "packet.packet_number", "-", stdin=gzip.compress(b"hello, this is text"))


if __name__ == "__main__":
    cli.main()
