// SPDX-License-Identifier: MIT OR Apache-2.0
/** What holds for every decoded packet, whatever its bytes: shared by the unit tests and the fuzz
 * target.
 *
 * check_packet returns NULL, or the sentence that does not hold. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "decode/decode.h"
#include "decode/tuple.h"
#include "decode/walk.h"
#include "flow/key.h"

#define CHECK_THAT(condition)  \
    do {                       \
        if (!(condition))      \
            return #condition; \
    } while (0)

static inline const char *check_layer(const struct palua_packet *packet, uint32_t index)
{
    const struct palua_layer *layer = &packet->layers[index];
    struct palua_slice bytes = palua_layer_bytes(packet, index);
    uint64_t end = (uint64_t)layer->offset + layer->len;
    CHECK_THAT(layer->buffer == 0);
    CHECK_THAT(layer->offset <= packet->caplen);
    CHECK_THAT(layer->header_len <= layer->len);
    CHECK_THAT(!(layer->flags & PALUA_LAYER_CUT) == (bytes.len == layer->len));
    CHECK_THAT(layer->flags & PALUA_LAYER_CONTEXT || layer->context == 0);
    if (index == 0)
        return NULL;
    const struct palua_layer *outer = layer - 1;
    CHECK_THAT(layer->offset == outer->offset + outer->header_len);
    CHECK_THAT(end <= (uint64_t)outer->offset + outer->len);
    CHECK_THAT((layer->flags & PALUA_LAYER_QUOTED) >= (outer->flags & PALUA_LAYER_QUOTED));
    return NULL;
}

/** The flow table names a packet's flow by a way of its own, which must come to the same. */
static inline const char *check_key(const struct palua_packet *packet,
                                    const struct decode_tuple *tuple)
{
    struct flow_key by_tuple, by_packet;
    uint8_t tuple_swapped, packet_swapped;
    flow_key_of(tuple, &by_tuple, &tuple_swapped);
    CHECK_THAT(flow_key_of_packet(packet, &by_packet, &packet_swapped));
    CHECK_THAT(memcmp(&by_tuple, &by_packet, sizeof by_tuple) == 0);
    CHECK_THAT(tuple_swapped == packet_swapped);
    return NULL;
}

static inline const char *check_tuple(const struct palua_packet *packet)
{
    struct decode_tuple tuple, back;
    bool flow = packet->flags & PALUA_PACKET_FLOW;
    CHECK_THAT(decode_tuple(packet, &tuple) == flow);
    if (!flow)
        return NULL;
    CHECK_THAT(packet->network != PALUA_NO_LAYER);
    CHECK_THAT(tuple.src.len == tuple.dst.len && (tuple.src.len == 4 || tuple.src.len == 16));
    back = tuple;
    back.src = tuple.dst;
    back.dst = tuple.src;
    back.sport = tuple.dport;
    back.dport = tuple.sport;
    CHECK_THAT(packet->flow_hash == decode_tuple_hash(&tuple));
    CHECK_THAT(packet->flow_hash == decode_tuple_hash(&back));
    return check_key(packet, &tuple);
}

/** Tunnels lie around what they carry, and only what is keyed makes a context. */
static inline const char *check_context(const struct palua_packet *packet)
{
    struct decode_tunnel tunnel;
    uint32_t around = packet->layer_count;
    while (decode_tunnel(packet, around, &tunnel)) {
        CHECK_THAT(tunnel.layer < around);
        CHECK_THAT(tunnel.outer == PALUA_NO_LAYER || tunnel.outer <= tunnel.layer);
        CHECK_THAT(!(packet->layers[tunnel.layer].flags & PALUA_LAYER_QUOTED));
        around = tunnel.layer;
    }
    uint32_t keyed = 0;
    for (uint32_t i = 0; packet->network != PALUA_NO_LAYER && i < packet->network; i++)
        keyed += packet->layers[i].flags & PALUA_LAYER_KEYED ? 1 : 0;
    CHECK_THAT(keyed || packet->context == 0);
    CHECK_THAT(packet->network == PALUA_NO_LAYER ||
               packet->context == tuple_around(packet, packet->network));
    for (around = decode_next_carrier(packet, 0); around != PALUA_NO_LAYER;
         around = decode_next_carrier(packet, around + 1)) {
        struct palua_packet view;
        struct decode_tuple tuple;
        decode_carrier(packet, around, &view);
        CHECK_THAT(!(packet->layers[around].flags & PALUA_LAYER_QUOTED));
        CHECK_THAT(decode_tuple(&view, &tuple));
        CHECK_THAT(view.flow_hash == decode_tuple_hash(&tuple));
    }
    return NULL;
}

