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

TestSuite(gre, .init = set_up, .fini = tear_down);

static void begin(const char *header)
{
    frame.len = 0;
    put_ip(&frame, P_GRE, 0);
    put_hex(&frame, header);
}

static void put_datagram(void)
{
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 5, 6, 8);
}

static void tell(const char *layers, const char *faults)
{
    fit_ip_udp(&frame);
    expect(&probe, 228, &frame, layers, faults);
}

Test(gre, optional_fields)
{
    static const struct {
        const char *header;
        unsigned len;
    } cases[] = {{"0000 0800", 4},
                 {"8000 0800 00000000", 8},
                 {"2000 0800 00000001", 8},
                 {"1000 0800 00000001", 8},
                 {"b000 0800 00000000 00000001 00000001", 16},
                 {"4000 0800 00000000 0800 0004 0a000001 0000 0000", 20},
                 {"f000 0800 00000000 00000001 00000001 0000 0000", 20},
                 {"0080 0800", 4}};
    char want[128];
    struct decode_tuple tuple;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned len = cases[i].len;
        begin(cases[i].header);
        put_datagram();
        snprintf(want, sizeof want, "ip 0+%u/20 gre 20+%u/%u ip %u+28/20 udp %u+8/8", 48 + len,
                 28 + len, len, 20 + len, 40 + len);
        tell(want, "");
        cr_assert(decode_tuple(&probe.packet, &tuple));
        cr_assert_eq(tuple.sport, 5);
        expect_truncations(&probe, 228, &frame);
    }
    cr_assert_eq(probe.packet.layers[0].aux, P_GRE);
}

Test(gre, ethernet_and_others)
{
    begin("2000 6558 00123400");
    put_eth(&frame, ON_IP);
    put_datagram();
    tell("ip 0+70/20 gre 20+50/8 eth 28+42/14 ip 42+28/20 udp 62+8/8", "");
    cr_assert_eq(probe.packet.layers[1].aux, 0x2000);
    begin("0000 8847 0001f13f");
    put_datagram();
    tell("ip 0+56/20 gre 20+36/4 mpls 24+32/4 ip 28+28/20 udp 48+8/8", "");
    begin("0000 0000");
    tell("ip 0+24/20 gre 20+4/4", "");
    cr_assert(probe.packet.flags & PALUA_PACKET_FLOW);
    put8(&frame, 1);
    tell("ip 0+25/20 gre 20+5/4 data 24+1/0", "");
}

Test(gre, pptp)
{
    begin("3081 880b 0020 0001 00000001 00000002 ff030021");
    put_datagram();
    put_fill(&frame, 6, 0xee);
    tell("ip 0+74/20 gre 20+48/16 ppp 36+32/4 ip 40+28/20 udp 60+8/8", "");
    frame.len -= 6;
    fit_ip_udp(&frame);
    expect_truncations(&probe, 228, &frame);
    frame.data[25] = 0x21;
    tell("ip 0+68/20 gre 20+48/16b ppp 36+32/4 ip 40+28/20 udp 60+8/8", "bad_payload_length 1@24");
    begin("2081 880b 0000 0001 00000002");
    tell("ip 0+32/20 gre 20+12/12", "");
    put_fill(&frame, 8, 0);
    tell("ip 0+40/20 gre 20+12/12", "");
}

Test(gre, malformed)
{
    begin("0003 0800");
    put_datagram();
    tell("ip 0+52/20 gre 20+32/32b", "gre_bad_version 1@21");
    begin("4000 0800 00000000 0800 00ff");
    put_fill(&frame, 10, 1);
    tell("ip 0+42/20 gre 20+22/22b", "header_truncated 1@20");
    begin("b000 0800 00000000 00000001 0000");
    tell("ip 0+34/20 gre 20+14/14b", "header_truncated 1@20");
    begin("0000 08");
    tell("ip 0+23/20 gre 20+3/3b", "header_truncated 1@20");
}

Test(gre, inside_an_error_it_just_ends)
{
    put_ip(&frame, P_ICMP, 0);
    put_icmp(&frame, 3, 1, 0);
    put_ip_fields(&frame, 0x45, 200, 0, P_GRE);
    put_hex(&frame, "3081 880b 0080 0001");
    tell("ip 0+56/20 icmp 20+36/8 ip 28+28/20q gre 48+8/8q", "");
}
