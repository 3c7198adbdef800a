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

TestSuite(wlan, .init = set_up, .fini = tear_down);

enum { WLAN = 105 };
enum { DATA = 0x08, QOS_DATA = 0x88, NULL_DATA = 0x48, QOS_NULL = 0xc8, BEACON = 0x80 };
enum { TO_DS = 1, FROM_DS = 2, BOTH_DS = 3, MORE = 4, PROTECTED = 0x40, ORDER = 0x80 };

static const char snap_ip[] = "aaaa03 000000 0800";

/** The fields that all but control frames begin with: 24 bytes. */
static void begin(unsigned kind, unsigned flags, unsigned fragment)
{
    frame.len = 0;
    put8(&frame, kind);
    put8(&frame, flags);
    put16(&frame, 0);
    put_fill(&frame, 6, 0x02);
    put_fill(&frame, 6, 0x04);
    put_fill(&frame, 6, 0x06);
    put8(&frame, 0x10 | fragment);
    put8(&frame, 0);
}

/** 8 + 20 + 8 bytes */
static void put_body(void)
{
    put_hex(&frame, snap_ip);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
}

Test(wlan, data_frames_carry_llc)
{
    begin(DATA, TO_DS, 0);
    put_body();
    expect(&probe, WLAN, &frame, "wlan 0+60/24 llc 24+36/8 ip 32+28/20 udp 52+8/8", "");
    cr_assert_eq(probe.packet.layers[0].aux, 0x20);
    expect_truncations(&probe, WLAN, &frame);
    begin(DATA, FROM_DS, 0);
    expect(&probe, WLAN, &frame, "wlan 0+24/24", "");
}

Test(wlan, flags_decide_which_fields_there_are)
{
    begin(DATA, BOTH_DS, 0);
    put_fill(&frame, 6, 0x08);
    put_body();
    expect(&probe, WLAN, &frame, "wlan 0+66/30 llc 30+36/8 ip 38+28/20 udp 58+8/8", "");
    expect_truncations(&probe, WLAN, &frame);
    begin(QOS_DATA, BOTH_DS, 0);
    put_fill(&frame, 6, 0x08);
    put16(&frame, 0);
    put_body();
    expect(&probe, WLAN, &frame, "wlan 0+68/32 llc 32+36/8 ip 40+28/20 udp 60+8/8", "");
    expect_truncations(&probe, WLAN, &frame);
    begin(QOS_DATA, FROM_DS | ORDER, 0);
    put_fill(&frame, 6, 0);
    put_body();
    expect(&probe, WLAN, &frame, "wlan 0+66/30 llc 30+36/8 ip 38+28/20 udp 58+8/8", "");
    expect_truncations(&probe, WLAN, &frame);
    begin(DATA, FROM_DS | ORDER, 0);
    put_body();
    expect(&probe, WLAN, &frame, "wlan 0+60/24 llc 24+36/8 ip 32+28/20 udp 52+8/8", "");
    begin(BEACON, ORDER, 0);
    put_fill(&frame, 4, 0);
    expect(&probe, WLAN, &frame, "wlan 0+28/28", "");
    frame.len--;
    expect(&probe, WLAN, &frame, "wlan 0+27/27b", "header_truncated 0@0");
}

Test(wlan, what_is_encrypted_or_a_fragment_is_data)
{
    begin(DATA, TO_DS | PROTECTED, 0);
    put_body();
    expect(&probe, WLAN, &frame, "wlan 0+60/24 data 24+36/0", "");
    begin(QOS_DATA, TO_DS | PROTECTED, 0);
    put16(&frame, 0x8000);
    put_body();
    expect(&probe, WLAN, &frame, "wlan 0+62/26 data 26+36/0", "");
    begin(DATA, TO_DS | MORE, 0);
    put_body();
    expect(&probe, WLAN, &frame, "wlan 0+60/24 data 24+36/0", "");
    begin(DATA, TO_DS, 1);
    put_body();
    expect(&probe, WLAN, &frame, "wlan 0+60/24 data 24+36/0", "");
}

