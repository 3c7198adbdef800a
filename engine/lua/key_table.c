// SPDX-License-Identifier: MIT OR Apache-2.0
#include "lua/key_table.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "shard/share.h"

enum { NONE = UINT32_MAX };

/** A key and its state's number, which is the record's index. */
struct record {
    struct owner_key key;
    uint32_t hash;
    uint32_t chain; /**< the next record of its bucket */
    uint32_t newer; /**< in its shard, by last use */
    uint32_t older;
    int64_t last_ns;
};

struct key_shard {
    uint32_t newest;
    uint32_t oldest;
    uint32_t count;
};

struct key_table {
    uint32_t shard_cap;
    int64_t idle_ns;
    struct record *records;
    size_t record_cap;
    uint32_t record_count; /**< given out so far, free ones included */
    uint32_t live;
    uint32_t *buckets; /**< first record of each; `mask` + 1 of them */
    uint32_t mask;
    uint64_t *dropped; /**< waiting for key_table_reuse */
    size_t dropped_count;
    size_t dropped_cap;
    uint32_t *free;
    size_t free_count;
    size_t free_cap;
    uint64_t shed;
    struct key_shard shards[SHARD_COUNT];
};

enum { BUCKETS_FIRST = 64 };

static uint32_t *buckets_new(uint32_t count)
{
    uint32_t *buckets = memory_alloc(memory_mul(count, sizeof *buckets));
    memset(buckets, 0xff, count * sizeof *buckets);
    return buckets;
}

struct key_table *key_table_new(uint32_t cap, int64_t idle_ns)
{
    struct key_table *table = memory_zalloc(1, sizeof *table);
    table->shard_cap = cap < SHARD_COUNT ? 1 : cap / SHARD_COUNT;
    table->idle_ns = idle_ns;
    table->buckets = buckets_new(BUCKETS_FIRST);
    table->mask = BUCKETS_FIRST - 1;
    for (uint32_t i = 0; i < SHARD_COUNT; i++)
        table->shards[i] = (struct key_shard){.newest = NONE, .oldest = NONE};
    return table;
}

void key_table_free(struct key_table *table)
{
    if (!table)
        return;
    memory_free(table->records);
    memory_free(table->buckets);
    memory_free(table->dropped);
    memory_free(table->free);
    memory_free(table);
}

static struct key_shard *shard_of(struct key_table *table, const struct record *record)
{
    return &table->shards[owner_shard(record->hash)];
}

/** Where the chain that holds, or would hold, a hash begins. */
static uint32_t *bucket_of(struct key_table *table, uint32_t hash)
{
    return &table->buckets[hash & table->mask];
}

static void unlink_use(struct key_table *table, struct record *record)
{
    struct key_shard *shard = shard_of(table, record);
    *(record->newer == NONE ? &shard->newest : &table->records[record->newer].older) =
        record->older;
    *(record->older == NONE ? &shard->oldest : &table->records[record->older].newer) =
        record->newer;
}

static void link_newest(struct key_table *table, uint32_t number)
{
    struct record *record = &table->records[number];
    struct key_shard *shard = shard_of(table, record);
    record->newer = NONE;
    record->older = shard->newest;
    *(shard->newest == NONE ? &shard->oldest : &table->records[shard->newest].newer) = number;
    shard->newest = number;
}

static void drop(struct key_table *table, uint32_t number)
{
    struct record *record = &table->records[number];
    uint32_t *at = bucket_of(table, record->hash);
    while (*at != number)
        at = &table->records[*at].chain;
    *at = record->chain;
    unlink_use(table, record);
    shard_of(table, record)->count--;
    table->live--;
    table->dropped = memory_grow(table->dropped, &table->dropped_cap, table->dropped_count + 1,
                                 sizeof *table->dropped);
    table->dropped[table->dropped_count++] = number;
}

static bool is_idle(const struct key_table *table, const struct record *record, int64_t now_ns)
{
    int64_t idle_ns;
    return __builtin_sub_overflow(now_ns, record->last_ns, &idle_ns) || idle_ns >= table->idle_ns;
}

static void sweep_shard(struct key_table *table, const struct key_shard *shard, int64_t now_ns)
{
    while (shard->oldest != NONE && is_idle(table, &table->records[shard->oldest], now_ns))
        drop(table, shard->oldest);
}

void key_table_sweep(struct key_table *table, int64_t now_ns)
{
    for (uint32_t i = 0; table->live && i < SHARD_COUNT; i++)
        sweep_shard(table, &table->shards[i], now_ns);
}

/** Twice the buckets, so that chains stay short. */
static void grow(struct key_table *table)
{
    memory_free(table->buckets);
    uint32_t count = (table->mask + 1) * 2;
    table->buckets = buckets_new(count);
    table->mask = count - 1;
    for (uint32_t i = 0; i < SHARD_COUNT; i++)
        for (uint32_t at = table->shards[i].oldest; at != NONE; at = table->records[at].newer) {
            uint32_t *bucket = bucket_of(table, table->records[at].hash);
            table->records[at].chain = *bucket;
            *bucket = at;
        }
}

static uint32_t take_number(struct key_table *table)
{
    if (table->free_count)
        return table->free[--table->free_count];
    table->records = memory_grow(table->records, &table->record_cap,
                                 (size_t)table->record_count + 1, sizeof *table->records);
    return table->record_count++;
}

static uint32_t add(struct key_table *table, const struct owner_key *key, uint32_t hash,
                    int64_t now_ns)
{
    struct key_shard *shard = &table->shards[owner_shard(hash)];
    if (shard->count >= table->shard_cap)
        sweep_shard(table, shard, now_ns);
    if (shard->count >= table->shard_cap) {
        drop(table, shard->oldest);
        table->shed++;
    }
    if (table->live > table->mask)
        grow(table);
    uint32_t number = take_number(table), *bucket = bucket_of(table, hash);
    table->records[number] =
        (struct record){.key = *key, .hash = hash, .chain = *bucket, .last_ns = now_ns};
    *bucket = number;
    link_newest(table, number);
    shard->count++;
    table->live++;
    return number;
}

static uint32_t look_up(struct key_table *table, const struct owner_key *key, uint32_t hash)
{
    uint32_t at = *bucket_of(table, hash);
    while (at != NONE) {
        const struct record *record = &table->records[at];
        if (record->hash == hash && record->key.len == key->len &&
            !memcmp(record->key.bytes, key->bytes, key->len))
            break;
        at = record->chain;
    }
    return at;
}

uint32_t key_table_find(struct key_table *table, const struct owner_key *key, int64_t now_ns)
{
    uint32_t hash = owner_hash(key), number = look_up(table, key, hash);
    if (number != NONE && is_idle(table, &table->records[number], now_ns)) {
        drop(table, number);
        number = NONE;
    }
    if (number == NONE)
        return add(table, key, hash, now_ns);
    struct record *record = &table->records[number];
    record->last_ns = now_ns;
    if (record->newer != NONE) {
        unlink_use(table, record);
        link_newest(table, number);
    }
    return number;
}

const uint64_t *key_table_dropped(const struct key_table *table, size_t *count)
{
    *count = table->dropped_count;
    return table->dropped;
}

void key_table_reuse(struct key_table *table)
{
    table->free = memory_grow(table->free, &table->free_cap,
                              table->free_count + table->dropped_count, sizeof *table->free);
    for (size_t i = 0; i < table->dropped_count; i++)
        table->free[table->free_count++] = (uint32_t)table->dropped[i];
    table->dropped_count = 0;
}

uint64_t key_table_shed(const struct key_table *table)
{
    return table->shed;
}
