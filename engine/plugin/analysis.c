// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/analysis.h"

const char *analysis_partition_name(enum palua_partition partition)
{
    static const char *const names[] = {[PALUA_PARTITION_ALL] = "all",
                                        [PALUA_PARTITION_FLOW] = "flow",
                                        [PALUA_PARTITION_SRC] = "src",
                                        [PALUA_PARTITION_DST] = "dst",
                                        [PALUA_PARTITION_PAIR] = "pair"};
    return names[partition];
}
