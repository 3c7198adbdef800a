// SPDX-License-Identifier: MIT OR Apache-2.0
/** From an Ethernet frame to its innermost plain headers: VLAN tags, IPv4 or IPv6 with extension
 * headers, TCP or UDP. No tunnels, no reassembly of fragments. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { DECODE_TCP = 6, DECODE_UDP = 17 };

/** A five-tuple that is the same in both directions: the smaller end comes first. IPv4 addresses
 * are in the first four bytes. */
struct decode_key {
    uint64_t words[5]; /**< address, address; then ports, protocol and version */
};

struct decoded {
    struct decode_key key;
    uint8_t proto;
    uint8_t side; /**< 0 if the sender is the smaller end */
    uint16_t source_port;
    uint16_t target_port;
    const uint8_t *transport; /**< NULL when there is none, or it is a later fragment's */
    uint32_t transport_len;   /**< by the IP header, never more than was captured */
};

static inline uint16_t decode_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t decode_u32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, 4);
    return __builtin_bswap32(value);
}

static inline uint64_t decode_load(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, 8);
    return value;
}

static inline void decode_set_key(struct decoded *out, const uint64_t source[2],
                                  const uint64_t target[2], uint32_t version)
{
    bool swap = source[0] != target[0]   ? source[0] > target[0]
                : source[1] != target[1] ? source[1] > target[1]
                                         : out->source_port > out->target_port;
    const uint64_t *low = swap ? target : source;
    const uint64_t *high = swap ? source : target;
    uint32_t low_port = swap ? out->target_port : out->source_port;
    uint32_t high_port = swap ? out->source_port : out->target_port;
    out->side = swap;
    out->key = (struct decode_key){{low[0], low[1], high[0], high[1],
                                    (uint64_t)low_port << 48 | (uint64_t)high_port << 32 |
                                        (uint64_t)out->proto << 8 | version}};
}

static inline void decode_ports(struct decoded *out)
{
    out->source_port = out->target_port = 0;
    bool has_ports = out->proto == DECODE_TCP || out->proto == DECODE_UDP;
    if (!has_ports || !out->transport || out->transport_len < 8)
        return;
    out->source_port = decode_u16(out->transport);
    out->target_port = decode_u16(out->transport + 2);
}

static inline bool decode_ipv4(const uint8_t *at, uint32_t len, struct decoded *out)
{
    uint32_t header_len = (at[0] & 15U) * 4;
    if (len < 20 || header_len < 20 || len < header_len)
        return false;
    uint32_t total = decode_u16(at + 2);
    total = total < len ? total : len;
    bool later_fragment = decode_u16(at + 6) & 0x1fff;
    out->proto = at[9];
    out->transport = later_fragment || total < header_len ? NULL : at + header_len;
    out->transport_len = out->transport ? total - header_len : 0;
    decode_ports(out);
    uint32_t addresses[2];
    memcpy(addresses, at + 12, 8);
    decode_set_key(out, (uint64_t[2]){addresses[0], 0}, (uint64_t[2]){addresses[1], 0}, 4);
    return true;
}

static inline bool decode_is_extension(uint8_t next)
{
    return next == 0 || next == 43 || next == 60;
}

static inline bool decode_ipv6(const uint8_t *at, uint32_t len, struct decoded *out)
{
    if (len < 40)
        return false;
    uint32_t total = 40U + decode_u16(at + 4);
    total = total < len ? total : len;
    uint32_t offset = 40;
    uint8_t next = at[6];
    while (decode_is_extension(next) && offset + 8 <= total) {
        next = at[offset];
        offset += (at[offset + 1] + 1U) * 8;
    }
    out->proto = next;
    out->transport = offset <= total ? at + offset : NULL;
    out->transport_len = offset <= total ? total - offset : 0;
    decode_ports(out);
    decode_set_key(out, (uint64_t[2]){decode_load(at + 8), decode_load(at + 16)},
                   (uint64_t[2]){decode_load(at + 24), decode_load(at + 32)}, 6);
    return true;
}

/** @return false when there is no IP header */
static inline bool decode(const uint8_t *frame, uint32_t len, struct decoded *out)
{
    uint32_t offset = 14;
    if (len < 34)
        return false;
    uint16_t type = decode_u16(frame + 12);
    while ((type == 0x8100 || type == 0x88a8) && offset + 24 <= len) {
        type = decode_u16(frame + offset + 2);
        offset += 4;
    }
    if (type == 0x0800)
        return decode_ipv4(frame + offset, len - offset, out);
    return type == 0x86dd && decode_ipv6(frame + offset, len - offset, out);
}

static inline uint64_t decode_fold(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t decode_hash(const struct decode_key *key)
{
    const uint64_t *w = key->words;
    return decode_fold(decode_fold(w[0] ^ 0xa0761d6478bd642fULL, w[2] ^ 0xe7037ed1a0b428dbULL) ^
                           decode_fold(w[1] ^ 0x8ebc6af09c88c6e3ULL, w[3] ^ 0x589965cc75374cc3ULL),
                       w[4] ^ 0x1d8e4e27c47d124fULL);
}

static inline bool decode_same(const struct decode_key *a, const struct decode_key *b)
{
    return !((a->words[0] ^ b->words[0]) | (a->words[1] ^ b->words[1]) |
             (a->words[2] ^ b->words[2]) | (a->words[3] ^ b->words[3]) |
             (a->words[4] ^ b->words[4]));
}
