// SPDX-License-Identifier: MIT OR Apache-2.0
#include "shard/owner.h"

#include <stddef.h>
#include <string.h>
#include <xxhash.h>

#include "event/headers.h"
#include "event/schemas.h"

static const uint64_t owner_seed = UINT64_C(0x70616c7561);

/** The two ends that an event is about; empty if there are none. */
struct ends {
    struct palua_slice src;
    struct palua_slice dst;
};

/** Where an event shows addresses of its own. */
struct own_fields {
    uint64_t wanted; /**< its fields src and dst; 0: it has no such fields */
    size_t src;
    size_t dst;
};

#define BITS(src, dst) (UINT64_C(1) << (src) | UINT64_C(1) << (dst))
#define OWN(record, src_bit, dst_bit)                                                      \
    {                                                                                      \
        BITS(src_bit, dst_bit), offsetof(struct record, src), offsetof(struct record, dst) \
    }

static const struct own_fields own_fields[EVENT_ENGINE_COUNT] = {
    [EVENT_PACKET] = OWN(packet_event, PACKET_EVENT_SRC, PACKET_EVENT_DST),
    [EVENT_NETWORK] = OWN(network_event, NETWORK_EVENT_SRC, NETWORK_EVENT_DST),
    [EVENT_TUNNEL] = OWN(tunnel_event, TUNNEL_EVENT_SRC, TUNNEL_EVENT_DST),
    [EVENT_TRANSPORT] = OWN(transport_event, TRANSPORT_EVENT_SRC, TRANSPORT_EVENT_DST),
    [EVENT_FRAGMENT] = OWN(fragment_event, FRAGMENT_EVENT_SRC, FRAGMENT_EVENT_DST),
};

/** Whether a kind's addresses are those of the packet or a layer of it, whatever flow it is of. */
static bool is_packet_level(uint16_t kind)
{
    return kind == EVENT_LINK || (kind < EVENT_ENGINE_COUNT && own_fields[kind].wanted);
}

void owner_interest(struct interest *interest, uint16_t kind)
{
    struct interest_kind *at = &interest->kinds[kind];
    if (kind < EVENT_ENGINE_COUNT)
        at->fields |= own_fields[kind].wanted;
    if (!is_packet_level(kind) && kind != EVENT_CAPTURE_END)
        at->flow |= BITS(FLOW_FIELD_ORIG_H, FLOW_FIELD_RESP_H);
}

static struct ends own_ends(const struct palua_event *event, uint16_t kind)
{
    const char *record = (const char *)event;
    struct ends ends;
    memcpy(&ends.src, record + own_fields[kind].src, sizeof ends.src);
    memcpy(&ends.dst, record + own_fields[kind].dst, sizeof ends.dst);
    return ends;
}

static struct ends packet_ends(const struct palua_packet *packet)
{
    struct ip_fields ip;
    if (!packet || packet->network == PALUA_NO_LAYER || !headers_ip(packet, packet->network, &ip))
        return (struct ends){0};
    return (struct ends){ip.src, ip.dst};
}

static struct ends ends_of(const struct palua_event *event, uint16_t kind)
{
    if (kind == EVENT_LINK)
        return packet_ends(event->packet);
    if (is_packet_level(kind)) {
        struct ends own = own_ends(event, kind);
        return kind != EVENT_TUNNEL || own.src.len ? own : packet_ends(event->packet);
    }
    if (event->flow)
        return (struct ends){event->flow->orig_h, event->flow->resp_h};
    return packet_ends(event->packet);
}

static void add(struct owner_key *key, struct palua_slice address)
{
    if (!address.len || address.len > sizeof key->bytes - key->len)
        return;
    memcpy(key->bytes + key->len, address.data, address.len);
    key->len = (uint8_t)(key->len + address.len);
}

/** Both ends of an event are of one family, so their bytes compare. */
static bool in_order(const struct ends *ends)
{
    return ends->src.len != ends->dst.len || !ends->src.len ||
           memcmp(ends->src.data, ends->dst.data, ends->src.len) <= 0;
}

void owner_key_of(const struct palua_event *event, uint16_t kind, enum palua_partition partition,
                  struct owner_key *out)
{
    struct ends ends = ends_of(event, kind);
    out->len = 0;
    switch (partition) {
    case PALUA_PARTITION_SRC:
        add(out, ends.src);
        break;
    case PALUA_PARTITION_DST:
        add(out, ends.dst);
        break;
    default:
        add(out, in_order(&ends) ? ends.src : ends.dst);
        add(out, in_order(&ends) ? ends.dst : ends.src);
        break;
    }
}

uint32_t owner_hash(const struct owner_key *key)
{
    return (uint32_t)XXH3_64bits_withSeed(key->bytes, key->len, owner_seed);
}
