// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/nursery.h"

#include "base/memory.h"
#include "flow/key.h"

void flow_nursery_fini(struct flow_nursery *nursery)
{
    memory_free(nursery->newborns);
    *nursery = (struct flow_nursery){0};
}

static struct flow_newborn newborn_of(const struct flow_pool *pool, uint32_t index)
{
    uint64_t id = flow_pool_origin(pool, index)->id;
    return (struct flow_newborn){.index = index, .id = (uint32_t)(id ^ id >> 32)};
}

/** @return NULL if it has ended or been proven since */
static struct flow *still_new(const struct flow_pool *pool, struct flow_newborn newborn)
{
    struct flow *flow = flow_pool_at(pool, newborn.index);
    bool same = flow->last_packet && newborn_of(pool, newborn.index).id == newborn.id;
    return same && !(flow->flags & FLOW_PROVEN) ? flow : NULL;
}

static void tidy(struct flow_nursery *nursery, const struct flow_pool *pool)
{
    size_t kept = 0;
    for (size_t i = nursery->first; i < nursery->end; i++)
        if (still_new(pool, nursery->newborns[i]))
            nursery->newborns[kept++] = nursery->newborns[i];
    nursery->first = 0;
    nursery->end = kept;
}

void flow_nursery_add(struct flow_nursery *nursery, const struct flow_pool *pool,
                      const struct flow *flow, uint32_t live)
{
    // At most `live` entries are of flows that are still new, so tidying frees half the room.
    if (nursery->end == nursery->cap && nursery->cap > 2 * (size_t)live)
        tidy(nursery, pool);
    if (nursery->end == nursery->cap)
        nursery->newborns = memory_grow(nursery->newborns, &nursery->cap, nursery->end + 1,
                                        sizeof *nursery->newborns);
    nursery->newborns[nursery->end++] = newborn_of(pool, flow->index);
}

struct flow *flow_nursery_take(struct flow_nursery *nursery, const struct flow_pool *pool)
{
    while (nursery->first < nursery->end) {
        struct flow *flow = still_new(pool, nursery->newborns[nursery->first++]);
        if (flow)
            return flow;
    }
    nursery->first = nursery->end = 0;
    return NULL;
}
