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

TestSuite(radio, .init = set_up, .fini = tear_down);

enum { PRISM = 119, RADIOTAP = 127, AVS = 163, PPI = 192, TSFT = 1, FLAGS = 2 };

static void put_le16(unsigned value)
{
    put8(&frame, value & 0xff);
    put8(&frame, value >> 8);
}

static void put_le32(uint32_t value)
{
    put_le16(value & 0xffff);
    put_le16(value >> 16);
}

/** The header of an 802.11 data frame: 24 bytes, with QoS 26. */
static void put_wlan(bool qos)
{
    put_hex(&frame, qos ? "8801 0000" : "0801 0000");
    put_fill(&frame, 18, 0x02);
    put_le16(0x10);
    if (qos)
        put16(&frame, 0);
}

/** A spanning tree message behind LLC: 7 bytes. */
static void put_stp(void)
{
    put_hex(&frame, "424203 00000000");
}

static void begin_radiotap(unsigned len, uint32_t present)
{
    frame.len = 0;
    put_le16(0);
    put_le16(len);
    put_le32(present);
}

Test(radio, radiotap_goes_by_its_length)
{
    begin_radiotap(8, 0);
    put_wlan(false);
    put_stp();
    expect(&probe, RADIOTAP, &frame, "radiotap 0+39/8 wlan 8+31/24 llc 32+7/3 stp 35+4/4", "");
    expect_truncations(&probe, RADIOTAP, &frame);
    begin_radiotap(7, 0);
    put_wlan(false);
    expect(&probe, RADIOTAP, &frame, "radiotap 0+32/32b", "radio_bad_length 0@2");
    begin_radiotap(33, 0);
    put_wlan(false);
    expect(&probe, RADIOTAP, &frame, "radiotap 0+32/32b", "header_truncated 0@0");
    begin_radiotap(32, 0);
    put_wlan(false);
    expect(&probe, RADIOTAP, &frame, "radiotap 0+32/32 wlan 32+0/0b", "header_truncated 1@32");
}

Test(radio, radiotap_says_whether_there_is_a_check_sequence)
{
    begin_radiotap(9, FLAGS);
    put8(&frame, 0x10);
    put_wlan(false);
    put_stp();
    put_fill(&frame, 4, 0xfc);
    expect(&probe, RADIOTAP, &frame, "radiotap 0+44/9 wlan 9+31/24 llc 33+7/3 stp 36+4/4", "");
    expect_truncations(&probe, RADIOTAP, &frame);
    frame.data[8] = 0;
    expect(&probe, RADIOTAP, &frame, "radiotap 0+44/9 wlan 9+35/24 llc 33+11/3 stp 36+8/4", "");
    frame.data[8] = 0x10;
    frame.len = 12;
    expect(&probe, RADIOTAP, &frame, "radiotap 0+12/9 wlan 9+0/0b", "header_truncated 1@9");
}

Test(radio, radiotap_fields_are_aligned_behind_all_presence_words)
{
    /* Two words: the time begins at 16, not 12. */
    begin_radiotap(25, 0x80000000u | TSFT | FLAGS);
    put_le32(0);
    put_fill(&frame, 12, 0);
    put8(&frame, 0x10);
    put_wlan(false);
    put_stp();
    put_fill(&frame, 4, 0xfc);
    expect(&probe, RADIOTAP, &frame, "radiotap 0+60/25 wlan 25+31/24 llc 49+7/3 stp 52+4/4", "");
    /* Presence words up to the header's end leave no flags. */
    begin_radiotap(16, 0x80000000u | FLAGS);
    put_le32(0x80000000u);
    put_le32(0x80000000u);
    put_wlan(false);
    put_stp();
    expect(&probe, RADIOTAP, &frame, "radiotap 0+47/16 wlan 16+31/24 llc 40+7/3 stp 43+4/4", "");
}

