#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes CATALOG.md, with tshark's count of the packets, and answers.json, what tshark says of their layers and DNS messages (the
command-line tests compare palua with it); --check sees that it lists what there is, and that the generated captures
are what the generator writes (so that what tshark said of them still holds).

    tests/captures/catalog.py [--check]
"""
import collections
import itertools
import json
import pathlib
import re
import subprocess
import sys

import generate
from generator import wellformed

HERE = pathlib.Path(__file__).parent
RECORDED = {
    "dns.pcapng": "five clients ask a resolver (unbound) and a name server (bind9) over IPv4 and IPv6: 26 types, DNSSEC, failures, slow and "
                  "unanswered questions, two over TCP; dig",
    "http.pcap": "curl and python3's http.server: several requests on one connection, HEAD, POST, 404, 501, a refused connection",
    "tls.pcapng": "openssl s_client and s_server: TLS 1.3 and 1.2, with and without a server name, ALPN, EC and RSA certificates, a handshake "
                  "that fails",
    "ssh.pcap": "ssh and sshd (OpenSSH): one command with public-key authentication",
    "ping.pcap": "ping over IPv4 and IPv6, short and in fragments; ARP, neighbour discovery, an address that is not there, a closed UDP port",
}
EXPLAINED = {
    "generated/sections.pcapng": "tshark shows the custom block as a packet",
    "bad/datalink_unknown.snoop": "tshark reads no unknown datalink type",
    "bad/linktype_unknown.pcap": "tshark reads no unknown link type",
    "bad/section_cut.pcapng": "tshark takes the cut section header for another format",
    "bad/version_3.snoop": "tshark knows the versions that Shomiti wrote",
    "bad/two_bytes.pcap": "tshark takes the two bytes for another format",
}
LAYERS = {"eth", "vlan", "ieee8021ad", "arp", "ip", "ipv6", "ipv6.hopopts", "ipv6.dstopts", "ipv6.routing", "ipv6.fraghdr", "ah", "tcp", "udp",
          "icmp", "icmpv6", "sctp", "dccp"}


def tshark_count(path):
    run = subprocess.run(["tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.number"], capture_output=True, text=True)
    return len(run.stdout.split())


def tshark_fields(path, *fields):
    """A row of values for each frame; datagrams are reassembled."""
    args = ["tshark", "-n", "-r", path, "-o", "ip.defragment:TRUE", "-o", "ipv6.defragment:TRUE", "-T", "fields", "-E", "occurrence=a"]
    run = subprocess.run(args + [word for field in fields for word in ("-e", field)], capture_output=True, text=True)
    return [line.split("\t") for line in run.stdout.splitlines()]


def whole_frames(path, *fields):
    """As tshark_fields, without the fragments that complete no datagram."""
    marks = "ip.flags.mf", "ip.frag_offset", "ipv6.fraghdr.more", "ipv6.fraghdr.offset"
    whole = "ip.reassembled.length", "ipv6.reassembled.length"
    for row in tshark_fields(path, *marks, *whole, *fields):
        fragment = set(",".join(row[:len(marks)]).split(",")) - {"", "0"}
        row = row[len(marks):]
        if not fragment or any(row[:len(whole)]):
            yield row[len(whole):]


def stacks(path):
    """Frames by layers, eth:ip:udp, without what the datagrams carry."""
    counts = collections.Counter()
    for (protocols,) in whole_frames(path, "frame.protocols"):
        layers = protocols.replace(":ethertype", "").split(":")
        counts[":".join(itertools.takewhile(LAYERS.__contains__, layers))] += 1
    return dict(sorted(counts.items()))


def dns_messages(path):
    """[frame, 0 or 1 for an answer, identifier, rcode or null, seconds since the question or null] of each DNS message."""
    fields = whole_frames(path, "frame.number", "dns.flags.response", "dns.id", "dns.flags.rcode", "dns.time", "icmp.type")
    return [[int(frame), int(answer), int(ident, 16), int(rcode) if rcode else None, float(time) if time else None]
            for frame, answer, ident, rcode, time, icmp in fields if answer and not icmp]


def answers():
    """Of the captures without lies."""
    for file in sorted(HERE.glob("*.pcap*")) + sorted((HERE / "generated").glob("*.pcap*")):
        name = str(file.relative_to(HERE))
        if "hostile" not in name and name not in EXPLAINED:
            yield name, {"stacks": stacks(file), "dns": dns_messages(file)}


def rows(count):
    """File, what it shows, packets, tshark's count, by folder."""
    for name, shows in RECORDED.items():
        packets = count(HERE / name)
        yield name, shows, packets, packets
    for capture in generate.captures():
        theirs = count(HERE / capture.path)
        ours = capture.packets
        if ours is None:
            ours = theirs if theirs is None or capture.path not in EXPLAINED else theirs - 1
        yield capture.path, capture.shows + (f"; exit status {capture.status}" if capture.status else ""), ours, theirs


def write():
    out = ["# Captures", "",
           "Made by this project: recorded from real programs by `record.sh`, or written by `generate.py` (folder `generated`; folder `bad` for broken",
           "containers). Packets are those palua gives; the last column is tshark's count, read by `catalog.py`, which writes this page.",
           f"`mixed` is: {wellformed.mixed.__doc__}.", "",
           "| file | what it shows | packets | tshark |", "|---|---|---|---|"]
    for path, shows, ours, theirs in rows(tshark_count):
        if ours != theirs:
            assert path in EXPLAINED, (path, ours, theirs)
            shows += f" ({EXPLAINED[path]})"
        out.append(f"| {path} | {shows} | {ours} | {theirs} |")
    (HERE / "CATALOG.md").write_text("\n".join(out) + "\n")
    lines = [f"{json.dumps(name)}: {json.dumps(answer, separators=(',', ':'))}" for name, answer in answers()]
    (HERE / "answers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def check():
    wrong = []
    for capture in generate.captures():
        file = HERE / capture.path
        if not file.exists() or file.read_bytes() != capture.data:
            wrong.append(f"{capture.path}: not what generate.py writes")
    listed = dict(re.findall(r"^\| (\S+\.(?:pcap|pcapng|snoop)) \|.*\| (\d+) \|$", (HERE / "CATALOG.md").read_text(), re.M))
    present = {str(file.relative_to(HERE)) for file in HERE.rglob("*.*") if file.suffix in (".pcap", ".pcapng", ".snoop")}
    wrong += [f"{path}: not in CATALOG.md" for path in sorted(present - set(listed))]
    wrong += [f"{path}: in CATALOG.md, but absent" for path in sorted(set(listed) - present)]
    print("\n".join(wrong) or f"{len(listed)} captures are as CATALOG.md says")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(check() if sys.argv[1:] == ["--check"] else write())
