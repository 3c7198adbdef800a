# SPDX-License-Identifier: MIT OR Apache-2.0
"""Several threads under strain: slow readers, slow scripts, errors in the middle, inputs that end where they should not."""
import json
import os
import signal
import subprocess
import time
import unittest

import cli
from cli import Case, capture

THREADS = 1, 2, 8
SERIAL = """
local n, last = 0, 0
on("packet", function(e)
    n = n + 1
    if e.packet_number ~= last + 1 then print("after", last, "came", e.packet_number) end
    last = e.packet_number
end)
done(function() print(n) end)
"""


class Jobs(Case):
    def test_number(self):
        for wrong in "65", "-1", "x", "":
            self.refused(2, ["--jobs"], "-j", wrong, "-s", "dns_stats", capture("dns.pcapng"))
        for right in 0, 1, 64:
            self.ok("-j", right, "-s", "dns_stats", capture("dns.pcapng"))

    def test_explain_tells_partitions(self):
        serial = self.script(SERIAL)
        run = self.ok("--explain", "-j", 3, "-s", "dns_stats", "-s", serial, "-T", "packet.len", capture("dns.pcapng"))
        self.assertIn("threads: 3 (as -j says)", run.out)
        self.assertIn("stages: read, decode, defragmentation, flows, TCP streams, dissectors: dns", run.out)
        self.assertIn('dns_stats: 3 instances, partition "flow"', run.out)
        self.assertIn('script.lua: 1 instance, partition "all"; line 4 decides: it assigns a variable that outlives the call', run.out)
        self.assertIn("-T: 3 instances", run.out)

    def test_explain_of_bundled_scripts(self):
        """None of them needs to be serial, but those that say so."""
        for path in sorted((cli.ROOT / "scripts").glob("*.lua")):
            run = self.ok("--explain", "-j", 2, "-s", path, capture("dns.pcapng"))
            serial = 'palua.partition("all")' in path.read_text()
            self.assertIn('partition "all"; the script chose it' if serial else '2 instances, partition "flow"', run.out, path)

    def test_explain_leaves_results_alone(self):
        result = self.script("precious", "result.csv")
        self.ok("--explain", "-o", f"csv={result}", "-T", "packet.len", capture("dns.pcapng"))
        self.assertEqual(result.read_text(), "precious")


class Check(Case):
    def test_what_does_not_depend_on_threads(self):
        run = self.palua("--check", "-s", "dns_stats", "-T", "packet.layers", capture("dns.pcapng"), quiet=False)
        self.assertEqual(run.status, 0, run)
        self.assertIn("--check: 6 runs with 1 to 3 threads and 1 to 1,024 packets per batch gave the same", run.err)
        self.assertEqual(run.out, self.ok("-s", "dns_stats", "-T", "packet.layers", capture("dns.pcapng")).out)

    def test_what_does(self):
        """A script that says it may be split although it counts over all flows."""
        script = self.script('palua.partition("flow") local n = 0\non("packet", function(e) n = n + 1 print(n) end)')
        run = self.palua("--check", "-s", script, capture("dns.pcapng"))
        self.assertEqual(run.status, 1, run)
        self.assertIn("--check: -j 2 --batch 1024 gives something else, at line", run.err)
        self.assertNotIn("-j 1 --batch", run.err)

    def test_refusals(self):
        self.refused(2, ["standard input", "expected files"], "--check", "-s", "dns_stats", "-")
        self.refused(2, ["-o with a path"], "--check", "-s", "dns_stats", "-o", "csv=/dev/null", capture("dns.pcapng"))
        self.refused(2, ["paket"], "--check", "-T", "paket.len", capture("dns.pcapng"))


