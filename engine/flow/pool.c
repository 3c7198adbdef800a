// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/pool.h"

#include "base/memory.h"

void flow_pool_init(struct flow_pool *pool)
{
    *pool = (struct flow_pool){.free = FLOW_POOL_NONE};
}

void flow_pool_fini(struct flow_pool *pool)
{
    for (uint32_t i = 0; i < pool->used; i += FLOW_POOL_CHUNK)
        memory_free(pool->chunks[i / FLOW_POOL_CHUNK]);
    memory_free(pool->chunks);
    flow_pool_init(pool);
}

static void add_chunk(struct flow_pool *pool)
{
    size_t at = pool->used / FLOW_POOL_CHUNK;
    pool->chunks = memory_grow(pool->chunks, &pool->chunk_cap, at + 1, sizeof *pool->chunks);
    pool->chunks[at] = memory_aligned(_Alignof(struct flow), FLOW_POOL_CHUNK * sizeof(struct flow));
}

struct flow *flow_pool_take(struct flow_pool *pool)
{
    uint32_t index = pool->free;
    if (index == FLOW_POOL_NONE) {
        if (pool->used % FLOW_POOL_CHUNK == 0)
            add_chunk(pool);
        index = pool->used++;
    } else {
        pool->free = flow_pool_at(pool, index)->timer_place;
    }
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
