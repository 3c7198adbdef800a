# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs commands and keeps what they cost."""
import dataclasses
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Cost:
    cpu_ns: int
    wall_ns: int
    peak_kib: int


class Failed(Exception):
    pass


def measure(build, command, scratch):
    """One run, through a launcher so small that it does not show in the peak memory."""
    output = scratch / "stdout"
    words = [build / "bench/measure", output, *command]
    done = subprocess.run([str(word) for word in words], cwd=scratch, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True)
    numbers = done.stdout.split()
    if done.returncode or len(numbers) != 5:
        raise Failed(done.stderr.strip() or f"status {done.returncode}")
    user_us, system_us, wall_us, peak_kib, status = map(int, numbers)
    if status:
        lines = done.stderr.strip().splitlines() or [""]
        raise Failed(f"status {status}: {lines[-1][:120]}")
    return Cost((user_us + system_us) * 1000, wall_us * 1000, peak_kib)


class Bench:
    """Every run gets a fresh scratch folder, so that no program meets its own output."""

    def __init__(self, build):
        self.build = build

    def run(self, program, capture):
        scratch = tempfile.mkdtemp(prefix="bench-", dir=os.environ.get("TMPDIR", "/tmp"))
        try:
            folder = Path(scratch)
            (folder / "output").mkdir()
            return measure(self.build, program.words(self.build, capture, folder / "output"), folder)
        finally:
            shutil.rmtree(scratch)


def median(costs, field):
    return statistics.median(getattr(cost, field) for cost in costs)
