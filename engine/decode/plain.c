// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/plain.h"

#include "base/cursor.h"
#include "decode/decode.h"
#include "decode/tuple.h"

enum {
    ETH_LEN = 14,
    VLAN_LEN = 4,
    VLAN_ID = 0xfff,
    IP_LEN = 20,
    IPV6_LEN = 40,
    TCP_LEN = 20,
    UDP_LEN = 8
};
enum {
    TYPE_IP = 0x0800,
    TYPE_IPV6 = 0x86dd,
    TYPE_VLAN = 0x8100,
    VERSION_IHL = 0x45,
    FRAGMENT_MASK = 0x3fff
};

/** What was found so far, as in struct walk; it lives in registers. */
struct plain {
    struct cursor in; /**< captured bytes from the next header on */
    uint32_t left;    /**< bytes on the wire from the next header on */
    uint64_t src;
    uint64_t dst;
    uint16_t sport;
    uint16_t dport;
    uint16_t vlan; /**< as in struct decode_tuple */
    uint8_t proto;
    uint8_t count; /**< layers */
};

/** Bounds what follows; `len` is at most `left`. */
static inline void trim(struct plain *plain, uint32_t len)
{
    plain->left = len;
    cursor_clip(&plain->in, len);
}

/** Records the layer that comes next, and moves behind its header, which was captured. */
static inline bool take(struct plain *plain, struct palua_layer *layer, uint16_t protocol,
                        uint32_t header_len, uint16_t aux)
{
    bool cut = cursor_left(&plain->in) < plain->left;
    *layer = (struct palua_layer){
        .protocol = protocol,
        .flags = cut ? PALUA_LAYER_CUT : 0,
        .offset = (uint32_t)cursor_offset(&plain->in),
        .len = plain->left,
        .header_len = (uint16_t)header_len,
        .aux = aux,
    };
    plain->left -= header_len;
    return cursor_skip(&plain->in, header_len);
}

static inline bool ipv4(struct plain *plain, struct palua_layer *layer)
{
    struct cursor in = plain->in, fixed;
    uint8_t version_ihl;
    uint16_t total_len, fragment;
    uint32_t src, dst;
    if (!cursor_sub(&in, IP_LEN, &fixed) || !cursor_u8(&fixed, &version_ihl) ||
        !cursor_skip(&fixed, 1) || !cursor_u16(&fixed, &total_len) || !cursor_skip(&fixed, 2) ||
        !cursor_u16(&fixed, &fragment) || !cursor_skip(&fixed, 1) ||
        !cursor_u8(&fixed, &plain->proto) || !cursor_skip(&fixed, 2) || !cursor_u32(&fixed, &src) ||
        !cursor_u32(&fixed, &dst))
        return false;
    if (version_ihl != VERSION_IHL || fragment & FRAGMENT_MASK || total_len < IP_LEN ||
        total_len > plain->left)
        return false;
    plain->src = src;
    plain->dst = dst;
    trim(plain, total_len);
    return take(plain, layer, PALUA_PROTOCOL_IP, IP_LEN, plain->proto);
}

static inline bool ipv6(struct plain *plain, struct palua_layer *layer)
{
    struct cursor in = plain->in, fixed;
    uint32_t version;
    uint16_t payload_len;
    uint64_t src[2], dst[2];
    if (!cursor_sub(&in, IPV6_LEN, &fixed) || !cursor_u32(&fixed, &version) ||
        !cursor_u16(&fixed, &payload_len) || !cursor_u8(&fixed, &plain->proto) ||
        !cursor_skip(&fixed, 1) || !cursor_u64(&fixed, &src[0]) || !cursor_u64(&fixed, &src[1]) ||
        !cursor_u64(&fixed, &dst[0]) || !cursor_u64(&fixed, &dst[1]))
        return false;
    if (version >> 28 != 6 || !payload_len || IPV6_LEN + (uint32_t)payload_len > plain->left)
        return false;
    plain->src = tuple_fold(src[0], src[1]);
    plain->dst = tuple_fold(dst[0], dst[1]);
    trim(plain, IPV6_LEN + (uint32_t)payload_len);
    return take(plain, layer, PALUA_PROTOCOL_IPV6, IPV6_LEN, plain->proto);
}

