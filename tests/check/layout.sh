#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Every C file is laid out as .clang-format says; clang-format -i puts it right.
set -eu
. "$(dirname "$0")/files.sh"
format=$(command -v clang-format-14) || { echo "clang-format-14 is not installed"; exit 77; }
files=$(tracked '*.c' '*.h')
echo "$files" | xargs "$format" --dry-run -Werror
