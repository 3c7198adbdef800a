// SPDX-License-Identifier: MIT OR Apache-2.0
/** The flows of a full shard that have not proven themselves, oldest first: the ones to end when
 * room is needed, so that a flood of new flows pushes out only itself.
 *
 * A flow is proven by its second packet; a TCP flow that began with a SYN or SYN-ACK, once both
 * sides have sent and the originator has acknowledged. Kept for shards that have been full once:
 * 8 bytes per flow begun since then. Flows that ended or were proven are dropped when they are met,
 * or when they are the most part. One thread at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "flow/pool.h"

/** A flow, as long as it is still the same. */
struct flow_newborn {
    uint32_t index;
    uint32_t id; /**< both halves of it, mixed */
};

struct flow_nursery {
    struct flow_newborn *newborns;
    size_t cap;
    size_t first;
    size_t end; /**< just past the youngest */
};

void flow_nursery_fini(struct flow_nursery *nursery);

/** Adds a flow that has just begun.
 * @param live  flows of the shard, which bounds what is kept: four times as many at most */
void flow_nursery_add(struct flow_nursery *nursery, const struct flow_pool *pool,
                      const struct flow *flow, uint32_t live);
/** The record of the flow that stands `ahead` places behind the oldest, which may have ended;
 * FLOW_POOL_NONE if there is none. */
static inline uint32_t flow_nursery_peek(const struct flow_nursery *nursery, size_t ahead)
{
    size_t at = nursery->first + ahead;
    return at < nursery->end ? nursery->newborns[at].index : (uint32_t)FLOW_POOL_NONE;
}

/** Takes the oldest out.
 * @return NULL if all flows are proven */
struct flow *flow_nursery_take(struct flow_nursery *nursery, const struct flow_pool *pool);
