# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced by the checks: `tracked PATTERN...` lists files of the repository, also where it belongs to another user, and fails where
# there are none, so that no check passes for want of anything to look at.
tracked() {
    git -c safe.directory="$PWD" ls-files "$@" | grep .
}
