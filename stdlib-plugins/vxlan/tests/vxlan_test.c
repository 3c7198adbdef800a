// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../../tests/unit/decode/plugin_probe.h"

PLUGIN_PROBE(vxlan);

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

Test(vxlan, frames)
{
    struct decode_tuple tuple;
    begin(4789);
    put_hex(&frame, "08000000 00123400");
    put_eth(&frame, ON_IP);
    put_datagram(&frame);
    tell("ip 0+78/20 udp 20+58/8 vxlan 28+50/8 eth 36+42/14 ip 50+28/20 udp 70+8/8", "");
    cr_assert(decode_tuple(&probe.packet, &tuple));
    cr_assert_eq(tuple.sport, 5);
    expect_context(&probe, 2, 0x1234, true);
    cr_assert_eq(tuple.context, probe.packet.context);
    expect_plugin_truncations(&probe, 228, &frame);
    /* The group policy's bits. */
    frame.data[28] = 0x88;
    frame.data[30] = 7;
    probe_decode(&probe, 228, &frame);
    cr_assert_str_eq(probe.stack, "ip:udp:vxlan:eth:ip:udp");
    /* Reserved bits mean nothing. */
    frame.data[28] = 0x7a & ~4;
    frame.data[29] = 0xff;
    frame.data[35] = 0xff;
    probe_decode(&probe, 228, &frame);
    cr_assert_str_eq(probe.stack, "ip:udp:vxlan:eth:ip:udp");
    expect_context(&probe, 2, 0x1234, true);
}

Test(vxlan, what_it_is_not)
{
    begin(4789);
    put_hex(&frame, "00000000 00123400");
    put_fill(&frame, 30, 0);
    tell("ip 0+66/20 udp 20+46/8", "");
    frame.data[28] = 8;
    frame.len = 35;
    tell("ip 0+35/20 udp 20+15/8", "");
    begin(4789);
    /* A DNS query that came to this port. */
    put_hex(&frame, "1234 0100 0001 0000 0000 0000 0161 00 0001 0001");
    tell("ip 0+47/20 udp 20+27/8", "");
    cr_assert_eq(probe.packet.transport, 1);
}

Test(vxlan, generic_protocol_extension)
{
    static const struct {
        const char *next, *stack;
    } cases[] = {{"01", "ip:udp:vxlan:ip:udp"},   {"02", "ip:udp:vxlan:ipv6"},
                 {"03", "ip:udp:vxlan:eth:data"}, {"04", "ip:udp:vxlan:data"},
                 {"05", "ip:udp:vxlan:mpls"},     {"00", "ip:udp:vxlan:data"},
                 {"06", "ip:udp:vxlan:data"},     {"ff", "ip:udp:vxlan:data"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(4790);
        put_hex(&frame, "0c0000");
        put_hex(&frame, cases[i].next);
        put_hex(&frame, "00000100");
        put_datagram(&frame);
        fit_ip_udp(&frame);
        probe_decode(&probe, 228, &frame);
        if (strcmp(cases[i].next, "05") == 0)
            cr_assert_eq(strncmp(probe.stack, cases[i].stack, strlen(cases[i].stack)), 0);
        else
            cr_assert_str_eq(probe.stack, cases[i].stack);
    }
}
