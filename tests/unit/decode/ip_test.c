// SPDX-License-Identifier: MIT OR Apache-2.0
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

TestSuite(ip, .init = set_up, .fini = tear_down);

enum { IPV4 = 228 };

Test(ip, network_and_flow_are_set)
{
    put_ip(&frame, P_UDP, 12);
    put_udp(&frame, 53, 4000, 12);
    put_fill(&frame, 4, 0);
    expect(&probe, IPV4, &frame, "ip 0+32/20 udp 20+12/8", "");
    cr_assert_eq(probe.packet.network, 0);
    cr_assert_eq(probe.packet.transport, 1);
    cr_assert_eq(probe.packet.flags, PALUA_PACKET_FLOW);
    cr_assert_eq(probe.packet.layers[0].aux, P_UDP);
    expect_truncations(&probe, IPV4, &frame);
}

Test(ip, options_count_to_the_header)
{
    put_ip_fields(&frame, 0x4f, 60 + 8, 0, P_UDP);
    put_fill(&frame, 40, 1);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, IPV4, &frame, "ip 0+68/60 udp 60+8/8", "");
    expect_truncations(&probe, IPV4, &frame);
    probe_cut(&probe, IPV4, &frame, 59, 68);
    cr_assert_str_eq(probe.layers, "ip 0+68/60c");
    cr_assert_str_eq(probe.faults, "header_not_captured 0@0");
    cr_assert_eq(probe.packet.network, 0);
    cr_assert(!(probe.packet.flags & PALUA_PACKET_FLOW), "UDP without ports");
    frame.data[9] = P_FREE;
    probe_cut(&probe, IPV4, &frame, 59, 68);
    cr_assert(probe.packet.flags & PALUA_PACKET_FLOW, "a protocol without ports");
}

Test(ip, every_version_but_4_is_refused)
{
    for (unsigned version = 0; version < 16; version++) {
        frame.len = 0;
        put_ip_fields(&frame, version << 4 | 5, 28, 0, P_UDP);
        put_udp(&frame, 1, 2, 8);
        probe_decode(&probe, IPV4, &frame);
        cr_assert_str_eq(probe.layers, version == 4 ? "ip 0+28/20 udp 20+8/8" : "ip 0+28/28b");
        cr_assert_str_eq(probe.faults, version == 4 ? "" : "ip_bad_version 0@0");
        cr_assert_eq(probe.packet.network, version == 4 ? 0 : PALUA_NO_LAYER);
    }
}

Test(ip, every_header_length)
{
    for (unsigned words = 0; words < 16; words++) {
        frame.len = 0;
        put_ip_fields(&frame, 0x40 | words, 32, 0, P_FREE);
        put_fill(&frame, 12, 0);
        probe_decode(&probe, IPV4, &frame);
        bool below = words<5, above = words> 8;
        cr_assert_str_eq(probe.faults, below || above ? "ip_bad_header_length 0@0" : "");
        cr_assert_eq(probe.packet.network, below || above ? PALUA_NO_LAYER : 0);
        cr_assert_eq(probe.packet.layer_count, below || above || words == 8 ? 1 : 2);
    }
}

Test(ip, a_total_length_of_0_means_the_rest_of_the_frame)
{
    put_ip_fields(&frame, 0x45, 0, 0, P_UDP);
    put_udp(&frame, 1, 2, 16);
    put_fill(&frame, 8, 0);
    expect(&probe, IPV4, &frame, "ip 0+36/20 udp 20+16/8", "");
}

Test(ip, total_length_below_the_header_and_above_the_frame)
{
    put_ip_fields(&frame, 0x46, 24, 0, P_FREE);
    put_fill(&frame, 12, 0);
    expect(&probe, IPV4, &frame, "ip 0+24/24", "");
    frame.data[3] = 23;
    expect(&probe, IPV4, &frame, "ip 0+32/32b", "ip_bad_total_length 0@2");
    cr_assert_eq(probe.packet.network, PALUA_NO_LAYER);
    frame.data[3] = 32;
    expect(&probe, IPV4, &frame, "ip 0+32/24 data 24+8/0", "");
    frame.data[3] = 33;
    expect(&probe, IPV4, &frame, "ip 0+32/24b data 24+8/0", "ip_bad_total_length 0@2");
    cr_assert_eq(probe.packet.network, 0);
    cr_assert(probe.packet.flags & PALUA_PACKET_FLOW);
}

Test(ip, fragments_are_not_decoded_further)
{
    static const uint16_t fragments[] = {0x2000, 0x0001, 0x3fff, 0x1fff, 0x2001, 0xa000};
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    for (size_t i = 0; i < sizeof fragments / sizeof *fragments; i++) {
        frame.data[6] = (uint8_t)(fragments[i] >> 8);
        frame.data[7] = (uint8_t)fragments[i];
        expect(&probe, IPV4, &frame, "ip 0+28/20f data 20+8/0", "");
        cr_assert_eq(probe.packet.flags, PALUA_PACKET_FRAGMENT);
        cr_assert_eq(probe.packet.network, 0);
        cr_assert_eq(probe.packet.transport, PALUA_NO_LAYER);
        cr_assert_eq(probe.packet.layers[0].aux, P_UDP);
    }
    frame.data[6] = 0xc0;
    frame.data[7] = 0;
    expect(&probe, IPV4, &frame, "ip 0+28/20 udp 20+8/8", "");
}

