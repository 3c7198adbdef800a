# SPDX-License-Identifier: MIT OR Apache-2.0
"""Random stacks of layers (captures/generator/stacks.py): what is found in them is what was put in, however the capture cuts, fragments or
damages them; and tshark, where it is installed, sees the same layers. $SEED repeats a run."""
import collections
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import time
import unittest

import cli
from cli import ROOT, Case
from generator import container
from generator.stacks import Generator

sys.path.insert(0, str(ROOT / "tests" / "capture"))
from layers_test import known_part  # noqa: E402  (found by the line above)

SEED = os.environ.get("SEED", str(int(time.time())))
COUNT = 1500
ADDRESSED = {"tcp", "udp", "sctp", "dccp", "udplite"}
NAMED = {"gre", "mpls", "pppoes", "ieee8021ah", "erspan", "nsh", "vxlan", "geneve", "gtp", "l2tp", "teredo"}
CHECKED = "return { decode = { do_checksums = 1 } }"
KEYED = "return { flow = { key_session = 1, key_gre = 1, key_label = 1, key_pppoe = 1, key_outer = 1 } }"


def generate(count=COUNT, seed=SEED, back=False):
    return [Generator(f"{seed}.{i}", back).stack() for i in range(count)]


def chain(stack):
    return ":".join(layer.name for layer in stack.layers)


def is_ip(name):
    return name in ("ip", "ipv6")


def found_in(stack):
    """What the events of a stack's packet say, each from the outside in: network, tunnel, transport, anomaly."""
    rows = collections.defaultdict(list)
    vlan, ip, tunnel = None, [None, None], [None] * 4
    for at, layer in enumerate(stack.layers):
        if layer.name in ("vlan", "ieee8021ad"):
            vlan = layer.id
        elif is_ip(layer.name):
            ip = list(layer.ip[:2])
            rows["network"].append([*layer.ip, vlan, *tunnel])
            inner = next(one.name for one in stack.layers[at + 1:] if not one.name.startswith("ipv6.") and one.name != "ah")
            tunnel = [layer.name, None, *ip] if is_ip(inner) else tunnel
            if is_ip(inner):
                rows["tunnel"].append(tunnel)
            if layer.ip[4] == "bad":
                rows["anomaly"].append(["ip_bad_checksum"])
        elif layer.name in NAMED:
            tunnel = [layer.name, layer.id, *ip]
            rows["tunnel"].append(tunnel)
        elif layer.name in ADDRESSED:
            rows["transport"].append([*layer.port, *ip, vlan, *tunnel])
            if layer.port[3] == "bad":
                rows["anomaly"].append([layer.name + "_bad_checksum"])
    return rows


AROUND = ["vlan", "tunnel", "tunnel_id", "tunnel_src", "tunnel_dst"]
FIELDS = {"network": ["src", "dst", "proto", "ttl", "checksum_name", *AROUND], "tunnel": ["type", "id", "src", "dst"],
          "transport": ["proto", "sport", "dport", "checksum_name", "payload", "src", "dst", *AROUND], "anomaly": ["name"]}


