// SPDX-License-Identifier: MIT OR Apache-2.0
/** The order of several inputs as one capture in time.
 *
 * Of all inputs the one whose next packet is oldest comes next, of equally old ones the one named
 * first; within an input the order of its packets stays, whatever their times. So inputs that do
 * not overlap in time follow each other, and only those that do are merged. What has no start (it
 * cannot be read, holds no packets, or its first has no time) comes when all that was named before
 * it is done, and then at once. The order depends on the inputs alone. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/feed.h"

struct turns {
    struct feed *feeds; /**< argument order */
    uint32_t count;
    uint32_t first;      /**< the first that is not over */
    uint32_t *closed;    /**< those whose start is known, from the earliest on */
    uint32_t closed_pos; /**< the first that was not opened */
    uint32_t closed_count;
    uint32_t *open; /**< those under way */
    uint32_t open_count;
};

/** Where the turn of a feed ends: a packet comes before it if its (key, index) is less. */
struct turns_limit {
    int64_t key_ns;
    uint32_t index;
};

/** Feeds that are open already, and those whose start is known, are put in their order.
 * @param feeds  scanned; borrowed. A single one need not be scanned. */
void turns_init(struct turns *turns, struct feed *feeds, uint32_t count);
void turns_fini(struct turns *turns);

/** The feed whose turn it is: one that holds no packets if there is such a one, as its next must be
 * known before any is chosen. It may have to be opened.
 * @param limit  up to where
 * @return NULL: all are over */
struct feed *turns_next(struct turns *turns, struct turns_limit *limit);

/** A feed was opened. */
void turns_opened(struct turns *turns, struct feed *feed);
/** A feed is over, whether it was opened or not. */
void turns_ended(struct turns *turns, struct feed *feed);

static inline bool turns_before(int64_t key_ns, uint32_t index, struct turns_limit limit)
{
    return key_ns < limit.key_ns || (key_ns == limit.key_ns && index < limit.index);
}
