// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../../tests/unit/decode/plugin_probe.h"

PLUGIN_PROBE(erspan);

static void begin(const char *gre, const char *header)
{
    frame.len = 0;
    put_ip(&frame, P_GRE, 0);
    put_hex(&frame, gre);
    put_hex(&frame, header);
}

static void put_mirrored(void)
{
    put_eth(&frame, ON_IP);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 5, 6, 8);
}

static void tell(const char *layers, const char *faults)
{
    fit_ip_udp(&frame);
    expect(&probe, 228, &frame, layers, faults);
}

Test(erspan, type_1_has_no_header)
{
    begin("0000 88be", "");
    put_mirrored();
    tell("ip 0+66/20 gre 20+46/4 erspan 24+42/0 eth 24+42/14 ip 38+28/20 udp 58+8/8", "");
}

Test(erspan, type_2)
{
    begin("1000 88be 00000001", "1001 0405 00000000");
    put_mirrored();
    tell("ip 0+78/20 gre 20+58/8 erspan 28+50/8 eth 36+42/14 ip 50+28/20 udp 70+8/8", "");
    cr_assert_eq(probe.packet.layers[2].aux, 5);
    expect_context(&probe, 2, 5, false);
    expect_plugin_truncations(&probe, 228, &frame);
    frame.data[28] = 0x30;
    tell("ip 0+78/20 gre 20+58/8 data 28+50/0", "");
}

Test(erspan, type_3)
{
    begin("1000 22eb 00000001", "2001 0005 00000000 0000 0000");
    put_mirrored();
    tell("ip 0+82/20 gre 20+62/8 erspan 28+54/12 eth 40+42/14 ip 54+28/20 udp 74+8/8", "");
    expect_plugin_truncations(&probe, 228, &frame);
    begin("1000 22eb 00000001", "2001 0005 00000000 0000 0001 0000000000000000");
    put_mirrored();
    tell("ip 0+90/20 gre 20+70/8 erspan 28+62/20 eth 48+42/14 ip 62+28/20 udp 82+8/8", "");
    begin("1000 22eb 00000001", "2001 0005 00000000 0000 0800");
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 5, 6, 8);
    tell("ip 0+68/20 gre 20+48/8 erspan 28+40/12 raw 40+28/0 ip 40+28/20 udp 60+8/8", "");
    frame.data[38] = 4;
    tell("ip 0+68/20 gre 20+48/8 erspan 28+40/12 data 40+28/0", "");
    frame.len = 39;
    tell("ip 0+39/20 gre 20+19/8 erspan 28+11/11b", "header_truncated 2@28");
}

Test(erspan, not_outside_of_gre)
{
    put_eth(&frame, 0x88be);
    put_mirrored();
    expect(&probe, ETHERNET, &frame, "eth 0+56/14 data 14+42/0", "");
}
