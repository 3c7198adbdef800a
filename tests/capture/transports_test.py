# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares the chunks of SCTP and the header fields of DCCP with tshark's, packet by packet.

    transports_test.py PALUA SHARED_CAPTURES

Over palua's own captures of both protocols, of which one is cut by its snaplen, and every shared one in which tshark found either. Each
field's values in a packet must be tshark's, in the same order. Every other difference must be in DIFFERENCES, with its cause.
Exits with 77 without tshark.
"""
import gzip
import json
import pathlib
import shutil
import subprocess
import sys

from layers_test import SKIPPED

OWN = pathlib.Path(__file__).resolve().parents[1] / "captures" / "generated"
# Numbers as sent (then tshark shows one of dccp.seq_raw, of long numbers, and dccp.seq, of short ones); no dissector of what is carried, which
# may show fields of its own.
TSHARK = ["tshark", "-n", "-o", "sctp.relative_tsns:FALSE", "-o", "sctp.ulp_dissection:FALSE", "-o", "dccp.relative_sequence_numbers:FALSE",
          "-T", "fields", "-E", "occurrence=a", "-E", "separator=/t"]

# palua's field of transport events, and tshark's fields for the same.
SCTP = {
    "verification_tag": ["sctp.verification_tag"],
    "sctp.chunk_type": ["sctp.chunk_type"],
    "sctp.chunk_flags": ["sctp.chunk_flags"],
    "sctp.chunk_length": ["sctp.chunk_length"],
    "sctp.data_tsn_raw": ["sctp.data_tsn_raw"],
    "sctp.data_sid": ["sctp.data_sid"],
    "sctp.data_ssn": ["sctp.data_ssn"],
    "sctp.data_mid": ["sctp.data_mid"],
    "sctp.data_fsn": ["sctp.data_fsn"],
    "sctp.data_payload_proto_id": ["sctp.data_payload_proto_id"],
    "sctp.data_b_bit": ["sctp.data_b_bit"],
    "sctp.data_e_bit": ["sctp.data_e_bit"],
    "sctp.data_u_bit": ["sctp.data_u_bit"],
    "sctp.initiate_tag": ["sctp.initiate_tag"],
    "chunks.a_rwnd": ["sctp.init_credit", "sctp.initack_credit", "sctp.sack_a_rwnd", "sctp.nr_sack_a_rwnd"],
    "chunks.cumulative_tsn_ack": ["sctp.sack_cumulative_tsn_ack_raw", "sctp.nr_sack_cumulative_tsn_ack", "sctp.shutdown_cumulative_tsn_ack"],
}
DCCP = {
    "type": ["dccp.type"],
    "seq": ["dccp.seq_raw", "dccp.seq"],
    "ack": ["dccp.ack_raw", "dccp.ack"],
    "service_code": ["dccp.service_code"],
}

# capture, field: the cause, and the frames that differ.
IMPOSSIBLE = "tshark goes on into a chunk whose length is impossible; palua raises sctp_bad_chunk and ends there"
SHORT = "tshark shows no field of a chunk that is shorter than its fixed part; palua raises sctp_bad_chunk and shows those that lie within it"
LONG = "tshark shows no field of a DCCP header whose data offset is impossible; palua raises dccp_bad_offset and shows what is there"
BOTH = f"{IMPOSSIBLE}. {SHORT}"
BITS = {3, 8, 9, 10, 11, 12, 14, 15, 16}
DIFFERENCES = {
    ("generated/hostile_dccp.pcap", "seq"): (LONG, {6, 7}),
    ("generated/hostile_dccp.pcap", "service_code"): (LONG, {6, 7}),
    ("generated/hostile_sctp.pcap", "sctp.chunk_type"): (IMPOSSIBLE, {2, 3}),
    ("generated/hostile_sctp.pcap", "sctp.chunk_flags"): (IMPOSSIBLE, {2, 3}),
    ("generated/hostile_sctp.pcap", "sctp.chunk_length"): (IMPOSSIBLE, {2, 3}),
    ("generated/hostile_sctp.pcap", "sctp.data_tsn_raw"): (BOTH, {3, 9, 10, 11, 12, 15, 16}),
    ("generated/hostile_sctp.pcap", "sctp.data_sid"): (BOTH, {3, 10, 11, 12, 15, 16}),
    ("generated/hostile_sctp.pcap", "sctp.data_ssn"): (BOTH, {3, 11, 12}),
    ("generated/hostile_sctp.pcap", "sctp.data_mid"): (SHORT, {16}),
    ("generated/hostile_sctp.pcap", "sctp.data_payload_proto_id"): (IMPOSSIBLE, {3}),
    ("generated/hostile_sctp.pcap", "sctp.data_b_bit"): (BOTH, BITS),
    ("generated/hostile_sctp.pcap", "sctp.data_e_bit"): (BOTH, BITS),
    ("generated/hostile_sctp.pcap", "sctp.data_u_bit"): (BOTH, BITS),
    ("generated/hostile_sctp.pcap", "sctp.initiate_tag"): (SHORT, {20, 21}),
    ("generated/hostile_sctp.pcap", "chunks.a_rwnd"): (SHORT, {21}),
}


def number(text):
    return int(text, 0) if text[0].isdigit() else int(text == "true")


def rows(command, header):
    """Each cell as a list of numbers."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"{' '.join(command)}: status {done.returncode}")
    for line in done.stdout.splitlines()[header:]:
        yield [[number(value) for value in cell.split(",") if value] for cell in line.split("\t")]


