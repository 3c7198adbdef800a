// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../../tests/unit/decode/plugin_probe.h"

enum { LINKTYPE = 107 };

PLUGIN_PROBE(fr);

static void begin(const char *header)
{
    frame.len = 0;
    put_hex(&frame, header);
}

Test(fr, multiprotocol)
{
    static const struct {
        const char *header, *layers;
    } cases[] = {
        {"1841 03 cc", "fr 0+32/4 ip 4+28/20 udp 24+8/8"},
        {"1841 03 00 cc", "fr 0+33/5 ip 5+28/20 udp 25+8/8"},
        {"1841 03 00 80 000000 0800", "fr 0+38/10 ip 10+28/20 udp 30+8/8"},
        {"1841 03 80 000000 0800", "fr 0+37/9 ip 9+28/20 udp 29+8/8"},
        {"1841 0800", "fr 0+32/4 ip 4+28/20 udp 24+8/8"},
        {"1841 03 cf 0021", "fr 0+34/4 ppp 4+30/2 ip 6+28/20 udp 26+8/8"},
        {"18400001 03 cc", "fr 0+34/6 ip 6+28/20 udp 26+8/8"},
        {"184001 03 cc", "fr 0+33/5 ip 5+28/20 udp 25+8/8"},
        {"1841 03 80 0080c2 0007 020202020202 040404040404 0800",
         "fr 0+51/9 eth 9+42/14 ip 23+28/20 udp 43+8/8"},
        {"1841 03 81", "fr 0+32/4 data 4+28/0"},
        {"1841 03 80 00000c 0800", "fr 0+37/9 data 9+28/0"},
        {"1841 0005", "fr 0+32/2 data 2+30/0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(cases[i].header);
        put_datagram(&frame);
        expect(&probe, LINKTYPE, &frame, cases[i].layers, "");
        expect_plugin_truncations(&probe, LINKTYPE, &frame);
    }
    begin("1841 03 8e");
    put_ipv6(&frame, P_NONE, 0);
    expect(&probe, LINKTYPE, &frame, "fr 0+44/4 ipv6 4+40/40", "");
}

Test(fr, the_connection_is_kept)
{
    begin("1841 03 cc");
    put_datagram(&frame);
    probe_decode(&probe, LINKTYPE, &frame);
    cr_assert_eq(probe.packet.layers[0].aux, 100);
}

Test(fr, addresses)
{
    begin("0100 03cc");
    expect(&probe, LINKTYPE, &frame, "fr 0+4/1b data 1+3/0", "fr_bad_address 0@0");
    begin("10101010 03cc");
    expect(&probe, LINKTYPE, &frame, "fr 0+6/4b data 4+2/0", "fr_bad_address 0@0");
    begin("18");
    expect(&probe, LINKTYPE, &frame, "fr 0+1/1b", "header_truncated 0@0");
    begin("1841 03");
    expect(&probe, LINKTYPE, &frame, "fr 0+3/3b", "header_truncated 0@0");
    begin("1841 03 80 0000");
    expect(&probe, LINKTYPE, &frame, "fr 0+6/6b", "header_truncated 0@0");
}
