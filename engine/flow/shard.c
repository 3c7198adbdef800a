// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/shard.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/pages.h"

enum { ENTRIES_LEAST = 16, LINE = 64 };
enum { FULL_EIGHTHS = 5 }; // of the entries that may be taken
_Static_assert(sizeof(struct flow_entry) >= sizeof(void *), "a free array holds an address");

void flow_entries_init(struct flow_entries *entries)
{
    *entries = (struct flow_entries){0};
    arena_init(&entries->arena);
}

void flow_entries_fini(struct flow_entries *entries)
{
    arena_fini(&entries->arena);
}

static unsigned class_of(uint32_t size)
{
    return 31U - (unsigned)__builtin_clz(size);
}

/** @param size  a power of two */
static struct flow_entry *take(struct flow_entries *entries, uint32_t size)
{
    struct flow_entry **free = &entries->free[class_of(size)], *array = *free;
    if (!array)
        return arena_alloc(&entries->arena, memory_mul(size, sizeof *array), LINE);
    memcpy(free, array, sizeof(void *));
    return array;
}

/* All shards grow at about the same time, so that an array may be of no use to another one ever:
 * its memory goes back, but for the beginning. */
static void give(struct flow_entries *entries, struct flow_entry *array, uint32_t size)
{
    pages_discard(array + 1, memory_mul(size - 1, sizeof *array));
    struct flow_entry **free = &entries->free[class_of(size)];
    memcpy(array, free, sizeof(void *));
    *free = array;
}

void flow_shard_fini(struct flow_shard *shard)
{
    if (shard->shortage) {
        memory_free(shard->shortage->victims);
        flow_nursery_fini(&shard->shortage->nursery);
        memory_free(shard->shortage);
    }
    *shard = (struct flow_shard){0};
}

void flow_shard_clear(struct flow_shard *shard, struct flow_entries *entries)
{
    if (shard->entries)
        give(entries, shard->entries, shard->mask + 1);
    flow_shard_fini(shard);
}

struct flow *flow_shard_find(const struct flow_shard *shard, const struct flow_pool *pool,
                             const struct flow_key *key, uint32_t hash)
{
    if (!shard->entries)
        return NULL;
    for (uint32_t i = hash & shard->mask;; i = (i + 1) & shard->mask) {
        const struct flow_entry *entry = &shard->entries[i];
        if (entry->index == FLOW_POOL_NONE)
            return NULL;
        if (entry->hash != hash)
            continue;
        struct flow *flow = flow_pool_at(pool, entry->index);
        if (flow_key_matches(key, flow))
            return flow;
    }
}

uint32_t flow_shard_guess(const struct flow_shard *shard, uint32_t hash)
{
    if (!shard->entries)
        return FLOW_POOL_NONE;
    uint32_t i = hash & shard->mask;
    while (shard->entries[i].index != FLOW_POOL_NONE && shard->entries[i].hash != hash)
        i = (i + 1) & shard->mask;
    return shard->entries[i].index;
}

static void place(struct flow_shard *shard, struct flow_entry entry)
{
    uint32_t i = entry.hash & shard->mask;
    while (shard->entries[i].index != FLOW_POOL_NONE)
        i = (i + 1) & shard->mask;
    shard->entries[i] = entry;
}

static void grow(struct flow_shard *shard, struct flow_entries *entries)
{
    struct flow_entry *old = shard->entries;
    uint32_t old_size = old ? shard->mask + 1 : 0;
    uint32_t size = old ? 2 * old_size : ENTRIES_LEAST;
    shard->entries = take(entries, size);
    shard->mask = size - 1;
    for (uint32_t i = 0; i < size; i++)
        shard->entries[i] = (struct flow_entry){.index = FLOW_POOL_NONE};
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].index != FLOW_POOL_NONE)
            place(shard, old[i]);
    if (old)
        give(entries, old, old_size);
}

void flow_shard_add(struct flow_shard *shard, struct flow_entries *entries, struct flow *flow)
{
    if (!shard->entries || shard->count >= shard->mask / 8 * FULL_EIGHTHS)
        grow(shard, entries);
    place(shard, (struct flow_entry){.hash = flow->hash, .index = flow->index});
    shard->count++;
}

/** Closes the gap at `hole`: an entry behind it moves up unless that would put it before its own
 * place. */
