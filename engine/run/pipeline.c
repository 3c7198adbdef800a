// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/pipeline.h"

#include <pthread.h>
#include <time.h>

#include "base/memory.h"

struct lane {
    uint64_t next;   /**< number of the batch it takes next */
    int64_t work_ns; /**< spent at work so far, if that is measured */
    bool busy;
};

struct stage {
    struct pipeline_stage is;
    struct lane *lanes;
};

/** Where the batch of a slot stands. */
struct slot {
    uint32_t stage;
    uint32_t left; /**< lanes of the stage that have not finished with it */
};

struct pipeline {
    pthread_mutex_t lock; /**< of everything below, except what never changes */
    pthread_cond_t work;  /**< there may be something to do, or everything is done */
    struct stage *stages;
    uint32_t stage_count;
    struct slot *slots; /**< batch n is in slot n % slot_count */
    uint32_t slot_count;
    uint64_t begun;   /**< batches that entered the first stage */
    uint64_t left_at; /**< batches that left the last one: they leave in order */
    uint32_t idle;    /**< threads that wait */
    uint32_t busy;    /**< lanes at work */
    uint32_t threads; /**< of this run */
    bool ended;       /**< no further batch is begun */
    bool abandoned;   /**< nothing at all is begun */
    bool measured;    /**< lanes' times are taken */
    void *context;
};

/** One lane with one batch. */
struct task {
    uint32_t stage;
    uint32_t lane;
    uint64_t batch;
};

struct pipeline *pipeline_new(const struct pipeline_stage *stages, uint32_t count, uint32_t slots,
                              bool measured, void *context)
{
    struct pipeline *pipeline = memory_zalloc(1, sizeof *pipeline);
    pthread_mutex_init(&pipeline->lock, NULL);
    pthread_cond_init(&pipeline->work, NULL);
    pipeline->context = context;
    pipeline->measured = measured;
    pipeline->stage_count = count;
    pipeline->stages = memory_zalloc(count, sizeof *pipeline->stages);
    for (uint32_t i = 0; i < count; i++) {
        pipeline->stages[i].is = stages[i];
        pipeline->stages[i].lanes = memory_zalloc(stages[i].lanes + 1, sizeof(struct lane));
        for (uint32_t lane = 0; stages[i].spread && lane < stages[i].lanes; lane++)
            pipeline->stages[i].lanes[lane].next = lane;
    }
    pipeline->slot_count = slots;
    pipeline->slots = memory_zalloc(slots, sizeof *pipeline->slots);
    return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
    if (!pipeline)
        return;
    for (uint32_t i = 0; i < pipeline->stage_count; i++)
        memory_free(pipeline->stages[i].lanes);
    memory_free(pipeline->stages);
    memory_free(pipeline->slots);
    pthread_cond_destroy(&pipeline->work);
    pthread_mutex_destroy(&pipeline->lock);
    memory_free(pipeline);
}

static struct slot *slot_of(struct pipeline *pipeline, uint64_t batch)
{
    return &pipeline->slots[batch % pipeline->slot_count];
}

/** Whether a lane could take its next batch now. */
static bool is_ready(struct pipeline *pipeline, uint32_t stage, const struct lane *lane)
{
    if (lane->busy)
        return false;
    if (stage == 0)
        return !pipeline->ended && pipeline->begun - pipeline->left_at < pipeline->slot_count;
    return lane->next < pipeline->begun && slot_of(pipeline, lane->next)->stage == stage;
}

/** Whether a new batch comes before all else. Several threads have one each at hand, and one is
 * being read meanwhile: with fewer under way somebody would wait for it, and where reading takes
 * longest (decompression) so would everybody. */
static bool is_short(struct pipeline *pipeline)
{
    uint32_t wanted = pipeline->threads > 1 ? pipeline->threads + 1 : 0;
    return pipeline->begun - pipeline->left_at < wanted &&
           is_ready(pipeline, 0, &pipeline->stages[0].lanes[0]);
}

/** The ready lane furthest down, unless there are too few batches; of one stage's, the first from
 * `preferred` on. */
static bool find_task(struct pipeline *pipeline, uint32_t preferred, struct task *out)
{
    if (is_short(pipeline)) {
        *out = (struct task){0, 0, pipeline->stages[0].lanes[0].next};
        return true;
    }
    for (uint32_t stage = pipeline->stage_count; stage-- > 0;) {
        const struct stage *at = &pipeline->stages[stage];
        for (uint32_t i = 0; i < at->is.lanes; i++) {
            uint32_t lane = (preferred + i) % at->is.lanes;
            if (!is_ready(pipeline, stage, &at->lanes[lane]))
                continue;
            *out = (struct task){stage, lane, at->lanes[lane].next};
            return true;
        }
    }
    return false;
}

static void wake(struct pipeline *pipeline, uint32_t tasks)
{
    for (uint32_t i = 0; i < tasks && i < pipeline->idle; i++)
        pthread_cond_signal(&pipeline->work);
}

/** Moves a batch that its stage is done with to the next one that has lanes.
 * @return how many lanes may take it now */
