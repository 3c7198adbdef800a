// SPDX-License-Identifier: MIT OR Apache-2.0
/** What a dissector has not taken yet of a TCP stream: the incomplete message at its end, until the
 * rest comes.
 *
 * As long as a dissector takes all it is given, nothing is kept and nothing is copied. What it
 * leaves is kept, and what follows added to it, until there is as much as it asked for.
 *
 * Caps. A direction may keep as many bytes as the dissector's `stream_cap` says, or half a shard's
 * share if that is less: with more, what was kept is dropped. All readers of a shard (256, by
 * packet->flow_hash) share a budget: over it, the reader that has kept something longest drops what
 * it has. What was dropped is told to the hook as a gap, and counted. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <palua/abi.h>

#include "base/ring.h"

/** One direction. */
struct reader_side {
    uint8_t *bytes; /**< heap */
    uint32_t len;
    uint32_t cap;
    uint32_t need;   /**< the hook wants no fewer */
    uint64_t offset; /**< in the stream, of bytes[0], or of what comes next */
    uint64_t gap;    /**< bytes missing before these */
    bool ended;
};

struct reader {
    struct ring waiting; /**< in its shard, as long as anything is kept */
    void *state;         /**< the dissector's, for the flow */
    struct reader_side sides[2];
    bool waits;
    uint8_t shard;
};

struct reader_shard {
    struct ring waiting; /**< who began to keep something first stands in front */
    uint64_t memory;
};

struct readers {
    struct reader_shard *shards;
    uint64_t shard_cap; /**< bytes */
    uint64_t dropped;   /**< bytes that were kept and given up at a cap */
};

void readers_init(struct readers *readers, uint64_t memory_cap);
void readers_fini(struct readers *readers);

struct reader *reader_new(uint8_t shard);
/** Drops what it keeps, uncounted. */
void reader_free(struct readers *readers, struct reader *reader);

/** Adds bytes behind what a direction keeps.
 * @param cap  most it may keep
 * @return false at a cap: the bytes were not added, and what was kept before has been dropped */
bool reader_keep(struct readers *readers, struct reader *reader, uint8_t direction,
                 struct palua_slice bytes, uint32_t cap);
/** Takes the kept bytes out: they are the caller's, to be freed with memory_free. */
uint8_t *reader_take(struct readers *readers, struct reader *reader, uint8_t direction,
                     uint32_t *len);
/** Drops what a direction keeps; its bytes count as missing, and as given up at a cap. */
void reader_drop(struct readers *readers, struct reader *reader, uint8_t direction);
/** The same for `len` bytes that could not be kept. */
void reader_lose(struct readers *readers, struct reader *reader, uint8_t direction, uint32_t len);
