// SPDX-License-Identifier: MIT OR Apache-2.0
#include "shard/owner.h"

#include <criterion/criterion.h>
#include <string.h>

#include "event/schemas.h"

static const uint8_t low[] = {192, 0, 2, 1}, high[] = {198, 51, 100, 7};
static const uint8_t low6[16] = {0x20, 1, [15] = 1}, high6[16] = {0x20, 1, [15] = 2};
static const enum palua_partition ways[] = {PALUA_PARTITION_SRC, PALUA_PARTITION_DST,
                                            PALUA_PARTITION_PAIR};

static struct palua_slice slice(const uint8_t *bytes, uint32_t len)
{
    return (struct palua_slice){bytes, len, 0};
}

/** A packet with one IPv4 layer from `low` to `high`. */
static struct palua_packet *packet(void)
{
    static uint8_t frame[20] = {0x45, [3] = 20, [8] = 64, [9] = 17};
    static struct palua_packet out;
    memcpy(frame + 12, low, 4);
    memcpy(frame + 16, high, 4);
    out = (struct palua_packet){.data = frame,
                                .caplen = sizeof frame,
                                .origlen = sizeof frame,
                                .layer_count = 1,
                                .transport = PALUA_NO_LAYER};
    out.layers[0] = (struct palua_layer){
        .protocol = PALUA_PROTOCOL_IP, .len = sizeof frame, .header_len = 20, .aux = 17};
    return &out;
}

static struct owner_key key(const struct palua_event *event, uint16_t kind, enum palua_partition by)
{
    struct owner_key out;
    memset(&out, 0xee, sizeof out);
    owner_key_of(event, kind, by, &out);
    return out;
}

static void expect(const struct palua_event *event, uint16_t kind, enum palua_partition by,
                   const void *bytes, uint8_t len)
{
    struct owner_key got = key(event, kind, by);
    cr_expect_eq(got.len, len, "kind %u: %u bytes", kind, got.len);
    if (len)
        cr_expect_arr_eq(got.bytes, bytes, len);
}

Test(owner, decides_by_addresses_only)
{
    cr_expect_not(owner_decides(PALUA_PARTITION_ALL));
    cr_expect_not(owner_decides(PALUA_PARTITION_FLOW));
    for (int i = 0; i < 3; i++)
        cr_expect(owner_decides(ways[i]));
}

Test(owner, takes_an_events_own_addresses)
{
    const struct packet_event a = {.src = slice(low, 4), .dst = slice(high, 4)};
    const struct network_event b = {.src = slice(low, 4), .dst = slice(high, 4)};
    const struct tunnel_event c = {.src = slice(low, 4), .dst = slice(high, 4)};
    const struct transport_event d = {.src = slice(low, 4), .dst = slice(high, 4)};
    const struct fragment_event e = {.src = slice(low, 4), .dst = slice(high, 4)};
    const struct {
        const struct palua_event *event;
        uint16_t kind;
    } all[] = {{&a.event, EVENT_PACKET},
               {&b.event, EVENT_NETWORK},
               {&c.event, EVENT_TUNNEL},
               {&d.event, EVENT_TRANSPORT},
               {&e.event, EVENT_FRAGMENT}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        expect(all[i].event, all[i].kind, PALUA_PARTITION_SRC, low, 4);
        expect(all[i].event, all[i].kind, PALUA_PARTITION_DST, high, 4);
    }
}

Test(owner, of_a_pair_is_the_same_both_ways)
{
    const struct packet_event there = {.src = slice(low6, 16), .dst = slice(high6, 16)};
    const struct packet_event back = {.src = slice(high6, 16), .dst = slice(low6, 16)};
    struct owner_key a = key(&there.event, EVENT_PACKET, PALUA_PARTITION_PAIR);
    struct owner_key b = key(&back.event, EVENT_PACKET, PALUA_PARTITION_PAIR);
    cr_assert_eq(a.len, 32);
    cr_assert_eq(b.len, 32);
    cr_expect_arr_eq(a.bytes, b.bytes, 32);
    cr_expect_eq(owner_hash(&a), owner_hash(&b));
    cr_expect_arr_eq(a.bytes, low6, 16);
}

