// SPDX-License-Identifier: MIT OR Apache-2.0
/** Sequence numbers: 32 bits that wrap, compared by their distance (RFC 9293 section 3.4).
 *
 * A stream counts its bytes with 64 bits from 0 on; a sequence number becomes such an offset by its
 * distance from one that is known. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    SERIAL_REACH = 1 << 30
}; /**< the largest window there is (RFC 7323 section 2.3): what is
      further away belongs to no connection that works */

/** How far `a` lies behind `b`; negative if it lies before it. */
static inline int32_t serial_distance(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

/** Whether a sequence number can be told to lie before or behind another one. */
static inline bool serial_near(uint32_t a, uint32_t b)
{
    int32_t distance = serial_distance(a, b);
    return distance >= -SERIAL_REACH && distance <= SERIAL_REACH;
}
