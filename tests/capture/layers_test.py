# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares palua's decoding with tshark's over every shared capture.

    layers_test.py LAYERS_PROGRAM SHARED_CAPTURES

Three answers per capture must be the oracle's: how many frames have each chain of layers, up to the transport layer (in captures with
encapsulations that palua does not decode yet, up to those); how many frames are IP fragments; and how many packets each
five-tuple sent. Where palua does not know the link type, or tshark not the packets, all packets must be there. Exits with 77 where the captures are not present.
"""
import collections
import gzip
import json
import pathlib
import subprocess
import sys

SKIPPED = 77
LINKTYPES = {"0", "1", "6", "9", "10", "12", "14", "50", "51", "100", "101", "104", "105", "107", "108", "113", "117", "119", "127", "149",
             "163", "166", "192", "228", "229", "239", "242", "252", "253", "258", "276"}
# Link types of which palua says nothing: their packets are counted, and have no layers.
PASSED_OVER = {
    "8": "SLIP", "123": "ATM, as SunATM writes it", "129": "ARCNET", "132": "Juniper ES", "137": "Juniper monitor",
    "160": "a user's own", "178": "Juniper Ethernet", "182": "Juniper Frame Relay", "195": "IEEE 802.15.4",
    "230": "IEEE 802.15.4 without FCS", "231": "D-Bus", "255": "Bluetooth BR/EDR", "271": "vsock", "282": "Broadcom switch tags",
    "284": "Marvell DSA tags", "285": "Marvell EDSA tags", "8224": "none: a fuzzer wrote it",
}

CARRIERS = {"eth", "vlan", "ieee8021ad", "raw", "null", "sll", "ip", "ipv6", "ipv6.hopopts", "ipv6.routing",
            "ipv6.fraghdr", "ipv6.dstopts", "ah", "mipv6", "hip", "shim6", "llc", "pppoes", "ppp", "chdlc", "mpls", "pwethcw",
            "ieee8021ah", "macsec", "vntag", "etag", "gre", "erspan", "nsh", "wlan", "radiotap", "prism",
            "wlancap", "ppi", "fddi", "tr", "ipoib", "fr", "nflog", "pflog", "pktap", "exported_pdu", "netlink"}
# What palua decodes behind UDP.
TUNNELS = {"vxlan", "geneve", "gtp", "teredo", "l2tp"}
QUOTING = {"icmp", "icmpv6"}
ENDS = {"arp", "esp", "tcp", "udp", "stp", "lldp", "eapol", "loop", "pppoed", "sctp", "dccp", "udplite", "igmp", "pim", "ospf"}
UNHEADED = {"ethertype", "pwethheuristic", "pcap_pktdata", "user_dlt", "wlan_radio"}  # what tshark calls a layer, and has no bytes

REGRESSION = "pcapplusplus/Fuzzers__RegressionTests__regression_samples__"

# Captures in which tshark does not see the packets that are in the file.
OTHER_PACKETS = {
    # It shows the record that the file's end, or an absurd length, cuts as a packet, or not the one before it.
    REGRESSION + "clusterfuzz-testcase-minimized-FuzzTarget-5755755617189888",
    REGRESSION + "crash-exception-cast-constructed-record",
    "suricata-verify/bug-6875-01__fuzz.pcap",
}

# Frames by chain of layers, {chain: (tshark, palua)}: every capture that differs, exactly, and why.
STACKS = {
    # tshark goes by the version nibble behind IP-in-IP, palua by the protocol number.
    REGRESSION + "clusterfuzz-testcase-minimized-FuzzTarget-5468403752632320":
        {"ip:ip:ipv6": (1, 0), "ip:ip": (0, 1)},
    # tshark calls a header of another IP version data, palua a malformed IP header.
    "zeek/quic__383379789-decrypt-crash.pcap": {"eth:data": (2, 0), "eth:ipv6": (0, 2)},
    # tshark shows no layer behind the 11 frames of type 0xaaaa, and goes by the version nibble behind Ethernet too.
    "ndpi/fuzz-2006-06-26-2594.pcap":
        {"eth": (11, 0), "eth:data": (24, 35), "eth:ip:ipv6:ipv6.hopopts": (1, 0), "eth:ip": (6, 7)},
    # IPv4 without payload: palua misses the header that the protocol field promises, tshark does not look.
    "suricata-verify/decode-too-small__test.pcap": {"eth:ip": (2, 0), "eth:ip:tcp": (0, 1), "eth:ip:udp": (1, 2)},
    # tshark takes protocol 62 for an old number of the mobility header; IANA gave it to CFTP.
    "tcpdump/ipv6-mobility-header-oobr.pcap": {"ipv6:mipv6": (1, 0), "ipv6:data": (0, 1)},
    # palua stops at 20 layers.
    "suricata-verify/decode-too-many-layers__input.pcap":
        {"eth:" + "mpls:pwethcw:eth:" * 31 + "mpls:pwethcw:eth": (1, 0), "eth:" + "mpls:pwethcw:eth:" * 6 + "mpls": (0, 1)},
    "zeek/pbb-recursive-frames.pcapng":
        {"eth" + ":ieee8021ah" * 50 + ":ip:udp": (1, 0), "eth" + ":ieee8021ah" * 19: (0, 1)},
    # A PPP protocol that nothing is known of: palua says data.
    "tcpdump/heapoverflow-ppp_hdlc_if_print.pcap": {"ppp": (1, 0), "ppp:data": (0, 1)},
    # Behind VXLAN's port, but without its network identifier; behind GTP-U's, but of version 1's predecessor.
    REGRESSION.replace("regression_samples__", "") + "clusterfuzz-testcase-minimized-FuzzTarget-6185045124251648":
        {"eth:ip:udp:vxlan:eth": (1, 0), "eth:ip:udp": (0, 1)},
    REGRESSION + "clusterfuzz-testcase-minimized-FuzzTarget-5114733584449536":
        {"raw:ip:udp:gtp": (1, 0), "raw:ip:udp": (0, 1)},
    # The control plane, GTP-C, carries no packets: it is a message, for a dissector.
    "zeek/tunnels__gtp__gtp_create_pdp_ctx.pcap": {"eth:ip:udp:gtp:data": (2, 0), "eth:ip:udp": (2, 4)},
    "zeek/tunnels__gtp__pdp_ctx_messages.pcapng":
        {"eth:ip:udp:gtp:data": (4, 0), "eth:ip:udp:gtp": (2, 0), "eth:ip:udp": (8, 14)},
    # Wi-Fi frames under Frame Relay's link type: tshark takes what is neither RFC 2427's nor an ethertype for Ethernet.
    "tcpdump/q933-heapoverflow-2.pcap": {"fr:eth:llc:data": (6, 0), "fr:data": (11, 17)},
    # 0x880b is PPP's ethertype; tshark heeds it in GRE only.
    "tcpdump/ppp_ccp_config_deflate_option_asan.pcap": {"eth:data": (1, 0), "eth:ppp:data": (0, 1)},
}
# 80 hop-by-hop headers in one datagram, and an AH whose length goes past its end: tshark goes on behind it, palua stops.
AH_BEYOND = {REGRESSION + "clusterfuzz-testcase-minimized-FuzzTarget-5757531338309632"}

# Captures whose fragments differ: (tshark, palua), each (IPv4, IPv6).
FRAGMENTS = {
    # The header length is below 20 bytes: palua trusts none of the header.
    "pcapplusplus/PcapppTest__PcapExamples__ip4_bad_fragment.pcap": ((1, 0), (0, 0)),
}

# Captures whose five-tuples differ, by the number of tuples.
FLOWS = {
    # An AH header that is malformed or cut hides the protocol: no five-tuple.
    REGRESSION + "clusterfuzz-testcase-minimized-FuzzTarget-5757531338309632": 1,
    "tcpdump/heapoverflow-ip_demux_print.pcap": 1,
    # Without a transport header there are no ports: no five-tuple.
    "suricata-verify/decode-too-small__test.pcap": 3,
    "tcpdump/ipv6-mobility-header-oobr.pcap": 2,
    # The flow lies deeper than 20 layers.
    "zeek/pbb-recursive-frames.pcapng": 1,
    # The innermost IPv4 header is malformed: palua stays with the IPv6 header around it, of protocol 4.
    "zeek/tunnels__mpls-6in6-6in6-4in6-invalid-version-4.pcap": 2,
}


def known_part(chain):
    """tshark's frame.protocols, up to where palua's part ends: behind a transport header, or at a protocol it calls data."""
    layers = []
    for name in chain.split(":"):
        last = layers[-1] if layers else ""
        if name in UNHEADED:
            continue
        if last == "udp" and name in TUNNELS:
            layers.append(name)
            continue
        if last in ENDS or (last in QUOTING and name not in CARRIERS):
            break
        if name not in CARRIERS | QUOTING | ENDS | TUNNELS:
            layers.append("data")
            break
        layers.append(name)
    return ":".join(layers)


def difference(want, got):
    return {key: (want[key], got[key]) for key in want | got if want[key] != got[key]}


def is_defragmented(moved, fragments):
    """Whether all that differs is that tshark shows a datagram's layers in the frame that completed it (or, where the capture cut the
    frame, in the first fragment), and palua the fragment's bytes."""
    gained = {key: got - want for key, (want, got) in moved.items() if got > want}
    lost = {key: want - got for key, (want, got) in moved.items() if got < want}
    if any(not key.endswith(("ip:data", "ipv6.fraghdr:data")) for key in gained):
        return False
    prefixes = tuple(key.removesuffix("data") for key in gained)
    return (all(key.startswith(prefixes) for key in lost) and sum(gained.values()) == sum(lost.values()) <= fragments)


