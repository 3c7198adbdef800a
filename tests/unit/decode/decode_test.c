// SPDX-License-Identifier: MIT OR Apache-2.0
#include <time.h>

#include "probe.h"

static struct probe probe;
static struct frame frame;

static void set_up(void)
{
    probe_init(&probe);
    frame.len = 0;
}

static void tear_down(void)
{
    probe_fini(&probe);
}

TestSuite(decode, .init = set_up, .fini = tear_down);

Test(decode, wire_lengths_survive_the_snaplen)
{
    put_eth(&frame, ON_IP);
    put_ip(&frame, P_TCP, 20 + 1000);
    put_tcp(&frame, 1, 2, 5);
    probe_cut(&probe, ETHERNET, &frame, (uint32_t)frame.len, 1054);
    cr_assert_str_eq(probe.layers, "eth 0+1054/14c ip 14+1040/20c tcp 34+1020/20c");
    cr_assert_str_eq(probe.faults, "");
    cr_assert_eq(probe.packet.flags, PALUA_PACKET_TRUNCATED | PALUA_PACKET_FLOW);
    cr_assert_eq(palua_layer_payload_len(&probe.packet, 2), 1000);
    cr_assert_eq(palua_layer_payload(&probe.packet, 2).len, 0);
}

Test(decode, padding_that_was_cut_away_is_no_cut)
{
    put_eth(&frame, ON_IP);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    probe_cut(&probe, ETHERNET, &frame, 42, 60);
    cr_assert_str_eq(probe.layers, "eth 0+60/14c ip 14+28/20 udp 34+8/8");
}

Test(decode, a_capture_may_claim_less_than_it_holds)
{
    put_eth(&frame, ON_IP);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    probe_cut(&probe, ETHERNET, &frame, 42, 0);
    cr_assert_str_eq(probe.layers, "eth 0+42/14 ip 14+28/20 udp 34+8/8");
    probe_cut(&probe, ETHERNET, &frame, 42, UINT32_MAX);
    cr_assert_str_eq(probe.layers, "eth 0+4294967295/14c ip 14+28/20 udp 34+8/8");
}

Test(decode, nesting_to_the_cap_and_one_more)
{
    for (unsigned tags = 15; tags < 40; tags++) {
        frame.len = 0;
        put_eth(&frame, ON_VLAN);
        for (unsigned i = 1; i <= tags; i++)
            put_vlan(&frame, i, i < tags ? ON_VLAN : ON_IP);
        put_ip(&frame, P_UDP, 8);
        put_udp(&frame, 1, 2, 8);
        probe_decode(&probe, ETHERNET, &frame);
        bool fits = tags + 3 <= PALUA_LAYER_CAP;
        cr_assert_eq(probe.packet.layer_count, fits ? tags + 3 : PALUA_LAYER_CAP);
        cr_assert_eq(probe.batch.anomalies.count, fits ? 0 : 1);
        cr_assert_eq(probe.packet.flags, fits ? PALUA_PACKET_FLOW : PALUA_PACKET_ANOMALY);
    }
}

Test(decode, data_beyond_the_cap_counts_as_a_layer)
{
    put_eth(&frame, ON_VLAN);
    for (unsigned i = 1; i < PALUA_LAYER_CAP; i++)
        put_vlan(&frame, i, i < PALUA_LAYER_CAP - 1 ? ON_VLAN : 0xb001);
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert_eq(probe.packet.layer_count, PALUA_LAYER_CAP);
    cr_assert_str_eq(probe.faults, "");
    put8(&frame, 0);
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert_str_eq(probe.faults, "too_many_layers 20@90");
}

Test(decode, tunnels_to_the_cap_keep_the_innermost_flow_found)
{
    enum { DEPTH = 25 };
    struct decode_tuple tuple;
    for (unsigned i = 1; i <= DEPTH; i++)
        put_ip(&frame, i < DEPTH ? P_IPIP : P_FREE, 20 * (DEPTH - i));
    probe_decode(&probe, 228, &frame);
    cr_assert_eq(probe.packet.layer_count, PALUA_LAYER_CAP);
    cr_assert_str_eq(probe.faults, "too_many_layers 20@400");
    cr_assert_eq(probe.packet.network, PALUA_LAYER_CAP - 1);
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.proto, P_IPIP);
}

Test(decode, flags_that_the_capture_gives_are_kept_and_all_others_are_not)
{
    struct palua_packet packet = {.flags = 0xff, .linktype = ETHERNET};
    struct batch batch = {.packets = &packet, .count = 1};
    decode_batch(probe.decoder, &batch, 0, 1);
    cr_assert_eq(packet.flags, PALUA_PACKET_NO_TIME | PALUA_PACKET_FCS | PALUA_PACKET_FCS_2 |
                                   PALUA_PACKET_ANOMALY);
    memory_free(batch.anomalies.items);
}

Test(decode, only_the_asked_range_and_anomalies_by_index)
{
    uint8_t bad[1] = {0};
    struct palua_packet packets[40];
    struct batch batch = {.packets = packets, .count = 40};
    memset(packets, 0, sizeof packets);
    for (int i = 0; i < 40; i++) {
        packets[i].data = bad;
        packets[i].caplen = packets[i].origlen = 1;
        packets[i].linktype = ETHERNET;
    }
    decode_batch(probe.decoder, &batch, 3, 0);
    cr_assert_eq(batch.anomalies.count, 0);
    decode_batch(probe.decoder, &batch, 3, 30);
    cr_assert_eq(batch.anomalies.count, 30);
    for (uint32_t i = 0; i < 30; i++)
        cr_assert_eq(batch.anomalies.items[i].packet, i + 3);
    cr_assert_eq(packets[2].layer_count, 0);
    cr_assert_eq(packets[3].layer_count, 1);
    cr_assert_eq(packets[33].layer_count, 0);
    memory_free(batch.anomalies.items);
}

/** Any bytes at all, under every link type; check_packet judges. Half of them begin as a sound
 * frame, then a few bytes change. */
Test(decode, random_bytes)
{
    static const uint16_t linktypes[] = {0,   1,   12,  14,  101, 108, 113, 228, 229, 276,
                                         147, 105, 127, 119, 163, 192, 6,   10,  242, 9};
    uint64_t seed = (uint64_t)time(NULL);
    fprintf(stderr, "decode/random_bytes: seed %llu\n", (unsigned long long)seed);
    srand((unsigned)seed);
    for (int round = 0; round < 60000; round++) {
        uint16_t linktype = linktypes[rand() % 20];
        frame.len = 0;
        if (round & 1) {
            put_eth(&frame, ON_VLAN);
            put_vlan(&frame, 7, ON_IPV6);
            put_ipv6(&frame, P_HOPOPTS, 120);
            put_extension(&frame, P_ICMPV6, 0);
            put_icmp(&frame, 1, 0, 0);
            put_ipv6(&frame, P_FRAGMENT, 80);
            put_fragment_header(&frame, P_TCP, 0);
            put_tcp(&frame, 1, 2, 5);
            for (int i = rand() % 4; i >= 0; i--)
                frame.data[(size_t)rand() % frame.len] = (uint8_t)rand();
            linktype = ETHERNET;
        }
        for (int i = rand() % 100; i > 0; i--)
            put8(&frame, rand() & 3 ? (unsigned)rand() & 0xff : (unsigned)rand() % 64);
        uint32_t caplen = (uint32_t)(rand() % 3 ? frame.len : (size_t)rand() % (frame.len + 1));
        probe_cut(&probe, linktype, &frame, caplen, rand() % 3 ? caplen : (uint32_t)rand() % 300);
    }
}
