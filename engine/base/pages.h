// SPDX-License-Identifier: MIT OR Apache-2.0
/** Memory for tables: in huge pages if it is large and the kernel gives them, as a
 * table that is hit at random otherwise costs a walk through the page tables per access. Never
 * NULL, like base/memory.h. Safe on any thread. */
#pragma once

#include <stddef.h>

enum {
    PAGES_MAPPED = 128 << 10, /**< bytes; from this size on only what is touched becomes memory */
    PAGES_HUGE = 2 << 20      /**< and from this one on, 2 MiB at a time */
};

/** @param size  bytes; the memory is aligned to 64 */
void *pages_alloc(size_t size) __attribute__((malloc, returns_nonnull));
/** The same, zeroed. */
void *pages_zalloc(size_t size) __attribute__((malloc, returns_nonnull));
/** Gives back to the system what lies in memory that stays allocated: its whole pages lose what is
 * in them. For any memory of the process. */
void pages_discard(void *memory, size_t size);
/** @param size  as it was asked for; NULL is allowed */
void pages_free(void *memory, size_t size);
