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

TestSuite(ipv6, .init = set_up, .fini = tear_down);

enum { IPV6 = 229 };

Test(ipv6, payload_length_trims)
{
    put_ipv6(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, IPV6, &frame, "ipv6 0+48/40 udp 40+8/8", "");
    cr_assert_eq(probe.packet.flags, PALUA_PACKET_FLOW);
    expect_truncations(&probe, IPV6, &frame);
    put_fill(&frame, 6, 0);
    expect(&probe, IPV6, &frame, "ipv6 0+48/40 udp 40+8/8", "");
    frame.data[5] = 15;
    expect(&probe, IPV6, &frame, "ipv6 0+54/40b udp 40+8/8", "ipv6_bad_payload_length 0@4");
    frame.data[5] = 14;
    expect(&probe, IPV6, &frame, "ipv6 0+54/40 udp 40+8/8", "");
}

Test(ipv6, every_version_but_6_is_refused)
{
    for (unsigned version = 0; version < 16; version++) {
        frame.len = 0;
        put_ipv6(&frame, P_NONE, 0);
        frame.data[0] = (uint8_t)(version << 4);
        probe_decode(&probe, IPV6, &frame);
        cr_assert_str_eq(probe.layers, version == 6 ? "ipv6 0+40/40" : "ipv6 0+40/40b");
        cr_assert_str_eq(probe.faults, version == 6 ? "" : "ip_bad_version 0@0");
    }
}

Test(ipv6, every_extension_header)
{
    put_ipv6(&frame, P_HOPOPTS, 8 + 16 + 24 + 8 + 24 + 8 + 16 + 8 + 8);
    put_extension(&frame, P_DSTOPTS, 0);
    put_extension(&frame, P_ROUTING, 1);
    put_extension(&frame, P_FRAGMENT, 2);
    put_fragment_header(&frame, P_AH, 0);
    put8(&frame, P_MOBILITY);
    put8(&frame, 4);
    put_fill(&frame, 22, 0);
    put_extension(&frame, P_HIP, 0);
    put_extension(&frame, P_SHIM6, 1);
    put_extension(&frame, P_UDP, 0);
    put_udp(&frame, 1, 2, 8);
    expect(
        &probe, IPV6, &frame,
        "ipv6 0+160/40 ipv6.hopopts 40+120/8 ipv6.dstopts 48+112/16 ipv6.routing 64+96/24 "
        "ipv6.fraghdr 88+72/8 ah 96+64/24 mipv6 120+40/8 hip 128+32/16 shim6 144+16/8 udp 152+8/8",
        "");
    cr_assert_eq(probe.packet.network, 0);
    cr_assert_eq(probe.packet.transport, 9);
    cr_assert_eq(probe.packet.layers[0].aux, P_UDP);
    cr_assert_eq(probe.packet.layers[1].aux, P_DSTOPTS);
    expect_truncations(&probe, IPV6, &frame);
}

Test(ipv6, the_longest_extension)
{
    put_ipv6(&frame, P_DSTOPTS, 2048 + 8);
    put_extension(&frame, P_UDP, 255);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, IPV6, &frame, "ipv6 0+2096/40 ipv6.dstopts 40+2056/2048 udp 2088+8/8", "");
}

Test(ipv6, an_extension_past_the_datagram)
{
    put_ipv6(&frame, P_DSTOPTS, 16);
    put_extension(&frame, P_UDP, 1);
    expect(&probe, IPV6, &frame, "ipv6 0+56/40 ipv6.dstopts 40+16/16 udp 56+0/0b",
           "header_truncated 2@56");
    frame.data[41] = 2;
    put_fill(&frame, 8, 0);
    expect(&probe, IPV6, &frame, "ipv6 0+56/40 ipv6.dstopts 40+16/16b", "ipv6_bad_extension 1@41");
    cr_assert(!(probe.packet.flags & PALUA_PACKET_FLOW));
    frame.data[5] = 1;
    expect(&probe, IPV6, &frame, "ipv6 0+41/40 ipv6.dstopts 40+1/1b", "header_truncated 1@40");
    frame.data[5] = 2;
    expect(&probe, IPV6, &frame, "ipv6 0+42/40 ipv6.dstopts 40+2/2b", "ipv6_bad_extension 1@41");
}

