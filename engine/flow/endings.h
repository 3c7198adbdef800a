// SPDX-License-Identifier: MIT OR Apache-2.0
/** Flows that are about to end, and the two orders in which they do: by deadline when the clock
 * moved, by first packet when the run is over. Ties fall to the first packet; of flows that one
 * packet began (one in each of its tunnels) to the shard, and then to the outer layer, so that the
 * order is the same however many workers share the flows. One thread at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "flow/table.h"

struct flow_ending {
    int64_t deadline_ns;
    uint64_t id; /**< of struct flow_origin: begins with the first packet */
    struct flow *flow;
};

struct flow_endings {
    struct flow_ending *items;
    size_t count;
    size_t cap; /**< items there is room for; the room behind `count` is scratch space */
};

void flow_endings_fini(struct flow_endings *endings);
void flow_endings_add(struct flow_endings *endings, const struct flow_ending *ending);
/** Flows come up nearly in this order, which makes short work of most of it. */
void flow_endings_by_deadline(struct flow_endings *endings);
void flow_endings_by_beginning(struct flow_endings *endings);
