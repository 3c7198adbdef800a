// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/checksum.h"

#include "base/cursor.h"
#include "decode/decode.h"
#include "decode/tuple.h"

enum { IP_LEAST = 20, IP_SUM_AT = 10, TCP_SUM_AT = 16, UDP_SUM_AT = 6, DCCP_SUM_AT = 6 };
enum { ICMP_SUM_AT = 2, SCTP_SUM_AT = 8, UDP_LEAST = 8 };
enum { ROUTING_SOURCE = 0, ROUTING_MOBILE = 2, ROUTING_SEGMENT = 4 };
enum { OPTION_PAD1 = 0, OPTION_HOME_ADDRESS = 201, IPV6_ADDRESS = 16 };
enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_LOOSE_ROUTE = 131, OPTION_STRICT_ROUTE = 137 };
enum { IP_ADDRESS = 4, ROUTE_AT = 3 /* of the first hop within its option */ };

/** Where a layer's checksum stands, and the anomaly of a wrong one. */
struct place {
    uint32_t at;
    enum decode_fault fault;
    uint8_t proto; /**< of the pseudo-header; 0: there is none */
};

/** @return false if the protocol has no checksum that is known here */
static bool place_of(uint16_t protocol, struct place *out)
{
    switch (protocol) {
    case PALUA_PROTOCOL_IP:
        *out = (struct place){IP_SUM_AT, DECODE_FAULT_IP_CHECKSUM, 0};
        return true;
    case PALUA_PROTOCOL_TCP:
        *out = (struct place){TCP_SUM_AT, DECODE_FAULT_TCP_CHECKSUM, TUPLE_TCP};
        return true;
    case PALUA_PROTOCOL_UDP:
        *out = (struct place){UDP_SUM_AT, DECODE_FAULT_UDP_CHECKSUM, TUPLE_UDP};
        return true;
    case PALUA_PROTOCOL_UDPLITE:
        *out = (struct place){UDP_SUM_AT, DECODE_FAULT_UDPLITE_CHECKSUM, TUPLE_UDPLITE};
        return true;
    case PALUA_PROTOCOL_DCCP:
        *out = (struct place){DCCP_SUM_AT, DECODE_FAULT_DCCP_CHECKSUM, TUPLE_DCCP};
        return true;
    case PALUA_PROTOCOL_ICMP:
        *out = (struct place){ICMP_SUM_AT, DECODE_FAULT_ICMP_CHECKSUM, 0};
        return true;
    case PALUA_PROTOCOL_ICMPV6:
        *out = (struct place){ICMP_SUM_AT, DECODE_FAULT_ICMPV6_CHECKSUM, TUPLE_ICMPV6};
        return true;
    case PALUA_PROTOCOL_SCTP:
        *out = (struct place){SCTP_SUM_AT, DECODE_FAULT_SCTP_CHECKSUM, 0};
        return true;
    default:
        return false;
    }
}

static struct cursor layer_cursor(const struct palua_packet *packet, uint32_t layer)
{
    struct palua_slice bytes = palua_layer_bytes(packet, layer);
    return cursor_of(bytes.data, bytes.len);
}

/** RFC 1071: the sum of 16-bit words; wider ones are folded together at the end. */
static uint64_t sum_of(struct cursor in)
{
    uint64_t sum = 0, wide;
    uint16_t word;
    uint8_t byte;
    while (cursor_u64(&in, &wide))
        sum += (wide >> 32) + (wide & UINT32_MAX);
    while (cursor_u16(&in, &word))
        sum += word;
    return cursor_u8(&in, &byte) ? sum + ((uint64_t)byte << 8) : sum;
}

static uint16_t fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum >> 16) + (sum & UINT16_MAX);
    return (uint16_t)sum;
}

/** The last hop of a source route that is not used up.
 * @param route  the option behind its type and length */
static void last_hop(struct cursor route, struct cursor *dst)
{
    size_t len = cursor_left(&route) + 2;
    uint8_t pointer;
    if (!cursor_u8(&route, &pointer) || pointer > len || (len - ROUTE_AT) % IP_ADDRESS ||
        !cursor_skip(&route, cursor_left(&route) - IP_ADDRESS))
        return;
    *dst = route;
}