class Strain(Case):
    def test_serial_script_behind_many_workers(self):
        serial = self.script(SERIAL)
        for threads in THREADS:
            self.assertEqual(self.ok("-j", threads, "--batch", 1, "-s", serial, capture("dns.pcapng")).out, "371\n")

    def test_slow_serial_script(self):
        """Every batch waits for one instance: the others must neither overtake it nor stop."""
        slow = self.script(SERIAL.replace("n = n + 1", "n = n + 1 for i = 1, 20000 do last = last + i - i end"))
        for threads in 2, 8:
            run = self.ok("-j", threads, "--batch", 1, "-s", slow, "-s", "dns_stats", "-o", "json", capture("dns.pcapng"))
            self.assertEqual(json.loads(run.out_lines[0]), {"print": "371"})

    def test_slow_instance_of_addresses(self):
        """Every batch waits for the instance that has most to do."""
        slow = self.script('palua.partition("src")\non("packet", function(e, st)\n    st.n = (st.n or 0) + 1\n'
                           "    if e.packet_number % 4 == 0 then for i = 1, 20000 do st.x = i end end\n    print(e.packet_number, st.n)\nend)")
        expected = self.ok("-j", 1, "-s", slow, capture("dns.pcapng")).out
        self.assertEqual(expected.count("\n"), 371)
        for threads in 2, 8:
            self.assertEqual(self.ok("-j", threads, "--batch", 1, "-s", slow, capture("dns.pcapng")).out, expected)

    def test_slow_reader(self):
        expected = self.ok("-j", 1, "-T", "packet.packet_number,packet.layers", capture("dns.pcapng")).out
        with subprocess.Popen([cli.PALUA, "-q", "-j", "8", "--batch", "1", "-T", "packet.packet_number,packet.layers", capture("dns.pcapng")],
                              stdout=subprocess.PIPE, env=cli.ENVIRONMENT, cwd=cli.ROOT) as run:
            out = b""
            while chunk := run.stdout.read1(200):
                out += chunk
                time.sleep(0.001)
            self.assertEqual(run.wait(cli.TIMEOUT_S), 0)
        self.assertEqual(out.decode(), expected)

    def test_reader_that_goes_away(self):
        for threads in THREADS:
            with subprocess.Popen([cli.PALUA, "-q", "-j", str(threads), "-T", "packet.packet_number", capture("dns.pcapng"), capture("dns.pcapng")],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=cli.ENVIRONMENT, cwd=cli.ROOT) as run:
                run.stdout.readline()
                run.stdout.close()
                self.assertEqual(run.wait(cli.TIMEOUT_S), 0)
                self.assertEqual(run.stderr.read(), b"")

    def test_error_in_the_middle(self):
        """The others' results are whole, the error is told once, with its place."""
        faulty = self.script('on("packet", function(e)\n if e.packet_number % 100 == 50 then error("boom") end print(e.packet_number) end)')
        first = None
        for threads in THREADS:
            run = self.palua("-j", threads, "--batch", 7, "-s", faulty, "-s", "dns_stats", capture("dns.pcapng"))
            self.assertEqual(run.status, 1, run)
            self.assertEqual(sum("boom" in line for line in run.err_lines), 1, run)
            self.assertIn("script.lua:2: 3 more errors here", run.err)
            first = first or run.out
            self.assertEqual(run.out, first)

    def test_strict_ends_the_run(self):
        faulty = self.script('on("packet", function(e) if e.packet_number == 200 then error("boom") end end)')
        for threads in THREADS:
            run = self.palua("-j", threads, "--batch", 7, "--strict", "-s", faulty, capture("dns.pcapng"))
            self.assertEqual(run.status, 1, run)
            self.assertEqual(sum("boom" in line for line in run.err_lines), 1, run)

    def test_memory_budget_of_one_instance(self):
        config = self.script("return { lua = { memory_cap = 8 * 1024 * 1024 } }", "palua.lua")
        hungry = self.script('palua.partition("flow") local t = {}\non("packet", function(e) for i = 1, 2000 do t[#t + 1] = { i } end end)')
        for threads in THREADS:
            run = self.palua("-j", threads, "--batch", 7, "-c", config, "-s", hungry, capture("dns.pcapng"))
            self.assertEqual(run.status, 1, run)
            self.assertIn("its memory budget", run.err)

    def test_init_prints_once(self):
        script = self.script('init(function() print("begin") end) on("packet", agg.count("n", "proto"))')
        for threads in THREADS:
            run = self.ok("-j", threads, "--batch", 7, "-s", script, capture("dns.pcapng"))
            self.assertEqual(run.out_lines.count("begin"), 1, run)
            self.assertEqual(run.out_lines[0], "begin")

    def test_init_fails_once(self):
        script = self.script('init(function() error("no") end) on("packet", agg.count("n", "proto"))')
        for threads in THREADS:
            run = self.palua("-j", threads, "--batch", 7, "-s", script, capture("dns.pcapng"))
            self.assertEqual(run.status, 1, run)
            self.assertEqual(run.err.count("no (init)"), 1, run)
            self.assertNotIn("more error", run.err)

    def test_cut_in_the_middle_of_a_batch(self):
        data = (cli.CAPTURES / "http.pcap").read_bytes()
        first = None
        for threads in THREADS:
            run = self.palua("-j", threads, "-T", "packet.packet_number,packet.len", "-", stdin=data[:-10])
            self.assertEqual(run.status, 3, run)
            first = first or run.out
            self.assertEqual(run.out, first)

    def test_one_missing_input(self):
        for threads in THREADS:
            run = self.palua("-j", threads, "-s", "packet_sizes", "absent.pcap", capture("dns.pcapng"))
            self.assertEqual(run.status, 4, run)
            self.assertEqual(len(run.err_lines), 1, run)


