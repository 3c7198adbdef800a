# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is measured: questions, the programs that answer them, and what palua is held to."""
import dataclasses
import shutil
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
PACKER = "zstd"

# How an answer compares with the question.
SAME, LESS, MORE, OTHER = "same", "less", "more", "other"


@dataclasses.dataclass(frozen=True)
class Program:
    """One command. {capture}, {packed} (the same, compressed with zstd), {scratch} (a fresh folder), {build} and {bench} stand in its words."""
    name: str
    command: tuple
    answers: str = SAME
    note: str = ""
    slow: bool = False  # measured on the short capture
    group: str = "peer"

    def executable(self, build):
        """The path of the program, None where it, or what it needs, is not installed or not built."""
        word = self.command[0]
        if self.packed and not shutil.which(PACKER):
            return None
        if word.startswith("@"):
            path = build / word[1:]
            return str(path) if path.exists() else None
        return shutil.which(word) or shutil.which(word, path="/usr/sbin:/opt/zeek/bin")

    @property
    def packed(self):
        return "{packed}" in self.command

    def words(self, build, capture, scratch):
        text = [self.executable(build), *self.command[1:]]
        return [word.format(capture=capture, packed=packed_name(capture), scratch=scratch, bench=BENCH, build=build) for word in text]


def packed_name(capture):
    return f"{capture}.zst"


def reference(name):
    return Program(f"reference {name}", (f"@bench/{name}", "{capture}"), group="reference")


def palua(name, *scripts, answers=SAME, note=""):
    options = [word for script in scripts for word in ("-s", script)]
    return Program(f"palua {name}", ("@bin/palua", "-q", "-j", "1", *options, "{capture}"), answers,
                   note, group="palua")


def consumer(name):
    """A C analysis of palua's that answers what the reference of the same name does."""
    return Program(f"palua {name} C", ("@bin/palua", "-q", "-j", "1", "-p",
                                       f"{{build}}/bench/consumer/{name}.so", "{capture}"),
                   group="palua")


def threads(name, jobs, *scripts, packed=False, note=""):
    """palua with so many threads, over the capture or the compressed one."""
    options = [word for script in scripts for word in ("-s", script)]
    return Program(f"palua {name}", ("@bin/palua", "-q", "-j", str(jobs), *options, "{packed}" if packed else "{capture}"), OTHER, note,
                   group="palua")


def own(script):
    return f"{{bench}}/scripts/{script}.lua"


PCAP_LOOP = Program("libpcap loop", ("@bench/libpcap", "{capture}"), note="pcap_loop that counts")
TCPDUMP = Program("tcpdump", ("tcpdump", "-n", "-r", "{capture}", "-w", "/dev/null"), OTHER,
                  "copies packets, counts nothing")
CAPINFOS = Program("capinfos", ("capinfos", "-c", "-M", "{capture}"))
TSHARK_STAT = Program("tshark io,stat", ("tshark", "-n", "-q", "-z", "io,stat,0", "-r", "{capture}"),
                      MORE, "dissects every packet", slow=True)
SOFTFLOWD = Program("softflowd", ("softflowd", "-d", "-r", "{capture}"), OTHER, "flows, no output",
                    slow=True)
NFPCAPD = Program("nfpcapd", ("nfpcapd", "-r", "{capture}", "-w", "{scratch}"), OTHER,
                  "writes NetFlow files")
ARGUS = Program("argus", ("argus", "-r", "{capture}", "-w", "/dev/null"), MORE, "flow records",
                slow=True)
NDPI = Program("ndpiReader", ("ndpiReader", "-q", "-i", "{capture}"), MORE, "names applications too",
               slow=True)
ZEEK = Program("zeek", ("zeek", "-C", "-b", "-r", "{capture}", "base/protocols/conn"), MORE,
               "connection log, bare mode", slow=True)
ZEEK_DNS = Program("zeek dns", ("zeek", "-C", "-b", "-r", "{capture}", "base/protocols/dns"), MORE,
                   "DNS log, bare mode", slow=True)
TSHARK_CONV = Program("tshark conv", ("tshark", "-n", "-q", "-z", "conv,tcp", "-z", "conv,udp", "-r",
                                      "{capture}"), MORE, "dissects every packet", slow=True)
TSHARK_LUA = Program("tshark Lua listener",
                     ("tshark", "-n", "-q", "-X", "lua_script:{bench}/peers/count_names.lua", "-r",
                      "{capture}"), slow=True)
TSHARK_FIELDS = Program("tshark fields",
                        ("tshark", "-n", "-r", "{capture}", "-Y", "dns.flags.response==0", "-T",
                         "fields", "-e", "dns.qry.name"), LESS, "prints names, counts nothing",
                        slow=True)
DNSJIT = Program("dnsjit", ("dnsjit", "{bench}/peers/dnsjit_names.lua", "{capture}"))
TCPFLOW = Program("tcpflow", ("tcpflow", "-r", "{capture}", "-o", "{scratch}"), MORE,
                  "writes every stream to a file", slow=True)

# What zstdcat does, without the writing.
ZSTDCAT = Program("zstdcat", (PACKER, "-d", "-q", "-f", "{packed}", "-o", "/dev/null"), OTHER, "decompresses, reads nothing")


