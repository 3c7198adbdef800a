# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tables for people, and the description of the machine."""
import os
import platform
import subprocess

HEADER = ("program", "answers", "ns/packet", "packets/s", "Gbit/s", "peak MiB", "x reference", "")


def table(rows):
    """Columns as wide as they must be; numbers to the right, words to the left."""
    rows = [HEADER, *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    for row in rows:
        cells = [cell.ljust(width) if i in (0, 1, 7) else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print("  " + "  ".join(cells).rstrip())


def result_row(result, base):
    ratio = f"{result['ns_per_packet'] / base:.2f}" if base else "-"
    rate = result["packets_per_second"]
    mark = "~" if result["short"] else ""
    return (result["program"], result["answers"], f"{mark}{result['ns_per_packet']:.1f}",
            f"{result['packets_per_second']:,.0f}" if rate else "-",
            f"{result['gbit_per_second']:.2f}" if rate else "-",
            f"{result['peak_kib'] / 1024:.1f}", ratio, result["note"])


def verdict(text, value, bound, met):
    print(f"  {'met    ' if met else 'NOT MET'}  {text}: {value} (wanted: {bound})")


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def memory_gib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def distribution():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def machine():
    return {"processor": processor(), "cores": os.cpu_count(), "memory_gib": round(memory_gib(), 1),
            "system": distribution(), "kernel": platform.release(), "load": os.getloadavg()[0]}


def revision(folder):
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=folder, text=True,
                          capture_output=True)
    return done.stdout.strip() or "unknown"
