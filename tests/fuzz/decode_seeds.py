# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes the seed corpus of decode_fuzz: a packet for each header that is decoded, and for each way to nest them.

    python3 tests/fuzz/decode_seeds.py tests/fuzz/corpus/decode
"""
import pathlib
import struct
import sys

# Indices into the link types of linktypes.h.
(ETHERNET, NULL, RAW12, RAW14, RAW, LOOP, SLL, IPV4, IPV6, SLL2, PLUGIN, UNKNOWN, PPP, PPP_HDLC, PPPOE, LLC, CHDLC, PPPD, WLAN, PRISM,
 RADIOTAP, AVS, PPI, TOKEN_RING, FDDI, IPOIB, FR, PFLOG, USER2, NFLOG, UPPER_PDU, NETLINK, PKTAP) = range(33)


def packet(link, *parts, cut=0):
    return bytes([link, cut]) + b"".join(parts)


def eth(ethertype):
    return b"\2" * 6 + b"\4" * 6 + struct.pack(">H", ethertype)


def vlan(tag, ethertype):
    return struct.pack(">HH", tag, ethertype)


def ip(proto, body, total=None, fragment=0, words=5):
    total = words * 4 + len(body) if total is None else total
    return struct.pack(">BBHHHBBHII", 0x40 | words, 0, total, 7, fragment, 64, proto, 0, 0x0a000001,
                       0x0a000002) + b"\1" * (words * 4 - 20) + body


def ipv6(proto, body, length=None):
    length = len(body) if length is None else length
    addresses = b"".join(struct.pack(">IQI", 0x20010db8, 0, end) for end in (1, 2))
    return struct.pack(">IHBB", 0x60000000, length, proto, 64) + addresses + body


def udp(sport, dport, body=b"", length=None):
    return struct.pack(">HHHH", sport, dport, 8 + len(body) if length is None else length, 0) + body


def tcp(words=5):
    return struct.pack(">HHIIHHHH", 1234, 80, 1, 2, words << 12 | 0x18, 1024, 0, 0) + b"\1" * (words * 4 - 20)


def extension(following, words=0):
    return bytes([following, words]) + bytes(6 + 8 * words)


def fragment(following, field):
    return struct.pack(">BBHI", following, 0, field, 7)


def icmp(kind, code, rest=0):
    return struct.pack(">BBHI", kind, code, 0, rest)


def ah(following):
    return bytes([following, 4]) + bytes(22)


def told(header_len, payload_len, kind, value, filler=b""):
    """What the target's plugins read: their own answer."""
    return struct.pack(">BBBH", header_len, payload_len, kind, value) + filler


SNAP = bytes.fromhex("aaaa030000000800")


def wlan(kind, flags, rest=b""):
    return bytes([kind, flags, 0, 0]) + bytes.fromhex("020000000001 020000000002 020000000003 1000") + rest


ON_LINKTYPE, ON_ETHERTYPE, ON_IP_PROTOCOL = 1, 2, 3