static inline const char *check_ends(const struct palua_packet *packet)
{
    if (packet->network != PALUA_NO_LAYER) {
        CHECK_THAT(packet->network < packet->layer_count);
        const struct palua_layer *layer = &packet->layers[packet->network];
        CHECK_THAT(layer->protocol == PALUA_PROTOCOL_IP || layer->protocol == PALUA_PROTOCOL_IPV6);
        CHECK_THAT(!(layer->flags & PALUA_LAYER_QUOTED));
        CHECK_THAT(!(packet->flags & PALUA_PACKET_FRAGMENT) ==
                   !(layer->flags & PALUA_LAYER_FRAGMENT));
    }
    if (packet->transport != PALUA_NO_LAYER) {
        CHECK_THAT(packet->transport < packet->layer_count);
        const struct palua_layer *layer = &packet->layers[packet->transport];
        CHECK_THAT(
            (layer->protocol >= PALUA_PROTOCOL_ICMP && layer->protocol <= PALUA_PROTOCOL_UDP) ||
            (layer->protocol >= PALUA_PROTOCOL_SCTP && layer->protocol <= PALUA_PROTOCOL_UDPLITE));
        CHECK_THAT(!(layer->flags & PALUA_LAYER_QUOTED));
        CHECK_THAT(packet->network == PALUA_NO_LAYER || packet->transport > packet->network);
    }
    return NULL;
}

static inline const char *check_anomalies(const struct palua_packet *packet,
                                          const struct anomaly_list *anomalies,
                                          const struct decoder *decoder)
{
    uint32_t told = 0;
    for (size_t i = 0; i < anomalies->count; i++) {
        const struct decode_anomaly *item = &anomalies->items[i];
        CHECK_THAT(strcmp(decoder_fault_name(decoder, item->code), "unknown") != 0);
        CHECK_THAT(item->layer <= packet->layer_count);
        CHECK_THAT(item->offset <= packet->caplen);
        told |= 1u << item->layer;
    }
    CHECK_THAT(anomalies->count <= 3 * PALUA_LAYER_CAP + 1);
    CHECK_THAT(!(packet->flags & PALUA_PACKET_ANOMALY) == !anomalies->count);
    for (uint32_t i = 0; i < packet->layer_count; i++)
        if (packet->layers[i].flags & PALUA_LAYER_BAD)
            CHECK_THAT(told & 1u << i);
    return NULL;
}

/** Compares two decodings of the same packet, as far as they mean anything. */
static inline const char *check_same(const struct palua_packet *a, const struct palua_packet *b)
{
    CHECK_THAT(a->layer_count == b->layer_count);
    CHECK_THAT(a->network == b->network);
    CHECK_THAT(a->transport == b->transport);
    CHECK_THAT(a->flags == b->flags);
    CHECK_THAT(a->context == b->context);
    CHECK_THAT(!(a->flags & PALUA_PACKET_FLOW) || a->flow_hash == b->flow_hash);
    for (uint32_t i = 0; i < a->layer_count; i++) {
        const struct palua_layer *x = &a->layers[i], *y = &b->layers[i];
        CHECK_THAT(x->protocol == y->protocol);
        CHECK_THAT(x->buffer == y->buffer);
        CHECK_THAT(x->flags == y->flags);
        CHECK_THAT(x->offset == y->offset);
        CHECK_THAT(x->len == y->len);
        CHECK_THAT(x->header_len == y->header_len);
        CHECK_THAT(x->aux == y->aux);
        CHECK_THAT(!(x->flags & PALUA_LAYER_CONTEXT) || x->context == y->context);
    }
    return NULL;
}

/** Decodes the packet as it was given once more, header by header, and compares.
 * @param decoded  by decode_batch
 * @param given    as it was before */
static inline const char *check_walk(const struct decoder *decoder,
                                     const struct palua_packet *decoded,
                                     const struct palua_packet *given, size_t anomaly_count)
{
    struct palua_packet packet = *given;
    struct batch batch = {.packets = &packet, .count = 1};
    decode_walk(decoder, &batch, 0);
    size_t count = batch.anomalies.count;
    memory_free(batch.anomalies.items);
    CHECK_THAT(count == anomaly_count);
    return check_same(decoded, &packet);
}

/** @param anomalies  of this packet only */
static inline const char *check_packet(const struct palua_packet *packet,
                                       const struct anomaly_list *anomalies,
                                       const struct decoder *decoder)
{
    CHECK_THAT(packet->layer_count <= PALUA_LAYER_CAP);
    CHECK_THAT(!(packet->flags & PALUA_PACKET_TRUNCATED) == (packet->caplen >= packet->origlen));
    const char *wrong = NULL;
    for (uint32_t i = 0; i < packet->layer_count && !wrong; i++)
        wrong = check_layer(packet, i);
    if (!wrong)
        wrong = check_ends(packet);
    if (!wrong)
        wrong = check_tuple(packet);
    if (!wrong)
        wrong = check_context(packet);
    return wrong ? wrong : check_anomalies(packet, anomalies, decoder);
}
