# SPDX-License-Identifier: MIT OR Apache-2.0
"""Captures that are wrong: in the container (bad/), and in the packets of a sound container (hostile_*).

Of a bad container: name, exit status that palua owes (0 fine, 3 damaged, 4 no capture), packets before the damage, bytes, what is wrong."""
import struct

from . import container as c
from . import dns
from .packet import *  # noqa: F403: the vocabulary of frames
from .wellformed import BASE, CLIENT, CLIENT6, SERVER, SERVER6, mixed, timed

PACKETS = timed(mixed()[:4])


def pcaps():
    good = c.pcap(PACKETS)
    first_end = 24 + 16 + len(PACKETS[0][1])
    yield "empty.pcap", 4, 0, b"", "no bytes at all"
    yield "garbage.pcap", 4, 0, b"this is a text file, not a capture\n" * 4, "text"
    yield "two_bytes.pcap", 4, 0, good[:2], "half a magic number"
    yield "magic_only.pcap", 3, 0, good[:4], "a magic number and nothing else"
    yield "header_cut.pcap", 3, 0, good[:20], "20 of the 24 header bytes"
    yield "header_only.pcap", 0, 0, good[:24], "a sound header, no packets"
    yield "record_header_cut.pcap", 3, 1, good[:first_end + 9], "one packet, then 9 of 16 bytes of the next record's header"
    yield "record_cut.pcap", 3, 3, good[:-5], "the fourth packet lacks its last 5 bytes"
    yield "record_past_end.pcap", 3, 1, good[:first_end] + c.pcap_record(BASE, b"x" * 60, caplen=70), \
        "the second record says 70 bytes and has 60"
    yield "record_huge.pcap", 3, 1, good[:first_end] + c.pcap_record(BASE, b"x" * 60, caplen=0x7FFFFFFF, wire=60), \
        "the second record says 2 GiB"
    yield "record_4g.pcap", 3, 1, good[:first_end] + c.pcap_record(BASE, b"x" * 60, caplen=0xFFFFFFFF, wire=60), \
        "the second record says 4 GiB less a byte"
    yield "record_empty.pcap", 0, 5, good[:first_end] + c.pcap_record(BASE, b"") + good[first_end:], "a record of 0 bytes among others"
    yield "record_nines.pcap", 0, 5, c.pcap_header() + struct.pack("<IIII", 1, 4_000_000_000, 60, 60) + PACKETS[0][1][:42] + bytes(18) \
        + good[24:], "a record whose microseconds exceed a second: its packets are all there"
    yield "snaplen_0.pcap", 0, 4, c.pcap(PACKETS, snaplen=0), "snaplen 0 in the header"
    yield "snaplen_4g.pcap", 0, 4, c.pcap(PACKETS, snaplen=0xFFFFFFFF), "snaplen 4 GiB less a byte in the header"
    yield "linktype_unknown.pcap", 0, 4, c.pcap(PACKETS, linktype=9999), "a link type that nobody knows; packets without layers"


def snoops():
    good = c.snoop(PACKETS[:1])
    ts, data = PACKETS[1]
    yield "header_cut.snoop", 3, 0, good[:15], "15 of the 16 header bytes"
    yield "version_3.snoop", 3, 0, c.snoop_header(version=3) + good[16:], "version 3"
    yield "record_cut.snoop", 3, 1, good + c.snoop_record(ts, data)[:-1], "the second record lacks its last byte"
    yield "record_header_cut.snoop", 3, 1, good + c.snoop_record(ts, data)[:23], "23 of 24 bytes of the second record's header"
    yield "record_short.snoop", 3, 1, good + c.snoop_record(ts, data, length=23), "a record shorter than its header"
    yield "record_caplen.snoop", 3, 1, good + c.snoop_record(ts, data, caplen=4000), "a packet longer than its record"
    yield "record_huge.snoop", 3, 1, good + c.snoop_record(ts, data, length=0xFFFFFFF0), "a record of 4 GiB"
    yield "datalink_unknown.snoop", 0, 1, c.snoop_header(datalink=7) + good[16:], "channel-to-channel: packets without layers"


