// SPDX-License-Identifier: MIT OR Apache-2.0
#include "batch/batch.h"

#undef NDEBUG // assertions are always on
#include <assert.h>
#include <string.h>

#include "base/memory.h"

enum { BATCH_SPOILT = 0xdb };
enum { PACKET_ALIGN = 64 }; /* a cache line: a record's head is then touched in two at most */

struct batch_pool {
    _Atomic(struct batch *) free; /**< a stack: any thread pushes, one at a time pops */
    struct batch *batches;
    uint32_t batch_count;
};

static void part_init(struct part *part, uint32_t event_kinds)
{
    arena_init(&part->arena);
    part->queues = memory_zalloc(event_kinds, sizeof *part->queues);
    part->queue_count = event_kinds;
    for (uint32_t kind = 0; kind < event_kinds; kind++)
        event_queue_init(&part->queues[kind]);
}

static void part_fini(struct part *part)
{
    for (uint32_t kind = 0; kind < part->queue_count; kind++)
        event_queue_fini(&part->queues[kind]);
    memory_free(part->queues);
    memory_free(part->expiries);
    arena_fini(&part->arena);
}

static void part_clear(struct part *part)
{
    // The list itself lies in the part's arena, so the arena goes last.
    for (struct retired *it = part->retired; it; it = it->next)
        it->release(it->buffer);
    part->retired = NULL;
    for (uint32_t kind = 0; kind < part->queue_count; kind++)
        event_queue_clear(&part->queues[kind]);
    memset(part->dealt, 0, sizeof part->dealt);
    part->ended = NULL;
    part->expiry_count = 0;
    arena_reset(&part->arena);
}

int64_t batch_time(const struct batch *batch, uint32_t packet, uint32_t *next)
{
    while (*next < batch->tick_count && batch->ticks[*next].packet <= packet)
        (*next)++;
    if (*next)
        return batch->ticks[*next - 1].now_ns;
    return packet < batch->clock_from ? INT64_MIN : batch->clock_ns;
}

void part_expiry(struct part *part, const struct flow_expiry *expiry)
{
    part->expiries = memory_grow(part->expiries, &part->expiry_cap, part->expiry_count + 1,
                                 sizeof *part->expiries);
    part->expiries[part->expiry_count++] = *expiry;
}

/** The end that an event of the expiry phase belongs to: the last one with a key up to the
 * event's. */
static const struct flow_expiry *expiry_of(const struct batch *batch, uint64_t key)
{
    const struct part *part = &batch->parts[event_key_part(key)];
    size_t low = 0, high = part->expiry_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (part->expiries[middle].key <= key)
            low = middle;
        else
            high = middle;
    }
    return &part->expiries[low];
}

static bool expiry_before(const struct flow_expiry *a, const struct flow_expiry *b)
{
    if (a->deadline_ns != b->deadline_ns)
        return a->deadline_ns < b->deadline_ns;
    if (a->first_packet != b->first_packet)
        return a->first_packet < b->first_packet;
    return a->shard < b->shard;
}

bool batch_event_before(const struct batch *batch, uint64_t a, uint64_t b)
{
    // The same packet and phase, in different parts: only ends of flows need more than the key.
    bool ends = a >> 31 == b >> 31 && event_key_phase(a) == EVENT_PHASE_EXPIRY;
    if (!ends || event_key_part(a) == event_key_part(b))
        return a < b;
    return expiry_before(expiry_of(batch, a), expiry_of(batch, b));
}

void part_retire(struct part *part, void *buffer, void (*release)(void *buffer))
{
    struct retired *entry = arena_alloc(&part->arena, sizeof *entry, _Alignof(struct retired));
    *entry = (struct retired){.next = part->retired, .buffer = buffer, .release = release};
    part->retired = entry;
}

static void batch_init(struct batch *batch, uint32_t packet_cap, uint32_t part_count,
                       uint32_t event_kinds)
{
    batch->packets = memory_aligned(PACKET_ALIGN, memory_mul(packet_cap, sizeof *batch->packets));
    batch->packet_cap = packet_cap;
    arena_init(&batch->arena);
    batch->parts = memory_zalloc(part_count, sizeof *batch->parts);
    batch->part_count = part_count;
    for (uint32_t part = 0; part < part_count; part++)
        part_init(&batch->parts[part], event_kinds);
}

static void batch_fini(struct batch *batch)
{
    for (uint32_t part = 0; part < batch->part_count; part++)
        part_fini(&batch->parts[part]);
    memory_free(batch->parts);
    memory_free(batch->anomalies.items);
    arena_fini(&batch->arena);
    memory_free(batch->packets);
}

static void free_push(struct batch_pool *pool, struct batch *batch)
{
    batch->next = atomic_load_explicit(&pool->free, memory_order_relaxed);
    // Release: who takes the batch sees it empty, with its `next`.
    while (!atomic_compare_exchange_weak_explicit(&pool->free, &batch->next, batch,
                                                  memory_order_release, memory_order_relaxed))
        ;
}

struct batch_pool *batch_pool_new(uint32_t batch_count, uint32_t packet_cap, uint32_t part_count,
                                  uint32_t event_kinds)
{
    struct batch_pool *pool = memory_zalloc(1, sizeof *pool);
    pool->batches = memory_zalloc(batch_count, sizeof *pool->batches);
    pool->batch_count = batch_count;
    for (uint32_t i = batch_count; i-- > 0;) {
        batch_init(&pool->batches[i], packet_cap, part_count, event_kinds);
        free_push(pool, &pool->batches[i]);
    }
    return pool;
}

void batch_pool_free(struct batch_pool *pool)
{
    if (!pool)
        return;
    uint32_t home = 0;
    for (struct batch *batch = atomic_load(&pool->free); batch; batch = batch->next)
        home++;
    assert(home == pool->batch_count);
    for (uint32_t i = 0; i < pool->batch_count; i++)
        batch_fini(&pool->batches[i]);
    memory_free(pool->batches);
    memory_free(pool);
}

/* Only one thread takes, so a batch on the stack cannot leave it and come back meanwhile: no ABA
 * problem. */
struct batch *batch_take(struct batch_pool *pool)
{
    // Acquire: pairs with the release of the push that put the batch there.
    struct batch *batch = atomic_load_explicit(&pool->free, memory_order_acquire);
    while (batch &&
           !atomic_compare_exchange_weak_explicit(&pool->free, &batch, batch->next,
                                                  memory_order_acquire, memory_order_acquire))
        ;
    return batch;
}

void batch_spoil(struct batch *batch)
{
    if (batch->block && block_sole(batch->block))
        memset(batch->block->data, BATCH_SPOILT, batch->block->cap);
    memset(batch->packets, BATCH_SPOILT, batch->count * sizeof *batch->packets);
    // What is retired is released through lists that lie in the part's arena.
    for (uint32_t part = 0; part < batch->part_count; part++)
        if (!batch->parts[part].retired)
            arena_spoil(&batch->parts[part].arena);
}

void batch_give(struct batch_pool *pool, struct batch *batch)
{
    if (!batch)
        return;
    for (uint32_t part = 0; part < batch->part_count; part++)
        part_clear(&batch->parts[part]);
    batch->anomalies.count = 0;
    batch->has_fragments = false;
    batch->datagrams = NULL;
    batch->remnants = NULL;
    batch->shares = NULL;
    arena_reset(&batch->arena);
    block_release(batch->block);
    batch->block = NULL;
    batch->count = 0;
    batch->sequence = 0;
    free_push(pool, batch);
}
