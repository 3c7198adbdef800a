// SPDX-License-Identifier: MIT OR Apache-2.0
/** Blocks: the memory that capture bytes are read into, shared by the batches whose packets lie in
 * it.
 *
 * The reader holds one reference while it fills or frames a block, and each batch in it one; the
 * last to let go returns it to its pool. Only the reader writes to a block, and only behind the
 * bytes that batches already point into. One thread at a time takes from a pool (the reader); any
 * thread may hold and release. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block {
    struct block *next;      /**< free list */
    struct block_pool *pool; /**< where it returns to */
    atomic_uint references;
    size_t cap; /**< bytes at data */
    size_t
        len; /**< bytes filled; for the reader only, as it may grow while batches are under way */
    uint8_t *data;
};

struct block_pool;

/** @param block_size  bytes of an ordinary block, 1 at least */
struct block_pool *block_pool_new(size_t block_size);
/** Every block must have been released. */
void block_pool_free(struct block_pool *pool);

/** An empty block of at least `cap` bytes (the pool's size if that is more) with one reference. The
 * number of blocks is not bounded here: the batch pool bounds them. */
struct block *block_take(struct block_pool *pool, size_t cap);
void block_hold(struct block *block);
/** Larger blocks than the pool's size go back to the heap, so that one huge record does not stay
 * for the whole run. */
void block_release(struct block *block);

/** Whether the caller's reference is the only one: then everything that others did with the block
 * has happened before. */
bool block_sole(const struct block *block);
