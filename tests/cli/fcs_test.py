# SPDX-License-Identifier: MIT OR Apache-2.0
"""Check sequences at the ends of frames, as pcap's link type, pcapng's interfaces and pcapng's packets announce them: they belong to no
layer. The same captures are read by tshark where it is installed."""
import json
import shutil
import struct
import subprocess
import unittest
import zlib

import cli
from cli import Case
from generator import container, packet

DATA = bytes(range(60))
LENGTHS = 0, 2, 4


def frame(fcs):
    data = packet.ethernet(DATA, 0x88B5)
    return data + struct.pack("<I", zlib.crc32(data))[:fcs]


def flags(order, length):
    """epb_flags; None: no option."""
    return [] if length is None else [(2, struct.pack(order + "I", length << 5 | 2))]


def captures():
    """Each with what is to be seen of its frames: their payload's lengths."""
    for words, taken in ((0, 0), (1, 2), (2, 4)):
        linktype = words << 28 | 0x04000000 | container.ETHERNET
        yield f"pcap, {words} words", container.pcap([(0, frame(fcs)) for fcs in LENGTHS], linktype=linktype), [60 + fcs - taken for fcs in LENGTHS]
    for order in "<>":
        for value, of_interface in ((None, 0), (0, 0), (2, 2), (4, 4), (32, 4)):
            pairs = [] if value is None else [(13, bytes([value]))]
            data, want = container.section(order) + container.interface(order, pairs=pairs), []
            for of_packet in (None, 0, 2, 4):
                taken = of_packet or of_interface
                data += b"".join(container.packet(1000, frame(fcs), order, pairs=flags(order, of_packet)) for fcs in LENGTHS)
                want += [60 + fcs - taken for fcs in LENGTHS]
            yield f"pcapng {order}, if_fcslen {value}", data, want


class CheckSequences(Case):
    def test_they_belong_to_no_layer(self):
        for name, data, want in captures():
            path = self.script("", "fcs")
            path.write_bytes(data)
            with self.subTest(name):
                rows = [json.loads(line) for line in self.ok("-T", "link.payload,packet.len", "-o", "json", path).out_lines]
                self.assertEqual([len(row["link.payload"]) // 2 for row in rows if row["link.payload"] is not None], want)
                self.assertEqual({row["packet.len"] for row in rows if row["packet.len"] is not None}, {74, 76, 78})

    @unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
    def test_tshark_takes_the_same(self):
        for name, data, want in captures():
            path = self.script("", "fcs")
            path.write_bytes(data)
            run = subprocess.run(["tshark", "-n", "-r", path, "-T", "fields", "-e", "data.len"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, check=True)
            with self.subTest(name):
                self.assertEqual(list(map(int, run.stdout.split())), want)


if __name__ == "__main__":
    cli.main()
