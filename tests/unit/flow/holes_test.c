// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/holes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct flow_holes holes;
static uint32_t next;
static uint64_t missing;

static void setup(void)
{
    memset(&holes, 0, sizeof holes);
    next = 1;
}

TestSuite(flow_holes, .init = setup);

static bool see(uint32_t from, uint32_t to)
{
    return flow_holes_see(&holes, &next, (struct flow_piece){from, to});
}

Test(flow_holes, in_order_leaves_none)
{
    cr_expect(see(1, 10));
    cr_expect(see(10, 20));
    cr_expect(see(5, 15), "a retransmission");
    cr_expect_eq(next, 20);
    cr_expect_eq(holes.count, 0);
    cr_expect_eq(flow_holes_acknowledge(&holes, &next, 20, &missing), 0);
    cr_expect_eq(flow_holes_acknowledge(&holes, &next, 10, &missing), 0);
    cr_expect_eq(missing, 0);
}

Test(flow_holes, pieces_join_in_any_order)
{
    see(30, 40);
    see(10, 20);
    see(50, 60);
    cr_expect_eq(holes.count, 3);
    cr_expect_eq(flow_holes_waiting(&holes, next), 59);
    see(20, 30); // touches both sides
    cr_expect_eq(holes.count, 2);
    see(5, 55); // swallows and joins
    cr_expect_eq(holes.count, 1);
    cr_expect_eq(holes.pieces[0].from, 5);
    cr_expect_eq(holes.pieces[0].to, 60);
    see(1, 5);
    cr_expect_eq(next, 60);
    cr_expect_eq(holes.count, 0);
    cr_expect_eq(flow_holes_waiting(&holes, next), 0);
}

Test(flow_holes, an_acknowledgement_counts_each_hole)
{
    see(11, 20);
    see(31, 40);
    cr_expect_eq(flow_holes_acknowledge(&holes, &next, 51, &missing), 3);
    cr_expect_eq(missing, 10 + 11 + 11);
    cr_expect_eq(next, 51);
    cr_expect_eq(holes.count, 0);
}

Test(flow_holes, an_acknowledgement_within_a_piece)
{
    see(11, 20);
    cr_expect_eq(flow_holes_acknowledge(&holes, &next, 15, &missing), 1);
    cr_expect_eq(missing, 10);
    cr_expect_eq(next, 20, "the rest of it was seen too");
    cr_expect_eq(flow_holes_acknowledge(&holes, &next, 20, &missing), 0);
}

Test(flow_holes, numbers_wrap)
{
    next = 0xfffffff0;
    see(5, 10);
    see(0xfffffff8, 2);
    cr_expect_eq(holes.count, 2);
    cr_expect_eq(flow_holes_acknowledge(&holes, &next, 10, &missing), 2);
    cr_expect_eq(missing, 8 + 3);
    cr_expect_eq(next, 10);
}

Test(flow_holes, a_piece_too_many_is_forgotten)
{
    for (uint32_t i = 0; i < FLOW_HOLES_CAP; i++)
        cr_expect(see(10 + 20 * i, 20 + 20 * i));
    cr_expect_not(see(1000, 1010));
    cr_expect(see(120, 122), "it joins one that is there");
    cr_expect_eq(holes.count, FLOW_HOLES_CAP);
    flow_holes_acknowledge(&holes, &next, 1010, &missing);
    cr_expect_eq(missing, 1009 - FLOW_HOLES_CAP * 10 - 2);
}

/** A byte map is too simple to be wrong. */
Test(flow_holes, agrees_with_a_map_of_bytes)
{
    enum { SPAN = 200 };
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    unsigned seed = (unsigned)now.tv_nsec;
    fprintf(stderr, "seed %u\n", seed);
    srand(seed);
    for (unsigned round = 0; round < 2000; round++) {
        bool seen[SPAN + 1] = {false};
        uint32_t base = (uint32_t)rand() * 4, done = 0;
        uint64_t total = 0, expected = 0;
        memset(&holes, 0, sizeof holes);
        next = base;
        for (unsigned i = 0; i < 30; i++) {
            uint32_t from = (uint32_t)rand() % SPAN, len = 1 + (uint32_t)rand() % 20;
            uint32_t to = from + len < SPAN ? from + len : SPAN;
            if (see(base + from, base + to))
                memset(seen + from, true, to - from);
            if (rand() % 4)
                continue;
            uint32_t ack = (uint32_t)rand() % SPAN;
            flow_holes_acknowledge(&holes, &next, base + ack, &missing);
            total += missing;
            for (; done < ack; done++) {
                expected += !seen[done];
                seen[done] = true;
            }
        }
        cr_assert_eq(total, expected, "seed %u round %u: %lu, not %lu", seed, round, total,
                     expected);
    }
}
