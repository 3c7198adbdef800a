// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/chunks.h"

/** Bits of the flags of DATA and I-DATA. */
enum { FLAG_ENDING = 1, FLAG_BEGINNING = 2, FLAG_UNORDERED = 4 };

static bool take(struct chunk_item *out, enum chunk_item_field field, bool there)
{
    out->present |= there ? UINT64_C(1) << field : 0;
    return there;
}

static bool take_u16(struct cursor *in, struct chunk_item *out, enum chunk_item_field field,
                     uint16_t *value)
{
    return take(out, field, cursor_u16(in, value));
}

static bool take_u32(struct cursor *in, struct chunk_item *out, enum chunk_item_field field,
                     uint32_t *value)
{
    return take(out, field, cursor_u32(in, value));
}

/** RFC 9260 section 3.3.1: ... | TSN | stream identifier | stream sequence number | PPID | data. */
static bool read_data(struct cursor *in, struct chunk_item *out)
{
    return take_u32(in, out, CHUNK_ITEM_TSN, &out->tsn) &&
           take_u16(in, out, CHUNK_ITEM_SID, &out->sid) &&
           take_u16(in, out, CHUNK_ITEM_SSN, &out->ssn) &&
           take_u32(in, out, CHUNK_ITEM_PPID, &out->ppid);
}

/** RFC 8260 section 2.1: ... | TSN | stream identifier | reserved | message identifier | PPID in
 * the first fragment, in the others their number | data. */
static bool read_i_data(struct cursor *in, struct chunk_item *out)
{
    if (!take_u32(in, out, CHUNK_ITEM_TSN, &out->tsn) ||
        !take_u16(in, out, CHUNK_ITEM_SID, &out->sid) || !cursor_skip(in, 2) ||
        !take_u32(in, out, CHUNK_ITEM_MID, &out->mid))
        return false;
    return out->beginning ? take_u32(in, out, CHUNK_ITEM_PPID, &out->ppid)
                          : take_u32(in, out, CHUNK_ITEM_FSN, &out->fsn);
}

static struct palua_slice rest_of(const struct cursor *in)
{
    return (struct palua_slice){in->pos, (uint32_t)cursor_left(in), 0};
}

/** A chunk with user data, which is what its `data` shows. */
static void note_data(struct cursor in, struct chunk_item *out)
{
    out->beginning = out->flags & FLAG_BEGINNING ? 1 : 0;
    out->ending = out->flags & FLAG_ENDING ? 1 : 0;
    out->unordered = out->flags & FLAG_UNORDERED ? 1 : 0;
    out->present |= UINT64_C(1) << CHUNK_ITEM_BEGINNING | UINT64_C(1) << CHUNK_ITEM_ENDING |
                    UINT64_C(1) << CHUNK_ITEM_UNORDERED;
    bool whole = out->type == CHUNK_DATA ? read_data(&in, out) : read_i_data(&in, out);
    out->data = rest_of(&in);
    if (!whole)
        out->data.len = 0;
}

/** Sections 3.3.2 to 3.3.4 and 3.3.8; NR-SACK begins as SACK does. */
static void note_control(struct cursor in, struct chunk_item *out)
{
    switch (out->type) {
    case CHUNK_INIT:
    case CHUNK_INIT_ACK:
        if (take_u32(&in, out, CHUNK_ITEM_INITIATE_TAG, &out->initiate_tag))
            take_u32(&in, out, CHUNK_ITEM_A_RWND, &out->a_rwnd);
        return;
    case CHUNK_SACK:
    case CHUNK_NR_SACK:
        if (take_u32(&in, out, CHUNK_ITEM_CUMULATIVE_TSN_ACK, &out->cumulative_tsn_ack))
            take_u32(&in, out, CHUNK_ITEM_A_RWND, &out->a_rwnd);
        return;
    case CHUNK_SHUTDOWN:
        take_u32(&in, out, CHUNK_ITEM_CUMULATIVE_TSN_ACK, &out->cumulative_tsn_ack);
        return;
    default:
        return;
    }
}

struct chunk_walk chunks_walk(const struct palua_packet *packet, uint32_t layer)
{
    if (layer >= packet->layer_count || packet->layers[layer].protocol != PALUA_PROTOCOL_SCTP)
        return (struct chunk_walk){0};
    struct palua_slice bytes = palua_layer_payload(packet, layer);
    return chunk_walk_of(cursor_of(bytes.data, bytes.len), palua_layer_payload_len(packet, layer));
}

bool chunks_next(struct chunk_walk *walk, struct chunk_item *out)
{
    struct chunk chunk;
    if (chunk_next(walk, &chunk) != CHUNK_READ)
        return false;
    *out = (struct chunk_item){.type = chunk.type,
                               .flags = chunk.flags,
                               .length = chunk.length,
                               .data = rest_of(&chunk.value)};
    if (chunk.type == CHUNK_DATA || chunk.type == CHUNK_I_DATA)
        note_data(chunk.value, out);
    else
        note_control(chunk.value, out);
    return true;
}

struct palua_list chunks_list(const struct palua_packet *packet, uint32_t layer,
                              struct arena *arena)
{
    struct chunk_walk walk = chunks_walk(packet, layer);
    struct chunk_item item;
    struct palua_list out = {0};
    for (struct chunk_walk count = walk; chunks_next(&count, &item);)
        out.count++;
    struct chunk_item *items =
        arena_alloc(arena, (out.count + (size_t)1) * sizeof *items, _Alignof(struct chunk_item));
    for (uint32_t i = 0; chunks_next(&walk, &item); i++)
        items[i] = item;
    out.items = items;
    return out;
}
