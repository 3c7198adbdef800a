// SPDX-License-Identifier: MIT OR Apache-2.0
/** One of the flow table's shards: the flows whose packets' flow_hash starts with the same 8 bits,
 * found by key.
 *
 * An open-addressing index of {hash, record number}, at most five eighths full, grown by doubling:
 * eight entries share a cache line, and a record is touched only when all 32 bits of the hash
 * agree. One thread at a time. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/prefetch.h"
#include "flow/key.h"
#include "flow/nursery.h"
#include "flow/pool.h"

struct flow_entry {
    uint32_t hash;
    uint32_t index; /**< FLOW_POOL_NONE: empty */
};

/** A flow as it was when the shard's flows were last put in order of idleness. */
struct flow_victim {
    uint64_t last_packet;
    uint64_t id;
    uint32_t index;
};

/** Where the shards' arrays of entries come from: one region, so that the index of a large table
 * lies in few, huge pages. An array that was outgrown serves another shard. */
struct flow_entries {
    struct arena arena;
    struct flow_entry *free[32]; /**< by the binary logarithm of their size; the first entry holds
                                    the next array's address */
};

void flow_entries_init(struct flow_entries *entries);
void flow_entries_fini(struct flow_entries *entries);

/** What a shard that was full once needs to know, to make room. */
struct flow_shortage {
    struct flow_victim *victims; /**< idle longest first */
    uint32_t victim_count;
    uint32_t victim_next;
    struct flow_nursery nursery; /**< of flows begun before and since the shard was full */
};

/** Small, as every packet looks at one of 256. */
struct flow_shard {
    struct flow_entry *entries;
    uint32_t mask; /**< entries minus 1, a power of two minus 1 */
    uint32_t count;
    struct flow_shortage *shortage; /**< NULL until the shard was full */
};

void flow_shard_fini(struct flow_shard *shard);

/** Forgets all flows. */
void flow_shard_clear(struct flow_shard *shard, struct flow_entries *entries);

/** @return NULL if there is none */
struct flow *flow_shard_find(const struct flow_shard *shard, const struct flow_pool *pool,
                             const struct flow_key *key, uint32_t hash);
/** Has the processor fetch where a search for the hash begins. */
static inline void flow_shard_prefetch(const struct flow_shard *shard, uint32_t hash)
{
    if (shard->entries)
        prefetch_read(&shard->entries[hash & shard->mask]);
}
/** The record that a search for the hash would look at first, which is hardly ever another key's;
 * FLOW_POOL_NONE if there is none. */
uint32_t flow_shard_guess(const struct flow_shard *shard, uint32_t hash);
/** Adds a flow, whose `hash` is set and which is not in.
 * @param entries  the same for every call and shard; they live as long as it does */
void flow_shard_add(struct flow_shard *shard, struct flow_entries *entries, struct flow *flow);
void flow_shard_remove(struct flow_shard *shard, const struct flow *flow);

/** The flow to end for another: of those not proven the one begun first, else the one whose last
 * packet lies furthest back. The shard must not be empty. Amortised, a call costs as much as the
 * packets and flows since the last one. From the first call on, flow_shard_note is due. */
struct flow *flow_shard_victim(struct flow_shard *shard, const struct flow_pool *pool);
/** A flow was added. */
static inline void flow_shard_note(struct flow_shard *shard, const struct flow_pool *pool,
                                   const struct flow *flow)
{
    if (shard->shortage)
        flow_nursery_add(&shard->shortage->nursery, pool, flow, shard->count);
}