/** RFC 791 section 3.1: the destination is the next hop only, as long as a source route is not used
 * up. What the transport layer summed up is the final one, as in IPv6.
 * @param options  malformed ones change nothing */
static void source_route(struct cursor options, struct cursor *dst)
{
    struct cursor value;
    uint8_t type, len;
    while (cursor_u8(&options, &type) && type != OPTION_END) {
        if (type == OPTION_NOP)
            continue;
        if (!cursor_u8(&options, &len) || len < 2 || !cursor_sub(&options, len - 2U, &value))
            return;
        if (type == OPTION_LOOSE_ROUTE || type == OPTION_STRICT_ROUTE) {
            last_hop(value, dst);
            return;
        }
    }
}

/** RFC 8200 section 8.1: the destination is the final one, which a routing header holds until the
 * packet is there.
 * @return false if the header's type is unknown */
static bool final_destination(struct cursor in, struct cursor *dst)
{
    uint8_t len, type, left;
    if (!cursor_skip(&in, 1) || !cursor_u8(&in, &len) || !cursor_u8(&in, &type) ||
        !cursor_u8(&in, &left))
        return false;
    if (!left)
        return true;
    if ((type != ROUTING_SOURCE && type != ROUTING_MOBILE && type != ROUTING_SEGMENT) || len < 2)
        return false;
    /* RFC 8754 section 2: segments stand in reverse order. */
    size_t before = type == ROUTING_SEGMENT ? 0 : (len / 2U - 1) * IPV6_ADDRESS;
    return cursor_skip(&in, 4 + before) && cursor_sub(&in, IPV6_ADDRESS, dst);
}

/** RFC 6275 section 6.3: the source is the home address, which stands in an option. */
static bool home_address(struct cursor in, struct cursor *src)
{
    uint8_t type, len;
    if (!cursor_skip(&in, 2))
        return false;
    while (cursor_u8(&in, &type)) {
        if (type == OPTION_PAD1)
            continue;
        if (!cursor_u8(&in, &len))
            return false;
        if (type == OPTION_HOME_ADDRESS)
            return len == IPV6_ADDRESS && cursor_sub(&in, IPV6_ADDRESS, src);
        if (!cursor_skip(&in, len))
            return false;
    }
    return true;
}

/** What the extension headers between an IPv6 layer and `layer` change in the addresses. */
static bool look_through(const struct palua_packet *packet, uint32_t ip, uint32_t layer,
                         struct cursor *src, struct cursor *dst)
{
    for (uint32_t i = ip + 1; i < layer; i++) {
        struct cursor in = layer_cursor(packet, i);
        cursor_clip(&in, packet->layers[i].header_len);
        if (packet->layers[i].protocol == PALUA_PROTOCOL_IPV6_ROUTING &&
            !final_destination(in, dst))
            return false;
        if (packet->layers[i].protocol == PALUA_PROTOCOL_IPV6_DSTOPTS && !home_address(in, src))
            return false;
    }
    return true;
}

/** The index of the IP layer that carries a layer.
 * @return false if there is none, or it does not hold all of its payload */
static bool carrier_of(const struct palua_packet *packet, uint32_t layer, uint32_t *out)
{
    uint32_t ip = layer;
    while (ip-- > 0) {
        const struct palua_layer *at = &packet->layers[ip];
        if (at->protocol != PALUA_PROTOCOL_IP && at->protocol != PALUA_PROTOCOL_IPV6)
            continue;
        *out = ip;
        bool part = at->flags & PALUA_LAYER_FRAGMENT && at->buffer == packet->layers[layer].buffer;
        return !part && !(at->flags & PALUA_LAYER_BAD);
    }
    return false;
}

