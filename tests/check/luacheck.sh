#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# luacheck over every Lua file, as .luacheckrc says.
set -eu
command -v luacheck >/dev/null || { echo "luacheck is not installed"; exit 77; }
git ls-files '*.lua' | xargs luacheck --quiet
