// SPDX-License-Identifier: MIT OR Apache-2.0
#include "lua/key_table.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/memory.h"
#include "shard/share.h"

#define SECOND INT64_C(1000000000)

static struct key_table *table;

static struct owner_key key(uint32_t number)
{
    return (struct owner_key){
        .bytes = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}, .len = 4};
}

static uint32_t find(uint32_t number, int64_t now_ns)
{
    struct owner_key at = key(number);
    return key_table_find(table, &at, now_ns);
}

static size_t dropped(void)
{
    size_t count;
    key_table_dropped(table, &count);
    return count;
}

Test(key_table, numbers_are_dense_and_stay)
{
    table = key_table_new(1 << 20, 60 * SECOND);
    for (uint32_t i = 0; i < 5000; i++)
        cr_assert_eq(find(i, 0), i);
    for (uint32_t i = 0; i < 5000; i++)
        cr_assert_eq(find(i, SECOND), i);
    cr_expect_eq(dropped(), 0);
    key_table_free(table);
}

Test(key_table, tells_lengths_apart)
{
    struct owner_key empty = {0}, v4 = {.len = 4}, v6 = {.len = 16};
    table = key_table_new(1 << 20, SECOND);
    uint32_t a = key_table_find(table, &empty, 0), b = key_table_find(table, &v4, 0);
    uint32_t c = key_table_find(table, &v6, 0);
    cr_expect(a != b && b != c && a != c);
    cr_expect_eq(key_table_find(table, &empty, 0), a);
    key_table_free(table);
}

Test(key_table, idle_counts_from_the_last_use)
{
    table = key_table_new(1 << 20, 10 * SECOND);
    uint32_t first = find(1, 0);
    cr_expect_eq(find(1, 10 * SECOND - 1), first);
    cr_expect_eq(find(1, 20 * SECOND - 2), first);
    cr_expect_eq(dropped(), 0);
    cr_expect_neq(find(1, 30 * SECOND - 2), first, "idle for 10 s exactly");
    cr_expect_eq(dropped(), 1);
    key_table_free(table);
}

Test(key_table, what_was_kept_before_the_clock_ran_is_dropped)
{
    table = key_table_new(1 << 20, INT64_MAX);
    uint32_t first = find(1, INT64_MIN);
    cr_expect_eq(find(1, INT64_MIN), first);
    cr_expect_neq(find(1, 5 * SECOND), first);
    key_table_free(table);
}

Test(key_table, numbers_come_again_only_after_reuse)
{
    table = key_table_new(1 << 20, SECOND);
    cr_expect_eq(find(1, 0), 0);
    cr_expect_eq(find(2, 5 * SECOND), 1);
    key_table_sweep(table, 5 * SECOND);
    cr_expect_eq(dropped(), 1);
    cr_expect_eq(find(3, 5 * SECOND), 2, "0 may still be in use outside");
    key_table_reuse(table);
    cr_expect_eq(dropped(), 0);
    cr_expect_eq(find(4, 5 * SECOND), 0);
    key_table_free(table);
}

/** Keys of one shard, as many as asked for. */
static void keys_of_shard(uint32_t shard, uint32_t *out, uint32_t count)
{
    for (uint32_t number = 0, found = 0; found < count; number++) {
        struct owner_key at = key(number);
        if (owner_shard(owner_hash(&at)) == shard)
            out[found++] = number;
    }
}

Test(key_table, at_the_cap_the_longest_idle_of_the_shard_goes)
{
    uint32_t here[4], there[1];
    keys_of_shard(7, here, 4);
    keys_of_shard(8, there, 1);
    table = key_table_new(3 * SHARD_COUNT, 60 * SECOND);
    uint32_t a = find(here[0], 0), b = find(here[1], 1), c = find(here[2], 2);
    uint32_t other = find(there[0], 0);
    cr_expect_eq(find(here[0], 3), a, "now the second is the longest idle");
    cr_expect_eq(key_table_shed(table), 0, "the cap itself is fine");
    find(here[3], 4);
    cr_expect_eq(key_table_shed(table), 1);
    cr_expect_eq(find(here[0], 5), a);
    cr_expect_eq(find(here[2], 5), c);
    cr_expect_eq(find(there[0], 5), other, "another shard has its own room");
    cr_expect_neq(find(here[1], 6), b);
    key_table_free(table);
}

Test(key_table, at_the_cap_idle_ones_are_not_shed_but_dropped)
{
    uint32_t here[2];
    keys_of_shard(7, here, 2);
    table = key_table_new(SHARD_COUNT, SECOND);
    find(here[0], 0);
    find(here[1], 2 * SECOND);
    cr_expect_eq(key_table_shed(table), 0);
    cr_expect_eq(dropped(), 1);
    key_table_free(table);
}

enum { STEPS = 20000, KEYS = 700, CAP = 2 * SHARD_COUNT };

/** What each step found: which earlier step made the state it saw. Those of shards that are not in
 * [from, to) are left alone, as another instance has them. */
static void walk(uint32_t seed, uint32_t from, uint32_t to, uint32_t sweep_every, uint32_t *out)
{
    uint32_t *made = memory_zalloc(STEPS + 1, sizeof *made); // by number
    int64_t now_ns = 0;
    srand(seed);
    for (uint32_t step = 0; step < STEPS; step++) {
        struct owner_key at = key((uint32_t)rand() % KEYS);
        now_ns += rand() % 3 ? 0 : SECOND / 100;
        uint32_t shard = owner_shard(owner_hash(&at));
        if (step % sweep_every == 0) {
            size_t count;
            key_table_sweep(table, now_ns);
            const uint64_t *numbers = key_table_dropped(table, &count);
            for (size_t i = 0; i < count; i++)
                made[numbers[i]] = 0;
            key_table_reuse(table);
        }
        if (shard < from || shard >= to)
            continue;
        uint32_t number = key_table_find(table, &at, now_ns);
        if (!made[number])
            made[number] = step + 1;
        out[step] = made[number];
    }
    memory_free(made);
}

Test(key_table, neither_instances_nor_sweeps_make_a_difference)
{
    static uint32_t whole[STEPS], split[STEPS];
    const uint32_t bounds[] = {0, 85, 170, 256};
    uint32_t seed = 20240607;
    uint64_t shed = 0, parts_shed = 0;
    table = key_table_new(CAP, 3 * SECOND);
    walk(seed, 0, 256, 1000, whole);
    shed = key_table_shed(table);
    key_table_free(table);
    for (int i = 0; i < 3; i++) {
        table = key_table_new(CAP, 3 * SECOND);
        walk(seed, bounds[i], bounds[i + 1], 7, split);
        parts_shed += key_table_shed(table);
        key_table_free(table);
    }
    cr_expect_arr_eq(whole, split, sizeof whole, "seed %u", seed);
    cr_expect_eq(shed, parts_shed);
    cr_expect_gt(shed, 100, "the cap was met");
}
