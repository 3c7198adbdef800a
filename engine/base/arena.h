// SPDX-License-Identifier: MIT OR Apache-2.0
/** A region of memory released as a whole: what lives exactly as long as one batch.
 *
 * Allocation is a pointer bump; there is no free of a single object. `arena_reset` keeps the
 * largest chunk for the next round. Under AddressSanitizer every allocation is a malloc of its own,
 * so that an overrun inside a batch is seen. Running out of memory ends the process (arena memory
 * is bounded by its batch's packets, so this is no input the caller can handle). One thread at a
 * time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /**< newest first */
    uint8_t *pos;               /**< next free byte of the newest chunk */
    uint8_t *end;               /**< just past the newest chunk */
    size_t used;                /**< bytes handed out since the last reset */
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);

/** Overwrites everything allocated so far, so that whoever still uses it shows. For --check. */
void arena_spoil(struct arena *arena);

/** Forgets everything allocated so far. */
void arena_reset(struct arena *arena);

/** `size` bytes, uninitialised, aligned to `align` (a power of two, at most 64); lives until reset
 * or fini. */
void *arena_alloc(struct arena *arena, size_t size, size_t align)
    __attribute__((malloc, returns_nonnull));

/** The same, zeroed. */
void *arena_zalloc(struct arena *arena, size_t size, size_t align)
    __attribute__((malloc, returns_nonnull));

/** A copy of `len` bytes at `data`. */
void *arena_copy(struct arena *arena, const void *data, size_t len, size_t align)
    __attribute__((returns_nonnull));

/** Shortens the newest allocation to end at `end`, which lies within it or just past it; what
 * follows is handed out again. */
void arena_trim(struct arena *arena, const void *end);
