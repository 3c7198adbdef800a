// SPDX-License-Identifier: MIT OR Apache-2.0
#include "batch/block.h"

#undef NDEBUG // assertions are always on
#include <assert.h>

#include "base/memory.h"

struct block_pool {
    _Atomic(struct block *) free; /**< a stack: any thread pushes, one at a time pops */
    size_t block_size;
    atomic_size_t taken; /**< blocks out in the world, to find leaks */
};

struct block_pool *block_pool_new(size_t block_size)
{
    assert(block_size > 0);
    struct block_pool *pool = memory_zalloc(1, sizeof *pool);
    pool->block_size = block_size;
    return pool;
}

static struct block *block_new(struct block_pool *pool, size_t cap)
{
    struct block *block = memory_zalloc(1, sizeof *block);
    block->pool = pool;
    block->cap = cap;
    block->data = memory_alloc(cap);
    return block;
}

static void block_free(struct block *block)
{
    memory_free(block->data);
    memory_free(block);
}

void block_pool_free(struct block_pool *pool)
{
    if (!pool)
        return;
    assert(atomic_load_explicit(&pool->taken, memory_order_acquire) == 0);
    struct block *block = atomic_load_explicit(&pool->free, memory_order_acquire);
    while (block) {
        struct block *next = block->next;
        block_free(block);
        block = next;
    }
    memory_free(pool);
}

static void free_push(struct block_pool *pool, struct block *block)
{
    block->next = atomic_load_explicit(&pool->free, memory_order_relaxed);
    // Release: who pops the block sees its `next`, and all that its users read from it has been
    // read.
    while (!atomic_compare_exchange_weak_explicit(&pool->free, &block->next, block,
                                                  memory_order_release, memory_order_relaxed))
        ;
}

/* Only one thread pops, so a block on the stack cannot leave it and come back meanwhile: no ABA
 * problem. */
static struct block *free_pop(struct block_pool *pool)
{
    // Acquire: pairs with the release of the push that put the block there.
    struct block *block = atomic_load_explicit(&pool->free, memory_order_acquire);
    while (block &&
           !atomic_compare_exchange_weak_explicit(&pool->free, &block, block->next,
                                                  memory_order_acquire, memory_order_acquire))
        ;
    return block;
}

struct block *block_take(struct block_pool *pool, size_t cap)
{
    struct block *block = cap <= pool->block_size ? free_pop(pool) : NULL;
    if (!block)
        block = block_new(pool, cap > pool->block_size ? cap : pool->block_size);
    block->len = 0;
    // Relaxed: nobody else has the block, and handing it on is ordered by the hand-over.
    atomic_store_explicit(&block->references, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&pool->taken, 1, memory_order_relaxed);
    return block;
}

void block_hold(struct block *block)
{
    // Relaxed: the caller holds a reference already, so the count cannot reach 0 meanwhile.
    unsigned before = atomic_fetch_add_explicit(&block->references, 1, memory_order_relaxed);
    assert(before > 0);
}

void block_release(struct block *block)
{
    if (!block)
        return;
    // Release: our reads come before the last release. Acquire: the last one sees that all others
    // are done.
    unsigned before = atomic_fetch_sub_explicit(&block->references, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before > 1)
        return;
    struct block_pool *pool = block->pool;
    if (block->cap > pool->block_size)
        block_free(block);
    else
        free_push(pool, block);
    // Last, as the pool may be freed as soon as nothing is out.
    atomic_fetch_sub_explicit(&pool->taken, 1, memory_order_release);
}

bool block_sole(const struct block *block)
{
    // Acquire: pairs with the release of the others, whose reads must come before our next writes.
    return atomic_load_explicit(&block->references, memory_order_acquire) == 1;
}
