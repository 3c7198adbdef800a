# SPDX-License-Identifier: MIT OR Apache-2.0
"""The command line and the configuration: what is mistyped is named, with the nearest thing there is."""
import re
import shutil
import subprocess
import unittest

import cli
from cli import Case, capture

DNS = capture("dns.pcapng")


class Mistyped(Case):
    def test_option(self):
        self.refused(2, ["--scirpt", "--script"], "--scirpt", "dns_stats", DNS)
        self.refused(2, ["-Z"], "-Z", DNS)

    def test_missing_value(self):
        self.refused(2, ["-s"], DNS, "-s")
        self.refused(2, ["--batch"], DNS, "--batch")

    def test_numbers(self):
        for option in "--batch", "--skip", "--count", "--jobs":
            for value in "many", "-1", "", "1x", "99999999999999999999999":
                with self.subTest(option=option, value=value):
                    self.refused(2, [option], option, value, "-s", "dns_stats", DNS)

    def test_plugin(self):
        self.refused(2, ["dsn", "dns"], "-p", "dsn", DNS)
        self.refused(2, ["empty"], "-p", "dns,,dns", DNS)
        run = self.palua("-p", "./absent.so", DNS)
        self.assertIn(run.status, (1, 2, 4), run)
        self.assertIn("absent.so", run.err, run)

    def test_plugin_that_is_no_plugin(self):
        run = self.palua("-p", "./" + DNS + ".so", DNS)
        self.assertIn(run.status, (1, 2, 4), run)

    def test_field(self):
        self.refused(2, ["qnmae", "qname"], "-T", "dns.query.qnmae", DNS)
        self.refused(2, ["dsn"], "-T", "dsn.qname", DNS)
        self.refused(2, ["packet"], "-T", "packet", DNS)

    def test_event(self):
        self.refused(2, ["dns.qurey"], "--describe", "dns.qurey")

    def test_output(self):
        self.refused(2, ["xml", "json"], "-o", "xml", "-s", "dns_stats", DNS)

    def test_arg(self):
        self.refused(2, ["KEY=VALUE"], "-A", "top", "-s", "dns_stats", DNS)

    def test_filter(self):
        self.refused(2, ["tcp prt 80", "libpcap says"], "-f", "tcp prt 80", "-s", "dns_stats", DNS)
        run = self.palua("-f", "type mgt", "-T", "packet.len", DNS)
        self.assertEqual(run.status, 2, run)
        self.assertIn("link type 1", run.err_lines[0])

    def test_nothing_to_read(self):
        self.refused(2, ["no input"], "-s", "dns_stats")

    def test_nothing_to_do(self):
        run = self.palua(DNS)
        self.assertIn(run.status, (0, 2), run)
        self.assertLessEqual(len(run.err_lines), 1, run)


class ClosedStreams(Case):
    def shell(self, redirected):
        """Status of a run whose standard streams the shell closed or redirected."""
        return subprocess.run(["sh", "-c", f'"{cli.PALUA}" {redirected}'], cwd=cli.ROOT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=cli.ENVIRONMENT, timeout=cli.TIMEOUT_S)

    def test_messages_never_reach_a_result(self):
        result = self.script("")
        wanted = self.ok("-s", "dns_stats", "-o", "json", DNS).out
        for closed in "2>&-", "2>&- <&-", ">&- 2>&-", "<&- >&- 2>&-":
            run = self.shell(f"-s dns_stats -o json={result} {DNS} absent {closed}")
            self.assertEqual((run.returncode, result.read_text()), (4, wanted), closed)

    def test_closed_input_and_output(self):
        self.assertEqual(self.shell("-q -s dns_stats - <&-").returncode, 4)
        self.assertEqual(self.shell(f"-q -s dns_stats {DNS} >&-").returncode, 4)
        self.assertEqual(self.shell("--list-events >&-").returncode, 4)

    def test_full_disk(self):
        for words in f"-q -s dns_stats {DNS}", f"-q -T dns.query.qname {DNS}", "--help", "--describe dns.query":
            run = self.shell(words + " > /dev/full")
            self.assertEqual(run.returncode, 4, words)
            self.assertIn(b"stdout: writing failed", run.stderr, words)


