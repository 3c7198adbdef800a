# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the install target installs works from where it lies, and is all that is promised."""
import pathlib
import subprocess
import tempfile

import cli
from cli import Case, capture

BUILD = pathlib.Path(cli.PALUA).parents[1]


class Installed(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.prefix = pathlib.Path(cls.folder.name)
        subprocess.run(["cmake", "--install", BUILD, "--prefix", cls.prefix], check=True, stdout=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_finds_its_scripts(self):
        run = subprocess.run([self.prefix / "bin" / "palua", "-q", "-s", "dns_stats", capture("dns.pcapng")], cwd=cli.ROOT, text=True,
                             env=cli.ENVIRONMENT, capture_output=True)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertEqual(run.stdout, self.ok("-s", "dns_stats", capture("dns.pcapng")).out)

    def test_files(self):
        installed = {str(path.relative_to(self.prefix)) for path in self.prefix.rglob("*") if path.is_file()}
        for wanted in "palua.1", "palua.lua", "README.md", "LICENSE-MIT", "palua.pc", "libpalua.so", "dns_stats.lua":
            self.assertTrue(any(path.endswith("/" + wanted) for path in installed), f"{wanted} is not among {sorted(installed)}")
        for header in (cli.ROOT / "engine" / "include" / "palua").glob("*.h"):
            self.assertIn(f"include/palua/{header.name}", installed)
        self.assertFalse([path for path in installed if "_spec" in path or "_test" in path])


if __name__ == "__main__":
    cli.main()
