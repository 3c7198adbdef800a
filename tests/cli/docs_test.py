# SPDX-License-Identifier: MIT OR Apache-2.0
"""What README.md shows is run: every ```sh run block, in a scratch folder that looks like the repository's root, with the files that
the page itself gives (<!-- file: NAME --> before a code block). `./bootstrap run` stands there for the executable under test; that
bootstrap builds it is tested by tests/clean-root.sh."""
import os
import pathlib
import re
import subprocess
import tempfile

import cli
from cli import Case

README = (cli.ROOT / "README.md").read_text()


class Readme(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in os.listdir(cli.ROOT):
            if name not in ("bootstrap", "build"):
                (self.folder / name).symlink_to(cli.ROOT / name)
        bootstrap = self.folder / "bootstrap"
        bootstrap.write_text(f'#!/bin/sh\n[ "$1" = run ] || exit 70\nshift\nexec "{cli.PALUA}" "$@"\n')
        bootstrap.chmod(0o755)
        for name, text in re.findall(r"^<!-- file: (\S+) -->\n```\w*\n(.*?)^```", README, re.M | re.S):
            (self.folder / name).write_text(text)

    def test_commands(self):
        blocks = re.findall(r"^```sh run\n(.*?)^```", README, re.M | re.S)
        commands = [line for block in blocks for line in block.splitlines()]
        self.assertGreater(len(commands), 3)
        for command in commands:
            with self.subTest(command):
                run = subprocess.run(["sh", "-c", command], cwd=self.folder, env=cli.ENVIRONMENT, capture_output=True, text=True,
                                     timeout=cli.TIMEOUT_S)
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertGreater(len(run.stdout.splitlines()), 3, run.stdout + run.stderr)

    def test_paths(self):
        for path in re.findall(r"^\| `([^`]+)`", README, re.M):
            self.assertTrue((cli.ROOT / path).exists(), path)


if __name__ == "__main__":
    cli.main()
