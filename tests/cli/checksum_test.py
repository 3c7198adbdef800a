# SPDX-License-Identifier: MIT OR Apache-2.0
"""Checksums: looked at only when somebody asks, by a field or by the configuration."""
import cli
from cli import Case
from generator import container, packet

A, B = "10.0.0.1", "10.0.0.2"


class Checksums(Case):
    def setUp(self):
        good = packet.udp_frame(b"hello", A, B, 1000, 2000)
        bad = good[:-1] + b"!"
        partial = bytearray(packet.frame(packet.ip(packet.tcp(b"", A, B, 1, 2, 1, 0, 2), 6, A, B)))
        pseudo = packet.pseudo(A, B, 6, 20)
        partial[14 + 20 + 16:14 + 20 + 18] = (0xFFFF - packet.checksum(pseudo)).to_bytes(2, "big")
        header = bytearray(good)
        header[14 + 10] ^= 1
        frames = [good, bad, bytes(partial), bytes(header)]
        self.path = self.script("", "sums.pcap")
        self.path.write_bytes(container.pcap([(1700000000_000000000 + 1000 * i, data) for i, data in enumerate(frames)]))

    def test_on_demand(self):
        run = self.ok("-T", "transport.packet_number,transport.checksum_name,network.checksum_name", self.path)
        self.assertEqual([line.split("\t") for line in run.out_lines],
                         [["", "", "good"], ["1", "good", ""], ["", "", "good"], ["2", "bad", ""], ["", "", "good"], ["3", "partial", ""],
                          ["", "", "bad"], ["4", "good", ""]])

    def test_as_anomalies(self):
        names = "-T", "anomaly.packet_number,anomaly.name,anomaly.layer,anomaly.offset"
        self.assertEqual(self.ok(*names, self.path).out, "", "nobody asked for checksums")
        config = self.script("return { decode = { do_checksums = 1 } }", "palua.lua")
        for batch in (1, 1024):
            run = self.ok("-c", config, "--batch", batch, *names, self.path)
            self.assertEqual(run.out, "2\tudp_bad_checksum\tudp\t40\n4\tip_bad_checksum\tip\t24\n")

    def test_counted(self):
        config = self.script("return { decode = { do_checksums = 1 } }", "palua.lua")
        self.assertIn("2 anomalies", self.palua("-c", config, "-T", "packet.len", self.path, quiet=False).err)
        self.assertNotIn("anomalies", self.palua("-T", "packet.len", self.path, quiet=False).err)


if __name__ == "__main__":
    cli.main()
