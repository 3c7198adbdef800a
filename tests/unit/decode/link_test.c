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

TestSuite(link, .init = set_up, .fini = tear_down);

Test(link, ethernet_names_the_next_layer_and_padding_stays_outside)
{
    put_eth(&frame, ON_IP);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    put_fill(&frame, 18, 0xee);
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 ip 14+28/20 udp 34+8/8", "");
    cr_assert_eq(probe.packet.layers[0].aux, ON_IP);
}

Test(link, ethernet_of_every_length)
{
    expect(&probe, ETHERNET, &frame, "eth 0+0/0b", "header_truncated 0@0");
    put_eth(&frame, 0xb001);
    expect(&probe, ETHERNET, &frame, "eth 0+14/14", "");
    put8(&frame, 1);
    expect(&probe, ETHERNET, &frame, "eth 0+15/14 data 14+1/0", "");
    expect_truncations(&probe, ETHERNET, &frame);
    probe_cut(&probe, ETHERNET, &frame, 13, 13);
    cr_assert_str_eq(probe.layers, "eth 0+13/13b");
    probe_cut(&probe, ETHERNET, &frame, 13, 15);
    cr_assert_str_eq(probe.layers, "eth 0+15/14c");
    cr_assert_str_eq(probe.faults, "header_not_captured 0@0");
}

Test(link, a_length_field_cuts_the_padding_of_an_llc_frame)
{
    put_eth(&frame, 3);
    put_fill(&frame, 46, 0x03);
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 llc 14+3/3", "");
    frame.data[13] = 46;
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 llc 14+46/3 data 17+43/0", "");
    frame.data[13] = 47;
    expect(&probe, ETHERNET, &frame, "eth 0+60/14b llc 14+46/3 data 17+43/0",
           "bad_payload_length 0@12");
    frame.data[13] = 0;
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 data 14+46/0", "");
}

Test(link, a_field_between_length_and_type_is_neither)
{
    put_eth(&frame, 1501);
    put_fill(&frame, 4, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+18/14 data 14+4/0", "");
    frame.data[12] = 0x05;
    frame.data[13] = 0xff;
    expect(&probe, ETHERNET, &frame, "eth 0+18/14 data 14+4/0", "");
}

Test(link, a_check_sequence_that_the_capture_announces_belongs_to_no_layer)
{
    probe.fcs = PALUA_PACKET_FCS;
    put_eth(&frame, 0xb001);
    put_fill(&frame, 4, 0xfc);
    expect(&probe, ETHERNET, &frame, "eth 0+14/14", "");
    put8(&frame, 1);
    expect(&probe, ETHERNET, &frame, "eth 0+15/14 data 14+1/0", "");
    expect_truncations(&probe, ETHERNET, &frame);
    frame.data[12] = 0;
    frame.data[13] = 2;
    expect(&probe, ETHERNET, &frame, "eth 0+15/14b llc 14+1/1b",
           "bad_payload_length 0@12\nheader_truncated 1@14");
    probe.fcs = PALUA_PACKET_FCS_2;
    frame.data[12] = 0xb0;
    expect(&probe, ETHERNET, &frame, "eth 0+17/14 data 14+3/0", "");
    expect_truncations(&probe, ETHERNET, &frame);
}

Test(link, vlan_tags_stack)
{
    put_eth(&frame, ON_8021AD);
    put_vlan(&frame, 0xe000 | 100, 0x9100);
    put_vlan(&frame, 200, ON_VLAN);
    put_vlan(&frame, 0x1000 | 300, ON_IP);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, ETHERNET, &frame,
           "eth 0+54/14 ieee8021ad 14+40/4 vlan 18+36/4 vlan 22+32/4 ip 26+28/20 udp 46+8/8", "");
    cr_assert_eq(probe.packet.layers[1].aux, 100);
    cr_assert_eq(probe.packet.layers[2].aux, 200);
    cr_assert_eq(probe.packet.layers[3].aux, 300);
    struct decode_tuple tuple;
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.vlan, 300);
    expect_truncations(&probe, ETHERNET, &frame);
}

