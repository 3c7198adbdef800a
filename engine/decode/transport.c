// SPDX-License-Identifier: MIT OR Apache-2.0
/* TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792), ICMPv6 (RFC 4443), SCTP (RFC 9260), DCCP (RFC
 * 4340), UDP-Lite (RFC 3828). */
#include "decode/chunk.h"
#include "decode/tuple.h"
#include "decode/walk.h"

enum { TCP_FIXED_LEN = 20, UDP_LEN = 8, ICMP_LEN = 8, ICMPV6_FIXED_LEN = 4 };
enum { SCTP_LEN = 12, DCCP_FIXED_LEN = 12 };

/** The layer added last becomes the packet's transport layer, unless it is quoted. */
static inline void enter(struct walk *walk, uint8_t proto, uint16_t sport, uint16_t dport)
{
    walk->ip = PALUA_NO_LAYER;
    if (walk->quoted)
        return;
    walk->transport = (uint8_t)(walk->count - 1);
    walk->proto = proto;
    walk->sport = sport;
    walk->dport = dport;
}

/** A header that is not all there still names its flow if the ports are. */
static unsigned short_ports(struct walk *walk, uint16_t protocol, uint8_t proto, uint32_t need)
{
    struct cursor in = walk->in;
    uint16_t sport, dport;
    bool ports = cursor_u16(&in, &sport) && cursor_u16(&in, &dport);
    unsigned next = walk_short(walk, protocol, need);
    if (ports)
        enter(walk, proto, sport, dport);
    return next;
}

unsigned transport_tcp(struct walk *walk)
{
    struct cursor in = walk->in, fixed;
    uint16_t sport, dport, offset_flags;
    if (!cursor_sub(&in, TCP_FIXED_LEN, &fixed) || !cursor_u16(&fixed, &sport) ||
        !cursor_u16(&fixed, &dport) || !cursor_skip(&fixed, 8) ||
        !cursor_u16(&fixed, &offset_flags))
        return short_ports(walk, PALUA_PROTOCOL_TCP, TUPLE_TCP, TCP_FIXED_LEN);
    uint32_t header_len = (offset_flags >> 12) * 4u;
    walk_layer(walk, PALUA_PROTOCOL_TCP, header_len, offset_flags & 0x1ff);
    enter(walk, TUPLE_TCP, sport, dport);
    if (header_len < TCP_FIXED_LEN)
        return walk_bad(walk, DECODE_FAULT_TCP_OFFSET, 12);
    if (header_len > walk->left)
        return walk_overrun(walk, DECODE_FAULT_TCP_OFFSET, 12);
    if (header_len > cursor_left(&walk->in))
        walk_fault(walk, DECODE_FAULT_SNAPLEN_CUT, walk->count - 1u, walk_offset(walk));
    return WALK_END;
}

/** Offers a datagram's payload to the decoder plugins of its ports. */
static unsigned payload(struct walk *walk, uint16_t sport, uint16_t dport)
{
    const uint8_t *slots = walk->decoder->udp_ports;
    if (!cursor_left(&walk->in))
        return WALK_END;
    unsigned next = slots[dport] ? walk_plugin(walk, slots[dport]) : WALK_REFUSED;
    if (next == WALK_REFUSED && slots[sport])
        next = walk_plugin(walk, slots[sport]);
    return next == WALK_REFUSED ? WALK_END : next;
}

unsigned transport_udp(struct walk *walk)
{
    struct cursor in = walk->in, fixed;
    uint16_t sport, dport, declared;
    if (!cursor_sub(&in, UDP_LEN, &fixed) || !cursor_u16(&fixed, &sport) ||
        !cursor_u16(&fixed, &dport) || !cursor_u16(&fixed, &declared))
        return short_ports(walk, PALUA_PROTOCOL_UDP, TUPLE_UDP, UDP_LEN);
    /* RFC 2675 section 4: the length of a UDP jumbogram is 0. */
    uint32_t len = !declared && walk->left > UINT16_MAX ? walk->left : declared;
    if (len >= UDP_LEN && len <= walk->left)
        walk_trim(walk, len);
    walk_layer(walk, PALUA_PROTOCOL_UDP, UDP_LEN, 0);
    enter(walk, TUPLE_UDP, sport, dport);
    if (len < UDP_LEN)
        return walk_bad(walk, DECODE_FAULT_UDP_LEN, 4);
    if (len > walk->left && !walk->quoted)
        walk_odd(walk, DECODE_FAULT_UDP_LEN, 4);
    walk_to(walk, &in);
    return walk->decoder->udp_bound ? payload(walk, sport, dport) : WALK_END;
}

/** Chunks fill the packet; what the snaplen cut cannot be checked. The first that is wrong is told
 * of. */
static void check_chunks(struct walk *walk)
{
    struct chunk_walk chunks = chunk_walk_of(walk->in, walk->left);
    struct chunk chunk;
    enum chunk_step step;
    uint32_t at;
    do {
        at = SCTP_LEN + walk->left - chunks.left;
        step = chunk_next(&chunks, &chunk);
    } while (step == CHUNK_READ && chunk.length >= chunk_least(chunk.type));
    if (walk->quoted)
        return;
    if (step == CHUNK_BAD || step == CHUNK_READ)
        walk_odd(walk, DECODE_FAULT_SCTP_CHUNK, at);
    else if (step == CHUNK_MANY)
        walk_fault(walk, DECODE_FAULT_SCTP_CHUNKS, walk->count - 1u, walk_last(walk)->offset + at);
}

