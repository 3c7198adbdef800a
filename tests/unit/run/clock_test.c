// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/clock.h"

#include <criterion/criterion.h>

#define MS INT64_C(1000000)
#define HOUR (INT64_C(3600) * 1000 * MS)

Test(clock, ticks_once_per_crossed_tenth_of_a_second)
{
    struct clock clock = {0};
    cr_expect_not(clock_advance(&clock, 250 * MS), "the first packet starts the clock");
    cr_expect_not(clock_advance(&clock, 299 * MS));
    cr_expect(clock_advance(&clock, 300 * MS));
    cr_expect_not(clock_advance(&clock, 300 * MS));
    cr_expect(clock_advance(&clock, 900 * MS), "several points crossed are one tick");
    cr_expect_not(clock_advance(&clock, 950 * MS));
}

Test(clock, never_goes_back)
{
    struct clock clock = {0};
    clock_advance(&clock, 1000 * MS);
    cr_expect_not(clock_advance(&clock, 100 * MS));
    cr_expect_eq(clock.now_ns, 1000 * MS);
    cr_expect_not(clock_advance(&clock, 1001 * MS));
}

Test(clock, crosses_zero)
{
    struct clock clock = {0};
    clock_advance(&clock, -50 * MS);
    cr_expect(clock_advance(&clock, 50 * MS));
}

Test(clock, holds_a_lonely_jump_back)
{
    struct clock clock = {0};
    clock_advance(&clock, 0);
    cr_expect_not(clock_advance(&clock, 5 * HOUR));
    cr_expect_eq(clock.now_ns, 0);
    cr_expect(clock_advance(&clock, 200 * MS));
    cr_expect_eq(clock.jumps, 1);
    cr_expect_not(clock_advance(&clock, 9 * HOUR), "the earlier jump confirms nothing now");
}

Test(clock, follows_a_confirmed_jump)
{
    struct clock clock = {0};
    clock_advance(&clock, 0);
    cr_expect_not(clock_advance(&clock, 5 * HOUR));
    cr_expect(clock_advance(&clock, 5 * HOUR + MS));
    cr_expect_eq(clock.now_ns, 5 * HOUR + MS);
    cr_expect_eq(clock.jumps, 0);
}

Test(clock, an_hour_exactly_is_no_jump)
{
    struct clock clock = {0};
    clock_advance(&clock, 0);
    cr_expect(clock_advance(&clock, HOUR));
}

Test(clock, hostile_extremes_do_not_overflow)
{
    struct clock clock = {0};
    clock_advance(&clock, INT64_MIN);
    cr_expect_not(clock_advance(&clock, INT64_MAX));
    cr_expect(clock_advance(&clock, INT64_MAX));
    cr_expect_not(clock_advance(&clock, INT64_MIN));
}