Test(link, a_tagged_llc_frame_has_its_length_behind_the_tag)
{
    put_eth(&frame, ON_VLAN);
    put_vlan(&frame, 1, 3);
    put_fill(&frame, 42, 0x03);
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 vlan 14+46/4 llc 18+3/3", "");
    frame.data[17] = 43;
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 vlan 14+46/4b llc 18+42/3 data 21+39/0",
           "bad_payload_length 1@16");
}

Test(link, raw_goes_by_the_version)
{
    static const uint16_t linktypes[] = {12, 14, 101};
    for (size_t i = 0; i < sizeof linktypes / sizeof *linktypes; i++) {
        frame.len = 0;
        expect(&probe, linktypes[i], &frame, "raw 0+0/0", "");
        put_ip(&frame, P_UDP, 8);
        put_udp(&frame, 1, 2, 8);
        expect(&probe, linktypes[i], &frame, "raw 0+28/0 ip 0+28/20 udp 20+8/8", "");
        frame.len = 0;
        put_ipv6(&frame, P_UDP, 8);
        put_udp(&frame, 1, 2, 8);
        expect(&probe, linktypes[i], &frame, "raw 0+48/0 ipv6 0+48/40 udp 40+8/8", "");
        expect_truncations(&probe, linktypes[i], &frame);
        frame.data[0] = 0x70;
        expect(&probe, linktypes[i], &frame, "raw 0+48/0 data 0+48/0", "");
    }
}

Test(link, ip_link_types_have_no_layer_of_their_own)
{
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, 228, &frame, "ip 0+28/20 udp 20+8/8", "");
    expect(&probe, 229, &frame, "ipv6 0+28/28b", "header_truncated 0@0");
    frame.len = 0;
    put_ipv6(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, 229, &frame, "ipv6 0+48/40 udp 40+8/8", "");
    expect(&probe, 228, &frame, "ip 0+48/48b", "ip_bad_version 0@0");
}

Test(link, loopback_families_in_both_byte_orders)
{
    static const struct {
        uint8_t header[4];
        const char *layers;
    } cases[] = {
        {{2, 0, 0, 0}, "null 0+32/4 ip 4+28/20 udp 24+8/8"},
        {{0, 0, 0, 2}, "null 0+32/4 ip 4+28/20 udp 24+8/8"},
        {{0, 0, 0x08, 0}, "null 0+32/4 ip 4+28/20 udp 24+8/8"},
        {{0x0f, 0, 0x08, 0}, "null 0+32/4 ip 4+28/20 udp 24+8/8"},
        {{10, 0, 0, 0}, "null 0+32/4 ipv6 4+28/28b"},
        {{0, 0, 0, 24}, "null 0+32/4 ipv6 4+28/28b"},
        {{28, 0, 0, 0}, "null 0+32/4 ipv6 4+28/28b"},
        {{30, 0, 0, 0}, "null 0+32/4 ipv6 4+28/28b"},
        {{7, 0, 0, 0}, "null 0+32/4 data 4+28/0"},
        {{1, 2, 3, 4}, "null 0+32/4 data 4+28/0"},
        {{0, 0, 0, 0}, "null 0+32/4 data 4+28/0"},
    };
    put32(&frame, 0);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(frame.data, cases[i].header, 4);
        probe_decode(&probe, 0, &frame);
        cr_assert_str_eq(probe.layers, cases[i].layers);
        probe_decode(&probe, 108, &frame);
        cr_assert_str_eq(probe.layers, cases[i].layers);
    }
    memcpy(frame.data, cases[0].header, 4);
    expect_truncations(&probe, 0, &frame);
}

static void put_sll(unsigned device, unsigned protocol)
{
    put16(&frame, 0);
    put16(&frame, device);
    put_fill(&frame, 10, 6);
    put16(&frame, protocol);
}