static uint32_t advance(struct pipeline *pipeline, uint64_t batch)
{
    struct slot *slot = slot_of(pipeline, batch);
    while (++slot->stage < pipeline->stage_count) {
        const struct pipeline_stage *stage = &pipeline->stages[slot->stage].is;
        if (!stage->lanes)
            continue;
        slot->left = stage->spread ? 1 : stage->lanes;
        return slot->left;
    }
    pipeline->left_at++;
    return 1; // for the reader
}

static void start(struct pipeline *pipeline, const struct task *task)
{
    struct lane *lane = &pipeline->stages[task->stage].lanes[task->lane];
    lane->busy = true;
    pipeline->busy++;
    if (task->stage)
        return;
    *slot_of(pipeline, task->batch) = (struct slot){.stage = 0, .left = 1};
    pipeline->begun++;
}

static void finish(struct pipeline *pipeline, const struct task *task, bool more)
{
    const struct stage *stage = &pipeline->stages[task->stage];
    struct lane *lane = &stage->lanes[task->lane];
    lane->busy = false;
    pipeline->busy--;
    lane->next += stage->is.spread ? stage->is.lanes : 1;
    pipeline->ended |= !more;
    uint32_t tasks = 1; // the lane's own next batch
    if (--slot_of(pipeline, task->batch)->left == 0)
        tasks += advance(pipeline, task->batch);
    wake(pipeline, tasks - 1); // one of them is for this thread
}

static bool is_done(const struct pipeline *pipeline)
{
    return pipeline->ended && pipeline->left_at == pipeline->begun;
}

/** Processor time of the calling thread. */
static int64_t thread_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool work_on(struct pipeline *pipeline, const struct task *task)
{
    const struct stage *stage = &pipeline->stages[task->stage];
    uint32_t slot = (uint32_t)(task->batch % pipeline->slot_count);
    if (!pipeline->measured)
        return stage->is.run(pipeline->context, slot, task->lane);
    int64_t start_ns = thread_ns();
    bool more = stage->is.run(pipeline->context, slot, task->lane);
    stage->lanes[task->lane].work_ns += thread_ns() - start_ns;
    return more;
}

void pipeline_profile(const struct pipeline *pipeline, struct text *out)
{
    for (uint32_t i = 0; i < pipeline->stage_count; i++) {
        const struct stage *stage = &pipeline->stages[i];
        int64_t most_ns = 0, all_ns = 0;
        for (uint32_t lane = 0; lane < stage->is.lanes; lane++) {
            int64_t work_ns = stage->lanes[lane].work_ns;
            most_ns = work_ns > most_ns ? work_ns : most_ns;
            all_ns += work_ns;
        }
        // The batches of a spread stage could have gone through any number of lanes.
        most_ns = stage->is.spread ? 0 : most_ns;
        if (stage->is.lanes)
            text_add_format(out, "stage %s: %u lane%s, %.1f ms, the busiest %.1f ms\n",
                            stage->is.name, stage->is.lanes, stage->is.lanes == 1 ? "" : "s",
                            (double)all_ns / 1e6, (double)most_ns / 1e6);
    }
}

/** A thread: takes what is ready until the end. With `preferred` it stays with its own lanes as far
 * as it can, whose memory its processor has at hand. */
static void carry(struct pipeline *pipeline, uint32_t preferred)
{
    struct task task;
    pthread_mutex_lock(&pipeline->lock);
    while (!is_done(pipeline) && !pipeline->abandoned) {
        if (!find_task(pipeline, preferred, &task)) {
            pipeline->idle++;
            pthread_cond_wait(&pipeline->work, &pipeline->lock);
            pipeline->idle--;
            continue;
        }
        start(pipeline, &task);
        pthread_mutex_unlock(&pipeline->lock);
        bool more = work_on(pipeline, &task);
        pthread_mutex_lock(&pipeline->lock);
        finish(pipeline, &task, more);
    }
    pthread_cond_broadcast(&pipeline->work);
    pthread_mutex_unlock(&pipeline->lock);
}

void pipeline_abandon(struct pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->lock);
    pipeline->abandoned = true;
    pthread_cond_broadcast(&pipeline->work);
    pthread_mutex_unlock(&pipeline->lock);
}

uint32_t pipeline_busy(struct pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->lock);
    uint32_t busy = pipeline->busy;
    pthread_mutex_unlock(&pipeline->lock);
    return busy;
}

struct carrier {
    struct pipeline *pipeline;
    uint32_t preferred;
    pthread_t thread;
};

static void *carrier_main(void *argument)
{
    const struct carrier *carrier = argument;
    carry(carrier->pipeline, carrier->preferred);
    return NULL;
}

/** @return how many were started */
static uint32_t start_carriers(struct carrier *carriers, uint32_t count, struct pipeline *pipeline)
{
    uint32_t started = 0;
    for (; started < count; started++) {
        carriers[started] = (struct carrier){.pipeline = pipeline, .preferred = started + 1};
        if (pthread_create(&carriers[started].thread, NULL, carrier_main, &carriers[started]) != 0)
            break;
    }
    return started;
}

void pipeline_run(struct pipeline *pipeline, uint32_t threads)
{
    pipeline->ended = false;
    pipeline->threads = threads;
    struct carrier *carriers = memory_zalloc(threads, sizeof *carriers);
    uint32_t started = start_carriers(carriers, threads - 1, pipeline);
    carry(pipeline, 0);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(carriers[i].thread, NULL);
    memory_free(carriers);
}
