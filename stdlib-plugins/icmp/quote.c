// SPDX-License-Identifier: MIT OR Apache-2.0
#include "quote.h"

#include <palua/cursor.h>

enum { IP_ADDRESSES_AT = 12, IPV6_ADDRESSES_AT = 8 };

static bool is_quoted(const struct palua_packet *packet, uint32_t layer)
{
    return layer < packet->layer_count && packet->layers[layer].flags & PALUA_LAYER_QUOTED;
}

static void read_addresses(const struct palua_packet *packet, uint32_t layer,
                           struct icmp_quote *out)
{
    struct palua_cursor in = palua_cursor_of(out->bytes);
    bool ipv6 = packet->layers[layer].protocol == PALUA_PROTOCOL_IPV6;
    uint32_t len = ipv6 ? 16 : 4;
    if (palua_cursor_skip(&in, ipv6 ? IPV6_ADDRESSES_AT : IP_ADDRESSES_AT) &&
        palua_cursor_bytes(&in, len, &out->src.data) &&
        palua_cursor_bytes(&in, len, &out->dst.data))
        out->src.len = out->dst.len = len;
}

/** The layer with ports that the quoted IP layer carries itself, not one in a tunnel. */
static void read_ports(const struct palua_packet *packet, uint32_t layer, struct icmp_quote *out)
{
    while (is_quoted(packet, ++layer)) {
        struct palua_cursor in;
        switch (packet->layers[layer].protocol) {
        case PALUA_PROTOCOL_TCP:
        case PALUA_PROTOCOL_UDP:
        case PALUA_PROTOCOL_SCTP:
        case PALUA_PROTOCOL_DCCP:
        case PALUA_PROTOCOL_UDPLITE:
            in = palua_cursor_of(palua_layer_bytes(packet, layer));
            out->has_ports =
                palua_cursor_u16(&in, &out->sport) && palua_cursor_u16(&in, &out->dport);
            return;
        case PALUA_PROTOCOL_IPV6_HOPOPTS:
        case PALUA_PROTOCOL_IPV6_ROUTING:
        case PALUA_PROTOCOL_IPV6_FRAGMENT:
        case PALUA_PROTOCOL_IPV6_DSTOPTS:
        case PALUA_PROTOCOL_AH:
            break;
        default:
            return;
        }
    }
}

bool icmp_quote(const struct palua_packet *packet, uint32_t layer, struct icmp_quote *out)
{
    *out = (struct icmp_quote){.has_ports = false};
    if (!is_quoted(packet, ++layer))
        return false;
    out->bytes = palua_layer_bytes(packet, layer);
    out->proto = (uint8_t)packet->layers[layer].aux;
    read_addresses(packet, layer, out);
    read_ports(packet, layer, out);
    return true;
}