/** The hash of a fragment that is `offset` units into its datagram. */
static uint32_t fragment_hash(unsigned offset, unsigned proto, uint8_t dst, unsigned vlan)
{
    frame.len = 0;
    put_eth(&frame, ON_VLAN);
    put_vlan(&frame, vlan, ON_IP);
    put_ip_fields(&frame, 0x45, 28, 0x2000 | offset, proto);
    frame.data[frame.len - 1] = dst;
    put32(&frame, 0x03e80000 + offset * 77); // ports, or what stands there
    put32(&frame, 0);
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert(probe.packet.flags & PALUA_PACKET_FRAGMENT);
    cr_assert(!(probe.packet.flags & PALUA_PACKET_FLOW));
    return probe.packet.flow_hash;
}

Test(ip, fragments_have_a_hash_of_addresses_and_protocol)
{
    uint32_t first = fragment_hash(0, P_UDP, 1, 5);
    for (unsigned offset = 1; offset < 0x2000; offset += 127)
        cr_expect_eq(fragment_hash(offset, P_UDP, 1, 5), first);
    cr_expect_neq(fragment_hash(0, P_TCP, 1, 5), first);
    cr_expect_neq(fragment_hash(0, P_UDP, 2, 5), first);
    cr_expect_neq(fragment_hash(0, P_UDP, 1, 6), first);
}

Test(ip, a_fragment_without_payload_has_no_data)
{
    put_ip_fields(&frame, 0x45, 20, 0x2000, P_UDP);
    expect(&probe, IPV4, &frame, "ip 0+20/20f", "");
}

Test(ip, other_protocols_are_flows_without_ports)
{
    struct decode_tuple tuple;
    put_ip(&frame, 254, 4);
    put_fill(&frame, 4, 0);
    expect(&probe, IPV4, &frame, "ip 0+24/20 data 20+4/0", "");
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.proto, 254);
    cr_assert_eq(tuple.sport, 0);
    cr_assert_eq(tuple.dport, 0);
    frame.data[3] = 20;
    expect(&probe, IPV4, &frame, "ip 0+20/20", "");
    cr_assert(decode_tuple(&probe.packet, &tuple));
}

Test(ip, headers_of_ipv6_only_are_data_behind_ipv4)
{
    static const uint8_t protocols[] = {P_HOPOPTS, P_ROUTING,  P_FRAGMENT,
                                        P_DSTOPTS, P_MOBILITY, P_SHIM6};
    put_ip(&frame, 0, 8);
    put_extension(&frame, P_UDP, 0);
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        frame.data[9] = protocols[i];
        expect(&probe, IPV4, &frame, "ip 0+28/20 data 20+8/0", "");
        cr_assert(probe.packet.flags & PALUA_PACKET_FLOW);
    }
}

Test(ip, tunnels_give_the_inner_flow)
{
    struct decode_tuple tuple;
    put_ip(&frame, P_IPV6, 40 + 20 + 20);
    put_ipv6(&frame, P_IPIP, 20 + 20);
    put_ip(&frame, P_TCP, 20);
    put_tcp(&frame, 80, 81, 5);
    expect(&probe, IPV4, &frame, "ip 0+100/20 ipv6 20+80/40 ip 60+40/20 tcp 80+20/20", "");
    cr_assert_eq(probe.packet.network, 2);
    cr_assert_eq(probe.packet.transport, 3);
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.src.len, 4);
    cr_assert_eq(tuple.sport, 80);
    expect_truncations(&probe, IPV4, &frame);
    /* A fragment inside takes the flow away, a malformed header inside gives it back to the
     * carrier. */
    frame.data[66] = 0x20;
    expect(&probe, IPV4, &frame, "ip 0+100/20 ipv6 20+80/40 ip 60+40/20f data 80+20/0", "");
    cr_assert_eq(probe.packet.flags, PALUA_PACKET_FRAGMENT);
    frame.data[60] = 0x55;
    expect(&probe, IPV4, &frame, "ip 0+100/20 ipv6 20+80/40 ip 60+40/40b", "ip_bad_version 2@60");
    cr_assert_eq(probe.packet.network, 1);
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.proto, P_IPIP);
    cr_assert_eq(tuple.src.len, 16);
}

static void put_ah(unsigned next, unsigned len, unsigned icv)
{
    put8(&frame, next);
    put8(&frame, len);
    put_fill(&frame, 10 + icv, 0);
}

Test(ip, ah_counts_words_minus_two)
{
    put_ip(&frame, P_AH, 24 + 8);
    put_ah(P_UDP, 4, 12);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, IPV4, &frame, "ip 0+52/20 ah 20+32/24 udp 44+8/8", "");
    cr_assert_eq(probe.packet.layers[0].aux, P_UDP);
    cr_assert_eq(probe.packet.transport, 2);
    expect_truncations(&probe, IPV4, &frame);
}

Test(ip, ah_length_0_is_shorter_than_its_fields_and_1_has_no_icv)
{
    put_ip(&frame, P_AH, 12 + 8);
    put_ah(P_UDP, 0, 0);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, IPV4, &frame, "ip 0+40/20 ah 20+20/20b", "ah_bad_length 1@21");
    cr_assert(!(probe.packet.flags & PALUA_PACKET_FLOW));
    frame.data[21] = 1;
    expect(&probe, IPV4, &frame, "ip 0+40/20 ah 20+20/12 udp 32+8/8", "");
    frame.data[21] = 4;
    expect(&probe, IPV4, &frame, "ip 0+40/20 ah 20+20/20b", "ah_bad_length 1@21");
    frame.data[21] = 255;
    expect(&probe, IPV4, &frame, "ip 0+40/20 ah 20+20/20b", "ah_bad_length 1@21");
}

Test(ip, esp_ends_it)
{
    struct decode_tuple tuple;
    put_ip(&frame, P_ESP, 12);
    put_fill(&frame, 12, 0x17);
    expect(&probe, IPV4, &frame, "ip 0+32/20 esp 20+12/8", "");
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.proto, P_ESP);
    expect_truncations(&probe, IPV4, &frame);
}
