// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/endings.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

enum { MOST = 3000, FLOWS = 4 };

static struct flow_endings endings;
static struct flow flows[FLOWS]; // that differ in their shard

static void setup(void)
{
    for (uint8_t i = 0; i < FLOWS; i++)
        flows[i].shard = i;
}

static void teardown(void)
{
    flow_endings_fini(&endings);
}

TestSuite(flow_endings, .init = setup, .fini = teardown);

static void add(int64_t deadline_ns, uint64_t packet, unsigned layer, unsigned shard)
{
    flow_endings_add(&endings, &(struct flow_ending){.deadline_ns = deadline_ns,
                                                     .id = packet << FLOW_ID_LAYER_BITS | layer,
                                                     .flow = &flows[shard]});
}

/** First packet, shard and layer of an item, as one number. */
static uint64_t rank(size_t at)
{
    uint64_t id = endings.items[at].id;
    return (id >> FLOW_ID_LAYER_BITS) * 1000 + endings.items[at].flow->shard * 100 + id % 32;
}

static void expect(const uint64_t *ranks, size_t count)
{
    cr_assert_eq(endings.count, count);
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(rank(i), ranks[i], "place %zu: %lu", i, rank(i));
}

Test(flow_endings, by_deadline_then_first_packet_then_shard_then_layer)
{
    add(7, 5, 2, 1);
    add(-3, 9, 1, 0);
    add(7, 5, 4, 0);
    add(7, 4, 1, 3);
    add(7, 5, 1, 1);
    flow_endings_by_deadline(&endings);
    expect((const uint64_t[]){9001, 4301, 5004, 5101, 5102}, 5);
}

Test(flow_endings, by_beginning_whatever_the_deadline)
{
    add(1, 5, 2, 1);
    add(2, 5, 4, 0);
    add(0, UINT64_C(1) << 40, 1, 2);
    add(3, 1, 1, 3);
    add(9, 5, 1, 1);
    flow_endings_by_beginning(&endings);
    expect((const uint64_t[]){1301, 5004, 5101, 5102, (UINT64_C(1) << 40) * 1000 + 201}, 5);
}

Test(flow_endings, none_and_one_are_in_order)
{
    flow_endings_by_deadline(&endings);
    flow_endings_by_beginning(&endings);
    cr_expect_eq(endings.count, 0);
    add(1, 77, 1, 0);
    flow_endings_by_deadline(&endings);
    flow_endings_by_beginning(&endings);
    expect((const uint64_t[]){77001}, 1);
}

static uint64_t any(uint64_t below)
{
    return ((uint64_t)rand() << 31 | (uint64_t)rand()) % below;
}

Test(flow_endings, random_ones_come_out_in_order_and_complete)
{
    unsigned seed = (unsigned)time(NULL);
    srand(seed);
    for (int round = 0; round < 200; round++) {
        size_t count = any(MOST);
        uint64_t range = UINT64_C(1) << any(50), sum = 0;
        endings.count = 0;
        for (size_t i = 0; i < count; i++) {
            add((int64_t)any(range), 1 + any(range), (unsigned)any(3), (unsigned)any(FLOWS));
            sum += endings.items[i].id;
        }
        bool by_deadline = round % 2;
        (by_deadline ? flow_endings_by_deadline : flow_endings_by_beginning)(&endings);
        cr_assert_eq(endings.count, count);
        for (size_t i = 0; i < count; i++) {
            sum -= endings.items[i].id;
            if (i && by_deadline)
                cr_assert_leq(endings.items[i - 1].deadline_ns, endings.items[i].deadline_ns,
                              "seed %u", seed);
            if (i &&
                (!by_deadline || endings.items[i - 1].deadline_ns == endings.items[i].deadline_ns))
                cr_assert_leq(rank(i - 1), rank(i), "seed %u", seed);
        }
        cr_assert_eq(sum, 0, "seed %u", seed);
    }
}
