// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../../tests/unit/decode/plugin_probe.h"

PLUGIN_PROBE(teredo);

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

static void put_inner(void)
{
    put_ipv6(&frame, P_UDP, 8);
    put_udp(&frame, 5, 6, 8);
}

Test(teredo, with_and_without_indications)
{
    begin(3544);
    put_inner();
    tell("ip 0+76/20 udp 20+56/8 teredo 28+48/0 ipv6 28+48/40 udp 68+8/8", "");
    begin(3544);
    put_hex(&frame, "0000 1234 0a000001");
    put_inner();
    tell("ip 0+84/20 udp 20+64/8 teredo 28+56/8 ipv6 36+48/40 udp 76+8/8", "");
    expect_plugin_truncations(&probe, 228, &frame);
    begin(3544);
    put_hex(&frame, "0001 02 01 aaaa bb 0102030405060708 00 0000 1234 0a000001");
    put_inner();
    tell("ip 0+100/20 udp 20+80/8 teredo 28+72/24 ipv6 52+48/40 udp 92+8/8", "");
    expect_plugin_truncations(&probe, 228, &frame);
}

Test(teredo, what_it_is_not)
{
    static const char *const not [] = {"", "0001 ff ff aaaa", "0000 1234", "0000 1234 0a000001",
                                       "45"};
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++) {
        begin(3544);
        put_hex(&frame, not [i]);
        fit_ip_udp(&frame);
        probe_decode(&probe, 228, &frame);
        cr_assert_str_eq(probe.stack, "ip:udp");
    }
}
