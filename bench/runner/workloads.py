# SPDX-License-Identifier: MIT OR Apache-2.0
"""The captures that are measured with: made once, kept in build/bench."""
import hashlib
import subprocess
from pathlib import Path

from runner.programs import PACKER, packed_name

DEFAULT_PACKETS = {"mix": 2000000, "dns": 4000000, "oneshot": 1000000, "bulk": 500000}
# Slow peers get a capture this much shorter, but not so short that most of it is beginnings.
SHORT = 20
SHORT_LEAST = 100000
SAMPLE = 5000


class Workloads:
    def __init__(self, build, folder, packets):
        self.generate = build / "bench/generate"
        self.folder = folder
        self.packets = dict.fromkeys(DEFAULT_PACKETS, packets) if packets else DEFAULT_PACKETS
        self.versions = {}
        folder.mkdir(parents=True, exist_ok=True)

    def count(self, name, divisor=1):
        return max(self.packets[name] // divisor, 1)

    def short_count(self, name):
        return max(self.count(name, SHORT), min(self.packets[name], SHORT_LEAST))

    def version(self, name):
        """What the generator makes of this workload, told by its beginning."""
        if name not in self.versions:
            start = subprocess.run([self.generate, name, f"--packets={SAMPLE}", "-"], check=True,
                                   capture_output=True).stdout
            self.versions[name] = hashlib.sha1(start).hexdigest()[:8]
        return self.versions[name]

    def get(self, name, packets):
        """The path of a workload with this many packets; made now if it is not there."""
        path = self.folder / f"{name}-{packets}-{self.version(name)}.pcap"
        if not path.exists():
            for outdated in self.folder.glob(f"{name}-{packets}-*.pcap*"):
                outdated.unlink()
            part = path.with_suffix(".part")
            subprocess.run([self.generate, name, f"--packets={packets}", part], check=True,
                           stderr=subprocess.DEVNULL)
            part.rename(path)
        return path

    def pack(self, path):
        """Compresses a capture; now, if it is not there."""
        packed = Path(packed_name(path))
        if not packed.exists() or packed.stat().st_mtime < path.stat().st_mtime:
            part = packed.with_suffix(".part")
            subprocess.run([PACKER, "-q", "-f", path, "-o", part], check=True)
            part.rename(packed)
