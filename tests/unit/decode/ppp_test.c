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

TestSuite(ppp, .init = set_up, .fini = tear_down);

enum { ON_PPPOED = 0x8863, ON_PPPOES = 0x8864, ON_PPP = 0x880b };

static void put_datagram(void)
{
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
}

Test(ppp, with_and_without_framing_and_compression)
{
    static const struct {
        uint8_t header[4];
        uint8_t len;
    } cases[] = {{{0x00, 0x21}, 2},
                 {{0x21}, 1},
                 {{0xff, 0x03, 0x00, 0x21}, 4},
                 {{0xff, 0x03, 0x21}, 3},
                 {{0x00, 0x03, 0x00, 0x21}, 4},
                 {{0x01, 0x03, 0x21}, 3}};
    static const uint16_t linktypes[] = {9, 50, 166};
    char want[128];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        frame.len = 0;
        for (uint8_t j = 0; j < cases[i].len; j++)
            put8(&frame, cases[i].header[j]);
        put_datagram();
        snprintf(want, sizeof want, "ppp 0+%u/%u ip %u+28/20 udp %u+8/8", cases[i].len + 28u,
                 cases[i].len, cases[i].len, cases[i].len + 20u);
        for (size_t j = 0; j < 3; j++)
            expect(&probe, linktypes[j], &frame, want, "");
        cr_assert_eq(probe.packet.layers[0].aux, 0x21);
    }
    frame.len = 0;
    put16(&frame, 0x0021);
    put_datagram();
    expect_truncations(&probe, 9, &frame);
}

Test(ppp, protocols)
{
    put16(&frame, 0x0057);
    put_ipv6(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, 9, &frame, "ppp 0+50/2 ipv6 2+48/40 udp 42+8/8", "");
    frame.data[0] = 0xc0;
    frame.data[1] = 0x21;
    expect(&probe, 9, &frame, "ppp 0+50/2 data 2+48/0", "");
    cr_assert_eq(probe.packet.layers[0].aux, 0xc021);
    for (unsigned type = 0x0281; type <= 0x0283; type += 2) {
        frame.len = 0;
        put16(&frame, type);
        put32(&frame, 0x0001013f);
        put_datagram();
        expect(&probe, 9, &frame, "ppp 0+34/2 mpls 2+32/4 ip 6+28/20 udp 26+8/8", "");
    }
    frame.len = 0;
    put_eth(&frame, ON_PPP);
    put32(&frame, 0xff030021);
    put_datagram();
    expect(&probe, ETHERNET, &frame, "eth 0+46/14 ppp 14+32/4 ip 18+28/20 udp 38+8/8", "");
}

Test(ppp, headers_too_short)
{
    expect(&probe, 9, &frame, "ppp 0+0/0b", "header_truncated 0@0");
    put8(&frame, 0);
    expect(&probe, 9, &frame, "ppp 0+1/1b", "header_truncated 0@0");
    frame.len = 0;
    put16(&frame, 0xff03);
    expect(&probe, 9, &frame, "ppp 0+2/2b", "header_truncated 0@0");
    put8(&frame, 0);
    expect(&probe, 9, &frame, "ppp 0+3/3b", "header_truncated 0@0");
    probe_cut(&probe, 9, &frame, 3, 40);
    cr_assert_str_eq(probe.layers, "ppp 0+40/4c");
    cr_assert_str_eq(probe.faults, "header_not_captured 0@0");
}

Test(ppp, ciscos_hdlc)
{
    put32(&frame, 0x0f000800);
    put_datagram();
    for (uint16_t linktype = 50; linktype <= 104; linktype += 54)
        expect(&probe, linktype, &frame, "chdlc 0+32/4 ip 4+28/20 udp 24+8/8", "");
    expect_truncations(&probe, 104, &frame);
    frame.data[0] = 0x8f;
    expect(&probe, 50, &frame, "chdlc 0+32/4 ip 4+28/20 udp 24+8/8", "");
    /* SLARP has RARP's number, and a type below that of ethertypes is none. */
    frame.data[2] = 0x80;
    frame.data[3] = 0x35;
    expect(&probe, 104, &frame, "chdlc 0+32/4 data 4+28/0", "");
    frame.data[2] = 0;
    frame.data[3] = 0xfe;
    expect(&probe, 104, &frame, "chdlc 0+32/4 data 4+28/0", "");
    frame.len = 3;
    expect(&probe, 104, &frame, "chdlc 0+3/3b", "header_truncated 0@0");
}

static void put_pppoe(unsigned type, unsigned code, unsigned len)
{
    put_eth(&frame, type);
    put8(&frame, 0x11);
    put8(&frame, code);
    put16(&frame, 0x1234);
    put16(&frame, len);
}

Test(ppp, sessions_over_ethernet)
{
    put_pppoe(ON_PPPOES, 0, 30);
    put16(&frame, 0x0021);
    put_datagram();
    expect_truncations(&probe, ETHERNET, &frame);
    put_fill(&frame, 10, 0xee);
    expect(&probe, ETHERNET, &frame,
           "eth 0+60/14 pppoes 14+36/6 ppp 20+30/2 ip 22+28/20 udp 42+8/8", "");
    cr_assert_eq(probe.packet.layers[1].aux, 0x1234);
    frame.data[19] = 40;
    expect(&probe, ETHERNET, &frame,
           "eth 0+60/14 pppoes 14+46/6 ppp 20+40/2 ip 22+28/20 udp 42+8/8", "");
    frame.data[19] = 41;
    expect(&probe, ETHERNET, &frame,
           "eth 0+60/14 pppoes 14+46/6b ppp 20+40/2 ip 22+28/20 udp 42+8/8",
           "bad_payload_length 1@18");
    frame.data[19] = 0;
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 pppoes 14+6/6", "");
    frame.data[19] = 30;
    frame.data[15] = 1;
    expect(&probe, ETHERNET, &frame, "eth 0+60/14 pppoes 14+36/6 data 20+30/0", "");
}

Test(ppp, discovery_over_ethernet)
{
    put_pppoe(ON_PPPOED, 9, 4);
    put32(&frame, 0x01010000);
    put_fill(&frame, 30, 0);
    expect(&probe, ETHERNET, &frame, "eth 0+54/14 pppoed 14+10/6", "");
    frame.len = 19;
    expect(&probe, ETHERNET, &frame, "eth 0+19/14 pppoed 14+5/5b", "header_truncated 1@14");
}

Test(ppp, a_link_type_of_sessions)
{
    put16(&frame, 0x1100);
    put16(&frame, 1);
    put16(&frame, 30);
    put16(&frame, 0x0021);
    put_datagram();
    expect(&probe, 51, &frame, "pppoes 0+36/6 ppp 6+30/2 ip 8+28/20 udp 28+8/8", "");
}
