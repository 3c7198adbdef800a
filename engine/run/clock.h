// SPDX-License-Identifier: MIT OR Apache-2.0
/** The capture's clock: the highest timestamp so far, and the points at which things expire.
 *
 * A jump of more than an hour is held back until a second packet confirms it, so that one wrong
 * timestamp does not end every flow. Expiry happens before the packet that takes the clock past a
 * multiple of 100 ms; the points depend on the packets alone, so every worker meets the same ones,
 * whatever the batch size. Part of the sequential lane: one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "batch/batch.h"

struct clock {
    int64_t now_ns;  /**< highest accepted timestamp */
    int64_t next_ns; /**< the next multiple of 100 ms */
    int64_t tick_ns; /**< now_ns at the last tick of clock_batch, at first at the start */
    int64_t held_ns; /**< a jump that waits for confirmation */
    bool started;
    bool held;
    uint64_t jumps; /**< jumps that were held back and never confirmed */
};

/** Moves the clock to one packet's time.
 * @return true if everything due at clock->now_ns must expire before that packet */
bool clock_advance(struct clock *clock, int64_t ts_ns);

/** The same for a whole batch: fills batch->ticks, ->clock_ns and ->clock_from. */
void clock_batch(struct clock *clock, struct batch *batch);
