# SPDX-License-Identifier: MIT OR Apache-2.0
"""The classic ways to show an observer other bytes than the receiver gets (Ptacek and Newsham, "Insertion, Evasion, and Denial of
Service: Eluding Network Intrusion Detection", 1998), and floods of early segments: each as a capture written here."""
import json
import resource
import struct
import tempfile
import unittest

from cli import PALUA, Case, Run
from generator.packet import ACK, FIN, RST, SYN, TCP, ethernet, ipv4, tcp

CLIENT, SERVER = ("192.0.2.1", 40000), ("192.0.2.2", 80)
C, S = 0, 1
ISN = (1000, 5000)
FIRST, LAST, BSD, LINUX, WINDOWS, SOLARIS = range(6)


def write(path, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for i, frame in enumerate(frames):
            out.write(struct.pack("<IIII", 1000 + i // 1000, i % 1000, len(frame), len(frame)) + frame)


class Conversation:
    """Segments between the two, with offsets in what each sends instead of sequence numbers."""

    def __init__(self, window=65535, isn=ISN):
        self.frames = []
        self.isn = isn
        self.window = window
        self.segment(C, -1, flags=SYN, ack=None)
        self.segment(S, -1, flags=SYN | ACK)
        self.segment(C, 0)

    def segment(self, side, offset, data=b"", flags=ACK, ack=0, ttl=64):
        src, dst = (CLIENT, SERVER) if side == C else (SERVER, CLIENT)
        seq = (self.isn[side] + 1 + offset) % 2**32
        acked = 0 if ack is None else (self.isn[not side] + 1 + ack) % 2**32
        payload = tcp(data, src[0], dst[0], src[1], dst[1], seq, acked, flags, window=self.window)
        self.frames.append(ethernet(ipv4(payload, TCP, src[0], dst[0], ttl=ttl, ident=len(self.frames) + 1), 0x0800))
        return self

    def acked(self, offset):
        return self.segment(S, 0, ack=offset)


class Evasion(Case):
    def run_palua(self, conversation, config="", *args):
        with tempfile.TemporaryDirectory() as folder:
            write(f"{folder}/x.pcap", conversation.frames)
            with open(f"{folder}/c.lua", "w") as out:
                out.write(f"return {{ stream = {{ {config} }} }}")
            return Run(["-c", f"{folder}/c.lua", *args, f"{folder}/x.pcap"], quiet=not args or args[0] != "-s")

    def expect(self, conversation, data, anomalies=(), config=""):
        """What the client sent, missing bytes as '_'; and the anomalies, in order."""
        fields = "tcp.data.dir,tcp.data.data,tcp.data.gap,anomaly.name"
        run = self.run_palua(conversation, config, "-o", "json", "-T", fields)
        self.assertEqual(run.status, 0, run)
        got, found = "", []
        for line in run.out_lines:
            row = json.loads(line)
            if row.get("anomaly.name"):
                found.append(row["anomaly.name"])
            elif row["tcp.data.dir"] == "orig":
                got += "_" * int(row["tcp.data.gap"]) + bytes.fromhex(row["tcp.data.data"]).decode("latin-1")
        self.assertEqual((got, found), (data, list(anomalies)), run)

    def test_rewritten_after_delivery(self):
        talk = Conversation().segment(C, 0, b"GET /good").segment(C, 0, b"GET /evil").segment(C, 9, b" x")
        self.expect(talk, "GET /good x", ["tcp_overlap"])

    def test_rewritten_before_delivery(self):
        """The hole at the front is filled last; who wins behind it is the receiver's system's choice."""
        def talk():
            return Conversation().segment(C, 4, b"AAAA").segment(C, 2, b"BBBB").segment(C, 4, b"CCCCCC").segment(C, 0, b"ab")
        # After the first two, 2-8 is BBAAAA or BBBBAA; then the rest of AAAA begins behind where CCCCCC begins.
        self.expect(talk(), "abBBAAAACC", ["tcp_overlap", "tcp_overlap"], f"policy = {FIRST}")
        self.expect(talk(), "abBBCCCCCC", ["tcp_overlap", "tcp_overlap"], f"policy = {LAST}")
        self.expect(talk(), "abBBBBCCCC", ["tcp_overlap", "tcp_overlap"], f"policy = {BSD}")
        self.expect(talk(), "abBBBBCCCC", ["tcp_overlap", "tcp_overlap"], f"policy = {WINDOWS}")
        self.expect(talk(), "abBBBBCCCC", ["tcp_overlap", "tcp_overlap"], f"policy = {LINUX}")
        self.expect(talk(), "abBBCCCCCC", ["tcp_overlap", "tcp_overlap"], f"policy = {SOLARIS}")

    def test_same_start_longer(self):
        """Where Linux and BSD differ."""
        def talk():
            return Conversation().segment(C, 2, b"AA").segment(C, 2, b"BBBB").segment(C, 0, b"ab")
        self.expect(talk(), "abAABB", ["tcp_overlap"], f"policy = {BSD}")
        self.expect(talk(), "abBBBB", ["tcp_overlap"], f"policy = {LINUX}")

    def test_reset_with_a_wrong_sequence_number(self):
        talk = Conversation().segment(C, 0, b"GET ").acked(4).segment(C, 200000, flags=RST).segment(C, 4, b"/evil")
        self.expect(talk, "GET /evil", ["tcp_bad_reset"])

    def test_fin_with_a_wrong_sequence_number(self):
        talk = Conversation().segment(C, 0, b"GET ").acked(4).segment(C, 200000, flags=FIN | ACK).segment(C, 1, flags=FIN | ACK)
        self.expect(talk.segment(C, 4, b"/evil"), "GET /evil", ["tcp_bad_fin", "tcp_bad_fin"])

    def test_fin_that_never_arrived(self):
        """A FIN in order, which the receiver never got: it acknowledges what follows."""
        talk = Conversation().segment(C, 0, b"GET ").acked(4).segment(C, 4, flags=FIN | ACK).segment(C, 4, b"/evil").acked(9)
        self.expect(talk, "GET /evil", ["tcp_data_after_fin"])

    def test_outside_the_window(self):
        """Bytes that the receiver had no room for are not what it read later."""
        talk = Conversation(window=8).segment(C, 4, b"AAAAxxxxxxxx").segment(C, 0, b"GET ").acked(8).segment(C, 8, b"good")
        self.expect(talk.acked(12), "GET AAAAgood", ["tcp_outside_window", "tcp_overlap"])

    def test_data_in_a_syn_replayed(self):
        talk = Conversation()
        talk.frames.clear()
        talk.segment(C, -1, b"GET /evil", flags=SYN, ack=None).segment(S, -1, flags=SYN | ACK).segment(C, 0)
        self.expect(talk.segment(C, 0, b"GET /good"), "GET /good", ["tcp_overlap"])

    def test_second_syn(self):
        """A SYN with another sequence number does not move the stream."""
        talk = Conversation().segment(C, 0, b"GET ").acked(4).segment(C, 99999, b"x", flags=SYN, ack=None).acked(4)
        self.expect(talk.segment(C, 4, b"/evil"), "GET /evil", ["tcp_bad_syn"])

    def test_sequence_wrap(self):
        talk = Conversation(isn=(2**32 - 4, 2**32 - 1)).segment(C, 6, b"il").segment(C, 0, b"GE").segment(C, 4, b"evXX").segment(C, 2, b"T/")
        self.expect(talk, "GET/evil", ["tcp_overlap"], f"policy = {FIRST}")

    def test_low_ttl(self):
        """Segments that die before they reach the receiver."""
        talk = Conversation()
        for i, (good, evil) in enumerate(zip("GET /evil", "GET /good")):
            talk.segment(C, i, evil.encode(), ttl=2).segment(C, i, good.encode()).acked(i + 1)
        self.expect(talk, "GET /evil", ["tcp_overlap"] * 4)

    def test_reordered_one_byte_segments(self):
        talk = Conversation()
        data = b"GET /cgi-bin/phf"
        for i in reversed(range(len(data))):
            talk.segment(C, i, data[i:i + 1])
        self.expect(talk, data.decode())

    def test_flood_of_one_connection(self):
        """At the cap of a direction holes are given up, and the run says so."""
        talk = Conversation()
        for i in range(3000):
            talk.segment(C, 2 + 3 * i, b"xy")
        run = self.run_palua(talk, "segment_cap = 100", "-s", "bench/scripts/delivery.lua")
        self.assertEqual(run.status, 0, run)
        self.assertRegex(run.err, r"2,9\d\d TCP holes given up at a cap")

    def test_flood_of_many_connections(self):
        """Memory stays at its bound, whatever the number of connections that wait."""
        frames = []
        for i in range(20000):
            payload = bytes(1400)
            host, port = f"198.51.{i >> 8 & 255}.{i & 255}", 1024 + i % 60000
            for seq, flags, data in ((1, SYN, b""), (100, ACK, payload)):
                segment = tcp(data, host, SERVER[0], port, 80, seq, 0, flags)
                frames.append(ethernet(ipv4(segment, TCP, host, SERVER[0]), 0x0800))
        talk = Conversation()
        talk.frames = frames
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        run = self.run_palua(talk, "memory_cap = 4194304", "-s", "bench/scripts/delivery.lua")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertEqual(run.status, 0, run)
        held = 20000 * 1400 // 1024
        self.assertIn("TCP holes given up at a cap", run.err)
        if before < 100000 and "asan" not in PALUA:
            self.assertLess(peak, 100000 + held // 4, "28 MB of early segments, of which 4 may be held")


unittest.main()
