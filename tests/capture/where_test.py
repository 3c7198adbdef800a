# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares the packets for which -Y holds with those for which tshark's -Y holds.

    where_test.py PALUA SHARED_CAPTURES [--show]

Real captures of several link types, and palua's own of DNS, SCTP and DCCP, are put one behind the other, so that each expression is asked once; the
packets must be the same. Where they are not, the difference must have one of the CAUSES, each of which says in tshark's words which packets
it can apply to. Exits with 77 without tshark and mergecap or without the captures.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77

CAPTURES = [
    "ndpi/capwap.pcap", "ipfixprobe/inputs__mixed.pcap", "zeek/Traces__ipv6-reassembly-state-leak.pcap",
    "zeek/tunnels__vxlan-triple-v2.pcap", "zeek/tunnels__Teredo.pcap", "zeek/pppoe-over-qinq.pcap", "zeek/vntag_vlan_sandwich_clean.pcap",
    "zeek/ipv6-fragmented-dns.pcap", "zeek/http__bro.org.pcap", "ndpi/pcap__dnscrypt-v1-and-resolver-pings.pcap", "ndpi/pcap__tor.pcap",
    "ndpi/pcap__quickplay.pcap", "ndpi/pcap__psiphon3.pcap", "zeek/communityid__sctp.pcap",
]
OWN = [pathlib.Path(__file__).resolve().parents[1] / "captures" / name for name in ("dns.pcapng", "generated/sctp.pcap", "generated/dccp.pcap")]

# Asked of every packet. A pair: palua's expression, and what it is in tshark, where a bare flag means that there is one, set or not.
PACKETS = [
    "ip", "ipv6", "tcp", "udp", "icmp", "icmpv6", "arp", "vlan", "eth", "sctp", "pppoes", "vxlan",
    "not ip and not ipv6", "!(tcp or udp) && ip", "tcp && !ipv6 || icmpv6", "icmp and udp",
    "ip.addr == 10.0.0.0/8", "ip.src == 192.168.0.0/16 and ip.dst != 192.168.0.0/16", "ip.addr in {10.0.0.0/8, 192.168.1.1..192.168.1.50}",
    "ip.src == ip.dst", "ip.addr != 10.0.0.0/8", "ip.dst > 200.0.0.0", "ipv6.addr == fe80::/10", "ipv6.dst == ff02::/16",
    "ipv6.src == 2001::/16 or ipv6.hlim == 255", "ip.ttl < 64", "ip.ttl in {1..10, 128}", "ip.ttl ge 100 and ip.ttl le 120", "ip.proto == 17",
    "ip.id == 0", "ipv6.nxt == 44", "ip.version == 4",
    "tcp.port == 80", "tcp.port != 80", "!(tcp.port == 80)", "tcp.srcport == 443 or tcp.dstport == 443", "tcp.port in {80, 443, 8000..9000}",
    "tcp.port not in {80, 443}", "tcp.dstport > 1024 and tcp.srcport lt 1024", "tcp.srcport > tcp.dstport", "udp.port == 53",
    "udp.port === 53", "udp.port !== 53", "udp.dstport == 0x35", "sctp.port > 0",
    "tcp.flags.syn == 1", "tcp.flags.syn == 1 and tcp.flags.ack == 0", "tcp.flags & 0x12 == 0x12", "tcp.flags.reset == 1", "tcp.flags & 0x01",
    "tcp.flags == 0x018", ("tcp.flags.syn", "tcp.flags.syn == 1"), ("tcp.flags.push and not tcp.flags.fin", "tcp.flags.push == 1 and tcp.flags.fin == 0"), "tcp.window_size_value < 1000", "tcp.len > 0", "tcp.len == 0 and tcp.flags.fin == 1", "tcp.hdr_len > 20",
    "tcp.seq_raw > 0x80000000", "tcp.ack_raw == 0",
    "sctp.chunk_type == 1", "sctp.chunk_type == 3 and sctp.chunk_type == 0", "sctp.chunk_type in {64, 192..194}", "sctp.chunk_length > 100",
    "sctp.verification_tag == 0", "sctp.chunk_flags == 3", ("sctp.chunk_type == Init_Ack", "sctp.chunk_type == 2"), "!(sctp.chunk_type == 0) and sctp",
    "sctp.data_tsn_raw > 0xfffffff0", "sctp.data_sid == 3 and sctp.data_mid == 9", "sctp.data_fsn", "sctp.data_ssn == 65535",
    ("sctp.data_payload_proto_id == NGAP", "sctp.data_payload_proto_id == 60"), ("sctp.data_b_bit and not sctp.data_e_bit", "sctp.data_b_bit == 1 and not sctp.data_e_bit == 1"),
    "sctp.data_u_bit == 1", "sctp.initiate_tag > 5", "dccp", "dccp.type == 0", "dccp.type in {1..4}", ("dccp.type == Sync_Ack", "dccp.type == 9"),
    "dccp.seq_raw > 0xfffffffffff0", "dccp.ack_raw == 20015998343868", "dccp.service_code == 0x53504850",
    "frame.len > 1000", "frame.len in {60..90}", "frame.cap_len != 60", "frame.number < 50", "frame.number in {100..110, 500}",
    "frame.time_epoch < 1300000000", "eth.src == 00:0c:29:00:00:00 or eth.dst == ff:ff:ff:ff:ff:ff", "eth.addr contains 00:0c",
    "eth.type == 0x0800", "eth.type > 0", "not eth.type and eth", "vlan.id == 100 or vlan.id > 3000", "vlan.id",
]