Test(radio, radiotap_says_whether_the_80211_header_is_padded)
{
    begin_radiotap(9, FLAGS);
    put8(&frame, 0x20);
    put_wlan(true);
    put16(&frame, 0);
    put_stp();
    expect(&probe, RADIOTAP, &frame, "radiotap 0+44/9 wlan 9+35/28 llc 37+7/3 stp 40+4/4", "");
    expect_truncations(&probe, RADIOTAP, &frame);
}

Test(radio, prism_and_avs)
{
    put_le32(0x44);
    put_le32(144);
    put_fill(&frame, 136, 0);
    put_wlan(false);
    put_stp();
    expect(&probe, PRISM, &frame, "prism 0+175/144 wlan 144+31/24 llc 168+7/3 stp 171+4/4", "");
    expect_truncations(&probe, PRISM, &frame);
    frame.len = 0;
    put32(&frame, 0x80211001);
    put32(&frame, 64);
    put_fill(&frame, 56, 0);
    put_wlan(false);
    put_stp();
    expect(&probe, PRISM, &frame, "wlancap 0+95/64 wlan 64+31/24 llc 88+7/3 stp 91+4/4", "");
    expect(&probe, AVS, &frame, "wlancap 0+95/64 wlan 64+31/24 llc 88+7/3 stp 91+4/4", "");
    expect_truncations(&probe, AVS, &frame);
    frame.data[7] = 63;
    expect(&probe, AVS, &frame, "wlancap 0+95/95b", "radio_bad_length 0@4");
    frame.data[4] = 0xff;
    expect(&probe, AVS, &frame, "wlancap 0+95/95b", "header_truncated 0@0");
}

static void begin_ppi(unsigned flags, unsigned len, uint32_t linktype)
{
    frame.len = 0;
    put8(&frame, 0);
    put8(&frame, flags);
    put_le16(len);
    put_le32(linktype);
}

Test(radio, ppi_stands_before_any_link_type)
{
    begin_ppi(0, 8, 1);
    put_eth(&frame, ON_IP);
    put_ip(&frame, P_UDP, 8);
    put_udp(&frame, 1, 2, 8);
    expect(&probe, PPI, &frame, "ppi 0+50/8 eth 8+42/14 ip 22+28/20 udp 42+8/8", "");
    expect_truncations(&probe, PPI, &frame);
    frame.data[4] = 147;
    expect(&probe, PPI, &frame, "ppi 0+50/8 data 8+42/0", "");
    frame.data[4] = 1;
    frame.data[6] = 1;
    expect(&probe, PPI, &frame, "ppi 0+50/8 data 8+42/0", "");
    begin_ppi(0, 7, 1);
    expect(&probe, PPI, &frame, "ppi 0+8/8b", "radio_bad_length 0@2");
}

Test(radio, ppi_fields_say_whether_there_is_a_check_sequence)
{
    for (unsigned flags = 0; flags < 2; flags++)
        for (unsigned fcs = 0; fcs < 2; fcs++) {
            unsigned padding = flags ? 3 : 0, len = 8 + 5 + padding + 24;
            char want[128];
            begin_ppi(flags, len, 105);
            put_le16(30002);
            put_le16(1);
            put_fill(&frame, 1 + padding, 0);
            put_le16(2);
            put_le16(20);
            put_fill(&frame, 8, 0);
            put_le16(fcs);
            put_fill(&frame, 10, 0);
            put_wlan(false);
            put_stp();
            put_fill(&frame, 4, 0xfc);
            snprintf(want, sizeof want, "ppi 0+%u/%u wlan %u+%u/24 llc %u+%u/3 stp %u+%u/4",
                     len + 35, len, len, 35 - 4 * fcs, len + 24, 11 - 4 * fcs, len + 27,
                     8 - 4 * fcs);
            expect(&probe, PPI, &frame, want, "");
        }
}

Test(radio, ppi_in_ppi_ends_at_the_cap)
{
    frame.len = 0;
    for (int i = 0; i < 40; i++)
        put_hex(&frame, "00000800 c0000000");
    probe_decode(&probe, PPI, &frame);
    cr_assert_eq(probe.packet.layer_count, PALUA_LAYER_CAP);
    cr_assert_str_eq(probe.faults, "too_many_layers 20@160");
}