Test(ipv6, hop_by_hop_only_comes_first)
{
    put_ipv6(&frame, P_DSTOPTS, 24);
    put_extension(&frame, P_HOPOPTS, 0);
    put_extension(&frame, P_UDP, 0);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, IPV6, &frame,
           "ipv6 0+64/40 ipv6.dstopts 40+24/8 ipv6.hopopts 48+16/8b udp 56+8/8",
           "ipv6_extension_order 2@48");
    cr_assert(probe.packet.flags & PALUA_PACKET_FLOW);
}

Test(ipv6, a_chain_up_to_the_cap_and_one_more)
{
    for (unsigned extensions = 17; extensions <= 40; extensions++) {
        frame.len = 0;
        put_ipv6(&frame, P_DSTOPTS, extensions * 8 + 8);
        for (unsigned i = 1; i < extensions; i++)
            put_extension(&frame, P_DSTOPTS, 0);
        put_extension(&frame, P_UDP, 0);
        put_udp(&frame, 1, 2, 8);
        probe_decode(&probe, IPV6, &frame);
        bool fits = extensions + 2 <= PALUA_LAYER_CAP;
        cr_assert_eq(probe.packet.layer_count, fits ? extensions + 2 : PALUA_LAYER_CAP);
        cr_assert_str_eq(probe.faults, fits ? "" : "too_many_layers 20@192");
        cr_assert_eq(!(probe.packet.flags & PALUA_PACKET_FLOW), !fits);
    }
}

/** RFC 8200 section 4.5: what follows may be named differently in each; the first one counts. */
Test(ipv6, fragments_have_a_hash_of_addresses)
{
    uint32_t hashes[4];
    for (unsigned i = 0; i < 4; i++) {
        frame.len = 0;
        put_eth(&frame, ON_IPV6);
        put_ipv6(&frame, P_FRAGMENT, 16);
        frame.data[frame.len - 1] = i == 3;
        put_fragment_header(&frame, i == 2 ? P_TCP : P_UDP, i * 8 | 1);
        put_fill(&frame, 8, (uint8_t)i);
        probe_decode(&probe, ETHERNET, &frame);
        cr_assert(probe.packet.flags & PALUA_PACKET_FRAGMENT);
        hashes[i] = probe.packet.flow_hash;
    }
    cr_expect_eq(hashes[1], hashes[0]);
    cr_expect_eq(hashes[2], hashes[0]);
    cr_expect_neq(hashes[3], hashes[0]);
}

Test(ipv6, fragments_and_the_atomic_one)
{
    static const uint16_t fragments[] = {0x0001, 0x0008, 0xfff8, 0xfff9};
    put_ipv6(&frame, P_FRAGMENT, 16);
    put_fragment_header(&frame, P_UDP, 0);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, IPV6, &frame, "ipv6 0+56/40 ipv6.fraghdr 40+16/8 udp 48+8/8", "");
    cr_assert_eq(probe.packet.flags, PALUA_PACKET_FLOW);
    frame.data[43] = 6; /* reserved bits */
    expect(&probe, IPV6, &frame, "ipv6 0+56/40 ipv6.fraghdr 40+16/8 udp 48+8/8", "");
    for (size_t i = 0; i < sizeof fragments / sizeof *fragments; i++) {
        frame.data[42] = (uint8_t)(fragments[i] >> 8);
        frame.data[43] = (uint8_t)fragments[i];
        expect(&probe, IPV6, &frame, "ipv6 0+56/40f ipv6.fraghdr 40+16/8f data 48+8/0", "");
        cr_assert_eq(probe.packet.flags, PALUA_PACKET_FRAGMENT);
        cr_assert_eq(probe.packet.transport, PALUA_NO_LAYER);
        cr_assert_eq(probe.packet.layers[0].aux, P_UDP);
    }
    expect_truncations(&probe, IPV6, &frame);
}

