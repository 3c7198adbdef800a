# SPDX-License-Identifier: MIT OR Apache-2.0
"""Loads plugins that were built outside of the engine, by their paths, and checks what palua makes of them.

    example_test.py PALUA CHAT_SO TALKERS_SO FUTURE_SO
"""
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

PALUA, CHAT, TALKERS, FUTURE = sys.argv[1:]


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def datagram(sport, dport, payload, src=1, dst=2):
    udp = struct.pack(">4H", sport, dport, 8 + len(payload), 0) + payload
    head = struct.pack(">BBHHHBBH4B4B", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 192, 0, 2, src, 192, 0, 2, dst)
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + udp


def message(kind, user, text=b"", version=1):
    return bytes([version, kind, len(user)]) + user + text


def capture(folder, payloads):
    path = pathlib.Path(folder) / "chat.pcap"
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 228))
        for number, (sport, payload) in enumerate(payloads):
            packet = datagram(sport, 4242, payload)
            out.write(struct.pack("<IIII", 1700000000 + number, 0, len(packet), len(packet)) + packet)
    return path


def run(*arguments, status=0):
    result = subprocess.run([PALUA, *map(str, arguments)], capture_output=True, text=True, check=False)
    if result.returncode != status:
        sys.exit(f"{arguments}: status {result.returncode}, expected {status}\n{result.stderr}")
    return result


def expect(got, expected, what):
    if got != expected:
        sys.exit(f"{what}:\n  got      {got}\n  expected {expected}")


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


PAYLOADS = [
    (5000, message(1, b"ann")),
    (5000, message(2, b"ann", b"hello")),
    (5001, message(2, b"bob", b"hi\x1b[31m")),
    (5000, message(2, b"ann", b"again")),
    (5002, message(2, b"x", b"no", version=9)),  # another protocol: let go of
    (5002, message(2, b"x", b"no")),             # so this does not come either
    (5001, message(3, b"bob")[:2]),              # cut
    (5001, message(1, b"n" * 17)),               # longer than name_cap
]
COLUMNS = ("packet_number", "kind_name", "nick", "text", "number")
FIELDS = ",".join(f"chat.message.{column}" for column in COLUMNS)


def test_fields(path):
    result = run("-p", CHAT, "-T", FIELDS, "-o", "json", path)
    got = [tuple(row[f"chat.message.{column}"] for column in COLUMNS) for row in rows(result)]
    expect(got, [(1, "join", "ann", None, 1), (2, "say", "ann", "hello", 2), (3, "say", "bob", "hi\x1b[31m", 1),
                 (4, "say", "ann", "again", 3)], "messages")


def test_anomalies(path):
    result = run("-p", CHAT, "-T", "anomaly.packet_number,anomaly.name,anomaly.layer,anomaly.offset", "-o", "json", path)
    expect([tuple(row.values())[1:] for row in rows(result)],
           [(7, "chat_short", "chat", 2), (8, "chat_long_name", "chat", 3)], "anomalies")


def test_option(path):
    result = run("-p", CHAT, "-A", "chat.name_cap=255", "-T", "chat.message.user", "-o", "json", path)
    expect(len(rows(result)), 5, "messages with a larger name_cap")
    result = run("-p", CHAT, "-A", "chat.name_cap=256", "-T", "chat.message.user", path, status=2)
    expect("expected 1 to 255" in result.stderr, True, f"what is said of a bad option: {result.stderr}")


def test_analysis(path):
    result = run("-p", CHAT, "-p", TALKERS, "-o", "csv", path)
    expect(result.stdout, "ann\nbob\n\n# talkers\nuser,messages,bytes\nann,3,10\nbob,1,7\n", "the analysis' output")
    result = run("-p", TALKERS, path, status=1)
    expect("unknown event 'chat.message'" in result.stderr, True, f"an analysis without its event: {result.stderr}")


def test_listing():
    expect("chat" in run("-p", CHAT, "--list-plugins").stdout, True, "the list of plugins")
    expect("chat.message" in run("-p", CHAT, "--list-events").stdout, True, "the list of events")
    expect("number of the message" in run("-p", CHAT, "--describe", "chat.message").stdout, True, "the description")


def test_refusals(path, folder):
    result = run("-p", FUTURE, path, status=1)
    abi = re.search(r"made for plugin ABI (\d+), this palua has (\d+)", result.stderr)
    expect(abi and int(abi[1]) - int(abi[2]), 1, f"a plugin of the future: {result.stderr}")
    text = pathlib.Path(folder) / "text.so"
    text.write_text("hello")
    result = run("-p", text, path, status=1)
    expect("cannot load the plugin" in result.stderr, True, f"no shared object: {result.stderr}")
    result = run("-p", CHAT, "-p", CHAT, path, status=1)
    expect("a plugin named 'chat' is loaded already" in result.stderr, True, f"the same twice: {result.stderr}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = capture(folder, PAYLOADS)
        test_fields(path)
        test_anomalies(path)
        test_option(path)
        test_analysis(path)
        test_listing()
        test_refusals(path, folder)
    print("plugins by path: fields, anomalies, options, analysis, listing, refusals")


main()
