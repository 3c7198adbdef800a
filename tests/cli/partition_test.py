# SPDX-License-Identifier: MIT OR Apache-2.0
"""Partitions by address, as a user meets them: what is explained, warned of and counted, the same for every number of threads."""
import struct

import cli
from cli import Case, capture

THREADS = 1, 2, 3, 8
# Who sends to several hosts, in the order in which that shows; tshark 4.0.17 says the same of connections.pcap:
#     tshark -r connections.pcap -T fields -e frame.number -e ip.src -e ip.dst | awk '!seen[$2, $3]++ && ++n[$2] == 4 { print $1, $2 }'
PEERS_BY_TSHARK = ["56\t203.0.113.10", "94\t192.0.2.80"]
PEERS = """palua.partition("src")
on("packet", function(e, st)
    local peers = st.peers or {}
    st.peers, st.count = peers, st.count or 0
    local peer = tostring(e.dst)
    if e.dst and not peers[peer] then
        peers[peer], st.count = true, st.count + 1
        if st.count == 4 then print(e.packet_number, e.src) end
    end
end)
"""


def frame(src, dst):
    """An IPv4 packet without payload."""
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20, 0, 0, 64, 253, 0, bytes(src), bytes(dst))


def pcap(packets):
    """Packets as (milliseconds, bytes) of raw IP."""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for ms, packet in packets:
        out += struct.pack("<IIII", 1700000000 + ms // 1000, ms % 1000 * 1000, len(packet), len(packet)) + packet
    return out


class Partitions(Case):
    def everywhere(self, script, data, *args, batches=(1, 7, 1024)):
        """What a script prints of a capture, and the summary from its last comma on; for every number of threads the same."""
        first = None
        for threads in THREADS:
            for batch in batches:
                run = self.palua("-j", threads, "--batch", batch, *args, "-s", script, "-", stdin=data, quiet=False)
                self.assertEqual(run.status, 0, run)
                told = run.out, run.err_lines[-1].partition("packets/s)")[2]
                first = first or told
                self.assertEqual(told, first, run)
        return first

    def test_hosts_with_many_peers(self):
        script = self.script(PEERS)
        data = (cli.CAPTURES / "generated" / "connections.pcap").read_bytes()
        self.assertEqual(self.everywhere(script, data)[0].splitlines(), PEERS_BY_TSHARK)

    def test_state_of_an_idle_address(self):
        script = self.script('palua.partition("src", { idle = "2s" })\n'
                             'on("packet", function(e, st) st.n = (st.n or 0) + 1 print(e.packet_number, st.n) end)')
        a, b = frame((10, 0, 0, 1), (10, 0, 0, 9)), frame((10, 0, 0, 2), (10, 0, 0, 9))
        data = pcap([(0, a), (1000, b), (1900, a), (3900, a), (3950, b), (4000, a), (4050, b), (9000, b)])
        out, _ = self.everywhere(script, data, batches=(1, 2, 3, 1024))
        self.assertEqual(out.split(), "1 1 2 1 3 2 4 1 5 1 6 2 7 2 8 1".split())

    def test_events_without_an_address_meet(self):
        """Those that are left are one key, and have one state."""
        script = self.script('palua.partition("pair")\nlocal function note(e, st, what) st.n = (st.n or 0) + 1 print(what, st.n) end\n'
                             'on("packet", function(e, st) note(e, st, "packet") end)\non("capture.end", function(e, st) note(e, st, "end") end)')
        a, none = frame((10, 0, 0, 1), (10, 0, 0, 9)), b"\x10" * 30
        out, _ = self.everywhere(script, pcap([(0, none), (1, a), (2, none), (3, a)]))
        self.assertEqual(out.split(), "packet 1 packet 1 packet 2 packet 2 end 3".split())

    def test_cap_on_states(self):
        """At the cap what was idle longest is dropped, and counted: the same keys for every number of threads."""
        script = self.script('palua.partition("src")\non("packet", function(e, st) st.n = (st.n or 0) + 1 print(e.src, st.n) end)')
        config = self.script("return { lua = { state_cap = 512 } }", "palua.lua")
        hosts = [(10, 0, i // 256, i % 256) for i in range(1500)]
        data = pcap([(i, frame(host, (10, 9, 9, 9))) for i, host in enumerate(hosts + hosts)])
        out, summary = self.everywhere(script, data, "-c", config)
        again = sum(line.endswith("\t2") for line in out.splitlines())
        shed = int(summary.partition(" states of keys dropped at the cap")[0].rpartition(" ")[2].replace(",", ""))
        self.assertTrue(0 < again < 512, again)
        left = 3000 - again - shed  # states that were neither found again nor dropped; not every shard has two addresses
        self.assertTrue(490 < left <= 512, left)
        uncapped, summary = self.everywhere(script, data, batches=(7,))
        self.assertEqual(sum(line.endswith("\t2") for line in uncapped.splitlines()), 1500)
        self.assertNotIn("states of keys", summary)

    def test_done_and_init_run_once(self):
        script = self.script('palua.partition("dst")\nlocal n = agg.count("n", "dst")\non("packet", n)\n'
                             'init(function() print("begin") end)\ndone(function() print("over", n) end)')
        for threads in THREADS:
            run = self.ok("-j", threads, "-s", script, capture("dns.pcapng"))
            self.assertEqual((run.out_lines[0], run.out.count("begin"), run.out.count("over")), ("begin", 1, 1), run)

    def test_check(self):
        script = self.script(PEERS)
        run = self.palua("--check", "-s", script, capture("generated/connections.pcap"), quiet=False)
        self.assertEqual(run.status, 0, run)
        self.assertIn("gave the same", run.err)

    def test_explain(self):
        script = self.script(PEERS)
        run = self.ok("--explain", "-j", 3, "-s", script, capture("dns.pcapng"))
        self.assertIn('script.lua: 3 instances, partition "src"; the script chose it; a state is dropped after 300 s without an event', run.out)
        self.assertNotIn("flows", run.out.splitlines()[1], "packets alone need no flows")
        flows = self.script('palua.partition("src")\non("dns.query", function(e) print(e.qname) end)')
        self.assertIn("flows", self.ok("--explain", "-s", flows, capture("dns.pcapng")).out.splitlines()[1])

    def test_warns_of_variables(self):
        """Each instance has its own, so what they hold depends on -j."""
        for partition in "flow", "src", "dst", "pair":
            script = self.script(f'palua.partition("{partition}")\nlocal n = 0\non("packet", function(e)\n    n = n + 1\nend)')
            for threads in 1, 3:
                run = self.palua("-j", threads, "-s", script, capture("dns.pcapng"))
                self.assertEqual((run.status, len(run.err_lines)), (0, 1), run)
                self.assertIn("script.lua:4: the handler of packet assigns a variable that outlives the call", run.err)
                self.assertIn(f'in partition "{partition}"', run.err)
        everything = self.script('palua.partition("all")\nlocal n = 0\non("packet", function(e) n = n + 1 end)')
        self.ok("-s", everything, capture("dns.pcapng"))

    def test_warns_of_tables_that_done_reads(self):
        table = 'palua.partition("src")\nlocal seen = {}\non("packet", function(e)\n    seen[tostring(e.src)] = true\nend)\n'
        self.ok("-s", self.script(table), capture("dns.pcapng"))
        run = self.palua("-s", self.script(table + "done(function() for key in pairs(seen) do print(key) end end)"), capture("dns.pcapng"))
        self.assertEqual((run.status, len(run.err_lines)), (0, 1), run)
        self.assertIn("script.lua:6: done reads the table 'seen', to which line 4 writes in every instance on its own", run.err)

    def test_refusals(self):
        for call, words in (('"source"', ["'source' is none of"]), ('"src", { idle = "soon" }', ['got idle = "soon"', "expected a time"]),
                            ('"src", { idel = "5m" }', ["no option 'idel'", "did you mean 'idle'"])):
            self.refused(2, ["script.lua:1", *words], "-s", self.script(f"palua.partition({call})"), capture("dns.pcapng"))

    def test_error_in_one_instance(self):
        """It is told once, and the others' results are whole."""
        script = self.script('palua.partition("src")\non("packet", function(e, st)\n    st.n = (st.n or 0) + 1\n'
                             '    if st.n == 3 then error("boom") end\n    print(e.packet_number, st.n)\nend)')
        first = None
        for threads in THREADS:
            run = self.palua("-j", threads, "--batch", 7, "-s", script, capture("dns.pcapng"))
            self.assertEqual(run.status, 1, run)
            self.assertEqual(sum("boom" in line for line in run.err_lines), 1, run)
            first = first or run.out
            self.assertEqual(run.out, first)

if __name__ == "__main__":
    cli.main()
