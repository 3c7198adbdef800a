// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

static void append(struct batch *batch, struct decode_anomaly anomaly)
{
    struct anomaly_list *list = &batch->anomalies;
    if (list->count == list->cap)
        list->items = memory_grow(list->items, &list->cap, list->count + 1, sizeof *list->items);
    list->items[list->count++] = anomaly;
}

void walk_fault(struct walk *walk, uint16_t code, uint32_t layer, uint32_t offset)
{
    append(walk->batch,
           (struct decode_anomaly){
               .packet = walk->index, .code = code, .layer = (uint8_t)layer, .offset = offset});
    walk->flags |= PALUA_PACKET_ANOMALY;
}

void decode_raise(struct batch *batch, uint32_t index, enum decode_fault code, uint8_t layer,
                  uint32_t offset)
{
    append(batch, (struct decode_anomaly){
                      .packet = index, .code = (uint16_t)code, .layer = layer, .offset = offset});
    batch->packets[index].flags |= PALUA_PACKET_ANOMALY;
}

void decode_order(struct batch *batch, size_t first)
{
    struct anomaly_list *list = &batch->anomalies;
    size_t ours = list->count - first, at = list->count;
    if (!first || !ours)
        return;
    struct decode_anomaly *found = arena_copy(
        &batch->arena, list->items + first, ours * sizeof *found, _Alignof(struct decode_anomaly));
    while (ours)
        if (first && list->items[first - 1].packet > found[ours - 1].packet)
            list->items[--at] = list->items[--first];
        else
            list->items[--at] = found[--ours];
}

static void fault_in_last(struct walk *walk, enum decode_fault code, uint32_t field)
{
    walk_fault(walk, (uint16_t)code, walk->count - 1u, walk_last(walk)->offset + field);
}

/** Leaves no payload to the layer added last. */
static void swallow(struct walk *walk)
{
    struct palua_layer *layer = walk_last(walk);
    layer->header_len = layer->len < UINT16_MAX ? (uint16_t)layer->len : UINT16_MAX;
}

unsigned walk_short(struct walk *walk, uint16_t protocol, uint32_t need)
{
    struct palua_layer *layer = walk_layer(walk, protocol, need, 0);
    if (walk->left >= need) {
        fault_in_last(walk, DECODE_FAULT_SNAPLEN_CUT, 0);
        return WALK_END;
    }
    swallow(walk);
    if (!walk->quoted) {
        layer->flags |= PALUA_LAYER_BAD;
        fault_in_last(walk, DECODE_FAULT_HEADER_CUT, 0);
    }
    return WALK_END;
}

unsigned walk_bad(struct walk *walk, enum decode_fault code, uint32_t field)
{
    swallow(walk);
    walk_odd(walk, code, field);
    return WALK_END;
}

unsigned walk_overrun(struct walk *walk, enum decode_fault code, uint32_t field)
{
    if (!walk->quoted)
        return walk_bad(walk, code, field);
    swallow(walk);
    return WALK_END;
}

void walk_odd(struct walk *walk, enum decode_fault code, uint32_t field)
{
    walk_last(walk)->flags |= PALUA_LAYER_BAD;
    fault_in_last(walk, code, field);
}

unsigned walk_through(struct walk *walk, uint16_t protocol, uint32_t header_len, uint16_t aux,
                      unsigned next)
{
    walk_layer(walk, protocol, header_len, aux);
    if (header_len > walk->left || header_len > UINT16_MAX)
        return walk_overrun(walk, DECODE_FAULT_HEADER_CUT, 0);
    return walk_behind(walk, header_len) ? next : WALK_END;
}

/** Notes what a plugin finds wrong with the layer added last. */
static void plugin_fault(struct walk *walk, uint32_t plugin, const struct palua_decoded *found)
{
    struct palua_layer *layer = walk_last(walk);
    const struct palua_plugin *of = walk->decoder->plugins[plugin];
    if (found->anomaly > of->anomaly_count) {
        fprintf(stderr, "palua: plugin '%s' raised anomaly %u, it declares %" PRIu32 "\n", of->name,
                found->anomaly - 1u, of->anomaly_count);
        abort();
    }
    uint32_t captured = (uint32_t)cursor_left(&walk->in);
    uint32_t offset = found->anomaly_offset < captured ? found->anomaly_offset : captured;
    layer->flags |= PALUA_LAYER_BAD;
    walk_fault(walk, (uint16_t)(walk->decoder->fault_base[plugin] + found->anomaly - 1),
               walk->count - 1u, layer->offset + offset);
}

static void plugin_context(struct walk *walk, const struct palua_decoded *found)
{
    if (found->context_kind == PALUA_CONTEXT_NETWORK)
        walk_context(walk, DECODE_CONTEXT_NETWORK, found->context);
    else if (found->context_kind == PALUA_CONTEXT_SESSION)
        walk_context(walk, DECODE_CONTEXT_SESSION, found->context);
}

/** Looks up what a plugin says comes next. */
static unsigned plugin_next(struct walk *walk, const struct palua_decoded *found)
{
    const struct decoder *decoder = walk->decoder;
    if (found->next_kind == PALUA_ON_IP_PROTOCOL && found->next_value < 256)
        return ip_next(walk, (uint8_t)found->next_value);
    walk->ip = PALUA_NO_LAYER;
    if (found->next_kind == PALUA_ON_LINKTYPE)
        return decoder->linktypes[found->next_value];
    return found->next_kind == PALUA_ON_ETHERTYPE ? decoder->ethertypes[found->next_value]
                                                  : WALK_DATA;
}

/** Moves behind a plugin's header and bounds what follows. */
static bool plugin_behind(struct walk *walk, const struct palua_decoded *found)
{
    if (found->header_len > walk->left) {
        walk_overrun(walk, DECODE_FAULT_HEADER_CUT, 0);
        return false;
    }
    if (!walk_behind(walk, found->header_len))
        return false;
    if (found->payload_len <= walk->left)
        walk_trim(walk, found->payload_len);
    else if (found->payload_len != UINT32_MAX && !walk->quoted)
        walk_odd(walk, DECODE_FAULT_PAYLOAD_LEN, 0);
    return true;
}

unsigned walk_plugin(struct walk *walk, unsigned slot)
{
    struct palua_decoded found = {.payload_len = UINT32_MAX};
    if (walk->count) {
        found.outer = walk_last(walk)->protocol;
        found.outer_aux = walk_last(walk)->aux;
    }
    struct palua_slice in = {.data = walk->in.pos, .len = (uint32_t)cursor_left(&walk->in)};
    uint32_t plugin = slot - DECODER_SLOT_PLUGIN;
    if (!walk->decoder->plugins[plugin]->decode(in, &found))
        return WALK_REFUSED;
    if (walk->count == PALUA_LAYER_CAP) {
        walk_fault(walk, DECODE_FAULT_TOO_MANY_LAYERS, walk->count, walk_offset(walk));
        return WALK_END;
    }
    /* A header of more than 64 KiB is no header; the record has 16 bits for it. */
    if (found.header_len > UINT16_MAX)
        found.header_len = UINT32_MAX;
    walk_layer(walk, (uint16_t)(PALUA_PROTOCOL_PLUGIN + plugin), found.header_len, found.aux);
    plugin_context(walk, &found);
    if (found.anomaly)
        plugin_fault(walk, plugin, &found);
    return plugin_behind(walk, &found) ? plugin_next(walk, &found) : WALK_END;
}
