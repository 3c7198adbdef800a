// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/pool.h"

void flow_pool_init(struct flow_pool *pool)
{
    slab_init(&pool->records, sizeof(struct flow));
    pool->free = FLOW_POOL_NONE;
}

void flow_pool_fini(struct flow_pool *pool)
{
    slab_fini(&pool->records);
    pool->free = FLOW_POOL_NONE;
}

struct flow *flow_pool_take(struct flow_pool *pool)
{
    uint32_t index = pool->free;
    if (index == FLOW_POOL_NONE)
        index = slab_add(&pool->records);
    else
        pool->free = flow_pool_at(pool, index)->timer_place;
    struct flow *flow = flow_pool_at(pool, index);
    *flow = (struct flow){.index = index};
    return flow;
}

void flow_pool_give(struct flow_pool *pool, struct flow *flow)
{
    flow->last_packet = 0;
    flow->timer_place = pool->free;
    pool->free = flow->index;
}
