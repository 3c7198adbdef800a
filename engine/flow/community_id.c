// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/community_id.h"

#include <openssl/evp.h>
#include <stddef.h>
#include <string.h>

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58, PROTO_SCTP = 132 };
enum { SHA1_LEN = 20, ADDRESS_CAP = 16 };

struct pair {
    uint8_t type;
    uint8_t answer;
};

/** RFC 792, RFC 950 and RFC 1256: echo, router solicitation, timestamp, information, address mask.
 */
static const struct pair icmp_pairs[] = {{8, 0}, {10, 9}, {13, 14}, {15, 16}, {17, 18}};

/** RFC 4443 echo, RFC 2710 listener query, RFC 4861 router and neighbour solicitation, RFC 4620
 * node information, RFC 6275 home agent discovery. */
static const struct pair icmpv6_pairs[] = {{128, 129}, {130, 131}, {133, 134},
                                           {135, 136}, {139, 140}, {144, 145}};

static bool answer_of(const struct pair *pairs, size_t count, uint8_t type, uint8_t *counterpart)
{
    for (size_t i = 0; i < count; i++) {
        if (pairs[i].type != type && pairs[i].answer != type)
            continue;
        *counterpart = pairs[i].type == type ? pairs[i].answer : pairs[i].type;
        return true;
    }
    return false;
}

bool community_id_icmp_counterpart(uint8_t proto, uint8_t type, uint8_t *counterpart)
{
    if (proto == PROTO_ICMP)
        return answer_of(icmp_pairs, sizeof icmp_pairs / sizeof *icmp_pairs, type, counterpart);
    if (proto == PROTO_ICMPV6)
        return answer_of(icmpv6_pairs, sizeof icmpv6_pairs / sizeof *icmpv6_pairs, type,
                         counterpart);
    return false;
}

/** The two ends, which trade places so that the smaller one comes first. */
struct ends {
    const uint8_t *low;
    const uint8_t *high;
    uint16_t low_port;
    uint16_t high_port;
};

static void order(struct ends *ends, uint8_t addr_len)
{
    int before = memcmp(ends->low, ends->high, addr_len);
    if (before < 0 || (before == 0 && ends->low_port <= ends->high_port))
        return;
    *ends = (struct ends){ends->high, ends->low, ends->high_port, ends->low_port};
}

/** What of a protocol's header takes part. */
static bool has_ports(uint8_t proto)
{
    return proto == PROTO_TCP || proto == PROTO_UDP || proto == PROTO_SCTP || proto == PROTO_ICMP ||
           proto == PROTO_ICMPV6;
}

/** Types are paired like ports; a type that nothing answers makes a flow of one direction, whose
 * ends do not trade places. */
static bool map_icmp(uint8_t proto, struct ends *ends)
{
    uint8_t counterpart;
    if (proto != PROTO_ICMP && proto != PROTO_ICMPV6)
        return true;
    if (!community_id_icmp_counterpart(proto, (uint8_t)ends->low_port, &counterpart))
        return false;
    ends->high_port = counterpart;
    return true;
}

static uint8_t *put_u16(uint8_t *at, uint16_t value)
{
    *at++ = (uint8_t)(value >> 8);
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put(uint8_t *at, const uint8_t *data, size_t len)
{
    memcpy(at, data, len);
    return at + len;
}

void community_id(uint16_t seed, uint8_t proto, const uint8_t *src, const uint8_t *dst,
                  uint8_t addr_len, uint16_t sport, uint16_t dport, char out[COMMUNITY_ID_LEN])
{
    struct ends ends = {src, dst, sport, dport};
    if (map_icmp(proto, &ends))
        order(&ends, addr_len);
    uint8_t input[2 + 2 * ADDRESS_CAP + 2 + 4];
    uint8_t *at = put_u16(input, seed);
    at = put(at, ends.low, addr_len);
    at = put(at, ends.high, addr_len);
    *at++ = proto;
    *at++ = 0; // padding to a multiple of 32 bits
    if (has_ports(proto))
        at = put_u16(put_u16(at, ends.low_port), ends.high_port);
    uint8_t digest[SHA1_LEN];
    if (!EVP_Digest(input, (size_t)(at - input), digest, NULL, EVP_sha1(), NULL))
        memset(digest, 0, sizeof digest); // SHA-1 switched off by the system's policy
    unsigned char base64[4 * ((SHA1_LEN + 2) / 3) + 1];
    EVP_EncodeBlock(base64, digest, SHA1_LEN);
    memcpy(out, "1:", 2);
    memcpy(out + 2, base64, COMMUNITY_ID_LEN - 2);
}
