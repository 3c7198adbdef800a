# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares checksums, and the types and codes of ICMP, with tshark's over every shared capture.

    checksums_test.py PALUA SHARED_CAPTURES

Per protocol, the layers whose checksum is good, bad or not present must be as many as tshark counts with its checksum preferences on;
tshark knows no partial checksums and calls them bad. (What cannot be verified is not compared: of malformed headers and first fragments
tshark says now this, now nothing.) What ICMP errors quote, tshark checks too and palua does not, so where there are quotes, and only there,
palua may have fewer. Every other difference is listed in DIFFERENCES with its cause. With do_checksums the anomalies must be as many as the
bad ones. Exits with 77 where the captures are not present.
"""
import collections
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

from layers_test import SKIPPED

PROTOCOLS = {"6": "tcp", "17": "udp", "132": "sctp", "33": "dccp", "136": "udplite"}
COMPARED = "ip", "tcp", "udp", "icmp", "icmpv6", "sctp"
FIELDS = ("network.version", "network.checksum_name", "transport.proto", "transport.checksum_name",
          "icmp.packet_number", "icmp.version", "icmp.type", "icmp.code", "icmp.checksum_name", "icmp.quoted", "anomaly.name")
CONFIG = "return { decode = { do_checksums = 1 } }\n"

SHORT = "IP or UDP say more than the frame holds: tshark sums up what there is, palua leaves it"
UNKNOWN = "is not decoded"

# capture, protocol: what palua has more of (negative: less), and why.
DIFFERENCES = {
    ("ndpi/ajp.pcap", "ip"): ({"good": -12}, "Cisco FabricPath " + UNKNOWN),
    ("ndpi/ajp.pcap", "tcp"): ({"bad": -12}, "Cisco FabricPath " + UNKNOWN),
    ("ndpi/capwap.pcap", "ip"): ({"good": -6}, "CAPWAP " + UNKNOWN),
    ("ndpi/capwap.pcap", "udp"): ({"good": -5}, "CAPWAP " + UNKNOWN),
    ("ndpi/capwap.pcap", "icmpv6"): ({"good": -5}, "CAPWAP " + UNKNOWN),
    ("ndpi/capwap.pcap", "icmpv6 types"): ({"133/0": -2, "135/0": -1, "143/0": -2}, "CAPWAP " + UNKNOWN),
    ("ndpi/fuzz-2006-06-26-2594.pcap", "tcp"): ({"bad": -3}, SHORT),
    ("ndpi/fuzz-2006-06-26-2594.pcap", "udp"): ({"good": -4, "bad": -16}, SHORT),
    ("ndpi/fuzz-2006-09-29-28586.pcap", "tcp"): ({"bad": -1}, SHORT),
    ("ndpi/pcap__dnscrypt-v1-and-resolver-pings.pcap", "udp"):
        ({"bad": 120}, "tshark does not put fragments together whose IP checksums are bad"),
    ("ndpi/pcap__ip_fragmented_garbage.pcap", "tcp"): ({"bad": 2}, "tshark leaves a segment whose data offset is below 20"),
    ("pcapplusplus/ExamplesTest__pcap_examples__ipv6.dmp", "ip"): ({"good": -3}, "LISP " + UNKNOWN),
    ("pcapplusplus/ExamplesTest__pcap_examples__ipv6.dmp", "udp"): ({"good": -1}, "LISP " + UNKNOWN),
    ("pcapplusplus/ExamplesTest__pcap_examples__ipv6.dmp", "icmp"): ({"good": -2}, "LISP " + UNKNOWN),
    ("pcapplusplus/ExamplesTest__pcap_examples__ipv6.dmp", "icmp types"): ({"0/0": -2}, "LISP " + UNKNOWN),
    ("pcapplusplus/ExamplesTest__pcap_examples__ipv6.pcapng", "ip"): ({"good": -3}, "LISP " + UNKNOWN),
    ("pcapplusplus/ExamplesTest__pcap_examples__ipv6.pcapng", "udp"): ({"good": -1}, "LISP " + UNKNOWN),
    ("pcapplusplus/ExamplesTest__pcap_examples__ipv6.pcapng", "icmp"): ({"good": -2}, "LISP " + UNKNOWN),
    ("pcapplusplus/ExamplesTest__pcap_examples__ipv6.pcapng", "icmp types"): ({"0/0": -2}, "LISP " + UNKNOWN),
    ("snabb/program__ipfix__tests__sanitized4k_truncated128.pcap", "tcp"): ({"bad": -2165}, SHORT),
    ("snabb/program__ipfix__tests__sanitized4k_truncated128.pcap", "icmp"): ({"good": -8, "bad": -1}, SHORT),
    ("suricata-verify/filestore-5408__input.pcap", "ip"): ({"good": -21}, "samples of sFlow and quotes"),
    ("suricata-verify/filestore-5408__input.pcap", "tcp"): ({"good": -2, "bad": -6}, "samples of sFlow and quotes"),
    ("suricata-verify/filestore-5408__input.pcap", "icmp types"): ({"0/0": -1}, "samples of sFlow"),
    ("tcpdump/of13_ericsson.pcapng", "ip"): ({"good": -3}, "frames inside OpenFlow messages"),
    ("tcpdump/of13_ericsson.pcapng", "udp"): ({"good": -3}, "frames inside OpenFlow messages"),
    ("zeek/Traces__ipv6-reassembly-state-leak.pcap", "udp"): ({"bad": -2}, "a datagram of more than 65,535 bytes, see fragments_test.py"),
    ("zeek/ipv4__fragmented-1.pcap", "udp"): ({"good": -1}, "fragments that contradict each other in where the datagram ends"),
    ("zeek/pbb-recursive-frames.pcapng", "ip"): ({"good": -1}, "lies behind more layers than the cap allows"),
    ("zeek/pbb-recursive-frames.pcapng", "udp"): ({"good": -1}, "lies behind more layers than the cap allows"),
    ("zeek/pppoe-over-qinq.pcap", "tcp"): ({"bad": -6}, SHORT),
    ("zeek/quic__383379789-decrypt-crash.pcap", "udp"): ({"not_present": -1}, SHORT),
    ("zeek/tunnels__ayiya-large-identity.pcap", "udp"): ({"good": -1}, "AYIYA " + UNKNOWN),
    ("zeek/tunnels__gtp__pdp_ctx_messages.pcapng", "ip"): ({"good": -3}, "packets inside GTP control messages"),
    ("zeek/tunnels__gtp__pdp_ctx_messages.pcapng", "icmp"): ({"good": -2}, "packets inside GTP control messages"),
    ("zeek/tunnels__gtp__pdp_ctx_messages.pcapng", "icmp types"): ({"8/0": -1, "3/10": -1}, "packets inside GTP control messages"),
}


def run(palua, config, path):
    command = [palua, "-q", "-c", config, "-T", ",".join(FIELDS), "-o", "json", str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"{path}: status {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def count(rows):
    """Per protocol the statuses, the anomalies by name, the frames with quotes, the first ICMP message of each frame."""
    statuses, anomalies, icmp, quotes = collections.Counter(), collections.Counter(), {}, 0
    for row in rows:
        if row["network.checksum_name"]:
            statuses["ip", row["network.checksum_name"]] += 1
        if row["transport.proto"]:
            statuses[PROTOCOLS[str(row["transport.proto"])], row["transport.checksum_name"]] += 1
        if row["anomaly.name"] and row["anomaly.name"].endswith("_bad_checksum"):
            anomalies[row["anomaly.name"][:-len("_bad_checksum")]] += 1
        if row["icmp.version"]:
            protocol = "icmp" if row["icmp.version"] == 4 else "icmpv6"
            statuses[protocol, row["icmp.checksum_name"]] += 1
            quotes += row["icmp.quoted"] is not None
            icmp.setdefault((row["icmp.packet_number"], protocol), f"{row['icmp.type']}/{row['icmp.code']}")
    return statuses, anomalies, icmp, quotes


def difference(protocol, statuses, wanted):
    got = {status: statuses[protocol, status] for status in ("good", "bad", "not_present")}
    got["bad"] += statuses[protocol, "partial"]
    want = {status: wanted.get(status, 0) for status in got}
    want["bad"] += wanted.get("4", 0)  # tshark: illegal, UDP in IPv6 without one
    return {status: got[status] - want[status] for status in got if got[status] != want[status]}


def compare(name, oracle, rows):
    statuses, anomalies, icmp, quotes = count(rows)
    lines = []
    for protocol in COMPARED:
        wrong = difference(protocol, statuses, oracle.get("checksums", {}).get(protocol, {}))
        quoted = quotes and all(amount < 0 for amount in wrong.values()) and -sum(wrong.values()) <= quotes
        if wrong != DIFFERENCES.get((name, protocol), (wrong if quoted else {}, ""))[0]:
            lines.append(f"{name}: {protocol}: {wrong}")
        if anomalies[protocol] != statuses[protocol, "bad"]:
            lines.append(f"{name}: {protocol}: {anomalies[protocol]} anomalies, {statuses[protocol, 'bad']} bad")
    for protocol in ("icmp", "icmpv6"):
        got = collections.Counter(kind for (_, of), kind in icmp.items() if of == protocol)
        want = collections.Counter(oracle.get(protocol, {}))
        wrong = {kind: got[kind] - want[kind] for kind in {**got, **want} if got[kind] != want[kind]}
        if wrong != DIFFERENCES.get((name, protocol + " types"), ({}, ""))[0]:
            lines.append(f"{name}: {protocol} types: {wrong}")
    return lines, statuses


def main(palua, captures):
    if not captures.is_dir():
        print(f"skipped: {captures} is not present")
        return SKIPPED
    lines, total, captured = [], collections.Counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "palua.lua"
        config.write_text(CONFIG)
        for path in sorted((captures / "oracle").glob("*/*.json.gz")):
            name = str(path.relative_to(captures / "oracle"))[:-len(".json.gz")]
            oracle = json.loads(gzip.decompress(path.read_bytes()))
            if not oracle["summary"]["agrees_with_container"]:
                continue
            found, statuses = compare(name, oracle, run(palua, config, captures / "files" / name))
            lines += found
            total += statuses
            captured += 1
    print("\n".join(lines))
    print(f"{captured} captures, {sum(total.values())} checksums ({dict(sorted(total.items()))}): {len(lines)} differences")
    return 1 if lines or not total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
