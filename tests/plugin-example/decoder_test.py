# SPDX-License-Identifier: MIT OR Apache-2.0
"""Builds crate.c outside of the tree, against the headers that the install target installs, and checks what palua makes of it.

    decoder_test.py PALUA BUILD_FOLDER SOURCE_FOLDER
"""
import os
import pathlib
import shlex
import struct
import subprocess
import sys
import tempfile

PALUA, BUILD, SOURCE = sys.argv[1:]
sys.path.insert(0, str(pathlib.Path(SOURCE) / "tests" / "captures"))
from generator import container, packet  # noqa: E402  (found by the line above)

A, B = "192.0.2.1", "192.0.2.2"
FRAME, PACKET, PROTOCOL = 1, 2, 3
ETHERTYPE, PORT, IP_PROTOCOL, LINKTYPE = 0x88B5, 4245, 253, 147


def build(folder):
    """The shared object, made with what pkg-config says of the installed palua and nothing else."""
    prefix = folder / "prefix"
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)
    found = next(prefix.rglob("palua.pc")).parent
    flags = subprocess.run(["pkg-config", f"--define-variable=prefix={prefix}", "--cflags", "palua"], check=True, text=True,
                           stdout=subprocess.PIPE, env={**os.environ, "PKG_CONFIG_PATH": str(found)}).stdout
    if str(prefix) not in flags:
        flags = f"-I{prefix}/include"
    crate = folder / "crate.so"
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-fPIC", "-shared", *shlex.split(flags),
                    pathlib.Path(SOURCE) / "tests" / "plugin-example" / "crate.c", "-o", crate], check=True, cwd=folder)
    return crate


def header(kind, length, number, version=1):
    return struct.pack(">BBHI", version, kind, length, number)


def datagram(sport=40000, dport=2000, data=b"hello"):
    return packet.ip(packet.udp(data, "10.0.0.1", "10.0.0.2", sport, dport), 17, "10.0.0.1", "10.0.0.2")


def on_ethernet(number, content, kind=FRAME, length=None, more=b""):
    return packet.ethernet(header(kind, len(content) if length is None else length, number) + more + content, ETHERTYPE)


FRAMES = [
    on_ethernet(7, packet.ethernet(datagram(), 0x0800)),
    on_ethernet(7, datagram(), PACKET, more=b"\x08\x00"),
    packet.frame(packet.ip(header(PROTOCOL, 13, 8) + b"\x11\x00" + packet.udp(b"hello", A, B, 5, 6), IP_PROTOCOL, A, B)),
    packet.udp_frame(header(FRAME, 14 + 33, 8) + packet.ethernet(datagram(), 0x0800), A, B, 9, PORT),
    on_ethernet(9, b"abc", 77),
    on_ethernet(9, b"", FRAME, 0),
    on_ethernet(9, b"abc", FRAME, 200),
    packet.ethernet(b"\x02\x01\0\0\0\0\0\1", ETHERTYPE),
    packet.ethernet(header(PACKET, 4, 1), ETHERTYPE),
]
LAYERS = [
    "eth:crate:eth:ip:udp", "eth:crate:ip:udp", "eth:ip:crate:udp", "eth:ip:udp:crate:eth:ip:udp", "eth:crate:data", "eth:crate", "eth:crate:eth",
    "eth:data", "eth:crate",
]
ANOMALIES = [("5", "crate_unknown_kind"), ("6", "crate_empty"), ("7", "bad_payload_length"), ("7", "header_truncated"), ("9", "header_truncated")]


def run(*arguments, status=0):
    result = subprocess.run([PALUA, "-q", *map(str, arguments)], capture_output=True, text=True, check=False)
    if result.returncode != status:
        sys.exit(f"{arguments}: status {result.returncode}, expected {status}\n{result.stderr}")
    return result


def expect(got, expected, what):
    if got != expected:
        sys.exit(f"{what}:\n  got      {got}\n  expected {expected}")


