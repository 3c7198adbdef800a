// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stddef.h>
#include <string.h>

#include "decode/decode.h"
#include "decode/tuple.h"

/** The IP layer before a carrier; there is one. */
static uint32_t network_of(const struct palua_packet *packet, uint32_t layer)
{
    while (layer > 0 && !decode_is_ip(&packet->layers[layer]))
        layer--;
    return layer;
}

void decode_carrier(const struct palua_packet *packet, uint32_t layer, struct palua_packet *out)
{
    struct decode_tuple tuple;
    memcpy(out, packet,
           offsetof(struct palua_packet, layers) + (layer + 1) * sizeof packet->layers[0]);
    out->layer_count = (uint8_t)(layer + 1);
    out->transport = (uint8_t)layer;
    out->network = (uint8_t)network_of(packet, layer);
    out->flags =
        (packet->flags & (PALUA_PACKET_TRUNCATED | PALUA_PACKET_NO_TIME)) | PALUA_PACKET_FLOW;
    out->context = tuple_around(packet, out->network);
    out->flow_hash = decode_tuple(out, &tuple) ? decode_tuple_hash(&tuple) : 0;
}
