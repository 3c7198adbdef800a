# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares palua's flows with two other tools over the shared captures.

    flows_test.py PALUA SHARED_CAPTURES

tshark's five-tuples over whole files: packets and payload of each side, summed over palua's flows. And Zeek's connection logs, line by
line: who originated, packets, IP bytes and bytes of each side, missing bytes, state and history, and where one connection ends and the
next begins. Exits with 77 where the captures are not present.
"""
import collections
import csv
import gzip
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from layers_test import FLOWS, REGRESSION, SKIPPED, difference, is_gradable, knows_encapsulations

TCP, UDP, SCTP = "6", "17", "132"

# Captures in which UDP's length field promises more than the IP datagram or the capture's original length holds, by the number of sides:
# the oracle counts what is promised, palua what was on the wire.
UDP_PROMISES = {
    "pcapplusplus/Fuzzers__RegressionTests__clusterfuzz-testcase-minimized-FuzzTarget-6185045124251648": 1,
    REGRESSION + "clusterfuzz-testcase-minimized-FuzzTarget-5114733584449536": 1,
    REGRESSION + "clusterfuzz-testcase-minimized-FuzzTarget-5421416466481152": 1,
    "ndpi/fuzz-2006-06-26-2594.pcap": 21,
    "tcpdump/babel_update_oobr.pcap": 7,
    "tcpdump/lwres-pointer-arithmetic-ub.pcap": 1,
    # Cut to 128 bytes, which its records give as the packets' length.
    "snabb/program__ipfix__tests__sanitized4k_truncated128.pcap": 194,
    "zeek/quic__383379789-decrypt-crash.pcap": 2,
}
# Sides of TCP whose data offset is below 20 bytes: palua takes no payload from them.
TCP_OFFSETS = {"ndpi/pcap__ip_fragmented_garbage.pcap": 2}

# Captures in which sides differ once datagrams are put together, by the number of sides: layers_test.py does not compare their flows.
DATAGRAMS = {
    # tshark goes by the version nibble behind Ethernet.
    "ndpi/fuzz-2006-06-26-2594.pcap": 1,
    # tshark dissects a first fragment by itself if the snaplen cut it.
    "ndpi/pcap__badpackets.pcap": 93,
    "tcpdump/esp_truncated.pcap": 1,
    "tcpdump/lmp-lmp_print_data_link_subobjs-oobr.pcap": 1,
    "tcpdump/rx_serviceid_oobr.pcap": 1,
    # The oracle's flows leave out an echo reply that it reassembles itself.
    "suricata-verify/exception-policy-defrag-01__ipv4frags.pcap": 1,
    # With its hop-by-hop header each datagram is longer than a length field can say.
    "zeek/Traces__ipv6-reassembly-state-leak.pcap": 2,
    # The third fragment reaches beyond the end that the second gave: palua leaves it out, tshark takes it.
    "zeek/ipv4__fragmented-1.pcap": 1,
}

# Sides of carriers that are neither outermost nor innermost: the oracle has no such flows.
CARRIERS = {"zeek/tunnels__geneve-vxlan-dns-truncated.pcap": 1, "zeek/tunnels__vxlan-triple-v2.pcap": 2}

# Zeek's logs that differ, and why. Each must differ.
ZEEK_DIFFERS = {
    "core.tunnels.teredo/conn.log": "Zeek finds Teredo on any port",
    "core.tunnels.teredo_bubble_with_payload/conn.log": "Zeek finds Teredo on any port",
    "core.tunnels.ayiya-large-identity/conn.log": "AYIYA is not decoded yet",
    "core.tunnels.max-depth-exceeded/conn.log.cut": "Zeek ran with a nesting of two",
    "scripts.base.protocols.ldap.modify-request/conn.log": "its directions run in different VLANs, which palua tells apart",
    "core.pppoe-over-qinq/conn.log": "six frames' PPPoE length is 6 below that of their datagrams; palua cuts there",
    "core.vntag-in-vlan/conn.log": "Zeek ran without its counters, and takes the sender of a lone SYN-ACK for the originator",
    "scripts.base.protocols.ftp.gridftp/conn.log": "Zeek stops looking at bulk transfers",
    "scripts.base.protocols.ntp.misordered-ntp/conn.log": "Zeek turns an NTP answer that comes first around",
}
IDENTITY = ("id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto")
COUNTS = ("orig_pkts", "resp_pkts", "orig_ip_bytes", "resp_ip_bytes", "missed_bytes")
BYTES = ("orig_bytes", "resp_bytes")  # Zeek leaves them out where a connection has no duration
OUTCOME = ("conn_state", "history")
COMPARED = IDENTITY + COUNTS + BYTES + OUTCOME
# Of a whole log: another clock, names of its own, and services that palua does not know yet; Zeek leaves packets at the end out of the duration.
UNSHARED = ("ts", "uid", "service", "duration", "tunnel_parents")
COMMUNITY_ID = "scripts.policy.protocols.conn.community-id-logging/conn.log.cut"


def flow_ends(program, path, fields):
    """One row per flow; a damaged capture's flows count too."""
    command = [program, "-q", "-T", ",".join("flow.end." + field for field in fields), str(path)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if answer.returncode not in (0, 3):
        raise RuntimeError(f"{command}: exit status {answer.returncode}")
    return [line.split("\t") for line in answer.stdout.splitlines()]


def palua_sides(program, path):
    """{(sender, receiver, proto): packets, payload}"""
    packets, payload = collections.Counter(), collections.Counter()
    fields = ("proto", "orig_h", "orig_p", "resp_h", "resp_p", "orig_pkts", "resp_pkts", "orig_payload", "resp_payload")
    for proto, orig_h, orig_p, resp_h, resp_p, *counts in flow_ends(program, path, fields):
        if proto not in (TCP, UDP, SCTP):  # the oracle has no ports for ICMP
            orig_p = resp_p = "0"
        there = (orig_h, int(orig_p), resp_h, int(resp_p), -1 if proto == "59" else int(proto))
        back = (resp_h, int(resp_p), orig_h, int(orig_p), there[4])
        for key, side in ((there, 0), (back, 1)):
            packets[key] += int(counts[side])
            if proto in (TCP, UDP):
                payload[key] += int(counts[2 + side])
    return packets, payload


def sides_of(flows):
    packets, payload = collections.Counter(), collections.Counter()
    for flow in flows:
        a, b, proto = tuple(flow["a"]), tuple(flow["b"]), flow["proto"]
        for key, side in ((a + b + (proto,), 0), (b + a + (proto,), 1)):
            packets[key] += flow["pkts"][side]
            if str(proto) in (TCP, UDP):
                payload[key] += flow["l4_payload"][side]
    return packets, payload


def oracle_sides(oracle):
    """The innermost flows; and those of UDP that carry tunnels: the outermost ones, with all that went through them."""
    packets, payload = sides_of(oracle["flows_inner"])
    outer_packets, outer_payload = sides_of(flow for flow in oracle["flows_outer"] if str(flow["proto"]) == UDP)
    for key, count in outer_packets.items():
        if count > packets[key]:
            packets[key], payload[key] = count, outer_payload[key]
    return packets, payload


def sides_differ(program, captures, name, oracle):
    want, want_payload = oracle_sides(oracle)
    got, got_payload = palua_sides(program, captures / "files" / name)
    lines = []
    moved = difference(want, got)
    expected = FLOWS.get(name, 0) + DATAGRAMS.get(name, 0) + CARRIERS.get(name, 0)
    if len(moved) != expected:
        lines.append(f"packets of {len(moved)} sides differ, expected {expected}: {dict(list(moved.items())[:3])}")
    moved = {key: pair for key, pair in difference(want_payload, got_payload).items() if key in got and key in want}
    expected = UDP_PROMISES.get(name, 0) + TCP_OFFSETS.get(name, 0)
    proto = TCP if name in TCP_OFFSETS else UDP
    if len(moved) != expected or any(str(key[4]) != proto or want < got for key, (want, got) in moved.items()):
        lines.append(f"payload of {len(moved)} sides differs, expected {expected}: {dict(list(moved.items())[:3])}")
    return lines, len(want)


def zeek_rows(path):
    """The header line of a log that zeek-cut has shortened is its first line, or missing."""
    fields, rows = None, []
    for line in path.read_text().splitlines():
        if line.startswith("#fields"):
            fields = line.split("\t")[1:]
        elif line and not line.startswith("#"):
            values = line.split("\t")
            if fields is None:
                fields = values
            else:
                rows.append(dict(zip(fields, values)))
    return rows


def zeek_header(path):
    """The header lines of a log, as they stand there; but for #open and #close, which differ from run to run."""
    lines = [line for line in path.read_text().splitlines() if line.startswith("#") and not line.startswith("###")]
    return [line.split("\t")[0] if line.startswith(("#open", "#close")) else line for line in lines]


def baseline_header(path):
    """Baselines have no time behind #open and #close, and no tab."""
    return [line.split(" ")[0] if line.startswith(("#open", "#close")) else line for line in zeek_header(path)]


def zeek_proto(name):
    return {"icmp6": "icmp"}.get(name, name if name in ("tcp", "udp", "icmp") else "unknown_transport")


def zeek_row(row, columns):
    """As palua says it: what Zeek does not know is empty. Its letter x tells of limits in its own analyzers."""
    values = {column: "" if row[column] in ("-", "(empty)") else row[column] for column in columns}
    if "history" in values:
        values["history"] = re.sub("[xX]", "", values["history"])
    return tuple(values.values())


def palua_row(row, columns):
    proto, duration, *row = row
    values = dict(zip(columns, row))
    values["proto"] = zeek_proto(proto)
    if values["proto"] == "unknown_transport":  # Zeek knows neither ports nor payload of these
        values.update({name: "0" for name in ("id.orig_p", "id.resp_p") + BYTES if name in values})
    elif duration == "0":
        values.update({name: "" for name in BYTES if name in values})
    return tuple(values[column] for column in columns)


def zeek_differs(program, capture, rows):
    columns = [column for column in COMPARED if column in rows[0]]
    fields = [column.removeprefix("id.").replace("proto", "proto_name") for column in columns]
    got = sorted(palua_row(row, columns) for row in flow_ends(program, capture, ["proto_name", "duration_ns"] + fields))
    want = sorted(zeek_row(row, columns) for row in rows)
    if got == want:
        return []
    missing, more = [row for row in want if row not in got], [row for row in got if row not in want]
    return [f"Zeek: {missing[:3]}, palua: {more[:3]}"]


def zeek_logs(captures):
    """(baseline, capture, rows) of each connection log that has something to compare."""
    with open(captures / "zeek" / "index.tsv", encoding="utf-8") as file:
        for entry in csv.DictReader(file, delimiter="\t"):
            capture = captures / "files" / entry["capture"]
            if entry["log"] != "conn":
                continue
            rows = zeek_rows(captures / "zeek" / entry["baseline"])
            if rows and any(column in rows[0] for column in COMPARED):
                yield entry["baseline"], capture, rows


def compare_zeek(program, captures):
    failures, seen = [], 0
    for baseline, capture, rows in zeek_logs(captures):
        seen += 1
        lines = zeek_differs(program, capture, rows)
        if baseline in ZEEK_DIFFERS:
            lines = [] if lines else [f"listed as differing ({ZEEK_DIFFERS[baseline]}), but it does not"]
        failures += [f"{baseline}: {line}" for line in lines]
    ids = flow_ends(program, captures / "files/zeek/doc__traces__get.trace", ["community_id"])
    logged = (captures / "zeek" / COMMUNITY_ID).read_text().split()
    if not ids or any(row[0] not in logged for row in ids):
        failures.append(f"{COMMUNITY_ID}: {ids} is not in it")
    return failures, seen


def conn_log(program, capture, ip_proto):
    """What scripts/conn_log.lua writes, read as a log of Zeek's: its rows, and its header lines."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "-q", "-s", "conn_log", "-A", f"ip_proto={ip_proto}", "-o", f"zeek={folder}", str(capture)],
                       stderr=subprocess.DEVNULL, check=False)
        log = pathlib.Path(folder) / "conn.log"
        return zeek_rows(log), zeek_header(log)


def compare_conn_log(program, captures):
    """Zeek's whole logs against the bundled script's, in all columns but those that no two runs share."""
    failures, seen, headers = [], 0, 0
    for baseline, capture, rows in zeek_logs(captures):
        if baseline in ZEEK_DIFFERS or "resp_ip_bytes" not in rows[0] or zeek_proto(rows[0]["proto"]) == "unknown_transport":
            continue
        log, header = conn_log(program, capture, "true" if "ip_proto" in rows[0] else "false")
        want_header = baseline_header(captures / "zeek" / baseline)
        if len(want_header) > 1 and list(rows[0])[0] == "ts":  # not cut, and without columns that were put in front
            headers += 1
            if header != want_header:
                failures.append(f"conn_log, {baseline}: Zeek's header lines: {want_header}, palua's: {header}")
        columns = [column for column in log[0] if column in rows[0] and column not in UNSHARED] if log else []
        got = sorted(tuple(row[column] for column in columns) for row in log)
        want = sorted(tuple(row[column] for column in columns) for row in rows)
        seen += 1
        if got != want:
            failures.append(f"conn_log, {baseline}: Zeek: {want[:2]}, palua: {got[:2]}")
    if not headers:
        failures.append("no log with header lines was compared")
    return failures, seen


def compare_oracle(program, captures):
    failures, graded, sides = [], 0, 0
    for path in sorted((captures / "oracle").glob("*/*.json.gz")):
        name = str(path.relative_to(captures / "oracle"))[:-len(".json.gz")]
        oracle = json.loads(gzip.decompress(path.read_bytes()))
        if not is_gradable(oracle) or not knows_encapsulations(oracle):
            continue
        lines, count = sides_differ(program, captures, name, oracle)
        failures += [f"{name}: {line}" for line in lines]
        graded += 1
        sides += count
    return failures, graded, sides


def main(program, captures):
    if not captures.is_dir():
        print(f"skipped: {captures} is not present")
        return SKIPPED
    failures, graded, sides = compare_oracle(program, captures)
    more, logs = compare_zeek(program, captures)
    failures += more
    more, whole = compare_conn_log(program, captures)
    failures += more
    print("\n".join(failures))
    print(f"{graded} captures, {sides} sides of flows, {logs} connection logs, {whole} of them as a whole: {len(failures)} differences")
    return 1 if failures or not graded or not logs or not whole else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
