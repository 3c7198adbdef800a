#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# luacheck over every Lua file, as .luacheckrc says.
set -eu
. "$(dirname "$0")/files.sh"
command -v luacheck >/dev/null || { echo "luacheck is not installed"; exit 77; }
files=$(tracked '*.lua')
echo "$files" | xargs luacheck --quiet