def palua(program, path, protocol, fields):
    """Per frame the values of each field."""
    columns = ["frame", *fields]
    command = [program, "-q", "-o", "tsv", "-T", ",".join(f"transport.{name}" for name in columns), "-Y", protocol, str(path)]
    out = {}
    for frame, *cells in rows(command, 1):
        known = out.setdefault(frame[0], [[] for _ in fields])
        out[frame[0]] = [old + new for old, new in zip(known, cells)]
    return out


def tshark(path, protocol, fields):
    theirs = ["frame.number", *[name for names in fields.values() for name in names]]
    command = [*TSHARK, "-r", str(path), "-Y", protocol, *[word for name in theirs for word in ("-e", name)]]
    out = {}
    for frame, *cells in rows(command, 0):
        left = iter(cells)
        out[frame[0]] = [[value for _ in names for value in next(left)] for names in fields.values()]
    return out


def compare(program, path, name, protocol, fields):
    """Lines that say what differs, and how many values there were."""
    ours, theirs = palua(program, path, protocol, fields), tshark(path, protocol, fields)
    lines, values = [], 0
    if ours.keys() != theirs.keys():
        lines.append(f"{name}: {protocol} in other frames: {sorted(ours.keys() ^ theirs.keys())[:9]}")
    for i, field in enumerate(fields):
        differ = {frame for frame in ours.keys() & theirs.keys() if ours[frame][i] != theirs[frame][i]}
        values += sum(len(cells[i]) for cells in ours.values())
        if differ != DIFFERENCES.get((name, field), ("", set()))[1]:
            first = min(differ, default=None)
            lines.append(f"{name}: {field} differs in frames {sorted(differ)[:20]}; {first}: palua "
                         f"{ours.get(first, [None] * len(fields))[i]}, tshark {theirs.get(first, [None] * len(fields))[i]}")
    return lines, values


def cases(captures):
    """Path, name and protocol of each capture."""
    for path in sorted([*OWN.glob("*sctp*.pcap"), *OWN.glob("*dccp*.pcap")]):
        yield path, f"generated/{path.name}", "sctp" if "sctp" in path.name else "dccp"
    for oracle in sorted((captures / "oracle").glob("*/*.json.gz")):
        name = str(oracle.relative_to(captures / "oracle"))[:-len(".json.gz")]
        layers = json.loads(gzip.decompress(oracle.read_bytes())).get("layers") or {}
        for protocol in ("sctp", "dccp"):
            if protocol in layers:
                yield captures / "files" / name, name, protocol


def main(program, captures):
    if not shutil.which("tshark"):
        print("skipped: tshark is not installed")
        return SKIPPED
    failures, total, packets = [], {"sctp": 0, "dccp": 0}, 0
    for path, name, protocol in cases(captures):
        lines, values = compare(program, path, name, protocol, SCTP if protocol == "sctp" else DCCP)
        failures += lines
        total[protocol] += values
        packets += 1
    print("\n".join(failures))
    print(f"{packets} captures, values: {total}; {len(failures)} differences without a cause")
    return 1 if failures or not all(total.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
