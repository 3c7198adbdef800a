#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The generated captures are what their generator writes, and CATALOG.md lists what there is.
set -eu
command -v python3 >/dev/null || { echo "python3 is not installed"; exit 77; }
exec python3 -B tests/captures/catalog.py --check
