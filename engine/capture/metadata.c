// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/metadata.h"

#include "base/memory.h"
#include "capture/order.h"

enum {
    SECTION_FIXED_LEN = 16,
    INTERFACE_FIXED_LEN = 8,
    STATISTICS_FIXED_LEN = 12,
    PACKET_FIXED_LEN = 20
};

void metadata_init(struct metadata *metadata, size_t memory_cap)
{
    *metadata = (struct metadata){.memory_cap = memory_cap};
    arena_init(&metadata->arena);
}

void metadata_fini(struct metadata *metadata)
{
    arena_fini(&metadata->arena);
    memory_free(metadata->items);
}

/** Keeps one item; its value is copied. */
static void keep(struct metadata *metadata, struct metadata_item item, struct cursor value)
{
    size_t len = cursor_left(&value), need = len + sizeof item;
    if (need > metadata->memory_cap - metadata->memory) {
        metadata->dropped++;
        return;
    }
    metadata->memory += need;
    item.value.len = (uint32_t)len;
    item.value.data = len ? arena_copy(&metadata->arena, value.pos, len, 1) : NULL;
    metadata->items =
        memory_grow(metadata->items, &metadata->cap, metadata->count + 1, sizeof *metadata->items);
    metadata->items[metadata->count++] = item;
}

/** Options or records: code, length, value, padding; up to an end marker, or else to the end of the
 * block. One that runs past it ends them. @return behind the end marker */
static struct cursor keep_list(struct metadata *metadata, struct metadata_item item,
                               struct cursor in)
{
    uint16_t len;
    struct cursor value;
    while (order_u16(&in, item.big, &item.code) && order_u16(&in, item.big, &len) &&
           item.code != OPTION_END && cursor_sub(&in, len, &value)) {
        keep(metadata, item, value);
        if (!cursor_skip(&in, -(unsigned)len & 3))
            break;
    }
    return in;
}

/** The first `len` bytes are fixed, the rest is options. */
static void keep_fixed(struct metadata *metadata, struct metadata_item item, struct cursor body,
                       size_t len)
{
    struct cursor fixed;
    if (!cursor_sub(&body, len, &fixed))
        return;
    keep(metadata, item, fixed);
    item.part = METADATA_OPTION;
    (void)keep_list(metadata, item, body);
}

static void keep_names(struct metadata *metadata, struct metadata_item item, struct cursor body)
{
    item.part = METADATA_RECORD;
    struct cursor options = keep_list(metadata, item, body);
    item.part = METADATA_OPTION;
    (void)keep_list(metadata, item, options);
}

static void keep_secrets(struct metadata *metadata, struct metadata_item item, struct cursor body)
{
    struct cursor fixed = body;
    uint32_t type, len;
    if (!order_u32(&body, item.big, &type) || !order_u32(&body, item.big, &len) ||
        !cursor_skip(&body, len))
        return;
    cursor_clip(&fixed, 8 + (size_t)len);
    keep(metadata, item, fixed);
    item.part = METADATA_OPTION;
    if (cursor_skip(&body, -len & 3))
        (void)keep_list(metadata, item, body);
}

static void keep_packet(struct metadata *metadata, struct metadata_item item, struct cursor body)
{
    struct cursor lengths = body;
    uint32_t caplen;
    if (!cursor_skip(&lengths, 12) || !order_u32(&lengths, item.big, &caplen) ||
        !cursor_skip(&body, PACKET_FIXED_LEN) || !cursor_skip(&body, caplen) ||
        !cursor_skip(&body, -caplen & 3))
        return;
    item.part = METADATA_OPTION;
    (void)keep_list(metadata, item, body);
}

/** An interface of the section, within the file; one that is not described is none. */
static uint32_t interface_within(const struct metadata_place *place, uint32_t id)
{
    uint32_t count = place->interface + 1 - place->interface_base;
    return id < count ? place->interface_base + id : METADATA_NO_INTERFACE;
}

/** The interface that the block is about. */
static uint32_t interface_of(const struct metadata_place *place, uint32_t block, struct cursor body)
{
    uint32_t id;
    uint16_t short_id;
    if (block == METADATA_INTERFACE)
        return place->interface;
    if (block == METADATA_PACKET_OBSOLETE && order_u16(&body, place->big, &short_id))
        return interface_within(place, short_id);
    if ((block == METADATA_PACKET || block == METADATA_STATISTICS) &&
        order_u32(&body, place->big, &id))
        return interface_within(place, id);
    return METADATA_NO_INTERFACE;
}

void metadata_add(struct metadata *metadata, const struct metadata_place *place, uint32_t block,
                  struct cursor body)
{
    struct metadata_item item = {
        .block = block,
        .big = place->big,
        .file = place->file,
        .frame = place->frame,
        .offset = place->offset,
        .interface = interface_of(place, block, body),
    };
    switch (block) {
    case METADATA_SECTION:
        keep_fixed(metadata, item, body, SECTION_FIXED_LEN);
        break;
    case METADATA_INTERFACE:
        keep_fixed(metadata, item, body, INTERFACE_FIXED_LEN);
        break;
    case METADATA_STATISTICS:
        keep_fixed(metadata, item, body, STATISTICS_FIXED_LEN);
        break;
    case METADATA_NAMES:
        keep_names(metadata, item, body);
        break;
    case METADATA_SECRETS:
        keep_secrets(metadata, item, body);
        break;
    case METADATA_PACKET:
    case METADATA_PACKET_OBSOLETE:
        keep_packet(metadata, item, body);
        break;
    default:
        keep(metadata, item, body);
    }
}

bool metadata_uint(const struct metadata_item *item, uint64_t *out)
{
    struct cursor in = cursor_of(item->value.data, item->value.len);
    uint32_t word;
    uint16_t half;
    uint8_t byte;
    switch (item->value.len) {
    case 8:
        return order_u64(&in, item->big, out);
    case 4:
        if (!order_u32(&in, item->big, &word))
            return false;
        *out = word;
        return true;
    case 2:
        if (!order_u16(&in, item->big, &half))
            return false;
        *out = half;
        return true;
    case 1:
        if (!cursor_u8(&in, &byte))
            return false;
        *out = byte;
        return true;
    default:
        return false;
    }
}
