# SPDX-License-Identifier: MIT OR Apache-2.0
"""Scripts that do not load, and scripts that fail: a line that names script and place, and the exit status."""
import cli
from cli import Case, capture

DNS = capture("dns.pcapng")


class DoesNotLoad(Case):
    def refuse(self, words, text):
        path = self.script(text)
        self.refused(2, [str(path), *words], "-s", path, DNS)

    def test_handler_that_is_no_function_of_the_script(self):
        for handler in "print", "coroutine.wrap(function(e) end)", "string.len":
            self.refuse([":1", "a function of the script"], f"on('packet', {handler})\n")

    def test_error_that_is_no_string(self):
        for value in "nil", "{}", "''":
            path = self.script(f"error({value})\n")
            self.refused(1, [f"{path}:1"], "-s", path, DNS)

    def test_syntax(self):
        path = self.script("local a = 1\nif then\n")
        self.refused(1, [f"{path}:2", "then"], "-s", path, DNS)

    def test_unknown_event(self):
        self.refuse([":2", "dns.qurey", "dns.query"], "\non('dns.qurey', function(e) end)\n")

    def test_unknown_field(self):
        self.refuse([":3", "qnme", "qname"], "\non('dns.query', function(e)\n  print(e.qnme)\nend)\n")

    def test_unknown_global(self):
        run = self.palua("-s", self.script("os.execute('true')\n"), DNS)
        self.assertIn(run.status, (1, 2), run)
        self.assertIn("script.lua:1", run.err, run)

    def test_undeclared_option(self):
        path = self.script("palua.option('top', 20, 'rows')\non('packet', function() end)\n")
        self.refused(2, ["tpo"], "-s", path, "-A", "tpo=3", DNS)

    def test_option_of_the_wrong_type(self):
        path = self.script("palua.option('top', 20, 'rows')\non('packet', function() end)\n")
        self.refused(2, ["top", "many"], "-s", path, "-A", "top=many", DNS)

    def test_empty_script(self):
        self.ok("-s", self.script(""), DNS)

    def test_missing(self):
        self.refused(2, ["dns_stat", "dns_stats"], "-s", "dns_stat", DNS)
        self.refused(2, ["/absent/script.lua"], "-s", "/absent/script.lua", DNS)

    def test_bytecode(self):
        path = self.script("")
        path.write_bytes(b"\x1bLJ\x02\x08" + bytes(20))
        run = self.palua("-s", path, DNS)
        self.assertIn(run.status, (1, 2), run)
        self.assertEqual(len(run.err_lines), 1, run)


class Fails(Case):
    THROWS = "on('dns.query', function(e)\n  error('broken')\nend)\nlocal n = 0\non('packet', function(e) n = n + 1 end)\n" \
             "done(function() print('packets', n) end)\n"

    def test_throwing_handler(self):
        run = self.palua("-s", self.script(self.THROWS), DNS)
        self.assertEqual(run.status, 1, run)
        self.assertEqual(run.out, "packets\t371\n", run)
        self.assertEqual(len([line for line in run.err_lines if "broken" in line]), 1, run)
        for word in "script.lua:2", "dns.query", "packet 3":
            self.assertIn(word, run.err, run)
        self.assertLess(len(run.err_lines), 8, run)

    def test_errors_are_counted(self):
        run = self.palua("-s", self.script(self.THROWS), DNS, quiet=False)
        self.assertIn("175", run.err, run)

    def test_every_batch_size_fails_alike(self):
        script = self.script(self.THROWS)
        runs = [self.palua("-s", script, "--batch", n, DNS) for n in (1, 7, 1024)]
        self.assertEqual(len({(run.status, run.out, run.err) for run in runs}), 1, "\n".join(map(str, runs)))

    def test_keep_going(self):
        run = self.palua("--keep-going", "-s", self.script(self.THROWS), DNS)
        self.assertEqual((run.status, run.out), (0, "packets\t371\n"), run)

    def test_strict(self):
        run = self.palua("--strict", "-s", self.script(self.THROWS), DNS)
        self.assertEqual(run.status, 1, run)
        self.assertNotIn("371", run.out, run)

    def test_error_that_is_no_string(self):
        for value in "nil", "{}", "42", "function() end":
            run = self.palua("-s", self.script(f"on('dns.query', function(e) error({value}) end)\n"), DNS)
            self.assertEqual(run.status, 1, run)
            self.assertIn("script.lua:1", run.err, run)

    def test_done_that_fails(self):
        run = self.palua("-s", self.script("on('packet', function() end)\ndone(function() error('late') end)\n"), DNS)
        self.assertEqual(run.status, 1, run)
        self.assertIn("script.lua:2", run.err, run)

    def test_the_other_script_runs(self):
        run = self.palua("-s", self.script(self.THROWS), "-s", "dns_stats", DNS)
        self.assertEqual(run.status, 1, run)
        self.assertIn("www.example.com", run.out, run)

    def test_control_bytes_stay_inside(self):
        run = self.palua("-s", self.script("on('dns.query', function(e) error(tostring(e.qname) .. string.char(27, 7)) end)\n"), DNS)
        self.assertFalse(set(run.err) & set(map(chr, [*range(9), *range(11, 32), 127])), run)

    def test_memory_used_up_to_the_last_byte(self):
        fill = "local t, n, s = {}, 0, 2 ^ 20\nfor i = 1, 9999 do t[i] = 0 end\n" \
               "local function add() t[n + 1] = ('x'):rep(s) .. n n = n + 1 end\n" \
               "local function fill() while s >= 1 do while n < 9999 and pcall(add) do end s = s / 2 end end\n"
        config = self.script("return { lua = { memory_cap = 8388608 } }\n", "small.lua")
        for use in "init(fill)", "on('packet', function(e) fill() end)", "done(fill)":
            run = self.palua("-c", config, "-s", self.script(fill + use + "\n"), DNS)
            self.assertIn(run.status, (0, 1), run)
            self.assertNotIn("PANIC", run.err, run)

    def test_endless_memory(self):
        script = self.script("local kept = {}\non('packet', function(e)\n  kept[#kept + 1] = string.rep('x', 1e6) .. #kept\nend)\n")
        config = self.script("return { lua = { memory_cap = 8388608 } }\n", "small.lua")
        run = self.palua("-c", config, "-s", script, DNS)
        self.assertEqual(run.status, 1, run)
        self.assertIn("memory", run.err, run)


class Precedence(Case):
    """Where several apply: 2, 4, 1, 3."""

    def test_script_before_damage(self):
        script = self.script("on('packet', function(e) error('broken') end)\n")
        self.assertEqual(self.palua("-s", script, capture("bad/record_cut.pcap")).status, 1)
        self.assertEqual(self.palua("--keep-going", "-s", script, capture("bad/record_cut.pcap")).status, 3)

    def test_unreadable_before_script(self):
        script = self.script("on('packet', function(e) error('broken') end)\n")
        self.assertEqual(self.palua("-s", script, "absent.pcap", DNS).status, 4)

    def test_usage_before_unreadable(self):
        self.assertEqual(self.palua("-s", self.script("on('no.such.event', print)\n"), "absent.pcap").status, 2)


if __name__ == "__main__":
    cli.main()
