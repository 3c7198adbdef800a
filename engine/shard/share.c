// SPDX-License-Identifier: MIT OR Apache-2.0
#include "shard/share.h"

#include "base/memory.h"
#include "decode/decode.h"

/** The parts that a packet is listed in: bits. */
static uint64_t parts_of(const struct palua_packet *packet, uint32_t parts, bool carriers)
{
    uint64_t out = UINT64_C(1) << share_owner(packet, parts);
    uint32_t layer = carriers ? decode_next_carrier(packet, 0) : PALUA_NO_LAYER;
    for (; layer != PALUA_NO_LAYER; layer = decode_next_carrier(packet, layer + 1)) {
        struct palua_packet view;
        decode_carrier(packet, layer, &view);
        out |= UINT64_C(1) << share_part(view.flow_hash, parts);
    }
    return out;
}

/** The parts of every packet, and how many packets each part has. */
static uint64_t *assign(struct batch *batch, bool carriers, uint32_t *counts)
{
    uint64_t *parts =
        arena_alloc(&batch->arena, memory_mul(batch->count, sizeof *parts), sizeof *parts);
    for (uint32_t i = 0; i < batch->count; i++) {
        parts[i] = parts_of(&batch->packets[i], batch->part_count, carriers);
        for (uint64_t rest = parts[i]; rest; rest &= rest - 1)
            counts[__builtin_ctzll(rest)]++;
    }
    return parts;
}

void share_batch(struct batch *batch, bool carriers)
{
    uint32_t parts = batch->part_count;
    _Static_assert(EVENT_KEY_PART_CAP <= 64, "a bit for each part");
    if (parts == 1)
        return;
    uint32_t counts[EVENT_KEY_PART_CAP] = {0};
    const uint64_t *listed = assign(batch, carriers, counts);
    struct batch_share *shares = arena_zalloc(&batch->arena, memory_mul(parts, sizeof *shares),
                                              _Alignof(struct batch_share));
    uint32_t *ends[EVENT_KEY_PART_CAP];
    for (uint32_t part = 0; part < parts; part++) {
        ends[part] =
            arena_alloc(&batch->arena, memory_mul(counts[part], sizeof **ends) + 1, sizeof **ends);
        shares[part] = (struct batch_share){.packets = ends[part], .count = counts[part]};
    }
    for (uint32_t i = 0; i < batch->count; i++)
        for (uint64_t rest = listed[i]; rest; rest &= rest - 1)
            *ends[__builtin_ctzll(rest)]++ = i;
    batch->shares = shares;
}