@unittest.skipIf("PALUA_SIGNALS_WAIT" in os.environ, "signals are held back")
class Budget(Case):
    """A call that does not end: named, and what was gathered is shown."""

    def stuck(self, source, *words, gathered=True):
        config = self.script("return { lua = { time_budget = 1 } }", "palua.lua")
        script = self.script(source)
        for threads in 1, 3:
            run = self.palua("-j", threads, "--batch", 7, "-c", config, "-s", script, "-s", "packet_sizes", "-o", "json", capture("dns.pcapng"))
            self.assertEqual(run.status, 1, run)
            self.assertTrue(1 <= len(run.err_lines) <= threads, run)  # a line for each instance that is stuck
            for line in run.err_lines:
                for word in (*words, "took more than 1 s of processor time (lua.time_budget)"):
                    self.assertIn(word, line, run)
            tables = {json.loads(line).get("table") for line in run.out_lines}
            self.assertEqual("sizes" in tables, gathered, run)
        return run

    def test_compiled_loop(self):
        run = self.stuck("""local seen = agg.count("seen", "proto")
on("packet", function(e)
    seen:add(e.proto)
    if e.packet_number == 100 then while true do end end
end)
done(function() print("done") end)""", "script.lua:2: the handler of packet, at packet 100,")
        rows = [json.loads(line) for line in run.out_lines]
        self.assertTrue(sum(row["count"] for row in rows if row.get("table") == "seen") >= 98, run)

    def test_instance_of_addresses(self):
        """Only the instance that owns the packet's address is stuck."""
        run = self.stuck("""palua.partition("src")
local seen = agg.count("seen", "proto")
on("packet", function(e, st)
    st.n = (st.n or 0) + 1
    seen:add(e.proto)
    if e.packet_number == 100 then while true do end end
end)""", "script.lua:3: the handler of packet, at packet 100,")
        self.assertEqual(len(run.err_lines), 1, run)
        self.assertIn("seen", {json.loads(line).get("table") for line in run.out_lines})

    def test_interpreted_loop(self):
        self.stuck('local t = {} on("packet", function(e) while true do t[1] = string.format("%d %s", e.len, tostring({})) end end)', "script.lua:1: the handler of packet")

    def test_pattern_that_backtracks(self):
        self.stuck('on("packet", function(e) print((("a"):rep(30)):find(("a?"):rep(30) .. ("a"):rep(30))) end)', "the handler of packet, at packet")

    def test_done(self):
        run = self.stuck('local n = agg.count("n", "proto") on("packet", n) done(function() print("before") while true do end end)', "script.lua: a call of done")
        self.assertIn({"print": "before"}, [json.loads(line) for line in run.out_lines])
        self.assertTrue(any(json.loads(line).get("table") == "n" for line in run.out_lines), run)

    def test_init(self):
        self.stuck('init(function() while true do end end) on("packet", function(e) print(1) end)', "a call of init")

    def test_top_level(self):
        self.stuck("while true do end", "script.lua: the top level", gathered=False)

    def test_long_run_of_short_calls(self):
        """The budget is that of one call."""
        config = self.script("return { lua = { time_budget = 1 } }", "palua.lua")
        busy = self.script('on("packet", function(e) local x = 0 for i = 1, 3000000 do x = x + i % 7 end print(x) end)')
        self.ok("-j", 1, "-c", config, "-s", busy, capture("dns.pcapng"))


class Interrupt(Case):
    def interrupted(self, signals, *args):
        """Sends signals to a run that waits for the rest of a pipe."""
        data = (cli.CAPTURES / "http.pcap").read_bytes()
        with subprocess.Popen([cli.PALUA, *map(str, args), "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=cli.ENVIRONMENT, cwd=cli.ROOT) as run:
            run.stdin.write(data[:-10])
            run.stdin.flush()
            time.sleep(0.5)
            for number in signals:
                run.send_signal(number)
                time.sleep(0.05)
            status = run.wait(cli.TIMEOUT_S)
            out, err = run.stdout.read().decode(), run.stderr.read().decode()
        return status, out, err

    def test_ends_in_order(self):
        for number in signal.SIGINT, signal.SIGTERM:
            for threads in THREADS:
                status, out, err = self.interrupted([number], "-j", threads, "-s", "packet_sizes", "-o", "json")
                self.assertEqual(status, 0, err)
                self.assertIn("palua: interrupted", err)
                self.assertIn("results are partial", err)
                self.assertTrue(any(json.loads(line).get("table") == "sizes" for line in out.splitlines()), out)

    def test_second_ends_at_once(self):
        slow = self.script('init(function() local x = 0 while x < 1e10 do x = x + 1 end end) on("packet", function(e) print(1) end)')
        status, _, err = self.interrupted([signal.SIGINT, signal.SIGINT], "-j", 1, "-s", slow)
        self.assertEqual(status, 128 + signal.SIGINT, err)


if __name__ == "__main__":
    cli.main()
