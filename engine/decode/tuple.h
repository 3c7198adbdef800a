// SPDX-License-Identifier: MIT OR Apache-2.0
/** What names a flow, and its hash: the parts that decode and decode_tuple share. Pure, any thread.
 */
#pragma once

#include <stdint.h>

#include <palua/packet.h>

#include "base/fold.h"

enum {
    TUPLE_ICMP = 1,
    TUPLE_TCP = 6,
    TUPLE_UDP = 17,
    TUPLE_DCCP = 33,
    TUPLE_ICMPV6 = 58,
    TUPLE_SCTP = 132,
    TUPLE_UDPLITE = 136
}; /**< IP protocol numbers */

/** The ports that stand for an ICMP type and code: see struct decode_tuple. */
void tuple_icmp_ports(uint8_t proto, uint8_t type, uint8_t code, uint16_t *sport, uint16_t *dport);

/** Mixes two words by one wide multiplication (the step of wyhash); zero operands do not stick, as
 * both are masked. */
static inline uint64_t tuple_mix(uint64_t a, uint64_t b)
{
    return fold_words(a ^ 0xa0761d6478bd642fu, b ^ 0xe7037ed1a0b428dbu);
}

/** An IPv6 address as one word, from its halves in network order. An IPv4 address is used as it is.
 */
static inline uint64_t tuple_fold(uint64_t high, uint64_t low)
{
    return tuple_mix(high, low);
}

/** Adds a context to the hash of those around it. */
static inline uint32_t tuple_context(uint32_t around, uint32_t context)
{
    uint64_t hash = tuple_mix(context, around);
    return (uint32_t)(hash ^ hash >> 32);
}

/** Adds the ends of an outer IP layer, whichever way the packet goes. */
static inline uint32_t tuple_ends(uint32_t around, uint64_t src, uint64_t dst)
{
    uint64_t hash = tuple_mix(tuple_mix(src, 0) + tuple_mix(dst, 0), around);
    return (uint32_t)(hash ^ hash >> 32);
}

/** The hash of the keyed contexts around an IP layer, as decode makes it on its way there. */
uint32_t tuple_around(const struct palua_packet *packet, uint32_t ip);

/** What the hash takes of a packet's network layer, which there must be: its addresses as words,
 * and the VLAN id. */
void tuple_network(const struct palua_packet *packet, uint64_t *src, uint64_t *dst,
                   uint16_t *vlan_id);

/** The keyed VLAN id around a packet's network layer, which there must be; 0 if none. */
uint16_t tuple_vlan(const struct palua_packet *packet);

/** The symmetric hash: the sum of the two ends does not know which came first. */
static inline uint32_t tuple_hash(uint64_t src, uint64_t dst, uint16_t sport, uint16_t dport,
                                  uint8_t proto, uint16_t vlan, uint32_t context)
{
    uint64_t ends = tuple_mix(src, sport) + tuple_mix(dst, dport);
    uint64_t hash = tuple_mix(ends, (uint64_t)context << 32 | (uint64_t)vlan << 8 | proto);
    return (uint32_t)(hash ^ hash >> 32);
}