class Stacks(Case):
    @classmethod
    def setUpClass(cls):
        print(f"SEED={SEED}", file=sys.stderr)
        cls.stacks = generate()

    def capture(self, frames):
        """@param frames  pairs of link type and bytes, or these with the length on the wire"""
        path = self.script("", "stacks.pcapng")
        linktypes = sorted({frame[0] for frame in frames})
        blocks = [container.section()] + [container.interface(linktype=linktype) for linktype in linktypes]
        blocks += [container.packet(1_700_000_000_000_000 + 1000 * at, frame[1], number=linktypes.index(frame[0]), wire=frame[-1] if frame[2:] else None)
                   for at, frame in enumerate(frames)]
        path.write_bytes(b"".join(blocks))
        return path

    def rows(self, path, event, names, config=CHECKED):
        """What an event says, per packet."""
        fields = [f"{event}.{name}" for name in ["packet_number", *names]]
        run = self.ok("-c", self.script(config, "palua.lua"), "-T", ",".join(fields), "-o", "json", path)
        rows = collections.defaultdict(list)
        for row in map(json.loads, run.out_lines):
            rows[row[fields[0]]].append([row[field] for field in fields[1:]])
        return rows

    def chains(self, path):
        return [row[0][0] for _, row in sorted(self.rows(path, "packet", ["layers"]).items())]

    def test_what_was_put_in(self):
        path = self.capture([stack[:2] for stack in self.stacks])
        self.assertEqual(self.chains(path), list(map(chain, self.stacks)))
        want = list(map(found_in, self.stacks))
        for event, names in FIELDS.items():
            got = self.rows(path, event, names)
            for at, rows in enumerate(want, 1):
                if event == "anomaly":  # of ICMP's checksums nothing is noted here
                    got[at] = [row for row in got[at] if not row[0].startswith("icmp")]
                self.assertEqual(got[at], rows[event], f"{event} of packet {at}, {chain(self.stacks[at - 1])}")

    def test_what_a_snaplen_leaves(self):
        """The outer layers are the same, then perhaps something that cannot be told any more. (Of a pseudowire something else may.)"""
        choose = random.Random(SEED)
        stacks = [stack for stack in self.stacks if "pwethcw" not in chain(stack)]
        cuts = [(stack, choose.randrange(len(stack.data))) for stack in stacks for _ in range(4)]
        path = self.capture([(stack.linktype, stack.data[:cut], len(stack.data)) for stack, cut in cuts])
        anomalies = self.rows(path, "anomaly", ["name"], "return {}")
        for at, (got, (stack, cut)) in enumerate(zip(self.chains(path), cuts, strict=True), 1):
            self.assertTrue((chain(stack) + ":").startswith(got.removesuffix(":data") + ":"), f"packet {at}: {got} of {chain(stack)} cut after {cut} bytes")
            self.assertLessEqual({row[0] for row in anomalies[at]}, {"header_not_captured"}, f"packet {at}: {chain(stack)} cut after {cut} bytes")

    def test_both_directions_are_one_flow(self):
        """At each level that has one, whatever is part of the key."""
        pairs = zip(self.stacks, generate(back=True), strict=True)
        path = self.capture([stack[:2] for pair in pairs for stack in pair])
        for config in (CHECKED, KEYED):
            got = self.rows(path, "flow.end", ["orig_pkts", "resp_pkts", "proto", "tunnel"], config)
            self.assertGreater(len(got), COUNT / 2)
            for at, rows in got.items():
                for row in rows:
                    self.assertEqual(row[:2], [1, 1], f"packet {at}: {chain(self.stacks[(at - 1) // 2])}: {row}")

    def test_the_same_on_any_number_of_threads(self):
        """Also where bytes are damaged or missing."""
        choose = random.Random(SEED)
        frames = []
        for stack in self.stacks:
            data = bytearray(stack.data)
            for _ in range(choose.choice([0, 1, 1, 2, 8])):
                data[choose.randrange(len(data))] = choose.choice([0, 255, choose.randrange(256)])
            frames.append((stack.linktype, bytes(data[:choose.choice([None, None, choose.randrange(len(data))])])))
        fields = ",".join(f"{event}.{name}" for event, names in FIELDS.items() for name in names)
        fields += ",packet.layers,packet.flow.uid,network.flow.uid,transport.flow.uid,fragment.offset,flow.end.uid"
        path = self.capture(frames)
        one = self.palua("-j", 1, "-T", fields, path).out
        for jobs, batch in ((2, 1024), (3, 7)):
            self.assertEqual(self.palua("-j", jobs, "--batch", batch, "-T", fields, path).out, one, f"-j {jobs}, --batch {batch}")

    @unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
    def test_tshark_sees_the_same(self):
        """Where it looks: tshark 4.0 does not name VXLAN-GPE (on port 4790), reads no lengths behind 802.1ad and 802.1ah, and merges an
        802.1ad tag with the service tag behind it."""
        unseen = "ieee8021ad:ieee8021a", "ieee8021ad:llc", "ieee8021ah:llc"
        stacks = [stack for stack in generate(seed="tshark")
                  if not any(part in chain(stack) for part in unseen) and struct.pack(">H", 4790) not in stack.data]
        path = self.capture([stack[:2] for stack in stacks])
        run = subprocess.run(["tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.protocols"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, check=True)
        for at, (got, stack) in enumerate(zip(run.stdout.splitlines(), stacks, strict=True), 1):
            self.assertEqual(known_part(got), chain(stack), f"packet {at}")


if __name__ == "__main__":
    cli.main()
