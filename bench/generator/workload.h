// SPDX-License-Identifier: MIT OR Apache-2.0
/** The workloads. Each knows what it is by default, and sends packets while the world wants more.
 */
#pragma once

#include "generator/world.h"

struct workload {
    const char *name;
    const char *description;
    struct world_options defaults;
    void (*run)(struct world *world);
};

extern const struct workload workload_mix;
extern const struct workload workload_dns;
extern const struct workload workload_oneshot;
extern const struct workload workload_bulk;
