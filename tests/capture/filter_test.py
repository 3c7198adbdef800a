# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares what -f keeps of real captures with what tcpdump keeps.

    filter_test.py PALUA SHARED_CAPTURES

Every expression is asked of every capture, and the packets that come out must be the same, byte for byte and in number; where tcpdump
refuses an expression for a capture's link type, palua must, too. Exits with 77 without tcpdump or without the captures.
"""
import os
import pathlib
import shutil
import struct
import subprocess
import sys

SKIPPED = 77

# By link type and by what is in them.
CAPTURES = [
    "ndpi/capwap.pcap", "ndpi/pcap__tor.pcap", "ipfixprobe/inputs__mixed.pcap", "tcpdump/erspan-type-ii-3.pcap",  # Ethernet
    "snabb/program__ipfix__tests__sanitized4k_truncated128.pcap",  # cut by a snaplen
    "zeek/pppoe.pcap", "zeek/pppoe-over-qinq.pcap", "zeek/Traces__mpls-in-vlan.pcap", "suricata-verify/bug-6402-01__input.pcap",
    "ndpi/pcap__dnscrypt-v1-and-resolver-pings.pcap", "zeek/Traces__ipv6-reassembly-state-leak.pcap",  # fragments
    "ndpi/pcap__quickplay.pcap", "pcapplusplus/PacketppTest__PacketExamples__Sll2Packet.pcap",  # Linux cooked
    "suricata-verify/http-range-multiflows__input.pcap", "ndpi/pcap__psiphon3.pcap",  # BSD loopback, raw
    "suricata-verify/dcerpc__dcerpc-dce-stub-data-04__input.pcap",  # IPv4
    "suricata-verify/bug-6887-defrag-ipv6-tcp__frag-ip-tcp.pcap", "zeek/quic__interop__quic-go_quic-go__handshake.pcap",  # IPv6, PPP
    "tcpdump/ISIS_p2p_adjacency.pcap", "zeek/arp-who-has-wlanmon.pcap", "tcpdump/radiotap-heapoverflow.pcap",  # HDLC, 802.11
    "zeek/dns-inverse-query.pcap", "zeek/nflog-http.pcap", "ndpi/someip_sd_sample.pcap",  # FDDI, NFLOG, PPI
    "pcapplusplus/PcapppTest__PcapExamples__microsecs_big_endian.pcap", "tcpdump/vsock-1.pcapng",
]

EXPRESSIONS = [
    "", "ip", "ip6", "arp", "not ip", "tcp", "udp", "icmp", "icmp6", "igmp", "sctp", "ip or ip6",
    "tcp port 80", "port 53", "src port 443", "dst port 53 and udp", "portrange 1-1023", "not (port 80 or port 443)",
    "host 192.168.1.1", "src net 10.0.0.0/8", "dst net 192.168.0.0/16", "net 224.0.0.0/4", "ip6 net fe80::/10", "host ff02::1",
    "ip broadcast", "ip multicast", "ether broadcast", "ether multicast", "ip6 multicast", "ether host 00:11:dc:00:00:01",
    "ether src 00:11:dc:00:00:01 or ether dst 00:11:dc:00:00:01", "ether proto 0x0806", "ether proto \\stp", "llc", "stp",
    "vlan", "vlan and ip", "vlan 300", "vlan and vlan and pppoes", "mpls", "vlan and mpls", "pppoes", "pppoed", "pppoes and ip6", "geneve",
    "greater 1000", "less 100", "len >= 60 and len <= 70", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "tcp[13] & 2 != 0",
    "tcp[tcpflags] == tcp-ack", "ip[0] & 0xf != 5", "ip[6:2] & 0x1fff != 0", "ip[8] < 64", "ip6[6] = 44", "ip6 proto 17",
    "ip proto 47", "ip proto \\tcp", "ip6 protochain 6", "ether[0] & 1 = 0", "link[0] = 0x08", "icmp[icmptype] = icmp-echo",
    "icmp6[0] = 135", "udp[8:2] = 0x1234", "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420", "(tcp or udp) and not port 53 and less 200",
    "type mgt", "type data", "wlan addr1 ff:ff:ff:ff:ff:ff", "isis", "inbound", "outbound", "ifindex 1", "gateway nowhere",
    "port no-such-service", "tcp and", "host 1.2.3.4.5", "ip proto", "vlan vlan", "tcp[",
]


def tcpdump_keeps(path, expression):
    """(original length, bytes in hexadecimal) of each packet; None if tcpdump refuses the expression."""
    command = ["tcpdump", "-n", "-r", path, "-w", "-"]
    if os.geteuid() == 0:
        command += ["-Z", "root"]
    run = subprocess.run([*command, expression], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode != 0:
        return None
    order = "<" if run.stdout[0] in (0xd4, 0x4d) else ">"
    packets, at = [], 24
    while at < len(run.stdout):
        caplen, origlen = struct.unpack_from(order + "II", run.stdout, at + 8)
        packets.append((origlen, run.stdout[at + 16:at + 16 + caplen].hex()))
        at += 16 + caplen
    return packets


def palua_keeps(palua, path, expression):
    run = subprocess.run([palua, "-q", "-f", expression, "-o", "tsv", "-T", "packet.len,packet.bytes", path], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    if run.returncode == 2 and len(run.stderr.splitlines()) == 1 and "libpcap says: " in run.stderr:
        return None
    if run.returncode != 0:
        raise SystemExit(f"{path}: -f '{expression}': exit status {run.returncode}\n{run.stderr}")
    rows = (line.split("\t") for line in run.stdout.splitlines()[1:])
    return [(int(length), data) for length, data in rows]


def main(palua, captures):
    if not shutil.which("tcpdump") or not captures.is_dir():
        print(f"skipped: tcpdump or {captures} is not present")
        return SKIPPED
    failures = kept = refused = 0
    useful = set()
    for name in CAPTURES:
        path = str(captures / "files" / name)
        everything = tcpdump_keeps(path, "")
        for expression in EXPRESSIONS:
            want, got = tcpdump_keeps(path, expression), palua_keeps(palua, path, expression)
            if want != got:
                counts = [("refused" if packets is None else f"{len(packets)} packets") for packets in (want, got)]
                print(f"{name}: '{expression}': tcpdump {counts[0]}, palua {counts[1]}")
                failures += 1
            refused += want is None
            kept += len(want or [])
            if want and want != everything:
                useful.add(expression)
    print(f"{len(EXPRESSIONS)} expressions, {len(useful)} of which keep some packets of a capture and not all, {len(CAPTURES)} captures: "
          f"{kept} packets kept, {refused} refused, {failures} differences")
    return 1 if failures or len(useful) < 30 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
