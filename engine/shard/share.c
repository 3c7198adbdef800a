// SPDX-License-Identifier: MIT OR Apache-2.0
#include "shard/share.h"

#include "base/memory.h"

static uint32_t shard_of(const struct palua_packet *packet)
{
    if (packet->flags & PALUA_PACKET_FLOW)
        return shard_of_flow(packet->flow_hash);
    return (uint32_t)(packet->number % SHARD_COUNT);
}

/** The worker of every packet, and how many each has. */
static uint8_t *assign(struct batch *batch, uint32_t *counts)
{
    uint32_t parts = batch->part_count;
    uint8_t *workers = arena_alloc(&batch->arena, batch->count, 1);
    for (uint32_t i = 0; i < batch->count; i++) {
        workers[i] = (uint8_t)(shard_of(&batch->packets[i]) * parts / SHARD_COUNT);
        counts[workers[i]]++;
    }
    return workers;
}

void share_batch(struct batch *batch)
{
    uint32_t parts = batch->part_count;
    if (parts == 1)
        return;
    uint32_t counts[EVENT_KEY_PART_CAP] = {0};
    const uint8_t *workers = assign(batch, counts);
    struct batch_share *shares = arena_zalloc(&batch->arena, memory_mul(parts, sizeof *shares),
                                              _Alignof(struct batch_share));
    uint32_t *all = arena_alloc(&batch->arena, memory_mul(batch->count, sizeof *all), sizeof *all);
    uint32_t *ends[EVENT_KEY_PART_CAP];
    for (uint32_t part = 0; part < parts; part++) {
        shares[part] = (struct batch_share){.packets = all, .count = counts[part]};
        ends[part] = all;
        all += counts[part];
    }
    for (uint32_t i = 0; i < batch->count; i++)
        *ends[workers[i]]++ = i;
    batch->shares = shares;
}