Test(owner, of_a_flow_is_its_originator_or_responder)
{
    const struct palua_flow flow = {.orig_h = slice(high, 4), .resp_h = slice(low, 4)};
    const struct palua_event event = {.packet = packet(), .flow = &flow};
    const uint16_t kinds[] = {EVENT_FLOW_START, EVENT_FLOW_END, EVENT_TCP_DATA, EVENT_ANOMALY,
                              EVENT_ENGINE_COUNT};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        expect(&event, kinds[i], PALUA_PARTITION_SRC, high, 4);
        expect(&event, kinds[i], PALUA_PARTITION_DST, low, 4);
    }
}

Test(owner, without_a_flow_is_the_packets)
{
    const struct palua_event event = {.packet = packet()};
    expect(&event, EVENT_ANOMALY, PALUA_PARTITION_SRC, low, 4);
    expect(&event, EVENT_ENGINE_COUNT, PALUA_PARTITION_DST, high, 4);
}

Test(owner, of_a_link_is_the_packets_whatever_its_flow)
{
    const struct palua_flow flow = {.orig_h = slice(high, 4), .resp_h = slice(low, 4)};
    const struct link_event event = {.event = {.packet = packet(), .flow = &flow},
                                     .src = slice(low6, 6),
                                     .dst = slice(high6, 6)};
    expect(&event.event, EVENT_LINK, PALUA_PARTITION_SRC, low, 4);
}

Test(owner, of_a_tunnel_without_addresses_is_the_packets)
{
    const struct tunnel_event event = {.event = {.packet = packet()}};
    expect(&event.event, EVENT_TUNNEL, PALUA_PARTITION_DST, high, 4);
}

Test(owner, of_what_has_no_address_is_empty)
{
    struct palua_packet bare = {.network = PALUA_NO_LAYER, .transport = PALUA_NO_LAYER};
    const struct palua_event event = {.packet = &bare}, end = {0};
    const struct packet_event arp = {.event = {.packet = &bare}};
    for (int i = 0; i < 3; i++) {
        expect(&event, EVENT_LINK, ways[i], NULL, 0);
        expect(&event, EVENT_ANOMALY, ways[i], NULL, 0);
        expect(&end, EVENT_CAPTURE_END, ways[i], NULL, 0);
        expect(&arp.event, EVENT_PACKET, ways[i], NULL, 0);
    }
}

Test(owner, of_a_cut_header_is_empty)
{
    struct palua_packet *cut = packet();
    cut->caplen = 19;
    const struct palua_event event = {.packet = cut};
    expect(&event, EVENT_LINK, PALUA_PARTITION_SRC, NULL, 0);
}

Test(owner, hash_is_of_length_and_bytes)
{
    struct owner_key zero = {.len = 4}, longer = {.len = 16}, none = {0};
    cr_expect_neq(owner_hash(&zero), owner_hash(&longer));
    cr_expect_neq(owner_hash(&zero), owner_hash(&none));
}

Test(owner, hash_fills_all_shards)
{
    uint32_t counts[256] = {0};
    for (uint32_t i = 0; i < 65536; i++) {
        struct owner_key at = {.bytes = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}, .len = 4};
        counts[owner_shard(owner_hash(&at))]++;
    }
    for (int i = 0; i < 256; i++)
        cr_expect(counts[i] > 150 && counts[i] < 370, "shard %d has %u of 65536", i, counts[i]);
}

Test(owner, asks_for_what_keys_are_made_of)
{
    static struct interest interest;
    const uint64_t ends = UINT64_C(1) << FLOW_FIELD_ORIG_H | UINT64_C(1) << FLOW_FIELD_RESP_H;
    for (uint16_t kind = 0; kind <= EVENT_ENGINE_COUNT; kind++)
        owner_interest(&interest, kind);
    cr_expect_eq(interest.kinds[EVENT_PACKET].fields,
                 UINT64_C(1) << PACKET_EVENT_SRC | UINT64_C(1) << PACKET_EVENT_DST);
    cr_expect_eq(interest.kinds[EVENT_PACKET].flow, 0);
    cr_expect_eq(interest.kinds[EVENT_LINK].flow, 0);
    cr_expect_eq(interest.kinds[EVENT_LINK].fields, 0);
    cr_expect_eq(interest.kinds[EVENT_CAPTURE_END].flow, 0);
    cr_expect_eq(interest.kinds[EVENT_FLOW_END].flow, ends);
    cr_expect_eq(interest.kinds[EVENT_ENGINE_COUNT].flow, ends);
    cr_expect_not(interest.kinds[EVENT_PACKET].subscribed);
}
