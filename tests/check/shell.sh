#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Every shell script parses in the plainest shell, and shellcheck, where present, has nothing to say.
set -eu
. "$(dirname "$0")/files.sh"
scripts=$(tracked bootstrap .ci/run '*.sh')
for script in $scripts; do sh -n "$script"; done
! command -v shellcheck >/dev/null || shellcheck --severity=warning $scripts
