// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/pages.h"

#include <criterion/criterion.h>
#include <stdint.h>

/** Zeroed from the first byte to the last, and writable. */
static void take(size_t size)
{
    uint8_t *memory = pages_zalloc(size);
    cr_expect_eq((uintptr_t)memory % 64, 0);
    for (size_t i = 0; i < size; i += i + 4096 < size ? 4096 : 1) {
        cr_assert_eq(memory[i], 0);
        memory[i] = 1;
    }
    pages_free(memory, size);
}

Test(pages, zeroes_and_aligns)
{
    take(1);
    take(100);
    take(PAGES_MAPPED - 1);
    take(PAGES_MAPPED);
    take(PAGES_MAPPED + 1);
    take(PAGES_HUGE - 1);
    take(PAGES_HUGE);
    take(PAGES_HUGE + 1);
    take(3 * PAGES_HUGE + 5000);
}

Test(pages, zeroes_what_was_used_before)
{
    for (int i = 0; i < 10; i++) {
        take(50000);
        take(PAGES_MAPPED + 50000);
        take(PAGES_HUGE + 50000);
    }
}

Test(pages, frees_nothing)
{
    pages_free(NULL, 0);
    pages_free(NULL, 2 * PAGES_HUGE);
}