/** The pseudo-header's addresses and protocol; its length is added by the caller. */
static bool pseudo_sum(const struct palua_packet *packet, uint32_t ip, uint32_t layer,
                       uint8_t proto, uint64_t *sum)
{
    struct cursor in = layer_cursor(packet, ip), src, dst;
    bool ipv6 = packet->layers[ip].protocol == PALUA_PROTOCOL_IPV6;
    size_t len = ipv6 ? IPV6_ADDRESS : IP_ADDRESS;
    cursor_clip(&in, packet->layers[ip].header_len);
    if (!cursor_skip(&in, ipv6 ? 8 : 12) || !cursor_sub(&in, len, &src) ||
        !cursor_sub(&in, len, &dst))
        return false;
    if (!ipv6)
        source_route(in, &dst);
    else if (!look_through(packet, ip, layer, &src, &dst))
        return false;
    *sum = sum_of(src) + sum_of(dst) + proto;
    return true;
}

/** RFC 791: the header by itself, which is whole in every fragment. */
static enum palua_checksum check_ip(const struct palua_packet *packet, uint32_t layer)
{
    struct cursor in = layer_cursor(packet, layer), header = in;
    uint8_t version_ihl;
    uint16_t stored;
    if (!cursor_peek_u8(&in, &version_ihl) || version_ihl >> 4 != 4)
        return PALUA_CHECKSUM_UNVERIFIED;
    uint32_t len = (version_ihl & 15u) * 4;
    if (len < IP_LEAST || len > cursor_left(&header))
        return PALUA_CHECKSUM_UNVERIFIED;
    cursor_clip(&header, len);
    if (fold(sum_of(header)) == UINT16_MAX)
        return PALUA_CHECKSUM_GOOD;
    /* A host that leaves it to the card leaves it 0. */
    bool offload = cursor_skip(&in, IP_SUM_AT) && cursor_u16(&in, &stored) && !stored;
    return offload ? PALUA_CHECKSUM_PARTIAL : PALUA_CHECKSUM_BAD;
}

/** RFC 3828 section 3.1 and RFC 4340 section 9.2: how much of the packet is covered.
 * @return false if that is no valid amount */
static bool covered(const struct palua_layer *layer, struct cursor in, uint32_t *out)
{
    uint16_t coverage;
    uint8_t words;
    *out = layer->len;
    if (layer->protocol == PALUA_PROTOCOL_UDPLITE) {
        if (!cursor_skip(&in, 4) || !cursor_u16(&in, &coverage))
            return false;
        *out = coverage ? coverage : layer->len;
        return *out >= UDP_LEAST && *out <= layer->len;
    }
    if (layer->protocol != PALUA_PROTOCOL_DCCP)
        return true;
    if (!cursor_skip(&in, 5) || !cursor_u8(&in, &words))
        return false;
    words &= 15;
    *out = words ? layer->header_len + (words - 1u) * 4 : layer->len;
    return *out <= layer->len;
}

/** What a checksum of 0 means: RFC 768, none; RFC 8200 section 8.1 forbids that but for tunnels
 * (RFC 6935). */
static enum palua_checksum absent(const struct palua_packet *packet, uint32_t ip, uint32_t layer)
{
    bool tunnel = layer + 1 < packet->layer_count;
    return packet->layers[ip].protocol == PALUA_PROTOCOL_IP || tunnel ? PALUA_CHECKSUM_NOT_PRESENT
                                                                      : PALUA_CHECKSUM_BAD;
}

/** @param in  the whole layer */
static enum palua_checksum check_sum(const struct palua_packet *packet, uint32_t layer, uint32_t ip,
                                     const struct place *place, struct cursor in)
{
    const struct palua_layer *at = &packet->layers[layer];
    struct cursor field = in;
    uint64_t pseudo = 0;
    uint32_t covers;
    uint16_t stored;
    if (!cursor_skip(&field, place->at) || !cursor_u16(&field, &stored) ||
        (place->proto && !pseudo_sum(packet, ip, layer, place->proto, &pseudo)))
        return PALUA_CHECKSUM_UNVERIFIED;
    if (!stored && at->protocol == PALUA_PROTOCOL_UDP)
        return absent(packet, ip, layer);
    if (!covered(at, in, &covers))
        return PALUA_CHECKSUM_BAD;
    cursor_clip(&in, covers);
    if (fold(pseudo + (place->proto ? at->len : 0) + sum_of(in)) == UINT16_MAX)
        return PALUA_CHECKSUM_GOOD;
    /* What a host hands to a card that does the rest: the pseudo-header's sum, for large segments
     * also without a length. */
    bool offload = (at->protocol == PALUA_PROTOCOL_TCP || at->protocol == PALUA_PROTOCOL_UDP) &&
                   (stored == fold(pseudo + at->len) || stored == fold(pseudo));
    return offload ? PALUA_CHECKSUM_PARTIAL : PALUA_CHECKSUM_BAD;
}

