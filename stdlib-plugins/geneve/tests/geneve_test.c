// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../../tests/unit/decode/plugin_probe.h"

PLUGIN_PROBE(geneve);

static void begin(unsigned dport)
{
    frame.len = 0;
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1000, dport, 8);
}

static void tell(const char *layers, const char *faults)
{
    fit_ip_udp(&frame);
    expect(&probe, 228, &frame, layers, faults);
}

Test(geneve, payloads_and_options)
{
    begin(6081);
    put_hex(&frame, "00000800 00000100");
    put_datagram(&frame);
    tell("ip 0+64/20 udp 20+44/8 geneve 28+36/8 ip 36+28/20 udp 56+8/8", "");
    expect_context(&probe, 2, 1, true);
    begin(6081);
    put_hex(&frame, "03006558 00000100 0001 80 01 aabbccdd 0002 01 00");
    put_eth(&frame, ON_IP);
    put_datagram(&frame);
    tell("ip 0+90/20 udp 20+70/8 geneve 28+62/20 eth 48+42/14 ip 62+28/20 udp 82+8/8", "");
    expect_plugin_truncations(&probe, 228, &frame);
}

Test(geneve, options_that_do_not_fit)
{
    begin(6081);
    put_hex(&frame, "02000800 00000100 0001 80 02 aabbccdd");
    put_datagram(&frame);
    tell("ip 0+72/20 udp 20+52/8 geneve 28+44/16b ip 44+28/20 udp 64+8/8",
         "geneve_option_overrun 2@36");
    frame.data[39] = 0;
    tell("ip 0+72/20 udp 20+52/8 geneve 28+44/16b ip 44+28/20 udp 64+8/8",
         "geneve_option_overrun 2@40");
    frame.data[28] = 0x3f;
    tell("ip 0+72/20 udp 20+52/8 geneve 28+44/44b", "header_truncated 2@28");
}

Test(geneve, another_version_is_something_else)
{
    begin(6081);
    put_hex(&frame, "40000800 00000100");
    put_datagram(&frame);
    tell("ip 0+64/20 udp 20+44/8", "");
    frame.data[28] = 0;
    frame.len = 35;
    tell("ip 0+35/20 udp 20+15/8", "");
    frame.len = 36;
    tell("ip 0+36/20 udp 20+16/8 geneve 28+8/8 ip 36+0/0b", "header_truncated 3@36");
}
