// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/key.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "flow/community_id.h"

enum { PROTO_ICMP = 1, PROTO_ICMPV6 = 58 };

_Static_assert(sizeof(struct flow_key) == 40, "the key is hashed as memory: no padding");

static void load(struct palua_slice address, uint64_t out[2])
{
    out[0] = out[1] = 0;
    if (address.len == 16)
        memcpy(out, address.data, 16);
    else if (address.len == 4)
        memcpy(out, address.data, 4);
}

/** Whether end a comes behind end b. Any total order will do, so the addresses' bytes are compared
 * as they lie in memory; without branches, as which end comes first is a toss-up. */
static uint8_t is_behind(const uint64_t a[2], uint16_t a_port, const uint64_t b[2], uint16_t b_port)
{
    unsigned above = (a[1] > b[1]) | ((a[1] == b[1]) & (a[0] > b[0]));
    unsigned equal = (a[1] == b[1]) & (a[0] == b[0]);
    return (uint8_t)(above | (equal & (a_port > b_port)));
}

static bool is_one_way(const struct decode_tuple *tuple)
{
    uint8_t counterpart;
    return (tuple->proto == PROTO_ICMP || tuple->proto == PROTO_ICMPV6) &&
           !community_id_icmp_counterpart(tuple->proto, (uint8_t)tuple->sport, &counterpart);
}

void flow_key_of(const struct decode_tuple *tuple, struct flow_key *out, uint8_t *swapped)
{
    uint64_t ends[2][2];
    uint16_t ports[2] = {tuple->sport, tuple->dport};
    load(tuple->src, ends[0]);
    load(tuple->dst, ends[1]);
    bool one_way = is_one_way(tuple);
    uint8_t low = one_way ? 0 : is_behind(ends[0], ports[0], ends[1], ports[1]);
    uint8_t high = low ^ 1;
    *out = (struct flow_key){
        .low = {ends[low][0], ends[low][1]},
        .high = {ends[high][0], ends[high][1]},
        .low_port = ports[low],
        .high_port = ports[high],
        .vlan = tuple->vlan,
        .proto = tuple->proto,
        .kind = (uint8_t)(tuple->src.len | (one_way ? FLOW_KEY_ONE_WAY : 0)),
    };
    *swapped = low;
}

uint32_t flow_key_hash(const struct flow_key *key, uint64_t seed)
{
    return (uint32_t)XXH3_64bits_withSeed(key, sizeof *key, seed);
}

bool flow_key_is_loop(const struct flow_key *key)
{
    return memcmp(key->low, key->high, sizeof key->low) == 0 && key->low_port == key->high_port;
}

void flow_key_store(const struct flow_key *key, uint8_t low_responds, struct flow *out)
{
    memcpy(out->addresses + 16 * low_responds, key->low, 16);
    memcpy(out->addresses + 16 * !low_responds, key->high, 16);
    out->ports[low_responds] = key->low_port;
    out->ports[!low_responds] = key->high_port;
    out->vlan = key->vlan;
    out->proto = key->proto;
    out->addr_len = key->kind & 0x7f;
    out->flags = (uint8_t)((low_responds ? FLOW_LOW_RESPONDS : 0) |
                           (key->kind & FLOW_KEY_ONE_WAY ? FLOW_ONE_WAY : 0));
}

bool flow_key_matches(const struct flow_key *key, const struct flow *flow)
{
    unsigned low = flow->flags & FLOW_LOW_RESPONDS;
    unsigned high = low ^ 1;
    unsigned kind = flow->addr_len | (flow->flags & FLOW_ONE_WAY ? FLOW_KEY_ONE_WAY : 0U);
    return memcmp(flow->addresses + 16 * low, key->low, 16) == 0 &&
           memcmp(flow->addresses + 16 * high, key->high, 16) == 0 &&
           flow->ports[low] == key->low_port && flow->ports[high] == key->high_port &&
           flow->vlan == key->vlan && flow->proto == key->proto && kind == key->kind;
}
