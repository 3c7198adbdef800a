// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/pipeline.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { STAGES = 5, LANES = 4, SLOTS = 6, BATCHES = 500 };

/** A pipeline that is watched: what each lane saw, and who was in it. */
struct watch {
    uint64_t numbers[SLOTS]; /**< batch in each slot */
    uint64_t read;
    uint64_t limit;
    uint64_t seen[STAGES][LANES]; /**< last batch of each lane */
    atomic_int inside[STAGES][LANES];
    atomic_ullong passed[STAGES]; /**< visits */
    atomic_int broken;
    uint32_t stage_lanes[STAGES];
    uint64_t stop_at; /**< stage 3 ends the run here; 0: never */
    unsigned slow_lane;
};

static void visit(struct watch *watch, uint32_t stage, uint32_t slot, uint32_t lane)
{
    if (atomic_fetch_add(&watch->inside[stage][lane], 1) != 0)
        atomic_fetch_or(&watch->broken, 1); // two at once in a lane
    uint64_t number = watch->numbers[slot];
    if (number <= watch->seen[stage][lane])
        atomic_fetch_or(&watch->broken, 2); // out of order
    if (stage != 1 && number != watch->seen[stage][lane] + 1)
        atomic_fetch_or(&watch->broken, 4); // one was left out
    watch->seen[stage][lane] = number;
    atomic_fetch_add(&watch->passed[stage], 1);
    if (stage == 3 && lane == watch->slow_lane)
        usleep(200);
    atomic_fetch_sub(&watch->inside[stage][lane], 1);
}

static bool read_one(void *context, uint32_t slot, uint32_t lane)
{
    struct watch *watch = context;
    watch->numbers[slot] = ++watch->read;
    visit(watch, 0, slot, lane);
    return watch->read < watch->limit;
}

#define STAGE(n)                                                       \
    static bool stage_##n(void *context, uint32_t slot, uint32_t lane) \
    {                                                                  \
        struct watch *watch = context;                                 \
        visit(watch, n, slot, lane);                                   \
        return n != 3 || watch->numbers[slot] != watch->stop_at;       \
    }
STAGE(1)
STAGE(2)
STAGE(3)
STAGE(4)

static void go(struct watch *watch, uint32_t threads, uint32_t slots, uint32_t fourth)
{
    const struct pipeline_stage stages[STAGES] = {
        {.lanes = 1, .run = read_one},     {.lanes = LANES, .spread = true, .run = stage_1},
        {.lanes = 1, .run = stage_2},      {.lanes = LANES, .run = stage_3},
        {.lanes = fourth, .run = stage_4},
    };
    struct pipeline *pipeline = pipeline_new(stages, STAGES, slots, false, watch);
    pipeline_run(pipeline, threads);
    pipeline_free(pipeline);
}

Test(pipeline, every_lane_sees_every_batch_once_and_in_order)
{
    static const uint32_t threads[] = {1, 2, 3, 8}, slots[] = {1, 2, SLOTS};
    for (size_t t = 0; t < 4; t++) {
        for (size_t s = 0; s < 3; s++) {
            struct watch watch = {.limit = BATCHES, .slow_lane = LANES};
            go(&watch, threads[t], slots[s], 2);
            cr_assert_eq(watch.broken, 0, "threads %u, slots %u", threads[t], slots[s]);
            cr_expect_eq(watch.passed[0], BATCHES);
            cr_expect_eq(watch.passed[1], BATCHES, "spread: one lane each");
            cr_expect_eq(watch.passed[3], BATCHES * LANES);
            cr_expect_eq(watch.passed[4], BATCHES * 2);
        }
    }
}

Test(pipeline, a_stage_without_lanes_is_passed)
{
    struct watch watch = {.limit = BATCHES, .slow_lane = LANES};
    go(&watch, 3, SLOTS, 0);
    cr_expect_eq(watch.broken, 0);
    cr_expect_eq(watch.passed[3], BATCHES * LANES);
}

/** Only the slots bound how far a fast lane runs ahead of a slow one. */
Test(pipeline, a_slow_lane_holds_nobody_up_but_by_the_slots)
{
    struct watch watch = {.limit = 200, .slow_lane = 1};
    go(&watch, 4, 3, 1);
    cr_expect_eq(watch.broken, 0);
    cr_expect_eq(watch.passed[4], 200);
}

Test(pipeline, finishes_what_was_begun_when_a_stage_ends_the_run)
{
    for (uint32_t threads = 1; threads < 5; threads++) {
        struct watch watch = {.limit = BATCHES, .slow_lane = LANES, .stop_at = 17};
        go(&watch, threads, SLOTS, 1);
        cr_expect_eq(watch.broken, 0);
        cr_expect_lt(watch.read, 17 + SLOTS, "threads %u", threads);
        cr_expect_eq(watch.passed[4], watch.read, "threads %u", threads);
        if (threads == 1)
            cr_expect_eq(watch.read, 17);
    }
}

Test(pipeline, runs_again)
{
    struct watch watch = {.limit = 5, .slow_lane = LANES};
    const struct pipeline_stage stages[] = {
        {.lanes = 1, .run = read_one},
        {.lanes = LANES, .spread = true, .run = stage_1},
        {.lanes = 1, .run = stage_2},
    };
    struct pipeline *pipeline = pipeline_new(stages, 3, 2, false, &watch);
    pipeline_run(pipeline, 2);
    cr_expect_eq(watch.passed[2], 5);
    watch.limit = 12;
    pipeline_run(pipeline, 1);
    cr_expect_eq(watch.passed[2], 12);
    cr_expect_eq(watch.broken, 0);
    pipeline_free(pipeline);
}
