// SPDX-License-Identifier: MIT OR Apache-2.0
/** One direction of a TCP connection: from segments to the bytes its receiver's application saw, in
 * order, once (RFC 9293 section 3.10).
 *
 * What may be delivered. Bytes are handed over as soon as all before them were, or are known to be
 * missing. But a segment that the receiver may not have taken is held until the receiver
 * acknowledges it, and gives way to other bytes until then: one that reaches beyond the window or
 * behind a FIN, that comes with a lower TTL than the direction's others, or that comes in a SYN. If
 * nothing of the receiver was captured, there is no such doubt; nor at a cap, if nothing
 * contradicted. With `wait_for_ack` everything is
 * held until then.
 *
 * What is missing. A hole is given up when the receiver has acknowledged what lies behind it and
 * `gap_packets` more packets of the connection came without filling it; at a cap; at the end.
 *
 * Belongs to engine/stream; stream.h is for all others. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "stream/buffer.h"
#include "stream/history.h"
#include "stream/segment.h"
#include "stream/serial.h"
#include "stream/stream.h"

/** What all directions of a shard share. */
struct stream_shard {
    struct ring waiting; /**< streams that hold early segments, the one that began first in front */
    uint64_t memory;     /**< bytes of heap behind them */
    struct stream_history history;
};

/** How a segment's bytes relate to those that came before. */
enum stream_kind {
    STREAM_NEW,          /**< none of them came before, and none behind them */
    STREAM_OUT_OF_ORDER, /**< none of them came before, but some behind them */
    STREAM_RETRANSMITTED /**< some of them came before */
};

/** A direction at work: it, its connection and everything around. */
struct stream_work {
    struct streams *streams;
    struct stream *stream;
    struct stream_side *side;
    uint8_t direction;
};

/** Where a sequence number lies in the direction; only if serial_near(seq, side->next). Negative:
 * before the first byte. */
static inline int64_t side_offset(const struct stream_side *side, uint32_t seq)
{
    return (int64_t)side->offset + serial_distance(seq, side->next);
}

/** Begins at a sequence number. */
void side_start(struct stream *stream, uint8_t direction, uint32_t next);
/** The payload of a segment; the side has started. */
enum stream_kind side_take(const struct stream_work *work, const struct stream_segment *segment,
                           bool weak);
/** A FIN with that sequence number of its own. */
void side_fin(const struct stream_work *work, uint32_t seq);
/** What the receiver acknowledges, and the window it opens (scaled; UINT32_MAX: unknown). */
void side_acked(const struct stream_work *work, uint32_t ack, uint32_t window);
/** Hands over what can be handed over now. */
void side_drain(const struct stream_work *work);
/** One more packet of the connection came. */
void side_age(const struct stream_work *work);
/** Frees memory by giving something up; there must be early segments. */
void side_relieve(const struct stream_work *work);
/** Nothing more will come: hands over what there is. */
void side_finish(const struct stream_work *work);
/** Forgets everything. */
void side_fini(struct stream_side *side);
