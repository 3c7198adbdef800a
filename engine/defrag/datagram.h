// SPDX-License-Identifier: MIT OR Apache-2.0
/** One datagram being put together: fragments in any order, any number of holes, duplicates,
 * overlaps.
 *
 * Holds a sorted list of disjoint pieces, each a run of bytes of one fragment. Costs memory for
 * what arrived only, not for the holes. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "defrag/policy.h"

enum { DATAGRAM_MOST = 65535 }; /**< bytes of a datagram, RFC 791 section 3.1 */

/** What an arriving fragment can be wrong in. */
enum datagram_finding {
    DATAGRAM_OVERLAP = 1,  /**< overlaps others, and is no exact duplicate of one */
    DATAGRAM_CONFLICT = 2, /**< the same, with other bytes */
    DATAGRAM_END = 4       /**< contradicts where the datagram ends; it was left out */
};

struct datagram_piece;
struct datagram_chunk;

struct datagram {
    struct datagram_piece *pieces; /**< by start, disjoint */
    size_t piece_count;
    size_t piece_cap;
    struct datagram_chunk *chunks; /**< the bytes that pieces point into */
    uint64_t *packets;             /**< numbers of the packets that brought its fragments, as they
                          arrived, duplicates included */
    size_t packet_count;
    size_t packet_cap;
    size_t memory; /**< bytes of heap behind these */
    uint32_t held; /**< bytes in pieces */
    uint32_t end;  /**< its length, once `ended` */
    bool ended;    /**< the last fragment was seen */
    bool started;  /**< the first fragment was seen */
    bool dead;     /**< takes no more fragments and never becomes whole */
    uint8_t proto; /**< of the first fragment seen that begins at 0 */
};

/** A fragment as its headers describe it. */
struct datagram_fragment {
    struct cursor bytes; /**< not empty; start plus these is at most DATAGRAM_MOST */
    uint64_t packet;     /**< number of the packet */
    uint32_t start;
    uint8_t proto;
    bool more;
    bool ipv6;
};

/** Adds a fragment.
 * @return what was wrong with it, a set of enum datagram_finding */
unsigned datagram_add(struct datagram *datagram, const struct datagram_fragment *fragment,
                      enum defrag_policy policy);

/** Whether all bytes from 0 to the end are there. */
static inline bool datagram_whole(const struct datagram *datagram)
{
    return datagram->ended && datagram->held == datagram->end;
}

/** Bytes from its beginning to the first hole. */
uint32_t datagram_beginning(const struct datagram *datagram);

/** Copies the bytes from its beginning to the first hole to `out`: of a whole datagram all,
 * datagram->end of them. */
void datagram_copy(const struct datagram *datagram, uint8_t *out);

/** Lets go of all fragments, and takes no more. */
void datagram_kill(struct datagram *datagram);
void datagram_fini(struct datagram *datagram);
