// SPDX-License-Identifier: MIT OR Apache-2.0
/** How batches pass through the stages of a run, and the threads that carry them.
 *
 * A run has a fixed number of slots, one per batch under way, and they are the only bound: nothing
 * else can fill, so nothing can deadlock. A slot passes the stages in order. A stage has lanes:
 * each lane takes every batch, in batch order, and never two at once; different lanes of a stage
 * run at the same time. (In a spread stage a batch goes through one lane only, the next batch
 * through the next lane.) A batch enters a stage when all lanes of the stage before have finished
 * with it.
 *
 * No lane belongs to a thread: whoever is free takes the lane furthest down that has something to
 * do, so that batches leave before new ones come, and one thread alone carries each batch from end
 * to end; several threads read first where fewer batches are under way than one for each and one
 * more. Reading is a lane like any other. The one lock is taken twice per lane and batch, never
 * per packet; it orders what the lanes of successive stages do, so they need no other. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct pipeline_stage {
    const char *name;
    uint32_t lanes; /**< 0: the stage is passed at once */
    bool spread;    /**< a batch goes through one lane only */
    /** Does a lane's work on the batch of a slot. The first stage's lane fills the slot. @return
     * false to end the run: no further batch is begun, those under way are finished */
    bool (*run)(void *context, uint32_t slot, uint32_t lane);
};

struct pipeline;

/** @param stages   `count` of them, the first with one lane; copied
 * @param slots     batches under way at once, 1 at least
 * @param measured  lanes' times are taken, for pipeline_profile */
struct pipeline *pipeline_new(const struct pipeline_stage *stages, uint32_t count, uint32_t slots,
                              bool measured, void *context);
void pipeline_free(struct pipeline *pipeline);

/** Runs until the end, on the calling thread and `threads` - 1 more (fewer if the system gives
 * fewer). Afterwards every slot is free, all threads but the caller are gone, and it may be called
 * again. */
void pipeline_run(struct pipeline *pipeline, uint32_t threads);

/** One line per stage: how long its busiest lane was at work, and all of them together. No run can
 * be shorter than its busiest lane, however many threads it has. */
void pipeline_profile(const struct pipeline *pipeline, struct text *out);

/** From another thread: no lane takes anything any more, whatever is under way. pipeline_run may
 * then not return: it waits for threads that never come back. */
void pipeline_abandon(struct pipeline *pipeline);
/** Lanes that are at work now. */
uint32_t pipeline_busy(struct pipeline *pipeline);
