// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/key.h"

#include <stddef.h>

#include "base/cursor.h"
#include "base/fold.h"
#include "decode/tuple.h"
#include "flow/community_id.h"

_Static_assert(sizeof(struct flow_key) == 48, "the key has no padding");
_Static_assert(offsetof(struct flow, vlan) == offsetof(struct flow, ports) + 4 &&
                   offsetof(struct flow, addr_len) == offsetof(struct flow, ports) + 6 &&
                   offsetof(struct flow, proto) == offsetof(struct flow, ports) + 7,
               "the key's rest lies in a flow as one word");

static void load(struct palua_slice address, uint64_t out[2])
{
    out[0] = out[1] = 0;
    if (address.len == 16) {
        memcpy(out, address.data, 16);
    } else if (address.len == 4) {
        uint32_t word;
        memcpy(&word, address.data, 4);
        out[0] = word;
    }
}

/** Whether end a comes behind end b. Any total order will do, so the addresses' bytes are compared
 * as they lie in memory; without branches, as which end comes first is a toss-up. */
static uint8_t is_behind(const uint64_t a[2], uint16_t a_port, const uint64_t b[2], uint16_t b_port)
{
    unsigned above = (a[1] > b[1]) | ((a[1] == b[1]) & (a[0] > b[0]));
    unsigned equal = (a[1] == b[1]) & (a[0] == b[0]);
    return (uint8_t)(above | (equal & (a_port > b_port)));
}

/* Keys of one-way and of paired messages cannot be equal: the low port of a pair is a type that is
 * answered, that of a one-way message, its type, is not. */
static bool is_one_way(const struct decode_tuple *tuple)
{
    uint8_t counterpart;
    return (tuple->proto == TUPLE_ICMP || tuple->proto == TUPLE_ICMPV6) &&
           !community_id_icmp_counterpart(tuple->proto, (uint8_t)tuple->sport, &counterpart);
}

/** Puts the ends in order.
 * @param rest  of a key whose low end is the source
 * @return 1 if the source is the high end, else 0 */
static inline uint8_t arrange(const uint64_t src[2], const uint64_t dst[2], uint64_t rest,
                              bool one_way, struct flow_key *out)
{
    uint8_t swap = one_way ? 0 : is_behind(src, (uint16_t)rest, dst, (uint16_t)(rest >> 16));
    uint64_t mask = -(uint64_t)swap; // all ones or none: exchanges without a branch
    uint64_t first = (src[0] ^ dst[0]) & mask, second = (src[1] ^ dst[1]) & mask;
    out->low[0] = src[0] ^ first;
    out->low[1] = src[1] ^ second;
    out->high[0] = dst[0] ^ first;
    out->high[1] = dst[1] ^ second;
    out->rest = rest ^ ((rest ^ flow_key_turned(rest)) & mask);
    return swap;
}

static inline uint64_t rest_of(uint8_t proto, uint32_t addr_len, uint16_t vlan, uint16_t sport,
                               uint16_t dport)
{
    return (uint64_t)proto << 56 | (uint64_t)(addr_len & 0xff) << 48 | (uint64_t)vlan << 32 |
           (uint64_t)dport << 16 | sport;
}

void flow_key_of(const struct decode_tuple *tuple, struct flow_key *out, uint8_t *swapped)
{
    uint64_t src[2], dst[2];
    load(tuple->src, src);
    load(tuple->dst, dst);
    uint64_t rest = rest_of(tuple->proto, tuple->src.len, tuple->vlan, tuple->sport, tuple->dport);
    out->context = tuple->context;
    *swapped = arrange(src, dst, rest, is_one_way(tuple), out);
}

/** The addresses of a packet's network layer, as memory.
 * @return their length, 0 if they were not captured */
static inline uint32_t read_ends(const struct palua_packet *packet, uint64_t src[2],
                                 uint64_t dst[2])
{
    struct palua_slice bytes = palua_layer_bytes(packet, packet->network);
    struct cursor in = cursor_of(bytes.data, bytes.len);
    const uint8_t *ends;
    if (packet->layers[packet->network].protocol == PALUA_PROTOCOL_IPV6) {
        if (!cursor_skip(&in, 8) || !cursor_bytes(&in, 32, &ends))
            return 0;
        memcpy(src, ends, 16);
        memcpy(dst, ends + 16, 16);
        return 16;
    }
    uint32_t words[2];
    if (!cursor_skip(&in, 12) || !cursor_bytes(&in, 8, &ends))
        return 0;
    memcpy(words, ends, 8);
    src[0] = words[0];
    dst[0] = words[1];
    src[1] = dst[1] = 0;
    return 4;
}

