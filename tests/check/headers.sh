#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Every source file names its licence near its top, and every public header stands alone, in C and in C++.
set -eu
. "$(dirname "$0")/files.sh"
files=$(tracked '*.c' '*.h' '*.lua' '*.py' '*.sh' '*.cmake' '*CMakeLists.txt' bootstrap .ci/run)
wrong=$(echo "$files" | while read -r file; do head -n 12 "$file" | grep -q 'SPDX-License-Identifier: MIT OR Apache-2.0' || echo "$file"; done)
[ -z "$wrong" ] || { echo "without a licence line: $wrong"; exit 1; }
compiler=$(command -v cc)
for header in engine/include/palua/*.h; do
    name=palua/$(basename "$header")
    for language in c c++; do
        [ $language = c ] || command -v c++ >/dev/null || continue
        echo "#include <$name>" | "$compiler" -x $language -Wall -Wextra -Werror -Iengine/include -fsyntax-only - ||
            { echo "$name does not stand alone in $language"; exit 1; }
    done
done
