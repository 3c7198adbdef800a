// SPDX-License-Identifier: MIT OR Apache-2.0
/* The addresses are compared with what tshark shows as wlan.sa, wlan.da, tr.src, ipoib.grh.sgid. */
#include "../decode/probe.h"
#include "base/text.h"
#include "event/link_address.h"

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

TestSuite(link_address, .init = set_up, .fini = tear_down);

/** "SRC DST" of the outermost layer; an empty one is "-". */
static void expect_addresses(uint16_t linktype, const char *want)
{
    struct link_address found;
    struct text out;
    probe_decode(&probe, linktype, &frame);
    cr_assert(link_address(&probe.packet, 0, &found));
    text_init(&out);
    if (found.src.len)
        text_add_mac(&out, found.src.data, found.src.len);
    text_add_str(&out, found.src.len ? " " : "- ");
    if (found.dst.len)
        text_add_mac(&out, found.dst.data, found.dst.len);
    else
        text_add_char(&out, '-');
    cr_assert_str_eq(out.data, want);
    text_fini(&out);
}

#define ONE "020000000001"
#define TWO "020000000002"
#define THREE "020000000003"
#define FOUR "020000000004"

Test(link_address, of_80211_the_direction_says)
{
    static const struct {
        const char *frame, *want;
    } cases[] = {
        {"0800 0000" ONE TWO THREE "1000", "02:00:00:00:00:02 02:00:00:00:00:01"},
        {"0801 0000" ONE TWO THREE "1000", "02:00:00:00:00:02 02:00:00:00:00:03"},
        {"0802 0000" ONE TWO THREE "1000", "02:00:00:00:00:03 02:00:00:00:00:01"},
        {"0803 0000" ONE TWO THREE "1000" FOUR, "02:00:00:00:00:04 02:00:00:00:00:03"},
        {"8003 0000" ONE TWO THREE "1000", "02:00:00:00:00:02 02:00:00:00:00:01"},
        {"b400 0000" ONE TWO, "- -"},
        {"0801 0000" ONE TWO, "02:00:00:00:00:02 -"},
        {"08", "- -"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        frame.len = 0;
        put_hex(&frame, cases[i].frame);
        expect_addresses(105, cases[i].want);
    }
}

Test(link_address, subframes_have_their_own)
{
    put_hex(&frame, "8801 0000" ONE TWO THREE "1000 8000" FOUR ONE "0003 aaaa03");
    expect_addresses(105, "02:00:00:00:00:01 02:00:00:00:00:04");
    frame.data[1] |= 0x40;
    expect_addresses(105, "02:00:00:00:00:02 02:00:00:00:00:03");
    frame.data[1] = 1;
    frame.data[22] = 0x11;
    expect_addresses(105, "02:00:00:00:00:02 02:00:00:00:00:03");
}

Test(link_address, counts_subframes_that_were_captured)
{
    static const char header[] = "8801 0000" ONE TWO THREE "1000 8000";
    put_hex(&frame, header);
    for (unsigned count = 1; count <= 5; count++) {
        unsigned len = 8 + count; // with padding behind all but the last
        put_hex(&frame, FOUR ONE);
        put16(&frame, len);
        put_hex(&frame, "aaaa03 000000 88b5");
        put_fill(&frame, len - 8, 0);
        probe_decode(&probe, 105, &frame);
        cr_expect_eq(link_subframes(&probe.packet, 0), count);
        put_fill(&frame, -(14 + len) & 3, 0);
    }
    for (uint32_t cut = (uint32_t)frame.len; cut-- > 0;) {
        probe_cut(&probe, 105, &frame, cut, (uint32_t)frame.len);
        if (probe.packet.layer_count)
            cr_expect_leq(link_subframes(&probe.packet, 0), 5);
        if (cut < 26 + 14 && probe.packet.layer_count)
            cr_expect_eq(link_subframes(&probe.packet, 0), 0, "cut to %u", cut);
    }
    frame.data[24] = 0; // no aggregate
    probe_decode(&probe, 105, &frame);
    cr_expect_eq(link_subframes(&probe.packet, 0), 0);
}

Test(link_address, of_other_networks)
{
    put_hex(&frame, "50" ONE TWO);
    expect_addresses(10, "02:00:00:00:00:02 02:00:00:00:00:01");
    frame.len = 0;
    put_hex(&frame, "1040" ONE TWO);
    expect_addresses(6, "02:00:00:00:00:02 02:00:00:00:00:01");
    frame.len = 0;
    put_fill(&frame, 8, 0);
    put_fill(&frame, 16, 1);
    put_fill(&frame, 16, 2);
    put_hex(&frame, "0806 0000");
    expect_addresses(242, "01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01 "
                          "02:02:02:02:02:02:02:02:02:02:02:02:02:02:02:02");
}

Test(link_address, others_have_none)
{
    struct link_address found;
    put_eth(&frame, ON_IP);
    probe_decode(&probe, ETHERNET, &frame);
    cr_assert(!link_address(&probe.packet, 0, &found));
}
