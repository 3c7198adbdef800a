# SPDX-License-Identifier: MIT OR Apache-2.0
"""Partitions by address give what one instance gives that keeps a table by address itself.

    partitions_test.py PALUA CAPTURES [--captures N]

For each of src, dst and pair, a script that keeps `st` is compared with one in partition "all" whose handlers look the state up by the text of the
addresses, and, for a short `idle`, by a clock of its own. Over real captures, for several numbers of threads and batch sizes. Where the shared captures
are not present, over the project's own.
"""
import argparse
import itertools
import pathlib
import subprocess
import sys
import tempfile

import equality_test

THREADS = 1, 2, 3, 8
BATCHES = 1, 7, 1024

# What all handlers do with a state; the source is followed by their declarations.
BODY = """
local function note(st, what, e)
    st.count = (st.count or 0) + 1
    print(what, e.packet_number, st.count, st.last)
    st.last = e.packet_number
end
"""
EVENTS = {
    "packet": ("e.src", "e.dst"), "network": ("e.src", "e.dst"), "transport": ("e.src", "e.dst"), "fragment": ("e.src", "e.dst"),
    "flow.start": ("e.orig_h", "e.resp_h"), "flow.end": ("e.orig_h", "e.resp_h"), "tcp.data": ("e.flow.orig_h", "e.flow.resp_h"),
    "dns.query": ("e.flow.orig_h", "e.flow.resp_h"),
}
KEYS = {
    "src": "tostring({src})",
    "dst": "tostring({dst})",
    "pair": "pair(tostring({src}), tostring({dst}))",
}
PAIR = "local function pair(a, b) if b < a then a, b = b, a end return a .. ' ' .. b end\n"
# The capture's clock in Lua, as docs/scripting.md describes it: its steps are tenths of a second. Nanoseconds as int64.
CLOCK = """
local now, tick
on("packet", function(e)
    local ts = e.ts_ns
    if not now then
        now, tick = ts, ts
    elseif ts > now then
        if ts / 100000000LL ~= now / 100000000LL then tick = ts end
        now = ts
    end
end)
"""


def keyed(partition, idle, events):
    handlers = "".join(f'on("{event}", function(e, st) note(st, "{event}", e) end)\n' for event in events)
    return f'palua.partition("{partition}", {{ idle = "{idle}" }})\n' + BODY + handlers


def looked_up(partition, events):
    """The model: one instance, a table by address, nothing ever dropped."""
    out = 'palua.partition("all")\nlocal states = {}\n' + PAIR + BODY
    out += "local function state(key) states[key] = states[key] or {} return states[key] end\n"
    for event in events:
        src, dst = EVENTS[event]
        key = KEYS[partition].format(src=src, dst=dst)
        out += f'on("{event}", function(e) note(state({key}), "{event}", e) end)\n'
    return out


def looked_up_with_idle(partition, idle_ns):
    """The same of packets, with states that are dropped."""
    key = KEYS[partition].format(src="e.src", dst="e.dst")
    return ('palua.partition("all")\nlocal states, used = {}, {}\n' + PAIR + BODY + CLOCK + f"""
on("packet", function(e)
    local key = {key}
    if not used[key] or tick - used[key] >= {idle_ns}LL then states[key] = {{}} end
    used[key] = tick
    note(states[key], "packet", e)
end)
""")


def run(palua, script, path, threads=1, batch=1024):
    command = [palua, "-q", "-j", str(threads), "--batch", str(batch), "-s", script, path]
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600, check=False)
    if done.returncode or done.stderr:
        sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def has_jumps(data):
    """Whether the clock would hold a timestamp back, which the model does not know."""
    times = [record[0] for record in equality_test.records(data)]
    hour = 3600 * 10 ** equality_test.MAGICS[data[:4]][1]
    top = times[0]
    for ts in times:
        if ts > top + hour:
            return True
        top = max(top, ts)
    return False


def compare(palua, folder, path, name, model, script):
    (folder / "model.lua").write_text(model)
    (folder / "keyed.lua").write_text(script)
    expected = run(palua, folder / "model.lua", path)
    for threads, batch in itertools.product(THREADS, BATCHES):
        got = run(palua, folder / "keyed.lua", path, threads, batch)
        if got != expected:
            sys.exit(f"{path}: {name}, -j {threads} --batch {batch}: {equality_test.difference(expected, got)}")
    return expected.count(b"\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("palua")
    parser.add_argument("shared")
    parser.add_argument("--captures", type=int, default=12)
    options = parser.parse_args()
    captures = equality_test.chosen(options.shared, options.captures)
    lines = idle_lines = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for path, data, _ in captures:
            for partition in KEYS:
                lines += compare(options.palua, folder, path, partition, looked_up(partition, EVENTS), keyed(partition, "3650d", EVENTS))
                if not has_jumps(data):
                    idle_lines += compare(options.palua, folder, path, f"{partition}, idle", looked_up_with_idle(partition, 500_000_000),
                                          keyed(partition, "500ms", ["packet"]))
    print(f"{len(captures)} captures, 3 partitions, {len(THREADS) * len(BATCHES)} configurations: {lines} lines, {idle_lines} of short states")
    return 0 if lines and idle_lines else 1


if __name__ == "__main__":
    sys.exit(main())
