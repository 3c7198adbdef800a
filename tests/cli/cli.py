# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the command-line tests share: running palua, and saying what is expected of its errors.

The executable is named by $PALUA; the tests run in the repository's root, so that paths in messages are the same everywhere.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "tests" / "captures"
PALUA = os.environ.get("PALUA", str(ROOT / "build" / "dev" / "bin" / "palua"))
TIMEOUT_S = 120
# A sanitizer's report must not look like one of palua's own exit statuses.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "exitcode=99", "LC_ALL": "C.UTF-8"}

sys.path.insert(0, str(CAPTURES))


def capture(name):
    return str((CAPTURES / name).relative_to(ROOT))


class Run:
    """One run: status, out and err as text, lines of each."""

    def __init__(self, args, stdin=None, quiet=True, cwd=ROOT):
        self.args = ([PALUA, "-q"] if quiet else [PALUA]) + [str(arg) for arg in args]
        done = subprocess.run(self.args, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_S, env=ENVIRONMENT, cwd=cwd)
        self.status, self.out_bytes = done.returncode, done.stdout
        self.out = done.stdout.decode("utf-8", "surrogateescape")
        self.err = done.stderr.decode("utf-8", "surrogateescape")
        self.out_lines, self.err_lines = self.out.splitlines(), self.err.splitlines()

    def __str__(self):
        return f"{' '.join(self.args)}\nstatus {self.status}\n-- out\n{self.out[:3000]}\n-- err\n{self.err[:3000]}"


class Case(unittest.TestCase):
    def palua(self, *args, **how):
        return Run(args, **how)

    def ok(self, *args, **how):
        """A run that must be fine and silent; its output."""
        run = Run(args, **how)
        self.assertEqual((run.status, run.err), (0, ""), run)
        return run

    def refused(self, status, words, *args, **how):
        """A run that must end with `status` and exactly one line on stderr, which holds all of `words`."""
        run = Run(args, **how)
        self.assertEqual(run.status, status, run)
        self.assertEqual(len(run.err_lines), 1, run)
        self.assertTrue(run.err.startswith("palua: ") and run.err.endswith("\n"), run)
        for word in words:
            self.assertIn(word, run.err, run)
        return run

    def script(self, text, name="script.lua"):
        """A script in a folder that lives as long as the test."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / name
        path.write_text(text)
        return path


main = unittest.main