/** Of a packet with TCP or UDP: nearly every one.
 * @return false if its headers were not captured */
static inline bool read_ported(const struct palua_packet *packet, uint8_t proto,
                               struct flow_key *out, uint8_t *swapped)
{
    uint64_t src[2], dst[2];
    uint16_t sport, dport;
    struct palua_slice bytes = palua_layer_bytes(packet, packet->transport);
    struct cursor in = cursor_of(bytes.data, bytes.len);
    uint32_t addr_len = read_ends(packet, src, dst);
    if (!addr_len || !cursor_u16(&in, &sport) || !cursor_u16(&in, &dport))
        return false;
    bool bare = packet->network == 1 && packet->layers[0].protocol == PALUA_PROTOCOL_ETH;
    uint16_t vlan = bare ? 0 : tuple_vlan(packet);
    out->context = packet->context;
    *swapped = arrange(src, dst, rest_of(proto, addr_len, vlan, sport, dport), false, out);
    return true;
}

bool flow_key_of_packet(const struct palua_packet *packet, struct flow_key *out, uint8_t *swapped)
{
    uint16_t transport = packet->transport != PALUA_NO_LAYER
                             ? packet->layers[packet->transport].protocol
                             : PALUA_PROTOCOL_NONE;
    if (packet->flags & PALUA_PACKET_FLOW && transport == PALUA_PROTOCOL_TCP)
        return read_ported(packet, TUPLE_TCP, out, swapped);
    if (packet->flags & PALUA_PACKET_FLOW && transport == PALUA_PROTOCOL_UDP)
        return read_ported(packet, TUPLE_UDP, out, swapped);
    struct decode_tuple tuple;
    if (!decode_tuple(packet, &tuple))
        return false;
    flow_key_of(&tuple, out, swapped);
    return true;
}

void flow_key_tuple(const struct flow_key *key, uint8_t swapped, struct decode_tuple *out)
{
    uint64_t rest = swapped ? flow_key_turned(key->rest) : key->rest;
    uint32_t len = rest >> 48 & 0xff;
    const uint8_t *low = (const uint8_t *)key->low, *high = (const uint8_t *)key->high;
    *out = (struct decode_tuple){
        .src = {swapped ? high : low, len, 0},
        .dst = {swapped ? low : high, len, 0},
        .sport = (uint16_t)rest,
        .dport = (uint16_t)(rest >> 16),
        .vlan = (uint16_t)(rest >> 32),
        .proto = (uint8_t)(rest >> 56),
        .context = (uint32_t)key->context,
    };
}

uint32_t flow_key_hash(const struct flow_key *key, uint64_t seed)
{
    uint64_t other = seed ^ UINT64_C(0xa0761d6478bd642f); // not 0 where `seed` is
    uint64_t hash = fold_words(key->low[0] ^ seed, key->high[0] ^ other);
    hash = fold_words(key->low[1] ^ hash, key->high[1] ^ other);
    hash = fold_words(key->rest ^ hash, key->context ^ other);
    return (uint32_t)(hash ^ hash >> 32);
}

bool flow_key_is_loop(const struct flow_key *key)
{
    return key->low[0] == key->high[0] && key->low[1] == key->high[1] &&
           key->rest == flow_key_turned(key->rest);
}

void flow_key_store(const struct flow_key *key, uint8_t low_responds, struct flow *out)
{
    uint64_t rest = low_responds ? flow_key_turned(key->rest) : key->rest;
    memcpy(out->addresses + 16 * low_responds, key->low, 16);
    memcpy(out->addresses + 16 * !low_responds, key->high, 16);
    out->ports[PALUA_ORIG] = (uint16_t)rest;
    out->ports[PALUA_RESP] = (uint16_t)(rest >> 16);
    out->vlan = (uint16_t)(rest >> 32);
    out->addr_len = (uint8_t)(rest >> 48);
    out->proto = (uint8_t)(rest >> 56);
    out->context = (uint32_t)key->context;
    out->flags = low_responds ? FLOW_LOW_RESPONDS : 0;
}