/** CRC32c (RFC 9260 appendix A), four bits at a step. */
static uint32_t crc32c(uint32_t crc, struct cursor in)
{
    static const uint32_t steps[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    uint8_t byte;
    while (cursor_u8(&in, &byte)) {
        crc ^= byte;
        crc = crc >> 4 ^ steps[crc & 15];
        crc = crc >> 4 ^ steps[crc & 15];
    }
    return crc;
}

/** The checksum counts as 0. One that is 0 was left to the card, or to a lower layer (RFC 9653). */
static enum palua_checksum check_sctp(struct cursor in)
{
    static const uint8_t zero[4] = {0};
    struct cursor before;
    uint32_t stored;
    if (!cursor_sub(&in, SCTP_SUM_AT, &before) || !cursor_u32le(&in, &stored))
        return PALUA_CHECKSUM_UNVERIFIED;
    uint32_t crc = crc32c(UINT32_MAX, before);
    crc = crc32c(crc, cursor_of(zero, sizeof zero));
    if (~crc32c(crc, in) == stored)
        return PALUA_CHECKSUM_GOOD;
    return stored ? PALUA_CHECKSUM_BAD : PALUA_CHECKSUM_NOT_PRESENT;
}

enum palua_checksum checksum_of(const struct palua_packet *packet, uint32_t layer)
{
    struct place place;
    uint32_t ip;
    if (layer >= packet->layer_count || packet->layers[layer].flags & PALUA_LAYER_QUOTED ||
        !place_of(packet->layers[layer].protocol, &place))
        return PALUA_CHECKSUM_UNVERIFIED;
    const struct palua_layer *at = &packet->layers[layer];
    if (at->protocol == PALUA_PROTOCOL_IP)
        return check_ip(packet, layer);
    /* Of a datagram that never became whole, even if what its length field says has come. */
    if (packet->flags & PALUA_PACKET_FRAGMENT && layer > packet->network)
        return PALUA_CHECKSUM_UNVERIFIED;
    struct cursor in = layer_cursor(packet, layer);
    bool whole = cursor_left(&in) == at->len && carrier_of(packet, layer, &ip);
    /* A UDP length that contradicts the datagram's says nothing of what was summed up. */
    if (!whole || (at->protocol == PALUA_PROTOCOL_UDP && at->flags & PALUA_LAYER_BAD))
        return PALUA_CHECKSUM_UNVERIFIED;
    if (at->protocol == PALUA_PROTOCOL_SCTP)
        return check_sctp(in);
    return check_sum(packet, layer, ip, &place, in);
}

/** @param whole  the layers that lie in reassembled data, else those in the frame */
static void check_packet(struct batch *batch, uint32_t index, bool whole)
{
    const struct palua_packet *packet = &batch->packets[index];
    struct place place;
    for (uint32_t i = 0; i < packet->layer_count; i++)
        if ((packet->layers[i].buffer != 0) == whole &&
            place_of(packet->layers[i].protocol, &place) &&
            checksum_of(packet, i) == PALUA_CHECKSUM_BAD)
            decode_raise(batch, index, place.fault, (uint8_t)i,
                         packet->layers[i].offset + place.at);
}

void checksum_batch(struct batch *batch)
{
    size_t first = batch->anomalies.count;
    for (uint32_t i = 0; i < batch->count; i++)
        check_packet(batch, i, false);
    decode_order(batch, first);
}

void checksum_datagrams(struct batch *batch)
{
    size_t first = batch->anomalies.count;
    uint32_t last = UINT32_MAX;
    for (const struct batch_datagram *at = batch->datagrams; at; at = at->next) {
        if (at->packet != last) // one packet may complete several, each inside the other
            check_packet(batch, at->packet, true);
        last = at->packet;
    }
    decode_order(batch, first);
}
