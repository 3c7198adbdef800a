// SPDX-License-Identifier: MIT OR Apache-2.0
/** Who wins where fragments of a datagram overlap: what the receiver's stack would do (Novak,
 * "Target-Based Fragmentation Reassembly", 2005), or nobody.
 *
 * The rules compare a new fragment with each piece that is left of earlier ones. Pure, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum defrag_policy {
    DEFRAG_FIRST,   /**< what came first stays */
    DEFRAG_LAST,    /**< what came last replaces it */
    DEFRAG_BSD,     /**< the earlier, unless the new one begins before it */
    DEFRAG_LINUX,   /**< the earlier, unless the new one begins before it or where it begins */
    DEFRAG_WINDOWS, /**< the earlier, unless the new one begins before it and ends behind it */
    DEFRAG_SOLARIS, /**< the same, or ends where it ends */
    DEFRAG_DROP,    /**< the datagram is dropped, with what still comes of it (RFC 5722 for IPv6;
                       Linux since 4.19 for IPv4); exact duplicates are not overlaps */
    DEFRAG_POLICY_COUNT
};

/** As users say them: by policy. */
extern const char *const defrag_policy_names[DEFRAG_POLICY_COUNT];

/** Whether a new fragment [start, end) takes the bytes it shares with the piece [old_start,
 * old_end). */
static inline bool defrag_policy_replaces(enum defrag_policy policy, uint32_t start, uint32_t end,
                                          uint32_t old_start, uint32_t old_end)
{
    switch (policy) {
    case DEFRAG_LAST:
        return true;
    case DEFRAG_BSD:
        return start < old_start;
    case DEFRAG_LINUX:
        return start <= old_start;
    case DEFRAG_WINDOWS:
        return start < old_start && end > old_end;
    case DEFRAG_SOLARIS:
        return start < old_start && end >= old_end;
    default:
        return false;
    }
}
