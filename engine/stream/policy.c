// SPDX-License-Identifier: MIT OR Apache-2.0
#include "stream/policy.h"

const char *const stream_policy_names[STREAM_POLICY_COUNT] = {"first", "last",    "bsd",
                                                              "linux", "windows", "solaris"};
