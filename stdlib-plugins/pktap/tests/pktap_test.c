// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../../tests/unit/decode/plugin_probe.h"

enum { LINKTYPE = 258 };

PLUGIN_PROBE(pktap);

static void begin(const char *header)
{
    frame.len = 0;
    put_hex(&frame, header);
}

static void begin_header(const char *start)
{
    begin(start);
    put_fill(&frame, 108 - 12, 0);
}

Test(pktap, the_header_names_the_link_type)
{
    begin_header("6c000000 01000000 01000000");
    put_eth(&frame, ON_IP);
    put_datagram(&frame);
    expect(&probe, LINKTYPE, &frame, "pktap 0+150/108 eth 108+42/14 ip 122+28/20 udp 142+8/8", "");
    expect_truncations(&probe, LINKTYPE, &frame);
    expect(&probe, 149, &frame, "pktap 0+150/108 eth 108+42/14 ip 122+28/20 udp 142+8/8", "");
    begin_header("6c000000 01000000 0c000000");
    put_datagram(&frame);
    expect(&probe, LINKTYPE, &frame, "pktap 0+136/108 raw 108+28/0 ip 108+28/20 udp 128+8/8", "");
    frame.data[10] = 1;
    expect(&probe, LINKTYPE, &frame, "pktap 0+136/108 data 108+28/0", "");
    begin_header("6c000000 00000000 0c000000");
    put_datagram(&frame);
    expect(&probe, LINKTYPE, &frame, "pktap 0+136/108 data 108+28/0", "");
}

Test(pktap, lengths)
{
    begin_header("6b000000 01000000 01000000");
    expect(&probe, LINKTYPE, &frame, "pktap 0+108/108b", "pktap_bad_length 0@0");
    begin_header("6d000000 01000000 01000000");
    expect(&probe, LINKTYPE, &frame, "pktap 0+108/108b", "header_truncated 0@0");
    begin_header("ffffffff 01000000 01000000");
    expect(&probe, LINKTYPE, &frame, "pktap 0+108/108b", "header_truncated 0@0");
    begin("6c000000 010000");
    expect(&probe, LINKTYPE, &frame, "pktap 0+7/7b", "header_truncated 0@0");
}
