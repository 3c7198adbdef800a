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

TestSuite(llc, .init = set_up, .fini = tear_down);

static void put_llc(unsigned dsap, unsigned ssap, unsigned control)
{
    put8(&frame, dsap);
    put8(&frame, ssap);
    put8(&frame, control);
}

static void put_snap(uint32_t oui, unsigned type)
{
    put_llc(0xaa, 0xaa, 3);
    put8(&frame, oui >> 16);
    put16(&frame, oui & 0xffff);
    put16(&frame, type);
}

static void put_datagram(void)
{
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
}

Test(llc, snap_leads_to_an_ethertype)
{
    put_eth(&frame, 36);
    put_snap(0, ON_IP);
    put_datagram();
    put_fill(&frame, 10, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 llc 14+36/8 ip 22+28/20 udp 42+8/8", "");
    cr_assert_eq(probe.packet.layers[1].aux, ON_IP);
    frame.len = 50;
    expect_truncations(&probe, ETHERNET, &frame);
    frame.data[19] = 0xf8;
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert_str_eq(probe.stack, "eth:llc:ip:udp");
    frame.data[19] = 0x01;
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert_str_eq(probe.stack, "eth:llc:data");
    frame.data[19] = 0;
    frame.data[20] = 0;
    frame.data[21] = 8;
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert_str_eq(probe.stack, "eth:llc:data");
}

Test(llc, snap_carries_bridged_frames)
{
    /* Ethernet with and without its check sequence, token bus. */
    static const struct {
        unsigned type, fcs;
        const char *layers;
    } cases[] = {{1, 4, "llc 0+56/10 eth 10+42/14 ip 24+28/20 udp 44+8/8"},
                 {7, 0, "llc 0+52/10 eth 10+42/14 ip 24+28/20 udp 44+8/8"},
                 {2, 0, "llc 0+52/8 data 8+44/0"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        frame.len = 0;
        put_snap(0x0080c2, cases[i].type);
        put_fill(&frame, 2, 0);
        put_eth(&frame, ON_IP);
        put_datagram();
        put_fill(&frame, cases[i].fcs, 0xfc);
        expect(&probe, 100, &frame, cases[i].layers, "");
        expect_truncations(&probe, 100, &frame);
    }
    /* The check sequence belongs to no layer even where nothing says how long the payload is. */
    frame.len = 0;
    put_snap(0x0080c2, 1);
    put_fill(&frame, 2, 0);
    put_eth(&frame, 0xb001);
    put_fill(&frame, 5 + 4, 0);
    expect(&probe, 100, &frame, "llc 0+33/10 eth 10+19/14 data 24+5/0", "");
}

Test(llc, bpdus)
{
    put_eth(&frame, 38);
    put_llc(0x42, 0x42, 3);
    put_fill(&frame, 43, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 llc 14+38/3 stp 17+35/4", "");
    cr_assert_eq(probe.packet.layers[1].aux, 0x4242);
    frame.len = 0;
    put_snap(0x00000c, 0x010b);
    put_fill(&frame, 35, 0);
    expect(&probe, 100, &frame, "llc 0+43/8 stp 8+35/4", "");
    frame.data[6] = 0x20;
    frame.data[7] = 0;
    expect(&probe, 100, &frame, "llc 0+43/8 data 8+35/0", "");
}

Test(llc, the_control_field_has_one_byte_or_two)
{
    put_llc(0x06, 0x06, 3);
    put_datagram();
    expect(&probe, 100, &frame, "llc 0+31/3 ip 3+28/20 udp 23+8/8", "");
    frame.data[2] = 0xaf;
    expect(&probe, 100, &frame, "llc 0+31/3 data 3+28/0", "");
    frame.data[2] = 0;
    expect(&probe, 100, &frame, "llc 0+31/4 data 4+27/0", "");
    frame.data[2] = 1;
    frame.len = 4;
    expect(&probe, 100, &frame, "llc 0+4/4", "");
    frame.len = 3;
    expect(&probe, 100, &frame, "llc 0+3/3b", "header_truncated 0@0");
    probe_cut(&probe, 100, &frame, 3, 4);
    cr_assert_str_eq(probe.layers, "llc 0+4/4c");
    cr_assert_str_eq(probe.faults, "header_not_captured 0@0");
}

Test(llc, headers_too_short)
{
    put_snap(0, ON_IP);
    for (frame.len = 7; frame.len > 3; frame.len--) {
        probe_decode(&probe, 100, &frame);
        cr_assert_str_eq(probe.stack, "llc");
        cr_assert_str_eq(probe.faults, "header_truncated 0@0");
    }
    frame.len = 2;
    expect(&probe, 100, &frame, "llc 0+2/2b", "header_truncated 0@0");
    frame.len = 0;
    expect(&probe, 100, &frame, "llc 0+0/0b", "header_truncated 0@0");
}

Test(llc, novells_raw_frames_have_none)
{
    put_eth(&frame, 30);
    put_fill(&frame, 2, 0xff);
    put_fill(&frame, 44, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 data 14+30/0", "");
}
