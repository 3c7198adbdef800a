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

TestSuite(mpls, .init = set_up, .fini = tear_down);

enum { ON_MPLS = 0x8847, ON_MPLS_MULTICAST = 0x8848, BOTTOM = 0x100 };

static void put_label(uint32_t label, uint32_t bottom)
{
    put32(&frame, label << 12 | bottom | 63);
}

Test(mpls, a_stack_of_labels_is_one_layer)
{
    put_eth(&frame, ON_MPLS);
    put_label(20, 0);
    put_label(21, 0);
    put_label(0, BOTTOM);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, ETHERNET, &frame, "eth 0+54/14 mpls 14+40/12 ip 26+28/20 udp 46+8/8", "");
    cr_assert_eq(probe.packet.layers[1].aux, 3);
    expect_truncations(&probe, ETHERNET, &frame);
    frame.data[13] = 0x48;
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert_str_eq(probe.stack, "eth:mpls:ip:udp");
}

Test(mpls, in_ip)
{
    struct decode_tunnel tunnel;
    put_ip(&frame, 137, 32);
    put_label(20, BOTTOM);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, 228, &frame, "ip 0+52/20 mpls 20+32/4 ip 24+28/20 udp 44+8/8", "");
    expect_truncations(&probe, 228, &frame);
    probe_decode(&probe, 228, &frame);
    cr_assert(decode_tunnel(&probe.packet, 2, &tunnel));
    cr_assert_eq(tunnel.protocol, PALUA_PROTOCOL_MPLS);
    cr_assert_eq(tunnel.id, 20);
    cr_assert_eq(tunnel.outer, 0);
}

Test(mpls, the_payloads_first_bits_tell_what_it_is)
{
    put_eth(&frame, ON_MPLS);
    put_label(20, BOTTOM);
    put_ipv6(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, ETHERNET, &frame, "eth 0+66/14 mpls 14+52/4 ipv6 18+48/40 udp 58+8/8", "");
    frame.data[18] = 0x10;
    expect(&probe, ETHERNET, &frame, "eth 0+66/14 mpls 14+52/4 data 18+48/0", "");
    frame.len = 18;
    expect(&probe, ETHERNET, &frame, "eth 0+18/14 mpls 14+4/4", "");
}

Test(mpls, pseudowires)
{
    put_eth(&frame, ON_MPLS);
    put_label(20, BOTTOM);
    put32(&frame, 0);
    put_eth(&frame, ON_IP);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, ETHERNET, &frame,
           "eth 0+64/14 mpls 14+50/4 pwethcw 18+46/4 eth 22+42/14 ip 36+28/20 udp 56+8/8", "");
    /* A frame of a type that nothing is known of is not taken for one. */
    frame.data[34] = 0xb0;
    expect(&probe, ETHERNET, &frame, "eth 0+64/14 mpls 14+50/4 data 18+46/0", "");
    frame.len = 0;
    put_eth(&frame, ON_MPLS);
    put_label(20, BOTTOM);
    put_eth(&frame, ON_IP);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 mpls 14+46/4 eth 18+42/14 ip 32+28/20 udp 52+8/8",
           "");
    frame.data[30] = 0;
    frame.data[31] = 28;
    expect(&probe, ETHERNET, &frame,
           "eth 0+60/14 mpls 14+46/4 eth 18+42/14 llc 32+28/4 data 36+24/0", "");
    frame.data[31] = 29;
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 mpls 14+46/4 data 18+42/0", "");
}

Test(mpls, a_stack_without_bottom)
{
    put_eth(&frame, ON_MPLS);
    put_label(20, 0);
    put_label(20, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+22/14 mpls 14+8/8b", "header_truncated 1@14");
    put16(&frame, 1);
    expect(&probe, ETHERNET, &frame, "eth 0+24/14 mpls 14+10/10b", "header_truncated 1@14");
    probe_cut(&probe, ETHERNET, &frame, 24, 100);
    cr_assert_str_eq(probe.layers, "eth 0+100/14c mpls 14+86/12c");
    cr_assert_str_eq(probe.faults, "header_not_captured 1@14");
    frame.len = 14;
    expect(&probe, ETHERNET, &frame, "eth 0+14/14 mpls 14+0/0b", "header_truncated 1@14");
}

Test(mpls, the_longest_stack_that_a_record_can_tell)
{
    put_eth(&frame, ON_MPLS);
    for (int i = 0; i < 17000; i++)
        put_label(1, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+68014/14 mpls 14+68000/65532 data 65546+2468/0", "");
}