def stacks_differ(name, oracle, answer):
    want = collections.Counter()
    for chain, count in oracle["stacks"].items():
        want[known_part(chain)] += count
    moved = difference(want, collections.Counter(answer["stacks"]))
    if name in AH_BEYOND:
        told = len(moved) == 2 and answer["anomalies"].get("ah_bad_length") == 1
        return [] if told else [f"expected one frame to differ and to have a bad AH length: {moved}"]
    for key, pair in STACKS.get(name, {}).items():
        if moved.pop(key, None) != pair:
            return [f"listed as differing in {key} by {pair}, but it does not"]
    if not moved or is_defragmented(moved, sum(wanted_fragments(oracle))):
        return []
    return [f"frames by layers, (tshark, palua): {moved}"]


def wanted_fragments(oracle):
    return oracle["fragments"]["v4_fragments"], oracle["fragments"]["v6_fragments"]


def has_hidden_ip(oracle):
    """Whether there is IP inside an encapsulation that palua does not decode yet."""
    def hidden(chain):
        layers = [name for name in chain.split(":") if name not in UNHEADED]
        return {"ip", "ipv6"} & set(layers[len(known_part(chain).split(":")):])

    return any(hidden(chain) for chain in oracle["stacks"])


def fragments_differ(name, oracle, answer):
    if has_hidden_ip(oracle):
        return []
    want = wanted_fragments(oracle)
    got = (answer["fragments"].get("ip", 0), answer["fragments"].get("ipv6", 0))
    if name in FRAGMENTS:
        return [] if FRAGMENTS[name] == (want, got) else [f"listed with fragments {FRAGMENTS[name]}, but has {want, got}"]
    return [] if want == got else [f"fragments {got}, expected {want}"]


