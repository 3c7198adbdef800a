// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/lookahead.h"

#include <criterion/criterion.h>

#include "flow/key.h"

enum { COUNT = 200 };

static struct flow_table *table;
static struct palua_packet packets[COUNT];
static uint8_t frames[COUNT][28];

static void ignore(void *context, struct flow *flow, enum flow_reason reason)
{
    (void)context, (void)flow, (void)reason;
}

/** IPv4 and UDP; the source port tells the packets apart. Every fifth belongs to no flow. */
static void fill(uint32_t i)
{
    uint8_t *frame = frames[i];
    frame[0] = 0x45;
    frame[12] = frame[16] = 10;
    frame[15] = 1;
    frame[19] = 2;
    frame[20] = (uint8_t)(i >> 8);
    frame[21] = (uint8_t)i;
    frame[23] = 53;
    packets[i] = (struct palua_packet){
        .number = i + 1,
        .data = frame,
        .caplen = 28,
        .origlen = 28,
        .layer_count = 2,
        .transport = 1,
        .flags = i % 5 ? PALUA_PACKET_FLOW : 0,
        .layers = {{.protocol = PALUA_PROTOCOL_IP, .len = 28, .header_len = 20},
                   {.protocol = PALUA_PROTOCOL_UDP, .offset = 20, .len = 8, .header_len = 8}},
    };
}

static void setup(void)
{
    struct flow_options options = {.cap = 256 * COUNT, .udp_timeout_ns = 1000, .states = true};
    table = flow_table_new(&options, ignore, NULL);
    for (uint32_t i = 0; i < COUNT; i++)
        fill(i);
}

static void teardown(void)
{
    while (flow_table_end(table, COUNT))
        continue;
    flow_table_free(table);
}

TestSuite(flow_lookahead, .init = setup, .fini = teardown);

static void expect(const struct flow_sought *sought, const struct palua_packet *packet)
{
    struct flow_key key;
    uint8_t swapped;
    cr_assert_eq(sought->named, flow_key_of_packet(packet, &key, &swapped));
    if (!sought->named)
        return;
    cr_expect_arr_eq(&sought->key, &key, sizeof key, "packet %lu", packet->number);
    cr_expect_eq(sought->swapped, swapped);
}

Test(flow_lookahead, knows_each_packet_in_its_turn)
{
    static const uint32_t counts[] = {0, 1, 2, 23, 24, 25, 31, 32, 33, COUNT};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        struct flow_lookahead ahead;
        flow_lookahead_begin(&ahead, table, packets, NULL, counts[k]);
        for (uint32_t i = 0; i < counts[k]; i++)
            expect(flow_lookahead_at(&ahead, i), &packets[i]);
    }
}

Test(flow_lookahead, passes_over_packets_that_are_not_chosen)
{
    struct flow_lookahead ahead;
    uint32_t chosen[COUNT], count = 0;
    for (uint32_t i = 1; i < COUNT; i += 3)
        chosen[count++] = i;
    flow_lookahead_begin(&ahead, table, packets, chosen, count);
    for (uint32_t i = 0; i < count; i++)
        expect(flow_lookahead_at(&ahead, i), &packets[chosen[i]]);
}

/* What was foreseen may be out of date by the packet's turn: flows begin and end in between. */
Test(flow_lookahead, finds_flows_that_began_meanwhile_and_not_those_that_ended)
{
    struct flow_lookahead ahead;
    uint32_t chosen[] = {1, 1, 2, 2, 1, 2};
    bool begins[] = {true, false, true, false, true, true};
    uint8_t direction;
    bool created;
    flow_lookahead_begin(&ahead, table, packets, chosen, 6);
    for (uint32_t i = 0; i < 6; i++) {
        const struct flow_sought *sought = flow_lookahead_at(&ahead, i);
        if (i == 4)
            flow_table_expire(table, 1000);
        flow_table_find(table, &packets[chosen[i]], sought, &direction, &created);
        cr_expect_eq(created, begins[i], "packet %u", i);
    }
}
