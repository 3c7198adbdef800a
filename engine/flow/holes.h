// SPDX-License-Identifier: MIT OR Apache-2.0
/** What of one TCP direction was seen, as far as counting what is missing needs it: up to where it
 * is whole, and the pieces that lie beyond holes.
 *
 * Numbers are places in the direction's sequence space, modulo 2^32; everything lies within 2^31 of
 * `next`. Nothing is kept of the bytes themselves. At FLOW_HOLES_CAP pieces a further one is
 * forgotten, so that its bytes count as missing once they are acknowledged. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { FLOW_HOLES_CAP = 6 }; /**< pieces beyond holes that are remembered */

struct flow_piece {
    uint32_t from;
    uint32_t to; /**< just past it */
};

struct flow_holes {
    uint32_t count;
    struct flow_piece pieces[FLOW_HOLES_CAP]; /**< in order, with holes between them */
};

/** Takes in bytes that were seen.
 * @param next  everything before it is accounted for; moves on when a hole at it is filled
 * @return false if they lie beyond a hole and no room was left to remember them */
bool flow_holes_see(struct flow_holes *holes, uint32_t *next, struct flow_piece seen);

/** Takes in that the other side has everything before `to`: what was not seen of it is missing.
 * @param missing  bytes in the holes before `to`
 * @return how many holes there were */
uint32_t flow_holes_acknowledge(struct flow_holes *holes, uint32_t *next, uint32_t to,
                                uint64_t *missing);

/** How far the last piece reaches beyond `next`. */
static inline uint32_t flow_holes_waiting(const struct flow_holes *holes, uint32_t next)
{
    return holes->count ? holes->pieces[holes->count - 1].to - next : 0;
}
