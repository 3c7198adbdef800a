// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/decode.h"

/** The IP layer before a layer. */
static uint8_t carrier(const struct palua_packet *packet, uint32_t layer)
{
    while (layer-- > 0)
        if (decode_is_ip(&packet->layers[layer]))
            return (uint8_t)layer;
    return PALUA_NO_LAYER;
}

/** Whether an IP layer's payload is another one. */
static bool carries_ip(const struct palua_packet *packet, uint32_t layer)
{
    do
        layer++;
    while (layer < packet->layer_count && decode_is_extension(packet->layers[layer].protocol));
    return layer < packet->layer_count && decode_is_ip(&packet->layers[layer]);
}

bool decode_tunnel_at(const struct palua_packet *packet, uint32_t layer, struct decode_tunnel *out)
{
    if (layer >= packet->layer_count || packet->layers[layer].flags & PALUA_LAYER_QUOTED)
        return false;
    const struct palua_layer *at = &packet->layers[layer];
    bool has_id = at->flags & PALUA_LAYER_CONTEXT && !decode_is_tag(at);
    uint8_t outer = decode_is_ip(at) ? (uint8_t)layer : carrier(packet, layer);
    bool is_tunnel = has_id || at->protocol == PALUA_PROTOCOL_GRE ||
                     (at->protocol >= PALUA_PROTOCOL_PLUGIN && outer != PALUA_NO_LAYER) ||
                     (decode_is_ip(at) && carries_ip(packet, layer));
    *out = (struct decode_tunnel){.id = has_id ? at->context : 0,
                                  .protocol = at->protocol,
                                  .layer = (uint8_t)layer,
                                  .outer = outer,
                                  .has_id = has_id};
    return is_tunnel;
}

bool decode_tunnel(const struct palua_packet *packet, uint32_t layer, struct decode_tunnel *out)
{
    if (layer > packet->layer_count)
        layer = packet->layer_count;
    while (layer-- > 0)
        if (decode_tunnel_at(packet, layer, out))
            return true;
    return false;
}

bool decode_vlan(const struct palua_packet *packet, uint32_t layer, uint16_t *id)
{
    if (layer > packet->layer_count)
        layer = packet->layer_count;
    while (layer-- > 0)
        if (decode_is_tag(&packet->layers[layer]) &&
            !(packet->layers[layer].flags & PALUA_LAYER_QUOTED)) {
            *id = packet->layers[layer].aux;
            return true;
        }
    return false;
}