static void close_gap(struct flow_shard *shard, uint32_t hole)
{
    uint32_t mask = shard->mask;
    for (uint32_t i = (hole + 1) & mask; shard->entries[i].index != FLOW_POOL_NONE;
         i = (i + 1) & mask) {
        uint32_t home = shard->entries[i].hash & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        shard->entries[hole] = shard->entries[i];
        hole = i;
    }
    shard->entries[hole].index = FLOW_POOL_NONE;
}

void flow_shard_remove(struct flow_shard *shard, const struct flow *flow)
{
    uint32_t i = flow->hash & shard->mask;
    while (shard->entries[i].index != flow->index)
        i = (i + 1) & shard->mask;
    close_gap(shard, i);
    shard->count--;
}

static int compare_victims(const void *left, const void *right)
{
    const struct flow_victim *a = left, *b = right;
    if (a->last_packet != b->last_packet)
        return a->last_packet < b->last_packet ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static void line_up(const struct flow_shard *shard, const struct flow_pool *pool)
{
    struct flow_shortage *shortage = shard->shortage;
    shortage->victims =
        memory_resize(shortage->victims, memory_mul(shard->count, sizeof *shortage->victims));
    shortage->victim_count = 0;
    shortage->victim_next = 0;
    for (uint32_t i = 0; i <= shard->mask; i++) {
        uint32_t index = shard->entries[i].index;
        if (index == FLOW_POOL_NONE)
            continue;
        const struct flow *flow = flow_pool_at(pool, index);
        shortage->victims[shortage->victim_count++] =
            (struct flow_victim){flow->last_packet, flow_pool_origin(pool, index)->id, index};
    }
    qsort(shortage->victims, shortage->victim_count, sizeof *shortage->victims, compare_victims);
}

/* A flow that had a packet since the line-up, or began since, is younger than any in the line that
 * had none. So the first that did not change is the oldest of all, and a new line-up is due only
 * when the line is used up. */
static struct flow *oldest(const struct flow_shard *shard, const struct flow_pool *pool)
{
    struct flow_shortage *shortage = shard->shortage;
    for (;;) {
        while (shortage->victim_next < shortage->victim_count) {
            const struct flow_victim *victim = &shortage->victims[shortage->victim_next++];
            struct flow *flow = flow_pool_at(pool, victim->index);
            if (flow->last_packet == victim->last_packet &&
                flow_pool_origin(pool, victim->index)->id == victim->id)
                return flow;
        }
        line_up(shard, pool);
    }
}

static int compare_ids(const void *left, const void *right)
{
    const struct flow_victim *a = left, *b = right;
    return a->id < b->id ? -1 : a->id > b->id;
}

/** Lines up the flows that are not proven, from when the shard was not full yet. */
static void open_nursery(struct flow_shard *shard, const struct flow_pool *pool)
{
    struct flow_shortage *shortage = shard->shortage = memory_zalloc(1, sizeof *shortage);
    line_up(shard, pool);
    qsort(shortage->victims, shortage->victim_count, sizeof *shortage->victims, compare_ids);
    for (uint32_t i = 0; i < shortage->victim_count; i++) {
        const struct flow *flow = flow_pool_at(pool, shortage->victims[i].index);
        if (!(flow->flags & FLOW_PROVEN))
            flow_nursery_add(&shortage->nursery, pool, flow, shard->count);
    }
    shortage->victim_count = 0;
}

/** Has the processor fetch what the next victims' ends touch: until then, other shards have their
 * turn. */
static void foresee_victims(const struct flow_shard *shard, const struct flow_pool *pool)
{
    uint32_t next = flow_nursery_peek(&shard->shortage->nursery, 0);
    uint32_t second = flow_nursery_peek(&shard->shortage->nursery, 1);
    if (next != FLOW_POOL_NONE)
        flow_shard_prefetch(shard, flow_pool_at(pool, next)->hash);
    if (second == FLOW_POOL_NONE)
        return;
    flow_pool_prefetch(pool, second);
    flow_pool_prefetch_origin(pool, second);
}

struct flow *flow_shard_victim(struct flow_shard *shard, const struct flow_pool *pool)
{
    if (!shard->shortage)
        open_nursery(shard, pool);
    struct flow *flow = flow_nursery_take(&shard->shortage->nursery, pool);
    foresee_victims(shard, pool);
    return flow ? flow : oldest(shard, pool);
}