def pcapngs():
    head = c.section() + c.interface()
    one = c.packet(c.ticks(BASE), PACKETS[0][1])
    good = head + one
    yield "section_cut.pcapng", 3, 0, good[:20], "20 bytes of the section header"
    yield "section_only.pcapng", 0, 0, c.section(), "a section header and nothing else"
    yield "section_magic.pcapng", 3, 0, c.section(magic=0x11223344) + c.interface() + one, "a byte-order magic that is neither order"
    yield "section_version.pcapng", 3, 0, c.section(version=(9, 0)) + c.interface() + one, "version 9.0"
    yield "section_short.pcapng", 3, 0, c.block("<", c.SHB, struct.pack("<IHH", 0x1A2B3C4D, 1, 0)) + one, "a section header of 20 bytes"
    yield "block_cut.pcapng", 3, 1, good + one[:-10], "the second packet block lacks its last 10 bytes"
    yield "block_zero.pcapng", 3, 1, good + struct.pack("<II", c.EPB, 0) + one, "a block of length 0 after the first packet"
    yield "block_odd.pcapng", 3, 1, good + c.block("<", 0x123, b"12345", total=17), "a block whose length is no multiple of 4"
    yield "block_huge.pcapng", 3, 1, good + struct.pack("<II", c.EPB, 0xFFFFFFF0) + bytes(64), "a block of 4 GiB after the first packet"
    yield "block_trailer.pcapng", 3, 1, good + c.packet(1, b"x" * 20)[:-4] + struct.pack("<I", 4), "a block whose two lengths differ"
    yield "packet_caplen.pcapng", 3, 1, good + c.packet(1, b"x" * 20, caplen=4000), "a packet longer than its block"
    yield "packet_short.pcapng", 3, 1, good + c.block("<", c.EPB, bytes(12)), "a packet block too short for its own fields"
    yield "packet_interface.pcapng", 3, 1, good + c.packet(1, b"x" * 20, number=7) + one, "a packet of an interface that was never described"
    yield "no_interface.pcapng", 3, 0, c.section() + one, "a packet before any interface"
    yield "interface_short.pcapng", 3, 0, c.section() + c.block("<", c.IDB, bytes(4)) + one, "an interface block of 4 bytes"
    yield "tsresol_255.pcapng", 0, 1, c.section() + c.interface(pairs=[(9, b"\xff")]) + one, "if_tsresol 2^-127"
    yield "tsresol_99.pcapng", 0, 1, c.section() + c.interface(pairs=[(9, bytes([99]))]) + one, "if_tsresol 10^-99"
    yield "option_long.pcapng", 3, 0, c.section() + c.block("<", c.IDB, struct.pack("<HHIHH", 1, 0, 0, 2, 4000) + b"eth0") + one, \
        "an interface whose option runs past its block"
    yield "snaplen_4g.pcapng", 0, 1, c.section() + c.interface(snaplen=0xFFFFFFFF) + one, "an interface with snaplen 4 GiB less a byte"


def hostile_packets():
    """Headers that lie, one each: lengths past the end, below their minimum, versions, offsets; then one sound packet"""
    payload = udp(b"data", CLIENT, SERVER, 1, 2)
    v4 = ipv4(payload, UDP, CLIENT, SERVER)
    v6 = ipv6(udp(b"data", CLIENT6, SERVER6, 1, 2), UDP, CLIENT6, SERVER6)
    t = tcp(b"", CLIENT, SERVER, 1, 2, 0, 0, SYN)
    def patched(data, at, value):
        return data[:at] + value + data[at + len(value):]
    odd = [b"", b"\x02", ethernet(b"", 0x0800)[:13], ethernet(b"", 0x0800), ethernet(v4[:19], 0x0800),
           ethernet(patched(v4, 0, b"\x44"), 0x0800), ethernet(patched(v4, 0, b"\x4f"), 0x0800), ethernet(patched(v4, 0, b"\x55"), 0x0800),
           ethernet(patched(v4, 2, b"\x00\x13"), 0x0800), ethernet(patched(v4, 2, b"\xff\xff"), 0x0800),
           ethernet(patched(v4, 24, b"\x00\x07"), 0x0800), ethernet(patched(v4, 24, b"\xff\xff"), 0x0800),
           ethernet(v6[:39], 0x86DD), ethernet(patched(v6, 4, b"\xff\xff"), 0x86DD), ethernet(patched(v6, 0, b"\x40"), 0x86DD),
           frame(ipv6(extension(b"", UDP, bytes([4, 200, 0, 0, 0, 0])), DESTINATION, CLIENT6, SERVER6)),
           frame(ipv6(bytes([UDP, 255]) + bytes(6), DESTINATION, CLIENT6, SERVER6)),
           frame(ipv4(patched(t, 12, b"\x40"), TCP, CLIENT, SERVER)), frame(ipv4(patched(t, 12, b"\xf0"), TCP, CLIENT, SERVER)),
           frame(ipv4(t[:13], TCP, CLIENT, SERVER)), frame(ipv4(b"\x08", ICMP, CLIENT, SERVER)),
           ethernet(b"\x00", 0x8100), ethernet(struct.pack(">HH", 1, 0x8100) * 40, 0x8100),
           frame(ipv4(payload, UDP, CLIENT, SERVER, flags_offset=0x3FFF)),
           frame(ipv6(fragment(b"x" * 9, UDP, 0x1FFF, True), FRAGMENT, CLIENT6, SERVER6))]
    nested = ipv4(payload, UDP, CLIENT, SERVER)
    for _ in range(60):
        nested = ipv4(nested, 4, CLIENT, SERVER)
    sound = udp_frame(dns.message(1, dns.RD, [dns.question("sound.example.com")]), CLIENT, SERVER, 40000, 53)
    yield "hostile_headers.pcap", c.pcap(timed([*odd, frame(nested), sound])), hostile_packets.__doc__


