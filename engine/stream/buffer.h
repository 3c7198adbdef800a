// SPDX-License-Identifier: MIT OR Apache-2.0
/** The segments of one direction that came too early: a sorted list of disjoint pieces, each a run
 * of bytes of one segment, waiting for what is missing before them.
 *
 * A piece may be weak: its segment may not have been accepted by the receiver. Weak bytes give way
 * to any others. A piece may be hollow: bytes that were on the wire but not in the capture; they
 * give way to real ones. Otherwise the policy decides. Costs memory for what arrived only. One
 * thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "batch/batch.h"
#include "stream/policy.h"

/** The copy of one segment's bytes, and where they came from. */
struct stream_chunk {
    uint64_t packet; /**< number of the packet */
    int64_t ts_ns;
    uint32_t pieces; /**< that point into it */
    uint32_t size;   /**< bytes of heap */
    uint8_t data[];
};

struct stream_piece {
    uint64_t start; /**< offsets in the stream */
    uint64_t end;
    const uint8_t *data;        /**< in the chunk; NULL: hollow */
    struct stream_chunk *chunk; /**< also of a hollow piece */
    bool weak;
};

struct stream_buffer {
    struct stream_piece *pieces; /**< by start, disjoint; in use are [first, first + count) */
    size_t first;
    size_t count;
    size_t cap;
    uint64_t memory; /**< bytes of heap behind it */
};

/** A part of a segment: [start, end), of which `bytes` were captured. */
struct stream_run {
    struct cursor bytes;
    uint64_t start;
    uint64_t end; /**< above start */
    uint64_t packet;
    int64_t ts_ns;
    bool weak;
};

enum stream_finding {
    STREAM_OVERLAP = 1,  /**< shares bytes with an earlier segment */
    STREAM_CONFLICT = 2, /**< and they are different */
    STREAM_CONTESTED = 4 /**< and one of the two is weak */
};

/** Adds a copy of a run. @return what was found, a set of enum stream_finding */
unsigned stream_buffer_add(struct stream_buffer *buffer, const struct stream_run *run,
                           enum stream_policy policy);

/** The first piece; NULL if there is none. Until the buffer is changed. */
static inline const struct stream_piece *stream_buffer_peek(const struct stream_buffer *buffer)
{
    return buffer->count ? &buffer->pieces[buffer->first] : NULL;
}

/** Has the first piece end at `end`, which lies within it, and the rest follow as a piece. */
void stream_buffer_split(struct stream_buffer *buffer, uint64_t end);

/** Takes the first piece out. What it points to lives as long as the part: the chunk is retired
 * into it, or copied if other pieces need it still. */
struct stream_piece stream_buffer_take(struct stream_buffer *buffer, struct part *part);
/** Forgets the first piece. */
void stream_buffer_drop(struct stream_buffer *buffer);
/** Forgets all weak pieces. @return how many bytes they had */
uint64_t stream_buffer_drop_weak(struct stream_buffer *buffer);

void stream_buffer_fini(struct stream_buffer *buffer);