static void put_sll2(unsigned device, unsigned protocol)
{
    put16(&frame, protocol);
    put_fill(&frame, 6, 0);
    put16(&frame, device);
    put_fill(&frame, 10, 6);
}

Test(link, cooked)
{
    put_sll(1, ON_IP);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, 113, &frame, "sll 0+44/16 ip 16+28/20 udp 36+8/8", "");
    cr_assert_eq(probe.packet.layers[0].aux, ON_IP);
    expect_truncations(&probe, 113, &frame);
    frame.len = 0;
    put_sll2(1, ON_VLAN);
    put_vlan(&frame, 5, ON_IP);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, 276, &frame, "sll 0+52/20 vlan 20+32/4 ip 24+28/20 udp 44+8/8", "");
    expect_truncations(&probe, 276, &frame);
}

Test(link, cooked_protocols_that_are_no_ethertypes)
{
    put_sll(824, ON_IP);
    put_fill(&frame, 20, 0x45);
    expect(&probe, 113, &frame, "sll 0+36/16 data 16+20/0", "");
    frame.len = 0;
    put_sll2(824, ON_IP);
    put_fill(&frame, 20, 0x45);
    expect(&probe, 276, &frame, "sll 0+40/20 data 20+20/0", "");
    frame.len = 0;
    put_sll(1, 4);
    put_hex(&frame, "424203 00000000");
    expect(&probe, 113, &frame, "sll 0+23/16 llc 16+7/3 stp 19+4/4", "");
    expect_truncations(&probe, 113, &frame);
    frame.len = 0;
    put_sll(1, 12);
    put_fill(&frame, 8, 0);
    expect(&probe, 113, &frame, "sll 0+24/16 data 16+8/0", "");
}

/** Whether Frame Relay is decoded, a plugin decides: none here. */
Test(link, cooked_devices_that_have_a_link_layer_of_their_own)
{
    put_sll(803, 3);
    put_hex(&frame, "0000 0800 00000000  d4000000 020202020202");
    expect(&probe, 113, &frame, "sll 0+34/16 radiotap 16+18/8 wlan 24+10/10", "");
    expect_truncations(&probe, 113, &frame);
    frame.len = 0;
    put_sll2(770, ON_IP);
    put_fill(&frame, 20, 0x45);
    expect(&probe, 276, &frame, "sll 0+40/20 data 20+20/0", "");
}

static void put_arp(unsigned hardware_len, unsigned protocol_len)
{
    put16(&frame, 1);
    put16(&frame, ON_IP);
    put8(&frame, hardware_len);
    put8(&frame, protocol_len);
    put16(&frame, 2);
}

Test(link, arp_is_as_long_as_its_address_lengths_say)
{
    put_eth(&frame, ON_ARP);
    put_arp(6, 4);
    put_fill(&frame, 20, 1);
    expect(&probe, ETHERNET, &frame, "eth 0+42/14 arp 14+28/28", "");
    cr_assert_eq(probe.packet.layers[1].aux, 2);
    cr_assert_eq(probe.packet.network, PALUA_NO_LAYER);
    expect_truncations(&probe, ETHERNET, &frame);
    put_fill(&frame, 18, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 arp 14+28/28", "");
    frame.data[18] = 255;
    frame.data[19] = 255;
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 arp 14+46/46b", "header_truncated 1@14");
    frame.data[12] = 0x80;
    frame.data[13] = 0x35;
    frame.data[18] = frame.data[19] = 0;
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 arp 14+8/8", "");
}

Test(link, an_unknown_link_type_has_no_layers)
{
    expect(&probe, 147, &frame, "", "");
    put8(&frame, 0);
    expect(&probe, 147, &frame, "", "");
    expect(&probe, 65535, &frame, "", "");
    cr_assert_eq(probe.packet.flags, 0);
}
