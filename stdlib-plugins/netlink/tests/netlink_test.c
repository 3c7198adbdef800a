// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../../tests/unit/decode/plugin_probe.h"

enum { LINKTYPE = 253 };

PLUGIN_PROBE(netlink);

static void begin(const char *header)
{
    frame.len = 0;
    put_hex(&frame, header);
}

Test(netlink, messages_are_data)
{
    begin("0004 0338 000000000000 00000000 0010");
    expect(&probe, LINKTYPE, &frame, "netlink 0+16/16", "");
    cr_assert_eq(probe.packet.layers[0].aux, 16);
    put_fill(&frame, 20, 0x45);
    expect(&probe, LINKTYPE, &frame, "netlink 0+36/16 data 16+20/0", "");
    expect_truncations(&probe, LINKTYPE, &frame);
    frame.len = 15;
    expect(&probe, LINKTYPE, &frame, "netlink 0+15/15b", "header_truncated 0@0");
}