# Asked of DNS messages.
MESSAGES = [
    "dns", "dns.qry.name contains \"crypt\"", "dns.qry.name matches r\"^www\\.\"", "dns.qry.name == \"www.bro.org\"",
    "dns.qry.name matches \"(com|net)$\"", "dns.qry.type == 1", "dns.qry.type in {1, 28}", "dns.qry.type == 16 or dns.qry.type == 12",
    "dns.flags.rcode == 3", "dns.flags.rcode != 0", "dns.flags.recdesired == 1", "dns.flags.recavail == 1 and dns.flags.truncated == 0",
    "dns.count.answers > 1", "dns.count.answers ge 1 and dns.count.add_rr == 0", "dns.id > 30000", "dns.time > 0.05", "dns.qry.class == 1",
    "dns.flags.rcode in {1..3, 5}", "dns.flags.authoritative == 1", "dns.flags.opcode != 0", ("dns.flags.rcode == NXDomain", "dns.flags.rcode == 3"),
    ("dns.flags.recavail and dns.flags.authenticated", "dns.flags.recavail == 1 and dns.flags.authenticated == 1"),
    ("dns.time < 5ms", "dns.time < 0.005"), ("dns.qtype == AAAA", "dns.qry.type == 28"), ("dns.qname contains 'example'", "dns.qry.name contains \"example\""),
    "dns.qry.name matches \"EXAMPLE\"", "dns && ip.src == 192.168.0.0/16", "dns and udp.port == 53 and not ipv6", "dns.qry.name > \"m\"",
]

DNS_PORTS = "(udp.port in {53, 5353, 5355} or tcp.port in {53, 5353, 5355})"
CAUSES = {
    "tshark reads what CAPWAP carries": "udp and wlan",
    "the last fragment lies beyond what a datagram may have; palua raises fragment_beyond_limit": "ipv6.fraghdr.offset >= 8100",
    "palua's rcode has the upper bits of EDNS": "dns.resp.ext_rcode > 0",
    "an answer without a question answers none, to palua": "dns.flags.response == 1 and dns.count.queries == 0",
    "tshark's heuristics take it for DNS on a port that is none of DNS": f"dns and not {DNS_PORTS}",
    "tshark reads DNS that an ICMP error quotes": "dns and (icmp or icmpv6)",
}


def merge(captures, path):
    run = subprocess.run(["mergecap", "-a", "-F", "pcapng", "-w", path, *[str(captures / "files" / name) for name in CAPTURES], *map(str, OWN)],
                         capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(run.stderr)


def asked(command, header):
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit status {run.returncode}\n{run.stderr}")
    return {int(line) for line in run.stdout.splitlines()[header:]}


def tshark(path, expression):
    return asked(["tshark", "-n", "-r", path, "-Y", expression, "-T", "fields", "-e", "frame.number"], 0)


def palua(program, path, fields, expression):
    return asked([program, "-q", "-o", "tsv", "-T", fields, "-Y", expression, path], 1)


def compare(program, path, fields, expression, causes, show):
    """Whether all differences have a cause, whether the expression says anything, and the packets that differ for each cause."""
    ours, theirs = expression if isinstance(expression, tuple) else (expression, expression)
    want, got = tshark(path, theirs), palua(program, path, fields, ours)
    explained = {cause: (want ^ got) & frames for cause, frames in causes.items()}
    left = (want ^ got).difference(*explained.values())
    if left or show:
        print(f"'{ours}': tshark {len(want)} packets, palua {len(got)}, {len(want ^ got)} differ; without a cause: {sorted(left)[:9]}")
    return not left, bool(want & got), explained


def main(program, captures, show):
    if not shutil.which("tshark") or not shutil.which("mergecap") or not captures.is_dir():
        print(f"skipped: tshark, mergecap or {captures} is not present")
        return SKIPPED
    failures = useful = 0
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "all.pcapng")
        merge(captures, path)
        causes = {cause: tshark(path, frames) for cause, frames in CAUSES.items()}
        met = {cause: set() for cause in CAUSES}
        for fields, expressions in (("packet.frame", PACKETS), ("dns.frame", MESSAGES)):
            for expression in expressions:
                equal, says, explained = compare(program, path, fields, expression, causes, show)
                failures += not equal
                useful += says
                for cause, frames in explained.items():
                    met[cause] |= frames
    for cause, frames in met.items():
        print(f"{len(frames)} packets: {cause}")
    print(f"{len(PACKETS) + len(MESSAGES)} expressions, {useful} of which hold for some packet, {failures} differ without a cause")
    return 1 if failures or useful < 90 or not all(met.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2]), "--show" in sys.argv[3:]))
