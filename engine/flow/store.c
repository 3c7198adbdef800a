// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/store.h"

#include <string.h>

void flow_store_init(struct flow_store *store, uint32_t size)
{
    slab_init(&store->slab, size);
    store->free = FLOW_STORE_NONE;
}

void flow_store_fini(struct flow_store *store)
{
    slab_fini(&store->slab);
    store->free = FLOW_STORE_NONE;
}

uint32_t flow_store_take(struct flow_store *store)
{
    uint32_t index = store->free;
    if (index == FLOW_STORE_NONE)
        return slab_add(&store->slab);
    void *record = flow_store_at(store, index);
    memcpy(&store->free, record, sizeof store->free);
    memset(record, 0, store->slab.stride);
    return index;
}

void flow_store_give(struct flow_store *store, uint32_t index)
{
    memcpy(flow_store_at(store, index), &store->free, sizeof store->free);
    store->free = index;
}