Test(wlan, frames_without_data_end)
{
    begin(NULL_DATA, TO_DS, 0);
    put_fill(&frame, 4, 0);
    expect(&probe, WLAN, &frame, "wlan 0+28/24", "");
    begin(QOS_NULL, TO_DS, 0);
    put16(&frame, 0x8000);
    expect(&probe, WLAN, &frame, "wlan 0+26/26", "");
    begin(BEACON, 0, 0);
    put_fill(&frame, 12, 0);
    expect(&probe, WLAN, &frame, "wlan 0+36/24", "");
    expect_truncations(&probe, WLAN, &frame);
}

Test(wlan, control_and_extension_frames)
{
    static const struct {
        unsigned kind, len;
    } cases[] = {{0xd4, 10}, {0xc4, 10}, {0xb4, 16}, {0xa4, 16}, {0x84, 16},
                 {0x94, 16}, {0xe4, 16}, {0xf4, 16}, {0x74, 10}, {0x0c, 10}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char want[64];
        frame.len = 0;
        put8(&frame, cases[i].kind);
        put_fill(&frame, cases[i].len - 1, 0x03);
        snprintf(want, sizeof want, "wlan 0+%u/%u", cases[i].len, cases[i].len);
        expect(&probe, WLAN, &frame, want, "");
        expect_truncations(&probe, WLAN, &frame);
    }
}

Test(wlan, of_an_aggregate_the_first_subframe)
{
    begin(QOS_DATA, TO_DS, 0);
    put16(&frame, 0x8000);
    for (int i = 0; i < 2; i++) {
        put_fill(&frame, 12, 0x0a);
        put16(&frame, 36);
        put_body();
        put_fill(&frame, 2, 0);
    }
    expect(&probe, WLAN, &frame, "wlan 0+130/40 llc 40+36/8 ip 48+28/20 udp 68+8/8", "");
    frame.len = 76;
    expect(&probe, WLAN, &frame, "wlan 0+76/40 llc 40+36/8 ip 48+28/20 udp 68+8/8", "");
    expect_truncations(&probe, WLAN, &frame);
    frame.data[39] = 37;
    expect(&probe, WLAN, &frame, "wlan 0+76/40b llc 40+36/8 ip 48+28/20 udp 68+8/8",
           "bad_payload_length 0@38");
    frame.data[39] = 0;
    expect(&probe, WLAN, &frame, "wlan 0+76/40", "");
}

Test(wlan, mesh_control_goes_by_what_follows_it)
{
    for (unsigned addresses = 0; addresses < 3; addresses++) {
        begin(QOS_DATA, BOTH_DS, 0);
        put_fill(&frame, 6, 0x08);
        put16(&frame, 0x0001);
        put8(&frame, addresses);
        put_fill(&frame, 5 + 6 * addresses, 0);
        put_body();
        probe_decode(&probe, WLAN, &frame);
        cr_assert_str_eq(probe.stack, "wlan:llc:ip:udp");
        cr_assert_eq(probe.packet.layers[0].header_len, 38 + 6 * addresses);
    }
    begin(QOS_DATA, BOTH_DS, 0);
    put_fill(&frame, 6, 0x08);
    put16(&frame, 0x0001);
    put_body();
    expect(&probe, WLAN, &frame, "wlan 0+68/32 llc 32+36/8 ip 40+28/20 udp 60+8/8", "");
}

Test(wlan, shorter_than_its_control_field)
{
    expect(&probe, WLAN, &frame, "wlan 0+0/0b", "header_truncated 0@0");
    put8(&frame, DATA);
    expect(&probe, WLAN, &frame, "wlan 0+1/1b", "header_truncated 0@0");
}

Test(wlan, a_check_sequence_that_the_capture_announces_is_no_payload)
{
    begin(DATA, TO_DS, 0);
    put_hex(&frame, "424203 01");
    put_fill(&frame, 4, 0xfc);
    expect(&probe, WLAN, &frame, "wlan 0+32/24 llc 24+8/3 stp 27+5/4", "");
    probe.fcs = PALUA_PACKET_FCS;
    frame.len += 3;
    expect(&probe, WLAN, &frame, "wlan 0+31/24 llc 24+7/3 stp 27+4/4", "");
    cr_assert(probe.packet.flags & PALUA_PACKET_FCS);
    expect_truncations(&probe, WLAN, &frame);
    frame.len = 3;
    expect(&probe, WLAN, &frame, "wlan 0+0/0b", "header_truncated 0@0");
}
