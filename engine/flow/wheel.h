// SPDX-License-Identifier: MIT OR Apache-2.0
/** A hierarchical timer wheel over flow records: which flows may be due.
 *
 * A flow is put where its deadline falls when its timer is set, and stays there while packets push
 * the deadline back: only when its slot comes up is the deadline looked at again. So a timer costs
 * something per timeout, nothing per packet. Four levels of 256 slots; a tick of the lowest is 2^26
 * ns (67 ms), the highest reaches 9 years, what lies beyond waits in its last slot. A slot is an
 * array, so that the records in it can be fetched ahead; a flow knows its slot and place. One
 * thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/pool.h"

enum { FLOW_WHEEL_LEVELS = 4, FLOW_WHEEL_SLOTS = 256 };

/** Some flows, by number. */
struct flow_wheel_slot {
    uint32_t *flows;
    size_t count;
    size_t cap;
};

struct flow_wheel {
    int64_t tick; /**< everything before it has come up */
    bool started; /**< tick means something */
    struct flow_wheel_slot slots[FLOW_WHEEL_LEVELS * FLOW_WHEEL_SLOTS];
    struct flow_wheel_slot due; /**< what came up last */
};

void flow_wheel_init(struct flow_wheel *wheel);
void flow_wheel_fini(struct flow_wheel *wheel);

/** Takes all flows out. */
void flow_wheel_clear(struct flow_wheel *wheel);

/** Puts a flow in; it must not be in. */
void flow_wheel_add(struct flow_wheel *wheel, const struct flow_pool *pool, struct flow *flow,
                    int64_t deadline_ns);
/** Takes it out. */
void flow_wheel_remove(struct flow_wheel *wheel, const struct flow_pool *pool,
                       const struct flow *flow);

/** Moves on to `now_ns` (an earlier time than before counts as no move) and takes out every flow
 * whose slot has come up: all whose deadline, as it was when they were put in, is at or before now,
 * and some others.
 * @return them, until the next call; the caller puts back those that are not due */
const struct flow_wheel_slot *flow_wheel_advance(struct flow_wheel *wheel, int64_t now_ns);
