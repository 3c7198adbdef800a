// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/key.h"

#include <stddef.h>

#include "base/fold.h"
#include "flow/community_id.h"

enum { PROTO_ICMP = 1, PROTO_ICMPV6 = 58 };

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
    return (tuple->proto == PROTO_ICMP || tuple->proto == PROTO_ICMPV6) &&
           !community_id_icmp_counterpart(tuple->proto, (uint8_t)tuple->sport, &counterpart);
}

void flow_key_of(const struct decode_tuple *tuple, struct flow_key *out, uint8_t *swapped)
{
    uint64_t src[2], dst[2];
    load(tuple->src, src);
    load(tuple->dst, dst);
    uint8_t swap = is_one_way(tuple) ? 0 : is_behind(src, tuple->sport, dst, tuple->dport);
    uint64_t mask = -(uint64_t)swap; // all ones or none: exchanges without a branch
    uint64_t first = (src[0] ^ dst[0]) & mask, second = (src[1] ^ dst[1]) & mask;
    uint64_t rest = (uint64_t)tuple->proto << 56 | (uint64_t)(tuple->src.len & 0xff) << 48 |
                    (uint64_t)tuple->vlan << 32 | (uint64_t)tuple->dport << 16 | tuple->sport;
    *out = (struct flow_key){
        .low = {src[0] ^ first, src[1] ^ second},
        .high = {dst[0] ^ first, dst[1] ^ second},
        .rest = swap ? flow_key_turned(rest) : rest,
        .context = tuple->context,
    };
    *swapped = swap;
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
