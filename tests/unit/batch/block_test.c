// SPDX-License-Identifier: MIT OR Apache-2.0
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "batch/block.h"

Test(block, take_gives_at_least_the_pool_size)
{
    struct block_pool *pool = block_pool_new(4096);
    struct block *block = block_take(pool, 1);
    cr_expect_eq(block->cap, 4096);
    cr_expect_eq(block->len, 0);
    memset(block->data, 0xaa, block->cap);
    block_release(block);
    block_pool_free(pool);
}

Test(block, released_block_is_taken_again_empty)
{
    struct block_pool *pool = block_pool_new(64);
    struct block *first = block_take(pool, 0);
    first->len = 64;
    block_release(first);
    struct block *second = block_take(pool, 64);
    cr_expect_eq(second, first);
    cr_expect_eq(second->len, 0);
    block_release(second);
    block_pool_free(pool);
}

Test(block, larger_block_is_not_kept)
{
    struct block_pool *pool = block_pool_new(64);
    struct block *large = block_take(pool, 65);
    cr_expect_eq(large->cap, 65);
    memset(large->data, 1, 65);
    block_release(large);
    struct block *next = block_take(pool, 64);
    cr_expect_eq(next->cap, 64);
    block_release(next);
    block_pool_free(pool);
}

Test(block, lives_until_the_last_reference)
{
    struct block_pool *pool = block_pool_new(64);
    struct block *block = block_take(pool, 64);
    cr_expect(block_sole(block));
    block_hold(block);
    cr_expect_not(block_sole(block));
    block_release(block);
    cr_expect(block_sole(block));
    struct block *other = block_take(pool, 64);
    cr_expect_neq(other, block, "a block still held must not be given out");
    block_release(other);
    block_release(block);
    block_pool_free(pool);
}

Test(block, release_of_nothing_is_nothing)
{
    block_release(NULL);
    block_pool_free(NULL);
}

Test(block, pool_freed_with_a_block_out_stops_the_program, .signal = SIGABRT)
{
    struct block_pool *pool = block_pool_new(64);
    block_take(pool, 64);
    block_pool_free(pool);
}

Test(block, one_release_too_many_stops_the_program, .signal = SIGABRT)
{
    struct block_pool *pool = block_pool_new(64);
    struct block *block = block_take(pool, 64);
    block_release(block);
    block_release(block);
}

enum { RACE_ROUNDS = 2000, RACE_THREADS = 4 };

static void *release_all(void *blocks)
{
    for (int i = 0; i < RACE_ROUNDS; i++)
        block_release(((struct block **)blocks)[i]);
    return NULL;
}

Test(block, every_block_comes_home_from_many_threads)
{
    static struct block *blocks[RACE_ROUNDS];
    struct block_pool *pool = block_pool_new(16);
    for (int i = 0; i < RACE_ROUNDS; i++) {
        blocks[i] = block_take(pool, 16);
        for (int hold = 1; hold < RACE_THREADS; hold++)
            block_hold(blocks[i]);
    }
    pthread_t threads[RACE_THREADS];
    for (int i = 0; i < RACE_THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, release_all, blocks), 0);
    for (int i = 0; i < RACE_THREADS; i++)
        pthread_join(threads[i], NULL);
    block_pool_free(pool); // asserts that none is out
}
