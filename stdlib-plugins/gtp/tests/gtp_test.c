// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../../tests/unit/decode/plugin_probe.h"

PLUGIN_PROBE(gtp);

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

Test(gtp, packets)
{
    begin(2152);
    put_hex(&frame, "30 ff 001c 00000007");
    put_datagram(&frame);
    expect_plugin_truncations(&probe, 228, &frame);
    put_fill(&frame, 4, 0xee);
    tell("ip 0+68/20 udp 20+48/8 gtp 28+40/8 ip 36+28/20 udp 56+8/8", "");
    expect_context(&probe, 2, 7, false);
    begin(2152);
    put_hex(&frame, "30 ff 0030 00000007");
    put_ipv6(&frame, P_UDP, 8);
    put_udp(&frame, 5, 6, 8);
    tell("ip 0+84/20 udp 20+64/8 gtp 28+56/8 ipv6 36+48/40 udp 76+8/8", "");
    frame.data[36] = 0;
    tell("ip 0+84/20 udp 20+64/8 gtp 28+56/8 data 36+48/0", "");
    frame.data[31] = 0x31;
    tell("ip 0+84/20 udp 20+64/8 gtp 28+56/8b data 36+48/0", "bad_payload_length 2@28");
}

Test(gtp, extension_headers)
{
    begin(2152);
    put_hex(&frame, "34 ff 0028 00000007 0001 00 85 01 aabb 20 02 aabbccddeeff");
    put_hex(&frame, "00");
    put_datagram(&frame);
    frame.data[31] = (uint8_t)(frame.len - 36);
    tell("ip 0+80/20 udp 20+60/8 gtp 28+52/24 ip 52+28/20 udp 72+8/8", "");
    expect_plugin_truncations(&probe, 228, &frame);
    frame.data[40] = 0;
    tell("ip 0+80/20 udp 20+60/8 gtp 28+52/13b data 41+39/0", "gtp_bad_extension 2@40");
    frame.data[40] = 0xff;
    tell("ip 0+80/20 udp 20+60/8 gtp 28+52/52b", "gtp_bad_length 2@30\nheader_truncated 2@28");
    frame.data[40] = 1;
    frame.data[31] = 3;
    tell("ip 0+80/20 udp 20+60/8 gtp 28+52/24b", "gtp_bad_length 2@30");
    /* The optional part without extensions: what the last byte says is not heeded. */
    frame.data[28] = 0x32;
    frame.data[31] = 0x2c;
    tell("ip 0+80/20 udp 20+60/8 gtp 28+52/12 data 40+40/0", "");
}

Test(gtp, signalling_is_all_header)
{
    begin(2152);
    put_hex(&frame, "32 01 0004 00000000 0001 0000");
    tell("ip 0+40/20 udp 20+20/8 gtp 28+12/12", "");
    frame.data[31] = 5;
    tell("ip 0+40/20 udp 20+20/8 gtp 28+12/12b", "header_truncated 2@28");
}

Test(gtp, what_it_is_not)
{
    static const char *const not [] = {"10 ff 001c 00000007", "40 ff 001c 00000007",
                                       "20 ff 001c 00000007", "30 10 001c 00000007",
                                       "30 ff 001c 000000"};
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++) {
        begin(2152);
        put_hex(&frame, not [i]);
        fit_ip_udp(&frame);
        probe_decode(&probe, 228, &frame);
        cr_assert_str_eq(probe.stack, "ip:udp");
    }
}
