// SPDX-License-Identifier: MIT OR Apache-2.0
#include "generator/dns.h"

#include <stdbool.h>
#include <string.h>

#include "generator/packet.h"

enum type { A = 1, NS = 2, CNAME = 5, SOA = 6, MX = 15, TXT = 16, AAAA = 28, OPT = 41, HTTPS = 65 };
enum { QUERY_FLAGS = 0x0100, ANSWER_FLAGS = 0x8180, NXDOMAIN = 3 };
/* A pointer to offset 12, where the question's name is (RFC 1035, section 4.1.4). */
enum { QUESTION_NAME = 0xc00c };

uint16_t dns_random_type(struct random *random)
{
    uint32_t n = random_below(random, 100);
    return n < 58 ? A : n < 80 ? AAAA : n < 92 ? HTTPS : n < 95 ? MX : n < 98 ? TXT : NS;
}

static uint8_t *put_header(uint8_t *at, uint16_t id, uint32_t flags, uint32_t answers,
                           uint32_t authority)
{
    at = packet_put_u16(at, id);
    at = packet_put_u16(at, flags);
    at = packet_put_u32(at, 1U << 16 | answers);
    return packet_put_u32(at, authority << 16 | 1);
}

static uint8_t *put_question(uint8_t *at, const struct dns_question *question)
{
    memcpy(at, question->name, question->name_len);
    at = packet_put_u16(at + question->name_len, question->type);
    return packet_put_u16(at, 1);
}

/* RFC 6891: root name, type 41, payload size 1232, no options. */
static uint8_t *put_edns(uint8_t *at)
{
    *at++ = 0;
    at = packet_put_u32(at, (uint32_t)OPT << 16 | 1232);
    at = packet_put_u32(at, 0);
    return packet_put_u16(at, 0);
}

uint32_t dns_put_query(uint8_t *out, const struct dns_question *question)
{
    uint8_t *at = put_header(out, question->id, QUERY_FLAGS, 0, 0);
    at = put_question(at, question);
    return (uint32_t)(put_edns(at) - out);
}

static uint8_t *put_record(uint8_t *at, uint32_t name, enum type type, uint32_t ttl, uint32_t len)
{
    at = packet_put_u16(at, name);
    at = packet_put_u32(at, (uint32_t)type << 16 | 1);
    at = packet_put_u32(at, ttl);
    return packet_put_u16(at, len);
}

static uint8_t *put_soa(uint8_t *at, uint64_t hash)
{
    at = put_record(at, QUESTION_NAME, SOA, 900, 24);
    at = packet_put_u16(at, QUESTION_NAME);
    at = packet_put_u16(at, QUESTION_NAME);
    at = packet_put_u32(at, (uint32_t)hash);
    at = packet_put_u32(packet_put_u32(at, 7200), 900);
    return packet_put_u32(packet_put_u32(at, 1209600), 900);
}

static uint8_t *put_address(uint8_t *at, uint32_t name, enum type type, uint64_t hash)
{
    at = put_record(at, name, type, (uint32_t)(60 + hash % 3600), type == A ? 4 : 16);
    if (type == AAAA) {
        at = packet_put_u32(at, 0x20010db8);
        at = packet_put_u32(packet_put_u32(at, 0), (uint32_t)(hash >> 32));
    }
    return packet_put_u32(at, type == A ? 0xc6120000U | (hash & 0x1ffff) : (uint32_t)hash);
}

static uint8_t *put_text(uint8_t *at, uint64_t hash)
{
    uint32_t len = 20 + (uint32_t)(hash % 100);
    at = put_record(at, QUESTION_NAME, TXT, 300, len + 1);
    *at++ = (uint8_t)len;
    memset(at, 'a' + (int)(hash >> 8) % 8, len);
    return at + len;
}

/* RFC 9460: priority 1, the owner itself as target, alpn=h2. */
static uint8_t *put_https(uint8_t *at)
{
    at = put_record(at, QUESTION_NAME, HTTPS, 300, 10);
    at = packet_put_u16(at, 1);
    *at++ = 0;
    at = packet_put_u32(at, 1U << 16 | 3);
    memcpy(at, "\2h2", 3);
    return at + 3;
}

/* An alias "origin", then the addresses of it. */
static uint8_t *put_alias(uint8_t *at, const uint8_t *message, uint32_t *name)
{
    at = put_record(at, QUESTION_NAME, CNAME, 300, 9);
    *name = 0xc000U | (uint32_t)(at - message);
    memcpy(at, "\6origin", 7);
    return packet_put_u16(at + 7, QUESTION_NAME);
}

static uint8_t *put_addresses(uint8_t *at, const uint8_t *message, enum type type, uint64_t hash,
                              uint32_t *count)
{
    uint32_t name = QUESTION_NAME;
    uint32_t addresses = 1 + (uint32_t)(hash >> 16 & 3);
    *count = addresses;
    if ((hash >> 24 & 7) == 0) {
        at = put_alias(at, message, &name);
        ++*count;
    }
    for (uint32_t i = 0; i < addresses; i++)
        at = put_address(at, name, type, random_mix(hash + i));
    return at;
}

static uint8_t *put_answers(uint8_t *at, const uint8_t *message, enum type type, uint64_t hash,
                            uint32_t *count)
{
    *count = 1;
    switch (type) {
    case MX:
        at = put_record(at, QUESTION_NAME, MX, 3600, 9);
        memcpy(packet_put_u16(at, 10), "\4mail", 5);
        return packet_put_u16(at + 7, QUESTION_NAME);
    case NS:
        at = put_record(at, QUESTION_NAME, NS, 86400, 6);
        memcpy(at, "\3ns1", 4);
        return packet_put_u16(at + 4, QUESTION_NAME);
    case TXT:
        return put_text(at, hash);
    case HTTPS:
        return put_https(at);
    default:
        return put_addresses(at, message, type, hash, count);
    }
}

static uint64_t hash_name(const struct dns_question *question)
{
    uint64_t hash = question->type;
    for (uint32_t i = 0; i < question->name_len; i++)
        hash = hash * 0x100000001b3ULL + question->name[i];
    return random_mix(hash);
}

uint32_t dns_put_answer(uint8_t *out, const struct dns_question *question)
{
    uint64_t hash = hash_name(question);
    bool missing = hash % 100 < 12;
    uint32_t answers = 0;
    uint8_t *at = put_question(out + 12, question);
    if (missing)
        at = put_soa(at, hash);
    else
        at = put_answers(at, out, question->type, hash, &answers);
    put_header(out, question->id, ANSWER_FLAGS | (missing ? NXDOMAIN : 0), answers, missing);
    return (uint32_t)(put_edns(at) - out);
}