class Configuration(Case):
    def refuse(self, words, text):
        self.refused(2, ["palua.lua", *words], "-c", self.script(text, "palua.lua"), "-s", "dns_stats", DNS)

    def test_unknown_key(self):
        self.refuse(["bacth", "batch"], "return { bacth = { packets = 3 } }")
        self.refuse(["pakets", "packets"], "return { batch = { pakets = 3 } }")

    def test_wrong_values(self):
        self.refuse(["batch.packets", "0"], "return { batch = { packets = 0 } }")
        self.refuse(["batch.packets"], "return { batch = { packets = 'many' } }")
        self.refuse(["batch.packets"], "return { batch = { packets = 1.5 } }")
        self.refuse(["batch"], "return { batch = 3 }")
        self.refuse(["table"], "return 3")
        self.refuse([], "")

    def test_syntax(self):
        self.refuse([":1"], "return { batch = ")

    def test_empty_environment(self):
        self.refuse([":1"], "return { batch = { packets = os.time() } }")

    def test_unknown_plugin(self):
        self.refuse(["dsn"], "return { plugins = { dsn = { pending_cap = 3 } } }")
        self.refuse(["pendign_cap"], "return { plugins = { dns = { pendign_cap = 3 } } }")

    def test_missing(self):
        run = self.palua("-c", "absent.lua", "-s", "dns_stats", DNS)
        self.assertIn(run.status, (2, 4), run)
        self.assertIn("absent.lua", run.err, run)

    def test_the_one_that_is_shipped_changes_nothing(self):
        plain = self.ok("-s", "dns_stats", DNS)
        self.assertEqual(self.ok("-c", "conf/palua.lua", "-s", "dns_stats", DNS).out, plain.out)

    def test_command_line_over_configuration(self):
        config = self.script("return { batch = { packets = 3 } }", "palua.lua")
        self.assertEqual(self.ok("-c", config, "--batch", 5, "-s", "dns_stats", DNS).out, self.ok("-s", "dns_stats", DNS).out)


class Help(Case):
    def test_version(self):
        self.assertRegex(self.ok("--version").out, r"^palua \d+\.\d+\.\d+\n$")

    def test_manual_has_every_option(self):
        """Short and long names, and whether an argument follows: none, one that may be left out, or one."""
        help_text = self.ok("--help").out
        manual = (cli.ROOT / "docs" / "palua.1").read_text()

        def kind(argument):
            return "none" if not argument else "optional" if argument.startswith(("[", "Op")) else "one"

        shown = {name: (short, kind(argument)) for short, name, argument in
                 re.findall(r"^  (?:-(\w),|   ) --([a-z-]+)(?: (\S+))?  ", help_text, re.M)}
        told = {name: (short, kind(argument)) for short, name, argument in
                re.findall(r"^\.It Fl (?:(\w) , Fl )?-([a-z-]+) ?(.*)$", manual, re.M)}
        self.assertGreater(len(shown), 20)
        self.assertEqual(told, shown)

    def test_manual_has_every_format_and_status(self):
        help_text = " ".join(self.ok("--help").out.split())
        manual = (cli.ROOT / "docs" / "palua.1").read_text()
        formats = set(re.search(r"--output FMT\[=PATH\] ([\w, ]+), to stdout", help_text)[1].replace(" or ", ", ").split(", "))
        output = manual[manual.index(".It Fl o"):]
        self.assertEqual(set(re.findall(r"^\.Cm (\w+)", output[:output.index(".It Fl j")], re.M)), formats)
        statuses = re.findall(r"(\d) \w", help_text[help_text.index("exit status: "):])
        self.assertEqual(re.findall(r"^\.It (\d)$", manual, re.M), statuses)
        self.assertEqual(statuses, list("01234"))

    def test_manual_is_well_formed(self):
        if not shutil.which("mandoc"):
            self.skipTest("mandoc is not installed")
        run = subprocess.run(["mandoc", "-Tlint", "-Wwarning", "docs/palua.1"], cwd=cli.ROOT, capture_output=True, text=True)
        self.assertEqual(run.stdout + run.stderr, "")

    def test_every_event_is_described(self):
        events = [line.split()[0] for line in self.ok("--list-events").out_lines if line.strip()]
        self.assertIn("dns.answer", events)
        for event in events:
            with self.subTest(event):
                self.assertIn(event, self.ok("--describe", event).out)

    def test_glob(self):
        events = [line.split()[0] for line in self.ok("--list-events", "dns.*").out_lines]
        self.assertEqual(sorted(events), ["dns.answer", "dns.query"])

    def test_every_plugin_is_described(self):
        plugins = [line.split()[0] for line in self.ok("--list-plugins").out_lines if line.strip()]
        self.assertIn("dns", plugins)
        for plugin in plugins:
            self.assertIn(plugin, self.ok("--describe", plugin).out)


if __name__ == "__main__":
    cli.main()
