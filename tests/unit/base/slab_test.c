// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/slab.h"

#include <criterion/criterion.h>
#include <string.h>

enum { FIRST = 1 << SLAB_FIRST_BITS };

Test(slab, is_empty_at_first)
{
    struct slab slab;
    slab_init(&slab, 48);
    cr_expect_eq(slab.count, 0);
    slab_fini(&slab);
}

Test(slab, chunks_double)
{
    cr_expect_eq(slab_chunk(0), 0);
    cr_expect_eq(slab_chunk(FIRST - 1), 0);
    cr_expect_eq(slab_chunk(FIRST), 1);
    cr_expect_eq(slab_chunk(2 * FIRST - 1), 1);
    cr_expect_eq(slab_chunk(2 * FIRST), 2);
    cr_expect_eq(slab_chunk(UINT32_MAX), SLAB_CHUNKS - 1);
}

/** Every record zeroed, apart from all others, and where it was however many follow. */
static void fill(size_t stride, uint32_t count)
{
    struct slab slab;
    slab_init(&slab, stride);
    uint8_t *first = NULL;
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_eq(slab_add(&slab), i);
        uint8_t *record = slab_at(&slab, i);
        first = i ? first : record;
        for (size_t at = 0; at < stride; at++)
            cr_assert_eq(record[at], 0, "record %u", i);
        memset(record, (int)(i % 255 + 1), stride);
    }
    cr_expect_eq(slab_at(&slab, 0), first);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *record = slab_at(&slab, i);
        cr_assert_eq(record[0], i % 255 + 1);
        cr_assert_eq(record[stride - 1], i % 255 + 1);
    }
    slab_fini(&slab);
    cr_expect_eq(slab.count, 0);
}

Test(slab, keeps_records_apart)
{
    fill(48, 10 * FIRST + 1);
    fill(192, 3 * FIRST);
    fill(1, FIRST + 1);
}

Test(slab, keeps_records_apart_in_huge_pages)
{
    fill(4096, 3000); // the last chunks are larger than 2 MiB
}

Test(slab, aligns_records_to_lines)
{
    struct slab slab;
    slab_init(&slab, 192);
    for (uint32_t i = 0; i < 70000; i++) {
        slab_add(&slab);
        cr_assert_eq((uintptr_t)slab_at(&slab, i) % 64, 0);
    }
    slab_fini(&slab);
}

Test(slab, starts_over_after_fini)
{
    struct slab slab;
    slab_init(&slab, 16);
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 1000; i++)
            memset(slab_at(&slab, slab_add(&slab)), 0xff, 16);
        slab_fini(&slab);
        cr_assert_eq(slab_add(&slab), 0);
        cr_assert_eq(*(uint64_t *)slab_at(&slab, 0), 0);
        slab_fini(&slab);
    }
}