def knows_encapsulations(oracle):
    """tshark sees into encapsulations that are not decoded yet."""
    known = CARRIERS | UNHEADED | TUNNELS | {"udp"}
    return all(set(path.split("+")) <= known for flow in oracle["flows_inner"] for path in flow.get("encap", ()))


def has_comparable_flows(oracle):
    """tshark counts the frame that completes a datagram; here datagrams are not put together."""
    return not any(wanted_fragments(oracle)) and knows_encapsulations(oracle)


def flows_differ(name, oracle, answer):
    want, got = collections.Counter(), collections.Counter()
    for flow in oracle["flows_inner"]:
        a, b, proto = tuple(flow["a"]), tuple(flow["b"]), flow["proto"]
        want[a + b + (proto,)] += flow["pkts"][0]
        want[b + a + (proto,)] += flow["pkts"][1]
    for key, count in answer["flows"].items():
        src, sport, dst, dport, proto = key.split(",")
        ports = (int(sport), int(dport)) if proto in ("6", "17", "132") else (0, 0)  # the oracle has none for ICMP
        got[src, ports[0], dst, ports[1], -1 if proto == "59" else int(proto)] += count
    moved = difference(want, got)
    if len(moved) == FLOWS.get(name, 0):
        return []
    return [f"{len(moved)} five-tuples differ, expected {FLOWS.get(name, 0)}: {dict(list(moved.items())[:5])}"]


