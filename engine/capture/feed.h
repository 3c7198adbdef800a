// SPDX-License-Identifier: MIT OR Apache-2.0
/** One input's part in a run of several: when it starts, and its packets whose turn has not come.
 *
 * A feed is opened when its turn comes and closed at its end. Its packets keep their order; those
 * that were framed but must wait for packets of other inputs are held, in the block they lie in.
 * One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/files.h"
#include "capture/input.h"

enum feed_state {
    FEED_CLOSED,  /**< its start is known */
    FEED_WAITING, /**< its start is not known: it has none, or cannot be read */
    FEED_OPEN,    /**< under way */
    FEED_OVER     /**< done with */
};

struct feed {
    const char *path; /**< borrowed */
    const char *name; /**< the same, or "stdin"; borrowed */
    enum file_kind kind;
    enum feed_state state;
    uint32_t index; /**< of the input, argument order */
    struct input input;
    uint64_t size;               /**< of the file, 0 if unknown */
    const struct format *format; /**< once it was opened */
    char packing[24];            /**< as input's */
    struct format_facts facts;   /**< once it is over */
    /** What decides its turn: the time of its next packet if one is held; until it is opened that
     * of its first, later that of its last. INT64_MIN: its turn is now. */
    int64_t key_ns;
    int64_t ts_ns;             /**< of the packet framed last */
    uint64_t frame;            /**< number of the packet framed last */
    uint64_t used;             /**< when it was read last; the caller's */
    uint32_t damages;          /**< told so far; the caller's */
    bool parked;               /**< its file is closed for the time being; the caller's */
    bool foreign;              /**< found in a directory, and no capture */
    struct palua_packet *held; /**< framed, to be given out from held_pos on */
    uint32_t held_pos;
    uint32_t held_count;
    uint32_t held_cap;
    struct block *held_block;
    enum input_status status; /**< what follows the held packets; INPUT_PACKETS: more of them */
    struct error *report;     /**< of a status that is not fine; NULL before */
};

/** What a feed frames into. */
struct feed_room {
    struct palua_packet *packets;
    uint32_t cap;
    uint64_t number; /**< of the packet before, over the run */
};

/** @param file   lives as long as the feed
 * @param index  argument order */
void feed_init(struct feed *feed, const struct file *file, uint32_t index,
               const struct input_options *options);
void feed_fini(struct feed *feed);

/** Looks for the time of the first packet, which is what the feed is ordered by. A file is closed
 * again; what cannot be read twice stays open, with that packet held. What cannot be read at all
 * waits, to be told when its turn comes; but a file found in a directory that is no capture is
 * over.
 * @param blocks  for a file's look: small ones will do */
void feed_scan(struct feed *feed, struct block_pool *blocks);

/** @param ts_ns  of the packet given out before: what a first packet without a time gets
 * @return false: it cannot be opened, err says why */
bool feed_open(struct feed *feed, int64_t ts_ns, struct error *err);

/** Frames packets; none may be held. Sets status, and report where it is not fine.
 * @param framing  counts what was framed
 * @param block    where they lie, with a reference for the caller; NULL if there are none */
void feed_read(struct feed *feed, const struct feed_room *room, struct framing *framing,
               struct block **block);
/** Frames some packets and holds them. */
void feed_refill(struct feed *feed);
/** Holds packets that were framed; takes over the reference to their block. */
void feed_hold(struct feed *feed, const struct palua_packet *packets, uint32_t count,
               struct block *block);

static inline uint32_t feed_held(const struct feed *feed)
{
    return feed->held_count - feed->held_pos;
}

/** The key of a packet that follows one of key `before`: without a time it stays with that one. */
static inline int64_t feed_key(const struct palua_packet *packet, int64_t before)
{
    return packet->flags & PALUA_PACKET_NO_TIME ? before : packet->ts_ns;
}

/** Lets go of the first `count` held packets.
 * @param last_key  of the last of them */
void feed_drop(struct feed *feed, uint32_t count, int64_t last_key);

/** What the input says of itself so far. */
void feed_facts(const struct feed *feed, struct format_facts *out);

/** Closes it for good. */
void feed_end(struct feed *feed);

/** Copies a packet as framing made it: nothing of its layers. */
void feed_copy(struct palua_packet *to, const struct palua_packet *from, uint32_t count);
