// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/pool.h"

void flow_pool_init(struct flow_pool *pool)
{
    slab_init(&pool->records, sizeof(struct flow));
    slab_init(&pool->origins, sizeof(struct flow_origin));
    pool->free = FLOW_POOL_NONE;
}

void flow_pool_fini(struct flow_pool *pool)
{
    slab_fini(&pool->records);
    slab_fini(&pool->origins);
    pool->free = FLOW_POOL_NONE;
}

/** A number that was never given out before; records of both kinds come in step. */
static uint32_t add(struct flow_pool *pool)
{
    slab_add(&pool->origins);
    return slab_add(&pool->records);
}

struct flow *flow_pool_take(struct flow_pool *pool)
{
    uint32_t index = pool->free;
    if (index == FLOW_POOL_NONE)
        index = add(pool);
    else
        pool->free = flow_pool_at(pool, index)->hash;
    struct flow *flow = flow_pool_at(pool, index);
    *flow = (struct flow){.index = index};
    *flow_pool_origin(pool, index) = (struct flow_origin){0};
    return flow;
}

void flow_pool_give(struct flow_pool *pool, struct flow *flow)
{
    flow->last_packet = 0;
    flow->hash = pool->free;
    pool->free = flow->index;
}
