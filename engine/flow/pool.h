// SPDX-License-Identifier: MIT OR Apache-2.0
/** Flow records and their origins by number: two slabs, and a list of free numbers.
 *
 * A number is half as wide as a pointer, and a record's neighbours in lists are numbers. One thread
 * at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/prefetch.h"
#include "base/slab.h"
#include "flow/table.h"

enum { FLOW_POOL_NONE = 0xffffffff }; /**< no record */

struct flow_pool {
    struct slab records; /**< struct flow */
    struct slab origins; /**< struct flow_origin */
    uint32_t free;       /**< first free record, linked by hash; FLOW_POOL_NONE if none */
};

void flow_pool_init(struct flow_pool *pool);
void flow_pool_fini(struct flow_pool *pool);

/** A zeroed record that knows its index. */
struct flow *flow_pool_take(struct flow_pool *pool);
void flow_pool_give(struct flow_pool *pool, struct flow *flow);

static inline struct flow *flow_pool_at(const struct flow_pool *pool, uint32_t index)
{
    return slab_at(&pool->records, index);
}

static inline struct flow_origin *flow_pool_origin(const struct flow_pool *pool, uint32_t index)
{
    return slab_at(&pool->origins, index);
}

/** Has the processor fetch a record's two cache lines. */
static inline void flow_pool_prefetch(const struct flow_pool *pool, uint32_t index)
{
    const uint8_t *record = (const uint8_t *)flow_pool_at(pool, index);
    prefetch_write(record);
    prefetch_write(record + 64);
}

static inline void flow_pool_prefetch_origin(const struct flow_pool *pool, uint32_t index)
{
    prefetch_write(flow_pool_origin(pool, index));
}
