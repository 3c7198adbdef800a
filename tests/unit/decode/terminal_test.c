// SPDX-License-Identifier: MIT OR Apache-2.0
#include "probe.h"

static struct probe probe;
static struct frame frame;

static void set_up(void)
{
    probe_init(&probe);
    frame.len = 0;
}

static void tear_down(void)
{
    probe_fini(&probe);
}

TestSuite(terminal, .init = set_up, .fini = tear_down);

Test(terminal, lldp)
{
    put_eth(&frame, 0x88cc);
    put16(&frame, 0x0207);
    put_fill(&frame, 44, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 lldp 14+46/2", "");
    expect_truncations(&probe, ETHERNET, &frame);
    frame.len = 15;
    expect(&probe, ETHERNET, &frame, "eth 0+15/14 lldp 14+1/1b", "header_truncated 1@14");
}

Test(terminal, eapol_is_as_long_as_it_says)
{
    put_eth(&frame, 0x888e);
    put16(&frame, 0x0103);
    put16(&frame, 5);
    put_fill(&frame, 42, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 eapol 14+9/4", "");
    expect_truncations(&probe, ETHERNET, &frame);
    frame.data[17] = 42;
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 eapol 14+46/4", "");
    frame.data[17] = 43;
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 eapol 14+46/4", "");
    frame.len = 17;
    expect(&probe, ETHERNET, &frame, "eth 0+17/14 eapol 14+3/3b", "header_truncated 1@14");
}

Test(terminal, loop)
{
    put_eth(&frame, 0x9000);
    put_fill(&frame, 46, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 loop 14+46/2", "");
    cr_assert_eq(probe.packet.network, PALUA_NO_LAYER);
    cr_assert_eq(probe.packet.flags, 0);
}

Test(terminal, protocols_behind_ip)
{
    static const struct {
        uint8_t proto, len;
        const char *name;
    } cases[] = {{2, 8, "igmp"}, {89, 4, "ospf"}, {103, 4, "pim"}};
    struct decode_tuple tuple;
    char want[64];
    for (size_t i = 0; i < 3; i++) {
        frame.len = 0;
        put_ip(&frame, cases[i].proto, 24);
        put_fill(&frame, 24, 0x11);
        snprintf(want, sizeof want, "ip 0+44/20 %s 20+24/%u", cases[i].name, cases[i].len);
        expect(&probe, 228, &frame, want, "");
        expect_truncations(&probe, 228, &frame);
        probe_decode(&probe, 228, &frame);
        cr_assert(decode_tuple(&probe.packet, &tuple));
        cr_assert_eq(tuple.proto, cases[i].proto);
        frame.data[3] = (uint8_t)(20 + cases[i].len - 1);
        snprintf(want, sizeof want, "ip 0+%u/20 %s 20+%u/%ub", cases[i].len + 19, cases[i].name,
                 cases[i].len - 1, cases[i].len - 1);
        expect(&probe, 228, &frame, want, "header_truncated 1@20");
    }
}
