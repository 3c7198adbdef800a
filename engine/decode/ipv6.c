// SPDX-License-Identifier: MIT OR Apache-2.0
/* IPv6 (RFC 8200), its extension headers, jumbograms (RFC 2675). Mobility (RFC 6275), HIP (RFC
 * 7401) and Shim6 (RFC 5533) have the common form of extension headers. */
#include "decode/tuple.h"
#include "decode/walk.h"

enum { IPV6_LEN = 40, FRAGMENT_LEN = 8, JUMBO_LEAST = 65536 };
enum { IPV6_FRAGMENT_MASK = 0xfff9 }; /* offset and M */
enum { OPTION_PAD1 = 0, OPTION_JUMBO = 0xc2 };
enum { PROTO_HOPOPTS = 0, PROTO_TCP = 6, PROTO_UDP = 17 };

struct ipv6_fields {
    uint32_t version;
    uint16_t payload_len;
    uint8_t next;
    uint64_t src[2];
    uint64_t dst[2];
};

static inline bool read_fields(struct cursor in, struct ipv6_fields *out)
{
    struct cursor fixed;
    return cursor_sub(&in, IPV6_LEN, &fixed) && cursor_u32(&fixed, &out->version) &&
           cursor_u16(&fixed, &out->payload_len) && cursor_u8(&fixed, &out->next) &&
           cursor_skip(&fixed, 1) && cursor_u64(&fixed, &out->src[0]) &&
           cursor_u64(&fixed, &out->src[1]) && cursor_u64(&fixed, &out->dst[0]) &&
           cursor_u64(&fixed, &out->dst[1]);
}

/** Finds the jumbo payload option in the hop-by-hop header at `in`. */
static bool jumbo_len(struct cursor in, uint32_t *out)
{
    struct cursor options;
    uint8_t next, len, type;
    if (!cursor_u8(&in, &next) || !cursor_u8(&in, &len) || !cursor_sub(&in, len * 8u + 6, &options))
        return false;
    while (cursor_u8(&options, &type)) {
        if (type == OPTION_PAD1)
            continue;
        if (!cursor_u8(&options, &len))
            return false;
        if (type == OPTION_JUMBO)
            return len == 4 && cursor_u32(&options, out) && *out >= JUMBO_LEAST;
        if (!cursor_skip(&options, len))
            return false;
    }
    return false;
}

/** Length of a datagram whose payload length is 0: a jumbogram, one that offload has yet to cut, or
 * really empty. */
static uint64_t unstated_len(const struct walk *walk, uint8_t next)
{
    struct cursor in = walk->in;
    uint32_t len;
    if (next == PROTO_HOPOPTS && cursor_skip(&in, IPV6_LEN) && jumbo_len(in, &len))
        return (uint64_t)IPV6_LEN + len;
    /* Neither has a message without a header, so these bytes can only be the payload. */
    if (next == PROTO_TCP || next == PROTO_UDP)
        return walk->left;
    return IPV6_LEN;
}

unsigned ipv6_header(struct walk *walk)
{
    struct ipv6_fields ip;
    if (!read_fields(walk->in, &ip))
        return walk_short(walk, PALUA_PROTOCOL_IPV6, IPV6_LEN);
    if (ip.version >> 28 != 6) {
        walk_layer(walk, PALUA_PROTOCOL_IPV6, 0, ip.next);
        return walk_bad(walk, DECODE_FAULT_IP_VERSION, 0);
    }
    uint64_t len =
        ip.payload_len ? (uint64_t)IPV6_LEN + ip.payload_len : unstated_len(walk, ip.next);
    bool beyond = len > walk->left;
    if (!beyond)
        walk_trim(walk, (uint32_t)len);
    walk_layer(walk, PALUA_PROTOCOL_IPV6, IPV6_LEN, ip.next);
    if (beyond && !walk->quoted)
        walk_odd(walk, DECODE_FAULT_IPV6_PAYLOAD_LEN, 4);
    ip_enter(walk, true, tuple_fold(ip.src[0], ip.src[1]), tuple_fold(ip.dst[0], ip.dst[1]));
    unsigned next = ip_next(walk, ip.next);
    return walk_behind(walk, IPV6_LEN) ? next : WALK_END;
}

unsigned ipv6_extension(struct walk *walk, uint16_t protocol)
{
    struct cursor in = walk->in;
    uint8_t next, len;
    if (!cursor_u8(&in, &next) || !cursor_u8(&in, &len))
        return walk_short(walk, protocol, 2);
    uint32_t header_len = (len + 1u) * 8;
    walk_layer(walk, protocol, header_len, next);
    if (header_len > walk->left)
        return walk_overrun(walk, DECODE_FAULT_IPV6_EXTENSION, 1);
    if (protocol == PALUA_PROTOCOL_IPV6_HOPOPTS && walk->count - 2 != walk->ip)
        walk_odd(walk, DECODE_FAULT_IPV6_ORDER, 0);
    unsigned slot = ip_next(walk, next);
    return walk_behind(walk, header_len) ? slot : WALK_END;
}

unsigned ipv6_fragment(struct walk *walk)
{
    struct cursor in = walk->in, fixed;
    uint8_t next;
    uint16_t fragment;
    if (!cursor_sub(&in, FRAGMENT_LEN, &fixed) || !cursor_u8(&fixed, &next) ||
        !cursor_skip(&fixed, 1) || !cursor_u16(&fixed, &fragment))
        return walk_short(walk, PALUA_PROTOCOL_IPV6_FRAGMENT, FRAGMENT_LEN);
    struct palua_layer *layer = walk_layer(walk, PALUA_PROTOCOL_IPV6_FRAGMENT, FRAGMENT_LEN, next);
    walk_to(walk, &in);
    unsigned slot = ip_next(walk, next);
    /* RFC 6946: a fragment header with neither offset nor M is a whole datagram. */
    if (!(fragment & IPV6_FRAGMENT_MASK))
        return slot;
    layer->flags |= PALUA_LAYER_FRAGMENT;
    return ip_fragment(walk);
}
