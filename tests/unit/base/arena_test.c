// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/arena.h"

#include <criterion/criterion.h>
#include <string.h>

Test(arena, aligns_and_counts)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t align = 1; align <= 64; align *= 2) {
        uint8_t *p = arena_alloc(&arena, 3, align);
        cr_expect_eq((uintptr_t)p % align, 0);
        memset(p, 0xff, 3);
    }
    cr_expect_eq(arena.used, 21);
    arena_fini(&arena);
}

Test(arena, grows_past_a_chunk_and_starts_over_after_reset)
{
    struct arena arena;
    arena_init(&arena);
    for (int round = 0; round < 3; round++) {
        uint8_t *first = arena_zalloc(&arena, 100, 8);
        for (int i = 0; i < 50; i++)
            memset(arena_alloc(&arena, 40000, 16), i, 40000);
        memset(arena_alloc(&arena, 1 << 22, 1), 7, 1 << 22); // larger than any doubling so far
        for (int i = 0; i < 100; i++)
            cr_assert_eq(first[i], 0);
        arena_reset(&arena);
        cr_assert_eq(arena.used, 0);
    }
    arena_fini(&arena);
}

Test(arena, copies)
{
    struct arena arena;
    arena_init(&arena);
    cr_expect_str_eq(arena_copy(&arena, "hello", 6, 1), "hello");
    cr_expect_not_null(arena_copy(&arena, NULL, 0, 1));
    arena_fini(&arena);
}

Test(arena, trims_the_newest_allocation)
{
    struct arena arena;
    arena_init(&arena);
    char *room = arena_alloc(&arena, 1000, 1);
    memcpy(room, "abc", 4);
    arena_trim(&arena, room + 4);
    cr_expect_eq(arena.used, 4);
    char *next = arena_alloc(&arena, 996, 1);
    memset(next, 'x', 996);
    cr_expect_str_eq(room, "abc");
    arena_trim(&arena, next);
    cr_expect_eq(arena.used, 4);
    arena_fini(&arena);
}
