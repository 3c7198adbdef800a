// SPDX-License-Identifier: MIT OR Apache-2.0
/** Who wins where segments of a TCP stream overlap before they can be delivered: what the
 * receiver's stack would do (Novak and Sturges, "Target-Based TCP Stream Reassembly", 2007).
 *
 * The rules compare a new segment with each piece that is left of earlier ones. They are not those
 * of fragments (defrag/policy.h): the same systems treat the two differently. What was delivered is
 * never replaced: the receiver has acknowledged it. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum stream_policy {
    STREAM_FIRST,   /**< what came first stays */
    STREAM_LAST,    /**< what came last replaces it */
    STREAM_BSD,     /**< the earlier, unless the new one begins before it */
    STREAM_LINUX,   /**< the same, or begins where it begins and ends behind it */
    STREAM_WINDOWS, /**< as BSD */
    STREAM_SOLARIS, /**< the new one, unless the earlier ends behind it, or begins before it and
                       ends where it ends */
    STREAM_POLICY_COUNT
};

/** As users say them: by policy. */
extern const char *const stream_policy_names[STREAM_POLICY_COUNT];

/** Whether a new segment [start, end) takes the bytes it shares with the piece [old_start,
 * old_end). */
static inline bool stream_policy_replaces(enum stream_policy policy, uint64_t start, uint64_t end,
                                          uint64_t old_start, uint64_t old_end)
{
    switch (policy) {
    case STREAM_LAST:
        return true;
    case STREAM_BSD:
    case STREAM_WINDOWS:
        return start < old_start;
    case STREAM_LINUX:
        return start < old_start || (start == old_start && end > old_end);
    case STREAM_SOLARIS:
        return start > old_start ? end > old_end : end >= old_end;
    default:
        return false;
    }
}
