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

/** What a handler would see the clock at, for every packet, with batches of `size`. */
static void times(const int64_t *ts_ns, uint32_t count, uint32_t size, int64_t *out)
{
    struct clock clock = {0};
    struct batch_pool *pool = batch_pool_new(1, size, 1, 1);
    for (uint32_t at = 0; at < count; at += size) {
        struct batch *batch = batch_take(pool);
        uint32_t next = 0;
        batch->count = count - at < size ? count - at : size;
        for (uint32_t i = 0; i < batch->count; i++)
            batch->packets[i] = (struct palua_packet){
                .ts_ns = ts_ns[at + i], .flags = ts_ns[at + i] < 0 ? PALUA_PACKET_NO_TIME : 0};
        clock_batch(&clock, batch);
        for (uint32_t i = 0; i < batch->count; i++)
            out[at + i] = batch_time(batch, i, &next);
        batch_give(pool, batch);
    }
    batch_pool_free(pool);
}

Test(clock, batches_tell_the_time_of_the_last_tick)
{
    const int64_t ts_ns[] = {-1, 250 * MS, 299 * MS, 310 * MS, 390 * MS, 305 * MS, -1, 400 * MS};
    const int64_t expected[] = {INT64_MIN, 250 * MS, 250 * MS, 310 * MS,
                                310 * MS,  310 * MS, 310 * MS, 400 * MS};
    enum { COUNT = sizeof ts_ns / sizeof ts_ns[0] };
    for (uint32_t size = 1; size <= COUNT; size++) {
        int64_t got[COUNT];
        times(ts_ns, COUNT, size, got);
        for (uint32_t i = 0; i < COUNT; i++)
            cr_expect_eq(got[i], expected[i], "packet %u in batches of %u", i, size);
    }
}

Test(clock, of_a_batch_without_packets_is_that_of_the_last)
{
    struct clock clock = {0};
    struct batch_pool *pool = batch_pool_new(1, 1, 1, 1);
    struct batch *batch = batch_take(pool);
    uint32_t next = 0;
    clock_batch(&clock, batch);
    cr_expect_eq(batch_time(batch, 0, &next), INT64_MIN, "it was never started");
    batch->packets[0] = (struct palua_packet){.ts_ns = 7 * MS};
    batch->count = 1;
    clock_batch(&clock, batch);
    batch->count = 0;
    clock_batch(&clock, batch);
    cr_expect_eq(batch_time(batch, 0, &next), 7 * MS);
    batch_give(pool, batch);
    batch_pool_free(pool);
}
