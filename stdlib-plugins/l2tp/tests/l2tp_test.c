// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../../tests/unit/decode/plugin_probe.h"

PLUGIN_PROBE(l2tp);

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

Test(l2tp, sessions_of_version_2)
{
    begin(1701);
    put_hex(&frame, "0002 0001 0002 ff030021");
    put_datagram(&frame);
    tell("ip 0+66/20 udp 20+46/8 l2tp 28+38/6 ppp 34+32/4 ip 38+28/20 udp 58+8/8", "");
    cr_assert_eq(probe.packet.layers[2].aux, 2);
    expect_context(&probe, 2, 0x10002, false);
    expect_plugin_truncations(&probe, 228, &frame);
    /* Reserved bits mean nothing. */
    frame.data[28] = 0x35;
    frame.data[29] = 0xf2;
    probe_decode(&probe, 228, &frame);
    cr_assert_str_eq(probe.stack, "ip:udp:l2tp:ppp:ip:udp");
    begin(1701);
    put_hex(&frame, "4a02 002e 0001 0002 0003 0004 0002 aaaa 0021");
    put_datagram(&frame);
    put_fill(&frame, 3, 0xee);
    tell("ip 0+77/20 udp 20+57/8 l2tp 28+49/16 ppp 44+30/2 ip 46+28/20 udp 66+8/8", "");
    expect_plugin_truncations(&probe, 228, &frame);
    frame.data[31] = 15;
    tell("ip 0+77/20 udp 20+57/8 l2tp 28+49/16b ppp 44+33/2 ip 46+28/20 udp 66+8/8",
         "l2tp_bad_length 2@30");
    frame.data[31] = 50;
    tell("ip 0+77/20 udp 20+57/8 l2tp 28+49/16b ppp 44+33/2 ip 46+28/20 udp 66+8/8",
         "bad_payload_length 2@28");
}

Test(l2tp, control_messages)
{
    begin(1701);
    put_hex(&frame, "c802 000c 0001 0000 0000 0000");
    tell("ip 0+40/20 udp 20+20/8 l2tp 28+12/12", "");
    frame.data[31] = 11;
    tell("ip 0+40/20 udp 20+20/8 l2tp 28+12/12b", "l2tp_bad_length 2@30");
    frame.data[31] = 13;
    tell("ip 0+40/20 udp 20+20/8 l2tp 28+12/12b", "header_truncated 2@28");
    /* RFC 2661: a control message has a length and a sequence number. */
    frame.data[28] = 0x80;
    tell("ip 0+40/20 udp 20+20/8", "");
}

Test(l2tp, version_3)
{
    begin(1701);
    put_hex(&frame, "0003 0000 00000005 aabb");
    tell("ip 0+38/20 udp 20+18/8 l2tp 28+10/8 data 36+2/0", "");
    expect_context(&probe, 2, 5, false);
    frame.len = 0;
    put_ip(&frame, 115, 0);
    put_hex(&frame, "00000005 aabb");
    tell("ip 0+26/20 l2tp 20+6/4 data 24+2/0", "");
    expect_context(&probe, 1, 5, false);
    frame.len = 20;
    put_hex(&frame, "00000000 c803 000c 00000001 0000 0000");
    tell("ip 0+36/20 l2tp 20+16/16", "");
    frame.len = 23;
    tell("ip 0+23/20 data 20+3/0", "");
}

Test(l2tp, what_it_is_not)
{
    static const char *const not [] = {"00", "0001 0001 0002", "1004 0001 0002", "0002 0001"};
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++) {
        begin(1701);
        put_hex(&frame, not [i]);
        fit_ip_udp(&frame);
        probe_decode(&probe, 228, &frame);
        cr_assert_str_eq(probe.stack, "ip:udp");
    }
}
