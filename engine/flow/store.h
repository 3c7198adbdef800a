// SPDX-License-Identifier: MIT OR Apache-2.0
/** Records beside the flow pool, by number, at addresses that never change.
 *
 * Used in one of two ways: as a column, one record per flow, found by the flow's number
 * (flow_store_reach); or as a pool of its own that gives numbers out (flow_store_take,
 * flow_store_give). Memory grows with the highest number in use, and is kept. One thread at a time.
 */
#pragma once

#include <stdint.h>

#include "base/slab.h"

enum { FLOW_STORE_NONE = 0xffffffff }; /**< no record */

struct flow_store {
    struct slab slab;
    uint32_t free; /**< first free record, linked by the first 4 bytes */
};

/** @param size  of a record, bytes: a multiple of 8 */
void flow_store_init(struct flow_store *store, uint32_t size);
void flow_store_fini(struct flow_store *store);

/** The record of a number for which flow_store_reach or flow_store_take was called before. */
static inline void *flow_store_at(const struct flow_store *store, uint32_t index)
{
    return slab_at(&store->slab, index);
}

/** The record of any number; what a former user left in it, or zero. */
static inline void *flow_store_reach(struct flow_store *store, uint32_t index)
{
    while (store->slab.count <= index)
        slab_add(&store->slab);
    return flow_store_at(store, index);
}

/** The number of a zeroed record. */
uint32_t flow_store_take(struct flow_store *store);
void flow_store_give(struct flow_store *store, uint32_t index);
