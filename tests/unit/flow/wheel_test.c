// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/wheel.h"

#include <criterion/criterion.h>

#define TICK (INT64_C(1) << 26)

static struct flow_wheel wheel;
static struct flow_pool pool;

static void setup(void)
{
    flow_pool_init(&pool);
    flow_wheel_init(&wheel);
}

static void teardown(void)
{
    flow_wheel_fini(&wheel);
    flow_pool_fini(&pool);
}

TestSuite(flow_wheel, .init = setup, .fini = teardown);

static struct flow *add(int64_t deadline_ns)
{
    struct flow *flow = flow_pool_take(&pool);
    flow->last_ts_ns = deadline_ns;
    flow_wheel_add(&wheel, &pool, flow, deadline_ns);
    return flow;
}

/** Moves on; puts back what is not due. @return how many were due */
static unsigned advance(int64_t now_ns)
{
    unsigned due = 0;
    const struct flow_wheel_slot *up = flow_wheel_advance(&wheel, now_ns);
    for (size_t i = 0; i < up->count; i++) {
        struct flow *flow = flow_pool_at(&pool, up->flows[i]);
        if (flow->last_ts_ns <= now_ns)
            due++;
        else
            flow_wheel_add(&wheel, &pool, flow, flow->last_ts_ns);
    }
    return due;
}

Test(flow_wheel, nothing_in_nothing_out)
{
    cr_expect_eq(flow_wheel_advance(&wheel, 0)->count, 0);
    cr_expect_eq(flow_wheel_advance(&wheel, INT64_MAX)->count, 0);
    cr_expect_eq(flow_wheel_advance(&wheel, INT64_MIN)->count, 0);
}

Test(flow_wheel, every_distance_comes_up_on_time)
{
    // At the edges of each level's reach, and beyond the highest; started from several positions.
    static const int64_t starts[] = {0, 1, 255, 256, 65535, (1 << 24) - 1, 123456789, -1000};
    static const int64_t steps[] = {0,       1,          255,        256,           257,
                                    65535,   65536,      65537,      (1 << 24) - 1, 1 << 24,
                                    1 << 30, 4294967295, 4294967296, 10000000000};
    for (unsigned i = 0; i < sizeof starts / sizeof *starts; i++)
        for (unsigned k = 0; k < sizeof steps / sizeof *steps; k++) {
            teardown();
            setup();
            int64_t now = starts[i] * TICK, deadline = now + steps[k] * TICK + 5;
            advance(now);
            add(deadline);
            cr_expect_eq(advance(now), 0);
            cr_expect_eq(advance(now + (deadline - now) / 2), 0, "from %ld by %ld", starts[i],
                         steps[k]);
            cr_expect_eq(advance(deadline - 1), 0, "from %ld by %ld: early", starts[i], steps[k]);
            cr_expect_eq(advance(deadline), 1, "from %ld by %ld: late", starts[i], steps[k]);
            cr_expect_eq(advance(INT64_MAX), 0);
        }
}

Test(flow_wheel, deadlines_in_the_past_are_due_at_once)
{
    advance(1000 * TICK);
    add(5 * TICK);
    add(INT64_MIN);
    cr_expect_eq(advance(1000 * TICK), 2);
}

Test(flow_wheel, an_earlier_time_is_no_move)
{
    advance(1000 * TICK);
    add(1500 * TICK);
    cr_expect_eq(advance(10 * TICK), 0);
    cr_expect_eq(wheel.tick, 1000);
    cr_expect_eq(advance(1500 * TICK), 1);
}

Test(flow_wheel, flows_added_before_the_first_move_are_kept)
{
    add(1700000000000000000);
    add(-5);
    add(5);
    cr_expect_eq(advance(1600000000000000000), 2);
    cr_expect_eq(advance(1699999999999999999), 0);
    cr_expect_eq(advance(1700000000000000000), 1);
}

Test(flow_wheel, removes_first_middle_and_last_of_a_slot)
{
    for (unsigned gone = 0; gone < 3; gone++) {
        struct flow *flows[3];
        teardown();
        setup();
        advance(0);
        for (unsigned i = 0; i < 3; i++)
            flows[i] = add(10 * TICK);
        flow_wheel_remove(&wheel, &pool, flows[gone]);
        cr_expect_eq(advance(10 * TICK), 2, "without %u", gone);
    }
    setup();
    struct flow *only = add(10 * TICK);
    flow_wheel_remove(&wheel, &pool, only);
    cr_expect_eq(advance(INT64_MAX), 0);
}

Test(flow_wheel, a_long_jump_costs_no_more_than_the_slots)
{
    advance(0);
    for (int64_t i = 0; i < 1000; i++)
        add(i * 1000 * TICK);
    cr_expect_eq(advance(INT64_MAX), 1000);
}
