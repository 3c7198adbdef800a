// SPDX-License-Identifier: MIT OR Apache-2.0
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "base/memory.h"
#include "batch/batch.h"

Test(batch, pool_holds_exactly_its_count)
{
    struct batch_pool *pool = batch_pool_new(3, 16, 2, 5);
    struct batch *taken[3];
    for (int i = 0; i < 3; i++)
        cr_assert_not_null(taken[i] = batch_take(pool));
    cr_expect_null(batch_take(pool));
    batch_give(pool, taken[1]);
    cr_expect_eq(batch_take(pool), taken[1]);
    for (int i = 0; i < 3; i++)
        batch_give(pool, taken[i]);
    batch_pool_free(pool);
}

Test(batch, is_made_as_asked)
{
    struct batch_pool *pool = batch_pool_new(1, 7, 2, 5);
    struct batch *batch = batch_take(pool);
    cr_expect_eq(batch->packet_cap, 7);
    cr_expect_eq(batch->part_count, 2);
    cr_expect_eq(batch->parts[1].queue_count, 5);
    cr_expect_eq((uintptr_t)batch->packets % 64, 0);
    memset(batch->packets, 0, 7 * sizeof *batch->packets);
    batch_give(pool, batch);
    batch_pool_free(pool);
}

static int releases[2];
static int order[2];
static int order_count;

static void count_release(void *buffer)
{
    int index = *(int *)buffer;
    releases[index]++;
    order[order_count++] = index;
}

Test(batch, give_releases_retired_buffers_once_newest_first)
{
    static int first = 0, second = 1;
    struct batch_pool *pool = batch_pool_new(1, 1, 2, 1);
    struct batch *batch = batch_take(pool);
    part_retire(&batch->parts[0], &first, count_release);
    part_retire(&batch->parts[0], &second, count_release);
    cr_expect_eq(releases[0], 0);
    batch_give(pool, batch);
    cr_expect_eq(releases[0], 1);
    cr_expect_eq(releases[1], 1);
    cr_expect_eq(order[0], 1);
    batch = batch_take(pool);
    batch_give(pool, batch);
    cr_expect_eq(releases[0] + releases[1], 2);
    batch_pool_free(pool);
}

Test(batch, give_forgets_everything)
{
    struct palua_event event = {0};
    struct block_pool *blocks = block_pool_new(64);
    struct batch_pool *pool = batch_pool_new(1, 4, 1, 3);
    struct batch *batch = batch_take(pool);
    batch->sequence = 9;
    batch->count = 4;
    batch->block = block_take(blocks, 64);
    arena_alloc(&batch->arena, 100, 8);
    arena_alloc(&batch->parts[0].arena, 100, 8);
    event_queue_push(&batch->parts[0].queues[2], &event, 77);
    batch->anomalies.items =
        memory_grow(NULL, &batch->anomalies.cap, 1, sizeof(struct decode_anomaly));
    batch->anomalies.count = 1;
    batch_give(pool, batch);

    cr_assert_eq(batch_take(pool), batch);
    cr_expect_eq(batch->sequence, 0);
    cr_expect_eq(batch->count, 0);
    cr_expect_null(batch->block);
    cr_expect_eq(batch->arena.used, 0);
    cr_expect_eq(batch->parts[0].arena.used, 0);
    cr_expect_eq(batch->parts[0].queues[2].count, 0);
    cr_expect_eq(batch->anomalies.count, 0);
    batch_give(pool, batch);
    batch_pool_free(pool);
    block_pool_free(blocks); // asserts that the batch let go of its block
}

Test(batch, give_of_nothing_is_nothing)
{
    struct batch_pool *pool = batch_pool_new(1, 1, 1, 1);
    batch_give(pool, NULL);
    batch_pool_free(pool);
    batch_pool_free(NULL);
}

Test(batch, pool_freed_with_a_batch_out_stops_the_program, .signal = SIGABRT)
{
    struct batch_pool *pool = batch_pool_new(2, 1, 1, 1);
    batch_take(pool);
    batch_pool_free(pool);
}

enum { RACE_ROUNDS = 20000, RACE_BATCHES = 4, RACE_THREADS = 3 };

struct race {
    struct batch_pool *pool;
    _Atomic(struct batch *) slots[RACE_THREADS];
};

struct racer {
    struct race *race;
    int index;
};

static void *give_back(void *argument)
{
    struct racer *racer = argument;
    for (;;) {
        struct batch *batch = atomic_exchange(&racer->race->slots[racer->index], NULL);
        if (!batch) {
            sched_yield();
            continue;
        }
        if (batch->sequence == UINT64_MAX) {
            batch_give(racer->race->pool, batch);
            return NULL;
        }
        batch_give(racer->race->pool, batch);
    }
}

static void hand_over(struct race *race, int index, uint64_t sequence)
{
    struct batch *batch;
    while (!(batch = batch_take(race->pool)))
        sched_yield();
    cr_assert_eq(batch->sequence, 0, "a batch was given out while in use");
    batch->sequence = sequence;
    struct batch *empty = NULL;
    while (!atomic_compare_exchange_weak(&race->slots[index], &empty, batch)) {
        empty = NULL;
        sched_yield();
    }
}

Test(batch, one_taker_and_many_givers_lose_nothing)
{
    struct race race = {.pool = batch_pool_new(RACE_BATCHES, 1, 1, 1)};
    pthread_t threads[RACE_THREADS];
    struct racer racers[RACE_THREADS];
    for (int i = 0; i < RACE_THREADS; i++) {
        racers[i] = (struct racer){&race, i};
        cr_assert_eq(pthread_create(&threads[i], NULL, give_back, &racers[i]), 0);
    }
    for (int round = 0; round < RACE_ROUNDS; round++)
        hand_over(&race, round % RACE_THREADS, (uint64_t)round + 1);
    for (int i = 0; i < RACE_THREADS; i++)
        hand_over(&race, i, UINT64_MAX);
    for (int i = 0; i < RACE_THREADS; i++)
        pthread_join(threads[i], NULL);
    batch_pool_free(race.pool); // asserts that all are home
}
