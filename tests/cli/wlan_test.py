# SPDX-License-Identifier: MIT OR Apache-2.0
"""IEEE 802.11 aggregates of several subframes (A-MSDU): the first is decoded, and how many there are is told. tshark counts the same."""
import shutil
import struct
import subprocess
import unittest

import cli
from cli import Case
from generator import container, packet

IEEE802_11, RADIOTAP = 105, 127
LLC = bytes.fromhex("aaaa030000000800")


def subframe(number):
    datagram = packet.ip(packet.udp(bytes(number), "192.0.2.1", "192.0.2.2", 1000 + number, 7), 17, "192.0.2.1", "192.0.2.2")
    return packet.SERVER_MAC + packet.CLIENT_MAC + struct.pack(">H", len(LLC + datagram)) + LLC + datagram


def aggregate(count):
    header = bytes.fromhex("88010000") + bytes(18) + b"\x10\0" + b"\x80\0"
    return header + b"".join(container.padded(subframe(i)) for i in range(count - 1)) + subframe(count - 1)


class Aggregates(Case):
    def captures(self):
        for linktype, prefix in ((IEEE802_11, b""), (RADIOTAP, bytes.fromhex("0000080000000000"))):
            path = self.script("", "wlan.pcap")
            path.write_bytes(container.pcap([(0, prefix + aggregate(count)) for count in (1, 2, 3, 9)], linktype=linktype))
            yield path

    def test_the_first_is_decoded_and_all_are_counted(self):
        for path in self.captures():
            rows = self.ok("-T", "link.type,link.subframes,transport.sport", "-o", "csv", path).out_lines[1:]
            self.assertEqual(rows, [row for count in (1, 2, 3, 9) for row in (f"wlan,{count},", ",,1000")])

    @unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
    def test_tshark_counts_the_same(self):
        for path in self.captures():
            run = subprocess.run(["tshark", "-n", "-r", path, "-T", "fields", "-e", "wlan_aggregate.a_mdsu.length"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, check=True)
            self.assertEqual([len(line.split(",")) for line in run.stdout.splitlines()], [1, 2, 3, 9])


if __name__ == "__main__":
    cli.main()
