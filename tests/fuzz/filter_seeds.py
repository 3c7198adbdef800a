#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes the seeds of corpus/filter: expressions with every operator and type, each with an event, a link type and a frame.

    tests/fuzz/filter_seeds.py tests/fuzz/corpus/filter
"""
import pathlib
import sys

ETHERNET, PACKET, LINK, NETWORK, TRANSPORT, FRAGMENT, FLOW_END = 0, 0, 1, 2, 3, 4, 5
FRAME = bytes.fromhex("001b213c9df8001b2100000181002064080045000044000700004011000 0c0000201c63364020fa00035003000000123".replace(" ", "")) \
    + b"GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n"

SEEDS = {
    PACKET: [
        "tcp", "ip && !udp || not vlan", "ip.addr == 192.0.2.0/24 and udp.port in {53, 4000..5000}", "len > 60 and caplen <= 0x60",
        "payload contains \"GET\"", "payload contains 47:45:54", "payload matches r\"^.{4}get\\s+(/\\S*)+\"", "bytes matches '(a+)+[bd]'",
        "ts > 2023-01-01 and ts <= \"2033-11-14 22:13:20.5\"", "frame.number == 0 or packet_number != 1", "layers contains \"udp\"",
        "tcp.flags & 0x12 == 2 or tcp_flags & 1", "vlan.id === 100", "ip.ttl !== 64", "proto == udp && proto_name matches \"^U\"",
        "src == dst", "sport < dport", "ip.src in {192.0.2.1..192.0.2.9, 0.0.0.0/0}", "((((udp))))", "not not not tcp", "udp.port not in {1}",
    ],
    LINK: ["src == 00:1b:21:00:00:01", "dst contains 21:3c", "eth.addr != ff-ff-ff-ff-ff-ff", "type == \"eth\" and vlan", "ethertype ge 2048"],
    NETWORK: ["fragments == 5 or fragments", "id lt 8", "checksum == bad or checksum_name contains \"ver\"", "version eq 4", "ip.id ne 0"],
    TRANSPORT: ["options.kind == mss or options.data contains 05:b4", "mss > 1 and window_scale", "seq == ack", "udp.srcport == 4000",
                "sctp.chunk_type == data and chunks.ppid == NGAP or sctp.data_tsn_raw & 1", "dccp.type == ack or dccp.seq_raw > 5"],
    FRAGMENT: ["more", "offset > 0 and more == false"],
    FLOW_END: [
        "duration > -1.5ms and duration_ns < 0", "conn_state == 'SF' or history", "uid matches '^C'", "tcp.port == 80 and ip.addr == 71.69.84.32",
        "orig_pkts == 18446744073709551615", "ipv6.src == 4745::/16", "reason contains \"GET\"", "flow.ts < 5", "tunnel and not vlan",
    ],
}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for event, expressions in SEEDS.items():
        for i, expression in enumerate(expressions):
            (folder / f"event{event}_{i:02}").write_bytes(expression.encode() + b"\n" + bytes([event, ETHERNET]) + FRAME)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
