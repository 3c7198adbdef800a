#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Static analysis of the engine and the plugins (not of their tests), with the checks of .clang-tidy; any finding fails. $1 is the build folder.
set -eu
. "$(dirname "$0")/files.sh"
tidy=$(command -v clang-tidy-14) || { echo "clang-tidy-14 is not installed"; exit 77; }
files=$(tracked 'engine/*.c' 'stdlib-plugins/*.c' ':!*_test.c')
echo "$files" | xargs -n 4 -P "$(nproc)" "$tidy" -p "$1" --quiet --warnings-as-errors='*' 2>/dev/null # there it only counts