unsigned transport_sctp(struct walk *walk)
{
    struct cursor in = walk->in, fixed;
    uint16_t sport, dport;
    if (!cursor_sub(&in, SCTP_LEN, &fixed) || !cursor_u16(&fixed, &sport) ||
        !cursor_u16(&fixed, &dport))
        return short_ports(walk, PALUA_PROTOCOL_SCTP, TUPLE_SCTP, SCTP_LEN);
    walk_layer(walk, PALUA_PROTOCOL_SCTP, SCTP_LEN, 0);
    enter(walk, TUPLE_SCTP, sport, dport);
    walk_to(walk, &in);
    check_chunks(walk);
    return WALK_END;
}

unsigned transport_dccp(struct walk *walk)
{
    struct cursor in = walk->in, fixed;
    uint16_t sport, dport;
    uint8_t words;
    if (!cursor_sub(&in, DCCP_FIXED_LEN, &fixed) || !cursor_u16(&fixed, &sport) ||
        !cursor_u16(&fixed, &dport) || !cursor_u8(&fixed, &words))
        return short_ports(walk, PALUA_PROTOCOL_DCCP, TUPLE_DCCP, DCCP_FIXED_LEN);
    uint32_t header_len = words * 4u;
    walk_layer(walk, PALUA_PROTOCOL_DCCP, header_len, 0);
    enter(walk, TUPLE_DCCP, sport, dport);
    if (header_len < DCCP_FIXED_LEN)
        return walk_bad(walk, DECODE_FAULT_DCCP_OFFSET, 4);
    if (header_len > walk->left)
        return walk_overrun(walk, DECODE_FAULT_DCCP_OFFSET, 4);
    if (header_len > cursor_left(&walk->in))
        walk_fault(walk, DECODE_FAULT_SNAPLEN_CUT, walk->count - 1u, walk_offset(walk));
    return WALK_END;
}

/* RFC 3828: the length is IP's; where UDP has it stands how much the checksum covers. */
unsigned transport_udplite(struct walk *walk)
{
    struct cursor in = walk->in, fixed;
    uint16_t sport, dport;
    if (!cursor_sub(&in, UDP_LEN, &fixed) || !cursor_u16(&fixed, &sport) ||
        !cursor_u16(&fixed, &dport))
        return short_ports(walk, PALUA_PROTOCOL_UDPLITE, TUPLE_UDPLITE, UDP_LEN);
    walk_layer(walk, PALUA_PROTOCOL_UDPLITE, UDP_LEN, 0);
    enter(walk, TUPLE_UDPLITE, sport, dport);
    return WALK_END;
}

/** Whether an ICMP type is an error, which quotes the packet it is about, and where in its header
 * RFC 4884 puts the quote's length: `length_at` 0 for nowhere, counted in units of `unit` bytes. */
static bool quotes(uint16_t protocol, uint8_t type, uint32_t *length_at, uint32_t *unit)
{
    if (protocol == PALUA_PROTOCOL_ICMPV6) {
        *unit = 8;
        *length_at = type == 1 || type == 3 ? 4 : 0;
        return type >= 1 && type <= 4;
    }
    *unit = 4;
    *length_at = type == 3 || type == 11 || type == 12 ? 5 : 0;
    return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/** Goes on with the packet that an error quotes, without what RFC 4884 appends to it. */
static unsigned quote(struct walk *walk, uint16_t protocol, uint8_t type)
{
    struct cursor in = walk->in;
    uint32_t length_at, unit;
    uint8_t len = 0;
    if (!quotes(protocol, type, &length_at, &unit))
        return WALK_END;
    if (length_at && (!cursor_skip(&in, length_at) || !cursor_u8(&in, &len)))
        len = 0;
    if (walk->left < ICMP_LEN || !walk_behind(walk, ICMP_LEN) || !walk->left)
        return WALK_END;
    if (len && len * unit <= walk->left)
        walk_trim(walk, len * unit);
    walk->quoted = PALUA_LAYER_QUOTED;
    return protocol == PALUA_PROTOCOL_ICMP ? PALUA_PROTOCOL_IP : PALUA_PROTOCOL_IPV6;
}

unsigned transport_icmp(struct walk *walk, uint16_t protocol)
{
    struct cursor in = walk->in;
    uint8_t proto = protocol == PALUA_PROTOCOL_ICMP ? TUPLE_ICMP : TUPLE_ICMPV6;
    uint32_t need = protocol == PALUA_PROTOCOL_ICMP ? ICMP_LEN : ICMPV6_FIXED_LEN;
    uint8_t type = 0, code = 0;
    uint16_t sport, dport;
    bool named = cursor_u8(&in, &type) && cursor_u8(&in, &code);
    unsigned next = WALK_END;
    bool whole = cursor_left(&walk->in) >= need;
    if (whole)
        walk_layer(walk, protocol, walk->left < ICMP_LEN ? walk->left : ICMP_LEN,
                   (uint16_t)(type << 8 | code));
    else
        next = walk_short(walk, protocol, need);
    if (!named)
        return next;
    walk_last(walk)->aux = (uint16_t)(type << 8 | code);
    tuple_icmp_ports(proto, type, code, &sport, &dport);
    enter(walk, proto, sport, dport);
    return whole ? quote(walk, protocol, type) : next;
}