Test(ipv6, no_next_header)
{
    put_ipv6(&frame, P_NONE, 0);
    put_fill(&frame, 6, 0);
    expect(&probe, IPV6, &frame, "ipv6 0+40/40", "");
    frame.data[5] = 6;
    expect(&probe, IPV6, &frame, "ipv6 0+46/40 data 40+6/0", "");
}

Test(ipv6, esp_ends_the_chain)
{
    put_ipv6(&frame, P_DSTOPTS, 20);
    put_extension(&frame, P_ESP, 0);
    put_fill(&frame, 12, 0);
    expect(&probe, IPV6, &frame, "ipv6 0+60/40 ipv6.dstopts 40+20/8 esp 48+12/8", "");
    cr_assert(probe.packet.flags & PALUA_PACKET_FLOW);
}

static void put_jumbo(uint32_t len)
{
    put_ipv6(&frame, P_HOPOPTS, 0);
    put8(&frame, P_UDP);
    put8(&frame, 0);
    put8(&frame, 0xc2);
    put8(&frame, 4);
    put32(&frame, len);
}

Test(ipv6, a_jumbogram_and_its_udp_length_of_0)
{
    put_jumbo(70000);
    put_udp(&frame, 1, 2, 0);
    put_fill(&frame, 70000 - 16, 0);
    put_fill(&frame, 100, 0xee);
    expect(&probe, IPV6, &frame, "ipv6 0+70040/40 ipv6.hopopts 40+70000/8 udp 48+69992/8", "");
    probe_cut(&probe, IPV6, &frame, 64, (uint32_t)frame.len);
    cr_assert_str_eq(probe.layers, "ipv6 0+70040/40c ipv6.hopopts 40+70000/8c udp 48+69992/8c");
    probe_cut(&probe, IPV6, &frame, 64, 70039);
    cr_assert_str_eq(probe.faults, "ipv6_bad_payload_length 0@4");
}

Test(ipv6, jumbo_lengths_that_lie)
{
    put_jumbo(UINT32_MAX);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, IPV6, &frame, "ipv6 0+56/40b ipv6.hopopts 40+16/8 udp 48+8/8",
           "ipv6_bad_payload_length 0@4");
    frame.len = 0;
    put_jumbo(65535);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, IPV6, &frame, "ipv6 0+40/40 ipv6.hopopts 40+0/0b", "header_truncated 1@40");
    frame.data[43] = 3;
    expect(&probe, IPV6, &frame, "ipv6 0+40/40 ipv6.hopopts 40+0/0b", "header_truncated 1@40");
    frame.data[42] = 1;
    frame.data[43] = 200;
    expect(&probe, IPV6, &frame, "ipv6 0+40/40 ipv6.hopopts 40+0/0b", "header_truncated 1@40");
    frame.data[41] = 255;
    expect(&probe, IPV6, &frame, "ipv6 0+40/40 ipv6.hopopts 40+0/0b", "header_truncated 1@40");
}

Test(ipv6, a_jumbo_option_behind_padding)
{
    put_ipv6(&frame, P_HOPOPTS, 0);
    put8(&frame, P_NONE);
    put8(&frame, 1);
    put8(&frame, 0); /* Pad1 */
    put8(&frame, 1); /* PadN */
    put8(&frame, 1);
    put8(&frame, 0);
    put16(&frame, 0xc204);
    put32(&frame, 66000);
    put_fill(&frame, 4, 0);
    probe_cut(&probe, IPV6, &frame, (uint32_t)frame.len, 66040);
    cr_assert_str_eq(probe.layers, "ipv6 0+66040/40c ipv6.hopopts 40+66000/16c data 56+65984/0c");
}

Test(ipv6, offload_leaves_the_length_0)
{
    put_ipv6(&frame, P_TCP, 0);
    put_tcp(&frame, 1, 2, 5);
    put_fill(&frame, 100, 0);
    expect(&probe, IPV6, &frame, "ipv6 0+160/40 tcp 40+120/20", "");
}
