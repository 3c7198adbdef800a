// SPDX-License-Identifier: MIT OR Apache-2.0
/** A pcapng interface: link type, snaplen and the clock its packets were stamped with.
 *
 * From an Interface Description Block (draft-ietf-opsawg-pcapng section 4.2); of its options,
 * if_tsresol and if_tsoffset decide what a timestamp means, and if_fcslen whether frames end with a
 * check sequence. Plain data; safe on any thread once
 * parsed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/** How a timestamp becomes nanoseconds. */
enum interface_unit {
    INTERFACE_UNIT_MULTIPLY, /**< 10^-9 s and coarser: times factor */
    INTERFACE_UNIT_DIVIDE,   /**< finer decimal units: divided by factor */
    INTERFACE_UNIT_SHIFT     /**< 2^-shift s */
};

struct interface {
    uint16_t linktype;
    uint16_t number;  /**< within the file, 65535 for all beyond */
    uint32_t snaplen; /**< 0: no limit */
    enum interface_unit unit;
    uint8_t shift;
    uint8_t flags; /**< of its packets, enum palua_packet_flag */
    uint64_t factor;
    bool unsure;      /**< which interface this is cannot be told any more */
    int64_t offset_s; /**< added to every timestamp, seconds */
};

/** Parses the body of an Interface Description Block; `number` is the caller's to set.
 * @param big  byte order of the section
 * @return NULL, or what is wrong with it: "an option …" */
const char *interface_parse(struct interface *interface, struct cursor body, bool big);

/** Nanoseconds since the epoch; what lies outside 64 bits becomes the nearest that does not. */
static inline int64_t interface_time(const struct interface *interface, uint64_t ts)
{
    __int128 ns;
    if (__builtin_expect(interface->unit == INTERFACE_UNIT_MULTIPLY, 1))
        ns = (__int128)ts * interface->factor; // below 2^64 * 2^30
    else if (interface->unit == INTERFACE_UNIT_DIVIDE)
        ns = interface->factor ? ts / interface->factor : 0;
    else
        ns = (__int128)ts * 1000000000 >> interface->shift;
    ns += (__int128)interface->offset_s * 1000000000;
    if (__builtin_expect(ns != (int64_t)ns, 0))
        return ns < 0 ? INT64_MIN : INT64_MAX;
    return (int64_t)ns;
}
