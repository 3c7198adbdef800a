// SPDX-License-Identifier: MIT OR Apache-2.0
/* IPv4 (RFC 791) and the IPsec headers that both versions carry: AH (RFC 4302), ESP (RFC 4303). */
#include "decode/tuple.h"
#include "decode/walk.h"

enum { IP_FIXED_LEN = 20, AH_FIXED_LEN = 12, ESP_FIXED_LEN = 8 };
enum { IP_FRAGMENT_MASK = 0x3fff }; /* MF and the offset */

struct ip_fields {
    uint8_t version_ihl;
    uint8_t proto;
    uint16_t total_len;
    uint16_t fragment;
    uint32_t src;
    uint32_t dst;
};

static inline bool read_fields(struct cursor in, struct ip_fields *out)
{
    struct cursor fixed;
    return cursor_sub(&in, IP_FIXED_LEN, &fixed) && cursor_u8(&fixed, &out->version_ihl) &&
           cursor_skip(&fixed, 1) && cursor_u16(&fixed, &out->total_len) &&
           cursor_skip(&fixed, 2) && cursor_u16(&fixed, &out->fragment) && cursor_skip(&fixed, 1) &&
           cursor_u8(&fixed, &out->proto) && cursor_skip(&fixed, 2) &&
           cursor_u32(&fixed, &out->src) && cursor_u32(&fixed, &out->dst);
}

/** Adds the layer of a header that contradicts itself. */
static unsigned contradiction(struct walk *walk, uint8_t proto, enum decode_fault code,
                              uint32_t field)
{
    walk_layer(walk, PALUA_PROTOCOL_IP, 0, proto);
    return walk_bad(walk, code, field);
}

unsigned ip_header(struct walk *walk)
{
    struct ip_fields ip;
    if (!read_fields(walk->in, &ip))
        return walk_short(walk, PALUA_PROTOCOL_IP, IP_FIXED_LEN);
    if (ip.version_ihl >> 4 != 4)
        return contradiction(walk, ip.proto, DECODE_FAULT_IP_VERSION, 0);
    uint32_t header_len = (ip.version_ihl & 15u) * 4;
    if (header_len < IP_FIXED_LEN)
        return contradiction(walk, ip.proto, DECODE_FAULT_IP_HEADER_LEN, 0);
    if (header_len > walk->left) {
        walk_layer(walk, PALUA_PROTOCOL_IP, header_len, ip.proto);
        return walk_overrun(walk, DECODE_FAULT_IP_HEADER_LEN, 0);
    }
    /* Segmentation offload hands over packets whose total length is still to be filled in: 0. */
    uint32_t len = ip.total_len ? ip.total_len : walk->left;
    if (len < header_len)
        return contradiction(walk, ip.proto, DECODE_FAULT_IP_TOTAL_LEN, 2);
    bool beyond = len > walk->left;
    if (!beyond)
        walk_trim(walk, len);
    walk_layer(walk, PALUA_PROTOCOL_IP, header_len, ip.proto);
    if (beyond && !walk->quoted)
        walk_odd(walk, DECODE_FAULT_IP_TOTAL_LEN, 2);
    ip_enter(walk, false, ip.src, ip.dst);
    unsigned next = ip.fragment & IP_FRAGMENT_MASK ? ip_fragment(walk) : ip_next(walk, ip.proto);
    return walk_behind(walk, header_len) ? next : WALK_END;
}

unsigned ip_ah(struct walk *walk)
{
    struct cursor in = walk->in, fixed;
    uint8_t next, len;
    if (!cursor_sub(&in, AH_FIXED_LEN, &fixed) || !cursor_u8(&fixed, &next) ||
        !cursor_u8(&fixed, &len))
        return walk_short(walk, PALUA_PROTOCOL_AH, AH_FIXED_LEN);
    /* RFC 4302 section 2.2: in 32-bit words, minus 2, unlike the other extension headers. */
    uint32_t header_len = (len + 2u) * 4;
    walk_layer(walk, PALUA_PROTOCOL_AH, header_len, next);
    if (header_len < AH_FIXED_LEN)
        return walk_bad(walk, DECODE_FAULT_AH_LEN, 1);
    if (header_len > walk->left)
        return walk_overrun(walk, DECODE_FAULT_AH_LEN, 1);
    unsigned slot = ip_next(walk, next);
    return walk_behind(walk, header_len) ? slot : WALK_END;
}

unsigned ip_esp(struct walk *walk)
{
    if (cursor_left(&walk->in) < ESP_FIXED_LEN)
        return walk_short(walk, PALUA_PROTOCOL_ESP, ESP_FIXED_LEN);
    walk_layer(walk, PALUA_PROTOCOL_ESP, ESP_FIXED_LEN, 0);
    return WALK_END;
}
