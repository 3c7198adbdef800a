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
