// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../../tests/unit/decode/plugin_probe.h"

PLUGIN_PROBE(nsh);

static void begin(const char *header)
{
    frame.len = 0;
    put_eth(&frame, 0x894f);
    put_hex(&frame, header);
}

Test(nsh, packets)
{
    begin("0fc2 02 01 00000aff");
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 5, 6, 8);
    expect(&probe, ETHERNET, &frame, "eth 0+50/14 nsh 14+36/8 ip 22+28/20 udp 42+8/8", "");
    expect_context(&probe, 1, 0xa, false);
    expect_plugin_truncations(&probe, ETHERNET, &frame);
    begin("0fc6 01 03 00000aff 00000000 00000000 00000000 00000000");
    put_eth(&frame, ON_IP);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 5, 6, 8);
    expect(&probe, ETHERNET, &frame, "eth 0+80/14 nsh 14+66/24 eth 38+42/14 ip 52+28/20 udp 72+8/8",
           "");
    frame.data[17] = 9;
    expect(&probe, ETHERNET, &frame, "eth 0+80/14 nsh 14+66/24 data 38+42/0", "");
}

Test(nsh, nests)
{
    begin("0fc2 02 04 00000aff 0fc2 02 04 00000aff 0fc2 02 00 00000aff");
    expect(&probe, ETHERNET, &frame, "eth 0+38/14 nsh 14+24/8 nsh 22+16/8 nsh 30+8/8", "");
}

Test(nsh, lengths)
{
    begin("0fc1 02 01 00000aff");
    put_fill(&frame, 4, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+26/14 nsh 14+12/8b data 22+4/0", "nsh_bad_length 1@15");
    frame.data[15] = 0xc3;
    frame.data[17] = 0;
    expect(&probe, ETHERNET, &frame, "eth 0+26/14 nsh 14+12/12", "");
    frame.data[15] = 0xc4;
    expect(&probe, ETHERNET, &frame, "eth 0+26/14 nsh 14+12/12b", "header_truncated 1@14");
    frame.data[14] = 0x4f;
    expect(&probe, ETHERNET, &frame, "eth 0+26/14 data 14+12/0", "");
    frame.len = 17;
    expect(&probe, ETHERNET, &frame, "eth 0+17/14 data 14+3/0", "");
}
