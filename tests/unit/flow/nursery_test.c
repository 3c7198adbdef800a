// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/nursery.h"

#include <criterion/criterion.h>

#include "flow/key.h"

static struct flow_nursery nursery;
static struct flow_pool pool;
static uint64_t ids;

static void setup(void)
{
    flow_pool_init(&pool);
    ids = (UINT64_C(1) << 32) - 50; // the lower half wraps
}

static void teardown(void)
{
    flow_nursery_fini(&nursery);
    flow_pool_fini(&pool);
}

TestSuite(flow_nursery, .init = setup, .fini = teardown);

static struct flow *born(uint32_t live)
{
    struct flow *flow = flow_pool_take(&pool);
    flow_pool_origin(&pool, flow->index)->id = ++ids;
    flow->last_packet = ids;
    flow_nursery_add(&nursery, &pool, flow, live);
    return flow;
}

Test(flow_nursery, gives_the_oldest_first)
{
    struct flow *first = born(3), *second = born(3), *third = born(3);
    cr_expect_eq(flow_nursery_take(&nursery, &pool), first);
    struct flow *fourth = born(3);
    cr_expect_eq(flow_nursery_take(&nursery, &pool), second);
    cr_expect_eq(flow_nursery_take(&nursery, &pool), third);
    cr_expect_eq(flow_nursery_take(&nursery, &pool), fourth);
    cr_expect_null(flow_nursery_take(&nursery, &pool));
    cr_expect_eq(flow_nursery_take(&nursery, &pool), NULL);
}

Test(flow_nursery, passes_over_what_ended_or_was_proven)
{
    struct flow *proven = born(4), *gone = born(4), *replaced = born(4), *left = born(4);
    proven->flags |= FLOW_PROVEN;
    flow_pool_give(&pool, replaced);
    struct flow *other = flow_pool_take(&pool); // takes its record over
    cr_assert_eq(other, replaced);
    flow_pool_origin(&pool, other->index)->id = ++ids;
    other->last_packet = 1;
    flow_pool_give(&pool, gone);
    cr_expect_eq(flow_nursery_take(&nursery, &pool), left);
    cr_expect_null(flow_nursery_take(&nursery, &pool));
}

Test(flow_nursery, is_bounded_by_the_flows_that_live)
{
    enum { LIVE = 100 };
    struct flow *flows[LIVE];
    for (unsigned i = 0; i < LIVE; i++)
        flows[i] = born(LIVE);
    for (unsigned i = 0; i < 100000; i++) {
        flow_pool_give(&pool, flows[i % LIVE]);
        flows[i % LIVE] = born(LIVE);
    }
    cr_expect_leq(nursery.cap, 4 * LIVE);
    for (unsigned i = 0; i < LIVE; i++)
        cr_expect_eq(flow_nursery_take(&nursery, &pool)->last_packet, ids - LIVE + 1 + i);
}
