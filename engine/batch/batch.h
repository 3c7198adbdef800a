// SPDX-License-Identifier: MIT OR Apache-2.0
/** A batch: the packets that travel together, and everything that lives exactly as long as they do.
 *
 * A batch ends at `packet_cap` packets or at the end of its block, whichever comes first. Its
 * packet bytes lie in one block, which several successive batches may share; a block is returned to
 * its pool when the last of them lets go. Written by its producer, then only read, and recycled
 * when the last consumer has finished. What a worker makes of the batch (events, identities,
 * retired buffers) hangs on it as one `part` per worker, so that no two threads write the same
 * memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <palua/packet.h>

#include "base/arena.h"
#include "batch/block.h"
#include "event/queue.h"

/** A malformed header found by decode; becomes an `anomaly` event. */
struct decode_anomaly {
    uint32_t packet; /**< index in the batch */
    uint16_t code;   /**< enum decode_fault or a plugin's */
    uint8_t layer;   /**< index of the layer, layer_count if none was made */
    uint32_t offset; /**< bytes into the frame or buffer */
};

struct anomaly_list {
    struct decode_anomaly *items;
    size_t count;
    size_t cap;
};

/** A datagram that was put together from fragments, and the packets that brought them, as they
 * arrived, duplicates included; the last is the one that completed it. */
struct batch_datagram {
    struct batch_datagram *next;
    const uint64_t *packets; /**< their numbers */
    uint32_t packet_count;
    uint32_t packet; /**< index in the batch of the one that completed it */
    uint8_t layer;   /**< index of its IP layer */
    uint8_t buffer;  /**< its payload is this buffer of the packet */
};

/** What is left of a datagram that was given up: its first fragment's packet. */
struct batch_remnant {
    struct batch_remnant *next;
    const struct palua_packet *record; /**< with the frame, and layers up to the transport header,
                                          which is whole; in the batch's arena */
    uint32_t packet; /**< index in the batch of the packet before which that was; 0 in a batch
                        without packets */
};

/** A buffer handed to the batch by host->retire or by a stage. */
struct retired {
    struct retired *next;
    void *buffer;
    void (*release)(void *buffer);
};

/** A flow that ended in this batch, for whoever keeps state for it. */
struct ended_flow {
    struct ended_flow *next;
    uint64_t id;
};

/** When a flow ended, as far as its place among the ends in other parts needs it. */
struct flow_expiry {
    uint64_t key;          /**< event_key_expiry of the first event it causes */
    int64_t deadline_ns;   /**< INT64_MAX: its packet ended it, not the clock */
    uint64_t first_packet; /**< number of the flow's first packet */
    uint32_t shard;        /**< of the flow: tells flows with the same first packet apart, as no two
                              parts share one */
};

enum { PART_DEALT_CAP = 3 }; /**< ways to deal a part's events: by src, by dst, by pair */

/** What one worker made of one batch. */
struct part {
    struct arena arena;
    struct event_queue *queues; /**< one per event kind of the run's registry */
    uint32_t queue_count;
    /** The same events by the instance that owns them (shard/deal.h), in the arena: of each way
     * lists[kind][owner]; NULL where nobody reads them so. */
    struct event_queue *const *dealt[PART_DEALT_CAP];
    struct retired *retired;
    struct ended_flow *ended;     /**< in the arena */
    struct flow_expiry *expiries; /**< ascending keys; none where there is only one part */
    size_t expiry_count;
    size_t expiry_cap;
};

/** The packets of a batch that are one worker's. */
struct batch_share {
    const uint32_t *packets; /**< indices in the batch, ascending */
    uint32_t count;
};

/** An expiry point: before this packet, everything due at that time ends (see run/clock.h). */
struct batch_tick {
    int64_t now_ns;
    uint32_t packet; /**< index in the batch */
};

struct batch {
    uint64_t sequence;   /**< 1, 2, 3… in capture order; given by capture_read */
    struct block *block; /**< NULL for a batch without packets (the end of the run) */
    struct palua_packet *packets;
    uint32_t count; /**< packets in it */
    uint32_t packet_cap;
    bool has_fragments;               /**< some packet is a fragment; set by decode_batch */
    struct arena arena;               /**< the producer's: reassembled buffers */
    struct anomaly_list anomalies;    /**< in packet order */
    struct batch_datagram *datagrams; /**< in the batch's arena, in packet order; NULL if none */
    struct batch_remnant *remnants;   /**< in the order in which they were given up; NULL if none */
    struct batch_tick *ticks;         /**< in the batch's arena, ascending */
    uint32_t tick_count;
    uint32_t clock_from; /**< index of the packet from which on `clock_ns` holds, that is the one
                            that started the clock; 0 if it ran already */
    int64_t clock_ns;    /**< time of the last tick before the batch, or of that packet */
    const struct batch_share *shares; /**< one per part, in the batch's arena (shard/share.h); NULL:
                                         every packet is the only worker's */
    struct part *parts;               /**< one per worker */
    uint32_t part_count;
    struct batch *next; /**< free list */
};

/** A fixed number of batches, all there is: the only bound between stages. One thread at a time
 * takes, any thread gives. */
struct batch_pool;

struct batch_pool *batch_pool_new(uint32_t batch_count, uint32_t packet_cap, uint32_t part_count,
                                  uint32_t event_kinds);
/** Every batch must have been given back. */
void batch_pool_free(struct batch_pool *pool);
/** An empty batch, or NULL if all are in use. */
struct batch *batch_take(struct batch_pool *pool);
/** Releases retired buffers and the block, forgets everything, and returns the batch to its pool.
 */
void batch_give(struct batch_pool *pool, struct batch *batch);

/** Overwrites what is about to be given back, packet bytes too unless other batches share them, so
 * that whoever kept a pointer to it shows. For --check. */
void batch_spoil(struct batch *batch);

/** What the capture's clock showed at the last tick up to a packet: its steps are the ticks, so
 * that it is the same for any batch size.
 * @param next  a tick to begin at, for whoever asks for one packet after the other; 0 at first,
 *              moved on
 * @return INT64_MIN before the clock was started */
int64_t batch_time(const struct batch *batch, uint32_t packet, uint32_t *next);

/** Notes a flow's end; keys ascend. */
void part_expiry(struct part *part, const struct flow_expiry *expiry);

/** Whether the event with key `a` comes before the one with key `b`, whichever parts they are of.
 * Ends of flows come by (deadline, first packet), whichever worker they ended in. */
bool batch_event_before(const struct batch *batch, uint64_t a, uint64_t b);

/** Hands a buffer to a worker's part: release(buffer) is called by batch_give, newest first. */
void part_retire(struct part *part, void *buffer, void (*release)(void *buffer));