def rows(*arguments):
    return [tuple(line.split("\t")) for line in run(*arguments).stdout.splitlines()]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        crate = build(folder)
        path = folder / "crate.pcap"
        path.write_bytes(container.pcap([(1700000000_000000000 + 1000 * i, data) for i, data in enumerate(FRAMES)]))
        expect([row[0] for row in rows("-p", crate, "-T", "packet.layers", path)], LAYERS, "layers")
        expect(rows("-p", crate, "-T", "anomaly.packet_number,anomaly.name", path), ANOMALIES, "anomalies")
        expect(rows("-p", crate, "-T", "tunnel.packet_number,tunnel.type,tunnel.id,tunnel.src", path)[:4],
               [("1", "crate", "7", ""), ("2", "crate", "7", ""), ("3", "crate", "8", A), ("4", "crate", "8", A)], "tunnels")
        flows = rows("-p", crate, "-T", "flow.end.tunnel,flow.end.tunnel_id,flow.end.orig_h,flow.end.orig_pkts", path)
        expect([row for row in flows if row[2] == "10.0.0.1"], [("crate", "7", "10.0.0.1", "2"), ("crate", "8", "10.0.0.1", "1")],
               "flows of one five-tuple in two crates")
        expect([row[0] for row in rows("-T", "packet.layers", path)][:2], ["eth:data", "eth:data"], "without the plugin")
        expect("anomaly crate_empty: a crate holds nothing" in run("-p", crate, "--describe", "crate").stdout, True, "its description")
        expect("crate_unknown_kind" in run("-p", crate, "--describe", "anomaly").stdout, True, "its anomalies among all")
        check_link_type(folder, crate)
        check_truncations(folder, crate)
        check_refusal(folder, crate)
    print("a decoder built against the installed headers: layers, tunnels, flows, anomalies, truncations")


def check_link_type(folder, crate):
    """Of a link type that the plugin decodes there are link events; deeper inside it is a tunnel and no link."""
    inside = packet.ethernet(packet.vlan(datagram(), 0x0800, 5), 0x8100)
    frames = [header(FRAME, len(inside), 7) + inside, header(PACKET, 33, 7) + b"\x08\x00" + datagram(), header(77, 3, 7) + b"abc", b"\x02"]
    path = folder / "link.pcap"
    path.write_bytes(container.pcap([(1700000000_000000000, data) for data in frames], linktype=LINKTYPE))
    expect([row[0] for row in rows("-p", crate, "-T", "packet.layers", path)],
           ["crate:eth:vlan:ip:udp", "crate:ip:udp", "crate:data", "data"], "layers of its link type")
    links = rows("-p", crate, "-T", "link.packet_number,link.type,link.src,link.vlan,link.ethertype,link.payload", path)
    expect([row[:5] for row in links], [("1", "crate", "", "", ""), ("1", "eth", "02:00:00:00:00:01", "5", "2048"), ("2", "crate", "", "", ""),
                                        ("3", "crate", "", "", "")], "links")
    expect([len(row[5]) > 0 for row in links], [True, True, True, True], "payloads of links")
    expect({row[0] for row in rows("-p", crate, "-T", "link.type", folder / "crate.pcap")}, {"eth"}, "links where it is inside others")


def check_truncations(folder, crate):
    """Every frame cut at every byte, by the snaplen and on the wire: palua decides what is there."""
    frames = [(data[:cut], wire) for data in FRAMES for cut in range(len(data)) for wire in (len(data), cut) if wire]
    path = folder / "cut.pcap"
    path.write_bytes(container.pcap_header() + b"".join(container.pcap_record(1700000000_000000000, data, wire=wire) for data, wire in frames))
    layers = rows("-p", crate, "-T", "packet.layers", path)
    expect(len(layers), len(frames), "packets")
    known = {prefix for whole in LAYERS for prefix in prefixes(whole)}
    expect({row[0] for row in layers} - known, set(), "layers of cut frames")


def prefixes(layers):
    parts = layers.split(":")
    for count in range(1, len(parts) + 1):
        yield ":".join(parts[:count])
        yield ":".join(parts[:count] + ["data"])


def check_refusal(folder, crate):
    """Two plugins cannot have one ethertype."""
    source = (pathlib.Path(SOURCE) / "tests" / "plugin-example" / "crate.c").read_text().replace('.name = "crate"', '.name = "box"')
    (folder / "box.c").write_text(source)
    subprocess.run(["cc", "-std=c11", "-fPIC", "-shared", f"-I{SOURCE}/engine/include", folder / "box.c", "-o", folder / "box.so"], check=True)
    result = run("-p", crate, "-p", folder / "box.so", "-T", "packet.layers", folder / "crate.pcap", status=1)
    expect("ethertype 34997 is decoded by crate already" in result.stderr, True, f"two decoders of one ethertype: {result.stderr}")


main()