static inline bool tcp(struct plain *plain, struct palua_layer *layer)
{
    struct cursor in = plain->in, fixed;
    uint16_t offset_flags;
    if (!cursor_sub(&in, TCP_LEN, &fixed) || !cursor_u16(&fixed, &plain->sport) ||
        !cursor_u16(&fixed, &plain->dport) || !cursor_skip(&fixed, 8) ||
        !cursor_u16(&fixed, &offset_flags))
        return false;
    uint32_t header_len = (offset_flags >> 12) * 4u;
    return header_len >= TCP_LEN && header_len <= cursor_left(&plain->in) &&
           take(plain, layer, PALUA_PROTOCOL_TCP, header_len, offset_flags & 0x1ff);
}

static inline bool udp(struct plain *plain, struct palua_layer *layer,
                       const struct decoder *decoder)
{
    struct cursor in = plain->in, fixed;
    uint16_t len;
    if (!cursor_sub(&in, UDP_LEN, &fixed) || !cursor_u16(&fixed, &plain->sport) ||
        !cursor_u16(&fixed, &plain->dport) || !cursor_u16(&fixed, &len))
        return false;
    if (len < UDP_LEN || len > plain->left || decoder->udp_ports[plain->dport] ||
        decoder->udp_ports[plain->sport])
        return false;
    trim(plain, len);
    return take(plain, layer, PALUA_PROTOCOL_UDP, UDP_LEN, 0);
}

/** A VLAN tag, which most frames do not have. */
static inline bool vlan(struct plain *plain, struct palua_layer *layer, uint16_t *type,
                        const struct decoder *decoder)
{
    struct cursor in = plain->in;
    uint16_t tag;
    if (!cursor_u16(&in, &tag) || !cursor_u16(&in, type))
        return false;
    tag &= VLAN_ID;
    if (!take(plain, layer, PALUA_PROTOCOL_VLAN, VLAN_LEN, tag))
        return false;
    layer->context = tag;
    layer->flags |= PALUA_LAYER_CONTEXT;
    plain->count++;
    if (!(decoder->keyed & DECODE_CONTEXT_VLAN))
        return true;
    layer->flags |= PALUA_LAYER_KEYED;
    plain->vlan = tag;
    return true;
}

/** Reads the headers into the packet's layers. */
static inline bool read_layers(struct plain *plain, struct palua_layer *layers,
                               const struct decoder *decoder)
{
    struct cursor in = plain->in, fixed;
    uint16_t type;
    if (!cursor_sub(&in, ETH_LEN, &fixed) || !cursor_skip(&fixed, 12) || !cursor_u16(&fixed, &type))
        return false;
    if (!take(plain, layers++, PALUA_PROTOCOL_ETH, ETH_LEN, type))
        return false;
    if (type == TYPE_VLAN && !vlan(plain, layers++, &type, decoder))
        return false;
    if (type == TYPE_IP ? !ipv4(plain, layers) : type != TYPE_IPV6 || !ipv6(plain, layers))
        return false;
    if (plain->proto == TUPLE_TCP)
        return tcp(plain, layers + 1);
    return plain->proto == TUPLE_UDP && udp(plain, layers + 1, decoder);
}

bool plain_decode(const struct decoder *decoder, struct palua_packet *packet)
{
    uint32_t wire = packet->origlen > packet->caplen ? packet->origlen : packet->caplen;
    struct plain plain = {.in = cursor_of(packet->data, packet->caplen), .left = wire, .count = 3};
    if (decoder->linktypes[packet->linktype] != PALUA_PROTOCOL_ETH ||
        packet->flags & (PALUA_PACKET_FCS | PALUA_PACKET_FCS_2) ||
        !read_layers(&plain, packet->layers, decoder))
        return false;
    packet->layer_count = plain.count;
    packet->network = (uint8_t)(plain.count - 2);
    packet->transport = (uint8_t)(plain.count - 1);
    packet->context = 0;
    packet->flags = (uint8_t)((packet->flags & PALUA_PACKET_NO_TIME) | PALUA_PACKET_FLOW |
                              (wire > packet->caplen ? PALUA_PACKET_TRUNCATED : 0));
    packet->flow_hash =
        tuple_hash(plain.src, plain.dst, plain.sport, plain.dport, plain.proto, plain.vlan, 0);
    return true;
}
