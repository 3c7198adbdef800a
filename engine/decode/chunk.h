// SPDX-License-Identifier: MIT OR Apache-2.0
/** The chunks of an SCTP packet: where each begins and how long it is (RFC 9260 section 3.2).
 *
 * The one place that frames them, for the decoder's check and for what events and filters show. In
 * goes what follows the common header, out comes a chunk at a time. Pure, any thread. */
#pragma once

#include <stdint.h>

#include "base/cursor.h"

/** Chunks of one packet that are looked at; what follows is an anomaly "sctp_too_many_chunks". */
enum { CHUNK_CAP = 1024 };

enum chunk_type {
    CHUNK_DATA = 0,
    CHUNK_INIT = 1,
    CHUNK_INIT_ACK = 2,
    CHUNK_SACK = 3,
    CHUNK_SHUTDOWN = 7,
    CHUNK_NR_SACK = 16,
    CHUNK_I_DATA = 64, /**< RFC 8260 */
};

enum chunk_step {
    CHUNK_READ, /**< there is one */
    CHUNK_END,
    CHUNK_CUT,  /**< it was not captured whole */
    CHUNK_BAD,  /**< its length is impossible: below its header's, or beyond the packet */
    CHUNK_MANY, /**< the cap is met */
};

struct chunk_walk {
    struct cursor in; /**< captured bytes from the next chunk on */
    uint32_t left;    /**< the same on the wire */
    uint32_t count;   /**< chunks so far */
};

struct chunk {
    struct cursor value; /**< behind its header, without padding */
    uint16_t length;     /**< as sent: header and value */
    uint8_t type;        /**< enum chunk_type, or another */
    uint8_t flags;
};

/** @param in    captured bytes of all chunks
 * @param left  their bytes on the wire */
static inline struct chunk_walk chunk_walk_of(struct cursor in, uint32_t left)
{
    return (struct chunk_walk){.in = in, .left = left};
}

/** The least length of a chunk of this type, header included. */
uint16_t chunk_least(uint8_t type);

/** The next chunk, and the walk moved behind it.
 * @param out  written on CHUNK_READ only; a walk that has not read one stays where it is */
enum chunk_step chunk_next(struct chunk_walk *walk, struct chunk *out);