def is_passed_over(oracle):
    linktypes = set(oracle["container"]["linktype_packets"])
    return bool(linktypes) and linktypes <= set(PASSED_OVER)


def is_gradable(oracle):
    return (oracle["summary"]["agrees_with_container"] and set(oracle["container"]["linktype_packets"]) <= LINKTYPES
            and sum(oracle["stacks"].values()) == oracle["summary"]["packets"])


def packets_differ(oracle, answer):
    """Captures of which tshark has no answer, or gives one for other packets: all packets are there."""
    want, got = oracle["container"]["packets"], sum(answer["stacks"].values())
    return [] if want == got else [f"{got} packets, expected {want}"]


def passed_over_differ(oracle, answer):
    want = {"": oracle["container"]["packets"]}
    return [] if want == answer["stacks"] else [f"frames by layers {answer['stacks']}, expected {want}"]


def compare(name, oracle, answer):
    """@return what differs, and how many five-tuples were compared"""
    if is_passed_over(oracle):
        return passed_over_differ(oracle, answer), 0
    if name in OTHER_PACKETS:
        return packets_differ(oracle, answer), 0
    if not is_gradable(oracle):
        return ["neither its layers can be graded, nor is it listed as one whose packets tshark tells apart differently"], 0
    lines = stacks_differ(name, oracle, answer) + fragments_differ(name, oracle, answer)
    if not has_comparable_flows(oracle):
        return lines, 0
    return lines + flows_differ(name, oracle, answer), len(answer["flows"])


def main(program, captures):
    if not captures.is_dir():
        print(f"skipped: {captures} is not present")
        return SKIPPED
    oracles = {}
    for path in sorted((captures / "oracle").glob("*/*.json.gz")):
        oracles[str(path.relative_to(captures / "oracle"))[:-len(".json.gz")]] = json.loads(gzip.decompress(path.read_bytes()))
    output = subprocess.run([program, *(str(captures / "files" / name) for name in oracles)], stdout=subprocess.PIPE,
                            check=True).stdout
    failures = flows = 0
    for (name, oracle), line in zip(oracles.items(), output.splitlines(), strict=True):
        lines, compared = compare(name, oracle, json.loads(line))
        flows += compared
        for text in lines:
            print(f"{name}: {text}")
        failures += len(lines)
    graded = [name for name, oracle in oracles.items()
              if is_gradable(oracle) and not is_passed_over(oracle) and name not in OTHER_PACKETS]
    for name in sorted((set(STACKS) | set(FRAGMENTS) | set(FLOWS) | AH_BEYOND) - set(graded)):
        print(f"{name}: listed here, but there is no such capture to grade")
        failures += 1
    passed = sum(is_passed_over(oracle) for oracle in oracles.values())
    packets = sum(oracle["summary"]["packets"] for name, oracle in oracles.items() if name in graded)
    print(f"{len(oracles)} captures: layers compared in {len(graded)} of them, {packets} packets, {flows} one-way five-tuples; "
          f"link type passed over in {passed}, packets only compared in {len(oracles) - passed - len(graded)}: "
          f"{failures} differences")
    return 1 if failures or not oracles else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
