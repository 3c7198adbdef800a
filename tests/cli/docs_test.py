# SPDX-License-Identifier: MIT OR Apache-2.0
"""What README.md, docs/*.md and the manual show is run, in a scratch folder that looks like the repository's root:

- <!-- file: NAME --> before a code block: the folder has the block as file NAME;
- ```sh run: every line is run and must be fine; `palua` and `./bootstrap run` are the executable under test (that bootstrap builds it is
  tested by tests/clean-root.sh);
- ```text behind such a block is what its last line prints; a line of three dots stands for any lines;
- <!-- refused: WORDS --> before a ```lua block: palua refuses the script, or reports an error, with these words;
- any other ```lua block is a script that runs over dns.pcapng and has nothing to complain about.

docs/reference.md is compared with what docs/reference.sh writes.
"""
import os
import pathlib
import re
import subprocess
import tempfile

import cli
from cli import Case

DNS = "tests/captures/dns.pcapng"
BLOCK = re.compile(r"^(?:<!-- (\w+): (.+?) -->\n)?```(\w+(?: \w+)?)\n(.*?)^```$", re.M | re.S)


class Page:
    """A page's blocks: (mark, its value, language, text)."""

    def __init__(self, path):
        self.blocks = [match.groups() for match in BLOCK.finditer((cli.ROOT / path).read_text())]

    def fill(self, folder):
        for mark, name, _, text in self.blocks:
            if mark == "file":
                (folder / name).write_text(text)


class Docs(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in os.listdir(cli.ROOT):
            if name not in ("bootstrap", "build", ".git"):
                (self.folder / name).symlink_to(cli.ROOT / name)
        (self.folder / "programs").mkdir()
        self.program("bootstrap", f'[ "$1" = run ] || exit 70\nshift\nexec "{cli.PALUA}" "$@"\n')
        self.program("programs/palua", f'exec "{cli.PALUA}" "$@"\n')

    def program(self, name, text):
        (self.folder / name).write_text("#!/bin/sh\n" + text)
        (self.folder / name).chmod(0o755)

    def sh(self, command):
        environment = {**cli.ENVIRONMENT, "PATH": f"{self.folder}/programs:{os.environ['PATH']}"}
        return subprocess.run(["sh", "-c", command], cwd=self.folder, env=environment, capture_output=True, text=True,
                              timeout=cli.TIMEOUT_S)

    def commands(self, text):
        """Runs a block of commands; the last one's output."""
        run = None
        for command in text.splitlines():
            run = self.sh(command)
            self.assertEqual(run.returncode, 0, f"{command}\n{run.stderr}")
        return run.stdout

    def printed(self, expected, got):
        """Compares line by line; three dots stand for any lines."""
        parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", expected, flags=re.M)]
        self.assertRegex(got, r"\A" + r"(?:.*\n)*?".join(parts) + r"\Z", f"expected\n{expected}")

    def script(self, mark, words, text):
        (self.folder / "block.lua").write_text(text)
        run = self.sh(f"palua -q -s block.lua {DNS}")
        if mark == "refused":
            self.assertNotEqual(run.returncode, 0, text)
            self.assertIn(words, run.stderr)
        else:
            self.assertEqual((run.returncode, run.stderr), (0, ""), text)

    def page(self, path, least):
        page = Page(path)
        page.fill(self.folder)
        output, ran = None, 0
        for mark, value, language, text in page.blocks:
            with self.subTest(text):
                if language == "sh run":
                    output, ran = self.commands(text), ran + 1
                elif language == "text" and output is not None:
                    self.printed(text, output)
                elif language == "lua" and mark != "file":
                    self.script(mark, value, text)
                    ran += 1
        self.assertGreaterEqual(ran, least)

    def test_readme(self):
        self.page("README.md", 2)

    def test_tutorial(self):
        self.page("docs/tutorial.md", 8)

    def test_scripting(self):
        self.page("docs/scripting.md", 10)

    def test_plugins(self):
        self.page("docs/plugins.md", 3)

    def test_inputs(self):
        self.page("docs/inputs.md", 3)

    def test_manual(self):
        """The manual's examples; `ssh gateway tcpdump` stands for a capture that comes through a pipe."""
        (self.folder / "capture.pcap").symlink_to(cli.ROOT / DNS)
        self.program("programs/ssh", "exec cat capture.pcap\n")
        examples = re.findall(r"^\.Dl (.*)$", (cli.ROOT / "docs" / "palua.1").read_text(), re.M)
        self.assertGreater(len(examples), 2)
        for example in examples:
            with self.subTest(example):
                self.assertGreater(len(self.commands(example).splitlines()), 3)

    def test_every_page_is_run(self):
        pages = {path.name for path in (cli.ROOT / "docs").glob("*.md")}
        self.assertEqual(pages - {"performance.md"}, {"tutorial.md", "scripting.md", "plugins.md", "reference.md", "inputs.md"})

    def test_reference(self):
        written = self.sh("docs/reference.sh programs/palua")
        self.assertEqual(written.returncode, 0, written.stderr)
        self.maxDiff = None
        self.assertEqual((cli.ROOT / "docs" / "reference.md").read_text(), written.stdout,
                         "docs/reference.md is out of date: docs/reference.sh build/dev/bin/palua >docs/reference.md")

    def test_paths(self):
        for path in re.findall(r"^\| `([^`]+)`", (cli.ROOT / "README.md").read_text(), re.M):
            self.assertTrue((cli.ROOT / path).exists(), path)

    def test_links(self):
        for page in [cli.ROOT / "README.md", *(cli.ROOT / "docs").glob("*.md")]:
            for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
                self.assertTrue((page.parent / link).exists(), f"{page.name}: {link}")


if __name__ == "__main__":
    cli.main()
