// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../../tests/unit/decode/plugin_probe.h"

enum { LINKTYPE = 239 };

PLUGIN_PROBE(nflog);

static void begin(const char *header)
{
    frame.len = 0;
    put_hex(&frame, header);
}

/** A header, an attribute of 7 bytes, and that of the payload. */
Test(nflog, the_payload_is_one_of_the_attributes)
{
    begin("02 00 0005  0700 0a00 61620000  2000 0900");
    put_datagram(&frame);
    expect(&probe, LINKTYPE, &frame, "nflog 0+44/16 ip 16+28/20 udp 36+8/8", "");
    cr_assert_eq(probe.packet.layers[0].aux, 2);
    expect_plugin_truncations(&probe, LINKTYPE, &frame);
    put_hex(&frame, "0800 0b00 00000001");
    expect(&probe, LINKTYPE, &frame, "nflog 0+52/16 ip 16+28/20 udp 36+8/8", "");
    frame.data[0] = 7;
    expect(&probe, LINKTYPE, &frame, "nflog 0+52/16 data 16+28/0", "");
}

Test(nflog, attributes_in_the_other_byte_order)
{
    begin("0a 00 0005  0007 000a 61620000  002c 0009");
    put_ipv6(&frame, P_NONE, 0);
    expect(&probe, LINKTYPE, &frame, "nflog 0+56/16 ipv6 16+40/40", "");
    expect_plugin_truncations(&probe, LINKTYPE, &frame);
}

Test(nflog, without_a_payload_all_is_header)
{
    begin("02 00 0005");
    expect(&probe, LINKTYPE, &frame, "nflog 0+4/4", "");
    put_hex(&frame, "0700 0a00 61620000");
    expect(&probe, LINKTYPE, &frame, "nflog 0+12/12", "");
    put_hex(&frame, "00 01 02");
    expect(&probe, LINKTYPE, &frame, "nflog 0+15/15", "");
    frame.len = 3;
    expect(&probe, LINKTYPE, &frame, "nflog 0+3/3b", "header_truncated 0@0");
}

Test(nflog, lengths)
{
    begin("02 00 0005  0300 0a00 61620000");
    expect(&probe, LINKTYPE, &frame, "nflog 0+12/8b", "nflog_bad_attribute 0@4");
    begin("02 00 0005  0400 0a00 2100 0900");
    put_datagram(&frame);
    expect(&probe, LINKTYPE, &frame, "nflog 0+40/12b ip 12+28/20 udp 32+8/8",
           "bad_payload_length 0@0");
    begin("02 00 0005  0900 0a00 61620000");
    expect(&probe, LINKTYPE, &frame, "nflog 0+12/12b", "header_truncated 0@0");
}
