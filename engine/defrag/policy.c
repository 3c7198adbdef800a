// SPDX-License-Identifier: MIT OR Apache-2.0
#include "defrag/policy.h"

const char *const defrag_policy_names[DEFRAG_POLICY_COUNT] = {"first",   "last",    "bsd", "linux",
                                                              "windows", "solaris", "drop"};
