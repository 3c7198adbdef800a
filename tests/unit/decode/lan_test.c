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

TestSuite(lan, .init = set_up, .fini = tear_down);

enum { TOKEN_RING = 6, FDDI = 10, IPOIB = 242 };

static void put_stp(void)
{
    put_hex(&frame, "424203 00000000");
}

Test(lan, fddi_carries_llc_in_one_class_of_frames)
{
    put8(&frame, 0x57);
    put_fill(&frame, 12, 0x02);
    put_stp();
    expect(&probe, FDDI, &frame, "fddi 0+20/13 llc 13+7/3 stp 16+4/4", "");
    cr_assert_eq(probe.packet.layers[0].aux, 0x57);
    expect_truncations(&probe, FDDI, &frame);
    frame.data[0] = 0x41;
    expect(&probe, FDDI, &frame, "fddi 0+20/13 data 13+7/0", "");
    frame.len = 13;
    frame.data[0] = 0x50;
    expect(&probe, FDDI, &frame, "fddi 0+13/13", "");
    frame.len = 12;
    expect(&probe, FDDI, &frame, "fddi 0+12/12b", "header_truncated 0@0");
}

Test(lan, token_ring_has_a_route_if_the_sender_says_so)
{
    put_hex(&frame, "1040 020202020202 040404040404");
    put_stp();
    expect(&probe, TOKEN_RING, &frame, "tr 0+21/14 llc 14+7/3 stp 17+4/4", "");
    expect_truncations(&probe, TOKEN_RING, &frame);
    frame.data[1] = 0;
    expect(&probe, TOKEN_RING, &frame, "tr 0+21/14 data 14+7/0", "");
    frame.len = 0;
    put_hex(&frame, "1040 020202020202 840404040404 0630 00110020");
    put_stp();
    expect(&probe, TOKEN_RING, &frame, "tr 0+27/20 llc 20+7/3 stp 23+4/4", "");
    expect_truncations(&probe, TOKEN_RING, &frame);
    frame.data[14] = 0x1f;
    expect(&probe, TOKEN_RING, &frame, "tr 0+27/27b", "header_truncated 0@0");
    frame.len = 14;
    expect(&probe, TOKEN_RING, &frame, "tr 0+14/14b", "header_truncated 0@0");
}

Test(lan, infiniband_has_a_route_header_and_a_type)
{
    put_fill(&frame, 40, 0x60);
    put_hex(&frame, "0800 0000");
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, IPOIB, &frame, "ipoib 0+72/44 ip 44+28/20 udp 64+8/8", "");
    expect_truncations(&probe, IPOIB, &frame);
    frame.data[40] = 0x05;
    expect(&probe, IPOIB, &frame, "ipoib 0+72/44 data 44+28/0", "");
}
