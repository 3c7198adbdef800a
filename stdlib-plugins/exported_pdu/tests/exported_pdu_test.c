// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../../tests/unit/decode/plugin_probe.h"

enum { LINKTYPE = 252 };

PLUGIN_PROBE(exported_pdu);

static void begin(const char *header)
{
    frame.len = 0;
    put_hex(&frame, header);
}

Test(exported_pdu, a_tag_names_the_protocol)
{
    begin("000c 0004 69700000  0014 0004 01020304  0000 0000");
    put_datagram(&frame);
    expect(&probe, LINKTYPE, &frame, "exported_pdu 0+48/20 ip 20+28/20 udp 40+8/8", "");
    expect_truncations(&probe, LINKTYPE, &frame);
    begin("000c 0002 6970 0000 0000");
    put_datagram(&frame);
    expect(&probe, LINKTYPE, &frame, "exported_pdu 0+38/10 ip 10+28/20 udp 30+8/8", "");
    begin("000c 0003 756470 0000 0000");
    put_udp(&frame, 5, 6, 8);
    expect(&probe, LINKTYPE, &frame, "exported_pdu 0+19/11 udp 11+8/8", "");
    begin("000c 000e 6574685f776974686f7574666373 0000 0000");
    put_eth(&frame, ON_IP);
    put_datagram(&frame);
    expect(&probe, LINKTYPE, &frame, "exported_pdu 0+64/22 eth 22+42/14 ip 36+28/20 udp 56+8/8",
           "");
    begin("000c 0003 646e73 0000 0000 010203");
    expect(&probe, LINKTYPE, &frame, "exported_pdu 0+14/11 data 11+3/0", "");
}

Test(exported_pdu, a_table_and_a_value_in_it)
{
    begin("000e 0009 657468657274797065  0020 0004 00000800  0000 0000");
    put_datagram(&frame);
    expect(&probe, LINKTYPE, &frame, "exported_pdu 0+53/25 ip 25+28/20 udp 45+8/8", "");
    frame.data[18] = 1;
    expect(&probe, LINKTYPE, &frame, "exported_pdu 0+53/25 data 25+28/0", "");
    begin("000e 0008 69702e70726f746f  0020 0004 00000011  0000 0000");
    put_udp(&frame, 5, 6, 8);
    expect(&probe, LINKTYPE, &frame, "exported_pdu 0+32/24 udp 24+8/8", "");
    begin("0000 0000 01");
    expect(&probe, LINKTYPE, &frame, "exported_pdu 0+5/4 data 4+1/0", "");
}

Test(exported_pdu, tags_without_an_end)
{
    begin("000c 0002 6970");
    expect(&probe, LINKTYPE, &frame, "exported_pdu 0+6/6b", "header_truncated 0@0");
    begin("000c ffff 6970");
    expect(&probe, LINKTYPE, &frame, "exported_pdu 0+6/6b", "header_truncated 0@0");
    begin("");
    expect(&probe, LINKTYPE, &frame, "exported_pdu 0+0/0b", "header_truncated 0@0");
    for (int i = 0; i < 19000; i++)
        put_hex(&frame, "0001 0000");
    probe_decode(&probe, LINKTYPE, &frame);
    cr_assert_str_eq(probe.stack, "exported_pdu");
    cr_assert_str_eq(probe.faults, "header_truncated 0@0");
}
