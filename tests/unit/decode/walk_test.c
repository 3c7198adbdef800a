// SPDX-License-Identifier: MIT OR Apache-2.0
/* Packets of 64 KiB that consist of headers only: as many as there is room for become layers, one
 * anomaly tells of the rest, and all of it costs no more than reading them. */
#include <time.h>

#include "plugin/plugin.h"
#include "probe.h"

static struct probe probe;
static struct frame frame;

enum { LEN = 65535, GRE_LEN = 4, IP_LEN = 20, IPV6_LEN = 40 };

static void set_up(void)
{
    probe_init(&probe);
    frame.len = 0;
}

static void tear_down(void)
{
    probe_fini(&probe);
}

TestSuite(walk, .init = set_up, .fini = tear_down);

/** Decodes the frame a hundred times, in at most 5 ms each of the slowest build's. */
static void expect_quick(uint16_t linktype)
{
    clock_t start = clock();
    for (int i = 0; i < 100; i++)
        probe_decode(&probe, linktype, &frame);
    cr_assert_lt(clock() - start, CLOCKS_PER_SEC / 2, "%s", probe.stack);
}

static void expect_capped(uint16_t linktype)
{
    expect_quick(linktype);
    cr_assert_eq(probe.packet.layer_count, PALUA_LAYER_CAP, "%s", probe.stack);
    cr_assert_eq(probe.batch.anomalies.count, 1, "%s", probe.faults);
    cr_assert_eq(strncmp(probe.faults, "too_many_layers 20@", 19), 0, "%s", probe.faults);
}

static void add_plugins(void)
{
    for (const plugin_entry_fn *entry = plugin_bundled; *entry; entry++)
        if ((*entry)()->role == PALUA_DECODER)
            probe_add(&probe, (*entry)());
}

/** `first`, then as many of `again` as fit. */
static void nest(const char *first, const char *again)
{
    frame.len = 0;
    put_hex(&frame, first);
    size_t before = frame.len;
    put_hex(&frame, again);
    size_t len = frame.len - before;
    while (frame.len + len <= LEN)
        put_hex(&frame, again);
}

Test(walk, headers_without_a_length_of_their_own)
{
    static const struct {
        uint16_t linktype;
        const char *first, *again;
    } cases[] = {
        {ETHERNET, "020202020202040404040404 8100", "0001 8100"},
        {ETHERNET, "020202020202040404040404 88a8", "0001 88a8"},
        {ETHERNET, "020202020202040404040404 9100", "0001 9100"},
        {ETHERNET, "020202020202040404040404 8926", "00000001 8926"},
        {ETHERNET, "020202020202040404040404 893f", "000000000001 893f"},
        {ETHERNET, "020202020202040404040404 88e7", "00000001 020202020202040404040404 88e7"},
        {ETHERNET, "020202020202040404040404 6558", "020202020202040404040404 6558"},
        {ETHERNET, "020202020202040404040404 8847",
         "00001140 00000000 020202020202040404040404 8847"},
        {ETHERNET, "020202020202040404040404 894f", "0fc2 02 04 00000aff"},
        {192, "", "0000 0800 c0000000"},
    };
    add_plugins();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nest(cases[i].first, cases[i].again);
        expect_capped(cases[i].linktype);
    }
}

/** IPv4 headers whose total lengths fit, each with `between` behind it. */
static void nest_ip(unsigned proto, const char *between, unsigned between_len)
{
    frame.len = 0;
    unsigned step = IP_LEN + between_len;
    while (frame.len + step <= LEN) {
        put_ip_fields(&frame, 0x45, LEN - (unsigned)frame.len, 0, proto);
        put_hex(&frame, between);
    }
    put_fill(&frame, LEN - frame.len, 0);
}

Test(walk, tunnels)
{
    add_plugins();
    nest_ip(P_IPIP, "", 0);
    expect_capped(101);
    nest_ip(P_GRE, "0000 0800", 4);
    expect_capped(101);
    nest_ip(P_GRE, "0000 6558 020202020202040404040404 0800", 18);
    expect_capped(101);
    frame.len = 0;
    while (frame.len + IPV6_LEN <= LEN)
        put_ipv6(&frame, P_IPV6, LEN - (unsigned)frame.len - IPV6_LEN);
    put_fill(&frame, LEN - frame.len, 0);
    expect_capped(101);
    frame.len = 0;
    while (frame.len + 50 <= LEN) {
        put_ip_fields(&frame, 0x45, LEN - (unsigned)frame.len, 0, P_UDP);
        put_udp(&frame, 5, 4789, LEN - (unsigned)frame.len);
        put_hex(&frame, "0800000000123400");
        put_eth(&frame, ON_IP);
    }
    put_fill(&frame, LEN - frame.len, 0);
    expect_capped(228);
}

Test(walk, extension_header_chains)
{
    static const struct {
        unsigned next;
        const char *again;
    } cases[] = {{P_DSTOPTS, "3c00 000000000000"},      {P_ROUTING, "2b00 000000000000"},
                 {P_AH, "3301 0000 00000000 00000000"}, {P_MOBILITY, "8700 000000000000"},
                 {P_HIP, "8b00 000000000000"},          {P_SHIM6, "8c00 000000000000"},
                 {P_FRAGMENT, "2c00 0000 00000000"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        frame.len = 0;
        put_ipv6(&frame, cases[i].next, LEN - IPV6_LEN);
        size_t before = frame.len;
        put_hex(&frame, cases[i].again);
        size_t len = frame.len - before;
        while (frame.len + len <= LEN)
            put_hex(&frame, cases[i].again);
        put_fill(&frame, LEN - frame.len, 0);
        expect_capped(229);
    }
}

/** Hop-by-hop headers belong first: each later one is told of. */
Test(walk, a_chain_of_hop_by_hop_headers)
{
    put_ipv6(&frame, P_HOPOPTS, LEN - IPV6_LEN);
    while (frame.len + 8 <= LEN)
        put_extension(&frame, P_HOPOPTS, 0);
    put_fill(&frame, LEN - frame.len, 0);
    expect_quick(229);
    cr_assert_eq(probe.packet.layer_count, PALUA_LAYER_CAP);
    cr_assert_eq(probe.batch.anomalies.count, PALUA_LAYER_CAP - 1);
    cr_assert(strstr(probe.faults, "ipv6_extension_order 2@"), "%s", probe.faults);
    cr_assert(strstr(probe.faults, "too_many_layers 20@"), "%s", probe.faults);
}

/** Lists inside one header, as long as a packet can be. */
Test(walk, lists_in_a_header)
{
    static const struct {
        uint16_t linktype;
        const char *first, *again, *stack;
    } cases[] = {
        {ETHERNET, "020202020202040404040404 8847", "00001040", "eth:mpls"},
        {127, "0000 ffff 00000080", "00000080", "radiotap"},
        {192, "0000 ffff 69000000", "3075 0000", "ppi"},
        {239, "02000005", "04000a00", "nflog"},
        {252, "", "00010000", "exported_pdu"},
        {228, "4500ffff000000004084000001010101 02020202  0001000200000000 00000000", "00000004",
         "ip:sctp"},
        {228, "4500ffff00000000402f000001010101 02020202  4000 0800 00000000", "00000001 00",
         "ip:gre"},
    };
    add_plugins();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nest(cases[i].first, cases[i].again);
        put_fill(&frame, LEN - frame.len, 0);
        expect_quick(cases[i].linktype);
        cr_assert_eq(strncmp(probe.stack, cases[i].stack, strlen(cases[i].stack)), 0, "%s",
                     probe.stack);
    }
}
