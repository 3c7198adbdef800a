// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/buckets.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include <criterion/criterion.h>

static const struct scale log2_scale = {0}, quantile_scale = {.bits = 7};

/** A value lies in its interval, whatever the scale. */
static void expect_inside(const struct scale *scale, double value)
{
    int64_t index = scale_index(scale, value);
    double low = scale_low(scale, index), high = scale_high(scale, index);
    cr_expect(low <= value && value <= high, "%g not in %g..%g", value, low, high);
    cr_expect(value == 0 || scale->step > 0 || low < high);
}

Test(buckets, values_lie_in_their_intervals)
{
    const double values[] = {0,      1,       -1,    2,     3,       4,    255,  256,
                             1e-9,   -1e-9,   0.1,   1e18,  0x1p63,  -7.5, 1000, 123456789,
                             0x1p64, -0x1p63, 1e-18, -1e18, 0.99999, -0.1, 7,    8};
    const struct scale linear = {.step = 0.25}, wide = {.step = 1e17};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        expect_inside(&log2_scale, values[i]);
        expect_inside(&quantile_scale, values[i]);
        expect_inside(&wide, values[i]);
        if (fabs(values[i]) < 1000)
            expect_inside(&linear, values[i]);
    }
}

Test(buckets, log2_intervals_start_at_powers_of_two)
{
    cr_expect_eq(scale_index(&log2_scale, 4), scale_index(&log2_scale, 7.99));
    cr_expect_neq(scale_index(&log2_scale, 8), scale_index(&log2_scale, 7.99));
    cr_expect_eq(scale_low(&log2_scale, scale_index(&log2_scale, 5)), 4);
    cr_expect_eq(scale_high(&log2_scale, scale_index(&log2_scale, 5)), 8);
    cr_expect_eq(scale_index(&log2_scale, -5), -scale_index(&log2_scale, 5));
}

Test(buckets, quantile_intervals_are_narrow_and_ordered)
{
    for (double value = 1; value < 256; value++)
        cr_expect_neq(scale_index(&quantile_scale, value), scale_index(&quantile_scale, value - 1));
    double before = 0;
    for (double value = 1e-9; value < 1e18; value *= 1.01) {
        int64_t index = scale_index(&quantile_scale, value);
        double low = scale_low(&quantile_scale, index), high = scale_high(&quantile_scale, index);
        cr_expect((high - low) / low <= 1.0 / 128 + 1e-12);
        cr_expect(low >= before);
        before = low;
    }
}

Test(buckets, what_lies_beyond_the_scale_is_kept_at_its_end)
{
    const struct scale linear = {.step = 1};
    cr_expect_eq(scale_index(&linear, 1e300), 8191);
    cr_expect_eq(scale_index(&linear, 8191), 8191);
    cr_expect_eq(scale_index(&linear, 8190), 8190);
    cr_expect_eq(scale_index(&linear, -INFINITY), -8192);
    cr_expect_eq(scale_index(&quantile_scale, 1e300), scale_index(&quantile_scale, 0x1p64));
    cr_expect_eq(scale_index(&quantile_scale, 5e-324), 0);
}

Test(buckets, counts_are_sorted_and_merge)
{
    struct buckets a = {0}, b = {0};
    unsigned seed = (unsigned)getpid();
    uint64_t counts[64] = {0};
    for (int i = 0; i < 5000; i++) {
        int index = rand_r(&seed) % 64;
        counts[index]++;
        buckets_add(rand_r(&seed) % 2 ? &a : &b, index - 32, 1);
    }
    buckets_merge(&a, &b);
    cr_expect_eq(a.total, 5000);
    struct bucket bucket;
    int64_t before = INT64_MIN;
    for (uint32_t place = 0; buckets_next(&a, &place, &bucket); before = bucket.index) {
        cr_expect_eq(bucket.count, counts[bucket.index + 32], "seed %u", getpid());
        cr_expect(before < bucket.index);
    }
    buckets_fini(&a);
    buckets_fini(&b);
}

Test(buckets, quantiles_are_ranks)
{
    struct buckets buckets = {0};
    buckets_add(&buckets, 5, 1);
    cr_expect_eq(buckets_quantile(&buckets, 500), 5);
    buckets_add(&buckets, 6, 1);
    cr_expect_eq(buckets_quantile(&buckets, 500), 5);
    cr_expect_eq(buckets_quantile(&buckets, 501), 6);
    buckets_add(&buckets, 7, 98);
    cr_expect_eq(buckets_quantile(&buckets, 20), 6);
    cr_expect_eq(buckets_quantile(&buckets, 21), 7);
    cr_expect_eq(buckets_quantile(&buckets, 1000), 7);
    buckets_add(&buckets, 8, UINT64_MAX / 2);
    cr_expect_eq(buckets_quantile(&buckets, 990), 8);
    buckets_fini(&buckets);
}
