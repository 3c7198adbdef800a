// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/tuple.h"

#include "base/cursor.h"
#include "decode/decode.h"
#include "flow/community_id.h"

void tuple_icmp_ports(uint8_t proto, uint8_t type, uint8_t code, uint16_t *sport, uint16_t *dport)
{
    uint8_t counterpart;
    *sport = type;
    *dport = community_id_icmp_counterpart(proto, type, &counterpart) ? counterpart : code;
}

/** The IP protocol number of a layer with ports. */
static uint8_t ported(uint16_t protocol)
{
    switch (protocol) {
    case PALUA_PROTOCOL_TCP:
        return TUPLE_TCP;
    case PALUA_PROTOCOL_SCTP:
        return TUPLE_SCTP;
    case PALUA_PROTOCOL_DCCP:
        return TUPLE_DCCP;
    case PALUA_PROTOCOL_UDPLITE:
        return TUPLE_UDPLITE;
    default:
        return TUPLE_UDP;
    }
}

static bool addresses(const struct palua_packet *packet, uint32_t ip, struct decode_tuple *out)
{
    struct palua_slice bytes = palua_layer_bytes(packet, ip);
    struct cursor in = cursor_of(bytes.data, bytes.len);
    bool ipv6 = packet->layers[ip].protocol == PALUA_PROTOCOL_IPV6;
    uint32_t len = ipv6 ? 16 : 4;
    out->src.len = len;
    out->dst.len = len;
    return cursor_skip(&in, ipv6 ? 8 : 12) && cursor_bytes(&in, len, &out->src.data) &&
           cursor_bytes(&in, len, &out->dst.data);
}

static bool ports(const struct palua_packet *packet, struct decode_tuple *out)
{
    const struct palua_layer *layer = &packet->layers[packet->transport];
    struct palua_slice bytes = palua_layer_bytes(packet, packet->transport);
    struct cursor in = cursor_of(bytes.data, bytes.len);
    switch (layer->protocol) {
    case PALUA_PROTOCOL_ICMP:
    case PALUA_PROTOCOL_ICMPV6:
        out->proto = layer->protocol == PALUA_PROTOCOL_ICMP ? TUPLE_ICMP : TUPLE_ICMPV6;
        tuple_icmp_ports(out->proto, (uint8_t)(layer->aux >> 8), (uint8_t)layer->aux, &out->sport,
                         &out->dport);
        return true;
    default:
        out->proto = ported(layer->protocol);
        return cursor_u16(&in, &out->sport) && cursor_u16(&in, &out->dport);
    }
}

uint16_t tuple_vlan(const struct palua_packet *packet)
{
    for (uint32_t i = packet->network; i-- > 0;) {
        const struct palua_layer *layer = &packet->layers[i];
        if (layer->protocol == PALUA_PROTOCOL_IP || layer->protocol == PALUA_PROTOCOL_IPV6)
            break;
        if (decode_is_tag(layer) && layer->flags & PALUA_LAYER_KEYED)
            return layer->aux;
    }
    return 0;
}

bool decode_tuple(const struct palua_packet *packet, struct decode_tuple *out)
{
    if (!(packet->flags & PALUA_PACKET_FLOW))
        return false;
    *out = (struct decode_tuple){.vlan = tuple_vlan(packet), .context = packet->context};
    if (!addresses(packet, packet->network, out))
        return false;
    if (packet->transport != PALUA_NO_LAYER)
        return ports(packet, out);
    out->proto = (uint8_t)packet->layers[packet->network].aux;
    return true;
}

/** The word that stands for an address in the hash. */
static uint64_t word(struct palua_slice address)
{
    struct cursor in = cursor_of(address.data, address.len);
    uint64_t high, low;
    uint32_t ipv4;
    if (cursor_u64(&in, &high) && cursor_u64(&in, &low))
        return tuple_fold(high, low);
    return cursor_u32(&in, &ipv4) ? ipv4 : 0;
}

uint32_t decode_tuple_hash(const struct decode_tuple *tuple)
{
    return tuple_hash(word(tuple->src), word(tuple->dst), tuple->sport, tuple->dport, tuple->proto,
                      tuple->vlan, tuple->context);
}

void tuple_network(const struct palua_packet *packet, uint64_t *src, uint64_t *dst,
                   uint16_t *vlan_id)
{
    struct decode_tuple tuple = {0};
    *vlan_id = tuple_vlan(packet);
    if (!addresses(packet, packet->network, &tuple))
        return;
    *src = word(tuple.src);
    *dst = word(tuple.dst);
}

/** The ends of an IP layer, if they are keyed. */
static uint32_t add_ends(const struct palua_packet *packet, uint32_t ip, uint32_t around)
{
    struct decode_tuple tuple = {0};
    if (!(packet->layers[ip].flags & PALUA_LAYER_KEYED) || !addresses(packet, ip, &tuple))
        return around;
    return tuple_ends(around, word(tuple.src), word(tuple.dst));
}

uint32_t tuple_around(const struct palua_packet *packet, uint32_t ip)
{
    uint32_t around = 0, outer = PALUA_NO_LAYER;
    for (uint32_t i = 0; i <= ip; i++) {
        const struct palua_layer *layer = &packet->layers[i];
        if (decode_is_ip(layer)) { // decode adds the ends of one when it meets the next
            around = outer == PALUA_NO_LAYER ? around : add_ends(packet, outer, around);
            outer = i;
        } else if (layer->flags & PALUA_LAYER_KEYED && !decode_is_tag(layer)) {
            around = tuple_context(around, layer->context);
        }
    }
    return around;
}
