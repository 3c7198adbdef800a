// SPDX-License-Identifier: MIT OR Apache-2.0
/** Heap memory that never comes back NULL, and sizes that never wrap.
 *
 * What the caller asks for here is bounded by a cap of the configuration, so running out of it is
 * not a state the engine can go on from: one line on stderr, exit status 4. Safe on any thread. */
#pragma once

#include <stddef.h>

void *memory_alloc(size_t size) __attribute__((malloc, returns_nonnull));
void *memory_zalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *memory_resize(void *old, size_t size) __attribute__((returns_nonnull));
/** Aligned to `align`, a power of two; freed with memory_free like the rest. */
void *memory_aligned(size_t align, size_t size) __attribute__((malloc, returns_nonnull));
char *memory_strdup(const char *text) __attribute__((malloc, returns_nonnull));
void memory_free(void *memory);

/** Ends the process with that line. */
_Noreturn void memory_exhausted(size_t size);

/** a + b and a * b; a wrapped size ends the process, as it can only be our own bug. */
size_t memory_add(size_t a, size_t b);
size_t memory_mul(size_t a, size_t b);

/** Grows an array so that it holds at least `need` items of `size` bytes, doubling; `*cap` counts
 * items. */
void *memory_grow(void *array, size_t *cap, size_t need, size_t size)
    __attribute__((returns_nonnull));
