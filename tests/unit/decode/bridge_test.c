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

TestSuite(bridge, .init = set_up, .fini = tear_down);

static void put_datagram(void)
{
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
}

Test(bridge, backbone)
{
    put_eth(&frame, 0x88e7);
    put32(&frame, 0x00001234);
    put_eth(&frame, ON_VLAN);
    put_vlan(&frame, 7, ON_IP);
    put_datagram();
    expect(&probe, ETHERNET, &frame,
           "eth 0+64/14 ieee8021ah 14+50/18 vlan 32+32/4 ip 36+28/20 udp 56+8/8", "");
    cr_assert_eq(probe.packet.layers[1].aux, ON_VLAN);
    expect_truncations(&probe, ETHERNET, &frame);
    frame.len = 31;
    expect(&probe, ETHERNET, &frame, "eth 0+31/14 ieee8021ah 14+17/17b", "header_truncated 1@14");
}

Test(bridge, port_extension)
{
    put_eth(&frame, 0x893f);
    put_fill(&frame, 6, 0x11);
    put16(&frame, ON_IP);
    put_datagram();
    expect(&probe, ETHERNET, &frame, "eth 0+50/14 etag 14+36/8 ip 22+28/20 udp 42+8/8", "");
    expect_truncations(&probe, ETHERNET, &frame);
    frame.len = 0;
    put_eth(&frame, 0x8926);
    put32(&frame, 0x11111111);
    put16(&frame, ON_IP);
    put_datagram();
    expect(&probe, ETHERNET, &frame, "eth 0+48/14 vntag 14+34/6 ip 20+28/20 udp 40+8/8", "");
    expect_truncations(&probe, ETHERNET, &frame);
    /* A length instead of a type. */
    frame.data[18] = 0;
    frame.data[19] = 20;
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert_str_eq(probe.layers, "eth 0+48/14 vntag 14+34/6 llc 20+20/4 data 24+16/0");
}

static void put_sectag(unsigned control, unsigned short_len)
{
    put_eth(&frame, 0x88e5);
    put8(&frame, control);
    put8(&frame, short_len);
    put32(&frame, 1);
    if (control & 0x20)
        put_fill(&frame, 8, 0x55);
}

Test(bridge, macsec_that_is_encrypted_ends_the_layers)
{
    put_sectag(0x0c, 0);
    put_fill(&frame, 40, 0x77);
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 macsec 14+46/6", "");
    expect_truncations(&probe, ETHERNET, &frame);
    frame.len = 0;
    put_sectag(0x2c, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+28/14 macsec 14+14/14", "");
    frame.len--;
    expect(&probe, ETHERNET, &frame, "eth 0+27/14 macsec 14+13/13b", "header_truncated 1@14");
    frame.len = 15;
    expect(&probe, ETHERNET, &frame, "eth 0+15/14 macsec 14+1/1b", "header_truncated 1@14");
}

Test(bridge, macsec_with_integrity_only)
{
    put_sectag(0x20, 30);
    put16(&frame, ON_IP);
    put_datagram();
    put_fill(&frame, 16, 0x99);
    expect(&probe, ETHERNET, &frame, "eth 0+74/14 macsec 14+60/16 ip 30+28/20 udp 50+8/8", "");
    cr_assert_eq(probe.packet.layers[1].aux, ON_IP);
    expect_truncations(&probe, ETHERNET, &frame);
    put_fill(&frame, 5, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+79/14 macsec 14+60/16 ip 30+28/20 udp 50+8/8", "");
    frame.data[15] = 0;
    expect(&probe, ETHERNET, &frame, "eth 0+79/14 macsec 14+65/16 ip 30+28/20 udp 50+8/8", "");
    /* Nothing but the check value. */
    frame.len = 30 + 16;
    expect(&probe, ETHERNET, &frame, "eth 0+46/14 macsec 14+32/16", "");
}
