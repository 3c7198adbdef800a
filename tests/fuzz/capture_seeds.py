# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes the seed corpus of capture_fuzz: small captures of every shape the reader knows, whole and malformed.

    python3 tests/fuzz/capture_seeds.py tests/fuzz/corpus/capture
"""
import bz2
import gzip
import lzma
import pathlib
import struct
import sys

FRAME = bytes(range(20))


def pcap(order, magic=0xa1b2c3d4, version=(2, 4), linktype=1, snaplen=65535, records=()):
    return struct.pack(order + "IHHiIII", magic, *version, 0, 0, snaplen, linktype) + b"".join(records)


def record(order, data=FRAME, origlen=None, caplen=None, seconds=1700000000, fraction=5, extra=b""):
    origlen = len(data) if origlen is None else origlen
    caplen = len(data) if caplen is None else caplen
    return struct.pack(order + "IIII", seconds, fraction, caplen, origlen) + extra + data


def block(order, kind, body, length=None, trailer=None):
    body += bytes(-len(body) % 4)
    length = len(body) + 12 if length is None else length
    return (struct.pack(order + "II", kind, length) + body
            + struct.pack(order + "I", length if trailer is None else trailer))


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order, magic=0x1a2b3c4d, version=(1, 0), length=-1):
    return block(order, 0x0a0d0d0a, struct.pack(order + "IHHq", magic, *version, length))


def interface(order, linktype=1, snaplen=0, options=b""):
    return block(order, 1, struct.pack(order + "HHI", linktype, 0, snaplen) + options)


def resolution(order, value, offset=None):
    out = option(order, 9, bytes([value]))
    return out if offset is None else out + option(order, 14, struct.pack(order + "q", offset))


def enhanced(order, number=0, ts=1700000000000000, data=FRAME, caplen=None, origlen=None, options=b""):
    return block(order, 6, struct.pack(order + "IIIII", number, ts >> 32, ts & 0xffffffff,
                                       len(data) if caplen is None else caplen,
                                       len(data) if origlen is None else origlen)
                 + data + bytes(-len(data) % 4) + options)


def simple(order, data=FRAME, origlen=None):
    return block(order, 3, struct.pack(order + "I", len(data) if origlen is None else origlen) + data)


def obsolete(order, number=0, ts=1700000000000000, data=FRAME):
    return block(order, 2, struct.pack(order + "HHIIII", number, 0xffff, ts >> 32, ts & 0xffffffff,
                                       len(data), len(data)) + data)


def pcap_seeds():
    for name, order in (("le", "<"), ("be", ">")):
        yield f"pcap_{name}_us", pcap(order, records=[record(order), record(order, b"")])
        yield f"pcap_{name}_ns", pcap(order, 0xa1b23c4d, records=[record(order, origlen=1500)])
        yield f"pcap_{name}_modified", pcap(order, 0xa1b2cd34,
                                            records=[record(order, extra=bytes(8))] * 2)
        yield f"pcap_{name}_modified_suse", pcap(order, 0xa1b2cd34,
                                                 records=[record(order, extra=bytes(12))] * 2)
        yield f"pcap_{name}_fcs", pcap(order, linktype=0x34000001, records=[record(order)])
    for minor in (2, 3):
        yield f"pcap_2_{minor}", pcap("<", version=(2, minor), records=[
            record("<", caplen=40, origlen=20), record("<", FRAME * 2, caplen=40, origlen=60)])
    yield "pcap_543", pcap(">", version=(543, 0), records=[record(">", caplen=40, origlen=20)])
    yield "pcap_version_1", pcap("<", version=(1, 0), records=[record("<")])
    yield "pcap_empty", pcap("<", snaplen=0)
    yield "pcap_header_cut", pcap("<")[:23]
    yield "pcap_record_header_cut", pcap("<", records=[record("<"), record("<")[:15]])
    yield "pcap_record_cut", pcap("<", records=[record("<"), record("<")[:-1]])
    yield "pcap_length_absurd", pcap("<", records=[record("<"), record("<", caplen=0xffffffff)])
    yield "pcap_length_past_end", pcap("<", records=[record("<"), record("<", caplen=1 << 19)])
    damage = b"\xff" * 16
    yield "pcap_damaged", pcap("<", records=[record("<"), damage, *[record("<")] * 4])
    yield "pcap_damaged_end", pcap("<", records=[record("<"), damage, record("<")])
    yield "pcap_damaged_past_end", pcap("<", records=[record("<"), record("<", caplen=5000), *[record("<")] * 4])
    yield "pcap_damaged_often", pcap("<", records=([record("<")] * 3 + [damage]) * 12)
    yield "pcap_zeros", pcap("<", records=[record("<"), bytes(37), *[record("<")] * 4])
    yield "pcap_cut_out", pcap("<", records=[record("<"), record("<")[:-4], *[record("<")] * 5])
    yield "pcap_length_over_others", pcap("<", records=[record("<"), record("<", caplen=300), *[record("<")] * 9])
    yield "pcap_odd", pcap("<", records=[record("<", fraction=4000000000)] * 12)
    yield "pcap_other_years", pcap("<", records=[record("<", seconds=i * 77777777) for i in range(12)])
    yield "pcap_many", pcap("<", snaplen=0xffffffff, records=[record("<", FRAME[:i % 20])
                                                              for i in range(200)])
    yield "pcap_large_record", pcap("<", records=[record("<", FRAME * 500), record("<")])


def pcapng_seeds():
    for name, order in (("le", "<"), ("be", ">")):
        start = section(order) + interface(order, options=option(order, 2, b"eth0") + bytes(4))
        yield f"pcapng_{name}", start + enhanced(order) + simple(order) + obsolete(order)
        yield f"pcapng_{name}_resolutions", section(order) + b"".join(
            interface(order, options=resolution(order, value, offset))
            for value, offset in ((0, None), (9, -5), (12, 1 << 62), (127, None), (0x80, -(1 << 63)),
                                  (0xa0, 7), (0xff, None))
        ) + b"".join(enhanced(order, number, 1 << 60) for number in range(7))
    start = section("<") + interface("<", snaplen=8)
    yield "pcapng_sections", start + enhanced("<") + section(">") + interface(
        ">", 113, 4) + interface(">") + enhanced(">", 1) + simple(">", FRAME[:4], 20)
    yield "pcapng_walked", (start + block("<", 4, bytes(8)) + block("<", 5, bytes(12))
                            + block("<", 10, b"TLSK" + bytes(8)) + block("<", 0xbad, b"custom")
                            + block("<", 0x80000001, b"") + enhanced("<", options=option("<", 1, b"hello")))
    yield "pcapng_lone_section", section("<")
    yield "pcapng_bad_magic", section("<", magic=0x1a2b3c4e)
    yield "pcapng_version_2", section("<", version=(2, 0))
    yield "pcapng_section_short", block("<", 0x0a0d0d0a, struct.pack("<I", 0x1a2b3c4d))
    yield "pcapng_no_interface", section("<") + enhanced("<")
    yield "pcapng_no_interface_simple", section("<") + simple("<")
    yield "pcapng_interface_unknown", start + enhanced("<", 1)
    yield "pcapng_interface_short", section("<") + block("<", 1, bytes(4))
    yield "pcapng_option_past_block", section("<") + interface(
        "<", options=struct.pack("<HH", 2, 400))
    yield "pcapng_tsresol_long", section("<") + interface("<", options=option("<", 9, b"ab"))
    yield "pcapng_tsoffset_short", section("<") + interface("<", options=option("<", 14, b"abcd"))
    yield "pcapng_caplen_past_block", start + enhanced("<") + enhanced("<", caplen=21)
    yield "pcapng_packet_short", start + block("<", 6, bytes(16))
    yield "pcapng_simple_past_block", section("<") + interface("<") + simple("<", origlen=2000)
    yield "pcapng_length_odd", start + enhanced("<") + block("<", 5, bytes(8), length=21)
    yield "pcapng_length_zero", start + enhanced("<") + bytes(32)
    yield "pcapng_length_absurd", start + enhanced("<") + block("<", 5, b"", length=0xfffffffc)
    yield "pcapng_trailer_differs", start + enhanced("<") + block("<", 5, bytes(8), trailer=24)
    yield "pcapng_cut", (start + enhanced("<") + enhanced("<"))[:-1]
    damage = b"\xff" * 16
    yield "pcapng_damaged", start + enhanced("<") + damage + enhanced("<") * 3 + interface("<") + enhanced("<", 1)
    yield "pcapng_damaged_interface", section("<") + block("<", 1, bytes(4)) + interface("<") + enhanced("<", 1)
    yield "pcapng_damaged_section", start + section("<", version=(2, 0)) + enhanced("<") + section("<") + interface("<") + enhanced("<")
    yield "pcapng_cut_and_next", (start + enhanced("<"))[:-8] + section(">") + interface(">") + enhanced(">")
    yield "pcapng_options", (start + enhanced("<", options=option("<", 1, b"comment") + bytes(4))
                             + block("<", 4, option("<", 1, b"\x7f\0\0\1localhost\0") + bytes(4) + option("<", 1, b"names"))
                             + block("<", 5, bytes(12) + option("<", 5, bytes(8)) + bytes(4))
                             + block("<", 10, b"KSLT\5\0\0\0KEYS\n\0\0\0" + option("<", 1, b"secrets")))
    yield "pcapng_large_block", start + block("<", 5, bytes(70000)) + enhanced("<")


def snoop(version=2, datalink=4, records=()):
    return b"snoop\0\0\0" + struct.pack(">II", version, datalink) + b"".join(records)


def snoop_record(data=FRAME, caplen=None, length=None):
    return struct.pack(">IIIIII", len(data), len(data) if caplen is None else caplen,
                       24 + len(data) if length is None else length, 0, 1700000000, 5) + data


def snoop_seeds():
    yield "snoop_records", snoop(records=[snoop_record(), snoop_record(b""), snoop_record(FRAME + bytes(4), 20)])
    yield "snoop_infiniband", snoop(datalink=0x1a, records=[snoop_record()])
    yield "snoop_version", snoop(version=3)
    yield "snoop_header_cut", snoop()[:15]
    yield "snoop_cut", snoop(records=[snoop_record(), snoop_record()])[:-1]
    yield "snoop_short", snoop(records=[snoop_record(), snoop_record(length=23)])
    yield "snoop_caplen", snoop(records=[snoop_record(), snoop_record(caplen=0xffffffff)])
    yield "snoop_huge", snoop(records=[snoop_record(), snoop_record(length=0xfffffff0)])


def zstd(data):
    """RFC 8878: window descriptor, one raw and one repeated block."""
    return (b"\x28\xb5\x2f\xfd\x00\x00" + struct.pack("<I", len(data) << 3)[:3] + data
            + struct.pack("<I", 7 << 3 | 1 << 1 | 1)[:3] + b"z")


def lz4(data):
    """Independent blocks without checksums; the last header byte is that of 0x60, 0x40."""
    return (b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<I", len(data) | 1 << 31) + data + bytes(4))


def skippable(data):
    return struct.pack("<II", 0x184d2a53, len(data)) + data


def overfull(fits, *others):
    """A frame that says to hold 29 bytes and holds more, in blocks."""
    return b"\x28\xb5\x2f\xfd\x20\x1d" + b"".join(struct.pack("<I", len(block) << 3)[:3] + block for block in (fits, *others))


def packed_seeds():
    pcapng_start = section("<") + interface("<")
    data = pcap("<", records=[record("<", FRAME[:i % 20]) for i in range(20)])
    packers = {"gzip": lambda d: gzip.compress(d, mtime=0), "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd, "lz4": lz4}
    for name, pack in packers.items():
        yield f"packed_{name}", pack(data)
        yield f"packed_{name}_cut", pack(data)[:-7]
        yield f"packed_{name}_frames", pack(data[:101]) + bytes(5) + skippable(b"abc") + pack(data[101:])
        yield f"packed_{name}_garbage", pack(data) + b"garbage"
        yield f"packed_{name}_bit", pack(data)[:60] + b"U" + pack(data)[61:]
    yield "packed_twice", gzip.compress(lzma.compress(data), mtime=0)
    yield "packed_five_times", lz4(lz4(lz4(lz4(lz4(data)))))
    yield "packed_mixed", b"".join(pack(data[i * 50:(i + 1) * 50]) for i, pack in enumerate(packers.values()))
    yield "packed_skippable", skippable(b"only")
    yield "packed_zstd_overfull", overfull(pcapng_start[:23], pcapng_start[23:])
    yield "packed_zstd_window", b"\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00"


def other_seeds():
    yield "empty", b""
    yield "short", b"\xd4\xc3"
    yield "gzip", b"\x1f\x8b\x08\x00" + bytes(20)
    yield "text", b"local queries = agg.count()\n"


def main(folder):
    for seeds in (pcap_seeds, pcapng_seeds, snoop_seeds, packed_seeds, other_seeds):
        for name, data in seeds():
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
