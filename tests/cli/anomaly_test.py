# SPDX-License-Identifier: MIT OR Apache-2.0
"""The list of anomalies is complete: whatever is raised stands in it, once, and with a line that says what it means."""
import cli
from cli import Case

CAPTURES = sorted(path for folder in ("generated", "bad") for path in (cli.CAPTURES / folder).iterdir() if path.suffix != ".md")


class Anomalies(Case):
    def listed(self):
        lines = self.ok("--describe", "anomaly").out_lines
        names = [line.split(None, 1) for line in lines[lines.index("names:") + 1:lines.index("every event:")]]
        self.assertGreater(len(names), 40)
        for line in names:
            self.assertEqual(len(line), 2, line)
        return [name for name, _ in names]

    def test_each_once(self):
        names = self.listed()
        self.assertEqual(sorted(names), sorted(set(names)))

    def test_those_of_every_plugin(self):
        names = self.listed()
        for plugin in (line.split()[0] for line in self.ok("--list-plugins").out_lines):
            described = [line.split()[1].rstrip(":") for line in self.ok("--describe", plugin).out_lines if line.startswith("  anomaly ")]
            self.assertLessEqual(set(described), set(names), plugin)

    def test_those_that_are_raised(self):
        config = self.script("return { decode = { do_checksums = 1 } }", "palua.lua")
        raised = set()
        for path in CAPTURES:
            raised |= set(self.palua("-c", config, "-T", "anomaly.name", path).out_lines)
        self.assertGreater(len(raised), 10)
        self.assertLessEqual(raised, set(self.listed()))


if __name__ == "__main__":
    cli.main()