SEEDS = {
    "empty": packet(ETHERNET),
    "eth_tcp": packet(ETHERNET, eth(0x800), ip(6, tcp(8) + b"hello")),
    "eth_tcp_cut": packet(ETHERNET, eth(0x800), ip(6, tcp(8), total=1052), cut=4),
    "eth_udp_padded": packet(ETHERNET, eth(0x800), ip(17, udp(53, 4000)), bytes(18)),
    "eth_llc": packet(ETHERNET, eth(7), b"BB\3", bytes(43)),
    "eth_snap": packet(ETHERNET, eth(36), bytes.fromhex("aaaa030000000800"), ip(17, udp(1, 2))),
    "eth_snap_bridged": packet(ETHERNET, eth(50), bytes.fromhex("aaaa030080c20007"), eth(0x800), ip(17, udp(1, 2))),
    "eth_lldp": packet(ETHERNET, eth(0x88cc), bytes.fromhex("020704aabbccddeeff0000")),
    "eth_eapol": packet(ETHERNET, eth(0x888e), bytes.fromhex("01010000"), bytes(42)),
    "eth_pppoe": packet(ETHERNET, eth(0x8864), bytes.fromhex("11000001001e0021"), ip(17, udp(1, 2))),
    "eth_pppoe_discovery": packet(ETHERNET, eth(0x8863), bytes.fromhex("11090000000401010000")),
    "eth_mpls": packet(ETHERNET, eth(0x8847), bytes.fromhex("0001403f0001f13f"), ip(17, udp(1, 2))),
    "eth_pseudowire": packet(ETHERNET, eth(0x8847), bytes.fromhex("0001f13f00000000"), eth(0x800), ip(17, udp(1, 2))),
    "eth_backbone": packet(ETHERNET, eth(0x88e7), bytes(4), eth(0x800), ip(17, udp(1, 2))),
    "eth_macsec": packet(ETHERNET, eth(0x88e5), bytes.fromhex("20000000000100000000000000010800"), ip(17, udp(1, 2)), bytes(16)),
    "eth_macsec_secret": packet(ETHERNET, eth(0x88e5), bytes.fromhex("0c0000000001"), bytes(30)),
    "eth_vntag": packet(ETHERNET, eth(0x8926), bytes.fromhex("000000010800"), ip(17, udp(1, 2))),
    "eth_etag": packet(ETHERNET, eth(0x893f), bytes.fromhex("0000000000000800"), ip(17, udp(1, 2))),
    "ppp": packet(PPP, bytes.fromhex("0057"), ipv6(17, udp(1, 2))),
    "ppp_hdlc": packet(PPP_HDLC, bytes.fromhex("ff0321"), ip(17, udp(1, 2))),
    "chdlc": packet(CHDLC, bytes.fromhex("0f000800"), ip(17, udp(1, 2))),
    "eth_stacked": packet(ETHERNET, eth(0x88a8), vlan(100, 0x9100), vlan(200, 0x8100), vlan(300, 0x86dd),
                          ipv6(17, udp(1, 2, b"x"))),
    "eth_arp": packet(ETHERNET, eth(0x806), bytes.fromhex("0001080006040001"), b"\1" * 20),
    "gre": packet(IPV4, ip(47, bytes.fromhex("f000080000000000000000010000000108000004 0a00000100000000") + ip(17, udp(1, 2)))),
    "gre_ethernet": packet(IPV4, ip(47, bytes.fromhex("2000655800123400") + eth(0x800) + ip(17, udp(1, 2)))),
    "gre_pptp": packet(IPV4, ip(47, bytes.fromhex("3081880b0020000100000001 00000002ff030021") + ip(17, udp(1, 2)))),
    "erspan_1": packet(IPV4, ip(47, bytes.fromhex("000088be") + eth(0x800) + ip(17, udp(1, 2)))),
    "erspan_2": packet(IPV4, ip(47, bytes.fromhex("100088be000000011001040500000000") + eth(0x800) + ip(17, udp(1, 2)))),
    "erspan_3": packet(IPV4, ip(47, bytes.fromhex("100022eb00000001200100050000000000000001") + bytes(8) + eth(0x800)
                                + ip(17, udp(1, 2)))),
    "vxlan": packet(IPV4, ip(17, udp(1, 4789, bytes.fromhex("0800000000123400") + eth(0x800) + ip(17, udp(1, 2))))),
    "vxlan_nsh": packet(IPV4, ip(17, udp(1, 4790, bytes.fromhex("0c000004001234000fc2020100000aff") + ip(17, udp(1, 2))))),
    "geneve": packet(IPV4, ip(17, udp(1, 6081, bytes.fromhex("030065580000010000018001aabbccdd00020100")
                                      + eth(0x800) + ip(17, udp(1, 2))))),
    "gtp": packet(IPV4, ip(17, udp(1, 2152, bytes.fromhex("34ff002c000000070001008501aabb2002aabbccddeeff00")
                                   + ip(17, udp(1, 2))))),
    "teredo": packet(IPV4, ip(17, udp(1, 3544, bytes.fromhex("00010201aaaabb0102030405060708000000 12340a000001")
                                      + ipv6(17, udp(1, 2))))),
    "l2tp": packet(IPV4, ip(17, udp(1, 1701, bytes.fromhex("4a02002e00010002000300040002aaaa0021") + ip(17, udp(1, 2))))),
    "l2tp_control": packet(IPV4, ip(115, bytes.fromhex("00000000c803000c0000000100000000"))),
    "sctp": packet(IPV4, ip(132, bytes.fromhex("12340050000000010000000003000010") + bytes(12) + bytes.fromhex("0b000006aabb"))),
    "sctp_data": packet(IPV4, ip(132, bytes.fromhex("1234005000000001000000000003001500000001000200030000003c6e67617021000000"
                                                    "40020018000000020002000000000009000000124141414101000014000000070000040000050005 00000001"))),
    "dccp_response": packet(IPV4, ip(33, bytes.fromhex("123400500700000003000000000000010000000000000002 53504850"))),
    "dccp": packet(IPV4, ip(33, bytes.fromhex("123400500400000000000000 00000000aabbccdd"))),
    "udplite": packet(IPV4, ip(136, udp(1, 2))),
    "ospf": packet(IPV4, ip(89, bytes(24))),
    "null_ip": packet(NULL, bytes.fromhex("02000000"), ip(17, udp(1, 2))),
    "null_ipv6": packet(NULL, bytes.fromhex("0000001e"), ipv6(17, udp(1, 2))),
    "null_ethertype": packet(NULL, bytes.fromhex("0f000800"), ip(17, udp(1, 2))),
    "loop": packet(LOOP, bytes.fromhex("00000002"), ip(1, icmp(8, 0, 1))),
    "raw_ip": packet(RAW, ip(6, tcp())),
    "raw_ipv6": packet(RAW12, ipv6(6, tcp())),
    "sll": packet(SLL, bytes.fromhex("00000001000601020304050600000800"), ip(17, udp(1, 2))),
    "sll2": packet(SLL2, bytes.fromhex("0800000000000001000100060102030405060000"), ip(17, udp(1, 2))),
    "wlan": packet(WLAN, wlan(0x08, 1), SNAP, ip(17, udp(1, 2))),
    "wlan_qos_four": packet(WLAN, wlan(0x88, 0x83, bytes.fromhex("020000000004 0000 00000000")), SNAP, ip(17, udp(1, 2))),
    "wlan_aggregate": packet(WLAN, wlan(0x88, 1, bytes.fromhex("8000") + bytes(12) + b"\0\x24"), SNAP, ip(17, udp(1, 2)), bytes(20)),
    "wlan_mesh": packet(WLAN, wlan(0x88, 3, bytes.fromhex("020000000004 0001 010000000000") + bytes(6)), SNAP, ip(17, udp(1, 2))),
    "wlan_secret": packet(WLAN, wlan(0x08, 0x41), bytes(40)),
    "wlan_beacon": packet(WLAN, wlan(0x80, 0), bytes(12)),
    "wlan_ack": packet(WLAN, bytes.fromhex("d4000000 020000000001")),
    "radiotap": packet(RADIOTAP, bytes.fromhex("0000 1900 03000080 00000000 00000000 0000000000000000 30"), wlan(0x88, 1, b"\0\0"), b"\0\0",
                       SNAP, ip(17, udp(1, 2)), bytes(4)),
    "prism": packet(PRISM, bytes.fromhex("4400000090000000"), bytes(136), wlan(0x08, 1), SNAP, ip(17, udp(1, 2))),
    "avs": packet(AVS, bytes.fromhex("8021100100000040"), bytes(56), wlan(0x08, 1), SNAP, ip(17, udp(1, 2))),
    "ppi": packet(PPI, bytes.fromhex("0000 2000 69000000 0200 1400 0000000000000000 0100"), bytes(10), wlan(0x08, 1), SNAP,
                  ip(17, udp(1, 2)), bytes(4)),
    "token_ring": packet(TOKEN_RING, bytes.fromhex("1040 020000000001 820000000002 0630 00110020"), SNAP, ip(17, udp(1, 2))),
    "fddi": packet(FDDI, bytes.fromhex("50 020000000001 020000000002"), SNAP, ip(17, udp(1, 2))),
    "ipoib": packet(IPOIB, bytes(40), bytes.fromhex("08000000"), ip(17, udp(1, 2))),
    "fr": packet(FR, bytes.fromhex("1841 03 00 80 000000 0800"), ip(17, udp(1, 2))),
    "fr_long": packet(FR, bytes.fromhex("18400001 03 cc"), ip(17, udp(1, 2))),
    "pflog": packet(PFLOG, bytes.fromhex("3d02"), bytes(62), ip(17, udp(1, 2))),
    "nflog": packet(NFLOG, bytes.fromhex("02000005 07000a0061620000 20000900"), ip(17, udp(1, 2))),
    "exported_pdu": packet(UPPER_PDU, bytes.fromhex("000c000469700000 000e00096574686572747970 65 0020000400000800 00000000"),
                           ip(17, udp(1, 2))),
    "netlink": packet(NETLINK, bytes.fromhex("00040338000000000000000000000000"), bytes(20)),
    "pktap": packet(PKTAP, bytes.fromhex("6c0000000100000001000000"), bytes(96), eth(0x800), ip(17, udp(1, 2))),
    "sll_radiotap": packet(SLL, bytes.fromhex("00000323000600000000000000000003 0000080000000000"), wlan(0x08, 1), SNAP, ip(17, udp(1, 2))),
    "gre_aruba": packet(IPV4, ip(47, bytes.fromhex("00008200") + wlan(0x08, 1) + SNAP + ip(17, udp(1, 2)))),
    "ip_fragment": packet(IPV4, ip(17, b"12345678", fragment=0x2001)),
    "ip_options": packet(IPV4, ip(17, udp(1, 2), words=15)),
    "ip_offload": packet(IPV4, ip(6, tcp(), total=0)),
    "ip_ah": packet(IPV4, ip(51, ah(17) + udp(1, 2))),
    "ip_esp": packet(IPV4, ip(50, b"\7" * 24)),
    "ip_tunnels": packet(IPV4, ip(41, ipv6(4, ip(6, tcp())))),
    "ipv6_chain": packet(IPV6, ipv6(0, extension(60) + extension(43, 1) + extension(44, 2) + fragment(51, 0) + ah(135)
                                    + extension(139) + extension(140, 1) + extension(17) + udp(1, 2))),
    "ipv6_fragment": packet(IPV6, ipv6(44, fragment(17, 1) + udp(1, 2))),
    "ipv6_order": packet(IPV6, ipv6(60, extension(0) + extension(17) + udp(1, 2))),
    "ipv6_jumbo": packet(IPV6, ipv6(0, bytes.fromhex("1100c20400011170") + udp(1, 2, length=0), length=0), cut=255),
    "ipv6_jumbo_padded": packet(IPV6, ipv6(0, bytes.fromhex("3b01000101 00c204 000101d0 00000000"), length=0), cut=255),
    "icmp_error": packet(IPV4, ip(1, icmp(3, 1) + ip(6, tcp()[:8], total=520))),
    "icmp_extension": packet(IPV4, ip(1, icmp(11, 0, 8 << 16) + ip(47, bytes(12), total=520) + b"\x20" * 8)),
    "icmp_nested": packet(IPV4, ip(1, icmp(3, 3) + ip(1, icmp(3, 3) + ip(1, icmp(3, 3) + ip(17, udp(1, 2)))))),
    "icmpv6_error": packet(IPV6, ipv6(58, icmp(1, 0) + ipv6(44, fragment(6, 1) + tcp(), length=1000))),
    "plugin_udp": packet(ETHERNET, eth(0x800), ip(17, udp(1, 7, told(8, 255, ON_LINKTYPE, 1, bytes(3)) + eth(0x800)
                                                          + ip(6, tcp())))),
    "plugin_refuses": packet(IPV4, ip(17, udp(9, 7, told(8, 20, 0xf5, 1, bytes(23))))),
    "plugin_ip_protocol": packet(IPV4, ip(253, told(5, 255, ON_ETHERTYPE, 0x86dd) + ipv6(6, tcp()))),
    "plugin_extension": packet(IPV6, ipv6(17, udp(9, 1, told(5, 255, ON_IP_PROTOCOL, 44) + fragment(6, 1) + tcp()))),
    "plugin_itself": packet(PLUGIN, told(0, 255, ON_LINKTYPE, 147, bytes(8))),
    "plugin_stacked": packet(ETHERNET, eth(0xb000), told(5, 60, ON_ETHERTYPE, 0xb000), told(5, 200, ON_ETHERTYPE, 0x800),
                             ip(17, udp(1, 2))),
    # Once wrote past the layer cap: a plugin's layer is the last there is room for, and data follows it.
    "plugin_at_cap": packet(ETHERNET, eth(0x8100), *[vlan(1, 0x8100)] * 17, vlan(1, 0xb000), told(5, 255, 0, 0), b"data"),
}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in SEEDS.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
