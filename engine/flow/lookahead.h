// SPDX-License-Identifier: MIT OR Apache-2.0
/** The flows of the packets that come next, looked for in steps ahead of their turn: the index is
 * fetched first, then the record, then what the record points to, so that the waits for memory
 * overlap with the work on the packets before. One thread at a time. */
#pragma once

#include <stdint.h>

#include "flow/table.h"

enum { FLOW_LOOKAHEAD_PLACES = 32 };

struct flow_lookahead {
    const struct flow_table *table;
    const struct palua_packet *packets;
    const uint32_t *chosen; /**< NULL: all packets */
    uint32_t count;
    struct flow_sought sought[FLOW_LOOKAHEAD_PLACES]; /**< packet `place` at place % that */
};

/** Begins with a batch's packets.
 * @param chosen  indices of those that count; NULL: all */
void flow_lookahead_begin(struct flow_lookahead *ahead, const struct flow_table *table,
                          const struct palua_packet *packets, const uint32_t *chosen,
                          uint32_t count);

/** What is known of the flow of packet `place` (0, 1, 2… in turn). */
const struct flow_sought *flow_lookahead_at(struct flow_lookahead *ahead, uint32_t place);
