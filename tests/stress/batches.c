// SPDX-License-Identifier: MIT OR Apache-2.0
/** Batches, blocks and parts handed from thread to thread as a run does it, for ThreadSanitizer and
 * AddressSanitizer to look at. Exits with 0 if every number came through, in order. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "batch/batch.h"
#include "event/schemas.h"
#include "run/pipeline.h"
#include "shard/deal.h"
#include "shard/share.h"

enum { WORKERS = 4, BATCHES = 2000, PACKETS = 64, SLOTS = 7, BLOCK_SIZE = 4096, SERIAL = 2 };
enum { READERS = SERIAL + WORKERS }; // two that see everything, and the owners of addresses

struct stress {
    struct batch_pool *batches;
    struct block_pool *blocks;
    struct block *block; /**< shared by successive batches, as the reader's is */
    struct batch *under_way[SLOTS];
    uint64_t number;
    struct deal deal;
    uint64_t sums[READERS];
    uint64_t last[READERS];
    atomic_ulong released;
    atomic_bool broken;
};

static struct stress stress;

static void release(void *buffer)
{
    free(buffer);
    atomic_fetch_add(&stress.released, 1);
}

static bool read_batch(void *context, uint32_t slot, uint32_t lane)
{
    struct batch *batch = batch_take(stress.batches);
    (void)context;
    (void)lane;
    if (stress.number / PACKETS % 3 == 0) {
        block_release(stress.block);
        stress.block = block_take(stress.blocks, BLOCK_SIZE);
    }
    block_hold(stress.block);
    batch->block = stress.block;
    batch->sequence = stress.number / PACKETS + 1;
    for (uint32_t i = 0; i < PACKETS; i++) {
        uint64_t number = ++stress.number;
        size_t place = number % BLOCK_SIZE;
        stress.block->data[place] = (uint8_t)number;
        batch->packets[i] = (struct palua_packet){.number = number,
                                                  .data = &stress.block->data[place],
                                                  .caplen = 1,
                                                  .flags = i % 5 ? PALUA_PACKET_FLOW : 0,
                                                  .flow_hash = (uint32_t)number * 0x9e3779b1U};
    }
    batch->count = PACKETS;
    stress.under_way[slot] = batch;
    return stress.number < (uint64_t)BATCHES * PACKETS;
}

static bool share(void *context, uint32_t slot, uint32_t lane)
{
    (void)context;
    (void)lane;
    share_batch(stress.under_way[slot], false);
    return true;
}

/** An event per packet, of one of 256 addresses. */
static struct palua_event *event_new(const struct palua_packet *packet, struct arena *arena)
{
    struct packet_event *event = arena_zalloc(arena, sizeof *event, _Alignof(struct packet_event));
    uint8_t *address = arena_zalloc(arena, 4, 1);
    address[0] = packet->data[0];
    event->event.packet = packet;
    event->src = (struct palua_slice){address, 4, 0};
    return &event->event;
}

/** Events, which are dealt out, and a retired buffer per batch. */
static bool work(void *context, uint32_t slot, uint32_t lane)
{
    struct batch *batch = stress.under_way[slot];
    struct part *part = &batch->parts[lane];
    const struct batch_share *share = &batch->shares[lane];
    (void)context;
    for (uint32_t i = 0; i < share->count; i++) {
        uint32_t packet = share->packets[i];
        event_queue_push(&part->queues[EVENT_PACKET],
                         event_new(&batch->packets[packet], &part->arena), event_key(packet, 0, 0));
    }
    deal_part(&stress.deal, WORKERS, part);
    part_retire(part, malloc(16), release);
    return true;
}

/** What a reader reads of a part: everything, or what it owns. */
static const struct event_queue *queue_of(const struct part *part, uint32_t lane)
{
    return lane < SERIAL ? &part->queues[EVENT_PACKET]
                         : &part->dealt[0][EVENT_PACKET][lane - SERIAL];
}

/** The event that comes next of all parts; NULL after the last. */
static const struct palua_event *next_event(const struct batch *batch, uint32_t lane,
                                            uint32_t next[WORKERS])
{
    const struct event_queue *first = NULL;
    uint32_t from = 0;
    for (uint32_t part = 0; part < WORKERS; part++) {
        const struct event_queue *queue = queue_of(&batch->parts[part], lane);
        if (next[part] < queue->count &&
            (!first ||
             batch_event_before(batch, queue->keys[next[part]], first->keys[next[from]]))) {
            first = queue;
            from = part;
        }
    }
    return first ? first->events[next[from]++] : NULL;
}

/** Merges the parts as an analysis does that waits for all workers. */
static bool analyse(void *context, uint32_t slot, uint32_t lane)
{
    const struct batch *batch = stress.under_way[slot];
    uint32_t next[WORKERS] = {0};
    (void)context;
    for (const struct palua_event *event; (event = next_event(batch, lane, next));) {
        uint64_t number = event->packet->number, last = stress.last[lane];
        if (lane < SERIAL ? number != last + 1 : number <= last)
            atomic_store(&stress.broken, true);
        stress.last[lane] = number;
        stress.sums[lane] += number;
    }
    return true;
}

static bool give(void *context, uint32_t slot, uint32_t lane)
{
    (void)context;
    (void)lane;
    batch_give(stress.batches, stress.under_way[slot]);
    return true;
}

int main(void)
{
    const struct pipeline_stage stages[] = {
        {.lanes = 1, .run = read_batch}, {.lanes = 1, .run = share},
        {.lanes = WORKERS, .run = work}, {.lanes = READERS, .run = analyse},
        {.lanes = 1, .run = give},
    };
    stress.deal.partition = PALUA_PARTITION_SRC;
    deal_add(&stress.deal, EVENT_PACKET);
    stress.batches = batch_pool_new(SLOTS, PACKETS, WORKERS, 1);
    stress.blocks = block_pool_new(BLOCK_SIZE);
    stress.block = block_take(stress.blocks, BLOCK_SIZE);
    struct pipeline *pipeline = pipeline_new(stages, 5, SLOTS, false, NULL);
    pipeline_run(pipeline, WORKERS);
    pipeline_free(pipeline);
    block_release(stress.block);
    batch_pool_free(stress.batches);
    block_pool_free(stress.blocks);
    deal_fini(&stress.deal);
    uint64_t total = (uint64_t)BATCHES * PACKETS, sum = total * (total + 1) / 2, owned = 0;
    for (uint32_t i = 0; i < SERIAL; i++)
        if (stress.sums[i] != sum)
            atomic_store(&stress.broken, true);
    for (uint32_t i = SERIAL; i < READERS; i++)
        owned += stress.sums[i];
    if (owned != sum)
        atomic_store(&stress.broken, true);
    if (atomic_load(&stress.released) != (unsigned long)BATCHES * WORKERS)
        atomic_store(&stress.broken, true);
    puts(stress.broken ? "something got lost or out of order"
                       : "every packet came through, in order");
    return stress.broken;
}
