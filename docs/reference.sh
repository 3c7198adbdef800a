#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Writes docs/reference.md, from what the executable says of itself:
#
#     docs/reference.sh build/dev/bin/palua >docs/reference.md
#
# A test compares the page with what this prints.
set -eu
palua=${1:?usage: docs/reference.sh PALUA >docs/reference.md}
root=$(cd "$(dirname "$0")/.." && pwd)

# The part of an event's description that is its own: what all events have comes once.
own() {
    "$palua" --describe "$1" | sed '/^every event:$/,$d'
}

block() {
    printf '\n```text\n'
    cat
    printf '```\n'
}

cat <<'END'
# Reference

Written by `docs/reference.sh` from what palua says of itself; do not edit it. The same is printed by `palua --list-events`,
`palua --describe NAME` and `palua --list-plugins`.

A line reads: the field's name, its type, what it means. Behind the type stand further spellings: an enum `rcode` is a number and
`rcode_name` its name; a time or duration `rtt` is in seconds and `rtt_ns` in nanoseconds. Other names of a field stand behind `also`.

## Every event

These fields belong to every event; `e.flow` to those that belong to a flow.
END
"$palua" --describe packet | sed -n '/^every event:$/,$p' | block
printf '\n## Events\n'
for event in $("$palua" --list-events | awk '{ print $1 }'); do
    printf '\n### %s\n' "$event"
    own "$event" | sed '/^names:$/,$d' | block
done
printf '\n## Anomalies\n\nWhat `name` of an `anomaly` event may be.\n'
own anomaly | sed '1,/^names:$/d' | block
printf '\n## Plugins\n'
for plugin in $("$palua" --list-plugins | awk '{ print $1 }'); do
    printf '\n### Plugin %s\n' "$plugin"
    "$palua" --describe "$plugin" | block
done
printf '\n## Scripts\n'
for script in "$root"/scripts/*.lua; do
    name=$(basename "$script" .lua)
    printf '\n### Script %s\n' "$name"
    "$palua" --describe "$name" | block
done
printf '\n## Configuration\n\n'
printf 'Every key with its default, unit and bounds, as `palua -c FILE` reads them; many are caps, with what happens there.\n\n```lua\n'
cat "$root/conf/palua.lua"
printf '```\n'