def hostile_dns():
    """DNS messages that lie: pointers in circles, forwards and past the end, labels and names too long, counts and lengths that promise \
more, control bytes in names, an empty payload, other protocols on port 53; every truncation of one answer; then one sound question"""
    def ask(qname, **more):
        return dns.message(1, dns.RD, [dns.question(qname)], **more)
    long_name = ".".join(["x" * 63] * 4)
    answer = dns.message(2, dns.QR, [dns.question("cut.example")], [dns.record(dns.pointer(12), "MX", struct.pack(">H", 1) + dns.name("mx.example"))])
    odd = [ask(dns.pointer(12)), ask(dns.pointer(14) + dns.pointer(12)), ask(dns.pointer(0x3FFF)), ask(dns.pointer(30)),
           ask(b"\x3f" + b"x" * 10), ask(b"\x40abc\0"), ask(b"\x80abc\0"), ask(long_name), ask("x" * 63 + ".example"),
           ask(b"\x01a" * 130 + b"\0"),
           dns.message(1, dns.RD, [dns.question("few.example")], counts=(65535, 0, 0, 0)),
           dns.message(1, dns.QR, [dns.question("few.example")], counts=(1, 65535, 65535, 65535)),
           dns.message(1, dns.QR, [dns.question("long.example")], [dns.record(dns.pointer(12), "A", address("192.0.2.1"), length=60000)]),
           dns.message(1, dns.QR, [dns.question("short.example")], [dns.record(dns.pointer(12), "A", b"\x01\x02")]),
           dns.message(1, dns.QR, [dns.question("loop.example")], [dns.record(dns.pointer(12), "CNAME", dns.pointer(42))]),
           dns.message(1, dns.QR, [dns.question("text.example")], [dns.record(dns.pointer(12), "TXT", b"\xffshort")]),
           ask("\x1b[31mred\x07.\0.\xff\x9b.example"), ask("tab\t,quote\",newline\n.example"), ask("back\\slash.dot\\.example"),
           b"", b"\0", b"GET / HTTP/1.1\r\nHost: not-dns.example\r\n\r\n", bytes(12), b"\xff" * 512]
    frames = [udp_frame(message, CLIENT, SERVER, 44000 + i, 53) for i, message in enumerate(odd)]
    frames += [udp_frame(answer[:n], SERVER, CLIENT, 53, 45000 + n) for n in range(len(answer) + 1)]
    frames += [udp_frame(answer + b"more than there should be", SERVER, CLIENT, 53, 46000), udp_frame(ask("sound.example"), CLIENT, SERVER, 46001, 53)]
    yield "hostile_dns.pcap", c.pcap(timed(frames)), hostile_dns.__doc__


CONTAINERS = [pcaps, snoops, pcapngs]
PACKETS_IN_SOUND_CONTAINERS = [hostile_packets, hostile_dns]
