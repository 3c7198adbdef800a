// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/distinct.h"

#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

/** splitmix64: the hashes of 0, 1, 2… for these tests. */
static uint64_t hash(uint64_t n)
{
    n += 0x9e3779b97f4a7c15;
    n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9;
    n = (n ^ n >> 27) * 0x94d049bb133111eb;
    return n ^ n >> 31;
}

static void fill(struct distinct *distinct, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++)
        distinct_add(distinct, hash(i));
}

Test(distinct, is_exact_up_to_its_threshold)
{
    struct distinct distinct = {0};
    cr_expect_eq(distinct_count(&distinct), 0);
    distinct_add(&distinct, 0);
    distinct_add(&distinct, 0);
    cr_expect_eq(distinct_count(&distinct), 1);
    for (int round = 0; round < 2; round++)
        fill(&distinct, 0, DISTINCT_EXACT - 1);
    cr_expect_not(distinct_estimated(&distinct));
    cr_expect_eq(distinct_count(&distinct), DISTINCT_EXACT);
    fill(&distinct, DISTINCT_EXACT, DISTINCT_EXACT + 1);
    cr_expect(distinct_estimated(&distinct));
    distinct_fini(&distinct);
}

Test(distinct, estimates_within_four_standard_errors)
{
    for (uint64_t count = DISTINCT_EXACT + 1; count < 2000000; count *= 2) {
        struct distinct distinct = {0};
        fill(&distinct, 0, count);
        double error = fabs((double)distinct_count(&distinct) - (double)count) / (double)count;
        cr_expect_lt(error, 4 * 1.04 / 64, "%lu: %lu", count, distinct_count(&distinct));
        distinct_fini(&distinct);
    }
}

Test(distinct, merging_gives_the_state_of_adding)
{
    const uint64_t sizes[] = {0, 10, DISTINCT_EXACT, DISTINCT_EXACT + 1, 5000};
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) {
            struct distinct a = {0}, b = {0}, all = {0};
            fill(&a, 0, sizes[i]);
            fill(&b, 5, sizes[j] + 5);
            fill(&all, 0, sizes[i]);
            fill(&all, 5, sizes[j] + 5);
            distinct_merge(&a, &b);
            cr_expect_eq(distinct_estimated(&a), distinct_estimated(&all));
            cr_expect_eq(distinct_count(&a), distinct_count(&all), "%zu %zu", i, j);
            if (a.registers)
                cr_expect_eq(memcmp(a.registers, all.registers, DISTINCT_REGISTERS), 0);
            distinct_fini(&a);
            distinct_fini(&b);
            distinct_fini(&all);
        }
    }
}