def compressed(name, script):
    """One script over the plain and the compressed capture."""
    return (threads(f"{name} -j 1", 1, script), threads(f"{name} -j 2", 2, script),
            threads(f"{name} packed -j 1", 1, script, packed=True, note="one thread decompresses and analyses"),
            threads(f"{name} packed -j 2", 2, script, packed=True))


# question -> (what is asked, workloads, programs); the first program is the reference.
QUESTIONS = {
    "headers": ("how many packets and bytes?", ("mix", "dns"),
                (reference("headers"), PCAP_LOOP, palua("packets", own("packets"), answers=MORE),
                 CAPINFOS, TCPDUMP, TSHARK_STAT)),
    "decode": ("how many packets of each IP protocol?", ("mix", "dns"),
               (reference("decode"),
                palua("counted", own("counted"), answers=LESS,
                      note="decodes all, subscribes to one count at the end"),
                palua("protocols", own("protocols"), note="one event per packet, counted"))),
    "flows": ("which flows, with their packets and bytes?", ("mix", "dns", "oneshot"),
              (reference("flows"), palua("flows", own("flows")),
               palua("top_talkers", "top_talkers", answers=OTHER,
                     note="by sender and by pair, not by flow"),
               palua("everything", own("everything"), answers=MORE,
                     note="flows, DNS names, bytes by sender in Lua"), PCAP_LOOP,
               SOFTFLOWD, NFPCAPD, ARGUS, NDPI, ZEEK, TSHARK_CONV)),
    "names": ("how often was each DNS name asked for?", ("dns",),
              (reference("names"), palua("names", own("names")),
               palua("names direct", own("names_direct"), note="no Lua per event"),
               palua("dns_stats", "dns_stats", answers=MORE,
                     note="names, types, rcodes, NXDOMAIN, response times"),
               palua("dns_stats + type", "dns_stats", own("add_type"), answers=MORE,
                     note="one more handler"),
               palua("dns_stats + name", "dns_stats", own("add_name"), answers=MORE,
                     note="one more handler"), DNSJIT, TSHARK_LUA, TSHARK_FIELDS, ZEEK_DNS)),
    "delivery": ("what did TCP carry, in order?", ("mix", "bulk"),
                 (reference("delivery"), consumer("delivery"),
                  palua("delivery Lua", own("delivery_sum")),
                  palua("delivery", own("delivery"), answers=MORE, note="sums by direction"),
                  TCPFLOW)),
    "compressed": ("what does a compressed capture cost?", ("mix",),
                   (ZSTDCAT, *compressed("counted", own("counted")), *compressed("top_talkers", "top_talkers"))),
}

FIVE_SCRIPTS = ("dns_stats", "top_talkers", "packet_sizes", own("flows"), own("names"))


@dataclasses.dataclass(frozen=True)
class Target:
    """A bound on the ratio of two medians of CPU time per packet."""
    text: str
    of: tuple  # question, workload, program
    over: tuple
    most: float = 0  # of / over must not be above,
    least: float = 0  # or not below


DNS_STATS = ("names", "dns", "palua dns_stats")
TARGETS = (
    Target("dns_stats over the DNS reference", DNS_STATS, ("names", "dns", "reference names"), most=2.5),
    Target("dnsjit over dns_stats", ("names", "dns", "dnsjit"), DNS_STATS, least=3),
    Target("tshark's Lua listener over dns_stats", ("names", "dns", "tshark Lua listener"), DNS_STATS,
           least=50),
    Target("decoding alone over the decode reference, mix", ("decode", "mix", "palua counted"),
           ("decode", "mix", "reference decode"), most=1.6),
    Target("top_talkers over the flow reference, mix", ("flows", "mix", "palua top_talkers"),
           ("flows", "mix", "reference flows"), most=1.6),
    Target("delivery to a C consumer over the reference, bulk",
           ("delivery", "bulk", "palua delivery C"), ("delivery", "bulk", "reference delivery"),
           most=1.5),
    Target("delivery to a C consumer over the reference, mix",
           ("delivery", "mix", "palua delivery C"), ("delivery", "mix", "reference delivery"),
           most=1.5),
    Target("a Lua handler that sums lengths over the C consumer, bulk",
           ("delivery", "bulk", "palua delivery Lua"), ("delivery", "bulk", "palua delivery C"),
           most=1.2),
    Target("a Lua handler that sums lengths over the C consumer, mix",
           ("delivery", "mix", "palua delivery Lua"), ("delivery", "mix", "palua delivery C"),
           most=1.2),
    Target("flows, DNS and Lua over libpcap's loop, mix", ("flows", "mix", "palua everything"),
           ("flows", "mix", "libpcap loop"), most=1),
)
# Decompression beside analysis: wall time with two threads over the larger of decompressing alone and one thread on the plain file.
COMPRESSED_CAP = 1.15
COMPRESSED = tuple((f"{name}: packed, -j 2, over the larger of zstdcat and -j 1 on the plain file", f"palua {name} packed -j 2",
                    ("zstdcat", f"palua {name} -j 1")) for name in ("counted", "top_talkers"))
HANDLER_CAP_NS = 30
MEMORY_GROWTH_CAP = 1.1
START_CAP_MS = 15
